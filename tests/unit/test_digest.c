/*
 * Section 2: SHA-256 and HMAC, over whichever interface of mbedTLS this build uses.
 *
 * Expected values: FIPS 180-2 appendix B and RFC 4231 section 4.
 */
#define RV_STATIC
#include "../../replace_volume.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static rv_digest digest;

static void expect_hex(const uint8_t bytes[32], const char *expected)
{
    char hex[65];

    hex_write(hex, bytes, 32);
    assert_string_equal(hex, expected);
}

/* --- SHA-256 ---------------------------------------------------------------------------------- */

static void expect_hash(const char *text, const char *expected)
{
    uint8_t out[32];

    digest_begin(&digest, NULL, 0);
    digest_update(&digest, text, strlen(text));
    assert_int_equal(digest_end(&digest, out), RV_OK);
    expect_hex(out, expected);
}

#define TWO_BLOCKS      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
#define TWO_BLOCKS_HASH "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"

static void hashes_are_those_of_the_standard(void **state)
{
    (void)state;
    expect_hash("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect_hash(TWO_BLOCKS, TWO_BLOCKS_HASH);
}

static void a_hash_of_nothing_needs_no_update(void **state)
{
    uint8_t out[32];

    (void)state;
    digest_begin(&digest, NULL, 0);
    assert_int_equal(digest_end(&digest, out), RV_OK);
    expect_hex(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void a_hash_is_the_same_however_its_text_is_cut(void **state)
{
    const uint8_t *text = (const uint8_t *)TWO_BLOCKS;
    size_t len = strlen(TWO_BLOCKS), at;
    uint8_t out[32];

    (void)state;
    for (at = 0; at <= len; at++) {
        digest_begin(&digest, NULL, 0);
        digest_update(&digest, text, at);
        digest_update(&digest, text + at, len - at);
        assert_int_equal(digest_end(&digest, out), RV_OK);
        expect_hex(out, TWO_BLOCKS_HASH);
    }
}

static void a_million_bytes_are_hashed(void **state)
{
    uint8_t text[1000], out[32];
    unsigned i;

    (void)state;
    memset(text, 'a', sizeof(text));
    digest_begin(&digest, NULL, 0);
    for (i = 0; i < 1000; i++) {
        digest_update(&digest, text, sizeof(text));
    }
    assert_int_equal(digest_end(&digest, out), RV_OK);
    expect_hex(out, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void a_hash_may_be_given_up_at_any_point(void **state)
{
    uint8_t out[32];
    unsigned i;

    (void)state;
    for (i = 0; i < 100; i++) {
        digest_begin(&digest, NULL, 0);
        digest_update(&digest, "abc", 3);
        digest_end(&digest, out);
    }
    expect_hash("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* --- HMAC ------------------------------------------------------------------------------------- */

static void expect_hmac(const uint8_t *key, size_t key_len, const uint8_t *text, size_t len,
                        const char *expected)
{
    uint8_t out[32];
    size_t at;

    for (at = 0; at <= len; at++) {
        digest_begin(&digest, key, key_len);
        digest_update(&digest, text, at);
        digest_update(&digest, text + at, len - at);
        assert_int_equal(digest_end(&digest, out), RV_OK);
        expect_hex(out, expected);
    }
}

static void expect_hmac_of_text(const uint8_t *key, size_t key_len, const char *text,
                                const char *expected)
{
    expect_hmac(key, key_len, (const uint8_t *)text, strlen(text), expected);
}

static void hmac_of_rfc_4231_case_1(void **state)
{
    uint8_t key[20];

    (void)state;
    memset(key, 0x0B, sizeof(key));
    expect_hmac_of_text(key, sizeof(key), "Hi There",
                        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}

static void hmac_of_rfc_4231_case_2_with_a_key_shorter_than_the_hash(void **state)
{
    (void)state;
    expect_hmac_of_text((const uint8_t *)"Jefe", 4, "what do ya want for nothing?",
                        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void hmac_of_rfc_4231_case_3(void **state)
{
    uint8_t key[20], text[50];

    (void)state;
    memset(key, 0xAA, sizeof(key));
    memset(text, 0xDD, sizeof(text));
    expect_hmac(key, sizeof(key), text, sizeof(text),
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
}

static void hmac_of_rfc_4231_case_4(void **state)
{
    uint8_t key[25], text[50];
    unsigned i;

    (void)state;
    for (i = 0; i < sizeof(key); i++) {
        key[i] = (uint8_t)(i + 1);
    }
    memset(text, 0xCD, sizeof(text));
    expect_hmac(key, sizeof(key), text, sizeof(text),
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
}

static void hmac_of_rfc_4231_case_6_with_a_key_longer_than_a_block(void **state)
{
    uint8_t key[131];

    (void)state;
    memset(key, 0xAA, sizeof(key));
    expect_hmac_of_text(key, sizeof(key), "Test Using Larger Than Block-Size Key - Hash Key First",
                        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void hmac_of_rfc_4231_case_7_with_a_long_key_and_a_long_text(void **state)
{
    uint8_t key[131];

    (void)state;
    memset(key, 0xAA, sizeof(key));
    expect_hmac_of_text(key, sizeof(key),
                        "This is a test using a larger than block-size key and a larger than "
                        "block-size data. The key needs to be hashed before being used by the "
                        "HMAC algorithm.",
                        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

/* As openssl dgst -sha256 -mac HMAC says. */
static void a_key_may_be_as_long_as_the_longest_secret(void **state)
{
    uint8_t key[RV_CREDENTIAL_MAX];

    (void)state;
    memset(key, 'k', sizeof(key));
    expect_hmac_of_text(key, sizeof(key), "abc",
                        "5180e8a853faa13da2830e5589b26bb438dce3805d344f5a090276f062ec7283");
}

/* PSA has a limited number of places for keys. */
static void hmacs_leave_nothing_behind(void **state)
{
    uint8_t out[32];
    unsigned i;

    (void)state;
    for (i = 0; i < 1000; i++) {
        digest_begin(&digest, (const uint8_t *)"Jefe", 4);
        assert_int_equal(digest_end(&digest, out), RV_OK);
    }
}

static void one_object_serves_hash_and_hmac_in_turn(void **state)
{
    unsigned i;

    (void)state;
    for (i = 0; i < 3; i++) {
        expect_hash(TWO_BLOCKS, TWO_BLOCKS_HASH);
        expect_hmac_of_text((const uint8_t *)"Jefe", 4, "what do ya want for nothing?",
                            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}

/* --- what mbedTLS says ------------------------------------------------------------------------ */

static void lack_of_memory_is_told_from_other_failures(void **state)
{
    (void)state;
#if defined(RV_USE_PSA)
    assert_int_equal(digest_status(PSA_SUCCESS), RV_OK);
    assert_int_equal(digest_status(PSA_ERROR_INSUFFICIENT_MEMORY), RV_ERR_MEMORY);
    assert_int_equal(digest_status(PSA_ERROR_NOT_SUPPORTED), RV_ERR_CRYPTO);
    assert_int_equal(digest_status(PSA_ERROR_BAD_STATE), RV_ERR_CRYPTO);
#else
    assert_int_equal(digest_status(0), RV_OK);
    assert_int_equal(digest_status(MBEDTLS_ERR_MD_ALLOC_FAILED), RV_ERR_MEMORY);
    assert_int_equal(digest_status(MBEDTLS_ERR_MD_BAD_INPUT_DATA), RV_ERR_CRYPTO);
#endif
    assert_true(is_tls_memory_error(MBEDTLS_ERR_SSL_ALLOC_FAILED));
    assert_true(is_tls_memory_error(MBEDTLS_ERR_X509_ALLOC_FAILED));
    assert_false(is_tls_memory_error(MBEDTLS_ERR_SSL_CONN_EOF));
    assert_false(is_tls_memory_error(0));
}

static void what_is_in_progress_is_called_again_and_an_error_is_not(void **state)
{
    (void)state;
    assert_true(is_tls_call_again(MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS));
    assert_true(is_tls_call_again(MBEDTLS_ERR_SSL_ASYNC_IN_PROGRESS));
#if defined(MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
    assert_true(is_tls_call_again(MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET));
#endif
    assert_false(is_tls_call_again(0));
    assert_false(is_tls_call_again(1));
    assert_false(is_tls_call_again(MBEDTLS_ERR_SSL_WANT_READ));
    assert_false(is_tls_call_again(MBEDTLS_ERR_SSL_WANT_WRITE));
    assert_false(is_tls_call_again(MBEDTLS_ERR_SSL_CONN_EOF));
    assert_false(is_tls_call_again(MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY));
}

static void the_digests_are_ready_once_mbedtls_is(void **state)
{
    (void)state;
    assert_true(digest_is_ready());
}

/* --- randomness for TLS ----------------------------------------------------------------------- */

#if MBEDTLS_VERSION_NUMBER < 0x04000000

struct source {
    size_t given;
    unsigned calls, fails_at;
};

static int counting_random(void *ctx, uint8_t *buf, size_t len)
{
    struct source *source = ctx;
    size_t i;

    assert_in_range(len, 1, 256);
    if (++source->calls == source->fails_at) {
        return RV_ERR_RANDOM;
    }
    for (i = 0; i < len; i++) {
        buf[i] = (uint8_t)(source->given++ % 251);
    }
    return RV_OK;
}

static void tls_is_given_as_much_randomness_as_it_asks_for(void **state)
{
    static const size_t lengths[] = {0, 1, 32, 255, 256, 257, 512, 1000};
    unsigned char out[1001];
    size_t i, k;

    (void)state;
    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct source source = {0};
        rv_system system = {0};

        system.ctx = &source;
        system.random = counting_random;
        memset(out, 0xFF, sizeof(out));
        assert_int_equal(tls_random(&system, out, lengths[i]), 0);
        assert_int_equal(source.given, lengths[i]);
        for (k = 0; k < lengths[i]; k++) {
            assert_int_equal(out[k], k % 251);
        }
        assert_int_equal(out[lengths[i]], 0xFF);
    }
}

static void tls_is_told_when_there_is_no_randomness(void **state)
{
    unsigned char out[600];
    unsigned fails_at;

    (void)state;
    for (fails_at = 1; fails_at <= 3; fails_at++) {
        struct source source = {0};
        rv_system system = {0};

        source.fails_at = fails_at;
        system.ctx = &source;
        system.random = counting_random;
        assert_int_equal(tls_random(&system, out, sizeof(out)), MBEDTLS_ERR_SSL_NO_RNG);
        assert_int_equal(source.calls, fails_at);
    }
}

#endif

static int start_mbedtls(void **state)
{
    (void)state;
#if defined(RV_USE_PSA)
    return psa_crypto_init() == PSA_SUCCESS ? 0 : -1;
#else
    return 0;
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_those_of_the_standard),
        cmocka_unit_test(a_hash_of_nothing_needs_no_update),
        cmocka_unit_test(a_hash_is_the_same_however_its_text_is_cut),
        cmocka_unit_test(a_million_bytes_are_hashed),
        cmocka_unit_test(a_hash_may_be_given_up_at_any_point),
        cmocka_unit_test(hmac_of_rfc_4231_case_1),
        cmocka_unit_test(hmac_of_rfc_4231_case_2_with_a_key_shorter_than_the_hash),
        cmocka_unit_test(hmac_of_rfc_4231_case_3),
        cmocka_unit_test(hmac_of_rfc_4231_case_4),
        cmocka_unit_test(hmac_of_rfc_4231_case_6_with_a_key_longer_than_a_block),
        cmocka_unit_test(hmac_of_rfc_4231_case_7_with_a_long_key_and_a_long_text),
        cmocka_unit_test(a_key_may_be_as_long_as_the_longest_secret),
        cmocka_unit_test(hmacs_leave_nothing_behind),
        cmocka_unit_test(one_object_serves_hash_and_hmac_in_turn),
        cmocka_unit_test(lack_of_memory_is_told_from_other_failures),
        cmocka_unit_test(what_is_in_progress_is_called_again_and_an_error_is_not),
        cmocka_unit_test(the_digests_are_ready_once_mbedtls_is),
#if MBEDTLS_VERSION_NUMBER < 0x04000000
        cmocka_unit_test(tls_is_given_as_much_randomness_as_it_asks_for),
        cmocka_unit_test(tls_is_told_when_there_is_no_randomness),
#endif
    };

    return cmocka_run_group_tests_name("digest", tests, start_mbedtls, NULL);
}
