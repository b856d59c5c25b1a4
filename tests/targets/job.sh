#!/bin/sh
# job.sh TOOL ENDPOINT FOLDER [EMULATOR]: a whole replacement by a TOOL that was built for another machine
#
# Against the local endpoint, with verification on. EMULATOR runs the TOOL; without one it runs in an
# empty root: nothing is there but the TOOL, the CA's certificate and /etc/hosts, not even /dev. The
# root is made in FOLDER. Prints TAP.
set -eu
# shellcheck source=tests/setup/start_endpoint.sh
. "$(dirname "$0")/../setup/start_endpoint.sh"
# shellcheck source=tests/targets/tap.sh
. "$(dirname "$0")/tap.sh"

tool=$1 endpoint=$2 place=$3 emulator=${4-}
root=$place/root
rm -rf "$place"
mkdir -p "$root/etc"
cp "$tool" "$root/replace-volume"
echo "127.0.0.1 localhost" >"$root/etc/hosts"

run_tool() { # OPTION...
    set -- --endpoint "$address" --region cn-beijing --instance-id i-demo0running0000001 \
        --image-id image-debian12-custom --key-pair-name kp-demo --stop --yes "$@"
    if [ -n "$emulator" ]; then
        "$emulator" "$root/replace-volume" --ca-file "$root/ca.pem" --state-file "$root/record" "$@"
    else
        bwrap --bind "$root" / --unshare-all --share-net --die-with-parent \
            /replace-volume --ca-file /ca.pem --state-file /record "$@"
    fi
}

begin() { # ENDPOINT-OPTION...
    start_endpoint "$endpoint" "$place/endpoint" "$@"
    cp "$place/endpoint/ca.pem" "$root/ca.pem"
}

# Its books are written at its end.
end() {
    kill "$endpoint_pid"
    wait "$endpoint_pid" || true
}

books_have() { # REGULAR-EXPRESSION
    grep -E "$1" "$place/endpoint/books" || {
        cat "$place/endpoint/books"
        return 1
    }
}

begin
started=$(date +%s%N)
check "an instance that runs is stopped, replaced and runs again" ends_with 0 run_tool
echo "# the whole replacement took $((($(date +%s%N) - started) / 1000000))" | sed 's/...$/.& s/'
end
check "the service has replaced it once, after one stop" books_have \
    '"i-demo0running0000001":\{"replacements":1,"accepted":1,"stops":1,"starts":0,"status":"RUNNING","image_id":"image-debian12-custom"'
check "no record of a finished replacement is left" test ! -e "$root/record"

begin --certificate other-ca
check "nothing is sent to a server whose certificate is not trusted" ends_with 3 run_tool
end
check "the service has seen no request" books_have '"requests":0,'
plan
