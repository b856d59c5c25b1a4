#define _POSIX_C_SOURCE 200809L
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Names are taken in full only: an abbreviation that works today would be ambiguous, or mean
 * something else, with the next option, and this tool destroys data. */

enum kind {
    FLAG,      /* int */
    TEXT,      /* const char * */
    NUMBER,    /* uint32_t, within its limits */
    PARAMETER, /* Name=Value, may be repeated */
    PASSWORD   /* there is none */
};

struct option {
    const char *name;
    enum kind kind;
    size_t member;
    const char *argument;
    uint32_t least;
    uint32_t most;
};

#define MEMBER(name) offsetof(struct options, name)

static const struct option table[] = {
    {"--instance-id", TEXT, MEMBER(instance_id), "I", 0, 0},
    {"--image-id", TEXT, MEMBER(image_id), "M", 0, 0},
    {"--password-file", TEXT, MEMBER(password_file), "F", 0, 0},
    {"--password-fd", NUMBER, MEMBER(password_descriptor), "N", 0, 1048575},
    {"--password", PASSWORD, 0, "", 0, 0},
    {"--key-pair-name", TEXT, MEMBER(key_pair_name), "K", 0, 0},
    {"--keep-image-credential", FLAG, MEMBER(keep_image_credential), "", 0, 0},
    {"--client-token", TEXT, MEMBER(client_token), "T", 0, 0},
    {"--dry-run", FLAG, MEMBER(dry_run), "", 0, 0},
    {"--image-release-version", TEXT, MEMBER(image_release_version), "V", 0, 0},
    {"--size-gib", NUMBER, MEMBER(size_gib), "N", 1, RV_SIZE_GIB_MAX},
    {"--user-data-file", TEXT, MEMBER(user_data_file), "F", 0, 0},
    {"--param", PARAMETER, 0, "Name=Value", 0, 0},
    {"--region", TEXT, MEMBER(region), "R", 0, 0},
    {"--endpoint", TEXT, MEMBER(endpoint), "HOST[:PORT]", 0, 0},
    {"--ca-file", TEXT, MEMBER(ca_file), "F", 0, 0},
    {"--profile", TEXT, MEMBER(profile), "P", 0, 0},
    {"--method", TEXT, MEMBER(method), "get|post", 0, 0},
    {"--timeout-s", NUMBER, MEMBER(timeout_s), "N", 1, 3600},
    {"--call-only", FLAG, MEMBER(call_only), "", 0, 0},
    {"--yes", FLAG, MEMBER(yes), "", 0, 0},
    {"--json", FLAG, MEMBER(json), "", 0, 0},
    {"--quiet", FLAG, MEMBER(quiet), "", 0, 0},
    {"--verbose", FLAG, MEMBER(verbose), "", 0, 0},
    {"--version", FLAG, MEMBER(version), "", 0, 0},
    {"--help", FLAG, MEMBER(help), "", 0, 0},
};

#define TABLE_COUNT (sizeof table / sizeof table[0])

int is_option(const char *argument, const char *name)
{
    size_t len = strlen(name);

    return strncmp(argument, name, len) == 0 && (argument[len] == '\0' || argument[len] == '=');
}

static const struct option *find_option(const char *argument)
{
    size_t i;

    for (i = 0; i < TABLE_COUNT; i++) {
        if (is_option(argument, table[i].name)) {
            return &table[i];
        }
    }
    return NULL;
}

static int usage_fault(struct report *report, const char *what, const char *which)
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

static int take_value(struct options *options, const struct option *option, const char *value,
                      struct report *report)
{
    char *member = (char *)options + option->member;

    if (option->kind == NUMBER) {
        return take_number(option, value, (uint32_t *)(void *)member, report);
    }
    if (option->kind == PARAMETER) {
        return take_parameter(options, value, report);
    }
    *(const char **)(void *)member = value;
    return 0;
}

/* --- the command line --------------------------------------------------------------------------
 */

static int refuse_password(struct report *report)
{
    report_advise(report,
                  "Give it with --password-file F, --password-file - (standard input) or "
                  "--password-fd N; on a terminal it is asked for when no credential is given.");
    return report_fault(report, EXIT_USAGE,
                        "there is no --password: everybody on this machine could read the password "
                        "in the list of processes, and the shell would keep it in its history");
}

/* One option with its value, which may be the next argument. Returns 0 or an exit status. */
static int take_option(struct options *options, const struct option *option, char **argv, int *at,
                       struct report *report)
{
    const char *value = strchr(argv[*at], '=');

    if (option->kind == PASSWORD) {
        return refuse_password(report);
    }
    if (option->kind == FLAG) {
        if (value != NULL) {
            return usage_fault(report, " takes no value", option->name);
        }
        *(int *)(void *)((char *)options + option->member) = 1;
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

static int read_all(struct options *options, char **argv, struct report *report)
{
    unsigned char given[TABLE_COUNT] = {0};
    int status = 0;
    int i;

    for (i = 1; status == 0 && argv[i] != NULL; i++) {
        const struct option *option = find_option(argv[i]);

        if (option == NULL) {
            return usage_fault(report, argv[i],
                               argv[i][0] == '-' ? "unknown option " : "unexpected argument ");
        }
        if (given[option - table] && option->kind != PARAMETER) {
            return usage_fault(report, " is given twice", option->name);
        }
        given[option - table] = 1;
        status = take_option(options, option, argv, &i, report);
    }
    return status;
}

int options_have_credential(const struct options *options)
{
    return options->password_file != NULL || options->password_descriptor != NO_DESCRIPTOR ||
           options->key_pair_name != NULL || options->keep_image_credential;
}

/* What no single option can say. */
static int check_together(const struct options *options, struct report *report)
{
    int credentials = (options->password_file != NULL) +
                      (options->password_descriptor != NO_DESCRIPTOR) +
                      (options->key_pair_name != NULL) + options->keep_image_credential;

    if (credentials > 1) {
        return usage_fault(report, " exclude each other: give one", CREDENTIAL_OPTIONS);
    }
    /* asked now, before a file of our own gets this number */
    if (options->password_descriptor != NO_DESCRIPTOR &&
        fcntl((int)options->password_descriptor, F_GETFD) < 0) {
        return report_fault(report, EXIT_USAGE, "--password-fd %lu: %s",
                            (unsigned long)options->password_descriptor, strerror(errno));
    }
    if (options->quiet && options->verbose) {
        return usage_fault(report, " exclude each other", "--quiet and --verbose");
    }
    if (options->method != NULL && strcmp(options->method, "get") != 0 &&
        strcmp(options->method, "post") != 0) {
        return report_fault(report, EXIT_USAGE, "--method must be get or post, but it is \"%s\"",
                            options->method);
    }
    return 0;
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
    options->arguments = (const char *const *)argv;
    if (argc < 1) {
        return report_fault(report, EXIT_USAGE, "the program was started without its name");
    }
    status = read_all(options, argv, report);
    if (status == 0 && !options->help && !options->version) {
        status = check_together(options, report);
    }
    options->json = wants_json(argv + 1);
    report->instance_id = options->instance_id;
    report->client_token = options->client_token;
    return status;
}

void options_free(struct options *options)
{
    size_t i;

    for (i = 0; i < options->parameter_count; i++) {
        free((char *)(size_t)options->parameters[i].name);
    }
    free(options->parameters);
    memset(options, 0, sizeof *options);
    options->password_descriptor = NO_DESCRIPTOR;
}
