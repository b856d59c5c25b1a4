#!/bin/sh
# summary.sh FOLDER NAME...: adds up the results that run.sh left in FOLDER, one file for each NAME
#
# A NAME without a result was not built, or its run was cut short: one failure. What was not begun for
# lack of time is counted in a line of its own. The closing line is kept in FOLDER/summary as well. Ends
# with 0 when something passed and nothing failed.
set -eu

folder=$1
shift
mkdir -p "$folder"

passed=0 failed=0 skipped=0 not_begun=0 bad=
for name; do
    if ! read -r p f s n 2>/dev/null <"$folder/$name"; then
        p=0 f=1 s=0 n=0
        bad="$bad
  $name: no result, it did not build or was cut short"
    elif [ "$f" -ne 0 ]; then
        bad="$bad
  $name: $folder/$name.log"
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s)) not_begun=$((not_begun + n))
done

[ -z "$bad" ] || printf 'failed:%s\n' "$bad"
[ "$skipped" -eq 0 ] || echo "$skipped skipped"
[ "$not_begun" -eq 0 ] || echo "$not_begun programs and checks were not begun, for lack of time"
echo "$passed passed, $failed failed" | tee "$folder/summary"
[ "$passed" -gt 0 ] && [ "$failed" -eq 0 ]
