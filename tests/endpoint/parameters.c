#include "parameters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-_.~", c) != NULL);
}

/* The value of an upper-case hexadecimal digit, or -1. */
static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Decodes into fresh memory; NULL with a reason when the encoding is not the canonical one. */
static char *decode(const char *encoded, size_t len, const char **reason)
{
    char *decoded = allocate(len + 1);
    size_t i, out = 0;

    *reason = NULL;
    for (i = 0; i < len && *reason == NULL; i++) {
        int high, low;

        if (is_unreserved(encoded[i])) {
            decoded[out++] = encoded[i];
            continue;
        }
        high = encoded[i] == '%' && len - i > 2 ? hex_value(encoded[i + 1]) : -1;
        low = high >= 0 ? hex_value(encoded[i + 2]) : -1;
        if (low < 0)
            *reason = encoded[i] == '%' ? "has a %XX that is not two upper-case digits"
                                        : "has a character that must be sent as %XX";
        else if (high == 0 && low == 0)
            *reason = "has a NUL character";
        else if (is_unreserved((char)(high * 16 + low)))
            *reason = "has a character as %XX that must be sent as it is";
        decoded[out++] = (char)(high * 16 + low);
        i += 2;
    }
    if (*reason == NULL)
        return decoded;
    free(decoded);
    return NULL;
}

/* Where `key` is or belongs among the sorted items. */
static size_t position_of(const struct parameters *parameters, const char *key)
{
    size_t at = 0;

    while (at < parameters->count && strcmp(parameters->items[at].key, key) < 0)
        at++;
    return at;
}

static const char *insert(struct parameters *parameters, char *key, char *value, bool in_order)
{
    size_t at = position_of(parameters, key);
    struct parameter *items;

    if (at < parameters->count && strcmp(parameters->items[at].key, key) == 0)
        return "is given twice";
    if (in_order && at < parameters->count)
        return "is not in byte order";
    items = reallocate(parameters->items, (parameters->count + 1) * sizeof *items);
    memmove(items + at + 1, items + at, (parameters->count - at) * sizeof *items);
    items[at].key = key;
    items[at].value = value;
    parameters->items = items;
    parameters->count++;
    return NULL;
}

/* Adds one key=value; NULL or what is wrong with it. */
static const char *add_pair(struct parameters *parameters, const char *pair, size_t len,
                            bool in_order)
{
    const char *equals = memchr(pair, '=', len);
    const char *reason;
    size_t key_len;
    char *key, *value;

    if (equals == NULL || equals == pair)
        return "is not of the form key=value";
    key_len = (size_t)(equals - pair);
    key = decode(pair, key_len, &reason);
    if (key == NULL)
        return reason;
    value = decode(equals + 1, len - key_len - 1, &reason);
    if (value != NULL)
        reason = insert(parameters, key, value, in_order);
    if (reason != NULL) {
        free(key);
        free(value);
    }
    return reason;
}

bool parameters_add(struct parameters *parameters, const char *encoded, size_t len, bool in_order,
                    char *complaint, size_t complaint_size)
{
    size_t begin = 0;

    while (begin <= len && len > 0) {
        const char *pair = encoded + begin;
        const char *end = memchr(pair, '&', len - begin);
        size_t pair_len = end != NULL ? (size_t)(end - pair) : len - begin;
        const char *reason = add_pair(parameters, pair, pair_len, in_order);

        if (reason != NULL) {
            size_t key_len = 0;

            while (key_len < pair_len && pair[key_len] != '=')
                key_len++;
            snprintf(complaint, complaint_size, "parameter %.*s %s",
                     (int)(key_len < 60 ? key_len : 60), pair, reason);
            return false;
        }
        begin += pair_len + 1;
    }
    return true;
}

void parameters_free(struct parameters *parameters)
{
    size_t i;

    for (i = 0; i < parameters->count; i++) {
        free(parameters->items[i].key);
        free(parameters->items[i].value);
    }
    free(parameters->items);
    memset(parameters, 0, sizeof *parameters);
}

const char *find_parameter(const struct parameters *parameters, const char *key)
{
    size_t at = position_of(parameters, key);

    if (at < parameters->count && strcmp(parameters->items[at].key, key) == 0)
        return parameters->items[at].value;
    return NULL;
}

static void encode(const char *s, struct text *out)
{
    for (; *s != '\0'; s++) {
        if (is_unreserved(*s))
            text_add(out, s, 1);
        else
            text_printf(out, "%%%02X", (unsigned)(unsigned char)*s);
    }
}

void parameters_canonical(const struct parameters *parameters, const char *except, struct text *out)
{
    size_t i;
    const char *separator = "";

    for (i = 0; i < parameters->count; i++) {
        if (except != NULL && strcmp(parameters->items[i].key, except) == 0)
            continue;
        text_puts(out, separator);
        encode(parameters->items[i].key, out);
        text_add(out, "=", 1);
        encode(parameters->items[i].value, out);
        separator = "&";
    }
}
