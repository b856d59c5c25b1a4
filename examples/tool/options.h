/*
 * options.h - the command line
 */
#ifndef TOOL_OPTIONS_H
#define TOOL_OPTIONS_H

#include "list.h"
#include "report.h"

#define NO_DESCRIPTOR UINT32_MAX
#define NOT_GIVEN     UINT32_MAX

/* What the command line asks for. */
enum mode {
    MODE_JOB,    /* the whole replacement, or with dry_run its check */
    MODE_CALL,   /* --call-only: one ReplaceSystemVolume request */
    MODE_RESUME, /* --resume: go on with a job from its record */
    MODE_FORGET, /* --forget: remove a record */
    MODE_LIST    /* list KIND: what there is */
};

/* Texts are the command line's own, or the record's from which they were restored; what was not
 * given is NULL, 0 or as said. */
struct options {
    enum mode mode;
    enum list_kind list; /* of MODE_LIST */

    const char *instance_id; /* of several: the one that is being worked on */
    const char *image_id;
    const char *password_file;    /* "-": standard input */
    uint32_t password_descriptor; /* or NO_DESCRIPTOR */
    const char *key_pair_name;
    int keep_image_credential;

    const char *client_token;
    const char *token_seed;
    int dry_run;
    const char *image_release_version;
    uint32_t size_gib;
    const char *user_data_file;
    rv_name_value *parameters;
    size_t parameter_count;

    const char *region;
    const char *endpoint;
    const char *ca_file;
    const char *profile;
    const char *method;
    uint32_t timeout_s;

    /* of the whole job */
    int stop;       /* may it be stopped? --force-stop says so too */
    int force_stop; /* ForceStop after FORCE_STOP_AFTER_S */
    int leave_stopped;
    int no_wait;
    uint32_t wait_s;
    const char *expect_image;
    const char *expect_name;
    int no_dry_run_check;
    int if_image_differs;

    /* of several instances */
    const char **instance_ids; /* all of --instance-id */
    size_t instance_count;
    const char *instances_file;
    uint32_t instance_index; /* the only one of the file; or NOT_GIVEN */
    uint32_t parallel;
    uint32_t canary;
    uint32_t max_failures;
    uint32_t expect_count; /* 0: not said */
    uint32_t requests_per_s;
    uint32_t burst;

    /* of its record */
    int resume;
    int send_again; /* implies resume */
    int forget;
    int no_state;
    const char *state_file;
    const char *state_dir;

    int call_only;
    int yes;
    int json;
    int quiet;
    int verbose;
    int version;
    int help;

    const char *const *arguments; /* all of them, as given; NULL ends them */
};

/* Reads the command line. 0, or an exit status with the reason in report. To be followed by
 * options_free in either case, and json is right in either case. */
int options_read(struct options *options, int argc, char **argv, struct report *report);
void options_free(struct options *options);

/* Are several instances asked for, or a list of them? */
int options_are_several(const struct options *options);

/* Is one of the options given that say which credential the new system gets? */
int options_have_credential(const struct options *options);
/* And not more than one? 0, or an exit status. */
int options_check_credential(const struct options *options, struct report *report);
#define CREDENTIAL_OPTIONS \
    "--password-file, --password-fd, --key-pair-name or --keep-image-credential"

/* A stop that is asked for in the usual way gets so long, for the system to end its work. */
#define FORCE_STOP_AFTER_S 120

/* Writes what a record keeps of the options: everything that says what is replaced by what, how and
 * where, as arguments "--name=value", each with its NUL. No secret is among them, and no path of
 * one. Returns the length, or 0 if it does not fit. */
size_t options_to_record(const struct options *options, char *out, size_t size);

/* Fills in from such a text what the command line has left out. What both have must be the same
 * where it says what is replaced by what and where; in all else the command line is followed. text
 * must stay as long as options. 0, or an exit status with the reason in report: the difference is
 * named. */
int options_from_record(struct options *options, const char *text, size_t len,
                        struct report *report);

/* Is this argument the option of that name, with or without "=VALUE"? */
int is_option(const char *argument, const char *name);

/* The text of --help, on standard output. */
void help_print(void);

#endif
