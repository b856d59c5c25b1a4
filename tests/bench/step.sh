#!/bin/sh
# step.sh PROGRAM ENDPOINT FOLDER [check]: the longest step of a whole job beside one operation with a public key, in
# instructions, counted by callgrind. PROGRAM is tests/bench/fleet.c. With check it speaks TAP, and no step may take
# more than GOAL of the longest such operation that a handshake has.
#
# Those are a key agreement, which is the making of a key pair and of the secret, on the curve that mbedTLS offers
# first (2.28: P-521, later X25519), and a verification with a key on P-256, which the endpoint's certificates have.
# Two of them in one step would be 1.3 of the longer one at the least.
set -eu
# shellcheck source=tests/setup/start_endpoint.sh
. "$(dirname "$0")/../setup/start_endpoint.sh"

program=$1 endpoint=$2 folder=$3
wish=${4:-print}
goal=1.1
command -v valgrind >/dev/null || {
    [ "$wish" = print ] && echo "    skipped: valgrind is missing" || echo "1..0 # SKIP valgrind is missing"
    exit 0
}

start_endpoint "$endpoint" "$folder" --fixture tests/endpoint/fixture.ini --generate-instances 1 \
    --generate-status RUNNING --delay-ms 300
set -- # one dump after each call of them
for function in rv_job_step agree verify_on_p256; do
    set -- "$@" "--toggle-collect=$function" "--dump-after=$function"
done
valgrind --tool=callgrind --callgrind-out-file="$folder/dump" "$@" \
    "$program" "$folder/ca.pem" "${address#*:}" 1 alone 1 >"$folder/figures" 2>"$folder/callgrind"
kill "$endpoint_pid"
wait "$endpoint_pid" || true
trap - EXIT
grep -qx 'done|1.0' "$folder/figures" || { cat "$folder/figures" >&2; echo "the job is not done" >&2; exit 1; }
curve=X25519
[ "$(sed -n 's/^curve offered first|//p' "$folder/figures")" != 521.0 ] || curve=P-521

dumps() {
    number=1
    while [ -e "$folder/dump.$number" ]; do
        cat "$folder/dump.$number"
        number=$((number + 1))
    done
}

# The program agrees on P-256 first, then on X25519 and on P-521.
dumps | awk -v wish="$wish" -v goal="$goal" -v curve="$curve" '
    BEGIN { split("P-256 X25519 P-521", curves) }
    /^desc: Trigger: --dump-after=/ { sub(/.*=/, ""); function_name = $0 }
    /^totals: / && function_name != "" {
        if (function_name == "rv_job_step") steps++
        if (function_name == "agree") function_name = curves[++agreements]
        if ($2 > most[function_name]) most[function_name] = $2
        function_name = ""
    }
    END {
        agreement = most[curve]; verification = most["verify_on_p256"]
        operation = agreement > verification ? agreement : verification
        if (steps < 10 || agreement == 0 || verification == 0) { print "nothing was counted" > "/dev/stderr"; exit 1 }
        ratio = most["rv_job_step"] / operation
        if (wish == "print") {
            printf "    longest of %d steps of a job, in instructions: %.1f million, %.3f of one operation with a public key\n", steps, most["rv_job_step"] / 1e6, ratio
            printf "    one key agreement (%s): %.1f million; one verification (P-256): %.1f million\n", curve, agreement / 1e6, verification / 1e6
            exit
        }
        print "1..1"
        printf "%sok 1 - the longest of %d steps takes %.3f of one operation with a public key (at most %s)\n", ratio <= goal ? "" : "not ", steps, ratio, goal
    }'
