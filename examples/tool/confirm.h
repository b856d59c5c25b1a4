/*
 * confirm.h - nobody loses a disk by accident
 */
#ifndef TOOL_CONFIRM_H
#define TOOL_CONFIRM_H

#include "options.h"

/* Can it be confirmed at all? Without a terminal --yes is needed. 0, or an exit status. */
int confirm_is_possible(const struct options *options, struct report *report);

/* Says what will be lost and wants the instance id typed; with --yes, and for a dry run, it does
 * nothing. 0, or an exit status. */
int confirm(const struct options *options, const char *host, const char *region,
            struct report *report);

#endif
