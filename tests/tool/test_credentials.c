/*
 * Where the tool finds credentials, region and endpoint, and what it refuses to take from there.
 */
#include "../support/tool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define GOOD REPLACE, "--dry-run"

#define KEYS \
    "\"access-key\":\"" ENDPOINT_ACCESS_KEY_ID "\",\"secret-key\":\"" ENDPOINT_SECRET_KEY "\""
#define WRONG_KEYS "\"access-key\":\"AKLTother\",\"secret-key\":\"b3RoZXI=\""

static struct endpoint *service;

/* A text with the path of a file after it; valid until the eighth next call. */
static const char *joined(const char *text, const char *path)
{
    static char texts[8][512];
    static int next;
    char *out = texts[next++ % 8];

    snprintf(out, sizeof texts[0], "%s%s", text, path);
    return out;
}

static int run_in(const char *const *environment, const char *const *arguments)
{
    struct spawn_setup setup = {0};

    setup.environment = environment;
    return tool_run(service, arguments, &setup);
}

/* Runs with this text in the configuration file, and a region. */
static int run_with_config(const char *text, const char *const *arguments)
{
    const char *path = make_file(service, "config.json", text, 0600);

    return run_in(LIST(joined("VOLCENGINE_CLI_CONFIG_FILE=", path), TOOL_REGION), arguments);
}

static void assert_config_refused(const char *text, const char *why)
{
    assert_int_equal(run_with_config(text, LIST(GOOD)), 3);
    if (!said(why)) {
        fail_msg("\"%s\" is not in: %s", why, tool_errors());
    }
}

static void the_environment_is_a_source(void **state)
{
    (void)state;
    assert_int_equal(run_in(LIST(TOOL_ACCESS_KEY, TOOL_SECRET_KEY, TOOL_REGION), LIST(GOOD)), 0);
}

static void what_is_missing_is_named_with_every_way(void **state)
{
    (void)state;
    assert_int_equal(run_in(LIST(TOOL_REGION, "HOME=/nonexistent"), LIST(GOOD, "--json")), 3);
    assert_true(said("there are no credentials"));
    assert_true(said("VOLCENGINE_ACCESS_KEY"));
    assert_true(said("VOLCENGINE_SECRET_KEY"));
    assert_true(said("--profile"));
    assert_true(said("VOLCENGINE_PROFILE"));
    assert_true(said("/nonexistent/.volcengine/config.json"));
    assert_true(json_says("outcome", "\"not_sent\""));
    assert_int_equal(run_in(LIST(TOOL_REGION, "HOME"), LIST(GOOD)), 3);
    assert_true(said("VOLCENGINE_CLI_CONFIG_FILE"));
}

static void half_a_pair_is_no_source(void **state)
{
    const char *path = make_file(service, "config.json",
                                 "{\"current\":\"a\",\"profiles\":{\"a\":{" KEYS "}}}", 0600);

    (void)state;
    assert_int_equal(
        run_in(LIST(TOOL_ACCESS_KEY, TOOL_REGION, joined("VOLCENGINE_CLI_CONFIG_FILE=", path)),
               LIST(GOOD)),
        3);
    assert_true(said("VOLCENGINE_ACCESS_KEY is set, but VOLCENGINE_SECRET_KEY is not"));
    assert_int_equal(run_in(LIST(TOOL_SECRET_KEY, TOOL_REGION), LIST(GOOD)), 3);
    assert_true(said("VOLCENGINE_SECRET_KEY is set, but VOLCENGINE_ACCESS_KEY is not"));
}

static void an_empty_variable_is_none(void **state)
{
    (void)state;
    assert_int_equal(run_in(LIST("VOLCENGINE_ACCESS_KEY=", "VOLCENGINE_SECRET_KEY=", TOOL_REGION,
                                 "VOLCENGINE_PROFILE=", "HOME=/nonexistent"),
                            LIST(GOOD)),
                     3);
    assert_true(said("there are no credentials"));
}

static void a_session_token_is_sent(void **state)
{
    struct endpoint *other = endpoint_start(LIST("--access-key-id", "AKTP=SK=TOKEN"));
    struct spawn_setup setup = {0};

    (void)state;
    setup.environment = LIST("VOLCENGINE_ACCESS_KEY=AKTP", "VOLCENGINE_SECRET_KEY=SK",
                             "VOLCENGINE_SESSION_TOKEN=TOKEN", TOOL_REGION);
    assert_int_equal(tool_run(other, LIST(GOOD), &setup), 0);
    setup.environment = LIST("VOLCENGINE_ACCESS_KEY=AKTP", "VOLCENGINE_SECRET_KEY=SK", TOOL_REGION);
    assert_int_equal(tool_run(other, LIST(GOOD), &setup), 1);
    endpoint_stop(other);
}

static void the_current_profile_is_a_source(void **state)
{
    (void)state;
    assert_int_equal(run_with_config("{\"current\":\"a\",\"profiles\":{\"b\":{" WRONG_KEYS
                                     "},\"a\":{\"mode\":\"ak\"," KEYS "}}}",
                                     LIST(GOOD)),
                     0);
}

static void the_configuration_is_looked_for_at_home(void **state)
{
    char folder[256];

    (void)state;
    snprintf(folder, sizeof folder, "%s/.volcengine", endpoint_folder(service));
    assert_int_equal(mkdir(folder, 0700), 0);
    make_file(service, ".volcengine/config.json",
              "{\"current\":\"a\",\"profiles\":{\"a\":{" KEYS ",\"region\":\"cn-beijing\"}}}",
              0600);
    assert_int_equal(run_in(LIST(joined("HOME=", endpoint_folder(service))), LIST(GOOD)), 0);
    unlink(joined(folder, "/config.json"));
    rmdir(folder);
}

static void a_named_profile_goes_before_the_environment(void **state)
{
    const char *config = "{\"current\":\"a\",\"profiles\":{\"a\":{" WRONG_KEYS
                         "},\"caf\\u00e9\":{" KEYS "}}}";
    const char *path = joined("VOLCENGINE_CLI_CONFIG_FILE=",
                              make_file(service, "config.json", config, 0600));

    (void)state;
    assert_int_equal(run_in(LIST("VOLCENGINE_ACCESS_KEY=AKLTother", "VOLCENGINE_SECRET_KEY=x",
                                 TOOL_REGION, path),
                            LIST(GOOD, "--profile", "caf\xC3\xA9")),
                     0);
    assert_int_equal(run_in(LIST("VOLCENGINE_ACCESS_KEY=AKLTother", "VOLCENGINE_SECRET_KEY=x",
                                 "VOLCENGINE_PROFILE=caf\xC3\xA9", TOOL_REGION, path),
                            LIST(GOOD)),
                     0);
    assert_int_equal(run_in(LIST("VOLCENGINE_PROFILE=a", TOOL_REGION, path),
                            LIST(GOOD, "--profile", "caf\xC3\xA9")),
                     0);
}

static void sources_are_not_mixed(void **state)
{
    const char *config = "{\"current\":\"a\",\"profiles\":{\"a\":{" KEYS "}}}";
    const char *path = joined("VOLCENGINE_CLI_CONFIG_FILE=",
                              make_file(service, "config.json", config, 0600));

    (void)state;
    assert_int_equal(run_in(LIST("VOLCENGINE_SESSION_TOKEN=stale", TOOL_REGION, path), LIST(GOOD)),
                     0);
    assert_int_equal(
        run_in(LIST("VOLCENGINE_SECRET_KEY=x", "VOLCENGINE_SESSION_TOKEN=stale", TOOL_REGION, path),
               LIST(GOOD, "--profile", "a")),
        0);
}

static void a_profile_that_is_not_there_is_named(void **state)
{
    const char *path = make_file(service, "config.json", "{\"profiles\":{}}", 0600);

    (void)state;
    assert_int_equal(run_in(LIST(TOOL_ACCESS_KEY, TOOL_SECRET_KEY, TOOL_REGION,
                                 joined("VOLCENGINE_CLI_CONFIG_FILE=", path)),
                            LIST(GOOD, "--profile", "nobody")),
                     3);
    assert_true(said("\"nobody\" is missing"));
    unlink(path);
    assert_int_equal(run_in(LIST(TOOL_ACCESS_KEY, TOOL_SECRET_KEY, TOOL_REGION,
                                 joined("VOLCENGINE_CLI_CONFIG_FILE=", path)),
                            LIST(GOOD, "--profile", "nobody")),
                     3);
    assert_true(said("No such file"));
}

static void another_mode_is_refused_by_name(void **state)
{
    (void)state;
    assert_config_refused("{\"current\":\"a\",\"profiles\":{\"a\":{\"mode\":\"sso\"," KEYS "}}}",
                          "profile \"a\" has the mode \"sso\"");
    assert_true(said("only \"ak\""));
}

static void a_configuration_has_to_be_json(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "{\"current\":\"a\"",
        "{\"current\" \"a\"}",
        "{\"current\":\"a\",}",
        "{\"current\":\"a\"} x",
        "{\"current\":a}",
        "{'current':'a'}",
        "{\"current\"}",
        "{\"a\":[1 2]}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":tru}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"line\nend\"}",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_config_refused(texts[i], "this is not JSON");
    }
}

static void a_configuration_that_is_ambiguous_is_refused(void **state)
{
    (void)state;
    assert_config_refused("{\"current\":\"a\",\"current\":\"b\",\"profiles\":{}}",
                          "\"current\" is there twice");
    assert_config_refused("{\"current\":\"a\",\"profiles\":{\"a\":{" KEYS "},\"\\u0061\":{}}}",
                          "\"a\" is there twice");
    assert_config_refused("{\"current\":\"a\",\"profiles\":{\"a\":{" KEYS
                          ",\"secret-key\":\"x\"}}}",
                          "\"secret-key\" is there twice");
}

static void a_configuration_of_other_types_is_refused(void **state)
{
    (void)state;
    assert_config_refused("[]", "\"current\" is of another type");
    assert_config_refused("{\"current\":1}", "\"current\" is of another type");
    assert_config_refused("{\"current\":\"a\"}", "\"profiles\" is missing");
    assert_config_refused("{\"current\":\"a\",\"profiles\":{\"a\":\"x\"}}",
                          "\"mode\" is of another type");
    assert_config_refused("{\"current\":\"a\",\"profiles\":{\"a\":{\"access-key\":{}}}}",
                          "\"access-key\" is of another type");
    assert_config_refused("{\"current\":\"a\",\"profiles\":{\"a\":{\"access-key\":\"a\"}}}",
                          "\"secret-key\" is missing");
    assert_config_refused("{\"current\":\"a\",\"profiles\":{\"a\":{\"access-key\":\"a\\u0000b\"}}}",
                          "\"access-key\" is not valid");
    assert_config_refused("{\"current\":\"a\",\"profiles\":{\"a\":{\"access-key\":\"\\ud800\"}}}",
                          "\"access-key\" is not valid");
}

static void null_in_a_configuration_is_absent(void **state)
{
    (void)state;
    assert_int_equal(
        run_with_config("{\"current\":\"a\",\"profiles\":{\"a\":{\"session-token\":null,"
                        "\"endpoint\":\"\"," KEYS "}},\"other\":[{},1.5e-3,true]}",
                        LIST(GOOD)),
        0);
    assert_config_refused("{\"current\":null}", "there are no credentials");
}

static void a_configuration_that_others_can_read_is_warned_of(void **state)
{
    const char *config = "{\"current\":\"a\",\"profiles\":{\"a\":{" KEYS "}}}";
    const char *path = make_file(service, "config.json", config, 0640);
    const char *variable = joined("VOLCENGINE_CLI_CONFIG_FILE=", path);

    (void)state;
    assert_int_equal(run_in(LIST(TOOL_REGION, variable), LIST(GOOD, "--quiet")), 0);
    assert_true(said("warning: "));
    assert_true(said("config.json can be read by others"));
    make_file(service, "config.json", config, 0600);
    assert_int_equal(run_in(LIST(TOOL_REGION, variable), LIST(GOOD)), 0);
    assert_false(said("warning: "));
}

static void a_key_with_a_line_end_is_refused_without_being_said(void **state)
{
    (void)state;
    assert_int_equal(
        run_in(LIST(TOOL_ACCESS_KEY, "VOLCENGINE_SECRET_KEY=abcdef\n", TOOL_REGION), LIST(GOOD)),
        3);
    assert_true(said("the secret key from the environment"));
    assert_false(said("abcdef"));
}

static void a_wrong_key_is_the_services_refusal(void **state)
{
    (void)state;
    assert_int_equal(
        run_in(LIST("VOLCENGINE_ACCESS_KEY=AKLTother", TOOL_SECRET_KEY, TOOL_REGION), LIST(GOOD)),
        1);
    assert_true(said("InvalidAccessKey"));
    assert_int_equal(
        run_in(LIST(TOOL_ACCESS_KEY, "VOLCENGINE_SECRET_KEY=x", TOOL_REGION), LIST(GOOD)), 1);
    assert_true(said("SignatureDoesNotMatch"));
}

static void there_is_no_default_region(void **state)
{
    (void)state;
    assert_int_equal(run_in(LIST(TOOL_ACCESS_KEY, TOOL_SECRET_KEY), LIST(GOOD)), 2);
    assert_true(said("--region"));
    assert_true(said("VOLCENGINE_REGION"));
}

static void the_region_is_option_then_variable_then_profile(void **state)
{
    const char *config = "{\"current\":\"a\",\"profiles\":{\"a\":{" KEYS
                         ",\"region\":\"cn-beijing\"},\"b\":{" KEYS ",\"region\":\"cn-x\"}}}";
    const char *path = joined("VOLCENGINE_CLI_CONFIG_FILE=",
                              make_file(service, "config.json", config, 0600));

    (void)state;
    assert_int_equal(run_in(LIST(TOOL_ACCESS_KEY, TOOL_SECRET_KEY, "VOLCENGINE_REGION=cn-x"),
                            LIST(GOOD, "--region", "cn-beijing")),
                     0);
    assert_int_equal(run_in(LIST(path), LIST(GOOD)), 0);
    assert_int_equal(run_in(LIST(path, TOOL_REGION), LIST(GOOD, "--profile", "b")), 0);
    assert_int_equal(run_in(LIST(path), LIST(GOOD, "--profile", "b")), 1);
    assert_true(said("SignatureDoesNotMatch"));
}

static void a_region_that_breaks_a_rule_is_named_by_its_source(void **state)
{
    (void)state;
    assert_int_equal(
        run_in(LIST(TOOL_ACCESS_KEY, TOOL_SECRET_KEY, "VOLCENGINE_REGION=cn x"), LIST(GOOD)), 2);
    assert_true(said("VOLCENGINE_REGION (region)"));
}

/* Without a CA file the run ends before anything is looked up or sent. */
static int run_for_endpoint(const char *const *environment)
{
    struct spawn_setup setup = {0};

    setup.environment = environment;
    return tool_run(NULL, LIST(GOOD, "--ca-file", "/nonexistent/ca.pem"), &setup);
}

static void a_foreign_host_is_only_taken_from_the_command_line(void **state)
{
    static const char *const hosts[] = {
        "localhost:1",           "volcengineapi.com.evil.test",
        "evilvolcengineapi.com", "open.volcengineapi.com.",
        "byteplusapi.co",        ".com",
    };
    char config[512];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        assert_int_equal(run_for_endpoint(LIST(TOOL_ACCESS_KEY, TOOL_SECRET_KEY, TOOL_REGION,
                                               joined("VOLCENGINE_ENDPOINT=", hosts[i]))),
                         2);
        assert_true(said("VOLCENGINE_ENDPOINT"));
        assert_true(said("none of the vendor's"));
        assert_true(said("--endpoint"));
    }
    snprintf(config, sizeof config,
             "{\"current\":\"a\",\"profiles\":{\"a\":{" KEYS ",\"endpoint\":\"localhost:1\"}}}");
    make_file(service, "config.json", config, 0600);
    snprintf(config, sizeof config, "VOLCENGINE_CLI_CONFIG_FILE=%s/config.json",
             endpoint_folder(service));
    assert_int_equal(run_for_endpoint(LIST(config, TOOL_REGION)), 2);
    assert_true(said("from profile \"a\" is none of the vendor's"));
}

static void the_vendors_hosts_are_taken_from_the_environment(void **state)
{
    static const char *const hosts[] = {
        "open.volcengineapi.com",     "ecs.cn-beijing.volcengine-api.com",
        "OPEN.VolcEngineAPI.com:443", "open.ap-southeast-1.byteplusapi.com",
        "volcengineapi.com",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        assert_int_equal(run_for_endpoint(LIST(TOOL_ACCESS_KEY, TOOL_SECRET_KEY, TOOL_REGION,
                                               joined("VOLCENGINE_ENDPOINT=", hosts[i]))),
                         2);
        assert_true(said("/nonexistent/ca.pem"));
        assert_false(said("vendor"));
    }
}

static void an_endpoint_in_the_environment_is_checked_and_named(void **state)
{
    (void)state;
    assert_int_equal(run_for_endpoint(LIST(TOOL_ACCESS_KEY, TOOL_SECRET_KEY, TOOL_REGION,
                                           "VOLCENGINE_ENDPOINT=https://open.volcengineapi.com")),
                     2);
    assert_true(said("VOLCENGINE_ENDPOINT has"));
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
    endpoint_stop(service);
    return 0;
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
        TEST(the_environment_is_a_source),
        TEST(what_is_missing_is_named_with_every_way),
        TEST(half_a_pair_is_no_source),
        TEST(an_empty_variable_is_none),
        TEST(a_session_token_is_sent),
        TEST(the_current_profile_is_a_source),
        TEST(the_configuration_is_looked_for_at_home),
        TEST(a_named_profile_goes_before_the_environment),
        TEST(sources_are_not_mixed),
        TEST(a_profile_that_is_not_there_is_named),
        TEST(another_mode_is_refused_by_name),
        TEST(a_configuration_has_to_be_json),
        TEST(a_configuration_that_is_ambiguous_is_refused),
        TEST(a_configuration_of_other_types_is_refused),
        TEST(null_in_a_configuration_is_absent),
        TEST(a_configuration_that_others_can_read_is_warned_of),
        TEST(a_key_with_a_line_end_is_refused_without_being_said),
        TEST(a_wrong_key_is_the_services_refusal),
        TEST(there_is_no_default_region),
        TEST(the_region_is_option_then_variable_then_profile),
        TEST(a_region_that_breaks_a_rule_is_named_by_its_source),
        TEST(a_foreign_host_is_only_taken_from_the_command_line),
        TEST(the_vendors_hosts_are_taken_from_the_environment),
        TEST(an_endpoint_in_the_environment_is_checked_and_named),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
