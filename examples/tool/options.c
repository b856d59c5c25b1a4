#define _POSIX_C_SOURCE 200809L
#include "option_table.h"
#include "seed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* --- the command line --------------------------------------------------------------------------
 */

/* "list" and what of; everything after it are options. */
static int read_list(struct options *options, char **argv, struct report *report)
{
    options->mode = MODE_LIST;
    if (argv[2] == NULL || list_kind_of(argv[2], &options->list) != 0) {
        return option_fault(report, "instances, list images or list key-pairs", "it must be list ");
    }
    return 0;
}

static int is_list(char **argv)
{
    return argv[1] != NULL && strcmp(argv[1], "list") == 0;
}

static int add_instance(struct options *options, struct report *report)
{
    const char **more = realloc(options->instance_ids,
                                (options->instance_count + 1) * sizeof *more);

    if (more == NULL) {
        return report_fault(report, EXIT_NOT_SENT, "out of memory");
    }
    options->instance_ids = more;
    options->instance_ids[options->instance_count++] = options->instance_id;
    return 0;
}

static int read_all(struct options *options, char **argv, struct report *report)
{
    unsigned char given[OPTIONS_MAX] = {0};
    int first = is_list(argv) ? 3 : 1;
    int status = first == 3 ? read_list(options, argv, report) : 0;
    int i;

    for (i = first; status == 0 && argv[i] != NULL; i++) {
        const struct option *option = option_find(argv[i]);

        if (option == NULL && strcmp(argv[i], "list") == 0) {
            return option_fault(report, " has to be the first argument", "\"list\"");
        }
        if (option == NULL) {
            return option_fault(report, argv[i],
                                argv[i][0] == '-' ? "unknown option " : "unexpected argument ");
        }
        if (given[option - option_table] && option->kind != PARAMETER &&
            (option->traits & REPEATED) == 0) {
            return option_fault(report, " is given twice", option->name);
        }
        given[option - option_table] = 1;
        status = option_take(options, option, argv, &i, report);
        if (status == 0 && (option->traits & REPEATED) != 0) {
            status = add_instance(options, report);
        }
    }
    return status;
}

int options_are_several(const struct options *options)
{
    return options->instance_count > 1 ||
           (options->instances_file != NULL && options->instance_index == NOT_GIVEN);
}

int options_have_credential(const struct options *options)
{
    return options->password_file != NULL || options->password_descriptor != NO_DESCRIPTOR ||
           options->key_pair_name != NULL || options->keep_image_credential;
}

/* --- what no single option can say -------------------------------------------------------------
 */

/* An option that does nothing here was meant to do something. */
static int check_fitting(const struct options *options, struct report *report)
{
    size_t i;

    for (i = 0; i < option_count; i++) {
        unsigned traits = option_table[i].traits;

        if (!option_is_given(options, &option_table[i])) {
            continue;
        }
        if (options->mode == MODE_LIST && (traits & OF_LISTS) == 0) {
            return option_fault(report, " has no meaning with list", option_table[i].name);
        }
        if (options->call_only && (traits & NOT_WITH_CALL_ONLY) != 0) {
            return option_fault(report, " has no meaning with --call-only", option_table[i].name);
        }
        if (options_are_several(options) && (traits & NOT_WITH_SEVERAL) != 0) {
            return option_fault(report, " means one instance, and several are named",
                                option_table[i].name);
        }
        if (!options_are_several(options) && (traits & ONLY_WITH_SEVERAL) != 0) {
            return option_fault(report, " has no meaning with one instance", option_table[i].name);
        }
        if (options->dry_run && (traits & NOT_WITH_DRY_RUN) != 0) {
            return option_fault(report, " has no meaning with --dry-run", option_table[i].name);
        }
    }
    return 0;
}

static int check_record_options(const struct options *options, struct report *report)
{
    int places = options->no_state + (options->state_file != NULL) + (options->state_dir != NULL);

    if (options->resume && options->forget) {
        return option_fault(report, " exclude each other", "--resume and --forget");
    }
    if (options->send_again && options->forget) {
        return option_fault(report, " exclude each other", "--send-again and --forget");
    }
    if (places > 1) {
        return option_fault(report, " exclude each other: give one",
                            "--no-state, --state-file and --state-dir");
    }
    if (options->no_state && (options->mode == MODE_RESUME || options->mode == MODE_FORGET)) {
        return option_fault(report, " needs a record, and --no-state says that there is none",
                            options->mode == MODE_RESUME ? "--resume" : "--forget");
    }
    return 0;
}

static int check_index(const struct options *options, struct report *report)
{
    if (options->instance_index == NOT_GIVEN) {
        return 0;
    }
    if (options->instances_file == NULL) {
        return option_fault(report, " needs --instances-file", "--instance-index");
    }
    return options->instance_count == 0
               ? 0
               : option_fault(report, " exclude each other", "--instance-id and --instance-index");
}

/* A token that is not the first run's alone needs something that tells of the runs before: a record
 * that outlives them, or the instance itself. */
static int check_seed(const struct options *options, struct report *report)
{
    int has_record = options->state_dir != NULL || options->state_file != NULL;

    if (options->token_seed == NULL) {
        return 0;
    }
    if (options->token_seed[0] == '\0' || strlen(options->token_seed) > SEED_MAX) {
        return report_fault(report, EXIT_USAGE,
                            "--token-seed must have 1 to %d bytes: what names this one replacement",
                            SEED_MAX);
    }
    if (options->client_token != NULL) {
        return option_fault(report, " exclude each other", "--token-seed and --client-token");
    }
    if (options->send_again) {
        report_advise(report, "Leave --token-seed out, or begin anew with another seed.");
        return option_fault(report, " takes a new token, and --token-seed says which to take",
                            "--send-again");
    }
    if (options->mode == MODE_JOB && !has_record && !options->if_image_differs) {
        report_advise(report, "Without one of them a run cannot know that one before has sent the "
                              "token, and when.");
        return option_fault(report,
                            " needs --state-dir D, which outlives this run, or "
                            "--if-image-differs",
                            "--token-seed");
    }
    return 0;
}

int options_check_credential(const struct options *options, struct report *report)
{
    int given = (options->password_file != NULL) + (options->password_descriptor != NO_DESCRIPTOR) +
                (options->key_pair_name != NULL) + options->keep_image_credential;

    return given <= 1 ? 0
                      : option_fault(report, " exclude each other: give one", CREDENTIAL_OPTIONS);
}

static int check_together(const struct options *options, struct report *report)
{
    int status = check_fitting(options, report);

    if (status == 0) {
        status = check_record_options(options, report);
    }
    if (status == 0) {
        status = check_index(options, report);
    }
    if (status == 0) {
        status = check_seed(options, report);
    }
    if (status == 0) {
        status = options_check_credential(options, report);
    }
    if (status != 0) {
        return status;
    }
    /* asked now, before a file of our own gets this number */
    if (options->password_descriptor != NO_DESCRIPTOR &&
        fcntl((int)options->password_descriptor, F_GETFD) < 0) {
        return report_fault(report, EXIT_USAGE, "--password-fd %lu: %s",
                            (unsigned long)options->password_descriptor, strerror(errno));
    }
    if (options->quiet && options->verbose) {
        return option_fault(report, " exclude each other", "--quiet and --verbose");
    }
    if (options->method != NULL && strcmp(options->method, "get") != 0 &&
        strcmp(options->method, "post") != 0) {
        return report_fault(report, EXIT_USAGE, "--method must be get or post, but it is \"%s\"",
                            options->method);
    }
    return 0;
}

static uint32_t or_default(uint32_t number, uint32_t value)
{
    return number != 0 ? number : value;
}

static void set_defaults(struct options *options)
{
    options->parallel = or_default(options->parallel, 5);
    options->canary = options->canary != NOT_GIVEN ? options->canary : 1; /* may be 0 */
    options->max_failures = or_default(options->max_failures, 1);
    options->requests_per_s = or_default(options->requests_per_s, 4);
    options->burst = or_default(options->burst, 10);
}

static enum mode mode_of(const struct options *options)
{
    if (options->mode == MODE_LIST) {
        return MODE_LIST;
    }
    if (options->forget) {
        return MODE_FORGET;
    }
    if (options->resume || options->send_again) {
        return MODE_RESUME;
    }
    return options->call_only ? MODE_CALL : MODE_JOB;
}

/* Whoever asks for JSON gets it for a command line that cannot be read, too. */
static int wants_json(char **argv)
{
    for (; *argv != NULL; argv++) {
        if (strcmp(*argv, "--json") == 0) {
            return 1;
        }
    }
    return 0;
}

int options_read(struct options *options, int argc, char **argv, struct report *report)
{
    int status;

    memset(options, 0, sizeof *options);
    options->password_descriptor = NO_DESCRIPTOR;
    options->canary = NOT_GIVEN;
    options->instance_index = NOT_GIVEN;
    options->arguments = (const char *const *)argv;
    if (argc < 1) {
        return report_fault(report, EXIT_USAGE, "the program was started without its name");
    }
    status = read_all(options, argv, report);
    options->mode = mode_of(options);
    if (status == 0 && !options->help && !options->version) {
        status = check_together(options, report);
    }
    set_defaults(options);
    options->json = wants_json(argv + 1);
    report->instance_id = options_are_several(options) ? NULL : options->instance_id;
    report->client_token = options->client_token;
    return status;
}

void options_free(struct options *options)
{
    option_free_parameters(options);
    free(options->instance_ids);
    memset(options, 0, sizeof *options);
    options->password_descriptor = NO_DESCRIPTOR;
}
