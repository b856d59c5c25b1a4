/*
 * What is found before a replacement is confirmed, and the page that shows it: nothing that the
 * service or the account leaves out is an obstacle, and nothing is said that is not known.
 */
#define _POSIX_C_SOURCE 200809L
#include "examples/tool/found.h"

#include "../support/customer.h"
#include "../support/spawn.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM_VOLUME "vol-demo0stopped0000001-0000"

static struct found found;
static struct found_request request;
static char page[FOUND_PAGE_SIZE];

/* --- asking ------------------------------------------------------------------------------------
 */

static void run(void *ctx)
{
    (void)rv_call_run(ctx);
}

static struct asker asker_of(struct customer *customer)
{
    struct asker asker = {&customer->client, &customer->call, run, &customer->call, NULL, 0};

    customer_set_up(customer);
    return asker;
}

static int find(struct customer *customer)
{
    struct asker asker = asker_of(customer);

    return found_ask(&found, &asker, STOPPED_INSTANCE, "image-windows2022");
}

static char folder[] = "/tmp/found-XXXXXX";

/* ACTION[#N]=raw:FILE;close, with this Result in the file. */
static const char *answer_rule(const char *action, const char *result)
{
    static char rules[4][200];
    static int next;
    char *rule = rules[next++ % 4];
    char path[100];
    FILE *file;

    snprintf(path, sizeof path, "%s/%d-%s", folder, next, action);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
            "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":%s}",
            result);
    assert_int_equal(fclose(file), 0);
    snprintf(rule, sizeof rules[0], "%s=raw:%s;close", action, path);
    return rule;
}

/* For a test that needs the endpoint with other options once more. */
static void serve_no_more(struct customer *customer)
{
    customer_restart(customer);
    endpoint_stop(customer->service);
    customer->service = NULL;
}

/* --- what is found -----------------------------------------------------------------------------
 */

static void everything_is_found(struct customer *customer)
{
    SERVE(customer, NULL);
    assert_int_equal(find(customer), RV_OK);

    assert_int_equal(found.instance.state, FOUND_KNOWN);
    assert_string_equal(found.instance.name, "demo-stopped");
    assert_string_equal(found.instance.project, "default");
    assert_string_equal(found.instance.status, "STOPPED");
    assert_string_equal(found.instance.stopped_mode, "KeepCharging");
    assert_string_equal(found.instance.image_id, "image-debian12");
    assert_string_equal(found.instance.os_name, "Debian 12 64bit");
    assert_string_equal(found.instance.public_address, "203.0.113.7");
    assert_memory_equal(found.instance.private_address, "192.168.0.", 10);
    assert_int_equal(found.instance.interface_count, 1);
    assert_string_equal(found.instance.deletion_protection, "false");
    assert_memory_equal(found.instance.expires_at, "20", 2);
    assert_int_equal(found.instance.volume_count, 1);

    assert_int_equal(found.image.state, FOUND_KNOWN);
    assert_string_equal(found.image.name, "Windows Server 2022 Datacenter");
    assert_string_equal(found.image.os_name, "Windows Server 2022 Datacenter 64bit");
    assert_string_equal(found.image.os_type, "Windows");
    assert_string_equal(found.image.visibility, "public");
    assert_string_equal(found.image.status, "available");
    assert_string_equal(found.image.size_gib, "40");

    assert_int_equal(found.volume.state, FOUND_KNOWN);
    assert_string_equal(found.volume.id, SYSTEM_VOLUME);
    assert_string_equal(found.volume.size_gib, "40");
    assert_string_equal(found.volume.type, "ESSD_PL0");

    assert_int_equal(found.snapshot.state, FOUND_KNOWN);
    assert_string_equal(found.snapshot.id, "snap-demo0stopped0000001-3");
    assert_string_equal(found.snapshot.name, "nightly-3");
    assert_string_equal(found.snapshot.status, "available");
    assert_false(found.snapshot.is_of_some);

    assert_int_equal(customer_lines(customer, IS_REQUEST, NULL), 4);
}

static void that_it_has_no_snapshot_is_known(struct customer *customer)
{
    struct asker asker;

    SERVE(customer, NULL);
    asker = asker_of(customer);
    assert_int_equal(found_ask(&found, &asker, RUNNING_INSTANCE, LINUX_IMAGE), RV_OK);
    assert_int_equal(found.snapshot.state, FOUND_KNOWN);
    assert_string_equal(found.snapshot.id, "");
    assert_string_equal(found.instance.stopped_mode, "");
}

static void what_does_not_exist_is_not_visible(struct customer *customer)
{
    struct asker asker;

    SERVE(customer, NULL);
    asker = asker_of(customer);
    assert_int_equal(found_ask(&found, &asker, "i-nowhere", "image-nowhere"), RV_OK);
    assert_int_equal(found.instance.state, FOUND_NOT_VISIBLE);
    assert_int_equal(found.image.state, FOUND_NOT_VISIBLE);
    assert_int_equal(found.snapshot.state, FOUND_NOT_ASKED);
}

static void an_error_for_what_does_not_exist_is_the_same(struct customer *customer)
{
    struct asker asker;

    SERVE(customer, "--missing-instances", "not-found");
    asker = asker_of(customer);
    assert_int_equal(found_ask(&found, &asker, "i-nowhere", LINUX_IMAGE), RV_OK);
    assert_int_equal(found.instance.state, FOUND_NOT_VISIBLE);
    assert_int_equal(found.image.state, FOUND_KNOWN);
}

static void what_the_account_may_not_ask_is_no_obstacle(struct customer *customer)
{
    SERVE(customer, "--deny", "DescribeInstances", "--deny", "DescribeImages", "--deny",
          "DescribeVolumes", "--deny", "DescribeSnapshots");
    assert_int_equal(find(customer), RV_OK);
    assert_int_equal(found.instance.state, FOUND_NOT_PERMITTED);
    assert_int_equal(found.image.state, FOUND_NOT_PERMITTED);
    assert_int_equal(found.volume.state, FOUND_NOT_PERMITTED);
    assert_int_equal(found.snapshot.state, FOUND_NOT_ASKED); /* of which volume? */
}

static void lack_of_a_policy_is_lack_of_permission(struct customer *customer)
{
    SERVE(customer, "--rule", "DescribeImages=error:LackPolicy");
    assert_int_equal(find(customer), RV_OK);
    assert_int_equal(found.image.state, FOUND_NOT_PERMITTED);
    assert_int_equal(found.volume.state, FOUND_KNOWN);
}

static void the_only_volume_is_the_systems(struct customer *customer)
{
    SERVE(customer, "--deny", "DescribeVolumes");
    assert_int_equal(find(customer), RV_OK);
    assert_int_equal(found.volume.state, FOUND_NOT_PERMITTED);
    assert_string_equal(found.volume.id, SYSTEM_VOLUME);
    assert_int_equal(found.snapshot.state, FOUND_KNOWN);
    assert_string_equal(found.snapshot.name, "nightly-3");
}

static void of_two_volumes_none_is_taken_for_the_systems(struct customer *customer)
{
    SERVE(customer, "--deny", "DescribeVolumes", "--rule",
          answer_rule("DescribeInstances",
                      "{\"Instances\":[{\"InstanceId\":\"" STOPPED_INSTANCE "\",\"Volumes\":["
                      "{\"VolumeId\":\"vol-a\"},{\"VolumeId\":\"vol-b\"}]}]}"));
    assert_int_equal(find(customer), RV_OK);
    assert_int_equal(found.instance.volume_count, 2);
    assert_string_equal(found.volume.id, "");
    assert_int_equal(found.snapshot.state, FOUND_NOT_ASKED);
}

static void what_the_other_service_does_not_know_is_no_obstacle(struct customer *customer)
{
    SERVE(customer, "--rule", "DescribeVolumes=error:ServiceNotFound", "--rule",
          "DescribeSnapshots=error:InvalidActionOrVersion");
    assert_int_equal(find(customer), RV_OK);
    assert_int_equal(found.volume.state, FOUND_NO_ANSWER);
    assert_int_equal(found.snapshot.state, FOUND_NO_ANSWER);
}

static void nor_is_an_answer_of_another_form(struct customer *customer)
{
    static const char *const others[] = {
        "{\"SnapshotSet\":[{\"Id\":\"s-1\"}]}",
        "{\"Snapshots\":[{\"Id\":\"s-1\"}],\"TotalCount\":1}",
        "{\"Snapshots\":[],\"TotalCount\":7}",
        "{\"Snapshots\":\"s-1\"}",
        "{\"TotalCount\":7}",
        "{}",
        "[]",
    };
    size_t i;

    for (i = 0; i < sizeof others / sizeof others[0]; i++) {
        SERVE(customer, "--rule", answer_rule("DescribeSnapshots", others[i]));
        customer->config.attempts_max = 1;
        assert_int_equal(find(customer), RV_OK);
        assert_int_equal(found.volume.state, FOUND_KNOWN);
        assert_int_equal(found.snapshot.state, FOUND_NO_ANSWER);
        serve_no_more(customer);
    }
}

static void an_empty_list_in_any_form_is_none(struct customer *customer)
{
    static const char *const empties[] = {
        "{\"Snapshots\":[],\"TotalCount\":0}",
        "{\"Snapshots\":[]}",
        "{\"Snapshots\":null,\"TotalCount\":\"0\"}",
        "{\"Snapshots\":[{\"SnapshotId\":\"s\",\"VolumeId\":\"of-another\"}],\"TotalCount\":1}",
    };
    size_t i;

    for (i = 0; i < sizeof empties / sizeof empties[0]; i++) {
        SERVE(customer, "--rule", answer_rule("DescribeSnapshots", empties[i]));
        assert_int_equal(find(customer), RV_OK);
        assert_int_equal(found.snapshot.state, FOUND_KNOWN);
        assert_string_equal(found.snapshot.id, "");
        serve_no_more(customer);
    }
}

static void the_last_snapshot_is_the_latest_in_whatever_order(struct customer *customer)
{
    SERVE(customer, "--rule",
          answer_rule("DescribeSnapshots",
                      "{\"TotalCount\":150,\"Snapshots\":["
                      "{\"SnapshotId\":\"s-1\",\"CreationTime\":\"2024-11-15T02:00:00+08:00\"},"
                      "{\"SnapshotId\":\"s-2\",\"CreationTime\":\"2024-11-16T02:00:00+08:00\"},"
                      "{\"SnapshotId\":\"s-3\",\"CreationTime\":\"2024-11-14T02:00:00+08:00\"}]}"));
    assert_int_equal(find(customer), RV_OK);
    assert_string_equal(found.snapshot.id, "s-2");
    assert_true(found.snapshot.is_of_some);
}

static void another_instance_in_the_answer_is_not_taken(struct customer *customer)
{
    SERVE(customer, "--rule",
          answer_rule("DescribeInstances",
                      "{\"Instances\":[{\"InstanceId\":\"i-other\",\"Status\":\"RUNNING\","
                      "\"NetworkInterfaces\":[{\"PrimaryIpAddress\":\"10.0.0.1\"}],"
                      "\"Volumes\":[{\"VolumeId\":\"vol-other\"}]},"
                      "{\"InstanceId\":\"" STOPPED_INSTANCE "\",\"NetworkInterfaces\":["
                      "{\"PrimaryIpAddress\":\"10.0.0.2\",\"Type\":\"secondary\"},"
                      "{\"PrimaryIpAddress\":\"10.0.0.3\",\"Type\":\"primary\"}]},"
                      "{\"InstanceId\":\"i-third\",\"Status\":\"ERROR\"}]}"));
    assert_int_equal(find(customer), RV_OK);
    assert_int_equal(found.instance.state, FOUND_KNOWN);
    assert_string_equal(found.instance.status, "");
    assert_string_equal(found.instance.private_address, "10.0.0.3");
    assert_int_equal(found.instance.interface_count, 2);
    assert_int_equal(found.instance.volume_count, 0);
}

static void of_an_answer_that_was_cut_nothing_stays(struct customer *customer)
{
    SERVE(customer, "--rule", "DescribeInstances#1=cut-answer:1400");
    assert_int_equal(find(customer), RV_OK);
    assert_int_equal(found.instance.state, FOUND_KNOWN);
    assert_int_equal(found.instance.volume_count, 1);
    assert_int_equal(found.instance.interface_count, 1);
    assert_int_equal(customer_lines(customer, IS_REQUEST, "DescribeInstances"), 2);
}

static void a_wrong_key_ends_it_at_the_first_question(struct customer *customer)
{
    SERVE(customer, NULL);
    customer->credentials.secret_access_key = "another";
    assert_int_equal(find(customer), RV_ERR_SERVICE);
    assert_int_equal(customer_result(customer)->code, RV_CODE_SIGNATURE_DOES_NOT_MATCH);
    assert_int_equal(customer_lines(customer, IS_REQUEST, NULL), 1);
}

static void so_does_a_service_that_cannot_be_reached(struct customer *customer)
{
    customer->config.attempts_max = 1;
    customer->port = 1;
    assert_int_equal(find(customer), RV_ERR_CONNECT);
}

/* A user who wants an end at the second question. */
static void run_first_only(void *ctx)
{
    struct customer *customer = ctx;

    if (customer_lines(customer, IS_REQUEST, NULL) == 0) {
        (void)rv_call_run(&customer->call);
    } else {
        rv_call_cancel(&customer->call);
    }
}

static void the_user_can_end_it(struct customer *customer)
{
    struct asker asker;

    SERVE(customer, NULL);
    asker = asker_of(customer);
    asker.run = run_first_only;
    asker.ctx = customer;
    assert_int_equal(found_ask(&found, &asker, STOPPED_INSTANCE, LINUX_IMAGE), RV_ERR_CANCELLED);
    assert_int_equal(customer_lines(customer, IS_REQUEST, NULL), 1);
}

/* --- the page ----------------------------------------------------------------------------------
 */

static void ask_for_the_usual(void)
{
    memset(&request, 0, sizeof request);
    request.instance_id = STOPPED_INSTANCE;
    request.image_id = "image-ubuntu2204";
    request.region = "cn-beijing";
    request.host = "open.volcengineapi.com";
    request.port = 443;
    request.access_key_id = "AKLTexample7890";
    request.credential = FOUND_KEY_PAIR;
    request.key_pair_name = "kp-demo";
}

#define SET(member, text) snprintf(member, sizeof(member), "%s", text)

static void find_the_usual(void)
{
    memset(&found, 0, sizeof found);
    found.instance.state = FOUND_KNOWN;
    SET(found.instance.name, "web-7");
    SET(found.instance.project, "default");
    SET(found.instance.status, "STOPPED");
    SET(found.instance.stopped_mode, "KeepCharging");
    SET(found.instance.image_id, "image-debian12");
    SET(found.instance.os_name, "Debian 12 64bit");
    SET(found.instance.public_address, "203.0.113.7");
    SET(found.instance.private_address, "192.168.0.3");
    found.instance.interface_count = 1;
    SET(found.instance.deletion_protection, "false");
    SET(found.instance.expires_at, "2027-09-20T12:00:00+08:00");
    found.image.state = FOUND_KNOWN;
    SET(found.image.name, "Ubuntu 22.04 with agent");
    SET(found.image.os_name, "Ubuntu 22.04 64bit");
    SET(found.image.visibility, "private");
    SET(found.image.status, "available");
    SET(found.image.size_gib, "40");
    found.volume.state = FOUND_KNOWN;
    SET(found.volume.id, "vol-1");
    SET(found.volume.size_gib, "40");
    SET(found.volume.type, "ESSD_PL0");
    found.snapshot.state = FOUND_KNOWN;
    SET(found.snapshot.id, "snap-1");
    SET(found.snapshot.created_at, "2026-11-23T02:00:00+08:00");
    SET(found.snapshot.name, "nightly");
    SET(found.snapshot.status, "available");
}

static int begin_page(void **state)
{
    (void)state;
    ask_for_the_usual();
    find_the_usual();
    return 0;
}

static int shows(const char *text)
{
    found_page(&found, &request, page);
    return strstr(page, text) != NULL;
}

#define WHAT_IS_LOST                                                                             \
    "\nEverything on the present system volume is lost for good: the system, its settings and\n" \
    "users, all data kept there, its host keys, and the agents that were installed in it.\n"     \
    "Not verified: what becomes of data volumes, and whether the automatic snapshot policy\n"    \
    "applies to the new system volume.\n"

static void the_page_shows_all_of_it(void **state)
{
    (void)state;
    found_page(&found, &request, page);
    assert_string_equal(
        page,
        "Instance        i-demo0stopped0000001, \"web-7\", project default\n"
        "Asked at        open.volcengineapi.com port 443, region cn-beijing, with the key id ...7890\n"
        "Status          STOPPED (KeepCharging)\n"
        "Address         203.0.113.7 (public), 192.168.0.3 (private)\n"
        "Protection      deletion protection is off\n"
        "Expires         2027-09-20T12:00:00+08:00\n"
        "System now      image image-debian12: Debian 12 64bit\n"
        "System to come  image image-ubuntu2204: Ubuntu 22.04 64bit, \"Ubuntu 22.04 with agent\", "
        "private, 40 GiB\n"
        "System volume   vol-1, 40 GiB, ESSD_PL0\n"
        "Last snapshot   snap-1, 2026-11-23T02:00:00+08:00, \"nightly\", available\n"
        "Credential      the key pair \"kp-demo\"\n" WHAT_IS_LOST);
}

static void the_page_of_nothing_known_still_says_what_is_lost(void **state)
{
    (void)state;
    memset(&found, 0, sizeof found);
    found.instance.state = FOUND_NOT_PERMITTED;
    found.image.state = FOUND_NO_ANSWER;
    found.volume.state = FOUND_NOT_VISIBLE;
    found_page(&found, &request, page);
    assert_string_equal(
        page,
        "Instance        i-demo0stopped0000001\n"
        "Asked at        open.volcengineapi.com port 443, region cn-beijing, with the key id ...7890\n"
        "Status          not permitted: this account may not ask\n"
        "System to come  image image-ubuntu2204: not known: there was no answer that can be "
        "understood\n"
        "System volume   it does not exist, or not for these credentials\n"
        "Last snapshot   not asked\n"
        "Credential      the key pair \"kp-demo\"\n" WHAT_IS_LOST);
}

static void an_instance_stopped_with_StopCharging_may_not_come_up_again(void **state)
{
    (void)state;
    assert_false(shows("may not come up again"));
    SET(found.instance.stopped_mode, "StopCharging");
    assert_true(shows("STOPPED (StopCharging)\n                StopCharging has given its hardware "
                      "back: it may not come up again.\n"));
}

/* For several there are no labels, and the lines of one are in from its id. */
static void of_several_each_has_the_same_warnings(void **state)
{
    static char several[FOUND_PAGE_SIZE];

    (void)state;
    SET(found.instance.stopped_mode, "StopCharging");
    SET(found.instance.deletion_protection, "true");
    found_paragraph(&found, &request, several);
    assert_non_null(strstr(several, "\n    STOPPED (StopCharging), address "));
    assert_non_null(strstr(several,
                           "\n    StopCharging has given its hardware back: it may not come "
                           "up again.\n"));
    assert_non_null(
        strstr(several, "deletion protection is on; that it prevents this is not known"));
    assert_non_null(strstr(several, "; last snapshot "));
    memset(&found, 0, sizeof found);
    found_paragraph(&found, &request, several);
    assert_string_equal(several, STOPPED_INSTANCE "\n    not asked\n"
                                                  "    system volume not asked; last snapshot not "
                                                  "asked\n");
}

static void deletion_protection_is_not_said_to_protect_from_this(void **state)
{
    (void)state;
    SET(found.instance.deletion_protection, "true");
    assert_true(shows("deletion protection is on; that it prevents this is not known\n"));
    SET(found.instance.deletion_protection, "");
    assert_true(shows("deletion protection is not known\n"));
}

static void the_same_image_again_is_said_so(void **state)
{
    (void)state;
    request.image_id = "image-debian12";
    assert_true(shows("It is the same image as now, installed anew.\n"));
}

static void an_image_that_is_not_available_shows_its_status(void **state)
{
    (void)state;
    SET(found.image.status, "creating");
    assert_true(shows("40 GiB, status creating\n"));
}

static void release_and_size_that_were_asked_for_are_shown(void **state)
{
    (void)state;
    request.image_release_version = "20241115";
    request.size_gib = 100;
    assert_true(shows("private, 40 GiB, release 20241115\n"));
    assert_true(shows("ESSD_PL0; the new one has 100 GiB\n"));
}

static void addresses_as_far_as_there_are(void **state)
{
    (void)state;
    SET(found.instance.public_address, "");
    assert_true(shows("Address         192.168.0.3 (private)\n"));
    found.instance.interface_count = 10;
    assert_true(shows("192.168.0.3 (private) and those of 9 more network interfaces\n"));
    SET(found.instance.private_address, "");
    assert_true(shows("Address         none\n"));
}

static void a_volume_whose_size_may_not_be_asked_is_shown_by_its_id(void **state)
{
    (void)state;
    found.volume.state = FOUND_NOT_PERMITTED;
    assert_true(shows("vol-1; its size: not permitted: this account may not ask\n"));
}

static void snapshots_as_far_as_they_are_known(void **state)
{
    (void)state;
    found.snapshot.is_of_some = 1;
    assert_true(shows("available (of the first 100; there are more)\n"));
    found.snapshot.is_of_some = 0;
    SET(found.snapshot.id, "");
    assert_true(shows("Last snapshot   none: nothing to go back to\n"));
    found.snapshot.state = FOUND_NOT_PERMITTED;
    assert_true(shows("Last snapshot   not permitted: this account may not ask\n"));
}

static void the_credential_that_will_be_in_force_is_named(void **state)
{
    (void)state;
    request.credential = FOUND_PASSWORD;
    assert_true(shows("Credential      the password that you give\n"));
    request.credential = FOUND_PASSWORD_AND_KEY_PAIR;
    assert_true(shows("Credential      the key pair \"kp-demo\": with a password given too, the "
                      "service takes this\n"));
    request.credential = FOUND_IMAGE_CREDENTIAL;
    assert_true(shows("Credential      what the image itself has (KeepImageCredential)\n"));
}

static void a_short_key_id_is_not_shown(void **state)
{
    (void)state;
    request.access_key_id = "AKLT";
    assert_true(shows("key id ...\n"));
    request.access_key_id = "AKLT5";
    assert_true(shows("key id ...KLT5\n"));
}

static void fill(char *text, size_t size)
{
    memset(text, 'x', size - 1);
    text[size - 1] = '\0';
}

#define FILL(member) fill(member, sizeof(member))

static void the_longest_texts_fit(void **state)
{
    static char longest[RV_HOST_MAX + 1];

    (void)state;
    FILL(longest);
    request.instance_id = request.image_id = request.image_release_version = longest;
    request.region = request.host = request.key_pair_name = longest;
    request.size_gib = RV_SIZE_GIB_MAX;
    request.credential = FOUND_PASSWORD_AND_KEY_PAIR;
    FILL(found.instance.name);
    FILL(found.instance.project);
    FILL(found.instance.status);
    FILL(found.instance.stopped_mode);
    FILL(found.instance.image_id);
    FILL(found.instance.os_name);
    FILL(found.instance.public_address);
    FILL(found.instance.private_address);
    found.instance.interface_count = 4000000000u;
    FILL(found.instance.expires_at);
    FILL(found.image.name);
    FILL(found.image.os_name);
    FILL(found.image.visibility);
    FILL(found.image.status);
    FILL(found.image.size_gib);
    FILL(found.volume.id);
    FILL(found.volume.size_gib);
    FILL(found.volume.type);
    FILL(found.snapshot.id);
    FILL(found.snapshot.created_at);
    FILL(found.snapshot.name);
    FILL(found.snapshot.status);
    found.snapshot.is_of_some = 1;
    found_page(&found, &request, page);
    assert_string_equal(page + strlen(page) - strlen(WHAT_IS_LOST), WHAT_IS_LOST);
}

static int remove_folder(void **state)
{
    (void)state;
    remove_tree(folder);
    return 0;
}

int main(void)
{
#define PAGE_TEST(name) cmocka_unit_test_setup(name, begin_page)
    const struct CMUnitTest tests[] = {
        CUSTOMER_TEST(everything_is_found),
        CUSTOMER_TEST(that_it_has_no_snapshot_is_known),
        CUSTOMER_TEST(what_does_not_exist_is_not_visible),
        CUSTOMER_TEST(an_error_for_what_does_not_exist_is_the_same),
        CUSTOMER_TEST(what_the_account_may_not_ask_is_no_obstacle),
        CUSTOMER_TEST(lack_of_a_policy_is_lack_of_permission),
        CUSTOMER_TEST(the_only_volume_is_the_systems),
        CUSTOMER_TEST(of_two_volumes_none_is_taken_for_the_systems),
        CUSTOMER_TEST(what_the_other_service_does_not_know_is_no_obstacle),
        CUSTOMER_TEST(nor_is_an_answer_of_another_form),
        CUSTOMER_TEST(an_empty_list_in_any_form_is_none),
        CUSTOMER_TEST(the_last_snapshot_is_the_latest_in_whatever_order),
        CUSTOMER_TEST(another_instance_in_the_answer_is_not_taken),
        CUSTOMER_TEST(of_an_answer_that_was_cut_nothing_stays),
        CUSTOMER_TEST(a_wrong_key_ends_it_at_the_first_question),
        CUSTOMER_TEST(so_does_a_service_that_cannot_be_reached),
        CUSTOMER_TEST(the_user_can_end_it),

        PAGE_TEST(the_page_shows_all_of_it),
        PAGE_TEST(the_page_of_nothing_known_still_says_what_is_lost),
        PAGE_TEST(an_instance_stopped_with_StopCharging_may_not_come_up_again),
        PAGE_TEST(of_several_each_has_the_same_warnings),
        PAGE_TEST(deletion_protection_is_not_said_to_protect_from_this),
        PAGE_TEST(the_same_image_again_is_said_so),
        PAGE_TEST(an_image_that_is_not_available_shows_its_status),
        PAGE_TEST(release_and_size_that_were_asked_for_are_shown),
        PAGE_TEST(addresses_as_far_as_there_are),
        PAGE_TEST(a_volume_whose_size_may_not_be_asked_is_shown_by_its_id),
        PAGE_TEST(snapshots_as_far_as_they_are_known),
        PAGE_TEST(the_credential_that_will_be_in_force_is_named),
        PAGE_TEST(a_short_key_id_is_not_shown),
        PAGE_TEST(the_longest_texts_fit),
    };

    customer_begin_process();
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    return cmocka_run_group_tests_name("found", tests, NULL, remove_folder);
}
