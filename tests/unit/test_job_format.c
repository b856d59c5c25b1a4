/*
 * README.md's tables of a job's record: their rows are the core's fields and bits, in its order.
 * test_job_read.c reads real records by them.
 */
#define RV_STATIC
#include "../../replace_volume.c"
#include "../support/readme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define BEFORE_FIELDS "The record is written before each step"
#define BEFORE_BITS   "The bits of what was decided and answered:"

static struct readme_table table;

/* --- the layout ---------------------------------------------------------------------------------
 *
 * The core's fields, and the words by which their rows are known.
 */

struct field {
    int first; /* enum record_number */
    int count;
    const char *words;
};

static const struct field fields[] = {
    {RECORD_FACTS, 1, "what was decided and answered"},
    {RECORD_EVIDENCE, 1, "evidence"},
    {RECORD_DECISIONS, 1, "number of the last decision to stop or to start"},
    {RECORD_CODE, 1, "last error code of the replacement"},
    {RECORD_HTTP_STATUS, 1, "its HTTP status"},
    {RECORD_MEMORY, 1, "when the replacement was decided"},
    {RECORD_MEMORY + 1, 1, "when the last stop or start was decided"},
    {RECORD_MEMORY + 2, 1, "baseline: sum of the hashes of all volume ids"},
    {RECORD_MEMORY + 3, 1, "baseline: hash of the system volume's id"},
    {RECORD_MEMORY + 4, 2, "random"},
    {RECORD_PARAMETERS, 1, "hash of the host"},
    {RECORD_PARAMETERS + 1, 1, "hash of the region"},
    {RECORD_PARAMETERS + 2, 1, "hash of the key pair name"},
    {RECORD_PARAMETERS + 3, 1, "keep image credential"},
    {RECORD_PARAMETERS + 4, 1, "hash of the image release version"},
    {RECORD_PARAMETERS + 5, 1, "size in GiB"},
    {RECORD_PARAMETERS + 6, 1, "hash of the extra parameters"},
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static const char *const texts[RECORD_TEXTS] = {
    "client token", "access key id",      "instance id",
    "image id",     "baseline: image id", "baseline: UpdatedAt",
};

static void expect_row(int row, const char *at, const char *bytes, const char *words)
{
    if (row >= table.rows || strcmp(table.cell[row][0], at) != 0 ||
        strcmp(table.cell[row][1], bytes) != 0 ||
        strncmp(table.cell[row][2], words, strlen(words)) != 0) {
        fail_msg("row %d of README.md should be: %s | %s | %s ..., but is: %s | %s | %s", row + 1,
                 at, bytes, words, table.cell[row][0], table.cell[row][1], table.cell[row][2]);
    }
}

static void expect_number(int row, size_t at, size_t bytes, const char *words)
{
    char offset[16], len[16];

    snprintf(offset, sizeof(offset), "%u", (unsigned)at);
    snprintf(len, sizeof(len), "%u", (unsigned)bytes);
    expect_row(row, offset, len, words);
}

static size_t bytes_of(const struct field *field)
{
    size_t bytes = 0;
    int i;

    for (i = 0; i < field->count; i++) {
        bytes += record_number_len[field->first + i];
    }
    return bytes;
}

static void each_row_is_a_field_of_the_core_in_its_place(void **state)
{
    size_t at = RECORD_START;
    int row = 0, number = 0;
    size_t i;

    (void)state;
    readme_table_behind(BEFORE_FIELDS, &table);
    expect_number(row++, 0, RECORD_START - 1, "\"RVJ\"");
    expect_number(row++, RECORD_START - 1, 1, "version, 1");
    assert_int_equal(RECORD_VERSION, 1);
    for (i = 0; i < FIELDS; i++) {
        assert_int_equal(fields[i].first, number); /* none is left out here */
        expect_number(row++, at, bytes_of(&fields[i]), fields[i].words);
        at += bytes_of(&fields[i]);
        number += fields[i].count;
    }
    assert_int_equal(number, RECORD_NUMBERS);
    for (i = 0; i < RECORD_TEXTS; i++) {
        char offset[16], bytes[16];

        snprintf(offset, sizeof(offset), i == 0 ? "%u" : "-", (unsigned)at);
        snprintf(bytes, sizeof(bytes), "1 + %u", (unsigned)record_text_max[i]);
        expect_row(row++, offset, bytes, texts[i]);
    }
    expect_row(row++, "-", "8", "hash of all before");
    assert_int_equal(RECORD_END, 8);
    assert_int_equal(table.rows, row);
}

/* A job with texts of the greatest length. */
static size_t longest_record(uint8_t record[RV_RECORD_MAX])
{
    static rv_client client;
    static rv_replace_system_volume replace;
    static rv_job job;
    static char id[RV_JOB_ID_MAX + 1];

    memset(id, 'i', RV_JOB_ID_MAX);
    memset(job.token, 't', RV_CLIENT_TOKEN_MAX);
    memset(job.access_key_id, 'a', RV_ID_MAX);
    memset(job.report.baseline_image_id, 'b', RV_JOB_ID_MAX);
    memset(job.report.baseline_updated_at, 'u', sizeof(job.report.baseline_updated_at) - 1);
    client.config.host = client.config.region = "x";
    replace.instance_id = replace.image_id = id;
    job.client = &client;
    job.config.replace = &replace;
    job.facts = FACT_TOKEN_IS_CALLERS;
    return rv_job_record(&job, record);
}

static void no_record_is_longer_than_the_readme_says(void **state)
{
    static uint8_t record[RV_RECORD_MAX];
    size_t longest = longest_record(record);
    char words[64];

    (void)state;
    snprintf(words, sizeof(words), "at most %u bytes; no secret", (unsigned)longest);
    assert_non_null(strstr(readme_text(), words));
    assert_int_equal(record_check(record, longest), RV_RULE_NONE);
    snprintf(words, sizeof(words), "a record of at most %u bytes", RV_RECORD_MAX);
    assert_non_null(strstr(readme_text(), words));
}

/* --- the bits of what was decided and answered --------------------------------------------------
 */

struct bit {
    unsigned fact;
    const char *words;
};

static const struct bit bits[] = {
    {FACT_STOP_DECIDED, "a stop was decided"},
    {FACT_REPLACE_DECIDED, "the replacement was decided"},
    {FACT_START_DECIDED, "a start was decided"},
    {FACT_ACCEPTED, "the replacement was accepted"},
    {FACT_BY_ANSWER, "it was accepted by a 2xx, not by proof alone"},
    {FACT_REFUSED, "it was refused"},
    {FACT_DRY_RUN_IGNORED, "it was accepted although only DryRun was asked"},
    {FACT_WAS_STOPPED, "baseline: STOPPED"},
    {FACT_WAS_WANTED_IMAGE, "baseline: the wanted image was there already"},
    {FACT_HAS_PASSWORD, "the request has a password"},
    {FACT_HAS_USER_DATA, "the request has user data"},
    {FACT_TOKEN_IS_CALLERS,
     "the client token is the caller's, or that of a DryRun which was executed"},
    {FACT_FORCED, "the last stop was a forced one"},
    {FACT_DRY_RUN_DECIDED,
     "so far only its DryRun, under a token of its own, and its answer is not known"},
    {FACT_ONLY_DRY_RUN, "nothing but DryRun was asked"},
};

#define BITS (sizeof(bits) / sizeof(bits[0]))

static void each_bit_has_a_row(void **state)
{
    size_t i;

    (void)state;
    readme_table_behind(BEFORE_BITS, &table);
    for (i = 0; i < BITS; i++) {
        char value[16];

        snprintf(value, sizeof(value), "0x%04x", bits[i].fact);
        assert_string_equal(table.cell[i][0], value);
        assert_string_equal(table.cell[i][1], bits[i].words);
        assert_int_equal(bits[i].fact, 1u << i); /* none is left out here */
    }
    assert_int_equal(table.rows, BITS);
}

/* So that a bit that is new in the core is missed above. */
static void the_core_has_no_other_bits(void **state)
{
    FILE *file = fopen("replace_volume.c", "rb");
    char line[256];
    unsigned value, known = 0, defined = 0;
    size_t i;

    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "#define FACT_%*s 0x%xu", &value) == 1) {
            defined |= value;
        }
    }
    fclose(file);
    for (i = 0; i < BITS; i++) {
        known |= bits[i].fact;
    }
    assert_int_equal(defined, known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_a_field_of_the_core_in_its_place),
        cmocka_unit_test(no_record_is_longer_than_the_readme_says),
        cmocka_unit_test(each_bit_has_a_row),
        cmocka_unit_test(the_core_has_no_other_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
