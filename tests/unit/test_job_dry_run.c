/*
 * A DryRun whose answer is lost: a service that does not know DryRun has replaced the volume. So it
 * is written down, watched and repeated like a replacement, and never followed by another token
 * before it is known to have done nothing.
 */
#include "tests/support/cloud.h"

#include <string.h>

static struct cloud *with_dry_run(void **state, const char *before)
{
    struct cloud *cloud = *state;

    cloud->config.check_dry_run = 1;
    cloud->before = before;
    cloud->after_replace = "REBUILDING+u*3 RUNNING+iu";
    return cloud;
}

/* --- within one run --------------------------------------------------------------------------- */

static void one_that_did_not_arrive_is_asked_again_under_its_token(void **state)
{
    struct cloud *cloud = with_dry_run(state, "STOPPED");

    ANSWERS(cloud, DRY_RUN, SWALLOWED);
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "dry-run:A dry-run:A replace:B");
    assert_int_equal(cloud_report(cloud)->call.attempts, 1); /* of the replacement */
}

static void looks_come_before_it_is_asked_again(void **state)
{
    struct cloud *cloud = with_dry_run(state, "STOPPED");

    ANSWERS(cloud, DRY_RUN, SWALLOWED);
    cloud_run(cloud);
    assert_non_null(strstr(cloud->log, "dry-run:A look look dry-run:A"));
}

static void one_that_was_executed_is_seen_and_nothing_else_is_sent(void **state)
{
    struct cloud *cloud = with_dry_run(state, "STOPPED");

    ANSWERS(cloud, DRY_RUN, LOST);
    cloud_expect_run(cloud, RV_ERR_DRY_RUN_IGNORED, RV_JOB_ENDED_BADLY, "dry-run:A");
    assert_int_equal(cloud_report(cloud)->accepted, 1);
    assert_string_equal(cloud_report(cloud)->call.client_token,
                        cloud_asked(cloud, DRY_RUN, 1)->token);
}

static void one_that_was_executed_after_the_stop_is_seen(void **state)
{
    struct cloud *cloud = with_dry_run(state, "RUNNING");

    ANSWERS(cloud, DRY_RUN, NO(409, "InvalidInstanceStatus"), LOST);
    cloud_expect_run(cloud, RV_ERR_DRY_RUN_IGNORED, RV_JOB_ENDED_BADLY,
                     "dry-run:A stop:B dry-run:C");
}

/* Neither proof nor a second answer: the truth is that nobody knows, and it stays so. */
static void one_that_may_have_been_executed_without_a_trace_ends_unknown(void **state)
{
    struct cloud *cloud = with_dry_run(state, "STOPPED");

    cloud->after_replace = "STOPPED";
    ANSWERS(cloud, DRY_RUN, ALWAYS_LOST);
    cloud_run(cloud);
    cloud_expect(cloud, RV_ERR_NO_SIGN, RV_JOB_UNKNOWN);
    assert_int_equal(cloud->asked[REPLACE], 0);
    assert_int_equal(cloud_report(cloud)->is_dry_run, 1);
    assert_string_equal(cloud_report(cloud)->call.client_token,
                        cloud_asked(cloud, DRY_RUN, 1)->token);
}

static void a_refusal_of_the_second_asking_says_nothing_about_the_first(void **state)
{
    struct cloud *cloud = with_dry_run(state, "STOPPED");

    cloud->after_replace = "STOPPED*6 REBUILDING+u*3 RUNNING+iu";
    ANSWERS(cloud, DRY_RUN, LOST, ALWAYS_NO(409, "InvalidInstanceStatus"));
    cloud_run(cloud);
    cloud_expect(cloud, RV_ERR_DRY_RUN_IGNORED, RV_JOB_ENDED_BADLY);
    assert_int_equal(cloud->asked[REPLACE], 0);
}

/* Until the first can no longer begin: it would find the instance stopped by then. */
static void refused_at_the_second_asking_since_it_runs_the_job_goes_on_when_it_is_safe(void **state)
{
    struct cloud *cloud = with_dry_run(state, "RUNNING");
    const struct cloud_request *stop;

    ANSWERS(cloud, DRY_RUN, SWALLOWED, NO(409, "InvalidInstanceStatus"));
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "dry-run:A dry-run:A stop:B dry-run:C replace:D");
    stop = cloud_asked(cloud, STOP, 1);
    assert_true(stop->at_ms >= cloud_asked(cloud, DRY_RUN, 2)->at_ms + 960000);
}

/* The job asks again while it is stopped: that is executed, and leaves no trace. */
static void refused_since_it_runs_says_nothing_if_it_was_stopped_meanwhile(void **state)
{
    struct cloud *cloud = with_dry_run(state, "RUNNING");

    cloud->after_replace = "RUNNING";
    ANSWERS(cloud, DRY_RUN, SWALLOWED, LOST, NO(409, "InvalidInstanceStatus"));
    cloud_run_until_asked(cloud, DRY_RUN, 1);
    cloud_see(cloud, "STOPPED");
    cloud_run(cloud);
    assert_int_equal(cloud->replaced, 1);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
}

static void throttled_to_the_end_it_is_not_what_ended_the_job(void **state)
{
    struct cloud *cloud = with_dry_run(state, "STOPPED");

    ANSWERS(cloud, DRY_RUN, ALWAYS_NO(429, "FlowLimitExceeded"));
    cloud_run_until_asked(cloud, DRY_RUN, 5);
    cloud_see(cloud, "ERROR");
    cloud_run(cloud);
    cloud_expect(cloud, RV_ERR_INSTANCE_STATUS, RV_JOB_NOT_SENT);
    assert_int_equal(cloud_report(cloud)->call.code, RV_CODE_NONE);
    assert_int_equal(cloud_report(cloud)->call.attempts, 0);
}

/* While it is throttled after the stop; the restart has decisions, and tokens, of its own. */
static void cancelled_after_the_stop_the_job_has_no_dry_run_any_more(void **state)
{
    struct cloud *cloud = with_dry_run(state, "RUNNING");

    ANSWERS(cloud, DRY_RUN, NO(409, "InvalidInstanceStatus"), ALWAYS_NO(429, "FlowLimitExceeded"));
    cloud_run_until_asked(cloud, DRY_RUN, 3);
    cloud_run_steps(cloud, 3); /* the answer is there */
    rv_job_cancel(&cloud->job);
    cloud_run(cloud);
    assert_int_equal(cloud->started, 1);
    assert_int_equal(cloud_report(cloud)->is_dry_run, 0);
    assert_string_not_equal(cloud_report(cloud)->call.client_token,
                            cloud_asked(cloud, START, 1)->token);
}

static void cancelled_while_its_answer_is_awaited_the_outcome_is_unknown(void **state)
{
    struct cloud *cloud = with_dry_run(state, "STOPPED");

    ANSWERS(cloud, DRY_RUN, LOST);
    cloud_run_until_asked(cloud, DRY_RUN, 1);
    rv_job_cancel(&cloud->job);
    cloud_run(cloud);
    cloud_expect(cloud, RV_ERR_CANCELLED, RV_JOB_UNKNOWN);
    assert_int_equal(cloud_report(cloud)->is_dry_run, 1);
}

static void throttled_in_the_check_it_is_asked_until_it_passes(void **state)
{
    struct cloud *cloud = with_dry_run(state, "STOPPED");

    ANSWERS(cloud, DRY_RUN, {.status = 429, .code = "FlowLimitExceeded", .times = 20});
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
}

static void it_is_not_asked_where_its_record_cannot_be_stored(void **state)
{
    struct cloud *cloud = with_dry_run(state, "STOPPED");

    cloud->store_fails_at = 1;
    cloud->store_with = RV_ERR_STORE;
    cloud_expect_run(cloud, RV_ERR_STORE, RV_JOB_NOT_SENT, "");
}

/* --- a crash ---------------------------------------------------------------------------------- */

enum { NOT_DONE, DONE_AND_LOST };

static void arrange(struct cloud *cloud, int what, const char *before)
{
    cloud->config.check_dry_run = 1;
    cloud->before = before;
    cloud->after_replace = "REBUILDING+u*3 RUNNING+iu";
    if (what == DONE_AND_LOST) {
        ANSWERS(cloud, DRY_RUN, ALWAYS_LOST);
    }
}

/* Crashes at each step, goes on from the record, if there is one, else begins anew, as a user would
 * who gives the same command again. */
static void crash_at_each_step(void **state, int what, const char *before, int64_t off_s)
{
    unsigned steps = 0, ended_badly = 0, unknown = 0;
    int status;

    do {
        struct cloud *cloud = cloud_another(state);

        arrange(cloud, what, before);
        cloud_start(cloud);
        status = cloud_run_steps(cloud, steps++);
        if (status == RV_AGAIN) {
            cloud_crash(cloud, off_s);
            if (cloud->records > 0) {
                cloud_resume_last(cloud);
            } else {
                assert_int_equal(cloud->replaced, 0);
                cloud_start(cloud);
            }
            cloud_run(cloud);
        }
        ended_badly += cloud_report(cloud)->outcome == RV_JOB_ENDED_BADLY;
        unknown += cloud_report(cloud)->outcome == RV_JOB_UNKNOWN;
        assert_true(cloud->replaced <= 1);
        if (what == NOT_DONE) {
            assert_true(cloud_report(cloud)->outcome == RV_JOB_DONE || off_s > 900);
        } else {
            assert_int_equal(cloud->asked[REPLACE], 0);
        }
    } while (status == RV_AGAIN);
    assert_true(steps > 10);
    assert_true((what == DONE_AND_LOST) == (ended_badly > 0));
    assert_true(what == DONE_AND_LOST || off_s > 900 || unknown == 0);
}

static void a_crash_at_each_step_and_the_job_goes_on(void **state)
{
    crash_at_each_step(state, NOT_DONE, "STOPPED", 20);
}

static void a_crash_at_each_step_with_a_stop_and_the_job_goes_on(void **state)
{
    crash_at_each_step(state, NOT_DONE, "RUNNING", 20);
}

static void a_crash_at_each_step_where_dry_run_is_ignored_replaces_once(void **state)
{
    crash_at_each_step(state, DONE_AND_LOST, "STOPPED", 20);
}

static void a_crash_for_hours_where_dry_run_is_ignored_replaces_once(void **state)
{
    crash_at_each_step(state, DONE_AND_LOST, "STOPPED", 7200);
}

static void crashed_before_it_was_sent(struct cloud *cloud, int64_t off_s)
{
    assert_int_equal(cloud_crash_at_store(cloud, 1, off_s), 1);
    assert_int_equal(cloud->asked[DRY_RUN], 0);
}

static void past_its_bound_nothing_is_sent_and_the_caller_decides(void **state)
{
    struct cloud *cloud = with_dry_run(state, "STOPPED");

    crashed_before_it_was_sent(cloud, 7200);
    cloud_resume_last(cloud);
    cloud_expect_run(cloud, RV_ERR_NO_SIGN, RV_JOB_UNKNOWN, "");
    assert_int_equal(cloud_report(cloud)->is_dry_run, 1);
}

static void with_another_key_nothing_is_sent(void **state)
{
    struct cloud *cloud = with_dry_run(state, "STOPPED");

    crashed_before_it_was_sent(cloud, 10);
    cloud->world->credentials.access_key_id = "AKLTanother";
    cloud_resume_last(cloud);
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
    assert_string_equal(cloud->effects, "");
}

/* A record that still has the code of an earlier refusal: nothing is concluded from that. */
static void the_code_in_a_record_is_no_answer_to_a_later_dry_run(void **state)
{
    struct cloud *cloud = with_dry_run(state, "RUNNING");

    cloud->after_replace = "RUNNING";
    ANSWERS(cloud, DRY_RUN, NO(409, "InvalidInstanceStatus"), NO(409, "InvalidInstanceStatus"),
            LOST);
    cloud_run_until_asked(cloud, DRY_RUN, 2);
    cloud_run_steps(cloud, 1);
    rv_job_cancel(&cloud->job);
    cloud_run(cloud);
    assert_int_equal(cloud->started, 1);
    cloud_crash(cloud, 10);
    cloud_resume_last(cloud);
    cloud_run_until_asked(cloud, DRY_RUN, 3);
    cloud_crash(cloud, 7200);
    cloud_resume_last(cloud);
    cloud_run(cloud);
    assert_int_equal(cloud->replaced, 1);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
}

/* --- a job that asks for nothing else --------------------------------------------------------- */

static struct cloud *only_dry_run(void **state)
{
    struct cloud *cloud = with_dry_run(state, "STOPPED");

    cloud->config.check_dry_run = 0;
    cloud->world->replace.dry_run = RV_TRUE;
    return cloud;
}

static void a_dry_run_job_asks_again_what_did_not_arrive(void **state)
{
    struct cloud *cloud = only_dry_run(state);

    ANSWERS(cloud, DRY_RUN, SWALLOWED);
    cloud_expect_run(cloud, RV_OK, RV_JOB_CHECKED, "dry-run:A dry-run:A");
}

static void a_dry_run_job_of_a_running_instance_asks_again_without_leave_to_stop(void **state)
{
    struct cloud *cloud = only_dry_run(state);

    cloud->before = "RUNNING";
    cloud->config.may_stop = 0;
    ANSWERS(cloud, DRY_RUN, SWALLOWED);
    cloud_expect_run(cloud, RV_OK, RV_JOB_CHECKED, "dry-run:A dry-run:A");
}

static void a_dry_run_job_that_is_refused_since_it_runs_says_so(void **state)
{
    struct cloud *cloud = only_dry_run(state);

    cloud->before = "RUNNING";
    ANSWERS(cloud, DRY_RUN, SWALLOWED, NO(409, "InvalidInstanceStatus"));
    cloud_expect_run(cloud, RV_OK, RV_JOB_CHECKED, "dry-run:A dry-run:A");
    assert_int_equal(cloud_report(cloud)->not_checked, RV_NOT_CHECKED_DRY_RUN);
    assert_int_equal(cloud_report(cloud)->call.outcome, RV_REFUSED);
}

static void a_dry_run_job_goes_on_from_its_record(void **state)
{
    struct cloud *cloud = only_dry_run(state);

    crashed_before_it_was_sent(cloud, 10);
    cloud_resume_last(cloud);
    cloud_expect_run(cloud, RV_OK, RV_JOB_CHECKED, "dry-run:A");
}

static void the_record_of_a_dry_run_job_is_of_no_replacement(void **state)
{
    struct cloud *cloud = only_dry_run(state);

    crashed_before_it_was_sent(cloud, 10);
    cloud->world->replace.dry_run = RV_UNSET;
    assert_int_equal(cloud_resume(cloud, cloud->record[0], cloud->record_len[0]), RV_ERR_PARAMETER);
    assert_int_equal(cloud_report(cloud)->call.parameter, RV_PARAMETER_DRY_RUN);
    assert_int_equal(cloud_report(cloud)->call.rule, RV_RULE_NOT_AS_RECORDED);
}

int main(void)
{
    static struct cloud_suite suite;

    TEST(suite, one_that_did_not_arrive_is_asked_again_under_its_token);
    TEST(suite, looks_come_before_it_is_asked_again);
    TEST(suite, one_that_was_executed_is_seen_and_nothing_else_is_sent);
    TEST(suite, one_that_was_executed_after_the_stop_is_seen);
    TEST(suite, one_that_may_have_been_executed_without_a_trace_ends_unknown);
    TEST(suite, a_refusal_of_the_second_asking_says_nothing_about_the_first);
    TEST(suite, refused_at_the_second_asking_since_it_runs_the_job_goes_on_when_it_is_safe);
    TEST(suite, refused_since_it_runs_says_nothing_if_it_was_stopped_meanwhile);
    TEST(suite, throttled_to_the_end_it_is_not_what_ended_the_job);
    TEST(suite, cancelled_after_the_stop_the_job_has_no_dry_run_any_more);
    TEST(suite, cancelled_while_its_answer_is_awaited_the_outcome_is_unknown);
    TEST(suite, throttled_in_the_check_it_is_asked_until_it_passes);
    TEST(suite, it_is_not_asked_where_its_record_cannot_be_stored);
    TEST(suite, a_crash_at_each_step_and_the_job_goes_on);
    TEST(suite, a_crash_at_each_step_with_a_stop_and_the_job_goes_on);
    TEST(suite, a_crash_at_each_step_where_dry_run_is_ignored_replaces_once);
    TEST(suite, a_crash_for_hours_where_dry_run_is_ignored_replaces_once);
    TEST(suite, past_its_bound_nothing_is_sent_and_the_caller_decides);
    TEST(suite, with_another_key_nothing_is_sent);
    TEST(suite, the_code_in_a_record_is_no_answer_to_a_later_dry_run);
    TEST(suite, a_dry_run_job_asks_again_what_did_not_arrive);
    TEST(suite, a_dry_run_job_of_a_running_instance_asks_again_without_leave_to_stop);
    TEST(suite, a_dry_run_job_that_is_refused_since_it_runs_says_so);
    TEST(suite, a_dry_run_job_goes_on_from_its_record);
    TEST(suite, the_record_of_a_dry_run_job_is_of_no_replacement);
    return cloud_run_suite(&suite);
}
