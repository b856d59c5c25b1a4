/*
 * Every code that the service and the gateway before it are known to answer, provoked by what one
 * would really do; where nothing a client can do leads to it, by a rule of the endpoint.
 *
 * What is expected of each is written out here from the API document and replace_volume.h, not
 * taken from the library's own catalogue.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/support/customer.h"

#include <stdio.h>
#include <string.h>

#define TOKEN    "token-of-the-test"
#define ATTEMPTS 2 /* so many at most, where the library repeats by itself */

/* --- what is expected --------------------------------------------------------------------------
 */

struct expected {
    rv_code code;
    const char *name;
    uint16_t http_status;
    rv_outcome outcome;
    const char *message; /* a part of it */
    rv_retry retry;
    int repeated;
    int32_t code_n;
};

/* clang-format off */
static const struct expected all[] = {
    {RV_CODE_MISSING_INSTANCE_ID, "MissingParameter.InstanceId", 400, RV_REFUSED,
     "parameter InstanceId is not supplied", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_MISSING_PASSWORD_AND_KEY_PAIR, "MissingParameter.PasswordAndKeyPair", 400, RV_REFUSED,
     "PasswordAndKeyPair is not supplied", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_INVALID_INSTANCE_STATUS, "InvalidInstanceStatus", 400, RV_REFUSED,
     "status of the specified instance", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_MISSING_IMAGE_ID, "MissingParameter.ImageId", 400, RV_REFUSED,
     "parameter ImageId is not supplied", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_KEY_PAIR_FOR_WINDOWS, "InvalidKeyPairForWindows.Unsupported", 400, RV_REFUSED,
     "does not support key pairs", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_PASSWORD_MALFORMED, "InvalidPassword.Malformed", 400, RV_REFUSED,
     "password is malformed", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_CLIENT_TOKEN_MALFORMED, "InvalidClientToken.Malformed", 400, RV_REFUSED,
     "ClientToken is malformed", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_IDEMPOTENT_PARAMETER_MISMATCH, "IdempotentParameterMismatch", 400, RV_UNKNOWN,
     "same client token as a previous, but non-identical", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_INVALID_ARGUMENT, "InvalidArgument", 400, RV_REFUSED,
     "argument is invalid", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_INVALID_VOLUME_STATUS, "InvalidVolumeStatus", 400, RV_REFUSED,
     "status of the specified volume", RV_RETRY_LATER, 0, 0},
    {RV_CODE_MISSING_VOLUME_TYPE, "MissingParameter.VolumeType", 400, RV_REFUSED,
     "VolumeType is not supplied", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_SYSTEM_VOLUME_SIZE_LIMIT, "LimitExceeded.SystemVolumeSize", 400, RV_REFUSED,
     "size exceeds the limit", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_IMAGE_NOT_FOUND, "InvalidImage.NotFound", 404, RV_REFUSED,
     "image does not exist", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_KEY_PAIR_NOT_FOUND, "InvalidKeyPair.NotFound", 404, RV_REFUSED,
     "KeyPair does not exist", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_INSTANCE_NOT_FOUND, "InvalidInstance.NotFound", 404, RV_REFUSED,
     "instance does not exist", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_INSTANCE_EXPIRED, "InvalidInstance.Expired", 412, RV_REFUSED,
     "has expired", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_IDEMPOTENT_PROCESSING, "IdempotentProcessing", 412, RV_UNKNOWN,
     "still in process", RV_RETRY_BY_CALL, 1, 0},
    {RV_CODE_INSTANCE_TYPE_MISMATCH, "InvalidImage.InstanceTypeMismatch", 412, RV_REFUSED,
     "image and instance type do not match", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_VOLUME_TYPE_MISMATCH, "InvalidVolumeType.ImageMismatch", 412, RV_REFUSED,
     "VolumeType and Image do not match", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_IMAGE_SIZE_MISMATCH, "InvalidVolumeSize.ImageSizeMismatch", 412, RV_REFUSED,
     "smaller than the image", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_RESOURCE_LOCKED, "OperationDenied.ResourceLocked", 412, RV_REFUSED,
     "locked for another operation", RV_RETRY_LATER, 0, 0},
    {RV_CODE_INSTANCE_IS_CREATING_IMAGE, "OperationDenied.InstanceIsCreatingImage", 412, RV_REFUSED,
     "is creating image", RV_RETRY_LATER, 0, 0},
    {RV_CODE_CREATED_BY_OTHER_SERVICE, "OperationDenied.ResourceCreatedByOtherService", 412,
     RV_REFUSED, "created by other service", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_IMAGE_KEEP_CREDENTIAL_MISMATCH, "InvalidImageId.KeepImageCredentialMismatch", 412,
     RV_REFUSED, "ImageId and KeepImageCredential do not match", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_KEY_PAIR_KEEP_CREDENTIAL_MISMATCH, "InvalidKeyPairName.KeepImageCredentialMismatch",
     412, RV_REFUSED, "KeyPairName and KeepImageCredential do not match", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_PASSWORD_KEEP_CREDENTIAL_MISMATCH, "InvalidPassword.KeepImageCredentialMismatch", 412,
     RV_REFUSED, "Password and KeepImageCredential do not match", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_DRY_RUN_OPERATION, "DryRunOperation", 412, RV_CHECKED,
     "validated by the DryRunOperation", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_HOSTNAME_MISMATCH, "InvalidImage.HostnameMismatch", 412, RV_REFUSED,
     "can not be applied to the image", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_INTERNAL_ERROR, "InternalError", 500, RV_UNKNOWN,
     "internal error", RV_RETRY_BY_CALL, 1, 0},

    {RV_CODE_MISSING_PARAMETER, "MissingParameter", 400, RV_REFUSED,
     "missing a required parameter", RV_RETRY_NEVER, 0, 100002},
    {RV_CODE_MISSING_AUTHENTICATION_TOKEN, "MissingAuthenticationToken", 401, RV_REFUSED,
     "must contain a valid Authorization", RV_RETRY_NEVER, 0, 100003},
    {RV_CODE_MISSING_REQUEST_INFO, "MissingRequestInfo", 400, RV_REFUSED,
     "(Host must be NAME:1)", RV_RETRY_NEVER, 0, 100004},
    {RV_CODE_MISSING_SIGNATURE, "MissingSignature", 401, RV_REFUSED,
     "missing its signature", RV_RETRY_NEVER, 0, 100005},
    {RV_CODE_INVALID_TIMESTAMP, "InvalidTimestamp", 400, RV_REFUSED,
     "expired or its date is wrong", RV_RETRY_BY_CALL, 0, 100006},
    {RV_CODE_SERVICE_NOT_FOUND, "ServiceNotFound", 404, RV_REFUSED,
     "service does not exist", RV_RETRY_NEVER, 0, 100007},
    {RV_CODE_INVALID_ACTION_OR_VERSION, "InvalidActionOrVersion", 404, RV_REFUSED,
     "action or its version does not exist", RV_RETRY_NEVER, 0, 100008},
    {RV_CODE_INVALID_ACCESS_KEY, "InvalidAccessKey", 401, RV_REFUSED,
     "access key does not exist", RV_RETRY_NEVER, 0, 100009},
    {RV_CODE_SIGNATURE_DOES_NOT_MATCH, "SignatureDoesNotMatch", 401, RV_REFUSED,
     "signature does not match", RV_RETRY_NEVER, 0, 100010},
    {RV_CODE_LACK_POLICY, "LackPolicy", 403, RV_REFUSED,
     "no policy that allows", RV_RETRY_NEVER, 0, 100012},
    {RV_CODE_ACCESS_DENIED, "AccessDenied", 403, RV_REFUSED,
     "denied", RV_RETRY_NEVER, 0, 100013},
    {RV_CODE_INVALID_PARAMETER, "InvalidParameter", 400, RV_REFUSED,
     "is invalid", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_INVALID_AUTHORIZATION, "InvalidAuthorization", 400, RV_REFUSED,
     "Authorization header is malformed", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_INVALID_CREDENTIAL, "InvalidCredential", 400, RV_REFUSED,
     "credential in Authorization is malformed", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_INVALID_SECRET_TOKEN, "InvalidSecretToken", 401, RV_REFUSED,
     "security token is invalid", RV_RETRY_NEVER, 0, 0},
    {RV_CODE_FLOW_LIMIT_EXCEEDED, "FlowLimitExceeded", 429, RV_REFUSED,
     "rate exceeds the limit", RV_RETRY_BY_CALL, 1, 0},
    {RV_CODE_INTERNAL_SERVICE_ERROR, "InternalServiceError", 502, RV_UNKNOWN,
     "has failed", RV_RETRY_BY_CALL, 1, 0},
    {RV_CODE_SERVICE_UNAVAILABLE, "ServiceUnavailableTemp", 503, RV_UNKNOWN,
     "temporarily unavailable", RV_RETRY_BY_CALL, 1, 0},
    {RV_CODE_INTERNAL_SERVICE_TIMEOUT, "InternalServiceTimeout", 504, RV_UNKNOWN,
     "did not answer in time", RV_RETRY_BY_CALL, 1, 0},
};
/* clang-format on */

enum { ALL_COUNT = sizeof all / sizeof all[0] };

static const struct expected *expected_of(const char *name)
{
    size_t i;

    for (i = 0; i < ALL_COUNT; i++) {
        if (strcmp(all[i].name, name) == 0) {
            return &all[i];
        }
    }
    fail_msg("nothing is expected of %s", name);
    return NULL;
}

/* What the caller has of an answer with this code; requests: those before it, in the journal. */
static void assert_refused(struct customer *customer, const struct expected *expected,
                           int earlier_requests)
{
    const rv_result *result = customer_result(customer);
    int requests = expected->repeated ? ATTEMPTS : 1;
    size_t id_len = strlen(result->request_id);
    char line[128];

    assert_string_equal(result->code_text, expected->name);
    assert_int_equal(result->code, expected->code);
    assert_string_equal(rv_code_name(result->code), expected->name);
    assert_int_equal(rv_code_from_name(expected->name), expected->code);
    assert_int_equal(result->code_n, expected->code_n);
    assert_int_equal(result->http_status, expected->http_status);
    assert_int_equal(result->status, expected->outcome == RV_CHECKED ? RV_OK : RV_ERR_SERVICE);
    assert_int_equal(result->outcome, expected->outcome);
    if (strstr(result->message, expected->message) == NULL) {
        fail_msg("the message is \"%s\"", result->message);
    }
    assert_true(id_len > 20);
    assert_string_equal(result->request_id + id_len - 2, "EP");
    assert_int_equal(rv_code_retry(result->code), expected->retry);
#ifdef RV_NO_TEXTS
    assert_string_equal(rv_code_advice(result->code), "");
    assert_string_equal(rv_status_text(result->status), "");
#else
    assert_true(strlen(rv_code_advice(result->code)) > 20);
    assert_true(strlen(rv_status_text(result->status)) > 5);
#endif
    assert_int_equal(result->attempts, requests);
    assert_int_equal(customer->traced[RV_TRACE_RETRY], requests - 1);
    customer_settle(customer);
    assert_int_equal(customer_lines(customer, IS_REQUEST, NULL), earlier_requests + requests);
    snprintf(line, sizeof line, "\"code\":\"%s\"", expected->name);
    assert_int_equal(customer_lines(customer, IS_REQUEST, line), requests);
}

static void replace_and_expect(struct customer *customer, const char *name)
{
    customer->config.attempts_max = ATTEMPTS;
    customer_replace(customer);
    assert_refused(customer, expected_of(name), 0);
}

/* --- by what stands in the fixture -------------------------------------------------------------
 */

struct provocation {
    const char *name;
    const char *instance_id; /* NULL: as always; likewise the others */
    const char *image_id;
    const char *key_pair_name;
    uint32_t size_gib;
    int keeps_credential;
    rv_method method;
};

static void by_fixture(struct customer *customer)
{
    const struct provocation *what = customer->with;
    rv_replace_system_volume *replace = &customer->replace;

    SERVE(customer, NULL);
    if (what->instance_id != NULL) {
        replace->instance_id = what->instance_id;
    }
    if (what->image_id != NULL) {
        replace->image_id = what->image_id;
    }
    if (what->key_pair_name != NULL || what->keeps_credential) {
        replace->password = NULL;
        replace->key_pair_name = what->key_pair_name;
    }
    replace->keep_image_credential = what->keeps_credential ? RV_TRUE : RV_UNSET;
    replace->has_size_gib = what->size_gib != 0;
    replace->size_gib = what->size_gib;
    replace->method = what->method;
    replace_and_expect(customer, what->name);
}

/* --- by a request that the library's own checks would not let pass, written out -----------------
 */

struct written {
    const char *name;
    rv_name_value parameters[6];
    size_t count;
    const char *service; /* NULL: ecs */
    const char *action;  /* NULL: ReplaceSystemVolume */
    const char *version; /* NULL: 2020-04-01 */
};

static void by_request(struct customer *customer)
{
    const struct written *what = customer->with;
    rv_request request;

    memset(&request, 0, sizeof request);
    request.service = what->service != NULL ? what->service : "ecs";
    request.action = what->action != NULL ? what->action : "ReplaceSystemVolume";
    request.version = what->version != NULL ? what->version : "2020-04-01";
    request.parameters = what->parameters;
    request.parameter_count = what->count;
    request.repeat = RV_REPEAT_WITH_TOKEN;
    request.client_token = TOKEN;
    request.client_token_is_new = 1;
    SERVE(customer, NULL);
    customer->config.attempts_max = ATTEMPTS;
    customer_request(customer, &request);
    assert_refused(customer, expected_of(what->name), 0);
}

/* --- by a rule ----------------------------------------------------------------------------------
 */

static void by_rule(struct customer *customer)
{
    char rule[128];

    snprintf(rule, sizeof rule, "*=error:%s", (const char *)customer->with);
    SERVE(customer, "--rule", rule);
    replace_and_expect(customer, customer->with);
}

/* --- the others, each in its own way ------------------------------------------------------------
 */

static void parameter_mismatch(struct customer *customer)
{
    SERVE(customer, NULL);
    customer->replace.client_token = TOKEN;
    customer->replace.client_token_is_new = 1;
    assert_int_equal(customer_replace(customer), RV_OK);
    customer->replace.image_id = "image-ubuntu2204";
    customer_replace(customer);
    assert_refused(customer, expected_of("IdempotentParameterMismatch"), 1);
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), 1);
}

/* The first caller loses patience, the second meets what the first has begun. */
static void still_processing(struct customer *customer)
{
    SERVE(customer, "--processing-ms", "4000");
    customer->replace.client_token = TOKEN;
    customer->replace.client_token_is_new = 1;
    customer->config.attempts_max = 1;
    customer->config.idle_timeout_ms = patience_ms(300);
    assert_int_equal(customer_replace(customer), RV_ERR_TIMEOUT);
    assert_int_equal(customer_result(customer)->outcome, RV_UNKNOWN);
    customer_restart(customer);
    customer->replace.client_token_is_new = 0;
    customer->config.attempts_max = ATTEMPTS;
    customer_replace(customer);
    assert_refused(customer, expected_of("IdempotentProcessing"), 1);
}

static void dry_run_passed(struct customer *customer)
{
    SERVE(customer, NULL);
    customer->replace.dry_run = RV_TRUE;
    replace_and_expect(customer, "DryRunOperation");
}

static void unknown_extra_parameter(struct customer *customer)
{
    static const rv_name_value extra[] = {{"Colour", "red"}};

    SERVE(customer, NULL);
    customer->replace.extra = extra;
    customer->replace.extra_count = 1;
    replace_and_expect(customer, "InvalidArgument");
}

static void unknown_release(struct customer *customer)
{
    SERVE(customer, NULL);
    customer->replace.image_release_version = "19700101";
    replace_and_expect(customer, "InvalidArgument");
}

static void proxy_with_another_port(struct customer *customer)
{
    SERVE(customer, "--public-port", "1");
    replace_and_expect(customer, "MissingRequestInfo");
}

static void wrong_access_key(struct customer *customer)
{
    SERVE(customer, NULL);
    customer->credentials.access_key_id = "AKLTsomebodyelse";
    replace_and_expect(customer, "InvalidAccessKey");
}

static void wrong_secret(struct customer *customer)
{
    SERVE(customer, NULL);
    customer->credentials.secret_access_key = "bm90LXRoZS1zZWNyZXQ=";
    replace_and_expect(customer, "SignatureDoesNotMatch");
}

static void wrong_region(struct customer *customer)
{
    SERVE(customer, "--region", "cn-shanghai");
    replace_and_expect(customer, "SignatureDoesNotMatch");
}

static void action_denied(struct customer *customer)
{
    SERVE(customer, "--deny", "ReplaceSystemVolume");
    replace_and_expect(customer, "AccessDenied");
}

static void session_token_where_none_is(struct customer *customer)
{
    SERVE(customer, NULL);
    customer->credentials.session_token = "not-a-temporary-key";
    replace_and_expect(customer, "InvalidSecretToken");
}

static void session_token_missing(struct customer *customer)
{
    SERVE(customer, "--access-key-id", ENDPOINT_ACCESS_KEY_ID "=" ENDPOINT_SECRET_KEY "=token");
    replace_and_expect(customer, "InvalidSecretToken");
}

static void session_token_wrong(struct customer *customer)
{
    SERVE(customer, "--access-key-id", ENDPOINT_ACCESS_KEY_ID "=" ENDPOINT_SECRET_KEY "=token");
    customer->credentials.session_token = "token2";
    replace_and_expect(customer, "InvalidSecretToken");
}

/* The answer's Date agrees with the machine's clock, so there is nothing to correct: once, and once
 * more, since the library cannot know. */
static void timestamp_that_no_correction_helps(struct customer *customer)
{
    const rv_result *result = customer_result(customer);

    SERVE(customer, "--rule", "*=error:InvalidTimestamp");
    customer_replace(customer);
    assert_int_equal(result->status, RV_ERR_SERVICE);
    assert_int_equal(result->outcome, RV_REFUSED);
    assert_int_equal(result->code, RV_CODE_INVALID_TIMESTAMP);
    assert_int_equal(result->http_status, 400);
    assert_int_equal(result->code_n, 100006);
    assert_int_equal(rv_code_retry(result->code), RV_RETRY_BY_CALL);
    assert_int_equal(result->attempts, 2);
    customer_settle(customer);
    assert_int_equal(customer_requests(customer), 2);
}

/* Without a Date there is nothing to correct it by. */
static void timestamp_without_a_date(struct customer *customer)
{
    SERVE(customer, "--rule", "*=error:InvalidTimestamp;no-date");
    replace_and_expect(customer, "InvalidTimestamp");
}

/* Real throttling: only so many requests within a second. */
static void more_than_the_flow_limit(struct customer *customer)
{
    int i;

    SERVE(customer, "--flow-limit", "2");
    customer->config.attempts_max = 1;
    customer->replace.dry_run = RV_TRUE;
    for (i = 0; i < 50 && customer_result(customer)->code != RV_CODE_FLOW_LIMIT_EXCEEDED; i++) {
        customer_replace(customer);
    }
    assert_int_equal(customer_result(customer)->outcome, RV_REFUSED);
    assert_int_equal(customer_result(customer)->http_status, 429);
    assert_true(i > 2);

    /* and when it is allowed to repeat, it gets through */
    customer_restart(customer);
    customer->config.attempts_max = 4;
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer_result(customer)->outcome, RV_CHECKED);
}

/* --- the catalogue as a whole -------------------------------------------------------------------
 */

static void every_code_is_expected_here(void **state)
{
    int code;

    (void)state;
    for (code = RV_CODE_OTHER + 1; code < RV_CODE_COUNT; code++) {
        assert_int_equal(expected_of(rv_code_name((rv_code)code))->code, code);
    }
    assert_int_equal(ALL_COUNT, RV_CODE_COUNT - RV_CODE_OTHER - 1);
}

#define FIXTURE(...)                                                               \
    CUSTOMER_TEST_WITH(((const struct provocation){__VA_ARGS__}).name, by_fixture, \
                       (&(const struct provocation){__VA_ARGS__}))
#define REQUEST(...)                                                           \
    CUSTOMER_TEST_WITH(((const struct written){__VA_ARGS__}).name, by_request, \
                       (&(const struct written){__VA_ARGS__}))
#define RULE(name)          CUSTOMER_TEST_WITH(name, by_rule, name)
#define OWN(name, function) CUSTOMER_TEST_WITH(name, function, NULL)

int main(void)
{
    /* clang-format off */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_is_expected_here),

        REQUEST("MissingParameter.InstanceId", {{"ImageId", LINUX_IMAGE}, {"Password", PASSWORD}}, .count = 2),
        REQUEST("MissingParameter.PasswordAndKeyPair",
                {{"InstanceId", STOPPED_INSTANCE}, {"ImageId", LINUX_IMAGE}}, .count = 2),
        FIXTURE("InvalidInstanceStatus", .instance_id = RUNNING_INSTANCE),
        REQUEST("MissingParameter.ImageId",
                {{"InstanceId", STOPPED_INSTANCE}, {"Password", PASSWORD}}, .count = 2),
        FIXTURE("InvalidKeyPairForWindows.Unsupported", .image_id = "image-windows2022",
                .key_pair_name = "kp-demo"),
        REQUEST("InvalidPassword.Malformed",
                {{"InstanceId", STOPPED_INSTANCE}, {"ImageId", LINUX_IMAGE}, {"Password", "short"}}, .count = 3),
        RULE("InvalidClientToken.Malformed"),
        OWN("IdempotentParameterMismatch", parameter_mismatch),
        OWN("InvalidArgument, by an unknown parameter", unknown_extra_parameter),
        OWN("InvalidArgument, by an unknown release", unknown_release),
        FIXTURE("InvalidVolumeStatus", .instance_id = "i-volume0detaching001"),
        FIXTURE("MissingParameter.VolumeType", .instance_id = "i-volume0untyped00001"),
        FIXTURE("LimitExceeded.SystemVolumeSize", .size_gib = 2049),
        FIXTURE("InvalidImage.NotFound", .image_id = "image-nowhere"),
        FIXTURE("InvalidImage.NotFound", .image_id = "image-private-creating"),
        FIXTURE("InvalidKeyPair.NotFound", .key_pair_name = "kp-nowhere"),
        FIXTURE("InvalidInstance.NotFound", .instance_id = "i-nowhere", .method = RV_POST),
        FIXTURE("InvalidInstance.Expired", .instance_id = "i-expired00000000001"),
        OWN("IdempotentProcessing", still_processing),
        FIXTURE("InvalidImage.InstanceTypeMismatch", .image_id = "image-gpu-only"),
        FIXTURE("InvalidVolumeType.ImageMismatch", .instance_id = "i-volume0ptssd0000001",
                .image_id = "image-essd-only"),
        FIXTURE("InvalidVolumeSize.ImageSizeMismatch", .image_id = "image-large"),
        FIXTURE("InvalidVolumeSize.ImageSizeMismatch", .size_gib = 10),
        FIXTURE("OperationDenied.ResourceLocked", .instance_id = "i-locked000000000001"),
        FIXTURE("OperationDenied.InstanceIsCreatingImage", .instance_id = "i-creatingimage00001"),
        FIXTURE("OperationDenied.ResourceCreatedByOtherService",
                .instance_id = "i-otherservice000001"),
        FIXTURE("InvalidImageId.KeepImageCredentialMismatch", .keeps_credential = 1),
        FIXTURE("InvalidImageId.KeepImageCredentialMismatch", .keeps_credential = 1,
                .image_id = "image-private-bare"),
        REQUEST("InvalidKeyPairName.KeepImageCredentialMismatch",
                {{"InstanceId", STOPPED_INSTANCE}, {"ImageId", LINUX_IMAGE},
                 {"KeepImageCredential", "true"}, {"KeyPairName", "kp-demo"}}, .count = 4),
        REQUEST("InvalidPassword.KeepImageCredentialMismatch",
                {{"InstanceId", STOPPED_INSTANCE}, {"ImageId", LINUX_IMAGE},
                 {"KeepImageCredential", "true"}, {"Password", PASSWORD}}, .count = 4),
        OWN("DryRunOperation", dry_run_passed),
        FIXTURE("InvalidImage.HostnameMismatch", .instance_id = "i-hostname0digits0001",
                .image_id = "image-windows2022"),
        FIXTURE("InternalError", .image_id = "image-unreadable"),

        RULE("MissingParameter"),
        RULE("MissingAuthenticationToken"),
        OWN("MissingRequestInfo", proxy_with_another_port),
        RULE("MissingSignature"),
        OWN("InvalidTimestamp, twice", timestamp_that_no_correction_helps),
        OWN("InvalidTimestamp, without a Date", timestamp_without_a_date),
        REQUEST("ServiceNotFound", {{"InstanceId", STOPPED_INSTANCE}}, .count = 1, .service = "vpc"),
        REQUEST("InvalidActionOrVersion", {{"InstanceId", STOPPED_INSTANCE}}, .count = 1,
                .action = "ReplaceEverything"),
        REQUEST("InvalidActionOrVersion", {{"InstanceId", STOPPED_INSTANCE}}, .count = 1,
                .version = "2019-01-01"),
        OWN("InvalidAccessKey", wrong_access_key),
        OWN("SignatureDoesNotMatch, by the secret", wrong_secret),
        OWN("SignatureDoesNotMatch, by the region", wrong_region),
        RULE("LackPolicy"),
        OWN("AccessDenied", action_denied),
        RULE("InvalidParameter"),
        RULE("InvalidAuthorization"),
        RULE("InvalidCredential"),
        OWN("InvalidSecretToken, where none belongs", session_token_where_none_is),
        OWN("InvalidSecretToken, missing", session_token_missing),
        OWN("InvalidSecretToken, wrong", session_token_wrong),
        RULE("FlowLimitExceeded"),
        OWN("FlowLimitExceeded, by the rate", more_than_the_flow_limit),
        RULE("InternalServiceError"),
        RULE("ServiceUnavailableTemp"),
        RULE("InternalServiceTimeout"),
    };
    /* clang-format on */

    customer_begin_process();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
