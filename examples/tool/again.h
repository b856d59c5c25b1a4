/*
 * again.h - the command line that asks again safely: the same, under the same client token
 */
#ifndef TOOL_AGAIN_H
#define TOOL_AGAIN_H

/* Writes it on standard error, quoted for a shell. It holds no secret, as no option does. */
void again_print(const char *const *arguments, const char *client_token);

#endif
