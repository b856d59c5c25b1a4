/*
 * The tool's command line: what it takes, what it refuses and how it says so. Nothing here gets as
 * far as the network.
 */
#define _POSIX_C_SOURCE 200809L
#include "../support/tool.h"

#include "examples/tool/option_table.h"
#include "replace_volume.h"
#include "tests/support/customer.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define GOOD REPLACE

static void assert_refused(const char *const *arguments, const char *why)
{
    assert_int_equal(tool_run(NULL, arguments, NULL), 2);
    if (!said(why)) {
        fail_msg("\"%s\" is not in: %s", why, tool_errors());
    }
    assert_string_equal(tool_output(), "");
}

/* In a text for people: not as the beginning of another one's name. */
static int is_named(const char *option, const char *text)
{
    size_t len = strlen(option);

    while ((text = strstr(text, option)) != NULL) {
        text += len;
        if (strchr(" ,\n", *text) != NULL) {
            return 1;
        }
    }
    return 0;
}

static void help_is_printed_and_names_every_option(void **state)
{
    static const char *const members[] = {
        "schema",        "outcome",      "code",        "message",         "advice",
        "http_status",   "request_id",   "instance_id", "client_token",    "attempts",
        "first_sent_at", "clock_skew_s", "step",        "instance_status", "image_id",
        "evidence",      "not_checked",  "stopped",     "started",         "elapsed_s",
        "record",        "next"};
    size_t i;

    (void)state;
    assert_int_equal(tool_run(NULL, LIST("--help"), NULL), 0);
    assert_string_equal(tool_errors(), "");
    for (i = 0; i < option_count; i++) {
        const char *name = option_table[i].name;

        if (strcmp(name, "--password") != 0 && !is_named(name, tool_output())) {
            fail_msg("%s is not in the help", name);
        }
    }
    for (i = 0; i < sizeof members / sizeof members[0]; i++) {
        assert_true(printed(members[i]));
    }
}

static void version_is_the_librarys(void **state)
{
    (void)state;
    assert_int_equal(tool_run(NULL, LIST("--version"), NULL), 0);
    assert_string_equal(tool_output(), "replace-volume " RV_VERSION "\n");
}

static void an_unknown_option_is_named_and_help_hinted_at(void **state)
{
    (void)state;
    assert_refused(LIST(GOOD, "--force"), "unknown option --force");
    assert_true(said("--help"));
}

static void an_abbreviation_is_unknown(void **state)
{
    (void)state;
    assert_refused(LIST(GOOD, "--dry"), "unknown option --dry");
    assert_refused(LIST(GOOD, "-y"), "unknown option -y");
}

static void an_argument_without_an_option_is_refused(void **state)
{
    (void)state;
    assert_refused(LIST(GOOD, "i-other"), "unexpected argument i-other");
}

static void list_behind_an_option_is_told_its_place(void **state)
{
    (void)state;
    assert_refused(LIST("--region", "cn-beijing", "list", "images"),
                   "\"list\" has to be the first argument");
}

static void an_option_is_given_once(void **state)
{
    (void)state;
    assert_refused(LIST(GOOD, "--image-id", "image-other"), "--image-id is given twice");
    assert_refused(LIST(GOOD, "--yes"), "--yes is given twice");
    assert_refused(LIST("--size-gib=1", "--size-gib", "1"), "--size-gib is given twice");
}

static void a_value_that_is_missing_is_not_taken_from_the_next_option(void **state)
{
    (void)state;
    assert_refused(LIST("--instance-id", "--image-id", IMAGE), "--instance-id needs a value");
    assert_refused(LIST("--instance-id"), "--instance-id needs a value");
}

static void a_flag_takes_no_value(void **state)
{
    (void)state;
    assert_refused(LIST(GOOD, "--dry-run=false"), "--dry-run takes no value");
}

static void there_is_no_password_option(void **state)
{
    (void)state;
    assert_refused(LIST("--instance-id", "i", "--image-id", "m", "--password", "Secret-123"),
                   "list of processes");
    assert_true(said("--password-file"));
    assert_false(said("Secret-123"));
    assert_refused(LIST("--password=Secret-123"), "there is no --password");
    assert_false(said("Secret-123"));
}

static void numbers_keep_to_their_ranges(void **state)
{
    (void)state;
    assert_refused(LIST(GOOD, "--size-gib", "0"), "--size-gib must be a whole number from 1 to");
    assert_refused(LIST(GOOD, "--size-gib", "65537"), "--size-gib");
    assert_refused(LIST(GOOD, "--size-gib", "40G"), "--size-gib");
    assert_refused(LIST(GOOD, "--size-gib", "-1"), "--size-gib");
    assert_refused(LIST(GOOD, "--size-gib", ""), "--size-gib");
    assert_refused(LIST(GOOD, "--size-gib", "18446744073709551617"), "--size-gib");
    assert_refused(LIST(GOOD, "--timeout-s", "0"), "from 1 to 3600");
    assert_refused(LIST(GOOD, "--timeout-s", "3601"), "from 1 to 3600");
    assert_refused(LIST(GOOD, "--wait-s", "0"), "from 1 to 86400");
    assert_refused(LIST(GOOD, "--wait-s", "86401"), "from 1 to 86400");
}

static void an_option_that_would_do_nothing_is_refused(void **state)
{
    static const char *const of_jobs[][3] = {{"--stop"},
                                             {"--force-stop"},
                                             {"--leave-stopped"},
                                             {"--no-wait"},
                                             {"--wait-s", "1"},
                                             {"--expect-image", "m"},
                                             {"--expect-name", "n"},
                                             {"--no-dry-run-check"},
                                             {"--resume"},
                                             {"--send-again"},
                                             {"--forget"}};
    static const char *const of_changes[][3] = {
        {"--stop"},   {"--force-stop"},       {"--leave-stopped"}, {"--no-wait"},
        {"--resume"}, {"--no-dry-run-check"}, {"--send-again"},    {"--forget"}};
    char why[128];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof of_jobs / sizeof of_jobs[0]; i++) {
        snprintf(why, sizeof why, "%s has no meaning with --call-only", of_jobs[i][0]);
        assert_refused(LIST(CALL, of_jobs[i][0], of_jobs[i][1]), why);
    }
    for (i = 0; i < sizeof of_changes / sizeof of_changes[0]; i++) {
        snprintf(why, sizeof why, "%s has no meaning with --dry-run", of_changes[i][0]);
        assert_refused(LIST(GOOD, "--dry-run", of_changes[i][0]), why);
    }
}

static void options_of_a_record_exclude_each_other(void **state)
{
    (void)state;
    assert_refused(LIST("--resume", "--forget"), "--resume and --forget exclude each other");
    assert_refused(LIST("--send-again", "--forget"), "--send-again and --forget exclude");
    assert_refused(LIST(GOOD, "--no-state", "--state-file", "f"), "exclude each other: give one");
    assert_refused(LIST(GOOD, "--state-dir", "d", "--state-file", "f"), "exclude each other");
    assert_refused(LIST("--resume", "--no-state"), "--resume needs a record");
    assert_refused(LIST("--send-again", "--no-state"), "--resume needs a record");
    assert_refused(LIST("--forget", "--no-state"), "--forget needs a record");
}

static void list_takes_a_kind_and_what_says_who_asks_where(void **state)
{
    struct endpoint *service;

    (void)state;
    assert_refused(LIST("list"), "it must be list instances, list images or list key-pairs");
    assert_refused(LIST("list", "volumes"), "it must be list instances");
    assert_refused(LIST("list", "images", "--yes"), "--yes has no meaning with list");
    assert_refused(LIST("list", "images", "--image-id", "m"), "--image-id has no meaning");
    service = endpoint_start(NULL);
    assert_int_equal(tool_run(NULL,
                              LIST("list", "instances", "--endpoint", endpoint_address(service),
                                   "--ca-file", endpoint_ca_file(service)),
                              NULL),
                     0);
    assert_true(printed(STOPPED_INSTANCE));
    assert_true(printed(RUNNING_INSTANCE));
    assert_int_equal(
        tool_run(NULL,
                 LIST("list", "key-pairs", "--json", "--endpoint", endpoint_address(service),
                      "--ca-file", endpoint_ca_file(service)),
                 NULL),
        0);
    assert_true(printed("\"" KEY_PAIR "\""));
    endpoint_stop(service);
    assert_int_equal(
        tool_run(NULL, LIST("list", "images", "--endpoint", "localhost:1", "--timeout-s", "1"),
                 NULL),
        3);
    assert_true(said("localhost port 1: "));
    assert_string_equal(tool_output(), "");
}

static void a_list_that_is_denied_names_the_action_to_grant(void **state)
{
    static const char *const lists[][2] = {{"instances", "grant the user ecs:DescribeInstances."},
                                           {"images", "grant the user ecs:DescribeImages."},
                                           {"key-pairs", "grant the user ecs:DescribeKeyPairs."}};
    struct endpoint *service = endpoint_start(LIST("--deny", "DescribeInstances", "--deny",
                                                   "DescribeImages", "--deny", "DescribeKeyPairs"));
    size_t i;

    (void)state;
    for (i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        assert_int_equal(tool_run(NULL,
                                  LIST("list", lists[i][0], "--endpoint", endpoint_address(service),
                                       "--ca-file", endpoint_ca_file(service)),
                                  NULL),
                         1);
        assert_said(lists[i][1]);
        assert_false(said("ReplaceSystemVolume"));
    }
    endpoint_stop(service);
}

static void the_method_is_get_or_post(void **state)
{
    (void)state;
    assert_refused(LIST(GOOD, "--method", "PUT"), "--method must be get or post");
}

static void an_extra_parameter_has_name_and_value(void **state)
{
    (void)state;
    assert_refused(LIST(GOOD, "--param", "Name"), "--param must be Name=Value");
    assert_refused(LIST(GOOD, "--param", "=Value"), "--param");
}

static void an_extra_parameter_cannot_go_round_the_checks(void **state)
{
    (void)state;
    assert_refused(LIST(GOOD, "--param", "password=short"), "--param (password)");
    assert_true(said(rv_rule_text(RV_RULE_RESERVED_NAME)));
    assert_refused(LIST(GOOD, "--param", "Action=StopInstance"), "--param (Action)");
    assert_refused(LIST(GOOD, "--param", "A=1", "--param", "A=2"), "--param (A)");
    assert_true(said(rv_rule_text(RV_RULE_DUPLICATE_NAME)));
}

static void one_credential_is_given(void **state)
{
    (void)state;
    assert_refused(LIST(GOOD, "--keep-image-credential"), "exclude each other");
    assert_refused(LIST(GOOD, "--password-file", "f"), "exclude each other");
    assert_refused(LIST("--instance-id", "i", "--image-id", "m", "--yes"), "--key-pair-name");
    assert_true(said("no terminal"));
}

static void quiet_and_verbose_exclude_each_other(void **state)
{
    (void)state;
    assert_refused(LIST(GOOD, "--quiet", "--verbose"), "--quiet and --verbose");
}

static void what_is_missing_is_named_as_option_and_as_parameter(void **state)
{
    (void)state;
    assert_refused(LIST("--image-id", "m", "--key-pair-name", "k", "--yes"),
                   "--instance-id (InstanceId)");
    assert_true(said(rv_rule_text(RV_RULE_REQUIRED)));
    assert_refused(LIST("--instance-id", "i", "--key-pair-name", "k", "--yes"),
                   "--image-id (ImageId)");
}

static void a_broken_rule_names_option_parameter_and_rule(void **state)
{
    static const char long_token[] =
        "0123456789012345678901234567890123456789012345678901234567890123456";

    (void)state;
    assert_refused(LIST("--instance-id", "i x", "--image-id", "m", "--key-pair-name", "k", "--yes"),
                   "--instance-id (InstanceId)");
    assert_true(said(rv_rule_text(RV_RULE_PRINTABLE_ASCII)));
    assert_refused(LIST(GOOD, "--client-token", long_token), "--client-token (ClientToken)");
    assert_true(said("at most 64"));
    assert_refused(LIST(GOOD, "--client-token", ""), "--client-token (ClientToken)");
    assert_refused(LIST("--instance-id", "i", "--image-id", "m", "--key-pair-name", "", "--yes"),
                   "--key-pair-name (KeyPairName)");
}

static void user_data_is_bounded_and_readable(void **state)
{
    static char large[RV_USER_DATA_MAX + 2];
    const char *path;

    (void)state;
    memset(large, 'x', sizeof large - 1);
    path = make_file(NULL, "user-data", large, 0600);
    assert_refused(LIST(GOOD, "--user-data-file", path), "longer than 16384 bytes");
    path = make_file(NULL, "user-data", "", 0600);
    assert_refused(LIST(GOOD, "--user-data-file", path), "--user-data-file (UserData)");
    unlink(path);
    assert_refused(LIST(GOOD, "--user-data-file", path), "No such file");
    assert_refused(LIST(GOOD, "--user-data-file", "/tmp"), "Is a directory");
}

static void an_endpoint_is_host_and_port(void **state)
{
    (void)state;
    assert_refused(LIST(GOOD, "--endpoint", "https://a.test"), "HOST or HOST:PORT");
    assert_refused(LIST(GOOD, "--endpoint", "a.test:0"), "HOST or HOST:PORT");
    assert_refused(LIST(GOOD, "--endpoint", "a.test:65536"), "HOST or HOST:PORT");
    assert_refused(LIST(GOOD, "--endpoint", "a.test:"), "HOST or HOST:PORT");
    assert_refused(LIST(GOOD, "--endpoint", ""), "HOST or HOST:PORT");
    assert_refused(LIST(GOOD, "--endpoint", "::1"), "HOST or HOST:PORT");
    assert_refused(LIST(GOOD, "--endpoint", "[::1"), "HOST or HOST:PORT");
    assert_refused(LIST(GOOD, "--endpoint", "a_b.test"), "--endpoint (host)");
    assert_true(said(rv_rule_text(RV_RULE_HOST_NAME)));
}

static void a_ca_file_has_certificates(void **state)
{
    const char *path = make_file(NULL, "ca-file", "nothing\n", 0600);

    (void)state;
    assert_refused(LIST(GOOD, "--endpoint", "a.test", "--ca-file", path), path);
    unlink(path);
    assert_refused(LIST(GOOD, "--endpoint", "a.test", "--ca-file", path), "No such file");
}

static void without_a_terminal_yes_is_wanted(void **state)
{
    (void)state;
    assert_refused(LIST("--instance-id", "i-1", "--image-id", "m", "--key-pair-name", "k"),
                   "--yes is needed");
    assert_true(said("i-1"));
}

static void a_password_descriptor_is_open(void **state)
{
    (void)state;
    assert_refused(LIST("--instance-id", "i", "--image-id", "m", "--yes", "--password-fd", "999"),
                   "--password-fd 999: Bad file descriptor");
}

static void a_password_keeps_the_rules(void **state)
{
    struct spawn_setup setup = {0};

    (void)state;
    setup.input = "short\n";
    assert_int_equal(
        tool_run(NULL,
                 LIST("--instance-id", "i", "--image-id", "m", "--yes", "--password-file", "-"),
                 &setup),
        2);
    assert_true(said("--password-file (Password)"));
    assert_true(said(rv_rule_text(RV_RULE_PASSWORD_LENGTH)));
    setup.input = "Passw0rd-1\0and-more";
    setup.input_len = 19;
    assert_int_equal(
        tool_run(NULL,
                 LIST("--instance-id", "i", "--image-id", "m", "--yes", "--password-file", "-"),
                 &setup),
        2);
    assert_true(said("zero byte"));
    assert_false(said("Passw0rd"));
}

static void only_one_line_end_belongs_not_to_the_password(void **state)
{
    struct spawn_setup setup = {0};

    (void)state;
    setup.input = "Passw0rd-1\n\n";
    assert_int_equal(
        tool_run(NULL,
                 LIST("--instance-id", "i", "--image-id", "m", "--yes", "--password-file", "-"),
                 &setup),
        2);
    assert_true(said(rv_rule_text(RV_RULE_PASSWORD_CHARACTERS)));
}

static void a_password_file_that_others_can_read_is_warned_of(void **state)
{
    const char *path = make_file(NULL, "password", "short\n", 0644);

    (void)state;
    assert_refused(
        LIST("--instance-id", "i", "--image-id", "m", "--yes", "--quiet", "--password-file", path),
        "can be read by others");
    assert_true(said("warning: "));
    make_file(NULL, "password", "short\n", 0600);
    assert_refused(LIST("--instance-id", "i", "--image-id", "m", "--yes", "--password-file", path),
                   "--password-file (Password)");
    assert_false(said("warning: "));
    unlink(path);
}

static void json_is_printed_for_a_command_line_that_cannot_be_read(void **state)
{
    (void)state;
    assert_int_equal(tool_run(NULL, LIST("--instance-id", "i-1", "--bad", "--json"), NULL), 2);
    assert_true(json_says("schema", "1"));
    assert_true(json_says("outcome", "\"not_sent\""));
    assert_true(json_says("code", "null"));
    assert_true(json_says("message", "\"unknown option --bad\""));
    assert_true(json_says("http_status", "null"));
    assert_true(json_says("request_id", "null"));
    assert_true(json_says("instance_id", "\"i-1\""));
    assert_true(json_says("client_token", "null"));
    assert_true(json_says("attempts", "0"));
    assert_true(json_says("first_sent_at", "null"));
    assert_true(json_says("clock_skew_s", "null"));
}

static void json_strings_are_escaped_and_utf_8(void **state)
{
    (void)state;
    assert_int_equal(
        tool_run(
            NULL,
            LIST(
                "--json", "--instance-id",
                "q\"b\\n\nt\tc\001d\177 \xE4\xBD\xA0 \xF0\x9F\x98\x80 bad\xFF\xC0\xAF\xED\xA0\x80"),
            NULL),
        2);
    assert_true(json_says("instance_id",
                          "\"q\\\"b\\\\n\\u000at\\u0009c\\u0001d\\u007f \xE4\xBD\xA0 "
                          "\xF0\x9F\x98\x80 bad\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\""));
}

static void a_text_from_the_command_line_does_not_steer_the_terminal(void **state)
{
    (void)state;
    assert_refused(LIST("--evil\033[2J\n\xC2\x9B"), "unknown option --evil?[2J???");
}

static void the_network_is_not_reached_by_bad_input(void **state)
{
    struct endpoint *service = endpoint_start(NULL);

    (void)state;
    assert_int_equal(
        tool_run(service,
                 LIST("--instance-id", "i x", "--image-id", "m", "--yes", "--key-pair-name", "k"),
                 NULL),
        2);
    assert_int_equal(tool_run(service, LIST(GOOD, "--param", "Size=1"), NULL), 2);
    assert_int_equal(tool_run(service,
                              LIST("--instance-id", "i", "--image-id", "m", "--key-pair-name", "k"),
                              NULL),
                     2);
    assert_int_equal(endpoint_journal_count(service, "\"event\""), 0);
    endpoint_stop(service);
}

/* --- what others see of it ---------------------------------------------------------------------
 */

#define NOBODY 65534

/* The program waits for its standard input, a pipe, as a user who is not root. */
static pid_t start_as_user(const char *program, const char *const *arguments, int input[2])
{
    pid_t child;

    assert_int_equal(pipe(input), 0);
    child = fork();
    if (child == 0) {
        if (dup2(input[0], STDIN_FILENO) >= 0 && close(input[1]) == 0 &&
            (getuid() != 0 || (setgid(NOBODY) == 0 && setuid(NOBODY) == 0))) {
            execv(program, (char *const *)(size_t)arguments);
        }
        _exit(127);
    }
    assert_true(child > 0);
    close(input[0]);
    return child;
}

static int is_running_as(pid_t child, const char *name)
{
    char path[64];
    char running[32] = "";
    FILE *file;

    snprintf(path, sizeof path, "/proc/%ld/comm", (long)child);
    file = fopen(path, "r");
    if (file != NULL) {
        (void)fscanf(file, "%31s", running);
        fclose(file);
    }
    return strncmp(running, name, 15) == 0; /* the kernel keeps no more */
}

/* Whose memory it is for the kernel: of its user, or, if nobody else may read it, of root. */
static uid_t owner_of_memory(pid_t child)
{
    struct stat about;
    char path[64];

    snprintf(path, sizeof path, "/proc/%ld/mem", (long)child);
    assert_int_equal(stat(path, &about), 0);
    return about.st_uid;
}

/* Does root own the memory of the program, once it has begun? */
static int hides_its_memory(const char *program, const char *name, const char *const *arguments)
{
    int input[2];
    pid_t child = start_as_user(program, arguments, input);
    int waited_ms = 0;
    int is_hidden;

    while (!is_running_as(child, name) && waited_ms < TOOL_LIMIT_MS) {
        assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
        sleep_ms(10);
        waited_ms += 10;
    }
    for (waited_ms = 0; owner_of_memory(child) != 0 && waited_ms < 2000; waited_ms += 10) {
        sleep_ms(10);
    }
    is_hidden = owner_of_memory(child) == 0;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(input[1]);
    return is_hidden;
}

/* The file that is run must be readable to its user, or its memory is hidden anyway. */
static void no_other_process_of_the_user_reads_its_memory(void **state)
{
    char folder[] = "/tmp/memory-XXXXXX";
    char program[64];
    char command[1024];

    (void)state;
    if (is_under_valgrind()) {
        print_message("the process is valgrind's, which hides nothing\n");
        skip();
    }
    if (access("/proc/self/comm", R_OK) != 0 || hides_its_memory("/bin/cat", "cat", LIST("cat"))) {
        print_message("this system does not tell by /proc whose a process's memory is\n");
        skip();
    }
    assert_non_null(mkdtemp(folder));
    snprintf(program, sizeof program, "%s/replace-volume", folder);
    snprintf(command, sizeof command, "chmod 755 %s && cp %s %s && chmod 755 %s", folder,
             getenv("RV_TOOL"), program, program);
    assert_int_equal(system(command), 0);
    assert_true(hides_its_memory(
        program, "replace-volume",
        LIST(program, "--instance-id", "i", "--image-id", "m", "--yes", "--password-file", "-")));
    remove_tree(folder);
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
        TEST(help_is_printed_and_names_every_option),
        TEST(version_is_the_librarys),
        TEST(an_unknown_option_is_named_and_help_hinted_at),
        TEST(an_abbreviation_is_unknown),
        TEST(an_argument_without_an_option_is_refused),
        TEST(list_behind_an_option_is_told_its_place),
        TEST(an_option_is_given_once),
        TEST(a_value_that_is_missing_is_not_taken_from_the_next_option),
        TEST(a_flag_takes_no_value),
        TEST(there_is_no_password_option),
        TEST(numbers_keep_to_their_ranges),
        TEST(an_option_that_would_do_nothing_is_refused),
        TEST(options_of_a_record_exclude_each_other),
        TEST(list_takes_a_kind_and_what_says_who_asks_where),
        TEST(a_list_that_is_denied_names_the_action_to_grant),
        TEST(the_method_is_get_or_post),
        TEST(an_extra_parameter_has_name_and_value),
        TEST(an_extra_parameter_cannot_go_round_the_checks),
        TEST(one_credential_is_given),
        TEST(quiet_and_verbose_exclude_each_other),
        TEST(what_is_missing_is_named_as_option_and_as_parameter),
        TEST(a_broken_rule_names_option_parameter_and_rule),
        TEST(user_data_is_bounded_and_readable),
        TEST(an_endpoint_is_host_and_port),
        TEST(a_ca_file_has_certificates),
        TEST(without_a_terminal_yes_is_wanted),
        TEST(a_password_descriptor_is_open),
        TEST(a_password_keeps_the_rules),
        TEST(only_one_line_end_belongs_not_to_the_password),
        TEST(a_password_file_that_others_can_read_is_warned_of),
        TEST(json_is_printed_for_a_command_line_that_cannot_be_read),
        TEST(json_strings_are_escaped_and_utf_8),
        TEST(a_text_from_the_command_line_does_not_steer_the_terminal),
        TEST(the_network_is_not_reached_by_bad_input),
        TEST(no_other_process_of_the_user_reads_its_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
