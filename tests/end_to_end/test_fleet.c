/*
 * Many whole replacements at once in one thread, each a job with a connection of its own: none is
 * lost, none is done twice, and what they cost is what it should be. `make fleet-bench` does the
 * same with a thousand.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/support/customer.h"
#include "tests/support/many_jobs.h"

#include <stdio.h>
#include <string.h>

#define JOBS_MAX "50"
#define LIMIT_MS 250000

#define IS_DESCRIBE "\"action\":\"DescribeInstances\""
#define IS_STOP     "\"action\":\"StopInstance\""
#define IS_START    "\"action\":\"StartInstance\""
#define IS_FULL     "\"resumed\":false"
#define IS_RESUMED  "\"resumed\":true"

static int how_many(void)
{
    return is_under_valgrind() ? 10 : 50;
}

static struct many_jobs_setup setup_of(struct customer *customer, int observed)
{
    struct many_jobs_setup setup;

    customer_set_up(customer);
    memset(&setup, 0, sizeof setup);
    setup.system = &customer->system;
    setup.count = how_many();
    setup.client = customer->config;
    setup.client.trace = NULL;
    setup.client.idle_timeout_ms = LIMIT_MS; /* all share one processor, with the endpoint too */
    setup.client.call_timeout_ms = LIMIT_MS;
    setup.replace = customer->replace;
    setup.job.may_stop = 1;
    setup.job.observed = (uint8_t)observed;
    return setup;
}

static void assert_done_once(struct customer *customer, const struct many_jobs *many, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        const rv_job_report *report = many_jobs_report(many, i);
        char id[64];

        if (report->outcome != RV_JOB_DONE) {
            fail_msg("job %d: outcome %d, status %d, step %s, %s", i, report->outcome,
                     report->status, rv_step_name(report->step), report->call.code_text);
        }
        snprintf(id, sizeof id, "\"instance_id\":\"" MANY_JOBS_ID "\"", i);
        assert_int_equal(customer_lines(customer, IS_REPLACED, id), 1);
    }
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), count);
}

static void assert_all_done_once(struct customer *customer, const struct many_jobs *many)
{
    assert_done_once(customer, many, how_many());
}

static void each_is_done_exactly_once(struct customer *customer)
{
    struct many_jobs_setup setup;
    struct many_jobs *many;

    SERVE(customer, "--generate-instances", JOBS_MAX);
    setup = setup_of(customer, 0);
    many = many_jobs_start(&setup);
    assert_true(many_jobs_run(many, LIMIT_MS));
    assert_all_done_once(customer, many);
    assert_int_equal(customer_lines(customer, IS_REQUEST, IS_STOP), how_many());
    assert_int_equal(customer_lines(customer, IS_REQUEST, IS_REPLACE), how_many());
    assert_int_equal(customer_lines(customer, IS_REQUEST, IS_START), 0);
    many_jobs_free(many);
}

static void where_the_server_keeps_connections_each_needs_one_handshake(struct customer *customer)
{
    struct many_jobs_setup setup;
    struct many_jobs *many;

    SERVE(customer, "--generate-instances", JOBS_MAX);
    setup = setup_of(customer, 0);
    many = many_jobs_start(&setup);
    assert_true(many_jobs_run(many, LIMIT_MS));
    assert_int_equal(customer_lines(customer, IS_OPENED, NULL), how_many());
    many_jobs_free(many);
}

static void where_it_closes_them_each_needs_one_full_handshake(struct customer *customer)
{
    struct many_jobs_setup setup;
    struct many_jobs *many;
    int requests;

    SERVE(customer, "--generate-instances", JOBS_MAX, "--close-after-answer");
    setup = setup_of(customer, 0);
    many = many_jobs_start(&setup);
    assert_true(many_jobs_run(many, LIMIT_MS));
    requests = customer_lines(customer, IS_REQUEST, NULL);
    assert_int_equal(customer_lines(customer, IS_OPENED, IS_FULL), how_many());
    assert_int_equal(customer_lines(customer, IS_OPENED, IS_RESUMED), requests - how_many());
    many_jobs_free(many);
}

/* The check and the look before the replacement are each job's own; all waiting is done by one
 * request a poll. */
static void one_request_a_poll_looks_for_all_that_wait(struct customer *customer)
{
    struct many_jobs_setup setup;
    struct many_jobs *many;
    const struct many_jobs_figures *figures;

    SERVE(customer, "--generate-instances", JOBS_MAX, "--delay-ms", "2000");
    setup = setup_of(customer, 1);
    many = many_jobs_start(&setup);
    assert_true(many_jobs_run(many, LIMIT_MS));
    assert_all_done_once(customer, many);
    figures = many_jobs_figures(many);
    assert_int_equal(figures->watch_requests, figures->polls);
    assert_int_equal(figures->watch_requests_of_a_poll, 1);
    assert_int_equal(customer_lines(customer, IS_REQUEST, IS_DESCRIBE),
                     2 * how_many() + (int)figures->watch_requests);
    many_jobs_free(many);
}

/* More than the service tells of in one answer: two requests a poll, of which none asks for more.
 */
static void more_than_a_hundred_are_asked_for_by_hundreds(struct customer *customer)
{
    enum { JOBS = 120 };
    struct many_jobs_setup setup;
    struct many_jobs *many;
    const struct many_jobs_figures *figures;

    SERVE(customer, "--generate-instances", "120", "--delay-ms", "2000");
    setup = setup_of(customer, 1);
    setup.count = JOBS;
    many = many_jobs_start(&setup);
    assert_true(many_jobs_run(many, LIMIT_MS));
    assert_done_once(customer, many, JOBS);
    figures = many_jobs_figures(many);
    assert_int_equal(figures->watch_requests_of_a_poll, 2);
    assert_in_range(figures->watch_requests, figures->polls + 1, 2 * figures->polls);
    assert_int_equal(customer_lines(customer, IS_REQUEST, IS_DESCRIBE),
                     2 * JOBS + (int)figures->watch_requests);
    many_jobs_free(many);
}

/* A job that waits for the common look needs no connection. */
static void those_that_wait_can_give_their_connection_back(struct customer *customer)
{
    struct many_jobs_setup setup;
    struct many_jobs *many;

    SERVE(customer, "--generate-instances", JOBS_MAX);
    setup = setup_of(customer, 1);
    setup.close_while_waiting = 1;
    many = many_jobs_start(&setup);
    assert_true(many_jobs_run(many, LIMIT_MS));
    assert_all_done_once(customer, many);
    many_jobs_free(many);
}

/* Answers are lost, cut, reset and refused for lack of time. */
static void nothing_is_lost_or_done_twice_in_trouble(struct customer *customer)
{
    struct many_jobs_setup setup;
    struct many_jobs *many;

    SERVE(customer, "--generate-instances", JOBS_MAX, "--refuse-connections", "3", "--rule",
          "DescribeInstances#1-10=error:FlowLimitExceeded;retry-after:1", "--rule",
          "StopInstance#1-5=execute;drop", "--rule", "ReplaceSystemVolume#1-5=execute;drop",
          "--rule", "ReplaceSystemVolume#6-10=cut-answer:100", "--rule",
          "ReplaceSystemVolume#11-13=execute;html:502", "--rule",
          "DescribeInstances#60-70=reset-answer:10");
    setup = setup_of(customer, 0);
    many = many_jobs_start(&setup);
    assert_true(many_jobs_run(many, LIMIT_MS));
    assert_all_done_once(customer, many);
    many_jobs_free(many);
}

/* The same for the look that serves all: it fails now and then, and the next one follows. */
static void the_common_look_may_fail(struct customer *customer)
{
    struct many_jobs_setup setup;
    struct many_jobs *many;

    SERVE(customer, "--generate-instances", JOBS_MAX, "--rule",
          "DescribeInstances#101-103=cut-answer:900", "--rule",
          "DescribeInstances#104-108=error:InternalError", "--rule",
          "DescribeInstances#110-112=garbage");
    setup = setup_of(customer, 1);
    many = many_jobs_start(&setup);
    assert_true(many_jobs_run(many, LIMIT_MS));
    assert_all_done_once(customer, many);
    many_jobs_free(many);
}

/* A service that answers for all that one is missing is asked again by halves: four, two, one that
 * is not there, and then the others. Their own looks are over long before the first common one. */
static void one_that_is_missing_does_not_hide_the_others(struct customer *customer)
{
    enum { JOBS = 4 };
    struct many_jobs_setup setup;
    struct many_jobs *many;
    const struct many_jobs_figures *figures;

    SERVE(customer, "--generate-instances", JOBS_MAX, "--generate-status", "STOPPED", "--rule",
          "DescribeInstances#9-11=error:InvalidInstance.NotFound");
    setup = setup_of(customer, 1);
    setup.count = JOBS;
    setup.look_first_ms = 4000;
    many = many_jobs_start(&setup);
    assert_true(many_jobs_run(many, LIMIT_MS));
    assert_done_once(customer, many, JOBS);
    figures = many_jobs_figures(many);
    assert_int_equal(figures->watch_requests, figures->polls + 4);
    many_jobs_free(many);
}

/* A step is at most one operation with a public key, or 4 KiB: some milliseconds of the processor,
 * here with much room for slow machines and watching tools; tests/bench/step.sh counts its
 * instructions. And none but a few is in vain. */
static void no_step_takes_long(struct customer *customer)
{
    struct many_jobs_setup setup;
    struct many_jobs *many;
    const struct many_jobs_figures *figures;

    SERVE(customer, "--generate-instances", JOBS_MAX);
    setup = setup_of(customer, 0);
    many = many_jobs_start(&setup);
    assert_true(many_jobs_run(many, LIMIT_MS));
    figures = many_jobs_figures(many);
    printf("# %d jobs: %lu ms, %lu steps, longest step %ld us of the processor\n", how_many(),
           (unsigned long)figures->elapsed_ms, (unsigned long)figures->steps,
           (long)(figures->longest_step_ns / 1000));
    assert_in_range(figures->longest_step_ns, 0, is_under_valgrind() ? 10000000000 : 400000000);
    assert_in_range(figures->steps, how_many(), 500 * how_many());
    many_jobs_free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CUSTOMER_TEST(each_is_done_exactly_once),
        CUSTOMER_TEST(where_the_server_keeps_connections_each_needs_one_handshake),
        CUSTOMER_TEST(where_it_closes_them_each_needs_one_full_handshake),
        CUSTOMER_TEST(one_request_a_poll_looks_for_all_that_wait),
        CUSTOMER_TEST(more_than_a_hundred_are_asked_for_by_hundreds),
        CUSTOMER_TEST(those_that_wait_can_give_their_connection_back),
        CUSTOMER_TEST(nothing_is_lost_or_done_twice_in_trouble),
        CUSTOMER_TEST(the_common_look_may_fail),
        CUSTOMER_TEST(one_that_is_missing_does_not_hide_the_others),
        CUSTOMER_TEST(no_step_takes_long),
    };

    customer_begin_process();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
