/*
 * already.h - is the instance as it is wanted, so that there is nothing to do? (--if-image-differs)
 */
#ifndef TOOL_ALREADY_H
#define TOOL_ALREADY_H

#include "tool.h"

/* Looks once, with DescribeInstances. *is_already: the instance has the image that is asked for,
 * and is RUNNING. 0, or an exit status with the reason in report: what cannot be seen is not taken
 * for a difference. An instance that is not visible is one, and the job says so. */
int already_look(struct tool *tool, int *is_already);

#endif
