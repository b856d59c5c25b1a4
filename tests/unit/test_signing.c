/*
 * Section 3 and the end of section 4: the derived key and its cache, and signatures.
 *
 * tests/vectors/signing.json comes from the vendor's documents and signers. Its requests sign other
 * header fields than ours, so what is compared depends: our generator writes the query, the test
 * puts the canonical request of the vector around it, and our digest and key make the signature.
 * One vector signs exactly our fields; it and the requests spelled out below are signed as a whole.
 * Values that are not in the file were computed from the texts here with Node's crypto.
 */
#define RV_STATIC
#include "../../replace_volume.c"
#include "../support/no_socket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define UTC INT64_C(1767323045) /* 2026-01-02T03:04:05Z */

/* --- a client that is never connected --------------------------------------------------------- */

static rv_system machine;
static rv_tls tls;
static rv_credentials credentials;
static rv_client client;
static rv_call call;

static uint64_t no_time(void *ctx)
{
    (void)ctx;
    return 0;
}

static void open_client(const char *host, uint16_t number, const char *region)
{
    rv_client_config config = {0};
    rv_result why;

    rv_call_free(&call);
    rv_client_free(&client);
    config.tls = &tls;
    config.socket = &no_socket;
    config.host = host;
    config.port = number;
    config.region = region;
    config.credentials = &credentials;
    assert_int_equal(rv_client_init(&client, &config, &why), RV_OK);
}

static int set_up(void **state)
{
    (void)state;
    memset(&credentials, 0, sizeof(credentials));
    credentials.access_key_id = "AKLTexample";
    credentials.secret_access_key = "c2VjcmV0RXhhbXBsZS0wMDAx";
    machine.monotonic_ms = no_time;
    tls.system = &machine;
    tls.config = &tls.own;
    open_client("open.volcengineapi.com", 443, "cn-beijing");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rv_call_free(&call);
    rv_client_free(&client);
    return 0;
}

/* --- reading the vectors ---------------------------------------------------------------------- */

static char json[16384];
static jsmntok_t tokens[1024];
static int token_count;

static void load_vectors(void)
{
    FILE *file = fopen("tests/vectors/signing.json", "rb");
    jsmn_parser parser;
    size_t len;

    if (file == NULL) {
        fail_msg("tests/vectors/signing.json: run this from the root of the checkout");
        return;
    }
    len = fread(json, 1, sizeof(json) - 1, file);
    fclose(file);
    json[len] = '\0';
    jsmn_init(&parser);
    token_count = jsmn_parse(&parser, json, len, tokens, sizeof(tokens) / sizeof(tokens[0]));
    assert_in_range(token_count, 2, sizeof(tokens) / sizeof(tokens[0]));
}

/* The token behind a value and all that is in it. */
static int behind(int at)
{
    int end = tokens[at].end;

    do {
        at++;
    } while (at < token_count && tokens[at].start < end);
    return at;
}

static int text_equals(int at, const char *text)
{
    size_t len = (size_t)(tokens[at].end - tokens[at].start);

    return strlen(text) == len && memcmp(json + tokens[at].start, text, len) == 0;
}

/* The value of a member, or -1. */
static int member(int object, const char *name)
{
    int at = object + 1;
    int i;

    assert_int_equal(tokens[object].type, JSMN_OBJECT);
    for (i = 0; i < tokens[object].size; i++, at = behind(at + 1)) {
        if (text_equals(at, name)) {
            return at + 1;
        }
    }
    return -1;
}

/* A string, ended in its place: its closing quote becomes the NUL. The file has no escapes. */
static const char *string(int at)
{
    assert_true(at > 0);
    assert_int_equal(tokens[at].type, JSMN_STRING);
    json[tokens[at].end] = '\0';
    assert_null(strchr(json + tokens[at].start, '\\'));
    return json + tokens[at].start;
}

static int find_vector(const char *name)
{
    int list, at, i;

    load_vectors();
    list = member(0, "vectors");
    for (i = 0, at = list + 1; i < tokens[list].size; i++, at = behind(at)) {
        if (text_equals(member(at, "name"), name)) {
            return at;
        }
    }
    fail_msg("no vector is named %s", name);
    return 0;
}

/* --- signing what a vector says --------------------------------------------------------------- */

static rv_name_value parameters[32];

static rv_request request_of(int vector)
{
    rv_request request = {0};
    int query = member(vector, "query");
    int at, i;

    request.service = string(member(vector, "service"));
    request.method = text_equals(member(vector, "method"), "POST") ? RV_POST : RV_GET;
    request.parameters = parameters;
    for (i = 0, at = query + 1; i < tokens[query].size; i++, at = behind(at)) {
        const char *name = string(at + 1);
        const char *value = string(at + 2);

        assert_int_equal(tokens[at].size, 2);
        if (strcmp(name, "Action") == 0) {
            request.action = value;
        } else if (strcmp(name, "Version") == 0) {
            request.version = value;
        } else if (strcmp(name, "ClientToken") == 0) {
            request.client_token = value;
        } else {
            parameters[request.parameter_count].name = name;
            parameters[request.parameter_count].value = value;
            request.parameter_count++;
        }
    }
    return request;
}

static void start(const rv_request *request)
{
    rv_call_free(&call);
    assert_int_equal(rv_call_start(&call, &client, request), RV_OK);
    call.credentials = credentials;
}

/* What a template expands to. */
static const char *expand(const char *template)
{
    static char out[32768];
    size_t len = 0, part;

    cursor_start(&call, template);
    while ((part = cursor_fill(&call, out + len, sizeof(out) - 1 - len)) > 0) {
        len += part;
    }
    out[len] = '\0';
    return out;
}

/* What was signed: with the hash of the body where the signature is now. */
static const char *signed_request(void)
{
    char signature[sizeof(call.hash)];
    const char *text;

    memcpy(signature, call.hash, sizeof(signature));
    assert_int_equal(digest_body(&call), RV_OK);
    text = expand(canonical_request_template);
    memcpy(call.hash, signature, sizeof(signature));
    return text;
}

static void sha256_hex(const char *text, char hex[65])
{
    uint8_t hash[32];

    digest_begin(&client.digest, NULL, 0);
    digest_update(&client.digest, text, strlen(text));
    assert_int_equal(digest_end(&client.digest, hash), RV_OK);
    hex_write(hex, hash, sizeof(hash));
}

/* The names of an object's members in byte order, and their values. */
static size_t sorted_headers(int object, const char *names[8], const char *values[8])
{
    size_t count = 0;
    int at, i;

    for (i = 0, at = object + 1; i < tokens[object].size; i++, at = behind(at + 1)) {
        const char *name = string(at);
        const char *value = string(at + 1);
        size_t place = count++;

        assert_in_range(count, 1, 8);
        for (; place > 0 && strcmp(name, names[place - 1]) < 0; place--) {
            names[place] = names[place - 1];
            values[place] = values[place - 1];
        }
        names[place] = name;
        values[place] = value;
    }
    return count;
}

static char canonical[8192];

/* Appends like strcat, formatted. */
static void add(const char *format, ...)
{
    size_t len = strlen(canonical);
    va_list arguments;
    int more;

    va_start(arguments, format);
    more = vsnprintf(canonical + len, sizeof(canonical) - len, format, arguments);
    va_end(arguments);
    assert_in_range(more, 0, sizeof(canonical) - len - 1);
}

static void build_canonical_request(int vector)
{
    const char *names[8], *values[8];
    size_t count = sorted_headers(member(vector, "signed_headers"), names, values);
    char body_hex[65];
    size_t i;

    sha256_hex(string(member(vector, "body")), body_hex);
    canonical[0] = '\0';
    add("%s\n/\n%s\n", string(member(vector, "method")), expand(T_QUERY));
    for (i = 0; i < count; i++) {
        add("%s:%s\n", names[i], values[i]);
    }
    for (i = 0; i < count; i++) {
        add("%s%s", i == 0 ? "\n" : ";", names[i]);
    }
    add("\n%s", body_hex);
}

static void a_vector_is_reproduced(void **state)
{
    int vector = find_vector(*state);
    rv_request request = request_of(vector);
    const char *x_date = string(member(vector, "x_date"));
    const char *region = string(member(vector, "region"));
    char hash[65], to_sign[256], signature[65];
    uint8_t out[32];

    credentials.secret_access_key = string(member(vector, "secret_key"));
    open_client("open.volcengineapi.com", 443, region);
    start(&request);
    build_canonical_request(vector);
    sha256_hex(canonical, hash);
    if (member(vector, "canonical_sha256") >= 0) {
        assert_string_equal(hash, string(member(vector, "canonical_sha256")));
    }

    assert_int_equal(signing_key_update(&client, &credentials, x_date, request.service), RV_OK);
    snprintf(to_sign, sizeof(to_sign), "HMAC-SHA256\n%s\n%.8s/%s/%s/request\n%s", x_date, x_date,
             region, request.service, hash);
    digest_begin(&client.digest, client.signing_key, 32);
    digest_update(&client.digest, to_sign, strlen(to_sign));
    assert_int_equal(digest_end(&client.digest, out), RV_OK);
    hex_write(signature, out, sizeof(out));
    assert_string_equal(signature, string(member(vector, "signature")));
}

static void the_file_has_no_vector_that_is_not_tested(void **state)
{
    (void)state;
    load_vectors();
    assert_int_equal(tokens[member(0, "vectors")].size, 8);
}

/* --- whole signatures ------------------------------------------------------------------------- */

static rv_replace_system_volume replacement(rv_method method)
{
    rv_replace_system_volume replace;

    memset(&replace, 0, sizeof(replace));
    replace.instance_id = "i-a8j6n1i4hojfqpa0abcd";
    replace.image_id = "image-38dfk6rfisf6kir6abcd";
    replace.password = "Password@123";
    replace.client_token = "333456899ff0001";
    replace.method = method;
    return replace;
}

static void sign_replacement(rv_method method)
{
    rv_replace_system_volume replace = replacement(method);

    rv_call_free(&call);
    assert_int_equal(rv_call_start_replace(&call, &client, &replace), RV_OK);
    call.credentials = credentials;
    assert_int_equal(request_sign(&call, UTC), RV_OK);
}

#define QUERY                                                                        \
    "Action=ReplaceSystemVolume&ClientToken=333456899ff0001"                         \
    "&ImageId=image-38dfk6rfisf6kir6abcd&InstanceId=i-a8j6n1i4hojfqpa0abcd&Password" \
    "=Password%40123&Version=2020-04-01"
#define HASH_OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HASH_OF_BODY    "86246f3e059d6110db46a797ef04d0cd81c23daabc1bfa90d00bd92bdf49bf52"

static void a_get_signs_host_and_date(void **state)
{
    (void)state;
    sign_replacement(RV_GET);
    assert_string_equal(signed_request(), "GET\n"
                                          "/\n" QUERY "\n"
                                          "host:open.volcengineapi.com\n"
                                          "x-date:20260102T030405Z\n"
                                          "\n"
                                          "host;x-date\n" HASH_OF_NOTHING);
    assert_string_equal(call.hash,
                        "0013e38a9ab2d5ca7720803c40cbf563ea09f51c20c7e48eea22f0a0cfba8d09");
}

static void a_session_token_is_signed_last(void **state)
{
    (void)state;
    credentials.session_token = "STS.example/token+with=chars";
    sign_replacement(RV_GET);
    assert_string_equal(signed_request(), "GET\n"
                                          "/\n" QUERY "\n"
                                          "host:open.volcengineapi.com\n"
                                          "x-date:20260102T030405Z\n"
                                          "x-security-token:STS.example/token+with=chars\n"
                                          "\n"
                                          "host;x-date;x-security-token\n" HASH_OF_NOTHING);
    assert_string_equal(call.hash,
                        "2a8dcd31e48f151048f41ccfeb6d7dc416f5e10d07757c9e6132c43fd6076b3b");
}

static void a_post_signs_its_content_type_and_the_hash_of_its_body(void **state)
{
    (void)state;
    sign_replacement(RV_POST);
    assert_string_equal(signed_request(), "POST\n"
                                          "/\n"
                                          "Action=ReplaceSystemVolume&Version=2020-04-01\n"
                                          "content-type:application/x-www-form-urlencoded\n"
                                          "host:open.volcengineapi.com\n"
                                          "x-date:20260102T030405Z\n"
                                          "\n"
                                          "content-type;host;x-date\n" HASH_OF_BODY);
    assert_string_equal(call.hash,
                        "d707ed985945ad5824594186029afb8f28b26f4985a20f48172b5018b8768686");
}

static void a_post_with_token_and_port_signs_all_of_it(void **state)
{
    (void)state;
    open_client("open.volcengineapi.com", 8443, "cn-beijing");
    credentials.session_token = "STS.example/token+with=chars";
    sign_replacement(RV_POST);
    assert_string_equal(signed_request(),
                        "POST\n"
                        "/\n"
                        "Action=ReplaceSystemVolume&Version=2020-04-01\n"
                        "content-type:application/x-www-form-urlencoded\n"
                        "host:open.volcengineapi.com:8443\n"
                        "x-date:20260102T030405Z\n"
                        "x-security-token:STS.example/token+with=chars\n"
                        "\n"
                        "content-type;host;x-date;x-security-token\n" HASH_OF_BODY);
    assert_string_equal(call.hash,
                        "a6c6bd5e55f95cba72edd53021f6741c5eef4803e64592a3eba311cfc1f97797");
}

static void the_vector_with_our_own_fields_is_signed_as_a_whole(void **state)
{
    int vector = find_vector("doc-2024-iam-list-users-minimal-headers");
    rv_request request = request_of(vector);

    (void)state;
    credentials.secret_access_key = string(member(vector, "secret_key"));
    open_client(string(member(member(vector, "signed_headers"), "host")), 443,
                string(member(vector, "region")));
    start(&request);
    assert_int_equal(request_sign(&call, INT64_C(1718781186)), RV_OK); /* date -u +%s */
    assert_string_equal(call.x_date, string(member(vector, "x_date")));
    assert_string_equal(call.hash, string(member(vector, "signature")));
}

static void what_is_signed_is_what_is_sent(void **state)
{
    (void)state;
    sign_replacement(RV_GET);
    assert_non_null(strstr(expand(request_template), "GET /?" QUERY " HTTP/1.1\r\n"));
    assert_non_null(
        strstr(expand(request_template),
               ", Signature=0013e38a9ab2d5ca7720803c40cbf563ea09f51c20c7e48eea22f0a0cfba8d09\r\n"));
}

static void the_same_request_is_signed_the_same_again(void **state)
{
    char first[65];

    (void)state;
    sign_replacement(RV_POST);
    strcpy(first, call.hash);
    assert_int_equal(request_sign(&call, UTC + 1), RV_OK);
    assert_string_not_equal(call.hash, first);
    assert_int_equal(request_sign(&call, UTC), RV_OK);
    assert_string_equal(call.hash, first);
}

static void signing_leaves_nothing_of_the_request_in_the_window(void **state)
{
    size_t i;

    (void)state;
    sign_replacement(RV_POST);
    for (i = 0; i < sizeof(client.window); i++) {
        assert_int_equal(client.window[i], 0);
    }
}

/* --- the key and its cache -------------------------------------------------------------------- */

#define KEY            "1c55c1ff8bed50ad2e2068b4b1e7c6db5e7f4ef6eef5070a03fcf45c75d3e28a"
#define KEY_NEXT_DAY   "b797c7957b9fec96ed89a8e7867e055771bd5fb05e38fdb3ff95ba8ece0029c9"
#define KEY_SHANGHAI   "52b1c490482118f12e49866d3d99f0d9f7a5fadb1f6b4847509e7ff53d3b78ad"
#define KEY_STORAGE    "b3e6b85ef3b7953126ac805ef3bd992c07f470c53f29df25c37ca6fcaaaf0bd4"
#define KEY_EC         "0856d50cf22770d320a9add7c6f4cb2ebe08c6d5d7263881b6ca9f62afe144d6"
#define KEY_OF_ANOTHER "76163ac2670e0058142c2a22cf8b9f88398a42adc6121853963217f2dedbd8e5"
#define KEY_OF_LONGEST "2537bf9e679cea02b01f61c9ffeede9d288bed1ac20726ce1bf3f41d9cc0a97a"
#define ANOTHER_SECRET "another-secret"
#define DAY            "20260102"

static void expect_key(const char *day, const char *service, const char *expected)
{
    char hex[65];

    assert_int_equal(signing_key_update(&client, &credentials, day, service), RV_OK);
    hex_write(hex, client.signing_key, 32);
    assert_string_equal(hex, expected);
}

static void the_key_is_derived_from_secret_day_region_and_service(void **state)
{
    (void)state;
    expect_key(DAY, "ecs", KEY);
}

/* Whether it was derived again shows when the secret changes and nobody is told. */
static void the_key_is_not_derived_again_while_nothing_changes(void **state)
{
    (void)state;
    expect_key(DAY, "ecs", KEY);
    credentials.secret_access_key = ANOTHER_SECRET;
    expect_key(DAY, "ecs", KEY);
    expect_key(DAY, "ecs", KEY);
}

static void only_the_day_of_a_date_matters_for_the_key(void **state)
{
    (void)state;
    expect_key("20260102T000000Z", "ecs", KEY);
    credentials.secret_access_key = ANOTHER_SECRET;
    expect_key("20260102T235959Z", "ecs", KEY);
}

static void new_credentials_have_a_new_key(void **state)
{
    (void)state;
    expect_key(DAY, "ecs", KEY);
    credentials.secret_access_key = ANOTHER_SECRET;
    credentials.generation++;
    expect_key(DAY, "ecs", KEY_OF_ANOTHER);
}

static void a_generation_may_be_any_other_number(void **state)
{
    (void)state;
    credentials.generation = UINT32_MAX;
    expect_key(DAY, "ecs", KEY);
    credentials.secret_access_key = ANOTHER_SECRET;
    credentials.generation = 0;
    expect_key(DAY, "ecs", KEY_OF_ANOTHER);
}

static void another_day_has_another_key(void **state)
{
    (void)state;
    expect_key(DAY, "ecs", KEY);
    expect_key("20260103", "ecs", KEY_NEXT_DAY);
    expect_key(DAY, "ecs", KEY); /* a clock may be set back */
}

static void another_service_has_another_key(void **state)
{
    (void)state;
    expect_key(DAY, "ecs", KEY);
    expect_key(DAY, "storage_ebs", KEY_STORAGE);
    expect_key(DAY, "ecs", KEY);
}

static void a_service_whose_name_is_part_of_another_has_its_own_key(void **state)
{
    (void)state;
    expect_key(DAY, "ecs", KEY);
    expect_key(DAY, "ec", KEY_EC);
    expect_key(DAY, "ecs", KEY);
}

static void another_region_has_another_key(void **state)
{
    (void)state;
    expect_key(DAY, "ecs", KEY);
    open_client("open.volcengineapi.com", 443, "cn-shanghai");
    expect_key(DAY, "ecs", KEY_SHANGHAI);
}

static void the_longest_service_name_is_cached_whole(void **state)
{
    (void)state;
    assert_int_equal(signing_key_update(&client, &credentials, DAY, "0123456789abcdef"), RV_OK);
    assert_string_equal(client.signing_service, "0123456789abcdef");
}

static void the_longest_secret_has_a_key(void **state)
{
    static char secret[RV_CREDENTIAL_MAX + 1];

    (void)state;
    memset(secret, 's', RV_CREDENTIAL_MAX);
    credentials.secret_access_key = secret;
    expect_key(DAY, "ecs", KEY_OF_LONGEST);
}

static void calls_of_one_client_share_its_key(void **state)
{
    char first[65];

    (void)state;
    sign_replacement(RV_GET);
    strcpy(first, call.hash);
    credentials.secret_access_key = ANOTHER_SECRET;
    sign_replacement(RV_GET);
    assert_string_equal(call.hash, first);
    credentials.generation++;
    sign_replacement(RV_GET);
    assert_string_not_equal(call.hash, first);
}

static void freeing_the_client_wipes_the_key(void **state)
{
    const uint8_t *bytes = (const uint8_t *)&client;
    size_t i;

    (void)state;
    sign_replacement(RV_GET);
    assert_int_equal(client.signing_key_valid, 1);
    rv_call_free(&call);
    rv_client_free(&client);
    for (i = 0; i < sizeof(client); i++) {
        assert_int_equal(bytes[i], 0);
    }
}

static void freeing_the_call_wipes_all_of_it(void **state)
{
    const uint8_t *bytes = (const uint8_t *)&call;
    size_t i;

    (void)state;
    credentials.session_token = "STS.example/token+with=chars";
    sign_replacement(RV_POST);
    rv_call_free(&call);
    for (i = 0; i < sizeof(call); i++) {
        assert_int_equal(bytes[i], 0);
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
#define VECTOR(name)                                                            \
    {                                                                           \
        "vector " name, a_vector_is_reproduced, set_up, tear_down, (void *)name \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        VECTOR("doc-2020-iam-list-users"),
        VECTOR("doc-2024-iam-list-users-minimal-headers"),
        VECTOR("iam-sts-token-signed-last"),
        VECTOR("post-json-body"),
        VECTOR("ecs-describe-regions"),
        VECTOR("ecs-describe-instances-empty-value"),
        VECTOR("replace-password"),
        VECTOR("replace-sts-keep-image-credential"),
        TEST(the_file_has_no_vector_that_is_not_tested),
        TEST(a_get_signs_host_and_date),
        TEST(a_session_token_is_signed_last),
        TEST(a_post_signs_its_content_type_and_the_hash_of_its_body),
        TEST(a_post_with_token_and_port_signs_all_of_it),
        TEST(the_vector_with_our_own_fields_is_signed_as_a_whole),
        TEST(what_is_signed_is_what_is_sent),
        TEST(the_same_request_is_signed_the_same_again),
        TEST(signing_leaves_nothing_of_the_request_in_the_window),
        TEST(the_key_is_derived_from_secret_day_region_and_service),
        TEST(the_key_is_not_derived_again_while_nothing_changes),
        TEST(only_the_day_of_a_date_matters_for_the_key),
        TEST(new_credentials_have_a_new_key),
        TEST(a_generation_may_be_any_other_number),
        TEST(another_day_has_another_key),
        TEST(another_service_has_another_key),
        TEST(a_service_whose_name_is_part_of_another_has_its_own_key),
        TEST(another_region_has_another_key),
        TEST(the_longest_service_name_is_cached_whole),
        TEST(the_longest_secret_has_a_key),
        TEST(calls_of_one_client_share_its_key),
        TEST(freeing_the_client_wipes_the_key),
        TEST(freeing_the_call_wipes_all_of_it),
    };

    return cmocka_run_group_tests_name("signing", tests, start_mbedtls, NULL);
}
