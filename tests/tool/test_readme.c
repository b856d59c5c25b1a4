/*
 * README.md's tables of outcomes and of what --resume finds: each row is a run of the tool that
 * ends so, and says what the row says; each outcome and exit status of the tool has a row.
 */
#define _POSIX_C_SOURCE 200809L
#include "../support/readme.h"
#include "../support/tool.h"

#include "../../examples/tool/report.h"
#include "../support/customer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define OUTCOMES "## Outcomes, and what to do"
#define FOUND    "| what you find |"

#define OF(id)    "--instance-id", id, "--image-id", IMAGE, "--key-pair-name", KEY_PAIR, "--yes"
#define RUNNING   OF(RUNNING_INSTANCE)
#define ERRONEOUS OF("i-ends0error000000001")
#define QUICKLY   "--delay-ms", "300"

/* Seconds in which it gets as far as to a few looks. */
#define SOON (is_under_valgrind() ? "40" : "6")

static struct endpoint *service;
static struct readme_table table;

static int clean_up(void **state)
{
    (void)state;
    tool_forget();
    endpoint_stop(service);
    service = NULL;
    return 0;
}

static void serve_anew(const char *const *arguments)
{
    (void)clean_up(NULL);
    service = endpoint_start(arguments);
}

/* --- outcomes ----------------------------------------------------------------------------------
 */

struct run {
    const char *outcome; /* in README.md, and with _ for a space in JSON */
    int exit_status;
    const char *words[4]; /* stand in the row, and the tool says them */
    const char *serve[5];
    const char *arguments[16];
};

static const struct run runs[] = {
    {"done", 0, {"RUNNING", "host key"}, {QUICKLY}, {REPLACE, "--json"}},
    {"accepted",
     0,
     {"--resume", "the service", "REBUILDING"},
     {QUICKLY},
     {REPLACE, "--no-wait", "--json"}},
    {"checked", 0, {"nothing was changed"}, {QUICKLY}, {REPLACE, "--dry-run", "--json"}},
    {"refused",
     1,
     {"changed", "on the disk"},
     {QUICKLY, "--rule", "ReplaceSystemVolume#2=error:InvalidImage.NotFound"},
     {REPLACE, "--json"}},
    {"not sent", 2, {"--stop"}, {QUICKLY}, {RUNNING, "--json"}},
    {"unchanged",
     0,
     {"already"},
     {QUICKLY},
     {RUNNING, "--if-image-differs", "--token-seed", "x", "--no-state", "--json"}},
    {"not sent",
     3,
     {"sent"},
     {"--refuse-connections", "999"},
     {REPLACE, "--timeout-s", "2", "--json"}},
    {"unknown",
     4,
     {"replaced", "--resume", "audit log", "host key"},
     {QUICKLY, "--rule", "ReplaceSystemVolume#2-99=drop"},
     {REPLACE, "--json"}},
    {"unfinished",
     5,
     {"accepted, but not seen to be over", "--resume"},
     {"--delay-ms", "60000"},
     {REPLACE, "--json"}},
    {"ended badly", 6, {"ERROR"}, {QUICKLY}, {ERRONEOUS, "--json"}},
};

#define RUNS (sizeof runs / sizeof runs[0])

static const char *in_json(const char *outcome)
{
    static char name[32];
    char *at;

    snprintf(name, sizeof name, "\"%s\"", outcome);
    for (at = strchr(name, ' '); at != NULL; at = strchr(at, ' ')) {
        *at = '_';
    }
    return name;
}

static int row_of(const struct run *run)
{
    int row;

    for (row = 0; row < table.rows; row++) {
        if (strcmp(table.cell[row][0], run->outcome) == 0 &&
            atoi(table.cell[row][1]) == run->exit_status) {
            return row;
        }
    }
    fail_msg("README.md has no row for \"%s\", %d", run->outcome, run->exit_status);
    return 0;
}

static void each_row_is_a_run_that_ends_so_and_says_so(void **state)
{
    char told[2 * README_CELL];
    size_t i, word;

    (void)state;
    readme_table_behind(OUTCOMES, &table);
    for (i = 0; i < RUNS; i++) {
        const struct run *run = &runs[i];
        const char *arguments[18] = {NULL};
        int row = row_of(run);

        memcpy(arguments, run->arguments, sizeof run->arguments);
        if (run->exit_status == EXIT_UNKNOWN || run->exit_status == EXIT_UNFINISHED) {
            for (word = 0; arguments[word] != NULL; word++) {
            }
            arguments[word] = "--wait-s";
            arguments[word + 1] = SOON;
        }
        serve_anew(run->serve[0] != NULL ? run->serve : NULL);
        assert_ends(service, run->exit_status, arguments);
        if (!json_says("outcome", in_json(run->outcome))) {
            fail_msg("not %s: %s", run->outcome, tool_output());
        }
        snprintf(told, sizeof told, "%s %s", table.cell[row][2], table.cell[row][3]);
        for (word = 0; word < 4 && run->words[word] != NULL; word++) {
            assert_said(run->words[word]);
            if (strstr(told, run->words[word]) == NULL) {
                fail_msg("\"%s\" is not in the row of %s", run->words[word], run->outcome);
            }
        }
    }
    assert_int_equal(table.rows, RUNS); /* and none without a run */
}

static int has_outcome(const char *name)
{
    int row;

    for (row = 0; row < table.rows; row++) {
        const char *quoted = in_json(table.cell[row][0]);

        if (strncmp(quoted + 1, name, strlen(name)) == 0 && quoted[1 + strlen(name)] == '"') {
            return 1;
        }
    }
    return 0;
}

static void expect_outcome(const char *name)
{
    char quoted[40];

    if (!has_outcome(name)) {
        fail_msg("README.md has no row for the outcome %s", name);
    }
    snprintf(quoted, sizeof quoted, "`%s`", name);
    assert_non_null(strstr(readme_text(), quoted)); /* in the list of JSON's names */
}

static void each_outcome_of_the_library_has_a_row(void **state)
{
    struct report report;
    rv_job_report job;
    int outcome;

    (void)state;
    readme_table_behind(OUTCOMES, &table);
    report_init(&report);
    for (outcome = RV_NOT_SENT; outcome <= RV_UNKNOWN; outcome++) {
        report.result.outcome = (rv_outcome)outcome;
        expect_outcome(report_outcome_name(&report));
    }
    memset(&job, 0, sizeof job);
    report.job = &job;
    report.exit_status = EXIT_UNKNOWN; /* which gives none of them another name */
    for (outcome = RV_JOB_NOT_SENT; outcome <= RV_JOB_UNKNOWN; outcome++) {
        job.outcome = (rv_job_outcome)outcome;
        expect_outcome(report_outcome_name(&report));
    }
}

static void each_exit_status_has_a_row(void **state)
{
    int status, row;

    (void)state;
    readme_table_behind(OUTCOMES, &table);
    for (status = EXIT_DONE; status <= EXIT_ENDED_BADLY; status++) {
        for (row = 0; row < table.rows && atoi(table.cell[row][1]) != status; row++) {
        }
        assert_in_range(row, 0, table.rows - 1);
    }
}

/* --- what --resume finds -----------------------------------------------------------------------
 */

#define BY_PASSWORD(file)                                                                     \
    "--instance-id", STOPPED_INSTANCE, "--image-id", IMAGE, "--password-file", file, "--yes", \
        "--no-dry-run-check"
#define OTHER_KEY "AKLTother=b3RoZXI="
#define BOTH_KEYS \
    "--access-key-id", ENDPOINT_ACCESS_KEY_ID "=" ENDPOINT_SECRET_KEY, "--access-key-id", OTHER_KEY
#define UNANSWERED "ReplaceSystemVolume#1=status:503;retry-after:30"

/* The exit statuses of the row that is tried; those that were seen are blanked out. */
static char wanted_statuses[README_CELL];

static void is_so(int ended, int status)
{
    char *at = strchr(wanted_statuses, '0' + status);

    if (ended != status) {
        fail_msg("%d instead of %d: %s", ended, status, tool_errors());
    }
    if (strcmp(wanted_statuses, "as a new job") != 0) {
        if (at == NULL) {
            fail_msg("%d is none that the row names", status);
        }
        *at = ' ';
    }
}

static void ends(int status, const char *const *arguments)
{
    is_so(tool_run(service, arguments, NULL), status);
}

static void ends_with_other_key(int status, const char *const *arguments)
{
    static const char *const environment[] = {"VOLCENGINE_ACCESS_KEY=AKLTother",
                                              "VOLCENGINE_SECRET_KEY=b3RoZXI=", TOOL_REGION, NULL};
    struct spawn_setup setup = {0};

    setup.environment = environment;
    is_so(tool_run(service, arguments, &setup), status);
}

static int requests(void)
{
    return endpoint_journal_count(service, "\"event\":\"request\"");
}

static int sendings(void)
{
    return endpoint_journal_count(service, "\"action\":\"ReplaceSystemVolume\"");
}

/* A job whose process is gone as soon as it has said this. */
static void cut_short(const char *const *arguments, const char *text)
{
    tool_kill(tool_start_and_await(service, arguments, text));
}

static void leave_accepted(const char *delay_ms)
{
    serve_anew(LIST("--delay-ms", delay_ms, BOTH_KEYS));
    cut_short(LIST(REPLACE), "watching: REBUILDING");
}

/* Sent, neither answered nor executed; gives the file of the password. */
static const char *leave_unanswered(void)
{
    const char *file;

    serve_anew(LIST(QUICKLY, BOTH_KEYS, "--rule", UNANSWERED));
    file = make_file(service, "password", "Very-Secret-1\n", 0600);
    cut_short(LIST(BY_PASSWORD(file)), "watching: STOPPED");
    return file;
}

/* The same service half an hour later. */
static void time_goes_by(void)
{
    char folder[64], command[300], port[12];
    struct endpoint *later;

    snprintf(port, sizeof port, "%u", (unsigned)endpoint_port(service));
    snprintf(folder, sizeof folder, "/tmp/test-readme-%ld", (long)getpid());
    snprintf(command, sizeof command, "cp -r %s/replace-volume %s", endpoint_folder(service),
             folder);
    assert_int_equal(system(command), 0);
    endpoint_stop(service);
    later = endpoint_start(LIST(QUICKLY, "--port", port, "--clock-offset-s", "2000"));
    snprintf(command, sizeof command, "mv %s %s/replace-volume", folder, endpoint_folder(later));
    assert_int_equal(system(command), 0);
    service = later;
}

static void a_record_of_before(void)
{
    int before;

    leave_accepted("60000");
    before = requests();
    ends(2, LIST(REPLACE));
    assert_said(" --resume\n");
    assert_said(" --forget\n");
    assert_int_equal(requests(), before);
}

static void another_run_is_at_work(void)
{
    struct process *first;

    serve_anew(LIST("--tls-stall", "99"));
    first = tool_start_and_await(service, LIST(REPLACE, "--verbose"), "connecting to");
    ends(2, LIST(REPLACE));
    assert_int_equal(requests(), 0);
    tool_kill(first);
}

static void a_damaged_record(void)
{
    char path[300];
    FILE *file;
    int before;

    leave_accepted("60000");
    before = requests();
    snprintf(path, sizeof path, "%s/replace-volume/%s.%s.%s.record", endpoint_folder(service),
             ENDPOINT_ACCESS_KEY_ID, ENDPOINT_REGION, STOPPED_INSTANCE);
    file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 60, SEEK_SET), 0);
    fputc('#', file);
    fclose(file);
    ends(2, LIST(REPLACE));
    assert_said(path);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(requests(), before);
}

static void no_folder(void)
{
    serve_anew(NULL);
    ends(2, LIST(REPLACE, "--state-dir", "/dev/null/nowhere"));
    assert_said("--no-state");
    assert_int_equal(requests(), 0);
}

static void resumed_with_signs(void)
{
    leave_accepted("6000");
    ends(0, LIST("--resume"));
    leave_accepted("60000");
    ends(5, LIST("--resume", "--wait-s", SOON));
    serve_anew(LIST("--delay-ms", "6000"));
    cut_short(LIST(ERRONEOUS), "watching: REBUILDING");
    ends(6, LIST("--resume"));
    assert_int_equal(sendings(), 2); /* DryRun, and one */
}

static void resumed_without_signs(void)
{
    const char *file = leave_unanswered();

    ends(4, LIST("--resume"));
    assert_said("--password-file");
    ends(0, LIST("--resume", "--password-file", file));
    assert_int_equal(sendings(), 2);
    serve_anew(
        LIST("--delay-ms", "2000", "--rule", "ReplaceSystemVolume#1=error:InvalidImage.NotFound"));
    cut_short(LIST(RUNNING, "--stop", "--no-dry-run-check"), "stopping: STOPPING");
    ends(1, LIST("--resume"));
}

/* Killed while it stops the instance. */
static const char *leave_stopping(void)
{
    const char *file;

    serve_anew(LIST("--delay-ms", "6000", "--access-key-id",
                    "AKLTtest=dGVzdC1zZWNyZXQtb25seQ==", "--access-key-id", "AKLTother=b3RoZXI="));
    file = make_file(service, "password", "Very-Secret-1\n", 0600);
    cut_short(LIST("--instance-id", RUNNING_INSTANCE, "--image-id", IMAGE, "--password-file", file,
                   "--yes", "--stop"),
              "stopping: STOPPING");
    return file;
}

static void resumed_without_the_password(void)
{
    int before;

    (void)leave_stopping();
    before = requests();
    ends(2, LIST("--resume"));
    assert_said("--password-file");
    assert_int_equal(requests(), before);
}

static void resumed_later(void)
{
    (void)leave_unanswered();
    time_goes_by();
    ends(4, LIST("--resume"));
    assert_said("signs of the replacement: ");
    assert_said("may begin until");
    assert_said(" --resume --send-again\n");
    assert_int_equal(sendings(), 0);
}

static void sent_again(void)
{
    const char *file;

    (void)leave_unanswered();
    time_goes_by();
    file = make_file(service, "password", "Very-Secret-1\n", 0600);
    ends(0, LIST("--resume", "--send-again", "--yes", "--password-file", file));
    assert_said("signs of the replacement: ");
    assert_int_equal(sendings(), 1);
}

static void resumed_with_another_key(void)
{
    leave_accepted("6000");
    ends_with_other_key(0, LIST("--resume"));
    leave_accepted("60000");
    ends_with_other_key(5, LIST("--resume", "--wait-s", SOON));
    (void)leave_unanswered();
    ends_with_other_key(4, LIST("--resume", "--wait-s", SOON));
    assert_int_equal(sendings(), 1);
    ends_with_other_key(3, LIST("--resume", "--password-file", leave_stopping()));
}

static void resumed_with_other_parameters(void)
{
    leave_accepted("60000");
    ends(2, LIST("--resume", "--image-id", "image-other"));
    assert_said("--image-id is \"image-other\"");
}

static void each_row_of_what_is_found_is_so(void **state)
{
    static const struct {
        const char *found;
        void (*run)(void);
    } rows[] = {
        {"a record of before", a_record_of_before},
        {"a record, and another run is at work on it", another_run_is_at_work},
        {"a damaged, foreign or newer record", a_damaged_record},
        {"no folder that can be written", no_folder},
        {"`--resume`, and there are signs of the replacement", resumed_with_signs},
        {"`--resume`, no sign, within 15 minutes", resumed_without_signs},
        {"`--resume` of what was not sent yet, without its password", resumed_without_the_password},
        {"`--resume`, no sign, later", resumed_later},
        {"`--resume --send-again`, likewise", sent_again},
        {"`--resume` with another access key", resumed_with_another_key},
        {"`--resume` with other parameters", resumed_with_other_parameters},
    };
    int count = (int)(sizeof rows / sizeof rows[0]);
    int i;

    (void)state;
    readme_table_behind(FOUND, &table);
    for (i = 0; i < table.rows && i < count; i++) {
        assert_string_equal(table.cell[i][0], rows[i].found);
        memcpy(wanted_statuses, table.cell[i][1], sizeof wanted_statuses);
        rows[i].run();
        if (strpbrk(wanted_statuses, "0123456789") != NULL) {
            fail_msg("\"%s\" can end with %s, but no run did", rows[i].found, wanted_statuses);
        }
    }
    assert_int_equal(table.rows, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(each_row_is_a_run_that_ends_so_and_says_so, clean_up),
        cmocka_unit_test(each_outcome_of_the_library_has_a_row),
        cmocka_unit_test(each_exit_status_has_a_row),
        cmocka_unit_test_teardown(each_row_of_what_is_found_is_so, clean_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
