#define _POSIX_C_SOURCE 200809L
#include "fleet.h"

#include "console.h"
#include "signals.h"

#define TICK_MS 1000 /* the line of progress counts the seconds */

static int is_at_work(const struct fleet *fleet)
{
    size_t i;

    for (i = 0; i < fleet->slot_count; i++) {
        if (fleet->slots[i].member != NULL) {
            return 1;
        }
    }
    return 0;
}

/* --- signals ------------------------------------------------------------------------------------
 */

/* Looks change nothing, so the first signal ends them at once. */
static void cancel(struct fleet *fleet, int looks_only)
{
    size_t i;

    for (i = 0; i < fleet->slot_count; i++) {
        struct fleet_slot *slot = &fleet->slots[i];

        if (slot->member != NULL && (!looks_only || slot->work == FLEET_LOOK)) {
            fleet_slot_cancel(slot);
        }
    }
}

static void heed_signals(struct fleet *fleet)
{
    signals_note();
    while (fleet->signals_heard < signals_count()) {
        fleet->signals_heard++;
        fleet->plan.is_interrupted = 1;
        if (fleet->signals_heard > 1) {
            (void)console_say(CONSOLE_WARNING, "interrupted again: those begun are cancelled");
        } else if (fleet_plan_count(fleet->states, fleet->list.count, FLEET_RUNNING) > 0 ||
                   fleet_plan_count(fleet->states, fleet->list.count, FLEET_CHECKING) > 0) {
            (void)console_say(CONSOLE_WARNING,
                              "interrupted by %s: no new one is begun, those begun are finished; "
                              "once more cancels them",
                              signals_name(signals_caught()));
        }
        cancel(fleet, fleet->signals_heard == 1);
    }
}

/* --- waiting ------------------------------------------------------------------------------------
 */

/* Returns until when this one lets the loop sleep. */
static uint64_t prepare(struct pollfd *entry, const rv_need *need, const rv_posix_socket *posix)
{
    int is_socket = (need->events & (RV_READ | RV_WRITE)) != 0;

    entry->fd = is_socket ? rv_posix_descriptor(posix) : -1;
    entry->events = (short)(((need->events & RV_READ) != 0 ? POLLIN : 0) |
                            ((need->events & RV_WRITE) != 0 ? POLLOUT : 0));
    entry->revents = 0;
    return (need->events & RV_NOW) != 0 ? 0 : need->wake_at_ms;
}

static void wait_for_any(struct fleet *fleet)
{
    struct pollfd *entries = fleet->entries;
    size_t count = fleet->slot_count;
    uint64_t now = session_now_ms(&fleet->tool->session);
    uint64_t wake_at_ms = now + (console_is_live() ? TICK_MS : SESSION_WAIT_MAX_MS);
    uint64_t at_ms;
    size_t i;

    entries[0].fd = signals_descriptor();
    entries[0].events = POLLIN;
    for (i = 0; i < count; i++) {
        entries[1 + i].fd = -1;
        entries[1 + i].revents = 0;
        if (fleet->slots[i].member != NULL) {
            at_ms = prepare(&entries[1 + i], &fleet->slots[i].need, &fleet->slots[i].posix);
            wake_at_ms = at_ms < wake_at_ms ? at_ms : wake_at_ms;
        }
    }
    at_ms = prepare(&entries[1 + count], &fleet->watch.need, &fleet->watch.posix);
    wake_at_ms = at_ms < wake_at_ms ? at_ms : wake_at_ms;
    (void)poll(entries, (nfds_t)(count + 2), wake_at_ms > now ? (int)(wake_at_ms - now) : 0);
}

/* --- one turn -----------------------------------------------------------------------------------
 */

static void begin_what_may(struct fleet *fleet)
{
    size_t i;

    fleet->plan.is_in_doubt = fleet_slots_are_in_doubt(fleet);
    if (fleet->plan.is_in_doubt) {
        fleet_slots_take_back_checks(fleet);
    }
    for (i = 0; i < fleet->slot_count; i++) {
        size_t next;

        if (fleet->slots[i].member != NULL) {
            continue;
        }
        next = fleet_plan_next(&fleet->plan, fleet->states, fleet->list.count);
        if (next == FLEET_NONE) {
            return;
        }
        fleet->entries[1 + i].revents = 0;
        fleet_slot_begin(&fleet->slots[i], &fleet->members[next]);
    }
}

static int is_due(const rv_need *need, const struct pollfd *entry, uint64_t now)
{
    return (need->events & RV_NOW) != 0 || entry->revents != 0 || now >= need->wake_at_ms;
}

/* Returns whether a place has become free, so that there may be more to begin. */
static int step_all(struct fleet *fleet)
{
    uint64_t now = session_now_ms(&fleet->tool->session);
    int is_free = 0;
    size_t i;

    for (i = 0; i < fleet->slot_count; i++) {
        struct fleet_slot *slot = &fleet->slots[i];
        struct fleet_watched *watched = &fleet->watched[i];

        if (slot->member != NULL && is_due(&slot->need, &fleet->entries[1 + i], now)) {
            fleet_slot_step(slot);
            is_free = is_free || slot->member == NULL;
        }
        watched->job = slot->member != NULL ? &slot->job : NULL;
        watched->instance_id = slot->member != NULL ? slot->member->instance_id : NULL;
        watched->need = &slot->need;
    }
    if (!fleet->watch.is_asking ||
        is_due(&fleet->watch.need, &fleet->entries[1 + fleet->slot_count], now)) {
        fleet_watch_step(&fleet->watch);
    }
    return is_free;
}

void fleet_loop(struct fleet *fleet)
{
    for (;;) {
        heed_signals(fleet);
        begin_what_may(fleet);
        if (!is_at_work(fleet)) {
            return;
        }
        if (!step_all(fleet)) {
            fleet_say_live(fleet);
            wait_for_any(fleet);
        }
    }
}
