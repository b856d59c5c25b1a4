#define _POSIX_C_SOURCE 200809L
#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include "json_text.h"

#include <jsmn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 32

/* --- grammar: jsmn finds the places, but takes {"a"}, [1 2], 01 and more that is no JSON --------
 */

struct reader {
    const char *at;
    const char *end;
};

static int is_next(const struct reader *reader, const char *one_of)
{
    return reader->at < reader->end && *reader->at != '\0' && strchr(one_of, *reader->at) != NULL;
}

static int take(struct reader *reader, const char *one_of)
{
    int found = is_next(reader, one_of);

    reader->at += found;
    return found;
}

static void skip_space(struct reader *reader)
{
    while (take(reader, " \t\r\n")) {
    }
}

static int take_word(struct reader *reader, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(reader->end - reader->at) < len || memcmp(reader->at, word, len) != 0) {
        return 0;
    }
    reader->at += len;
    return 1;
}

static int take_digits(struct reader *reader)
{
    const char *begin = reader->at;

    while (take(reader, "0123456789")) {
    }
    return reader->at > begin;
}

static int take_number(struct reader *reader)
{
    (void)take(reader, "-");
    if (!take(reader, "0") && !take_digits(reader)) {
        return 0;
    }
    if (take(reader, ".") && !take_digits(reader)) {
        return 0;
    }
    if (take(reader, "eE")) {
        (void)take(reader, "+-");
        return take_digits(reader);
    }
    return 1;
}

static int take_escape(struct reader *reader)
{
    int i;

    if (!take(reader, "u")) {
        return take(reader, "\"\\/bfnrt");
    }
    for (i = 0; i < 4; i++) {
        if (!take(reader, "0123456789abcdefABCDEF")) {
            return 0;
        }
    }
    return 1;
}

static int take_string(struct reader *reader)
{
    if (!take(reader, "\"")) {
        return 0;
    }
    while (reader->at < reader->end && (unsigned char)*reader->at >= 0x20) {
        if (take(reader, "\"")) {
            return 1;
        }
        if (!take(reader, "\\")) {
            reader->at++;
        } else if (!take_escape(reader)) {
            return 0;
        }
    }
    return 0;
}

static int take_value(struct reader *reader, int depth);

/* The members of an object or the elements of an array, after its opening mark. */
static int take_parts(struct reader *reader, const char *closing, int depth)
{
    int is_object = closing[0] == '}';

    skip_space(reader);
    if (take(reader, closing)) {
        return 1;
    }
    do {
        skip_space(reader);
        if (is_object) {
            if (!take_string(reader)) {
                return 0;
            }
            skip_space(reader);
            if (!take(reader, ":")) {
                return 0;
            }
        }
        if (!take_value(reader, depth)) {
            return 0;
        }
    } while (take(reader, ","));
    return take(reader, closing);
}

/* With the space around it. */
static int take_value(struct reader *reader, int depth)
{
    int is_good;

    skip_space(reader);
    if (depth == DEPTH_MAX) {
        return 0;
    }
    if (is_next(reader, "\"")) {
        is_good = take_string(reader);
    } else if (take(reader, "{")) {
        is_good = take_parts(reader, "}", depth + 1);
    } else if (take(reader, "[")) {
        is_good = take_parts(reader, "]", depth + 1);
    } else {
        is_good = take_word(reader, "true") || take_word(reader, "false") ||
                  take_word(reader, "null") || take_number(reader);
    }
    skip_space(reader);
    return is_good;
}

static int is_json(const char *text, size_t len)
{
    struct reader reader = {text, text + len};

    return take_value(&reader, 0) && reader.at == reader.end;
}

/* --- places ------------------------------------------------------------------------------------
 */

int json_text_read(struct json_text *json, const char *text, size_t len)
{
    jsmn_parser parser;
    int count;

    memset(json, 0, sizeof *json);
    if (!is_json(text, len)) {
        return JSON_INVALID;
    }
    jsmn_init(&parser);
    count = jsmn_parse(&parser, text, len, NULL, 0);
    if (count <= 0) {
        return JSON_INVALID;
    }
    json->tokens = calloc((size_t)count, sizeof(jsmntok_t));
    if (json->tokens == NULL) {
        return JSON_NO_MEMORY;
    }
    jsmn_init(&parser);
    json->count = jsmn_parse(&parser, text, len, (jsmntok_t *)json->tokens, (unsigned)count);
    json->text = text;
    return json->count == count ? 0 : JSON_INVALID;
}

void json_text_free(struct json_text *json)
{
    free(json->tokens);
    memset(json, 0, sizeof *json);
}

static const jsmntok_t *token_at(const struct json_text *json, int place)
{
    return (const jsmntok_t *)json->tokens + place;
}

int json_is_null(const struct json_text *json, int place)
{
    const jsmntok_t *token = token_at(json, place);

    return token->type == JSMN_PRIMITIVE && json->text[token->start] == 'n';
}

/* --- strings -----------------------------------------------------------------------------------
 */

static uint32_t hex_value(const char *digits)
{
    uint32_t value = 0;
    int i;

    for (i = 0; i < 4; i++) {
        char c = digits[i];

        value = value * 16 + (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

/* The code point of an escape \uXXXX, or of a pair of them; 0: none that a text can hold. */
static uint32_t take_code_point(struct reader *reader)
{
    uint32_t high = hex_value(reader->at);
    uint32_t low;

    reader->at += 4;
    if (high < 0xD800 || high > 0xDFFF) {
        return high;
    }
    if (high > 0xDBFF || reader->end - reader->at < 6 || memcmp(reader->at, "\\u", 2) != 0) {
        return 0;
    }
    low = hex_value(reader->at + 2);
    reader->at += 6;
    return low < 0xDC00 || low > 0xDFFF ? 0 : 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

/* Writes one character as UTF-8 and returns its length. */
static int write_utf8(char out[4], uint32_t code_point)
{
    int len = code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    static const unsigned char marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
    int i;

    for (i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    out[0] = (char)(marks[len] | code_point);
    return len;
}

/* The next byte or escaped character of a string; its length, or JSON_INVALID. */
static int take_character(struct reader *reader, char out[4])
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    const char *letter;
    uint32_t code_point;

    out[0] = *reader->at++;
    if (out[0] != '\\') {
        return 1;
    }
    out[0] = *reader->at++;
    if (out[0] == 'u') {
        code_point = take_code_point(reader);
        return code_point == 0 ? JSON_INVALID : write_utf8(out, code_point);
    }
    letter = strchr(letters, out[0]);
    if (letter != NULL) {
        out[0] = meanings[letter - letters];
    }
    return 1;
}

int json_string(const struct json_text *json, int place, char *out, size_t size)
{
    const jsmntok_t *token = token_at(json, place);
    struct reader reader = {json->text + token->start, json->text + token->end};
    size_t used = 0;

    if (token->type != JSMN_STRING) {
        return JSON_TYPE;
    }
    while (reader.at < reader.end) {
        char character[4];
        int len = take_character(&reader, character);

        if (len < 0) {
            return len;
        }
        if (used + (size_t)len >= size) {
            return JSON_TOO_LONG;
        }
        memcpy(out + used, character, (size_t)len);
        used += (size_t)len;
    }
    out[used] = '\0';
    return (int)used;
}

/* Is the string at place this name? A string that cannot be decoded is no name. */
static int is_name(const struct json_text *json, int place, const char *name)
{
    const jsmntok_t *token = token_at(json, place);
    struct reader reader = {json->text + token->start, json->text + token->end};

    while (reader.at < reader.end) {
        char character[4];
        int len = take_character(&reader, character);

        if (len < 0 || strncmp(name, character, (size_t)len) != 0) {
            return 0;
        }
        name += len;
    }
    return *name == '\0';
}

int json_member(const struct json_text *json, int object, const char *name)
{
    int found = JSON_ABSENT;
    int place;

    if (token_at(json, object)->type != JSMN_OBJECT) {
        return JSON_TYPE;
    }
    for (place = object + 1; place + 1 < json->count; place++) {
        if (token_at(json, place)->parent == object && is_name(json, place, name)) {
            if (found != JSON_ABSENT) {
                return JSON_TWICE;
            }
            found = place + 1;
        }
    }
    return found;
}
