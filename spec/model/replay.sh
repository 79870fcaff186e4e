#!/bin/sh
# Replays runs of the model against the C cores. Good ones, drawn at random, must agree in all steps.
# In counter-examples of the variants the cores must do something else at the step where the variant
# is wrong, and keep the guarantees from there on. Cores that are broken in the same way (mutants.txt)
# must go on with it to the end, and break the same guarantee.
# usage: spec/model/replay.sh MODEL_REPLAY DIRECTORY   (DIRECTORY: what check.sh left there)
# Read first: check.sh, replay.h.
set -eu

replay=$1 directory=$2
seeds='1 2 3 4 5'
objects=$(dirname "$replay")
work=$directory/replay

lines_of() { grep -v -e '^#' -e '^$' "spec/model/$1"; }

good_runs() { # NAME BOUNDS
    agreed=0 steps=0
    for seed in $seeds; do
        # shellcheck disable=SC2086
        spin -n"$seed" -T -u10000 -DALL_FAULTS $2 spec/model/model.pml 2>/dev/null | grep '^EV' >"$work/events"
        if [ "$(tail -n 1 "$work/events")" = 'EV end' ] && "$replay" "$work/events" >"$work/out" 2>&1; then
            agreed=$((agreed + 1)) steps=$((steps + $(grep -c . "$work/events")))
        else
            echo "FAIL | replay: spin -n$seed -T -u10000 -DALL_FAULTS$2 spec/model/model.pml: $(tr '\n' ';' <"$work/out")"
        fi
    done
    [ "$agreed" = 0 ] || echo "ok   | replay:$1 $agreed runs, $steps steps agree"
}

# The trail of a variant, without what its own judge says.
events_of() { # NAME
    n=$(lines_of variants.txt | grep -n "^$1 " | cut -d : -f 1)
    grep -v '^EV broken' "$(printf '%s/variant-%02d/events' "$directory" "$n")"
}

counter_example() { # NAME
    status=0 mark=FAIL
    events_of "$1" >"$work/events"
    "$replay" "$work/events" >"$work/out" 2>&1 || status=$?
    [ "$status" != 1 ] || mark='ok  ' # 1: other than the model, and well
    echo "$mark | replay: $1 $(tr '\n' ';' <"$work/out")"
}

# The files that a fault changes are changed in a copy, and linked before the right ones.
build_mutant() { # NAME
    rm -rf "${work:?}/$1" && mkdir -p "$work/$1"
    changed=$(sed -n 's|^+++ b/||p' "conformance/mutants/$1.mutant")
    for file in $changed; do
        mkdir -p "$work/$1/$(dirname "$file")" && cp "$file" "$work/$1/$file" || return 1
    done
    fault=$PWD/conformance/mutants/$1.mutant
    (cd "$work/$1" && GIT_CEILING_DIRECTORIES="$PWD/.." git apply -p1 "$fault") || return 1
    for file in $changed; do
        object=$work/$1/$(basename "$file" .c).o
        ${CC:-cc} -std=c11 -O1 -w -Isrc -Igen -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE \
            -c -o "$object" "$work/$1/$file" || return 1
    done
    ${CC:-cc} -o "$work/$1/replay" "$objects"/spec/model/*.o "$work/$1"/*.o "$objects/libepigeon.a" \
        -luv -llmdb -lcrypto
}

mutant() { # VARIANT MUTANT
    events_of "$1" >"$work/events"
    guarantee=$(lines_of variants.txt | sed -n "s/^$1 *| *\([^ ]*\) .*/\1/p")
    if build_mutant "$2" >"$work/out" 2>&1; then
        "$work/$2/replay" "$work/events" >"$work/out" 2>&1 || true
    fi
    said=$(tr '\n' ';' <"$work/out") mark=FAIL
    case $said in
    "agrees in all "*";the cores break $guarantee;") mark='ok  ' ;;
    esac
    echo "$mark | replay: $1 against the fault $2: $said"
}

mkdir -p "$work"
lines_of worlds.txt | while IFS='|' read -r _ name bounds; do good_runs "$name" "$bounds"; done
[ -e "$directory/variant-01/events" ] || exit 0
lines_of variants.txt | while read -r name _; do counter_example "$name"; done
[ -e conformance/mutants ] || exit 0
lines_of mutants.txt | while read -r name _ fault; do mutant "$name" "$fault"; done
