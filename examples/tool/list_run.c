/*
 * list: the ids that a replacement needs.
 */
#include "explain.h"
#include "tool.h"
#include <stdio.h>

static int print(struct tool *tool)
{
    struct asker asker;
    rv_result result;
    int status;

    session_asker(&tool->session, &asker);
    status = list_print(&asker, tool->options.list, tool->options.json, stdout, &tool->report);
    if (status == LIST_NO_ANSWER) {
        result = ask_result(&asker);
        explain_call(&tool->report, &tool->options, &tool->settings, &tool->session.posix,
                     asker.action, &result);
        status = tool->report.exit_status;
    }
    return status;
}

int list_run(struct tool *tool)
{
    int status = settings_find(&tool->settings, &tool->options, &tool->report);

    if (status == 0) {
        status = session_open(&tool->session, &tool->options, &tool->settings, &tool->report);
    }
    return status == 0 ? print(tool) : status;
}
