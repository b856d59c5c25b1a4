/*
 * conclude_job.h - the last words on standard error about a whole job
 */
#ifndef TOOL_CONCLUDE_JOB_H
#define TOOL_CONCLUDE_JOB_H

#include "options.h"

/* Image, status and signs, before and now: whoever has to decide sees what the library has seen. */
void conclude_say_what_is_seen(const struct report *report);

/* Whether what was sent can still begin: a signature is good for 900 s, its date may be 900 s
 * ahead, and the token's bound is 900 s; 60 s are for what a clock may be wrong by. */
void conclude_say_what_may_come(const struct report *report);

/* The command to go on with a job that is not over, by whether it has a record; programs want it,
 * too. */
void conclude_find_next(struct report *report, const struct options *options);

void conclude_job(const struct report *report, const struct options *options);

#endif
