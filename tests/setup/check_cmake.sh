#!/bin/sh
# check_cmake.sh FOLDER: a CMake project builds examples/minimal.c with the library, installed and embedded
#
# Expects build/mbedtls/3.6-psa. Prints TAP; FOLDER is for what is written on the way.
set -eu
# shellcheck source=tests/targets/tap.sh
. "$(dirname "$0")/../targets/tap.sh"

here=$(pwd)
rm -rf "$1"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
unset CFLAGS SOURCE_DATE_EPOCH

build() { # SOURCE BUILD OPTION...
    source=$1 into=$2
    shift 2
    cmake -S "$source" -B "$into" -DCMAKE_C_FLAGS="-Os -Wall -Wextra -Werror" "$@" &&
        cmake --build "$into" -j "$(nproc)"
}

project() { # NAME LINES-BEFORE-THE-PROGRAM
    mkdir -p "$folder/$1"
    cp examples/minimal.c "$folder/$1/"
    cat >"$folder/$1/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.16)
project($1 LANGUAGES C)
$2
add_executable(minimal minimal.c)
target_link_libraries(minimal replace_volume::replace_volume)
END
}

installs() {
    build . "$folder/library" -DCMAKE_INSTALL_PREFIX="$folder/installed" &&
        cmake --install "$folder/library" &&
        "$folder/installed/bin/replace-volume" --version
}

project found "find_package(replace_volume REQUIRED)"
found() {
    build "$folder/found" "$folder/found/build" -DCMAKE_PREFIX_PATH="$folder/installed" &&
        ends_with 2 "$folder/found/build/minimal"
}

# As mbedTLS's own targets would stand there.
mbedtls=$here/build/mbedtls/3.6-psa
project embedded "add_library(MbedTLS::mbedtls STATIC IMPORTED)
set_target_properties(MbedTLS::mbedtls PROPERTIES IMPORTED_LOCATION $mbedtls/libmbedtls.a
    INTERFACE_INCLUDE_DIRECTORIES $mbedtls/include)
add_library(MbedTLS::mbedx509 INTERFACE IMPORTED)
add_library(MbedTLS::mbedcrypto INTERFACE IMPORTED)
set(REPLACE_VOLUME_USE_PSA ON)
add_subdirectory(replace_volume)"
embedded() {
    mkdir -p "$folder/embedded/replace_volume"
    cp -R CMakeLists.txt replace_volume.h replace_volume.c port "$folder/embedded/replace_volume/"
    build "$folder/embedded" "$folder/embedded/build" &&
        ends_with 2 "$folder/embedded/build/minimal"
}

core_alone() {
    build . "$folder/core" -DREPLACE_VOLUME_PORT=OFF -DREPLACE_VOLUME_TOOL=OFF \
        -DREPLACE_VOLUME_NO_TEXTS=ON -DREPLACE_VOLUME_NO_JOB=ON &&
        [ "$(ar t "$folder/core/libreplace_volume.a")" = replace_volume.c.o ]
}

check "CMake builds and installs library and tool" installs
check "find_package: a project builds with what was installed" found
check "add_subdirectory: a project builds with a copy, and with its own mbedTLS on PSA" embedded
check "the core alone, without texts and jobs" core_alone
plan
