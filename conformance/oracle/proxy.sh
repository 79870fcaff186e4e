#!/bin/sh
# End to end: `epigeon-oracle proxy` between the two programs of this project, and between peers that
# are no good (proxy_peer.js).
# usage: EPIGEON=PATH EPIGEOND=PATH EPIGEON_ORACLE=PATH conformance/oracle/proxy.sh
# Prints what failed, and at last the count.
set -u
: "${EPIGEON:=build/plain/epigeon}" "${EPIGEOND:=build/plain/epigeond}"
: "${EPIGEON_ORACLE:=build/plain/epigeon-oracle}"
cd "$(dirname "$0")/../.." || exit 1
. src/test/lib.sh
EPIGEON=$(absolute "$EPIGEON") EPIGEOND=$(absolute "$EPIGEOND") EPIGEON_ORACLE=$(absolute "$EPIGEON_ORACLE")
peer=$PWD/conformance/oracle/proxy_peer.js

scratch proxy
shown='verdict said'

# arrived WHAT LINES FILE: the payloads in FILE are the lines of LINES, in order.
arrived() {
    payloads "$3" >got
    if cmp -s got "$2"; then ok; else bad "$1: $(wc -l <got) of $(wc -l <"$2") lines, or another order"; fi
}

# ---- programs ----------------------------------------------------------------------------------

# start_server OPTION…: an epigeond; where it listens is in $server.
start_server() {
    rm -f server.log
    "$EPIGEOND" --listen 127.0.0.1:0 "$@" >server.log 2>&1 &
    server_pid=$!
    background="$background $server_pid"
    waits server.log 'listening on'
    server=127.0.0.1:$(sed -n 's/.*listening on.*127\.0\.0\.1:\([0-9]*\).*/\1/p' server.log | head -n 1)
}

# start_proxy OPTION…: to $server; where it listens is in $proxy, its trace in "the trace".
start_proxy() {
    rm -f said verdict 'the trace'
    "$EPIGEON_ORACLE" proxy --listen 127.0.0.1:0 --connect "$server" --trace 'the trace' "$@" >verdict 2>said &
    proxy_pid=$!
    background="$background $proxy_pid"
    waits said 'Listening on'
    proxy_port=$(sed -n 's/^Listening on .*:\([0-9]*\), .*/\1/p' said)
    proxy=127.0.0.1:$proxy_port
}

# proxy_ends CODE: by itself.
proxy_ends() { ends "$1" "$proxy_pid"; }

# check_agrees CODE: the trace, judged again, gives the same exit code.
check_agrees() {
    "$EPIGEON_ORACLE" check 'the trace' >checked 2>&1
    is 'exit code of check' "$1" "$?"
}

# listener NAME COUNT OPTION…: in the background; its pid is in $listener.
listener() {
    name=$1 count=$2
    shift 2
    "$EPIGEON" --server "$proxy" "$@" --id "$name" listen --session '{"room":1}' --count "$count" \
        >"$name.out" 2>"$name.err" </dev/null &
    listener=$!
    background="$background $listener"
}

# sends LINES OPTION…: each line of LINES as a message, for 60 seconds at most.
sends() {
    lines=$1
    shift
    timeout -k 1 60 "$EPIGEON" --server "$proxy" "$@" <"$lines" >sent 2>sent.err
    is 'exit code of send' 0 "$?"
}

# ---- usage -------------------------------------------------------------------------------------

# refuses CODE TEXT ARGUMENT…
refuses() {
    code=$1 text=$2
    shift 2
    timeout 10 "$EPIGEON_ORACLE" proxy "$@" >verdict 2>said
    is "exit code of: $*" "$code" "$?"
    has said "$text"
}
to='--listen 127.0.0.1:0 --connect 127.0.0.1:9'
printf 'on frame: eat\n' >'wrong script'
refuses 2 'Say where to listen'
refuses 2 'Say where the server is' --listen 127.0.0.1:0
refuses 2 'is no address' --listen nonsense --connect 127.0.0.1:9
refuses 2 'is no address' --listen 127.0.0.1:0 --connect 127.0.0.1:99999
refuses 2 'cannot be found' --listen 127.0.0.1:0 --connect no.such.host.invalid:9
# shellcheck disable=SC2086 # $to is four words
{
    refuses 2 'is none of cut, stall' $to --faults eat=0.1
    refuses 2 'Line 1 of the script' $to --script 'wrong script'
    refuses 2 'cannot be read' $to --script 'no such script'
    refuses 2 'is no seed' $to --seed x
    refuses 2 'is no duration' $to --duration 0
    refuses 2 'no-such-option' $to --no-such-option
    refuses 2 'is not an option' $to word
    refuses 2 'cannot be written' $to --trace 'no such directory/trace'
}
"$EPIGEON_ORACLE" proxy --help >verdict 2>said
is 'exit code of --help' 0 "$?"
has verdict 'Usage: epigeon-oracle proxy'

# ---- correct programs, no faults ---------------------------------------------------------------

seq 500 >lines
start_server --store memory --listen "unix:$dir/the socket"
refuses 2 'cannot be listened on' --listen "$server" --connect "$server"

start_proxy --once
listener bob 1000
bob=$listener
listener old 1000 --v1
old=$listener
waits said 'Connection 2 is open'
sends lines --id ada send --to-match '{"room":1}' --receipt &
first=$!
"$EPIGEON" --server "$proxy" --v1 --id eve send --to-match '{"room":1}' <lines >sent.v1 2>&1
is 'exit code of an EP/1 send' 0 "$?"
wait "$first" "$bob" "$old"
proxy_ends 0
has verdict accepted
check_agrees 0
grep '^ada' bob.out >ada.out
arrived 'EP/2 to EP/2' lines ada.out
grep '^eve' old.out >eve.out
arrived 'EP/1 to EP/1' lines eve.out
is 'every connection was closed' 4 "$(grep -c '"event":"open"' 'the trace')"

# Two Unix sockets, an end by time, and a copy for somebody who is gone without a word.
rm -f said
"$EPIGEON_ORACLE" proxy --listen "unix:$dir/between" --connect "unix:$dir/the socket" --duration 1.5 \
    >verdict 2>said &
proxy_pid=$!
waits said 'Listening on'
timeout -s KILL 0.4 "$EPIGEON" --server "unix:$dir/between" --id away listen >/dev/null 2>&1
"$EPIGEON" --server "unix:$dir/between" send --to away hello >sent 2>&1
is 'send over Unix sockets' '1 message confirmed' "$(cat sent)"
proxy_ends 5
has verdict inconclusive

# Large frames, whole and in order.
head -c 12000000 /dev/urandom | od -An -v -tx1 | tr -d ' \n' | sed 's/^/"/; s/$/"/' >large
start_proxy --once
listener carl 1
"$EPIGEON" --server "$proxy" send --to carl --file large >sent 2>&1
is 'send of 24 MB' '1 message confirmed' "$(cat sent)"
wait "$listener"
proxy_ends 0
payloads carl.out | tr -d '\n' >got
tr -d '"' <large >expected
if cmp -s got expected; then ok; else bad 'the large payload has changed'; fi

# ---- the server is away, the proxy is told to end -----------------------------------------------

kill "$server_pid"
wait "$server_pid" 2>/dev/null
start_proxy
is 'a client whose server is away' closed "$(timeout 10 node "$peer" dead "$proxy_port")"
has said 'Connection 1: there is no connection to'
kill -INT "$proxy_pid"
proxy_ends 0
"$EPIGEON_ORACLE" proxy --listen 127.0.0.1:0 --connect "$server" --quiet --duration 0.3 >verdict 2>said
is 'exit code after nothing' 0 "$?"
is 'what --quiet says' 0 "$(wc -c <said | tr -d ' ')"
start_proxy
kill -TERM "$proxy_pid"
proxy_ends 0

# ---- a slow reader, a half-closed connection ---------------------------------------------------

node "$peer" slow 100100000 >port &
background="$background $!"
for _ in $(seq 100); do [ -s port ] && break; sleep 0.05; done
server=127.0.0.1:$(cat port)
start_proxy
is 'the answer after 100 MB and an end' 'done' "$(timeout 60 node "$peer" flood "$proxy_port" 100100000)"
memory=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$proxy_pid/status")
if [ "$memory" -lt 60000 ]; then ok; else bad "the proxy took $memory KiB"; fi
kill -INT "$proxy_pid"
proxy_ends 1
has verdict EP-AUTH-1

# ---- faults ------------------------------------------------------------------------------------

# faulty COUNT OPTION…: bob listens for COUNT messages of ada, who keeps her state; all arrive.
faulty() {
    count=$1
    shift
    start_server --store memory
    start_proxy --once "$@"
    rm -f 'ada state' 'bob state'
    listener bob "$count" --state 'bob state'
    waits said 'Connection 1 is open'
    waits 'the trace' session.update
    seq "$count" >lines
    sends lines --id ada --state 'ada state' send --to bob
    wait "$listener"
    arrived "$*" lines bob.out
    kill "$server_pid"
}

faulty 3000 --faults cut=0.002 --seed 5
proxy_ends 0
check_agrees 0
cuts=$(grep -c '"note":"fault: cut' 'the trace')
if [ "$cuts" -ge 3 ]; then ok; else bad "$cuts cuts only"; fi

# The same seed, the same faults: ada's frames do not depend on time as long as nothing is cut.
of_ada() { grep '"note":"fault.*connection 2, on c2s' 'the trace' | sed 's/.*"note"//'; }
faulty 500 --faults dup.c2s=0.03,delay.c2s=0.005:20,hold.c2s=0.01:2 --seed 9
proxy_ends 0
check_agrees 0
of_ada >first
faulty 500 --faults dup.c2s=0.03,delay.c2s=0.005:20,hold.c2s=0.01:2 --seed 9
proxy_ends 0
of_ada >second
is 'the same seed' "$(cat first)" "$(cat second)"
faulty 500 --faults dup.c2s=0.03,delay.c2s=0.005:20,hold.c2s=0.01:2 --seed 10
proxy_ends 0
of_ada >second
if [ -s first ] && ! cmp -s first second; then ok; else bad 'another seed gave the same faults'; fi

cat >script <<'END'
on message.new c2s conn 2 nth 5: drop     # the server asks for it
on message.new c2s conn 2 nth 20: dup
on message.new c2s conn 2 nth 40: hold 3
on message.new c2s conn 2 nth 60: delay 150
on message.new c2s conn 2 nth 80: stall 150
after 120 frames c2s conn 2: cut
at 300 ms conn 1: stall 100
END
faulty 500 --script script
proxy_ends 0
check_agrees 0

# line_of N AT: the number of the line where frame N of ada's first connection was AT
line_of() { grep -n "\"dir\":\"c2s\",\"conn\":2.*$2\"n\":$1," 'the trace' | head -n 1 | cut -d : -f 1; }
for kind in 'drop, connection 2, on c2s frame 6' 'dup, connection 2, on c2s frame 21' \
    'hold, connection 2, on c2s frame 41' 'delay, connection 2, on c2s frame' \
    'stall, connection 2, on c2s frame' 'cut, connection 2, after c2s frame' \
    'stall, connection 1, at its moment'; do
    has 'the trace' "fault: $kind"
done
is 'the dropped frame arrived' '' "$(line_of 6 '"at":"arrived",')"
has 'the trace' 'message.retry'
is 'the doubled frame' 2 "$(grep -c '"dir":"c2s","conn":2,"at":"arrived","n":21,' 'the trace')"
if [ "$(line_of 41 '"at":"arrived",')" -gt "$(line_of 44 '')" ]; then ok; else bad 'hold holds nothing'; fi
has said 'Connection 3 is open'

# ---- a peer that lies --------------------------------------------------------------------------

# lied OPTION…: a server that confirms what it was not given
lied() {
    rm -f port
    node "$peer" liar >port &
    background="$background $!"
    for _ in $(seq 100); do [ -s port ] && break; sleep 0.05; done
    server=127.0.0.1:$(cat port)
    start_proxy "$@"
    timeout 2 "$EPIGEON" --server "$proxy" --id ada send --to bob hello >sent 2>&1
}
lied
waits verdict 'rejected'
has verdict 'EP-G5-1'
has verdict 'message.confirm'
kill -0 "$proxy_pid" 2>/dev/null || bad 'the proxy ended, but was not asked to'
kill -INT "$proxy_pid"
proxy_ends 1
check_agrees 1
lied --halt
proxy_ends 1
has verdict 'EP-G5-1'

# ---- killed ------------------------------------------------------------------------------------

start_server --store memory
start_proxy
listener bob 100000
"$EPIGEON" --server "$proxy" --id ada send --to bob <&- >/dev/null 2>&1
seq 100000 | "$EPIGEON" --server "$proxy" --id ada send --to bob >sent 2>&1 &
background="$background $!"
waits 'the trace' '\"id\":2000,'
kill -9 "$proxy_pid"
wait "$proxy_pid" 2>/dev/null
is 'the trace of a killed proxy' whole "$(node "$peer" lines 'the trace')"
"$EPIGEON_ORACLE" check 'the trace' >checked 2>&1
code=$?
if [ "$code" = 0 ] || [ "$code" = 5 ]; then ok; else bad "check says $code: $(head -n 3 checked)"; fi

the_end
