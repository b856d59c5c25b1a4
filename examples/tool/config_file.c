#define _POSIX_C_SOURCE 200809L
#include "config_file.h"

#include "input.h"
#include "json_text.h"
#include <errno.h>
#include <mbedtls/platform_util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX 262144

struct file {
    const char *path;
    struct json_text json;
    struct report *report;
};

int config_file_path(char *path, size_t size)
{
    const char *own = getenv("VOLCENGINE_CLI_CONFIG_FILE");
    const char *home = getenv("HOME");
    int len;

    if (own != NULL && own[0] != '\0') {
        len = snprintf(path, size, "%s", own);
    } else if (home != NULL && home[0] != '\0') {
        len = snprintf(path, size, "%s/.volcengine/config.json", home);
    } else {
        return -1;
    }
    return len > 0 && (size_t)len < size ? 0 : -1;
}

static const char *fault_text(int error)
{
    switch (error) {
    case JSON_TWICE:
        return "is there twice";
    case JSON_TYPE:
        return "is of another type than it should be";
    case JSON_TOO_LONG:
        return "is too long";
    case JSON_ABSENT:
        return "is missing";
    default:
        return "is not valid";
    }
}

static int fault(const struct file *file, const char *member, int error)
{
    return report_fault(file->report, EXIT_NOT_SENT, "%s: \"%s\" %s", file->path, member,
                        fault_text(error));
}

/* A string that may be absent, null or empty. 0, or an exit status. */
static int read_string(const struct file *file, int object, const char *member, char *out,
                       size_t size)
{
    int place = json_member(&file->json, object, member);
    int len;

    out[0] = '\0';
    if (place == JSON_ABSENT || (place >= 0 && json_is_null(&file->json, place))) {
        return 0;
    }
    len = place < 0 ? place : json_string(&file->json, place, out, size);
    return len < 0 ? fault(file, member, len) : 0;
}

/* Other modes have to be signed in with the vendor's own tool, which alone knows how. */
static int check_mode(const struct file *file, int object, const char *name)
{
    char mode[64];
    int status = read_string(file, object, "mode", mode, sizeof mode);

    if (status == 0 && mode[0] != '\0' && strcmp(mode, "ak") != 0) {
        status = report_fault(
            file->report, EXIT_NOT_SENT,
            "%s: profile \"%s\" has the mode \"%s\"; only \"ak\" can be used here", file->path,
            name, mode);
        report_advise(
            file->report,
            "Choose a profile of mode \"ak\" with --profile or VOLCENGINE_PROFILE, or set "
            "VOLCENGINE_ACCESS_KEY and VOLCENGINE_SECRET_KEY.");
    }
    return status;
}

static int read_members(const struct file *file, int object, struct profile *profile)
{
    struct {
        const char *name;
        char *out;
        size_t size;
    } members[] = {
        {"access-key", profile->access_key_id, sizeof profile->access_key_id},
        {"secret-key", profile->secret_access_key, sizeof profile->secret_access_key},
        {"session-token", profile->session_token, sizeof profile->session_token},
        {"region", profile->region, sizeof profile->region},
        {"endpoint", profile->endpoint, sizeof profile->endpoint},
    };
    int status = check_mode(file, object, profile->name);
    size_t i;

    for (i = 0; status == 0 && i < sizeof members / sizeof members[0]; i++) {
        status = read_string(file, object, members[i].name, members[i].out, members[i].size);
    }
    if (status == 0 && profile->access_key_id[0] == '\0') {
        return fault(file, "access-key", JSON_ABSENT);
    }
    if (status == 0 && profile->secret_access_key[0] == '\0') {
        return fault(file, "secret-key", JSON_ABSENT);
    }
    return status;
}

static int find_profile(const struct file *file, const char *name, struct profile *profile)
{
    int profiles;
    int place;
    int status;

    if (name == NULL) {
        status = read_string(file, 0, "current", profile->name, sizeof profile->name);
        if (status != 0) {
            return status;
        }
        if (profile->name[0] == '\0') {
            return CONFIG_FILE_ABSENT;
        }
    } else if ((size_t)snprintf(profile->name, sizeof profile->name, "%s", name) >=
               sizeof profile->name) {
        return report_fault(file->report, EXIT_NOT_SENT, "the name of the profile is too long");
    }
    profiles = json_member(&file->json, 0, "profiles");
    if (profiles < 0) {
        return fault(file, "profiles", profiles);
    }
    place = json_member(&file->json, profiles, profile->name);
    return place < 0 ? fault(file, profile->name, place) : read_members(file, place, profile);
}

static int read_text(const char *path, const char *name, char *text, long *len,
                     struct report *report)
{
    *len = input_read_file(path, text, FILE_MAX, 1);
    if (*len == INPUT_ERROR) {
        if (errno == ENOENT && name == NULL) {
            return CONFIG_FILE_ABSENT;
        }
        return report_fault(report, EXIT_NOT_SENT, "cannot read %s: %s", path, strerror(errno));
    }
    if (*len == INPUT_INTERRUPTED) {
        return input_interrupted(report);
    }
    if (*len == INPUT_TOO_LONG) {
        return report_fault(report, EXIT_NOT_SENT, "%s is longer than %d bytes", path, FILE_MAX);
    }
    return 0;
}

static int parse(struct file *file, const char *text, size_t len)
{
    int error = json_text_read(&file->json, text, len);

    if (error != 0) {
        return report_fault(file->report, EXIT_NOT_SENT, "%s: %s", file->path,
                            error == JSON_NO_MEMORY ? "out of memory" : "this is not JSON");
    }
    return 0;
}

int config_file_read(struct profile *profile, const char *path, const char *name,
                     struct report *report)
{
    struct file file = {path, {NULL, NULL, 0}, report};
    char *text = malloc(FILE_MAX);
    long len;
    int status;

    if (text == NULL) {
        return report_fault(report, EXIT_NOT_SENT, "out of memory");
    }
    status = read_text(path, name, text, &len, report);
    if (status == 0) {
        status = parse(&file, text, (size_t)len);
    }
    if (status == 0) {
        status = find_profile(&file, name, profile);
    }
    json_text_free(&file.json);
    mbedtls_platform_zeroize(text, FILE_MAX);
    free(text);
    return status;
}
