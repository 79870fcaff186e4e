#!/bin/sh
# Searches the model: every world of worlds.txt must be without fault, every variant of variants.txt
# must break what stands beside it, and what the model does must be what the C cores do (replay).
# usage: spec/model/check.sh quick|deep [MODEL_REPLAY]
#        spec/model/check.sh table     (what the last two runs found, as README.md has it)
# Read first: README.md.
set -eu
cd "$(dirname "$0")/../.."

how=${1:-quick}
replay=${2:-}
model=$PWD/spec/model/model.pml
all=$PWD/build/model/$how
limit_s=1800 limit_mb=8000 limit_depth=100000 jobs=2
[ "$how" != quick ] || limit_s=300 limit_mb=900

# Every search runs in a directory of its own, under a limit of time and of memory.
compile() { # OPTIMIZATION PAN_FLAGS DEFINES…
    optimization=$1 flags=$2
    shift 2
    spin "$@" -a "$model" >spin.log 2>&1 || return 1
    # shellcheck disable=SC2086
    ${CC:-cc} "$optimization" -w -DCOLLAPSE -DMEMLIM=$limit_mb $flags -o pan pan.c
}

number() { sed -n "s/$1/\1/p" out | head -n 1; }

# pan ends with 0 whatever it found, and whether it saw everything: both are in what it says.
is_whole() {
    ! grep -q -e 'Search not completed' -e 'max search depth too small' -e 'out of memory' out
}

world() { # NAME DEFINES…
    name=$1
    shift
    began=$(date +%s)
    # shellcheck disable=SC2086
    if compile -O1 "" "$@" && timeout "$limit_s" ./pan -a -m"$limit_depth" >out 2>&1 &&
        grep -q 'errors: 0' out && grep -q 'acceptance   cycles 	+' out && is_whole; then
        printf 'ok   | %-42s | %8s states | depth %4s | %5.0f MB | %4s s | %s\n' "$name" \
            "$(number '^ *\([0-9]*\) states, stored.*')" "$(number '.*depth reached \([0-9]*\),.*')" \
            "$(number '^ *\([0-9.]*\)	total actual memory usage')" $(($(date +%s) - began)) "$*"
    else
        printf 'FAIL | %s | in %s; see out there, or: spin -T -k model.pml.trail %s %s\n' "$name" \
            "$PWD" "$*" "$model"
    fi
}

# A search that is cut short finds nothing wrong, and must not count as one that found nothing.
canary() { # DEFINES…
    limit_depth=60
    case $(world canary "$@") in
    FAIL*) echo 'ok   | canary: a search that is cut short counts as failed' ;;
    *) echo "FAIL | canary: a search that was cut short passed: see $PWD" ;;
    esac
}

# Breadth first: the trail is the shortest there is. Its lines "EV …" are kept for the replay.
variant() { # NAME GUARANTEE DEFINES…
    name=$1 guarantee=$2 broken=nothing
    shift 2
    set -- "-DBROKEN_$name" "$@"
    if compile -O0 "-DSAFETY -DNOCLAIM -DBFS" "$@" && timeout "$limit_s" ./pan -w20 >out 2>&1 &&
        [ -e model.pml.trail ]; then
        spin "$@" -T -k model.pml.trail "$model" 2>/dev/null | grep '^EV' >events
        broken=$(sed -n 's/^EV broken //p' events | head -n 1)
    fi
    if [ "$broken" = "$guarantee" ]; then
        printf 'ok   | %-23s breaks %-9s after %2d steps\n' "$name" "$broken" "$(grep -c . events)"
    else
        printf 'FAIL | %s must break %s and breaks %s: see %s\n' "$name" "$guarantee" "$broken" "$PWD"
    fi
}

trim() { echo "$1" | sed 's/^ *//; s/ *$//'; }

# One line of a table, in a directory of its own.
if [ "$how" = --one ]; then
    IFS='|' read -r directory kind name second third <<END
$2
END
    limit_s=$3 limit_mb=$4 name=$(trim "$name")
    rm -rf "$directory" && mkdir -p "$directory" && cd "$directory"
    # shellcheck disable=SC2086
    case $kind in
    world) world "$name" $second ;;
    variant) variant "$name" $second $third ;;
    canary) canary $second ;;
    esac >result 2>problems || echo "FAIL | $name: see $PWD" >>result
    rm -f pan pan.? _spin_nvr.tmp
    exit 0
fi

# All lines of one table, two at a time; what came of each, in the order of the table.
search() { # KIND < lines
    rm -f "$all/list"
    awk -v all="$all" -v kind="$1" '{ printf "%s/%s-%02d|%s|%s\n", all, kind, NR, kind, $0 }' >"$all/list"
    # shellcheck disable=SC2016
    nice xargs -P "$jobs" -d '\n' -n 1 sh -c \
        'sh spec/model/check.sh --one "$3" "$1" "$2"' - "$limit_s" "$limit_mb" <"$all/list"
    cut -d '|' -f 1 "$all/list" | while read -r directory; do cat "$directory/result"; done
}

lines_of() { grep -v -e '^#' -e '^$' "$1"; }

case $how in
table)
    echo '| world | bounds | states | depth | MB | s |'
    echo '|---|---|---|---|---|---|'
    # shellcheck disable=SC2016
    cat build/model/quick/report build/model/deep/report | sed -n '/ states | /p' |
        sed 's/^ok *| *\([^|]*[^ |]\) *| *\([0-9]*\) states | depth *\([0-9]*\) | *\([0-9]*\) MB | *\([0-9]*\) s | \(.*\)/| \1 | `\6` | \2 | \3 | \4 | \5 |/; s/-D//g'
    exit 0
    ;;
quick | deep) ;;
*) echo "usage: spec/model/check.sh quick|deep [MODEL_REPLAY]" >&2 && exit 2 ;;
esac

mkdir -p "$all"
report=$all/report
lines_of spec/model/worlds.txt | sed -n "s/^$how *| *//p" | search world >"$report"
echo 'canary | -DSCENE=1' | search canary >>"$report"
[ "$how" = deep ] || lines_of spec/model/variants.txt | search variant >>"$report"
[ -z "$replay" ] || sh spec/model/replay.sh "$replay" "$all" >>"$report"
cat "$report"
passed=$(grep -c '^ok' "$report" || true) failed=$(grep -c '^FAIL' "$report" || true)
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
