# For find_package(replace_volume): the target replace_volume::replace_volume.
include(${CMAKE_CURRENT_LIST_DIR}/mbedtls.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/replace_volumeTargets.cmake)
