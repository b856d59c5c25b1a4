/*
 * control.h - tells the endpoint what to do while it runs: its --control-socket
 *
 * Whatever goes wrong in here ends the test program with a sentence.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include <stdint.h>

struct control {
    int descriptor;
    uint64_t now_ms; /* both clocks, as of the last control_time */
    int64_t utc_s;
};

/* What was done to an instance, and what became of it. */
struct books {
    int replacements;
    int accepted;
    int stops;
    int starts;
    char status[16];
    char image_id[64];
};

void control_open(struct control *control, const char *path);
void control_close(struct control *control);

/* One command, as printf; it must be answered with "ok". */
void control_tell(struct control *control, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The endpoint deals with all that has come to it. Then, if its clock stands still, time passes
 * until then or until the first thing that happens by itself, whichever is sooner. */
void control_time(struct control *control, uint64_t until_ms);

void control_books(struct control *control, const char *instance_id, struct books *books);

#endif
