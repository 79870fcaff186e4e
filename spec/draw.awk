# Writes the parts of gen/ that other tools read: pictures of the machines (Graphviz, Mermaid), the
# machines for a Promela model, and the dictionary of the fuzzers. Called by emit_all() in emit.awk.

# ---- pictures -----------------------------------------------------------------------------------

# A row that refuses or ignores and stays where it is would only hide the others in a picture.
function is_drawn(m, n) {
    return edge_state[m, n] != edge_next[m, n] || \
        action_of(m, n) !~ /^(refuse|reject|ignore|drop|count)/
}

# One arrow for each pair of states: arrow_from, arrow_to, arrow_label (inputs separated by ", ").
function collect_arrows(m,   n, s, e, seen, at) {
    arrow_count = 0
    for (n = 1; n <= edge_count[m]; n++) {
        if (!is_drawn(m, n))
            continue
        s = edge_state[m, n]
        e = edge_next[m, n]
        if (!((s, e) in at)) {
            at[s, e] = ++arrow_count
            arrow_from[arrow_count] = s
            arrow_to[arrow_count] = e
            arrow_label[arrow_count] = ""
        }
        if (!((s, e, edge_input[m, n]) in seen)) {
            seen[s, e, edge_input[m, n]] = 1
            add_label(at[s, e], cell[m " inputs", edge_input[m, n], 1])
        }
    }
}

function add_label(arrow, input) {
    arrow_label[arrow] = arrow_label[arrow] (arrow_label[arrow] == "" ? "" : ", ") input
}

# Breaks a list of inputs into lines of about 30 columns, with air at both sides, for Graphviz.
function wrap_label(text,   n, p, i, line, all) {
    n = split(text, p, ", ")
    for (i = 1; i <= n; i++) {
        if (line != "" && length(line p[i]) > 30) {
            all = all "   " line "   \\n"
            line = ""
        }
        line = line (line == "" ? "" : " ") p[i] (i < n ? "," : "")
    }
    return all "   " line "   "
}

function emit_dot(m,   s, a) {
    open_file(m ".dot", "// ", "")
    put("digraph " m " {")
    put("    graph [bgcolor=transparent, nodesep=0.5, ranksep=0.7]")
    put("    node [shape=box, style=rounded, fontname=\"Helvetica\", fontsize=13]")
    put("    edge [fontname=\"Helvetica\", fontsize=10, arrowsize=0.7]")
    put("    start [shape=point, width=0.12, label=\"\"]")
    put("    start -> \"" cell[m " states", 1, 1] "\"")
    for (s = 1; s <= row_count[m " states"]; s++)
        put("    \"" cell[m " states", s, 1] "\"")
    collect_arrows(m)
    for (a = 1; a <= arrow_count; a++)
        put("    \"" cell[m " states", arrow_from[a], 1] "\" -> \"" \
            cell[m " states", arrow_to[a], 1] "\" [label=\"" wrap_label(arrow_label[a]) "\"]")
    put("}")
    close(target)
}

function emit_mermaid() {
    open_file("machines.mmd", "%% ", "")
    put("stateDiagram-v2")
    emit_mermaid_machine("server")
    emit_mermaid_machine("client")
    close(target)
}

function emit_mermaid_machine(m,   s, a) {
    put("    state " m " {")
    for (s = 1; s <= row_count[m " states"]; s++)
        put("        state \"" cell[m " states", s, 1] "\" as " m "_" state_id(m, s))
    put("        [*] --> " m "_" state_id(m, 1))
    collect_arrows(m)
    for (a = 1; a <= arrow_count; a++)
        put("        " m "_" state_id(m, arrow_from[a]) " --> " m "_" state_id(m, arrow_to[a]) \
            " : " arrow_label[a])
    put("    }")
}

# ---- Promela ------------------------------------------------------------------------------------

# For each input an inline, server_on_INPUT(state), over all states. The model that includes this
# defines, for the inputs it uses, each guard as `#define S_GUARD_name condition` and each action as
# `inline S_DO_name()`; what it never uses costs nothing, for an inline is text until it is used.
function emit_promela() {
    open_file("machines.pml", "/* ", " */")
    emit_promela_machine("server", "S_")
    emit_promela_machine("client", "C_")
    close(target)
}

# Spin numbers an mtype from its end; the list is written backwards, so the first is the least.
function emit_promela_machine(m, p,   s, i) {
    put("")
    for (s = row_count[m " states"]; s >= 1; s--)
        put((s == row_count[m " states"] ? "mtype = { " : "          ") p state_id(m, s) \
            (s > 1 ? "," : " };"))
    put("#define " p "INITIAL " p state_id(m, 1))
    put("#define " p "ROW_COUNT " edge_count[m])
    for (i = 1; i <= row_count[m " inputs"]; i++)
        emit_promela_input(m, p, i)
}

function emit_promela_input(m, p, i,   s) {
    put("")
    put("inline " m "_on_" input_id(m, i) "(state)")
    put("{")
    put("    if")
    for (s = 1; s <= row_count[m " states"]; s++) {
        put("    :: state == " p state_id(m, s) " ->")
        emit_promela_cell(m, p, s, i)
    }
    put("    fi")
    put("}")
}

# The rows of a cell are tried in order: if, else if, ..., else.
function emit_promela_cell(m, p, s, i,   n, first, last, ends) {
    first = cell_first[m, s, i] + 1
    last = first + cell_rows[m, s, i] - 1
    for (n = first; n <= last; n++) {
        put("        /* row " n - 1 ", line " line_of(m, n) ": " cited_by(m, n) " */")
        if (n < last)
            put("        if :: (" p "GUARD_" guard_of(m, n) ") -> " promela_row(m, p, n) \
                "\n        :: else ->")
        else
            put("        " promela_row(m, p, n))
        ends = ends (n > first ? " fi" : "")
    }
    if (ends != "")
        put("       " ends)
}

function promela_row(m, p, n) {
    return p "DO_" action_of(m, n) "()" \
        (edge_next[m, n] == edge_state[m, n] ? "" : "; state = " p state_id(m, edge_next[m, n]))
}

# ---- the dictionary of the fuzzers --------------------------------------------------------------

# Every quoted word as it is in a bare frame, and as it is in an enveloped one.
function emit_dictionary(   n, last, r, text) {
    open_file("epigeon.dict", "# ", "")
    put("end_of_frame=\"\\x0C\"")
    text = "{ } [ ] : , \" \\ true false null 0 -1 1e9 {} []"
    last = split(text, parts, " ")
    for (n = 1; n <= last; n++)
        put("\"" dict_escape(parts[n]) "\"")
    for (r = 1; r <= row_count["actions"]; r++)
        put_word("action", cell["actions", r, 1])
    for (r = 1; r <= row_count["errors"]; r++)
        put_word("error", cell["errors", r, 1])
    for (n = 1; n <= frame_count; n++)
        if (!frame_hex[n])
            put_keys(frame_text[n])
    close(target)
}

# Every `"key":` of a text, whatever the depth of its escaping.
function put_keys(text,   key) {
    while (match(text, /"[A-Za-z_][A-Za-z0-9_.-]*\\*" *:/)) {
        key = substr(text, RSTART + 1, RLENGTH - 1)
        text = substr(text, RSTART + RLENGTH)
        match(key, /^[A-Za-z0-9_.-]+/)
        put_word("key", substr(key, 1, RLENGTH))
    }
}

function put_word(kind, word) {
    if (word in word_put)
        return
    word_put[word] = 1
    put(kind "_" tolower(c_name(word)) "=\"" dict_escape("\"" word "\"") "\"")
    put(kind "_" tolower(c_name(word)) "_enveloped=\"" dict_escape("\\\"" word "\\\"") "\"")
}

function dict_escape(text,   i, c, all) {
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        all = all (c == "\"" || c == "\\" ? "\\" : "") c
    }
    return all
}
