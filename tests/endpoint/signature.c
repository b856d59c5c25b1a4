#define _POSIX_C_SOURCE 200809L
#include "signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <strings.h>

enum { DIGEST_LEN = 32 };

static void to_hex(const unsigned char digest[DIGEST_LEN], char out[HEX_DIGEST_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    size_t i;

    for (i = 0; i < DIGEST_LEN; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[2 * DIGEST_LEN] = '\0';
}

void sha256_hex(const void *bytes, size_t len, char out[HEX_DIGEST_SIZE])
{
    unsigned char digest[DIGEST_LEN];

    if (EVP_Digest(len > 0 ? bytes : "", len, digest, NULL, EVP_sha256(), NULL) != 1)
        die("OpenSSL cannot compute SHA-256");
    to_hex(digest, out);
}

/* digest = HMAC(key, text). `digest` may be the key. */
static void hmac(const void *key, size_t key_len, const char *text, unsigned char *digest)
{
    unsigned char out[DIGEST_LEN];

    if (HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text, strlen(text), out,
             NULL) == NULL)
        die("OpenSSL cannot compute HMAC-SHA256");
    memcpy(digest, out, DIGEST_LEN);
}

/* Cuts the part of *rest before `separator` off into `out`; false when it is empty or too long, or
 * when the separator is missing. An empty separator takes all that is left. */
static bool take_part(const char **rest, const char *separator, char *out, size_t size)
{
    const char *end = *separator != '\0' ? strstr(*rest, separator) : *rest + strlen(*rest);
    size_t len = end != NULL ? (size_t)(end - *rest) : 0;

    if (len == 0 || len >= size)
        return false;
    memcpy(out, *rest, len);
    out[len] = '\0';
    *rest = end + strlen(separator);
    return true;
}

static bool parse_credential(const char *credential, struct authorization *a,
                             struct refusal *refusal)
{
    char last[17];

    if (!take_part(&credential, "/", a->key_id, sizeof a->key_id) ||
        !take_part(&credential, "/", a->date, sizeof a->date) ||
        !take_part(&credential, "/", a->region, sizeof a->region) ||
        !take_part(&credential, "/", a->service, sizeof a->service) ||
        !take_part(&credential, "", last, sizeof last) || strcmp(last, "request") != 0)
        return refuse(refusal, "InvalidCredential",
                      "Credential is not ID/DATE/REGION/SERVICE/request");
    return true;
}

bool authorization_parse(const char *header, struct authorization *a, struct refusal *refusal)
{
    static const char scheme[] = "HMAC-SHA256 Credential=";
    static const char names[] = "SignedHeaders=";
    static const char signature[] = "Signature=";
    char credential[512];

    if (strstr(header, signature) == NULL)
        return refuse(refusal, "MissingSignature", "Authorization has no Signature=");
    if (strncmp(header, scheme, sizeof scheme - 1) != 0)
        return refuse(refusal, "InvalidAuthorization", "Authorization does not begin with '%s'",
                      scheme);
    header += sizeof scheme - 1;
    if (!take_part(&header, ", ", credential, sizeof credential) ||
        strncmp(header, names, sizeof names - 1) != 0)
        return refuse(refusal, "InvalidAuthorization", "', SignedHeaders=' does not follow");
    header += sizeof names - 1;
    if (!take_part(&header, ", ", a->signed_headers, sizeof a->signed_headers) ||
        strncmp(header, signature, sizeof signature - 1) != 0)
        return refuse(refusal, "InvalidAuthorization", "', Signature=' does not follow");
    header += sizeof signature - 1;
    if (!take_part(&header, "", a->signature, sizeof a->signature))
        return refuse(refusal, "MissingSignature", "Signature= is empty or too long");
    return parse_credential(credential, a, refusal);
}

bool is_signed_header(const struct authorization *authorization, const char *name)
{
    return list_has(authorization->signed_headers, ';', name);
}

static bool is_lower_case(const char *name)
{
    for (; *name != '\0'; name++) {
        if (*name >= 'A' && *name <= 'Z')
            return false;
    }
    return true;
}

/* Adds "name:value\n" for each signed header. They must be in lower case and in byte order, and
 * each must be in the request exactly once. */
static bool canonical_headers(const struct authorization *a, const struct http_request *request,
                              struct text *out, struct refusal *refusal)
{
    const char *rest = a->signed_headers;
    char name[128], before[128] = "";

    while (*rest != '\0') {
        size_t count;
        const char *value;
        const char *end = strchr(rest, ';');
        bool taken = end != NULL ? take_part(&rest, ";", name, sizeof name)
                                 : take_part(&rest, "", name, sizeof name);

        if (!taken || !is_lower_case(name) || strcmp(before, name) >= 0)
            return refuse(refusal, "SignatureDoesNotMatch",
                          "SignedHeaders are not lower-case names in byte order");
        value = http_find_header(request, name, &count);
        if (count != 1)
            return refuse(refusal, "SignatureDoesNotMatch",
                          "signed header %s is in the request %zu times", name, count);
        text_printf(out, "%s:%s\n", name, value);
        memcpy(before, name, sizeof before);
    }
    return true;
}

/* METHOD, URI, query, headers, names of the headers, hash of the body; one each line. */
static bool canonical_request(const struct authorization *a, const struct http_request *request,
                              const struct parameters *query, struct text *out,
                              struct refusal *refusal)
{
    char body_hash[HEX_DIGEST_SIZE];

    text_printf(out, "%s\n/\n", request->method);
    parameters_canonical(query, NULL, out);
    text_puts(out, "\n");
    if (!canonical_headers(a, request, out, refusal))
        return false;
    sha256_hex(request->body, request->body_len, body_hash);
    text_printf(out, "\n%s\n%s", a->signed_headers, body_hash);
    return true;
}

static void sign(const struct authorization *a, const char *secret, const char *to_sign,
                 char out[HEX_DIGEST_SIZE])
{
    unsigned char key[DIGEST_LEN];

    hmac(secret, strlen(secret), a->date, key);
    hmac(key, sizeof key, a->region, key);
    hmac(key, sizeof key, a->service, key);
    hmac(key, sizeof key, "request", key);
    hmac(key, sizeof key, to_sign, key);
    to_hex(key, out);
}

bool signature_check(const struct authorization *a, const struct access_key *key,
                     const struct http_request *request, const struct parameters *query,
                     struct refusal *refusal)
{
    struct text canonical = {0}, to_sign = {0};
    char hash[HEX_DIGEST_SIZE], wanted[HEX_DIGEST_SIZE];
    bool good = canonical_request(a, request, query, &canonical, refusal);

    if (good) {
        sha256_hex(canonical.bytes, canonical.len, hash);
        text_printf(&to_sign, "HMAC-SHA256\n%s\n%s/%s/%s/request\n%s",
                    http_find_header(request, "X-Date", NULL), a->date, a->region, a->service,
                    hash);
        sign(a, key->secret, to_sign.bytes, wanted);
        good = strcmp(a->signature, wanted) == 0;
        /* The hash tells which half is wrong: the same on both sides means a wrong key. */
        if (!good)
            refuse(refusal, "SignatureDoesNotMatch", "the canonical request here hashes to %s",
                   hash);
    }
    OPENSSL_cleanse(canonical.bytes, canonical.len);
    text_free(&canonical);
    text_free(&to_sign);
    return good;
}
