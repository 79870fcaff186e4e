#!/bin/sh
# Does the ledger notice real faults? Builds a server and clients with deliberate faults, kills that server a few times,
# and wants to be told what the fault does. `make check-ledger` runs this.
# usage: faults.sh NAME=WORD…      WORD: lost, doubled or reordered, which must be counted then
#   the fault is conformance/mutants/NAME.mutant, or conformance/ledger/NAME.patch
# environment, of ledger.mk: CC, LEDGER_CFLAGS, LEDGER_LIBS, LEDGER_SERVER_O, LEDGER_O, LEDGER_ARCHIVE (what to link)
set -u
cd "$(dirname "$0")/../.." || exit 1
work=build/ledger passed=0 failed=0
if [ -z "${LEDGER_ARCHIVE:-}" ]; then
    echo 'Please run this by `make check-ledger`, which knows what to link.' >&2
    exit 2
fi

# build NAME: $work/NAME/epigeond and epigeon-ledger, with the changed files in place of the right ones: they stand
# before the archive that has the right ones.
build() {
    here=$work/$1 objects='' patch=conformance/mutants/$1.mutant
    [ -f "$patch" ] || patch=conformance/ledger/$1.patch
    rm -rf "$here"
    for file in $(sed -n 's|^+++ b/\([^	]*\).*|\1|p' "$patch"); do
        mkdir -p "$here/$(dirname "$file")"
        cp "$file" "$here/$file"
        objects="$objects $here/${file%.c}.o"
    done
    [ -n "$objects" ] || return 1
    (cd "$here" && GIT_CEILING_DIRECTORIES="$PWD/.." git apply -p1 "../../../$patch") || return 1
    for object in $objects; do
        # shellcheck disable=SC2086 # lists
        $CC $LEDGER_CFLAGS -c -o "$object" "${object%.o}.c" || return 1
    done
    # shellcheck disable=SC2086
    $CC -o "$here/epigeond" $LEDGER_SERVER_O $objects "$LEDGER_ARCHIVE" $LEDGER_LIBS &&
        $CC -o "$here/epigeon-ledger" $LEDGER_O $objects "$LEDGER_ARCHIVE" $LEDGER_LIBS
}

# try NAME: kills it, and leaves the account in $work/NAME/log.
try() {
    if ! build "$1" >"$work/$1.log" 2>&1; then
        echo 'does not build' >>"$work/$1.log"
        return
    fi
    mkdir "$work/$1/run"
    "$work/$1/epigeon-ledger" --server "$work/$1/epigeond" --kills 12 --seed 7 --patience 5 --dir "$work/$1/run" >>"$work/$1.log" 2>&1
    echo "ended with $?" >>"$work/$1.log"
}

mkdir -p "$work"
for pair in "$@"; do try "${pair%=*}" & done
wait
for pair in "$@"; do
    log=$work/${pair%=*}.log
    if grep -q "kills:.* [1-9][0-9]* ${pair#*=}" "$log" && grep -q '^ended with 1$' "$log"; then
        passed=$((passed + 1))
        rm -rf "${work:?}/${pair%=*}"
    else
        failed=$((failed + 1))
        echo "${pair%=*}: the ledger should have counted something ${pair#*=}:"
        sed 's/^/    /' "$log"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
