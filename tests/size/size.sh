#!/bin/sh
# size.sh FOLDER: what the core costs on a Cortex-M4, in code, stack and memory of its structures
#
# Code is the core with jsmn inside and without mbedTLS, libc and port, linked with section garbage
# collection: what a program keeps that uses the functions named below. Stack is the deepest chain of
# calls within the core, without mbedTLS and the caller's callbacks. Measured with the system's mbedTLS
# and, on the PSA path, with build/mbedtls/3.6-psa. Only reports: no figure makes it fail.
set -eu

folder=$1
here=$(dirname "$0")
mkdir -p "$folder"

flags='-mcpu=cortex-m4 -mthumb -Os -ffunction-sections -fdata-sections -std=c99 -DNDEBUG -I.'

one_call='rv_tls_init_build rv_tls_free rv_client_init_build rv_client_close rv_client_free
    rv_call_start_replace rv_call_step rv_call_cancel rv_call_result rv_call_free
    rv_code_name rv_code_retry'

# The folder of a header of the host's compiler. Its other headers must not be seen: they are the
# host's C library.
folder_of() { # HEADER
    echo "#include <$1>" | cc -E -x c - | sed -n "s|^# 1 \"\(.*\)/$1\".*|\1|p" | head -n 1
}

compile() { # OBJECT SOURCE SWITCH...
    object=$1 source=$2
    shift 2
    # shellcheck disable=SC2086 # flags are a list
    arm-none-eabi-gcc $flags -I "$include" -fcallgraph-info=su "$@" -c -o "$object" "$source"
}

# Links OBJECT for the ROOTS alone and prints text, then the object's data and bss (the linker pads
# those). A root that does not exist is an error.
measure() { # OBJECT ROOT...
    object=$1
    shift
    # shellcheck disable=SC2046 # options are a list
    arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -nostdlib -o "$object.elf" "$object" \
        -Wl,--gc-sections,--unresolved-symbols=ignore-all,-e,0 $(printf ' -Wl,--require-defined=%s' "$@")
    arm-none-eabi-size "$object.elf" "$object" |
        awk 'NR == 2 { text = $1 } NR == 3 { print text, $2, $3 }'
}

public() { # OBJECT
    arm-none-eabi-nm -g --defined-only "$1" | awk '$3 ~ /^rv_/ { print $3 }'
}

line() { # WHAT GOAL TEXT DATA BSS
    over=
    [ "$3" -le "$2" ] || over="over by $(($3 - $2))"
    printf '  %-34s %6d %5d %4d   goal %6d  %s\n' "$1" "$3" "$4" "$5" "$2" "$over"
}

report() { # SWITCH...
    compile "$folder/all.o" replace_volume.c "$@"
    compile "$folder/no-texts.o" replace_volume.c -DRV_NO_TEXTS "$@"
    compile "$folder/pure.o" "$here/pure.c" -DRV_NO_TEXTS "$@"
    compile "$folder/structures.o" "$here/structures.c" "$@"

    # The table that holds the roots is not the core's.
    read -r text data bss <<EOF
$(measure "$folder/pure.o" roots)
EOF
    table=$(arm-none-eabi-nm -S "$folder/pure.o" | awk '$4 == "roots" { print $2 }')

    printf '  %-34s %6s %5s %4s\n' 'code, bytes' text data bss
    line 'pure part (signing to JSON)' 6656 $((text - 0x$table)) "$data" "$bss"
    # shellcheck disable=SC2046,SC2086 # lists
    {
        line 'one call, without texts' 11264 $(measure "$folder/no-texts.o" $one_call)
        line 'everything without texts' 15360 $(measure "$folder/no-texts.o" $(public "$folder/no-texts.o"))
        line 'everything' 18432 $(measure "$folder/all.o" $(public "$folder/all.o"))
    }

    stack=$(awk -f "$here/stack.awk" "$folder/all.ci")
    bytes=$(echo "$stack" | head -n 1)
    over=
    [ "$bytes" -le 640 ] || over="over by $((bytes - 640))"
    printf '  %-34s %6d              goal %6d  %s\n' 'stack, bytes' "$bytes" 640 "$over"
    echo "$stack" | sed -n 2p | fold -s -w 90 | sed 's/^/      /'

    echo '  structures, bytes'
    arm-none-eabi-nm -S "$folder/structures.o" | sed -n 's/^[0-9a-f]* \([0-9a-f]*\) . size_of_\(.*\)/\1 \2/p' |
        while read -r bytes name; do printf '  %-34s %6d\n' "    $name" "0x$bytes"; done
}

include=$folder/include
rm -rf "$include"
mkdir -p "$include"
headers=$(folder_of mbedtls/ssl.h)
cp -R "$headers/mbedtls" "$headers/psa" "$include"
cp "$(folder_of jsmn.h)/jsmn.h" "$include"
# A distribution's mbedTLS locks with pthread, which a bare machine does not have.
for config in "$include"/mbedtls/config.h "$include"/mbedtls/mbedtls_config.h; do
    [ ! -f "$config" ] || sed -i 's|^#define MBEDTLS_THREADING_|//&|' "$config"
done

version() {
    sed -n 's/^#define MBEDTLS_VERSION_STRING  *"\(.*\)"/\1/p' "$include"/mbedtls/version.h "$include"/mbedtls/build_info.h 2>/dev/null
}

echo "Cortex-M4, $(arm-none-eabi-gcc --version | sed -n 1p), -Os"
echo
echo "mbedTLS $(version), classic"
report

cp -R build/mbedtls/3.6-psa/include/. "$include"
echo
echo "mbedTLS $(version), PSA"
report -DRV_USE_PSA
