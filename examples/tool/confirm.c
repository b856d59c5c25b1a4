#define _POSIX_C_SOURCE 200809L
#include "confirm.h"

#include "console.h"
#include "input.h"
#include "terminal.h"
#include <string.h>

static void say_what_is_lost(const struct options *options, const char *host, const char *region)
{
    (void)console_say(CONSOLE_ALWAYS,
                      "The system volume of the instance %s will be replaced by a new one,",
                      options->instance_id);
    (void)console_say(CONSOLE_ALWAYS, "made from the image %s (region %s, at %s).",
                      options->image_id, region, host);
    (void)console_say(CONSOLE_ALWAYS, "Everything on the present one is lost for good: the system, "
                                      "its settings, all data kept there.");
    (void)console_say(CONSOLE_ALWAYS, "An instance that is not stopped may lose what it is writing "
                                      "at that moment, too.");
}

static int ask(struct terminal *terminal, const struct options *options, struct report *report)
{
    char typed[RV_ID_MAX + 2];
    long len = terminal_ask(terminal, "Type the instance id to go on: ", typed, sizeof typed);

    if (len == INPUT_INTERRUPTED) {
        return input_interrupted(report);
    }
    if (len < 0 || strcmp(typed, options->instance_id) != 0) {
        return report_fault(report, EXIT_NOT_SENT, "not confirmed: what was typed is not %s",
                            options->instance_id);
    }
    return 0;
}

static int is_wanted(const struct options *options)
{
    return !options->yes && !options->dry_run;
}

static int no_terminal(const struct options *options, struct report *report)
{
    report_advise(report, "Look twice at the instance id, then add --yes.");
    return report_fault(
        report, EXIT_USAGE,
        "this destroys the system volume of %s, and there is no terminal to ask for "
        "confirmation: --yes is needed",
        options->instance_id);
}

int confirm_is_possible(const struct options *options, struct report *report)
{
    return is_wanted(options) && !terminal_is_there() ? no_terminal(options, report) : 0;
}

int confirm(const struct options *options, const char *host, const char *region,
            struct report *report)
{
    struct terminal terminal;
    int status;

    if (!is_wanted(options)) {
        return 0;
    }
    if (terminal_open(&terminal) != 0) {
        return no_terminal(options, report);
    }
    say_what_is_lost(options, host, region);
    status = ask(&terminal, options, report);
    terminal_close(&terminal);
    return status;
}
