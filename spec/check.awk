# Checks what extract.awk collected from spec/protocol.md, and expands the machines: after
# check_machine("server") every (state, input) cell has its rows, in the order of the tables.
# Nothing is written here; emit.awk, which writes, is called only if no check failed.

# ---- checking: requirements ---------------------------------------------------------------------

function check_requirements(   n) {
    for (n = 1; n <= requirement_count; n++) {
        if (requirement_level[n] == "")
            fail(requirement_line[n], requirement_id[n] " has no RFC 2119 word (MUST, SHOULD, MAY)")
        if (requirement_section[n] == "")
            fail(requirement_line[n], requirement_id[n] " stands under no numbered heading")
    }
    for (n = 1; n <= mention_count; n++)
        if (!(mention_id[n] in requirement_at))
            fail(mention_line[n], mention_id[n] " is mentioned but defined nowhere")
    if (requirement_count == 0)
        fail(last_line, "there are no requirements")
}

# ---- checking: tables ---------------------------------------------------------------------------

function c_name(name) {
    gsub(/[^A-Za-z0-9]/, "_", name)
    return toupper(name)
}

# The name in the first cell of a row: well-formed, and new both as a name and as a C name.
function check_name(name_of_table, r,   name, line, key) {
    name = cell[name_of_table, r, 1]
    line = row_line[name_of_table, r]
    key = name_of_table SUBSEP c_name(name)
    if (name !~ /^[A-Za-z][A-Za-z0-9._-]*$/)
        fail(line, "\"" name "\" is not a name (letters, digits, dots, dashes, underscores)")
    else if (!(key in name_at))
        name_at[key] = r
    else if (cell[name_of_table, name_at[key], 1] != name)
        fail(line, "\"" name "\" makes the C name that \"" cell[name_of_table, name_at[key], 1] \
            "\" makes")
    else if (name_of_table != "actions")
        fail(line, "\"" name "\" is in the table \"" name_of_table "\" twice")
}

function check_tables(   i, n, r, name, names) {
    n = split("actions errors limits timers counters", names, " ")
    for (i = 1; i <= n; i++) {
        name = names[i]
        if (row_count[name] == 0)
            fail(last_line, "the table \"" name "\" is missing")
        for (r = 1; r <= row_count[name]; r++) {
            check_name(name, r)
            if (name == "errors" && cell[name, r, 2] !~ /^(yes|no)$/)
                fail(row_line[name, r], "closes is \"yes\" or \"no\", not \"" cell[name, r, 2] "\"")
            if (name == "limits")
                check_number(name, r, limit_value(cell[name, r, 2]), "32 MiB, 1,000,000 or 256")
            if (name == "timers")
                check_number(name, r, timer_value(cell[name, r, 2]), "10 s, 500 ms or 2 min")
        }
    }
}

function check_number(name, r, number, examples) {
    number_of[name, r] = number
    if (number < 0)
        fail(row_line[name, r], "\"" cell[name, r, 2] "\" is not a value like " examples)
}

# Each turns what people write into a plain number, or -1.
function limit_value(text,   p, n) {
    n = split(text, p, " ")
    if (n == 1)
        return plain_number(p[1])
    if (n != 2 || p[2] !~ /^(KiB|MiB|GiB)$/)
        return -1
    return plain_number(p[1]) * (p[2] == "KiB" ? 1024 : p[2] == "MiB" ? 1048576 : 1073741824)
}

function timer_value(text,   p) {
    if (split(text, p, " ") != 2 || p[2] !~ /^(ms|s|min)$/)
        return -1
    return plain_number(p[1]) * (p[2] == "ms" ? 1 : p[2] == "s" ? 1000 : 60000)
}

function plain_number(text) {
    if (text !~ /^([0-9]+|[0-9][0-9]?[0-9]?(,[0-9][0-9][0-9])+)$/)
        return -1
    gsub(/,/, "", text)
    return text + 0
}

# ---- checking: machines -------------------------------------------------------------------------

# Sets edge_count[m] and, for each row of each cell in order, edge_state, edge_input, edge_row and
# edge_next; for each cell, cell_first (counted from 0) and cell_rows.
function check_machine(m,   errors_before, s, i) {
    errors_before = error_count
    check_names(m, "state")
    check_names(m, "input")
    if (row_count[m " rows"] == 0)
        fail(last_line, "the table \"" m " rows\" is missing")
    if (error_count > errors_before)
        return
    check_rows(m)
    if (error_count > errors_before)
        return
    for (s = 1; s <= row_count[m " states"]; s++)
        for (i = 1; i <= row_count[m " inputs"]; i++)
            fill_cell(m, s, i)
    if (error_count > errors_before)
        return
    check_every_row_used(m)
    check_reachable(m)
}

function check_names(m, kind,   name, r) {
    name = m " " kind "s"
    if (row_count[name] == 0)
        fail(last_line, "the table \"" name "\" is missing")
    for (r = 1; r <= row_count[name]; r++) {
        check_name(name, r)
        place[m, kind, cell[name, r, 1]] = r
    }
}

function check_rows(m,   name, r) {
    name = m " rows"
    for (r = 1; r <= row_count[name]; r++) {
        explicit_state[m, r] = mark_names(m, "state", r, cell[name, r, 1])
        explicit_input[m, r] = mark_names(m, "input", r, cell[name, r, 2])
        check_identifier(name, r, "guard", cell[name, r, 3], cell[name, r, 3] == "-")
        check_identifier(name, r, "action", cell[name, r, 4], 0)
        check_next(m, r, cell[name, r, 5])
        cell[name, r, 6] = check_citations(row_line[name, r], cell[name, r, 6])
    }
}

# Marks the states (or inputs) that a row names; returns 0 if it names them all by `*`.
function mark_names(m, kind, r, text,   n, names, i) {
    if (text == "*")
        return 0
    n = split(text, names, / *, */)
    for (i = 1; i <= n; i++)
        if ((m, kind, names[i]) in place)
            marked[m, kind, r, place[m, kind, names[i]]] = 1
        else
            fail(row_line[m " rows", r], "the " m " has no " kind " \"" names[i] "\"")
    return 1
}

function check_identifier(name, r, column, text, excused) {
    if (!excused && text !~ /^[a-z_][a-z0-9_]*$/)
        fail(row_line[name, r], column " \"" text "\" is not an identifier (a-z, 0-9 and _)")
}

function check_next(m, r, text) {
    if (text != "=" && !((m, "state", text) in place))
        fail(row_line[m " rows", r], "next \"" text "\" is not a state, nor \"=\" for the same one")
}

# Returns the ids separated by ", "; that each is defined is seen with the mentions.
function check_citations(line, text,   n, ids, i, tidy) {
    gsub(/[][]/, "", text)
    n = split(text, ids, / *, */)
    for (i = 1; i <= n; i++) {
        if (ids[i] !~ ("^" id_pattern "$"))
            fail(line, "\"" ids[i] "\" is not the id of a requirement")
        tidy = tidy (i > 1 ? ", " : "") ids[i]
    }
    return tidy
}

# Names beat `*`: 2 for a row that names state and input, 1 for one of them, 0 for `*` twice.
function rank_of(m, r) {
    return explicit_state[m, r] + explicit_input[m, r]
}

function applies(m, r, s, i) {
    return (!explicit_state[m, r] || (m, "state", r, s) in marked) && \
        (!explicit_input[m, r] || (m, "input", r, i) in marked)
}

function fill_cell(m, s, i,   r, best, by_state, by_input, first) {
    best = -1
    for (r = 1; r <= row_count[m " rows"]; r++)
        if (applies(m, r, s, i) && rank_of(m, r) > best)
            best = rank_of(m, r)
    first = edge_count[m] + 1
    for (r = 1; r <= row_count[m " rows"]; r++)
        if (applies(m, r, s, i) && rank_of(m, r) == best) {
            add_edge(m, s, i, r)
            by_state = explicit_state[m, r] ? r : by_state
            by_input = explicit_input[m, r] ? r : by_input
        }
    cell_first[m, s, i] = first - 1
    cell_rows[m, s, i] = edge_count[m] - first + 1
    if (best < 0)
        fail(row_line[m " states", s], "no row covers " cell_name(m, s, i))
    else if (best == 1 && by_state && by_input)
        fail(row_line[m " rows", by_input], "ambiguous: line " row_line[m " rows", by_state] \
            " covers " cell_name(m, s, i) " as well")
    else
        check_guards(m, s, i, first)
}

function cell_name(m, s, i) {
    return m " state \"" cell[m " states", s, 1] "\", input \"" cell[m " inputs", i, 1] "\""
}

function add_edge(m, s, i, r,   n, next_name) {
    n = ++edge_count[m]
    next_name = cell[m " rows", r, 5]
    edge_state[m, n] = s
    edge_input[m, n] = i
    edge_row[m, n] = r
    edge_next[m, n] = next_name == "=" ? s : place[m, "state", next_name]
    row_used[m, r] = 1
}

# The rows of one cell are tried in order: the last is for always, and only the last.
function check_guards(m, s, i, first,   n, r) {
    for (n = first; n <= edge_count[m]; n++) {
        r = edge_row[m, n]
        if (n < edge_count[m] && cell[m " rows", r, 3] == "-")
            fail(row_line[m " rows", edge_row[m, n + 1]], "this row is never tried: line " \
                row_line[m " rows", r] " always holds in " cell_name(m, s, i))
        if (n == edge_count[m] && cell[m " rows", r, 3] != "-")
            fail(row_line[m " rows", r], "the last row must have guard \"-\": " cell_name(m, s, i))
    }
}

function check_every_row_used(m,   r) {
    for (r = 1; r <= row_count[m " rows"]; r++)
        if (!((m, r) in row_used))
            fail(row_line[m " rows", r], "this row is never used: more explicit ones cover it")
}

function check_reachable(m,   n, s, news) {
    reached[m, 1] = 1
    do {
        news = 0
        for (n = 1; n <= edge_count[m]; n++)
            if ((m, edge_state[m, n]) in reached && !((m, edge_next[m, n]) in reached)) {
                reached[m, edge_next[m, n]] = 1
                news = 1
            }
    } while (news)
    for (s = 1; s <= row_count[m " states"]; s++)
        if (!((m, s) in reached))
            fail(row_line[m " states", s], "no path leads from \"" cell[m " states", 1, 1] \
                "\" to the state \"" cell[m " states", s, 1] "\"")
}

# ---- checking: grammar, examples, sessions ------------------------------------------------------

function check_blocks(   n) {
    check_grammar("lexical")
    check_grammar("syntax")
    check_grammar("ties")
    for (n = 1; n <= frame_count; n++)
        check_frame(n)
    for (n = 1; n <= session_count; n++)
        check_session(n)
    if (frame_count == 0 || session_count == 0)
        fail(last_line, "there must be an example and a worked session at least")
}

function check_grammar(name) {
    if (grammar[name] == "")
        fail(last_line, "there is no block \"ragel " name "\"")
}

function check_block_name(kind, line, name) {
    if ((kind, name) in block_at)
        fail(line, "the " kind " \"" name "\" is there twice; see line " block_at[kind, name])
    else if (name !~ /^[A-Za-z0-9][A-Za-z0-9._\/-]*$/)
        fail(line, "\"" name "\" is not a name for a " kind)
    else
        block_at[kind, name] = line
}

function check_frame(n,   line) {
    line = frame_line[n]
    check_block_name("frame", line, frame_name[n])
    if (frame_direction[n] !~ /^(c2s|s2c|both)$/)
        fail(line, "direction \"" frame_direction[n] "\" is not c2s, s2c or both")
    if (frame_verdict[n] !~ /^(ok|malformed|invalid|refused)$/)
        fail(line, "verdict \"" frame_verdict[n] "\" is not ok, malformed, invalid or refused")
    if (frame_action[n] != "" && !(("actions" SUBSEP c_name(frame_action[n])) in name_at))
        fail(line, "\"" frame_action[n] "\" is not in the table \"actions\"")
    if (frame_hex[n] && frame_text[n] !~ /^ *([0-9A-Fa-f][0-9A-Fa-f] +)*[0-9A-Fa-f][0-9A-Fa-f] *$/)
        fail(line, "this block must hold pairs of hexadecimal digits, separated by spaces")
    else if (frame_units(n) > 4095)
        fail(line, "an example is at most 4,095 bytes long, as C literals are")
}

function check_session(n,   i) {
    check_block_name("session", session_line[n], session_name[n])
    if (step_count[n] == 0)
        fail(session_line[n], "the session \"" session_name[n] "\" has no steps")
    for (i = 1; i <= step_count[n]; i++)
        if (wire_units(step_text[n, i]) > 4095)
            fail(step_line[n, i], "a step is at most 4,095 bytes long, as C literals are")
}
