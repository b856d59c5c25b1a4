/* Repetitions: when, how often, with what effect, and what they make of the outcome. */
#define _POSIX_C_SOURCE 200809L
#include "tests/support/misbehaviour.h"

static uint64_t now_ms(struct customer *customer)
{
    return customer->system.monotonic_ms(customer->system.ctx);
}

/* A Retry-After is kept to. */
static void waits_as_long_as_it_is_told(struct customer *customer)
{
    uint64_t began;

    SERVE(customer, "--rule", customer->with);
    customer_set_up(customer);
    began = now_ms(customer);
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer_result(customer)->outcome, RV_ACCEPTED);
    assert_int_equal(customer_result(customer)->attempts, 2);
    assert_int_equal(customer->traced_number[RV_TRACE_RETRY], 1000);
    assert_in_range(now_ms(customer) - began, 1000, 20000);
}

/* One that is beyond the call's own limit ends it at once. */
static void does_not_wait_for_an_hour(struct customer *customer)
{
    uint64_t began;

    SERVE(customer, RULE("=error:FlowLimitExceeded;retry-after:3600"));
    customer_set_up(customer);
    began = now_ms(customer);
    assert_int_equal(customer_replace(customer), RV_ERR_SERVICE);
    assert_int_equal(customer_result(customer)->outcome, RV_REFUSED);
    assert_int_equal(customer_result(customer)->attempts, 1);
    assert_in_range(now_ms(customer) - began, 0, 10000);
}

/* Throttled, or down, again and again: it comes back later each time, and then it works. */
static void comes_back_later_each_time(struct customer *customer)
{
    SERVE(customer, RULE("#1=error:FlowLimitExceeded"), RULE("#2=error:ServiceUnavailableTemp"),
          RULE("#3=html:502"));
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer_result(customer)->outcome, RV_ACCEPTED);
    assert_int_equal(customer_result(customer)->attempts, 4);
    assert_in_range(customer->traced_number[RV_TRACE_RETRY], 1000, 2000);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 1);
    assert_int_equal(customer_lines(customer, IS_REQUEST, customer_result(customer)->client_token),
                     4);
}

/* The first request is still being processed when it is repeated. */
static void still_processed_when_repeated(struct customer *customer)
{
    SERVE(customer, "--processing-ms", is_under_valgrind() ? "5000" : "2500");
    customer->config.idle_timeout_ms = patience_ms(400);
    customer->config.attempts_max = 6;
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer_result(customer)->outcome, RV_ACCEPTED);
    assert_in_range(customer_result(customer)->attempts, 3, 6);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 1);
}

/* The same, and the first is refused in the end: that is not known, since nobody has said so of the
 * first request. */
static void processed_and_then_refused(struct customer *customer)
{
    SERVE(customer, "--processing-ms", is_under_valgrind() ? "3600" : "1000", "--processing-ends",
          "InvalidImage.NotFound", RULE("#3-9=error:InvalidImage.NotFound"));
    customer->config.idle_timeout_ms = patience_ms(400);
    customer->config.attempts_max = 6;
    assert_int_equal(customer_replace(customer), RV_ERR_SERVICE);
    assert_int_equal(customer_result(customer)->code, RV_CODE_IMAGE_NOT_FOUND);
    assert_int_equal(customer_result(customer)->outcome, RV_UNKNOWN);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 0);
}

/* Executed, unheard, and the repetition meets what it has done. */
static void refusal_after_an_unknown(struct customer *customer)
{
    SERVE(customer, "--check-order", "status-first", "--delay-ms", "20000",
          RULE("#1=execute;drop"));
    assert_int_equal(customer_replace(customer), RV_ERR_SERVICE);
    assert_int_equal(customer_result(customer)->outcome, RV_UNKNOWN);
    assert_true(customer_result(customer)->code == RV_CODE_RESOURCE_LOCKED ||
                customer_result(customer)->code == RV_CODE_INVALID_INSTANCE_STATUS);
    assert_int_equal(customer_result(customer)->attempts, 2);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 1);
}

/* A DryRun that is lost is repeated as a DryRun. */
static void lost_dry_run(struct customer *customer)
{
    SERVE(customer, RULE("#1=execute;drop"));
    customer->replace.dry_run = RV_TRUE;
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer_result(customer)->outcome, RV_CHECKED);
    assert_int_equal(customer_result(customer)->attempts, 2);
    assert_int_equal(customer_lines(customer, IS_REQUEST, "\"dry_run\":true"), 2);
}

/* Past the token's bound nothing is repeated, although attempts are left. */
static void not_past_the_bound(struct customer *customer)
{
    SERVE(customer, RULE("=execute;drop;retry-after:1"));
    customer->config.token_bound_s = 1;
    customer->config.attempts_max = 9;
    assert_int_equal(customer_replace(customer), RV_ERR_BOUND);
    assert_int_equal(customer_result(customer)->outcome, RV_UNKNOWN);
    assert_in_range(customer_result(customer)->attempts, 1, 4);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 1);
}

int main(void)
{
    /* clang-format off */
    const struct CMUnitTest tests[] = {
        CUSTOMER_TEST_WITH("429 with Retry-After", waits_as_long_as_it_is_told,
                           "*#1=status:429;retry-after:1"),
        CUSTOMER_TEST_WITH("FlowLimitExceeded with Retry-After", waits_as_long_as_it_is_told,
                           "*#1=error:FlowLimitExceeded;retry-after:1"),
        CUSTOMER_TEST_WITH("503 with Retry-After", waits_as_long_as_it_is_told,
                           "*#1=status:503;retry-after:1"),
        CUSTOMER_TEST(does_not_wait_for_an_hour),
        CUSTOMER_TEST(comes_back_later_each_time),
        CUSTOMER_TEST(still_processed_when_repeated),
        CUSTOMER_TEST(processed_and_then_refused),
        CUSTOMER_TEST(refusal_after_an_unknown),
        CUSTOMER_TEST(lost_dry_run),
        CUSTOMER_TEST(not_past_the_bound),
    };
    /* clang-format on */

    customer_begin_process();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
