/*
 * explain_job.h - what a job has come to: what happened, to which thing, and what to do now
 */
#ifndef TOOL_EXPLAIN_JOB_H
#define TOOL_EXPLAIN_JOB_H

#include "tool.h"

/* Takes over the report of a finished job. trouble: why its record could not be written, if it
 * ended for that. */
void explain_job(struct tool *tool, const rv_job_report *job, const struct report *trouble);

/* What a check has found, RV_ERR_CHECK or as good as that. instance: as it is now, for what it
 * should have been, or NULL. Returns the exit status. */
int explain_finding(struct tool *tool, const rv_result *result, const rv_instance *instance);

/* The service has taken a check for the replacement, whatever ended the job after that. */
int explain_is_dry_run_ignored(const rv_job_report *job);

/* The library wants what the record says was sent, and these options do not have it. Returns the
 * exit status. */
int explain_missing_secret(struct tool *tool, const rv_job_report *job);

#endif
