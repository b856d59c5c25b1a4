/* The two services: which actions there are, what they take, and one answer to each call. */
#ifndef ENDPOINT_SERVICE_H
#define ENDPOINT_SERVICE_H

#include "cloud.h"
#include "gateway.h"
#include "tokens.h"

struct service {
    const struct options *options;
    struct cloud *cloud;
    struct tokens *tokens;
    int64_t describe_count; /* which answers come from the lagging replica */
};

struct reply {
    struct refusal refusal; /* .error NULL: success */
    bool refused_by_gateway;
    struct text result; /* JSON; empty: the action has none */
    uint64_t delay_ms;  /* the service itself takes so long */
};

void service_call(struct service *service, const struct call *call, struct reply *reply);
void reply_free(struct reply *reply);

/* The actions, each in the file that its name suggests. */
typedef void action_handler(struct service *service, const struct call *call, struct reply *reply);
action_handler replace_system_volume;
action_handler stop_instance;
action_handler start_instance;
action_handler describe_instances;
action_handler describe_images;
action_handler describe_key_pairs;
action_handler describe_volumes;
action_handler describe_snapshots;
action_handler get_console_output;

/* Checks that several actions make; each false with the refusal. */
bool check_boolean(const struct call *call, const char *key, bool *value, struct refusal *refusal);
bool check_client_token(const struct call *call, struct refusal *refusal);
struct instance *check_instance(const struct service *service, const struct call *call,
                                struct refusal *refusal); /* NULL when refused */

/* The parameter, or "" when the call does not have it. */
const char *parameter_text(const struct call *call, const char *key);

#endif
