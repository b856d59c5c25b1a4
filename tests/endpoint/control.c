#define _POSIX_C_SOURCE 200809L
#include "control.h"

#include "books.h"
#include "moment.h"
#include "server.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE_MAX_LEN = 8192 };

/* --- Commands --- */

static void command_time(struct server *server, const char *argument, struct text *answer)
{
    int64_t until_ms = 0;

    if (argument[0] != '\0' && !parse_decimal(argument, &until_ms)) {
        text_puts(answer, "error: time wants milliseconds");
        return;
    }
    server_pass_time(server, (uint64_t)until_ms);
    text_printf(answer, "%llu %lld", (unsigned long long)monotonic_ms(), (long long)utc_now_s());
}

static void command_rule(struct server *server, const char *argument, struct text *answer)
{
    script_add(&server->endpoint->script, argument);
    text_puts(answer, "ok");
}

static void command_no_rules(struct server *server, const char *argument, struct text *answer)
{
    (void)argument;
    script_clear(&server->endpoint->script);
    text_puts(answer, "ok");
}

static void command_reset(struct server *server, const char *argument, struct text *answer)
{
    cloud_reset(&server->endpoint->cloud, argument);
    tokens_forget(&server->endpoint->tokens, argument);
    text_puts(answer, "ok");
}

static void command_books(struct server *server, const char *argument, struct text *answer)
{
    const struct cloud *cloud = &server->endpoint->cloud;
    size_t i;

    server_pass_time(server, 0);
    text_puts(answer, "{");
    for (i = 0; i < cloud->instance_count; i++) {
        if (strcmp(cloud->instances[i].id, argument) == 0)
            books_write_instance(&cloud->instances[i], answer);
    }
    text_puts(answer, "}");
}

/* --- What somebody else does --- */

static const char somebody[] = "somebody-else";

/* The books are about what was asked of the endpoint as a service. */
static void stop(struct cloud *cloud, struct instance *instance)
{
    cloud_stop(cloud, instance, false, somebody);
    instance->stops--;
}

static void start(struct cloud *cloud, struct instance *instance)
{
    cloud_start(cloud, instance, somebody);
    instance->starts--;
}

static void hide(struct cloud *cloud, struct instance *instance)
{
    (void)cloud;
    instance->is_hidden = true;
}

static void show(struct cloud *cloud, struct instance *instance)
{
    (void)cloud;
    instance->is_hidden = false;
}

static const struct deed {
    const char *name;
    void (*run)(struct cloud *cloud, struct instance *instance);
} deeds[] = {
    {"stop", stop},         {"start", start}, {"delete", cloud_delete},
    {"touch", cloud_touch}, {"hide", hide},   {"show", show},
};

static bool run_deed(struct server *server, const char *name, const char *argument,
                     struct text *answer)
{
    struct cloud *cloud = &server->endpoint->cloud;
    struct instance *instance = cloud_find_instance(cloud, argument);
    size_t i;

    for (i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        if (strcmp(deeds[i].name, name) != 0)
            continue;
        if (instance != NULL)
            deeds[i].run(cloud, instance);
        text_puts(answer, instance != NULL ? "ok" : "error: there is no such instance");
        return true;
    }
    return false;
}

/* --- Lines --- */

static const struct command {
    const char *name;
    void (*run)(struct server *server, const char *argument, struct text *answer);
} commands[] = {
    {"time", command_time},   {"rule", command_rule},   {"no-rules", command_no_rules},
    {"reset", command_reset}, {"books", command_books},
};

static void run_line(struct server *server, char *line, struct text *answer)
{
    char *argument = strchr(line, ' ');
    size_t i;

    if (argument != NULL)
        *argument++ = '\0';
    for (i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, line) == 0) {
            commands[i].run(server, argument != NULL ? argument : "", answer);
            return;
        }
    }
    if (!run_deed(server, line, argument != NULL ? argument : "", answer))
        text_puts(answer, "error: there is no such command");
}

static void drop_controller(struct controller *controller)
{
    close(controller->fd);
    controller->fd = -1;
    text_free(&controller->received);
}

/* Answers are short, and whoever asks waits for them, so the socket takes them whole. */
static void answer_line(struct controller *controller, struct server *server, char *line)
{
    struct text answer = {0};

    run_line(server, line, &answer);
    text_add(&answer, "\n", 1);
    if (send(controller->fd, answer.bytes, answer.len, MSG_NOSIGNAL) != (ssize_t)answer.len)
        drop_controller(controller);
    text_free(&answer);
}

static void read_commands(struct controller *controller, struct server *server)
{
    char part[1024];
    ssize_t len = recv(controller->fd, part, sizeof part, 0);

    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len <= 0 || controller->received.len + (size_t)len > LINE_MAX_LEN) {
        drop_controller(controller);
        return;
    }
    text_add(&controller->received, part, (size_t)len);
    while (controller->fd >= 0 && controller->received.len > 0) {
        char *end = memchr(controller->received.bytes, '\n', controller->received.len);
        char *line;

        if (end == NULL)
            return;
        line = copy_bytes(controller->received.bytes, (size_t)(end - controller->received.bytes));
        text_drop(&controller->received, strlen(line) + 1);
        answer_line(controller, server, line);
        free(line);
    }
}

/* --- The sockets --- */

void control_open(struct control *control, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t i;

    control->listener = -1;
    for (i = 0; i < CONTROLLERS_MAX; i++)
        control->controllers[i].fd = -1;
    if (path == NULL)
        return;
    if (strlen(path) >= sizeof address.sun_path)
        die("the path of --control-socket is too long for a socket: %s", path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    control->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (control->listener < 0 ||
        bind(control->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(control->listener, CONTROLLERS_MAX) != 0 ||
        fcntl(control->listener, F_SETFL, O_NONBLOCK) != 0)
        die("cannot make --control-socket %s: %s", path, strerror(errno));
}

void control_close(struct control *control, const char *path)
{
    size_t i;

    if (control->listener < 0)
        return;
    for (i = 0; i < CONTROLLERS_MAX; i++) {
        if (control->controllers[i].fd >= 0)
            drop_controller(&control->controllers[i]);
    }
    close(control->listener);
    unlink(path);
}

void control_fill_polled(const struct control *control, struct pollfd *polled)
{
    size_t i;

    polled[CONTROLLERS_MAX].fd = control->listener;
    polled[CONTROLLERS_MAX].events = POLLIN;
    for (i = 0; i < CONTROLLERS_MAX; i++) {
        polled[i].fd = control->controllers[i].fd;
        polled[i].events = POLLIN;
    }
}

/* When there is no room, whoever comes waits. */
static void accept_controller(struct control *control)
{
    size_t i;

    for (i = 0; i < CONTROLLERS_MAX; i++) {
        if (control->controllers[i].fd < 0) {
            control->controllers[i].fd = accept(control->listener, NULL, NULL);
            return;
        }
    }
}

void control_advance(struct control *control, struct server *server, const struct pollfd *polled)
{
    short seen[CONTROL_POLLED];
    size_t i;

    /* A command that lets time pass polls anew. */
    for (i = 0; i < CONTROL_POLLED; i++)
        seen[i] = polled[i].revents;
    for (i = 0; i < CONTROLLERS_MAX; i++) {
        if (control->controllers[i].fd >= 0 && seen[i] != 0)
            read_commands(&control->controllers[i], server);
    }
    if (seen[CONTROLLERS_MAX] != 0)
        accept_controller(control);
}
