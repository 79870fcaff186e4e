#!/bin/sh
# End to end, for whoever runs a server: metrics, `epigeon top`, the log, --check-config, and the limits
# that are the server's own: connections of one address, time for one frame, lines of the log.
# usage: EPIGEON=PATH EPIGEOND=PATH src/test/metrics.sh
# Prints what failed, and at last the count. KEEP=FILE keeps the log of the servers.
set -u
: "${EPIGEON:?the client to test}" "${EPIGEOND:?the server to test}"
. src/test/lib.sh
EPIGEON=$(absolute "$EPIGEON") EPIGEOND=$(absolute "$EPIGEOND")
check=$(absolute src/test/metrics_check.py) tables=$(absolute gen/tables.h)
unset DEBUG
scratch metrics
keep_files() { if [ -n "${KEEP:-}" ]; then cat ./*.log >"$KEEP"; fi; }

# start LOG OPTION…: sets $server, $port, $metrics; the form of the log is json.
start() {
    log=$1
    shift
    rm -f "$log"
    "$EPIGEOND" --listen 127.0.0.1:0 --store memory --metrics 127.0.0.1:0 --log json "$@" 2>"$log" &
    server=$!
    background="$background $server"
    waits "$log" 'metrics at' || cat "$log"
    ports "$log"
}

stop() {
    kill "$server"
    ends 0 "$server"
}

# request LINE FILE: the answer of the metrics to a request whose first line is LINE.
request() {
    python3 - "$metrics" "$1" >"$2" <<'END'
import socket, sys
host, port = sys.argv[1].split(':')
with socket.create_connection((host, int(port)), 10) as sock:
    sock.sendall((sys.argv[2] + '\r\nHost: x\r\nConnection: close\r\n\r\n').encode())
    while more := sock.recv(65536):
        sys.stdout.write(more.decode())
END
}

# page: the metrics as they are now, in the file "page"; what is answered is at most a second old.
page() {
    sleep 1.1
    request 'GET /metrics HTTP/1.1' answer
    sed '1,/^.$/d' answer | tr -d '\r' >page
}

# counts KEY N
counts() { is "$1" "$2" "$(python3 "$check" value page "$1")"; }

# matches FILE PATTERN
matches() { if grep -q -e "$2" "$1"; then ok; else bad "$2 does not match in $1"; fi; }

# wrong TEXT OPTION…: the settings are refused, with exit code 2 and a sentence that has TEXT; nothing starts.
wrong() {
    text=$1
    shift
    timeout 20 "$EPIGEOND" --check-config "$@" >out 2>err
    is "exit code of --check-config $*" 2 "$?"
    has err "$text"
}

# ---- settings ----------------------------------------------------------------------------------

timeout 20 "$EPIGEOND" --check-config --data "$dir/not yet there" >out 2>err
is 'exit code of good settings' 0 $?
has out 'The settings are good.'
if [ -e "$dir/not yet there" ]; then bad '--check-config made a directory'; else ok; fi
wrong 'has no port' --listen nonsense
wrong 'The store must be lmdb or memory' --store paper
wrong 'The log level must be' --log-level loud
wrong 'The form of the log must be text or json' --log xml
wrong 'A limit of the server is out of its range' --store memory --mailbox 999999999
wrong "The limit frame must be at most 2GiB" --store memory --frame 3GiB
wrong 'A limit of the server is out of its range' --store memory --memory 1MiB
wrong 'The directory no/such for the store does not exist' --data no/such/place
wrong 'The directory nowhere for the socket does not exist' --store memory --listen unix:nowhere/socket
wrong 'There is no user' --store memory --user 'nobody of that name'
wrong 'cannot be read' --store memory --token-file 'no such file'
printf '%0257d\n' 0 >long
printf 'tab\tbed, not seen by anybody\n' >tab
printf 'half of it is \000 not seen by anybody\n' >nul
for name in long tab nul; do
    wrong "The token, the first line of $name, must be 1 to 256 characters of printable ASCII." --store memory --token-file $name
done
timeout 20 "$EPIGEOND" --store memory --listen 127.0.0.1:0 --token-file long >out 2>err
is 'exit code of a start with too long a token' 2 $?
has err 'The token, the first line of long, must be'
printf '%0256d\r\n' 0 >longest
echo 'a token of 22 letters.' >token
echo 'a token of 21 letters' >short
for name in longest token short; do
    timeout 20 "$EPIGEOND" --check-config --store memory --token-file $name >out 2>err
    is "exit code with the token in $name" 0 $?
    has out 'The settings are good.'
    case $name in
    short) is 'a short token' 'epigeond: The token has 21 characters; 22 random ones or more cannot be guessed: openssl rand -base64 24 >FILE' "$(cat err)" ;;
    *) is "a token in $name" '' "$(cat err)" ;;
    esac
done
wrong 'certificate' --store memory --listen tls:127.0.0.1:0
wrong 'no address to listen on begins with tls:' --store memory --tls-cert file
wrong 'is one that others can reach' --store memory --metrics 0.0.0.0:9998
wrong 'must be written as numbers' --store memory --metrics localhost:9998
wrong 'has no port' --store memory --metrics 127.0.0.1
wrong 'needs a value' --memory
echo 'mailbox = many' >settings
wrong 'settings:1: The value of mailbox must be a number' --config settings
: >file
wrong 'the store, is not a directory' --data file
timeout 20 "$EPIGEOND" --check-config --store memory --metrics '[::]:9998' --metrics-remote >out 2>err
is 'exit code with --metrics-remote' 0 $?
timeout 20 "$EPIGEOND" --check-config --store paper --user 'nobody of that name' --token-file none >out 2>err
is 'everything that is wrong is said' 3 "$(wc -l <err | tr -d ' ')"
timeout 20 "$EPIGEOND" --metrics 0.0.0.0:0 --store memory >out 2>err
is 'exit code of a start with metrics for everybody' 2 $?

# ---- metrics -----------------------------------------------------------------------------------

start server.log --mailbox 2
page
has answer 'HTTP/1.1 200 OK'
has answer 'Content-Type: text/plain; version=0.0.4; charset=utf-8'
if python3 "$check" page page "$tables" >out; then ok; else bad 'the page of metrics'; fi
request 'POST /metrics HTTP/1.1' answer
has answer ' 405 '
has answer 'Allow: GET'
request 'GET / HTTP/1.1' answer
has answer ' 404 '
request 'GET /metrics/../secret HTTP/1.1' answer
has answer ' 404 '

client() { timeout 20 "$EPIGEON" --server "127.0.0.1:$port" "$@" >out 2>err </dev/null; }
client --id 'b"o\b' session '{"room":7}'
client --id ada send --to-match '{"room":7}' 1
client --id ada send --to-match '{"room":7}' 2
client --id ada send --to-match '{"room":7}' 3
client --id ada send --to carol waiting
python3 "$check" peer "$port" malformed >out
has out '"code":"malformed"'
page
if python3 "$check" page page "$tables" >out; then ok; else bad 'the page of metrics after some traffic'; fi
counts epigeon_accepted_total 4
counts epigeon_routed_total 2
counts epigeon_parked_total 1
counts epigeon_parked_messages 1
counts epigeon_mailbox_messages 2
counts 'epigeon_client_mailbox_items{client="b\"o\\b",state="away"}' 2
counts 'epigeon_errors_total{code="mailbox-full"}' 1
counts 'epigeon_limit_reached_total{limit="mailbox"}' 1
counts 'epigeon_errors_total{code="malformed"}' 1
counts epigeon_malformed_total 1
counts epigeon_joined_total 6
counts 'epigeon_clients{state="away"}' 3
counts 'epigeon_connections{state="v2"}' 0

# ---- epigeon top -------------------------------------------------------------------------------

timeout 20 "$EPIGEON" top --once --metrics "$metrics" >out 2>err
is 'exit code of top --once' 0 $?
has out 'clients      0 connected, 3 away'
matches out 'accepted  *-  *4$'
matches out '^  mailboxes  *2 messages  *[1-9][0-9]* B$'
matches out '^  parked  *1 messages  *[1-9][0-9]* B$'
matches out 'mailbox-full  *-  *1$'
has out 'fullest mailboxes'
lacks out "$(printf '\033')"
timeout 20 "$EPIGEON" top --metrics "$metrics" >plain 2>err
is 'exit code of top without a terminal' 0 $?
lacks plain "$(printf '\033')"
timeout 20 "$EPIGEON" top --once --metrics 127.0.0.1:1 >out 2>err
is 'exit code of top without metrics' 1 $?
has err 'Start the server with --metrics'
timeout 20 "$EPIGEON" top --once --metrics "127.0.0.1:$port" >out 2>err
is 'exit code of top at something else' 1 $?
for option in '--interval 0' '--interval soon' '--no-such' 'word'; do
    # shellcheck disable=SC2086
    timeout 20 "$EPIGEON" top $option >out 2>err
    is "exit code of top $option" 2 $?
done
stop
if python3 "$check" json server.log >out; then ok; else bad 'the log is not JSON'; fi

start top.log
timeout 60 python3 "$check" terminal "$port" "$EPIGEON" top --metrics "$metrics" --interval 0.2 >out
is 'exit code of top on a terminal' 0 $?
has out 'restored'
has out '12 rows: 11 lines'
matches out '30 rows: 2[0-9] lines'
has out 'before: 0.0 a second, 0 parked'
has out 'after: some a second, 100 parked'
stop

# ---- the server's own limits -------------------------------------------------------------------

# left_out LOG, written LOG: refusals of a client that are not in the log, and those that are.
left_out() { sed -n 's/.*"of":"refused-auth","count":\([0-9]*\).*/\1/p' "$1" | awk '{ sum += $1 } END { print sum + 0 }'; }
written() { grep -c '"event":"refused-auth"' "$1"; }

# One below and at the limit they stay, one more is closed; another kind of address is not counted.
start own.log --connections-per-address 3 --log-rate 2
is 'one connection more than an address may have' closed "$(python3 "$check" peer "$port" crowd:3)"
page
counts epigeon_crowded_total 1
counts epigeon_joined_total 3
is 'when they are gone there is room' closed "$(python3 "$check" peer "$port" crowd:3)"
python3 "$check" peer "$port" refused:9
waits own.log '"event":"lines left out","of":"refused-auth"'
page
stop
is 'lines written and lines left out' 9 $(($(written own.log) + $(left_out own.log)))
if [ "$(left_out own.log)" -gt 0 ]; then ok; else bad 'nothing was left out of the log'; fi
counts epigeon_log_left_out_total "$(left_out own.log)"

start nine.log --log-rate 9
python3 "$check" peer "$port" refused:9
page
counts epigeon_log_left_out_total 0
stop
is 'nine lines, where a second may have nine' '9 0' "$(written nine.log) $(left_out nine.log)"
# Where they fall into two seconds none of them is too many: again, then.
for _ in $(seq 20); do
    start eight.log --log-rate 8
    python3 "$check" peer "$port" refused:9
    stop
    [ "$(left_out eight.log)" = 0 ] || break
done
is 'nine lines, where a second may have eight' '8 1' "$(written eight.log) $(left_out eight.log)"

start slow.log --frame-time 300ms
python3 "$check" peer "$port" slow2 >out
has out '"code":"idle"'
python3 "$check" peer "$port" slow1 >out
lacks out '"action":"error"'
page
counts epigeon_slow_frames_total 2
counts 'epigeon_errors_total{code="idle"}' 2
stop
the_end
