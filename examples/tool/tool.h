/*
 * tool.h - all that one run has: one of each, and not to be moved
 */
#ifndef TOOL_TOOL_H
#define TOOL_TOOL_H

#include "fleet_list.h"
#include "options.h"
#include "report.h"
#include "secrets.h"
#include "session.h"
#include "settings.h"

struct tool {
    struct report report;
    struct options options;
    struct secrets secrets;
    struct settings settings;
    struct session session;
    struct fleet_list list;                     /* from which one was picked */
    char seeded_token[RV_CLIENT_TOKEN_MAX + 1]; /* of --token-seed: options.client_token then */
    rv_replace_system_volume replace;           /* what the options ask for */
    rv_job_report job_report;                   /* of a finished job, which may be gone */
    int is_concluded;                           /* everything has been said */
};

/* The runs, by what the command line asks for. Each gives the exit status; what there is to say is
 * in report. */
int call_run(struct tool *tool);   /* --call-only */
int job_run(struct tool *tool);    /* the whole job, or its check */
int resume_run(struct tool *tool); /* --resume, --send-again */
int forget_run(struct tool *tool); /* --forget */
int list_run(struct tool *tool);   /* list */

#endif
