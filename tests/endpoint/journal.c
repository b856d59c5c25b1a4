#define _POSIX_C_SOURCE 200809L
#include "journal.h"

#include "moment.h"
#include <errno.h>
#include <string.h>

void journal_open(struct journal *journal, const char *path)
{
    memset(journal, 0, sizeof *journal);
    journal->opened_ms = monotonic_ms();
    if (path == NULL)
        return;
    journal->file = fopen(path, "a");
    if (journal->file == NULL)
        die("cannot append to the journal %s: %s", path, strerror(errno));
}

void journal_close(struct journal *journal)
{
    if (journal->file != NULL)
        fclose(journal->file);
    text_free(&journal->line);
}

void journal_begin(struct journal *journal, const char *event)
{
    text_clear(&journal->line);
    text_puts(&journal->line, "{\"event\":");
    text_json(&journal->line, event);
    journal_number(journal, "at_ms", (int64_t)(monotonic_ms() - journal->opened_ms));
}

static void add_key(struct journal *journal, const char *key)
{
    text_add(&journal->line, ",", 1);
    text_json(&journal->line, key);
    text_add(&journal->line, ":", 1);
}

void journal_text(struct journal *journal, const char *key, const char *value)
{
    add_key(journal, key);
    text_json(&journal->line, value);
}

void journal_number(struct journal *journal, const char *key, int64_t value)
{
    add_key(journal, key);
    text_printf(&journal->line, "%lld", (long long)value);
}

void journal_bool(struct journal *journal, const char *key, bool value)
{
    add_key(journal, key);
    text_puts(&journal->line, value ? "true" : "false");
}

void journal_end(struct journal *journal)
{
    text_puts(&journal->line, "}\n");
    if (journal->file == NULL)
        return;
    if (fwrite(journal->line.bytes, 1, journal->line.len, journal->file) != journal->line.len ||
        fflush(journal->file) != 0)
        die("cannot write the journal: %s", strerror(errno));
}
