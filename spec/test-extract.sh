#!/bin/sh
# Tests of the extractor (extract.awk, check.awk, emit.awk, draw.awk) and of trace.awk: a small good
# protocol gives what it should, under every awk of this machine; broken ones are refused with
# file, line and sentence, and nothing is written. Run it from anywhere; CC names the C compiler.

# Sed scripts and Markdown are full of dollars, backticks and backslashes that are meant.
# shellcheck disable=SC2016,SC1003,SC2046

spec=$(cd "$(dirname "$0")" && pwd) || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp" || exit 1
mkdir "a b" && cd "a b" || exit 1
passed=0
failed=0

pass() {
    passed=$((passed + 1))
}

fail() {
    failed=$((failed + 1))
    echo "FAILED: $1"
}

check() { # sentence, command...
    sentence=$1
    shift
    if "$@"; then pass; else fail "$sentence"; fi
}

# ---- the good fixture ---------------------------------------------------------------------------

cat > good.md <<'END'
# A small protocol
## 1 Frames
### 1.2 Bare frames
- [EP-FRAME-1] A sender MUST end a frame with 0x0C; "quotes", a \ and ??/ stay what they are.
- [EP-FRAME-2] A receiver SHOULD be quick. {untested: quick is not a number}
- [EP-FRAME-3] A receiver MAY doze, and MUST NOT sleep. {uncited: nobody sleeps} {untested: nor I}

As EP-FRAME-1 says. Lines of a list may follow:
```ragel lexical
# in the middle: | ` %% are copied
a = 'a' | "\"";
```
```ragel syntax
b = a+;
```
```ragel lexical
c = a{2};
```
```ragel ties
t = 'x';
```
<!-- table: actions -->

| action | direction | versions | stream | payload | when |
|---|---|---|---|---|---|
| `auth` | c2s | 1, 2 | - | object | first |
| `message.new` | c2s | 1 \| 2 | up | message | any time |
| `auth` | s2c | 1, 2 | - | object | answer |

<!-- table: errors -->
| code | closes | sentence | meaning |
|---|:-:|---|---|
| `bad-to` | no | The `to` is "impossible". | later |
| `malformed` | yes | This is no frame. | first |

<!-- table: limits -->
| limit | default | unit | bounds | when full |
|---|---|---|---|---|
| frame | 32 MiB | bytes | a frame | skipped |
| mailbox | 1,000,000 | messages | a mailbox | refused |
| huge | 8 GiB | bytes | all | refused |

<!-- table: timers -->
| timer | default | side | meaning |
|---|---|---|---|
| gap_wait | 10 s | server | how long |
| ping | 500 ms | both | how often |

<!-- table: counters -->
| counter | meaning |
|---|---|
| dropped | frames that went |

## 2 Machines
<!-- machine: server states -->
| state | meaning |
|---|---|
| `new` | at first |
| `ready` | then |
| `closed` | at last |

<!-- machine: server inputs -->
| input | meaning |
|---|---|
| `auth.v1` | an auth |
| `data` | a message |
| `cut` | the end |

<!-- machine: server rows -->
| state | input | guard | action | next | requirement |
|---|---|---|---|---|---|
| `new` | `auth.v1` | `known` | `welcome` | `ready` | EP-FRAME-1 |
| `new` | `auth.v1` | - | `refuse_stranger` | `=` | [EP-FRAME-1], EP-FRAME-2 |
| `ready` | `data` | - | `deliver` | = | EP-FRAME-1 |
<!-- machine: server rows -->
| state | input | guard | action | next | requirement |
|---|---|---|---|---|---|
| new, ready | cut | - | forget | closed | EP-FRAME-2 |
| closed | * | - | ignore | = | EP-FRAME-3 |
| * | * | - | refuse_order | = | EP-FRAME-3 |

<!-- machine: client states -->
| state | meaning |
|---|---|
| only | always |

<!-- machine: client inputs -->
| input | meaning |
|---|---|
| any | anything |

<!-- machine: client rows -->
| state | input | guard | action | next | requirement |
|---|---|---|---|---|---|
| * | any | - | nod | = | EP-FRAME-1 |

## 3 Examples
```frame simple c2s ok auth
{"action":"auth",
"é":"??="}␌
```
```frame twisted both malformed
"{\"new_key\":1}"	␌␌
```
```frame bytes s2c invalid hex
00 31 FF 3f
22 5C 0c
```
```session hello
-- the client begins
C> {"action":"auth"}␌
T> +500

S> {}␌
```
END

# ---- running ------------------------------------------------------------------------------------

extract() { # awk, file, directory
    rm -rf "$3" && mkdir "$3" || exit 1
    # $1 may be two words ("busybox awk").
    # shellcheck disable=SC2086
    $1 -v "out=$3" -f "$spec/extract.awk" -f "$spec/check.awk" -f "$spec/emit.awk" \
        -f "$spec/draw.awk" "$2" 2> errors.txt
}

# Edits good.md; the result must be refused at the line that holds `where`, with `sentence`.
refuse() { # sed script, where, sentence
    sed "$1" good.md > broken.md
    cmp -s good.md broken.md && fail "the edit \"$1\" changes nothing"
    line=$(grep -n -e "$2" broken.md | tail -n 1 | cut -d : -f 1)
    if extract "$awk" broken.md broken; then
        fail "$awk accepts $1"
    elif [ -n "$(ls broken)" ]; then
        fail "$awk refuses but writes: $1"
    elif ! grep -q -x -F -e "broken.md:$line: $3" errors.txt; then
        fail "$awk: $1: wanted \"broken.md:$line: $3\", got: $(cat errors.txt)"
    else
        pass
    fi
}

has() { # file, line
    check "gen/$1 lacks: $2" grep -q -F -e "$2" "gen/$1"
}

# ---- what a good protocol gives -----------------------------------------------------------------

check_contents() {
    has lexical.rl 'machine epigeon_lexical;'
    has lexical.rl 'c = a{2};'
    has syntax.rl 'b = a+;'
    has ties.rl "t = 'x';"
    has tables.h 'X(BAD_TO, "bad-to", 0, "The to is \"impossible\".") \'
    has tables.h 'X(MALFORMED, "malformed", 1, "This is no frame.") \'
    has tables.h '#define EP_LIMIT_FRAME 33554432u'
    has tables.h '#define EP_LIMIT_MAILBOX 1000000u'
    has tables.h '#define EP_LIMIT_HUGE 8589934592ull'
    has tables.h '#define EP_TIMER_GAP_WAIT_MS 10000u'
    has requirements.h 'X("EP-FRAME-1", MUST, "1.2", '
    has requirements.h 'a \\ and \?\?/ stay'
    has requirements.h 'X("EP-FRAME-3", MAY, "1.2", '
    has requirements.tsv 'nor I	nobody sleeps	A receiver MAY doze, and MUST NOT sleep.'
    has server_machine.h 'X(NEW, AUTH_V1, known, welcome, READY, "EP-FRAME-1", '
    has server_machine.h 'X(NEW, AUTH_V1, always, refuse_stranger, NEW, "EP-FRAME-1, EP-FRAME-2", '
    has server_machine.h 'X(NEW, DATA, always, refuse_order, NEW, "EP-FRAME-3", '
    has server_machine.h 'X(CLOSED, CUT, always, ignore, CLOSED, "EP-FRAME-3", '
    has server_machine.h 'X(NEW, AUTH_V1, 0, 2) \'
    has server_machine.h 'X(CLOSED, CUT, 9, 1) \'
    has vectors.h '"{\"action\":\"auth\",\"é\":\"\?\?=\"}\f", 29, '
    has vectors.h '"\"{\\\"new_key\\\":1}\"\t\f\f", 20, '
    has vectors.h '"\0001\377\?\"\\\f", 7, '
    has sessions.h '"+500",'
    has server.dot '"new" -> "closed" [label="   cut   "]'
    has machines.mmd 'server_NEW --> server_READY : auth.v1'
    has machines.pml 'if :: (S_GUARD_known) -> S_DO_welcome(); state = S_READY'
    has machines.pml 'inline server_on_AUTH_V1(state)'
    has epigeon.dict 'key_new_key_enveloped="\\\"new_key\\\""'
    check "a picture shows a refusal" sh -c '! grep -q "new. -> .new" gen/server.dot'
    for file in gen/*; do
        check "$file does not say where it is from" sh -c \
            'head -n 1 "$2" | grep -q -F -e "$1"' - \
            'generated from spec/protocol.md by spec/extract.awk; do not edit' "$file"
    done
}

check_headers() {
    cat > use.c <<'END'
#include "gen/client_machine.h"
#include "gen/requirements.h"
#include "gen/server_machine.h"
#include "gen/sessions.h"
#include "gen/tables.h"
#include "gen/vectors.h"
#define LENGTH_IS_RIGHT(name, direction, verdict, action, bytes, length, line) \
    _Static_assert(sizeof(bytes) - 1 == (length), name);
EP_VECTORS(LENGTH_IS_RIGHT)
#define COUNT1(a) +1
#define COUNT2(a, b) +1
#define COUNT3(a, b, c) +1
#define COUNT4(a, b, c, d) +1
#define COUNT5(a, b, c, d, e) +1
#define COUNT7(a, b, c, d, e, f, g) +1
_Static_assert(0 EP_ACTIONS(COUNT2) == EP_ACTION_COUNT - 1, "actions");
_Static_assert(0 EP_ERRORS(COUNT4) == EP_ERROR_COUNT - 1, "errors");
_Static_assert(0 EP_LIMITS(COUNT5) == 3, "limits");
_Static_assert(0 EP_TIMERS(COUNT5) == EP_TIMER_COUNT, "timers");
_Static_assert(0 EP_COUNTERS(COUNT3) == EP_COUNTER_COUNT, "counters");
_Static_assert(0 EP_REQUIREMENTS(COUNT5) == 3, "requirements");
_Static_assert(0 EP_SERVER_STATES(COUNT2) == EP_SERVER_STATE_COUNT, "states");
_Static_assert(0 EP_SERVER_INPUTS(COUNT2) == EP_SERVER_INPUT_COUNT, "inputs");
_Static_assert(0 EP_SERVER_CELLS(COUNT4) == EP_SERVER_STATE_COUNT * EP_SERVER_INPUT_COUNT, "cells");
_Static_assert(0 EP_SERVER_ROWS(COUNT7) == 10, "rows");
_Static_assert(0 EP_SERVER_GUARDS(COUNT1) == 2, "guards");
_Static_assert(0 EP_SERVER_ACTIONS(COUNT1) == 6, "actions of the server");
_Static_assert(EP_CLIENT_ONLY == 0 && EP_CLIENT_IN_ANY == 0, "names");
int main(void)
{
    return EP_SESSIONS[0].step_count == 3 && EP_SESSIONS[0].steps[0].len == 18 ? 0 : 1;
}
END
    check "the headers do not compile" \
        "${CC:-cc}" -std=c11 -Wall -Wextra -pedantic -Werror use.c -o use
    check "the session is not what was written" ./use
}

# ---- what is refused ----------------------------------------------------------------------------

refuse_requirements() {
    refuse 's/^- \[EP-FRAME-2\]/- [EP-FRAME-1]/' 'SHOULD be quick' \
        'EP-FRAME-1 is defined twice; see line 4'
    refuse 's/As EP-FRAME-1/As EP-FRAME-9/' 'As EP' 'EP-FRAME-9 is mentioned but defined nowhere'
    refuse 's/SHOULD be/should be/' 'be quick' 'EP-FRAME-2 has no RFC 2119 word (MUST, SHOULD, MAY)'
    refuse 's/^#* *1\(\.2\)*/##/' '^- .EP-FRAME-1' 'EP-FRAME-1 stands under no numbered heading'
    refuse 's/{uncited: .*$/{uncited: }/' '{uncited' 'EP-FRAME-3 is excused without a reason'
    refuse 's/^As EP.*/&/; s/ be quick\. / be {untested: here} quick /' 'be {' \
        'EP-FRAME-2: a reason stands at the end, as {untested: reason}'
    refuse '/EP-FRAME-3. A/{n
s/^/and goes on/
}' '^and goes on' 'a requirement is one line, and this line goes on with the one above'
}

refuse_tables() {
    refuse 's/| a frame |/| |/' '32 MiB' 'cell 4 is empty; write "-" for nothing'
    refuse 's/| a frame |/|/' '32 MiB' 'this row has 4 cells and its header has 5'
    refuse 's/^| limit |/| limits |/' '^| limits' \
        'column 1 of the table "limits" must be called "limit"'
    refuse 's/table: counters/table: meters/' 'table: meters' 'no table is called "meters"'
    refuse 's/table: counters/tables: counters/' '^```$' 'the table "counters" is missing'
    refuse '/table: counters/a\
prose' 'table: counters' 'no table follows the mark "counters"'
    refuse 's/32 MiB/32 MB/' '32 MB' '"32 MB" is not a value like 32 MiB, 1,000,000 or 256'
    refuse 's/1,000,000/1,00/' '1,00 ' '"1,00" is not a value like 32 MiB, 1,000,000 or 256'
    refuse 's/10 s/10/' 'gap_wait' '"10" is not a value like 10 s, 500 ms or 2 min'
    refuse 's/| no | The/| maybe | The/' 'maybe' 'closes is "yes" or "no", not "maybe"'
    refuse 's/`malformed` | yes/`bad-to` | yes/' 'bad-to. | yes' \
        '"bad-to" is in the table "errors" twice'
    refuse 's/`malformed` | yes/`bad.to` | yes/' 'bad.to. | yes' \
        '"bad.to" makes the C name that "bad-to" makes'
    refuse 's/| ping |/| a ping |/' 'a ping' \
        '"a ping" is not a name (letters, digits, dots, dashes, underscores)'
}

refuse_machines() {
    refuse 's/^| closed | \*/| shut | */' '^| shut' 'the server has no state "shut"'
    refuse 's/| new, ready | cut/| new, ready | cat/' '| cat |' 'the server has no input "cat"'
    refuse 's/| forget | closed/| forget | gone/' '| gone |' \
        'next "gone" is not a state, nor "=" for the same one'
    refuse 's/| forget | closed/| forget | closed or new/' 'closed or new' \
        'next "closed or new" is not a state, nor "=" for the same one'
    refuse '/^| \* | \* /d' '| at first |' 'no row covers server state "new", input "data"'
    refuse 's/^| new, ready | cut/| * | cut/' '^| \* | cut' \
        'ambiguous: line 79 covers server state "closed", input "cut" as well'
    refuse '/refuse_stranger/d' 'welcome' \
        'the last row must have guard "-": server state "new", input "auth.v1"'
    refuse 's/`known`/-/' 'refuse_stranger' \
        'this row is never tried: line 72 always holds in server state "new", input "auth.v1"'
    refuse 's/^| \* | \* /| new | * | - | nod | = | EP-FRAME-1 |\
| ready | * | - | nod | = | EP-FRAME-1 |\
&/' '^| \* | \* ' 'this row is never used: more explicit ones cover it'
    refuse 's/| forget | closed/| forget | =/' 'at last' \
        'no path leads from "new" to the state "closed"'
    refuse 's/`known`/`known and good`/' 'and good' \
        'guard "known and good" is not an identifier (a-z, 0-9 and _)'
    refuse 's/| nod |/| - |/' '| any | - | - |' 'action "-" is not an identifier (a-z, 0-9 and _)'
    refuse 's/| nod | = | EP-FRAME-1/| nod | = | FRAME-1/' '| nod |' \
        '"FRAME-1" is not the id of a requirement'
    refuse 's/machine: client rows/machine: client row/' 'client row ' \
        'no table is called "client row"'
}

refuse_blocks() {
    refuse 's/frame twisted/frame simple/' '^```frame simple both' \
        'the frame "simple" is there twice; see line 98'
    refuse 's/both malformed/both wrong/' 'both wrong' \
        'verdict "wrong" is not ok, malformed, invalid or refused'
    refuse 's/both malformed/up malformed/' 'up malformed' 'direction "up" is not c2s, s2c or both'
    refuse 's/c2s ok auth/c2s ok oath/' 'c2s ok oath' '"oath" is not in the table "actions"'
    refuse 's/frame twisted both/frame twisted/' 'frame twisted' \
        'an example is called "frame NAME DIRECTION VERDICT [ACTION] [hex]"'
    refuse 's/00 31 FF/00 31 F/' 'frame bytes' \
        'this block must hold pairs of hexadecimal digits, separated by spaces'
    refuse 's/^T> +500/t> +500/' '^t>' \
        'a line of a session is a letter, "> " and a text, or begins with "--"'
    refuse 's/ragel ties/ragel knots/' 'ragel knots' \
        'a grammar block is called "ragel lexical", "ragel syntax" or "ragel ties"'
    refuse 's/ragel ties/ties/' '^```$' 'there is no block "ragel ties"'
    refuse '$d' '```session' 'this block is never closed'
}

# ---- trace.awk ----------------------------------------------------------------------------------

trace() { # what it must say on standard error, or nothing
    awk -f "$spec/trace.awk" gen/requirements.tsv $(find src -type f | LC_ALL=C sort) \
        gen/server_machine.h gen/client_machine.h > matrix.txt 2> errors.txt
    status=$?
    if [ -z "$1" ]; then
        check "trace complains: $(cat errors.txt)" test "$status" -eq 0
    else
        check "trace should say \"$1\"" grep -q -x -F -e "$1" errors.txt
        check "trace should fail" test "$status" -eq 1
    fi
}

check_trace() {
    mkdir -p src/test
    : > src/test/empty.c
    trace 'spec/protocol.md:4: EP-FRAME-1 is a MUST that no test cites'
    echo '/* obeys EP-FRAME-1, and XEP-FRAME-8 is something else */' > src/test/test.c
    trace ''
    check "the tables do not count as code" \
        grep -q '^EP-FRAME-1 .*machine.h:[0-9]* (table) *src/test/test.c:1$' matrix.txt
    echo 'x EP-FRAME-1.' > src/code.c
    trace ''
    check "code does not come before the tables" \
        grep -q '^EP-FRAME-1 *MUST *src/code.c:1 *src/test/test.c:1$' matrix.txt
    check "a reason is not shown" grep -q '^EP-FRAME-3 .*{nor I}$' matrix.txt
    echo ' EP-FRAME-7' >> src/code.c
    trace 'src/code.c:2: EP-FRAME-7 is not in spec/protocol.md'
}

# ---- every awk of this machine ------------------------------------------------------------------

for awk in awk mawk gawk original-awk "busybox awk"; do
    command -v "${awk%% *}" > /dev/null || continue
    if [ ! -d gen ]; then
        check "$awk refuses the good protocol" extract "$awk" good.md gen
        check_contents
        check_headers
        check_trace
    fi
    for locale in C C.UTF-8; do
        LC_ALL=$locale
        export LC_ALL
        check "$awk refuses the good protocol in $locale" extract "$awk" good.md other
        check "$awk complains" test ! -s errors.txt
        check "$awk in $locale writes something else" diff -r gen other
    done
    refuse_requirements
    refuse_tables
    refuse_machines
    refuse_blocks
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
