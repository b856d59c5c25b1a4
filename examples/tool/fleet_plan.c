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

/* Checks touch nothing, so they go on after a finding: all findings are wanted at once. */
static size_t next_check(const struct fleet_plan *plan, const uint8_t *states, size_t count)
{
    return plan->has_no_permission ? FLEET_NONE : first(states, count, FLEET_UNCHECKED);
}

static int new_ones_may_begin(const struct fleet_plan *plan, const uint8_t *states, size_t count)
{
    return !plan->has_no_permission &&
           fleet_plan_count(states, count, FLEET_FAILED) < plan->max_failures &&
           fleet_plan_count(states, count, FLEET_UNCHECKED) == 0;
}

/* A canary that failed is never done, so the rest stays untouched, whatever max_failures says. */
static size_t next_new(const struct fleet_plan *plan, const uint8_t *states, size_t count)
{
    size_t canaries = plan->canaries < count ? plan->canaries : count;
    size_t canary = first(states, canaries, FLEET_READY);

    if (canary != FLEET_NONE || fleet_plan_count(states, canaries, FLEET_DONE) < canaries) {
        return canary;
    }
    return first(states, count, FLEET_READY);
}

size_t fleet_plan_next(const struct fleet_plan *plan, const uint8_t *states, size_t count)
{
    size_t checking = fleet_plan_count(states, count, FLEET_CHECKING);
    size_t next;

    if (plan->is_interrupted ||
        checking + fleet_plan_count(states, count, FLEET_RUNNING) >= plan->parallel) {
        return FLEET_NONE;
    }
    next = next_check(plan, states, count);
    if (next != FLEET_NONE || checking > 0 || !plan->is_confirmed) {
        return next;
    }
    next = first(states, count, FLEET_BEGUN);
    if (next != FLEET_NONE) {
        return next;
    }
    return new_ones_may_begin(plan, states, count) ? next_new(plan, states, count) : FLEET_NONE;
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
