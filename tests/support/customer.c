#define _POSIX_C_SOURCE 200809L
#include "customer.h"

#include "spawn.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>
#endif

#define SETTLE_MS 5000

void customer_begin_process(void)
{
#if defined(MBEDTLS_PSA_CRYPTO_C)
    if (psa_crypto_init() != PSA_SUCCESS) {
        fprintf(stderr, "customer: psa_crypto_init failed\n");
        exit(1);
    }
#endif
}

int is_under_valgrind(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    return preloaded != NULL && strstr(preloaded, "vgpreload") != NULL;
}

uint32_t patience_ms(uint32_t milliseconds)
{
    return is_under_valgrind() ? 4 * milliseconds : milliseconds;
}

/* --- the machine ------------------------------------------------------------------------------ */

static int machine_utc_s(void *ctx, int64_t *seconds)
{
    const struct customer *customer = ctx;

    if (customer->clock_is_unknown) {
        return RV_ERR_CLOCK;
    }
    *seconds = customer->clock_says_s != 0 ? customer->clock_says_s
                                           : (int64_t)time(NULL) + customer->clock_error_s;
    return RV_OK;
}

static int counted_open(void *ctx, const char *host, uint16_t port, rv_need *need)
{
    struct customer *customer = ctx;
    rv_posix_socket posix;
    rv_socket plain;
    int status;

    rv_posix_socket_init(&posix, &plain); /* for its open */
    status = plain.open(&customer->posix, host, port, need);
    customer->connections += status == RV_OK;
    return status;
}

static void count_event(void *ctx, rv_trace_event event, int32_t number, const char *text)
{
    struct customer *customer = ctx;

    customer->traced[event]++;
    customer->traced_number[event] = number;
    if (event == RV_TRACE_CONNECTED) {
        snprintf(customer->tls_version, sizeof customer->tls_version, "%s", text);
    }
}

/* --- test by test ----------------------------------------------------------------------------- */

int customer_setup(void **state)
{
    const struct customer_case *one = *state;
    struct customer *customer = calloc(1, sizeof *customer);

    if (customer == NULL) {
        return -1;
    }
    customer->with = one;
    rv_posix_system(&customer->system);
    customer->system.ctx = customer;
    customer->system.utc_s = machine_utc_s;
    rv_posix_socket_init(&customer->posix, &customer->socket);
    customer->socket.open = counted_open;
    mbedtls_x509_crt_init(&customer->anchors);
    customer->credentials.access_key_id = ENDPOINT_ACCESS_KEY_ID;
    customer->credentials.secret_access_key = ENDPOINT_SECRET_KEY;
    customer->config.tls = &customer->tls;
    customer->config.socket = &customer->socket;
    customer->config.host = "localhost";
    customer->config.region = ENDPOINT_REGION;
    customer->config.credentials = &customer->credentials;
    customer->config.trace = count_event;
    customer->config.ctx = customer;
    customer->replace.instance_id = STOPPED_INSTANCE;
    customer->replace.image_id = LINUX_IMAGE;
    customer->replace.password = PASSWORD;
    *state = customer;
    return 0;
}

void customer_test(void **state)
{
    struct customer *customer = *state;
    const struct customer_case *one = customer->with;

    customer->with = one->with;
    one->run(customer);
    customer->has_passed = 1;
}

/* NULL, or how the journal gives the last call's outcome the lie. */
static const char *untruth(struct customer *customer)
{
    const rv_result *result = customer_result(customer);
    char token[RV_CLIENT_TOKEN_MAX + 32];
    int replaced;

    if (!customer->has_replaced || customer->service_lies || customer->service == NULL) {
        return NULL;
    }
    customer_settle(customer);
    snprintf(token, sizeof token, "\"client_token\":\"%s\"", result->client_token);
    replaced = customer_lines(customer, IS_REPLACED, token);
    if (replaced > 1) {
        return "it was replaced twice";
    }
    switch (result->outcome) {
    case RV_NOT_SENT:
        return customer_lines(customer, IS_REQUEST, token) > 0 ? "not sent, but it was asked"
                                                               : NULL;
    case RV_CHECKED:
        return replaced > 0 ? "checked, but it was replaced" : NULL;
    case RV_ACCEPTED:
        return replaced != 1 ? "accepted, but it was not replaced" : NULL;
    case RV_REFUSED:
        return replaced > 0 ? "refused, but it was replaced" : NULL;
    default:
        return NULL;
    }
}

int customer_teardown(void **state)
{
    struct customer *customer = *state;
    const char *lie = customer->has_passed ? untruth(customer) : NULL;

    if (customer->service != NULL && (lie != NULL || !customer->has_passed)) {
        fprintf(stderr, "--- the endpoint's journal:\n%s---\n",
                endpoint_journal(customer->service));
    }
    customer_restart(customer);
    rv_call_free(&customer->call);
    endpoint_stop(customer->service);
    free(customer);
    if (lie != NULL) {
        fail_msg("the outcome is not true: %s", lie);
    }
    return 0;
}

/* --- calls ------------------------------------------------------------------------------------ */

void customer_serve(struct customer *customer, const char *const *arguments)
{
    assert_null(customer->service);
    customer->service = endpoint_start(arguments);
}

void customer_set_up(struct customer *customer)
{
    rv_result why;

    if (customer->is_set_up) {
        return;
    }
    mbedtls_x509_crt_init(&customer->anchors);
    customer->config.port = customer->port;
    if (customer->service != NULL) {
        const char *file = customer->ca_file != NULL ? customer->ca_file
                                                     : endpoint_ca_file(customer->service);

        assert_int_equal(rv_posix_ca_bundle(&customer->anchors, file, NULL), RV_OK);
        if (customer->port == 0) {
            customer->config.port = endpoint_port(customer->service);
        }
    }
    assert_int_equal(rv_tls_init(&customer->tls, &customer->system, &customer->anchors), RV_OK);
    assert_int_equal(rv_client_init(&customer->client, &customer->config, &why), RV_OK);
    customer->is_set_up = 1;
}

void customer_restart(struct customer *customer)
{
    if (customer->is_set_up) {
        rv_call_cancel(&customer->call);
        rv_client_free(&customer->client);
        rv_tls_free(&customer->tls);
        mbedtls_x509_crt_free(&customer->anchors);
        customer->is_set_up = 0;
    }
}

void customer_start_replace(struct customer *customer)
{
    customer_set_up(customer);
    rv_call_free(&customer->call);
    customer->has_replaced = 1;
    assert_int_equal(rv_call_start_replace(&customer->call, &customer->client, &customer->replace),
                     RV_OK);
}

int customer_replace(struct customer *customer)
{
    customer_start_replace(customer);
    return rv_call_run(&customer->call);
}

int customer_request(struct customer *customer, const rv_request *request)
{
    customer_set_up(customer);
    rv_call_free(&customer->call);
    customer->has_replaced = strcmp(request->action, "ReplaceSystemVolume") == 0;
    assert_int_equal(rv_call_start(&customer->call, &customer->client, request), RV_OK);
    return rv_call_run(&customer->call);
}

const rv_result *customer_result(const struct customer *customer)
{
    return rv_call_result(&customer->call);
}

/* --- the journal ------------------------------------------------------------------------------ */

int customer_lines(struct customer *customer, const char *a, const char *b)
{
    const char *line = endpoint_journal(customer->service);
    int count = 0;

    while (*line != '\0') {
        size_t len = strcspn(line, "\n");
        const char *has_a = strstr(line, a);
        const char *has_b = b == NULL ? line : strstr(line, b);

        count += has_a != NULL && has_a < line + len && has_b != NULL && has_b < line + len;
        line += len + (line[len] == '\n');
    }
    return count;
}

int customer_requests(struct customer *customer)
{
    return customer_lines(customer, IS_REQUEST, IS_REPLACE);
}

void customer_settle(struct customer *customer)
{
    int waited = 0;

    rv_client_close(&customer->client);
    while (customer_lines(customer, "\"event\":\"closed\"", NULL) +
                   customer_lines(customer, "\"event\":\"refused\"", NULL) <
               customer->connections &&
           waited < SETTLE_MS) {
        sleep_ms(5);
        waited += 5;
    }
}
