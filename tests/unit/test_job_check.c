/*
 * What a job finds out before it touches anything: the instance, the image, the key pair, what the
 * caller expects of them, and what the service itself says of a DryRun.
 */
#include "tests/support/cloud.h"

#include <string.h>

/* --- findings --------------------------------------------------------------------------------- */

static void no_instance(struct cloud *cloud)
{
    cloud->before = "MISSING";
}

static void no_image(struct cloud *cloud)
{
    cloud->has_no_image = 1;
}

static void image_is_being_made(struct cloud *cloud)
{
    cloud->image_status = "creating";
}

static void image_is_broken(struct cloud *cloud)
{
    cloud->image_status = "error";
}

static void use_key_pair(struct cloud *cloud)
{
    cloud->world->replace.password = NULL;
    cloud->world->replace.key_pair_name = "key";
}

static void no_key_pair(struct cloud *cloud)
{
    use_key_pair(cloud);
    cloud->has_no_key_pair = 1;
}

static void key_pair_for_windows(struct cloud *cloud)
{
    use_key_pair(cloud);
    cloud->image_os_type = "Windows";
}

static void key_pair_from_windows_to_linux(struct cloud *cloud)
{
    use_key_pair(cloud);
    cloud->os_type = "Windows";
}

static void keep_credential(struct cloud *cloud)
{
    cloud->world->replace.password = NULL;
    cloud->world->replace.keep_image_credential = RV_TRUE;
}

static void keep_credential_of_public(struct cloud *cloud)
{
    keep_credential(cloud);
    cloud->image_visibility = "public";
}

static void keep_credential_of_shared(struct cloud *cloud)
{
    keep_credential(cloud);
    cloud->image_visibility = "shared";
}

static void version_of_private(struct cloud *cloud)
{
    cloud->world->replace.image_release_version = "20241115";
}

static void version_of_shared(struct cloud *cloud)
{
    version_of_private(cloud);
    cloud->image_visibility = "shared";
}

static void version_of_public(struct cloud *cloud)
{
    version_of_private(cloud);
    cloud->image_visibility = "public";
}

static void size(struct cloud *cloud, uint32_t gib)
{
    cloud->world->replace.has_size_gib = 1;
    cloud->world->replace.size_gib = gib;
}

static void size_too_small(struct cloud *cloud)
{
    size(cloud, 19);
}

static void size_just_enough(struct cloud *cloud)
{
    size(cloud, 20);
}

static void other_image_than_expected(struct cloud *cloud)
{
    cloud->config.expected_image_id = "image-older";
}

static void image_as_expected(struct cloud *cloud)
{
    cloud->config.expected_image_id = "image-old";
}

static void other_name_than_expected(struct cloud *cloud)
{
    cloud->config.expected_instance_name = "web-10";
}

static void name_as_expected(struct cloud *cloud)
{
    cloud->config.expected_instance_name = "web-1";
}

static const struct finding {
    const char *what;
    void (*arrange)(struct cloud *cloud);
    rv_parameter_id parameter; /* NONE: nothing is found */
    rv_rule rule;
} findings[] = {
    {"no such instance", no_instance, RV_PARAMETER_INSTANCE_ID, RV_RULE_NOT_VISIBLE},
    {"no such image", no_image, RV_PARAMETER_IMAGE_ID, RV_RULE_NOT_VISIBLE},
    {"an image that is being made", image_is_being_made, RV_PARAMETER_IMAGE_ID,
     RV_RULE_NOT_AVAILABLE},
    {"a broken image", image_is_broken, RV_PARAMETER_IMAGE_ID, RV_RULE_NOT_AVAILABLE},
    {"a key pair", use_key_pair, RV_PARAMETER_NONE, RV_RULE_NONE},
    {"no such key pair", no_key_pair, RV_PARAMETER_KEY_PAIR_NAME, RV_RULE_NOT_VISIBLE},
    {"a key pair with an image of Windows", key_pair_for_windows, RV_PARAMETER_KEY_PAIR_NAME,
     RV_RULE_LINUX_ONLY},
    {"a key pair, from Windows to Linux", key_pair_from_windows_to_linux, RV_PARAMETER_NONE,
     RV_RULE_NONE},
    {"the credential of a private image", keep_credential, RV_PARAMETER_NONE, RV_RULE_NONE},
    {"the credential of a shared image", keep_credential_of_shared, RV_PARAMETER_NONE,
     RV_RULE_NONE},
    {"the credential of a public image", keep_credential_of_public,
     RV_PARAMETER_KEEP_IMAGE_CREDENTIAL, RV_RULE_NOT_FOR_PUBLIC},
    {"a version of a public image", version_of_public, RV_PARAMETER_NONE, RV_RULE_NONE},
    {"a version of a private image", version_of_private, RV_PARAMETER_IMAGE_RELEASE_VERSION,
     RV_RULE_PUBLIC_ONLY},
    {"a version of a shared image", version_of_shared, RV_PARAMETER_IMAGE_RELEASE_VERSION,
     RV_RULE_PUBLIC_ONLY},
    {"a size that is too small", size_too_small, RV_PARAMETER_SIZE, RV_RULE_SMALLER_THAN_IMAGE},
    {"a size that is just enough", size_just_enough, RV_PARAMETER_NONE, RV_RULE_NONE},
    {"another image than expected", other_image_than_expected, RV_PARAMETER_IMAGE_ID,
     RV_RULE_NOT_EXPECTED},
    {"the image that is expected", image_as_expected, RV_PARAMETER_NONE, RV_RULE_NONE},
    {"another name than expected", other_name_than_expected, RV_PARAMETER_INSTANCE_NAME,
     RV_RULE_NOT_EXPECTED},
    {"the name that is expected", name_as_expected, RV_PARAMETER_NONE, RV_RULE_NONE},
};

static void a_finding_ends_the_job_before_anything_is_touched(void **state)
{
    struct cloud *cloud = *state;
    const struct finding *finding = cloud->row;

    cloud->config.check_image = 1;
    cloud->config.check_key_pair = 1;
    finding->arrange(cloud);
    if (finding->parameter == RV_PARAMETER_NONE) {
        cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
        return;
    }
    cloud_expect_run(cloud, RV_ERR_CHECK, RV_JOB_NOT_SENT, "");
    assert_int_equal(cloud_report(cloud)->call.parameter, finding->parameter);
    assert_int_equal(cloud_report(cloud)->call.rule, finding->rule);
    assert_int_equal(cloud_report(cloud)->step, RV_STEP_CHECK);
    assert_int_equal(cloud->stores, 0);
}

static void what_is_not_asked_for_is_not_checked(void **state)
{
    struct cloud *cloud = *state;

    cloud->has_no_image = 1;
    cloud->has_no_key_pair = 1;
    use_key_pair(cloud);
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
}

static void a_key_pair_that_is_not_used_is_not_asked_for(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.check_key_pair = 1;
    cloud_run(cloud);
    assert_int_equal(cloud->asked[ASK_KEY_PAIR], 0);
    assert_int_equal(cloud_report(cloud)->not_checked & RV_NOT_CHECKED_KEY_PAIR, 0);
}

/* --- what the account may not ask ------------------------------------------------------------- */

static void an_image_that_may_not_be_asked_for_is_not_checked_and_no_obstacle(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.check_image = 1;
    ANSWERS(cloud, ASK_IMAGE, NO(403, "LackPolicy"));
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
    assert_true((cloud_report(cloud)->not_checked & RV_NOT_CHECKED_IMAGE) != 0);
    assert_int_equal(cloud->asked[ASK_IMAGE], 1);
}

static void a_key_pair_that_may_not_be_asked_for_is_not_checked_and_no_obstacle(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.check_key_pair = 1;
    use_key_pair(cloud);
    ANSWERS(cloud, ASK_KEY_PAIR, NO(403, "AccessDenied"));
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
    assert_true((cloud_report(cloud)->not_checked & RV_NOT_CHECKED_KEY_PAIR) != 0);
}

static void a_check_that_the_service_cannot_answer_is_no_obstacle(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.check_image = 1;
    ANSWERS(cloud, ASK_IMAGE, ALWAYS_NO(500, "InternalError"));
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
    assert_true((cloud_report(cloud)->not_checked & RV_NOT_CHECKED_IMAGE) != 0);
}

/* Without looks a replacement could not be watched, so it is not begun. */
static void an_instance_that_may_not_be_asked_for_ends_the_job(void **state)
{
    struct cloud *cloud = *state;

    ANSWERS(cloud, LOOK, ALWAYS_NO(403, "LackPolicy"));
    cloud_expect_run(cloud, RV_ERR_SERVICE, RV_JOB_NOT_SENT, "");
    assert_int_equal(cloud_report(cloud)->call.code, RV_CODE_LACK_POLICY);
    assert_int_equal(cloud_report(cloud)->step, RV_STEP_CHECK);
}

/* Some gateways say so instead of an empty list. */
static void an_instance_that_is_not_found_ends_the_job(void **state)
{
    struct cloud *cloud = *state;

    ANSWERS(cloud, LOOK, ALWAYS_NO(404, "InvalidInstance.NotFound"));
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_NOT_SENT);
    assert_true(cloud_report(cloud)->status == RV_ERR_SERVICE ||
                cloud_report(cloud)->status == RV_ERR_CHECK);
    assert_string_equal(cloud->effects, "");
}

static void a_service_that_is_not_there_ends_the_job(void **state)
{
    struct cloud *cloud = *state;

    scripted_fail(cloud->world, ON_OPEN, 1, RV_ERR_RESOLVE);
    cloud_expect_run(cloud, RV_ERR_RESOLVE, RV_JOB_NOT_SENT, "");
    assert_int_equal(cloud_report(cloud)->requests, 0);
}

static void a_check_that_is_throttled_is_asked_again(void **state)
{
    struct cloud *cloud = *state;

    ANSWERS(cloud, LOOK, NO(429, "FlowLimitExceeded"), NO(429, "FlowLimitExceeded"));
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
}

/* --- the instance's status -------------------------------------------------------------------- */

static const struct at_first {
    const char *before;
    int status;
    rv_job_outcome outcome;
    const char *effects;
} at_first[] = {
    {"STOPPED", RV_OK, RV_JOB_DONE, "replace:A"},
    {"STOPPING*3 STOPPED", RV_OK, RV_JOB_DONE, "replace:A"},
    {"RUNNING", RV_OK, RV_JOB_DONE, "stop:A replace:B"},
    {"STARTING RUNNING", RV_OK, RV_JOB_DONE, "stop:A replace:B"},
    {"REBOOTING*3 RUNNING", RV_OK, RV_JOB_DONE, "stop:A replace:B"},
    {"ERROR", RV_ERR_INSTANCE_STATUS, RV_JOB_NOT_SENT, ""},
    {"DELETING", RV_ERR_INSTANCE_STATUS, RV_JOB_NOT_SENT, ""},
    {"REBUILDING", RV_ERR_INSTANCE_STATUS, RV_JOB_NOT_SENT, ""},
};

static void what_it_is_at_first(void **state)
{
    struct cloud *cloud = *state;
    const struct at_first *row = cloud->row;

    cloud->before = row->before;
    cloud_expect_run(cloud, row->status, row->outcome, row->effects);
}

static void a_running_instance_that_may_not_be_stopped_ends_the_job(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.may_stop = 0;
    cloud_expect_run(cloud, RV_ERR_INSTANCE_STATUS, RV_JOB_NOT_SENT, "");
    assert_int_equal(cloud_report(cloud)->instance.status, RV_INSTANCE_RUNNING);
}

static void a_stopped_instance_need_not_be_stopped(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.may_stop = 0;
    cloud->before = "STOPPED";
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "replace:A");
}

/* --- guards again before the replacement ------------------------------------------------------ */

static void another_image_before_the_replacement_ends_the_job_and_starts_it_again(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.expected_image_id = "image-old";
    cloud->after_stop = "STOPPED+i"; /* somebody else was faster */
    cloud_expect_run(cloud, RV_ERR_CHECK, RV_JOB_NOT_SENT, "stop:A start:B");
    assert_int_equal(cloud_report(cloud)->call.parameter, RV_PARAMETER_IMAGE_ID);
    assert_int_equal(cloud_report(cloud)->call.rule, RV_RULE_NOT_EXPECTED);
}

static void rename_it(struct cloud *cloud, const struct cloud_request *request)
{
    if (request->action == STOP) {
        cloud->instance_name = "web-2";
    }
}

static void another_name_before_the_replacement_ends_the_job_and_starts_it_again(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.expected_instance_name = "web-1";
    cloud->on_request = rename_it;
    cloud_expect_run(cloud, RV_ERR_CHECK, RV_JOB_NOT_SENT, "stop:A start:B");
    assert_int_equal(cloud_report(cloud)->call.parameter, RV_PARAMETER_INSTANCE_NAME);
    assert_int_equal(cloud_report(cloud)->call.rule, RV_RULE_NOT_EXPECTED);
}

/* Somebody else replaces it, and starts it, before the stop has come. */
static void another_image_before_a_second_stop_ends_the_job(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.expected_image_id = "image-old";
    cloud->after_stop = "STOPPING RUNNING+i*12";
    cloud_expect_run(cloud, RV_ERR_CHECK, RV_JOB_NOT_SENT, "stop:A");
}

static void another_image_before_a_forced_stop_ends_the_job(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.expected_image_id = "image-old";
    cloud->config.force_stop_after_s = 30;
    cloud->after_stop = "STOPPING*2 STOPPING+i*12 STOPPED";
    cloud_run(cloud);
    cloud_expect(cloud, RV_ERR_CHECK, RV_JOB_NOT_SENT);
    assert_null(strstr(cloud->effects, "stop!"));
}

/* --- DryRun as a check ------------------------------------------------------------------------ */

static void dry_run_comes_first_under_a_token_of_its_own(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.check_dry_run = 1;
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "dry-run:A stop:B replace:C");
    assert_int_equal(cloud_report(cloud)->not_checked & RV_NOT_CHECKED_DRY_RUN, 0);
}

static void dry_run_of_the_callers_token_has_another(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.check_dry_run = 1;
    cloud->world->replace.client_token = "my-token";
    cloud->world->replace.client_token_is_new = 1;
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "dry-run:A stop:B replace:C");
    assert_string_equal(cloud_asked(cloud, REPLACE, 1)->token, "my-token");
}

static void what_dry_run_is_refused_ends_the_job(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.check_dry_run = 1;
    ANSWERS(cloud, DRY_RUN, NO(400, "InvalidImage.InstanceTypeMismatch"));
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->status, RV_ERR_SERVICE);
    assert_int_equal(cloud_report(cloud)->call.code, RV_CODE_INSTANCE_TYPE_MISMATCH);
    assert_true(cloud_report(cloud)->outcome == RV_JOB_NOT_SENT ||
                cloud_report(cloud)->outcome == RV_JOB_REFUSED);
    assert_string_equal(cloud->effects, "dry-run:A");
    assert_int_equal(cloud->stores, 1); /* before the DryRun alone */
}

/* Under another token, so that the service cannot answer from memory. */
static void dry_run_of_a_running_instance_is_asked_again_after_the_stop(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.check_dry_run = 1;
    ANSWERS(cloud, DRY_RUN, NO(409, "InvalidInstanceStatus"));
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "dry-run:A stop:B dry-run:C replace:D");
    assert_int_equal(cloud_report(cloud)->not_checked & RV_NOT_CHECKED_DRY_RUN, 0);
}

static void what_dry_run_is_refused_after_the_stop_starts_it_again(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.check_dry_run = 1;
    ANSWERS(cloud, DRY_RUN, NO(409, "InvalidInstanceStatus"), NO(404, "InvalidImage.NotFound"));
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->status, RV_ERR_SERVICE);
    assert_int_equal(cloud_report(cloud)->call.code, RV_CODE_IMAGE_NOT_FOUND);
    assert_string_equal(cloud->effects, "dry-run:A stop:B dry-run:C start:D");
}

static void a_stopped_instance_of_the_wrong_status_for_dry_run_is_refused(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.check_dry_run = 1;
    cloud->before = "STOPPED";
    ANSWERS(cloud, DRY_RUN, ALWAYS_NO(409, "InvalidInstanceStatus"));
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->status, RV_ERR_SERVICE);
    assert_int_equal(cloud_report(cloud)->call.code, RV_CODE_INVALID_INSTANCE_STATUS);
    assert_int_equal(cloud->asked[REPLACE], 0);
}

/* The worst: a service that does not know DryRun has replaced the volume. Nothing else is sent. */
static void a_dry_run_that_was_executed_is_said_loudly_and_not_followed(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.check_dry_run = 1;
    ANSWERS(cloud, DRY_RUN, YES);
    cloud_expect_run(cloud, RV_ERR_DRY_RUN_IGNORED, RV_JOB_ENDED_BADLY, "dry-run:A");
    assert_int_equal(cloud_report(cloud)->accepted, 1);
}

static void a_dry_run_that_was_executed_after_the_stop_is_said_loudly(void **state)
{
    struct cloud *cloud = *state;

    cloud->config.check_dry_run = 1;
    ANSWERS(cloud, DRY_RUN, NO(409, "InvalidInstanceStatus"), YES);
    cloud_run(cloud);
    cloud_expect(cloud, RV_ERR_DRY_RUN_IGNORED, RV_JOB_ENDED_BADLY);
    assert_int_equal(cloud->asked[REPLACE], 0);
}

/* --- a job that is only a DryRun -------------------------------------------------------------- */

static void a_dry_run_job_stops_and_replaces_nothing(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->replace.dry_run = RV_TRUE;
    cloud_expect_run(cloud, RV_OK, RV_JOB_CHECKED, "dry-run:A");
}

static void a_dry_run_job_checks_like_any_other(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->replace.dry_run = RV_TRUE;
    cloud->config.check_image = 1;
    cloud->has_no_image = 1;
    cloud_expect_run(cloud, RV_ERR_CHECK, RV_JOB_NOT_SENT, "");
}

static void a_dry_run_job_that_is_refused_says_why(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->replace.dry_run = RV_TRUE;
    ANSWERS(cloud, DRY_RUN, NO(404, "InvalidImage.NotFound"));
    cloud_expect_run(cloud, RV_ERR_SERVICE, RV_JOB_REFUSED, "dry-run:A");
    assert_int_equal(cloud_report(cloud)->call.code, RV_CODE_IMAGE_NOT_FOUND);
}

/* That it runs is no finding: the job would stop it. What the service did not look at is said. */
static void a_dry_run_job_of_a_running_instance_passes_without_the_services_check(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->replace.dry_run = RV_TRUE;
    ANSWERS(cloud, DRY_RUN, ALWAYS_NO(409, "InvalidInstanceStatus"));
    cloud_expect_run(cloud, RV_OK, RV_JOB_CHECKED, "dry-run:A");
    assert_int_equal(cloud->asked[STOP] + cloud->asked[START], 0);
    assert_int_equal(cloud_report(cloud)->not_checked, RV_NOT_CHECKED_DRY_RUN);
    assert_int_equal(cloud_report(cloud)->call.code, RV_CODE_INVALID_INSTANCE_STATUS);
}

static void a_dry_run_job_of_a_stopped_instance_of_the_wrong_status_is_refused(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->replace.dry_run = RV_TRUE;
    cloud->before = "STOPPED";
    ANSWERS(cloud, DRY_RUN, ALWAYS_NO(409, "InvalidInstanceStatus"));
    cloud_expect_run(cloud, RV_ERR_SERVICE, RV_JOB_REFUSED, "dry-run:A");
}

static void a_dry_run_job_that_was_executed_is_said_loudly(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->replace.dry_run = RV_TRUE;
    cloud->before = "STOPPED";
    ANSWERS(cloud, DRY_RUN, YES);
    cloud_expect_run(cloud, RV_ERR_DRY_RUN_IGNORED, RV_JOB_ENDED_BADLY, "dry-run:A");
}

/* An answer that is lost may have been an execution, where DryRun is not known. */
static void a_dry_run_job_without_an_answer_is_not_sure(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->replace.dry_run = RV_TRUE;
    cloud->before = "STOPPED";
    ANSWERS(cloud, DRY_RUN, ALWAYS_SWALLOWED);
    cloud_run(cloud);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_UNKNOWN);
}

/* --- parameters ------------------------------------------------------------------------------- */

static const rv_job_report *begin(struct cloud *cloud, int status)
{
    scripted_client(cloud->world);
    assert_int_equal(rv_job_start(&cloud->job, &cloud->world->client, &cloud->config), status);
    cloud_expect(cloud, status == RV_OK ? RV_AGAIN : status, RV_JOB_NOT_SENT);
    return cloud_report(cloud);
}

static void a_wrong_parameter_is_found_before_anything_is_sent(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->replace.password = "short";
    assert_int_equal(begin(cloud, RV_ERR_PARAMETER)->call.parameter, RV_PARAMETER_PASSWORD);
    assert_int_equal(cloud_report(cloud)->call.rule, RV_RULE_PASSWORD_LENGTH);
    assert_int_equal(cloud->world->server.connections, 0);
}

static const char long_id[] = "i-3456789012345678901234567890123456789012345678901234567890";

static void an_instance_id_of_60_characters_is_taken(void **state)
{
    struct cloud *cloud = *state;

    assert_int_equal(strlen(long_id), RV_JOB_ID_MAX);
    cloud->world->replace.instance_id = long_id;
    begin(cloud, RV_OK);
}

static void a_longer_instance_id_is_not(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->replace.instance_id =
        "i-34567890123456789012345678901234567890123456789012345678901";
    assert_int_equal(begin(cloud, RV_ERR_PARAMETER)->call.parameter, RV_PARAMETER_INSTANCE_ID);
    assert_int_equal(cloud_report(cloud)->call.rule, RV_RULE_TOO_LONG);
}

static void a_longer_image_id_is_not(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->replace.image_id =
        "i-34567890123456789012345678901234567890123456789012345678901";
    assert_int_equal(begin(cloud, RV_ERR_PARAMETER)->call.parameter, RV_PARAMETER_IMAGE_ID);
    assert_int_equal(cloud_report(cloud)->call.rule, RV_RULE_TOO_LONG);
}

/* A token with a past has a record, and is resumed from that. */
static void a_token_that_may_have_been_sent_begins_no_job(void **state)
{
    struct cloud *cloud = *state;

    cloud->world->replace.client_token = "my-token";
    cloud->world->replace.client_token_is_new = 0;
    scripted_client(cloud->world);
    assert_int_not_equal(rv_job_start(&cloud->job, &cloud->world->client, &cloud->config), RV_OK);
    assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_NOT_SENT);
}

static void a_job_without_randomness_does_not_begin(void **state)
{
    struct cloud *cloud = *state;

    scripted_client(cloud->world);
    scripted_fail(cloud->world, ON_RANDOM, cloud->world->calls[ON_RANDOM] + 1, RV_ERR_RANDOM);
    assert_int_equal(rv_job_start(&cloud->job, &cloud->world->client, &cloud->config),
                     RV_ERR_RANDOM);
}

static void a_job_without_client_config_or_parameters_is_a_mistake(void **state)
{
    struct cloud *cloud = *state;
    rv_job_config empty;

    memset(&empty, 0, sizeof(empty));
    scripted_client(cloud->world);
    assert_int_equal(rv_job_start(NULL, &cloud->world->client, &cloud->config), RV_ERR_USAGE);
    assert_int_equal(rv_job_start(&cloud->job, NULL, &cloud->config), RV_ERR_USAGE);
    assert_int_equal(rv_job_start(&cloud->job, &cloud->world->client, NULL), RV_ERR_USAGE);
    assert_int_equal(rv_job_start(&cloud->job, &cloud->world->client, &empty), RV_ERR_USAGE);
}

static void a_client_that_is_busy_takes_no_job(void **state)
{
    struct cloud *cloud = *state;

    scripted_start(cloud->world);
    assert_int_equal(rv_job_start(&cloud->job, &cloud->world->client, &cloud->config),
                     RV_ERR_USAGE);
}

static void a_job_that_was_never_begun_can_be_freed(void **state)
{
    struct cloud *cloud = *state;

    memset(&cloud->job, 0, sizeof(cloud->job));
    rv_job_free(&cloud->job);
    rv_job_free(&cloud->job);
    rv_job_free(NULL);
}

int main(void)
{
    static struct cloud_suite suite;
    size_t i;

    for (i = 0; i < sizeof(findings) / sizeof(findings[0]); i++) {
        cloud_add(&suite, findings[i].what, "", a_finding_ends_the_job_before_anything_is_touched,
                  &findings[i]);
    }
    TEST(suite, what_is_not_asked_for_is_not_checked);
    TEST(suite, a_key_pair_that_is_not_used_is_not_asked_for);
    TEST(suite, an_image_that_may_not_be_asked_for_is_not_checked_and_no_obstacle);
    TEST(suite, a_key_pair_that_may_not_be_asked_for_is_not_checked_and_no_obstacle);
    TEST(suite, a_check_that_the_service_cannot_answer_is_no_obstacle);
    TEST(suite, an_instance_that_may_not_be_asked_for_ends_the_job);
    TEST(suite, an_instance_that_is_not_found_ends_the_job);
    TEST(suite, a_service_that_is_not_there_ends_the_job);
    TEST(suite, a_check_that_is_throttled_is_asked_again);
    for (i = 0; i < sizeof(at_first) / sizeof(at_first[0]); i++) {
        cloud_add(&suite, "at first ", at_first[i].before, what_it_is_at_first, &at_first[i]);
    }
    TEST(suite, a_running_instance_that_may_not_be_stopped_ends_the_job);
    TEST(suite, a_stopped_instance_need_not_be_stopped);
    TEST(suite, another_image_before_the_replacement_ends_the_job_and_starts_it_again);
    TEST(suite, another_name_before_the_replacement_ends_the_job_and_starts_it_again);
    TEST(suite, another_image_before_a_second_stop_ends_the_job);
    TEST(suite, another_image_before_a_forced_stop_ends_the_job);
    TEST(suite, dry_run_comes_first_under_a_token_of_its_own);
    TEST(suite, dry_run_of_the_callers_token_has_another);
    TEST(suite, what_dry_run_is_refused_ends_the_job);
    TEST(suite, dry_run_of_a_running_instance_is_asked_again_after_the_stop);
    TEST(suite, what_dry_run_is_refused_after_the_stop_starts_it_again);
    TEST(suite, a_stopped_instance_of_the_wrong_status_for_dry_run_is_refused);
    TEST(suite, a_dry_run_that_was_executed_is_said_loudly_and_not_followed);
    TEST(suite, a_dry_run_that_was_executed_after_the_stop_is_said_loudly);
    TEST(suite, a_dry_run_job_stops_and_replaces_nothing);
    TEST(suite, a_dry_run_job_checks_like_any_other);
    TEST(suite, a_dry_run_job_that_is_refused_says_why);
    TEST(suite, a_dry_run_job_of_a_running_instance_passes_without_the_services_check);
    TEST(suite, a_dry_run_job_of_a_stopped_instance_of_the_wrong_status_is_refused);
    TEST(suite, a_dry_run_job_that_was_executed_is_said_loudly);
    TEST(suite, a_dry_run_job_without_an_answer_is_not_sure);
    TEST(suite, a_wrong_parameter_is_found_before_anything_is_sent);
    TEST(suite, an_instance_id_of_60_characters_is_taken);
    TEST(suite, a_longer_instance_id_is_not);
    TEST(suite, a_longer_image_id_is_not);
    TEST(suite, a_token_that_may_have_been_sent_begins_no_job);
    TEST(suite, a_job_without_randomness_does_not_begin);
    TEST(suite, a_job_without_client_config_or_parameters_is_a_mistake);
    TEST(suite, a_client_that_is_busy_takes_no_job);
    TEST(suite, a_job_that_was_never_begun_can_be_freed);
    return cloud_run_suite(&suite);
}
