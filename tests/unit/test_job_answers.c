/*
 * What a job reads of an instance, however much the service has to say of it: an accepted
 * replacement never becomes unwatchable because an answer grew.
 */
#include "tests/support/cloud.h"

#include <stdio.h>
#include <string.h>

/* --- long answers ----------------------------------------------------------------------------- */

static char members[150000]; /* of an instance, as JSON */
static size_t members_len;

static void add(const char *text)
{
    size_t len = strlen(text);

    assert_true(members_len + len < sizeof(members));
    memcpy(members + members_len, text, len + 1);
    members_len += len;
}

static void add_volumes(unsigned count, const char *suffix)
{
    char text[64];
    unsigned i;

    add(",\"Volumes\":[");
    for (i = 0; i < count; i++) {
        snprintf(text, sizeof(text), "%s{\"VolumeId\":\"vol-%08u%s\"}", i > 0 ? "," : "", i,
                 suffix);
        add(text);
    }
    add("]");
}

/* Keys of 128 and values of 256 characters, which in Chinese are three bytes each. */
static void add_tags(unsigned count)
{
    char number[32];
    unsigned i, k;

    add(",\"Tags\":[");
    for (i = 0; i < count; i++) {
        snprintf(number, sizeof(number), "%s{\"Key\":\"%03u", i > 0 ? "," : "", i);
        add(number);
        for (k = 0; k < 125; k++) {
            add("\xE9\x94\xAE");
        }
        add("\",\"Value\":\"");
        for (k = 0; k < 256; k++) {
            add("\xE5\x80\xBC");
        }
        add("\"}");
    }
    add("]");
}

static void add_network_cards(unsigned count)
{
    char text[512];
    unsigned i;

    add(",\"NetworkInterfaces\":[");
    for (i = 0; i < count; i++) {
        snprintf(
            text, sizeof(text),
            "%s{\"NetworkInterfaceId\":\"eni-%u\",\"PrimaryIpAddress\":\"192.0.2.%u\","
            "\"MacAddress\":\"00:16:3e:00:00:%02u\",\"SubnetId\":\"subnet-%u\",\"Type\":"
            "\"secondary\",\"VpcId\":\"vpc-1\",\"VpcName\":\"{[\\\"\\\\]},\",\"Ipv6Addresses\":"
            "[\"2001:db8::%x\",\"2001:db8::1:%x\"],\"PrivateIpAddresses\":[]}",
            i > 0 ? "," : "", i, i, i, i, i, i);
        add(text);
    }
    add("]");
}

static void add_nothing(void)
{
}

static void add_100_tags(void)
{
    add_tags(100);
}

static void add_10_network_cards(void)
{
    add_network_cards(10);
}

static void add_50_volumes(void)
{
    add_volumes(50, "");
}

static void add_everything(void)
{
    add_network_cards(10);
    add_tags(100);
    add_volumes(50, "");
}

static const struct addition {
    const char *what;
    void (*add)(void);
    int has_volumes;
} additions[] = {
    {"an instance with little", add_nothing, 0},
    {"an instance with 100 tags of full length", add_100_tags, 0},
    {"an instance with ten network cards", add_10_network_cards, 0},
    {"an instance with 50 volumes", add_50_volumes, 1},
    {"an instance with all of that", add_everything, 1},
};

static void use_members(struct cloud *cloud)
{
    members[0] = '\0';
    members_len = 0;
    cloud->more_members = members;
}

static void a_job_passes_whatever_the_instance_has(void **state)
{
    struct cloud *cloud = *state;
    const struct addition *addition = cloud->row;

    use_members(cloud);
    addition->add();
    cloud->hides_volumes = addition->has_volumes;
    cloud->after_replace = "STOPPED REBUILDING+u STOPPED+iu";
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B start:C");
    assert_int_equal(cloud_report(cloud)->instance.volume_count, addition->has_volumes ? 50 : 2);
}

/* Somebody tags it after it was accepted. */
static void an_answer_that_grows_in_the_watch_does_no_harm(void **state)
{
    struct cloud *cloud = *state;

    cloud->after_replace = "REBUILDING*5 RUNNING+i";
    cloud_run_into(cloud, RV_STEP_WATCH);
    use_members(cloud);
    add_tags(100);
    add_network_cards(10);
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
}

static void one_other_volume_of_fifty_is_seen(void **state)
{
    struct cloud *cloud = *state;

    use_members(cloud);
    cloud->old_image_id = cloud->world->replace.image_id;
    cloud->hides_volumes = 1;
    add_volumes(50, "");
    cloud->before = "STOPPED";
    cloud->after_replace = "STOPPED*5 RUNNING";
    ANSWERS(cloud, REPLACE, ALWAYS_LOST);
    cloud_run_until_asked(cloud, REPLACE, 1);
    strstr(members, "vol-00000031")[4] = '1';
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    assert_true((cloud_report(cloud)->evidence & RV_SAW_NEW_VOLUMES) != 0);
}

static void one_volume_more_is_another_set(void **state)
{
    struct cloud *cloud = *state;

    use_members(cloud);
    cloud->old_image_id = cloud->world->replace.image_id;
    cloud->hides_volumes = 1;
    add_volumes(2, "");
    cloud->before = "STOPPED";
    cloud->after_replace = "STOPPED*5 RUNNING";
    ANSWERS(cloud, REPLACE, ALWAYS_LOST);
    cloud_run_until_asked(cloud, REPLACE, 1);
    use_members(cloud);
    add_volumes(3, "");
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
}

/* --- names ------------------------------------------------------------------------------------ */

/* 128 characters, of three bytes each, and the last one apart. */
static const char *long_name(char last)
{
    static char name[400];
    size_t i;

    for (i = 0; i < 127; i++) {
        memcpy(name + 3 * i, "\xE5\x90\x8D", 3);
    }
    name[3 * i] = last;
    name[3 * i + 1] = '\0';
    return name;
}

static void a_name_of_128_characters_is_no_obstacle(void **state)
{
    struct cloud *cloud = *state;

    cloud->instance_name = long_name('1');
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
    assert_true(strlen(cloud_report(cloud)->instance.instance_name) > 100);
    assert_int_equal(strlen(cloud_report(cloud)->instance.instance_name) % 3, 0); /* no half one */
}

/* Expected names that the job cannot compare to their end are refused, not half compared. */
static void a_long_name_is_compared_to_its_end_or_not_at_all(void **state)
{
    struct cloud *cloud = *state;
    char expected[400];
    int status;

    snprintf(expected, sizeof(expected), "%s", long_name('2'));
    cloud->instance_name = long_name('1');
    cloud->config.expected_instance_name = expected;
    scripted_client(cloud->world);
    status = rv_job_start(&cloud->job, &cloud->world->client, &cloud->config);
    if (status == RV_OK) {
        rv_job_free(&cloud->job);
        cloud_expect_run(cloud, RV_ERR_CHECK, RV_JOB_NOT_SENT, "");
        cloud = cloud_another(state);
        cloud->instance_name = long_name('1');
        cloud->config.expected_instance_name = cloud->instance_name;
        cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
    } else {
        assert_int_equal(status, RV_ERR_PARAMETER);
        assert_int_equal(cloud_report(cloud)->call.parameter, RV_PARAMETER_INSTANCE_NAME);
        assert_int_equal(cloud_report(cloud)->call.rule, RV_RULE_TOO_LONG);
    }
}

/* An expected name that is where the instance's longer one was cut is not that name. */
static void the_beginning_of_a_long_name_is_not_the_name(void **state)
{
    struct cloud *cloud = *state;
    char shown[RV_ID_MAX + 1];

    cloud->instance_name = long_name('1');
    cloud_run(cloud);
    memcpy(shown, cloud_report(cloud)->instance.instance_name, sizeof(shown));
    cloud = cloud_another(state);
    cloud->instance_name = long_name('1');
    cloud->config.expected_instance_name = shown;
    cloud_expect_run(cloud, RV_ERR_CHECK, RV_JOB_NOT_SENT, "");
}

static void a_name_in_other_scripts_can_be_expected(void **state)
{
    struct cloud *cloud = *state;

    cloud->instance_name = "\xE7\xBD\x91\xE9\xA1\xB5-1";
    cloud->config.expected_instance_name = "\xE7\xBD\x91\xE9\xA1\xB5-1";
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
}

static void a_name_that_would_steer_a_terminal_is_shown_without_that(void **state)
{
    struct cloud *cloud = *state;

    cloud->instance_name = "a\\u001b[2Jb\\u202ec";
    cloud_run(cloud);
    cloud_expect(cloud, RV_OK, RV_JOB_DONE);
    assert_null(strchr(cloud_report(cloud)->instance.instance_name, 0x1b));
    assert_string_equal(cloud_report(cloud)->instance.instance_name, "a?[2Jb?c");
}

/* --- answers that are not what they should be ------------------------------------------------- */

/* Each to the first look, so that nothing has been touched; and then for ever. */
static void an_answer_of_no_sense_ends_the_check(void **state)
{
    static const char *const bodies[] = {
        "",
        "{}",
        "[]",
        "{\"ResponseMetadata\":{},\"Result\":{\"Instances\":[{\"InstanceId\":\"i-test\"",
        "{\"ResponseMetadata\":{},\"Result\":{\"Instances\":{\"InstanceId\":\"i-test\"}}}",
        "{\"ResponseMetadata\":{},\"Result\":{\"Instances\":[{\"InstanceId\":\"i-other\","
        "\"Status\":\"STOPPED\",\"ImageId\":\"image-old\"}]}}",
        "{\"ResponseMetadata\":{},\"Result\":{\"Instances\":[{\"InstanceId\":\"i-test\","
        "\"Status\":7,\"ImageId\":\"image-old\"}]}}",
        "{\"ResponseMetadata\":{},\"Result\":{\"Instances\":[{\"InstanceId\":\"i-test\","
        "\"Status\":\"RUNNING\",\"Status\":\"STOPPED\",\"ImageId\":\"image-old\"}]}}",
    };
    size_t i;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct cloud *cloud = cloud_another(state);
        cloud_answer answer = {.status = 200, .times = 1000000};

        answer.body = bodies[i];
        cloud_answers(cloud, LOOK, &answer, 1);
        cloud->config.job_timeout_s = 120;
        cloud_run(cloud);
        assert_int_equal(cloud_report(cloud)->outcome, RV_JOB_NOT_SENT);
        assert_int_not_equal(cloud_report(cloud)->status, RV_OK);
        assert_string_equal(cloud->effects, "");
    }
}

/* In the watch they are no looks at all. */
static void an_answer_of_no_sense_in_the_watch_is_passed_over(void **state)
{
    struct cloud *cloud = *state;

    cloud_run_into(cloud, RV_STEP_WATCH);
    ANSWERS(
        cloud, LOOK, {.status = 200, .body = "<html>", .times = 5},
        {.status = 200, .body = "{\"Result\":{\"Instances\":[{\"Status\":\"ERROR\"", .times = 5});
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
}

/* Of an answer that is cut short not even its complete elements count. */
static void what_a_cut_answer_said_before_the_cut_does_not_count(void **state)
{
    struct cloud *cloud = *state;

    cloud->after_replace = "STOPPED*60 RUNNING+i";
    cloud_run_into(cloud, RV_STEP_WATCH);
    ANSWERS(cloud, LOOK,
            {.status = 200,
             .body = "{\"ResponseMetadata\":{},\"Result\":{\"Instances\":[{\"InstanceId\":"
                     "\"i-test\",\"Status\":\"DELETING\",\"ImageId\":\"image-old\","
                     "\"UpdatedAt\":\"2025-06-15T01:00:00+08:00\"}]",
             .times = 12});
    cloud_expect_run(cloud, RV_OK, RV_JOB_DONE, "stop:A replace:B");
}

/* --- many instances at once ------------------------------------------------------------------- */

static struct {
    unsigned count;
    rv_instance first, last;
} found;

static void note_instance(void *ctx, const rv_instance *instance)
{
    assert_ptr_equal(ctx, &found);
    if (found.count++ == 0) {
        found.first = *instance;
    }
    found.last = *instance;
}

static const char *body_of_100(struct cloud *cloud)
{
    static char body[100000];
    size_t len;
    unsigned i;

    use_members(cloud);
    add_volumes(3, "");
    add_network_cards(1);
    len = (size_t)sprintf(body, "{\"ResponseMetadata\":{},\"Result\":{\"Instances\":[");
    for (i = 0; i < 100; i++) {
        len += (size_t)snprintf(body + len, sizeof(body) - len,
                                "%s{\"InstanceId\":\"i-%03u\",\"InstanceName\":\"n\",\"Status\":"
                                "\"%s\",\"ImageId\":\"image-%u\",\"OsType\":\"Linux\","
                                "\"UpdatedAt\":\"2025-06-15T01:00:00+08:00\"%s}",
                                i > 0 ? "," : "", i, i % 2 ? "RUNNING" : "MELTING", i, members);
        assert_true(len < sizeof(body));
    }
    snprintf(body + len, sizeof(body) - len, "],\"NextToken\":\"\",\"TotalCount\":100}}");
    return body;
}

static void instances_can_be_read_one_after_the_other(void **state)
{
    struct cloud *cloud = *state;
    cloud_answer answer = {.status = 200};
    rv_instance_reader reader;
    rv_request request;
    rv_name_value parameter = {"InstanceIds.1", "i-test"};

    answer.body = body_of_100(cloud);
    cloud_answers(cloud, LOOK, &answer, 1);
    memset(&found, 0, sizeof(found));
    memset(&reader, 0, sizeof(reader));
    reader.call = &cloud->world->call;
    reader.found = note_instance;
    reader.ctx = &found;
    memset(&request, 0, sizeof(request));
    request.service = "ecs";
    request.action = "DescribeInstances";
    request.version = "2020-04-01";
    request.parameters = &parameter;
    request.parameter_count = 1;
    request.repeat = RV_REPEAT_SAFE;
    request.wanted = RV_INSTANCE_WANTED;
    request.on_object = rv_instance_read;
    request.on_object_ctx = &reader;
    scripted_client(cloud->world);
    assert_int_equal(rv_call_start(&cloud->world->call, &cloud->world->client, &request), RV_OK);
    scripted_started(cloud->world);
    assert_int_equal(scripted_run(cloud->world), RV_OK);
    assert_int_equal(found.count, 100);
    assert_string_equal(found.first.instance_id, "i-000");
    assert_int_equal(found.first.status, RV_INSTANCE_OTHER);
    assert_string_equal(found.last.instance_id, "i-099");
    assert_string_equal(found.last.image_id, "image-99");
    assert_string_equal(found.last.os_type, "Linux");
    assert_string_equal(found.last.updated_at, "2025-06-15T01:00:00+08:00");
    assert_int_equal(found.last.status, RV_INSTANCE_RUNNING);
    assert_int_equal(found.last.volume_count, 3);
    assert_true(found.last.volumes != 0 && found.last.volumes == found.first.volumes);
}

static void statuses_and_steps_have_their_names(void **state)
{
    (void)state;
    assert_string_equal(rv_instance_status_name(RV_INSTANCE_NOT_VISIBLE), "");
    assert_string_equal(rv_instance_status_name(RV_INSTANCE_OTHER), "");
    assert_string_equal(rv_instance_status_name(RV_INSTANCE_CREATING), "CREATING");
    assert_string_equal(rv_instance_status_name(RV_INSTANCE_RUNNING), "RUNNING");
    assert_string_equal(rv_instance_status_name(RV_INSTANCE_REBUILDING), "REBUILDING");
    assert_string_equal(rv_instance_status_name(RV_INSTANCE_DELETING), "DELETING");
    assert_string_equal(rv_instance_status_name(RV_INSTANCE_STATUS_COUNT), "");
    assert_string_equal(rv_instance_status_name((rv_instance_status)1000), "");
    assert_string_equal(rv_step_name(RV_STEP_CHECK), "check");
    assert_string_equal(rv_step_name(RV_STEP_STOP), "stop");
    assert_string_equal(rv_step_name(RV_STEP_REPLACE), "replace");
    assert_string_equal(rv_step_name(RV_STEP_WATCH), "watch");
    assert_string_equal(rv_step_name(RV_STEP_START), "start");
    assert_non_null(rv_step_name(RV_STEP_RESTART));
    assert_non_null(rv_step_name((rv_step)1000));
}

int main(void)
{
    static struct cloud_suite suite;
    size_t i;

    for (i = 0; i < sizeof(additions) / sizeof(additions[0]); i++) {
        cloud_add(&suite, additions[i].what, "", a_job_passes_whatever_the_instance_has,
                  &additions[i]);
    }
    TEST(suite, an_answer_that_grows_in_the_watch_does_no_harm);
    TEST(suite, one_other_volume_of_fifty_is_seen);
    TEST(suite, one_volume_more_is_another_set);
    TEST(suite, a_name_of_128_characters_is_no_obstacle);
    TEST(suite, a_long_name_is_compared_to_its_end_or_not_at_all);
    TEST(suite, the_beginning_of_a_long_name_is_not_the_name);
    TEST(suite, a_name_in_other_scripts_can_be_expected);
    TEST(suite, a_name_that_would_steer_a_terminal_is_shown_without_that);
    TEST(suite, an_answer_of_no_sense_ends_the_check);
    TEST(suite, an_answer_of_no_sense_in_the_watch_is_passed_over);
    TEST(suite, what_a_cut_answer_said_before_the_cut_does_not_count);
    TEST(suite, instances_can_be_read_one_after_the_other);
    TEST(suite, statuses_and_steps_have_their_names);
    return cloud_run_suite(&suite);
}
