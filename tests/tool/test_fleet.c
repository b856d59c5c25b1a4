/*
 * The tool with several instances at once. What it does to them, and in which order, is read in the
 * endpoint's journal.
 */
#define _POSIX_C_SOURCE 200809L
#include "../support/tool.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define BY       "--image-id", IMAGE, "--key-pair-name", KEY_PAIR
#define WITH     BY, "--stop"
#define QUICKLY  "--requests-per-s", "1000", "--burst", "1000"
#define COUNT(n) "--yes", "--expect-count", n

#define A "i-fleet00000"
#define B "i-fleet00001"
#define C "i-fleet00002"
#define D "i-fleet00003"

#define ID(id)     "--instance-id", id
#define TWO        ID(A), ID(B)
#define THREE      TWO, ID(C)
#define FOUR       THREE, ID(D)
#define ENDS_BADLY "i-ends0error000000001" /* accepted, and then it goes to ERROR */
#define LOCKED     "i-locked000000000001"  /* the service refuses it */

#define IS_REQUEST  "\"event\":\"request\""
#define IS_REPLACED "\"event\":\"replaced\""
#define IS_STOPPED  "\"event\":\"stopped\""
#define IS_RUNNING  "\"status\":\"RUNNING\""
#define IS_DRY_RUN  "\"dry_run\":true"
#define IS_DESCRIBE "\"action\":\"DescribeInstances\""
#define IS_REPLACE  "\"action\":\"ReplaceSystemVolume\""

static struct endpoint *service;

#define SERVE(...) serve((const char *const[]){"--generate-instances", "4", __VA_ARGS__, NULL})

static void serve(const char *const *arguments)
{
    service = endpoint_start(arguments);
}

/* --- the journal -------------------------------------------------------------------------------
 */

static int is_in(const char *line, const char *end, const char *text)
{
    const char *at = strstr(line, text);

    return at != NULL && at < end;
}

/* The n-th line, from 1, that holds both texts: its number in the journal, from 1, with its time;
 * or 0. With n 0: how many there are. */
static int journal_line(const char *a, const char *b, int n, long *at_ms)
{
    const char *line = endpoint_journal(service);
    int number = 0;
    int found = 0;

    while (*line != '\0') {
        const char *end = strchr(line, '\n');

        end = end != NULL ? end : line + strlen(line);
        number++;
        if (is_in(line, end, a) && is_in(line, end, b) && ++found == n) {
            const char *time = strstr(line, "\"at_ms\":");

            if (at_ms != NULL && time != NULL) {
                *at_ms = atol(time + strlen("\"at_ms\":"));
            }
            return number;
        }
        line = *end == '\n' ? end + 1 : end;
    }
    return n == 0 ? found : 0;
}

static int events(const char *event, const char *id)
{
    return journal_line(event, id, 0, NULL);
}

/* Where it stands that this happened to this instance for the first time. */
static int place(const char *event, const char *id)
{
    int line = journal_line(event, id, 1, NULL);

    if (line == 0) {
        fail_msg("no %s of %s", event, id);
    }
    return line;
}

static long time_of(const char *event, const char *id, int n)
{
    long at_ms = -1;

    assert_int_not_equal(journal_line(event, id, n, &at_ms), 0);
    return at_ms;
}

/* How many were between their stop and RUNNING at the same time, at most. */
static int most_at_once(void)
{
    static const char *const ids[] = {A, B, C, D};
    int most = 0;
    size_t i, j;

    for (i = 0; i < 4; i++) {
        int now = place(IS_STOPPED, ids[i]);
        int at_once = 0;

        for (j = 0; j < 4; j++) {
            at_once += place(IS_STOPPED, ids[j]) <= now && place(IS_RUNNING, ids[j]) > now;
        }
        most = at_once > most ? at_once : most;
    }
    return most;
}

static int printed_times(const char *text)
{
    const char *at;
    int count = 0;

    for (at = tool_output(); (at = strstr(at, text)) != NULL; at++) {
        count++;
    }
    return count;
}

static int lines_of_output(void)
{
    return printed_times("\n");
}

/* Files in the folder of records, but for locks. */
static int records(void)
{
    char path[300];
    struct dirent *entry;
    DIR *folder;
    int count = 0;

    snprintf(path, sizeof path, "%s/replace-volume", endpoint_folder(service));
    folder = opendir(path);
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        count += strstr(entry->d_name, ".record") != NULL && strstr(entry->d_name, ".lock") == NULL;
    }
    closedir(folder);
    return count;
}

/* --- all of them -------------------------------------------------------------------------------
 */

static void all_are_replaced_each_once(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_ends(service, 0, LIST(FOUR, WITH, QUICKLY, COUNT("4")));
    assert_int_equal(events(IS_REPLACED, ""), 4);
    assert_int_equal(events(IS_REPLACED, A), 1);
    assert_int_equal(events(IS_REPLACED, B), 1);
    assert_int_equal(events(IS_REPLACED, C), 1);
    assert_int_equal(events(IS_REPLACED, D), 1);
    assert_true(printed("done " A "\n"));
    assert_true(printed("done " D "\n"));
    assert_int_equal(lines_of_output(), 4);
    assert_said("4 instances: 4 done");
}

static void they_can_be_listed_in_a_file(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_ends(service, 0,
                LIST(ID(A), "--instances-file",
                     make_file(service, "list", "# the pool\n\n  " B "  # web\r\n" C, 0600), WITH,
                     QUICKLY, COUNT("3")));
    assert_int_equal(events(IS_REPLACED, ""), 3);
    assert_int_equal(events(IS_REPLACED, C), 1);
}

static void json_is_an_object_a_line(void **state)
{
    (void)state;
    SERVE("--deny", "StopInstance");
    assert_ends(service, 1, LIST(TWO, WITH, QUICKLY, COUNT("2"), "--json"));
    assert_int_equal(lines_of_output(), 2);
    assert_true(printed("{\"schema\":1,\"outcome\":\"refused\",\"code\":\"AccessDenied\""));
    assert_true(printed("\n{\"schema\":1,\"outcome\":\"not_begun\""));
    assert_true(printed("\"instance_id\":\"" A "\""));
    assert_true(printed("\"instance_id\":\"" B "\""));
}

/* --- each in its turn --------------------------------------------------------------------------
 */

static void all_are_checked_before_the_first_is_stopped(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_ends(service, 0, LIST(FOUR, WITH, QUICKLY, COUNT("4"), "--parallel", "1"));
    assert_true(place(IS_DRY_RUN, A) < place(IS_STOPPED, ""));
    assert_true(place(IS_DRY_RUN, B) < place(IS_STOPPED, ""));
    assert_true(place(IS_DRY_RUN, C) < place(IS_STOPPED, ""));
    assert_true(place(IS_DRY_RUN, D) < place(IS_STOPPED, ""));
}

/* All findings are said at once, so the looks go on after the first. */
static void a_finding_in_one_keeps_all_from_being_checked(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_ends(service, 3,
                LIST(ID("i-nowhere"), ID("i-nowhere-else"), TWO, WITH, QUICKLY, COUNT("4")));
    assert_int_equal(events(IS_REQUEST, IS_REPLACE), 0);
    assert_true(printed("not_sent i-nowhere\n"));
    assert_true(printed("not_sent i-nowhere-else\n"));
    assert_true(printed("not_begun " A "\n"));
    assert_true(printed("not_begun " B "\n"));
    assert_said("4 instances: 0 done, 2 to be mended, 2 not begun");
}

/* The checks go on, too. */
static void a_refused_check_keeps_all_from_being_stopped(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_ends(service, 1, LIST(ID(LOCKED), TWO, WITH, QUICKLY, COUNT("3")));
    assert_int_equal(events(IS_STOPPED, ""), 0);
    assert_int_equal(events(IS_REPLACED, ""), 0);
    assert_int_equal(events(IS_REQUEST, IS_DRY_RUN), 3);
    assert_true(printed("refused " LOCKED " OperationDenied.ResourceLocked\n"));
    assert_true(printed("not_begun " A "\n"));
    assert_true(printed("not_begun " B "\n"));
    assert_said("3 instances: 0 done, 1 refused, 2 not begun");
    assert_int_equal(records(), 0);
}

/* Whoever is first in the list: one that is not there has nobody look at them. */
static void image_and_key_pair_are_checked_before_the_first_is_stopped(void **state)
{
    static const char *const parallel[] = {"1", "5"};
    size_t i;

    (void)state;
    SERVE(NULL);
    for (i = 0; i < 2; i++) {
        assert_ends(service, i == 0 ? 2 : 3,
                    LIST(ID("i-nowhere"), TWO, "--image-id", "image-nope", "--key-pair-name",
                         KEY_PAIR, "--stop", QUICKLY, COUNT("3"), "--max-failures", "2", "--canary",
                         "0", "--no-dry-run-check", "--parallel", parallel[i]));
        assert_said(A ": not_sent: --image-id (ImageId) is not there");
        assert_int_equal(events(IS_REQUEST, "StopInstance"), 0);
    }
}

static void they_are_looked_at_once(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_ends(service, 0, LIST(FOUR, WITH, QUICKLY, COUNT("4")));
    assert_int_equal(events(IS_REQUEST, "\"action\":\"DescribeImages\""), 1);
    assert_int_equal(events(IS_REQUEST, "\"action\":\"DescribeKeyPairs\""), 1);
}

static void what_could_not_be_checked_is_said(void **state)
{
    (void)state;
    SERVE("--deny", "DescribeImages", "--deny", "DescribeKeyPairs");
    assert_ends(service, 0, LIST(TWO, WITH, QUICKLY, COUNT("2"), "--json"));
    assert_said("not checked in some or all of them: the image (DescribeImages); the key pair");
    assert_int_equal(lines_of_output(), 2);
    assert_int_equal(printed_times("\"not_checked\":[\"image\",\"key_pair\""), 2);
}

static void a_dry_run_of_what_runs_says_what_it_could_not_check(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_ends(service, 0, LIST(TWO, BY, QUICKLY, "--dry-run"));
    assert_said(" s); it runs, and would have to be stopped first (--stop)");
    assert_said("not checked in some or all of them: the request itself (DryRun)");
}

static void what_runs_is_not_stopped_without_stop(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_ends(service, 2, LIST(TWO, BY, QUICKLY, COUNT("2")));
    assert_said("--stop");
    assert_int_equal(events(IS_STOPPED, ""), 0);
}

static void each_is_stopped_only_when_its_own_turn_comes(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_ends(service, 0, LIST(THREE, WITH, QUICKLY, COUNT("3"), "--parallel", "1"));
    assert_true(place(IS_RUNNING, A) < place(IS_STOPPED, B));
    assert_true(place(IS_RUNNING, B) < place(IS_STOPPED, C));
}

static void no_more_at_a_time_than_parallel(void **state)
{
    (void)state;
    SERVE("--delay-ms", "1000");
    assert_ends(service, 0,
                LIST(FOUR, WITH, QUICKLY, COUNT("4"), "--parallel", "2", "--canary", "0"));
    assert_int_equal(most_at_once(), 2);
}

static void one_question_serves_all_that_wait(void **state)
{
    int waits;

    (void)state;
    SERVE("--delay-ms", "2000");
    assert_ends(service, 0, LIST(FOUR, WITH, QUICKLY, COUNT("4"), "--canary", "0"));
    /* four looks of each are its own: the first, of the check, before stop and replacement */
    waits = events(IS_REQUEST, IS_DESCRIBE) - 4 * 4;
    assert_in_range(waits, 2, 12);
}

/* --- canaries and failures ---------------------------------------------------------------------
 */

static void the_canary_is_done_before_the_rest(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_ends(service, 0, LIST(THREE, WITH, QUICKLY, COUNT("3")));
    assert_true(place(IS_RUNNING, A) < place(IS_STOPPED, B));
    assert_true(place(IS_RUNNING, A) < place(IS_STOPPED, C));
    assert_true(place(IS_STOPPED, C) < place(IS_RUNNING, B)); /* which then go side by side */
}

static void there_may_be_more_canaries(void **state)
{
    (void)state;
    SERVE("--delay-ms", "1000");
    assert_ends(service, 0, LIST(FOUR, WITH, QUICKLY, COUNT("4"), "--canary", "2"));
    assert_true(place(IS_STOPPED, B) < place(IS_RUNNING, A));
    assert_true(place(IS_RUNNING, A) < place(IS_STOPPED, C));
    assert_true(place(IS_RUNNING, B) < place(IS_STOPPED, C));
    assert_true(place(IS_RUNNING, B) < place(IS_STOPPED, D));
}

static void after_a_failed_canary_the_rest_is_not_begun(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_ends(
        service, 6,
        LIST(ID(ENDS_BADLY), TWO, WITH, QUICKLY, COUNT("3"), "--max-failures", "3", "--json"));
    assert_true(printed("{\"schema\":1,\"outcome\":\"ended_badly\""));
    assert_int_equal(printed_times("\"outcome\":\"not_begun\",\"code\":null,"
                                   "\"message\":\"not begun: a canary has failed\""),
                     2);
    assert_int_equal(events(IS_STOPPED, ""), 0);
    assert_said("3 instances: 0 done, 1 ended badly, 2 not begun");
}

static void with_as_many_failures_as_allowed_that_is_said(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_ends(service, 3, LIST(ID("i-nowhere"), ID(A), WITH, QUICKLY, COUNT("2"), "--json"));
    assert_true(printed("\"message\":\"not begun: too many others have failed\""));
}

static void after_a_failure_no_new_one_is_begun_and_those_begun_are_finished(void **state)
{
    (void)state;
    SERVE("--delay-ms", "1000");
    assert_ends(
        service, 6,
        LIST(ID(A), ID(ENDS_BADLY), ID(B), ID(C), WITH, QUICKLY, COUNT("4"), "--parallel", "2"));
    assert_true(printed("done " A "\n"));
    assert_true(printed("done " B "\n"));
    assert_true(printed("not_begun " C "\n"));
    assert_int_equal(events(IS_STOPPED, C), 0);
}

static void more_failures_may_be_allowed(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_ends(service, 6,
                LIST(ID(A), ID(ENDS_BADLY), ID(B), WITH, QUICKLY, COUNT("3"), "--parallel", "1",
                     "--max-failures", "2"));
    assert_true(printed("ended_badly " ENDS_BADLY "\n"));
    assert_true(printed("done " B "\n"));
}

static void after_a_refusal_for_lack_of_permission_no_new_one_is_begun(void **state)
{
    (void)state;
    SERVE("--deny", "StopInstance");
    assert_ends(service, 1,
                LIST(THREE, WITH, QUICKLY, COUNT("3"), "--canary", "0", "--parallel", "1",
                     "--max-failures", "9"));
    assert_true(printed("refused " A " AccessDenied\n"));
    assert_true(printed("not_begun " B "\n"));
    assert_true(printed("not_begun " C "\n"));
    assert_int_equal(events(IS_REQUEST, "StopInstance"), 1);
}

static void nor_is_one_checked(void **state)
{
    (void)state;
    SERVE("--deny", "DescribeInstances");
    assert_ends(service, 1, LIST(THREE, WITH, QUICKLY, COUNT("3"), "--parallel", "1"));
    assert_int_equal(events(IS_REQUEST, ""), 1);
}

/* --- requests a second -------------------------------------------------------------------------
 */

static long now_ms(void)
{
    struct timespec now;

    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Two connections, and as slow as one limit for both makes it. A busy machine is only slower. */
static void all_together_keep_to_the_rate(void **state)
{
    long began_ms;

    (void)state;
    SERVE("--generate-status", "STOPPED");
    began_ms = now_ms();
    assert_ends(
        service, 0,
        LIST(FOUR, BY, "--dry-run", "--parallel", "2", "--requests-per-s", "5", "--burst", "1"));
    assert_int_equal(events(IS_REQUEST, ""), 10);
    assert_true(now_ms() - began_ms >= 9 * 200);
}

/* The sixth request is throttled, and nobody sends anything until its time is over, but for one
 * that may be on its way already. */
static void all_slow_down_when_one_is_throttled(void **state)
{
    (void)state;
    SERVE("--generate-status", "STOPPED", "--rule", "*#6=error:FlowLimitExceeded;retry-after:2");
    assert_ends(
        service, 0,
        LIST(FOUR, BY, "--dry-run", "--parallel", "2", "--requests-per-s", "5", "--burst", "1"));
    assert_int_equal(events(IS_REQUEST, ""), 11);
    assert_true(time_of(IS_REQUEST, "", 8) - time_of(IS_REQUEST, "", 6) >= 1900);
    /* and then they go at half the rate */
    assert_true(time_of(IS_REQUEST, "", 10) - time_of(IS_REQUEST, "", 8) >= 600);
}

/* --- interrupted -------------------------------------------------------------------------------
 */

static struct process *start(const char *const *arguments)
{
    return tool_start(service, arguments, NULL);
}

static void ctrl_c_once_begins_no_new_one_and_finishes_those_begun(void **state)
{
    struct process *tool;

    (void)state;
    SERVE("--delay-ms", "1000");
    tool = start(LIST(THREE, WITH, QUICKLY, COUNT("3")));
    assert_true(process_await_errors(tool, A ": stop\n", TOOL_LIMIT_MS));
    process_signal(tool, SIGINT);
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 3);
    assert_non_null(strstr(process_output(tool), "done " A "\n"));
    assert_non_null(strstr(process_output(tool), "not_begun " B "\n"));
    assert_non_null(strstr(process_output(tool), "not_begun " C "\n"));
    assert_non_null(strstr(process_errors(tool), "3 instances: 1 done, 2 not begun"));
    assert_int_equal(events(IS_REPLACED, ""), 1);
    process_free(tool);
}

static void ctrl_c_twice_cancels(void **state)
{
    struct process *tool;

    (void)state;
    SERVE("--delay-ms", "60000", "--generate-status", "STOPPED");
    tool = start(LIST(TWO, WITH, QUICKLY, COUNT("2"), "--canary", "0"));
    assert_true(process_await_errors(tool, A ": watch\n", TOOL_LIMIT_MS));
    assert_true(process_await_errors(tool, B ": watch\n", TOOL_LIMIT_MS));
    process_signal(tool, SIGINT);
    assert_true(process_await_errors(tool, "once more cancels", TOOL_LIMIT_MS));
    process_signal(tool, SIGINT);
    assert_int_equal(process_wait(tool, 30000), 5);
    assert_non_null(strstr(process_output(tool), "unfinished " A "\n"));
    assert_non_null(strstr(process_output(tool), "unfinished " B "\n"));
    process_free(tool);
}

static void ctrl_c_during_the_checks_ends_them(void **state)
{
    struct process *tool;

    (void)state;
    SERVE("--rule", "DescribeInstances=delay-ms:60000");
    tool = start(LIST(TWO, WITH, QUICKLY, COUNT("2")));
    assert_true(endpoint_journal_await(service, "\"event\":\"opened\"", 2, TOOL_LIMIT_MS));
    process_signal(tool, SIGINT);
    assert_int_equal(process_wait(tool, 30000), 3);
    assert_non_null(strstr(process_output(tool), "not_begun " A "\n"));
    process_free(tool);
}

/* --- the same command again --------------------------------------------------------------------
 */

static void await_records(int count)
{
    int tries;

    for (tries = 0; tries < TOOL_LIMIT_MS / 10 && records() != count; tries++) {
        sleep_ms(10);
    }
    assert_int_equal(records(), count);
}

static void the_same_command_again_resumes_what_is_unfinished(void **state)
{
    const char *const *command = LIST(THREE, WITH, QUICKLY, COUNT("3"), "--canary", "0");
    struct process *tool;

    (void)state;
    SERVE("--delay-ms", "2000", "--generate-status", "STOPPED");
    tool = start(command);
    assert_true(process_await_errors(tool, A ": watch\n", TOOL_LIMIT_MS));
    process_signal(tool, SIGKILL);
    (void)process_wait(tool, TOOL_LIMIT_MS);
    process_free(tool);
    assert_ends(service, 0, command);
    assert_said(A ": gone on with");
    assert_int_equal(events(IS_REPLACED, A), 1);
    assert_int_equal(events(IS_REPLACED, B), 1);
    assert_int_equal(events(IS_REPLACED, C), 1);
}

static void one_of_them_can_be_gone_on_with_alone(void **state)
{
    struct process *tool;

    (void)state;
    SERVE("--delay-ms", "2000", "--generate-status", "STOPPED");
    tool = start(LIST(TWO, WITH, QUICKLY, COUNT("2")));
    assert_true(process_await_errors(tool, A ": watch\n", TOOL_LIMIT_MS));
    process_signal(tool, SIGKILL);
    (void)process_wait(tool, TOOL_LIMIT_MS);
    process_free(tool);
    assert_ends(service, 0, LIST("--resume", ID(A)));
    assert_true(printed("done " A "\n"));
    assert_int_equal(events(IS_REPLACED, A), 1);
    assert_int_equal(events(IS_REPLACED, B), 0);
}

/* It was stopped for it, so whoever goes on with it next must find that, as with one alone. */
static void the_record_of_what_was_stopped_stays_with_whoever_cannot_go_on(void **state)
{
    const char *const *command = LIST(TWO, WITH, QUICKLY, COUNT("2"), "--no-dry-run-check");
    struct process *tool;

    (void)state;
    SERVE("--delay-ms", "10000", "--deny", "StartInstance");
    tool = start(command);
    assert_true(endpoint_journal_await(service, "\"action\":\"StopInstance\"", 1, TOOL_LIMIT_MS));
    process_signal(tool, SIGKILL);
    (void)process_wait(tool, TOOL_LIMIT_MS);
    process_free(tool);
    tool = start(command);
    assert_true(process_await_errors(tool, A ": gone on with", TOOL_LIMIT_MS));
    process_signal(tool, SIGINT);
    assert_true(process_await_errors(tool, "once more cancels", TOOL_LIMIT_MS));
    process_signal(tool, SIGINT); /* and then it cannot be started again */
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 3);
    assert_non_null(strstr(process_output(tool), "not_sent " A));
    assert_non_null(strstr(process_errors(tool), " --instance-id " A " --resume\n"));
    assert_non_null(strstr(process_errors(tool), "goes on with what is not known to be over"));
    assert_int_equal(records(), 1);
    assert_int_equal(events(IS_REPLACED, ""), 0);
    process_free(tool);
}

static void it_skips_what_is_done(void **state)
{
    const char *const *command = LIST(THREE, WITH, QUICKLY, COUNT("3"));
    struct process *tool;

    (void)state;
    SERVE("--delay-ms", "1000");
    tool = start(command);
    assert_true(process_await_errors(tool, A ": stop\n", TOOL_LIMIT_MS));
    process_signal(tool, SIGINT); /* the first is finished, the others are not begun */
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 3);
    process_free(tool);
    assert_int_equal(records(), 1);
    assert_ends(service, 0, command);
    assert_true(printed("done " A "\n"));
    assert_true(printed("done " B "\n"));
    assert_int_equal(events(IS_REPLACED, A), 1);
    assert_int_equal(events(IS_REPLACED, B), 1);
    assert_int_equal(events(IS_REPLACED, C), 1);
}

static void once_all_are_done_it_begins_anew(void **state)
{
    const char *const *command = LIST(TWO, WITH, QUICKLY, COUNT("2"));

    (void)state;
    SERVE(NULL);
    assert_ends(service, 0, command);
    assert_int_equal(records(), 0);
    assert_ends(service, 0, command);
    assert_int_equal(events(IS_REPLACED, A), 2);
    assert_int_equal(events(IS_REPLACED, B), 2);
}

static void another_command_does_not_come_between_what_is_unfinished(void **state)
{
    struct process *tool;

    (void)state;
    SERVE("--delay-ms", "60000", "--generate-status", "STOPPED");
    tool = start(LIST(TWO, WITH, QUICKLY, COUNT("2"), "--canary", "0"));
    assert_true(process_await_errors(tool, A ": watch\n", TOOL_LIMIT_MS));
    process_signal(tool, SIGKILL);
    (void)process_wait(tool, TOOL_LIMIT_MS);
    process_free(tool);
    assert_ends(service, 2,
                LIST(TWO, "--image-id", "image-ubuntu2204", "--key-pair-name", KEY_PAIR, "--stop",
                     QUICKLY, COUNT("2")));
    assert_said("--image-id=" IMAGE);
    assert_said(A);
}

static void two_runs_do_not_work_on_the_same_instance(void **state)
{
    struct process *tool;

    (void)state;
    SERVE("--delay-ms", "60000");
    tool = start(LIST(TWO, WITH, QUICKLY, COUNT("2")));
    assert_true(process_await_errors(tool, A ": stop\n", TOOL_LIMIT_MS));
    assert_ends(service, 2, LIST(ID(B), ID(C), WITH, QUICKLY, COUNT("2")));
    assert_int_equal(events(IS_STOPPED, B), 0);
    process_signal(tool, SIGKILL);
    process_free(tool);
}

static void what_is_known_of_earlier_runs_can_be_forgotten(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_ends(service, 6, LIST(ID(A), ID(ENDS_BADLY), WITH, QUICKLY, COUNT("2")));
    assert_int_equal(records(), 2);
    assert_ends(service, 0, LIST(ID(A), ID(ENDS_BADLY), "--forget", COUNT("2")));
    assert_said(A ": done");
    assert_said(ENDS_BADLY ": begun, and not known to be over");
    assert_int_equal(records(), 0);
}

static void json_says_that_they_were_forgotten(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_ends(service, 6, LIST(ID(A), ID(ENDS_BADLY), WITH, QUICKLY, COUNT("2")));
    assert_ends(service, 0, LIST(ID(A), ID(B), ID(ENDS_BADLY), "--forget", COUNT("3"), "--json"));
    assert_int_equal(printed_times("\"outcome\":\"forgotten\""), 2);
    assert_true(printed("\"instance_id\":\"" A "\""));
    assert_true(printed("\"instance_id\":\"" ENDS_BADLY "\""));
    assert_int_equal(lines_of_output(), 2);
}

/* --- dry run -----------------------------------------------------------------------------------
 */

static void a_dry_run_checks_all_and_changes_nothing(void **state)
{
    (void)state;
    SERVE("--generate-status", "STOPPED");
    assert_ends(service, 0, LIST(THREE, BY, QUICKLY, "--dry-run"));
    assert_true(printed("checked " A " DryRunOperation\n"));
    assert_true(printed("checked " C " DryRunOperation\n"));
    assert_said("3 instances: 3 checked");
    assert_int_equal(events(IS_REQUEST, IS_REPLACE), 3);
    assert_int_equal(events(IS_REQUEST, IS_DRY_RUN), 3);
}

/* For whoever does not trust the service to heed DryRun. */
static void the_checks_can_do_without_dry_run(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_ends(service, 0, LIST(TWO, WITH, QUICKLY, COUNT("2"), "--no-dry-run-check"));
    assert_int_equal(events(IS_REQUEST, IS_DRY_RUN), 0);
    assert_int_equal(events(IS_REPLACED, ""), 2);
    assert_true(journal_line(IS_REQUEST, IS_DESCRIBE, 2, NULL) < place(IS_STOPPED, ""));
}

/* --- what is said of what is not over ----------------------------------------------------------
 */

/* The same words as of one alone, and a command line that goes on with it alone. */
static void of_one_that_is_unfinished_it_is_said_how_to_go_on(void **state)
{
    const char *const arguments[] = {"--resume", ID(A), "--wait-s", "60", NULL};

    (void)state;
    SERVE("--generate-status", "STOPPED", "--delay-ms", "10000");
    assert_ends(service, 5, LIST(TWO, BY, QUICKLY, COUNT("2"), "--wait-s", "4"));
    assert_said("before:  image " IMAGE);
    assert_said("signs of the replacement: it was REBUILDING");
    assert_said(" --image-id " IMAGE " --key-pair-name " KEY_PAIR
                " --yes --wait-s 4 --instance-id " A " --resume\n");
    assert_ends(service, 0, arguments);
    assert_int_equal(events(IS_REPLACED, A), 1);
}

static void json_has_the_record_and_how_to_go_on(void **state)
{
    (void)state;
    SERVE("--generate-status", "STOPPED", "--delay-ms", "60000");
    assert_ends(service, 5, LIST(TWO, BY, QUICKLY, COUNT("2"), "--wait-s", "3", "--json"));
    assert_true(printed("." A ".record\",\"next\":\""));
    assert_true(printed(" --instance-id " A " --resume\"}\n"));
    assert_true(printed("\"record\":null,\"next\":null}\n")); /* of the other, not begun */
}

/* The next run would know nothing of the first one's token. */
static void without_records_it_is_said_what_never_to_give_again(void **state)
{
    (void)state;
    SERVE("--generate-status", "STOPPED", "--rule", "ReplaceSystemVolume#3-99=drop");
    assert_ends(service, 4,
                LIST(THREE, BY, QUICKLY, COUNT("3"), "--no-state", "--no-dry-run-check", "--wait-s",
                     "5", "--canary", "0", "--parallel", "1"));
    assert_said("would replace ALL of them");
    assert_said("Never give these again before it is certain what has become of them: whatever is "
                "begun then has another client token, and replaces them once more.\n  " C "\n");
    assert_true(!said("may be given again"));
    assert_true(!said("leave out what is done"));
    assert_said("--call-only --client-token ");
}

static void without_records_it_is_said_what_may_be_given_again(void **state)
{
    (void)state;
    SERVE("--generate-status", "STOPPED", "--rule", "ReplaceSystemVolume=drop");
    assert_ends(service, 4, LIST(THREE, BY, QUICKLY, COUNT("3"), "--no-state", "--wait-s", "4"));
    assert_said("Never give these again before it is certain what has become of them: whatever is "
                "begun then has another client token, and replaces them once more.\n  " A "\n");
    assert_said("These were not replaced, and may be given again:\n  " B "\n  " C "\n");
}

/* One that has ended badly fails in each run, so that the rest would never be begun. */
static void what_keeps_the_rest_from_being_begun_is_named(void **state)
{
    const char *const *command = LIST(ID(ENDS_BADLY), ID(A), WITH, QUICKLY, COUNT("2"));

    (void)state;
    SERVE(NULL);
    assert_ends(service, 6, command);
    assert_said("These will come to the same again");
    assert_said("\n  " ENDS_BADLY "\nLeave them out of the list, and the rest is begun");
    assert_said("--max-failures");
    assert_said("--forget");
    assert_ends(service, 6, command);
    assert_said("These will come to the same again");
    assert_int_equal(events(IS_REPLACED, A), 0);
    assert_ends(service, 0, LIST(ID(A), ID(B), WITH, QUICKLY, COUNT("2")));
    assert_int_equal(events(IS_REPLACED, ENDS_BADLY), 1);
}

static void what_is_to_be_mended_comes_before_the_same_command(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_ends(service, 2, LIST(TWO, BY, QUICKLY, COUNT("2")));
    assert_said("Mend what is to be mended, as said above; the command then ");
    assert_true(!said("The same command again"));
}

/* --- a service that does not heed DryRun --------------------------------------------------------
 */

#define IGNORES_DRY_RUN "--generate-status", "STOPPED", "--dry-run-ignored"

/* It tells the canary's check as soon as it is taken, before the rest is checked. */
static void a_service_that_ignores_dry_run_gets_one_volume_and_no_more(void **state)
{
    (void)state;
    SERVE(IGNORES_DRY_RUN);
    assert_ends(service, 6, LIST(THREE, BY, QUICKLY, COUNT("3"), "--max-failures", "9"));
    assert_true(printed("ended_badly " A "\n"));
    assert_true(printed("not_begun " B "\n"));
    assert_true(printed("not_begun " C "\n"));
    assert_said(A " IS BEING REPLACED, although only a check was asked (DryRun)");
    assert_int_equal(events(IS_REPLACED, ""), 1);
    assert_int_equal(events(IS_REQUEST, IS_REPLACE), 1);
    assert_said("Leave them out of the list, and give --no-dry-run-check");
    assert_true(!said("--max-failures"));
}

static void the_same_command_again_does_not_replace_that_one_again(void **state)
{
    const char *const *command = LIST(THREE, BY, QUICKLY, COUNT("3"));

    (void)state;
    SERVE(IGNORES_DRY_RUN);
    assert_ends(service, 6, command);
    assert_int_equal(records(), 1);
    assert_ends(service, 6, command);
    assert_said(A ": gone on with");
    assert_int_equal(events(IS_REPLACED, ""), 1);
    assert_int_equal(events(IS_REQUEST, IS_REPLACE), 1);
}

static void a_dry_run_that_is_ignored_is_the_last(void **state)
{
    (void)state;
    SERVE(IGNORES_DRY_RUN);
    assert_ends(service, 6, LIST(THREE, BY, QUICKLY, "--dry-run"));
    assert_true(printed("ended_badly " A "\n"));
    assert_true(printed("not_begun " B "\n"));
    assert_int_equal(events(IS_REPLACED, ""), 1);
}

static void without_a_record_of_a_dry_run_none_is_sent(void **state)
{
    struct process *tool;
    char path[300];

    (void)state;
    SERVE("--generate-status", "STOPPED", "--rule", "DescribeInstances=delay-ms:1500");
    tool = tool_start(service, LIST(TWO, BY, QUICKLY, COUNT("2")), NULL);
    assert_true(endpoint_journal_await(service, "\"event\":\"opened\"", 2, TOOL_LIMIT_MS));
    snprintf(path, sizeof path,
             "%s/replace-volume/" ENDPOINT_ACCESS_KEY_ID "." ENDPOINT_REGION "." A ".record.new",
             endpoint_folder(service));
    assert_int_equal(mkdir(path, 0700), 0); /* where the record is to be written */
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 3);
    assert_non_null(strstr(process_output(tool), "not_sent " A "\n"));
    assert_non_null(strstr(process_output(tool), "not_begun " B "\n"));
    assert_int_equal(events(IS_REQUEST, IS_REPLACE), 1); /* the check of the other one */
    assert_int_equal(events(IS_REPLACE, A), 0);
    assert_int_equal(rmdir(path), 0);
    process_free(tool);
}

/* While it is looked whether the one was replaced, no other is checked; then all goes on. */
static void while_the_answer_to_a_check_is_lost_no_other_is_sent(void **state)
{
    long lost_ms;
    long again_ms;

    (void)state;
    SERVE("--generate-status", "STOPPED", "--rule", "ReplaceSystemVolume#1=drop");
    assert_ends(service, 0,
                LIST(THREE, BY, QUICKLY, COUNT("3"), "--canary", "0", "--parallel", "1"));
    lost_ms = journal_line(IS_DRY_RUN, A, 1, NULL);
    again_ms = journal_line(IS_DRY_RUN, A, 2, NULL);
    assert_true(lost_ms < again_ms);
    assert_true(again_ms < place(IS_DRY_RUN, B));
    assert_int_equal(events(IS_REPLACED, ""), 3);
}

/* It shows only by the look that is common to all, outside the job's own step. */
static void nor_is_another_checked_once_the_replacement_is_seen(void **state)
{
    (void)state;
    SERVE(IGNORES_DRY_RUN, "--delay-ms", "10000", "--rule", "ReplaceSystemVolume#1=execute;drop",
          "--rule", "ReplaceSystemVolume=error:DryRunOperation");
    assert_ends(service, 6,
                LIST(THREE, BY, QUICKLY, COUNT("3"), "--canary", "0", "--parallel", "2",
                     "--max-failures", "9"));
    assert_said(" IS BEING REPLACED, although only a check was asked (DryRun)");
    assert_int_equal(events(IS_REPLACED, ""), 1);
    assert_int_equal(events(IS_REPLACE, C), 0);
    assert_true(printed("not_begun " C "\n"));
}

/* The fourth look is that of the second check, which so is still to be sent. */
#define SECOND_CHECK_IS_LATE "--rule", "DescribeInstances#4=delay-ms:5000"

static void nor_is_one_that_had_begun_and_was_not_sent_yet(void **state)
{
    (void)state;
    SERVE(IGNORES_DRY_RUN, SECOND_CHECK_IS_LATE);
    assert_ends(service, 6,
                LIST(TWO, BY, QUICKLY, COUNT("2"), "--canary", "0", "--max-failures", "9"));
    assert_int_equal(events(IS_REQUEST, IS_REPLACE), 1);
    assert_int_equal(events(IS_REPLACED, ""), 1);
    assert_int_equal(printed_times("not_begun i-"), 1);
    assert_said("2 instances: 0 done, 1 ended badly, 1 not begun");
}

static void one_that_had_begun_waits_while_the_answer_to_another_is_lost(void **state)
{
    int again;

    (void)state;
    SERVE("--generate-status", "STOPPED", "--rule", "ReplaceSystemVolume#1-2=drop",
          SECOND_CHECK_IS_LATE);
    assert_ends(service, 0, LIST(TWO, BY, QUICKLY, COUNT("2"), "--canary", "0"));
    again = journal_line(IS_REQUEST, IS_DRY_RUN, 3, NULL);
    assert_true(again == journal_line(IS_DRY_RUN, A, 3, NULL) ||
                again == journal_line(IS_DRY_RUN, B, 3, NULL));
    assert_int_equal(events(IS_REPLACED, ""), 2);
}

static void a_check_whose_answer_stays_lost_is_the_last(void **state)
{
    (void)state;
    SERVE("--generate-status", "STOPPED", "--rule", "ReplaceSystemVolume#1-99=drop");
    assert_ends(service, 4,
                LIST(THREE, BY, QUICKLY, COUNT("3"), "--wait-s", "5", "--max-failures", "9"));
    assert_true(printed("unknown " A "\n"));
    assert_true(printed("not_begun " B "\n"));
    assert_int_equal(events(IS_REPLACE, B), 0);
    assert_int_equal(records(), 1);
}

/* The next run looks, and sees what has become of it. */
static void one_that_was_cut_short_in_an_ignored_check_is_not_replaced_again(void **state)
{
    const char *const *command = LIST(TWO, BY, "--stop", QUICKLY, COUNT("2"));
    struct process *tool;

    (void)state;
    SERVE(IGNORES_DRY_RUN, "--rule", "ReplaceSystemVolume#1=execute;delay-ms:60000");
    tool = tool_start(service, command, NULL);
    assert_true(endpoint_journal_await(service, IS_REPLACED, 1, TOOL_LIMIT_MS));
    process_signal(tool, SIGKILL);
    (void)process_wait(tool, TOOL_LIMIT_MS);
    process_free(tool);
    assert_int_equal(records(), 1);

    assert_ends(service, 2, LIST(ID(A), BY, "--stop", "--yes"));
    assert_ends(service, 6, command);
    assert_true(printed("ended_badly " A "\n"));
    assert_true(printed("not_begun " B "\n"));
    assert_ends(service, 6, LIST("--resume", ID(A)));
    assert_int_equal(events(IS_REPLACED, ""), 1);
    assert_int_equal(events(IS_REPLACED, B), 0);
}

/* It is no more begun than the others: the canary comes before it. */
static void one_that_was_cut_short_in_its_check_has_the_canary_before_it(void **state)
{
    const char *const *command = LIST(THREE, BY, "--stop", QUICKLY, COUNT("3"));
    struct process *tool;

    (void)state;
    SERVE("--generate-status", "STOPPED", "--rule",
          "ReplaceSystemVolume#2-3=delay-ms:60000"); /* the checks after the canary's */
    tool = tool_start(service, command, NULL);
    assert_true(endpoint_journal_await(service, IS_DESCRIBE, 6, TOOL_LIMIT_MS));
    await_records(2);
    process_signal(tool, SIGKILL);
    (void)process_wait(tool, TOOL_LIMIT_MS);
    process_free(tool);

    assert_ends(service, 0, command);
    assert_true(place(IS_RUNNING, A) < place(IS_REPLACED, B));
    assert_true(place(IS_RUNNING, A) < place(IS_REPLACED, C));
    assert_int_equal(events(IS_REPLACED, ""), 3);
    assert_int_equal(records(), 0);
}

/* Of a seed's replacement that is done: only that record keeps the seed from being used again. */
static void a_check_leaves_what_is_known_of_another_replacement(void **state)
{
    char folder[300];
    const char *const *seeded = LIST(ID(A), BY, "--stop", "--yes", "--token-seed", "job-1",
                                     "--state-dir", folder);

    (void)state;
    SERVE("--generate-status", "STOPPED");
    snprintf(folder, sizeof folder, "%s/replace-volume", endpoint_folder(service));
    assert_ends(service, 0, seeded);
    assert_ends(service, 1, LIST(ID(A), ID(LOCKED), BY, "--stop", QUICKLY, COUNT("2")));
    assert_true(printed("not_begun " A "\n"));
    assert_ends(service, 0, seeded);
    assert_said("done before");
    assert_int_equal(events(IS_REPLACED, A), 1);
}

static void ctrl_c_lets_a_check_finish(void **state)
{
    struct process *tool;

    (void)state;
    SERVE("--generate-status", "STOPPED", "--rule", "ReplaceSystemVolume#1=delay-ms:2000");
    tool = tool_start(service, LIST(TWO, BY, QUICKLY, COUNT("2")), NULL);
    assert_true(endpoint_journal_await(service, IS_DESCRIBE, 3, TOOL_LIMIT_MS));
    sleep_ms(500);
    process_signal(tool, SIGINT);
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 3);
    assert_non_null(strstr(process_output(tool), "not_begun " A "\n"));
    assert_int_equal(events(IS_REQUEST, IS_REPLACE), 1);
    assert_int_equal(records(), 0);
    process_free(tool);
}

/* --- asking ------------------------------------------------------------------------------------
 */

static const struct spawn_setup at_terminal = {
    .terminal = 1, .errors = SPAWN_TERMINAL, .input_is_terminal = 1};

static void nothing_that_could_replace_a_volume_is_sent_before_it_is_confirmed(void **state)
{
    struct process *tool;

    (void)state;
    SERVE(IGNORES_DRY_RUN);
    tool = tool_start(service, LIST(THREE, BY, QUICKLY), &at_terminal);
    assert_true(process_await_screen(tool, "Type their number to go on: ", TOOL_LIMIT_MS));
    assert_int_equal(events(IS_REQUEST, IS_REPLACE), 0);
    process_type(tool, "no\n");
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 3);
    assert_int_equal(events(IS_REQUEST, IS_REPLACE), 0);
    assert_int_equal(events(IS_REPLACED, ""), 0);
    process_free(tool);
}

static void on_a_terminal_their_number_is_to_be_typed(void **state)
{
    struct process *tool;

    (void)state;
    SERVE(NULL);
    tool = tool_start(service, LIST(TWO, WITH, QUICKLY), &at_terminal);
    assert_true(process_await_screen(tool, "Type their number to go on: ", TOOL_LIMIT_MS));
    assert_non_null(strstr(process_screen(tool), A));
    assert_int_equal(events(IS_STOPPED, ""), 0);
    process_type(tool, "2\n");
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 0);
    assert_int_equal(events(IS_REPLACED, ""), 2);
    process_free(tool);
}

static void there_it_is_said_which_come_before_the_rest(void **state)
{
    static const char *const canaries[] = {"0", "1", "2"};
    size_t i;

    (void)state;
    SERVE(NULL);
    for (i = 0; i < 3; i++) {
        struct process *tool = tool_start(
            service, LIST(TWO, WITH, QUICKLY, "--canary", canaries[i]), &at_terminal);
        int is_said;

        assert_true(process_await_screen(tool, "Type their number to go on: ", TOOL_LIMIT_MS));
        is_said = strstr(process_screen(tool), "the first 1 of the list before the rest") != NULL;
        assert_int_equal(is_said, i == 1);
        assert_int_equal(strstr(process_screen(tool), "of the list before") != NULL, i == 1);
        process_type(tool, "no\n");
        assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 3);
        process_free(tool);
    }
}

static void on_a_terminal_the_stop_is_asked_for(void **state)
{
    struct process *tool;

    (void)state;
    SERVE(NULL);
    tool = tool_start(service, LIST(TWO, BY, QUICKLY), &at_terminal);
    assert_true(process_await_screen(tool, "Type \"stop\" to have that done: ", TOOL_LIMIT_MS));
    assert_non_null(strstr(process_screen(tool), "2 of them run, and have to be stopped first"));
    process_type(tool, "stop\n");
    assert_true(process_await_screen(tool, "Type their number to go on: ", TOOL_LIMIT_MS));
    assert_int_equal(events(IS_STOPPED, ""), 0);
    process_type(tool, "2\n");
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 0);
    assert_int_equal(events(IS_REPLACED, ""), 2);
    process_free(tool);
}

static void without_that_word_nothing_is_begun(void **state)
{
    struct process *tool;

    (void)state;
    SERVE(NULL);
    tool = tool_start(service, LIST(TWO, BY, QUICKLY), &at_terminal);
    assert_true(process_await_screen(tool, "Type \"stop\" to have that done: ", TOOL_LIMIT_MS));
    process_type(tool, "2\n");
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 3);
    assert_int_equal(events(IS_STOPPED, ""), 0);
    assert_int_equal(events(IS_REQUEST, IS_REPLACE), 0);
    process_free(tool);
}

/* As a record of one alone says it. */
static void assert_may_be_stopped_when_gone_on_with(const char *stop)
{
    struct process *tool;

    SERVE("--delay-ms", "2000", "--rule", "StopInstance#1=drop");
    tool = tool_start(service, LIST(TWO, BY, stop, QUICKLY, COUNT("2"), "--no-dry-run-check"),
                      NULL);
    assert_true(endpoint_journal_await(service, "\"action\":\"StopInstance\"", 1, TOOL_LIMIT_MS));
    process_signal(tool, SIGKILL);
    (void)process_wait(tool, TOOL_LIMIT_MS);
    process_free(tool);
    assert_ends(service, 2, LIST(TWO, BY, QUICKLY, COUNT("2"), "--no-dry-run-check"));
    assert_true(printed("done " A "\n"));
    assert_true(printed("not_sent " B "\n")); /* which is new, and runs */
    assert_int_equal(events(IS_REPLACED, A), 1);
}

static void what_was_to_be_stopped_then_may_be_when_it_is_gone_on_with(void **state)
{
    (void)state;
    assert_may_be_stopped_when_gone_on_with("--stop");
}

static void so_may_what_was_to_be_stopped_by_force(void **state)
{
    (void)state;
    assert_may_be_stopped_when_gone_on_with("--force-stop");
}

/* As much as before one alone. */
static void what_is_found_is_shown_before_it_is_confirmed(void **state)
{
    static const char *const shown[] = {
        STOPPED_INSTANCE ", \"demo-stopped\", project default",
        "STOPPED (KeepCharging), address 203.0.113.7 (public), 192.168.0.",
        "deletion protection is off, expires 20",
        "now image image-debian12: Debian 12 64bit",
        "system volume vol-demo0stopped0000001-0000, 40 GiB, ESSD_PL0; last snapshot snap-",
        A ", \"fleet-00000\"",
        "last snapshot none: nothing to go back to",
        "region " ENDPOINT_REGION ", with the key id ...test",
        "System to come  image " IMAGE ": Debian 12 64bit",
        "Credential      the key pair \"" KEY_PAIR "\"",
        "its host keys, and the agents",
        "Not verified: what becomes of data volumes",
        "Not checked: the key pair (DescribeKeyPairs)",
    };
    struct process *tool;
    size_t i;

    (void)state;
    SERVE("--deny", "DescribeKeyPairs");
    tool = tool_start(service, LIST(ID(STOPPED_INSTANCE), ID(A), WITH, QUICKLY), &at_terminal);
    assert_true(process_await_screen(tool, "Type their number to go on: ", TOOL_LIMIT_MS));
    for (i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        if (strstr(process_screen(tool), shown[i]) == NULL) {
            fail_msg("\"%s\" is not in: %s", shown[i], process_screen(tool));
        }
    }
    assert_int_equal(events(IS_REQUEST, "\"action\":\"DescribeImages\""), 2); /* checked, shown */
    process_type(tool, "no\n");
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 3);
    process_free(tool);
}

static void ctrl_c_while_it_is_found_begins_nothing(void **state)
{
    struct process *tool;

    (void)state;
    SERVE("--rule", "DescribeVolumes=delay-ms:60000");
    tool = tool_start(service, LIST(TWO, WITH, QUICKLY), &at_terminal);
    assert_true(process_await_screen(tool, "asking about each", TOOL_LIMIT_MS));
    process_signal(tool, SIGINT);
    assert_int_equal(process_wait(tool, 30000), 3);
    assert_int_equal(events(IS_REQUEST, IS_REPLACE), 0);
    process_free(tool);
}

static void another_number_begins_nothing(void **state)
{
    struct process *tool;

    (void)state;
    SERVE(NULL);
    tool = tool_start(service, LIST(TWO, WITH, QUICKLY), &at_terminal);
    assert_true(process_await_screen(tool, "Type their number to go on: ", TOOL_LIMIT_MS));
    process_type(tool, "3\n");
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 3);
    assert_int_equal(events(IS_STOPPED, ""), 0);
    process_free(tool);
}

/* --- the command line --------------------------------------------------------------------------
 */

static void assert_usage(const char *text, const char *const *arguments)
{
    assert_ends(service, 2, arguments);
    assert_said(text);
    assert_int_equal(events(IS_REQUEST, ""), 0);
}

static void an_instance_given_twice_is_an_error(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_usage("the instance " A " is given twice", LIST(TWO, ID(A), WITH, COUNT("3")));
    assert_usage("the instance " B " is given twice",
                 LIST(TWO, "--instances-file", make_file(service, "list", C "\n" B "\n", 0600),
                      WITH, COUNT("4")));
}

static void yes_needs_the_number_of_instances(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_usage("--expect-count", LIST(TWO, WITH, "--yes"));
    assert_usage("--expect-count says 3, but 2 are named", LIST(TWO, WITH, COUNT("3")));
}

static void options_that_mean_one_instance_are_an_error(void **state)
{
    static const char *const options[][2] = {
        {"--client-token", "token-1"}, {"--expect-name", "web"}, {"--state-file", "/tmp/x"},
        {"--call-only", NULL},         {"--no-wait", NULL},      {"--resume", NULL},
        {"--send-again", NULL}};
    size_t i;

    (void)state;
    SERVE(NULL);
    for (i = 0; i < sizeof options / sizeof options[0]; i++) {
        assert_usage(options[i][0], LIST(TWO, BY, COUNT("2"), options[i][0], options[i][1]));
        assert_said("means one instance");
    }
}

static void options_for_several_mean_nothing_with_one(void **state)
{
    static const char *const options[] = {"--parallel",       "--canary", "--max-failures",
                                          "--requests-per-s", "--burst",  "--expect-count"};
    size_t i;

    (void)state;
    SERVE(NULL);
    for (i = 0; i < sizeof options / sizeof options[0]; i++) {
        assert_usage(options[i], LIST(ID(A), WITH, "--yes", options[i], "1"));
        assert_said("has no meaning with one instance");
    }
}

static void a_list_that_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_usage("/nowhere", LIST("--instances-file", "/nowhere", WITH, COUNT("1")));
    assert_usage(
        "names no instance",
        LIST("--instances-file", make_file(service, "list", "# none\n", 0600), WITH, COUNT("1")));
    assert_usage("line 2: one id a line",
                 LIST("--instances-file", make_file(service, "list", A "\n" B " " C "\n", 0600),
                      WITH, COUNT("2")));
}

static void each_id_is_checked_before_anything_is_asked(void **state)
{
    (void)state;
    SERVE(NULL);
    assert_usage("InstanceId", LIST(ID(A), ID("i-\xC3\xA4"), WITH, COUNT("2")));
}

static int teardown(void **state)
{
    (void)state;
    tool_forget();
    endpoint_stop(service);
    service = NULL;
    return 0;
}

#define TEST(function) cmocka_unit_test_teardown(function, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_are_replaced_each_once),
        TEST(they_can_be_listed_in_a_file),
        TEST(json_is_an_object_a_line),
        TEST(all_are_checked_before_the_first_is_stopped),
        TEST(a_finding_in_one_keeps_all_from_being_checked),
        TEST(a_refused_check_keeps_all_from_being_stopped),
        TEST(image_and_key_pair_are_checked_before_the_first_is_stopped),
        TEST(they_are_looked_at_once),
        TEST(what_could_not_be_checked_is_said),
        TEST(a_dry_run_of_what_runs_says_what_it_could_not_check),
        TEST(what_runs_is_not_stopped_without_stop),
        TEST(each_is_stopped_only_when_its_own_turn_comes),
        TEST(no_more_at_a_time_than_parallel),
        TEST(one_question_serves_all_that_wait),
        TEST(the_canary_is_done_before_the_rest),
        TEST(there_may_be_more_canaries),
        TEST(after_a_failed_canary_the_rest_is_not_begun),
        TEST(with_as_many_failures_as_allowed_that_is_said),
        TEST(after_a_failure_no_new_one_is_begun_and_those_begun_are_finished),
        TEST(more_failures_may_be_allowed),
        TEST(after_a_refusal_for_lack_of_permission_no_new_one_is_begun),
        TEST(nor_is_one_checked),
        TEST(all_together_keep_to_the_rate),
        TEST(all_slow_down_when_one_is_throttled),
        TEST(ctrl_c_once_begins_no_new_one_and_finishes_those_begun),
        TEST(ctrl_c_twice_cancels),
        TEST(ctrl_c_during_the_checks_ends_them),
        TEST(the_same_command_again_resumes_what_is_unfinished),
        TEST(one_of_them_can_be_gone_on_with_alone),
        TEST(the_record_of_what_was_stopped_stays_with_whoever_cannot_go_on),
        TEST(it_skips_what_is_done),
        TEST(once_all_are_done_it_begins_anew),
        TEST(another_command_does_not_come_between_what_is_unfinished),
        TEST(two_runs_do_not_work_on_the_same_instance),
        TEST(what_is_known_of_earlier_runs_can_be_forgotten),
        TEST(json_says_that_they_were_forgotten),
        TEST(a_dry_run_checks_all_and_changes_nothing),
        TEST(the_checks_can_do_without_dry_run),
        TEST(of_one_that_is_unfinished_it_is_said_how_to_go_on),
        TEST(json_has_the_record_and_how_to_go_on),
        TEST(without_records_it_is_said_what_never_to_give_again),
        TEST(without_records_it_is_said_what_may_be_given_again),
        TEST(what_keeps_the_rest_from_being_begun_is_named),
        TEST(what_is_to_be_mended_comes_before_the_same_command),
        TEST(nothing_that_could_replace_a_volume_is_sent_before_it_is_confirmed),
        TEST(a_service_that_ignores_dry_run_gets_one_volume_and_no_more),
        TEST(the_same_command_again_does_not_replace_that_one_again),
        TEST(without_a_record_of_a_dry_run_none_is_sent),
        TEST(while_the_answer_to_a_check_is_lost_no_other_is_sent),
        TEST(nor_is_another_checked_once_the_replacement_is_seen),
        TEST(nor_is_one_that_had_begun_and_was_not_sent_yet),
        TEST(one_that_had_begun_waits_while_the_answer_to_another_is_lost),
        TEST(a_check_whose_answer_stays_lost_is_the_last),
        TEST(one_that_was_cut_short_in_an_ignored_check_is_not_replaced_again),
        TEST(one_that_was_cut_short_in_its_check_has_the_canary_before_it),
        TEST(a_dry_run_that_is_ignored_is_the_last),
        TEST(a_check_leaves_what_is_known_of_another_replacement),
        TEST(ctrl_c_lets_a_check_finish),
        TEST(on_a_terminal_their_number_is_to_be_typed),
        TEST(there_it_is_said_which_come_before_the_rest),
        TEST(on_a_terminal_the_stop_is_asked_for),
        TEST(without_that_word_nothing_is_begun),
        TEST(what_was_to_be_stopped_then_may_be_when_it_is_gone_on_with),
        TEST(so_may_what_was_to_be_stopped_by_force),
        TEST(what_is_found_is_shown_before_it_is_confirmed),
        TEST(ctrl_c_while_it_is_found_begins_nothing),
        TEST(another_number_begins_nothing),
        TEST(an_instance_given_twice_is_an_error),
        TEST(yes_needs_the_number_of_instances),
        TEST(options_that_mean_one_instance_are_an_error),
        TEST(options_for_several_mean_nothing_with_one),
        TEST(a_list_that_cannot_be_read_is_an_error),
        TEST(each_id_is_checked_before_anything_is_asked),
    };

    return cmocka_run_group_tests_name("fleet", tests, NULL, NULL);
}
