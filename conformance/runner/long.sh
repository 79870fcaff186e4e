#!/bin/sh
# Whether the verdicts of the suite can be relied on: our own server and client pass everything twenty times one
# after the other, with a suite that takes ten times as long between its bytes and steps, and under Valgrind, which
# is slow itself and finds what they do wrong with their memory. On two cores: a minute for each of the twenty turns, three
# for `slowly`, ten or more for `valgrind`.
# usage: EPIGEON_CONFORM=PATH EPIGEOND=PATH ADAPTER=PATH conformance/runner/long.sh [again] [slowly] [valgrind]
# (all, when nothing is said; TURNS=3: so often). `make conform-long LONG=slowly` runs a part. Prints a line for each run with
# what did not pass below it, and at last the count.
set -u
: "${EPIGEON_CONFORM:=build/plain/epigeon-conform}" "${EPIGEOND:=build/plain/epigeond}" "${ADAPTER:=build/plain/adapter-epigeon}"
: "${TURNS:=20}"
cd "$(dirname "$0")/../.." || exit 1
dir=$(mktemp -d "${TMPDIR:-/tmp}/epigeon-long-XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
passed=0 failed=0
export EPIGEON_CONFORM EPIGEOND ADAPTER
[ $# -gt 0 ] || set -- again slowly valgrind

# own NAME WORDS…: own.sh, counted.
own() {
    name=$1 began=$(date +%s)
    shift
    sh conformance/runner/own.sh --quiet "$@" >"$dir/out" 2>&1
    status=$?
    line=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$dir/out" | tail -n 1)
    p=${line% *} f=${line#* }
    if [ -z "$line" ]; then p=0 f=1; fi
    if [ $status != 0 ] && [ "$f" = 0 ]; then f=1; fi
    passed=$((passed + p)) failed=$((failed + f))
    echo "$name: $p passed, $f failed, $(($(date +%s) - began)) s"
    [ "$f" = 0 ] || cat "$dir/out"
}

# under_valgrind PROGRAM: a script that runs it so, under a name without blanks; what Valgrind has to say goes to a file.
# Of leaks only what is certain: an adapter ends without closing its store, and LMDB points into the middle of blocks.
under_valgrind() {
    case $1 in /*) path=$1 ;; *) path=$PWD/$1 ;; esac
    printf '#!/bin/sh\nexec valgrind -q --log-file="%s/valgrind.%%p" --leak-check=full --show-leak-kinds=definite "%s" "$@"\n' "$dir" "$path" \
        >"$dir/${1##*/}"
    chmod +x "$dir/${1##*/}"
}

for part in "$@"; do
    case $part in
    again)
        for turn in $(seq "$TURNS"); do own "turn $turn"; done
        ;;
    slowly) # timers of the server are longer, too: its peers are slow
        TIMES=4
        export TIMES
        own slowly --slow 10
        ;;
    valgrind)
        under_valgrind "$EPIGEOND" && under_valgrind "$ADAPTER" || exit 1
        EPIGEOND=$dir/${EPIGEOND##*/} ADAPTER=$dir/${ADAPTER##*/} TIMES=5
        export TIMES
        own valgrind --slow 10 --jobs 4
        for log in "$dir"/valgrind.*; do
            [ -s "$log" ] || continue
            failed=$((failed + 1))
            cat "$log"
        done
        ;;
    *)
        echo "long.sh: $part is none of again, slowly, valgrind." >&2
        exit 2
        ;;
    esac
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
