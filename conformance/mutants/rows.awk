# The mutants that are generated: every row of a machine's table, with another next state, without its action,
# without its guard. Read first: README.md, and the rows in gen/server_machine.h.
# usage: awk -f rows.awk NEVER gen/server_machine.h              lists them: name, requirements, what is wrong, and,
#                                           when no input reaches the row, why; NEVER is what epigeon-sim --coverage says
#        awk -v mutant=NAME -f rows.awk gen/server_machine.h     the same header, with this one in it

FILENAME ~ /coverage/ {
    why = $0
    sub(/:$/, "", $4)
    if (sub(/.* never  /, "", why)) never[$1, $3, $4] = why
    next
}
/^#define EP_(SERVER|CLIENT)_[A-Z]+\(X\)/ {
    machine = /_SERVER_/ ? "server" : "client"
    block = $2
    sub(/^EP_(SERVER|CLIENT)_/, "", block)
    sub(/\(X\)$/, "", block)
}
!/^    X\(/ { lines[NR] = $0; next }
block == "STATES" || block == "INPUTS" { split($0, part, /[(),"]+ ?/); word[block, part[2]] = part[4] }
block == "ROWS" { rows[++count] = NR }
{ lines[NR] = $0 }

# read_row NR: its columns, into at[].
function read_row(line, text) {
    text = lines[line]
    sub(/^    X\(/, "", text)
    at["requirements"] = text
    sub(/^[^"]*"/, "", at["requirements"])
    sub(/".*/, "", at["requirements"])
    split(text, column, /, /)
    at["state"] = column[1]; at["input"] = column[2]; at["guard"] = column[3]
    at["action"] = column[4]; at["next"] = column[5]
}

# write_row NR: the row of at[] in its place.
function write_row(line, text) {
    text = lines[line]
    sub(/^    X\([^"]*"/, "", text)
    lines[line] = "    X(" at["state"] ", " at["input"] ", " at["guard"] ", " at["action"] ", " at["next"] ", \"" text
}

# A row that moves stays; one that stays goes where nothing is heard any more. Between `idle` and `waiting` there is no
# difference but a clock: instead of one for the other it is `connecting`.
function other_state(wrong) {
    wrong = machine == "client" ? "IDLE" : at["state"] == "CLOSING" ? "GONE" : "CLOSING"
    if (at["next"] != at["state"]) wrong = at["state"]
    if (at["next"] ~ /^(IDLE|WAITING)$/ && wrong ~ /^(IDLE|WAITING)$/) wrong = "CONNECTING"
    return wrong
}

function name_of(state) { return "`" word["STATES", state] "`" }

function lists(kind, what) {
    gsub(/,/, "", at["requirements"])
    printf "%s:%s\t%s\t%s\t%s\n", base, kind, at["requirements"], what, never[machine, at["state"], at["input"]]
}

# change(i, kind): makes row i wrong in this way.
function change(i, kind, guard) {
    if (kind == "target") at["next"] = other_state()
    if (kind == "action") at["action"] = "ignore"
    if (kind == "guard-true") at["guard"] = "always"
    if (kind == "guard-false") read_row(rows[i + 1]) # as if it were not there: the next one of its cell
    write_row(rows[i])
}

# The actions `ignore`, `defer`, `cut` and `leave` do nothing: there is nothing to leave out.
function visit(i, wrong, guard, ids) {
    read_row(rows[i])
    base = machine ":" word["STATES", at["state"]] ":" word["INPUTS", at["input"]]
    if (at["guard"] != "always") base = base ":" at["guard"]
    if (mutant != "") {
        if (index(mutant, base ":") != 1 || substr(mutant, length(base) + 2) ~ /:/) return
        kind = substr(mutant, length(base) + 2)
        if (kind !~ /^(target|action|guard-true|guard-false)$/) return
        found++
        change(i, kind)
        return
    }
    wrong = other_state()
    lists("target", at["next"] == at["state"] ? "goes to " name_of(wrong) ", and must stay" : \
        "stays, and must go to " name_of(at["next"]))
    if (index(" ignore defer cut leave ", " " at["action"] " ") == 0) lists("action", "does not do `" at["action"] "`")
    if (at["guard"] == "always") return
    guard = at["guard"]
    ids = at["requirements"]
    read_row(rows[i + 1]) # what must happen when the guard does not hold
    at["requirements"] = ids (ids == at["requirements"] ? "" : " " at["requirements"])
    lists("guard-true", "does not ask `" guard "`")
    lists("guard-false", "takes `" guard "` for false")
}

END {
    for (i = 1; i <= count; i++) visit(i)
    if (mutant == "") exit
    if (found != 1) { print "There is no mutant " mutant "." >"/dev/stderr"; exit 1 }
    for (i = 1; i <= NR; i++) print lines[i]
}
