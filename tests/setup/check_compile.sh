#!/bin/sh
# check_compile.sh FOLDER: compiles the sources in all the ways that they promise, warnings being errors
#
# The core: gcc and clang, each line of mbedTLS, each compile-time switch alone, all and none; as C++;
# included by two units of one program, C and C++. The rest: gcc and clang. Prints TAP. FOLDER is for
# what is written on the way. Expects build/mbedtls/3.6-classic and 3.6-psa,
# and build/system/lwip.
set -eu

folder=$1
mkdir -p "$folder"

c='-std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Werror -Os -I.'
cpp='-std=c++11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Os -I.'
libraries='-lmbedtls -lmbedx509 -lmbedcrypto'

# One a line: mbedTLS, then the switches.
variants='
system
system      -DRV_NO_TEXTS
system      -DRV_STATIC
system      -DRV_NO_TEXTS -DRV_STATIC
system      -DRV_NO_JOB
system      -DRV_NO_JOB -DRV_NO_TEXTS -DRV_STATIC
system      -DRV_WINDOW_SIZE=512 -DRV_JSON_TOKENS=32 -DRV_HEAD_MAX=2048 -DRV_BODY_MAX=65536
system      -DRV_WINDOW_SIZE=8192 -DRV_JSON_TOKENS=1024 -DRV_HEAD_MAX=65536 -DRV_BODY_MAX=268435455
3.6-classic
3.6-classic -DRV_NO_TEXTS -DRV_STATIC
3.6-psa     -DRV_USE_PSA
3.6-psa     -DRV_USE_PSA -DRV_NO_TEXTS
3.6-psa     -DRV_USE_PSA -DRV_STATIC
3.6-psa     -DRV_USE_PSA -DRV_NO_TEXTS -DRV_STATIC
3.6-psa     -DRV_USE_PSA -DRV_NO_JOB
'

number=0

check() { # WHAT COMMAND...
    what=$1
    shift
    number=$((number + 1))
    if "$@" >"$folder/output" 2>&1; then
        echo "ok $number - $what"
    else
        echo "not ok $number - $what"
        sed 's/^/# /' "$folder/output"
    fi
}

headers_of() { # MBEDTLS
    [ "$1" = system ] || echo "-isystem build/mbedtls/$1/include"
}

# Two units that both include the core, in one program, where other names are taken too.
for unit in one two; do
    cat >"$folder/$unit.c" <<EOF
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#define RV_STATIC
#include "replace_volume.c"
int $unit(void);
int $unit(void)
{
    return 0;
}
EOF
done
cat >"$folder/main.c" <<EOF
int one(void);
int two(void);
int main(void)
{
    return one() + two();
}
EOF
printf '#include "replace_volume.h"\n#include "replace_volume.h"\n' >"$folder/header.c"

# shellcheck disable=SC2086 # $c, $cpp, $switches ... are lists
{
    for compiler in gcc clang; do
        while read -r mbedtls switches; do
            [ -n "$mbedtls" ] || continue
            headers=$(headers_of "$mbedtls")
            check "$compiler, $mbedtls${switches:+ }$switches" \
                "$compiler" $c $headers $switches -c -o "$folder/o" replace_volume.c
            check "$compiler as C++, $mbedtls${switches:+ }$switches" \
                "$compiler" -x c++ $cpp $headers $switches -c -o "$folder/o" replace_volume.c
        done <<EOF
$variants
EOF
        check "$compiler, the header alone, twice" "$compiler" $c -c -o "$folder/o" "$folder/header.c"
        check "$compiler, the header alone, as C++" \
            "$compiler" -x c++ $cpp -c -o "$folder/o" "$folder/header.c"
        check "$compiler, two including units" "$compiler" $c -o "$folder/two-c" \
            "$folder/one.c" "$folder/two.c" "$folder/main.c" $libraries
        check "$compiler, two including units, as C++" "$compiler" -x c++ $cpp -o "$folder/two-cpp" \
            "$folder/one.c" "$folder/two.c" "$folder/main.c" $libraries

        for source in port/p*.c examples/*.c examples/tool/*.c tests/endpoint/*.c; do
            [ ! -f "$source" ] || check "$compiler, $source" "$compiler" $c -c -o "$folder/o" "$source"
        done
        headers='-Itests/lwip -isystem build/system/lwip/include'
        check "$compiler, port/lwip.c" "$compiler" $c $headers -c -o "$folder/o" port/lwip.c
        check "$compiler, port/lwip.h as C++" \
            "$compiler" -x c++ $cpp $headers -c -o "$folder/o" port/lwip.h
        headers=$(headers_of 3.6-psa)
        check "$compiler, port/psa_random.c, 3.6-psa" \
            "$compiler" $c $headers -c -o "$folder/o" port/psa_random.c
    done
}
echo "1..$number"
