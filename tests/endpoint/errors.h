/* The service's errors: the 29 of the ReplaceSystemVolume document and those of the API gateway. */
#ifndef ENDPOINT_ERRORS_H
#define ENDPOINT_ERRORS_H

#include <stdbool.h>
#include <stddef.h>

struct service_error {
    const char *code;
    int status;          /* HTTP */
    int number;          /* CodeN of a gateway error; 0: none is documented */
    const char *message; /* word by word that of the document */
    const char *reached; /* how a request meets it; printed by --help-errors */
};

const struct service_error *find_error(const char *code); /* NULL when unknown */
void print_errors(void);

/* Why a request is refused. `detail` is for the reader of the journal: it names what was wrong but
 * never carries a parameter's value. */
struct refusal {
    const struct service_error *error; /* NULL: not refused */
    char detail[240];
};

/* Fills in a refusal; always false, so that a check can end with `return refuse(...)`. */
bool refuse(struct refusal *refusal, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
