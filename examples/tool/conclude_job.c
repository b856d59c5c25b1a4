#define _POSIX_C_SOURCE 200809L
#include "conclude_job.h"

#include "again.h"
#include "conclude.h"
#include "console.h"
#include "explain_job.h"
#include "progress.h"
#include "sentences.h"
#include <stdlib.h>

/* --- how to go on ------------------------------------------------------------------------------
 */

/* May the same request be sent as a bare call? A check would be none any more. */
static int may_call_again(const struct report *report, const struct options *options)
{
    const rv_job_report *job = report->job;

    return job->outcome == RV_JOB_UNKNOWN && !job->is_past_bound && !job->is_dry_run &&
           !options->dry_run;
}

static enum again next_of(const struct report *report, const struct options *options)
{
    if (report->record != NULL) {
        return AGAIN_RESUME;
    }
    return may_call_again(report, options) ? AGAIN_CALL : AGAIN_LOOK;
}

void conclude_find_next(struct report *report, const struct options *options)
{
    report->next = again_command(options, next_of(report, options), report->job->call.client_token);
}

static void say_how_to_go_on(const struct report *report, const struct options *options)
{
    if (report->next == NULL) {
        return;
    }
    switch (next_of(report, options)) {
    case AGAIN_RESUME:
        (void)console_say(CONSOLE_ALWAYS, "To go on with it (it looks first):");
        break;
    case AGAIN_CALL:
        (void)console_say(CONSOLE_ALWAYS, "Within 15 minutes of the first sending it may be asked "
                                          "again under the same token:");
        break;
    default:
        (void)console_say(CONSOLE_ALWAYS, "To look at its status:");
        break;
    }
    say_command(report->next);
}

static void say_advice(const struct report *report)
{
    if (report->advice[0] != '\0') {
        (void)console_say(CONSOLE_ALWAYS, "%s", report->advice);
    }
}

static void say_not_checked(const struct report *report)
{
    char text[EVIDENCE_TEXT_SIZE];

    report_not_checked_text(report->job->not_checked, text);
    if (text[0] != '\0') {
        (void)console_say(CONSOLE_PROGRESS, "not checked: %s", text);
    }
}

/* --- good ends ---------------------------------------------------------------------------------
 */

static void say_done(const struct report *report)
{
    const rv_job_report *job = report->job;
    char elapsed[DURATION_TEXT_SIZE];
    char evidence[EVIDENCE_TEXT_SIZE];

    duration_text(report->elapsed_s, elapsed);
    report_evidence_text(job->evidence, evidence);
    (void)console_say(CONSOLE_PROGRESS,
                      "done: the system volume of %s is replaced, and it is %s (%s)",
                      report->instance_id, rv_instance_status_name(job->instance.status), elapsed);
    (void)console_say(CONSOLE_PROGRESS, "seen: %s", evidence);
    say_not_checked(report);
    if (job->instance.status == RV_INSTANCE_RUNNING) {
        (void)console_say(CONSOLE_PROGRESS,
                          "RUNNING is the service's word: whether the new system answers is not "
                          "known. Its host key is another one.");
    }
}

static void say_checked(const struct report *report)
{
    const rv_job_report *job = report->job;
    const char *status = rv_instance_status_name(job->instance.status);

    if ((job->not_checked & RV_NOT_CHECKED_DRY_RUN) != 0) {
        (void)console_say(CONSOLE_PROGRESS,
                          "checked, as far as that can be done while %s is %s, and nothing was "
                          "changed; it would have to be stopped first (--stop)",
                          report->instance_id, status[0] != '\0' ? status : "not STOPPED");
    } else {
        (void)console_say(CONSOLE_PROGRESS,
                          "checked: the replacement would be accepted, and nothing was changed%s",
                          job->instance.status == RV_INSTANCE_RUNNING
                              ? "; it runs, and would have to be stopped first (--stop)"
                              : "");
    }
    say_not_checked(report);
}

static void say_accepted(const struct report *report)
{
    (void)console_say(CONSOLE_PROGRESS, "accepted: the service replaces the system volume of %s",
                      report->instance_id);
    (void)console_say(CONSOLE_PROGRESS, "%s", report->advice);
    if (report->next != NULL && console_level_is_said(CONSOLE_PROGRESS)) {
        (void)console_say(CONSOLE_PROGRESS,
                          report->record != NULL ? "To watch the rest:" : "To look at its status:");
        say_command(report->next);
    }
}

/* --- open ends ---------------------------------------------------------------------------------
 */

static const char *or_nothing(const char *text)
{
    return text[0] != '\0' ? text : "-";
}

void conclude_say_what_is_seen(const struct report *report)
{
    const rv_job_report *job = report->job;
    char evidence[EVIDENCE_TEXT_SIZE];

    report_evidence_text(job->evidence, evidence);
    (void)console_say(CONSOLE_ALWAYS, "before:  image %s, UpdatedAt %s",
                      or_nothing(job->baseline_image_id), or_nothing(job->baseline_updated_at));
    (void)console_say(CONSOLE_ALWAYS, "now:     image %s, UpdatedAt %s, status %s",
                      or_nothing(job->instance.image_id), or_nothing(job->instance.updated_at),
                      or_nothing(rv_instance_status_name(job->instance.status)));
    (void)console_say(CONSOLE_ALWAYS, "signs of the replacement: %s",
                      evidence[0] != '\0' ? evidence : "none");
}

void conclude_say_what_may_come(const struct report *report)
{
    char sent[UTC_TEXT_SIZE] = "";

    if (report->job->status == RV_ERR_NO_SIGN) {
        (void)console_say(CONSOLE_ALWAYS, "A request that was on its way can no longer begin.");
        return;
    }
    if (report->job->first_sent_utc_s != RV_TIME_UNKNOWN) {
        utc_text(report->job->first_sent_utc_s, sent);
    }
    (void)console_say(
        CONSOLE_ALWAYS,
        "A request that is still on its way may begin until 46 minutes after the first "
        "sending%s%s.",
        sent[0] != '\0' ? ", which was at " : "", sent);
}

static void say_how_to_send_again(const struct options *options)
{
    char *command = again_command(options, AGAIN_SEND_AGAIN, NULL);

    (void)console_say(CONSOLE_ALWAYS, "Once it is certain that the volume was not replaced:");
    say_command(command);
    free(command);
}

static void say_past_bound(const struct report *report, const struct options *options)
{
    conclude_say_what_may_come(report);
    (void)console_say(CONSOLE_ALWAYS, "It may not be sent again under its client token.");
    if (report->record != NULL) {
        say_how_to_send_again(options);
    }
}

static void say_unknown(const struct report *report, const struct options *options)
{
    say_fault(report, options->dry_run ? "the outcome of the check is unknown: "
                                       : "it is unknown whether the system volume was replaced: ");
    (void)console_say(CONSOLE_ALWAYS, "client token: %s", report->result.client_token);
    if (!options->dry_run) {
        conclude_say_what_is_seen(report);
    }
    say_advice(report);
    say_how_to_go_on(report, options);
    if (report->job->is_past_bound && !options->dry_run) {
        say_past_bound(report, options);
    }
}

static void say_unfinished(const struct report *report, const struct options *options)
{
    say_fault(report, "accepted, but not seen to be over: ");
    conclude_say_what_is_seen(report);
    say_advice(report);
    say_how_to_go_on(report, options);
}

/* --- bad ends ----------------------------------------------------------------------------------
 */

static void say_ended_badly(const struct report *report, const struct options *options)
{
    if (explain_is_dry_run_ignored(report->job)) {
        (void)console_say(CONSOLE_ERROR, "THE SYSTEM VOLUME OF %s IS BEING REPLACED,",
                          report->instance_id);
        (void)console_say(CONSOLE_ERROR, "although only a check was asked (DryRun): the service "
                                         "took the request.");
        (void)console_say(CONSOLE_ALWAYS, "Tell the vendor's support; request id: %s",
                          report->result.request_id);
    } else {
        say_fault(report, "ended badly: ");
    }
    conclude_say_what_is_seen(report);
    say_advice(report);
    if (report->record != NULL) {
        (void)console_say(CONSOLE_ALWAYS,
                          "Its record is kept (%s): --resume looks again, --forget removes it.",
                          report->record);
    } else {
        say_how_to_go_on(report, options);
    }
}

static void say_not_done(const struct report *report, const struct options *options)
{
    say_fault(report, report->exit_status == EXIT_REFUSED
                          ? "refused, and nothing was changed on the disk: "
                          : "the replacement was not sent: ");
    say_advice(report);
    say_how_to_go_on(report, options);
}

void conclude_job(const struct report *report, const struct options *options)
{
    switch (report->exit_status) {
    case EXIT_DONE:
        if (report->job->outcome == RV_JOB_CHECKED) {
            say_checked(report);
        } else if (report->job->outcome == RV_JOB_DONE) {
            say_done(report);
        } else {
            say_accepted(report);
        }
        break;
    case EXIT_UNKNOWN:
        say_unknown(report, options);
        break;
    case EXIT_UNFINISHED:
        say_unfinished(report, options);
        break;
    case EXIT_ENDED_BADLY:
        say_ended_badly(report, options);
        break;
    default:
        say_not_done(report, options);
        break;
    }
}
