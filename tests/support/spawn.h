/*
 * spawn.h - runs a program, keeps what it prints, types at its terminal, sends it signals
 *
 * Whatever goes wrong in here (no memory, no fork) ends the test program with a sentence.
 */
#ifndef SPAWN_H
#define SPAWN_H

#include <stddef.h>
#include <sys/types.h>

enum spawn_output {
    SPAWN_KEPT,        /* in a file, for process_output and process_errors */
    SPAWN_CLOSED,      /* the program starts without this descriptor */
    SPAWN_BROKEN_PIPE, /* a pipe that nobody reads from */
    SPAWN_FULL_DEVICE, /* /dev/full: there is no space left */
    SPAWN_TERMINAL     /* the terminal; needs spawn_setup.terminal */
};

/* Zero it, then set what is needed. */
struct spawn_setup {
    /* "NAME=VALUE", or "NAME" to leave it out; NULL ends the list; NULL: none. Everything else
     * comes from this process, but nothing of the vendor's (VOLCENGINE_...), nor NO_COLOR or
     * SSL_CERT_FILE. */
    const char *const *environment;
    const char *folder; /* to run in; NULL: the present one */

    const char *input;     /* what standard input gives before its end; NULL: nothing */
    size_t input_len;      /* 0: strlen(input) */
    int input_descriptor;  /* not 0: the same bytes come from this descriptor instead */
    int input_stays_open;  /* 1: the end does not come */
    int input_is_terminal; /* 1: standard input is the terminal; needs terminal */
    int input_is_closed;   /* 1: it starts without standard input */

    enum spawn_output output;
    enum spawn_output errors;
    int terminal;      /* 1: it gets a controlling terminal of its own; else it has none */
    int ignore_sigint; /* 1: it starts with SIGINT ignored, as in the background of a script */
};

struct process;

/* Starts arguments[0] (a path) with arguments, which NULL ends. setup may be NULL. */
struct process *process_start(const char *const *arguments, const struct spawn_setup *setup);

pid_t process_id(const struct process *process);
void process_signal(struct process *process, int number);
/* As if typed at its terminal. */
void process_type(struct process *process, const char *text);

int process_has_ended(struct process *process);

/* Its exit status; 128 + N if signal N ended it; -1 if it had to be killed after limit_ms. */
int process_wait(struct process *process, int limit_ms);

/* What it has printed so far, NUL-terminated; valid until asked again or process_free. What the
 * terminal shows holds also what is typed, where the terminal echoes it. */
const char *process_output(struct process *process);
const char *process_errors(struct process *process);
const char *process_screen(struct process *process);

/* Waits until its standard error, or its terminal, holds text. 1: it does; 0: not within limit_ms,
 * or the program has ended without it. */
int process_await_errors(struct process *process, const char *text, int limit_ms);
int process_await_screen(struct process *process, const char *text, int limit_ms);

/* Does its terminal show what is typed? */
int process_echoes(struct process *process);

/* Kills it if it still runs. NULL is fine. */
void process_free(struct process *process);

/* Starts, waits and gives the exit status; the process still has to be freed. */
struct process *process_run(const char *const *arguments, const struct spawn_setup *setup,
                            int limit_ms, int *status);

void sleep_ms(int milliseconds);

/* Removes a folder with all that is in it, as far as that can be done. */
void remove_tree(const char *folder);

#endif
