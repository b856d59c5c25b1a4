#define _POSIX_C_SOURCE 200809L
#include "console.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BOLD_RED "\033[1;31m"
#define YELLOW   "\033[33m"
#define PLAIN    "\033[0m"

#define LINE_BEGIN "\r\033[K" /* and what was on it is gone */

#define LINE_SIZE     4096
#define LIVE_SIZE     256
#define COLUMNS_USUAL 80

static enum console_level lowest = CONSOLE_PROGRESS;
static int is_terminal; /* that understands control sequences */
static int has_colour;
static char live[LIVE_SIZE]; /* the line that is rewritten, as it stands; "": none */

void console_init(int quiet, int verbose)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    lowest = verbose ? CONSOLE_DETAIL : quiet ? CONSOLE_ALWAYS : CONSOLE_PROGRESS;
    is_terminal = isatty(STDERR_FILENO) && terminal != NULL && strcmp(terminal, "dumb") != 0;
    has_colour = is_terminal && (no_colour == NULL || no_colour[0] == '\0');
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

int console_level_is_said(enum console_level level)
{
    return level >= lowest;
}

int console_say(enum console_level level, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;
    size_t used;
    int result;

    if (level < lowest) {
        return 0;
    }
    used = (size_t)snprintf(line, sizeof line, "%s%s", live[0] != '\0' ? LINE_BEGIN : "",
                            label_of(level));
    va_start(arguments, format);
    (void)vsnprintf(line + used, sizeof line - used - 1, format, arguments);
    va_end(arguments);
    replace_controls(line + used);
    used += strlen(line + used);
    line[used++] = '\n';
    result = write_all(line, used);
    (void)write_all(live, strlen(live));
    return result;
}

/* --- the line that is rewritten ----------------------------------------------------------------
 */

int console_is_live(void)
{
    return is_terminal && lowest <= CONSOLE_PROGRESS;
}

/* A line that is longer would wrap, and could not be rewritten. */
static size_t columns(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2) {
        return COLUMNS_USUAL - 1;
    }
    return size.ws_col - 1u;
}

void console_live(const char *format, ...)
{
    char line[LIVE_SIZE];
    va_list arguments;

    if (!console_is_live()) {
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    replace_controls(line);
    if (columns() < sizeof line) {
        line[columns()] = '\0';
    }
    if (strcmp(line, live) != 0) {
        (void)snprintf(live, sizeof live, "%s", line);
        (void)write_all(LINE_BEGIN, strlen(LINE_BEGIN));
        (void)write_all(live, strlen(live));
    }
}

void console_live_end(void)
{
    if (live[0] != '\0') {
        live[0] = '\0';
        (void)write_all(LINE_BEGIN, strlen(LINE_BEGIN));
    }
}
