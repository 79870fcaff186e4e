#!/bin/sh
# Correct traffic of this project's own programs, through the proxy: two senders and a crowd of
# receivers in both versions of the protocol, groups, receipts, presence, clients that come and go, a
# server with a store that is killed and one without. It must be accepted, live and again by `check`.
# usage: EPIGEON=PATH EPIGEOND=PATH EPIGEON_ORACLE=PATH conformance/oracle/traffic.sh [EVENTS]
# EVENTS: about how many frames, 50000 if not given. KEEP=DIR keeps the traces there.
# Prints figures, what failed, and at last the count.
set -u
: "${EPIGEON:=build/plain/epigeon}" "${EPIGEOND:=build/plain/epigeond}"
: "${EPIGEON_ORACLE:=build/plain/epigeon-oracle}"
cd "$(dirname "$0")/../.." || exit 1
. src/test/lib.sh
EPIGEON=$(absolute "$EPIGEON") EPIGEOND=$(absolute "$EPIGEOND") EPIGEON_ORACLE=$(absolute "$EPIGEON_ORACLE")
events=${1:-50000}
keep=${KEEP:+$(absolute "$KEEP")}

: "${TMPDIR:=/var/tmp}" # traces are large
export TMPDIR
scratch traffic
shown=verdict
keep_files() { [ -z "$keep" ] || cp -- *.ndjson "$keep"; }

# until_has FILE TEXT: nothing goes on without it.
until_has() { waits "$@" || exit 1; }

# ---- programs ----------------------------------------------------------------------------------

# start_server OPTION…: on the port it had before, if it had one
start_server() {
    rm -f server.log
    "$EPIGEOND" --listen "127.0.0.1:${server_port:-0}" "$@" >server.log 2>&1 &
    server=$!
    background="$background $server"
    until_has server.log 'listening on'
    server_port=$(sed -n 's/.*listening on.*127\.0\.0\.1:\([0-9]*\).*/\1/p' server.log | head -n 1)
}

start_proxy() {
    rm -f said
    "$EPIGEON_ORACLE" proxy --listen 127.0.0.1:0 --connect "127.0.0.1:$server_port" \
        --trace "$1.ndjson" >verdict 2>said &
    proxy=$!
    background="$background $proxy"
    until_has said 'Listening on'
    address=$(sed -n 's/^Listening on \(.*\), passing.*/\1/p' said)
}

# run NAME ARGUMENT…: a client in the background, its pid in $client
run() {
    name=$1
    shift
    "$EPIGEON" --server "$address" --id "$name" --state "$name.state" "$@" >>"$name.out" 2>>"$name.err" </dev/null &
    client=$!
    background="$background $client"
}

# send NAME COUNT ARGUMENT…: so many messages to the room, in the background
send() {
    name=$1
    seq -f "\"%.0f of $name\"" "$2" >"$name.lines"
    shift 2
    timeout 300 "$EPIGEON" --server "$address" --id "$name" "$@" --json-payload --to-match '{"room":7}' \
        <"$name.lines" >>"$name.out" 2>>"$name.err" &
    senders="$senders $!"
}

wait_for_senders() {
    for pid in $senders; do
        wait "$pid"
        is 'exit code of a sender' 0 "$?"
    done
    senders=''
}

# A crowd of two EP/2 and two EP/1 clients in room 7, a presence watcher in each version. Those of
# EP/2 have a state, so that they can come again.
start_crowd() {
    run ben listen --session '{"room":7}'
    run ann listen --session '{"room":7}'
    ann=$client
    for name in old1 old2; do run "$name" --v1 listen --session '{"room":7}'; done
    run watch2 watch '{"room":7}'
    run watch1 --v1 watch
    for name in ann ben old1 old2; do until_has watch2.out "$name"; done
}

# settled FILE: until nothing more is written to it: the last confirms are there.
settled() {
    for _ in $(seq 50); do
        size=$(wc -c <"$1")
        sleep 0.3
        [ "$size" = "$(wc -c <"$1")" ] && return
    done
    bad "there is no end of $1"
}

# Everything of one phase has come to ann, ben: in one order, each once; to the EP/1 ones as well.
finish() {
    for name in ann ben old1 old2; do
        for _ in $(seq 200); do
            [ "$(sort -u "$name.out" | wc -l)" -ge "$1" ] && break
            sleep 0.1
        done
        is "messages that came to $name" "$1" "$(sort -u "$name.out" | wc -l | tr -d ' ')"
    done
    is 'messages that came twice to ben' 0 "$(sort ben.out | uniq -d | wc -l | tr -d ' ')"
    if cmp -s ann.out ben.out; then ok; else bad 'two receivers saw two orders'; fi
    settled "$phase.ndjson"
    kill -INT "$proxy"
    wait "$proxy"
    is "verdict of the proxy ($phase): $(head -n 20 verdict)" 0 "$?"
    took=$(hundredths "$EPIGEON_ORACLE" check "$phase.ndjson")
    has out accepted
    count=$(wc -l <"$phase.ndjson" | tr -d ' ')
    echo "$phase: $count events, check took $((took * 10)) ms of CPU"
    most=$((count / 2000 + 50)) # a million in 5 s, and time to start
    if [ "$took" -le "$most" ]; then ok; else bad "check took more than $((most * 10)) ms"; fi
    stop_all
    server_port=''
    rm -f -- *.out *.err *.state
}

# ---- the traffic -------------------------------------------------------------------------------

# One message to the room is about 8 frames: one up, four down, two confirmed by EP/1 receivers, and
# confirms of EP/2 and to EP/1 senders.
each=$((events / 2 / 2 / 8))
senders='' server_port=''

phase=memory
start_server --store memory
start_proxy "$phase"
start_crowd
send ada "$each" send
send eve "$each" --v1 send
send fay "$((each / 10))" send --receipt
for _ in 1 2 3 4 5; do
    {
        "$EPIGEON" --server "$address" who '{"room":7}'
        "$EPIGEON" --server "$address" --v1 who
        "$EPIGEON" --server "$address" ping --count 1
    } >>who.out 2>&1
done
wait_for_senders
finish $((2 * each + each / 10))

phase=store
start_server --data "$dir/data"
start_proxy "$phase"
start_crowd
send ada "$each" --state ada.state send
sleep 0.5
kill -9 "$server"
wait "$server" 2>/dev/null
start_server --data "$dir/data"
kill "$ann"
wait "$ann"
run ann listen
wait_for_senders
send fay "$each" --state fay.state send
send gus "$((each / 4))" --v1 send
wait_for_senders
finish $((2 * each + each / 4))

the_end
