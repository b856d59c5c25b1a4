/*
 * Real records of jobs, read with nothing but README.md's tables, as somebody would who has to know
 * what a machine was about. That the tables are the core's is checked in test_job_format.c.
 */
#include "tests/support/cloud.h"
#include "tests/support/readme.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEFORE_FIELDS "The record is written before each step"
#define BEFORE_BITS   "The bits of what was decided and answered:"

static struct readme_table table;
static const uint8_t *record;
static size_t record_len;

static void take_last_record(const struct cloud *cloud)
{
    assert_true(cloud->records > 0);
    record = cloud->record[cloud->records - 1];
    record_len = cloud->record_len[cloud->records - 1];
    readme_table_behind(BEFORE_FIELDS, &table);
}

static int row_of(const char *words)
{
    int row;

    for (row = 0; row < table.rows; row++) {
        if (strncmp(table.cell[row][2], words, strlen(words)) == 0) {
            return row;
        }
    }
    fail_msg("README.md has no row for \"%s\"", words);
    return 0;
}

static uint64_t number_at(size_t at, size_t len)
{
    uint64_t number = 0;

    while (len-- > 0) {
        number = number << 8 | record[at++];
    }
    return number;
}

static uint64_t number(const char *words)
{
    int row = row_of(words);

    return number_at((size_t)atoi(table.cell[row][0]), (size_t)atoi(table.cell[row][1]));
}

/* Where the text begins, with its length. */
static size_t place_of(const char *words)
{
    int row = row_of("client token");
    size_t at = (size_t)atoi(table.cell[row][0]);

    for (; row < row_of(words); row++) {
        at += 1u + record[at];
    }
    return at;
}

static void expect_text(const char *words, const char *text)
{
    size_t at = place_of(words);

    assert_int_equal(record[at], strlen(text));
    assert_memory_equal(record + at + 1, text, strlen(text));
}

/* FNV-1a of a text with its NUL, begun with more than it usually is. */
static uint64_t fnv(const char *text, uint64_t more)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325) + more;
    size_t len = strlen(text) + 1;

    while (len-- > 0) {
        hash = (hash ^ (uint8_t)*text++) * UINT64_C(0x100000001B3);
    }
    return hash;
}

static void expect_hash(const char *words, const char *text, uint64_t more)
{
    assert_int_equal(number(words), fnv(text, more) & 0xFFFFFFFF);
}

static void numbers_and_texts_are_what_the_job_knows(void **state)
{
    struct cloud *cloud = *state;
    rv_replace_system_volume *replace = &cloud->world->replace;

    replace->password = NULL;
    replace->key_pair_name = "kp-test";
    replace->keep_image_credential = RV_FALSE;
    replace->image_release_version = "20241115";
    replace->has_size_gib = 1;
    replace->size_gib = 77;
    replace->client_token = "token-of-the-caller";
    replace->client_token_is_new = 1;
    cloud->after_replace = "REBUILDING+u RUNNING+iv";
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    take_last_record(cloud);

    assert_int_equal(number("version"), 1);
    assert_true((number("evidence") & RV_SAW_REBUILDING) != 0);
    assert_int_equal(number("evidence"), cloud_report(cloud)->evidence);
    assert_int_equal(number("number of the last decision to stop or to start"), 1);
    assert_int_equal(number("last error code"), RV_CODE_NONE);
    assert_int_equal(number("its HTTP status"), 200);
    assert_in_range(number("when the replacement was decided"), SCRIPTED_UTC,
                    cloud_report(cloud)->first_sent_utc_s);
    assert_in_range(number("when the last stop or start"), SCRIPTED_UTC,
                    number("when the replacement was decided"));
    assert_int_equal(number("baseline: hash of the system volume's id"), 0); /* not asked */
    expect_hash("hash of the host", SCRIPTED_HOST, 443);
    expect_hash("hash of the region", "cn-beijing", 0);
    expect_hash("hash of the key pair name", "kp-test", 0);
    assert_int_equal(number("keep image credential"), RV_FALSE);
    expect_hash("hash of the image release version", "20241115", 0);
    assert_int_equal(number("size in GiB"), 77);
    expect_text("client token", "token-of-the-caller");
    expect_text("access key id", "AKLTtest");
    expect_text("instance id", "i-test");
    expect_text("image id", replace->image_id);
    expect_text("baseline: image id", "image-old");
    expect_text("baseline: UpdatedAt", cloud_report(cloud)->baseline_updated_at);
    assert_int_equal(place_of("hash of all before") + 8, record_len);
}

/* An error's code and status are the last answer's: a job whose replacement is refused. */
static void code_and_status_are_those_of_the_refusal(void **state)
{
    struct cloud *cloud = *state;

    ANSWERS(cloud, REPLACE, NO(404, "InvalidImage.NotFound"));
    cloud_run(cloud);
    take_last_record(cloud);
    assert_int_equal(number("last error code"), RV_CODE_IMAGE_NOT_FOUND);
    assert_int_equal(number("its HTTP status"), 404);
    assert_int_equal(number("number of the last decision to stop or to start"), 2);
}

static void hashes_of_lists_are_of_all_that_is_in_them(void **state)
{
    static const rv_name_value extra[] = {{"Note", "a"}, {"More", "b"}};
    static const char in_turn[] = "Note\0a\0More\0b";
    struct cloud *cloud = *state;
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    size_t i;

    cloud->world->replace.extra = extra;
    cloud->world->replace.extra_count = 2;
    cloud_run(cloud);
    take_last_record(cloud);
    for (i = 0; i < sizeof(in_turn); i++) {
        hash = (hash ^ (uint8_t)in_turn[i]) * UINT64_C(0x100000001B3);
    }
    assert_int_equal(number("hash of the extra parameters"), hash & 0xFFFFFFFF);
    assert_true(number("baseline: sum of the hashes of all volume ids") ==
                fnv("vol-system-1", 0) + fnv("vol-data", 0));
}

/* A version 4 UUID of the random bytes, the last ones mixed with what it is for: 0 for the
 * replacement, 0x10000 and the decision's number for a stop or a start. */
static void expect_token(const char *token, uint32_t what)
{
    const uint8_t *random = record + atoi(table.cell[row_of("random")][0]);
    char wanted[37];
    size_t len = 0;
    unsigned i;

    for (i = 0; i < 16; i++) {
        unsigned byte = i < 12 ? random[i] : random[i] ^ (what >> (8 * (15 - i)) & 0xFF);

        byte = i == 6 ? (byte & 0x0F) | 0x40 : i == 8 ? (byte & 0x3F) | 0x80 : byte;
        len += (size_t)snprintf(wanted + len, sizeof wanted - len, "%s%02x",
                                i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", byte);
    }
    assert_string_equal(token, wanted);
}

static void all_tokens_are_made_of_the_random_bytes(void **state)
{
    struct cloud *cloud = *state;

    cloud->after_replace = "REBUILDING STOPPED+i";
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B start:C");
    take_last_record(cloud);
    expect_token(cloud_asked(cloud, REPLACE, 1)->token, 0);
    expect_token(cloud_asked(cloud, STOP, 1)->token, 0x10001);
    expect_token(cloud_asked(cloud, START, 1)->token, 0x10002);
    expect_text("client token", "");
}

/* The bits that are set, in words. */
static void expect_bits(const struct cloud *cloud, const char *const *words)
{
    uint64_t wanted = 0;
    int row;

    take_last_record(cloud);
    readme_table_behind(BEFORE_BITS, &table);
    for (; *words != NULL; words++) {
        for (row = 0; row < table.rows && strcmp(table.cell[row][1], *words) != 0; row++) {
        }
        assert_in_range(row, 0, table.rows - 1);
        wanted |= strtoul(table.cell[row][0], NULL, 16);
    }
    readme_table_behind(BEFORE_FIELDS, &table);
    assert_int_equal(number("what was decided and answered"), wanted);
}

#define EXPECT_BITS(cloud, ...) expect_bits((cloud), (const char *const[]){__VA_ARGS__, NULL})

static void bits_of_a_job_that_is_accepted(void **state)
{
    struct cloud *cloud = *state;

    cloud_run(cloud);
    EXPECT_BITS(cloud, "a stop was decided", "the replacement was decided",
                "the replacement was accepted", "it was accepted by a 2xx, not by proof alone",
                "baseline: STOPPED", "the request has a password");
}

static void bits_of_a_job_with_everything_else(void **state)
{
    struct cloud *cloud = *state;
    rv_replace_system_volume *replace = &cloud->world->replace;

    cloud->old_image_id = replace->image_id;
    cloud->config.force_stop_after_s = 120;
    cloud->after_stop = "STOPPING+u | STOPPED+u";
    cloud->after_replace = "REBUILDING STOPPED";
    replace->password = NULL;
    replace->key_pair_name = "kp-test";
    replace->user_data = (const uint8_t *)"x";
    replace->user_data_len = 1;
    replace->client_token = "token-of-the-caller";
    replace->client_token_is_new = 1;
    ANSWERS(cloud, REPLACE, LOST);
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    EXPECT_BITS(cloud, "a stop was decided", "the replacement was decided", "a start was decided",
                "the replacement was accepted", "baseline: STOPPED",
                "baseline: the wanted image was there already", "the request has user data",
                "the client token is the caller's, or that of a DryRun which was executed");
}

static void bits_of_a_forced_stop(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.force_stop_after_s = 120;
    cloud->after_stop = "STOPPING+u | STOPPED+u";
    cloud_run_until_asked(cloud, STOP, 2);
    EXPECT_BITS(cloud, "a stop was decided", "the request has a password",
                "the last stop was a forced one");
}

static void bits_of_a_job_that_is_refused(void **state)
{
    struct cloud *cloud = *state;

    ANSWERS(cloud, REPLACE, NO(404, "InvalidImage.NotFound"));
    cloud_run(cloud);
    cloud_expect(cloud, RV_ERR_SERVICE, RV_JOB_REFUSED);
    EXPECT_BITS(cloud, "a stop was decided", "the replacement was decided", "a start was decided",
                "it was refused", "baseline: STOPPED", "the request has a password");
}

static void bits_of_a_job_that_only_asks_a_dry_run(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud->world->replace.dry_run = RV_TRUE;
    cloud_run_until_asked(cloud, DRY_RUN, 1);
    EXPECT_BITS(cloud, "the replacement was decided", "baseline: STOPPED",
                "the request has a password",
                "so far only its DryRun, under a token of its own, and its answer is not known",
                "nothing but DryRun was asked");
    expect_token(cloud_asked(cloud, DRY_RUN, 1)->token, 0x20001);
}

static void bits_of_a_dry_run_that_was_executed(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud->config.check_dry_run = 1;
    ANSWERS(cloud, DRY_RUN, YES);
    cloud_run(cloud);
    cloud_expect(cloud, RV_ERR_DRY_RUN_IGNORED, RV_JOB_ENDED_BADLY);
    EXPECT_BITS(cloud, "the replacement was decided", "the replacement was accepted",
                "it was accepted although only DryRun was asked", "baseline: STOPPED",
                "the request has a password",
                "the client token is the caller's, or that of a DryRun which was executed");
}

int main(void)
{
    static struct cloud_suite suite;

    TEST(suite, numbers_and_texts_are_what_the_job_knows);
    TEST(suite, code_and_status_are_those_of_the_refusal);
    TEST(suite, hashes_of_lists_are_of_all_that_is_in_them);
    TEST(suite, all_tokens_are_made_of_the_random_bytes);
    TEST(suite, bits_of_a_job_that_is_accepted);
    TEST(suite, bits_of_a_job_with_everything_else);
    TEST(suite, bits_of_a_forced_stop);
    TEST(suite, bits_of_a_job_that_is_refused);
    TEST(suite, bits_of_a_job_that_only_asks_a_dry_run);
    TEST(suite, bits_of_a_dry_run_that_was_executed);
    return cloud_run_suite(&suite);
}
