#define _POSIX_C_SOURCE 200809L
#include "sentences.h"

#include <mbedtls/error.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void status_text(int status, char text[STATUS_TEXT_SIZE])
{
    const char *sentence = rv_status_text(status); /* a build without texts has none */

    if (sentence[0] != '\0') {
        (void)snprintf(text, STATUS_TEXT_SIZE, "%s", sentence);
    } else {
        (void)snprintf(text, STATUS_TEXT_SIZE, "status %d of replace_volume.h", status);
    }
}

void tls_error_text(int error, char text[TLS_TEXT_SIZE])
{
    char sentence[TLS_TEXT_SIZE - 16] = "mbedTLS's error";

#if defined(MBEDTLS_ERROR_C)
    mbedtls_strerror(error, sentence, sizeof sentence);
#endif
    (void)snprintf(text, TLS_TEXT_SIZE, "%s (-0x%04X)", sentence, (unsigned)-error);
}

void verify_text(uint32_t flags, char text[VERIFY_TEXT_SIZE])
{
    char *end;

    (void)snprintf(text, VERIFY_TEXT_SIZE, "mbedTLS's flags 0x%lX", (unsigned long)flags);
#if !defined(MBEDTLS_X509_REMOVE_INFO)
    (void)mbedtls_x509_crt_verify_info(text, VERIFY_TEXT_SIZE, "", flags);
#endif
    for (end = strchr(text, '\n'); end != NULL; end = strchr(end, '\n')) {
        *end = end[1] == '\0' ? '\0' : ';';
    }
}

void utc_text(int64_t seconds, char text[UTC_TEXT_SIZE])
{
    time_t time = (time_t)seconds;
    struct tm calendar;

    text[0] = '\0';
    if (gmtime_r(&time, &calendar) != NULL) {
        (void)strftime(text, UTC_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &calendar);
    }
}
