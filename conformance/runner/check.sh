#!/bin/sh
# The suite's own tests: whether epigeon-conform sees what is wrong, says so in every format alike, and ends with
# the right exit code. Against test/fake.js, a server that can be told to be wrong in one way.
# usage: EPIGEON_CONFORM=PATH EPIGEOND=PATH ADAPTER=PATH conformance/runner/check.sh
# Prints what failed, and at last the count. VACUOUS=whole: the servers that do nothing meet all cases, not only those
# that do not begin with a join, which takes two minutes more.
set -u
: "${VACUOUS:=short}"
: "${EPIGEON_CONFORM:=build/plain/epigeon-conform}" "${EPIGEOND:=build/plain/epigeond}" "${ADAPTER:=build/plain/adapter-epigeon}"
cd "$(dirname "$0")/../.." || exit 1
whole() { case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }
conform=$(whole "$EPIGEON_CONFORM") epigeond=$(whole "$EPIGEOND") adapter=$(whole "$ADAPTER")
here=$PWD/conformance/runner/test
schema=$PWD/conformance/runner/results.schema.json
root=$PWD suite=$PWD/conformance/cases
dir=$(mktemp -d "${TMPDIR:-/tmp}/epigeon-conform-check-XXXXXX") || exit 1
cd "$dir" || exit 1
TMPDIR=$dir
export TMPDIR
# --start takes a command: these have no blanks in their names, wherever the checkout lies.
ln -s "$here" "$dir/test" && ln -s "$epigeond" "$dir/epigeond" && ln -s "$adapter" "$dir/adapter" || exit 1
ln -s "$root/conformance/peers" "$dir/peers" || exit 1
here=$dir/test epigeond=$dir/epigeond adapter=$dir/adapter
fakes=
trap 'for pid in $fakes; do kill "$pid" 2>/dev/null; done; cd / && rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
passed=0 failed=0
fake="node $here/fake.js {port}"

ok() { passed=$((passed + 1)); }

bad() {
    failed=$((failed + 1))
    echo "FAILED: $*"
    for file in out err; do [ -s $file ] && sed "s/^/    $file: /" $file | cut -c1-300 | head -n 15; done
}

# conform_exits STATUS WORDS…
conform_exits() {
    wanted=$1
    shift
    "$conform" "$@" >out 2>err </dev/null
    got=$?
    if [ $got = "$wanted" ]; then ok; else bad "epigeon-conform $*: exit $got, not $wanted"; fi
}

has() { if grep -qF -e "$2" "$1"; then ok; else bad "'$2' is not in $1"; fi; }

# is WANTED GOT WHAT
is() { if [ "$1" = "$2" ]; then ok; else bad "$3: $2, not $1"; fi; }

# fails_by FAULT RUN VERDICT REQUIREMENT: with this fault this run ends so, and names this requirement.
fails_by() {
    "$conform" server --start "$fake $1" --cases "$here/cases" --select "$2" --json result.json \
        --quiet >out 2>err </dev/null
    is "$3 $4" "$(node "$here/look.js" verdict result.json "$2")" "fault $1, run $2"
}

# client_fails_by FAULT VERSION VERDICT REQUIREMENT: the same of a client.
client_fails_by() {
    "$conform" client --start "node $here/fake-client.js {host} {port} $2 $1" --cases "$here/client-rules" \
        --version "$2" --json result.json --quiet >out 2>err </dev/null
    is "$3 $4" "$(node "$here/look.js" verdict result.json "rules/three-messages@v$2")" "client's fault $1, EP/$2"
}

# case_file NAME: a document with one case whose steps come from stdin.
case_file() {
    mkdir -p "$1"
    { printf '# T\n\n## one — One\n%s\n\n```case\n' "${2:-EP-RECV-1 · MUST · server · EP/2}"; cat; printf '```\n'; } >"$1/t.md"
}

# ---- How it is called ----

conform_exits 0 --help
has out 'Exit: 0 conforms'
conform_exits 0 --version
has out epigeon-conform
conform_exits 2
conform_exits 2 server
conform_exits 2 server --nonsense
conform_exits 2 client
has err -- '--start'
conform_exits 2 server 127.0.0.1:1 --start x
conform_exits 2 server 127.0.0.1:1 --level never
conform_exits 2 server 127.0.0.1:1 --limit nonsense=3
conform_exits 2 server 127.0.0.1:1 --cases "$here/cases" --select 'no/such-*'
has err 'No case is selected'
conform_exits 2 server 127.0.0.1:1 --cases "$dir/nowhere"
conform_exits 3 server 127.0.0.1:1 --cases "$here/cases"
has err 'Nobody answers'
conform_exits 3 server --start false --cases "$here/cases"
has err 'ended at once'
conform_exits 0 --list --cases "$here/cases"
is 18 "$(wc -l <out | tr -d ' ')" 'runs listed'
conform_exits 0 --list --cases "$here/cases" --version 1 --level must
is 3 "$(wc -l <out | tr -d ' ')" 'runs of EP/1'
conform_exits 0 --list --cases "$here/cases" --select EP-FRAME-2,engine/gap --exclude '*@v1'
is 2 "$(wc -l <out | tr -d ' ')" 'runs by requirement and name'

# ---- Documents that are wrong ----

# refuses LINE SENTENCE: the document on stdin is refused there, with these words.
refuses() {
    mkdir -p wrong
    sed 's/EP-@/EP-/' >wrong/w.md # an id that is none, unseen by who looks for ids here
    "$conform" --list --cases wrong >out 2>err
    is 2 $? "a document with: $2"
    has err "w.md:$1: "
    has err "$2"
}

refuses 4 'has no requirement EP-''NONE-1' <<'END'
# T

## one — One
EP-@NONE-1 · MUST · server · EP/2
END
refuses 3 'has no block of steps' <<'END'
# T

## one — One
EP-RECV-1 · MUST · server · EP/2
END
refuses 3 'would prove nothing' <<'END'
# T

## one — One
EP-RECV-1 · MUST · server · EP/2

```case
ada: join v2
ada<? {"action":"ping"}
wait 10 ms
```
END
refuses 4 'neither a requirement nor' <<'END'
# T

## one — One
EP-RECV-1 · PERHAPS · server · EP/2
END
refuses 4 'for which version' <<'END'
# T

## one — One
EP-RECV-1 · MUST · server
END
refuses 9 'There is a case' <<'END'
# T

## one — One
EP-RECV-1 · MUST · server · EP/2
```case
ada: open
ada: closed
```
## one — Again
END
refuses 3 'does not belong to a case' <<'END'
# T

```case
ada: open
```
END
refuses 6 'is not closed' <<'END'
# T

## one — One
EP-RECV-1 · MUST · server · EP/2
```case
ada: closed
END
# refuses_step SENTENCE: the step on stdin is refused.
refuses_step() {
    step=$(cat)
    printf '# T\n## one — One\nEP-RECV-1 · MUST · server · EP/2\n```case\n%s\nada: closed\n```\n' "$step" >step.md
    refuses 5 "$1" <step.md
}
refuses_step 'no such command' <<'END'
ada: dances
END
refuses_step 'is not a JSON value' <<'END'
ada< {"action":pong}
END
refuses_step 'is not closed' <<'END'
ada< {"action":"pong}
END
refuses_step 'was expected before' <<'END'
ada< {"action":"pong"
END
refuses_step 'needs how long' <<'END'
ada! {"action":"pong"}
END
refuses_step 'has no such requirement' <<'END'
ada< {"action":"pong"} [EP-@NONE-7]
END
refuses_step 'the word `start`' <<'END'
server: kill
END
refuses_step 'in cases for clients only' <<'END'
app> connect
END
refuses_step 'a name in lower case' <<'END'
Ada: open
END
refuses_step 'comes `bare`' <<'END'
ada>> {"action":"ping"}
END
refuses_step 'After the name comes' <<'END'
ada = open
END
mkdir -p vectors
printf 'malformed\tname\tEP-JSON-1\tvalue\n' >vectors/json-vectors.tsv
conform_exits 2 --list --cases vectors
has err 'json-vectors.tsv:1: A vector has five columns'
printf 'perhaps\tname\tEP-JSON-1\tvalue\t1\n' >vectors/json-vectors.tsv
conform_exits 2 --list --cases vectors
has err 'The verdict is malformed'

# ---- An honest server, and one that is wrong in one way ----

conform_exits 0 server --start "$fake" --cases "$here/cases" --json result.json
conform_exits 0 server --start "$fake" --cases "$here/cases" --strict
is 'UNSUPPORTED EP-RECV-11' "$(node "$here/look.js" verdict result.json engine/a-may)" 'a MAY'
is 'SKIP -' "$(node "$here/look.js" verdict result.json engine/over-a-lossy-one)" 'a lossy transport'

fails_by wrong-form engine/to-a-friend@v2 FAIL EP-FRAME-5
fails_by wrong-form engine/to-a-friend@v1 FAIL EP-FRAME-4
fails_by bare-reply engine/to-a-friend@v1 FAIL EP-FRAME-4
fails_by altered-payload engine/to-a-friend@v2 FAIL EP-G1-1
fails_by altered-payload engine/to-a-friend@v1 FAIL EP-G1-1
fails_by forged-from engine/to-a-friend@v1 FAIL EP-G1-2
fails_by respelled-to engine/to-a-friend@v2 FAIL EP-MSG-6
fails_by more-members engine/to-a-friend@v2 FAIL EP-MSG-5
fails_by wrong-from-id engine/to-a-friend@v2 FAIL EP-SEND-1
fails_by skipped-id engine/to-a-friend@v2 FAIL EP-SEND-1
fails_by written-twice engine/to-a-friend@v1 FAIL EP-SEND-3
fails_by written-twice engine/to-a-friend@v2 FAIL EP-SEND-3
fails_by not-json engine/to-a-friend@v2 FAIL EP-JSON-1
fails_by bad-utf8 engine/to-a-friend@v2 FAIL EP-JSON-1
fails_by v2-to-v1 engine/to-a-friend@v1 FAIL EP-COMPAT-1
fails_by member-in-v1 engine/to-a-friend@v1 FAIL EP-NEG-2
fails_by no-epoch engine/to-a-friend@v2 FAIL EP-MSG-1
fails_by no-list engine/to-a-friend@v1 FAIL EP-AUTH-6
fails_by no-confirm engine/to-a-friend@v1 FAIL EP-RECV-10
fails_by no-confirm engine/to-a-friend@v2 FAIL EP-SEND-4
fails_by no-pong engine/to-a-friend@v2 FAIL EP-TIME-2
fails_by no-retry engine/gap NON-STRICT EP-RECV-4
fails_by wrong-code engine/refusal FAIL EP-ADDR-3
fails_by malformed-goes-on engine/malformed FAIL EP-ERR-3
fails_by whole-segments engine/pieces@v1 FAIL EP-FRAME-2
fails_by no-takeover engine/takeover FAIL EP-TAKE-1
fails_by no-confirm engine/any-order FAIL EP-G7-1
fails_by list-first engine/to-a-friend@v1 FAIL EP-SEC-5
fails_by list-first engine/to-a-friend@v2 FAIL EP-SEC-5
fails_by early-pong engine/early FAIL EP-AUTH-3
fails_by early-ping engine/early FAIL EP-AUTH-6
fails_by confirms-next engine/to-a-friend@v2 FAIL EP-G5-1
fails_by confirms-next engine/in-pieces FAIL EP-G5-1
fails_by confirms-twice engine/to-a-friend@v1 FAIL EP-RECV-10
fails_by confirms-other engine/to-a-friend@v1 FAIL EP-SEND-5
fails_by confirms-other engine/to-a-friend@v2 FAIL EP-SEND-4
fails_by expects-more engine/again@v2 FAIL EP-LOST-1
fails_by resumes-more engine/resumed FAIL EP-G5-1
fails_by silent engine/to-a-friend@v2 FAIL EP-RECV-1
fails_by closes engine/to-a-friend@v2 FAIL EP-RECV-1
fails_by echo engine/to-a-friend@v2 FAIL EP-MSG-1
conform_exits 0 server --start "$fake no-retry" --cases "$here/cases" --select engine/gap
conform_exits 1 server --start "$fake no-retry" --cases "$here/cases" --select engine/gap --strict
conform_exits 1 server --start "$fake silent" --cases "$here/cases"
has err ' FAIL'

# Each case of test/wrong fails, by its own step, against a server that is right.
conform_exits 1 server --start "$fake" --cases "$here/wrong" --json r.json
"$conform" --list --cases "$here/wrong" | cut -f1 >runs
while read -r run; do
    is 'FAIL EP-RECV-1' "$(node "$here/look.js" verdict r.json "$run")" "a right server, run $run"
done <runs

# The suite as it is delivered, against programs that do nothing, old habits, a token.
. "$root/conformance/runner/check_suite.sh"

# ---- Formats agree ----

conform_exits 1 server --start "$fake forged-from" --cases "$here/cases" --json r.json --tap r.tap \
    --junit r.xml --html r.html --markdown r.md
for file in r.tap r.xml r.html r.md; do
    is "$(node "$here/look.js" counts r.json)" "$(node "$here/look.js" counts $file)" "the counts of $file"
done
for file in r.xml r.html; do
    if node "$here/look.js" closed $file >out 2>err; then ok; else bad "$file is not closed"; fi
done
if node "$here/look.js" schema r.json "$schema" >out 2>err; then ok; else bad 'the JSON is not as its schema says'; fi
if grep -qE '(src|href)="?[^"#]|url\((https?:|//)' r.html; then bad 'the page needs something else'; else ok; fi
has r.tap 'TAP version 14'
has r.tap 'requirement: "EP-G1-2"'
has r.tap 'The server MUST write as `from` the client id'
has r.md 'EP-G1-2'
has r.html '<svg viewBox'
has r.html 'is broken:'
command=$(node "$here/look.js" command r.json engine/to-a-friend@v1)
(PATH=$(dirname "$conform"):$PATH; eval "$command") >out 2>err
is 1 $? "the command of the evidence, $command,"
is 1 "$(grep -c '^not ok' out)" 'failures when it is repeated'
conform_exits 4 server --start "$fake" --cases "$here/cases" --select engine/gap --json "$dir/no/such/file"

# ---- Baseline ----

echo 'engine/refusal   # known' >expected
conform_exits 0 server --start "$fake wrong-code" --cases "$here/cases" --baseline expected
conform_exits 6 server --start "$fake" --cases "$here/cases" --baseline expected
echo 'engine/gone' >>expected
conform_exits 6 server --start "$fake wrong-code" --cases "$here/cases" --baseline expected
has out 'The baseline names engine/gone'
conform_exits 2 server --start "$fake" --cases "$here/cases" --baseline nowhere

# ---- Trouble that is not the server's ----

case_file unset <<'END'
ada: join v2
ada> {"action":"ping","payload":"$nobody"}
ada: open still
END
conform_exits 4 server --start "$fake" --cases unset
has out '$nobody is not set here'
case_file versions 'EP-RECV-1 · MUST · server · both' <<'END'
ada: join $v
EP/2: ada: open still
END
conform_exits 4 server --start "$fake" --cases versions
has out 'it proves nothing'
case_file skipped 'EP-RECV-1 · MUST · server · EP/2 · lossy' <<'END'
ada: open still
END
conform_exits 5 server --start "$fake" --cases skipped
case_file waits <<'END'
ada: join v2
ada< {"action":"bye"} within 1500 ms
END
# case_process SUITE: the process that runs the case, when it has run for a moment. One that is about to become the server
# has the same name, but not for long.
case_process() {
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        pid=$(ps -o pid=,comm= --ppid "$1" | awk '/epigeon-conform/ { print $1 }' | tail -n 1)
        sleep 0.2
        [ -n "$pid" ] && [ "$(ps -o comm= -p "$pid")" = epigeon-conform ] && break
    done
    echo "$pid"
}

"$conform" server --start "$fake" --cases waits >out 2>err &
suite=$!
stopped=$(case_process $suite)
kill -STOP "$stopped"
sleep 2.6
kill -CONT "$stopped"
wait $suite
is 5 $? 'the exit of a suite that this machine did not let run'
has out 'did not let the suite run'
"$conform" server --start "$fake" --cases waits >out 2>err &
suite=$!
stopped=$(case_process $suite)
kill -KILL "$stopped"
wait $suite
is 4 $? 'the exit of a suite whose own process was killed'
has out 'ended by signal 9'
case_file poison <<'END'
ada: join v2
ada> {"action":"ping","payload":"poison"}
ada: open still
END
conform_exits 1 server --start "$fake dies" --cases poison --json r.json
has r.json '"server_died": true'

# ---- Stopped, watched, kept ----

# servers: how many fakes run that this test has started.
servers() { ps -eo args | grep -c "^node .*fake.js [0-9]* mine-$$"; }
"$conform" server --start "$fake mine-$$" --cases waits --keep kept >out 2>err &
suite=$!
case_process $suite >pid
is 1 "$(servers)" 'servers while it runs'
kill -TERM $suite
wait $suite
is 4 $? 'the exit of a suite that was stopped'
has err 'Stopped by a signal'
sleep 0.3
is 0 "$(servers)" 'servers left behind'
"$conform" server --start "$fake mine-$$" --cases waits >out 2>err &
suite=$!
case_process $suite >pid
kill -KILL $suite
wait $suite
sleep 0.3
is 0 "$(servers)" 'servers left behind by a suite that was killed'
if ls kept/*.log >/dev/null 2>&1; then ok; else bad 'nothing was kept'; fi
script -qec "'$conform' server --start '$fake' --cases '$here/cases' --select engine/gap --tap tap.out" terminal >/dev/null 2>&1
has terminal '1 of 1'
if [ -s err ] && grep -q 'of 1,' err; then bad 'progress on what is no terminal'; else ok; fi

# ---- A server that runs already; times ----

port=$(node -e 's=require("net").createServer().listen(0,()=>{console.log(s.address().port);s.close()})')
node "$here/fake.js" "$port" &
fakes=$!
# listens: whether somebody accepts on the port.
listens() { node -e "require('net').connect($port,'127.0.0.1').on('error',()=>process.exit(1)).on('connect',()=>process.exit(0))"; }
for _ in 1 2 3 4 5 6 7 8 9 10; do listens && break; done
conform_exits 0 server "127.0.0.1:$port" --cases "$here/cases" --json r.json
is 'SKIP -' "$(node "$here/look.js" verdict r.json engine/again@v2)" 'a restart without --start'
case_file numbers <<'END'
ada: join v2
ada>> bare {"action":"ping","payload":$((mailbox-6)*2)}
ada< {"action":"pong","payload":8}
ada>> bare {"action":"ping","payload":"$(3 x "#,")"}
ada< {"action":"pong","payload":"0,1,2,"}
END
case_file together 'EP-RECV-1 · MUST · server · EP/2 · alone' <<'END'
ada: join v2
ada< {"action":"bye"} within 50 ms
END
conform_exits 1 server "127.0.0.1:$port" --cases together
has err '1 of 1 runs assume that nobody else uses'
has out 'This case assumes that nobody else uses the server'
case_file early <<'END'
ada: join v2
ada> {"action":"ping"}
ada< {"action":"pong"} after 300 ms
END
conform_exits 1 server "127.0.0.1:$port" --cases early
has out 'not before 300 ms'
case_file slowly <<'END'
ada: join v2
ada< {"action":"bye"} within 200 ms
END
conform_exits 1 server "127.0.0.1:$port" --cases slowly --slow 3
has out 'nothing for 6'
conform_exits 0 server "127.0.0.1:$port" --cases numbers --limit mailbox=10
conform_exits 1 server "127.0.0.1:$port" --cases numbers

# Cases that want to be alone are: each of these asks, when others have had time to come, how many clients are there.
port=$((port + 1))
node "$here/fake.js" "$port" counts &
fakes="$fakes $!"
for _ in 1 2 3 4 5 6 7 8 9 10; do listens && break; done
case_file crowd 'EP-RECV-1 · MUST · server · EP/2 · alone' <<'END'
ada: join v2
wait 300 ms
ada> {"action":"ping"}
ada< {"action":"pong","payload":1}
END
cp crowd/t.md crowd/u.md
sed -e 's/ · alone//' -e 's/"payload":1/"payload":#/' crowd/t.md >crowd/a.md
cp crowd/a.md crowd/v.md
conform_exits 0 server "127.0.0.1:$port" --cases crowd --jobs 4

# A server that ends and that nobody can start again: what is left was not run, and is not said to fail.
port=$((port + 1))
node "$here/fake.js" "$port" dies &
fakes="$fakes $!"
for _ in 1 2 3 4 5 6 7 8 9 10; do listens && break; done
mkdir gone
cp poison/t.md gone/a.md
for later in $(seq 20 60); do cp numbers/t.md "gone/b$later.md"; done
conform_exits 1 server "127.0.0.1:$port" --cases gone --jobs 2 --json r.json
is 'FAIL EP-RECV-1' "$(node "$here/look.js" verdict r.json a/one)" 'the run that ends the server'
is 'INCONCLUSIVE -' "$(node "$here/look.js" verdict r.json b60/one)" 'the last of those after it'
has r.json 'no longer answers since about b'

# ---- The real ones ----

conform_exits 0 server --start "$epigeond --listen 127.0.0.1:{port} --data {dir}" --cases "$here/cases" \
    --exclude engine/a-may
conform_exits 0 client --start "$adapter {host} {port} {dir}" --cases "$here/clients"
conform_exits 1 client --start "$adapter {host} {port} {dir}" --cases "$here/clients-wrong" --json r.json
for run in no-event no-frame comes-anyway not-first; do
    is 'FAIL EP-CLI-1' "$(node "$here/look.js" verdict r.json "wrong/$run")" "a client, run $run"
done
for version in 1 2; do
    client_fails_by none $version PASS -
    client_fails_by session-first $version FAIL EP-AUTH-1
    client_fails_by says-nothing $version FAIL EP-RECV-1
done
client_fails_by confirms-next 2 FAIL EP-RECV-8
client_fails_by confirms-other 2 FAIL EP-SEND-4
client_fails_by expects-more 2 FAIL EP-RES-1
client_fails_by confirms-twice 1 FAIL EP-RECV-8
client_fails_by confirms-other 1 FAIL EP-SEND-5
conform_exits 5 client --start 'sh -c "while read -r line; do echo unsupported; done"' --cases "$here/clients"
has out 'UNSUPPORTED: The adapter says'
conform_exits 4 client --start true --cases "$here/clients"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
