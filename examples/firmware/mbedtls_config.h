/*
 * mbedtls_config.h - what this machine lacks, on top of port/mbedtls/minimal-1.2.h or -1.3.h
 *
 * No heap, so mbedTLS gets an array to allocate from; no libc behind it, so nothing of libc's by
 * default either.
 */
#define MBEDTLS_PLATFORM_MEMORY       /* calloc and free are pointers ... */
#define MBEDTLS_MEMORY_BUFFER_ALLOC_C /* ... set by mbedtls_memory_buffer_alloc_init */

#define MBEDTLS_MEMORY_DEBUG                /* it keeps the most that was used, to be printed */
#define MBEDTLS_PLATFORM_FPRINTF_MACRO(...) ((void)0) /* ... but has nothing else to say */

/* Nothing of libc's by default, so that nothing finds malloc by itself. One is named in functions
   that are not linked. */
#define MBEDTLS_PLATFORM_NO_STD_FUNCTIONS
#define MBEDTLS_PLATFORM_STD_MEM_HDR    <stdio.h>
#define MBEDTLS_PLATFORM_SNPRINTF_MACRO snprintf
