#!/bin/sh
# Is every C file formatted as .clang-format says?
set -eu
cd "$(dirname "$0")/../.."
passed=0 failed=0
for file in src/*.h src/*/*.[ch] conformance/*/*.[ch] fuzz/*.[ch] fuzz/*/*/*.h; do
    if clang-format --dry-run -Werror "$file" 2>/dev/null; then
        passed=$((passed + 1))
    else
        echo "$file: run clang-format -i on it" >&2
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
