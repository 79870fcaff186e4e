# Counts what became of the mutants, and writes SCORE.md. Read first: README.md.
# usage: awk -v mode=--table|--sample|'' -v score=FILE -f score.awk argued.tsv LIST OUTCOME
# LIST and OUTCOME are those of mutation.sh: name, area, requirements, what is wrong, why no input reaches it; OUTCOME has
# the result besides: killed CASE REQUIREMENT | simulator SEED REQUIREMENT | survived | unreachable | broken WHY

BEGIN { FS = "\t" }
/^#/ && FILENAME ~ /argued/ { next }
FILENAME ~ /argued/ {
    parts = split($1, part, " ")
    for (i = 1; i <= parts; i++) {
        glob = part[i]
        gsub(/[.]/, "\\.", glob)
        gsub(/[*]/, ".*", glob)
        gsub(/[?]/, ".", glob)
        arguments++
        pattern[arguments] = "^" glob "$"; kind[arguments] = $2; text[arguments] = $3; as_written[arguments] = part[i]
    }
    next
}
FILENAME ~ /list$/ { for (i = 1; i <= arguments; i++) if ($1 ~ pattern[i]) matched[i]++; next }
{ count++; name[count] = $1; area[count] = $2; listed[count] = $3; fault[count] = $4; reason[count] = $5; said[count] = $6 }

function fails(sentence) { failed++; print sentence }

# argument(i, k): what is said in favour of mutant i, of kind k.
function argument(i, k, n) {
    for (n = 1; n <= arguments; n++) if (kind[n] == k && name[i] ~ pattern[n]) return text[n]
    return ""
}

function is_right(i) { return index(" " listed[i] " " argument(i, "also") " ", " " blamed[i] " ") > 0 }

# Where each belongs: suite, inside (the simulator alone can see it), missed (it alone did), equivalent, unreachable, open.
function classify(i, word) {
    split(said[i], word, " ")
    by[i] = word[2]; blamed[i] = word[3]
    if (word[1] == "killed") {
        class[i] = "suite"
        if (argument(i, "equivalent") argument(i, "inside") argument(i, "open") != "")
            fails(name[i] " is argued to be seen by nobody, and " by[i] " sees it.")
    } else if (word[1] == "simulator") {
        class[i] = argument(i, "inside") == "" ? "missed" : "inside"
        if (argument(i, "equivalent") != "") fails(name[i] " is argued to be equivalent, and the simulator sees it.")
    } else if (word[1] == "unreachable") {
        class[i] = "unreachable"
    } else if (word[1] == "survived") {
        class[i] = argument(i, "equivalent") != "" ? "equivalent" : "open"
        if (argument(i, "equivalent") argument(i, "open") == "") fails(name[i] " survives: " fault[i])
        if (class[i] == "open" && argument(i, "inside") != "") total["hidden"]++
    } else {
        class[i] = "open"
        fails(name[i] ": " said[i])
    }
    total[class[i]]++
    per[area[i], class[i]]++
    per[area[i], "all"]++
    if (!(area[i] in areas)) { areas[area[i]] = ++area_count; area_at[area_count] = area[i] }
    if (class[i] != "suite" && class[i] != "inside" && class[i] != "missed") return
    total["noticed"]++
    if (is_right(i)) { total["right"]++; per[area[i], "right"]++ }
}

function percent(part, whole) { return whole == 0 ? "-" : sprintf("%.1f %%", 100 * part / whole) }

function n(value) { return value + 0 }

function put(line) { print line >score }

# table(c, head, with): the mutants of a class.
function put_class(c, heading, words, columns, rule, i) {
    if (!total[c]) return
    put("\n## " heading "\n\n" words "\n\n" columns "\n" rule)
    for (i = 1; i <= count; i++) if (class[i] == c) put(line_of(i))
}

function line_of(i, line) {
    line = "| `" name[i] "` | " fault[i] " | "
    if (class[i] == "suite") return line by[i] " | " blamed[i] (is_right(i) ? "" : " (not " listed[i] ")") " |"
    if (class[i] == "inside") return line argument(i, "inside") " | " by[i] " | " blamed[i] " |"
    if (class[i] == "missed") return line argument(i, "open") " | " by[i] " | " blamed[i] " |"
    return line argument(i, class[i]) " |"
}

function put_summary(k, a) {
    put("| | |\n|---|---|")
    put("| deliberate faults | " count " |")
    put("| … equivalent: no input reaches them, or nobody can tell the difference | " n(total["unreachable"]) " + " n(total["equivalent"]) " |")
    put("| the others | " real " |")
    put("| killed by the suite | " n(total["suite"]) " |")
    put("| killed by the simulator alone | " n(total["inside"]) + n(total["missed"]) ", of which " n(total["inside"]) " cannot show on a stream transport from outside |")
    put("| survive | " n(total["open"]) ", of which " n(total["hidden"]) " cannot show either |")
    put("| **killed** | **" percent(real - total["open"], real) "** |")
    put("| **killed by the suite alone, of those that show from outside** | **" percent(total["suite"], visible) "** |")
    put("| **blamed on the right requirement, of those killed** | **" percent(total["right"], total["noticed"]) "** |")
    put("\n| area | faults | equivalent | by the suite | by the simulator alone | survive | blamed rightly |\n|---|---|---|---|---|---|---|")
    for (k = 1; k <= area_count; k++) {
        a = area_at[k]
        put("| " a " | " per[a, "all"] " | " per[a, "unreachable"] + per[a, "equivalent"] " | " n(per[a, "suite"]) " | " \
            per[a, "inside"] + per[a, "missed"] " | " n(per[a, "open"]) " | " n(per[a, "right"]) " |")
    }
}

function put_unreachable(i, why) {
    put("\n## Rows that no input reaches\n\nNobody can tell whether such a row is right. `epigeon-sim --coverage` knows them, and its tests fail when one is reached.\n")
    for (i = 1; i <= count; i++) if (class[i] == "unreachable") group[reason[i]] = group[reason[i]] (group[reason[i]] == "" ? "" : ", ") "`" name[i] "`"
    for (i = 1; i <= count; i++) {
        why = reason[i]
        if (class[i] != "unreachable" || put_reason[why]++) continue
        put("- " why ": " group[why])
    }
}

function put_score() {
    put("# The suite's own score\n")
    put("A suite that passes what is right has done half of its work. Here it, and the simulator, meet servers and clients that are wrong")
    put("on purpose, each in one way: every row of the two machines with another next state, without its action, without its guard, and faults made by")
    put("hand. [mutants/README.md](mutants/README.md) says how. `make mutation` writes this file; do not edit it.\n")
    put_summary()
    put_class("open", "Survivors", "Neither the suite nor the simulator sees these.", "| fault | what is wrong | why it survives |", "|---|---|---|")
    put_class("missed", "Seen by the simulator alone", "They show from outside, but no case sees them.", "| fault | what is wrong | why | seed | blamed |", "|---|---|---|---|---|")
    put_class("inside", "Not to be seen from outside", "The suite, which has a stream transport and a healthy machine, cannot make these show; the simulator does.", \
        "| fault | what is wrong | what it takes | seed | blamed |", "|---|---|---|---|---|")
    put_class("equivalent", "Equivalent", "The wrong program does the same as the right one.", "| fault | what is wrong | why that is the same |", "|---|---|---|")
    put_class("suite", "Killed by the suite", "By which case, and the requirement that it names; cases about a fault's requirements run first.", \
        "| fault | what is wrong | case | blamed |", "|---|---|---|---|")
    put_unreachable()
}

END {
    for (i = 1; i <= count; i++) classify(i)
    for (i = 1; i <= arguments; i++) if (!matched[i]) fails("argued.tsv speaks of " as_written[i] ", which there is not.")
    real = count - total["unreachable"] - total["equivalent"]
    visible = real - total["inside"] - total["hidden"]
    if (mode == "--table") {
        put_score()
        if (total["suite"] < 0.95 * visible) fails("Of what shows from outside the suite alone must kill 95 %: " percent(total["suite"], visible) ".")
        if (total["right"] < 0.9 * total["noticed"]) fails("Nine of ten must be blamed on the right requirement: " percent(total["right"], total["noticed"]) ".")
    }
    print n(total["suite"]) " killed by the suite, " total["inside"] + total["missed"] " by the simulator alone, " total["unreachable"] + total["equivalent"] \
        " equivalent, " n(total["open"]) " survive; " percent(total["right"], total["noticed"]) " blamed rightly"
    print count - n(total["open"]) " passed, " n(failed) " failed"
    exit failed > 0
}
