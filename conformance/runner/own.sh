#!/bin/sh
# The whole suite against the reference server and client. Limits and timers are small, so that the cases about
# them are fast; the suite is told. A server with a join token is tested, too, with the cases about tokens.
# usage: EPIGEON_CONFORM=PATH EPIGEOND=PATH ADAPTER=PATH conformance/runner/own.sh [OPTION…]
# OPTIONs are passed on to epigeon-conform; with ROLES=server, client or token one part is run. TIMES=3: the server's
# timers are three times as long. What this machine did not let run (INCONCLUSIVE) runs once more, alone. Prints what did not
# pass, and at last the count.
set -u
: "${ROLES:=server client token}" "${TIMES:=1}"
: "${EPIGEON_CONFORM:=build/plain/epigeon-conform}" "${EPIGEOND:=build/plain/epigeond}" "${ADAPTER:=build/plain/adapter-epigeon}"
cd "$(dirname "$0")/../.." || exit 1
dir=$(mktemp -d "${TMPDIR:-/tmp}/epigeon-own-XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
passed=0 failed=0

# again ROLE RUNS OPTION…: these runs alone, once more.
again() {
    role=$1 runs=$2 left=$(($# - 2))
    shift 2
    while [ "$left" -gt 0 ]; do
        case $1 in
        --select | --exclude | --jobs) shift 2 && left=$((left - 2)) ;;
        *)
            set -- "$@" "$1"
            shift && left=$((left - 1))
            ;;
        esac
    done
    "$EPIGEON_CONFORM" "$role" "$@" --jobs 1 --select "$runs" >"$dir/again.tap"
    echo "Once more, alone, because this machine had not let the suite run: $runs"
    grep -E '^(not )?ok' "$dir/again.tap"
}

# what_failed FILE: of its TAP, without the logs. unclear FILE: the runs of which it could say nothing.
what_failed() { awk '/^not ok/ { shows = 1 } /^ok/ { shows = 0 } /^  wire:/ { shows = 0 } shows' "$1"; }
unclear() {
    awk '/^not ok/ { run = $5 } /^  verdict: "INCONCLUSIVE"/ && run != "" { print run; run = "" }' "$1" | paste -sd , -
}

# count ROLE OPTION…: runs the suite, and adds what passed and what did not.
count() {
    role=$1
    shift
    case " $ROLES " in *" $role "*) ;; *) return ;; esac
    # A selection may have nothing for one of them.
    "$EPIGEON_CONFORM" --list --role "$role" "$@" >"$dir/list" 2>&1 || return
    "$EPIGEON_CONFORM" "$role" --jobs 12 "$@" >"$dir/$role.tap"
    status=$?
    p=$(grep '^ok' "$dir/$role.tap" | grep -vc '# SKIP')
    f=$(grep -c '^not ok' "$dir/$role.tap")
    # 5: all were left out, which counts at the end.
    if [ $status != 0 ] && [ $status != 5 ] && [ "$f" = 0 ]; then f=1; fi
    what_failed "$dir/$role.tap"
    runs=$(unclear "$dir/$role.tap")
    case " $* " in *' --stop-at-first '*) runs= ;; esac
    if [ -n "$runs" ]; then
        again "$role" "$runs" "$@"
        good=$(grep -c '^ok' "$dir/again.tap")
        p=$((p + good)) f=$((f - good))
    fi
    passed=$((passed + p)) failed=$((failed + f))
}

# longer SECONDS: so many times as long, in seconds.
longer() { echo "$(($1 * TIMES))s"; }
server="$EPIGEOND --listen 127.0.0.1:{port} --data {dir}"
count server --start "$server --mailbox 2000 --parked 3000 --connections 300 --mailbox-wait $(longer 2) --gap-wait $(longer 2) --auth $(longer 3) --ping $(longer 1) --idle $(longer 4) --frame-time $(longer 8)" \
    --limit mailbox=2000 --limit parked=3000 --limit connections=300 --timer mailbox_wait=$((TIMES * 2000)) \
    --timer gap_wait=$((TIMES * 2000)) --timer auth=$((TIMES * 3000)) --timer ping=$((TIMES * 1000)) \
    --timer idle=$((TIMES * 4000)) --timer frame_time=$((TIMES * 8000)) "$@"
count client --start "$ADAPTER {host} {port} {dir}" "$@"
case " $* " in *' --select '*) ;; *) set -- --select EP-SEC-2,'receipts/*' "$@" ;; esac
echo 'open sesame' >"$dir/token"
case " $ROLES " in *' token '*)
    ROLES=server
    count server --start "$server --token-file $dir/token" --token-file "$dir/token" "$@"
    ;;
esac

# Where everything was left out nothing was shown.
if [ "$passed" = 0 ] && [ "$failed" = 0 ]; then
    cat "$dir/list"
    failed=1
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
