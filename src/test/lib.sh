# shellcheck shell=sh
# What the end-to-end tests share: a scratch directory, programs in the background, judging, waiting. To be sourced
# from the directory of the project. It sets $passed, $failed, $background (process ids), $shown (files that explain a failure).
passed=0 failed=0 background='' shown='out err'

absolute() { case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }

# scratch NAME: goes to a new directory $dir with a blank in its name; at the end it is removed, what is still in $background killed.
scratch() {
    dir=$(mktemp -d "${TMPDIR:-/tmp}/epigeon $1 XXXXXX") || exit 1
    cd "$dir" || exit 1
    trap 'keep_files; stop_all; cd / && rm -rf "$dir"' EXIT
    trap 'exit 1' HUP INT TERM
}

# keep_files: what is to be saved from the directory before it goes; a test that has something defines it anew.
keep_files() { :; }

# is_mine PID: a child of this test, and not somebody else's process that has the number of one that ended.
is_mine() { grep -qsx "PPid:	$$" "/proc/$1/status"; }

stop_all() {
    for pid in $background; do is_mine "$pid" && kill -9 "$pid" && wait "$pid"; done 2>/dev/null
    background=''
}

ok() { passed=$((passed + 1)); }

bad() {
    failed=$((failed + 1))
    echo "FAILED: $*"
    for file in $shown; do [ -s "$file" ] && sed "s/^/    $file: /" "$file" | cut -c 1-300 | head -n 30; done
}

# is WHAT EXPECTED GOT
is() { if [ "$2" = "$3" ]; then ok; else bad "$1: expected '$2', got '$3'"; fi; }

# has FILE TEXT, lacks FILE TEXT
has() { if grep -qF -e "$2" "$1"; then ok; else bad "'$2' is not in $1"; fi; }
lacks() { if grep -qF -e "$2" "$1"; then bad "'$2' is in $1"; else ok; fi; }

# waits FILE TEXT [N]: until more than N lines (0) of the file have it, for 10 seconds at most ($PATIENCE times that:
# under Valgrind everything takes longer).
waits() {
    for _ in $(seq $((200 * ${PATIENCE:-1}))); do
        [ "$(grep -cF -e "$2" "$1" 2>/dev/null)" -gt "${3:-0}" ] 2>/dev/null && { ok; return 0; }
        sleep 0.05
    done
    bad "'$2' did not come in $1"
    return 1
}

# ports LOG: where a server that has written LOG listens on 127.0.0.1: $port, $tls_port, and $metrics, an address.
# shellcheck disable=SC2034
ports() {
    port=$(sed -n 's/.*listening on 127.0.0.1:\([0-9]*\).*/\1/p' "$1")
    tls_port=$(sed -n 's/.*listening on tls:127.0.0.1:\([0-9]*\).*/\1/p' "$1")
    metrics=$(sed -n 's/.*metrics at http:..\(127.0.0.1:[0-9]*\).*/\1/p' "$1")
}

# ends CODE PID: the process ends by itself, within 20 seconds, so.
ends() {
    for _ in $(seq 400); do
        kill -0 "$2" 2>/dev/null || break
        sleep 0.05
    done
    kill -0 "$2" 2>/dev/null && { bad "process $2 does not end"; kill -9 "$2"; }
    wait "$2"
    is "exit code of process $2" "$1" "$?"
}

# hundredths COMMAND…: the CPU time that it takes, in hundredths of a second; what it writes is in out and err.
hundredths() { ( "$@" >out 2>err </dev/null; times ) | tail -n 1 | awk '{ gsub(/[ms]/, " "); print int(($1 * 60 + $2 + $3 * 60 + $4) * 100) }'; }

# payloads FILE: what `epigeon listen` printed there, without the senders.
payloads() { sed 's/^[^:]*: //' "$1"; }

# the_end: prints the count; the last command of a test.
the_end() {
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}
