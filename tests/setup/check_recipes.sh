#!/bin/sh
# check_recipes.sh FOLDER: what port/ has for other build systems is well formed, and points to what there is
#
# None of these systems is here. So their files are read by what reads such files: Kconfig, YAML, make
# and CMake, the last two with stand-ins for the functions of those systems. Prints TAP.
set -eu
# shellcheck source=tests/targets/tap.sh
. "$(dirname "$0")/../targets/tap.sh"

rm -rf "$1"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
python=/usr/bin/python3 # the one that Debian's packages are for
version=$(sed -n 's/^#define RV_VERSION  *"\(.*\)"/\1/p' replace_volume.h)
tree=$(pwd)

has_version() { # FILE REGULAR-EXPRESSION-BEFORE-IT
    grep -E "$2\"?$version\"?\$" "$1" || {
        echo "$1 is not of version $version"
        return 1
    }
}

# Assignments, inherit and comments are all that a recipe of ours has.
recipe_is_well_formed() {
    ! grep -vnE '^$|^#|^inherit [a-z ]+$|^[A-Z_]+(:\$\{PN\})? = "[^"]*"$' "$1"
}

license_is_pinned() { # RECIPE
    grep -q "file://LICENSE;md5=$(md5sum <LICENSE | cut -d ' ' -f 1)" "$1"
}

kconfig() { # FILE SYMBOL...
    file=$1
    shift
    BR2_EXTERNAL_REPLACE_VOLUME_PATH=$tree/port/buildroot KCONFIG_WARN=y "$python" - "$file" "$@" <<'END'
import sys, kconfiglib
kconf = kconfiglib.Kconfig(sys.argv[1], warn_to_stderr=True)
missing = [name for name in sys.argv[2:] if name not in kconf.syms or not kconf.syms[name].nodes]
sys.exit("not defined: %s" % missing if missing else 0)
END
}

buildroot_finds_the_sources() {
    cat >"$folder/buildroot.mk" <<'END'
cmake-package = $(info $(REPLACE_VOLUME_SITE_METHOD) $(REPLACE_VOLUME_SITE)/replace_volume.c $(REPLACE_VOLUME_SITE)/$(REPLACE_VOLUME_LICENSE_FILES))
include $(BR2_EXTERNAL_REPLACE_VOLUME_PATH)/external.mk
all: ;
END
    env -u MAKEFLAGS -u MFLAGS make -s -f "$folder/buildroot.mk" \
        BR2_EXTERNAL_REPLACE_VOLUME_PATH="$tree/port/buildroot" >"$folder/buildroot" &&
        read -r method source license <"$folder/buildroot" && cat "$folder/buildroot" &&
        [ "$method" = local ] && [ -f "$source" ] && [ -f "$license" ]
}

yaml_has() { # FILE KEY...
    "$python" - "$@" <<'END'
import sys, yaml
value = yaml.safe_load(open(sys.argv[1]))
for key in sys.argv[2:]:
    value = value[key]
print(value)
END
}

# What is there once CMake has read FILE in its own folder: sources and folders of headers.
cmake_reads() { # FILE STAND-INS
    { echo "$2"; echo "include($tree/$1)"; } >"$folder/read.cmake"
    (cd "$(dirname "$1")" && cmake -P "$folder/read.cmake") 2>&1
}

zephyr='set(CONFIG_REPLACE_VOLUME y)
set(CONFIG_REPLACE_VOLUME_NO_TEXTS y)
set(CONFIG_REPLACE_VOLUME_JSMN /usr/include)
function(zephyr_library_named)
endfunction()
function(zephyr_library_link_libraries)
endfunction()
function(zephyr_library_include_directories)
endfunction()
function(zephyr_compile_definitions)
  message("defines ${ARGN}")
endfunction()
function(exists file)
  if(NOT EXISTS ${file})
    message(FATAL_ERROR "there is no ${file}")
  endif()
endfunction()
function(zephyr_library_sources)
  exists(${ARGV0})
endfunction()
function(zephyr_include_directories)
  exists(${ARGV0}/replace_volume.h)
endfunction()'

idf='function(idf_component_register)
  cmake_parse_arguments(PARSE_ARGV 0 given "" "" "SRCS;INCLUDE_DIRS;REQUIRES")
  foreach(file ${given_SRCS} ${given_INCLUDE_DIRS}/replace_volume.h)
    if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
      message(FATAL_ERROR "there is no ${file}")
    endif()
  endforeach()
endfunction()'

recipe=port/openembedded/replace-volume.bb
check "OpenEmbedded: the recipe is well formed" recipe_is_well_formed "$recipe"
check "... has the license's checksum" license_is_pinned "$recipe"
check "... and the version" has_version "$recipe" '^PV = '
check "Buildroot: Config.in is well formed" kconfig port/buildroot/Config.in BR2_PACKAGE_REPLACE_VOLUME
check "... the makefile finds the sources" buildroot_finds_the_sources
check "... and has the version" has_version port/buildroot/replace-volume/replace-volume.mk '^REPLACE_VOLUME_VERSION = '
check "Zephyr: the module's description is well formed" yaml_has port/zephyr/module.yml build cmake
check "... Kconfig too" kconfig port/zephyr/Kconfig REPLACE_VOLUME REPLACE_VOLUME_JSMN REPLACE_VOLUME_USE_PSA
check "... CMake finds the sources" cmake_reads port/zephyr/CMakeLists.txt "$zephyr"
check "ESP-IDF: the component's description is well formed" yaml_has port/esp-idf/replace_volume/idf_component.yml dependencies
check "... has the version" has_version port/esp-idf/replace_volume/idf_component.yml '^version: '
check "... CMake finds the sources" cmake_reads port/esp-idf/replace_volume/CMakeLists.txt "$idf"
plan
