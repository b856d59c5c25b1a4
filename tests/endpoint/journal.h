/* The journal: one JSON object a line, flushed at once. Secrets never get here. */
#ifndef ENDPOINT_JOURNAL_H
#define ENDPOINT_JOURNAL_H

#include "text.h"
#include <stdio.h>

struct journal {
    FILE *file; /* NULL: none is kept */
    struct text line;
    uint64_t opened_ms;
};

void journal_open(struct journal *journal, const char *path);
void journal_close(struct journal *journal);

/* A line is begun, given its members, and ended, which writes it. */
void journal_begin(struct journal *journal, const char *event);
void journal_text(struct journal *journal, const char *key, const char *value);
void journal_number(struct journal *journal, const char *key, int64_t value);
void journal_bool(struct journal *journal, const char *key, bool value);
void journal_end(struct journal *journal);

#endif
