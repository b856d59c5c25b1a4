#define _POSIX_C_SOURCE 200809L
#include "tool.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ARGUMENTS_MAX 64

static struct process *last;

static void give_up(const char *what)
{
    fprintf(stderr, "tool: %s\n", what);
    exit(1);
}

/* Records of one test must not be found by another: with a service they are in its folder. */
static char own_folder[] = "/tmp/tool-XXXXXX";

static void remove_own_folder(void)
{
    remove_tree(own_folder);
}

static void set_state_home(struct endpoint *service)
{
    static int is_made;

    if (service == NULL && !is_made) {
        if (mkdtemp(own_folder) == NULL || atexit(remove_own_folder) != 0) {
            give_up("no folder under /tmp");
        }
        is_made = 1;
    }
    if (setenv("XDG_STATE_HOME", service != NULL ? endpoint_folder(service) : own_folder, 1) != 0) {
        give_up("no memory");
    }
}

struct process *tool_start(struct endpoint *service, const char *const *arguments,
                           const struct spawn_setup *setup)
{
    static const char *const environment[] = {TOOL_ACCESS_KEY, TOOL_SECRET_KEY, TOOL_REGION, NULL};
    struct spawn_setup own = {0};
    const char *list[ARGUMENTS_MAX];
    int count = 0;

    set_state_home(service);
    if (setup != NULL) {
        own = *setup;
    }
    if (own.environment == NULL) {
        own.environment = environment;
    }
    list[count++] = getenv("RV_TOOL");
    if (list[0] == NULL) {
        give_up("RV_TOOL does not say where it is");
    }
    if (service != NULL) {
        list[count++] = "--endpoint";
        list[count++] = endpoint_address(service);
        list[count++] = "--ca-file";
        list[count++] = endpoint_ca_file(service);
    }
    while (*arguments != NULL && count + 1 < ARGUMENTS_MAX) {
        list[count++] = *arguments++;
    }
    list[count] = NULL;
    return process_start(list, &own);
}

int tool_run(struct endpoint *service, const char *const *arguments,
             const struct spawn_setup *setup)
{
    tool_forget();
    last = tool_start(service, arguments, setup);
    return process_wait(last, TOOL_LIMIT_MS);
}

const char *tool_output(void)
{
    return process_output(last);
}

const char *tool_errors(void)
{
    return process_errors(last);
}

void tool_forget(void)
{
    process_free(last);
    last = NULL;
}

int said(const char *text)
{
    return strstr(tool_errors(), text) != NULL;
}

int printed(const char *text)
{
    return strstr(tool_output(), text) != NULL;
}

int json_says(const char *name, const char *value)
{
    const char *output = tool_output();
    size_t len = strlen(output);
    char wanted[512];
    const char *at;

    if (output[0] != '{' || len < 3 || strcmp(output + len - 2, "}\n") != 0 ||
        strchr(output, '\n') != output + len - 1) {
        return 0;
    }
    snprintf(wanted, sizeof wanted, "\"%s\":%s", name, value);
    at = strstr(output, wanted);
    return at != NULL && (at[-1] == '{' || at[-1] == ',') &&
           (at[strlen(wanted)] == ',' || at[strlen(wanted)] == '}');
}

const char *said_token(void)
{
    static char token[80];
    const char *at = strstr(tool_errors(), "client token: ");

    token[0] = '\0';
    if (at != NULL) {
        sscanf(at + strlen("client token: "), "%79s", token);
    }
    return token;
}

const char *make_file(struct endpoint *service, const char *name, const char *text, unsigned mode)
{
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];
    FILE *file;

    if (service != NULL) {
        snprintf(path, sizeof paths[0], "%s/%s", endpoint_folder(service), name);
    } else {
        snprintf(path, sizeof paths[0], "/tmp/tool-%ld-%s", (long)getpid(), name);
    }
    file = fopen(path, "w");
    if (file == NULL || fputs(text, file) == EOF || fclose(file) != 0 ||
        chmod(path, (mode_t)mode) != 0) {
        give_up("cannot write a file");
    }
    return path;
}

void assert_said(const char *text)
{
    if (!said(text)) {
        fail_msg("\"%s\" is not in: %s", text, tool_errors());
    }
}

void assert_ends(struct endpoint *service, int status, const char *const *arguments)
{
    int ended = tool_run(service, arguments, NULL);

    if (ended != status) {
        fail_msg("%d: %s", ended, tool_errors());
    }
}

struct process *tool_start_and_await(struct endpoint *service, const char *const *arguments,
                                     const char *text)
{
    struct process *tool = tool_start(service, arguments, NULL);

    if (!process_await_errors(tool, text, TOOL_LIMIT_MS)) {
        fail_msg("\"%s\" is not in: %s", text, process_errors(tool));
    }
    return tool;
}

void tool_kill(struct process *tool)
{
    process_signal(tool, SIGKILL);
    assert_int_equal(process_wait(tool, TOOL_LIMIT_MS), 128 + SIGKILL);
    process_free(tool);
}
