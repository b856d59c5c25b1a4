/* Growing text, and the few helpers that every part of the endpoint needs. Running out of memory
 * ends the program: it is a test server, and there is nothing sensible left to do. */
#ifndef ENDPOINT_TEXT_H
#define ENDPOINT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *bytes; /* NUL-terminated once anything was added; may be NULL while empty */
    size_t len;
    size_t capacity;
};

void text_add(struct text *t, const void *bytes, size_t len);
void text_puts(struct text *t, const char *string);
void text_printf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_json(struct text *t, const char *string); /* quoted and escaped; NULL is "" */
void text_drop(struct text *t, size_t len);         /* removes from the front */
void text_clear(struct text *t);                    /* keeps the memory */
void text_free(struct text *t);

void *allocate(size_t size); /* zeroed */
void *reallocate(void *memory, size_t size);
char *copy_string(const char *string);
char *copy_bytes(const char *bytes, size_t len); /* NUL-terminated */

/* Whether `word` is one of the words of `list`, which are separated by `separator`. */
bool list_has(const char *list, char separator, const char *word);

/* A decimal number without sign or blanks; false for anything else and for overflow. */
bool parse_decimal(const char *string, int64_t *value);

/* Says what is wrong and ends the program with status 2. */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Writes a whole file through a temporary name, so that no reader ever sees half of it. */
bool write_file_atomically(const char *path, const char *bytes, size_t len);

#endif
