/* What a test says to the endpoint while it runs, over --control-socket: one command a line, and
 * one line in answer. The README lists them. */
#ifndef ENDPOINT_CONTROL_H
#define ENDPOINT_CONTROL_H

#include "text.h"
#include <poll.h>

enum { CONTROLLERS_MAX = 4, CONTROL_POLLED = CONTROLLERS_MAX + 1 };

struct server;

struct control {
    int listener; /* -1: there is no such socket */
    struct controller {
        int fd; /* -1: free */
        struct text received;
    } controllers[CONTROLLERS_MAX];
};

/* path NULL: none is wanted. */
void control_open(struct control *control, const char *path);
void control_close(struct control *control, const char *path);

/* Fills in, and looks through, the CONTROL_POLLED entries that are its own. */
void control_fill_polled(const struct control *control, struct pollfd *polled);
void control_advance(struct control *control, struct server *server, const struct pollfd *polled);

#endif
