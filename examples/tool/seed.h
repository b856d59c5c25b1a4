/*
 * seed.h - a client token that follows from the name of one intended replacement (--token-seed)
 */
#ifndef TOOL_SEED_H
#define TOOL_SEED_H

#include "replace_volume.h"

#define SEED_MAX 255 /* bytes */

/* The token is the SHA-256, in lower-case hexadecimal, of four texts, each with its length before
 * it (4 bytes, most significant first): SEED_LABEL, seed, region, instance id. Lengths keep two
 * different lists of texts from being the same bytes. What the instance gets (image, credential,
 * size) is left out: a changed one is another request under the same token, which is a mismatch,
 * and not another replacement. */
#define SEED_LABEL "replace-volume client token 1"

/* Writes the token. 0; anything else: mbedTLS cannot hash, and token is "". */
int seed_token(const char *seed, const char *region, const char *instance_id,
               char token[RV_CLIENT_TOKEN_MAX + 1]);

#endif
