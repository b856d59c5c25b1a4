/*
 * fleet.h - several instances at once: one process, one thread
 *
 *     fleet_list      which ones
 *     fleet_records   what an earlier run has begun or done
 *     fleet_plan      which may begin now
 *     fleet_rate      requests a second, for all together
 *     fleet_watch     one look for all that wait
 *     fleet_slot      one check or replacement, in its place among those at a time
 *     fleet_loop      steps all of them and waits for any
 *     fleet_confirm   what is shown and asked before
 *     fleet_say       what is said meanwhile and about each
 *     fleet_summary   what is said at the end
 *     fleet_again     the command line to go on with one of them
 */
#ifndef TOOL_FLEET_H
#define TOOL_FLEET_H

#include "fleet_list.h"
#include "fleet_plan.h"
#include "fleet_rate.h"
#include "fleet_watch.h"
#include "record_file.h"
#include "tool.h"
#include <poll.h>

/* One instance of the list. Its state is in fleet.states. */
struct fleet_member {
    const char *instance_id;
    int exit_status;      /* what this run has to say of it; FLEET_NO_STATUS: nothing yet */
    char *reason;         /* why it is not done, from malloc; or NULL */
    rv_instance instance; /* as it was seen last; status NOT_VISIBLE before */
    int is_dry_run_checked;
    int is_not_begun; /* and is said so at the end */
    int is_left;      /* not sent, but stopped for it by an earlier run: its record stays */
    int is_stuck;     /* to go on with it comes to the same each time */
    struct record_file record;
    int has_record;        /* its place is open, and locked */
    struct record *before; /* what was known of a job that is over; or NULL. From malloc */
};

#define FLEET_NO_STATUS (-1)

enum fleet_work { FLEET_LOOK, FLEET_CHECK, FLEET_REPLACE, FLEET_RESUME };

struct fleet;

/* Place for one job at a time. May not be moved. */
struct fleet_slot {
    struct fleet *fleet;
    struct fleet_member *member; /* NULL: nobody is here */
    enum fleet_work work;
    rv_need need;
    rv_posix_socket posix;
    rv_socket socket;
    rv_client client;
    rv_job_config config;
    rv_replace_system_volume replace;
    rv_job job;
    int has_image_check;  /* this one looks at image and key pair for all */
    int is_ignored_known; /* that a DryRun was taken for the request itself, and that is said */
    int is_taken_back;    /* its check is not to be sent now, because of another's */
    rv_step step;         /* that was said last */
    uint64_t began_ms;
    uint64_t ticket;       /* of fleet_rate */
    struct report trouble; /* why the record could not be written */
};

struct fleet {
    struct tool *tool;
    struct fleet_list list;
    struct fleet_member *members; /* as list.ids */
    uint8_t *states;              /* likewise; enum fleet_state */
    struct fleet_plan plan;
    struct fleet_rate rate;
    uint64_t watch_ticket;
    uint64_t question_ticket;
    struct fleet_watch watch;
    struct fleet_watched *watched; /* a place for each slot */
    struct fleet_slot *slots;
    size_t slot_count;
    int is_dry_run_heeded; /* 0: a check was taken for the request, or may have been */
    enum { IMAGE_UNCHECKED, IMAGE_BEING_CHECKED, IMAGE_CHECKED } image; /* the same for all */
    unsigned image_not_checked; /* RV_NOT_CHECKED_ of image and key pair, likewise */
    unsigned not_checked;       /* RV_NOT_CHECKED_ of anything in any of them */
    struct record_folder folder;
    struct record wish;     /* what this run wants, as a record has it, but for the instance */
    struct record record;   /* that was read last */
    struct pollfd *entries; /* of the signals, each slot, the watch */
    int signals_heard;
};

/* --forget for several: what is known of earlier runs is removed. Gives the exit status. */
int fleet_forget(struct tool *tool);

/* The whole run; gives the exit status. What concerns all of them is in tool->report, for conclude;
 * once it comes to the instances, everything is said here, and tool->is_concluded is set. */
int fleet_run(struct tool *tool);

/* --- fleet.c -------------------------------------------------------------------------------------
 */

/* Reads the list and makes room for each. 0, or an exit status with the reason in report. */
int fleet_open_list(struct fleet *fleet);
/* Legal after whatever failed. */
void fleet_close(struct fleet *fleet);

/* --- fleet_records.c ---------------------------------------------------------------------------
 */

/* Locks the places of all records, reads them, and sets the states by them. The same wish is gone
 * on with or was done; what was begun with another one is an error. 0, or an exit status with the
 * reason in report. Does nothing with --no-state, and with --dry-run. */
int fleet_records_open(struct fleet *fleet);

/* For --forget: locks and reads those that are there. has_record is set for them, and the state is
 * FLEET_BEGUN or FLEET_DONE. */
int fleet_records_find(struct fleet *fleet);

/* As rv_job_config.store wants it. */
int fleet_records_store(struct fleet *fleet, struct fleet_member *member, const uint8_t *job,
                        size_t len, struct report *trouble);
/* Is it among the options as the record keeps them? */
int record_has_argument(const struct record *record, const char *argument);
/* The library's record of a member that was begun, in fleet->record. 0, or an exit status. */
int fleet_records_load(struct fleet *fleet, struct fleet_member *member, struct report *report);

/* Its check has changed nothing: what was known before is known again. */
void fleet_records_end_check(struct fleet_member *member);

/* Its job has ended like this: what is over is not kept, but that one is done is known until all
 * are. */
void fleet_records_settle(struct fleet *fleet, struct fleet_member *member, rv_job_outcome outcome);
/* All are done: nothing has to be known any more. */
void fleet_records_clear(struct fleet *fleet);
void fleet_records_close(struct fleet *fleet);

/* --- fleet_slot.c ------------------------------------------------------------------------------
 */

/* Sets up the slot's client. 0, or an exit status with the reason in report. */
int fleet_slot_open(struct fleet_slot *slot, struct fleet *fleet);
void fleet_slot_close(struct fleet_slot *slot);

/* Begins the look, the check or the replacement of this member, or what is left of it, by its
 * state. */
void fleet_slot_begin(struct fleet_slot *slot, struct fleet_member *member);
/* One step. Afterwards the slot may be free again, and the member's state another. */
void fleet_slot_step(struct fleet_slot *slot);
/* As rv_job_cancel. */
void fleet_slot_cancel(struct fleet_slot *slot);
/* Is there a check whose answer was lost, and is not known yet, or one that was taken for the
 * request? */
int fleet_slots_are_in_doubt(const struct fleet *fleet);
/* Ends the checks that are not sent yet; they may be begun again. */
void fleet_slots_take_back_checks(struct fleet *fleet);

/* --- fleet_loop.c ------------------------------------------------------------------------------
 */

/* Begins what may begin, and steps everything until nothing is left that may. */
void fleet_loop(struct fleet *fleet);

/* --- fleet_say.c -------------------------------------------------------------------------------
 */

void fleet_say_begun(const struct fleet_slot *slot);
void fleet_say_step(struct fleet_slot *slot, const rv_progress *progress);
void fleet_say_ignored_dry_run(const struct fleet_slot *slot);
/* tool->report is about this member: its line or object on standard output, its words on standard
 * error; keeps what the summary needs of it. */
void fleet_say_result(struct fleet *fleet, struct fleet_member *member);
/* How far all are, on a terminal. */
void fleet_say_live(const struct fleet *fleet);

/* As fleet_say_result, for one that this run has not touched. */
void fleet_say_untouched(struct fleet *fleet, struct fleet_member *member, const char *outcome,
                         int exit_status, const char *message);

/* --- fleet_confirm.c ---------------------------------------------------------------------------
 */

/* Shows what is found of all instances, and wants the stop, if that was not asked for, and their
 * number typed. 0, or an exit status with the reason in report. */
int fleet_confirm(struct fleet *fleet);

/* --- fleet_summary.c ---------------------------------------------------------------------------
 */

/* The rest is listed as not begun, then the numbers are summed up. Gives the exit status. */
int fleet_say_summary(struct fleet *fleet);

#endif
