/* The listening socket and the one loop around all connections. */
#ifndef ENDPOINT_SERVER_H
#define ENDPOINT_SERVER_H

#include "connection.h"
#include "control.h"

struct server {
    struct endpoint *endpoint;
    SSL_CTX *context;
    int listener;
    int64_t port;
    int64_t accepted;
    struct connection **connections;
    size_t connection_count;
    struct control control;
    struct pollfd *polled;
    size_t polled_max;
};

void server_open(struct server *server, struct endpoint *endpoint);

/* Waits for something to happen, for 250 ms at most, and deals with it. */
void server_turn(struct server *server);

/* Deals with all that has come. Then time passes, if it stands still, until at_ms or until the
 * first thing happens by itself, whichever is sooner, and that is dealt with too. */
void server_pass_time(struct server *server, uint64_t at_ms);
void server_close(struct server *server);

#endif
