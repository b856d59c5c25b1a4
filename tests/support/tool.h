/*
 * tool.h - runs the command-line tool (RV_TOOL) and looks at what it said
 */
#ifndef TOOL_H
#define TOOL_H

#include "endpoint.h"
#include "spawn.h"

/* Long enough for a program that valgrind watches on a busy machine. */
#define TOOL_LIMIT_MS 120000

#define STOPPED_INSTANCE "i-demo0stopped0000001"
#define RUNNING_INSTANCE "i-demo0running0000001"
#define IMAGE            "image-debian12"
#define KEY_PAIR         "kp-demo"

/* Credentials and region that the endpoint takes; what a setup without environment stands for. */
#define TOOL_ACCESS_KEY "VOLCENGINE_ACCESS_KEY=" ENDPOINT_ACCESS_KEY_ID
#define TOOL_SECRET_KEY "VOLCENGINE_SECRET_KEY=" ENDPOINT_SECRET_KEY
#define TOOL_REGION     "VOLCENGINE_REGION=" ENDPOINT_REGION

/* A list of texts. */
#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Arguments of a good replacement, for the beginning of a list. */
#define REPLACE \
    "--instance-id", STOPPED_INSTANCE, "--image-id", IMAGE, "--key-pair-name", KEY_PAIR, "--yes"

/* The same as the bare call. */
#define CALL REPLACE, "--call-only"

/* Starts it with these arguments, after --endpoint and --ca-file if there is a service. setup may
 * be NULL. Its records go to the service's folder, unless setup's environment has an
 * XDG_STATE_HOME. */
struct process *tool_start(struct endpoint *service, const char *const *arguments,
                           const struct spawn_setup *setup);

/* Starts it so, waits for its end, and gives the exit status. What it said is kept until the next
 * run or tool_forget. */
int tool_run(struct endpoint *service, const char *const *arguments,
             const struct spawn_setup *setup);
const char *tool_output(void);
const char *tool_errors(void);
void tool_forget(void);

/* Is the text in it? */
int said(const char *text);    /* on standard error */
int printed(const char *text); /* on standard output */

/* The test fails unless it is so, and shows what was said instead. */
void assert_said(const char *text);
void assert_ends(struct endpoint *service, int status, const char *const *arguments);
struct process *tool_start_and_await(struct endpoint *service, const char *const *arguments,
                                     const char *text); /* on standard error */

/* As a power cut does. */
void tool_kill(struct process *tool);

/* Is standard output one JSON object, on one line, in which name has this value, as JSON? */
int json_says(const char *name, const char *value);

/* The client token that it said; valid until asked again. */
const char *said_token(void);

/* Writes a file with this text and mode, in the service's folder, which endpoint_stop removes;
 * without a service under /tmp, where it is the caller's to remove. Its path is valid until the
 * fourth next call. */
const char *make_file(struct endpoint *service, const char *name, const char *text, unsigned mode);

#endif
