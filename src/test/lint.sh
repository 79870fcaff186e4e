#!/bin/sh
# What compilers and analyzers find without running anything: gcc -fanalyzer, clang-tidy, cppcheck, shellcheck. Then:
# are the programs hardened, and do the same sources give the same bytes in another directory?
# usage: src/test/lint.sh      Findings that are not so are in lint.known, with the reason.
set -u
cd "$(dirname "$0")/../.." || exit 1
. src/test/lib.sh
root=$PWD jobs=$(getconf _NPROCESSORS_ONLN) known=$PWD/src/test/lint.known
sources=$(ls src/base/*.c src/wire/*.c src/delivery/*.c src/machine/*.c src/store/*.c src/net/*.c src/cmd/*.c)
flags='-std=c11 -Isrc -Igen -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE'
work=build/lint
mkdir -p "$work"

# each COMMAND…: the command for each source, several at a time.
each() { printf '%s\n' $sources | xargs -P "$jobs" -n 1 "$@"; }

# findings TOOL: from stdin, one "file<TAB>check<TAB>line and sentence" for each finding in src/
findings() {
    sed -n -E "s%^($root/)?(src/[^:]*):([0-9]*):[0-9]*: (warning|error|performance|portability): (.*) \[([^]]*)\]\$%\2	\6	\3: \5%p" |
        sort -u >"$work/$1.found"
}

# judge TOOL: each finding fails that is not known.
judge() {
    while IFS='	' read -r file check text; do
        if grep -q "^$file	$check	" "$known"; then
            echo "$file	$check" >>"$work/seen"
        else
            bad "$1: $file:$text [$check]"
        fi
    done <"$work/$1.found"
    ok
}

: >"$work/seen"
shown=''
each sh -c 'gcc -Wall -Wextra -O2 -fanalyzer '"$flags"' -c -o /dev/null "$1" 2>&1' sh | findings analyzer
judge analyzer
each sh -c 'clang-tidy --quiet "$1" -- '"$flags"' 2>/dev/null' sh | findings tidy
judge tidy
# shellcheck disable=SC2086
cppcheck -q -j "$jobs" --std=c11 --enable=warning,performance,portability --suppress=missingIncludeSystem \
    --template='{file}:{line}:{column}: {severity}: {message} [{id}]' -Isrc -Igen -D_POSIX_C_SOURCE=200809L $sources 2>&1 | findings cppcheck
judge cppcheck
while IFS='	' read -r file check reason; do
    case $file in '#'* | '') continue ;; esac
    if [ -z "$reason" ]; then bad "lint.known gives no reason for $file $check"; fi
    if grep -qxF "$file	$check" "$work/seen"; then ok; else bad "lint.known: nothing says $check of $file any more"; fi
done <"$known"

git ls-files '*.sh' .ci/run .ci/need >"$work/scripts"
while read -r script; do
    if shellcheck -x -S warning "$script" >"$work/said"; then ok; else bad "$script: $(cat "$work/said")"; fi
done <"$work/scripts"

# hardened PROGRAM
hardened() {
    readelf -hd "$1" >"$work/elf" && readelf -W --dyn-syms "$1" >"$work/symbols"
    has "$work/elf" 'DYN (Position-Independent Executable'
    has "$work/elf" 'BIND_NOW'
    has "$work/symbols" '__stack_chk_fail'
    has "$work/symbols" '_chk@'
}
hardened build/plain/epigeond
hardened build/plain/epigeon

# The same bytes: from a copy in another directory.
copy="$work/another place"
rm -rf "$copy"
mkdir -p "$copy"
git ls-files --cached --others --exclude-standard .ci src gen spec conformance fuzz Makefile | tar -cf - -T - | tar -xf - -C "$copy"
if make -s -j"$jobs" -C "$copy" all >"$work/said" 2>&1; then ok; else bad "the copy cannot be built: $(tail -n 3 "$work/said")"; fi
version=$(sed -n 's/^#define EP_VERSION "\(.*\)"/\1/p' src/epigeon.h)
for product in epigeond epigeon libepigeon.a "libepigeon.so.$version"; do
    if cmp -s "build/plain/$product" "$copy/build/plain/$product"; then ok; else bad "$product is another one when built in another directory"; fi
done
rm -rf "$copy"
the_end
