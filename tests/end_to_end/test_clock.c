/* Wrong clocks, the machine's and the service's: corrected by the service's Date, or a clear error
 * where certificates forbid it. */
#define _POSIX_C_SOURCE 200809L
#include "tests/support/customer.h"

#include <stdio.h>
#include <time.h>

#define HOUR 3600
#define DAY  86400
#define YEAR (365 * DAY)

/* Options, to be read beside what is expected. */
#define LONG_VALID   "--certificate-not-after-s", "473040000"   /* 15 years */
#define LONG_GOOD    "--certificate-not-before-s", "-473040000" /* since 15 years */
#define HOUR_ONLY    "--certificate-not-before-s", "-3600"
#define FROM_AN_HOUR "--certificate-not-before-s", "3600" /* an hour from now */

struct clocks {
    const char *name;
    int64_t machine_error_s;
    int64_t bound_s; /* utc_lower_bound_s, relative to the true time; 0: none */
    const char *options[5];

    int status;
    rv_outcome outcome;
    uint16_t attempts;
    uint32_t verify_flag; /* with RV_ERR_CERTIFICATE */
    int requests;
};

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

static void by_clocks(struct customer *customer)
{
    const struct clocks *clocks = customer->with;
    const rv_result *result = customer_result(customer);
    int64_t now_s = (int64_t)time(NULL);

    customer_serve(customer, clocks->options);
    customer->clock_error_s = clocks->machine_error_s;
    customer->system.utc_lower_bound_s = clocks->bound_s != 0 ? now_s + clocks->bound_s : 0;
    assert_int_equal(customer_replace(customer), clocks->status);
    assert_int_equal(result->outcome, clocks->outcome);
    assert_int_equal(result->attempts, clocks->attempts);
    assert_int_equal(result->verify_flags & clocks->verify_flag, clocks->verify_flag);
    assert_int_equal(customer_requests(customer), clocks->requests);
    assert_int_equal(customer->traced[RV_TRACE_CLOCK_CORRECTED],
                     clocks->attempts > 1 || (clocks->outcome == RV_REFUSED));
    if (clocks->status == RV_OK && clocks->attempts == 2) {
        /* corrected: what is told of times is right, and the next call needs no correction */
        assert_in_range((uintmax_t)distance(result->clock_skew_s,
                                            customer->traced_number[RV_TRACE_CLOCK_CORRECTED]),
                        0, 60);
        assert_int_equal(customer->connections, 2);
        customer->replace.instance_id = "i-windows0stopped0001";
        assert_int_equal(customer_replace(customer), RV_OK);
        assert_int_equal(result->attempts, 1);
        assert_int_equal(customer->traced[RV_TRACE_REUSED], 1);
    }
}

static void skew_is_told(struct customer *customer)
{
    const rv_result *result = customer_result(customer);

    SERVE(customer, NULL);
    customer->clock_error_s = -5 * HOUR;
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_in_range((uintmax_t)distance(result->clock_skew_s, 5 * HOUR), 0, 30);
    assert_in_range((uintmax_t)distance(result->first_sent_utc_s, (int64_t)time(NULL)), 0, 30);
    assert_int_equal(customer_lines(customer, IS_REQUEST, "\"code\":\"InvalidTimestamp\""), 1);
}

/* Booted without a clock, with the firmware's build time: 1970, standing still. */
static void booted_in_1970(struct customer *customer)
{
    const rv_result *result = customer_result(customer);

    SERVE(customer, NULL);
    customer->clock_says_s = 77;
    customer->system.utc_lower_bound_s = (int64_t)time(NULL) - 5 * HOUR;
    customer->replace.method = *(const rv_method *)customer->with;
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(result->outcome, RV_ACCEPTED);
    assert_int_equal(result->attempts, 2);
    assert_in_range((uintmax_t)distance(result->first_sent_utc_s, (int64_t)time(NULL)), 0, 30);
    assert_int_equal(customer_requests(customer), 2);
    assert_int_equal(customer_lines(customer, IS_REQUEST, "\"x_date\":\"19700101T000117Z\""), 1);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 1);
}

/* Without a bound nothing can be said of certificates. */
static void booted_in_1970_without_a_bound(struct customer *customer)
{
    SERVE(customer, NULL);
    customer->clock_says_s = 77;
    assert_int_equal(customer_replace(customer), RV_ERR_CERTIFICATE);
    assert_int_equal(customer_result(customer)->outcome, RV_NOT_SENT);
    assert_int_not_equal(customer_result(customer)->verify_flags & MBEDTLS_X509_BADCERT_FUTURE, 0);
    assert_int_equal(customer_requests(customer), 0);
}

/* A bound that is itself older than the certificate does not help. */
static void bound_before_the_certificate(struct customer *customer)
{
    SERVE(customer, NULL);
    customer->clock_says_s = 77;
    customer->system.utc_lower_bound_s = (int64_t)time(NULL) - 30 * DAY;
    assert_int_equal(customer_replace(customer), RV_ERR_CERTIFICATE);
    assert_int_equal(customer_result(customer)->outcome, RV_NOT_SENT);
    assert_int_equal(customer_requests(customer), 0);
}

/* A certificate that has ended by the bound is expired, whatever the clock says. */
static void bound_after_the_certificate(struct customer *customer)
{
    SERVE(customer, NULL);
    customer->system.utc_lower_bound_s = (int64_t)time(NULL) + 60 * DAY;
    assert_int_equal(customer_replace(customer), RV_ERR_CERTIFICATE);
    assert_int_not_equal(customer_result(customer)->verify_flags & MBEDTLS_X509_BADCERT_EXPIRED, 0);
    assert_int_equal(customer_requests(customer), 0);
}

static void clock_is_unknown(struct customer *customer)
{
    SERVE(customer, NULL);
    customer->clock_is_unknown = 1;
    assert_int_equal(customer_replace(customer), RV_ERR_CLOCK);
    assert_int_equal(customer_result(customer)->outcome, RV_NOT_SENT);
    assert_int_equal(customer->connections, 0);
    assert_string_equal(endpoint_journal(customer->service), "");
}

static void clock_is_unknown_but_bounded(struct customer *customer)
{
    SERVE(customer, LONG_VALID);
    customer->clock_is_unknown = 1;
    customer->system.utc_lower_bound_s = (int64_t)time(NULL) - 6 * HOUR;
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer_result(customer)->outcome, RV_ACCEPTED);
    assert_in_range(customer_result(customer)->attempts, 1, 2);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 1);
}

/* The machine's clock is set right between two calls: what was corrected is not corrected twice. */
static void clock_is_set_afterwards(struct customer *customer)
{
    SERVE(customer, NULL);
    customer->clock_error_s = -5 * HOUR;
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer_result(customer)->attempts, 2);
    customer->clock_error_s = 0;
    customer->replace.instance_id = "i-windows0stopped0001";
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer_result(customer)->attempts, 1);
    customer->clock_error_s = 9 * HOUR;
    rv_client_close(&customer->client);
    customer->replace.instance_id = "i-ends0stopped0000001";
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer_result(customer)->attempts, 1);
}

/* Date says another time than the one that signatures are held to: corrected once, not for ever. */
static void date_that_lies(struct customer *customer)
{
    SERVE(customer, "--rule", "ReplaceSystemVolume=date-offset-s:36000", "--clock-offset-s",
          "7200");
    assert_int_equal(customer_replace(customer), RV_ERR_SERVICE);
    assert_int_equal(customer_result(customer)->code, RV_CODE_INVALID_TIMESTAMP);
    assert_int_equal(customer_result(customer)->outcome, RV_REFUSED);
    assert_int_equal(customer_result(customer)->attempts, 2);
    assert_int_equal(customer_requests(customer), 2);
}

static void no_date_to_correct_by(struct customer *customer)
{
    SERVE(customer, "--rule", "*=no-date", "--clock-offset-s", "7200");
    assert_int_equal(customer_replace(customer), RV_ERR_SERVICE);
    assert_int_equal(customer_result(customer)->code, RV_CODE_INVALID_TIMESTAMP);
    assert_int_equal(customer_result(customer)->outcome, RV_REFUSED);
    assert_int_equal(customer_result(customer)->clock_skew_s, RV_TIME_UNKNOWN);
    assert_int_equal(customer_result(customer)->attempts, 1);
}

/* The correction is none of the attempts. */
static void corrected_with_one_attempt(struct customer *customer)
{
    SERVE(customer, "--clock-offset-s", "-7200");
    customer->config.attempts_max = 1;
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer_result(customer)->attempts, 2);
    assert_int_equal(customer_result(customer)->outcome, RV_ACCEPTED);
}

/* First an answer is lost, then the clock turns out to be wrong: the outcome is what the last
 * answer to the same token makes it, and the time between has no part in it. */
static void corrected_after_an_unknown(struct customer *customer)
{
    SERVE(customer, "--clock-offset-s", "7200", "--rule", "ReplaceSystemVolume#1=drop");
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer_result(customer)->outcome, RV_ACCEPTED);
    assert_int_equal(customer_result(customer)->attempts, 3);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 1);
}

#define CLOCKS(name, ...) \
    CUSTOMER_TEST_WITH(name, by_clocks, (&(const struct clocks){name, __VA_ARGS__}))
#define CORRECTED       RV_OK, RV_ACCEPTED, 2, 0, 2
#define AT_ONCE         RV_OK, RV_ACCEPTED, 1, 0, 1
#define FORBIDDEN(flag) RV_ERR_CERTIFICATE, RV_NOT_SENT, 0, MBEDTLS_X509_BADCERT_##flag, 0
/* refused at first, and the corrected time forbids to go on */
#define FORBIDDEN_THEN(flag) RV_ERR_CERTIFICATE, RV_REFUSED, 1, MBEDTLS_X509_BADCERT_##flag, 1

int main(void)
{
    static const rv_method get = RV_GET, post = RV_POST;
    /* clang-format off */
    const struct CMUnitTest tests[] = {
        CLOCKS("right", 0, 0, {NULL}, AT_ONCE),
        CLOCKS("14 minutes behind", -840, 0, {NULL}, AT_ONCE),
        CLOCKS("14 minutes ahead", 840, 0, {NULL}, AT_ONCE),
        CLOCKS("17 minutes behind", -1020, 0, {NULL}, CORRECTED),
        CLOCKS("17 minutes ahead", 1020, 0, {NULL}, CORRECTED),
        CLOCKS("3 hours behind", -3 * HOUR, 0, {NULL}, CORRECTED),
        CLOCKS("3 hours ahead", 3 * HOUR, 0, {NULL}, CORRECTED),
        CLOCKS("8 hours ahead, as with local time for UTC", 8 * HOUR, 0, {NULL}, CORRECTED),
        CLOCKS("3 hours behind, certificate an hour old", -3 * HOUR, 0, {HOUR_ONLY},
               FORBIDDEN(FUTURE)),
        CLOCKS("the same with a bound", -3 * HOUR, -HOUR / 2, {HOUR_ONLY}, CORRECTED),
        CLOCKS("3 years behind", -3L * YEAR, 0, {NULL}, FORBIDDEN(FUTURE)),
        CLOCKS("3 years behind, with a bound", -3L * YEAR, -HOUR, {NULL}, CORRECTED),
        CLOCKS("3 years behind, old certificate", -3L * YEAR, 0, {LONG_GOOD}, CORRECTED),
        CLOCKS("3 years ahead", 3L * YEAR, 0, {NULL}, FORBIDDEN(EXPIRED)),
        CLOCKS("3 years ahead, with a bound", 3L * YEAR, -HOUR, {NULL}, FORBIDDEN(EXPIRED)),
        CLOCKS("3 years ahead, certificate for long", 3L * YEAR, 0, {LONG_VALID}, CORRECTED),
        CLOCKS("service 2 hours ahead", 0, 0, {"--clock-offset-s", "7200"}, CORRECTED),
        CLOCKS("service 2 hours behind", 0, 0, {"--clock-offset-s", "-7200"}, CORRECTED),
        CLOCKS("service and machine 2 hours ahead", 2 * HOUR, 0, {"--clock-offset-s", "7200"},
               AT_ONCE),
        CLOCKS("service 40 days ahead, past its certificate", 0, 0,
               {"--clock-offset-s", "3456000"}, FORBIDDEN_THEN(EXPIRED)),
        CLOCKS("certificate of the future", 0, 0, {FROM_AN_HOUR}, FORBIDDEN(FUTURE)),
        CLOCKS("certificate of the future, and the machine in it", 2 * HOUR, 0, {FROM_AN_HOUR},
               FORBIDDEN_THEN(FUTURE)),
        CUSTOMER_TEST(skew_is_told),
        CUSTOMER_TEST_WITH("booted_in_1970, GET", booted_in_1970, &get),
        CUSTOMER_TEST_WITH("booted_in_1970, POST", booted_in_1970, &post),
        CUSTOMER_TEST(booted_in_1970_without_a_bound),
        CUSTOMER_TEST(bound_before_the_certificate),
        CUSTOMER_TEST(bound_after_the_certificate),
        CUSTOMER_TEST(clock_is_unknown),
        CUSTOMER_TEST(clock_is_unknown_but_bounded),
        CUSTOMER_TEST(clock_is_set_afterwards),
        CUSTOMER_TEST(date_that_lies),
        CUSTOMER_TEST(no_date_to_correct_by),
        CUSTOMER_TEST(corrected_with_one_attempt),
        CUSTOMER_TEST(corrected_after_an_unknown),
    };
    /* clang-format on */

    customer_begin_process();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
