#!/bin/sh
# check_readme.sh: the program that README.md shows is examples/minimal.c, word for word
set -eu
shown=$(sed -n '/^```c$/,/^```$/p' README.md | sed '1d;$d')
if [ "$shown" != "$(cat examples/minimal.c)" ]; then
    echo "README.md shows another program than examples/minimal.c: copy the file into it again"
    exit 1
fi
lines=$(wc -l <examples/minimal.c)
[ "$lines" -le 40 ] || { echo "examples/minimal.c has $lines lines, it should have 40 at the most"; exit 1; }
