/* The tool's limit of requests a second, which all instances of a run share. */
#include "examples/tool/fleet_rate.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define BEGIN_MS 5000

/* Asks for a new ticket. Returns how long it has to wait; 0: it was admitted at once. */
static uint64_t ask(struct fleet_rate *rate, uint64_t now_ms)
{
    uint64_t ticket = 0;
    uint64_t wake_at_ms = 0;

    if (fleet_rate_admit(rate, &ticket, now_ms, &wake_at_ms)) {
        assert_int_equal(ticket, 0);
        return 0;
    }
    assert_true(wake_at_ms > now_ms);
    return wake_at_ms - now_ms;
}

static struct fleet_rate emptied(uint32_t per_second, uint32_t burst)
{
    struct fleet_rate rate;
    uint32_t i;

    fleet_rate_init(&rate, per_second, burst, BEGIN_MS);
    for (i = 0; i < burst; i++) {
        assert_int_equal(ask(&rate, BEGIN_MS), 0);
    }
    return rate;
}

static void the_burst_goes_at_once_and_the_rest_at_the_rate(void **state)
{
    struct fleet_rate rate = emptied(4, 10);

    (void)state;
    assert_int_equal(ask(&rate, BEGIN_MS), 250);
    assert_int_equal(ask(&rate, BEGIN_MS), 500);
    assert_int_equal(ask(&rate, BEGIN_MS), 750);
}

static void a_ticket_is_good_at_the_time_that_was_said_and_not_before(void **state)
{
    struct fleet_rate rate = emptied(3, 1);
    uint64_t ticket = 0;
    uint64_t wake_at_ms;

    (void)state;
    assert_false(fleet_rate_admit(&rate, &ticket, BEGIN_MS, &wake_at_ms));
    assert_int_equal(wake_at_ms, BEGIN_MS + 334); /* a third of a second, rounded up */
    assert_false(fleet_rate_admit(&rate, &ticket, wake_at_ms - 1, &wake_at_ms));
    assert_int_equal(wake_at_ms, BEGIN_MS + 334);
    assert_true(fleet_rate_admit(&rate, &ticket, wake_at_ms, &wake_at_ms));
}

static void who_asks_first_goes_first(void **state)
{
    struct fleet_rate rate = emptied(4, 1);
    uint64_t first = 0;
    uint64_t second = 0;
    uint64_t wake_at_ms;

    (void)state;
    assert_false(fleet_rate_admit(&rate, &first, BEGIN_MS, &wake_at_ms));
    assert_false(fleet_rate_admit(&rate, &second, BEGIN_MS, &wake_at_ms));
    assert_false(fleet_rate_admit(&rate, &second, BEGIN_MS + 250, &wake_at_ms));
    assert_int_equal(wake_at_ms, BEGIN_MS + 500);
    assert_true(fleet_rate_admit(&rate, &first, BEGIN_MS + 250, &wake_at_ms));
    assert_true(fleet_rate_admit(&rate, &second, BEGIN_MS + 500, &wake_at_ms));
}

/* A thousand want to go at once, and each comes back exactly when it was told to. */
static void a_thousand_go_in_their_order_at_the_rate(void **state)
{
    struct fleet_rate rate = emptied(4, 10);
    uint64_t tickets[1000] = {0};
    uint64_t wake_at_ms[1000];
    size_t i;

    (void)state;
    for (i = 0; i < 1000; i++) {
        assert_false(fleet_rate_admit(&rate, &tickets[i], BEGIN_MS, &wake_at_ms[i]));
        assert_int_equal(wake_at_ms[i], BEGIN_MS + 250 * (i + 1));
    }
    for (i = 0; i < 1000; i++) {
        uint64_t later;

        assert_true(fleet_rate_admit(&rate, &tickets[i], wake_at_ms[i], &later));
    }
}

static void a_pause_saves_up_no_more_than_the_burst(void **state)
{
    struct fleet_rate rate = emptied(4, 3);
    uint64_t later_ms = BEGIN_MS + 3600000;

    (void)state;
    assert_int_equal(ask(&rate, later_ms), 0);
    assert_int_equal(ask(&rate, later_ms), 0);
    assert_int_equal(ask(&rate, later_ms), 0);
    assert_int_equal(ask(&rate, later_ms), 250);
}

/* Even if all who wait come late, and all at the same time. */
static void a_loop_that_comes_late_sends_no_more_at_once_than_the_burst(void **state)
{
    struct fleet_rate rate = emptied(4, 3);
    uint64_t tickets[8] = {0};
    uint64_t wake_at_ms;
    int admitted = 0;
    int i;

    (void)state;
    for (i = 0; i < 8; i++) {
        assert_false(fleet_rate_admit(&rate, &tickets[i], BEGIN_MS, &wake_at_ms));
    }
    for (i = 0; i < 8; i++) {
        admitted += fleet_rate_admit(&rate, &tickets[i], BEGIN_MS + 60000, &wake_at_ms);
    }
    assert_int_equal(admitted, 3);
}

static void time_that_jumps_by_centuries_does_no_harm(void **state)
{
    struct fleet_rate rate = emptied(1000000, 1000000);

    (void)state;
    assert_int_equal(ask(&rate, UINT64_MAX / 2), 0);
}

static void after_a_throttling_answer_all_wait_and_then_go_at_half_the_rate(void **state)
{
    struct fleet_rate rate;

    (void)state;
    fleet_rate_init(&rate, 4, 10, BEGIN_MS);
    fleet_rate_throttled(&rate, BEGIN_MS, 2000);
    assert_int_equal(ask(&rate, BEGIN_MS), 2500); /* the wait, then a whole one at two a second */
    assert_int_equal(ask(&rate, BEGIN_MS), 3000);
}

/* Those that were on their way together are told the same together. */
static void throttling_answers_within_the_wait_halve_the_rate_once(void **state)
{
    struct fleet_rate rate;

    (void)state;
    fleet_rate_init(&rate, 4, 10, BEGIN_MS);
    fleet_rate_throttled(&rate, BEGIN_MS, 2000);
    fleet_rate_throttled(&rate, BEGIN_MS + 10, 1000);
    fleet_rate_throttled(&rate, BEGIN_MS + 20, 3000);
    assert_int_equal(ask(&rate, BEGIN_MS + 20), 3500); /* the longest wait counts */
}

static void a_ticket_from_before_waits_too(void **state)
{
    struct fleet_rate rate = emptied(4, 1);
    uint64_t ticket = 0;
    uint64_t wake_at_ms;

    (void)state;
    assert_false(fleet_rate_admit(&rate, &ticket, BEGIN_MS, &wake_at_ms));
    assert_int_equal(wake_at_ms, BEGIN_MS + 250);
    fleet_rate_throttled(&rate, BEGIN_MS + 100, 1000);
    assert_false(fleet_rate_admit(&rate, &ticket, BEGIN_MS + 250, &wake_at_ms));
    assert_int_equal(wake_at_ms, BEGIN_MS + 1100 + 500);
    assert_true(fleet_rate_admit(&rate, &ticket, wake_at_ms, &wake_at_ms));
}

static void it_never_gets_slower_than_a_sixteenth(void **state)
{
    struct fleet_rate rate;
    uint64_t now_ms = BEGIN_MS;
    int i;

    (void)state;
    fleet_rate_init(&rate, 4, 10, BEGIN_MS);
    for (i = 0; i < 20; i++) {
        fleet_rate_throttled(&rate, now_ms, 100);
        now_ms += 100;
    }
    assert_int_equal(ask(&rate, now_ms), 4000);
}

/* Two ask: the first goes, the second says how fast it flows. */
static uint64_t interval_ms(struct fleet_rate *rate, uint64_t now_ms)
{
    uint64_t ticket = 0;
    uint64_t wake_at_ms = now_ms;
    uint64_t last_ms;

    while (!fleet_rate_admit(rate, &ticket, wake_at_ms, &wake_at_ms)) {
    }
    last_ms = wake_at_ms;
    while (!fleet_rate_admit(rate, &ticket, wake_at_ms, &wake_at_ms)) {
    }
    return wake_at_ms - last_ms;
}

static void without_throttling_the_rate_comes_back_by_quarters(void **state)
{
    struct fleet_rate rate;
    uint64_t now_ms = BEGIN_MS + 1000;

    (void)state;
    fleet_rate_init(&rate, 4, 1, BEGIN_MS);
    fleet_rate_throttled(&rate, BEGIN_MS, 1000);
    assert_int_equal(interval_ms(&rate, now_ms), 500);
    assert_int_equal(interval_ms(&rate, now_ms + FLEET_RATE_RECOVERY_MS), 334);
    assert_int_equal(interval_ms(&rate, now_ms + 2 * FLEET_RATE_RECOVERY_MS), 250);
    assert_int_equal(interval_ms(&rate, now_ms + 20 * FLEET_RATE_RECOVERY_MS),
                     250); /* no further */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_burst_goes_at_once_and_the_rest_at_the_rate),
        cmocka_unit_test(a_ticket_is_good_at_the_time_that_was_said_and_not_before),
        cmocka_unit_test(who_asks_first_goes_first),
        cmocka_unit_test(a_thousand_go_in_their_order_at_the_rate),
        cmocka_unit_test(a_pause_saves_up_no_more_than_the_burst),
        cmocka_unit_test(a_loop_that_comes_late_sends_no_more_at_once_than_the_burst),
        cmocka_unit_test(time_that_jumps_by_centuries_does_no_harm),
        cmocka_unit_test(after_a_throttling_answer_all_wait_and_then_go_at_half_the_rate),
        cmocka_unit_test(throttling_answers_within_the_wait_halve_the_rate_once),
        cmocka_unit_test(a_ticket_from_before_waits_too),
        cmocka_unit_test(it_never_gets_slower_than_a_sixteenth),
        cmocka_unit_test(without_throttling_the_rate_comes_back_by_quarters),
    };

    return cmocka_run_group_tests_name("fleet_rate", tests, NULL, NULL);
}
