/*
 * secrets.h - the password and the user data of the new system
 */
#ifndef TOOL_SECRETS_H
#define TOOL_SECRETS_H

#include "options.h"

/* Room for far more than the rules allow, so that what is wrong is said by rule. */
#define PASSWORD_SIZE 1024

struct secrets {
    char password[PASSWORD_SIZE];
    size_t password_len;
    int has_password;
    uint8_t user_data[RV_USER_DATA_MAX + 1];
    size_t user_data_len;
    int has_user_data;
};

/* Where the password comes from, for messages. */
const char *password_source(const struct options *options);

/* Is a password needed at all, and has it to be typed? */
int password_is_wanted(const struct options *options);
int password_is_typed(const struct options *options);

/* Can it be typed, if need be? 0, or an exit status. */
int password_is_possible(const struct options *options, struct report *report);

/* Reads the password: file, standard input, descriptor, or asked twice on the terminal without
 * being shown. One line end after it is dropped. 0, or an exit status. */
int secrets_read_password(struct secrets *secrets, const struct options *options,
                          struct report *report);

/* Reads --user-data-file, if given. 0, or an exit status. */
int secrets_read_user_data(struct secrets *secrets, const struct options *options,
                           struct report *report);

void secrets_wipe(struct secrets *secrets);

#endif
