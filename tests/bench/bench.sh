#!/bin/sh
# bench.sh TOOL MUSL-TOOL GLIBC-TOOL ENDPOINT FOLDER: what signing, a call and a whole run of the tool cost, beside
# what they cannot do without and beside other clients. The second and third tool are static. FOLDER has the programs
# signing, exchange and measure.
set -eu
# shellcheck source=tests/setup/start_endpoint.sh
. "$(dirname "$0")/../setup/start_endpoint.sh"

tool=$1 musl_tool=$2 glibc_tool=$3 endpoint=$4 programs=$5
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
"$here/signing.sh" "$programs/signing"

echo
echo "A whole call, beside a bare mbedTLS handshake and exchange of the same bytes (goal: 1.1 of its CPU time)"
echo
"$programs/exchange" "$ca" "$port" | awk -F'|' '{ printf "    %-30s %8d us of CPU  %8d us\n", $1, $3, $4; cpu[NR] = $3 }
    END { printf "    new connection, ratio of CPU time: %.3f\n", cpu[3] / cpu[4] }'

echo
echo "A whole run of a program: the same request, with DryRun (medians of $runs runs). Memory is the peak that is resident;"
echo "on disk is the program, stripped, with all shared libraries that it is linked with, libc included; ratios are to the"
echo "first row. With musl it is mbedTLS 3.6 with PSA, else the system's."
echo
printf '    %-42s %8s %8s %12s %6s %13s %6s\n' '' 'CPU, ms' 'time, ms' 'memory, KiB' ratio 'on disk, KiB' ratio

kib_on_disk() { # PROGRAM
    strip -o "$programs/stripped" "$1"
    {
        echo "$programs/stripped"
        ldd "$1" 2>/dev/null | sed -n 's|^[^/]*\(/[^ ]*\) (0x.*|\1|p'
    } | xargs -n 1 readlink -f | sort -u | xargs stat -c %s | awk '{ bytes += $1 } END { printf "%.0f\n", bytes / 1024 }'
}

first_memory=
first_disk=
row() { # NAME PROGRAM ARGUMENT...
    name=$1
    shift
    disk=$(kib_on_disk "$(command -v "$1")")
    "$programs/measure" "$runs" "$@" >"$programs/measured"
    IFS='|' read -r cpu memory time status <"$programs/measured"
    : "${first_memory:=$memory}" "${first_disk:=$disk}"
    echo "$cpu|$time|$memory|$first_memory|$disk|$first_disk|$status" | awk -F'|' -v name="$name" '{
        printf "    %-42s %8.1f %8.1f %12d %6.1f %13d %6.1f%s\n", name, $1, $2, $3, $3 / $4, $5, $5 / $6,
            $7 == 0 ? "" : "  (exit status " $7 "!)" }'
}

dry_run() { # NAME TOOL
    row "$1" "$2" --endpoint "$address" --region cn-beijing --ca-file "$ca" --call-only --dry-run \
        --instance-id i-demo0stopped0000001 --image-id image-debian12 --key-pair-name kp-demo
}

dry_run "replace-volume, static, musl" "$musl_tool"
dry_run "replace-volume, static, glibc" "$glibc_tool"
dry_run "replace-volume, with shared libraries" "$tool"
if command -v curl >/dev/null; then
    query='Action=ReplaceSystemVolume&DryRun=true&ImageId=image-debian12&InstanceId=i-demo0stopped0000001'
    row "curl $(curl --version | awk '{ print $2; exit }') (unsigned, so refused)" \
        curl -s --cacert "$ca" "https://$address/?$query&KeyPairName=kp-demo&Version=2020-04-01"
else
    echo "    curl: skipped, it is missing"
fi
if command -v node >/dev/null && [ -d "$here/../sdk/node_modules" ]; then
    NODE_EXTRA_CA_CERTS=$ca
    export NODE_EXTRA_CA_CERTS
    # On disk without the SDK's own packages.
    row "the vendor's SDK, node $(node --version)" node "$here/sdk_call.mjs" "$port"
else
    echo "    the vendor's SDK for Node: skipped, node or tests/sdk/node_modules is missing"
fi
