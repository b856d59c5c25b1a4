#define _POSIX_C_SOURCE 200809L
#include "secrets.h"

#include "console.h"
#include "input.h"
#include "terminal.h"
#include <errno.h>
#include <mbedtls/platform_util.h>
#include <string.h>
#include <unistd.h>

const char *password_source(const struct options *options)
{
    if (options->password_file != NULL) {
        return "--password-file";
    }
    return options->password_descriptor != NO_DESCRIPTOR ? "--password-fd" : "what was typed";
}

int password_is_wanted(const struct options *options)
{
    return options->key_pair_name == NULL && !options->keep_image_credential;
}

int password_is_typed(const struct options *options)
{
    return !options_have_credential(options);
}

int password_is_possible(const struct options *options, struct report *report)
{
    if (!password_is_typed(options) || (!options->dry_run && terminal_is_there())) {
        return 0;
    }
    return report_fault(report, EXIT_USAGE, "one of %s is needed, since %s", CREDENTIAL_OPTIONS,
                        options->dry_run ? "--dry-run asks nothing"
                                         : "there is no terminal to ask for a password");
}

/* --- from a file or descriptor -----------------------------------------------------------------
 */

static int read_fault(const char *option, const char *path, long result, size_t most,
                      struct report *report)
{
    if (result == INPUT_INTERRUPTED) {
        return input_interrupted(report);
    }
    if (result == INPUT_TOO_LONG) {
        return report_fault(report, EXIT_USAGE, "%s: %s is longer than %lu bytes", option, path,
                            (unsigned long)most);
    }
    return report_fault(report, EXIT_USAGE, "%s: cannot read %s: %s", option, path,
                        strerror(errno));
}

/* Exactly one line end, as an editor leaves it, is none of the password. */
static void drop_line_end(struct secrets *secrets)
{
    size_t *len = &secrets->password_len;

    if (*len > 0 && secrets->password[*len - 1] == '\n') {
        (*len)--;
        if (*len > 0 && secrets->password[*len - 1] == '\r') {
            (*len)--;
        }
    }
    secrets->password[*len] = '\0';
}

/* It would be shown while it is typed. */
static int refuse_terminal(const struct options *options, struct report *report)
{
    report_advise(report, "Leave %s out to be asked for the password.", password_source(options));
    return report_fault(report, EXIT_USAGE,
                        "%s is a terminal, which would show the password while it is typed",
                        password_source(options));
}

static int read_given(struct secrets *secrets, const struct options *options, struct report *report)
{
    size_t most = sizeof secrets->password - 1;
    const char *path = options->password_file;
    int descriptor = (int)options->password_descriptor;
    long len;

    if (path != NULL && strcmp(path, "-") != 0) {
        len = input_read_file(path, secrets->password, most, 1);
    } else {
        if (path != NULL) {
            descriptor = STDIN_FILENO;
            path = "standard input";
        } else {
            path = "the descriptor";
        }
        if (isatty(descriptor)) {
            return refuse_terminal(options, report);
        }
        (void)console_say(CONSOLE_DETAIL, "reading the password from %s", path);
        len = input_read(descriptor, secrets->password, most);
    }
    if (len < 0) {
        return read_fault(password_source(options), path, len, most, report);
    }
    secrets->password_len = (size_t)len;
    drop_line_end(secrets);
    return 0;
}

/* --- from the terminal -------------------------------------------------------------------------
 */

static int ask_fault(long result, struct report *report)
{
    if (result == INPUT_INTERRUPTED) {
        return input_interrupted(report);
    }
    return report_fault(report, EXIT_USAGE, "no password was typed, or one that is far too long");
}

static int ask_twice(struct terminal *terminal, struct secrets *secrets, struct report *report)
{
    char again[PASSWORD_SIZE];
    long len = terminal_ask(terminal, "Password of the new system: ", secrets->password,
                            sizeof secrets->password);
    int status = 0;

    if (len < 0) {
        return ask_fault(len, report);
    }
    secrets->password_len = (size_t)len;
    len = terminal_ask(terminal, "The same again: ", again, sizeof again);
    if (len < 0) {
        status = ask_fault(len, report);
    } else if ((size_t)len != secrets->password_len ||
               memcmp(again, secrets->password, (size_t)len) != 0) {
        status = report_fault(report, EXIT_USAGE, "the two passwords that were typed differ");
    }
    mbedtls_platform_zeroize(again, sizeof again);
    return status;
}

static int ask_password(struct secrets *secrets, struct report *report)
{
    struct terminal terminal;
    int status;

    if (terminal_open(&terminal) != 0 || terminal_hide(&terminal) != 0) {
        status = report_fault(report, EXIT_NOT_SENT,
                              "the terminal cannot be kept from showing the password: %s",
                              strerror(errno));
    } else {
        status = ask_twice(&terminal, secrets, report);
    }
    terminal_close(&terminal);
    return status;
}

int secrets_read_password(struct secrets *secrets, const struct options *options,
                          struct report *report)
{
    int status = password_is_typed(options) ? ask_password(secrets, report)
                                            : read_given(secrets, options, report);

    /* the library takes a text, which would end there */
    if (status == 0 && strlen(secrets->password) != secrets->password_len) {
        return report_fault(report, EXIT_USAGE, "%s (Password) has a zero byte in it",
                            password_source(options));
    }
    secrets->has_password = status == 0;
    return status;
}

/* --- user data ---------------------------------------------------------------------------------
 */

int secrets_read_user_data(struct secrets *secrets, const struct options *options,
                           struct report *report)
{
    long len;

    if (options->user_data_file == NULL) {
        return 0;
    }
    len = input_read_file(options->user_data_file, secrets->user_data, RV_USER_DATA_MAX, 0);
    if (len < 0) {
        return read_fault("--user-data-file (UserData)", options->user_data_file, len,
                          RV_USER_DATA_MAX, report);
    }
    secrets->user_data_len = (size_t)len;
    secrets->has_user_data = 1;
    return 0;
}

void secrets_wipe(struct secrets *secrets)
{
    mbedtls_platform_zeroize(secrets, sizeof *secrets);
}
