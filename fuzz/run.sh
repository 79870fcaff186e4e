#!/bin/sh
# Runs harnesses and says how many inputs were tried and how many crashed: AFL++ ends with status 0 even when it has
# found something, so crashes are counted here. Read first: README.md. `make fuzz` runs this.
# usage: run.sh afl|fuzz|fast|edges SECONDS JOBS UNTIL TARGET…
#   the engine is the WAY that the harnesses in build/WAY were made; SECONDS for each harness, JOBS at a time; a harness
#   ends earlier when the ledger has UNTIL executions of it (0: no matter how many)
# What is found lies in build/fuzzing/TARGET: corpus/, and crash-* with the inputs. The ledger of executions is
# build/fuzzing/ledger: harness, engine, executions. (alarm.sh has its own places: FUZZ_PROGRAMS for build/WAY, FUZZ_WORK for
# build/fuzzing.)
set -u
cd "$(dirname "$0")/.." || exit 1
work=${FUZZ_WORK:-build/fuzzing} programs=${FUZZ_PROGRAMS:-build/$1} dictionary=gen/epigeon.dict
crashes_most=5 # a run goes on after a crash, but not for ever

# sum TARGET: its executions in the ledger.
sum() { awk -v of="$1" '$1 == of { sum += $3 } END { printf "%d\n", sum }' "$work/ledger"; }

crashes() { find "$work/$1" -maxdepth 1 -name '*-*' | wc -l; }

# seeds TARGET: a folder with all inputs to begin with; AFL++ wants one, and not an empty one.
seeds() {
    rm -rf "${work:?}/$1/seeds"
    mkdir -p "$work/$1/corpus" "$work/$1/seeds"
    for folder in "fuzz/corpus/$1" "fuzz/crashes/$1" "$work/$1/corpus"; do
        [ ! -d "$folder" ] || find "$folder" -type f -size +0 -exec cp {} "$work/$1/seeds" \;
    done
    [ -n "$(ls "$work/$1/seeds")" ] || echo '{}' >"$work/$1/seeds/first"
}

# note TARGET EXECUTIONS
note() { [ -z "$2" ] || printf '%s %s %s\n' "$1" "$engine" "$2" >>"$work/ledger"; }

# The longest input while many short ones are tried: what a harness needs to do something.
short_of() {
    case $1 in
    store) echo 24 ;;
    state) echo 1000 ;;
    trace) echo 400 ;;
    *) echo 64 ;;
    esac
}

# libfuzzer TARGET SECONDS OPTION…: goes on after a crash for as long as there is time. Entropic schedules and reduced
# inputs cost more time than these harnesses take.
libfuzzer() {
    name=$1 end=$(($(date +%s) + $2)) failures=0
    shift 2
    while left=$((end - $(date +%s))) && [ "$left" -gt 0 ] && [ "$failures" -lt "$crashes_most" ]; do
        more=$((until == 0 ? -1 : until - $(sum "$name")))
        [ "$until" = 0 ] || [ "$more" -gt 0 ] || return 0
        "$programs/fuzz-$name" -max_total_time="$left" -runs="$more" -dict="$dictionary" -print_final_stats=1 -print_funcs=0 \
            -entropic=0 -reduce_inputs=0 -reload=0 -timeout=10 -rss_limit_mb=4096 -artifact_prefix="$work/$name/" "$@" \
            "$work/$name/corpus" "$work/$name/seeds" >"$work/$name/log" 2>&1
        status=$?
        count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name/log")
        # One that ends at a crash may have no statistics: the last line of its progress tells.
        note "$name" "${count:-$(sed -n 's/^#\([0-9]*\).*/\1/p' "$work/$name/log" | tail -n 1)}"
        [ "$status" = 0 ] || cp "$work/$name/log" "$work/$name/log.crash"
        [ "$status" = 0 ] || failures=$((failures + 1))
    done
}

# Without sanitizers: mostly short inputs and no more than which edges are taken, then long ones and how often.
run_fast() {
    libfuzzer "$1" $((seconds - seconds / 4)) -max_len="$(short_of "$1")" -use_counters=0
    libfuzzer "$1" $((seconds / 4)) -max_len=4096
}

run_edges() { run_fast "$1"; }

run_fuzz() { libfuzzer "$1" "$seconds" -max_len=4096; }

run_afl() {
    place=$TMPDIR/$1
    afl-fuzz -V "$seconds" -t 1000+ -m none -x "$dictionary" -i "$work/$1/seeds" -o "$place" -- \
        "$programs/fuzz-$1" >"$work/$1/log" 2>&1 || echo "status $?" >>"$work/$1/log"
    find "$place" -path '*/queue/id*' ! -name '*orig:*' -type f | while read -r file; do
        cp "$file" "$work/$1/corpus/$(sha1sum <"$file" | cut -c 1-40)"
    done
    find "$place" \( -path '*/crashes/id*' -o -path '*/hangs/id*' \) -type f | while read -r file; do
        cp "$file" "$work/$1/crash-$(sha1sum <"$file" | cut -c 1-40)"
    done
    note "$1" "$(sed -n 's/^execs_done *: *//p' "$place"/default/fuzzer_stats 2>/dev/null)"
    rm -rf "$place"
}

# one TARGET: prints its line; 1 when something crashed, or nothing was run.
one() {
    mkdir -p "$work/$1"
    seeds "$1"
    before=$(crashes "$1") sum_before=$(sum "$1") began=$(date +%s)
    "run_$engine" "$1"
    took=$(($(date +%s) - began)) sum=$(sum "$1") found=$(($(crashes "$1") - before))
    count=$((sum - sum_before))
    printf '%-9s %-8s %9s %13s %10s %8s %15s\n' "$1" "$engine" "$took" "$count" "$((count / (took + (took == 0))))" "$found" "$sum"
    if [ "$count" = 0 ] && { [ "$until" = 0 ] || [ "$sum" -lt "$until" ]; }; then
        echo "The harness $1 did not run: see $work/$1/log" >&2
        return 1
    fi
    [ "$found" = 0 ]
}

engine=$1 seconds=$2 jobs=$3 until=$4
shift 4
export ASAN_OPTIONS="abort_on_error=1:symbolize=${FUZZ_SYMBOLIZE:-0}:detect_leaks=1"
export AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1
if [ "${FUZZ_ONE:-}" = 1 ]; then
    one "$1"
    exit
fi
# What AFL++ and the harness store write lies in memory, and goes at the end.
TMPDIR=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")") || exit 1
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
mkdir -p "$work" && touch "$work/ledger"
printf '%-9s %-8s %9s %13s %10s %8s %15s\n' harness engine seconds executions a-second crashes 'in sum'
printf '%s\n' "$@" | FUZZ_ONE=1 xargs -n 1 -P "$jobs" sh "$0" "$engine" "$seconds" 1 "$until" || failed=1
[ -z "${failed:-}" ] || echo "What crashed lies in $work/HARNESS; replay it with: build/asan/fuzz-HARNESS FILE" >&2
[ -z "${failed:-}" ]
