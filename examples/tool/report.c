#define _POSIX_C_SOURCE 200809L
#include "report.h"

#include "sentences.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void report_init(struct report *report)
{
    memset(report, 0, sizeof *report);
    report->result.first_sent_utc_s = RV_TIME_UNKNOWN;
    report->result.clock_skew_s = RV_TIME_UNKNOWN;
}

void report_renew(struct report *report)
{
    struct report before = *report;

    report_free(report);
    report_init(report);
    report->instance_id = before.instance_id;
    report->client_token = before.client_token;
    report->record = before.record;
}

int report_fault(struct report *report, int exit_status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(report->message, sizeof report->message, format, arguments);
    va_end(arguments);
    report->exit_status = exit_status;
    return exit_status;
}

void report_advise(struct report *report, const char *format, ...)
{
    size_t used = strlen(report->advice);
    va_list arguments;

    if (used > 0 && used + 1 < sizeof report->advice) {
        report->advice[used++] = ' ';
    }
    va_start(arguments, format);
    (void)vsnprintf(report->advice + used, sizeof report->advice - used, format, arguments);
    va_end(arguments);
}

void report_free(struct report *report)
{
    free(report->next);
    report->next = NULL;
}

/* --- names, which programs read: frozen --------------------------------------------------------
 */

static const char *name_of_outcome(rv_outcome outcome)
{
    switch (outcome) {
    case RV_NOT_SENT:
        return "not_sent";
    case RV_CHECKED:
        return "checked";
    case RV_ACCEPTED:
        return "accepted";
    case RV_REFUSED:
        return "refused";
    default:
        return "unknown";
    }
}

static const char *name_of_job_outcome(rv_job_outcome outcome)
{
    switch (outcome) {
    case RV_JOB_NOT_SENT:
        return "not_sent";
    case RV_JOB_CHECKED:
        return "checked";
    case RV_JOB_DONE:
        return "done";
    case RV_JOB_UNFINISHED:
        return "unfinished";
    case RV_JOB_ENDED_BADLY:
        return "ended_badly";
    case RV_JOB_REFUSED:
        return "refused";
    default:
        return "unknown";
    }
}

const char *report_code(const struct report *report)
{
    int32_t status = report->job != NULL ? report->job->status : report->result.status;

    return status == RV_ERR_SERVICE ? report->result.code_text : "";
}

const char *report_outcome_name(const struct report *report)
{
    if (report->outcome != NULL) {
        return report->outcome;
    }
    if (report->job == NULL) {
        return name_of_outcome(report->result.outcome);
    }
    if (report->job->outcome == RV_JOB_UNFINISHED && report->exit_status == EXIT_DONE) {
        return "accepted"; /* which was all that --no-wait wants */
    }
    if (report->job->outcome == RV_JOB_NOT_SENT && report->exit_status == EXIT_REFUSED) {
        return "refused"; /* already what comes before the replacement */
    }
    return name_of_job_outcome(report->job->outcome);
}

struct sign {
    unsigned bit;
    const char *name;
    const char *words;
};

static const struct sign evidence_signs[] = {
    {RV_SAW_REBUILDING, "rebuilding", "it was REBUILDING"},
    {RV_SAW_NEW_VOLUMES, "new_volumes", "its volumes are not those of before"},
    {RV_SAW_NEW_IMAGE, "new_image", "its image has become the wanted one"},
    {RV_SAW_UPDATED, "updated", "its UpdatedAt has moved"},
    {RV_SAW_STARTED, "started", "it was started, and not from here"},
    {0, NULL, NULL},
};

static const struct sign not_checked_signs[] = {
    {RV_NOT_CHECKED_IMAGE, "image", "the image (DescribeImages)"},
    {RV_NOT_CHECKED_KEY_PAIR, "key_pair", "the key pair (DescribeKeyPairs)"},
    {RV_NOT_CHECKED_DRY_RUN, "dry_run", "the request itself (DryRun), which wants it stopped"},
    {RV_NOT_CHECKED_SYSTEM_VOLUME, "system_volume", "the system volume (DescribeVolumes)"},
    {0, NULL, NULL},
};

static void signs_text(const struct sign *signs, unsigned bits, char text[EVIDENCE_TEXT_SIZE])
{
    size_t used = 0;

    text[0] = '\0';
    for (; signs->bit != 0; signs++) {
        if ((bits & signs->bit) != 0) {
            used += (size_t)snprintf(text + used, EVIDENCE_TEXT_SIZE - used, "%s%s",
                                     used > 0 ? "; " : "", signs->words);
        }
    }
}

void report_evidence_text(unsigned evidence, char text[EVIDENCE_TEXT_SIZE])
{
    signs_text(evidence_signs, evidence, text);
}

void report_not_checked_text(unsigned not_checked, char text[EVIDENCE_TEXT_SIZE])
{
    signs_text(not_checked_signs, not_checked, text);
}

/* --- a line ------------------------------------------------------------------------------------
 */

static const char *token_of(const struct report *report)
{
    if (report->result.client_token[0] != '\0') {
        return report->result.client_token;
    }
    return report->client_token != NULL ? report->client_token : "";
}

void report_print_line(const struct report *report)
{
    const rv_result *result = &report->result;

    (void)printf("%s %s", report_outcome_name(report),
                 report->instance_id != NULL ? report->instance_id : "-");
    if (result->code_text[0] != '\0') {
        (void)printf(" %s", result->code_text);
    }
    (void)putchar('\n');
    (void)fflush(stdout);
}

/* --- JSON --------------------------------------------------------------------------------------
 */

/* How many bytes at text are one UTF-8 character (RFC 3629); 0: none. */
static size_t utf8_len(const unsigned char *text)
{
    unsigned char first = text[0];
    unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    size_t len = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    size_t i;

    if ((first >= 0x80 && first < 0xC2) || first > 0xF4) {
        return 0;
    }
    for (i = 1; i < len; i++) {
        if (text[i] < low || text[i] > high) {
            return 0;
        }
        low = 0x80;
        high = 0xBF;
    }
    return len;
}

static void print_string(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    (void)putchar('"');
    while (*at != '\0') {
        size_t len = utf8_len(at);

        if (len == 0) {
            (void)fputs("\\ufffd", stdout);
            len = 1;
        } else if (*at == '"' || *at == '\\') {
            (void)printf("\\%c", *at);
        } else if (*at < 0x20 || *at == 0x7F) {
            (void)printf("\\u%04x", (unsigned)*at);
        } else {
            (void)fwrite(at, 1, len, stdout);
        }
        at += len;
    }
    (void)putchar('"');
}

/* "" and NULL are absent. */
static void print_text_member(const char *name, const char *text)
{
    (void)printf(",\"%s\":", name);
    if (text == NULL || text[0] == '\0') {
        (void)fputs("null", stdout);
    } else {
        print_string(text);
    }
}

static void print_signs_member(const char *name, const struct sign *signs, unsigned bits)
{
    const char *between = "";

    (void)printf(",\"%s\":[", name);
    for (; signs->bit != 0; signs++) {
        if ((bits & signs->bit) != 0) {
            (void)printf("%s\"%s\"", between, signs->name);
            between = ",";
        }
    }
    (void)putchar(']');
}

static void print_flag_member(const char *name, int flag)
{
    (void)printf(",\"%s\":%s", name, flag ? "true" : "false");
}

static void print_number_member(const char *name, int64_t number, int is_known)
{
    if (is_known) {
        (void)printf(",\"%s\":%lld", name, (long long)number);
    } else {
        (void)printf(",\"%s\":null", name);
    }
}

static void print_job(const struct report *report)
{
    static const char *const members[] = {"step",     "instance_status", "image_id",
                                          "evidence", "not_checked",     "stopped",
                                          "started",  "elapsed_s"};
    const rv_job_report *job = report->job;
    size_t i;

    if (job == NULL) {
        for (i = 0; i < sizeof members / sizeof members[0]; i++) {
            print_text_member(members[i], NULL);
        }
        return;
    }
    print_text_member("step", rv_step_name(job->step));
    print_text_member("instance_status", rv_instance_status_name(job->instance.status));
    print_text_member("image_id", job->instance.image_id);
    print_signs_member("evidence", evidence_signs, job->evidence);
    print_signs_member("not_checked", not_checked_signs, job->not_checked);
    print_flag_member("stopped", job->stopped_by_job);
    print_flag_member("started", job->started_by_job);
    print_number_member("elapsed_s", report->elapsed_s, 1);
}

/* The names are frozen: programs read them. More may come, with the same schema. */
void report_print_json(const struct report *report)
{
    const rv_result *result = &report->result;
    char first_sent_at[UTC_TEXT_SIZE] = "";

    if (result->first_sent_utc_s != RV_TIME_UNKNOWN) {
        utc_text(result->first_sent_utc_s, first_sent_at);
    }
    (void)fputs("{\"schema\":1", stdout);
    print_text_member("outcome", report_outcome_name(report));
    print_text_member("code", result->code_text);
    print_text_member("message", report->message);
    print_text_member("advice", report->advice);
    print_number_member("http_status", result->http_status, result->http_status != 0);
    print_text_member("request_id", result->request_id);
    print_text_member("instance_id", report->instance_id);
    print_text_member("client_token", token_of(report));
    print_number_member("attempts", result->attempts, 1);
    print_text_member("first_sent_at", first_sent_at);
    print_number_member("clock_skew_s", result->clock_skew_s,
                        result->clock_skew_s != RV_TIME_UNKNOWN);
    print_job(report);
    print_text_member("record", report->record);
    print_text_member("next", report->next);
    (void)fputs("}\n", stdout);
    (void)fflush(stdout);
}
