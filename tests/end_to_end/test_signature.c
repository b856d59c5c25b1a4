/*
 * The endpoint as a second opinion on signatures and encoding: it checks strictly, and shares no
 * code with the library. Random parameters; the seed is printed, and RV_SEED sets it.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/support/customer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETS      300
#define NAMES     20
#define VALUE_MAX RV_EXTRA_VALUE_MAX

static uint32_t seed;
static uint32_t random_state;

/* xorshift32 */
static uint32_t random_number(uint32_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % below;
}

/* --- whatever is signed passes ------------------------------------------------------------------
 */

/* Their order, and every character that a name can have. */
static const char *const names[NAMES] = {
    "a",
    "A",
    "a-",
    "a.",
    "a0",
    "aa",
    "a_",
    "a~",
    "zz",
    "InstanceId2",
    "Tags.1.Key",
    "Tags.10.Key",
    "Tags.2.Key",
    "!\"#$%&'()*+,",
    "/:;<=>?@[\\]^`{|}",
    "%41",
    "b=c&d=e",
    "b+c",
    "Zz",
    "0123456789",
};

static int bytes_seen[256];

static void random_value(char *value, size_t max)
{
    size_t len = random_number((uint32_t)max + 1);
    size_t i;

    for (i = 0; i < len; i++) {
        value[i] = (char)(1 + random_number(255));
        bytes_seen[(unsigned char)value[i]] = 1;
    }
    value[len] = '\0';
}

/* Not shorter than 24 bytes: two sets must never share a token, or the service rightly refuses the
 * second. */
static void random_token(char *text)
{
    size_t len = 24 + random_number(RV_CLIENT_TOKEN_MAX - 24 + 1);
    size_t i;

    for (i = 0; i < len; i++) {
        text[i] = (char)(0x21 + random_number(0x7f - 0x21));
    }
    text[len] = '\0';
}

static size_t random_extra(rv_name_value *extra, char values[][VALUE_MAX + 1], size_t max)
{
    size_t first = random_number(NAMES);
    size_t count = random_number(7);
    size_t i;

    for (i = 0; i < count; i++) {
        extra[i].name = names[(first + 3 * i) % NAMES]; /* 3 and 20 have no common factor */
        extra[i].value = values[i];
        random_value(values[i], max);
    }
    return count;
}

static void serve_names(struct customer *customer, const char *const *more)
{
    const char *options[2 * NAMES + 16];
    size_t count = 0;
    size_t i;

    for (i = 0; i < NAMES; i++) {
        options[count++] = "--allow-parameter";
        options[count++] = names[i];
    }
    for (i = 0; more[i] != NULL; i++) {
        options[count++] = more[i];
    }
    options[count] = NULL;
    customer_serve(customer, options);
}

static void random_sets_pass(struct customer *customer)
{
    static const rv_credentials keys[] = {{"AKLTlasting", "bGFzdGluZw==", NULL, 1},
                                          {"AKTPpassing", "cGFzc2luZw==", "STS+a/b=c.d_e-f~", 2}};
    static const char *const options[] = {"--access-key-id",
                                          "AKLTlasting=bGFzdGluZw==", "--access-key-id",
                                          "AKTPpassing=cGFzc2luZw===STS+a/b=c.d_e-f~", NULL};
    static char values[8][VALUE_MAX + 1];
    static uint8_t user_data[2000];
    rv_name_value extra[8];
    char token[RV_CLIENT_TOKEN_MAX + 1];
    int set, byte;

    random_state = seed;
    serve_names(customer, options);
    customer->replace.dry_run = RV_TRUE;
    customer->replace.client_token_is_new = 1;
    customer->replace.extra = extra;
    for (set = 0; set < SETS; set++) {
        rv_replace_system_volume *replace = &customer->replace;
        size_t i;

        replace->method = random_number(2) == 0 ? RV_GET : RV_POST;
        replace->extra_count = random_extra(extra, values, replace->method == RV_GET ? 150 : 2000);
        random_token(token);
        replace->client_token = random_number(3) == 0 ? NULL : token;
        replace->has_size_gib = (uint8_t)random_number(2);
        replace->size_gib = 40 + random_number(1000);
        replace->user_data_len = 1 + random_number(replace->method == RV_GET ? 300 : 2000);
        for (i = 0; i < replace->user_data_len; i++) {
            user_data[i] = (uint8_t)random_number(256);
        }
        replace->user_data = user_data;
        if (random_number(2) == 0) {
            replace->user_data = NULL;
            replace->user_data_len = 0;
        }
        replace->image_release_version = random_number(3) == 0 ? "20240315" : NULL;
        customer->credentials = keys[random_number(2)];
        customer_replace(customer);
        if (customer_result(customer)->outcome != RV_CHECKED) {
            fail_msg("set %d of seed %u: status %d, %s: %s", set, (unsigned)seed,
                     customer_result(customer)->status, customer_result(customer)->code_text,
                     customer_result(customer)->message);
        }
        /* credentials are read by pointer, so the client is the same all along */
        assert_int_equal(customer->connections, 1);
    }
    for (byte = 1; byte < 256; byte++) {
        assert_true(bytes_seen[byte]);
    }
    assert_int_equal(customer_requests(customer), SETS);
    assert_int_equal(customer_lines(customer, IS_REQUEST, "\"code\":\"DryRunOperation\""), SETS);
}

/* Ids of any printable character: refused as unknown, so signed well. */
static void random_ids_pass(struct customer *customer)
{
    char instance_id[RV_ID_MAX + 1];
    int i;

    random_state = seed;
    SERVE(customer, NULL);
    for (i = 0; i < 60; i++) {
        random_token(instance_id);
        customer->replace.instance_id = instance_id;
        customer->replace.method = i % 2 == 0 ? RV_GET : RV_POST;
        assert_int_equal(customer_replace(customer), RV_ERR_SERVICE);
        assert_int_equal(customer_result(customer)->code, RV_CODE_INSTANCE_NOT_FOUND);
    }
}

/* --- and arrives as it was given ----------------------------------------------------------------
 */

static size_t put_code_point(char *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | ((code >> 6) & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | ((code >> 12) & 0x3f));
    out[2] = (char)(0x80 | ((code >> 6) & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

static uint32_t random_code_point(void)
{
    static const uint32_t ends[] = {0x7f, 0x7f, 0x7ff, 0xd7ff, 0x10ffff};
    uint32_t end = ends[random_number(5)];
    uint32_t code = 1 + random_number(end);

    return code >= 0xd800 && code < 0xe000 ? code - 0x1000 : code;
}

/* As the journal writes it. */
static void put_json(char *out, const char *text)
{
    out += sprintf(out, "\"instance_id\":\"");
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            out += sprintf(out, "\\%c", *text);
        } else if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            out += sprintf(out, "\\u%04x", (unsigned)*text);
        } else {
            *out++ = *text;
        }
    }
    strcpy(out, "\"");
}

/* The journal shows the id that was asked for: every character of Unicode, read by another decoder
 * than ours. */
static void every_character_arrives(struct customer *customer)
{
    char id[1024], line[8192];
    rv_name_value parameter = {"InstanceIds.1", id};
    rv_request request;
    int i;

    random_state = seed;
    memset(&request, 0, sizeof request);
    request.service = "ecs";
    request.action = "DescribeInstances";
    request.version = "2020-04-01";
    request.parameters = &parameter;
    request.parameter_count = 1;
    request.repeat = RV_REPEAT_SAFE;
    SERVE(customer, NULL);
    for (i = 0; i < 40; i++) {
        size_t len = 0;
        uint32_t code;

        if (i == 0) { /* all of ASCII */
            for (code = 1; code < 0x80; code++) {
                len += put_code_point(id + len, code);
            }
        } else {
            while (len < 200) {
                len += put_code_point(id + len, random_code_point());
            }
        }
        id[len] = '\0';
        request.method = i % 2 == 0 ? RV_GET : RV_POST;
        assert_int_equal(customer_request(customer, &request), RV_OK);
        put_json(line, id);
        assert_int_equal(customer_lines(customer, IS_REQUEST, line), 1);
    }
}

/* A region with any printable character is signed as it is. */
static void unusual_region(struct customer *customer)
{
    SERVE(customer, "--region", "cn-guilin-boe.1_x~y");
    customer->config.region = "cn-guilin-boe.1_x~y";
    assert_int_equal(customer_replace(customer), RV_OK);
}

/* Days change, and with them the signing key. */
static void day_by_day(struct customer *customer)
{
    int day;

    SERVE(customer, "--past-date-window-s", "99999999", "--future-date-window-s", "99999999",
          "--certificate-not-before-s", "-99999999", "--certificate-not-after-s", "99999999");
    customer->replace.dry_run = RV_TRUE;
    for (day = -3; day <= 3; day++) {
        customer->clock_error_s = day * 86400;
        assert_int_equal(customer_replace(customer), RV_OK);
        assert_int_equal(customer_result(customer)->outcome, RV_CHECKED);
    }
    assert_int_equal(customer_requests(customer), 7);
}

int main(void)
{
    const char *given = getenv("RV_SEED");
    const struct CMUnitTest tests[] = {
        CUSTOMER_TEST(random_sets_pass),
        CUSTOMER_TEST(random_ids_pass),
        CUSTOMER_TEST(every_character_arrives),
        CUSTOMER_TEST(unusual_region),
        CUSTOMER_TEST(day_by_day),
    };

    if (given != NULL) {
        seed = (uint32_t)strtoul(given, NULL, 10);
    } else if (rv_posix_random(NULL, (uint8_t *)&seed, sizeof seed) != RV_OK) {
        seed = 1;
    }
    seed += seed == 0;
    printf("# RV_SEED=%u\n", (unsigned)seed);
    customer_begin_process();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
