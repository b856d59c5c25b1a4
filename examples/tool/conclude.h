/*
 * conclude.h - the last words, for people on standard error and for programs on standard output
 */
#ifndef TOOL_CONCLUDE_H
#define TOOL_CONCLUDE_H

#include "options.h"

void conclude(struct report *report, const struct options *options);

/* What both kinds of last words have in common: the report's message as an error, after prefix; and
 * a command line to copy. */
void say_fault(const struct report *report, const char *prefix);
void say_command(const char *command);

#endif
