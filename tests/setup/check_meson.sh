#!/bin/sh
# check_meson.sh FOLDER: a Meson project builds examples/minimal.c with the library, installed and embedded
#
# The program ends with 2, as it does without arguments. Prints TAP; FOLDER is for what is written on the way.
set -eu
# shellcheck source=tests/targets/tap.sh
. "$(dirname "$0")/../targets/tap.sh"

rm -rf "$1"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
unset CFLAGS SOURCE_DATE_EPOCH

build() { # SOURCE BUILD OPTION...
    source=$1 into=$2
    shift 2
    meson setup "$into" "$source" --werror -Doptimization=s "$@" && meson compile -C "$into"
}

project() { # NAME
    mkdir -p "$folder/$1"
    cp examples/minimal.c "$folder/$1/"
    cat >"$folder/$1/meson.build" <<END
project('$1', 'c')
executable('minimal', 'minimal.c', dependencies: dependency('replace_volume'))
END
}

installs() {
    build . "$folder/library" --prefix "$folder/installed" --libdir lib &&
        meson install -C "$folder/library" &&
        "$folder/installed/bin/replace-volume" --version
}

found() {
    project found
    build "$folder/found" "$folder/found/build" --pkg-config-path "$folder/installed/lib/pkgconfig" &&
        ends_with 2 "$folder/found/build/minimal"
}

embedded() {
    project embedded
    mkdir -p "$folder/embedded/subprojects/replace_volume"
    cp -R meson.build replace_volume.h replace_volume.c port "$folder/embedded/subprojects/replace_volume/"
    build "$folder/embedded" "$folder/embedded/build" --force-fallback-for replace_volume &&
        ends_with 2 "$folder/embedded/build/minimal"
}

check "Meson builds and installs library and tool" installs
check "pkg-config: a project builds with what was installed" found
check "subproject: a project builds with a copy" embedded
plan
