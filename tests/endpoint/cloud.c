#include "cloud.h"

#include "gateway.h"
#include "moment.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const status_names[STATUS_COUNT] = {
    "CREATING", "RUNNING",    "STOPPING", "STOPPED", "REBOOTING",
    "STARTING", "REBUILDING", "RESIZING", "ERROR",   "DELETING"};

const char *status_name(enum status status)
{
    return status_names[status];
}

bool parse_status(const char *name, enum status *status)
{
    int i;

    for (i = 0; i < STATUS_COUNT; i++) {
        if (strcmp(status_names[i], name) == 0) {
            *status = (enum status)i;
            return true;
        }
    }
    return false;
}

struct instance *cloud_find_instance(const struct cloud *cloud, const char *id)
{
    size_t i;

    for (i = 0; i < cloud->instance_count; i++) {
        if (strcmp(cloud->instances[i].id, id) == 0 && !cloud->instances[i].is_gone)
            return &cloud->instances[i];
    }
    return NULL;
}

const struct image *cloud_find_image(const struct cloud *cloud, const char *id)
{
    size_t i;

    for (i = 0; i < cloud->image_count; i++) {
        if (strcmp(cloud->images[i].id, id) == 0)
            return &cloud->images[i];
    }
    return NULL;
}

const struct key_pair *cloud_find_key_pair(const struct cloud *cloud, const char *name)
{
    size_t i;

    for (i = 0; i < cloud->key_pair_count; i++) {
        if (strcmp(cloud->key_pairs[i].name, name) == 0)
            return &cloud->key_pairs[i];
    }
    return NULL;
}

/* Keeps what is shown now, for the replicas that lag behind. */
static void remember_view(struct instance *instance, uint64_t now_ms)
{
    struct snapshot *snapshot = &instance->history[instance->history_count++ % HISTORY_LEN];

    snapshot->since_ms = now_ms;
    snapshot->view = instance->now;
}

const struct view *cloud_view(const struct instance *instance, uint64_t age_ms)
{
    uint64_t now_ms = monotonic_ms();
    uint64_t then_ms = now_ms > age_ms ? now_ms - age_ms : 0;
    size_t oldest = instance->history_count > HISTORY_LEN ? instance->history_count - HISTORY_LEN
                                                          : 0;
    size_t at = instance->history_count;

    while (--at > oldest && instance->history[at % HISTORY_LEN].since_ms > then_ms)
        ;
    return &instance->history[at % HISTORY_LEN].view;
}

static bool moves_updated_at(const struct cloud *cloud, const char *occasion)
{
    return list_has(cloud->options->updated_at_moves_on, ',', occasion);
}

static void touch(const struct cloud *cloud, struct instance *instance, const char *occasion)
{
    if (moves_updated_at(cloud, occasion))
        instance->now.updated_s = service_utc_s(cloud->options);
}

static void set_status(const struct cloud *cloud, struct instance *instance, enum status status)
{
    instance->now.status = status;
    touch(cloud, instance, "status");
}

void cloud_volume_id(const struct instance *instance, unsigned generation, char id[65])
{
    snprintf(id, 65, "vol-%.40s-%04u", instance->id + 2, generation);
}

static void name_volume(struct instance *instance)
{
    cloud_volume_id(instance, instance->volume_generation++, instance->now.volume_id);
}

/* Image and volume change at one of two moments, or never. */
static void change_disk(const struct cloud *cloud, struct instance *instance, int moment)
{
    if (cloud->options->image_id_changes == moment)
        instance->now.image = instance->order.image;
    if (cloud->options->new_volume_id == moment)
        name_volume(instance);
}

static void add_step(struct cloud *cloud, struct instance *instance, uint64_t at_ms,
                     enum step_kind kind, enum status status)
{
    struct step *step = &instance->steps[instance->step_count++];

    step->at_ms = at_ms;
    step->kind = kind;
    step->status = status;
    if (at_ms < cloud->next_step_ms)
        cloud->next_step_ms = at_ms;
}

static void journal_effect(struct cloud *cloud, const char *event, const struct instance *instance,
                           const char *client_token)
{
    journal_begin(cloud->journal, event);
    journal_text(cloud->journal, "instance_id", instance->id);
    journal_text(cloud->journal, "client_token", client_token);
}

static void submit(struct cloud *cloud, struct instance *instance)
{
    instance->replaced++;
    change_disk(cloud, instance, MOVES_AT_SUBMIT);
    touch(cloud, instance, "replace");
    journal_effect(cloud, "replaced", instance, instance->order.client_token);
    journal_text(cloud->journal, "image_id", instance->order.image->id);
    journal_text(cloud->journal, "key_pair", instance->order.key_pair);
    journal_number(cloud->journal, "size_gib", instance->order.size_gib);
    journal_bool(cloud->journal, "password_set", instance->order.password_set);
    journal_number(cloud->journal, "times", instance->replaced);
    journal_end(cloud->journal);
}

static void complete(struct cloud *cloud, struct instance *instance)
{
    change_disk(cloud, instance, MOVES_AT_COMPLETION);
    memcpy(instance->now.key_pair, instance->order.key_pair, sizeof instance->now.key_pair);
    instance->now.volume_size_gib = instance->order.size_gib;
    touch(cloud, instance, "complete");
    instance->replacing = false;
    cloud->replacing--;
}

static void end(struct cloud *cloud, struct instance *instance, enum status status)
{
    set_status(cloud, instance, status);
    journal_begin(cloud->journal, "settled");
    journal_text(cloud->journal, "instance_id", instance->id);
    journal_text(cloud->journal, "status", status_name(status));
    journal_text(cloud->journal, "image_id", instance->now.image->id);
    journal_end(cloud->journal);
}

static void take_step(struct cloud *cloud, struct instance *instance, const struct step *step)
{
    switch (step->kind) {
    case STEP_SUBMIT:
        submit(cloud, instance);
        break;
    case STEP_REBUILD:
        if (cloud->options->rebuilding_seen == YES)
            set_status(cloud, instance, STATUS_REBUILDING);
        break;
    case STEP_COMPLETE:
        complete(cloud, instance);
        break;
    case STEP_STATUS:
        set_status(cloud, instance, step->status);
        break;
    case STEP_END:
        end(cloud, instance, step->status);
        break;
    case STEP_GONE:
        instance->is_gone = true;
        break;
    }
}

/* Takes the steps of one instance that are due. Each is seen in the history at the time at which it
 * was due, so that a busy endpoint does not stretch what its replicas tell. */
static void advance_instance(struct cloud *cloud, struct instance *instance, uint64_t now_ms)
{
    while (instance->step_count > 0 && instance->steps[0].at_ms <= now_ms) {
        struct step step = instance->steps[0];

        instance->step_count--;
        memmove(instance->steps, instance->steps + 1, instance->step_count * sizeof step);
        take_step(cloud, instance, &step);
        remember_view(instance, step.at_ms);
    }
}

void cloud_advance(struct cloud *cloud, uint64_t now_ms)
{
    size_t i;

    if (now_ms < cloud->next_step_ms)
        return;
    cloud->next_step_ms = UINT64_MAX;
    for (i = 0; i < cloud->instance_count; i++) {
        struct instance *instance = &cloud->instances[i];

        advance_instance(cloud, instance, now_ms);
        if (instance->step_count > 0 && instance->steps[0].at_ms < cloud->next_step_ms)
            cloud->next_step_ms = instance->steps[0].at_ms;
    }
}

static enum status end_status(int end_state)
{
    return end_state == END_RUNNING   ? STATUS_RUNNING
           : end_state == END_STOPPED ? STATUS_STOPPED
                                      : STATUS_ERROR;
}

/* Takes the next STATUS:MS, or the last STATUS, of --replacement-shows; false if there is none. */
static bool next_shown(const char **list, enum status *status, int64_t *for_ms)
{
    size_t len = strcspn(*list, ",");
    char word[64];
    char *colon;
    bool valid;

    if (len == 0 || len >= sizeof word)
        return false;
    memcpy(word, *list, len);
    word[len] = '\0';
    *list += len + ((*list)[len] == ',');
    colon = strchr(word, ':');
    *for_ms = 0;
    valid = (colon != NULL) == (**list != '\0'); /* all but the last one have a duration */
    if (colon != NULL) {
        *colon++ = '\0';
        valid = valid && parse_decimal(colon, for_ms);
    }
    return valid && parse_status(word, status);
}

/* --replacement-shows. The disk is done when the last status comes. */
static void show_list(struct cloud *cloud, struct instance *instance, uint64_t at_ms)
{
    const char *list = cloud->options->replacement_shows;
    enum status status;
    int64_t for_ms;

    while (next_shown(&list, &status, &for_ms)) {
        if (*list == '\0') {
            add_step(cloud, instance, at_ms, STEP_COMPLETE, status);
            add_step(cloud, instance, at_ms, STEP_END, status);
            return;
        }
        add_step(cloud, instance, at_ms, STEP_STATUS, status);
        at_ms += (uint64_t)for_ms;
    }
}

void cloud_replace(struct cloud *cloud, struct instance *instance, const struct order *order)
{
    const struct options *options = cloud->options;
    uint64_t now_ms = monotonic_ms();
    uint64_t begin_ms = now_ms + (uint64_t)options->processing_ms;
    uint64_t rebuild_ms = begin_ms + (uint64_t)options->stopped_after_accept_ms;
    uint64_t end_ms = rebuild_ms + (uint64_t)options->delay_ms;
    int end_state = instance->end_state >= 0 ? instance->end_state : options->end_state;

    instance->order = *order;
    instance->accepted++;
    instance->replacing = true;
    instance->step_count = 0;
    if (++cloud->replacing > cloud->most_replacing)
        cloud->most_replacing = cloud->replacing;
    add_step(cloud, instance, begin_ms, STEP_SUBMIT, instance->now.status);
    if (options->replacement_shows != NULL) {
        show_list(cloud, instance, begin_ms);
        cloud_advance(cloud, now_ms);
        return;
    }
    add_step(cloud, instance, rebuild_ms, STEP_REBUILD, instance->now.status);
    add_step(cloud, instance, end_ms, STEP_COMPLETE, instance->now.status);
    if (options->stopped_after_rebuild_ms > 0 && end_state == END_RUNNING) {
        add_step(cloud, instance, end_ms, STEP_STATUS, STATUS_STOPPED);
        end_ms += (uint64_t)options->stopped_after_rebuild_ms;
        add_step(cloud, instance, end_ms, STEP_STATUS, STATUS_STARTING);
        end_ms += (uint64_t)options->delay_ms;
    }
    add_step(cloud, instance, end_ms, STEP_END, end_status(end_state));
    cloud_advance(cloud, now_ms);
}

void cloud_stop(struct cloud *cloud, struct instance *instance, bool stop_charging,
                const char *client_token)
{
    uint64_t now_ms = monotonic_ms();

    instance->stops++;
    instance->step_count = 0;
    instance->now.stop_charging = stop_charging;
    set_status(cloud, instance, STATUS_STOPPING);
    touch(cloud, instance, "stop");
    remember_view(instance, now_ms);
    add_step(cloud, instance, now_ms + (uint64_t)cloud->options->delay_ms, STEP_END,
             STATUS_STOPPED);
    journal_effect(cloud, "stopped", instance, client_token);
    journal_end(cloud->journal);
}

void cloud_start(struct cloud *cloud, struct instance *instance, const char *client_token)
{
    uint64_t now_ms = monotonic_ms();

    instance->starts++;
    instance->step_count = 0;
    instance->now.stop_charging = false;
    set_status(cloud, instance, STATUS_STARTING);
    touch(cloud, instance, "start");
    remember_view(instance, now_ms);
    add_step(cloud, instance, now_ms + (uint64_t)cloud->options->delay_ms, STEP_END,
             end_status(instance->start_ends));
    journal_effect(cloud, "started", instance, client_token);
    journal_end(cloud->journal);
}

void cloud_delete(struct cloud *cloud, struct instance *instance)
{
    uint64_t now_ms = monotonic_ms();

    instance->step_count = 0;
    set_status(cloud, instance, STATUS_DELETING);
    remember_view(instance, now_ms);
    add_step(cloud, instance, now_ms + (uint64_t)cloud->options->delay_ms, STEP_GONE,
             STATUS_DELETING);
}

void cloud_touch(struct cloud *cloud, struct instance *instance)
{
    instance->now.updated_s = service_utc_s(cloud->options);
    remember_view(instance, monotonic_ms());
}

static void begin_anew(struct cloud *cloud, struct instance *instance)
{
    if (instance->replacing)
        cloud->replacing--;
    instance->replacing = false;
    instance->is_gone = false;
    instance->is_hidden = false;
    instance->accepted = instance->replaced = instance->stops = instance->starts = 0;
    instance->step_count = 0;
    instance->history_count = 0;
    instance->now = instance->first;
    instance->now.updated_s = service_utc_s(cloud->options) - 86400;
    name_volume(instance);
    remember_view(instance, monotonic_ms());
}

void cloud_reset(struct cloud *cloud, const char *id)
{
    size_t i;

    for (i = 0; i < cloud->instance_count; i++) {
        if (strcmp(cloud->instances[i].id, id) == 0)
            begin_anew(cloud, &cloud->instances[i]);
    }
}

/* The fleet is made of the first instance of the fixture, or of what every instance has by default.
 */
static void generate_instances(struct cloud *cloud)
{
    const struct options *options = cloud->options;
    size_t wanted = (size_t)options->generate_instances;
    size_t i;

    if (wanted > 0 && cloud->image_count == 0)
        die("--generate-instances needs an image in the fixture");
    cloud->instances = reallocate(cloud->instances,
                                  (cloud->instance_count + wanted + 1) * sizeof *cloud->instances);
    for (i = 0; i < wanted; i++) {
        struct instance *instance = &cloud->instances[cloud->instance_count++];
        char name[32];

        snprintf(name, sizeof name, "fleet-%05zu", i);
        memset(instance, 0, sizeof *instance);
        instance->id = allocate(32);
        snprintf(instance->id, 32, "i-fleet%05zu", i);
        instance->name = copy_string(name);
        instance->host_name = copy_string(name);
        instance->image_id = copy_string(cloud->images[0].id);
        instance->end_state = -1;
        if (!parse_status(options->generate_status, &instance->now.status))
            die("--generate-status: there is no status '%s'", options->generate_status);
    }
}

static void fill_in(char **member, const char *value)
{
    if (*member == NULL)
        *member = copy_string(value);
}

static void set_up_instance(struct cloud *cloud, struct instance *instance)
{
    fill_in(&instance->name, instance->id);
    fill_in(&instance->first_key_pair, "");
    fill_in(&instance->type, "ecs.g3i.large");
    fill_in(&instance->host_name, instance->name);
    fill_in(&instance->volume_type, "ESSD_PL0");
    fill_in(&instance->volume_status, "attached");
    fill_in(&instance->created_by, "");
    fill_in(&instance->tags, "");
    if (instance->cpus == 0)
        instance->cpus = 2;
    if (instance->memory_mib == 0)
        instance->memory_mib = 8192;
    if (instance->now.volume_size_gib == 0)
        instance->now.volume_size_gib = 40;
    instance->now.image = cloud_find_image(cloud, instance->image_id);
    if (instance->now.image == NULL)
        die("instance %s has image %s, which the fixture does not have", instance->id,
            instance->image_id);
    snprintf(instance->now.key_pair, sizeof instance->now.key_pair, "%s", instance->first_key_pair);
    instance->number = (size_t)(instance - cloud->instances);
    instance->first = instance->now;
    begin_anew(cloud, instance);
}

static void check_shown(const char *list)
{
    const char *rest = list;
    enum status status;
    int64_t for_ms;
    size_t count = 0;

    while (rest != NULL && next_shown(&rest, &status, &for_ms))
        count++;
    if (rest != NULL && (*rest != '\0' || count == 0 || count > SHOWN_MAX))
        die("--replacement-shows wants STATUS:MS,...,STATUS, at most %d of them, not '%s'",
            SHOWN_MAX, list);
}

void cloud_open(struct cloud *cloud, const struct options *options, struct journal *journal)
{
    size_t i;

    cloud->options = options;
    cloud->journal = journal;
    cloud->next_step_ms = UINT64_MAX;
    check_shown(options->replacement_shows);
    generate_instances(cloud);
    for (i = 0; i < cloud->instance_count; i++)
        set_up_instance(cloud, &cloud->instances[i]);
}

static void free_image(struct image *image)
{
    free(image->id);
    free(image->name);
    free(image->os_type);
    free(image->os_name);
    free(image->platform);
    free(image->visibility);
    free(image->status);
    free(image->releases);
    free(image->instance_types);
    free(image->volume_types);
}

static void free_instance(struct instance *instance)
{
    free(instance->id);
    free(instance->name);
    free(instance->image_id);
    free(instance->first_key_pair);
    free(instance->type);
    free(instance->host_name);
    free(instance->volume_type);
    free(instance->volume_status);
    free(instance->created_by);
    free(instance->tags);
}

void cloud_close(struct cloud *cloud)
{
    size_t i;

    for (i = 0; i < cloud->image_count; i++)
        free_image(&cloud->images[i]);
    for (i = 0; i < cloud->key_pair_count; i++) {
        free(cloud->key_pairs[i].name);
        free(cloud->key_pairs[i].finger_print);
    }
    for (i = 0; i < cloud->instance_count; i++)
        free_instance(&cloud->instances[i]);
    free(cloud->images);
    free(cloud->key_pairs);
    free(cloud->instances);
}
