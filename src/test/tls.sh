#!/bin/sh
# End to end over TLS: the two programs, certificates made here, peers that refuse, stall, cut, or speak
# no TLS. And sockets that somebody else has opened, and rights given up. Everything lies in a directory
# with a blank in its name.
# usage: EPIGEON=PATH EPIGEOND=PATH src/test/tls.sh
# Prints what failed, and at last the count. KEEP=FILE keeps the log of the servers.
set -u
: "${EPIGEON:?the client to test}" "${EPIGEOND:?the server to test}"
. src/test/lib.sh
EPIGEON=$(absolute "$EPIGEON") EPIGEOND=$(absolute "$EPIGEOND")
peer=$(absolute src/test/tls_peer.py)
unset DEBUG

scratch tls
keep_files() { if [ -n "${KEEP:-}" ]; then cat ./*.log >"$KEEP"; fi; }

# exits CODE ARGUMENT…: runs the client, for 60 seconds at most; what it writes is in out and err.
exits() {
    expected=$1
    shift
    timeout -k 1 "$((60 * ${PATIENCE:-1}))" "$EPIGEON" "$@" >out 2>err </dev/null
    is "exit code of: $*" "$expected" "$?"
}

# refused TEXT LOG REASON ARGUMENT…: the client says TEXT, the server has REASON in its log (which says no more
# than a few a second), and the client goes on trying, until it is ended. LOG: - where there is no log.
refused() {
    text=$1 log=$2 reason=$3
    shift 3
    "$EPIGEON" "$@" --id nobody listen >refused.out 2>refused.err </dev/null &
    client=$!
    background="$background $client"
    waits refused.err "$text"
    [ "$log" = - ] || waits "$log" "reason=\"$reason"
    kill "$client" && wait "$client"
    is "what nobody got from: $*" 0 "$(wc -c <refused.out | tr -d ' ')"
    rm refused.err
}

# ---- certificates ------------------------------------------------------------------------------

# new_key NAME, new_ca NAME
new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null; }
new_ca() {
    new_key "$1"
    openssl req -x509 -new -key "$1.key" -days 30 -subj "/CN=$1" -out "$1.crt"
    : >"$1.index"
    cat >"$1.conf" <<END
[ca]
default_ca = here
[here]
database = $1.index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
certificate = $1.crt
private_key = $1.key
[any]
commonName = supplied
END
}

# new_cert NAME CA FOR [OPTION…]: valid for a month if the options say nothing else
new_cert() {
    name=$1 ca=$2 for=$3
    shift 3
    [ $# != 0 ] || set -- -days 30
    new_key "$name"
    openssl req -new -key "$name.key" -subj "/CN=$name" -out "$name.csr"
    printf '[names]\nsubjectAltName = %s\n' "$for" >"$name.names"
    openssl ca -batch -notext -config "$ca.conf" -in "$name.csr" -out "$name.crt" -extfile "$name.names" \
        -extensions names "$@" 2>ca.err || cat ca.err
}

here=DNS:localhost,IP:127.0.0.1
new_ca ours
new_ca theirs
new_cert server ours $here
new_cert 'second server' ours $here
new_cert expired ours $here -startdate 20200101000000Z -enddate 20200201000000Z
new_cert early ours $here -startdate 20990101000000Z -enddate 20990201000000Z
new_cert elsewhere ours DNS:example.org,IP:192.0.2.77
new_cert client ours DNS:client
new_cert stranger theirs DNS:client
new_cert late ours DNS:client -startdate 20200101000000Z -enddate 20200201000000Z

# ---- programs ----------------------------------------------------------------------------------

# serve NAME OPTION…: a server without a store; $port and $plain are where it listens with TLS and
# without; it logs to NAME.log.
serve() {
    log=$1.log
    shift
    "$EPIGEOND" --store memory --listen tls:127.0.0.1:0 --listen 127.0.0.1:0 "$@" >"$log" 2>&1 &
    server=$!
    background="$background $server"
    for _ in $(seq 300); do
        if grep -q 'listening on 127' "$log" || ! kill -0 "$server" 2>/dev/null; then break; fi
        sleep 0.1
    done
    port=$(sed -n 's/.*listening on tls:127.0.0.1:\([0-9]*\).*/\1/p' "$log")
    plain=$(sed -n 's/.*listening on 127.0.0.1:\([0-9]*\).*/\1/p' "$log")
    [ -n "$plain" ] || { bad "the server does not start"; cat "$log"; }
}

end_server() {
    kill -TERM "$server"
    wait "$server"
    is 'exit code of the server' 0 "$?"
}

# impossible TEXT CODE OPTION…: the server says TEXT, in one sentence, and does not start.
impossible() {
    text=$1 code=$2
    shift 2
    timeout -k 1 60 "$EPIGEOND" --store memory --listen tls:127.0.0.1:0 "$@" >out 2>err
    is "exit code of the server with $*" "$code" "$?"
    is "what the server says with $*" "epigeond: $text" "$(cat err)"
}

# ---- files -------------------------------------------------------------------------------------

openssl ec -aes128 -passout pass:x -in server.key -out locked.key 2>/dev/null
impossible 'A server needs a certificate and its key for TLS (tls-cert and tls-key).' 2
impossible 'A certificate and its key are needed together (tls-cert and tls-key).' 2 --tls-cert server.crt
impossible 'The certificate no.crt cannot be read: No such file or directory.' 1 --tls-cert no.crt \
    --tls-key server.key
impossible 'The key no.key cannot be read: No such file or directory.' 1 --tls-cert server.crt --tls-key no.key
impossible 'The file server.key holds no certificate in PEM form that can be used.' 1 --tls-cert server.key \
    --tls-key server.key
impossible 'The file server.crt holds no private key in PEM form.' 1 --tls-cert server.crt --tls-key server.crt
impossible 'The key client.key does not belong to the certificate server.crt.' 1 --tls-cert server.crt \
    --tls-key client.key
impossible 'The key locked.key has a passphrase: store it without one, readable by nobody else.' 1 \
    --tls-cert server.crt --tls-key locked.key
impossible 'The file server.key holds no CA certificate in PEM form.' 1 --tls-cert server.crt \
    --tls-key server.key --tls-ca server.key
timeout 60 "$EPIGEOND" --store memory --listen 127.0.0.1:0 --tls-cert server.crt --tls-key server.key 2>err
is 'certificates without tls:' "2 epigeond: Certificates are for TLS, but no address to listen on begins \
with tls:." "$? $(cat err)"
exits 2 --server 127.0.0.1:1 --tls-ca ours.crt who
has err 'write the address of the server as tls:HOST:PORT'
exits 1 --server tls:127.0.0.1:1 --tls-ca no.crt who
has err 'The CA certificate no.crt cannot be read'
exits 2 --server tls:unix:/x who
has err 'leave out tls:'

# ---- talk --------------------------------------------------------------------------------------

# refusals: what the metrics of talk say of refusals by TLS; they are at most a second old.
refusals() {
    sleep 1.1
    python3 - "$(sed -n 's/.*metrics at //p' talk.log)" <<'END' | sed -n 's/^epigeon_refused_tls_total //p'
import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], timeout=60).read().decode())
END
}

cp server.crt now.crt && cp server.key now.key
serve talk --tls-cert now.crt --tls-key now.key --auth "$((2 * ${PATIENCE:-1}))s" --metrics 127.0.0.1:0
waits talk.log 'metrics at '
tls="--server tls:localhost:$port --tls-ca ours.crt"
# shellcheck disable=SC2086 # the options
talk() { exits 0 $tls "$@"; }
awk 'BEGIN { srand(1); printf "\""; for (i = 0; i < 1048576; i++) printf "%c", 97 + int(rand() * 26); printf "\"" }' \
    >big
talk ping --count 1
talk --id ada send --to bob 'hello, bob'
talk --id ada send --to bob --file big
talk --id bob --json listen --count 2
has out '"payload":"hello, bob"'
sed -n 's/.*"payload":\("[a-z]*"\).*/\1/p' out | tr -d '\n' >got
if cmp -s big got; then ok; else bad 'a message of 1 MB is another one at bob'; fi
talk --id bob send --to ada --file big
exits 0 --server "tls:127.0.0.1:$port" --tls-ca ours.crt --id ada --json listen --count 1
sed -n 's/.*"payload":\("[a-z]*"\).*/\1/p' out | tr -d '\n' >got
if cmp -s big got; then ok; else bad 'a message of 1 MB is another one at ada'; fi
exits 0 --server "tls:127.0.0.1:$port" --tls-ca ours.crt --v1 --id old send --to bob 'with EP/1'
exits 0 --server "127.0.0.1:$plain" --id bob listen --count 1
has out 'with EP/1'

# A receiver that reads nothing for a while: what is for it waits, and then comes, in order.
# shellcheck disable=SC2086
"$EPIGEON" $tls --timeout "$((200 * ${PATIENCE:-1}))" --id slow listen --count 25 >slow.out 2>slow.err </dev/null &
slow=$!
background="$background $slow"
talk --id ada send --to slow begin
waits slow.out begin
kill -STOP "$slow"
for n in 1 2 3 4 5 6 7 8; do
    for _ in 1 2 3; do cat big; echo; done >lines
    # shellcheck disable=SC2086
    timeout 60 "$EPIGEON" $tls --id ada send --json-payload --to slow <lines >out 2>err
    is "send to one who does not read, $n" '3 messages confirmed' "$(cat out)"
done
kill -CONT "$slow"
wait "$slow"
is 'exit code of the slow one' 0 "$?"
is 'what the slow one got' 25 "$(wc -l <slow.out | tr -d ' ')"
sed -n '$s/^ada: //p' slow.out | tr -d '\n' >got
tr -d '"' <big >text
if cmp -s text got; then ok; else bad 'the last message is another one at the slow one'; fi

# ---- versions ----------------------------------------------------------------------------------

for version in 1_2 1_3; do
    openssl s_client -connect "127.0.0.1:$port" -CAfile ours.crt -tls$version -verify_return_error </dev/null \
        >out 2>err
    is "TLS $version" 0 "$?"
done
is 'refusals counted, when everybody was welcome' 0 "$(refusals)"
openssl s_client -connect "127.0.0.1:$port" -CAfile ours.crt -tls1_1 -cipher ALL:@SECLEVEL=0 </dev/null >out 2>err
is 'TLS 1.1' 1 "$?"
waits talk.log 'it speaks no version of TLS, or cipher, that is spoken here'
is 'refusals counted, after one' 1 "$(refusals)"
python3 "$peer" renegotiate "$port" >out 2>err
has out refused

# ---- who is not the right server ---------------------------------------------------------------

trust='its certificate is not signed by a CA that is trusted here'
refused "$trust" talk.log 'the other side does not trust the CA of our certificate' --server "tls:127.0.0.1:$port" \
    --tls-ca theirs.crt
refused "$trust" - '' --server "tls:127.0.0.1:$port"
refused 'its certificate is not for this address' talk.log 'the other side does not take our certificate' \
    --server "tls:[::ffff:127.0.0.1]:$port" --tls-ca ours.crt

# ---- who speaks no TLS -------------------------------------------------------------------------

refused 'TLS is spoken there: write the address as tls:HOST:PORT' talk.log 'it speaks no TLS"' \
    --server "127.0.0.1:$port"
python3 "$peer" plain "$port" >out 2>err
is 'the answer to one who speaks no TLS' 15030100020250 "$(cat out)"
refused 'perhaps the other side speaks no TLS there' talk.log 'it speaks TLS at an address without tls:' \
    --server "tls:127.0.0.1:$plain" --tls-ca ours.crt

# ---- who does not finish -----------------------------------------------------------------------

python3 "$peer" stall "$port" >stall.out 2>&1 &
stalled=$!
background="$background $stalled"
waits stall.out connected
python3 "$peer" cut "$port" >out 2>&1
is 'a connection cut in the handshake' 0 "$?"
python3 "$peer" stall "$port" >killed.out 2>&1 &
killed=$!
background="$background $killed"
waits killed.out connected
kill -9 "$killed"
talk --id ada send --to bob 'meanwhile'
wait "$stalled"
is 'exit code of one who stalls in the handshake' 0 "$?"
has stall.out 'closed by the server'
talk --id bob listen --count 1
has out meanwhile
python3 "$peer" silent >silent.out 2>&1 &
silent=$!
background="$background $silent"
waits silent.out 'listening on '
silent_port=$(sed -n 's/listening on //p' silent.out)
refused 'has not answered yet; waiting' - '' --server "tls:127.0.0.1:$silent_port" --tls-ca ours.crt

# ---- certificates are renewed ------------------------------------------------------------------

# shellcheck disable=SC2086
"$EPIGEON" $tls --timeout "$((200 * ${PATIENCE:-1}))" --id keeps listen --count 2 >keeps.out 2>keeps.err </dev/null &
keeps=$!
background="$background $keeps"
talk --id ada send --to keeps one
waits keeps.out one
serial() {
    openssl s_client -connect "127.0.0.1:$port" </dev/null 2>/dev/null | openssl x509 -noout -serial
}
is 'serial number' "$(openssl x509 -noout -serial -in server.crt)" "$(serial)"
cp 'second server.crt' now.crt && cp 'second server.key' now.key
kill -HUP "$server"
waits talk.log 'info certificates read again'
is 'serial number after SIGHUP' "$(openssl x509 -noout -serial -in 'second server.crt')" "$(serial)"
echo broken >now.crt
kill -HUP "$server"
waits talk.log 'error The file now.crt holds no certificate in PEM form that can be used.'
is 'serial number after a broken file' "$(openssl x509 -noout -serial -in 'second server.crt')" "$(serial)"
cp server.crt now.crt
kill -HUP "$server"
waits talk.log 'error The key now.key does not belong to the certificate now.crt.'
talk --id ada send --to keeps two
wait "$keeps"
is 'exit code of one who stays meanwhile' 0 "$?"
lacks keeps.err 'the connection is lost'
end_server

for kind in expired early elsewhere; do
    serve $kind --tls-cert $kind.crt --tls-key $kind.key
    case $kind in
    expired)
        has $kind.log 'warn The certificate expired.crt has expired: the other side will refuse it.'
        why='its certificate has expired'
        ;;
    early)
        has $kind.log 'warn The certificate early.crt is not valid yet: the other side will refuse it.'
        why='its certificate is not valid yet'
        ;;
    elsewhere) why='its certificate is not for this address' ;;
    esac
    refused "$why" - '' --server "tls:localhost:$port" --tls-ca ours.crt
    refused "$why" - '' --server "tls:127.0.0.1:$port" --tls-ca ours.crt
    end_server
done

# ---- certificates of clients -------------------------------------------------------------------

serve clients --tls-cert server.crt --tls-key server.key --tls-ca ours.crt
tls="--server tls:127.0.0.1:$port --tls-ca ours.crt"
talk --tls-cert client.crt --tls-key client.key --id ada send --to bob hello
nobody() {
    text=$1 reason=$2
    shift 2
    # shellcheck disable=SC2086
    refused "$text" clients.log "$reason" $tls "$@"
}
nobody 'the other side asks for a certificate (tls-cert and tls-key)' 'it shows no certificate, and one is asked for'
nobody 'the other side does not trust the CA of our certificate' "$trust" --tls-cert stranger.crt \
    --tls-key stranger.key
nobody 'the other side says that our certificate has expired' 'its certificate has expired' --tls-cert late.crt \
    --tls-key late.key
python3 "$peer" v12 "$port" >out 2>&1
is 'no certificate, in TLS 1.2' 0 "$?"
talk --tls-cert client.crt --tls-key client.key --id bob listen --count 1
end_server
if grep -q 'client=nobody' clients.log; then bad 'somebody who was refused is known'; else ok; fi

# ---- without a terminal ------------------------------------------------------------------------

"$EPIGEOND" --store memory --listen 127.0.0.1:0 >hup.log 2>&1 &
server=$!
background="$background $server"
waits hup.log 'listening on'
kill -HUP "$server"
waits hup.log 'warn No address has TLS: there are no certificates to read.'
end_server

# ---- sockets from somebody else ----------------------------------------------------------------

python3 "$peer" activate "$dir/the socket" "$EPIGEOND" --store memory --tls-cert server.crt --tls-key server.key \
    >activated.out 2>activated.log &
server=$!
background="$background $server"
waits activated.log 'listening on tls:fd:5'
has activated.log 'listening on fd:3 port='
has activated.log 'listening on fd:4'
plain=$(sed -n 's/.*listening on fd:3 port=//p' activated.log)
port=$(sed -n 's/.*listening on tls:fd:5 port=//p' activated.log)
is 'no other address' 3 "$(grep -c 'listening on' activated.log)"
exits 0 --server "127.0.0.1:$plain" --id ada send --to bob one
exits 0 --server "unix:$dir/the socket" --id ada send --to bob two
exits 0 --server "tls:127.0.0.1:$port" --tls-ca ours.crt --id ada send --to bob three
exits 0 --server "unix:$dir/the socket" --id bob listen --count 3
is 'through the sockets of somebody else' 'ada: one ada: two ada: three' "$(tr '\n' ' ' <out | sed 's/ $//')"
end_server
if [ -S 'the socket' ]; then ok; else bad 'the file of an inherited socket is gone'; fi
timeout 60 "$EPIGEOND" --store memory --listen fd:77 2>err
is 'a descriptor that is no socket' '2 epigeond: The descriptor fd:77 is no socket that listens.' "$? $(cat err)"
LISTEN_PID=1 LISTEN_FDS=3 "$EPIGEOND" --store memory --listen 127.0.0.1:0 >other.log 2>&1 &
server=$!
background="$background $server"
waits other.log 'listening on 127.0.0.1:'
is 'sockets for another process' 1 "$(grep -c 'listening on' other.log)"
end_server

# ---- rights given up ---------------------------------------------------------------------------

if [ "$(id -u)" = 0 ]; then
    timeout 60 "$EPIGEOND" --listen 127.0.0.1:0 --store memory --user no-such-user 2>err
    is 'a user who is not there' '1 epigeond: There is no user no-such-user.' "$? $(cat err)"
    chmod 711 "$dir"
    mkdir box && chmod 711 box && mkdir -m 700 box/other
    cp server.key box/root.key && chmod 600 box/root.key
    "$EPIGEOND" --listen tls:127.0.0.1:0 --tls-cert server.crt --tls-key box/root.key --data "$dir/data of nobody" \
        --user nobody >nobody.log 2>&1 &
    server=$!
    background="$background $server"
    waits nobody.log 'listening on tls:127.0.0.1:'
    port=$(sed -n 's/.*listening on tls:127.0.0.1:\([0-9]*\).*/\1/p' nobody.log)
    # of NAME: that line of what the kernel knows of the server
    of() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$server/status" | tr '\t' ' ' | sed 's/ *$//'; }
    u=$(id -u nobody) g=$(id -g nobody)
    is 'all its users' "$u $u $u $u" "$(of Uid)"
    is 'all its groups' "$g $g $g $g" "$(of Gid)"
    is 'its other groups' "$(id -G nobody)" "$(of Groups)"
    is 'what it may do' 0000000000000000 "$(of CapEff)"
    for file in 'data of nobody' 'data of nobody/data.mdb' 'data of nobody/lock'; do
        is "whose $file is" nobody "$(stat -c %U "$file")"
    done
    exits 0 --server "tls:127.0.0.1:$port" --tls-ca ours.crt --id ada send --to bob hello
    kill -HUP "$server"
    waits nobody.log 'error The key box/root.key cannot be read: Permission denied.'
    exits 0 --server "tls:127.0.0.1:$port" --tls-ca ours.crt --id bob listen --count 1
    end_server
    timeout 60 "$EPIGEOND" --listen 127.0.0.1:0 --data box/other --user nobody >/dev/null 2>err
    is 'data of somebody else' 1 "$?"
    has err 'This user may not write the store box/other'
    timeout 60 setpriv --reuid nobody --regid nogroup --clear-groups "$EPIGEOND" --listen 127.0.0.1:0 \
        --store memory --user root 2>err
    is 'not root' '1 epigeond: Only root can become root: start it as root, or leave out --user.' "$? $(cat err)"
else
    echo 'This is not root: that rights are given up is not tested.'
fi

the_end
