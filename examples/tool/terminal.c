#define _POSIX_C_SOURCE 200809L
#include "terminal.h"

#include "input.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int terminal_open(struct terminal *terminal)
{
    memset(terminal, 0, sizeof *terminal);
    terminal->descriptor = -1;
    if (isatty(STDERR_FILENO)) {
        terminal->descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    }
    return terminal->descriptor < 0 ? -1 : 0;
}

int terminal_is_there(void)
{
    struct terminal terminal;
    int is_there = terminal_open(&terminal) == 0;

    terminal_close(&terminal);
    return is_there;
}

/* Ctrl-Z and Ctrl-\ would leave a terminal that shows nothing: they wait until it does again. The
 * other signals only set a flag, so the way out leads through terminal_close. */
static void hold_signals(struct terminal *terminal)
{
    sigset_t held;

    (void)sigemptyset(&held);
    (void)sigaddset(&held, SIGTSTP);
    (void)sigaddset(&held, SIGQUIT);
    (void)sigprocmask(SIG_BLOCK, &held, &terminal->before);
}

static int set_terminal(struct terminal *terminal, const struct termios *settings)
{
    int result;

    do {
        result = tcsetattr(terminal->descriptor, TCSAFLUSH, settings);
    } while (result != 0 && errno == EINTR);
    return result;
}

int terminal_hide(struct terminal *terminal)
{
    struct termios hidden;

    if (tcgetattr(terminal->descriptor, &terminal->shown) != 0) {
        return -1;
    }
    hidden = terminal->shown;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    hidden.c_lflag |= ICANON | ISIG;
    hold_signals(terminal);
    terminal->is_hidden = 1;
    return set_terminal(terminal, &hidden);
}

void terminal_close(struct terminal *terminal)
{
    if (terminal->descriptor < 0) {
        return;
    }
    if (terminal->is_hidden) {
        (void)set_terminal(terminal, &terminal->shown);
        (void)sigprocmask(SIG_SETMASK, &terminal->before, NULL);
        terminal->is_hidden = 0;
    }
    (void)close(terminal->descriptor);
    terminal->descriptor = -1;
}

void terminal_write(struct terminal *terminal, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t written = write(terminal->descriptor, text, left);

        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return;
        }
        text += written;
        left -= (size_t)written;
    }
}

/* One byte of a line; 0 at its end; negative as terminal_ask. */
static int read_byte(struct terminal *terminal, char *byte)
{
    ssize_t got;

    do {
        if (input_wait(terminal->descriptor) != 0) {
            return INPUT_INTERRUPTED;
        }
        got = read(terminal->descriptor, byte, 1);
    } while (got < 0 && (errno == EINTR || errno == EAGAIN));
    if (got <= 0) {
        return INPUT_ERROR;
    }
    return *byte != '\n';
}

long terminal_ask(struct terminal *terminal, const char *text, char *out, size_t size)
{
    size_t used = 0;
    char byte;
    int more;

    terminal_write(terminal, text);
    while ((more = read_byte(terminal, &byte)) == 1) {
        if (used + 1 < size) {
            out[used] = byte;
        }
        used++;
    }
    out[used < size ? used : size - 1] = '\0';
    if (terminal->is_hidden || more != 0) {
        terminal_write(terminal, "\n");
    }
    if (more < 0) {
        return more;
    }
    return used < size ? (long)used : INPUT_TOO_LONG;
}
