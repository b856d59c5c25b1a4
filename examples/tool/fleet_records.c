#define _POSIX_C_SOURCE 200809L
#include "fleet.h"

#include "console.h"
#include "job_record.h"
#include "option_table.h"
#include <stdlib.h>
#include <string.h>

/* --- is it the same wish? ----------------------------------------------------------------------
 */

int record_has_argument(const struct record *record, const char *argument)
{
    const char *at = record->options;
    const char *end = at + record->options_len;

    for (; at < end; at += strlen(at) + 1) {
        if (strcmp(at, argument) == 0) {
            return 1;
        }
    }
    return 0;
}

/* The first of a's arguments about what is replaced by what, and where, that b does not have; or
 * NULL. */
static const char *difference(const struct record *a, const struct record *b)
{
    const char *at = a->options;
    const char *end = at + a->options_len;

    for (; at < end; at += strlen(at) + 1) {
        const struct option *option = option_find(at);

        if (option != NULL && (option->traits & MUST_AGREE) != 0 &&
            !is_option(at, "--instance-id") && !record_has_argument(b, at)) {
            return at;
        }
    }
    return NULL;
}

/* --- reading -----------------------------------------------------------------------------------
 */

static int other_wish(const struct fleet *fleet, const struct fleet_member *member,
                      const char *argument)
{
    report_advise(&fleet->tool->report,
                  "Give the same command as then, or see replace-volume --help: --resume and "
                  "--forget, for this instance alone.");
    return report_fault(&fleet->tool->report, EXIT_USAGE,
                        "a replacement of %s was begun with other options (%s), and is not known "
                        "to be over (%s): nothing was sent now",
                        member->instance_id, argument, member->record.path);
}

/* It is over, and something else is wanted now. It stays known until that has begun. */
static int keep_before(struct fleet *fleet, struct fleet_member *member)
{
    member->before = malloc(sizeof *member->before);
    if (member->before == NULL) {
        return report_fault(&fleet->tool->report, EXIT_NOT_SENT, "out of memory");
    }
    memcpy(member->before, &fleet->record, sizeof *member->before);
    return 0;
}

/* What is in the record, and what follows from it. */
static int set_state(struct fleet *fleet, struct fleet_member *member, uint8_t *state)
{
    int is_done = strcmp(fleet->record.outcome, RECORD_OUTCOME_DONE) == 0;
    const char *argument = difference(&fleet->record, &fleet->wish);

    if (argument == NULL) {
        argument = difference(&fleet->wish, &fleet->record);
    }
    if (argument == NULL && is_done) {
        *state = FLEET_DONE;
    } else if (fleet->record.outcome[0] != '\0') {
        return keep_before(fleet, member);
    } else if (argument == NULL) {
        *state = FLEET_BEGUN;
    } else {
        return other_wish(fleet, member, argument);
    }
    return 0;
}

/* Locks its place and reads what is there. */
static enum record_state open_one(struct fleet *fleet, struct fleet_member *member)
{
    const struct tool *tool = fleet->tool;
    struct record_owner owner = {tool->settings.credentials.access_key_id, tool->settings.region,
                                 member->instance_id};
    char name[RECORD_NAME_MAX + 1];

    record_name(&owner, name);
    if (record_file_open(&member->record, &fleet->folder, name, &fleet->tool->report) != 0) {
        return RECORD_REFUSED;
    }
    member->has_record = 1;
    return record_file_read(&member->record, &owner, &fleet->record, &fleet->tool->report);
}

static int open_for_run(struct fleet *fleet, struct fleet_member *member, uint8_t *state)
{
    switch (open_one(fleet, member)) {
    case RECORD_NONE:
        return 0;
    case RECORD_GOOD:
        return set_state(fleet, member, state);
    default:
        return EXIT_USAGE;
    }
}

int fleet_records_open(struct fleet *fleet)
{
    const struct options *options = &fleet->tool->options;
    int status;
    size_t i;

    if (options->no_state || options->dry_run) {
        return 0;
    }
    status = job_record_fill(&fleet->wish, fleet->tool);
    if (status == 0) {
        status = record_folder_open(&fleet->folder, options->state_dir, &fleet->tool->report);
    }
    for (i = 0; status == 0 && i < fleet->list.count; i++) {
        status = open_for_run(fleet, &fleet->members[i], &fleet->states[i]);
    }
    return status;
}

static int open_if_there(struct fleet *fleet, struct fleet_member *member, uint8_t *state)
{
    switch (open_one(fleet, member)) {
    case RECORD_NONE:
        record_file_close(&member->record);
        member->has_record = 0;
        return 0;
    case RECORD_GOOD:
        *state = fleet->record.outcome[0] != '\0' ? FLEET_DONE : FLEET_BEGUN;
        return 0;
    default:
        return EXIT_USAGE;
    }
}

int fleet_records_find(struct fleet *fleet)
{
    const struct options *options = &fleet->tool->options;
    int status = record_folder_open(&fleet->folder, options->state_dir, &fleet->tool->report);
    size_t i;

    for (i = 0; status == 0 && i < fleet->list.count; i++) {
        status = open_if_there(fleet, &fleet->members[i], &fleet->states[i]);
    }
    return status;
}

int fleet_records_load(struct fleet *fleet, struct fleet_member *member, struct report *report)
{
    return record_file_read(&member->record, NULL, &fleet->record, report) == RECORD_GOOD
               ? 0
               : EXIT_USAGE;
}

/* --- writing -----------------------------------------------------------------------------------
 */

/* The options name this one instance, so that --resume can go on with it alone, too. */
static int write_one(struct fleet *fleet, struct fleet_member *member, const char *outcome,
                     const uint8_t *job, size_t len, struct report *trouble)
{
    struct tool *tool = fleet->tool;

    tool->options.instance_id = member->instance_id;
    report_init(trouble);
    if (job_record_fill(&fleet->wish, tool) != 0) {
        (void)report_fault(trouble, EXIT_NOT_SENT, "%s", tool->report.message);
        return EXIT_NOT_SENT;
    }
    memcpy(fleet->wish.outcome, outcome, strlen(outcome) + 1);
    if (len > 0) { /* else job is NULL */
        memcpy(fleet->wish.job, job, len);
    }
    fleet->wish.job_len = len;
    return record_file_write(&member->record, &fleet->wish, trouble);
}

int fleet_records_store(struct fleet *fleet, struct fleet_member *member, const uint8_t *job,
                        size_t len, struct report *trouble)
{
    return write_one(fleet, member, "", job, len, trouble) == 0 ? RV_OK : RV_ERR_STORE;
}

static void warn(const struct report *trouble)
{
    (void)console_say(CONSOLE_WARNING, "%s %s", trouble->message, trouble->advice);
}

static void remove_one(struct fleet_member *member)
{
    struct report trouble;

    report_init(&trouble);
    if (member->has_record && record_file_remove(&member->record, &trouble) != 0) {
        warn(&trouble);
    }
}

/* What was begun has changed nothing. */
static void put_back_one(struct fleet_member *member)
{
    struct report trouble;

    report_init(&trouble);
    if (member->before == NULL) {
        remove_one(member);
    } else if (record_file_write(&member->record, member->before, &trouble) != 0) {
        warn(&trouble);
    }
}

void fleet_records_end_check(struct fleet_member *member)
{
    if (member->has_record) {
        put_back_one(member);
    }
}

void fleet_records_settle(struct fleet *fleet, struct fleet_member *member, rv_job_outcome outcome)
{
    struct report trouble;

    if (!member->has_record) {
        return;
    }
    switch (outcome) {
    case RV_JOB_DONE:
        if (write_one(fleet, member, RECORD_OUTCOME_DONE, NULL, 0, &trouble) != 0) {
            warn(&trouble);
        }
        break;
    case RV_JOB_NOT_SENT:
    case RV_JOB_CHECKED:
    case RV_JOB_REFUSED:
        put_back_one(member);
        break;
    default:
        break;
    }
}

void fleet_records_clear(struct fleet *fleet)
{
    size_t i;

    for (i = 0; i < fleet->list.count; i++) {
        remove_one(&fleet->members[i]);
    }
}

void fleet_records_close(struct fleet *fleet)
{
    size_t i;

    for (i = 0; fleet->members != NULL && i < fleet->list.count; i++) {
        if (fleet->members[i].has_record) {
            record_file_close(&fleet->members[i].record);
        }
        free(fleet->members[i].before);
    }
    record_folder_close(&fleet->folder);
}
