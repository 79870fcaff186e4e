# Read by check.sh, whose functions and names it uses: tests of the cases themselves, not of the engine. That each
# requirement has one; that nothing passes with a program that does nothing; what is said about a server with the
# habits of 1.0.2; a server with a join token.
# shellcheck shell=sh disable=SC2154 # $conform, $suite, … are those of check.sh

# ---- Each requirement has a case, or a reason why it has none ----

"$conform" --list --cases "$suite" | cut -f5 | tr , '\n' | sort -u >have
sed -n '/^## What no case shows/,/^## Testing/s/^| \(EP-[A-Z0-9-]*\) |.*/\1/p' "$root/conformance/README.md" | sort >excused
grep -v '^#' "$root/gen/requirements.tsv" | cut -f1 | sort >all
sort -u have excused >covered
is '' "$(comm -23 all covered | tr '\n' ' ')" 'requirements without a case and without a reason in conformance/README.md'
is '' "$(comm -12 have excused | tr '\n' ' ')" 'requirements with a case and a reason not to have one'
is '' "$(comm -13 all covered | tr '\n' ' ')" 'requirements that the protocol does not have'

# ---- Nothing passes with a program that does nothing ----

# passes_nothing WORDS…: none of these runs passes, or counts as a MAY that is not there.
passes_nothing() {
    "$conform" "$@" --cases "$suite" --slow 0.1 --jobs 12 --quiet --json r.json >out 2>err </dev/null
    none=$(node -e "const of = JSON.parse(require('fs').readFileSync('r.json')).counts; console.log(of.PASS + of.UNSUPPORTED, of.FAIL > 0 || of.ERROR > 0)")
    is '0 true' "$none" "runs that pass, $*"
}

for fault in silent closes echo; do
    if [ "$VACUOUS" = whole ]; then
        passes_nothing server --start "$fake $fault"
    else
        passes_nothing server --start "$fake $fault" --select 'connections/*,timers/*,security/*,json-vectors/auth-v1-*'
    fi
done
for fault in says-ok says-nothing ends; do
    passes_nothing client --start "node $here/fake-client.js {host} {port} 2 $fault"
done
case_file nothing <<'END'
ada: open
ada: closed
END
conform_exits 4 server --start "$fake closes" --cases nothing
has out 'No message came in this run'

# ---- A server like that of 1.0.2: what its author would have to know ----

conform_exits 1 server --start "python3 $dir/peers/like-1.0.2.py {port}" --cases "$suite" --version EP/1 --jobs 4 --markdown r.md \
    --html r.html --quiet --select 'routing/more-pairs-than-the-session@v1,messages/from-is-the-servers-word@v1,streams/not-written-twice@v1' \
    --select 'errors/unknown-action-in-v1,json/malformed-is-dropped-in-v1,json/numbers-are-not-rounded@v1' \
    --select frames/halves-of-two-connections@v1
sed -n '/^## What to mend/,/^## The server/p' r.md | grep '^| [ET]' >found
for finding in 'EP-ADDR-1 | 1 | All members of a selector' 'EP-G1-2 | 1 | Write `from` from the connection' \
    'EP-SEND-3 | 1 | Write each item once on a connection' 'EP-G1-1 | 1 | Cut the payload' \
    'The server ended by itself | 3 | Catch'; do
    has found "| $finding"
done
has found '| The server'
is 'The server ended by itself' "$(sed -n '1s/^| \([^|]*\) |.*/\1/p' found)" 'what is to be mended first'
has r.md 'rule        EP-JSON-1'
has r.md 'it said     JSONDecodeError'
has r.html 'href="#EP-ADDR-1"'
has r.md "--select 'routing/more-pairs-than-the-session@v1'"

# ---- A server with a join token ----

with_token="$epigeond --listen 127.0.0.1:{port} --data {dir} --token-file $dir/token"
printf 'open "sesame"\n' >token
conform_exits 0 server --start "$with_token" --cases "$suite" --select 'security/*token*,streams/numbers-from-zero' --token 'open "sesame"'
is 4 "$(grep '^ok' out | grep -vc SKIP)" 'runs with the token'
has out '@v1 # SKIP SKIP: It speaks EP/1'
conform_exits 0 server --start "$with_token" --cases "$suite" --select 'streams/numbers-from-zero@v2' --token-file token
conform_exits 1 server --start "$with_token" --cases "$suite" --select 'streams/numbers-from-zero@v2'
conform_exits 5 server --start "$epigeond --listen 127.0.0.1:{port} --data {dir}" --cases "$suite" --select EP-SEC-2
has out 'It needs a server that asks for a join token'
conform_exits 2 server --start x --token ''
has err '1 to 256 characters'
conform_exits 2 server --start x --token-file nowhere
has err 'cannot be read'
