/*
 * input.h - reads whole files, and says if others can read them too
 */
#ifndef TOOL_INPUT_H
#define TOOL_INPUT_H

#include "report.h"

/* What a function here returns instead of a length. */
enum { INPUT_ERROR = -1 /* errno says why */, INPUT_TOO_LONG = -2, INPUT_INTERRUPTED = -3 };

/* Notes that a signal ended the waiting; returns the exit status. */
int input_interrupted(struct report *report);

/* Waits until descriptor can be read. 0, or INPUT_INTERRUPTED once a signal has come. */
int input_wait(int descriptor);

/* Reads to the end into buffer and returns the length, at most size. A signal ends the waiting. */
long input_read(int descriptor, void *buffer, size_t size);

/* The same for a file. warn: say so if others than its owner can read it. */
long input_read_file(const char *path, void *buffer, size_t size, int warn);

#endif
