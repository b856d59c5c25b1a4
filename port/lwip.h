/*
 * lwip.h - replace_volume's socket and clock on lwIP's raw API, without an operating system
 *
 * For firmware with one loop and lwIP 2.1 or newer in it (NO_SYS). No heap, no globals; lwIP's own
 * memory is its pools'.
 *
 *     static rv_lwip_clock clock;                     zeroed
 *     static rv_system system;
 *     static rv_lwip_socket lwip;
 *     static rv_socket socket;
 *
 *     system.ctx = &clock;
 *     system.monotonic_ms = rv_lwip_monotonic_ms;
 *     system.utc_s = ..., system.random = ...         the board's; lwIP has neither
 *     rv_lwip_socket_init(&lwip, &socket, &system);
 *
 * and then rv_client_config.socket = &socket. The loop that drives it all:
 *
 *     for (;;) {
 *         driver_poll();                              frames that have come go to netif->input
 *         sys_check_timeouts();                       lwIP's timers
 *         status = rv_job_step(&job, &need);          uses what the two have brought
 *         ...
 *     }
 *
 * With lwip.poll set, the blocking calls (rv_call_run, rv_job_run) run the first two themselves.
 *
 * What it takes for granted, and lwip.c checks as far as a compiler can:
 *
 *   - All of lwIP and all of replace_volume run in that one loop: frames are handed to lwIP there,
 *     not in an interrupt.
 *   - sys_now counts milliseconds, while the machine sleeps too.
 *   - LWIP_RAND is random. DNS and TCP have no other protection against forged packets; they cannot
 *     break TLS, but they can break connections. LWIP_HOOK_TCP_ISN is worth having for the same
 *     reason.
 *   - MEMP_NUM_TCP_PCB: connections at a time and two more, for those that are closing.
 *     TCP_WND: as much as PBUF_POOL can hold; 2 x TCP_MSS will do.
 *   - lwIP is initialised, and a netif is up and has its address and a DNS server. Before that,
 *     open fails with RV_ERR_RESOLVE or RV_ERR_CONNECT, and the call tries again as it does after
 *     any failure.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef REPLACE_VOLUME_LWIP_H
#define REPLACE_VOLUME_LWIP_H

#include "../replace_volume.h"

#include <lwip/ip_addr.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- Clock ------------------------------------------------------------------------------------ */

typedef struct rv_lwip_clock {
    uint64_t ms; /* private; zero it */
} rv_lwip_clock;

/* sys_now without its wrap after 49.7 days, within which it has to be called again. Has the form of
 * rv_system.monotonic_ms: ctx points to an rv_lwip_clock, or to a structure that begins with one.
 */
uint64_t rv_lwip_monotonic_ms(void *ctx);

/* --- Socket ------------------------------------------------------------------------------------
 *
 * TCP, without Nagle's delay. lwIP's resolver gives one address of each family: the IPv4 one is
 * tried first, then the IPv6 one, each as far as lwIP is configured with it. One that refuses is
 * passed over at once, one that is silent after its limit.
 */

struct rv_lwip_socket;

typedef struct rv_lwip_query {     /* private: a question that lwIP's resolver has not answered */
    struct rv_lwip_socket *socket; /* that asked */
    uint32_t generation;           /* of the socket, when it asked; 0: free */
} rv_lwip_query;

/* Questions that a socket may have open. lwIP cannot be told to forget one, so that of an open that
 * was given up stays until lwIP has its answer or is tired of asking: 7 s for each server. */
#define RV_LWIP_QUERIES 2

typedef struct rv_lwip_socket {
    /* Set by rv_lwip_socket_init to 0 and NULL; may be changed while nothing is open. */
    uint32_t connect_timeout_ms; /* limit for each address; 0: 3,000 */
    /* Connected to instead of resolving the host name, whom the certificate must name all the same.
     * NULL: resolve. Borrowed while open runs. */
    const ip_addr_t *address;
    /* Gives frames that have come to lwIP. Called by wait only, again and again: it may sleep until
     * the next interrupt, if a tick is one. NULL: no blocking calls, wait returns RV_ERR_USAGE. */
    void (*poll)(void *ctx);
    void *poll_ctx;

    const rv_system *system; /* private, as all below */
    struct tcp_pcb *pcb;     /* NULL: none; lwIP frees it before it tells of an error */
    struct pbuf *received;
    ip_addr_t target;
    uint64_t deadline_ms;
    rv_lwip_query queries[RV_LWIP_QUERIES];
    uint32_t generation;
    uint8_t state;
    uint8_t next_family;
    uint8_t has_ended; /* the peer's stream */
    uint8_t has_news;  /* something has come that wait has not told of */
    int failure;       /* why open failed, RV_ERR_ */
    int error;         /* err_t */
} rv_lwip_socket;

/* Prepares lwip and fills in all of interface, whose ctx is lwip: both must stay where they are
 * while they are used. system is borrowed for its monotonic_ms. Opens nothing. Not for a socket
 * that is open or not idle.
 *
 * What the callbacks return, beyond what rv_socket says:
 *
 *   open         RV_ERR_RESOLVE   the name has no address, or there is no DNS server
 *                RV_ERR_CONNECT   no address could be connected to; the last one said no, there is
 *                                 no route to it, or lwIP has no memory
 *                RV_ERR_TIMEOUT   the same; the last one was silent until its limit
 *                RV_AGAIN         RV_WRITE, and the end of this address' limit; while the name is
 *                                 being resolved RV_READ, and while lwIP's resolver is full a time
 *   recv         RV_ERR_NETWORK   reset by the peer, or given up by lwIP; not open. What had come
 *                                 before is given first
 *   send         RV_ERR_NETWORK   likewise. RV_EOF is never returned
 *   wait         RV_OK            also without a reason, after 250 ms at the latest
 *                RV_ERR_USAGE     need names nothing that could ever come, or poll is NULL
 *   last_error   lwIP's err_t; 0: nothing failed since open succeeded, or the resolver found
 *                nothing. Stays over close, until the next open.
 *
 * close ends the connection with a FIN, or a reset if not all that has come was read; what follows
 * is lwIP's affair. */
void rv_lwip_socket_init(rv_lwip_socket *lwip, rv_socket *interface, const rv_system *system);

/* 1: nothing in lwIP refers to lwip any more, so its memory may be used for something else; that
 * becomes true some time after close. */
int rv_lwip_is_idle(const rv_lwip_socket *lwip);

#ifdef __cplusplus
}
#endif

#endif
