/*
 * A call on ports that do everything a port may do, and everything that it must not: slow, late, in
 * pieces, failing at any moment, answering nonsense; and cancelled between any two steps. Whatever
 * happens, what the result says agrees with what the service has seen.
 */
#include "tests/support/scripted.h"

#include <string.h>

#define START 1000000u

/* --- ports that are only slow
 * ---------------------------------------------------------------------- */

static void expect_accepted(struct scripted *world)
{
    SCRIPT(world, ACCEPTED);
    assert_int_equal(scripted_replace(world), RV_OK);
    scripted_expect_truth(world);
    assert_int_equal(world->server.requests, 1);
    assert_int_equal(world->server.connections, 1);
}

static void one_byte_at_a_time_is_enough(void **state)
{
    struct scripted *world = *state;

    world->piece = 1;
    expect_accepted(world);
    assert_int_equal(world->now_ms, START);
}

static void would_block_at_every_other_call_is_no_trouble(void **state)
{
    struct scripted *world = *state;

    world->blocks = 1;
    expect_accepted(world);
    assert_int_equal(world->now_ms, START);
}

static void would_block_at_every_other_byte_is_no_trouble(void **state)
{
    struct scripted *world = *state;

    world->piece = 1;
    world->blocks = 1;
    expect_accepted(world);
    assert_int_equal(world->now_ms, START);
}

static void a_post_may_go_out_a_byte_at_a_time_too(void **state)
{
    static uint8_t user_data[5000];
    struct scripted *world = *state;

    memset(user_data, 0xAA, sizeof(user_data));
    world->replace.method = RV_POST;
    world->replace.user_data = user_data;
    world->replace.user_data_len = sizeof(user_data);
    world->piece = 3;
    world->blocks = 1;
    expect_accepted(world);
    assert_non_null(strstr(world->server.request[0], "UserData=qqqqqq"));
}

static void a_slow_handshake_and_a_slow_answer_are_waited_for(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, {.status = 200, .body = BODY_ACCEPTED, .delay_ms = 9000});
    assert_int_equal(scripted_replace(world), RV_OK);
    assert_int_equal(world->now_ms, START + 9000);
}

static void a_late_dns_answer_is_waited_for(void **state)
{
    struct scripted *world = *state;

    world->open_agains = 1;
    world->open_events = RV_READ;
    world->open_wait_ms = 7000;
    expect_accepted(world);
    assert_int_equal(world->now_ms, START + 7000);
}

static void a_connection_made_by_writability_is_waited_for(void **state)
{
    struct scripted *world = *state;

    world->open_agains = 1;
    world->open_events = RV_WRITE;
    world->open_wait_ms = 120;
    world->open_wake_ms = 3000;
    expect_accepted(world);
    assert_int_equal(world->now_ms, START + 120);
}

static void the_ports_own_timer_is_passed_on(void **state)
{
    struct scripted *world = *state;
    rv_need need;

    SCRIPT(world, ACCEPTED);
    world->open_agains = 1;
    world->open_events = RV_WRITE;
    world->open_wait_ms = 100000;
    world->open_wake_ms = 3000;
    scripted_start(world);
    assert_int_equal(scripted_step(world, &need), RV_AGAIN);
    assert_int_equal(need.events, RV_WRITE);
    assert_int_equal(need.wake_at_ms, START + 3000);
}

static void a_port_that_asks_for_a_time_alone_is_asked_again_then(void **state)
{
    struct scripted *world = *state;

    world->open_agains = 5; /* polls its resolver */
    world->open_wake_ms = 50;
    expect_accepted(world);
    assert_int_equal(world->now_ms, START + 250);
}

static void many_agains_of_open_are_no_trouble(void **state)
{
    struct scripted *world = *state;

    world->open_agains = 200;
    world->open_events = RV_READ | RV_WRITE;
    expect_accepted(world);
}

/* The call-backs themselves are in test_call_corners.c. */
static void a_port_that_was_closed_while_it_opened_opens_again(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    world->open_agains = 1;
    world->open_events = RV_READ;
    world->open_wait_ms = 7000;
    scripted_start(world);
    assert_int_equal(scripted_step(world, NULL), RV_AGAIN);
    rv_call_cancel(&world->call);
    assert_int_equal(world->closes, 1);
    scripted_expect_truth(world);
    assert_int_equal(scripted_result(world)->outcome, RV_NOT_SENT);
    scripted_network_answers(world); /* to the first opening */
    assert_int_equal(world->late_answers, 1);
    assert_int_equal(scripted_replace(world), RV_OK);
    scripted_expect_truth(world);
}

static void every_opening_is_closed_again(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    scripted_fail(world, ON_OPEN, 1, RV_ERR_CONNECT);
    scripted_replace(world);
    assert_int_equal(world->closes, world->calls[ON_OPEN]);
}

/* --- ports that break their contract
 * --------------------------------------------------------------- */

static void expect_port_error(void **state, enum scripted_callback callback, unsigned at, int with)
{
    struct scripted *world = scripted_another(state);

    scripted_fail(world, callback, at, with);
    world->fail.and_later = 0;
    assert_int_equal(scripted_replace(world), RV_ERR_PORT);
    scripted_expect_truth(world);
}

static void nonsense_from_open_is_a_fault_of_the_port(void **state)
{
    static const int nonsense[] = {1, RV_EOF, RV_ERR_USAGE, RV_ERR_PORT, -12345, WITH_LEN_PLUS_1};
    size_t i;

    for (i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
        expect_port_error(state, ON_OPEN, 1, nonsense[i]);
    }
}

static void nonsense_from_send_in_the_handshake_is_a_fault_of_the_port(void **state)
{
    static const int nonsense[] = {0, WITH_LEN_PLUS_1, RV_ERR_RESOLVE, -12345};
    size_t i;

    for (i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
        expect_port_error(state, ON_SEND, 1, nonsense[i]);
    }
}

static void nonsense_from_recv_in_the_handshake_is_a_fault_of_the_port(void **state)
{
    static const int nonsense[] = {0, WITH_LEN_PLUS_1, RV_ERR_RESOLVE, -12345};
    size_t i;

    for (i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
        expect_port_error(state, ON_RECV, 2, nonsense[i]);
    }
}

/* How many calls of callback a whole call makes. */
static unsigned calls_of(void **state, enum scripted_callback callback)
{
    struct scripted *world = scripted_another(state);

    assert_int_equal(scripted_replace(world), RV_OK);
    return world->calls[callback];
}

static void nonsense_from_recv_instead_of_the_answer_is_repeated_and_never_believed(void **state)
{
    static const int nonsense[] = {0, WITH_LEN_PLUS_1, -12345};
    unsigned last = calls_of(state, ON_RECV);
    size_t i;

    for (i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
        struct scripted *world = scripted_another(state);

        world->config.attempts_max = 1;
        scripted_fail(world, ON_RECV, last, nonsense[i]);
        assert_int_equal(scripted_replace(world), RV_ERR_PORT);
        assert_int_equal(scripted_result(world)->outcome, RV_UNKNOWN);
        scripted_expect_truth(world);
    }
}

static void nonsense_from_wait_ends_the_blocking_call(void **state)
{
    static const int nonsense[] = {1, RV_AGAIN, RV_EOF, -12345};
    size_t i;

    for (i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
        struct scripted *world = scripted_another(state);

        scripted_fail(world, ON_WAIT, 2, nonsense[i]);
        scripted_start(world);
        rv_call_run(&world->call);
        scripted_expect_truth(world);
        assert_true(scripted_result(world)->status < RV_AGAIN);
        assert_int_equal(scripted_result(world)->outcome, RV_NOT_SENT);
        assert_int_equal(world->calls[ON_WAIT], 2);
    }
}

/* --- each callback fails at its n-th call, for all n
 * ------------------------------------------------- */

static void each_call_fails(void **state, enum scripted_callback callback, int with, int and_later)
{
    unsigned count = calls_of(state, callback);
    unsigned n;

    assert_true(count > 0);
    for (n = 1; n <= count; n++) {
        struct scripted *world = scripted_another(state);

        scripted_fail(world, callback, n, with);
        world->fail.and_later = and_later;
        scripted_client(world);
        scripted_started(world);
        if (rv_call_start_replace(&world->call, &world->client, &world->replace) == RV_OK) {
            scripted_run(world);
        }
        assert_true(world->calls[callback] >= n);
        scripted_expect_truth(world);
    }
}

static void any_open_may_fail(void **state)
{
    static const int with[] = {RV_ERR_RESOLVE, RV_ERR_CONNECT, RV_ERR_NETWORK, RV_ERR_TIMEOUT};
    size_t i;

    for (i = 0; i < sizeof(with) / sizeof(with[0]); i++) {
        each_call_fails(state, ON_OPEN, with[i], 0);
        each_call_fails(state, ON_OPEN, with[i], 1);
    }
}

static void any_send_may_fail_once(void **state)
{
    each_call_fails(state, ON_SEND, RV_ERR_NETWORK, 0);
}

static void any_send_may_fail_for_good(void **state)
{
    each_call_fails(state, ON_SEND, RV_ERR_NETWORK, 1);
}

static void any_send_may_say_that_the_peer_takes_no_more(void **state)
{
    each_call_fails(state, ON_SEND, RV_EOF, 0);
}

static void any_send_may_answer_nonsense(void **state)
{
    each_call_fails(state, ON_SEND, 0, 0);
    each_call_fails(state, ON_SEND, WITH_LEN_PLUS_1, 0);
}

static void any_recv_may_fail_once(void **state)
{
    each_call_fails(state, ON_RECV, RV_ERR_NETWORK, 0);
}

static void any_recv_may_fail_for_good(void **state)
{
    each_call_fails(state, ON_RECV, RV_ERR_TIMEOUT, 1);
}

static void any_recv_may_say_that_the_stream_has_ended(void **state)
{
    each_call_fails(state, ON_RECV, RV_EOF, 0);
}

static void any_recv_may_answer_nonsense(void **state)
{
    each_call_fails(state, ON_RECV, WITH_LEN_PLUS_1, 0);
    each_call_fails(state, ON_RECV, -12345, 0);
}

static void randomness_may_run_out_at_any_time(void **state)
{
    each_call_fails(state, ON_RANDOM, RV_ERR_RANDOM, 1);
}

static void randomness_may_fail_once_at_any_time(void **state)
{
    each_call_fails(state, ON_RANDOM, -12345, 0);
}

static void failing_randomness_is_reported_as_such(void **state)
{
    unsigned count = calls_of(state, ON_RANDOM);
    unsigned n;

    for (n = 1; n <= count; n++) {
        struct scripted *world = scripted_another(state);

        world->config.attempts_max = 1;
        scripted_fail(world, ON_RANDOM, n, RV_ERR_RANDOM);
        scripted_client(world);
        scripted_started(world);
        if (rv_call_start_replace(&world->call, &world->client, &world->replace) == RV_OK) {
            scripted_run(world);
        }
        if (scripted_result(world)->status != RV_OK) { /* jitter needs none */
            assert_int_equal(scripted_result(world)->status, RV_ERR_RANDOM);
        }
    }
}

static void utc_may_become_unknown_at_any_time(void **state)
{
    each_call_fails(state, ON_UTC, RV_ERR_CLOCK, 1);
}

static void utc_may_be_unknown_once_at_any_time(void **state)
{
    each_call_fails(state, ON_UTC, RV_ERR_CLOCK, 0);
}

/* With the attempts and the correction that bring in the other readers of the clock; returns how
 * often the clock was read. */
static unsigned a_long_call_with_unknown_utc(void **state, unsigned n, int and_later)
{
    struct scripted *world = scripted_another(state);

    SCRIPT(world, {.status = 503, .body = "", .has_date = 1, .date_s = -3600},
           {.status = 400, .body = BODY_ERROR("InvalidTimestamp"), .has_date = 1, .date_s = -7200},
           {.status = 503, .body = "", .has_date = 1, .end = END_CUT}, ACCEPTED);
    scripted_fail(world, ON_UTC, n, RV_ERR_CLOCK);
    world->fail.and_later = and_later;
    scripted_replace(world);
    assert_int_not_equal(scripted_result(world)->outcome, RV_CHECKED);
    assert_true((scripted_result(world)->outcome == RV_NOT_SENT) ==
                (world->server.request_bytes == 0));
    return world->calls[ON_UTC];
}

static void utc_may_be_unknown_at_any_time_of_a_long_call(void **state)
{
    unsigned count = a_long_call_with_unknown_utc(state, 1000, 0);
    unsigned n;

    assert_in_range(count, 5, 100);
    for (n = 1; n <= count; n++) {
        a_long_call_with_unknown_utc(state, n, 0);
        a_long_call_with_unknown_utc(state, n, 1);
    }
}

static void any_wait_may_fail(void **state)
{
    struct scripted *world = scripted_another(state);
    unsigned count, n;

    scripted_start(world);
    assert_int_equal(rv_call_run(&world->call), RV_OK);
    count = world->calls[ON_WAIT];
    for (n = 1; n <= count; n++) {
        world = scripted_another(state);
        scripted_fail(world, ON_WAIT, n, RV_ERR_NETWORK);
        scripted_start(world);
        assert_int_equal(rv_call_run(&world->call), RV_ERR_NETWORK);
        scripted_expect_truth(world);
        assert_int_equal(world->is_open, 0);
    }
}

/* --- cancelled between any two steps
 * ------------------------------------------------------------------ */

/* Runs at most steps steps; 1: the call is still running. */
static int run_for(struct scripted *world, unsigned steps)
{
    rv_need need;

    while (steps-- > 0) {
        if (scripted_step(world, &need) != RV_AGAIN) {
            return 0;
        }
        assert_int_equal(scripted_wait(world, &need), RV_OK);
    }
    return 1;
}

static void expect_cancelled(const struct scripted *world)
{
    const rv_result *result = scripted_result(world);

    assert_int_equal(result->status, RV_ERR_CANCELLED);
    assert_int_equal(result->outcome, result->attempts == 0 ? RV_NOT_SENT : RV_UNKNOWN);
    if (result->outcome == RV_NOT_SENT || world->piece == 0) { /* else it may be in pieces */
        assert_true((result->outcome == RV_NOT_SENT) == (world->server.request_bytes == 0));
    }
    assert_null(world->client.call);
}

static void cancel_after_each_step(void **state, size_t piece, unsigned stride)
{
    unsigned n = 0;
    int is_running = 1;
    unsigned unsent = 0, unknown = 0;

    while (is_running) {
        struct scripted *world = scripted_another(state);

        SCRIPT(world, {.status = 200, .body = BODY_ACCEPTED, .delay_ms = 5}, ACCEPTED);
        world->piece = piece;
        world->blocks = piece > 0;
        scripted_start(world);
        is_running = run_for(world, n);
        rv_call_cancel(&world->call);
        if (is_running) {
            expect_cancelled(world);
            unsent += scripted_result(world)->outcome == RV_NOT_SENT;
            unknown += scripted_result(world)->outcome == RV_UNKNOWN;
        }
        n += stride;
    }
    assert_true(unsent > 0);
    assert_true(unknown > 0);
}

static void a_call_can_be_cancelled_between_any_two_steps(void **state)
{
    cancel_after_each_step(state, 0, 1);
}

static void a_slow_call_can_be_cancelled_between_any_two_steps(void **state)
{
    cancel_after_each_step(state, 97, 3);
}

static void the_client_serves_the_next_call_after_any_cancel(void **state)
{
    unsigned n = 0;
    int is_running = 1;

    while (is_running) {
        struct scripted *world = scripted_another(state);

        SCRIPT(world, {.status = 200, .body = BODY_ACCEPTED, .delay_ms = 5});
        scripted_start(world);
        is_running = run_for(world, n++);
        rv_call_cancel(&world->call);
        assert_int_equal(scripted_replace(world), RV_OK);
        assert_int_equal(scripted_result(world)->outcome, RV_ACCEPTED);
    }
}

static void a_cancel_during_the_wait_for_another_attempt_keeps_what_is_known(void **state)
{
    struct scripted *world = *state;
    rv_need need;

    SCRIPT(world, STATUS_ONLY(429), ACCEPTED);
    scripted_start(world);
    do {
        assert_int_equal(scripted_step(world, &need), RV_AGAIN);
    } while (need.events != 0);
    rv_call_cancel(&world->call);
    assert_int_equal(scripted_result(world)->status, RV_ERR_CANCELLED);
    assert_int_equal(scripted_result(world)->outcome, RV_REFUSED);
    assert_int_equal(scripted_result(world)->http_status, 429);
}

static void a_cancel_before_the_first_step_sends_nothing(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    scripted_start(world);
    rv_call_cancel(&world->call);
    expect_cancelled(world);
    assert_int_equal(world->calls[ON_OPEN], 0);
    assert_int_equal(scripted_step(world, NULL), RV_ERR_CANCELLED);
}

static void freeing_a_running_call_cancels_it(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    scripted_start(world);
    run_for(world, 4);
    rv_call_free(&world->call);
    assert_null(world->client.call);
    assert_int_equal(world->is_open, 0);
    assert_int_equal(scripted_replace(world), RV_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scripted_setup, scripted_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_byte_at_a_time_is_enough),
        TEST(would_block_at_every_other_call_is_no_trouble),
        TEST(would_block_at_every_other_byte_is_no_trouble),
        TEST(a_post_may_go_out_a_byte_at_a_time_too),
        TEST(a_slow_handshake_and_a_slow_answer_are_waited_for),
        TEST(a_late_dns_answer_is_waited_for),
        TEST(a_connection_made_by_writability_is_waited_for),
        TEST(the_ports_own_timer_is_passed_on),
        TEST(a_port_that_asks_for_a_time_alone_is_asked_again_then),
        TEST(many_agains_of_open_are_no_trouble),
        TEST(a_port_that_was_closed_while_it_opened_opens_again),
        TEST(every_opening_is_closed_again),
        TEST(nonsense_from_open_is_a_fault_of_the_port),
        TEST(nonsense_from_send_in_the_handshake_is_a_fault_of_the_port),
        TEST(nonsense_from_recv_in_the_handshake_is_a_fault_of_the_port),
        TEST(nonsense_from_recv_instead_of_the_answer_is_repeated_and_never_believed),
        TEST(nonsense_from_wait_ends_the_blocking_call),
        TEST(any_open_may_fail),
        TEST(any_send_may_fail_once),
        TEST(any_send_may_fail_for_good),
        TEST(any_send_may_say_that_the_peer_takes_no_more),
        TEST(any_send_may_answer_nonsense),
        TEST(any_recv_may_fail_once),
        TEST(any_recv_may_fail_for_good),
        TEST(any_recv_may_say_that_the_stream_has_ended),
        TEST(any_recv_may_answer_nonsense),
        TEST(randomness_may_run_out_at_any_time),
        TEST(randomness_may_fail_once_at_any_time),
        TEST(failing_randomness_is_reported_as_such),
        TEST(utc_may_become_unknown_at_any_time),
        TEST(utc_may_be_unknown_once_at_any_time),
        TEST(utc_may_be_unknown_at_any_time_of_a_long_call),
        TEST(any_wait_may_fail),
        TEST(a_call_can_be_cancelled_between_any_two_steps),
        TEST(a_slow_call_can_be_cancelled_between_any_two_steps),
        TEST(the_client_serves_the_next_call_after_any_cancel),
        TEST(a_cancel_during_the_wait_for_another_attempt_keeps_what_is_known),
        TEST(a_cancel_before_the_first_step_sends_nothing),
        TEST(freeing_a_running_call_cancels_it),
    };

    return cmocka_run_group_tests_name("call_faults", tests, NULL, NULL);
}
