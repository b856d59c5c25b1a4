#define _POSIX_C_SOURCE 200809L
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
static volatile sig_atomic_t caught;
static volatile sig_atomic_t count;
static int ends[2] = {-1, -1};

/* A flag alone could be set between looking at it and waiting; a byte in a pipe ends the waiting.
 */
static void catch_one(int number)
{
    int error = errno;
    char byte = 0;

    if (caught == 0) {
        caught = number;
    }
    count++;
    if (count >= 2) {
        (void)signal(number, SIG_DFL);
    }
    if (write(ends[1], &byte, 1) < 0) {
        /* full: then it is readable already */
    }
    errno = error;
}

static int make_pipe(void)
{
    int i;

    if (pipe(ends) != 0) {
        return -1;
    }
    for (i = 0; i < 2; i++) {
        if (fcntl(ends[i], F_SETFD, FD_CLOEXEC) != 0 || fcntl(ends[i], F_SETFL, O_NONBLOCK) != 0) {
            return -1;
        }
    }
    return 0;
}

void signals_ignore_pipe(void)
{
    struct sigaction action = {0};

    (void)sigemptyset(&action.sa_mask);
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
}

int signals_catch(void)
{
    struct sigaction action = {0};
    struct sigaction before;
    size_t i;

    if (make_pipe() != 0) {
        return -1;
    }
    (void)sigemptyset(&action.sa_mask);

    action.sa_handler = catch_one; /* without SA_RESTART: what waits is interrupted */
    for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (sigaction(numbers[i], NULL, &before) != 0 ||
            (before.sa_handler != SIG_IGN && sigaction(numbers[i], &action, NULL) != 0)) {
            return -1;
        }
    }
    return 0;
}

int signals_descriptor(void)
{
    return ends[0];
}

void signals_note(void)
{
    char bytes[16];

    while (read(ends[0], bytes, sizeof bytes) > 0) {
    }
}

int signals_count(void)
{
    return (int)count;
}

int signals_caught(void)
{
    return (int)caught;
}

const char *signals_name(int number)
{
    return number == SIGINT ? "SIGINT" : number == SIGTERM ? "SIGTERM" : "SIGHUP";
}
