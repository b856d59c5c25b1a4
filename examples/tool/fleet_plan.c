#include "fleet_plan.h"

#include "report.h"

size_t fleet_plan_count(const uint8_t *states, size_t count, enum fleet_state state)
{
    size_t found = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        found += states[i] == state;
    }
    return found;
}

static size_t first(const uint8_t *states, size_t count, enum fleet_state state)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (states[i] == state) {
            return i;
        }
    }
    return FLEET_NONE;
}

static size_t canaries_of(const struct fleet_plan *plan, size_t count)
{
    return plan->canaries < count ? plan->canaries : count;
}

/* Looks touch nothing, so they go on after a finding: all findings are wanted at once. */
static size_t next_look(const struct fleet_plan *plan, const uint8_t *states, size_t count)
{
    return plan->has_no_permission ? FLEET_NONE : first(states, count, FLEET_UNCHECKED);
}

/* Checks go on after a finding, too, but the rest waits for what the canaries' come to. */
static size_t next_check(const struct fleet_plan *plan, const uint8_t *states, size_t count)
{
    size_t canaries = canaries_of(plan, count);
    size_t canary = first(states, canaries, FLEET_SEEN);

    if (plan->has_no_permission || plan->is_halted || plan->is_in_doubt) {
        return FLEET_NONE;
    }
    if (canary != FLEET_NONE || fleet_plan_count(states, canaries, FLEET_CHECKING) > 0) {
        return canary;
    }
    return first(states, count, FLEET_SEEN);
}

int fleet_plan_may_begin_new(const struct fleet_plan *plan, const uint8_t *states, size_t count)
{
    return !plan->has_no_permission && !plan->is_halted && !plan->is_in_doubt &&
           fleet_plan_count(states, count, FLEET_FAILED) < plan->max_failures &&
           fleet_plan_count(states, count, FLEET_UNCHECKED) == 0;
}

/* A canary that failed is never done, so the rest stays untouched, whatever max_failures says. */
static size_t next_new(const struct fleet_plan *plan, const uint8_t *states, size_t count)
{
    size_t canaries = canaries_of(plan, count);
    size_t canary = first(states, canaries, FLEET_READY);

    if (canary != FLEET_NONE || fleet_plan_count(states, canaries, FLEET_DONE) < canaries) {
        return canary;
    }
    return first(states, count, FLEET_READY);
}

size_t fleet_plan_next(const struct fleet_plan *plan, const uint8_t *states, size_t count)
{
    size_t looking = fleet_plan_count(states, count, FLEET_LOOKING);
    size_t checking = fleet_plan_count(states, count, FLEET_CHECKING);
    size_t next;

    if (plan->is_interrupted ||
        looking + checking + fleet_plan_count(states, count, FLEET_RUNNING) >= plan->parallel) {
        return FLEET_NONE;
    }
    next = next_look(plan, states, count);
    if (next != FLEET_NONE || looking > 0 || !plan->is_confirmed) {
        return next;
    }
    next = first(states, count, FLEET_BEGUN);
    if (next != FLEET_NONE || plan->is_only_finishing) {
        return next;
    }
    next = next_check(plan, states, count);
    if (next != FLEET_NONE || checking > 0) {
        return next;
    }
    return fleet_plan_may_begin_new(plan, states, count) ? next_new(plan, states, count)
                                                         : FLEET_NONE;
}

int fleet_plan_graver(int a, int b)
{
    static const int order[] = {EXIT_UNKNOWN,  EXIT_ENDED_BADLY, EXIT_UNFINISHED, EXIT_REFUSED,
                                EXIT_NOT_SENT, EXIT_USAGE,       EXIT_DONE};
    size_t i = 0;

    while (order[i] != EXIT_DONE && a != order[i] && b != order[i]) {
        i++;
    }
    return order[i];
}
