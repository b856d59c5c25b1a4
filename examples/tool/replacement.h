/*
 * replacement.h - what the options ask for, as the library takes it
 */
#ifndef TOOL_REPLACEMENT_H
#define TOOL_REPLACEMENT_H

#include "options.h"
#include "secrets.h"

/* The replacement of one instance. It borrows from options and secrets; the password is in it if
 * the options want one and secrets has it. */
void replacement_fill(rv_replace_system_volume *replace, const struct options *options,
                      const struct secrets *secrets, const char *instance_id);

/* The whole job around it, without its callbacks. Borrows from both. */
void replacement_job(rv_job_config *config, const struct options *options,
                     const rv_replace_system_volume *replace);

#endif
