#!/bin/sh
# fleet.sh PROGRAM ENDPOINT FOLDER NAME: 1 to 1,000 whole replacements at once in one thread: what each costs, and that
# none is lost. PROGRAM is tests/bench/fleet.c, NAME says what it was built with. COUNTS names other numbers of jobs.
# Ends with 1 if one was lost or replaced twice, if what a job costs grows with their number, or if a poll takes more
# looks than one for 100 of them.
set -eu
# shellcheck source=tests/setup/start_endpoint.sh
. "$(dirname "$0")/../setup/start_endpoint.sh"

program=$1 endpoint=$2 folder=$3 name=$4
counts=${COUNTS:-1 10 100 1000}
wrong=0

# Runs COUNT jobs in MODE against an endpoint with OPTIONS; leaves the figures in $folder/figures.
run() { # COUNT MODE OPTION...
    count=$1 mode=$2
    shift 2
    start_endpoint "$endpoint" "$folder" --fixture tests/endpoint/fixture.ini --journal "$folder/journal" \
        --generate-instances "$count" --generate-status RUNNING --delay-ms 2000 "$@"
    "$program" "$folder/ca.pem" "${address#*:}" "$count" "$mode" >"$folder/figures"
    kill "$endpoint_pid"
    wait "$endpoint_pid" || true
    trap - EXIT
    # the endpoint's own books: one replacement, one stop and no start of ours for each
    awk -v count="$count" '
        /"i-fleet[0-9]+":/ && !/"replacements":1,"accepted":1,"stops":1,"starts":0,"status":"RUNNING"/ { wrong++; print > "/dev/stderr" }
        /"i-fleet[0-9]+":/ { seen++ }
        END { print "not replaced exactly once|" (wrong + 0) + (count - seen) }' "$folder/books" >>"$folder/figures"
    awk '/"event":"opened"/ { if (/"resumed":true/) resumed++; else full++ }
        /"event":"request"/ { requests++; match($0, /"action":"[A-Za-z]*"/)
                              by[substr($0, RSTART + 10, RLENGTH - 11)]++ }
        END { print "full handshakes|" full + 0; print "resumed handshakes|" resumed + 0; print "requests|" requests + 0
              for (action in by) print "requests " action "|" by[action] }' "$folder/journal" >>"$folder/figures"
    [ "$(figure done)" = "$count.0" ] && [ "$(figure 'not replaced exactly once')" = 0 ] || {
        echo "    $count jobs: $(figure done) done, $(figure 'not replaced exactly once') not replaced exactly once" >&2
        wrong=1
    }
}

figure() { # NAME
    awk -F'|' -v name="$1" '$1 == name { print $2; found = 1 } END { if (!found) print 0 }' "$folder/figures"
}

per_job() { # NAME
    awk -v sum="$(figure "$1")" -v count="$count" 'BEGIN { printf "%.2f", sum / count }'
}

row() {
    printf '    %-34s %6d %9.0f %12.0f %10.1f %8.2f %9s %9s %9s\n' "$1" "$count" "$(figure 'bytes of ours')" \
        "$(figure 'heap of TLS, at most')" "$(awk -v us="$(figure 'CPU us')" 'BEGIN { print us / 1000 }')" \
        "$(figure seconds)" "$(per_job 'full handshakes')" "$(per_job 'resumed handshakes')" "$(per_job requests)"
}

actions() {
    for action in DescribeInstances StopInstance ReplaceSystemVolume StartInstance DescribeVolumes; do
        printf ' %s %s' "$action" "$(per_job "requests $action")"
    done
}

echo "Whole replacements of running instances, all at once in one thread ($name)"
echo
printf '    %-34s %6s %9s %12s %10s %8s %9s %9s %9s\n' "" jobs "ours, B" "TLS heap, B" "CPU, ms" "time, s" "full" "resumed" requests
printf '    %-34s %6s %9s %12s %10s %8s %9s %9s %9s\n' "" "" "a job" "a job" "a job" all "a job" "a job" "a job"
for count in $counts; do
    run "$count" alone
    row "each looks for itself"
    echo "$count $(figure 'heap of TLS, at most') $(figure 'CPU us')" >>"$folder.growth.$$"
done
most=$count
alone=$(actions)
anchors=$(figure 'heap of the anchors')
longest=$(figure 'longest step us') usual=$(figure 'longest step us, median')
p256=$(figure 'ECDHE P-256 us') p521=$(figure 'ECDHE P-521 us') x25519=$(figure 'ECDHE X25519 us')
verification=$(figure 'ECDSA P-256 verification us')
run "$most" together
row "one look for up to 100 of them"
together=$(actions)
polls=$(figure polls) looks=$(figure looks) most_looks=$(figure 'looks in one poll, at most')
run 100 alone --close-after-answer
row "the server closes after each answer"
echo
echo "    anchors, once: $anchors B of heap"
echo "    requests a job, $most jobs, each looks for itself:$alone"
echo "    requests a job, $most jobs, one look for up to 100:$together"
echo "    looks at up to 100 of $most jobs: ${looks%.0} in ${polls%.0} polls, ${most_looks%.0} in one poll at most"
echo "    longest step of a job, in CPU: $usual us (median of $most), $longest us (of all; the machine's interrupts are in it)"
echo "    for comparison, one key agreement: $p256 us (P-256), $x25519 us (X25519), $p521 us (P-521);" \
    "one verification: $verification us (P-256)"

awk -v most="$most_looks" -v jobs="$most" -v polls="$polls" 'BEGIN {
    if (polls < 1 || most > int((jobs + 99) / 100)) { print "    more looks in a poll than one for 100 of them"; exit 1 } }' || wrong=1

"$(dirname "$0")/step.sh" "$program" "$endpoint" "$folder/step"

# From ten jobs on, so that what is there once does not count.
awk '$1 >= 10 { if (heap == 0) { heap = $2; cpu = $3 }
                if ($2 > 1.25 * heap) { print "    the heap of each grows with their number"; exit 1 }
                if ($3 > 2 * cpu)     { print "    the CPU of each grows with their number"; exit 1 } }' \
    "$folder.growth.$$" || wrong=1
rm -f "$folder.growth.$$"
exit $wrong
