/* options.c - see options.h */
#include "options.h"

#include "host.h"
#include <string.h>

#define IS_OPTIONAL 1

/* An entry with a structure's member, as mapping a name to its place. */
static const struct option {
    const char *name;
    size_t at;
    int is_optional;
} table[] = {
    {"instance", offsetof(struct options, instance), 0},
    {"image", offsetof(struct options, image), 0},
    {"key-pair", offsetof(struct options, key_pair), 0},
    {"region", offsetof(struct options, region), 0},
    {"host", offsetof(struct options, host), 0},
    {"port", offsetof(struct options, port), IS_OPTIONAL},
    {"address", offsetof(struct options, address), IS_OPTIONAL},
    {"name-server", offsetof(struct options, name_server), IS_OPTIONAL},
    {"ca", offsetof(struct options, ca_file), 0},
    {"access-key", offsetof(struct options, access_key), 0},
    {"secret-key", offsetof(struct options, secret_key), 0},
    {"record", offsetof(struct options, record_file), IS_OPTIONAL},
    {"utc", offsetof(struct options, utc), IS_OPTIONAL},
};

enum { COUNT = sizeof table / sizeof table[0] };

static const char **place(struct options *options, size_t i)
{
    return (const char **)(void *)((char *)options + table[i].at);
}

static int wrong(const char *what, const char *name)
{
    host_print(what);
    host_print(name);
    host_print("\n");
    return -1;
}

static int take(struct options *options, char *argument)
{
    char *value = strchr(argument, '=');
    size_t i;

    if (value != NULL) {
        *value++ = '\0';
    }
    for (i = 0; i < COUNT; i++) {
        if (value != NULL && strcmp(argument, table[i].name) == 0) {
            *place(options, i) = value;
            return 0;
        }
    }
    return wrong("unknown option: ", argument);
}

/* The first word is the program's name. */
int options_read(struct options *options)
{
    static char line[512];
    char *at = line;
    size_t i;

    memset(options, 0, sizeof *options);
    if (host_command_line(line, sizeof line) != 0) {
        return wrong("the command line is too long", "");
    }
    at += strcspn(at, " ");
    while (*at != '\0') {
        char *argument;

        *at++ = '\0';
        argument = at;
        at += strcspn(at, " ");
        if (at > argument) {
            char end = *at;
            int status;

            *at = '\0';
            status = take(options, argument);
            *at = end;
            if (status != 0) {
                return status;
            }
        }
    }
    for (i = 0; i < COUNT; i++) {
        if (!table[i].is_optional && *place(options, i) == NULL) {
            return wrong("missing option: ", table[i].name);
        }
    }
    return 0;
}

int64_t options_number(const char *text)
{
    int64_t number = 0;

    if (*text == '\0' || strlen(text) > 18) {
        return -1;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return -1;
        }
        number = number * 10 + (*text - '0');
    }
    return number;
}
