/*
 * What a job writes down and when it does, that no secret is in it, and that nothing else is taken
 * for a record.
 */
#include "tests/support/cloud.h"

#include <string.h>

/* --- store ------------------------------------------------------------------------------------ */

/* That it is stored before the first byte of each effect is checked in every test of jobs. */
static void a_record_is_stored_before_each_effect_and_after_acceptance(void **state)
{
    struct cloud *cloud = *state;

    cloud->after_replace = "REBUILDING STOPPED+i";
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B start:C");
    assert_true(cloud->records >= 4);
}

static void nothing_is_stored_where_nothing_is_touched(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.may_stop = 0;
    cloud_run(cloud);
    assert_int_equal(cloud->stores, 0);
}

static void a_job_without_store_works(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.store = NULL;
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
}

/* The callback is asked again with the same bytes, which the cloud checks. */
static void storing_may_take_its_time(void **state)
{
    struct cloud *cloud = *state;

    cloud->store_agains = 40;
    cloud->after_replace = "REBUILDING STOPPED+i";
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B start:C");
    assert_true(cloud->world->now_ms > 1000000 + 3 * 40 * 50);
}

static void storing_that_never_ends_ends_with_the_jobs_time(void **state)
{
    struct cloud *cloud = *state;

    cloud->store_agains = 1000000;
    cloud->config.job_timeout_s = 60;
    cloud_expect_run(cloud, RV_ERR_TIMEOUT, RV_JOB_NOT_SENT, "");
}

static void what_cannot_be_stored_is_not_done(void **state)
{
    struct cloud *cloud = *state;

    cloud->store_fails_at = 1;
    cloud_expect_run(cloud, RV_ERR_STORE, RV_JOB_NOT_SENT, "");
    assert_int_equal(cloud_report(cloud)->call.status, RV_ERR_STORE);
}

static void any_answer_but_ok_and_again_is_a_failure(void **state)
{
    struct cloud *cloud = *state;

    cloud->store_fails_at = 1;
    cloud->store_with = 1;
    cloud_expect_run(cloud, RV_ERR_STORE, RV_JOB_NOT_SENT, "");
}

/* The number of the store before the replacement. */
static unsigned store_before_replacement(void **state)
{
    struct cloud *cloud = *state;
    unsigned stores;

    cloud_run_until_asked(cloud, REPLACE, 1);
    stores = cloud->stores;
    cloud_another(state);
    return stores;
}

static void a_replacement_that_cannot_be_stored_is_not_sent_and_it_is_started_again(void **state)
{
    unsigned number = store_before_replacement(state);
    struct cloud *cloud = *state;

    cloud->store_fails_at = number;
    cloud->store_fails_once = 1;
    cloud_expect_run(cloud, RV_ERR_STORE, RV_JOB_NOT_SENT, "stop:A start:B");
    assert_int_equal(cloud_report(cloud)->instance.status, RV_INSTANCE_RUNNING);
}

/* A full disk is no reason to leave it down: a start destroys nothing. */
static void a_restart_that_cannot_be_stored_is_done_all_the_same(void **state)
{
    unsigned number = store_before_replacement(state);
    struct cloud *cloud = *state;

    cloud->store_fails_at = number;
    cloud->may_lack_record = 1;
    cloud_expect_run(cloud, RV_ERR_STORE, RV_JOB_NOT_SENT, "stop:A start:B");
}

static void what_cannot_be_stored_any_more_stays_unknown_and_is_not_started(void **state)
{
    unsigned number = store_before_replacement(state);
    struct cloud *cloud = *state;

    cloud->store_fails_at = number + 1;
    ANSWERS(cloud, REPLACE, ALWAYS_IN_DOUBT);
    cloud->after_replace = "STOPPED";
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
    assert_int_equal(cloud_report(cloud)->call.code, RV_CODE_INTERNAL_ERROR);
    assert_int_equal(cloud->asked[START], 0);
}

static void after_acceptance_the_job_goes_on_without_its_record(void **state)
{
    unsigned number = store_before_replacement(state);
    struct cloud *cloud = *state;

    cloud->store_fails_at = number + 1;
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
    assert_true(cloud->stores > number);
}

static void after_acceptance_even_the_start_is_sent_without_its_record(void **state)
{
    unsigned number = store_before_replacement(state);
    struct cloud *cloud = *state;

    cloud->store_fails_at = number + 1;
    cloud->may_lack_record = 1;
    cloud->after_replace = "REBUILDING STOPPED+i";
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B start:C");
}

static void the_record_as_it_stands_can_be_asked_for(void **state)
{
    struct cloud *cloud = *state;
    uint8_t record[RV_RECORD_MAX];
    size_t len;

    cloud_run_into(cloud, RV_STEP_WATCH);
    len = rv_job_record(&cloud->job, record);
    assert_true(len > 0 && len <= RV_RECORD_MAX);
    cloud_crash(cloud, 10);
    assert_int_equal(cloud_resume(cloud, record, len), RV_OK);
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    assert_int_equal(cloud->asked[REPLACE], 1);
}

/* --- no secret -------------------------------------------------------------------------------- */

static int has_bytes(const uint8_t *record, size_t len, const char *bytes)
{
    size_t i, bytes_len = strlen(bytes);

    for (i = 0; i + bytes_len <= len; i++) {
        if (memcmp(record + i, bytes, bytes_len) == 0) {
            return 1;
        }
    }
    return 0;
}

static void no_record_holds_a_secret(void **state)
{
    static const char *const secrets[] = {
        "Pass-Word-0815",
        "UGFzcy1Xb3JkLTA4MTU",
        "Pass-Word",
        "UGFzcy1X", /* the password */
        "run-at-first",
        "cnVuLWF0LWZpcnN0", /* user data */
        "c2VjcmV0LWFjY2Vzcy1rZXk",
        "secret-access-key",
        "YzJWamNtVjBMV0ZqWTJWemN5MXJaWGs", /* key */
        "session-token",
        "c2Vzc2lvbi10b2tlbg",
    };
    struct cloud *cloud = *state;
    unsigned i, k;

    cloud->world->replace.user_data = (const uint8_t *)"run-at-first";
    cloud->world->replace.user_data_len = 12;
    cloud->world->credentials.session_token = "session-token";
    cloud->after_replace = "REBUILDING STOPPED+i";
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B start:C");
    for (i = 0; i < cloud->records; i++) {
        for (k = 0; k < sizeof(secrets) / sizeof(secrets[0]); k++) {
            assert_false(has_bytes(cloud->record[i], cloud->record_len[i], secrets[k]));
        }
        assert_true(has_bytes(cloud->record[i], cloud->record_len[i], "i-test")); /* it can find */
    }
}

/* Nor may it be guessed from a record: two jobs that differ in nothing else leave the same. */
static void no_record_depends_on_a_secret(void **state)
{
    uint8_t record[RV_RECORD_MAX];
    size_t len;
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud_run_into(cloud, RV_STEP_WATCH);
    len = rv_job_record(&cloud->job, record);
    cloud = cloud_another(state);
    cloud->before = "STOPPED";
    cloud->world->replace.password = "Other-Pass-2";
    cloud_run_into(cloud, RV_STEP_WATCH);
    assert_int_equal(rv_job_record(&cloud->job, cloud->record[0]), len);
    assert_memory_equal(cloud->record[0], record, len);
}

/* --- what is no record ------------------------------------------------------------------------ */

static rv_rule refuse_record(struct cloud *cloud, const void *record, size_t len)
{
    assert_int_equal(cloud_resume(cloud, record, len), RV_ERR_RECORD);
    assert_int_equal(cloud_report(cloud)->status, RV_ERR_RECORD);
    /* Nothing is known any more, and "not sent" or "refused" least of all. */
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
    return cloud_report(cloud)->call.rule;
}

static void every_damaged_byte_is_found(void **state)
{
    static const uint8_t damages[] = {0x01, 0x80, 0xFF};
    struct cloud *cloud = *state;
    uint8_t record[RV_RECORD_MAX];
    unsigned newer = 0, foreign = 0, damaged = 0;
    size_t i, k, len;
    unsigned requests;

    cloud_crash_after_acceptance(cloud, 10);
    requests = cloud->request_count;
    len = cloud->record_len[cloud->records - 1];
    for (i = 0; i < len; i++) {
        for (k = 0; k < sizeof(damages); k++) {
            rv_rule rule;

            memcpy(record, cloud->record[cloud->records - 1], len);
            record[i] ^= damages[k];
            rule = refuse_record(cloud, record, len);
            newer += rule == RV_RULE_RECORD_NEWER;
            foreign += rule == RV_RULE_NOT_A_RECORD;
            damaged += rule == RV_RULE_RECORD_DAMAGED;
        }
    }
    assert_int_equal(newer + foreign + damaged, 3 * len);
    assert_true(newer > 0);   /* by its version */
    assert_true(foreign > 0); /* by its first bytes */
    assert_int_equal(cloud->request_count, requests);
}

static void every_cut_is_found(void **state)
{
    struct cloud *cloud = *state;
    size_t len;

    cloud_crash_after_acceptance(cloud, 10);
    for (len = 0; len < cloud->record_len[cloud->records - 1]; len++) {
        rv_rule rule = refuse_record(cloud, cloud->record[cloud->records - 1], len);

        assert_true(rule == RV_RULE_RECORD_DAMAGED || rule == RV_RULE_NOT_A_RECORD);
    }
}

static void what_is_longer_is_damaged(void **state)
{
    struct cloud *cloud = *state;
    uint8_t longer[2 * RV_RECORD_MAX];
    size_t len;

    cloud_crash_after_acceptance(cloud, 10);
    len = cloud->record_len[cloud->records - 1];
    memset(longer, 0, sizeof(longer));
    memcpy(longer, cloud->record[cloud->records - 1], len);
    refuse_record(cloud, longer, len + 1);
    refuse_record(cloud, longer, sizeof(longer));
}

static void what_is_foreign_is_no_record(void **state)
{
    static const char text[] = "{\"current\":\"default\",\"profiles\":{}}\n";
    static const uint8_t zeros[RV_RECORD_MAX];
    struct cloud *cloud = *state;

    assert_int_equal(refuse_record(cloud, text, sizeof(text) - 1), RV_RULE_NOT_A_RECORD);
    assert_int_equal(refuse_record(cloud, zeros, sizeof(zeros)), RV_RULE_NOT_A_RECORD);
    assert_int_equal(refuse_record(cloud, zeros, 0), RV_RULE_NOT_A_RECORD);
}

int main(void)
{
    static struct cloud_suite suite;

    TEST(suite, a_record_is_stored_before_each_effect_and_after_acceptance);
    TEST(suite, nothing_is_stored_where_nothing_is_touched);
    TEST(suite, a_job_without_store_works);
    TEST(suite, storing_may_take_its_time);
    TEST(suite, storing_that_never_ends_ends_with_the_jobs_time);
    TEST(suite, what_cannot_be_stored_is_not_done);
    TEST(suite, any_answer_but_ok_and_again_is_a_failure);
    TEST(suite, a_replacement_that_cannot_be_stored_is_not_sent_and_it_is_started_again);
    TEST(suite, a_restart_that_cannot_be_stored_is_done_all_the_same);
    TEST(suite, what_cannot_be_stored_any_more_stays_unknown_and_is_not_started);
    TEST(suite, after_acceptance_the_job_goes_on_without_its_record);
    TEST(suite, after_acceptance_even_the_start_is_sent_without_its_record);
    TEST(suite, the_record_as_it_stands_can_be_asked_for);
    TEST(suite, no_record_holds_a_secret);
    TEST(suite, no_record_depends_on_a_secret);
    TEST(suite, every_damaged_byte_is_found);
    TEST(suite, every_cut_is_found);
    TEST(suite, what_is_longer_is_damaged);
    TEST(suite, what_is_foreign_is_no_record);
    return cloud_run_suite(&suite);
}
