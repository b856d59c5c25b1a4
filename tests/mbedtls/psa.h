/* Appended to mbedTLS's configuration: TLS and X.509 on PSA, as firmware with a hardware key store
   has it. Randomness comes from the integrator's function alone, mbedTLS knows no date. */
#define MBEDTLS_USE_PSA_CRYPTO
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG
#undef MBEDTLS_ENTROPY_C
#undef MBEDTLS_HAVE_TIME_DATE
