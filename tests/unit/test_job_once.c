/*
 * At most once. Whatever gets lost, and whatever the clocks do: one token, one set of parameters,
 * nothing sent after the token's bound, and no word about the outcome that is not known.
 */
#include "tests/support/cloud.h"

#include <limits.h>
#include <string.h>

#define BOUND_MS 900000u

/* Between the first and the last sending of the replacement. */
static uint64_t sending_ms(const struct cloud *cloud)
{
    return cloud_asked(cloud, REPLACE, cloud->asked[REPLACE])->at_ms -
           cloud_asked(cloud, REPLACE, 1)->at_ms;
}

static void begin_stopped(struct cloud *cloud)
{
    cloud->before = "STOPPED";
    cloud->after_replace = "STOPPED";
}

/* --- the answer is lost ----------------------------------------------------------------------- */

static void a_lost_answer_is_asked_for_with_the_same_token(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    ANSWERS(cloud, REPLACE, LOST);
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    assert_null(strchr(cloud->effects, 'B'));
}

static void a_request_that_never_arrived_is_sent_again_with_the_same_token(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    ANSWERS(cloud, REPLACE, {.times = 10});
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    assert_int_equal(cloud->asked[REPLACE], 11);
    assert_null(strchr(cloud->effects, 'B'));
}

/* Each answer that says nothing about the effect. */
static void an_answer_that_says_nothing_is_one_that_was_lost(void **state)
{
    static const cloud_answer answers[] = {
        ALWAYS_LOST,
        {.does = 1, .times = 1000000},
        {.status = 502, .body = "<html>Bad gateway</html>", .does = 1, .times = 1000000},
        {.status = 503, .code = "ServiceUnavailableTemp", .does = 1, .times = 1000000},
        {.status = 504, .code = "InternalServiceTimeout", .does = 1, .times = 1000000},
        {.status = 200, .body = "{\"ResponseMetadata\":{", .does = 1, .times = 1000000},
        {.status = 200, .body = "", .does = 1, .times = 1000000},
        {.status = 302, .body = "", .does = 1, .times = 1000000},
        {.status = 404, .body = "", .does = 1, .times = 1000000},
        {.status = 409, .code = "IdempotentProcessing", .does = 1, .times = 1000000},
        {.status = 400, .code = "IdempotentParameterMismatch", .does = 1, .times = 1000000},
    };
    size_t i;

    for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct cloud *cloud = cloud_another(state);

        cloud_answers(cloud, REPLACE, &answers[i], 1);
        cloud_run(cloud);
        cloud_expect(cloud, RV_OK, RV_JOB_DONE); /* by what looks have shown */
        assert_int_equal(cloud_report(cloud)->accepted, 1);
    }
}

static void proof_is_taken_for_acceptance(void **state)
{
    static const struct {
        const char *after_replace;
        unsigned evidence;
        const char *effects_end;
    } proofs[] = {
        {"STOPPED REBUILDING RUNNING", RV_SAW_REBUILDING, ":A"},
        {"STOPPED STOPPED+v RUNNING", RV_SAW_NEW_VOLUMES, ":A"},
        {"STOPPED RUNNING+s", RV_SAW_NEW_VOLUMES, ":A"},
        {"REBUILDING STOPPED", RV_SAW_REBUILDING, "start:B"},
        {"STOPPED+v", RV_SAW_NEW_VOLUMES, "start:B"},
    };
    size_t i;

    for (i = 0; i < sizeof(proofs) / sizeof(proofs[0]); i++) {
        struct cloud *cloud = cloud_another(state);

        cloud->old_image_id = cloud->world->replace.image_id;
        cloud->before = "STOPPED";
        cloud->after_replace = proofs[i].after_replace;
        ANSWERS(cloud, REPLACE, ALWAYS_LOST);
        cloud_run(cloud);
        cloud_expect(cloud, RV_OK, RV_JOB_DONE);
        assert_int_equal(cloud_report(cloud)->evidence & proofs[i].evidence, proofs[i].evidence);
        assert_non_null(strstr(cloud->effects, proofs[i].effects_end));
    }
}

static void the_wanted_image_is_proof_where_it_was_another(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud->after_replace = "STOPPED RUNNING+i";
    ANSWERS(cloud, REPLACE, ALWAYS_LOST);
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
}

/* Somebody else may have started it. */
static void running_from_stopped_is_no_proof_after_an_unknown_answer(void **state)
{
    struct cloud *cloud = *state;

    cloud->old_image_id = cloud->world->replace.image_id;
    cloud->before = "STOPPED";
    ANSWERS(cloud, REPLACE, ALWAYS_LOST);
    cloud->after_replace = "STOPPED RUNNING+u";
    cloud_run(cloud);
    cloud_expect(cloud, RV_ERR_BOUND, RV_JOB_UNKNOWN);
    assert_int_equal(cloud_report(cloud)->evidence, RV_SAW_UPDATED | RV_SAW_STARTED);
}

/* Its 2xx from memory would tell, but a request that never arrived would replace what runs. */
static void what_runs_meanwhile_is_sent_again_only_where_it_may_be_stopped(void **state)
{
    struct cloud *cloud = *state;
    unsigned replaces;

    cloud->config.may_stop = 0;
    begin_stopped(cloud);
    ANSWERS(cloud, REPLACE, ALWAYS_IN_DOUBT);
    cloud_run_until_asked(cloud, LOOK, 4);
    cloud_see(cloud, "RUNNING+u");
    cloud_run_until_asked(cloud, LOOK, cloud->asked[LOOK] + 1);
    replaces = cloud->asked[REPLACE];
    cloud_run(cloud);
    assert_int_equal(cloud->asked[REPLACE], replaces);
    cloud_expect(cloud, RV_ERR_BOUND, RV_JOB_UNKNOWN);
}

static void an_unknown_answer_is_followed_by_a_look_before_anything_else(void **state)
{
    struct cloud *cloud = *state;

    begin_stopped(cloud);
    cloud->world->config.attempts_max = 1;
    ANSWERS(cloud, REPLACE, SWALLOWED);
    cloud->after_replace = "STOPPED REBUILDING RUNNING+i";
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    assert_null(strstr(cloud->log, "replace:A replace:A"));
}

/* --- refused on a retry ----------------------------------------------------------------------- */

static const struct retry {
    const char *what;
    int status;
    const char *code;
} retries[] = {
    {"wrong instance status on a retry", 409, "InvalidInstanceStatus"},
    {"wrong volume status on a retry", 409, "InvalidVolumeStatus"},
    {"a locked resource on a retry", 409, "OperationDenied.ResourceLocked"},
    {"other parameters on a retry", 400, "IdempotentParameterMismatch"},
    {"no such image on a retry", 404, "InvalidImage.NotFound"},
    {"no permission on a retry", 403, "LackPolicy"},
};

static void a_refusal_on_a_retry_stays_unknown_until_looks_tell(void **state)
{
    struct cloud *cloud = *state;
    const struct retry *retry = cloud->row;
    const cloud_answer answers[] = {
        LOST, {.status = retry->status, .code = retry->code, .times = 1000000}};

    cloud_answers(cloud, REPLACE, answers, 2);
    cloud->after_replace = "STOPPED*4 REBUILDING+u RUNNING+iu";
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
}

static void a_refusal_on_a_retry_stays_unknown_if_looks_do_not_tell(void **state)
{
    struct cloud *cloud = *state;
    const struct retry *retry = cloud->row;
    const cloud_answer answers[] = {
        SWALLOWED, {.status = retry->status, .code = retry->code, .times = 1000000}};

    cloud_answers(cloud, REPLACE, answers, 2);
    cloud->after_replace = "STOPPED";
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
    assert_string_equal(cloud_report(cloud)->call.code_text, retry->code);
    assert_int_equal(cloud->asked[START], 0);
}

static void idempotent_processing_and_then_2xx_is_accepted(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    ANSWERS(cloud, REPLACE, {.status = 409, .code = "IdempotentProcessing", .does = 1, .times = 5});
    cloud->after_replace = "STOPPED*12 RUNNING+u";
    cloud->old_image_id = cloud->world->replace.image_id;
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    assert_int_equal(cloud->asked[REPLACE], 6);
}

/* The earlier request was refused in the end: but which of them it was that answered is not known.
 */
static void idempotent_processing_and_then_a_refusal_stays_unknown(void **state)
{
    struct cloud *cloud = *state;

    begin_stopped(cloud);
    ANSWERS(cloud, REPLACE, {.status = 409, .code = "IdempotentProcessing", .times = 3},
            ALWAYS_NO(404, "InvalidImage.NotFound"));
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
    assert_true(cloud->asked[REPLACE] >= 4);
}

static void throttled_is_refused_in_the_end_and_not_unknown(void **state)
{
    struct cloud *cloud = *state;

    ANSWERS(cloud, REPLACE, ALWAYS_NO(429, "FlowLimitExceeded"));
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_REFUSED);
    assert_int_equal(cloud_report(cloud)->call.code, RV_CODE_FLOW_LIMIT_EXCEEDED);
    assert_int_equal(cloud->started, 1); /* again */
}

/* A minute of throttling is no reason to give up a machine that is already stopped. */
static void throttled_for_a_minute_is_survived(void **state)
{
    struct cloud *cloud = *state;

    ANSWERS(cloud, REPLACE,
            {.status = 429, .code = "FlowLimitExceeded", .fields = "Retry-After: 60\r\n"});
    cloud->world->config.call_timeout_ms = 120000;
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B replace:B");
    assert_true(sending_ms(cloud) >= 60000);
}

/* --- the bound -------------------------------------------------------------------------------- */

static void the_request_is_not_sent_again_after_the_bound(void **state)
{
    struct cloud *cloud = *state;

    begin_stopped(cloud);
    ANSWERS(cloud, REPLACE, ALWAYS_IN_DOUBT);
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
    assert_true(sending_ms(cloud) < BOUND_MS);
    assert_true(sending_ms(cloud) > BOUND_MS / 2); /* and until then it was tried */
    assert_int_equal(cloud_report(cloud)->is_past_bound, 1);
}

static void the_pauses_between_its_sendings_grow(void **state)
{
    struct cloud *cloud = *state;
    uint64_t longest_ms[2] = {0, 0}; /* in the first minute, and later */
    unsigned i;

    begin_stopped(cloud);
    ANSWERS(cloud, REPLACE, ALWAYS_IN_DOUBT);
    cloud_run(cloud);
    for (i = 2; i <= cloud->asked[REPLACE]; i++) {
        uint64_t at_ms = cloud_asked(cloud, REPLACE, i)->at_ms;
        uint64_t pause_ms = at_ms - cloud_asked(cloud, REPLACE, i - 1)->at_ms;
        int later = at_ms > cloud_asked(cloud, REPLACE, 1)->at_ms + 60000;

        longest_ms[later] = pause_ms > longest_ms[later] ? pause_ms : longest_ms[later];
    }
    assert_true(longest_ms[1] > longest_ms[0]);
    assert_in_range(longest_ms[1], 15000, 120000);
}

static void within_the_bound_the_report_says_so(void **state)
{
    struct cloud *cloud = *state;

    begin_stopped(cloud);
    ANSWERS(cloud, REPLACE, ALWAYS_IN_DOUBT);
    cloud_run_until_asked(cloud, REPLACE, 5);
    assert_int_equal(cloud_report(cloud)->is_past_bound, 0);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
}

static void the_callers_bound_holds(void **state)
{
    struct cloud *cloud = *state;

    begin_stopped(cloud);
    cloud->world->config.token_bound_s = 100;
    ANSWERS(cloud, REPLACE, ALWAYS_IN_DOUBT);
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
    assert_true(sending_ms(cloud) < 100000);
}

/* --- ... by the largest of three clocks: each runs alone here */

static void utc_goes_back(struct cloud *cloud, const struct cloud_request *request)
{
    cloud->world->utc_error_s = (int64_t)(cloud_asked(cloud, LOOK, 1)->at_ms / 1000) -
                                (int64_t)(request->at_ms / 1000);
}

static void the_bound_is_over_by_the_monotonic_clock_alone(void **state)
{
    struct cloud *cloud = *state;

    begin_stopped(cloud);
    cloud->has_no_date = 1;
    cloud->on_request = utc_goes_back; /* it stands still */
    ANSWERS(cloud, REPLACE, ALWAYS_IN_DOUBT);
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
    assert_true(sending_ms(cloud) < BOUND_MS);
}

static void utc_jumps_at_the_first_sending(struct cloud *cloud, const struct cloud_request *request)
{
    if (request->action == REPLACE && cloud->asked[REPLACE] == 1) {
        cloud->world->utc_error_s = 901;
    }
}

static void the_bound_is_over_by_utc_alone(void **state)
{
    struct cloud *cloud = *state;

    begin_stopped(cloud);
    cloud->has_no_date = 1;
    cloud->on_request = utc_jumps_at_the_first_sending;
    ANSWERS(cloud, REPLACE, ALWAYS_IN_DOUBT);
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
    assert_int_equal(cloud->asked[REPLACE], 1);
}

static void date_jumps_after_the_first_sending(struct cloud *cloud,
                                               const struct cloud_request *request)
{
    if (cloud->asked[REPLACE] == 1 && request->action == LOOK) {
        cloud->date_error_s = 901;
    }
}

static void the_bound_is_over_by_the_services_date_alone(void **state)
{
    struct cloud *cloud = *state;

    begin_stopped(cloud);
    cloud->on_request = date_jumps_after_the_first_sending;
    cloud->world->config.attempts_max = 1;
    ANSWERS(cloud, REPLACE, ALWAYS_IN_DOUBT);
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
    assert_int_equal(cloud->asked[REPLACE], 1);
}

/* --- no sign ---------------------------------------------------------------------------------- */

/* A request on its way can be executed until its date is 900 s old; 60 s more for clocks. */
static void no_sign_is_said_only_when_the_last_request_can_no_longer_begin(void **state)
{
    struct cloud *cloud = *state;
    int64_t last_x_date_s;

    begin_stopped(cloud);
    ANSWERS(cloud, REPLACE, ALWAYS_IN_DOUBT);
    cloud_run(cloud);
    cloud_expect(cloud, RV_ERR_NO_SIGN, RV_JOB_UNKNOWN);
    assert_int_equal(cloud_report(cloud)->evidence, 0);
    last_x_date_s = cloud_asked(cloud, REPLACE, cloud->asked[REPLACE])->x_date_s;
    assert_true(scripted_utc(cloud->world) >= last_x_date_s + 960);
    assert_true(scripted_utc(cloud->world) <= last_x_date_s + 960 + 60);
    assert_non_null(strstr(cloud->log + strlen(cloud->log) - 9, "look look"));
}

static void with_hints_it_is_not_said_that_there_was_no_sign(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud->after_replace = "STOPPED*20 STOPPED+u";
    ANSWERS(cloud, REPLACE, ALWAYS_LOST);
    cloud_run(cloud);
    cloud_expect(cloud, RV_ERR_BOUND, RV_JOB_UNKNOWN);
    assert_int_equal(cloud_report(cloud)->evidence, RV_SAW_UPDATED);
    assert_string_not_equal(cloud_report(cloud)->baseline_updated_at,
                            cloud_report(cloud)->instance.updated_at);
}

static void without_a_date_of_the_service_nothing_is_said_of_no_sign(void **state)
{
    struct cloud *cloud = *state;

    begin_stopped(cloud);
    cloud->has_no_date = 1;
    ANSWERS(cloud, REPLACE, ALWAYS_IN_DOUBT);
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
    assert_int_not_equal(cloud_report(cloud)->status, RV_ERR_NO_SIGN);
}

static void an_instance_that_is_not_visible_is_not_as_before(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud->after_replace = "MISSING";
    ANSWERS(cloud, REPLACE, ALWAYS_LOST);
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
    assert_int_not_equal(cloud_report(cloud)->status, RV_ERR_NO_SIGN);
}

/* Proof that comes late, shortly before the last request could no longer begin. */
static void late_proof_is_still_proof(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud->after_replace = "STOPPED*55 REBUILDING RUNNING+i";
    ANSWERS(cloud, REPLACE, ALWAYS_LOST);
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
}

static void time_that_is_up_while_the_answer_is_unknown_leaves_it_unknown(void **state)
{
    struct cloud *cloud = *state;

    begin_stopped(cloud);
    cloud->config.job_timeout_s = 120;
    ANSWERS(cloud, REPLACE, ALWAYS_IN_DOUBT);
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
    assert_int_not_equal(cloud_report(cloud)->status, RV_ERR_NO_SIGN);
    assert_int_equal(cloud->asked[START], 0);
}

/* --- clocks ----------------------------------------------------------------------------------- */

static void a_clock_of_1970_is_corrected_by_the_first_answer(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->utc_error_s = -SCRIPTED_UTC; /* and no battery */
    cloud->world->system.utc_lower_bound_s = 1735700000;
    cloud->world->server.checks_time = 1;
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
    assert_true(cloud_report(cloud)->first_sent_utc_s >= SCRIPTED_UTC);
    assert_int_equal(cloud->world->server.handshakes, 2); /* the second under the corrected time */
}

static void ntp_sets_it_right(struct cloud *cloud, const struct cloud_request *request)
{
    if (request->action == STOP) {
        cloud->world->utc_error_s = 0;
    }
}

static void a_clock_that_is_set_right_meanwhile_does_no_harm(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->utc_error_s = 7 * 86400;
    cloud->world->server.checks_time = 1;
    cloud->on_request = ntp_sets_it_right;
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
}

static void it_jumps_to_and_fro(struct cloud *cloud, const struct cloud_request *request)
{
    (void)request;
    cloud->world->utc_error_s = cloud->request_count % 2 ? 86400 : -86400;
}

static void a_clock_that_jumps_all_the_time_does_no_harm(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->server.checks_time = 1;
    cloud->on_request = it_jumps_to_and_fro;
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
}

/* A percent: half a minute in an hour, which no signature minds. */
static void it_drifts(struct cloud *cloud, const struct cloud_request *request)
{
    cloud->world->utc_error_s = ((int64_t)request->at_ms - 1000000) / 1000 / 100;
}

static void a_clock_that_drifts_does_no_harm(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->server.checks_time = 1;
    cloud->on_request = it_drifts;
    cloud->after_replace = "REBUILDING*200 RUNNING+i";
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
}

/* The refusal proves that this sending did nothing, and the token's bound is not over. */
static void a_clock_that_jumps_before_the_replacement_costs_one_refusal(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->server.checks_time = 1;
    cloud_run_into(cloud, RV_STEP_STOP);
    cloud->world->utc_error_s = 4000;
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
}

/* --- credentials that change meanwhile -------------------------------------------------------- */

static struct {
    unsigned asked;
    unsigned changes_at; /* from this call on (from 1) it is another key */
} keys;

static int get_credentials(void *ctx, rv_credentials *credentials, rv_need *need)
{
    (void)ctx;
    (void)need;
    keys.asked++;
    credentials->access_key_id = keys.asked < keys.changes_at ? "AKLTfirst" : "AKLTsecond";
    credentials->secret_access_key = "c2VjcmV0LWFjY2Vzcy1rZXk=";
    credentials->session_token = NULL;
    credentials->generation = keys.asked < keys.changes_at ? 1 : 2;
    return RV_OK;
}

static void use_keys(struct cloud *cloud, unsigned changes_at)
{
    cloud->world->config.credentials = NULL;
    cloud->world->config.get_credentials = get_credentials;
    keys.asked = 0;
    keys.changes_at = changes_at;
}

/* That the record names the key that signs is checked by the cloud, for each effect. */
static void a_key_that_changes_at_any_signature_does_no_harm(void **state)
{
    struct cloud *cloud = *state;
    unsigned signatures, i;

    use_keys(cloud, UINT_MAX);
    cloud->after_replace = "REBUILDING STOPPED+i";
    cloud_run(cloud);
    signatures = keys.asked;
    for (i = 2; i <= signatures; i++) {
        cloud = cloud_another(state);
        use_keys(cloud, i);
        cloud->after_replace = "REBUILDING STOPPED+i";
        cloud_run(cloud);
        cloud_expect(cloud, RV_OK, RV_JOB_DONE);
        assert_int_equal(cloud->asked[REPLACE], 1);
        assert_int_equal(cloud->stopped, 1);
        assert_int_equal(cloud->started, 1);
    }
}

/* Whether another key sees the token is not known. */
static void an_unknown_replacement_is_not_sent_again_with_another_key(void **state)
{
    struct cloud *cloud = *state;

    begin_stopped(cloud);
    ANSWERS(cloud, REPLACE, ALWAYS_IN_DOUBT);
    use_keys(cloud, UINT_MAX);
    cloud_run_until_asked(cloud, REPLACE, 1);
    keys.changes_at = 0;
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
    assert_int_equal(cloud->asked[REPLACE], 1);
}

int main(void)
{
    static struct cloud_suite suite;
    size_t i;

    TEST(suite, a_lost_answer_is_asked_for_with_the_same_token);
    TEST(suite, a_request_that_never_arrived_is_sent_again_with_the_same_token);
    TEST(suite, an_answer_that_says_nothing_is_one_that_was_lost);
    TEST(suite, proof_is_taken_for_acceptance);
    TEST(suite, the_wanted_image_is_proof_where_it_was_another);
    TEST(suite, running_from_stopped_is_no_proof_after_an_unknown_answer);
    TEST(suite, what_runs_meanwhile_is_sent_again_only_where_it_may_be_stopped);
    TEST(suite, an_unknown_answer_is_followed_by_a_look_before_anything_else);
    for (i = 0; i < sizeof(retries) / sizeof(retries[0]); i++) {
        cloud_add(&suite, retries[i].what, ", looks tell",
                  a_refusal_on_a_retry_stays_unknown_until_looks_tell, &retries[i]);
        cloud_add(&suite, retries[i].what, ", looks do not tell",
                  a_refusal_on_a_retry_stays_unknown_if_looks_do_not_tell, &retries[i]);
    }
    TEST(suite, idempotent_processing_and_then_2xx_is_accepted);
    TEST(suite, idempotent_processing_and_then_a_refusal_stays_unknown);
    TEST(suite, throttled_is_refused_in_the_end_and_not_unknown);
    TEST(suite, throttled_for_a_minute_is_survived);
    TEST(suite, the_request_is_not_sent_again_after_the_bound);
    TEST(suite, the_pauses_between_its_sendings_grow);
    TEST(suite, within_the_bound_the_report_says_so);
    TEST(suite, the_callers_bound_holds);
    TEST(suite, the_bound_is_over_by_the_monotonic_clock_alone);
    TEST(suite, the_bound_is_over_by_utc_alone);
    TEST(suite, the_bound_is_over_by_the_services_date_alone);
    TEST(suite, no_sign_is_said_only_when_the_last_request_can_no_longer_begin);
    TEST(suite, with_hints_it_is_not_said_that_there_was_no_sign);
    TEST(suite, without_a_date_of_the_service_nothing_is_said_of_no_sign);
    TEST(suite, an_instance_that_is_not_visible_is_not_as_before);
    TEST(suite, late_proof_is_still_proof);
    TEST(suite, time_that_is_up_while_the_answer_is_unknown_leaves_it_unknown);
    TEST(suite, a_clock_of_1970_is_corrected_by_the_first_answer);
    TEST(suite, a_clock_that_is_set_right_meanwhile_does_no_harm);
    TEST(suite, a_clock_that_jumps_all_the_time_does_no_harm);
    TEST(suite, a_clock_that_drifts_does_no_harm);
    TEST(suite, a_clock_that_jumps_before_the_replacement_costs_one_refusal);
    TEST(suite, a_key_that_changes_at_any_signature_does_no_harm);
    TEST(suite, an_unknown_replacement_is_not_sent_again_with_another_key);
    return cloud_run_suite(&suite);
}
