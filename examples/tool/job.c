#define _POSIX_C_SOURCE 200809L
#include "job.h"

#include "already.h"
#include "conclude_job.h"
#include "confirm.h"
#include "console.h"
#include "explain.h"
#include "explain_job.h"
#include "found.h"
#include "prepare.h"
#include "replacement.h"
#include "seed.h"
#include "sentences.h"
#include "signals.h"
#include <stdio.h>
#include <string.h>

#define TICK_MS 1000 /* the line of progress counts the seconds */

/* --- what the library asks and tells -----------------------------------------------------------
 */

static int on_store(void *ctx, const uint8_t *record, size_t len, rv_need *need)
{
    struct job_scene *scene = ctx;

    (void)need;
    return job_record_store(scene->record, record, len);
}

static int on_progress(void *ctx, const rv_progress *progress)
{
    struct job_scene *scene = ctx;

    progress_note(&scene->progress, progress, session_now_ms(&scene->tool->session));
    return RV_OK;
}

/* --- beginning ---------------------------------------------------------------------------------
 */

static void set_up(struct job_scene *scene, struct tool *tool, struct job_record *record)
{
    memset(scene, 0, sizeof *scene);
    scene->tool = tool;
    scene->record = record;
    scene->began_ms = session_now_ms(&tool->session);
    replacement_job(&scene->config, &tool->options, &tool->replace);
    scene->config.store = record != NULL ? on_store : NULL;
    scene->config.progress = on_progress;
    scene->config.ctx = scene;
}

/* It has not begun, and the report says why. */
static int not_begun(struct job_scene *scene)
{
    struct tool *tool = scene->tool;
    const rv_job_report *job = rv_job_report_of(&scene->job);
    char sentence[STATUS_TEXT_SIZE];

    if (job->status == RV_ERR_PARAMETER && scene->is_resumed &&
        job->call.rule == RV_RULE_REQUIRED) {
        return explain_missing_secret(tool, job);
    }
    if (job->status == RV_ERR_PARAMETER) {
        return explain_parameter(&tool->report, &tool->options, &tool->settings, &job->call);
    }
    if (job->status == RV_ERR_RECORD) {
        return report_fault(&tool->report, EXIT_USAGE, "the record %s %s", scene->record->file.path,
                            rv_rule_text(job->call.rule));
    }
    status_text(job->status, sentence);
    return report_fault(&tool->report, EXIT_NOT_SENT, "%s", sentence);
}

int job_start(struct job_scene *scene, struct tool *tool, struct job_record *record)
{
    set_up(scene, tool, record);
    if (rv_job_start(&scene->job, &tool->session.client, &scene->config) != RV_OK) {
        return not_begun(scene);
    }
    if (tool->options.dry_run) {
        return 0;
    }
    return say_token(tool, rv_job_report_of(&scene->job)->call.client_token);
}

int job_resume(struct job_scene *scene, struct tool *tool, struct job_record *record)
{
    set_up(scene, tool, record);
    scene->is_resumed = 1;
    if (rv_job_resume(&scene->job, &tool->session.client, &scene->config, record->kept.job,
                      record->kept.job_len) != RV_OK) {
        return not_begun(scene);
    }
    return say_token(tool, rv_job_report_of(&scene->job)->call.client_token);
}

/* --- the loop ----------------------------------------------------------------------------------
 */

/* One Ctrl-C is one cancel; the library knows what the second one means. */
static void cancel(struct job_scene *scene)
{
    const rv_job_report *job = rv_job_report_of(&scene->job);

    rv_job_cancel(&scene->job);
    if (job->status == RV_AGAIN) {
        (void)console_say(CONSOLE_WARNING,
                          "interrupted by %s: %s was stopped for nothing and is started again "
                          "first; once more ends at once",
                          signals_name(signals_caught()), scene->tool->options.instance_id);
    }
}

static int is_enough(const struct job_scene *scene)
{
    return scene->tool->options.no_wait && rv_job_report_of(&scene->job)->accepted;
}

int job_drive(struct job_scene *scene)
{
    struct tool *tool = scene->tool;
    int most_ms = console_is_live() ? TICK_MS : SESSION_WAIT_MAX_MS;
    int heard = 0;
    rv_need need;

    while (rv_job_step(&scene->job, &need) == RV_AGAIN) {
        if (is_enough(scene)) {
            rv_job_cancel(&scene->job);
            break;
        }
        if (heard < signals_count()) {
            heard++;
            cancel(scene);
            continue;
        }
        session_wait(&tool->session, &need, most_ms);
        signals_note();
        progress_tick(&scene->progress, session_now_ms(&tool->session));
    }
    console_live_end();
    tool->report.elapsed_s = (uint32_t)((session_now_ms(&tool->session) - scene->began_ms) / 1000);
    explain_job(tool, rv_job_report_of(&scene->job),
                scene->record != NULL ? &scene->record->trouble : NULL);
    return tool->report.exit_status;
}

/* --- the end -----------------------------------------------------------------------------------
 */

/* What is over, or was never begun, needs no record. */
static int is_over(const rv_job_report *job)
{
    switch (job->outcome) {
    case RV_JOB_NOT_SENT:
    case RV_JOB_CHECKED:
    case RV_JOB_DONE:
    case RV_JOB_REFUSED:
        return 1;
    default:
        return 0;
    }
}

/* A record that this job has not written is of another one, which is done, and stays. */
static void settle_over(struct job_scene *scene)
{
    struct job_record *record = scene->record;

    if (record == NULL || record->kept.job_len == 0) {
        return;
    }
    if (scene->tool->options.token_seed != NULL &&
        rv_job_report_of(&scene->job)->outcome == RV_JOB_DONE) {
        job_record_keep_done(record);
    } else {
        job_record_remove(record);
    }
}

/* What was stopped for it, and was not started again, is gone on with from the record by whoever
 * has what this run had not: the access key, or a network. */
int job_is_left_to_another_run(const rv_job_report *job, const struct options *options)
{
    return job->outcome == RV_JOB_NOT_SENT &&
           (job->status == RV_ERR_CREDENTIALS ||
            (job->stopped_by_job && job->instance.status != RV_INSTANCE_RUNNING &&
             !options->leave_stopped));
}

void job_settle(struct job_scene *scene)
{
    struct report *report = &scene->tool->report;
    const rv_job_report *job = rv_job_report_of(&scene->job);
    int is_left = scene->is_resumed && job_is_left_to_another_run(job, &scene->tool->options);

    if (is_over(job) && !is_left) {
        settle_over(scene);
        return;
    }
    if (scene->record != NULL) {
        report->record = scene->record->file.path;
    }
    conclude_find_next(report, &scene->tool->options);
}

void job_close(struct job_scene *scene)
{
    rv_job_free(&scene->job);
}

/* --- a new job ---------------------------------------------------------------------------------
 */

static int find_out(struct tool *tool, struct found *found)
{
    struct asker asker;
    rv_result result;

    session_asker(&tool->session, &asker);
    if (found_ask(found, &asker, tool->options.instance_id, tool->options.image_id) == RV_OK) {
        return 0;
    }
    result = ask_result(&asker);
    explain_call(&tool->report, &tool->options, &tool->settings, &tool->session.posix, asker.action,
                 &result);
    return tool->report.exit_status;
}

/* What is not there is said before anybody is asked for anything. */
static int check_found(struct tool *tool, const struct found *found)
{
    rv_result result;

    memset(&result, 0, sizeof result);
    result.rule = RV_RULE_NOT_VISIBLE;
    if (found->instance.state == FOUND_NOT_VISIBLE) {
        result.parameter = RV_PARAMETER_INSTANCE_ID;
    } else if (found->image.state == FOUND_NOT_VISIBLE) {
        result.parameter = RV_PARAMETER_IMAGE_ID;
    } else {
        return 0;
    }
    (void)snprintf(result.parameter_name, sizeof result.parameter_name, "%s",
                   rv_parameter_name(result.parameter));
    return explain_finding(tool, &result, NULL);
}

static int ask_user(struct tool *tool)
{
    static struct found found;
    int status = 0;

    if (!confirm_is_wanted(&tool->options)) {
        return prepare_typed_password(tool);
    }
    status = find_out(tool, &found);
    if (status == 0) {
        status = check_found(tool, &found);
    }
    if (status == 0) {
        status = prepare_typed_password(tool);
    }
    return status == 0 ? confirm_job(tool, &found) : status;
}

/* A check needs no record, but must not come between a job that has one. */
static int look_for_record(struct tool *tool, struct job_record *record)
{
    return tool->options.dry_run ? job_record_look(record, tool) : job_record_begin(record, tool);
}

/* The region is known by now. */
static int take_seed(struct tool *tool)
{
    struct options *options = &tool->options;

    if (options->token_seed == NULL) {
        return 0;
    }
    if (seed_token(options->token_seed, tool->settings.region, options->instance_id,
                   tool->seeded_token) != 0) {
        return report_fault(&tool->report, EXIT_NOT_SENT, "mbedTLS cannot compute SHA-256");
    }
    options->client_token = tool->seeded_token;
    tool->report.client_token = tool->seeded_token;
    return prepare_replacement(tool);
}

static int prepare(struct tool *tool, struct job_record *record)
{
    int status = prepare_options(tool);

    if (status == 0) {
        status = settings_find(&tool->settings, &tool->options, &tool->report);
    }
    if (status == 0) {
        status = take_seed(tool);
    }
    return status == 0 ? look_for_record(tool, record) : status;
}

/* --- with nothing to do ------------------------------------------------------------------------
 */

static int done_before(struct tool *tool)
{
    tool->report.outcome = "done";
    return report_fault(&tool->report, EXIT_DONE,
                        "done before, as its record says: with this seed the system volume of %s "
                        "is not replaced again, and nothing was sent",
                        tool->options.instance_id);
}

static int unchanged(struct tool *tool)
{
    tool->report.outcome = "unchanged";
    return report_fault(&tool->report, EXIT_DONE,
                        "%s has the image %s already and is RUNNING: no replacement was sent",
                        tool->options.instance_id, tool->options.image_id);
}

/* --- the run -----------------------------------------------------------------------------------
 */

/* The token is this run's own, or says nothing of the runs before but what the service remembers.
 */
static void warn_of_runs_before(const struct options *options)
{
    if (options->token_seed != NULL && options->state_dir == NULL && options->state_file == NULL) {
        (void)console_say(CONSOLE_WARNING,
                          "no record tells whether a run before has sent the token of this seed: "
                          "only the service's memory of it keeps %s from being replaced twice",
                          options->instance_id);
    }
}

static int run_new(struct job_scene *scene, struct tool *tool, struct job_record *record)
{
    int is_already = 0;
    int status = tool->options.if_image_differs ? already_look(tool, &is_already) : 0;

    if (status == 0 && is_already) {
        return unchanged(tool);
    }
    if (status == 0) {
        status = ask_user(tool);
    }
    if (status == 0) {
        status = job_record_prepare(record, tool);
    }
    if (status == 0) {
        warn_of_runs_before(&tool->options);
        status = job_start(scene, tool, record->is_open ? record : NULL);
    }
    return status == 0 ? job_drive(scene) : status;
}

/* What was begun with this seed, from where it was cut short. */
static int run_begun(struct job_scene *scene, struct tool *tool, struct job_record *record)
{
    int status = prepare_replacement(tool);

    (void)console_say(CONSOLE_PROGRESS, "begun before with this seed (%s): going on with it",
                      record->file.path);
    if (status == 0) {
        status = job_resume(scene, tool, record);
    }
    return status == 0 ? job_drive(scene) : status;
}

static int run_found(struct job_scene *scene, struct tool *tool, struct job_record *record)
{
    int status;

    if (record->state == JOB_RECORD_DONE) {
        return done_before(tool);
    }
    status = session_open(&tool->session, &tool->options, &tool->settings, &tool->report);
    if (status != 0) {
        return status;
    }
    return record->state == JOB_RECORD_BEGUN ? run_begun(scene, tool, record)
                                             : run_new(scene, tool, record);
}

int job_run(struct tool *tool)
{
    static struct job_scene scene;
    static struct job_record record;
    int status = prepare(tool, &record);

    if (status == 0) {
        status = run_found(&scene, tool, &record);
        if (tool->report.job != NULL) {
            job_settle(&scene);
        }
    }
    job_close(&scene);
    job_record_close(&record);
    return status;
}
