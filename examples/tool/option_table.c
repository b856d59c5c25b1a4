#define _POSIX_C_SOURCE 200809L
#include "option_table.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Names are taken in full only: an abbreviation that works today would be ambiguous, or mean
 * something else, with the next option, and this tool destroys data. */

#define MEMBER(name) offsetof(struct options, name)
#define WHAT         (RECORDED | MUST_AGREE)
#define JOB          NOT_WITH_CALL_ONLY
#define STOPS        (NOT_WITH_CALL_ONLY | NOT_WITH_DRY_RUN)
#define ONE          NOT_WITH_SEVERAL
#define SEVERAL      ONLY_WITH_SEVERAL

const struct option option_table[] = {
    {"--instance-id", TEXT, WHAT | REPEATED, MEMBER(instance_id), "I", 0, 0},
    {"--instances-file", TEXT, 0, MEMBER(instances_file), "F", 0, 0},
    {"--instance-index", NUMBER, ONE, MEMBER(instance_index), "N", 0, 1000000},
    {"--image-id", TEXT, WHAT, MEMBER(image_id), "M", 0, 0},
    {"--password-file", TEXT, 0, MEMBER(password_file), "F", 0, 0},
    {"--password-fd", NUMBER, 0, MEMBER(password_descriptor), "N", 0, 1048575},
    {"--password", PASSWORD, 0, 0, "", 0, 0},
    {"--key-pair-name", TEXT, WHAT, MEMBER(key_pair_name), "K", 0, 0},
    {"--keep-image-credential", FLAG, WHAT, MEMBER(keep_image_credential), "", 0, 0},
    {"--token-seed", TEXT, STOPS | WHAT | ONE, MEMBER(token_seed), "S", 0, 0},
    {"--client-token", TEXT, WHAT | ONE, MEMBER(client_token), "T", 0, 0},
    {"--dry-run", FLAG, 0, MEMBER(dry_run), "", 0, 0},
    {"--image-release-version", TEXT, WHAT, MEMBER(image_release_version), "V", 0, 0},
    {"--size-gib", NUMBER, WHAT, MEMBER(size_gib), "N", 1, RV_SIZE_GIB_MAX},
    {"--user-data-file", TEXT, RECORDED, MEMBER(user_data_file), "F", 0, 0},
    {"--param", PARAMETER, WHAT, 0, "Name=Value", 0, 0},
    {"--region", TEXT, WHAT | OF_LISTS, MEMBER(region), "R", 0, 0},
    {"--endpoint", TEXT, WHAT | OF_LISTS, MEMBER(endpoint), "HOST[:PORT]", 0, 0},
    {"--ca-file", TEXT, RECORDED | OF_LISTS, MEMBER(ca_file), "F", 0, 0},
    {"--profile", TEXT, RECORDED | OF_LISTS, MEMBER(profile), "P", 0, 0},
    {"--method", TEXT, WHAT, MEMBER(method), "get|post", 0, 0},
    {"--timeout-s", NUMBER, RECORDED | OF_LISTS, MEMBER(timeout_s), "N", 1, 3600},
    {"--stop", FLAG, STOPS | RECORDED, MEMBER(stop), "", 0, 0},
    {"--force-stop", FLAG, STOPS | RECORDED, MEMBER(force_stop), "", 0, 0},
    {"--leave-stopped", FLAG, STOPS | RECORDED, MEMBER(leave_stopped), "", 0, 0},
    {"--no-wait", FLAG, STOPS | ONE, MEMBER(no_wait), "", 0, 0},
    {"--wait-s", NUMBER, JOB, MEMBER(wait_s), "N", 1, 86400},
    {"--expect-image", TEXT, JOB | RECORDED, MEMBER(expect_image), "I", 0, 0},
    {"--expect-name", TEXT, JOB | RECORDED | ONE, MEMBER(expect_name), "N", 0, 0},
    {"--no-dry-run-check", FLAG, STOPS | RECORDED, MEMBER(no_dry_run_check), "", 0, 0},
    {"--if-image-differs", FLAG, STOPS | ONE, MEMBER(if_image_differs), "", 0, 0},
    {"--parallel", NUMBER, SEVERAL, MEMBER(parallel), "N", 1, 1000},
    {"--canary", NUMBER, SEVERAL | NOT_WITH_DRY_RUN, MEMBER(canary), "N", 0, 1000000},
    {"--max-failures", NUMBER, SEVERAL | NOT_WITH_DRY_RUN, MEMBER(max_failures), "N", 1, 1000000},
    {"--expect-count", NUMBER, SEVERAL, MEMBER(expect_count), "N", 1, 1000000},
    {"--requests-per-s", NUMBER, SEVERAL, MEMBER(requests_per_s), "N", 1, 1000},
    {"--burst", NUMBER, SEVERAL, MEMBER(burst), "N", 1, 1000},
    {"--resume", FLAG, STOPS | ONE, MEMBER(resume), "", 0, 0},
    {"--send-again", FLAG, STOPS | ONE, MEMBER(send_again), "", 0, 0},
    {"--forget", FLAG, STOPS, MEMBER(forget), "", 0, 0},
    {"--no-state", FLAG, 0, MEMBER(no_state), "", 0, 0},
    {"--state-file", TEXT, ONE, MEMBER(state_file), "F", 0, 0},
    {"--state-dir", TEXT, 0, MEMBER(state_dir), "D", 0, 0},
    {"--call-only", FLAG, ONE, MEMBER(call_only), "", 0, 0},
    {"--yes", FLAG, 0, MEMBER(yes), "", 0, 0},
    {"--json", FLAG, OF_LISTS, MEMBER(json), "", 0, 0},
    {"--quiet", FLAG, OF_LISTS, MEMBER(quiet), "", 0, 0},
    {"--verbose", FLAG, OF_LISTS, MEMBER(verbose), "", 0, 0},
    {"--version", FLAG, OF_LISTS, MEMBER(version), "", 0, 0},
    {"--help", FLAG, OF_LISTS, MEMBER(help), "", 0, 0},
};

typedef char all_options_fit[sizeof option_table / sizeof option_table[0] <= OPTIONS_MAX ? 1 : -1];

const size_t option_count = sizeof option_table / sizeof option_table[0];

int is_option(const char *argument, const char *name)
{
    size_t len = strlen(name);

    return strncmp(argument, name, len) == 0 && (argument[len] == '\0' || argument[len] == '=');
}

const struct option *option_find(const char *argument)
{
    size_t i;

    for (i = 0; i < option_count; i++) {
        if (is_option(argument, option_table[i].name)) {
            return &option_table[i];
        }
    }
    return NULL;
}

void *option_member(struct options *options, const struct option *option)
{
    return (char *)options + option->member;
}

const void *option_value(const struct options *options, const struct option *option)
{
    return (const char *)options + option->member;
}

int option_fault(struct report *report, const char *what, const char *which)
{
    report_advise(report, "replace-volume --help lists all options.");
    return report_fault(report, EXIT_USAGE, "%s%s", which, what);
}

/* --- values ------------------------------------------------------------------------------------
 */

static int take_number(const struct option *option, const char *text, uint32_t *out,
                       struct report *report)
{
    uint64_t value = 0;
    const char *at;

    for (at = text; *at >= '0' && *at <= '9' && value <= option->most; at++) {
        value = value * 10 + (uint64_t)(*at - '0');
    }
    if (at == text || *at != '\0' || value < option->least || value > option->most) {
        return report_fault(
            report, EXIT_USAGE, "%s must be a whole number from %lu to %lu, but it is \"%s\"",
            option->name, (unsigned long)option->least, (unsigned long)option->most, text);
    }
    *out = (uint32_t)value;
    return 0;
}

/* The name needs an end of its own, so it is a copy; the value is the command line's. */
static int take_parameter(struct options *options, const char *text, struct report *report)
{
    const char *equals = strchr(text, '=');
    rv_name_value *more;
    char *name;

    if (equals == NULL) {
        return report_fault(report, EXIT_USAGE, "--param must be Name=Value, but it is \"%s\"",
                            text);
    }
    more = realloc(options->parameters, (options->parameter_count + 1) * sizeof *more);
    if (more == NULL) {
        return report_fault(report, EXIT_NOT_SENT, "out of memory");
    }
    options->parameters = more;
    name = malloc((size_t)(equals - text) + 1);
    if (name == NULL) {
        return report_fault(report, EXIT_NOT_SENT, "out of memory");
    }
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = '\0';
    more[options->parameter_count].name = name;
    more[options->parameter_count].value = equals + 1;
    options->parameter_count++;
    return 0;
}

void option_free_parameters(struct options *options)
{
    size_t i;

    for (i = 0; i < options->parameter_count; i++) {
        free((char *)(size_t)options->parameters[i].name);
    }
    free(options->parameters);
    options->parameters = NULL;
    options->parameter_count = 0;
}

static int take_value(struct options *options, const struct option *option, const char *value,
                      struct report *report)
{
    if (option->kind == NUMBER) {
        return take_number(option, value, option_member(options, option), report);
    }
    if (option->kind == PARAMETER) {
        return take_parameter(options, value, report);
    }
    *(const char **)option_member(options, option) = value;
    return 0;
}

static int refuse_password(struct report *report)
{
    report_advise(report,
                  "Give it with --password-file F, --password-file - (standard input) or "
                  "--password-fd N; on a terminal it is asked for when no credential is given.");
    return report_fault(report, EXIT_USAGE,
                        "there is no --password: everybody on this machine could read the password "
                        "in the list of processes, and the shell would keep it in its history");
}

int option_take(struct options *options, const struct option *option, char **argv, int *at,
                struct report *report)
{
    const char *value = strchr(argv[*at], '=');

    if (option->kind == PASSWORD) {
        return refuse_password(report);
    }
    if (option->kind == FLAG) {
        if (value != NULL) {
            return option_fault(report, " takes no value", option->name);
        }
        *(int *)option_member(options, option) = 1;
        return 0;
    }
    if (value != NULL) {
        return take_value(options, option, value + 1, report);
    }
    /* what looks like an option is one: "--image-id --yes" forgot something */
    if (argv[*at + 1] == NULL || strncmp(argv[*at + 1], "--", 2) == 0) {
        return report_fault(report, EXIT_USAGE, "%s needs a value: %s=%s", option->name,
                            option->name, option->argument);
    }
    (*at)++;
    return take_value(options, option, argv[*at], report);
}

int option_is_given(const struct options *options, const struct option *option)
{
    const void *value = option_value(options, option);

    switch (option->kind) {
    case FLAG:
        return *(const int *)value != 0;
    case TEXT:
        return *(const char *const *)value != NULL;
    case NUMBER:
        /* where 0 is a value, it does not stand for "not given" */
        return *(const uint32_t *)value != (option->least == 0 ? NO_DESCRIPTOR : 0);
    default:
        return option->kind == PARAMETER && options->parameter_count > 0;
    }
}
