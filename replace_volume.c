/*
 * replace_volume.c - the core; replace_volume.h explains how to use it
 *
 * Sections, in the order in which data flows; each calls only what stands above it.
 *
 *   1 text        numbers, dates, text that is safe to show
 *   2 digest      SHA-256 and HMAC; the only place that knows mbedTLS versions
 *   3 signing     the derived key and its cache
 *   4 request     validation, generation, signature
 *   5 http        response parser
 *   6 json        filter, then reader over jsmn
 *   7 catalogue   what each error code means
 *   8 channel     TLS over the caller's socket
 *   9 call        one signed exchange, with retries
 *  10 job         the whole replacement: check, stop, replace, watch, start
 *
 * Sections 1 to 7 do no I/O and know no clock. Sections 8 to 10 are state machines that never wait.
 *
 * SPDX-License-Identifier: MIT
 */
#include "replace_volume.h"

#include <string.h>

#include <mbedtls/base64.h>
#include <mbedtls/platform_util.h>

#if defined(JSMN_H) && !(defined(JSMN_PARENT_LINKS) && defined(JSMN_STRICT))
#error "jsmn.h was included before without JSMN_STRICT and JSMN_PARENT_LINKS"
#endif
#ifndef JSMN_H
#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>
#endif

/* ==== 1. Text ================================================================================= */

static char lower_case(char c)
{
    return (c >= 'A' && c <= 'Z') ? (char)(c + ('a' - 'A')) : c;
}

/* In any case of the letters A to Z. */
static int text_is_folded(const char *text, size_t len, const char *wanted)
{
    size_t i;

    for (i = 0; i < len && wanted[i] != '\0' && lower_case(text[i]) == lower_case(wanted[i]); i++) {
    }
    return i == len && wanted[i] == '\0';
}

/* The text at index in texts that follow each other, each with its NUL. */
static const char *text_at(const char *texts, size_t index)
{
    while (index-- > 0) {
        texts += strlen(texts) + 1;
    }
    return texts;
}

/* Which of the first count of such texts it is, in any case; count: none of them. */
static size_t text_find(const char *texts, size_t count, const char *text)
{
    size_t len = strlen(text), index;

    for (index = 0; index < count && !text_is_folded(text, len, texts); index++) {
        texts += strlen(texts) + 1;
    }
    return index;
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_printable_ascii(char c)
{
    return c > 0x20 && c < 0x7F;
}

/* Copies at most size - 1 bytes. */
static void text_copy(char *out, size_t size, const char *text)
{
    size_t len = strlen(text);

    if (len > size - 1) {
        len = size - 1;
    }
    memcpy(out, text, len);
    out[len] = '\0';
}

/* Exactly digits digits, with leading zeros. */
static void number_write_padded(char *out, size_t digits, uint32_t number)
{
    while (digits-- > 0) {
        out[digits] = (char)('0' + number % 10);
        number /= 10;
    }
}

/* Decimal digits with a terminating NUL; returns their number. */
static size_t number_write(char out[11], uint32_t number)
{
    uint32_t rest = number;
    size_t len = 1;

    while (rest > 9) {
        rest /= 10;
        len++;
    }
    number_write_padded(out, len, number);
    out[len] = '\0';
    return len;
}

static const char hex_digits[] = "0123456789ABCDEF";

/* In lower case: the bit that makes the letters so is set in the digits. */
static void hex_write(char *out, const uint8_t *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        *out++ = (char)(hex_digits[bytes[i] >> 4] | 0x20);
        *out++ = (char)(hex_digits[bytes[i] & 15] | 0x20);
    }
    *out = '\0';
}

/* The value of a hexadecimal digit, or -1. */
static int hex_value(char c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    c = lower_case(c);
    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}

/* The number of a month, 1 to 12, from year 0 on: they are counted from March 400 years before, so
 * that a leap day is the last day of its year. */
static int32_t month_number(int32_t year, int32_t month)
{
    return (year + 400) * 12 + month - 3;
}

/* Days from 1970-01-01 to the first of a month, years 0 to 9999. */
static int32_t days_before_month(int32_t month)
{
    int32_t year = month / 12;

    return year * 365 + year / 4 - year / 100 + year / 400 + (153 * (month % 12) + 2) / 5 - 865565;
}

/* Seconds since 1970 of a date and time in UTC, years 1 to 9999. */
static int64_t utc_from_calendar(int32_t year, int32_t month, int32_t day, int32_t second_of_day)
{
    return (int64_t)(days_before_month(month_number(year, month)) + day - 1) * 86400 +
           second_of_day;
}

/* The years 1970 to 9999, which is all that the format of a signature's date can say. */
#define UTC_LAST_S INT64_C(253402300799)

static int64_t utc_clamped(int64_t utc_s)
{
    return utc_s < 0 ? 0 : utc_s > UTC_LAST_S ? UTC_LAST_S : utc_s;
}

/* YYYYMMDDTHHMMSSZ, clamped. */
static void x_date_write(char out[17], int64_t utc_s)
{
    int64_t seconds = utc_clamped(utc_s);
    int32_t days = (int32_t)((uint32_t)(seconds >> 7) / 675); /* 86,400 is 675 << 7 */
    uint32_t second = (uint32_t)seconds - (uint32_t)days * 86400;
    int32_t month = month_number(1970, 1) + days * 2 / 61; /* at the earliest, 30.5 days each */

    while (days_before_month(month + 1) <= days) {
        month++;
    }
    days -= days_before_month(month);
    month += 2; /* from January on */
    number_write_padded(out, 8,
                        (uint32_t)(((month / 12 - 400) * 100 + month % 12 + 1) * 100 + days + 1));
    out[8] = 'T';
    number_write_padded(out + 9, 6, (second / 3600 * 100 + second / 60 % 60) * 100 + second % 60);
    out[15] = 'Z';
    out[16] = '\0';
}

/* Bytes of a code point in UTF-8. */
static size_t utf8_length(uint32_t code_point)
{
    return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
}

/* Length of the UTF-8 sequence at text, 0 if it is not one; writes its code point. */
static size_t utf8_read(const uint8_t *text, size_t len, uint32_t *code_point)
{
    uint32_t value = text[0];
    size_t need = 0, i;

    if (value < 0x80) {
        *code_point = value;
        return 1;
    }
    while ((value << need & 0x80) != 0) {
        need++;
    }
    if (need < 2 || need > 4 || need > len) {
        return 0;
    }
    value &= 0x7Fu >> need;
    for (i = 1; i < need; i++) {
        if ((text[i] & 0xC0) != 0x80) {
            return 0;
        }
        value = value << 6 | (text[i] & 0x3Fu);
    }
    /* longer than needed, a surrogate, or beyond the last */
    if (utf8_length(value) != need || value >> 11 == 0x1B || value > 0x10FFFF) {
        return 0;
    }
    *code_point = value;
    return need;
}

/* Appends a code point; returns the new length, or SIZE_MAX if size is too small. */
static size_t utf8_write(char *out, size_t len, size_t size, uint32_t code_point)
{
    size_t need = utf8_length(code_point);
    size_t at = len + need;

    if (at > size) {
        return SIZE_MAX;
    }
    while (--at > len) {
        out[at] = (char)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    out[at] = (char)(need == 1 ? code_point : (0xF00u >> need & 0xFF) | code_point);
    return len + need;
}

/* Could it change more of a terminal or a log than its own place? Controls, line ends, marks of
 * writing direction. */
static int is_unsafe_to_show(uint32_t code_point)
{
    static const uint16_t ranges[][2] = {{0, 0x1F},        {0x7F, 0x9F},     {0x061C, 0x061C},
                                         {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}};
    size_t i;

    for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (code_point >= ranges[i][0] && code_point <= ranges[i][1]) {
            return 1;
        }
    }
    return 0;
}

/* ==== 2. Digest =============================================================================== */

#if defined(RV_USE_PSA)

static int digest_status(psa_status_t status)
{
    switch (status) {
    case PSA_SUCCESS:
        return RV_OK;
    case PSA_ERROR_INSUFFICIENT_MEMORY:
        return RV_ERR_MEMORY;
    default:
        return RV_ERR_CRYPTO;
    }
}

/* SHA-256, or HMAC if there is a key. What goes wrong is kept and told at the end. */
static void digest_begin(rv_digest *digest, const uint8_t *key, size_t key_len)
{
    memset(digest, 0, sizeof(*digest));
    digest->is_keyed = key != NULL;
    if (key == NULL) {
        digest->error = psa_hash_setup(&digest->operation.hash, PSA_ALG_SHA_256);
    } else {
        psa_key_attributes_t attributes = psa_key_attributes_init();

        psa_set_key_type(&attributes, PSA_KEY_TYPE_HMAC);
        psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE);
        psa_set_key_algorithm(&attributes, PSA_ALG_HMAC(PSA_ALG_SHA_256));
        digest->error = psa_import_key(&attributes, key, key_len, &digest->key);
        if (digest->error == 0) {
            digest->error = psa_mac_sign_setup(&digest->operation.mac, digest->key,
                                               PSA_ALG_HMAC(PSA_ALG_SHA_256));
        }
    }
}

static void digest_update(rv_digest *digest, const void *bytes, size_t len)
{
    if (digest->error == 0) {
        digest->error = digest->is_keyed
                            ? psa_mac_update(&digest->operation.mac, (const uint8_t *)bytes, len)
                            : psa_hash_update(&digest->operation.hash, (const uint8_t *)bytes, len);
    }
}

/* Releases everything in every case. out may be the key. */
static int digest_end(rv_digest *digest, uint8_t out[32])
{
    psa_status_t error = digest->error;
    size_t len;

    if (digest->is_keyed) {
        if (error == 0) {
            error = psa_mac_sign_finish(&digest->operation.mac, out, 32, &len);
        }
        psa_mac_abort(&digest->operation.mac);
        psa_destroy_key(digest->key);
    } else {
        if (error == 0) {
            error = psa_hash_finish(&digest->operation.hash, out, 32, &len);
        }
        psa_hash_abort(&digest->operation.hash);
    }
    mbedtls_platform_zeroize(digest, sizeof(*digest));
    return digest_status(error);
}

/* The caller owns PSA's life; a call before psa_crypto_init() must not come as a surprise later. */
static int digest_is_ready(void)
{
    uint8_t byte;

    return psa_generate_random(&byte, 1) == PSA_SUCCESS;
}

#else /* mbedtls_sha256 and mbedtls_md */

#if MBEDTLS_VERSION_NUMBER < 0x03000000
#define mbedtls_sha256_starts mbedtls_sha256_starts_ret
#define mbedtls_sha256_update mbedtls_sha256_update_ret
#define mbedtls_sha256_finish mbedtls_sha256_finish_ret
#endif

static int digest_status(int error)
{
    switch (error) {
    case 0:
        return RV_OK;
    case MBEDTLS_ERR_MD_ALLOC_FAILED:
        return RV_ERR_MEMORY;
    default:
        return RV_ERR_CRYPTO;
    }
}

/* SHA-256, or HMAC if there is a key. What goes wrong is kept and told at the end. */
static void digest_begin(rv_digest *digest, const uint8_t *key, size_t key_len)
{
    digest->is_keyed = key != NULL;
    if (key == NULL) {
        mbedtls_sha256_init(&digest->operation.hash);
        digest->error = mbedtls_sha256_starts(&digest->operation.hash, 0);
    } else {
        mbedtls_md_init(&digest->operation.mac);
        digest->error = mbedtls_md_setup(&digest->operation.mac,
                                         mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 1);
        if (digest->error == 0) {
            digest->error = mbedtls_md_hmac_starts(&digest->operation.mac, key, key_len);
        }
    }
}

static void digest_update(rv_digest *digest, const void *bytes, size_t len)
{
    if (digest->error == 0) {
        digest->error =
            digest->is_keyed
                ? mbedtls_md_hmac_update(&digest->operation.mac, (const uint8_t *)bytes, len)
                : mbedtls_sha256_update(&digest->operation.hash, (const uint8_t *)bytes, len);
    }
}

/* Releases everything in every case. out may be the key. */
static int digest_end(rv_digest *digest, uint8_t out[32])
{
    int error = digest->error;

    if (digest->is_keyed) {
        if (error == 0) {
            error = mbedtls_md_hmac_finish(&digest->operation.mac, out);
        }
        mbedtls_md_free(&digest->operation.mac);
    } else {
        if (error == 0) {
            error = mbedtls_sha256_finish(&digest->operation.hash, out);
        }
        mbedtls_sha256_free(&digest->operation.hash);
    }
    return digest_status(error);
}

static int digest_is_ready(void)
{
    return 1;
}

#endif

/* Allocation errors of the TLS and X.509 layers; others of theirs are not told apart here. */
static int is_tls_memory_error(int error)
{
    return error == MBEDTLS_ERR_SSL_ALLOC_FAILED || error == MBEDTLS_ERR_X509_ALLOC_FAILED;
}

/* One TLS result that only some versions have: TLS 1.3 has brought a ticket of its session. */
static int is_tls_ticket(int error)
{
#if defined(MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
    return error == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET;
#else
    (void)error;
    return 0;
#endif
}

/* Go on at once, nothing is wrong. */
static int is_tls_call_again(int error)
{
    return is_tls_ticket(error) || error == MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS ||
           error == MBEDTLS_ERR_SSL_ASYNC_IN_PROGRESS;
}

#if MBEDTLS_VERSION_NUMBER < 0x04000000
static int tls_random(void *ctx, unsigned char *buf, size_t len)
{
    const rv_system *system = (const rv_system *)ctx;

    while (len > 0) {
        size_t part = len < 256 ? len : 256;

        if (system->random(system->ctx, buf, part) != RV_OK) {
            return MBEDTLS_ERR_SSL_NO_RNG;
        }
        buf += part;
        len -= part;
    }
    return 0;
}
#endif

/* TLS 1.2 is the oldest that is spoken, and from 3.0 on the oldest that mbedTLS has. From 4.0 on
 * mbedTLS takes its randomness from PSA. */
static void tls_config_for_version(mbedtls_ssl_config *config, const rv_system *system)
{
#if MBEDTLS_VERSION_NUMBER < 0x03000000
    mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
#if defined(MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED) && \
    defined(MBEDTLS_SSL_SESSION_TICKETS) && defined(MBEDTLS_SSL_PROTO_TLS1_3)
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        config, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
#if MBEDTLS_VERSION_NUMBER < 0x04000000
    mbedtls_ssl_conf_rng(config, tls_random, (void *)(uintptr_t)system);
#else
    (void)config;
    (void)system;
#endif
}

/* From 3.0 on the members of mbedTLS's structures are named through a macro. */
#ifndef MBEDTLS_PRIVATE
#define MBEDTLS_PRIVATE(member) member
#endif

static int tls_handshake_is_over(mbedtls_ssl_context *ssl)
{
#if MBEDTLS_VERSION_NUMBER < 0x03020000
    return ssl->MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_HANDSHAKE_OVER;
#else
    return mbedtls_ssl_is_handshake_over(ssl);
#endif
}

#define TLS_1_2 0x0303

/* As the protocol counts (RFC 8446 section 4.2.1). */
static int tls_version(const mbedtls_ssl_context *ssl)
{
#if MBEDTLS_VERSION_NUMBER < 0x03020000
    return 0x0300 | ssl->MBEDTLS_PRIVATE(minor_ver);
#else
    return (int)mbedtls_ssl_get_version_number(ssl);
#endif
}

/* The next message is the server's certificate: a resumed handshake never comes here. */
static int tls_is_at_certificate(const mbedtls_ssl_context *ssl)
{
    return ssl->MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_SERVER_CERTIFICATE;
}

/* With a pre-shared key a handshake shows no certificate either, resumed or not. */
static int tls_config_has_psk(const mbedtls_ssl_config *config)
{
#if defined(MBEDTLS_SSL_HANDSHAKE_WITH_PSK_ENABLED) || \
    defined(MBEDTLS_KEY_EXCHANGE_SOME_PSK_ENABLED)
    return config->MBEDTLS_PRIVATE(psk_identity) != NULL;
#else
    (void)config;
    return 0;
#endif
}

/* The verify callback of a configuration; its setter has no getter. */
static int tls_config_verify(const mbedtls_ssl_config *config, mbedtls_x509_crt *certificate,
                             int depth, uint32_t *flags)
{
    if (config->MBEDTLS_PRIVATE(f_vrfy) == NULL) {
        return 0;
    }
    return config->MBEDTLS_PRIVATE(f_vrfy)(config->MBEDTLS_PRIVATE(p_vrfy), certificate, depth,
                                           flags);
}

/* ==== 3. Signing ============================================================================== */

static int signing_key_derive(rv_client *client, const char *secret, const char *day,
                              const char *service)
{
    const char *parts[4];
    const uint8_t *key = (const uint8_t *)secret;
    size_t key_len = strlen(secret), i;
    int status = RV_OK;

    parts[0] = day;
    parts[1] = client->config.region;
    parts[2] = service;
    parts[3] = "request";
    for (i = 0; i < 4 && status == RV_OK; i++) {
        digest_begin(&client->digest, key, key_len);
        digest_update(&client->digest, parts[i], strlen(parts[i]));
        status = digest_end(&client->digest, client->signing_key);
        key = client->signing_key;
        key_len = sizeof(client->signing_key);
    }
    return status;
}

/* Makes client->signing_key that of day, region and service: the cached one, where nothing that
 * enters it has changed. */
static int signing_key_update(rv_client *client, const rv_credentials *credentials,
                              const char day[8], const char *service)
{
    char *cached_day = client->signing_day;
    int status;

    if (client->signing_key_valid && client->signing_generation == credentials->generation &&
        memcmp(cached_day, day, 8) == 0 && strcmp(service, client->signing_service) == 0) {
        return RV_OK;
    }
    memcpy(cached_day, day, 8);
    cached_day[8] = '\0';
    text_copy(client->signing_service, sizeof(client->signing_service), service);
    client->signing_generation = credentials->generation;
    status = signing_key_derive(client, credentials->secret_access_key, cached_day, service);
    client->signing_key_valid = status == RV_OK;
    return status;
}

/* ==== 4. Request ============================================================================== */

/* --- validation: API document of ReplaceSystemVolume ------------------------------------------ */

static const char parameter_names[] = "\0InstanceId\0ImageId\0Password\0KeyPairName\0"
                                      "KeepImageCredential\0ClientToken\0DryRun\0"
                                      "ImageReleaseVersion\0Size\0UserData\0"
                                      "extra parameter\0Action\0Version\0service\0host\0region\0"
                                      "access key id\0secret access key\0session token\0"
                                      "request target\0InstanceName";

RV_API const char *rv_parameter_name(rv_parameter_id parameter)
{
    return text_at(parameter_names, (size_t)parameter < RV_PARAMETER_COUNT ? (size_t)parameter : 0);
}

static int broken(rv_result *result, rv_parameter_id parameter, rv_rule rule)
{
    result->parameter = parameter;
    result->rule = rule;
    text_copy(result->parameter_name, sizeof(result->parameter_name), rv_parameter_name(parameter));
    return RV_ERR_PARAMETER;
}

/* Keeps the first rule that is broken. This and the checks that are made of it return what all
 * checks of this result have come to. */
static int check_rule(rv_result *result, rv_parameter_id parameter, rv_rule rule)
{
    if (result->rule != RV_RULE_NONE) {
        return RV_ERR_PARAMETER;
    }
    return rule == RV_RULE_NONE ? RV_OK : broken(result, parameter, rule);
}

/* There, not empty, printable ASCII, at most max bytes. */
static rv_rule text_rule(const char *text, size_t max)
{
    size_t i;

    if (text == NULL) {
        return RV_RULE_REQUIRED;
    }
    for (i = 0; text[i] != '\0'; i++) {
        if (i == max) {
            return RV_RULE_TOO_LONG;
        }
        if (!is_printable_ascii(text[i])) {
            return RV_RULE_PRINTABLE_ASCII;
        }
    }
    return i == 0 ? RV_RULE_NOT_EMPTY : RV_RULE_NONE;
}

static int check_optional(rv_result *result, rv_parameter_id parameter, const char *text,
                          size_t max)
{
    return check_rule(result, parameter, text == NULL ? RV_RULE_NONE : text_rule(text, max));
}

static int check_required(rv_result *result, rv_parameter_id parameter, const char *text,
                          size_t max)
{
    if (text == NULL || text[0] == '\0') {
        return check_rule(result, parameter, RV_RULE_REQUIRED);
    }
    return check_optional(result, parameter, text, max);
}

static int check_boolean(rv_result *result, rv_parameter_id parameter, rv_boolean value)
{
    return check_rule(result, parameter,
                      (unsigned)value <= RV_FALSE ? RV_RULE_NONE : RV_RULE_BOOLEAN);
}

/* The documented classes: a bit each for upper case, lower case, digit, special; 0: not allowed. */
static unsigned password_class(char c)
{
    char lower = lower_case(c);

    if (lower >= 'a' && lower <= 'z') {
        return c == lower ? 2 : 1;
    }
    if (is_digit(c)) {
        return 4;
    }
    return is_printable_ascii(c) && c != '"' && c != '\\' ? 8 : 0;
}

static rv_rule password_rule(const char *password)
{
    unsigned classes = 0;
    size_t len;

    for (len = 0; password[len] != '\0'; len++) {
        unsigned one = password_class(password[len]);

        if (one == 0) {
            return RV_RULE_PASSWORD_CHARACTERS;
        }
        classes |= one;
    }
    if (len < RV_PASSWORD_MIN || len > RV_PASSWORD_MAX) {
        return RV_RULE_PASSWORD_LENGTH;
    }
    if (password[0] == '/' || memcmp(password, "$6$", 3) == 0) {
        return RV_RULE_PASSWORD_START;
    }
    /* three or more of four bits are set */
    if (classes != 7 && classes != 11 && classes < 13) {
        return RV_RULE_PASSWORD_CLASSES;
    }
    return RV_RULE_NONE;
}

/* Which credential the new system gets. */
static void check_credential(const rv_replace_system_volume *replace, rv_result *result)
{
    int is_given = replace->password != NULL || replace->key_pair_name != NULL;

    if (replace->keep_image_credential != RV_TRUE) {
        check_rule(result, RV_PARAMETER_PASSWORD,
                   !is_given                   ? RV_RULE_CREDENTIAL_MISSING
                   : replace->password != NULL ? password_rule(replace->password)
                                               : RV_RULE_NONE);
    } else if (is_given) {
        check_rule(result,
                   replace->password != NULL ? RV_PARAMETER_PASSWORD : RV_PARAMETER_KEY_PAIR_NAME,
                   RV_RULE_CREDENTIAL_CONFLICT);
    }
    check_optional(result, RV_PARAMETER_KEY_PAIR_NAME, replace->key_pair_name, RV_ID_MAX);
}

static rv_rule user_data_rule(const rv_replace_system_volume *replace)
{
    if (replace->user_data == NULL) {
        return replace->user_data_len == 0 ? RV_RULE_NONE : RV_RULE_REQUIRED;
    }
    if (replace->user_data_len == 0) {
        return RV_RULE_NOT_EMPTY;
    }
    return replace->user_data_len > RV_USER_DATA_MAX ? RV_RULE_TOO_LONG : RV_RULE_NONE;
}

/* Is it the name of a parameter that the library itself sends, and checks? Those are given as bits
 * by enum rv_parameter_id. In any case, since nobody says that the service looks at case. */
static int is_reserved_name(const char *name, uint32_t reserved)
{
    size_t parameter = text_find(parameter_names, RV_PARAMETER_VERSION + 1, name);

    return parameter <= RV_PARAMETER_VERSION && (reserved >> parameter & 1) != 0;
}

static rv_rule name_value_rule(const rv_name_value *list, size_t at, uint32_t reserved)
{
    const char *name = list[at].name;
    rv_rule rule = text_rule(name, RV_ID_MAX);
    size_t i;

    if (rule != RV_RULE_NONE) {
        return rule;
    }
    if (list[at].value == NULL) {
        return RV_RULE_REQUIRED;
    }
    if (strlen(list[at].value) > RV_EXTRA_VALUE_MAX) {
        return RV_RULE_TOO_LONG;
    }
    for (i = 0; i < at; i++) {
        if (strcmp(name, list[i].name) == 0) {
            return RV_RULE_DUPLICATE_NAME;
        }
    }
    return is_reserved_name(name, reserved) ? RV_RULE_RESERVED_NAME : RV_RULE_NONE;
}

/* The caller's own names and values. Ours among them would go past our checks. */
static int check_list(const rv_name_value *list, size_t count, uint32_t reserved, rv_result *result)
{
    size_t i;

    if (count > RV_LIST_MAX || (count > 0 && list == NULL)) {
        return check_rule(result, RV_PARAMETER_EXTRA, RV_RULE_RANGE);
    }
    for (i = 0; i < count && result->rule == RV_RULE_NONE; i++) {
        if (check_rule(result, RV_PARAMETER_EXTRA, name_value_rule(list, i, reserved)) != RV_OK &&
            text_rule(list[i].name, RV_ID_MAX) == RV_RULE_NONE) {
            text_copy(result->parameter_name, sizeof(result->parameter_name), list[i].name);
        }
    }
    return check_rule(result, RV_PARAMETER_EXTRA, RV_RULE_NONE);
}

static int check_replace(const rv_replace_system_volume *replace, rv_result *result)
{
    const char *release = replace->image_release_version;

    if ((unsigned)replace->method > RV_POST) {
        return RV_ERR_USAGE;
    }
    check_required(result, RV_PARAMETER_INSTANCE_ID, replace->instance_id, RV_ID_MAX);
    check_required(result, RV_PARAMETER_IMAGE_ID, replace->image_id, RV_ID_MAX);
    check_boolean(result, RV_PARAMETER_KEEP_IMAGE_CREDENTIAL, replace->keep_image_credential);
    check_credential(replace, result);
    check_optional(result, RV_PARAMETER_CLIENT_TOKEN, replace->client_token, RV_CLIENT_TOKEN_MAX);
    check_boolean(result, RV_PARAMETER_DRY_RUN, replace->dry_run);
    if (release != NULL && release[0] != '\0') { /* empty means the newest */
        check_optional(result, RV_PARAMETER_IMAGE_RELEASE_VERSION, release, RV_ID_MAX);
    }
    if (replace->has_size_gib && (replace->size_gib == 0 || replace->size_gib > RV_SIZE_GIB_MAX)) {
        check_rule(result, RV_PARAMETER_SIZE, RV_RULE_RANGE);
    }
    check_rule(result, RV_PARAMETER_USER_DATA, user_data_rule(replace));
    return check_list(replace->extra, replace->extra_count, UINT32_MAX, result);
}

static void result_init(rv_result *result)
{
    memset(result, 0, sizeof(*result));
    result->first_sent_utc_s = RV_TIME_UNKNOWN;
    result->clock_skew_s = RV_TIME_UNKNOWN;
}

RV_API int rv_replace_check(const rv_replace_system_volume *replace, rv_result *result)
{
    result_init(result);
    result->status = replace == NULL ? RV_ERR_USAGE : check_replace(replace, result);
    return result->status;
}

static int check_request(const rv_request *request, rv_result *result)
{
    if ((unsigned)request->method > RV_POST || (unsigned)request->repeat > RV_REPEAT_WITH_TOKEN) {
        return RV_ERR_USAGE;
    }
    check_boolean(result, RV_PARAMETER_DRY_RUN, request->dry_run);
    check_required(result, RV_PARAMETER_SERVICE, request->service,
                   sizeof(((rv_client *)0)->signing_service) - 1);
    check_required(result, RV_PARAMETER_ACTION, request->action, RV_ID_MAX);
    check_required(result, RV_PARAMETER_VERSION, request->version, RV_ID_MAX);
    if (request->repeat == RV_REPEAT_WITH_TOKEN) {
        check_required(result, RV_PARAMETER_CLIENT_TOKEN, request->client_token,
                       RV_CLIENT_TOKEN_MAX);
    }
    check_optional(result, RV_PARAMETER_CLIENT_TOKEN, request->client_token, RV_CLIENT_TOKEN_MAX);
    return check_list(request->parameters, request->parameter_count,
                      1u << RV_PARAMETER_DRY_RUN | 1u << RV_PARAMETER_ACTION |
                          1u << RV_PARAMETER_VERSION | 1u << RV_PARAMETER_CLIENT_TOKEN,
                      result);
}

static int check_host_and_region(const rv_client_config *config, rv_result *result)
{
    int status = check_required(result, RV_PARAMETER_HOST, config->host, RV_HOST_MAX);
    const char *c;

    for (c = config->host; status == RV_OK && *c != '\0'; c++) {
        char lower = lower_case(*c);

        if (!(lower >= 'a' && lower <= 'z') && !is_digit(lower) && lower != '-' && lower != '.') {
            status = check_rule(result, RV_PARAMETER_HOST, RV_RULE_HOST_NAME);
        }
    }
    return check_required(result, RV_PARAMETER_REGION, config->region, RV_ID_MAX);
}

static int check_credentials(const rv_credentials *credentials, rv_result *result)
{
    check_required(result, RV_PARAMETER_ACCESS_KEY_ID, credentials->access_key_id, RV_ID_MAX);
    check_required(result, RV_PARAMETER_SECRET_ACCESS_KEY, credentials->secret_access_key,
                   RV_CREDENTIAL_MAX);
    return check_optional(result, RV_PARAMETER_SESSION_TOKEN, credentials->session_token,
                          RV_CREDENTIAL_MAX);
}

/* --- the parameters of ReplaceSystemVolume as values to send ---------------------------------- */

static void add_bytes(rv_call *call, rv_parameter_id parameter, const uint8_t *bytes, size_t len,
                      int is_base64)
{
    rv_value *value = &call->values[call->value_count++];

    value->name = rv_parameter_name(parameter);
    value->value = bytes;
    value->len = len;
    value->is_base64 = (uint8_t)is_base64;
}

static void add_text(rv_call *call, rv_parameter_id parameter, const char *text)
{
    if (text != NULL) {
        add_bytes(call, parameter, (const uint8_t *)text, strlen(text), 0);
    }
}

static void add_boolean(rv_call *call, rv_parameter_id parameter, rv_boolean value)
{
    if (value != RV_UNSET) {
        add_text(call, parameter, value == RV_TRUE ? "true" : "false");
    }
}

/* What every action has. */
static void add_request(rv_call *call)
{
    add_text(call, RV_PARAMETER_ACTION, call->request.action);
    add_text(call, RV_PARAMETER_VERSION, call->request.version);
    add_text(call, RV_PARAMETER_CLIENT_TOKEN, call->request.client_token);
    add_boolean(call, RV_PARAMETER_DRY_RUN, call->request.dry_run);
}

static void add_replace(rv_call *call, const rv_replace_system_volume *replace)
{
    add_text(call, RV_PARAMETER_INSTANCE_ID, replace->instance_id);
    add_text(call, RV_PARAMETER_IMAGE_ID, replace->image_id);
    add_text(call, RV_PARAMETER_PASSWORD, replace->password);
    add_text(call, RV_PARAMETER_KEY_PAIR_NAME, replace->key_pair_name);
    add_boolean(call, RV_PARAMETER_KEEP_IMAGE_CREDENTIAL, replace->keep_image_credential);
    add_text(call, RV_PARAMETER_IMAGE_RELEASE_VERSION, replace->image_release_version);
    if (replace->has_size_gib) {
        number_write(call->size_text, replace->size_gib);
        add_text(call, RV_PARAMETER_SIZE, call->size_text);
    }
    if (replace->user_data != NULL) {
        add_bytes(call, RV_PARAMETER_USER_DATA, replace->user_data, replace->user_data_len, 1);
    }
}

/* --- templates: what is signed, and what is sent ---------------------------------------------- */

#define T_METHOD         "\x80"
#define T_HOST           "\x81"
#define T_PORT           "\x82" /* ":port", or nothing for 443 */
#define T_X_DATE         "\x83"
#define T_REGION         "\x84"
#define T_SERVICE        "\x85"
#define T_SESSION_TOKEN  "\x86"
#define T_ACCESS_KEY_ID  "\x87"
#define T_HASH           "\x88" /* of the body, of the canonical request, then the signature */
#define T_BODY_LENGTH    "\x89"
#define T_DAY            "\x8A"
#define T_QUERY          "\x8B" /* the target's parameters, encoded and sorted by name */
#define T_BODY           "\x8C" /* the form of a POST */
#define T_IF_POST        "\x8D" /* what follows, until T_END, only in a POST */
#define T_IF_TOKEN       "\x8E" /* likewise, only with a session token */
#define T_END            "\x8F"
#define T_SCOPE          "\x90" /* a template of its own */
#define T_SIGNED_HEADERS "\x91" /* likewise */

/* The same as numbers. */
enum template_code {
    CODE_METHOD = 0x80,
    CODE_HOST,
    CODE_PORT,
    CODE_X_DATE,
    CODE_REGION,
    CODE_SERVICE,
    CODE_SESSION_TOKEN,
    CODE_ACCESS_KEY_ID,
    CODE_HASH,
    CODE_BODY_LENGTH,
    CODE_DAY,
    CODE_QUERY,
    CODE_BODY,
    CODE_IF_POST,
    CODE_IF_TOKEN,
    CODE_END,
    CODE_SCOPE,
    CODE_SIGNED_HEADERS
};

#define T_FORM "application/x-www-form-urlencoded"

static const char scope_template[] = T_DAY "/" T_REGION "/" T_SERVICE "/request";

static const char signed_headers_template[] = T_IF_POST
    "content-type;" T_END "host;x-date" T_IF_TOKEN ";x-security-token" T_END;

static const char target_template[] = "/?" T_QUERY;

static const char body_template[] = T_BODY;

/* clang-format off */
static const char canonical_request_template[] =
   T_METHOD "\n"
   "/\n"
   T_QUERY "\n"
   T_IF_POST "content-type:" T_FORM "\n" T_END
   "host:" T_HOST T_PORT "\n"
   "x-date:" T_X_DATE "\n"
   T_IF_TOKEN "x-security-token:" T_SESSION_TOKEN "\n" T_END
   "\n"
   T_SIGNED_HEADERS "\n"
   T_HASH;

static const char string_to_sign_template[] =
   "HMAC-SHA256\n"
   T_X_DATE "\n"
   T_SCOPE "\n"
   T_HASH;

static const char request_template[] =
   T_METHOD " /?" T_QUERY " HTTP/1.1\r\n"
   "Host: " T_HOST T_PORT "\r\n"
   "User-Agent: replace_volume/" RV_VERSION "\r\n"
   "Accept: application/json\r\n"
   T_IF_POST "Content-Type: " T_FORM "\r\n"
             "Content-Length: " T_BODY_LENGTH "\r\n" T_END
   "X-Date: " T_X_DATE "\r\n"
   T_IF_TOKEN "X-Security-Token: " T_SESSION_TOKEN "\r\n" T_END
   "Authorization: HMAC-SHA256 Credential=" T_ACCESS_KEY_ID "/" T_SCOPE
       ", SignedHeaders=" T_SIGNED_HEADERS ", Signature=" T_HASH "\r\n"
   "\r\n"
   T_IF_POST T_BODY T_END;
/* clang-format on */

/* --- generator: writes a template through a window, and goes on where it stopped -------------- */

enum encoding { ENCODE_PLAIN, ENCODE_PERCENT, ENCODE_BASE64 };

/* Where a list of parameters stands; LIST_NONE while the template itself is copied. */
enum list_part { LIST_NONE, LIST_NAME, LIST_VALUE };

static void cursor_start(rv_call *call, const char *text)
{
    memset(&call->cursor, 0, sizeof(call->cursor));
    call->cursor.at = text;
}

static void cursor_load(rv_cursor *cursor, const void *bytes, size_t len, enum encoding encoding)
{
    cursor->bytes = (const uint8_t *)bytes;
    cursor->left = len;
    cursor->encoding = (uint8_t)encoding;
}

/* All parameters of a call by number: the values, Action and Version first, then the caller's list.
 */
static const char *parameter_name(const rv_call *call, size_t number)
{
    return number < call->value_count ? call->values[number].name
                                      : call->request.parameters[number - call->value_count].name;
}

static size_t parameter_count(const rv_call *call)
{
    return call->value_count + call->request.parameter_count;
}

static int name_is_before(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (uint8_t)*a < (uint8_t)*b;
}

/* Action and Version, which add_request adds first. */
#define IN_TARGET_OF_POST 2

/* By name, which the signature asks for; names are unique. */
static void parameters_sort(rv_call *call)
{
    size_t count = parameter_count(call);
    size_t number;

    for (number = 0; number < count; number++) {
        const char *name = parameter_name(call, number);
        size_t at = number;

        while (at > 0 && name_is_before(name, parameter_name(call, call->order[at - 1]))) {
            call->order[at] = call->order[at - 1];
            at--;
        }
        call->order[at] = (uint8_t)number;
    }
}

/* Moves on to a parameter that belongs to the target, or to the body: Action and Version stand in
 * the target of a POST, everything in that of a GET. */
static int cursor_find_parameter(rv_call *call)
{
    rv_cursor *cursor = &call->cursor;
    size_t count = parameter_count(call);

    while (cursor->parameter < count && call->request.method == RV_POST &&
           (call->order[cursor->parameter] >= IN_TARGET_OF_POST) != cursor->in_body) {
        cursor->parameter++;
    }
    cursor->part = cursor->parameter < count ? LIST_NAME : LIST_NONE;
    return cursor->part == LIST_NAME;
}

static void cursor_begin_list(rv_call *call, int in_body)
{
    call->cursor.in_body = (uint8_t)in_body;
    call->cursor.parameter = 0;
    cursor_find_parameter(call);
}

static void cursor_load_value(rv_call *call, size_t number)
{
    rv_cursor *cursor = &call->cursor;

    if (number < call->value_count) {
        const rv_value *value = &call->values[number];

        cursor_load(cursor, value->value, value->len,
                    value->is_base64 ? ENCODE_BASE64 : ENCODE_PERCENT);
    } else {
        const char *text = call->request.parameters[number - call->value_count].value;

        cursor_load(cursor, text, strlen(text), ENCODE_PERCENT);
    }
}

static void cursor_next_in_list(rv_call *call)
{
    rv_cursor *cursor = &call->cursor;
    size_t number = call->order[cursor->parameter];

    if (cursor->part == LIST_NAME) {
        const char *name = parameter_name(call, number);

        cursor_load(cursor, name, strlen(name),
                    number < call->value_count ? ENCODE_PLAIN : ENCODE_PERCENT);
        cursor->part = LIST_VALUE;
        cursor->suffix = '=';
    } else {
        cursor_load_value(call, number);
        cursor->parameter++;
        cursor->suffix = cursor_find_parameter(call) ? '&' : '\0';
    }
}

static void cursor_nest(rv_cursor *cursor, const char *text)
{
    cursor->return_at = cursor->at;
    cursor->at = text;
}

static void cursor_skip_unless(rv_cursor *cursor, int condition)
{
    if (!condition) {
        cursor->at = strchr(cursor->at, T_END[0]) + 1;
    }
}

static void cursor_expand(rv_call *call, uint8_t code)
{
    const rv_client *client = call->client;
    rv_cursor *cursor = &call->cursor;
    const char *text = "";

    switch (code) {
    case CODE_METHOD:
        text = call->request.method == RV_POST ? "POST" : "GET";
        break;
    case CODE_HOST:
        text = client->config.host;
        break;
    case CODE_PORT:
        text = client->port_text;
        break;
    case CODE_X_DATE:
        text = call->x_date;
        break;
    case CODE_REGION:
        text = client->config.region;
        break;
    case CODE_SERVICE:
        text = call->request.service;
        break;
    case CODE_SESSION_TOKEN:
        text = call->credentials.session_token;
        break;
    case CODE_ACCESS_KEY_ID:
        text = call->credentials.access_key_id;
        break;
    case CODE_HASH:
        text = call->hash;
        break;
    case CODE_BODY_LENGTH:
        text = call->body_length_text;
        break;
    case CODE_DAY:
        cursor_load(cursor, call->x_date, 8, ENCODE_PLAIN);
        return;
    case CODE_QUERY:
    case CODE_BODY:
        cursor_begin_list(call, code == CODE_BODY);
        break;
    case CODE_IF_POST:
        cursor_skip_unless(cursor, call->request.method == RV_POST);
        break;
    case CODE_IF_TOKEN:
        cursor_skip_unless(cursor, call->credentials.session_token != NULL);
        break;
    case CODE_SCOPE:
        cursor_nest(cursor, scope_template);
        break;
    case CODE_SIGNED_HEADERS:
        cursor_nest(cursor, signed_headers_template);
        break;
    default: /* CODE_END of a part that was taken */
        break;
    }
    cursor_load(cursor, text, strlen(text), ENCODE_PLAIN);
}

/* Loads the next piece, maybe an empty one; 0 after the last. */
static int cursor_next(rv_call *call)
{
    rv_cursor *cursor = &call->cursor;
    const char *begin = cursor->at, *end;

    if (cursor->part != LIST_NONE) {
        cursor_next_in_list(call);
        return 1;
    }
    if (*begin == '\0') {
        if (cursor->return_at == NULL) {
            return 0;
        }
        cursor->at = cursor->return_at;
        cursor->return_at = NULL;
        return 1;
    }
    if ((uint8_t)*begin >= 0x80) {
        cursor->at = begin + 1;
        cursor_expand(call, (uint8_t)*begin);
        return 1;
    }
    for (end = begin; (int8_t)*end > 0; end++) { /* neither a code nor the end */
    }
    cursor->at = end;
    cursor_load(cursor, begin, (size_t)(end - begin), ENCODE_PLAIN);
    return 1;
}

/* RFC 3986 section 2.3: letters, digits, "-", ".", "_" and "~", a bit each */
static int is_unreserved(uint8_t c)
{
    static const uint32_t bits[8] = {0, 0x03FF6000, 0x87FFFFFE, 0x47FFFFFE};

    return bits[c >> 5] >> (c & 31) & 1;
}

#define PERCENT_MAX  3  /* bytes that one byte can become */
#define BASE64_GROUP 12 /* bytes that are encoded at once, whole groups of three */
#define BASE64_MAX   (BASE64_GROUP / 3 * 4 * PERCENT_MAX)

/* Encodes to *out, which it moves on, as many bytes as have room even if each needs PERCENT_MAX;
 * returns how many. */
static size_t percent_encode(char **out, const char *end, const uint8_t *bytes, size_t len)
{
    size_t count = (size_t)(end - *out) / PERCENT_MAX;
    char *at = *out;
    size_t i;

    if (count > len) {
        count = len;
    }
    for (i = 0; i < count; i++) {
        uint8_t c = bytes[i];

        if (is_unreserved(c)) {
            *at++ = (char)c;
        } else {
            *at++ = '%';
            *at++ = hex_digits[c >> 4];
            *at++ = hex_digits[c & 15];
        }
    }
    *out = at;
    return count;
}

/* Base64, and its characters percent-encoded. Groups of three bytes are independent. */
static size_t base64_encode(char **out, const char *end, const uint8_t *bytes, size_t len)
{
    unsigned char group[BASE64_GROUP / 3 * 4 + 1];
    size_t group_len, done = 0;

    while (done < len && end - *out >= BASE64_MAX) {
        size_t part = len - done < BASE64_GROUP ? len - done : BASE64_GROUP;

        mbedtls_base64_encode(group, sizeof(group), &group_len, bytes + done, part);
        percent_encode(out, end, group, group_len);
        done += part;
    }
    mbedtls_platform_zeroize(group, sizeof(group));
    return done;
}

/* Writes the next part of a template; returns its length, 0 at the end. size is BASE64_MAX at
 * least. */
static size_t cursor_fill(rv_call *call, char *out, size_t size)
{
    rv_cursor *cursor = &call->cursor;
    const char *end = out + size;
    char *at = out;
    size_t done;

    do {
        while (cursor->left == 0) {
            if (cursor->suffix != '\0') {
                if (at == end) {
                    return size;
                }
                *at++ = cursor->suffix;
                cursor->suffix = '\0';
            }
            if (!cursor_next(call)) {
                return (size_t)(at - out);
            }
        }
        switch (cursor->encoding) {
        case ENCODE_PERCENT:
            done = percent_encode(&at, end, cursor->bytes, cursor->left);
            break;
        case ENCODE_BASE64:
            done = base64_encode(&at, end, cursor->bytes, cursor->left);
            break;
        default:
            done = (size_t)(end - at);
            if (done > cursor->left) {
                done = cursor->left;
            }
            memcpy(at, cursor->bytes, done);
            at += done;
            break;
        }
        cursor->bytes += done;
        cursor->left -= done;
    } while (done > 0);
    return (size_t)(at - out);
}

/* --- length of the target, hashes, signature -------------------------------------------------- */

static int check_target_length(rv_call *call)
{
    size_t len = 0, part;

    cursor_start(call, target_template);
    while (len <= RV_TARGET_MAX &&
           (part = cursor_fill(call, call->client->window, RV_WINDOW_SIZE)) > 0) {
        len += part;
    }
    mbedtls_platform_zeroize(call->client->window, RV_WINDOW_SIZE);
    return len <= RV_TARGET_MAX
               ? RV_OK
               : broken(&call->result, RV_PARAMETER_TARGET, RV_RULE_TARGET_TOO_LONG);
}

/* Makes call->hash, which the template may contain, the SHA-256 of a template, or its HMAC if there
 * is a key; adds its length to *len. */
static int digest_template(rv_call *call, const char *text, const uint8_t *key, uint32_t *len)
{
    rv_client *client = call->client;
    uint8_t *bytes = (uint8_t *)call->hash + 33; /* whose digits never overtake them */
    size_t part;
    int status;

    digest_begin(&client->digest, key, sizeof(client->signing_key));
    cursor_start(call, text);
    while ((part = cursor_fill(call, client->window, RV_WINDOW_SIZE)) > 0) {
        digest_update(&client->digest, client->window, part);
        *len += (uint32_t)part;
    }
    status = digest_end(&client->digest, bytes);
    hex_write(call->hash, bytes, 32);
    return status;
}

/* SHA-256 of the body of a GET. */
static const char hash_of_nothing[] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static int digest_body(rv_call *call)
{
    uint32_t len = 0;
    int status = RV_OK;

    if (call->request.method == RV_POST) {
        status = digest_template(call, body_template, NULL, &len);
        number_write(call->body_length_text, len);
    } else {
        memcpy(call->hash, hash_of_nothing, sizeof(hash_of_nothing));
    }
    return status;
}

/* Signs the request as of utc_s and leaves the cursor at its first byte. */
static int request_sign(rv_call *call, int64_t utc_s)
{
    rv_client *client = call->client;
    uint32_t len = 0;
    int status;

    x_date_write(call->x_date, utc_s);
    status = digest_body(call);
    if (status == RV_OK) {
        status = digest_template(call, canonical_request_template, NULL, &len);
    }
    if (status == RV_OK) {
        status = signing_key_update(client, &call->credentials, call->x_date,
                                    call->request.service);
    }
    if (status == RV_OK) {
        status = digest_template(call, string_to_sign_template, client->signing_key, &len);
    }
    mbedtls_platform_zeroize(client->window, sizeof(client->window));
    cursor_start(call, request_template);
    return status;
}

/* ==== 5. HTTP ================================================================================= */

/* RFC 9112, responses to GET and POST. What it leaves to the recipient is refused where accepting
 * could make two readers disagree about where an answer ends: bare CR and LF, white space before a
 * colon, any second Content-Length, Content-Length beside Transfer-Encoding, other codings. */

enum http_state {
    HTTP_STATUS_LINE,
    HTTP_FIELD_LINE,     /* the empty one ends the head */
    HTTP_CHUNK_LINE,     /* size and extensions */
    HTTP_CHUNK_END_LINE, /* nothing but the line end behind a chunk's data */
    HTTP_TRAILER_LINE,   /* the empty one ends the response */
    HTTP_CHUNK_DATA,     /* from here on it is no line */
    HTTP_LENGTH_BODY,
    HTTP_CLOSE_BODY, /* until the end of the stream */
    HTTP_COMPLETE
};

/* Where a line stands. */
enum http_line {
    LINE_TEXT,
    LINE_LF,   /* its CR is read */
    LINE_WHOLE /* unless the next begins with white space (section 5.2) */
};

/* What of a chunk's line is read. */
enum http_chunk { CHUNK_NOTHING, CHUNK_SIZE, CHUNK_SPACE, CHUNK_EXTENSION };

/* What http_read has come to. */
#define HTTP_MORE  0 /* go on */
#define HTTP_FIELD 1 /* the line is a field; its name stands there with a NUL behind */
#define HTTP_BODY  2 /* the consumed bytes are body */
#define HTTP_DONE  3 /* the response is complete */

static void http_start(rv_http *http)
{
    memset(http, 0, sizeof(*http));
    http->date_s = RV_TIME_UNKNOWN;
    http->retry_after_s = RV_TIME_UNKNOWN;
}

/* --- values ----------------------------------------------------------------------------------- */

/* RFC 9110 section 5.6.2 */
static int is_token_character(char c)
{
    return is_printable_ascii(c) && strchr("\"(),/:;<=>?@[\\]{}", c) == NULL;
}

static int is_white_space(char c)
{
    return c == ' ' || c == '\t';
}

/* Digits to a number, at most INT32_MAX; -1 if there is anything else or nothing. */
static int32_t digits_read(const char *text, size_t len)
{
    int32_t number = len == 0 ? -1 : 0;
    size_t i;

    for (i = 0; i < len; i++) {
        if (!is_digit(text[i])) {
            return -1;
        }
        number = number > (INT32_MAX - 9) / 10 ? INT32_MAX : number * 10 + (text[i] - '0');
    }
    return number;
}

/* Does text look like pattern? A digit there stands for one of the number with this index, "?" for
 * any character. The numbers begin as 0. */
static int numbers_read(const char *text, const char *pattern, int32_t *numbers)
{
    for (; *pattern != '\0'; pattern++, text++) {
        if (is_digit(*pattern) && is_digit(*text)) {
            int32_t *number = &numbers[*pattern - '0'];

            *number = *number * 10 + (*text - '0');
        } else if (*pattern != '?' && (is_digit(*pattern) || *pattern != *text)) {
            return 0;
        }
    }
    return 1;
}

/* IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7). The two obsolete forms,
 * which no sender may make, count as unknown. */
static int64_t http_date_read(const char *text, size_t len)
{
    enum { DAY, YEAR, HOUR, MINUTE, SECOND, COUNT };
    static const char pattern[] = "???, 00 ??? 1111 22:33:44 GMT";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int32_t number[COUNT] = {0};
    int32_t month, day, second;

    if (len != sizeof(pattern) - 1 || !numbers_read(text, pattern, number)) {
        return RV_TIME_UNKNOWN;
    }
    for (month = 1; month <= 12 && memcmp(text + 8, months + 3 * (month - 1), 3) != 0; month++) {
    }
    if (month > 12 || number[HOUR] > 23 || number[MINUTE] > 59 || number[SECOND] > 60) {
        return RV_TIME_UNKNOWN;
    }
    month = month_number(number[YEAR], month);
    day = days_before_month(month) + number[DAY] - 1;
    if (number[DAY] < 1 || day >= days_before_month(month + 1)) {
        return RV_TIME_UNKNOWN;
    }
    second = number[HOUR] * 3600 + number[MINUTE] * 60 + number[SECOND];
    return (int64_t)day * 86400 + second;
}

/* Is "close" one of a comma separated list of options (RFC 9110 section 7.6.1)? */
static int has_close(const char *value, size_t len)
{
    size_t begin = 0, at;

    for (at = 0; at <= len; at++) {
        if (at == len || value[at] == ',' || is_white_space(value[at])) {
            if (text_is_folded(value + begin, at - begin, "close")) {
                return 1;
            }
            begin = at + 1;
        }
    }
    return 0;
}

/* --- lines of the head ------------------------------------------------------------------------ */

/* "HTTP/1.1 200 OK"; the space before an empty reason is often forgotten. */
static int http_status_line(rv_http *http, const char *line, size_t len)
{
    enum { MINOR_VERSION, STATUS, COUNT };
    int32_t number[COUNT] = {0};

    if (len < 12 || !numbers_read(line, "HTTP/?.0 111", number) || line[5] != '1' ||
        number[MINOR_VERSION] > 1 || number[STATUS] < 100 || (len > 12 && line[12] != ' ')) {
        return RV_ERR_HTTP;
    }
    http->status = (uint16_t)number[STATUS];
    http->is_1_0 = number[MINOR_VERSION] == 0;
    http->close = http->is_1_0;
    http->state = HTTP_FIELD_LINE;
    return HTTP_MORE;
}

/* The fields that mean something here; those that may not be overlooked come first. */
enum http_field {
    FIELD_CONTENT_LENGTH,
    FIELD_TRANSFER_ENCODING,
    FIELD_CONNECTION,
    FIELD_CONTENT_ENCODING,
    FIELD_DATE,
    FIELD_RETRY_AFTER,
    FIELD_COUNT
};

static const char field_names[] = "content-length\0transfer-encoding\0connection\0"
                                  "content-encoding\0date\0retry-after";

static int http_field(rv_http *http, size_t field, const char *value, size_t len)
{
    int32_t number = digits_read(value, len);

    switch (field) {
    case FIELD_CONTENT_LENGTH:
        if (http->has_length || number < 0) {
            return RV_ERR_HTTP;
        }
        http->has_length = 1;
        http->left = (uint32_t)number;
        break;
    case FIELD_TRANSFER_ENCODING: /* HTTP/1.0 has none (RFC 9112 section 6.1) */
        if (http->chunked || http->is_1_0 || !text_is_folded(value, len, "chunked")) {
            return RV_ERR_HTTP;
        }
        http->chunked = 1;
        break;
    case FIELD_CONNECTION:
        http->close = http->close || has_close(value, len);
        break;
    case FIELD_CONTENT_ENCODING:
        http->encoded |= !text_is_folded(value, len, "identity");
        break;
    case FIELD_DATE:
        http->date_s = http_date_read(value, len);
        break;
    case FIELD_RETRY_AFTER:
        http->retry_after_is_date = number < 0;
        http->retry_after_s = number < 0 ? http_date_read(value, len) : number;
        break;
    default:
        break;
    }
    return HTTP_FIELD;
}

/* name ":" OWS value OWS (RFC 9112 section 5) */
static int http_field_line(rv_http *http, char *line, size_t len)
{
    size_t name_len = 0, begin, field;

    while (name_len < len && is_token_character(line[name_len])) {
        name_len++;
    }
    if (name_len == 0 || name_len == len || line[name_len] != ':') {
        return RV_ERR_HTTP;
    }
    line[name_len] = '\0';
    field = text_find(field_names, FIELD_COUNT, line);
    if (http->line_cut) {
        /* longer than the window: fine for a cookie, not for what decides where the body ends */
        return field <= FIELD_CONTENT_ENCODING ? RV_ERR_HTTP : HTTP_FIELD;
    }
    for (begin = name_len + 1; begin < len && is_white_space(line[begin]); begin++) {
    }
    while (len > begin && is_white_space(line[len - 1])) {
        len--;
    }
    return http_field(http, field, line + begin, len - begin);
}

/* Where the body ends (RFC 9112 section 6.3). */
static int http_head_end(rv_http *http)
{
    if (http->status < 200) {
        uint32_t head_len = http->head_len;

        if (http->status == 101) {
            return RV_ERR_HTTP; /* no upgrade was asked for */
        }
        http_start(http); /* a status line again; the bound of the head goes on */
        http->head_len = head_len;
        return HTTP_MORE;
    }
    if (http->chunked && http->has_length) {
        return RV_ERR_HTTP;
    }
    if (http->status == 204 || http->status == 304) {
        http->close |= http->chunked || http->left > 0;
        http->state = HTTP_COMPLETE;
        return HTTP_MORE;
    }
    if (http->chunked) {
        http->state = HTTP_CHUNK_LINE;
    } else if (http->has_length) {
        http->state = http->left > 0 ? HTTP_LENGTH_BODY : HTTP_COMPLETE;
    } else {
        http->close = 1;
        http->left = UINT32_MAX;
        http->state = HTTP_CLOSE_BODY;
        return HTTP_MORE;
    }
    return http->left > RV_BODY_MAX ? RV_ERR_BODY_TOO_LARGE : HTTP_MORE;
}

/* --- bytes ------------------------------------------------------------------------------------ */

/* Digits; then an extension, maybe after white space, or nothing. */
static int http_chunk_byte(rv_http *http, char c)
{
    int digit = hex_value(c);

    if (http->chunk <= CHUNK_SIZE && digit >= 0) {
        if (http->left > RV_BODY_MAX) {
            return RV_ERR_BODY_TOO_LARGE;
        }
        http->left = http->left << 4 | (uint32_t)digit;
        http->chunk = CHUNK_SIZE;
    } else if (http->chunk == CHUNK_NOTHING) {
        return RV_ERR_HTTP;
    } else if (http->chunk != CHUNK_EXTENSION) {
        if (c != ';' && !is_white_space(c)) {
            return RV_ERR_HTTP;
        }
        http->chunk = c == ';' ? CHUNK_EXTENSION : CHUNK_SPACE;
    }
    return HTTP_MORE;
}

/* A byte of a line, but not of its end. line holds those of the head only: once the body has begun
 * it is used for other things. */
static int http_line_byte(rv_http *http, char *line, size_t size, char c)
{
    if (((uint8_t)c < 0x20 && c != '\t') || c == 0x7F) { /* RFC 9110 section 5.5 */
        return RV_ERR_HTTP;
    }
    if (http->state == HTTP_CHUNK_LINE) {
        return http_chunk_byte(http, c);
    }
    if (http->state == HTTP_CHUNK_END_LINE) {
        return RV_ERR_HTTP;
    }
    if (http->line_len == size) {
        http->line_cut = 1;
        return HTTP_MORE;
    }
    if (http->state <= HTTP_FIELD_LINE) {
        line[http->line_len] = c;
    }
    http->line_len++;
    return HTTP_MORE;
}

static int http_line(rv_http *http, char *line, size_t len)
{
    switch (http->state) {
    case HTTP_STATUS_LINE:
        return http_status_line(http, line, len);
    case HTTP_FIELD_LINE:
        return len > 0 ? http_field_line(http, line, len) : http_head_end(http);
    case HTTP_CHUNK_LINE:
        if (http->chunk == CHUNK_NOTHING) {
            return RV_ERR_HTTP;
        }
        http->chunk = CHUNK_NOTHING;
        http->state = http->left > 0 ? HTTP_CHUNK_DATA : HTTP_TRAILER_LINE;
        return HTTP_MORE;
    case HTTP_CHUNK_END_LINE:
        http->state = HTTP_CHUNK_LINE;
        return HTTP_MORE;
    default: /* HTTP_TRAILER_LINE */
        http->state = len > 0 ? HTTP_TRAILER_LINE : HTTP_COMPLETE;
        return HTTP_MORE;
    }
}

/* The line is whole: what was it? */
static int http_line_end(rv_http *http, char *line)
{
    int event = http_line(http, line, http->line_len);

    http->line = LINE_TEXT;
    http->line_len = 0;
    http->line_cut = 0;
    return event;
}

/* A byte of a line or of its end; *used counts it, unless it belongs to the next line. */
static int http_frame_byte(rv_http *http, char *line, size_t size, char c, size_t *used)
{
    if (http->line == LINE_WHOLE && !is_white_space(c)) {
        return http_line_end(http, line);
    }
    *used += 1;
    if (++http->head_len > RV_HEAD_MAX) {
        return RV_ERR_HEAD_TOO_LARGE;
    }
    if (http->line == LINE_LF) {
        http->line = LINE_WHOLE;
        if (c != '\n') {
            return RV_ERR_HTTP;
        }
        return http->state == HTTP_FIELD_LINE && http->line_len > 0 ? HTTP_MORE
                                                                    : http_line_end(http, line);
    }
    http->line = c == '\r' ? LINE_LF : LINE_TEXT;
    return c == '\r' ? HTTP_MORE : http_line_byte(http, line, size, c);
}

/* Takes body bytes of the len that are there. */
static int http_body(rv_http *http, size_t len, size_t *used)
{
    size_t part = len < http->left ? len : http->left;

    *used = part;
    http->left -= (uint32_t)part;
    http->body_len += (uint32_t)part;
    if (http->left == 0) {
        http->state = http->state == HTTP_CHUNK_DATA ? HTTP_CHUNK_END_LINE : HTTP_COMPLETE;
    }
    return http->body_len > RV_BODY_MAX ? RV_ERR_BODY_TOO_LARGE : HTTP_BODY;
}

/*
 * Reads from data and writes to *used how many bytes it took. Returns an event, or an error after
 * which the parser must not be used: RV_ERR_HTTP, RV_ERR_HEAD_TOO_LARGE, RV_ERR_BODY_TOO_LARGE.
 * line has room for size bytes and holds a line of the head between calls.
 */
static int http_read(rv_http *http, char *line, size_t size, const char *data, size_t len,
                     size_t *used)
{
    *used = 0;
    while (http->state != HTTP_COMPLETE) {
        int event;

        if (*used == len) {
            return HTTP_MORE;
        }
        if (http->state >= HTTP_CHUNK_DATA) {
            return *used > 0 ? HTTP_MORE : http_body(http, len, used);
        }
        event = http_frame_byte(http, line, size - 1, data[*used], used);
        if (event != HTTP_MORE) {
            return event;
        }
    }
    return HTTP_DONE;
}

/* The stream has ended in an orderly way: is the response complete? */
static int http_end(rv_http *http)
{
    size_t used;

    if (http->state == HTTP_CLOSE_BODY) {
        http->state = HTTP_COMPLETE;
    }
    return http_read(http, NULL, 0, NULL, 0, &used) == HTTP_DONE ? HTTP_DONE : RV_ERR_NETWORK;
}

/* ==== 6. JSON ================================================================================= */

#define STRING_MAX 256 /* bytes of a string that passes the filter; a longer one is cut */

/* --- strings ---------------------------------------------------------------------------------- */

static uint32_t hex4_read(const char *text)
{
    uint32_t value = 0;
    int i;

    for (i = 0; i < 4; i++) {
        value = value << 4 | (uint32_t)hex_value(text[i]);
    }
    return value;
}

/* One escape at text, which is valid as such; returns its length. A lone surrogate is 0xFFFD. */
static size_t escape_read(const char *text, size_t len, uint32_t *code_point)
{
    uint32_t value, low;

    if (text[1] != 'u') {
        /* itself; but of those for control characters any will do: none is safe to show */
        *code_point = (uint8_t)(text[1] < 'b' ? text[1] : '\n');
        return 2;
    }
    value = hex4_read(text + 2);
    if (value >> 10 == 0x36 && len >= 12 && text[6] == '\\' && text[7] == 'u') {
        low = hex4_read(text + 8);
        if (low >> 10 == 0x37) {
            *code_point = 0x10000 + ((value & 0x3FF) << 10 | (low & 0x3FF));
            return 12;
        }
    }
    *code_point = value >> 11 == 0x1B ? 0xFFFD : value;
    return 6;
}

/* Decodes the inside of a JSON string to UTF-8 that is safe to show, NUL-terminated. It never gets
 * longer, so out may be text. Returns the length, or RV_ERR_BODY_TOO_LARGE if it was cut, here or
 * by the filter; out then has what comes before. */
static int json_unescape(const char *text, size_t len, char *out, size_t size)
{
    int is_cut = len > STRING_MAX;
    size_t used = 0, at = 0;

    while (at < len) {
        uint32_t code_point = '?';
        size_t part, more;

        if (text[at] == '\\') {
            part = escape_read(text + at, len - at, &code_point);
        } else {
            part = utf8_read((const uint8_t *)text + at, len - at, &code_point);
            part += part == 0;
        }
        at += part;
        if (is_cut && at >= len) {
            break; /* maybe the first half of a pair of escapes */
        }
        more = utf8_write(out, used, size - 1, is_unsafe_to_show(code_point) ? '?' : code_point);
        if (more == SIZE_MAX) {
            is_cut = 1;
            break;
        }
        used = more;
    }
    out[used] = '\0';
    return is_cut ? RV_ERR_BODY_TOO_LARGE : (int)used;
}

/* --- filter: checks a JSON text (RFC 8259) of any length, lets the wanted members pass -------- */

/*
 * The window collects a copy of the text that has only the wanted members in it. What is left out
 * is checked as strictly as what passes, since "accepted" needs a whole valid answer. Elements of
 * a list marked with "*" are handed over one by one, and taken out again.
 */

enum filter_state {
    FILTER_ITEM,  /* a key must come, or outside of objects a value */
    FILTER_FIRST, /* the same, or the end of the object or array */
    FILTER_COLON,
    FILTER_VALUE,       /* of a key */
    FILTER_AFTER_VALUE, /* "," or the end of the object or array */
    FILTER_STRING,
    FILTER_LITERAL, /* number, true, false, null */
    FILTER_COMPLETE
};

#define FILTER_MORE    0
#define FILTER_ELEMENT 1 /* one has ended: filter_element, then filter_drop_element */

static void filter_start(rv_filter *filter, char *window, const char *spec, const char *inner_spec)
{
    memset(filter, 0, sizeof(*filter));
    filter->window = window;
    filter->spec[0] = spec;
    filter->inner_spec = inner_spec == NULL ? "" : inner_spec;
}

/* What stands behind name in a list of members, or NULL. */
static const char *spec_find(const char *spec, const char *name, size_t len)
{
    int depth = 0;

    while (depth >= 0 && *spec != '\0') {
        size_t part = strcspn(spec, ",{}[]*@");

        if (depth == 0 && part == len && part > 0 && memcmp(spec, name, len) == 0) {
            return spec + len;
        }
        if (part == 0) {
            part = 1;
            depth += *spec == '{' || *spec == '[';
            depth -= *spec == '}' || *spec == ']';
        }
        spec += part;
    }
    return NULL;
}

/* The inside of a member, if it is wanted as an object, or list; else NULL. */
static const char *spec_inside(const rv_filter *filter, char c)
{
    const char *member = filter->member;

    if (c == '{' && *member == '@') {
        return filter->inner_spec;
    }
    if (c == '[' && *member == '*') {
        member++;
    }
    return *member == c ? member + 1 : NULL;
}

/* If it passes. One byte stays free, for a NUL. */
static void filter_put(rv_filter *filter, char c)
{
    if (filter->passes) {
        if (filter->used == RV_WINDOW_SIZE - 1) {
            filter->is_full = 1;
        } else {
            filter->window[filter->used++] = c;
        }
    }
}

/* A comma, unless it is the first of an object or list. */
static void filter_put_comma(rv_filter *filter)
{
    char last = filter->used == 0 ? '[' : filter->window[filter->used - 1];

    if (last != '[' && last != '{') {
        filter_put(filter, ',');
    }
}

static int in_object(const rv_filter *filter)
{
    return (filter->objects & 1) != 0;
}

static int filter_open(rv_filter *filter, char c)
{
    if (filter->depth == RV_JSON_DEPTH) {
        return RV_ERR_BODY;
    }
    if (filter->passes) {
        const char *inside = spec_inside(filter, c);

        if (inside == NULL || filter->passing == RV_FILTER_LEVELS) {
            /* something else was wanted: the reader sees the kind, but nothing of the inside */
            filter_put(filter, c);
            filter_put(filter, c == '{' ? '}' : ']');
        } else {
            filter->passing++;
            filter->spec[filter->passing] = inside;
            filter->begin[filter->passing] = filter->used;
            filter->lists = (uint16_t)(filter->lists << 1 | (*filter->member == '*'));
            filter_put(filter, c);
        }
    }
    filter->objects = filter->objects << 1 | (c == '{');
    filter->depth++;
    filter->state = FILTER_FIRST;
    return FILTER_MORE;
}

static void filter_value_end(rv_filter *filter)
{
    filter->state = filter->depth == 0 ? FILTER_COMPLETE : FILTER_AFTER_VALUE;
}

static int filter_close(rv_filter *filter, char c)
{
    if (in_object(filter) != (c == '}')) {
        return RV_ERR_BODY;
    }
    filter->passes = filter->depth == filter->passing;
    filter_put(filter, c);
    filter->objects >>= 1;
    filter->depth--;
    filter_value_end(filter);
    if (!filter->passes) {
        return FILTER_MORE;
    }
    filter->passing--;
    filter->lists >>= 1;
    return c == '}' && (filter->lists & 1) != 0 ? FILTER_ELEMENT : FILTER_MORE;
}

/* RFC 8259 section 6: what follows the digits at text, of which there must be one; or NULL. */
static const char *digits_end(const char *text)
{
    size_t len = strspn(text, "0123456789");

    return len == 0 ? NULL : text + len;
}

/* "-"? int frac? exp? */
static int is_json_number(const char *text)
{
    text += *text == '-';
    text = *text == '0' ? text + 1 : digits_end(text);
    if (text != NULL && *text == '.') {
        text = digits_end(text + 1);
    }
    if (text != NULL && lower_case(*text) == 'e') {
        text++;
        text = digits_end(text + (*text == '+' || *text == '-'));
    }
    return text != NULL && *text == '\0';
}

static int filter_literal_byte(rv_filter *filter, char c)
{
    if (!is_printable_ascii(c) || filter->literal_len == sizeof(filter->literal) - 1) {
        return RV_ERR_BODY;
    }
    filter->literal[filter->literal_len++] = c;
    return FILTER_MORE;
}

static int filter_literal_end(rv_filter *filter)
{
    char *text = filter->literal;

    text[filter->literal_len] = '\0';
    if (!is_json_number(text) && strcmp(text, "true") != 0 && strcmp(text, "false") != 0 &&
        strcmp(text, "null") != 0) {
        return RV_ERR_BODY;
    }
    filter_value_end(filter);
    while (*text != '\0') {
        filter_put(filter, *text++);
    }
    return FILTER_MORE;
}

/* Takes out what begins there, and the comma before it. */
static void filter_take_out(rv_filter *filter, uint32_t begin)
{
    filter->used = begin > 0 && filter->window[begin - 1] == ',' ? begin - 1 : begin;
}

static void filter_string_begin(rv_filter *filter, int is_key)
{
    filter->state = FILTER_STRING;
    filter->string_is_key = (uint8_t)is_key;
    filter->string = filter->used;
    filter_put(filter, '"');
}

static int filter_value_begin(rv_filter *filter, char c)
{
    if (c == '{' || c == '[') {
        return filter_open(filter, c);
    }
    if (c == '"') {
        filter_string_begin(filter, 0);
        return FILTER_MORE;
    }
    filter->state = FILTER_LITERAL;
    filter->literal_len = 0;
    return filter_literal_byte(filter, c);
}

/* A key, or a value without one. */
static int filter_item_begin(rv_filter *filter, char c)
{
    filter->passes = filter->depth == filter->passing;
    filter_put_comma(filter);
    if (in_object(filter)) {
        filter_string_begin(filter, 1);
        return c == '"' ? FILTER_MORE : RV_ERR_BODY;
    }
    filter->member = filter->spec[filter->passing];
    return filter_value_begin(filter, c);
}

/* A key is whole: which member of the wanted text is it? */
static void filter_key_end(rv_filter *filter)
{
    filter->state = FILTER_COLON;
    if (filter->passes) {
        char *name = filter->window + filter->string + 1;
        size_t len = filter->used - filter->string - 1;

        json_unescape(name, len, name, len + 1); /* it may be one of ours in disguise */
        len = strlen(name);
        filter->member = spec_find(filter->spec[filter->passing], name, len);
        filter->used = filter->string + 1 + (uint32_t)len;
        filter_put(filter, '"');
        filter_put(filter, ':');
        if (filter->member == NULL) {
            filter_take_out(filter, filter->string);
            filter->passes = 0;
        }
    }
}

static void filter_string_end(rv_filter *filter)
{
    if (filter->string_is_key) {
        filter_key_end(filter);
        return;
    }
    filter_value_end(filter);
    filter_put(filter, '"');
}

/* Keeps a byte of a string that passes. A string is cut before an escape or a character, never in
 * one; a key so long is none of those that are wanted. */
static void filter_string_keep(rv_filter *filter, char c, int in_escape)
{
    size_t len = filter->used - filter->string;

    if (filter->passes && len > STRING_MAX + 1 && !in_escape &&
        (((uint8_t)c & 0xC0) != 0x80 || len > STRING_MAX + 4)) {
        if (filter->string_is_key) {
            filter_take_out(filter, filter->string);
        } else {
            filter_put(filter, '"');
        }
        filter->passes = 0;
    }
    filter_put(filter, c);
}

/* Values of rv_filter.escape: after a backslash, then digits still to come. */
#define ESCAPE_BEGUN 5

static int filter_string_byte(rv_filter *filter, char c)
{
    int in_escape = filter->escape > 0;

    if ((uint8_t)c < 0x20) {
        return RV_ERR_BODY;
    }
    if (filter->escape == ESCAPE_BEGUN) {
        if (strchr("\"\\/bfnrtu", c) == NULL) {
            return RV_ERR_BODY;
        }
        filter->escape = c == 'u' ? 4 : 0;
    } else if (in_escape) {
        if (hex_value(c) < 0) {
            return RV_ERR_BODY;
        }
        filter->escape--;
    } else if (c == '"') {
        filter_string_end(filter);
        return FILTER_MORE;
    } else if (c == '\\') {
        filter->escape = ESCAPE_BEGUN;
    }
    filter_string_keep(filter, c, in_escape);
    return FILTER_MORE;
}

/* A byte that is neither white space nor inside a string or literal. */
static int filter_structure_byte(rv_filter *filter, char c)
{
    if (c == '}' || c == ']') {
        return filter->state == FILTER_FIRST || filter->state == FILTER_AFTER_VALUE
                   ? filter_close(filter, c)
                   : RV_ERR_BODY;
    }
    switch (filter->state) {
    case FILTER_ITEM:
    case FILTER_FIRST:
        return filter_item_begin(filter, c);
    case FILTER_COLON:
        filter->state = FILTER_VALUE;
        return c == ':' ? FILTER_MORE : RV_ERR_BODY;
    case FILTER_VALUE:
        return filter_value_begin(filter, c);
    case FILTER_AFTER_VALUE:
        filter->state = FILTER_ITEM;
        return c == ',' ? FILTER_MORE : RV_ERR_BODY;
    default:
        return RV_ERR_BODY; /* text behind the end */
    }
}

static int is_json_white_space(char c)
{
    return memchr(" \t\r\n", c, 4) != NULL;
}

static int filter_any_byte(rv_filter *filter, char c)
{
    if (filter->state == FILTER_STRING) {
        return filter_string_byte(filter, c);
    }
    if (filter->state == FILTER_LITERAL) {
        if (!is_json_white_space(c) && c != ',' && c != '}' && c != ']') {
            return filter_literal_byte(filter, c);
        }
        if (filter_literal_end(filter) != FILTER_MORE) {
            return RV_ERR_BODY;
        }
    }
    return is_json_white_space(c) ? FILTER_MORE : filter_structure_byte(filter, c);
}

/* FILTER_MORE, FILTER_ELEMENT, RV_ERR_BODY or RV_ERR_BODY_TOO_LARGE. */
static int filter_byte(rv_filter *filter, char c)
{
    int event = filter_any_byte(filter, c);

    return filter->is_full ? RV_ERR_BODY_TOO_LARGE : event;
}

/* The element that has just ended, as a text of its own. */
static const char *filter_element(const rv_filter *filter, size_t *len)
{
    size_t begin = filter->begin[filter->passing + 1];

    *len = filter->used - begin;
    return filter->window + begin;
}

static void filter_drop_element(rv_filter *filter)
{
    filter_take_out(filter, filter->begin[filter->passing + 1]);
}

/* RV_OK if the text was complete; *len is that of the copy, which has a NUL behind. */
static int filter_end(rv_filter *filter, size_t *len)
{
    int event = filter_byte(filter, ' '); /* ends a number, and may follow everything */

    *len = filter->used;
    filter->window[filter->used] = '\0';
    return event == FILTER_MORE && filter->state == FILTER_COMPLETE ? RV_OK : RV_ERR_BODY;
}

/* --- reader over jsmn ------------------------------------------------------------------------- */

typedef char rv_tokens_fit[sizeof(jsmntok_t) == 5 * sizeof(int32_t) ? 1 : -1];

static const jsmntok_t *json_token(const rv_json *json, int32_t index)
{
    return (const jsmntok_t *)json->tokens + index;
}

/* The value of a member of an object, or an element of an array by its number; RV_EOF if there is
 * none, RV_ERR_BODY if parent is neither. */
static int32_t json_child(const rv_json *json, int32_t parent, const char *name, size_t len)
{
    jsmntype_t type = json_token(json, parent)->type;
    int32_t index = digits_read(name, len);
    int32_t i;

    if (type != JSMN_OBJECT && type != JSMN_ARRAY) {
        return RV_ERR_BODY;
    }
    for (i = parent + 1; i < json->count; i++) {
        const jsmntok_t *token = json_token(json, i);

        if (token->parent != parent) {
            continue;
        }
        if (type == JSMN_ARRAY && index-- == 0) {
            return i;
        }
        if (type == JSMN_OBJECT && (size_t)(token->end - token->start) == len &&
            memcmp(json->text + token->start, name, len) == 0) {
            return i + 1 < json->count ? i + 1 : RV_EOF;
        }
    }
    return RV_EOF;
}

/* All keys that have passed are in use, and which of two would count is anybody's guess. */
static int json_has_duplicate(const rv_json *json)
{
    int32_t i;

    for (i = 1; i < json->count; i++) {
        const jsmntok_t *token = json_token(json, i);

        if (json_token(json, token->parent)->type == JSMN_OBJECT &&
            json_child(json, token->parent, json->text + token->start,
                       (size_t)(token->end - token->start)) != i + 1) {
            return 1;
        }
    }
    return 0;
}

/* jsmn is lax (it takes {"a"}, [1 2] and an empty text), so whoever calls this has had the text
 * checked by the filter. RV_ERR_BODY, RV_ERR_BODY_TOO_LARGE. */
static int json_read(rv_json *json, const char *text, size_t len, int32_t *tokens)
{
    jsmn_parser parser;

    jsmn_init(&parser);
    json->text = text;
    json->tokens = tokens;
    json->root = 0;
    json->count = jsmn_parse(&parser, text, len, (jsmntok_t *)(void *)tokens, RV_JSON_TOKENS);
    if (json->count == JSMN_ERROR_NOMEM) {
        return RV_ERR_BODY_TOO_LARGE;
    }
    if (json->count <= 0 || json_token(json, 0)->type != JSMN_OBJECT || json_has_duplicate(json)) {
        return RV_ERR_BODY;
    }
    return RV_OK;
}

/* The number of the token at a path like "Volumes.0.VolumeId"; RV_EOF if absent or null, else
 * RV_ERR_BODY. */
static int32_t json_find(const rv_json *json, const char *path)
{
    int32_t at = json->root;

    while (*path != '\0') {
        size_t len = strcspn(path, ".");

        at = json_child(json, at, path, len);
        if (at < 0) {
            return at;
        }
        if (json_token(json, at)->type == JSMN_PRIMITIVE &&
            json->text[json_token(json, at)->start] == 'n') {
            return RV_EOF;
        }
        path += len + (path[len] == '.');
    }
    return at;
}

static int json_is_boolean(const rv_json *json, const jsmntok_t *token)
{
    return token->type == JSMN_PRIMITIVE && json->text[token->start] > '9';
}

/* The text of a string, number or boolean; "" if there is none. Its length, RV_EOF, RV_ERR_BODY, or
 * RV_ERR_BODY_TOO_LARGE if it was cut. */
static int json_text(const rv_json *json, const char *path, char *out, size_t size)
{
    int32_t at = json_find(json, path);
    const jsmntok_t *token = json_token(json, at);

    out[0] = '\0';
    if (at < 0) {
        return at;
    }
    if (token->type != JSMN_STRING && token->type != JSMN_PRIMITIVE) {
        return RV_ERR_BODY;
    }
    return json_unescape(json->text + token->start, (size_t)(token->end - token->start), out, size);
}

RV_API int rv_json_text(const rv_json *json, const char *path, char *out, size_t size)
{
    int len;

    if (size == 0) {
        return RV_ERR_BODY_TOO_LARGE;
    }
    len = json_text(json, path, out, size);
    if (len < 0) {
        out[0] = '\0';
    }
    return len;
}

/* ==== 7. Catalogue ============================================================================ */

/* An entry is: what kind of answer it is, which advice goes with it, its name. In the order of enum
 * rv_code. One text without pointers stays read-only in every build. */
#define KIND_REFUSED   "@" /* nothing was changed, and the same request fails again */
#define KIND_BUSY      "A" /* nothing was changed; a new request may pass later */
#define KIND_TRACE     "B" /* nothing was changed now, but an earlier request may be the cause */
#define KIND_LOCKED    "C" /* BUSY and TRACE in one */
#define KIND_THROTTLED "D" /* nothing was changed; the call repeats it later */
#define KIND_CLOCK     "T" /* nothing was changed; the call repeats it once, with corrected time */
#define KIND_MISMATCH  "H" /* an earlier request exists: unknown, never repeated */
#define KIND_PENDING   "L" /* an earlier request is being executed: unknown, repeated */
#define KIND_INTERNAL  "L" /* unknown, repeated */

/* The bits of these letters that mean something by themselves. */
#define IS_BUSY     1
#define IS_TRACE    2
#define IS_REPEATED 4
#define IS_UNKNOWN  8

#ifdef RV_NO_TEXTS
#define CODE(kind, advice, name) kind name "\0"
#define NAME_AT                  1 /* in an entry */
#else
#define CODE(kind, advice, name) kind advice name "\0"
#define NAME_AT                  2
#endif

/* clang-format off */
static const char codes[] =
   CODE(KIND_REFUSED,  "A", "")
   CODE(KIND_REFUSED,  "B", "")
   CODE(KIND_REFUSED,  "C", "MissingParameter.InstanceId")
   CODE(KIND_REFUSED,  "D", "MissingParameter.PasswordAndKeyPair")
   CODE(KIND_TRACE,    "E", "InvalidInstanceStatus")
   CODE(KIND_REFUSED,  "C", "MissingParameter.ImageId")
   CODE(KIND_REFUSED,  "F", "InvalidKeyPairForWindows.Unsupported")
   CODE(KIND_REFUSED,  "G", "InvalidPassword.Malformed")
   CODE(KIND_REFUSED,  "H", "InvalidClientToken.Malformed")
   CODE(KIND_MISMATCH, "I", "IdempotentParameterMismatch")
   CODE(KIND_REFUSED,  "C", "InvalidArgument")
   CODE(KIND_LOCKED,   "J", "InvalidVolumeStatus")
   CODE(KIND_REFUSED,  "K", "MissingParameter.VolumeType")
   CODE(KIND_REFUSED,  "L", "LimitExceeded.SystemVolumeSize")
   CODE(KIND_REFUSED,  "M", "InvalidImage.NotFound")
   CODE(KIND_REFUSED,  "M", "InvalidKeyPair.NotFound")
   CODE(KIND_REFUSED,  "M", "InvalidInstance.NotFound")
   CODE(KIND_REFUSED,  "N", "InvalidInstance.Expired")
   CODE(KIND_PENDING,  "O", "IdempotentProcessing")
   CODE(KIND_REFUSED,  "P", "InvalidImage.InstanceTypeMismatch")
   CODE(KIND_REFUSED,  "P", "InvalidVolumeType.ImageMismatch")
   CODE(KIND_REFUSED,  "L", "InvalidVolumeSize.ImageSizeMismatch")
   CODE(KIND_LOCKED,   "Q", "OperationDenied.ResourceLocked")
   CODE(KIND_BUSY,     "Q", "OperationDenied.InstanceIsCreatingImage")
   CODE(KIND_REFUSED,  "R", "OperationDenied.ResourceCreatedByOtherService")
   CODE(KIND_REFUSED,  "S", "InvalidImageId.KeepImageCredentialMismatch")
   CODE(KIND_REFUSED,  "D", "InvalidKeyPairName.KeepImageCredentialMismatch")
   CODE(KIND_REFUSED,  "D", "InvalidPassword.KeepImageCredentialMismatch")
   CODE(KIND_REFUSED,  "T", "DryRunOperation")
   CODE(KIND_REFUSED,  "U", "InvalidImage.HostnameMismatch")
   CODE(KIND_INTERNAL, "V", "InternalError")
   CODE(KIND_REFUSED,  "C", "MissingParameter")
   CODE(KIND_REFUSED,  "W", "MissingAuthenticationToken")
   CODE(KIND_REFUSED,  "W", "MissingRequestInfo")
   CODE(KIND_REFUSED,  "W", "MissingSignature")
   CODE(KIND_CLOCK,    "X", "InvalidTimestamp")
   CODE(KIND_REFUSED,  "Y", "ServiceNotFound")
   CODE(KIND_REFUSED,  "Y", "InvalidActionOrVersion")
   CODE(KIND_REFUSED,  "Z", "InvalidAccessKey")
   CODE(KIND_REFUSED,  "[", "SignatureDoesNotMatch")
   CODE(KIND_REFUSED,  "\\", "LackPolicy")
   CODE(KIND_REFUSED,  "\\", "AccessDenied")
   CODE(KIND_REFUSED,  "C", "InvalidParameter")
   CODE(KIND_REFUSED,  "W", "InvalidAuthorization")
   CODE(KIND_REFUSED,  "Z", "InvalidCredential")
   CODE(KIND_REFUSED,  "]", "InvalidSecretToken")
   CODE(KIND_THROTTLED, "^", "FlowLimitExceeded")
   CODE(KIND_INTERNAL, "V", "InternalServiceError")
   CODE(KIND_INTERNAL, "V", "ServiceUnavailableTemp")
   CODE(KIND_INTERNAL, "V", "InternalServiceTimeout");

#ifndef RV_NO_TEXTS

/* In the order of the letters above, from "A". */
static const char advices[] =
   /* A */ "\0"
   /* B */ "Read the message, or ask the vendor's support with the request id.\0"
   /* C */ "Compare the parameter that the message names with the API document.\0"
   /* D */ "Either give a password or a key pair, or keep the image's credential, not both.\0"
   /* E */ "Look at the instance's status: it has to be stopped first.\0"
   /* F */ "Give a password: Windows takes no key pair.\0"
   /* G */ "Give a password that keeps the documented rules.\0"
   /* H */ "Use a token of at most 64 ASCII characters.\0"
   /* I */ "There is an earlier request with this token and other parameters: look at the instance first.\0"
   /* J */ "Wait until the system volume is in use and no other operation runs on it.\0"
   /* K */ "Ask the vendor's support: this action cannot give a volume type.\0"
   /* L */ "Give a size within the limits of volume type and image.\0"
   /* M */ "Look it up with DescribeInstances, DescribeImages or DescribeKeyPairs: same region, same account.\0"
   /* N */ "Renew the instance, then try again.\0"
   /* O */ "An earlier request is still being processed: ask again later with the same token.\0"
   /* P */ "Choose an image that supports the instance type and the volume type.\0"
   /* Q */ "Wait for the operation that holds the instance, then try again.\0"
   /* R */ "Replace it through the service that made it: its system tags name it.\0"
   /* S */ "Keep the image's credential only with a custom or shared image.\0"
   /* T */ "The check has passed, nothing was changed: leave DryRun out to replace.\0"
   /* U */ "Give the instance a host name that the image's system allows.\0"
   /* V */ "The outcome is unknown: ask again with the same token, or look at the instance.\0"
   /* W */ "Look for a proxy that changes headers: the signature was not whole.\0"
   /* X */ "Set the machine's clock: a signature is good for 15 minutes.\0"
   /* Y */ "Check endpoint and region: the host does not serve this action.\0"
   /* Z */ "Check the access key id: it may be deleted, disabled or of another account.\0"
   /* [ */ "Check the secret access key, and that the region is the endpoint's.\0"
   /* \ */ "Let an administrator grant this action, for example ecs:ReplaceSystemVolume.\0"
   /* ] */ "Get new temporary credentials: the session token is over or another key's.\0"
   /* ^ */ "Too many requests: try again later, and ask less often.\0";

#endif
/* clang-format on */

static const char *code_entry(rv_code code)
{
    return text_at(codes, (size_t)(code < RV_CODE_COUNT ? code : RV_CODE_OTHER));
}

static char code_kind(rv_code code)
{
    return code_entry(code)[0];
}

RV_API const char *rv_code_name(rv_code code)
{
    return code_entry(code) + NAME_AT;
}

RV_API rv_code rv_code_from_name(const char *name)
{
    int code;

    for (code = RV_CODE_NONE; code < RV_CODE_COUNT; code++) {
        if (strcmp(name, rv_code_name((rv_code)code)) == 0) {
            return (rv_code)code;
        }
    }
    return RV_CODE_OTHER;
}

RV_API rv_retry rv_code_retry(rv_code code)
{
    char kind = code_kind(code);

    if ((kind & IS_BUSY) != 0) {
        return RV_RETRY_LATER;
    }
    return (kind & IS_REPEATED) != 0 ? RV_RETRY_BY_CALL : RV_RETRY_NEVER;
}

#ifdef RV_NO_TEXTS

RV_API const char *rv_code_advice(rv_code code)
{
    (void)code;
    return "";
}

RV_API const char *rv_status_text(int status)
{
    (void)status;
    return "";
}

RV_API const char *rv_rule_text(rv_rule rule)
{
    (void)rule;
    return "";
}

#else

RV_API const char *rv_code_advice(rv_code code)
{
    return text_at(advices, (size_t)(code_entry(code)[1] - 'A'));
}

RV_API const char *rv_status_text(int status)
{
    static const char texts[] =
        "finished\0"
        "not finished yet\0"
        "the peer ended the connection\0"
        "the library was called wrongly\0"
        "library and caller were compiled differently\0"
        "a parameter breaks a rule\0"
        "no credentials, or not those that the token was sent with\0"
        "the time is unknown, and no lower bound is set\0"
        "no random numbers; with PSA, psa_crypto_init() comes first\0"
        "out of memory for TLS\0"
        "SHA-256 or HMAC failed\0"
        "not admitted by the caller\0"
        "the host name was not resolved\0"
        "no address accepted a connection\0"
        "the connection broke\0"
        "a time limit ran out\0"
        "TLS failed\0"
        "the server's certificate is not trusted, not for this host or not valid now\0"
        "the socket callbacks broke their contract\0"
        "the answer is not HTTP/1.1, or is ambiguous\0"
        "the answer's head is too large\0"
        "the answer is too large\0"
        "the answer is empty, cut short or not the documented JSON\0"
        "the answer has a coding that was not asked for\0"
        "the service answered with an error\0"
        "an error status without an error code\0"
        "the service has replaced the volume although DryRun was asked\0"
        "cancelled\0"
        "the client token is too old to be sent again\0"
        "the check found why it cannot work\0"
        "the instance's status does not allow it\0"
        "the record was not stored\0"
        "the record cannot be used\0"
        "the replacement was accepted and has ended badly\0"
        "no sign of the replacement, and it can no longer begin\0";

    return status > 0 || status < RV_ERR_LAST ? "" : text_at(texts, (size_t)-status);
}

RV_API const char *rv_rule_text(rv_rule rule)
{
    static const char texts[] = "\0"
                                "is required\0"
                                "must not be empty\0"
                                "must be printable ASCII without spaces\0"
                                "is too long\0"
                                "must have 8 to 30 characters\0"
                                "has a character that is not allowed\0"
                                "needs three of: upper case, lower case, digit, special\0"
                                "must not start with \"/\" or \"$6$\"\0"
                                "or KeyPairName or KeepImageCredential is required\0"
                                "excludes KeepImageCredential\0"
                                "must be unset, true or false\0"
                                "is outside its range\0"
                                "is a parameter with a place of its own\0"
                                "is given twice\0"
                                "must be a DNS name: letters, digits, \"-\", \".\"\0"
                                "is over 8000 bytes: use POST\0"
                                "is not there, or not visible with these credentials\0"
                                "is not what was expected\0"
                                "is not available\0"
                                "is for Linux images only\0"
                                "must not be true with a public image\0"
                                "is for public images only\0"
                                "is smaller than the image\0"
                                "is not a record of a job\0"
                                "is damaged\0"
                                "was written by a newer version\0"
                                "differs from the record's\0";

    return (size_t)rule < RV_RULE_COUNT ? text_at(texts, (size_t)rule) : "";
}

#endif

/* ==== 8. Channel ============================================================================== */

enum channel_state { CHANNEL_CLOSED, CHANNEL_OPENING, CHANNEL_HANDSHAKE, CHANNEL_READY };

static void trace(const rv_client *client, rv_trace_event event, int32_t number, const char *text)
{
    if (client->config.trace != NULL) {
        client->config.trace(client->config.ctx, event, number, text);
    }
}

/* --- time ------------------------------------------------------------------------------------- */

static uint64_t now_ms(const rv_client *client)
{
    const rv_system *system = client->config.tls->system;

    return system->monotonic_ms(system->ctx);
}

/* For differences: goes round after 136 years. */
static uint32_t now_s(const rv_client *client)
{
    return (uint32_t)(now_ms(client) / 1000);
}

/* UTC is in seconds since 1970; what lies before is not a time, but RV_TIME_UNKNOWN. */
static int is_known(int64_t utc_s)
{
    return utc_s >= 0;
}

/* The machine's own idea of UTC. One that has none, but a lower bound, starts there and counts on.
 */
static int64_t machine_utc(const rv_client *client)
{
    const rv_system *system = client->config.tls->system;
    int64_t utc_s;

    if (system->utc_s(system->ctx, &utc_s) == RV_OK) {
        return utc_clamped(utc_s);
    }
    return system->utc_lower_bound_s == 0 ? RV_TIME_UNKNOWN
                                          : system->utc_lower_bound_s + now_s(client);
}

/* The time by the service's last Date. */
static int64_t service_utc(const rv_client *client)
{
    return is_known(client->date_s) ? client->date_s + (now_s(client) - client->date_at_s)
                                    : RV_TIME_UNKNOWN;
}

/* Once the service has said that our time is wrong, its own counts: the machine's clock may be set
 * right afterwards, and a difference to it would then be wrong. */
static int64_t corrected_utc(const rv_client *client)
{
    return client->clock_is_corrected ? service_utc(client) : machine_utc(client);
}

/* --- certificates ----------------------------------------------------------------------------- */

static int64_t certificate_time(const mbedtls_x509_time *time)
{
    return utc_from_calendar(time->year, time->mon, time->day,
                             time->hour * 3600 + time->min * 60 + time->sec);
}

/* What is wrong with dates of certificates now. An unknown time is before all of them. */
static uint32_t date_flags(const rv_client *client, int64_t begin_s, int64_t end_s)
{
    int64_t lower_bound_s = client->config.tls->system->utc_lower_bound_s;
    int64_t utc_s = corrected_utc(client);

    if (is_known(utc_s) && utc_s < lower_bound_s) {
        utc_s = lower_bound_s;
    }
    return utc_s > end_s     ? MBEDTLS_X509_BADCERT_EXPIRED
           : utc_s < begin_s ? MBEDTLS_X509_BADCERT_FUTURE
                             : 0;
}

/* Called for each certificate of the chain, from the anchor down to the server's at depth 0. The
 * caller's own callback may add flags and fail; it cannot take flags away. */
static int verify_certificate(void *ctx, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    const uint32_t dates = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE;
    rv_client *client = (rv_client *)ctx;
    int64_t end_s = certificate_time(&certificate->valid_to);
    uint32_t found = *flags;
    int error = tls_config_verify(client->config.tls->config, certificate, depth, flags);

    if (end_s < client->chain_end_s) {
        client->chain_end_s = end_s;
    }
    /* exactly the two date flags are ours, whatever mbedTLS itself thinks of the time */
    *flags = ((*flags | found) & ~dates) |
             date_flags(client, certificate_time(&certificate->valid_from), end_s);
    client->verify_flags |= *flags;
    client->verified_leaf = (uint8_t)(error == 0 && depth == 0);
    /* who answers is who was asked: nobody else may take over a connection that is ready */
    return client->channel == CHANNEL_READY ? MBEDTLS_ERR_X509_FATAL_ERROR : error;
}

/* --- TLS session: for a connection after this one, without the certificates ------------------- */

/*
 * It belongs to this host and configuration as the client does, and was made under the corrected
 * time; it is good until the first certificate of its chain ends. It comes from a connection that
 * our verification has seen down to the server's certificate, so a handshake that resumes it has
 * that behind it.
 */

static void session_drop(rv_client *client)
{
    mbedtls_ssl_session_free(&client->session);
    client->has_session = 0;
}

/* Of the connection that is open. */
static void session_keep(rv_client *client)
{
    session_drop(client);
    client->has_session = mbedtls_ssl_get_session(&client->ssl, &client->session) == 0;
    client->session_end_s = client->chain_end_s;
}

/* Offers it to the server; an error of mbedTLS, or 0. */
static int session_offer(rv_client *client)
{
    if (date_flags(client, 0, client->session_end_s) != 0 ||
        tls_config_has_psk(client->config.tls->config)) {
        session_drop(client);
    }
    client->is_session_offered = client->has_session;
    return client->has_session ? mbedtls_ssl_set_session(&client->ssl, &client->session) : 0;
}

/* --- mbedTLS over the socket ------------------------------------------------------------------ */

static void touch(rv_client *client)
{
    client->idle_deadline_ms = now_ms(client) + client->config.idle_timeout_ms;
}

/* Moves bytes in one direction, the other one is NULL; returns what mbedTLS wants. */
static int socket_move(rv_client *client, const uint8_t *out, uint8_t *in, size_t len)
{
    const rv_socket *socket = client->config.socket;
    int result = in == NULL ? socket->send(socket->ctx, out, len)
                            : socket->recv(socket->ctx, in, len);

    if (result > 0 && (size_t)result <= len) {
        touch(client);
        return result;
    }
    if (result == RV_AGAIN) {
        client->socket_waited = in == NULL ? RV_WRITE : RV_READ;
        return in == NULL ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_SSL_WANT_READ;
    }
    client->socket_error = result == RV_EOF || result == RV_ERR_NETWORK ? RV_ERR_NETWORK
                           : result == RV_ERR_TIMEOUT                   ? RV_ERR_TIMEOUT
                                                                        : RV_ERR_PORT;
    return MBEDTLS_ERR_SSL_CONN_EOF;
}

static int socket_send(void *ctx, const unsigned char *buf, size_t len)
{
    return socket_move((rv_client *)ctx, buf, NULL, len);
}

static int socket_recv(void *ctx, unsigned char *buf, size_t len)
{
    return socket_move((rv_client *)ctx, NULL, buf, len);
}

/* What an error of mbedTLS means: RV_AGAIN with need filled, or the reason why it is over. */
static int tls_result(rv_client *client, int error, rv_need *need)
{
    if (error == MBEDTLS_ERR_SSL_WANT_READ || error == MBEDTLS_ERR_SSL_WANT_WRITE ||
        is_tls_call_again(error)) {
        if (is_tls_ticket(error)) {
            session_keep(client);
        }
        /* unless the port has said so, there is nothing to wait for */
        need->events = client->socket_waited != 0 ? client->socket_waited : RV_NOW;
        return RV_AGAIN;
    }
    if (client->socket_error != 0) {
        return client->socket_error;
    }
    client->tls_error = error;
    if (is_tls_memory_error(error)) {
        return RV_ERR_MEMORY;
    }
    if (error == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
        return RV_ERR_NETWORK;
    }
    if (error == MBEDTLS_ERR_SSL_NO_RNG) {
        return RV_ERR_RANDOM;
    }
    return error == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED ? RV_ERR_CERTIFICATE : RV_ERR_TLS;
}

/* Drops the connection as it is. */
static void channel_abort(rv_client *client)
{
    const rv_socket *socket = client->config.socket;

    if (client->channel == CHANNEL_CLOSED) {
        return;
    }
    if (client->channel == CHANNEL_HANDSHAKE && client->is_session_offered) {
        session_drop(client); /* it may be the reason */
    }
    if (client->channel != CHANNEL_OPENING) {
        mbedtls_ssl_free(&client->ssl);
    }
    socket->close(socket->ctx);
    client->channel = CHANNEL_CLOSED;
    client->verified_leaf = 0;
    client->verify_flags = 0;
    client->tls_error = 0;
    client->socket_error = 0;
    trace(client, RV_TRACE_CLOSED, 0, "");
}

/* Says good-bye first, as far as that goes without waiting. */
static void channel_close(rv_client *client)
{
    if (client->channel == CHANNEL_READY) {
        mbedtls_ssl_close_notify(&client->ssl);
    }
    channel_abort(client);
}

static int channel_begin_tls(rv_client *client, rv_need *need)
{
    int error;

    mbedtls_ssl_init(&client->ssl);
    client->channel = CHANNEL_HANDSHAKE;
    client->chain_end_s = INT64_MAX;
    client->was_certificate_shown = 0;
    touch(client);
    error = mbedtls_ssl_setup(&client->ssl, client->config.tls->config);
    if (error == 0) {
        error = mbedtls_ssl_set_hostname(&client->ssl, client->config.host);
    }
    if (error == 0) {
        error = session_offer(client);
    }
    if (error != 0) {
        return tls_result(client, error, need);
    }
    mbedtls_ssl_set_verify(&client->ssl, verify_certificate, client);
    mbedtls_ssl_set_bio(&client->ssl, client, socket_send, socket_recv, NULL);
    return RV_OK;
}

/* Nothing is sent on a connection that our verification has not seen down to the server's
 * certificate, whatever the caller's configuration asks of mbedTLS. */
static int channel_is_verified(rv_client *client)
{
    client->verify_flags |= mbedtls_ssl_get_verify_result(&client->ssl);
    return client->verified_leaf && client->verify_flags == 0;
}

static int channel_check_peer(rv_client *client)
{
    int version = tls_version(&client->ssl);
    int is_resumed = client->is_session_offered && !client->was_certificate_shown;

    if (is_resumed) {
        client->verified_leaf = 1;
        client->chain_end_s = client->session_end_s;
    }
    if (!channel_is_verified(client)) {
        return RV_ERR_CERTIFICATE;
    }
    if (version < TLS_1_2) {
        return RV_ERR_TLS;
    }
    client->channel = CHANNEL_READY;
    trace(client, RV_TRACE_CONNECTED, is_resumed, mbedtls_ssl_get_version(&client->ssl));
    if (version == TLS_1_2) {
        session_keep(client); /* with 1.3 it comes later, as a ticket */
    }
    return RV_OK;
}

static int channel_handshake(rv_client *client, rv_need *need)
{
    int error;

    client->was_certificate_shown |= (uint8_t)tls_is_at_certificate(&client->ssl);
    error = mbedtls_ssl_handshake_step(&client->ssl);
    if (error != 0) {
        return tls_result(client, error, need);
    }
    if (!tls_handshake_is_over(&client->ssl)) {
        need->events = RV_NOW;
        return RV_AGAIN;
    }
    return channel_check_peer(client);
}

static int channel_open(rv_client *client, rv_need *need)
{
    const rv_socket *socket = client->config.socket;
    int status;

    if (client->channel == CHANNEL_CLOSED) {
        if (!is_known(corrected_utc(client))) {
            return RV_ERR_CLOCK;
        }
        client->channel = CHANNEL_OPENING;
        trace(client, RV_TRACE_CONNECT, client->config.port, client->config.host);
    }
    status = socket->open(socket->ctx, client->config.host, client->config.port, need);
    switch (status) {
    case RV_OK:
        return channel_begin_tls(client, need);
    case RV_AGAIN:
    case RV_ERR_RESOLVE:
    case RV_ERR_CONNECT:
    case RV_ERR_NETWORK:
    case RV_ERR_TIMEOUT:
        return status;
    default:
        return RV_ERR_PORT;
    }
}

/* RV_OK once the connection is ready, RV_AGAIN, or an error; the caller then closes. */
static int channel_step(rv_client *client, rv_need *need)
{
    if (client->channel != CHANNEL_HANDSHAKE) {
        int status = channel_open(client, need);

        if (status != RV_OK) {
            return status;
        }
    }
    return channel_handshake(client, need);
}

/* A kept connection is read once before it is used again: the server may have closed it meanwhile,
 * and while nothing is sent that costs nothing. */
static int channel_is_alive(rv_client *client)
{
    unsigned char byte;
    int result;
    int tickets = 0;

    do {
        result = mbedtls_ssl_read(&client->ssl, &byte, 1);
        if (is_tls_ticket(result)) {
            session_keep(client);
        }
    } while (is_tls_call_again(result) && ++tickets < 8);
    /* a configuration that allows renegotiation may be in the middle of one */
    return result == MBEDTLS_ERR_SSL_WANT_READ && tls_handshake_is_over(&client->ssl);
}

/* --- TLS configuration and client: the caller's side of the channel --------------------------- */

static int tls_begin(rv_tls *tls, uint32_t build, const rv_system *system, const void *trust)
{
    if (build != RV_BUILD) {
        return RV_ERR_BUILD;
    }
    if (tls == NULL) {
        return RV_ERR_USAGE;
    }
    memset(tls, 0, sizeof(*tls));
    mbedtls_ssl_config_init(&tls->own);
    if (trust == NULL || system == NULL || system->monotonic_ms == NULL || system->utc_s == NULL ||
        system->random == NULL) {
        return RV_ERR_USAGE;
    }
    if (!digest_is_ready()) {
        return RV_ERR_RANDOM;
    }
    tls->system = system;
    return RV_OK;
}

RV_API int rv_tls_init_build(rv_tls *tls, uint32_t build, const rv_system *system,
                             mbedtls_x509_crt *anchors)
{
    int status = tls_begin(tls, build, system, anchors);
    int error;

    if (status != RV_OK) {
        return status;
    }
    error = mbedtls_ssl_config_defaults(&tls->own, MBEDTLS_SSL_IS_CLIENT,
                                        MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    if (error != 0) {
        return is_tls_memory_error(error) ? RV_ERR_MEMORY : RV_ERR_TLS;
    }
    mbedtls_ssl_conf_authmode(&tls->own, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(&tls->own, anchors, NULL);
    tls_config_for_version(&tls->own, system);
#if defined(MBEDTLS_SSL_ALPN)
    tls->alpn[0] = "http/1.1";
    if (mbedtls_ssl_conf_alpn_protocols(&tls->own, tls->alpn) != 0) {
        return RV_ERR_TLS;
    }
#endif
    tls->config = &tls->own;
    return RV_OK;
}

RV_API int rv_tls_init_with_config_build(rv_tls *tls, uint32_t build, const rv_system *system,
                                         const mbedtls_ssl_config *config)
{
    int status = tls_begin(tls, build, system, config);

    if (status == RV_OK) {
        tls->config = config;
    }
    return status;
}

RV_API void rv_tls_free(rv_tls *tls)
{
    if (tls != NULL) {
        mbedtls_ssl_config_free(&tls->own);
        memset(tls, 0, sizeof(*tls));
    }
}

static int config_is_complete(const rv_client_config *config)
{
    const rv_socket *socket = config->socket;

    return config->tls != NULL && config->tls->config != NULL && socket != NULL &&
           socket->open != NULL && socket->send != NULL && socket->recv != NULL &&
           socket->close != NULL &&
           (config->credentials == NULL) != (config->get_credentials == NULL);
}

static void config_set_defaults(rv_client_config *config)
{
    if (config->host == NULL) {
        config->host = "open.volcengineapi.com";
    }
    if (config->port == 0) {
        config->port = 443;
    }
    if (config->idle_timeout_ms == 0) {
        config->idle_timeout_ms = 15000;
    }
    if (config->call_timeout_ms == 0) {
        config->call_timeout_ms = 60000;
    }
    if (config->token_bound_s == 0) {
        config->token_bound_s = 900;
    }
    if (config->attempts_max == 0) {
        config->attempts_max = 4;
    }
}

RV_API int rv_client_init_build(rv_client *client, uint32_t build, const rv_client_config *config,
                                rv_result *why)
{
    if (build != RV_BUILD) {
        return RV_ERR_BUILD;
    }
    if (client == NULL) {
        return RV_ERR_USAGE;
    }
    memset(client, 0, sizeof(*client));
    if (config == NULL || why == NULL) {
        return RV_ERR_USAGE;
    }
    memset(why, 0, sizeof(*why));
    why->status = config_is_complete(config) ? RV_OK : RV_ERR_USAGE;
    if (why->status == RV_OK) {
        client->config = *config;
        config_set_defaults(&client->config);
        client->date_s = RV_TIME_UNKNOWN;
        why->status = check_host_and_region(&client->config, why);
    }
    if (why->status != RV_OK) {
        client->config.tls = NULL; /* no call can be started on it */
        return why->status;
    }
    /* left out in a signed Host, as the vendor's signers do */
    if (client->config.port != 443 && client->config.port != 80) {
        client->port_text[0] = ':';
        number_write(client->port_text + 1, client->config.port);
    }
    return RV_OK;
}

RV_API void rv_client_close(rv_client *client)
{
    if (client != NULL && client->call == NULL && client->config.tls != NULL) {
        channel_close(client);
    }
}

RV_API void rv_client_free(rv_client *client)
{
    if (client != NULL && client->call == NULL) {
        rv_client_close(client);
        session_drop(client);
        mbedtls_platform_zeroize(client, sizeof(*client));
    }
}

/* ==== 9. Call ================================================================================= */

enum call_state {
    CALL_ADMIT,
    CALL_CREDENTIALS,
    CALL_CONNECT,
    CALL_SEND,
    CALL_RECEIVE,
    CALL_WAIT, /* until the next attempt */
    CALL_FINISHED
};

#define STEP_BYTES        4096 /* moved at most in one step */
#define RETRY_FIRST_MS    500  /* doubled with every attempt up to this one, with jitter: */
#define RETRY_DOUBLED     6
#define RETRY_LAST_MS     20000 /* after later ones */
#define RETRY_AFTER_MAX_S 60    /* of a Retry-After, what is honoured */

static const char answer_spec[] =
    "{ResponseMetadata{RequestId,Error{Code,CodeN,Message}},Result@,errorcode,message}";

/* --- outcome ---------------------------------------------------------------------------------- */

static int token_is_old(const rv_call *call)
{
    return call->request.client_token != NULL && !call->request.client_token_is_new;
}

/* Over all attempts; a token from elsewhere may have been sent before, and then what looks like
 * "not sent" is not known. */
static rv_outcome call_outcome(const rv_call *call)
{
    return token_is_old(call) && call->so_far == RV_NOT_SENT ? RV_UNKNOWN : call->so_far;
}

/* Takes note of an attempt's outcome. The order of the values is that of gravity. */
static void note_outcome(rv_call *call, rv_outcome outcome)
{
    /* what the earlier request of a token from elsewhere may have brought about */
    if (outcome == RV_REFUSED && token_is_old(call) &&
        (code_kind(call->result.code) & IS_TRACE) != 0) {
        outcome = RV_UNKNOWN;
    }
    if (outcome > call->so_far) {
        call->so_far = outcome;
    }
    call->result.outcome = call_outcome(call);
}

/* What an attempt leaves behind; a hash of a request is one of the password in it. */
static void wipe(rv_call *call)
{
    mbedtls_platform_zeroize(call->client->window, sizeof(call->client->window));
    mbedtls_platform_zeroize(call->client->received, sizeof(call->client->received));
    mbedtls_platform_zeroize(call->hash, sizeof(call->hash));
    memset(&call->credentials, 0, sizeof(call->credentials));
}

static void call_finish(rv_call *call, int status)
{
    call->state = CALL_FINISHED;
    call->result.status = status;
    call->client->call = NULL;
    wipe(call);
}

/* --- at most once: the bound of a token ------------------------------------------------------- */

/* Seconds since the first sending, by the clock that says most; for a token from a record by the
 * service's Date alone, since no other clock is known to have gone on. INT64_MAX: not known. Within
 * a run the monotonic clock always says something, so a clock that was set back takes nothing away.
 */
static int64_t sent_age_s(const rv_client *client, const rv_sent *sent)
{
    int64_t age, utc_s;

    if (sent->is_recorded) {
        utc_s = service_utc(client);
        return is_known(sent->utc_s) && utc_s >= sent->utc_s ? utc_s - sent->utc_s : INT64_MAX;
    }
    age = now_s(client) - sent->at_s;
    utc_s = corrected_utc(client);
    if (is_known(utc_s) && utc_s - sent->utc_s > age) {
        age = utc_s - sent->utc_s;
    }
    if (is_known(sent->service_s) && client->date_s - sent->service_s > age) {
        age = client->date_s - sent->service_s;
    }
    return age;
}

static int is_past_bound(const rv_client *client, const rv_sent *sent)
{
    return sent->any && sent_age_s(client, sent) >= (int64_t)client->config.token_bound_s;
}

/* Is it the key that the token is bound to? Whether another one would see the token is not known.
 */
static int key_may_send(const rv_call *call)
{
    const rv_sent *sent = &call->sent;

    if (sent->access_key_id != NULL &&
        strcmp(sent->access_key_id, call->credentials.access_key_id) != 0) {
        return 0;
    }
    return call->so_far != RV_UNKNOWN || sent->is_recorded ||
           call->credentials.generation == sent->generation;
}

/* --- another attempt? ------------------------------------------------------------------------- */

static uint32_t retry_after_ms(const rv_http *http)
{
    int64_t seconds = http->retry_after_s;

    if (is_known(seconds) && http->retry_after_is_date) {
        seconds = is_known(http->date_s) ? seconds - http->date_s : 0;
    }
    if (seconds <= 0) {
        return 0;
    }
    return (uint32_t)(seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : seconds) * 1000;
}

/* Doubled with every attempt, less a random part of up to a half; at least what the answer asks. */
static uint32_t retry_delay_ms(const rv_call *call)
{
    const rv_system *system = call->client->config.tls->system;
    uint32_t after = retry_after_ms(&call->http);
    uint32_t delay = call->tries > RETRY_DOUBLED ? RETRY_LAST_MS
                                                 : RETRY_FIRST_MS / 2u << call->tries;
    uint32_t jitter = 0;

    /* without randomness all clients of a fleet come back at once, which is bad but not wrong */
    (void)system->random(system->ctx, (uint8_t *)&jitter, sizeof(jitter));
    delay -= jitter % (delay / 2 + 1);
    return after > delay ? after : delay;
}

#define NO_REPEAT UINT32_MAX /* later than the end of any call */

/* Ends an attempt that was not accepted. Another one begins after delay_ms, unless a limit forbids
 * it. */
static void attempt_end(rv_call *call, int status, rv_outcome outcome, uint32_t delay_ms)
{
    uint64_t at_ms = now_ms(call->client) + delay_ms;

    note_outcome(call, outcome);
    call->bytes_handed = 0;
    wipe(call);
    trace(call->client, RV_TRACE_FAILED, status, "");
    if ((call->ends_when_unknown && call->so_far == RV_UNKNOWN) ||
        call->tries >= call->attempts_max || at_ms >= call->deadline_ms) {
        call_finish(call, status);
        return;
    }
    call->retry_at_ms = at_ms;
    call->state = CALL_WAIT;
    trace(call->client, RV_TRACE_RETRY, (int32_t)delay_ms, "");
}

/* An attempt that ended without an answer: on the way, or because the answer made no sense. */
static void attempt_fail(rv_call *call, int status)
{
    rv_client *client = call->client;
    const rv_socket *socket = client->config.socket;
    int may_repeat = status <= RV_ERR_RESOLVE && status >= RV_ERR_TIMEOUT; /* on the way */
    uint32_t delay_ms = NO_REPEAT;
    rv_outcome outcome = RV_NOT_SENT;

    call->result.tls_error = client->tls_error;
    call->result.verify_flags = client->verify_flags;
    if (socket->last_error != NULL && client->channel != CHANNEL_CLOSED && may_repeat) {
        call->result.system_error = socket->last_error(socket->ctx);
    }
    if (client->channel != CHANNEL_READY || call->state > CALL_CONNECT) {
        channel_abort(client);
    }
    if (call->bytes_handed) {
        outcome = RV_UNKNOWN;
        may_repeat = call->request.repeat != RV_REPEAT_NEVER;
    }
    if (may_repeat) {
        delay_ms = retry_delay_ms(call);
    }
    attempt_end(call, status, outcome, delay_ms);
}

/* --- the answer ------------------------------------------------------------------------------- */

/* Copies text of the answer, cut to its place; was it? */
static int read_text(const rv_json *json, const char *path, char *out, size_t size)
{
    return json_text(json, path, out, size) == RV_ERR_BODY_TOO_LARGE;
}

/* A code that was cut only begins like one of ours. */
static void read_code(rv_result *result, const rv_json *json, const char *path)
{
    int32_t at = json_find(json, path);
    int cut = 0;

    if (at >= 0 && !json_is_boolean(json, json_token(json, at))) {
        cut = read_text(json, path, result->code_text, sizeof(result->code_text));
    }
    result->code = cut ? RV_CODE_OTHER : rv_code_from_name(result->code_text);
}

/* The same text, with paths that begin at an object within; RV_EOF if it is absent or null,
 * RV_ERR_BODY if it is none. */
static int json_enter(const rv_json *json, const char *path, rv_json *inside)
{
    int32_t at = json_find(json, path);

    *inside = *json;
    if (at < 0) {
        return at;
    }
    inside->root = at;
    return json_token(json, at)->type == JSMN_OBJECT ? RV_OK : RV_ERR_BODY;
}

static int read_error(rv_result *result, const rv_json *json, const char *code, const char *message)
{
    read_code(result, json, code);
    read_text(json, message, result->message, sizeof(result->message));
    return result->code != RV_CODE_NONE ? RV_OK : RV_ERR_BODY;
}

static void read_code_n(rv_result *result, const rv_json *json)
{
    char text[12];

    read_text(json, "CodeN", text, sizeof(text));
    result->code_n = digits_read(text, strlen(text));
    if (result->code_n < 0 || result->code_n == INT32_MAX) {
        result->code_n = 0;
    }
}

static int give_object(rv_call *call, const rv_json *json, int is_element)
{
    const rv_request *request = &call->request;

    if (request->on_object == NULL) {
        return RV_OK;
    }
    return request->on_object(request->on_object_ctx, is_element, json) == RV_OK ? RV_OK
                                                                                 : RV_ERR_BODY;
}

/* The documented shape of an error or of a success, or the legacy shape of an error; RV_ERR_BODY
 * for anything else. */
static int read_response(rv_call *call, const rv_json *json)
{
    rv_result *result = &call->result;
    rv_json inside;
    int status = json_enter(json, "ResponseMetadata", &inside);

    if (status == RV_OK) {
        read_text(&inside, "RequestId", result->request_id, sizeof(result->request_id));
        status = json_enter(&inside, "Error", &inside);
        if (status == RV_OK) {
            read_code_n(result, &inside);
            return read_error(result, &inside, "Code", "Message");
        }
        if (status == RV_EOF && json_find(json, "errorcode") == RV_EOF) {
            status = json_enter(json, "Result", &inside);
            if (call->request.wanted != NULL) {
                return status == RV_OK ? give_object(call, &inside, 0) : RV_ERR_BODY;
            }
            return status == RV_EOF ? RV_OK : status; /* it may be left out or null */
        }
    }
    return status == RV_EOF ? read_error(result, json, "errorcode", "message") : status;
}

/* Reads what the filter has let pass of a whole body. */
static int read_body(rv_call *call)
{
    rv_client *client = call->client;
    rv_json json;
    size_t len;
    int status;

    if (call->body_status != RV_OK) {
        return call->body_status;
    }
    if (call->http.body_len == 0) {
        return RV_ERR_BODY;
    }
    status = filter_end(&call->filter, &len);
    if (status == RV_OK) {
        status = json_read(&json, client->window, len, client->json_tokens);
    }
    return status == RV_OK ? read_response(call, &json) : status;
}

static int body_append(rv_call *call, const char *bytes, size_t len)
{
    size_t i;

    if (call->filter.window == NULL) {
        filter_start(&call->filter, call->client->window, answer_spec, call->request.wanted);
    }
    for (i = 0; i < len; i++) {
        int event = filter_byte(&call->filter, bytes[i]);

        if (event == FILTER_ELEMENT) {
            size_t element_len;
            const char *element = filter_element(&call->filter, &element_len);
            rv_json json;

            event = json_read(&json, element, element_len, call->client->json_tokens);
            if (event == RV_OK) {
                event = give_object(call, &json, 1);
            }
            filter_drop_element(&call->filter);
        }
        if (event < 0) {
            return event;
        }
    }
    return RV_OK;
}

/* --- the verdict on a whole answer ------------------------------------------------------------ */

static void note_service_time(rv_call *call)
{
    int64_t utc_s;

    if (!is_known(call->http.date_s)) {
        return;
    }
    if (!is_known(call->sent.service_s)) {
        call->sent.service_s = call->http.date_s;
    }
    call->client->date_s = call->http.date_s;
    call->client->date_at_s = now_s(call->client);
    utc_s = machine_utc(call->client);
    if (is_known(utc_s)) {
        call->result.clock_skew_s = call->http.date_s - utc_s;
    }
}

/* The service says that our time is wrong, and its answer says what it is. Everything that was
 * judged by the wrong time is judged again. */
static int correct_clock(rv_call *call)
{
    rv_client *client = call->client;
    int64_t behind_s;

    if (call->clock_corrected || !is_known(call->http.date_s)) {
        return 0;
    }
    behind_s = call->http.date_s - call->signed_utc_s;
    client->clock_is_corrected = 1;
    if (!call->sent.is_recorded) {
        call->sent.utc_s = call->http.date_s - (now_s(client) - call->sent.at_s);
        call->result.first_sent_utc_s = call->sent.utc_s;
    }
    call->clock_corrected = 1;
    channel_close(client);
    session_drop(client);
    trace(client, RV_TRACE_CLOCK_CORRECTED,
          (int32_t)(behind_s > INT32_MAX   ? INT32_MAX
                    : behind_s < INT32_MIN ? INT32_MIN
                                           : behind_s),
          "");
    return 1;
}

static void verdict_refused(rv_call *call, int status, int throttled)
{
    const rv_client_config *config = &call->client->config;
    uint32_t delay = NO_REPEAT;

    if (throttled) {
        delay = retry_delay_ms(call);
        if (config->throttled != NULL) {
            config->throttled(config->ctx, delay);
        }
    } else if (code_kind(call->result.code) == KIND_CLOCK[0] && correct_clock(call)) {
        call->tries--; /* the correction is not one of the attempts */
        delay = 0;
    }
    attempt_end(call, status, RV_REFUSED, delay);
}

static void verdict_unknown(rv_call *call, int status)
{
    int may_repeat = call->request.repeat != RV_REPEAT_NEVER &&
                     code_kind(call->result.code) != KIND_MISMATCH[0];

    attempt_end(call, status, RV_UNKNOWN, may_repeat ? retry_delay_ms(call) : NO_REPEAT);
}

static void verdict_accepted(rv_call *call)
{
    call->result.outcome = RV_ACCEPTED;
    call_finish(call, call->request.dry_run == RV_TRUE ? RV_ERR_DRY_RUN_IGNORED : RV_OK);
}

/* The table of outcomes in replace_volume.h, row by row. */
static void answer_judge(rv_call *call)
{
    rv_result *result = &call->result;
    int is_success = result->http_status >= 200 && result->http_status < 300;
    char kind;

    if (result->code == RV_CODE_NONE) {
        if (is_success && call->body_status == RV_OK) {
            verdict_accepted(call);
        } else if (result->http_status == 429) {
            verdict_refused(call, RV_ERR_STATUS, 1);
        } else {
            verdict_unknown(call, is_success ? call->body_status : RV_ERR_STATUS);
        }
        return;
    }
    kind = code_kind(result->code);
    if ((kind & IS_UNKNOWN) != 0 || result->http_status >= 500 ||
        (result->http_status >= 300 && result->http_status < 400)) {
        verdict_unknown(call, RV_ERR_SERVICE);
    } else if (result->code == RV_CODE_DRY_RUN_OPERATION && call->request.dry_run == RV_TRUE) {
        result->outcome = RV_CHECKED;
        call_finish(call, RV_OK);
    } else {
        verdict_refused(call, RV_ERR_SERVICE,
                        kind == KIND_THROTTLED[0] || result->http_status == 429);
    }
}

/* A whole response is there. */
static void answer_end(rv_call *call)
{
    rv_client *client = call->client;
    rv_result *result = &call->result;

    note_service_time(call);
    call->body_status = read_body(call);
    if (call->body_status != RV_OK) {
        result->code = RV_CODE_NONE;
    }
    trace(client, RV_TRACE_ANSWER, (int32_t)call->http.body_len, result->code_text);
    if (call->http.close) {
        channel_close(client);
    }
    answer_judge(call);
}

/* --- the states of a call --------------------------------------------------------------------- */

static int call_admit(rv_call *call, rv_need *need)
{
    rv_client *client = call->client;

    if (client->config.admit != NULL) {
        int status = client->config.admit(client->config.ctx, need);

        if (status != RV_OK) {
            return status == RV_AGAIN ? RV_AGAIN : RV_ERR_ADMISSION;
        }
    }
    call->tries++;
    call->result.tls_error = 0;
    call->result.verify_flags = 0;
    call->result.system_error = 0;
    http_start(&call->http);
    trace(client, RV_TRACE_ATTEMPT, call->tries, "");
    call->state = CALL_CREDENTIALS;
    return RV_OK;
}

static int call_get_credentials(rv_call *call, rv_need *need)
{
    const rv_client_config *config = &call->client->config;
    int status;

    if (config->credentials != NULL) {
        call->credentials = *config->credentials;
    } else {
        memset(&call->credentials, 0, sizeof(call->credentials));
        status = config->get_credentials(config->ctx, &call->credentials, need);
        if (status != RV_OK) {
            return status == RV_AGAIN ? RV_AGAIN : RV_ERR_CREDENTIALS;
        }
    }
    call->state = CALL_CONNECT;
    status = check_credentials(&call->credentials, &call->result);
    if (status == RV_OK) {
        text_copy(call->client->access_key_id, sizeof(call->client->access_key_id),
                  call->credentials.access_key_id);
    }
    return status;
}

static void trace_signed_headers(rv_call *call)
{
    char *window = call->client->window;

    cursor_start(call, signed_headers_template);
    window[cursor_fill(call, window, RV_WINDOW_SIZE - 1)] = '\0';
    trace(call->client, RV_TRACE_REQUEST, 0, window);
}

/* Connects, then signs: as late as possible, since the date in the signature ages. */
static int call_connect(rv_call *call, rv_need *need)
{
    rv_client *client = call->client;
    int status;

    if (client->channel == CHANNEL_READY) {
        if (channel_is_alive(client)) {
            trace(client, RV_TRACE_REUSED, 0, "");
        } else {
            channel_close(client);
        }
    }
    if (client->channel != CHANNEL_READY) {
        status = channel_step(client, need);
        if (status != RV_OK) {
            return status;
        }
    }
    trace_signed_headers(call);
    call->signed_utc_s = corrected_utc(client);
    if (!is_known(call->signed_utc_s)) {
        return RV_ERR_CLOCK;
    }
    status = request_sign(call, call->signed_utc_s);
    if (status != RV_OK) {
        return status;
    }
    call->window_len = 0;
    call->window_at = 0;
    call->sent_len = 0;
    call->state = CALL_SEND;
    touch(client);
    return RV_OK;
}

/* From here on the outcome of this attempt is unknown. */
static int hand_over(rv_call *call)
{
    rv_sent *sent = &call->sent;

    if (call->request.client_token != NULL) {
        if (is_past_bound(call->client, sent)) {
            return RV_ERR_BOUND;
        }
        if (!key_may_send(call)) {
            return RV_ERR_CREDENTIALS;
        }
    }
    /* a configuration that allows renegotiation may have let another peer in since the handshake */
    if (!channel_is_verified(call->client)) {
        return RV_ERR_CERTIFICATE;
    }
    if (!sent->any) {
        sent->any = 1;
        sent->at_s = now_s(call->client);
        sent->utc_s = call->signed_utc_s;
        sent->latest_utc_s = call->signed_utc_s;
        sent->generation = call->credentials.generation;
        call->result.first_sent_utc_s = call->signed_utc_s;
    }
    if (call->signed_utc_s > sent->latest_utc_s && is_known(sent->latest_utc_s)) {
        sent->latest_utc_s = call->signed_utc_s;
    }
    call->bytes_handed = 1;
    call->result.attempts++;
    call->result.outcome = RV_UNKNOWN;
    return RV_OK;
}

static void answer_start(rv_call *call)
{
    call->filter.window = NULL; /* begins with the body */
    call->body_status = RV_OK;
    call->status_is_noted = 0;
    call->state = CALL_RECEIVE;
}

static int call_send(rv_call *call, rv_need *need)
{
    rv_client *client = call->client;
    size_t moved = 0;
    int result;

    for (;;) {
        if (call->window_at == call->window_len) {
            call->window_len = cursor_fill(call, client->window, RV_WINDOW_SIZE);
            call->window_at = 0;
            if (call->window_len == 0) {
                mbedtls_platform_zeroize(client->window, sizeof(client->window));
                trace(client, RV_TRACE_SENT, (int32_t)call->sent_len, "");
                answer_start(call);
                return RV_OK;
            }
        }
        if (!call->bytes_handed) {
            result = hand_over(call);
            if (result != RV_OK) {
                return result;
            }
        }
        /* not before it is known that there is more: behind the last byte comes the answer */
        if (moved > 0 && moved + call->window_len > STEP_BYTES) {
            break;
        }
        /* mbedTLS wants the same bytes again after "would block": the window stays as it is */
        result = mbedtls_ssl_write(&client->ssl,
                                   (const unsigned char *)client->window + call->window_at,
                                   call->window_len - call->window_at);
        if (result <= 0) {
            return tls_result(client, result, need);
        }
        call->window_at += (size_t)result;
        call->sent_len += (uint32_t)result;
        moved += (size_t)result;
    }
    need->events = RV_NOW;
    return RV_AGAIN;
}

/* Once the status line of the answer proper is read, the result speaks of this answer and no longer
 * of an earlier one. */
static void note_status(rv_call *call)
{
    rv_result *result = &call->result;

    if (call->status_is_noted || call->http.status < 200) {
        return;
    }
    call->status_is_noted = 1;
    result->http_status = call->http.status;
    result->code = RV_CODE_NONE;
    result->code_n = 0;
    result->code_text[0] = '\0';
    result->message[0] = '\0';
    result->request_id[0] = '\0';
    trace(call->client, RV_TRACE_STATUS, call->http.status, "");
}

/* RV_OK when the response is complete, RV_AGAIN when it goes on, or an error. */
static int answer_append(rv_call *call, const char *bytes, size_t len)
{
    rv_client *client = call->client;
    rv_http *http = &call->http;
    size_t at = 0;

    for (;;) {
        size_t used;
        int event = http_read(http, client->window, sizeof(client->window), bytes + at, len - at,
                              &used);

        note_status(call);
        if (event < 0) {
            return event;
        }
        at += used;
        if (event == HTTP_MORE && at == len) {
            return RV_AGAIN;
        }
        if (event == HTTP_FIELD) {
            trace(client, RV_TRACE_FIELD, 0, client->window);
        } else if (event == HTTP_BODY) {
            call->body_status = http->encoded ? RV_ERR_ENCODING
                                              : body_append(call, bytes + at - used, used);
            if (call->body_status != RV_OK) {
                http->close = 1; /* the rest would say no more */
                return RV_OK;
            }
        } else if (event == HTTP_DONE) {
            http->close |= at < len; /* nobody asked for more */
            return RV_OK;
        }
    }
}

static int call_receive(rv_call *call, rv_need *need)
{
    rv_client *client = call->client;
    size_t moved = 0;
    int status = RV_AGAIN;

    while (status == RV_AGAIN && moved <= STEP_BYTES - sizeof(client->received)) {
        int result = mbedtls_ssl_read(&client->ssl, (unsigned char *)client->received,
                                      sizeof(client->received));

        if (result > 0) {
            status = answer_append(call, client->received, (size_t)result);
            moved += (size_t)result;
        } else if (result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
            call->http.close = 1;
            status = http_end(&call->http) == HTTP_DONE ? RV_OK : RV_ERR_NETWORK;
        } else if (result == 0 && client->socket_error == 0) {
            need->events = RV_NOW; /* a record without data */
            return RV_AGAIN;
        } else if (result == 0) {
            /* the transport ended without close_notify: nobody knows whether that is all */
            return client->socket_error;
        } else {
            return tls_result(client, result, need);
        }
    }
    if (status == RV_OK) {
        answer_end(call);
    } else if (status == RV_AGAIN) {
        need->events = RV_NOW;
    }
    return status;
}

static int call_wait(rv_call *call, rv_need *need)
{
    if (now_ms(call->client) < call->retry_at_ms) {
        need->wake_at_ms = call->retry_at_ms;
        return RV_AGAIN;
    }
    call->state = CALL_ADMIT;
    return RV_OK;
}

static int call_advance(rv_call *call, rv_need *need)
{
    switch (call->state) {
    case CALL_ADMIT:
        return call_admit(call, need);
    case CALL_CREDENTIALS:
        return call_get_credentials(call, need);
    case CALL_CONNECT:
        return call_connect(call, need);
    case CALL_SEND:
        return call_send(call, need);
    case CALL_RECEIVE:
        return call_receive(call, need);
    case CALL_WAIT:
        return call_wait(call, need);
    default:
        return RV_ERR_USAGE;
    }
}

/* Is TLS at work, so that silence counts? The port limits its own opening, and a kept connection
 * may have been silent for as long as it likes. */
static int is_idle_limited(const rv_call *call)
{
    return call->state == CALL_SEND || call->state == CALL_RECEIVE ||
           (call->state == CALL_CONNECT && call->client->channel == CHANNEL_HANDSHAKE);
}

static uint64_t step_deadline_ms(const rv_call *call)
{
    uint64_t idle_ms = is_idle_limited(call) ? call->client->idle_deadline_ms : RV_NEVER;

    return idle_ms < call->deadline_ms ? idle_ms : call->deadline_ms;
}

/* --- the caller's side ------------------------------------------------------------------------ */

/* A UUID of version 4 (RFC 9562 section 5.4) from random bytes. */
static void uuid_write(char out[37], uint8_t random[16])
{
    size_t i;

    random[6] = (uint8_t)((random[6] & 0x0F) | 0x40);
    random[8] = (uint8_t)((random[8] & 0x3F) | 0x80);
    for (i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *out++ = '-';
        }
        hex_write(out, &random[i], 1);
        out += 2;
    }
}

static int make_client_token(rv_call *call)
{
    const rv_system *system = call->client->config.tls->system;
    uint8_t bytes[16];

    if (system->random(system->ctx, bytes, sizeof(bytes)) != RV_OK) {
        return RV_ERR_RANDOM;
    }
    uuid_write(call->result.client_token, bytes);
    call->request.client_token_is_new = 1;
    return RV_OK;
}

/* Makes a new call of the object, unless it is the one that is running: that is left alone. */
static int call_prepare(rv_call *call, rv_client *client, const void *parameters)
{
    if (call == NULL || (client != NULL && client->call == call)) {
        return RV_ERR_USAGE;
    }
    memset(call, 0, sizeof(*call));
    call->state = CALL_FINISHED;
    call->sent.service_s = RV_TIME_UNKNOWN;
    result_init(&call->result);
    if (parameters == NULL || client == NULL || client->config.tls == NULL ||
        client->call != NULL) {
        call->result.status = RV_ERR_USAGE;
    } else {
        call->client = client;
    }
    return call->result.status;
}

/* Begins the call with what stands in its request, if that has been found in order; replace may be
 * NULL. */
static int call_begin(rv_call *call, const rv_replace_system_volume *replace, int status)
{
    rv_client *client = call->client;
    rv_request *request = &call->request;
    rv_result *result = &call->result;

    if (status == RV_OK) {
        /* what is sent is a copy of its own */
        if (request->client_token != NULL) {
            text_copy(result->client_token, sizeof(result->client_token), request->client_token);
        }
        if (result->client_token[0] != '\0') {
            request->client_token = result->client_token;
        }
        add_request(call);
        if (replace != NULL) {
            add_replace(call, replace);
        }
        parameters_sort(call);
        if (request->method != RV_POST) {
            status = check_target_length(call);
        }
    }
    result->status = status;
    if (status == RV_OK) {
        call->deadline_ms = now_ms(client) + client->config.call_timeout_ms;
        call->attempts_max = client->config.attempts_max;
        call->state = CALL_ADMIT;
        result->status = RV_AGAIN;
        result->outcome = call_outcome(call);
        client->call = call;
    }
    return status;
}

RV_API int rv_call_start(rv_call *call, rv_client *client, const rv_request *request)
{
    int status = call_prepare(call, client, request);

    if (status != RV_OK) {
        return status;
    }
    call->request = *request;
    return call_begin(call, NULL, check_request(request, &call->result));
}

RV_API int rv_call_start_replace(rv_call *call, rv_client *client,
                                 const rv_replace_system_volume *replace)
{
    rv_request *request;
    int status = call_prepare(call, client, replace);

    if (status != RV_OK) {
        return status;
    }
    request = &call->request;
    request->service = "ecs";
    request->action = "ReplaceSystemVolume";
    request->version = "2020-04-01";
    request->parameters = replace->extra;
    request->parameter_count = replace->extra_count;
    request->method = replace->method;
    request->repeat = RV_REPEAT_WITH_TOKEN;
    request->dry_run = replace->dry_run;
    request->client_token = replace->client_token;
    request->client_token_is_new = replace->client_token_is_new;
    status = check_replace(replace, &call->result);
    if (status == RV_OK && replace->client_token == NULL) {
        status = make_client_token(call);
    }
    return call_begin(call, replace, status);
}

/* What the peer has sent meanwhile is worth more than the time: it is read before that is looked
 * at, so that a loop that comes late does not mistake itself for a silent peer. */
static int is_waiting_for_peer(const rv_call *call)
{
    return call->state == CALL_RECEIVE ||
           (call->state == CALL_CONNECT && call->client->channel == CHANNEL_HANDSHAKE);
}

/* One state's worth of work, or the time-out. */
static int call_work(rv_call *call, rv_need *need)
{
    uint64_t deadline_ms;
    int status = RV_AGAIN;

    call->client->socket_waited = 0;
    if (is_waiting_for_peer(call) || now_ms(call->client) < step_deadline_ms(call)) {
        status = call_advance(call, need);
    }
    if (status == RV_AGAIN) {
        deadline_ms = step_deadline_ms(call);
        if (now_ms(call->client) >= deadline_ms) {
            return RV_ERR_TIMEOUT;
        }
        if (deadline_ms < need->wake_at_ms) {
            need->wake_at_ms = deadline_ms;
        }
    }
    return status;
}

RV_API int rv_call_step(rv_call *call, rv_need *need)
{
    if (call == NULL || need == NULL || call->client == NULL) {
        return RV_ERR_USAGE;
    }
    for (;;) {
        int status;

        need->events = 0;
        need->wake_at_ms = RV_NEVER;
        if (call->state == CALL_FINISHED) {
            return call->result.status;
        }
        status = call_work(call, need);
        if (status == RV_AGAIN) {
            return RV_AGAIN;
        }
        if (status != RV_OK) {
            attempt_fail(call, status);
        }
    }
}

/* Ends a running call from outside. */
static void call_stop(rv_call *call, int status)
{
    if (call->bytes_handed) {
        call->so_far = RV_UNKNOWN;
    }
    if (call->state == CALL_CONNECT || call->state == CALL_SEND || call->state == CALL_RECEIVE) {
        channel_abort(call->client);
    }
    call->result.outcome = call_outcome(call);
    call_finish(call, status);
}

RV_API int rv_call_run(rv_call *call)
{
    const rv_socket *socket;
    rv_need need;
    int status;

    if (call == NULL || call->client == NULL) {
        return RV_ERR_USAGE;
    }
    socket = call->client->config.socket;
    if (call->state != CALL_FINISHED && socket->wait == NULL) {
        call_stop(call, RV_ERR_USAGE);
    }
    while ((status = rv_call_step(call, &need)) == RV_AGAIN) {
        int waited = socket->wait(socket->ctx, &need);

        if (waited != RV_OK) {
            call_stop(call, waited <= RV_ERR_USAGE && waited >= RV_ERR_LAST ? waited : RV_ERR_PORT);
        }
    }
    return status;
}

RV_API void rv_call_cancel(rv_call *call)
{
    if (call != NULL && call->client != NULL && call->state != CALL_FINISHED) {
        call_stop(call, RV_ERR_CANCELLED);
    }
}

RV_API const rv_result *rv_call_result(const rv_call *call)
{
    return &call->result;
}

RV_API void rv_call_free(rv_call *call)
{
    if (call != NULL) {
        rv_call_cancel(call);
        mbedtls_platform_zeroize(call, sizeof(*call));
    }
}

/* ==== 10. Job ================================================================================= */

#ifndef RV_NO_JOB

enum job_task {
    JOB_DECIDE, /* what comes next? */
    JOB_STORE,  /* the record, then the effect if there is one */
    JOB_CALL,
    JOB_WAIT, /* for the next look */
    JOB_FINISHED
};

enum job_call {
    ASK_INSTANCE,
    ASK_IMAGE,
    ASK_KEY_PAIR,
    ASK_SYSTEM_VOLUME,
    DO_STOP,
    DO_START,
    ASK_DRY_RUN,
    DO_REPLACE,
    DO_NOTHING
};

/* Of the decision to stop or to start. */
enum power_state {
    POWER_UNDECIDED,
    POWER_OPEN,   /* decided; sent perhaps, and not answered by a 2xx: the same token again */
    POWER_TAKEN,  /* by a 2xx */
    POWER_REFUSED /* a start, for a reason that does not pass by itself */
};

/* What is known of a job and survives in its record. */
#define FACT_STOP_DECIDED     0x0001u
#define FACT_REPLACE_DECIDED  0x0002u
#define FACT_START_DECIDED    0x0004u
#define FACT_ACCEPTED         0x0008u
#define FACT_BY_ANSWER        0x0010u /* accepted by a 2xx, not by proof */
#define FACT_REFUSED          0x0020u
#define FACT_DRY_RUN_IGNORED  0x0040u
#define FACT_WAS_STOPPED      0x0080u /* in the baseline */
#define FACT_WAS_WANTED_IMAGE 0x0100u /* likewise */
#define FACT_HAS_PASSWORD     0x0200u
#define FACT_HAS_USER_DATA    0x0400u
#define FACT_TOKEN_IS_CALLERS 0x0800u
#define FACT_FORCED           0x1000u /* the last stop */
#define FACT_DRY_RUN_DECIDED  0x2000u /* with FACT_REPLACE_DECIDED: so far only its DryRun */
#define FACT_ONLY_DRY_RUN     0x4000u /* is what the caller wants */

#define EVIDENCE_PROOF (RV_SAW_REBUILDING | RV_SAW_NEW_VOLUMES | RV_SAW_NEW_IMAGE)

#define SIGNED_LIFE_S      960 /* after it a signed request on its way can no longer begin */
#define DATE_AHEAD_S       900 /* how far ahead of the service a date may lie is not known */
#define RESTART_TIMEOUT_MS 300000
#define STOP_SHOWS_MS      60000 /* within it a stop that was taken is seen */
#define RESEND_FIRST_MS    2000  /* between sendings of an unknown replacement, doubled each time */
#define RESEND_LAST_MS     60000
#define BUSY_MAX           5 /* refusals that looks do not confirm: replicas lag */
#define POWER_LOOKS        5 /* without effect, after which a stop or start is decided anew */
#define POWER_MAX          4 /* decisions to stop, or to start */

/* --- hashes: FNV-1a, 64 bits; tells apart what nobody forges ---------------------------------- */

#define HASH_START UINT64_C(0xCBF29CE484222325)

static uint64_t hash_append(uint64_t hash, const void *bytes, size_t len)
{
    const uint8_t *byte = (const uint8_t *)bytes;

    while (len-- > 0) {
        hash = (hash ^ *byte++) * UINT64_C(0x100000001B3);
    }
    return hash;
}

/* With its NUL, so that texts that follow each other stay apart; NULL is another than "". */
static uint64_t hash_append_text(uint64_t hash, const char *text)
{
    size_t len = text == NULL ? 1 : strlen(text) + 1;

    return hash_append(hash, text == NULL ? "\1" : text, len);
}

static uint64_t hash_text(const char *text)
{
    return hash_append_text(HASH_START, text);
}

/* --- an instance as DescribeInstances tells it ------------------------------------------------ */

static const char instance_status_names[] = "\0\0CREATING\0RUNNING\0STOPPING\0STOPPED\0REBOOTING\0"
                                            "STARTING\0REBUILDING\0RESIZING\0ERROR\0DELETING";

RV_API const char *rv_instance_status_name(rv_instance_status status)
{
    return text_at(instance_status_names,
                   (size_t)status < RV_INSTANCE_STATUS_COUNT ? (size_t)status : 0);
}

static rv_instance_status instance_status(const char *name)
{
    int status;

    for (status = RV_INSTANCE_CREATING; status < RV_INSTANCE_STATUS_COUNT; status++) {
        if (strcmp(name, rv_instance_status_name((rv_instance_status)status)) == 0) {
            return (rv_instance_status)status;
        }
    }
    return RV_INSTANCE_OTHER;
}

RV_API const char *rv_step_name(rv_step step)
{
    static const char names[] = "check\0stop\0replace\0watch\0start\0restart\0";

    return text_at(names, (size_t)step <= RV_STEP_RESTART ? (size_t)step : RV_STEP_RESTART + 1);
}

/* In any order the same: the ids' hashes are added up. */
static void add_volume(rv_instance *instance, const char *volume_id)
{
    instance->volume_count++;
    instance->volumes += hash_text(volume_id);
}

RV_API int rv_instance_read(void *ctx, int is_element, const rv_json *object)
{
    rv_instance_reader *reader = (rv_instance_reader *)ctx;
    rv_instance *instance = &reader->instance;
    char text[RV_ID_MAX + 1];

    if (reader->attempt != reader->call->result.attempts) {
        /* of an answer that was cut nothing stays */
        reader->attempt = reader->call->result.attempts;
        memset(instance, 0, sizeof(*instance));
    }
    if (!is_element) {
        return RV_OK;
    }
    read_text(object, "InstanceId", instance->instance_id, sizeof(instance->instance_id));
    if (instance->instance_id[0] == '\0') {
        read_text(object, "VolumeId", text, sizeof(text));
        if (text[0] != '\0') {
            add_volume(instance, text);
        }
        return RV_OK;
    }
    read_text(object, "Status", text, sizeof(text));
    instance->status = instance_status(text);
    instance->is_name_cut = (uint8_t)read_text(object, "InstanceName", instance->instance_name,
                                               sizeof(instance->instance_name));
    read_text(object, "ImageId", instance->image_id, sizeof(instance->image_id));
    read_text(object, "OsType", instance->os_type, sizeof(instance->os_type));
    if (read_text(object, "UpdatedAt", instance->updated_at, sizeof(instance->updated_at))) {
        instance->updated_at[0] = '\0';
    }
    reader->found(reader->ctx, instance);
    reader->attempt = 0; /* the next one begins anew */
    return RV_OK;
}

/* Two times as the service writes them, if they are written alike; else nothing is known. */
static int is_older(const char *updated_at, const char *newest)
{
    size_t len = strlen(updated_at);

    return len == strlen(newest) && len >= 19 && strcmp(updated_at + 19, newest + 19) == 0 &&
           strcmp(updated_at, newest) < 0;
}

/* --- numbers as bytes, the most significant first --------------------------------------------- */

static uint8_t *write_number(uint8_t *at, uint64_t number, unsigned len)
{
    unsigned i = len;

    while (i-- > 0) {
        at[i] = (uint8_t)number;
        number >>= 8;
    }
    return at + len;
}

static uint64_t read_number(const uint8_t *at, unsigned len)
{
    uint64_t number = 0;

    while (len-- > 0) {
        number = number << 8 | *at++;
    }
    return number;
}

/* --- tokens ----------------------------------------------------------------------------------- */

enum token_kind { TOKEN_OF_REPLACEMENT, TOKEN_OF_POWER, TOKEN_OF_DRY_RUN };

/* Tokens are made of one random number, what they are for and the number of the decision, so that a
 * record that holds these holds them all. */
static void token_write(const rv_job *job, enum token_kind kind, uint16_t number, char out[37])
{
    uint8_t bytes[16];

    write_number(bytes, job->memory.random[0], 8);
    write_number(bytes + 8, job->memory.random[1] ^ ((uint32_t)kind << 16 | number), 8);
    uuid_write(out, bytes);
}

/* --- the record ------------------------------------------------------------------------------- */

/*
 * "RVJ", the version, then numbers with the most significant byte first, then texts with their
 * length before them; the FNV-1a of all that stands before it is the end. At most 501 bytes.
 */
#define RECORD_VERSION 1
#define RECORD_START   4
#define RECORD_END     8

enum record_number {
    RECORD_FACTS,
    RECORD_EVIDENCE,
    RECORD_DECISIONS,
    RECORD_CODE,
    RECORD_HTTP_STATUS,
    RECORD_MEMORY, /* rv_job_memory */
    RECORD_PARAMETERS = RECORD_MEMORY + sizeof(rv_job_memory) / 8,
    RECORD_NUMBERS = RECORD_PARAMETERS + 7
};

static const uint8_t record_number_len[RECORD_NUMBERS] = {2, 1, 2, 1, 2, 8, 8, 8, 8,
                                                          8, 8, 4, 4, 4, 4, 4, 4, 4};

enum record_text {
    RECORD_TOKEN, /* if it is the caller's */
    RECORD_ACCESS_KEY_ID,
    RECORD_INSTANCE_ID,
    RECORD_IMAGE_ID,
    RECORD_BASELINE_IMAGE_ID,
    RECORD_BASELINE_UPDATED_AT,
    RECORD_TEXTS
};

static const uint8_t record_text_max[RECORD_TEXTS] = {
    RV_CLIENT_TOKEN_MAX, RV_ID_MAX, RV_JOB_ID_MAX, RV_JOB_ID_MAX, RV_JOB_ID_MAX, 27};

/* Of each parameter that is not secret a number, so that another one can be named. In the order of
 * recorded_parameters. */
static void parameters_hash(const rv_job *job, uint64_t hashes[7])
{
    const rv_client_config *config = &job->client->config;
    const rv_replace_system_volume *replace = job->config.replace;
    uint64_t extra = HASH_START;
    size_t i;

    hashes[0] = hash_append_text(HASH_START + config->port, config->host);
    hashes[1] = hash_text(config->region);
    hashes[2] = hash_text(replace->key_pair_name);
    hashes[3] = (uint64_t)replace->keep_image_credential;
    hashes[4] = hash_text(replace->image_release_version);
    hashes[5] = replace->has_size_gib ? replace->size_gib : 0;
    for (i = 0; i < replace->extra_count; i++) {
        extra = hash_append_text(extra, replace->extra[i].name);
        extra = hash_append_text(extra, replace->extra[i].value);
    }
    hashes[6] = extra;
}

static const uint8_t recorded_parameters[7] = {RV_PARAMETER_HOST,
                                               RV_PARAMETER_REGION,
                                               RV_PARAMETER_KEY_PAIR_NAME,
                                               RV_PARAMETER_KEEP_IMAGE_CREDENTIAL,
                                               RV_PARAMETER_IMAGE_RELEASE_VERSION,
                                               RV_PARAMETER_SIZE,
                                               RV_PARAMETER_EXTRA};

RV_API size_t rv_job_record(const rv_job *job, uint8_t out[RV_RECORD_MAX])
{
    const rv_job_report *report = &job->report;
    uint64_t numbers[RECORD_NUMBERS];
    const char *texts[RECORD_TEXTS];
    uint8_t *at = out;
    size_t i;

    if (job->client == NULL) {
        return 0;
    }
    numbers[RECORD_FACTS] = job->facts;
    numbers[RECORD_EVIDENCE] = report->evidence;
    numbers[RECORD_DECISIONS] = job->decisions;
    numbers[RECORD_CODE] = (uint64_t)report->call.code;
    numbers[RECORD_HTTP_STATUS] = report->call.http_status;
    memcpy(&numbers[RECORD_MEMORY], &job->memory, sizeof(job->memory));
    parameters_hash(job, numbers + RECORD_PARAMETERS);
    texts[RECORD_TOKEN] = (job->facts & FACT_TOKEN_IS_CALLERS) != 0 ? job->token : "";
    texts[RECORD_ACCESS_KEY_ID] = job->access_key_id;
    texts[RECORD_INSTANCE_ID] = job->config.replace->instance_id;
    texts[RECORD_IMAGE_ID] = job->config.replace->image_id;
    texts[RECORD_BASELINE_IMAGE_ID] = report->baseline_image_id;
    texts[RECORD_BASELINE_UPDATED_AT] = report->baseline_updated_at;

    memcpy(at, "RVJ\1", RECORD_START);
    at += RECORD_START;
    for (i = 0; i < RECORD_NUMBERS; i++) {
        at = write_number(at, numbers[i], record_number_len[i]);
    }
    for (i = 0; i < RECORD_TEXTS; i++) {
        size_t len = strlen(texts[i]);

        len = len < record_text_max[i] ? len : record_text_max[i];
        *at++ = (uint8_t)len;
        memcpy(at, texts[i], len);
        at += len;
    }
    at = write_number(at, hash_append(HASH_START, out, (size_t)(at - out)), RECORD_END);
    return (size_t)(at - out);
}

static rv_rule record_check(const uint8_t *record, size_t len)
{
    if (len < RECORD_START || memcmp(record, "RVJ", 3) != 0) {
        return RV_RULE_NOT_A_RECORD;
    }
    if (record[3] > RECORD_VERSION) {
        return RV_RULE_RECORD_NEWER;
    }
    if (record[3] != RECORD_VERSION || len < RECORD_START + RECORD_END || len > RV_RECORD_MAX ||
        read_number(record + len - RECORD_END, RECORD_END) !=
            hash_append(HASH_START, record, len - RECORD_END)) {
        return RV_RULE_RECORD_DAMAGED;
    }
    return RV_RULE_NONE;
}

/* Takes the record apart; a whole one, so only one that nobody of ours has written can fail. */
static rv_rule record_parse(const uint8_t *record, size_t len, uint64_t numbers[RECORD_NUMBERS],
                            char *const texts[RECORD_TEXTS])
{
    const uint8_t *at = record + RECORD_START;
    const uint8_t *end = record + len - RECORD_END;
    size_t i;

    for (i = 0; i < RECORD_NUMBERS; i++) {
        if (end - at < record_number_len[i]) {
            return RV_RULE_RECORD_DAMAGED;
        }
        numbers[i] = read_number(at, record_number_len[i]);
        at += record_number_len[i];
    }
    for (i = 0; i < RECORD_TEXTS; i++) {
        size_t text_len = at < end ? *at++ : SIZE_MAX;

        if (text_len > record_text_max[i] || text_len > (size_t)(end - at)) {
            return RV_RULE_RECORD_DAMAGED;
        }
        memcpy(texts[i], at, text_len);
        texts[i][text_len] = '\0';
        at += text_len;
    }
    return at == end && numbers[RECORD_CODE] < RV_CODE_COUNT ? RV_RULE_NONE
                                                             : RV_RULE_RECORD_DAMAGED;
}

/* Which parameter is another than the recorded one? */
static rv_parameter_id record_compare(const rv_job *job, const uint64_t recorded[7],
                                      const char *instance_id, const char *image_id)
{
    const rv_replace_system_volume *replace = job->config.replace;
    uint64_t hashes[7];
    size_t i;

    if (strcmp(replace->instance_id, instance_id) != 0) {
        return RV_PARAMETER_INSTANCE_ID;
    }
    if (strcmp(replace->image_id, image_id) != 0) {
        return RV_PARAMETER_IMAGE_ID;
    }
    if (replace->client_token != NULL && (job->facts & FACT_DRY_RUN_IGNORED) == 0 &&
        strcmp(replace->client_token, job->token) != 0) {
        return RV_PARAMETER_CLIENT_TOKEN;
    }
    if ((replace->dry_run == RV_TRUE) != ((job->facts & FACT_ONLY_DRY_RUN) != 0) &&
        (job->facts & FACT_DRY_RUN_IGNORED) == 0) {
        return RV_PARAMETER_DRY_RUN;
    }
    if (replace->password != NULL && (job->facts & FACT_HAS_PASSWORD) == 0) {
        return RV_PARAMETER_PASSWORD;
    }
    if (replace->user_data != NULL && (job->facts & FACT_HAS_USER_DATA) == 0) {
        return RV_PARAMETER_USER_DATA;
    }
    parameters_hash(job, hashes);
    for (i = 0; i < 7; i++) {
        if ((uint32_t)hashes[i] != (uint32_t)recorded[i]) {
            return (rv_parameter_id)recorded_parameters[i];
        }
    }
    return RV_PARAMETER_NONE;
}

/* Takes over what the record knows. RV_OK, RV_ERR_RECORD or RV_ERR_PARAMETER. */
static int record_read(rv_job *job, const uint8_t *record, size_t len)
{
    rv_job_report *report = &job->report;
    uint64_t numbers[RECORD_NUMBERS];
    char *texts[RECORD_TEXTS];
    rv_parameter_id other;
    rv_rule rule = record_check(record, len);

    texts[RECORD_TOKEN] = job->token;
    texts[RECORD_ACCESS_KEY_ID] = job->access_key_id;
    texts[RECORD_INSTANCE_ID] = job->found.instance_id;
    texts[RECORD_IMAGE_ID] = job->found.image_id;
    texts[RECORD_BASELINE_IMAGE_ID] = report->baseline_image_id;
    texts[RECORD_BASELINE_UPDATED_AT] = report->baseline_updated_at;
    if (rule == RV_RULE_NONE) {
        rule = record_parse(record, len, numbers, texts);
    }
    if (rule != RV_RULE_NONE) {
        report->call.rule = rule;
        return RV_ERR_RECORD;
    }
    job->facts = (uint32_t)numbers[RECORD_FACTS];
    report->evidence = (uint8_t)numbers[RECORD_EVIDENCE];
    job->decisions = (uint16_t)numbers[RECORD_DECISIONS];
    report->call.code = (rv_code)numbers[RECORD_CODE];
    report->call.http_status = (uint16_t)numbers[RECORD_HTTP_STATUS];
    memcpy(&job->memory, &numbers[RECORD_MEMORY], sizeof(job->memory));
    if ((job->facts & FACT_TOKEN_IS_CALLERS) == 0) {
        token_write(job, TOKEN_OF_REPLACEMENT, 0, job->token);
    }
    other = record_compare(job, numbers + RECORD_PARAMETERS, job->found.instance_id,
                           job->found.image_id);
    return other == RV_PARAMETER_NONE ? RV_OK
                                      : broken(&report->call, other, RV_RULE_NOT_AS_RECORDED);
}

/* --- where a job stands ----------------------------------------------------------------------- */

static uint8_t has_fact(const rv_job *job, unsigned fact)
{
    return (job->facts & fact) != 0;
}

static int has_proof(const rv_job *job)
{
    return (job->report.evidence & EVIDENCE_PROOF) != 0;
}

static enum job_call call_under_way(const rv_job *job)
{
    return job->task == JOB_CALL ? (enum job_call)job->asked : DO_NOTHING;
}

/* A DryRun, too: a service that does not know it replaces. */
static int is_replacement(enum job_call what)
{
    return what == DO_REPLACE || what == ASK_DRY_RUN;
}

/* Under which the replacement, or its DryRun, is sent. */
static const char *token_to_send(rv_job *job)
{
    if (!has_fact(job, FACT_DRY_RUN_DECIDED)) {
        return job->token;
    }
    token_write(job, TOKEN_OF_DRY_RUN, job->decisions, job->own_token);
    return job->own_token;
}

/* Of the replacement, with what the call knows that is under way. */
static rv_outcome replacement_outcome(const rv_job *job)
{
    if (is_replacement(call_under_way(job)) && job->call.result.outcome > job->replacement) {
        return job->call.result.outcome;
    }
    return job->replacement;
}

static rv_job_outcome job_outcome(const rv_job *job)
{
    /* in the order of rv_outcome */
    static const uint8_t outcomes[] = {RV_JOB_NOT_SENT, RV_JOB_CHECKED, RV_JOB_UNFINISHED,
                                       RV_JOB_REFUSED, RV_JOB_UNKNOWN};
    rv_outcome outcome;

    if (job->is_done) {
        return RV_JOB_DONE;
    }
    if (has_fact(job, FACT_ACCEPTED)) {
        return job->ended_badly || has_fact(job, FACT_DRY_RUN_IGNORED) ? RV_JOB_ENDED_BADLY
                                                                       : RV_JOB_UNFINISHED;
    }
    outcome = replacement_outcome(job);
    if (outcome == RV_CHECKED && job->config.replace->dry_run != RV_TRUE) {
        outcome = RV_NOT_SENT;
    }
    return (rv_job_outcome)outcomes[outcome];
}

static void report_update(rv_job *job)
{
    rv_job_report *report = &job->report;
    enum job_call call = call_under_way(job);
    int may_be_done = job->call.result.outcome == RV_UNKNOWN;

    report->outcome = job_outcome(job);
    report->accepted = has_fact(job, FACT_ACCEPTED);
    report->stopped_by_job = job->has_stopped | (call == DO_STOP && may_be_done);
    report->started_by_job = job->has_started | (call == DO_START && may_be_done);
    report->first_sent_utc_s = is_replacement(call) ? job->call.sent.utc_s : job->sent.utc_s;
    report->is_past_bound = (uint8_t)(replacement_outcome(job) == RV_UNKNOWN &&
                                      job->client != NULL &&
                                      is_past_bound(job->client, &job->sent));
    report->is_dry_run = has_fact(job, FACT_DRY_RUN_DECIDED);
    text_copy(report->call.client_token, sizeof(report->call.client_token), token_to_send(job));
}

static void tell_progress(rv_job *job, uint32_t next_look_ms)
{
    rv_progress progress;

    if (job->config.progress == NULL) {
        return;
    }
    report_update(job);
    progress.step = job->report.step;
    progress.instance = &job->report.instance;
    progress.elapsed_ms = (uint32_t)(now_ms(job->client) - job->started_ms);
    progress.attempt = job->task == JOB_CALL ? job->call.tries : 0;
    progress.next_look_ms = next_look_ms;
    if (job->config.progress(job->config.ctx, &progress) != RV_OK) {
        job->is_cancel_wanted = 1;
    }
}

static void job_enter(rv_job *job, rv_step step)
{
    job->report.step = step;
    job->power = POWER_UNDECIDED;
    job->power_decisions = 0;
    job->poll_ms = job->config.poll_first_ms;
    job->busy_count = 0;
    job->same_looks = 0;
    job->has_look = 0;
    job->task = JOB_DECIDE;
    tell_progress(job, 0);
}

static void job_finish(rv_job *job, int status)
{
    job->task = JOB_FINISHED;
    job->report.status = status;
    report_update(job);
    tell_progress(job, 0);
}

/* A machine that the job has stopped, and that was certainly not replaced, is started again. */
static int needs_restart(const rv_job *job)
{
    rv_outcome outcome = replacement_outcome(job);

    return job->has_stopped && !job->config.leave_stopped && !job->only_looks &&
           !has_fact(job, FACT_ACCEPTED) && outcome != RV_ACCEPTED && outcome != RV_UNKNOWN;
}

static void job_end(rv_job *job, int status)
{
    if (job->report.step == RV_STEP_RESTART) {
        job_finish(job, job->end_status);
    } else if (needs_restart(job)) {
        /* what a record of the restart must not be taken for: the start after a replacement */
        job->facts &= ~FACT_DRY_RUN_DECIDED;
        if (job->replacement == RV_REFUSED) {
            job->facts |= FACT_REFUSED;
        } else {
            job->facts &= ~FACT_REPLACE_DECIDED;
        }
        job->end_status = status;
        job->deadline_ms = now_ms(job->client) + RESTART_TIMEOUT_MS;
        job_enter(job, RV_STEP_RESTART);
    } else {
        job_finish(job, status);
    }
}

static int was_sent(const rv_job *job)
{
    return job->sent.utc_s != RV_TIME_UNKNOWN;
}

/* The same, because of the call that has just ended. */
static void job_end_by_call(rv_job *job)
{
    if (!was_sent(job)) {
        job->report.call = job->call.result;
    }
    job_end(job, job->call.result.status);
}

static void job_end_by_check(rv_job *job, rv_parameter_id parameter, rv_rule rule)
{
    job->report.call.status = RV_ERR_CHECK;
    broken(&job->report.call, parameter, rule);
    job_end(job, RV_ERR_CHECK);
}

static void job_end_badly(rv_job *job)
{
    job->ended_badly = 1;
    job_finish(job, RV_ERR_ENDED_BADLY);
}

static void job_done(rv_job *job)
{
    if (has_fact(job, FACT_DRY_RUN_IGNORED)) {
        job_finish(job, RV_ERR_DRY_RUN_IGNORED);
        return;
    }
    job->is_done = 1;
    job_finish(job, RV_OK);
}

/* Looks again later: soon at first, then less often, and not in step with other jobs. */
static void look_after(rv_job *job, uint32_t at_least_ms)
{
    const rv_system *system = job->client->config.tls->system;
    uint64_t now = now_ms(job->client);
    uint32_t delay = job->poll_ms;
    uint32_t jitter = 0;

    if (system->random(system->ctx, (uint8_t *)&jitter, sizeof(jitter)) != RV_OK) {
        jitter = 0;
    }
    delay -= jitter % (delay / 4 + 1);
    if (delay < at_least_ms) {
        delay = at_least_ms;
    }
    job->poll_ms += job->poll_ms / 2 + 1;
    if (job->poll_ms > job->config.poll_last_ms) {
        job->poll_ms = job->config.poll_last_ms;
    }
    job->has_look = 0;
    job->wait_began_ms = now;
    job->look_at_ms = now + delay;
    job->task = JOB_WAIT;
    tell_progress(job, delay);
}

static void look_later(rv_job *job)
{
    look_after(job, 0);
}

/* --- calls ------------------------------------------------------------------------------------ */

static void job_found(void *ctx, const rv_instance *instance)
{
    rv_job *job = (rv_job *)ctx;

    if (strcmp(instance->instance_id, job->config.replace->instance_id) == 0) {
        job->found = *instance;
        job->found_attempt = job->call.result.attempts;
    }
}

/* 1: the member is word, in any case (lower is in lower case); 0: it is left out; -1: another. */
static int8_t member_is(const rv_json *object, const char *name, const char *lower)
{
    char text[32];

    read_text(object, name, text, sizeof(text));
    return text[0] == '\0' ? 0 : text_is_folded(text, strlen(text), lower) ? 1 : -1;
}

/* The image, or the key pair, of which nothing else is wanted. */
static void find_by_name(rv_job *job, const rv_json *object)
{
    rv_finding *finding = &job->finding;
    int is_image = job->asked == ASK_IMAGE;
    char text[RV_ID_MAX + 1];

    read_text(object, is_image ? "ImageId" : "KeyPairName", text, sizeof(text));
    if (strcmp(text, job->parameters[0].value) == 0) {
        finding->is_there = 1;
        finding->available = member_is(object, "Status", "available");
        finding->windows = member_is(object, "OsType", "windows");
        finding->is_public = member_is(object, "Visibility", "public");
        read_text(object, "Size", text, sizeof("2147483647"));
        finding->size_gib = digits_read(text, strlen(text));
    }
}

static void find_system_volume(rv_job *job, const rv_json *object)
{
    char volume_id[RV_ID_MAX + 1];

    if (member_is(object, "Kind", "system") >= 0) {
        read_text(object, "VolumeId", volume_id, sizeof(volume_id));
        job->finding.is_there = volume_id[0] != '\0';
        job->finding.volume = hash_text(volume_id);
    }
}

/* What DescribeImages, DescribeKeyPairs or DescribeVolumes said; valid if the call succeeds. */
static int job_read_element(void *ctx, int is_element, const rv_json *object)
{
    rv_job *job = (rv_job *)ctx;

    if (!is_element) {
        return RV_OK;
    }
    if (job->asked == ASK_SYSTEM_VOLUME) {
        find_system_volume(job, object);
    } else {
        find_by_name(job, object);
    }
    return RV_OK;
}

/* Of each call but the replacement: the action, its first parameter, the second one and its value,
 * and what is wanted of the answer. In the order of enum job_call. */
static const char actions[] =
    "DescribeInstances\0InstanceIds.1\0\0\0" RV_INSTANCE_WANTED "\0"
    "DescribeImages\0ImageIds.1\0\0\0Images*[{ImageId,Status,OsType,Visibility,Size}]\0"
    "DescribeKeyPairs\0KeyPairNames.1\0\0\0KeyPairs*[{KeyPairName}]\0"
    "DescribeVolumes\0InstanceId\0Kind\0system\0Volumes*[{VolumeId,Kind}]\0"
    "StopInstance\0InstanceId\0StoppedMode\0KeepCharging\0\0"
    "StartInstance\0InstanceId\0\0";

#define TEXTS_OF_ACTION 5

static void set_parameters(rv_job *job, rv_request *request, enum job_call what)
{
    const rv_replace_system_volume *replace = job->config.replace;
    rv_name_value *parameters = job->parameters;

    parameters[0].name = text_at(request->action, 1);
    parameters[0].value = what == ASK_IMAGE      ? replace->image_id
                          : what == ASK_KEY_PAIR ? replace->key_pair_name
                                                 : replace->instance_id;
    parameters[1].name = text_at(request->action, 2);
    parameters[1].value = text_at(request->action, 3);
    parameters[2].name = "ForceStop";
    parameters[2].value = "true";
    request->parameters = parameters;
    request->parameter_count = parameters[1].name[0] == '\0'       ? 1
                               : what == DO_STOP && job->is_forced ? 3
                                                                   : 2;
}

static void expect_answer(rv_job *job, rv_request *request, enum job_call what)
{
    request->wanted = text_at(request->action, 4);
    request->on_object = job_read_element;
    request->on_object_ctx = job;
    memset(&job->finding, 0, sizeof(job->finding));
    if (what == ASK_INSTANCE) {
        request->on_object = rv_instance_read;
        request->on_object_ctx = &job->reader;
        job->reader.call = &job->call;
        job->reader.found = job_found;
        job->reader.ctx = job;
        job->reader.attempt = 0;
        job->found_attempt = 0;
    }
}

/* A job from a record may lack what no record holds. */
static int check_secrets(const rv_job *job, rv_result *result)
{
    const rv_replace_system_volume *replace = job->config.replace;

    if (has_fact(job, FACT_HAS_PASSWORD) && replace->password == NULL) {
        return broken(result, RV_PARAMETER_PASSWORD, RV_RULE_REQUIRED);
    }
    if (has_fact(job, FACT_HAS_USER_DATA) && replace->user_data == NULL) {
        return broken(result, RV_PARAMETER_USER_DATA, RV_RULE_REQUIRED);
    }
    return RV_OK;
}

/* The replacement itself, or its DryRun. */
static int call_start_replacement(rv_job *job, enum job_call what)
{
    rv_replace_system_volume replace = *job->config.replace;
    int status = check_secrets(job, &job->call.result);

    if (status != RV_OK) {
        return status;
    }
    replace.dry_run = what == ASK_DRY_RUN ? RV_TRUE : replace.dry_run;
    replace.client_token = token_to_send(job);
    replace.client_token_is_new = 1;
    return rv_call_start_replace(&job->call, job->client, &replace);
}

/* Any call but the replacement. */
static int call_start_action(rv_job *job, enum job_call what)
{
    rv_request request;

    memset(&request, 0, sizeof(request));
    request.service = what == ASK_SYSTEM_VOLUME ? "storage_ebs" : "ecs";
    request.action = text_at(actions, TEXTS_OF_ACTION * (size_t)what);
    request.version = "2020-04-01";
    set_parameters(job, &request, what);
    request.repeat = RV_REPEAT_SAFE;
    if (what == DO_STOP || what == DO_START) {
        token_write(job, TOKEN_OF_POWER, job->decisions, job->own_token);
        request.repeat = RV_REPEAT_WITH_TOKEN;
        request.client_token = job->own_token;
        request.client_token_is_new = 1;
    } else {
        expect_answer(job, &request, what);
    }
    return rv_call_start(&job->call, job->client, &request);
}

/* What is known of the sending of the call's token, if the job keeps that. */
static rv_sent *sent_of(rv_job *job, enum job_call what)
{
    if (is_replacement(what)) {
        return &job->sent;
    }
    return what == DO_STOP || what == DO_START ? &job->power_sent : NULL;
}

/* A call has begun: it goes on with what is known of its token. */
static void call_go_on(rv_job *job, enum job_call what)
{
    const rv_sent *sent = sent_of(job, what);
    rv_call *call = &job->call;

    job->task = JOB_CALL;
    if (sent != NULL) {
        call->sent = *sent;
    }
    if (is_replacement(what)) {
        call->so_far = job->replacement == RV_UNKNOWN ? RV_UNKNOWN : RV_NOT_SENT;
        call->ends_when_unknown = 1; /* looks come before a repetition */
        call->result.outcome = call->so_far;
        call->result.first_sent_utc_s = call->sent.utc_s;
    } else if (what == ASK_INSTANCE && job->report.step != RV_STEP_CHECK) {
        call->attempts_max = 1; /* the next look is the repetition of one that fails */
    }
}

static void job_call_start(rv_job *job, enum job_call what)
{
    int status;

    job->asked = (uint8_t)what;
    if (is_replacement(what)) {
        status = call_start_replacement(job, what);
    } else {
        status = call_start_action(job, what);
    }
    if (status != RV_OK) {
        /* the call has not begun, so the job's own words stay */
        job->task = JOB_DECIDE;
        job->report.call.status = status;
        job->report.call.parameter = job->call.result.parameter;
        job->report.call.rule = job->call.result.rule;
        text_copy(job->report.call.parameter_name, sizeof(job->report.call.parameter_name),
                  job->call.result.parameter_name);
        job_end(job, status);
    } else {
        call_go_on(job, what);
    }
}

/* --- decisions -------------------------------------------------------------------------------- */

/* The time of a decision: never later than its first sending. */
static int64_t decision_utc(const rv_job *job)
{
    int64_t utc_s = service_utc(job->client);

    return is_known(utc_s) ? utc_s : corrected_utc(job->client);
}

/* Of a token that is new. */
static void sent_init(rv_sent *sent)
{
    memset(sent, 0, sizeof(*sent));
    sent->utc_s = RV_TIME_UNKNOWN;
    sent->latest_utc_s = RV_TIME_UNKNOWN;
    sent->service_s = RV_TIME_UNKNOWN;
}

/* Has a step with an effect stored, and then taken. */
static void decide(rv_job *job, enum job_call what)
{
    text_copy(job->access_key_id, sizeof(job->access_key_id), job->client->access_key_id);
    job->effect = (uint8_t)what;
    job->task = JOB_STORE;
}

static void decide_replacement(rv_job *job, enum job_call what)
{
    if (!job->sent.any) {
        job->memory.decided_utc_s = decision_utc(job);
    }
    job->sent.access_key_id = job->access_key_id;
    job->facts |= FACT_REPLACE_DECIDED;
    decide(job, what);
}

/* A new decision has a new token. */
static void decide_power(rv_job *job, enum job_call what)
{
    sent_init(&job->power_sent);
    job->power_sent.access_key_id = job->access_key_id;
    job->memory.power_utc_s = decision_utc(job);
    job->decisions++;
    job->power_decisions++;
    job->power = POWER_OPEN;
    job->facts &= ~FACT_FORCED;
    if (what == DO_STOP) {
        job->has_left_running = 0;
        job->facts |= FACT_STOP_DECIDED | (job->is_forced ? FACT_FORCED : 0);
    } else {
        job->facts |= FACT_START_DECIDED;
    }
    decide(job, what);
}

/* One that the service does not tell is no other one. */
static int is_wanted_image(const rv_job *job)
{
    const char *image_id = job->report.instance.image_id;

    return image_id[0] == '\0' || strcmp(image_id, job->config.replace->image_id) == 0;
}

static void take_baseline(rv_job *job)
{
    rv_job_report *report = &job->report;
    const rv_instance *instance = &report->instance;

    text_copy(report->baseline_image_id, sizeof(report->baseline_image_id), instance->image_id);
    text_copy(report->baseline_updated_at, sizeof(report->baseline_updated_at),
              instance->updated_at);
    report->evidence = 0;
    job->system_volume_asked = 0; /* for another baseline it is asked again */
    job->memory.volumes = instance->volumes;
    job->facts &= ~(FACT_WAS_STOPPED | FACT_WAS_WANTED_IMAGE);
    if (instance->status == RV_INSTANCE_STOPPED) {
        job->facts |= FACT_WAS_STOPPED;
    }
    if (is_wanted_image(job)) {
        job->facts |= FACT_WAS_WANTED_IMAGE;
    }
}

/* Each has a token of its own, so that the service cannot answer from memory. */
static void decide_dry_run(rv_job *job)
{
    take_baseline(job);
    job->has_left_running = job->report.instance.status != RV_INSTANCE_RUNNING;
    job->decisions++;
    job->facts |= FACT_DRY_RUN_DECIDED;
    decide_replacement(job, ASK_DRY_RUN);
}

static void store_only(rv_job *job)
{
    job->effect = DO_NOTHING;
    job->task = JOB_STORE;
}

/* Which of what the caller expects of the instance is not so? */
static rv_parameter_id unexpected(const rv_job *job)
{
    const rv_job_config *config = &job->config;
    const rv_instance *instance = &job->report.instance;

    if (config->expected_instance_name != NULL &&
        (instance->is_name_cut ||
         strcmp(config->expected_instance_name, instance->instance_name) != 0)) {
        return RV_PARAMETER_INSTANCE_NAME;
    }
    if (config->expected_image_id != NULL &&
        strcmp(config->expected_image_id, instance->image_id) != 0) {
        return RV_PARAMETER_IMAGE_ID;
    }
    return RV_PARAMETER_NONE;
}

/* Else the job is ended. */
static int is_expected(rv_job *job)
{
    rv_parameter_id parameter = unexpected(job);

    if (parameter != RV_PARAMETER_NONE) {
        job_end_by_check(job, parameter, RV_RULE_NOT_EXPECTED);
    }
    return parameter == RV_PARAMETER_NONE;
}

/* A stop or a start that shows no effect: again with the same token while its answer is unknown,
 * with a new one when it was taken, and something has undone it since. 0: not now. */
static int repeat_power(rv_job *job, enum job_call what)
{
    int is_open = job->power == POWER_OPEN && !is_past_bound(job->client, &job->power_sent);

    if (is_open) {
        job_call_start(job, what);
        return 1;
    }
    if (job->power == POWER_REFUSED ||
        (job->power == POWER_TAKEN && job->same_looks < POWER_LOOKS) ||
        job->power_decisions >= POWER_MAX) {
        return 0;
    }
    decide_power(job, what);
    return 1;
}

/* The first step: findings end the job before anything is stopped. */
static void check_image(rv_job *job)
{
    const rv_finding *finding = &job->finding;
    const rv_replace_system_volume *replace = job->config.replace;

    if (!finding->is_there) {
        job_end_by_check(job, RV_PARAMETER_IMAGE_ID, RV_RULE_NOT_VISIBLE);
    } else if (finding->available < 0) {
        job_end_by_check(job, RV_PARAMETER_IMAGE_ID, RV_RULE_NOT_AVAILABLE);
    } else if (finding->windows > 0 && replace->key_pair_name != NULL) {
        job_end_by_check(job, RV_PARAMETER_KEY_PAIR_NAME, RV_RULE_LINUX_ONLY);
    } else if (finding->is_public > 0 && replace->keep_image_credential == RV_TRUE) {
        job_end_by_check(job, RV_PARAMETER_KEEP_IMAGE_CREDENTIAL, RV_RULE_NOT_FOR_PUBLIC);
    } else if (finding->is_public < 0 && replace->image_release_version != NULL &&
               replace->image_release_version[0] != '\0') {
        job_end_by_check(job, RV_PARAMETER_IMAGE_RELEASE_VERSION, RV_RULE_PUBLIC_ONLY);
    } else if (replace->has_size_gib && finding->size_gib > 0 &&
               replace->size_gib < (uint32_t)finding->size_gib) {
        job_end_by_check(job, RV_PARAMETER_SIZE, RV_RULE_SMALLER_THAN_IMAGE);
    }
}

static void job_next_step(rv_job *job)
{
    rv_instance_status status = job->report.instance.status;

    if (job->config.replace->dry_run == RV_TRUE) {
        job_finish(job, RV_OK);
    } else if (status == RV_INSTANCE_STOPPED) {
        job_enter(job, RV_STEP_REPLACE);
    } else {
        job_enter(job, RV_STEP_STOP);
        job->has_look = 1;
        if (job->recorded_stop) {
            job->recorded_stop = 0;
            job->power = POWER_OPEN;
            job->stop_began_ms = now_ms(job->client);
        }
    }
}

/* May it be replaced at all as it is now? RV_AGAIN: not yet. */
static int status_allows(const rv_job *job)
{
    switch (job->report.instance.status) {
    case RV_INSTANCE_STOPPED:
    case RV_INSTANCE_STOPPING:
        return RV_OK;
    case RV_INSTANCE_RUNNING:
        return job->config.may_stop || job->config.replace->dry_run == RV_TRUE
                   ? RV_OK
                   : RV_ERR_INSTANCE_STATUS;
    case RV_INSTANCE_ERROR:
    case RV_INSTANCE_DELETING:
    case RV_INSTANCE_REBUILDING: /* somebody else's replacement, whose result must not be lost */
        return RV_ERR_INSTANCE_STATUS;
    default:
        return RV_AGAIN;
    }
}

static void decide_in_check(rv_job *job, int allowed)
{
    if (job->report.instance.status == RV_INSTANCE_NOT_VISIBLE) {
        job_end_by_check(job, RV_PARAMETER_INSTANCE_ID, RV_RULE_NOT_VISIBLE);
    } else if (!is_expected(job)) {
        return;
    } else if (allowed == RV_AGAIN) {
        look_later(job);
    } else if (allowed != RV_OK) {
        job_end(job, allowed);
    } else if (job->wants_image) {
        job->wants_image = 0;
        job_call_start(job, ASK_IMAGE);
    } else if (job->wants_key_pair) {
        job->wants_key_pair = 0;
        job_call_start(job, ASK_KEY_PAIR);
    } else if (job->wants_dry_run && (job->report.not_checked & RV_NOT_CHECKED_DRY_RUN) == 0) {
        decide_dry_run(job);
    } else {
        job_next_step(job);
    }
}

static int force_is_due(const rv_job *job)
{
    return job->config.force_stop_after_s != 0 && !job->is_forced &&
           job->power != POWER_UNDECIDED &&
           now_ms(job->client) >=
               job->stop_began_ms + (uint64_t)job->config.force_stop_after_s * 1000;
}

static void decide_in_stop(rv_job *job, int allowed)
{
    rv_instance_status status = job->report.instance.status;

    if (status == RV_INSTANCE_STOPPED) {
        job_enter(job, RV_STEP_REPLACE);
    } else if (allowed != RV_OK && allowed != RV_AGAIN) {
        job_end(job, allowed);
    } else if (!is_expected(job)) {
        return;
    } else if (force_is_due(job)) {
        job->is_forced = 1;
        decide_power(job, DO_STOP);
    } else if (status != RV_INSTANCE_RUNNING) {
        look_later(job);
    } else if (job->power == POWER_UNDECIDED) {
        job->stop_began_ms = now_ms(job->client);
        job->is_forced = 0;
        decide_power(job, DO_STOP);
    } else if (!repeat_power(job, DO_STOP)) {
        look_later(job);
    }
}

/* Where volumes are not listed, or the image stays the same, DescribeVolumes may be the only proof
 * in the end. */
static int wants_system_volume(const rv_job *job)
{
    const rv_instance *instance = &job->report.instance;

    return !job->system_volume_asked &&
           (instance->volume_count == 0 ||
            strcmp(instance->image_id, job->config.replace->image_id) == 0);
}

static void decide_in_replace(rv_job *job, int allowed)
{
    rv_instance_status status = job->report.instance.status;

    if (allowed == RV_OK && status == RV_INSTANCE_RUNNING) {
        job_enter(job, RV_STEP_STOP); /* somebody has started it */
        job->has_look = 1;
    } else if (allowed == RV_AGAIN || status == RV_INSTANCE_STOPPING) {
        look_later(job);
    } else if (allowed != RV_OK) {
        job_end(job, allowed);
    } else if (!is_expected(job)) {
        return;
    } else if (job->wants_dry_run) {
        decide_dry_run(job);
    } else if (wants_system_volume(job)) {
        job->system_volume_asked = 1;
        job_call_start(job, ASK_SYSTEM_VOLUME);
    } else {
        take_baseline(job);
        decide_replacement(job, DO_REPLACE);
    }
}

/* --- what the looks say ----------------------------------------------------------------------- */

/* It is accepted. If it was a DryRun, its token is the replacement's from now on. */
static void note_acceptance(rv_job *job)
{
    job->facts |= FACT_ACCEPTED;
    if (has_fact(job, FACT_DRY_RUN_DECIDED)) {
        text_copy(job->token, sizeof(job->token), token_to_send(job));
        job->facts &= ~FACT_DRY_RUN_DECIDED;
        job->facts |= FACT_DRY_RUN_IGNORED | FACT_TOKEN_IS_CALLERS;
    }
}

/* Adds to the evidence; proof is stored, and is as good as an answer. */
static void weigh(rv_job *job, unsigned seen)
{
    unsigned before = job->report.evidence;

    job->report.evidence = (uint8_t)(before | seen);
    if ((seen & EVIDENCE_PROOF & ~before) != 0) {
        note_acceptance(job);
        store_only(job);
    }
}

static unsigned evidence_of_look(const rv_job *job)
{
    const rv_job_report *report = &job->report;
    const rv_instance *instance = &report->instance;
    unsigned seen = 0;

    if (instance->status == RV_INSTANCE_REBUILDING) {
        seen |= RV_SAW_REBUILDING;
    }
    if (job->memory.volumes != 0 && instance->volumes != 0 &&
        instance->volumes != job->memory.volumes) {
        seen |= RV_SAW_NEW_VOLUMES;
    }
    if (!has_fact(job, FACT_WAS_WANTED_IMAGE) &&
        strcmp(instance->image_id, job->config.replace->image_id) == 0) {
        seen |= RV_SAW_NEW_IMAGE;
    }
    if (strcmp(instance->updated_at, report->baseline_updated_at) != 0) {
        seen |= RV_SAW_UPDATED;
    }
    if (instance->status == RV_INSTANCE_RUNNING && has_fact(job, FACT_WAS_STOPPED) &&
        !has_fact(job, FACT_START_DECIDED)) {
        seen |= RV_SAW_STARTED;
    }
    return seen;
}

/* Takes a look, NULL: not visible. One that is older than what was seen comes from a replica that
 * lags, and says nothing. */
static void take_look(rv_job *job, const rv_instance *instance)
{
    rv_job_report *report = &job->report;
    rv_instance_status before = report->instance.status;

    report->looks++;
    if (instance == NULL) {
        report->instance.status = RV_INSTANCE_NOT_VISIBLE;
    } else if (is_older(instance->updated_at, job->newest_updated_at)) {
        look_later(job);
        return;
    } else {
        report->instance = *instance;
        text_copy(job->newest_updated_at, sizeof(job->newest_updated_at), instance->updated_at);
        job->has_left_running |= instance->status != RV_INSTANCE_RUNNING;
    }
    if (report->instance.status != before) {
        job->same_looks = 0;
    }
    job->same_looks++;
    job->has_look = 1;
    job->task = JOB_DECIDE;
    if (instance != NULL && (job->replacement == RV_UNKNOWN || job->replacement == RV_ACCEPTED)) {
        weigh(job, evidence_of_look(job));
    }
    tell_progress(job, 0);
}

/* Looks agree and prove nothing: at the 2nd, 4th, 8th of them the system volume is asked for. */
static int is_in_doubt(const rv_job *job)
{
    uint32_t looks = job->same_looks;

    return job->memory.system_volume != 0 && !has_proof(job) && looks >= 2 &&
           (looks & (looks - 1)) == 0 && job->system_volume_looks != looks;
}

static void watch_accepted(rv_job *job)
{
    rv_instance_status status = job->report.instance.status;
    unsigned evidence = job->report.evidence;
    int twice = job->same_looks >= 2 && is_wanted_image(job);

    if (twice && status == RV_INSTANCE_RUNNING &&
        (has_proof(job) || (has_fact(job, FACT_BY_ANSWER) && (evidence & RV_SAW_STARTED) != 0))) {
        job_done(job);
    } else if (twice && status == RV_INSTANCE_STOPPED &&
               (evidence & (RV_SAW_REBUILDING | RV_SAW_NEW_VOLUMES)) != 0) {
        if (job->config.leave_stopped || job->config.replace->dry_run == RV_TRUE) {
            job_done(job);
        } else if (job->only_looks) {
            job_finish(job, RV_ERR_CREDENTIALS);
        } else {
            job_enter(job, RV_STEP_START);
            job->has_look = 1;
        }
    } else if (status == RV_INSTANCE_DELETING ||
               (status == RV_INSTANCE_ERROR && job->same_looks >= 2)) {
        job_end_badly(job);
    } else {
        look_later(job);
    }
}

/* Could a request that is still on its way begin? An unknown time is before every other. */
static int can_still_begin(const rv_job *job)
{
    int64_t latest_utc_s = job->sent.latest_utc_s;

    return !is_known(latest_utc_s) || service_utc(job->client) < latest_utc_s + SIGNED_LIFE_S;
}

static int is_settled(rv_instance_status status)
{
    return status == RV_INSTANCE_RUNNING || status == RV_INSTANCE_STOPPED ||
           status == RV_INSTANCE_ERROR;
}

/* May the replacement be sent again to the instance as it is now? One that somebody has started
 * meanwhile is not replaced unless the caller let us stop it; the wanted image is no surprise. */
static int is_fit_to_send(const rv_job *job)
{
    rv_instance_status status = job->report.instance.status;
    rv_parameter_id parameter = unexpected(job);

    return (status == RV_INSTANCE_STOPPED ||
            (status == RV_INSTANCE_RUNNING && status_allows(job) == RV_OK)) &&
           (parameter == RV_PARAMETER_NONE ||
            (parameter == RV_PARAMETER_IMAGE_ID && is_wanted_image(job)));
}

/* A service may forget a token once its operation has ended, and would then do it again: what has
 * moved is watched, not asked about. Unless it has just said that it knows the token. */
static int is_quiet(const rv_job *job)
{
    return job->report.evidence == 0 || job->report.call.code == RV_CODE_IDEMPOTENT_PROCESSING;
}

static int may_resend_now(const rv_job *job)
{
    return job->may_resend && !job->only_looks && now_ms(job->client) >= job->resend_at_ms &&
           is_quiet(job) && is_fit_to_send(job);
}

/* A DryRun that did nothing is no sending, and what it was asked under is forgotten. */
static void forget_dry_run(rv_job *job)
{
    job->facts &= ~(FACT_REPLACE_DECIDED | FACT_DRY_RUN_DECIDED);
    job->memory.decided_utc_s = RV_TIME_UNKNOWN;
    job->report.evidence = 0;
    job->resend_ms = 0;
    sent_init(&job->sent);
}

/* The job goes on as if it had not been asked; one that asks for nothing else ends if it is
 * checked. */
static void dry_run_over(rv_job *job, rv_outcome outcome)
{
    int is_end = outcome == RV_CHECKED && job->config.replace->dry_run == RV_TRUE;

    job->replacement = is_end ? RV_CHECKED : RV_NOT_SENT;
    if (!is_end) {
        result_init(&job->report.call);
        job->report.call.status = RV_AGAIN;
    }
    if (job->report.step == RV_STEP_WATCH) {
        job_enter(job, RV_STEP_CHECK);
    }
}

/* Asked again it was refused because the instance runs, which it did all the time; of the time
 * before a crash nobody knows. */
static int is_dry_run_refused(const rv_job *job)
{
    return has_fact(job, FACT_DRY_RUN_DECIDED) && !job->sent.is_recorded &&
           !job->has_left_running && job->report.instance.status == RV_INSTANCE_RUNNING &&
           job->report.evidence == 0 && job->report.call.code == RV_CODE_INVALID_INSTANCE_STATUS;
}

/* When two looks agree, it ends if nothing more can come of it: of a request on its way, or, for
 * the caller of a job that is past its bound in a record, of asking again. */
static void watch_unknown(rv_job *job)
{
    rv_instance_status status = job->report.instance.status;
    int is_open = can_still_begin(job);
    int is_past = is_past_bound(job->client, &job->sent);

    if (job->same_looks < 2) {
        look_later(job);
    } else if (!is_open && is_dry_run_refused(job)) {
        job->report.not_checked |= RV_NOT_CHECKED_DRY_RUN;
        job->report.call.outcome = RV_REFUSED;
        forget_dry_run(job);
        dry_run_over(job, RV_CHECKED);
    } else if (is_settled(status) && (!is_open || (job->sent.is_recorded && is_past))) {
        int has_no_sign = !is_open && job->report.evidence == 0 && status == RV_INSTANCE_STOPPED;

        job_finish(job, has_no_sign ? RV_ERR_NO_SIGN : RV_ERR_BOUND);
    } else if (!is_past && may_resend_now(job)) {
        job_call_start(job, has_fact(job, FACT_DRY_RUN_DECIDED) ? ASK_DRY_RUN : DO_REPLACE);
    } else {
        look_later(job);
    }
}

static void decide_in_watch(rv_job *job)
{
    if (is_in_doubt(job)) {
        job->system_volume_looks = job->same_looks;
        job_call_start(job, ASK_SYSTEM_VOLUME);
    } else if (has_fact(job, FACT_ACCEPTED)) {
        watch_accepted(job);
    } else {
        watch_unknown(job);
    }
}

/* Before the stop has shown, RUNNING is no sign that it was undone. */
static int is_running_again(const rv_job *job)
{
    return job->report.instance.status == RV_INSTANCE_RUNNING && job->same_looks >= 2 &&
           (job->report.step != RV_STEP_RESTART || job->has_left_running ||
            now_ms(job->client) + (RESTART_TIMEOUT_MS - STOP_SHOWS_MS) >= job->deadline_ms);
}

/* STOPPED in spite of all that was done to start it, or worse. */
static int is_start_hopeless(const rv_job *job)
{
    rv_instance_status status = job->report.instance.status;

    return status == RV_INSTANCE_DELETING ||
           (status == RV_INSTANCE_ERROR && job->same_looks >= 2) ||
           (status == RV_INSTANCE_STOPPED && job->same_looks >= POWER_LOOKS);
}

/* After the replacement, or after a refusal: until it is RUNNING. */
static void decide_in_start(rv_job *job)
{
    int is_restart = job->report.step == RV_STEP_RESTART;

    if (is_running_again(job)) {
        if (is_restart) {
            job_finish(job, job->end_status);
        } else {
            job_done(job);
        }
    } else if (job->report.instance.status == RV_INSTANCE_STOPPED && job->only_looks) {
        job_finish(job, RV_ERR_CREDENTIALS);
    } else if (job->report.instance.status == RV_INSTANCE_STOPPED && repeat_power(job, DO_START)) {
        return;
    } else if (!is_start_hopeless(job)) {
        look_later(job);
    } else if (is_restart) {
        job_finish(job, job->end_status);
    } else {
        job_end_badly(job);
    }
}

/* Than the one that the last step with an effect was decided with. */
static int has_another_key(const rv_job *job)
{
    return strcmp(job->access_key_id, job->client->access_key_id) != 0;
}

/* A job from a record has looked once, and goes on where the record says. */
static void decide_after_resume(rv_job *job)
{
    job->is_resumed = 0;
    job->only_looks = (uint8_t)has_another_key(job);
    if (job->report.step == RV_STEP_RESTART) {
        return; /* it was cancelled meanwhile */
    }
    if (has_fact(job, FACT_REFUSED)) {
        job_end(job, RV_ERR_SERVICE);
    } else if (has_fact(job, FACT_ACCEPTED) && has_fact(job, FACT_START_DECIDED)) {
        job->report.step = RV_STEP_START;
        job->power = POWER_OPEN;
    } else if (!has_fact(job, FACT_REPLACE_DECIDED) && job->only_looks) {
        job_end(job, RV_ERR_CREDENTIALS);
    } else if (!has_fact(job, FACT_REPLACE_DECIDED)) {
        /* the last decision: a stop, which goes on, or a start, which is over */
        job->recorded_stop = has_fact(job, FACT_STOP_DECIDED) && !has_fact(job, FACT_START_DECIDED);
        if (job->recorded_stop) {
            job->report.not_checked |= RV_NOT_CHECKED_DRY_RUN; /* no decision before it goes on */
        }
        job->is_forced = has_fact(job, FACT_FORCED);
        job->facts &= ~FACT_START_DECIDED;
    }
}

static void job_decide(rv_job *job)
{
    int allowed = status_allows(job);

    if (!job->has_look) {
        job_call_start(job, ASK_INSTANCE);
        return;
    }
    if (job->is_resumed) {
        decide_after_resume(job);
        if (job->task != JOB_DECIDE || !job->has_look) {
            return;
        }
    }
    switch (job->report.step) {
    case RV_STEP_CHECK:
        decide_in_check(job, allowed);
        break;
    case RV_STEP_STOP:
        decide_in_stop(job, allowed);
        break;
    case RV_STEP_REPLACE:
        decide_in_replace(job, allowed);
        break;
    case RV_STEP_WATCH:
        decide_in_watch(job);
        break;
    default:
        decide_in_start(job);
        break;
    }
}

/* --- what the calls say ----------------------------------------------------------------------- */

static int is_missing(const rv_result *result)
{
    return result->code == RV_CODE_INSTANCE_NOT_FOUND || result->code == RV_CODE_IMAGE_NOT_FOUND ||
           result->code == RV_CODE_KEY_PAIR_NOT_FOUND;
}

/* The same request may pass later, within the job's time. */
static int is_passing(const rv_result *result)
{
    return rv_code_retry(result->code) == RV_RETRY_BY_CALL || result->http_status == 429 ||
           result->http_status >= 500;
}

/* Refused for a status that the looks do not show: replicas lag. */
static int is_busy(rv_job *job, const rv_result *result)
{
    return (code_kind(result->code) & (IS_BUSY | IS_TRACE)) != 0 &&
           (job->report.step >= RV_STEP_START || job->busy_count++ < BUSY_MAX);
}

/* Refused, but the same may be taken later. */
static int is_refused_for_now(rv_job *job)
{
    const rv_result *result = &job->call.result;

    return result->outcome == RV_REFUSED && (is_passing(result) || is_busy(job, result));
}

static void answer_instance(rv_job *job)
{
    const rv_result *result = &job->call.result;

    if (result->outcome == RV_ACCEPTED) {
        take_look(job, job->found_attempt == result->attempts ? &job->found : NULL);
    } else if (result->outcome == RV_REFUSED && result->code == RV_CODE_INSTANCE_NOT_FOUND) {
        take_look(job, NULL);
    } else if (job->report.step == RV_STEP_CHECK &&
               (result->outcome != RV_REFUSED || !is_passing(result))) {
        job_end_by_call(job);
    } else {
        look_after(job, retry_after_ms(&job->call.http));
    }
}

/* 1: job->finding is valid; else nothing is there in it. A question that the account may not ask is
 * no obstacle. */
static int has_answer(rv_job *job, unsigned not_checked)
{
    const rv_result *result = &job->call.result;

    if (result->outcome == RV_ACCEPTED) {
        return 1;
    }
    job->finding.is_there = 0;
    if (result->outcome == RV_REFUSED && is_missing(result)) {
        return 1;
    }
    job->report.not_checked |= (uint8_t)not_checked;
    return 0;
}

static void answer_system_volume(rv_job *job)
{
    has_answer(job, RV_NOT_CHECKED_SYSTEM_VOLUME);
    if (job->report.step == RV_STEP_REPLACE) {
        job->memory.system_volume = job->finding.is_there ? job->finding.volume : 0;
    } else if (job->finding.is_there && job->finding.volume != job->memory.system_volume) {
        weigh(job, RV_SAW_NEW_VOLUMES);
    }
}

static void job_accept(rv_job *job)
{
    note_acceptance(job);
    job_enter(job, RV_STEP_WATCH);
    look_later(job);
    store_only(job);
}

/* Over all sendings: one that did not get out takes nothing away from those before. */
static void note_replacement(rv_job *job)
{
    const rv_result *result = &job->call.result;
    rv_result *noted = &job->report.call;
    uint16_t attempts = noted->attempts;

    if (result->attempts == 0 && was_sent(job)) {
        noted->status = result->status;
        return;
    }
    job->replacement = result->outcome;
    *noted = *result;
    noted->attempts = (uint16_t)(noted->attempts + attempts);
}

/* The credentials were exchanged since the record was stored. */
static int is_new_key(const rv_job *job)
{
    return job->call.result.status == RV_ERR_CREDENTIALS && has_another_key(job);
}

static void note_refusal(rv_job *job)
{
    const rv_result *result = &job->call.result;

    job->report.power_code = result->code;
    text_copy(job->report.power_code_text, sizeof(job->report.power_code_text), result->code_text);
}

static void answer_power(rv_job *job, int key_is_new)
{
    rv_outcome outcome = job->call.result.outcome;

    if (outcome == RV_REFUSED) {
        note_refusal(job);
    }
    if (key_is_new) {
        job->power = POWER_UNDECIDED;
    } else if (outcome == RV_ACCEPTED) {
        job->power = POWER_TAKEN;
        job->same_looks = 0;
    } else if (outcome == RV_NOT_SENT || (outcome == RV_REFUSED && !is_refused_for_now(job))) {
        if (job->asked == DO_STOP) {
            job_end_by_call(job);
            return;
        }
        if (outcome == RV_REFUSED) {
            /* not the end: the service may be starting it by itself, and the looks will tell */
            job->power = POWER_REFUSED;
            job->same_looks = 0;
        }
    }
    look_later(job);
}

/* Looks come before the same again. */
static void replacement_unknown(rv_job *job)
{
    const rv_result *result = &job->call.result;
    uint32_t after_ms = retry_after_ms(&job->call.http);

    job->resend_ms = job->resend_ms == 0 ? RESEND_FIRST_MS : job->resend_ms * 2;
    if (job->resend_ms > RESEND_LAST_MS) {
        job->resend_ms = RESEND_LAST_MS;
    }
    job->resend_at_ms = now_ms(job->client) +
                        (after_ms > job->resend_ms ? after_ms : job->resend_ms);
    job->may_resend = (result->code == RV_CODE_NONE || is_passing(result)) &&
                      result->status != RV_ERR_BOUND && result->status != RV_ERR_CREDENTIALS;
    if (job->report.step != RV_STEP_WATCH) {
        job_enter(job, RV_STEP_WATCH);
    }
    look_later(job);
}

static void answer_dry_run(rv_job *job, int key_is_new)
{
    const rv_result *result = &job->call.result;
    int is_in_check = job->report.step == RV_STEP_CHECK;

    if (job->replacement == RV_ACCEPTED) {
        job_accept(job);
        return;
    }
    if (job->replacement == RV_UNKNOWN) {
        replacement_unknown(job);
        return;
    }
    forget_dry_run(job);
    if (job->replacement == RV_CHECKED) {
        job->wants_dry_run = 0;
        job->report.not_checked &= (uint8_t)~RV_NOT_CHECKED_DRY_RUN;
        dry_run_over(job, RV_CHECKED);
    } else if (result->outcome == RV_REFUSED && result->code == RV_CODE_INVALID_INSTANCE_STATUS &&
               job->report.instance.status != RV_INSTANCE_STOPPED) {
        job->report.not_checked |= RV_NOT_CHECKED_DRY_RUN; /* no finding: after the stop */
        dry_run_over(job, RV_CHECKED);
    } else if ((key_is_new && job->busy_count++ < BUSY_MAX) ||
               (is_in_check ? result->outcome == RV_REFUSED && is_passing(result)
                            : is_refused_for_now(job))) {
        dry_run_over(job, RV_NOT_SENT);
        look_after(job, retry_after_ms(&job->call.http));
    } else {
        job_end_by_call(job);
    }
}

static void refused(rv_job *job, int key_is_new)
{
    const rv_result *result = &job->call.result;

    if ((key_is_new && !job->sent.any && job->busy_count++ < BUSY_MAX) || is_refused_for_now(job)) {
        look_later(job); /* and takes the baseline anew */
        return;
    }
    if (job->replacement == RV_REFUSED) {
        job->facts |= FACT_REFUSED;
    }
    job_end(job, result->status);
}

static void answer_replace(rv_job *job, int key_is_new)
{
    switch (job->replacement) {
    case RV_ACCEPTED:
        job->facts |= FACT_BY_ANSWER;
        job_accept(job);
        break;
    case RV_UNKNOWN:
        replacement_unknown(job);
        break;
    default:
        refused(job, key_is_new);
        break;
    }
}

/* What a call leaves behind, however it ended. */
static void note_call(rv_job *job)
{
    const rv_result *result = &job->call.result;
    rv_job_report *report = &job->report;
    rv_sent *sent = sent_of(job, (enum job_call)job->asked);

    report->requests += result->attempts;
    if (sent != NULL) {
        *sent = job->call.sent;
    }
    if (is_replacement((enum job_call)job->asked)) {
        note_replacement(job);
    } else if (result->outcome == RV_ACCEPTED || result->outcome == RV_UNKNOWN) {
        job->has_stopped |= job->asked == DO_STOP;
        job->has_started |= job->asked == DO_START;
    }
}

static void job_answered(rv_job *job)
{
    int key_is_new = is_new_key(job);

    note_call(job);
    job->task = JOB_DECIDE;
    switch (job->asked) {
    case ASK_INSTANCE:
        answer_instance(job);
        break;
    case ASK_IMAGE:
        if (has_answer(job, RV_NOT_CHECKED_IMAGE)) {
            check_image(job);
        }
        break;
    case ASK_KEY_PAIR:
        if (has_answer(job, RV_NOT_CHECKED_KEY_PAIR) && !job->finding.is_there) {
            job_end_by_check(job, RV_PARAMETER_KEY_PAIR_NAME, RV_RULE_NOT_VISIBLE);
        }
        break;
    case ASK_SYSTEM_VOLUME:
        answer_system_volume(job);
        break;
    case ASK_DRY_RUN:
        answer_dry_run(job, key_is_new);
        break;
    case DO_REPLACE:
        answer_replace(job, key_is_new);
        break;
    default:
        answer_power(job, key_is_new);
        break;
    }
}

/* --- steps ------------------------------------------------------------------------------------ */

/* The record is written into the client's window, which no call uses meanwhile. */
static int job_store(rv_job *job, rv_need *need)
{
    uint8_t *record = (uint8_t *)job->client->window;
    size_t len = rv_job_record(job, record);
    uint64_t checksum;
    enum job_call effect = (enum job_call)job->effect;
    int status = RV_OK;

    memcpy(&checksum, record + len - RECORD_END, sizeof(checksum));
    /* the same record again would only wear out a flash */
    if (job->config.store != NULL && checksum != job->stored_checksum) {
        status = job->config.store(job->config.ctx, record, len, need);
    }
    if (status == RV_AGAIN) {
        return RV_AGAIN;
    }
    job->stored_checksum = status == RV_OK ? checksum : 0;
    job->task = JOB_DECIDE;
    if (status != RV_OK && (effect == DO_STOP || is_replacement(effect))) {
        if (!was_sent(job)) {
            job->report.call.status = RV_ERR_STORE;
        }
        job_end(job, RV_ERR_STORE);
    } else if (effect != DO_NOTHING) {
        job_call_start(job, effect);
    } else if (!job->has_look) {
        job->task = JOB_WAIT;
    }
    return RV_OK;
}

/* May others look for it? Not for the check, the baseline, and the first look after a crash. */
static int is_watch_step(const rv_job *job)
{
    return job->report.step != RV_STEP_CHECK && job->report.step != RV_STEP_REPLACE &&
           !job->is_resumed;
}

static int job_wait(rv_job *job, rv_need *need)
{
    if (job->config.observed && rv_job_is_watching(job)) {
        return RV_AGAIN;
    }
    if (now_ms(job->client) < job->look_at_ms) {
        need->wake_at_ms = job->look_at_ms;
        return RV_AGAIN;
    }
    job->task = JOB_DECIDE;
    return RV_OK;
}

static int job_call(rv_job *job, rv_need *need)
{
    uint16_t tries = job->call.tries;

    if (rv_call_step(&job->call, need) == RV_AGAIN) {
        if (job->call.tries != tries && tries > 0) {
            tell_progress(job, 0);
        }
        return RV_AGAIN;
    }
    job_answered(job);
    need->events = RV_NOW; /* one call's end is enough for one step */
    return job->task == JOB_FINISHED ? RV_OK : RV_AGAIN;
}

/* Ends what is under way, from outside. */
static void job_break(rv_job *job, int status)
{
    if (job->task == JOB_CALL) {
        call_stop(&job->call, status);
        note_call(job);
    }
    if (job->task == JOB_STORE && job->effect == DO_NOTHING) {
        rv_need need;

        job_store(job,
                  &need); /* it has happened, so it is written down, if that can be done at once */
    }
    job->task = JOB_DECIDE;
    if (!was_sent(job)) {
        job->report.call.status = status;
    }
    job_end(job, status);
}

/* A restart that is under way for another reason goes on at the first time. */
static void job_cancel(rv_job *job)
{
    int is_first = !job->is_cancelled;

    job->is_cancelled = 1;
    if (!is_first || job->report.step != RV_STEP_RESTART) {
        job_break(job, RV_ERR_CANCELLED);
    }
}

/* One task's worth of work. */
static int job_work(rv_job *job, rv_need *need)
{
    if (job->is_cancel_wanted && !job->is_cancelled) {
        job_cancel(job);
        return RV_OK;
    }
    if (now_ms(job->client) >= job->deadline_ms) {
        job_break(job, RV_ERR_TIMEOUT);
        return RV_OK;
    }
    switch (job->task) {
    case JOB_STORE:
        return job_store(job, need);
    case JOB_CALL:
        return job_call(job, need);
    case JOB_WAIT:
        return job_wait(job, need);
    default:
        job_decide(job);
        return RV_OK;
    }
}

RV_API int rv_job_step(rv_job *job, rv_need *need)
{
    if (job == NULL || need == NULL || job->client == NULL) {
        return RV_ERR_USAGE;
    }
    for (;;) {
        int status;

        need->events = 0;
        need->wake_at_ms = RV_NEVER;
        if (job->task == JOB_FINISHED) {
            return job->report.status;
        }
        job->is_in_step = 1;
        status = job_work(job, need);
        job->is_in_step = 0;
        report_update(job);
        if (status == RV_AGAIN) {
            if (job->deadline_ms < need->wake_at_ms) {
                need->wake_at_ms = job->deadline_ms;
            }
            return RV_AGAIN;
        }
    }
}

/* --- the caller's side ------------------------------------------------------------------------ */

static void job_config_set_defaults(rv_job_config *config)
{
    if (config->job_timeout_s == 0) {
        config->job_timeout_s = 3600;
    }
    if (config->poll_first_ms == 0) {
        config->poll_first_ms = 1000;
    }
    if (config->poll_last_ms == 0) {
        config->poll_last_ms = 15000;
    }
}

/* What every job needs of its parameters, one from a record too. */
static int check_job_ids(const rv_replace_system_volume *replace, rv_result *result)
{
    int status = check_required(result, RV_PARAMETER_INSTANCE_ID, replace->instance_id,
                                RV_JOB_ID_MAX);

    if (status == RV_OK) {
        status = check_required(result, RV_PARAMETER_IMAGE_ID, replace->image_id, RV_JOB_ID_MAX);
    }
    return status;
}

/* The object that is given for a new job may be one that runs: that is left alone. */
static int is_running(const rv_job *job, const rv_client *client)
{
    return client != NULL && client->call == &job->call;
}

static int job_init(rv_job *job, rv_client *client, const rv_job_config *config, int is_resumed)
{
    memset(job, 0, sizeof(*job));
    job->task = JOB_FINISHED;
    job->replacement = is_resumed ? RV_UNKNOWN : RV_NOT_SENT; /* unless a record says otherwise */
    sent_init(&job->sent);
    sent_init(&job->power_sent);
    job->memory.decided_utc_s = RV_TIME_UNKNOWN;
    job->memory.power_utc_s = RV_TIME_UNKNOWN;
    job->report.call.first_sent_utc_s = RV_TIME_UNKNOWN;
    job->report.call.clock_skew_s = RV_TIME_UNKNOWN;
    if (client == NULL || client->config.tls == NULL || client->call != NULL || config == NULL ||
        config->replace == NULL) {
        return RV_ERR_USAGE;
    }
    job->client = client;
    job->config = *config;
    job_config_set_defaults(&job->config);
    job->wants_image = config->check_image;
    job->wants_key_pair = config->check_key_pair && config->replace->key_pair_name != NULL;
    job->wants_dry_run = config->check_dry_run || config->replace->dry_run == RV_TRUE;
    return check_job_ids(config->replace, &job->report.call);
}

/* The replacement's token: the caller's, which has never been sent, or one of ours. */
static int job_make_token(rv_job *job)
{
    const rv_system *system = job->client->config.tls->system;
    const rv_replace_system_volume *replace = job->config.replace;

    if (replace->client_token != NULL && !replace->client_token_is_new) {
        return RV_ERR_USAGE;
    }
    if (system->random(system->ctx, (uint8_t *)job->memory.random, sizeof(job->memory.random)) !=
        RV_OK) {
        return RV_ERR_RANDOM;
    }
    if (replace->client_token != NULL) {
        text_copy(job->token, sizeof(job->token), replace->client_token);
        job->facts |= FACT_TOKEN_IS_CALLERS;
    } else {
        token_write(job, TOKEN_OF_REPLACEMENT, 0, job->token);
    }
    return RV_OK;
}

/* What only a job that begins is asked for. */
static int job_prepare(rv_job *job)
{
    const rv_replace_system_volume *replace = job->config.replace;
    const char *name = job->config.expected_instance_name;
    int status = check_replace(replace, &job->report.call);

    if (status == RV_OK && name != NULL && strlen(name) > RV_ID_MAX) {
        status = broken(&job->report.call, RV_PARAMETER_INSTANCE_NAME, RV_RULE_TOO_LONG);
    }
    if (status == RV_OK) {
        status = job_make_token(job);
    }
    if (status == RV_OK) {
        job->facts |= (replace->password != NULL ? FACT_HAS_PASSWORD : 0) |
                      (replace->user_data != NULL ? FACT_HAS_USER_DATA : 0) |
                      (replace->dry_run == RV_TRUE ? FACT_ONLY_DRY_RUN : 0);
    }
    return status;
}

/* A token of another run. Its last request may have been sent at the end of its bound, with a date
 * that was as far ahead as the service takes it. A time that cannot be is not known. */
static void sent_take_recorded(const rv_job *job, rv_sent *sent, int64_t utc_s)
{
    sent->any = 1;
    sent->is_recorded = 1;
    sent->access_key_id = job->access_key_id;
    if (utc_s >= 0 && utc_s <= UTC_LAST_S) {
        sent->utc_s = utc_s;
        sent->latest_utc_s = utc_s + (int64_t)job->client->config.token_bound_s + DATE_AHEAD_S;
    }
}

/* What follows from the record's facts. */
static void take_recorded(rv_job *job)
{
    sent_take_recorded(job, &job->power_sent, job->memory.power_utc_s);
    job->is_resumed = 1;
    job->may_resend = 1;
    job->has_stopped = has_fact(job, FACT_STOP_DECIDED);
    job->has_started = has_fact(job, FACT_START_DECIDED);
    text_copy(job->newest_updated_at, sizeof(job->newest_updated_at),
              job->report.baseline_updated_at);
    if (!has_fact(job, FACT_REPLACE_DECIDED)) {
        job->replacement = RV_NOT_SENT;
        return;
    }
    sent_take_recorded(job, &job->sent, job->memory.decided_utc_s);
    job->report.step = RV_STEP_WATCH;
    if (has_fact(job, FACT_ACCEPTED)) {
        job->replacement = RV_ACCEPTED;
    } else if (has_fact(job, FACT_REFUSED)) {
        job->replacement = RV_REFUSED;
    }
    job->report.call.outcome = job->replacement;
}

static int job_restore(rv_job *job, const uint8_t *record, size_t len)
{
    int status;

    if (record == NULL) {
        return RV_ERR_USAGE;
    }
    status = record_read(job, record, len);
    if (status != RV_ERR_RECORD) {
        take_recorded(job);
    }
    if (status == RV_OK && (job->facts & (FACT_REPLACE_DECIDED | FACT_REFUSED)) == 0) {
        status = check_secrets(job, &job->report.call); /* before anything is stopped */
    }
    return status;
}

static int job_begin(rv_job *job, rv_client *client, const rv_job_config *config,
                     const uint8_t *record, size_t len, int is_resumed)
{
    int status;

    if (job == NULL || is_running(job, client)) {
        return RV_ERR_USAGE;
    }
    status = job_init(job, client, config, is_resumed);
    if (status == RV_OK) {
        status = is_resumed ? job_restore(job, record, len) : job_prepare(job);
    }
    job->report.status = status;
    if (status == RV_OK) {
        job->report.status = RV_AGAIN;
        job->started_ms = now_ms(job->client);
        job->deadline_ms = job->started_ms + (uint64_t)job->config.job_timeout_s * 1000;
        job->poll_ms = job->config.poll_first_ms;
        job->task = JOB_DECIDE;
    }
    job->report.call.status = job->report.status;
    report_update(job);
    return status;
}

RV_API int rv_job_start(rv_job *job, rv_client *client, const rv_job_config *config)
{
    return job_begin(job, client, config, NULL, 0, 0);
}

RV_API int rv_job_resume(rv_job *job, rv_client *client, const rv_job_config *config,
                         const uint8_t *record, size_t len)
{
    return job_begin(job, client, config, record, len, 1);
}

RV_API int rv_job_run(rv_job *job)
{
    const rv_socket *socket;
    rv_need need;
    int status;

    if (job == NULL || job->client == NULL) {
        return RV_ERR_USAGE;
    }
    socket = job->client->config.socket;
    while ((status = rv_job_step(job, &need)) == RV_AGAIN) {
        if (socket->wait == NULL) {
            status = RV_ERR_USAGE;
        } else {
            status = socket->wait(socket->ctx, &need);
        }
        if (status != RV_OK) {
            job->is_cancelled = 1;
            job_break(job, status <= RV_ERR_USAGE && status >= RV_ERR_LAST ? status : RV_ERR_PORT);
        }
    }
    return status;
}

RV_API void rv_job_cancel(rv_job *job)
{
    if (job == NULL || job->client == NULL || job->task == JOB_FINISHED) {
        return;
    }
    if (job->is_in_step) {
        job->is_cancel_wanted = 1; /* from a callback */
        return;
    }
    job_cancel(job);
    report_update(job);
}

RV_API int rv_job_is_watching(const rv_job *job)
{
    return job->task == JOB_WAIT && is_watch_step(job);
}

RV_API void rv_job_observe(rv_job *job, const rv_instance *instance, uint64_t asked_at_ms)
{
    if (job == NULL || job->client == NULL || !job->config.observed || !rv_job_is_watching(job) ||
        asked_at_ms < job->wait_began_ms ||
        (instance != NULL &&
         strcmp(instance->instance_id, job->config.replace->instance_id) != 0)) {
        return;
    }
    job->is_in_step = 1;
    take_look(job, instance);
    job->is_in_step = 0;
}

RV_API const rv_job_report *rv_job_report_of(const rv_job *job)
{
    return &job->report;
}

RV_API void rv_job_free(rv_job *job)
{
    if (job != NULL) {
        rv_call_free(&job->call);
        mbedtls_platform_zeroize(job, sizeof(*job));
    }
}

#endif /* RV_NO_JOB */
