#define _POSIX_C_SOURCE 200809L
#include "server.h"

#include "certificate.h"
#include "moment.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TURN_MS = 250, BACKLOG = 4096 };

/* --- TLS --- */

/* HTTP/1.1 is all that is spoken. Who offers other protocols only is let in without one, as a
 * server that does not know ALPN would. */
static int select_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *offered, unsigned offered_len, void *argument)
{
    static const unsigned char http[] = "\x08http/1.1";
    unsigned char *selected;

    (void)ssl;
    (void)argument;
    if (SSL_select_next_proto(&selected, out_len, http, sizeof http - 1, offered, offered_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = selected;
    return SSL_TLSEXT_ERR_OK;
}

static void set_versions(SSL_CTX *context, int tls)
{
    SSL_CTX_set_min_proto_version(context, tls == TLS_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(context, tls == TLS_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION);
}

static void set_resumption(SSL_CTX *context, const struct options *options)
{
    static const unsigned char name[] = "endpoint";

    SSL_CTX_set_session_id_context(context, name, sizeof name - 1);
    if (options->no_session_tickets || options->no_resumption) {
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(context, 0);
    }
    if (options->no_resumption)
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static SSL_CTX *make_context(const struct options *options)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (context == NULL)
        die("OpenSSL cannot make a TLS context");
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS); /* thousands of idle connections */
    set_versions(context, options->tls);
    set_resumption(context, options);
    SSL_CTX_set_alpn_select_cb(context, select_protocol, NULL);
    certificate_install(context, options);
    return context;
}

/* --- Sockets --- */

static void make_non_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        die("cannot make a socket non-blocking: %s", strerror(errno));
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* The address of --listen and --port; returns its length. */
static socklen_t listen_address(const struct options *options, struct sockaddr_storage *address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, options->listen, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)options->port);
        return sizeof *v4;
    }
    if (inet_pton(AF_INET6, options->listen, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)options->port);
        return sizeof *v6;
    }
    die("--listen wants an IPv4 or IPv6 address, not '%s'", options->listen);
}

static int64_t bound_port(int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;

    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        die("cannot find out the port: %s", strerror(errno));
    if (address.ss_family == AF_INET)
        return ntohs(((struct sockaddr_in *)&address)->sin_port);
    return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
}

static void open_listener(struct server *server)
{
    const struct options *options = &server->endpoint->options;
    struct sockaddr_storage address;
    socklen_t len = listen_address(options, &address);
    int yes = 1;

    server->listener = socket(address.ss_family, SOCK_STREAM, 0);
    if (server->listener < 0)
        die("cannot make a socket: %s", strerror(errno));
    setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    make_non_blocking(server->listener);
    if (bind(server->listener, (struct sockaddr *)&address, len) != 0 ||
        listen(server->listener, BACKLOG) != 0)
        die("cannot listen on %s, port %lld: %s; --port 0 takes any free one", options->listen,
            (long long)options->port, strerror(errno));
    server->port = bound_port(server->listener);
}

/* Thousands of connections need as many descriptors. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void server_open(struct server *server, struct endpoint *endpoint)
{
    memset(server, 0, sizeof *server);
    server->endpoint = endpoint;
    raise_descriptor_limit();
    server->context = make_context(&endpoint->options);
    open_listener(server);
    control_open(&server->control, endpoint->options.control_socket);
}

void server_close(struct server *server)
{
    size_t i;

    for (i = 0; i < server->connection_count; i++)
        connection_close(server->connections[i]);
    control_close(&server->control, server->endpoint->options.control_socket);
    free(server->connections);
    free(server->polled);
    close(server->listener);
    SSL_CTX_free(server->context);
}

/* --- The loop --- */

static void journal_refused(struct server *server)
{
    struct journal *journal = &server->endpoint->journal;

    journal_begin(journal, "refused");
    journal_number(journal, "connection", server->accepted);
    journal_end(journal);
}

static void add_connection(struct server *server, int fd)
{
    const struct options *options = &server->endpoint->options;
    bool stalled = server->accepted <= options->tls_stall;
    int yes = 1;

    make_non_blocking(fd);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    server->connections = reallocate((void *)server->connections,
                                     (server->connection_count + 1) * sizeof *server->connections);
    server->connections[server->connection_count++] = connection_open(
        server->endpoint, server->context, fd, server->accepted, stalled);
}

static void accept_connections(struct server *server)
{
    int fd;

    while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
        server->accepted++;
        if (server->accepted <= server->endpoint->options.refuse_connections) {
            close(fd);
            journal_refused(server);
        } else {
            add_connection(server, fd);
        }
    }
}

/* When the first timer is due. */
static uint64_t next_timer(const struct server *server)
{
    uint64_t wake_ms = server->endpoint->cloud.next_step_ms;
    size_t i;

    for (i = 0; i < server->connection_count; i++) {
        if (server->connections[i]->wake_ms < wake_ms)
            wake_ms = server->connections[i]->wake_ms;
    }
    return wake_ms;
}

/* Milliseconds until then, TURN_MS at most. */
static int time_to_wait(const struct server *server, uint64_t now_ms)
{
    uint64_t wake_ms = next_timer(server);

    if (wake_ms <= now_ms)
        return 0;
    return wake_ms - now_ms < TURN_MS ? (int)(wake_ms - now_ms) : TURN_MS;
}

/* The connections come after the listener and those who control. */
enum { POLLED_BEFORE = 1 + CONTROL_POLLED };

static void fill_polled(struct server *server)
{
    size_t i, wanted = server->connection_count + POLLED_BEFORE;

    if (wanted > server->polled_max) {
        server->polled_max = 2 * wanted;
        server->polled = reallocate(server->polled, server->polled_max * sizeof *server->polled);
    }
    server->polled[0].fd = server->listener;
    server->polled[0].events = POLLIN;
    control_fill_polled(&server->control, server->polled + 1);
    for (i = 0; i < server->connection_count; i++) {
        server->polled[i + POLLED_BEFORE].fd = server->connections[i]->fd;
        server->polled[i + POLLED_BEFORE].events = connection_events(server->connections[i]);
    }
}

/* Backwards, because the last connection moves into the place of a closed one. */
static void advance_connections(struct server *server, uint64_t now_ms)
{
    size_t i = server->connection_count;

    while (i-- > 0) {
        struct connection *connection = server->connections[i];
        short seen = server->polled[i + POLLED_BEFORE].revents;

        if (seen == 0 && now_ms < connection->wake_ms)
            continue;
        connection_advance(connection, (seen & POLLIN) != 0, (seen & (POLLERR | POLLHUP)) != 0,
                           now_ms);
        if (connection->phase != PHASE_CLOSED)
            continue;
        connection_close(connection);
        server->connections[i] = server->connections[--server->connection_count];
    }
}

/* Polls, and deals with everything but commands. Returns how many descriptors were ready. */
static int take_turn(struct server *server, int timeout_ms)
{
    uint64_t now_ms;
    int ready = poll(server->polled, (nfds_t)(server->connection_count + POLLED_BEFORE),
                     timeout_ms);

    if (ready < 0) {
        if (errno != EINTR)
            die("cannot wait for connections: %s", strerror(errno));
        return 0;
    }
    now_ms = monotonic_ms();
    cloud_advance(&server->endpoint->cloud, now_ms);
    advance_connections(server, now_ms);
    if (server->polled[0].revents != 0)
        accept_connections(server);
    return ready;
}

void server_turn(struct server *server)
{
    fill_polled(server);
    if (take_turn(server, time_to_wait(server, monotonic_ms())) > 0)
        control_advance(&server->control, server, server->polled + 1);
}

static void settle(struct server *server)
{
    int i, ready;

    do {
        fill_polled(server);
        for (i = 0; i < CONTROL_POLLED; i++)
            server->polled[1 + i].fd = -1;
        ready = take_turn(server, 0);
    } while (ready > 0 || next_timer(server) <= monotonic_ms());
}

void server_pass_time(struct server *server, uint64_t at_ms)
{
    uint64_t next_ms;

    settle(server);
    next_ms = next_timer(server);
    move_clocks_to(next_ms < at_ms ? next_ms : at_ms);
    settle(server);
}
