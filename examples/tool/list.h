/*
 * list.h - replace-volume list instances|images|key-pairs: for whoever looks for an id
 */
#ifndef TOOL_LIST_H
#define TOOL_LIST_H

#include "ask.h"
#include "report.h"

#include <stdio.h>

enum list_kind { LIST_INSTANCES, LIST_IMAGES, LIST_KEY_PAIRS };

/* "instances", "images" or "key-pairs". 0, or -1: text is none of these. */
int list_kind_of(const char *text, enum list_kind *kind);

#define LIST_NO_ANSWER (-1)

/* Asks for all of them, page by page, and prints each as it comes to out: a table or, with json, an
 * object a line, in which null is absent. How many there are is said on standard error. Memory is
 * the same for any number of them.
 *
 * 0; an exit status, with the reason in report: the output cannot be written, or the list cannot be
 * read to its end; or LIST_NO_ANSWER, and ask_result has what explain_call is to say. What was
 * printed until then is right, but not all there is. */
int list_print(struct asker *asker, enum list_kind kind, int json, FILE *out,
               struct report *report);

#endif
