#include "fleet_rate.h"

#include <string.h>

#define ONE          1000000u /* request, as the level counts it: milliseconds by thousandths a second */
#define SLOWEST_PART 16u      /* of the full rate: as slow as it gets */

void fleet_rate_init(struct fleet_rate *rate, uint32_t per_second, uint32_t burst, uint64_t now_ms)
{
    memset(rate, 0, sizeof *rate);
    rate->full = (uint64_t)per_second * 1000;
    rate->rate = rate->full;
    rate->depth = (uint64_t)burst * ONE;
    rate->level = rate->depth;
    rate->at_ms = now_ms;
}

/* What flows in while nobody looks is at most a bucket full, so that a loop that comes late does
 * not send more at once than the burst. */
static void flow_until(struct fleet_rate *rate, uint64_t until_ms)
{
    uint64_t elapsed_ms = until_ms - rate->at_ms;

    if (elapsed_ms > (rate->depth - rate->level) / rate->rate) {
        rate->level = rate->depth;
    } else {
        rate->level += elapsed_ms * rate->rate;
    }
    rate->at_ms = until_ms;
}

static void serve(struct fleet_rate *rate)
{
    uint64_t tokens = rate->level / ONE;
    uint64_t waiting = rate->taken - rate->served;
    uint64_t served = tokens < waiting ? tokens : waiting;

    rate->served += served;
    rate->level -= served * ONE;
}

static void advance(struct fleet_rate *rate, uint64_t now_ms)
{
    while (rate->rate < rate->full && now_ms >= rate->recovers_at_ms) {
        flow_until(rate, rate->recovers_at_ms);
        rate->rate += rate->full / 4;
        rate->rate = rate->rate < rate->full ? rate->rate : rate->full;
        rate->recovers_at_ms += FLEET_RATE_RECOVERY_MS;
    }
    if (now_ms > rate->at_ms) {
        flow_until(rate, now_ms);
    }
    serve(rate);
}

/* When enough will have flown in for this ticket and all before it. */
static uint64_t turn_of(const struct fleet_rate *rate, uint64_t ticket)
{
    uint64_t missing = (ticket - rate->served) * ONE - rate->level;

    return rate->at_ms + (missing + rate->rate - 1) / rate->rate;
}

int fleet_rate_admit(struct fleet_rate *rate, uint64_t *ticket, uint64_t now_ms,
                     uint64_t *wake_at_ms)
{
    if (*ticket == 0) {
        *ticket = ++rate->taken;
    }
    advance(rate, now_ms);
    if (*ticket <= rate->served) {
        *ticket = 0;
        return 1;
    }
    *wake_at_ms = turn_of(rate, *ticket);
    return 0;
}

void fleet_rate_throttled(struct fleet_rate *rate, uint64_t now_ms, uint32_t wait_ms)
{
    uint64_t slowest = (rate->full + SLOWEST_PART - 1) / SLOWEST_PART;

    advance(rate, now_ms);
    if (rate->at_ms <= now_ms) { /* not waiting already */
        rate->rate = rate->rate / 2 > slowest ? rate->rate / 2 : slowest;
    }
    rate->level = 0;
    if (now_ms + wait_ms > rate->at_ms) {
        rate->at_ms = now_ms + wait_ms;
    }
    rate->recovers_at_ms = rate->at_ms + FLEET_RATE_RECOVERY_MS;
}
