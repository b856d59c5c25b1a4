#!/bin/sh
# check_install.sh FOLDER: what `make install` lays down under FOLDER is complete, `uninstall` removes it
#
# The README's example is built against the installed files alone, found through pkg-config.
set -eu

folder=$1
rm -rf "$folder"
unset MAKEFLAGS MFLAGS MAKELEVEL # of the make that runs this test

make --no-print-directory install DESTDIR="$folder" PREFIX=/opt/rv
"$folder/opt/rv/bin/replace-volume" --version

PKG_CONFIG_PATH=$folder/opt/rv/lib/pkgconfig
PKG_CONFIG_SYSROOT_DIR=$folder
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
cp examples/minimal.c "$folder/minimal.c"
# shellcheck disable=SC2046 # a list of flags
cc -std=c99 -o "$folder/minimal" "$folder/minimal.c" $(pkg-config --cflags --libs replace_volume)
rm "$folder/minimal" "$folder/minimal.c"

make --no-print-directory uninstall DESTDIR="$folder" PREFIX=/opt/rv
left=$(find "$folder" ! -type d)
[ -z "$left" ] || {
    echo "left behind by make uninstall: $left"
    exit 1
}
