#define _POSIX_C_SOURCE 200809L
#include "conclude.h"

#include "again.h"
#include "conclude_job.h"
#include "console.h"
#include "secrets.h"
#include "sentences.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BOUND_S 900 /* within this, a repetition under the same token is believed to be safe */

void say_fault(const struct report *report, const char *prefix)
{
    const rv_result *result = &report->result;
    const char *code = report_code(report);

    (void)console_say(CONSOLE_ERROR, "%s%s%s%s", prefix, code, code[0] != '\0' ? ": " : "",
                      report->message);
    if (result->request_id[0] != '\0') {
        (void)console_say(CONSOLE_ALWAYS, "request id: %s (HTTP status %u)", result->request_id,
                          (unsigned)result->http_status);
    }
}

/* This machine's clock, corrected by what the service's date has shown. */
static int64_t seconds_left(const rv_result *result)
{
    int64_t skew = result->clock_skew_s != RV_TIME_UNKNOWN ? result->clock_skew_s : 0;

    return result->first_sent_utc_s + BOUND_S - ((int64_t)time(NULL) + skew);
}

/* When the token was first sent is known only if that was here. */
static void say_until_when(const struct report *report)
{
    const rv_result *result = &report->result;
    char until[UTC_TEXT_SIZE];
    int64_t left;

    if (report->client_token != NULL || result->first_sent_utc_s == RV_TIME_UNKNOWN) {
        (void)console_say(CONSOLE_ALWAYS,
                          "Asking again is within the bound until 15 minutes after this token was "
                          "first sent, by whichever command that was:");
        return;
    }
    utc_text(result->first_sent_utc_s + BOUND_S, until);
    left = seconds_left(result);
    if (left > 0) {
        (void)console_say(CONSOLE_ALWAYS,
                          "Asking again is within the bound until %s (%ld min %ld s from now):",
                          until, (long)(left / 60), (long)(left % 60));
    } else {
        (void)console_say(CONSOLE_ALWAYS,
                          "Asking again was within the bound until %s, which is over: look first. "
                          "The command was:",
                          until);
    }
}

static void say_what_is_unknown(const struct report *report, const struct options *options)
{
    if (options->dry_run) {
        say_fault(report, "the outcome of the check is unknown: ");
    } else if (report->result.attempts == 0) {
        say_fault(report,
                  "nothing was sent now, but what was sent with this client token before may "
                  "have been executed: ");
    } else {
        say_fault(report, "the outcome is unknown, the request may have been executed: ");
    }
}

void say_command(const char *command)
{
    (void)fprintf(stderr, "  %s\n", command != NULL ? command : "(out of memory)");
    (void)fflush(stderr);
}

/* A job of before, in its record. */
static void say_not_looked(const struct report *report)
{
    say_fault(report, "what became of the replacement is not known, for it was not looked: ");
    if (report->advice[0] != '\0') {
        (void)console_say(CONSOLE_ALWAYS, "%s", report->advice);
    }
    (void)console_say(CONSOLE_ALWAYS, "To go on with it (it looks first):");
    say_command(report->next);
}

static void say_unknown(const struct report *report, const struct options *options)
{
    const rv_result *result = &report->result;

    if (report->record != NULL) {
        say_not_looked(report);
        return;
    }
    say_what_is_unknown(report, options);
    if (rv_code_advice(result->code)[0] != '\0') {
        (void)console_say(CONSOLE_ALWAYS, "%s", rv_code_advice(result->code));
    }
    (void)console_say(CONSOLE_ALWAYS, "client token: %s", result->client_token);
    if (result->code == RV_CODE_IDEMPOTENT_PARAMETER_MISMATCH) {
        (void)console_say(CONSOLE_ALWAYS, "Before asking again, put the parameters of that earlier "
                                          "request in the place of these.");
    }
    say_until_when(report);
    say_command(report->next);
    if (password_is_wanted(options)) {
        (void)console_say(CONSOLE_ALWAYS, "Give the same password again.");
    }
    (void)console_say(CONSOLE_ALWAYS,
                      "After that, look first what has become of it: DescribeInstances, and the "
                      "account's audit log.");
    (void)console_say(CONSOLE_ALWAYS, "Never send it with another client token to find out.");
}

static void say_against_the_wish(const struct report *report)
{
    (void)console_say(CONSOLE_ERROR, "THE SYSTEM VOLUME OF %s IS BEING REPLACED,",
                      report->instance_id);
    (void)console_say(CONSOLE_ERROR,
                      "although only a check was asked (--dry-run): the service took "
                      "the request.");
    (void)console_say(CONSOLE_ALWAYS, "%s", report->advice);
    (void)console_say(CONSOLE_ALWAYS, "Tell the vendor's support; request id: %s",
                      report->result.request_id);
}

static void say_done(const struct report *report, const struct options *options)
{
    if (report->outcome != NULL) { /* there was nothing to do */
        (void)console_say(CONSOLE_PROGRESS, "%s", report->message);
        return;
    }
    if (report->result.outcome == RV_CHECKED) {
        (void)console_say(CONSOLE_PROGRESS,
                          "checked: the request would be accepted, and nothing was changed");
        return;
    }
    (void)console_say(CONSOLE_PROGRESS, "accepted%s: the service replaces the system volume of %s",
                      options->client_token != NULL ? ", now or earlier" : "", report->instance_id);
    (void)console_say(CONSOLE_PROGRESS, "%s", report->advice);
}

/* A record of before is in the way. */
static void say_what_becomes_of_record(const struct report *report, const struct options *options)
{
    char *forget = again_command(options, AGAIN_FORGET, NULL);

    say_command(report->next);
    say_command(forget);
    free(forget);
}

static void say_result(const struct report *report, const struct options *options)
{
    switch (report->exit_status) {
    case EXIT_DONE:
        say_done(report, options);
        return;
    case EXIT_UNKNOWN:
        say_unknown(report, options);
        return;
    case EXIT_ENDED_BADLY:
        say_against_the_wish(report);
        return;
    case EXIT_REFUSED:
        say_fault(report, "refused, and nothing was changed: ");
        break;
    case EXIT_NOT_SENT:
        say_fault(report, "nothing was sent: ");
        break;
    default:
        say_fault(report, "");
        break;
    }
    if (report->advice[0] != '\0') {
        (void)console_say(CONSOLE_ALWAYS, "%s", report->advice);
    }
    if (report->exit_status == EXIT_USAGE && report->next != NULL) {
        say_what_becomes_of_record(report, options);
    }
}

/* The command to ask again is part of the result, for programs too. */
static void find_next(struct report *report, const struct options *options)
{
    if (report->job == NULL && report->exit_status == EXIT_UNKNOWN && report->next == NULL) {
        report->next = again_command(options, AGAIN_CALL, report->result.client_token);
    }
}

static void conclude_list(const struct report *report)
{
    if (report->exit_status != 0) {
        say_fault(report, "");
        if (report->advice[0] != '\0') {
            (void)console_say(CONSOLE_ALWAYS, "%s", report->advice);
        }
    }
}

void conclude(struct report *report, const struct options *options)
{
    console_live_end();
    if (options->mode == MODE_LIST) {
        conclude_list(report);
        return;
    }
    find_next(report, options);
    if (report->job != NULL) {
        conclude_job(report, options);
    } else {
        say_result(report, options);
    }
    if (options->json) {
        report_print_json(report);
    } else if (report->exit_status != EXIT_USAGE) {
        report_print_line(report);
    }
}
