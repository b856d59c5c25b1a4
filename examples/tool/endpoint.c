#define _POSIX_C_SOURCE 200809L
#include "endpoint.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PORT 443

static int parse_port(const char *text, uint16_t *port)
{
    uint32_t value = 0;

    if (text[0] == '\0' || strlen(text) > 5) {
        return -1;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return -1;
        }
        value = value * 10 + (uint32_t)(*text - '0');
    }
    if (value == 0 || value > 65535) {
        return -1;
    }
    *port = (uint16_t)value;
    return 0;
}

int endpoint_parse(struct endpoint *endpoint, const char *text)
{
    int has_brackets = text[0] == '[';
    const char *host = text + has_brackets;
    size_t len = strcspn(host, has_brackets ? "]" : ":");
    const char *after = host + len;

    if (len == 0 || len >= sizeof endpoint->host || (has_brackets && *after != ']')) {
        return -1;
    }
    memcpy(endpoint->host, host, len);
    endpoint->host[len] = '\0';
    endpoint->port = PORT;
    after += has_brackets;
    if (*after == '\0') {
        return 0;
    }
    return *after == ':' ? parse_port(after + 1, &endpoint->port) : -1;
}

int endpoint_is_the_vendors(const struct endpoint *endpoint)
{
    static const char *const domains[] = {"volcengineapi.com", "volcengine-api.com",
                                          "byteplusapi.com"};
    size_t len = strlen(endpoint->host);
    size_t i;

    for (i = 0; i < sizeof domains / sizeof domains[0]; i++) {
        size_t domain_len = strlen(domains[i]);
        const char *end = endpoint->host + len - (len < domain_len ? len : domain_len);

        if (strcasecmp(end, domains[i]) == 0 && (end == endpoint->host || end[-1] == '.')) {
            return 1;
        }
    }
    return 0;
}

void endpoint_default(struct endpoint *endpoint, const char *region)
{
    static const char *const regional[] = {"cn-beijing-autodriving", "cn-shanghai-autodriving",
                                           "cn-beijing-selfdrive", "ap-southeast-2",
                                           "ap-southeast-3"};
    size_t i;

    endpoint->port = PORT;
    (void)snprintf(endpoint->host, sizeof endpoint->host, "open.volcengineapi.com");
    for (i = 0; i < sizeof regional / sizeof regional[0]; i++) {
        if (strcmp(region, regional[i]) == 0) {
            (void)snprintf(endpoint->host, sizeof endpoint->host, "ecs.%s.volcengineapi.com",
                           region);
        }
    }
}
