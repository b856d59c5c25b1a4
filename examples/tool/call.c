/*
 * The bare call: one ReplaceSystemVolume request with its repetitions.
 */
#include "confirm.h"
#include "console.h"
#include "explain.h"
#include "job_record.h"
#include "prepare.h"

static int prepare(struct tool *tool)
{
    static struct job_record record;
    int status = prepare_options(tool);

    if (status == 0) {
        status = settings_find(&tool->settings, &tool->options, &tool->report);
    }
    if (status == 0) {
        status = job_record_look(&record, tool);
    }
    if (status == 0) {
        status = session_open(&tool->session, &tool->options, &tool->settings, &tool->report);
    }
    if (status == 0) {
        status = prepare_typed_password(tool);
    }
    if (status == 0) {
        status = confirm_call(tool);
    }
    return status;
}

int call_run(struct tool *tool)
{
    struct session *session = &tool->session;
    const rv_result *result = rv_call_result(&session->call);
    int status = prepare(tool);

    if (status != 0) {
        return status;
    }
    if (rv_call_start_replace(&session->call, &session->client, &tool->replace) == RV_OK) {
        status = say_token(tool, result->client_token);
        if (status != 0) {
            return status;
        }
        (void)console_say(CONSOLE_PROGRESS, "asking %s to replace the system volume of %s%s",
                          tool->settings.endpoint.host, tool->options.instance_id,
                          tool->options.dry_run ? " (dry run: a check only)" : "");
        session_run_call(session);
    }
    explain_call(&tool->report, &tool->options, &tool->settings, &session->posix,
                 "ReplaceSystemVolume", result);
    return tool->report.exit_status;
}
