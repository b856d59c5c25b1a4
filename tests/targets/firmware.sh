#!/bin/sh
# firmware.sh ENDPOINT FOLDER: examples/firmware built, measured and run on emulated boards
#
# Each board with TLS 1.2 and with 1.3 does whole replacements. It reaches nothing but the ENDPOINT on
# this machine, and verifies it. Prints TAP, and what was measured as comments.
set -eu
# shellcheck source=tests/setup/start_endpoint.sh
. "$(dirname "$0")/../setup/start_endpoint.sh"
# shellcheck source=tests/targets/tap.sh
. "$(dirname "$0")/tap.sh"

unset MAKEFLAGS MFLAGS MAKELEVEL # of the make that runs this test

endpoint=$1 place=$2
log=$place/log

# Instructions of rv_job_step, all of TLS included, in thousands: of the first call, which has the full
# handshake and so is public-key cryptography nearly all; of all others, where the core counts; and of
# the whole job. 5 % above what was measured with an ECDSA chain of one certificate, which differs by
# 0.1 % from run to run; the others have room for a look or two more on a slow machine.
budget_of_first_call=65000 budget_of_others=4000 budget_of_job=69000

rm -rf "$place"
mkdir -p "$place"

# --- building ---

# All of what follows is about $board with $tls, and its $image.
build() { # [VARIABLE=VALUE...]
    make -s -C examples/firmware BOARD="$board" TLS="$tls" OUT="$PWD/$image" "$@" >"$place/build.log" 2>&1 ||
        { cat "$place/build.log"; return 1; }
    ! grep 'warning:' "$place/build.log"
}

has_no_heap() {
    ! arm-none-eabi-nm "$image/firmware.elf" | grep -E ' (malloc|_malloc_r|calloc|realloc|free|_sbrk|_sbrk_r)$'
}

stack_size() {
    echo "$((0x$(arm-none-eabi-nm "$image/firmware.elf" | sed -n 's/ . STACK_SIZE$//p')))"
}

arena_size() {
    echo "$((0x$(arm-none-eabi-nm -S "$image/firmware.elf" | sed -n 's/.* \(.*\) . arena$/\1/p')))"
}

print_sizes() {
    arm-none-eabi-size "$image/firmware.elf" | awk -v what="$board, TLS $tls" \
        'NR == 2 { printf "# %s: flash %d B, RAM %d B, stack and arena included\n", what, $1 + $2, $2 + $3 }'
}

# --- running ---

begin() { # ENDPOINT-OPTION...
    start_endpoint "$endpoint" "$place/endpoint" --host-name ecs.test --public-port 443 "$@"
    openssl x509 -in "$place/endpoint/ca.pem" -outform DER -out "$place/ca.der"
}

# Its books are written at its end.
end() {
    kill "$endpoint_pid"
    wait "$endpoint_pid" || true
}

# Whoever connects to port 443 of 10.0.2.100 speaks with socat, nobody else with anybody. That address
# is told, unless $name_server_port says where somebody is who knows it.
run_image() { # OPTION-OF-IMAGE...
    set -- instance=i-demo0running0000001 image=image-debian12-custom key-pair=kp-demo region=cn-beijing \
        host=ecs.test ca="$place/ca.der" \
        access-key="$VOLCENGINE_ACCESS_KEY" secret-key="$VOLCENGINE_SECRET_KEY" "$@"
    cable=
    if [ -n "${name_server_port-}" ]; then
        set -- "$@" name-server=10.0.2.3
        cable="-net socket,udp=127.0.0.1:$name_server_port,localaddr=127.0.0.1:0"
    else
        set -- "$@" address=10.0.2.100
    fi
    arguments=$(printf ',arg=%s' firmware "$@")
    # shellcheck disable=SC2086 # $emulator_options and $cable are lists
    timeout -k 5 "${limit_s:-120}" qemu-system-arm -M "$board" -kernel "$image/firmware.elf" \
        -pidfile "$place/emulator" -nographic -monitor none -serial none ${emulator_options-} \
        -semihosting-config "enable=on,target=native$arguments" \
        -net nic $cable -net "user,restrict=on,guestfwd=tcp:10.0.2.100:443-cmd:socat - TCP:127.0.0.1:${address#*:}" \
        >"$log" 2>&1 </dev/null
}

# As soon as the books have the replacement; nothing is told to the image.
power_is_cut() {
    tries=300
    until books_say '"replacements":1,"tokens":'; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.1
    done
    kill -9 "$(cat "$place/emulator")"
}

books_say() { # REGULAR-EXPRESSION: now, since the endpoint writes them when it is asked to by a signal
    kill -USR1 "$endpoint_pid"
    sleep 0.1
    grep -qE "$1" "$place/endpoint/books"
}

ends_with() { # STATUS COMMAND...
    expected=$1 status=0
    shift
    "$@" || status=$?
    [ "$status" -eq "$expected" ] || {
        echo "exit status $status, not $expected"
        cat "$log"
        return 1
    }
}

said() { # REGULAR-EXPRESSION
    grep -E "$1" "$log" || {
        cat "$log"
        return 1
    }
}

number_of() { # NAME
    sed -n "s/^$1: \([0-9]*\).*/\1/p" "$log"
}

is_at_most() { # NUMBER LIMIT
    [ -n "$1" ] && [ "$1" -le "$2" ] || {
        echo "$1, and not at most $2"
        return 1
    }
}

books_have() { # REGULAR-EXPRESSION
    grep -E "$1" "$place/endpoint/books" || {
        cat "$place/endpoint/books"
        return 1
    }
}

once='"i-demo0running0000001":\{"replacements":1,"accepted":1,"stops":1,"starts":0,"status":"RUNNING","image_id":"image-debian12-custom"'

# --- what is tried ---

# The chain that takes most memory: RSA, with an intermediate certificate.
replaces() {
    begin --tls "$tls" --key rsa --intermediate
    started=$(date +%s%N)
    check "$board, TLS $tls: an instance is stopped, replaced and runs again" ends_with 0 run_image
    echo "# the whole replacement took $((($(date +%s%N) - started) / 1000000))" | sed 's/...$/.& s/'
    end
    check "... once, as the service's books say" books_have "$once"
    check "... with a quarter of the stack left" is_at_most "$(number_of 'stack used')" $(($(stack_size) * 3 / 4))
    echo "# $board, TLS $tls: $(number_of 'stack used') B of stack and at most $(number_of 'arena used') B of arena used"
}

# The address that the name server gives is the only way to the endpoint.
resolves_names() {
    rm -f "$place/name-server"
    node "$(dirname "$0")/name_server.mjs" "$place/name-server" ecs.test 10.0.2.100 >"$place/name-server.log" 2>&1 &
    name_server=$!
    begin --tls "$tls"
    trap 'kill "$endpoint_pid" "$name_server" 2>/dev/null || true' EXIT
    until [ -s "$place/name-server" ]; do
        kill -0 "$name_server"
        sleep 0.1
    done
    name_server_port=$(cat "$place/name-server")
    check "$board, TLS $tls: the service's name is resolved by lwIP" ends_with 0 run_image
    check "... a name that does not exist is never sent to" ends_with 3 run_image host=nowhere.test
    check "... and that is said" said '^status: -12$'
    name_server_port=
    kill "$name_server"
    end
    check "... so there was one replacement" books_have "$once"
}

corrects_its_clock() {
    begin --tls "$tls"
    check "$board, TLS $tls: a clock that shows 1970 is corrected" ends_with 0 run_image utc=0
    check "... and that is said" said '^clock skew: [0-9]{9,} s'
    end
    check "... and replaces once" books_have "$once"
}

trusts_nobody_else() {
    begin --tls "$tls" --certificate other-ca
    check "$board, TLS $tls: nothing is sent to a server that is not trusted" ends_with 3 run_image
    end
    check "... not one request" books_have '"requests":0,'
}

# The endpoint takes its time, so the power goes while the job watches.
survives_a_power_cut() {
    rm -f "$place/record"
    begin --tls "$tls" --delay-ms 1500
    (limit_s=60 run_image record="$place/record" || true) &
    running=$!
    check "$board, TLS $tls: the power is cut when the replacement was accepted" power_is_cut
    wait "$running" || true
    check "... and what the record says is gone on with" ends_with 0 run_image record="$place/record"
    check "... that, and no new job" said '^goes on from its record'
    end
    check "... so it is replaced once" books_have "$once"
}

stays_within_its_budget() {
    begin --tls "$tls"
    emulator_options='-icount shift=5' # 32 ns for each instruction, whatever the host does meanwhile
    check "$board, TLS $tls: replaces, while instructions are counted" ends_with 0 run_image
    emulator_options=
    end
    first=$(in_thousands "$(number_of 'clocks of the first call')") job=$(in_thousands "$(number_of 'clocks of the job')")
    others=$((${job:-0} - ${first:-0}))
    echo "# $board, TLS $tls: $first thousand instructions for the first call, $others for the others, $job for the job"
    check "... the first call is within its budget" is_at_most "$first" "$budget_of_first_call"
    check "... the others too" is_at_most "$others" "$budget_of_others"
    check "... the whole job too" is_at_most "$job" "$budget_of_job"
}

in_thousands() { # CLOCKS of 40 ns, 25 MHz; rounded up
    [ -z "$1" ] || echo "$((($1 * 40 / 32 + 999) / 1000))"
}

# An image with less stack than it needs, so that it is known what happens then.
faults_when_the_stack_overflows() {
    image=$place/$board-overflow
    check "$board, TLS $tls: an image with 1 KB of stack is built" build STACK_SIZE=1024
    begin --tls "$tls"
    check "... its stack overflows, and that is a fault" overflows
    end
    check "... before anything is replaced" books_have '"replacements":0,"tokens":'
}

overflows() {
    ! run_image && grep -E '^fault$|Lockup' "$log"
}

for board in mps2-an385 lm3s6965evb; do
    for tls in 1.2 1.3; do
        image=$place/$board-$tls
        check "$board, TLS $tls: the image is built, without a warning" build
        check "... and has no heap" has_no_heap
        print_sizes
        replaces
        corrects_its_clock
        trusts_nobody_else
        case $tls in
        1.2) resolves_names ;;
        esac
        case $board in
        mps2-an385) stays_within_its_budget ;;
        lm3s6965evb) survives_a_power_cut ;;
        esac
    done
    faults_when_the_stack_overflows
done
plan
