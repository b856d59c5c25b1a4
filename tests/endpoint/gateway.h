/* What the API gateway checks before an action sees the request: host, form, signature, date, rate.
 */
#ifndef ENDPOINT_GATEWAY_H
#define ENDPOINT_GATEWAY_H

#include "options.h"
#include "signature.h"

struct gateway {
    const struct options *options;
    struct access_key *keys;
    size_t key_count;
    int64_t port; /* as clients use it */
    uint64_t flow_second;
    int64_t flow_count;
};

/* One request as the actions see it. Texts are "" where the request did not say. */
struct call {
    char action[65];
    char version[17];
    char service[65];
    char region[65];
    const char *key_id;
    struct parameters query;      /* what was signed as query */
    struct parameters parameters; /* all: the query's and those of a form */
};

void gateway_open(struct gateway *gateway, const struct options *options, int64_t port);
void gateway_close(struct gateway *gateway);

/* False with the refusal. `call` is filled in as far as it was understood, for the journal; the
 * caller frees it in either case. `request` must outlive it. */
bool gateway_admit(struct gateway *gateway, const struct http_request *request, struct call *call,
                   struct refusal *refusal);
void call_free(struct call *call);

int64_t service_utc_s(const struct options *options);

#endif
