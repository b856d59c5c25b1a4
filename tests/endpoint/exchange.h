/* One exchange: from a parsed request to the answer, with its line in the journal. */
#ifndef ENDPOINT_EXCHANGE_H
#define ENDPOINT_EXCHANGE_H

#include "answer.h"
#include "journal.h"

struct endpoint {
    struct options options;
    struct journal journal;
    struct cloud cloud;
    struct tokens tokens;
    struct gateway gateway;
    struct service service;
    struct script script;
    int64_t requests;
};

/* What the journal says of the connection that a request came on. */
struct carrier {
    int64_t connection;
    int64_t request; /* counted from 1 on this connection */
    size_t request_bytes;
    bool resumed;
};

void exchange_run(struct endpoint *endpoint, const struct http_request *request,
                  const struct behaviour *behaviour, const struct carrier *carrier,
                  struct answer *answer);

/* A request that is no HTTP, and one that a rule cuts off before it was complete. */
void exchange_bad_request(struct endpoint *endpoint, const struct http_refusal *refusal,
                          const struct carrier *carrier, struct answer *answer);
void exchange_cut_request(struct endpoint *endpoint, const char *action,
                          const struct carrier *carrier);

#endif
