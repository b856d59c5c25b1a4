#define _POSIX_C_SOURCE 200809L
#include "record_text.h"

#include <stdio.h>
#include <string.h>

/* The first line is this, and the version. */
static const char title[] = "replace-volume record ";
#define VERSION "1"

static const char hint[] =
    "# Of a replacement that is not finished. See replace-volume --help: --resume, --forget.\n";

#define CHECKSUM      "checksum="
#define CHECKSUM_SIZE (sizeof CHECKSUM - 1 + 16 + 1) /* of its line, with the line's end */

static const char hexadecimal[] = "0123456789ABCDEF";

/* 64 bit FNV-1a (Fowler, Noll, Vo): any one byte that differs makes another number. It is to find
 * damage; whoever may write to the folder could make a whole record anyway. */
#define FNV_BEGIN 0xCBF29CE484222325u
static uint64_t fnv(uint64_t hash, const char *bytes, size_t len)
{
    while (len-- > 0) {
        hash = (hash ^ (uint8_t)*bytes++) * 0x100000001B3u;
    }
    return hash;
}

/* --- names -------------------------------------------------------------------------------------
 */

static int is_plain(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* Adds text, escaped, to name as far as it fits. Returns the length that it would have. */
static size_t add_escaped(char *name, size_t used, size_t size, const char *text)
{
    for (; *text != '\0'; text++) {
        char escaped[3] = {'_', hexadecimal[(uint8_t)*text >> 4], hexadecimal[*text & 15]};
        size_t len = is_plain(*text) ? 1 : 3;

        if (used + len < size) {
            memcpy(name + used, len == 1 ? text : escaped, len);
            name[used + len] = '\0';
        }
        used += len;
    }
    return used;
}

static size_t add_mark(char *name, size_t used, size_t size, const char *mark)
{
    if (used + strlen(mark) < size) {
        memcpy(name + used, mark, strlen(mark) + 1);
    }
    return used + strlen(mark);
}

/* It has one "." less than the other names, so it is none of them. */
static void hashed_name(const struct record_owner *owner, char name[RECORD_NAME_MAX + 1])
{
    enum { BEGINNING_SIZE = 101 };
    uint64_t hash = FNV_BEGIN;
    char beginning[BEGINNING_SIZE] = "";

    hash = fnv(hash, owner->access_key_id, strlen(owner->access_key_id) + 1);
    hash = fnv(hash, owner->region, strlen(owner->region) + 1);
    hash = fnv(hash, owner->instance_id, strlen(owner->instance_id) + 1);
    (void)add_escaped(beginning, 0, sizeof beginning, owner->access_key_id);
    (void)snprintf(name, RECORD_NAME_MAX + 1, "%s.%016llx%s", beginning, (unsigned long long)hash,
                   RECORD_SUFFIX);
}

void record_name(const struct record_owner *owner, char name[RECORD_NAME_MAX + 1])
{
    const size_t size = RECORD_NAME_MAX + 1;
    size_t used = 0;

    name[0] = '\0';
    used = add_escaped(name, used, size, owner->access_key_id);
    used = add_mark(name, used, size, ".");
    used = add_escaped(name, used, size, owner->region);
    used = add_mark(name, used, size, ".");
    used = add_escaped(name, used, size, owner->instance_id);
    used = add_mark(name, used, size, RECORD_SUFFIX);
    if (used >= size) {
        hashed_name(owner, name);
    }
}

/* --- writing -----------------------------------------------------------------------------------
 */

struct writer {
    int (*write)(void *ctx, const char *text, size_t len);
    void *ctx;
    uint64_t hash;
    size_t used;
    int has_failed;
    char buffer[512];
};

static void flush(struct writer *writer)
{
    if (!writer->has_failed && writer->used > 0) {
        writer->has_failed = writer->write(writer->ctx, writer->buffer, writer->used) != 0;
    }
    writer->used = 0;
}

static void put(struct writer *writer, const char *text, size_t len)
{
    writer->hash = fnv(writer->hash, text, len);
    while (len-- > 0) {
        if (writer->used == sizeof writer->buffer) {
            flush(writer);
        }
        writer->buffer[writer->used++] = *text++;
    }
}

static void put_text(struct writer *writer, const char *text)
{
    put(writer, text, strlen(text));
}

static void put_hexadecimal(struct writer *writer, uint8_t byte)
{
    put(writer, &hexadecimal[byte >> 4], 1);
    put(writer, &hexadecimal[byte & 15], 1);
}

static void put_value(struct writer *writer, const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value < 0x20 || *value > 0x7E || *value == '\\') {
            put_text(writer, "\\");
            put_hexadecimal(writer, (uint8_t)*value);
        } else {
            put(writer, value, 1);
        }
    }
    put_text(writer, "\n");
}

/* "" is left out. */
static void put_member(struct writer *writer, const char *name, const char *value)
{
    if (value[0] != '\0') {
        put_text(writer, name);
        put_value(writer, value);
    }
}

static void put_options(struct writer *writer, const struct record *record)
{
    size_t at = 0;

    while (at < record->options_len) {
        put_value(writer, record->options + at);
        at += strlen(record->options + at) + 1;
    }
}

static void put_job(struct writer *writer, const struct record *record)
{
    size_t i;

    if (record->job_len > 0) {
        put_text(writer, "job=");
        for (i = 0; i < record->job_len; i++) {
            put_hexadecimal(writer, record->job[i]);
        }
        put_text(writer, "\n");
    }
}

int record_text_write(const struct record *record,
                      int (*write)(void *ctx, const char *text, size_t len), void *ctx)
{
    struct writer writer = {write, ctx, FNV_BEGIN, 0, 0, {0}};
    char checksum[CHECKSUM_SIZE + 1];

    put_text(&writer, title);
    put_text(&writer, VERSION "\n");
    put_text(&writer, hint);
    put_member(&writer, "access-key-id=", record->access_key_id);
    put_member(&writer, "region=", record->region);
    put_member(&writer, "instance-id=", record->instance_id);
    put_member(&writer, "outcome=", record->outcome);
    put_options(&writer, record);
    put_job(&writer, record);
    (void)snprintf(checksum, sizeof checksum, CHECKSUM "%016llx\n",
                   (unsigned long long)writer.hash);
    put_text(&writer, checksum);
    flush(&writer);
    return writer.has_failed ? -1 : 0;
}

/* --- reading -----------------------------------------------------------------------------------
 */

struct line {
    const char *at;
    size_t len; /* without its end */
};

static int begins_with(const struct line *line, const char *text)
{
    return line->len >= strlen(text) && memcmp(line->at, text, strlen(text)) == 0;
}

static int digit_of(char c)
{
    const char *found = c != '\0' ? strchr(hexadecimal, c) : NULL;

    return found != NULL ? (int)(found - hexadecimal) : -1;
}

/* The byte that two digits at text stand for, or -1. */
static int byte_of(const char *text, size_t len)
{
    int high = len >= 2 ? digit_of(text[0]) : -1;
    int low = len >= 2 ? digit_of(text[1]) : -1;

    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* What put_value has written, with a NUL after it. The length without it, or -1. */
static long read_value(const char *text, size_t len, char *out, size_t size)
{
    size_t used = 0;

    while (len > 0) {
        size_t taken = text[0] == '\\' ? 3 : 1;
        int byte = taken == 1 ? (uint8_t)text[0] : byte_of(text + 1, len - 1);

        if (byte <= 0 || used + 1 >= size) {
            return -1;
        }
        out[used++] = (char)byte;
        text += taken;
        len -= taken;
    }
    if (size == 0) {
        return -1;
    }
    out[used] = '\0';
    return (long)used;
}

static int read_option(struct record *record, const struct line *line)
{
    long len = read_value(line->at, line->len, record->options + record->options_len,
                          sizeof record->options - record->options_len);

    record->options_len += len < 0 ? 0 : (size_t)len + 1;
    return len < 0 ? -1 : 0;
}

static int read_job(struct record *record, const struct line *line)
{
    const char *text = line->at + 4;
    size_t len = line->len - 4;

    if (record->job_len > 0 || len % 2 != 0 || len / 2 > sizeof record->job) {
        return -1;
    }
    for (; len > 0; text += 2, len -= 2) {
        int byte = byte_of(text, len);

        if (byte < 0) {
            return -1;
        }
        record->job[record->job_len++] = (uint8_t)byte;
    }
    return 0;
}

static int read_member(struct record *record, const struct line *line)
{
    static const char *const names[] = {"access-key-id=", "region=", "instance-id=", "outcome="};
    char *const places[] = {record->access_key_id, record->region, record->instance_id,
                            record->outcome};
    const size_t sizes[] = {sizeof record->access_key_id, sizeof record->region,
                            sizeof record->instance_id, sizeof record->outcome};
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (begins_with(line, names[i])) {
            size_t skipped = strlen(names[i]);

            return read_value(line->at + skipped, line->len - skipped, places[i], sizes[i]) < 0 ? -1
                                                                                                : 0;
        }
    }
    return -1;
}

static int read_line(struct record *record, const struct line *line)
{
    if (begins_with(line, "#")) {
        return 0;
    }
    if (begins_with(line, "--")) {
        return read_option(record, line);
    }
    return begins_with(line, "job=") ? read_job(record, line) : read_member(record, line);
}

/* Whole lines only. */
static int read_lines(struct record *record, const char *text, size_t len)
{
    while (len > 0) {
        const char *end = memchr(text, '\n', len);
        struct line line = {text, end != NULL ? (size_t)(end - text) : 0};

        if (end == NULL || read_line(record, &line) != 0) {
            return -1;
        }
        len -= line.len + 1;
        text = end + 1;
    }
    return 0;
}

/* Is the end of it the checksum of all before? */
static int is_whole(const char *text, size_t len)
{
    char checksum[CHECKSUM_SIZE + 1];

    if (len < CHECKSUM_SIZE) {
        return 0;
    }
    (void)snprintf(checksum, sizeof checksum, CHECKSUM "%016llx\n",
                   (unsigned long long)fnv(FNV_BEGIN, text, len - CHECKSUM_SIZE));
    return memcmp(text + len - CHECKSUM_SIZE, checksum, CHECKSUM_SIZE) == 0;
}

/* Of the first line. RECORD_GOOD: it is one of this version. */
static enum record_state judge_title(const char *text, size_t len, size_t *title_len)
{
    size_t at = sizeof title - 1;
    const char *version = text + at;
    size_t digits = 0;

    if (len < at || memcmp(text, title, at) != 0) {
        return RECORD_FOREIGN;
    }
    while (at + digits < len && version[digits] >= '0' && version[digits] <= '9') {
        digits++;
    }
    *title_len = at + digits + 1;
    if (digits == 0 || at + digits == len || version[digits] != '\n' || version[0] == '0') {
        return RECORD_DAMAGED;
    }
    return digits == sizeof VERSION - 1 && memcmp(version, VERSION, digits) == 0 ? RECORD_GOOD
                                                                                 : RECORD_NEWER;
}

enum record_state record_text_read(struct record *record, const char *text, size_t len)
{
    size_t title_len;
    enum record_state state = judge_title(text, len, &title_len);

    memset(record, 0, sizeof *record);
    if (state != RECORD_GOOD) {
        return state;
    }
    if (len < title_len + CHECKSUM_SIZE || len > RECORD_TEXT_MAX || !is_whole(text, len) ||
        read_lines(record, text + title_len, len - CHECKSUM_SIZE - title_len) != 0 ||
        record->access_key_id[0] == '\0' || record->region[0] == '\0' ||
        record->instance_id[0] == '\0') {
        return RECORD_DAMAGED;
    }
    return RECORD_GOOD;
}
