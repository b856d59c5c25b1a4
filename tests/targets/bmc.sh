#!/bin/sh
# bmc.sh TOOL ENDPOINT FOLDER: whole replacements by the armhf TOOL on an emulated BMC board
#
# The board is an AST2600 evaluation board, the kernel Debian's, the rest an initramfs of busybox and
# the TOOL. It reaches nothing but two endpoints on this machine. It wakes up in 1970: once the clock
# stays there, once it is set. The TOOL was told that it was built in 2020 (machines.mk), so a
# certificate that was valid then can be verified, and the service's date corrects the clock; one
# that is younger cannot, and that is said. Prints TAP.
set -eu
# shellcheck source=tests/setup/start_endpoint.sh
. "$(dirname "$0")/../setup/start_endpoint.sh"
# shellcheck source=tests/targets/tap.sh
. "$(dirname "$0")/tap.sh"

tool=$1 endpoint=$2 place=$3
here=$(dirname "$0")
debian=build/machines/debian-armhf
log=$place/console

# In the order in which they need each other.
modules='libphy fwnode_mdio fixed_phy of_mdio mdio_devres mdio-aspeed ftgmac100'

make_initramfs() {
    root=$place/root
    mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/modules" "$root/etc"
    cp "$here/bmc_init" "$root/init"
    cp "$debian/bin/busybox" "$root/bin/"
    cp "$tool" "$root/bin/replace-volume"
    cp "$place/recent/ca.pem" "$root/recent.pem"
    cp "$place/old/ca.pem" "$root/old.pem"
    echo "10.0.2.100 endpoint.test" >"$root/etc/hosts"
    for module in $modules; do
        cp "$(find "$debian/lib/modules" -name "$module.ko")" "$root/modules/"
        echo "$module.ko" >>"$root/modules/order"
    done
    (cd "$root" && find . | cpio --quiet -o -H newc) >"$place/initramfs"
}

# Whoever is connected to one of the two ports of 10.0.2.100 speaks with socat, nobody else with anybody.
boot() {
    timeout -k 5 "$limit_s" qemu-system-arm -M ast2600-evb -nographic -no-reboot -monitor none \
        -kernel "$debian"/boot/vmlinuz-* -dtb "$debian"/usr/lib/linux-image-*/aspeed-ast2600-evb.dtb \
        -initrd "$place/initramfs" \
        -append "console=ttyS4,115200n8 quiet panic=-1 recent=$recent old=$old now=$(date +%s)" \
        -nic "user,restrict=on,guestfwd=tcp:10.0.2.100:$recent-cmd:socat - TCP:127.0.0.1:$recent,guestfwd=tcp:10.0.2.100:$old-cmd:socat - TCP:127.0.0.1:$old" \
        >"$log" 2>&1 </dev/null
}

boots_and_ends() {
    boot
    sed -i 's/\r//g' "$log"
    said '^bmc: over'
}

said() { # REGULAR-EXPRESSION
    grep -E "$1" "$log" || {
        echo "not on the console ($log)"
        return 1
    }
}

books_have() { # ENDPOINT REGULAR-EXPRESSION
    grep -E "$2" "$place/$1/books" || {
        cat "$place/$1/books"
        return 1
    }
}

limit_s=200
rm -rf "$place"
mkdir -p "$place"
"$here/fetch_foreign.sh" armhf "$debian" linux-image-armmp@ busybox-static
start_endpoint "$endpoint" "$place/recent" --host-name endpoint.test
recent=${address#*:} recent_pid=$endpoint_pid
start_endpoint "$endpoint" "$place/old" --host-name endpoint.test --certificate-not-before-s -500000000
old=${address#*:} old_pid=$endpoint_pid
trap 'kill "$recent_pid" "$old_pid" 2>/dev/null || true' EXIT
make_initramfs

started=$(date +%s)
check "the board boots, and ends by itself" boots_and_ends
echo "# the board ran for $(($(date +%s) - started)) s"
sed -n 's/^bmc: \(board\|over\)/# \1/p; s/^bmc: right-clock took/# the whole replacement took/p' "$log"
kill "$recent_pid" "$old_pid"
wait "$recent_pid" "$old_pid" || true

once='"i-demo0running0000001":\{"replacements":1,"accepted":1,"stops":1,"starts":0,"status":"RUNNING"'
check "in 1970, with a certificate younger than the tool: not sent" said '^bmc: 1970-recent status 3'
check "... and it names the certificate's beginning and the clock" said "machine's clock: it says 1970"
check "in 1970, with a certificate valid when the tool was built: done" said '^bmc: 1970-old status 0'
check "... with the service's date, and it says so" said "clock is [0-9]+ s behind the service's"
check "... and the service has replaced it once" books_have old "$once"
check "with the right clock: done" said '^bmc: right-clock status 0'
check "... and the service has replaced it once" books_have recent "$once"
plan
