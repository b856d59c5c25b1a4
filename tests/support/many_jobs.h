/*
 * many_jobs.h - many replacements at once in one thread, as a loop of one's own does it
 *
 * Each has a client and a connection of its own. What they cost is measured on the way.
 */
#ifndef MANY_JOBS_H
#define MANY_JOBS_H

#include "examples/tool/fleet_watch.h"

#define MANY_JOBS_ID "i-fleet%05d" /* as the endpoint names what it generates */

struct many_jobs_setup {
    const rv_system *system;
    rv_client_config client;          /* but for the socket */
    rv_replace_system_volume replace; /* but for the instance */
    rv_job_config job;                /* but for the replacement */
    int count;
    uint32_t look_first_ms;        /* of the common watch; 0: 1,000 */
    int close_while_waiting;       /* 1: a job that waits for its look gives its TLS memory back */
    void (*after_turn)(void *ctx); /* of the loop; may be NULL */
    void *ctx;
};

struct many_jobs_figures {
    int64_t longest_step_ns;       /* of all, in time of the processor */
    int64_t usual_longest_step_ns; /* each job's longest one: the median of those */
    int64_t cpu_ns;                /* of all of it, between start and end; the process's */
    uint64_t elapsed_ms;
    uint64_t steps;
    uint64_t turns;
    uint32_t polls; /* of the common watch, and its requests */
    uint32_t watch_requests;
    uint32_t watch_requests_of_a_poll; /* at most */
    int outcomes[RV_JOB_UNKNOWN + 1];
};

struct many_jobs;

/* Bytes of ours for each job: client, job and the port's socket. */
size_t many_jobs_size(void);

/* Starts all; nothing is sent yet. With job.observed one watch looks after all of them. Whatever
 * goes wrong ends the program with a sentence. */
struct many_jobs *many_jobs_start(const struct many_jobs_setup *setup);

/* Runs the loop until all have finished. 1: they have; 0: not within limit_ms. */
int many_jobs_run(struct many_jobs *many, uint64_t limit_ms);

const struct many_jobs_figures *many_jobs_figures(const struct many_jobs *many);
const rv_job_report *many_jobs_report(const struct many_jobs *many, int number);
void many_jobs_free(struct many_jobs *many);

#endif
