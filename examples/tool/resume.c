/*
 * --resume and --send-again: goes on with a job from its record.
 */
#define _POSIX_C_SOURCE 200809L
#include "again.h"
#include "conclude_job.h"
#include "confirm.h"
#include "console.h"
#include "job.h"
#include "prepare.h"
#include "terminal.h"

/* What the record says of the user data may be gone since; then it can still be looked. */
static void read_user_data(struct tool *tool)
{
    if (secrets_read_user_data(&tool->secrets, &tool->options, &tool->report) != 0) {
        (void)console_say(CONSOLE_WARNING, "%s; it is looked at without", tool->report.message);
        report_renew(&tool->report);
    }
}

/* A password is taken if one is given; else it is asked for when it turns out to be needed. */
static int read_password(struct tool *tool)
{
    if (!password_is_wanted(&tool->options) || password_is_typed(&tool->options)) {
        return 0;
    }
    return secrets_read_password(&tool->secrets, &tool->options, &tool->report);
}

static int prepare(struct tool *tool, struct job_record *record)
{
    int status = job_record_find(record, tool);

    if (status == 0) {
        status = options_from_record(&tool->options, record->found.options,
                                     record->found.options_len, &tool->report);
    }
    if (status == 0) {
        read_user_data(tool);
        status = read_password(tool);
    }
    if (status == 0) {
        status = prepare_replacement(tool);
    }
    if (status == 0) {
        status = settings_find(&tool->settings, &tool->options, &tool->report);
    }
    if (status == 0) {
        status = session_open(&tool->session, &tool->options, &tool->settings, &tool->report);
    }
    return status;
}

static int go_on(struct job_scene *scene, struct tool *tool, struct job_record *record)
{
    int status = job_resume(scene, tool, record);

    return status == 0 ? job_drive(scene) : status;
}

/* --- the password, once more -------------------------------------------------------------------
 */

static int wants_password(const struct job_scene *scene)
{
    const rv_job_report *job = rv_job_report_of(&scene->job);

    return job->status == RV_ERR_PARAMETER && job->call.parameter == RV_PARAMETER_PASSWORD &&
           job->call.rule == RV_RULE_REQUIRED;
}

static int go_on_with_password(struct job_scene *scene, struct tool *tool,
                               struct job_record *record)
{
    int is_sent = rv_job_report_of(&scene->job)->outcome == RV_JOB_UNKNOWN;
    int status;

    (void)console_say(CONSOLE_ALWAYS, "%s: that needs the same password as then.",
                      is_sent
                          ? "There is no sign of the replacement, and it may still be sent again"
                          : "The replacement was not sent yet, and this goes on with it");
    status = prepare_typed_password(tool);
    if (status != 0 && is_sent) {
        tool->report.exit_status = EXIT_UNKNOWN;
        return EXIT_UNKNOWN;
    }
    if (status != 0) {
        return status;
    }
    job_close(scene);
    report_renew(&tool->report);
    return go_on(scene, tool, record);
}

/* --- again, under a new token ------------------------------------------------------------------
 */

static int may_send_again(const struct tool *tool)
{
    const rv_job_report *job = &tool->job_report;

    return tool->options.send_again && tool->report.job != NULL && job->outcome == RV_JOB_UNKNOWN &&
           job->is_past_bound && (job->status == RV_ERR_NO_SIGN || job->status == RV_ERR_BOUND);
}

/* The decision is the user's, on what is seen; the new job looks and checks like any other. */
static int send_again(struct job_scene *scene, struct tool *tool, struct job_record *record)
{
    int status = confirm_is_possible(&tool->options, &tool->report);

    if (status == 0) {
        conclude_say_what_is_seen(&tool->report);
        conclude_say_what_may_come(&tool->report);
        (void)console_say(CONSOLE_WARNING,
                          "if %s was replaced all the same, what is on its new system volume is "
                          "lost, too",
                          tool->options.instance_id);
        status = confirm_id(tool, "Type the instance id to send it under a new client token: ");
    }
    if (status == 0 && password_is_wanted(&tool->options) && !tool->secrets.has_password) {
        status = prepare_typed_password(tool);
    }
    if (status == 0) {
        tool->options.client_token = NULL;
        status = prepare_replacement(tool);
    }
    if (status == 0) {
        status = job_record_prepare(record, tool);
    }
    if (status != 0) { /* then what became of the first one is as unknown as before */
        tool->report.exit_status = EXIT_UNKNOWN;
        return EXIT_UNKNOWN;
    }
    job_close(scene);
    report_renew(&tool->report);
    status = job_start(scene, tool, record);
    return status == 0 ? job_drive(scene) : status;
}

/* What became of the replacement is no better known than before, where it could not be looked. */
static int not_looked(struct tool *tool, const struct job_record *record)
{
    struct report *report = &tool->report;

    report->exit_status = EXIT_UNKNOWN;
    report->outcome = "unknown";
    report->record = record->file.path;
    report->next = again_command(&tool->options, AGAIN_RESUME, NULL);
    return EXIT_UNKNOWN;
}

int resume_run(struct tool *tool)
{
    static struct job_scene scene;
    static struct job_record record;
    int status = prepare(tool, &record);

    if (status == 0) {
        status = go_on(&scene, tool, &record);
        if (wants_password(&scene) && password_is_typed(&tool->options) && terminal_is_there()) {
            status = go_on_with_password(&scene, tool, &record);
        }
        if (may_send_again(tool)) {
            status = send_again(&scene, tool, &record);
        }
        if (tool->report.job != NULL) {
            job_settle(&scene);
        }
    }
    if (status == EXIT_NOT_SENT && tool->report.job == NULL && record.kept.job_len > 0) {
        status = not_looked(tool, &record);
    }
    job_close(&scene);
    job_record_close(&record);
    return status;
}
