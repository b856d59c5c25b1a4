/*
 * Connections: kept and used again, closed by the service meanwhile, IPv4 and IPv6, and all the
 * ways in which there is none.
 *
 * getaddrinfo and connect are this program's own: what they give can be set.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/support/customer.h"

#include "tests/support/spawn.h"
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef RTLD_NEXT /* glibc hides it, and with it unhidden declares connect in its own way */
#define RTLD_NEXT ((void *)-1L)
#endif

/* --- what stands in for libc -------------------------------------------------------------------
 */

static struct {
    const char *addresses[4]; /* of every name; NULL: what the machine says */
    int fails;                /* so often getaddrinfo fails ... */
    int code;                 /* ... with this */
    int connect_fails;        /* so often connect fails ... */
    int connect_errno;        /* ... with this */
    int connects;
} libc;

static void *real(const char *name)
{
    void *symbol = dlsym(RTLD_NEXT, name);

    assert_non_null(symbol);
    return symbol;
}

static int real_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                            struct addrinfo **list)
{
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    void *symbol = real("getaddrinfo");

    memcpy(&next, &symbol, sizeof next);
    return next(node, service, hints, list);
}

int getaddrinfo(const char *restrict node, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict list)
{
    struct addrinfo **end = list;
    struct addrinfo numeric = *hints;
    size_t i;

    if ((hints->ai_flags & AI_NUMERICHOST) != 0) {
        return real_getaddrinfo(node, service, hints, list);
    }
    if (libc.fails > 0) {
        libc.fails--;
        return libc.code;
    }
    if (libc.addresses[0] == NULL) {
        return real_getaddrinfo(node, service, hints, list);
    }
    /* glibc allocates each entry by itself, so lists can be joined */
    numeric.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    for (i = 0; i < 4 && libc.addresses[i] != NULL; i++) {
        assert_int_equal(real_getaddrinfo(libc.addresses[i], service, &numeric, end), 0);
        end = &(*end)->ai_next;
    }
    return 0;
}

int connect(int descriptor, const struct sockaddr *address, socklen_t len)
{
    int (*next)(int, const struct sockaddr *, socklen_t);
    void *symbol = real("connect");

    libc.connects++;
    if (libc.connect_fails > 0) {
        libc.connect_fails--;
        errno = libc.connect_errno;
        return -1;
    }
    memcpy(&next, &symbol, sizeof next);
    return next(descriptor, address, len);
}

static int begin(void **state)
{
    memset(&libc, 0, sizeof libc);
    return customer_setup(state);
}

static int has_ipv6(void)
{
    int descriptor = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 address;
    int bound;

    memset(&address, 0, sizeof address);
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    bound = descriptor >= 0 &&
            bind(descriptor, (const struct sockaddr *)&address, sizeof address) == 0;
    if (descriptor >= 0) {
        close(descriptor);
    }
    return bound;
}

/* --- kept connections --------------------------------------------------------------------------
 */

static void one_connection_for_many_calls(struct customer *customer)
{
    int i;

    SERVE(customer, NULL);
    customer->replace.dry_run = RV_TRUE;
    for (i = 0; i < 20; i++) {
        customer->replace.method = i % 2 == 0 ? RV_GET : RV_POST;
        assert_int_equal(customer_replace(customer), RV_OK);
    }
    assert_int_equal(customer->connections, 1);
    assert_int_equal(customer->traced[RV_TRACE_REUSED], 19);
    assert_int_equal(customer_lines(customer, IS_REQUEST, "\"request_on_connection\":20"), 1);
}

/* Two clients of one rv_tls: each keeps its own connection. */
static void two_clients_take_turns(struct customer *customer)
{
    static rv_client second;
    rv_posix_socket posix;
    rv_socket tcp;
    rv_client_config config;
    rv_result why;
    rv_call call;
    int i;

    memset(&call, 0, sizeof call);
    SERVE(customer, NULL);
    customer_set_up(customer);
    rv_posix_socket_init(&posix, &tcp);
    config = customer->config;
    config.socket = &tcp;
    assert_int_equal(rv_client_init(&second, &config, &why), RV_OK);
    customer->replace.dry_run = RV_TRUE;
    for (i = 0; i < 3; i++) {
        assert_int_equal(customer_replace(customer), RV_OK);
        assert_int_equal(rv_call_start_replace(&call, &second, &customer->replace), RV_OK);
        assert_int_equal(rv_call_run(&call), RV_OK);
        assert_int_equal(rv_call_result(&call)->outcome, RV_CHECKED);
        rv_call_free(&call);
    }
    rv_client_free(&second);
    assert_int_equal(customer_lines(customer, IS_OPENED, NULL), 2);
    assert_int_equal(customer_lines(customer, IS_REQUEST, "\"connection\":1"), 3);
    assert_int_equal(customer_lines(customer, IS_REQUEST, "\"connection\":2"), 3);
    assert_int_equal(customer_lines(customer, IS_REQUEST, "\"request_on_connection\":3"), 2);
}

/* Closed by the service while it was idle: noticed before anything is sent. */
static void closed_while_idle(struct customer *customer)
{
    SERVE(customer, "--close-idle-ms", "4000", "--close-idle-how", customer->with);
    customer->replace.dry_run = RV_TRUE;
    assert_int_equal(customer_replace(customer), RV_OK);
    sleep_ms(4500);
    customer->replace.dry_run = RV_UNSET;
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer_result(customer)->outcome, RV_ACCEPTED);
    assert_int_equal(customer_result(customer)->attempts, 1);
    assert_int_equal(customer->traced[RV_TRACE_RETRY], 0);
    assert_int_equal(customer->connections, 2);
    assert_int_equal(customer_requests(customer), 2);
}

static void closed_after_every_answer(struct customer *customer)
{
    int i;

    SERVE(customer, "--close-after-answer");
    customer->replace.dry_run = RV_TRUE;
    for (i = 0; i < 3; i++) {
        assert_int_equal(customer_replace(customer), RV_OK);
    }
    assert_int_equal(customer->connections, 3);
    assert_int_equal(customer->traced[RV_TRACE_REUSED], 0);
}

/* A kept connection may be silent for longer than a running one. */
static void silent_for_longer_than_the_limit(struct customer *customer)
{
    SERVE(customer, NULL);
    customer->config.idle_timeout_ms = patience_ms(300);
    customer->replace.dry_run = RV_TRUE;
    assert_int_equal(customer_replace(customer), RV_OK);
    sleep_ms((int)patience_ms(300) + 200);
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer->connections, 1);
}

/* rv_client_close ends it, and the next call opens another. */
static void closed_by_us(struct customer *customer)
{
    SERVE(customer, NULL);
    customer->replace.dry_run = RV_TRUE;
    assert_int_equal(customer_replace(customer), RV_OK);
    rv_client_close(&customer->client);
    rv_client_close(&customer->client);
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer->connections, 2);
    customer_settle(customer);
    assert_int_equal(customer_lines(customer, "\"event\":\"closed\"", "by the peer"), 2);
}

static void cancelled_between_two_steps(struct customer *customer)
{
    const rv_result *result = customer_result(customer);
    int i;

    SERVE(customer, NULL);
    /* the further the call is, the more has been done; the teardown holds it against the journal */
    for (i = 1; i < 40; i += 3) {
        rv_need need;
        int steps;
        int status = RV_AGAIN;

        customer_restart(customer);
        customer_start_replace(customer);
        for (steps = 0; steps < i && status == RV_AGAIN; steps++) {
            status = rv_call_step(&customer->call, &need);
            if (status == RV_AGAIN) {
                assert_int_equal(customer->socket.wait(&customer->posix, &need), RV_OK);
            }
        }
        if (status == RV_AGAIN) {
            rv_call_cancel(&customer->call);
            assert_int_equal(result->status, RV_ERR_CANCELLED);
            assert_int_equal(result->outcome, result->attempts > 0 ? RV_UNKNOWN : RV_NOT_SENT);
        }
        customer_settle(customer);
        if (result->outcome == RV_NOT_SENT) {
            assert_int_equal(customer_lines(customer, IS_REQUEST, result->client_token), 0);
        }
        assert_in_range(customer_lines(customer, IS_REPLACED, result->client_token), 0, 1);
    }
}

/* --- addresses ---------------------------------------------------------------------------------
 */

static void ipv6(struct customer *customer)
{
    if (!has_ipv6()) {
        skip();
    }
    SERVE(customer, "--listen", "::1");
    customer->posix.address = "::1";
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer_result(customer)->outcome, RV_ACCEPTED);
}

struct both {
    const char *listen;
    const char *addresses[4];
    int connects;
};

/* The name has addresses of both families, and the service listens on one of them only. */
static void name_with_both_families(struct customer *customer)
{
    const struct both *both = customer->with;

    if (!has_ipv6()) {
        skip();
    }
    memcpy(libc.addresses, both->addresses, sizeof libc.addresses);
    SERVE(customer, "--listen", both->listen);
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer_result(customer)->outcome, RV_ACCEPTED);
    assert_int_equal(customer->traced[RV_TRACE_ATTEMPT], 1);
    assert_int_equal(libc.connects, both->connects);
}

/* --- no connection -----------------------------------------------------------------------------
 */

static void assert_not_sent(struct customer *customer, int status, int attempts)
{
    const rv_result *result = customer_result(customer);

    assert_int_equal(customer_replace(customer), status);
    assert_int_equal(result->status, status);
    assert_int_equal(result->outcome, RV_NOT_SENT);
    assert_int_equal(result->attempts, 0);
    assert_int_equal(result->http_status, 0);
    assert_int_equal(result->first_sent_utc_s, RV_TIME_UNKNOWN);
    assert_int_equal(result->clock_skew_s, RV_TIME_UNKNOWN);
    assert_int_equal(customer->traced[RV_TRACE_ATTEMPT], attempts);
    assert_int_equal(strlen(result->client_token), 36);
}

static uint16_t closed_port(void)
{
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address;
    socklen_t len = sizeof address;

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(descriptor, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(descriptor, (struct sockaddr *)&address, &len), 0);
    close(descriptor);
    return ntohs(address.sin_port);
}

static void port_is_closed(struct customer *customer)
{
    customer->port = closed_port();
    customer->config.attempts_max = 3;
    assert_not_sent(customer, RV_ERR_CONNECT, 3);
    assert_int_equal(customer_result(customer)->system_error, ECONNREFUSED);
}

/* Taken by the system, and closed at once. */
static void connections_are_refused(struct customer *customer)
{
    int tries = 200;

    SERVE(customer, "--refuse-connections", "99");
    customer->config.attempts_max = 2;
    assert_not_sent(customer, RV_ERR_NETWORK, 2);
    /* it may write that down after we have seen it */
    while (customer_lines(customer, "\"event\":\"refused\"", NULL) < 2 && tries-- > 0) {
        sleep_ms(10);
    }
    assert_int_equal(customer_lines(customer, "\"event\":\"refused\"", NULL), 2);
}

static void connection_is_refused_once(struct customer *customer)
{
    SERVE(customer, "--refuse-connections", "1");
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer_result(customer)->outcome, RV_ACCEPTED);
    assert_int_equal(customer_result(customer)->attempts, 1);
    assert_int_equal(customer->traced[RV_TRACE_ATTEMPT], 2);
}

static void name_has_no_address(struct customer *customer)
{
    libc.fails = 99;
    libc.code = *(const int *)customer->with;
    customer->port = 443;
    customer->config.attempts_max = 2;
    assert_not_sent(customer, RV_ERR_RESOLVE, 2);
    assert_int_equal(customer_result(customer)->system_error, libc.code);
    assert_int_equal(libc.connects, 0);
}

static void there_is_no_network(struct customer *customer)
{
    libc.connect_fails = 99;
    libc.connect_errno = *(const int *)customer->with;
    customer->port = 443;
    customer->config.attempts_max = 2;
    assert_not_sent(customer, RV_ERR_CONNECT, 2);
    assert_int_equal(customer_result(customer)->system_error, libc.connect_errno);
}

/* As after switching on: first no resolver, then no route, then it works. */
static void the_network_comes_up(struct customer *customer)
{
    SERVE(customer, NULL);
    libc.fails = 1;
    libc.code = EAI_AGAIN;
    libc.connect_fails = 1;
    libc.connect_errno = ENETUNREACH;
    assert_int_equal(customer_replace(customer), RV_OK);
    assert_int_equal(customer_result(customer)->outcome, RV_ACCEPTED);
    assert_int_equal(customer_result(customer)->attempts, 1);
    assert_int_equal(customer_result(customer)->system_error, 0);
    assert_int_equal(customer->traced[RV_TRACE_ATTEMPT], 3);
    assert_int_equal(customer_requests(customer), 1);
}

/* A token of an earlier run may have been sent then: not being able to ask says nothing. */
static void an_old_token_stays_unknown(struct customer *customer)
{
    customer->port = closed_port();
    customer->config.attempts_max = 1;
    customer->replace.client_token = "of-an-earlier-run";
    assert_int_equal(customer_replace(customer), RV_ERR_CONNECT);
    assert_int_equal(customer_result(customer)->outcome, RV_UNKNOWN);
    assert_int_equal(customer_result(customer)->attempts, 0);
}

#define TEST(function) TEST_WITH(#function, function, NULL)
#define TEST_WITH(name, function, with)                                                \
    {                                                                                  \
        name, customer_test, begin, customer_teardown, (void *)&(struct customer_case) \
        {                                                                              \
            function, with                                                             \
        }                                                                              \
    }

int main(void)
{
    static const struct both only_ipv4 = {"127.0.0.1", {"::1", "127.0.0.1"}, 2};
    static const struct both only_ipv6 = {"::1", {"127.0.0.1", "::1"}, 2};
    static const struct both in_turn = {"::1", {"127.0.0.2", "127.0.0.3", "127.0.0.4", "::1"}, 2};
    static const struct both first_is_right = {"127.0.0.1", {"127.0.0.1", "::1"}, 1};
    static const int no_name = EAI_NONAME, try_again = EAI_AGAIN;
    static const int no_route = ENETUNREACH, no_host = EHOSTUNREACH, no_address = EADDRNOTAVAIL;
    const struct CMUnitTest tests[] = {
        TEST(one_connection_for_many_calls),
        TEST(two_clients_take_turns),
        TEST_WITH("closed_while_idle, close_notify", closed_while_idle, "notify"),
        TEST_WITH("closed_while_idle, FIN only", closed_while_idle, "fin"),
        TEST_WITH("closed_while_idle, reset", closed_while_idle, "reset"),
        TEST(closed_after_every_answer),
        TEST(silent_for_longer_than_the_limit),
        TEST(closed_by_us),
        TEST(cancelled_between_two_steps),
        TEST(ipv6),
        TEST_WITH("both families, IPv4 works", name_with_both_families, &only_ipv4),
        TEST_WITH("both families, IPv6 works", name_with_both_families, &only_ipv6),
        TEST_WITH("both families, in turn", name_with_both_families, &in_turn),
        TEST_WITH("both families, the first is right", name_with_both_families, &first_is_right),
        TEST(port_is_closed),
        TEST(connections_are_refused),
        TEST(connection_is_refused_once),
        TEST_WITH("name_has_no_address", name_has_no_address, &no_name),
        TEST_WITH("no resolver answers", name_has_no_address, &try_again),
        TEST_WITH("no network: ENETUNREACH", there_is_no_network, &no_route),
        TEST_WITH("no network: EHOSTUNREACH", there_is_no_network, &no_host),
        TEST_WITH("no network: EADDRNOTAVAIL", there_is_no_network, &no_address),
        TEST(the_network_comes_up),
        TEST(an_old_token_stays_unknown),
    };

    customer_begin_process();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
