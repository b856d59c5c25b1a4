#define _POSIX_C_SOURCE 200809L
#include "input.h"

#include "console.h"
#include "signals.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

int input_interrupted(struct report *report)
{
    return report_fault(report, EXIT_NOT_SENT, "interrupted by %s", signals_name(signals_caught()));
}

int input_wait(int descriptor)
{
    struct pollfd entries[2] = {{descriptor, POLLIN, 0}, {signals_descriptor(), POLLIN, 0}};

    for (;;) {
        int ready = poll(entries, 2, -1);

        if (signals_caught() != 0) {
            return INPUT_INTERRUPTED;
        }
        /* what poll cannot do, reading will say */
        if (ready > 0 || (ready < 0 && errno != EINTR)) {
            return 0;
        }
    }
}

/* Up to size bytes; 0 at the end; negative as input_read. */
static long read_some(int descriptor, void *buffer, size_t size)
{
    ssize_t got;

    do {
        if (input_wait(descriptor) != 0) {
            return INPUT_INTERRUPTED;
        }
        got = read(descriptor, buffer, size);
    } while (got < 0 && (errno == EINTR || errno == EAGAIN));
    return got < 0 ? INPUT_ERROR : (long)got;
}

long input_read(int descriptor, void *buffer, size_t size)
{
    size_t used = 0;
    char beyond;
    long got;

    do {
        got = read_some(descriptor, (char *)buffer + used, size - used);
        if (got < 0) {
            return got;
        }
        used += (size_t)got;
    } while (got > 0 && used < size);
    if (got > 0) {
        got = read_some(descriptor, &beyond, 1);
        if (got != 0) {
            return got < 0 ? got : INPUT_TOO_LONG;
        }
    }
    return (long)used;
}

static void warn_of_others(int descriptor, const char *path)
{
    struct stat about;

    if (fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode) &&
        (about.st_mode & (S_IRGRP | S_IROTH)) != 0) {
        (void)console_say(CONSOLE_WARNING,
                          "%s can be read by others: chmod 600 makes it yours alone", path);
    }
}

long input_read_file(const char *path, void *buffer, size_t size, int warn)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    long len;
    int error;

    if (descriptor < 0) { /* a signal ends the waiting for a fifo's writer */
        return signals_caught() != 0 ? INPUT_INTERRUPTED : INPUT_ERROR;
    }
    if (warn) {
        warn_of_others(descriptor, path);
    }
    len = input_read(descriptor, buffer, size);
    error = errno;
    (void)close(descriptor);
    errno = error;
    return len;
}
