/*
 * Lists of instances, images and key pairs: every one of them once, whatever becomes of an answer
 * on its way, as a table for people and as JSON for programs.
 */
#define _POSIX_C_SOURCE 200809L
#include "examples/tool/list.h"

#include "../support/customer.h"
#include "../support/spawn.h"
#include "examples/tool/console.h"
#include "examples/tool/text_width.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- one list ----------------------------------------------------------------------------------
 */

static struct report report;
static char printed[200000];

static void run(void *ctx)
{
    (void)rv_call_run(ctx);
}

static struct asker asker_of(struct customer *customer)
{
    struct asker asker = {&customer->client, &customer->call, run, &customer->call, NULL, 0};

    customer_set_up(customer);
    return asker;
}

/* What list_print has returned; what it has printed is in printed. */
static int list(struct customer *customer, enum list_kind kind, int json)
{
    struct asker asker = asker_of(customer);
    FILE *out = tmpfile();
    size_t len;
    int status;

    assert_non_null(out);
    report_init(&report);
    status = list_print(&asker, kind, json, out, &report);
    rewind(out);
    len = fread(printed, 1, sizeof printed - 1, out);
    printed[len] = '\0';
    fclose(out);
    return status;
}

static int lines(void)
{
    const char *at = printed;
    int count = 0;

    while ((at = strchr(at, '\n')) != NULL) {
        count++;
        at++;
    }
    return count;
}

/* How often it was printed. */
static int times(const char *text)
{
    const char *at = printed;
    int count = 0;

    while ((at = strstr(at, text)) != NULL) {
        count++;
        at += strlen(text);
    }
    return count;
}

/* A file in the endpoint's folder; the option that makes a rule of it needs it before that is
 * there, so it has a folder of its own. */
static char folder[] = "/tmp/list-XXXXXX";

static const char *make_file(const char *name, const char *text)
{
    static char path[100];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

static const char *raw_rule(const char *action_and_number, const char *text)
{
    static char rule[200];

    snprintf(rule, sizeof rule, "%s=raw:%s;close", action_and_number, make_file("raw", text));
    return rule;
}

/* --- the table ---------------------------------------------------------------------------------
 */

static void instances_as_a_table(struct customer *customer)
{
    SERVE(customer, NULL);
    assert_int_equal(list(customer, LIST_INSTANCES, 0), 0);
    assert_int_equal(
        times(
            "INSTANCE                STATUS      IMAGE                       OS                      "
            "ADDRESS          ZONE           NAME\n"
            "i-demo0running0000001   RUNNING     image-debian12              Debian 12 64bit         "
            "203.0.113.7      cn-beijing-a   demo-running\n"),
        1);
    assert_int_equal(lines(), 1 + times("cn-beijing-a"));
    assert_true(times("i-demo0stopped0000001") == 1);
}

static void images_as_a_table(struct customer *customer)
{
    SERVE(customer, NULL);
    assert_int_equal(list(customer, LIST_IMAGES, 0), 0);
    assert_int_equal(times("image-windows2022           Windows Server 2022 Datacenter 64bit  "
                           "public    available   40     Windows Server 2022 Datacenter\n"),
                     1);
    assert_int_equal(times("image-private-creating      Debian 12 64bit                       "
                           "private   creating    20     image-private-creating\n"),
                     1);
}

static void key_pairs_as_a_table(struct customer *customer)
{
    SERVE(customer, NULL);
    assert_int_equal(list(customer, LIST_KEY_PAIRS, 0), 0);
    assert_string_equal(printed,
                        "KEY PAIR                  ID                              FINGERPRINT\n"
                        "kp-demo                   kp-id-kp-demo                   "
                        "3b:f0:12:5c:8a:77:d1:4e:90:2b:6d:e8:43:a5:19:c7\n"
                        "kp-operations             kp-id-kp-operations             "
                        "91:0e:5a:c4:7f:22:b8:30:6d:f9:17:ea:c5:48:03:9b\n");
}

static void only_three_words_are_lists(struct customer *customer)
{
    enum list_kind kind;

    (void)customer;
    assert_int_equal(list_kind_of("instances", &kind), 0);
    assert_int_equal(kind, LIST_INSTANCES);
    assert_int_equal(list_kind_of("images", &kind), 0);
    assert_int_equal(kind, LIST_IMAGES);
    assert_int_equal(list_kind_of("key-pairs", &kind), 0);
    assert_int_equal(kind, LIST_KEY_PAIRS);
    assert_int_equal(list_kind_of("volumes", &kind), -1);
    assert_int_equal(list_kind_of("", &kind), -1);
}

static void wide_characters_take_two_columns_and_combining_ones_none(struct customer *customer)
{
    (void)customer;
    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("web-1"), 5);
    assert_int_equal(text_width("\xE7\xBD\x91\xE7\xAB\x99-1"), 6); /* two of Chinese */
    assert_int_equal(text_width("\xEF\xBC\xA1"), 2);               /* full width A */
    assert_int_equal(text_width("\xF0\x9F\x9A\x80"), 2);           /* a rocket */
    assert_int_equal(text_width("cafe\xCC\x81"), 4);               /* e, acute */
    assert_int_equal(text_width("\xC3\xA9\xD0\xB6"), 2);           /* e acute, zhe */
    assert_int_equal(text_width("\xFF\xC3"), 2);                   /* no UTF-8: ends */
}

/* --- JSON --------------------------------------------------------------------------------------
 */

static void instances_as_an_object_a_line(struct customer *customer)
{
    SERVE(customer, NULL);
    assert_int_equal(list(customer, LIST_INSTANCES, 1), 0);
    assert_int_equal(times("{\"instance_id\":\"i-demo0running0000001\",\"status\":\"RUNNING\","
                           "\"image_id\":\"image-debian12\",\"os_name\":\"Debian 12 64bit\","
                           "\"os_type\":\"Linux\",\"public_address\":\"203.0.113.7\","
                           "\"private_address\":\"192.168.0.2\",\"zone_id\":\"cn-beijing-a\","
                           "\"instance_name\":\"demo-running\"}\n"),
                     1);
    assert_int_equal(lines(), times("{\"instance_id\":"));
}

static void images_and_key_pairs_as_an_object_a_line(struct customer *customer)
{
    SERVE(customer, NULL);
    assert_int_equal(list(customer, LIST_IMAGES, 1), 0);
    assert_int_equal(times("{\"image_id\":\"image-ubuntu2204\",\"os_name\":\"Ubuntu 22.04 64bit\","
                           "\"os_type\":\"Linux\",\"visibility\":\"public\","
                           "\"status\":\"available\",\"size_gib\":40,"
                           "\"image_name\":\"Ubuntu 22.04 64bit\"}\n"),
                     1);
    assert_int_equal(list(customer, LIST_KEY_PAIRS, 1), 0);
    assert_int_equal(times("{\"key_pair_name\":\"kp-demo\",\"key_pair_id\":\"kp-id-kp-demo\","
                           "\"finger_print\":\"3b:f0:12:5c:8a:77:d1:4e:90:2b:6d:e8:43:a5:19:c7\"}"),
                     1);
}

/* --- what a service may do ---------------------------------------------------------------------
 */

#define ANSWER(result)                                         \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"    \
    "Connection: close\r\n\r\n"                                \
    "{\"ResponseMetadata\":{\"RequestId\":\"r\",\"Action\":\"" \
    "DescribeInstances\"},\"Result\":" result "}"

static void what_is_absent_is_a_dash_or_null(struct customer *customer)
{
    SERVE(customer, "--rule",
          raw_rule("DescribeInstances",
                   ANSWER("{\"Instances\":[{\"InstanceId\":\"i-bare\",\"EipAddress\":null,"
                          "\"NetworkInterfaces\":[{}],\"OsType\":\"Linux\"},{\"Status\":\"LOST\"},"
                          "{}],\"NextToken\":null}")));
    assert_int_equal(list(customer, LIST_INSTANCES, 0), 0);
    assert_int_equal(times("i-bare                  -           -                           Linux"
                           "                   -                -              -\n"),
                     1);
    assert_int_equal(lines(), 2);
    assert_int_equal(list(customer, LIST_INSTANCES, 1), 0);
    assert_string_equal(printed,
                        "{\"instance_id\":\"i-bare\",\"status\":null,\"image_id\":null,"
                        "\"os_name\":null,\"os_type\":\"Linux\",\"public_address\":null,"
                        "\"private_address\":null,\"zone_id\":null,\"instance_name\":null}\n");
}

static void
an_instance_without_a_public_address_shows_its_own_private_one(struct customer *customer)
{
    SERVE(customer, "--rule",
          raw_rule("DescribeInstances",
                   ANSWER("{\"Instances\":["
                          "{\"InstanceId\":\"i-1\",\"NetworkInterfaces\":["
                          "{\"PrimaryIpAddress\":\"10.0.0.1\"},{\"PrimaryIpAddress\":\"10.0.0.2\"}"
                          "]},{\"InstanceId\":\"i-2\"}]}")));
    assert_int_equal(list(customer, LIST_INSTANCES, 1), 0);
    assert_int_equal(times("10.0.0"), 1);
    assert_int_equal(list(customer, LIST_INSTANCES, 0), 0);
    assert_int_equal(times("10.0.0.1 "), 1);
    assert_int_equal(lines(), 3);
}

static void texts_of_the_service_cannot_steer_the_terminal(struct customer *customer)
{
    SERVE(customer, "--rule",
          raw_rule("DescribeInstances",
                   ANSWER("{\"Instances\":[{\"InstanceId\":\"i-1\\u001b[2J\",\"InstanceName\":"
                          "\"a\\nb\\u202ec\\u0085d\\\"e\\\\f\"}]}")));
    assert_int_equal(list(customer, LIST_INSTANCES, 0), 0);
    assert_int_equal(times("i-1?[2J "), 1);
    assert_int_equal(times("a?b?c?d\"e\\f\n"), 1);
    assert_int_equal(list(customer, LIST_INSTANCES, 1), 0);
    assert_int_equal(times("\"a?b?c?d\\\"e\\\\f\"}\n"), 1);
}

static void a_text_that_is_too_long_is_said_so(struct customer *customer)
{
    char answer[2000];
    char name[400];

    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(answer, sizeof answer,
             ANSWER("{\"Instances\":[{\"InstanceId\":\"i-1\",\"InstanceName\":\"%s\"}]}"), name);
    SERVE(customer, "--rule", raw_rule("DescribeInstances", answer));
    assert_int_equal(list(customer, LIST_INSTANCES, 0), 0);
    assert_int_equal(times("(too long)\n"), 1);
    assert_int_equal(list(customer, LIST_INSTANCES, 1), 0);
    assert_int_equal(times("\"instance_name\":null}"), 1);
}

static void a_size_may_be_a_text_or_a_number(struct customer *customer)
{
    SERVE(customer, "--rule",
          raw_rule("DescribeImages",
                   ANSWER("{\"Images\":[{\"ImageId\":\"m-1\",\"Size\":\"20\"},{\"ImageId\":\"m-2\","
                          "\"Size\":20},{\"ImageId\":\"m-3\",\"Size\":\"big\"}]}")));
    assert_int_equal(list(customer, LIST_IMAGES, 1), 0);
    assert_int_equal(times("\"size_gib\":20,"), 2);
    assert_int_equal(times("\"size_gib\":\"big\","), 1);
}

/* --- page by page ------------------------------------------------------------------------------
 */

#define FLEET(number) "{\"instance_id\":\"i-fleet" number "\","

static void all_pages_are_read(struct customer *customer)
{
    SERVE(customer, "--generate-instances", "250");
    assert_int_equal(list(customer, LIST_INSTANCES, 1), 0);
    assert_int_equal(times(FLEET("00000")), 1);
    assert_int_equal(times(FLEET("00249")), 1);
    assert_int_equal(times("{\"instance_id\":\"i-fleet"), 250);
    assert_int_equal(customer_lines(customer, IS_REQUEST, NULL), 3);
}

static void titles_stand_at_the_top_only(struct customer *customer)
{
    SERVE(customer, "--generate-instances", "150");
    assert_int_equal(list(customer, LIST_INSTANCES, 0), 0);
    assert_int_equal(times("INSTANCE  "), 1);
    assert_int_equal(lines(), 1 + times("cn-beijing-a"));
}

static void
an_answer_that_is_cut_is_asked_for_again_and_nothing_shown_twice(struct customer *customer)
{
    SERVE(customer, "--generate-instances", "250", "--rule", "DescribeInstances#2=cut-answer:30000",
          "--rule", "DescribeInstances#3=reset-answer:60000");
    assert_int_equal(list(customer, LIST_INSTANCES, 1), 0);
    assert_int_equal(times("{\"instance_id\":\"i-fleet"), 250);
    assert_int_equal(times(FLEET("00100")), 1);
    assert_int_equal(customer_lines(customer, IS_REQUEST, NULL), 5);
}

static void a_list_that_has_changed_meanwhile_is_said_so(struct customer *customer)
{
    SERVE(customer, "--rule",
          raw_rule("DescribeInstances#1",
                   "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
                   "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":{\"Instances\":"
                   "[{\"InstanceId\":\"i-gone\"},"));
    assert_int_equal(list(customer, LIST_INSTANCES, 1), EXIT_NOT_SENT);
    assert_int_equal(times("i-gone"), 1);
    assert_int_equal(lines(), 1);
    assert_non_null(strstr(report.message, "the list of instances: the list has changed"));
}

static void so_is_one_that_has_become_shorter(struct customer *customer)
{
    char second[100];

    snprintf(second, sizeof second, "DescribeInstances#2=raw:%s/empty;close", folder);
    make_file("empty", ANSWER("{\"Instances\":[]}"));
    SERVE(customer, "--rule", second, "--rule",
          raw_rule("DescribeInstances#1",
                   "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
                   "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":{\"Instances\":"
                   "[{\"InstanceId\":\"i-gone\"},"));
    assert_int_equal(list(customer, LIST_INSTANCES, 1), EXIT_NOT_SENT);
    assert_non_null(strstr(report.message, "the list has changed"));
}

static void a_page_that_comes_again_and_again_is_not_read_for_ever(struct customer *customer)
{
    SERVE(customer, "--rule",
          raw_rule("DescribeInstances",
                   ANSWER("{\"Instances\":[{\"InstanceId\":\"i-1\"}],\"NextToken\":\"t\"}")));
    assert_int_equal(list(customer, LIST_INSTANCES, 1), EXIT_NOT_SENT);
    assert_int_equal(customer_lines(customer, IS_REQUEST, NULL), 2);
    assert_non_null(strstr(report.message, "same page again"));
}

static void a_token_that_is_too_long_is_said_so(struct customer *customer)
{
    char answer[2000];
    char token[400];

    memset(token, 't', sizeof token - 1);
    token[sizeof token - 1] = '\0';
    snprintf(answer, sizeof answer, ANSWER("{\"Instances\":[],\"NextToken\":\"%s\"}"), token);
    SERVE(customer, "--rule", raw_rule("DescribeInstances", answer));
    assert_int_equal(list(customer, LIST_INSTANCES, 1), EXIT_NOT_SENT);
    assert_non_null(strstr(report.message, "NextToken is too long"));
}

/* --- what goes wrong ---------------------------------------------------------------------------
 */

static void a_refusal_is_left_to_be_explained(struct customer *customer)
{
    struct asker asker;
    rv_result result;

    SERVE(customer, "--deny", "DescribeInstances");
    assert_int_equal(list(customer, LIST_INSTANCES, 0), LIST_NO_ANSWER);
    assert_string_equal(printed, "");
    asker = asker_of(customer);
    result = ask_result(&asker);
    assert_int_equal(result.status, RV_ERR_SERVICE);
    assert_int_equal(result.code, RV_CODE_ACCESS_DENIED);
    assert_int_equal(result.outcome, RV_REFUSED);
}

static void a_question_without_an_answer_is_never_an_unknown_outcome(struct customer *customer)
{
    struct asker asker;

    SERVE(customer, "--rule", "DescribeInstances=drop");
    customer->config.attempts_max = 1;
    assert_int_equal(list(customer, LIST_INSTANCES, 0), LIST_NO_ANSWER);
    assert_int_equal(customer_result(customer)->outcome, RV_UNKNOWN);
    asker = asker_of(customer);
    assert_int_equal(ask_result(&asker).outcome, RV_NOT_SENT);
}

static void what_cannot_be_written_is_said_so(struct customer *customer)
{
    struct asker asker;
    FILE *full = fopen("/dev/full", "w");

    if (full == NULL) {
        skip(); /* not on this system */
    }
    SERVE(customer, "--generate-instances", "250");
    asker = asker_of(customer);
    report_init(&report);
    assert_int_equal(list_print(&asker, LIST_INSTANCES, 0, full, &report), EXIT_NOT_SENT);
    assert_non_null(strstr(report.message, "cannot be written: No space left on device"));
    assert_int_equal(customer_lines(customer, IS_REQUEST, NULL), 1);
    fclose(full);
}

/* Standard error goes into a file meanwhile. */
static void the_number_is_said_on_standard_error(struct customer *customer)
{
    FILE *errors = tmpfile();
    int kept = dup(STDERR_FILENO);
    char said[200];
    size_t len;

    assert_non_null(errors);
    SERVE(customer, "--rule", raw_rule("DescribeImages", ANSWER("{\"Images\":[]}")));
    console_init(0, 0);
    assert_true(dup2(fileno(errors), STDERR_FILENO) >= 0);
    assert_int_equal(list(customer, LIST_IMAGES, 0), 0);
    assert_int_equal(list(customer, LIST_KEY_PAIRS, 0), 0);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    console_init(1, 0);
    rewind(errors);
    len = fread(said, 1, sizeof said - 1, errors);
    said[len] = '\0';
    assert_string_equal(
        said, "there are no images in this region that these credentials can see\n2 in all\n");
    fclose(errors);
    close(kept);
}

static int remove_folder(void **state)
{
    (void)state;
    remove_tree(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CUSTOMER_TEST(instances_as_a_table),
        CUSTOMER_TEST(images_as_a_table),
        CUSTOMER_TEST(key_pairs_as_a_table),
        CUSTOMER_TEST(only_three_words_are_lists),
        CUSTOMER_TEST(wide_characters_take_two_columns_and_combining_ones_none),
        CUSTOMER_TEST(instances_as_an_object_a_line),
        CUSTOMER_TEST(images_and_key_pairs_as_an_object_a_line),
        CUSTOMER_TEST(what_is_absent_is_a_dash_or_null),
        CUSTOMER_TEST(an_instance_without_a_public_address_shows_its_own_private_one),
        CUSTOMER_TEST(texts_of_the_service_cannot_steer_the_terminal),
        CUSTOMER_TEST(a_text_that_is_too_long_is_said_so),
        CUSTOMER_TEST(a_size_may_be_a_text_or_a_number),
        CUSTOMER_TEST(all_pages_are_read),
        CUSTOMER_TEST(titles_stand_at_the_top_only),
        CUSTOMER_TEST(an_answer_that_is_cut_is_asked_for_again_and_nothing_shown_twice),
        CUSTOMER_TEST(a_list_that_has_changed_meanwhile_is_said_so),
        CUSTOMER_TEST(so_is_one_that_has_become_shorter),
        CUSTOMER_TEST(a_page_that_comes_again_and_again_is_not_read_for_ever),
        CUSTOMER_TEST(a_token_that_is_too_long_is_said_so),
        CUSTOMER_TEST(a_refusal_is_left_to_be_explained),
        CUSTOMER_TEST(a_question_without_an_answer_is_never_an_unknown_outcome),
        CUSTOMER_TEST(what_cannot_be_written_is_said_so),
        CUSTOMER_TEST(the_number_is_said_on_standard_error),
    };

    customer_begin_process();
    console_init(1, 0);
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    return cmocka_run_group_tests_name("list", tests, NULL, remove_folder);
}
