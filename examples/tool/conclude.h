/*
 * conclude.h - the last words, for people on standard error and for programs on standard output
 */
#ifndef TOOL_CONCLUDE_H
#define TOOL_CONCLUDE_H

#include "options.h"

void conclude(const struct report *report, const struct options *options);

#endif
