#!/bin/sh
# Does run.sh tell when something crashes? It is given a harness that crashes at once, one that never does, and one that
# is not there. Takes a second or two; part of smoke.sh.
# usage: alarm.sh
set -u
cd "$(dirname "$0")/.." || exit 1
work=$PWD/build/fuzz-smoke/alarm.work passed=0 failed=0
rm -rf "$work" && mkdir -p "$work"

# harness NAME LINE: $work/fuzz-NAME, which does LINE with each input.
harness() {
    cat >"$work/$1.c" <<END
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
  $2
  return 0;
}
END
    clang -fsanitize=fuzzer -o "$work/fuzz-$1" "$work/$1.c" || exit 1
}

# ends STATUS CRASHES NAME: run.sh ends so, with so many crashes (a pattern) in the line of the harness.
ends() {
    FUZZ_PROGRAMS=$work FUZZ_WORK=$work/found sh fuzz/run.sh fuzz 5 1 1000 "$3" >"$work/log" 2>&1
    status=$?
    if [ "$status" = "$1" ] && grep -q "^$3  *fuzz  *[0-9]*  *[0-9]*  *[0-9]*  *$2 " "$work/log"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "run.sh ends with $status, and should with $1 and $2 crashes:"
        cat "$work/log"
    fi
}

harness crashes 'if (len > 0 && data[0] != 10) abort();'
harness passes 'if (len > 1000000 && data[0] == 10) abort();'
ends 1 '[1-9]' crashes
ends 0 0 passes
ends 1 0 missing
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
