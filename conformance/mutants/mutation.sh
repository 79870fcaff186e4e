#!/bin/sh
# Runs the suite on servers and clients that are wrong on purpose, each in one way, and sees which case notices, and
# which requirement it names; what the suite does not see is tried by the simulator. Read first: README.md.
# `make mutation` and `make check-mutation` run this.
# usage: mutation.sh [--table | --sample | --list] [NAME…]    (no name: all; --table also writes ../SCORE.md anew)
# environment, of mutation.mk: CC, MUTANT_… as run.sh has them, MUTATION_SERVER, MUTATION_CLIENT (objects),
#   MUTATION_LIBS; and, for anyone: MUTATION_JOBS (mutants at a time), MUTATION_ANEW=1 (forget earlier results),
#   MUTATION_KEY (a word: results that were given the same are kept, whatever has changed since)
set -u
cd "$(dirname "$0")/../.." || exit 1
out=build/mutation
work=$out/work results=$out/results built=${MUTANT_OUT:-}
. conformance/mutants/apply.sh
: "${CC:=cc}" "${MUTANT_CFLAGS:=}" "${MUTATION_LIBS:=}" "${MUTATION_ANEW:=}"
: "${MUTATION_JOBS:=$(($(getconf _NPROCESSORS_ONLN) + 1))}"
export MUTANT_SEEDS=5000 MUTANT_SECONDS=20
if [ -z "$built" ] || [ -z "${MUTATION_SERVER:-}" ] || [ -z "${MUTATION_CLIENT:-}" ]; then
    echo 'Please run this by `make mutation` or `make check-mutation`, which know what to link.' >&2
    exit 2
fi

# ---- Which there are ----

# list: all mutants, one a line: name, area, requirements, what is wrong, why no input reaches it (else nothing).
list() {
    "$built/epigeon-sim" --coverage --seeds 1..100 >"$out/coverage"
    for machine in server client; do
        awk -v OFS='\t' -f "$here/rows.awk" "$out/coverage" "gen/${machine}_machine.h" |
            awk -F '\t' -v OFS='\t' -v area="rows, $machine" '{ print $1, area, $2, $3, $4 }'
    done
    for name in $(patches); do
        area=$(files "$name" | sed -n '1s|^src/\([a-z]*\)/.*|\1|p')
        printf '%s\t%s\t%s\t%s\t\n' "$name" "$area" "$(header "$name" blame)" "$(header "$name" fault)"
    done
}

# fact NAME COLUMN
fact() { awk -F '\t' -v name="$1" -v column="$2" '$1 == name { print $column }' "$out/list"; }

# role NAME: which program it is in.
role() {
    if is_row "$1"; then
        echo "${1%%:*}"
    else
        header "$1" where | sed 's/[^a-z].*//'
    fi
}

# state_key: changes with the sources and the cases; key NAME: with the mutant, too.
state_key() {
    find src gen conformance/cases conformance/runner -name node_modules -prune -o -type f -print |
        LC_ALL=C sort | while read -r file; do cat "$file"; done | cat - "$here/apply.sh" "$here/rows.awk" | cksum | tr ' ' -
}
key() {
    if is_row "$1"; then
        echo "$MUTATION_KEY"
    else
        echo "$MUTATION_KEY-$(cksum <"$here/$1.mutant" | tr ' ' -)"
    fi
}

# ---- One ----

# build NAME: the program with it.
build() {
    rm -rf "${work:?}/$1"
    mkdir -p "$work/$1"
    check_header "$1" && apply "$1" && compile "$1" || return 1
    if [ "$(role "$1")" = server ]; then
        program=epigeond objects=$MUTATION_SERVER
    else
        program=adapter objects=$MUTATION_CLIENT
    fi
    # shellcheck disable=SC2046,SC2086
    $CC -o "$work/$1/$program" $(exchanged "$1" $objects) $MUTATION_LIBS >>"$work/$1/log" 2>&1 ||
        { echo "does not link, see $work/$1/log" && return 1; }
}

# suite NAME PART OPTION…: runs a part of the suite (that of its role, or the cases about tokens) up to the first case that
# does not pass; prints that and the requirement that it names.
suite() {
    name=$1 part=$2
    shift 2
    ROLES=$part EPIGEON_CONFORM=$built/epigeon-conform EPIGEOND=$work/$name/epigeond ADAPTER=$work/$name/adapter \
        timeout 900 sh conformance/runner/own.sh --stop-at-first --quiet --jobs 6 "$@" >"$work/$name/tap" 2>"$work/$name/said"
    awk -v status=$? '
        /ended at once|does not accept connections/ { start = 1 }
        /^not ok/ { if (seen++) exit; run = $5 == "" ? $4 : $5 }
        /^  verdict:/ { gsub(/"/, "", $2); verdict = $2 }
        /^  requirement:/ { gsub(/"/, "", $2); requirement = $2 }
        END {
            if (verdict == "INCONCLUSIVE") print "unclear"
            else if (seen) print run, requirement == "" ? "-" : requirement
            else if (start) print "start -"
            else if (status == 124) print "time -"
        }' "$work/$name/said" "$work/$name/tap"
}

# own NAME: what --select takes for the cases that are about its requirements: those that name one of them first, or, where
# these are many, all that name one.
own() {
    fact "$1" 3 | awk -v role="$(role "$1")" -v FS='\t' '
        NR == FNR { n = split($0, part, " "); for (i = 1; i <= n; i++) wanted[part[i]] = 1; next }
        $3 != role { next }
        { n = split($5, cited, ","); for (i = 1; i <= n; i++) if (cited[i] in wanted) ids[cited[i]] = 1 }
        cited[1] in wanted { runs = runs "," $1; count++ }
        END {
            for (id in ids) all = all "," id
            print substr(count > 0 && count < 60 ? runs : all, 2)
        }' - "$out/cases"
}

# reaching NAME: for a row, the cases in which an input reaches its cell: no other can tell that it is wrong.
reaching() {
    cell=$(echo "$1" | cut -d : -f 2,3 | tr : ' ')
    (cd "$out/reached/$(role "$1")" && grep -lx -e "$cell" -r .) | sed 's|^\./||' | sort
}

# The vectors of JSON ask the same again and again, but of what reads and writes frames.
vectors='json-vectors/*'
reads_frames() { [ "$(fact "$1" 2)" = wire ] || case " $(fact "$1" 3)" in *' EP-JSON-'*) ;; *) return 1 ;; esac; }

# others NAME FIRST: the cases that can object, but those of FIRST.
others() {
    if is_row "$1" && [ -n "$MUTATION_KNOWS" ]; then
        cases=$(reaching "$1" | grep -vxF "$vectors" | paste -sd , -)
        [ -z "$cases" ] || suite "$1" "$(role "$1")" --select "$cases" ${2:+--exclude "$2"}
    elif reads_frames "$1"; then
        suite "$1" "$(role "$1")" ${2:+--exclude "$2"}
    else
        suite "$1" "$(role "$1")" --exclude "$vectors${2:+,$2}"
    fi
}

# may_be_a_vector NAME: whether the vectors have to be asked, when nobody else has objected.
may_be_a_vector() {
    if [ "$(role "$1")" = client ] || argued "$1" equivalent; then return 1; fi
    if is_row "$1" && [ -n "$MUTATION_KNOWS" ]; then reaching "$1" | grep -qxF "$vectors"; else ! reads_frames "$1"; fi
}

# about_tokens: the cases that need a server with a join token.
about_tokens() { awk -F '\t' '$6 ~ /token/ { print $1 }' "$out/cases" | paste -sd , -; }

# search NAME: the first case that objects: those about its requirements, then the others, and at last the vectors.
search() {
    first=$(own "$1") found=
    if [ -n "$first" ]; then found=$(suite "$1" "$(role "$1")" --select "$first"); fi
    if [ -z "$found" ]; then found=$(others "$1" "$first"); fi
    if [ -z "$found" ] && [ "$(role "$1")" = server ]; then found=$(suite "$1" token --select "$(about_tokens)"); fi
    if [ -z "$found" ] && may_be_a_vector "$1"; then found=$(suite "$1" server --select "$vectors"); fi
    echo "$found"
}

# again NAME CASE: whether it objects once more, alone.
again() {
    case ,$(about_tokens), in
    *",$2,"*) [ -n "$(suite "$1" token --select "$2")" ] ;;
    *) [ -n "$(suite "$1" "$(role "$1")" --select "$2")" ] ;;
    esac
}

# argued NAME KIND: whether argued.tsv says so.
argued() {
    awk -F '\t' -v kind="$2" '$2 == kind { print $1 }' "$here/argued.tsv" | tr ' ' '\n' | while read -r glob; do
        # shellcheck disable=SC2254
        case $1 in $glob) echo yes ;; esac
    done | grep -q yes
}

# notice NAME: a case that objected has to do so again, alone: on a busy machine one may fail by itself.
notice() {
    for _ in 1 2 3; do
        found=$(search "$1")
        [ -z "$found" ] && return
        case $found in start* | time*) break ;; esac
        [ "$found" != unclear ] && again "$1" "${found%% *}" && break
        found=
    done
    echo "$found"
}

# judge NAME: what became of it: killed CASE REQUIREMENT | simulator SEED REQUIREMENT | survived | unreachable | broken WHY
judge() {
    if [ -n "$(fact "$1" 5)" ]; then
        echo unreachable
        return
    fi
    if ! argued "$1" inside; then
        trouble=$(build "$1") || { echo "broken $trouble" && return; }
        found=$(notice "$1")
        rm -f "$work/$1/epigeond" "$work/$1/adapter"
        if [ -n "$found" ]; then
            echo "killed $found"
            return
        fi
    fi
    if argued "$1" equivalent; then MUTANT_SEEDS=1000; fi
    sh "$here/run.sh" --one "$1"
    read -r state seed blamed <"build/mutants/$1/result"
    case $state in
    caught) echo "simulator $seed $blamed" ;;
    died) echo "simulator - -" ;;
    *) echo survived ;;
    esac
}

# one NAME: judges it, unless that is known.
one() {
    if [ -z "$MUTATION_ANEW" ] && [ "$(sed -n 1p "$results/$1" 2>/dev/null)" = "$(key "$1")" ]; then return; fi
    said=$(judge "$1")
    { key "$1" && echo "$said"; } >"$results/$1.new" && mv "$results/$1.new" "$results/$1"
    echo "$1" >>"$out/done"
    done=$(wc -l <"$out/done") spent=$(($(date +%s) - $(cat "$out/began")))
    printf '%4d of %d, about %d min left   %s: %s\n' "$done" "$(cat "$out/todo")" \
        $((spent * ($(cat "$out/todo") - done) / done / 60)) "$1" "$said"
}

# reach CASE: the cells that it reaches, in $out/reached/ROLE/CASE. Cases run again when something has changed.
reach() {
    role=$(awk -F '\t' -v run="$1" '$1 == run { print $3 }' "$out/cases")
    role=${role:-server} part=${role:-server}
    case ,$(about_tokens), in *",$1,"*) part=token ;; esac
    cells=$PWD/$out/reached/$role/$1
    mkdir -p "$(dirname "$cells")"
    rm -f "$cells"
    ROLES=$part EPIGEON_CONFORM=$built/epigeon-conform EPIGEOND=$built/reached/epigeond ADAPTER=$built/reached/adapter-epigeon \
        MUTATION_REACHED=$cells sh conformance/runner/own.sh --quiet --select "$1" >"$cells.tap" 2>&1 ||
        echo "$1 does not pass without a fault, see $cells.tap"
}

reach_all() {
    [ "$(cat "$out/reached/key" 2>/dev/null)" = "$MUTATION_KEY" ] && return
    echo 'Which cases reach which rows …'
    { cut -f 1 "$out/cases" | grep -v '^json-vectors/'; echo "$vectors"; } |
        xargs -n 1 -P $((MUTATION_JOBS * 2)) sh "$here/mutation.sh" --reach || return
    echo "$MUTATION_KEY" >"$out/reached/key"
}

case ${1:-} in
--one)
    one "$2"
    exit
    ;;
--reach)
    reach "$2"
    exit
    ;;
esac

# ---- All ----

mkdir -p "$results" "$work"
list >"$out/list"
mode=
case ${1:-} in
--list)
    cut -f 1 "$out/list"
    exit
    ;;
--table | --sample) mode=$1 && shift ;;
esac
if [ "$mode" = --sample ]; then
    # shellcheck disable=SC2046
    set -- $(cat "$here/sample.txt")
elif [ $# = 0 ]; then
    # shellcheck disable=SC2046
    set -- $(cut -f 1 "$out/list")
fi
"$built/epigeon-conform" --list >"$out/cases"
: "${MUTATION_KEY:=$(state_key)}"
export CC MUTANT_CFLAGS MUTANT_LDFLAGS MUTANT_OBJECTS MUTANT_OUT MUTATION_LIBS MUTATION_SERVER MUTATION_CLIENT \
    MUTATION_KEY MUTATION_ANEW MUTATION_KNOWS
MUTATION_KNOWS=
if [ "$mode" != --sample ]; then reach_all && MUTATION_KNOWS=known; fi
for name; do
    if [ -n "$MUTATION_ANEW" ] || [ "$(sed -n 1p "$results/$name" 2>/dev/null)" != "$(key "$name")" ]; then echo "$name"; fi
done >"$out/names"
wc -l <"$out/names" | tr -d ' ' >"$out/todo"
date +%s >"$out/began"
: >"$out/done"
if [ -s "$out/names" ]; then xargs -n 1 -P "$MUTATION_JOBS" sh "$here/mutation.sh" --one <"$out/names"; fi

# What became of those that were asked for, one a line, with what is known of them.
for name; do
    awk -F '\t' -v name="$name" '$1 == name' "$out/list" | tr '\n' '\t'
    sed -n 2p "$results/$name"
done >"$out/outcome"

# stale: what SCORE.md speaks of and there is not, or does not speak of.
stale() {
    cut -f 1 "$out/list" | sort >"$out/names"
    awk -F '`' '/^\| `/ { print $2 } /^- / { for (i = 2; i < NF; i += 2) if ($i ~ /^(server|client):/) print $i }' \
        conformance/SCORE.md | sort | diff "$out/names" - | sed -n -e 's/^< /not in SCORE.md: /p' -e 's/^> /in SCORE.md alone: /p'
}
failed=0
if [ "$mode" = --sample ] && [ -n "$(stale)" ]; then
    stale | head -n 20
    echo 'SCORE.md is about other faults than there are: make mutation writes it anew.'
    failed=1
fi
awk -v mode="$mode" -v score="$out/SCORE.md" -v failed=$failed -f "$here/score.awk" "$here/argued.tsv" "$out/list" "$out/outcome"
status=$?
if [ "$mode" = --table ]; then cp "$out/SCORE.md" conformance/SCORE.md; fi
exit $status
