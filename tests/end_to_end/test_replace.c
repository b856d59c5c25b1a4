/* The main job: one call replaces a system volume, and every parameter arrives as it was given. */
#define _POSIX_C_SOURCE 200809L
#include "tests/support/customer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TOKEN "token-of-the-test"

/* --- helpers -----------------------------------------------------------------------------------
 */

static void assert_accepted(struct customer *customer, int status)
{
    const rv_result *result = customer_result(customer);

    assert_int_equal(status, RV_OK);
    assert_int_equal(result->status, RV_OK);
    assert_int_equal(result->outcome, RV_ACCEPTED);
    assert_int_equal(result->code, RV_CODE_NONE);
    assert_string_equal(result->code_text, "");
    assert_string_equal(result->message, "");
    assert_int_equal(result->http_status, 200);
    assert_int_equal(result->attempts, 1);
    assert_int_equal(result->tls_error, 0);
    assert_int_equal(result->verify_flags, 0);
    assert_int_equal(result->system_error, 0);
    assert_true(strlen(result->request_id) > 20);
}

static char *read_whole_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 65536);
    size_t len;

    assert_non_null(file);
    assert_non_null(text);
    len = fread(text, 1, 65535, file);
    text[len] = '\0';
    fclose(file);
    return text;
}

/* --- the job -----------------------------------------------------------------------------------
 */

static void replaced_by_get(struct customer *customer)
{
    int64_t before = (int64_t)time(NULL);
    const rv_result *result = customer_result(customer);

    SERVE(customer, "--delay-ms", "20");
    assert_accepted(customer, customer_replace(customer));
    assert_int_equal(strlen(result->client_token), 36);
    assert_int_equal(result->client_token[14], '4');
    assert_in_range((uintmax_t)(result->first_sent_utc_s - before), 0, 60);
    assert_in_range((uintmax_t)(result->clock_skew_s + 2), 0, 4);
    assert_int_equal(customer_lines(customer, IS_REPLACED, result->client_token), 1);
    assert_int_equal(customer_lines(customer, IS_REPLACED, "\"times\":1"), 1);
    assert_int_equal(customer_lines(customer, IS_REQUEST, "\"method\":\"GET\""), 1);
    assert_int_equal(customer_lines(customer, IS_REQUEST, NULL), 1);
    assert_int_equal(customer_lines(customer, IS_OPENED, "\"alpn\":\"http/1.1\""), 1);
    assert_int_equal(customer_lines(customer, IS_OPENED, "\"server_name\":\"localhost\""), 1);
    assert_true(endpoint_journal_await(customer->service, "\"event\":\"settled\"", 1, 5000));
    assert_int_equal(customer_lines(customer, "\"event\":\"settled\"", STOPPED_INSTANCE), 1);
}

static void replaced_by_post(struct customer *customer)
{
    SERVE(customer, "--delay-ms", "20");
    customer->replace.method = RV_POST;
    assert_accepted(customer, customer_replace(customer));
    assert_int_equal(customer_lines(customer, IS_REQUEST, "\"method\":\"POST\""), 1);
    assert_int_equal(customer_lines(customer, IS_REPLACED, customer_result(customer)->client_token),
                     1);
}

/* The endpoint's own books, written at its end, say the same as its answers. */
static void books_agree(struct customer *customer)
{
    char path[] = "/tmp/books-XXXXXX";
    char *books;
    int file = mkstemp(path);

    assert_true(file >= 0);
    close(file);
    SERVE(customer, "--books", path, "--delay-ms", "10");
    customer->replace.key_pair_name = "kp-operations";
    customer->replace.password = NULL;
    customer->replace.image_id = "image-ubuntu2204";
    assert_accepted(customer, customer_replace(customer));
    assert_true(endpoint_journal_await(customer->service, "\"event\":\"settled\"", 1, 5000));
    customer_restart(customer);
    endpoint_stop(customer->service);
    customer->service = NULL;
    books = read_whole_file(path);
    unlink(path);
    assert_non_null(strstr(books, "\"" STOPPED_INSTANCE "\":{\"replacements\":1,\"accepted\":1,"
                                  "\"stops\":0,\"starts\":0,\"status\":\"RUNNING\","
                                  "\"image_id\":\"image-ubuntu2204\""));
    assert_non_null(strstr(books, "\"key_pair\":\"kp-operations\""));
    assert_non_null(strstr(books, "\"requests\":1,\"replacements\":1,\"tokens\":1,"));
    free(books);
}

static void dry_run_changes_nothing(struct customer *customer)
{
    const rv_result *result = customer_result(customer);

    SERVE(customer, NULL);
    customer->replace.dry_run = RV_TRUE;
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(result->outcome, RV_CHECKED);
    assert_int_equal(result->code, RV_CODE_DRY_RUN_OPERATION);
    assert_int_equal(result->http_status, 412);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 0);
    assert_int_equal(customer_lines(customer, IS_REQUEST, "\"dry_run\":true"), 1);

    /* the real one after it, on the same connection, with a token of its own */
    customer->replace.dry_run = RV_FALSE;
    assert_accepted(customer, customer_replace(customer));
    assert_int_equal(customer_lines(customer, IS_REQUEST, "\"dry_run\":false"), 1);
    assert_int_equal(customer->connections, 1);
}

static void dry_run_ignored_is_said(struct customer *customer)
{
    const rv_result *result = customer_result(customer);

    SERVE(customer, "--dry-run-ignored");
    customer->replace.dry_run = RV_TRUE;
    assert_int_equal(customer_replace(customer), RV_ERR_DRY_RUN_IGNORED);
    assert_int_equal(result->outcome, RV_ACCEPTED);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 1);
}

static void forms_of_an_empty_result(struct customer *customer)
{
    SERVE(customer, "--empty-result", customer->with);
    assert_accepted(customer, customer_replace(customer));
}

/* What a service that ignores a form's body makes of a POST: an answer, not a replacement. */
static void post_without_a_body_is_refused(struct customer *customer)
{
    SERVE(customer, "--post", "body-ignored");
    customer->replace.method = RV_POST;
    assert_int_equal(customer_replace(customer), RV_ERR_SERVICE);
    assert_int_equal(customer_result(customer)->outcome, RV_REFUSED);
    assert_int_equal(customer_result(customer)->code, RV_CODE_MISSING_INSTANCE_ID);
    assert_int_equal(customer_requests(customer), 1);
}

static void post_can_be_refused(struct customer *customer)
{
    SERVE(customer, "--post", "refused");
    customer->replace.method = RV_POST;
    assert_int_equal(customer_replace(customer), RV_ERR_SERVICE);
    assert_int_equal(customer_result(customer)->outcome, RV_REFUSED);
    assert_int_equal(customer_result(customer)->code, RV_CODE_INVALID_ACTION_OR_VERSION);
}

/* --- tokens ------------------------------------------------------------------------------------
 */

/* The token is there before the first byte goes out. */
static void token_is_known_beforehand(struct customer *customer)
{
    char token[RV_CLIENT_TOKEN_MAX + 1];

    SERVE(customer, NULL);
    customer_start_replace(customer);
    strcpy(token, customer_result(customer)->client_token);
    assert_int_equal(strlen(token), 36);
    assert_int_equal(customer->connections, 0);
    assert_int_equal(rv_call_run(&customer->call), RV_OK);
    assert_int_equal(customer_lines(customer, IS_REPLACED, token), 1);
}

/* Again with the same token, as after a lost answer: accepted, and nothing is done twice. */
static void same_token_again(struct customer *customer)
{
    SERVE(customer, NULL);
    customer->replace.client_token = TOKEN;
    customer->replace.client_token_is_new = 1;
    assert_accepted(customer, customer_replace(customer));
    customer->replace.client_token_is_new = 0;
    assert_accepted(customer, customer_replace(customer));
    assert_int_equal(customer_requests(customer), 2);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 1);
}

/* The same where the service looks at the state first: what it refuses may have been our doing. */
static void same_token_again_status_first(struct customer *customer)
{
    SERVE(customer, "--check-order", "status-first", "--delay-ms", "2000");
    customer->replace.client_token = TOKEN;
    customer->replace.client_token_is_new = 1;
    assert_accepted(customer, customer_replace(customer));
    customer->replace.client_token_is_new = 0;
    assert_int_equal(customer_replace(customer), RV_ERR_SERVICE);
    assert_int_equal(customer_result(customer)->outcome, RV_UNKNOWN);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 1);
}

/* --- every parameter ---------------------------------------------------------------------------
 */

static const char extra_value[] =
    "\x01\x02\t\r\n !\"#$%&'()*+,-./0189:;<=>?@AZ[\\]^_`az{|}~\x7f\x80\xc3\xa4\xff";

/* Base64 of the test's own. */
static void base64(const uint8_t *bytes, size_t len, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t i;

    for (i = 0; i < len; i += 3) {
        uint32_t three = (uint32_t)bytes[i] << 16;

        three |= i + 1 < len ? (uint32_t)bytes[i + 1] << 8 : 0;
        three |= i + 2 < len ? bytes[i + 2] : 0;
        *out++ = digits[three >> 18];
        *out++ = digits[(three >> 12) & 63];
        *out++ = i + 1 < len ? digits[(three >> 6) & 63] : '=';
        *out++ = i + 2 < len ? digits[three & 63] : '=';
    }
    *out = '\0';
}

/* The endpoint keeps a hash of all parameters of a token. So the same token again, but written out
 * name by name and value by value, is accepted only if every one of them was the same. */
static int written_out(struct customer *customer, const rv_name_value *parameters, size_t count)
{
    rv_request request;

    memset(&request, 0, sizeof request);
    request.service = "ecs";
    request.action = "ReplaceSystemVolume";
    request.version = "2020-04-01";
    request.parameters = parameters;
    request.parameter_count = count;
    request.repeat = RV_REPEAT_WITH_TOKEN;
    request.client_token = TOKEN;
    request.dry_run = customer->replace.dry_run;
    /* the other method, so that body and query are held against each other too */
    request.method = customer->replace.method == RV_POST ? RV_GET : RV_POST;
    return customer_request(customer, &request);
}

struct all_parameters {
    rv_method method;
    size_t user_data_len;
};

static void every_parameter_arrives(struct customer *customer)
{
    const struct all_parameters *all = customer->with;
    static const rv_name_value extra[] = {{"Colour", extra_value}, {"a-new.1~_Name", ""}};
    static uint8_t user_data[RV_USER_DATA_MAX];
    static char encoded[RV_USER_DATA_MAX * 4 / 3 + 8];
    rv_name_value parameters[] = {
        {"InstanceId", STOPPED_INSTANCE},
        {"ImageId", LINUX_IMAGE},
        {"Password", PASSWORD},
        {"KeyPairName", "kp-demo"},
        {"KeepImageCredential", "false"},
        {"ImageReleaseVersion", "20240801"},
        {"Size", "77"},
        {"UserData", encoded},
        {"Colour", extra_value},
        {"a-new.1~_Name", ""},
    };
    const size_t count = sizeof parameters / sizeof parameters[0];
    size_t i;

    for (i = 0; i < all->user_data_len; i++) {
        user_data[i] = (uint8_t)(i * 7 + i / 256);
    }
    base64(user_data, all->user_data_len, encoded);
    SERVE(customer, "--allow-parameter", "Colour", "--allow-parameter", "a-new.1~_Name");
    customer->replace.method = all->method;
    customer->replace.key_pair_name = "kp-demo";
    customer->replace.keep_image_credential = RV_FALSE;
    customer->replace.client_token = TOKEN;
    customer->replace.client_token_is_new = 1;
    customer->replace.dry_run = RV_FALSE;
    customer->replace.image_release_version = "20240801";
    customer->replace.has_size_gib = 1;
    customer->replace.size_gib = 77;
    customer->replace.user_data = user_data;
    customer->replace.user_data_len = all->user_data_len;
    customer->replace.extra = extra;
    customer->replace.extra_count = 2;
    assert_accepted(customer, customer_replace(customer));
    assert_int_equal(customer_lines(customer, IS_REPLACED, "\"instance_id\":\"" STOPPED_INSTANCE),
                     1);
    assert_int_equal(customer_lines(customer, IS_REPLACED, "\"client_token\":\"" TOKEN "\""), 1);
    assert_int_equal(customer_lines(customer, IS_REPLACED, "\"image_id\":\"" LINUX_IMAGE "\""), 1);
    assert_int_equal(customer_lines(customer, IS_REPLACED, "\"key_pair\":\"kp-demo\""), 1);
    assert_int_equal(customer_lines(customer, IS_REPLACED, "\"size_gib\":77"), 1);
    assert_int_equal(customer_lines(customer, IS_REPLACED, "\"password_set\":true"), 1);

    if (all->user_data_len < 4096) { /* more is no value of a list of names and values */
        assert_accepted(customer, written_out(customer, parameters, count));
        assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 1);
        /* and it would have noticed: */
        parameters[8].value = "another";
        assert_int_equal(written_out(customer, parameters, count), RV_ERR_SERVICE);
        assert_int_equal(customer_result(customer)->code, RV_CODE_IDEMPOTENT_PARAMETER_MISMATCH);
    }
}

/* What is not set is not sent. */
static void nothing_else_is_sent(struct customer *customer)
{
    const rv_name_value parameters[] = {
        {"InstanceId", STOPPED_INSTANCE}, {"ImageId", LINUX_IMAGE}, {"Password", PASSWORD}};

    SERVE(customer, NULL);
    customer->replace.client_token = TOKEN;
    customer->replace.client_token_is_new = 1;
    assert_accepted(customer, customer_replace(customer));
    assert_accepted(customer, written_out(customer, parameters, 3));
    assert_int_equal(customer_lines(customer, IS_REPLACED, "\"password_set\":true"), 1);
    assert_int_equal(customer_lines(customer, IS_REPLACED, "\"key_pair\":\"\""), 1);
}

/* An empty release version is one that is sent. */
static void empty_release_version_is_sent(struct customer *customer)
{
    const rv_name_value parameters[] = {{"InstanceId", STOPPED_INSTANCE},
                                        {"ImageId", LINUX_IMAGE},
                                        {"Password", PASSWORD},
                                        {"ImageReleaseVersion", ""}};

    SERVE(customer, NULL);
    customer->replace.client_token = TOKEN;
    customer->replace.client_token_is_new = 1;
    customer->replace.image_release_version = "";
    assert_accepted(customer, customer_replace(customer));
    assert_accepted(customer, written_out(customer, parameters, 4));
}

static void keeps_the_images_credential(struct customer *customer)
{
    SERVE(customer, NULL);
    customer->replace.password = NULL;
    customer->replace.keep_image_credential = RV_TRUE;
    customer->replace.image_id = customer->with;
    assert_accepted(customer, customer_replace(customer));
    assert_int_equal(customer_lines(customer, IS_REPLACED, "\"password_set\":false"), 1);
}

static void password_of_every_character(struct customer *customer)
{
    /* 30 characters, in which all the documented special ones stand */
    static const char *const passwords[] = {"`~!@#$%^&*()_-+=|{}[]:;'<>,.Aa", "?/aA1?/?/",
                                            "a A1" /* not this one */};
    size_t i;

    SERVE(customer, "--delay-ms", "5");
    customer->replace.dry_run = RV_TRUE;
    for (i = 0; i < 2; i++) {
        customer->replace.password = passwords[i];
        assert_int_equal(customer_replace(customer), RV_OK);
        assert_int_equal(customer_result(customer)->outcome, RV_CHECKED);
    }
    customer->replace.password = passwords[2];
    assert_int_equal(rv_call_start_replace(&customer->call, &customer->client, &customer->replace),
                     RV_ERR_PARAMETER);
    customer->has_replaced = 0;
    assert_int_equal(customer_requests(customer), 2);
}

/* A breach of the documented rules costs no connection. */
static void broken_rules_stay_here(struct customer *customer)
{
    const rv_result *result = customer_result(customer);

    SERVE(customer, NULL);
    customer_set_up(customer);
    customer->replace.instance_id = NULL;
    assert_int_equal(rv_call_start_replace(&customer->call, &customer->client, &customer->replace),
                     RV_ERR_PARAMETER);
    assert_int_equal(result->outcome, RV_NOT_SENT);
    assert_int_equal(result->parameter, RV_PARAMETER_INSTANCE_ID);
    assert_int_equal(result->rule, RV_RULE_REQUIRED);
    assert_string_equal(result->parameter_name, "InstanceId");
    assert_int_equal(rv_call_run(&customer->call), RV_ERR_PARAMETER);
    customer_settle(customer);
    assert_string_equal(endpoint_journal(customer->service), "");
}

/* --- sessions of STS ---------------------------------------------------------------------------
 */

static const char session_token[] =
    "STSeyJMVEFjY2Vzc0tleUlkIjoiQUtMVCIsIkFjY2Vzc0tleUlkIjoiQUtUUCJ9.a-b_c~d+e/f";

static void session_token_is_signed(struct customer *customer)
{
    char key[256];

    snprintf(key, sizeof key, "AKTPtemporary=c2VjcmV0=%s", session_token);
    SERVE(customer, "--access-key-id", key);
    customer->credentials.access_key_id = "AKTPtemporary";
    customer->credentials.secret_access_key = "c2VjcmV0";
    customer->credentials.session_token = session_token;
    customer->replace.method = *(const rv_method *)customer->with;
    assert_accepted(customer, customer_replace(customer));
    assert_int_equal(customer_lines(customer, IS_REQUEST, "\"access_key_id\":\"AKTPtemporary\""),
                     1);
}

static void longest_session_token(struct customer *customer)
{
    static char token[RV_CREDENTIAL_MAX + 1];
    static char key[RV_CREDENTIAL_MAX + 64];
    size_t i;

    for (i = 0; i < RV_CREDENTIAL_MAX; i++) {
        token[i] = "abcdefghijklmnopqrstuvwxyz0123456789+/"[i % 38];
    }
    snprintf(key, sizeof key, "AKTPlong=c2VjcmV0=%s", token);
    SERVE(customer, "--access-key-id", key);
    customer->credentials.access_key_id = "AKTPlong";
    customer->credentials.secret_access_key = "c2VjcmV0";
    customer->credentials.session_token = token;
    assert_accepted(customer, customer_replace(customer));
}

/* Keys that change between two calls of one client. */
static int rotating_credentials(void *ctx, rv_credentials *credentials, rv_need *need)
{
    static const char *const keys[][2] = {{"AKfirst", "Zmlyc3Q="}, {"AKsecond", "c2Vjb25k"}};
    struct customer *customer = ctx;
    size_t at = customer->credentials.generation;

    (void)need;
    credentials->access_key_id = keys[at][0];
    credentials->secret_access_key = keys[at][1];
    credentials->session_token = NULL;
    credentials->generation = (uint32_t)at;
    return RV_OK;
}

static void keys_rotate(struct customer *customer)
{
    SERVE(customer, "--access-key-id", "AKfirst=Zmlyc3Q=", "--access-key-id", "AKsecond=c2Vjb25k");
    customer->config.credentials = NULL;
    customer->config.get_credentials = rotating_credentials;
    customer->replace.dry_run = RV_TRUE;
    assert_int_equal(customer_replace(customer), RV_OK);
    customer->credentials.generation = 1;
    assert_int_equal(customer_replace(customer), RV_OK);
    customer->credentials.generation = 0;
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer_lines(customer, IS_REQUEST, "\"access_key_id\":\"AKfirst\""), 2);
    assert_int_equal(customer_lines(customer, IS_REQUEST, "\"access_key_id\":\"AKsecond\""), 1);
    assert_int_equal(customer->connections, 1);
}

/* --- other actions -----------------------------------------------------------------------------
 */

struct seen_instances {
    char ids[8][64];
    int count;
    int ended;
};

static int see_instance(void *ctx, int is_element, const rv_json *object)
{
    struct seen_instances *seen = ctx;

    if (!is_element) {
        seen->ended++;
        return RV_OK;
    }
    if (seen->count >= 8 ||
        rv_json_text(object, "InstanceId", seen->ids[seen->count], sizeof seen->ids[0]) < 0) {
        return RV_ERR_BODY;
    }
    seen->count++;
    return RV_OK;
}

/* Before and after, seen with the generic call on the same connection. */
static void seen_before_and_after(struct customer *customer)
{
    static const rv_name_value which[] = {{"InstanceIds.1", RUNNING_INSTANCE},
                                          {"InstanceIds.2", STOPPED_INSTANCE}};
    struct seen_instances seen = {{{0}}, 0, 0};
    rv_request request;

    memset(&request, 0, sizeof request);
    request.service = "ecs";
    request.action = "DescribeInstances";
    request.version = "2020-04-01";
    request.parameters = which;
    request.parameter_count = 2;
    request.repeat = RV_REPEAT_SAFE;
    request.wanted = "NextToken,Instances*[{InstanceId,Status,ImageId}]";
    request.on_object = see_instance;
    request.on_object_ctx = &seen;
    SERVE(customer, "--delay-ms", "5");
    assert_int_equal(customer_request(customer, &request), RV_OK);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.ended, 1);
    assert_string_equal(seen.ids[0], RUNNING_INSTANCE);
    assert_string_equal(seen.ids[1], STOPPED_INSTANCE);
    assert_accepted(customer, customer_replace(customer));
    assert_int_equal(customer->connections, 1);
    assert_int_equal(customer->traced[RV_TRACE_REUSED], 1);
}

int main(void)
{
    static const rv_method get = RV_GET, post = RV_POST;
    static const struct all_parameters by_get = {RV_GET, 1000}, by_post = {RV_POST, 3001},
                                       largest = {RV_POST, RV_USER_DATA_MAX};
    const struct CMUnitTest tests[] = {
        CUSTOMER_TEST(replaced_by_get),
        CUSTOMER_TEST(replaced_by_post),
        CUSTOMER_TEST(books_agree),
        CUSTOMER_TEST(dry_run_changes_nothing),
        CUSTOMER_TEST(dry_run_ignored_is_said),
        CUSTOMER_TEST_WITH("empty_result_object", forms_of_an_empty_result, "object"),
        CUSTOMER_TEST_WITH("empty_result_null", forms_of_an_empty_result, "null"),
        CUSTOMER_TEST_WITH("empty_result_absent", forms_of_an_empty_result, "absent"),
        CUSTOMER_TEST(post_without_a_body_is_refused),
        CUSTOMER_TEST(post_can_be_refused),
        CUSTOMER_TEST(token_is_known_beforehand),
        CUSTOMER_TEST(same_token_again),
        CUSTOMER_TEST(same_token_again_status_first),
        CUSTOMER_TEST_WITH("every_parameter_arrives_by_get", every_parameter_arrives, &by_get),
        CUSTOMER_TEST_WITH("every_parameter_arrives_by_post", every_parameter_arrives, &by_post),
        CUSTOMER_TEST_WITH("largest_user_data_by_post", every_parameter_arrives, &largest),
        CUSTOMER_TEST(nothing_else_is_sent),
        CUSTOMER_TEST(empty_release_version_is_sent),
        CUSTOMER_TEST_WITH("keeps_credential_of_private_image", keeps_the_images_credential,
                           "image-private-golden"),
        CUSTOMER_TEST_WITH("keeps_credential_of_shared_image", keeps_the_images_credential,
                           "image-shared-golden"),
        CUSTOMER_TEST(password_of_every_character),
        CUSTOMER_TEST(broken_rules_stay_here),
        CUSTOMER_TEST_WITH("session_token_is_signed_by_get", session_token_is_signed, &get),
        CUSTOMER_TEST_WITH("session_token_is_signed_by_post", session_token_is_signed, &post),
        CUSTOMER_TEST(longest_session_token),
        CUSTOMER_TEST(keys_rotate),
        CUSTOMER_TEST(seen_before_and_after),
    };

    customer_begin_process();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
