#include "tokens.h"

#include "moment.h"
#include <stdlib.h>
#include <string.h>

void tokens_open(struct tokens *tokens, const struct options *options, const struct cloud *cloud)
{
    memset(tokens, 0, sizeof *tokens);
    tokens->options = options;
    tokens->cloud = cloud;
}

static void free_token(struct token *token)
{
    free(token->name);
    free(token->key_id);
}

void tokens_close(struct tokens *tokens)
{
    size_t i;

    for (i = 0; i < tokens->count; i++)
        free_token(&tokens->items[i]);
    free(tokens->items);
}

/* A hash, so that no password is kept in a table of texts. */
static void fingerprint_of(const struct call *call, char out[HEX_DIGEST_SIZE])
{
    struct text canonical = {0};

    parameters_canonical(&call->parameters, "ClientToken", &canonical);
    sha256_hex(canonical.bytes, canonical.len, out);
    text_free(&canonical);
}

static bool is_forgotten(const struct tokens *tokens, const struct token *token, uint64_t now_ms)
{
    const struct options *options = tokens->options;
    const struct instance *instance = cloud_find_instance(tokens->cloud, token->instance_id);

    if (now_ms < token->processed_ms)
        return false;
    if (token->ended != NULL)
        return true;
    if (options->token_memory_ms != 0 &&
        now_ms - token->used_ms >= (uint64_t)options->token_memory_ms)
        return true;
    return options->old_token_answers_from_memory == NO &&
           (instance == NULL || (!instance->replacing && instance->step_count == 0));
}

static struct token *find_token(struct tokens *tokens, const char *name, const char *key_id)
{
    bool shared = tokens->options->tokens_shared_between_keys == 1;
    uint64_t now_ms = monotonic_ms();
    size_t i;

    for (i = 0; i < tokens->count; i++) {
        struct token *token = &tokens->items[i];

        if (strcmp(token->name, name) != 0 || (!shared && strcmp(token->key_id, key_id) != 0))
            continue;
        if (!is_forgotten(tokens, token, now_ms))
            return token;
        free_token(token);
        *token = tokens->items[--tokens->count];
        i--;
    }
    return NULL;
}

enum token_answer tokens_look_up(struct tokens *tokens, const struct call *call,
                                 struct refusal *refusal)
{
    const char *name = find_parameter(&call->parameters, "ClientToken");
    char fingerprint[HEX_DIGEST_SIZE];
    const struct token *token;

    if (name == NULL || name[0] == '\0')
        return TOKEN_NEW;
    token = find_token(tokens, name, call->key_id);
    if (token == NULL)
        return TOKEN_NEW;
    fingerprint_of(call, fingerprint);
    if (strcmp(token->fingerprint, fingerprint) != 0) {
        refuse(refusal, "IdempotentParameterMismatch", "the token was used with other parameters");
        return TOKEN_REFUSED;
    }
    if (monotonic_ms() < token->processed_ms) {
        refuse(refusal, "IdempotentProcessing", "see --processing-ms");
        return TOKEN_REFUSED;
    }
    /* A DryRun that passed is checked again: its answer is an error in any case. */
    return token->instance_id[0] != '\0' ? TOKEN_DONE : TOKEN_NEW;
}

void tokens_remember(struct tokens *tokens, const struct call *call,
                     const struct instance *instance, uint64_t processed_ms,
                     const struct service_error *ended)
{
    const char *name = find_parameter(&call->parameters, "ClientToken");
    struct token *token;

    if (name == NULL || name[0] == '\0' || find_token(tokens, name, call->key_id) != NULL)
        return;
    tokens->items = reallocate(tokens->items, (tokens->count + 1) * sizeof *tokens->items);
    token = &tokens->items[tokens->count++];
    token->name = copy_string(name);
    token->key_id = copy_string(call->key_id);
    fingerprint_of(call, token->fingerprint);
    token->instance_id = instance != NULL ? instance->id : "";
    token->used_ms = monotonic_ms();
    token->processed_ms = processed_ms;
    token->ended = ended;
}

void tokens_forget(struct tokens *tokens, const char *instance_id)
{
    size_t i = tokens->count;

    while (i-- > 0) {
        struct token *token = &tokens->items[i];

        if (strcmp(token->instance_id, instance_id) != 0)
            continue;
        free_token(token);
        *token = tokens->items[--tokens->count];
    }
}
