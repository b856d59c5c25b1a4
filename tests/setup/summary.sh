#!/bin/sh
# summary.sh FOLDER NAME...: adds up the results that run.sh left in FOLDER, one file for each NAME
#
# A NAME without a result was not built, or its run was cut short: one failure. The closing line is
# kept in FOLDER/summary as well. Ends with 0 when something passed and nothing failed.
set -eu

folder=$1
shift
mkdir -p "$folder"

passed=0 failed=0 skipped=0 bad=
for name; do
    if ! read -r p f s 2>/dev/null <"$folder/$name"; then
        p=0 f=1 s=0
        bad="$bad
  $name: no result, it did not build or was cut short"
    elif [ "$f" -ne 0 ]; then
        bad="$bad
  $name: $folder/$name.log"
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done

[ -z "$bad" ] || printf 'failed:%s\n' "$bad"
[ "$skipped" -eq 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed" | tee "$folder/summary"
[ "$passed" -gt 0 ] && [ "$failed" -eq 0 ]
