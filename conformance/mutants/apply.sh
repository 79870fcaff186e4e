# shellcheck shell=sh disable=SC2154
# What the two runners of this folder share: what mutants there are, and a program with one of them in it.
# Sourced by run.sh and mutation.sh, with $work (where to build), CC, MUTANT_CFLAGS and MUTANT_OUT (where the right
# objects lie) set. Read first: README.md.
here=conformance/mutants

# Mutants of rows have names with colons, as server:v2:ping:action; the others are files.
is_row() { case $1 in *:*) ;; *) return 1 ;; esac; }

patches() { (cd "$here" && ls -- *.mutant | sed 's/\.mutant$//'); }

# header NAME WORD: what NAME.mutant says after "WORD: ".
header() { sed -n -e '/^---/q' -e "s/^$2: //p" "$here/$1.mutant"; }

# check_header NAME: says what is wrong with it.
check_header() {
    is_row "$1" && return
    if [ -z "$(header "$1" fault)" ] || [ -z "$(header "$1" where)" ] || [ -z "$(header "$1" blame)" ]; then
        echo 'has no fault:, blame: or where: in its header' && return 1
    fi
    for id in $(header "$1" blame); do
        case $id in G[1-8]) continue ;; esac
        grep -q "^$id	" gen/requirements.tsv || { echo "blames $id, which the spec does not have" && return 1; }
    done
}

# files NAME: the sources that it changes.
files() {
    if is_row "$1"; then
        echo "src/machine/${1%%:*}_table.c"
    else
        sed -n 's|^+++ b/\([^	]*\).*|\1|p' "$here/$1.mutant"
    fi
}

# apply NAME: a copy of the sources that it changes, changed, in $work/NAME. With the ceiling `git apply` works as outside
# of a repository, whatever is set in this one.
apply() {
    for file in $(files "$1"); do
        mkdir -p "$work/$1/$(dirname "$file")"
        cp "$file" "$work/$1/$file"
    done
    if is_row "$1"; then
        machine=gen/${1%%:*}_machine.h
        mkdir -p "$work/$1/gen"
        awk -v mutant="$1" -f "$here/rows.awk" "$machine" >"$work/$1/$machine"
        return
    fi
    (cd "$work/$1" && GIT_CEILING_DIRECTORIES="$PWD/.." git apply -p1 "$OLDPWD/$here/$1.mutant") 2>"$work/$1/log" ||
        { echo 'does not apply to the sources as they are now' && return 1; }
}

# compile NAME: objects of what apply has changed, beside it.
compile() {
    for file in $(files "$1"); do
        # shellcheck disable=SC2086
        $CC -I"$work/$1/gen" $MUTANT_CFLAGS -c -o "$work/$1/${file%.c}.o" "$work/$1/$file" >>"$work/$1/log" 2>&1 ||
            { echo "does not compile, see $work/$1/log" && return 1; }
    done
}

# exchanged NAME OBJECT…: these objects, those of the changed files in place of the right ones.
exchanged() {
    name=$1
    shift
    for object; do
        changed=$work/$name/${object#"$MUTANT_OUT"/}
        if [ -e "$changed" ]; then object=$changed; fi
        echo "$object"
    done
}
