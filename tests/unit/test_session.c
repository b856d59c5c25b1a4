/* Resumed TLS sessions: what they save, and that nothing is sent that a full handshake would not
 * have allowed. */
#include "tests/support/scripted.h"

#if defined(MBEDTLS_SSL_SESSION_TICKETS)
#define HAS_TICKETS 1
#else
#define HAS_TICKETS 0
#endif

#define YEAR INT64_C(31536000)

static unsigned full, resumed;

static void trace(void *ctx, rv_trace_event event, int32_t number, const char *text)
{
    (void)ctx;
    (void)text;
    if (event == RV_TRACE_CONNECTED) {
        full += number == 0;
        resumed += number == 1;
    }
}

/* A service that gives tickets and closes after each answer. */
static struct scripted *closing(void **state)
{
    struct scripted *world = *state;

    if (!HAS_TICKETS) {
        print_message("the scripted service has no tickets with this mbedTLS\n");
        skip();
    }
    SCRIPT(world, {.status = 200,
                   .body = BODY_ACCEPTED,
                   .fields = "Connection: close\r\n",
                   .end = END_CLOSE_NOTIFY});
    world->server.has_tickets = 1;
    world->config.trace = trace;
    full = resumed = 0;
    return world;
}

static void expect_handshakes(struct scripted *world, unsigned want_full, unsigned want_resumed)
{
    assert_int_equal(full, want_full);
    assert_int_equal(resumed, want_resumed);
    assert_int_equal(world->server.requests, want_full + want_resumed);
}

static void the_next_connection_resumes(void **state)
{
    struct scripted *world = closing(state);
    int i;

    for (i = 0; i < 4; i++) {
        assert_int_equal(scripted_replace(world), RV_OK);
    }
    expect_handshakes(world, 1, 3);
}

static void the_next_connection_resumes_with_tls_1_2(void **state)
{
    struct scripted *world = closing(state);
    int i;

    world->server.tls_1_2_only = 1;
    for (i = 0; i < 4; i++) {
        assert_int_equal(scripted_replace(world), RV_OK);
    }
    expect_handshakes(world, 1, 3);
    assert_string_equal(world->server.version, "TLSv1.2");
}

static void a_client_that_was_closed_by_its_caller_resumes_too(void **state)
{
    struct scripted *world = closing(state);

    SCRIPT(world, ACCEPTED);
    assert_int_equal(scripted_replace(world), RV_OK);
    rv_client_close(&world->client);
    assert_int_equal(scripted_replace(world), RV_OK);
    expect_handshakes(world, 1, 1);
}

static int refuse_ticket(void *ctx, mbedtls_ssl_session *session, unsigned char *buf, size_t len)
{
    (void)ctx;
    (void)session;
    (void)buf;
    (void)len;
    return MBEDTLS_ERR_SSL_INVALID_MAC;
}

/* From now on the service knows none of its tickets. */
static void forget_tickets(struct scripted *world)
{
#if HAS_TICKETS
    mbedtls_ssl_conf_session_tickets_cb(&world->server.config, mbedtls_ssl_ticket_write,
                                        refuse_ticket, &world->server.tickets);
#else
    (void)world;
    (void)refuse_ticket;
#endif
}

static void a_service_that_has_forgotten_the_session_gets_a_full_handshake(void **state)
{
    struct scripted *world = closing(state);

    assert_int_equal(scripted_replace(world), RV_OK);
    forget_tickets(world);
    assert_int_equal(scripted_replace(world), RV_OK);
    expect_handshakes(world, 2, 0);
}

static void the_full_handshake_instead_is_verified(void **state)
{
    struct scripted *world = closing(state);
    int tls_1_2_only;

    for (tls_1_2_only = 0; tls_1_2_only < 2; tls_1_2_only++) {
        world->server.tls_1_2_only = tls_1_2_only;
        assert_int_equal(scripted_replace(world), RV_OK);
        forget_tickets(world);
        world->server.certificate = CERTIFICATE_STRANGER;
        assert_int_equal(scripted_replace(world), RV_ERR_CERTIFICATE);
        assert_int_equal(scripted_result(world)->outcome, RV_NOT_SENT);
        expect_handshakes(world, 1, 0);
        world = scripted_another(state);
        world = closing(state);
    }
}

static void nor_does_verify_optional_let_it_pass(void **state)
{
    struct scripted *world = closing(state);

    world->server.tls_1_2_only = 1;
    scripted_own_config(world, MBEDTLS_SSL_VERIFY_OPTIONAL);
    assert_int_equal(scripted_replace(world), RV_OK);
    forget_tickets(world);
    world->server.certificate = CERTIFICATE_STRANGER;
    assert_int_equal(scripted_replace(world), RV_ERR_CERTIFICATE);
    expect_handshakes(world, 1, 0);
}

static void verify_none_has_no_session_to_resume(void **state)
{
    struct scripted *world = closing(state);

    world->server.tls_1_2_only = 1;
    scripted_own_config(world, MBEDTLS_SSL_VERIFY_NONE);
    assert_int_equal(scripted_replace(world), RV_ERR_CERTIFICATE);
    assert_int_equal(scripted_replace(world), RV_ERR_CERTIFICATE);
    expect_handshakes(world, 0, 0);
}

static void a_full_handshake_without_verification_is_not_taken_for_a_resumed_one(void **state)
{
    struct scripted *world = closing(state);

    world->server.tls_1_2_only = 1;
    scripted_own_config(world, MBEDTLS_SSL_VERIFY_REQUIRED);
    assert_int_equal(scripted_replace(world), RV_OK);
    forget_tickets(world);
    mbedtls_ssl_conf_authmode(&world->own_config, MBEDTLS_SSL_VERIFY_NONE);
    assert_int_equal(scripted_replace(world), RV_ERR_CERTIFICATE);
    expect_handshakes(world, 1, 0);
}

static void a_session_ends_with_the_first_certificate_of_its_chain(void **state)
{
    struct scripted *world = closing(state);

    world->server.certificate = CERTIFICATE_CHAINED; /* by an authority of 2025 */
    assert_int_equal(scripted_replace(world), RV_OK);
    assert_int_equal(scripted_replace(world), RV_OK);
    expect_handshakes(world, 1, 1);
    world->utc_error_s = YEAR;
    assert_int_equal(scripted_replace(world), RV_ERR_CERTIFICATE);
    assert_int_equal(scripted_result(world)->verify_flags, MBEDTLS_X509_BADCERT_EXPIRED);
    expect_handshakes(world, 1, 1);
}

static void a_resumed_session_passes_that_end_on(void **state)
{
    struct scripted *world = closing(state);
    int i;

    world->server.tls_1_2_only = 1;
    world->server.certificate = CERTIFICATE_CHAINED;
    for (i = 0; i < 3; i++) {
        assert_int_equal(scripted_replace(world), RV_OK);
    }
    world->utc_error_s = YEAR;
    assert_int_equal(scripted_replace(world), RV_ERR_CERTIFICATE);
    expect_handshakes(world, 1, 2);
}

static void a_corrected_clock_drops_the_session(void **state)
{
    struct scripted *world = closing(state);

    world->server.checks_time = 1;
    assert_int_equal(scripted_replace(world), RV_OK);
    world->utc_error_s = -7200;
    assert_int_equal(scripted_replace(world), RV_OK);
    assert_int_equal(scripted_result(world)->attempts, 2);
    assert_int_equal(resumed, 1); /* for the answer that told the time */
    assert_int_equal(full, 2);
    assert_int_equal(scripted_replace(world), RV_OK);
    assert_int_equal(resumed, 2);
}

static void a_handshake_that_fails_with_a_session_is_full_the_next_time(void **state)
{
    struct scripted *world = closing(state);

    assert_int_equal(scripted_replace(world), RV_OK);
    scripted_fail(world, ON_RECV, world->calls[ON_RECV] + 2, RV_ERR_NETWORK);
    world->fail.and_later = 0;
    assert_int_equal(scripted_replace(world), RV_OK);
    expect_handshakes(world, 2, 0);
}

static void with_a_pre_shared_key_nothing_is_resumed(void **state)
{
#if defined(MBEDTLS_SSL_HANDSHAKE_WITH_PSK_ENABLED) || \
    defined(MBEDTLS_KEY_EXCHANGE_SOME_PSK_ENABLED)
    static const unsigned char key[16] = {1, 2, 3};
    struct scripted *world = closing(state);

    world->server.tls_1_2_only = 1;
    scripted_own_config(world, MBEDTLS_SSL_VERIFY_REQUIRED);
    assert_int_equal(mbedtls_ssl_conf_psk(&world->own_config, key, sizeof(key), key, 4), 0);
    assert_int_equal(scripted_replace(world), RV_OK);
    assert_int_equal(scripted_replace(world), RV_OK);
    expect_handshakes(world, 2, 0);
#else
    (void)state;
    print_message("this mbedTLS has no pre-shared keys\n");
    skip();
#endif
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scripted_setup, scripted_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_next_connection_resumes),
        TEST(the_next_connection_resumes_with_tls_1_2),
        TEST(a_client_that_was_closed_by_its_caller_resumes_too),
        TEST(a_service_that_has_forgotten_the_session_gets_a_full_handshake),
        TEST(the_full_handshake_instead_is_verified),
        TEST(nor_does_verify_optional_let_it_pass),
        TEST(verify_none_has_no_session_to_resume),
        TEST(a_full_handshake_without_verification_is_not_taken_for_a_resumed_one),
        TEST(a_session_ends_with_the_first_certificate_of_its_chain),
        TEST(a_resumed_session_passes_that_end_on),
        TEST(a_corrected_clock_drops_the_session),
        TEST(a_handshake_that_fails_with_a_session_is_full_the_next_time),
        TEST(with_a_pre_shared_key_nothing_is_resumed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
