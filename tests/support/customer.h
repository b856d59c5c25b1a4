/*
 * customer.h - a program that uses the library with port/posix, and the endpoint that it talks to
 *
 *     static void takes_tls_1_2(struct customer *customer)
 *     {
 *         SERVE(customer, "--tls", "1.2");
 *         assert_int_equal(customer_replace(customer), RV_OK);
 *     }
 *
 *     const struct CMUnitTest tests[] = {CUSTOMER_TEST(takes_tls_1_2)};
 *
 * What is set in config, credentials, posix, replace and of the clock is set before the first call.
 * After every test, what the last call said of its outcome is held against the endpoint's journal:
 * the test fails if it was not true. When a test fails, the journal is printed.
 */
#ifndef CUSTOMER_H
#define CUSTOMER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "endpoint.h"
#include "port/posix.h"

/* Does this build of mbedTLS speak TLS 1.3? */
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_SSL_PROTO_TLS1_3)
#define CUSTOMER_TLS_1_3 1
#else
#define CUSTOMER_TLS_1_3 0
#endif

/* Of the fixture. */
#define STOPPED_INSTANCE "i-demo0stopped0000001"
#define RUNNING_INSTANCE "i-demo0running0000001"
#define LINUX_IMAGE      "image-debian12"
#define PASSWORD         "Correct-Horse-7"

/* Lines of the journal. */
#define IS_REQUEST   "\"event\":\"request\""
#define IS_REPLACED  "\"event\":\"replaced\""
#define IS_OPENED    "\"event\":\"opened\""
#define IS_REPLACE   "\"action\":\"ReplaceSystemVolume\""
#define WAS_EXECUTED "\"executed\":true"

struct customer {
    rv_posix_socket posix; /* first, so that the socket's ctx is also the customer */
    const void *with;      /* of CUSTOMER_TEST_WITH */
    struct endpoint *service;

    /* the machine */
    rv_system system;
    int64_t clock_error_s; /* its UTC minus the true one */
    int64_t clock_says_s;  /* not 0: its UTC is this, and stands still */
    int clock_is_unknown;

    /* what the program gives to the library; as set by default it is accepted by the endpoint */
    rv_socket socket;
    const char *ca_file; /* NULL: the endpoint's */
    uint16_t port;       /* 0: the endpoint's */
    rv_credentials credentials;
    rv_client_config config;
    rv_replace_system_volume replace;

    mbedtls_x509_crt anchors;
    rv_tls tls;
    rv_client client;
    rv_call call;
    int is_set_up;
    int has_replaced; /* the last call was customer_replace's */
    int service_lies; /* a rule makes up answers: the journal is not to be compared */
    int has_passed;
    int connections; /* that the port has opened */

    unsigned traced[RV_TRACE_CLOSED + 1]; /* how often each event came, and its last number */
    int32_t traced_number[RV_TRACE_CLOSED + 1];
    char tls_version[16];
};

struct customer_case {
    void (*run)(struct customer *customer);
    const void *with;
};

int customer_setup(void **state);
int customer_teardown(void **state);
void customer_test(void **state);

#define CUSTOMER_TEST(function)                                      \
    {                                                                \
#function, customer_test, customer_setup, customer_teardown, \
            (void *)&(struct customer_case)                          \
        {                                                            \
            function, NULL                                           \
        }                                                            \
    }
#define CUSTOMER_TEST_WITH(name, function, with)                                                \
    {                                                                                           \
        name, customer_test, customer_setup, customer_teardown, (void *)&(struct customer_case) \
        {                                                                                       \
            function, with                                                                      \
        }                                                                                       \
    }

/* Starts the endpoint with these options, as strings; at least one (or NULL). Once a test. */
#define SERVE(customer, ...) customer_serve(customer, (const char *const[]){__VA_ARGS__, NULL})
void customer_serve(struct customer *customer, const char *const *arguments);

/* Sets up TLS and client; the first call does it by itself. */
void customer_set_up(struct customer *customer);
/* Frees both and closes the connection; the next call sets up anew, as after a new start. */
void customer_restart(struct customer *customer);

/* One whole call with customer->replace, or any other; returns its status. */
int customer_replace(struct customer *customer);
int customer_request(struct customer *customer, const rv_request *request);
/* Begins a call that the test steps by itself. */
void customer_start_replace(struct customer *customer);
const rv_result *customer_result(const struct customer *customer);

/* Closes the kept connection, and waits until the endpoint has seen the end of all of them: its
 * journal is complete then. */
void customer_settle(struct customer *customer);
/* How many lines of the journal hold both texts. b may be NULL. */
int customer_lines(struct customer *customer, const char *a, const char *b);
/* How often ReplaceSystemVolume was requested. */
int customer_requests(struct customer *customer);

/* Time limits, stretched where the program is watched by a slow tool. */
uint32_t patience_ms(uint32_t milliseconds);
int is_under_valgrind(void);

/* For main: what mbedTLS wants once a process. */
void customer_begin_process(void);

#endif
