#!/bin/sh
# bench.sh TOOL ENDPOINT FOLDER: what signing, a call and a whole run of the tool cost, beside what they cannot do
# without and beside other clients. FOLDER has the programs signing, exchange and measure.
set -eu
# shellcheck source=tests/setup/start_endpoint.sh
. "$(dirname "$0")/../setup/start_endpoint.sh"

tool=$1 endpoint=$2 programs=$3
here=$(dirname "$0")
runs=21
start_endpoint "$endpoint" "$programs/endpoint" --fixture tests/endpoint/fixture.ini --unsigned-host
port=${address#*:}
ca=$programs/endpoint/ca.pem

echo "Signing one ReplaceSystemVolume, beside the bare SHA-256 compressions that it needs (goal: 1.2, key cached)"
echo
echo "  by time, medians of samples taken in turn ($programs/signing)"
"$programs/signing" | awk -F'|' '{ printf "    %-24s key %-7s %4d compressions  %8.2f us  ratio %s\n", $1, $2, $3, $4, $5 }'
echo "  by instructions (valgrind --tool=callgrind --toggle-collect=rounds_of_... $programs/signing CASE WHAT)"
if command -v valgrind >/dev/null; then
    count() { # CASE WHAT FUNCTION
        valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="rounds_of_$3" \
            "$programs/signing" "$1" "$2" 2>&1 | sed -n 's/.*Collected : //p'
    }
    for case in 0 1 2; do
        signing=$(count "$case" signing signing)
        compressions=$(count "$case" compressions compressions)
        echo "$case|$signing|$compressions"
    done | awk -F'|' 'BEGIN { split("GET;GET, session token;POST, 16 KiB UserData", names, ";") }
        { printf "    %-24s key cached  ratio %.3f\n", names[$1 + 1], $2 / $3 }'
else
    echo "    skipped: valgrind is missing"
fi

echo
echo "A whole call, beside a bare mbedTLS handshake and exchange of the same bytes (goal: 1.1 of its CPU time)"
echo
"$programs/exchange" "$ca" "$port" | awk -F'|' '{ printf "    %-30s %8d us of CPU  %8d us\n", $1, $3, $4; cpu[NR] = $3 }
    END { printf "    new connection, ratio of CPU time: %.3f\n", cpu[2] / cpu[3] }'

echo
echo "A whole run of a program: the same request, with DryRun (medians of $runs runs)"
echo
printf '    %-34s %10s %12s %10s\n' "" "CPU, ms" "memory, KiB" "time, ms"
row() { # NAME EXIT-STATUS PROGRAM ARGUMENT...
    name=$1 expected=$2
    shift 2
    "$programs/measure" "$runs" "$@" | awk -F'|' -v name="$name" -v expected="$expected" '{
        printf "    %-34s %10.1f %12d %10.1f%s\n", name, $1, $2, $3, $4 == expected ? "" : "  (exit status " $4 "!)" }'
}
row "replace-volume" 0 "$tool" --endpoint "$address" --region cn-beijing --ca-file "$ca" --call-only --dry-run \
    --instance-id i-demo0stopped0000001 --image-id image-debian12 --key-pair-name kp-demo
if command -v curl >/dev/null; then
    query='Action=ReplaceSystemVolume&DryRun=true&ImageId=image-debian12&InstanceId=i-demo0stopped0000001'
    row "curl (unsigned, so refused)" 0 curl -s --cacert "$ca" \
        "https://$address/?$query&KeyPairName=kp-demo&Version=2020-04-01"
else
    echo "    curl: skipped, it is missing"
fi
if command -v node >/dev/null && [ -d "$here/../sdk/node_modules" ]; then
    NODE_EXTRA_CA_CERTS=$ca
    export NODE_EXTRA_CA_CERTS
    row "the vendor's SDK for Node" 0 node "$here/sdk_call.mjs" "$port"
else
    echo "    the vendor's SDK for Node: skipped, node or tests/sdk/node_modules is missing"
fi
