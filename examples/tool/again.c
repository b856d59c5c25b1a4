#define _POSIX_C_SOURCE 200809L
#include "again.h"

#include "options.h"
#include <stdio.h>
#include <string.h>

static void print_quoted(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:=@%+,";

    if (text[0] != '\0' && text[strspn(text, plain)] == '\0') {
        (void)fputs(text, stderr);
        return;
    }
    (void)putc('\'', stderr);
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            (void)fputs("'\\''", stderr);
        } else {
            (void)putc(*text, stderr);
        }
    }
    (void)putc('\'', stderr);
}

void again_print(const char *const *arguments, const char *client_token)
{
    (void)fputs("  ", stderr);
    print_quoted(arguments[0]);
    for (arguments++; *arguments != NULL; arguments++) {
        if (is_option(*arguments, "--client-token")) {
            arguments += strchr(*arguments, '=') == NULL; /* its value is the next one */
            continue;
        }
        (void)putc(' ', stderr);
        print_quoted(*arguments);
    }
    (void)fputs(" --client-token ", stderr);
    print_quoted(client_token);
    (void)putc('\n', stderr);
    (void)fflush(stderr);
}
