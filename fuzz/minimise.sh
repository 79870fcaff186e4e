#!/bin/sh
# Makes fuzz/corpus/TARGET anew: of what is there and of what the runs found (build/fuzzing), the fewest and smallest
# inputs that reach the same code. Read first: README.md. `make fuzz-minimise` runs this.
# usage: minimise.sh TARGET…   (the programs are build/edges/fuzz-TARGET; MOST: bytes of the largest input that is kept)
set -eu
cd "$(dirname "$0")/.."
work=build/fuzz-minimise
for target; do
    rm -rf "${work:?}/$target" && mkdir -p "$work/$target/all" "$work/$target/few" "fuzz/corpus/$target"
    for folder in "fuzz/corpus/$target" "build/fuzzing/$target/corpus"; do
        [ ! -d "$folder" ] || find "$folder" -type f -size -"${MOST:-4096}"c -exec cp {} "$work/$target/all" \;
    done
    # Edges, not how often they were taken: that would keep ten times as many.
    "build/edges/fuzz-$target" -merge=1 -use_counters=0 -max_len=4096 "$work/$target/few" "$work/$target/all" >"$work/$target/log" 2>&1
    rm -rf "fuzz/corpus/$target" && mkdir -p "fuzz/corpus/$target"
    for file in "$work/$target/few"/*; do
        cp "$file" "fuzz/corpus/$target/$(sha1sum <"$file" | cut -c 1-12)"
    done
    printf '%-9s %5s inputs, %7s bytes\n' "$target" "$(find "fuzz/corpus/$target" -type f | wc -l)" \
        "$(cat "fuzz/corpus/$target"/* | wc -c)"
done
