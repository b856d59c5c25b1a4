/*
 * What a second reading of the job has found.
 */
#include "tests/support/cloud.h"

#include <string.h>

/* --- a restart that was cut short ------------------------------------------------------------- */

/* The replacement's record is stored, then the job is cancelled; the machine is started again, and
 * just when that is decided the power goes. */
static void a_restart_from_a_record_is_not_taken_for_the_start_after_a_replacement(void **state)
{
    struct cloud *cloud = *state;

    cloud->after_start = "STARTING RUNNING";
    ANSWERS(cloud, REPLACE, ALWAYS_NO(429, "FlowLimitExceeded"));
    cloud_run_until_asked(cloud, REPLACE, 4);
    cloud_run_steps(cloud, 3);
    rv_job_cancel(&cloud->job);
    cloud_run_until_asked(cloud, START, 1);
    cloud_crash(cloud, 10);
    ANSWERS(cloud, REPLACE, ALWAYS_NO(429, "FlowLimitExceeded"));
    cloud_resume_last(cloud);
    cloud_run(cloud);
    assert_int_equal(cloud->replaced, 0);
    assert_int_not_equal(cloud_report(cloud)->outcome, RV_JOB_DONE);
}

/* --- tokens ----------------------------------------------------------------------------------- */

/* Cancelled while it stops, started again, crashed in between, and resumed: a new stop is a new
 * decision, and the start's token is not its. */
static void a_resumed_stop_has_not_the_token_of_a_start(void **state)
{
    struct cloud *cloud = *state;
    unsigned i, j;

    cloud->after_start = "RUNNING";
    cloud_run_into(cloud, RV_STEP_REPLACE);
    rv_job_cancel(&cloud->job);
    cloud_run_until_asked(cloud, START, 1);
    cloud_crash(cloud, 10);
    cloud_resume_last(cloud);
    cloud_run(cloud);
    for (i = 0; i < cloud->request_count; i++) {
        for (j = 0; j < i; j++) {
            if (cloud->request[i].token[0] != '\0' &&
                cloud->request[i].action != cloud->request[j].action) {
                assert_string_not_equal(cloud->request[i].token, cloud->request[j].token);
            }
        }
    }
}

/* One token, one set of parameters, for a stop by force too. */
static void a_resumed_stop_by_force_is_not_sent_without_force_under_its_token(void **state)
{
    struct cloud *cloud = *state;
    unsigned i, j;

    cloud->config.force_stop_after_s = 10;
    cloud->after_stop = "RUNNING";
    cloud_run_until_asked(cloud, STOP, 1);
    while (strchr(cloud->effects, '!') == NULL) {
        assert_int_equal(cloud_run_steps(cloud, 1), RV_AGAIN);
    }
    cloud_crash(cloud, 5);
    cloud->after_stop = "STOPPED";
    cloud_resume_last(cloud);
    cloud_run(cloud);
    for (i = 0; i < cloud->request_count; i++) {
        for (j = 0; j < i; j++) {
            if (cloud->request[i].action == STOP &&
                strcmp(cloud->request[i].token, cloud->request[j].token) == 0) {
                assert_string_equal(cloud->request[i].text, cloud->request[j].text);
            }
        }
    }
}

static void enough_letters(struct cloud *cloud, const struct cloud_request *request)
{
    (void)request;
    if (cloud->tokens[20][0] != '\0') {
        memset(cloud->tokens, 0, sizeof(cloud->tokens));
    }
}

static void expect_own_token(const struct cloud *cloud)
{
    const char *token = cloud_report(cloud)->call.client_token;
    unsigned i;

    for (i = 0; i < cloud->request_count; i++) {
        if (cloud->request[i].action != REPLACE) {
            assert_string_not_equal(cloud->request[i].token, token);
        }
    }
}

/* Somebody starts it as often as it is stopped. */
static void the_replacements_token_is_its_own_after_hundreds_of_stops(void **state)
{
    struct cloud *cloud = *state;

    cloud->after_stop = "STOPPED RUNNING";
    cloud->on_request = enough_letters;
    while (cloud_run_steps(cloud, 1) == RV_AGAIN && cloud->asked[STOP] < 300) {
    }
    expect_own_token(cloud);
}

static void the_replacements_token_is_its_own_after_hundreds_of_dry_runs(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud->config.check_dry_run = 1;
    cloud->world->config.attempts_max = 1;
    cloud->on_request = enough_letters;
    cloud->config.job_timeout_s = 7200;
    cloud->before = "RUNNING";
    ANSWERS(cloud, DRY_RUN, NO(409, "InvalidInstanceStatus"), ALWAYS_NO(429, "FlowLimitExceeded"));
    while (cloud_run_steps(cloud, 1) == RV_AGAIN &&
           (cloud->asked[DRY_RUN] < 140 || cloud_report(cloud)->is_dry_run)) {
    }
    expect_own_token(cloud);
}

/* A callback that fetches new temporary credentials each time it is asked. */
static rv_credentials fresh;
static int get_fresh(void *ctx, rv_credentials *credentials, rv_need *need)
{
    static char id[2][16] = {"AKLTone", "AKLTtwo"};

    (void)ctx;
    (void)need;
    fresh.generation++;
    fresh.access_key_id = id[fresh.generation & 1];
    fresh.secret_access_key = "secret";
    *credentials = fresh;
    return RV_OK;
}

static void another_key_at_each_signature_does_not_spin(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud->world->config.get_credentials = get_fresh;
    cloud->world->config.credentials = NULL;
    cloud->may_lack_record = 1;
    cloud_start(cloud);
    while (cloud->stores < 400 && cloud_run_steps(cloud, 1) == RV_AGAIN) {
    }
    assert_true(cloud->stores < 50);
}

/* --- the time of a token ---------------------------------------------------------------------- */

/* Of a record it is the service's time that counts, in which the machine's clock has no part. */
static void a_clock_that_is_ahead_does_not_make_a_recorded_token_younger(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud->after_replace = "STOPPED";
    cloud->world->utc_error_s = 600;
    cloud->world->config.attempts_max = 1;
    ANSWERS(cloud, REPLACE, NO(429, "FlowLimitExceeded"));
    cloud_run_until_asked(cloud, REPLACE, 1);
    assert_true(cloud_crash_at_store(cloud, 2, 1200));
    assert_int_equal(cloud->asked[REPLACE], 1);
    cloud_resume_last(cloud);
    cloud_run_steps(cloud, 200);
    assert_int_equal(cloud->asked[REPLACE], 1);
}

/* The token was sent and refused for the moment; then somebody starts the instance, it is stopped
 * again, and the token is sent again. Its time is that of its own first sending. */
static void started_after_600_s(struct cloud *cloud, const struct cloud_request *request)
{
    if (request->action == LOOK && cloud->asked[REPLACE] > 0 && cloud->asked[STOP] == 1 &&
        request->at_ms - cloud_asked(cloud, REPLACE, 1)->at_ms > 600000) {
        cloud_see(cloud, "RUNNING");
    }
}

static void a_stop_in_between_does_not_make_the_token_younger(void **state)
{
    struct cloud *cloud = *state;
    const struct cloud_request *first;
    unsigned i;

    cloud->after_stop = "STOPPED";
    cloud->after_replace = "STOPPED";
    cloud->world->config.attempts_max = 1;
    cloud->on_request = started_after_600_s;
    while (cloud->asked[STOP] < 2) {
        ANSWERS(cloud, REPLACE, NO(429, "FlowLimitExceeded"));
        assert_int_equal(cloud_run_steps(cloud, 1), RV_AGAIN);
    }
    ANSWERS(cloud, REPLACE, ALWAYS_SWALLOWED);
    cloud_run(cloud);
    first = cloud_asked(cloud, REPLACE, 1);
    for (i = 0; i < cloud->request_count; i++) {
        if (cloud->request[i].action == REPLACE) {
            assert_true(cloud->request[i].at_ms - first->at_ms <= 900000);
        }
    }
}

static uint64_t fnv(const uint8_t *bytes, size_t len)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);

    while (len-- > 0) {
        hash = (hash ^ *bytes++) * UINT64_C(0x100000001B3);
    }
    return hash;
}

/* The last record with another time in it, and a checksum that fits. */
static void set_recorded_time(struct cloud *cloud, int64_t utc_s)
{
    uint8_t *record = cloud->record[cloud->records - 1];
    size_t len = cloud->record_len[cloud->records - 1];
    uint64_t sum;
    int i;

    for (i = 0; i < 8; i++) {
        record[12 + i] = (uint8_t)((uint64_t)utc_s >> (8 * (7 - i)));
    }
    sum = fnv(record, len - 8);
    for (i = 0; i < 8; i++) {
        record[len - 8 + (size_t)i] = (uint8_t)(sum >> (8 * (7 - i)));
    }
}

static void an_unknown_time_in_a_record_counts_as_past(void **state)
{
    struct cloud *cloud = *state;

    cloud_crash_before_sending(cloud, 10);
    set_recorded_time(cloud, RV_TIME_UNKNOWN);
    cloud_resume_last(cloud);
    cloud_run(cloud);
    assert_int_equal(cloud->asked[REPLACE], 0);
    assert_int_not_equal(cloud_report(cloud)->status, RV_ERR_NO_SIGN);
}

static void a_time_in_a_record_that_cannot_be_counts_as_past(void **state)
{
    static const int64_t times[] = {INT64_MIN + 1, INT64_MAX, INT64_MAX - 900, -1};
    size_t i;

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct cloud *cloud = cloud_another(state);

        cloud_crash_before_sending(cloud, 10);
        set_recorded_time(cloud, times[i]);
        cloud_resume_last(cloud);
        cloud_run(cloud);
        assert_int_equal(cloud->asked[REPLACE], 0);
    }
}

/* How such a record comes about: no Date, and a clock that fails just then. */
static void the_time_of_a_decision_may_be_unknown(void **state)
{
    struct cloud *cloud = *state;

    cloud->has_no_date = 1;
    cloud->before = "STOPPED";
    cloud_run_until_asked(cloud, LOOK, 2);
    cloud->world->utc_unknown = 1;
    assert_true(cloud_crash_at_store(cloud, 1, 3600));
    cloud->world->utc_unknown = 0;
    cloud->has_no_date = 0;
    cloud_resume_last(cloud);
    cloud_run(cloud);
    assert_int_equal(cloud->asked[REPLACE], 0);
    assert_int_not_equal(cloud_report(cloud)->status, RV_ERR_NO_SIGN);
}

/* "It can no longer begin" is true of all sendings only if it is true of the latest date. */
static void no_sign_is_not_said_before_the_latest_date_is_over(void **state)
{
    struct cloud *cloud = *state;
    int64_t latest = 0;
    unsigned i;

    cloud->before = "STOPPED";
    cloud->after_replace = "STOPPED";
    cloud->world->config.attempts_max = 1;
    cloud->world->utc_error_s = 800;
    ANSWERS(cloud, REPLACE, SWALLOWED, ALWAYS_NO(400, "IdempotentParameterMismatch"));
    cloud_run_until_asked(cloud, REPLACE, 1);
    cloud->world->utc_error_s = 0;
    cloud_run(cloud);
    for (i = 0; i < cloud->request_count; i++) {
        if (cloud->request[i].action == REPLACE && cloud->request[i].x_date_s > latest) {
            latest = cloud->request[i].x_date_s;
        }
    }
    assert_true(scripted_utc(cloud->world) >= latest + 960 ||
                cloud_report(cloud)->status != RV_ERR_NO_SIGN);
}

/* --- what the report says --------------------------------------------------------------------- */

static void the_time_of_the_first_sending_is_known_while_it_is_sent(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    while (!cloud->is_begun || cloud_report(cloud)->outcome != RV_JOB_UNKNOWN) {
        assert_int_equal(cloud_run_steps(cloud, 1), RV_AGAIN);
    }
    assert_true(cloud_report(cloud)->first_sent_utc_s != RV_TIME_UNKNOWN);
}

static void before_it_is_sent_the_calls_time_is_unknown_too(void **state)
{
    struct cloud *cloud = *state;

    cloud_start(cloud);
    assert_true(cloud_report(cloud)->call.first_sent_utc_s == RV_TIME_UNKNOWN);
    assert_true(cloud_report(cloud)->call.clock_skew_s == RV_TIME_UNKNOWN);
}

static void a_resumed_jobs_call_does_not_say_not_sent(void **state)
{
    struct cloud *cloud = *state;

    cloud_crash_before_sending(cloud, 1000);
    cloud_resume_last(cloud);
    assert_int_equal(cloud_report(cloud)->call.outcome, RV_UNKNOWN);
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->call.outcome, RV_UNKNOWN);
}

static void the_first_sending_is_not_the_starts(void **state)
{
    struct cloud *cloud = *state;
    int64_t sent_s;

    cloud->before = "STOPPED";
    cloud->after_replace = "REBUILDING*20 STOPPED+iu";
    cloud_run_until_asked(cloud, START, 1);
    sent_s = cloud_report(cloud)->first_sent_utc_s;
    cloud_crash(cloud, 100);
    cloud_resume_last(cloud);
    assert_true(cloud_report(cloud)->first_sent_utc_s <= sent_s);
    cloud_run(cloud);
}

static void where_a_dry_run_was_ignored_something_was_sent(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud->world->replace.dry_run = RV_TRUE;
    ANSWERS(cloud, DRY_RUN, YES);
    cloud_run(cloud);
    assert_int_equal(cloud->replaced, 1);
    assert_true(cloud_report(cloud)->first_sent_utc_s != RV_TIME_UNKNOWN);
}

static void past_the_bound_is_said_without_a_look(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud->config.observed = 1;
    cloud->world->config.attempts_max = 1;
    ANSWERS(cloud, REPLACE, ALWAYS_SWALLOWED);
    cloud_run_into(cloud, RV_STEP_WATCH);
    assert_true(rv_job_is_watching(&cloud->job));
    cloud->world->now_ms += 1000000;
    cloud_step(cloud, NULL);
    rv_job_cancel(&cloud->job);
    assert_int_equal(cloud_report(cloud)->is_past_bound, 1);
}

/* An answer that was lost to a DryRun, and a service that ignores DryRun. */
static void a_lost_dry_run_is_not_made_good_by_a_refusal(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.check_dry_run = 1;
    cloud->after_replace = "REBUILDING*2 RUNNING+iu";
    ANSWERS(cloud, DRY_RUN, LOST, NO(409, "InvalidInstanceStatus"));
    cloud_run(cloud);
    assert_int_not_equal(cloud_report(cloud)->outcome, RV_JOB_NOT_SENT);
}

static void a_lost_dry_run_is_not_followed_by_a_replacement(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.check_dry_run = 1;
    cloud->after_replace = "RUNNING+iu";
    cloud->after_stop = "STOPPED";
    ANSWERS(cloud, DRY_RUN, LOST, NO(409, "InvalidInstanceStatus"));
    cloud_run(cloud);
    assert_int_equal(cloud->replaced, 1);
}

/* --- the machine is left stopped -------------------------------------------------------------- */

/* What was asked to stop may go on showing RUNNING for a while. */
static void a_restart_does_not_take_running_for_it_before_the_stop_has_shown(void **state)
{
    struct cloud *cloud = *state;

    cloud->after_stop = "RUNNING*3 STOPPING STOPPED";
    cloud_run_until_asked(cloud, STOP, 1);
    cloud_run_steps(cloud, 2);
    rv_job_cancel(&cloud->job);
    cloud_run(cloud);
    assert_int_equal(cloud->started, 1);
}

static void a_start_that_is_refused_while_the_service_starts_it_is_no_bad_end(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud->after_replace = "REBUILDING STOPPED*3+i STARTING RUNNING+u";
    ANSWERS(cloud, START, ALWAYS_NO(409, "OperationConflict"));
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
}

static void a_restart_is_tried_for_its_time(void **state)
{
    struct cloud *cloud = *state;

    ANSWERS(cloud, REPLACE, NO(403, "LackPolicy"));
    ANSWERS(cloud, START, {.status = 409, .code = "OperationDenied.ResourceLocked", .times = 8});
    cloud_run(cloud);
    assert_int_equal(cloud->started, 1);
}

static void a_refusal_from_a_record_is_followed_by_the_restart_although_cancelled(void **state)
{
    struct cloud *cloud = *state;

    ANSWERS(cloud, REPLACE, NO(403, "LackPolicy"));
    cloud_run_until_asked(cloud, REPLACE, 1);
    assert_true(cloud_crash_at_store(cloud, cloud->records + 1, 10));
    assert_int_equal(cloud->asked[START], 0);
    cloud_resume_last(cloud);
    rv_job_cancel(&cloud->job);
    cloud_run(cloud);
    assert_int_equal(cloud->started, 1);
}

/* --- guards ----------------------------------------------------------------------------------- */

static void a_resumed_job_keeps_the_guards(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.expected_instance_name = "web-1";
    cloud_crash_before_sending(cloud, 10);
    cloud->instance_name = "db-1";
    cloud_resume_last(cloud);
    cloud_run(cloud);
    assert_int_equal(cloud->asked[REPLACE], 0);
}

/* --- what looks prove ------------------------------------------------------------------------- */

static void empty_id_in_between(struct cloud *cloud, const struct cloud_request *request)
{
    if (request->action == LOOK && cloud->asked[REPLACE] > 0) {
        cloud->more_members = ",\"Volumes\":[{\"VolumeId\":\"vol-1\"},{\"VolumeId\":\"\"},"
                              "{\"VolumeId\":\"vol-2\"}]";
    }
}

static void a_volume_without_an_id_is_no_proof(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud->after_replace = "STOPPED";
    cloud->hides_volumes = 1;
    cloud->more_members = ",\"Volumes\":[{\"VolumeId\":\"vol-1\"},{\"VolumeId\":\"vol-2\"}]";
    cloud->on_request = empty_id_in_between;
    ANSWERS(cloud, REPLACE, ALWAYS_SWALLOWED);
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->evidence, 0);
    assert_int_equal(cloud_report(cloud)->accepted, 0);
}

static void an_image_that_was_not_told_is_no_other_image(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud->old_image_id = "";
    cloud->after_replace = "STOPPED";
    ANSWERS(cloud, REPLACE, ALWAYS_SWALLOWED);
    cloud_run_until_asked(cloud, REPLACE, 1);
    cloud_see(cloud, "STOPPED+i");
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->accepted, 0);
}

/* --- odd order -------------------------------------------------------------------------------- */

static unsigned cancel_at;
static int cancels_itself(struct cloud *cloud, const rv_progress *progress)
{
    (void)progress;
    if (cloud->heard == cancel_at) {
        rv_job_cancel(&cloud->job);
    }
    return RV_OK;
}

static void a_cancel_in_the_progress_callback_ends_it(void **state)
{
    unsigned at;

    for (at = 1; at < 30; at++) {
        struct cloud *cloud = cloud_another(state);
        int status;

        cloud->world->config.attempts_max = 1;
        ANSWERS(cloud, REPLACE, SWALLOWED);
        cloud->on_progress = cancels_itself;
        cancel_at = at;
        status = cloud_run(cloud);
        if (cloud->heard < at) {
            break;
        }
        if (status != RV_ERR_CANCELLED && status != RV_OK) {
            fail_msg("at %u: %d", at, status);
        }
        if (status == RV_OK && cloud_report(cloud)->outcome == RV_JOB_DONE &&
            cloud->heard > at + 1) {
            fail_msg("at %u: it went on", at);
        }
    }
}

static void starting_a_running_job_leaves_it_alone(void **state)
{
    struct cloud *cloud = *state;

    cloud_start(cloud);
    while (cloud->world->client.call == NULL) {
        cloud_step(cloud, NULL);
    }
    assert_int_equal(rv_job_start(&cloud->job, &cloud->world->client, &cloud->config),
                     RV_ERR_USAGE);
    assert_int_equal(cloud_run(cloud), RV_OK);
}

static void the_record_of_a_job_that_never_began_is_empty(void **state)
{
    struct cloud *cloud = *state;
    uint8_t record[RV_RECORD_MAX];

    scripted_client(cloud->world);
    assert_int_equal(rv_job_start(&cloud->job, &cloud->world->client, NULL), RV_ERR_USAGE);
    assert_int_equal(rv_job_record(&cloud->job, record), 0);
}

/* --- the acceptance is stored even if it is cancelled just then ------------------------------- */

static int cancel_when_accepted(struct cloud *cloud, const rv_progress *progress)
{
    (void)progress;
    return cloud_report(cloud)->accepted ? RV_ERR_CANCELLED : RV_OK;
}

static void an_acceptance_is_stored_although_cancelled(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud->on_progress = cancel_when_accepted;
    cloud_run(cloud);
    cloud_expect(cloud, RV_ERR_CANCELLED, RV_JOB_UNFINISHED);
    cloud->on_progress = NULL;
    cloud_crash(cloud, 10);
    cloud_resume_last(cloud);
    cloud_expect(cloud, RV_AGAIN, RV_JOB_UNFINISHED);
}

/* --- more ------------------------------------------------------------------------------------- */

/* Between the first look at the system volume and the baseline that counts another one came. */
static void only_the_baselines_system_volume_is_compared(void **state)
{
    struct cloud *cloud = *state;

    cloud->old_image_id = cloud->world->replace.image_id;
    cloud->before = "STOPPED";
    cloud->after_replace = "STOPPED";
    cloud->world->config.attempts_max = 1;
    ANSWERS(cloud, REPLACE, NO(429, "FlowLimitExceeded"), ALWAYS_SWALLOWED);
    cloud_run_until_asked(cloud, REPLACE, 1);
    cloud_see(cloud, "STOPPED+s"); /* somebody else, before the second sending */
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->evidence, 0);
    assert_int_equal(cloud_report(cloud)->accepted, 0);
}

/* What was accepted stays watchable with the same parameters. */
static void where_a_dry_run_was_ignored_the_callers_token_is_still_as_recorded(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud->config.check_dry_run = 1;
    cloud->world->replace.client_token = "my-token";
    cloud->world->replace.client_token_is_new = 1;
    ANSWERS(cloud, DRY_RUN, YES);
    while (!cloud->is_begun || !cloud_report(cloud)->accepted || cloud->records < 1) {
        assert_int_equal(cloud_run_steps(cloud, 1), RV_AGAIN);
    }
    cloud_crash(cloud, 10);
    cloud_resume_last(cloud);
}

/* The replacement was wanted, only not by this request; what the job has stopped it starts. */
static void where_a_check_was_not_only_one_the_machine_is_started_all_the_same(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.check_dry_run = 1;
    cloud->after_replace = "REBUILDING STOPPED+i";
    ANSWERS(cloud, DRY_RUN, NO(409, "InvalidInstanceStatus"), YES);
    cloud_run(cloud);
    assert_int_equal(cloud->replaced, 1);
    assert_int_equal(cloud->started, 1);
}

static int no_credentials_now(void *ctx, rv_credentials *credentials, rv_need *need)
{
    struct cloud *cloud = (struct cloud *)ctx;

    (void)need;
    *credentials = cloud->world->credentials;
    return cloud->more_members == NULL ? RV_ERR_CREDENTIALS : RV_OK;
}

/* Before the job has looked once by itself nobody knows which key it has, so it takes no look from
 * elsewhere, and asks again. */
static void without_credentials_at_first_it_is_not_another_key(void **state)
{
    struct cloud *cloud = *state;
    rv_instance instance;
    unsigned looks;

    cloud->after_replace = "REBUILDING STOPPED+i";
    cloud->after_start = "RUNNING";
    cloud_crash_after_acceptance(cloud, 10);
    cloud->config.observed = 1;
    cloud->world->config.credentials = NULL;
    cloud->world->config.get_credentials = no_credentials_now;
    cloud->world->config.ctx = cloud;
    cloud_resume_last(cloud);
    looks = cloud->asked[LOOK];
    cloud_run_steps(cloud, 20);
    assert_int_equal(cloud->asked[LOOK], looks);
    memset(&instance, 0, sizeof(instance));
    strcpy(instance.instance_id, "i-test");
    strcpy(instance.image_id, cloud->world->replace.image_id);
    instance.status = RV_INSTANCE_STOPPED;
    rv_job_observe(&cloud->job, &instance, cloud->world->now_ms);
    assert_int_equal(cloud_report(cloud)->looks, 0);
    cloud->more_members = ""; /* there are credentials now */
    while (!rv_job_is_watching(&cloud->job)) {
        assert_int_equal(cloud_run_steps(cloud, 1), RV_AGAIN);
    }
    assert_int_equal(cloud->asked[LOOK], looks + 1);
    assert_int_equal(cloud_report(cloud)->looks, 1);
}

/* The check was over when the stop was decided; its DryRun comes again once it has stopped. */
static void a_resumed_stop_goes_on_under_its_token_before_a_dry_run(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.check_dry_run = 1;
    ANSWERS(cloud, DRY_RUN, NO(409, "InvalidInstanceStatus"));
    ANSWERS(cloud, STOP, SWALLOWED);
    cloud_run_until_asked(cloud, STOP, 1);
    cloud_crash(cloud, 10);
    cloud_resume_last(cloud);
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "dry-run:A stop:B stop:B dry-run:C replace:D");
}

int main(void)
{
    static struct cloud_suite suite;

    TEST(suite, a_restart_from_a_record_is_not_taken_for_the_start_after_a_replacement);
    TEST(suite, a_resumed_stop_has_not_the_token_of_a_start);
    TEST(suite, a_resumed_stop_by_force_is_not_sent_without_force_under_its_token);
    TEST(suite, the_replacements_token_is_its_own_after_hundreds_of_stops);
    TEST(suite, the_replacements_token_is_its_own_after_hundreds_of_dry_runs);
    TEST(suite, another_key_at_each_signature_does_not_spin);
    TEST(suite, a_clock_that_is_ahead_does_not_make_a_recorded_token_younger);
    TEST(suite, a_stop_in_between_does_not_make_the_token_younger);
    TEST(suite, an_unknown_time_in_a_record_counts_as_past);
    TEST(suite, a_time_in_a_record_that_cannot_be_counts_as_past);
    TEST(suite, the_time_of_a_decision_may_be_unknown);
    TEST(suite, no_sign_is_not_said_before_the_latest_date_is_over);
    TEST(suite, the_time_of_the_first_sending_is_known_while_it_is_sent);
    TEST(suite, before_it_is_sent_the_calls_time_is_unknown_too);
    TEST(suite, a_resumed_jobs_call_does_not_say_not_sent);
    TEST(suite, the_first_sending_is_not_the_starts);
    TEST(suite, where_a_dry_run_was_ignored_something_was_sent);
    TEST(suite, past_the_bound_is_said_without_a_look);
    TEST(suite, a_lost_dry_run_is_not_made_good_by_a_refusal);
    TEST(suite, a_lost_dry_run_is_not_followed_by_a_replacement);
    TEST(suite, a_restart_does_not_take_running_for_it_before_the_stop_has_shown);
    TEST(suite, a_start_that_is_refused_while_the_service_starts_it_is_no_bad_end);
    TEST(suite, a_restart_is_tried_for_its_time);
    TEST(suite, a_refusal_from_a_record_is_followed_by_the_restart_although_cancelled);
    TEST(suite, a_resumed_job_keeps_the_guards);
    TEST(suite, a_volume_without_an_id_is_no_proof);
    TEST(suite, an_image_that_was_not_told_is_no_other_image);
    TEST(suite, a_cancel_in_the_progress_callback_ends_it);
    TEST(suite, starting_a_running_job_leaves_it_alone);
    TEST(suite, the_record_of_a_job_that_never_began_is_empty);
    TEST(suite, an_acceptance_is_stored_although_cancelled);
    TEST(suite, only_the_baselines_system_volume_is_compared);
    TEST(suite, where_a_dry_run_was_ignored_the_callers_token_is_still_as_recorded);
    TEST(suite, where_a_check_was_not_only_one_the_machine_is_started_all_the_same);
    TEST(suite, without_credentials_at_first_it_is_not_another_key);
    TEST(suite, a_resumed_stop_goes_on_under_its_token_before_a_dry_run);
    return cloud_run_suite(&suite);
}
