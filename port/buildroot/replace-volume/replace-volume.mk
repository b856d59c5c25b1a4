################################################################################
#
# replace-volume
#
################################################################################

REPLACE_VOLUME_VERSION = 0.1.0
REPLACE_VOLUME_SITE = $(BR2_EXTERNAL_REPLACE_VOLUME_PATH)/../..
REPLACE_VOLUME_SITE_METHOD = local
REPLACE_VOLUME_LICENSE = MIT
REPLACE_VOLUME_LICENSE_FILES = LICENSE
REPLACE_VOLUME_INSTALL_STAGING = YES
REPLACE_VOLUME_DEPENDENCIES = jsmn mbedtls

$(eval $(cmake-package))
