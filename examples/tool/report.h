/*
 * report.h - what is said at the end: exit status, a line or a JSON object on standard output
 */
#ifndef TOOL_REPORT_H
#define TOOL_REPORT_H

#include "replace_volume.h"

enum exit_status {
    EXIT_DONE = 0,       /* done, accepted or checked, whichever was asked */
    EXIT_REFUSED = 1,    /* refused: this changed nothing on the disk */
    EXIT_USAGE = 2,      /* the command line, a parameter or a finding that breaks a rule */
    EXIT_NOT_SENT = 3,   /* no replacement was sent */
    EXIT_UNKNOWN = 4,    /* it may have been executed */
    EXIT_UNFINISHED = 5, /* accepted, and not seen to be over */
    EXIT_ENDED_BADLY = 6 /* accepted, and ended badly, or although only a check was asked */
};

struct report {
    int exit_status;
    rv_result result;         /* of the call; without one: not sent, and nothing else known */
    const rv_job_report *job; /* of a whole job, of which result is a part; or NULL */
    uint32_t elapsed_s;       /* of the job */
    const char *outcome;      /* its name, where result and job do not say it; or NULL */
    const char *record;       /* the file in which it is kept; or NULL */
    char *next;               /* the command line to go on with, from malloc; or NULL */
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
/* As it was before anything happened, but about the same thing. */
void report_renew(struct report *report);

/* Notes why there is no call; returns exit_status. */
int report_fault(struct report *report, int exit_status, const char *format, ...) PRINTF_LIKE(3, 4);
/* Adds what to do now. */
void report_advise(struct report *report, const char *format, ...) PRINTF_LIKE(2, 3);

const char *report_outcome_name(const struct report *report);
/* The service's code if its answer ended the work, so that the message is of it too; else "". */
const char *report_code(const struct report *report);

/* What a job has seen of the replacement, in words. */
#define EVIDENCE_TEXT_SIZE 256
void report_evidence_text(unsigned evidence, char text[EVIDENCE_TEXT_SIZE]);
/* What it could not check, likewise. */
void report_not_checked_text(unsigned not_checked, char text[EVIDENCE_TEXT_SIZE]);

/* The result on standard output. That it cannot be written changes nothing. */
void report_print_line(const struct report *report);
void report_print_json(const struct report *report);

void report_free(struct report *report);

#endif
