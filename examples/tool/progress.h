/*
 * progress.h - how far a job is: on a terminal one line, rewritten in place; else a line a change
 */
#ifndef TOOL_PROGRESS_H
#define TOOL_PROGRESS_H

#include "replace_volume.h"

/* Zero it before the job. */
struct progress {
    rv_progress last;
    rv_instance_status status; /* of the last look */
    uint64_t at_ms;            /* when the library told of last; monotonic, as all here */
    int any;
};

/* What the library tells in rv_job_config.progress. */
void progress_note(struct progress *progress, const rv_progress *now, uint64_t now_ms);

/* Time goes by: rewrites the line where there is one. To be called about once a second. */
void progress_tick(const struct progress *progress, uint64_t now_ms);

/* "83 s" in words: "1 min 23 s" */
#define DURATION_TEXT_SIZE 32
void duration_text(uint64_t seconds, char text[DURATION_TEXT_SIZE]);

#endif
