#!/bin/sh
# check_symbols.sh OBJECT: what the core's object file gives away about it
#
# No writable data; no heap and no printf; and every name that it exports begins with rv_.
set -eu

object=$1
failed=0

report() { # WHAT SYMBOLS
    [ -n "$2" ] || return 0
    echo "$object $1:" "$2"
    failed=1
}

# By section rather than by symbol, so that unnamed data counts. Tables of pointers that only the
# loader writes (.data.rel.ro) count too: position-independent firmware pays RAM for them.
sections=$(objdump -h "$object" | awk '$2 ~ /^\.(data|bss|tdata|tbss)/ && $3 !~ /^0+$/ { print $2 }')
report "has writable data" "$sections"
report "has writable data" "$(nm "$object" | awk '$2 ~ /^[dDbBC]$/ { print $3 }')"

heap='malloc|calloc|realloc|reallocarray|free|alloca|strdup|strndup'
stdio='(v|f|s|sn|vf|vs|vsn|as|vas)*printf.*|puts|fputs|putchar'
report "uses the heap or stdio" "$(nm -u "$object" | awk '{ print $NF }' | grep -E "^($heap|$stdio)$" || true)"

exported=$(nm -g --defined-only "$object" | awk '{ print $NF }')
report "exports other names than rv_..." "$(echo "$exported" | grep -v '^rv_' || true)"
[ -n "$exported" ] || report "exports nothing" "no rv_ function"
exit $failed
