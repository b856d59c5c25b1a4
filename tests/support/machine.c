#define _POSIX_C_SOURCE 200809L
#include "machine.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* No job may take longer: its own limit, a restart, and what a step may take. */
#define GRACE_S 400

/* Waits without anything to wait for; a job has some hundred of all kinds. */
#define WAITS_MAX 200000

enum connection_state {
    CONNECTION_WORKS,
    CONNECTION_ENDED,   /* both directions say the end of the stream */
    CONNECTION_BROKEN,  /* both say an error */
    CONNECTION_STALLED, /* what is sent is lost, nothing comes */
    CONNECTION_DEAF,    /* nothing comes but the end */
    CONNECTION_MUTE,    /* what is sent is lost */
    CONNECTION_LATE     /* what is sent is kept back, nothing comes */
};

/* --- moments ---------------------------------------------------------------------------------- */

void machine_moment(struct machine *machine)
{
    if (++machine->moments == machine->kill_at) {
        (void)raise(SIGKILL);
    }
}

/* Counts a call; 1: it is to fail. */
static int fails(struct machine *machine, enum callback callback)
{
    const struct failure *failure = &machine->failure;
    uint64_t call = ++machine->calls[callback];

    machine_moment(machine);
    if (failure->at == 0 || failure->callback != callback ||
        (failure->and_later ? call < failure->at : call != failure->at)) {
        return 0;
    }
    machine->has_failed = 1;
    return 1;
}

/* --- clocks and randomness -------------------------------------------------------------------- */

static uint64_t monotonic_ms(void *ctx)
{
    const struct machine *machine = ctx;

    return machine->control.now_ms;
}

static int utc_s(void *ctx, int64_t *seconds)
{
    struct machine *machine = ctx;
    int64_t elapsed_s = (int64_t)(machine->control.now_ms - machine->began_ms) / 1000;

    if (fails(machine, CALL_UTC)) {
        return machine->failure.value;
    }
    if (machine->clock_is_unknown) {
        return RV_ERR_CLOCK;
    }
    *seconds = machine->control.utc_s + machine->clock_error_s +
               elapsed_s * machine->clock_drift / 1000;
    return RV_OK;
}

/* splitmix64: the same numbers for the same seed. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static int fill_random(void *ctx, uint8_t *buf, size_t len)
{
    struct machine *machine = ctx;
    size_t i;

    if (fails(machine, CALL_RANDOM)) {
        return machine->failure.value;
    }
    for (i = 0; i < len; i++) {
        buf[i] = (uint8_t)(next_random(&machine->random) >> 24);
    }
    return RV_OK;
}

/* --- the network ------------------------------------------------------------------------------ */

static void reset_connection(struct machine *machine)
{
    struct linger reset = {1, 0};

    (void)setsockopt(rv_posix_descriptor(&machine->posix), SOL_SOCKET, SO_LINGER, &reset,
                     sizeof reset);
    machine->below.close(machine->below.ctx);
}

static void break_network(struct machine *machine)
{
    int is_sent = machine->fault.direction == SENT;

    machine->has_broken = 1;
    machine->is_over = machine->fault.again == 0;
    machine->fault.at += machine->fault.again;
    switch (machine->fault.breakage) {
    case NETWORK_CUTS:
        machine->below.close(machine->below.ctx);
        machine->state = CONNECTION_ENDED;
        break;
    case NETWORK_RESETS:
        reset_connection(machine);
        machine->state = CONNECTION_BROKEN;
        break;
    case NETWORK_HALF_CLOSES:
        if (is_sent) {
            (void)shutdown(rv_posix_descriptor(&machine->posix), SHUT_WR);
        }
        machine->state = is_sent ? CONNECTION_MUTE : CONNECTION_DEAF;
        break;
    case NETWORK_DELAYS:
        /* once in a run; what would be late after that is lost */
        machine->state = machine->late_descriptor < 0 ? CONNECTION_LATE : CONNECTION_STALLED;
        break;
    default:
        machine->state = CONNECTION_STALLED;
        break;
    }
}

/* How many of len bytes go before the network breaks, if it does. */
static size_t before_fault(const struct machine *machine, enum direction direction, size_t len)
{
    const struct fault *fault = &machine->fault;

    if (fault->breakage == NETWORK_WORKS || machine->is_over || fault->direction != direction ||
        fault->at - machine->bytes[direction] > len) {
        return len;
    }
    return (size_t)(fault->at - machine->bytes[direction]);
}

static void count_bytes(struct machine *machine, enum direction direction, size_t len)
{
    const struct fault *fault = &machine->fault;

    machine->bytes[direction] += len;
    if (fault->breakage != NETWORK_WORKS && !machine->is_over && fault->direction == direction &&
        machine->bytes[direction] == fault->at) {
        break_network(machine);
    }
}

static int port_open(void *ctx, const char *host, uint16_t port, rv_need *need)
{
    struct machine *machine = ctx;
    int status;

    if (fails(machine, CALL_OPEN)) {
        return machine->failure.value;
    }
    status = machine->below.open(machine->below.ctx, host, port, need);
    if (status == RV_OK) {
        machine->connections++;
        machine->state = CONNECTION_WORKS;
    }
    return status;
}

static int keep_back(struct machine *machine, const uint8_t *buf, size_t len)
{
    if (machine->late_len + len > sizeof machine->late) {
        return RV_ERR_NETWORK;
    }
    memcpy(machine->late + machine->late_len, buf, len);
    machine->late_len += len;
    return (int)len;
}

static int send_broken(struct machine *machine, const uint8_t *buf, size_t len)
{
    switch (machine->state) {
    case CONNECTION_ENDED:
        return RV_EOF;
    case CONNECTION_BROKEN:
        return RV_ERR_NETWORK;
    case CONNECTION_LATE:
        return keep_back(machine, buf, len);
    default:
        return (int)len;
    }
}

static int port_send(void *ctx, const uint8_t *buf, size_t len)
{
    struct machine *machine = ctx;
    size_t allowed;
    int sent;

    if (fails(machine, CALL_SEND)) {
        return machine->failure.value;
    }
    allowed = before_fault(machine, SENT, len);
    if (allowed == 0 && machine->state == CONNECTION_WORKS) {
        break_network(machine);
    }
    if (machine->state != CONNECTION_WORKS && machine->state != CONNECTION_DEAF) {
        return send_broken(machine, buf, len);
    }
    sent = machine->below.send(machine->below.ctx, buf, allowed);
    if (sent > 0) {
        count_bytes(machine, SENT, (size_t)sent);
    }
    return sent;
}

static int port_recv(void *ctx, uint8_t *buf, size_t len)
{
    struct machine *machine = ctx;
    size_t allowed;
    int received;

    if (fails(machine, CALL_RECV)) {
        return machine->failure.value;
    }
    allowed = before_fault(machine, RECEIVED, len);
    if (allowed == 0 && machine->state == CONNECTION_WORKS) {
        break_network(machine);
    }
    switch (machine->state) {
    case CONNECTION_ENDED:
    case CONNECTION_DEAF:
        return RV_EOF;
    case CONNECTION_BROKEN:
        return RV_ERR_NETWORK;
    case CONNECTION_STALLED:
    case CONNECTION_LATE:
        return RV_AGAIN;
    default:
        break;
    }
    received = machine->below.recv(machine->below.ctx, buf, allowed);
    if (received > 0) {
        count_bytes(machine, RECEIVED, (size_t)received);
    }
    return received;
}

/* Someone in between still has the connection, and what it carries. */
static void leave_behind(struct machine *machine)
{
    machine->late_descriptor = dup(rv_posix_descriptor(&machine->posix));
    machine->late_at_ms = machine->control.now_ms + machine->fault.late_ms;
}

static void port_close(void *ctx)
{
    struct machine *machine = ctx;

    machine_moment(machine);
    if (machine->state == CONNECTION_LATE) {
        leave_behind(machine);
    }
    machine->state = CONNECTION_WORKS;
    machine->below.close(machine->below.ctx);
}

static int port_last_error(void *ctx)
{
    struct machine *machine = ctx;

    return machine->below.last_error(machine->below.ctx);
}

/* --- waiting, in which time passes ------------------------------------------------------------ */

static void deliver_late(struct machine *machine)
{
    size_t done = 0;

    while (done < machine->late_len) {
        ssize_t sent = send(machine->late_descriptor, machine->late + done,
                            machine->late_len - done, MSG_NOSIGNAL);

        if (sent <= 0) {
            break;
        }
        done += (size_t)sent;
    }
    machine->late_at_ms = RV_NEVER;
    control_time(&machine->control, 0);
}

static void pass_time(struct machine *machine, uint64_t until_ms)
{
    control_time(&machine->control,
                 until_ms < machine->late_at_ms ? until_ms : machine->late_at_ms);
    if (machine->control.now_ms >= machine->late_at_ms) {
        deliver_late(machine);
    }
}

static int is_ready(const struct machine *machine, const rv_need *need)
{
    struct pollfd entry = {rv_posix_descriptor(&machine->posix), 0, 0};

    if (need->events == 0 || (need->events & RV_NOW) != 0) {
        return need->events != 0;
    }
    switch (machine->state) {
    case CONNECTION_ENDED:
    case CONNECTION_BROKEN:
    case CONNECTION_DEAF:
        return 1;
    case CONNECTION_STALLED:
    case CONNECTION_LATE:
        return (need->events & RV_WRITE) != 0;
    default:
        break;
    }
    entry.events = (short)(((need->events & RV_READ) != 0 ? POLLIN : 0) |
                           ((need->events & RV_WRITE) != 0 ? POLLOUT : 0));
    return entry.fd >= 0 && poll(&entry, 1, 0) > 0;
}

static int has_hung(const struct machine *machine, const rv_need *need)
{
    uint64_t limit_ms = ((uint64_t)machine->job_config.job_timeout_s + GRACE_S) * 1000;

    return machine->calls[CALL_WAIT] > WAITS_MAX ||
           machine->control.now_ms - machine->began_ms > limit_ms ||
           (need->events == 0 && need->wake_at_ms == RV_NEVER);
}

static int port_wait(void *ctx, const rv_need *need)
{
    struct machine *machine = ctx;

    if (fails(machine, CALL_WAIT)) {
        return machine->failure.value;
    }
    if (has_hung(machine, need)) {
        machine->is_hung = 1;
        return RV_ERR_NETWORK;
    }
    if (is_ready(machine, need)) {
        return RV_OK;
    }
    control_time(&machine->control, 0);
    if (!is_ready(machine, need)) {
        pass_time(machine, need->wake_at_ms);
    }
    return RV_OK;
}

/* --- the job's callbacks ---------------------------------------------------------------------- */

static int job_store(void *ctx, const uint8_t *record, size_t len, rv_need *need)
{
    struct machine *machine = ctx;

    (void)need;
    if (fails(machine, CALL_STORE)) {
        return machine->failure.value;
    }
    if (machine->on_store != NULL) {
        return machine->on_store(machine, record, len);
    }
    memcpy(machine->record, record, len);
    machine->record_len = len;
    return RV_OK;
}

static int job_progress(void *ctx, const rv_progress *progress)
{
    struct machine *machine = ctx;

    if (fails(machine, CALL_PROGRESS)) {
        return machine->failure.value;
    }
    return machine->on_progress != NULL ? machine->on_progress(machine, progress) : RV_OK;
}

static void client_trace(void *ctx, rv_trace_event event, int32_t number, const char *text)
{
    struct machine *machine = ctx;

    (void)text;
    if (event == RV_TRACE_CONNECTED) {
        if (machine->full_handshakes + machine->resumed_handshakes == 0) {
            memcpy(machine->handshake_bytes, machine->bytes, sizeof machine->handshake_bytes);
        }
        machine->full_handshakes += number == 0;
        machine->resumed_handshakes += number == 1;
    }
}

/* --- once a machine --------------------------------------------------------------------------- */

static void give_up(const char *what)
{
    fprintf(stderr, "machine: %s\n", what);
    exit(1);
}

static void fill_in_port(struct machine *machine)
{
    rv_posix_socket_init(&machine->posix, &machine->below);
    machine->system.ctx = machine;
    machine->system.monotonic_ms = monotonic_ms;
    machine->system.utc_s = utc_s;
    machine->system.random = fill_random;
    machine->socket.ctx = machine;
    machine->socket.open = port_open;
    machine->socket.send = port_send;
    machine->socket.recv = port_recv;
    machine->socket.close = port_close;
    machine->socket.wait = port_wait;
    machine->socket.last_error = port_last_error;
}

static void fill_in_job(struct machine *machine)
{
    machine->replace.instance_id = "i-demo0running0000001";
    machine->replace.image_id = "image-debian12";
    machine->replace.password = "Correct-Horse-7";
    machine->replace.client_token_is_new = 1;
    machine->job_config.replace = &machine->replace;
    machine->job_config.may_stop = 1;
    machine->job_config.store = job_store;
    machine->job_config.progress = job_progress;
    machine->job_config.ctx = machine;
    machine->job_config.job_timeout_s = 3600;
}

void machine_open(struct machine *machine, const struct endpoint *service)
{
    memset(machine, 0, sizeof *machine);
    machine->late_descriptor = -1;
    fill_in_port(machine);
    fill_in_job(machine);
    control_open(&machine->control, endpoint_control_socket(service));
    mbedtls_x509_crt_init(&machine->anchors);
    if (rv_posix_ca_bundle(&machine->anchors, endpoint_ca_file(service), NULL) != RV_OK ||
        rv_tls_init(&machine->tls, &machine->system, &machine->anchors) != RV_OK) {
        give_up("TLS cannot be set up");
    }
    machine->credentials.access_key_id = ENDPOINT_ACCESS_KEY_ID;
    machine->credentials.secret_access_key = ENDPOINT_SECRET_KEY;
    machine->config.tls = &machine->tls;
    machine->config.socket = &machine->socket;
    machine->config.host = "localhost";
    machine->config.port = endpoint_port(service);
    machine->config.region = ENDPOINT_REGION;
    machine->config.credentials = &machine->credentials;
    machine->config.trace = client_trace;
    machine->config.ctx = machine;
    machine->posix.address = "127.0.0.1";
}

static void forget_late(struct machine *machine)
{
    if (machine->late_descriptor >= 0) {
        (void)close(machine->late_descriptor);
    }
    machine->late_descriptor = -1;
    machine->late_len = 0;
    machine->late_at_ms = RV_NEVER;
}

static void forget_client(struct machine *machine)
{
    if (machine->has_client) {
        rv_client_free(&machine->client);
    }
    machine->has_client = 0;
    forget_late(machine);
}

void machine_close(struct machine *machine)
{
    forget_client(machine);
    rv_job_free(&machine->job);
    rv_tls_free(&machine->tls);
    mbedtls_x509_crt_free(&machine->anchors);
    control_close(&machine->control);
}

/* --- once a run ------------------------------------------------------------------------------- */

static void forget_run(struct machine *machine)
{
    memset(&machine->fault, 0, sizeof machine->fault);
    memset(&machine->failure, 0, sizeof machine->failure);
    memset(machine->bytes, 0, sizeof machine->bytes);
    memset(machine->calls, 0, sizeof machine->calls);
    machine->kill_at = 0;
    machine->moments = 0;
    machine->is_over = machine->has_broken = machine->has_failed = machine->is_hung = 0;
    machine->connections = machine->full_handshakes = machine->resumed_handshakes = 0;
    machine->record_len = 0;
    machine->state = CONNECTION_WORKS;
}

static void begin_run(struct machine *machine, uint64_t seed)
{
    forget_run(machine);
    machine->random = seed;
    control_time(&machine->control, 0);
    machine->began_ms = machine->control.now_ms;
}

void machine_begin(struct machine *machine, uint64_t seed)
{
    rv_result why;

    rv_job_free(&machine->job);
    forget_client(machine);
    begin_run(machine, seed);
    if (rv_client_init(&machine->client, &machine->config, &why) != RV_OK) {
        give_up("the client cannot be set up");
    }
    machine->has_client = 1;
}

/* Any call that is answered. */
static void get_session(struct machine *machine)
{
    static rv_call call;
    rv_request request = {.service = "ecs", .action = "DescribeKeyPairs", .version = "2020-04-01"};

    if (rv_call_start(&call, &machine->client, &request) != RV_OK || rv_call_run(&call) != RV_OK) {
        give_up("there is no TLS session");
    }
    rv_client_close(&machine->client);
}

void machine_begin_with_session(struct machine *machine, uint64_t seed)
{
    if (!machine->has_client || !machine->client.has_session) {
        machine_begin(machine, seed);
        get_session(machine);
    }
    rv_job_free(&machine->job);
    rv_client_close(&machine->client);
    forget_late(machine);
    begin_run(machine, seed);
}

static int run(struct machine *machine, int status)
{
    return status == RV_OK ? rv_job_run(&machine->job) : status;
}

int machine_run_job(struct machine *machine)
{
    return run(machine, rv_job_start(&machine->job, &machine->client, &machine->job_config));
}

int machine_resume_job(struct machine *machine, const uint8_t *record, size_t len)
{
    return run(machine,
               rv_job_resume(&machine->job, &machine->client, &machine->job_config, record, len));
}

void machine_end(struct machine *machine, struct books *books)
{
    if (machine->has_client) {
        rv_client_close(&machine->client);
    }
    while (machine->late_at_ms != RV_NEVER) {
        pass_time(machine, machine->late_at_ms);
    }
    control_books(&machine->control, machine->replace.instance_id, books);
}

/* --- the truth -------------------------------------------------------------------------------- */

const char *outcome_name(rv_job_outcome outcome)
{
    static const char *const names[] = {"not sent",    "checked", "done",   "unfinished",
                                        "ended badly", "refused", "unknown"};

    return names[outcome];
}

const char *machine_untruth(const rv_job_report *report, const struct books *books)
{
    if (books->replacements > 1) {
        return "it was replaced twice";
    }
    if (books->stops > 0 && !report->stopped_by_job) {
        return "it does not say that it stopped the instance";
    }
    if (books->starts > 0 && !report->started_by_job) {
        return "it does not say that it started the instance";
    }
    switch (report->outcome) {
    case RV_JOB_DONE:
    case RV_JOB_UNFINISHED:
    case RV_JOB_ENDED_BADLY:
        return books->replacements != 1 ? "accepted, but it was not replaced" : NULL;
    case RV_JOB_NOT_SENT:
    case RV_JOB_CHECKED:
    case RV_JOB_REFUSED:
        return books->replacements != 0 ? "not accepted, but it was replaced" : NULL;
    default:
        return NULL;
    }
}
