#define _POSIX_C_SOURCE 200809L
#include "found.h"

#include "report.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --- asked -------------------------------------------------------------------------------------
 */

/* What a question's answer is read into. */
struct reading {
    struct found *found;
    struct asker *asker;
    const char *instance_id;
    const char *image_id;
    unsigned long listed;     /* snapshots in the answer */
    unsigned long understood; /* of them */
};

/* At most so many are asked for at once; the service takes no more than 100. */
#define SNAPSHOTS_MAX "100"

static void get_text(const rv_json *object, const char *path, char *text, size_t size)
{
    int len = rv_json_text(object, path, text, size);

    if (len < 0) {
        (void)snprintf(text, size, "%s", len == RV_ERR_BODY_TOO_LARGE ? "(too long)" : "");
    }
}

#define GET(object, path, member) get_text(object, path, member, sizeof(member))

/* For what is asked about further: "" if there is none that can be. */
static int get_id(const rv_json *object, const char *path, char id[FOUND_TEXT_SIZE])
{
    if (rv_json_text(object, path, id, FOUND_TEXT_SIZE) < 0) {
        id[0] = '\0';
    }
    return id[0] != '\0';
}

/* An object without the member is not of another one. */
static int is_or_lacks(const rv_json *object, const char *path, const char *wanted)
{
    char text[FOUND_TEXT_SIZE];

    return !get_id(object, path, text) || strcmp(text, wanted) == 0;
}

static int is_of(const rv_json *object, const char *path, const char *wanted)
{
    char text[FOUND_TEXT_SIZE];

    return get_id(object, path, text) && strcmp(text, wanted) == 0;
}

/* A part of the instance that is to come. 0: it is none. */
static int take_part(struct found_instance *instance, const rv_json *object)
{
    char text[FOUND_TEXT_SIZE];

    if (get_id(object, "VolumeId", text)) {
        instance->volume_count++;
        memcpy(instance->volume_id, instance->volume_count == 1 ? text : "",
               instance->volume_count == 1 ? sizeof text : 1);
        return 1;
    }
    if (get_id(object, "PrimaryIpAddress", text)) {
        instance->interface_count++;
        if (instance->interface_count == 1 || is_of(object, "Type", "primary")) {
            memcpy(instance->private_address, text, sizeof text);
        }
        return 1;
    }
    return 0;
}

static int take_instance(void *ctx, int is_element, const rv_json *object)
{
    struct reading *reading = ctx;
    struct found_instance *instance = &reading->found->instance;

    if (ask_is_new_answer(reading->asker)) {
        memset(instance, 0, sizeof *instance);
    }
    if (!is_element || instance->state == FOUND_KNOWN || take_part(instance, object)) {
        return RV_OK;
    }
    if (!is_of(object, "InstanceId", reading->instance_id)) {
        if (!is_or_lacks(object, "InstanceId", reading->instance_id)) {
            memset(instance, 0, sizeof *instance); /* its parts were another's */
        }
        return RV_OK;
    }
    instance->state = FOUND_KNOWN;
    GET(object, "InstanceName", instance->name);
    GET(object, "ProjectName", instance->project);
    GET(object, "Status", instance->status);
    GET(object, "StoppedMode", instance->stopped_mode);
    GET(object, "ImageId", instance->image_id);
    GET(object, "OsName", instance->os_name);
    if (instance->os_name[0] == '\0') {
        GET(object, "OsType", instance->os_name);
    }
    GET(object, "EipAddress.IpAddress", instance->public_address);
    GET(object, "DeletionProtection", instance->deletion_protection);
    GET(object, "ExpiredAt", instance->expires_at);
    return RV_OK;
}

static int take_image(void *ctx, int is_element, const rv_json *object)
{
    struct reading *reading = ctx;
    struct found_image *image = &reading->found->image;

    if (ask_is_new_answer(reading->asker)) {
        memset(image, 0, sizeof *image);
    }
    if (!is_element || !is_of(object, "ImageId", reading->image_id)) {
        return RV_OK;
    }
    image->state = FOUND_KNOWN;
    GET(object, "ImageName", image->name);
    GET(object, "OsType", image->os_type);
    GET(object, "OsName", image->os_name);
    if (image->os_name[0] == '\0') {
        GET(object, "OsType", image->os_name);
    }
    GET(object, "Visibility", image->visibility);
    GET(object, "Status", image->status);
    GET(object, "Size", image->size_gib);
    return RV_OK;
}

static int take_volume(void *ctx, int is_element, const rv_json *object)
{
    struct reading *reading = ctx;
    struct found_volume *volume = &reading->found->volume;

    if (ask_is_new_answer(reading->asker)) {
        memset(volume, 0, sizeof *volume);
    }
    if (!is_element || !is_or_lacks(object, "Kind", "system") ||
        !is_or_lacks(object, "InstanceId", reading->instance_id) ||
        !get_id(object, "VolumeId", volume->id)) {
        return RV_OK;
    }
    volume->state = FOUND_KNOWN;
    GET(object, "Size", volume->size_gib);
    GET(object, "VolumeType", volume->type);
    return RV_OK;
}

/* In which order the service lists them is not known. */
static void take_later(struct found_snapshot *snapshot, const rv_json *object)
{
    char created_at[FOUND_TIME_SIZE];

    GET(object, "CreationTime", created_at);
    if (snapshot->id[0] != '\0' && strcmp(created_at, snapshot->created_at) < 0) {
        return;
    }
    memcpy(snapshot->created_at, created_at, sizeof created_at);
    GET(object, "SnapshotId", snapshot->id);
    GET(object, "SnapshotName", snapshot->name);
    GET(object, "Status", snapshot->status);
}

/* That there is none is only said if nothing else can be meant: the answer's form is not certain.
 */
static void take_end_of_snapshots(const struct reading *reading, const rv_json *result)
{
    struct found_snapshot *snapshot = &reading->found->snapshot;
    char total[FOUND_TEXT_SIZE], listed[24], nothing[FOUND_TEXT_SIZE];
    int has_list = rv_json_text(result, "Snapshots", nothing, sizeof nothing) == RV_ERR_BODY;
    int is_empty;

    (void)snprintf(listed, sizeof listed, "%lu", reading->listed);
    GET(result, "TotalCount", total);
    is_empty = reading->listed == reading->understood &&
               (reading->listed > 0 || strcmp(total, "0") == 0 || (has_list && total[0] == '\0'));
    snapshot->is_of_some = total[0] != '\0' && strcmp(total, listed) != 0;
    snapshot->state = snapshot->id[0] != '\0' || is_empty ? FOUND_KNOWN : FOUND_NO_ANSWER;
}

static int take_snapshot(void *ctx, int is_element, const rv_json *object)
{
    struct reading *reading = ctx;
    struct found_snapshot *snapshot = &reading->found->snapshot;
    char id[FOUND_TEXT_SIZE];

    if (ask_is_new_answer(reading->asker)) {
        memset(snapshot, 0, sizeof *snapshot);
        reading->listed = reading->understood = 0;
    }
    if (!is_element) {
        take_end_of_snapshots(reading, object);
        return RV_OK;
    }
    reading->listed++;
    if (get_id(object, "SnapshotId", id)) {
        reading->understood++;
        if (is_or_lacks(object, "VolumeId", reading->found->volume.id)) {
            take_later(snapshot, object);
        }
    }
    return RV_OK;
}

/* What the question's status says of what it was about. */
static enum found_state judge(const struct reading *reading, int status, enum found_state read)
{
    const rv_result *result = rv_call_result(reading->asker->call);

    if (status == RV_OK) {
        return read != FOUND_NOT_ASKED ? read : FOUND_NOT_VISIBLE;
    }
    if (status != RV_ERR_SERVICE) {
        return FOUND_NO_ANSWER;
    }
    switch (result->code) {
    case RV_CODE_INSTANCE_NOT_FOUND:
    case RV_CODE_IMAGE_NOT_FOUND:
        return FOUND_NOT_VISIBLE;
    case RV_CODE_LACK_POLICY:
    case RV_CODE_ACCESS_DENIED:
        return FOUND_NOT_PERMITTED;
    default:
        return result->http_status == 403 ? FOUND_NOT_PERMITTED : FOUND_NO_ANSWER;
    }
}

struct question {
    const char *service;
    const char *action;
    rv_name_value parameters[2];
    size_t parameter_count;
    const char *wanted;
    int (*take)(void *ctx, int is_element, const rv_json *object);
};

/* state is what the answer is about; *status is the call's. */
static void ask_question(struct reading *reading, const struct question *question,
                         enum found_state *state, int *status)
{
    rv_request request;

    memset(&request, 0, sizeof request);
    request.service = question->service;
    request.action = question->action;
    request.parameters = question->parameters;
    request.parameter_count = question->parameter_count;
    request.wanted = question->wanted;
    request.on_object = question->take;
    request.on_object_ctx = reading;
    *status = ask(reading->asker, &request);
    *state = judge(reading, *status, *state);
}

static int ask_instance(struct reading *reading)
{
    const struct question question = {
        "ecs",
        "DescribeInstances",
        {{"InstanceIds.1", reading->instance_id}, {NULL, NULL}},
        1,
        "Instances*[{InstanceId,InstanceName,ProjectName,Status,StoppedMode,ImageId,OsName,OsType,"
        "DeletionProtection,ExpiredAt,EipAddress{IpAddress},"
        "NetworkInterfaces*[{PrimaryIpAddress,Type}],Volumes*[{VolumeId}]}]",
        take_instance,
    };
    int status;

    ask_question(reading, &question, &reading->found->instance.state, &status);
    return status;
}

static int ask_image(struct reading *reading)
{
    const struct question question = {
        "ecs",
        "DescribeImages",
        {{"ImageIds.1", reading->image_id}, {NULL, NULL}},
        1,
        "Images*[{ImageId,ImageName,OsType,OsName,Visibility,Status,Size}]",
        take_image,
    };
    int status = RV_OK;

    if (reading->image_id != NULL) {
        ask_question(reading, &question, &reading->found->image.state, &status);
    }
    return status;
}

static int ask_volume(struct reading *reading)
{
    const struct question question = {
        "storage_ebs",
        "DescribeVolumes",
        {{"InstanceId", reading->instance_id}, {"Kind", "system"}},
        2,
        "Volumes*[{VolumeId,InstanceId,Kind,Size,VolumeType}]",
        take_volume,
    };
    const struct found_instance *instance = &reading->found->instance;
    struct found_volume *volume = &reading->found->volume;
    int status;

    ask_question(reading, &question, &volume->state, &status);
    if (volume->state != FOUND_KNOWN) {
        memset(volume->id, 0, sizeof volume->id);
        if (instance->volume_count == 1) { /* then this is the system's */
            memcpy(volume->id, instance->volume_id, sizeof volume->id);
        }
    }
    return status;
}

static int ask_snapshot(struct reading *reading)
{
    const struct question question = {
        "storage_ebs",
        "DescribeSnapshots",
        {{"VolumeId", reading->found->volume.id}, {"PageSize", SNAPSHOTS_MAX}},
        2,
        "TotalCount,Snapshots*[{SnapshotId,SnapshotName,VolumeId,CreationTime,Status}]",
        take_snapshot,
    };
    int status = RV_OK;

    if (reading->found->volume.id[0] != '\0') {
        ask_question(reading, &question, &reading->found->snapshot.state, &status);
    }
    return status;
}

/* Would another question be answered, after this status of the first? */
static int may_go_on(const struct found_instance *instance, int status)
{
    return status == RV_OK || status == RV_ERR_BODY || status == RV_ERR_BODY_TOO_LARGE ||
           instance->state == FOUND_NOT_VISIBLE || instance->state == FOUND_NOT_PERMITTED;
}

int found_ask(struct found *found, struct asker *asker, const char *instance_id,
              const char *image_id)
{
    static int (*const others[])(struct reading * reading) = {ask_image, ask_volume, ask_snapshot};
    struct reading reading = {found, asker, instance_id, image_id, 0, 0};
    int status;
    size_t i;

    memset(found, 0, sizeof *found);
    status = ask_instance(&reading);
    if (!may_go_on(&found->instance, status)) {
        return status;
    }
    for (i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (others[i](&reading) == RV_ERR_CANCELLED) {
            return RV_ERR_CANCELLED;
        }
    }
    return RV_OK;
}

/* --- shown -------------------------------------------------------------------------------------
 */

struct page {
    char *at;
    size_t left;
};

static void add(struct page *page, const char *format, ...) PRINTF_LIKE(2, 3);

static void add(struct page *page, const char *format, ...)
{
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(page->at, page->left, format, arguments);
    va_end(arguments);
    if (len > 0) {
        size_t used = (size_t)len < page->left ? (size_t)len : page->left - 1;

        page->at += used;
        page->left -= used;
    }
}

/* Begins a line. */
static void add_label(struct page *page, const char *label)
{
    add(page, "%-15s ", label);
}

/* Adds before and text, if there is one. */
static void add_known(struct page *page, const char *before, const char *text, const char *after)
{
    if (text[0] != '\0') {
        add(page, "%s%s%s", before, text, after);
    }
}

/* 1: it is known; 0: why not has been said. */
static int add_state(struct page *page, enum found_state state)
{
    switch (state) {
    case FOUND_KNOWN:
        return 1;
    case FOUND_NOT_ASKED:
        add(page, "not asked");
        break;
    case FOUND_NOT_VISIBLE:
        add(page, "it does not exist, or not for these credentials");
        break;
    case FOUND_NOT_PERMITTED:
        add(page, "not permitted: this account may not ask");
        break;
    default:
        add(page, "not known: there was no answer that can be understood");
        break;
    }
    return 0;
}

static void add_who(struct page *page, const struct found_instance *instance,
                    const struct found_request *request)
{
    add(page, "%s", request->instance_id);
    add_known(page, ", \"", instance->name, "\"");
    add_known(page, ", project ", instance->project, "");
    add(page, "\n");
}

static void add_where(struct page *page, const struct found_request *request)
{
    const char *key = request->access_key_id;
    size_t len = strlen(key);

    add_label(page, "Asked at");
    add(page, "%s port %u, region %s, with the key id ...%s\n", request->host,
        (unsigned)request->port, request->region, len > 4 ? key + len - 4 : "");
}

static void add_status(struct page *page, const struct found_instance *instance)
{
    if (add_state(page, instance->state)) {
        add(page, "%s", instance->status[0] != '\0' ? instance->status : "not known");
        add_known(page, " (", instance->stopped_mode, ")");
    }
}

static void add_stop_charging(struct page *page, const struct found_instance *instance,
                              const char *before)
{
    if (strcmp(instance->stopped_mode, "StopCharging") == 0) {
        add(page, "%sStopCharging has given its hardware back: it may not come up again.\n",
            before);
    }
}

static void add_address(struct page *page, const struct found_instance *instance)
{
    const char *first = instance->public_address;
    const char *second = instance->private_address;

    if (first[0] == '\0' && second[0] == '\0') {
        add(page, "none");
        return;
    }
    add_known(page, "", first, " (public)");
    add(page, "%s", first[0] != '\0' && second[0] != '\0' ? ", " : "");
    add_known(page, "", second, " (private)");
    if (instance->interface_count > 1) {
        add(page, " and those of %u more network interfaces", instance->interface_count - 1);
    }
}

static void add_protection(struct page *page, const struct found_instance *instance)
{
    int is_on = strcmp(instance->deletion_protection, "true") == 0;
    int is_off = strcmp(instance->deletion_protection, "false") == 0;

    add(page, "deletion protection is %s",
        is_on    ? "on; that it prevents this is not known"
        : is_off ? "off"
                 : "not known");
}

/* What is asked for the new system, and the volume for it. */
static void add_image(struct page *page, const struct found_image *image,
                      const struct found_request *request)
{
    add(page, "image %s: ", request->image_id);
    if (add_state(page, image->state)) {
        add(page, "%s", image->os_name[0] != '\0' ? image->os_name : "OS not known");
        add_known(page, ", \"", image->name, "\"");
        add_known(page, ", ", image->visibility, "");
        add_known(page, ", ", image->size_gib, " GiB");
        if (strcmp(image->status, "available") != 0) {
            add_known(page, ", status ", image->status, "");
        }
    }
    if (request->image_release_version != NULL) {
        add_known(page, ", release ", request->image_release_version, "");
    }
    add(page, "\n");
}

static void add_system_now(struct page *page, const struct found_instance *instance)
{
    add(page, "image %s: %s", instance->image_id[0] != '\0' ? instance->image_id : "?",
        instance->os_name[0] != '\0' ? instance->os_name : "OS not known");
}

static void add_systems(struct page *page, const struct found *found,
                        const struct found_request *request)
{
    const struct found_instance *instance = &found->instance;

    if (instance->state == FOUND_KNOWN) {
        add_label(page, "System now");
        add_system_now(page, instance);
        add(page, "\n");
    }
    add_label(page, "System to come");
    add_image(page, &found->image, request);
    if (strcmp(instance->image_id, request->image_id) == 0) {
        add_label(page, "");
        add(page, "It is the same image as now, installed anew.\n");
    }
}

static void add_volume(struct page *page, const struct found_volume *volume,
                       const struct found_request *request)
{
    add_known(page, "", volume->id, volume->state == FOUND_KNOWN ? "" : "; its size: ");
    if (add_state(page, volume->state)) {
        add_known(page, ", ", volume->size_gib, " GiB");
        add_known(page, ", ", volume->type, "");
    }
    if (request->size_gib != 0) {
        add(page, "; the new one has %lu GiB", (unsigned long)request->size_gib);
    }
}

static void add_snapshot(struct page *page, const struct found_snapshot *snapshot)
{
    if (add_state(page, snapshot->state)) {
        if (snapshot->id[0] == '\0') {
            add(page, "none: nothing to go back to");
        } else {
            add(page, "%s, %s", snapshot->id,
                snapshot->created_at[0] != '\0' ? snapshot->created_at : "time not known");
            add_known(page, ", \"", snapshot->name, "\"");
            add_known(page, ", ", snapshot->status, "");
        }
        if (snapshot->is_of_some) {
            add(page, " (of the first " SNAPSHOTS_MAX "; there are more)");
        }
    }
}

static void add_credential(struct page *page, const struct found_request *request)
{
    add_label(page, "Credential");
    switch (request->credential) {
    case FOUND_PASSWORD:
        add(page, "the password that you give\n");
        break;
    case FOUND_KEY_PAIR:
        add(page, "the key pair \"%s\"\n", request->key_pair_name);
        break;
    case FOUND_PASSWORD_AND_KEY_PAIR:
        add(page, "the key pair \"%s\": with a password given too, the service takes this\n",
            request->key_pair_name);
        break;
    default:
        add(page, "what the image itself has (KeepImageCredential)\n");
        break;
    }
}

static void add_what_is_lost(struct page *page)
{
    add(page,
        "\n"
        "Everything on the present system volume is lost for good: the system, its settings and\n"
        "users, all data kept there, its host keys, and the agents that were installed in it.\n"
        "Not verified: what becomes of data volumes, and whether the automatic snapshot policy\n"
        "applies to the new system volume.\n");
}

static void add_instance(struct page *page, const struct found_instance *instance)
{
    add_label(page, "Status");
    add_status(page, instance);
    add(page, "\n");
    add_stop_charging(page, instance, "                ");
    if (instance->state != FOUND_KNOWN) {
        return;
    }
    add_label(page, "Address");
    add_address(page, instance);
    add(page, "\n");
    add_label(page, "Protection");
    add_protection(page, instance);
    add(page, "\n");
    if (instance->expires_at[0] != '\0') {
        add_label(page, "Expires");
        add(page, "%s\n", instance->expires_at);
    }
}

void found_page(const struct found *found, const struct found_request *request,
                char page[FOUND_PAGE_SIZE])
{
    struct page out = {page, FOUND_PAGE_SIZE};

    add_label(&out, "Instance");
    add_who(&out, &found->instance, request);
    add_where(&out, request);
    add_instance(&out, &found->instance);
    add_systems(&out, found, request);
    add_label(&out, "System volume");
    add_volume(&out, &found->volume, request);
    add(&out, "\n");
    add_label(&out, "Last snapshot");
    add_snapshot(&out, &found->snapshot);
    add(&out, "\n");
    add_credential(&out, request);
    add_what_is_lost(&out);
}

/* --- of several --------------------------------------------------------------------------------
 */

void found_paragraph(const struct found *found, const struct found_request *request,
                     char page[FOUND_PAGE_SIZE])
{
    const struct found_instance *instance = &found->instance;
    struct page out = {page, FOUND_PAGE_SIZE};

    add_who(&out, instance, request);
    add(&out, "    ");
    add_status(&out, instance);
    if (instance->state == FOUND_KNOWN) {
        add(&out, ", address ");
        add_address(&out, instance);
        add(&out, ", ");
        add_protection(&out, instance);
        add_known(&out, ", expires ", instance->expires_at, "");
    }
    add(&out, "\n");
    add_stop_charging(&out, instance, "    ");
    if (instance->state == FOUND_KNOWN) {
        add(&out, "    now ");
        add_system_now(&out, instance);
        add(&out, "\n");
    }
    add(&out, "    system volume ");
    add_volume(&out, &found->volume, request);
    add(&out, "; last snapshot ");
    add_snapshot(&out, &found->snapshot);
    add(&out, "\n");
}

void found_common_page(const struct found_image *image, const struct found_request *request,
                       char page[FOUND_PAGE_SIZE])
{
    struct page out = {page, FOUND_PAGE_SIZE};

    add_where(&out, request);
    add_label(&out, "System to come");
    add_image(&out, image, request);
    add_credential(&out, request);
    add(&out,
        "\n"
        "Everything on each present system volume is lost for good: the system, its settings "
        "and\n"
        "users, all data kept there, its host keys, and the agents that were installed in it.\n"
        "Not verified: what becomes of data volumes, and whether the automatic snapshot policy\n"
        "applies to the new system volumes.\n");
}
