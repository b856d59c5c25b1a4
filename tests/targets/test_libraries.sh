#!/bin/sh
# test_libraries.sh OUTDIR: what the unit tests need beside mbedTLS, for another machine than this one
#
# OUTDIR/libcmocka.a, compiled with CC and AR from its pinned source, since Debian has it as a shared
# library only; and in OUTDIR/include its header and jsmn's, which a cross compiler would not find.
set -eu
# shellcheck source=tests/setup/fetch.sh
. "$(dirname "$0")/../setup/fetch.sh"

out=$1
version=1.1.5
sha256=f0ccd8242d55e2fd74b16ba518359151f6f8383ff8aef4976e48393f77bba8b6

fetch_source "cmocka_$version.orig.tar.xz" "$sha256" main/c/cmocka || {
    echo "the source of cmocka could not be had from this machine's package archives;" >&2
    echo "put it there by hand: build/downloads/cmocka_$version.orig.tar.xz" >&2
    exit 1
}
rm -rf "$out/include" "$out/cmocka"
mkdir -p "$out/include" "$out/cmocka"
tar -xJf "$fetched" -C "$out/cmocka" --strip-components=1
cp "$out"/cmocka/include/cmocka*.h "$out/include/"
jsmn=$(echo '#include <jsmn.h>' | cc -M -x c - | tr ' ' '\n' | grep '/jsmn\.h$')
cp "$jsmn" "$out/include/"

"$CC" -Os -I "$out/cmocka/include" -D_GNU_SOURCE -DHAVE_SIGNAL_H -DHAVE_STRUCT_TIMESPEC -DHAVE_CLOCK_GETTIME \
    -DHAVE_MALLOC_H -DHAVE_INTTYPES_H -DHAVE_STRINGS_H -DHAVE_UNISTD_H -DHAVE_CLOCK_REALTIME \
    -c -o "$out/cmocka.o" "$out/cmocka/src/cmocka.c"
"$AR" rcs "$out/libcmocka.a" "$out/cmocka.o"
rm -rf "$out/cmocka" "$out/cmocka.o"
