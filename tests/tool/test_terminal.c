/*
 * The tool with a person at a terminal: what it shows, what it asks, and what it does not show.
 */
#include "../support/tool.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TARGET   "--instance-id", STOPPED_INSTANCE, "--image-id", IMAGE, "--call-only"
#define PASSWORD "Very-Secret-1"
#define REPLACED "\"event\":\"replaced\""
#define REQUEST  "\"event\":\"request\""
#define CONFIRM  "Type the instance id to go on: "
#define FIRST    "Password of the new system: "
#define SECOND   "The same again: "
#define COLOUR   "\033["

static struct endpoint *service;

static struct process *start_at_terminal(const char *const *arguments)
{
    struct spawn_setup setup = {0};

    setup.terminal = 1;
    setup.errors = SPAWN_TERMINAL;
    return tool_start(service, arguments, &setup);
}

static void type_at(struct process *tool, const char *prompt, const char *text)
{
    if (!process_await_screen(tool, prompt, TOOL_LIMIT_MS)) {
        fail_msg("\"%s\" is not on the screen: %s", prompt, process_screen(tool));
    }
    process_type(tool, text);
}

static void expect_ends(struct process *tool, int status, const char *text)
{
    int ended = process_wait(tool, TOOL_LIMIT_MS);

    if (ended != status || strstr(process_screen(tool), text) == NULL) {
        fail_msg("%d, without \"%s\": %s", ended, text, process_screen(tool));
    }
    process_free(tool);
}

static void what_will_be_lost_is_said_and_the_id_wanted(void **state)
{
    struct process *tool = start_at_terminal(LIST(TARGET, "--key-pair-name", KEY_PAIR));

    (void)state;
    assert_true(process_await_screen(tool, CONFIRM, TOOL_LIMIT_MS));
    assert_non_null(strstr(process_screen(tool), "instance " STOPPED_INSTANCE));
    assert_non_null(strstr(process_screen(tool), "image " IMAGE));
    assert_non_null(strstr(process_screen(tool), "lost for good"));
    assert_int_equal(endpoint_journal_count(service, "\"event\""), 0);
    process_type(tool, STOPPED_INSTANCE "\n");
    expect_ends(tool, 0, "accepted");
    assert_int_equal(endpoint_journal_count(service, REPLACED), 1);
}

static void what_will_be_lost_is_said_with_quiet_too(void **state)
{
    struct process *tool = start_at_terminal(LIST(TARGET, "--key-pair-name", KEY_PAIR, "--quiet"));

    (void)state;
    type_at(tool, CONFIRM, "no\n");
    expect_ends(tool, 3, "lost for good");
}

static void anything_else_than_the_id_sends_nothing(void **state)
{
    static const char *const answers[] = {"yes\n", "\n", STOPPED_INSTANCE "x\n",
                                          "i-demo0stopped000000\n", "\004"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct process *tool = start_at_terminal(LIST(TARGET, "--key-pair-name", KEY_PAIR));

        type_at(tool, CONFIRM, answers[i]);
        expect_ends(tool, 3, "not confirmed");
    }
    assert_int_equal(endpoint_journal_count(service, "\"event\""), 0);
}

static void ctrl_c_at_the_question_sends_nothing(void **state)
{
    struct process *tool = start_at_terminal(LIST(TARGET, "--key-pair-name", KEY_PAIR));

    (void)state;
    type_at(tool, CONFIRM, STOPPED_INSTANCE "\003");
    expect_ends(tool, 3, "interrupted");
    assert_int_equal(endpoint_journal_count(service, "\"event\""), 0);
}

static void yes_and_a_dry_run_ask_nothing(void **state)
{
    struct process *tool = start_at_terminal(
        LIST(TARGET, "--key-pair-name", KEY_PAIR, "--dry-run"));

    (void)state;
    expect_ends(tool, 0, "checked");
    tool = start_at_terminal(LIST(TARGET, "--key-pair-name", KEY_PAIR, "--yes"));
    expect_ends(tool, 0, "accepted");
}

static void a_dry_run_does_not_ask_for_a_password_either(void **state)
{
    (void)state;
    expect_ends(start_at_terminal(LIST(TARGET, "--dry-run")), 2, "--dry-run asks nothing");
}

static void the_password_is_asked_twice_and_not_shown(void **state)
{
    struct process *tool = start_at_terminal(LIST(TARGET));

    (void)state;
    assert_true(process_await_screen(tool, FIRST, TOOL_LIMIT_MS));
    assert_false(process_echoes(tool));
    process_type(tool, PASSWORD "\n");
    type_at(tool, SECOND, PASSWORD "\n");
    assert_true(process_await_screen(tool, CONFIRM, TOOL_LIMIT_MS));
    assert_true(process_echoes(tool));
    process_type(tool, STOPPED_INSTANCE "\n");
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 0);
    assert_null(strstr(process_screen(tool), PASSWORD));
    process_free(tool);
    assert_int_equal(endpoint_journal_count(service, "\"password_set\":true"), 2);
}

static void two_passwords_that_differ_are_refused(void **state)
{
    struct process *tool = start_at_terminal(LIST(TARGET));

    (void)state;
    type_at(tool, FIRST, PASSWORD "\n");
    type_at(tool, SECOND, PASSWORD "x\n");
    expect_ends(tool, 2, "differ");
}

static void a_typed_password_keeps_the_rules(void **state)
{
    struct process *tool = start_at_terminal(LIST(TARGET));

    (void)state;
    type_at(tool, FIRST, "short\n");
    type_at(tool, SECOND, "short\n");
    expect_ends(tool, 2, "what was typed (Password)");
}

static void the_terminal_shows_again_after_an_interruption(void **state)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    size_t i;

    (void)state;
    for (i = 0; i < 3; i++) {
        struct process *tool = start_at_terminal(LIST(TARGET));

        assert_true(process_await_screen(tool, FIRST, TOOL_LIMIT_MS));
        assert_false(process_echoes(tool));
        process_signal(tool, numbers[i]);
        assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 3);
        assert_true(process_echoes(tool));
        process_free(tool);
    }
}

static void bad_input_is_found_before_the_password_is_asked(void **state)
{
    struct process *tool = start_at_terminal(LIST("--instance-id", "i x", "--image-id", IMAGE));

    (void)state;
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 2);
    assert_null(strstr(process_screen(tool), FIRST));
    process_free(tool);
}

static void standard_input_can_give_the_password_at_a_terminal(void **state)
{
    struct spawn_setup setup = {0};
    struct process *tool;

    (void)state;
    setup.terminal = 1;
    setup.errors = SPAWN_TERMINAL;
    setup.input = PASSWORD "\n";
    tool = tool_start(service, LIST(TARGET, "--password-file", "-"), &setup);
    type_at(tool, CONFIRM, STOPPED_INSTANCE "\n");
    expect_ends(tool, 0, "accepted");
}

static void a_terminal_is_no_password_file(void **state)
{
    struct spawn_setup setup = {0};

    (void)state;
    setup.terminal = 1;
    setup.errors = SPAWN_TERMINAL;
    setup.input_is_terminal = 1;
    expect_ends(tool_start(service, LIST(TARGET, "--yes", "--password-file", "-"), &setup), 2,
                "would show the password");
}

static void nobody_is_asked_where_standard_error_is_no_terminal(void **state)
{
    struct spawn_setup setup = {0};

    (void)state;
    setup.terminal = 1;
    assert_int_equal(tool_run(service, LIST(TARGET, "--key-pair-name", KEY_PAIR), &setup), 2);
    assert_true(said("--yes is needed"));
}

static void colour_is_for_terminals_without_no_color(void **state)
{
    static const char *const plain[] = {TOOL_ACCESS_KEY, TOOL_SECRET_KEY, TOOL_REGION,
                                        "TERM=xterm",    "NO_COLOR=1",    NULL};
    static const char *const coloured[] = {TOOL_ACCESS_KEY, TOOL_SECRET_KEY, TOOL_REGION,
                                           "TERM=xterm", NULL};
    struct spawn_setup setup = {0};
    struct process *tool;

    (void)state;
    setup.environment = coloured;
    assert_int_equal(tool_run(NULL, LIST("--bad"), &setup), 2);
    assert_false(said(COLOUR));
    setup.terminal = 1;
    setup.errors = SPAWN_TERMINAL;
    expect_ends(tool_start(NULL, LIST("--bad"), &setup), 2, COLOUR);
    setup.environment = plain;
    tool = tool_start(NULL, LIST("--bad"), &setup);
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 2);
    assert_null(strstr(process_screen(tool), COLOUR));
    process_free(tool);
}

/* --- the whole job -----------------------------------------------------------------------------
 */

#define WHOLE(instance) "--instance-id", instance, "--image-id", IMAGE, "--key-pair-name", KEY_PAIR
#define STOP            "Type \"stop\" to have it stopped: "
#define STOPPED_EVENT   "\"event\":\"stopped\""

static void what_was_found_is_shown_before_the_id_is_wanted(void **state)
{
    static const char *const shown[] = {
        STOPPED_INSTANCE, ENDPOINT_REGION, "...test",       "STOPPED",   IMAGE,
        "vol-",           KEY_PAIR,        "lost for good", "host keys", "Not verified"};
    struct process *tool = start_at_terminal(LIST(WHOLE(STOPPED_INSTANCE)));
    size_t i;

    (void)state;
    assert_true(process_await_screen(tool, CONFIRM, TOOL_LIMIT_MS));
    for (i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        if (strstr(process_screen(tool), shown[i]) == NULL) {
            fail_msg("\"%s\" is not on the screen: %s", shown[i], process_screen(tool));
        }
    }
    assert_int_equal(endpoint_journal_count(service, "\"action\":\"ReplaceSystemVolume\""), 0);
    process_type(tool, STOPPED_INSTANCE "\n");
    expect_ends(tool, 0, "done: ");
    assert_int_equal(endpoint_journal_count(service, REPLACED), 1);
}

static void a_running_instance_is_stopped_only_if_that_is_typed(void **state)
{
    struct process *tool = start_at_terminal(LIST(WHOLE(RUNNING_INSTANCE)));

    (void)state;
    type_at(tool, STOP, "yes\n");
    expect_ends(tool, 3, "not confirmed");
    tool = start_at_terminal(LIST(WHOLE(RUNNING_INSTANCE)));
    type_at(tool, STOP, "stop\n");
    type_at(tool, CONFIRM, "no\n");
    expect_ends(tool, 3, "not confirmed");
    assert_int_equal(endpoint_journal_count(service, STOPPED_EVENT), 0);
    tool = start_at_terminal(LIST(WHOLE(RUNNING_INSTANCE)));
    type_at(tool, STOP, "stop\n");
    type_at(tool, CONFIRM, RUNNING_INSTANCE "\n");
    expect_ends(tool, 0, "done: ");
    assert_int_equal(endpoint_journal_count(service, STOPPED_EVENT), 1);
}

static void with_stop_the_stop_is_not_asked_for(void **state)
{
    struct process *tool = start_at_terminal(LIST(WHOLE(RUNNING_INSTANCE), "--stop"));

    (void)state;
    assert_true(process_await_screen(tool, CONFIRM, TOOL_LIMIT_MS));
    assert_null(strstr(process_screen(tool), STOP));
    process_type(tool, RUNNING_INSTANCE "\n");
    expect_ends(tool, 0, "done: ");
}

static void with_yes_nothing_is_asked_so_a_running_instance_needs_stop(void **state)
{
    (void)state;
    expect_ends(start_at_terminal(LIST(WHOLE(RUNNING_INSTANCE), "--yes")), 2, "Add --stop");
    assert_int_equal(endpoint_journal_count(service, STOPPED_EVENT), 0);
}

static void what_is_not_there_is_said_before_anything_is_asked(void **state)
{
    struct process *tool = start_at_terminal(
        LIST("--instance-id", "i-nowhere", "--image-id", IMAGE));

    (void)state;
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 2);
    assert_non_null(strstr(process_screen(tool), "--instance-id (InstanceId) "));
    assert_null(strstr(process_screen(tool), FIRST));
    process_free(tool);
}

static void ctrl_c_at_the_question_leaves_no_record(void **state)
{
    struct process *tool = start_at_terminal(LIST(WHOLE(STOPPED_INSTANCE)));

    (void)state;
    type_at(tool, CONFIRM, "\003");
    expect_ends(tool, 3, "interrupted by SIGINT");
    tool = start_at_terminal(LIST(WHOLE(STOPPED_INSTANCE), "--yes"));
    expect_ends(tool, 0, "done: ");
}

static void progress_is_one_line_that_is_rewritten(void **state)
{
    static const char *const smart[] = {TOOL_ACCESS_KEY, TOOL_SECRET_KEY, TOOL_REGION, "TERM=xterm",
                                        NULL};
    static const char *const dumb[] = {TOOL_ACCESS_KEY, TOOL_SECRET_KEY, TOOL_REGION, "TERM=dumb",
                                       NULL};
    struct spawn_setup setup = {0};
    struct process *tool;
    const char *at;

    (void)state;
    setup.terminal = 1;
    setup.errors = SPAWN_TERMINAL;
    setup.environment = smart;
    tool = tool_start(service, LIST(WHOLE(STOPPED_INSTANCE), "--yes"), &setup);
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 0);
    at = strstr(process_screen(tool), "\r\033[Kwatching: ");
    assert_non_null(at);
    assert_memory_equal(at + strcspn(at + 1, "\r") + 1, "\r\033[K",
                        4); /* and no line end between */
    assert_non_null(strstr(process_screen(tool), "\r\033[Kdone: "));
    process_free(tool);
    setup.environment = dumb;
    tool = tool_start(service, LIST(WHOLE(RUNNING_INSTANCE), "--yes", "--stop"), &setup);
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 0);
    assert_null(strstr(process_screen(tool), "\033["));
    assert_non_null(strstr(process_screen(tool), "\nwatching: "));
    process_free(tool);
}

static int start(void **state)
{
    (void)state;
    service = endpoint_start(NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    tool_forget();
    endpoint_stop(service);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_will_be_lost_is_said_and_the_id_wanted),
        TEST(what_will_be_lost_is_said_with_quiet_too),
        TEST(anything_else_than_the_id_sends_nothing),
        TEST(ctrl_c_at_the_question_sends_nothing),
        TEST(yes_and_a_dry_run_ask_nothing),
        TEST(a_dry_run_does_not_ask_for_a_password_either),
        TEST(the_password_is_asked_twice_and_not_shown),
        TEST(two_passwords_that_differ_are_refused),
        TEST(a_typed_password_keeps_the_rules),
        TEST(the_terminal_shows_again_after_an_interruption),
        TEST(bad_input_is_found_before_the_password_is_asked),
        TEST(standard_input_can_give_the_password_at_a_terminal),
        TEST(a_terminal_is_no_password_file),
        TEST(nobody_is_asked_where_standard_error_is_no_terminal),
        TEST(colour_is_for_terminals_without_no_color),
        TEST(what_was_found_is_shown_before_the_id_is_wanted),
        TEST(a_running_instance_is_stopped_only_if_that_is_typed),
        TEST(with_stop_the_stop_is_not_asked_for),
        TEST(with_yes_nothing_is_asked_so_a_running_instance_needs_stop),
        TEST(what_is_not_there_is_said_before_anything_is_asked),
        TEST(ctrl_c_at_the_question_leaves_no_record),
        TEST(progress_is_one_line_that_is_rewritten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
