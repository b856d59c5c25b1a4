#!/bin/sh
# check_container.sh ENDPOINT FOLDER: the steps of examples/Dockerfile, done without docker
#
# They run in a root of their own that has this machine's /usr and /etc to read and a copy of the
# tracked files to build; packages are looked up, not installed. Then the image is tried: what is in
# it, and a whole replacement. Needs root, since a folder of the image belongs to another user.
# Prints TAP.
set -eu
# shellcheck source=tests/targets/tap.sh
. "$(dirname "$0")/../targets/tap.sh"

if [ "$(id -u)" -ne 0 ]; then
    echo "ok 1 - the steps of examples/Dockerfile # SKIP not root"
    echo "1..1"
    exit
fi

endpoint=$1 place=$2
image=$place/image
rm -rf "$place"
mkdir -p "$image"

run() { # COMMAND: with /src and /image
    bwrap --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/sbin /sbin --symlink usr/lib /lib \
        --symlink usr/lib64 /lib64 --ro-bind /etc /etc --ro-bind /var/lib /var/lib --ro-bind /var/cache /var/cache \
        --proc /proc --dev /dev --tmpfs /tmp --bind "$place/src" /src --bind "$image" /image \
        --die-with-parent sh -c "$1"
}

do_step() { # INSTRUCTION
    case $1 in
    "COPY . /src")
        mkdir -p "$place/src/build"
        git ls-files -z | tar --null -T - -cf - | tar -xf - -C "$place/src"
        cp -R build/downloads "$place/src/build/" # what was fetched once need not be fetched again
        ;;
    "RUN apt-get update && apt-get install "*)
        # shellcheck disable=SC2086 # a list
        apt-get -q --simulate install ${1##*--no-install-recommends}
        ;;
    "RUN "*) run "${1#RUN }" ;;
    *)
        echo "this check does not know what to do here"
        return 1
        ;;
    esac
}

# Comments out, continued lines joined.
sed '/^#/d; /^$/d' examples/Dockerfile | sed -e ':join' -e '/\\$/N; s/\\\n *//; tjoin' >"$place/steps"
while read -r line <&3; do
    case $line in # what they say is how the image is tried below
    "FROM debian:12 AS build" | "FROM scratch" | "COPY --from=build /image /" | "USER 65534") ;;
    'ENTRYPOINT ["/replace-volume"]') ;;
    *) check "$line" do_step "$line" ;;
    esac
done 3<"$place/steps"

has_only() { # FILES
    found=$(cd "$image" && find . -type f | sort | tr '\n' ' ')
    echo "$found"
    [ "$found" = "$1 " ]
}

in_image() { # ARGUMENT...
    bwrap --bind "$image" / --unshare-all --share-net --die-with-parent --uid 65534 /replace-volume "$@"
}

cannot_be_sent() {
    export VOLCENGINE_ACCESS_KEY=AKLTlocal VOLCENGINE_SECRET_KEY=bG9jYWwtc2VjcmV0
    ends_with 3 in_image --region cn-beijing --endpoint 127.0.0.1:1 --instance-id i-a --image-id image-a \
        --key-pair-name k --yes --call-only --verbose 2>&1 | grep 'trust anchors from /etc/ssl/certs/ca-certificates.crt'
}

check "nothing is in the image but the tool and the CA certificates" \
    has_only "./etc/ssl/certs/ca-certificates.crt ./replace-volume"
check "the tool starts in it" in_image --version
check "... and finds its CA certificates" cannot_be_sent
# Its tests count as one here.
check "... and does a whole replacement" tests/targets/job.sh "$image/replace-volume" "$endpoint" "$place/job"
plan
