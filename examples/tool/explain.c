#define _POSIX_C_SOURCE 200809L
#include "explain.h"

#include "secrets.h"
#include "sentences.h"
#include "signals.h"
#include <stdio.h>
#include <time.h>

/* --- parameters --------------------------------------------------------------------------------
 */

static const char *option_of(const rv_result *result, const struct options *options,
                             const struct settings *settings)
{
    switch (result->parameter) {
    case RV_PARAMETER_INSTANCE_ID:
        return "--instance-id";
    case RV_PARAMETER_INSTANCE_NAME:
        return "--expect-name";
    case RV_PARAMETER_IMAGE_ID:
        return result->rule == RV_RULE_NOT_EXPECTED ? "--expect-image" : "--image-id";
    case RV_PARAMETER_PASSWORD:
        return password_source(options);
    case RV_PARAMETER_KEY_PAIR_NAME:
        return "--key-pair-name";
    case RV_PARAMETER_KEEP_IMAGE_CREDENTIAL:
        return "--keep-image-credential";
    case RV_PARAMETER_CLIENT_TOKEN:
        return "--client-token";
    case RV_PARAMETER_IMAGE_RELEASE_VERSION:
        return "--image-release-version";
    case RV_PARAMETER_SIZE:
        return "--size-gib";
    case RV_PARAMETER_USER_DATA:
        return "--user-data-file";
    case RV_PARAMETER_EXTRA:
        return "--param";
    case RV_PARAMETER_HOST:
        return settings != NULL ? settings->endpoint_source : "--endpoint";
    case RV_PARAMETER_REGION:
        return settings != NULL ? settings->region_source : "--region";
    case RV_PARAMETER_TARGET:
        return "--method get";
    default:
        return "what was asked";
    }
}

/* What the rule leaves to the header: how long is too long. */
static const char *bound_of(const rv_result *result)
{
    if (result->rule != RV_RULE_TOO_LONG) {
        return "";
    }
    switch (result->parameter) {
    case RV_PARAMETER_CLIENT_TOKEN:
        return " (at most 64 characters)";
    case RV_PARAMETER_USER_DATA:
        return " (at most 16384 bytes)";
    case RV_PARAMETER_EXTRA:
        return " (a name has at most 128 characters, a value 4096)";
    case RV_PARAMETER_HOST:
        return " (at most 253 characters)";
    default:
        return " (at most 128 characters)";
    }
}

int explain_parameter(struct report *report, const struct options *options,
                      const struct settings *settings, const rv_result *result)
{
    const char *rule = rv_rule_text(result->rule); /* a build without texts has none */
    char number[40] = "";

    if (rule[0] == '\0') {
        (void)snprintf(number, sizeof number, "breaks rule %d of replace_volume.h",
                       (int)result->rule);
    }
    if (result->rule == RV_RULE_TARGET_TOO_LONG) {
        report_advise(report, "Give --method post, or less.");
    } else if (result->rule == RV_RULE_REQUIRED) {
        report_advise(report, "replace-volume --help lists all options.");
    } else if (result->rule == RV_RULE_RESERVED_NAME) {
        report_advise(report, "Use the option for it, which is checked.");
    }
    return report_fault(report, EXIT_USAGE, "%s (%s) %s%s%s", option_of(result, options, settings),
                        result->parameter_name, rule, number, bound_of(result));
}

/* --- what went wrong on the way ----------------------------------------------------------------
 */

struct scene {
    struct report *report;
    const struct settings *settings;
    const rv_posix_socket *posix;
    const rv_result *result;
};

static void explain_certificate(const struct scene *scene)
{
    const rv_result *result = scene->result;
    uint32_t dates = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE;
    char why[VERIFY_TEXT_SIZE];
    char now[UTC_TEXT_SIZE];

    verify_text(result->verify_flags, why);
    (void)report_fault(
        scene->report, EXIT_NOT_SENT, "the certificate of %s port %u is not accepted: %s",
        scene->settings->endpoint.host, (unsigned)scene->settings->endpoint.port, why);
    if ((result->verify_flags & dates) != 0) {
        utc_text((int64_t)time(NULL), now);
        report_advise(scene->report, "Look at this machine's clock: it says %s.", now);
    }
    if ((result->verify_flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0) {
        report_advise(scene->report, "Check the endpoint's name (from %s).",
                      scene->settings->endpoint_source);
    }
    if ((result->verify_flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
        report_advise(scene->report,
                      "If the server is the right one, give the CA that it belongs to with "
                      "--ca-file.");
    }
}

static void explain_network(const struct scene *scene)
{
    const struct endpoint *endpoint = &scene->settings->endpoint;
    const rv_result *result = scene->result;
    char sentence[STATUS_TEXT_SIZE];
    const char *why = result->system_error != 0 ? rv_posix_error_text(scene->posix) : "";

    status_text(result->status, sentence);
    (void)report_fault(scene->report, EXIT_NOT_SENT, "%s port %u: %s%s%s", endpoint->host,
                       (unsigned)endpoint->port, sentence, why[0] != '\0' ? ": " : "", why);
    if (result->status == RV_ERR_RESOLVE) {
        report_advise(scene->report,
                      "Check the endpoint (from %s) and this machine's name service.",
                      scene->settings->endpoint_source);
    } else if (result->status == RV_ERR_TIMEOUT) {
        report_advise(scene->report, "Check the network; --timeout-s gives more time.");
    } else {
        report_advise(scene->report, "Check the network, firewalls, and the endpoint (from %s).",
                      scene->settings->endpoint_source);
    }
}

static void explain_tls(const struct scene *scene)
{
    char why[TLS_TEXT_SIZE];

    tls_error_text(scene->result->tls_error, why);
    (void)report_fault(scene->report, EXIT_NOT_SENT, "TLS with %s port %u failed: %s",
                       scene->settings->endpoint.host, (unsigned)scene->settings->endpoint.port,
                       why);
    report_advise(scene->report, "The server has to speak TLS 1.2 or newer; look for something in "
                                 "between that breaks it.");
}

static void explain_other(const struct scene *scene)
{
    const rv_result *result = scene->result;
    char sentence[STATUS_TEXT_SIZE];

    status_text(result->status, sentence);
    if (result->http_status != 0) {
        (void)report_fault(scene->report, EXIT_NOT_SENT, "%s port %u: %s (HTTP status %u)",
                           scene->settings->endpoint.host, (unsigned)scene->settings->endpoint.port,
                           sentence, (unsigned)result->http_status);
    } else {
        (void)report_fault(scene->report, EXIT_NOT_SENT, "%s", sentence);
    }
}

int explain_is_denied(rv_code code)
{
    return code == RV_CODE_ACCESS_DENIED || code == RV_CODE_LACK_POLICY;
}

/* The catalogue knows of the replacement alone, and so cannot name what is to be granted. */
void explain_refusal(struct report *report, const char *action, rv_code code)
{
    if (explain_is_denied(code)) {
        report_advise(report, "Let an administrator grant the user ecs:%s.", action);
    } else {
        report_advise(report, "%s", rv_code_advice(code));
    }
}

void explain_failure(struct report *report, const struct settings *settings,
                     const rv_posix_socket *posix, const char *action, const rv_result *result)
{
    const struct scene all = {report, settings, posix, result};
    const struct scene *scene = &all;
    char sentence[STATUS_TEXT_SIZE];

    switch (result->status) {
    case RV_OK:
        break;
    case RV_ERR_SERVICE:
        status_text(result->status, sentence);
        (void)report_fault(scene->report, EXIT_REFUSED, "%s",
                           result->message[0] != '\0' ? result->message : sentence);
        explain_refusal(scene->report, action, result->code);
        break;
    case RV_ERR_RESOLVE:
    case RV_ERR_CONNECT:
    case RV_ERR_NETWORK:
    case RV_ERR_TIMEOUT:
        explain_network(scene);
        break;
    case RV_ERR_TLS:
        explain_tls(scene);
        break;
    case RV_ERR_CERTIFICATE:
        explain_certificate(scene);
        break;
    case RV_ERR_CANCELLED:
        (void)report_fault(scene->report, EXIT_NOT_SENT, "interrupted by %s",
                           signals_name(signals_caught()));
        break;
    default:
        explain_other(scene);
        break;
    }
}

/* --- what it comes to --------------------------------------------------------------------------
 */

static int exit_status_of(const rv_result *result)
{
    if (result->status == RV_ERR_DRY_RUN_IGNORED) {
        return EXIT_ENDED_BADLY;
    }
    switch (result->outcome) {
    case RV_ACCEPTED:
    case RV_CHECKED:
        return EXIT_DONE;
    case RV_REFUSED:
        return EXIT_REFUSED;
    case RV_NOT_SENT:
        return EXIT_NOT_SENT;
    default:
        return EXIT_UNKNOWN;
    }
}

static void advise_unknown(struct report *report)
{
    report_advise(report,
                  "Ask again only with the same client token and parameters, and only within "
                  "15 minutes of the first sending. Later look first (DescribeInstances, the "
                  "audit log). Never send it with another token to find out.");
}

void explain_call(struct report *report, const struct options *options,
                  const struct settings *settings, const rv_posix_socket *posix, const char *action,
                  const rv_result *result)
{
    report->result = *result;
    if (result->status == RV_ERR_PARAMETER) {
        report->exit_status = explain_parameter(report, options, settings, result);
        return;
    }
    explain_failure(report, settings, posix, action, result);
    report->exit_status = exit_status_of(result);
    if (result->outcome == RV_ACCEPTED) {
        report_advise(report, "The replacement goes on behind the answer: watch the instance's "
                              "status, which goes through REBUILDING to RUNNING.");
    } else if (result->outcome == RV_UNKNOWN) {
        advise_unknown(report);
    }
}
