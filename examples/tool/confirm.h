/*
 * confirm.h - nobody loses a disk by accident
 */
#ifndef TOOL_CONFIRM_H
#define TOOL_CONFIRM_H

#include "options.h"

/* Says what will be lost and wants the instance id typed. Without a terminal it wants --yes; with
 * --yes, and for a dry run, it asks nothing. 0, or an exit status. */
int confirm(const struct options *options, const char *host, const char *region,
            struct report *report);

#endif
