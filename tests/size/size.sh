#!/bin/sh
# size.sh FOLDER report|readme|check: what the core costs in code, stack and memory of its structures
#
# Code is the core with jsmn inside and without mbedTLS, libc and port, linked with section garbage
# collection: what a program keeps that uses the functions named below. Stack is the deepest chain of
# calls within the core, those that mbedTLS calls back included, without mbedTLS and the caller's
# callbacks. Measured with the system's mbedTLS and, on the PSA path, with build/mbedtls/3.6-psa; the
# figures are left in FOLDER/figures.
#
# report prints them, readme writes README.md's tables, check (TAP) fails when those are stale, and when
# the core has data or bss. Tables that were made with other compilers or libraries are not compared.
set -eu

folder=$1 wish=$2
here=$(dirname "$0")
figures=$folder/figures
mkdir -p "$folder"

cores='Cortex-M0 Cortex-M3 Cortex-M4 Cortex-M33 RV32IMC x86-64'

compiler_for() { # CORE: the command, with what chooses the processor
    case $1 in
    Cortex-M*) echo "arm-none-eabi-gcc -mthumb -mcpu=cortex-m${1#Cortex-M}" ;;
    RV32IMC) echo 'riscv64-unknown-elf-gcc -march=rv32imc -mabi=ilp32' ;;
    # Tables for unwinding are no use to C.
    x86-64) echo 'x86_64-linux-gnu-gcc -fno-asynchronous-unwind-tables' ;;
    esac
}

libc_for() { # CORE: the option that finds its headers
    case $1 in
    RV32IMC) echo '--specs=picolibc.specs' ;;
    esac
}

flags='-Os -ffunction-sections -fdata-sections -std=c99 -DNDEBUG -I.'

# --- what a program uses -------------------------------------------------------------------------

connection='rv_tls_init_build rv_tls_free rv_client_init_build rv_client_close rv_client_free'
call="$connection rv_call_start_replace rv_call_step rv_call_cancel rv_call_result rv_call_free
    rv_code_name rv_code_retry"
job="$connection rv_job_start rv_job_resume rv_job_step rv_job_cancel rv_job_report_of rv_job_free
    rv_code_name rv_code_retry rv_parameter_name rv_step_name rv_instance_status_name"
texts='rv_status_text rv_rule_text rv_code_advice'

everything() { # OBJECT
    nm -g --defined-only "$1" | awk '$3 ~ /^rv_/ { print $3 }'
}

# Functions of the core that it calls through a pointer, or that mbedTLS calls; see stack.awk.
through='on_object:job_read_element on_object:rv_instance_read found:job_found
    mbedtls_ssl_handshake_step:verify_certificate mbedtls_ssl_handshake_step:tls_random'
for function in handshake_step read write close_notify; do
    through="$through mbedtls_ssl_$function:socket_send mbedtls_ssl_$function:socket_recv"
done

# --- measuring -----------------------------------------------------------------------------------

figure() { # FIELD...
    (IFS='	' && echo "$*") >>"$figures"
}

# The folder of a header of the host's compiler. Its other headers must not be seen: they are the
# host's C library.
folder_of() { # HEADER
    echo "#include <$1>" | cc -E -x c - | sed -n "s|^# 1 \"\(.*\)/$1\".*|\1|p" | head -n 1
}

compile() { # OBJECT SOURCE SWITCH...
    object=$1 source=$2
    shift 2
    # shellcheck disable=SC2046,SC2086 # options are lists
    $compiler $(libc_for "$core") $flags -I "$include" "$@" $switches -fcallgraph-info=su -c -o "$object" "$source"
}

# Links OBJECT for the ROOTS alone and prints text, then the object's data and bss (the linker pads
# those). A root that does not exist is an error.
measure() { # OBJECT ROOT...
    object=$1
    shift
    # shellcheck disable=SC2046,SC2086 # options are lists
    $compiler -nostdlib -static -o "$object.elf" "$object" \
        -Wl,--gc-sections,--build-id=none,--unresolved-symbols=ignore-all,-e,0 $(printf ' -Wl,--require-defined=%s' "$@")
    size "$object.elf" "$object" | awk 'NR == 2 { text = $1 } NR == 3 { print text, $2, $3 }'
}

code() { # WHAT OBJECT ROOT...
    what=$1
    shift
    # shellcheck disable=SC2046 # numbers
    figure code "$digest" "$core" "$what" $(measure "$@")
}

stack() { # WHAT FROM THROUGH
    # shellcheck disable=SC2086,SC2116 # without line ends
    chain=$(awk -v from="$(echo $2)" -v through="$(echo $3)" -f "$here/stack.awk" "$folder/all.ci")
    figure stack "$digest" "$core" "$1" "$(echo "$chain" | sed -n 1p)" "$(echo "$chain" | sed -n 2p)"
}

# An array as long as each public structure: nm -S reads their sizes off the object.
structures() {
    {
        echo '#include "replace_volume.h"'
        sed -n '/private/!s/^typedef struct rv_\([a-z_]*\) {.*/const char size_of_rv_\1[sizeof(rv_\1)] = {0};/p' \
            replace_volume.h
    } >"$folder/structures.c"
    compile "$folder/structures.o" "$folder/structures.c"
    nm -S "$folder/structures.o" | sed -n 's/^[0-9a-f]* \([0-9a-f]*\) . size_of_\(.*\)/\1 \2/p' |
        while read -r bytes name; do figure structure "$digest" "$core" "$name" $((0x$bytes)); done
}

# shellcheck disable=SC2046,SC2086 # roots are lists
measure_everything() {
    compile "$folder/all.o" replace_volume.c
    code everything "$folder/all.o" $(everything "$folder/all.o")
    # The job's own readers are no part of a call.
    stack 'one call' "$call" "$(echo "$through" | sed 's/on_object:[a-z_]*//g')"
    stack everything '' "$through"
}

# shellcheck disable=SC2046,SC2086 # roots are lists
measure_parts() {
    compile "$folder/no-texts.o" replace_volume.c -DRV_NO_TEXTS
    compile "$folder/pure.o" "$here/pure.c" -DRV_NO_TEXTS
    measure "$folder/pure.o" roots | {
        read -r text data bss
        # The table that holds the roots is not the core's. Position-independent code has it in data.
        table=$(nm -S "$folder/pure.o" | awk '$4 == "roots" { print ($3 ~ /[Dd]/ ? "data" : "text") "_of_table=$((0x" $2 "))" }')
        text_of_table=0 data_of_table=0
        eval "$table"
        figure code "$digest" "$core" 'pure part' $((text - text_of_table)) $((data - data_of_table)) "$bss"
    }
    code 'one call, without texts' "$folder/no-texts.o" $call
    code 'one call' "$folder/all.o" $call $texts
    code 'whole job, without texts' "$folder/no-texts.o" $job
    code 'whole job' "$folder/all.o" $job $texts
    code 'everything, without texts' "$folder/no-texts.o" $(everything "$folder/no-texts.o")
}

measure_core() {
    compiler=$(compiler_for "$core")
    measure_everything
    # With PSA the parts differ by as much as the whole.
    case $digest,$core in
    classic,* | psa,Cortex-M4) measure_parts ;;
    esac
    case $core in
    Cortex-M4 | x86-64) structures ;;
    esac
}

mbedtls_version() {
    sed -n 's/^#define MBEDTLS_VERSION_STRING  *"\(.*\)"/\1/p' "$include"/mbedtls/version.h "$include"/mbedtls/build_info.h 2>/dev/null
}

measure_all() {
    rm -f "$figures"
    for compiler in arm-none-eabi-gcc riscv64-unknown-elf-gcc x86_64-linux-gnu-gcc; do
        figure version "$compiler" "$($compiler --version | sed -n '1s/^[^ ]* //p')"
    done
    for file in replace_volume.c replace_volume.h; do
        # shellcheck disable=SC2046 # numbers
        figure lines $(awk -f "$here/lines.awk" "$file") "$file"
    done

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
    digest=classic switches=
    figure version mbedTLS "$(mbedtls_version)" classic
    for core in $cores; do measure_core; done

    cp -R build/mbedtls/3.6-psa/include/. "$include"
    digest=psa switches=-DRV_USE_PSA
    figure version mbedTLS "$(mbedtls_version)" psa
    for core in $cores; do measure_core; done
}

# --- README.md's tables --------------------------------------------------------------------------

# What stands between the two markers, both included.
tables_of() { # FILE
    sed -n '/^<!-- size: /,/^<!-- size: end -->$/p' "$1"
}

measure_all
awk -v format=markdown -f "$here/report.awk" "$figures" >"$folder/tables.md"

case $wish in
report)
    awk -f "$here/report.awk" "$figures"
    ;;
readme)
    [ -n "$(tables_of README.md)" ] || { echo "README.md has no place for the tables" >&2; exit 1; }
    sed -i -e "/^<!-- size: end -->\$/r $folder/tables.md" -e '/^<!-- size: /,/^<!-- size: end -->$/d' README.md
    ;;
check)
    echo 1..2
    awk -F '\t' '$1 == "code" && $6 + $7 { print "# " $0; bad = 1 } END { exit bad }' "$figures" || printf 'not '
    echo 'ok 1 - the core has neither data nor bss'
    tables_of README.md >"$folder/README.md"
    what="ok 2 - README.md's tables of sizes are what is measured"
    if cmp -s "$folder/README.md" "$folder/tables.md"; then
        echo "$what"
    elif [ -s "$folder/README.md" ] && [ "$(head -n 1 "$folder/README.md")" != "$(head -n 1 "$folder/tables.md")" ]; then
        diff "$folder/README.md" "$folder/tables.md" | sed -n '2p;/^---$/{n;p;}' | sed 's/^/# /'
        echo "$what # SKIP they were made with other versions than these"
    else
        diff "$folder/README.md" "$folder/tables.md" | sed 's/^/# /'
        echo '# make size-readme writes them anew'
        echo "not $what"
    fi
    ;;
esac
