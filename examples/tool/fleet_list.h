/*
 * fleet_list.h - which instances: those of the command line, then those of a file, none twice
 */
#ifndef TOOL_FLEET_LIST_H
#define TOOL_FLEET_LIST_H

#include "report.h"

struct fleet_list {
    const char **ids; /* the command line's own, or in text */
    size_t count;
    char *text;
};

/* file may be NULL. It has an id a line; what follows "#", and space around an id, does not count.
 * 0, or an exit status with the reason in report. To be followed by fleet_list_free in either case.
 */
int fleet_list_read(struct fleet_list *list, const char *const *ids, size_t count, const char *file,
                    struct report *report);
void fleet_list_free(struct fleet_list *list);

#endif
