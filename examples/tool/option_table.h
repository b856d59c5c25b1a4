/*
 * option_table.h - every option: its name, what it takes, and where that goes
 */
#ifndef TOOL_OPTION_TABLE_H
#define TOOL_OPTION_TABLE_H

#include "options.h"

enum kind {
    FLAG,      /* int */
    TEXT,      /* const char * */
    NUMBER,    /* uint32_t, within its limits */
    PARAMETER, /* Name=Value, may be repeated */
    PASSWORD   /* there is none */
};

/* What is special about an option. */
enum {
    NOT_WITH_CALL_ONLY = 1,
    NOT_WITH_DRY_RUN = 2, /* which never stops or starts, and needs no record */
    RECORDED = 4,         /* a record keeps it */
    MUST_AGREE = 8,       /* and then --resume takes no other */
    OF_LISTS = 16,        /* "list" takes it */
    REPEATED = 32,        /* an instance, of which there may be several */
    NOT_WITH_SEVERAL = 64,
    ONLY_WITH_SEVERAL = 128
};

struct option {
    const char *name;
    enum kind kind;
    unsigned traits;
    size_t member;
    const char *argument;
    uint32_t least;
    uint32_t most;
};

#define OPTIONS_MAX 64 /* option_count is not more */

extern const struct option option_table[];
extern const size_t option_count;

/* The option that this argument begins with, or NULL. */
const struct option *option_find(const char *argument);

/* Where its value is in options. */
void *option_member(struct options *options, const struct option *option);
const void *option_value(const struct options *options, const struct option *option);

int option_is_given(const struct options *options, const struct option *option);

/* Takes the option at argv[*at] with its value, which may be the next argument: *at is moved on
 * then. 0, or an exit status with the reason in report. */
int option_take(struct options *options, const struct option *option, char **argv, int *at,
                struct report *report);

/* Frees what PARAMETER has made. */
void option_free_parameters(struct options *options);

/* Notes what is wrong with an option, and hints at --help; returns the exit status. */
int option_fault(struct report *report, const char *what, const char *which);

#endif
