/*
 * port/lwip.c on the real lwIP, in one process and in time that the test makes.
 *
 * lwIP's own loopback is the network. At its far end stand a name server, a server that is listened
 * to by the name "server" and, on a second interface, addresses that never answer.
 */
#include "../../port/lwip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <lwip/dns.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/stats.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <lwip/udp.h>
#include <stdlib.h>
#include <string.h>

#define PORT        443
#define CLOSED_PORT 444

/* --- time and chance, as lwIP asks for them --------------------------------------------------- */

static uint32_t now; /* near its end, so that the wrap is in what is tested */

u32_t sys_now(void)
{
    return now;
}

unsigned test_random(void)
{
    static uint32_t state = 1;

    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

static void turn(void)
{
    netif_poll_all();
    sys_check_timeouts();
}

/* What has been sent arrives, and what follows from that, in no time. */
static void settle(void)
{
    int i;

    for (i = 0; i < 16; i++) {
        turn();
    }
}

static void pass(uint32_t ms)
{
    settle();
    while (ms > 0) {
        uint32_t step = ms < 10 ? ms : 10;

        now += step;
        ms -= step;
        turn();
    }
    settle();
}

/* --- the name server -------------------------------------------------------------------------- */

struct record {
    const char *name;
    const char *v4, *v6; /* NULL: there is none */
    int is_silent;       /* never answers */
};

static const struct record records[] = {
    {"server", "127.0.0.1", NULL, 0},
    {"server-v6", NULL, "::1", 0},
    {"server-twice", "127.0.0.1", "::1", 0},
    {"v4-refuses", "127.0.0.2", "::1", 0},
    {"v4-silent", "192.0.2.7", "::1", 0},
    {"all-silent", "192.0.2.7", "2001:db8::7", 0},
    {"nobody", NULL, NULL, 0},
    {"unreachable", "198.51.100.1", "2001:db8:ffff::1", 0},
    {"slow", "127.0.0.1", NULL, 1},
    {"slower", "127.0.0.1", NULL, 1},
    {"slowest", "127.0.0.1", NULL, 1},
    {"slow-4", "127.0.0.1", NULL, 1},
    {"slow-5", "127.0.0.1", NULL, 1},
};

static struct udp_pcb *name_server;
static int questions; /* so far, repeated ones too */
static int is_answering_all;

static const struct record *find_record(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof records / sizeof records[0]; i++) {
        if (strcmp(records[i].name, name) == 0) {
            return &records[i];
        }
    }
    fail_msg("asked for %s", name);
    return NULL;
}

/* RFC 1035: the question comes back, with an answer that points to its name and holds for 60 s. */
static u16_t put_answer(uint8_t *out, const char *numeric)
{
    ip_addr_t address;
    uint8_t head[] = {0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4};

    assert_true(ipaddr_aton(numeric, &address));
    if (IP_IS_V6_VAL(address)) {
        head[3] = 28;
        head[11] = 16;
        memcpy(out + sizeof head, ip_2_ip6(&address)->addr, 16);
    } else {
        memcpy(out + sizeof head, &ip_2_ip4(&address)->addr, 4);
    }
    memcpy(out, head, sizeof head);
    return (u16_t)(sizeof head + head[11]);
}

static void on_question(void *arg, struct udp_pcb *pcb, struct pbuf *question,
                        const ip_addr_t *from, u16_t port)
{
    uint8_t message[512];
    char name[64];
    u16_t len = pbuf_copy_partial(question, message, sizeof message, 0);
    const struct record *record;
    const char *numeric;

    (void)arg;
    pbuf_free(question);
    questions++;
    assert_in_range(message[12], 1, sizeof name - 1); /* one label */
    memcpy(name, message + 13, message[12]);
    name[message[12]] = '\0';
    record = find_record(name);
    if (record->is_silent && !is_answering_all) {
        return;
    }
    numeric = message[14 + message[12] + 1] == 28 ? record->v6 : record->v4;
    message[2] |= 0x80;
    if (numeric != NULL) {
        message[7] = 1;
        len = (u16_t)(len + put_answer(message + len, numeric));
    }
    question = pbuf_alloc(PBUF_TRANSPORT, len, PBUF_RAM);
    assert_non_null(question);
    assert_int_equal(pbuf_take(question, message, len), ERR_OK);
    assert_int_equal(udp_sendto(pcb, question, from, port), ERR_OK);
    pbuf_free(question);
}

/* --- the server ------------------------------------------------------------------------------- */

static struct tcp_pcb *listener;
static struct tcp_pcb *served; /* the connection that was made last, NULL: none */
static char taken[200000];     /* what it was sent */
static size_t taken_len;
static int served_error;
static int served_has_ended;
static int is_reading;

static err_t served_received(void *arg, struct tcp_pcb *pcb, struct pbuf *bytes, err_t error)
{
    (void)arg;
    (void)error;
    if (bytes == NULL) {
        served_has_ended = 1;
        return ERR_OK;
    }
    if (!is_reading) {
        return ERR_MEM; /* lwIP keeps it */
    }
    assert_true(taken_len + bytes->tot_len <= sizeof taken);
    taken_len += pbuf_copy_partial(bytes, taken + taken_len, bytes->tot_len, 0);
    tcp_recved(pcb, bytes->tot_len);
    pbuf_free(bytes);
    return ERR_OK;
}

static void served_failed(void *arg, err_t error)
{
    (void)arg;
    served = NULL;
    served_error = error;
}

static err_t accepted(void *arg, struct tcp_pcb *pcb, err_t error)
{
    (void)arg;
    assert_int_equal(error, ERR_OK);
    served = pcb;
    tcp_nagle_disable(pcb);
    tcp_recv(pcb, served_received);
    tcp_err(pcb, served_failed);
    return ERR_OK;
}

static void serve(const void *bytes, size_t len)
{
    assert_non_null(served);
    assert_int_equal(tcp_write(served, bytes, (u16_t)len, TCP_WRITE_FLAG_COPY), ERR_OK);
    assert_int_equal(tcp_output(served), ERR_OK);
    settle();
}

static void end_served(void)
{
    if (served != NULL) {
        tcp_recv(served, NULL);
        tcp_err(served, NULL);
        assert_int_equal(tcp_close(served), ERR_OK);
        served = NULL;
    }
    settle();
}

static void reset_served(void)
{
    assert_non_null(served);
    tcp_abort(served); /* tells served_failed */
    settle();
}

/* --- the network ------------------------------------------------------------------------------ */

static err_t swallow_v4(struct netif *netif, struct pbuf *packet, const ip4_addr_t *to)
{
    (void)netif, (void)packet, (void)to;
    return ERR_OK;
}

static err_t swallow_v6(struct netif *netif, struct pbuf *packet, const ip6_addr_t *to)
{
    (void)netif, (void)packet, (void)to;
    return ERR_OK;
}

static err_t silent_init(struct netif *netif)
{
    netif->output = swallow_v4;
    netif->output_ip6 = swallow_v6;
    netif->mtu = 1500;
    return ERR_OK;
}

static void add_silent_network(void)
{
    static struct netif silent;
    ip4_addr_t address, mask, gateway;
    ip6_addr_t address_v6;

    IP4_ADDR(&address, 192, 0, 2, 1);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    ip4_addr_set_zero(&gateway);
    assert_non_null(netif_add(&silent, &address, &mask, &gateway, NULL, silent_init, ip_input));
    assert_true(ip6addr_aton("2001:db8::1", &address_v6));
    netif_ip6_addr_set(&silent, 0, &address_v6);
    netif_ip6_addr_set_state(&silent, 0, IP6_ADDR_PREFERRED);
    netif_set_up(&silent);
    netif_set_link_up(&silent);
}

static void listen_everywhere(void)
{
    struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_ANY);

    assert_non_null(pcb);
    assert_int_equal(tcp_bind(pcb, IP_ANY_TYPE, PORT), ERR_OK);
    listener = tcp_listen(pcb);
    assert_non_null(listener);
    tcp_accept(listener, accepted);
}

static void use_name_server(int is_wanted)
{
    ip_addr_t address;

    assert_true(ipaddr_aton("127.0.0.1", &address));
    dns_setserver(0, is_wanted ? &address : NULL);
}

static int start_network(void **state)
{
    (void)state;
    now = UINT32_MAX - 5000;
    lwip_init();
    add_silent_network();
    name_server = udp_new_ip_type(IPADDR_TYPE_ANY);
    assert_non_null(name_server);
    assert_int_equal(udp_bind(name_server, IP_ANY_TYPE, 53), ERR_OK);
    udp_recv(name_server, on_question, NULL);
    listen_everywhere();
    use_name_server(1);
    pass(3000); /* IPv6 addresses come of age */
    return 0;
}

/* --- the port under test ---------------------------------------------------------------------- */

static rv_lwip_clock clock_of_test;
static rv_system system_of_test;
static rv_lwip_socket lwip;
static rv_socket tcp;
static rv_need need;

static uint64_t clock_ms(void)
{
    return system_of_test.monotonic_ms(system_of_test.ctx);
}

static void poll_takes_a_millisecond(void *ctx)
{
    (void)ctx;
    now++;
    netif_poll_all();
}

static int fresh(void **state)
{
    (void)state;
    memset(&clock_of_test, 0, sizeof clock_of_test);
    memset(&system_of_test, 0, sizeof system_of_test);
    system_of_test.ctx = &clock_of_test;
    system_of_test.monotonic_ms = rv_lwip_monotonic_ms;
    rv_lwip_socket_init(&lwip, &tcp, &system_of_test);
    lwip.poll = poll_takes_a_millisecond;
    questions = 0;
    taken_len = 0;
    served_error = ERR_OK;
    served_has_ended = 0;
    is_reading = 1;
    is_answering_all = 0;
    return 0;
}

/* Whatever a test did, lwIP's memory is back once all timers are over; what it was told of names is
 * forgotten by then too. */
static int nothing_is_left(void **state)
{
    (void)state;
    tcp.close(tcp.ctx);
    end_served();
    pass(150000);
    assert_true(rv_lwip_is_idle(&lwip));
    assert_int_equal(lwip_stats.memp[MEMP_TCP_PCB]->used, 0);
    assert_int_equal(lwip_stats.memp[MEMP_TCP_SEG]->used, 0);
    assert_int_equal(lwip_stats.memp[MEMP_PBUF_POOL]->used, 0);
    assert_int_equal(lwip_stats.memp[MEMP_PBUF]->used, 0);
    assert_int_equal(lwip_stats.mem.used, 0);
    return 0;
}

static int try_open(const char *host, uint16_t port)
{
    memset(&need, 0xFF, sizeof need);
    return tcp.open(tcp.ctx, host, port, &need);
}

/* Until it is decided, as a loop does; RV_AGAIN: nothing is decided in 60 s. */
static int open_port(const char *host, uint16_t port)
{
    uint64_t end_ms = clock_ms() + 60000;
    int status = try_open(host, port);

    while (status == RV_AGAIN && clock_ms() < end_ms) {
        pass(1);
        status = try_open(host, port);
    }
    return status;
}

static int open_host(const char *host)
{
    return open_port(host, PORT);
}

static void connect_to_server(void)
{
    assert_int_equal(open_host("server"), RV_OK);
    settle();
    assert_non_null(served);
}

static void assert_received(const char *expected)
{
    char got[64] = "";
    int len = tcp.recv(tcp.ctx, (uint8_t *)got, sizeof got - 1);

    assert_int_equal(len, (int)strlen(expected));
    assert_string_equal(got, expected);
}

static int receive(void)
{
    uint8_t byte;

    return tcp.recv(tcp.ctx, &byte, 1);
}

static int send_text(const char *text)
{
    return tcp.send(tcp.ctx, (const uint8_t *)text, strlen(text));
}

/* --- clock ------------------------------------------------------------------------------------ */

static void the_clock_goes_on_where_lwips_wraps(void **state)
{
    rv_lwip_clock clock = {0};
    uint64_t begin;

    (void)state;
    now = UINT32_MAX - 1;
    begin = rv_lwip_monotonic_ms(&clock);
    now += 2;
    assert_int_equal(rv_lwip_monotonic_ms(&clock), begin + 2);
    now += UINT32_MAX;
    assert_int_equal(rv_lwip_monotonic_ms(&clock), begin + 2 + UINT32_MAX);
    now += 10;
    assert_int_equal(rv_lwip_monotonic_ms(&clock), begin + 12 + UINT32_MAX);
}

/* --- open: the name --------------------------------------------------------------------------- */

static void open_resolves_the_name_and_connects(void **state)
{
    (void)state;
    assert_int_equal(try_open("server", PORT), RV_AGAIN);
    assert_int_equal(need.events, RV_READ);
    assert_true(need.wake_at_ms == RV_NEVER);
    settle();
    assert_int_equal(try_open("server", PORT), RV_AGAIN);
    assert_int_equal(need.events, RV_WRITE);
    assert_true(need.wake_at_ms == clock_ms() + 3000);
    settle();
    assert_int_equal(try_open("server", PORT), RV_OK);
    assert_int_equal(tcp.last_error(tcp.ctx), 0);
    assert_non_null(served);
}

static void open_says_ok_again_when_it_is_open(void **state)
{
    (void)state;
    connect_to_server();
    assert_int_equal(try_open("server", PORT), RV_OK);
    assert_int_equal(lwip_stats.memp[MEMP_TCP_PCB]->used, 2); /* both ends of one connection */
}

static void a_name_that_lwip_remembers_is_not_asked_for_again(void **state)
{
    (void)state;
    assert_int_equal(open_host("server"), RV_OK);
    tcp.close(tcp.ctx);
    end_served();
    questions = 0;
    assert_int_equal(open_host("server"), RV_OK);
    assert_int_equal(questions, 0);
}

static void a_numeric_host_is_not_asked_for(void **state)
{
    (void)state;
    assert_int_equal(open_host("127.0.0.1"), RV_OK);
    assert_int_equal(questions, 0);
}

static void a_numeric_host_is_the_only_address(void **state)
{
    (void)state;
    assert_int_equal(open_port("127.0.0.1", CLOSED_PORT), RV_ERR_CONNECT);
    assert_int_equal(questions, 0);
}

static void an_address_of_the_callers_is_connected_to_instead(void **state)
{
    ip_addr_t address;

    (void)state;
    assert_true(ipaddr_aton("::1", &address));
    lwip.address = &address;
    assert_int_equal(open_host("nobody"), RV_OK);
    assert_int_equal(questions, 0);
}

static void a_name_without_an_address_is_an_error_of_resolving(void **state)
{
    (void)state;
    assert_int_equal(open_host("nobody"), RV_ERR_RESOLVE);
    assert_int_equal(questions, 2); /* both families */
    assert_int_equal(tcp.last_error(tcp.ctx), 0);
    assert_true(rv_lwip_is_idle(&lwip));
}

static void a_name_server_that_is_silent_is_an_error_of_resolving(void **state)
{
    (void)state;
    assert_int_equal(open_host("slow"), RV_ERR_RESOLVE);
    assert_true(rv_lwip_is_idle(&lwip));
}

static void no_name_server_is_an_error_of_resolving_at_once(void **state)
{
    (void)state;
    use_name_server(0);
    assert_int_equal(try_open("slow", PORT), RV_ERR_RESOLVE);
    use_name_server(1);
}

/* --- open: the addresses ---------------------------------------------------------------------- */

static void the_ipv4_address_is_tried_first(void **state)
{
    (void)state;
    assert_int_equal(open_host("server-twice"), RV_OK);
    settle();
    assert_true(IP_IS_V4_VAL(served->remote_ip));
    assert_int_equal(questions, 1);
}

static void a_host_with_an_ipv6_address_alone_is_connected_to(void **state)
{
    (void)state;
    assert_int_equal(open_host("server-v6"), RV_OK);
    settle();
    assert_true(IP_IS_V6_VAL(served->remote_ip));
}

/* Listens at IPv6 only while this lasts. */
static void after_a_refusal_the_ipv6_address_is_tried_at_once(void **state)
{
    uint64_t began_ms;
    struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_V6);
    struct tcp_pcb *only_v6;

    (void)state;
    assert_non_null(pcb);
    assert_int_equal(tcp_bind(pcb, IP6_ADDR_ANY, CLOSED_PORT), ERR_OK);
    only_v6 = tcp_listen(pcb);
    assert_non_null(only_v6);
    tcp_accept(only_v6, accepted);
    began_ms = clock_ms();
    assert_int_equal(open_port("server-twice", CLOSED_PORT), RV_OK);
    assert_true(clock_ms() - began_ms < 100);
    settle();
    assert_true(IP_IS_V6_VAL(served->remote_ip));
    assert_int_equal(tcp.last_error(tcp.ctx), 0);
    assert_int_equal(tcp_close(only_v6), ERR_OK);
}

static void a_silent_address_is_passed_over_after_its_limit(void **state)
{
    uint64_t began_ms;

    (void)state;
    began_ms = clock_ms();
    assert_int_equal(open_host("v4-silent"), RV_OK);
    assert_in_range(clock_ms() - began_ms, 3000, 3050);
}

static void the_limit_for_an_address_can_be_set(void **state)
{
    uint64_t began_ms;

    (void)state;
    lwip.connect_timeout_ms = 700;
    began_ms = clock_ms();
    assert_int_equal(open_host("v4-silent"), RV_OK);
    assert_in_range(clock_ms() - began_ms, 700, 750);
}

static void addresses_that_are_all_silent_are_a_timeout(void **state)
{
    uint64_t began_ms;

    (void)state;
    began_ms = clock_ms();
    assert_int_equal(open_host("all-silent"), RV_ERR_TIMEOUT);
    assert_in_range(clock_ms() - began_ms, 6000, 6100);
    assert_int_equal(tcp.last_error(tcp.ctx), ERR_TIMEOUT);
    assert_int_equal(lwip_stats.memp[MEMP_TCP_PCB]->used, 0);
}

static void a_port_where_nobody_listens_is_an_error_of_connecting(void **state)
{
    (void)state;
    assert_int_equal(open_port("server-twice", CLOSED_PORT), RV_ERR_CONNECT);
    assert_int_equal(tcp.last_error(tcp.ctx), ERR_RST);
}

static void a_refusal_is_not_hidden_by_a_family_without_an_address(void **state)
{
    (void)state;
    assert_int_equal(open_port("server", CLOSED_PORT), RV_ERR_CONNECT);
    assert_int_equal(tcp.last_error(tcp.ctx), ERR_RST);
}

static void an_address_without_a_route_is_an_error_of_connecting(void **state)
{
    (void)state;
    assert_int_equal(open_host("unreachable"), RV_ERR_CONNECT);
    assert_int_equal(tcp.last_error(tcp.ctx), ERR_RTE);
}

static void no_memory_for_a_connection_is_an_error_of_connecting(void **state)
{
    struct tcp_pcb *all[MEMP_NUM_TCP_PCB];
    int i;

    (void)state;
    for (i = 0; i < MEMP_NUM_TCP_PCB; i++) {
        all[i] = tcp_new();
        assert_non_null(all[i]);
    }
    assert_int_equal(open_host("server"), RV_ERR_CONNECT);
    assert_int_equal(tcp.last_error(tcp.ctx), ERR_MEM);
    for (i = 0; i < MEMP_NUM_TCP_PCB; i++) {
        assert_int_equal(tcp_close(all[i]), ERR_OK);
    }
}

static void a_failed_open_can_be_tried_again_without_close(void **state)
{
    (void)state;
    assert_int_equal(open_port("server", CLOSED_PORT), RV_ERR_CONNECT);
    assert_int_equal(open_host("server"), RV_OK);
    assert_int_equal(tcp.last_error(tcp.ctx), 0);
}

static void a_connection_that_breaks_before_open_hears_of_it_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(try_open("127.0.0.1", PORT), RV_AGAIN);
    settle();
    reset_served();
    assert_int_equal(try_open("127.0.0.1", PORT), RV_ERR_NETWORK);
    assert_int_equal(tcp.last_error(tcp.ctx), ERR_RST);
    assert_int_equal(open_host("127.0.0.1"), RV_OK);
}

/* --- open: answers that come too late --------------------------------------------------------- */

static void a_late_answer_is_dropped(void **state)
{
    (void)state;
    assert_int_equal(try_open("slow", PORT), RV_AGAIN);
    settle();
    tcp.close(tcp.ctx);
    assert_false(rv_lwip_is_idle(&lwip));
    is_answering_all = 1;
    pass(3000); /* lwIP asks again, and is answered */
    assert_true(rv_lwip_is_idle(&lwip));
    assert_null(served);
    assert_int_equal(receive(), RV_ERR_NETWORK);
}

static void a_late_answer_is_not_taken_for_that_to_another_name(void **state)
{
    (void)state;
    assert_int_equal(try_open("slow", PORT), RV_AGAIN);
    settle();
    tcp.close(tcp.ctx);
    assert_int_equal(try_open("all-silent", PORT), RV_AGAIN);
    settle();
    assert_int_equal(try_open("all-silent", PORT), RV_AGAIN); /* connecting to nobody */
    is_answering_all = 1;
    pass(2500); /* "slow" is the server, and that is heard now */
    assert_true(lwip.queries[0].generation == 0 && lwip.queries[1].generation == 0);
    assert_int_equal(try_open("all-silent", PORT), RV_AGAIN);
    assert_null(served);
}

static void an_open_given_up_and_begun_again_gets_its_own_answer(void **state)
{
    (void)state;
    assert_int_equal(try_open("slower", PORT), RV_AGAIN);
    settle();
    tcp.close(tcp.ctx);
    assert_int_equal(try_open("slower", PORT), RV_AGAIN);
    is_answering_all = 1;
    assert_int_equal(open_host("slower"), RV_OK);
}

static void with_all_questions_open_it_waits_for_one_to_end(void **state)
{
    (void)state;
    assert_int_equal(try_open("slow", PORT), RV_AGAIN);
    tcp.close(tcp.ctx);
    assert_int_equal(try_open("slower", PORT), RV_AGAIN);
    tcp.close(tcp.ctx);
    assert_int_equal(try_open("slowest", PORT), RV_AGAIN);
    assert_int_equal(need.events, 0);
    assert_true(need.wake_at_ms == clock_ms() + 100);
    is_answering_all = 1;
    assert_int_equal(open_host("slowest"), RV_OK);
}

static void found_nothing(const char *name, const ip_addr_t *address, void *arg)
{
    (void)name, (void)address, (void)arg;
}

static void with_lwips_resolver_full_it_waits_for_a_place(void **state)
{
    static const char *const names[] = {"slow", "slower", "slowest", "slow-4"};
    ip_addr_t address;
    size_t i;

    (void)state;
    for (i = 0; i < DNS_TABLE_SIZE; i++) {
        assert_int_equal(dns_gethostbyname(names[i], &address, found_nothing, NULL),
                         ERR_INPROGRESS);
    }
    assert_int_equal(try_open("slow-5", PORT), RV_AGAIN);
    assert_int_equal(need.events, 0);
    assert_true(need.wake_at_ms == clock_ms() + 100);
    assert_true(rv_lwip_is_idle(&lwip));
    is_answering_all = 1;
    assert_int_equal(open_host("slow-5"), RV_OK);
}

/* --- send and recv ---------------------------------------------------------------------------- */

static void bytes_arrive_at_both_ends(void **state)
{
    (void)state;
    connect_to_server();
    assert_int_equal(send_text("question"), 8);
    settle();
    assert_int_equal(taken_len, 8);
    assert_memory_equal(taken, "question", 8);
    assert_int_equal(receive(), RV_AGAIN);
    serve("answer", 6);
    assert_received("answer");
    assert_int_equal(receive(), RV_AGAIN);
}

static void a_small_segment_does_not_wait_for_the_one_before(void **state)
{
    (void)state;
    connect_to_server();
    assert_int_equal(send_text("a"), 1);
    assert_int_equal(send_text("b"), 1);
    assert_int_equal(send_text("c"), 1);
    settle(); /* no time passes, so no delayed acknowledgement either */
    assert_int_equal(taken_len, 3);
}

static void what_came_in_pieces_is_read_as_one(void **state)
{
    (void)state;
    connect_to_server();
    serve("one,", 4);
    serve("two,", 4);
    serve("three", 5);
    assert_received("one,two,three");
}

static void what_came_as_one_is_read_in_pieces(void **state)
{
    uint8_t got[3];

    (void)state;
    connect_to_server();
    serve("abcdefg", 7);
    assert_int_equal(tcp.recv(tcp.ctx, got, 3), 3);
    assert_memory_equal(got, "abc", 3);
    assert_int_equal(tcp.recv(tcp.ctx, got, 1), 1);
    assert_memory_equal(got, "d", 1);
    assert_received("efg");
}

static uint8_t pattern(size_t at)
{
    return (uint8_t)(at * 31 + at / 256);
}

static void a_long_answer_comes_whole_through_a_small_window(void **state)
{
    static uint8_t bytes[TCP_MSS];
    uint8_t got[1000];
    size_t sent = 0, received = 0;
    size_t i;

    (void)state;
    connect_to_server();
    while (received < 100 * sizeof bytes) {
        int len;

        if (sent < 100 * sizeof bytes && tcp_sndbuf(served) >= sizeof bytes) {
            for (i = 0; i < sizeof bytes; i++) {
                bytes[i] = pattern(sent + i);
            }
            serve(bytes, sizeof bytes);
            sent += sizeof bytes;
        }
        pass(1);
        len = tcp.recv(tcp.ctx, got, sizeof got);
        if (len == RV_AGAIN) {
            continue;
        }
        assert_in_range(len, 1, sizeof got);
        for (i = 0; i < (size_t)len; i++) {
            assert_int_equal(got[i], pattern(received + i));
        }
        received += (size_t)len;
    }
    assert_int_equal(receive(), RV_AGAIN);
}

/* What is not read does not pile up: the peer is told of no more than the window. */
static void an_answer_that_is_not_read_stops_at_the_window(void **state)
{
    static uint8_t bytes[TCP_SND_BUF];
    int i;

    (void)state;
    connect_to_server();
    for (i = 0; i < 4; i++) {
        size_t room = tcp_sndbuf(served);

        if (room > 0) {
            serve(bytes, room);
        }
        pass(1000);
    }
    assert_in_range(lwip.received->tot_len, 1, TCP_WND);
}

static void a_long_request_goes_whole_in_pieces(void **state)
{
    static uint8_t bytes[100000];
    size_t sent = 0;
    int waits = 0;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof bytes; i++) {
        bytes[i] = pattern(i);
    }
    connect_to_server();
    while (sent < sizeof bytes) {
        int len = tcp.send(tcp.ctx, bytes + sent, sizeof bytes - sent);

        if (len == RV_AGAIN) {
            waits++;
            pass(1);
        } else {
            assert_in_range(len, 1, TCP_MSS);
            sent += (size_t)len;
        }
    }
    pass(1000);
    assert_true(waits > 0);
    assert_int_equal(taken_len, sizeof bytes);
    assert_memory_equal(taken, bytes, sizeof bytes);
}

static void a_peer_that_does_not_read_makes_send_wait(void **state)
{
    static uint8_t bytes[TCP_MSS];
    int i;

    (void)state;
    connect_to_server();
    is_reading = 0;
    for (i = 0; i < 100; i++) {
        (void)tcp.send(tcp.ctx, bytes, sizeof bytes);
        pass(1);
    }
    assert_int_equal(tcp.send(tcp.ctx, bytes, sizeof bytes), RV_AGAIN);
    is_reading = 1;
    pass(2000); /* lwIP offers again what was kept */
    assert_int_equal(tcp.send(tcp.ctx, bytes, sizeof bytes), sizeof bytes);
}

static void no_memory_to_send_is_not_yet_a_failure(void **state)
{
    struct pbuf *all[64];
    int count = 0;

    (void)state;
    connect_to_server();
    while ((all[count] = pbuf_alloc(PBUF_RAW, 1400, PBUF_RAM)) != NULL) {
        count++;
    }
    all[count] = pbuf_alloc(PBUF_RAW, 100, PBUF_RAM);
    while (all[count] != NULL) {
        count++;
        all[count] = pbuf_alloc(PBUF_RAW, 100, PBUF_RAM);
    }
    assert_int_equal(send_text("a text that is longer than what may be left of lwIP's memory, "
                               "which is less than a hundred bytes by now, headers included"),
                     RV_AGAIN);
    assert_int_equal(tcp.last_error(tcp.ctx), 0);
    while (count > 0) {
        pbuf_free(all[--count]);
    }
    assert_int_equal(send_text("a"), 1);
    settle();
    assert_int_equal(taken_len, 1);
}

/* --- ends ------------------------------------------------------------------------------------- */

static void the_end_of_the_stream_comes_after_its_bytes_and_stays(void **state)
{
    (void)state;
    connect_to_server();
    serve("last", 4);
    end_served();
    assert_received("last");
    assert_int_equal(receive(), RV_EOF);
    assert_int_equal(receive(), RV_EOF);
}

static void after_the_peers_end_bytes_can_still_be_sent(void **state)
{
    (void)state;
    connect_to_server();
    assert_int_equal(tcp_shutdown(served, 0, 1), ERR_OK);
    settle();
    assert_int_equal(receive(), RV_EOF);
    assert_int_equal(send_text("thanks"), 6);
    settle();
    assert_int_equal(taken_len, 6);
}

static void a_reset_is_an_error_for_both_directions(void **state)
{
    (void)state;
    connect_to_server();
    reset_served();
    assert_int_equal(receive(), RV_ERR_NETWORK);
    assert_int_equal(send_text("a"), RV_ERR_NETWORK);
    assert_int_equal(receive(), RV_ERR_NETWORK);
    assert_int_equal(tcp.last_error(tcp.ctx), ERR_RST);
}

static void what_came_before_a_reset_is_read_first(void **state)
{
    (void)state;
    connect_to_server();
    serve("answer", 6);
    reset_served();
    assert_received("answer");
    assert_int_equal(receive(), RV_ERR_NETWORK);
}

static void what_is_not_open_neither_sends_nor_receives(void **state)
{
    (void)state;
    assert_int_equal(receive(), RV_ERR_NETWORK);
    assert_int_equal(send_text("a"), RV_ERR_NETWORK);
    assert_int_equal(try_open("slow", PORT), RV_AGAIN);
    assert_int_equal(receive(), RV_ERR_NETWORK);
    assert_int_equal(send_text("a"), RV_ERR_NETWORK);
}

static void the_error_stays_over_close_until_the_next_open(void **state)
{
    (void)state;
    connect_to_server();
    reset_served();
    tcp.close(tcp.ctx);
    assert_int_equal(tcp.last_error(tcp.ctx), ERR_RST);
    connect_to_server();
    assert_int_equal(tcp.last_error(tcp.ctx), 0);
}

/* --- close ------------------------------------------------------------------------------------ */

static void close_ends_the_connection_in_an_orderly_way(void **state)
{
    (void)state;
    connect_to_server();
    serve("read", 4);
    assert_received("read");
    assert_int_equal(send_text("bye"), 3);
    tcp.close(tcp.ctx);
    settle();
    assert_int_equal(taken_len, 3); /* what was handed over still goes */
    assert_true(served_has_ended);
    assert_int_equal(served_error, ERR_OK);
}

static void close_with_bytes_unread_resets_the_connection(void **state)
{
    (void)state;
    connect_to_server();
    serve("unread", 6);
    tcp.close(tcp.ctx);
    settle();
    assert_int_equal(served_error, ERR_RST);
}

static void close_is_legal_in_every_state_and_twice(void **state)
{
    (void)state;
    tcp.close(tcp.ctx); /* never opened */
    tcp.close(tcp.ctx);

    assert_int_equal(try_open("slow", PORT), RV_AGAIN); /* resolving */
    tcp.close(tcp.ctx);
    tcp.close(tcp.ctx);

    assert_int_equal(try_open("192.0.2.7", PORT), RV_AGAIN); /* connecting */
    tcp.close(tcp.ctx);
    tcp.close(tcp.ctx);
    assert_int_equal(lwip_stats.memp[MEMP_TCP_PCB]->used, 0);

    connect_to_server(); /* connected */
    tcp.close(tcp.ctx);
    tcp.close(tcp.ctx);
    end_served();

    connect_to_server(); /* the peer has ended */
    end_served();
    tcp.close(tcp.ctx);
    tcp.close(tcp.ctx);

    connect_to_server(); /* broken */
    reset_served();
    tcp.close(tcp.ctx);
    tcp.close(tcp.ctx);
    assert_int_equal(receive(), RV_ERR_NETWORK);
}

static void an_address_found_but_not_yet_connected_to_can_be_closed(void **state)
{
    (void)state;
    is_answering_all = 1;
    assert_int_equal(try_open("slow", PORT), RV_AGAIN);
    settle();
    tcp.close(tcp.ctx);
    settle();
    assert_null(served);
    assert_int_equal(open_host("server"), RV_OK);
}

static void what_comes_after_close_touches_nothing(void **state)
{
    rv_lwip_socket before;

    (void)state;
    connect_to_server();
    tcp.close(tcp.ctx);
    assert_true(rv_lwip_is_idle(&lwip));
    before = lwip;
    end_served();
    pass(150000);
    assert_memory_equal(&lwip, &before, sizeof lwip);
}

static void a_socket_is_opened_and_closed_as_often_as_one_likes(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < 50; i++) {
        connect_to_server();
        assert_int_equal(send_text("a"), 1);
        settle();
        serve("b", 1);
        assert_received("b");
        tcp.close(tcp.ctx);
        end_served();
    }
}

/* --- wait ------------------------------------------------------------------------------------- */

static int wait_for(uint32_t events, uint64_t wake_at_ms)
{
    rv_need wanted = {events, wake_at_ms};

    return tcp.wait(tcp.ctx, &wanted);
}

static void waiting_alone_opens_a_connection(void **state)
{
    int waits = 0;
    int status = try_open("server", PORT);

    (void)state;
    while (status == RV_AGAIN && waits < 100) {
        assert_int_equal(tcp.wait(tcp.ctx, &need), RV_OK);
        waits++;
        status = try_open("server", PORT);
    }
    assert_int_equal(status, RV_OK);
}

static void wait_returns_when_bytes_come(void **state)
{
    uint64_t began_ms;

    (void)state;
    connect_to_server();
    assert_int_equal(tcp.wait(tcp.ctx, &need), RV_OK); /* tells of what has been */
    assert_int_equal(tcp_write(served, "a", 1, TCP_WRITE_FLAG_COPY), ERR_OK);
    assert_int_equal(tcp_output(served), ERR_OK);
    began_ms = clock_ms();
    assert_int_equal(wait_for(RV_READ, RV_NEVER), RV_OK);
    assert_in_range(clock_ms() - began_ms, 0, 10);
    assert_received("a");
}

static void wait_returns_at_once_for_what_came_while_nobody_waited(void **state)
{
    uint64_t began_ms;

    (void)state;
    connect_to_server();
    serve("a", 1); /* as in a loop that polls by itself */
    began_ms = clock_ms();
    assert_int_equal(wait_for(RV_READ, RV_NEVER), RV_OK);
    assert_in_range(clock_ms() - began_ms, 0, 2);
}

static void wait_returns_when_the_connection_breaks(void **state)
{
    uint64_t began_ms;

    (void)state;
    connect_to_server();
    (void)wait_for(RV_READ, RV_NEVER);
    reset_served();
    began_ms = clock_ms();
    assert_int_equal(wait_for(RV_READ, RV_NEVER), RV_OK);
    assert_in_range(clock_ms() - began_ms, 0, 2);
}

static void wait_returns_when_its_time_is_over(void **state)
{
    uint64_t began_ms;

    (void)state;
    began_ms = clock_ms();
    assert_int_equal(wait_for(0, began_ms + 40), RV_OK);
    assert_in_range(clock_ms() - began_ms, 40, 42);
}

static void wait_returns_after_250_ms_at_the_latest(void **state)
{
    uint64_t began_ms;

    (void)state;
    connect_to_server();
    (void)wait_for(RV_READ, RV_NEVER);
    began_ms = clock_ms();
    assert_int_equal(wait_for(RV_READ, RV_NEVER), RV_OK);
    assert_in_range(clock_ms() - began_ms, 250, 252);
}

static void wait_with_more_to_do_polls_once(void **state)
{
    uint64_t began_ms;

    (void)state;
    began_ms = clock_ms();
    assert_int_equal(wait_for(RV_NOW, RV_NEVER), RV_OK);
    assert_int_equal(clock_ms() - began_ms, 1);
}

static void wait_refuses_what_could_never_end(void **state)
{
    (void)state;
    assert_int_equal(wait_for(0, RV_NEVER), RV_ERR_USAGE);
    lwip.poll = NULL;
    assert_int_equal(wait_for(RV_READ, RV_NEVER), RV_ERR_USAGE);
}

/* --- run -------------------------------------------------------------------------------------- */

#define TEST(function) cmocka_unit_test_setup_teardown(function, fresh, nothing_is_left)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_goes_on_where_lwips_wraps),
        TEST(open_resolves_the_name_and_connects),
        TEST(open_says_ok_again_when_it_is_open),
        TEST(a_name_that_lwip_remembers_is_not_asked_for_again),
        TEST(a_numeric_host_is_not_asked_for),
        TEST(a_numeric_host_is_the_only_address),
        TEST(an_address_of_the_callers_is_connected_to_instead),
        TEST(a_name_without_an_address_is_an_error_of_resolving),
        TEST(a_name_server_that_is_silent_is_an_error_of_resolving),
        TEST(no_name_server_is_an_error_of_resolving_at_once),
        TEST(the_ipv4_address_is_tried_first),
        TEST(a_host_with_an_ipv6_address_alone_is_connected_to),
        TEST(after_a_refusal_the_ipv6_address_is_tried_at_once),
        TEST(a_silent_address_is_passed_over_after_its_limit),
        TEST(the_limit_for_an_address_can_be_set),
        TEST(addresses_that_are_all_silent_are_a_timeout),
        TEST(a_port_where_nobody_listens_is_an_error_of_connecting),
        TEST(a_refusal_is_not_hidden_by_a_family_without_an_address),
        TEST(an_address_without_a_route_is_an_error_of_connecting),
        TEST(no_memory_for_a_connection_is_an_error_of_connecting),
        TEST(a_failed_open_can_be_tried_again_without_close),
        TEST(a_connection_that_breaks_before_open_hears_of_it_is_an_error),
        TEST(a_late_answer_is_dropped),
        TEST(a_late_answer_is_not_taken_for_that_to_another_name),
        TEST(an_open_given_up_and_begun_again_gets_its_own_answer),
        TEST(with_all_questions_open_it_waits_for_one_to_end),
        TEST(with_lwips_resolver_full_it_waits_for_a_place),
        TEST(bytes_arrive_at_both_ends),
        TEST(a_small_segment_does_not_wait_for_the_one_before),
        TEST(what_came_in_pieces_is_read_as_one),
        TEST(what_came_as_one_is_read_in_pieces),
        TEST(a_long_answer_comes_whole_through_a_small_window),
        TEST(an_answer_that_is_not_read_stops_at_the_window),
        TEST(a_long_request_goes_whole_in_pieces),
        TEST(a_peer_that_does_not_read_makes_send_wait),
        TEST(no_memory_to_send_is_not_yet_a_failure),
        TEST(the_end_of_the_stream_comes_after_its_bytes_and_stays),
        TEST(after_the_peers_end_bytes_can_still_be_sent),
        TEST(a_reset_is_an_error_for_both_directions),
        TEST(what_came_before_a_reset_is_read_first),
        TEST(what_is_not_open_neither_sends_nor_receives),
        TEST(the_error_stays_over_close_until_the_next_open),
        TEST(close_ends_the_connection_in_an_orderly_way),
        TEST(close_with_bytes_unread_resets_the_connection),
        TEST(close_is_legal_in_every_state_and_twice),
        TEST(an_address_found_but_not_yet_connected_to_can_be_closed),
        TEST(what_comes_after_close_touches_nothing),
        TEST(a_socket_is_opened_and_closed_as_often_as_one_likes),
        TEST(waiting_alone_opens_a_connection),
        TEST(wait_returns_when_bytes_come),
        TEST(wait_returns_at_once_for_what_came_while_nobody_waited),
        TEST(wait_returns_when_the_connection_breaks),
        TEST(wait_returns_when_its_time_is_over),
        TEST(wait_returns_after_250_ms_at_the_latest),
        TEST(wait_with_more_to_do_polls_once),
        TEST(wait_refuses_what_could_never_end),
    };

    return cmocka_run_group_tests_name("port/lwip", tests, start_network, NULL);
}
