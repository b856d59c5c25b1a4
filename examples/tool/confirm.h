/*
 * confirm.h - nobody loses a disk by accident
 */
#ifndef TOOL_CONFIRM_H
#define TOOL_CONFIRM_H

#include "found.h"
#include "tool.h"

/* Will it be asked at all? Not with --yes, and not for a check. */
int confirm_is_wanted(const struct options *options);

/* Can it be confirmed? Without a terminal --yes is needed. 0, or an exit status. */
int confirm_is_possible(const struct options *options, struct report *report);

/* The next three say what will be lost and want the instance id typed, if that is wanted at all.
 * 0, or an exit status. */

/* For the bare call. */
int confirm_call(struct tool *tool);
/* For a whole job, with what was found. If the instance runs and --stop is not given, asks for that
 * too, and sets it. */
int confirm_job(struct tool *tool, const struct found *found);
/* For what was said already. prompt: what is to be typed the id for. */
int confirm_id(struct tool *tool, const char *prompt);

/* What is asked for, as found.h shows it, and such a page on the console. */
void confirm_request(struct found_request *request, const struct tool *tool);
void confirm_say_page(char *page);

/* Asks with prompt until Enter, and wants wanted to be typed. 0, or an exit status. */
int confirm_typed(struct tool *tool, const char *prompt, const char *wanted);

#endif
