/*
 * The tool as a Kubernetes Job runs it: again and again by the same command, until it is done. A
 * seed names the one replacement that all of these runs mean.
 */
#define _POSIX_C_SOURCE 200809L
#include "../../examples/tool/seed.h"
#include "../support/customer.h"
#include "../support/tool.h"
#include "replace_volume.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define SEED          "--token-seed", "uid-1"
#define OTHER_SEED    "--token-seed", "uid-2"
#define IN            "--state-dir", state_dir()
#define BY_KEY(image) "--image-id", image, "--key-pair-name", KEY_PAIR, "--yes"
#define SEEDED        REPLACE, SEED, IN
#define UNRECORDED    REPLACE, SEED, "--if-image-differs", "--no-state"

#define REQUEST         "\"event\":\"request\""
#define REPLACED        "\"event\":\"replaced\""
#define REPLACE_REQUEST "\"action\":\"ReplaceSystemVolume\""
#define OTHER_IMAGE     "image-ubuntu2204"

static struct endpoint *service;

static int events(const char *text)
{
    return endpoint_journal_count(service, text);
}

/* As a volume that outlives the runs. */
static const char *state_dir(void)
{
    static char path[300];

    snprintf(path, sizeof path, "%s/claim", endpoint_folder(service));
    return path;
}

/* --- the token ---------------------------------------------------------------------------------
 */

/* Computed with Python's hashlib from what seed.h says. */
static void the_token_is_the_hash_of_label_seed_region_and_instance(void **state)
{
    char token[RV_CLIENT_TOKEN_MAX + 1];

    (void)state;
    assert_int_equal(seed_token("job-7", "cn-beijing", "i-demo0stopped0000001", token), 0);
    assert_string_equal(token, "a59014942a43874ea026656fef7650f249cd98fe426a3cd0061aa622f95af230");
}

static void where_one_text_ends_and_the_next_begins_counts(void **state)
{
    char a[RV_CLIENT_TOKEN_MAX + 1];
    char b[RV_CLIENT_TOKEN_MAX + 1];

    (void)state;
    assert_int_equal(seed_token("job-7", "1cn", "i-a", a), 0);
    assert_int_equal(seed_token("job-71", "cn", "i-a", b), 0);
    assert_string_not_equal(a, b);
}

static void the_replacement_is_sent_under_it(void **state)
{
    char token[RV_CLIENT_TOKEN_MAX + 1];
    char line[128];

    (void)state;
    service = endpoint_start(NULL);
    assert_int_equal(seed_token("uid-1", ENDPOINT_REGION, STOPPED_INSTANCE, token), 0);
    assert_ends(service, 0, LIST(SEEDED, "--json"));
    snprintf(line, sizeof line, "\"%s\"", token);
    assert_true(json_says("client_token", line));
    assert_int_equal(events(REPLACED), 1);
    assert_int_equal(events(line), 2); /* the request, and its effect; DryRun has another one */
}

/* --- what a seed needs -------------------------------------------------------------------------
 */

static void assert_is_usage(const char *const *arguments, const char *text)
{
    assert_ends(service, 2, arguments);
    assert_said(text);
    assert_int_equal(events(REQUEST), 0);
}

static void a_seed_needs_something_that_tells_of_the_runs_before(void **state)
{
    (void)state;
    service = endpoint_start(NULL);
    assert_is_usage(LIST(REPLACE, SEED), "needs --state-dir D");
    assert_is_usage(LIST(REPLACE, SEED, "--no-state"), "needs --state-dir D");
}

static void an_empty_seed_is_none(void **state)
{
    (void)state;
    service = endpoint_start(NULL);
    assert_is_usage(LIST(REPLACE, IN, "--token-seed="), "1 to 255 bytes");
}

static void a_seed_does_not_go_with_what_takes_another_token(void **state)
{
    (void)state;
    service = endpoint_start(NULL);
    assert_is_usage(LIST(SEEDED, "--client-token", "mine"), "exclude each other");
    assert_is_usage(LIST(SEEDED, "--send-again"), "takes a new token");
    assert_is_usage(LIST(SEEDED, "--call-only"), "no meaning with --call-only");
    assert_is_usage(LIST(SEEDED, "--instance-id", RUNNING_INSTANCE), "several are named");
}

/* --- again and again ---------------------------------------------------------------------------
 */

static void killed_while_it_watches_and_run_again_it_replaces_once(void **state)
{
    (void)state;
    service = endpoint_start(LIST("--delay-ms", "6000"));
    tool_kill(tool_start_and_await(service, LIST(SEEDED), "watching: REBUILDING"));
    assert_ends(service, 0, LIST(SEEDED));
    assert_said("going on with it");
    assert_int_equal(events(REPLACED), 1);
    assert_int_equal(events(REPLACE_REQUEST), 2); /* one of them the DryRun */
}

static void killed_while_it_stops_the_instance_and_run_again_it_replaces_once(void **state)
{
    const char *const arguments[] = {
        "--instance-id",      RUNNING_INSTANCE, BY_KEY(IMAGE), "--stop",
        "--token-seed=uid-1", "--state-dir",    NULL,          NULL};
    const char *again[sizeof arguments / sizeof arguments[0]];
    size_t last = sizeof arguments / sizeof arguments[0] - 2;

    (void)state;
    service = endpoint_start(LIST("--delay-ms", "2000"));
    memcpy(again, arguments, sizeof again);
    again[last] = state_dir();
    tool_kill(tool_start_and_await(service, again, "stopping: STOPPING"));
    assert_ends(service, 0, again);
    assert_int_equal(events(REPLACED), 1);
}

static void killed_before_an_answer_and_run_again_it_sends_the_same_token(void **state)
{
    const char *password;

    (void)state;
    service = endpoint_start(LIST("--rule", "ReplaceSystemVolume#1=status:503;retry-after:30"));
    password = make_file(service, "password", "Very-Secret-1\n", 0600);
#define BY_PASSWORD                                                                               \
    "--instance-id", STOPPED_INSTANCE, "--image-id", IMAGE, "--password-file", password, "--yes", \
        "--no-dry-run-check", SEED, IN
    tool_kill(tool_start_and_await(service, LIST(BY_PASSWORD), "watching: STOPPED"));
    assert_ends(service, 0, LIST(BY_PASSWORD));
    assert_int_equal(events(REPLACED), 1);
    assert_int_equal(events(said_token()), 3); /* two requests, and the effect */
}

static void run_again_after_it_is_done_it_sends_nothing(void **state)
{
    int requests;

    (void)state;
    service = endpoint_start(NULL);
    assert_ends(service, 0, LIST(SEEDED));
    requests = events(REQUEST);
    assert_ends(service, 0, LIST(SEEDED, "--json"));
    assert_said("done before");
    assert_true(json_says("outcome", "\"done\""));
    assert_true(json_says("attempts", "0"));
    assert_int_equal(events(REQUEST), requests);
}

/* Whose DryRun was recorded in the place of what is done. */
static void another_run_that_is_refused_meanwhile_does_not_make_it_forgotten(void **state)
{
    (void)state;
    service = endpoint_start(LIST("--rule", "ReplaceSystemVolume#3=error:InvalidImage.NotFound"));
    assert_ends(service, 0, LIST(SEEDED));
    assert_ends(service, 1, LIST(REPLACE, "--stop", IN));
    assert_ends(service, 0, LIST(SEEDED, "--json"));
    assert_int_equal(events(REPLACED), 1);
}

static void what_was_not_sent_or_refused_is_begun_anew(void **state)
{
    (void)state;
    service = endpoint_start(LIST("--rule", "ReplaceSystemVolume#1=error:AccessDenied"));
    assert_ends(service, 2, LIST(SEEDED, "--no-dry-run-check", "--expect-name", "another"));
    assert_ends(service, 1, LIST(SEEDED, "--no-dry-run-check"));
    assert_ends(service, 0, LIST(SEEDED, "--no-dry-run-check"));
    assert_int_equal(events(REPLACED), 1);
}

/* 3 and not 2: a job that does not end on 3 asks again, and is then told what came of it. */
static void run_twice_at_once_the_second_ends_with_3(void **state)
{
    struct process *first;
    int requests;

    (void)state;
    service = endpoint_start(LIST("--delay-ms", "8000"));
    first = tool_start_and_await(service, LIST(SEEDED), "watching: REBUILDING");
    requests = events(REPLACE_REQUEST);
    assert_ends(service, 3, LIST(SEEDED));
    assert_said("at work on this");
    assert_int_equal(events(REPLACE_REQUEST), requests);
    assert_int_equal(process_wait(first, TOOL_LIMIT_MS), 0);
    process_free(first);
    assert_ends(service, 0, LIST(SEEDED));
    assert_said("done before");
    assert_int_equal(events(REPLACED), 1);
}

static void run_again_with_a_new_seed_it_replaces_again(void **state)
{
    (void)state;
    service = endpoint_start(NULL);
    assert_ends(service, 0, LIST(SEEDED));
    assert_ends(service, 0, LIST(REPLACE, OTHER_SEED, IN, "--stop"));
    assert_int_equal(events(REPLACED), 2);
}

static void a_new_seed_does_not_come_between_what_was_begun(void **state)
{
    int requests;

    (void)state;
    service = endpoint_start(LIST("--delay-ms", "60000"));
    tool_kill(tool_start_and_await(service, LIST(SEEDED), "watching: REBUILDING"));
    requests = events(REQUEST);
    assert_ends(service, 2, LIST(REPLACE, OTHER_SEED, IN));
    assert_said("was begun, and is not known to be over");
    assert_int_equal(events(REQUEST), requests);
}

static void another_image_with_the_same_seed_is_a_mismatch(void **state)
{
    int requests;

    (void)state;
    service = endpoint_start(LIST("--delay-ms", "6000"));
#define OTHERWISE "--instance-id", STOPPED_INSTANCE, BY_KEY(OTHER_IMAGE), SEED, IN
    tool_kill(tool_start_and_await(service, LIST(SEEDED), "watching: REBUILDING"));
    requests = events(REQUEST);
    assert_ends(service, 2, LIST(OTHERWISE));
    assert_said("--image-id is \"" OTHER_IMAGE "\"");
    assert_said("another --token-seed");
    assert_int_equal(events(REQUEST), requests);
    assert_ends(service, 0, LIST(SEEDED));
    assert_ends(service, 2, LIST(OTHERWISE)); /* done, and another is wanted */
    assert_int_equal(events(REPLACED), 1);
}

/* As when the Secret is exchanged between two pods. */
static void another_access_key_finds_the_record_and_only_looks(void **state)
{
    static const char *const other[] = {"VOLCENGINE_ACCESS_KEY=AKLTother",
                                        "VOLCENGINE_SECRET_KEY=b3RoZXI=", TOOL_REGION, NULL};
    struct spawn_setup setup = {0};

    (void)state;
    service = endpoint_start(LIST("--delay-ms", "6000", "--access-key-id",
                                  "AKLTtest=dGVzdC1zZWNyZXQtb25seQ==", "--access-key-id",
                                  "AKLTother=b3RoZXI="));
    setup.environment = other;
    tool_kill(tool_start_and_await(service, LIST(SEEDED), "watching: REBUILDING"));
    assert_int_equal(tool_run(service, LIST(SEEDED), &setup), 0);
    assert_said("going on with it");
    assert_int_equal(tool_run(service, LIST(SEEDED), &setup), 0);
    assert_said("done before");
    assert_int_equal(events(REPLACED), 1);
}

static void resume_goes_on_with_it_too(void **state)
{
    (void)state;
    service = endpoint_start(LIST("--delay-ms", "6000"));
    tool_kill(tool_start_and_await(service, LIST(SEEDED), "watching: REBUILDING"));
    assert_ends(service, 2, LIST(REPLACE, OTHER_SEED, IN, "--resume"));
    assert_said("--token-seed is \"uid-2\"");
    assert_ends(service, 0, LIST(SEEDED, "--resume"));
    assert_ends(service, 0, LIST(SEEDED));
    assert_said("done before");
    assert_int_equal(events(REPLACED), 1);
}

/* --- without a record --------------------------------------------------------------------------
 */

static void an_instance_that_has_the_image_and_runs_is_left_alone(void **state)
{
    (void)state;
    service = endpoint_start(NULL);
    assert_ends(service, 0, LIST(UNRECORDED));
    assert_said("only the service's memory of it");
    assert_ends(service, 0, LIST(UNRECORDED, "--json"));
    assert_true(json_says("outcome", "\"unchanged\""));
    assert_int_equal(events(REPLACED), 1);
    assert_int_equal(events(REPLACE_REQUEST), 2); /* the DryRun, and the first run's */
}

static void one_that_has_another_image_is_replaced_once(void **state)
{
    (void)state;
    service = endpoint_start(NULL);
#define TO_OTHER                                                                                  \
    "--instance-id", RUNNING_INSTANCE, BY_KEY(OTHER_IMAGE), SEED, "--if-image-differs", "--stop", \
        "--no-state"
    assert_ends(service, 0, LIST(TO_OTHER));
    assert_ends(service, 0, LIST(TO_OTHER));
    assert_said("has the image " OTHER_IMAGE " already");
    assert_int_equal(events(REPLACED), 1);
}

static void one_that_has_it_and_does_not_run_is_not(void **state)
{
    (void)state;
    service = endpoint_start(LIST("--end-state", "stopped"));
    assert_ends(service, 0, LIST(UNRECORDED, "--leave-stopped"));
    assert_ends(service, 0, LIST(REPLACE, OTHER_SEED, "--if-image-differs", "--no-state"));
    assert_int_equal(events(REPLACED), 2);
}

static void without_a_record_the_services_memory_of_the_token_is_the_only_guard(void **state)
{
    (void)state;
    service = endpoint_start(LIST("--delay-ms", "60000", "--end-state", "stopped"));
    tool_kill(
        tool_start_and_await(service, LIST(UNRECORDED, "--leave-stopped"), "watching: REBUILDING"));
    assert_ends(service, 3, LIST(UNRECORDED)); /* REBUILDING */
    assert_int_equal(events(REPLACED), 1);
}

static void what_cannot_be_seen_is_not_taken_for_a_difference(void **state)
{
    (void)state;
    service = endpoint_start(LIST("--rule", "DescribeInstances=error:AccessDenied"));
    assert_ends(service, 1, LIST(UNRECORDED));
    assert_int_equal(events(REPLACE_REQUEST), 0);
}

/* --- one of a list -----------------------------------------------------------------------------
 */

static void the_index_picks_the_instance(void **state)
{
    const char *list;

    (void)state;
    service = endpoint_start(NULL);
    list = make_file(service, "instances",
                     "# the pool\n" RUNNING_INSTANCE "\n\n" STOPPED_INSTANCE " # the second\n",
                     0644);
#define PICK(n) BY_KEY(IMAGE), SEED, IN, "--instances-file", list, "--instance-index", n
    assert_ends(service, 0, LIST(PICK("1"), "--json"));
    assert_true(json_says("instance_id", "\"" STOPPED_INSTANCE "\""));
    assert_ends(service, 2, LIST(PICK("0"))); /* it runs, and there is no --stop */
    assert_ends(service, 2, LIST(PICK("2")));
    assert_said("names 2 instances");
    assert_ends(service, 2, LIST(REPLACE, IN, "--instance-index", "0"));
    assert_said("needs --instances-file");
    assert_ends(service, 2, LIST(PICK("1"), "--instance-id", STOPPED_INSTANCE));
    assert_said("exclude each other");
    assert_int_equal(events(REPLACED), 1);
}

static int clean_up(void **state)
{
    (void)state;
    tool_forget();
    endpoint_stop(service);
    service = NULL;
    return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, clean_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_token_is_the_hash_of_label_seed_region_and_instance),
        TEST(where_one_text_ends_and_the_next_begins_counts),
        TEST(the_replacement_is_sent_under_it),
        TEST(a_seed_needs_something_that_tells_of_the_runs_before),
        TEST(an_empty_seed_is_none),
        TEST(a_seed_does_not_go_with_what_takes_another_token),
        TEST(killed_while_it_watches_and_run_again_it_replaces_once),
        TEST(killed_while_it_stops_the_instance_and_run_again_it_replaces_once),
        TEST(killed_before_an_answer_and_run_again_it_sends_the_same_token),
        TEST(run_again_after_it_is_done_it_sends_nothing),
        TEST(another_run_that_is_refused_meanwhile_does_not_make_it_forgotten),
        TEST(what_was_not_sent_or_refused_is_begun_anew),
        TEST(run_twice_at_once_the_second_ends_with_3),
        TEST(run_again_with_a_new_seed_it_replaces_again),
        TEST(a_new_seed_does_not_come_between_what_was_begun),
        TEST(another_image_with_the_same_seed_is_a_mismatch),
        TEST(another_access_key_finds_the_record_and_only_looks),
        TEST(resume_goes_on_with_it_too),
        TEST(an_instance_that_has_the_image_and_runs_is_left_alone),
        TEST(one_that_has_another_image_is_replaced_once),
        TEST(one_that_has_it_and_does_not_run_is_not),
        TEST(without_a_record_the_services_memory_of_the_token_is_the_only_guard),
        TEST(what_cannot_be_seen_is_not_taken_for_a_difference),
        TEST(the_index_picks_the_instance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
