#define _POSIX_C_SOURCE 200809L
#include "ask.h"

int ask(struct asker *asker, rv_request *request)
{
    request->version = "2020-04-01";
    request->repeat = RV_REPEAT_SAFE;
    asker->action = request->action;
    asker->attempt = 0;
    rv_call_free(asker->call);
    if (rv_call_start(asker->call, asker->client, request) == RV_OK) {
        asker->run(asker->ctx);
    }
    return rv_call_result(asker->call)->status;
}

int ask_is_new_answer(struct asker *asker)
{
    uint16_t attempt = rv_call_result(asker->call)->attempts;
    int is_new = attempt != asker->attempt;

    asker->attempt = attempt;
    return is_new;
}

rv_result ask_result(const struct asker *asker)
{
    rv_result result = *rv_call_result(asker->call);

    if (result.outcome == RV_UNKNOWN) {
        result.outcome = RV_NOT_SENT;
    }
    return result;
}
