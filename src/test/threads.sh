#!/bin/sh
# Threads: a server has one, however much it does. A client has more only in libuv, which resolves names in threads of
# its own: the client is run with ThreadSanitizer while it resolves names, fails to, tries again, and gives up.
# usage: EPIGEON=PATH EPIGEOND=PATH TSAN=PATH src/test/threads.sh     (TSAN: the client, built with WAY=tsan)
# Prints what failed, and at last the count.
set -u
: "${EPIGEON:?the client}" "${EPIGEOND:?the server to test}" "${TSAN:?the client built with WAY=tsan}"
cd "$(dirname "$0")/../.." || exit 1
. src/test/lib.sh
EPIGEON=$(absolute "$EPIGEON") EPIGEOND=$(absolute "$EPIGEOND") TSAN=$(absolute "$TSAN")
objects=$(absolute "$(dirname "$EPIGEOND")")
unset DEBUG
scratch threads
export TSAN_OPTIONS=exitcode=66:halt_on_error=1
shown='out err server.log'

# ---- Nobody makes one -----------------------------------------------------------------------------

# Of the ways to make a thread our objects call none; uv_getaddrinfo, and only that, makes libuv use its own.
find "$objects/src" -name '*.o' ! -path '*/test/*' -exec nm -u {} + >symbols
for call in pthread_create thrd_create clone uv_thread_create uv_thread_create_ex uv_queue_work uv_getnameinfo uv_random; do
    if grep -qw "$call" symbols; then bad "an object calls $call"; else ok; fi
done
if grep -qw 'uv_fs_[a-z]*' symbols; then bad 'an object calls uv_fs_'; else ok; fi
has symbols uv_getaddrinfo

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -keyout key.pem -out cert.pem -days 2 >out 2>err
"$EPIGEOND" --listen 127.0.0.1:0 --listen tls:127.0.0.1:0 --tls-cert cert.pem --tls-key key.pem --data "$dir/data" \
    --metrics 127.0.0.1:0 2>server.log &
server=$!
background=$server
waits server.log 'metrics at' || exit 1
ports server.log

# one_thread WHEN
one_thread() { is "threads of the server $1" 1 "$(find "/proc/$server/task" -mindepth 1 -maxdepth 1 | wc -l | tr -d ' ')"; }

one_thread 'at the start'
seq 2000 >numbers
"$EPIGEON" --server "localhost:$port" --id bob listen --count 2000 >got 2>&1 &
listener=$!
background="$background $listener"
timeout 60 "$EPIGEON" --server "tls:localhost:$tls_port" --tls-ca cert.pem --id ada send --to bob <numbers >out 2>err
is 'exit code of the sender' 0 $?
one_thread 'under load'
timeout 20 "$EPIGEON" top --once --metrics "$metrics" >out 2>err
is 'exit code of top' 0 $?
one_thread 'with metrics'
ends 0 "$listener"
"$EPIGEOND" --data "$dir/data" --backup "$dir/copy" >out 2>err
is 'exit code of the backup' 0 $?
one_thread 'after a backup'

# ---- libuv's, with ThreadSanitizer --------------------------------------------------------------------

# watched CODE ARGUMENT…: the client with ThreadSanitizer ends so.
watched() {
    expected=$1
    shift
    timeout -k 1 60 "$TSAN" "$@" >out 2>err </dev/null
    is "exit code of: epigeon $*" "$expected" $?
    lacks err ThreadSanitizer
}

nm "$TSAN" >symbols
has symbols __tsan_
watched 0 --server "localhost:$port" --id ada send --to bob one
watched 0 --server "tls:localhost:$tls_port" --tls-ca cert.pem --id ada send --to bob two
watched 0 --server "localhost:$port" --id bob listen --count 2
has out two
watched 3 --server "no-such-host.invalid:$port" --timeout 2 ping
for pause in 0 0.01 0.1; do
    "$TSAN" --server "no-such-host.invalid:$port" --id bob listen >out 2>err &
    listener=$!
    sleep "$pause"
    kill -TERM "$listener"
    # A shell that is about to become the program can lose a signal.
    while sleep 1; do kill -TERM "$listener" 2>/dev/null; done &
    again=$!
    wait "$listener" 2>/dev/null
    code=$?
    kill -9 "$again" # which cannot be lost
    wait "$again" 2>/dev/null
    if [ "$code" != 66 ]; then ok; else bad "ended while a name is resolved: exit code $code"; fi
    lacks err ThreadSanitizer
done
kill "$server"
ends 0 "$server"
the_end
