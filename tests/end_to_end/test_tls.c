/* TLS to the endpoint in every form that a server may choose, and every certificate that is not to
 * be trusted: then no byte of a request may reach the service. */
#define _POSIX_C_SOURCE 200809L
#include "tests/support/customer.h"

#include <stdio.h>
#include <string.h>

/* --- accepted ----------------------------------------------------------------------------------
 */

struct form {
    const char *name;
    const char *versions; /* --tls */
    const char *key;      /* --key */
    const char *more;     /* another option */
};

static int is_possible(const struct form *form)
{
    return strcmp(form->versions, "1.3") != 0 || CUSTOMER_TLS_1_3;
}

static const char *expected_version(const struct form *form)
{
    return strcmp(form->versions, "1.2") != 0 && CUSTOMER_TLS_1_3 ? "TLSv1.3" : "TLSv1.2";
}

static void takes_form(struct customer *customer)
{
    const struct form *form = customer->with;
    char line[64];

    /* the fault of mbedTLS's issue 10668: no TLS 1.2 with a server that signs with RSA-PSS */
    if (MBEDTLS_VERSION_NUMBER == 0x03060600 && strcmp(form->versions, "1.2") == 0 &&
        strcmp(form->key, "rsa") == 0) {
        skip();
    }
    SERVE(customer, "--tls", form->versions, "--key", form->key, form->more);
    if (!is_possible(form)) {
        customer->config.attempts_max = 1;
        assert_int_equal(customer_replace(customer), RV_ERR_TLS);
        assert_int_equal(customer_result(customer)->outcome, RV_NOT_SENT);
        assert_int_not_equal(customer_result(customer)->tls_error, 0);
        assert_int_equal(customer_requests(customer), 0);
        return;
    }
    customer->replace.dry_run = RV_TRUE;
    assert_int_equal(customer_replace(customer), RV_OK);
    customer->replace.dry_run = RV_UNSET;
    assert_int_equal(customer_replace(customer), RV_OK); /* after tickets, if there are any */
    rv_client_close(&customer->client);
    customer->replace.instance_id = "i-windows0stopped0001";
    assert_int_equal(customer_replace(customer), RV_OK); /* resumed, if that is done */
    assert_int_equal(customer->connections, 2);
    assert_string_equal(customer->tls_version, expected_version(form));
    snprintf(line, sizeof line, "\"tls\":\"%s\"", expected_version(form));
    assert_int_equal(customer_lines(customer, IS_OPENED, line), 2);
    assert_int_equal(customer_lines(customer, IS_OPENED, "\"alpn\":\"http/1.1\""), 2);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 2);
}

/* The service is elsewhere, its name is what counts. */
static void name_of_an_address(struct customer *customer)
{
    SERVE(customer, "--host-name", "ecs.cn-beijing.volcengineapi.test");
    customer->config.host = "ecs.cn-beijing.volcengineapi.test";
    customer->posix.address = "127.0.0.1";
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer_lines(customer, IS_OPENED,
                                    "\"server_name\":\"ecs.cn-beijing.volcengineapi.test\""),
                     1);
}

static void name_in_upper_case(struct customer *customer)
{
    SERVE(customer, NULL);
    customer->config.host = "LocalHost";
    customer->posix.address = "127.0.0.1";
    assert_int_equal(customer_replace(customer), RV_OK);
}

/* --- refused -----------------------------------------------------------------------------------
 */

static void assert_not_trusted(struct customer *customer, uint32_t flag)
{
    const rv_result *result = customer_result(customer);

    assert_int_equal(customer_replace(customer), RV_ERR_CERTIFICATE);
    assert_int_equal(result->status, RV_ERR_CERTIFICATE);
    assert_int_equal(result->outcome, RV_NOT_SENT);
    if ((result->verify_flags & flag) == 0) {
        fail_msg("verify_flags: 0x%x", (unsigned)result->verify_flags);
    }
    assert_int_equal(result->attempts, 0);
    assert_int_equal(result->http_status, 0);
    assert_int_equal(result->first_sent_utc_s, RV_TIME_UNKNOWN);
    assert_int_equal(customer->traced[RV_TRACE_ATTEMPT], 1);
    assert_int_equal(customer->traced[RV_TRACE_SENT], 0);
    customer_settle(customer);
    assert_int_equal(customer_lines(customer, IS_REQUEST, NULL), 0);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 0);
}

struct bad_certificate {
    const char *name;
    const char *kind; /* --certificate */
    uint32_t flag;
    const char *versions;
    const char *more;
};

static void bad_certificate(struct customer *customer)
{
    const struct bad_certificate *bad = customer->with;

    SERVE(customer, "--certificate", bad->kind, "--tls", bad->versions, bad->more);
    assert_not_trusted(customer, bad->flag);
    /* and by POST, and a second time, it is no better */
    customer_restart(customer);
    memset(customer->traced, 0, sizeof customer->traced);
    customer->replace.method = RV_POST;
    assert_not_trusted(customer, bad->flag);
}

static void ca_of_another(struct customer *customer)
{
    struct endpoint *other = endpoint_start(NULL);

    SERVE(customer, NULL);
    customer->ca_file = endpoint_ca_file(other);
    assert_not_trusted(customer, MBEDTLS_X509_BADCERT_NOT_TRUSTED);
    customer_restart(customer);
    endpoint_stop(other);
    customer->ca_file = NULL;
    assert_int_equal(customer_replace(customer), RV_OK);
}

static void no_anchor_at_all(struct customer *customer)
{
    SERVE(customer, NULL);
    customer_set_up(customer);
    mbedtls_x509_crt_free(&customer->anchors);
    mbedtls_x509_crt_init(&customer->anchors);
    assert_not_trusted(customer, MBEDTLS_X509_BADCERT_NOT_TRUSTED);
}

static void name_of_another(struct customer *customer)
{
    SERVE(customer, NULL);
    customer->config.host = "open.volcengineapi.com";
    customer->posix.address = "127.0.0.1";
    assert_not_trusted(customer, MBEDTLS_X509_BADCERT_CN_MISMATCH);
}

/* Part of a name, and more than a name, is not the name. */
static void name_that_is_nearly_right(struct customer *customer)
{
    const char *const names[] = {"localhos", "localhost1", "a.localhost", "ocalhost"};
    size_t i;

    SERVE(customer, NULL);
    customer->posix.address = "127.0.0.1";
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        customer_restart(customer);
        memset(customer->traced, 0, sizeof customer->traced);
        customer->config.host = names[i];
        assert_not_trusted(customer, MBEDTLS_X509_BADCERT_CN_MISMATCH);
    }
}

/* --- a caller's own configuration ---------------------------------------------------------------
 */

#if MBEDTLS_VERSION_NUMBER < 0x04000000
static int random_for_tls(void *ctx, unsigned char *buf, size_t len)
{
    return rv_posix_random(ctx, buf, len);
}
#endif

/* One that asks mbedTLS not to verify anything does not get the request sent. */
static void own_configuration_cannot_switch_it_off(struct customer *customer)
{
    static mbedtls_ssl_config own;
    rv_result why;

    SERVE(customer, "--certificate", customer->with);
    mbedtls_ssl_config_init(&own);
    assert_int_equal(mbedtls_ssl_config_defaults(&own, MBEDTLS_SSL_IS_CLIENT,
                                                 MBEDTLS_SSL_TRANSPORT_STREAM,
                                                 MBEDTLS_SSL_PRESET_DEFAULT),
                     0);
    mbedtls_ssl_conf_authmode(&own, MBEDTLS_SSL_VERIFY_NONE);
#if MBEDTLS_VERSION_NUMBER < 0x04000000
    mbedtls_ssl_conf_rng(&own, random_for_tls, NULL);
#endif
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    mbedtls_ssl_conf_max_tls_version(&own, MBEDTLS_SSL_VERSION_TLS1_2); /* 1.3 has no "none" */
#endif
    customer_set_up(customer);
    rv_client_free(&customer->client);
    rv_tls_free(&customer->tls);
    assert_int_equal(rv_tls_init_with_config(&customer->tls, &customer->system, &own), RV_OK);
    assert_int_equal(rv_client_init(&customer->client, &customer->config, &why), RV_OK);
    assert_int_equal(customer_replace(customer), RV_ERR_CERTIFICATE);
    assert_int_equal(customer_result(customer)->outcome, RV_NOT_SENT);
    customer_settle(customer);
    assert_int_equal(customer_lines(customer, IS_REQUEST, NULL), 0);
    customer_restart(customer);
    mbedtls_ssl_config_free(&own);
}

/* --- trouble in the handshake -------------------------------------------------------------------
 */

static void cut_in_the_handshake(struct customer *customer)
{
    SERVE(customer, "--cut-record-bytes", customer->with);
    customer->config.attempts_max = 2;
    assert_int_equal(customer_replace(customer), RV_ERR_NETWORK);
    assert_int_equal(customer_result(customer)->outcome, RV_NOT_SENT);
    assert_int_equal(customer_result(customer)->attempts, 0);
    assert_int_equal(customer->traced[RV_TRACE_ATTEMPT], 2);
    customer_settle(customer);
    assert_int_equal(customer_lines(customer, IS_REQUEST, NULL), 0);
}

static void stalled_handshake(struct customer *customer)
{
    SERVE(customer, "--tls-stall", "99");
    customer->config.attempts_max = 1;
    customer->config.idle_timeout_ms = patience_ms(300);
    assert_int_equal(customer_replace(customer), RV_ERR_TIMEOUT);
    assert_int_equal(customer_result(customer)->outcome, RV_NOT_SENT);
}

static void stalled_once(struct customer *customer)
{
    SERVE(customer, "--tls-stall", "1");
    customer->config.idle_timeout_ms = patience_ms(500);
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer_result(customer)->outcome, RV_ACCEPTED);
    assert_int_equal(customer_result(customer)->attempts, 1);
    assert_int_equal(customer->traced[RV_TRACE_ATTEMPT], 2);
}

#define FORM(name, ...) \
    CUSTOMER_TEST_WITH(name, takes_form, (&(const struct form){name, __VA_ARGS__}))
#define BAD(name, ...) \
    CUSTOMER_TEST_WITH(name, bad_certificate, (&(const struct bad_certificate){name, __VA_ARGS__}))
#define FLAG(name) MBEDTLS_X509_BADCERT_##name

int main(void)
{
    const struct CMUnitTest tests[] = {
        FORM("TLS 1.2, EC", "1.2", "ec", NULL),
        FORM("TLS 1.2, RSA", "1.2", "rsa", NULL),
        FORM("TLS 1.3, EC", "1.3", "ec", NULL),
        FORM("TLS 1.3, RSA", "1.3", "rsa", NULL),
        FORM("either, EC", "both", "ec", NULL),
        FORM("either, RSA", "both", "rsa", NULL),
        FORM("TLS 1.2, EC, intermediate", "1.2", "ec", "--intermediate"),
        FORM("TLS 1.2, RSA, intermediate", "1.2", "rsa", "--intermediate"),
        FORM("TLS 1.3, EC, intermediate", "1.3", "ec", "--intermediate"),
        FORM("TLS 1.3, RSA, intermediate", "1.3", "rsa", "--intermediate"),
        FORM("TLS 1.2, no tickets", "1.2", "ec", "--no-session-tickets"),
        FORM("TLS 1.2, no resumption", "1.2", "ec", "--no-resumption"),
        FORM("TLS 1.3, no tickets", "1.3", "ec", "--no-session-tickets"),
        CUSTOMER_TEST(name_of_an_address),
        CUSTOMER_TEST(name_in_upper_case),

        BAD("wrong host, either", "wrong-host", FLAG(CN_MISMATCH), "both", NULL),
        BAD("wrong host, TLS 1.2", "wrong-host", FLAG(CN_MISMATCH), "1.2", NULL),
        BAD("expired, either", "expired", FLAG(EXPIRED), "both", NULL),
        BAD("expired, TLS 1.2", "expired", FLAG(EXPIRED), "1.2", NULL),
        BAD("not yet valid, either", "not-yet-valid", FLAG(FUTURE), "both", NULL),
        BAD("not yet valid, TLS 1.2", "not-yet-valid", FLAG(FUTURE), "1.2", NULL),
        BAD("self-signed, either", "self-signed", FLAG(NOT_TRUSTED), "both", NULL),
        BAD("self-signed, TLS 1.2", "self-signed", FLAG(NOT_TRUSTED), "1.2", NULL),
        BAD("other CA, either", "other-ca", FLAG(NOT_TRUSTED), "both", NULL),
        BAD("other CA, TLS 1.2", "other-ca", FLAG(NOT_TRUSTED), "1.2", NULL),
        BAD("other CA, intermediate", "other-ca", FLAG(NOT_TRUSTED), "both", "--intermediate"),
        BAD("expired, intermediate", "expired", FLAG(EXPIRED), "both", "--intermediate"),
        CUSTOMER_TEST(ca_of_another),
        CUSTOMER_TEST(no_anchor_at_all),
        CUSTOMER_TEST(name_of_another),
        CUSTOMER_TEST(name_that_is_nearly_right),
        CUSTOMER_TEST_WITH("own configuration without verification, good certificate",
                           own_configuration_cannot_switch_it_off, "good"),
        CUSTOMER_TEST_WITH("own configuration without verification, self-signed",
                           own_configuration_cannot_switch_it_off, "self-signed"),

        CUSTOMER_TEST_WITH("cut after 1 byte", cut_in_the_handshake, "1"),
        CUSTOMER_TEST_WITH("cut after 5 bytes", cut_in_the_handshake, "5"),
        CUSTOMER_TEST_WITH("cut after 90 bytes", cut_in_the_handshake, "90"),
        CUSTOMER_TEST_WITH("cut after 600 bytes", cut_in_the_handshake, "600"),
        CUSTOMER_TEST(stalled_handshake),
        CUSTOMER_TEST(stalled_once),
    };

    customer_begin_process();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
