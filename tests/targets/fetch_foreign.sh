#!/bin/sh
# fetch_foreign.sh ARCHITECTURE FOLDER PACKAGE...: Debian packages of another architecture, unpacked into FOLDER
#
# From the archives that this machine is configured for, and checked by apt as any package is, but in
# a state of its own: the system's lists and packages stay as they are. For a package that only
# stands for another of a certain version (linux-image-armmp) say NAME@, that other one comes.
# A FOLDER that is complete is left alone.
set -eu

architecture=$1 folder=$2
shift 2
[ "$(cat "$folder/packages" 2>/dev/null)" != "$*" ] || exit 0
rm -rf "$folder"
mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial"
folder=$(cd "$folder" && pwd)
: >"$folder/apt/status"
APT_CONFIG=$folder/apt/apt.conf
export APT_CONFIG
cat >"$APT_CONFIG" <<END
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
Dir::State::Lists "$folder/apt/lists";
Dir::State::status "$folder/apt/status";
Dir::Cache "$folder/apt/cache";
END

cd "$folder/apt"
{
    # A third party's list that is broken must not stop us; what matters is whether the download works.
    apt-get -q update || true
    for package; do
        case $package in
        *@) package=$(apt-cache depends "${package%@}" | sed -n 's/^ *Depends: //p' | head -n 1) ;;
        esac
        apt-get -q download "$package"
    done
} >"$folder/log" 2>&1 || {
    tail -n 20 "$folder/log" >&2
    exit 1
}
for archive in ./*.deb; do
    dpkg-deb -x "$archive" "$folder"
done
cd "$folder"
rm -rf apt
echo "$*" >packages
