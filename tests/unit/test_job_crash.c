/*
 * The machine goes off at any moment of a job, and comes up again after seconds or hours.
 */
#include "tests/support/cloud.h"

#include <string.h>

/* --- a crash at any moment -------------------------------------------------------------------- */

static void resume_or_begin(struct cloud *cloud, int64_t off_s)
{
    if (cloud->records == 0) {
        assert_string_equal(cloud->effects, "");
        cloud_crash(cloud, off_s);
        cloud_start(cloud);
    } else {
        cloud_crash(cloud, off_s);
        cloud_resume_last(cloud);
    }
}

static const struct crash {
    const char *what;
    const char *before;
    const char *after_replace;
    int is_same_image;
    int is_also_for_hours;
    cloud_answer replace; /* the first answer */
} crashes[] = {
    {"a crash at each step", "RUNNING", "STOPPED REBUILDING+u RUNNING+iu", 0, 0, YES},
    {"a crash at each step, the same image", "RUNNING", "STOPPED RUNNING+u", 1, 1, YES},
    {"a crash at each step, started at the end", "RUNNING", "REBUILDING+u STOPPED+ivu", 0, 0, YES},
    {"a crash at each step, and the answer is lost", "RUNNING", "REBUILDING+u RUNNING+iu", 0, 1,
     LOST},
    {"a crash at each step, and the request is lost", "RUNNING", "REBUILDING+u RUNNING+iu", 0, 0,
     SWALLOWED},
};

static void arrange_crash(struct cloud *cloud, const struct crash *crash)
{
    cloud->before = crash->before;
    cloud->after_replace = crash->after_replace;
    if (crash->is_same_image) {
        cloud->old_image_id = cloud->world->replace.image_id;
    }
    cloud_answers(cloud, REPLACE, &crash->replace, 1);
}

/* Runs until so much has happened: requests, answers, records. What the last step said. */
static int run_to(struct cloud *cloud, unsigned happenings)
{
    int status;

    do {
        status = cloud_run_steps(cloud, 1);
    } while (status == RV_AGAIN &&
             cloud->request_count + cloud->stores + cloud_report(cloud)->looks < happenings);
    return status;
}

/* Replaced once, and seen so; or, where only hints were left to see after a crash, not asked again.
 */
static void expect_done_or_hints(struct cloud *cloud)
{
    if (cloud_report(cloud)->outcome == RV_JOB_UNKNOWN) {
        cloud_expect(cloud, RV_ERR_BOUND, RV_JOB_UNKNOWN);
        assert_true(cloud_report(cloud)->evidence != 0);
    } else {
        cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    }
    assert_int_equal(cloud->replaced, 1);
}

static void a_crash_at_each_step_and_the_job_goes_on(void **state)
{
    struct cloud *cloud = *state;
    const struct crash *crash = cloud->row;
    unsigned happenings = 0;
    int status;

    do {
        cloud = cloud_another(state);
        arrange_crash(cloud, crash);
        status = run_to(cloud, happenings++);
        if (status == RV_AGAIN) {
            resume_or_begin(cloud, 20);
            cloud_run(cloud);
        }
        expect_done_or_hints(cloud);
        assert_true(cloud->stopped <= 1 && cloud->started <= 1);
    } while (status == RV_AGAIN);
    assert_true(happenings > 10);
}

static void a_crash_at_each_record_and_the_job_goes_on(void **state)
{
    struct cloud *cloud = *state;
    const struct crash *crash = cloud->row;
    unsigned at;

    for (at = 1;; at++) {
        cloud = cloud_another(state);
        arrange_crash(cloud, crash);
        if (!cloud_crash_at_store(cloud, at, 20)) {
            break;
        }
        cloud_resume_last(cloud);
        cloud_run(cloud);
        cloud_expect(cloud, RV_OK, RV_JOB_DONE);
        assert_int_equal(cloud->replaced, 1);
        assert_true(cloud->stopped <= 1 && cloud->started <= 1);
    }
    assert_true(at > 2);
}

/* As above, but the machine is off for so long that nothing may be sent again. */
static void a_crash_at_each_step_and_hours_later_nothing_is_replaced_anew(void **state)
{
    struct cloud *cloud = *state;
    const struct crash *crash = cloud->row;
    unsigned happenings = 0, sent;
    int status;

    do {
        cloud = cloud_another(state);
        arrange_crash(cloud, crash);
        status = run_to(cloud, happenings++);
        if (status != RV_AGAIN) {
            break;
        }
        sent = cloud->asked[REPLACE];
        resume_or_begin(cloud, 7200);
        cloud_run(cloud);
        assert_true(sent == 0 || cloud->asked[REPLACE] == sent);
        if (cloud_report(cloud)->outcome != RV_JOB_DONE) {
            assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
            assert_int_equal(cloud_report(cloud)->status,
                             cloud->replaced == 0 ? RV_ERR_NO_SIGN : RV_ERR_BOUND);
            assert_int_equal(cloud->started, 0);
        }
    } while (status == RV_AGAIN);
    assert_true(happenings > 10);
}

static void many_crashes_at_random(void **state)
{
    uint32_t random = 88172645;
    unsigned run, i;

    for (run = 0; run < 12; run++) {
        struct cloud *cloud = cloud_another(state);

        arrange_crash(cloud, &crashes[run % (sizeof(crashes) / sizeof(crashes[0]))]);
        for (i = 0; i < 8; i++) {
            random = random * 1664525u + 1013904223u;
            if (cloud_run_steps(cloud, 1 + (random >> 16) % 40) != RV_AGAIN) {
                break;
            }
            resume_or_begin(cloud, 1);
        }
        cloud_run(cloud);
        cloud_expect(cloud, RV_OK, RV_JOB_DONE);
        assert_int_equal(cloud->replaced, 1);
    }
}

/* A refusal that was heard, but not written down, may have been that of a repetition. */
static void a_crash_at_each_step_of_a_refusal_never_replaces(void **state)
{
    struct cloud *cloud;
    unsigned happenings = 0, refused = 0;
    int status;

    do {
        cloud = cloud_another(state);
        ANSWERS(cloud, REPLACE, ALWAYS_NO(404, "InvalidImage.NotFound"));
        status = run_to(cloud, happenings++);
        if (status == RV_AGAIN) {
            resume_or_begin(cloud, 20);
            cloud_run(cloud);
        }
        assert_int_equal(cloud->replaced, 0);
        if (cloud_report(cloud)->outcome == RV_JOB_REFUSED) {
            refused++;
            assert_int_equal(cloud->started, 1);
        } else {
            assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
            assert_int_equal(cloud->started, 0);
        }
    } while (status == RV_AGAIN);
    assert_true(refused > 5);
}

int main(void)
{
    static struct cloud_suite suite;
    size_t i;

    for (i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
        cloud_add(&suite, crashes[i].what, "", a_crash_at_each_step_and_the_job_goes_on,
                  &crashes[i]);
        cloud_add(&suite, crashes[i].what, " or rather record",
                  a_crash_at_each_record_and_the_job_goes_on, &crashes[i]);
        if (crashes[i].is_also_for_hours) {
            cloud_add(&suite, crashes[i].what, ", hours later",
                      a_crash_at_each_step_and_hours_later_nothing_is_replaced_anew, &crashes[i]);
        }
    }
    TEST(suite, many_crashes_at_random);
    TEST(suite, a_crash_at_each_step_of_a_refusal_never_replaces);
    return cloud_run_suite(&suite);
}
