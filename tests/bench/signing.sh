#!/bin/sh
# signing.sh PROGRAM [check]: how many instructions signing takes, as a ratio to those of its bare SHA-256 compressions,
# counted by callgrind with a cached key. With check it speaks TAP, and the GETs must meet the goal.
set -eu

program=$1
wish=${2:-print}
goal=1.2
command -v valgrind >/dev/null || {
    [ "$wish" = print ] && echo "    skipped: valgrind is missing" || echo "1..0 # SKIP valgrind is missing"
    exit 0
}

count() { # CASE WHAT
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="rounds_of_$2" \
        "$program" "$1" "$2" 2>&1 | sed -n 's/.*Collected : //p'
}

[ "$wish" = print ] || echo 1..2
for case in 0 1 2; do
    signing=$(count "$case" signing)
    compressions=$(count "$case" compressions)
    echo "$case|$signing|$compressions"
done | awk -F'|' -v wish="$wish" -v goal="$goal" '
    BEGIN { split("GET;GET, session token;POST, 16 KiB UserData", names, ";") }
    { name = names[$1 + 1]; ratio = $3 > 0 ? $2 / $3 : 0 }
    wish == "print" { printf "    %-24s key cached  ratio %.3f\n", name, ratio; next }
    NR <= 2 {
        met = ratio > 0 && ratio <= goal
        printf "%sok %d - signing a %s takes %.3f of its compressions (at most %s)\n", met ? "" : "not ", NR, name, ratio, goal
    }'
