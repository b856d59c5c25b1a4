#define _POSIX_C_SOURCE 200809L
#include "confirm.h"

#include "console.h"
#include "input.h"
#include "terminal.h"
#include <string.h>

static void say_what_is_lost(const struct tool *tool)
{
    (void)console_say(CONSOLE_ALWAYS,
                      "The system volume of the instance %s will be replaced by a new one,",
                      tool->options.instance_id);
    (void)console_say(CONSOLE_ALWAYS, "made from the image %s (region %s, at %s).",
                      tool->options.image_id, tool->settings.region, tool->settings.endpoint.host);
    (void)console_say(CONSOLE_ALWAYS, "Everything on the present one is lost for good: the system, "
                                      "its settings, all data kept there.");
    (void)console_say(CONSOLE_ALWAYS, "An instance that is not stopped may lose what it is writing "
                                      "at that moment, too.");
}

int confirm_is_wanted(const struct options *options)
{
    return !options->yes && !options->dry_run;
}

static int no_terminal(const struct options *options, struct report *report)
{
    if (options->mode == MODE_FORGET) {
        return report_fault(report, EXIT_USAGE,
                            "there is no terminal to ask whether it is over: --yes is needed");
    }
    report_advise(report, "Look twice at the instance id%s, then add --yes.",
                  options_are_several(options) ? "s" : "");
    return report_fault(
        report, EXIT_USAGE,
        "this destroys the system volume of %s, and there is no terminal to ask for "
        "confirmation: --yes is needed",
        options_are_several(options) ? "each of them" : options->instance_id);
}

int confirm_is_possible(const struct options *options, struct report *report)
{
    return confirm_is_wanted(options) && !terminal_is_there() ? no_terminal(options, report) : 0;
}

int confirm_typed(struct tool *tool, const char *prompt, const char *wanted)
{
    struct terminal terminal;
    char typed[RV_ID_MAX + 2];
    long len;

    if (terminal_open(&terminal) != 0) {
        return no_terminal(&tool->options, &tool->report);
    }
    len = terminal_ask(&terminal, prompt, typed, sizeof typed);
    terminal_close(&terminal);
    if (len == INPUT_INTERRUPTED) {
        return input_interrupted(&tool->report);
    }
    if (len < 0 || strcmp(typed, wanted) != 0) {
        return report_fault(&tool->report, EXIT_NOT_SENT, "not confirmed: what was typed is not %s",
                            wanted);
    }
    return 0;
}

int confirm_id(struct tool *tool, const char *prompt)
{
    return confirm_is_wanted(&tool->options)
               ? confirm_typed(tool, prompt, tool->options.instance_id)
               : 0;
}

int confirm_call(struct tool *tool)
{
    if (confirm_is_wanted(&tool->options)) {
        say_what_is_lost(tool);
    }
    return confirm_id(tool, "Type the instance id to go on: ");
}

static int confirm_stop(struct tool *tool)
{
    int status;

    (void)console_say(CONSOLE_ALWAYS,
                      "It runs, and has to be stopped first: what runs on it ends.");
    status = confirm_typed(tool, "Type \"stop\" to have it stopped: ", "stop");
    if (status == 0) {
        tool->options.stop = 1;
    }
    return status;
}

static enum found_credential credential_of(const struct options *options)
{
    if (options->keep_image_credential) {
        return FOUND_IMAGE_CREDENTIAL;
    }
    return options->key_pair_name != NULL ? FOUND_KEY_PAIR : FOUND_PASSWORD;
}

void confirm_say_page(char *page)
{
    char *line;
    char *end;

    for (line = page; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        (void)console_say(CONSOLE_ALWAYS, "%s", line);
    }
}

void confirm_request(struct found_request *request, const struct tool *tool)
{
    const struct options *options = &tool->options;

    memset(request, 0, sizeof *request);
    request->instance_id = options->instance_id;
    request->image_id = options->image_id;
    request->image_release_version = options->image_release_version;
    request->size_gib = options->size_gib;
    request->region = tool->settings.region;
    request->host = tool->settings.endpoint.host;
    request->port = tool->settings.endpoint.port;
    request->access_key_id = tool->settings.credentials.access_key_id;
    request->credential = credential_of(options);
    request->key_pair_name = options->key_pair_name;
}

static void show(const struct tool *tool, const struct found *found)
{
    static char page[FOUND_PAGE_SIZE];
    struct found_request request;

    confirm_request(&request, tool);
    found_page(found, &request, page);
    confirm_say_page(page);
}

int confirm_job(struct tool *tool, const struct found *found)
{
    int runs = strcmp(found->instance.status, "RUNNING") == 0;
    int status = 0;

    if (!confirm_is_wanted(&tool->options)) {
        return 0;
    }
    show(tool, found);
    if (runs && !tool->options.stop && !tool->options.force_stop) {
        status = confirm_stop(tool);
    }
    return status == 0 ? confirm_id(tool, "Type the instance id to go on: ") : status;
}
