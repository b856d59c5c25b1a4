/*
 * record_file.h - where the record of a job is kept, so that it can be gone on with after a crash
 *
 *     record_folder_open    the folder; made if need be
 *     record_file_open      one record's place in it, locked for as long as it is open
 *     record_file_read      what is there: none, good, damaged, foreign, newer
 *     record_file_write     before each step with an effect, and after acceptance
 *     record_file_remove    when the job is done, refused or not sent
 *     record_file_close     gives the lock back
 *
 * At every moment, a power cut's too, the file is the record before or the record after: a new one
 * is written beside it (NAME.new), made durable, put into its place by renaming, and the folder is
 * made durable before record_file_write returns. NAME.lock is the lock; it goes with
 * record_file_close, and one that a killed process has left is taken over.
 *
 * Neither the file nor the folder may be a link, belong to somebody else, or be open for others to
 * write to. What leads to the folder may be links, and is the user's own affair.
 *
 * Errors: an exit status, with what happened to which path and what to do in report. Those that
 * come before anything is sent are EXIT_USAGE, so that no script takes them for "try again".
 */
#ifndef TOOL_RECORD_FILE_H
#define TOOL_RECORD_FILE_H

#include "report.h"

#define RECORD_PATH_SIZE 1024

/* --- the folder --------------------------------------------------------------------------------
 */

/* One may serve any number of records, and has to stay open as long as they. */
struct record_folder {
    int descriptor; /* private */
    char path[RECORD_PATH_SIZE];
};

/* Opens the folder for records, and makes it (mode 0700), with what leads to it, if it is not
 * there. state_dir: the folder that the user names (--state-dir), or NULL:
 * $XDG_STATE_HOME/replace-volume, or $HOME/.local/state/replace-volume where that is not set to an
 * absolute path. On error nothing is open. */
int record_folder_open(struct record_folder *folder, const char *state_dir, struct report *report);

/* Opens the folder, which must be there, in which the file that the user names (--state-file)
 * stands or will stand. *name is the file's name in it, a part of path. */
int record_folder_open_of(struct record_folder *folder, const char *path, const char **name,
                          struct report *report);

/* Legal twice, and after a failed open. */
void record_folder_close(struct record_folder *folder);

/* --- one record's place ------------------------------------------------------------------------
 */

/* Whose job it is: what its record is found by. All three are needed. */
struct record_owner {
    const char *access_key_id;
    const char *region;
    const char *instance_id;
};

#define RECORD_NAME_MAX                                                       \
    200 /* characters of a file's name; with ".lock" every file system has it \
         */

struct record_file {
    const struct record_folder *folder; /* private, as all members below but path and name */
    int lock;
    int is_busy;   /* record_file_open has failed because another process has it */
    int may_write; /* record_file_read has found none, or a good one */
    char name[RECORD_NAME_MAX + 1];
    char path[RECORD_PATH_SIZE + RECORD_NAME_MAX + 1]; /* for messages */
};

/* Writes the name of the owner's file: "KEY.REGION.INSTANCE.record", bytes outside [A-Za-z0-9-]
 * written as _XX, so that two owners never have the same; where that is too long, the key's
 * beginning and a hash of all three. */
void record_name(const struct record_owner *owner, char name[RECORD_NAME_MAX + 1]);

/* Locks the record of that name, which need not be there yet. name: of record_name or of
 * record_folder_open_of. folder is borrowed until record_file_close.
 * Another process that has it: EXIT_USAGE, with its number, and is_busy is set. A file system that
 * cannot lock: EXIT_USAGE. On error nothing is open.
 *
 * The lock is the process's: it does not keep two records of the same name apart that are opened by
 * the same process. */
int record_file_open(struct record_file *file, const struct record_folder *folder, const char *name,
                     struct report *report);

/* Gives the lock back; the record stays, if there is one. Legal twice, after a failed open, and on
 * a zeroed one. */
void record_file_close(struct record_file *file);

/* --- what is in it -----------------------------------------------------------------------------
 *
 * Lines of text, for whoever looks into it:
 *
 *     replace-volume record 1
 *     # Of a replacement that is not finished. See replace-volume --help: --resume, --forget.
 *     access-key-id=AKLT...
 *     region=cn-beijing
 *     instance-id=i-...
 *     outcome=...              what became of it; left out while it is not known
 *     --image-id=image-...     an option a line
 *     job=52564A01...          the library's record, hexadecimal
 *     checksum=0123456789abcdef
 *
 * The number is the format's version. A byte outside of printable ASCII is written as \XX
 * (hexadecimal), and so is a backslash. The checksum is the 64 bit FNV-1a of all that stands before
 * its line.
 */

#define RECORD_OPTIONS_MAX  32768 /* bytes */
#define RECORD_OUTCOME_MAX  32    /* characters */
#define RECORD_OUTCOME_DONE "done"

struct record {
    char access_key_id[RV_ID_MAX + 1];
    char region[RV_ID_MAX + 1];
    char instance_id[RV_ID_MAX + 1];

    /* What became of the job, in the caller's words: for a record that stays, as a fleet's do. ""
     * is a job that is not finished. */
    char outcome[RECORD_OUTCOME_MAX + 1];

    /* The tool's own options, as options_to_record writes them: each begins with "--" and ends with
     * a NUL. No secrets. */
    char options[RECORD_OPTIONS_MAX];
    size_t options_len;

    /* The library's record, as its store callback has it. 0: there is none yet. */
    uint8_t job[RV_RECORD_MAX];
    size_t job_len;
};

enum record_state {
    RECORD_NONE,    /* there is no file */
    RECORD_GOOD,    /* record is filled in */
    RECORD_DAMAGED, /* it was one of ours */
    RECORD_FOREIGN, /* something else, or of another owner */
    RECORD_NEWER,   /* of a version of this program that is newer */
    RECORD_REFUSED  /* it cannot be read, or is not to be trusted: a link, another user's */
};

/* Reads what is there; it stays as it is. owner: whose it has to be, or NULL: whoever's. For all
 * but the first two report says what is wrong and what to do, with EXIT_USAGE. */
enum record_state record_file_read(struct record_file *file, const struct record_owner *owner,
                                   struct record *record, struct report *report);

/* Puts record in the place of what is there, durably. Not before record_file_read has said
 * RECORD_NONE or RECORD_GOOD. 0, or EXIT_NOT_SENT: then the record before is still there, or (if
 * the folder could not be made durable) the new one, perhaps not for good. Never waits for anything
 * but the disk. */
int record_file_write(struct record_file *file, const struct record *record, struct report *report);

/* Removes the record, durably. 0, also if there is none; else EXIT_NOT_SENT. Whether it may go is
 * the caller's to say: what is damaged, foreign or newer stays, unless the user wants it so. */
int record_file_remove(struct record_file *file, struct report *report);

/* --- what is kept ------------------------------------------------------------------------------
 */

/* Tells of each record in the folder that is good, without locking any: for --resume without an
 * instance id. What is not a good record is passed over. The record is valid during the callback
 * only, which ends the search with anything but 0. 0, or EXIT_USAGE. */
int record_folder_search(const struct record_folder *folder,
                         int (*found)(void *ctx, const char *name, const struct record *record),
                         void *ctx, struct report *report);

#endif
