# Reads spec/protocol.md: requirements, tables, machines, grammar and examples. Four files, to be
# read in this order: extract.awk collects, check.awk checks, emit.awk and draw.awk write gen/.
# Errors go to stderr as FILE:LINE: sentence, and if there is one, nothing is written. POSIX awk:
#     awk -v out=gen -f spec/extract.awk -f spec/check.awk -f spec/emit.awk -f spec/draw.awk \
#         spec/protocol.md

BEGIN {
    prepare_columns()
    prepare_characters()
    id_pattern = "EP-[A-Z][A-Z0-9]*-[0-9]+"
}

FNR == 1 { source = FILENAME }
{
    sub(/\r$/, "")
    read_line($0)
    last_line = FNR
}

END {
    finish_reading()
    check_requirements()
    check_tables()
    check_machine("server")
    check_machine("client")
    check_blocks()
    if (error_count > 0)
        exit 1
    emit_all()
}

# `<!-- table: NAME -->` or `<!-- machine: NAME -->`: the columns its header begins with.
function prepare_columns(   machines, i) {
    columns["actions"] = "action|direction|versions|stream|payload|when"
    columns["errors"] = "code|closes|sentence"
    columns["limits"] = "limit|default|unit|bounds|when full"
    columns["timers"] = "timer|default|side|meaning"
    columns["counters"] = "counter|meaning"
    for (i = split("server client", machines, " "); i >= 1; i--) {
        columns[machines[i] " states"] = "state|meaning"
        columns[machines[i] " inputs"] = "input|meaning"
        columns[machines[i] " rows"] = "state|input|guard|action|next|requirement"
    }
}

function fail(line, sentence) {
    print source ":" line ": " sentence > "/dev/stderr"
    error_count++
}

function trim(text) {
    gsub(/^[ \t]+|[ \t]+$/, "", text)
    return text
}

# ---- reading: one line at a time ----------------------------------------------------------------

function read_line(text) {
    note_mentions(text)
    if (fence != "")
        read_fenced(text)
    else if (table_state == "" || !read_table_line(text))
        read_prose(text)
}

function read_prose(text) {
    check_continuation(text)
    if (text ~ /^[ ]*(```|~~~)/)
        open_fence(text)
    else if (text ~ /^#+ /)
        read_heading(text)
    else if (text ~ /^<!-- *(table|machine):/)
        open_table(text)
    else if (text ~ ("^- \\[" id_pattern "\\]"))
        read_requirement(text)
}

# Every id written anywhere must be defined somewhere; note where each is written.
function note_mentions(text,   before) {
    while (match(text, id_pattern)) {
        before = RSTART > 1 ? substr(text, RSTART - 1, 1) : ""
        if (before !~ /[A-Za-z0-9_-]/) {
            mention_count++
            mention_id[mention_count] = substr(text, RSTART, RLENGTH)
            mention_line[mention_count] = FNR
        }
        text = substr(text, RSTART + RLENGTH)
    }
}

function read_heading(text) {
    sub(/^#+ +/, "", text)
    if (match(text, /^([0-9]+|[A-Z]\.[0-9]+)(\.[0-9]+)*[a-z]?/))
        section = substr(text, RSTART, RLENGTH)
}

# A requirement is one line: what Markdown would read as its second line would be lost here.
function check_continuation(text) {
    if (after_requirement && text ~ /[^ \t]/ && text !~ /^ *([-*+]|[0-9]+\.|#+|\||```|~~~|<!--)/)
        fail(FNR, "a requirement is one line, and this line goes on with the one above")
    after_requirement = 0
}

function read_requirement(text,   id, n) {
    after_requirement = 1
    match(text, id_pattern)
    id = substr(text, RSTART, RLENGTH)
    text = trim(substr(text, RSTART + RLENGTH + 1))
    if (id in requirement_at) {
        fail(FNR, id " is defined twice; see line " requirement_line[requirement_at[id]])
        return
    }
    n = ++requirement_count
    requirement_at[id] = n
    requirement_id[n] = id
    requirement_line[n] = FNR
    requirement_section[n] = section
    requirement_text[n] = read_reasons(n, text)
    requirement_level[n] = level_of(requirement_text[n])
}

# Takes ` {untested: reason}` and ` {uncited: reason}` from the end of a requirement.
function read_reasons(n, text,   reason) {
    while (match(text, /[{](untested|uncited):[^{}]*[}]$/)) {
        reason = substr(text, RSTART + 1, RLENGTH - 2)
        text = trim(substr(text, 1, RSTART - 1))
        if (reason ~ /^untested:/)
            untested[n] = trim(substr(reason, 10))
        else
            uncited[n] = trim(substr(reason, 9))
        if (reason ~ /: *$/)
            fail(FNR, requirement_id[n] " is excused without a reason")
    }
    if (text ~ /[{](untested|uncited)/)
        fail(FNR, requirement_id[n] ": a reason stands at the end, as {untested: reason}")
    return text
}

# The first RFC 2119 word decides.
function level_of(text,   n, words, i) {
    n = split(text, words, /[^A-Za-z]+/)
    for (i = 1; i <= n; i++) {
        if (words[i] ~ /^(MUST|SHALL|REQUIRED)$/) return "MUST"
        if (words[i] ~ /^(SHOULD|RECOMMENDED)$/) return "SHOULD"
        if (words[i] ~ /^(MAY|OPTIONAL)$/) return "MAY"
    }
    return ""
}

# ---- reading: tables ----------------------------------------------------------------------------

function open_table(text) {
    sub(/^<!-- *(table|machine): */, "", text)
    sub(/ *--> *$/, "", text)
    if (!(text in columns)) {
        fail(FNR, "no table is called \"" text "\"")
        return
    }
    table = text
    table_state = "header"
    table_line = FNR
}

# Returns 0 for a line that is not part of the table, which is then read as prose.
function read_table_line(text,   n) {
    if (text !~ /^\|/) {
        if (table_state == "rows") {
            table_state = ""
            return 0
        }
        if (table_state == "header" && text ~ /^[ \t]*$/)
            return 1
        fail(table_line, "no table follows the mark \"" table "\"")
        table_state = ""
        return 0
    }
    n = split_row(text)
    if (table_state == "header")
        read_header(n)
    else if (table_state == "separator")
        read_separator(n)
    else
        read_row(n)
    return 1
}

# Splits a row into parts[]; `\|` is a bar in a cell, and backticks are for people.
function split_row(text,   n, i) {
    gsub(/\\\|/, "\001", text)
    sub(/^\|/, "", text)
    sub(/\|[ \t]*$/, "", text)
    n = split(text, parts, "|")
    for (i = 1; i <= n; i++) {
        gsub(/`/, "", parts[i])
        gsub(/\001/, "|", parts[i])
        parts[i] = trim(parts[i])
    }
    return n
}

function read_header(n,   wanted, wanted_count, i) {
    width = n
    table_state = "separator"
    wanted_count = split(columns[table], wanted, "|")
    for (i = 1; i <= wanted_count; i++)
        if (i > n || tolower(parts[i]) != wanted[i]) {
            fail(FNR, "column " i " of the table \"" table "\" must be called \"" wanted[i] "\"")
            return
        }
}

function read_separator(n,   i) {
    table_state = "rows"
    for (i = 1; i <= n; i++)
        if (parts[i] !~ /^:?--*:?$/) {
            fail(FNR, "the second line of a table must be dashes")
            return
        }
}

function read_row(n,   i, r) {
    if (n != width) {
        fail(FNR, "this row has " n " cells and its header has " width)
        return
    }
    r = ++row_count[table]
    row_line[table, r] = FNR
    for (i = 1; i <= n; i++) {
        if (parts[i] == "")
            fail(FNR, "cell " i " is empty; write \"-\" for nothing")
        cell[table, r, i] = parts[i]
    }
}

# ---- reading: fenced blocks ---------------------------------------------------------------------

function open_fence(text,   info) {
    text = trim(text)
    match(text, /^(```+|~~~+)/)
    fence = substr(text, 1, RLENGTH)
    fence_line = FNR
    info = trim(substr(text, RLENGTH + 1))
    block = ""
    word_count = split(info, words, /[ \t]+/)
    if (words[1] == "ragel")
        open_grammar()
    else if (words[1] == "frame")
        open_frame()
    else if (words[1] == "session")
        open_session()
}

function read_fenced(text,   mark) {
    mark = trim(text)
    if (substr(mark, 1, length(fence)) == fence && mark ~ /^(```+|~~~+)$/) {
        fence = ""
        return
    }
    if (block == "ragel")
        grammar[part] = grammar[part] text "\n"
    else if (block == "frame")
        frame_text[frame_count] = frame_text[frame_count] (frame_hex[frame_count] ? " " : "") text
    else if (block == "session")
        read_step(text)
}

function open_grammar() {
    if (word_count != 2 || words[2] !~ /^(lexical|syntax|ties)$/) {
        fail(FNR, "a grammar block is called \"ragel lexical\", \"ragel syntax\" or \"ragel ties\"")
        return
    }
    block = "ragel"
    part = words[2]
    if (part in grammar)
        grammar[part] = grammar[part] "\n"
}

# frame NAME DIRECTION VERDICT [ACTION] [hex]
function open_frame(   n) {
    n = ++frame_count
    frame_line[n] = FNR
    frame_hex[n] = word_count > 4 && words[word_count] == "hex"
    word_count -= frame_hex[n]
    frame_name[n] = words[2]
    frame_direction[n] = words[3]
    frame_verdict[n] = words[4]
    frame_action[n] = word_count > 4 ? words[5] : ""
    block = "frame"
    if (word_count < 4 || word_count > 5)
        fail(FNR, "an example is called \"frame NAME DIRECTION VERDICT [ACTION] [hex]\"")
}

function open_session() {
    block = "session"
    session_name[++session_count] = words[2]
    session_line[session_count] = FNR
    if (word_count != 2)
        fail(FNR, "a worked session is called \"session NAME\"")
}

# C> a frame of the client; S> one of the server; any other letter is for the tests to know.
function read_step(text,   n) {
    if (text ~ /^--/ || text ~ /^[ \t]*$/)
        return
    if (text !~ /^[A-Z]> /) {
        fail(FNR, "a line of a session is a letter, \"> \" and a text, or begins with \"--\"")
        return
    }
    n = ++step_count[session_count]
    step_kind[session_count, n] = substr(text, 1, 1)
    step_text[session_count, n] = substr(text, 4)
    step_line[session_count, n] = FNR
}

function finish_reading() {
    if (fence != "")
        fail(fence_line, "this block is never closed")
    if (table_state == "header" || table_state == "separator")
        fail(table_line, "no table follows the mark \"" table "\"")
}
