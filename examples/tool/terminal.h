/*
 * terminal.h - asks the person at the terminal, whatever standard input is
 */
#ifndef TOOL_TERMINAL_H
#define TOOL_TERMINAL_H

#include <signal.h>
#include <stddef.h>
#include <termios.h>

struct terminal {
    int descriptor;
    int is_hidden;
    struct termios shown;
    sigset_t before;
};

/* Is there somebody to ask? Only if standard error is a terminal and the process has one. */
int terminal_is_there(void);

/* 0, or -1: there is not. */
int terminal_open(struct terminal *terminal);
/* Shows again what is typed, if need be. */
void terminal_close(struct terminal *terminal);

/* From here on what is typed is not shown. What was typed before is thrown away. 0, or -1. */
int terminal_hide(struct terminal *terminal);

/* Writes text and reads a line into out, NUL-terminated and without its end. Returns its length, or
 * INPUT_ERROR (end of input), INPUT_TOO_LONG or INPUT_INTERRUPTED. */
long terminal_ask(struct terminal *terminal, const char *text, char *out, size_t size);

void terminal_write(struct terminal *terminal, const char *text);

#endif
