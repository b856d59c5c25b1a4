/*
 * signals.h - SIGINT, SIGTERM and SIGHUP become something that can be waited for and asked about
 */
#ifndef TOOL_SIGNALS_H
#define TOOL_SIGNALS_H

/* A reader of standard output that goes away does not end the program. */
void signals_ignore_pipe(void);

/* From here on these signals no longer end the program, unless whoever started it has had them
 * ignored. From the third one on they do: the program may be somewhere where it cannot look.
 * 0, or -1 with errno. */
int signals_catch(void);

/* Readable once a signal has come, until signals_note. */
int signals_descriptor(void);
/* What has come is known: the next one makes the descriptor readable again. */
void signals_note(void);

/* The number of the first one that has come; 0: none. And how many have come. */
int signals_caught(void);
int signals_count(void);

/* "SIGINT" */
const char *signals_name(int number);

#endif
