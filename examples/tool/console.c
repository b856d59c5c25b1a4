#define _POSIX_C_SOURCE 200809L
#include "console.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BOLD_RED "\033[1;31m"
#define YELLOW   "\033[33m"
#define PLAIN    "\033[0m"

#define LINE_SIZE 4096

static enum console_level lowest = CONSOLE_PROGRESS;
static int has_colour;

void console_init(int quiet, int verbose)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    lowest = verbose ? CONSOLE_DETAIL : quiet ? CONSOLE_ALWAYS : CONSOLE_PROGRESS;
    has_colour = isatty(STDERR_FILENO) && (no_colour == NULL || no_colour[0] == '\0') &&
                 terminal != NULL && strcmp(terminal, "dumb") != 0;
}

/* A text from somewhere else must not steer the terminal: C0, DEL, and C1 as UTF-8 has them. */
static void replace_controls(char *text)
{
    unsigned char *at;

    for (at = (unsigned char *)text; *at != '\0'; at++) {
        if (*at < 0x20 || *at == 0x7F) {
            *at = '?';
        } else if (*at == 0xC2 && at[1] >= 0x80 && at[1] <= 0x9F) {
            at[0] = '?';
            at[1] = '?';
        }
    }
}

static int write_all(const char *text, size_t len)
{
    while (len > 0) {
        ssize_t written = write(STDERR_FILENO, text, len);

        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return -1;
        }
        text += written;
        len -= (size_t)written;
    }
    return 0;
}

static const char *label_of(enum console_level level)
{
    if (level == CONSOLE_ERROR) {
        return has_colour ? BOLD_RED "error:" PLAIN " " : "error: ";
    }
    if (level == CONSOLE_WARNING) {
        return has_colour ? YELLOW "warning:" PLAIN " " : "warning: ";
    }
    return "";
}

int console_say(enum console_level level, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;
    size_t used;

    if (level < lowest) {
        return 0;
    }
    used = (size_t)snprintf(line, sizeof line, "%s", label_of(level));
    va_start(arguments, format);
    (void)vsnprintf(line + used, sizeof line - used - 1, format, arguments);
    va_end(arguments);
    replace_controls(line + used);
    used += strlen(line + used);
    line[used++] = '\n';
    return write_all(line, used);
}
