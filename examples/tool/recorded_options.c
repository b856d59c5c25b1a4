#define _POSIX_C_SOURCE 200809L
#include "option_table.h"

#include "endpoint.h"
#include <stdio.h>
#include <string.h>

/* --- written -----------------------------------------------------------------------------------
 */

struct writer {
    char *at;
    size_t left;
    int is_cut;
};

static void write_argument(struct writer *writer, const char *name, const char *value)
{
    int len = value != NULL ? snprintf(writer->at, writer->left, "%s=%s", name, value)
                            : snprintf(writer->at, writer->left, "%s", name);

    if (len < 0 || (size_t)len >= writer->left) {
        writer->is_cut = 1;
        writer->left = 0;
        return;
    }
    writer->at += len + 1;
    writer->left -= (size_t)len + 1;
}

static void write_parameters(struct writer *writer, const struct options *options)
{
    size_t i;

    for (i = 0; i < options->parameter_count; i++) {
        char name[sizeof "--param=" + RV_ID_MAX];

        (void)snprintf(name, sizeof name, "--param=%s", options->parameters[i].name);
        write_argument(writer, name, options->parameters[i].value);
    }
}

static void write_option(struct writer *writer, const struct options *options,
                         const struct option *option)
{
    const void *value = option_value(options, option);
    char number[11];

    switch (option->kind) {
    case FLAG:
        write_argument(writer, option->name, NULL);
        break;
    case TEXT:
        write_argument(writer, option->name, *(const char *const *)value);
        break;
    case NUMBER:
        (void)snprintf(number, sizeof number, "%lu", (unsigned long)*(const uint32_t *)value);
        write_argument(writer, option->name, number);
        break;
    default:
        write_parameters(writer, options);
        break;
    }
}

size_t options_to_record(const struct options *options, char *out, size_t size)
{
    struct writer writer = {out, size, 0};
    size_t i;

    for (i = 0; i < option_count; i++) {
        if ((option_table[i].traits & RECORDED) != 0 &&
            option_is_given(options, &option_table[i])) {
            write_option(&writer, options, &option_table[i]);
        }
    }
    return writer.is_cut ? 0 : size - writer.left;
}

/* --- read --------------------------------------------------------------------------------------
 */

static int read_recorded(struct options *recorded, const char *text, size_t len,
                         struct report *report)
{
    const char *end = text + len;
    int status = 0;

    while (status == 0 && text < end) {
        char *argv[2] = {(char *)(size_t)text, NULL};
        const struct option *option = memchr(text, '\0', (size_t)(end - text)) != NULL
                                          ? option_find(text)
                                          : NULL;
        int at = 0;

        if (option == NULL || (option->traits & RECORDED) == 0) {
            report_advise(report, "Use the replace-volume that has written it.");
            return report_fault(report, EXIT_USAGE,
                                "the record has an option that this version does not know");
        }
        status = option_take(recorded, option, argv, &at, report);
        text += strlen(text) + 1;
    }
    return status;
}

static int differs(const struct option *option, const char *given, const char *recorded,
                   struct report *report)
{
    report_advise(report,
                  "Leave %s out: the record has it. If another replacement is wanted, "
                  "finish this one first.",
                  option->name);
    return report_fault(report, EXIT_USAGE, "%s is %s, but the replacement that was begun has %s",
                        option->name, given, recorded);
}

static int same_endpoint(const char *a, const char *b)
{
    struct endpoint first;
    struct endpoint second;

    return endpoint_parse(&first, a) == 0 && endpoint_parse(&second, b) == 0 &&
           strcmp(first.host, second.host) == 0 && first.port == second.port;
}

static int compare_texts(const struct option *option, const char *given, const char *recorded,
                         struct report *report)
{
    char ours[160];
    char theirs[160];

    if (recorded != NULL &&
        (strcmp(given, recorded) == 0 ||
         (strcmp(option->name, "--endpoint") == 0 && same_endpoint(given, recorded)))) {
        return 0;
    }
    (void)snprintf(ours, sizeof ours, "\"%s\"", given);
    (void)snprintf(theirs, sizeof theirs, recorded != NULL ? "\"%s\"" : "none", recorded);
    return differs(option, ours, theirs, report);
}

static int compare_numbers(const struct option *option, uint32_t given, uint32_t recorded,
                           struct report *report)
{
    char ours[11];
    char theirs[11] = "none";

    if (given == recorded) {
        return 0;
    }
    (void)snprintf(ours, sizeof ours, "%lu", (unsigned long)given);
    if (recorded != 0) {
        (void)snprintf(theirs, sizeof theirs, "%lu", (unsigned long)recorded);
    }
    return differs(option, ours, theirs, report);
}

static int compare_parameters(const struct option *option, const struct options *given,
                              const struct options *recorded, struct report *report)
{
    size_t i;

    for (i = 0; i < given->parameter_count || i < recorded->parameter_count; i++) {
        if (i >= given->parameter_count || i >= recorded->parameter_count ||
            strcmp(given->parameters[i].name, recorded->parameters[i].name) != 0 ||
            strcmp(given->parameters[i].value, recorded->parameters[i].value) != 0) {
            return differs(option, "another", "its own", report);
        }
    }
    return 0;
}

static int compare(const struct option *option, const struct options *given,
                   const struct options *recorded, struct report *report)
{
    const void *ours = option_value(given, option);
    const void *theirs = option_value(recorded, option);

    switch (option->kind) {
    case FLAG:
        return *(const int *)theirs ? 0 : differs(option, "given", "not", report);
    case TEXT:
        return compare_texts(option, *(const char *const *)ours, *(const char *const *)theirs,
                             report);
    case NUMBER:
        return compare_numbers(option, *(const uint32_t *)ours, *(const uint32_t *)theirs, report);
    default:
        return compare_parameters(option, given, recorded, report);
    }
}

static void take_over(const struct option *option, struct options *options,
                      struct options *recorded)
{
    void *to = option_member(options, option);
    const void *from = option_value(recorded, option);

    if (option->kind == FLAG) {
        memcpy(to, from, sizeof(int));
    } else if (option->kind == TEXT) {
        memcpy(to, from, sizeof(const char *));
    } else if (option->kind == NUMBER) {
        memcpy(to, from, sizeof(uint32_t));
    } else {
        options->parameters = recorded->parameters;
        options->parameter_count = recorded->parameter_count;
        recorded->parameters = NULL;
        recorded->parameter_count = 0;
    }
}

int options_from_record(struct options *options, const char *text, size_t len,
                        struct report *report)
{
    struct options recorded;
    int status;
    size_t i;

    memset(&recorded, 0, sizeof recorded);
    status = read_recorded(&recorded, text, len, report);
    for (i = 0; status == 0 && i < option_count; i++) {
        if ((option_table[i].traits & RECORDED) == 0) {
            continue;
        }
        if (!option_is_given(options, &option_table[i])) {
            take_over(&option_table[i], options, &recorded);
        } else if ((option_table[i].traits & MUST_AGREE) != 0) {
            status = compare(&option_table[i], options, &recorded, report);
        }
    }
    if (status == 0) {
        status = options_check_credential(options, report);
    }
    option_free_parameters(&recorded);
    report->instance_id = options->instance_id;
    return status;
}
