/*
 * session.h - the library set up for one connection, and the waiting for it
 */
#ifndef TOOL_SESSION_H
#define TOOL_SESSION_H

#include "ask.h"
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

/* How each client of this run is configured, but for what it is used for: socket, callbacks. */
void session_client_config(rv_client_config *config, const struct session *session,
                           const struct options *options, const struct settings *settings);

/* Waits for what need says, at most so long; a signal ends it too. */
void session_wait(const struct session *session, const rv_need *need, int most_ms);
#define SESSION_WAIT_MAX_MS 5000 /* poll does not count the time that the machine is suspended */

/* Steps session->call, which has been started, until it is finished or a signal cancels it. */
void session_run_call(struct session *session);

/* The way in which questions are asked here, with session->call. */
void session_asker(struct session *session, struct asker *asker);

/* Milliseconds, as all limits are measured in. */
uint64_t session_now_ms(const struct session *session);

/* Closes the connection and wipes. */
void session_close(struct session *session);

#endif
