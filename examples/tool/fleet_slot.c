#define _POSIX_C_SOURCE 200809L
#include "fleet.h"

#include "console.h"
#include "explain.h"
#include "explain_job.h"
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

/* A check without DryRun ends where the first thing would be done. */
static int on_progress(void *ctx, const rv_progress *progress)
{
    struct fleet_slot *slot = ctx;

    if (slot->work == FLEET_CHECK) {
        return slot->replace.dry_run == RV_TRUE || progress->step == RV_STEP_CHECK
                   ? RV_OK
                   : RV_ERR_CANCELLED;
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

/* Image and key pair are the same for all, so one check looks at them. The request itself is tried
 * with DryRun, unless that is not wanted. */
static int begin_check(struct fleet_slot *slot)
{
    struct fleet *fleet = slot->fleet;

    if (!fleet->tool->options.no_dry_run_check) {
        slot->replace.dry_run = RV_TRUE;
    }
    slot->config.store = NULL;
    slot->config.may_stop = 1; /* whether it may is asked when it is known that it runs */
    slot->config.check_dry_run = 0;
    slot->config.check_image = !fleet->is_image_checked;
    slot->config.check_key_pair = !fleet->is_image_checked;
    fleet->is_image_checked = 1;
    return rv_job_start(&slot->job, &slot->client, &slot->config);
}

/* What was checked is not checked again, but for what could not be while it ran. */
static int begin_replacement(struct fleet_slot *slot)
{
    slot->config.check_image = 0;
    slot->config.check_key_pair = 0;
    if (slot->member->instance.status == RV_INSTANCE_STOPPED) {
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
    return rv_job_resume(&slot->job, &slot->client, &slot->config, fleet->record.job,
                         fleet->record.job_len);
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
    report_init(&slot->trouble);
    set_up(slot);
    if (*state_of(slot) == FLEET_UNCHECKED) {
        slot->work = FLEET_CHECK;
        *state_of(slot) = FLEET_CHECKING;
        (void)begin_check(slot);
        return;
    }
    slot->work = *state_of(slot) == FLEET_BEGUN ? FLEET_RESUME : FLEET_REPLACE;
    *state_of(slot) = FLEET_RUNNING;
    status = slot->work == FLEET_RESUME ? begin_resumed(slot) : begin_replacement(slot);
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
    rv_posix_socket_init(&tool->session.posix, &tool->session.socket);
}

static int is_for_lack_of_permission(const rv_job_report *job)
{
    return job->call.code == RV_CODE_ACCESS_DENIED || job->call.code == RV_CODE_LACK_POLICY ||
           job->power_code == RV_CODE_ACCESS_DENIED || job->power_code == RV_CODE_LACK_POLICY;
}

static int has_passed(const struct fleet_slot *slot, const rv_job_report *job)
{
    if (slot->replace.dry_run != RV_TRUE) {
        return job->status == RV_ERR_CANCELLED && job->step != RV_STEP_CHECK;
    }
    return job->outcome == RV_JOB_CHECKED;
}

/* A service that looks at the status first cannot say more while the machine runs. It is asked
 * again once that is stopped. */
static int is_only_not_stopped(const struct fleet_slot *slot, const rv_job_report *job)
{
    return job->outcome == RV_JOB_REFUSED && job->call.code == RV_CODE_INVALID_INSTANCE_STATUS &&
           job->instance.status != RV_INSTANCE_STOPPED && !slot->fleet->tool->options.dry_run;
}

/* Checked, but it runs, and nobody has said that it may be stopped. */
static void explain_that_it_runs(struct fleet_slot *slot, const rv_job_report *job)
{
    rv_job_report copy = *job;

    copy.status = RV_ERR_INSTANCE_STATUS;
    copy.outcome = RV_JOB_NOT_SENT;
    explain(slot, &copy);
}

static void end_check(struct fleet_slot *slot, const rv_job_report *job)
{
    const struct options *options = &slot->fleet->tool->options;
    int is_good = has_passed(slot, job) || is_only_not_stopped(slot, job);

    slot->member->instance = job->instance;
    if (slot->fleet->plan.is_interrupted && job->status == RV_ERR_CANCELLED) {
        *state_of(slot) = FLEET_UNCHECKED;
        return;
    }
    if (is_good && !options->dry_run) {
        if (job->instance.status != RV_INSTANCE_RUNNING || options->stop || options->force_stop) {
            *state_of(slot) = FLEET_READY;
            return;
        }
        explain_that_it_runs(slot, job);
    } else {
        explain(slot, job);
    }
    *state_of(slot) = is_good && options->dry_run ? FLEET_DONE : FLEET_FAILED;
    fleet_say_result(slot->fleet, slot->member);
}

static void end_replacement(struct fleet_slot *slot, const rv_job_report *job)
{
    struct fleet *fleet = slot->fleet;

    fleet_records_settle(fleet, slot->member, job->outcome);
    explain(slot, job);
    *state_of(slot) = job->outcome == RV_JOB_DONE ? FLEET_DONE : FLEET_FAILED;
    fleet_say_result(fleet, slot->member);
}

void fleet_slot_step(struct fleet_slot *slot)
{
    const rv_job_report *job = rv_job_report_of(&slot->job);

    if (rv_job_step(&slot->job, &slot->need) == RV_AGAIN) {
        return;
    }
    if (is_for_lack_of_permission(job)) {
        slot->fleet->plan.has_no_permission = 1;
    }
    if (slot->work == FLEET_CHECK) {
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
