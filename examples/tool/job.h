/*
 * job.h - drives a job to its end
 */
#ifndef TOOL_JOB_H
#define TOOL_JOB_H

#include "job_record.h"
#include "progress.h"
#include "tool.h"

/* May not be moved once started. */
struct job_scene {
    struct tool *tool;
    struct job_record *record; /* NULL: none is kept */
    int is_resumed;
    struct progress progress;
    uint64_t began_ms;
    rv_job_config config;
    rv_job job;
};

/* Begins it, from the record's beginning or from what the record holds; tool->replace is what it is
 * about. 0, or an exit status with the reason in report. */
int job_start(struct job_scene *scene, struct tool *tool, struct job_record *record);
int job_resume(struct job_scene *scene, struct tool *tool, struct job_record *record);

/* Steps it until it is finished or has got as far as was asked, shows how far it is, and takes
 * Ctrl-C for what it means. Then everything is in report; gives the exit status. */
int job_drive(struct job_scene *scene);

/* Removes or keeps the record, by what became of the job, and says how to go on. */
void job_settle(struct job_scene *scene);

/* Of one that was resumed: is its record to stay, although nothing was sent? */
int job_is_left_to_another_run(const rv_job_report *job, const struct options *options);

/* Wipes it. Legal on a zeroed one. */
void job_close(struct job_scene *scene);

#endif
