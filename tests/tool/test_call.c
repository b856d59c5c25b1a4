/*
 * What the tool says and how it ends, for everything that can become of a bare call (--call-only):
 * at the local endpoint, well and badly behaved.
 */
#define _POSIX_C_SOURCE 200809L
#include "../support/tool.h"

#include "replace_volume.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PASSWORD "Very-Secret-1"

/* Everything but the credential of the new system. */
#define TARGET "--instance-id", STOPPED_INSTANCE, "--image-id", IMAGE, "--yes", "--call-only"

/* One attempt at most within the limit; slow machines have to get as far as sending in it. */
#define ANSWERS_TOO_LATE "ReplaceSystemVolume#1=delay-ms:60000"
#define SHORT            "--timeout-s", "6"

#define REPLACED "\"event\":\"replaced\""
#define REQUEST  "\"event\":\"request\""

/* --- accepted, checked, refused ----------------------------------------------------------------
 */

static void accepted_is_0(void **state)
{
    struct endpoint *service = endpoint_start(NULL);

    (void)state;
    assert_int_equal(tool_run(service, LIST(CALL), NULL), 0);
    assert_string_equal(tool_output(), "accepted " STOPPED_INSTANCE "\n");
    assert_true(said("accepted: "));
    assert_int_equal(endpoint_journal_count(service, REPLACED), 1);
    assert_int_equal(endpoint_journal_count(service, said_token()), 2); /* request, and effect */
    endpoint_stop(service);
}

static void accepted_as_json(void **state)
{
    struct endpoint *service = endpoint_start(NULL);
    char token[100];
    const char *at;

    (void)state;
    assert_int_equal(tool_run(service, LIST(CALL, "--json"), NULL), 0);
    assert_true(json_says("schema", "1"));
    assert_true(json_says("outcome", "\"accepted\""));
    assert_true(json_says("code", "null"));
    assert_true(json_says("message", "null"));
    assert_true(json_says("http_status", "200"));
    assert_true(json_says("instance_id", "\"" STOPPED_INSTANCE "\""));
    snprintf(token, sizeof token, "\"%s\"", said_token());
    assert_int_equal(strlen(token), 38);
    assert_true(json_says("client_token", token));
    assert_true(json_says("attempts", "1"));
    assert_true(printed("\"request_id\":\"20"));
    at = strstr(tool_output(), "\"first_sent_at\":\"20");
    assert_non_null(at);
    assert_memory_equal(at + strlen("\"first_sent_at\":\"2026-11-24T12:00:00"), "Z\"", 2);
    assert_true(printed("\"clock_skew_s\":0") || printed("\"clock_skew_s\":-1") ||
                printed("\"clock_skew_s\":1"));
    endpoint_stop(service);
}

static void checked_is_0_and_changes_nothing(void **state)
{
    struct endpoint *service = endpoint_start(NULL);

    (void)state;
    assert_int_equal(
        tool_run(service,
                 LIST("--instance-id", STOPPED_INSTANCE, "--image-id", IMAGE, "--key-pair-name",
                      KEY_PAIR, "--dry-run", "--call-only", "--json"),
                 NULL),
        0);
    assert_true(json_says("outcome", "\"checked\""));
    assert_true(json_says("code", "\"DryRunOperation\""));
    assert_true(json_says("http_status", "412"));
    assert_int_equal(endpoint_journal_count(service, REPLACED), 0);
    endpoint_stop(service);
}

static void refused_is_1_with_code_message_request_and_advice(void **state)
{
    struct endpoint *service = endpoint_start(NULL);

    (void)state;
    assert_int_equal(tool_run(service,
                              LIST("--instance-id", RUNNING_INSTANCE, "--image-id", IMAGE,
                                   "--key-pair-name", KEY_PAIR, "--yes", "--call-only", "--json"),
                              NULL),
                     1);
    assert_true(said("error: "));
    assert_true(said("InvalidInstanceStatus: "));
    assert_true(said("request id: "));
    assert_true(said(rv_code_advice(RV_CODE_INVALID_INSTANCE_STATUS)));
    assert_true(json_says("outcome", "\"refused\""));
    assert_true(json_says("code", "\"InvalidInstanceStatus\""));
    assert_true(json_says("http_status", "400"));
    assert_true(printed(rv_code_advice(RV_CODE_INVALID_INSTANCE_STATUS)));
    endpoint_stop(service);
}

static void accepted_against_the_wish_is_6_and_loud(void **state)
{
    struct endpoint *service = endpoint_start(LIST("--dry-run-ignored"));

    (void)state;
    assert_int_equal(tool_run(service, LIST(CALL, "--dry-run", "--quiet", "--json"), NULL), 6);
    assert_true(said("THE SYSTEM VOLUME OF " STOPPED_INSTANCE " IS BEING REPLACED"));
    assert_true(json_says("outcome", "\"accepted\""));
    assert_false(json_says("message", "null"));
    assert_int_equal(endpoint_journal_count(service, REPLACED), 1);
    endpoint_stop(service);
}

/* --- not sent ----------------------------------------------------------------------------------
 */

static void a_refused_connection_is_3_and_names_host_port_and_reason(void **state)
{
    (void)state;
    assert_int_equal(
        tool_run(NULL, LIST(CALL, "--endpoint", "localhost:1", "--timeout-s", "1", "--json"), NULL),
        3);
    assert_true(said("localhost port 1: "));
    assert_true(said("Connection refused"));
    assert_true(json_says("outcome", "\"not_sent\""));
    assert_true(json_says("attempts", "0"));
    assert_true(json_says("first_sent_at", "null"));
    assert_false(json_says("client_token", "null"));
}

static void a_host_without_an_address_is_3_and_named(void **state)
{
    (void)state;
    assert_int_equal(
        tool_run(NULL, LIST(CALL, "--endpoint", "nowhere.invalid", "--timeout-s", "1"), NULL), 3);
    assert_true(said("nowhere.invalid port 443"));
}

static void certificate_is_refused(const char *kind, const char *why, const char *advice)
{
    struct endpoint *service = endpoint_start(LIST("--certificate", kind));

    assert_int_equal(tool_run(service, LIST(CALL), NULL), 3);
    if (!said(why) || !said(advice)) {
        fail_msg("%s: %s", kind, tool_errors());
    }
    assert_int_equal(endpoint_journal_count(service, REQUEST), 0);
    endpoint_stop(service);
}

static void a_bad_certificate_is_3_and_explained(void **state)
{
    (void)state;
    certificate_is_refused("other-ca", "not correctly signed by the trusted CA", "--ca-file");
    certificate_is_refused("self-signed", "not correctly signed by the trusted CA", "--ca-file");
    certificate_is_refused("expired", "has expired", "this machine's clock");
    certificate_is_refused("not-yet-valid", "in the future", "this machine's clock");
    certificate_is_refused("wrong-host", "does not match", "--endpoint");
}

static void a_server_that_speaks_no_tls_is_3(void **state)
{
    struct endpoint *service = endpoint_start(LIST("--cut-record-bytes", "20"));

    (void)state;
    assert_int_equal(tool_run(service, LIST(CALL, "--timeout-s", "2"), NULL), 3);
    assert_true(said("nothing was sent"));
    endpoint_stop(service);
}

/* --- unknown -----------------------------------------------------------------------------------
 */

static void unknown_is_4_and_says_how_to_ask_again(void **state)
{
    struct endpoint *service = endpoint_start(LIST("--rule", ANSWERS_TOO_LATE));

    (void)state;
    assert_int_equal(tool_run(service, LIST(CALL, SHORT, "--json"), NULL), 4);
    assert_true(said("may have been executed"));
    assert_true(said("--client-token "));
    assert_true(said("within the bound until 20"));
    assert_true(said("DescribeInstances"));
    assert_true(said("audit log"));
    assert_true(said("Never send it with another client token"));
    assert_true(json_says("outcome", "\"unknown\""));
    assert_true(json_says("http_status", "null"));
    assert_true(json_says("attempts", "1"));
    assert_false(json_says("first_sent_at", "null"));
    assert_false(json_says("advice", "null"));
    endpoint_stop(service);
}

static void the_code_of_an_earlier_answer_does_not_stand_for_what_ended_the_call(void **state)
{
    struct endpoint *service = endpoint_start(LIST("--rule",
                                                   "ReplaceSystemVolume#1=error:FlowLimitExceeded",
                                                   "--rule", "ReplaceSystemVolume#2-99=drop"));

    (void)state;
    assert_int_equal(tool_run(service, LIST(CALL, SHORT), NULL), 4);
    assert_true(said("FlowLimitExceeded")); /* as the reason of the second attempt */
    assert_false(said("FlowLimitExceeded: "));
    endpoint_stop(service);
}

/* The line of standard error that begins with two spaces. */
static const char *command_to_ask_again(void)
{
    static char command[2048];
    const char *at = strstr(tool_errors(), "\n  ");

    assert_non_null(at);
    snprintf(command, sizeof command, "%.*s", (int)strcspn(at + 3, "\n"), at + 3);
    return command;
}

static void the_printed_command_asks_again_and_replaces_once(void **state)
{
    struct endpoint *service = endpoint_start(
        LIST("--rule", ANSWERS_TOO_LATE, "--allow-parameter", "Note", "--allow-parameter", "B"));
    struct spawn_setup setup = {0};
    struct process *shell;
    int status;

    (void)state;
    setup.environment = LIST(TOOL_ACCESS_KEY, TOOL_SECRET_KEY, TOOL_REGION);
    assert_int_equal(
        tool_run(service, LIST(CALL, SHORT, "--param", "Note=it's $HOME; \"x\" \\ *", "--param=B="),
                 NULL),
        4);
    shell = process_run(LIST("/bin/sh", "-c", command_to_ask_again()), &setup, TOOL_LIMIT_MS,
                        &status);
    if (status != 0) {
        fail_msg("%d: %s", status, process_errors(shell));
    }
    assert_non_null(strstr(process_errors(shell), said_token()));
    assert_non_null(strstr(process_errors(shell), "accepted, now or earlier"));
    process_free(shell);
    assert_int_equal(endpoint_journal_count(service, REPLACED), 1);
    endpoint_stop(service);
}

static void a_token_of_before_takes_the_place_of_the_one_in_the_command(void **state)
{
    struct endpoint *service = endpoint_start(LIST("--rule", ANSWERS_TOO_LATE));
    const char *command;

    (void)state;
    assert_int_equal(tool_run(service, LIST("--client-token", "first", CALL, SHORT), NULL), 4);
    command = command_to_ask_again();
    assert_non_null(strstr(command, " --client-token first"));
    assert_null(strstr(strstr(command, "--client-token") + 1, "--client-token"));
    assert_true(said("15 minutes after this token was first sent"));
    endpoint_stop(service);
}

static void a_token_of_before_that_cannot_be_sent_is_4(void **state)
{
    (void)state;
    assert_int_equal(tool_run(NULL,
                              LIST(CALL, "--client-token", "first", "--endpoint", "localhost:1",
                                   "--timeout-s", "1", "--json"),
                              NULL),
                     4);
    assert_true(said("nothing was sent now"));
    assert_true(json_says("outcome", "\"unknown\""));
    assert_true(json_says("client_token", "\"first\""));
    assert_true(json_says("attempts", "0"));
}

static void a_token_with_other_parameters_is_4(void **state)
{
    struct endpoint *service = endpoint_start(NULL);

    (void)state;
    assert_int_equal(tool_run(service, LIST(CALL, "--client-token", "first"), NULL), 0);
    assert_int_equal(
        tool_run(service, LIST(CALL, "--client-token", "first", "--size-gib", "50"), NULL), 4);
    assert_true(said("IdempotentParameterMismatch"));
    assert_true(said("parameters of that earlier request"));
    assert_int_equal(endpoint_journal_count(service, REPLACED), 1);
    endpoint_stop(service);
}

static void the_dropped_answers_of_one_run_replace_once(void **state)
{
    struct endpoint *service = endpoint_start(
        LIST("--rule", "ReplaceSystemVolume#1-2=execute;drop"));

    (void)state;
    assert_int_equal(tool_run(service, LIST(CALL, "--json"), NULL), 0);
    assert_true(json_says("attempts", "3"));
    assert_true(said("the next one in"));
    assert_int_equal(endpoint_journal_count(service, REPLACED), 1);
    endpoint_stop(service);
}

/* --- the client token, and what is said meanwhile ----------------------------------------------
 */

static void token_is_said_before(const char *quiet)
{
    struct endpoint *service = endpoint_start(LIST("--tls-stall", "9"));
    struct process *tool = tool_start(service, LIST(CALL, quiet), NULL);

    assert_true(process_await_errors(tool, "client token: ", TOOL_LIMIT_MS));
    assert_int_equal(endpoint_journal_count(service, REQUEST), 0);
    process_signal(tool, SIGTERM);
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 3);
    process_free(tool);
    endpoint_stop(service);
}

static void the_token_is_said_before_anything_is_sent(void **state)
{
    (void)state;
    token_is_said_before(NULL);
    token_is_said_before("--quiet");
}

static void nothing_is_sent_if_the_token_cannot_be_said(void **state)
{
    struct endpoint *service = endpoint_start(NULL);
    struct spawn_setup setup = {0};

    (void)state;
    setup.errors = SPAWN_FULL_DEVICE;
    assert_int_equal(tool_run(service, LIST(CALL, "--json"), &setup), 3);
    assert_true(json_says("outcome", "\"not_sent\""));
    assert_true(printed("No space left on device"));
    assert_int_equal(endpoint_journal_count(service, REQUEST), 0);
    endpoint_stop(service);
}

static void quiet_says_the_token_alone(void **state)
{
    struct endpoint *service = endpoint_start(NULL);
    char line[128];

    (void)state;
    assert_int_equal(tool_run(service, LIST(CALL, "--quiet"), NULL), 0);
    snprintf(line, sizeof line, "client token: %s\n", said_token());
    assert_string_equal(tool_errors(), line);
    endpoint_stop(service);
}

static void verbose_shows_steps_and_header_names_but_no_secret(void **state)
{
    struct endpoint *service = endpoint_start(NULL);
    struct spawn_setup setup = {0};

    (void)state;
    setup.input = PASSWORD;
    assert_int_equal(tool_run(service, LIST(TARGET, "--password-file", "-", "--verbose"), &setup),
                     0);
    assert_true(said("attempt 1\n"));
    assert_true(said("connecting to localhost port "));
    assert_true(said("TLSv1."));
    assert_true(said("x-date"));
    assert_true(said("HTTP status 200"));
    assert_true(said("header field Content-Type"));
    assert_false(said(PASSWORD));
    assert_false(said(ENDPOINT_SECRET_KEY));
    assert_false(said("\033"));
    endpoint_stop(service);
}

static void assert_says_of_the_clock(const char *service_is_ahead_by_s, const char *words)
{
    struct endpoint *service = endpoint_start(LIST("--clock-offset-s", service_is_ahead_by_s));

    assert_int_equal(tool_run(service, LIST(CALL), NULL), 0);
    assert_true(said(words));
    assert_false(said("clock is -"));
    endpoint_stop(service);
}

static void a_wrong_clock_is_said_to_be_behind_or_ahead(void **state)
{
    (void)state;
    assert_says_of_the_clock("7200", " s behind the service's");
    assert_says_of_the_clock("-7200", " s ahead of the service's");
}

static void stdout_that_cannot_be_written_changes_nothing(void **state)
{
    static const enum spawn_output kinds[] = {SPAWN_CLOSED, SPAWN_BROKEN_PIPE, SPAWN_FULL_DEVICE};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct endpoint *service = endpoint_start(NULL);
        struct spawn_setup setup = {0};

        setup.output = kinds[i];
        assert_int_equal(tool_run(service, LIST(CALL, "--json"), &setup), 0);
        assert_int_equal(endpoint_journal_count(service, REPLACED), 1);
        assert_int_equal(endpoint_journal_count(service, "\"status\":200"), 1);
        assert_false(said("error: "));
        endpoint_stop(service);
        assert_int_equal(tool_run(NULL, LIST("--bad", "--json"), &setup), 2);
        assert_int_equal(tool_run(NULL, LIST("--help"), &setup), 0);
    }
}

static void closed_descriptors_are_not_taken_by_the_connection(void **state)
{
    struct endpoint *service = endpoint_start(NULL);
    struct spawn_setup setup = {0};

    (void)state;
    setup.input_is_closed = 1;
    setup.output = SPAWN_CLOSED; /* and not standard error: valgrind does not start without */
    assert_int_equal(tool_run(service, LIST(CALL, "--verbose"), &setup), 0);
    assert_int_equal(endpoint_journal_count(service, REPLACED), 1);
    endpoint_stop(service);
}

/* --- signals -----------------------------------------------------------------------------------
 */

static void a_signal_while_the_answer_is_awaited_is_4(void **state)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    static const char *const names[] = {"SIGINT", "SIGTERM", "SIGHUP"};
    size_t i;

    (void)state;
    for (i = 0; i < 3; i++) {
        struct endpoint *service = endpoint_start(LIST("--rule", ANSWERS_TOO_LATE));
        struct process *tool = tool_start(service, LIST(CALL, "--verbose", "--json"), NULL);

        assert_true(process_await_errors(tool, "request sent", TOOL_LIMIT_MS));
        process_signal(tool, numbers[i]);
        assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 4);
        assert_non_null(strstr(process_errors(tool), "interrupted by"));
        assert_non_null(strstr(process_errors(tool), names[i]));
        assert_non_null(strstr(process_errors(tool), "--client-token "));
        assert_non_null(strstr(process_output(tool), "\"outcome\":\"unknown\""));
        process_free(tool);
        endpoint_stop(service);
    }
}

static void a_signal_before_sending_is_3(void **state)
{
    struct endpoint *service = endpoint_start(LIST("--tls-stall", "9"));
    struct process *tool = tool_start(service, LIST(CALL, "--verbose"), NULL);

    (void)state;
    assert_true(process_await_errors(tool, "connecting to", TOOL_LIMIT_MS));
    process_signal(tool, SIGINT);
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 3);
    assert_non_null(strstr(process_errors(tool), "nothing was sent: interrupted by SIGINT"));
    process_free(tool);
    endpoint_stop(service);
}

static void a_signal_while_the_password_is_awaited_is_3(void **state)
{
    struct spawn_setup setup = {0};
    struct process *tool;

    (void)state;
    setup.input_stays_open = 1;
    tool = tool_start(NULL, LIST(TARGET, "--password-file", "-", "--json", "--verbose"), &setup);
    assert_true(process_await_errors(tool, "reading the password from", TOOL_LIMIT_MS));
    process_signal(tool, SIGTERM);
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 3);
    assert_non_null(strstr(process_output(tool), "\"outcome\":\"not_sent\""));
    process_free(tool);
}

static void a_signal_that_was_ignored_stays_ignored(void **state)
{
    struct endpoint *service = endpoint_start(
        LIST("--rule", "ReplaceSystemVolume#1=delay-ms:1000"));
    struct spawn_setup setup = {0};
    struct process *tool;

    (void)state;
    setup.ignore_sigint = 1;
    tool = tool_start(service, LIST(CALL, "--verbose"), &setup);
    assert_true(process_await_errors(tool, "request sent", TOOL_LIMIT_MS));
    process_signal(tool, SIGINT);
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 0);
    process_free(tool);
    endpoint_stop(service);
}

/* --- what is sent ------------------------------------------------------------------------------
 */

/* The service compares parameters under one token, so it knows whether two passwords are the same.
 */
static void the_password_is_the_same_from_file_stdin_and_descriptor(void **state)
{
    struct endpoint *service = endpoint_start(NULL);
    struct spawn_setup setup = {0};
    const char *file = make_file(service, "password", PASSWORD "\n", 0600);

    (void)state;
    assert_int_equal(
        tool_run(service, LIST(TARGET, "--client-token", "t", "--password-file", file), NULL), 0);
    assert_int_equal(endpoint_journal_count(service, "\"password_set\":true"), 2);
    setup.input = PASSWORD "\r\n";
    assert_int_equal(
        tool_run(service, LIST(TARGET, "--client-token", "t", "--password-file", "-"), &setup), 0);
    setup.input = PASSWORD;
    setup.input_descriptor = 7;
    assert_int_equal(
        tool_run(service, LIST(TARGET, "--client-token", "t", "--password-fd", "7"), &setup), 0);
    setup.input = PASSWORD "x";
    assert_int_equal(
        tool_run(service, LIST(TARGET, "--client-token", "t", "--password-fd", "7"), &setup), 4);
    endpoint_stop(service);
}

static char *read_proc(pid_t id, const char *name, size_t *len)
{
    static char text[65536];
    char path[64];
    FILE *file;

    snprintf(path, sizeof path, "/proc/%ld/%s", (long)id, name);
    file = fopen(path, "r");
    *len = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
    text[*len] = '\0';
    if (file != NULL) {
        fclose(file);
    }
    return text;
}

static int holds(const char *bytes, size_t len, const char *text)
{
    size_t i;

    for (i = 0; i + strlen(text) <= len; i++) {
        if (memcmp(bytes + i, text, strlen(text)) == 0) {
            return 1;
        }
    }
    return 0;
}

static void the_password_is_in_no_list_of_processes_and_no_core(void **state)
{
    struct endpoint *service = endpoint_start(LIST("--rule", ANSWERS_TOO_LATE));
    const char *file = make_file(service, "password", PASSWORD "\n", 0600);
    struct process *tool = tool_start(service, LIST(TARGET, "--password-file", file, "--verbose"),
                                      NULL);
    char *text;
    size_t len;

    (void)state;
    assert_true(process_await_errors(tool, "request sent", TOOL_LIMIT_MS));
    text = read_proc(process_id(tool), "cmdline", &len);
    assert_true(holds(text, len, "--password-file"));
    assert_false(holds(text, len, PASSWORD));
    text = read_proc(process_id(tool), "limits", &len);
    if (len > 0) { /* what cannot be read by the same user is as private as it should be */
        text = strstr(text, "Max core file size");
        assert_non_null(text);
        assert_memory_equal(text + strspn(text + 18, " ") + 18, "0 ", 2);
    }
    process_signal(tool, SIGINT);
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 4);
    assert_null(strstr(process_errors(tool), PASSWORD));
    assert_null(strstr(process_output(tool), PASSWORD));
    assert_non_null(strstr(process_errors(tool), "Give the same password again"));
    process_free(tool);
    endpoint_stop(service);
}

static void every_parameter_is_sent(void **state)
{
    struct endpoint *service = endpoint_start(LIST("--allow-parameter", "Tomorrow"));
    const char *file = make_file(service, "user-data", "#!/bin/sh\n", 0600);

    (void)state;
    assert_int_equal(
        tool_run(service,
                 LIST(CALL, "--image-release-version", "20240801", "--size-gib", "60",
                      "--user-data-file", file, "--param", "Tomorrow=1", "--client-token", "t"),
                 NULL),
        0);
    assert_int_equal(endpoint_journal_count(service, "\"size_gib\":60"), 1);
    assert_int_equal(endpoint_journal_count(service, "\"client_token\":\"t\""), 2);
    assert_int_equal(tool_run(service, LIST(CALL, "--param", "Yesterday=1"), NULL), 1);
    assert_string_equal(tool_output(), "refused " STOPPED_INSTANCE " InvalidArgument\n");
    endpoint_stop(service);
}

static void an_images_own_credential_can_be_kept(void **state)
{
    struct endpoint *service = endpoint_start(NULL);

    (void)state;
    assert_int_equal(
        tool_run(service,
                 LIST("--instance-id", STOPPED_INSTANCE, "--image-id", "image-private-golden",
                      "--keep-image-credential", "--yes", "--call-only"),
                 NULL),
        0);
    endpoint_stop(service);
}

static void post_puts_the_parameters_into_the_body(void **state)
{
    struct endpoint *service = endpoint_start(NULL);

    (void)state;
    assert_int_equal(tool_run(service, LIST(CALL, "--method", "post"), NULL), 0);
    assert_int_equal(endpoint_journal_count(service, "\"method\":\"POST\""), 1);
    endpoint_stop(service);
}

static void a_target_that_is_too_long_names_post(void **state)
{
    static char text[RV_USER_DATA_MAX + 1];
    struct endpoint *service = endpoint_start(NULL);
    const char *file;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    file = make_file(service, "user-data", text, 0600);
    assert_int_equal(tool_run(service, LIST(CALL, "--user-data-file", file), NULL), 2);
    assert_true(said("--method post"));
    assert_int_equal(endpoint_journal_count(service, "\"event\""), 0);
    assert_int_equal(
        tool_run(service, LIST(CALL, "--user-data-file", file, "--method", "post"), NULL), 0);
    endpoint_stop(service);
}

static int forget(void **state)
{
    (void)state;
    tool_forget();
    return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(accepted_is_0),
        TEST(accepted_as_json),
        TEST(checked_is_0_and_changes_nothing),
        TEST(refused_is_1_with_code_message_request_and_advice),
        TEST(accepted_against_the_wish_is_6_and_loud),
        TEST(a_refused_connection_is_3_and_names_host_port_and_reason),
        TEST(a_host_without_an_address_is_3_and_named),
        TEST(a_bad_certificate_is_3_and_explained),
        TEST(a_server_that_speaks_no_tls_is_3),
        TEST(unknown_is_4_and_says_how_to_ask_again),
        TEST(the_code_of_an_earlier_answer_does_not_stand_for_what_ended_the_call),
        TEST(the_printed_command_asks_again_and_replaces_once),
        TEST(a_token_of_before_takes_the_place_of_the_one_in_the_command),
        TEST(a_token_of_before_that_cannot_be_sent_is_4),
        TEST(a_token_with_other_parameters_is_4),
        TEST(the_dropped_answers_of_one_run_replace_once),
        TEST(the_token_is_said_before_anything_is_sent),
        TEST(nothing_is_sent_if_the_token_cannot_be_said),
        TEST(quiet_says_the_token_alone),
        TEST(verbose_shows_steps_and_header_names_but_no_secret),
        TEST(a_wrong_clock_is_said_to_be_behind_or_ahead),
        TEST(stdout_that_cannot_be_written_changes_nothing),
        TEST(closed_descriptors_are_not_taken_by_the_connection),
        TEST(a_signal_while_the_answer_is_awaited_is_4),
        TEST(a_signal_before_sending_is_3),
        TEST(a_signal_while_the_password_is_awaited_is_3),
        TEST(a_signal_that_was_ignored_stays_ignored),
        TEST(the_password_is_the_same_from_file_stdin_and_descriptor),
        TEST(the_password_is_in_no_list_of_processes_and_no_core),
        TEST(every_parameter_is_sent),
        TEST(an_images_own_credential_can_be_kept),
        TEST(post_puts_the_parameters_into_the_body),
        TEST(a_target_that_is_too_long_names_post),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
