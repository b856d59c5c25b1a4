#define _POSIX_C_SOURCE 200809L
#include "settings.h"

#include <mbedtls/platform_util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NULL also for an empty one: that is how a variable is taken back for one command. */
static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

static const char *text_or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

/* --- credentials -------------------------------------------------------------------------------
 */

static int no_credentials(const struct settings *settings, struct report *report)
{
    report_advise(
        report,
        "Set VOLCENGINE_ACCESS_KEY and VOLCENGINE_SECRET_KEY (and VOLCENGINE_SESSION_TOKEN "
        "for temporary ones), or give --profile P (VOLCENGINE_PROFILE), or set a current "
        "profile in %s.",
        settings->config_path);
    return report_fault(report, EXIT_NOT_SENT, "there are no credentials");
}

static int take_profile(struct settings *settings, const char *name, struct report *report)
{
    struct profile *profile = &settings->profile;
    int status = config_file_read(profile, settings->config_path, name, report);

    if (status == CONFIG_FILE_ABSENT) {
        return no_credentials(settings, report);
    }
    settings->credentials.access_key_id = profile->access_key_id;
    settings->credentials.secret_access_key = profile->secret_access_key;
    settings->credentials.session_token = text_or_null(profile->session_token);
    (void)snprintf(settings->credentials_source, sizeof settings->credentials_source,
                   "profile \"%s\"", profile->name);
    return status;
}

/* Half a pair is a mistake, and the other half from somewhere else would be a worse one. */
static int take_environment(struct settings *settings, struct report *report)
{
    rv_credentials *credentials = &settings->credentials;

    credentials->access_key_id = environment("VOLCENGINE_ACCESS_KEY");
    credentials->secret_access_key = environment("VOLCENGINE_SECRET_KEY");
    credentials->session_token = environment("VOLCENGINE_SESSION_TOKEN");
    (void)snprintf(settings->credentials_source, sizeof settings->credentials_source,
                   "the environment");
    if (credentials->access_key_id == NULL || credentials->secret_access_key == NULL) {
        int has_id = credentials->access_key_id != NULL;

        return report_fault(report, EXIT_NOT_SENT, "%s is set, but %s is not",
                            has_id ? "VOLCENGINE_ACCESS_KEY" : "VOLCENGINE_SECRET_KEY",
                            has_id ? "VOLCENGINE_SECRET_KEY" : "VOLCENGINE_ACCESS_KEY");
    }
    return 0;
}

static int has_form(const char *text, size_t most)
{
    size_t i;

    for (i = 0; text[i] != '\0'; i++) {
        if (i == most || text[i] < 0x21 || text[i] > 0x7E) {
            return 0;
        }
    }
    return i > 0;
}

/* A line end that was copied along is the usual one. The value itself is not said. */
static int check_credentials(const struct settings *settings, struct report *report)
{
    const rv_credentials *credentials = &settings->credentials;
    const char *wrong = NULL;

    if (!has_form(credentials->access_key_id, RV_ID_MAX)) {
        wrong = "access key id";
    } else if (!has_form(credentials->secret_access_key, RV_CREDENTIAL_MAX)) {
        wrong = "secret key";
    } else if (credentials->session_token != NULL &&
               !has_form(credentials->session_token, RV_CREDENTIAL_MAX)) {
        wrong = "session token";
    }
    if (wrong != NULL) {
        return report_fault(report, EXIT_NOT_SENT,
                            "the %s from %s is too long, or has a character that is not printable "
                            "ASCII (a space, a line end?)",
                            wrong, settings->credentials_source);
    }
    return 0;
}

static int find_credentials(struct settings *settings, const struct options *options,
                            struct report *report)
{
    const char *profile = options->profile != NULL ? options->profile
                                                   : environment("VOLCENGINE_PROFILE");
    int status;

    if (config_file_path(settings->config_path, sizeof settings->config_path) != 0) {
        (void)snprintf(settings->config_path, sizeof settings->config_path,
                       "the file that VOLCENGINE_CLI_CONFIG_FILE names");
    }
    if (profile == NULL && (environment("VOLCENGINE_ACCESS_KEY") != NULL ||
                            environment("VOLCENGINE_SECRET_KEY") != NULL)) {
        status = take_environment(settings, report);
    } else {
        status = take_profile(settings, profile, report);
    }
    return status == 0 ? check_credentials(settings, report) : status;
}

/* --- region and endpoint -----------------------------------------------------------------------
 */

/* The option, else the variable, else the profile that the credentials are from. */
static const char *find_text(const struct settings *settings, const char *option_name,
                             const char *option, const char *variable, const char *in_profile,
                             const char **source)
{
    const char *value = option;

    *source = option_name;
    if (value == NULL) {
        value = environment(variable);
        *source = variable;
    }
    if (value == NULL) {
        value = text_or_null(in_profile);
        *source = settings->credentials_source;
    }
    return value;
}

static int find_region(struct settings *settings, const struct options *options,
                       struct report *report)
{
    settings->region = find_text(settings, "--region", options->region, "VOLCENGINE_REGION",
                                 settings->profile.region, &settings->region_source);
    if (settings->region == NULL) {
        report_advise(report, "There is no default: a wrong region would be another machine park.");
        return report_fault(report, EXIT_USAGE,
                            "the region is missing: give --region R or set VOLCENGINE_REGION");
    }
    return 0;
}

static int parse_endpoint(struct endpoint *endpoint, const char *text, const char *source,
                          struct report *report)
{
    if (endpoint_parse(endpoint, text) != 0) {
        return report_fault(report, EXIT_USAGE,
                            "the endpoint must be HOST or HOST:PORT, but %s has \"%s\"", source,
                            text);
    }
    return 0;
}

static int find_endpoint(struct settings *settings, const struct options *options,
                         struct report *report)
{
    struct endpoint *endpoint = &settings->endpoint;
    const char *text = find_text(settings, "--endpoint", options->endpoint, "VOLCENGINE_ENDPOINT",
                                 settings->profile.endpoint, &settings->endpoint_source);

    if (text == NULL) {
        settings->endpoint_source = settings->region_source;
        endpoint_default(endpoint, settings->region);
        return 0;
    }
    if (parse_endpoint(endpoint, text, settings->endpoint_source, report) != 0) {
        return EXIT_USAGE;
    }
    if (options->endpoint == NULL && !endpoint_is_the_vendors(endpoint)) {
        report_advise(report,
                      "If it is right, give it on the command line: --endpoint %s. The password of "
                      "the new system is sent there.",
                      text);
        return report_fault(
            report, EXIT_USAGE,
            "the endpoint %s from %s is none of the vendor's, and is only taken from "
            "the command line",
            text, settings->endpoint_source);
    }
    return 0;
}

int settings_find(struct settings *settings, const struct options *options, struct report *report)
{
    int status = 0;

    memset(settings, 0, sizeof *settings);
    if (options->endpoint != NULL) { /* the command line's own faults come first */
        status = parse_endpoint(&settings->endpoint, options->endpoint, "--endpoint", report);
    }
    if (status == 0) {
        status = find_credentials(settings, options, report);
    }
    if (status == 0) {
        status = find_region(settings, options, report);
    }
    if (status == 0) {
        status = find_endpoint(settings, options, report);
    }
    return status;
}

void settings_wipe(struct settings *settings)
{
    mbedtls_platform_zeroize(settings, sizeof *settings);
}
