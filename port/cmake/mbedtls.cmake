# mbedTLS as the target replace_volume::mbedtls. It is, whichever there is first: a target of the
# project around us (add_subdirectory of mbedTLS makes MbedTLS::mbedtls), mbedTLS's own package (3.x
# installs one), or the libraries on the search path (CMAKE_PREFIX_PATH).
if(TARGET replace_volume::mbedtls)
  return()
endif()
if(NOT TARGET MbedTLS::mbedtls)
  find_package(MbedTLS QUIET CONFIG)
endif()

add_library(replace_volume::mbedtls INTERFACE IMPORTED GLOBAL)
if(TARGET MbedTLS::mbedtls)
  set_target_properties(replace_volume::mbedtls PROPERTIES INTERFACE_LINK_LIBRARIES
    "MbedTLS::mbedtls;MbedTLS::mbedx509;MbedTLS::mbedcrypto")
else()
  find_path(REPLACE_VOLUME_MBEDTLS_INCLUDE mbedtls/ssl.h)
  set(libraries)
  foreach(part mbedtls mbedx509 mbedcrypto)
    find_library(REPLACE_VOLUME_LIB_${part} ${part})
    if(NOT REPLACE_VOLUME_LIB_${part} OR NOT REPLACE_VOLUME_MBEDTLS_INCLUDE)
      message(FATAL_ERROR "mbedTLS is not found (${part}): point CMAKE_PREFIX_PATH to it")
    endif()
    list(APPEND libraries ${REPLACE_VOLUME_LIB_${part}})
  endforeach()
  set_target_properties(replace_volume::mbedtls PROPERTIES
    INTERFACE_LINK_LIBRARIES "${libraries}"
    INTERFACE_INCLUDE_DIRECTORIES ${REPLACE_VOLUME_MBEDTLS_INCLUDE})
endif()
