/*
 * How a job goes on from its record: what it may still send, and when it only looks; with another
 * key, without the password, or with other parameters.
 */
#include "tests/support/cloud.h"

#include <string.h>

/* --- the record of a replacement that may have been sent -------------------------------------- */

static void expect_only_looks(struct cloud *cloud)
{
    unsigned replaces = cloud->asked[REPLACE];
    unsigned effects = cloud->asked[STOP] + cloud->asked[START];

    cloud_run(cloud);
    assert_int_equal(cloud->asked[REPLACE], replaces);
    assert_int_equal(cloud->asked[STOP] + cloud->asked[START], effects);
}

static void a_resumed_job_looks_before_it_sends(void **state)
{
    struct cloud *cloud = *state;
    size_t len;

    cloud_crash_before_sending(cloud, 10);
    len = strlen(cloud->log);
    cloud_resume_last(cloud);
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    assert_true(strncmp(cloud->log + len, " look", 5) == 0);
    assert_int_equal(cloud->asked[REPLACE], 1);
}

static void until_it_has_looked_a_resumed_job_knows_nothing(void **state)
{
    struct cloud *cloud = *state;

    cloud_crash_before_sending(cloud, 10);
    cloud_resume_last(cloud);
    cloud_expect(cloud, RV_AGAIN, RV_JOB_UNKNOWN);
    assert_true(cloud_report(cloud)->first_sent_utc_s != RV_TIME_UNKNOWN);
    assert_string_not_equal(cloud_report(cloud)->call.client_token, "");
}

static void what_was_accepted_is_known_at_once(void **state)
{
    struct cloud *cloud = *state;

    cloud_crash_after_acceptance(cloud, 10);
    cloud_resume_last(cloud);
    cloud_expect(cloud, RV_AGAIN, RV_JOB_UNFINISHED);
    assert_int_equal(cloud_report(cloud)->accepted, 1);
    assert_string_equal(cloud_report(cloud)->baseline_image_id, "image-old");
}

static void past_the_bound_by_the_services_date_it_is_not_sent(void **state)
{
    struct cloud *cloud = *state;

    cloud_crash_before_sending(cloud, 901);
    cloud_resume_last(cloud);
    expect_only_looks(cloud);
    cloud_expect(cloud, RV_ERR_BOUND, RV_JOB_UNKNOWN);
}

static void just_within_the_bound_it_is_sent(void **state)
{
    struct cloud *cloud = *state;

    cloud_crash_before_sending(cloud, 890);
    cloud_resume_last(cloud);
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
}

static void without_a_date_of_the_service_it_counts_as_past(void **state)
{
    struct cloud *cloud = *state;

    cloud_crash_before_sending(cloud, 10);
    cloud->has_no_date = 1;
    cloud_resume_last(cloud);
    expect_only_looks(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
    assert_int_not_equal(cloud_report(cloud)->status, RV_ERR_NO_SIGN);
}

static void a_date_before_the_records_counts_as_past(void **state)
{
    struct cloud *cloud = *state;

    cloud_crash_before_sending(cloud, 10);
    cloud->date_error_s = -86400;
    cloud_resume_last(cloud);
    expect_only_looks(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
}

static void a_wrong_clock_of_the_machine_does_not_make_it_young(void **state)
{
    struct cloud *cloud = *state;

    cloud_crash_before_sending(cloud, 7200);
    cloud->world->utc_error_s = -7200;
    cloud_resume_last(cloud);
    expect_only_looks(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
}

/* It runs without a sign of the replacement: so somebody has started it, or the service has, after
 * a replacement that left no sign. The service knows, but to ask it may replace a running system.
 */
static void
what_somebody_has_started_meanwhile_is_replaced_only_where_it_may_be_stopped(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.may_stop = 0;
    cloud->old_image_id = cloud->world->replace.image_id;
    cloud_crash_before_sending(cloud, 10);
    cloud_see(cloud, "RUNNING+u");
    cloud_resume_last(cloud);
    expect_only_looks(cloud);
    cloud_expect(cloud, RV_ERR_BOUND, RV_JOB_UNKNOWN);
}

static void proof_against_the_recorded_baseline_is_proof_hours_later(void **state)
{
    struct cloud *cloud = *state;

    cloud->old_image_id = cloud->world->replace.image_id;
    cloud->before = "STOPPED";
    cloud->after_replace = "REBUILDING RUNNING+v";
    ANSWERS(cloud, REPLACE, LOST);
    cloud_run_until_asked(cloud, REPLACE, 1);
    cloud_crash(cloud, 7200);
    cloud_see(cloud, "RUNNING+v");
    cloud_resume_last(cloud);
    expect_only_looks(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
}

static void proof_that_was_seen_is_not_forgotten(void **state)
{
    struct cloud *cloud = *state;

    cloud->old_image_id = cloud->world->replace.image_id;
    cloud->before = "STOPPED";
    cloud->after_replace = "REBUILDING*20 RUNNING";
    ANSWERS(cloud, REPLACE, ALWAYS_LOST);
    cloud_run_until_asked(cloud, REPLACE, 1);
    while ((cloud_report(cloud)->evidence & RV_SAW_REBUILDING) == 0) {
        assert_int_equal(cloud_run_steps(cloud, 1), RV_AGAIN);
    }
    cloud_run_until_asked(cloud, LOOK, cloud->asked[LOOK] + 1);
    cloud_crash(cloud, 7200);
    cloud_see(cloud, "RUNNING");
    cloud_resume_last(cloud);
    expect_only_looks(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
}

static void a_finished_job_that_is_resumed_only_looks(void **state)
{
    struct cloud *cloud = *state;

    cloud_run(cloud);
    cloud_crash(cloud, 60);
    cloud_resume_last(cloud);
    expect_only_looks(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
}

/* --- another key, no password ----------------------------------------------------------------- */

static void with_another_access_key_it_only_looks(void **state)
{
    struct cloud *cloud = *state;

    cloud_crash_before_sending(cloud, 10);
    cloud->world->credentials.access_key_id = "AKLTother";
    cloud_resume_last(cloud);
    expect_only_looks(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
}

static void with_another_access_key_it_sees_that_it_is_done(void **state)
{
    struct cloud *cloud = *state;

    cloud_crash_after_acceptance(cloud, 10);
    cloud->world->credentials.access_key_id = "AKLTother";
    cloud_resume_last(cloud);
    expect_only_looks(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
}

static void with_another_access_key_it_starts_nothing(void **state)
{
    struct cloud *cloud = *state;

    cloud->after_replace = "REBUILDING STOPPED+i";
    cloud_crash_after_acceptance(cloud, 10);
    cloud->world->credentials.access_key_id = "AKLTother";
    cloud_resume_last(cloud);
    expect_only_looks(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNFINISHED);
}

static void without_the_password_it_ends_where_it_would_have_to_send(void **state)
{
    struct cloud *cloud = *state;

    cloud_crash_before_sending(cloud, 10);
    cloud->world->replace.password = NULL;
    cloud_resume_last(cloud);
    expect_only_looks(cloud);
    cloud_expect(cloud, RV_ERR_PARAMETER, RV_JOB_UNKNOWN);
    assert_int_equal(cloud_report(cloud)->call.parameter, RV_PARAMETER_PASSWORD);
}

/* Nothing was sent, and without the password nothing could be: so nothing is stopped for it. */
static void without_the_password_a_job_of_before_the_replacement_is_not_resumed(void **state)
{
    struct cloud *cloud = *state;

    assert_int_equal(cloud_crash_at_store(cloud, 1, 10), 1); /* of the stop */
    cloud->world->replace.password = NULL;
    assert_int_equal(cloud_resume(cloud, cloud->record[0], cloud->record_len[0]), RV_ERR_PARAMETER);
    cloud_expect(cloud, RV_ERR_PARAMETER, RV_JOB_NOT_SENT);
    assert_int_equal(cloud_report(cloud)->call.parameter, RV_PARAMETER_PASSWORD);
    assert_int_equal(cloud_report(cloud)->call.rule, RV_RULE_REQUIRED);
    assert_int_equal(cloud_report(cloud)->stopped_by_job, 1); /* may have been */
    assert_int_equal(cloud->request_count, 1);
}

static void without_the_password_it_can_watch_to_the_end(void **state)
{
    struct cloud *cloud = *state;

    cloud->after_replace = "REBUILDING STOPPED+i";
    cloud_crash_after_acceptance(cloud, 10);
    cloud->world->replace.password = NULL;
    cloud_resume_last(cloud);
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    assert_int_equal(cloud->started, 1);
}

static void without_user_data_it_ends_where_it_would_have_to_send(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->replace.user_data = (const uint8_t *)"data";
    cloud->world->replace.user_data_len = 4;
    cloud_crash_before_sending(cloud, 10);
    cloud->world->replace.user_data = NULL;
    cloud->world->replace.user_data_len = 0;
    cloud_resume_last(cloud);
    expect_only_looks(cloud);
    cloud_expect(cloud, RV_ERR_PARAMETER, RV_JOB_UNKNOWN);
    assert_int_equal(cloud_report(cloud)->call.parameter, RV_PARAMETER_USER_DATA);
}

/* The first password is in force, or none: the service knows, and the job looks. */
static void with_another_password_the_services_mismatch_is_a_reason_to_look(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud->after_replace = "STOPPED*3 REBUILDING+u RUNNING+iu";
    ANSWERS(cloud, REPLACE, ALWAYS_NO(400, "IdempotentParameterMismatch"));
    cloud_crash_before_sending(cloud, 10);
    cloud_see(cloud, cloud->after_replace); /* it had been sent */
    cloud->replaced = 1;
    cloud->world->replace.password = "Other-Pass-2";
    cloud_resume_last(cloud);
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
}

/* --- other parameters ------------------------------------------------------------------------- */

static void other_instance(struct cloud *cloud)
{
    cloud->world->replace.instance_id = "i-other";
}

static void other_image(struct cloud *cloud)
{
    cloud->world->replace.image_id = "image-other";
}

static void other_token(struct cloud *cloud)
{
    cloud->world->replace.client_token = "other-token";
    cloud->world->replace.client_token_is_new = 1;
}

static void a_key_pair(struct cloud *cloud)
{
    cloud->world->replace.key_pair_name = "key";
}

static void keep_credential(struct cloud *cloud)
{
    cloud->world->replace.password = NULL;
    cloud->world->replace.keep_image_credential = RV_TRUE;
}

static void a_version(struct cloud *cloud)
{
    cloud->world->replace.image_release_version = "20241115";
}

static void a_size(struct cloud *cloud)
{
    cloud->world->replace.has_size_gib = 1;
    cloud->world->replace.size_gib = 41;
}

static const rv_name_value extra = {"Tomorrow", "1"};

static void an_extra_parameter(struct cloud *cloud)
{
    cloud->world->replace.extra = &extra;
    cloud->world->replace.extra_count = 1;
}

static void other_region(struct cloud *cloud)
{
    cloud->world->config.region = "cn-shanghai";
}

static void other_host(struct cloud *cloud)
{
    cloud->world->config.host = "ecs.other.test";
}

static void dry_run(struct cloud *cloud)
{
    cloud->world->replace.dry_run = RV_TRUE;
}

static const struct change {
    const char *what;
    void (*change)(struct cloud *cloud);
    rv_parameter_id parameter;
} changes[] = {
    {"another instance", other_instance, RV_PARAMETER_INSTANCE_ID},
    {"another image", other_image, RV_PARAMETER_IMAGE_ID},
    {"another token", other_token, RV_PARAMETER_CLIENT_TOKEN},
    {"a key pair", a_key_pair, RV_PARAMETER_KEY_PAIR_NAME},
    {"the image's credential", keep_credential, RV_PARAMETER_KEEP_IMAGE_CREDENTIAL},
    {"a version", a_version, RV_PARAMETER_IMAGE_RELEASE_VERSION},
    {"a size", a_size, RV_PARAMETER_SIZE},
    {"an extra parameter", an_extra_parameter, RV_PARAMETER_EXTRA},
    {"DryRun", dry_run, RV_PARAMETER_DRY_RUN},
    {"another region", other_region, RV_PARAMETER_REGION},
    {"another host", other_host, RV_PARAMETER_HOST},
};

static void another_parameter_than_the_records_is_an_error_that_names_it(void **state)
{
    struct cloud *cloud = *state;
    const struct change *change = cloud->row;
    unsigned requests;

    cloud_crash_after_acceptance(cloud, 10);
    requests = cloud->request_count;
    change->change(cloud);
    assert_int_equal(cloud_resume(cloud, cloud->record[cloud->records - 1],
                                  cloud->record_len[cloud->records - 1]),
                     RV_ERR_PARAMETER);
    assert_int_equal(cloud_report(cloud)->call.parameter, change->parameter);
    assert_int_equal(cloud_report(cloud)->call.rule, RV_RULE_NOT_AS_RECORDED);
    assert_int_equal(cloud->request_count, requests);
    /* What was accepted does not become "not sent" by this. */
    assert_int_not_equal(cloud_report(cloud)->outcome, RV_JOB_NOT_SENT);
    assert_int_not_equal(cloud_report(cloud)->outcome, RV_JOB_REFUSED);
}

static void the_same_token_may_be_given_again(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->replace.client_token = "my-token";
    cloud->world->replace.client_token_is_new = 1;
    cloud_crash_before_sending(cloud, 10);
    cloud_resume_last(cloud);
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    assert_string_equal(cloud_asked(cloud, REPLACE, 1)->token, "my-token");
}

/* How it is sent is no parameter. */
static void another_method_is_no_other_parameter(void **state)
{
    struct cloud *cloud = *state;

    cloud_crash_before_sending(cloud, 10);
    cloud->world->replace.method = RV_POST;
    cloud_resume_last(cloud);
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
}

int main(void)
{
    static struct cloud_suite suite;
    size_t i;

    TEST(suite, a_resumed_job_looks_before_it_sends);
    TEST(suite, until_it_has_looked_a_resumed_job_knows_nothing);
    TEST(suite, what_was_accepted_is_known_at_once);
    TEST(suite, past_the_bound_by_the_services_date_it_is_not_sent);
    TEST(suite, just_within_the_bound_it_is_sent);
    TEST(suite, without_a_date_of_the_service_it_counts_as_past);
    TEST(suite, a_date_before_the_records_counts_as_past);
    TEST(suite, a_wrong_clock_of_the_machine_does_not_make_it_young);
    TEST(suite, what_somebody_has_started_meanwhile_is_replaced_only_where_it_may_be_stopped);
    TEST(suite, proof_against_the_recorded_baseline_is_proof_hours_later);
    TEST(suite, proof_that_was_seen_is_not_forgotten);
    TEST(suite, a_finished_job_that_is_resumed_only_looks);
    TEST(suite, with_another_access_key_it_only_looks);
    TEST(suite, with_another_access_key_it_sees_that_it_is_done);
    TEST(suite, with_another_access_key_it_starts_nothing);
    TEST(suite, without_the_password_it_ends_where_it_would_have_to_send);
    TEST(suite, without_the_password_a_job_of_before_the_replacement_is_not_resumed);
    TEST(suite, without_the_password_it_can_watch_to_the_end);
    TEST(suite, without_user_data_it_ends_where_it_would_have_to_send);
    TEST(suite, with_another_password_the_services_mismatch_is_a_reason_to_look);
    for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        cloud_add(&suite, "resumed with ", changes[i].what,
                  another_parameter_than_the_records_is_an_error_that_names_it, &changes[i]);
    }
    TEST(suite, the_same_token_may_be_given_again);
    TEST(suite, another_method_is_no_other_parameter);
    return cloud_run_suite(&suite);
}
