#!/bin/sh
# What `make install` installs can be used: the library by a program of somebody else (shared and static),
# the programs from their place, the manual pages. In a directory with a space in its name.
set -eu
cd "$(dirname "$0")/../.."
root=$(pwd)
stage="$root/build/install test"
rm -rf "$stage"
make -s install DESTDIR="$stage" PREFIX=/opt/e >/dev/null
passed=0 failed=0

check() {
    name=$1
    shift
    if "$@" >"$stage/log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: $name" >&2
        cat "$stage/log" >&2
    fi
}

here="$stage/opt/e"
cp src/cmd/example_embedded.c "$stage/mine.c"
flags=$(PKG_CONFIG_PATH="$here/lib/pkgconfig" pkg-config --static --libs epigeon)
check 'pkg-config finds it' test -n "$flags"
check 'shared library' cc -std=c11 -D_POSIX_C_SOURCE=200809L -I"$here/include" -o "$stage/mine" "$stage/mine.c" \
    -L"$here/lib" -lepigeon
check 'program with the shared library' env LD_LIBRARY_PATH="$here/lib" "$stage/mine"
check 'static library' cc -std=c11 -D_POSIX_C_SOURCE=200809L -I"$here/include" -o "$stage/mine_static" "$stage/mine.c" \
    "$here/lib/libepigeon.a" -luv -llmdb -lssl -lcrypto
check 'program with the static library' "$stage/mine_static"
check 'header alone in C++' sh -c 'echo "#include <epigeon.h>" | c++ -I"$1" -fsyntax-only -xc++ -' sh "$here/include"
check 'epigeond --version' "$here/bin/epigeond" --version
check 'epigeon --version' "$here/bin/epigeon" --version
check 'epigeon-conform --version' "$here/bin/epigeon-conform" --version
# From elsewhere, by its name alone: it finds the cases that were installed with it.
check 'epigeon-conform finds its cases' sh -c 'cd / && PATH=$1/bin:$PATH && epigeon-conform --list --select "json-*" | grep -c EP-JSON' \
    sh "$here"
check 'it tests the installed server' "$here/bin/epigeon-conform" server --quiet --select streams/numbers-from-zero@v2 \
    --start "'$here/bin/epigeond' --listen 127.0.0.1:{port} --data '{dir}'"
for page in epigeond epigeon epigeon-conform; do
    check "$page.1" test -s "$here/share/man/man1/$page.1"
    check "completion of $page" bash -n "$here/share/bash-completion/completions/$page"
done
# The units, with the program where it is now, since systemd looks for it; blanks in a path are quoted.
units="$stage/units"
mkdir "$units"
cp "$here"/lib/systemd/system/* "$units"
check 'the service names the installed program' grep -q '^ExecStart=/opt/e/bin/epigeond ' "$units/epigeond.service"
if command -v systemd-analyze >/dev/null 2>&1; then
    sed "s|^ExecStart=/opt/e|ExecStart=\"$here|; s|bin/epigeond |bin/epigeond\" |" \
        "$here/lib/systemd/system/epigeond.service" >"$units/epigeond.service"
    check 'systemd takes the units' sh -c 'cd "$1" && systemd-analyze verify --man=no ./*' sh "$units"
    check 'the sandbox is tight' systemd-analyze security --offline=true --threshold=15 "$units/epigeond.service"
else
    echo 'There is no systemd-analyze here: whether systemd takes the units is not tested.'
fi
rm -rf "$stage"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
