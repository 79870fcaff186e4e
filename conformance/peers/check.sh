#!/bin/sh
# The peers of this folder: they talk with the reference and with each other, conform to the suite, and each
# mistake of sloppy.py is found by a case for the requirement it breaks. Read first: README.md.
# usage: check.sh [pages] [talk] [suite] [sloppy]    (all, when nothing is said); OUT: where the programs are
set -eu
cd "$(dirname "$0")/../.."
: "${OUT:=build/plain}" "${SLOW:=3}" "${JOBS:=4}"
export PYTHONDONTWRITEBYTECODE=1
[ -d src/test/node/node_modules/node-ipc ] || (cd src/test/node && npm ci --loglevel=error --no-audit --no-fund)
[ $# -gt 0 ] || set -- pages talk suite sloppy

dir=$(mktemp -d)
server='' feeder=''
# end PID...: ends these, and waits until they have.
end() {
    for pid in "$@"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
}
trap 'end $server $feeder; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
passed=0 failed=0

# verdict WORDS: counts the command before it, by $?.
verdict() {
    if [ "$2" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "not ok - $1"
        [ ! -f "$dir/out" ] || tail -n 40 "$dir/out" | sed 's/^/    /'
    fi
}

# comes FILE TEXT [N]: within 10 s N lines (1) of the file hold the text.
comes() {
    for _ in $(seq 100); do
        [ "$(grep -cF "$2" "$1")" -lt "${3:-1}" ] || return 0
        sleep 0.1
    done
    return 1
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# start_server COMMAND...: started with a port as the last word (a free one), until it answers.
start_server() {
    port=$(free_port)
    case $1 in
    *epigeond) "$@" "127.0.0.1:$port" >"$dir/server" 2>&1 & ;;
    *) "$@" "$port" >"$dir/server" 2>&1 & ;;
    esac
    server=$!
    for _ in $(seq 100); do
        ! python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))" 2>/dev/null || return 0
        sleep 0.1
    done
    echo "The server did not start: $*" >&2
    exit 1
}

# A conversation: NAME COMMAND... joins a room, writes one message to the room (itself included) and one with an
# escape and a number that must keep its spelling; the room's other member, client.py, gets and sends, too.
talk() {
    name=$1
    shift
    rm -f "$dir/in" "$dir/other.in"
    mkfifo "$dir/in" "$dir/other.in"
    "$@" 127.0.0.1 "$port" <"$dir/in" >"$dir/ours" 2>&1 &
    feeder=$!
    python3 conformance/peers/client.py 127.0.0.1 "$port" --id other <"$dir/other.in" >"$dir/others" 2>&1 &
    feeder="$feeder $!"
    exec 8>"$dir/in" 9>"$dir/other.in"
    printf 'connect\nsession\t{"room":7,"on":true}\n' >&8
    printf 'connect\nsession\t{"room":7.0,"on":true}\nsend\t"other"\t"ready"\n' >&9
    comes "$dir/others" 'ready' && comes "$dir/ours" 'authenticated' || return 1
    printf 'send\t{"on":true,"room":7}\t["pigeon \\u00e9",null]\nsend\t"other"\n' >&8
    comes "$dir/ours" "$(printf 'message\t%s\t["pigeon ' "$name")" &&
        comes "$dir/others" "$(printf 'message\t%s\t["pigeon ' "$name")" || return 1
    printf 'send\t{"room":7}\t[1.50]\nsend\t"%s"\t"last"\n' "$name" >&9
    comes "$dir/ours" "$(printf 'message\tother\t"last"')" && comes "$dir/others" '[1.50]' &&
        comes "$dir/ours" confirmed 2 || return 1
    grep -qE '1\.50?\]' "$dir/ours" && test "$(grep -c '^confirmed' "$dir/ours")" = 2 && test "$(grep -c '^message' "$dir/ours")" = 3
}

# hang_up: the adapters end when their input does.
hang_up() {
    exec 8>&- 9>&-
    cat "$dir/ours" "$dir/others" "$dir/server" >"$dir/out"
    # shellcheck disable=SC2086
    end $feeder
    feeder=''
}

talk_all() {
    for kind in epigeond server.py; do
        if [ $kind = epigeond ]; then
            start_server "$OUT/epigeond" --data "$dir/data" --listen
        else
            start_server python3 conformance/peers/server.py
        fi
        for client in 'python python3 conformance/peers/client.py' 'node node conformance/peers/client.js'; do
            # shellcheck disable=SC2086
            if talk $client; then result=0; else result=1; fi
            hang_up
            verdict "$client with $kind" $result
        done
        if [ $kind = server.py ]; then
            if printf 'from the reference' | timeout 20 "$OUT/epigeon" --server "127.0.0.1:$port" send --to other >"$dir/out" 2>&1 &&
                timeout 20 "$OUT/epigeon" --server "127.0.0.1:$port" --id other listen --count 1 >"$dir/out" 2>&1 &&
                grep -q 'from the reference' "$dir/out"; then result=0; else result=1; fi
            verdict 'epigeon with server.py' $result
        fi
        end $server
        server=''
    done
}

limits='--limit mailbox=2000 --limit parked=3000 --limit notices=3000 --timer mailbox_wait=2000 --timer gap_wait=2000 --timer auth=2000'
# A server without a store: it keeps nothing over a restart.
without_store='*restart*,*surviv*'
client_timers='--timer gap_wait=2000 --timer auth=2000 --timer ping=1000 --timer idle=3000 --timer reconnect_max=2000'

# conform ROLE COMMAND OPTIONS...
conform() {
    role=$1 command=$2
    shift 2
    "$OUT/epigeon-conform" "$role" --start "$command" --slow "$SLOW" --jobs "$JOBS" --quiet "$@" >"$dir/tap" 2>&1
    result=$?
    grep -A12 '^ *not ok' "$dir/tap" >"$dir/out" || tail -n 5 "$dir/tap" >"$dir/out"
    return $result
}

suite_all() {
    # shellcheck disable=SC2086
    {
        if conform server "python3 conformance/peers/server.py {port} $limits" $limits --exclude "$without_store"; then
            result=0; else result=1; fi
        verdict 'server.py conforms' $result
        if conform client "python3 conformance/peers/client.py {host} {port} $client_timers" $client_timers; then
            result=0; else result=1; fi
        verdict 'client.py conforms' $result
        if conform client 'node conformance/peers/client.js {host} {port} 2000' --timer gap_wait=2000 --version 1 \
            --baseline conformance/peers/client-js.baseline; then result=0; else result=1; fi
        verdict 'client.js conforms' $result
    }
}

# try_mistake NAME REQUIREMENT: what the cases say of it, and their status. Most of its time is waiting, so several run at a time.
try_mistake() {
    result=0
    # shellcheck disable=SC2086
    "$OUT/epigeon-conform" server --start "python3 conformance/peers/sloppy.py {port} --fault $1 $limits" $limits \
        --slow "$SLOW" --jobs 1 --quiet --select "$2" --exclude "json-vectors/*,$without_store" >"$dir/$1.tap" 2>&1 || result=$?
    echo $result >"$dir/$1.status"
}

sloppy_all() {
    python3 conformance/peers/sloppy.py --list >"$dir/faults"
    result=0
    # shellcheck disable=SC2086
    conform server "python3 conformance/peers/sloppy.py {port} $limits" $limits --exclude "json-vectors/*,$without_store" \
        --select "$(cut -f 2 "$dir/faults" | sort -u | paste -sd ,)" || result=$?
    verdict 'sloppy.py without a mistake passes these cases' $result
    count=0
    while IFS="$(printf '\t')" read -r name requirement words; do
        try_mistake "$name" "$requirement" </dev/null &
        count=$((count + 1))
        [ $((count % JOBS)) != 0 ] || wait
    done <"$dir/faults"
    wait
    while IFS="$(printf '\t')" read -r name requirement words; do
        tail -n 5 "$dir/$name.tap" >"$dir/out"
        [ "$(cat "$dir/$name.status")" = 1 ] && result=0 || result=1
        verdict "$name ($words) is found by a case for $requirement" $result
    done <"$dir/faults"
}

# The functions that the README points at are there.
pages_all() {
    result=0
    grep -oE '[a-z]+\.py `[^|]*' conformance/peers/README.md | tr ';' '\n' | sed 's/^ *//' | grep '\.py `' |
        while read -r file names; do
            # shellcheck disable=SC2016
            echo "$names" | grep -oE '`[A-Za-z_]+`' | tr -d '`' | while read -r name; do
                grep -qE "^ *(async )?(def|class) $name\\b|^$name\\b" "conformance/peers/$file" || echo "$file has no $name"
            done
        done >"$dir/out"
    [ ! -s "$dir/out" ] || result=1
    verdict 'the README points at what is there' $result
}

for what in "$@"; do "${what}_all"; done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
