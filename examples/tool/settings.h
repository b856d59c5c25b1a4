/*
 * settings.h - who asks, and where: credentials, region and endpoint, as the vendor's tools find
 * them
 */
#ifndef TOOL_SETTINGS_H
#define TOOL_SETTINGS_H

#include "config_file.h"
#include "endpoint.h"
#include "options.h"

struct settings {
    rv_credentials credentials; /* all of it from one source */
    const char *region;
    struct endpoint endpoint;

    /* Where they come from, for messages: "--region", "VOLCENGINE_REGION", a profile. */
    char credentials_source[RV_ID_MAX + 32];
    const char *region_source;
    const char *endpoint_source;

    struct profile profile; /* holds secrets */
    char config_path[4096];
};

/* 0, or an exit status with the reason in report. The settings may not be moved; they are to be
 * wiped in either case. */
int settings_find(struct settings *settings, const struct options *options, struct report *report);
void settings_wipe(struct settings *settings);

#endif
