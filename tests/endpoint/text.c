#define _POSIX_C_SOURCE 200809L
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *format, ...)
{
    va_list arguments;

    fputs("endpoint: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(2);
}

void *reallocate(void *memory, size_t size)
{
    void *moved = realloc(memory, size > 0 ? size : 1);

    if (moved == NULL)
        die("out of memory (%zu bytes wanted)", size);
    return moved;
}

void *allocate(size_t size)
{
    return memset(reallocate(NULL, size), 0, size);
}

char *copy_bytes(const char *bytes, size_t len)
{
    char *copy = allocate(len + 1);

    if (len > 0)
        memcpy(copy, bytes, len);
    return copy;
}

char *copy_string(const char *string)
{
    return copy_bytes(string, strlen(string));
}

static void text_reserve(struct text *t, size_t more)
{
    size_t wanted = t->len + more + 1;

    if (wanted <= t->capacity)
        return;
    if (wanted < 2 * t->capacity)
        wanted = 2 * t->capacity;
    t->bytes = reallocate(t->bytes, wanted);
    t->capacity = wanted;
}

void text_add(struct text *t, const void *bytes, size_t len)
{
    text_reserve(t, len);
    if (len > 0)
        memcpy(t->bytes + t->len, bytes, len);
    t->len += len;
    t->bytes[t->len] = '\0';
}

void text_puts(struct text *t, const char *string)
{
    text_add(t, string, strlen(string));
}

void text_printf(struct text *t, const char *format, ...)
{
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (len < 0)
        die("cannot format a text: %s", strerror(errno));
    text_reserve(t, (size_t)len);
    va_start(arguments, format);
    vsnprintf(t->bytes + t->len, (size_t)len + 1, format, arguments);
    va_end(arguments);
    t->len += (size_t)len;
}

/* Length of the well-formed UTF-8 sequence at `s`, or 0. Overlong forms, surrogates and values past
 * U+10FFFF are not well-formed (RFC 3629). */
static size_t utf8_length(const unsigned char *s)
{
    size_t len, i;

    if (s[0] < 0x80)
        return 1;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    for (i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return len;
}

static void text_json_character(struct text *t, const unsigned char *s, size_t len)
{
    if (len == 0)
        text_puts(t, "\\ufffd");
    else if (*s == '"' || *s == '\\')
        text_printf(t, "\\%c", *s);
    else if (*s < 0x20 || *s == 0x7f)
        text_printf(t, "\\u%04x", *s);
    else
        text_add(t, s, len);
}

void text_json(struct text *t, const char *string)
{
    const unsigned char *s = (const unsigned char *)(string != NULL ? string : "");

    text_add(t, "\"", 1);
    while (*s != '\0') {
        size_t len = utf8_length(s);

        text_json_character(t, s, len);
        s += len > 0 ? len : 1;
    }
    text_add(t, "\"", 1);
}

void text_drop(struct text *t, size_t len)
{
    if (len == 0)
        return;
    memmove(t->bytes, t->bytes + len, t->len - len);
    t->len -= len;
    t->bytes[t->len] = '\0';
}

void text_clear(struct text *t)
{
    text_drop(t, t->len);
}

void text_free(struct text *t)
{
    free(t->bytes);
    memset(t, 0, sizeof *t);
}

bool list_has(const char *list, char separator, const char *word)
{
    size_t len = strlen(word);

    while (list != NULL && *list != '\0') {
        const char *end = strchr(list, separator);
        size_t item = end != NULL ? (size_t)(end - list) : strlen(list);

        if (item == len && memcmp(list, word, len) == 0)
            return true;
        list = end != NULL ? end + 1 : NULL;
    }
    return false;
}

bool parse_decimal(const char *string, int64_t *value)
{
    int64_t sum = 0;

    if (*string == '\0')
        return false;
    for (; *string != '\0'; string++) {
        if (*string < '0' || *string > '9' || sum > (INT64_MAX - 9) / 10)
            return false;
        sum = sum * 10 + (*string - '0');
    }
    *value = sum;
    return true;
}

bool write_file_atomically(const char *path, const char *bytes, size_t len)
{
    struct text temporary = {0};
    FILE *file;
    bool written;

    text_printf(&temporary, "%s.part", path);
    file = fopen(temporary.bytes, "wb");
    written = file != NULL && fwrite(bytes, 1, len, file) == len;
    if (file != NULL && fclose(file) != 0)
        written = false;
    if (written && rename(temporary.bytes, path) != 0)
        written = false;
    if (!written)
        fprintf(stderr, "endpoint: cannot write %s: %s\n", path, strerror(errno));
    text_free(&temporary);
    return written;
}
