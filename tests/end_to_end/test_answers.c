/*
 * A service, or something that stands before it, that answers otherwise than documented.
 * Whatever happens: at most one replacement ever, and the outcome is true.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/support/misbehaviour.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- answers word by word ----------------------------------------------------------------------
 */

#define OK_LINE "HTTP/1.1 200 OK\r\n"
#define DONE    "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":{}}" /* 50 bytes */
#define LENGTH  "Content-Length: 50\r\n"

/* The body ends with the connection. */
#define CODE_UNDER(status, code)                                             \
    "HTTP/1.1 " status "\r\n\r\n{\"ResponseMetadata\":{\"RequestId\":\"r\"," \
    "\"Error\":{\"Code\":\"" code "\",\"Message\":\"Why.\"}}}"

struct raw_answer {
    const char *name;
    const char *text;
    int status;
    rv_outcome outcome;
};

static void write_file(const char *path, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void answer_raw(struct customer *customer, const char *bytes, size_t len)
{
    char path[] = "/tmp/answer-XXXXXX";
    char rule[96];
    int file = mkstemp(path);

    assert_true(file >= 0);
    close(file);
    write_file(path, bytes, len);
    snprintf(rule, sizeof rule, "*=raw:%s;close", path);
    SERVE(customer, "--rule", rule);
    unlink(path);
    customer->service_lies = 1;
    customer->config.attempts_max = 1;
    customer_replace(customer);
    assert_int_equal(customer_requests(customer), 1);
}

static void word_by_word(struct customer *customer)
{
    const struct raw_answer *raw = customer->with;
    const rv_result *result = customer_result(customer);

    answer_raw(customer, raw->text, strlen(raw->text));
    assert_int_equal(result->status, raw->status);
    assert_int_equal(result->outcome, raw->outcome);
}

static void endless_head(struct customer *customer)
{
    static char text[64 * 1024];
    size_t len = (size_t)snprintf(text, sizeof text, "%s", OK_LINE);

    while (len < sizeof text - 100) {
        len += (size_t)snprintf(text + len, sizeof text - len, "X-Field-%zu: value\r\n", len);
    }
    answer_raw(customer, text, len);
    assert_int_equal(customer_result(customer)->status, RV_ERR_HEAD_TOO_LARGE);
    assert_int_equal(customer_result(customer)->outcome, RV_UNKNOWN);
}

static void endless_interim_answers(struct customer *customer)
{
    static char text[64 * 1024];
    size_t len = 0;

    while (len < sizeof text - 100) {
        len += (size_t)snprintf(text + len, sizeof text - len, "HTTP/1.1 100 Continue\r\n\r\n");
    }
    answer_raw(customer, text, len);
    assert_int_equal(customer_result(customer)->status, RV_ERR_HEAD_TOO_LARGE);
    assert_int_equal(customer_result(customer)->outcome, RV_UNKNOWN);
}

/* Text of the service cannot write to a terminal or begin a new line of a log. */
static void message_cannot_control_a_terminal(struct customer *customer)
{
    static const char body[] =
        "{\"ResponseMetadata\":{\"RequestId\":\"\\u001b[2Jid\",\"Error\":{\"Code\":\"Odd\\r\\n\","
        "\"Message\":\"a\\u001b[31m\\u0007\\u009b\\u202eb\\u2028c \\u4e2d\\ud83d\\ude00 d\"}}}";
    char text[512];
    int len = snprintf(text, sizeof text, "HTTP/1.1 400 No\r\nContent-Length: %zu\r\n\r\n%s",
                       sizeof body - 1, body);

    answer_raw(customer, text, (size_t)len);
    assert_int_equal(customer_result(customer)->status, RV_ERR_SERVICE);
    assert_int_equal(customer_result(customer)->outcome, RV_REFUSED);
    assert_int_equal(customer_result(customer)->code, RV_CODE_OTHER);
    assert_string_equal(customer_result(customer)->code_text, "Odd??");
    assert_string_equal(customer_result(customer)->request_id, "?[2Jid");
    assert_string_equal(customer_result(customer)->message,
                        "a?[31m???b?c \xe4\xb8\xad\xf0\x9f\x98\x80 d");
}

#define RAW(name, ...) \
    CUSTOMER_TEST_WITH(name, word_by_word, (&(const struct raw_answer){name, __VA_ARGS__}))

int main(void)
{
    /* clang-format off */
    const struct CMUnitTest tests[] = {
        /* no answer */
        ROW("executed, no answer, once", {RULE("#1=execute;drop")}, ACCEPTED_AGAIN),
        ROW("executed, no answer, ever", {RULE("=execute;drop")}, UNKNOWN(RV_ERR_NETWORK, 1, 0)),
        ROW("not executed, no answer, once", {RULE("#1=drop")}, ACCEPTED_AGAIN),
        ROW("not executed, no answer, ever", {RULE("=drop")}, UNKNOWN(RV_ERR_NETWORK, 0, 0)),
        ROW("no answer, no close_notify", {RULE("=execute;drop;no-close-notify")},
            UNKNOWN(RV_ERR_NETWORK, 1, 0)),
        ROW("no answer to a POST", {RULE("#1=execute;drop")}, ACCEPTED_AGAIN, .method = RV_POST),

        /* another status */
        ROW("executed, 500 once", {RULE("#1=execute;status:500")}, ACCEPTED_AGAIN),
        ROW("executed, 500 ever", {RULE("=execute;status:500")}, UNKNOWN(RV_ERR_STATUS, 1, 500)),
        ROW("503", {RULE("=status:503")}, UNKNOWN(RV_ERR_STATUS, 0, 503)),
        ROW("404 without a code", {RULE("=status:404")}, UNKNOWN(RV_ERR_STATUS, 0, 404)),
        ROW("403 without a code, executed", {RULE("#1=execute;status:403")}, ACCEPTED_AGAIN),
        ROW("302", {RULE("=status:302")}, UNKNOWN(RV_ERR_STATUS, 0, 302)),
        ROW("304", {RULE("=status:304")}, UNKNOWN(RV_ERR_STATUS, 0, 304)),
        ROW("204", {RULE("=status:204")}, UNKNOWN(RV_ERR_BODY, 0, 204)),
        ROW("201 without a body", {RULE("=execute;status:201")}, UNKNOWN(RV_ERR_BODY, 1, 201)),
        ROW("429 ever", {RULE("=status:429")}, RV_ERR_STATUS, RV_REFUSED, 2, 0, 429, .code = RV_CODE_NONE),
        ROW("429 once", {RULE("#1=status:429")}, ACCEPTED_AGAIN),

        /* another body */
        ROW("HTML under 502", {RULE("=execute;html:502")}, UNKNOWN(RV_ERR_STATUS, 1, 502)),
        ROW("HTML under 502, once", {RULE("#1=execute;html:502")}, ACCEPTED_AGAIN),
        ROW("HTML under 403", {RULE("=html:403")}, UNKNOWN(RV_ERR_STATUS, 0, 403)),
        ROW("HTML under 200", {RULE("=html:200")}, UNKNOWN(RV_ERR_BODY, 0, 200)),
        ROW("garbage", {RULE("=execute;garbage")}, UNKNOWN(RV_ERR_BODY, 1, 200)),
        ROW("garbage once", {RULE("#1=garbage")}, ACCEPTED_AGAIN),
        ROW("empty", {RULE("=execute;empty")}, UNKNOWN(RV_ERR_BODY, 1, 200)),
        ROW("empty once, chunked", {RULE("#1=execute;empty;chunked")}, ACCEPTED_AGAIN),
        ROW("gzip", {RULE("=gzip-header")}, UNKNOWN(RV_ERR_ENCODING, 1, 200)),
        ROW("gzip once", {RULE("#1=gzip-header")}, ACCEPTED_AGAIN),
        ROW("100 KB", {RULE("=big:100000")}, ACCEPTED),
        ROW("3 MB", {RULE("=big:3000000")}, ACCEPTED),
        ROW("300 KB, chunked", {RULE("=big:300000;chunk-extras")}, ACCEPTED),
        ROW("more heads of chunks than are taken", {RULE("=big:3000000;chunk-extras")},
            UNKNOWN(RV_ERR_HEAD_TOO_LARGE, 1, 200)),
        ROW("5 MB", {RULE("=big:5000000")}, UNKNOWN(RV_ERR_BODY_TOO_LARGE, 1, 200)),
        ROW("5 MB until close", {RULE("=big:5000000;until-close")},
            UNKNOWN(RV_ERR_BODY_TOO_LARGE, 1, 200)),

        /* errors in other clothes */
        ROW("legacy error", {RULE("=legacy-error:InvalidInstance.NotFound")},
            REFUSED(404, RV_CODE_INSTANCE_NOT_FOUND)),
        ROW("legacy internal error", {RULE("=legacy-error:InternalError")},
            TROUBLE(0, 500, RV_CODE_INTERNAL_ERROR)),
        ROW("legacy error, executed", {RULE("#1=execute;legacy-error:InternalServiceTimeout")},
            ACCEPTED_AGAIN),
        ROW("Error under 200", {RULE("=error200:InvalidImage.NotFound")},
            REFUSED(200, RV_CODE_IMAGE_NOT_FOUND)),
        ROW("internal Error under 200", {RULE("=execute;error200:InternalError")},
            TROUBLE(1, 200, RV_CODE_INTERNAL_ERROR)),
        ROW("internal Error under 200, once", {RULE("#1=execute;error200:InternalError")},
            ACCEPTED_AGAIN),
        ROW("throttled under 200", {RULE("#1=error200:FlowLimitExceeded")}, ACCEPTED_AGAIN),
        ROW("InternalServiceError, executed", {RULE("#1=execute;error:InternalServiceError")},
            ACCEPTED_AGAIN),
        ROW("big error", {RULE("=error:InvalidImage.NotFound;big:50000;chunked")},
            REFUSED(404, RV_CODE_IMAGE_NOT_FOUND)),

        /* form */
        ROW("chunked", {RULE("=chunked")}, ACCEPTED),
        ROW("chunk extensions and trailers", {RULE("=chunk-extras")}, ACCEPTED),
        ROW("until close_notify", {RULE("=until-close")}, ACCEPTED),
        ROW("until close without close_notify", {RULE("=until-close;no-close-notify")},
            UNKNOWN(RV_ERR_NETWORK, 1, 200)),
        ROW("until close without close_notify, once",
            {RULE("#1=until-close;no-close-notify")}, ACCEPTED_AGAIN),
        ROW("100 and 103 first", {RULE("=continue")}, ACCEPTED),
        ROW("100 and 103 first, chunked", {RULE("=continue;chunk-extras;close")}, ACCEPTED),
        ROW("close", {RULE("=close")}, ACCEPTED),
        ROW("close without close_notify", {RULE("=close;no-close-notify")}, ACCEPTED),
        ROW("one half shut", {RULE("=shut-write")}, ACCEPTED),
        ROW("no Date", {RULE("=no-date")}, ACCEPTED),
        ROW("Date years ahead", {RULE("=date-offset-s:99999999")}, ACCEPTED),

        /* word by word */
        RAW("as it should be", OK_LINE LENGTH "\r\n" DONE, RV_OK, RV_ACCEPTED),
        RAW("two equal lengths", OK_LINE LENGTH LENGTH "\r\n" DONE, RV_ERR_HTTP, RV_UNKNOWN),
        RAW("two lengths", OK_LINE LENGTH "Content-Length: 49\r\n\r\n" DONE, RV_ERR_HTTP,
            RV_UNKNOWN),
        RAW("length and chunks", OK_LINE LENGTH "Transfer-Encoding: chunked\r\n\r\n32\r\n" DONE
            "\r\n0\r\n\r\n", RV_ERR_HTTP, RV_UNKNOWN),
        RAW("negative length", OK_LINE "Content-Length: -1\r\n\r\n" DONE, RV_ERR_HTTP, RV_UNKNOWN),
        RAW("too short a length", OK_LINE "Content-Length: 49\r\n\r\n" DONE, RV_ERR_BODY,
            RV_UNKNOWN),
        RAW("too long a length", OK_LINE "Content-Length: 51\r\n\r\n" DONE, RV_ERR_NETWORK,
            RV_UNKNOWN),
        RAW("HTTP/2 in words", "HTTP/2 200 OK\r\n" LENGTH "\r\n" DONE, RV_ERR_HTTP, RV_UNKNOWN),
        RAW("HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n" DONE, RV_OK, RV_ACCEPTED),
        RAW("another protocol", "SSH-2.0-OpenSSH_9.2\r\nInvalid\r\n", RV_ERR_HTTP, RV_UNKNOWN),
        RAW("switching protocols", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
            RV_ERR_HTTP, RV_UNKNOWN),
        RAW("blank in a field's name", OK_LINE "Content-Length : 50\r\n\r\n" DONE, RV_ERR_HTTP,
            RV_UNKNOWN),
        RAW("text after the JSON", OK_LINE "Content-Length: 52\r\n\r\n" DONE "{}", RV_ERR_BODY,
            RV_UNKNOWN),
        RAW("Error that is no object", OK_LINE "Content-Length: 36\r\n\r\n"
            "{\"ResponseMetadata\":{\"Error\":\"yes\"}}", RV_ERR_BODY, RV_UNKNOWN),
        RAW("a refusal's code under 500", CODE_UNDER("500 Oh", "InvalidImage.NotFound"),
            RV_ERR_SERVICE, RV_UNKNOWN),
        RAW("a refusal's code under 302", CODE_UNDER("302 Found", "InvalidImage.NotFound"),
            RV_ERR_SERVICE, RV_UNKNOWN),
        RAW("DryRunOperation under 500", CODE_UNDER("500 Oh", "DryRunOperation"), RV_ERR_SERVICE,
            RV_UNKNOWN),
        RAW("DryRunOperation that nobody asked for", CODE_UNDER("412 No", "DryRunOperation"),
            RV_ERR_SERVICE, RV_REFUSED),
        RAW("unknown code", CODE_UNDER("400 No", "Invalid.NewKind"), RV_ERR_SERVICE, RV_REFUSED),
        RAW("unknown code under 200", CODE_UNDER("200 OK", "Invalid.NewKind"), RV_ERR_SERVICE,
            RV_REFUSED),
        RAW("unknown code under 503", CODE_UNDER("503 Oh", "Invalid.NewKind"), RV_ERR_SERVICE,
            RV_UNKNOWN),
        RAW("unknown code under 429", CODE_UNDER("429 Slow", "Too.Much"), RV_ERR_SERVICE,
            RV_REFUSED),
        RAW("InternalError under 400", CODE_UNDER("400 No", "InternalError"), RV_ERR_SERVICE,
            RV_UNKNOWN),
        RAW("a code in another case", CODE_UNDER("400 No", "internalerror"), RV_ERR_SERVICE,
            RV_REFUSED),
        RAW("an empty code", CODE_UNDER("400 No", ""), RV_ERR_STATUS, RV_UNKNOWN),
        RAW("an empty code under 200", CODE_UNDER("200 OK", ""), RV_ERR_BODY, RV_UNKNOWN),
        CUSTOMER_TEST(endless_head),
        CUSTOMER_TEST(endless_interim_answers),
        CUSTOMER_TEST(message_cannot_control_a_terminal),
    };
    /* clang-format on */

    customer_begin_process();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
