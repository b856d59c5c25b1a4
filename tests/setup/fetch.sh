# shellcheck shell=sh # no shebang: to be read with `.`
# fetch_source FILE SHA256 POOL: Debian's source FILE as build/downloads/FILE, in $fetched; or fails
#
# POOL is its folder below pool/, "main/m/mbedtls". It is fetched with apt's own downloader from
# whatever archives this machine is configured for, straight from the pool: a newer suite's source
# needs no change to the system's package lists. What arrives is compared with SHA256, so where it
# came from does not matter, and it may as well be put there by hand.

downloads=$(cd "$(dirname "$0")/../.." && pwd)/build/downloads

archives() {
    # shellcheck disable=SC2016 # apt's variable, not the shell's
    apt-get indextargets --no-release-info --format '$(REPO_URI)' 'Created-By: Packages' | sort -u
}

matches() { # FILE SHA256
    [ -f "$1" ] && [ "$(sha256sum <"$1")" = "$2  -" ]
}

# Security updates have a pool of their own.
fetch_source() {
    fetched=$downloads/$1
    mkdir -p "$downloads"
    matches "$fetched" "$2" && return
    [ -x /usr/lib/apt/apt-helper ] || return
    for archive in $(archives); do
        for pool in pool pool/updates; do
            /usr/lib/apt/apt-helper -o APT::Sandbox::User= download-file \
                "${archive%/}/$pool/$3/$1" "$fetched.$$" >/dev/null 2>&1 || true
            if matches "$fetched.$$" "$2"; then
                mv "$fetched.$$" "$fetched"
                return
            fi
            rm -f "$fetched.$$"
        done
    done
    return 1
}
