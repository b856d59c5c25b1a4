#!/bin/sh
# firmware_unit.sh FOLDER: the unit tests of all that does no I/O, on an emulated Cortex-M3
#
# The same test programs and the same cmocka as elsewhere, with newlib's semihosting for files and
# output, and mbedTLS as port/mbedtls/minimal-1.2.h has it. Prints TAP.
set -eu
# shellcheck source=tests/targets/tap.sh
. "$(dirname "$0")/tap.sh"

place=$1
here=$(dirname "$0")
programs='text digest signing request http json catalogue'

rm -rf "$place"
mkdir -p "$place"

# A compiler for this processor, as one word.
CC=$PWD/$place/cc AR=arm-none-eabi-ar CFLAGS=-Os
export CC AR CFLAGS
cat >"$CC" <<END
#!/bin/sh
exec arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb -ffunction-sections -fdata-sections \\
    -include $PWD/tests/targets/newlib.h "\$@"
END
chmod +x "$CC"

build() { # NAME
    "$CC" -std=c99 $CFLAGS -Wall -Wextra -Werror -I. -isystem "$place/include" -isystem "$mbedtls/include" \
        --specs=rdimon.specs -Wl,--gc-sections -u vectors -Wl,--section-start=.vectors=0 \
        -o "$place/test_$1" "$here/newlib.c" "tests/unit/test_$1.c" "$place/libcmocka.a" "$mbedtls/libmbedtls.a"
}

# cmocka says how many there were; none is no success.
passes() { # NAME
    build "$1"
    timeout -k 5 200 qemu-system-arm -M mps2-an385 -kernel "$place/test_$1" -nographic -monitor none -serial none \
        -semihosting-config enable=on,target=native >"$place/$1.log" 2>&1 </dev/null &&
        grep -q '^\[  PASSED  \] [1-9][0-9]* test(s)\.$' "$place/$1.log" || {
        cat "$place/$1.log"
        return 1
    }
}

mbedtls=build/firmware/mbedtls-unit
tests/mbedtls/build.sh 3.6 classic "$mbedtls" port/mbedtls/minimal-1.2.h
"$here/test_libraries.sh" "$place"
for name in $programs; do
    check "unit/test_$name on a Cortex-M3" passes "$name"
    sed -n 's/^\[  PASSED  \] \(.*\) test(s)\.$/# \1 tests/p' "$place/$name.log"
done
plan
