#define _POSIX_C_SOURCE 200809L
#include "again.h"

#include "option_table.h"
#include <stdlib.h>
#include <string.h>

/* Measures first, with out NULL, then writes. */
struct text {
    char *out;
    size_t len;
};

static void add(struct text *text, const char *piece, size_t len)
{
    if (text->out != NULL) {
        memcpy(text->out + text->len, piece, len);
    }
    text->len += len;
}

static void add_text(struct text *text, const char *piece)
{
    add(text, piece, strlen(piece));
}

static void add_quoted(struct text *text, const char *argument)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:=@%+,";

    if (argument[0] != '\0' && argument[strspn(argument, plain)] == '\0') {
        add_text(text, argument);
        return;
    }
    add_text(text, "'");
    for (; *argument != '\0'; argument++) {
        if (*argument == '\'') {
            add_text(text, "'\\''");
        } else {
            add(text, argument, 1);
        }
    }
    add_text(text, "'");
}

static int is_one_of(const char *name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcmp(name, *names) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Does this option stand in the way of what is wanted, or is it added anyway? */
static int is_dropped(const struct option *option, enum again what)
{
    /* the seed stands in the record, and whoever goes on wants to see how it ends */
    static const char *const of_records[] = {
        "--resume",  "--send-again",       "--forget", "--token-seed",
        "--no-wait", "--if-image-differs", NULL};
    static const char *const of_calls[] = {"--client-token", "--call-only", NULL};

    if (what == AGAIN_LOOK) {
        return (option->traits & OF_LISTS) == 0;
    }
    if (what == AGAIN_CALL) {
        return (option->traits & NOT_WITH_CALL_ONLY) != 0 || is_one_of(option->name, of_calls);
    }
    if (what != AGAIN_RESUME && strcmp(option->name, "--yes") == 0) {
        return 1; /* that was said of something else */
    }
    return is_one_of(option->name, of_records);
}

static const char *words_for(enum again what)
{
    switch (what) {
    case AGAIN_CALL:
        return " --call-only --client-token ";
    case AGAIN_RESUME:
        return " --resume";
    case AGAIN_SEND_AGAIN:
        return " --resume --send-again";
    case AGAIN_LOOK:
        return "";
    default:
        return " --forget";
    }
}

static void write_command(struct text *text, const char *const *arguments, enum again what,
                          const char *client_token)
{
    add_quoted(text, arguments[0]);
    if (what == AGAIN_LOOK) {
        add_text(text, " list instances"); /* which has to come first */
    }
    for (arguments++; *arguments != NULL; arguments++) {
        const struct option *option = option_find(*arguments);
        int has_own_value = option != NULL && option->kind != FLAG &&
                            strchr(*arguments, '=') == NULL && arguments[1] != NULL;
        int is_kept = option == NULL || !is_dropped(option, what);

        if (is_kept) {
            add_text(text, " ");
            add_quoted(text, *arguments);
        }
        if (has_own_value) {
            arguments++;
            if (is_kept) {
                add_text(text, " ");
                add_quoted(text, *arguments);
            }
        }
    }
    add_text(text, words_for(what));
    if (what == AGAIN_CALL) {
        add_quoted(text, client_token);
    }
    add(text, "", 1);
}

char *again_command(const struct options *options, enum again what, const char *client_token)
{
    struct text text = {NULL, 0};

    write_command(&text, options->arguments, what, client_token);
    text.out = malloc(text.len);
    text.len = 0;
    if (text.out != NULL) {
        write_command(&text, options->arguments, what, client_token);
    }
    return text.out;
}
