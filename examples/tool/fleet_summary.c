#define _POSIX_C_SOURCE 200809L
#include "fleet.h"

#include "console.h"
#include <stdio.h>

static unsigned number_of(const struct fleet *fleet, enum fleet_state state)
{
    return (unsigned)fleet_plan_count(fleet->states, fleet->list.count, state);
}

/* --- the rest, and the numbers -----------------------------------------------------------------
 */

static int has_failed_canary(const struct fleet *fleet)
{
    size_t canaries = fleet->plan.canaries < fleet->list.count ? fleet->plan.canaries
                                                               : fleet->list.count;

    return fleet_plan_count(fleet->states, canaries, FLEET_FAILED) > 0;
}

static const char *why_not_begun(const struct fleet *fleet)
{
    if (fleet->plan.is_interrupted) {
        return "not begun: interrupted";
    }
    if (fleet->plan.has_no_permission) {
        return "not begun: one was refused for lack of permission";
    }
    if (!fleet->is_dry_run_heeded) {
        return "not begun: a check of another (DryRun) was taken for the request itself, or may "
               "have been";
    }
    if (number_of(fleet, FLEET_FAILED) >= fleet->plan.max_failures) {
        return "not begun: too many others have failed";
    }
    if (has_failed_canary(fleet)) {
        return "not begun: a canary has failed";
    }
    return "not begun: not confirmed";
}

static void print_rest(struct fleet *fleet)
{
    size_t i;

    for (i = 0; i < fleet->list.count; i++) {
        struct fleet_member *member = &fleet->members[i];

        if (member->exit_status != FLEET_NO_STATUS) {
            continue;
        }
        if (fleet->states[i] == FLEET_DONE) {
            fleet_say_untouched(fleet, member, "done", EXIT_DONE, "done by an earlier run");
        } else if (fleet->states[i] == FLEET_BEGUN) {
            fleet_say_untouched(fleet, member, "unknown", EXIT_UNKNOWN,
                                "begun by an earlier run, and not gone on with");
        } else {
            member->is_not_begun = 1;
            fleet_say_untouched(fleet, member, "not_begun", EXIT_NOT_SENT, why_not_begun(fleet));
        }
    }
}

static unsigned ended_with(const struct fleet *fleet, int exit_status)
{
    unsigned count = 0;
    size_t i;

    for (i = 0; i < fleet->list.count; i++) {
        count += fleet->members[i].exit_status == exit_status;
    }
    return count;
}

static unsigned not_begun(const struct fleet *fleet)
{
    unsigned count = 0;
    size_t i;

    for (i = 0; i < fleet->list.count; i++) {
        count += fleet->members[i].is_not_begun != 0;
    }
    return count;
}

static void say_numbers(const struct fleet *fleet)
{
    static const struct {
        int exit_status;
        const char *name;
    } rows[] = {{EXIT_UNKNOWN, "unknown"},       {EXIT_ENDED_BADLY, "ended badly"},
                {EXIT_UNFINISHED, "unfinished"}, {EXIT_REFUSED, "refused"},
                {EXIT_NOT_SENT, "not sent"},     {EXIT_USAGE, "to be mended"}};
    char line[256];
    size_t used = (size_t)snprintf(line, sizeof line, "%u instances: %u %s",
                                   (unsigned)fleet->list.count, ended_with(fleet, EXIT_DONE),
                                   fleet->tool->options.dry_run ? "checked" : "done");
    size_t i;

    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned count = ended_with(fleet, rows[i].exit_status);

        if (rows[i].exit_status == EXIT_NOT_SENT) {
            count -= not_begun(fleet);
        }
        if (count > 0) {
            used += (size_t)snprintf(line + used, sizeof line - used, ", %u %s", count,
                                     rows[i].name);
        }
    }
    if (not_begun(fleet) > 0) {
        (void)snprintf(line + used, sizeof line - used, ", %u not begun", not_begun(fleet));
    }
    (void)console_say(CONSOLE_ALWAYS, "%s", line);
}

static void say_what_is_not_done(const struct fleet *fleet)
{
    size_t i;

    for (i = 0; i < fleet->list.count; i++) {
        const struct fleet_member *member = &fleet->members[i];

        if (member->reason != NULL) {
            (void)console_say(CONSOLE_ALWAYS, "  %s: %s", member->instance_id, member->reason);
        }
    }
}

/* --- and now? ----------------------------------------------------------------------------------
 */

static int is_open(const struct fleet_member *member)
{
    return member->is_left || member->exit_status == EXIT_UNKNOWN ||
           member->exit_status == EXIT_UNFINISHED || member->exit_status == EXIT_ENDED_BADLY;
}

static int is_stuck(const struct fleet_member *member)
{
    return member->is_stuck;
}

/* It was certainly not replaced by this run, nor can it be any more. */
static int may_be_begun(const struct fleet_member *member)
{
    return member->exit_status != EXIT_DONE && !is_open(member);
}

static unsigned how_many(const struct fleet *fleet, int (*is_one)(const struct fleet_member *))
{
    unsigned count = 0;
    size_t i;

    for (i = 0; i < fleet->list.count; i++) {
        count += is_one(&fleet->members[i]) != 0;
    }
    return count;
}

static void say_which(const struct fleet *fleet, const char *heading,
                      int (*are)(const struct fleet_member *))
{
    size_t i;

    if (how_many(fleet, are) == 0) {
        return;
    }
    (void)console_say(CONSOLE_ALWAYS, "%s", heading);
    for (i = 0; i < fleet->list.count; i++) {
        if (are(&fleet->members[i])) {
            (void)console_say(CONSOLE_ALWAYS, "  %s", fleet->members[i].instance_id);
        }
    }
}

/* Nothing but what stands here keeps the next run from replacing a volume twice. */
static void say_what_to_do_without_records(const struct fleet *fleet)
{
    (void)console_say(CONSOLE_ALWAYS, "No record was kept (--no-state): the same command again "
                                      "would replace ALL of them, those that are done, too.");
    say_which(fleet,
              "Never give these again before it is certain what has become of them: whatever is "
              "begun then has another client token, and replaces them once more.",
              is_open);
    say_which(fleet, "These were not replaced, and may be given again:", may_be_begun);
}

/* Without them a check of another would be the first, and that may be taken for the request, too.
 */
static void say_how_the_rest_is_begun(const struct fleet *fleet)
{
    if (!fleet->is_dry_run_heeded) {
        (void)console_say(
            CONSOLE_ALWAYS,
            "Leave them out of the list, and give --no-dry-run-check, for a check would replace "
            "the next volume, too; their records stay, and each can be gone on with alone, as "
            "said above.");
        return;
    }
    (void)console_say(
        CONSOLE_ALWAYS,
        "Leave them out of the list, and the rest is begun; their records stay, and "
        "each can be gone on with alone, as said above. Or allow more than %u to fail "
        "(--max-failures; the canaries have to be done in any case).",
        how_many(fleet, is_stuck));
}

/* Those that come to the same in each run, and so use up --max-failures, or are canaries. */
static void say_what_is_stuck(const struct fleet *fleet)
{
    if (how_many(fleet, is_stuck) == 0) {
        return;
    }
    say_which(fleet,
              "These will come to the same again, and count as failures then, too, so that the "
              "rest may never be begun:",
              is_stuck);
    say_how_the_rest_is_begun(fleet);
    (void)console_say(CONSOLE_ALWAYS,
                      "Once you know what has become of one, --forget with its --instance-id alone "
                      "removes its record. A command that names it then begins it anew.");
}

static void say_what_to_do(const struct fleet *fleet, int status)
{
    if (status == EXIT_DONE || fleet->tool->options.dry_run) {
        return;
    }
    if (fleet->tool->options.no_state) {
        say_what_to_do_without_records(fleet);
        return;
    }
    (void)console_say(CONSOLE_ALWAYS, "%shat is done%s%s.",
                      ended_with(fleet, EXIT_USAGE) > 0
                          ? "Mend what is to be mended, as said above; the command then skips w"
                          : "The same command again skips w",
                      how_many(fleet, is_open) > 0 ? ", goes on with what is not known to be over"
                                                   : "",
                      how_many(fleet, may_be_begun) == 0 ? ""
                      : how_many(fleet, is_open) > 0     ? ", and then begins the rest"
                                                         : ", and begins the rest");
    say_what_is_stuck(fleet);
}

static void say_what_is_not_checked(const struct fleet *fleet)
{
    char text[EVIDENCE_TEXT_SIZE];

    report_not_checked_text(fleet->not_checked, text);
    if (text[0] != '\0') {
        (void)console_say(CONSOLE_PROGRESS, "not checked in some or all of them: %s", text);
    }
}

int fleet_say_summary(struct fleet *fleet)
{
    int status = EXIT_DONE;
    size_t i;

    print_rest(fleet);
    for (i = 0; i < fleet->list.count; i++) {
        status = fleet_plan_graver(status, fleet->members[i].exit_status);
    }
    say_numbers(fleet);
    say_what_is_not_checked(fleet);
    say_what_is_not_done(fleet);
    say_what_to_do(fleet, status);
    return status;
}
