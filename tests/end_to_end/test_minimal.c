/* examples/minimal.c, as the README shows it, run as a program. */
#define _POSIX_C_SOURCE 200809L
#include "tests/support/customer.h"

#include "tests/support/spawn.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_MS 60000

struct run {
    const char *instance_id;
    const char *key_pair;
    const char *secret;
    int no_ca;
};

static struct process *run_minimal(struct customer *customer, const struct run *run, int *status)
{
    const char *build = getenv("RV_BUILD");
    char path[512], port[8], ca[128], secret[64];
    const char *arguments[8];
    const char *environment[4];
    struct spawn_setup setup;

    assert_non_null(build);
    snprintf(path, sizeof path, "%s/minimal", build);
    snprintf(port, sizeof port, "%u", (unsigned)endpoint_port(customer->service));
    snprintf(ca, sizeof ca, "SSL_CERT_FILE=%s",
             run->no_ca ? "/nowhere" : endpoint_ca_file(customer->service));
    snprintf(secret, sizeof secret, "VOLCENGINE_SECRET_KEY=%s", run->secret);
    arguments[0] = path;
    arguments[1] = run->instance_id;
    arguments[2] = LINUX_IMAGE;
    arguments[3] = run->key_pair;
    arguments[4] = ENDPOINT_REGION;
    arguments[5] = "localhost";
    arguments[6] = port;
    arguments[7] = NULL;
    environment[0] = ca;
    environment[1] = "VOLCENGINE_ACCESS_KEY=" ENDPOINT_ACCESS_KEY_ID;
    environment[2] = secret;
    environment[3] = NULL;
    memset(&setup, 0, sizeof setup);
    setup.environment = environment;
    return process_run(arguments, &setup, LIMIT_MS, status);
}

static void replaces(struct customer *customer)
{
    static const struct run run = {STOPPED_INSTANCE, "kp-demo", ENDPOINT_SECRET_KEY, 0};
    struct process *process;
    char token[64] = "";
    int status;

    SERVE(customer, NULL);
    process = run_minimal(customer, &run, &status);
    assert_non_null(strstr(process_output(process), "outcome 2"));
    assert_int_equal(status, 0);
    assert_int_equal(sscanf(process_errors(process), "client token: %63s", token), 1);
    assert_int_equal(customer_lines(customer, IS_REPLACED, token), 1);
    assert_int_equal(customer_lines(customer, IS_REPLACED, "\"key_pair\":\"kp-demo\""), 1);
    assert_int_equal(customer_requests(customer), 1);
    process_free(process);
}

static void is_refused(struct customer *customer)
{
    static const struct run run = {RUNNING_INSTANCE, "kp-demo", ENDPOINT_SECRET_KEY, 0};
    struct process *process;
    int status;

    SERVE(customer, NULL);
    process = run_minimal(customer, &run, &status);
    assert_non_null(strstr(process_output(process), "outcome 3"));
    assert_non_null(strstr(process_output(process), "does not support this request"));
    assert_int_equal(status, 1);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 0);
    process_free(process);
}

static void has_the_wrong_secret(struct customer *customer)
{
    static const struct run run = {STOPPED_INSTANCE, "kp-demo", "wrong", 0};
    struct process *process;
    int status;

    SERVE(customer, NULL);
    process = run_minimal(customer, &run, &status);
    assert_non_null(strstr(process_output(process), "outcome 3"));
    assert_null(strstr(process_output(process), "wrong\n"));
    assert_int_equal(status, 1);
    assert_int_equal(customer_lines(customer, IS_REQUEST, "SignatureDoesNotMatch"), 1);
    process_free(process);
}

static void loses_every_answer(struct customer *customer)
{
    static const struct run run = {STOPPED_INSTANCE, "kp-demo", ENDPOINT_SECRET_KEY, 0};
    struct process *process;
    int status;

    SERVE(customer, "--rule", "*=execute;drop");
    process = run_minimal(customer, &run, &status);
    assert_non_null(strstr(process_output(process), "outcome 4"));
    assert_int_equal(status, 1);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 1);
    process_free(process);
}

static void breaks_a_rule(struct customer *customer)
{
    static const struct run run = {STOPPED_INSTANCE, "", ENDPOINT_SECRET_KEY, 0};
    struct process *process;
    int status;

    SERVE(customer, NULL);
    process = run_minimal(customer, &run, &status);
    assert_non_null(strstr(process_output(process), "outcome 0"));
    assert_int_equal(status, 1);
    assert_string_equal(endpoint_journal(customer->service), "");
    process_free(process);
}

static void finds_no_anchors(struct customer *customer)
{
    static const struct run run = {STOPPED_INSTANCE, "kp-demo", ENDPOINT_SECRET_KEY, 1};
    struct process *process;
    int status;

    SERVE(customer, NULL);
    process = run_minimal(customer, &run, &status);
    assert_non_null(strstr(process_output(process), "outcome 0"));
    assert_int_equal(status, 1);
    assert_string_equal(endpoint_journal(customer->service), "");
    process_free(process);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CUSTOMER_TEST(replaces),
        CUSTOMER_TEST(is_refused),
        CUSTOMER_TEST(has_the_wrong_secret),
        CUSTOMER_TEST(loses_every_answer),
        CUSTOMER_TEST(breaks_a_rule),
        CUSTOMER_TEST(finds_no_anchors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
