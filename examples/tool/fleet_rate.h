/*
 * fleet_rate.h - one limit of requests a second for many jobs, which slows down for all of them
 *
 * A bucket of tokens, handed out in the order in which they were asked for, so that nobody is
 * overtaken for ever. Pure: the time, in milliseconds of any clock that never jumps, is the
 * caller's.
 */
#ifndef TOOL_FLEET_RATE_H
#define TOOL_FLEET_RATE_H

#include <stdint.h>

/* Without a throttling answer for so long, a quarter of the full rate comes back. */
#define FLEET_RATE_RECOVERY_MS 10000

struct fleet_rate {
    uint64_t full;  /* private, as all members: thousandths of a request a second, as asked for */
    uint64_t rate;  /* likewise, at present */
    uint64_t depth; /* of the bucket, in millionths of a request */
    uint64_t level; /* of the bucket, likewise */
    uint64_t at_ms; /* the level is that of this time; in the future: nothing flows until then */
    uint64_t recovers_at_ms;
    uint64_t taken;  /* the last ticket that was taken */
    uint64_t served; /* the last ticket whose turn has come */
};

/* per_second and burst are at least 1. The bucket is full at first. */
void fleet_rate_init(struct fleet_rate *rate, uint32_t per_second, uint32_t burst, uint64_t now_ms);

/* May the holder of this ticket send a request? 1: it may, and the ticket is used up. 0: not before
 * wake_at_ms. A ticket of 0 is none yet: one is taken. One that is never asked for again costs one
 * request's time. */
int fleet_rate_admit(struct fleet_rate *rate, uint64_t *ticket, uint64_t now_ms,
                     uint64_t *wake_at_ms);

/* Somebody was throttled and will wait for wait_ms: so do all, and then at half the rate. Those who
 * are told the same in that time change nothing but its end. */
void fleet_rate_throttled(struct fleet_rate *rate, uint64_t now_ms, uint32_t wait_ms);

#endif
