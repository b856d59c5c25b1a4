/*
 * trial.h - one job against one endpoint, with one fault in one place, and what the books say after
 * it
 */
#ifndef TRIAL_H
#define TRIAL_H

#include "tests/support/machine.h"

/* How the endpoint behaves where nobody knows the service. */
struct service {
    const char *name;
    const char *image_id;  /* to put on it */
    uint16_t attempts_max; /* of a call; 1: it is the job that repeats */
    int every; /* where there are many positions, one in so many is tried; the seed says which */
    uint8_t asks_dry_run;
    rv_job_outcome ends; /* a job that nothing happens to */
    const char *const options[16];
};

extern const struct service services[];
extern const int service_count;

#define EXCHANGES_MAX 64

/* A job without a fault: what there is to break. */
struct reference {
    uint64_t bytes[2];           /* of a job that begins with a TLS session */
    uint64_t handshake_bytes[2]; /* of its full handshake */
    uint64_t calls[CALLBACK_COUNT];
    uint64_t moments;
    uint64_t allocations;
    int exchange_count;
    struct exchange {
        uint64_t request_bytes, answer_bytes;
    } exchanges[EXCHANGES_MAX];
};

struct trial {
    const struct service *service;
    struct endpoint *endpoint;
    struct machine machine;
    struct reference reference;
    uint64_t seed;
    char record_file[96];
    char new_record_file[104];
};

enum verdict { VERDICT_TRUE, VERDICT_TWICE, VERDICT_WRONG, VERDICT_HUNG, VERDICT_COUNT };

struct finding {
    enum verdict verdict;
    int was_reached; /* the fault has come */
    rv_job_outcome outcome;
    int32_t status;
    const char *untruth; /* NULL: none */
};

/* One way to break things, at each of its positions. */
struct kind {
    const char *name;
    const char *what;
    uint64_t (*positions)(const struct reference *reference);
    void (*run)(struct trial *trial, const struct kind *kind, uint64_t position,
                struct finding *finding);
    int number; /* means something to the two above */
    const char *text;
};

extern const struct kind kinds[];
extern const int kind_count;

/* Starts the endpoint, and runs the job that nothing happens to. NULL, or why that went wrong.
 * has_journal: the endpoint keeps one of all that follows; it grows by 10 KB a trial. */
const char *trial_open(struct trial *trial, const struct service *service, int has_journal);
void trial_close(struct trial *trial);

/* Numbers that depend on the seed and the position alone. */
uint64_t trial_random(const struct trial *trial, uint64_t position, uint64_t n);

#endif
