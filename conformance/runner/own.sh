#!/bin/sh
# The whole suite against the reference server and client. Limits and timers are small, so that the cases about
# them are fast; the suite is told.
# usage: EPIGEON_CONFORM=PATH EPIGEOND=PATH ADAPTER=PATH conformance/runner/own.sh [OPTION…]
# OPTIONs are passed on to epigeon-conform. Prints what did not pass, and at last the count.
set -u
: "${EPIGEON_CONFORM:=build/plain/epigeon-conform}" "${EPIGEOND:=build/plain/epigeond}" "${ADAPTER:=build/plain/adapter-epigeon}"
cd "$(dirname "$0")/../.." || exit 1
dir=$(mktemp -d "${TMPDIR:-/tmp}/epigeon-own-XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
passed=0 failed=0

# count ROLE OPTION…: runs the suite, and adds what passed and what did not.
count() {
    role=$1
    shift
    "$EPIGEON_CONFORM" "$role" "$@" --jobs 12 >"$dir/$role.tap"
    status=$?
    p=$(grep '^ok' "$dir/$role.tap" | grep -vc '# SKIP')
    f=$(grep -c '^not ok' "$dir/$role.tap")
    if [ $status != 0 ] && [ "$f" = 0 ]; then f=1; fi
    passed=$((passed + p)) failed=$((failed + f))
    # What did not pass, without the logs.
    awk '/^not ok/ { shows = 1 } /^ok/ { shows = 0 } /^  wire:/ { shows = 0 } shows' "$dir/$role.tap"
}

count server --start "$EPIGEOND --listen 127.0.0.1:{port} --data {dir} --mailbox 2000 --parked 3000 --connections 300 --mailbox-wait 2s --gap-wait 2s --auth 3s --ping 1s --idle 4s" \
    --limit mailbox=2000 --limit parked=3000 --limit connections=300 --timer mailbox_wait=2000 \
    --timer gap_wait=2000 --timer auth=3000 --timer ping=1000 --timer idle=4000 "$@"
count client --start "$ADAPTER {host} {port} {dir}" "$@"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
