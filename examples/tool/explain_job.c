#define _POSIX_C_SOURCE 200809L
#include "explain_job.h"

#include "explain.h"
#include "progress.h"
#include "sentences.h"
#include "signals.h"
#include <string.h>

/* "RUNNING", or words for a status without a name. */
static const char *status_words(const rv_job_report *job)
{
    const char *name = rv_instance_status_name(job->instance.status);

    if (name[0] != '\0') {
        return name;
    }
    return job->instance.status == RV_INSTANCE_OTHER ? "in a status that is not known here"
                                                     : "not visible with these credentials";
}

/* The action that has ended it. */
static const char *action_of(const rv_job_report *job)
{
    if (job->outcome != RV_JOB_NOT_SENT) {
        return "ReplaceSystemVolume";
    }
    return job->step == RV_STEP_STOP ? "StopInstance" : "DescribeInstances";
}

/* --- why it ended ------------------------------------------------------------------------------
 */

int explain_finding(struct tool *tool, const rv_result *result, const rv_instance *instance)
{
    (void)explain_parameter(&tool->report, &tool->options, &tool->settings, result);
    if (result->rule == RV_RULE_NOT_VISIBLE) {
        report_advise(&tool->report,
                      "Look at the id, the region (%s, from %s) and the account of the "
                      "credentials (from %s).",
                      tool->settings.region, tool->settings.region_source,
                      tool->settings.credentials_source);
    } else if (result->rule == RV_RULE_NOT_EXPECTED) {
        report_advise(&tool->report, "Now it has the image %s and the name \"%s\".",
                      instance->image_id, instance->instance_name);
    }
    return EXIT_USAGE;
}

int explain_missing_secret(struct tool *tool, const rv_job_report *job)
{
    int is_password = job->call.parameter == RV_PARAMETER_PASSWORD;
    int is_sent = job->outcome == RV_JOB_UNKNOWN;

    (void)report_fault(&tool->report, is_sent ? EXIT_UNKNOWN : EXIT_USAGE,
                       "to %s the %s is needed once more, and it is in no record",
                       is_sent ? "send it again" : "go on with what was not yet sent",
                       is_password ? "password" : "user data");
    report_advise(&tool->report, "Give the same %s as then with %s.",
                  is_password ? "password" : "user data",
                  is_password ? "--password-file or --password-fd" : "--user-data-file");
    if (!is_sent && job->stopped_by_job) {
        report_advise(&tool->report, "%s may have been stopped for it.", tool->options.instance_id);
    }
    return tool->report.exit_status;
}

static void explain_parameter_of(struct tool *tool, const rv_job_report *job)
{
    if (job->call.rule == RV_RULE_REQUIRED && job->outcome == RV_JOB_UNKNOWN) {
        (void)explain_missing_secret(tool, job);
    } else {
        (void)explain_parameter(&tool->report, &tool->options, &tool->settings, &job->call);
    }
}

static void explain_instance_status(struct tool *tool, const rv_job_report *job)
{
    struct report *report = &tool->report;

    (void)report_fault(report, EXIT_NOT_SENT,
                       "%s is %s, and its system volume can be replaced only when it is STOPPED",
                       tool->options.instance_id, status_words(job));
    if (job->instance.status == RV_INSTANCE_RUNNING) {
        report_advise(report, "Add --stop to have it stopped first: what runs on it ends.");
    } else if (job->instance.status == RV_INSTANCE_REBUILDING) {
        report_advise(report, "A replacement of somebody's is going on: wait until it is over, and "
                              "look whether it was yours.");
    } else {
        report_advise(report, "Look at it in the vendor's console.");
    }
}

static void explain_store(struct tool *tool, const struct report *trouble)
{
    (void)report_fault(&tool->report, EXIT_NOT_SENT, "%s", trouble->message);
    report_advise(&tool->report, "%s", trouble->advice);
}

static void explain_bad_end(struct tool *tool, const rv_job_report *job)
{
    struct report *report = &tool->report;
    const char *instance_id = tool->options.instance_id;

    if (job->step != RV_STEP_START) {
        (void)report_fault(report, EXIT_ENDED_BADLY,
                           "the replacement was accepted, but %s is %s now", instance_id,
                           status_words(job));
    } else if (job->power_code_text[0] != '\0') {
        (void)report_fault(report, EXIT_ENDED_BADLY,
                           "the system volume of %s was replaced, but it does not start: %s",
                           instance_id, job->power_code_text);
        explain_refusal(report, "StartInstance", job->power_code);
    } else {
        (void)report_fault(report, EXIT_ENDED_BADLY,
                           "the system volume of %s was replaced, but it does not start, and is %s",
                           instance_id, status_words(job));
    }
    report_advise(report, "Look at it in the vendor's console, or ask the vendor's support.");
}

static void explain_credentials(struct tool *tool)
{
    (void)report_fault(
        &tool->report, EXIT_NOT_SENT,
        "nothing may be sent with the access key from %s: the replacement was begun "
        "with another one, and whether the service knows its token under this one is "
        "not known",
        tool->settings.credentials_source);
    report_advise(&tool->report, "Use the access key of then.");
}

static void explain_time(struct tool *tool, const rv_job_report *job)
{
    uint32_t limit_s = tool->options.wait_s != 0 ? tool->options.wait_s : 3600;
    char limit[DURATION_TEXT_SIZE];

    if (tool->report.elapsed_s < limit_s) {
        explain_failure(&tool->report, &tool->settings, &tool->session.posix, action_of(job),
                        &job->call);
        return;
    }
    duration_text(limit_s, limit);
    (void)report_fault(&tool->report, EXIT_NOT_SENT, "it was not over within %s, and %s is %s",
                       limit, tool->options.instance_id, status_words(job));
    if (job->outcome != RV_JOB_UNKNOWN) {
        report_advise(&tool->report, "--wait-s gives more time.");
    }
}

int explain_is_dry_run_ignored(const rv_job_report *job)
{
    return job->outcome == RV_JOB_ENDED_BADLY && job->status != RV_ERR_ENDED_BADLY;
}

/* The service refused something; if that was not the replacement, it is said what. */
static void explain_service(struct tool *tool, const rv_job_report *job)
{
    struct report *report = &tool->report;
    rv_result result = job->call;

    result.status = job->status; /* a record has the code alone */
    explain_failure(report, &tool->settings, &tool->session.posix, action_of(job), &result);
    if (job->outcome == RV_JOB_NOT_SENT) {
        (void)report_fault(report, EXIT_REFUSED, "%s (%s)", result.message, action_of(job));
        if (explain_is_denied(result.code)) {
            report_advise(report, "With --call-only the replacement alone is asked for.");
        }
    }
}

static void explain_why(struct tool *tool, const rv_job_report *job, const struct report *trouble)
{
    rv_result result = job->call;
    char sentence[STATUS_TEXT_SIZE];

    result.status = explain_is_dry_run_ignored(job) ? RV_ERR_DRY_RUN_IGNORED : job->status;
    switch (result.status) {
    case RV_OK:
        break;
    case RV_ERR_CHECK:
        (void)explain_finding(tool, &job->call, &job->instance);
        break;
    case RV_ERR_PARAMETER:
        explain_parameter_of(tool, job);
        break;
    case RV_ERR_INSTANCE_STATUS:
        explain_instance_status(tool, job);
        break;
    case RV_ERR_SERVICE:
        explain_service(tool, job);
        break;
    case RV_ERR_STORE:
        explain_store(tool, trouble);
        break;
    case RV_ERR_ENDED_BADLY:
        explain_bad_end(tool, job);
        break;
    case RV_ERR_CREDENTIALS:
        explain_credentials(tool);
        break;
    case RV_ERR_TIMEOUT:
        explain_time(tool, job);
        break;
    case RV_ERR_DRY_RUN_IGNORED:
    case RV_ERR_BOUND:
    case RV_ERR_NO_SIGN:
        status_text(result.status, sentence);
        (void)report_fault(&tool->report, EXIT_UNKNOWN, "%s", sentence);
        break;
    default:
        explain_failure(&tool->report, &tool->settings, &tool->session.posix, action_of(job),
                        &result);
        break;
    }
}

/* --- what it comes to --------------------------------------------------------------------------
 */

static int is_enough(const struct tool *tool, const rv_job_report *job)
{
    return tool->options.no_wait && job->outcome == RV_JOB_UNFINISHED &&
           job->status == RV_ERR_CANCELLED && signals_caught() == 0;
}

/* What comes before the replacement can be refused, too; the rest of what keeps it from being sent
 * is either to be mended on the command line, or not. */
static int exit_status_of_not_sent(const rv_job_report *job)
{
    switch (job->status) {
    case RV_ERR_CHECK:
    case RV_ERR_PARAMETER:
    case RV_ERR_RECORD:
        return EXIT_USAGE;
    case RV_ERR_INSTANCE_STATUS:
        return job->instance.status == RV_INSTANCE_RUNNING ? EXIT_USAGE : EXIT_NOT_SENT;
    case RV_ERR_SERVICE:
        return EXIT_REFUSED;
    default:
        return EXIT_NOT_SENT;
    }
}

static int exit_status_of(const struct tool *tool, const rv_job_report *job)
{
    switch (job->outcome) {
    case RV_JOB_CHECKED:
    case RV_JOB_DONE:
        return EXIT_DONE;
    case RV_JOB_UNFINISHED:
        return is_enough(tool, job) ? EXIT_DONE : EXIT_UNFINISHED;
    case RV_JOB_ENDED_BADLY:
        return EXIT_ENDED_BADLY;
    case RV_JOB_REFUSED:
        return EXIT_REFUSED;
    case RV_JOB_NOT_SENT:
        return exit_status_of_not_sent(job);
    default:
        return EXIT_UNKNOWN;
    }
}

/* An instance that was stopped for a replacement that did not come. */
static void advise_stopped(struct tool *tool, const rv_job_report *job)
{
    struct report *report = &tool->report;

    if (!job->stopped_by_job || job->accepted || job->outcome == RV_JOB_UNKNOWN) {
        return;
    }
    if (job->instance.status == RV_INSTANCE_RUNNING) {
        report_advise(report, "%s was stopped for it, and runs again.", tool->options.instance_id);
    } else if (tool->options.leave_stopped) {
        report_advise(report, "%s was stopped for it, and is left so.", tool->options.instance_id);
    } else {
        report_advise(report, "%s WAS STOPPED FOR IT, AND IS %s NOW%s%s: look at it, and start it.",
                      tool->options.instance_id, status_words(job),
                      job->power_code_text[0] != '\0' ? ", the start was refused: " : "",
                      job->power_code_text);
    }
}

static void advise(struct tool *tool, const rv_job_report *job)
{
    struct report *report = &tool->report;

    if (report->exit_status == EXIT_UNKNOWN) {
        report_advise(report,
                      "Look what has become of it: the account's audit log, when the system "
                      "volume was created (DescribeVolumes), the system's host key. Never "
                      "start another replacement to find out.");
    } else if (report->exit_status == EXIT_UNFINISHED) {
        report_advise(report, "The replacement goes on without this program.");
        if (tool->options.no_state) {
            report_advise(report, "replace-volume list instances shows its status.");
        }
    } else if (job->outcome == RV_JOB_UNFINISHED) {
        report_advise(report,
                      "The replacement goes on behind the answer: the instance goes through "
                      "REBUILDING to RUNNING.");
    }
    advise_stopped(tool, job);
}

void explain_job(struct tool *tool, const rv_job_report *job, const struct report *trouble)
{
    struct report *report = &tool->report;

    tool->job_report = *job;
    report->job = &tool->job_report;
    report->result = job->call;
    report->result.first_sent_utc_s = job->first_sent_utc_s;
    if (job->outcome == RV_JOB_NOT_SENT) {
        report->result.attempts = 0; /* those were of what came before */
    }
    if (is_enough(tool, job)) {
        report->message[0] = '\0';
    } else {
        explain_why(tool, job, trouble);
    }
    report->exit_status = exit_status_of(tool, job);
    advise(tool, job);
}
