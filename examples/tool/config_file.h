/*
 * config_file.h - a profile of the vendor's config.json
 *
 *     {"current":"NAME","profiles":{"NAME":{"mode":"ak","access-key":...,"secret-key":...,
 *      "session-token":...,"region":...,"endpoint":...}}}
 */
#ifndef TOOL_CONFIG_FILE_H
#define TOOL_CONFIG_FILE_H

#include "report.h"

struct profile {
    char name[RV_ID_MAX + 1];
    char access_key_id[RV_ID_MAX + 1]; /* what is absent is "" */
    char secret_access_key[RV_CREDENTIAL_MAX + 1];
    char session_token[RV_CREDENTIAL_MAX + 1];
    char region[RV_ID_MAX + 1];
    char endpoint[RV_HOST_MAX + 16];
};

/* Where it is: VOLCENGINE_CLI_CONFIG_FILE, else ~/.volcengine/config.json. 0, or -1: there is no
 * home folder either, or the path is too long. */
int config_file_path(char *path, size_t size);

/* Reads the profile of that name, or the current one if name is NULL. 0; CONFIG_FILE_ABSENT if
 * name is NULL and there is no file or no current profile in it; else an exit status, with the
 * reason in report. The profile holds secrets and is the caller's to wipe. */
#define CONFIG_FILE_ABSENT (-1)
int config_file_read(struct profile *profile, const char *path, const char *name,
                     struct report *report);

#endif
