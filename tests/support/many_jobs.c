#define _POSIX_C_SOURCE 200809L
#include "many_jobs.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct worker {
    rv_posix_socket posix;
    rv_socket tcp;
    rv_client client;
    rv_job job;
    rv_need need;
    rv_replace_system_volume replace;
    char instance_id[24];
    int is_finished;
    int64_t longest_step_ns;
};

struct many_jobs {
    struct many_jobs_setup setup;
    struct worker *workers;
    struct fleet_watched *watched;
    struct fleet_watch watch;
    struct pollfd *entries; /* of the workers, then of the watch */
    uint32_t polls;         /* of the watch that have begun */
    uint32_t requests_before_poll;
    int running;
    struct many_jobs_figures figures;
};

static void must(int is_true, const char *what)
{
    if (!is_true) {
        fprintf(stderr, "many_jobs: %s\n", what);
        exit(1);
    }
}

static uint64_t now_ms(const struct many_jobs *many)
{
    return many->setup.system->monotonic_ms(many->setup.system->ctx);
}

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    must(clock_gettime(clock, &now) == 0, "there is no such clock");
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* --- starting ----------------------------------------------------------------------------------
 */

/* One for each connection, and some for everything else. */
static void raise_descriptor_limit(int count)
{
    rlim_t wanted = (rlim_t)count + 64;
    struct rlimit limit;

    must(getrlimit(RLIMIT_NOFILE, &limit) == 0, "the limit of descriptors is not known");
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
        must(setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= wanted,
             "too few descriptors are allowed");
    }
}

static void start_worker(struct many_jobs *many, int number)
{
    struct worker *worker = &many->workers[number];
    rv_client_config client = many->setup.client;
    rv_job_config job = many->setup.job;
    rv_result why;

    rv_posix_socket_init(&worker->posix, &worker->tcp);
    worker->posix.address = "127.0.0.1"; /* so that nothing here waits for a resolver */
    client.socket = &worker->tcp;
    must(rv_client_init(&worker->client, &client, &why) == RV_OK, "rv_client_init failed");

    (void)snprintf(worker->instance_id, sizeof worker->instance_id, MANY_JOBS_ID, number);
    worker->replace = many->setup.replace;
    worker->replace.instance_id = worker->instance_id;
    job.replace = &worker->replace;
    must(rv_job_start(&worker->job, &worker->client, &job) == RV_OK, "rv_job_start failed");
    worker->need.events = RV_NOW;
    worker->need.wake_at_ms = RV_NEVER;

    many->watched[number].job = &worker->job;
    many->watched[number].instance_id = worker->instance_id;
    many->watched[number].need = &worker->need;
}

size_t many_jobs_size(void)
{
    return sizeof(rv_client) + sizeof(rv_job) + sizeof(rv_posix_socket) + sizeof(rv_socket);
}

struct many_jobs *many_jobs_start(const struct many_jobs_setup *setup)
{
    struct many_jobs *many = calloc(1, sizeof *many);
    int i;

    must(many != NULL, "no memory");
    many->setup = *setup;
    many->running = setup->count;
    many->workers = calloc((size_t)setup->count, sizeof *many->workers);
    many->watched = calloc((size_t)setup->count, sizeof *many->watched);
    many->entries = calloc((size_t)setup->count + 1, sizeof *many->entries);
    must(many->workers != NULL && many->watched != NULL && many->entries != NULL, "no memory");
    raise_descriptor_limit(setup->count + 1);
    if (setup->look_first_ms == 0) {
        many->setup.look_first_ms = 1000;
    }
    for (i = 0; i < setup->count; i++) {
        start_worker(many, i);
    }
    must(fleet_watch_open(&many->watch, &setup->client, setup->system, many->watched,
                          setup->job.observed ? (size_t)setup->count : 0, many->setup.look_first_ms,
                          15000) == RV_OK,
         "fleet_watch_open failed");
    many->watch.posix.address = "127.0.0.1";
    return many;
}

/* --- the loop ----------------------------------------------------------------------------------
 */

static void step(struct many_jobs *many, struct worker *worker)
{
    int64_t began = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    int status = rv_job_step(&worker->job, &worker->need);
    int64_t took = clock_ns(CLOCK_THREAD_CPUTIME_ID) - began;

    many->figures.steps++;
    if (took > worker->longest_step_ns) {
        worker->longest_step_ns = took;
    }
    if (status != RV_AGAIN) {
        worker->is_finished = 1;
        many->running--;
        many->figures.outcomes[rv_job_report_of(&worker->job)->outcome]++;
        rv_client_close(&worker->client);
    } else if (many->setup.close_while_waiting && rv_job_is_watching(&worker->job)) {
        rv_client_close(&worker->client);
    }
}

/* Returns until when this one lets the loop sleep. */
static uint64_t prepare(struct pollfd *entry, const rv_need *need, const rv_posix_socket *posix)
{
    entry->fd = -1;
    entry->revents = 0;
    entry->events = (short)(((need->events & RV_READ) != 0 ? POLLIN : 0) |
                            ((need->events & RV_WRITE) != 0 ? POLLOUT : 0));
    if (entry->events != 0) {
        entry->fd = rv_posix_descriptor(posix);
        must(entry->fd >= 0, "there is no descriptor to wait for");
    }
    must(need->events != 0 || need->wake_at_ms != RV_NEVER, "nothing would ever wake it");
    return (need->events & RV_NOW) != 0 ? 0 : need->wake_at_ms;
}

static void wait_for_any(struct many_jobs *many)
{
    uint64_t wake_at_ms = RV_NEVER;
    uint64_t now;
    int timeout = -1;
    int i;

    for (i = 0; i < many->setup.count; i++) {
        struct worker *worker = &many->workers[i];

        many->entries[i].fd = -1;
        if (!worker->is_finished) {
            uint64_t at_ms = prepare(&many->entries[i], &worker->need, &worker->posix);

            wake_at_ms = at_ms < wake_at_ms ? at_ms : wake_at_ms;
        }
    }
    many->entries[i].fd = -1;
    if (many->watch.need.events != 0 || many->watch.need.wake_at_ms != RV_NEVER) {
        uint64_t at_ms = prepare(&many->entries[i], &many->watch.need, &many->watch.posix);

        wake_at_ms = at_ms < wake_at_ms ? at_ms : wake_at_ms;
    }
    now = now_ms(many);
    if (wake_at_ms != RV_NEVER) {
        timeout = wake_at_ms <= now            ? 0
                  : wake_at_ms - now < INT_MAX ? (int)(wake_at_ms - now)
                                               : INT_MAX;
    }
    must(poll(many->entries, (nfds_t)many->setup.count + 1, timeout) >= 0, "poll failed");
}

static int is_due(const rv_need *need, const struct pollfd *entry, uint64_t now)
{
    return (need->events & RV_NOW) != 0 || (entry->fd >= 0 && entry->revents != 0) ||
           now >= need->wake_at_ms;
}

static void step_watch(struct many_jobs *many)
{
    uint32_t requests = many->watch.requests;
    uint32_t *most = &many->figures.watch_requests_of_a_poll;

    fleet_watch_step(&many->watch);
    if (many->watch.polls != many->polls) {
        many->polls = many->watch.polls;
        many->requests_before_poll = requests;
    }
    requests = many->watch.requests - many->requests_before_poll;
    *most = requests > *most ? requests : *most;
}

static void turn(struct many_jobs *many)
{
    uint64_t now = now_ms(many);
    int i;

    for (i = 0; i < many->setup.count; i++) {
        struct worker *worker = &many->workers[i];

        if (!worker->is_finished && is_due(&worker->need, &many->entries[i], now)) {
            step(many, worker);
        }
        if (worker->is_finished) {
            many->watched[i].job = NULL;
        }
    }
    step_watch(many);
    many->figures.turns++;
    if (many->setup.after_turn != NULL) {
        many->setup.after_turn(many->setup.ctx);
    }
}

static int compare(const void *a, const void *b)
{
    int64_t difference = *(const int64_t *)a - *(const int64_t *)b;

    return (difference > 0) - (difference < 0);
}

/* The longest of all may have met an interrupt of the machine; the median has not. */
static void sum_up_steps(struct many_jobs *many)
{
    size_t count = (size_t)many->setup.count;
    int64_t *longest = calloc(count, sizeof *longest);
    size_t i;

    must(longest != NULL, "no memory");
    for (i = 0; i < count; i++) {
        longest[i] = many->workers[i].longest_step_ns;
    }
    qsort(longest, count, sizeof *longest, compare);
    many->figures.longest_step_ns = longest[count - 1];
    many->figures.usual_longest_step_ns = longest[count / 2];
    free(longest);
}

int many_jobs_run(struct many_jobs *many, uint64_t limit_ms)
{
    int64_t cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t began = now_ms(many);
    int i;

    for (i = 0; i <= many->setup.count; i++) {
        many->entries[i].fd = -1;
    }
    while (many->running > 0 && now_ms(many) - began < limit_ms) {
        turn(many);
        if (many->running > 0) {
            wait_for_any(many);
        }
    }
    many->figures.cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns;
    many->figures.elapsed_ms = now_ms(many) - began;
    many->figures.polls = many->watch.polls;
    many->figures.watch_requests = many->watch.requests;
    sum_up_steps(many);
    return many->running == 0;
}

/* --- what came of it ---------------------------------------------------------------------------
 */

const struct many_jobs_figures *many_jobs_figures(const struct many_jobs *many)
{
    return &many->figures;
}

const rv_job_report *many_jobs_report(const struct many_jobs *many, int number)
{
    return rv_job_report_of(&many->workers[number].job);
}

void many_jobs_free(struct many_jobs *many)
{
    int i;

    for (i = 0; i < many->setup.count; i++) {
        rv_job_free(&many->workers[i].job);
        rv_client_free(&many->workers[i].client);
    }
    fleet_watch_close(&many->watch);
    free(many->workers);
    free(many->watched);
    free(many->entries);
    free(many);
}
