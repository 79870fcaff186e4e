#!/bin/sh
# How much of src/wire, src/machine and src/delivery the corpora reach, by regions (what is run through without a
# fork) and branches (each condition both ways); fails where fewer are reached than README.md promises.
# Read first: README.md. `make fuzz-coverage` runs this.
# usage: coverage.sh TARGET…   (the programs are build/cover/fuzz-TARGET; CORPUS=DIR: another folder of corpora)
set -eu
cd "$(dirname "$0")/.."
work=build/cover/profiles corpus=${CORPUS:-fuzz/corpus}
rm -rf "$work" && mkdir -p "$work"
objects=
for target; do
    set --
    for folder in "$corpus/$target" "fuzz/crashes/$target"; do [ ! -d "$folder" ] || set -- "$@" "$folder"; done
    LLVM_PROFILE_FILE="$work/$target.profraw" "build/cover/fuzz-$target" "$@" >"$work/$target.log" 2>&1 ||
        { tail -n 3 "$work/$target.log" >&2; exit 1; }
    objects="$objects${objects:+ -object} build/cover/fuzz-$target"
done
llvm-profdata merge -sparse -o "$work/all.profdata" "$work"/*.profraw

# shellcheck disable=SC2086
llvm-cov report $objects -instr-profile "$work/all.profdata" >build/cover/report.txt 2>"$work/warnings"

# room NAME: how many regions and branches its files have, and what share of each, and of both, is reached.
room() {
    awk -v room="$1" '
        { sub(/^\.\//, "", $1) }
        index($1, room) == 1 {
            regions += $2; no_regions += $3; branches += $11; no_branches += $12
        }
        END { printf "%d %.1f %.1f %.1f", regions + branches, 100 - 100 * no_regions / regions,
            100 - 100 * no_branches / branches, 100 - 100 * (no_regions + no_branches) / (regions + branches) }
    ' build/cover/report.txt
}

passed=0 failed=0
# gen/json.c: Ragel writes a jump to each state behind a return from a nested object; few can be returned to.
for room in src/wire/:98:95 gen/json.c:90:90 src/machine/:95:90 src/delivery/:94:90; do
    name=${room%%:*} bounds=${room#*:}
    line=$(room "$name")
    # shellcheck disable=SC2086
    set -- $line "${bounds%:*}" "${bounds#*:}"
    printf '%-14s regions %5s %% (at least %s %%), branches %5s %% (at least %s %%); together %5s %% of %s\n' \
        "$name" "$2" "$5" "$3" "$6" "$4" "$1"
    if awk "BEGIN { exit !($2 >= $5 && $3 >= $6) }"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "build/cover/report.txt has it by file"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
