#define _POSIX_C_SOURCE 200809L
#include "exchange.h"

#include <string.h>
#include <strings.h>

static void begin_line(struct endpoint *endpoint, const char *action, const struct carrier *carrier)
{
    struct journal *journal = &endpoint->journal;

    journal_begin(journal, "request");
    journal_number(journal, "number", ++endpoint->requests);
    journal_text(journal, "action", action);
    journal_number(journal, "connection", carrier->connection);
    journal_number(journal, "request_on_connection", carrier->request);
    journal_bool(journal, "resumed", carrier->resumed);
}

static void journal_request(struct endpoint *endpoint, const struct http_request *request,
                            const struct call *call, const struct reply *reply, bool executed,
                            const struct answer *answer, const struct carrier *carrier)
{
    struct journal *journal = &endpoint->journal;
    const char *instance_id = parameter_text(call, "InstanceId");

    begin_line(endpoint, call->action, carrier);
    journal_text(journal, "method", request->method);
    journal_text(journal, "service", call->service);
    journal_text(journal, "access_key_id", call->key_id);
    journal_number(journal, "status", answer->status);
    journal_text(journal, "code", answer->code);
    journal_text(journal, "true_code",
                 reply->refusal.error != NULL ? reply->refusal.error->code : "");
    journal_text(journal, "detail", reply->refusal.detail);
    journal_bool(journal, "executed", executed);
    journal_text(journal, "client_token", parameter_text(call, "ClientToken"));
    journal_text(journal, "instance_id",
                 instance_id[0] != '\0' ? instance_id : parameter_text(call, "InstanceIds.1"));
    journal_text(journal, "image_id", parameter_text(call, "ImageId"));
    journal_bool(journal, "dry_run", strcmp(parameter_text(call, "DryRun"), "true") == 0);
    journal_bool(journal, "password_set", parameter_text(call, "Password")[0] != '\0');
    journal_text(journal, "x_date", http_find_header(request, "X-Date", NULL));
    journal_number(journal, "request_bytes", (int64_t)carrier->request_bytes);
    journal_number(journal, "answer_bytes", (int64_t)answer->bytes.len);
    journal_end(journal);
}

/* Whether the action's effect and true answer are wanted. */
static bool is_executed(const struct behaviour *behaviour)
{
    return behaviour->answer == ANSWER_TRUE || behaviour->execute;
}

/* "Connection: close" in the request, or the endpoint closes after every answer. */
static bool wants_close(const struct endpoint *endpoint, const struct http_request *request)
{
    const char *connection = http_find_header(request, "Connection", NULL);

    return endpoint->options.close_after_answer ||
           (connection != NULL && strcasecmp(connection, "close") == 0);
}

void exchange_run(struct endpoint *endpoint, const struct http_request *request,
                  const struct behaviour *behaviour, const struct carrier *carrier,
                  struct answer *answer)
{
    struct call call;
    struct reply reply = {0};
    bool executed = false;

    reply.refused_by_gateway = !gateway_admit(&endpoint->gateway, request, &call, &reply.refusal);
    if (!reply.refused_by_gateway && is_executed(behaviour)) {
        service_call(&endpoint->service, &call, &reply);
        executed = true;
    }
    answer_compose(answer, &endpoint->options, &call, &reply, behaviour,
                   wants_close(endpoint, request));
    journal_request(endpoint, request, &call, &reply, executed, answer, carrier);
    reply_free(&reply);
    call_free(&call);
}

void exchange_bad_request(struct endpoint *endpoint, const struct http_refusal *refusal,
                          const struct carrier *carrier, struct answer *answer)
{
    answer_bad_request(answer, &endpoint->options, refusal);
    begin_line(endpoint, "", carrier);
    journal_number(&endpoint->journal, "status", answer->status);
    journal_text(&endpoint->journal, "code", "");
    journal_text(&endpoint->journal, "detail", refusal->reason);
    journal_bool(&endpoint->journal, "executed", false);
    journal_end(&endpoint->journal);
}

void exchange_cut_request(struct endpoint *endpoint, const char *action,
                          const struct carrier *carrier)
{
    begin_line(endpoint, action, carrier);
    journal_number(&endpoint->journal, "status", 0);
    journal_text(&endpoint->journal, "code", "");
    journal_text(&endpoint->journal, "detail", "cut by a rule before it was complete");
    journal_bool(&endpoint->journal, "executed", false);
    journal_end(&endpoint->journal);
}
