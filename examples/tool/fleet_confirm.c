#define _POSIX_C_SOURCE 200809L
#include "fleet.h"

#include "confirm.h"
#include "console.h"
#include "explain.h"
#include "input.h"
#include "signals.h"
#include <stdio.h>
#include <string.h>

static unsigned number_of(const struct fleet *fleet, enum fleet_state state)
{
    return (unsigned)fleet_plan_count(fleet->states, fleet->list.count, state);
}

static int is_to_begin(const struct fleet *fleet, size_t place)
{
    uint8_t state = fleet->states[place];

    return !fleet->plan.is_halted && (state == FLEET_SEEN || state == FLEET_READY);
}

/* --- what is found -----------------------------------------------------------------------------
 */

/* In its turn, as all that is asked. */
static void run_question(void *ctx)
{
    struct fleet *fleet = ctx;
    struct session *session = &fleet->tool->session;
    rv_need need = {0, 0};

    while (signals_caught() == 0 && !fleet_rate_admit(&fleet->rate, &fleet->question_ticket,
                                                      session_now_ms(session), &need.wake_at_ms)) {
        session_wait(session, &need, SESSION_WAIT_MAX_MS);
    }
    session_run_call(session);
}

static int find_out(struct fleet *fleet, struct found *found, const char *instance_id,
                    const char *image_id)
{
    struct tool *tool = fleet->tool;
    struct asker asker;
    rv_result result;
    int status;

    session_asker(&tool->session, &asker);
    asker.run = run_question;
    asker.ctx = fleet;
    status = found_ask(found, &asker, instance_id, image_id);
    if (status == RV_OK) {
        return 0;
    }
    if (status == RV_ERR_CANCELLED) {
        return input_interrupted(&tool->report);
    }
    result = ask_result(&asker);
    explain_call(&tool->report, &tool->options, &tool->settings, &tool->session.posix, asker.action,
                 &result);
    return tool->report.exit_status;
}

/* Asks about one and shows it at once: what is found of a thousand takes much memory. The image is
 * the same for all, so it is asked for with the first. */
static int show_one(struct fleet *fleet, const struct fleet_member *member,
                    struct found_image *image)
{
    static char page[FOUND_PAGE_SIZE];
    static struct found found;
    struct found_request request;
    int is_first = image->state == FOUND_NOT_ASKED;
    int status;

    confirm_request(&request, fleet->tool);
    request.instance_id = member->instance_id;
    status = find_out(fleet, &found, member->instance_id, is_first ? request.image_id : NULL);
    if (status != 0) {
        return status;
    }
    if (is_first) {
        *image = found.image;
    }
    found_paragraph(&found, &request, page);
    confirm_say_page(page);
    return 0;
}

static int show_all(struct fleet *fleet, unsigned to_do, struct found_image *image)
{
    unsigned shown = 0;
    int status = 0;
    size_t i;

    for (i = 0; status == 0 && i < fleet->list.count; i++) {
        if (fleet->states[i] == FLEET_BEGUN) {
            (void)console_say(CONSOLE_ALWAYS, "%s was begun by an earlier run",
                              fleet->members[i].instance_id);
        } else if (is_to_begin(fleet, i)) {
            console_live("asking about each, %u to go", to_do - shown);
            status = show_one(fleet, &fleet->members[i], image);
        } else {
            continue;
        }
        shown++;
    }
    rv_client_close(&fleet->tool->session.client);
    console_live_end();
    return status;
}

static void say_how(const struct fleet *fleet)
{
    char not_checked[EVIDENCE_TEXT_SIZE];
    char canaries[64] = "";

    if (fleet->plan.canaries > 0 && fleet->plan.canaries < fleet->list.count) {
        (void)snprintf(canaries, sizeof canaries, "; the first %u of the list before the rest",
                       (unsigned)fleet->plan.canaries);
    }
    report_not_checked_text(fleet->image_not_checked, not_checked);
    if (not_checked[0] != '\0') {
        (void)console_say(CONSOLE_ALWAYS, "Not checked: %s.", not_checked);
    }
    (void)console_say(CONSOLE_ALWAYS,
                      "%sach that runs is stopped when its turn comes, %u at a time%s.",
                      fleet->tool->options.no_dry_run_check
                          ? "E"
                          : "All are checked first (by the request itself with DryRun); e",
                      (unsigned)fleet->plan.parallel, canaries);
}

static int say_plan(struct fleet *fleet, unsigned to_do)
{
    static char page[FOUND_PAGE_SIZE];
    struct found_image image = {FOUND_NOT_ASKED, "", "", "", "", "", ""};
    struct found_request request;
    int status;

    console_live_end();
    (void)console_say(CONSOLE_ALWAYS,
                      "The system volumes of %u instances will be replaced by new ones:", to_do);
    status = show_all(fleet, to_do, &image);
    if (status != 0) {
        return status;
    }
    if (number_of(fleet, FLEET_DONE) > 0) {
        (void)console_say(CONSOLE_ALWAYS,
                          "%u more were done by an earlier run of this command and stay as they "
                          "are; --forget forgets that.",
                          number_of(fleet, FLEET_DONE));
    }
    confirm_request(&request, fleet->tool);
    found_common_page(&image, &request, page);
    confirm_say_page(page);
    say_how(fleet);
    return 0;
}

/* --- confirmed ---------------------------------------------------------------------------------
 */

static unsigned to_be_stopped(const struct fleet *fleet)
{
    unsigned count = 0;
    size_t i;

    for (i = 0; i < fleet->list.count; i++) {
        count += is_to_begin(fleet, i) && fleet->members[i].instance.status == RV_INSTANCE_RUNNING;
    }
    return count;
}

static int confirm_stop(struct fleet *fleet)
{
    struct options *options = &fleet->tool->options;
    unsigned running = to_be_stopped(fleet);
    int status;

    if (running == 0 || options->stop || options->force_stop) {
        return 0;
    }
    (void)console_say(CONSOLE_ALWAYS,
                      "%u of them run%s, and %s to be stopped first: what runs there ends.",
                      running, running == 1 ? "s" : "", running == 1 ? "has" : "have");
    status = confirm_typed(fleet->tool, "Type \"stop\" to have that done: ", "stop");
    options->stop = status == 0;
    return status;
}

int fleet_confirm(struct fleet *fleet)
{
    unsigned to_do = number_of(fleet, FLEET_BEGUN);
    char number[16];
    int status;

    if (!fleet->plan.is_halted) {
        to_do += number_of(fleet, FLEET_SEEN) + number_of(fleet, FLEET_READY);
    }
    if (!confirm_is_wanted(&fleet->tool->options) || to_do == 0) {
        return 0;
    }
    status = say_plan(fleet, to_do);
    if (status == 0) {
        status = confirm_stop(fleet);
    }
    (void)snprintf(number, sizeof number, "%u", to_do);
    return status == 0 ? confirm_typed(fleet->tool, "Type their number to go on: ", number)
                       : status;
}
