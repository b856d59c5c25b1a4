#!/bin/sh
# build.sh VERSION OPTIONS OUTDIR: lwIP as OUTDIR/include and OUTDIR/liblwip.a
#
#   VERSION  a pinned version, see below
#   OPTIONS  the folder of lwipopts.h and arch/cc.h, lwIP's configuration
#
# CC, AR and CFLAGS are honoured, so a cross compiler works too. A build that is up to date is left alone.
#
# The sources are Debian's, wherever they come from: they have a pinned SHA-256.
set -eu
# shellcheck source=tests/setup/fetch.sh
. "$(dirname "$0")/../setup/fetch.sh"

pins='
2.2.1 83729c274c499d3348e9fbbe043a3113f3fa8953e7efddc7c21c7fcbb1f2b7b1
2.1.3 0a8276d09fc4e97bbba2f953d74af2388fc2195ea156be9d7589e297a68fde24
'

fail() {
    printf 'tests/lwip/build.sh: %s\n' "$*" >&2
    exit 1
}

[ $# -eq 3 ] || fail "usage: build.sh VERSION OPTIONS OUTDIR"
version=$1
options=$(cd "$2" && pwd)
mkdir -p "$3"
out=$(cd "$3" && pwd)
cc=${CC:-cc} ar=${AR:-ar} cflags=${CFLAGS:--O2 -g1}
sha256=$(echo "$pins" | awk -v v="$version" '$1 == v { print $2 }')
[ -n "$sha256" ] || fail "version $version is not pinned; the table is at the top of this script"

# Everything that the result depends on. Written last, so an interrupted build is begun again.
key=$({ echo "$version $cc $ar $cflags"; cat "$0" "$options/lwipopts.h" "$options/arch/cc.h"; } | sha256sum)
if [ -f "$out/liblwip.a" ] && [ "$(cat "$out/key" 2>/dev/null)" = "$key" ]; then
    touch "$out/liblwip.a"
    exit 0
fi

tarball=lwip_$version+dfsg1.orig.tar.xz
fetch_source "$tarball" "$sha256" main/l/lwip ||
    fail "lwIP $version could not be had from this machine's package archives.
Put it there by hand, with the SHA-256 that this script pins: build/downloads/$tarball"

echo "building lwIP $version for $cc"
rm -rf "$out"
mkdir -p "$out/objects"
tar -xJf "$fetched" -C "$out" --strip-components=2 \
    --wildcards --no-wildcards-match-slash '*/src/include' '*/src/core' '*/src/netif/ethernet.c'

# Files of what is not configured come out empty. A few files a compiler, as many compilers as there
# are processors.
cd "$out/objects"
# shellcheck disable=SC2086 # $cflags is several words
printf '%s\n' "$out"/core/*.c "$out"/core/ipv4/*.c "$out"/core/ipv6/*.c "$out"/netif/*.c |
    xargs -P "$(nproc)" -n 6 "$cc" $cflags -w -I "$options" -I "$out/include" -c ||
    fail "lwIP $version does not compile with the options in $options"
"$ar" rcs "$out/liblwip.a" ./*.o
cd "$out"
rm -rf objects core netif
echo "$key" >key
