/*
 * record_text.h - the text of a record's file, as record_file.h shows it
 */
#ifndef TOOL_RECORD_TEXT_H
#define TOOL_RECORD_TEXT_H

#include "record_file.h"

#define RECORD_SUFFIX ".record"

/* No record's text is longer: three bytes for each of an option, two for each of the job's. */
#define RECORD_TEXT_MAX (RECORD_OPTIONS_MAX * 3 + 8192)

/* Hands the text to write, a piece at a time, until that returns anything but 0. 0, or -1. */
int record_text_write(const struct record *record,
                      int (*write)(void *ctx, const char *text, size_t len), void *ctx);

/* RECORD_GOOD, _DAMAGED, _FOREIGN or _NEWER. record is whole in the first case only. */
enum record_state record_text_read(struct record *record, const char *text, size_t len);

#endif
