/*
 * The channel: whom the client talks to, by which clock certificates are judged, what the caller's
 * own TLS configuration can and cannot change, and how a wrong clock is corrected.
 *
 * The machine that runs these tests has a clock too, and mbedTLS may look at it; no test depends on
 * what it says.
 */
#include "tests/support/scripted.h"

#include <string.h>

#define DAY         ((int64_t)86400)
#define YEAR        (365 * DAY)
#define UTC_2020    ((int64_t)1577836800) /* in the middle of CERTIFICATE_PAST */
#define UTC_2024_06 ((int64_t)1717200000) /* before CERTIFICATE_DATED begins */
#define UTC_2026_06 ((int64_t)1780272000) /* after it has ended */
#define UTC_2095    ((int64_t)3944678400) /* in the middle of CERTIFICATE_AHEAD */

static void set_machine_utc(struct scripted *world, int64_t utc_s)
{
    world->utc_error_s = utc_s - scripted_utc(world);
}

static void expect_accepted(struct scripted *world)
{
    assert_int_equal(scripted_result(world)->status, RV_OK);
    assert_int_equal(scripted_result(world)->outcome, RV_ACCEPTED);
}

/* Nothing of the request has left, and nothing was tried twice. */
static void expect_nothing_sent(struct scripted *world, int status)
{
    assert_int_equal(scripted_result(world)->status, status);
    assert_int_equal(scripted_result(world)->outcome, RV_NOT_SENT);
    assert_int_equal(scripted_result(world)->attempts, 0);
    assert_int_equal(world->server.request_bytes, 0);
    assert_int_equal(world->server.connections, 1);
    assert_int_equal(world->is_open, 0);
}

static void expect_bad_certificate(struct scripted *world, uint32_t flag)
{
    SCRIPT(world, ACCEPTED);
    scripted_replace(world);
    expect_nothing_sent(world, RV_ERR_CERTIFICATE);
    assert_int_equal(scripted_result(world)->verify_flags, flag);
}

/* --- whom it talks to ------------------------------------------------------------------------- */

static void a_server_with_a_good_certificate_is_trusted(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    scripted_replace(world);
    expect_accepted(world);
    assert_int_equal(scripted_result(world)->verify_flags, 0);
    assert_int_equal(scripted_result(world)->tls_error, 0);
}

static void a_server_behind_an_intermediate_authority_is_trusted(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    world->server.certificate = CERTIFICATE_CHAINED;
    scripted_replace(world);
    expect_accepted(world);
}

static void a_certificate_for_another_host_is_refused(void **state)
{
    struct scripted *world = *state;

    world->server.certificate = CERTIFICATE_OTHER_HOST;
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_CN_MISMATCH);
}

static void a_certificate_of_another_authority_is_refused(void **state)
{
    struct scripted *world = *state;

    world->server.certificate = CERTIFICATE_STRANGER;
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_NOT_TRUSTED);
}

static void a_handshake_with_a_bad_certificate_is_not_repeated(void **state)
{
    struct scripted *world = *state;

    world->server.certificate = CERTIFICATE_STRANGER;
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_NOT_TRUSTED);
    assert_int_equal(world->calls[ON_OPEN], 1);
}

static void the_host_is_asked_for_by_name(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    scripted_replace(world);
    assert_string_equal(world->server.name, SCRIPTED_HOST);
}

static void http_1_1_is_offered_as_protocol(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    scripted_replace(world);
    assert_string_equal(world->server.protocol, "http/1.1");
}

static void a_server_that_speaks_no_http_1_1_is_refused_in_the_handshake(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    world->server.refuses_http_1_1 = 1;
    scripted_replace(world);
    expect_nothing_sent(world, RV_ERR_TLS);
    assert_int_equal(scripted_result(world)->tls_error, MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
}

/* --- versions
 * --------------------------------------------------------------------------------------- */

static void tls_1_2_is_spoken(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    world->server.tls_1_2_only = 1;
    scripted_replace(world);
    expect_accepted(world);
    assert_string_equal(world->server.version, "TLSv1.2");
}

static void tls_1_3_is_preferred_where_mbedtls_has_it(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    scripted_replace(world);
    expect_accepted(world);
    assert_string_equal(world->server.version, SCRIPTED_TLS_1_3 ? "TLSv1.3" : "TLSv1.2");
}

static void tls_1_1_is_refused(void **state)
{
    struct scripted *world = *state;

    if (MBEDTLS_VERSION_NUMBER >= 0x03000000) {
        print_message("this mbedTLS has no TLS 1.1\n");
        skip();
    }
    SCRIPT(world, ACCEPTED);
    world->server.oldest_tls = 1;
    scripted_replace(world);
    expect_nothing_sent(world, RV_ERR_TLS);
}

static void tls_1_1_of_the_callers_configuration_is_refused(void **state)
{
    struct scripted *world = *state;

#if MBEDTLS_VERSION_NUMBER < 0x03000000
    scripted_own_config(world, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_min_version(&world->own_config, MBEDTLS_SSL_MAJOR_VERSION_3,
                                 MBEDTLS_SSL_MINOR_VERSION_1);
#else
    print_message("this mbedTLS has no TLS 1.1\n");
    skip();
#endif
    SCRIPT(world, ACCEPTED);
    world->server.oldest_tls = 1;
    scripted_replace(world);
    assert_string_equal(world->server.version, "TLSv1.1");
    expect_nothing_sent(world, RV_ERR_TLS);
}

/* --- validity, by our clock
 * ---------------------------------------------------------------------------- */

static void an_expired_certificate_is_refused(void **state)
{
    struct scripted *world = *state;

    set_machine_utc(world, UTC_2026_06);
    world->server.certificate = CERTIFICATE_DATED;
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_EXPIRED);
}

static void a_certificate_that_is_not_valid_yet_is_refused(void **state)
{
    struct scripted *world = *state;

    set_machine_utc(world, UTC_2024_06);
    world->server.certificate = CERTIFICATE_DATED;
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_FUTURE);
}

static void a_certificate_is_valid_to_its_last_second(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    set_machine_utc(world, 1767225600); /* 2026-01-01T00:00:00Z */
    world->server.certificate = CERTIFICATE_DATED;
    scripted_replace(world);
    expect_accepted(world);
}

static void a_certificate_is_expired_one_second_later(void **state)
{
    struct scripted *world = *state;

    set_machine_utc(world, 1767225601);
    world->server.certificate = CERTIFICATE_DATED;
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_EXPIRED);
}

static void a_certificate_is_valid_from_its_first_second(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    set_machine_utc(world, 1735689600); /* 2025-01-01T00:00:00Z */
    world->server.certificate = CERTIFICATE_DATED;
    scripted_replace(world);
    expect_accepted(world);
}

static void an_expired_intermediate_authority_is_refused(void **state)
{
    struct scripted *world = *state;

    set_machine_utc(world, UTC_2026_06);
    world->server.certificate = CERTIFICATE_CHAINED;
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_EXPIRED);
}

static void an_intermediate_authority_that_is_not_valid_yet_is_refused(void **state)
{
    struct scripted *world = *state;

    set_machine_utc(world, UTC_2024_06);
    world->server.certificate = CERTIFICATE_CHAINED;
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_FUTURE);
}

static void a_certificate_that_only_mbedtls_holds_for_expired_is_trusted(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    set_machine_utc(world, UTC_2020);
    world->server.certificate = CERTIFICATE_PAST;
    scripted_replace(world);
    expect_accepted(world);
}

static void a_certificate_that_only_mbedtls_holds_for_future_is_trusted(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    set_machine_utc(world, UTC_2095);
    world->server.certificate = CERTIFICATE_AHEAD;
    scripted_replace(world);
    expect_accepted(world);
}

static void dates_are_judged_in_the_callers_configuration_too(void **state)
{
    struct scripted *world = *state;

    scripted_own_config(world, MBEDTLS_SSL_VERIFY_REQUIRED);
    set_machine_utc(world, UTC_2026_06);
    world->server.certificate = CERTIFICATE_DATED;
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_EXPIRED);
}

/* --- unknown time, and a lower bound
 * ----------------------------------------------------------------------- */

static void unknown_time_without_a_lower_bound_is_an_error_before_connecting(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    world->utc_unknown = 1;
    scripted_replace(world);
    assert_int_equal(scripted_result(world)->status, RV_ERR_CLOCK);
    assert_int_equal(scripted_result(world)->outcome, RV_NOT_SENT);
    assert_int_equal(world->calls[ON_OPEN], 0);
}

static void unknown_time_with_a_lower_bound_starts_there(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    world->utc_unknown = 1;
    world->system.utc_lower_bound_s = SCRIPTED_UTC - 10 * DAY;
    world->server.certificate = CERTIFICATE_DATED;
    world->server.checks_time = 1;
    scripted_replace(world);
    expect_accepted(world);
    assert_int_equal(world->server.requests, 2); /* the first was ten days old */
}

static void certificates_are_judged_at_the_lower_bound_if_the_clock_is_before_it(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    set_machine_utc(world, 1000);
    world->system.utc_lower_bound_s = SCRIPTED_UTC - 10 * DAY;
    world->server.certificate = CERTIFICATE_DATED;
    scripted_replace(world);
    expect_accepted(world);
}

static void the_lower_bound_does_not_save_what_is_expired(void **state)
{
    struct scripted *world = *state;

    set_machine_utc(world, 1000);
    world->system.utc_lower_bound_s = UTC_2026_06;
    world->server.certificate = CERTIFICATE_DATED;
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_EXPIRED);
}

static void a_clock_after_the_lower_bound_is_believed(void **state)
{
    struct scripted *world = *state;

    set_machine_utc(world, UTC_2026_06);
    world->system.utc_lower_bound_s = SCRIPTED_UTC;
    world->server.certificate = CERTIFICATE_DATED;
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_EXPIRED);
}

/* --- a wrong clock is corrected
 * ------------------------------------------------------------------------------- */

/* The one request with the wrong date was repeated with the right one, over a new connection. */
static void expect_corrected(struct scripted *world)
{
    expect_accepted(world);
    assert_int_equal(world->server.requests, 2);
    assert_int_equal(world->server.executed, 1);
    assert_int_equal(world->server.connections, 2);
    assert_int_equal(world->server.handshakes, 2);
    assert_int_equal(scripted_result(world)->attempts, 2);
    assert_true(scripted_result(world)->clock_skew_s + world->utc_error_s <= 1);
    assert_true(scripted_result(world)->clock_skew_s + world->utc_error_s >= -1);
}

static void correct_from(struct scripted *world, int64_t utc_s)
{
    SCRIPT(world, ACCEPTED);
    set_machine_utc(world, utc_s);
    world->server.checks_time = 1;
    scripted_replace(world);
}

static void a_machine_that_booted_in_1970_is_corrected(void **state)
{
    struct scripted *world = *state;

    world->system.utc_lower_bound_s = SCRIPTED_UTC - 100 * DAY;
    world->server.certificate = CERTIFICATE_DATED;
    correct_from(world, 42);
    expect_corrected(world);
}

static void a_machine_that_booted_in_1970_without_a_lower_bound_is_told_so(void **state)
{
    struct scripted *world = *state;

    world->server.certificate = CERTIFICATE_DATED;
    correct_from(world, 42);
    expect_nothing_sent(world, RV_ERR_CERTIFICATE);
    assert_int_equal(scripted_result(world)->verify_flags, MBEDTLS_X509_BADCERT_FUTURE);
}

static void a_clock_that_is_hours_behind_is_corrected(void **state)
{
    struct scripted *world = *state;

    world->server.certificate = CERTIFICATE_DATED;
    correct_from(world, SCRIPTED_UTC - 8 * 3600);
    expect_corrected(world);
}

static void a_clock_that_is_hours_ahead_is_corrected(void **state)
{
    struct scripted *world = *state;

    world->server.certificate = CERTIFICATE_DATED;
    correct_from(world, SCRIPTED_UTC + 8 * 3600);
    expect_corrected(world);
}

static void a_clock_that_is_years_ahead_is_corrected_while_certificates_allow(void **state)
{
    struct scripted *world = *state;

    correct_from(world, SCRIPTED_UTC + 20 * YEAR);
    expect_corrected(world);
}

static void a_clock_past_the_certificates_end_is_a_clear_error(void **state)
{
    struct scripted *world = *state;

    world->server.certificate = CERTIFICATE_DATED;
    correct_from(world, SCRIPTED_UTC + 20 * YEAR);
    expect_nothing_sent(world, RV_ERR_CERTIFICATE);
    assert_int_equal(scripted_result(world)->verify_flags, MBEDTLS_X509_BADCERT_EXPIRED);
}

static void the_chain_is_verified_again_under_the_corrected_time(void **state)
{
    struct scripted *world = *state;

    SCRIPT(
        world,
        {.status = 400, .body = BODY_ERROR("InvalidTimestamp"), .has_date = 1, .date_s = 2 * YEAR});
    world->server.certificate = CERTIFICATE_DATED;
    scripted_replace(world);
    assert_int_equal(scripted_result(world)->status, RV_ERR_CERTIFICATE);
    assert_int_equal(scripted_result(world)->outcome, RV_REFUSED);
    assert_int_equal(scripted_result(world)->verify_flags, MBEDTLS_X509_BADCERT_EXPIRED);
    assert_int_equal(world->server.requests, 1);
    assert_int_equal(world->server.connections, 2);
}

static void the_request_is_signed_again_with_the_corrected_date(void **state)
{
    struct scripted *world = *state;

    correct_from(world, SCRIPTED_UTC - DAY);
    assert_non_null(strstr(world->server.request[0], "X-Date: 20250614T15064"));
    assert_non_null(strstr(world->server.request[1], "X-Date: 20250615T15064"));
    assert_non_null(strstr(world->server.request[1], "/20250615/cn-beijing/ecs/request"));
}

static void the_correction_is_not_one_of_the_attempts(void **state)
{
    struct scripted *world = *state;

    world->config.attempts_max = 1;
    correct_from(world, SCRIPTED_UTC - DAY);
    expect_corrected(world);
}

static void the_correction_holds_for_the_next_call(void **state)
{
    struct scripted *world = *state;

    correct_from(world, SCRIPTED_UTC - DAY);
    expect_corrected(world);
    scripted_replace(world);
    expect_accepted(world);
    assert_int_equal(world->server.requests, 3);
    assert_int_equal(scripted_result(world)->attempts, 1);
}

static void the_first_sending_is_told_in_corrected_time(void **state)
{
    struct scripted *world = *state;

    correct_from(world, SCRIPTED_UTC - DAY);
    assert_int_equal(scripted_result(world)->first_sent_utc_s, SCRIPTED_UTC);
}

static void a_second_invalid_timestamp_is_final(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 400, .body = BODY_ERROR("InvalidTimestamp"), .has_date = 1},
           {.status = 400, .body = BODY_ERROR("InvalidTimestamp"), .has_date = 1}, ACCEPTED);
    scripted_replace(world);
    assert_int_equal(scripted_result(world)->status, RV_ERR_SERVICE);
    assert_int_equal(scripted_result(world)->outcome, RV_REFUSED);
    assert_int_equal(world->server.requests, 2);
}

static void invalid_timestamp_without_a_date_is_final(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(400, "InvalidTimestamp"), ACCEPTED);
    scripted_replace(world);
    assert_int_equal(scripted_result(world)->status, RV_ERR_SERVICE);
    assert_int_equal(scripted_result(world)->code, RV_CODE_INVALID_TIMESTAMP);
    assert_int_equal(scripted_result(world)->clock_skew_s == RV_TIME_UNKNOWN, 1);
    assert_int_equal(world->server.requests, 1);
}

static void a_date_of_another_answer_corrects_nothing(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 429, .body = "", .has_date = 1, .date_s = DAY}, ACCEPTED);
    scripted_replace(world);
    expect_accepted(world);
    assert_int_equal(scripted_result(world)->clock_skew_s, DAY);
    assert_non_null(strstr(world->server.request[1], "X-Date: 20250615T"));
}

/* A machine that starts in 1970 and hears from its time server later is the usual one. */
static void a_clock_that_was_set_right_after_a_correction_is_believed(void **state)
{
    struct scripted *world = *state;

    world->system.utc_lower_bound_s = SCRIPTED_UTC - 100 * DAY;
    world->server.certificate = CERTIFICATE_DATED;
    correct_from(world, 42);
    expect_corrected(world);
    rv_client_close(&world->client);
    world->utc_error_s = 0;
    scripted_replace(world);
    expect_accepted(world);
}

static void a_clock_that_becomes_known_after_a_correction_is_believed(void **state)
{
    struct scripted *world = *state;

    world->system.utc_lower_bound_s = SCRIPTED_UTC - 300 * DAY;
    SCRIPT(world, ACCEPTED);
    world->utc_unknown = 1;
    world->server.checks_time = 1;
    scripted_replace(world);
    expect_accepted(world);
    rv_client_close(&world->client);
    world->server.certificate = CERTIFICATE_DATED;
    world->utc_unknown = 0;
    scripted_replace(world);
    expect_accepted(world);
}

static void a_request_that_is_repeated_after_midnight_is_signed_for_the_new_day(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 429, .body = "", .fields = "Retry-After: 10\r\n"}, ACCEPTED);
    set_machine_utc(world, 1750031999); /* 2025-06-15T23:59:59Z */
    scripted_replace(world);
    expect_accepted(world);
    assert_non_null(strstr(world->server.request[0], "X-Date: 20250615T235959Z"));
    assert_non_null(strstr(world->server.request[0], "/20250615/cn-beijing/ecs/request"));
    assert_non_null(strstr(world->server.request[1], "X-Date: 20250616T000009Z"));
    assert_non_null(strstr(world->server.request[1], "/20250616/cn-beijing/ecs/request"));
}

/* --- a configuration of the caller's own
 * ------------------------------------------------------------------------ */

static void the_callers_configuration_is_used(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    scripted_own_config(world, MBEDTLS_SSL_VERIFY_REQUIRED);
    scripted_replace(world);
    expect_accepted(world);
    assert_string_equal(world->server.protocol, ""); /* which has no ALPN */
}

static void verify_none_sends_nothing(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    scripted_own_config(world, MBEDTLS_SSL_VERIFY_NONE);
    scripted_replace(world);
    expect_nothing_sent(world, RV_ERR_CERTIFICATE);
}

static void verify_none_sends_nothing_to_a_stranger_either(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    scripted_own_config(world, MBEDTLS_SSL_VERIFY_NONE);
    world->server.certificate = CERTIFICATE_STRANGER;
    scripted_replace(world);
    expect_nothing_sent(world, RV_ERR_CERTIFICATE);
}

static void verify_optional_sends_to_a_good_server(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    scripted_own_config(world, MBEDTLS_SSL_VERIFY_OPTIONAL);
    scripted_replace(world);
    expect_accepted(world);
}

static void verify_optional_sends_nothing_to_a_stranger(void **state)
{
    struct scripted *world = *state;

    scripted_own_config(world, MBEDTLS_SSL_VERIFY_OPTIONAL);
    world->server.certificate = CERTIFICATE_STRANGER;
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_NOT_TRUSTED);
}

static void verify_optional_sends_nothing_to_another_host(void **state)
{
    struct scripted *world = *state;

    scripted_own_config(world, MBEDTLS_SSL_VERIFY_OPTIONAL);
    world->server.certificate = CERTIFICATE_OTHER_HOST;
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_CN_MISMATCH);
}

static void verify_optional_sends_nothing_on_an_expired_certificate(void **state)
{
    struct scripted *world = *state;

    set_machine_utc(world, UTC_2026_06);
    scripted_own_config(world, MBEDTLS_SSL_VERIFY_OPTIONAL);
    world->server.certificate = CERTIFICATE_DATED;
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_EXPIRED);
}

static void verify_optional_sends_nothing_on_an_expired_intermediate_authority(void **state)
{
    struct scripted *world = *state;

    set_machine_utc(world, UTC_2026_06);
    scripted_own_config(world, MBEDTLS_SSL_VERIFY_OPTIONAL);
    world->server.certificate = CERTIFICATE_CHAINED;
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_EXPIRED);
}

/* A verify callback of the caller's. */
struct verify {
    int calls;
    int leaf_calls;
    uint32_t adds;
    int fails_at_depth; /* -1: nowhere */
    int adds_at_depth;  /* -1: everywhere */
    int clears;
};

static int verify(void *ctx, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    struct verify *own = ctx;

    assert_non_null(certificate);
    own->calls++;
    own->leaf_calls += depth == 0;
    if (own->clears) {
        *flags = 0;
    }
    if (own->adds_at_depth < 0 || own->adds_at_depth == depth) {
        *flags |= own->adds;
    }
    return own->fails_at_depth == depth ? MBEDTLS_ERR_X509_FATAL_ERROR : 0;
}

static void use_verify(struct scripted *world, int authmode, struct verify *own)
{
    scripted_own_config(world, authmode);
    mbedtls_ssl_conf_verify(&world->own_config, verify, own);
}

static void the_callers_verify_callback_sees_every_certificate(void **state)
{
    struct scripted *world = *state;
    struct verify own = {.fails_at_depth = -1};

    SCRIPT(world, ACCEPTED);
    use_verify(world, MBEDTLS_SSL_VERIFY_REQUIRED, &own);
    world->server.certificate = CERTIFICATE_CHAINED;
    scripted_replace(world);
    expect_accepted(world);
    assert_int_equal(own.calls, 3);
    assert_int_equal(own.leaf_calls, 1);
}

static void a_verify_callback_that_clears_flags_does_not_make_a_stranger_trusted(void **state)
{
    struct scripted *world = *state;
    struct verify own = {.fails_at_depth = -1, .clears = 1};

    use_verify(world, MBEDTLS_SSL_VERIFY_REQUIRED, &own);
    world->server.certificate = CERTIFICATE_STRANGER;
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_NOT_TRUSTED);
}

static void nor_with_verify_optional(void **state)
{
    struct scripted *world = *state;
    struct verify own = {.fails_at_depth = -1, .clears = 1};

    use_verify(world, MBEDTLS_SSL_VERIFY_OPTIONAL, &own);
    world->server.certificate = CERTIFICATE_STRANGER;
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_NOT_TRUSTED);
}

static void a_verify_callback_that_clears_flags_does_not_make_another_host_trusted(void **state)
{
    struct scripted *world = *state;
    struct verify own = {.fails_at_depth = -1, .clears = 1};

    use_verify(world, MBEDTLS_SSL_VERIFY_OPTIONAL, &own);
    world->server.certificate = CERTIFICATE_OTHER_HOST;
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_CN_MISMATCH);
}

static void a_verify_callback_that_clears_flags_does_not_make_an_expired_one_valid(void **state)
{
    struct scripted *world = *state;
    struct verify own = {.fails_at_depth = -1, .clears = 1};

    set_machine_utc(world, UTC_2026_06);
    use_verify(world, MBEDTLS_SSL_VERIFY_OPTIONAL, &own);
    world->server.certificate = CERTIFICATE_DATED;
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_EXPIRED);
}

static void a_verify_callback_that_adds_a_flag_refuses(void **state)
{
    struct scripted *world = *state;
    struct verify own = {.fails_at_depth = -1, .adds = MBEDTLS_X509_BADCERT_OTHER};

    use_verify(world, MBEDTLS_SSL_VERIFY_REQUIRED, &own);
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_OTHER);
}

static void a_verify_callback_that_adds_a_flag_refuses_with_verify_optional_too(void **state)
{
    struct scripted *world = *state;
    struct verify own = {.fails_at_depth = -1, .adds = MBEDTLS_X509_BADCERT_OTHER};

    use_verify(world, MBEDTLS_SSL_VERIFY_OPTIONAL, &own);
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_OTHER);
}

static void a_verify_callback_that_adds_a_flag_to_an_authority_refuses(void **state)
{
    struct scripted *world = *state;
    struct verify own = {
        .fails_at_depth = -1, .adds = MBEDTLS_X509_BADCERT_REVOKED, .adds_at_depth = 1};

    use_verify(world, MBEDTLS_SSL_VERIFY_OPTIONAL, &own);
    expect_bad_certificate(world, MBEDTLS_X509_BADCERT_REVOKED);
}

static void a_verify_callback_that_fails_refuses(void **state)
{
    struct scripted *world = *state;
    struct verify own = {.fails_at_depth = 0};

    SCRIPT(world, ACCEPTED);
    use_verify(world, MBEDTLS_SSL_VERIFY_OPTIONAL, &own);
    scripted_replace(world);
    assert_int_equal(scripted_result(world)->outcome, RV_NOT_SENT);
    assert_int_equal(world->server.request_bytes, 0);
    assert_int_equal(own.leaf_calls, 1);
}

static void a_verify_callback_that_fails_at_the_authority_refuses(void **state)
{
    struct scripted *world = *state;
    struct verify own = {.fails_at_depth = 1};

    SCRIPT(world, ACCEPTED);
    use_verify(world, MBEDTLS_SSL_VERIFY_OPTIONAL, &own);
    scripted_replace(world);
    assert_int_equal(scripted_result(world)->outcome, RV_NOT_SENT);
    assert_int_equal(world->server.request_bytes, 0);
}

/* --- setting it up wrongly
 * ------------------------------------------------------------------------ */

static void tls_without_anchors_or_configuration_is_refused(void **state)
{
    struct scripted *world = *state;
    rv_tls tls;

    assert_int_equal(rv_tls_init(&tls, &world->system, NULL), RV_ERR_USAGE);
    rv_tls_free(&tls);
    assert_int_equal(rv_tls_init_with_config(&tls, &world->system, NULL), RV_ERR_USAGE);
    rv_tls_free(&tls);
    assert_int_equal(rv_tls_init(NULL, &world->system, &world->anchors), RV_ERR_USAGE);
}

static void a_system_without_a_clock_or_randomness_is_refused(void **state)
{
    struct scripted *world = *state;
    rv_system system = world->system;
    rv_tls tls;

    system.random = NULL;
    assert_int_equal(rv_tls_init(&tls, &system, &world->anchors), RV_ERR_USAGE);
    rv_tls_free(&tls);
    system = world->system;
    system.utc_s = NULL;
    assert_int_equal(rv_tls_init(&tls, &system, &world->anchors), RV_ERR_USAGE);
    rv_tls_free(&tls);
    system = world->system;
    system.monotonic_ms = NULL;
    assert_int_equal(rv_tls_init(&tls, &system, &world->anchors), RV_ERR_USAGE);
    rv_tls_free(&tls);
    assert_int_equal(rv_tls_init(&tls, NULL, &world->anchors), RV_ERR_USAGE);
    rv_tls_free(&tls);
}

static void psa_that_was_not_initialised_is_told_so(void **state)
{
    struct scripted *world = *state;

#if defined(RV_USE_PSA)
    rv_tls tls;

    mbedtls_psa_crypto_free();
    assert_int_equal(rv_tls_init(&tls, &world->system, &world->anchors), RV_ERR_RANDOM);
    rv_tls_free(&tls);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
#else
    (void)world;
    print_message("this build does not use PSA\n");
    skip();
#endif
}

/* --- a new handshake in the middle (TLS 1.2)
 * ----------------------------------------------------------------- */

#if defined(MBEDTLS_SSL_RENEGOTIATION)

/* One accepted call over a connection that the server may shake hands on again. */
static void connect_for_renegotiation(struct scripted *world, int authmode)
{
    SCRIPT(world, ACCEPTED);
    scripted_own_config(world, authmode);
    mbedtls_ssl_conf_renegotiation(&world->own_config, MBEDTLS_SSL_RENEGOTIATION_ENABLED);
    world->server.tls_1_2_only = 1;
    world->server.renegotiates = 1;
    scripted_replace(world);
    expect_accepted(world);
}

static void a_new_handshake_that_the_server_asks_for_is_refused(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    world->server.tls_1_2_only = 1;
    world->server.renegotiates = 1;
    scripted_replace(world);
    scripted_server_renegotiate(world, CERTIFICATE_GOOD);
    scripted_replace(world);
    expect_accepted(world);
    assert_int_equal(world->server.executed, 2);
}

static void nothing_is_sent_after_a_new_handshake_with_a_stranger(void **state)
{
    struct scripted *world = *state;

    connect_for_renegotiation(world, MBEDTLS_SSL_VERIFY_OPTIONAL);
    world->config.attempts_max = 1;
    scripted_server_renegotiate(world, CERTIFICATE_STRANGER);
    scripted_replace(world);
    assert_int_equal(world->server.executed, 1);
    assert_int_equal(scripted_result(world)->status, RV_ERR_CERTIFICATE);
    assert_int_equal(scripted_result(world)->outcome, RV_NOT_SENT);
}

/* The same where the new handshake takes several steps, as over a real network: at one place in it
 * there is nothing to read yet. */
static const rv_socket *whole_socket;
static unsigned reads_until_nothing;

static int recv_with_a_pause(void *ctx, uint8_t *buf, size_t len)
{
    struct scripted *world = (struct scripted *)ctx;

    if (reads_until_nothing > 0 && --reads_until_nothing == 0) {
        world->said_again |= RV_READ;
        return RV_AGAIN;
    }
    return whole_socket->recv(ctx, buf, len);
}

static void nothing_is_sent_after_a_slow_new_handshake_under_a_later_time(void **state)
{
    struct scripted *world = *state;
    unsigned at;

    for (at = 3; at < 16; at++) {
        static rv_socket socket;

        socket = world->socket;
        whole_socket = &world->socket;
        socket.recv = recv_with_a_pause;
        world->config.socket = &socket;
        reads_until_nothing = 0;
        world->server.certificate = CERTIFICATE_DATED;
        connect_for_renegotiation(world, MBEDTLS_SSL_VERIFY_OPTIONAL);
        set_machine_utc(world, UTC_2026_06);
        scripted_server_renegotiate(world, CERTIFICATE_DATED);
        reads_until_nothing = at;
        scripted_replace(world);
        assert_int_equal(world->server.executed, 1);
        assert_int_equal(scripted_result(world)->status, RV_ERR_CERTIFICATE);
        world = scripted_another(state);
    }
}

static void nothing_is_sent_after_a_new_handshake_under_a_later_time(void **state)
{
    struct scripted *world = *state;

    world->server.certificate = CERTIFICATE_DATED;
    connect_for_renegotiation(world, MBEDTLS_SSL_VERIFY_OPTIONAL);
    set_machine_utc(world, UTC_2026_06);
    scripted_server_renegotiate(world, CERTIFICATE_DATED);
    scripted_replace(world);
    assert_int_equal(world->server.executed, 1);
    assert_int_equal(scripted_result(world)->status, RV_ERR_CERTIFICATE);
    assert_int_equal(scripted_result(world)->outcome, RV_NOT_SENT);
}

#endif

/* --- how a stream ends
 * ------------------------------------------------------------------------------------------ */

static void a_body_without_a_length_ends_with_close_notify(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 200, .body = BODY_ACCEPTED, .no_length = 1, .end = END_CLOSE_NOTIFY});
    scripted_replace(world);
    expect_accepted(world);
    assert_int_equal(world->is_open, 0);
}

static void a_body_without_a_length_is_not_complete_without_close_notify(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 200, .body = BODY_ACCEPTED, .no_length = 1, .end = END_CUT});
    world->config.attempts_max = 1;
    scripted_replace(world);
    assert_int_equal(scripted_result(world)->status, RV_ERR_NETWORK);
    assert_int_equal(scripted_result(world)->outcome, RV_UNKNOWN);
    assert_int_equal(scripted_result(world)->http_status, 200);
}

static void close_notify_in_the_middle_of_a_counted_body_is_no_end(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 200,
                   .body = BODY_ACCEPTED,
                   .is_cut = 1,
                   .cut_at = 100,
                   .end = END_CLOSE_NOTIFY});
    world->config.attempts_max = 1;
    scripted_replace(world);
    assert_int_equal(scripted_result(world)->status, RV_ERR_NETWORK);
    assert_int_equal(scripted_result(world)->outcome, RV_UNKNOWN);
}

static void a_counted_body_is_complete_whatever_follows(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 200, .body = BODY_ACCEPTED, .end = END_CUT});
    scripted_replace(world);
    expect_accepted(world);
}

static void the_client_says_good_bye_in_an_orderly_way(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    scripted_replace(world);
    rv_client_close(&world->client);
    assert_int_equal(world->server.said_goodbye, 1);
    assert_int_equal(world->is_open, 0);
}

/* --- steps ------------------------------------------------------------------------------------ */

static void the_handshake_gives_way_after_each_of_its_steps(void **state)
{
    struct scripted *world = *state;
    rv_need need;
    unsigned steps = 0;

    SCRIPT(world, {.status = 200, .body = BODY_ACCEPTED, .delay_ms = 1});
    scripted_start(world);
    while (world->server.request_bytes == 0) {
        assert_int_equal(scripted_step(world, &need), RV_AGAIN);
        scripted_wait(world, &need);
        steps++;
    }
    assert_true(steps >= 10);
    assert_true(world->need_now >= 8);
}

static void data_that_waits_inside_tls_is_read_while_the_socket_is_silent(void **state)
{
    static char body[12000];
    static scripted_answer answer = {.status = 200, .body = body};
    struct scripted *world = *state;
    rv_need need;
    int status;

    memset(body, ' ', sizeof(body) - 1);
    memcpy(body, BODY_ACCEPTED, strlen(BODY_ACCEPTED));
    world->server.answers = &answer;
    world->server.answer_count = 1;
    scripted_start(world);
    while ((status = scripted_step(world, &need)) == RV_AGAIN) {
        if (world->server.requests == 1 && world->server.out.begin == world->server.out.end) {
            assert_int_equal(need.events, RV_NOW);
        }
        scripted_wait(world, &need);
    }
    assert_int_equal(status, RV_OK);
    assert_int_equal(world->now_ms, 1000000); /* nothing was waited for */
}

static void a_long_answer_is_read_4_kib_a_step(void **state)
{
    static char body[20000];
    static scripted_answer answer = {.status = 200, .body = body, .delay_ms = 1};
    struct scripted *world = *state;
    rv_need need;
    unsigned before;

    memset(body, ' ', sizeof(body) - 1);
    memcpy(body, BODY_ACCEPTED, strlen(BODY_ACCEPTED));
    world->server.answers = &answer;
    world->server.answer_count = 1;
    scripted_start(world);
    while (world->server.requests == 0) {
        scripted_step(world, &need);
        scripted_wait(world, &need);
    }
    before = world->steps;
    assert_int_equal(scripted_run(world), RV_OK);
    assert_true(world->steps - before >= 5);
}

static void a_long_request_goes_out_at_most_4_kib_a_step(void **state)
{
    static uint8_t user_data[10000];
    struct scripted *world = *state;
    size_t before = 0;
    rv_need need;

    SCRIPT(world, {.status = 200, .body = BODY_ACCEPTED, .delay_ms = 1});
    memset(user_data, 0xAA, sizeof(user_data));
    world->replace.method = RV_POST;
    world->replace.user_data = user_data;
    world->replace.user_data_len = sizeof(user_data); /* 13,336 characters */
    scripted_start(world);
    while (world->server.requests == 0) {
        assert_int_equal(scripted_step(world, &need), RV_AGAIN);
        assert_in_range(world->server.request_bytes - before, 0, 4096);
        before = world->server.request_bytes;
    }
    assert_int_equal(scripted_run(world), RV_OK);
}

static void session_tickets_of_the_server_do_no_harm(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    world->server.has_tickets = 1;
    scripted_replace(world);
    expect_accepted(world);
    scripted_replace(world);
    expect_accepted(world);
    assert_int_equal(world->server.connections, 1);
}

static void a_new_session_ticket_means_call_again_at_once(void **state)
{
    struct scripted *world = *state;

#if SCRIPTED_TLS_1_3 && defined(MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED)
    scripted_own_config(world, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        &world->own_config, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#else
    print_message("this mbedTLS does not tell of tickets\n");
    skip();
#endif
    SCRIPT(world, ACCEPTED);
    world->server.has_tickets = 1;
    scripted_replace(world);
    expect_accepted(world);
    assert_int_equal(world->now_ms, 1000000);
    scripted_replace(world);
    expect_accepted(world);
    assert_int_equal(world->server.connections, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scripted_setup, scripted_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_server_with_a_good_certificate_is_trusted),
        TEST(a_server_behind_an_intermediate_authority_is_trusted),
        TEST(a_certificate_for_another_host_is_refused),
        TEST(a_certificate_of_another_authority_is_refused),
        TEST(a_handshake_with_a_bad_certificate_is_not_repeated),
        TEST(the_host_is_asked_for_by_name),
        TEST(http_1_1_is_offered_as_protocol),
        TEST(a_server_that_speaks_no_http_1_1_is_refused_in_the_handshake),
        TEST(tls_1_2_is_spoken),
        TEST(tls_1_3_is_preferred_where_mbedtls_has_it),
        TEST(tls_1_1_is_refused),
        TEST(tls_1_1_of_the_callers_configuration_is_refused),
        TEST(an_expired_certificate_is_refused),
        TEST(a_certificate_that_is_not_valid_yet_is_refused),
        TEST(a_certificate_is_valid_to_its_last_second),
        TEST(a_certificate_is_expired_one_second_later),
        TEST(a_certificate_is_valid_from_its_first_second),
        TEST(an_expired_intermediate_authority_is_refused),
        TEST(an_intermediate_authority_that_is_not_valid_yet_is_refused),
        TEST(a_certificate_that_only_mbedtls_holds_for_expired_is_trusted),
        TEST(a_certificate_that_only_mbedtls_holds_for_future_is_trusted),
        TEST(dates_are_judged_in_the_callers_configuration_too),
        TEST(unknown_time_without_a_lower_bound_is_an_error_before_connecting),
        TEST(unknown_time_with_a_lower_bound_starts_there),
        TEST(certificates_are_judged_at_the_lower_bound_if_the_clock_is_before_it),
        TEST(the_lower_bound_does_not_save_what_is_expired),
        TEST(a_clock_after_the_lower_bound_is_believed),
        TEST(a_machine_that_booted_in_1970_is_corrected),
        TEST(a_machine_that_booted_in_1970_without_a_lower_bound_is_told_so),
        TEST(a_clock_that_is_hours_behind_is_corrected),
        TEST(a_clock_that_is_hours_ahead_is_corrected),
        TEST(a_clock_that_is_years_ahead_is_corrected_while_certificates_allow),
        TEST(a_clock_past_the_certificates_end_is_a_clear_error),
        TEST(the_chain_is_verified_again_under_the_corrected_time),
        TEST(the_request_is_signed_again_with_the_corrected_date),
        TEST(the_correction_is_not_one_of_the_attempts),
        TEST(the_correction_holds_for_the_next_call),
        TEST(the_first_sending_is_told_in_corrected_time),
        TEST(a_second_invalid_timestamp_is_final),
        TEST(invalid_timestamp_without_a_date_is_final),
        TEST(a_date_of_another_answer_corrects_nothing),
        TEST(a_clock_that_was_set_right_after_a_correction_is_believed),
        TEST(a_clock_that_becomes_known_after_a_correction_is_believed),
        TEST(a_request_that_is_repeated_after_midnight_is_signed_for_the_new_day),
        TEST(the_callers_configuration_is_used),
        TEST(verify_none_sends_nothing),
        TEST(verify_none_sends_nothing_to_a_stranger_either),
        TEST(verify_optional_sends_to_a_good_server),
        TEST(verify_optional_sends_nothing_to_a_stranger),
        TEST(verify_optional_sends_nothing_to_another_host),
        TEST(verify_optional_sends_nothing_on_an_expired_certificate),
        TEST(verify_optional_sends_nothing_on_an_expired_intermediate_authority),
        TEST(the_callers_verify_callback_sees_every_certificate),
        TEST(a_verify_callback_that_clears_flags_does_not_make_a_stranger_trusted),
        TEST(nor_with_verify_optional),
        TEST(a_verify_callback_that_clears_flags_does_not_make_another_host_trusted),
        TEST(a_verify_callback_that_clears_flags_does_not_make_an_expired_one_valid),
        TEST(a_verify_callback_that_adds_a_flag_refuses),
        TEST(a_verify_callback_that_adds_a_flag_refuses_with_verify_optional_too),
        TEST(a_verify_callback_that_adds_a_flag_to_an_authority_refuses),
        TEST(a_verify_callback_that_fails_refuses),
        TEST(a_verify_callback_that_fails_at_the_authority_refuses),
        TEST(tls_without_anchors_or_configuration_is_refused),
        TEST(a_system_without_a_clock_or_randomness_is_refused),
        TEST(psa_that_was_not_initialised_is_told_so),
#if defined(MBEDTLS_SSL_RENEGOTIATION)
        TEST(a_new_handshake_that_the_server_asks_for_is_refused),
        TEST(nothing_is_sent_after_a_new_handshake_with_a_stranger),
        TEST(nothing_is_sent_after_a_slow_new_handshake_under_a_later_time),
        TEST(nothing_is_sent_after_a_new_handshake_under_a_later_time),
#endif
        TEST(a_body_without_a_length_ends_with_close_notify),
        TEST(a_body_without_a_length_is_not_complete_without_close_notify),
        TEST(close_notify_in_the_middle_of_a_counted_body_is_no_end),
        TEST(a_counted_body_is_complete_whatever_follows),
        TEST(the_client_says_good_bye_in_an_orderly_way),
        TEST(the_handshake_gives_way_after_each_of_its_steps),
        TEST(data_that_waits_inside_tls_is_read_while_the_socket_is_silent),
        TEST(a_long_answer_is_read_4_kib_a_step),
        TEST(a_long_request_goes_out_at_most_4_kib_a_step),
        TEST(session_tickets_of_the_server_do_no_harm),
        TEST(a_new_session_ticket_means_call_again_at_once),
    };

    return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
