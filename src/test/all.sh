#!/bin/sh
# All the tests. Each prints a line that counts; the last line here is the sum. A test whose output has no such
# line, or that exits with another status than 0, counts as failed. They run in lanes beside each other; what waits
# for seconds of real time comes last, when the machine is quiet.
# usage: src/test/all.sh [NAME…]   (no name: all of them)
set -u
cd "$(dirname "$0")/../.." || exit 1
mkdir -p build/log
unset MAKEFLAGS MFLAGS MAKELEVEL
jobs=$(getconf _NPROCESSORS_ONLN)

# count LOG: prints "passed failed" from the last line of LOG that counts.
count() {
    sed -n -e 's/^\([a-z]*: \)\{0,1\}\([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed.*/\2 \3/p' \
        -e 's/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\).*/\1 \2 \3/p' "$1" |
        awk '{ if (NF == 3) { f = $2 + $3; p = $1 - f } else { p = $1; f = $2 } }
             END { if (NR > 0) print p, f }'
}

# run NAME: the test, if it is wanted; prints its count, and what it said when it failed.
run() {
    [ -z "$selected" ] || case " $selected " in *" $1 "*) ;; *) return 0 ;; esac
    began=$(date +%s)
    perform "$1" >"build/log/$1" 2>&1
    status=$?
    counted=$(count "build/log/$1")
    p=${counted% *} f=${counted#* }
    if [ -z "$counted" ]; then p=0 f=1; fi
    if [ "$status" != 0 ] && [ "$f" = 0 ]; then f=1; fi
    echo "$p $f" >"build/log/$1.count"
    {
        printf '%-14s %s\n' "$1" "$p passed, $f failed ($(($(date +%s) - began)) s)"
        [ "$f" = 0 ] || tail -n 60 "build/log/$1" | sed 's/^/    /'
    } >"build/log/$1.said"
    cat "build/log/$1.said"
}

# lane NAME…: these, one after the other, beside what the other lanes do.
lane() {
    for name; do run "$name"; done &
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

# with WAY COMMAND…: our programs of that way for a script.
with() {
    way=$PWD/build/$1
    shift
    env EPIGEON="$way/epigeon" EPIGEOND="$way/epigeond" "$@"
}

perform() {
    case $1 in
    build) checked make -s -j"$jobs" WERROR=-Werror all tests $plain/oracle-tests $plain/epigeon-oracle $plain/epigeon-sim \
        $plain/model-replay $plain/epigeon-conform $plain/adapter-epigeon $plain/epigeon-ledger $plain/ledger-tests ;;
    asan-build) checked make -s -j"$jobs" WERROR=-Werror WAY=asan CC=clang all tests $asan/oracle-tests $asan/epigeon-sim ;;
    format) sh src/test/format.sh ;;
    floors) sh src/test/floors.sh ;;
    gen) checked make -s check-gen ;;
    spec) sh spec/test-extract.sh ;;
    trace) checked make -s trace ;;
    page) checked make -s spec ;;
    freestanding) sh src/test/freestanding.sh ;;
    unit) make -s check-unit ;;
    unit-scalar) make -s -j"$jobs" WAY=scalar check-unit ;;
    unit-asan) make -s check-asan ;;
    unit-valgrind) make -s check-valgrind ;;
    fuzz) make -s -j"$jobs" fuzz-smoke ;;
    cli) with plain sh src/test/cli.sh ;;
    cli-asan) with asan sh src/test/cli.sh ;;
    cli-valgrind) under_valgrind ;;
    store) with plain sh src/test/store.sh ;;
    store-asan) with asan sh src/test/store.sh ;;
    tls) with plain sh src/test/tls.sh ;;
    tls-asan) with asan sh src/test/tls.sh ;;
    outsider) with plain python3 src/test/outsider.py ;;
    outsider-asan) with asan python3 src/test/outsider.py ;;
    metrics) with plain sh src/test/metrics.sh ;;
    metrics-asan) with asan sh src/test/metrics.sh ;;
    hostile) make -s check-hostile ;;
    lint) make -s lint ;;
    load) make -s check-load ;;
    threads) checked make -s -j"$jobs" WERROR=-Werror WAY=tsan CC=clang build/tsan/epigeon &&
        with plain env TSAN=build/tsan/epigeon sh src/test/threads.sh ;;
    node) with plain sh src/test/node/run.sh ;;
    node-asan) with asan sh src/test/node/run.sh ;;
    install) sh src/test/install.sh ;;
    sandbox) with plain sh src/test/sandbox.sh ;;
    oracle-unit) $plain/oracle-tests ;;
    oracle-asan) $asan/oracle-tests ;;
    oracle) env EPIGEON_ORACLE=$plain/epigeon-oracle sh conformance/oracle/check.sh ;;
    oracle-proxy) make -s check-oracle-proxy ;;
    oracle-traffic) make -s check-oracle-traffic ;;
    ledger) make -s check-ledger ;;
    model) make -s check-model ;;
    mutants) make -s check-mutants ;;
    sim) make -s check-sim ;;
    sim-asan) checked make -s check-sim-asan ;;
    runner) make -s check-runner ;;
    conform) make -s check-conform ;;
    mutation) make -s check-mutation ;;
    *) echo "There is no test $1." && return 1 ;;
    esac
}

selected="$*"
plain=build/plain asan=build/asan
rm -f build/log/*.count
for name; do
    grep -q "^    $name) " src/test/all.sh || { echo "There is no test $name." >&2 && exit 2; }
done
run build
run asan-build
lane unit-valgrind lint
lane format floors gen spec trace page freestanding unit unit-scalar unit-asan fuzz oracle-unit oracle-asan sim-asan model \
    mutants sim cli-valgrind
lane cli cli-asan store store-asan tls tls-asan outsider outsider-asan metrics metrics-asan threads node node-asan install sandbox \
    oracle oracle-proxy oracle-traffic ledger hostile load
wait
lane conform mutation
lane runner
wait
cat build/log/*.count | awk '{ p += $1; f += $2 } END { print p " passed, " f " failed"; exit f > 0 || NR == 0 }'
