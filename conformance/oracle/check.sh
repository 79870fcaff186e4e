#!/bin/sh
# End to end: `epigeon-oracle check` as people and CI use it: exit codes, reports, pictures, captures of
# packets, and how long a million events take.
# usage: EPIGEON_ORACLE=PATH conformance/oracle/check.sh
# Prints what failed, and at last the count.
set -u
: "${EPIGEON_ORACLE:=build/plain/epigeon-oracle}" "${EVENTS:=1000000}"
cd "$(dirname "$0")/../.." || exit 1
. src/test/lib.sh
oracle=$(absolute "$EPIGEON_ORACLE")
root=$PWD captures=$PWD/src/test/node/captures
scratch oracle

# exits STATUS WORDS…: epigeon-oracle with these words ends so.
exits() {
    wanted=$1
    shift
    "$oracle" "$@" >out 2>err </dev/null
    got=$?
    if [ $got = "$wanted" ]; then ok; else bad "epigeon-oracle $*: exit $got, not $wanted"; fi
}

# is_json FILE: each line is JSON for somebody else, too.
is_json() {
    if node -e "require('fs').readFileSync('$1', 'utf8').trim().split('\n').forEach(JSON.parse)" 2>err; then
        ok
    else
        bad "$1 is not JSON"
    fi
}

# is_closed FILE: every element of the XML is closed, in order, and no character is left bare.
is_closed() {
    if node -e "
        const text = require('fs').readFileSync('$1', 'utf8')
        const open = []
        for (const [, end, name, rest] of text.matchAll(/<(\/?)([a-z]+)([^<>]*)>/g)) {
          if (end) { if (open.pop() !== name) throw new Error('</' + name + '>') }
          else if (!rest.endsWith('/')) open.push(name)
        }
        if (open.length) throw new Error('<' + open + '>')
        const words = text.replace(/<[^<>]*>/g, '').replace(/&(amp|lt|gt|quot);/g, '')
        if (/[<&]/.test(words)) throw new Error('a bare character')
    " 2>err; then ok; else bad "$1 is not XML"; fi
}

# ---- verdicts ----------------------------------------------------------------------------------

bad_capture=$captures/08_confirm_dropped_resend.ndjson
exits 1 check "$bad_capture"
has out '08_confirm_dropped_resend.ndjson: rejected'
has out 'EP-SEND-3'
has out '<-- here'
has out '>>'
has out 'server'

# The README shows what one sees.
sed -n '/^<!-- finding -->$/,/^<!-- \/finding -->$/{s/^    //p;/^$/p;}' "$root/conformance/oracle/README.md" >shown
(cd "$root" && "$oracle" check src/test/node/captures/08_confirm_dropped_resend.ndjson) >out 2>err
if [ -s shown ] && cmp -s shown out; then ok; else bad 'README.md shows another report'; fi

# The real 1.0.2 does right in these; its captures end in the middle of things.
for name in 01_connect_auth_two_clients 02_reconnect_known_uuid 04_message_to_uuid 05_group_one_key 10_payload_types; do
    "$oracle" check "$captures/$name.ndjson" >out 2>err
    status=$?
    case $status in 0 | 5) ok ;; *) bad "$name: exit $status" ;; esac
done

cat >short.ndjson <<'END'
{"t_ms":1,"event":"open","conn":1}
{"t_ms":2,"dir":"c2s","conn":1,"bytes":"{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":\\\"ada\\\"}\"}\f"}
END
exits 5 check short.ndjson
has out 'short.ndjson: inconclusive'
cat >good.ndjson <<'END'
{"t_ms":1,"event":"open","conn":1}
{"t_ms":2,"dir":"c2s","conn":1,"bytes":"{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":\\\"ada\\\"}\"}\f"}
{"t_ms":3,"dir":"s2c","conn":1,"bytes":"{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":false}\"}\f"}
{"t_ms":3,"dir":"s2c","conn":1,"bytes":"{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"clients.list\\\",\\\"payload\\\":[{\\\"uuid\\\":\\\"ada\\\",\\\"state\\\":\\\"connected\\\",\\\"session\\\":{}}]}\"}\f"}
{"t_ms":4,"dir":"c2s","conn":1,"bytes":"{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"session.update\\\",\\\"payload\\\":{}}\"}\f"}
{"t_ms":5,"dir":"s2c","conn":1,"bytes":"{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"session.update\\\",\\\"payload\\\":{\\\"uuid\\\":\\\"ada\\\",\\\"connected\\\":true,\\\"session\\\":{}}}\"}\f"}
{"t_ms":6,"event":"healed"}
{"t_ms":30000,"note":"all is quiet"}
END
exits 0 check good.ndjson
has out 'good.ndjson: accepted'
if "$oracle" check - <good.ndjson >out 2>err; then ok; else bad 'stdin'; fi
has out 'stdin: accepted'
exits 5 check good.ndjson short.ndjson
exits 1 check "$bad_capture" good.ndjson short.ndjson missing
exits 2 check good.ndjson short.ndjson missing

# ---- forms -------------------------------------------------------------------------------------

exits 1 check --no-diagram "$bad_capture"
lacks out '>>'
exits 1 check --json "$bad_capture" good.ndjson missing
is_json out
has out '"verdict":"rejected"'
has out '"requirement":"EP-SEND-3"'
has out '"verdict":"accepted"'
has out '"verdict":"unreadable"'
exits 1 check --svg out.svg "$bad_capture"
is_closed out.svg
has out.svg 'class="guilty"'
has out.svg 'EP-SEND-3'
exits 0 check --svg none.svg good.ndjson
if [ -e none.svg ]; then bad 'a picture of nothing'; else ok; fi
exits 2 check --svg "$dir/no/such.svg" "$bad_capture"
has err 'cannot be written'

# ---- what is no trace --------------------------------------------------------------------------

exits 2 check missing
has err 'missing: It cannot be read'
exits 2 check "$dir"
: >empty
exits 2 check empty
has err 'There is no event in it'
echo hello >words
exits 2 check words
has err 'Line 1 is not a line of a trace: it is not a JSON object'
exits 2
exits 2 chekc
has err 'There is no command chekc'
exits 2 check
has err 'Say which traces'
exits 2 check --colour good.ndjson
has err 'There is no option --colour'
for port in 0 x 65536 -1 ''; do exits 2 check --port "$port" good.ndjson; done
exits 2 check --svg
exits 2 check --svg x good.ndjson good.ndjson
exits 0 --help
has out 'usage: epigeon-oracle'
exits 0 check --help
has out '--svg'
exits 0 --version
has out 'epigeon-oracle '
"$oracle" check "$bad_capture" >/dev/full 2>err
if [ $? = 1 ]; then ok; else bad 'a report that cannot be written hides the verdict'; fi
has err 'The report could not be written'

# ---- captures of packets -----------------------------------------------------------------------

# capture FROM TO: the frames of a trace as a capture, one packet each, bare IP.
capture() {
    node -e "
        const fs = require('fs')
        const parts = [Buffer.from('d4c3b2a1020004000000000000000000ffff000065000000', 'hex')]
        const seq = {}
        const packet = (ms, conn, up, flags, data) => {
          const tcp = Buffer.alloc(20), ip = Buffer.alloc(20), head = Buffer.alloc(16)
          const key = conn + (up ? 'c' : 's')
          if (!(key in seq)) seq[key] = 100
          tcp.writeUInt16BE(up ? 40000 + conn : 9999, 0)
          tcp.writeUInt16BE(up ? 9999 : 40000 + conn, 2)
          tcp.writeUInt32BE(seq[key], 4)
          tcp[12] = 0x50
          tcp[13] = flags
          seq[key] += data.length + (flags & 2 ? 1 : 0)
          ip[0] = 0x45
          ip.writeUInt16BE(40 + data.length, 2)
          ip[9] = 6
          ip[15] = up ? 1 : 2
          ip[19] = up ? 2 : 1
          head.writeUInt32LE(Math.floor(ms / 1000), 0)
          head.writeUInt32LE(ms % 1000 * 1000, 4)
          head.writeUInt32LE(40 + data.length, 8)
          head.writeUInt32LE(40 + data.length, 12)
          parts.push(head, ip, tcp, data)
        }
        for (const line of fs.readFileSync('$1', 'utf8').trim().split('\n')) {
          const event = JSON.parse(line)
          if (event.event === 'open') {
            packet(event.t_ms, event.conn, true, 2, Buffer.alloc(0))
            packet(event.t_ms, event.conn, false, 18, Buffer.alloc(0))
          }
          const up = event.dir === 'c2s'
          if (event.bytes && !event.dropped) packet(event.t_ms, event.conn, up, 16, Buffer.from(event.bytes))
        }
        fs.writeFileSync('$2', Buffer.concat(parts))
    " || bad "$2 could not be made"
}

grep -v '"dropped"' "$bad_capture" >bad.ndjson
"$oracle" check --no-diagram bad.ndjson | sed 1d | grep -v '^ *\(events\|where\|line\)' >of_trace
capture bad.ndjson bad.pcap
exits 1 check --no-diagram bad.pcap
has out 'packet '
sed 1d out | grep -v '^ *\(events\|where\|packet\)' >of_packets
if cmp -s of_trace of_packets; then ok; else bad 'a capture of packets is judged otherwise than its trace'; fi
exits 1 check --port 9999 bad.pcap
exits 1 check --json bad.pcap
has out '"unit":"packet"'
head -c 30 bad.pcap >cut.pcap
exits 2 check cut.pcap
# The first packet of a connection (16 + 40 bytes behind the 24 of the file) is not there.
{ head -c 24 bad.pcap; tail -c +$((24 + 2 * 56 + 1)) bad.pcap; } >late.pcap
exits 5 check late.pcap
has out 'in doubt'

# ---- speed -------------------------------------------------------------------------------------

# million N: a trace of N events: ada sends, bob gets, all is confirmed.
million() {
    awk -v events="$1" '
        function line(dir, conn, text) {
            gsub(/[\\"]/, "\\\\&", text)
            printf "{\"t_ms\":%d,\"dir\":\"%s\",\"conn\":%d,\"bytes\":\"%s\\f\"}\n", n / 100, dir, conn, text
            n++
        }
        function wrapped(text) {
            gsub(/"/, "\\\\&", text)
            return "{\"type\":\"_message_\",\"data\":\"" text "\"}"
        }
        function join(conn, id) {
            printf "{\"t_ms\":0,\"event\":\"open\",\"conn\":%d}\n", conn
            line("c2s", conn, wrapped("{\"action\":\"auth\",\"payload\":\"" id "\",\"version\":2,\"instance\":\"i" id "\",\"expect\":0}"))
            line("s2c", conn, wrapped("{\"action\":\"auth\",\"payload\":false,\"version\":2,\"epoch\":\"e\",\"expect\":0,\"window\":4096,\"limits\":{\"frame\":33554432,\"depth\":256,\"session\":65536}}"))
            n++
        }
        BEGIN {
            text = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
            text = text text
            join(1, "ada")
            join(2, "bob")
            for (i = 0; n + 4 <= events; i++) {
                uid = sprintf("9f429b5d-22b7-4724-baf3-%012d", i)
                line("c2s", 1, "{\"action\":\"message.new\",\"payload\":{\"to\":\"bob\",\"id\":" i ",\"uid\":\"" uid "\",\"payload\":{\"text\":\"" text "\"}}}")
                line("s2c", 1, "{\"action\":\"message.confirm\",\"payload\":" i "}")
                line("s2c", 2, "{\"action\":\"message.new\",\"payload\":{\"from\":\"ada\",\"to\":\"bob\",\"id\":" i ",\"uid\":\"" uid "\",\"payload\":{\"text\":\"" text "\"},\"fromId\":" i "}}")
                line("c2s", 2, "{\"action\":\"message.confirm\",\"payload\":" i "}")
            }
        }'
}

million "$EVENTS" >million.ndjson
exits 0 check million.ndjson
has out "messages)"
of_check=$(hundredths "$oracle" check million.ndjson)
of_parse=$(hundredths node -e "
    const lines = require('fs').readFileSync('million.ndjson', 'utf8').split('\n')
    for (const line of lines) if (line) JSON.parse((JSON.parse(line).bytes || '0').trim())")
echo "$(wc -l <million.ndjson) events: judged in $of_check, only parsed by node in $of_parse hundredths of a second"
if [ "$of_check" -le 500 ] || [ "$of_check" -le $((of_parse * 2)) ]; then ok; else bad 'judging is slow'; fi

the_end
