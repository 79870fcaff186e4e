# Prints the matrix of requirements: where code cites each first, and where a test does, or the
# reason that is written in the spec. Exits 1 if a MUST is cited nowhere and has no reason, or if
# an id is cited that the spec does not define. Tests lie under src/test/ and conformance/, code is
# every other file; gen/*_machine.h counts as code (the tables cite for the rows they hold).
#     awk -f spec/trace.awk gen/requirements.tsv FILE...

BEGIN {
    FS = "\t"
    id_pattern = "EP-[A-Z][A-Z0-9]*-[0-9]+"
}

FNR == 1 { kind = kind_of(FILENAME) }
kind == "registry" && !/^#/ { read_requirement() }
kind != "registry" && /EP-[A-Z]/ { read_citations($0) }

END {
    if (count == 0)
        complain("spec/protocol.md: no requirement was read")
    for (n = 1; n <= count; n++)
        report(ids[n])
    printf "%d requirements, %d of them MUST; cited: %d in code, %d in tests; %d complaints\n", \
        count, musts, cited["code"], cited["test"], complaints
    exit complaints > 0
}

function kind_of(path) {
    if (path ~ /(^|\/)requirements\.tsv$/)
        return "registry"
    return path ~ /(^|\/)(src\/test|conformance)\// ? "test" : "code"
}

function read_requirement() {
    ids[++count] = $1
    level[$1] = $2
    line[$1] = $4
    reason["test", $1] = $5
    reason["code", $1] = $6
    musts += $2 == "MUST"
}

# The first citation of each kind is kept: name the tables last, so that code comes before them.
function read_citations(text,   id, before) {
    while (match(text, id_pattern)) {
        id = substr(text, RSTART, RLENGTH)
        before = RSTART > 1 ? substr(text, RSTART - 1, 1) : ""
        text = substr(text, RSTART + RLENGTH)
        if (before ~ /[A-Za-z0-9_-]/)
            continue
        if (!(id in level))
            complain(FILENAME ":" FNR ": " id " is not in spec/protocol.md")
        else if (!((kind, id) in place)) {
            place[kind, id] = FILENAME ":" FNR
            if (FILENAME ~ /^gen\/[a-z]*_machine\.h$/)
                place[kind, id] = place[kind, id] " (table)"
            cited[kind]++
        }
    }
}

function report(id) {
    printf "%-16s %-7s %-44s %s\n", id, level[id], where("code", id), where("test", id)
    if (level[id] != "MUST")
        return
    if (where("code", id) == "-")
        complain("spec/protocol.md:" line[id] ": " id " is a MUST that no code cites")
    if (where("test", id) == "-")
        complain("spec/protocol.md:" line[id] ": " id " is a MUST that no test cites")
}

function where(of_kind, id) {
    if ((of_kind, id) in place)
        return place[of_kind, id]
    return reason[of_kind, id] != "" ? "{" reason[of_kind, id] "}" : "-"
}

function complain(sentence) {
    print sentence > "/dev/stderr"
    complaints++
}
