#define _POSIX_C_SOURCE 200809L
#include "fleet.h"

#include "confirm.h"
#include "console.h"
#include <stdio.h>
#include <string.h>

static int say_what_is_known(const struct fleet *fleet, unsigned *known)
{
    size_t i;

    for (i = 0; i < fleet->list.count; i++) {
        const struct fleet_member *member = &fleet->members[i];

        if (member->has_record) {
            (void)console_say(CONSOLE_ALWAYS, "%s: %s", member->instance_id,
                              fleet->states[i] == FLEET_DONE ? "done"
                                                             : "begun, and not known to be over");
            (*known)++;
        }
    }
    if (*known == 0) {
        return report_fault(&fleet->tool->report, EXIT_USAGE,
                            "there is no record of any of them in %s", fleet->folder.path);
    }
    (void)console_say(CONSOLE_ALWAYS, "Without these records nothing keeps another run from "
                                      "replacing the volumes a second time.");
    return 0;
}

static void say_forgotten(struct fleet *fleet)
{
    size_t i;

    for (i = 0; i < fleet->list.count; i++) {
        if (fleet->members[i].has_record) {
            fleet_say_untouched(fleet, &fleet->members[i], "forgotten", EXIT_DONE, "forgotten");
        }
    }
    (void)console_say(CONSOLE_PROGRESS, "forgotten");
}

int fleet_forget(struct tool *tool)
{
    static struct fleet fleet;
    unsigned known = 0;
    char number[16];
    int status;

    fleet.tool = tool;
    status = fleet_open_list(&fleet);
    if (status == 0) {
        status = settings_find(&tool->settings, &tool->options, &tool->report);
    }
    if (status == 0) {
        status = fleet_records_find(&fleet);
    }
    if (status == 0) {
        status = say_what_is_known(&fleet, &known);
    }
    if (status == 0 && confirm_is_wanted(&tool->options)) {
        (void)snprintf(number, sizeof number, "%u", known);
        status = confirm_typed(tool, "Type their number to have them forgotten: ", number);
    }
    if (status == 0) {
        fleet_records_clear(&fleet);
        say_forgotten(&fleet);
        tool->is_concluded = 1;
    }
    fleet_close(&fleet);
    return status;
}
