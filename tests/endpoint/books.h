/* The books: what was done to each instance, as one JSON file. */
#ifndef ENDPOINT_BOOKS_H
#define ENDPOINT_BOOKS_H

#include "exchange.h"

/* "ID":{...} */
void books_write_instance(const struct instance *instance, struct text *out);

/* Writes --books, if it was given. */
void books_write(const struct endpoint *endpoint);

#endif
