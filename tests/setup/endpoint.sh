#!/bin/sh
# endpoint.sh ENDPOINT TOOL [OPTION...]: starts the endpoint, says how to point the tool at it, and waits
set -eu
# shellcheck source=tests/setup/start_endpoint.sh
. "$(dirname "$0")/start_endpoint.sh"

endpoint=$1 tool=$2
shift 2
start_endpoint "$endpoint" build/endpoint "$@"

cat <<EOF
The endpoint listens at $address. It has the instances i-demo0running0000001 and
i-demo0stopped0000001, the images image-debian12, image-debian12-custom and image-windows2022, and
the key pair kp-demo. In another terminal, in this folder:

  export VOLCENGINE_ACCESS_KEY=$VOLCENGINE_ACCESS_KEY VOLCENGINE_SECRET_KEY=$VOLCENGINE_SECRET_KEY
  $tool --endpoint $address --region cn-beijing --ca-file build/endpoint/ca.pem \\
      --instance-id i-demo0stopped0000001 --image-id image-debian12 --key-pair-name kp-demo

$endpoint --help lists how it can be made to misbehave; give that as
make endpoint ENDPOINT_OPTIONS="...". Ctrl-C ends it.
EOF
wait "$endpoint_pid"
