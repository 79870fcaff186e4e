#!/bin/sh
# Puts first inputs for each harness into build/fuzzing/HARNESS/corpus, where runs go on from: the examples and sessions
# of the spec and stores (seeds.c), captures of 1.0.2, the lines of a trace that the oracle's README shows.
# Read first: README.md. `make fuzz-seeds` runs this.
# usage: seeds.sh PROGRAM TARGET…   (PROGRAM: what seeds.c was made into)
set -eu
cd "$(dirname "$0")/.."
program=$1 work=build/fuzzing
shift
for target; do mkdir -p "$work/$target/corpus" "$work/made/$target"; done
"$program" "$work/made"
for file in src/test/node/captures/*.ndjson; do
    head -c 8000 "$file" | sed '$d' >"$work/made/trace/$(basename "$file" .ndjson)"
done
sed -n 's/^| `\({"t_ms".*}\)` |.*/\1/p' conformance/oracle/README.md | sed 's/{…}/{}/' >"$work/made/trace/readme"
printf '%s\0' --frame 1MiB --listen=:1 --auth 5s '' '# all kinds
listen = 127.0.0.1:1
listen=unix:/x
data= /var/lib
allow-v1-remote = yes
frame = 64KiB
auth = 10s
clients=7
' >"$work/made/config/all"
# The vectors of the cases: values as a member of an object, and whole frames.
LC_ALL=C awk -F '\t' -v out="$work/made" '
    function byte(text, at) { return 16 * (index(hex, toupper(substr(text, at, 1))) - 1) + index(hex, toupper(substr(text, at + 1, 1))) - 1 }
    function plain(text, done, at) {
        while ((at = match(text, /\\x[0-9A-Fa-f][0-9A-Fa-f]/)) > 0) {
            done = done substr(text, 1, at - 1) sprintf("%c", byte(text, at + 2))
            text = substr(text, at + 4)
        }
        return done text
    }
    BEGIN { hex = "0123456789ABCDEF" }
    /^#/ || NF < 5 || /\$\(/ { next }
    {
        text = plain($5)
        if ($4 == "value") text = "{\"action\":\"ping\",\"payload\":" text "}"
        printf "%c%s", 9, text >(out "/json/vector-" $2)
        printf "%c%s", 2, text >(out "/messages/vector-" $2)
        printf "@%c%c%c%s%c", 15, 7, 255, text, 12 >(out "/frames/vector-" $2)
        close(out "/json/vector-" $2); close(out "/messages/vector-" $2); close(out "/frames/vector-" $2)
    }' conformance/cases/json-vectors.tsv
for target; do
    for file in "$work/made/$target"/*; do
        [ ! -f "$file" ] || cp "$file" "$work/$target/corpus/$(basename "$file")"
    done
done
rm -rf "$work/made"
