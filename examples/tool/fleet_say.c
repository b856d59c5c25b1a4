#define _POSIX_C_SOURCE 200809L
#include "fleet.h"

#include "again.h"
#include "conclude_job.h"
#include "console.h"
#include "fleet_again.h"
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

/* Is there more to say of it than its last word, and more to do? */
static int has_more_to_say(const struct report *report, const struct fleet_member *member)
{
    return report->job != NULL &&
           (member->is_left || report->exit_status == EXIT_UNKNOWN ||
            report->exit_status == EXIT_UNFINISHED || report->exit_status == EXIT_ENDED_BADLY);
}

/* What a program needs to go on, too. A check that is sent again as a bare call would be no check
 * any more. */
static void find_next(struct report *report, const struct options *one,
                      const struct fleet_member *member)
{
    const rv_job_report *job = report->job;

    if (member->has_record) {
        report->record = member->record.path;
        report->next = again_command(one, AGAIN_RESUME, NULL);
    } else if (job->outcome == RV_JOB_UNKNOWN && !one->dry_run && !job->is_dry_run &&
               !job->is_past_bound) {
        report->next = again_command(one, AGAIN_CALL, job->call.client_token);
    }
}

/* As a single job does. */
static void say_open(struct fleet *fleet, struct fleet_member *member)
{
    struct report *report = &fleet->tool->report;
    const rv_job_report *job = report->job;
    struct options one;

    member->is_stuck = report->exit_status == EXIT_ENDED_BADLY || job->is_past_bound ||
                       job->status == RV_ERR_NO_SIGN;
    if (fleet_again_open(&one, &fleet->tool->options, member->instance_id) == 0) {
        find_next(report, &one, member);
        (void)console_say(CONSOLE_ALWAYS, "%s: %s", member->instance_id,
                          report_outcome_name(report));
        conclude_job(report, &one);
    }
    fleet_again_free(&one);
}

static void say_done(const struct fleet_member *member, const struct report *report)
{
    int has_to_stop = report->job->outcome == RV_JOB_CHECKED &&
                      report->job->instance.status == RV_INSTANCE_RUNNING;
    char elapsed[DURATION_TEXT_SIZE];

    duration_text(report->elapsed_s, elapsed);
    (void)console_say(CONSOLE_PROGRESS, "%s: %s (%s)%s", member->instance_id,
                      report_outcome_name(report), elapsed,
                      has_to_stop ? "; it runs, and would have to be stopped first (--stop)" : "");
}

static void say_over(struct fleet_member *member, const struct report *report)
{
    (void)console_say(CONSOLE_ERROR, "%s: %s: %s", member->instance_id, report_outcome_name(report),
                      member->reason != NULL ? member->reason : report->message);
    if (report->advice[0] != '\0') {
        (void)console_say(CONSOLE_ALWAYS, "%s", report->advice);
    }
}

void fleet_say_result(struct fleet *fleet, struct fleet_member *member)
{
    const struct report *report = &fleet->tool->report;

    member->exit_status = report->exit_status;
    if (report->exit_status == EXIT_DONE) {
        say_done(member, report);
    } else {
        keep_reason(member, report);
        if (has_more_to_say(report, member)) {
            say_open(fleet, member);
        } else {
            say_over(member, report);
        }
    }
    print(fleet);
}

void fleet_say_untouched(struct fleet *fleet, struct fleet_member *member, const char *outcome,
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
