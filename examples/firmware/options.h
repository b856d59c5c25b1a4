/* options.h - what this run is to do, from the program's arguments: name=value, separated by spaces
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdint.h>

struct options {
    const char *instance;
    const char *image;
    const char *key_pair;
    const char *region;
    const char *host;    /* of the service, whom its certificate names */
    const char *port;    /* NULL: 443 */
    const char *address; /* numeric; connected to instead of resolving the name. NULL: resolve */
    const char *name_server; /* its numeric address; NULL: the one that DHCP tells */
    const char *ca_file;     /* the CA's certificate, in DER */
    const char *access_key;  /* id and secret */
    const char *secret_key;
    const char *record_file; /* the job's record; NULL: only in memory */
    const char *utc;         /* what the clock shows at the start, in seconds; NULL: the truth */
};

/* 0, or -1: something is missing or unknown, and that was said. */
int options_read(struct options *options);

/* Decimal digits, or -1. */
int64_t options_number(const char *text);

#endif
