/*
 * The tool after a crash: the record that it leaves, the second run that finds it, --resume,
 * --send-again and --forget.
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
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define RUNNING \
    "--instance-id", RUNNING_INSTANCE, "--image-id", IMAGE, "--key-pair-name", KEY_PAIR, "--yes"
#define WITH_PASSWORD(file)                                                                   \
    "--instance-id", STOPPED_INSTANCE, "--image-id", IMAGE, "--password-file", file, "--yes", \
        "--no-dry-run-check"
#define SECRET "Very-Secret-1"

#define REQUEST         "\"event\":\"request\""
#define REPLACED        "\"event\":\"replaced\""
#define STARTED         "\"event\":\"started\""
#define REPLACE_REQUEST "\"action\":\"ReplaceSystemVolume\""

/* Seconds in which it gets as far as to a few looks. */
#define SOON (is_under_valgrind() ? "40" : "6")

static struct endpoint *service;

static int events(const char *text)
{
    return endpoint_journal_count(service, text);
}

/* A job that was accepted, and whose process is gone. */
static void leave_accepted_job(const char *delay_ms)
{
    service = endpoint_start(LIST("--delay-ms", delay_ms));
    tool_kill(tool_start_and_await(service, LIST(REPLACE), "watching: REBUILDING"));
    assert_int_equal(events(REPLACED), 1);
}

/* A job whose replacement was sent and never answered, nor executed. */
static const char *leave_unanswered_job(void)
{
    const char *file;

    service = endpoint_start(LIST("--rule", "ReplaceSystemVolume#1=status:503;retry-after:30"));
    file = make_file(service, "password", SECRET "\n", 0600);
    tool_kill(tool_start_and_await(service, LIST(WITH_PASSWORD(file)), "watching: STOPPED"));
    assert_int_equal(events(REPLACED), 0);
    assert_int_equal(events(REPLACE_REQUEST), 1);
    return file;
}

/* The record's file of this instance. */
static const char *record_of(const char *instance_id)
{
    static char path[300];

    snprintf(path, sizeof path, "%s/replace-volume/%s.%s.%s.record", endpoint_folder(service),
             ENDPOINT_ACCESS_KEY_ID, ENDPOINT_REGION, instance_id);
    return path;
}

static int has_record(const char *instance_id)
{
    return access(record_of(instance_id), F_OK) == 0;
}

/* --- the record --------------------------------------------------------------------------------
 */

static void what_is_done_refused_or_not_sent_leaves_no_record(void **state)
{
    (void)state;
    service = endpoint_start(
        LIST("--rule", "ReplaceSystemVolume#3=error:OperationDenied.ResourceLocked"));
    assert_ends(service, 0, LIST(REPLACE));
    assert_false(has_record(STOPPED_INSTANCE));
    assert_ends(service, 1, LIST(RUNNING, "--stop"));
    assert_false(has_record(RUNNING_INSTANCE));
    assert_ends(service, 2, LIST(RUNNING, "--stop", "--expect-name", "other"));
    assert_false(has_record(RUNNING_INSTANCE));
}

static void the_record_is_the_users_alone_and_has_no_secret(void **state)
{
    const char *file = leave_unanswered_job();
    struct stat about;
    char text[8192];
    size_t len;
    FILE *record;

    (void)state;
    assert_int_equal(stat(record_of(STOPPED_INSTANCE), &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    record = fopen(record_of(STOPPED_INSTANCE), "r");
    assert_non_null(record);
    len = fread(text, 1, sizeof text - 1, record);
    fclose(record);
    text[len] = '\0';
    assert_non_null(strstr(text, IMAGE));
    assert_null(strstr(text, SECRET));
    assert_null(strstr(text, ENDPOINT_SECRET_KEY));
    assert_null(strstr(text, file));
}

static void it_can_be_kept_in_a_file_of_the_users_choice(void **state)
{
    char path[200];

    (void)state;
    service = endpoint_start(LIST("--delay-ms", "60000"));
    snprintf(path, sizeof path, "%s/mine", endpoint_folder(service));
    assert_ends(service, 0, LIST(REPLACE, "--no-wait", "--state-file", path));
    assert_int_equal(access(path, F_OK), 0);
    assert_false(has_record(STOPPED_INSTANCE));
    assert_ends(service, 2, LIST(REPLACE, "--state-file", path));
    assert_ends(service, 5, LIST("--resume", "--state-file", path, "--wait-s", SOON));
    assert_ends(service, 0, LIST("--forget", "--state-file", path, "--yes"));
    assert_int_not_equal(access(path, F_OK), 0);
}

static void without_a_place_for_it_no_state_must_be_said(void **state)
{
    (void)state;
    service = endpoint_start(NULL);
    assert_ends(service, 2, LIST(REPLACE, "--state-dir", "/dev/null/nowhere"));
    assert_said("--no-state");
    assert_int_equal(events(REQUEST), 0);
    assert_ends(service, 0, LIST(REPLACE, "--no-state"));
    assert_int_equal(events(REPLACED), 1);
}

static void a_record_that_cannot_be_written_keeps_the_replacement_from_being_sent(void **state)
{
    char folder[128];
    struct process *tool;

    (void)state;
    service = endpoint_start(LIST("--delay-ms", "2000"));
    tool = tool_start_and_await(service, LIST(RUNNING, "--stop"), "stopping: STOPPING");
    snprintf(folder, sizeof folder, "%s/replace-volume", endpoint_folder(service));
    remove_tree(folder);
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 3);
    assert_non_null(strstr(process_errors(tool), "cannot be written"));
    assert_non_null(strstr(process_errors(tool), "was stopped for it, and runs again"));
    process_free(tool);
    assert_int_equal(events(REPLACED), 0);
    assert_int_equal(events(STARTED), 1);
}

/* --- the second run ----------------------------------------------------------------------------
 */

static void finds_record(const char *const *arguments)
{
    int requests = events(REQUEST);

    assert_ends(service, 2, arguments);
    assert_said("was begun, and is not known to be over");
    assert_said(STOPPED_INSTANCE);
    assert_said(" --resume\n");
    assert_said(" --forget\n");
    assert_non_null(strstr(strstr(tool_errors(), " --yes "), " --resume\n"));
    assert_null(strstr(strstr(tool_errors(), " --resume\n"), " --yes ")); /* it asks */
    assert_int_equal(events(REQUEST), requests);
    assert_true(has_record(STOPPED_INSTANCE));
}

static void a_run_that_finds_a_record_sends_nothing_and_ends_with_2(void **state)
{
    (void)state;
    leave_accepted_job("60000");
    finds_record(LIST(REPLACE));
    finds_record(LIST(REPLACE, "--json"));
    assert_true(json_says("outcome", "\"not_sent\""));
    finds_record(LIST(CALL));
    finds_record(LIST(REPLACE, "--dry-run"));
}

static void the_same_while_the_first_one_still_runs(void **state)
{
    struct process *first;
    int requests;

    (void)state;
    service = endpoint_start(LIST("--tls-stall", "99"));
    first = tool_start_and_await(service, LIST(REPLACE, "--verbose"), "connecting to");
    requests = events(REQUEST);
    assert_ends(service, 2, LIST(REPLACE));
    assert_ends(service, 2, LIST(CALL));
    assert_int_equal(events(REQUEST), requests);
    process_signal(first, SIGINT);
    assert_int_equal(process_wait(first, TOOL_LIMIT_MS), 3);
    process_free(first);
}

static void another_instance_is_not_concerned(void **state)
{
    (void)state;
    leave_accepted_job("6000");
    assert_ends(service, 0, LIST(RUNNING, "--stop"));
    assert_true(has_record(STOPPED_INSTANCE));
}

/* --- resume ------------------------------------------------------------------------------------
 */

static void resume_alone_watches_to_the_end(void **state)
{
    (void)state;
    leave_accepted_job("6000");
    assert_ends(service, 0, LIST("--resume", "--json"));
    assert_true(json_says("outcome", "\"done\""));
    assert_true(json_says("instance_id", "\"" STOPPED_INSTANCE "\""));
    assert_int_equal(events(REPLACED), 1);
    assert_false(has_record(STOPPED_INSTANCE));
    assert_ends(service, 2, LIST("--resume"));
    assert_said("there is no record of a replacement");
}

static void the_same_command_with_resume_goes_on(void **state)
{
    (void)state;
    leave_accepted_job("6000");
    assert_ends(service, 0, LIST(REPLACE, "--resume"));
    assert_int_equal(events(REPLACED), 1);
}

static void resume_starts_what_ends_stopped(void **state)
{
    (void)state;
    service = endpoint_start(LIST("--delay-ms", "6000", "--end-state", "stopped"));
    tool_kill(tool_start_and_await(service, LIST(REPLACE), "watching: REBUILDING"));
    assert_ends(service, 0, LIST("--resume"));
    assert_int_equal(events(STARTED), 1);
}

static void resume_after_a_cut_during_the_stop_replaces_once(void **state)
{
    (void)state;
    service = endpoint_start(LIST("--delay-ms", "2000"));
    tool_kill(tool_start_and_await(service, LIST(RUNNING, "--stop"), "stopping: STOPPING"));
    assert_ends(service, 0, LIST("--resume"));
    assert_int_equal(events(REPLACED), 1);
}

/* To go on with it; there is room behind it for more options. */
static void take_printed_command(char *command, size_t size)
{
    const char *at = strstr(tool_errors(), "\n  ");
    size_t len;

    assert_non_null(at);
    at += strlen("\n  ");
    len = strcspn(at, "\n");
    assert_true(len + 100 < size);
    memcpy(command, at, len);
    command[len] = '\0';
}

static void the_command_that_was_printed_goes_on(void **state)
{
    struct spawn_setup setup = {0};
    struct process *shell;
    char command[2048];
    const char *at;
    int status;

    (void)state;
    service = endpoint_start(LIST("--delay-ms", "12000", "--allow-parameter", "Note"));
    setup.environment = LIST(TOOL_ACCESS_KEY, TOOL_SECRET_KEY, TOOL_REGION);
    assert_ends(service, 5, LIST(REPLACE, "--param", "Note=it's $HOME", "--wait-s=5"));
    take_printed_command(command, sizeof command);
    strcat(command, " --wait-s 60");
    at = strstr(command, " --wait-s=5");
    assert_non_null(at);
    memset(command + (at - command), ' ', strlen(" --wait-s=5"));
    shell = process_run(LIST("/bin/sh", "-c", command), &setup, TOOL_LIMIT_MS, &status);
    if (status != 0) {
        fail_msg("%d: %s", status, process_errors(shell));
    }
    process_free(shell);
    assert_int_equal(events(REPLACED), 1);
}

static void what_no_wait_prints_watches_the_rest(void **state)
{
    struct spawn_setup setup = {0};
    struct process *shell;
    char command[2048];
    int status;

    (void)state;
    service = endpoint_start(LIST("--delay-ms", "4000"));
    setup.environment = LIST(TOOL_ACCESS_KEY, TOOL_SECRET_KEY, TOOL_REGION);
    assert_ends(service, 0, LIST(REPLACE, "--no-wait"));
    assert_true(has_record(STOPPED_INSTANCE));
    take_printed_command(command, sizeof command);
    shell = process_run(LIST("/bin/sh", "-c", command), &setup, TOOL_LIMIT_MS, &status);
    if (status != 0 || strcmp(process_output(shell), "done " STOPPED_INSTANCE "\n") != 0) {
        fail_msg("%d: %s", status, process_errors(shell));
    }
    process_free(shell);
    assert_int_equal(events(REPLACED), 1);
    assert_false(has_record(STOPPED_INSTANCE));
}

static void a_difference_to_the_record_is_2_and_named(void **state)
{
    (void)state;
    leave_accepted_job("60000");
    assert_ends(service, 2, LIST("--resume", "--image-id", "image-other"));
    assert_said("--image-id is \"image-other\", but the replacement that was begun has \"" IMAGE
                "\"");
    assert_ends(service, 2, LIST("--resume", "--size-gib", "50"));
    assert_said("--size-gib is 50, but the replacement that was begun has none");
    assert_ends(service, 2, LIST("--resume", "--keep-image-credential"));
    assert_said("--keep-image-credential is given");
    assert_ends(service, 2, LIST("--resume", "--param", "A=B"));
    assert_said("--param");
    assert_ends(service, 2, LIST("--resume", "--password-file", "/dev/null"));
    assert_said("exclude each other");
    assert_true(has_record(STOPPED_INSTANCE));
}

static void several_records_are_listed_and_one_has_to_be_named(void **state)
{
    (void)state;
    service = endpoint_start(LIST("--delay-ms", "6000"));
    tool_kill(tool_start_and_await(service, LIST(REPLACE), "watching: REBUILDING"));
    tool_kill(tool_start_and_await(service, LIST(RUNNING, "--stop"), "stopping: STOPPING"));
    assert_ends(service, 2, LIST("--resume"));
    assert_said("records of 2 replacements");
    assert_said(STOPPED_INSTANCE);
    assert_said(RUNNING_INSTANCE);
    assert_ends(service, 0, LIST("--resume", "--instance-id", STOPPED_INSTANCE));
    assert_ends(service, 0, LIST("--resume"));
    assert_int_equal(events(REPLACED), 2);
}

/* --- the password, once more -------------------------------------------------------------------
 */

static void resume_that_has_to_send_needs_the_password(void **state)
{
    const char *file = leave_unanswered_job();

    (void)state;
    assert_ends(service, 4, LIST("--resume", "--json"));
    assert_said("the password is needed once more");
    assert_said("--password-file");
    assert_true(json_says("outcome", "\"unknown\""));
    assert_int_equal(events(REPLACE_REQUEST), 1);
    assert_true(has_record(STOPPED_INSTANCE));
    assert_ends(service, 0, LIST("--resume", "--password-file", file));
    assert_int_equal(events(REPLACED), 1);
}

/* Killed while it stops the instance: the replacement was not sent. */
static const char *leave_stopping_job(const char *const *options)
{
    const char *file;

    service = endpoint_start(options);
    file = make_file(service, "password", SECRET "\n", 0600);
    tool_kill(tool_start_and_await(service,
                                   LIST("--instance-id", RUNNING_INSTANCE, "--image-id", IMAGE,
                                        "--password-file", file, "--yes", "--stop"),
                                   "stopping: STOPPING"));
    return file;
}

static void resume_of_what_was_not_sent_needs_the_password_before_it_does_anything(void **state)
{
    const char *file = leave_stopping_job(LIST("--delay-ms", "6000"));
    int requests = events(REQUEST);

    (void)state;
    assert_ends(service, 2, LIST("--resume", "--json"));
    assert_said("to go on with what was not yet sent the password is needed once more");
    assert_said(RUNNING_INSTANCE " may have been stopped for it");
    assert_true(json_says("outcome", "\"not_sent\""));
    assert_int_equal(events(REQUEST), requests);
    assert_true(has_record(RUNNING_INSTANCE));
    assert_ends(service, 0, LIST("--resume", "--password-file", file));
    assert_int_equal(events(REPLACED), 1);
}

static void resume_that_only_has_to_look_needs_none(void **state)
{
    const char *file;

    (void)state;
    service = endpoint_start(LIST("--delay-ms", "6000"));
    file = make_file(service, "password", SECRET "\n", 0600);
    tool_kill(tool_start_and_await(service, LIST(WITH_PASSWORD(file)), "watching: REBUILDING"));
    assert_ends(service, 0, LIST("--resume"));
    assert_int_equal(events(REPLACED), 1);
}

static void user_data_that_is_gone_is_missed_only_for_sending(void **state)
{
    const char *file;

    (void)state;
    service = endpoint_start(LIST("--rule", "ReplaceSystemVolume#1=status:503;retry-after:30"));
    file = make_file(service, "user-data", "#!/bin/sh\n", 0600);
    tool_kill(tool_start_and_await(service,
                                   LIST(REPLACE, "--user-data-file", file, "--no-dry-run-check"),
                                   "watching: STOPPED"));
    assert_int_equal(unlink(file), 0);
    assert_ends(service, 4, LIST("--resume"));
    assert_said("warning: ");
    assert_said("the user data is needed once more");
    assert_int_equal(events(REPLACE_REQUEST), 1);
    make_file(service, "user-data", "#!/bin/sh\n", 0600);
    assert_ends(service, 0, LIST("--resume"));
    assert_int_equal(events(REPLACED), 1);
}

static void type_at(struct process *tool, const char *prompt, const char *text)
{
    if (!process_await_screen(tool, prompt, TOOL_LIMIT_MS)) {
        fail_msg("\"%s\" is not on the screen: %s", prompt, process_screen(tool));
    }
    process_type(tool, text);
}

static struct process *start_at_terminal(const char *const *arguments)
{
    struct spawn_setup setup = {0};

    setup.terminal = 1;
    setup.errors = SPAWN_TERMINAL;
    return tool_start(service, arguments, &setup);
}

static void assert_screen_ends(struct process *tool, int status, const char *text)
{
    int ended = process_wait(tool, TOOL_LIMIT_MS);

    if (ended != status || strstr(process_screen(tool), text) == NULL) {
        fail_msg("%d, without \"%s\": %s", ended, text, process_screen(tool));
    }
    process_free(tool);
}

static void at_a_terminal_the_password_is_asked_for_when_it_is_needed(void **state)
{
    struct process *tool;

    (void)state;
    leave_unanswered_job();
    tool = start_at_terminal(LIST("--resume"));
    type_at(tool, "Password of the new system: ", SECRET "\n");
    type_at(tool, "The same again: ", SECRET "\n");
    assert_screen_ends(tool, 0, "done: ");
    assert_int_equal(events(REPLACED), 1);
}

static void at_a_terminal_it_is_asked_for_before_anything_is_done(void **state)
{
    struct process *tool;

    (void)state;
    leave_stopping_job(LIST("--delay-ms", "6000"));
    tool = start_at_terminal(LIST("--resume"));
    type_at(tool, "The replacement was not sent yet", "");
    type_at(tool, "Password of the new system: ", SECRET "\n");
    type_at(tool, "The same again: ", SECRET "\n");
    assert_screen_ends(tool, 0, "done: ");
    assert_int_equal(events(REPLACED), 1);
    assert_int_equal(events(STARTED), 0);
}

/* --- other credentials -------------------------------------------------------------------------
 */

static void another_access_key_only_looks(void **state)
{
    static const char *const other[] = {"VOLCENGINE_ACCESS_KEY=AKLTother",
                                        "VOLCENGINE_SECRET_KEY=b3RoZXI=", TOOL_REGION, NULL};
    struct spawn_setup setup = {0};

    (void)state;
    service = endpoint_start(
        LIST("--access-key-id", "AKLTtest=dGVzdC1zZWNyZXQtb25seQ==", "--access-key-id",
             "AKLTother=b3RoZXI=", "--rule", "ReplaceSystemVolume#1=status:503;retry-after:30"));
    tool_kill(
        tool_start_and_await(service, LIST(REPLACE, "--no-dry-run-check"), "watching: STOPPED"));
    setup.environment = other;
    assert_int_equal(tool_run(service, LIST("--resume", "--wait-s", SOON), &setup), 4);
    assert_int_equal(events(REPLACE_REQUEST), 1);
    assert_true(has_record(STOPPED_INSTANCE));
}

static void where_it_cannot_look_it_does_not_say_that_nothing_was_sent(void **state)
{
    static const char *const none[] = {TOOL_REGION, NULL};
    struct spawn_setup setup = {0};

    (void)state;
    leave_accepted_job("60000");
    setup.environment = none;
    assert_int_equal(tool_run(service, LIST("--resume", "--json"), &setup), 4);
    assert_said("there are no credentials");
    assert_said("it was not looked");
    assert_said(" --resume");
    assert_false(said("nothing was sent"));
    assert_true(json_says("outcome", "\"unknown\""));
    assert_false(json_says("record", "null"));
    assert_true(has_record(STOPPED_INSTANCE));
}

/* So that whoever has the key of then can go on. */
static void another_access_key_keeps_the_record_of_what_was_stopped(void **state)
{
    static const char *const other[] = {"VOLCENGINE_ACCESS_KEY=AKLTother",
                                        "VOLCENGINE_SECRET_KEY=b3RoZXI=", TOOL_REGION, NULL};
    struct spawn_setup setup = {0};
    const char *file = leave_stopping_job(
        LIST("--delay-ms", "6000", "--access-key-id",
             "AKLTtest=dGVzdC1zZWNyZXQtb25seQ==", "--access-key-id", "AKLTother=b3RoZXI="));

    (void)state;
    setup.environment = other;
    assert_int_equal(tool_run(service, LIST("--resume", "--password-file", file), &setup), 3);
    assert_said("Use the access key of then");
    assert_said(" --resume");
    assert_true(has_record(RUNNING_INSTANCE));
    assert_ends(service, 0, LIST("--resume", "--password-file", file));
    assert_int_equal(events(REPLACED), 1);
}

/* --- past the bound ----------------------------------------------------------------------------
 */

/* The same service, so much later: on the same port, with a clock that is ahead. */
static void time_goes_by(const char *seconds)
{
    char folder[64];
    char command[300];
    char port[12];
    struct endpoint *later;

    snprintf(port, sizeof port, "%u", (unsigned)endpoint_port(service));
    snprintf(folder, sizeof folder, "/tmp/test-resume-%ld", (long)getpid());
    snprintf(command, sizeof command, "cp -r %s/replace-volume %s", endpoint_folder(service),
             folder);
    assert_int_equal(system(command), 0);
    endpoint_stop(service);
    later = endpoint_start(LIST("--port", port, "--clock-offset-s", seconds));
    snprintf(command, sizeof command, "mv %s %s/replace-volume", folder, endpoint_folder(later));
    assert_int_equal(system(command), 0);
    service = later;
}

static void past_the_bound_it_is_not_sent_again(void **state)
{
    (void)state;
    leave_unanswered_job();
    time_goes_by("2000");
    assert_ends(service, 4, LIST("--resume", "--json"));
    assert_said(" --resume --send-again\n");
    assert_said("may begin until 46 minutes after the first sending");
    assert_said("signs of the replacement: ");
    assert_int_equal(events(REPLACE_REQUEST), 0);
    assert_true(has_record(STOPPED_INSTANCE));
}

static void send_again_takes_a_new_token(void **state)
{
    const char *file = leave_unanswered_job();
    char first[80];

    (void)state;
    time_goes_by("2000");
    file = make_file(service, "password", SECRET "\n", 0600);
    assert_ends(service, 4, LIST("--resume"));
    snprintf(first, sizeof first, "%s", said_token());
    assert_ends(service, 0, LIST("--resume", "--send-again", "--yes", "--password-file", file));
    assert_said("signs of the replacement: ");
    assert_int_equal(events(REPLACED), 1);
    assert_int_equal(events(first), 0);
    assert_false(has_record(STOPPED_INSTANCE));
}

static void send_again_shows_the_evidence_and_asks(void **state)
{
    struct process *tool;

    (void)state;
    leave_unanswered_job();
    time_goes_by("2000");
    tool = start_at_terminal(LIST("--send-again"));
    assert_true(process_await_screen(tool, "signs of the replacement: ", TOOL_LIMIT_MS));
    type_at(tool, "Type the instance id to send it under a new client token: ", "no\n");
    assert_screen_ends(tool, 4, "not confirmed");
    assert_true(has_record(STOPPED_INSTANCE));
    tool = start_at_terminal(LIST("--send-again"));
    type_at(tool, "under a new client token: ", STOPPED_INSTANCE "\n");
    type_at(tool, "Password of the new system: ", SECRET "\n");
    type_at(tool, "The same again: ", SECRET "\n");
    assert_screen_ends(tool, 0, "done: ");
    assert_int_equal(events(REPLACED), 1);
}

static void send_again_within_the_bound_keeps_the_token(void **state)
{
    const char *file = leave_unanswered_job();

    (void)state;
    assert_ends(service, 0, LIST("--send-again", "--yes", "--password-file", file));
    assert_int_equal(events(REPLACED), 1);
    assert_int_equal(events(said_token()), 3); /* two requests, and the effect */
}

/* --- forget ------------------------------------------------------------------------------------
 */

static void forget_removes_the_record_and_sends_nothing(void **state)
{
    int requests;

    (void)state;
    leave_accepted_job("60000");
    requests = events(REQUEST);
    assert_ends(service, 2, LIST("--forget"));
    assert_said("--yes is needed");
    assert_true(has_record(STOPPED_INSTANCE));
    assert_ends(service, 0, LIST("--forget", "--yes"));
    assert_said("a second time");
    assert_true(printed("forgotten " STOPPED_INSTANCE "\n"));
    assert_true(!said("accepted") && !printed("not_sent")); /* which nobody knows any more */
    assert_false(has_record(STOPPED_INSTANCE));
    assert_int_equal(events(REQUEST), requests);
}

static void at_a_terminal_forget_wants_the_id(void **state)
{
    struct process *tool;

    (void)state;
    leave_accepted_job("60000");
    tool = start_at_terminal(LIST("--forget"));
    type_at(tool, "Type the instance id to have it forgotten: ", "no\n");
    assert_screen_ends(tool, 3, "not confirmed");
    assert_true(has_record(STOPPED_INSTANCE));
    tool = start_at_terminal(LIST(REPLACE, "--forget")); /* with its --yes */
    assert_screen_ends(tool, 0, "forgotten");
    assert_false(has_record(STOPPED_INSTANCE));
}

static void a_damaged_record_stays_and_is_named(void **state)
{
    FILE *file;

    (void)state;
    leave_accepted_job("60000");
    file = fopen(record_of(STOPPED_INSTANCE), "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 60, SEEK_SET), 0);
    fputc('#', file);
    fclose(file);
    assert_ends(service, 2, LIST(REPLACE));
    assert_said(record_of(STOPPED_INSTANCE));
    assert_ends(service, 2, LIST("--resume", "--instance-id", STOPPED_INSTANCE));
    assert_said(record_of(STOPPED_INSTANCE));
    assert_ends(service, 2, LIST("--forget", "--instance-id", STOPPED_INSTANCE, "--yes"));
    assert_true(has_record(STOPPED_INSTANCE));
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
        TEST(what_is_done_refused_or_not_sent_leaves_no_record),
        TEST(the_record_is_the_users_alone_and_has_no_secret),
        TEST(it_can_be_kept_in_a_file_of_the_users_choice),
        TEST(without_a_place_for_it_no_state_must_be_said),
        TEST(a_record_that_cannot_be_written_keeps_the_replacement_from_being_sent),
        TEST(a_run_that_finds_a_record_sends_nothing_and_ends_with_2),
        TEST(the_same_while_the_first_one_still_runs),
        TEST(another_instance_is_not_concerned),
        TEST(resume_alone_watches_to_the_end),
        TEST(the_same_command_with_resume_goes_on),
        TEST(resume_starts_what_ends_stopped),
        TEST(resume_after_a_cut_during_the_stop_replaces_once),
        TEST(the_command_that_was_printed_goes_on),
        TEST(what_no_wait_prints_watches_the_rest),
        TEST(a_difference_to_the_record_is_2_and_named),
        TEST(several_records_are_listed_and_one_has_to_be_named),
        TEST(resume_that_has_to_send_needs_the_password),
        TEST(resume_of_what_was_not_sent_needs_the_password_before_it_does_anything),
        TEST(at_a_terminal_it_is_asked_for_before_anything_is_done),
        TEST(resume_that_only_has_to_look_needs_none),
        TEST(user_data_that_is_gone_is_missed_only_for_sending),
        TEST(at_a_terminal_the_password_is_asked_for_when_it_is_needed),
        TEST(where_it_cannot_look_it_does_not_say_that_nothing_was_sent),
        TEST(another_access_key_only_looks),
        TEST(another_access_key_keeps_the_record_of_what_was_stopped),
        TEST(past_the_bound_it_is_not_sent_again),
        TEST(send_again_takes_a_new_token),
        TEST(send_again_shows_the_evidence_and_asks),
        TEST(send_again_within_the_bound_keeps_the_token),
        TEST(forget_removes_the_record_and_sends_nothing),
        TEST(at_a_terminal_forget_wants_the_id),
        TEST(a_damaged_record_stays_and_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
