/*
 * How a job watches: what it tells its caller meanwhile, how often it looks, and how it is fed from
 * outside, so that one question can serve a hundred instances.
 */
#include "tests/support/cloud.h"

#include <string.h>

/* --- progress --------------------------------------------------------------------------------- */

static void each_step_is_told_in_its_order(void **state)
{
    struct cloud *cloud = *state;
    unsigned i, told = 0;

    cloud->after_replace = "REBUILDING STOPPED+i";
    cloud_run(cloud);
    for (i = 0; i < cloud->heard; i++) {
        assert_true(i == 0 || cloud->hear[i].progress.step >= cloud->hear[i - 1].progress.step);
        told |= 1u << cloud->hear[i].progress.step;
    }
    assert_int_equal(told, 1u << RV_STEP_CHECK | 1u << RV_STEP_STOP | 1u << RV_STEP_REPLACE |
                               1u << RV_STEP_WATCH | 1u << RV_STEP_START);
}

static void the_restart_is_told(void **state)
{
    struct cloud *cloud = *state;

    ANSWERS(cloud, REPLACE, ALWAYS_NO(404, "InvalidImage.NotFound"));
    cloud_run(cloud);
    assert_int_equal(cloud->hear[cloud->heard - 1].progress.step, RV_STEP_RESTART);
}

static void each_status_that_is_seen_is_told(void **state)
{
    static const rv_instance_status seen[] = {
        RV_INSTANCE_NOT_VISIBLE, RV_INSTANCE_RUNNING,  RV_INSTANCE_STOPPING, RV_INSTANCE_STOPPED,
        RV_INSTANCE_REBUILDING,  RV_INSTANCE_STARTING, RV_INSTANCE_RUNNING};
    struct cloud *cloud = *state;
    unsigned i, k = 0;

    cloud->after_replace = "STOPPED REBUILDING STARTING RUNNING+i";
    cloud_run(cloud);
    for (i = 0; i < cloud->heard; i++) {
        if (cloud->hear[i].status != seen[k]) {
            k++;
        }
        assert_true(k < sizeof(seen) / sizeof(seen[0]));
        assert_int_equal(cloud->hear[i].status, seen[k]);
    }
    assert_int_equal(k, sizeof(seen) / sizeof(seen[0]) - 1);
}

static void the_time_that_is_told_is_the_jobs(void **state)
{
    struct cloud *cloud = *state;
    unsigned i;

    cloud_run(cloud);
    for (i = 0; i < cloud->heard; i++) {
        assert_int_equal(cloud->hear[i].progress.elapsed_ms, cloud->hear[i].at_ms - 1000000);
    }
}

/* Whoever is told that the next look comes in so many milliseconds sees it come then. */
static void the_next_look_comes_when_it_was_told(void **state)
{
    struct cloud *cloud = *state;
    unsigned i, k, waits = 0;

    cloud->after_replace = "STOPPED*20 REBUILDING*20 RUNNING+i";
    cloud_run(cloud);
    for (i = 0; i < cloud->heard; i++) {
        uint64_t look_at_ms = cloud->hear[i].at_ms + cloud->hear[i].progress.next_look_ms;

        if (cloud->hear[i].progress.next_look_ms == 0) {
            continue;
        }
        waits++;
        assert_int_equal(cloud->hear[i].progress.attempt, 0); /* no call runs */
        for (k = 0; k < cloud->request_count && cloud->request[k].at_ms < look_at_ms; k++) {
            assert_true(cloud->request[k].at_ms <= cloud->hear[i].at_ms);
        }
        assert_true(k < cloud->request_count);
        assert_int_equal(cloud->request[k].action, LOOK);
        assert_true(cloud->request[k].at_ms <= look_at_ms + 10);
    }
    assert_true(waits > 40);
}

static void the_repetitions_of_a_call_are_told(void **state)
{
    struct cloud *cloud = *state;
    unsigned last = 0, i;

    ANSWERS(cloud, STOP, {.status = 429, .code = "FlowLimitExceeded", .times = 2});
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    for (i = 0; i < cloud->heard; i++) {
        if (cloud->hear[i].progress.attempt != 0) {
            assert_int_equal(cloud->hear[i].progress.step, RV_STEP_STOP);
            assert_int_equal(cloud->hear[i].progress.next_look_ms, 0);
            assert_true(cloud->hear[i].progress.attempt > last);
            last = cloud->hear[i].progress.attempt;
        }
    }
    assert_int_equal(last, 3);
}

static void a_job_without_progress_works(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.progress = NULL;
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
}

/* --- how often it looks ----------------------------------------------------------------------- */

#define PAUSES 400

struct pauses {
    uint64_t ms[PAUSES];
    size_t count;
};

/* Between the looks after the replacement. */
static void measure(struct cloud *cloud, struct pauses *pauses)
{
    uint64_t last_ms = cloud_asked(cloud, REPLACE, 1)->at_ms;
    unsigned i;

    pauses->count = 0;
    for (i = 0; i < cloud->request_count; i++) {
        if (cloud->request[i].action == LOOK && cloud->request[i].at_ms > last_ms) {
            assert_true(pauses->count < PAUSES);
            pauses->ms[pauses->count++] = cloud->request[i].at_ms - last_ms;
            last_ms = cloud->request[i].at_ms;
        }
    }
}

static void watch_for_ten_minutes(struct cloud *cloud, struct pauses *pauses)
{
    cloud->before = "STOPPED";
    cloud->after_replace = "REBUILDING";
    cloud->config.job_timeout_s = 600;
    cloud_run(cloud);
    measure(cloud, pauses);
}

static void expect_pauses(const struct pauses *pauses, uint64_t first_ms, uint64_t last_ms)
{
    size_t i, far = pauses->count / 2;

    assert_true(pauses->count > 4);
    assert_in_range(pauses->ms[0], first_ms / 2, first_ms * 3 / 2 + 100);
    for (i = far; i + 1 < pauses->count; i++) { /* the last may be cut by the end */
        assert_in_range(pauses->ms[i], last_ms / 2, last_ms * 3 / 2);
    }
    for (i = 0; i < pauses->count; i++) {
        assert_true(pauses->ms[i] <= last_ms * 3 / 2);
    }
}

static void it_looks_after_a_second_at_first_and_every_15_s_at_last(void **state)
{
    struct cloud *cloud = *state;
    struct pauses pauses;

    watch_for_ten_minutes(cloud, &pauses);
    expect_pauses(&pauses, 1000, 15000);
}

static void the_caller_can_set_both(void **state)
{
    struct cloud *cloud = *state;
    struct pauses pauses;

    cloud->config.poll_first_ms = 4000;
    cloud->config.poll_last_ms = 8000;
    watch_for_ten_minutes(cloud, &pauses);
    expect_pauses(&pauses, 4000, 8000);
}

static void the_pauses_grow(void **state)
{
    struct cloud *cloud = *state;
    struct pauses pauses;
    size_t i;

    cloud->config.poll_last_ms = 60000;
    watch_for_ten_minutes(cloud, &pauses);
    assert_true(pauses.count > 6);
    for (i = 2; i < 6; i++) {
        assert_true(pauses.ms[i] > pauses.ms[i - 2]);
    }
    assert_true(pauses.count < 60);
}

/* So that a hundred jobs that begin at once do not look at once for ever. */
static void the_pauses_are_not_those_of_another_job(void **state)
{
    struct cloud *cloud = *state;
    struct pauses pauses, others;
    size_t i, equal = 0;

    watch_for_ten_minutes(cloud, &pauses);
    cloud = cloud_another(state);
    cloud->world->random_state = 1234567;
    watch_for_ten_minutes(cloud, &others);
    for (i = 0; i < pauses.count && i < others.count; i++) {
        equal += pauses.ms[i] == others.ms[i];
    }
    assert_true(equal < pauses.count / 2);
}

/* The end is near once it runs, so nobody waits 15 s for the second look. */
static void the_second_running_look_comes_soon_enough(void **state)
{
    struct cloud *cloud = *state;
    struct pauses pauses;

    cloud->before = "STOPPED";
    cloud->after_replace = "REBUILDING*40 RUNNING+i";
    cloud_run(cloud);
    measure(cloud, &pauses);
    assert_true(pauses.ms[pauses.count - 1] <= 15000 * 3 / 2);
}

static void a_watch_costs_one_look_a_poll_and_nothing_else(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud->after_replace = "REBUILDING*100 RUNNING+i";
    cloud_run(cloud);
    assert_int_equal(cloud->asked[LOOK] + cloud->asked[REPLACE] + cloud->asked[ASK_VOLUME],
                     cloud->request_count);
    assert_in_range(cloud->asked[LOOK], 103, 106); /* with check and baseline */
    assert_true(cloud->asked[ASK_VOLUME] <= 1);
}

/* How often it looks in ten minutes, once the pauses have grown. */
static unsigned looks_in_ten_minutes(struct cloud *cloud)
{
    uint64_t began_ms;
    unsigned looks;

    cloud->before = "STOPPED";
    cloud->after_replace = "REBUILDING";
    cloud_run_until_asked(cloud, LOOK, 20);
    began_ms = cloud->world->now_ms;
    looks = cloud->asked[LOOK];
    while (cloud->world->now_ms < began_ms + 600000) {
        assert_int_equal(cloud_run_steps(cloud, 1), RV_AGAIN);
    }
    return cloud->asked[LOOK] - looks;
}

static void throttled_looks_are_not_more_than_others(void **state)
{
    struct cloud *cloud = *state;
    unsigned looks = looks_in_ten_minutes(cloud);
    const cloud_answer answers[] = {{.status = 200, .times = 20},
                                    ALWAYS_NO(429, "FlowLimitExceeded")};

    cloud = cloud_another(state);
    cloud_answers(cloud, LOOK, answers, 2);
    assert_true(looks_in_ten_minutes(cloud) <= looks + 4);
}

static void a_throttled_look_waits_as_long_as_the_service_says(void **state)
{
    struct cloud *cloud = *state;
    unsigned looks;

    cloud->before = "STOPPED";
    cloud_run_into(cloud, RV_STEP_WATCH);
    ANSWERS(cloud, LOOK,
            {.status = 429, .code = "FlowLimitExceeded", .fields = "Retry-After: 40\r\n"});
    looks = cloud->asked[LOOK];
    cloud_run_until_asked(cloud, LOOK, looks + 2);
    assert_true(cloud_asked(cloud, LOOK, looks + 2)->at_ms >=
                cloud_asked(cloud, LOOK, looks + 1)->at_ms + 40000);
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
}

/* --- fed from outside ------------------------------------------------------------------------- */

static rv_instance the_instance(struct cloud *cloud, rv_instance_status status)
{
    rv_instance instance = cloud_report(cloud)->instance;

    instance.status = status;
    return instance;
}

static void run_until_it_watches(struct cloud *cloud)
{
    rv_need need;

    while (!cloud->is_begun || !rv_job_is_watching(&cloud->job)) {
        assert_int_equal(cloud_step(cloud, &need), RV_AGAIN);
        if (!rv_job_is_watching(&cloud->job)) { /* else nothing comes by itself until time is up */
            scripted_wait(cloud->world, &need);
        }
    }
}

/* Gives one look from outside, and lets the job do what follows from it. */
static int observe(struct cloud *cloud, const rv_instance *instance)
{
    rv_need need;

    run_until_it_watches(cloud);
    rv_job_observe(&cloud->job, instance, ++cloud->world->now_ms);
    return cloud_step(cloud, &need);
}

static void see(struct cloud *cloud, rv_instance_status status)
{
    rv_instance instance;

    run_until_it_watches(cloud);
    instance = the_instance(cloud, status);
    observe(cloud, &instance);
}

static void begin_observed(struct cloud *cloud)
{
    cloud->old_image_id = cloud->world->replace.image_id;
    cloud->config.observed = 1;
    cloud->before = "STOPPED";
    cloud->after_replace = "STOPPED";
    cloud_run_until_asked(cloud, REPLACE, 1);
    run_until_it_watches(cloud);
}

static void an_observed_job_looks_itself_only_for_check_and_baseline(void **state)
{
    struct cloud *cloud = *state;
    unsigned looks;

    begin_observed(cloud);
    looks = cloud->asked[LOOK];
    assert_in_range(looks, 1, 2);
    see(cloud, RV_INSTANCE_STOPPED);
    see(cloud, RV_INSTANCE_REBUILDING);
    see(cloud, RV_INSTANCE_RUNNING);
    cloud_expect(cloud, RV_AGAIN, RV_JOB_UNFINISHED);
    see(cloud, RV_INSTANCE_RUNNING);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    assert_int_equal(cloud->asked[LOOK], looks);
    assert_int_equal(cloud_report(cloud)->looks, looks + 4);
    assert_string_equal(cloud->effects, "replace:A");
}

static void an_observed_stop_is_waited_for_by_observations(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.observed = 1;
    cloud_run_until_asked(cloud, STOP, 1);
    run_until_it_watches(cloud);
    see(cloud, RV_INSTANCE_STOPPING);
    see(cloud, RV_INSTANCE_STOPPED);
    cloud_see(cloud, "STOPPED");
    cloud_run_until_asked(cloud, REPLACE, 1);
    assert_in_range(cloud->asked[LOOK], 2, 3);
    assert_string_equal(cloud->effects, "stop:A replace:B");
}

static void an_observed_start_is_waited_for_by_observations(void **state)
{
    struct cloud *cloud = *state;

    begin_observed(cloud);
    see(cloud, RV_INSTANCE_REBUILDING);
    see(cloud, RV_INSTANCE_STOPPED);
    see(cloud, RV_INSTANCE_STOPPED);
    cloud_run_until_asked(cloud, START, 1);
    run_until_it_watches(cloud);
    see(cloud, RV_INSTANCE_STARTING);
    see(cloud, RV_INSTANCE_RUNNING);
    see(cloud, RV_INSTANCE_RUNNING);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
}

static void an_observation_that_is_too_old_is_ignored(void **state)
{
    struct cloud *cloud = *state;
    rv_instance instance;
    unsigned looks;

    begin_observed(cloud);
    looks = cloud_report(cloud)->looks;
    instance = the_instance(cloud, RV_INSTANCE_DELETING);
    rv_job_observe(&cloud->job, &instance, cloud_asked(cloud, REPLACE, 1)->at_ms - 1);
    assert_int_equal(cloud_step(cloud, NULL), RV_AGAIN);
    cloud_expect(cloud, RV_AGAIN, RV_JOB_UNFINISHED);
    assert_int_equal(cloud_report(cloud)->looks, looks);
    observe(cloud, &instance);
    cloud_expect(cloud, RV_ERR_ENDED_BADLY, RV_JOB_ENDED_BADLY); /* the same, but of now */
}

static void an_observation_is_not_taken_twice(void **state)
{
    struct cloud *cloud = *state;
    rv_instance instance;
    uint64_t asked_at_ms;

    begin_observed(cloud);
    see(cloud, RV_INSTANCE_REBUILDING);
    run_until_it_watches(cloud);
    instance = the_instance(cloud, RV_INSTANCE_RUNNING);
    asked_at_ms = ++cloud->world->now_ms;
    cloud->world->now_ms += 20; /* until it is answered */
    rv_job_observe(&cloud->job, &instance, asked_at_ms);
    assert_int_equal(cloud_step(cloud, NULL), RV_AGAIN);
    rv_job_observe(&cloud->job, &instance, asked_at_ms); /* still that one answer */
    assert_int_equal(cloud_step(cloud, NULL), RV_AGAIN);
    cloud_expect(cloud, RV_AGAIN, RV_JOB_UNFINISHED);
}

static void an_instance_that_is_not_visible_is_waited_for(void **state)
{
    struct cloud *cloud = *state;

    begin_observed(cloud);
    assert_int_equal(observe(cloud, NULL), RV_AGAIN);
    assert_int_equal(cloud_report(cloud)->instance.status, RV_INSTANCE_NOT_VISIBLE);
    assert_int_equal(observe(cloud, NULL), RV_AGAIN);
    cloud_expect(cloud, RV_AGAIN, RV_JOB_UNFINISHED);
}

static void another_instance_is_not_taken_for_this_one(void **state)
{
    struct cloud *cloud = *state;
    rv_instance instance;

    begin_observed(cloud);
    instance = the_instance(cloud, RV_INSTANCE_DELETING);
    strcpy(instance.instance_id, "i-other");
    assert_int_equal(observe(cloud, &instance), RV_AGAIN);
    cloud_expect(cloud, RV_AGAIN, RV_JOB_UNFINISHED);
}

static void an_observed_job_that_nobody_feeds_ends_when_time_is_up(void **state)
{
    struct cloud *cloud = *state;
    unsigned looks;

    begin_observed(cloud);
    looks = cloud->asked[LOOK];
    cloud_run(cloud);
    cloud_expect(cloud, RV_ERR_TIMEOUT, RV_JOB_UNFINISHED);
    assert_int_equal(cloud->asked[LOOK], looks);
}

static void an_observation_at_work_is_ignored(void **state)
{
    struct cloud *cloud = *state;
    rv_instance instance;

    cloud->config.observed = 1;
    cloud_run_steps(cloud, 2);
    assert_false(rv_job_is_watching(&cloud->job));
    memset(&instance, 0, sizeof(instance));
    strcpy(instance.instance_id, "i-test");
    instance.status = RV_INSTANCE_DELETING;
    rv_job_observe(&cloud->job, &instance, cloud->world->now_ms + 1);
    cloud_run_until_asked(cloud, STOP, 1);
}

static void its_connection_may_be_closed_while_it_waits(void **state)
{
    struct cloud *cloud = *state;

    begin_observed(cloud);
    see(cloud, RV_INSTANCE_REBUILDING);
    run_until_it_watches(cloud);
    rv_client_close(&cloud->world->client);
    see(cloud, RV_INSTANCE_STOPPED);
    see(cloud, RV_INSTANCE_STOPPED);
    cloud_run_until_asked(cloud, START, 1);
    assert_int_equal(cloud->world->server.connections, 2);
}

/* Like a look of its own: what is older than the newest that was seen is a lagging replica. */
static void an_observation_of_a_lagging_replica_is_dropped(void **state)
{
    struct cloud *cloud = *state;
    rv_instance newer, older;

    begin_observed(cloud);
    older = the_instance(cloud, RV_INSTANCE_STOPPED);
    newer = the_instance(cloud, RV_INSTANCE_REBUILDING);
    strcpy(newer.updated_at, "2025-06-15T01:00:00+08:00");
    observe(cloud, &newer);
    observe(cloud, &older);
    observe(cloud, &older);
    observe(cloud, &older);
    assert_int_equal(cloud->asked[START], 0);
    assert_true(rv_job_is_watching(&cloud->job)); /* no start is on its way */
}

int main(void)
{
    static struct cloud_suite suite;

    TEST(suite, each_step_is_told_in_its_order);
    TEST(suite, the_restart_is_told);
    TEST(suite, each_status_that_is_seen_is_told);
    TEST(suite, the_time_that_is_told_is_the_jobs);
    TEST(suite, the_next_look_comes_when_it_was_told);
    TEST(suite, the_repetitions_of_a_call_are_told);
    TEST(suite, a_job_without_progress_works);
    TEST(suite, it_looks_after_a_second_at_first_and_every_15_s_at_last);
    TEST(suite, the_caller_can_set_both);
    TEST(suite, the_pauses_grow);
    TEST(suite, the_pauses_are_not_those_of_another_job);
    TEST(suite, the_second_running_look_comes_soon_enough);
    TEST(suite, a_watch_costs_one_look_a_poll_and_nothing_else);
    TEST(suite, throttled_looks_are_not_more_than_others);
    TEST(suite, a_throttled_look_waits_as_long_as_the_service_says);
    TEST(suite, an_observed_job_looks_itself_only_for_check_and_baseline);
    TEST(suite, an_observed_stop_is_waited_for_by_observations);
    TEST(suite, an_observed_start_is_waited_for_by_observations);
    TEST(suite, an_observation_that_is_too_old_is_ignored);
    TEST(suite, an_observation_is_not_taken_twice);
    TEST(suite, an_instance_that_is_not_visible_is_waited_for);
    TEST(suite, another_instance_is_not_taken_for_this_one);
    TEST(suite, an_observed_job_that_nobody_feeds_ends_when_time_is_up);
    TEST(suite, an_observation_at_work_is_ignored);
    TEST(suite, its_connection_may_be_closed_while_it_waits);
    TEST(suite, an_observation_of_a_lagging_replica_is_dropped);
    return cloud_run_suite(&suite);
}
