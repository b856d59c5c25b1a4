#include "fleet_watch.h"

#include <stdio.h>
#include <string.h>

static uint64_t now_ms(const struct fleet_watch *watch)
{
    return watch->system->monotonic_ms(watch->system->ctx);
}

/* --- who waits, and when the next poll is due --------------------------------------------------
 */

/* A quarter of the time that it has waited already, within the limits. */
static uint64_t interval_ms(const struct fleet_watch *watch, uint64_t waited_ms)
{
    uint64_t interval = waited_ms / 4;

    interval = interval < watch->last_ms ? interval : watch->last_ms;
    return interval > watch->first_ms ? interval : watch->first_ms;
}

static int waits(const struct fleet_watched *watched)
{
    return watched->job != NULL && rv_job_is_watching(watched->job);
}

/* When the next poll begins; RV_NEVER: nobody waits. */
static uint64_t due_at_ms(struct fleet_watch *watch)
{
    uint64_t now = now_ms(watch);
    uint64_t due = RV_NEVER;
    size_t i;

    for (i = 0; i < watch->count; i++) {
        struct fleet_watched *watched = &watch->watched[i];
        uint64_t after_ms;

        if (!waits(watched)) {
            watched->since_ms = 0;
            continue;
        }
        if (watched->since_ms == 0) {
            watched->since_ms = now;
        }
        after_ms = watch->polled_at_ms > watched->since_ms ? watch->polled_at_ms
                                                           : watched->since_ms;
        after_ms += interval_ms(watch, after_ms - watched->since_ms);
        due = after_ms < due ? after_ms : due;
    }
    return due;
}

/* --- one request --------------------------------------------------------------------------------
 */

/* Called while the answer still comes in: it counts once all of it was good. */
static void keep(void *ctx, const rv_instance *instance)
{
    struct fleet_watch *watch = ctx;
    size_t i;

    for (i = 0; i < watch->asked; i++) {
        const char *wanted = watch->watched[watch->asked_for[i]].instance_id;

        if (strcmp(wanted, instance->instance_id) == 0) {
            watch->found[i] = *instance;
            watch->is_found[i] = 1;
        }
    }
}

static int read_object(void *ctx, int is_element, const rv_json *object)
{
    struct fleet_watch *watch = ctx;
    char token[2]; /* only whether there is one */

    if (!is_element) {
        int len = rv_json_text(object, "NextToken", token, sizeof token);

        watch->is_cut = len > 0 || len == RV_ERR_BODY_TOO_LARGE;
    }
    return rv_instance_read(&watch->reader, is_element, object);
}

static void add_parameter(struct fleet_watch *watch, const char *name, const char *value)
{
    watch->parameters[watch->request.parameter_count].name = name;
    watch->parameters[watch->request.parameter_count].value = value;
    watch->request.parameter_count++;
}

/* Those that wait, from next on, as many as fit a batch. */
static void gather(struct fleet_watch *watch)
{
    size_t at;

    watch->asked = 0;
    for (at = watch->next; at < watch->count && watch->asked < watch->batch; at++) {
        if (waits(&watch->watched[at])) {
            (void)snprintf(watch->names[watch->asked], sizeof watch->names[0], "InstanceIds.%u",
                           (unsigned)watch->asked + 1);
            add_parameter(watch, watch->names[watch->asked], watch->watched[at].instance_id);
            watch->asked_for[watch->asked++] = at;
        }
    }
}

static void begin_request(struct fleet_watch *watch)
{
    memset(&watch->request, 0, sizeof watch->request);
    watch->request.service = "ecs";
    watch->request.action = "DescribeInstances";
    watch->request.version = "2020-04-01";
    watch->request.parameters = watch->parameters;
    watch->request.repeat = RV_REPEAT_SAFE;
    watch->request.wanted = RV_INSTANCE_WANTED;
    watch->request.on_object = read_object;
    watch->request.on_object_ctx = watch;
    add_parameter(watch, "MaxResults", "100");
    gather(watch);

    memset(&watch->reader, 0, sizeof watch->reader);
    watch->reader.call = &watch->call;
    watch->reader.found = keep;
    watch->reader.ctx = watch;
    memset(watch->is_found, 0, sizeof watch->is_found);
    watch->is_cut = 0;
    watch->asked_at_ms = now_ms(watch);
    watch->is_asking = watch->asked > 0 &&
                       rv_call_start(&watch->call, &watch->client, &watch->request) == RV_OK;
    if (!watch->is_asking) {
        watch->next = watch->count;
    }
    watch->requests += watch->is_asking != 0;
    watch->need.events = RV_NOW;
    watch->need.wake_at_ms = RV_NEVER;
}

/* One that is not in a complete answer is not visible now, and the job is to know that too. */
static void tell(struct fleet_watch *watch)
{
    size_t i;

    for (i = 0; i < watch->asked; i++) {
        struct fleet_watched *watched = &watch->watched[watch->asked_for[i]];

        if (watched->job != NULL && (watch->is_found[i] || !watch->is_cut)) {
            rv_job_observe(watched->job, watch->is_found[i] ? &watch->found[i] : NULL,
                           watch->asked_at_ms);
            watched->need->events = RV_NOW;
        }
    }
}

/* The service may answer for all that one is not there. So the same are asked for again by halves
 * until it is known which, and then more and more at once again. */
static int is_for_one_of_many(const struct fleet_watch *watch)
{
    return rv_call_result(&watch->call)->code == RV_CODE_INSTANCE_NOT_FOUND;
}

static void end_request(struct fleet_watch *watch, int status)
{
    watch->is_asking = 0;
    if (status == RV_ERR_SERVICE && is_for_one_of_many(watch)) {
        if (watch->asked > 1) {
            watch->batch = watch->asked / 2;
            return;
        }
        status = RV_OK;
    }
    if (status == RV_OK) {
        tell(watch);
    }
    watch->next = watch->asked_for[watch->asked - 1] + 1;
    watch->batch = 2 * watch->batch < FLEET_WATCH_BATCH ? 2 * watch->batch : FLEET_WATCH_BATCH;
}

/* --- polls --------------------------------------------------------------------------------------
 */

int fleet_watch_open(struct fleet_watch *watch, const rv_client_config *config,
                     const rv_system *system, struct fleet_watched *watched, size_t count,
                     uint32_t first_ms, uint32_t last_ms)
{
    rv_client_config own = *config;
    rv_result why;

    memset(watch, 0, sizeof *watch);
    rv_posix_socket_init(&watch->posix, &watch->socket);
    own.socket = &watch->socket;
    watch->system = system;
    watch->watched = watched;
    watch->count = count;
    watch->next = count;
    watch->first_ms = first_ms;
    watch->last_ms = last_ms;
    watch->need.wake_at_ms = RV_NEVER;
    return rv_client_init(&watch->client, &own, &why);
}

/* Not in a poll: is the next one due? */
static void begin_poll(struct fleet_watch *watch)
{
    uint64_t due = due_at_ms(watch);

    watch->need.events = 0;
    watch->need.wake_at_ms = due;
    if (due <= now_ms(watch)) {
        watch->polled_at_ms = now_ms(watch);
        watch->polls++;
        watch->next = 0;
        watch->batch = FLEET_WATCH_BATCH;
        begin_request(watch);
    }
}

void fleet_watch_step(struct fleet_watch *watch)
{
    int status;

    if (!watch->is_asking) {
        if (watch->next < watch->count) {
            begin_request(watch);
        } else {
            begin_poll(watch);
        }
        return;
    }
    status = rv_call_step(&watch->call, &watch->need);
    if (status != RV_AGAIN) {
        end_request(watch, status);
        watch->need.events = RV_NOW;
    }
}

void fleet_watch_close(struct fleet_watch *watch)
{
    rv_call_free(&watch->call);
    rv_client_free(&watch->client);
}
