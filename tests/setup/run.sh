#!/bin/sh
# run.sh RESULT SECONDS COMMAND...: runs one test and writes "passed failed skipped not-begun" into the file RESULT
#
# What it printed goes to RESULT.log, shown here when something failed. A command that announces a
# plan (TAP's "1..N", as cmocka does) is counted by its tests, and what it did not get to has failed.
# Without a plan it is one check, judged by its exit status; but a test program (RESULT in unit/, tool/,
# end_to_end/ or sdk/) without a plan has run no test, and that is a failure. After the time RV_BEGIN_BEFORE_S
# (seconds since 1970), where it is set, nothing is begun: not-begun is 1 then. run.sh itself always ends
# with 0: summary.sh decides.
set -eu

result=$1 seconds=$2
shift 2
name=${result#build/results/}
mkdir -p "$(dirname "$result")"

if [ "$(date +%s)" -gt "${RV_BEGIN_BEFORE_S:-$(date +%s)}" ]; then
    echo "skipped $name: no time is left to begin it"
    echo "0 0 0 1" >"$result"
    exit 0
fi

case $name in
*/unit/* | */tool/* | */end_to_end/* | */sdk/*) wants_plan=1 ;;
*) wants_plan=0 ;;
esac

# Nothing that is run here may find a real key, neither in the environment nor in a home folder.
for variable in $(env | sed -n 's/^\(VOLCENGINE_[A-Z_]*\)=.*/\1/p'); do
    unset "$variable"
done
HOME=$(pwd)/build/home
export HOME
mkdir -p "$HOME"

status=0
began=$(date +%s)
CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 5 "$seconds" "$@" >"$result.log" 2>&1 </dev/null || status=$?
[ "$status" -ne 124 ] || echo "stopped after $seconds s" >>"$result.log"

awk -v status="$status" -v wants_plan="$wants_plan" '
    /^1\.\.[0-9]+/                    { planned += substr($0, 4); has_plan = 1 }
    /^(not )?ok [0-9]+ (.* )?# SKIP/  { skipped++; next }
    /^ok [0-9]+/                      { passed++ }
    END {
        if (!has_plan && !wants_plan) { planned = 1; passed = (status == 0); skipped = 0 }
        failed = planned - passed - skipped
        if (failed <= 0) failed = (status != 0 || planned == 0)
        printf "%d %d %d 0\n", passed, failed, skipped
    }' "$result.log" >"$result.counts"
read -r passed failed skipped _ <"$result.counts"

if [ "$failed" -eq 0 ]; then
    echo "ok      $name: $passed passed$([ "$skipped" -eq 0 ] || echo ", $skipped skipped"), $(($(date +%s) - began)) s"
else
    echo "FAILED  $name: $failed failed, exit status $status"
    grep -v '^ok ' "$result.log" | sed 's/^/        /'
fi
mv "$result.counts" "$result"
