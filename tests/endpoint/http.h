/* A strict HTTP/1.1 request parser (RFC 9112). Where the standard lets a server be lenient, this
 * one refuses: it is there to find a client's mistakes. */
#ifndef ENDPOINT_HTTP_H
#define ENDPOINT_HTTP_H

#include "text.h"

enum { HTTP_HEADERS_MAX = 64, HTTP_HEAD_MAX = 64 * 1024, HTTP_BODY_MAX = 1024 * 1024 };

struct http_header {
    const char *name;
    const char *value; /* without the blanks around it */
};

struct http_request {
    char *storage; /* the head; method, target and headers point into it */
    const char *method;
    const char *target;
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
    char *body; /* a piece of memory of its own */
    size_t body_len;
};

struct http_refusal {
    int status;
    const char *reason;
};

enum http_progress { HTTP_INCOMPLETE, HTTP_COMPLETE, HTTP_REFUSED };

/* Reads one request from the front of `received`. HTTP_COMPLETE fills in `request`, which the
 * caller frees, and `used`; HTTP_REFUSED fills in `refusal`, after which the connection is of no
 * more use. */
enum http_progress http_parse(const struct text *received, size_t line_max,
                              struct http_request *request, size_t *used,
                              struct http_refusal *refusal);
void http_request_free(struct http_request *request);

/* The value of the first header of that name, or NULL; `count` (may be NULL) says how many there
 * are. */
const char *http_find_header(const struct http_request *request, const char *name, size_t *count);

/* Finds the Action as soon as the request line has come, before anything is checked, so that a rule
 * can act on a request that never arrives in full. False while the line is incomplete. */
bool http_peek_action(const struct text *received, char *action, size_t size);

#endif
