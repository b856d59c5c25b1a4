/* Appended to a configuration of port/mbedtls: what the tests and the tool need beside the library.
   They read certificates from files, in PEM, say what mbedTLS's numbers mean, start PSA whether it
   is used or not, and play the server. */
#define MBEDTLS_FS_IO
#define MBEDTLS_PEM_PARSE_C
#define MBEDTLS_ERROR_C
#undef MBEDTLS_X509_REMOVE_INFO
#define MBEDTLS_SSL_SRV_C
#define MBEDTLS_SSL_TICKET_C
#define MBEDTLS_PSA_KEY_STORE_DYNAMIC /* for hundreds of connections */
#ifndef MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG
#endif
