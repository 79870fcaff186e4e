#!/bin/sh
# The tests of the simulator; `make check-sim` builds what they need and says where it is:
#   EPIGEON_SIM     epigeon-sim
#   OTHER_SIM       the same from the other compiler
#   EPIGEON_ORACLE  epigeon-oracle
# Each says one line; those that failed show what they printed. The last line counts.
set -u

here=$(dirname "$0")
sim=${EPIGEON_SIM:?}
other=${OTHER_SIM:?}
oracle=${EPIGEON_ORACLE:?}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# ok NAME COMMAND…: it must end with status 0.
ok() {
    name=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        passed=$((passed + 1))
        echo "ok      $name"
    else
        failed=$((failed + 1))
        echo "FAILED  $name"
        tail -n 60 "$work/out"
    fi
}

# status WANTED COMMAND…
status() {
    wanted=$1
    shift
    "$@"
    got=$?
    [ "$got" -eq "$wanted" ] || {
        echo "The exit status is $got, and must be $wanted."
        return 1
    }
}

digests() { "$1" --seeds 1..300 --verbose --keep-going | grep '^seed .* digest '; }

same_digests() {
    digests "$1" >"$work/one"
    digests "$2" >"$work/two"
    [ "$(wc -l <"$work/one")" -eq 300 ] && cmp "$work/one" "$work/two"
}

# Memory from malloc, which is freed and counted, makes no difference; nor does what ran before.
same_with_malloc() {
    digests "$sim" >"$work/one"
    "$sim" --seeds 1..300 --malloc --verbose --keep-going | grep '^seed .* digest ' >"$work/two"
    cmp "$work/one" "$work/two"
}

same_alone() {
    digests "$sim" | tail -n 1 >"$work/one"
    "$sim" --seed 300 | grep '^seed .* digest ' >"$work/two"
    cmp "$work/one" "$work/two"
}

words() {
    status 0 "$sim" --help && status 0 "$sim" --version || return 1
    for wrong in '--seeds 5' '--seeds 9..3' '--seed x' '--seed' '--layer moon' '--clients 0' \
        '--clients 65' '--messages x' '--jobs 0' '--nonsense' 'word' '--trace x' '--without c1' \
        '--seed 1 --without c99' '--seed 1 --without q'; do
        # shellcheck disable=SC2086 # some words each
        status 2 "$sim" $wrong 2>/dev/null || return 1
    done
}

# 400 messages make not much more than ten times the work of 40.
steps() {
    "$sim" --seeds 1..20 --clients 4 --messages "$1" --verbose --keep-going |
        sed -n 's/^seed.* ms, \([0-9]*\) steps.*/\1/p' | awk '{ sum += $1 } END { print sum }'
}

work_is_linear() {
    few=$(steps 40) many=$(steps 400)
    echo "40 messages: $few steps, 400 messages: $many steps"
    [ "$many" -lt $((few * 15)) ]
}

json() {
    status 1 "$sim" --canary --seeds 1..3 --json >"$work/json" &&
        grep '^{"seed":[0-9]*,"requirement":"EP-G1-1",' "$work/json"
}

# The run that fails is shrunk to little more than what it needs: the third copy of a message.
canary_is_small() {
    "$sim" --canary --seed 5 >"$work/canary"
    grep 'left of the plan' "$work/canary"
    sed -n 's/.*left of the plan: clients \([0-9]*\), actions \([0-9]*\), faults \([0-9]*\), .*/\1 \2 \3/p' \
        "$work/canary" | {
        read -r clients actions faults && [ "$clients" -le 3 ] && [ "$actions" -le 8 ] &&
            [ "$faults" -le 1 ]
    }
}

# The shrunk command fails in the same way.
canary_repeats() {
    "$sim" --canary --seed 5 >"$work/canary"
    sed -n 's/^  epigeon-sim \(--seed .*\)/\1/p' "$work/canary" >"$work/command"
    [ -s "$work/command" ] || return 1
    # shellcheck disable=SC2046
    status 1 "$sim" $(cat "$work/command") --no-shrink && "$sim" $(cat "$work/command") --no-shrink |
        grep 'EP-G1-1'
}

# What the simulator says of a run, the oracle says of its trace.
trace_is_judged_alike() {
    for seed in 1 2 3 4 5 6 7 8; do
        status 0 "$sim" --seed $seed --trace "$work/trace" >/dev/null || return 1
        status 0 "$oracle" check "$work/trace" || return 1
    done
    status 1 "$sim" --canary --no-shrink --seed 5 --trace "$work/trace" >/dev/null || return 1
    status 1 "$oracle" check --no-diagram "$work/trace"
}

# A kept seed that is not one is told, and counts.
kept_notices() {
    mkdir "$work/kept"
    printf 'This is not about one seed.\n--seeds 1..2\n' >"$work/kept/wrong.seed"
    status 1 "$sim" --kept "$work/kept" && status 2 "$sim" --kept "$work/there-is-none"
}

# Without seeds almost nothing is reached, and that is a failure.
coverage_notices() {
    mkdir "$work/empty"
    status 1 "$sim" --coverage "$work/empty" >"$work/table"
}

ok "the same seed is the same run" same_digests "$sim" "$sim"
ok "the other compiler makes the same runs" same_digests "$sim" "$other"
ok "memory from malloc makes the same runs, and comes back" same_with_malloc
ok "a seed alone is what it is among others" same_alone
ok "the words of the command line" words
ok "three thousand seeds" "$sim" --seeds 1001..4000
ok "streams alone" "$sim" --seeds 1..500 --layer stream
ok "lossy transports alone" "$sim" --seeds 1..500 --layer frame
ok "many clients, many messages" "$sim" --seeds 1..20 --clients 12 --messages 300
ok "two processes" "$sim" --seeds 1..400 --jobs 2
ok "the work grows with the messages" work_is_linear
ok "one line of JSON for what failed" json
ok "the canary is caught" status 1 "$sim" --canary --no-shrink --seeds 1..3
ok "the canary shrinks" canary_is_small
ok "what is shrunk fails in the same way" canary_repeats
ok "the oracle judges the trace alike" trace_is_judged_alike
ok "kept seeds, and all that can be reached is reached" "$sim" --coverage "$here/seeds"
ok "kept seeds that are none are noticed" kept_notices
ok "what is not reached is noticed" coverage_notices
ok "small worlds, exhaustively" "$sim" --small
for plant in forget forge again; do
    ok "small worlds notice a planted bug: $plant" \
        status 1 "$sim" --small --scene killed --depth 8 --plant $plant
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
