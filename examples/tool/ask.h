/*
 * ask.h - questions to the service: the Describe... actions, which change nothing
 */
#ifndef TOOL_ASK_H
#define TOOL_ASK_H

#include "replace_volume.h"

struct asker {
    rv_client *client; /* ready, and no call of it runs */
    rv_call *call;     /* zeroed, or finished. Afterwards the last question's */

    /* Steps call until it is finished, and cancels it if the user wants an end. */
    void (*run)(void *ctx);
    void *ctx;

    const char *action; /* the last question's */
    uint16_t attempt;   /* private: that the answer is of which comes in */
};

/* Asks one question and returns the call's status. Of request everything is to be set but version
 * and repeat: the library asks again where that helps. */
int ask(struct asker *asker, rv_request *request);

/* For rv_request.on_object: 1 once an answer, at its beginning. What an answer before has said,
 * which was cut, is to be forgotten. */
int ask_is_new_answer(struct asker *asker);

/* The last question's result, for explain_call. Its outcome is never RV_UNKNOWN: what became of a
 * question that was not answered is of no consequence, so nothing was sent that matters. */
rv_result ask_result(const struct asker *asker);

#endif
