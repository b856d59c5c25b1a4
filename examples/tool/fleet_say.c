#define _POSIX_C_SOURCE 200809L
#include "fleet.h"

#include "confirm.h"
#include "console.h"
#include "progress.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- meanwhile ----------------------------------------------------------------------------------
 */

/* Whoever does not know the token cannot ask again safely; where there is a record, it has it. */
void fleet_say_begun(const struct fleet_slot *slot)
{
    const struct fleet_member *member = slot->member;

    (void)console_say(member->has_record ? CONSOLE_PROGRESS : CONSOLE_ALWAYS,
                      "%s: %s, client token %s", member->instance_id,
                      slot->work == FLEET_RESUME ? "gone on with" : "begun",
                      rv_job_report_of(&slot->job)->call.client_token);
}

void fleet_say_step(struct fleet_slot *slot, const rv_progress *progress)
{
    if (progress->step != slot->step) {
        slot->step = progress->step;
        (void)console_say(CONSOLE_PROGRESS, "%s: %s", slot->member->instance_id,
                          rv_step_name(progress->step));
    }
}

void fleet_say_ignored_dry_run(const struct fleet_slot *slot)
{
    (void)console_say(CONSOLE_ERROR,
                      "%s IS BEING REPLACED, although only a check was asked (DryRun): no other "
                      "check or replacement is begun",
                      slot->member->instance_id);
}

static unsigned number_of(const struct fleet *fleet, enum fleet_state state)
{
    return (unsigned)fleet_plan_count(fleet->states, fleet->list.count, state);
}

void fleet_say_live(const struct fleet *fleet)
{
    unsigned looking = number_of(fleet, FLEET_LOOKING) + number_of(fleet, FLEET_UNCHECKED);
    unsigned checking = number_of(fleet, FLEET_CHECKING) + number_of(fleet, FLEET_SEEN);
    unsigned all = (unsigned)fleet->list.count;

    if (looking > 0) {
        console_live("looking at %u instances, %u to go", all, looking);
    } else if (checking > 0) {
        console_live("checking %u instances, %u to go", all, checking);
    } else {
        console_live("%u of %u done, %u failed, %u at work, %u to go", number_of(fleet, FLEET_DONE),
                     all, number_of(fleet, FLEET_FAILED), number_of(fleet, FLEET_RUNNING),
                     number_of(fleet, FLEET_READY) + number_of(fleet, FLEET_BEGUN));
    }
}

/* --- one of them --------------------------------------------------------------------------------
 */

static void print(const struct fleet *fleet)
{
    const struct report *report = &fleet->tool->report;

    console_live_end();
    if (fleet->tool->options.json) {
        report_print_json(report);
    } else {
        report_print_line(report);
    }
}

static void keep_reason(struct fleet_member *member, const struct report *report)
{
    const char *code = report_code(report);
    size_t size = strlen(report->message) + strlen(code) + 3;

    member->reason = malloc(size);
    if (member->reason != NULL) {
        (void)snprintf(member->reason, size, "%s%s%s", code, code[0] != '\0' ? ": " : "",
                       report->message);
    }
}

void fleet_say_result(struct fleet *fleet, struct fleet_member *member)
{
    const struct report *report = &fleet->tool->report;
    char elapsed[DURATION_TEXT_SIZE];

    member->exit_status = report->exit_status;
    if (report->exit_status == EXIT_DONE) {
        duration_text(report->elapsed_s, elapsed);
        (void)console_say(CONSOLE_PROGRESS, "%s: %s (%s)", member->instance_id,
                          report_outcome_name(report), elapsed);
    } else {
        keep_reason(member, report);
        (void)console_say(CONSOLE_ERROR, "%s: %s: %s", member->instance_id,
                          report_outcome_name(report),
                          member->reason != NULL ? member->reason : report->message);
        if (report->advice[0] != '\0') {
            (void)console_say(CONSOLE_ALWAYS, "%s", report->advice);
        }
    }
    print(fleet);
}

/* One that this run has not touched. */
static void print_untouched(struct fleet *fleet, struct fleet_member *member, const char *outcome,
                            int exit_status, const char *message)
{
    struct report *report = &fleet->tool->report;

    report_free(report);
    report_init(report);
    report->instance_id = member->instance_id;
    report->outcome = outcome;
    member->exit_status = report_fault(report, exit_status, "%s", message);
    print(fleet);
}

/* --- before -------------------------------------------------------------------------------------
 */

static int is_to_begin(const struct fleet *fleet, size_t place)
{
    uint8_t state = fleet->states[place];

    return !fleet->plan.is_halted && (state == FLEET_SEEN || state == FLEET_READY);
}

static void say_plan(const struct fleet *fleet, unsigned to_do)
{
    const struct tool *tool = fleet->tool;
    size_t i;

    (void)console_say(CONSOLE_ALWAYS,
                      "The system volumes of %u instances will be replaced by new "
                      "ones,",
                      to_do);
    (void)console_say(CONSOLE_ALWAYS,
                      "made from the image %s (region %s, at %s):", tool->options.image_id,
                      tool->settings.region, tool->settings.endpoint.host);
    for (i = 0; i < fleet->list.count; i++) {
        const struct fleet_member *member = &fleet->members[i];

        if (fleet->states[i] == FLEET_BEGUN) {
            (void)console_say(CONSOLE_ALWAYS, "  %s  was begun by an earlier run",
                              member->instance_id);
        } else if (is_to_begin(fleet, i)) {
            (void)console_say(CONSOLE_ALWAYS, "  %s  %s  %s, image now %s", member->instance_id,
                              member->instance.instance_name,
                              rv_instance_status_name(member->instance.status),
                              member->instance.image_id);
        }
    }
    if (number_of(fleet, FLEET_DONE) > 0) {
        (void)console_say(CONSOLE_ALWAYS,
                          "%u more were done by an earlier run of this command and "
                          "stay as they are; --forget forgets that.",
                          number_of(fleet, FLEET_DONE));
    }
    (void)console_say(CONSOLE_ALWAYS, "Everything on their present ones is lost for good: the "
                                      "system, its settings, all data kept there.");
    (void)console_say(CONSOLE_ALWAYS,
                      "Each that runs is stopped when its turn comes, %u at a time; "
                      "the first %u of the list before the rest.",
                      (unsigned)fleet->plan.parallel, (unsigned)fleet->plan.canaries);
}

int fleet_confirm(struct fleet *fleet)
{
    unsigned to_do = number_of(fleet, FLEET_BEGUN);
    char number[16];

    if (!fleet->plan.is_halted) {
        to_do += number_of(fleet, FLEET_SEEN) + number_of(fleet, FLEET_READY);
    }
    if (!confirm_is_wanted(&fleet->tool->options) || to_do == 0) {
        return 0;
    }
    console_live_end();
    say_plan(fleet, to_do);
    (void)snprintf(number, sizeof number, "%u", to_do);
    return confirm_typed(fleet->tool, "Type their number to go on: ", number);
}

/* --- after --------------------------------------------------------------------------------------
 */

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
    if (number_of(fleet, FLEET_FAILED) > 0) {
        return "not begun: too many others have failed";
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
            print_untouched(fleet, member, "done", EXIT_DONE, "done by an earlier run");
        } else if (fleet->states[i] == FLEET_BEGUN) {
            print_untouched(fleet, member, "unknown", EXIT_UNKNOWN,
                            "begun by an earlier run, and not gone on with");
        } else {
            member->is_not_begun = 1;
            print_untouched(fleet, member, "not_begun", EXIT_NOT_SENT, why_not_begun(fleet));
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

static void say_what_to_do(const struct fleet *fleet, int status)
{
    if (status == EXIT_DONE || fleet->tool->options.dry_run) {
        return;
    }
    if (fleet->tool->options.no_state) {
        (void)console_say(CONSOLE_ALWAYS, "No record was kept (--no-state): leave out what is done "
                                          "before you give the command again.");
    } else {
        (void)console_say(CONSOLE_ALWAYS,
                          "The same command again skips what is done, goes on with what is not "
                          "known to be over, and begins the rest.");
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
    say_what_is_not_done(fleet);
    say_what_to_do(fleet, status);
    return status;
}
