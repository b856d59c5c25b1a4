/*
 * fleet_plan.h - which of many replacements may begin now
 *
 * Pure. All are looked at before anything is confirmed; what an earlier run has begun is finished;
 * all others are checked before the first of them is touched; then come the canaries, then the
 * rest; and nothing new after too many failures.
 *
 * A check is the request itself, with DryRun, and a service that does not heed that would replace
 * the volume. So no check comes before the confirmation, the canaries are checked before the rest,
 * and one that was taken for the request, or may have been, is the last one.
 */
#ifndef TOOL_FLEET_PLAN_H
#define TOOL_FLEET_PLAN_H

#include <stddef.h>
#include <stdint.h>

enum fleet_state {
    FLEET_UNCHECKED,
    FLEET_LOOKING,  /* by questions, which change nothing */
    FLEET_SEEN,     /* the check by DryRun is still to come */
    FLEET_CHECKING, /* by DryRun */
    FLEET_READY,    /* checked, and not touched yet */
    FLEET_BEGUN,    /* by an earlier run, and not finished */
    FLEET_RUNNING,  /* stopped, replaced, watched or started by this run */
    FLEET_DONE,     /* by this run or an earlier one */
    FLEET_FAILED    /* anything else that a job can end with, the check's findings too */
};

struct fleet_plan {
    size_t parallel;       /* at most so many at a time */
    size_t canaries;       /* the first so many of the list are done before the rest begins */
    size_t max_failures;   /* with so many no new one begins */
    int is_confirmed;      /* 0: looks only */
    int is_only_finishing; /* nothing but what an earlier run has begun */
    int has_no_permission; /* somebody was refused for lack of permission: no new one begins */
    int is_interrupted;    /* no new one begins, checks and unfinished ones included */
    int is_in_doubt;       /* likewise, until a check whose answer was lost is known */
    int is_halted;         /* no new one begins, checks included, whatever max_failures says */
};

#define FLEET_NONE SIZE_MAX

/* The place in states of the one that is to begin (its look, its check, its replacement, or what is
 * left of it, by its state), or FLEET_NONE. */
size_t fleet_plan_next(const struct fleet_plan *plan, const uint8_t *states, size_t count);

/* Once all are looked at: is there anything to be confirmed? Without permission, or with as many
 * findings as failures are allowed, nothing new begins, and so nothing new is checked either. */
int fleet_plan_may_begin_new(const struct fleet_plan *plan, const uint8_t *states, size_t count);

/* How many are in this state. */
size_t fleet_plan_count(const uint8_t *states, size_t count, enum fleet_state state);

/* The graver of two exit statuses of the tool, in the order 4, 6, 5, 1, 3, 2, 0. */
int fleet_plan_graver(int a, int b);

#endif
