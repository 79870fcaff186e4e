#!/bin/sh
# Shows that each harness can find something: a fault is planted in a copy of the code that it looks at, and the
# fuzzer has to find it, from the committed corpus, within SECONDS; without the fault the input it found must pass.
# The faults are fuzz/plants/TARGET.patch, and for the two machines deliberate faults of conformance/mutants.
# Read first: README.md. `make fuzz-proof` runs this.
# usage: proof.sh TARGET… | --applies TARGET      (--applies: only whether its fault can still be planted; smoke.sh asks)
# environment, of fuzz.mk: FUZZ_CC, FUZZ_CFLAGS, FUZZ_LDFLAGS, FUZZ_OUT (where objects lie), FUZZ_OBJECTS (those that every
#   harness has), FUZZ_LIBRARIES; and, for anyone: SECONDS_MOST
set -u
cd "$(dirname "$0")/.." || exit 1
work=build/fuzz-proof most=${SECONDS_MOST:-60}

plant() {
    case $1 in
    server) echo conformance/mutants/repeats-on-stream-server.mutant ;;
    client) echo conformance/mutants/dedup-client.mutant ;;
    *) echo "fuzz/plants/$1.patch" ;;
    esac
}

# build TARGET: $work/TARGET/fuzz, with the fault. With the ceiling `git apply` works as outside of a repository.
build() {
    patch=$(plant "$1") objects=
    rm -rf "${work:?}/$1" && mkdir -p "$work/$1/found" || return 1
    for file in $(sed -n 's|^+++ b/\([^	]*\).*|\1|p' "$patch"); do
        mkdir -p "$work/$1/$(dirname "$file")" && cp "$file" "$work/$1/$file" || return 1
        objects="$objects $work/$1/${file%.c}.o"
    done
    (cd "$work/$1" && GIT_CEILING_DIRECTORIES="$PWD/.." git apply -p1 "../../../$patch") || return 1
    for object in $objects; do
        # shellcheck disable=SC2086
        $FUZZ_CC $FUZZ_CFLAGS -c -o "$object" "${object%.o}.c" || return 1
    done
    # What is broken comes before the libraries that have it whole.
    # shellcheck disable=SC2086
    $FUZZ_CC -o "$work/$1/fuzz" "$FUZZ_OUT/fuzz/$1.o" $objects $FUZZ_OBJECTS $FUZZ_LDFLAGS $FUZZ_LIBRARIES
}

# prove TARGET: says what came of it.
prove() {
    if ! build "$1" >"$work/$1.log" 2>&1; then
        echo "the fault cannot be planted: see $work/$1.log"
        return 1
    fi
    began=$(date +%s)
    "$work/$1/fuzz" -max_total_time="$most" -timeout=10 -max_len=4096 -dict=gen/epigeon.dict -artifact_prefix="$work/$1/" \
        "$work/$1/found" "fuzz/corpus/$1" >"$work/$1.log" 2>&1
    took=$(($(date +%s) - began))
    input=$(find "$work/$1" -maxdepth 1 -name 'crash-*' | head -n 1)
    if [ -z "$input" ]; then
        echo "NOT FOUND in $took s: $(sed -n 's/^fault: //p' "$(plant "$1")")"
        return 1
    fi
    if ! "$FUZZ_OUT/fuzz-$1" "$input" >>"$work/$1.log" 2>&1; then
        echo "what was found fails without the fault too: $input"
        return 1
    fi
    echo "found in $took s ($(wc -c <"$input") bytes): $(sed -n 's/^fault: //p' "$(plant "$1")")"
}

if [ "$1" = --applies ]; then
    GIT_CEILING_DIRECTORIES="$PWD/.." git apply -p1 --check "$(plant "$2")"
    exit
fi
mkdir -p "$work"
passed=0 failed=0
for target; do
    if said=$(prove "$target"); then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    printf '%-9s %s\n' "$target" "$said"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
