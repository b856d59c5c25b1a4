/*
 * prepare.h - what can be found wrong before anything is sent
 */
#ifndef TOOL_PREPARE_H
#define TOOL_PREPARE_H

#include "tool.h"

/* All that follow give 0, or an exit status with the reason in report. */

/* What the command line alone decides; reads the user data, and a password that is in a file or
 * behind a descriptor. */
int prepare_options(struct tool *tool);

/* Asks for a password that has to be typed. Late, when everything else is known to be good. */
int prepare_typed_password(struct tool *tool);

/* Checks what is asked for by the library's rules, and leaves it in tool->replace. Without the
 * password one that keeps them all stands in for it during the check. */
int prepare_replacement(struct tool *tool);

/* Whoever does not know the token cannot ask again safely. */
int say_token(struct tool *tool, const char *token);

#endif
