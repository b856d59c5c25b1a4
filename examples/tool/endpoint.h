/*
 * endpoint.h - which host and port are asked
 */
#ifndef TOOL_ENDPOINT_H
#define TOOL_ENDPOINT_H

#include "replace_volume.h"

struct endpoint {
    char host[RV_HOST_MAX + 1];
    uint16_t port;
};

/* HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT. 0, or -1: text is none of these. Whether the host
 * is one is the library's to say. */
int endpoint_parse(struct endpoint *endpoint, const char *text);

/* Is it one of the vendor's, so that it may be handed a password without having been typed? */
int endpoint_is_the_vendors(const struct endpoint *endpoint);

/* The one that the vendor's own tools ask for a region. */
void endpoint_default(struct endpoint *endpoint, const char *region);

#endif
