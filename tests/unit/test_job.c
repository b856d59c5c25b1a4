/*
 * A whole replacement as a job: what is asked in which order, and when it counts as done. The rows
 * of the table in replace_volume.h, with a new image and with the same image again, whatever the
 * service turns out to do.
 */
#include "tests/support/cloud.h"

#include <string.h>

/* --- what is asked in which order ------------------------------------------------------------- */

static void a_running_instance_is_stopped_replaced_and_watched(void **state)
{
    struct cloud *cloud = *state;

    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
    assert_int_equal(cloud_report(cloud)->stopped_by_job, 1);
    assert_int_equal(cloud_report(cloud)->started_by_job, 0);
    assert_int_equal(cloud_report(cloud)->accepted, 1);
    assert_int_equal(cloud_report(cloud)->instance.status, RV_INSTANCE_RUNNING);
    assert_string_equal(cloud_report(cloud)->instance.image_id, "image-test");
}

static void a_stopped_instance_is_not_stopped(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "replace:A");
    assert_int_equal(cloud_report(cloud)->stopped_by_job, 0);
}

static void each_step_comes_after_a_look(void **state)
{
    struct cloud *cloud = *state;

    cloud->before = "STOPPED";
    cloud_run(cloud);
    assert_true(strncmp(cloud->log, "look ", 5) == 0);
    assert_non_null(strstr(cloud->log, "look replace:A look look"));
}

static void nothing_is_asked_beside_looks_unless_it_is_wanted(void **state)
{
    struct cloud *cloud = *state;

    cloud_run(cloud);
    assert_int_equal(cloud->asked[ASK_IMAGE], 0);
    assert_int_equal(cloud->asked[ASK_KEY_PAIR], 0);
    assert_int_equal(cloud->asked[DRY_RUN], 0);
    assert_int_equal(cloud_report(cloud)->not_checked & ~RV_NOT_CHECKED_SYSTEM_VOLUME, 0);
}

static void the_baseline_is_what_was_before_the_replacement(void **state)
{
    struct cloud *cloud = *state;

    cloud_run(cloud);
    assert_string_equal(cloud_report(cloud)->baseline_image_id, "image-old");
    assert_string_equal(cloud_report(cloud)->baseline_updated_at, "2025-06-15T00:02:00+08:00");
    assert_string_equal(cloud_report(cloud)->instance.updated_at, "2025-06-15T00:04:00+08:00");
}

static void the_replacement_carries_what_the_caller_gave(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->replace.has_size_gib = 1;
    cloud->world->replace.size_gib = 40;
    cloud_run(cloud);
    assert_true(cloud_has_parameter(cloud_asked(cloud, REPLACE, 1), "ImageId=image-test"));
    assert_true(cloud_has_parameter(cloud_asked(cloud, REPLACE, 1), "Password=Pass-Word-0815"));
    assert_true(cloud_has_parameter(cloud_asked(cloud, REPLACE, 1), "Size=40"));
    assert_string_equal(cloud_asked(cloud, REPLACE, 1)->token,
                        cloud_report(cloud)->call.client_token);
}

static void the_callers_own_token_is_used_for_the_replacement_only(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->replace.client_token = "my-token";
    cloud->world->replace.client_token_is_new = 1;
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
    assert_string_equal(cloud_asked(cloud, REPLACE, 1)->token, "my-token");
}

static void a_post_keeps_the_password_out_of_every_url(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->replace.method = RV_POST;
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
    assert_true(cloud_has_parameter(cloud_asked(cloud, REPLACE, 1), "Password=Pass-Word-0815"));
}

static void a_job_needs_one_connection_where_the_service_keeps_it(void **state)
{
    struct cloud *cloud = *state;

    cloud_run(cloud);
    assert_int_equal(cloud->world->server.connections, 1);
}

static void the_report_counts_looks_and_requests(void **state)
{
    struct cloud *cloud = *state;

    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->looks, cloud->asked[LOOK]);
    assert_int_equal(cloud_report(cloud)->requests, cloud->request_count);
}

static void the_report_tells_when_the_replacement_was_sent(void **state)
{
    struct cloud *cloud = *state;

    cloud_start(cloud);
    assert_true(cloud_report(cloud)->first_sent_utc_s == RV_TIME_UNKNOWN);
    cloud_run(cloud);
    assert_true(cloud_report(cloud)->first_sent_utc_s == cloud_asked(cloud, REPLACE, 1)->x_date_s);
}

static void the_token_is_known_before_the_first_step(void **state)
{
    struct cloud *cloud = *state;
    char token[RV_CLIENT_TOKEN_MAX + 1];

    cloud_start(cloud);
    memcpy(token, cloud_report(cloud)->call.client_token, sizeof(token));
    assert_string_not_equal(token, "");
    cloud_run(cloud);
    assert_string_equal(cloud_asked(cloud, REPLACE, 1)->token, token);
}

/* --- when it is done -------------------------------------------------------------------------- */

enum { NEW = 1, SAME = 2, BOTH = 3 };

static const struct row {
    const char *what;
    const char *after_replace; /* what looks see after the replacement was accepted */
    int images;
    int status;
    rv_job_outcome outcome;
    const char *effects;
    unsigned evidence; /* at least */
} rows[] = {
    {"REBUILDING and then RUNNING", "REBUILDING RUNNING+i", BOTH, RV_OK, RV_JOB_DONE, "replace:A",
     RV_SAW_REBUILDING},
    {"STOPPED for a while, then REBUILDING and RUNNING", "STOPPED*9 REBUILDING+u RUNNING+iu", BOTH,
     RV_OK, RV_JOB_DONE, "replace:A", RV_SAW_REBUILDING | RV_SAW_UPDATED},
    {"other volumes and RUNNING", "STOPPED RUNNING+iv", BOTH, RV_OK, RV_JOB_DONE, "replace:A",
     RV_SAW_NEW_VOLUMES},
    {"the wanted ImageId at completion", "STOPPED*3 RUNNING+i", NEW, RV_OK, RV_JOB_DONE,
     "replace:A", RV_SAW_NEW_IMAGE},
    {"the wanted ImageId at submit", "STOPPED+i STOPPED*9 REBUILDING RUNNING", NEW, RV_OK,
     RV_JOB_DONE, "replace:A", RV_SAW_NEW_IMAGE | RV_SAW_REBUILDING},
    {"the wanted ImageId at submit, REBUILDING is not seen", "STOPPED+i STOPPED*9 RUNNING", NEW,
     RV_OK, RV_JOB_DONE, "replace:A", RV_SAW_NEW_IMAGE},
    {"RUNNING from STOPPED, no other sign", "STOPPED RUNNING", SAME, RV_OK, RV_JOB_DONE,
     "replace:A", RV_SAW_STARTED},
    {"RUNNING at once, no other sign", "RUNNING", SAME, RV_OK, RV_JOB_DONE, "replace:A",
     RV_SAW_STARTED},
    {"RUNNING at once, of the wanted image", "RUNNING+i", NEW, RV_OK, RV_JOB_DONE, "replace:A",
     RV_SAW_NEW_IMAGE},
    {"RUNNING only once before more REBUILDING", "REBUILDING RUNNING REBUILDING RUNNING+i", BOTH,
     RV_OK, RV_JOB_DONE, "replace:A", RV_SAW_REBUILDING},
    {"statuses that nobody knows", "FROZEN THAWING*5 RUNNING+i", BOTH, RV_OK, RV_JOB_DONE,
     "replace:A", 0},
    {"STARTING, REBOOTING", "STOPPED REBUILDING STARTING REBOOTING RUNNING+i", BOTH, RV_OK,
     RV_JOB_DONE, "replace:A", RV_SAW_REBUILDING},

    {"it ends STOPPED after REBUILDING", "REBUILDING STOPPED+i", BOTH, RV_OK, RV_JOB_DONE,
     "replace:A start:B", RV_SAW_REBUILDING},
    {"it ends STOPPED with other volumes", "STOPPED STOPPED+iv", BOTH, RV_OK, RV_JOB_DONE,
     "replace:A start:B", RV_SAW_NEW_VOLUMES},
    {"STOPPED only once after REBUILDING", "REBUILDING STOPPED RUNNING+i", BOTH, RV_OK, RV_JOB_DONE,
     "replace:A", RV_SAW_REBUILDING},
    {"STOPPED and nothing more", "STOPPED", BOTH, RV_ERR_TIMEOUT, RV_JOB_UNFINISHED, "replace:A",
     0},
    {"STOPPED, of which only UpdatedAt moves", "STOPPED+u STOPPED*9 STOPPED+u", BOTH,
     RV_ERR_TIMEOUT, RV_JOB_UNFINISHED, "replace:A", RV_SAW_UPDATED},
    {"STOPPED, of which only the ImageId has changed", "STOPPED+i", NEW, RV_ERR_TIMEOUT,
     RV_JOB_UNFINISHED, "replace:A", RV_SAW_NEW_IMAGE},

    {"RUNNING, but of the old image", "STOPPED RUNNING", NEW, RV_ERR_TIMEOUT, RV_JOB_UNFINISHED,
     "replace:A", RV_SAW_STARTED},
    {"RUNNING of the old image for long, then of the wanted one", "REBUILDING RUNNING*50 RUNNING+i",
     NEW, RV_OK, RV_JOB_DONE, "replace:A", RV_SAW_REBUILDING},
    {"ImageId flaps", "REBUILDING RUNNING+i RUNNING+I RUNNING+i", NEW, RV_OK, RV_JOB_DONE,
     "replace:A", RV_SAW_REBUILDING},

    {"not visible for a while", "MISSING*20 REBUILDING MISSING RUNNING+i", BOTH, RV_OK, RV_JOB_DONE,
     "replace:A", RV_SAW_REBUILDING},
    {"never visible again", "MISSING", BOTH, RV_ERR_TIMEOUT, RV_JOB_UNFINISHED, "replace:A", 0},
    {"a replica that still says STOPPED", "REBUILDING+u LAGGING*4 RUNNING+iu", BOTH, RV_OK,
     RV_JOB_DONE, "replace:A", RV_SAW_REBUILDING},
    {"a replica that says STOPPED between two RUNNING", "REBUILDING+u RUNNING+iu LAGGING RUNNING",
     BOTH, RV_OK, RV_JOB_DONE, "replace:A", RV_SAW_REBUILDING},
    {"a replica that still has the old volumes", "STOPPED+vu LAGGING*2 RUNNING+iu", BOTH, RV_OK,
     RV_JOB_DONE, "replace:A", RV_SAW_NEW_VOLUMES},

    {"ERROR", "REBUILDING ERROR", BOTH, RV_ERR_ENDED_BADLY, RV_JOB_ENDED_BADLY, "replace:A", 0},
    {"ERROR at once", "ERROR", BOTH, RV_ERR_ENDED_BADLY, RV_JOB_ENDED_BADLY, "replace:A", 0},
    {"ERROR only once", "REBUILDING ERROR RUNNING+i", BOTH, RV_OK, RV_JOB_DONE, "replace:A", 0},
    {"somebody deletes it", "REBUILDING DELETING", BOTH, RV_ERR_ENDED_BADLY, RV_JOB_ENDED_BADLY,
     "replace:A", 0},
    {"it never ends", "STOPPED REBUILDING", BOTH, RV_ERR_TIMEOUT, RV_JOB_UNFINISHED, "replace:A",
     RV_SAW_REBUILDING},
};

static void expect_row(struct cloud *cloud, const struct row *row)
{
    cloud->before = "STOPPED";
    cloud->after_replace = row->after_replace;
    cloud_expect_run(cloud, row->status, row->outcome, row->effects);
    assert_int_equal(cloud_report(cloud)->evidence & row->evidence, row->evidence);
    assert_int_equal(cloud_report(cloud)->accepted, 1);
}

static void a_row_with_a_new_image(void **state)
{
    struct cloud *cloud = *state;

    expect_row(cloud, cloud->row);
}

static void a_row_with_the_same_image(void **state)
{
    struct cloud *cloud = *state;

    cloud->old_image_id = cloud->world->replace.image_id;
    expect_row(cloud, cloud->row);
    assert_int_equal(cloud_report(cloud)->evidence & RV_SAW_NEW_IMAGE, 0);
}

/* Whether UpdatedAt moves on stop, start or for a tag is not known, nor what one look shows of it:
 * none of that may be taken for a sign of the replacement. */
static void what_moves_before_the_replacement_is_no_sign_of_it(void **state)
{
    struct cloud *cloud = *state;

    cloud->old_image_id = cloud->world->replace.image_id;
    cloud->before = "RUNNING RUNNING+u";
    cloud->after_stop = "STOPPING+u STOPPED+uv";
    cloud->after_replace = "STOPPED";
    cloud_expect_run(cloud, RV_ERR_TIMEOUT, RV_JOB_UNFINISHED, "stop:A replace:B");
    assert_int_equal(cloud_report(cloud)->evidence, 0);
}

static void the_set_of_volumes_is_the_same_in_any_order(void **state)
{
    static char in_other_order[] =
        ",\"Volumes\":[{\"VolumeId\":\"vol-a\"},{\"VolumeId\":\"vol-b\"}]";
    struct cloud *cloud = *state;

    cloud->old_image_id = cloud->world->replace.image_id;
    cloud->before = "STOPPED";
    cloud->after_replace = "STOPPED";
    cloud->hides_volumes = 1;
    cloud->more_members = in_other_order;
    cloud_run_until_asked(cloud, REPLACE, 1);
    cloud->more_members = ",\"Volumes\":[{\"VolumeId\":\"vol-b\"},{\"VolumeId\":\"vol-a\"}]";
    cloud_run(cloud);
    cloud_expect(cloud, RV_ERR_TIMEOUT, RV_JOB_UNFINISHED);
    assert_int_equal(cloud_report(cloud)->evidence, 0);
    assert_int_equal(cloud_report(cloud)->instance.volume_count, 2);
}

/* --- left stopped ----------------------------------------------------------------------------- */

static void told_to_leave_it_stopped_stopped_is_done(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.leave_stopped = 1;
    cloud->after_replace = "REBUILDING STOPPED+i";
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
    assert_int_equal(cloud_report(cloud)->instance.status, RV_INSTANCE_STOPPED);
}

static void told_to_leave_it_stopped_the_service_may_still_start_it(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.leave_stopped = 1;
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
    assert_int_equal(cloud_report(cloud)->instance.status, RV_INSTANCE_RUNNING);
}

static void told_to_leave_it_stopped_stopped_without_proof_is_not_done(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.leave_stopped = 1;
    cloud->after_replace = "STOPPED+i";
    cloud_expect_run(cloud, RV_ERR_TIMEOUT, RV_JOB_UNFINISHED, "stop:A replace:B");
}

/* --- the system volume, where the rest leaves doubt ------------------------------------------- */

/* Accepted, not in the list of the instance's volumes, and not started by the service. */
static void the_system_volume_is_asked_where_the_rest_leaves_doubt(void **state)
{
    struct cloud *cloud = *state;

    cloud->old_image_id = cloud->world->replace.image_id;
    cloud->before = "STOPPED";
    cloud->after_replace = "STOPPED STOPPED+s";
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "replace:A start:B");
    assert_true(cloud->asked[ASK_VOLUME] >= 2);
    assert_true((cloud_report(cloud)->evidence & RV_SAW_NEW_VOLUMES) != 0);
}

static void an_account_that_may_not_ask_for_volumes_is_no_obstacle(void **state)
{
    struct cloud *cloud = *state;

    ANSWERS(cloud, ASK_VOLUME, ALWAYS_NO(403, "AccessDenied"));
    cloud->old_image_id = cloud->world->replace.image_id;
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
}

static void where_it_may_not_be_asked_the_doubt_stays_and_is_said(void **state)
{
    struct cloud *cloud = *state;

    ANSWERS(cloud, ASK_VOLUME, ALWAYS_NO(403, "AccessDenied"));
    cloud->old_image_id = cloud->world->replace.image_id;
    cloud->before = "STOPPED";
    cloud->after_replace = "STOPPED STOPPED+s";
    cloud_expect_run(cloud, RV_ERR_TIMEOUT, RV_JOB_UNFINISHED, "replace:A");
    assert_true((cloud_report(cloud)->not_checked & RV_NOT_CHECKED_SYSTEM_VOLUME) != 0);
}

/* One request for each of two doubts and not one for each poll. */
static void the_system_volume_is_not_asked_where_the_rest_is_clear(void **state)
{
    struct cloud *cloud = *state;

    cloud->after_replace = "REBUILDING*40 RUNNING+iv";
    cloud_run(cloud);
    assert_true(cloud->asked[ASK_VOLUME] <= 1);
}

int main(void)
{
    static struct cloud_suite suite;
    size_t i;

    TEST(suite, a_running_instance_is_stopped_replaced_and_watched);
    TEST(suite, a_stopped_instance_is_not_stopped);
    TEST(suite, each_step_comes_after_a_look);
    TEST(suite, nothing_is_asked_beside_looks_unless_it_is_wanted);
    TEST(suite, the_baseline_is_what_was_before_the_replacement);
    TEST(suite, the_replacement_carries_what_the_caller_gave);
    TEST(suite, the_callers_own_token_is_used_for_the_replacement_only);
    TEST(suite, a_post_keeps_the_password_out_of_every_url);
    TEST(suite, a_job_needs_one_connection_where_the_service_keeps_it);
    TEST(suite, the_report_counts_looks_and_requests);
    TEST(suite, the_report_tells_when_the_replacement_was_sent);
    TEST(suite, the_token_is_known_before_the_first_step);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].images & NEW) {
            cloud_add(&suite, rows[i].what, "", a_row_with_a_new_image, &rows[i]);
        }
        if (rows[i].images & SAME) {
            cloud_add(&suite, rows[i].what, ": the same image", a_row_with_the_same_image,
                      &rows[i]);
        }
    }
    TEST(suite, what_moves_before_the_replacement_is_no_sign_of_it);
    TEST(suite, the_set_of_volumes_is_the_same_in_any_order);
    TEST(suite, told_to_leave_it_stopped_stopped_is_done);
    TEST(suite, told_to_leave_it_stopped_the_service_may_still_start_it);
    TEST(suite, told_to_leave_it_stopped_stopped_without_proof_is_not_done);
    TEST(suite, the_system_volume_is_asked_where_the_rest_leaves_doubt);
    TEST(suite, an_account_that_may_not_ask_for_volumes_is_no_obstacle);
    TEST(suite, where_it_may_not_be_asked_the_doubt_stays_and_is_said);
    TEST(suite, the_system_volume_is_not_asked_where_the_rest_is_clear);
    return cloud_run_suite(&suite);
}
