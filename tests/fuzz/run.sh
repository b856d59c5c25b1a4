#!/bin/sh
# run.sh [SECONDS [NAME...]]: builds the fuzzers and lets each of them run for so long (20)
#
# With clang's libFuzzer (Debian: clang and libclang-rt-14-dev), AddressSanitizer and
# UndefinedBehaviorSanitizer, and with small limits, so that short inputs reach them. What was found
# stays in build/fuzz: NAME-crash-... is an input that failed (run build/fuzz/NAME with it), corpus
# is what the next run begins with. Ends with 0 when none failed.
set -eu

cd "$(dirname "$0")/../.."
seconds=${1:-20}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- http json answer

limits='-DRV_HEAD_MAX=768 -DRV_BODY_MAX=2048 -DRV_WINDOW_SIZE=512 -DRV_JSON_TOKENS=24'
flags='-std=c99 -g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all'
flags="$flags -fsanitize=fuzzer,address,undefined -Wall -Wextra -Wpedantic -Wno-unused-function"
out=build/fuzz
mkdir -p "$out"

# The answers of the unit tests begin the corpus; four bytes before each say how it is cut.
seed() { # NAME
    mkdir -p "$out/seeds/$1" "$out/corpus/$1"
    for answer in tests/unit/answers/*.http; do
        seed=$out/seeds/$1/$(basename "$answer")
        printf '\001\377\003\001' >"$seed"
        if [ "$1" = json ]; then
            sed '1,/^\r$/d' "$answer" >>"$seed" # the body
        else
            cat "$answer" >>"$seed"
        fi
    done
}

passed=0 failed=0
for name; do
    seed "$name"
    echo "fuzz_$name, $seconds s"
    if ${CLANG:-clang} $flags $limits ${CPPFLAGS-} -I. -o "$out/fuzz_$name" "tests/fuzz/fuzz_$name.c" \
        ${LDFLAGS-} -lmbedtls -lmbedx509 -lmbedcrypto &&
        "$out/fuzz_$name" -max_total_time="$seconds" -max_len=4096 -timeout=10 \
            -dict=tests/fuzz/words.dict -artifact_prefix="$out/fuzz_$name-" -print_final_stats=1 \
            "$out/corpus/$name" "$out/seeds/$name" >"$out/fuzz_$name.log" 2>&1; then
        passed=$((passed + 1))
        echo "ok      fuzz_$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$out/fuzz_$name.log") inputs"
    else
        failed=$((failed + 1))
        echo "FAILED  fuzz_$name: $out/fuzz_$name.log"
        grep -a -e 'not so:' -e 'ERROR:' -e 'runtime error:' -e 'Test unit written' "$out/fuzz_$name.log" || true
    fi
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
