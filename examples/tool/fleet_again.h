/*
 * fleet_again.h - the command line to go on with one of several
 */
#ifndef TOOL_FLEET_AGAIN_H
#define TOOL_FLEET_AGAIN_H

#include "options.h"

/* Fills in one with the options as they were given, but about this instance alone: its arguments
 * are those for again_command. 0, or -1: out of memory. To be followed by fleet_again_free. */
int fleet_again_open(struct options *one, const struct options *all, const char *instance_id);
void fleet_again_free(struct options *one);

#endif
