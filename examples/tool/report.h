/*
 * report.h - what is said at the end: exit status, a line or a JSON object on standard output
 */
#ifndef TOOL_REPORT_H
#define TOOL_REPORT_H

#include "replace_volume.h"

enum exit_status {
    EXIT_DONE = 0,            /* accepted, or checked */
    EXIT_REFUSED = 1,         /* refused: this request changed nothing on the disk */
    EXIT_USAGE = 2,           /* the command line, or a parameter that breaks a rule */
    EXIT_NOT_SENT = 3,        /* nothing was sent */
    EXIT_UNKNOWN = 4,         /* it may have been executed */
    EXIT_AGAINST_THE_WISH = 6 /* accepted, although only a check was asked */
};

struct report {
    int exit_status;
    rv_result result;         /* of the call; without one: not sent, and nothing else known */
    const char *instance_id;  /* or NULL */
    const char *client_token; /* that the user gave, or NULL */
    char message[1024];       /* what happened, and to which thing; "": nothing to say */
    char advice[1024];        /* what to do now */
};

#if defined(__GNUC__)
#define PRINTF_LIKE(at, first) __attribute__((format(printf, at, first)))
#else
#define PRINTF_LIKE(at, first)
#endif

void report_init(struct report *report);

/* Notes why there is no call; returns exit_status. */
int report_fault(struct report *report, int exit_status, const char *format, ...) PRINTF_LIKE(3, 4);
/* Adds what to do now. */
void report_advise(struct report *report, const char *format, ...) PRINTF_LIKE(2, 3);

const char *report_outcome_name(rv_outcome outcome);

/* The result on standard output. That it cannot be written changes nothing. */
void report_print_line(const struct report *report);
void report_print_json(const struct report *report);

#endif
