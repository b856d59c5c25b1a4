/*
 * What port/posix promises, tried against real sockets on loopback.
 *
 * getaddrinfo, getrandom, socket, poll, clock_gettime, stat, access and fopen are this program's
 * own: they hand through to libc's, but can give a name any addresses, run out of randomness, have
 * been suspended, have other files under /etc, and remember what they were asked for.
 */
#define _GNU_SOURCE

#include "port/posix.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST  "service.test" /* its addresses are the_host_has's */
#define LIMIT 250u           /* milliseconds that a silent address may cost in these tests */
#define LONG  2500           /* less than the 3,000 of the default, and much for anything else */

/* --- what stands in for libc -------------------------------------------------------------------
 */

enum randomness { RANDOM_REAL, RANDOM_NOT_READY, RANDOM_MISSING, RANDOM_IN_PIECES };

static struct {
    /* getaddrinfo */
    struct addrinfo entries[8];
    struct sockaddr_storage addresses[8];
    int entry_count;
    int code; /* instead of addresses */
    int code_errno;
    int names_asked; /* look-ups that were not for a numeric address */
    struct addrinfo hints;
    int lists_out; /* lists that were not given back */

    /* socket */
    int families[8];
    int family_count;

    /* poll */
    int poll_returns_at_once;
    int poll_timeout;

    /* getrandom */
    enum randomness randomness;
    int random_calls;
    unsigned int random_flags;

    /* clock_gettime */
    int has_no_boottime;
    time_t suspended_s;

    /* stat, access, fopen: the only files below /etc and /usr/local are these, with the contents of
     * these others */
    int has_own_files;
    const char *own_files[8];
    const char *contents[8];
    int own_file_count;
} libc;

static void *real(const char *name)
{
    void *symbol = dlsym(RTLD_NEXT, name);

    assert_non_null(symbol);
    return symbol;
}

static int own_getaddrinfo(const char *service, const struct addrinfo *hints,
                           struct addrinfo **list)
{
    int i;

    libc.names_asked++;
    libc.hints = *hints;
    if (libc.code != 0) {
        errno = libc.code_errno;
        return libc.code;
    }
    for (i = 0; i < libc.entry_count; i++) {
        uint16_t port = htons((uint16_t)atoi(service));

        if (libc.entries[i].ai_family == AF_INET6) {
            ((struct sockaddr_in6 *)&libc.addresses[i])->sin6_port = port;
        } else {
            ((struct sockaddr_in *)&libc.addresses[i])->sin_port = port;
        }
    }
    libc.lists_out++;
    *list = libc.entries;
    return 0;
}

int getaddrinfo(const char *restrict node, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict list)
{
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    void *symbol = real("getaddrinfo");
    int code;

    if ((hints->ai_flags & AI_NUMERICHOST) == 0) {
        assert_string_equal(node, HOST);
        return own_getaddrinfo(service, hints, list);
    }
    memcpy(&next, &symbol, sizeof next);
    code = next(node, service, hints, list);
    libc.lists_out += code == 0;
    return code;
}

void freeaddrinfo(struct addrinfo *list)
{
    void (*next)(struct addrinfo *);
    void *symbol = real("freeaddrinfo");

    libc.lists_out--;
    if (list != libc.entries) {
        memcpy(&next, &symbol, sizeof next);
        next(list);
    }
}

int socket(int family, int type, int protocol)
{
    int (*next)(int, int, int);
    void *symbol = real("socket");

    if (libc.family_count < 8) {
        libc.families[libc.family_count++] = family;
    }
    memcpy(&next, &symbol, sizeof next);
    return next(family, type, protocol);
}

int poll(struct pollfd *entries, nfds_t count, int timeout)
{
    int (*next)(struct pollfd *, nfds_t, int);
    void *symbol = real("poll");

    libc.poll_timeout = timeout;
    memcpy(&next, &symbol, sizeof next);
    return next(entries, count, libc.poll_returns_at_once ? 0 : timeout);
}

ssize_t getrandom(void *buf, size_t len, unsigned int flags)
{
    ssize_t (*next)(void *, size_t, unsigned int);
    void *symbol = real("getrandom");

    libc.random_calls++;
    libc.random_flags = flags;
    switch (libc.randomness) {
    case RANDOM_NOT_READY:
        errno = EAGAIN;
        return -1;
    case RANDOM_MISSING:
        errno = ENOSYS;
        return -1;
    case RANDOM_IN_PIECES: /* a signal, three bytes, a signal, three bytes ... */
        if (libc.random_calls % 2 == 1) {
            errno = EINTR;
            return -1;
        }
        len = len < 3 ? len : 3;
        memset(buf, libc.random_calls, len);
        return (ssize_t)len;
    default:
        memcpy(&next, &symbol, sizeof next);
        return next(buf, len, flags);
    }
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int (*next)(clockid_t, struct timespec *);
    void *symbol = real("clock_gettime");
    int result;

    memcpy(&next, &symbol, sizeof next);
#if defined(CLOCK_BOOTTIME)
    if (clock == CLOCK_BOOTTIME && libc.has_no_boottime) {
        errno = EINVAL;
        return -1;
    }
#endif
    result = next(clock, now);
#if defined(CLOCK_BOOTTIME)
    now->tv_sec += clock == CLOCK_BOOTTIME ? libc.suspended_s : 0;
#endif
    return result;
}

/* Where a file really is. */
static const char *place_of(const char *file)
{
    int i;

    for (i = 0; i < libc.own_file_count; i++) {
        if (strcmp(file, libc.own_files[i]) == 0) {
            return libc.contents[i];
        }
    }
    if (libc.has_own_files &&
        (strncmp(file, "/etc/", 5) == 0 || strncmp(file, "/usr/local/", 11) == 0)) {
        return "/nowhere/at/all";
    }
    return file;
}

int stat(const char *restrict file, struct stat *restrict about)
{
    int (*next)(const char *, struct stat *);
    void *symbol = real("stat");

    memcpy(&next, &symbol, sizeof next);
    return next(place_of(file), about);
}

int access(const char *file, int mode)
{
    int (*next)(const char *, int);
    void *symbol = real("access");

    memcpy(&next, &symbol, sizeof next);
    return next(place_of(file), mode);
}

FILE *fopen(const char *restrict file, const char *restrict mode)
{
    FILE *(*next)(const char *, const char *);
    void *symbol = real("fopen");

    memcpy(&next, &symbol, sizeof next);
    return next(place_of(file), mode);
}

/* --- the scene ---------------------------------------------------------------------------------
 */

static struct {
    rv_system system;
    rv_posix_socket posix;
    rv_socket socket;
    rv_need need;
    uint16_t port;
    int listener;
    int peer; /* the listener's end of the connection */
    int descriptors[32];
    int descriptor_count;
    char file[64]; /* to be removed */
} scene;

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
    (void)number;
    signals++;
}

static void catch_signal(int number)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = count_signal;
    signals = 0;
    assert_int_equal(sigaction(number, &action, NULL), 0);
}

static int set_up(void **state)
{
    (void)state;
    memset(&libc, 0, sizeof libc);
    memset(&scene, 0, sizeof scene);
    scene.listener = -1;
    scene.peer = -1;
    rv_posix_system(&scene.system);
    rv_posix_socket_init(&scene.posix, &scene.socket);
    unsetenv("SSL_CERT_FILE");
    return 0;
}

/* Whatever a test did, nothing is left behind. */
static int tear_down(void **state)
{
    (void)state;
    scene.socket.close(scene.socket.ctx);
    while (scene.descriptor_count > 0) {
        close(scene.descriptors[--scene.descriptor_count]);
    }
    if (scene.file[0] != '\0') {
        unlink(scene.file);
    }
    signal(SIGALRM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    return libc.lists_out;
}

static int keep(int descriptor)
{
    assert_true(descriptor >= 0);
    assert_true(scene.descriptor_count < 32);
    scene.descriptors[scene.descriptor_count++] = descriptor;
    return descriptor;
}

static uint64_t now_ms(void)
{
    return scene.system.monotonic_ms(scene.system.ctx);
}

static void sleep_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};

    nanosleep(&time, NULL);
}

static socklen_t make_address(struct sockaddr_storage *address, const char *text, uint16_t port)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        return sizeof *v4;
    }
    assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    return sizeof *v6;
}

/* The port of the scene, or if it has none yet any that is free. -1 if there is no such address. */
static int bind_to(const char *text)
{
    struct sockaddr_storage address;
    socklen_t size = make_address(&address, text, scene.port);
    int descriptor = socket(address.ss_family, SOCK_STREAM, 0);

    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&address, size) != 0) {
        close(descriptor);
        return -1;
    }
    assert_int_equal(getsockname(descriptor, (struct sockaddr *)&address, &size), 0);
    scene.port = ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                                     : ((struct sockaddr_in *)&address)->sin_port);
    return keep(descriptor);
}

static void listen_on(const char *text)
{
    scene.listener = bind_to(text);
    assert_true(scene.listener >= 0);
    assert_int_equal(listen(scene.listener, 8), 0);
}

/* A port that nobody listens to, and that nobody else can take either. */
static void refuse_on(const char *text)
{
    assert_true(bind_to(text) >= 0);
}

/* Connects without waiting for it; 1 if nothing has come back after a while. */
static int is_silent(const char *text)
{
    struct sockaddr_storage address;
    socklen_t size = make_address(&address, text, scene.port);
    struct pollfd entry = {-1, POLLOUT, 0};

    entry.fd = keep(socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0));
    return connect(entry.fd, (struct sockaddr *)&address, size) != 0 && errno == EINPROGRESS &&
           poll(&entry, 1, 100) == 0;
}

/* A listener whose queue is full: whoever else comes gets no answer. */
static void be_silent_on(const char *text)
{
    int descriptor = bind_to(text);
    int tries = 0;

    assert_true(descriptor >= 0);
    assert_int_equal(listen(descriptor, 0), 0);
    while (!is_silent(text)) {
        if (++tries == 8) {
            print_message("this system answers even when a listener's queue is full\n");
            skip();
        }
    }
}

static void the_host_has(const char *text)
{
    int i = libc.entry_count++;

    libc.entries[i].ai_addr = (struct sockaddr *)&libc.addresses[i];
    libc.entries[i].ai_addrlen = make_address(&libc.addresses[i], text, 0);
    libc.entries[i].ai_family = libc.addresses[i].ss_family;
    libc.entries[i].ai_socktype = SOCK_STREAM;
    libc.entries[i].ai_protocol = IPPROTO_TCP;
    if (i > 0) {
        libc.entries[i - 1].ai_next = &libc.entries[i];
    }
}

static int open_once(const char *host)
{
    return scene.socket.open(scene.socket.ctx, host, scene.port, &scene.need);
}

static int open_until_done(const char *host)
{
    int status;

    libc.family_count = 0;
    while ((status = open_once(host)) == RV_AGAIN) {
        assert_int_equal(scene.socket.wait(scene.socket.ctx, &scene.need), RV_OK);
    }
    return status;
}

static void connect_to_listener(void)
{
    listen_on("127.0.0.1");
    assert_int_equal(open_until_done("127.0.0.1"), RV_OK);
    scene.peer = keep(accept(scene.listener, NULL, NULL));
}

static int send_text(const char *text)
{
    return scene.socket.send(scene.socket.ctx, (const uint8_t *)text, strlen(text));
}

static int receive(void)
{
    uint8_t buf[64];

    return scene.socket.recv(scene.socket.ctx, buf, sizeof buf);
}

static int wait_for(uint32_t events, uint64_t wake_at_ms)
{
    rv_need need;

    need.events = events;
    need.wake_at_ms = wake_at_ms;
    return scene.socket.wait(scene.socket.ctx, &need);
}

static void wait_until_readable(void)
{
    struct pollfd entry = {-1, POLLIN, 0};

    entry.fd = rv_posix_descriptor(&scene.posix);
    assert_int_equal(poll(&entry, 1, LONG), 1);
}

/* As a process that dies does. */
static void reset_by_peer(void)
{
    struct linger at_once = {1, 0};

    assert_int_equal(setsockopt(scene.peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    close(scene.peer);
    scene.descriptor_count--;
    wait_until_readable();
}

static void close_by_peer(void)
{
    close(scene.peer);
    scene.descriptor_count--;
    wait_until_readable();
}

static int last_error(void)
{
    return scene.socket.last_error(scene.socket.ctx);
}

/* --- clocks ------------------------------------------------------------------------------------
 */

static void monotonic_clock_counts_milliseconds(void **state)
{
    uint64_t before = now_ms();

    (void)state;
    sleep_ms(30);
    assert_in_range(now_ms() - before, 29, LONG);
}

/* As if the machine had been suspended: only the clock that counts that time knows of it. */
static void monotonic_clock_counts_suspended_time(void **state)
{
#if defined(CLOCK_BOOTTIME)
    uint64_t before = now_ms();

    (void)state;
    libc.suspended_s = 100000;
    assert_in_range(now_ms() - before, 100000000, 100000000 + LONG);
#else
    (void)state;
    skip();
#endif
}

/* A kernel that is older than that clock. */
static void monotonic_clock_counts_where_there_is_no_clock_of_suspended_time(void **state)
{
    struct timespec now;

    (void)state;
    libc.has_no_boottime = 1;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    assert_in_range(now_ms() / 1000u, now.tv_sec, now.tv_sec + 2);
}

static void utc_is_the_time_of_day(void **state)
{
    int64_t seconds = 0;

    (void)state;
    assert_int_equal(scene.system.utc_s(scene.system.ctx, &seconds), RV_OK);
    /* time() may lag behind the clock by a tick */
    assert_in_range(seconds, time(NULL) - 2, time(NULL) + 1);
}

static void system_claims_no_earliest_time(void **state)
{
    (void)state;
    memset(&scene.system, 0xA5, sizeof scene.system);
    rv_posix_system(&scene.system);
    assert_int_equal(scene.system.utc_lower_bound_s, 0);
}

/* --- random ------------------------------------------------------------------------------------
 */

static void random_reaches_every_byte_and_no_other(void **state)
{
    uint8_t seen[258] = {0};
    uint8_t buf[258] = {0};
    int round;
    size_t i;

    (void)state;
    for (round = 0; round < 16; round++) {
        assert_int_equal(scene.system.random(scene.system.ctx, buf + 1, 256), RV_OK);
        for (i = 0; i < sizeof buf; i++) {
            seen[i] = (uint8_t)(seen[i] | buf[i]);
        }
    }
    for (i = 1; i < sizeof buf - 1; i++) {
        assert_int_not_equal(seen[i], 0);
    }
    assert_int_equal(seen[0], 0);
    assert_int_equal(seen[sizeof seen - 1], 0);
}

static void random_is_put_together_across_short_reads_and_signals(void **state)
{
    static const uint8_t expected[8] = {2, 2, 2, 4, 4, 4, 6, 6};
    uint8_t buf[8];

    (void)state;
    libc.randomness = RANDOM_IN_PIECES;
    assert_int_equal(scene.system.random(scene.system.ctx, buf, sizeof buf), RV_OK);
    assert_memory_equal(buf, expected, sizeof buf);
}

static void random_fails_rather_than_waits_for_entropy(void **state)
{
    uint8_t buf[16];

    (void)state;
    libc.randomness = RANDOM_NOT_READY;
    assert_int_equal(scene.system.random(scene.system.ctx, buf, sizeof buf), RV_ERR_RANDOM);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(libc.random_flags, GRND_NONBLOCK);
    assert_int_equal(libc.random_calls, 1);
}

static void random_fails_where_the_kernel_has_no_getrandom(void **state)
{
    uint8_t buf[16];

    (void)state;
    libc.randomness = RANDOM_MISSING;
    assert_int_equal(scene.system.random(scene.system.ctx, buf, sizeof buf), RV_ERR_RANDOM);
    assert_int_equal(errno, ENOSYS);
}

#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)

static void psa_takes_its_randomness_from_the_port(void **state)
{
    uint8_t buf[16];

    (void)state;
    assert_int_equal(psa_generate_random(buf, sizeof buf), PSA_SUCCESS);
    assert_true(libc.random_calls > 0);
}

static void psa_fails_rather_than_waits_for_entropy(void **state)
{
    uint8_t buf[16];

    (void)state;
    libc.randomness = RANDOM_NOT_READY;
    assert_int_equal(psa_generate_random(buf, sizeof buf), PSA_ERROR_INSUFFICIENT_ENTROPY);
}

#endif

/* --- resolving ---------------------------------------------------------------------------------
 */

static void name_is_resolved_for_tcp_and_the_families_of_this_machine(void **state)
{
    (void)state;
    listen_on("127.0.0.1");
    the_host_has("127.0.0.1");
    assert_int_equal(open_until_done(HOST), RV_OK);
    assert_int_equal(libc.names_asked, 1);
    assert_int_equal(libc.hints.ai_family, AF_UNSPEC);
    assert_int_equal(libc.hints.ai_socktype, SOCK_STREAM);
    assert_int_equal(libc.hints.ai_flags, AI_ADDRCONFIG | AI_NUMERICSERV);
}

static void numeric_address_takes_the_place_of_resolving(void **state)
{
    (void)state;
    listen_on("127.0.0.1");
    scene.posix.address = "127.0.0.1";
    assert_int_equal(open_until_done(HOST), RV_OK);
    assert_int_equal(libc.names_asked, 0);
}

static void numeric_host_is_not_resolved(void **state)
{
    (void)state;
    listen_on("127.0.0.1");
    assert_int_equal(open_until_done("127.0.0.1"), RV_OK);
    assert_int_equal(libc.names_asked, 0);
}

static void address_that_is_not_numeric_is_never_resolved(void **state)
{
    (void)state;
    scene.port = 443;
    scene.posix.address = HOST;
    assert_int_equal(open_until_done("127.0.0.1"), RV_ERR_RESOLVE);
    assert_int_equal(libc.names_asked, 0);
}

static void unknown_name_gives_the_resolvers_code_and_text(void **state)
{
    (void)state;
    scene.port = 443;
    libc.code = EAI_AGAIN;
    assert_int_equal(open_until_done(HOST), RV_ERR_RESOLVE);
    assert_int_equal(last_error(), EAI_AGAIN);
    assert_true(last_error() < 0);
    assert_string_equal(rv_posix_error_text(&scene.posix), gai_strerror(EAI_AGAIN));
}

static void resolver_that_failed_with_errno_gives_that(void **state)
{
    (void)state;
    scene.port = 443;
    libc.code = EAI_SYSTEM;
    libc.code_errno = EMFILE;
    assert_int_equal(open_until_done(HOST), RV_ERR_RESOLVE);
    assert_int_equal(last_error(), EMFILE);
    assert_string_equal(rv_posix_error_text(&scene.posix), strerror(EMFILE));
}

/* --- connecting --------------------------------------------------------------------------------
 */

static void connection_carries_bytes_both_ways(void **state)
{
    uint8_t buf[16];

    (void)state;
    connect_to_listener();
    assert_int_equal(send_text("question"), 8);
    assert_int_equal(recv(scene.peer, buf, sizeof buf, 0), 8);
    assert_memory_equal(buf, "question", 8);
    assert_int_equal(send(scene.peer, "answer", 6, 0), 6);
    wait_until_readable();
    assert_int_equal(scene.socket.recv(scene.socket.ctx, buf, sizeof buf), 6);
    assert_memory_equal(buf, "answer", 6);
}

static void ipv6_is_spoken(void **state)
{
    (void)state;
    scene.listener = bind_to("::1");
    if (scene.listener < 0) {
        skip();
    }
    assert_int_equal(listen(scene.listener, 8), 0);
    scene.posix.address = "::1";
    assert_int_equal(open_until_done(HOST), RV_OK);
}

static void open_socket_is_non_blocking_without_delay_and_closed_on_exec(void **state)
{
    int descriptor;
    int no_delay = 0;
    socklen_t size = sizeof no_delay;

    (void)state;
    connect_to_listener();
    descriptor = rv_posix_descriptor(&scene.posix);
    assert_true((fcntl(descriptor, F_GETFL) & O_NONBLOCK) != 0);
    assert_true((fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
    assert_int_equal(getsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
    assert_true(no_delay != 0);
}

static void opening_again_what_is_open_changes_nothing(void **state)
{
    int descriptor;

    (void)state;
    connect_to_listener();
    descriptor = rv_posix_descriptor(&scene.posix);
    assert_int_equal(open_once("127.0.0.1"), RV_OK);
    assert_int_equal(rv_posix_descriptor(&scene.posix), descriptor);
}

static void refusal_by_the_only_address_is_a_connect_error(void **state)
{
    (void)state;
    refuse_on("127.0.0.1");
    assert_int_equal(open_until_done("127.0.0.1"), RV_ERR_CONNECT);
    assert_int_equal(last_error(), ECONNREFUSED);
    assert_string_equal(rv_posix_error_text(&scene.posix), strerror(ECONNREFUSED));
    assert_int_equal(rv_posix_descriptor(&scene.posix), -1);
    assert_int_equal(libc.lists_out, 0);
}

static void second_address_is_used_when_the_first_refuses(void **state)
{
    uint64_t before = now_ms();

    (void)state;
    listen_on("127.0.0.1");
    refuse_on("127.0.0.2");
    the_host_has("127.0.0.2");
    the_host_has("127.0.0.1");
    assert_int_equal(open_until_done(HOST), RV_OK);
    assert_int_equal(libc.family_count, 2);
    assert_true(now_ms() - before < LONG);
    assert_int_equal(last_error(), 0);
    assert_string_equal(rv_posix_error_text(&scene.posix), "");
}

static void families_take_turns_beginning_with_the_first(void **state)
{
    static const int expected[5] = {AF_INET6, AF_INET, AF_INET6, AF_INET6, AF_INET6};

    (void)state;
    refuse_on("127.0.0.1");
    if (bind_to("::1") < 0) {
        skip();
    }
    the_host_has("::1");
    the_host_has("::1");
    the_host_has("::1");
    the_host_has("::1");
    the_host_has("127.0.0.1");
    assert_int_equal(open_until_done(HOST), RV_ERR_CONNECT);
    assert_int_equal(libc.family_count, 5);
    assert_memory_equal(libc.families, expected, sizeof expected);
}

static void silent_address_costs_its_own_limit_and_no_more(void **state)
{
    uint64_t before;

    (void)state;
    listen_on("127.0.0.1");
    be_silent_on("127.0.0.2");
    the_host_has("127.0.0.2");
    the_host_has("127.0.0.1");
    scene.posix.connect_timeout_ms = LIMIT;
    before = now_ms();
    assert_int_equal(open_until_done(HOST), RV_OK);
    assert_in_range(now_ms() - before, LIMIT, LONG);
}

static void silence_of_the_last_address_is_a_timeout(void **state)
{
    (void)state;
    refuse_on("127.0.0.1");
    be_silent_on("127.0.0.2");
    the_host_has("127.0.0.1");
    the_host_has("127.0.0.2");
    scene.posix.connect_timeout_ms = LIMIT;
    assert_int_equal(open_until_done(HOST), RV_ERR_TIMEOUT);
    assert_int_equal(last_error(), ETIMEDOUT);
    assert_int_equal(libc.lists_out, 0);
}

static void connecting_needs_writability_or_the_end_of_the_limit(void **state)
{
    uint64_t before;

    (void)state;
    be_silent_on("127.0.0.1");
    scene.posix.connect_timeout_ms = 60000;
    before = now_ms();
    assert_int_equal(open_once("127.0.0.1"), RV_AGAIN);
    assert_int_equal(scene.need.events, RV_WRITE);
    assert_in_range(scene.need.wake_at_ms - before, 60000, 60000 + LONG);

    memset(&scene.need, 0, sizeof scene.need); /* asked too early: the same again */
    assert_int_equal(open_once("127.0.0.1"), RV_AGAIN);
    assert_int_equal(scene.need.events, RV_WRITE);
    assert_in_range(scene.need.wake_at_ms - before, 60000, 60000 + LONG);
}

static void limit_is_three_seconds_unless_set(void **state)
{
    uint64_t before;

    (void)state;
    be_silent_on("127.0.0.1");
    before = now_ms();
    assert_int_equal(open_once("127.0.0.1"), RV_AGAIN);
    assert_in_range(scene.need.wake_at_ms - before, 3000, 3000 + LONG);
}

static void descriptor_is_there_while_there_is_something_to_poll(void **state)
{
    int descriptor;

    (void)state;
    assert_int_equal(rv_posix_descriptor(&scene.posix), -1);
    be_silent_on("127.0.0.1");
    assert_int_equal(open_once("127.0.0.1"), RV_AGAIN);
    descriptor = rv_posix_descriptor(&scene.posix);
    assert_true(descriptor >= 0);
    scene.socket.close(scene.socket.ctx);
    assert_int_equal(rv_posix_descriptor(&scene.posix), -1);
    assert_int_equal(fcntl(descriptor, F_GETFD), -1);
}

/* --- sending and receiving ---------------------------------------------------------------------
 */

static void nothing_to_receive_is_again(void **state)
{
    (void)state;
    connect_to_listener();
    assert_int_equal(receive(), RV_AGAIN);
    assert_int_equal(last_error(), 0);
}

static void sending_into_full_buffers_is_again(void **state)
{
    static uint8_t buf[65536];
    int status;

    (void)state;
    connect_to_listener();
    while ((status = scene.socket.send(scene.socket.ctx, buf, sizeof buf)) > 0) {
        assert_true(status <= (int)sizeof buf);
    }
    assert_int_equal(status, RV_AGAIN);
}

static void end_of_the_peers_stream_is_eof_after_its_last_byte(void **state)
{
    (void)state;
    connect_to_listener();
    assert_int_equal(send(scene.peer, "end", 3, 0), 3);
    close_by_peer();
    assert_int_equal(receive(), 3);
    wait_until_readable();
    assert_int_equal(receive(), RV_EOF);
    assert_int_equal(receive(), RV_EOF);
}

static void reset_is_a_network_error_to_the_receiver(void **state)
{
    (void)state;
    connect_to_listener();
    reset_by_peer();
    assert_int_equal(receive(), RV_ERR_NETWORK);
    assert_int_equal(last_error(), ECONNRESET);
}

static void reset_is_a_network_error_to_the_sender(void **state)
{
    (void)state;
    connect_to_listener();
    reset_by_peer();
    assert_int_equal(send_text("lost"), RV_ERR_NETWORK);
    assert_int_equal(last_error(), ECONNRESET);
}

static void sending_to_a_peer_that_is_gone_is_eof_and_raises_no_signal(void **state)
{
    int status;
    int tries = 0;

    (void)state;
    catch_signal(SIGPIPE);
    connect_to_listener();
    close_by_peer();
    while ((status = send_text("lost")) > 0 && tries++ < 100) {
        sleep_ms(10);
    }
    assert_int_equal(status, RV_EOF);
    assert_int_equal(last_error(), EPIPE);
    assert_int_equal(signals, 0);
}

static void what_is_not_open_neither_sends_nor_receives(void **state)
{
    (void)state;
    assert_int_equal(send_text("lost"), RV_ERR_NETWORK);
    assert_int_equal(receive(), RV_ERR_NETWORK);
}

/* --- closing -----------------------------------------------------------------------------------
 */

static void close_twice(void)
{
    scene.socket.close(scene.socket.ctx);
    scene.socket.close(scene.socket.ctx);
    assert_int_equal(rv_posix_descriptor(&scene.posix), -1);
    assert_int_equal(libc.lists_out, 0);
}

static void closing_is_legal_before_open(void **state)
{
    (void)state;
    close_twice();
}

static void closing_is_legal_while_connecting_with_addresses_left(void **state)
{
    (void)state;
    be_silent_on("127.0.0.1");
    the_host_has("127.0.0.1");
    the_host_has("127.0.0.2");
    assert_int_equal(open_once(HOST), RV_AGAIN);
    assert_int_equal(libc.lists_out, 1);
    close_twice();
}

static void closing_is_legal_when_open_and_the_peer_sees_it(void **state)
{
    uint8_t byte;

    (void)state;
    connect_to_listener();
    close_twice();
    assert_int_equal(recv(scene.peer, &byte, 1, 0), 0);
}

static void closing_keeps_the_last_error_after_a_failed_open(void **state)
{
    (void)state;
    refuse_on("127.0.0.1");
    assert_int_equal(open_until_done("127.0.0.1"), RV_ERR_CONNECT);
    close_twice();
    assert_int_equal(last_error(), ECONNREFUSED);
}

static void closed_socket_can_be_opened_again(void **state)
{
    (void)state;
    connect_to_listener();
    close_twice();
    assert_int_equal(open_until_done("127.0.0.1"), RV_OK);
    assert_int_equal(receive(), RV_AGAIN);
}

/* --- waiting -----------------------------------------------------------------------------------
 */

static void waiting_ends_at_its_time(void **state)
{
    uint64_t before = now_ms();

    (void)state;
    connect_to_listener();
    assert_int_equal(wait_for(RV_READ, before + 60), RV_OK);
    assert_in_range(now_ms() - before, 60, LONG);
}

static void waiting_for_a_time_needs_no_socket(void **state)
{
    uint64_t before = now_ms();

    (void)state;
    assert_int_equal(wait_for(0, before + 60), RV_OK);
    assert_in_range(now_ms() - before, 60, LONG);
}

static void waiting_for_a_time_that_is_over_returns_at_once(void **state)
{
    uint64_t before = now_ms();

    (void)state;
    connect_to_listener();
    assert_int_equal(wait_for(RV_READ, before > 0 ? before - 1 : 0), RV_OK);
    assert_true(now_ms() - before < LONG);
}

static void waiting_ends_when_data_comes(void **state)
{
    uint64_t before = now_ms();

    (void)state;
    connect_to_listener();
    assert_int_equal(send(scene.peer, "x", 1, 0), 1);
    assert_int_equal(wait_for(RV_READ, RV_NEVER), RV_OK);
    assert_true(now_ms() - before < LONG);
    assert_int_equal(receive(), 1);
}

static void waiting_ends_when_bytes_can_be_sent(void **state)
{
    uint64_t before = now_ms();

    (void)state;
    connect_to_listener();
    assert_int_equal(wait_for(RV_READ | RV_WRITE, RV_NEVER), RV_OK);
    assert_true(now_ms() - before < LONG);
}

static void waiting_for_a_time_is_not_cut_short_by_data(void **state)
{
    uint64_t before = now_ms();

    (void)state;
    connect_to_listener();
    close_by_peer();
    assert_int_equal(wait_for(0, before + 60), RV_OK);
    assert_in_range(now_ms() - before, 60, LONG);
}

static void now_is_not_waited_for(void **state)
{
    uint64_t before = now_ms();

    (void)state;
    connect_to_listener();
    assert_int_equal(wait_for(RV_NOW | RV_READ, RV_NEVER), RV_OK);
    assert_true(now_ms() - before < LONG);
}

static void waiting_ends_well_with_a_signal(void **state)
{
    struct itimerval often = {{0, 50000}, {0, 50000}};
    struct itimerval never = {{0, 0}, {0, 0}};
    uint64_t before = now_ms();

    (void)state;
    catch_signal(SIGALRM);
    connect_to_listener();
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    assert_int_equal(wait_for(RV_READ, RV_NEVER), RV_OK);
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_true(signals > 0);
    assert_true(now_ms() - before < LONG);
}

static void waiting_returns_after_five_seconds_at_the_latest(void **state)
{
    (void)state;
    connect_to_listener();
    libc.poll_returns_at_once = 1;
    assert_int_equal(wait_for(RV_READ, RV_NEVER), RV_OK);
    assert_int_equal(libc.poll_timeout, 5000);
    assert_int_equal(wait_for(RV_READ, now_ms() + 60000), RV_OK);
    assert_int_equal(libc.poll_timeout, 5000);
}

static void waiting_for_what_cannot_come_is_refused(void **state)
{
    (void)state;
    assert_int_equal(wait_for(RV_READ, RV_NEVER), RV_ERR_USAGE);
    connect_to_listener();
    assert_int_equal(wait_for(0, RV_NEVER), RV_ERR_USAGE);
}

static void one_poll_serves_several_sockets(void **state)
{
    rv_posix_socket others[2];
    rv_socket sockets[2];
    struct pollfd entries[2];
    int i;

    (void)state;
    listen_on("127.0.0.1");
    for (i = 0; i < 2; i++) {
        rv_posix_socket_init(&others[i], &sockets[i]);
        while (sockets[i].open(sockets[i].ctx, "127.0.0.1", scene.port, &scene.need) == RV_AGAIN) {
            sockets[i].wait(sockets[i].ctx, &scene.need);
        }
        scene.peer = keep(accept(scene.listener, NULL, NULL));
        entries[i].fd = rv_posix_descriptor(&others[i]);
        entries[i].events = POLLIN;
    }
    assert_int_equal(send(scene.peer, "x", 1, 0), 1);
    assert_int_equal(poll(entries, 2, LONG), 1);
    assert_int_equal(entries[0].revents, 0);
    assert_int_equal(entries[1].revents, POLLIN);
    for (i = 0; i < 2; i++) {
        sockets[i].close(sockets[i].ctx);
    }
}

/* --- trust anchors -----------------------------------------------------------------------------
 */

#if defined(MBEDTLS_FS_IO)

static const char certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBjTCCATOgAwIBAgIUOQQOrr6S9yyK9sR/WYwzKpqnPrIwCgYIKoZIzj0EAwIw\n"
    "GzEZMBcGA1UEAwwQQW5jaG9yIG9mIGEgdGVzdDAgFw0yNjExMjQxMjE0NTdaGA8y\n"
    "MTI2MTAzMTEyMTQ1N1owGzEZMBcGA1UEAwwQQW5jaG9yIG9mIGEgdGVzdDBZMBMG\n"
    "ByqGSM49AgEGCCqGSM49AwEHA0IABMjqePACr+C8fWtuZR942H4RqQSjkDZUqh9v\n"
    "saJ43v/5xhlscKMWovn+olrcK3eb9BhldoOF8n79mpNyJeHHJmOjUzBRMB0GA1Ud\n"
    "DgQWBBR77rkRo9JMO4/me0mmC/yeInxMhTAfBgNVHSMEGDAWgBR77rkRo9JMO4/m\n"
    "e0mmC/yeInxMhTAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCz\n"
    "odoUPIfkerbZVE7D1ncAZQVqosy8WKYwi2OhVRRN6gIgZDPCwCJOHkyiO2bIrGu3\n"
    "jzweKzCgqh5ID3JgwMhAVME=\n"
    "-----END CERTIFICATE-----\n";

static const char broken_certificate[] = "-----BEGIN CERTIFICATE-----\n"
                                         "MIIBjTCCATOgAwIBAgIUOQQOrr6S9yyK9sR/WYwzKpqnPrIwCgYI\n"
                                         "-----END CERTIFICATE-----\n";

static const char *write_file(const char *first, const char *second)
{
    int descriptor;

    strcpy(scene.file, "/tmp/test_port_posix.XXXXXX");
    descriptor = keep(mkstemp(scene.file));
    assert_int_equal(dprintf(descriptor, "%s%s", first, second), strlen(first) + strlen(second));
    return scene.file;
}

/* Loads and frees; how many certificates there were stands in *count. */
static int load(const char *file, rv_posix_bundle *bundle, int *count)
{
    mbedtls_x509_crt anchors;
    const mbedtls_x509_crt *at;
    int status;

    mbedtls_x509_crt_init(&anchors);
    status = rv_posix_ca_bundle(&anchors, file, bundle);
    *count = 0;
    for (at = &anchors; at != NULL && at->raw.len > 0; at = at->next) {
        ++*count;
    }
    mbedtls_x509_crt_free(&anchors);
    return status;
}

static void bundle_that_is_named_is_taken(void **state)
{
    rv_posix_bundle bundle;
    const char *file = write_file(certificate, certificate);
    int count;

    (void)state;
    setenv("SSL_CERT_FILE", "/nowhere/other.pem", 1);
    assert_int_equal(load(file, &bundle, &count), RV_OK);
    assert_int_equal(count, 2);
    assert_string_equal(bundle.file, file);
    assert_int_equal(bundle.skipped, 0);
    assert_int_equal(bundle.system_error, 0);
    assert_int_equal(bundle.tls_error, 0);
}

static void bundle_of_the_environment_is_taken_when_none_is_named(void **state)
{
    rv_posix_bundle bundle;
    const char *file = write_file(certificate, "");
    int count;

    (void)state;
    setenv("SSL_CERT_FILE", file, 1);
    assert_int_equal(load(NULL, &bundle, &count), RV_OK);
    assert_int_equal(count, 1);
    assert_string_equal(bundle.file, file);
}

static void bundle_of_the_environment_that_is_missing_is_not_replaced_by_another(void **state)
{
    rv_posix_bundle bundle;
    int count;

    (void)state;
    setenv("SSL_CERT_FILE", "/nowhere/bundle.pem", 1);
    assert_int_equal(load(NULL, &bundle, &count), RV_ERR_USAGE);
    assert_int_equal(count, 0);
    assert_string_equal(bundle.file, "/nowhere/bundle.pem");
    assert_int_equal(bundle.system_error, ENOENT);
}

/* A machine that has no other files there than these. */
static void have_own_file(const char *file, const char *contents)
{
    libc.has_own_files = 1;
    libc.own_files[libc.own_file_count] = file;
    libc.contents[libc.own_file_count++] = contents;
}

/* In their order. */
static const char *const usual_places[] = {
    "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Alpine, OpenWrt, Buildroot */
    "/etc/pki/tls/certs/ca-bundle.crt",                  /* RedHat */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* RedHat, newer */
    "/etc/ssl/ca-bundle.pem",                            /* SUSE */
    "/etc/ssl/cert.pem",                                 /* Alpine without its package, the BSDs */
    "/usr/local/share/certs/ca-root-nss.crt",            /* FreeBSD, from ports */
    "/etc/openssl/certs/ca-certificates.crt",            /* NetBSD */
};

#define USUAL_PLACES ((int)(sizeof usual_places / sizeof usual_places[0]))

static void usual_places_are_tried_in_their_order_when_nothing_is_named(void **state)
{
    const char *file = write_file(certificate, "");
    rv_posix_bundle bundle;
    int first, i, count;

    (void)state;
    setenv("SSL_CERT_FILE", "", 1);
    for (first = 0; first < USUAL_PLACES; first++) {
        libc.own_file_count = 0;
        for (i = USUAL_PLACES - 1; i >= first; i--) {
            have_own_file(usual_places[i], file);
        }
        assert_int_equal(load(NULL, &bundle, &count), RV_OK);
        assert_string_equal(bundle.file, usual_places[first]);
        assert_int_equal(count, 1);
    }
}

static void bundle_of_the_environment_comes_before_the_usual_places(void **state)
{
    const char *file = write_file(certificate, "");
    rv_posix_bundle bundle;
    int count;

    (void)state;
    have_own_file(usual_places[0], file);
    setenv("SSL_CERT_FILE", file, 1);
    assert_int_equal(load(NULL, &bundle, &count), RV_OK);
    assert_string_equal(bundle.file, file);
    unsetenv("SSL_CERT_FILE");
    assert_int_equal(load(NULL, &bundle, &count), RV_OK);
    assert_string_equal(bundle.file, usual_places[0]);
}

static void usual_place_that_is_no_good_is_passed_over(void **state)
{
    const char *file = write_file(certificate, "");
    rv_posix_bundle bundle;
    int count;

    (void)state;
    have_own_file(usual_places[0], "/tmp"); /* a folder */
    have_own_file(usual_places[3], file);
    assert_int_equal(load(NULL, &bundle, &count), RV_OK);
    assert_string_equal(bundle.file, usual_places[3]);
}

static void without_a_good_one_the_first_that_is_there_says_why(void **state)
{
    rv_posix_bundle bundle;
    int count;

    (void)state;
    have_own_file(usual_places[1], "/tmp");
    have_own_file(usual_places[2], write_file(broken_certificate, ""));
    assert_int_equal(load(NULL, &bundle, &count), RV_ERR_USAGE);
    assert_string_equal(bundle.file, usual_places[1]);
    assert_int_equal(bundle.system_error, EISDIR);
}

static void without_any_there_is_none(void **state)
{
    rv_posix_bundle bundle;
    int count;

    (void)state;
    libc.has_own_files = 1;
    assert_int_equal(load(NULL, &bundle, &count), RV_ERR_USAGE);
    assert_null(bundle.file);
    assert_int_equal(bundle.system_error, ENOENT);
}

static void certificate_that_is_broken_is_left_out_and_counted(void **state)
{
    rv_posix_bundle bundle;
    const char *file = write_file(broken_certificate, certificate);
    int count;

    (void)state;
    assert_int_equal(load(file, &bundle, &count), RV_OK);
    assert_int_equal(count, 1);
    assert_int_equal(bundle.skipped, 1);
}

static void bundle_without_a_good_certificate_is_an_error_of_tls(void **state)
{
    rv_posix_bundle bundle;
    const char *file = write_file(broken_certificate, "");
    int count;

    (void)state;
    assert_int_equal(load(file, &bundle, &count), RV_ERR_TLS);
    assert_int_equal(count, 0);
    assert_string_equal(bundle.file, file);
    assert_true(bundle.tls_error < 0);
}

static void empty_bundle_is_an_error_of_tls(void **state)
{
    rv_posix_bundle bundle;
    int count;

    (void)state;
    assert_int_equal(load(write_file("", ""), &bundle, &count), RV_ERR_TLS);
    assert_true(bundle.tls_error < 0);
}

static void folder_is_no_bundle(void **state)
{
    rv_posix_bundle bundle;
    int count;

    (void)state;
    assert_int_equal(load("/tmp", &bundle, &count), RV_ERR_USAGE);
    assert_int_equal(bundle.system_error, EISDIR);
}

static void report_on_a_bundle_is_optional(void **state)
{
    int count;

    (void)state;
    assert_int_equal(load(write_file(certificate, ""), NULL, &count), RV_OK);
    assert_int_equal(load("/nowhere/bundle.pem", NULL, &count), RV_ERR_USAGE);
}

#endif

/* --- all ---------------------------------------------------------------------------------------
 */

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(monotonic_clock_counts_milliseconds),
        TEST(monotonic_clock_counts_suspended_time),
        TEST(monotonic_clock_counts_where_there_is_no_clock_of_suspended_time),
        TEST(utc_is_the_time_of_day),
        TEST(system_claims_no_earliest_time),

        TEST(random_reaches_every_byte_and_no_other),
        TEST(random_is_put_together_across_short_reads_and_signals),
        TEST(random_fails_rather_than_waits_for_entropy),
        TEST(random_fails_where_the_kernel_has_no_getrandom),
#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
        TEST(psa_takes_its_randomness_from_the_port),
        TEST(psa_fails_rather_than_waits_for_entropy),
#endif

        TEST(name_is_resolved_for_tcp_and_the_families_of_this_machine),
        TEST(numeric_address_takes_the_place_of_resolving),
        TEST(numeric_host_is_not_resolved),
        TEST(address_that_is_not_numeric_is_never_resolved),
        TEST(unknown_name_gives_the_resolvers_code_and_text),
        TEST(resolver_that_failed_with_errno_gives_that),

        TEST(connection_carries_bytes_both_ways),
        TEST(ipv6_is_spoken),
        TEST(open_socket_is_non_blocking_without_delay_and_closed_on_exec),
        TEST(opening_again_what_is_open_changes_nothing),
        TEST(refusal_by_the_only_address_is_a_connect_error),
        TEST(second_address_is_used_when_the_first_refuses),
        TEST(families_take_turns_beginning_with_the_first),
        TEST(silent_address_costs_its_own_limit_and_no_more),
        TEST(silence_of_the_last_address_is_a_timeout),
        TEST(connecting_needs_writability_or_the_end_of_the_limit),
        TEST(limit_is_three_seconds_unless_set),
        TEST(descriptor_is_there_while_there_is_something_to_poll),

        TEST(nothing_to_receive_is_again),
        TEST(sending_into_full_buffers_is_again),
        TEST(end_of_the_peers_stream_is_eof_after_its_last_byte),
        TEST(reset_is_a_network_error_to_the_receiver),
        TEST(reset_is_a_network_error_to_the_sender),
        TEST(sending_to_a_peer_that_is_gone_is_eof_and_raises_no_signal),
        TEST(what_is_not_open_neither_sends_nor_receives),

        TEST(closing_is_legal_before_open),
        TEST(closing_is_legal_while_connecting_with_addresses_left),
        TEST(closing_is_legal_when_open_and_the_peer_sees_it),
        TEST(closing_keeps_the_last_error_after_a_failed_open),
        TEST(closed_socket_can_be_opened_again),

        TEST(waiting_ends_at_its_time),
        TEST(waiting_for_a_time_needs_no_socket),
        TEST(waiting_for_a_time_that_is_over_returns_at_once),
        TEST(waiting_ends_when_data_comes),
        TEST(waiting_ends_when_bytes_can_be_sent),
        TEST(waiting_for_a_time_is_not_cut_short_by_data),
        TEST(now_is_not_waited_for),
        TEST(waiting_ends_well_with_a_signal),
        TEST(waiting_returns_after_five_seconds_at_the_latest),
        TEST(waiting_for_what_cannot_come_is_refused),
        TEST(one_poll_serves_several_sockets),

#if defined(MBEDTLS_FS_IO)
        TEST(bundle_that_is_named_is_taken),
        TEST(bundle_of_the_environment_is_taken_when_none_is_named),
        TEST(bundle_of_the_environment_that_is_missing_is_not_replaced_by_another),
        TEST(usual_places_are_tried_in_their_order_when_nothing_is_named),
        TEST(bundle_of_the_environment_comes_before_the_usual_places),
        TEST(usual_place_that_is_no_good_is_passed_over),
        TEST(without_a_good_one_the_first_that_is_there_says_why),
        TEST(without_any_there_is_none),
        TEST(certificate_that_is_broken_is_left_out_and_counted),
        TEST(bundle_without_a_good_certificate_is_an_error_of_tls),
        TEST(empty_bundle_is_an_error_of_tls),
        TEST(folder_is_no_bundle),
        TEST(report_on_a_bundle_is_optional),
#endif
    };

/* mbedTLS 4 reads certificates with it. */
#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG) || MBEDTLS_VERSION_NUMBER >= 0x04000000
    if (psa_crypto_init() != PSA_SUCCESS) {
        return 1;
    }
#endif
    return cmocka_run_group_tests(tests, NULL, NULL);
}
