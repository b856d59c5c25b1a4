/*
 * session.h - the library set up for one call, and the loop that drives it
 */
#ifndef TOOL_SESSION_H
#define TOOL_SESSION_H

#include "options.h"
#include "port/posix.h"
#include "settings.h"

/* May not be moved once opened. */
struct session {
    rv_system system;
    rv_posix_socket posix;
    rv_socket socket;
    mbedtls_x509_crt anchors;
    rv_tls tls;
    rv_client client;
    rv_call call;

    /* of the attempt before, for what is said about the next one */
    char last_code[65];
    int32_t last_status;
};

/* Reads the trust anchors and sets up TLS and the client. Nothing is sent. 0, or an exit status
 * with the reason in report. To be followed by session_close in either case. */
int session_open(struct session *session, const struct options *options,
                 const struct settings *settings, struct report *report);

/* Steps the call, which has been started, until it is finished or a signal cancels it. */
void session_run(struct session *session);

/* Closes the connection and wipes. */
void session_close(struct session *session);

#endif
