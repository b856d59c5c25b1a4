/*
 * json_text.h - reads a JSON text (RFC 8259), strictly
 */
#ifndef TOOL_JSON_TEXT_H
#define TOOL_JSON_TEXT_H

#include <stddef.h>

struct json_text {
    const char *text; /* private, as all members */
    void *tokens;
    int count;
};

/* What a function here returns instead of a place or a length. */
enum {
    JSON_ABSENT = -1,
    JSON_INVALID = -2, /* not JSON, nested too deeply, or a string that holds U+0000 */
    JSON_TWICE = -3,   /* two members have this name, so nobody knows which is meant */
    JSON_TYPE = -4,    /* it is something else than was asked for */
    JSON_TOO_LONG = -5,
    JSON_NO_MEMORY = -6
};

/* text is borrowed until json_text_free, which is to be called in any case. 0 or an error. */
int json_text_read(struct json_text *json, const char *text, size_t len);
void json_text_free(struct json_text *json);

/* The outermost value has place 0. The place of a member of the object at place, or an error. */
int json_member(const struct json_text *json, int object, const char *name);

int json_is_null(const struct json_text *json, int place);

/* Copies the string at place, decoded to UTF-8 and NUL-terminated. Its length, or an error. */
int json_string(const struct json_text *json, int place, char *out, size_t size);

#endif
