/*
 * Several replacements from one loop: superloop IMAGE KEY-PAIR REGION HOST PORT INSTANCE...
 *
 * The pattern for firmware: each turn lets whoever has something to do take one step, then does the
 * other work, then sleeps until the next tick. Nothing waits inside a turn, and there is no thread.
 */
#include "port/posix.h"
#include <poll.h>
#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MACHINES_MAX = 16, TICK_MS = 5, REQUEST_EACH_MS = 250, LOOK_EACH_MS = 1000 };

static rv_system clocks;
static rv_client_config config; /* the same for all connections, but for the socket */

static uint64_t now_ms(void)
{
    return clocks.monotonic_ms(clocks.ctx);
}

/* --- a connection for each job, and one more that looks after all of them --- */

struct line {
    rv_posix_socket posix;
    rv_socket tcp;
    rv_client client;
    rv_need need; /* what it waits for */
    int is_busy;
};

static struct machine {
    struct line line;
    rv_job job;
    rv_replace_system_volume what;
    rv_instance seen;
    int is_seen; /* in the present answer */
} machines[MACHINES_MAX];
static int count;

static int line_open(struct line *line)
{
    rv_result why;

    rv_posix_socket_init(&line->posix, &line->tcp);
    config.socket = &line->tcp;
    return rv_client_init(&line->client, &config, &why);
}

/* A socket with something to come is tried in each turn; for a deadline alone time is enough. */
static int is_due(const struct line *line)
{
    return line->is_busy && (line->need.events != 0 || now_ms() >= line->need.wake_at_ms);
}

/* --- one rate limit for all, which slows down for all when one of them was throttled --- */

static uint64_t next_request_ms;

static int admit(void *ctx, rv_need *need)
{
    (void)ctx;
    if (now_ms() < next_request_ms) {
        *need = (rv_need){0, next_request_ms}; /* ask again then */
        return RV_AGAIN;
    }
    next_request_ms = now_ms() + REQUEST_EACH_MS;
    return RV_OK;
}

static void throttled(void *ctx, uint32_t wait_ms)
{
    (void)ctx;
    next_request_ms = now_ms() + wait_ms;
}

/* --- one look for all: a single DescribeInstances a second, for however many wait --- */

static struct line look;
static rv_call look_call;
static rv_instance_reader look_reader;
static struct machine *asked[MACHINES_MAX]; /* in the present request */
static int asked_count, asked_most = MACHINES_MAX;
static int next; /* the first that the present look has not asked for yet; count: it is over */
static uint64_t asked_at_ms, look_began_ms;

/* Called while the answer still comes in. It counts once all of it was good, so it is kept. */
static void look_found(void *ctx, const rv_instance *instance)
{
    (void)ctx;
    for (int i = 0; i < asked_count; i++) {
        if (strcmp(asked[i]->what.instance_id, instance->instance_id) == 0) {
            asked[i]->seen = *instance, asked[i]->is_seen = 1;
        }
    }
}

static void look_ask(void)
{
    static rv_name_value parameters[1 + MACHINES_MAX] = {{"MaxResults", "100"}}; /* default: 10 */
    static char names[MACHINES_MAX][24];
    rv_request request = {.service = "ecs", .action = "DescribeInstances", .version = "2020-04-01"};

    asked_at_ms = now_ms();
    for (asked_count = 0; next < count && asked_count < asked_most; next++) {
        struct machine *machine = &machines[next];
        if (rv_job_is_watching(&machine->job)) {
            char *name = names[asked_count];
            snprintf(name, sizeof names[0], "InstanceIds.%d", asked_count + 1);
            parameters[1 + asked_count] = (rv_name_value){name, machine->what.instance_id};
            asked[asked_count++] = machine, machine->is_seen = 0;
            rv_client_close(&machine->line.client); /* it waits: TLS gives its memory back */
        }
    }
    look_reader = (rv_instance_reader){.call = &look_call, .found = look_found};
    request.parameters = parameters, request.parameter_count = 1 + (size_t)asked_count;
    request.repeat = RV_REPEAT_SAFE, request.wanted = RV_INSTANCE_WANTED;
    request.on_object = rv_instance_read, request.on_object_ctx = &look_reader;
    look.need = (rv_need){RV_NOW, RV_NEVER};
    look.is_busy = asked_count > 0 && rv_call_start(&look_call, &look.client, &request) == RV_OK;
}

static void look_answered(int status)
{
    int is_missing = rv_call_result(&look_call)->code == RV_CODE_INSTANCE_NOT_FOUND;

    look.is_busy = 0;
    if (is_missing && asked_count > 1) { /* said of all because of one: ask by halves for which */
        next = (int)(asked[0] - machines);
        asked_most = asked_count / 2;
        return;
    }
    for (int i = 0; (status == RV_OK || is_missing) && i < asked_count; i++) {
        rv_job_observe(&asked[i]->job, asked[i]->is_seen ? &asked[i]->seen : NULL, asked_at_ms);
        asked[i]->line.need.events = RV_NOW;
    }
    asked_most = MACHINES_MAX;
}

static void look_step(void)
{
    int status = is_due(&look) ? rv_call_step(&look_call, &look.need) : RV_AGAIN;

    if (status != RV_AGAIN) {
        look_answered(status);
    }
    if (!look.is_busy && next == count && now_ms() >= look_began_ms + LOOK_EACH_MS) {
        look_began_ms = now_ms(), next = 0;
    }
    if (!look.is_busy && next < count) {
        look_ask();
    }
}

/* --- the loop --- */

static int machines_step(void)
{
    int busy = 0;

    for (int i = 0; i < count; i++) {
        struct machine *machine = &machines[i];
        if (is_due(&machine->line) && rv_job_step(&machine->job, &machine->line.need) != RV_AGAIN) {
            const rv_job_report *report = rv_job_report_of(&machine->job);
            printf("%s: outcome %d, %s %s\n", machine->what.instance_id, report->outcome,
                   rv_status_text(report->status), report->call.message);
            machine->line.is_busy = 0;
        }
        busy += machine->line.is_busy;
    }
    return busy;
}

int main(int argc, char **argv)
{
    static mbedtls_x509_crt anchors;
    static rv_tls tls;
    rv_credentials key = {getenv("VOLCENGINE_ACCESS_KEY"), getenv("VOLCENGINE_SECRET_KEY"), 0, 0};
    unsigned ticks = 0;
    int done = 0;

    if (argc < 7 || argc > 6 + MACHINES_MAX || psa_crypto_init() != PSA_SUCCESS) {
        return 2;
    }
    rv_posix_system(&clocks);
    mbedtls_x509_crt_init(&anchors);
    config = (rv_client_config){.tls = &tls, .credentials = &key, .region = argv[3]};
    config.host = argv[4], config.port = (uint16_t)atoi(argv[5]);
    config.admit = admit, config.throttled = throttled;
    if (rv_posix_ca_bundle(&anchors, NULL, NULL) != RV_OK ||
        rv_tls_init(&tls, &clocks, &anchors) != RV_OK || line_open(&look) != RV_OK) {
        return 2;
    }
    for (; count < argc - 6; count++) {
        struct machine *machine = &machines[count];
        rv_job_config job = {.replace = &machine->what, .may_stop = 1, .observed = 1};
        /* A real one also gives job.store, which writes the record to flash: see rv_job_resume. */
        machine->what = (rv_replace_system_volume){argv[6 + count], argv[1],
                                                   .key_pair_name = argv[2]};
        machine->line.is_busy = 1;
        machine->line.need = (rv_need){RV_NOW, RV_NEVER};
        (void)line_open(&machine->line); /* if either fails, the first step says so */
        (void)rv_job_start(&machine->job, &machine->line.client, &job);
    }
    while (machines_step() > 0) {
        look_step();
        ticks++;                /* the other work of the firmware; it must not wait either */
        poll(NULL, 0, TICK_MS); /* a firmware sleeps until its next interrupt */
    }
    for (int i = 0; i < count; i++) {
        done += rv_job_report_of(&machines[i].job)->outcome == RV_JOB_DONE;
    }
    printf("%d of %d done, in %u turns of the loop\n", done, count, ticks);
    return done == count ? 0 : 1;
}
