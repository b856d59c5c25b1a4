# OpenEmbedded (OpenBMC too): builds the tree that this recipe lies in. Add its folder to BBFILES:
#
#   BBFILES += "/path/to/replace_volume/port/openembedded/*.bb"
#
# mbedTLS comes from meta-oe; jsmn.h has to lie beside replace_volume.h. SOURCE_DATE_EPOCH, which
# OpenEmbedded sets, becomes the earliest time that the tool judges certificates by.
SUMMARY = "Replaces the system volume of a Volcengine ECS instance"
LICENSE = "MIT"
LIC_FILES_CHKSUM = "file://LICENSE;md5=e20b2f808509f62e9b119ac712fbd099"
PV = "0.1.0"

DEPENDS = "mbedtls"
RDEPENDS:${PN} = "ca-certificates"

inherit externalsrc meson pkgconfig

EXTERNALSRC = "${THISDIR}/../.."
