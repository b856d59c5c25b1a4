#include "seed.h"

#include <mbedtls/md.h>
#include <stdint.h>
#include <string.h>

#define DIGEST_SIZE 32

typedef char a_digest_is_a_token[2 * DIGEST_SIZE <= RV_CLIENT_TOKEN_MAX ? 1 : -1];

static int hash_text(mbedtls_md_context_t *hash, const char *text)
{
    size_t len = strlen(text);
    const unsigned char prefix[4] = {
        (unsigned char)(len >> 24),
        (unsigned char)(len >> 16),
        (unsigned char)(len >> 8),
        (unsigned char)len,
    };
    int status = mbedtls_md_update(hash, prefix, sizeof prefix);

    return status == 0 ? mbedtls_md_update(hash, (const unsigned char *)text, len) : status;
}

static int hash_all(mbedtls_md_context_t *hash, const char *const texts[4],
                    unsigned char digest[DIGEST_SIZE])
{
    int status = mbedtls_md_setup(hash, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 0);
    size_t i;

    if (status == 0) {
        status = mbedtls_md_starts(hash);
    }
    for (i = 0; i < 4 && status == 0; i++) {
        status = hash_text(hash, texts[i]);
    }
    return status == 0 ? mbedtls_md_finish(hash, digest) : status;
}

int seed_token(const char *seed, const char *region, const char *instance_id,
               char token[RV_CLIENT_TOKEN_MAX + 1])
{
    static const char digits[] = "0123456789abcdef";
    const char *const texts[4] = {SEED_LABEL, seed, region, instance_id};
    unsigned char digest[DIGEST_SIZE];
    mbedtls_md_context_t hash;
    int status;
    size_t i;

    mbedtls_md_init(&hash);
    status = hash_all(&hash, texts, digest);
    mbedtls_md_free(&hash);
    token[0] = '\0';
    if (status != 0) {
        return status;
    }
    for (i = 0; i < DIGEST_SIZE; i++) {
        token[2 * i] = digits[digest[i] >> 4];
        token[2 * i + 1] = digits[digest[i] & 15];
    }
    token[2 * DIGEST_SIZE] = '\0';
    return 0;
}
