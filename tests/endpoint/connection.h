/* One connection: TLS over memory buffers, requests in, answers out, and all the ways to break it.
 */
#ifndef ENDPOINT_CONNECTION_H
#define ENDPOINT_CONNECTION_H

#include "exchange.h"
#include <openssl/ssl.h>

enum phase {
    PHASE_HANDSHAKE,
    PHASE_READING,   /* until a request is complete */
    PHASE_ANSWERING, /* waiting for its time, or being sent */
    PHASE_DRAINING,  /* all is said: what is left goes out, then FIN, then we wait for the peer's */
    PHASE_SILENT,    /* nothing is sent any more, whatever comes in is thrown away */
    PHASE_CLOSED
};

struct connection {
    struct endpoint *endpoint;
    int fd;
    SSL *ssl;
    BIO *from_peer; /* owned by ssl */
    BIO *to_peer;   /* owned by ssl */
    enum phase phase;
    struct carrier carrier;
    struct text received; /* plaintext of requests */
    struct text outgoing; /* raw bytes that the socket has not taken yet */
    int64_t raw_sent;
    const struct behaviour *behaviour; /* of the request at hand, once its first line is there */
    char action[65];
    struct answer answer;
    size_t answer_sent;
    uint64_t wake_ms;   /* when there is something to do without the peer; UINT64_MAX: never */
    uint64_t active_ms; /* when the last request was answered */
    bool peer_done;     /* it sends no more */
    bool fin_sent;
    bool reset;      /* close by TCP reset */
    const char *why; /* how it was closed, for the journal */
};

struct connection *connection_open(struct endpoint *endpoint, SSL_CTX *context, int fd,
                                   int64_t number, bool stalled);
void connection_close(struct connection *connection); /* frees it as well */

/* What to poll for. */
short connection_events(const struct connection *connection);

/* Does all that can be done now. After it `phase` may be PHASE_CLOSED. */
void connection_advance(struct connection *connection, bool readable, bool broken, uint64_t now_ms);

#endif
