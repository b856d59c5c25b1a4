/* The decoded parameters of one request, sorted by key. */
#ifndef ENDPOINT_PARAMETERS_H
#define ENDPOINT_PARAMETERS_H

#include "text.h"

struct parameter {
    char *key;
    char *value;
};

struct parameters {
    struct parameter *items;
    size_t count;
};

/* Adds what `encoded` (key=value&...) holds. Only the one encoding that a signature can stand on is
 * taken: A-Za-z0-9-_.~ as they are, all else as %XX in upper case. `in_order` wants the keys in
 * byte order as well. False with a complaint that names the key, never a value. */
bool parameters_add(struct parameters *parameters, const char *encoded, size_t len, bool in_order,
                    char *complaint, size_t complaint_size);
void parameters_free(struct parameters *parameters);

const char *find_parameter(const struct parameters *parameters, const char *key); /* or NULL */

/* key=value&... in the canonical order and encoding, leaving out the key `except` (may be NULL). */
void parameters_canonical(const struct parameters *parameters, const char *except,
                          struct text *out);

#endif
