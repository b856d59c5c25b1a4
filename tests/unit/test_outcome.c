/*
 * The table of outcomes in replace_volume.h, row by row, and how the attempts of a call add up:
 * what is known about its effect once it is finished, and whether it was right to ask again.
 */
#include "tests/support/scripted.h"

#include <string.h>

/* --- what a test expects ---------------------------------------------------------------------- */

/* Where the target of a request ends. */
static size_t target_len(const char *request)
{
    const char *end = strstr(request, " HTTP/1.1\r\n");

    assert_non_null(end);
    return (size_t)(end - request);
}

/* Every request that the service saw carries the same token and the same parameters. */
static void expect_the_same_request(const struct scripted *world)
{
    const char *first = world->server.request[0];
    char token[RV_CLIENT_TOKEN_MAX + 16] = "ClientToken=";
    unsigned i;

    strcat(token, scripted_result(world)->client_token);
    for (i = 0; i < world->server.requests && i < SCRIPTED_REQUESTS; i++) {
        const char *request = world->server.request[i];

        assert_int_equal(target_len(request), target_len(first));
        assert_memory_equal(request, first, target_len(first));
        assert_non_null(strstr(request, token));
    }
}

static void expect(const struct scripted *world, int status, rv_outcome outcome, rv_code code,
                   int http_status, unsigned attempts)
{
    const rv_result *result = scripted_result(world);

    assert_int_equal(result->status, status);
    assert_int_equal(result->outcome, outcome);
    assert_int_equal(result->code, code);
    assert_int_equal(result->http_status, http_status);
    assert_int_equal(result->attempts, attempts);
    if (world->replace.method == RV_GET) {
        expect_the_same_request(world);
    }
}

static void expect_requests(const struct scripted *world, unsigned requests)
{
    assert_int_equal(world->server.requests, requests);
}

static void use_old_token(struct scripted *world)
{
    world->replace.client_token = "token-from-elsewhere";
    world->replace.client_token_is_new = 0;
}

/* --- no byte of the request was handed to TLS ------------------------------------------------- */

static void no_connection_means_not_sent(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    scripted_fail(world, ON_OPEN, 1, RV_ERR_CONNECT);
    scripted_replace(world);
    expect(world, RV_ERR_CONNECT, RV_NOT_SENT, RV_CODE_NONE, 0, 0);
    expect_requests(world, 0);
    assert_int_equal(world->calls[ON_OPEN], 4);
}

static void a_name_without_an_address_means_not_sent(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    scripted_fail(world, ON_OPEN, 1, RV_ERR_RESOLVE);
    scripted_replace(world);
    expect(world, RV_ERR_RESOLVE, RV_NOT_SENT, RV_CODE_NONE, 0, 0);
}

static void a_connection_that_breaks_in_the_handshake_means_not_sent(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    scripted_fail(world, ON_RECV, 1, RV_EOF);
    scripted_replace(world);
    expect(world, RV_ERR_NETWORK, RV_NOT_SENT, RV_CODE_NONE, 0, 0);
    expect_requests(world, 0);
}

static void a_server_that_is_not_trusted_means_not_sent(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    world->server.certificate = CERTIFICATE_STRANGER;
    scripted_replace(world);
    expect(world, RV_ERR_CERTIFICATE, RV_NOT_SENT, RV_CODE_NONE, 0, 0);
    assert_int_equal(world->server.request_bytes, 0);
    assert_int_equal(world->server.connections, 1);
}

static void a_failed_connection_and_then_a_2xx_is_accepted(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    world->fail.callback = ON_OPEN;
    world->fail.at = 1;
    world->fail.with = RV_ERR_CONNECT;
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED, RV_CODE_NONE, 200, 1);
    expect_requests(world, 1);
}

/* --- 2xx, complete valid JSON, no Error
 * ----------------------------------------------------------- */

static void a_2xx_without_an_error_is_accepted(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED, RV_CODE_NONE, 200, 1);
    expect_requests(world, 1);
    assert_string_equal(scripted_result(world)->request_id, "request-1");
}

static void any_other_2xx_without_an_error_is_accepted_too(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 202, .body = BODY_ACCEPTED});
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED, RV_CODE_NONE, 202, 1);
}

static void a_post_is_accepted_too(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    world->replace.method = RV_POST;
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED, RV_CODE_NONE, 200, 1);
    expect_requests(world, 1);
}

static void a_2xx_with_html_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 200, .body = "<html>Welcome</html>"});
    scripted_replace(world);
    expect(world, RV_ERR_BODY, RV_UNKNOWN, RV_CODE_NONE, 200, 4);
    expect_requests(world, 4);
}

static void a_2xx_without_a_body_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, STATUS_ONLY(200));
    scripted_replace(world);
    expect(world, RV_ERR_BODY, RV_UNKNOWN, RV_CODE_NONE, 200, 4);
}

static void a_204_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.raw = "HTTP/1.1 204 No Content\r\n\r\n"});
    scripted_replace(world);
    expect(world, RV_ERR_BODY, RV_UNKNOWN, RV_CODE_NONE, 204, 4);
}

static void a_2xx_with_cut_json_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 200, .body = "{\"ResponseMetadata\":{\"RequestId\":\"r\"}"});
    scripted_replace(world);
    expect(world, RV_ERR_BODY, RV_UNKNOWN, RV_CODE_NONE, 200, 4);
}

static void a_2xx_with_something_after_the_json_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 200, .body = BODY_ACCEPTED "x"});
    scripted_replace(world);
    expect(world, RV_ERR_BODY, RV_UNKNOWN, RV_CODE_NONE, 200, 4);
}

static void a_2xx_that_is_not_the_documented_shape_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 200, .body = "{\"hello\":\"world\"}"});
    scripted_replace(world);
    expect(world, RV_ERR_BODY, RV_UNKNOWN, RV_CODE_NONE, 200, 4);
}

static void a_2xx_with_an_error_code_is_refused(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(200, "InvalidImage.NotFound"));
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_REFUSED, RV_CODE_IMAGE_NOT_FOUND, 200, 1);
    expect_requests(world, 1);
}

static void a_2xx_with_an_internal_code_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(200, "InternalError"));
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_UNKNOWN, RV_CODE_INTERNAL_ERROR, 200, 4);
}

static void the_legacy_shape_of_an_error_is_refused_too(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world,
           {.status = 403,
            .body = "{\"HTTPCode\":403,\"errorcode\":\"AccessDenied\",\"message\":\"No.\"}"});
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_REFUSED, RV_CODE_ACCESS_DENIED, 403, 1);
    assert_string_equal(scripted_result(world)->message, "No.");
}

/* --- DryRun
 * ---------------------------------------------------------------------------------------- */

static void a_dry_run_that_passes_is_checked(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(412, "DryRunOperation"));
    world->replace.dry_run = RV_TRUE;
    scripted_replace(world);
    expect(world, RV_OK, RV_CHECKED, RV_CODE_DRY_RUN_OPERATION, 412, 1);
    expect_requests(world, 1);
}

static void a_dry_run_that_is_ignored_is_said_loudly(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    world->replace.dry_run = RV_TRUE;
    scripted_replace(world);
    expect(world, RV_ERR_DRY_RUN_IGNORED, RV_ACCEPTED, RV_CODE_NONE, 200, 1);
}

static void a_dry_run_that_fails_is_refused(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(400, "InvalidInstanceStatus"));
    world->replace.dry_run = RV_TRUE;
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_REFUSED, RV_CODE_INVALID_INSTANCE_STATUS, 400, 1);
}

static void dry_run_operation_is_a_refusal_when_no_dry_run_was_asked(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(412, "DryRunOperation"));
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_REFUSED, RV_CODE_DRY_RUN_OPERATION, 412, 1);
}

static void dry_run_false_is_no_dry_run(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    world->replace.dry_run = RV_FALSE;
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED, RV_CODE_NONE, 200, 1);
}

/* --- IdempotentProcessing, IdempotentParameterMismatch
 * --------------------------------------------- */

static void idempotent_processing_stays_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(409, "IdempotentProcessing"));
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_UNKNOWN, RV_CODE_IDEMPOTENT_PROCESSING, 409, 4);
    expect_requests(world, 4);
}

static void idempotent_processing_and_then_a_2xx_is_accepted(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(409, "IdempotentProcessing"), ACCEPTED);
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED, RV_CODE_NONE, 200, 2);
    expect_requests(world, 2);
}

static void idempotent_processing_and_then_a_refusal_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(409, "IdempotentProcessing"), REFUSED(400, "InvalidInstanceStatus"));
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_UNKNOWN, RV_CODE_INVALID_INSTANCE_STATUS, 400, 2);
    expect_requests(world, 2);
}

static void idempotent_parameter_mismatch_is_unknown_and_never_repeated(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(409, "IdempotentParameterMismatch"), ACCEPTED);
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_UNKNOWN, RV_CODE_IDEMPOTENT_PARAMETER_MISMATCH, 409, 1);
    expect_requests(world, 1);
}

/* --- 429, FlowLimitExceeded, InvalidTimestamp
 * ------------------------------------------------------ */

static void a_429_is_refused_and_repeated(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 429, .body = "slow down"});
    scripted_replace(world);
    expect(world, RV_ERR_STATUS, RV_REFUSED, RV_CODE_NONE, 429, 4);
    expect_requests(world, 4);
}

static void a_429_with_a_code_is_refused_and_repeated(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(429, "AccountFlowLimitExceeded"), ACCEPTED);
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED, RV_CODE_NONE, 200, 2);
}

static void flow_limit_exceeded_is_refused_and_repeated_under_any_4xx(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(400, "FlowLimitExceeded"));
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_REFUSED, RV_CODE_FLOW_LIMIT_EXCEEDED, 400, 4);
}

static void a_429_and_then_a_2xx_is_accepted(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(429, "FlowLimitExceeded"), ACCEPTED);
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED, RV_CODE_NONE, 200, 2);
    expect_requests(world, 2);
}

static void invalid_timestamp_without_a_date_is_refused(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(400, "InvalidTimestamp"), ACCEPTED);
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_REFUSED, RV_CODE_INVALID_TIMESTAMP, 400, 1);
    expect_requests(world, 1);
}

static void invalid_timestamp_twice_is_refused(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 400, .body = BODY_ERROR("InvalidTimestamp"), .has_date = 1});
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_REFUSED, RV_CODE_INVALID_TIMESTAMP, 400, 2);
    expect_requests(world, 2);
}

/* --- InternalError, ServiceUnavailable and their like
 * ------------------------------------------------ */

static void internal_codes_are_unknown_whatever_the_status(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(400, "InternalError"), REFUSED(404, "InternalServiceError"),
           REFUSED(200, "ServiceUnavailableTemp"), REFUSED(429, "InternalServiceTimeout"));
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_UNKNOWN, RV_CODE_INTERNAL_SERVICE_TIMEOUT, 429, 4);
    expect_requests(world, 4);
}

static void each_internal_code_alone_is_unknown(void **state)
{
    static const scripted_answer answers[] = {
        REFUSED(400, "InternalError"), REFUSED(400, "InternalServiceError"),
        REFUSED(400, "ServiceUnavailableTemp"), REFUSED(400, "InternalServiceTimeout")};
    struct scripted *world = *state;
    size_t i;

    world->config.attempts_max = 1;
    for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        world->server.answers = &answers[i];
        world->server.answer_count = 1;
        scripted_replace(world);
        assert_int_equal(scripted_result(world)->outcome, RV_UNKNOWN);
        assert_int_equal(scripted_result(world)->status, RV_ERR_SERVICE);
    }
}

/* --- any other Error.Code under 2xx or 4xx
 * ----------------------------------------------------------- */

static void every_other_code_of_the_catalogue_is_refused_and_not_repeated(void **state)
{
    static char body[512];
    static scripted_answer answer = {.status = 400};
    struct scripted *world = *state;
    int code;

    answer.body = body;
    world->server.answers = &answer;
    world->server.answer_count = 1;
    for (code = RV_CODE_OTHER + 1; code < RV_CODE_COUNT; code++) {
        unsigned requests = world->server.requests;

        if (rv_code_retry((rv_code)code) == RV_RETRY_BY_CALL ||
            code == RV_CODE_IDEMPOTENT_PARAMETER_MISMATCH) {
            continue;
        }
        strcpy(body, "{\"ResponseMetadata\":{\"RequestId\":\"r\",\"Error\":{\"Code\":\"");
        strcat(body, rv_code_name((rv_code)code));
        strcat(body, "\",\"Message\":\"m\"}}}");
        scripted_replace(world);
        assert_int_equal(scripted_result(world)->status, RV_ERR_SERVICE);
        assert_int_equal(scripted_result(world)->outcome, RV_REFUSED);
        assert_int_equal(scripted_result(world)->code, code);
        assert_int_equal(world->server.requests, requests + 1);
    }
}

static void a_code_that_nobody_knows_is_refused_and_shown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(403, "BrandNew.Code"));
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_REFUSED, RV_CODE_OTHER, 403, 1);
    assert_string_equal(scripted_result(world)->code_text, "BrandNew.Code");
    assert_int_equal(scripted_result(world)->code_n, 100000);
}

/* --- 5xx, 3xx, 4xx without a code, no valid answer, nothing
 * ------------------------------------------ */

static void a_5xx_without_a_code_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 502, .body = "<html>Bad Gateway</html>"});
    scripted_replace(world);
    expect(world, RV_ERR_STATUS, RV_UNKNOWN, RV_CODE_NONE, 502, 4);
    expect_requests(world, 4);
}

static void a_5xx_with_a_code_that_refuses_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(500, "InvalidImage.NotFound"));
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_UNKNOWN, RV_CODE_IMAGE_NOT_FOUND, 500, 4);
}

static void a_5xx_that_says_accepted_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 500, .body = BODY_ACCEPTED});
    scripted_replace(world);
    expect(world, RV_ERR_STATUS, RV_UNKNOWN, RV_CODE_NONE, 500, 4);
}

static void a_3xx_is_unknown_and_not_followed(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 302, .fields = "Location: https://elsewhere.test/\r\n", .body = ""});
    scripted_replace(world);
    expect(world, RV_ERR_STATUS, RV_UNKNOWN, RV_CODE_NONE, 302, 4);
    assert_string_equal(world->server.name, SCRIPTED_HOST);
}

static void a_3xx_with_a_code_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(307, "InvalidImage.NotFound"));
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_UNKNOWN, RV_CODE_IMAGE_NOT_FOUND, 307, 4);
}

static void a_4xx_without_a_code_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 403, .body = "<html>Forbidden</html>"});
    scripted_replace(world);
    expect(world, RV_ERR_STATUS, RV_UNKNOWN, RV_CODE_NONE, 403, 4);
}

static void an_answer_that_is_not_http_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.raw = "SSH-2.0-OpenSSH_9.2\r\n\r\n"});
    scripted_replace(world);
    expect(world, RV_ERR_HTTP, RV_UNKNOWN, RV_CODE_NONE, 0, 4);
}

static void an_answer_that_is_cut_anywhere_is_unknown(void **state)
{
    static scripted_answer answer = {
        .status = 200, .body = BODY_ACCEPTED, .is_cut = 1, .end = END_CUT};
    struct scripted *world = *state;
    size_t len = strlen("HTTP/1.1 200 Status\r\nContent-Length: 000\r\n\r\n" BODY_ACCEPTED);

    world->config.attempts_max = 1;
    world->server.answers = &answer;
    world->server.answer_count = 1;
    for (answer.cut_at = 0; answer.cut_at < len; answer.cut_at += 7) {
        scripted_replace(world);
        assert_int_equal(scripted_result(world)->outcome, RV_UNKNOWN);
        assert_int_equal(scripted_result(world)->status, RV_ERR_NETWORK);
    }
}

static void a_refusal_that_is_cut_anywhere_is_unknown(void **state)
{
    static scripted_answer answer = {
        .status = 400, .body = BODY_ERROR("AccessDenied"), .is_cut = 1, .end = END_CLOSE_NOTIFY};
    struct scripted *world = *state;
    size_t len = strlen(
        "HTTP/1.1 400 Status\r\nContent-Length: 000\r\n\r\n" BODY_ERROR("AccessDenied"));

    world->config.attempts_max = 1;
    world->server.answers = &answer;
    world->server.answer_count = 1;
    for (answer.cut_at = 0; answer.cut_at < len; answer.cut_at += 7) {
        scripted_replace(world);
        assert_int_equal(scripted_result(world)->outcome, RV_UNKNOWN);
    }
}

static void no_answer_at_all_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, NO_ANSWER);
    scripted_replace(world);
    expect(world, RV_ERR_NETWORK, RV_UNKNOWN, RV_CODE_NONE, 0, 4);
    expect_requests(world, 4);
}

static void silence_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.is_cut = 1, .end = END_SILENT});
    world->config.idle_timeout_ms = 5000;
    scripted_replace(world);
    expect(world, RV_ERR_TIMEOUT, RV_UNKNOWN, RV_CODE_NONE, 0, 4);
}

static void a_reset_at_any_byte_of_the_request_is_unknown(void **state)
{
    static scripted_answer answer = {.reset_after = 1};
    struct scripted *world = *state;

    world->config.attempts_max = 1;
    world->server.answers = &answer;
    world->server.answer_count = 1;
    for (answer.reset_after = 1; answer.reset_after <= 401; answer.reset_after += 100) {
        scripted_replace(world);
        assert_int_equal(scripted_result(world)->outcome, RV_UNKNOWN);
        assert_int_equal(scripted_result(world)->status, RV_ERR_NETWORK);
        assert_int_equal(scripted_result(world)->attempts, 1);
    }
}

/* --- over the attempts
 * -------------------------------------------------------------------------------- */

static void unknown_and_then_refused_stays_unknown_with_that_code(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, NO_ANSWER, REFUSED(404, "InvalidImage.NotFound"));
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_UNKNOWN, RV_CODE_IMAGE_NOT_FOUND, 404, 2);
    assert_string_equal(scripted_result(world)->code_text, "InvalidImage.NotFound");
}

static void unknown_and_then_throttled_stays_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, NO_ANSWER, REFUSED(429, "FlowLimitExceeded"));
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_UNKNOWN, RV_CODE_FLOW_LIMIT_EXCEEDED, 429, 4);
}

static void unknown_and_then_no_connection_stays_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, NO_ANSWER);
    scripted_fail(world, ON_OPEN, 2, RV_ERR_CONNECT);
    scripted_replace(world);
    expect(world, RV_ERR_CONNECT, RV_UNKNOWN, RV_CODE_NONE, 0, 1);
    expect_requests(world, 1);
}

static void unknown_and_then_a_2xx_is_accepted(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, NO_ANSWER, STATUS_ONLY(500), ACCEPTED);
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED, RV_CODE_NONE, 200, 3);
    expect_requests(world, 3);
}

static void silence_and_then_a_2xx_is_accepted(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.is_cut = 1, .end = END_SILENT}, ACCEPTED);
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED, RV_CODE_NONE, 200, 2);
    assert_int_equal(world->server.connections, 2);
}

static void refused_and_then_no_connection_stays_refused(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 429, .body = "", .end = END_CLOSE_NOTIFY});
    scripted_fail(world, ON_OPEN, 2, RV_ERR_CONNECT);
    scripted_replace(world);
    expect(world, RV_ERR_CONNECT, RV_REFUSED, RV_CODE_NONE, 429, 1);
    expect_requests(world, 1);
}

static void refused_and_then_no_answer_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(429, "FlowLimitExceeded"), NO_ANSWER);
    world->config.attempts_max = 2;
    scripted_replace(world);
    assert_int_equal(scripted_result(world)->outcome, RV_UNKNOWN);
    assert_int_equal(scripted_result(world)->status, RV_ERR_NETWORK);
    assert_int_equal(scripted_result(world)->attempts, 2);
}

static void throttled_and_then_refused_is_refused(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(429, "FlowLimitExceeded"), REFUSED(403, "AccessDenied"));
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_REFUSED, RV_CODE_ACCESS_DENIED, 403, 2);
}

static void the_outcome_is_already_unknown_while_the_request_is_on_its_way(void **state)
{
    struct scripted *world = *state;
    rv_need need;

    SCRIPT(world, {.status = 200, .body = BODY_ACCEPTED, .delay_ms = 1000});
    scripted_start(world);
    while (world->server.requests == 0) {
        assert_int_equal(scripted_result(world)->outcome,
                         world->server.request_bytes == 0 ? RV_NOT_SENT : RV_UNKNOWN);
        assert_int_equal(scripted_step(world, &need), RV_AGAIN);
        scripted_wait(world, &need);
    }
    assert_int_equal(scripted_result(world)->outcome, RV_UNKNOWN);
    assert_int_equal(scripted_run(world), RV_OK);
    assert_int_equal(scripted_result(world)->outcome, RV_ACCEPTED);
}

/* --- a token from elsewhere
 * ------------------------------------------------------------------------------ */

static void an_old_token_that_is_not_sent_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    use_old_token(world);
    scripted_fail(world, ON_OPEN, 1, RV_ERR_CONNECT);
    scripted_replace(world);
    expect(world, RV_ERR_CONNECT, RV_UNKNOWN, RV_CODE_NONE, 0, 0);
}

static void an_old_token_that_is_cancelled_at_once_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    use_old_token(world);
    scripted_start(world);
    assert_int_equal(scripted_result(world)->outcome, RV_UNKNOWN);
    rv_call_cancel(&world->call);
    assert_int_equal(scripted_result(world)->outcome, RV_UNKNOWN);
}

static void an_old_token_with_a_2xx_is_accepted(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    use_old_token(world);
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED, RV_CODE_NONE, 200, 1);
}

static void an_old_token_with_invalid_instance_status_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(400, "InvalidInstanceStatus"));
    use_old_token(world);
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_UNKNOWN, RV_CODE_INVALID_INSTANCE_STATUS, 400, 1);
}

static void an_old_token_with_invalid_volume_status_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(400, "InvalidVolumeStatus"));
    use_old_token(world);
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_UNKNOWN, RV_CODE_INVALID_VOLUME_STATUS, 400, 1);
}

static void an_old_token_with_resource_locked_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(400, "OperationDenied.ResourceLocked"));
    use_old_token(world);
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_UNKNOWN, RV_CODE_RESOURCE_LOCKED, 400, 1);
}

static void an_old_token_with_idempotent_parameter_mismatch_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(409, "IdempotentParameterMismatch"));
    use_old_token(world);
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_UNKNOWN, RV_CODE_IDEMPOTENT_PARAMETER_MISMATCH, 409, 1);
}

static void an_old_token_with_any_other_code_is_refused(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(404, "InvalidImage.NotFound"));
    use_old_token(world);
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_REFUSED, RV_CODE_IMAGE_NOT_FOUND, 404, 1);
}

static void an_old_token_after_a_special_code_stays_unknown_whatever_follows(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(429, "InternalError"), REFUSED(403, "AccessDenied"));
    use_old_token(world);
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_UNKNOWN, RV_CODE_ACCESS_DENIED, 403, 2);
}

static void the_callers_new_token_is_as_good_as_ours(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(400, "InvalidInstanceStatus"));
    use_old_token(world);
    world->replace.client_token_is_new = 1;
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_REFUSED, RV_CODE_INVALID_INSTANCE_STATUS, 400, 1);
    assert_string_equal(scripted_result(world)->client_token, "token-from-elsewhere");
}

/* --- any action
 * --------------------------------------------------------------------------------------------- */

static void begin(struct scripted *world, rv_request *request)
{
    scripted_client(world);
    scripted_started(world);
    request->service = "ecs";
    request->action = "StopInstance";
    request->version = "2020-04-01";
    assert_int_equal(rv_call_start(&world->call, &world->client, request), RV_OK);
}

static void a_call_that_may_never_be_repeated_is_not(void **state)
{
    struct scripted *world = *state;
    rv_request request = {.repeat = RV_REPEAT_NEVER};

    SCRIPT(world, STATUS_ONLY(500), ACCEPTED);
    begin(world, &request);
    assert_int_equal(scripted_run(world), RV_ERR_STATUS);
    assert_int_equal(scripted_result(world)->outcome, RV_UNKNOWN);
    expect_requests(world, 1);
}

static void a_call_that_may_never_be_repeated_is_not_after_a_cut_answer(void **state)
{
    struct scripted *world = *state;
    rv_request request = {.repeat = RV_REPEAT_NEVER};

    SCRIPT(world, NO_ANSWER, ACCEPTED);
    begin(world, &request);
    assert_int_equal(scripted_run(world), RV_ERR_NETWORK);
    assert_int_equal(scripted_result(world)->outcome, RV_UNKNOWN);
    expect_requests(world, 1);
}

static void a_call_that_may_never_be_repeated_may_be_sent_once_after_no_connection(void **state)
{
    struct scripted *world = *state;
    rv_request request = {.repeat = RV_REPEAT_NEVER};

    SCRIPT(world, ACCEPTED);
    world->fail.callback = ON_OPEN;
    world->fail.at = 1;
    world->fail.with = RV_ERR_CONNECT;
    begin(world, &request);
    assert_int_equal(scripted_run(world), RV_OK);
    expect_requests(world, 1);
}

static void a_call_that_only_reads_is_repeated(void **state)
{
    struct scripted *world = *state;
    rv_request request = {.repeat = RV_REPEAT_SAFE};

    SCRIPT(world, NO_ANSWER, ACCEPTED);
    begin(world, &request);
    assert_int_equal(scripted_run(world), RV_OK);
    assert_int_equal(scripted_result(world)->outcome, RV_ACCEPTED);
    expect_requests(world, 2);
}

struct objects {
    int elements;
    int results;
    char last[32];
    int refuse;
};

static int take_object(void *ctx, int is_element, const rv_json *object)
{
    struct objects *objects = ctx;

    if (is_element) {
        objects->elements++;
        assert_true(rv_json_text(object, "InstanceId", objects->last, sizeof(objects->last)) > 0);
    } else {
        objects->results++;
    }
    return objects->refuse ? RV_ERR_USAGE : RV_OK;
}

#define BODY_INSTANCES                                                        \
    "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":{\"Instances\":[" \
    "{\"InstanceId\":\"i-1\",\"Other\":1},{\"InstanceId\":\"i-2\"}],\"NextToken\":\"\"}}"

static void wanted_objects_are_handed_over_one_by_one_and_result_at_the_end(void **state)
{
    struct scripted *world = *state;
    struct objects objects = {0};
    rv_request request = {.repeat = RV_REPEAT_SAFE,
                          .wanted = "NextToken,Instances*[{InstanceId}]",
                          .on_object = take_object,
                          .on_object_ctx = &objects};

    SCRIPT(world, {.status = 200, .body = BODY_INSTANCES});
    begin(world, &request);
    assert_int_equal(scripted_run(world), RV_OK);
    assert_int_equal(objects.elements, 2);
    assert_int_equal(objects.results, 1);
    assert_string_equal(objects.last, "i-2");
}

static void a_repeated_call_hands_them_over_from_the_first(void **state)
{
    struct scripted *world = *state;
    struct objects objects = {0};
    rv_request request = {.repeat = RV_REPEAT_SAFE,
                          .wanted = "NextToken,Instances*[{InstanceId}]",
                          .on_object = take_object,
                          .on_object_ctx = &objects};

    SCRIPT(world,
           {.status = 200, .body = BODY_INSTANCES, .is_cut = 1, .cut_at = 150, .end = END_CUT},
           {.status = 200, .body = BODY_INSTANCES});
    begin(world, &request);
    assert_int_equal(scripted_run(world), RV_OK);
    assert_int_equal(objects.elements, 1 + 2);
    assert_int_equal(objects.results, 1);
}

static void an_answer_that_the_caller_refuses_is_no_answer(void **state)
{
    struct scripted *world = *state;
    struct objects objects = {.refuse = 1};
    rv_request request = {.repeat = RV_REPEAT_NEVER,
                          .wanted = "NextToken",
                          .on_object = take_object,
                          .on_object_ctx = &objects};

    SCRIPT(world, {.status = 200, .body = BODY_INSTANCES});
    begin(world, &request);
    assert_int_equal(scripted_run(world), RV_ERR_BODY);
    assert_int_equal(scripted_result(world)->outcome, RV_UNKNOWN);
}

static void a_2xx_without_the_wanted_result_is_unknown(void **state)
{
    struct scripted *world = *state;
    struct objects objects = {0};
    rv_request request = {.repeat = RV_REPEAT_NEVER,
                          .wanted = "NextToken",
                          .on_object = take_object,
                          .on_object_ctx = &objects};

    SCRIPT(world, {.status = 200, .body = "{\"ResponseMetadata\":{\"RequestId\":\"r\"}}"});
    begin(world, &request);
    assert_int_equal(scripted_run(world), RV_ERR_BODY);
    assert_int_equal(objects.results, 0);
}

static void an_error_in_the_legacy_shape_counts_beside_the_other(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 200,
                   .body = "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"HTTPCode\":403,"
                           "\"errorcode\":\"AccessDenied\",\"message\":\"no\"}"});
    scripted_replace(world);
    assert_int_equal(scripted_result(world)->outcome, RV_REFUSED);
    assert_int_equal(scripted_result(world)->code, RV_CODE_ACCESS_DENIED);
}

static void a_2xx_with_a_result_that_is_no_object_is_unknown(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 200, .body = "{\"ResponseMetadata\":{},\"Result\":\"failed\"}"});
    scripted_replace(world);
    expect(world, RV_ERR_BODY, RV_UNKNOWN, RV_CODE_NONE, 200, 4);
}

static void a_name_that_only_begins_like_response_metadata_is_another(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 200, .body = "{\"ResponseMetadata\\u0000x\":{},\"Result\":{}}"});
    scripted_replace(world);
    expect(world, RV_ERR_BODY, RV_UNKNOWN, RV_CODE_NONE, 200, 4);
}

static void a_code_that_only_begins_like_dry_run_operation_is_another(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(412, "DryRunOperation\\u0000.Failed"));
    world->replace.dry_run = RV_TRUE;
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_REFUSED, RV_CODE_OTHER, 412, 1);
}

static void an_old_token_once_unknown_is_not_refused_by_a_later_code(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, REFUSED(429, "OperationDenied.ResourceLocked"), REFUSED(400, "InvalidArgument"));
    use_old_token(world);
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_UNKNOWN, RV_CODE_INVALID_ARGUMENT, 400, 2);
}

static void a_repetition_that_is_none_of_the_three_is_misuse(void **state)
{
    struct scripted *world = *state;
    rv_request request = {.service = "ecs", .action = "A", .version = "2020-04-01"};

    request.repeat = (rv_repeat)7;
    scripted_client(world);
    assert_int_equal(rv_call_start(&world->call, &world->client, &request), RV_ERR_USAGE);
}

static void a_dry_run_of_any_action_is_checked(void **state)
{
    struct scripted *world = *state;
    rv_request request = {.repeat = RV_REPEAT_NEVER, .dry_run = RV_TRUE};

    SCRIPT(world, REFUSED(412, "DryRunOperation"));
    begin(world, &request);
    assert_int_equal(scripted_run(world), RV_OK);
    assert_int_equal(scripted_result(world)->outcome, RV_CHECKED);
    assert_non_null(strstr(world->server.request[0], "DryRun=true"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scripted_setup, scripted_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_error_in_the_legacy_shape_counts_beside_the_other),
        TEST(a_2xx_with_a_result_that_is_no_object_is_unknown),
        TEST(a_name_that_only_begins_like_response_metadata_is_another),
        TEST(a_code_that_only_begins_like_dry_run_operation_is_another),
        TEST(an_old_token_once_unknown_is_not_refused_by_a_later_code),
        TEST(a_repetition_that_is_none_of_the_three_is_misuse),
        TEST(a_dry_run_of_any_action_is_checked),
        TEST(no_connection_means_not_sent),
        TEST(a_name_without_an_address_means_not_sent),
        TEST(a_connection_that_breaks_in_the_handshake_means_not_sent),
        TEST(a_server_that_is_not_trusted_means_not_sent),
        TEST(a_failed_connection_and_then_a_2xx_is_accepted),
        TEST(a_2xx_without_an_error_is_accepted),
        TEST(any_other_2xx_without_an_error_is_accepted_too),
        TEST(a_post_is_accepted_too),
        TEST(a_2xx_with_html_is_unknown),
        TEST(a_2xx_without_a_body_is_unknown),
        TEST(a_204_is_unknown),
        TEST(a_2xx_with_cut_json_is_unknown),
        TEST(a_2xx_with_something_after_the_json_is_unknown),
        TEST(a_2xx_that_is_not_the_documented_shape_is_unknown),
        TEST(a_2xx_with_an_error_code_is_refused),
        TEST(a_2xx_with_an_internal_code_is_unknown),
        TEST(the_legacy_shape_of_an_error_is_refused_too),
        TEST(a_dry_run_that_passes_is_checked),
        TEST(a_dry_run_that_is_ignored_is_said_loudly),
        TEST(a_dry_run_that_fails_is_refused),
        TEST(dry_run_operation_is_a_refusal_when_no_dry_run_was_asked),
        TEST(dry_run_false_is_no_dry_run),
        TEST(idempotent_processing_stays_unknown),
        TEST(idempotent_processing_and_then_a_2xx_is_accepted),
        TEST(idempotent_processing_and_then_a_refusal_is_unknown),
        TEST(idempotent_parameter_mismatch_is_unknown_and_never_repeated),
        TEST(a_429_is_refused_and_repeated),
        TEST(a_429_with_a_code_is_refused_and_repeated),
        TEST(flow_limit_exceeded_is_refused_and_repeated_under_any_4xx),
        TEST(a_429_and_then_a_2xx_is_accepted),
        TEST(invalid_timestamp_without_a_date_is_refused),
        TEST(invalid_timestamp_twice_is_refused),
        TEST(internal_codes_are_unknown_whatever_the_status),
        TEST(each_internal_code_alone_is_unknown),
        TEST(every_other_code_of_the_catalogue_is_refused_and_not_repeated),
        TEST(a_code_that_nobody_knows_is_refused_and_shown),
        TEST(a_5xx_without_a_code_is_unknown),
        TEST(a_5xx_with_a_code_that_refuses_is_unknown),
        TEST(a_5xx_that_says_accepted_is_unknown),
        TEST(a_3xx_is_unknown_and_not_followed),
        TEST(a_3xx_with_a_code_is_unknown),
        TEST(a_4xx_without_a_code_is_unknown),
        TEST(an_answer_that_is_not_http_is_unknown),
        TEST(an_answer_that_is_cut_anywhere_is_unknown),
        TEST(a_refusal_that_is_cut_anywhere_is_unknown),
        TEST(no_answer_at_all_is_unknown),
        TEST(silence_is_unknown),
        TEST(a_reset_at_any_byte_of_the_request_is_unknown),
        TEST(unknown_and_then_refused_stays_unknown_with_that_code),
        TEST(unknown_and_then_throttled_stays_unknown),
        TEST(unknown_and_then_no_connection_stays_unknown),
        TEST(unknown_and_then_a_2xx_is_accepted),
        TEST(silence_and_then_a_2xx_is_accepted),
        TEST(refused_and_then_no_connection_stays_refused),
        TEST(refused_and_then_no_answer_is_unknown),
        TEST(throttled_and_then_refused_is_refused),
        TEST(the_outcome_is_already_unknown_while_the_request_is_on_its_way),
        TEST(an_old_token_that_is_not_sent_is_unknown),
        TEST(an_old_token_that_is_cancelled_at_once_is_unknown),
        TEST(an_old_token_with_a_2xx_is_accepted),
        TEST(an_old_token_with_invalid_instance_status_is_unknown),
        TEST(an_old_token_with_invalid_volume_status_is_unknown),
        TEST(an_old_token_with_resource_locked_is_unknown),
        TEST(an_old_token_with_idempotent_parameter_mismatch_is_unknown),
        TEST(an_old_token_with_any_other_code_is_refused),
        TEST(an_old_token_after_a_special_code_stays_unknown_whatever_follows),
        TEST(the_callers_new_token_is_as_good_as_ours),
        TEST(a_call_that_may_never_be_repeated_is_not),
        TEST(a_call_that_may_never_be_repeated_is_not_after_a_cut_answer),
        TEST(a_call_that_may_never_be_repeated_may_be_sent_once_after_no_connection),
        TEST(a_call_that_only_reads_is_repeated),
        TEST(wanted_objects_are_handed_over_one_by_one_and_result_at_the_end),
        TEST(a_repeated_call_hands_them_over_from_the_first),
        TEST(an_answer_that_the_caller_refuses_is_no_answer),
        TEST(a_2xx_without_the_wanted_result_is_unknown),
    };

    return cmocka_run_group_tests_name("outcome", tests, NULL, NULL);
}
