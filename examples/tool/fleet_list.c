#define _POSIX_C_SOURCE 200809L
#include "fleet_list.h"

#include "input.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX      1048576
#define SPACE         " \t\r\f\v"
#define OUT_OF_MEMORY "out of memory"

static int add(struct fleet_list *list, const char *id, struct report *report)
{
    const char **more = realloc(list->ids, (list->count + 1) * sizeof *more);

    if (more == NULL) {
        return report_fault(report, EXIT_NOT_SENT, OUT_OF_MEMORY);
    }
    list->ids = more;
    list->ids[list->count++] = id;
    return 0;
}

/* --- the file ----------------------------------------------------------------------------------
 */

static int load(struct fleet_list *list, const char *file, struct report *report)
{
    long len;

    list->text = malloc(FILE_MAX + 1);
    if (list->text == NULL) {
        return report_fault(report, EXIT_NOT_SENT, OUT_OF_MEMORY);
    }
    len = input_read_file(file, list->text, FILE_MAX, 0);
    if (len == INPUT_INTERRUPTED) {
        return input_interrupted(report);
    }
    if (len < 0) {
        return report_fault(report, EXIT_USAGE, "--instances-file %s: %s", file,
                            len == INPUT_TOO_LONG ? "it is larger than 1 MiB" : strerror(errno));
    }
    if (memchr(list->text, '\0', (size_t)len) != NULL) {
        return report_fault(report, EXIT_USAGE, "--instances-file %s is not a text", file);
    }
    list->text[len] = '\0';
    return 0;
}

/* Ends the line where its id ends, and moves on to the next one. Returns the id, maybe "". */
static char *take_line(char **at)
{
    char *line = *at + strspn(*at, SPACE);
    size_t whole = strcspn(line, "\n");
    size_t len = strcspn(line, "#\n");

    *at = line + whole + (line[whole] == '\n');
    while (len > 0 && strchr(SPACE, line[len - 1]) != NULL) {
        len--;
    }
    line[len] = '\0';
    return line;
}

static int add_file(struct fleet_list *list, const char *file, struct report *report)
{
    unsigned long number = 0;
    char *at;

    if (load(list, file, report) != 0) {
        return report->exit_status;
    }
    for (at = list->text; *at != '\0';) {
        char *id = take_line(&at);

        number++;
        if (strpbrk(id, SPACE) != NULL) {
            return report_fault(report, EXIT_USAGE, "--instances-file %s line %lu: one id a line",
                                file, number);
        }
        if (id[0] != '\0' && add(list, id, report) != 0) {
            return report->exit_status;
        }
    }
    return 0;
}

/* --- all together ------------------------------------------------------------------------------
 */

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Two jobs for one instance would be in each other's way, and a slip in a list of instances to be
 * erased is a reason to look at all of it. */
static int check_twice(const struct fleet_list *list, struct report *report)
{
    const char **sorted = malloc(list->count * sizeof *sorted);
    int status = 0;
    size_t i;

    if (sorted == NULL) {
        return report_fault(report, EXIT_NOT_SENT, OUT_OF_MEMORY);
    }
    memcpy(sorted, list->ids, list->count * sizeof *sorted);
    qsort(sorted, list->count, sizeof *sorted, compare);
    for (i = 1; i < list->count && status == 0; i++) {
        if (strcmp(sorted[i - 1], sorted[i]) == 0) {
            status = report_fault(report, EXIT_USAGE, "the instance %s is given twice", sorted[i]);
        }
    }
    free(sorted);
    return status;
}

int fleet_list_read(struct fleet_list *list, const char *const *ids, size_t count, const char *file,
                    struct report *report)
{
    size_t i;

    memset(list, 0, sizeof *list);
    for (i = 0; i < count; i++) {
        if (add(list, ids[i], report) != 0) {
            return report->exit_status;
        }
    }
    if (file != NULL && add_file(list, file, report) != 0) {
        return report->exit_status;
    }
    if (list->count == 0) {
        return report_fault(report, EXIT_USAGE, "--instances-file %s names no instance",
                            file != NULL ? file : "");
    }
    return check_twice(list, report);
}

void fleet_list_free(struct fleet_list *list)
{
    free(list->ids);
    free(list->text);
    memset(list, 0, sizeof *list);
}
