#!/bin/sh
# End to end: a backup of a live store, a server that goes on from it, stores that are refused.
# usage: EPIGEON=PATH EPIGEOND=PATH src/test/store.sh
# Prints what failed, and at last the count.
set -u
: "${EPIGEON:?the client to test}" "${EPIGEOND:?the server to test}"
cd "$(dirname "$0")/../.." || exit 1
. src/test/lib.sh
EPIGEON=$(absolute "$EPIGEON") EPIGEOND=$(absolute "$EPIGEOND")
unset DEBUG
scratch store
address="unix:$dir/the socket"
shown='out err server.log'
server=''

# server_up DATA: its log is in server.log.
server_up() {
    : >server.log
    "$EPIGEOND" --listen "$address" --data "$1" >server.log 2>&1 &
    server=$!
    background=$server
    waits server.log 'listening on'
}

server_down() {
    kill "-$1" "$server"
    wait "$server" 2>/dev/null
    server='' background=''
}

# runs CODE PROGRAM ARGUMENT…: what it writes is in out and err.
runs() {
    expected=$1
    shift
    timeout -k 1 20 "$@" >out 2>err </dev/null
    is "exit code of: $(echo "$*" | sed 's|/[^ ]*/||g' | cut -c 1-100)" "$expected" "$?"
}

# as NAME ARGUMENT…: a client with a state file; dora speaks EP/1.
as() {
    name=$1
    shift
    version=''
    [ "$name" = dora ] && version=--v1
    # shellcheck disable=SC2086 # none or one option
    runs 0 "$EPIGEON" --server "$address" $version --id "$name" --state "$name.state" "$@"
}

# sends TO TEXT…: from ada, one after the other; returns when the server has confirmed them.
sends() {
    to=$1
    shift
    for text in "$@"; do as ada send --to "$to" "$text"; done
}

# gets NAME TEXT…: these are the next messages that this client is handed.
gets() {
    name=$1
    shift
    as "$name" listen --count $#
    is "what $name was handed" "$(printf '%s\n' "$@")" "$(payloads out)"
}

backup() { runs "$1" "$EPIGEOND" --data 'the data' --backup "$2"; }

# ---- what cannot be copied ---------------------------------------------------------------------

backup 1 'a copy'
has err 'There is no store in the data.'
is 'files left by it' '' "$(ls 'a copy')"
runs 2 "$EPIGEOND" --store memory --backup 'a copy'
has err 'A store in memory cannot be copied'
mkdir 'the data' && echo 'no store at all, but longer than nothing' >'the data/data.mdb'
backup 1 'a copy'
has err 'the data is not a store of e-pigeon'
rm -rf 'the data' 'a copy'

# ---- a backup of a live store ------------------------------------------------------------------

# bob has sent something himself (his session), carl has not.
server_up 'the data'
as bob session '{"room":1}'
sends bob b1 b2
sends carl c1
sends dora d1 d2
gets bob b1
gets carl c1
gets dora d1
backup 0 'a copy'
has out 'was copied to a copy'
is 'files of the copy' data.mdb "$(ls 'a copy')"
backup 1 'a copy'
has err 'There is a store in a copy already'
sends bob b3 b4
gets bob b2 b3
sends carl c2 c3
gets carl c2
server_down KILL

# ---- a server that goes on from it, twice -------------------------------------------------------

# b2 and b3 were delivered, and are not delivered again; nor is d2, the second time. b4 and c3 came after the backup,
# and are lost with the store.
for again in 1 2; do
    cp -R 'a copy' "restored $again"
    server_up "restored $again"
    sends bob "b5.$again" "b6.$again"
    gets bob "b5.$again" "b6.$again"
    sends carl "c4.$again"
    gets carl "c4.$again"
    sends dora "d3.$again"
    if [ $again = 1 ]; then gets dora d2 d3.1; else gets dora d3.2; fi
    as bob send --to ada "from bob.$again"
    gets ada "from bob.$again"
    server_down TERM
    server_up "restored $again"
    sends bob "b7.$again"
    gets bob "b7.$again"
    server_down KILL
done

# ---- what is refused ---------------------------------------------------------------------------

# of_format NUMBER DATA: the same store, as another version would have written it.
of_format() { LC_ALL=C sed "s/format1/format$1/g" 'a copy/data.mdb' >"$2/data.mdb"; }

for number in 0 7; do
    mkdir "format $number"
    of_format "$number" "format $number"
    cp "format $number/data.mdb" before
    runs 1 "$EPIGEOND" --listen "$address" --data "format $number"
    has err "has format $number, of a"
    has err 'reads format 1: use that version, or choose another place.'
    is 'a store that was refused' '' "$(cmp before "format $number/data.mdb" 2>&1)"
    LC_ALL=C sed "s/format1/format$number/g" bob.state >other.state
    runs 1 "$EPIGEON" --server "$address" --id bob --state other.state listen
    has err "has format $number, of a"
done

# damaged NAME: what is in "$1/data.mdb" and in $1.state is refused with a sentence, by the server and by the client.
damaged() {
    runs 1 "$EPIGEOND" --listen "$address" --data "$1"
    has err "epigeond: The store $1 is damaged: bring it back from a copy, or move it away."
    runs 1 "$EPIGEON" --server "$address" --id bob --state "$1.state" listen
    has err "The store $1.state is damaged: bring it back from a copy, or move it away."
}

mkdir 'cut off' 'other text' 'zeros'
half() { head -c $(($(wc -c <"$1") / 2)) "$1"; }
half 'a copy/data.mdb' >'cut off/data.mdb'
half bob.state >'cut off.state'
damaged 'cut off'
# What waits for bob in the copy, and the client id in his state.
LC_ALL=C sed 's/"b2"/"B2"/g' 'a copy/data.mdb' >'other text/data.mdb'
LC_ALL=C sed 's/bob/bop/g' bob.state >'other text.state'
damaged 'other text'
{ head -c 4096 'a copy/data.mdb'; head -c 4096 /dev/zero; tail -c +8193 'a copy/data.mdb'; } >'zeros/data.mdb'
{ head -c 4096 bob.state; head -c 4096 /dev/zero; tail -c +8193 bob.state; } >zeros.state
damaged zeros

# A byte at any place: refused with a sentence, or it was in a place that does not matter; never a crash.
mkdir 'one byte'
len=$(wc -c <'a copy/data.mdb')
for at in $(seq 0 $((len / 41)) $((len - 1))); do
    cp 'a copy/data.mdb' 'one byte/data.mdb'
    printf '\245' | dd of='one byte/data.mdb' bs=1 seek="$at" conv=notrunc 2>/dev/null
    : >server.log
    "$EPIGEOND" --listen "$address" --data 'one byte' >server.log 2>&1 &
    server=$!
    background=$server
    for _ in $(seq 400); do
        grep -q 'listening on' server.log && kill "$server" && break
        kill -0 "$server" 2>/dev/null || break
        sleep 0.02
    done
    wait "$server"
    code=$? background=''
    case $code in
    0) has server.log stopped ;;
    1) has server.log 'epigeond: The store one byte is' ;;
    *) bad "a byte at $at: exit code $code" ;;
    esac
done

the_end
