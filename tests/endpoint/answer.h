/* Turns a reply into the bytes of an HTTP answer, and says how they are to be sent. */
#ifndef ENDPOINT_ANSWER_H
#define ENDPOINT_ANSWER_H

#include "script.h"
#include "service.h"

enum ending {
    ENDING_KEEP,  /* the connection stays open */
    ENDING_CLOSE, /* close_notify, then close */
    ENDING_CUT,   /* close without close_notify */
    ENDING_RESET, /* TCP reset */
    ENDING_STALL, /* silence */
    ENDING_HALF   /* close_notify and FIN, but go on reading */
};

struct answer {
    struct text bytes;
    size_t limit;        /* send no more than so many of them */
    enum ending ending;  /* and then this */
    uint64_t delay_ms;   /* before the first byte */
    uint64_t trickle_ms; /* between single bytes; 0: all at once */
    int status;          /* for the journal; 0: no answer */
    const char *code;    /* of the error that was sent, or "" */
};

/* `close` is set when the connection is to end anyway. */
void answer_compose(struct answer *answer, const struct options *options, const struct call *call,
                    const struct reply *reply, const struct behaviour *behaviour, bool close);

/* The answer to bytes that are no HTTP request. */
void answer_bad_request(struct answer *answer, const struct options *options,
                        const struct http_refusal *refusal);
void answer_free(struct answer *answer);

#endif
