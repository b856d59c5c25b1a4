/*
 * How a job stops an instance, starts it after the replacement, and starts it again when there was
 * none; and that it never does so on a guess.
 */
#include "tests/support/cloud.h"

#include <string.h>

/* --- stop ------------------------------------------------------------------------------------- */

/* Steps until the service has it, and not until it has answered. */
static void run_until_sent(struct cloud *cloud, const unsigned *count)
{
    rv_need need;

    for (;;) {
        assert_int_equal(cloud_step(cloud, &need), RV_AGAIN);
        if (*count > 0) {
            return;
        }
        assert_int_equal(scripted_wait(cloud->world, &need), RV_OK);
    }
}

static void stopped_by_job_is_true_from_the_sending_on(void **state)
{
    struct cloud *cloud = *state;

    cloud_run_steps(cloud, 1);
    assert_int_equal(cloud_report(cloud)->stopped_by_job, 0);
    run_until_sent(cloud, &cloud->stopped);
    assert_int_equal(cloud_report(cloud)->stopped_by_job, 1);
}

static void started_by_job_is_true_from_the_sending_on(void **state)
{
    struct cloud *cloud = *state;

    cloud->after_replace = "REBUILDING STOPPED+i";
    cloud_run_into(cloud, RV_STEP_WATCH);
    assert_int_equal(cloud_report(cloud)->started_by_job, 0);
    run_until_sent(cloud, &cloud->started);
    assert_int_equal(cloud_report(cloud)->started_by_job, 1);
}

static void a_stop_whose_answer_is_lost_is_repeated_with_the_same_token(void **state)
{
    struct cloud *cloud = *state;

    ANSWERS(cloud, STOP, SWALLOWED, SWALLOWED, {.status = 500, .code = "InternalError"});
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A stop:A stop:A stop:A replace:B");
}

static void a_stop_that_was_executed_though_the_answer_was_lost_is_seen(void **state)
{
    struct cloud *cloud = *state;

    ANSWERS(cloud, STOP, {.does = 1, .times = 1000000});
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    assert_null(strstr(cloud->effects, "stop:B"));
    assert_int_equal(cloud_report(cloud)->stopped_by_job, 1);
}

/* It was not executed, as looks show; then it is asked again, and whether that is the same decision
 * or another, the instance is stopped in the end. */
static void a_stop_that_never_arrived_is_asked_again(void **state)
{
    struct cloud *cloud = *state;

    ANSWERS(cloud, STOP, {.times = 6});
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    assert_int_equal(cloud->stopped, 1);
}

static void a_look_that_lags_behind_the_stop_is_no_new_start(void **state)
{
    struct cloud *cloud = *state;

    cloud->after_stop = "RUNNING*4 STOPPING*3 STOPPED";
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
}

static void who_starts_it_meanwhile_is_stopped_anew_with_another_token(void **state)
{
    struct cloud *cloud = *state;

    cloud->after_stop = "STOPPING+u STOPPED+u RUNNING+u | STOPPING+u STOPPED+u";
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A stop:B replace:C");
}

static void who_starts_it_meanwhile_wins_where_it_may_not_be_stopped(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.may_stop = 0;
    cloud->before = "STOPPED RUNNING+u";
    cloud_expect_run(cloud, RV_ERR_INSTANCE_STATUS, RV_JOB_NOT_SENT, "");
}

static void a_refused_stop_ends_the_job(void **state)
{
    struct cloud *cloud = *state;

    ANSWERS(cloud, STOP, NO(403, "LackPolicy"));
    cloud_expect_run(cloud, RV_ERR_SERVICE, RV_JOB_NOT_SENT, "stop:A");
    assert_int_equal(cloud_report(cloud)->power_code, RV_CODE_LACK_POLICY);
    assert_string_equal(cloud_report(cloud)->power_code_text, "LackPolicy");
    assert_int_equal(cloud_report(cloud)->stopped_by_job, 0);
    assert_int_equal(cloud_report(cloud)->step, RV_STEP_STOP);
}

static void it_is_stopped_already(struct cloud *cloud, const struct cloud_request *request)
{
    if (request->action == STOP) {
        cloud_see(cloud, "STOPPED+u");
    }
}

/* Refused because somebody else has stopped it between look and stop. */
static void a_stop_of_what_is_stopped_already_is_no_obstacle(void **state)
{
    struct cloud *cloud = *state;

    cloud->on_request = it_is_stopped_already;
    ANSWERS(cloud, STOP, NO(409, "InvalidInstanceStatus"));
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
}

static void a_throttled_stop_is_repeated(void **state)
{
    struct cloud *cloud = *state;

    ANSWERS(cloud, STOP, NO(429, "FlowLimitExceeded"));
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A stop:A replace:B");
}

static void an_instance_that_does_not_stop_ends_the_job_when_time_is_up(void **state)
{
    struct cloud *cloud = *state;

    cloud->after_stop = "STOPPING";
    cloud_run(cloud);
    cloud_expect(cloud, RV_ERR_TIMEOUT, RV_JOB_NOT_SENT);
    assert_int_equal(cloud->asked[STOP], 1); /* ForceStop was not asked for */
    assert_int_equal(cloud->asked[REPLACE], 0);
}

static void an_instance_that_does_not_stop_is_forced_after_the_grace_time(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.force_stop_after_s = 120;
    cloud->after_stop = "STOPPING+u | STOPPED+u";
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A stop!:B replace:C");
    assert_true(cloud_asked(cloud, STOP, 2)->at_ms >= cloud_asked(cloud, STOP, 1)->at_ms + 120000);
    assert_true(cloud_asked(cloud, STOP, 2)->at_ms <= cloud_asked(cloud, STOP, 1)->at_ms + 140000);
}

static void an_instance_that_stops_in_time_is_not_forced(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.force_stop_after_s = 120;
    cloud->after_stop = "STOPPING*5 STOPPED";
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
}

static void it_is_forced_only_once(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.force_stop_after_s = 120;
    cloud->after_stop = "STOPPING+u";
    cloud->config.leave_stopped = 1;
    cloud_expect_run(cloud, RV_ERR_TIMEOUT, RV_JOB_NOT_SENT, "stop:A stop!:B");
}

static void an_instance_that_breaks_while_it_stops_is_not_replaced(void **state)
{
    struct cloud *cloud = *state;

    cloud->after_stop = "STOPPING ERROR";
    cloud->after_start = "ERROR";
    cloud_run(cloud);
    cloud_expect(cloud, RV_ERR_INSTANCE_STATUS, RV_JOB_NOT_SENT);
    assert_int_equal(cloud->asked[REPLACE], 0);
}

static void an_instance_that_is_deleted_while_it_stops_is_not_replaced(void **state)
{
    struct cloud *cloud = *state;

    cloud->after_stop = "STOPPING DELETING MISSING";
    cloud->after_start = "MISSING";
    cloud_run(cloud);
    cloud_expect(cloud, RV_ERR_INSTANCE_STATUS, RV_JOB_NOT_SENT);
    assert_int_equal(cloud->asked[REPLACE], 0);
}

/* --- start after the replacement -------------------------------------------------------------- */

static void ends_stopped(struct cloud *cloud)
{
    cloud->before = "STOPPED";
    cloud->after_replace = "REBUILDING+u STOPPED+iu";
}

static void a_start_is_watched_until_it_runs(void **state)
{
    struct cloud *cloud = *state;

    ends_stopped(cloud);
    cloud->after_start = "STOPPED*3 STARTING+u*20 RUNNING+u";
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "replace:A start:B");
    assert_int_equal(cloud_report(cloud)->started_by_job, 1);
    assert_int_equal(cloud_report(cloud)->step, RV_STEP_START);
}

static void a_start_whose_answer_is_lost_is_repeated_with_the_same_token(void **state)
{
    struct cloud *cloud = *state;

    ends_stopped(cloud);
    ANSWERS(cloud, START, SWALLOWED, {.status = 502});
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "replace:A start:B start:B start:B");
}

static void a_start_that_was_executed_though_the_answer_was_lost_is_seen(void **state)
{
    struct cloud *cloud = *state;

    ends_stopped(cloud);
    ANSWERS(cloud, START, {.does = 1, .times = 1000000});
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    assert_null(strstr(cloud->effects, "start:C"));
}

static void a_refused_start_ends_badly(void **state)
{
    struct cloud *cloud = *state;

    ends_stopped(cloud);
    ANSWERS(cloud, START, ALWAYS_NO(403, "LackPolicy"));
    cloud_expect_run(cloud, RV_ERR_ENDED_BADLY, RV_JOB_ENDED_BADLY, "replace:A start:B");
    assert_int_equal(cloud_report(cloud)->power_code, RV_CODE_LACK_POLICY);
    assert_int_equal(cloud_report(cloud)->instance.status, RV_INSTANCE_STOPPED);
}

static void it_runs_already(struct cloud *cloud, const struct cloud_request *request)
{
    if (request->action == START) {
        cloud_see(cloud, "RUNNING+u");
    }
}

static void a_start_of_what_runs_already_is_no_obstacle(void **state)
{
    struct cloud *cloud = *state;

    ends_stopped(cloud);
    cloud->on_request = it_runs_already;
    ANSWERS(cloud, START, NO(409, "InvalidInstanceStatus"));
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "replace:A start:B");
}

/* It may still run, so all that is known is that the time was too short. */
static void a_start_that_is_not_over_when_time_is_up_is_unfinished(void **state)
{
    struct cloud *cloud = *state;

    ends_stopped(cloud);
    cloud->after_start = "STARTING+u";
    cloud_expect_run(cloud, RV_ERR_TIMEOUT, RV_JOB_UNFINISHED, "replace:A start:B");
}

static void a_start_that_has_no_effect_ends_badly(void **state)
{
    struct cloud *cloud = *state;

    ends_stopped(cloud);
    cloud->after_start = "STOPPED";
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_ENDED_BADLY);
}

static void a_start_that_falls_back_to_stopped_ends_badly(void **state)
{
    struct cloud *cloud = *state;

    ends_stopped(cloud);
    cloud->after_start = "STARTING+u STOPPED+u";
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_ENDED_BADLY);
}

static void a_start_into_error_ends_badly(void **state)
{
    struct cloud *cloud = *state;

    ends_stopped(cloud);
    cloud->after_start = "STARTING ERROR";
    cloud_expect_run(cloud, RV_ERR_ENDED_BADLY, RV_JOB_ENDED_BADLY, "replace:A start:B");
}

/* Its system disk is as the image made it, so the old ImageId may take its time here too. */
static void one_running_look_after_the_start_is_not_enough(void **state)
{
    struct cloud *cloud = *state;

    ends_stopped(cloud);
    cloud->after_start = "STARTING RUNNING ERROR";
    cloud_expect_run(cloud, RV_ERR_ENDED_BADLY, RV_JOB_ENDED_BADLY, "replace:A start:B");
}

/* --- start again after a refusal -------------------------------------------------------------- */

static void refuse(struct cloud *cloud)
{
    ANSWERS(cloud, REPLACE, ALWAYS_NO(404, "InvalidImage.NotFound"));
}

static void after_a_refusal_what_the_job_has_stopped_is_started_again(void **state)
{
    struct cloud *cloud = *state;

    refuse(cloud);
    cloud_expect_run(cloud, RV_ERR_SERVICE, RV_JOB_REFUSED, "stop:A replace:B start:C");
    assert_int_equal(cloud_report(cloud)->call.code, RV_CODE_IMAGE_NOT_FOUND);
    assert_int_equal(cloud_report(cloud)->step, RV_STEP_RESTART);
    assert_int_equal(cloud_report(cloud)->instance.status, RV_INSTANCE_RUNNING);
    assert_int_equal(cloud_report(cloud)->started_by_job, 1);
}

static void after_a_refusal_what_was_stopped_before_stays_stopped(void **state)
{
    struct cloud *cloud = *state;

    refuse(cloud);
    cloud->before = "STOPPED";
    cloud_expect_run(cloud, RV_ERR_SERVICE, RV_JOB_REFUSED, "replace:A");
}

static void after_a_refusal_it_is_left_stopped_if_that_was_wanted(void **state)
{
    struct cloud *cloud = *state;

    refuse(cloud);
    cloud->config.leave_stopped = 1;
    cloud_expect_run(cloud, RV_ERR_SERVICE, RV_JOB_REFUSED, "stop:A replace:B");
}

/* One of each kind: of the instance, of the image, of the gateway, of tomorrow. */
static void a_refusal_that_stays_one_is_not_tried_again(void **state)
{
    static const cloud_answer refusals[] = {
        NO(400, "InvalidInstance.Expired"),
        NO(404, "InvalidImage.NotFound"),
        NO(403, "LackPolicy"),
        NO(401, "SignatureDoesNotMatch"),
        NO(400, "SomethingNew"),
        NO(200, "InvalidPassword.Malformed"),
    };
    size_t i;

    for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct cloud *cloud = cloud_another(state);

        cloud_answers(cloud, REPLACE, &refusals[i], 1);
        cloud_expect_run(cloud, RV_ERR_SERVICE, RV_JOB_REFUSED, "stop:A replace:B start:C");
        assert_string_equal(cloud_report(cloud)->call.code_text, refusals[i].code);
    }
}

/* Status lags: the service may see it still STOPPING where looks say STOPPED. */
static void a_refusal_that_may_be_over_soon_may_be_tried_again_but_stays_a_refusal(void **state)
{
    static const cloud_answer refusals[] = {
        ALWAYS_NO(409, "InvalidInstanceStatus"), ALWAYS_NO(409, "InvalidVolumeStatus"),
        ALWAYS_NO(409, "OperationDenied.ResourceLocked"),
        ALWAYS_NO(409, "OperationDenied.InstanceIsCreatingImage")};
    size_t i;

    for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct cloud *cloud = cloud_another(state);

        cloud_answers(cloud, REPLACE, &refusals[i], 1);
        cloud_run(cloud);
        cloud_expect(cloud, RV_ERR_SERVICE, RV_JOB_REFUSED);
        assert_string_equal(cloud_report(cloud)->call.code_text, refusals[i].code);
        assert_int_equal(cloud->started, 1);
        assert_true(cloud->asked[REPLACE] <= 8);
    }
}

static void a_lost_answer_after_a_wrong_status_is_unknown(void **state)
{
    struct cloud *cloud = *state;

    ANSWERS(cloud, REPLACE, NO(409, "InvalidInstanceStatus"), ALWAYS_SWALLOWED);
    cloud_run(cloud);
    if (cloud->asked[REPLACE] > 1) {
        assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
        assert_int_equal(cloud->asked[START], 0);
    } else {
        cloud_expect(cloud, RV_ERR_SERVICE, RV_JOB_REFUSED);
    }
}

static void a_restart_that_is_refused_does_not_change_the_outcome(void **state)
{
    struct cloud *cloud = *state;

    refuse(cloud);
    ANSWERS(cloud, START, ALWAYS_NO(403, "AccessDenied"));
    cloud_expect_run(cloud, RV_ERR_SERVICE, RV_JOB_REFUSED, "stop:A replace:B start:C");
    assert_int_equal(cloud_report(cloud)->call.code, RV_CODE_IMAGE_NOT_FOUND);
    assert_int_equal(cloud_report(cloud)->power_code, RV_CODE_ACCESS_DENIED);
    assert_int_equal(cloud_report(cloud)->instance.status, RV_INSTANCE_STOPPED);
}

static void a_restart_may_take_300_s_more_and_then_ends(void **state)
{
    struct cloud *cloud = *state;
    uint64_t refused_at_ms;

    refuse(cloud);
    cloud->after_start = "STARTING+u";
    cloud_run_until_asked(cloud, START, 1);
    refused_at_ms = cloud_asked(cloud, REPLACE, 1)->at_ms;
    cloud_run(cloud);
    cloud_expect(cloud, RV_ERR_SERVICE, RV_JOB_REFUSED);
    assert_true(cloud->world->now_ms >= refused_at_ms + 200000);
}

static void it_stops_after_100_s(struct cloud *cloud, const struct cloud_request *request)
{
    if (request->action == LOOK && cloud->stopped == 1 && cloud->started == 0 &&
        request->at_ms > cloud_asked(cloud, STOP, 1)->at_ms + 100000) {
        cloud_see(cloud, "STOPPED+u");
    }
}

static void when_time_is_up_in_the_stop_it_is_started_again_once_it_has_stopped(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.job_timeout_s = 60;
    cloud->after_stop = "STOPPING";
    cloud->on_request = it_stops_after_100_s;
    cloud_expect_run(cloud, RV_ERR_TIMEOUT, RV_JOB_NOT_SENT, "stop:A start:B");
    assert_int_equal(cloud_report(cloud)->instance.status, RV_INSTANCE_RUNNING);
}

static void while_the_outcome_is_unknown_nothing_is_started(void **state)
{
    struct cloud *cloud = *state;

    ANSWERS(cloud, REPLACE, ALWAYS_SWALLOWED);
    cloud->after_replace = "STOPPED";
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
    assert_int_equal(cloud->asked[START], 0);
}

int main(void)
{
    static struct cloud_suite suite;

    TEST(suite, started_by_job_is_true_from_the_sending_on);
    TEST(suite, stopped_by_job_is_true_from_the_sending_on);
    TEST(suite, a_stop_whose_answer_is_lost_is_repeated_with_the_same_token);
    TEST(suite, a_stop_that_was_executed_though_the_answer_was_lost_is_seen);
    TEST(suite, a_stop_that_never_arrived_is_asked_again);
    TEST(suite, a_look_that_lags_behind_the_stop_is_no_new_start);
    TEST(suite, who_starts_it_meanwhile_is_stopped_anew_with_another_token);
    TEST(suite, who_starts_it_meanwhile_wins_where_it_may_not_be_stopped);
    TEST(suite, a_refused_stop_ends_the_job);
    TEST(suite, a_stop_of_what_is_stopped_already_is_no_obstacle);
    TEST(suite, a_throttled_stop_is_repeated);
    TEST(suite, an_instance_that_does_not_stop_ends_the_job_when_time_is_up);
    TEST(suite, an_instance_that_does_not_stop_is_forced_after_the_grace_time);
    TEST(suite, an_instance_that_stops_in_time_is_not_forced);
    TEST(suite, it_is_forced_only_once);
    TEST(suite, an_instance_that_breaks_while_it_stops_is_not_replaced);
    TEST(suite, an_instance_that_is_deleted_while_it_stops_is_not_replaced);
    TEST(suite, a_start_is_watched_until_it_runs);
    TEST(suite, a_start_whose_answer_is_lost_is_repeated_with_the_same_token);
    TEST(suite, a_start_that_was_executed_though_the_answer_was_lost_is_seen);
    TEST(suite, a_refused_start_ends_badly);
    TEST(suite, a_start_of_what_runs_already_is_no_obstacle);
    TEST(suite, a_start_that_is_not_over_when_time_is_up_is_unfinished);
    TEST(suite, a_start_that_has_no_effect_ends_badly);
    TEST(suite, a_start_that_falls_back_to_stopped_ends_badly);
    TEST(suite, a_start_into_error_ends_badly);
    TEST(suite, one_running_look_after_the_start_is_not_enough);
    TEST(suite, after_a_refusal_what_the_job_has_stopped_is_started_again);
    TEST(suite, after_a_refusal_what_was_stopped_before_stays_stopped);
    TEST(suite, after_a_refusal_it_is_left_stopped_if_that_was_wanted);
    TEST(suite, a_refusal_that_stays_one_is_not_tried_again);
    TEST(suite, a_refusal_that_may_be_over_soon_may_be_tried_again_but_stays_a_refusal);
    TEST(suite, a_lost_answer_after_a_wrong_status_is_unknown);
    TEST(suite, a_restart_that_is_refused_does_not_change_the_outcome);
    TEST(suite, a_restart_may_take_300_s_more_and_then_ends);
    TEST(suite, when_time_is_up_in_the_stop_it_is_started_again_once_it_has_stopped);
    TEST(suite, while_the_outcome_is_unknown_nothing_is_started);
    return cloud_run_suite(&suite);
}
