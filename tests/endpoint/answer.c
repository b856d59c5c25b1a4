#define _POSIX_C_SOURCE 200809L
#include "answer.h"

#include "moment.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *reason_phrase(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 412:
        return "Precondition Failed";
    case 429:
        return "Too Many Requests";
    case 500:
        return "Internal Server Error";
    case 502:
        return "Bad Gateway";
    case 503:
        return "Service Unavailable";
    case 504:
        return "Gateway Timeout";
    default:
        return "Status";
    }
}

/* --- Body --- */

/* Like those of the service: the time, then an identification. */
static void request_id(const struct options *options, char out[40])
{
    static unsigned count;
    char time[COMPACT_UTC_SIZE];

    format_compact_utc(service_utc_s(options), time);
    snprintf(out, 40, "%.8s%.6s%06X%08XEP", time, time + 9, (unsigned)getpid() & 0xffffff, ++count);
}

/* The document's texts are given word by word; a refusal of the gateway says what was wrong. */
static void write_error(const struct service_error *error, const char *detail, struct text *body)
{
    struct text message = {0};

    text_puts(&message, error->message);
    if (detail[0] != '\0')
        text_printf(&message, " (%s)", detail);
    text_puts(body, ",\"Error\":{");
    if (error->number != 0)
        text_printf(body, "\"CodeN\":%d,", error->number);
    text_puts(body, "\"Code\":");
    text_json(body, error->code);
    text_puts(body, ",\"Message\":");
    text_json(body, message.bytes);
    text_puts(body, "}");
    text_free(&message);
}

static void write_padding(int64_t padding, struct text *body)
{
    static const char filling[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    int64_t member;

    for (member = 0; padding > 0; member++) {
        int64_t i, len = padding < 1000 ? padding : 1000;

        text_printf(body, "\"Padding%lld\":\"", (long long)member);
        for (i = 0; i < len; i++)
            text_add(body, &filling[(member + i) % 36], 1);
        text_puts(body, "\",");
        padding -= len;
    }
}

static void write_result(const struct options *options, const struct reply *reply,
                         struct text *body)
{
    if (reply->result.len > 0)
        text_printf(body, ",\"Result\":%s", reply->result.bytes);
    else if (options->empty_result == RESULT_OBJECT)
        text_puts(body, ",\"Result\":{}");
    else if (options->empty_result == RESULT_NULL)
        text_puts(body, ",\"Result\":null");
}

/* The JSON of a reply: of its error, if it is one, else of its result. */
static void write_json(const struct options *options, const struct call *call,
                       const struct reply *reply, const struct service_error *error,
                       int64_t padding, struct text *body)
{
    char id[40];

    request_id(options, id);
    text_puts(body, "{");
    write_padding(padding, body);
    text_puts(body, "\"ResponseMetadata\":{\"RequestId\":");
    text_json(body, id);
    text_puts(body, ",\"Action\":");
    text_json(body, call->action);
    text_puts(body, ",\"Version\":");
    text_json(body, call->version);
    text_puts(body, ",\"Service\":");
    text_json(body, call->service);
    text_puts(body, ",\"Region\":");
    text_json(body, call->region);
    if (error != NULL)
        write_error(
            error,
            error == reply->refusal.error && reply->refused_by_gateway ? reply->refusal.detail : "",
            body);
    text_puts(body, "}");
    if (error == NULL)
        write_result(options, reply, body);
    text_puts(body, "}");
}

static void write_legacy_error(const struct service_error *error, struct text *body)
{
    text_printf(body, "{\"HTTPCode\":%d,\"errorcode\":", error->status);
    text_json(body, error->code);
    text_puts(body, ",\"message\":");
    text_json(body, error->message);
    text_puts(body, "}");
}

static void write_html(int status, struct text *body)
{
    text_printf(body,
                "<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n<center><h1>%d "
                "%s</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
                status, reason_phrase(status), status, reason_phrase(status));
}

static const char *write_body(const struct options *options, const struct call *call,
                              const struct reply *reply, const struct behaviour *behaviour,
                              enum answer_kind kind, struct text *body)
{
    static const char json[] = "application/json; charset=utf-8";
    static const char garbage[] =
        "{\"ResponseMetadata\":{\"RequestId\":\xff\xfe]]}\0{\"Result\":\x16";
    static const struct reply done;

    switch (kind) {
    case ANSWER_TRUE:
        write_json(options, call, reply, reply->refusal.error, behaviour->padding, body);
        break;
    case ANSWER_ERROR:
        write_json(options, call, reply, behaviour->error, behaviour->padding, body);
        break;
    case ANSWER_PRETENDED:
        write_json(options, call, &done, NULL, behaviour->padding, body);
        break;
    case ANSWER_LEGACY_ERROR:
        write_legacy_error(behaviour->error, body);
        break;
    case ANSWER_HTML:
        write_html(behaviour->status, body);
        return "text/html";
    case ANSWER_GARBAGE:
        text_add(body, garbage, sizeof garbage - 1);
        break;
    case ANSWER_STATUS:
    case ANSWER_EMPTY:
    case ANSWER_RAW:
    case ANSWER_NONE:
        break;
    }
    return json;
}

/* --- Head and framing --- */

static void write_chunks(const struct text *body, bool extras, struct text *out)
{
    size_t at = 0;
    size_t len = 7; /* short ones first, so that a chunk ends inside a name */

    while (at < body->len) {
        if (len > body->len - at)
            len = body->len - at;
        text_printf(out, "%zx%s\r\n", len, extras ? ";part=\"a;b\"" : "");
        text_add(out, body->bytes + at, len);
        text_puts(out, "\r\n");
        at += len;
        len = len < 500 ? len * 3 : len;
    }
    text_puts(out, extras ? "0;last\r\nX-Checksum: none\r\n\r\n" : "0\r\n\r\n");
}

static void write_date(const struct options *options, const struct behaviour *behaviour,
                       struct text *out)
{
    char date[HTTP_DATE_SIZE];

    if (behaviour->no_date)
        return;
    format_http_date(service_utc_s(options) + behaviour->date_offset_s, date);
    text_printf(out, "Date: %s\r\n", date);
}

static void write_framing(const struct text *body, const struct behaviour *behaviour, bool close,
                          struct text *out)
{
    if (behaviour->chunked || behaviour->chunk_extras)
        text_puts(out, "Transfer-Encoding: chunked\r\n");
    else if (!behaviour->until_close)
        text_printf(out, "Content-Length: %zu\r\n", body->len);
    text_printf(out, "Connection: %s\r\n\r\n", close ? "close" : "keep-alive");
    if (behaviour->chunked || behaviour->chunk_extras)
        write_chunks(body, behaviour->chunk_extras, out);
    else
        text_add(out, body->bytes, body->len);
}

static void write_http(const struct options *options, int status, const char *type,
                       const struct text *body, const struct behaviour *behaviour, bool close,
                       struct text *out)
{
    char id[40];

    if (behaviour->interim)
        text_puts(out, "HTTP/1.1 100 Continue\r\n\r\n"
                       "HTTP/1.1 103 Early Hints\r\nLink: </>; rel=preload\r\n\r\n");
    request_id(options, id);
    text_printf(out, "HTTP/1.1 %d %s\r\nServer: endpoint\r\n", status, reason_phrase(status));
    write_date(options, behaviour, out);
    text_printf(out, "Content-Type: %s\r\nX-Tt-Logid: %s\r\n", type, id);
    if (behaviour->retry_after_s >= 0)
        text_printf(out, "Retry-After: %lld\r\n", (long long)behaviour->retry_after_s);
    if (behaviour->gzip_header)
        text_puts(out, "Content-Encoding: gzip\r\n");
    write_framing(body, behaviour, close, out);
}

/* --- Where it ends --- */

static void limit_answer(struct answer *answer, int64_t at, enum ending ending)
{
    if (at < 0)
        return;
    answer->limit = (size_t)at;
    answer->ending = ending;
}

static void choose_ending(struct answer *answer, const struct behaviour *behaviour, bool close)
{
    answer->limit = SIZE_MAX;
    answer->ending = behaviour->shut_write ? ENDING_HALF : close ? ENDING_CLOSE : ENDING_KEEP;
    limit_answer(answer, behaviour->cut_answer, ENDING_CUT);
    limit_answer(answer, behaviour->cut_answer_notify, ENDING_CLOSE);
    limit_answer(answer, behaviour->reset_answer, ENDING_RESET);
    limit_answer(answer, behaviour->stall_answer, ENDING_STALL);
    if (answer->ending == ENDING_CLOSE && behaviour->no_close_notify)
        answer->ending = ENDING_CUT;
    answer->trickle_ms = (uint64_t)behaviour->trickle_ms;
}

/* A badly signed request cannot hide behind a rule: it is told so all the same. */
static enum answer_kind kind_of_answer(const struct reply *reply, const struct behaviour *behaviour)
{
    bool untouchable = behaviour->answer == ANSWER_RAW || behaviour->answer == ANSWER_NONE;

    return reply->refused_by_gateway && !untouchable ? ANSWER_TRUE : behaviour->answer;
}

static void note_for_journal(struct answer *answer, const struct reply *reply,
                             const struct behaviour *behaviour, enum answer_kind kind)
{
    const struct service_error *error = reply->refusal.error;

    answer->code = "";
    answer->status = behaviour->status;
    if (kind == ANSWER_TRUE) {
        answer->status = error != NULL ? error->status : 200;
        answer->code = error != NULL ? error->code : "";
    }
    if (kind == ANSWER_ERROR || kind == ANSWER_LEGACY_ERROR)
        answer->code = behaviour->error->code;
    if (kind == ANSWER_NONE || kind == ANSWER_RAW)
        answer->status = 0;
}

void answer_compose(struct answer *answer, const struct options *options, const struct call *call,
                    const struct reply *reply, const struct behaviour *behaviour, bool close)
{
    enum answer_kind kind = kind_of_answer(reply, behaviour);
    struct text body = {0};
    const char *type;

    memset(answer, 0, sizeof *answer);
    close = close || behaviour->close || behaviour->until_close || kind == ANSWER_NONE;
    note_for_journal(answer, reply, behaviour, kind);
    choose_ending(answer, behaviour, close);
    answer->delay_ms = (uint64_t)behaviour->delay_ms;
    /* Something in between that answers instead of the service does not wait for it. */
    if (kind == ANSWER_TRUE)
        answer->delay_ms += reply->delay_ms;
    if (kind == ANSWER_NONE)
        return;
    if (kind == ANSWER_RAW) {
        text_add(&answer->bytes, behaviour->raw, behaviour->raw_len);
        return;
    }
    type = write_body(options, call, reply, behaviour, kind, &body);
    write_http(options, answer->status, type, &body, behaviour, close, &answer->bytes);
    text_free(&body);
}

void answer_bad_request(struct answer *answer, const struct options *options,
                        const struct http_refusal *refusal)
{
    static const struct behaviour plain = {.retry_after_s = -1};
    struct text body = {0};

    memset(answer, 0, sizeof *answer);
    text_printf(&body, "%s\r\n", refusal->reason);
    write_http(options, refusal->status, "text/plain", &body, &plain, true, &answer->bytes);
    text_free(&body);
    answer->status = refusal->status;
    answer->code = "";
    answer->limit = SIZE_MAX;
    answer->ending = ENDING_CLOSE;
}

void answer_free(struct answer *answer)
{
    text_free(&answer->bytes);
    memset(answer, 0, sizeof *answer);
}
