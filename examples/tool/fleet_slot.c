#define _POSIX_C_SOURCE 200809L
#include "fleet.h"

#include "confirm.h"
#include "console.h"
#include "explain.h"
#include "explain_job.h"
#include "job.h"
#include "replacement.h"
#include "sentences.h"
#include "signals.h"
#include <string.h>

static uint64_t now_ms(const struct fleet *fleet)
{
    return session_now_ms(&fleet->tool->session);
}

static uint8_t *state_of(const struct fleet_slot *slot)
{
    return &slot->fleet->states[slot->member - slot->fleet->members];
}

/* --- what the library asks and tells ------------------------------------------------------------
 */

static int on_admit(void *ctx, rv_need *need)
{
    struct fleet_slot *slot = ctx;

    need->events = 0;
    return fleet_rate_admit(&slot->fleet->rate, &slot->ticket, now_ms(slot->fleet),
                            &need->wake_at_ms)
               ? RV_OK
               : RV_AGAIN;
}

static void on_throttled(void *ctx, uint32_t wait_ms)
{
    struct fleet_slot *slot = ctx;

    fleet_rate_throttled(&slot->fleet->rate, now_ms(slot->fleet), wait_ms);
}

static int on_store(void *ctx, const uint8_t *record, size_t len, rv_need *need)
{
    struct fleet_slot *slot = ctx;

    (void)need;
    return fleet_records_store(slot->fleet, slot->member, record, len, &slot->trouble);
}

/* A look or a check ends where the first thing would be done. */
static int on_progress(void *ctx, const rv_progress *progress)
{
    struct fleet_slot *slot = ctx;
    int is_over = progress->step == RV_STEP_STOP || progress->step == RV_STEP_REPLACE;

    if (slot->work == FLEET_LOOK || slot->work == FLEET_CHECK) {
        return is_over ? RV_ERR_CANCELLED : RV_OK;
    }
    fleet_say_step(slot, progress);
    return RV_OK;
}

/* --- the client, which serves one job after the other -------------------------------------------
 */

int fleet_slot_open(struct fleet_slot *slot, struct fleet *fleet)
{
    struct tool *tool = fleet->tool;
    rv_client_config config;
    char sentence[STATUS_TEXT_SIZE];
    rv_result why;
    int status;

    memset(slot, 0, sizeof *slot);
    slot->fleet = fleet;
    rv_posix_socket_init(&slot->posix, &slot->socket);
    session_client_config(&config, &tool->session, &tool->options, &tool->settings);
    config.socket = &slot->socket;
    config.admit = on_admit;
    config.throttled = on_throttled;
    config.trace = NULL;
    config.ctx = slot;
    status = rv_client_init(&slot->client, &config, &why);
    if (status == RV_ERR_PARAMETER) {
        return explain_parameter(&tool->report, &tool->options, &tool->settings, &why);
    }
    status_text(status, sentence);
    return status == RV_OK ? 0 : report_fault(&tool->report, EXIT_NOT_SENT, "%s", sentence);
}

void fleet_slot_close(struct fleet_slot *slot)
{
    rv_job_free(&slot->job);
    rv_client_free(&slot->client);
    mbedtls_platform_zeroize(&slot->replace, sizeof slot->replace);
}

/* --- beginning ----------------------------------------------------------------------------------
 */

static void set_up(struct fleet_slot *slot)
{
    struct fleet *fleet = slot->fleet;
    const struct options *options = &fleet->tool->options;

    replacement_fill(&slot->replace, options, &fleet->tool->secrets, slot->member->instance_id);
    replacement_job(&slot->config, options, &slot->replace);
    slot->config.observed = 1;
    slot->config.store = slot->member->has_record ? on_store : NULL;
    slot->config.progress = on_progress;
    slot->config.ctx = slot;
}

/* Image and key pair are the same for all, so one looks at them for all; until that has shown that
 * they fit, each one that would be stopped does. */
static void set_up_image_check(struct fleet_slot *slot, int is_last_chance)
{
    struct fleet *fleet = slot->fleet;

    slot->has_image_check = fleet->image == IMAGE_UNCHECKED ||
                            (is_last_chance && fleet->image == IMAGE_BEING_CHECKED);
    slot->config.check_image = (uint8_t)slot->has_image_check;
    slot->config.check_key_pair = (uint8_t)slot->has_image_check;
    if (slot->has_image_check) {
        fleet->image = IMAGE_BEING_CHECKED;
    }
}

static void note_image_check(const struct fleet_slot *slot, const rv_job_report *job,
                             int has_passed)
{
    struct fleet *fleet = slot->fleet;

    if (slot->has_image_check && has_passed) {
        fleet->image = IMAGE_CHECKED;
        fleet->image_not_checked = job->not_checked &
                                   (RV_NOT_CHECKED_IMAGE | RV_NOT_CHECKED_KEY_PAIR);
    } else if (slot->has_image_check && fleet->image == IMAGE_BEING_CHECKED) {
        fleet->image = IMAGE_UNCHECKED;
    }
}

/* Questions only. Whether it may be stopped is asked when it is known that it runs. */
static int begin_look(struct fleet_slot *slot)
{
    slot->config.store = NULL;
    slot->config.may_stop = 1;
    slot->config.check_dry_run = 0;
    set_up_image_check(slot, 0);
    return rv_job_start(&slot->job, &slot->client, &slot->config);
}

/* The job as far as its DryRun, which is in its record before it is sent; for --dry-run the job is
 * no more than that. */
static int begin_check(struct fleet_slot *slot)
{
    slot->config.may_stop = 1;
    set_up_image_check(slot, 0);
    return rv_job_start(&slot->job, &slot->client, &slot->config);
}

/* What was checked is not checked again, but for what could not be while it ran. */
static int begin_replacement(struct fleet_slot *slot)
{
    set_up_image_check(slot, 1);
    if (slot->member->is_dry_run_checked) {
        slot->config.check_dry_run = 0;
    }
    return rv_job_start(&slot->job, &slot->client, &slot->config);
}

static int begin_resumed(struct fleet_slot *slot)
{
    struct fleet *fleet = slot->fleet;

    if (fleet_records_load(fleet, slot->member, &fleet->tool->report) != 0) {
        fleet->record.job_len = 0;
    }
    if (!fleet->is_dry_run_heeded) {
        slot->config.check_dry_run = 0;
    }
    if (record_has_argument(&fleet->record, "--stop") ||
        record_has_argument(&fleet->record, "--force-stop")) {
        slot->config.may_stop = 1; /* that was asked for then; force is not, unless it is now */
    }
    return rv_job_resume(&slot->job, &slot->client, &slot->config, fleet->record.job,
                         fleet->record.job_len);
}

/* One that an earlier run has left in its check has the rest before it, like all others. */
static int is_in_check(const struct fleet_slot *slot)
{
    const rv_job_report *job = rv_job_report_of(&slot->job);

    return job->status == RV_AGAIN && job->is_dry_run && !job->stopped_by_job;
}

/* A job that cannot begin is finished, and its first step says why. */
void fleet_slot_begin(struct fleet_slot *slot, struct fleet_member *member)
{
    int status;

    slot->member = member;
    slot->began_ms = now_ms(slot->fleet);
    slot->need.events = RV_NOW;
    slot->need.wake_at_ms = RV_NEVER;
    slot->step = RV_STEP_CHECK;
    slot->has_image_check = 0;
    slot->is_ignored_known = 0;
    slot->is_taken_back = 0;
    report_init(&slot->trouble);
    set_up(slot);
    switch (*state_of(slot)) {
    case FLEET_UNCHECKED:
        slot->work = FLEET_LOOK;
        *state_of(slot) = FLEET_LOOKING;
        (void)begin_look(slot);
        return;
    case FLEET_SEEN:
        slot->work = FLEET_CHECK;
        *state_of(slot) = FLEET_CHECKING;
        (void)begin_check(slot);
        return;
    case FLEET_BEGUN:
        slot->work = FLEET_RESUME;
        status = begin_resumed(slot);
        slot->is_ignored_known = explain_is_dry_run_ignored(rv_job_report_of(&slot->job));
        break;
    default:
        slot->work = FLEET_REPLACE;
        status = begin_replacement(slot);
        break;
    }
    if (slot->work == FLEET_RESUME && is_in_check(slot)) {
        slot->work = FLEET_CHECK;
        *state_of(slot) = FLEET_CHECKING;
        return;
    }
    *state_of(slot) = FLEET_RUNNING;
    if (status == RV_OK) {
        fleet_say_begun(slot);
    }
}

/* --- the end ------------------------------------------------------------------------------------
 */

/* Fills in tool->report with what has become of it. The connection whose error may have to be
 * explained is the slot's; the session's own is not used. */
static void explain(struct fleet_slot *slot, const rv_job_report *job)
{
    struct tool *tool = slot->fleet->tool;
    struct report *report = &tool->report;

    report_free(report);
    report_init(report);
    report->instance_id = slot->member->instance_id;
    tool->options.instance_id = slot->member->instance_id;
    report->elapsed_s = (uint32_t)((now_ms(slot->fleet) - slot->began_ms) / 1000);
    tool->session.posix = slot->posix;
    explain_job(tool, job, &slot->trouble);
    tool->job_report.not_checked |= (uint8_t)slot->fleet->image_not_checked;
    slot->fleet->not_checked |= tool->job_report.not_checked;
    rv_posix_socket_init(&tool->session.posix, &tool->session.socket);
}

static int is_for_lack_of_permission(const rv_job_report *job)
{
    return job->call.code == RV_CODE_ACCESS_DENIED || job->call.code == RV_CODE_LACK_POLICY ||
           job->power_code == RV_CODE_ACCESS_DENIED || job->power_code == RV_CODE_LACK_POLICY;
}

static void fail(struct fleet_slot *slot)
{
    *state_of(slot) = FLEET_FAILED;
    fleet_say_result(slot->fleet, slot->member);
}

/* By the user, or because of another's check, and nothing was changed. */
static int is_interrupted(const struct fleet_slot *slot, const rv_job_report *job)
{
    return (slot->fleet->plan.is_interrupted || slot->is_taken_back) &&
           job->status == RV_ERR_CANCELLED && job->outcome == RV_JOB_NOT_SENT;
}

/* It has come to where the first thing would be done. */
static int has_passed(const rv_job_report *job)
{
    return job->status == RV_ERR_CANCELLED && job->outcome == RV_JOB_NOT_SENT &&
           (job->step == RV_STEP_STOP || job->step == RV_STEP_REPLACE);
}

/* Checked, but it runs, and nobody has said that it may be stopped. */
static void explain_that_it_runs(struct fleet_slot *slot, const rv_job_report *job)
{
    rv_job_report copy = *job;

    copy.status = RV_ERR_INSTANCE_STATUS;
    copy.outcome = RV_JOB_NOT_SENT;
    explain(slot, &copy);
}

static void end_look(struct fleet_slot *slot, const rv_job_report *job)
{
    const struct options *options = &slot->fleet->tool->options;
    int is_good = has_passed(job);

    slot->member->instance = job->instance;
    note_image_check(slot, job, is_good);
    if (is_interrupted(slot, job) && !is_good) {
        *state_of(slot) = FLEET_UNCHECKED;
    } else if (!is_good) {
        explain(slot, job);
        fail(slot);
    } else if (job->instance.status == RV_INSTANCE_RUNNING && !options->stop &&
               !options->force_stop && !confirm_is_wanted(options)) {
        explain_that_it_runs(slot, job);
        fail(slot);
    } else {
        *state_of(slot) = options->no_dry_run_check ? FLEET_READY : FLEET_SEEN;
    }
}

static void halt(struct fleet *fleet)
{
    fleet->is_dry_run_heeded = 0;
    fleet->plan.is_halted = 1;
    fleet_slots_take_back_checks(fleet);
}

/* The record of one that may have been executed stays. */
static void end_check(struct fleet_slot *slot, const rv_job_report *job)
{
    struct fleet *fleet = slot->fleet;
    int is_checked = job->outcome == RV_JOB_CHECKED; /* of --dry-run */

    slot->member->instance = job->instance;
    note_image_check(slot, job, is_checked || has_passed(job));
    if (job->outcome == RV_JOB_UNKNOWN || job->outcome == RV_JOB_ENDED_BADLY) {
        halt(fleet);
    } else {
        fleet_records_end_check(slot->member);
    }
    if (has_passed(job)) {
        slot->member->is_dry_run_checked = (job->not_checked & RV_NOT_CHECKED_DRY_RUN) == 0;
        *state_of(slot) = FLEET_READY;
    } else if (is_interrupted(slot, job)) {
        *state_of(slot) = FLEET_SEEN;
    } else if (is_checked) {
        explain(slot, job);
        *state_of(slot) = FLEET_DONE;
        fleet_say_result(fleet, slot->member);
    } else {
        explain(slot, job);
        fail(slot);
    }
}

static void end_replacement(struct fleet_slot *slot, const rv_job_report *job)
{
    struct fleet *fleet = slot->fleet;

    note_image_check(slot, job, job->step != RV_STEP_CHECK);
    if (explain_is_dry_run_ignored(job) || (job->outcome == RV_JOB_UNKNOWN && job->is_dry_run)) {
        halt(fleet);
    }
    slot->member->is_left = slot->work == FLEET_RESUME &&
                            job_is_left_to_another_run(job, &fleet->tool->options);
    if (!slot->member->is_left) {
        fleet_records_settle(fleet, slot->member, job->outcome);
    }
    explain(slot, job);
    *state_of(slot) = job->outcome == RV_JOB_DONE ? FLEET_DONE : FLEET_FAILED;
    fleet_say_result(fleet, slot->member);
}

/* Said as soon as it is known, not when it is over: the next check may be the next disk. What an
 * earlier run has said of it is not said again. */
static void heed_ignored_dry_run(struct fleet_slot *slot)
{
    halt(slot->fleet);
    if (!slot->is_ignored_known) {
        slot->is_ignored_known = 1;
        fleet_say_ignored_dry_run(slot);
    }
}

/* The answer to a check is lost; or it was taken for the request, as a common look has shown, and
 * the slot has not been stepped since. */
static int is_in_doubt(const struct fleet_slot *slot)
{
    const rv_job_report *job = rv_job_report_of(&slot->job);

    return slot->member != NULL &&
           ((job->is_dry_run && job->step == RV_STEP_WATCH) || explain_is_dry_run_ignored(job));
}

int fleet_slots_are_in_doubt(const struct fleet *fleet)
{
    size_t i;

    for (i = 0; i < fleet->slot_count; i++) {
        if (is_in_doubt(&fleet->slots[i])) {
            return 1;
        }
    }
    return 0;
}

void fleet_slot_step(struct fleet_slot *slot)
{
    const rv_job_report *job = rv_job_report_of(&slot->job);
    int status = rv_job_step(&slot->job, &slot->need);

    if (explain_is_dry_run_ignored(job)) {
        heed_ignored_dry_run(slot);
    }
    if (status == RV_AGAIN) {
        return;
    }
    if (is_for_lack_of_permission(job)) {
        slot->fleet->plan.has_no_permission = 1;
    }
    if (slot->work == FLEET_LOOK) {
        end_look(slot, job);
    } else if (slot->work == FLEET_CHECK) {
        end_check(slot, job);
    } else {
        end_replacement(slot, job);
    }
    rv_job_free(&slot->job);
    slot->member = NULL;
}

void fleet_slot_cancel(struct fleet_slot *slot)
{
    rv_job_cancel(&slot->job);
    slot->need.events = RV_NOW;
}

static int is_check_to_come(const struct fleet_slot *slot)
{
    const rv_job_report *job = rv_job_report_of(&slot->job);

    return slot->member != NULL && slot->work == FLEET_CHECK && job->status == RV_AGAIN &&
           job->outcome == RV_JOB_NOT_SENT;
}

void fleet_slots_take_back_checks(struct fleet *fleet)
{
    size_t i;

    for (i = 0; i < fleet->slot_count; i++) {
        if (is_check_to_come(&fleet->slots[i])) {
            fleet->slots[i].is_taken_back = 1;
            fleet_slot_cancel(&fleet->slots[i]);
        }
    }
}
