/*
 * rfc8259.h - is a text JSON? A second opinion, for tests
 *
 * The grammar of RFC 8259, rule by rule, over the whole text: slow, recursive, and nothing in
 * common with the filter of the core. Bytes above ASCII in a string are not looked at.
 */
#ifndef RFC8259_H
#define RFC8259_H

#include <stddef.h>
#include <string.h>

struct rfc8259 {
    const char *at;
    const char *end;
    int depth; /* levels that may still be opened */
};

static int rfc8259_value(struct rfc8259 *text);

static int rfc8259_next_is(const struct rfc8259 *text, const char *wanted)
{
    return text->at < text->end && *text->at != '\0' && strchr(wanted, *text->at) != NULL;
}

static int rfc8259_take(struct rfc8259 *text, const char *wanted)
{
    int is_there = rfc8259_next_is(text, wanted);

    text->at += is_there;
    return is_there;
}

/* Section 2 */
static int rfc8259_white_space(struct rfc8259 *text)
{
    while (rfc8259_take(text, " \t\n\r")) {
    }
    return 1;
}

/* Section 3 */
static int rfc8259_name(struct rfc8259 *text, const char *name)
{
    size_t len = strlen(name);

    if ((size_t)(text->end - text->at) < len || memcmp(text->at, name, len) != 0) {
        return 0;
    }
    text->at += len;
    return 1;
}

static int rfc8259_digits(struct rfc8259 *text)
{
    int count = 0;

    while (rfc8259_take(text, "0123456789")) {
        count++;
    }
    return count > 0;
}

/* Section 6 */
static int rfc8259_number(struct rfc8259 *text)
{
    rfc8259_take(text, "-");
    if (!rfc8259_take(text, "0") && !(rfc8259_next_is(text, "123456789") && rfc8259_digits(text))) {
        return 0;
    }
    if (rfc8259_take(text, ".") && !rfc8259_digits(text)) {
        return 0;
    }
    if (rfc8259_take(text, "eE")) {
        rfc8259_take(text, "+-");
        return rfc8259_digits(text);
    }
    return 1;
}

/* Section 7 */
static int rfc8259_string(struct rfc8259 *text)
{
    if (!rfc8259_take(text, "\"")) {
        return 0;
    }
    while (text->at < text->end && *text->at != '"') {
        if ((unsigned char)*text->at < 0x20) {
            return 0;
        }
        if (*text->at++ != '\\' || rfc8259_take(text, "\"\\/bfnrt")) {
            continue;
        }
        if (!rfc8259_take(text, "u")) {
            return 0;
        }
        for (int i = 0; i < 4; i++) {
            if (!rfc8259_take(text, "0123456789abcdefABCDEF")) {
                return 0;
            }
        }
    }
    return rfc8259_take(text, "\"");
}

static int rfc8259_member(struct rfc8259 *text)
{
    return rfc8259_white_space(text) && rfc8259_string(text) && rfc8259_white_space(text) &&
           rfc8259_take(text, ":") && rfc8259_value(text);
}

/* Sections 4 and 5; the opening character is taken. */
static int rfc8259_items(struct rfc8259 *text, int (*item)(struct rfc8259 *), const char *end)
{
    if (text->depth-- == 0) {
        return 0;
    }
    rfc8259_white_space(text);
    if (!rfc8259_next_is(text, end)) {
        do {
            if (!item(text)) {
                return 0;
            }
        } while (rfc8259_take(text, ","));
    }
    text->depth++;
    return rfc8259_take(text, end);
}

static int rfc8259_value(struct rfc8259 *text)
{
    int is_value;

    rfc8259_white_space(text);
    if (rfc8259_take(text, "{")) {
        is_value = rfc8259_items(text, rfc8259_member, "}");
    } else if (rfc8259_take(text, "[")) {
        is_value = rfc8259_items(text, rfc8259_value, "]");
    } else if (rfc8259_next_is(text, "\"")) {
        is_value = rfc8259_string(text);
    } else {
        is_value = rfc8259_name(text, "true") || rfc8259_name(text, "false") ||
                   rfc8259_name(text, "null") || rfc8259_number(text);
    }
    return is_value && rfc8259_white_space(text);
}

/* 1: the whole text is one JSON value that is nested no deeper than depth. */
static int rfc8259_is_valid(const char *bytes, size_t len, int depth)
{
    struct rfc8259 text;

    text.at = bytes;
    text.end = bytes + len;
    text.depth = depth;
    return rfc8259_value(&text) && text.at == text.end;
}

#endif
