#!/bin/sh
# Runs harnesses, one after the other, and says how many inputs were tried and how many crashed: AFL++ ends with
# status 0 even when it has found something, so crashes are counted here. Read first: README.md. `make fuzz` runs this.
# usage: run.sh afl|fuzz|fast SECONDS TARGET…    (the engine is the WAY that the harnesses in build/WAY were made)
# What is found lies in build/fuzzing/TARGET: corpus/, and crash-* with the inputs. The ledger of executions is
# build/fuzzing/ledger.
set -u
cd "$(dirname "$0")/.." || exit 1
engine=$1 seconds=$2
shift 2
work=build/fuzzing dictionary=gen/epigeon.dict
export ASAN_OPTIONS="abort_on_error=1:symbolize=${FUZZ_SYMBOLIZE:-0}:detect_leaks=1"
export AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1

# What AFL++ and the harness store write lies in memory, and goes at the end.
TMPDIR=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")") || exit 1
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

# seeds TARGET: a folder with all inputs to begin with; AFL++ wants one, and not an empty one.
seeds() {
    mkdir -p "$work/$1/corpus" "$work/$1/seeds"
    for folder in "fuzz/corpus/$1" "fuzz/crashes/$1" "$work/$1/corpus"; do
        [ ! -d "$folder" ] || find "$folder" -type f -size +0 -exec cp {} "$work/$1/seeds" \;
    done
    [ -n "$(ls "$work/$1/seeds")" ] || echo '{}' >"$work/$1/seeds/first"
}

# run_libfuzzer TARGET: prints the executions.
run_libfuzzer() {
    "build/$engine/fuzz-$1" -max_total_time="$seconds" -max_len=4096 -dict="$dictionary" -print_final_stats=1 \
        -timeout=10 -rss_limit_mb=4096 -artifact_prefix="$work/$1/" "$work/$1/corpus" "$work/$1/seeds" \
        >"$work/$1/log" 2>&1 || echo "status $?" >>"$work/$1/log"
    count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$1/log")
    # One that ends at a crash has no statistics: the last line of its progress tells.
    echo "${count:-$(sed -n 's/^#\([0-9]*\).*/\1/p' "$work/$1/log" | tail -n 1)}"
}

# run_afl TARGET: prints the executions.
run_afl() {
    place=$TMPDIR/afl
    afl-fuzz -V "$seconds" -t 1000+ -m none -x "$dictionary" -i "$work/$1/seeds" -o "$place" -- \
        "build/$engine/fuzz-$1" >"$work/$1/log" 2>&1 || echo "status $?" >>"$work/$1/log"
    find "$place" -path '*/queue/id*' ! -name '*orig:*' -type f | while read -r file; do
        cp "$file" "$work/$1/corpus/$(sha1sum <"$file" | cut -c 1-40)"
    done
    find "$place" \( -path '*/crashes/id*' -o -path '*/hangs/id*' \) -type f | while read -r file; do
        cp "$file" "$work/$1/crash-$(sha1sum <"$file" | cut -c 1-40)"
    done
    sed -n 's/^execs_done *: *//p' "$place"/default/fuzzer_stats 2>/dev/null
    rm -rf "$place"
}

failed=0
printf '%-9s %-8s %9s %13s %10s %8s\n' harness engine seconds executions a-second crashes
for target; do
    rm -rf "${work:?}/$target/seeds"
    seeds "$target"
    before=$(find "$work/$target" -maxdepth 1 -name '*-*' | wc -l)
    began=$(date +%s)
    case $engine in afl) count=$(run_afl "$target") ;; *) count=$(run_libfuzzer "$target") ;; esac
    took=$(($(date +%s) - began))
    crashes=$(($(find "$work/$target" -maxdepth 1 -name '*-*' | wc -l) - before))
    if [ -z "$count" ] || [ "$count" = 0 ]; then
        echo "The harness $target did not run: see $work/$target/log" >&2
        failed=1 count=0
    fi
    [ "$crashes" = 0 ] || failed=1
    printf '%s %s %s\n' "$target" "$engine" "$count" >>"$work/ledger"
    printf '%-9s %-8s %9s %13s %10s %8s\n' "$target" "$engine" "$took" "$count" "$((count / (took + (took == 0))))" "$crashes"
done
[ "$failed" = 0 ] || echo "What crashed lies in $work/HARNESS; replay it with: build/asan/fuzz-HARNESS FILE" >&2
exit "$failed"
