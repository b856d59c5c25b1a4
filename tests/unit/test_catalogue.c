/*
 * Section 7: the codes of the service with what to do about each, and the texts for everything that
 * has a number.
 *
 * The tables are copied from the API document of ReplaceSystemVolume (its 29 codes, in its order)
 * and from the vendor's list of common error codes, not from the source.
 */
#define RV_STATIC
#include "../../replace_volume.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#if defined(RV_NO_TEXTS)
#define HAS_TEXTS 0
#else
#define HAS_TEXTS 1
#endif

static const struct {
    rv_code code;
    const char *name;
    rv_retry retry;
} documented[] = {
    {RV_CODE_MISSING_INSTANCE_ID, "MissingParameter.InstanceId", RV_RETRY_NEVER},
    {RV_CODE_MISSING_PASSWORD_AND_KEY_PAIR, "MissingParameter.PasswordAndKeyPair", RV_RETRY_NEVER},
    {RV_CODE_INVALID_INSTANCE_STATUS, "InvalidInstanceStatus", RV_RETRY_NEVER},
    {RV_CODE_MISSING_IMAGE_ID, "MissingParameter.ImageId", RV_RETRY_NEVER},
    {RV_CODE_KEY_PAIR_FOR_WINDOWS, "InvalidKeyPairForWindows.Unsupported", RV_RETRY_NEVER},
    {RV_CODE_PASSWORD_MALFORMED, "InvalidPassword.Malformed", RV_RETRY_NEVER},
    {RV_CODE_CLIENT_TOKEN_MALFORMED, "InvalidClientToken.Malformed", RV_RETRY_NEVER},
    {RV_CODE_IDEMPOTENT_PARAMETER_MISMATCH, "IdempotentParameterMismatch", RV_RETRY_NEVER},
    {RV_CODE_INVALID_ARGUMENT, "InvalidArgument", RV_RETRY_NEVER},
    {RV_CODE_INVALID_VOLUME_STATUS, "InvalidVolumeStatus", RV_RETRY_LATER},
    {RV_CODE_MISSING_VOLUME_TYPE, "MissingParameter.VolumeType", RV_RETRY_NEVER},
    {RV_CODE_SYSTEM_VOLUME_SIZE_LIMIT, "LimitExceeded.SystemVolumeSize", RV_RETRY_NEVER},
    {RV_CODE_IMAGE_NOT_FOUND, "InvalidImage.NotFound", RV_RETRY_NEVER},
    {RV_CODE_KEY_PAIR_NOT_FOUND, "InvalidKeyPair.NotFound", RV_RETRY_NEVER},
    {RV_CODE_INSTANCE_NOT_FOUND, "InvalidInstance.NotFound", RV_RETRY_NEVER},
    {RV_CODE_INSTANCE_EXPIRED, "InvalidInstance.Expired", RV_RETRY_NEVER},
    {RV_CODE_IDEMPOTENT_PROCESSING, "IdempotentProcessing", RV_RETRY_BY_CALL},
    {RV_CODE_INSTANCE_TYPE_MISMATCH, "InvalidImage.InstanceTypeMismatch", RV_RETRY_NEVER},
    {RV_CODE_VOLUME_TYPE_MISMATCH, "InvalidVolumeType.ImageMismatch", RV_RETRY_NEVER},
    {RV_CODE_IMAGE_SIZE_MISMATCH, "InvalidVolumeSize.ImageSizeMismatch", RV_RETRY_NEVER},
    {RV_CODE_RESOURCE_LOCKED, "OperationDenied.ResourceLocked", RV_RETRY_LATER},
    {RV_CODE_INSTANCE_IS_CREATING_IMAGE, "OperationDenied.InstanceIsCreatingImage", RV_RETRY_LATER},
    {RV_CODE_CREATED_BY_OTHER_SERVICE, "OperationDenied.ResourceCreatedByOtherService",
     RV_RETRY_NEVER},
    {RV_CODE_IMAGE_KEEP_CREDENTIAL_MISMATCH, "InvalidImageId.KeepImageCredentialMismatch",
     RV_RETRY_NEVER},
    {RV_CODE_KEY_PAIR_KEEP_CREDENTIAL_MISMATCH, "InvalidKeyPairName.KeepImageCredentialMismatch",
     RV_RETRY_NEVER},
    {RV_CODE_PASSWORD_KEEP_CREDENTIAL_MISMATCH, "InvalidPassword.KeepImageCredentialMismatch",
     RV_RETRY_NEVER},
    {RV_CODE_DRY_RUN_OPERATION, "DryRunOperation", RV_RETRY_NEVER},
    {RV_CODE_HOSTNAME_MISMATCH, "InvalidImage.HostnameMismatch", RV_RETRY_NEVER},
    {RV_CODE_INTERNAL_ERROR, "InternalError", RV_RETRY_BY_CALL},

    /* the gateway's */
    {RV_CODE_MISSING_PARAMETER, "MissingParameter", RV_RETRY_NEVER},
    {RV_CODE_MISSING_AUTHENTICATION_TOKEN, "MissingAuthenticationToken", RV_RETRY_NEVER},
    {RV_CODE_MISSING_REQUEST_INFO, "MissingRequestInfo", RV_RETRY_NEVER},
    {RV_CODE_MISSING_SIGNATURE, "MissingSignature", RV_RETRY_NEVER},
    {RV_CODE_INVALID_TIMESTAMP, "InvalidTimestamp", RV_RETRY_BY_CALL},
    {RV_CODE_SERVICE_NOT_FOUND, "ServiceNotFound", RV_RETRY_NEVER},
    {RV_CODE_INVALID_ACTION_OR_VERSION, "InvalidActionOrVersion", RV_RETRY_NEVER},
    {RV_CODE_INVALID_ACCESS_KEY, "InvalidAccessKey", RV_RETRY_NEVER},
    {RV_CODE_SIGNATURE_DOES_NOT_MATCH, "SignatureDoesNotMatch", RV_RETRY_NEVER},
    {RV_CODE_LACK_POLICY, "LackPolicy", RV_RETRY_NEVER},
    {RV_CODE_ACCESS_DENIED, "AccessDenied", RV_RETRY_NEVER},
    {RV_CODE_INVALID_PARAMETER, "InvalidParameter", RV_RETRY_NEVER},
    {RV_CODE_INVALID_AUTHORIZATION, "InvalidAuthorization", RV_RETRY_NEVER},
    {RV_CODE_INVALID_CREDENTIAL, "InvalidCredential", RV_RETRY_NEVER},
    {RV_CODE_INVALID_SECRET_TOKEN, "InvalidSecretToken", RV_RETRY_NEVER},
    {RV_CODE_FLOW_LIMIT_EXCEEDED, "FlowLimitExceeded", RV_RETRY_BY_CALL},
    {RV_CODE_INTERNAL_SERVICE_ERROR, "InternalServiceError", RV_RETRY_BY_CALL},
    {RV_CODE_SERVICE_UNAVAILABLE, "ServiceUnavailableTemp", RV_RETRY_BY_CALL},
    {RV_CODE_INTERNAL_SERVICE_TIMEOUT, "InternalServiceTimeout", RV_RETRY_BY_CALL},
};

#define DOCUMENTED      (sizeof(documented) / sizeof(documented[0]))
#define OF_API_DOCUMENT 29
#define OF_GATEWAY      19

/* A sentence with its full stop, on one line, in ASCII. */
static void expect_sentence(const char *text)
{
    size_t len = strlen(text), i;

    assert_in_range(len, 10, 200);
    assert_int_equal(text[len - 1], '.');
    for (i = 0; i < len; i++) {
        assert_in_range(text[i], 0x20, 0x7E);
    }
}

/* A part of one, without. */
static void expect_phrase(const char *text)
{
    size_t len = strlen(text), i;

    assert_in_range(len, 5, 200);
    assert_int_not_equal(text[len - 1], ' ');
    for (i = 0; i < len; i++) {
        assert_in_range(text[i], 0x20, 0x7E);
    }
}

/* --- codes ------------------------------------------------------------------------------------ */

static void all_codes_of_the_document_and_the_gateway_are_there(void **state)
{
    (void)state;
    assert_int_equal(DOCUMENTED, OF_API_DOCUMENT + OF_GATEWAY);
    assert_int_equal(RV_CODE_COUNT, 2 + DOCUMENTED);
    assert_int_equal(RV_CODE_NONE, 0);
    assert_int_equal(RV_CODE_OTHER, 1);
}

static void codes_are_numbered_in_the_order_of_the_document(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < DOCUMENTED; i++) {
        assert_int_equal(documented[i].code, 2 + i);
    }
}

static void every_code_has_the_name_of_the_document(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < DOCUMENTED; i++) {
        assert_string_equal(rv_code_name(documented[i].code), documented[i].name);
    }
}

static void every_code_is_found_by_its_name(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < DOCUMENTED; i++) {
        assert_int_equal(rv_code_from_name(documented[i].name), documented[i].code);
    }
}

static void no_two_codes_have_the_same_name(void **state)
{
    int a, b;

    (void)state;
    for (a = RV_CODE_OTHER + 1; a < RV_CODE_COUNT; a++) {
        for (b = RV_CODE_OTHER + 1; b < a; b++) {
            assert_string_not_equal(rv_code_name((rv_code)a), rv_code_name((rv_code)b));
        }
    }
}

static void an_empty_name_is_no_code(void **state)
{
    (void)state;
    assert_int_equal(rv_code_from_name(""), RV_CODE_NONE);
}

static void a_name_that_is_not_known_is_another_code(void **state)
{
    (void)state;
    assert_int_equal(rv_code_from_name("SomethingNew"), RV_CODE_OTHER);
    assert_int_equal(rv_code_from_name("MissingParameter."), RV_CODE_OTHER);
    assert_int_equal(rv_code_from_name(" "), RV_CODE_OTHER);
    assert_int_equal(rv_code_from_name("A"), RV_CODE_OTHER);
    assert_int_equal(rv_code_from_name("rAInternalError"), RV_CODE_OTHER);
}

static void a_name_has_to_match_in_case_and_whole(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < DOCUMENTED; i++) {
        char name[64];
        size_t len = strlen(documented[i].name);

        assert_true(len + 2 <= sizeof(name));
        strcpy(name, documented[i].name);
        name[0] = lower_case(name[0]);
        assert_int_equal(rv_code_from_name(name), RV_CODE_OTHER);
        strcpy(name, documented[i].name);
        name[len - 1] = '\0';
        assert_int_equal(rv_code_from_name(name), RV_CODE_OTHER);
        strcpy(name, documented[i].name);
        strcpy(name + len, "x");
        assert_int_equal(rv_code_from_name(name), RV_CODE_OTHER);
    }
}

static void names_fit_their_place_in_a_result(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < DOCUMENTED; i++) {
        assert_true(strlen(documented[i].name) < sizeof(((rv_result *)0)->code_text));
    }
}

static void none_and_other_have_no_name_and_are_not_retried(void **state)
{
    (void)state;
    assert_string_equal(rv_code_name(RV_CODE_NONE), "");
    assert_string_equal(rv_code_name(RV_CODE_OTHER), "");
    assert_int_equal(rv_code_retry(RV_CODE_NONE), RV_RETRY_NEVER);
    assert_int_equal(rv_code_retry(RV_CODE_OTHER), RV_RETRY_NEVER);
}

static void a_number_that_is_no_code_counts_as_other(void **state)
{
    (void)state;
    assert_string_equal(rv_code_name(RV_CODE_COUNT), "");
    assert_string_equal(rv_code_name((rv_code)100), "");
    assert_int_equal(rv_code_retry((rv_code)100), RV_RETRY_NEVER);
    assert_string_equal(rv_code_advice((rv_code)100), rv_code_advice(RV_CODE_OTHER));
}

static void every_code_says_whether_it_may_be_retried(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < DOCUMENTED; i++) {
        assert_int_equal(rv_code_retry(documented[i].code), documented[i].retry);
    }
}

static void every_code_has_advice(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < DOCUMENTED; i++) {
        if (HAS_TEXTS) {
            expect_sentence(rv_code_advice(documented[i].code));
        } else {
            assert_string_equal(rv_code_advice(documented[i].code), "");
        }
    }
}

static void a_code_that_is_not_known_has_advice_and_no_code_has_none(void **state)
{
    (void)state;
    if (HAS_TEXTS) {
        expect_sentence(rv_code_advice(RV_CODE_OTHER));
    } else {
        assert_string_equal(rv_code_advice(RV_CODE_OTHER), "");
    }
    assert_string_equal(rv_code_advice(RV_CODE_NONE), "");
}

/* A few that would do harm if they stood one place off. */
static void advice_belongs_to_its_code(void **state)
{
    static const struct {
        rv_code code;
        const char *word;
    } words[] = {
        {RV_CODE_MISSING_PASSWORD_AND_KEY_PAIR, "key pair"},
        {RV_CODE_INVALID_INSTANCE_STATUS, "stopped"},
        {RV_CODE_KEY_PAIR_FOR_WINDOWS, "Windows"},
        {RV_CODE_PASSWORD_MALFORMED, "password"},
        {RV_CODE_CLIENT_TOKEN_MALFORMED, "64"},
        {RV_CODE_IDEMPOTENT_PARAMETER_MISMATCH, "earlier request"},
        {RV_CODE_INVALID_VOLUME_STATUS, "volume"},
        {RV_CODE_IMAGE_NOT_FOUND, "DescribeImages"},
        {RV_CODE_KEY_PAIR_NOT_FOUND, "DescribeKeyPairs"},
        {RV_CODE_INSTANCE_NOT_FOUND, "DescribeInstances"},
        {RV_CODE_INSTANCE_EXPIRED, "Renew"},
        {RV_CODE_IDEMPOTENT_PROCESSING, "same token"},
        {RV_CODE_INSTANCE_TYPE_MISMATCH, "instance type"},
        {RV_CODE_VOLUME_TYPE_MISMATCH, "volume type"},
        {RV_CODE_IMAGE_SIZE_MISMATCH, "size"},
        {RV_CODE_CREATED_BY_OTHER_SERVICE, "system tags"},
        {RV_CODE_IMAGE_KEEP_CREDENTIAL_MISMATCH, "custom or shared"},
        {RV_CODE_DRY_RUN_OPERATION, "DryRun"},
        {RV_CODE_HOSTNAME_MISMATCH, "host name"},
        {RV_CODE_INTERNAL_ERROR, "unknown"},
        {RV_CODE_INVALID_TIMESTAMP, "clock"},
        {RV_CODE_SERVICE_NOT_FOUND, "endpoint"},
        {RV_CODE_INVALID_ACCESS_KEY, "access key id"},
        {RV_CODE_SIGNATURE_DOES_NOT_MATCH, "region"},
        {RV_CODE_ACCESS_DENIED, "grant"},
        {RV_CODE_INVALID_SECRET_TOKEN, "session token"},
        {RV_CODE_FLOW_LIMIT_EXCEEDED, "Too many"},
        {RV_CODE_INTERNAL_SERVICE_TIMEOUT, "unknown"},
    };
    size_t i;

    (void)state;
    for (i = 0; HAS_TEXTS && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strstr(rv_code_advice(words[i].code), words[i].word) == NULL) {
            fail_msg("%s: %s", rv_code_name(words[i].code), rv_code_advice(words[i].code));
        }
    }
}

/* --- status ----------------------------------------------------------------------------------- */

static void the_values_of_a_status_do_not_change(void **state)
{
    (void)state;
    assert_int_equal(RV_OK, 0);
    assert_int_equal(RV_AGAIN, -1);
    assert_int_equal(RV_EOF, -2);
    assert_int_equal(RV_ERR_USAGE, -3);
    assert_int_equal(RV_ERR_BUILD, -4);
    assert_int_equal(RV_ERR_PARAMETER, -5);
    assert_int_equal(RV_ERR_CREDENTIALS, -6);
    assert_int_equal(RV_ERR_CLOCK, -7);
    assert_int_equal(RV_ERR_RANDOM, -8);
    assert_int_equal(RV_ERR_MEMORY, -9);
    assert_int_equal(RV_ERR_CRYPTO, -10);
    assert_int_equal(RV_ERR_ADMISSION, -11);
    assert_int_equal(RV_ERR_RESOLVE, -12);
    assert_int_equal(RV_ERR_CONNECT, -13);
    assert_int_equal(RV_ERR_NETWORK, -14);
    assert_int_equal(RV_ERR_TIMEOUT, -15);
    assert_int_equal(RV_ERR_TLS, -16);
    assert_int_equal(RV_ERR_CERTIFICATE, -17);
    assert_int_equal(RV_ERR_PORT, -18);
    assert_int_equal(RV_ERR_HTTP, -19);
    assert_int_equal(RV_ERR_HEAD_TOO_LARGE, -20);
    assert_int_equal(RV_ERR_BODY_TOO_LARGE, -21);
    assert_int_equal(RV_ERR_BODY, -22);
    assert_int_equal(RV_ERR_ENCODING, -23);
    assert_int_equal(RV_ERR_SERVICE, -24);
    assert_int_equal(RV_ERR_STATUS, -25);
    assert_int_equal(RV_ERR_DRY_RUN_IGNORED, -26);
    assert_int_equal(RV_ERR_CANCELLED, -27);
    assert_int_equal(RV_ERR_BOUND, -28);
    assert_int_equal(RV_ERR_CHECK, -29);
    assert_int_equal(RV_ERR_INSTANCE_STATUS, -30);
    assert_int_equal(RV_ERR_STORE, -31);
    assert_int_equal(RV_ERR_RECORD, -32);
    assert_int_equal(RV_ERR_ENDED_BADLY, -33);
    assert_int_equal(RV_ERR_NO_SIGN, -34);
}

static void every_status_has_a_text_of_its_own(void **state)
{
    int a, b;

    (void)state;
    for (a = RV_OK; a >= RV_ERR_NO_SIGN; a--) {
        const char *text = rv_status_text(a);

        if (!HAS_TEXTS) {
            assert_string_equal(text, "");
            continue;
        }
        expect_phrase(text);
        assert_int_not_equal(text[strlen(text) - 1], '.');
        for (b = RV_OK; b > a; b--) {
            assert_string_not_equal(text, rv_status_text(b));
        }
    }
}

static void the_text_of_a_status_belongs_to_it(void **state)
{
    static const struct {
        int status;
        const char *word;
    } words[] = {
        {RV_OK, "finished"},
        {RV_EOF, "ended"},
        {RV_ERR_BUILD, "compiled"},
        {RV_ERR_PARAMETER, "parameter"},
        {RV_ERR_CREDENTIALS, "credentials"},
        {RV_ERR_CLOCK, "time"},
        {RV_ERR_RANDOM, "random"},
        {RV_ERR_MEMORY, "memory"},
        {RV_ERR_CRYPTO, "SHA-256"},
        {RV_ERR_ADMISSION, "admitted"},
        {RV_ERR_RESOLVE, "host name"},
        {RV_ERR_CONNECT, "accepted a connection"},
        {RV_ERR_TIMEOUT, "time limit"},
        {RV_ERR_TLS, "TLS"},
        {RV_ERR_CERTIFICATE, "certificate"},
        {RV_ERR_PORT, "callbacks"},
        {RV_ERR_HTTP, "HTTP"},
        {RV_ERR_HEAD_TOO_LARGE, "head"},
        {RV_ERR_BODY, "JSON"},
        {RV_ERR_ENCODING, "coding"},
        {RV_ERR_SERVICE, "service"},
        {RV_ERR_STATUS, "error status"},
        {RV_ERR_DRY_RUN_IGNORED, "DryRun"},
        {RV_ERR_CANCELLED, "cancelled"},
        {RV_ERR_BOUND, "token"},
        {RV_ERR_CHECK, "check"},
        {RV_ERR_INSTANCE_STATUS, "instance"},
        {RV_ERR_STORE, "stored"},
        {RV_ERR_RECORD, "record"},
        {RV_ERR_ENDED_BADLY, "badly"},
        {RV_ERR_NO_SIGN, "sign"},
    };
    size_t i;

    (void)state;
    for (i = 0; HAS_TEXTS && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strstr(rv_status_text(words[i].status), words[i].word) == NULL) {
            fail_msg("%d: %s", words[i].status, rv_status_text(words[i].status));
        }
    }
}

static void a_number_that_is_no_status_has_no_text(void **state)
{
    (void)state;
    assert_string_equal(rv_status_text(1), "");
    assert_string_equal(rv_status_text(RV_ERR_NO_SIGN - 1), "");
    assert_string_equal(rv_status_text(INT32_MIN), "");
    assert_string_equal(rv_status_text(INT32_MAX), "");
}

/* --- parameters and rules --------------------------------------------------------------------- */

static void parameters_have_the_names_of_the_document(void **state)
{
    (void)state;
    assert_string_equal(rv_parameter_name(RV_PARAMETER_INSTANCE_ID), "InstanceId");
    assert_string_equal(rv_parameter_name(RV_PARAMETER_IMAGE_ID), "ImageId");
    assert_string_equal(rv_parameter_name(RV_PARAMETER_PASSWORD), "Password");
    assert_string_equal(rv_parameter_name(RV_PARAMETER_KEY_PAIR_NAME), "KeyPairName");
    assert_string_equal(rv_parameter_name(RV_PARAMETER_KEEP_IMAGE_CREDENTIAL),
                        "KeepImageCredential");
    assert_string_equal(rv_parameter_name(RV_PARAMETER_CLIENT_TOKEN), "ClientToken");
    assert_string_equal(rv_parameter_name(RV_PARAMETER_DRY_RUN), "DryRun");
    assert_string_equal(rv_parameter_name(RV_PARAMETER_IMAGE_RELEASE_VERSION),
                        "ImageReleaseVersion");
    assert_string_equal(rv_parameter_name(RV_PARAMETER_SIZE), "Size");
    assert_string_equal(rv_parameter_name(RV_PARAMETER_USER_DATA), "UserData");
    assert_string_equal(rv_parameter_name(RV_PARAMETER_ACTION), "Action");
    assert_string_equal(rv_parameter_name(RV_PARAMETER_VERSION), "Version");
}

static void what_is_no_parameter_of_the_document_is_named_in_words(void **state)
{
    (void)state;
    assert_string_equal(rv_parameter_name(RV_PARAMETER_EXTRA), "extra parameter");
    assert_string_equal(rv_parameter_name(RV_PARAMETER_SERVICE), "service");
    assert_string_equal(rv_parameter_name(RV_PARAMETER_HOST), "host");
    assert_string_equal(rv_parameter_name(RV_PARAMETER_REGION), "region");
    assert_string_equal(rv_parameter_name(RV_PARAMETER_ACCESS_KEY_ID), "access key id");
    assert_string_equal(rv_parameter_name(RV_PARAMETER_SECRET_ACCESS_KEY), "secret access key");
    assert_string_equal(rv_parameter_name(RV_PARAMETER_SESSION_TOKEN), "session token");
    assert_string_equal(rv_parameter_name(RV_PARAMETER_TARGET), "request target");
}

static void no_parameter_and_numbers_beyond_the_last_have_no_name(void **state)
{
    (void)state;
    assert_string_equal(rv_parameter_name(RV_PARAMETER_NONE), "");
    assert_string_equal(rv_parameter_name(RV_PARAMETER_COUNT), "");
    assert_string_equal(rv_parameter_name((rv_parameter_id)100), "");
}

static void every_rule_has_a_text_of_its_own(void **state)
{
    int a, b;

    (void)state;
    assert_string_equal(rv_rule_text(RV_RULE_NONE), "");
    for (a = RV_RULE_NONE + 1; a < RV_RULE_COUNT; a++) {
        const char *text = rv_rule_text((rv_rule)a);

        if (!HAS_TEXTS) {
            assert_string_equal(text, "");
            continue;
        }
        expect_phrase(text);
        for (b = RV_RULE_NONE + 1; b < a; b++) {
            assert_string_not_equal(text, rv_rule_text((rv_rule)b));
        }
    }
}

static void the_texts_of_rules_say_the_numbers_that_are_checked(void **state)
{
    char number[16];

    (void)state;
    if (!HAS_TEXTS) {
        return;
    }
    snprintf(number, sizeof(number), "%d to %d", RV_PASSWORD_MIN, RV_PASSWORD_MAX);
    assert_non_null(strstr(rv_rule_text(RV_RULE_PASSWORD_LENGTH), number));
    snprintf(number, sizeof(number), "%d bytes", RV_TARGET_MAX);
    assert_non_null(strstr(rv_rule_text(RV_RULE_TARGET_TOO_LONG), number));
}

static void a_target_that_is_too_long_names_post(void **state)
{
    (void)state;
    if (HAS_TEXTS) {
        assert_non_null(strstr(rv_rule_text(RV_RULE_TARGET_TOO_LONG), "POST"));
    }
}

static void a_number_that_is_no_rule_has_no_text(void **state)
{
    (void)state;
    assert_string_equal(rv_rule_text(RV_RULE_COUNT), "");
    assert_string_equal(rv_rule_text((rv_rule)100), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_codes_of_the_document_and_the_gateway_are_there),
        cmocka_unit_test(codes_are_numbered_in_the_order_of_the_document),
        cmocka_unit_test(every_code_has_the_name_of_the_document),
        cmocka_unit_test(every_code_is_found_by_its_name),
        cmocka_unit_test(no_two_codes_have_the_same_name),
        cmocka_unit_test(an_empty_name_is_no_code),
        cmocka_unit_test(a_name_that_is_not_known_is_another_code),
        cmocka_unit_test(a_name_has_to_match_in_case_and_whole),
        cmocka_unit_test(names_fit_their_place_in_a_result),
        cmocka_unit_test(none_and_other_have_no_name_and_are_not_retried),
        cmocka_unit_test(a_number_that_is_no_code_counts_as_other),
        cmocka_unit_test(every_code_says_whether_it_may_be_retried),
        cmocka_unit_test(every_code_has_advice),
        cmocka_unit_test(a_code_that_is_not_known_has_advice_and_no_code_has_none),
        cmocka_unit_test(advice_belongs_to_its_code),
        cmocka_unit_test(the_values_of_a_status_do_not_change),
        cmocka_unit_test(every_status_has_a_text_of_its_own),
        cmocka_unit_test(the_text_of_a_status_belongs_to_it),
        cmocka_unit_test(a_number_that_is_no_status_has_no_text),
        cmocka_unit_test(parameters_have_the_names_of_the_document),
        cmocka_unit_test(what_is_no_parameter_of_the_document_is_named_in_words),
        cmocka_unit_test(no_parameter_and_numbers_beyond_the_last_have_no_name),
        cmocka_unit_test(every_rule_has_a_text_of_its_own),
        cmocka_unit_test(the_texts_of_rules_say_the_numbers_that_are_checked),
        cmocka_unit_test(a_target_that_is_too_long_names_post),
        cmocka_unit_test(a_number_that_is_no_rule_has_no_text),
    };

    return cmocka_run_group_tests_name("catalogue", tests, NULL, NULL);
}
