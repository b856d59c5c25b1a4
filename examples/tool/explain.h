/*
 * explain.h - what a result means: what happened, to which thing, and what to do now
 */
#ifndef TOOL_EXPLAIN_H
#define TOOL_EXPLAIN_H

#include "options.h"
#include "port/posix.h"
#include "settings.h"

/* For RV_ERR_PARAMETER and RV_ERR_CHECK: names the option, the API's parameter and the rule.
 * settings may be NULL. Returns the exit status. */
int explain_parameter(struct report *report, const struct options *options,
                      const struct settings *settings, const rv_result *result);

/* Is it a code for a lack of permission? */
int explain_is_denied(rv_code code);
/* What to do about a code with which the service has refused this action of ecs. */
void explain_refusal(struct report *report, const char *action, rv_code code);

/* What result->status means, which came to this action, as message and advice; the exit status is
 * left to the caller. */
void explain_failure(struct report *report, const struct settings *settings,
                     const rv_posix_socket *posix, const char *action, const rv_result *result);

/* Takes over the result of a finished call of this action. */
void explain_call(struct report *report, const struct options *options,
                  const struct settings *settings, const rv_posix_socket *posix, const char *action,
                  const rv_result *result);

#endif
