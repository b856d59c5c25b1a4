/*
 * console.h - what is said on standard error, a line at a time
 */
#ifndef TOOL_CONSOLE_H
#define TOOL_CONSOLE_H

#include "report.h"

enum console_level {
    CONSOLE_DETAIL,   /* with --verbose only */
    CONSOLE_PROGRESS, /* but not with --quiet */
    CONSOLE_ALWAYS,
    CONSOLE_WARNING,
    CONSOLE_ERROR
};

/* Colour only on a terminal, and not if NO_COLOR is set to anything. */
void console_init(int quiet, int verbose);

/* Writes one line at once, control characters in it replaced. 0, or -1 if it cannot be written. */
int console_say(enum console_level level, const char *format, ...) PRINTF_LIKE(2, 3);

int console_level_is_said(enum console_level level);

/* Can one line be rewritten in place? On a terminal, and not with --quiet. */
int console_is_live(void);

/* Writes this line in the place of the last such one; other lines come before it. Cut to the
 * terminal's width. Nothing if console_is_live says no. */
void console_live(const char *format, ...) PRINTF_LIKE(1, 2);
/* Takes it away. */
void console_live_end(void);

#endif
