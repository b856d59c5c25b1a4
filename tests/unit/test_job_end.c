/*
 * A job that ends before its end: cancelled in any step, by a call or by the progress callback, or
 * because time is up. What it reports then is true, and what it had stopped is started again unless
 * the replacement may have been executed.
 */
#include "tests/support/cloud.h"

#include <string.h>

/* --- cancelled at any moment ------------------------------------------------------------------ */

static void expect_truth_after_cancel(const struct cloud *cloud)
{
    const rv_job_report *report = cloud_report(cloud);

    assert_int_equal(report->status, RV_ERR_CANCELLED);
    switch (report->outcome) {
    case RV_JOB_NOT_SENT:
        assert_int_equal(cloud->asked[REPLACE], 0);
        assert_int_equal(cloud->started, cloud->stopped); /* as it was */
        break;
    case RV_JOB_UNKNOWN:
        assert_int_equal(cloud->asked[START], 0);
        assert_int_equal(report->accepted, 0);
        break;
    default:
        assert_int_equal(report->outcome, RV_JOB_UNFINISHED);
        assert_int_equal(cloud->replaced, 1);
        assert_int_equal(report->accepted, 1);
    }
}

static void cancelled_after_any_step_it_says_what_is_true(void **state)
{
    unsigned steps = 0, not_sent = 0, unknown = 0, unfinished = 0;
    struct cloud *cloud;

    for (;;) {
        cloud = cloud_another(state);
        cloud->after_replace = "REBUILDING+u STOPPED+iu";
        cloud_start(cloud);
        if (cloud_run_steps(cloud, steps++) != RV_AGAIN) {
            break;
        }
        rv_job_cancel(&cloud->job);
        cloud_run(cloud);
        expect_truth_after_cancel(cloud);
        not_sent += cloud_report(cloud)->outcome == RV_JOB_NOT_SENT;
        unknown += cloud_report(cloud)->outcome == RV_JOB_UNKNOWN;
        unfinished += cloud_report(cloud)->outcome == RV_JOB_UNFINISHED;
    }
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    assert_true(not_sent > 5 && unknown > 0 && unfinished > 5);
}

static void cancelled_before_the_first_step_nothing_is_sent(void **state)
{
    struct cloud *cloud = *state;

    cloud_start(cloud);
    rv_job_cancel(&cloud->job);
    cloud_expect_run(cloud, RV_ERR_CANCELLED, RV_JOB_NOT_SENT, "");
    assert_int_equal(cloud->world->server.connections, 0);
}

static void cancelled_between_sending_and_answer_it_is_unknown_and_not_started(void **state)
{
    struct cloud *cloud = *state;
    rv_need need;

    ANSWERS(cloud, REPLACE, {.status = 200, .does = 1, .delay_ms = 5000});
    cloud_run_into(cloud, RV_STEP_REPLACE);
    while (cloud->asked[REPLACE] == 0) {
        assert_int_equal(cloud_step(cloud, &need), RV_AGAIN);
        if (cloud->asked[REPLACE] == 0) {
            scripted_wait(cloud->world, &need);
        }
    }
    rv_job_cancel(&cloud->job);
    cloud_expect_run(cloud, RV_ERR_CANCELLED, RV_JOB_UNKNOWN, "stop:A replace:B");
}

static void cancelled_in_the_watch_it_is_accepted_and_unfinished(void **state)
{
    struct cloud *cloud = *state;

    cloud_run_into(cloud, RV_STEP_WATCH);
    rv_job_cancel(&cloud->job);
    cloud_expect_run(cloud, RV_ERR_CANCELLED, RV_JOB_UNFINISHED, "stop:A replace:B");
}

static void cancelled_after_the_stop_it_is_started_again(void **state)
{
    struct cloud *cloud = *state;

    cloud_run_until_asked(cloud, STOP, 1);
    rv_job_cancel(&cloud->job);
    cloud_expect_run(cloud, RV_ERR_CANCELLED, RV_JOB_NOT_SENT, "stop:A start:B");
    assert_int_equal(cloud_report(cloud)->step, RV_STEP_RESTART);
    assert_int_equal(cloud_report(cloud)->instance.status, RV_INSTANCE_RUNNING);
}

static void cancelled_after_the_stop_it_is_left_stopped_if_that_was_wanted(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.leave_stopped = 1;
    cloud_run_until_asked(cloud, STOP, 1);
    rv_job_cancel(&cloud->job);
    cloud_expect_run(cloud, RV_ERR_CANCELLED, RV_JOB_NOT_SENT, "stop:A");
}

static void a_second_cancel_ends_the_restart_too(void **state)
{
    struct cloud *cloud = *state;
    uint64_t now_ms;

    cloud_run_until_asked(cloud, STOP, 1);
    rv_job_cancel(&cloud->job);
    cloud_run_into(cloud, RV_STEP_RESTART);
    rv_job_cancel(&cloud->job);
    now_ms = cloud->world->now_ms;
    assert_int_equal(cloud_step(cloud, NULL), RV_ERR_CANCELLED);
    assert_true(cloud->world->now_ms == now_ms);
    cloud_expect(cloud, RV_ERR_CANCELLED, RV_JOB_NOT_SENT);
    assert_int_equal(cloud_report(cloud)->stopped_by_job, 1); /* who reads it knows why it is off */
}

static void cancelled_in_the_restart_after_a_refusal_it_stays_refused(void **state)
{
    struct cloud *cloud = *state;

    ANSWERS(cloud, REPLACE, ALWAYS_NO(404, "InvalidImage.NotFound"));
    cloud_run_into(cloud, RV_STEP_RESTART);
    rv_job_cancel(&cloud->job);
    rv_job_cancel(&cloud->job);
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_REFUSED);
}

static void cancelled_while_the_replacement_is_being_stored_it_is_not_sent(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud->store_agains = 3;
    while (cloud->again_len == 0) {
        assert_int_equal(cloud_run_steps(cloud, 1), RV_AGAIN);
    }
    rv_job_cancel(&cloud->job);
    cloud_expect_run(cloud, RV_ERR_CANCELLED, RV_JOB_NOT_SENT, "");
}

static void a_finished_job_is_not_cancelled(void **state)
{
    struct cloud *cloud = *state;

    cloud_run(cloud);
    rv_job_cancel(&cloud->job);
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
}

static void a_cancelled_job_can_be_resumed(void **state)
{
    struct cloud *cloud = *state;

    cloud_run_into(cloud, RV_STEP_WATCH);
    rv_job_cancel(&cloud->job);
    cloud_run(cloud);
    cloud_crash(cloud, 60);
    cloud_resume_last(cloud);
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    assert_int_equal(cloud->asked[REPLACE], 1);
}

/* --- by the progress callback */

static const rv_step steps_to_cancel_in[] = {RV_STEP_CHECK, RV_STEP_STOP, RV_STEP_REPLACE,
                                             RV_STEP_WATCH, RV_STEP_START};

static int cancel_in_step(struct cloud *cloud, const rv_progress *progress)
{
    return progress->step == *(const rv_step *)cloud->row ? 1 : RV_OK;
}

static void the_progress_callback_can_cancel(void **state)
{
    struct cloud *cloud = *state;
    rv_step step = *(const rv_step *)cloud->row;

    cloud->after_replace = "REBUILDING+u STOPPED+iu";
    cloud->on_progress = cancel_in_step;
    cloud_run(cloud);
    expect_truth_after_cancel(cloud);
    if (step <= RV_STEP_STOP) {
        assert_int_equal(cloud->asked[REPLACE], 0);
    }
    if (step >= RV_STEP_WATCH) {
        assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNFINISHED);
    }
}

/* --- freed in the middle */

static void a_freed_job_leaves_the_client_for_another(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud_run_steps(cloud, 3); /* in the handshake */
    rv_job_free(&cloud->job);
    assert_null(cloud->world->client.call);
    cloud->is_begun = 0;
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "replace:A");
}

static void a_freed_job_leaves_no_secret(void **state)
{
    static const uint8_t zeros[sizeof(rv_job)];
    struct cloud *cloud = *state;

    cloud_run_until_asked(cloud, REPLACE, 1);
    rv_job_free(&cloud->job);
    assert_memory_equal(&cloud->job, zeros, sizeof(zeros));
    assert_int_equal(scripted_copies_of(cloud->world, "Pass-Word-0815", 14), 0);
}

/* --- time is up ------------------------------------------------------------------------------- */

static const struct too_long {
    const char *what;
    const char *before, *after_stop, *after_replace, *after_start;
    uint32_t job_timeout_s;
    uint32_t replace_takes_ms;
    rv_job_outcome outcome;
    rv_step step;
} too_long[] = {
    {"check", "STARTING", "STOPPED", "RUNNING+i", "RUNNING", 0, 0, RV_JOB_NOT_SENT, RV_STEP_CHECK},
    {"stop", "RUNNING", "STOPPING", "RUNNING+i", "STOPPING", 0, 0, RV_JOB_NOT_SENT,
     RV_STEP_RESTART},
    {"replacement", "STOPPED", "STOPPED", "STOPPED", "RUNNING", 6, 9000, RV_JOB_UNKNOWN,
     RV_STEP_REPLACE},
    {"watch", "RUNNING", "STOPPED", "REBUILDING", "RUNNING", 0, 0, RV_JOB_UNFINISHED,
     RV_STEP_WATCH},
    {"start", "RUNNING", "STOPPED", "REBUILDING STOPPED+i", "STARTING", 0, 0, RV_JOB_UNFINISHED,
     RV_STEP_START},
};

static void time_that_is_up_ends_the_job_with_what_is_true(void **state)
{
    struct cloud *cloud = *state;
    const struct too_long *row = cloud->row;
    uint64_t limit_ms = row->job_timeout_s > 0 ? row->job_timeout_s * (uint64_t)1000 : 3600000;
    cloud_answer slow = YES;
    uint64_t took_ms;

    cloud->before = row->before;
    cloud->after_stop = row->after_stop;
    cloud->after_replace = row->after_replace;
    cloud->after_start = row->after_start;
    cloud->config.job_timeout_s = row->job_timeout_s;
    slow.delay_ms = row->replace_takes_ms;
    if (slow.delay_ms > 0) {
        cloud_answers(cloud, REPLACE, &slow, 1);
    }
    cloud_run(cloud);
    cloud_expect(cloud, RV_ERR_TIMEOUT, row->outcome);
    took_ms = cloud->world->now_ms - 1000000;
    assert_true(took_ms >= limit_ms && took_ms <= limit_ms + 300000);
    if (row->step != RV_STEP_RESTART) {
        assert_true(took_ms <= limit_ms + 1000);
    }
    if (row->step != RV_STEP_REPLACE) { /* an unknown answer may be watched already */
        assert_int_equal(cloud_report(cloud)->step, row->step);
    }
}

/* --- what breaks on the way ------------------------------------------------------------------- */

static void a_service_that_is_away_for_minutes_does_not_end_the_watch(void **state)
{
    struct cloud *cloud = *state;

    cloud_run_into(cloud, RV_STEP_WATCH);
    ANSWERS(cloud, LOOK, {.times = 40});
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
}

static void a_network_that_is_away_for_minutes_does_not_end_the_watch(void **state)
{
    struct cloud *cloud = *state;
    uint64_t began_ms;

    cloud_run_into(cloud, RV_STEP_WATCH);
    began_ms = cloud->world->now_ms;
    scripted_server_end(cloud->world, END_CUT);
    scripted_fail(cloud->world, ON_OPEN, 1, RV_ERR_CONNECT);
    while (cloud->world->now_ms < began_ms + 600000) {
        assert_int_equal(cloud_run_steps(cloud, 1), RV_AGAIN);
    }
    cloud->world->fail.callback = ON_NOTHING;
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
}

static void a_network_that_stays_away_leaves_it_accepted_and_unfinished(void **state)
{
    struct cloud *cloud = *state;

    cloud_run_into(cloud, RV_STEP_WATCH);
    scripted_server_end(cloud->world, END_CUT);
    scripted_fail(cloud->world, ON_OPEN, 1, RV_ERR_CONNECT);
    cloud_expect_run(cloud, RV_ERR_TIMEOUT, RV_JOB_UNFINISHED, "stop:A replace:B");
}

static void a_key_that_may_not_look_any_more_leaves_it_accepted_and_unfinished(void **state)
{
    struct cloud *cloud = *state;

    cloud_run_into(cloud, RV_STEP_WATCH);
    ANSWERS(cloud, LOOK, ALWAYS_NO(403, "AccessDenied"));
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNFINISHED);
    assert_int_equal(cloud->asked[REPLACE], 1);
}

/* A network that fails after the stop leaves nothing to send a start with: it is said, and that the
 * job has stopped it. */
static void a_network_that_breaks_after_the_stop_is_reported(void **state)
{
    struct cloud *cloud = *state;

    cloud_run_into(cloud, RV_STEP_REPLACE);
    scripted_server_end(cloud->world, END_CUT);
    scripted_fail(cloud->world, ON_OPEN, 1, RV_ERR_CONNECT);
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_NOT_SENT);
    assert_int_equal(cloud_report(cloud)->stopped_by_job, 1);
    assert_string_equal(cloud->effects, "stop:A");
}

static void the_blocking_call_runs_to_the_end(void **state)
{
    struct cloud *cloud = *state;

    cloud_start(cloud);
    assert_int_equal(rv_job_run(&cloud->job), RV_OK);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    assert_int_equal(cloud->replaced, 1);
}

static void a_wait_that_fails_ends_the_blocking_call_with_what_is_true(void **state)
{
    struct cloud *cloud = *state;

    cloud_run_into(cloud, RV_STEP_WATCH);
    scripted_fail(cloud->world, ON_WAIT, cloud->world->calls[ON_WAIT] + 1, RV_ERR_NETWORK);
    assert_int_equal(rv_job_run(&cloud->job), RV_ERR_NETWORK);
    cloud_expect(cloud, RV_ERR_NETWORK, RV_JOB_UNFINISHED);
}

static void a_port_without_wait_has_no_blocking_call(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->socket.wait = NULL;
    cloud_start(cloud);
    assert_int_equal(rv_job_run(&cloud->job), RV_ERR_USAGE);
}

int main(void)
{
    static struct cloud_suite suite;
    size_t i;

    TEST(suite, cancelled_after_any_step_it_says_what_is_true);
    TEST(suite, cancelled_before_the_first_step_nothing_is_sent);
    TEST(suite, cancelled_between_sending_and_answer_it_is_unknown_and_not_started);
    TEST(suite, cancelled_in_the_watch_it_is_accepted_and_unfinished);
    TEST(suite, cancelled_after_the_stop_it_is_started_again);
    TEST(suite, cancelled_after_the_stop_it_is_left_stopped_if_that_was_wanted);
    TEST(suite, a_second_cancel_ends_the_restart_too);
    TEST(suite, cancelled_in_the_restart_after_a_refusal_it_stays_refused);
    TEST(suite, cancelled_while_the_replacement_is_being_stored_it_is_not_sent);
    TEST(suite, a_finished_job_is_not_cancelled);
    TEST(suite, a_cancelled_job_can_be_resumed);
    for (i = 0; i < sizeof(steps_to_cancel_in) / sizeof(steps_to_cancel_in[0]); i++) {
        cloud_add(&suite, "the progress callback cancels in the step ",
                  rv_step_name(steps_to_cancel_in[i]), the_progress_callback_can_cancel,
                  &steps_to_cancel_in[i]);
    }
    TEST(suite, a_freed_job_leaves_the_client_for_another);
    TEST(suite, a_freed_job_leaves_no_secret);
    for (i = 0; i < sizeof(too_long) / sizeof(too_long[0]); i++) {
        cloud_add(&suite, "time is up in the ", too_long[i].what,
                  time_that_is_up_ends_the_job_with_what_is_true, &too_long[i]);
    }
    TEST(suite, a_service_that_is_away_for_minutes_does_not_end_the_watch);
    TEST(suite, a_network_that_is_away_for_minutes_does_not_end_the_watch);
    TEST(suite, a_network_that_stays_away_leaves_it_accepted_and_unfinished);
    TEST(suite, a_key_that_may_not_look_any_more_leaves_it_accepted_and_unfinished);
    TEST(suite, a_network_that_breaks_after_the_stop_is_reported);
    TEST(suite, the_blocking_call_runs_to_the_end);
    TEST(suite, a_wait_that_fails_ends_the_blocking_call_with_what_is_true);
    TEST(suite, a_port_without_wait_has_no_blocking_call);
    return cloud_run_suite(&suite);
}
