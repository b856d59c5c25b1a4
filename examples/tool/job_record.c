#define _XOPEN_SOURCE 700 /* realpath */
#include "job_record.h"

#include "again.h"
#include "console.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- its place ---------------------------------------------------------------------------------
 */

/* What it has for a text option; "" for none. */
static const char *option_in_record(const struct record *record, const char *name)
{
    const char *at = record->options;
    const char *end = at + record->options_len;

    for (; at < end; at += strlen(at) + 1) {
        if (is_option(at, name)) {
            return at[strlen(name)] == '=' ? at + strlen(name) + 1 : "";
        }
    }
    return "";
}

const char *job_record_option(const struct job_record *record, const char *name)
{
    return option_in_record(&record->found, name);
}

static void set_owner(struct record_owner *owner, const struct tool *tool)
{
    owner->access_key_id = tool->settings.credentials.access_key_id;
    owner->region = tool->settings.region;
    owner->instance_id = tool->options.instance_id;
}

/* A seed names one replacement under whichever key it is asked for: a key that is exchanged between
 * two runs must not hide the record of the first. */
struct seeded {
    const struct tool *tool;
    char name[RECORD_NAME_MAX + 1]; /* "": none found */
};

static int has_seed(const struct record *record, const char *seed)
{
    const char *recorded = option_in_record(record, "--token-seed");

    return strcmp(recorded, seed) == 0;
}

static int take_seeded(void *ctx, const char *name, const struct record *record)
{
    struct seeded *seeded = ctx;
    const struct tool *tool = seeded->tool;
    int is_same = has_seed(record, tool->options.token_seed);

    if (strcmp(record->instance_id, tool->options.instance_id) != 0 ||
        strcmp(record->region, tool->settings.region) != 0 ||
        (!is_same && record->outcome[0] != '\0')) {
        return 0;
    }
    (void)snprintf(seeded->name, sizeof seeded->name, "%s", name);
    return is_same; /* else what was begun is in the way, but the same seed comes first */
}

/* name: its own, or that of the record that concerns it. */
static int find_seeded(struct job_record *record, struct tool *tool, char *name)
{
    struct seeded seeded = {tool, ""};
    int status = record_folder_search(&record->folder, take_seeded, &seeded, &tool->report);

    if (status == 0 && seeded.name[0] != '\0') {
        memcpy(name, seeded.name, sizeof seeded.name);
    }
    return status;
}

/* Opens the folder; name is the file that the user has named, or "". */
static int open_folder(struct job_record *record, struct tool *tool, const char **name)
{
    int status;

    *name = "";
    if (tool->options.state_file != NULL) {
        status = record_folder_open_of(&record->folder, tool->options.state_file, name,
                                       &tool->report);
    } else {
        status = record_folder_open(&record->folder, tool->options.state_dir, &tool->report);
    }
    record->has_folder = status == 0;
    return status;
}

static int open_file(struct job_record *record, struct tool *tool, const char *name)
{
    int status = record_file_open(&record->file, &record->folder, name, &tool->report);

    record->is_open = status == 0;
    if (status != 0 && record->file.is_busy && tool->options.token_seed != NULL) {
        report_advise(&tool->report, "The same command again tells what it has come to.");
        tool->report.exit_status = EXIT_NOT_SENT;
        return EXIT_NOT_SENT;
    }
    return status;
}

static int open_place(struct job_record *record, struct tool *tool)
{
    struct record_owner owner;
    char own_name[RECORD_NAME_MAX + 1];
    const char *name;
    int status = open_folder(record, tool, &name);

    if (status != 0) {
        return status;
    }
    if (name[0] == '\0') {
        set_owner(&owner, tool);
        record_name(&owner, own_name);
        name = own_name;
        if (tool->options.token_seed != NULL) {
            status = find_seeded(record, tool, own_name);
        }
    }
    return status == 0 ? open_file(record, tool, name) : status;
}

/* --- a new job ---------------------------------------------------------------------------------
 */

/* The user's next move after a lost terminal is arrow-up. */
static int refuse_second(const struct job_record *record, struct tool *tool)
{
    tool->report.record = record->file.path;
    tool->report.next = again_command(&tool->options, AGAIN_RESUME, NULL);
    report_advise(&tool->report, "--resume goes on with it, and looks first. Once you know that it "
                                 "is over, --forget removes the record.");
    return report_fault(
        &tool->report, EXIT_USAGE,
        "a replacement of %s by the image %s was begun, and is not known to be over "
        "(%s): nothing was sent now",
        record->found.instance_id, job_record_option(record, "--image-id"), record->file.path);
}

/* The same seed: it is the same wish, so what it asks for has to be the same, too. */
static int go_on_with(struct job_record *record, struct tool *tool)
{
    int is_done = record->found.outcome[0] != '\0';

    int status;

    record->state = is_done ? JOB_RECORD_DONE : JOB_RECORD_BEGUN;
    memcpy(&record->kept, &record->found, sizeof record->kept);
    if (job_record_option(record, "--client-token")[0] == '\0') {
        tool->options.client_token = NULL; /* --send-again has taken another one */
    }
    status = options_from_record(&tool->options, record->found.options, record->found.options_len,
                                 &tool->report);
    if (status != 0) {
        report_advise(&tool->report, "Another replacement needs another --token-seed.");
    }
    return status;
}

static int take_found(struct job_record *record, struct tool *tool)
{
    const char *seed = tool->options.token_seed;

    if (seed != NULL && has_seed(&record->found, seed)) {
        return go_on_with(record, tool);
    }
    return record->found.outcome[0] != '\0' ? 0 : refuse_second(record, tool);
}

static int refuse_if_there(struct job_record *record, struct tool *tool)
{
    struct record_owner owner;

    set_owner(&owner, tool);
    switch (record_file_read(&record->file, tool->options.token_seed == NULL ? &owner : NULL,
                             &record->found, &tool->report)) {
    case RECORD_NONE:
        return 0;
    case RECORD_GOOD:
        return take_found(record, tool);
    default:
        return EXIT_USAGE;
    }
}

int job_record_begin(struct job_record *record, struct tool *tool)
{
    int status;

    if (tool->options.no_state) {
        return 0;
    }
    status = open_place(record, tool);
    return status == 0 ? refuse_if_there(record, tool) : status;
}

int job_record_look(struct job_record *record, struct tool *tool)
{
    int status = 0;

    if (tool->options.no_state) {
        return 0;
    }
    if (open_place(record, tool) == 0) {
        status = refuse_if_there(record, tool);
    } else if (record->has_folder) {
        status = EXIT_USAGE;
    } else {
        report_renew(&tool->report); /* where there can be no record there is none */
    }
    job_record_close(record);
    return status;
}

/* --- one of before -----------------------------------------------------------------------------
 */

struct search {
    const struct options *options;
    int count;
    char name[RECORD_NAME_MAX + 1]; /* of the first */
    char list[600];                 /* of all, for the user */
};

static int is_meant(const struct options *options, const struct record *record)
{
    return record->outcome[0] == '\0' &&
           (options->instance_id == NULL ||
            strcmp(options->instance_id, record->instance_id) == 0) &&
           (options->region == NULL || strcmp(options->region, record->region) == 0);
}

static int take_note(void *ctx, const char *name, const struct record *record)
{
    struct search *search = ctx;
    size_t used = strlen(search->list);

    if (!is_meant(search->options, record)) {
        return 0;
    }
    if (search->count++ == 0) {
        (void)snprintf(search->name, sizeof search->name, "%s", name);
    }
    (void)snprintf(search->list + used, sizeof search->list - used, "%s%s in %s (%s)",
                   used > 0 ? ", " : "", record->instance_id, record->region, name);
    return 0;
}

/* One that is there but cannot be used is passed over by the search; where its name is known, it
 * says why. */
static int find_by_name(struct job_record *record, struct tool *tool)
{
    struct report quiet;
    struct record_owner owner;
    char name[RECORD_NAME_MAX + 1];
    int status = EXIT_USAGE;

    report_init(&quiet);
    if (tool->options.instance_id != NULL &&
        settings_find(&tool->settings, &tool->options, &quiet) == 0) {
        set_owner(&owner, tool);
        record_name(&owner, name);
        status = open_file(record, tool, name);
    }
    return status;
}

static int search_folder(struct job_record *record, struct tool *tool)
{
    struct search search = {&tool->options, 0, "", ""};
    int status = record_folder_search(&record->folder, take_note, &search, &tool->report);

    if (status != 0) {
        return status;
    }
    if (search.count == 1) {
        return open_file(record, tool, search.name);
    }
    if (search.count > 1) {
        report_advise(&tool->report,
                      "Say which one, with --instance-id, --region or --state-file.");
        return report_fault(&tool->report, EXIT_USAGE, "there are records of %d replacements: %s",
                            search.count, search.list);
    }
    return find_by_name(record, tool) == 0 ? 0 : EXIT_USAGE;
}

static int nothing_there(const struct job_record *record, struct tool *tool)
{
    report_advise(&tool->report, "What is done, refused or not sent leaves no record. Look at the "
                                 "instance before you begin anew.");
    return report_fault(&tool->report, EXIT_USAGE, "there is no record of a replacement%s%s in %s",
                        tool->options.instance_id != NULL ? " of " : "",
                        tool->options.instance_id != NULL ? tool->options.instance_id : "",
                        record->folder.path);
}

static int read_found(struct job_record *record, struct tool *tool)
{
    switch (record_file_read(&record->file, NULL, &record->found, &tool->report)) {
    case RECORD_GOOD:
        memcpy(&record->kept, &record->found, sizeof record->kept);
        return record->found.outcome[0] == '\0' ? 0 : nothing_there(record, tool);
    case RECORD_NONE:
        return nothing_there(record, tool);
    default:
        return EXIT_USAGE;
    }
}

int job_record_find(struct job_record *record, struct tool *tool)
{
    const char *name;
    int status = open_folder(record, tool, &name);

    if (status != 0) {
        return status;
    }
    status = name[0] != '\0' ? open_file(record, tool, name) : search_folder(record, tool);
    if (status != 0) {
        return tool->report.message[0] != '\0' ? status : nothing_there(record, tool);
    }
    return read_found(record, tool);
}

/* --- writing -----------------------------------------------------------------------------------
 */

/* The next run may be in another folder. */
static const char *absolute(const char *path, char out[PATH_MAX])
{
    return path != NULL && realpath(path, out) != NULL ? out : path;
}

static void copy(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text);
}

int job_record_fill(struct record *kept, struct tool *tool)
{
    static char ca_file[PATH_MAX];
    static char user_data_file[PATH_MAX];
    const struct settings *settings = &tool->settings;
    struct options options = tool->options;
    char endpoint[RV_HOST_MAX + 8];

    (void)snprintf(endpoint, sizeof endpoint, "%s:%u", settings->endpoint.host,
                   (unsigned)settings->endpoint.port);
    options.region = settings->region;
    options.endpoint = endpoint;
    options.ca_file = absolute(options.ca_file, ca_file);
    options.user_data_file = absolute(options.user_data_file, user_data_file);
    memset(kept, 0, sizeof *kept);
    copy(kept->access_key_id, sizeof kept->access_key_id, settings->credentials.access_key_id);
    copy(kept->region, sizeof kept->region, settings->region);
    copy(kept->instance_id, sizeof kept->instance_id, options.instance_id);
    kept->options_len = options_to_record(&options, kept->options, sizeof kept->options);
    if (kept->options_len == 0) {
        report_advise(&tool->report, "Give fewer or shorter --param, or --no-state.");
        return report_fault(&tool->report, EXIT_USAGE, "the options are too long for a record");
    }
    return 0;
}

int job_record_prepare(struct job_record *record, struct tool *tool)
{
    return record->is_open ? job_record_fill(&record->kept, tool) : 0;
}

int job_record_store(struct job_record *record, const uint8_t *job, size_t len)
{
    memcpy(record->kept.job, job, len);
    record->kept.job_len = len;
    report_init(&record->trouble);
    return record_file_write(&record->file, &record->kept, &record->trouble) == 0 ? RV_OK
                                                                                  : RV_ERR_STORE;
}

void job_record_keep_done(struct job_record *record)
{
    struct report trouble;

    report_init(&trouble);
    (void)snprintf(record->kept.outcome, sizeof record->kept.outcome, "%s", RECORD_OUTCOME_DONE);
    record->kept.job_len = 0;
    if (record_file_write(&record->file, &record->kept, &trouble) != 0) {
        (void)console_say(CONSOLE_WARNING, "%s %s", trouble.message, trouble.advice);
    }
}

void job_record_remove(struct job_record *record)
{
    struct report trouble;

    int was_of_another = record->found.outcome[0] != '\0';
    int status = 0;

    report_init(&trouble);
    if (record->is_open) {
        status = was_of_another ? record_file_write(&record->file, &record->found, &trouble)
                                : record_file_remove(&record->file, &trouble);
    }
    if (status != 0) {
        (void)console_say(CONSOLE_WARNING, "%s %s", trouble.message, trouble.advice);
    }
}

void job_record_close(struct job_record *record)
{
    if (record->is_open) {
        record_file_close(&record->file);
        record->is_open = 0;
    }
    if (record->has_folder) {
        record_folder_close(&record->folder);
        record->has_folder = 0;
    }
}
