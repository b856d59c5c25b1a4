/* examples/superloop.c, run as a program: many jobs, one loop, other work going on. */
#define _POSIX_C_SOURCE 200809L
#include "tests/support/customer.h"

#include "tests/support/spawn.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_MS 120000

#define ARGUMENTS_MAX 16

static struct process *run_superloop(struct customer *customer, const char *const *instances,
                                     int *status)
{
    const char *build = getenv("RV_BUILD");
    char path[512], port[8], ca[512];
    const char *arguments[ARGUMENTS_MAX] = {path,        LINUX_IMAGE, "kp-demo", ENDPOINT_REGION,
                                            "localhost", port};
    const char *const environment[] = {ca, "VOLCENGINE_ACCESS_KEY=" ENDPOINT_ACCESS_KEY_ID,
                                       "VOLCENGINE_SECRET_KEY=" ENDPOINT_SECRET_KEY, NULL};
    struct spawn_setup setup;
    int i;

    assert_non_null(build);
    snprintf(path, sizeof path, "%s/superloop", build);
    snprintf(port, sizeof port, "%u", (unsigned)endpoint_port(customer->service));
    snprintf(ca, sizeof ca, "SSL_CERT_FILE=%s", endpoint_ca_file(customer->service));
    for (i = 0; instances[i] != NULL; i++) {
        assert_true(i + 7 < ARGUMENTS_MAX);
        arguments[i + 6] = instances[i];
    }
    memset(&setup, 0, sizeof setup);
    setup.environment = environment;
    return process_run(arguments, &setup, LIMIT_MS, status);
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
        CUSTOMER_TEST(one_that_is_refused_does_not_hold_up_the_others),
        CUSTOMER_TEST(all_go_on_after_they_were_throttled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
