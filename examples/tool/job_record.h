/*
 * job_record.h - a job in its file: the library's record, and the options to go on with
 */
#ifndef TOOL_JOB_RECORD_H
#define TOOL_JOB_RECORD_H

#include "record_file.h"
#include "tool.h"

/* Zero it before, and close it in any case. May not be moved: the options may point into it. */
struct job_record {
    struct record_folder folder;
    struct record_file file;
    int has_folder;
    int is_open;
    enum {
        JOB_RECORD_NEW,   /* there is none, or none that matters now */
        JOB_RECORD_BEGUN, /* with --token-seed: of this very replacement, to be gone on with */
        JOB_RECORD_DONE   /* likewise, and it is done */
    } state;
    struct record found;   /* as it was */
    struct record kept;    /* as it is written */
    struct report trouble; /* exit_status not 0: why it could not be written */
};

/* All that follow give 0, or an exit status with the reason in tool->report. */

/* For a new job, once the settings are known: locks the place of its record, and makes sure that
 * there is none yet and that one can be written. With --no-state it does nothing.
 *
 * With --token-seed the record may be there, of the same seed, and then state says what is next:
 * the options are held against it, or taken from it, as for --resume. It is found under another
 * access key, too. That another run is at work on it is EXIT_NOT_SENT: what it comes to can be
 * asked again later, by the same command. */
int job_record_begin(struct job_record *record, struct tool *tool);

/* The same for what keeps no record, but must not come between a job that does. */
int job_record_look(struct job_record *record, struct tool *tool);

/* For --resume and --forget: finds the record that is meant, locks and reads it. */
int job_record_find(struct job_record *record, struct tool *tool);

/* What goes into the record beside the library's: the options as they are now. */
int job_record_prepare(struct job_record *record, struct tool *tool);

/* The same for any record: who, which instance, and the options. */
int job_record_fill(struct record *kept, struct tool *tool);

/* What the record has for a text option, such as "--image-id"; "" for none. */
const char *job_record_option(const struct job_record *record, const char *name);

/* As rv_job_config.store wants it: RV_OK or RV_ERR_STORE. */
int job_record_store(struct job_record *record, const uint8_t *job, size_t len);

/* Of what was begun with --token-seed: it stays, so that the same seed is not taken for a new
 * wish. That it cannot be written is said; then the next run looks once more. */
void job_record_keep_done(struct job_record *record);

/* What was there before of a replacement that is done, with a seed or several at once, is there
 * again: its command may come again, too. That it cannot be removed is said, and changes nothing.
 */
void job_record_remove(struct job_record *record);
void job_record_close(struct job_record *record);

#endif
