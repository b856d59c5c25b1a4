/*
 * found.h - what the service says of instance, image and system volume, shown before the
 * replacement is confirmed
 */
#ifndef TOOL_FOUND_H
#define TOOL_FOUND_H

#include "ask.h"

/* How much is known of a thing. */
enum found_state {
    FOUND_NOT_ASKED = 0,
    FOUND_KNOWN,
    FOUND_NOT_VISIBLE,   /* it does not exist, or not for these credentials */
    FOUND_NOT_PERMITTED, /* this account may not ask */
    FOUND_NO_ANSWER      /* none that could be understood */
};

/* Texts are safe to show; "" is not known. */
#define FOUND_TEXT_SIZE 260 /* the library hands over no more than 256 bytes of one */
#define FOUND_TIME_SIZE 40

struct found_instance {
    enum found_state state;
    char name[FOUND_TEXT_SIZE];
    char project[FOUND_TEXT_SIZE];
    char status[FOUND_TEXT_SIZE];       /* "RUNNING" */
    char stopped_mode[FOUND_TEXT_SIZE]; /* "KeepCharging", "StopCharging" */
    char image_id[FOUND_TEXT_SIZE];     /* now */
    char os_name[FOUND_TEXT_SIZE];      /* now; OsType if it has no name */
    char public_address[FOUND_TEXT_SIZE];
    char private_address[FOUND_TEXT_SIZE]; /* of the primary network interface */
    char deletion_protection[16];          /* "true", "false" */
    char expires_at[FOUND_TIME_SIZE];
    char volume_id[FOUND_TEXT_SIZE]; /* the only one, if there is one only */
    unsigned volume_count;
    unsigned interface_count;
};

struct found_image {
    enum found_state state;
    char name[FOUND_TEXT_SIZE];
    char os_name[FOUND_TEXT_SIZE]; /* OsType if it has no name */
    char os_type[FOUND_TEXT_SIZE]; /* "Linux", "Windows" */
    char visibility[FOUND_TEXT_SIZE];
    char status[FOUND_TEXT_SIZE];
    char size_gib[FOUND_TIME_SIZE];
};

struct found_volume {
    enum found_state state;
    char id[FOUND_TEXT_SIZE];
    char size_gib[FOUND_TIME_SIZE];
    char type[FOUND_TEXT_SIZE];
};

struct found_snapshot {
    enum found_state state; /* of the volume's snapshots; KNOWN with id "": there is none */
    char id[FOUND_TEXT_SIZE];
    char name[FOUND_TEXT_SIZE];
    char created_at[FOUND_TIME_SIZE];
    char status[FOUND_TEXT_SIZE];
    int is_of_some; /* there are more than the service lists at once: a later one is possible */
};

struct found {
    struct found_instance instance;
    struct found_image image; /* to come */
    struct found_volume volume;
    struct found_snapshot snapshot;
};

/* Asks for everything, with at most four questions. What the account may not ask, or the service
 * does not answer, is said so in found and is no obstacle. RV_OK; RV_ERR_CANCELLED; or, where
 * already the first question shows that no other would be answered (no connection, a wrong key),
 * its status: ask_result then has what explain_call is to say. image_id NULL: the image is not
 * asked for. */
int found_ask(struct found *found, struct asker *asker, const char *instance_id,
              const char *image_id);

/* Which credential the new system gets. */
enum found_credential {
    FOUND_PASSWORD,
    FOUND_KEY_PAIR,
    FOUND_PASSWORD_AND_KEY_PAIR, /* the service takes the key pair */
    FOUND_IMAGE_CREDENTIAL       /* KeepImageCredential */
};

/* What was asked for, as far as it is shown. All texts are needed unless said otherwise. */
struct found_request {
    const char *instance_id;
    const char *image_id;
    const char *image_release_version; /* or NULL */
    uint32_t size_gib;                 /* of the new volume; 0: as the service has it */
    const char *region;
    const char *host;
    uint16_t port;
    const char *access_key_id; /* its last four characters are shown */
    enum found_credential credential;
    const char *key_pair_name; /* with a key pair */
};

#define FOUND_PAGE_SIZE 12288

/* Writes the page that is shown before the confirmation, a line end after each line: what was
 * found, then what is lost and what is not known, in any case. It always fits. */
void found_page(const struct found *found, const struct found_request *request,
                char page[FOUND_PAGE_SIZE]);

/* The same for several: some lines about each, and what they have in common. */
void found_paragraph(const struct found *found, const struct found_request *request,
                     char page[FOUND_PAGE_SIZE]);
void found_common_page(const struct found_image *image, const struct found_request *request,
                       char page[FOUND_PAGE_SIZE]);

#endif
