/*
 * fleet_watch.h - looks after all jobs that wait: one DescribeInstances a poll and 100 instances
 *
 * It has a connection of its own. Its pace is that of the job that has begun to wait last, since
 * one request asks for all.
 */
#ifndef TOOL_FLEET_WATCH_H
#define TOOL_FLEET_WATCH_H

#include "port/posix.h"

#define FLEET_WATCH_BATCH 100 /* what the service takes in one request */

/* Somebody to look after, while job is not NULL and waits. */
struct fleet_watched {
    rv_job *job; /* of rv_job_config.observed */
    const char *instance_id;
    rv_need *need;     /* is set to RV_NOW when the job has been told something */
    uint64_t since_ms; /* private: it waits; 0: it does not */
};

struct fleet_watch {
    rv_need need; /* what it waits for, after every step */
    rv_posix_socket posix;
    uint32_t polls; /* so far */
    uint32_t requests;

    rv_client client; /* private, as all below */
    rv_socket socket;
    const rv_system *system;
    rv_call call;
    int is_asking;
    struct fleet_watched *watched;
    size_t count;
    uint32_t first_ms;
    uint32_t last_ms;
    uint64_t polled_at_ms; /* 0: not yet */

    size_t next;  /* in watched: where the present poll goes on; count: it is over */
    size_t batch; /* how many are asked for at once */
    uint64_t asked_at_ms;
    size_t asked;
    size_t asked_for[FLEET_WATCH_BATCH]; /* places in watched */
    rv_instance found[FLEET_WATCH_BATCH];
    uint8_t is_found[FLEET_WATCH_BATCH];
    int is_cut; /* the answer says that there are more */
    rv_instance_reader reader;
    rv_request request;
    rv_name_value parameters[FLEET_WATCH_BATCH + 1];
    char names[FLEET_WATCH_BATCH][16];
};

/* watched is borrowed until fleet_watch_close. config.socket is not looked at. Polls are first_ms
 * apart at first and last_ms at last. RV_OK or what rv_client_init says. */
int fleet_watch_open(struct fleet_watch *watch, const rv_client_config *config,
                     const rv_system *system, struct fleet_watched *watched, size_t count,
                     uint32_t first_ms, uint32_t last_ms);

/* Does what can be done without waiting. To be called in each turn of the loop, since who waits may
 * have changed; then wait for what need says. A look that fails is told nobody; the next poll
 * follows. */
void fleet_watch_step(struct fleet_watch *watch);

void fleet_watch_close(struct fleet_watch *watch);

#endif
