#define _POSIX_C_SOURCE 200809L
#include "report.h"

#include "sentences.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void report_init(struct report *report)
{
    memset(report, 0, sizeof *report);
    report->result.first_sent_utc_s = RV_TIME_UNKNOWN;
    report->result.clock_skew_s = RV_TIME_UNKNOWN;
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

const char *report_outcome_name(rv_outcome outcome)
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

    (void)printf("%s %s", report_outcome_name(result->outcome),
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

static void print_number_member(const char *name, int64_t number, int is_known)
{
    if (is_known) {
        (void)printf(",\"%s\":%lld", name, (long long)number);
    } else {
        (void)printf(",\"%s\":null", name);
    }
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
    print_text_member("outcome", report_outcome_name(result->outcome));
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
    (void)fputs("}\n", stdout);
    (void)fflush(stdout);
}
