#define _POSIX_C_SOURCE 200809L
#include "text_width.h"

#include <stddef.h>
#include <stdint.h>

struct range {
    uint32_t first, last;
};

/* Blocks that are wide as a whole: East Asian Width W and F (Unicode Standard Annex 11), as far as
 * names are likely to have them. */
static const struct range wide[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
};

static const struct range combining[] = {
    {0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200D},
    {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
};

static int is_in(const struct range *ranges, size_t count, uint32_t code_point)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (code_point >= ranges[i].first && code_point <= ranges[i].last) {
            return 1;
        }
    }
    return 0;
}

/* The next character of valid UTF-8; of other text, some number. */
static uint32_t take(const unsigned char **at)
{
    unsigned char first = *(*at)++;
    uint32_t code_point = first < 0xC0   ? first
                          : first < 0xE0 ? first & 0x1Fu
                          : first < 0xF0 ? first & 0x0Fu
                                         : first & 0x07u;

    while (first >= 0xC0 && (**at & 0xC0) == 0x80) {
        code_point = code_point << 6 | (*(*at)++ & 0x3Fu);
    }
    return code_point;
}

unsigned text_width(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    unsigned width = 0;

    while (*at != '\0') {
        uint32_t code_point = take(&at);

        if (is_in(wide, sizeof wide / sizeof wide[0], code_point)) {
            width += 2;
        } else if (!is_in(combining, sizeof combining / sizeof combining[0], code_point)) {
            width += 1;
        }
    }
    return width;
}
