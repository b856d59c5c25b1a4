# shellcheck shell=sh disable=SC2034 # what it sets is for the script that reads it
# To be read with `.`: starts the endpoint for a script, and ends it with the script.
#
# start_endpoint BINARY FOLDER OPTION...  leaves its process id in $endpoint_pid, its address in
#                                         $address and its CA certificate in FOLDER/ca.pem
#
# The key that it takes is put into the environment, where nothing else of the vendor's is left:
# a real key must not get into what is only tried.

for variable in $(env | sed -n 's/^\(VOLCENGINE_[A-Z_]*\)=.*/\1/p'); do
    unset "$variable"
done
export VOLCENGINE_ACCESS_KEY=AKLTlocal VOLCENGINE_SECRET_KEY=bG9jYWwtc2VjcmV0

start_endpoint() {
    binary=$1 folder=$2
    shift 2
    rm -rf "$folder"
    mkdir -p "$folder"
    "$binary" --access-key-id "$VOLCENGINE_ACCESS_KEY=$VOLCENGINE_SECRET_KEY" --ca-file "$folder/ca.pem" \
        --ready-file "$folder/port" --books "$folder/books" "$@" >"$folder/log" 2>&1 &
    endpoint_pid=$!
    trap 'kill "$endpoint_pid" 2>/dev/null || true' EXIT
    trap 'exit 130' INT TERM

    tries=100
    until [ -s "$folder/port" ]; do
        tries=$((tries - 1))
        if [ "$tries" -eq 0 ] || ! kill -0 "$endpoint_pid" 2>/dev/null; then
            echo "the endpoint did not start:" >&2
            cat "$folder/log" >&2
            exit 1
        fi
        sleep 0.1
    done
    address=localhost:$(cat "$folder/port")
}
