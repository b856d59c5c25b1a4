/* Appended to mbedTLS's configuration: mbedTLS knows no date, as on most firmware. */
#undef MBEDTLS_HAVE_TIME_DATE
