#!/bin/sh
# The tests of the ledger: its judge alone; thirty kills of our own server; a run where the store was thrown away, and
# runs with deliberate faults, which must all be noticed; wrong usage. They run beside each other: each waits most of
# the time.
# usage, by `make check-ledger`: EPIGEON_LEDGER=PATH EPIGEOND=PATH LEDGER_TESTS=PATH … conformance/ledger/check.sh
set -u
: "${EPIGEON_LEDGER:?the program to test}" "${EPIGEOND:?the server}" "${LEDGER_TESTS:?the tests of the judge}"
cd "$(dirname "$0")/../.." || exit 1
dir=$(mktemp -d "${TMPDIR:-/tmp}/epigeon ledger XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
passed=0 failed=0

# begin NAME COMMAND…: in the background; its output is in $dir/NAME, its exit code in $dir/NAME.code.
begin() {
    name=$1
    shift
    mkdir -p "$dir/$name run"
    ("$@" >"$dir/$name" 2>&1; echo $? >"$dir/$name.code") &
}

# ledger NAME OPTION…
ledger() {
    name=$1
    shift
    begin "$name" "$EPIGEON_LEDGER" --server "$EPIGEOND" --dir "$dir/$name run" "$@"
}

# was NAME CODE PATTERN: it ended so, and said this.
was() {
    if [ "$(cat "$dir/$1.code")" = "$2" ] && grep -q -e "$3" "$dir/$1"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1 should end with $2 and say: $3"
        { cat "$dir/$1.code" "$dir/$1"; tail -n 5 "$dir/$1 run/server.log"; } 2>/dev/null | sed 's/^/    /'
    fi
}

begin judge "$LEDGER_TESTS"
ledger thirty --kills 30 --seed 30
ledger plain-disk --kills 9 --seed 9 --clients 3 --no-mount
ledger lost-store --kills 4 --seed 4 --patience 3 --lose-store
begin faults sh conformance/ledger/faults.sh store-aborts=lost dedup-client=doubled mail-swapped=reordered
begin usage "$EPIGEON_LEDGER" --kills none
begin no-server "$EPIGEON_LEDGER" --server "$dir/no such server" --dir "$dir/no-server run"
begin help "$EPIGEON_LEDGER" --help
wait
was judge 0 '^100%: Checks: 19, Failures: 0, Errors: 0'
was thirty 0 '^30 kills: 0 lost, 0 doubled, 0 reordered$'
was thirty 0 '^[0-9]\{4,\} messages given, '
was thirty 0 '^[1-9][0-9]* kills of clients, [1-9][0-9]* connections cut, [1-9][0-9]* clients stalled, '
was thirty 0 'disk full 3 times, no commit possible 4 times'
was plain-disk 0 '^9 kills: 0 lost, 0 doubled, 0 reordered$'
was lost-store 1 '^4 kills: [1-9][0-9]* lost, '
was lost-store 1 '^first: '
was faults 0 '^3 passed, 0 failed$'
was usage 2 'What is "--kills"'
was no-server 2 'is its path right?'
was help 0 '^Usage: epigeon-ledger'
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
