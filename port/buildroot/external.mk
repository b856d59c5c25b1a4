include $(BR2_EXTERNAL_REPLACE_VOLUME_PATH)/replace-volume/replace-volume.mk
