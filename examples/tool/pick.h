/*
 * pick.h - one instance of a list, by its number (--instance-index)
 */
#ifndef TOOL_PICK_H
#define TOOL_PICK_H

#include "tool.h"

/* Reads --instances-file and makes the one that is meant options.instance_id, which stays a part of
 * tool->list. 0, or an exit status with the reason in report; 0 too if no number is given. */
int pick_instance(struct tool *tool);

#endif
