/*
 * ask.h - the way in which questions (Describe... actions) reach the service
 */
#ifndef TOOL_ASK_H
#define TOOL_ASK_H

#include "replace_volume.h"

struct asker {
    rv_client *client; /* ready, and without a call that runs */
    rv_call *call;     /* zeroed, or of a call that is finished. Afterwards the last call's */

    /* Steps call until it is finished, and cancels it where the user wants an end. */
    void (*run)(void *ctx);
    void *ctx;

    uint16_t attempt; /* private: which of the call's attempts the last object is of */
};

/* One question, asked again by the library where that helps: it changes nothing. service: "ecs" or
 * another; on_object as in rv_request, which is given asker_is_repeated a look each time. Returns
 * the call's status. */
int ask(struct asker *asker, rv_request *request);

/* For on_object: 1 once, if the answer that begins here takes the place of one that was cut. */
int ask_begins_again(struct asker *asker);

/* What has become of the last question, as explain_call wants it: no answer to a question is never
 * "unknown", since it has changed nothing. */
rv_result ask_result(const struct asker *asker);

#endif
