/*
 * machine.h - a machine that runs jobs against the endpoint, and on which things go wrong
 *
 *     machine_open(&machine, service);            service has --stopped-clock
 *     machine_begin(&machine, seed);              a new start of the program: nothing is open
 *     rv_job_start(&machine.job, &machine.client, &machine.job_config);
 *     rv_job_run(&machine.job);
 *
 * Its time is the endpoint's, which passes only while everybody waits: an hour takes milliseconds,
 * and a slow tool that watches changes nothing. What it says to the endpoint goes over port/posix
 * and through here, where bytes are counted and the network breaks.
 *
 * Everything that is called from outside is a moment, counted from machine_begin on, at which the
 * program can be killed.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include "control.h"
#include "endpoint.h"
#include "port/posix.h"
#include <stddef.h>
#include <stdint.h>

/* What the network does once so many bytes have gone in one direction, over all connections. */
enum breakage {
    NETWORK_WORKS,
    NETWORK_CUTS,        /* the connection is closed, as if in order */
    NETWORK_RESETS,      /* likewise by TCP reset */
    NETWORK_STALLS,      /* nothing arrives any more, in either direction, and nobody is told */
    NETWORK_HALF_CLOSES, /* that direction ends, the other one goes on */
    NETWORK_DELAYS,      /* what is sent arrives late, when the machine has long given up */
    BREAKAGE_COUNT
};

enum direction { SENT, RECEIVED };

struct fault {
    enum breakage breakage;
    enum direction direction;
    uint64_t at;    /* bytes of the TLS stream that still go */
    uint64_t again; /* after so many more it happens once more, and so on; 0: it does not */
    uint32_t late_ms;
};

/* The callbacks that can fail. */
enum callback {
    CALL_OPEN,
    CALL_SEND,
    CALL_RECV,
    CALL_WAIT,
    CALL_UTC,
    CALL_RANDOM,
    CALL_STORE,
    CALL_PROGRESS,
    CALLBACK_COUNT
};

struct failure {
    enum callback callback;
    uint64_t at;   /* the n-th call from 1; 0: none fails */
    int and_later; /* all from that one on */
    int value;     /* what it returns */
};

struct machine {
    rv_posix_socket posix; /* what is under socket */
    rv_socket below;
    struct control control;
    uint64_t began_ms;

    rv_system system;
    rv_socket socket;
    mbedtls_x509_crt anchors;
    rv_tls tls;
    rv_credentials credentials;
    rv_client_config config;
    rv_client client;
    int has_client;
    rv_replace_system_volume replace;
    rv_job_config job_config; /* store and progress lead to the two below */
    rv_job job;

    /* Told of progress, and of the record, which otherwise is kept in record; may be NULL. */
    int (*on_progress)(struct machine *machine, const rv_progress *progress);
    int (*on_store)(struct machine *machine, const uint8_t *record, size_t len);
    void *ctx; /* of whoever set the two */

    /* its clock: the true one plus an error, which may grow by so many seconds in a thousand */
    int64_t clock_error_s;
    int64_t clock_drift;
    int clock_is_unknown;

    /* what goes wrong; set after machine_begin */
    struct fault fault;
    struct failure failure;
    uint64_t kill_at; /* the moment; 0: never */

    /* what has happened since machine_begin */
    uint64_t bytes[2];           /* by direction */
    uint64_t handshake_bytes[2]; /* likewise, when the first connection stood */
    uint64_t calls[CALLBACK_COUNT];
    uint64_t moments;
    int is_over;     /* the fault has come, and does not again */
    int has_broken;  /* it has come */
    int has_failed;  /* the failure has come */
    int is_hung;     /* it waited longer than it may, or without end */
    int connections; /* that were opened */
    int full_handshakes;
    int resumed_handshakes;
    uint8_t record[RV_RECORD_MAX]; /* the last one stored */
    size_t record_len;             /* 0: none yet */

    uint64_t random;
    int state; /* of the connection */
    int late_descriptor;
    uint64_t late_at_ms;
    uint8_t late[65536];
    size_t late_len;
};

/* The endpoint was started with --stopped-clock. Default: the whole job, with a new password, of an
 * instance that runs and may be stopped. */
void machine_open(struct machine *machine, const struct endpoint *service);
void machine_close(struct machine *machine);

/* As after a new start of the program, with a new connection. seed: of its random numbers. */
void machine_begin(struct machine *machine, uint64_t seed);
/* The same, but for the TLS session, which the program knows from before: many times as fast. */
void machine_begin_with_session(struct machine *machine, uint64_t seed);

/* The first time, or after a record was stored. Both until the job has ended. */
int machine_run_job(struct machine *machine);
int machine_resume_job(struct machine *machine, const uint8_t *record, size_t len);

/* Closes the connection, lets what is late arrive, and looks into the endpoint's books. */
void machine_end(struct machine *machine, struct books *books);

/* At this moment, the program may be killed. */
void machine_moment(struct machine *machine);

/* NULL, or how the books give a job's report the lie. */
const char *machine_untruth(const rv_job_report *report, const struct books *books);

const char *outcome_name(rv_job_outcome outcome);

#endif
