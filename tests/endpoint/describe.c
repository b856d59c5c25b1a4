/* DescribeInstances, DescribeImages, DescribeKeyPairs, DescribeVolumes and DescribeSnapshots. */
#include "moment.h"
#include "service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- JSON members --- */

/* Each adds one member; the caller begins the object with its first one and ends it. */
static void add_key(struct text *out, const char *key)
{
    if (out->len > 0 && out->bytes[out->len - 1] != '{')
        text_add(out, ",", 1);
    text_json(out, key);
    text_add(out, ":", 1);
}

static void add_text(struct text *out, const char *key, const char *value)
{
    add_key(out, key);
    text_json(out, value);
}

static void add_number(struct text *out, const char *key, int64_t value)
{
    add_key(out, key);
    text_printf(out, "%lld", (long long)value);
}

static void add_bool(struct text *out, const char *key, bool value)
{
    add_key(out, key);
    text_puts(out, value ? "true" : "false");
}

static void add_time(struct text *out, const char *key, int64_t utc_s)
{
    char time[ISO_TIME_SIZE];

    format_iso_time(utc_s, time);
    add_text(out, key, time);
}

/* --- Selection and paging --- */

enum { SELECTED_MAX = 100 };

/* What of a list is asked for: the ids STEM.1, STEM.2, ... or all, and which page. */
struct page {
    const char *ids[SELECTED_MAX];
    size_t id_count;
    size_t first;
    size_t max;
};

static bool read_ids(const struct call *call, const char *stem, struct page *page,
                     struct refusal *refusal)
{
    size_t stem_len = strlen(stem);
    size_t i, given = 0;

    for (i = 0; i < call->parameters.count; i++)
        given += strncmp(call->parameters.items[i].key, stem, stem_len) == 0 &&
                 call->parameters.items[i].key[stem_len] == '.';
    if (given > SELECTED_MAX)
        return refuse(refusal, "InvalidArgument", "there are more than %d %s", SELECTED_MAX, stem);
    for (i = 0; i < given; i++) {
        char key[64];

        snprintf(key, sizeof key, "%s.%zu", stem, i + 1);
        page->ids[i] = find_parameter(&call->parameters, key);
        if (page->ids[i] == NULL)
            return refuse(refusal, "InvalidArgument", "%s is missing", key);
    }
    page->id_count = given;
    return true;
}

/* NextToken is the position of the next element, dressed up as something opaque. */
static const char token_prefix[] = "bmV4dA-";

static bool read_page(const struct call *call, const char *stem, struct page *page,
                      struct refusal *refusal)
{
    const char *max = parameter_text(call, "MaxResults");
    const char *token = parameter_text(call, "NextToken");
    int64_t number = 10, first = 0;

    memset(page, 0, sizeof *page);
    if (max[0] != '\0' && (!parse_decimal(max, &number) || number < 1 || number > 100))
        return refuse(refusal, "InvalidArgument", "MaxResults is not 1 to 100");
    if (token[0] != '\0' && (strncmp(token, token_prefix, sizeof token_prefix - 1) != 0 ||
                             !parse_decimal(token + sizeof token_prefix - 1, &first)))
        return refuse(refusal, "InvalidArgument", "NextToken is none that was given out");
    page->max = (size_t)number;
    page->first = (size_t)first;
    return read_ids(call, stem, page, refusal);
}

static bool is_selected(const struct page *page, const char *id)
{
    size_t i;

    for (i = 0; i < page->id_count; i++) {
        if (strcmp(page->ids[i], id) == 0)
            return true;
    }
    return page->id_count == 0;
}

/* A list of anything: its elements' ids, and how one is written. */
struct list {
    const char *member; /* name of the array in the answer */
    size_t count;
    const char *(*id)(const struct service *service, size_t i); /* NULL: is not shown */
    void (*write)(struct service *service, size_t i, struct text *out);
};

static void write_list(struct service *service, const struct list *list, const struct page *page,
                       struct text *out)
{
    size_t i, total = 0, shown = 0;
    char next[40] = "";

    text_puts(out, "{");
    add_key(out, list->member);
    text_puts(out, "[");
    for (i = 0; i < list->count; i++) {
        const char *id = list->id(service, i);

        if (id == NULL || !is_selected(page, id))
            continue;
        if (total >= page->first && shown < page->max) {
            text_puts(out, shown++ > 0 ? ",{" : "{");
            list->write(service, i, out);
            text_puts(out, "}");
        }
        total++;
    }
    text_puts(out, "]");
    if (page->first + shown < total)
        snprintf(next, sizeof next, "%s%zu", token_prefix, page->first + shown);
    add_text(out, "NextToken", next);
    add_number(out, "TotalCount", (int64_t)total);
    text_puts(out, "}");
}

static void answer_list(struct service *service, const struct call *call, const char *stem,
                        const struct list *list, struct reply *reply)
{
    struct page page;

    if (read_page(call, stem, &page, &reply->refusal))
        write_list(service, list, &page, &reply->result);
}

/* --- Instances --- */

/* The view that this answer shows: of every --describe-lag-every answers one comes from the replica
 * that is behind. */
static const struct view *shown_view(const struct service *service, const struct instance *instance)
{
    const struct options *options = service->options;
    bool lags = service->describe_count % options->describe_lag_every == 0;

    return cloud_view(instance, lags ? (uint64_t)options->describe_lag_ms : 0);
}

static void write_tags(const struct instance *instance, struct text *out)
{
    const char *tag = instance->tags;
    const char *separator = "";

    add_key(out, "Tags");
    text_puts(out, "[");
    if (instance->created_by[0] != '\0') {
        text_puts(out, "{\"Key\":\"volc:service\",\"Value\":");
        text_json(out, instance->created_by);
        text_puts(out, "}");
        separator = ",";
    }
    while (*tag != '\0') {
        size_t len = strcspn(tag, ",");
        size_t key_len = strcspn(tag, "=,");
        char *key = copy_bytes(tag, key_len);
        char *value = copy_bytes(tag + key_len, len - key_len);

        text_printf(out, "%s{\"Key\":", separator);
        text_json(out, key);
        text_puts(out, ",\"Value\":");
        text_json(out, value[0] == '=' ? value + 1 : value);
        text_puts(out, "}");
        free(key);
        free(value);
        separator = ",";
        tag += tag[len] == ',' ? len + 1 : len;
    }
    text_puts(out, "]");
}

static void write_network(const struct instance *instance, struct text *out)
{
    unsigned n = (unsigned)instance->number;
    char address[32], mac[32];

    snprintf(address, sizeof address, "192.168.%u.%u", n / 250 % 250, n % 250 + 2);
    snprintf(mac, sizeof mac, "00:16:3e:%02x:%02x:%02x", n >> 16 & 255, n >> 8 & 255, n & 255);
    add_key(out, "NetworkInterfaces");
    text_puts(out, "[{");
    add_text(out, "NetworkInterfaceId", "eni-2feb7mz1b5gxs59gp68i0abcd");
    add_text(out, "SubnetId", "subnet-2fe79j7c8o5c059gp68ksxr93");
    add_text(out, "VpcId", "vpc-2fe19q1dn2g5c59gp68n7w3rr");
    add_text(out, "Type", "primary");
    add_text(out, "MacAddress", mac);
    add_text(out, "PrimaryIpAddress", address);
    text_puts(out, ",\"Ipv6Addresses\":[],\"SecondaryPrivateIpAddresses\":[]}]");
    add_key(out, "EipAddress");
    text_puts(out, "{");
    add_text(out, "AllocationId", "eip-3rfe19q1dn2g5c59gp68n7w3r");
    add_text(out, "IpAddress", "203.0.113.7");
    add_text(out, "ISP", "BGP");
    text_puts(out, "}");
}

static void write_hardware(const struct instance *instance, const struct view *view,
                           struct text *out)
{
    add_text(out, "InstanceTypeId", instance->type);
    add_number(out, "Cpus", instance->cpus);
    add_number(out, "MemorySize", instance->memory_mib);
    add_key(out, "CpuOptions");
    text_printf(out, "{\"CoreCount\":%lld,\"ThreadsPerCore\":2,\"NumaNumber\":0}",
                (long long)(instance->cpus / 2 > 0 ? instance->cpus / 2 : 1));
    add_key(out, "Volumes");
    text_puts(out, "[{");
    add_text(out, "VolumeId", view->volume_id);
    text_puts(out, "}]");
    add_key(out, "LocalVolumes");
    text_puts(out, "[]");
    add_key(out, "Placement");
    text_puts(out, "{\"Affinity\":\"\",\"DedicatedHostId\":\"\",\"TenancyHost\":\"default\"}");
}

static void write_times(const struct service *service, const struct instance *instance,
                        const struct view *view, struct text *out)
{
    int64_t now = service_utc_s(service->options);

    add_time(out, "CreatedAt", now - 90 * 86400);
    add_time(out, "UpdatedAt", view->updated_s);
    add_time(out, "ExpiredAt", instance->expired ? now - 3 * 86400 : now + 300 * 86400);
}

static const char *instance_id(const struct service *service, size_t i)
{
    const struct instance *instance = &service->cloud->instances[i];

    return instance->is_gone || instance->is_hidden ? NULL : instance->id;
}

static void write_instance(struct service *service, size_t i, struct text *out)
{
    const struct instance *instance = &service->cloud->instances[i];
    const struct view *view = shown_view(service, instance);

    add_text(out, "InstanceId", instance->id);
    add_text(out, "InstanceName", instance->name);
    add_text(out, "Description", "");
    add_text(out, "Status", status_name(view->status));
    add_text(out, "StoppedMode",
             view->status != STATUS_STOPPED ? ""
             : view->stop_charging          ? "StopCharging"
                                            : "KeepCharging");
    add_text(out, "ImageId", view->image->id);
    add_text(out, "OsType", view->image->os_type);
    add_text(out, "OsName", view->image->os_name);
    add_text(out, "KeyPairName", view->key_pair);
    add_text(out, "HostName", instance->host_name);
    add_text(out, "Hostname", instance->host_name);
    add_text(out, "ZoneId", "cn-beijing-a");
    add_text(out, "VpcId", "vpc-2fe19q1dn2g5c59gp68n7w3rr");
    add_text(out, "ProjectName", "default");
    add_text(out, "InstanceChargeType", "PostPaid");
    add_text(out, "SpotStrategy", "NoSpot");
    add_bool(out, "DeletionProtection", false);
    add_bool(out, "ElasticScheduledInstance", false);
    add_number(out, "HpcClusterId", 0);
    write_times(service, instance, view, out);
    write_hardware(instance, view, out);
    write_network(instance, out);
    write_tags(instance, out);
    add_key(out, "RdmaIpAddresses");
    text_puts(out, "[]");
    add_text(out, "Uuid", instance->id + 2);
}

static bool check_instances_exist(const struct service *service, const struct call *call,
                                  struct refusal *refusal)
{
    struct page page;
    size_t i;

    if (!read_page(call, "InstanceIds", &page, refusal))
        return false;
    for (i = 0; i < page.id_count; i++) {
        const struct instance *instance = cloud_find_instance(service->cloud, page.ids[i]);

        if (instance == NULL || instance->is_hidden)
            return refuse(refusal, "InvalidInstance.NotFound", "see --missing-instances");
    }
    return true;
}

void describe_instances(struct service *service, const struct call *call, struct reply *reply)
{
    struct list list = {"Instances", service->cloud->instance_count, instance_id, write_instance};

    service->describe_count++;
    if (service->options->missing_instances == 1 &&
        !check_instances_exist(service, call, &reply->refusal))
        return;
    answer_list(service, call, "InstanceIds", &list, reply);
}

/* --- Images and key pairs --- */

static const char *image_id(const struct service *service, size_t i)
{
    return service->cloud->images[i].id;
}

static void write_image(struct service *service, size_t i, struct text *out)
{
    const struct image *image = &service->cloud->images[i];

    add_text(out, "ImageId", image->id);
    add_text(out, "ImageName", image->name);
    add_text(out, "Description", "");
    add_text(out, "OsType", image->os_type);
    add_text(out, "OsName", image->os_name);
    add_text(out, "Platform", image->platform);
    add_text(out, "PlatformVersion", "");
    add_text(out, "Architecture", "amd64");
    add_text(out, "Visibility", image->visibility);
    add_text(out, "Status", image->status);
    add_number(out, "Size", image->size_gib);
    add_bool(out, "IsSupportCloudInit", true);
    add_bool(out, "IsInstallRunCommandAgent", false);
    add_text(out, "ImageReleaseVersion", image->releases);
    add_time(out, "CreatedAt", service_utc_s(service->options) - 200 * 86400);
}

void describe_images(struct service *service, const struct call *call, struct reply *reply)
{
    struct list list = {"Images", service->cloud->image_count, image_id, write_image};

    answer_list(service, call, "ImageIds", &list, reply);
}

static const char *key_pair_name(const struct service *service, size_t i)
{
    return service->cloud->key_pairs[i].name;
}

static void write_key_pair(struct service *service, size_t i, struct text *out)
{
    const struct key_pair *key_pair = &service->cloud->key_pairs[i];
    char id[80];

    snprintf(id, sizeof id, "kp-id-%.60s", key_pair->name);
    add_text(out, "KeyPairId", id);
    add_text(out, "KeyPairName", key_pair->name);
    add_text(out, "Description", "");
    add_text(out, "FingerPrint", key_pair->finger_print);
    add_time(out, "CreatedAt", service_utc_s(service->options) - 200 * 86400);
}

void describe_key_pairs(struct service *service, const struct call *call, struct reply *reply)
{
    struct list list = {"KeyPairs", service->cloud->key_pair_count, key_pair_name, write_key_pair};

    answer_list(service, call, "KeyPairNames", &list, reply);
}

/* --- Volumes --- */

static void write_volume(struct service *service, const struct instance *instance, struct text *out)
{
    const struct view *view = shown_view(service, instance);

    text_puts(out, "{");
    add_text(out, "VolumeId", view->volume_id);
    add_text(out, "VolumeName", instance->name);
    add_text(out, "VolumeType", instance->volume_type);
    add_text(out, "Kind", "system");
    add_text(out, "Status", instance->volume_status);
    /* A text here, a number elsewhere: the service does both. */
    add_key(out, "Size");
    text_printf(out, "\"%lld\"", (long long)view->volume_size_gib);
    add_text(out, "ImageId", view->image->id);
    add_text(out, "InstanceId", instance->id);
    add_text(out, "ZoneId", "cn-beijing-a");
    add_bool(out, "DeleteWithInstance", true);
    add_time(out, "CreatedAt", view->updated_s);
    add_time(out, "UpdatedAt", view->updated_s);
    text_puts(out, "}");
}

void describe_volumes(struct service *service, const struct call *call, struct reply *reply)
{
    const char *kind = parameter_text(call, "Kind");
    const struct instance *instance = check_instance(service, call, &reply->refusal);
    bool any = kind[0] == '\0' || strcmp(kind, "system") == 0;

    if (instance == NULL)
        return;
    if (!any && strcmp(kind, "data") != 0) {
        refuse(&reply->refusal, "InvalidArgument", "Kind is neither system nor data");
        return;
    }
    service->describe_count++;
    text_puts(&reply->result, "{\"Volumes\":[");
    if (any)
        write_volume(service, instance, &reply->result);
    text_printf(&reply->result, "],\"TotalCount\":%d,\"PageNumber\":1,\"PageSize\":10}",
                any ? 1 : 0);
}

/* --- Snapshots --- */

/* The instance whose first system volume this is. */
static const struct instance *owner_of_first_volume(const struct service *service, const char *id)
{
    size_t i;

    for (i = 0; i < service->cloud->instance_count; i++) {
        const struct instance *instance = &service->cloud->instances[i];
        char first[sizeof instance->now.volume_id];

        cloud_volume_id(instance, 0, first);
        if (strcmp(first, id) == 0)
            return instance;
    }
    return NULL;
}

/* The oldest has number 1. */
static void write_snapshot(struct service *service, const struct instance *instance, int64_t number,
                           const char *volume_id, struct text *out)
{
    char id[80], name[40];

    snprintf(id, sizeof id, "snap-%.40s-%lld", instance->id + 2, (long long)number);
    snprintf(name, sizeof name, "nightly-%lld", (long long)number);
    text_puts(out, "{");
    add_text(out, "SnapshotId", id);
    add_text(out, "SnapshotName", name);
    add_text(out, "Description", "");
    add_text(out, "VolumeId", volume_id);
    add_text(out, "VolumeKind", "system");
    add_number(out, "VolumeSize", instance->now.volume_size_gib);
    add_text(out, "Status", "available");
    add_time(out, "CreationTime",
             service_utc_s(service->options) - (instance->snapshots - number + 1) * 86400);
    text_puts(out, "}");
}

static bool read_page_number(const struct call *call, const char *key, int64_t most, int64_t *value,
                             struct refusal *refusal)
{
    const char *text = parameter_text(call, key);

    if (text[0] != '\0' && (!parse_decimal(text, value) || *value < 1 || *value > most))
        return refuse(refusal, "InvalidArgument", "%s is not 1 to %lld", key, (long long)most);
    return true;
}

/* Oldest first, so that whoever wants the last one has to look. A volume that is not there has
 * none.
 */
void describe_snapshots(struct service *service, const struct call *call, struct reply *reply)
{
    const char *volume_id = parameter_text(call, "VolumeId");
    const struct instance *instance = owner_of_first_volume(service, volume_id);
    int64_t count = instance != NULL ? instance->snapshots : 0;
    int64_t number = 1, size = 20, i;

    if (!read_page_number(call, "PageNumber", 1000000, &number, &reply->refusal) ||
        !read_page_number(call, "PageSize", 100, &size, &reply->refusal))
        return;
    text_puts(&reply->result, "{\"Snapshots\":[");
    for (i = (number - 1) * size; i < count && i < number * size; i++) {
        text_puts(&reply->result, i > (number - 1) * size ? "," : "");
        write_snapshot(service, instance, i + 1, volume_id, &reply->result);
    }
    text_printf(&reply->result, "],\"TotalCount\":%lld,\"PageNumber\":%lld,\"PageSize\":%lld}",
                (long long)count, (long long)number, (long long)size);
}
