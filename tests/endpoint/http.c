#define _POSIX_C_SOURCE 200809L
#include "http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool refused(struct http_refusal *refusal, int status, const char *reason)
{
    refusal->status = status;
    refusal->reason = reason;
    return false;
}

static bool is_token_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(const char *s)
{
    if (*s == '\0')
        return false;
    for (; *s != '\0'; s++) {
        if (!is_token_character(*s))
            return false;
    }
    return true;
}

/* The head ends with an empty line. Returns its length with that line, or 0 while it has not come.
 */
static size_t head_length(const struct text *received)
{
    size_t i;

    for (i = 3; i < received->len; i++) {
        if (memcmp(received->bytes + i - 3, "\r\n\r\n", 4) == 0)
            return i + 1;
    }
    return 0;
}

/* Cuts the next line off the head; NULL when a line end or a control character stands where it must
 * not. */
static char *next_line(char **rest)
{
    char *line = *rest;
    char *end = strstr(line, "\r\n");
    const char *c;

    if (end == NULL)
        return NULL;
    for (c = line; c < end; c++) {
        if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
            return NULL;
    }
    *end = '\0';
    *rest = end + 2;
    return line;
}

static bool parse_request_line(struct http_request *request, char *line, size_t line_max,
                               struct http_refusal *refusal)
{
    char *target, *version;
    const char *c;

    if (strlen(line) > line_max)
        return refused(refusal, 414, "the request line is longer than --max-request-line");
    target = strchr(line, ' ');
    version = target != NULL ? strchr(target + 1, ' ') : NULL;
    if (version == NULL)
        return refused(refusal, 400, "the request line is not METHOD TARGET VERSION");
    *target++ = '\0';
    *version++ = '\0';
    if (!is_token(line))
        return refused(refusal, 400, "the method is not a token");
    if (strcmp(version, "HTTP/1.1") != 0)
        return refused(refusal, 505, "the version is not HTTP/1.1");
    if (target[0] != '/')
        return refused(refusal, 400, "the target does not begin with /");
    for (c = target; *c != '\0'; c++) {
        if (*c == '#' || *c == '\t' || (unsigned char)*c >= 0x80)
            return refused(refusal, 400, "the target has a fragment or a character it cannot have");
    }
    request->method = line;
    request->target = target;
    return true;
}

static char *trim(char *value)
{
    char *end;

    while (*value == ' ' || *value == '\t')
        value++;
    end = value + strlen(value);
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        *--end = '\0';
    return value;
}

static bool parse_header(struct http_request *request, char *line, struct http_refusal *refusal)
{
    struct http_header *header;
    char *colon = strchr(line, ':');

    if (request->header_count == HTTP_HEADERS_MAX)
        return refused(refusal, 431, "there are too many headers");
    if (colon == NULL)
        return refused(refusal, 400, "a header has no colon");
    *colon = '\0';
    if (!is_token(line))
        return refused(refusal, 400, "a header's name is not a token (or is a folded line)");
    header = &request->headers[request->header_count++];
    header->name = line;
    header->value = trim(colon + 1);
    return true;
}

static bool parse_headers(struct http_request *request, char *rest, struct http_refusal *refusal)
{
    for (;;) {
        char *line = next_line(&rest);

        if (line == NULL)
            return refused(refusal, 400, "a header has a control character or a bare line end");
        if (*line == '\0')
            return true;
        if (!parse_header(request, line, refusal))
            return false;
    }
}

static bool parse_content_length(const struct http_request *request, size_t *length,
                                 struct http_refusal *refusal)
{
    size_t count;
    int64_t value = 0;
    const char *text = http_find_header(request, "Content-Length", &count);

    if (http_find_header(request, "Transfer-Encoding", NULL) != NULL)
        return refused(refusal, 501, "requests with Transfer-Encoding are not taken");
    if (count > 1)
        return refused(refusal, 400, "there is more than one Content-Length");
    if (text != NULL && !parse_decimal(text, &value))
        return refused(refusal, 400, "Content-Length is not a decimal number");
    if (value > HTTP_BODY_MAX)
        return refused(refusal, 413, "the body is too long");
    *length = (size_t)value;
    return true;
}

static bool parse_head(struct http_request *request, size_t head_len, size_t line_max,
                       struct http_refusal *refusal)
{
    char *rest = request->storage;
    char *line;

    if (strlen(request->storage) < head_len)
        return refused(refusal, 400, "the head has a NUL character");
    line = next_line(&rest);
    if (line == NULL)
        return refused(refusal, 400, "the request line has a control character");
    return parse_request_line(request, line, line_max, refusal) &&
           parse_headers(request, rest, refusal);
}

enum http_progress http_parse(const struct text *received, size_t line_max,
                              struct http_request *request, size_t *used,
                              struct http_refusal *refusal)
{
    size_t head_len = head_length(received);
    size_t body_len = 0;
    bool whole;

    if (head_len == 0 && received->len <= HTTP_HEAD_MAX)
        return HTTP_INCOMPLETE;
    memset(request, 0, sizeof *request);
    if (head_len == 0) {
        refused(refusal, 431, "the head is too long");
        return HTTP_REFUSED;
    }
    /* The head alone first: a NUL in the body is the body's business. */
    request->storage = copy_bytes(received->bytes, head_len);
    if (!parse_head(request, head_len, line_max, refusal) ||
        !parse_content_length(request, &body_len, refusal)) {
        http_request_free(request);
        return HTTP_REFUSED;
    }
    whole = received->len - head_len >= body_len;
    if (!whole) {
        http_request_free(request);
        return HTTP_INCOMPLETE;
    }
    request->body = copy_bytes(received->bytes + head_len, body_len);
    request->body_len = body_len;
    *used = head_len + body_len;
    return HTTP_COMPLETE;
}

void http_request_free(struct http_request *request)
{
    free(request->storage);
    free(request->body);
    memset(request, 0, sizeof *request);
}

const char *http_find_header(const struct http_request *request, const char *name, size_t *count)
{
    const char *value = NULL;
    size_t i, found = 0;

    for (i = 0; i < request->header_count; i++) {
        if (strcasecmp(request->headers[i].name, name) == 0 && found++ == 0)
            value = request->headers[i].value;
    }
    if (count != NULL)
        *count = found;
    return value;
}

/* The start of the Action's value inside the query of a request line, or NULL. */
static const char *find_action(const char *line, const char *end)
{
    const char *at;

    for (at = line; at + 7 < end; at++) {
        if ((at[0] == '?' || at[0] == '&') && strncmp(at + 1, "Action=", 7) == 0)
            return at + 8;
    }
    return NULL;
}

bool http_peek_action(const struct text *received, char *action, size_t size)
{
    const char *end = received->len > 0 ? memchr(received->bytes, '\n', received->len) : NULL;
    const char *at;
    size_t len = 0;

    action[0] = '\0';
    if (end == NULL)
        return false;
    at = find_action(received->bytes, end);
    while (at != NULL && at + len < end && len + 1 < size && strchr("& \r", at[len]) == NULL) {
        action[len] = at[len];
        len++;
    }
    action[len] = '\0';
    return true;
}
