#!/bin/sh
# A quick look, part of `make check`: every committed input, and every one that ever crashed a harness, is replayed by
# the plain programs (no fuzzer, no sanitizer) and with the sanitizers; then each fuzzer runs for a few seconds. The faults
# of `make fuzz-proof` can still be planted, and `make fuzz` tells when something crashes (alarm.sh).
# Read first: README.md. `make fuzz-smoke` runs this.
# usage: smoke.sh SECONDS TARGET…   (the programs are build/plain/fuzz-TARGET and build/fuzz/fuzz-TARGET)
set -u
cd "$(dirname "$0")/.." || exit 1
work=build/fuzz-smoke

folders() {
    for folder in "fuzz/corpus/$1" "fuzz/crashes/$1"; do [ ! -d "$folder" ] || echo "$folder"; done
}

one() {
    rm -rf "${work:?}/$2" && mkdir -p "$work/$2"
    : >"$work/$2.count"
    # shellcheck disable=SC2046
    {
        replay "$2" plain "build/plain/fuzz-$2" $(folders "$2")
        replay "$2" fuzz "build/fuzz/fuzz-$2" -max_total_time="$1" -timeout=20 -max_len=4096 -dict=gen/epigeon.dict \
            -entropic=0 -reload=0 -print_funcs=0 -artifact_prefix="$work/$2/" "$work/$2" $(folders "$2")
        replay "$2" 'its fault' sh fuzz/proof.sh --applies "$2"
    }
}

# replay TARGET WAY COMMAND…
replay() {
    name=$1 way=$2
    shift 2
    if "$@" >"$work/$name.log" 2>&1; then
        echo passed >>"$work/$name.count"
    else
        echo failed >>"$work/$name.count"
        echo "$name ($way) failed; an input that crashed it, if one did, lies in $work/$name:" >&2
        tail -n 25 "$work/$name.log" >&2
    fi
}

if [ "$1" = --one ]; then
    one "$2" "$3"
    exit
fi
seconds=$1
shift
mkdir -p "$work"
printf '%s\n' "$@" | xargs -n 1 -P "$(getconf _NPROCESSORS_ONLN)" sh "$0" --one "$seconds"
: >"$work/alarm.count"
replay alarm run.sh sh fuzz/alarm.sh
for target in "$@" alarm; do cat "$work/$target.count"; done | awk '
    { count[$1]++ }
    END { printf "%d passed, %d failed\n", count["passed"], count["failed"]; exit count["failed"] > 0 || NR == 0 }'
