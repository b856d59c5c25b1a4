/* Misbehaviour on demand: rules of the form ACTION[#N[-M]]=BEHAVIOUR[;BEHAVIOUR...]. */
#ifndef ENDPOINT_SCRIPT_H
#define ENDPOINT_SCRIPT_H

#include "errors.h"
#include "options.h"

enum answer_kind {
    ANSWER_TRUE, /* what the service really says */
    ANSWER_STATUS,
    ANSWER_ERROR,
    ANSWER_LEGACY_ERROR,
    ANSWER_HTML,
    ANSWER_GARBAGE,
    ANSWER_EMPTY,
    ANSWER_PRETENDED, /* success, though nothing was done */
    ANSWER_RAW,
    ANSWER_NONE
};

struct behaviour {
    enum answer_kind answer;
    int status;                        /* of the replaced answer */
    const struct service_error *error; /* ANSWER_ERROR and ANSWER_LEGACY_ERROR */
    char *raw;                         /* ANSWER_RAW */
    size_t raw_len;
    bool execute; /* run the action although its answer is replaced */

    int64_t delay_ms;
    int64_t trickle_ms;
    int64_t retry_after_s;
    int64_t date_offset_s;
    int64_t padding;

    /* Where the connection breaks, in plaintext bytes; -1: nowhere. */
    int64_t cut_request;
    int64_t cut_answer;
    int64_t cut_answer_notify;
    int64_t reset_answer;
    int64_t stall_answer;

    bool chunked;
    bool chunk_extras;
    bool until_close;
    bool gzip_header;
    bool interim;
    bool no_date;
    bool close;
    bool no_close_notify;
    bool shut_write;
};

struct rule {
    char *action; /* "*": any */
    int64_t first;
    int64_t last;
    struct behaviour behaviour;
};

struct script {
    struct rule **rules; /* each stays where it is: connections point at its behaviour */
    size_t rule_count;
    size_t first; /* those before it are dropped */
    struct action_count {
        char *action;
        int64_t count;
    } * counts;
    size_t count_count;
};

/* Reads all rules; ends the program with a message about a wrong one. */
void script_load(struct script *script, const struct strings *rules);
void script_add(struct script *script, const char *rule);
/* Drops all rules, and counts from 1 again. */
void script_clear(struct script *script);
void script_free(struct script *script);
void script_print_help(void);

/* Counts a request of that action and returns what the first fitting rule wants, or the good
 * behaviour. Never NULL; valid as long as the script. */
const struct behaviour *script_next(struct script *script, const char *action);

#endif
