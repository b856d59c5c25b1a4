/*
 * fuzz.h - what the fuzzers share
 *
 * Each reads the same bytes more than once, in other pieces, and stops with a message as soon as
 * something differs or should not be. The first bytes of an input say where it is cut.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RV_STATIC
#include "../../replace_volume.c"

#define EXPECT(condition)                                                           \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                \
        }                                                                           \
    } while (0)

#define HEAD_LEN 4 /* bytes of an input before the text */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whole, byte by byte, or as the head says. */
enum pieces { PIECES_WHOLE, PIECES_BYTES, PIECES_RANDOM, PIECES_COUNT };

struct text {
    const char *bytes;
    size_t len;
    size_t at; /* what has been given out */
    enum pieces pieces;
    uint32_t random;
    char *alone;
};

static void text_start(struct text *text, const uint8_t *data, size_t size, enum pieces pieces)
{
    text->bytes = (const char *)data + HEAD_LEN;
    text->len = size - HEAD_LEN;
    text->at = 0;
    text->pieces = pieces;
    memcpy(&text->random, data, sizeof(text->random));
    text->random |= 1;
    text->alone = NULL;
}

static size_t text_piece_len(struct text *text)
{
    uint32_t few = (text->random & 3) == 0 ? 3 : 100;

    text->random ^= text->random << 13;
    text->random ^= text->random >> 17;
    text->random ^= text->random << 5;
    return text->pieces == PIECES_WHOLE   ? text->len
           : text->pieces == PIECES_BYTES ? 1
                                          : 1 + (text->random >> 8) % few;
}

/* The next piece, in memory of its own, so that reading behind it is found. NULL: that was all. */
static const char *text_piece(struct text *text, size_t *len)
{
    size_t left = text->len - text->at, wanted = text_piece_len(text);

    if (left == 0) {
        return NULL;
    }
    *len = wanted < left ? wanted : left;
    if (text->alone == NULL || text->pieces == PIECES_RANDOM) {
        free(text->alone);
        text->alone = malloc(*len);
        EXPECT(text->alone != NULL);
    }
    memcpy(text->alone, text->bytes + text->at, *len);
    text->at += *len;
    return text->alone;
}

static void text_end(struct text *text)
{
    free(text->alone);
    text->alone = NULL;
}

#endif
