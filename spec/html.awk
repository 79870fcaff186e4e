# Turns the HTML that cmark-gfm makes of the spec into one page with a side column of contents:
# headings and requirements become anchors, every mention of a requirement a link, and the lines
# `<!-- picture: server -->` the picture server.svg. Run by html.sh, beside page.css and *.svg.

BEGIN { id_pattern = "EP-[A-Z][A-Z0-9]*-[0-9]+" }

/^<h[1-4]>/ { $0 = anchored_heading($0) }
/^(<li>|<p>)\[EP-[A-Z][A-Z0-9]*-[0-9]+\]/ { $0 = anchored_requirement($0) }
/^<pre><code/ { $0 = captioned($0); in_code = 1 }
in_code { gsub(/␌/, "<i>␌</i>") }
/<\/code><\/pre>/ { in_code = 0 }
/^<table>/ { $0 = "<div class=\"scroll\">" $0 }
/^<\/table>/ { $0 = $0 "</div>" }
/^<!-- picture: [a-z]+ -->/ { $0 = picture($3) }
{ body[++line_count] = linked($0) }

END {
    print "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"
    print "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    print "<title>" title "</title>\n<style>"
    print contents_of("page.css") "</style>\n</head>\n<body>"
    print "<nav><details open><summary>Contents</summary>\n" contents "</details></nav>"
    print "<script>if (innerWidth < 960) document.querySelector(\"details\").open = false</script>"
    print "<main>"
    for (n = 1; n <= line_count; n++)
        print body[n]
    print "</main>\n</body>\n</html>"
}

function contents_of(path,   text, all) {
    while ((getline text < path) > 0)
        all = all text "\n"
    close(path)
    return all
}

# The anchor that GitHub makes of a heading, so that links in the source work here too.
function slug(text) {
    text = tolower(text)
    gsub(/&[a-z]+;/, "", text)
    gsub(/[^a-z0-9_ -]/, "", text)
    gsub(/ /, "-", text)
    return text
}

# Gives a heading its id, and the contents a line for it.
function anchored_heading(text,   depth, id, words) {
    depth = substr(text, 3, 1)
    words = substr(text, 5, length(text) - 9)
    id = words
    gsub(/<[^>]*>/, "", id)
    if (depth == 1 && title == "")
        title = id
    id = slug(id)
    if (depth == 2 || depth == 3)
        contents = contents "<a class=\"depth" depth "\" href=\"#" id "\">" words "</a>\n"
    return "<h" depth " id=\"" id "\"><a href=\"#" id "\">" words "</a></h" depth ">"
}

function anchored_requirement(text,   tag, id, rest) {
    match(text, id_pattern)
    id = substr(text, RSTART, RLENGTH)
    rest = substr(text, RSTART + RLENGTH + 1)
    tag = text ~ /^<li>/ ? "li" : "p"
    gsub(/MUST NOT|MUST|SHALL NOT|SHALL|REQUIRED|SHOULD NOT|SHOULD/, "<strong>&</strong>", rest)
    gsub(/NOT RECOMMENDED|RECOMMENDED|MAY|OPTIONAL/, "<strong>&</strong>", rest)
    gsub(/[{](untested|uncited):[^{}]*[}]/, "<small>&</small>", rest)
    return "<" tag " class=\"requirement\" id=\"" id "\"><a class=\"id\" href=\"#" id "\">" id \
        "</a>" rest
}

# The info string of a block stands above it.
function captioned(text,   caption) {
    if (!match(text, /data-meta="[^"]*"/))
        return text
    caption = substr(text, RSTART + 11, RLENGTH - 12)
    match(text, /language-[a-z]+/)
    caption = substr(text, RSTART + 9, RLENGTH - 9) " <b>" caption "</b>"
    return "<p class=\"caption\">" caption "</p>" text
}

# The SVG without its XML prologue; ids are dropped, for two pictures would share them.
function picture(name,   svg) {
    svg = contents_of(name ".svg")
    sub(/^.*<svg/, "<svg", svg)
    gsub(/ id="[^"]*"/, "", svg)
    return "<figure class=\"scroll\">" svg "<figcaption>The " name " machine.</figcaption></figure>"
}

# Links every id in the text, but not inside a tag or another link.
function linked(text,   all, tag, in_link, before) {
    if (text !~ id_pattern)
        return text
    while (match(text, /<[^>]*>/)) {
        tag = substr(text, RSTART, RLENGTH)
        before = substr(text, 1, RSTART - 1)
        text = substr(text, RSTART + RLENGTH)
        all = all (in_link ? before : with_links(before)) tag
        if (tag ~ /^<a[ >]/)
            in_link = 1
        else if (tag == "</a>")
            in_link = 0
    }
    return all with_links(text)
}

function with_links(text) {
    gsub(id_pattern, "<a href=\"#&\">&</a>", text)
    return text
}
