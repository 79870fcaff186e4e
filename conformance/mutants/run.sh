#!/bin/sh
# Gives each deliberate fault of this folder a simulator of its own, and sees whether the judge notices the fault
# and blames the right requirement. Read first: README.md. `make mutants` and `make check-mutants` run this.
# usage: run.sh [--table] [NAME…]      (no name: all of them; --table also writes the table of README.md anew)
# environment, of mutants.mk: CC, MUTANT_CFLAGS, MUTANT_LDFLAGS, MUTANT_OBJECTS, MUTANT_OUT (where objects lie)
#   and, for anyone: MUTANT_SEEDS (schedules tried for each fault), MUTANT_SECONDS (how long), MUTANT_JOBS (at a time)
set -u
cd "$(dirname "$0")/../.." || exit 1
work=build/mutants
. conformance/mutants/apply.sh
: "${CC:=cc}" "${MUTANT_CFLAGS:=}" "${MUTANT_LDFLAGS:=}" "${MUTANT_SEEDS:=5000}" "${MUTANT_SECONDS:=20}"
: "${MUTANT_JOBS:=$(getconf _NPROCESSORS_ONLN)}"
if [ -z "${MUTANT_OBJECTS:-}" ] || [ -z "${MUTANT_OUT:-}" ]; then
    echo 'Please run this by `make mutants` or `make check-mutants`, which know what to link.' >&2
    exit 2
fi

# is_core NAME: whether it changes the cores alone, which are what a simulator is made of.
is_core() {
    for file in $(files "$1"); do
        case $file in
        src/wire/*.c | src/delivery/*.c | src/machine/*.c) ;;
        *) echo "changes $file, and may change only .c files of src/wire, src/delivery and src/machine" && return 1 ;;
        esac
    done
}

# build NAME: $work/NAME/sim, the simulator with the changed files in place of the right ones. NAME "none" changes nothing.
build() {
    objects=$MUTANT_OBJECTS
    rm -rf "${work:?}/$1"
    mkdir -p "$work/$1"
    if [ "$1" != none ]; then
        check_header "$1" && is_core "$1" && apply "$1" && compile "$1" || return 1
        # shellcheck disable=SC2086
        objects=$(exchanged "$1" $objects)
    fi
    # shellcheck disable=SC2086
    $CC -o "$work/$1/sim" $objects $MUTANT_LDFLAGS >>"$work/$1/log" 2>&1 || { echo "does not link, see $work/$1/log" && return 1; }
}

# played NAME: "against REQUIREMENT", "undecided REQUIREMENT", or nothing: what the simulator has just said of a schedule.
# That a run does not end is against G8, for which the judge needs an end.
played() {
    sed -n -e 's/^  \(against\|undecided:\) \([A-Z0-9-]*\).*/\1 \2/p' -e 's/^  the simulator says: the run does not end$/against G8/p' \
        "$work/$1/played" | head -n 1
}

# try_kept NAME SEED-FILE: plays the one schedule that has shown this fault when it was a real one, and must still.
try_kept() {
    # shellcheck disable=SC2046
    timeout "$MUTANT_SECONDS" "$work/$1/sim" --no-shrink $(sed -n 2p "$2") >"$work/$1/played" 2>"$work/$1/progress"
    said=$(played "$1")
    case $said in
    against*) echo "caught $(sed -n 's/^seed \([0-9]*\) FAILED$/\1/p' "$work/$1/played") ${said#against }" ;;
    *) echo "broken does not show in $2 any more" ;;
    esac
}

# try NAME: plays schedules until the judge objects; where it cannot decide, it goes on behind. Leaves one line in
# $work/NAME/result:   caught SEED REQUIREMENT | missed SEEDS | died SENTENCE | broken SENTENCE
try() {
    kept=conformance/sim/seeds/bug-${1#was-}.seed
    [ -f "$kept" ] && try_kept "$1" "$kept" && return
    next=1 seconds=$MUTANT_SECONDS
    while [ "$next" -le "$MUTANT_SEEDS" ] && [ "$seconds" -gt 0 ]; do
        began=$(date +%s)
        timeout "$seconds" "$work/$1/sim" --no-shrink --seeds "$next..$MUTANT_SEEDS" >"$work/$1/played" 2>"$work/$1/progress"
        status=$?
        seconds=$((seconds - ($(date +%s) - began)))
        seed=$(sed -n 's/^seed \([0-9]*\) FAILED$/\1/p' "$work/$1/played")
        said=$(played "$1")
        case $status.$said in
        0.) echo "missed $MUTANT_SEEDS" && return ;;
        1.against*) echo "caught $seed ${said#against }" && return ;;
        1.undecided*) next=$((seed + 1)) ;;
        124.)
            reached=$(sed -n 's/^seed \([0-9]*\),.*/\1/p' "$work/$1/progress" | tail -n 1)
            echo "missed ${reached:-$next}" && return
            ;;
        *) echo "died, see $work/$1/played" && return ;;
        esac
    done
    echo "missed $((next - 1))"
}

# one NAME: builds and tries it.
one() {
    trouble=$(build "$1") && try "$1" >"$work/$1/result" && rm -f "$work/$1/sim" && return
    echo "broken $trouble" >"$work/$1/result"
}

# row NAME: its line of the table; counts it.
row() {
    read -r state seed blamed <"$work/$1/result"
    listed=$(header "$1" blame)
    case $state in
    caught)
        caught=$((caught + 1)) verdict='another'
        case " $listed " in *" $blamed "*) rightly=$((rightly + 1)) verdict=yes ;; esac
        printf '%-33s %7s  %-13s %-31s %s\n' "$1" "$seed" "$blamed" "$listed" "$verdict"
        ;;
    missed)
        failed=$((failed + 1))
        printf '%-33s %7s  %-13s %-31s %s\n' "$1" - - "$listed" "NOT CAUGHT in $seed schedules"
        ;;
    *)
        failed=$((failed + 1))
        printf '%-33s %7s  %-13s %-31s %s\n' "$1" - - "$listed" "$(sed 's/^broken //' "$work/$1/result")"
        ;;
    esac
}

# table NAME…: README.md with the same as its last chapter.
table() {
    sed '/^## The table/q' "$here/README.md"
    printf '\n| fault | what is wrong | seed | blamed | listed |\n|---|---|---|---|---|\n'
    for name; do
        read -r state seed blamed <"$work/$name/result"
        [ "$state" = caught ] || seed='not noticed' blamed=
        printf '| `%s` | %s | %s | %s | %s |\n' "$name" "$(header "$name" fault)" "$seed" "$blamed" "$(header "$name" blame)"
    done
}

if [ "${1:-}" = --one ]; then
    one "$2"
    exit
fi
into=
if [ "${1:-}" = --table ]; then
    into=$work/README.md
    shift
fi
if [ $# = 0 ]; then
    for name in $(patches); do
        [ "$(header "$name" seen)" = suite ] || set -- "$@" "$name"
    done
fi
mkdir -p "$work"
export CC MUTANT_CFLAGS MUTANT_LDFLAGS MUTANT_OBJECTS MUTANT_OUT MUTANT_SEEDS MUTANT_SECONDS
printf '%s\n' none "$@" | xargs -n 1 -P "$MUTANT_JOBS" sh "$here/run.sh" --one
caught=0 rightly=0 failed=0
printf '%-33s %7s  %-13s %-31s %s\n' fault seed blamed listed rightly
for name; do row "$name"; done
if [ -n "$into" ]; then table "$@" >"$into" && cp "$into" "$here/README.md"; fi
right=$(cat "$work/none/result")
case $right in
missed*) echo "Without a fault the judge has nothing to say (${right#missed } schedules)." ;;
*)
    failed=$((failed + 1))
    echo "Without a fault the same simulator must pass, and does not: $right"
    ;;
esac
if [ $((rightly * 10)) -lt $((caught * 9)) ]; then
    failed=$((failed + 1))
    echo "Only $rightly of $caught are blamed on a requirement that they list; nine of ten must be."
fi
echo "$caught passed, $failed failed"
[ "$failed" = 0 ]
