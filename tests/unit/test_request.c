/*
 * Section 4: the rules that parameters have to keep, and the request that is made of them.
 *
 * Each rule is tried on both sides of its border. Requests are held against texts written by hand
 * or by the simple encoders below; the signatures in them were computed from those texts with
 * Node's crypto.
 */
#define RV_STATIC
#include "../../replace_volume.c"
#include "../support/no_socket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define UTC INT64_C(1767323045) /* 2026-01-02T03:04:05Z */

/* --- a client that is never connected --------------------------------------------------------- */

static rv_system machine;
static rv_tls tls;
static rv_credentials credentials;
static rv_client client;
static rv_call call;

static uint8_t random_bytes[16];
static int random_status;

static uint64_t no_time(void *ctx)
{
    (void)ctx;
    return 0;
}

static int given_random(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    assert_int_equal(len, sizeof(random_bytes));
    memcpy(buf, random_bytes, len);
    return random_status;
}

static int init_client(const char *host, uint16_t number, const char *region, rv_result *why)
{
    rv_client_config config;

    rv_call_free(&call);
    rv_client_free(&client);
    memset(&config, 0, sizeof(config));
    config.tls = &tls;
    config.socket = &no_socket;
    config.host = host;
    config.port = number;
    config.region = region;
    config.credentials = &credentials;
    return rv_client_init(&client, &config, why);
}

static void open_client(const char *host, uint16_t number)
{
    rv_result why;

    assert_int_equal(init_client(host, number, "cn-beijing", &why), RV_OK);
}

/* What a test changes; by itself it keeps every rule. */
static rv_replace_system_volume replace;
static rv_name_value extra[RV_LIST_MAX + 1];
static rv_request request;

static int set_up(void **state)
{
    (void)state;
    memset(&credentials, 0, sizeof(credentials));
    credentials.access_key_id = "AKLTexample";
    credentials.secret_access_key = "c2VjcmV0RXhhbXBsZS0wMDAx";
    machine.monotonic_ms = no_time;
    machine.random = given_random;
    random_status = RV_OK;
    tls.system = &machine;
    tls.config = &tls.own;
    open_client("open.volcengineapi.com", 443);
    no_socket_uses = 0;

    memset(extra, 0, sizeof(extra));
    memset(&replace, 0, sizeof(replace));
    replace.instance_id = "i-a8j6n1i4hojfqpa0abcd";
    replace.image_id = "image-38dfk6rfisf6kir6abcd";
    replace.password = "Password@123";
    replace.client_token = "333456899ff0001";

    memset(&request, 0, sizeof(request));
    request.service = "ecs";
    request.action = "DescribeInstances";
    request.version = "2020-04-01";
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rv_call_free(&call);
    rv_client_free(&client);
    return 0;
}

/* --- expectations ----------------------------------------------------------------------------- */

static void expect_accepted(void)
{
    rv_result result;

    memset(&result, 0xFF, sizeof(result));
    assert_int_equal(rv_replace_check(&replace, &result), RV_OK);
    assert_int_equal(result.status, RV_OK);
    assert_int_equal(result.parameter, RV_PARAMETER_NONE);
    assert_int_equal(result.rule, RV_RULE_NONE);
    assert_string_equal(result.parameter_name, "");
}

static void expect_in_result(const rv_result *result, rv_parameter_id parameter, rv_rule rule,
                             const char *name)
{
    assert_int_equal(result->status, RV_ERR_PARAMETER);
    assert_int_equal(result->outcome, RV_NOT_SENT);
    assert_int_equal(result->attempts, 0);
    assert_int_equal(result->parameter, parameter);
    assert_int_equal(result->rule, rule);
    assert_string_equal(result->parameter_name, name);
}

/* rv_call_start_replace says the same as rv_replace_check. */
static void expect_broken_as(rv_parameter_id parameter, rv_rule rule, const char *name)
{
    rv_result result;

    memset(&result, 0xFF, sizeof(result));
    assert_int_equal(rv_replace_check(&replace, &result), RV_ERR_PARAMETER);
    expect_in_result(&result, parameter, rule, name);

    rv_call_free(&call);
    assert_int_equal(rv_call_start_replace(&call, &client, &replace), RV_ERR_PARAMETER);
    expect_in_result(rv_call_result(&call), parameter, rule, name);
    assert_int_equal(no_socket_uses, 0);
}

static void expect_broken(rv_parameter_id parameter, rv_rule rule)
{
    expect_broken_as(parameter, rule, rv_parameter_name(parameter));
}

static void expect_request_accepted(void)
{
    rv_call_free(&call);
    assert_int_equal(rv_call_start(&call, &client, &request), RV_OK);
}

static void expect_request_broken_as(rv_parameter_id parameter, rv_rule rule, const char *name)
{
    rv_call_free(&call);
    assert_int_equal(rv_call_start(&call, &client, &request), RV_ERR_PARAMETER);
    expect_in_result(rv_call_result(&call), parameter, rule, name);
    assert_int_equal(no_socket_uses, 0);
}

static void expect_request_broken(rv_parameter_id parameter, rv_rule rule)
{
    expect_request_broken_as(parameter, rule, rv_parameter_name(parameter));
}

/* len times c; up to four at a time. */
static const char *repeated(char c, size_t len)
{
    static char texts[4][8200];
    static unsigned next;
    char *text = texts[next++ % 4];

    assert_in_range(len, 0, sizeof(texts[0]) - 1);
    memset(text, c, len);
    text[len] = '\0';
    return text;
}

/* Every byte but NUL, in the middle of something that is right. */
static void expect_printable_ascii_only(const char **field, rv_parameter_id parameter)
{
    static char text[] = "a?z";
    int c;

    *field = text;
    for (c = 1; c < 256; c++) {
        text[1] = (char)c;
        if (c >= 0x21 && c <= 0x7E) {
            expect_accepted();
        } else {
            expect_broken(parameter, RV_RULE_PRINTABLE_ASCII);
        }
    }
}

static void expect_at_most(size_t max, const char **field, rv_parameter_id parameter)
{
    *field = "x";
    expect_accepted();
    *field = repeated('x', max);
    expect_accepted();
    *field = repeated('x', max + 1);
    expect_broken(parameter, RV_RULE_TOO_LONG);
    *field = repeated('x', 8192);
    expect_broken(parameter, RV_RULE_TOO_LONG);
}

/* --- rules: InstanceId, ImageId --------------------------------------------------------------- */

static void what_is_right_is_accepted(void **state)
{
    (void)state;
    expect_accepted();
}

static void nothing_at_all_is_wrong_usage(void **state)
{
    rv_result result;

    (void)state;
    assert_int_equal(rv_replace_check(NULL, &result), RV_ERR_USAGE);
    assert_int_equal(result.status, RV_ERR_USAGE);
}

static void a_check_knows_of_no_time(void **state)
{
    rv_result result;

    (void)state;
    rv_replace_check(&replace, &result);
    assert_true(result.first_sent_utc_s == RV_TIME_UNKNOWN);
    assert_true(result.clock_skew_s == RV_TIME_UNKNOWN);
}

static void instance_id_is_required(void **state)
{
    (void)state;
    replace.instance_id = NULL;
    expect_broken_as(RV_PARAMETER_INSTANCE_ID, RV_RULE_REQUIRED, "InstanceId");
    replace.instance_id = "";
    expect_broken_as(RV_PARAMETER_INSTANCE_ID, RV_RULE_REQUIRED, "InstanceId");
}

static void instance_id_is_printable_ascii(void **state)
{
    (void)state;
    expect_printable_ascii_only(&replace.instance_id, RV_PARAMETER_INSTANCE_ID);
}

static void instance_id_has_at_most_128_bytes(void **state)
{
    (void)state;
    expect_at_most(128, &replace.instance_id, RV_PARAMETER_INSTANCE_ID);
}

static void image_id_is_required(void **state)
{
    (void)state;
    replace.image_id = NULL;
    expect_broken_as(RV_PARAMETER_IMAGE_ID, RV_RULE_REQUIRED, "ImageId");
    replace.image_id = "";
    expect_broken_as(RV_PARAMETER_IMAGE_ID, RV_RULE_REQUIRED, "ImageId");
}

static void image_id_is_printable_ascii(void **state)
{
    (void)state;
    expect_printable_ascii_only(&replace.image_id, RV_PARAMETER_IMAGE_ID);
}

static void image_id_has_at_most_128_bytes(void **state)
{
    (void)state;
    expect_at_most(128, &replace.image_id, RV_PARAMETER_IMAGE_ID);
}

/* --- rules: Password -------------------------------------------------------------------------- */

static void password_is_named_as_in_the_document(void **state)
{
    (void)state;
    replace.password = "";
    expect_broken_as(RV_PARAMETER_PASSWORD, RV_RULE_PASSWORD_LENGTH, "Password");
}

static void password_has_8_to_30_characters(void **state)
{
    const char *longest = "Aa1-----------------------------";
    char password[33];
    size_t len;

    (void)state;
    replace.password = password;
    for (len = 0; len <= 32; len++) {
        memcpy(password, longest, len);
        password[len] = '\0';
        if (len >= 8 && len <= 30) {
            expect_accepted();
        } else {
            expect_broken(RV_PARAMETER_PASSWORD, RV_RULE_PASSWORD_LENGTH);
        }
    }
    replace.password = repeated('A', 8192);
    expect_broken(RV_PARAMETER_PASSWORD, RV_RULE_PASSWORD_LENGTH);
}

/* Upper, lower, digit, special: a bit each, in all 16 combinations. */
static void password_has_three_of_four_classes(void **state)
{
    static const char *const of_class[4] = {"QW", "qw", "47", "+="};
    unsigned classes;

    (void)state;
    for (classes = 0; classes < 16; classes++) {
        char password[9] = "";
        unsigned i, count = 0;

        for (i = 0; i < 4; i++) {
            count += classes >> i & 1;
        }
        for (i = 0; classes != 0 && strlen(password) < 8; i++) {
            if (classes >> i % 4 & 1) {
                strcat(password, of_class[i % 4]);
            }
        }
        replace.password = password;
        if (count >= 3) {
            expect_accepted();
        } else {
            expect_broken(RV_PARAMETER_PASSWORD,
                          count == 0 ? RV_RULE_PASSWORD_LENGTH : RV_RULE_PASSWORD_CLASSES);
        }
    }
}

#define SPECIAL "`~!@#$%^&*()_-+=|{}[]:;'<>,.?/"
#define ALLOWED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" SPECIAL

static void password_has_only_the_documented_characters(void **state)
{
    char password[] = "Aa1xxxx?x";
    int c;

    (void)state;
    replace.password = password;
    for (c = 1; c < 256; c++) {
        password[7] = (char)c;
        if (strchr(ALLOWED, c) != NULL) {
            expect_accepted();
        } else {
            expect_broken(RV_PARAMETER_PASSWORD, RV_RULE_PASSWORD_CHARACTERS);
        }
    }
}

static void double_quote_backslash_space_and_umlauts_are_not_allowed_in_a_password(void **state)
{
    (void)state;
    replace.password = "Password1\"";
    expect_broken(RV_PARAMETER_PASSWORD, RV_RULE_PASSWORD_CHARACTERS);
    replace.password = "Password1\\";
    expect_broken(RV_PARAMETER_PASSWORD, RV_RULE_PASSWORD_CHARACTERS);
    replace.password = "Pass word1";
    expect_broken(RV_PARAMETER_PASSWORD, RV_RULE_PASSWORD_CHARACTERS);
    replace.password = "Passw\xC3\xB6rd1";
    expect_broken(RV_PARAMETER_PASSWORD, RV_RULE_PASSWORD_CHARACTERS);
    replace.password = "Password1\n";
    expect_broken(RV_PARAMETER_PASSWORD, RV_RULE_PASSWORD_CHARACTERS);
}

static void every_special_character_makes_up_a_class(void **state)
{
    char password[] = "abcdef1?";
    const char *special;

    (void)state;
    replace.password = password;
    for (special = SPECIAL; *special != '\0'; special++) {
        password[7] = *special;
        expect_accepted();
    }
    password[7] = 'g';
    expect_broken(RV_PARAMETER_PASSWORD, RV_RULE_PASSWORD_CLASSES);
}

static void every_letter_and_digit_makes_up_its_class(void **state)
{
    char password[] = "-------??";
    char c;

    (void)state;
    replace.password = password;
    for (c = 'A'; c <= 'Z'; c++) {
        password[7] = c;
        password[8] = '0';
        expect_accepted();
        password[8] = lower_case(c);
        expect_accepted();
        password[8] = 'A';
        expect_broken(RV_PARAMETER_PASSWORD, RV_RULE_PASSWORD_CLASSES);
    }
    for (c = '0'; c <= '9'; c++) {
        password[7] = c;
        password[8] = 'a';
        expect_accepted();
        password[8] = '9';
        expect_broken(RV_PARAMETER_PASSWORD, RV_RULE_PASSWORD_CLASSES);
    }
}

static void password_does_not_begin_with_a_slash(void **state)
{
    (void)state;
    replace.password = "/Password1";
    expect_broken(RV_PARAMETER_PASSWORD, RV_RULE_PASSWORD_START);
    replace.password = "P/assword1";
    expect_accepted();
    replace.password = "Password1/";
    expect_accepted();
}

static void password_does_not_begin_like_a_hash(void **state)
{
    (void)state;
    replace.password = "$6$Password";
    expect_broken(RV_PARAMETER_PASSWORD, RV_RULE_PASSWORD_START);
    replace.password = "$6Password";
    expect_accepted();
    replace.password = "$5$Password";
    expect_accepted();
    replace.password = "$$6$Password";
    expect_accepted();
    replace.password = "P$6$assword";
    expect_accepted();
}

static void the_example_of_the_document_is_a_good_password(void **state)
{
    (void)state;
    replace.password = "Password@123";
    expect_accepted();
}

/* --- rules: KeyPairName, KeepImageCredential -------------------------------------------------- */

static void use_key_pair(const char *name)
{
    replace.password = NULL;
    replace.key_pair_name = name;
}

static void a_credential_is_required(void **state)
{
    (void)state;
    replace.password = NULL;
    expect_broken_as(RV_PARAMETER_PASSWORD, RV_RULE_CREDENTIAL_MISSING, "Password");
    replace.keep_image_credential = RV_FALSE;
    expect_broken_as(RV_PARAMETER_PASSWORD, RV_RULE_CREDENTIAL_MISSING, "Password");
}

static void a_key_pair_is_enough(void **state)
{
    (void)state;
    use_key_pair("kp-test-123");
    expect_accepted();
    replace.keep_image_credential = RV_FALSE;
    expect_accepted();
}

static void password_and_key_pair_may_be_given_together(void **state)
{
    (void)state;
    replace.key_pair_name = "kp-test-123";
    expect_accepted();
    replace.keep_image_credential = RV_FALSE;
    expect_accepted();
}

static void a_bad_password_is_told_beside_a_good_key_pair(void **state)
{
    (void)state;
    replace.key_pair_name = "kp-test-123";
    replace.password = "short";
    expect_broken(RV_PARAMETER_PASSWORD, RV_RULE_PASSWORD_LENGTH);
}

static void key_pair_name_is_not_empty(void **state)
{
    (void)state;
    use_key_pair("");
    expect_broken_as(RV_PARAMETER_KEY_PAIR_NAME, RV_RULE_NOT_EMPTY, "KeyPairName");
    replace.password = "Password@123";
    expect_broken_as(RV_PARAMETER_KEY_PAIR_NAME, RV_RULE_NOT_EMPTY, "KeyPairName");
}

static void key_pair_name_is_printable_ascii(void **state)
{
    (void)state;
    replace.password = NULL;
    expect_printable_ascii_only(&replace.key_pair_name, RV_PARAMETER_KEY_PAIR_NAME);
}

static void key_pair_name_has_at_most_128_bytes(void **state)
{
    (void)state;
    replace.password = NULL;
    expect_at_most(128, &replace.key_pair_name, RV_PARAMETER_KEY_PAIR_NAME);
}

static void the_credential_of_the_image_is_enough(void **state)
{
    (void)state;
    replace.password = NULL;
    replace.keep_image_credential = RV_TRUE;
    expect_accepted();
}

static void the_credential_of_the_image_excludes_a_password(void **state)
{
    (void)state;
    replace.keep_image_credential = RV_TRUE;
    expect_broken_as(RV_PARAMETER_PASSWORD, RV_RULE_CREDENTIAL_CONFLICT, "Password");
    replace.password = "";
    expect_broken_as(RV_PARAMETER_PASSWORD, RV_RULE_CREDENTIAL_CONFLICT, "Password");
}

static void the_credential_of_the_image_excludes_a_key_pair(void **state)
{
    (void)state;
    use_key_pair("kp-test-123");
    replace.keep_image_credential = RV_TRUE;
    expect_broken_as(RV_PARAMETER_KEY_PAIR_NAME, RV_RULE_CREDENTIAL_CONFLICT, "KeyPairName");
}

static void keep_image_credential_is_unset_true_or_false(void **state)
{
    (void)state;
    replace.keep_image_credential = (rv_boolean)3;
    expect_broken_as(RV_PARAMETER_KEEP_IMAGE_CREDENTIAL, RV_RULE_BOOLEAN, "KeepImageCredential");
    replace.keep_image_credential = (rv_boolean)100;
    expect_broken(RV_PARAMETER_KEEP_IMAGE_CREDENTIAL, RV_RULE_BOOLEAN);
}

/* --- rules: ClientToken, DryRun, ImageReleaseVersion ------------------------------------------ */

static void client_token_may_be_left_out(void **state)
{
    (void)state;
    replace.client_token = NULL;
    expect_accepted();
}

static void client_token_is_not_empty(void **state)
{
    (void)state;
    replace.client_token = "";
    expect_broken_as(RV_PARAMETER_CLIENT_TOKEN, RV_RULE_NOT_EMPTY, "ClientToken");
}

static void client_token_is_printable_ascii(void **state)
{
    (void)state;
    expect_printable_ascii_only(&replace.client_token, RV_PARAMETER_CLIENT_TOKEN);
}

static void client_token_has_at_most_64_bytes(void **state)
{
    (void)state;
    expect_at_most(64, &replace.client_token, RV_PARAMETER_CLIENT_TOKEN);
}

static void dry_run_is_unset_true_or_false(void **state)
{
    (void)state;
    replace.dry_run = RV_TRUE;
    expect_accepted();
    replace.dry_run = RV_FALSE;
    expect_accepted();
    replace.dry_run = (rv_boolean)3;
    expect_broken_as(RV_PARAMETER_DRY_RUN, RV_RULE_BOOLEAN, "DryRun");
}

static void image_release_version_may_be_empty(void **state)
{
    (void)state;
    replace.image_release_version = "";
    expect_accepted();
    replace.image_release_version = "20241115";
    expect_accepted();
}

static void image_release_version_is_printable_ascii(void **state)
{
    (void)state;
    expect_printable_ascii_only(&replace.image_release_version, RV_PARAMETER_IMAGE_RELEASE_VERSION);
}

static void image_release_version_has_at_most_128_bytes(void **state)
{
    (void)state;
    expect_at_most(128, &replace.image_release_version, RV_PARAMETER_IMAGE_RELEASE_VERSION);
}

/* --- rules: Size, UserData -------------------------------------------------------------------- */

static void size_is_1_to_65536_gib(void **state)
{
    (void)state;
    replace.has_size_gib = 1;
    replace.size_gib = 0;
    expect_broken_as(RV_PARAMETER_SIZE, RV_RULE_RANGE, "Size");
    replace.size_gib = 1;
    expect_accepted();
    replace.size_gib = 65536;
    expect_accepted();
    replace.size_gib = 65537;
    expect_broken_as(RV_PARAMETER_SIZE, RV_RULE_RANGE, "Size");
    replace.size_gib = UINT32_MAX;
    expect_broken_as(RV_PARAMETER_SIZE, RV_RULE_RANGE, "Size");
}

static void a_size_that_is_not_set_is_not_looked_at(void **state)
{
    (void)state;
    replace.has_size_gib = 0;
    replace.size_gib = UINT32_MAX;
    expect_accepted();
}

static void user_data_has_1_to_16384_bytes(void **state)
{
    static uint8_t data[RV_USER_DATA_MAX + 1];

    (void)state;
    replace.method = RV_POST; /* in a GET it would be too long for other reasons */
    replace.user_data = data;
    replace.user_data_len = 0;
    expect_broken_as(RV_PARAMETER_USER_DATA, RV_RULE_NOT_EMPTY, "UserData");
    replace.user_data_len = 1;
    expect_accepted();
    replace.user_data_len = 16384;
    expect_accepted();
    replace.user_data_len = 16385;
    expect_broken_as(RV_PARAMETER_USER_DATA, RV_RULE_TOO_LONG, "UserData");
    replace.user_data_len = SIZE_MAX;
    expect_broken_as(RV_PARAMETER_USER_DATA, RV_RULE_TOO_LONG, "UserData");
}

static void user_data_with_a_length_but_no_bytes_is_refused(void **state)
{
    (void)state;
    replace.user_data = NULL;
    replace.user_data_len = 1;
    expect_broken_as(RV_PARAMETER_USER_DATA, RV_RULE_REQUIRED, "UserData");
}

static void another_method_than_get_and_post_is_misuse(void **state)
{
    (void)state;
    replace.method = (rv_method)2;
    assert_int_equal(rv_call_start_replace(&call, &client, &replace), RV_ERR_USAGE);
    assert_int_equal(rv_call_result(&call)->status, RV_ERR_USAGE);
    assert_int_equal(rv_call_result(&call)->outcome, RV_NOT_SENT);
}

/* --- rules: names and values of the caller's own ---------------------------------------------- */

static void use_extra(const char *name, const char *value)
{
    extra[replace.extra_count].name = name;
    extra[replace.extra_count].value = value;
    replace.extra = extra;
    replace.extra_count++;
}

static void more_parameters_are_accepted(void **state)
{
    (void)state;
    use_extra("SomethingNew", "1");
    use_extra("SomethingEmpty", "");
    use_extra("Tags.1.Key", "a");
    use_extra("Tags.1.Value", "b");
    use_extra("InstanceIds", "not InstanceId");
    use_extra("Instance", "part of it");
    expect_accepted();
}

static void a_name_that_is_one_of_ours_is_refused_in_any_case(void **state)
{
    static const char *const ours[] = {
        "InstanceId",
        "ImageId",
        "Password",
        "KeyPairName",
        "KeepImageCredential",
        "ClientToken",
        "DryRun",
        "Size",
        "UserData",
        "Action",
        "Version",
        "ImageReleaseVersion",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        char name[32];
        size_t k;

        replace.extra_count = 0;
        use_extra(name, "x");
        strcpy(name, ours[i]);
        expect_broken_as(RV_PARAMETER_EXTRA, RV_RULE_RESERVED_NAME, name);
        for (k = 0; name[k] != '\0'; k++) {
            name[k] = lower_case(name[k]);
        }
        expect_broken_as(RV_PARAMETER_EXTRA, RV_RULE_RESERVED_NAME, name);
        for (k = 0; name[k] != '\0'; k++) {
            name[k] = (char)(name[k] & ~0x20);
        }
        expect_broken_as(RV_PARAMETER_EXTRA, RV_RULE_RESERVED_NAME, name);
        strcat(name, "s");
        expect_accepted();
        name[strlen(name) - 2] = '\0';
        expect_accepted();
    }
}

static void a_name_of_ours_is_refused_at_any_place_of_the_list(void **state)
{
    (void)state;
    use_extra("A", "1");
    use_extra("B", "2");
    use_extra("password", "Password@123");
    use_extra("C", "3");
    expect_broken_as(RV_PARAMETER_EXTRA, RV_RULE_RESERVED_NAME, "password");
}

static void a_name_that_comes_twice_is_refused(void **state)
{
    (void)state;
    use_extra("A", "1");
    use_extra("B", "1");
    expect_accepted();
    use_extra("A", "2");
    expect_broken_as(RV_PARAMETER_EXTRA, RV_RULE_DUPLICATE_NAME, "A");
    extra[2].name = "AB";
    expect_accepted();
}

static void a_name_is_required(void **state)
{
    (void)state;
    use_extra(NULL, "1");
    expect_broken_as(RV_PARAMETER_EXTRA, RV_RULE_REQUIRED, "extra parameter");
}

static void a_name_is_not_empty(void **state)
{
    (void)state;
    use_extra("", "1");
    expect_broken_as(RV_PARAMETER_EXTRA, RV_RULE_NOT_EMPTY, "extra parameter");
}

/* Then the name is not fit to be shown, either. */
static void a_name_is_printable_ascii(void **state)
{
    char name[] = "a?z";
    int c;

    (void)state;
    use_extra(name, "1");
    for (c = 1; c < 256; c++) {
        name[1] = (char)c;
        if (c >= 0x21 && c <= 0x7E) {
            expect_accepted();
        } else {
            expect_broken_as(RV_PARAMETER_EXTRA, RV_RULE_PRINTABLE_ASCII, "extra parameter");
        }
    }
}

static void a_name_has_at_most_128_bytes(void **state)
{
    (void)state;
    use_extra(repeated('x', 128), "1");
    expect_accepted();
    extra[0].name = repeated('x', 129);
    expect_broken_as(RV_PARAMETER_EXTRA, RV_RULE_TOO_LONG, "extra parameter");
}

static void the_longest_name_is_told_whole(void **state)
{
    (void)state;
    use_extra(repeated('x', 128), NULL);
    expect_broken_as(RV_PARAMETER_EXTRA, RV_RULE_REQUIRED, repeated('x', 128));
}

static void a_value_is_required_and_may_be_empty(void **state)
{
    (void)state;
    use_extra("A", NULL);
    expect_broken_as(RV_PARAMETER_EXTRA, RV_RULE_REQUIRED, "A");
    extra[0].value = "";
    expect_accepted();
}

static void a_value_has_at_most_4096_bytes(void **state)
{
    (void)state;
    use_extra("A", repeated('x', 4096));
    expect_accepted();
    extra[0].value = repeated('x', 4097);
    expect_broken_as(RV_PARAMETER_EXTRA, RV_RULE_TOO_LONG, "A");
}

static void a_value_may_have_any_byte(void **state)
{
    char value[256];
    int c;

    (void)state;
    for (c = 1; c < 256; c++) {
        value[c - 1] = (char)c;
    }
    value[255] = '\0';
    use_extra("A", value);
    expect_accepted();
}

static void a_list_has_at_most_120_names(void **state)
{
    static char names[RV_LIST_MAX + 1][5];
    size_t i;

    (void)state;
    for (i = 0; i < RV_LIST_MAX + 1; i++) {
        snprintf(names[i], sizeof(names[i]), "p%u", (unsigned)(i % 1000));
        use_extra(names[i], "");
    }
    assert_int_equal(replace.extra_count, 121);
    expect_broken_as(RV_PARAMETER_EXTRA, RV_RULE_RANGE, "extra parameter");
    replace.extra_count = 120;
    expect_accepted();
}

static void a_list_that_is_not_there_has_no_length(void **state)
{
    (void)state;
    replace.extra = NULL;
    replace.extra_count = 1;
    expect_broken_as(RV_PARAMETER_EXTRA, RV_RULE_RANGE, "extra parameter");
    replace.extra_count = 0;
    expect_accepted();
}

/* --- rules: any action ------------------------------------------------------------------------ */

static void service_has_1_to_16_bytes(void **state)
{
    (void)state;
    request.service = "storage_ebs";
    expect_request_accepted();
    request.service = repeated('s', 16);
    expect_request_accepted();
    request.service = repeated('s', 17);
    expect_request_broken_as(RV_PARAMETER_SERVICE, RV_RULE_TOO_LONG, "service");
    request.service = "";
    expect_request_broken(RV_PARAMETER_SERVICE, RV_RULE_REQUIRED);
    request.service = NULL;
    expect_request_broken(RV_PARAMETER_SERVICE, RV_RULE_REQUIRED);
    request.service = "e s";
    expect_request_broken(RV_PARAMETER_SERVICE, RV_RULE_PRINTABLE_ASCII);
}

static void action_is_required(void **state)
{
    (void)state;
    request.action = NULL;
    expect_request_broken_as(RV_PARAMETER_ACTION, RV_RULE_REQUIRED, "Action");
    request.action = "";
    expect_request_broken(RV_PARAMETER_ACTION, RV_RULE_REQUIRED);
    request.action = "Describe\n";
    expect_request_broken(RV_PARAMETER_ACTION, RV_RULE_PRINTABLE_ASCII);
    request.action = repeated('A', 129);
    expect_request_broken(RV_PARAMETER_ACTION, RV_RULE_TOO_LONG);
    request.action = repeated('A', 128);
    expect_request_accepted();
}

static void version_is_required(void **state)
{
    (void)state;
    request.version = NULL;
    expect_request_broken_as(RV_PARAMETER_VERSION, RV_RULE_REQUIRED, "Version");
    request.version = "";
    expect_request_broken(RV_PARAMETER_VERSION, RV_RULE_REQUIRED);
    request.version = "2020 04 01";
    expect_request_broken(RV_PARAMETER_VERSION, RV_RULE_PRINTABLE_ASCII);
    request.version = repeated('1', 129);
    expect_request_broken(RV_PARAMETER_VERSION, RV_RULE_TOO_LONG);
}

static void to_repeat_with_a_token_there_has_to_be_one(void **state)
{
    (void)state;
    request.repeat = RV_REPEAT_WITH_TOKEN;
    expect_request_broken_as(RV_PARAMETER_CLIENT_TOKEN, RV_RULE_REQUIRED, "ClientToken");
    request.client_token = "";
    expect_request_broken(RV_PARAMETER_CLIENT_TOKEN, RV_RULE_REQUIRED);
    request.client_token = repeated('t', 65);
    expect_request_broken(RV_PARAMETER_CLIENT_TOKEN, RV_RULE_TOO_LONG);
    request.client_token = repeated('t', 64);
    expect_request_accepted();
}

static void a_token_may_also_be_sent_without_repeating(void **state)
{
    (void)state;
    request.repeat = RV_REPEAT_SAFE;
    request.client_token = "";
    expect_request_broken(RV_PARAMETER_CLIENT_TOKEN, RV_RULE_NOT_EMPTY);
    request.client_token = "token";
    expect_request_accepted();
    request.client_token = NULL;
    expect_request_accepted();
}

static void the_names_that_every_action_has_are_refused_in_its_list(void **state)
{
    static const char *const ours[] = {"Action",      "Version",     "ClientToken",
                                       "clienttoken", "CLIENTTOKEN", "aCTION"};
    size_t i;

    (void)state;
    request.parameters = extra;
    request.parameter_count = 1;
    extra[0].value = "x";
    for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        extra[0].name = ours[i];
        expect_request_broken_as(RV_PARAMETER_EXTRA, RV_RULE_RESERVED_NAME, ours[i]);
    }
    extra[0].name = "InstanceId";
    expect_request_accepted();
}

static void the_list_of_any_action_is_checked_likewise(void **state)
{
    (void)state;
    request.parameters = extra;
    request.parameter_count = 2;
    extra[0].name = "InstanceIds.1";
    extra[0].value = "i-1";
    extra[1] = extra[0];
    expect_request_broken_as(RV_PARAMETER_EXTRA, RV_RULE_DUPLICATE_NAME, "InstanceIds.1");
    extra[1].name = "InstanceIds.2";
    expect_request_accepted();
    extra[1].value = NULL;
    expect_request_broken_as(RV_PARAMETER_EXTRA, RV_RULE_REQUIRED, "InstanceIds.2");
    request.parameter_count = RV_LIST_MAX + 1;
    expect_request_broken(RV_PARAMETER_EXTRA, RV_RULE_RANGE);
    request.parameters = NULL;
    request.parameter_count = 1;
    expect_request_broken(RV_PARAMETER_EXTRA, RV_RULE_RANGE);
}

/* --- rules: host, region, credentials --------------------------------------------------------- */

static void expect_client_broken(const char *host, const char *region, rv_parameter_id parameter,
                                 rv_rule rule, const char *name)
{
    rv_result why;

    memset(&why, 0xFF, sizeof(why));
    assert_int_equal(init_client(host, 0, region, &why), RV_ERR_PARAMETER);
    expect_in_result(&why, parameter, rule, name);
    assert_int_equal(no_socket_uses, 0);
}

static void host_has_letters_digits_hyphens_and_dots(void **state)
{
    char host[] = "a?z.example";
    rv_result why;
    int c;

    (void)state;
    for (c = 1; c < 256; c++) {
        host[1] = (char)c;
        if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.", c) != NULL) {
            assert_int_equal(init_client(host, 0, "cn-beijing", &why), RV_OK);
        } else {
            expect_client_broken(
                host, "cn-beijing", RV_PARAMETER_HOST,
                c >= 0x21 && c <= 0x7E ? RV_RULE_HOST_NAME : RV_RULE_PRINTABLE_ASCII, "host");
        }
    }
}

static void host_has_1_to_253_bytes(void **state)
{
    rv_result why;

    (void)state;
    assert_int_equal(init_client(repeated('h', 253), 0, "cn-beijing", &why), RV_OK);
    expect_client_broken(repeated('h', 254), "cn-beijing", RV_PARAMETER_HOST, RV_RULE_TOO_LONG,
                         "host");
    expect_client_broken("", "cn-beijing", RV_PARAMETER_HOST, RV_RULE_REQUIRED, "host");
}

static void host_is_the_vendors_unless_given(void **state)
{
    rv_result why;

    (void)state;
    assert_int_equal(init_client(NULL, 0, "cn-beijing", &why), RV_OK);
    assert_string_equal(client.config.host, "open.volcengineapi.com");
    assert_int_equal(client.config.port, 443);
}

static void region_is_required_and_printable_ascii(void **state)
{
    rv_result why;

    (void)state;
    expect_client_broken(NULL, NULL, RV_PARAMETER_REGION, RV_RULE_REQUIRED, "region");
    expect_client_broken(NULL, "", RV_PARAMETER_REGION, RV_RULE_REQUIRED, "region");
    expect_client_broken(NULL, "cn beijing", RV_PARAMETER_REGION, RV_RULE_PRINTABLE_ASCII,
                         "region");
    expect_client_broken(NULL, "cn\r\nbeijing", RV_PARAMETER_REGION, RV_RULE_PRINTABLE_ASCII,
                         "region");
    expect_client_broken(NULL, repeated('r', 129), RV_PARAMETER_REGION, RV_RULE_TOO_LONG, "region");
    assert_int_equal(init_client(NULL, 0, repeated('r', 128), &why), RV_OK);
}

static void expect_credentials(int status, rv_parameter_id parameter, rv_rule rule)
{
    rv_result result;

    memset(&result, 0, sizeof(result));
    assert_int_equal(check_credentials(&credentials, &result), status);
    assert_int_equal(result.parameter, parameter);
    assert_int_equal(result.rule, rule);
    assert_string_equal(result.parameter_name, rv_parameter_name(parameter));
}

static void expect_credentials_broken(rv_parameter_id parameter, rv_rule rule)
{
    expect_credentials(RV_ERR_PARAMETER, parameter, rule);
}

static void expect_credentials_accepted(void)
{
    expect_credentials(RV_OK, RV_PARAMETER_NONE, RV_RULE_NONE);
}

static void access_key_id_is_required_and_printable_ascii(void **state)
{
    (void)state;
    expect_credentials_accepted();
    credentials.access_key_id = NULL;
    expect_credentials_broken(RV_PARAMETER_ACCESS_KEY_ID, RV_RULE_REQUIRED);
    credentials.access_key_id = "";
    expect_credentials_broken(RV_PARAMETER_ACCESS_KEY_ID, RV_RULE_REQUIRED);
    credentials.access_key_id = "AKLT\r\nX: y";
    expect_credentials_broken(RV_PARAMETER_ACCESS_KEY_ID, RV_RULE_PRINTABLE_ASCII);
    credentials.access_key_id = repeated('A', 129);
    expect_credentials_broken(RV_PARAMETER_ACCESS_KEY_ID, RV_RULE_TOO_LONG);
    credentials.access_key_id = repeated('A', 128);
    expect_credentials_accepted();
}

static void secret_access_key_is_required_and_printable_ascii(void **state)
{
    (void)state;
    credentials.secret_access_key = NULL;
    expect_credentials_broken(RV_PARAMETER_SECRET_ACCESS_KEY, RV_RULE_REQUIRED);
    credentials.secret_access_key = "";
    expect_credentials_broken(RV_PARAMETER_SECRET_ACCESS_KEY, RV_RULE_REQUIRED);
    credentials.secret_access_key = "secret\n";
    expect_credentials_broken(RV_PARAMETER_SECRET_ACCESS_KEY, RV_RULE_PRINTABLE_ASCII);
    credentials.secret_access_key = repeated('s', 4097);
    expect_credentials_broken(RV_PARAMETER_SECRET_ACCESS_KEY, RV_RULE_TOO_LONG);
    credentials.secret_access_key = repeated('s', 4096);
    expect_credentials_accepted();
}

static void session_token_may_be_left_out_and_is_printable_ascii(void **state)
{
    (void)state;
    credentials.session_token = "";
    expect_credentials_broken(RV_PARAMETER_SESSION_TOKEN, RV_RULE_NOT_EMPTY);
    credentials.session_token = "token\r\nHost: x";
    expect_credentials_broken(RV_PARAMETER_SESSION_TOKEN, RV_RULE_PRINTABLE_ASCII);
    credentials.session_token = repeated('t', 4097);
    expect_credentials_broken(RV_PARAMETER_SESSION_TOKEN, RV_RULE_TOO_LONG);
    credentials.session_token = repeated('t', 4096);
    expect_credentials_accepted();
    credentials.session_token = NULL;
    expect_credentials_accepted();
}

/* --- the token -------------------------------------------------------------------------------- */

static void start_replacement(void)
{
    rv_call_free(&call);
    assert_int_equal(rv_call_start_replace(&call, &client, &replace), RV_OK);
    call.credentials = credentials;
}

static void the_callers_token_is_the_one_of_the_call(void **state)
{
    (void)state;
    start_replacement();
    assert_string_equal(rv_call_result(&call)->client_token, "333456899ff0001");
}

static void without_one_a_token_is_made_before_the_first_step(void **state)
{
    unsigned i;

    (void)state;
    for (i = 0; i < 16; i++) {
        random_bytes[i] = (uint8_t)i;
    }
    replace.client_token = NULL;
    start_replacement();
    assert_string_equal(rv_call_result(&call)->client_token,
                        "00010203-0405-4607-8809-0a0b0c0d0e0f");
}

/* RFC 9562 section 5.4: version 4, variant 10. */
static void a_token_that_is_made_is_a_random_uuid(void **state)
{
    static const char form[] = "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx";
    unsigned byte, i;

    (void)state;
    replace.client_token = NULL;
    for (byte = 0; byte < 256; byte++) {
        const char *token;

        memset(random_bytes, (int)byte, sizeof(random_bytes));
        start_replacement();
        token = rv_call_result(&call)->client_token;
        assert_int_equal(strlen(token), 36);
        for (i = 0; i < 36; i++) {
            const char *wanted = form[i] == 'x'   ? "0123456789abcdef"
                                 : form[i] == 'v' ? "89ab"
                                 : form[i] == '4' ? "4"
                                                  : "-";

            assert_non_null(strchr(wanted, token[i]));
        }
    }
}

static void every_random_bit_is_in_the_token(void **state)
{
    unsigned bit;

    (void)state;
    replace.client_token = NULL;
    memset(random_bytes, 0, sizeof(random_bytes));
    for (bit = 0; bit < 128; bit++) {
        int is_fixed = (bit / 8 == 6 && bit % 8 >= 4) || (bit / 8 == 8 && bit % 8 >= 6);

        random_bytes[bit / 8] = (uint8_t)(1u << bit % 8);
        start_replacement();
        random_bytes[bit / 8] = 0;
        if (is_fixed) {
            assert_string_equal(rv_call_result(&call)->client_token,
                                "00000000-0000-4000-8000-000000000000");
        } else {
            assert_string_not_equal(rv_call_result(&call)->client_token,
                                    "00000000-0000-4000-8000-000000000000");
        }
    }
}

static void without_randomness_there_is_no_call(void **state)
{
    (void)state;
    random_status = RV_ERR_RANDOM;
    replace.client_token = NULL;
    assert_int_equal(rv_call_start_replace(&call, &client, &replace), RV_ERR_RANDOM);
    assert_int_equal(rv_call_result(&call)->status, RV_ERR_RANDOM);
    assert_int_equal(rv_call_result(&call)->outcome, RV_NOT_SENT);
    assert_string_equal(rv_call_result(&call)->client_token, "");
}

static void with_a_token_no_randomness_is_needed(void **state)
{
    (void)state;
    random_status = RV_ERR_RANDOM;
    start_replacement();
}

/* --- generating ------------------------------------------------------------------------------- */

static char generated[131072];

/* All that a template expands to, written into windows of a size. Each window is memory of its own,
 * so that a tool sees a byte too many. */
static const char *generate(const char *template, size_t size)
{
    char *window = malloc(size);
    size_t len = 0, part;

    assert_non_null(window);
    cursor_start(&call, template);
    while ((part = cursor_fill(&call, window, size)) > 0) {
        assert_in_range(part, 1, size);
        assert_in_range(len + part, 1, sizeof(generated) - 1);
        memcpy(generated + len, window, part);
        len += part;
    }
    generated[len] = '\0';
    free(window);
    return generated;
}

static const char *generate_whole(const char *template)
{
    return generate(template, sizeof(generated) - 1);
}

static void sign(void)
{
    assert_int_equal(request_sign(&call, UTC), RV_OK);
}

/* Signs ReplaceSystemVolume and returns the request, all of it. */
static const char *replacement(void)
{
    start_replacement();
    sign();
    return generate_whole(request_template);
}

static const char *target(void)
{
    start_replacement();
    return generate_whole(target_template);
}

static const char *body(void)
{
    start_replacement();
    return generate_whole(body_template);
}

#define TARGET_WITHOUT_CREDENTIAL                              \
    "/?Action=ReplaceSystemVolume&ClientToken=333456899ff0001" \
    "&ImageId=image-38dfk6rfisf6kir6abcd&InstanceId=i-a8j6n1i4hojfqpa0abcd"

static void a_get_as_it_is_sent(void **state)
{
    (void)state;
    assert_string_equal(
        replacement(),
        "GET " TARGET_WITHOUT_CREDENTIAL "&Password=Password%40123&Version=2020-04-01 HTTP/1.1\r\n"
        "Host: open.volcengineapi.com\r\n"
        "User-Agent: replace_volume/" RV_VERSION "\r\n"
        "Accept: application/json\r\n"
        "X-Date: 20260102T030405Z\r\n"
        "Authorization: HMAC-SHA256 Credential=AKLTexample/20260102/cn-beijing/ecs/request, "
        "SignedHeaders=host;x-date, "
        "Signature=0013e38a9ab2d5ca7720803c40cbf563ea09f51c20c7e48eea22f0a0cfba8d09\r\n"
        "\r\n");
}

static void a_post_as_it_is_sent(void **state)
{
    (void)state;
    replace.method = RV_POST;
    credentials.session_token = "STS.example/token+with=chars";
    open_client("open.volcengineapi.com", 8443);
    assert_string_equal(
        replacement(),
        "POST /?Action=ReplaceSystemVolume&Version=2020-04-01 HTTP/1.1\r\n"
        "Host: open.volcengineapi.com:8443\r\n"
        "User-Agent: replace_volume/" RV_VERSION "\r\n"
        "Accept: application/json\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        "Content-Length: 120\r\n"
        "X-Date: 20260102T030405Z\r\n"
        "X-Security-Token: STS.example/token+with=chars\r\n"
        "Authorization: HMAC-SHA256 Credential=AKLTexample/20260102/cn-beijing/ecs/request, "
        "SignedHeaders=content-type;host;x-date;x-security-token, "
        "Signature=a6c6bd5e55f95cba72edd53021f6741c5eef4803e64592a3eba311cfc1f97797\r\n"
        "\r\n"
        "ClientToken=333456899ff0001&ImageId=image-38dfk6rfisf6kir6abcd"
        "&InstanceId=i-a8j6n1i4hojfqpa0abcd&Password=Password%40123");
}

static void a_session_token_is_sent_only_when_there_is_one(void **state)
{
    (void)state;
    assert_null(strstr(replacement(), "X-Security-Token"));
    credentials.session_token = "STS.token";
    assert_non_null(strstr(replacement(), "\r\nX-Security-Token: STS.token\r\n"));
}

static void the_host_is_sent_without_the_port_of_https(void **state)
{
    (void)state;
    open_client("ecs.cn-beijing.volcengineapi.com", 443);
    assert_non_null(strstr(replacement(), "\r\nHost: ecs.cn-beijing.volcengineapi.com\r\n"));
    open_client("ecs.cn-beijing.volcengineapi.com", 0);
    assert_non_null(strstr(replacement(), "\r\nHost: ecs.cn-beijing.volcengineapi.com\r\n"));
}

static void the_host_is_sent_with_any_other_port(void **state)
{
    (void)state;
    open_client("localhost", 8443);
    assert_non_null(strstr(replacement(), "\r\nHost: localhost:8443\r\n"));
    open_client("localhost", 1);
    assert_non_null(strstr(replacement(), "\r\nHost: localhost:1\r\n"));
    open_client("localhost", 65535);
    assert_non_null(strstr(replacement(), "\r\nHost: localhost:65535\r\n"));
}

/* The vendor's signers drop :80 like :443 before they sign, so a service that does the same would
 * find another text. */
static void the_host_is_signed_without_port_80(void **state)
{
    (void)state;
    open_client("open.volcengineapi.com", 80);
    start_replacement();
    sign();
    assert_non_null(
        strstr(generate_whole(canonical_request_template), "\nhost:open.volcengineapi.com\n"));
}

static void what_is_not_set_is_not_sent(void **state)
{
    (void)state;
    replace.password = NULL;
    replace.key_pair_name = "kp-test-123";
    assert_string_equal(target(), TARGET_WITHOUT_CREDENTIAL "&KeyPairName=kp-test-123"
                                                            "&Version=2020-04-01");
}

static void false_is_sent_and_is_not_the_same_as_unset(void **state)
{
    (void)state;
    replace.keep_image_credential = RV_FALSE;
    replace.dry_run = RV_FALSE;
    assert_string_equal(target(),
                        "/?Action=ReplaceSystemVolume&ClientToken=333456899ff0001&DryRun=false"
                        "&ImageId=image-38dfk6rfisf6kir6abcd&InstanceId=i-a8j6n1i4hojfqpa0abcd"
                        "&KeepImageCredential=false&Password=Password%40123&Version=2020-04-01");
}

static void true_is_sent_as_true(void **state)
{
    (void)state;
    replace.password = NULL;
    replace.keep_image_credential = RV_TRUE;
    replace.dry_run = RV_TRUE;
    assert_string_equal(target(),
                        "/?Action=ReplaceSystemVolume&ClientToken=333456899ff0001&DryRun=true"
                        "&ImageId=image-38dfk6rfisf6kir6abcd&InstanceId=i-a8j6n1i4hojfqpa0abcd"
                        "&KeepImageCredential=true&Version=2020-04-01");
}

static void an_empty_release_version_is_sent_and_is_not_the_same_as_unset(void **state)
{
    (void)state;
    assert_null(strstr(target(), "ImageReleaseVersion"));
    replace.image_release_version = "";
    assert_non_null(strstr(target(), "&ImageReleaseVersion=&"));
    replace.image_release_version = "20241115";
    assert_non_null(strstr(target(), "&ImageReleaseVersion=20241115&"));
}

static void a_size_is_sent_in_decimal_when_it_is_set(void **state)
{
    (void)state;
    replace.size_gib = 40;
    assert_null(strstr(target(), "Size"));
    replace.has_size_gib = 1;
    assert_non_null(strstr(target(), "&Size=40&"));
    replace.size_gib = 65536;
    assert_non_null(strstr(target(), "&Size=65536&"));
}

static void a_token_that_was_made_is_sent(void **state)
{
    (void)state;
    memset(random_bytes, 0xA5, sizeof(random_bytes));
    replace.client_token = NULL;
    assert_non_null(strstr(target(), "&ClientToken=a5a5a5a5-a5a5-45a5-a5a5-a5a5a5a5a5a5&"));
}

static void all_parameters_at_once(void **state)
{
    (void)state;
    replace.key_pair_name = "kp-test-123";
    replace.keep_image_credential = RV_FALSE;
    replace.dry_run = RV_TRUE;
    replace.image_release_version = "20241115";
    replace.has_size_gib = 1;
    replace.size_gib = 100;
    replace.user_data = (const uint8_t *)"#!/bin/sh\n";
    replace.user_data_len = 10;
    use_extra("Zone", "a b");
    use_extra("Between", "");
    use_extra("zone", "1");
    assert_string_equal(target(),
                        "/?Action=ReplaceSystemVolume&Between=&ClientToken=333456899ff0001"
                        "&DryRun=true&ImageId=image-38dfk6rfisf6kir6abcd"
                        "&ImageReleaseVersion=20241115&InstanceId=i-a8j6n1i4hojfqpa0abcd"
                        "&KeepImageCredential=false&KeyPairName=kp-test-123"
                        "&Password=Password%40123&Size=100"
                        "&UserData=IyEvYmluL3NoCg%3D%3D&Version=2020-04-01&Zone=a%20b&zone=1");
}

static void any_action_is_generated(void **state)
{
    (void)state;
    request.parameters = extra;
    request.parameter_count = 2;
    extra[0].name = "InstanceIds.1";
    extra[0].value = "i-1";
    extra[1].name = "NextToken";
    extra[1].value = "";
    expect_request_accepted();
    assert_string_equal(generate_whole(target_template),
                        "/?Action=DescribeInstances&InstanceIds.1=i-1&NextToken="
                        "&Version=2020-04-01");
}

static void an_action_without_parameters_is_generated(void **state)
{
    (void)state;
    expect_request_accepted();
    assert_string_equal(generate_whole(target_template),
                        "/?Action=DescribeInstances&Version=2020-04-01");
    request.method = RV_POST;
    expect_request_accepted();
    call.credentials = credentials;
    sign();
    assert_non_null(strstr(generate_whole(request_template), "\r\nContent-Length: 0\r\n"));
    assert_string_equal(generate_whole(body_template), "");
}

/* --- generating: order ------------------------------------------------------------------------ */

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const rv_name_value *)a)->name, ((const rv_name_value *)b)->name);
}

/* The request is DescribeInstances with these names, in this order; so many, each with value v. */
static void expect_sorted(const char *const *names, size_t count)
{
    static rv_name_value sorted[RV_LIST_MAX + 2];
    static char expected[8192];
    size_t i, len = 0;

    for (i = 0; i < count; i++) {
        extra[i].name = names[i];
        extra[i].value = "v";
        sorted[i] = extra[i];
    }
    sorted[count].name = "Action";
    sorted[count].value = "DescribeInstances";
    sorted[count + 1].name = "Version";
    sorted[count + 1].value = "2020-04-01";
    qsort(sorted, count + 2, sizeof(sorted[0]), compare_names);
    for (i = 0; i < count + 2; i++) {
        len += (size_t)snprintf(expected + len, sizeof(expected) - len, "%s%s=%s",
                                i == 0 ? "/?" : "&", sorted[i].name, sorted[i].value);
    }
    request.parameters = extra;
    request.parameter_count = count;
    expect_request_accepted();
    assert_string_equal(generate_whole(target_template), expected);
}

/* All of them unreserved, so that they are sent as they are. */
static void parameters_are_sorted_by_the_bytes_of_their_names(void **state)
{
    static const char *const names[] = {"z",  "Z",  "a",   "A",       "9",      "0",       "~",
                                        "_",  ".",  "-",   "A.1",     "A-1",    "A.10",    "A.2",
                                        "AA", "Aa", "Act", "Actions", "Versio", "Version."};

    (void)state;
    expect_sorted(names, sizeof(names) / sizeof(names[0]));
}

/* "A=v" would follow "A-=v" and "A.=v", since "=" is above "-" and ".". */
static void parameters_are_sorted_by_name_and_not_by_name_and_value(void **state)
{
    (void)state;
    extra[0].name = "A.1";
    extra[1].name = "A-1";
    extra[2].name = "A";
    extra[0].value = extra[1].value = extra[2].value = "v";
    request.parameters = extra;
    request.parameter_count = 3;
    expect_request_accepted();
    assert_string_equal(generate_whole(target_template),
                        "/?A=v&A-1=v&A.1=v&Action=DescribeInstances&Version=2020-04-01");
}

/* "A[" becomes "A%5B", which would stand before "AB". */
static void parameters_are_sorted_before_they_are_encoded(void **state)
{
    (void)state;
    extra[0].name = "A[";
    extra[1].name = "AB";
    extra[0].value = extra[1].value = "v";
    request.parameters = extra;
    request.parameter_count = 2;
    expect_request_accepted();
    assert_string_equal(generate_whole(target_template),
                        "/?AB=v&A%5B=v&Action=DescribeInstances&Version=2020-04-01");
}

static void a_full_list_is_sorted_from_any_order(void **state)
{
    static char names[RV_LIST_MAX][16];
    const char *list[RV_LIST_MAX];
    uint32_t random = 1;
    unsigned round;
    size_t i, k;

    (void)state;
    for (round = 0; round < 20; round++) {
        for (i = 0; i < RV_LIST_MAX; i++) {
            for (k = 0; k < 2 + i % 3; k++) {
                random = random * 1103515245u + 12345u;
                names[i][k] = "ABab01._-~"[(random >> 16) % 10];
            }
            snprintf(names[i] + k, 8, ".%u", (unsigned)i % 1000);
            list[i] = names[i];
        }
        expect_sorted(list, RV_LIST_MAX);
    }
}

/* --- generating: encoding --------------------------------------------------------------------- */

#define UNRESERVED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"

/* RFC 3986 section 2.1, appended to out. */
static void encode(char *out, const char *text)
{
    out += strlen(out);
    for (; *text != '\0'; text++) {
        if (strchr(UNRESERVED, *text) != NULL) {
            *out++ = *text;
        } else {
            out += sprintf(out, "%%%02X", (unsigned)(unsigned char)*text);
        }
    }
    *out = '\0';
}

static void every_byte_of_a_value_is_encoded(void **state)
{
    char value[2] = "";
    int c;

    (void)state;
    use_extra("A", value);
    for (c = 1; c < 256; c++) {
        char expected[16] = "/?A=";

        value[0] = (char)c;
        encode(expected, value);
        strcat(expected, "&Action=");
        assert_memory_equal(target(), expected, strlen(expected));
    }
}

static void every_byte_of_a_name_is_encoded(void **state)
{
    char name[2] = "";
    int c;

    (void)state;
    use_extra(name, "v");
    for (c = 0x21; c < 0x7F; c++) {
        char expected[16] = "";

        name[0] = (char)c;
        encode(expected, name);
        strcat(expected, "=v");
        assert_non_null(strstr(target(), expected));
    }
}

static void all_bytes_at_once_are_encoded(void **state)
{
    char value[256], expected[1024] = "&~=";
    int c;

    (void)state;
    for (c = 1; c < 256; c++) {
        value[c - 1] = (char)c;
    }
    value[255] = '\0';
    encode(expected, value);
    use_extra("~", value);
    assert_string_equal(strstr(target(), "&~="), expected);
    replace.method = RV_POST;
    assert_string_equal(strstr(body(), "&~="), expected);
}

static void space_and_plus_are_told_apart(void **state)
{
    (void)state;
    use_extra("A", "a b+c");
    assert_non_null(strstr(target(), "?A=a%20b%2Bc&"));
    replace.method = RV_POST;
    assert_memory_equal(body(), "A=a%20b%2Bc&", 12);
}

static void an_empty_value_is_sent_with_its_equals_sign(void **state)
{
    (void)state;
    use_extra("A", "");
    use_extra("zzz", "");
    assert_memory_equal(target(), "/?A=&Action=", 12);
    assert_string_equal(strstr(target(), "&zzz"), "&zzz=");
    replace.method = RV_POST;
    assert_memory_equal(body(), "A=&ClientToken=", 15);
    assert_string_equal(strstr(body(), "&zzz"), "&zzz=");
}

/* RFC 4648 section 4 and then percent encoding, one character after the other. */
static void encode_base64(char *out, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t bit;

    out += strlen(out);
    for (bit = 0; bit < len * 8 || bit % 24 != 0; bit += 6) {
        unsigned six = 0;
        size_t i;

        for (i = bit; i < bit + 6; i++) {
            six = six << 1 | (i < len * 8 ? (unsigned)bytes[i / 8] >> (7 - i % 8) & 1u : 0);
        }
        if (bit >= len * 8) {
            strcpy(out, "%3D");
            out += 3;
        } else if (strchr("+/", digits[six]) != NULL) {
            strcpy(out, digits[six] == '+' ? "%2B" : "%2F");
            out += 3;
        } else {
            *out++ = digits[six];
        }
    }
    *out = '\0';
}

static uint8_t data[RV_USER_DATA_MAX];

static void fill_data(uint32_t seed)
{
    size_t i;

    for (i = 0; i < sizeof(data); i++) {
        seed = seed * 1103515245u + 12345u;
        data[i] = (uint8_t)(seed >> 16);
    }
}

static void expect_user_data(size_t len)
{
    static char expected[70000];

    strcpy(expected, "&UserData=");
    encode_base64(expected, data, len);
    replace.user_data = data;
    replace.user_data_len = len;
    replace.method = RV_POST;
    assert_string_equal(strstr(body(), "&UserData="), expected);
    if (len <= 100) {
        replace.method = RV_GET;
        strcat(expected, "&Version=2020-04-01");
        assert_string_equal(strstr(target(), "&UserData="), expected);
    }
}

static void the_encoder_of_this_test_knows_rfc_4648(void **state)
{
    static const struct {
        const char *text, *encoded;
    } examples[] = {{"", ""},
                    {"f", "Zg%3D%3D"},
                    {"fo", "Zm8%3D"},
                    {"foo", "Zm9v"},
                    {"foob", "Zm9vYg%3D%3D"},
                    {"fooba", "Zm9vYmE%3D"},
                    {"foobar", "Zm9vYmFy"},
                    {"\xFB\xEF\xFF", "%2B%2B%2F%2F"}};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        char out[32] = "";

        encode_base64(out, (const uint8_t *)examples[i].text, strlen(examples[i].text));
        assert_string_equal(out, examples[i].encoded);
    }
}

static void user_data_of_every_length_up_to_100_is_sent_as_base64(void **state)
{
    size_t len;

    (void)state;
    for (len = 1; len <= 100; len++) {
        fill_data((uint32_t)len);
        expect_user_data(len);
    }
}

static void user_data_of_16384_bytes_is_sent_as_base64(void **state)
{
    (void)state;
    fill_data(42);
    expect_user_data(16382);
    expect_user_data(16383);
    expect_user_data(16384);
    memset(data, 0xFF, sizeof(data)); /* all slashes: as long as it can get */
    expect_user_data(16384);
}

static void user_data_may_have_zeros(void **state)
{
    (void)state;
    memset(data, 0, sizeof(data));
    expect_user_data(7);
}

/* --- generating: POST ------------------------------------------------------------------------- */

static void use_everything(rv_method method)
{
    fill_data(7);
    memset(data, 0xFF, 300); /* slashes, so that each group takes all the room that it can */
    replace.key_pair_name = "kp-test-123";
    replace.keep_image_credential = RV_FALSE;
    replace.dry_run = RV_TRUE;
    replace.image_release_version = "";
    replace.has_size_gib = 1;
    replace.size_gib = 100;
    replace.user_data = data;
    replace.user_data_len = 1000;
    use_extra("A.1", "\x01 /\xFF&=+%");
    use_extra("~", "");
    replace.method = method;
    credentials.session_token = "STS.example/token+with=chars";
}

static void a_post_has_only_action_and_version_in_its_target(void **state)
{
    (void)state;
    use_everything(RV_POST);
    assert_string_equal(target(), "/?Action=ReplaceSystemVolume&Version=2020-04-01");
}

/* Take Action and Version out of the target of a GET, and the body of a POST is what is left. */
static void the_body_of_a_post_is_the_rest_of_the_target_of_a_get(void **state)
{
    static char rest[8192];
    char *version;

    (void)state;
    use_everything(RV_GET);
    strcpy(rest, target() + 2);
    version = strstr(rest, "&Version=2020-04-01");
    assert_non_null(version);
    memmove(version, version + 19, strlen(version + 19) + 1);
    version = strstr(rest, "&Action=ReplaceSystemVolume");
    assert_non_null(version);
    memmove(version, version + 27, strlen(version + 27) + 1);

    replace.method = RV_POST;
    assert_string_equal(body(), rest);
}

static void the_length_of_a_body_is_right(void **state)
{
    size_t len;

    (void)state;
    use_everything(RV_POST);
    for (len = 1; len < sizeof(data); len = len * 2 + 1) {
        const char *sent, *length, *at_body;

        replace.user_data_len = len;
        sent = replacement();
        length = strstr(sent, "\r\nContent-Length: ");
        at_body = strstr(sent, "\r\n\r\n");
        assert_non_null(length);
        assert_non_null(at_body);
        assert_int_equal(strtoul(length + 18, NULL, 10), strlen(at_body + 4));
    }
}

static void a_get_has_no_body_and_no_fields_of_one(void **state)
{
    const char *sent, *end;

    (void)state;
    use_everything(RV_GET);
    sent = replacement();
    assert_null(strstr(sent, "Content-"));
    end = strstr(sent, "\r\n\r\n");
    assert_non_null(end);
    assert_string_equal(end, "\r\n\r\n");
}

static void the_secrets_of_a_post_are_not_in_its_head(void **state)
{
    const char *sent, *password;

    (void)state;
    use_everything(RV_POST);
    sent = replacement();
    password = strstr(sent, "Password%40123");
    assert_non_null(password);
    assert_true(password > strstr(sent, "\r\n\r\n"));
    assert_true(strstr(sent, "UserData") > strstr(sent, "\r\n\r\n"));
}

/* --- generating: windows ---------------------------------------------------------------------- */

static void expect_same_in_all_windows(const char *template)
{
    static char whole[65536];
    size_t size;

    assert_in_range(strlen(generate_whole(template)), 1, sizeof(whole) - 1);
    strcpy(whole, generated);
    for (size = BASE64_MAX; size <= 700; size++) {
        assert_string_equal(generate(template, size), whole);
    }
    assert_string_equal(generate(template, RV_WINDOW_SIZE), whole);
}

static void a_get_is_the_same_whatever_the_window(void **state)
{
    (void)state;
    use_everything(RV_GET);
    start_replacement();
    sign();
    expect_same_in_all_windows(request_template);
    expect_same_in_all_windows(canonical_request_template);
    expect_same_in_all_windows(target_template);
}

static void a_post_is_the_same_whatever_the_window(void **state)
{
    (void)state;
    use_everything(RV_POST);
    start_replacement();
    sign();
    expect_same_in_all_windows(request_template);
    expect_same_in_all_windows(canonical_request_template);
    expect_same_in_all_windows(body_template);
}

static void the_string_to_sign_is_the_same_whatever_the_window(void **state)
{
    (void)state;
    start_replacement();
    sign();
    expect_same_in_all_windows(string_to_sign_template);
    expect_same_in_all_windows(signed_headers_template);
}

static void the_end_of_a_request_is_said_again_and_again(void **state)
{
    char window[64];
    unsigned i;

    (void)state;
    start_replacement();
    sign();
    cursor_start(&call, request_template);
    while (cursor_fill(&call, window, sizeof(window)) > 0) {
    }
    for (i = 0; i < 3; i++) {
        assert_int_equal(cursor_fill(&call, window, sizeof(window)), 0);
    }
}

/* Long values are encoded up to the border of the window, so no window is sent half empty. */
static void windows_are_well_filled(void **state)
{
    char window[512];
    size_t part, next;

    (void)state;
    use_everything(RV_POST);
    replace.user_data_len = sizeof(data);
    start_replacement();
    sign();
    cursor_start(&call, request_template);
    part = cursor_fill(&call, window, sizeof(window));
    while ((next = cursor_fill(&call, window, sizeof(window))) > 0) {
        assert_in_range(part, sizeof(window) - BASE64_MAX, sizeof(window));
        part = next;
    }
}

/* --- the length of a target ------------------------------------------------------------------- */

/* Two values that make the target so long. */
static void use_target_of(size_t len)
{
    size_t without;

    replace.extra_count = 0;
    use_extra("x", "");
    use_extra("y", repeated('y', 4000));
    without = strlen(target());
    extra[0].value = repeated('x', len - without);
}

static void a_target_of_8000_bytes_is_sent(void **state)
{
    const char *end;

    (void)state;
    use_target_of(8000);
    end = strstr(replacement(), " HTTP/1.1\r\n");
    assert_non_null(end);
    assert_int_equal(end - generated, strlen("GET ") + 8000);
}

static void a_target_of_8001_bytes_is_an_error(void **state)
{
    (void)state;
    use_target_of(8001);
    expect_accepted(); /* each parameter for itself */
    rv_call_free(&call);
    assert_int_equal(rv_call_start_replace(&call, &client, &replace), RV_ERR_PARAMETER);
    expect_in_result(rv_call_result(&call), RV_PARAMETER_TARGET, RV_RULE_TARGET_TOO_LONG,
                     "request target");
    assert_int_equal(no_socket_uses, 0);
}

static void what_is_too_long_for_a_get_fits_a_post(void **state)
{
    (void)state;
    use_target_of(8001);
    replace.method = RV_POST;
    start_replacement();
}

static void encoded_bytes_of_a_target_count_as_three(void **state)
{
    (void)state;
    use_extra("x", repeated(' ', 2600));
    start_replacement();
    extra[0].value = repeated(' ', 2700);
    rv_call_free(&call);
    assert_int_equal(rv_call_start_replace(&call, &client, &replace), RV_ERR_PARAMETER);
    assert_int_equal(rv_call_result(&call)->rule, RV_RULE_TARGET_TOO_LONG);
}

static void the_target_of_any_action_is_measured(void **state)
{
    (void)state;
    request.parameters = extra;
    request.parameter_count = 2;
    extra[0].name = "x";
    extra[1].name = "y";
    extra[0].value = extra[1].value = repeated('x', 4096);
    expect_request_broken(RV_PARAMETER_TARGET, RV_RULE_TARGET_TOO_LONG);
    request.method = RV_POST;
    expect_request_accepted();
}

static void measuring_leaves_nothing_in_the_window(void **state)
{
    size_t i;

    (void)state;
    start_replacement();
    for (i = 0; i < sizeof(client.window); i++) {
        assert_int_equal(client.window[i], 0);
    }
}

static int start_mbedtls(void **state)
{
    (void)state;
#if defined(RV_USE_PSA)
    return psa_crypto_init() == PSA_SUCCESS ? 0 : -1;
#else
    return 0;
#endif
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_right_is_accepted),
        TEST(nothing_at_all_is_wrong_usage),
        TEST(a_check_knows_of_no_time),
        TEST(instance_id_is_required),
        TEST(instance_id_is_printable_ascii),
        TEST(instance_id_has_at_most_128_bytes),
        TEST(image_id_is_required),
        TEST(image_id_is_printable_ascii),
        TEST(image_id_has_at_most_128_bytes),
        TEST(password_is_named_as_in_the_document),
        TEST(password_has_8_to_30_characters),
        TEST(password_has_three_of_four_classes),
        TEST(password_has_only_the_documented_characters),
        TEST(double_quote_backslash_space_and_umlauts_are_not_allowed_in_a_password),
        TEST(every_special_character_makes_up_a_class),
        TEST(every_letter_and_digit_makes_up_its_class),
        TEST(password_does_not_begin_with_a_slash),
        TEST(password_does_not_begin_like_a_hash),
        TEST(the_example_of_the_document_is_a_good_password),
        TEST(a_credential_is_required),
        TEST(a_key_pair_is_enough),
        TEST(password_and_key_pair_may_be_given_together),
        TEST(a_bad_password_is_told_beside_a_good_key_pair),
        TEST(key_pair_name_is_not_empty),
        TEST(key_pair_name_is_printable_ascii),
        TEST(key_pair_name_has_at_most_128_bytes),
        TEST(the_credential_of_the_image_is_enough),
        TEST(the_credential_of_the_image_excludes_a_password),
        TEST(the_credential_of_the_image_excludes_a_key_pair),
        TEST(keep_image_credential_is_unset_true_or_false),
        TEST(client_token_may_be_left_out),
        TEST(client_token_is_not_empty),
        TEST(client_token_is_printable_ascii),
        TEST(client_token_has_at_most_64_bytes),
        TEST(dry_run_is_unset_true_or_false),
        TEST(image_release_version_may_be_empty),
        TEST(image_release_version_is_printable_ascii),
        TEST(image_release_version_has_at_most_128_bytes),
        TEST(size_is_1_to_65536_gib),
        TEST(a_size_that_is_not_set_is_not_looked_at),
        TEST(user_data_has_1_to_16384_bytes),
        TEST(user_data_with_a_length_but_no_bytes_is_refused),
        TEST(another_method_than_get_and_post_is_misuse),
        TEST(more_parameters_are_accepted),
        TEST(a_name_that_is_one_of_ours_is_refused_in_any_case),
        TEST(a_name_of_ours_is_refused_at_any_place_of_the_list),
        TEST(a_name_that_comes_twice_is_refused),
        TEST(a_name_is_required),
        TEST(a_name_is_not_empty),
        TEST(a_name_is_printable_ascii),
        TEST(a_name_has_at_most_128_bytes),
        TEST(the_longest_name_is_told_whole),
        TEST(a_value_is_required_and_may_be_empty),
        TEST(a_value_has_at_most_4096_bytes),
        TEST(a_value_may_have_any_byte),
        TEST(a_list_has_at_most_120_names),
        TEST(a_list_that_is_not_there_has_no_length),
        TEST(service_has_1_to_16_bytes),
        TEST(action_is_required),
        TEST(version_is_required),
        TEST(to_repeat_with_a_token_there_has_to_be_one),
        TEST(a_token_may_also_be_sent_without_repeating),
        TEST(the_names_that_every_action_has_are_refused_in_its_list),
        TEST(the_list_of_any_action_is_checked_likewise),
        TEST(host_has_letters_digits_hyphens_and_dots),
        TEST(host_has_1_to_253_bytes),
        TEST(host_is_the_vendors_unless_given),
        TEST(region_is_required_and_printable_ascii),
        TEST(access_key_id_is_required_and_printable_ascii),
        TEST(secret_access_key_is_required_and_printable_ascii),
        TEST(session_token_may_be_left_out_and_is_printable_ascii),
        TEST(the_callers_token_is_the_one_of_the_call),
        TEST(without_one_a_token_is_made_before_the_first_step),
        TEST(a_token_that_is_made_is_a_random_uuid),
        TEST(every_random_bit_is_in_the_token),
        TEST(without_randomness_there_is_no_call),
        TEST(with_a_token_no_randomness_is_needed),
        TEST(a_get_as_it_is_sent),
        TEST(a_post_as_it_is_sent),
        TEST(a_session_token_is_sent_only_when_there_is_one),
        TEST(the_host_is_sent_without_the_port_of_https),
        TEST(the_host_is_sent_with_any_other_port),
        TEST(the_host_is_signed_without_port_80),
        TEST(what_is_not_set_is_not_sent),
        TEST(false_is_sent_and_is_not_the_same_as_unset),
        TEST(true_is_sent_as_true),
        TEST(an_empty_release_version_is_sent_and_is_not_the_same_as_unset),
        TEST(a_size_is_sent_in_decimal_when_it_is_set),
        TEST(a_token_that_was_made_is_sent),
        TEST(all_parameters_at_once),
        TEST(any_action_is_generated),
        TEST(an_action_without_parameters_is_generated),
        TEST(parameters_are_sorted_by_the_bytes_of_their_names),
        TEST(parameters_are_sorted_by_name_and_not_by_name_and_value),
        TEST(parameters_are_sorted_before_they_are_encoded),
        TEST(a_full_list_is_sorted_from_any_order),
        TEST(every_byte_of_a_value_is_encoded),
        TEST(every_byte_of_a_name_is_encoded),
        TEST(all_bytes_at_once_are_encoded),
        TEST(space_and_plus_are_told_apart),
        TEST(an_empty_value_is_sent_with_its_equals_sign),
        TEST(the_encoder_of_this_test_knows_rfc_4648),
        TEST(user_data_of_every_length_up_to_100_is_sent_as_base64),
        TEST(user_data_of_16384_bytes_is_sent_as_base64),
        TEST(user_data_may_have_zeros),
        TEST(a_post_has_only_action_and_version_in_its_target),
        TEST(the_body_of_a_post_is_the_rest_of_the_target_of_a_get),
        TEST(the_length_of_a_body_is_right),
        TEST(a_get_has_no_body_and_no_fields_of_one),
        TEST(the_secrets_of_a_post_are_not_in_its_head),
        TEST(a_get_is_the_same_whatever_the_window),
        TEST(a_post_is_the_same_whatever_the_window),
        TEST(the_string_to_sign_is_the_same_whatever_the_window),
        TEST(the_end_of_a_request_is_said_again_and_again),
        TEST(windows_are_well_filled),
        TEST(a_target_of_8000_bytes_is_sent),
        TEST(a_target_of_8001_bytes_is_an_error),
        TEST(what_is_too_long_for_a_get_fits_a_post),
        TEST(encoded_bytes_of_a_target_count_as_three),
        TEST(the_target_of_any_action_is_measured),
        TEST(measuring_leaves_nothing_in_the_window),
    };

    return cmocka_run_group_tests_name("request", tests, start_mbedtls, NULL);
}
