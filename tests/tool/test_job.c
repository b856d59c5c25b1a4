/*
 * The tool doing the whole replacement: check, stop, replace, watch, start. What it does to the
 * instance is read in the endpoint's journal.
 */
#define _POSIX_C_SOURCE 200809L
#include "../support/tool.h"

#include "../support/customer.h"
#include "replace_volume.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define RUNNING \
    "--instance-id", RUNNING_INSTANCE, "--image-id", IMAGE, "--key-pair-name", KEY_PAIR, "--yes"

#define REPLACED "\"event\":\"replaced\""
#define STOPPED  "\"event\":\"stopped\""
#define STARTED  "\"event\":\"started\""
#define DRY_RUN  "\"dry_run\":true"

/* The first ReplaceSystemVolume is the check's DryRun, the second the replacement. */
#define NEVER_ANSWERED "ReplaceSystemVolume#2-99=drop"

/* Seconds in which it gets as far as to the replacement, and not much further. */
#define SOON (is_under_valgrind() ? "40" : "6")

static struct endpoint *service;

static void serve(const char *const *arguments)
{
    service = endpoint_start(arguments);
}

static int events(const char *text)
{
    return endpoint_journal_count(service, text);
}

/* --- done --------------------------------------------------------------------------------------
 */

static void a_stopped_instance_is_replaced_and_watched_until_it_runs(void **state)
{
    (void)state;
    serve(NULL);
    assert_ends(service, 0, LIST(REPLACE));
    assert_string_equal(tool_output(), "done " STOPPED_INSTANCE "\n");
    assert_said("done: the system volume of " STOPPED_INSTANCE " is replaced, and it is RUNNING");
    assert_int_equal(events(REPLACED), 1);
    assert_int_equal(events("\"event\":\"settled\""), 1);
    assert_int_equal(events(STOPPED), 0);
    assert_int_equal(events(STARTED), 0);
}

static void done_as_json(void **state)
{
    char token[100];

    (void)state;
    serve(NULL);
    assert_ends(service, 0, LIST(REPLACE, "--json"));
    snprintf(token, sizeof token, "\"%s\"", said_token());
    assert_true(json_says("schema", "1"));
    assert_true(json_says("outcome", "\"done\""));
    assert_true(json_says("message", "null"));
    assert_true(json_says("http_status", "200"));
    assert_true(json_says("client_token", token));
    assert_true(json_says("attempts", "1"));
    assert_true(json_says("step", "\"watch\""));
    assert_true(json_says("instance_status", "\"RUNNING\""));
    assert_true(json_says("image_id", "\"" IMAGE "\""));
    assert_true(printed("\"evidence\":["));
    assert_true(printed("\"new_volumes\""));
    assert_true(json_says("not_checked", "[]"));
    assert_true(json_says("stopped", "false"));
    assert_true(json_says("started", "false"));
    assert_false(json_says("elapsed_s", "null"));
    assert_true(json_says("record", "null"));
    assert_true(json_says("next", "null"));
}

static void a_running_instance_is_stopped_first_with_stop(void **state)
{
    (void)state;
    serve(NULL);
    assert_ends(service, 0, LIST(RUNNING, "--stop", "--json"));
    assert_true(json_says("stopped", "true"));
    assert_int_equal(events(STOPPED), 1);
    assert_int_equal(events(REPLACED), 1);
}

static void a_running_instance_without_stop_is_2_and_left_alone(void **state)
{
    (void)state;
    serve(NULL);
    assert_ends(service, 2, LIST(RUNNING, "--json"));
    assert_said(RUNNING_INSTANCE " is RUNNING");
    assert_said("--stop");
    assert_true(json_says("outcome", "\"not_sent\""));
    assert_true(json_says("instance_status", "\"RUNNING\""));
    assert_true(json_says("attempts", "0"));
    assert_true(json_says("first_sent_at", "null"));
    assert_int_equal(events(STOPPED) + events(REPLACED), 0);
}

static void one_that_ends_stopped_is_started(void **state)
{
    (void)state;
    serve(LIST("--end-state", "stopped"));
    assert_ends(service, 0, LIST(REPLACE, "--json"));
    assert_true(json_says("started", "true"));
    assert_true(json_says("instance_status", "\"RUNNING\""));
    assert_int_equal(events(STARTED), 1);
}

static void one_that_ends_stopped_is_left_so_with_leave_stopped(void **state)
{
    (void)state;
    serve(LIST("--end-state", "stopped"));
    assert_ends(service, 0, LIST(REPLACE, "--leave-stopped", "--json"));
    assert_true(json_says("outcome", "\"done\""));
    assert_true(json_says("instance_status", "\"STOPPED\""));
    assert_int_equal(events(STARTED), 0);
}

static void force_stop_stops_too(void **state)
{
    (void)state;
    serve(NULL);
    assert_ends(service, 0, LIST(RUNNING, "--force-stop"));
    assert_int_equal(events(STOPPED), 1);
}

/* --- checks ------------------------------------------------------------------------------------
 */

static void finding(const char *const *arguments, const char *option, rv_rule rule)
{
    assert_ends(service, 2, arguments);
    assert_said(option);
    assert_said(rv_rule_text(rule));
    assert_int_equal(events(STOPPED) + events(REPLACED), 0);
}

static void a_dry_run_checks_and_changes_nothing(void **state)
{
    (void)state;
    serve(NULL);
    assert_ends(service, 0,
                LIST("--instance-id", STOPPED_INSTANCE, "--image-id", IMAGE, "--key-pair-name",
                     KEY_PAIR, "--dry-run", "--json"));
    assert_true(json_says("outcome", "\"checked\""));
    assert_said("checked: ");
    assert_int_equal(events(DRY_RUN), 1);
    assert_int_equal(events(STOPPED) + events(REPLACED) + events(STARTED), 0);
}

static void a_dry_run_of_a_running_instance_stops_nothing(void **state)
{
    (void)state;
    serve(LIST("--replace-running", "yes"));
    assert_ends(service, 0,
                LIST("--instance-id", RUNNING_INSTANCE, "--image-id", IMAGE, "--key-pair-name",
                     KEY_PAIR, "--dry-run"));
    assert_said("the replacement would be accepted");
    assert_said("would have to be stopped first");
    assert_int_equal(events(STOPPED) + events(REPLACED), 0);
}

/* Which is what the service most likely says of one that runs. */
static void a_dry_run_that_wants_the_instance_stopped_has_checked_the_rest(void **state)
{
    (void)state;
    serve(NULL);
    assert_ends(service, 0,
                LIST("--instance-id", RUNNING_INSTANCE, "--image-id", IMAGE, "--key-pair-name",
                     KEY_PAIR, "--dry-run", "--json"));
    assert_said("checked, as far as that can be done while " RUNNING_INSTANCE " is RUNNING");
    assert_said("would have to be stopped first");
    assert_said("not checked: the request itself (DryRun)");
    assert_false(said("would be accepted"));
    assert_true(json_says("outcome", "\"checked\""));
    assert_true(json_says("not_checked", "[\"dry_run\"]"));
    assert_true(json_says("message", "null"));
    assert_int_equal(events(DRY_RUN), 1);
    assert_int_equal(events(STOPPED) + events(REPLACED), 0);
    finding(LIST("--instance-id", RUNNING_INSTANCE, "--image-id", "image-nowhere",
                 "--key-pair-name", KEY_PAIR, "--dry-run"),
            "--image-id (ImageId) ", RV_RULE_NOT_VISIBLE);
}

/* Also where nobody waits to see what comes of it. */
static void a_check_that_was_executed_is_6_and_loud_without_waiting(void **state)
{
    (void)state;
    serve(LIST("--dry-run-ignored"));
    assert_ends(service, 6, LIST(REPLACE, "--no-wait", "--json"));
    assert_said("THE SYSTEM VOLUME OF " STOPPED_INSTANCE " IS BEING REPLACED");
    assert_false(json_says("message", "null"));
    assert_int_equal(events(REPLACED), 1);
}

static void accepted_although_only_a_check_was_asked_is_6_and_loud(void **state)
{
    (void)state;
    serve(LIST("--dry-run-ignored"));
    assert_ends(service, 6, LIST(REPLACE, "--dry-run", "--quiet", "--json"));
    assert_said("THE SYSTEM VOLUME OF " STOPPED_INSTANCE " IS BEING REPLACED");
    assert_true(json_says("outcome", "\"ended_badly\""));
    assert_int_equal(events(REPLACED), 1);
}

static void the_first_check_can_be_left_out(void **state)
{
    (void)state;
    serve(NULL);
    assert_ends(service, 0, LIST(REPLACE));
    assert_int_equal(events(DRY_RUN), 1);
    endpoint_stop(service);
    serve(NULL);
    assert_ends(service, 0, LIST(REPLACE, "--no-dry-run-check"));
    assert_int_equal(events(DRY_RUN), 0);
    assert_int_equal(events(REPLACED), 1);
}

static void a_finding_is_2_and_names_option_and_rule_before_anything_is_stopped(void **state)
{
    (void)state;
    serve(NULL);
    finding(LIST("--instance-id", "i-nowhere", "--image-id", IMAGE, "--key-pair-name", KEY_PAIR,
                 "--yes", "--stop"),
            "--instance-id (InstanceId) ", RV_RULE_NOT_VISIBLE);
    assert_said("region");
    finding(LIST("--instance-id", RUNNING_INSTANCE, "--image-id", "image-nowhere",
                 "--key-pair-name", KEY_PAIR, "--yes", "--stop"),
            "--image-id (ImageId) ", RV_RULE_NOT_VISIBLE);
    finding(LIST("--instance-id", RUNNING_INSTANCE, "--image-id", "image-private-creating",
                 "--key-pair-name", KEY_PAIR, "--yes", "--stop"),
            "--image-id (ImageId) ", RV_RULE_NOT_AVAILABLE);
    finding(LIST("--instance-id", RUNNING_INSTANCE, "--image-id", IMAGE, "--key-pair-name",
                 "kp-nowhere", "--yes", "--stop"),
            "--key-pair-name (KeyPairName) ", RV_RULE_NOT_VISIBLE);
    finding(LIST("--instance-id", RUNNING_INSTANCE, "--image-id", "image-windows2022",
                 "--key-pair-name", KEY_PAIR, "--yes", "--stop"),
            "--key-pair-name (KeyPairName) ", RV_RULE_LINUX_ONLY);
    finding(LIST("--instance-id", RUNNING_INSTANCE, "--image-id", IMAGE, "--keep-image-credential",
                 "--yes", "--stop"),
            "--keep-image-credential (KeepImageCredential) ", RV_RULE_NOT_FOR_PUBLIC);
    finding(LIST(RUNNING, "--stop", "--size-gib", "10"), "--size-gib (Size) ",
            RV_RULE_SMALLER_THAN_IMAGE);
}

static void another_image_or_name_than_expected_is_2(void **state)
{
    (void)state;
    serve(NULL);
    finding(LIST(RUNNING, "--stop", "--expect-image", "image-other"), "--expect-image (ImageId) ",
            RV_RULE_NOT_EXPECTED);
    assert_said("Now it has the image " IMAGE);
    finding(LIST(RUNNING, "--stop", "--expect-name", "other"), "--expect-name (InstanceName) ",
            RV_RULE_NOT_EXPECTED);
    assert_said("the name \"demo-running\"");
    assert_ends(service, 0,
                LIST(RUNNING, "--stop", "--expect-name", "demo-running", "--expect-image", IMAGE));
}

static void what_the_account_may_not_check_is_said_and_no_obstacle(void **state)
{
    (void)state;
    serve(LIST("--deny", "DescribeImages", "--deny", "DescribeKeyPairs"));
    assert_ends(service, 0, LIST(REPLACE, "--json"));
    assert_said("not checked: the image");
    assert_true(json_says("not_checked", "[\"image\",\"key_pair\"]"));
}

/* --- refused, not sent -------------------------------------------------------------------------
 */

static void what_the_check_is_refused_is_1_before_anything_is_stopped(void **state)
{
    (void)state;
    serve(LIST("--rule", "ReplaceSystemVolume#1=error:OperationDenied.ResourceLocked"));
    assert_ends(service, 1, LIST(RUNNING, "--stop", "--json"));
    assert_said("refused, and nothing was changed on the disk: OperationDenied.ResourceLocked");
    assert_true(json_says("outcome", "\"refused\""));
    assert_true(json_says("code", "\"OperationDenied.ResourceLocked\""));
    assert_int_equal(events(STOPPED) + events(REPLACED), 0);
}

static void after_a_refusal_the_instance_is_started_again(void **state)
{
    (void)state;
    serve(LIST("--rule", "ReplaceSystemVolume#1=error:LimitExceeded.SystemVolumeSize"));
    assert_ends(service, 1, LIST(RUNNING, "--stop", "--no-dry-run-check", "--json"));
    assert_said(RUNNING_INSTANCE " was stopped for it, and runs again");
    assert_true(json_says("step", "\"restart\""));
    assert_true(json_says("instance_status", "\"RUNNING\""));
    assert_true(json_says("started", "true"));
    assert_int_equal(events(STOPPED), 1);
    assert_int_equal(events(STARTED), 1);
    assert_int_equal(events(REPLACED), 0);
}

static void after_a_refusal_it_is_left_stopped_if_that_is_wanted(void **state)
{
    (void)state;
    serve(LIST("--rule", "ReplaceSystemVolume#1=error:LimitExceeded.SystemVolumeSize"));
    assert_ends(service, 1, LIST(RUNNING, "--stop", "--no-dry-run-check", "--leave-stopped"));
    assert_said(RUNNING_INSTANCE " was stopped for it, and is left so");
    assert_int_equal(events(STARTED), 0);
}

static void an_instance_that_does_not_start_again_is_said_loudly(void **state)
{
    (void)state;
    serve(LIST("--rule", "ReplaceSystemVolume#1=error:LimitExceeded.SystemVolumeSize", "--deny",
               "StartInstance"));
    assert_ends(service, 1, LIST(RUNNING, "--stop", "--no-dry-run-check"));
    assert_said(RUNNING_INSTANCE " WAS STOPPED FOR IT, AND IS STOPPED NOW");
    assert_said("the start was refused: AccessDenied");
}

static void wrong_credentials_are_1_and_nothing_is_kept(void **state)
{
    struct spawn_setup setup = {0};

    (void)state;
    serve(NULL);
    setup.environment = LIST(TOOL_ACCESS_KEY, "VOLCENGINE_SECRET_KEY=wrong", TOOL_REGION);
    assert_int_equal(tool_run(service, LIST(REPLACE, "--json"), &setup), 1);
    assert_said("SignatureDoesNotMatch");
    assert_true(json_says("outcome", "\"refused\""));
    assert_true(json_says("record", "null"));
    assert_ends(service, 0, LIST(REPLACE));
}

static void what_may_not_be_asked_is_named(void **state)
{
    (void)state;
    serve(LIST("--deny", "DescribeInstances"));
    assert_ends(service, 1, LIST(REPLACE));
    assert_said("AccessDenied");
    assert_said("(DescribeInstances)");
    assert_said("grant the user ecs:DescribeInstances.");
    assert_false(said("ecs:ReplaceSystemVolume"));
    assert_ends(service, 1, LIST(REPLACE, "--if-image-differs"));
    assert_said("grant the user ecs:DescribeInstances.");
    assert_false(said("ecs:ReplaceSystemVolume"));
    endpoint_stop(service);
    serve(LIST("--deny", "StopInstance"));
    assert_ends(service, 1, LIST(RUNNING, "--stop"));
    assert_said("(StopInstance)");
    assert_said("grant the user ecs:StopInstance.");
    assert_int_equal(events(STOPPED) + events(REPLACED), 0);
    endpoint_stop(service);
    serve(LIST("--deny", "ReplaceSystemVolume"));
    assert_ends(service, 1, LIST(RUNNING, "--stop", "--json"));
    assert_said("grant the user ecs:ReplaceSystemVolume.");
    assert_true(json_says("outcome", "\"refused\""));
    assert_int_equal(events(STOPPED) + events(REPLACED), 0);
}

static void no_connection_is_3(void **state)
{
    (void)state;
    assert_ends(service, 3,
                LIST(REPLACE, "--endpoint", "localhost:1", "--timeout-s", "1", "--json"));
    assert_said("localhost port 1: ");
    assert_said("Connection refused");
    assert_true(json_says("outcome", "\"not_sent\""));
}

/* --- accepted, and then ------------------------------------------------------------------------
 */

static void no_wait_ends_with_the_acceptance(void **state)
{
    (void)state;
    serve(LIST("--delay-ms", "60000"));
    assert_ends(service, 0, LIST(REPLACE, "--no-wait", "--json"));
    assert_said("accepted: ");
    assert_said("To watch the rest:");
    assert_said(" --json --resume\n");
    assert_false(said("--no-wait"));
    assert_true(json_says("outcome", "\"accepted\""));
    assert_false(json_says("next", "null"));
    assert_int_equal(events(REPLACED), 1);
}

static void time_that_is_up_is_5_and_says_how_to_go_on(void **state)
{
    (void)state;
    serve(LIST("--delay-ms", "60000"));
    assert_ends(service, 5, LIST(REPLACE, "--wait-s", SOON, "--json"));
    assert_said("accepted, but not seen to be over");
    assert_said("it was not over within ");
    assert_said("  " /* the command */);
    assert_said(" --resume\n");
    assert_true(json_says("outcome", "\"unfinished\""));
    assert_said(STOPPED_INSTANCE " is REBUILDING");
    assert_false(json_says("next", "null"));
    assert_false(json_says("record", "null"));
}

static void an_instance_in_error_is_6(void **state)
{
    (void)state;
    serve(NULL);
    assert_ends(service, 6,
                LIST("--instance-id", "i-ends0error000000001", "--image-id", IMAGE,
                     "--key-pair-name", KEY_PAIR, "--yes", "--json"));
    assert_said("i-ends0error000000001 is ERROR now");
    assert_true(json_says("outcome", "\"ended_badly\""));
    assert_true(json_says("instance_status", "\"ERROR\""));
}

static void an_instance_that_does_not_start_is_6(void **state)
{
    (void)state;
    serve(NULL);
    assert_ends(service, 6,
                LIST("--instance-id", "i-ends0unstartable001", "--image-id", IMAGE,
                     "--key-pair-name", KEY_PAIR, "--yes"));
    assert_said("was replaced, but it does not start");
    assert_said("--forget removes it");
    assert_ends(service, 2,
                LIST("--instance-id", "i-ends0unstartable001", "--image-id", IMAGE,
                     "--key-pair-name", KEY_PAIR, "--yes"));
}

static void a_start_that_is_refused_is_6_with_its_code(void **state)
{
    (void)state;
    serve(LIST("--end-state", "stopped", "--deny", "StartInstance"));
    assert_ends(service, 6, LIST(REPLACE));
    assert_said("was replaced, but it does not start: AccessDenied");
    assert_said("Let an administrator grant the user ecs:StartInstance.");
    assert_false(said("ecs:ReplaceSystemVolume"));
}

static void unknown_is_4_and_says_what_was_seen_and_how_to_go_on(void **state)
{
    (void)state;
    serve(LIST("--rule", NEVER_ANSWERED));
    assert_ends(service, 4, LIST(REPLACE, "--wait-s", SOON, "--json"));
    assert_said("it is unknown whether the system volume was replaced");
    assert_said("before:  image " IMAGE ", UpdatedAt 2");
    assert_said("now:     image " IMAGE ", UpdatedAt 2");
    assert_said("signs of the replacement: none");
    assert_said("audit log");
    assert_said("host key");
    assert_said("Never start another replacement to find out");
    assert_said(" --resume\n");
    assert_true(json_says("outcome", "\"unknown\""));
    assert_false(json_says("record", "null"));
}

static void unknown_without_a_record_names_the_call_under_the_same_token(void **state)
{
    char command[128];

    (void)state;
    serve(LIST("--rule", NEVER_ANSWERED));
    assert_ends(service, 4, LIST(REPLACE, "--wait-s", SOON, "--no-state", "--stop", "--json"));
    snprintf(command, sizeof command, "--no-state --json --call-only --client-token %s\n",
             said_token());
    assert_said(command);
    assert_false(said(" --wait-s"));
    assert_false(said(" --stop"));
    assert_true(json_says("record", "null"));
}

/* What it prints to look with, and whether that can be done so. */
static void assert_shows_how_to_look(void)
{
    struct spawn_setup setup = {0};
    struct process *shell;
    char command[1024];
    const char *at = strstr(tool_errors(), "To look at its status:\n  ");
    int status;

    assert_non_null(at);
    at = strchr(at, '\n') + 3;
    snprintf(command, sizeof command, "%.*s", (int)strcspn(at, "\n"), at);
    assert_non_null(strstr(command, " list instances --endpoint "));
    assert_true(printed(command));
    setup.environment = LIST(TOOL_ACCESS_KEY, TOOL_SECRET_KEY, TOOL_REGION);
    shell = process_run(LIST("/bin/sh", "-c", command), &setup, TOOL_LIMIT_MS, &status);
    assert_int_equal(status, 0);
    assert_non_null(strstr(process_output(shell), STOPPED_INSTANCE));
    process_free(shell);
}

static void without_a_record_unfinished_names_the_command_that_looks(void **state)
{
    (void)state;
    serve(LIST("--delay-ms", "60000"));
    assert_ends(service, 5, LIST(REPLACE, "--wait-s", SOON, "--no-state", "--json"));
    assert_true(json_says("record", "null"));
    assert_shows_how_to_look();
    endpoint_stop(service);
    serve(LIST("--delay-ms", "60000"));
    assert_ends(service, 0, LIST(REPLACE, "--no-wait", "--no-state", "--json"));
    assert_true(json_says("record", "null"));
    assert_shows_how_to_look();
}

static void so_does_unknown_past_the_bound(void **state)
{
    (void)state;
    serve(LIST("--rule", "ReplaceSystemVolume#2-99=status:503;retry-after:1", "--rule",
               "*#14-999=date-offset-s:2000"));
    assert_ends(service, 4, LIST(REPLACE, "--no-state", "--wait-s", "60", "--json"));
    assert_said("It may not be sent again under its client token");
    assert_said("Never start another replacement to find out");
    assert_false(said("--call-only"));
    assert_shows_how_to_look();
}

/* As a bare call it would be the replacement itself. */
static void a_check_without_an_answer_is_not_printed_as_a_call(void **state)
{
    (void)state;
    serve(LIST("--rule", "ReplaceSystemVolume=drop"));
    assert_ends(service, 4, LIST(REPLACE, "--no-state", "--wait-s", SOON, "--json"));
    assert_false(said("--call-only"));
    assert_shows_how_to_look();
    assert_ends(service, 4,
                LIST("--instance-id", STOPPED_INSTANCE, "--image-id", IMAGE, "--key-pair-name",
                     KEY_PAIR, "--dry-run", "--timeout-s", "6", "--wait-s", SOON, "--json"));
    assert_said("the outcome of the check is unknown");
    assert_false(said("--call-only"));
    assert_shows_how_to_look();
}

static void an_answer_that_was_lost_is_found_out(void **state)
{
    (void)state;
    serve(LIST("--rule", "ReplaceSystemVolume#2-4=execute;drop"));
    assert_ends(service, 0, LIST(REPLACE));
    assert_int_equal(events(REPLACED), 1);
}

/* --- what is said meanwhile --------------------------------------------------------------------
 */

static int lines_with(const char *text)
{
    const char *at = tool_errors();
    int count = 0;

    while ((at = strstr(at, text)) != NULL) {
        count++;
        at += strcspn(at, "\n");
    }
    return count;
}

static void each_change_is_a_line_of_its_own(void **state)
{
    (void)state;
    serve(LIST("--delay-ms", "3000"));
    assert_ends(service, 0, LIST(RUNNING, "--stop"));
    assert_int_equal(lines_with("checking: RUNNING, "), 1);
    assert_int_equal(lines_with("stopping: RUNNING, "), 1);
    assert_int_equal(lines_with("stopping: STOPPING, "), 1);
    assert_int_equal(lines_with("replacing: STOPPED, "), 1);
    assert_int_equal(lines_with("watching: REBUILDING, "), 1);
    assert_int_equal(lines_with("watching: RUNNING, "), 1);
    assert_false(said("\r"));
    assert_false(said("\033"));
}

static void quiet_says_the_token_alone(void **state)
{
    char line[128];

    (void)state;
    serve(NULL);
    assert_ends(service, 0, LIST(REPLACE, "--quiet"));
    snprintf(line, sizeof line, "client token: %s\n", said_token());
    assert_string_equal(tool_errors(), line);
}

static void verbose_has_no_secret(void **state)
{
    struct spawn_setup setup = {0};

    (void)state;
    serve(NULL);
    setup.input = "Very-Secret-1";
    assert_int_equal(tool_run(service,
                              LIST("--instance-id", STOPPED_INSTANCE, "--image-id", IMAGE,
                                   "--password-file", "-", "--yes", "--verbose"),
                              &setup),
                     0);
    assert_said("connecting to localhost port ");
    assert_false(said("Very-Secret-1"));
    assert_false(said(ENDPOINT_SECRET_KEY));
}

/* --- signals -----------------------------------------------------------------------------------
 */

static void assert_process_ends(struct process *tool, int status, const char *text)
{
    int ended = process_wait(tool, TOOL_LIMIT_MS);

    if (ended != status || strstr(process_errors(tool), text) == NULL) {
        fail_msg("%d, without \"%s\": %s", ended, text, process_errors(tool));
    }
    process_free(tool);
}

static void a_signal_before_anything_was_done_is_3(void **state)
{
    struct process *tool;

    (void)state;
    serve(LIST("--tls-stall", "9"));
    tool = tool_start_and_await(service, LIST(REPLACE, "--verbose"), "connecting to");
    process_signal(tool, SIGINT);
    assert_process_ends(tool, 3, "the replacement was not sent: interrupted by SIGINT");
    assert_ends(service, 2, LIST("--resume"));
    assert_said("there is no record");
}

static void a_signal_after_the_stop_starts_the_instance_again(void **state)
{
    struct process *tool;

    (void)state;
    serve(LIST("--delay-ms", "2000"));
    tool = tool_start_and_await(service, LIST(RUNNING, "--stop"), "stopping: STOPPING");
    process_signal(tool, SIGTERM);
    assert_true(process_await_errors(tool, "is started again first", TOOL_LIMIT_MS));
    assert_process_ends(tool, 3, "was stopped for it, and runs again");
    assert_int_equal(events(STOPPED), 1);
    assert_int_equal(events(STARTED), 1);
    assert_int_equal(events(REPLACED), 0);
}

static void a_second_signal_ends_at_once_and_says_what_is_left_behind(void **state)
{
    struct process *tool;

    (void)state;
    serve(LIST("--delay-ms", "60000"));
    tool = tool_start_and_await(service, LIST(RUNNING, "--stop"), "stopping: STOPPING");
    process_signal(tool, SIGINT);
    assert_true(process_await_errors(tool, "is started again first", TOOL_LIMIT_MS));
    process_signal(tool, SIGINT);
    assert_process_ends(tool, 3, RUNNING_INSTANCE " WAS STOPPED FOR IT, AND IS STOPPING NOW");
}

static void a_signal_after_the_acceptance_is_5(void **state)
{
    struct process *tool;

    (void)state;
    serve(LIST("--delay-ms", "60000"));
    tool = tool_start_and_await(service, LIST(REPLACE), "watching: REBUILDING");
    process_signal(tool, SIGINT);
    assert_process_ends(tool, 5, "not seen to be over: interrupted by SIGINT");
    assert_int_equal(events(REPLACED), 1);
}

static void a_signal_while_the_answer_is_awaited_is_4(void **state)
{
    struct process *tool;

    (void)state;
    serve(LIST("--rule", "ReplaceSystemVolume#1=execute;delay-ms:60000"));
    tool = tool_start_and_await(service, LIST(REPLACE, "--no-dry-run-check"), "replacing: STOPPED");
    assert_true(endpoint_journal_await(service, REPLACED, 1, TOOL_LIMIT_MS));
    process_signal(tool, SIGINT);
    assert_process_ends(tool, 4, "interrupted by SIGINT");
}

/* --- the token ---------------------------------------------------------------------------------
 */

static void the_token_is_said_before_anything_is_sent(void **state)
{
    struct process *tool;

    (void)state;
    serve(LIST("--tls-stall", "9"));
    tool = tool_start_and_await(service, LIST(REPLACE, "--quiet"), "client token: ");
    assert_int_equal(events("\"event\":\"request\""), 0);
    process_signal(tool, SIGTERM);
    assert_process_ends(tool, 3, "interrupted");
}

static void a_token_of_the_users_own_is_the_one_that_is_sent(void **state)
{
    (void)state;
    serve(NULL);
    assert_ends(service, 0, LIST(REPLACE, "--client-token", "mine", "--json"));
    assert_true(json_says("client_token", "\"mine\""));
    assert_int_equal(events("\"client_token\":\"mine\""), 2); /* request, and effect */
}

static void nothing_is_sent_if_the_token_cannot_be_said(void **state)
{
    struct spawn_setup setup = {0};

    (void)state;
    serve(NULL);
    setup.errors = SPAWN_FULL_DEVICE;
    assert_int_equal(tool_run(service, LIST(REPLACE, "--json"), &setup), 3);
    assert_true(printed("No space left on device"));
    assert_int_equal(events("\"event\":\"request\""), 0);
}

static void standard_output_that_cannot_be_written_changes_nothing(void **state)
{
    struct spawn_setup setup = {0};

    (void)state;
    serve(NULL);
    setup.output = SPAWN_BROKEN_PIPE;
    assert_int_equal(tool_run(service, LIST(REPLACE, "--json"), &setup), 0);
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
        TEST(a_stopped_instance_is_replaced_and_watched_until_it_runs),
        TEST(done_as_json),
        TEST(a_running_instance_is_stopped_first_with_stop),
        TEST(a_running_instance_without_stop_is_2_and_left_alone),
        TEST(one_that_ends_stopped_is_started),
        TEST(one_that_ends_stopped_is_left_so_with_leave_stopped),
        TEST(force_stop_stops_too),
        TEST(a_dry_run_checks_and_changes_nothing),
        TEST(a_dry_run_of_a_running_instance_stops_nothing),
        TEST(a_dry_run_that_wants_the_instance_stopped_has_checked_the_rest),
        TEST(accepted_although_only_a_check_was_asked_is_6_and_loud),
        TEST(a_check_that_was_executed_is_6_and_loud_without_waiting),
        TEST(the_first_check_can_be_left_out),
        TEST(a_finding_is_2_and_names_option_and_rule_before_anything_is_stopped),
        TEST(another_image_or_name_than_expected_is_2),
        TEST(what_the_account_may_not_check_is_said_and_no_obstacle),
        TEST(what_the_check_is_refused_is_1_before_anything_is_stopped),
        TEST(after_a_refusal_the_instance_is_started_again),
        TEST(after_a_refusal_it_is_left_stopped_if_that_is_wanted),
        TEST(an_instance_that_does_not_start_again_is_said_loudly),
        TEST(wrong_credentials_are_1_and_nothing_is_kept),
        TEST(what_may_not_be_asked_is_named),
        TEST(no_connection_is_3),
        TEST(no_wait_ends_with_the_acceptance),
        TEST(time_that_is_up_is_5_and_says_how_to_go_on),
        TEST(an_instance_in_error_is_6),
        TEST(an_instance_that_does_not_start_is_6),
        TEST(a_start_that_is_refused_is_6_with_its_code),
        TEST(unknown_is_4_and_says_what_was_seen_and_how_to_go_on),
        TEST(unknown_without_a_record_names_the_call_under_the_same_token),
        TEST(without_a_record_unfinished_names_the_command_that_looks),
        TEST(so_does_unknown_past_the_bound),
        TEST(a_check_without_an_answer_is_not_printed_as_a_call),
        TEST(an_answer_that_was_lost_is_found_out),
        TEST(each_change_is_a_line_of_its_own),
        TEST(quiet_says_the_token_alone),
        TEST(verbose_has_no_secret),
        TEST(a_signal_before_anything_was_done_is_3),
        TEST(a_signal_after_the_stop_starts_the_instance_again),
        TEST(a_second_signal_ends_at_once_and_says_what_is_left_behind),
        TEST(a_signal_after_the_acceptance_is_5),
        TEST(a_signal_while_the_answer_is_awaited_is_4),
        TEST(the_token_is_said_before_anything_is_sent),
        TEST(a_token_of_the_users_own_is_the_one_that_is_sent),
        TEST(nothing_is_sent_if_the_token_cannot_be_said),
        TEST(standard_output_that_cannot_be_written_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
