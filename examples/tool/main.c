/*
 * replace-volume - replaces the system volume of one instance: see --help
 */
#define _POSIX_C_SOURCE 200809L
#include "conclude.h"
#include "confirm.h"
#include "console.h"
#include "explain.h"
#include "secrets.h"
#include "session.h"
#include "settings.h"
#include "signals.h"
#include <errno.h>
#include <fcntl.h>
#include <mbedtls/platform_util.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

/* One of each, and too large for a small stack. */
static struct report report;
static struct options options;
static struct secrets secrets;
static struct settings settings;
static struct session session;

/* A descriptor that is closed would be given to the next file that is opened, or to the connection,
 * and the result would be written there. */
static void fill_standard_descriptors(void)
{
    int descriptor;

    do {
        descriptor = open("/dev/null", O_RDWR);
    } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    if (descriptor > STDERR_FILENO) {
        (void)close(descriptor);
    }
}

/* Secrets are not to be found in a core file, nor by another process of the same user. */
static void keep_memory_private(void)
{
    struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
#if defined(__linux__)
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

static void fill_in(rv_replace_system_volume *replace, const char *password)
{
    memset(replace, 0, sizeof *replace);
    replace->instance_id = options.instance_id;
    replace->image_id = options.image_id;
    replace->password = password_is_wanted(&options) ? password : NULL;
    replace->key_pair_name = options.key_pair_name;
    replace->keep_image_credential = options.keep_image_credential ? RV_TRUE : RV_UNSET;
    replace->client_token = options.client_token;
    replace->dry_run = options.dry_run ? RV_TRUE : RV_UNSET;
    replace->image_release_version = options.image_release_version;
    replace->has_size_gib = options.size_gib != 0;
    replace->size_gib = options.size_gib;
    replace->user_data = options.user_data_file != NULL ? secrets.user_data : NULL;
    replace->user_data_len = secrets.user_data_len;
    replace->extra = options.parameters;
    replace->extra_count = options.parameter_count;
    replace->method = options.method != NULL && strcmp(options.method, "post") == 0 ? RV_POST
                                                                                    : RV_GET;
}

static int check(const rv_replace_system_volume *replace)
{
    rv_result result;

    if (rv_replace_check(replace, &result) == RV_OK) {
        return 0;
    }
    return explain_parameter(&report, &options, NULL, &result);
}

/* All that can be found wrong without the password, so that nobody is asked for it in vain. */
static int check_without_password(void)
{
    rv_replace_system_volume replace;

    fill_in(&replace, "Stand-in-1");
    return check(&replace);
}

/* What is typed comes late, when everything else is known to be good. */
static int get_password(int typed)
{
    rv_replace_system_volume replace;
    int status;

    if (!password_is_wanted(&options) || password_is_typed(&options) != typed) {
        return 0;
    }
    status = secrets_read_password(&secrets, &options, &report);
    if (status != 0) {
        return status;
    }
    fill_in(&replace, secrets.password);
    return check(&replace);
}

/* What the command line alone decides. */
static int check_command_line(void)
{
    int status = secrets_read_user_data(&secrets, &options, &report);

    if (status == 0) {
        status = check_without_password();
    }
    if (status == 0) {
        status = password_is_possible(&options, &report);
    }
    if (status == 0) {
        status = confirm_is_possible(&options, &report);
    }
    return status == 0 ? get_password(0) : status;
}

static int prepare(void)
{
    int status = check_command_line();

    if (status == 0) {
        status = settings_find(&settings, &options, &report);
    }
    if (status == 0) {
        status = session_open(&session, &options, &settings, &report);
    }
    if (status == 0) {
        status = get_password(1);
    }
    if (status == 0) {
        status = confirm(&options, settings.endpoint.host, settings.region, &report);
    }
    return status;
}

/* Whoever does not know the token cannot ask again safely. */
static int say_token(const char *token)
{
    if (console_say(CONSOLE_ALWAYS, "client token: %s", token) != 0 &&
        options.client_token == NULL) {
        return report_fault(&report, EXIT_NOT_SENT,
                            "the client token cannot be written to standard error: %s",
                            strerror(errno));
    }
    return 0;
}

static int call(void)
{
    const rv_result *result = rv_call_result(&session.call);
    rv_replace_system_volume replace;

    fill_in(&replace, secrets.password);
    if (rv_call_start_replace(&session.call, &session.client, &replace) == RV_OK) {
        int status = say_token(result->client_token);

        if (status != 0) {
            return status;
        }
        (void)console_say(CONSOLE_PROGRESS, "asking %s to replace the system volume of %s%s",
                          settings.endpoint.host, options.instance_id,
                          options.dry_run ? " (dry run: a check only)" : "");
        session_run(&session);
    }
    explain_call(&report, &options, &settings, &session.posix, result);
    return report.exit_status;
}

static int run(void)
{
    int status = prepare();

    if (status == 0) {
        status = call();
    }
    session_close(&session);
    settings_wipe(&settings);
    secrets_wipe(&secrets);
    return status;
}

int main(int argc, char **argv)
{
    int status;

    fill_standard_descriptors();
    keep_memory_private();
    signals_ignore_pipe();
    report_init(&report);
    status = options_read(&options, argc, argv, &report);
    console_init(options.quiet, options.verbose);
    if (status == 0 && options.help) {
        help_print();
    } else if (status == 0 && options.version) {
        (void)puts("replace-volume " RV_VERSION);
    } else {
        if (status == 0) {
            status = signals_catch() == 0
                         ? run()
                         : report_fault(&report, EXIT_NOT_SENT, "%s", strerror(errno));
        }
        conclude(&report, &options);
    }
    options_free(&options);
    return status;
}
