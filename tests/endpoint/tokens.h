/* ClientTokens: what each was used for, so that a repeated request is not executed again. */
#ifndef ENDPOINT_TOKENS_H
#define ENDPOINT_TOKENS_H

#include "cloud.h"
#include "gateway.h"
#include "signature.h"

struct token {
    char *name; /* as the client sent it */
    char *key_id;
    char fingerprint[HEX_DIGEST_SIZE]; /* of all other parameters */
    const char *instance_id;           /* "" after a DryRun */
    uint64_t used_ms;
    uint64_t processed_ms;             /* until then IdempotentProcessing */
    const struct service_error *ended; /* NULL: accepted */
};

struct tokens {
    const struct options *options;
    const struct cloud *cloud;
    struct token *items;
    size_t count;
};

enum token_answer { TOKEN_NEW, TOKEN_DONE, TOKEN_REFUSED };

void tokens_open(struct tokens *tokens, const struct options *options, const struct cloud *cloud);
void tokens_close(struct tokens *tokens);

/* Whether the call's token was used before. TOKEN_DONE: answer as the first time. */
enum token_answer tokens_look_up(struct tokens *tokens, const struct call *call,
                                 struct refusal *refusal);

/* Forgets what was done to this instance. */
void tokens_forget(struct tokens *tokens, const char *instance_id);

/* Remembers the call's token, if it has one. `instance` is NULL for a DryRun. */
void tokens_remember(struct tokens *tokens, const struct call *call,
                     const struct instance *instance, uint64_t processed_ms,
                     const struct service_error *ended);

#endif
