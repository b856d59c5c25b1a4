#!/bin/sh
# demo.sh TOOL ENDPOINT: a system volume is replaced, at the local endpoint, and looked at before and after
set -eu
# shellcheck source=tests/setup/start_endpoint.sh
. "$(dirname "$0")/start_endpoint.sh"

tool=$1 endpoint=$2
instance=i-demo0stopped0000001
start_endpoint "$endpoint" build/demo --delay-ms 1000

# What the endpoint has in its books about the instance, which it writes when asked to by a signal.
look() {
    rm -f build/demo/books
    kill -USR1 "$endpoint_pid"
    until [ -s build/demo/books ]; do
        kill -0 "$endpoint_pid"
        sleep 0.1
    done
    sed -n "s/^\"$instance\":{\([^}]*\)}.*/\1/p" build/demo/books | tr ',' '\n' |
        sed -n 's/"\(status\|image_id\|volume_id\|key_pair\)":"\(.*\)"/    \1 \2/p'
}

echo "The instance $instance, before:"
look

set -- "$tool" --endpoint "$address" --region cn-beijing --ca-file build/demo/ca.pem \
    --instance-id "$instance" --image-id image-debian12-custom --key-pair-name kp-demo --yes
echo
echo "\$ $*"
"$@"

echo
tries=100
until after=$(look) && echo "$after" | grep -q 'status RUNNING'; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || break
done
echo "The instance $instance, after:"
echo "$after"
[ "$tries" -gt 0 ]
