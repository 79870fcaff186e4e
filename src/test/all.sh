#!/bin/sh
# All the tests, one after the other. Each prints a line that counts; the last line here is the sum. A test
# whose output has no such line, or that exits with another status than 0, counts as failed.
# usage: src/test/all.sh [NAME…]   (no name: all of them)
set -u
cd "$(dirname "$0")/../.." || exit 1
mkdir -p build/log
unset MAKEFLAGS MFLAGS MAKELEVEL
jobs=$(getconf _NPROCESSORS_ONLN)
passed=0 failed=0

# count LOG: prints "passed failed" from the last line of LOG that counts.
count() {
    sed -n -e 's/^\([a-z]*: \)\{0,1\}\([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed.*/\2 \3/p' \
        -e 's/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\).*/\1 \2 \3/p' "$1" |
        awk '{ if (NF == 3) { f = $2 + $3; p = $1 - f } else { p = $1; f = $2 } }
             END { if (NR > 0) print p, f }'
}

is_selected() {
    [ -z "$selected" ] || case " $selected " in *" $1 "*) ;; *) return 1 ;; esac
}

# begin NAME COMMAND…: runs it in the background; report NAME waits for it and counts.
begin() {
    name=$1
    shift
    is_selected "$name" || return 0
    date +%s >"build/log/$name.began"
    ("$@" >"build/log/$name" 2>&1; echo $? >"build/log/$name.status") &
    echo $! >"build/log/$name.pid"
}

report() {
    is_selected "$1" || return 0
    wait "$(cat "build/log/$1.pid")"
    status=$(cat "build/log/$1.status")
    counted=$(count "build/log/$1")
    p=${counted% *} f=${counted#* }
    if [ -z "$counted" ]; then p=0 f=1; fi
    if [ "$status" != 0 ] && [ "$f" = 0 ]; then f=1; fi
    passed=$((passed + p)) failed=$((failed + f))
    printf '%-14s %s\n' "$1" "$p passed, $f failed ($(($(date +%s) - $(cat "build/log/$1.began"))) s)"
    [ "$f" = 0 ] || tail -n 60 "build/log/$1" | sed 's/^/    /'
    rm -f "build/log/$1.pid" "build/log/$1.status" "build/log/$1.began"
}

run() {
    begin "$@"
    report "$1"
}

# under_valgrind: both programs as scripts in build/valgrind, which the end-to-end test runs instead.
under_valgrind() {
    mkdir -p build/valgrind
    for program in epigeon epigeond; do
        printf '#!/bin/sh\nexec valgrind -q --error-exitcode=99 --leak-check=full "%s" "$@"\n' \
            "$PWD/build/plain/$program" >"build/valgrind/$program"
        chmod +x "build/valgrind/$program"
    done
    env EPIGEON=build/valgrind/epigeon EPIGEOND=build/valgrind/epigeond sh src/test/cli.sh
}

checked() { "$@" && echo '1 passed, 0 failed'; }

selected="$*"
plain=build/plain asan=build/asan
run build checked make -s -j"$jobs" all tests $plain/oracle-tests $plain/epigeon-oracle $plain/epigeon-sim \
    $plain/model-replay $plain/epigeon-conform $plain/adapter-epigeon $plain/epigeon-ledger $plain/ledger-tests
run asan-build checked make -s -j"$jobs" WAY=asan CC=clang all tests $asan/oracle-tests $asan/epigeon-sim
begin unit-valgrind make -s check-valgrind # by far the longest: beside all others
run format sh src/test/format.sh
run floors sh src/test/floors.sh
run gen checked make -s check-gen
run spec sh spec/test-extract.sh
run trace checked make -s trace
run page checked make -s spec
run freestanding sh src/test/freestanding.sh
run unit make -s check-unit
run unit-scalar make -s -j"$jobs" WAY=scalar check-unit
run unit-asan make -s WAY=asan CC=clang check-unit
run fuzz make -s -j"$jobs" fuzz-smoke
run cli env EPIGEON=build/plain/epigeon EPIGEOND=build/plain/epigeond sh src/test/cli.sh
run cli-asan env EPIGEON=build/asan/epigeon EPIGEOND=build/asan/epigeond sh src/test/cli.sh
run cli-valgrind under_valgrind
run store env EPIGEON=build/plain/epigeon EPIGEOND=build/plain/epigeond sh src/test/store.sh
run store-asan env EPIGEON=build/asan/epigeon EPIGEOND=build/asan/epigeond sh src/test/store.sh
run tls env EPIGEON=build/plain/epigeon EPIGEOND=build/plain/epigeond sh src/test/tls.sh
run tls-asan env EPIGEON=build/asan/epigeon EPIGEOND=build/asan/epigeond sh src/test/tls.sh
run outsider env EPIGEON=build/plain/epigeon EPIGEOND=build/plain/epigeond python3 src/test/outsider.py
run outsider-asan env EPIGEON=build/asan/epigeon EPIGEOND=build/asan/epigeond python3 src/test/outsider.py
run metrics env EPIGEON=build/plain/epigeon EPIGEOND=build/plain/epigeond sh src/test/metrics.sh
run metrics-asan env EPIGEON=build/asan/epigeon EPIGEOND=build/asan/epigeond sh src/test/metrics.sh
run hostile make -s check-hostile
run node sh src/test/node/run.sh
run node-asan env EPIGEON="$PWD/build/asan/epigeon" EPIGEOND="$PWD/build/asan/epigeond" sh src/test/node/run.sh
run install sh src/test/install.sh
report unit-valgrind
begin model make -s check-model
run oracle-unit $plain/oracle-tests
run oracle-asan $asan/oracle-tests
run oracle env EPIGEON_ORACLE=$plain/epigeon-oracle sh conformance/oracle/check.sh
run oracle-proxy make -s check-oracle-proxy
run oracle-traffic make -s check-oracle-traffic
run ledger make -s check-ledger
report model
begin mutants make -s check-mutants
run sim make -s check-sim
run sim-asan checked make -s check-sim-asan
report mutants
begin runner make -s check-runner
run conform make -s check-conform
run mutation make -s check-mutation
report runner
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
