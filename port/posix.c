/*
 * posix.c - see posix.h
 *
 * SPDX-License-Identifier: MIT
 */
#if defined(__linux__) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L /* the BSDs show everything unless something is asked for */
#endif
#undef RV_STATIC /* of the core only types are used here */

#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 3000u
#define WAIT_MAX_MS        5000

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* SO_NOSIGPIPE then */
#endif

/* --- system ----------------------------------------------------------------------------------- */

static uint64_t monotonic_ms(void *ctx)
{
    struct timespec now = {0, 0};

    (void)ctx;
#if defined(CLOCK_BOOTTIME)
    if (clock_gettime(CLOCK_BOOTTIME, &now) != 0)
#endif
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static int utc_s(void *ctx, int64_t *seconds)
{
    struct timespec now;

    (void)ctx;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) {
        return RV_ERR_CLOCK;
    }
    *seconds = (int64_t)now.tv_sec;
    return RV_OK;
}

/* Up to len bytes; how many, or -1 with errno. */
static ssize_t kernel_random(uint8_t *buf, size_t len)
{
#if defined(GRND_NONBLOCK)
    return getrandom(buf, len, GRND_NONBLOCK);
#else
    size_t part = len < 256 ? len : 256; /* as much as getentropy gives at a time */

    return getentropy(buf, part) == 0 ? (ssize_t)part : -1;
#endif
}

int rv_posix_random(void *ctx, uint8_t *buf, size_t len)
{
    size_t done = 0;

    (void)ctx;
    while (done < len) {
        ssize_t got = kernel_random(buf + done, len - done);

        if (got > 0) {
            done += (size_t)got;
        } else if (got == 0 || errno != EINTR) {
            return RV_ERR_RANDOM;
        }
    }
    return RV_OK;
}

void rv_posix_system(rv_system *system)
{
    memset(system, 0, sizeof *system);
    system->monotonic_ms = monotonic_ms;
    system->utc_s = utc_s;
    system->random = rv_posix_random;
}

/* --- socket: addresses ------------------------------------------------------------------------ */

static struct addrinfo *look_up(const char *name, const char *port, int flags, int *code)
{
    struct addrinfo hints;
    struct addrinfo *list = NULL;

    memset(&hints, 0, sizeof hints);
    hints.ai_flags = flags | AI_NUMERICSERV;
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_protocol = IPPROTO_TCP;
    *code = getaddrinfo(name, port, &hints, &list);
    return *code == 0 ? list : NULL;
}

static const struct addrinfo *skip_to(const struct addrinfo *entry, int family)
{
    while (entry != NULL && entry->ai_family != family) {
        entry = entry->ai_next;
    }
    return entry;
}

/* last_error for a code of getaddrinfo. */
static int resolver_error(int code)
{
    if (code == EAI_SYSTEM && errno != 0) {
        return errno;
    }
    return code < 0 ? code : -code;
}

/* A numeric host is taken as it is, whatever addresses the machine itself has. */
static int resolve(rv_posix_socket *self, const char *host, uint16_t port)
{
    const char *numeric = self->address != NULL ? self->address : host;
    struct addrinfo *list;
    char digits[6];
    int code;

    self->error = 0;
    (void)snprintf(digits, sizeof digits, "%u", (unsigned)port);
    list = look_up(numeric, digits, AI_NUMERICHOST, &code);
    if (list == NULL && self->address == NULL) {
        list = look_up(host, digits, AI_ADDRCONFIG, &code);
    }
    if (list == NULL) {
        self->error = resolver_error(code);
        return RV_ERR_RESOLVE;
    }
    self->addresses = list;
    self->turn = 0;
    self->next[0] = list;
    self->next[1] = skip_to(list, list->ai_family == AF_INET ? AF_INET6 : AF_INET);
    return RV_OK;
}

static int has_address(const rv_posix_socket *self)
{
    return self->next[0] != NULL || self->next[1] != NULL;
}

/* The next of the family whose turn it is, else of the other. There is one. */
static const struct addrinfo *take_address(rv_posix_socket *self)
{
    int turn = self->next[self->turn] != NULL ? self->turn : !self->turn;
    const struct addrinfo *entry = self->next[turn];

    self->next[turn] = skip_to(entry->ai_next, entry->ai_family);
    self->turn = !turn;
    return entry;
}

static void drop_addresses(rv_posix_socket *self)
{
    if (self->addresses != NULL) {
        freeaddrinfo(self->addresses);
    }
    self->addresses = NULL;
    self->next[0] = NULL;
    self->next[1] = NULL;
}

/* --- socket: connecting ----------------------------------------------------------------------- */

static int new_socket(const struct addrinfo *address)
{
#if defined(SOCK_CLOEXEC) && defined(SOCK_NONBLOCK)
    return socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                  address->ai_protocol);
#else
    int descriptor = socket(address->ai_family, address->ai_socktype, address->ai_protocol);

    if (descriptor >= 0 && (fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0 ||
                            fcntl(descriptor, F_SETFL, O_NONBLOCK) != 0)) {
        int error = errno;

        (void)close(descriptor);
        errno = error;
        return -1;
    }
    return descriptor;
#endif
}

/* Neither is worth giving up a connection for. */
static void set_options(int descriptor)
{
    int on = 1;

    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#if defined(SO_NOSIGPIPE)
    (void)setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
}

static void close_descriptor(rv_posix_socket *self)
{
    if (self->descriptor >= 0) {
        (void)close(self->descriptor);
    }
    self->descriptor = -1;
}

static int not_connected(rv_posix_socket *self, int error)
{
    self->error = error;
    return error == ETIMEDOUT ? RV_ERR_TIMEOUT : RV_ERR_CONNECT;
}

/* An interrupted connect goes on by itself, as one that says so. */
static int begin_connect(rv_posix_socket *self, const struct addrinfo *address)
{
    uint32_t limit = self->connect_timeout_ms != 0 ? self->connect_timeout_ms : CONNECT_TIMEOUT_MS;

    self->descriptor = new_socket(address);
    if (self->descriptor < 0) {
        return not_connected(self, errno);
    }
    set_options(self->descriptor);
    self->deadline_ms = monotonic_ms(NULL) + limit;
    if (connect(self->descriptor, address->ai_addr, address->ai_addrlen) == 0) {
        return RV_OK;
    }
    return errno == EINPROGRESS || errno == EINTR ? RV_AGAIN : not_connected(self, errno);
}

static int check_connect(rv_posix_socket *self)
{
    struct pollfd entry = {self->descriptor, POLLOUT, 0};
    int error = 0;
    socklen_t size = sizeof error;

    if (poll(&entry, 1, 0) <= 0) {
        return monotonic_ms(NULL) < self->deadline_ms ? RV_AGAIN : not_connected(self, ETIMEDOUT);
    }
    if (getsockopt(self->descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        error = errno;
    }
    return error == 0 ? RV_OK : not_connected(self, error);
}

/* Goes on until an address is connected or has to be waited for, or there are no more. */
static int connect_some(rv_posix_socket *self)
{
    int status = RV_ERR_CONNECT;

    while (self->descriptor >= 0 || has_address(self)) {
        status = self->descriptor >= 0 ? check_connect(self)
                                       : begin_connect(self, take_address(self));
        if (status == RV_OK || status == RV_AGAIN) {
            return status;
        }
        close_descriptor(self);
    }
    return status;
}

/* --- socket: the callbacks -------------------------------------------------------------------- */

static int socket_open(void *ctx, const char *host, uint16_t port, rv_need *need)
{
    rv_posix_socket *self = ctx;
    int status = RV_OK;

    if (self->addresses == NULL) {
        status = self->descriptor >= 0 ? RV_OK : resolve(self, host, port);
        if (status != RV_OK || self->descriptor >= 0) {
            return status;
        }
    }
    status = connect_some(self);
    if (status == RV_AGAIN) {
        need->events = RV_WRITE;
        need->wake_at_ms = self->deadline_ms;
        return RV_AGAIN;
    }
    drop_addresses(self);
    if (status == RV_OK) {
        self->error = 0;
    }
    return status;
}

/* What a failed send or recv means. */
static int io_status(rv_posix_socket *self, int error)
{
    if (error == EAGAIN || error == EWOULDBLOCK) {
        return RV_AGAIN;
    }
    self->error = error;
    return error == EPIPE ? RV_EOF : RV_ERR_NETWORK;
}

static int socket_send(void *ctx, const uint8_t *buf, size_t len)
{
    rv_posix_socket *self = ctx;
    ssize_t sent;

    do {
        sent = send(self->descriptor, buf, len < INT_MAX ? len : INT_MAX, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent >= 0 ? (int)sent : io_status(self, errno);
}

static int socket_recv(void *ctx, uint8_t *buf, size_t len)
{
    rv_posix_socket *self = ctx;
    ssize_t got;

    do {
        got = recv(self->descriptor, buf, len < INT_MAX ? len : INT_MAX, 0);
    } while (got < 0 && errno == EINTR);
    if (got == 0) {
        return RV_EOF;
    }
    return got > 0 ? (int)got : io_status(self, errno);
}

static void socket_close(void *ctx)
{
    rv_posix_socket *self = ctx;

    close_descriptor(self);
    drop_addresses(self);
}

static int poll_timeout(uint64_t wake_at_ms)
{
    uint64_t now = monotonic_ms(NULL);

    if (wake_at_ms <= now) {
        return 0;
    }
    return wake_at_ms - now < WAIT_MAX_MS ? (int)(wake_at_ms - now) : WAIT_MAX_MS;
}

/* A descriptor with nothing to wait for is left out: poll would report its end all the same. */
static int socket_wait(void *ctx, const rv_need *need)
{
    rv_posix_socket *self = ctx;
    struct pollfd entry = {self->descriptor, 0, 0};

    if ((need->events & RV_NOW) != 0) {
        return RV_OK;
    }
    if ((need->events & RV_READ) != 0) {
        entry.events = POLLIN;
    }
    if ((need->events & RV_WRITE) != 0) {
        entry.events = (short)(entry.events | POLLOUT);
    }
    if (entry.events == 0) {
        entry.fd = -1;
    }
    if (entry.fd < 0 && need->wake_at_ms == RV_NEVER) {
        return RV_ERR_USAGE;
    }
    if (poll(&entry, 1, poll_timeout(need->wake_at_ms)) < 0 && errno != EINTR) {
        self->error = errno;
        return RV_ERR_NETWORK;
    }
    return RV_OK;
}

static int socket_last_error(void *ctx)
{
    const rv_posix_socket *self = ctx;

    return self->error;
}

void rv_posix_socket_init(rv_posix_socket *posix, rv_socket *interface)
{
    memset(posix, 0, sizeof *posix);
    posix->descriptor = -1;

    memset(interface, 0, sizeof *interface);
    interface->ctx = posix;
    interface->open = socket_open;
    interface->send = socket_send;
    interface->recv = socket_recv;
    interface->close = socket_close;
    interface->wait = socket_wait;
    interface->last_error = socket_last_error;
}

int rv_posix_descriptor(const rv_posix_socket *posix)
{
    return posix->descriptor;
}

const char *rv_posix_error_text(const rv_posix_socket *posix)
{
    if (posix->error == 0) {
        return "";
    }
    if (posix->error > 0) {
        return strerror(posix->error);
    }
    return gai_strerror(EAI_NONAME < 0 ? posix->error : -posix->error);
}

/* --- trust anchors ---------------------------------------------------------------------------- */

#if defined(MBEDTLS_FS_IO)

static const char *const usual_places[] = {
    "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Alpine, OpenWrt, Buildroot */
    "/etc/pki/tls/certs/ca-bundle.crt",                  /* RedHat */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* RedHat, newer */
    "/etc/ssl/ca-bundle.pem",                            /* SUSE */
    "/etc/ssl/cert.pem",                                 /* Alpine without its package, the BSDs */
    "/usr/local/share/certs/ca-root-nss.crt",            /* FreeBSD, from ports */
    "/etc/openssl/certs/ca-certificates.crt",            /* NetBSD */
};

/* errno, or 0. mbedTLS asks a folder for its length and tries to allocate that. */
static int cannot_read(const char *file)
{
    struct stat about;

    if (stat(file, &about) != 0 || access(file, R_OK) != 0) {
        return errno;
    }
    return S_ISDIR(about.st_mode) ? EISDIR : 0;
}

static int is_out_of_memory(int tls_error)
{
#if defined(MBEDTLS_ERR_PK_ALLOC_FAILED)
    if (tls_error == MBEDTLS_ERR_PK_ALLOC_FAILED) {
        return 1;
    }
#endif
#if defined(MBEDTLS_ERR_X509_ALLOC_FAILED)
    if (tls_error == MBEDTLS_ERR_X509_ALLOC_FAILED) {
        return 1;
    }
#endif
    return 0;
}

static int take_file(mbedtls_x509_crt *anchors, const char *file, rv_posix_bundle *bundle)
{
    int result;

    memset(bundle, 0, sizeof *bundle);
    bundle->file = file;
    bundle->system_error = cannot_read(file);
    if (bundle->system_error != 0) {
        return RV_ERR_USAGE;
    }
    result = mbedtls_x509_crt_parse_file(anchors, file);
    if (result >= 0) {
        bundle->skipped = result;
        return RV_OK;
    }
    bundle->tls_error = result;
    return is_out_of_memory(result) ? RV_ERR_MEMORY : RV_ERR_TLS;
}

/* If none is good, the first one that is there says why. */
static int take_usual_place(mbedtls_x509_crt *anchors, rv_posix_bundle *bundle)
{
    rv_posix_bundle tried;
    int result = RV_ERR_USAGE;
    size_t i;

    memset(bundle, 0, sizeof *bundle);
    bundle->system_error = ENOENT;
    for (i = 0; i < sizeof usual_places / sizeof usual_places[0]; i++) {
        int status = take_file(anchors, usual_places[i], &tried);

        if (status == RV_OK || status == RV_ERR_MEMORY) {
            *bundle = tried;
            return status;
        }
        if (bundle->file == NULL && tried.system_error != ENOENT) {
            *bundle = tried;
            result = status;
        }
    }
    return result;
}

int rv_posix_ca_bundle(mbedtls_x509_crt *anchors, const char *file, rv_posix_bundle *bundle)
{
    rv_posix_bundle unwanted;

    if (bundle == NULL) {
        bundle = &unwanted;
    }
    if (file == NULL) {
        file = getenv("SSL_CERT_FILE");
        if (file == NULL || file[0] == '\0') {
            return take_usual_place(anchors, bundle);
        }
    }
    return take_file(anchors, file, bundle);
}

#endif
