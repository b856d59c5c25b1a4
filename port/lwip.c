/*
 * lwip.c - see lwip.h
 *
 * lwIP's call-backs only note what has come; what follows from it is done when the core asks next.
 *
 * SPDX-License-Identifier: MIT
 */
#undef RV_STATIC /* of the core only types are used here */

#include "lwip.h"

#include <lwip/dns.h>
#include <lwip/init.h>
#include <lwip/pbuf.h>
#include <lwip/sys.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <string.h>

#if LWIP_VERSION_MAJOR < 2 || (LWIP_VERSION_MAJOR == 2 && LWIP_VERSION_MINOR < 1)
#error "port/lwip.c needs lwIP 2.1 or newer"
#endif
#if !NO_SYS
#error \
    "port/lwip.c is for NO_SYS; with lwIP in a thread of its own, write rv_socket over its sockets"
#endif
#if !LWIP_TCP || !LWIP_CALLBACK_API
#error "port/lwip.c needs LWIP_TCP and LWIP_CALLBACK_API"
#endif
#if !LWIP_DNS
#error "port/lwip.c needs LWIP_DNS"
#endif
#if !LWIP_TIMERS || LWIP_TIMERS_CUSTOM
#error "port/lwip.c needs LWIP_TIMERS"
#endif
#if TCP_WND > 0xFFFF
#error "port/lwip.c counts what has been received in 16 bits, as pbuf does: TCP_WND up to 65535"
#endif
#if MEMP_NUM_TCP_PCB < 2
#error "port/lwip.c needs MEMP_NUM_TCP_PCB to be at least 2: one may still be closing"
#endif

#define CONNECT_TIMEOUT_MS 3000u
#define BUSY_MS            100u /* until a full resolver is asked again */
#define WAIT_MAX_MS        250u /* lwIP's own period, in which it tries again what lacked memory */

enum {
    IDLE,
    NEXT_FAMILY, /* to be asked for */
    ASKED,
    ANSWERED, /* target is the address */
    CONNECTING,
    OPEN,
    BROKEN /* lwIP has freed the pcb */
};

static const uint8_t families[] = {
#if LWIP_IPV4
    LWIP_DNS_ADDRTYPE_IPV4,
#endif
#if LWIP_IPV6
    LWIP_DNS_ADDRTYPE_IPV6,
#endif
};

/* --- clock ------------------------------------------------------------------------------------ */

uint64_t rv_lwip_monotonic_ms(void *ctx)
{
    rv_lwip_clock *self = ctx;

    self->ms += (uint32_t)(sys_now() - (uint32_t)self->ms);
    return self->ms;
}

static uint64_t now_ms(const rv_lwip_socket *self)
{
    return self->system->monotonic_ms(self->system->ctx);
}

/* --- what lwIP calls -------------------------------------------------------------------------- */

/* That one address failed, or one question: the next family may do better. */
static void not_this_one(rv_lwip_socket *self, int failure, int error)
{
    self->state = NEXT_FAMILY;
    self->failure = failure;
    self->error = error;
}

static void on_found(const char *name, const ip_addr_t *address, void *arg)
{
    rv_lwip_query *query = arg;
    rv_lwip_socket *self = query->socket;
    int is_late = query->generation != self->generation;

    (void)name;
    query->generation = 0;
    if (is_late) {
        return;
    }
    self->has_news = 1;
    self->state = NEXT_FAMILY;
    if (address != NULL) {
        self->target = *address;
        self->state = ANSWERED;
    }
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t error)
{
    rv_lwip_socket *self = arg;

    (void)pcb;
    (void)error; /* always ERR_OK */
    self->has_news = 1;
    self->state = OPEN;
    return ERR_OK;
}

/* Memory of received stays within TCP_WND, since the peer is told only of what was read. */
static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *bytes, err_t error)
{
    rv_lwip_socket *self = arg;

    (void)pcb;
    (void)error; /* always ERR_OK */
    self->has_news = 1;
    if (bytes == NULL) {
        self->has_ended = 1;
    } else if (self->received == NULL) {
        self->received = bytes;
    } else {
        pbuf_cat(self->received, bytes);
    }
    return ERR_OK;
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
    rv_lwip_socket *self = arg;

    (void)pcb;
    (void)len;
    self->has_news = 1;
    return ERR_OK;
}

static void on_error(void *arg, err_t error)
{
    rv_lwip_socket *self = arg;

    self->has_news = 1;
    self->pcb = NULL;
    if (self->state == CONNECTING) {
        not_this_one(self, RV_ERR_CONNECT, error);
    } else {
        self->state = BROKEN;
        self->error = error;
    }
}

/* --- resolving -------------------------------------------------------------------------------- */

static rv_lwip_query *free_query(rv_lwip_socket *self)
{
    size_t i;

    for (i = 0; i < RV_LWIP_QUERIES; i++) {
        if (self->queries[i].generation == 0) {
            return &self->queries[i];
        }
    }
    return NULL;
}

/* Another number than all questions have that are still open. */
static void forget_queries(rv_lwip_socket *self)
{
    self->generation++;
    if (self->generation == 0) {
        self->generation = 1;
    }
}

/* An address that needs no resolver is the only one. */
static int has_known_address(rv_lwip_socket *self, const char *host)
{
    if (self->address != NULL) {
        self->target = *self->address;
    } else if (!ipaddr_aton(host, &self->target)) {
        return 0;
    }
    self->state = ANSWERED;
    self->next_family = sizeof families;
    return 1;
}

/* RV_AGAIN: lwIP has no place for a question more; else state says how it stands. */
static int resolve(rv_lwip_socket *self, const char *host)
{
    rv_lwip_query *query = free_query(self);
    err_t error;

    if (has_known_address(self, host)) {
        return RV_OK;
    }
    if (query == NULL) {
        return RV_AGAIN;
    }
    query->generation = self->generation;
    self->state = ASKED; /* until on_found, which may come at once */
    error = dns_gethostbyname_addrtype(host, &self->target, on_found, query,
                                       families[self->next_family]);
    if (error == ERR_INPROGRESS) {
        self->next_family++;
        return RV_OK;
    }
    query->generation = 0;
    self->state = error == ERR_OK ? ANSWERED : NEXT_FAMILY;
    if (error == ERR_MEM) {
        return RV_AGAIN;
    }
    self->next_family++;
    return RV_OK;
}

/* --- connecting ------------------------------------------------------------------------------- */

/* After this lwIP has nothing of ours but open questions. */
static void drop_connection(rv_lwip_socket *self)
{
    struct tcp_pcb *pcb = self->pcb;

    self->pcb = NULL;
    if (pcb != NULL) {
        tcp_arg(pcb, NULL);
        tcp_recv(pcb, NULL);
        tcp_sent(pcb, NULL);
        tcp_err(pcb, NULL);
        if (tcp_close(pcb) != ERR_OK) {
            tcp_abort(pcb);
        }
    }
    if (self->received != NULL) {
        (void)pbuf_free(self->received);
    }
    self->received = NULL;
    self->has_ended = 0;
}

static void connect_to_target(rv_lwip_socket *self, uint16_t port)
{
    uint32_t limit = self->connect_timeout_ms != 0 ? self->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    err_t error = ERR_MEM;

    self->state = CONNECTING;
    self->deadline_ms = now_ms(self) + limit;
    self->pcb = tcp_new_ip_type(IP_GET_TYPE(&self->target));
    if (self->pcb != NULL) {
        tcp_arg(self->pcb, self);
        tcp_recv(self->pcb, on_received);
        tcp_sent(self->pcb, on_sent);
        tcp_err(self->pcb, on_error);
        tcp_nagle_disable(self->pcb);
        error = tcp_connect(self->pcb, &self->target, port, on_connected);
    }
    if (error != ERR_OK) {
        drop_connection(self);
        not_this_one(self, RV_ERR_CONNECT, error);
    }
}

static int check_connect(rv_lwip_socket *self, rv_need *need)
{
    if (now_ms(self) < self->deadline_ms) {
        need->events = RV_WRITE;
        need->wake_at_ms = self->deadline_ms;
        return RV_AGAIN;
    }
    drop_connection(self);
    not_this_one(self, RV_ERR_TIMEOUT, ERR_TIMEOUT);
    return RV_OK;
}

static int next_family(rv_lwip_socket *self, const char *host, rv_need *need)
{
    if (self->next_family == sizeof families) {
        self->state = IDLE;
        return self->failure;
    }
    if (resolve(self, host) == RV_AGAIN) {
        need->events = 0;
        need->wake_at_ms = now_ms(self) + BUSY_MS;
        return RV_AGAIN;
    }
    return RV_OK;
}

static int check_answer(rv_need *need)
{
    need->events = RV_READ;
    need->wake_at_ms = RV_NEVER; /* lwIP has limits of its own for it */
    return RV_AGAIN;
}

/* --- the callbacks of rv_socket --------------------------------------------------------------- */

static int socket_open(void *ctx, const char *host, uint16_t port, rv_need *need)
{
    rv_lwip_socket *self = ctx;
    int status = RV_OK;

    if (self->state == IDLE) {
        self->state = NEXT_FAMILY;
        self->next_family = 0;
        self->failure = RV_ERR_RESOLVE;
        self->error = ERR_OK;
    }
    while (status == RV_OK && self->state < OPEN) {
        if (self->state == NEXT_FAMILY) {
            status = next_family(self, host, need);
        } else if (self->state == ASKED) {
            status = check_answer(need);
        } else if (self->state == ANSWERED) {
            connect_to_target(self, port);
        } else {
            status = check_connect(self, need);
        }
    }
    if (self->state == OPEN) {
        self->error = ERR_OK;
    }
    if (self->state == BROKEN) { /* as soon as it was connected */
        drop_connection(self);
        self->state = IDLE;
        status = RV_ERR_NETWORK;
    }
    return status;
}

/* A segment at a time, so that one needs no more of lwIP's memory than any other. */
static int socket_send(void *ctx, const uint8_t *buf, size_t len)
{
    rv_lwip_socket *self = ctx;
    size_t room;
    err_t error;

    if (self->state != OPEN) {
        return RV_ERR_NETWORK;
    }
    room = LWIP_MIN(tcp_sndbuf(self->pcb), tcp_mss(self->pcb));
    if (room == 0) {
        return RV_AGAIN;
    }
    len = LWIP_MIN(len, room);
    error = tcp_write(self->pcb, buf, (u16_t)len, TCP_WRITE_FLAG_COPY);
    if (error == ERR_OK) {
        (void)tcp_output(self->pcb); /* what cannot go now is sent again like what was lost */
        return (int)len;
    }
    if (error == ERR_MEM) {
        return RV_AGAIN;
    }
    self->error = error;
    return RV_ERR_NETWORK;
}

static int socket_recv(void *ctx, uint8_t *buf, size_t len)
{
    rv_lwip_socket *self = ctx;
    u16_t got;

    if (self->received == NULL) {
        if (self->has_ended) {
            return RV_EOF;
        }
        return self->state == OPEN ? RV_AGAIN : RV_ERR_NETWORK;
    }
    len = LWIP_MIN(len, self->received->tot_len);
    got = pbuf_copy_partial(self->received, buf, (u16_t)len, 0);
    self->received = pbuf_free_header(self->received, got);
    if (self->pcb != NULL) {
        tcp_recved(self->pcb, got);
    }
    return got;
}

static void socket_close(void *ctx)
{
    rv_lwip_socket *self = ctx;

    drop_connection(self);
    forget_queries(self);
    self->state = IDLE;
}

/* What came before it was called counts, since the loop may have polled by itself. */
static int socket_wait(void *ctx, const rv_need *need)
{
    rv_lwip_socket *self = ctx;
    uint64_t end_ms = LWIP_MIN(need->wake_at_ms, now_ms(self) + WAIT_MAX_MS);

    if (self->poll == NULL || (need->events == 0 && need->wake_at_ms == RV_NEVER)) {
        return RV_ERR_USAGE;
    }
    do {
        self->poll(self->poll_ctx);
        sys_check_timeouts();
    } while (!self->has_news && (need->events & RV_NOW) == 0 && now_ms(self) < end_ms);
    self->has_news = 0;
    return RV_OK;
}

static int socket_last_error(void *ctx)
{
    const rv_lwip_socket *self = ctx;

    return self->error;
}

void rv_lwip_socket_init(rv_lwip_socket *lwip, rv_socket *interface, const rv_system *system)
{
    size_t i;

    memset(lwip, 0, sizeof *lwip);
    lwip->system = system;
    lwip->generation = 1;
    for (i = 0; i < RV_LWIP_QUERIES; i++) {
        lwip->queries[i].socket = lwip;
    }

    memset(interface, 0, sizeof *interface);
    interface->ctx = lwip;
    interface->open = socket_open;
    interface->send = socket_send;
    interface->recv = socket_recv;
    interface->close = socket_close;
    interface->wait = socket_wait;
    interface->last_error = socket_last_error;
}

int rv_lwip_is_idle(const rv_lwip_socket *lwip)
{
    size_t i;

    for (i = 0; i < RV_LWIP_QUERIES; i++) {
        if (lwip->queries[i].generation != 0) {
            return 0;
        }
    }
    return lwip->pcb == NULL;
}
