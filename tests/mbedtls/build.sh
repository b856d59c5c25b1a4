#!/bin/sh
# build.sh VERSION VARIANT OUTDIR [CONFIG]: mbedTLS of another line than the system's, as OUTDIR/include and
# OUTDIR/libmbedtls.a
#
#   VERSION  a pinned version (3.6.6), or a line (3.6): the first pinned version of it that can be had
#   VARIANT  a file, or a file VARIANT.h beside this script: appended to mbedTLS's default configuration
#   CONFIG   ... or to this one instead
#
# CC, AR and CFLAGS are honoured, so a cross compiler works too. A build that is up to date is left alone.
#
# The sources are Debian's, wherever they come from: they have a pinned SHA-256.
set -eu
# shellcheck source=tests/setup/fetch.sh
. "$(dirname "$0")/../setup/fetch.sh"

# The newest first: 3.6.6 cannot speak TLS 1.2 with a server that signs with RSA-PSS (issue 10668).
pins='
3.6.7  bz2 a7e8bcbec0e6f761b4af24f25677626b35f762f68eef79c08677a363212d11f6
3.6.6  bz2 8fb65fae8dcae5840f793c0a334860a411f884cc537ea290ce1c52bb64ca007a
2.28.3 gz  3b4953aa55a681e084d31892d9904cc5328d6b4958ea57b90ae4b4f94ae69a8d
'

fail() {
    printf 'tests/mbedtls/build.sh: %s\n' "$*" >&2
    exit 1
}

[ $# -eq 3 ] || [ $# -eq 4 ] || fail "usage: build.sh VERSION VARIANT OUTDIR [CONFIG]"
version=$1 variant=$2 config=${4-}
here=$(cd "$(dirname "$0")" && pwd)
case $variant in
*/*) addition=$variant ;;
*) addition=$here/$variant.h ;;
esac
mkdir -p "$3"
out=$(cd "$3" && pwd)
cc=${CC:-cc} ar=${AR:-ar} cflags=${CFLAGS:--O2 -g1}

[ -f "$addition" ] || fail "there is no variant $variant: $addition does not exist"

# Everything that the result depends on. Written last, so an interrupted build is begun again.
key=$({ echo "$version $cc $ar $cflags"; cat "$0" "$addition" ${config:+"$config"}; } | sha256sum)
if [ -f "$out/libmbedtls.a" ] && [ "$(cat "$out/key" 2>/dev/null)" = "$key" ]; then
    touch "$out/libmbedtls.a"
    exit 0
fi

# VERSION/TARBALL/SHA256 of each.
candidates=$(echo "$pins" | awk -v v="$version" \
    '$1 == v || index($1, v ".") == 1 { print $1 "/mbedtls_" $1 ".orig.tar." $2 "/" $3 }')
[ -n "$candidates" ] || fail "no pinned version matches $version; the table is at the top of this script"
found=
for candidate in $candidates; do
    tarball=${candidate#*/}
    if fetch_source "${tarball%/*}" "${tarball#*/}" main/m/mbedtls; then
        found=${candidate%%/*}
        break
    fi
done
[ -n "$found" ] || fail "no source of mbedTLS $version could be had from this machine's package archives.
Put one of these files into build/downloads by hand, with the SHA-256 that this script pins:
$candidates"

echo "building mbedTLS $found for $cc, variant $variant${config:+ of $config}"
rm -rf "$out"
mkdir -p "$out/objects"
tar -xf "$fetched" -C "$out" --strip-components=1 \
    --wildcards --no-wildcards-match-slash '*/include' '*/library'
used=$out/include/mbedtls/mbedtls_config.h
[ -f "$used" ] || used=$out/include/mbedtls/config.h # as it was called before 3.0
[ -z "$config" ] || cp "$config" "$used"
cat "$addition" >>"$used"

# One archive rather than mbedTLS's three: nobody has to think about their order.
# A few files a compiler, as many compilers as there are processors.
cd "$out/objects"
# shellcheck disable=SC2086 # $cflags is several words
printf '%s\n' "$out"/library/*.c | xargs -P "$(nproc)" -n 6 "$cc" $cflags -I "$out/include" -I "$out/library" -c ||
    fail "mbedTLS $found does not compile, variant $variant"
"$ar" rcs "$out/libmbedtls.a" ./*.o
cd "$out"
rm -rf objects
echo "$found" >version
echo "$key" >key
