#!/bin/sh
# install.sh demo|test|targets|firmware|size|bench|fuzz: sees to it that what `make demo` (test, ...) needs is there
#
# Looks for the commands and headers themselves, so whatever provides them is fine. On Debian and its
# relatives what is missing is installed with apt-get, as root or through sudo; elsewhere it is named,
# and the end is non-zero. Silent when nothing is missing.
set -eu

missing=

has_command() {
    command -v "$1" >/dev/null 2>&1
}

has_header() {
    echo "#include <$1>" | cc -E -x c - >/dev/null 2>&1
}

has_libc() { # of a cross compiler
    echo '#include <stdio.h>' | "$1-gcc" -E -x c - >/dev/null 2>&1
}

has_picolibc() { # of a cross compiler
    echo '#include <stdio.h>' | "$1-gcc" --specs=picolibc.specs -E -x c - >/dev/null 2>&1
}

has_module() { # of the Python that Debian's packages are for
    /usr/bin/python3 -c "import $1" 2>/dev/null
}

has_fuzzer() { # the runtime of clang's libFuzzer, which is a package of its own
    echo 'int LLVMFuzzerTestOneInput(const char *data, unsigned long size); int LLVMFuzzerTestOneInput(const char *data, unsigned long size) { return (int)size * !*data * 0; }' |
        "$1" -fsanitize=fuzzer -o /dev/null -x c - >/dev/null 2>&1
}

need() { # PACKAGE command|header|libc|picolibc|module|fuzzer NAME
    case "$missing " in
    *" $1 "*) ;;
    *) "has_$2" "$3" || missing="$missing $1" ;;
    esac
}

for_building() {
    need gcc command gcc
    need libc6-dev header stdio.h
    need libmbedtls-dev header mbedtls/ssl.h
    need libjsmn-dev header jsmn.h
}

# Another line of it than Debian's package, which is built here.
for_mbedtls() {
    need bzip2 command bzip2
}

for_endpoint() {
    need libssl-dev header openssl/ssl.h
}

# Without a clang yet, the runtime of the one that Debian 12 will install.
for_fuzzing() {
    need clang command clang
    version=$(clang -dumpversion 2>/dev/null | cut -d. -f1)
    need "libclang-rt-${version:-14}-dev" fuzzer clang
}

for_node() {
    need nodejs command node
    need npm command npm
}

for_firmware() {
    for_mbedtls
    need gcc-arm-none-eabi command arm-none-eabi-gcc
    need libnewlib-arm-none-eabi libc arm-none-eabi
    need qemu-system-arm command qemu-system-arm
    need socat command socat
    need openssl command openssl
    need nodejs command node
    need xz-utils command xz
}

# Debian's name of an architecture, and its compiler's.
for_compiling() { # ARCHITECTURE TRIPLE
    need "gcc-$2" command "$2-gcc"
    need "libc6-dev-$1-cross" libc "$2"
}

for_size() {
    need gcc-arm-none-eabi command arm-none-eabi-gcc
    need libnewlib-arm-none-eabi libc arm-none-eabi
    need gcc-riscv64-unknown-elf command riscv64-unknown-elf-gcc
    need picolibc-riscv64-unknown-elf picolibc riscv64-unknown-elf
    # Where it is not the machine's own compiler, which goes by that name too.
    if [ "$(uname -m)" != x86_64 ]; then
        need gcc-x86-64-linux-gnu command x86_64-linux-gnu-gcc
        need libc6-dev-amd64-cross libc x86_64-linux-gnu
    fi
}

for_targets() {
    for_firmware
    for_compiling armhf arm-linux-gnueabihf
    for_compiling arm64 aarch64-linux-gnu
    for_compiling riscv64 riscv64-linux-gnu
    for_compiling mips mips-linux-gnu
    for_compiling s390x s390x-linux-gnu
    need musl-tools command musl-gcc
    need qemu-user-static command qemu-arm-static
    need bubblewrap command bwrap
    need cpio command cpio
}

case ${1-} in
demo)
    for_building
    for_endpoint
    ;;
test)
    for_building
    for_endpoint
    for_node
    need libcmocka-dev header cmocka.h
    need g++ command g++
    for_fuzzing
    need valgrind command valgrind
    need pkg-config command pkg-config
    need cmake command cmake
    need meson command meson
    need python3-yaml module yaml
    need python3-kconfiglib module kconfiglib
    for_size
    for_targets
    ;;
targets)
    for_building
    for_endpoint
    for_targets
    ;;
firmware)
    for_building
    for_endpoint
    for_firmware
    ;;
size)
    for_building
    for_mbedtls
    for_size
    ;;
fuzz)
    for_building
    for_fuzzing
    ;;
bench)
    for_building
    for_mbedtls
    for_endpoint
    for_node
    need curl command curl
    need valgrind command valgrind
    need musl-tools command musl-gcc
    ;;
*)
    echo "usage: install.sh demo|test|targets|firmware|size|bench|fuzz" >&2
    exit 2
    ;;
esac

[ -n "$missing" ] || exit 0

if ! has_command apt-get; then
    echo "make $1 needs what Debian has in these packages, and it is missing here:$missing" >&2
    echo "Install it with your system's package manager and try again." >&2
    exit 1
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! has_command sudo; then
        echo "make $1 needs these packages:$missing" >&2
        echo "There is no sudo here; as root: apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
    as_root=sudo
fi

echo "make $1 needs these packages, installing them${as_root:+ with sudo}:$missing"
log=build/install.log
mkdir -p build
# shellcheck disable=SC2086 # $missing is a list
if ! {
    # A third party's list that is broken must not stop us; what matters is whether the next line works.
    $as_root apt-get -q update || true
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends $missing
} >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "apt-get could not install:$missing (all it said: $log)" >&2
    exit 1
fi
