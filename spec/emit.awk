# Writes gen/ from what extract.awk collected and check.awk found good: C headers made of X-macros,
# Ragel grammars, pictures, Promela, a fuzz dictionary. Shape of the C: an X-macro lists a table,
# one X(...) a row; an enum lists the same names. Start at emit_all().

function emit_all() {
    if (out == "")
        out = "gen"
    emit_grammar("lexical")
    emit_grammar("syntax")
    emit_grammar("ties")
    emit_tables()
    emit_machine("server")
    emit_machine("client")
    emit_requirements()
    emit_registry()
    emit_vectors()
    emit_sessions()
    emit_dot("server")
    emit_dot("client")
    emit_mermaid()
    emit_promela()
    emit_dictionary()
}

# ---- files --------------------------------------------------------------------------------------

function open_file(name, opening, closing) {
    target = out "/" name
    put(opening "generated from spec/protocol.md by spec/extract.awk; do not edit" closing)
}

function put(text) {
    print text > target
}

function open_header(name) {
    open_file(name, "/* ", " */")
    put("#ifndef EP_GEN_" c_name(name))
    put("#define EP_GEN_" c_name(name))
    put("")
}

function close_header() {
    put("#endif")
    close(target)
}

# An X-macro: open, rows, close. Each row ends with a backslash, so an empty line ends the macro.
# Whatever is put into a header ends with one empty line.
function open_macro(name) {
    put("#define " name "(X) \\")
}

function put_row(text) {
    put("    X(" text ") \\")
}

function close_macro() {
    put("")
}

# ---- C literals ---------------------------------------------------------------------------------

# Characters in a byte awk (mawk) are bytes and in others may be UTF-8: both must count alike.
function prepare_characters(   n) {
    for (n = 1; n < 128; n++)
        code_of[sprintf("%c", n)] = n
    counts_bytes = length("é") == 2
    for (n = 128; counts_bytes && n < 192; n++)
        continuation[sprintf("%c", n)] = 1
}

function bytes_in(c) {
    if (counts_bytes || c in code_of)
        return 1
    return c < sprintf("%c", 2048) ? 2 : c < sprintf("%c", 65536) ? 3 : 4
}

# How one byte is written in a C literal. Octal, because a hex escape would swallow what follows;
# "\?" because of trigraphs.
function c_byte(code) {
    if (code == 9) return "\\t"
    if (code == 12) return "\\f"
    if (code == 34 || code == 63 || code == 92) return "\\" sprintf("%c", code)
    return code < 32 || code > 126 ? sprintf("\\%03o", code) : sprintf("%c", code)
}

function add_unit(text, columns_wide) {
    unit[++unit_count] = text
    unit_width[unit_count] = columns_wide
}

# Cuts a text into unit[1..unit_count], none of which may be cut again; returns its length in bytes.
function text_units(text,   i, c, bytes) {
    unit_count = 0
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        bytes += bytes_in(c)
        if (c in code_of)
            add_unit(c_byte(code_of[c]), length(c_byte(code_of[c])))
        else if (c in continuation)
            unit[unit_count] = unit[unit_count] c
        else
            add_unit(c, 1)
    }
    return bytes + 0
}

function hex_units(text,   n, pairs, i, code) {
    unit_count = 0
    n = split(tolower(text), pairs, " ")
    for (i = 1; i <= n; i++) {
        code = 16 * (index("0123456789abcdef", substr(pairs[i], 1, 1)) - 1)
        code += index("0123456789abcdef", substr(pairs[i], 2, 1)) - 1
        add_unit(c_byte(code), length(c_byte(code)))
    }
    return n
}

function wire_units(text) {
    gsub(/␌/, "\f", text)
    return text_units(text)
}

function frame_units(n) {
    return frame_hex[n] ? hex_units(frame_text[n]) : wire_units(frame_text[n])
}

# The units as one C literal, in pieces of a line each with `joint` between them.
function literal(joint,   i, piece, piece_width, all) {
    for (i = 1; i <= unit_count; i++) {
        if (piece_width + unit_width[i] > 84) {
            all = all "\"" piece "\"" joint
            piece = ""
            piece_width = 0
        }
        piece = piece unit[i]
        piece_width += unit_width[i]
    }
    return all "\"" piece "\""
}

# A literal inside an X-macro; a long one begins on a line of its own.
function quoted(text) {
    return text_units(text) > 60 ? macro_literal() : literal("")
}

function macro_literal() {
    return " \\\n        " literal(" \\\n        ")
}

function number_literal(n) {
    return sprintf("%.0f", n) (n > 4294967295 ? "ull" : "u")
}

# ---- grammar, tables ----------------------------------------------------------------------------

function emit_grammar(name) {
    open_file(name ".rl", "/* ", " */")
    put("%%{")
    put("machine epigeon_" name ";")
    put("")
    printf "%s", grammar[name] > target
    put("}%%")
    close(target)
}

function emit_tables() {
    open_header("tables.h")
    emit_actions()
    emit_errors()
    emit_limits()
    emit_timers()
    emit_counters()
    close_header()
}

# Rows of a table with a new name; check.awk noted in name_at where a name is first mentioned.
function is_first(name, r) {
    return name_at[name, c_name(cell[name, r, 1])] == r
}

function id_and_name(name, r) {
    return c_name(cell[name, r, 1]) ", \"" cell[name, r, 1] "\""
}

# X-macros list names, enums make them; `zero` is a name for 0 that is in no table.
function put_enum(tag, prefix, zero, name, count,   r) {
    put("typedef enum " tag " {")
    if (zero != "")
        put("    " prefix zero " = 0,")
    for (r = 1; r <= row_count[name]; r++)
        if (is_first(name, r))
            put("    " prefix c_name(cell[name, r, 1]) ",")
    put("    " count)
    put("} " tag ";")
    put("")
}

function emit_actions(   r) {
    open_macro("EP_ACTIONS")
    for (r = 1; r <= row_count["actions"]; r++)
        if (is_first("actions", r))
            put_row(id_and_name("actions", r))
    close_macro()
    put_enum("ep_action", "EP_ACTION_", "UNKNOWN", "actions", "EP_ACTION_COUNT")
}

# X(id, name, closes, sentence)
function emit_errors(   r) {
    open_macro("EP_ERRORS")
    for (r = 1; r <= row_count["errors"]; r++)
        put_row(id_and_name("errors", r) ", " (cell["errors", r, 2] == "yes") ", " \
            quoted(cell["errors", r, 3]))
    close_macro()
    put_enum("ep_error", "EP_ERROR_", "NONE", "errors", "EP_ERROR_COUNT")
}

# X(id, name, default, unit, what happens when full)
function emit_limits(   r) {
    for (r = 1; r <= row_count["limits"]; r++)
        put("#define EP_LIMIT_" c_name(cell["limits", r, 1]) " " \
            number_literal(number_of["limits", r]))
    put("")
    open_macro("EP_LIMITS")
    for (r = 1; r <= row_count["limits"]; r++)
        put_row(id_and_name("limits", r) ", " number_literal(number_of["limits", r]) ", " \
            quoted(cell["limits", r, 3]) ", " quoted(cell["limits", r, 5]))
    close_macro()
}

# X(id, name, milliseconds, side, meaning)
function emit_timers(   r) {
    for (r = 1; r <= row_count["timers"]; r++)
        put("#define EP_TIMER_" c_name(cell["timers", r, 1]) "_MS " \
            number_literal(number_of["timers", r]))
    put("")
    open_macro("EP_TIMERS")
    for (r = 1; r <= row_count["timers"]; r++)
        put_row(id_and_name("timers", r) ", " number_literal(number_of["timers", r]) ", " \
            quoted(cell["timers", r, 3]) ", " quoted(cell["timers", r, 4]))
    close_macro()
    put_enum("ep_timer", "EP_TIMER_", "", "timers", "EP_TIMER_COUNT")
}

# X(id, name, meaning)
function emit_counters(   r) {
    open_macro("EP_COUNTERS")
    for (r = 1; r <= row_count["counters"]; r++)
        put_row(id_and_name("counters", r) ", " quoted(cell["counters", r, 2]))
    close_macro()
    put_enum("ep_counter", "EP_COUNTER_", "", "counters", "EP_COUNTER_COUNT")
}

# ---- machines -----------------------------------------------------------------------------------

function state_id(m, s) { return c_name(cell[m " states", s, 1]) }
function input_id(m, i) { return c_name(cell[m " inputs", i, 1]) }
function guard_of(m, n,   guard) {
    guard = cell[m " rows", edge_row[m, n], 3]
    return guard == "-" ? "always" : guard
}
function action_of(m, n) { return cell[m " rows", edge_row[m, n], 4] }
function cited_by(m, n) { return cell[m " rows", edge_row[m, n], 6] }
function line_of(m, n) { return row_line[m " rows", edge_row[m, n]] }

function emit_machine(m,   ep) {
    ep = "EP_" toupper(m)
    open_header(m "_machine.h")
    emit_names(m " states", ep "_STATES")
    put_enum("ep_" m "_state", ep "_", "", m " states", ep "_STATE_COUNT")
    emit_names(m " inputs", ep "_INPUTS")
    put_enum("ep_" m "_input", ep "_IN_", "", m " inputs", ep "_INPUT_COUNT")
    emit_distinct(m, ep)
    emit_rows(m, ep)
    emit_cells(m, ep)
    close_header()
}

function emit_names(name, macro,   r) {
    open_macro(macro)
    for (r = 1; r <= row_count[name]; r++)
        put_row(id_and_name(name, r))
    close_macro()
}

# Every guard and every action once, in the order of the rows.
function emit_distinct(m, ep,   n, seen) {
    open_macro(ep "_GUARDS")
    for (n = 1; n <= edge_count[m]; n++)
        if (!(("guard", guard_of(m, n)) in seen)) {
            seen["guard", guard_of(m, n)] = 1
            put_row(guard_of(m, n))
        }
    close_macro()
    open_macro(ep "_ACTIONS")
    for (n = 1; n <= edge_count[m]; n++)
        if (!(("action", action_of(m, n)) in seen)) {
            seen["action", action_of(m, n)] = 1
            put_row(action_of(m, n))
        }
    close_macro()
}

# X(state, input, guard, action, next, requirements, line)
function emit_rows(m, ep,   n) {
    open_macro(ep "_ROWS")
    for (n = 1; n <= edge_count[m]; n++)
        put_row(state_id(m, edge_state[m, n]) ", " input_id(m, edge_input[m, n]) ", " \
            guard_of(m, n) ", " action_of(m, n) ", " state_id(m, edge_next[m, n]) ", \"" \
            cited_by(m, n) "\", " line_of(m, n))
    close_macro()
}

# X(state, input, first row, number of rows)
function emit_cells(m, ep,   s, i) {
    open_macro(ep "_CELLS")
    for (s = 1; s <= row_count[m " states"]; s++)
        for (i = 1; i <= row_count[m " inputs"]; i++)
            put_row(state_id(m, s) ", " input_id(m, i) ", " \
                cell_first[m, s, i] ", " cell_rows[m, s, i])
    close_macro()
}

# ---- requirements -------------------------------------------------------------------------------

# X(id, level, section, sentence, line)
function emit_requirements(   n) {
    open_header("requirements.h")
    open_macro("EP_REQUIREMENTS")
    for (n = 1; n <= requirement_count; n++)
        put_row("\"" requirement_id[n] "\", " requirement_level[n] ", \"" \
            requirement_section[n] "\", " quoted(requirement_text[n]) ", " requirement_line[n])
    close_macro()
    close_header()
}

function emit_registry(   n, text, tab) {
    tab = "\t"
    open_file("requirements.tsv", "# ", "")
    put("# id" tab "level" tab "section" tab "line" tab "untested" tab "uncited" tab "sentence")
    for (n = 1; n <= requirement_count; n++) {
        text = requirement_text[n]
        gsub(/\t/, " ", text)
        put(requirement_id[n] tab requirement_level[n] tab requirement_section[n] tab \
            requirement_line[n] tab untested[n] tab uncited[n] tab text)
    }
    close(target)
}

# ---- examples and sessions ----------------------------------------------------------------------

# X(name, direction, verdict, action, bytes, length, line)
function emit_vectors(   n, bytes) {
    open_header("vectors.h")
    open_macro("EP_VECTORS")
    for (n = 1; n <= frame_count; n++) {
        bytes = frame_units(n)
        put_row("\"" frame_name[n] "\", " frame_direction[n] ", " frame_verdict[n] ", " \
            (frame_action[n] == "" ? "UNKNOWN" : c_name(frame_action[n])) "," \
            macro_literal() ", " bytes ", " frame_line[n])
    }
    close_macro()
    close_header()
}

function emit_sessions(   n) {
    open_header("sessions.h")
    put("#include <stdint.h>")
    put("")
    put("struct ep_session_step {")
    put("    char kind; /* 'C' and 'S' are frames of the client and the server */")
    put("    const char *bytes;")
    put("    uint32_t len;")
    put("    uint32_t line; /* in spec/protocol.md */")
    put("};")
    put("")
    put("struct ep_session {")
    put("    const char *name;")
    put("    const struct ep_session_step *steps;")
    put("    uint32_t step_count;")
    put("};")
    put("")
    for (n = 1; n <= session_count; n++)
        emit_steps(n)
    emit_session_list()
    close_header()
}

function emit_steps(n,   i, bytes) {
    put("static const struct ep_session_step ep_session_" n "_steps[] = {")
    for (i = 1; i <= step_count[n]; i++) {
        bytes = wire_units(step_text[n, i])
        put("    {'" step_kind[n, i] "',\n     " literal("\n     ") ",\n     " \
            bytes ", " step_line[n, i] "},")
    }
    put("};")
    put("")
}

function emit_session_list(   n) {
    put("static const struct ep_session EP_SESSIONS[] = {")
    for (n = 1; n <= session_count; n++)
        put("    {\"" session_name[n] "\", ep_session_" n "_steps, " step_count[n] "},")
    put("};")
    put("#define EP_SESSION_COUNT " session_count "u")
    put("")
}
