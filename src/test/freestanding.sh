#!/bin/sh
# The core needs no libc: every file of it compiles for wasm32 without one, links, and the parser that comes
# out says the same of a few frames as the one for this machine.
set -eu
cd "$(dirname "$0")/../.."
out=build/wasm
mkdir -p "$out"
flags="--target=wasm32 -O2 -std=c11 -ffreestanding -nostdlib -Isrc -Igen -Wall -Wextra -Werror -Wno-implicit-fallthrough"
set --
for source in src/base/*.c src/wire/*.c src/delivery/*.c src/machine/*.c gen/json.c src/test/freestanding.c; do
    [ "$source" = src/base/panic.c ] && continue
    object=$out/$(echo "$source" | tr / _).o
    # shellcheck disable=SC2086
    clang $flags -c -o "$object" "$source"
    set -- "$@" "$object"
done
wasm-ld --no-entry --export-dynamic --strip-all -o "$out/core.wasm" "$@"
size=$(wc -c <"$out/core.wasm")
echo "the whole core is $size bytes of WebAssembly"
exec node src/test/freestanding.js "$out/core.wasm"
