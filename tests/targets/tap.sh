# shellcheck shell=sh
# To be read with `.`: TAP for a script.
#
# check WHAT COMMAND...   one test; what COMMAND prints is shown when it fails
# plan                    to be called at the end
#
# ends_with STATUS COMMAND...   whether COMMAND ends with this exit status, and says which if not

number=0

check() {
    what=$1
    shift
    number=$((number + 1))
    if said=$("$@" 2>&1); then
        echo "ok $number - $what"
    else
        echo "not ok $number - $what"
        echo "$said" | sed 's/^/# /'
    fi
}

plan() {
    echo "1..$number"
}

ends_with() {
    expected=$1 status=0
    shift
    "$@" || status=$?
    [ "$status" -eq "$expected" ] || {
        echo "exit status $status, not $expected"
        return 1
    }
}
