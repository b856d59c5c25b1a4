#define _POSIX_C_SOURCE 200809L
#include "endpoint.h"

#include "spawn.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARGUMENTS_MAX 64
#define START_MS      20000
#define STOP_MS       10000
#define PAUSE_MS      5

struct endpoint {
    struct process *process;
    uint16_t port;
    char address[32];
    char folder[32];
    char ca_file[64];
    char ready_file[64];
    char journal_file[64];
    char control_socket[64];
    char *journal;
};

static void give_up(const char *what)
{
    fprintf(stderr, "endpoint: %s\n", what);
    exit(1);
}

static int has_argument(const char *const *arguments, const char *name)
{
    for (; arguments != NULL && *arguments != NULL; arguments++) {
        size_t len = strlen(name);

        if (strncmp(*arguments, name, len) == 0 &&
            ((*arguments)[len] == '\0' || (*arguments)[len] == '=')) {
            return 1;
        }
    }
    return 0;
}

struct list {
    const char *items[ARGUMENTS_MAX];
    int count;
};

static void list_add(struct list *list, const char *item)
{
    if (list->count + 1 >= ARGUMENTS_MAX) {
        give_up("too many arguments");
    }
    list->items[list->count++] = item;
    list->items[list->count] = NULL;
}

static void list_add_option(struct list *list, const char *name, const char *value)
{
    list_add(list, name);
    list_add(list, value);
}

static void make_folder(struct endpoint *endpoint)
{
    snprintf(endpoint->folder, sizeof endpoint->folder, "/tmp/endpoint-XXXXXX");
    if (mkdtemp(endpoint->folder) == NULL) {
        give_up("no folder under /tmp");
    }
    snprintf(endpoint->ca_file, sizeof endpoint->ca_file, "%s/ca.pem", endpoint->folder);
    snprintf(endpoint->ready_file, sizeof endpoint->ready_file, "%s/port", endpoint->folder);
    snprintf(endpoint->journal_file, sizeof endpoint->journal_file, "%s/journal", endpoint->folder);
    snprintf(endpoint->control_socket, sizeof endpoint->control_socket, "%s/control",
             endpoint->folder);
}

static void start_process(struct endpoint *endpoint, const char *const *arguments)
{
    const char *fixture = getenv("RV_FIXTURE");
    struct list list = {{NULL}, 0};

    list_add(&list, getenv("RV_ENDPOINT"));
    if (list.items[0] == NULL) {
        give_up("RV_ENDPOINT does not say where it is");
    }
    list_add_option(&list, "--ca-file", endpoint->ca_file);
    list_add_option(&list, "--ready-file", endpoint->ready_file);
    list_add_option(&list, "--journal", endpoint->journal_file);
    list_add_option(&list, "--control-socket", endpoint->control_socket);
    list_add(&list, "--parent-pid-exit");
    if (!has_argument(arguments, "--access-key-id")) {
        list_add_option(&list, "--access-key-id", ENDPOINT_ACCESS_KEY_ID "=" ENDPOINT_SECRET_KEY);
    }
    if (fixture != NULL && !has_argument(arguments, "--fixture")) {
        list_add_option(&list, "--fixture", fixture);
    }
    for (; arguments != NULL && *arguments != NULL; arguments++) {
        list_add(&list, *arguments);
    }
    endpoint->process = process_start(list.items, NULL);
}

/* The file is there at once and whole, once it is there. */
static int read_port(struct endpoint *endpoint)
{
    FILE *file = fopen(endpoint->ready_file, "r");
    unsigned port = 0;
    int read = file != NULL && fscanf(file, "%u", &port) == 1;

    if (file != NULL) {
        fclose(file);
    }
    endpoint->port = (uint16_t)port;
    snprintf(endpoint->address, sizeof endpoint->address, "localhost:%u", port);
    return read;
}

struct endpoint *endpoint_start(const char *const *arguments)
{
    struct endpoint *endpoint = calloc(1, sizeof *endpoint);
    int waited;

    if (endpoint == NULL) {
        give_up("no memory");
    }
    make_folder(endpoint);
    start_process(endpoint, arguments);
    for (waited = 0; waited < START_MS; waited += PAUSE_MS) {
        if (read_port(endpoint)) {
            return endpoint;
        }
        if (process_has_ended(endpoint->process)) {
            break;
        }
        sleep_ms(PAUSE_MS);
    }
    give_up(process_errors(endpoint->process));
    return NULL;
}

uint16_t endpoint_port(const struct endpoint *endpoint)
{
    return endpoint->port;
}

const char *endpoint_address(const struct endpoint *endpoint)
{
    return endpoint->address;
}

const char *endpoint_ca_file(const struct endpoint *endpoint)
{
    return endpoint->ca_file;
}

const char *endpoint_control_socket(const struct endpoint *endpoint)
{
    return endpoint->control_socket;
}

const char *endpoint_folder(const struct endpoint *endpoint)
{
    return endpoint->folder;
}

const char *endpoint_journal(struct endpoint *endpoint)
{
    FILE *file = fopen(endpoint->journal_file, "r");
    struct stat about;
    size_t len = 0;

    if (file != NULL && fstat(fileno(file), &about) == 0) {
        len = (size_t)about.st_size;
    }
    endpoint->journal = realloc(endpoint->journal, len + 1);
    if (endpoint->journal == NULL) {
        give_up("no memory");
    }
    if (file != NULL) {
        len = fread(endpoint->journal, 1, len, file);
        fclose(file);
    }
    endpoint->journal[len] = '\0';
    return endpoint->journal;
}

int endpoint_journal_count(struct endpoint *endpoint, const char *text)
{
    const char *at = endpoint_journal(endpoint);
    int count = 0;

    while ((at = strstr(at, text)) != NULL) {
        count++;
        at += strcspn(at, "\n");
    }
    return count;
}

int endpoint_journal_await(struct endpoint *endpoint, const char *text, int count, int limit_ms)
{
    int waited = 0;

    while (endpoint_journal_count(endpoint, text) < count) {
        if (waited >= limit_ms) {
            return 0;
        }
        sleep_ms(PAUSE_MS);
        waited += PAUSE_MS;
    }
    return 1;
}

void endpoint_stop(struct endpoint *endpoint)
{
    if (endpoint == NULL) {
        return;
    }
    process_signal(endpoint->process, SIGTERM);
    if (process_wait(endpoint->process, STOP_MS) != 0) {
        give_up(process_errors(endpoint->process));
    }
    process_free(endpoint->process);
    remove_tree(endpoint->folder);
    free(endpoint->journal);
    free(endpoint);
}
