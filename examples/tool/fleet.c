#define _POSIX_C_SOURCE 200809L
#include "fleet.h"

#include "confirm.h"
#include "console.h"
#include "explain.h"
#include "prepare.h"
#include "replacement.h"
#include "sentences.h"
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define LOOK_FIRST_MS 1000
#define LOOK_LAST_MS  15000

#define OWN_DESCRIPTORS 32 /* beside those of records and connections */

/* --- what the command line says -----------------------------------------------------------------
 */

static int check_count(const struct fleet *fleet)
{
    const struct options *options = &fleet->tool->options;
    struct report *report = &fleet->tool->report;

    if (options->expect_count != 0 && options->expect_count != fleet->list.count) {
        return report_fault(report, EXIT_USAGE, "--expect-count says %lu, but %lu are named",
                            (unsigned long)options->expect_count, (unsigned long)fleet->list.count);
    }
    if (options->yes && options->expect_count == 0) {
        report_advise(report, "Look twice at the list, then add --expect-count %lu.",
                      (unsigned long)fleet->list.count);
        return report_fault(report, EXIT_USAGE,
                            "--yes for several instances needs --expect-count, so that a list that "
                            "is longer than thought is noticed");
    }
    return 0;
}

/* All of them by the library's rules. The password may not be there yet. */
static int check_members(struct fleet *fleet)
{
    struct tool *tool = fleet->tool;
    int status = 0;
    size_t i;

    for (i = 0; status == 0 && i < fleet->list.count; i++) {
        tool->options.instance_id = fleet->list.ids[i];
        status = prepare_replacement(tool);
    }
    return status;
}

/* --- memory --------------------------------------------------------------------------------------
 */

static int out_of_memory(struct fleet *fleet)
{
    return report_fault(&fleet->tool->report, EXIT_NOT_SENT, "out of memory");
}

static int make_members(struct fleet *fleet)
{
    size_t count = fleet->list.count;
    size_t i;

    fleet->members = calloc(count, sizeof *fleet->members);
    fleet->states = calloc(count, sizeof *fleet->states);
    if (fleet->members == NULL || fleet->states == NULL) {
        return out_of_memory(fleet);
    }
    for (i = 0; i < count; i++) {
        fleet->members[i].instance_id = fleet->list.ids[i];
        fleet->members[i].exit_status = FLEET_NO_STATUS;
        fleet->states[i] = fleet->tool->options.dry_run ? FLEET_SEEN : FLEET_UNCHECKED;
    }
    return 0;
}

int fleet_open_list(struct fleet *fleet)
{
    const struct options *options = &fleet->tool->options;
    int status;

    fleet->folder.descriptor = -1; /* none is opened with --no-state, and 0 is another's */
    status = fleet_list_read(&fleet->list, options->instance_ids, options->instance_count,
                             options->instances_file, &fleet->tool->report);
    if (status == 0) {
        status = check_count(fleet);
    }
    return status == 0 ? make_members(fleet) : status;
}

static int read_command_line(struct fleet *fleet)
{
    int status = fleet_open_list(fleet);

    if (status == 0) {
        fleet->tool->options.instance_id = fleet->list.ids[0];
        status = prepare_options(fleet->tool);
    }
    return status == 0 ? check_members(fleet) : status;
}

/* A lock for each instance, and a connection for each at a time. */
static void raise_descriptor_limit(const struct fleet *fleet)
{
    rlim_t wanted = (rlim_t)(fleet->list.count + fleet->plan.parallel + OWN_DESCRIPTORS);
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
        limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* what is too few then is said where it fails */
    }
}

/* --- all together --------------------------------------------------------------------------------
 */

static int on_watch_admit(void *ctx, rv_need *need)
{
    struct fleet *fleet = ctx;

    need->events = 0;
    return fleet_rate_admit(&fleet->rate, &fleet->watch_ticket,
                            session_now_ms(&fleet->tool->session), &need->wake_at_ms)
               ? RV_OK
               : RV_AGAIN;
}

static void on_watch_throttled(void *ctx, uint32_t wait_ms)
{
    struct fleet *fleet = ctx;

    fleet_rate_throttled(&fleet->rate, session_now_ms(&fleet->tool->session), wait_ms);
}

static int open_watch(struct fleet *fleet)
{
    struct tool *tool = fleet->tool;
    rv_client_config config;
    char sentence[STATUS_TEXT_SIZE];
    int status;

    session_client_config(&config, &tool->session, &tool->options, &tool->settings);
    config.admit = on_watch_admit;
    config.throttled = on_watch_throttled;
    config.trace = NULL;
    config.ctx = fleet;
    status = fleet_watch_open(&fleet->watch, &config, &tool->session.system, fleet->watched,
                              fleet->slot_count, LOOK_FIRST_MS, LOOK_LAST_MS);
    status_text(status, sentence);
    return status == RV_OK ? 0 : report_fault(&tool->report, EXIT_NOT_SENT, "%s", sentence);
}

static int open_slots(struct fleet *fleet)
{
    size_t wanted = fleet->plan.parallel < fleet->list.count ? fleet->plan.parallel
                                                             : fleet->list.count;
    int status = 0;

    fleet->slots = calloc(wanted, sizeof *fleet->slots);
    fleet->watched = calloc(wanted, sizeof *fleet->watched);
    fleet->entries = calloc(wanted + 2, sizeof *fleet->entries);
    if (fleet->slots == NULL || fleet->watched == NULL || fleet->entries == NULL) {
        return out_of_memory(fleet);
    }
    while (status == 0 && fleet->slot_count < wanted) {
        status = fleet_slot_open(&fleet->slots[fleet->slot_count], fleet);
        fleet->slot_count++;
    }
    return status == 0 ? open_watch(fleet) : status;
}

static int open_fleet(struct fleet *fleet)
{
    struct tool *tool = fleet->tool;
    const struct options *options = &tool->options;
    int status = read_command_line(fleet);

    fleet->plan.parallel = options->parallel;
    fleet->plan.canaries = options->canary;
    fleet->plan.max_failures = options->max_failures;
    fleet->is_dry_run_heeded = 1;
    if (status == 0) {
        status = settings_find(&tool->settings, options, &tool->report);
    }
    if (status == 0) {
        raise_descriptor_limit(fleet);
        status = fleet_records_open(fleet);
    }
    if (status == 0) {
        status = session_open(&tool->session, options, &tool->settings, &tool->report);
    }
    if (status == 0) {
        fleet_rate_init(&fleet->rate, options->requests_per_s, options->burst,
                        session_now_ms(&tool->session));
        status = open_slots(fleet);
    }
    return status == 0 ? prepare_typed_password(tool) : status;
}

void fleet_close(struct fleet *fleet)
{
    size_t i;

    for (i = 0; i < fleet->slot_count; i++) {
        fleet_slot_close(&fleet->slots[i]);
    }
    if (fleet->slot_count > 0) {
        fleet_watch_close(&fleet->watch);
    }
    fleet_records_close(fleet);
    for (i = 0; fleet->members != NULL && i < fleet->list.count; i++) {
        free(fleet->members[i].reason);
    }
    fleet->tool->options.instance_id = NULL; /* they were the list's */
    fleet->tool->report.instance_id = NULL;
    fleet_list_free(&fleet->list);
    free(fleet->slots);
    free(fleet->watched);
    free(fleet->entries);
    free(fleet->members);
    free(fleet->states);
}

/* --- the run -------------------------------------------------------------------------------------
 */

/* Checks change nothing, if the service heeds them, and nobody is asked before. */
static int run_checks(struct fleet *fleet)
{
    fleet->plan.is_confirmed = 1;
    fleet_loop(fleet);
    return fleet_say_summary(fleet);
}

/* After findings that keep all from being replaced, nothing is checked by DryRun either. */
static void halt_if_nothing_may_begin(struct fleet *fleet)
{
    if (!fleet_plan_may_begin_new(&fleet->plan, fleet->states, fleet->list.count)) {
        fleet->plan.is_halted = 1;
    }
}

static size_t place_of(const struct fleet *fleet, enum fleet_state state)
{
    size_t i = 0;

    while (i < fleet->list.count && fleet->states[i] != state) {
        i++;
    }
    return i;
}

/* The one that looked at image and key pair for all may have ended before that. Then another looks
 * once more. */
static void look_at_all(struct fleet *fleet)
{
    enum fleet_state seen = fleet->tool->options.no_dry_run_check ? FLEET_READY : FLEET_SEEN;
    size_t place;

    fleet_loop(fleet);
    while (fleet->image == IMAGE_UNCHECKED && !fleet->plan.is_interrupted &&
           fleet_plan_may_begin_new(&fleet->plan, fleet->states, fleet->list.count) &&
           (place = place_of(fleet, seen)) < fleet->list.count) {
        fleet->states[place] = FLEET_UNCHECKED;
        fleet_loop(fleet);
    }
}

/* What an earlier run has begun, then all others. */
static void replace_all(struct fleet *fleet)
{
    fleet->plan.is_only_finishing = 1;
    fleet_loop(fleet);
    fleet->plan.is_only_finishing = 0;
    halt_if_nothing_may_begin(fleet);
    fleet_loop(fleet);
}

/* Everything is looked at; then, if anything may begin at all, it is confirmed, checked and done.
 * No request that names ReplaceSystemVolume comes before the confirmation. */
static int run(struct fleet *fleet)
{
    int status;

    if (fleet->tool->options.dry_run) {
        return run_checks(fleet);
    }
    look_at_all(fleet);
    halt_if_nothing_may_begin(fleet);
    fleet->plan.is_confirmed = 1;
    if (fleet_plan_next(&fleet->plan, fleet->states, fleet->list.count) != FLEET_NONE) {
        if (fleet_confirm(fleet) == 0) {
            replace_all(fleet);
        } else {
            (void)console_say(CONSOLE_ERROR, "%s", fleet->tool->report.message);
        }
    }
    status = fleet_say_summary(fleet);
    if (status == EXIT_DONE) {
        fleet_records_clear(fleet);
    }
    return status;
}

int fleet_run(struct tool *tool)
{
    static struct fleet fleet;
    int status;

    fleet.tool = tool;
    status = open_fleet(&fleet);
    if (status == 0) {
        tool->is_concluded = 1;
        status = run(&fleet);
    }
    fleet_close(&fleet);
    return status;
}
