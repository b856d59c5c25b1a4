#!/bin/sh
# table.sh TARGET...: builds and tries each target, one after the other, and prints a table of it
#
# A TARGET is a configuration of machines.mk, bmc or firmware. Seconds on the clock: building (mbedTLS
# too if it is not there yet), all its tests, and one of them, a whole replacement: stop, replace, watch
# until it runs again, at an endpoint that takes 0.3 s for each. Ends with 1 if anything failed.
set -eu

what_it_is() { # TARGET
    case $1 in
    glibc) echo "x86-64, glibc, static; in an empty root" ;;
    musl) echo "x86-64, musl, static; in an empty root" ;;
    armhf) echo "ARMv7, 32 bits; qemu-user" ;;
    aarch64) echo "ARMv8, 64 bits; qemu-user" ;;
    riscv64) echo "RISC-V, 64 bits; qemu-user" ;;
    mips) echo "MIPS, 32 bits, big-endian; qemu-user" ;;
    s390x) echo "IBM z, 64 bits, big-endian; qemu-user" ;;
    bmc) echo "AST2600 board, Debian's kernel and busybox; qemu" ;;
    firmware) echo "Cortex-M3, no operating system, lwIP; qemu" ;;
    esac
}

row='%-9s %-50s %9s %7s %7s %7s %11s\n'
logs=build/targets
status=0

# Seconds with one decimal.
since() { # NANOSECONDS
    echo "$((($(date +%s%N) - $1) / 1000000))" | awk '{ printf "%.1f", $1 / 1000 }'
}

run_make() { # TARGET CONFIG ARGUMENT...
    log=$logs/$1.log
    config=$2
    shift 2
    "${MAKE:-make}" --no-print-directory --keep-going -j"$(nproc)" CONFIG="$config" "$@" >>"$log" 2>&1 ||
        echo "make failed: $*" >>"$log"
}

# The results that TARGET is judged by. What could not be built has left none, and counts as failed.
try() { # TARGET CONFIG PROGRAMS RESULTS...
    target=$1 config=$2 programs=$3
    shift 3
    rm -f "$logs/$target.log"
    began=$(date +%s%N)
    # shellcheck disable=SC2086 # a list
    run_make "$target" "$config" $programs MACHINE_TESTS=all
    built=$(since "$began")
    rm -rf "build/results/$config"
    began=$(date +%s%N)
    run_make "$target" "$config" "$@"
    ran=$(since "$began")
    counts=$(find "build/results/$config" -type f ! -name '*.log' -exec cat {} + 2>/dev/null |
        awk '{ passed += $1; failed += $2 } END { print passed + 0, failed + 0 }')
    job=$(sed -n 's/^# the whole replacement took \(.*\) s$/\1/p' "build/results/$config"/checks/*.log 2>/dev/null | tail -n 1)
    # shellcheck disable=SC2059 # the columns' widths
    printf "$row" "$target" "$(what_it_is "$target")" "$built" "$ran" "${counts% *}" "${counts#* }" "${job:--}"
    if [ "${counts% *}" -eq 0 ] || [ "${counts#* }" -ne 0 ] || grep -q '^make failed' "$logs/$target.log"; then
        echo "    failed: $logs/$target.log"
        status=1
    fi
}

rm -rf "$logs"
mkdir -p "$logs"
# shellcheck disable=SC2059 # the columns' widths
printf "$row" target "what it is" "built (s)" "ran (s)" passed failed "one job (s)"
for name; do
    case $name in
    bmc) try bmc armhf build/armhf/replace-volume build/results/armhf/checks/bmc ;;
    firmware) try firmware system build/system/endpoint build/results/system/checks/firmware build/results/system/checks/firmware-unit ;;
    *) try "$name" "$name" programs-of-suite suite checks.armhf=job MACHINE_TESTS=all ;;
    esac
done
exit $status
