#!/bin/sh
# Renders spec/protocol.md as one offline page, build/protocol.html: cmark-gfm makes HTML of it,
# Graphviz draws gen/*.dot, html.awk adds contents, anchors, links and pictures, html.css the look.
#     spec/html.sh [PROTOCOL.md [GEN [PAGE.html]]]     from the root of the tree
set -eu

protocol=${1:-spec/protocol.md}
gen=${2:-gen}
page=${3:-build/protocol.html}
here=$(dirname "$0")

for tool in cmark-gfm dot; do
    command -v "$tool" > /dev/null || {
        echo "spec/html.sh: $tool is needed (Debian: cmark-gfm, graphviz)" >&2
        exit 1
    }
done

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

dot -Tsvg "$gen/server.dot" > "$tmp/server.svg"
dot -Tsvg "$gen/client.dot" > "$tmp/client.svg"
cmark-gfm -e table --unsafe --full-info-string "$protocol" > "$tmp/body.html"
cp "$here/html.css" "$tmp/page.css"

# html.awk finds the pictures and the style sheet in the directory where it runs.
cp "$here/html.awk" "$tmp/html.awk"
(cd "$tmp" && LC_ALL=C awk -f html.awk body.html > page.html)
mkdir -p "$(dirname "$page")"
mv "$tmp/page.html" "$page"
