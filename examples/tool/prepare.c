#define _POSIX_C_SOURCE 200809L
#include "prepare.h"

#include "confirm.h"
#include "console.h"
#include "explain.h"
#include "replacement.h"
#include <errno.h>
#include <string.h>

int prepare_replacement(struct tool *tool)
{
    rv_replace_system_volume checked;
    rv_result result;

    replacement_fill(&tool->replace, &tool->options, &tool->secrets, tool->options.instance_id);
    checked = tool->replace;
    if (password_is_wanted(&tool->options) && checked.password == NULL) {
        checked.password = "Stand-in-1";
    }
    if (rv_replace_check(&checked, &result) == RV_OK) {
        return 0;
    }
    return explain_parameter(&tool->report, &tool->options, NULL, &result);
}

static int read_password(struct tool *tool)
{
    int status = secrets_read_password(&tool->secrets, &tool->options, &tool->report);

    return status == 0 ? prepare_replacement(tool) : status;
}

int prepare_options(struct tool *tool)
{
    const struct options *options = &tool->options;
    int status = secrets_read_user_data(&tool->secrets, options, &tool->report);

    if (status == 0) {
        status = prepare_replacement(tool);
    }
    if (status == 0) {
        status = password_is_possible(options, &tool->report);
    }
    if (status == 0) {
        status = confirm_is_possible(options, &tool->report);
    }
    if (status == 0 && password_is_wanted(options) && !password_is_typed(options)) {
        status = read_password(tool);
    }
    return status;
}

int prepare_typed_password(struct tool *tool)
{
    return password_is_typed(&tool->options) ? read_password(tool) : 0;
}

int say_token(struct tool *tool, const char *token)
{
    if (console_say(CONSOLE_ALWAYS, "client token: %s", token) != 0 &&
        tool->options.client_token == NULL) {
        return report_fault(&tool->report, EXIT_NOT_SENT,
                            "the client token cannot be written to standard error: %s",
                            strerror(errno));
    }
    return 0;
}
