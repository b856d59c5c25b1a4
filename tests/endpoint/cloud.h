/* What there is in the cloud: instances with their states over time, images and key pairs. */
#ifndef ENDPOINT_CLOUD_H
#define ENDPOINT_CLOUD_H

#include "journal.h"
#include "options.h"

enum status {
    STATUS_CREATING,
    STATUS_RUNNING,
    STATUS_STOPPING,
    STATUS_STOPPED,
    STATUS_REBOOTING,
    STATUS_STARTING,
    STATUS_REBUILDING,
    STATUS_RESIZING,
    STATUS_ERROR,
    STATUS_DELETING,
    STATUS_COUNT
};

struct image {
    char *id;
    char *name;
    char *os_type; /* Linux, Windows */
    char *os_name;
    char *platform;
    char *visibility;     /* public, private, shared */
    char *status;         /* available, ... */
    char *releases;       /* comma list, newest first; "": none */
    char *instance_types; /* comma list of those that it runs on; "": all */
    char *volume_types;   /* comma list of those that it can be put on; "": all */
    int64_t size_gib;
    bool has_credential;
    bool unreadable;
};

struct key_pair {
    char *name;
    char *finger_print;
};

/* What DescribeInstances and DescribeVolumes show and what changes. */
struct view {
    enum status status;
    const struct image *image;
    char key_pair[65];
    char volume_id[65];
    int64_t volume_size_gib;
    bool stop_charging;
    int64_t updated_s;
};

struct snapshot {
    uint64_t since_ms;
    struct view view;
};

enum { HISTORY_LEN = 32, SHOWN_MAX = 14, STEPS_MAX = SHOWN_MAX + 2 };

/* One thing that will happen to an instance. */
struct step {
    uint64_t at_ms;
    enum step_kind {
        STEP_SUBMIT,
        STEP_REBUILD,
        STEP_COMPLETE,
        STEP_STATUS,
        STEP_END,
        STEP_GONE
    } kind;
    enum status status; /* STEP_STATUS, STEP_END */
};

/* What a replacement will make of the instance. */
struct order {
    const struct image *image;
    char key_pair[65];
    int64_t size_gib;
    char client_token[65];
    bool password_set;
};

struct instance {
    /* From the fixture */
    char *id;
    char *name;
    char *image_id;
    char *first_key_pair;
    char *type;
    char *host_name;
    char *volume_type;
    char *volume_status;
    char *created_by; /* the service that owns it; "": the user */
    char *tags;       /* key=value, comma-separated */
    int64_t cpus;
    int64_t memory_mib;
    int64_t snapshots; /* of its first system volume, one a day */
    int end_state;     /* END_..., -1: as --end-state says */
    int start_ends;    /* END_...: where StartInstance leads */
    bool expired;
    bool locked;
    bool creating_image;
    size_t number; /* position among the instances; addresses and such follow from it */

    /* State */
    struct view first; /* for cloud_reset */
    struct view now;
    bool is_gone;                         /* deleted: no action knows it */
    bool is_hidden;                       /* the lists do not show it */
    struct snapshot history[HISTORY_LEN]; /* a ring */
    size_t history_count;                 /* ever written */
    struct step steps[STEPS_MAX];
    size_t step_count;
    struct order order;
    bool replacing; /* from acceptance to completion, whatever status is shown */
    unsigned volume_generation;

    /* Books */
    int64_t accepted;
    int64_t replaced;
    int64_t stops;
    int64_t starts;
};

struct cloud {
    const struct options *options;
    struct journal *journal;
    struct image *images;
    size_t image_count;
    struct key_pair *key_pairs;
    size_t key_pair_count;
    struct instance *instances;
    size_t instance_count;
    uint64_t next_step_ms; /* UINT64_MAX: nothing is going on */
    int64_t replacing;
    int64_t most_replacing;
};

/* Takes what fixture_load has read, adds the generated instances and sets everything going. */
void cloud_open(struct cloud *cloud, const struct options *options, struct journal *journal);
void cloud_close(struct cloud *cloud);

/* Lets everything happen that is due. */
void cloud_advance(struct cloud *cloud, uint64_t now_ms);

struct instance *cloud_find_instance(const struct cloud *cloud, const char *id);
const struct image *cloud_find_image(const struct cloud *cloud, const char *id);
const struct key_pair *cloud_find_key_pair(const struct cloud *cloud, const char *name);

/* The effects. Whether they are allowed was checked before. */
void cloud_replace(struct cloud *cloud, struct instance *instance, const struct order *order);
void cloud_stop(struct cloud *cloud, struct instance *instance, bool stop_charging,
                const char *client_token);
void cloud_start(struct cloud *cloud, struct instance *instance, const char *client_token);
void cloud_delete(struct cloud *cloud, struct instance *instance);
void cloud_touch(struct cloud *cloud, struct instance *instance); /* UpdatedAt moves */

/* As at the beginning, its books too. One that was deleted is found by nobody any more, but here.
 */
void cloud_reset(struct cloud *cloud, const char *id);

/* The id of the system volume that the instance has after so many replacements. */
void cloud_volume_id(const struct instance *instance, unsigned generation, char id[65]);

/* The instance as it was `age_ms` ago. */
const struct view *cloud_view(const struct instance *instance, uint64_t age_ms);

const char *status_name(enum status status);
bool parse_status(const char *name, enum status *status);

#endif
