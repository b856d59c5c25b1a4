/*
 * again.h - the command line to go on with, ready for a shell
 */
#ifndef TOOL_AGAIN_H
#define TOOL_AGAIN_H

#include "options.h"

enum again {
    AGAIN_CALL,       /* the same call, under the token that was sent: also in the place of a job */
    AGAIN_RESUME,     /* go on with the job */
    AGAIN_SEND_AGAIN, /* the same, under a new token if need be */
    AGAIN_FORGET,     /* remove its record */
    AGAIN_LOOK        /* list the instances: all that can be done without a record */
};

/* The arguments as given, changed for what is wanted. client_token is for AGAIN_CALL. From malloc;
 * NULL: out of memory. */
char *again_command(const struct options *options, enum again what, const char *client_token);

#endif
