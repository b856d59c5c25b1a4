/*
 * Answers that are late, cut, reset or stalled, and requests that are cut. Whatever happens: at
 * most one replacement ever, and the outcome is true.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/support/misbehaviour.h"

#include <stdio.h>

/* --- at many bytes -----------------------------------------------------------------------------
 */

struct places {
    const char *behaviour; /* with a %d for the place */
    const int *at;         /* ends with a negative number */
    int executes;
    rv_method method;
    const char *more; /* another behaviour, or "" */
};

static const int in_answer[] = {0,  1,  7,   8,   9,   12,  13,  15,  17,
                                40, 90, 140, 180, 220, 260, 300, 350, -1};
static const int in_request[] = {1, 2, 40, 100, 200, 300, 400, 500, 600, 700, 900, 99999, -1};
static const int in_request_with_a_body[] = {1, 80, 400, 700, 900, 1500, 5000, 20000, 99999, -1};

/* Each place breaks a request of another instance; then it is asked again with the same token. */
static void broken_at_many_bytes(struct customer *customer)
{
    static uint8_t user_data[RV_USER_DATA_MAX];
    const struct places *places = customer->with;
    const rv_result *result = customer_result(customer);
    const char *options[64] = {"--generate-instances", "20", "--generate-status", "STOPPED"};
    char rules[20][96];
    char pattern[64];
    int i, count;

    for (count = 0; places->at[count] >= 0; count++) {
        snprintf(pattern, sizeof pattern, "ReplaceSystemVolume#%%d=%s%s", places->behaviour,
                 places->more);
        snprintf(rules[count], sizeof rules[count], pattern, 2 * count + 1, places->at[count]);
        options[4 + 2 * count] = "--rule";
        options[5 + 2 * count] = rules[count];
    }
    options[4 + 2 * count] = NULL;
    customer_serve(customer, options);
    customer->config.attempts_max = 1;
    customer->replace.method = places->method;
    if (places->method == RV_POST) {
        customer->replace.user_data = user_data;
        customer->replace.user_data_len = sizeof user_data;
    }
    for (i = 0; i < count; i++) {
        char instance_id[32], token[32];

        snprintf(instance_id, sizeof instance_id, "i-fleet%05d", i);
        snprintf(token, sizeof token, "token-%d-", i);
        customer->replace.instance_id = instance_id;
        customer->replace.client_token = token;
        customer->replace.client_token_is_new = 1;
        assert_int_not_equal(customer_replace(customer), RV_OK);
        if (result->outcome != RV_UNKNOWN || result->attempts != 1) {
            fail_msg("at byte %d: status %d, outcome %d, attempts %d", places->at[i],
                     result->status, result->outcome, result->attempts);
        }
        customer_settle(customer);
        assert_int_equal(customer_lines(customer, IS_REPLACED, token), places->executes);

        customer->replace.client_token_is_new = 0;
        assert_int_equal(customer_replace(customer), RV_OK);
        assert_int_equal(result->outcome, RV_ACCEPTED);
        assert_int_equal(customer_lines(customer, IS_REPLACED, token), 1);
    }
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), count);
}

#define PLACES(name, ...) \
    CUSTOMER_TEST_WITH(name, broken_at_many_bytes, (&(const struct places){__VA_ARGS__}))

int main(void)
{
    /* clang-format off */
    const struct CMUnitTest tests[] = {
        /* slow */
        ROW("late", {RULE("=delay-ms:300")}, ACCEPTED, .idle_timeout_ms = 1500),
        ROW("too late", {RULE("=delay-ms:1700")}, UNKNOWN(RV_ERR_TIMEOUT, 1, 0),
            .idle_timeout_ms = 400),
        ROW("too late once", {RULE("#1=delay-ms:1700")}, ACCEPTED_AGAIN, .idle_timeout_ms = 400),
        ROW("byte by byte", {RULE("=trickle-ms:1")}, ACCEPTED, .idle_timeout_ms = 400),
        ROW("byte by byte, chunked", {RULE("=trickle-ms:1;chunk-extras;continue")}, ACCEPTED),
        ROW("byte by byte for too long", {RULE("=trickle-ms:1000")}, RV_ERR_TIMEOUT, RV_UNKNOWN, 1,
            1, 0, RV_CODE_NONE, .call_timeout_ms = 1000 /* before the status line is there */),
        ROW("stalled before the answer", {RULE("#1=stall-answer:0")}, ACCEPTED_AGAIN,
            .idle_timeout_ms = 400),
        ROW("stalled in the head", {RULE("#1=stall-answer:30")}, ACCEPTED_AGAIN,
            .idle_timeout_ms = 400),
        ROW("stalled in the body", {RULE("=stall-answer:300")}, UNKNOWN(RV_ERR_TIMEOUT, 1, 200),
            .idle_timeout_ms = 400),
        ROW("stalled, call limit", {RULE("=stall-answer:0")}, RV_ERR_TIMEOUT, RV_UNKNOWN, 1, 1, 0,
            RV_CODE_NONE, .call_timeout_ms = 1000),

        /* cut and reset, once */
        ROW("request cut once", {RULE("#1=cut-request:100")}, ACCEPTED_AGAIN),
        ROW("request cut once, no close_notify", {RULE("#1=cut-request:100;no-close-notify")},
            ACCEPTED_AGAIN),
        ROW("request cut ever", {RULE("=cut-request:100")}, UNKNOWN(RV_ERR_NETWORK, 0, 0)),
        ROW("POST cut once", {RULE("#1=cut-request:100")}, ACCEPTED_AGAIN, .method = RV_POST),
        ROW("answer cut once", {RULE("#1=cut-answer:100")}, ACCEPTED_AGAIN),
        ROW("answer cut ever", {RULE("=cut-answer:300")}, UNKNOWN(RV_ERR_NETWORK, 1, 200)),
        ROW("answer cut by close_notify", {RULE("=cut-answer-notify:300")},
            UNKNOWN(RV_ERR_NETWORK, 1, 200)),
        ROW("answer cut after its end", {RULE("=cut-answer:99999")}, ACCEPTED),
        ROW("answer until close cut in its body", {RULE("=until-close;cut-answer-notify:300")},
            UNKNOWN(RV_ERR_BODY, 1, 200)),
        ROW("chunked answer cut in its body", {RULE("=chunked;cut-answer-notify:300")},
            UNKNOWN(RV_ERR_NETWORK, 1, 200)),
        ROW("refusal cut in its body", {RULE("=error:InvalidImage.NotFound;cut-answer:300")},
            UNKNOWN(RV_ERR_NETWORK, 0, 404)),
        ROW("reset once", {RULE("#1=reset-answer:0")}, ACCEPTED_AGAIN),
        ROW("reset ever", {RULE("=reset-answer:300")}, UNKNOWN(RV_ERR_NETWORK, 1, 200)),

        /* cut and reset, at many bytes */
        PLACES("answer cut at many bytes", "cut-answer:%d", in_answer, 1, RV_GET, ""),
        PLACES("answer cut by close_notify at many bytes", "cut-answer-notify:%d", in_answer, 1,
               RV_GET, ""),
        PLACES("chunked answer cut at many bytes", "cut-answer-notify:%d", in_answer, 1, RV_GET,
               ";chunk-extras"),
        PLACES("answer until close cut at many bytes", "cut-answer-notify:%d", in_answer, 1, RV_GET,
               ";until-close"),
        PLACES("answer reset at many bytes", "reset-answer:%d", in_answer, 1, RV_GET, ""),
        PLACES("request cut at many bytes", "cut-request:%d", in_request, 0, RV_GET, ""),
        PLACES("POST cut at many bytes", "cut-request:%d", in_request_with_a_body, 0, RV_POST,
               ";no-close-notify"),
    };
    /* clang-format on */

    customer_begin_process();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
