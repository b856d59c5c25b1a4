#define _POSIX_C_SOURCE 200809L
#include "control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LINE_SIZE 1024

static void give_up(const char *what, const char *detail)
{
    fprintf(stderr, "control: %s: %s\n", what, detail);
    exit(1);
}

void control_open(struct control *control, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    control->descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    if (control->descriptor < 0 ||
        connect(control->descriptor, (struct sockaddr *)&address, sizeof address) != 0) {
        give_up(path, strerror(errno));
    }
    control_time(control, 0);
}

void control_close(struct control *control)
{
    close(control->descriptor);
    control->descriptor = -1;
}

static void send_line(const struct control *control, const char *line)
{
    size_t len = strlen(line);

    if (send(control->descriptor, line, len, MSG_NOSIGNAL) != (ssize_t)len) {
        give_up(line, strerror(errno));
    }
}

/* Answers are one line, and nothing comes unasked. */
static void receive_line(const struct control *control, char line[LINE_SIZE])
{
    size_t len = 0;

    while (len == 0 || line[len - 1] != '\n') {
        ssize_t got = recv(control->descriptor, line + len, LINE_SIZE - 1 - len, 0);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            give_up("no answer", got < 0 ? strerror(errno) : "the endpoint has ended");
        }
        len += (size_t)got;
    }
    line[len] = '\0';
}

void control_tell(struct control *control, const char *format, ...)
{
    char command[LINE_SIZE];
    char answer[LINE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(command, sizeof command - 1, format, arguments);
    va_end(arguments);
    strcat(command, "\n");
    send_line(control, command);
    receive_line(control, answer);
    if (strcmp(answer, "ok\n") != 0) {
        give_up(command, answer);
    }
}

void control_time(struct control *control, uint64_t until_ms)
{
    char line[LINE_SIZE];
    unsigned long long now_ms;
    long long utc_s;

    if (until_ms > INT64_MAX) {
        until_ms = INT64_MAX;
    }
    snprintf(line, sizeof line, "time %llu\n", (unsigned long long)until_ms);
    send_line(control, line);
    receive_line(control, line);
    if (sscanf(line, "%llu %lld", &now_ms, &utc_s) != 2) {
        give_up("time", line);
    }
    control->now_ms = now_ms;
    control->utc_s = utc_s;
}

void control_books(struct control *control, const char *instance_id, struct books *books)
{
    char line[LINE_SIZE];
    const char *members;

    snprintf(line, sizeof line, "books %s\n", instance_id);
    send_line(control, line);
    receive_line(control, line);
    members = strstr(line, "\"replacements\"");
    memset(books, 0, sizeof *books);
    if (members == NULL || sscanf(members,
                                  "\"replacements\":%d,\"accepted\":%d,\"stops\":%d,\"starts\":%d,"
                                  "\"status\":\"%15[A-Z]\",\"image_id\":\"%63[^\"]\"",
                                  &books->replacements, &books->accepted, &books->stops,
                                  &books->starts, books->status, books->image_id) != 6) {
        give_up("books", line);
    }
}
