/*
 * options.h - the command line
 */
#ifndef TOOL_OPTIONS_H
#define TOOL_OPTIONS_H

#include "report.h"

#define NO_DESCRIPTOR UINT32_MAX

/* Texts are the command line's own; what was not given is NULL, 0 or as said. */
struct options {
    const char *instance_id;
    const char *image_id;
    const char *password_file;    /* "-": standard input */
    uint32_t password_descriptor; /* or NO_DESCRIPTOR */
    const char *key_pair_name;
    int keep_image_credential;

    const char *client_token;
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

/* Is one of the options given that say which credential the new system gets? */
int options_have_credential(const struct options *options);
#define CREDENTIAL_OPTIONS \
    "--password-file, --password-fd, --key-pair-name or --keep-image-credential"

/* Is this argument the option of that name, with or without "=VALUE"? */
int is_option(const char *argument, const char *name);

/* The text of --help, on standard output. */
void help_print(void);

#endif
