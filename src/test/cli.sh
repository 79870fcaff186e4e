#!/bin/sh
# End to end: the two programs as people and scripts use them, over TCP and a Unix socket, in both
# versions of the protocol. Everything lies in a directory with a blank in its name.
# usage: EPIGEON=PATH EPIGEOND=PATH src/test/cli.sh
# Prints what failed, and at last the count. KEEP=FILE keeps the log of the servers.
# shellcheck disable=SC2086 # $v, $credentials and $limit are no or more words
set -u
: "${EPIGEON:?the client to test}" "${EPIGEOND:?the server to test}"
cd "$(dirname "$0")/../.." || exit 1
. src/test/lib.sh
EPIGEON=$(absolute "$EPIGEON") EPIGEOND=$(absolute "$EPIGEOND")
unset DEBUG

scratch cli
socket="unix:$dir/the socket"
server=''
keep_files() { [ -z "${KEEP:-}" ] || cp server.log "$KEEP"; }

# exits CODE ARGUMENT…: runs the client, for 20 seconds at most; what it writes is in out and err.
exits() {
    expected=$1
    shift
    timeout -k 1 20 "$EPIGEON" --server "$address" "$@" >out 2>err </dev/null
    is "exit code of: $(echo "$*" | cut -c 1-100)" "$expected" "$?"
}

# The same with lines for stdin: feeds LINES CODE ARGUMENT…
feeds() {
    printf '%b' "$1" >lines
    expected=$2
    shift 2
    timeout -k 1 20 "$EPIGEON" --server "$address" "$@" >out 2>err <lines
    is "exit code of: $(echo "$*" | cut -c 1-100)" "$expected" "$?"
}

out_is() { is "what $1 prints" "$2" "$(cat out)"; }

# ---- programs in the background ----------------------------------------------------------------

# start_server [OPTION…]: with the store in "the data", listening on the port and the socket.
start_server() {
    "$EPIGEOND" --listen "127.0.0.1:$port" --listen "$socket" --data "$dir/the data" "$@" \
        >>server.log 2>&1 &
    server=$!
    background="$background $server"
    for _ in $(seq 100); do
        kill -0 "$server" 2>/dev/null || return 1
        timeout 5 "$EPIGEON" --server "$socket" --timeout 1 $credentials ping --count 1 \
            >/dev/null 2>&1 && return 0
        sleep 0.05
    done
    return 1
}

# end_server SIGNAL
end_server() {
    kill "-$1" "$server" 2>/dev/null
    wait "$server" 2>/dev/null
    server_code=$?
    server=''
}

# client NAME ARGUMENT…: in the background, writing NAME.out and NAME.err; its pid is in $client.
client() {
    name=$1
    shift
    "$EPIGEON" --server "$address" "$@" >"$name.out" 2>"$name.err" </dev/null &
    client=$!
    background="$background $client"
}

# joined FILE: the payloads of all messages, in one line
joined() { payloads "$1" | tr '\n' ' ' | sed 's/ $//'; }

count_lines() { wc -l <"$1" | tr -d ' '; }

# ---- what needs no server ----------------------------------------------------------------------

address=127.0.0.1:1 credentials=''
exits 0 --version
has out 'epigeon '
exits 0 --help
for command in listen send who watch session ping; do
    has out "  $command"
    timeout 10 "$EPIGEON" "$command" --help >help 2>&1
    is "exit code of $command --help" 0 $?
    has help "Usage: epigeon [OPTION…] $command"
done
exits 2
exits 2 no-such-command
exits 2 listen --no-such-option
exits 2 listen --count 0
exits 2 listen word
exits 2 listen --timeout soon
exits 2 listen --frame 5GiB
has err '--frame takes a number of bytes up to 2GiB, as 64MiB, not 5GiB'
exits 2 listen --frame 0
exits 2 listen --depth 1025
has err '--depth takes a number from 1 to 1024, not 1025'
for limit in 'frame 5GiB 2GiB' 'depth 1025 1024'; do
    set -- $limit
    timeout 10 "$EPIGEOND" "--$1" "$2" --check-config >out 2>&1
    is "exit code of epigeond --$1 $2 --check-config" 2 $?
    out_is "epigeond --$1 $2 --check-config" "epigeond: The limit $1 must be at most $3."
    timeout 10 "$EPIGEOND" "--$1" "$2" --store memory --listen 127.0.0.1:0 >out 2>&1
    is "exit code of epigeond --$1 $2" 2 $?
    out_is "epigeond --$1 $2" "epigeond: The limit $1 must be at most $3."
done
exits 2 send hello
exits 2 send --to a --to-match '{}' hello
exits 2 send --to a --file f hello
exits 2 send --to '' hello
exits 2 send --to-match '[1]' hello
exits 2 send --to-match '{"a":{}}' hello
exits 2 send --to a --json-payload '{"a":'
has err 'is not JSON'
exits 2 send --to a --v1 --receipt hello
exits 2 session '{}'
exits 2 --id ada session '[]'
exits 2 --id "$(printf 'a\tb')" listen
exits 2 --server nonsense listen
exits 1 --secret-file 'no such file' listen
exits 1 send --to a --file 'no such file'
exits 3 --timeout 0.4 who
has err 'trying again'
exits 3 --timeout 0.4 send --to bob hello
has err 'given up'
is 'stdout while the server is away' 0 "$(count_lines out)"

# ---- each command, over TCP and the socket, in both versions -----------------------------------

port=''
for candidate in 1 2 3 4 5; do
    port=$((20000 + ($$ * 7 + candidate * 1009) % 10000))
    if start_server; then break; fi
    end_server KILL
done
if [ -z "$server" ]; then
    bad "no server starts: $(tail -n 3 server.log)"
    the_end
    exit 1
fi
tcp=127.0.0.1:$port

# conversation VERSION_OPTION: listen, send, who, watch, session
conversation() {
    v=$1 me=${2}
    client watcher $v watch
    watcher=$client
    waits watcher.out 'is connected'
    client "$me" $v --id "$me" listen --session "{\"room\":\"$me\",\"n\":1.50}" --count 5
    listener=$client
    waits watcher.out "$me has the session {\"room\":\"$me\",\"n\":1.50}"
    exits 0 $v --id ada send --to "$me" 'hello, world'
    out_is send '1 message confirmed'
    exits 0 $v --id ada send --to-match "{\"room\":\"$me\"}" \
        --json-payload '{ "a":[1.0, "\ud800"] }'
    printf '[1E400,\n "\\u001b[2J"]' >'a file'
    exits 0 $v --id ada send --to "$me" --file 'a file'
    feeds 'one\\two\033[1m\nlast €' 0 $v --id ada send --to-match "{\"n\":1.5,\"room\":\"$me\"}"
    out_is 'send of lines' '2 messages confirmed'
    ends 0 "$listener"
    cp "$me.out" out
    out_is listen 'ada: hello, world
ada: { "a":[1.0, "\ud800"] }
ada: [1E400,  "\u001b[2J"]
ada: one\two\x1b[1m
ada: last €'
    waits watcher.out "$me has gone"
    exits 0 $v who
    has out "$me  disconnected  {\"room\":\"$me\",\"n\":1.50}"
    exits 0 $v who "{\"room\":\"$me\"}"
    is 'who of one room' 1 "$(count_lines out)"
    exits 0 $v --id "$me" session '{"room":"other"}'
    exits 0 $v who '{"room":"other"}'
    has out "$me  disconnected  {\"room\":\"other\"}"
    exits 0 $v --id "$me" session '{}'
    kill -TERM "$watcher"
    ends 0 "$watcher"
}
address=$tcp
conversation '' tcp2
conversation --v1 tcp1
address=$socket
conversation '' unix2
conversation --v1 unix1

exits 0 ping --count 2
is 'lines of ping' 3 "$(count_lines out)"
exits 1 --v1 ping
has err 'no ping'
exits 0 send --to nobody-yet hello
exits 0 send --to nobody-yet
out_is 'send of nothing' '0 messages confirmed'
feeds 'good\nb\0377d\ngood\n' 1 send --to nobody-yet
has err 'line 2 is not UTF-8'
feeds '1\n\n{}\n' 0 send --json-payload --to nobody-yet
out_is 'send of JSON lines' '2 messages confirmed'
feeds '1\nx\n' 1 send --json-payload --to nobody-yet
client nobody --id nobody-yet listen --count 6
ends 0 "$client"
is 'messages kept for somebody new' 'hello good good 1 {} 1' "$(joined nobody.out)"

# ---- what a client reads ------------------------------------------------------------------------

# told WHAT OPTION…: a client that reads less is told of it, and the message waits for one that reads more.
told() {
    what=$1
    shift
    client narrow --id narrow "$@" listen --count 1
    waits narrow.err "$what than this client reads"
    kill -INT "$client"
    ends 0 "$client"
}
exits 0 send --to narrow "$(printf '%02000d' 7)"
told larger --frame 1000
exits 0 --id narrow --frame 2500 listen --count 1
has out '00007'
exits 0 --id ada send --to narrow --json-payload '[[[[8]]]]'
told deeper --depth 5
exits 0 --id narrow --depth 6 listen --count 1
out_is 'a deep message' 'ada: [[[[8]]]]'

# ---- an old copy of the state (EP-LOST-10) ------------------------------------------------------

keeper() { exits 0 --state 'kept state' listen --count 1; }
exits 0 --id keeper --state 'kept state' who
exits 0 send --to keeper one
keeper
cp 'kept state' 'old copy'
for word in two three; do
    exits 0 send --to keeper $word
    keeper
done
has out 'three'
cp 'old copy' 'kept state'
exits 0 send --to keeper four
keeper
has out 'four'
has err 'the state is an old copy'
exits 0 send --to keeper five
keeper
has out 'five'
lacks err 'old copy'

# ---- receipts, refusals, credentials -----------------------------------------------------------

address=$tcp
exits 3 --timeout 0.5 send --to rita --receipt hello
has err 'not received'
client rita --id rita --state 'rita state' listen --session '{"club":true}'
rita=$client
client rolf --id rolf listen --session '{"club":true}'
rolf=$client
waits rita.out 'hello'
exits 0 who '{"club":true}'
is 'members' 2 "$(count_lines out)"
exits 0 send --to-match '{"club":true}' --receipt 'who has it?'
is 'lines of receipts' 'rita has it
rolf has it' "$(sort out | grep 'has it')"
has out '1 message received'
feeds 'a\nb\n' 0 send --to rita --receipt
has out 'line 2: rita has it'
kill -INT "$rita"
kill -TERM "$rolf"
ends 0 "$rita"
ends 0 "$rolf"
echo 'a secret of 22 letters' >'secret file'
echo 'a secret of 21 letter' >wrong
exits 0 --id owner --secret-file 'secret file' session '{}'
exits 0 --id owner --secret-file 'secret file' who
lacks err 'The secret'
exits 1 --id owner --secret-file wrong who
has err 'unauthorized'
has err 'epigeon: The secret has 21 characters; 22 random ones or more cannot be guessed: openssl rand -base64 24 >FILE'
exits 1 --id owner who
printf '%0256d\n' 0 >longest
printf '%0257d\n' 0 >longer
printf 'tab\tbed\n' >tab
exits 0 --id keeper --secret-file longest --token-file longest who
is 'what is said of 256 characters' '' "$(cat err)"
for name in longer tab; do
    exits 2 --id keeper --secret-file $name who
    has err "The secret, the first line of $name, must be 1 to 256 characters of printable ASCII."
    exits 2 --id keeper --secret-file longest --token-file $name who
    has err "The token, the first line of $name, must be 1 to 256 characters of printable ASCII."
done
exits 2 --id big session "{\"x\":\"$(printf '%70000s' '')\"}"
has err 'session'

# ---- lines for programs ------------------------------------------------------------------------

client watching --json watch
watching=$client
client jane --json --id jane listen --session '{"a":[1]}' --count 3
jane=$client
waits jane.out '"event":"authenticated","uuid":"jane"'
printf '{\n "b" : 1.50,\n "c":"\\u0000"}' >'a file'
exits 0 --json --id ada send --to jane --file 'a file' --receipt
cp out events
for event in connected authenticated sent confirmed receipt; do
    has out "\"event\":\"$event\""
done
feeds 'x"y\0033\n\n' 0 --json --id ada send --to jane
cat out >>events
ends 0 "$jane"
has jane.out '"payload":{  "b" : 1.50,  "c":"\u0000"}'
waits watching.out '"event":"client.disconnect","uuid":"jane"'
exits 0 --json who
cat out >>events
exits 0 --json ping --count 1
cat out >>events
kill "$watching"
ends 0 "$watching"
cat jane.out watching.out >>events
exits 0 send --to reader --json-payload --file /dev/null
timeout 20 "$EPIGEON" --server "$address" send --to reader --json-payload <events >out 2>err
is 'lines for programs are JSON' "0 $(count_lines events) messages confirmed" "$? $(cat out)"

# ---- away and back: nothing lost, nothing twice ------------------------------------------------

client bob --id bob --state 'bob state' listen --session '{}'
bob=$client
client old --v1 --id old listen
old=$client
exits 0 send --to bob --receipt 1
end_server TERM
is 'exit code of the server after SIGTERM' 0 "$server_code"
waits bob.err 'trying again'
exits 3 --timeout 0.5 --id eve --state 'eve state' send --to bob 2
has err 'kept in eve state'
exits 3 --timeout 0.5 --id eve --state 'eve state' send --to bob 3
start_server || bad 'the server does not start again'
waits bob.err 'connected to'
exits 0 --id eve --state 'eve state' send --to bob
waits bob.out 'eve: 3'
kill "$bob"
ends 0 "$bob"
is 'through an absence' '1 2 3' "$(joined bob.out)"

# Confirmed, then kill -9, then delivered: all of it, once, in order.
numbers=$(seq 4 503 | tr '\n' ' ' | sed 's/ $//')
seq 4 503 >lines
timeout 20 "$EPIGEON" --server "$address" send --to bob <lines >out 2>err
is 'confirmed before kill -9' '500 messages confirmed' "$(cat out)"
timeout 20 "$EPIGEON" --server "$address" send --to old <lines >out 2>err
end_server KILL
start_server || bad 'the server does not start after kill -9'
exits 0 --id bob --state 'bob state' listen --count 200
cp out first
end_server KILL
start_server || bad 'the server does not start after the second kill -9'
exits 0 --id bob --state 'bob state' listen --count 300
cat first out >both
is 'through two kill -9' "$numbers" "$(joined both)"
exits 3 --timeout 0.5 --id bob --state 'bob state' listen
is 'nothing is repeated' 0 "$(count_lines out)"
waits old.out ': 503'
# (an EP/1 client may get again what it confirmed just before the kill)
joined old.out | tr ' ' '\n' | sort -n -u >got
is 'EP/1 through kill -9' "$numbers" "$(tr '\n' ' ' <got | sed 's/ $//')"
kill "$old"
ends 0 "$old"

# The sender killed, the server killed: the state keeps what is not confirmed.
end_server KILL
DEBUG='epigeon:*' client killed --id eve --state 'eve state' send --to carl kept
waits 'eve state' kept
tries=$(grep -c 'waiting on closed' killed.err)
# One thread writes the state and tries again: a try after the text is in the file comes after its commit.
waits killed.err 'waiting on closed' "$tries"
kill -9 "$client"
wait "$client" 2>/dev/null
start_server || bad 'the server does not start'
exits 0 --id eve --state 'eve state' send --to carl after
exits 0 --id carl listen --count 2
out_is 'what a killed sender kept' 'eve: kept
eve: after'

# ---- much, slow, interrupted -------------------------------------------------------------------

seq 50000 >lines
"$EPIGEON" --server "$address" send --to many <lines >out 2>err &
sender=$!
client many --id many listen --count 50000
wait "$sender"
is 'exit code of 50000 lines' 0 $?
out_is 'send of 50000 lines' '50000 messages confirmed'
ends 0 "$client"
sed 's/^[^:]*: //' many.out >got
if cmp -s got lines; then ok; else bad '50000 lines did not arrive in order'; fi

mkfifo pipe
"$EPIGEON" --server "$address" send --to slow <pipe >out 2>err &
sender=$!
background="$background $sender"
exec 3>pipe
echo first >&3
exits 0 --id slow listen --count 1
kill -INT "$sender"
ends 130 "$sender"
exec 3>&-
client full --id full listen
full=$client
exits 0 --id ada send --to full hello
waits full.out hello
kill "$full"
ends 0 "$full"
exits 0 --id ada send --to full hello
timeout 10 "$EPIGEON" --server "$address" --id full listen --count 1 >/dev/full 2>err
is 'exit code when stdout is full' 1 $?
exits 0 --id full listen --count 1
out_is 'what could not be printed came again' "$(cat full.out)"

DEBUG='epigeon:*' "$EPIGEON" --server "$address" send --to full hello >out 2>err
has err 'epigeon:client'
has err '"action":"message.new"'
end_server TERM

# ---- a server that asks for a token and has little room ----------------------------------------

echo 'join us' >token
credentials='--token-file token'
start_server --token-file token || bad 'the server does not start with a token'
has server.log 'warn The token has 7 characters; 22 random ones or more cannot be guessed: openssl rand -base64 24 >FILE'
exits 0 $credentials who
has err 'epigeon: The token has 7 characters; 22 random ones or more cannot be guessed'
end_server TERM
printf '%0256d\n' 0 >token
start_server --token-file token --mailbox 2 || bad 'the server does not start with the longest token'
exits 1 who
has err 'unauthorized'
exits 0 $credentials who
is 'what is said of a long token' '' "$(cat err)"
is 'warnings about tokens' 1 "$(grep -c 'The token' server.log)"
exits 3 $credentials --timeout 0.3 --id narrow listen
feeds '1\n2\n3\n4\n' 1 $credentials send --to narrow
out_is 'send into a full mailbox' '2 messages confirmed, 2 refused'
has err 'line 4 was refused'
has err 'mailbox-full'
exits 1 $credentials send --to narrow --receipt 5
exits 0 $credentials --id narrow listen --count 2
is 'a full mailbox keeps what it has' '1 2' "$(joined out)"
end_server TERM
is 'exit code of the server' 0 "$server_code"

the_end
