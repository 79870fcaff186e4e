#!/bin/sh
# Nothing but its data: every system call of a server is watched while it talks, and of the program that backs up.
# What they make, write, rename or remove lies in the directory of the data (or of the copy), and the server needs no
# system call that its systemd unit forbids.
# usage: EPIGEON=PATH EPIGEOND=PATH src/test/sandbox.sh
# Prints what failed, and at last the count. Where no process may be watched it says so, and counts nothing.
set -u
: "${EPIGEON:?the client to test}" "${EPIGEOND:?the server to test}"
cd "$(dirname "$0")/../.." || exit 1
. src/test/lib.sh
EPIGEON=$(absolute "$EPIGEON") EPIGEOND=$(absolute "$EPIGEOND")
unit=$(absolute src/cmd/systemd/epigeond.service.in)
unset DEBUG
scratch sandbox
shown='out err server.log'
mkdir here

if ! strace -f -o may true 2>err || ! grep -q exited may; then
    echo "No process may be watched here, so that nothing is tested: $(head -n 1 err)"
    the_end
    exit
fi

# watched TRACE COMMAND…: becomes the command, in the directory "here"; strace is its grandchild and not its parent, so
# that signals reach the command.
watched() {
    trace=$dir/$1
    shift
    cd here && exec strace -D -f -q -o "$trace" "$@"
}

# server_up TRACE: a server with and without TLS, and metrics; its log is in server.log.
server_up() {
    : >server.log
    (watched "$1" "$EPIGEOND" --data "$dir/the data" --listen 127.0.0.1:0 --listen tls:127.0.0.1:0 --metrics 127.0.0.1:0 \
        --tls-cert "$dir/cert.pem" --tls-key "$dir/key.pem") >server.log 2>&1 &
    server=$!
    background=$server
    waits server.log 'metrics at ' || exit 1
    ports server.log
}

# server_down TRACE: and the trace of it is whole.
server_down() {
    kill "$server"
    ends 0 "$server"
    background=''
    waits "$1" ' exit_group(0)'
}

# client ARGUMENT…
client() {
    timeout -k 1 60 "$EPIGEON" "$@" >out 2>err </dev/null
    is "exit code of: epigeon $*" 0 "$?"
}

# ---- a talk ------------------------------------------------------------------------------------

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 30 \
    -subj /CN=here -addext subjectAltName=IP:127.0.0.1 2>err
awk 'BEGIN { printf "\""; for (i = 0; i < 1048576; i++) printf "x"; printf "\"" }' >big
server_up trace.server
client --server "127.0.0.1:$port" --id ada send --to bob hello
client --server "127.0.0.1:$port" --id ada send --to bob --file big
client --server "tls:127.0.0.1:$tls_port" --tls-ca cert.pem --id bob --json listen --count 2
has out '"payload":"hello"'
client --server "127.0.0.1:$port" --v1 --id old send --to bob 'with EP/1'
client --server "127.0.0.1:$port" --id carol session '{"room":7}'
client --server "127.0.0.1:$port" --id ada send --to-match '{"room":8}' parked
client top --once --metrics "$metrics"
kill -HUP "$server"
waits server.log 'certificates read again'
(watched trace.backup "$EPIGEOND" --data "$dir/the data" --backup "$dir/the copy") >out 2>err
is 'exit code of a backup' 0 "$?"
waits trace.backup ' exit_group(0)'
server_down trace.server
server_up trace.again
client --server "tls:127.0.0.1:$tls_port" --tls-ca cert.pem --id bob listen --count 1
has out 'old: with EP/1'
server_down trace.again

# ---- files -------------------------------------------------------------------------------------

# changed TRACE: every path that was made, opened to be written, renamed or removed, or that a socket was bound to.
changed() {
    awk -F '"' '
        { call = $1; sub(/^[0-9]+ +/, "", call); sub(/\(.*/, "", call) }
        call ~ /^open(at|at2)?$/ && $3 !~ /O_WRONLY|O_RDWR|O_CREAT|O_TMPFILE|O_TRUNC/ { next }
        call == "bind" && !/sun_path/ { next }
        call ~ /^(open(at|at2)?|creat|mkdir(at)?|mknod(at)?|rename(at|at2)?|unlink(at)?|rmdir|link(at)?|symlink(at)?|truncate)$/ ||
        call ~ /^(bind|l?chown|fchownat|chmod|fchmodat2?|utime|utimes|utimensat|futimesat|(l?set|l?remove)xattr|mount)$/ {
            for (i = 2; i <= NF; i += 2) print $i
        }' "$1" | sort -u
}

# below PLACE TRACE [PATH]: all that was changed is PLACE or in it (or PATH); that is something. A path that is not
# absolute is elsewhere.
below() {
    changed "$2" | grep -vxF -e "${3:-no other}" >paths
    while IFS= read -r path; do
        case $path in
        */../*) bad "$2: $path may be anywhere" ;;
        "$dir/$1" | "$dir/$1"/*) ok ;;
        *) bad "$2: $path is changed, which is not in the directory $1" ;;
        esac
    done <paths
    has paths "$dir/$1/data.mdb"
}

shown=''
below 'the data' trace.server
below 'the data' trace.again
# A reader has its place in the lock file of the data.
below 'the copy' trace.backup "$dir/the data/lock.mdb"
has trace.server "mkdir(\"$dir/the data\""

# ---- system calls ------------------------------------------------------------------------------

# allowed_calls: the system calls that the unit's SystemCallFilter leaves, one a line; sets stand for their members.
allowed_calls() {
    {
        systemd-analyze syscall-filter --no-pager 2>err
        echo '=the unit'
        sed -n 's/^SystemCallFilter=//p' "$unit"
    } | awk '
        function put(name, keep,    i, count, parts) {
            if (name !~ /^@/) { allow[name] = keep; return }
            count = split(members[name], parts, " ")
            if (count == 0) print "unknown set " name
            for (i = 1; i <= count; i++) put(parts[i], keep)
        }
        /^=/ { in_unit = 1; put("@default", 1); next }
        in_unit { keep = !sub(/^~/, ""); for (i = 1; i <= NF; i++) put($i, keep); next }
        /^#/ { set = ""; next }
        /^@/ { set = $1; next }
        /^ +[a-z0-9_@-]+$/ { members[set] = members[set] " " $1 }
        END { for (name in allow) if (allow[name]) print name }'
}

if command -v systemd-analyze >/dev/null 2>&1; then
    allowed_calls >allowed
    lacks allowed 'unknown set'
    sed -n 's/^[0-9]* *\([a-z][a-z0-9_]*\)(.*/\1/p' trace.server trace.again | sort -u >calls
    has calls accept4
    while IFS= read -r call; do
        if grep -qxF "$call" allowed; then ok; else bad "the server calls $call, which its unit forbids"; fi
    done <calls
else
    echo 'There is no systemd-analyze here: whether the unit allows what the server calls is not tested.'
fi
the_end
