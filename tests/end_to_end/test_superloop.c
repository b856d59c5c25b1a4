/* examples/superloop.c, run as a program: many jobs, one loop, other work going on. */
#define _POSIX_C_SOURCE 200809L
#include "tests/support/customer.h"

#include "tests/support/control.h"
#include "tests/support/spawn.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_MS 120000

#define MACHINES_MAX 16 /* as the program says */
#define IS_STOPPED   "\"event\":\"stopped\""

static struct process *start_superloop(struct customer *customer, const char *const *instances)
{
    const char *build = getenv("RV_BUILD");
    char path[512], port[8], ca[512];
    const char *arguments[6 + MACHINES_MAX + 1] = {
        path, LINUX_IMAGE, "kp-demo", ENDPOINT_REGION, "localhost", port};
    const char *const environment[] = {ca, "VOLCENGINE_ACCESS_KEY=" ENDPOINT_ACCESS_KEY_ID,
                                       "VOLCENGINE_SECRET_KEY=" ENDPOINT_SECRET_KEY, NULL};
    struct spawn_setup setup;
    int i;

    assert_non_null(build);
    snprintf(path, sizeof path, "%s/superloop", build);
    snprintf(port, sizeof port, "%u", (unsigned)endpoint_port(customer->service));
    snprintf(ca, sizeof ca, "SSL_CERT_FILE=%s", endpoint_ca_file(customer->service));
    for (i = 0; instances[i] != NULL; i++) {
        assert_true(i < MACHINES_MAX);
        arguments[i + 6] = instances[i];
    }
    memset(&setup, 0, sizeof setup);
    setup.environment = environment;
    return process_start(arguments, &setup);
}

static struct process *run_superloop(struct customer *customer, const char *const *instances,
                                     int *status)
{
    struct process *process = start_superloop(customer, instances);

    *status = process_wait(process, LIMIT_MS);
    return process;
}

#define RUN(customer, status, ...) \
    run_superloop(customer, (const char *const[]){__VA_ARGS__, NULL}, status)

/* How often text is in it. */
static int occurrences(const char *in, const char *text)
{
    int count = 0;

    for (in = strstr(in, text); in != NULL; in = strstr(in + 1, text)) {
        count++;
    }
    return count;
}

static unsigned turns_of(struct process *process)
{
    const char *last = strstr(process_output(process), "done, in ");
    unsigned turns = 0;

    assert_non_null(last);
    assert_int_equal(sscanf(last, "done, in %u turns", &turns), 1);
    return turns;
}

static void replaces_all_that_it_is_given(struct customer *customer)
{
    struct process *process;
    int status;

    SERVE(customer, "--generate-instances", "4");
    process = RUN(customer, &status, "i-fleet00000", "i-fleet00001", "i-fleet00002", "i-fleet00003",
                  STOPPED_INSTANCE);
    assert_int_equal(occurrences(process_output(process), ": outcome 2,"), 5);
    assert_non_null(strstr(process_output(process), "5 of 5 done"));
    assert_int_equal(status, 0);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 5);
    assert_int_equal(customer_lines(customer, "\"event\":\"stopped\"", NULL), 4);
    process_free(process);
}

/* Each takes more than a second of stopping and rebuilding, and the loop goes round all the time.
 */
static void does_other_work_meanwhile(struct customer *customer)
{
    struct process *process;
    int status;

    SERVE(customer, "--generate-instances", "2", "--delay-ms", "1000");
    process = RUN(customer, &status, "i-fleet00000", "i-fleet00001");
    assert_int_equal(status, 0);
    assert_in_range(turns_of(process), 20, 1000000);
    process_free(process);
}

/* The waits of all cost one request at a time: far fewer than if each asked for itself, which is
 * its own check and its own look before the replacement. */
static void asks_once_for_all_that_wait(struct customer *customer)
{
    struct process *process;
    int status;

    SERVE(customer, "--generate-instances", "8", "--delay-ms", "2000");
    process = RUN(customer, &status, "i-fleet00000", "i-fleet00001", "i-fleet00002", "i-fleet00003",
                  "i-fleet00004", "i-fleet00005", "i-fleet00006", "i-fleet00007");
    assert_int_equal(status, 0);
    assert_in_range(customer_lines(customer, IS_REQUEST, "DescribeInstances"), 16, 40);
    process_free(process);
}

static void assert_all_done(struct process *process, const char *all)
{
    assert_int_equal(process_wait(process, LIMIT_MS), 0);
    assert_non_null(strstr(process_output(process), all));
    process_free(process);
}

/* A list that does not say how long it may be ends after ten. The first ten are kept in STOPPING
 * until the last six, which wait for the same look, have been seen STOPPED and were replaced. */
static void sixteen_are_seen_in_one_look(struct customer *customer)
{
    static char ids[MACHINES_MAX][24];
    const char *instances[MACHINES_MAX + 1] = {NULL};
    struct process *process;
    struct control control;
    int i, waited_ms;

    for (i = 0; i < MACHINES_MAX; i++) {
        snprintf(ids[i], sizeof ids[i], "i-fleet%05d", i);
        instances[i] = ids[i];
    }
    SERVE(customer, "--generate-instances", "16", "--delay-ms", "3000");
    control_open(&control, endpoint_control_socket(customer->service));
    process = start_superloop(customer, instances);
    for (waited_ms = 0; customer_lines(customer, IS_REPLACED, NULL) < 6; waited_ms += 500) {
        assert_in_range(waited_ms, 0, LIMIT_MS / 2);
        for (i = 0; i < 10; i++) {
            if (customer_lines(customer, IS_STOPPED, ids[i]) > 0) {
                control_tell(&control, "stop %s", ids[i]);
            }
        }
        sleep_ms(500);
    }
    for (i = 10; i < MACHINES_MAX; i++) {
        assert_int_equal(customer_lines(customer, IS_REPLACED, ids[i]), 1);
    }
    control_close(&control);
    assert_all_done(process, "16 of 16 done");
}

/* The service may answer for all that it does not know one of them. */
static void one_that_is_not_visible_does_not_hide_the_others(struct customer *customer)
{
    struct process *process;
    struct control control;

    SERVE(customer, "--generate-instances", "5", "--delay-ms", "4000", "--missing-instances",
          "not-found");
    control_open(&control, endpoint_control_socket(customer->service));
    process = start_superloop(customer,
                              (const char *const[]){"i-fleet00000", "i-fleet00001", "i-fleet00002",
                                                    "i-fleet00003", "i-fleet00004", NULL});
    assert_true(endpoint_journal_await(customer->service, IS_STOPPED, 5, LIMIT_MS));
    control_tell(&control, "hide i-fleet00003");
    assert_true(endpoint_journal_await(customer->service, IS_REPLACED, 4, LIMIT_MS / 2));
    assert_int_equal(customer_lines(customer, IS_REPLACED, "i-fleet00003"), 0);
    control_tell(&control, "show i-fleet00003");
    control_close(&control);
    assert_all_done(process, "5 of 5 done");
}

static void one_that_is_refused_does_not_hold_up_the_others(struct customer *customer)
{
    struct process *process;
    int status;

    SERVE(customer, "--generate-instances", "2");
    process = RUN(customer, &status, "i-fleet00000", "i-locked000000000001", "i-fleet00001");
    assert_non_null(strstr(process_output(process), "i-locked000000000001: outcome 5,"));
    assert_non_null(strstr(process_output(process), "2 of 3 done"));
    assert_int_equal(status, 1);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 2);
    process_free(process);
}

static void all_go_on_after_they_were_throttled(struct customer *customer)
{
    struct process *process;
    int status;

    SERVE(customer, "--generate-instances", "3", "--rule",
          "*#3-5=error:FlowLimitExceeded;retry-after:1");
    process = RUN(customer, &status, "i-fleet00000", "i-fleet00001", "i-fleet00002");
    assert_non_null(strstr(process_output(process), "3 of 3 done"));
    assert_int_equal(status, 0);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 3);
    process_free(process);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CUSTOMER_TEST(replaces_all_that_it_is_given),
        CUSTOMER_TEST(does_other_work_meanwhile),
        CUSTOMER_TEST(asks_once_for_all_that_wait),
        CUSTOMER_TEST(sixteen_are_seen_in_one_look),
        CUSTOMER_TEST(one_that_is_not_visible_does_not_hide_the_others),
        CUSTOMER_TEST(one_that_is_refused_does_not_hold_up_the_others),
        CUSTOMER_TEST(all_go_on_after_they_were_throttled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
