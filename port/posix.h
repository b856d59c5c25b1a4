/*
 * posix.h - replace_volume's system and socket on Linux and its relatives
 *
 * C99 and POSIX.1-2008 with glibc or musl; the BSDs and macOS as far as they differ by a constant.
 * No heap of its own (the list of addresses is getaddrinfo's), no globals, no signals, no threads.
 *
 *     rv_system system;
 *     rv_posix_socket posix;
 *     rv_socket socket;
 *     mbedtls_x509_crt anchors;
 *
 *     rv_posix_system(&system);
 *     rv_posix_socket_init(&posix, &socket);
 *     mbedtls_x509_crt_init(&anchors);
 *     if (rv_posix_ca_bundle(&anchors, NULL, NULL) != RV_OK) ...
 *
 * and then rv_tls_init(&tls, &system, &anchors), rv_client_config.socket = &socket.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef REPLACE_VOLUME_POSIX_H
#define REPLACE_VOLUME_POSIX_H

#include "../replace_volume.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- System ----------------------------------------------------------------------------------- */

/* Fills in all of system. Needs no context, so one may serve every thread.
 *
 *   monotonic_ms   CLOCK_BOOTTIME, which counts suspended time; else CLOCK_MONOTONIC
 *   utc_s          CLOCK_REALTIME; RV_ERR_CLOCK if the system has none
 *   random         rv_posix_random
 *
 * utc_lower_bound_s is set to 0: the caller may set it afterwards. */
void rv_posix_system(rv_system *system);

/* Fills buf with len bytes, any number, from the kernel's generator: getrandom, without /dev, so it
 * works in a bare chroot or initramfs. Never waits: RV_ERR_RANDOM, with the reason in errno, when
 * the kernel has not gathered its entropy yet (EAGAIN: early in the boot) or has no such call
 * (ENOSYS: Linux before 3.17, or a sandbox); buf is then not to be used. ctx is not looked at.
 *
 * Has the form of mbedTLS's f_rng too, for a configuration of the caller's own; and
 * port/psa_random.c gives it to PSA where MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG is configured. */
int rv_posix_random(void *ctx, uint8_t *buf, size_t len);

/* --- Socket ------------------------------------------------------------------------------------
 *
 * TCP, never blocking, closed on exec, without Nagle's delay; SIGPIPE is never raised. All
 * addresses of the host are tried one after the other, IPv6 and IPv4 in turn, the family that
 * getaddrinfo prefers first. One that refuses is passed over at once, one that is silent after its
 * limit.
 *
 * **open resolves the name with getaddrinfo, which may block** for as long as the system's resolver
 * takes (typically 5 s for a server that is silent, twice for each) and which no limit of this
 * library ends. The way out: resolve elsewhere (in a thread, with a resolver of your own) and give
 * the result in address. Nothing else here waits, except wait.
 */

struct addrinfo;

typedef struct rv_posix_socket {
    /* Set by rv_posix_socket_init to 0 and NULL; may be changed while nothing is open. */
    uint32_t connect_timeout_ms; /* limit for each address; 0: 3,000 */
    /* Numeric IPv4 or IPv6 address ("192.0.2.1", "2001:db8::1", "fe80::1%eth0") that is connected
     * to instead of resolving the host name, so that open never blocks. Whom the certificate must
     * name is still the host. NULL: resolve. Borrowed while open runs. */
    const char *address;

    struct addrinfo *addresses; /* private, as all below; not NULL: open is not finished */
    const struct addrinfo *next[2];
    uint64_t deadline_ms;
    int turn;
    int descriptor;
    int error;
} rv_posix_socket;

/* Prepares posix and fills in all of interface, whose ctx is posix: both must stay where they are
 * while they are used. Opens nothing. Not for a socket that is open: that would be lost.
 *
 * What the callbacks return, beyond what rv_socket says:
 *
 *   open         RV_ERR_RESOLVE   the name has no address, or address is not a numeric one
 *                RV_ERR_CONNECT   no address could be connected to; the last one said no
 *                RV_ERR_TIMEOUT   the same; the last one was silent until its limit
 *                RV_AGAIN         RV_WRITE, and the end of this address' limit
 *                RV_OK            also when it is open already
 *   send         RV_EOF           EPIPE
 *                RV_ERR_NETWORK   anything else, ECONNRESET too; not open
 *   recv         RV_ERR_NETWORK   likewise
 *   wait         RV_OK            also after a signal, so that a loop can look at its flags, and
 *                                 after 5 s at the latest, since poll does not count suspended time
 *                RV_ERR_USAGE     need names nothing that could ever come
 *                RV_ERR_NETWORK   poll failed
 *   last_error   what rv_posix_error_text explains: errno (positive); after RV_ERR_RESOLVE
 *                getaddrinfo's EAI_ code (negative; made so where the system's are positive), or
 *                errno where that is EAI_SYSTEM; 0: nothing failed since open succeeded. Stays over
 *                close, until the next open. */
void rv_posix_socket_init(rv_posix_socket *posix, rv_socket *interface);

/* The descriptor to poll for rv_need's events, or -1: there is none now. Another one with every
 * address that open tries, so ask again after every step. It stays the port's: do not close it.
 *
 * With it one poll serves many connections: POLLIN for RV_READ, POLLOUT for RV_WRITE, no waiting at
 * all for RV_NOW, leave it out for no event; as timeout the nearest wake_at_ms of all. */
int rv_posix_descriptor(const rv_posix_socket *posix);

/* The system's sentence for last_error: gai_strerror's or strerror's; "" for 0. Never NULL. Valid
 * until the thread's next strerror. */
const char *rv_posix_error_text(const rv_posix_socket *posix);

/* --- Trust anchors ---------------------------------------------------------------------------- */

#if defined(MBEDTLS_FS_IO)

/* What became of a CA bundle. */
typedef struct rv_posix_bundle {
    /* The file that was taken or, on error, that failed; NULL: none of the usual places has one.
     * The caller's own string, the environment's or a constant. */
    const char *file;
    int32_t skipped;      /* certificates in it that mbedTLS does not understand, left out */
    int32_t system_error; /* with RV_ERR_USAGE: errno */
    int32_t tls_error;    /* with RV_ERR_TLS and RV_ERR_MEMORY: mbedTLS's number, negative */
} rv_posix_bundle;

/* Adds the certificates of a PEM file (or a single one in DER) to anchors, which the caller has
 * initialised and frees, after an error too. The file: file; if that is NULL, the one that
 * SSL_CERT_FILE names; if that is unset or empty, the first of the places where Debian, RedHat,
 * Alpine, SUSE and the BSDs keep theirs that has a certificate. A file that was named is the only
 * one tried. Not for programs that run with more rights than their caller: the environment is
 * believed. A PSA build has called psa_crypto_init() before.
 *
 * RV_OK: at least one certificate was taken. RV_ERR_USAGE: the file cannot be read, or there is
 * none. RV_ERR_TLS: no certificate in it. RV_ERR_MEMORY: mbedTLS could not allocate. bundle says
 * more and may be NULL. Costs some 0.5 MB of heap for a distribution's bundle: once a process. */
int rv_posix_ca_bundle(mbedtls_x509_crt *anchors, const char *file, rv_posix_bundle *bundle);

#endif

#ifdef __cplusplus
}
#endif

#endif
