/* The "V4" signature: HMAC-SHA256 over a canonical form of the request. */
#ifndef ENDPOINT_SIGNATURE_H
#define ENDPOINT_SIGNATURE_H

#include "errors.h"
#include "http.h"
#include "parameters.h"

struct access_key {
    char *id;
    char *secret; /* raw bytes of the text; not base64, although real ones look like it */
    char *token;  /* session token of a temporary key; NULL: none */
};

/* What the Authorization header says: HMAC-SHA256 Credential=ID/DATE/REGION/SERVICE/request,
 * SignedHeaders=..., Signature=... */
struct authorization {
    char key_id[129];
    char date[17];
    char region[65];
    char service[65];
    char signed_headers[1025];
    char signature[129];
};

bool authorization_parse(const char *header, struct authorization *authorization,
                         struct refusal *refusal);

/* Whether `name` is one of the signed headers. */
bool is_signed_header(const struct authorization *authorization, const char *name);

/* Computes the signature that the request should have and compares. The query that is hashed is
 * that of `query` in canonical form. */
bool signature_check(const struct authorization *authorization, const struct access_key *key,
                     const struct http_request *request, const struct parameters *query,
                     struct refusal *refusal);

enum { HEX_DIGEST_SIZE = 65 };

void sha256_hex(const void *bytes, size_t len, char out[HEX_DIGEST_SIZE]);

#endif
