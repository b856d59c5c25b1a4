/*
 * Many instances at once from one thread, as a loop of one's own does it: step whoever has
 * something to do, then poll for all of them.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/support/customer.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CLIENTS  200
#define LIMIT_MS 200000

struct worker {
    rv_posix_socket posix;
    rv_socket tcp;
    rv_client client;
    rv_call call;
    rv_replace_system_volume replace;
    rv_need need;
    char instance_id[32];
    int finished;
};

struct many {
    int count;
    struct worker *workers;
    struct pollfd *entries;
    int running;
    int64_t longest_step_us;  /* of the processor, so that a busy machine does not count */
    uint64_t longest_late_ms; /* poll came back so long after the first timer */
    long steps;
    long polls;
};

static uint64_t now_ms(const struct customer *customer)
{
    return customer->system.monotonic_ms(customer->system.ctx);
}

static int64_t processor_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void start_all(struct customer *customer, struct many *many, int count)
{
    rv_result why;
    int i;

    memset(many, 0, sizeof *many);
    many->count = count;
    many->running = count;
    many->workers = calloc((size_t)count, sizeof *many->workers);
    many->entries = calloc((size_t)count, sizeof *many->entries);
    assert_non_null(many->workers);
    assert_non_null(many->entries);
    for (i = 0; i < count; i++) {
        struct worker *worker = &many->workers[i];
        rv_client_config config = customer->config;

        rv_posix_socket_init(&worker->posix, &worker->tcp);
        worker->posix.address = "127.0.0.1"; /* so that nothing here waits for a resolver */
        config.socket = &worker->tcp;
        config.trace = NULL;
        assert_int_equal(rv_client_init(&worker->client, &config, &why), RV_OK);
        worker->replace = customer->replace;
        snprintf(worker->instance_id, sizeof worker->instance_id, "i-fleet%05d", i);
        worker->replace.instance_id = worker->instance_id;
        worker->replace.method = i % 3 == 0 ? RV_POST : RV_GET;
        assert_int_equal(rv_call_start_replace(&worker->call, &worker->client, &worker->replace),
                         RV_OK);
        worker->need.events = RV_NOW;
        worker->need.wake_at_ms = RV_NEVER;
    }
}

static void step(struct many *many, struct worker *worker)
{
    int64_t began = processor_us();
    int status = rv_call_step(&worker->call, &worker->need);
    int64_t took = processor_us() - began;

    many->steps++;
    if (took > many->longest_step_us) {
        many->longest_step_us = took;
    }
    if (status != RV_AGAIN) {
        worker->finished = 1;
        many->running--;
    }
}

/* One poll for all who have nothing to do; returns when somebody has. */
static void wait_for_any(struct customer *customer, struct many *many)
{
    uint64_t wake_at_ms = RV_NEVER;
    uint64_t now = now_ms(customer);
    int timeout = -1;
    int i;

    for (i = 0; i < many->count; i++) {
        struct worker *worker = &many->workers[i];
        struct pollfd *entry = &many->entries[i];

        entry->fd = -1;
        entry->events = 0;
        entry->revents = 0;
        if (worker->finished) {
            continue;
        }
        if ((worker->need.events & RV_NOW) != 0) {
            timeout = 0;
            continue;
        }
        if ((worker->need.events & RV_READ) != 0) {
            entry->events |= POLLIN;
        }
        if ((worker->need.events & RV_WRITE) != 0) {
            entry->events |= POLLOUT;
        }
        if (entry->events != 0) {
            entry->fd = rv_posix_descriptor(&worker->posix);
            assert_true(entry->fd >= 0);
        }
        /* something must wake it */
        assert_true(entry->events != 0 || worker->need.wake_at_ms != RV_NEVER);
        if (worker->need.wake_at_ms < wake_at_ms) {
            wake_at_ms = worker->need.wake_at_ms;
        }
    }
    if (timeout != 0 && wake_at_ms != RV_NEVER) {
        timeout = wake_at_ms <= now            ? 0
                  : wake_at_ms - now < INT_MAX ? (int)(wake_at_ms - now)
                                               : INT_MAX;
    }
    many->polls++;
    assert_true(poll(many->entries, (nfds_t)many->count, timeout) >= 0);
    now = now_ms(customer);
    if (timeout > 0 && now > wake_at_ms && now - wake_at_ms > many->longest_late_ms) {
        many->longest_late_ms = now - wake_at_ms;
    }
}

static int has_something_to_do(const struct worker *worker, const struct pollfd *entry,
                               uint64_t now)
{
    return !worker->finished && ((worker->need.events & RV_NOW) != 0 || entry->revents != 0 ||
                                 now >= worker->need.wake_at_ms);
}

static void run_all(struct customer *customer, struct many *many, uint64_t limit_ms)
{
    uint64_t began = now_ms(customer);
    int i;

    while (many->running > 0) {
        uint64_t now = now_ms(customer);

        for (i = 0; i < many->count; i++) {
            if (has_something_to_do(&many->workers[i], &many->entries[i], now)) {
                step(many, &many->workers[i]);
            }
        }
        if (now - began > limit_ms) {
            fail_msg("%d have not finished", many->running);
        }
        if (many->running > 0) {
            wait_for_any(customer, many);
        }
    }
    printf("# %d clients: %lu ms, %ld steps, %ld polls, longest step %ld us of processor time\n",
           many->count, (unsigned long)(now_ms(customer) - began), many->steps, many->polls,
           (long)many->longest_step_us);
}

static void end_all(struct many *many)
{
    int i;

    for (i = 0; i < many->count; i++) {
        rv_call_free(&many->workers[i].call);
        rv_client_free(&many->workers[i].client);
    }
    free(many->workers);
    free(many->entries);
}

static void assert_all_accepted(struct customer *customer, struct many *many)
{
    int i;

    for (i = 0; i < many->count; i++) {
        const rv_result *result = rv_call_result(&many->workers[i].call);
        char token[RV_CLIENT_TOKEN_MAX + 32];

        if (result->status != RV_OK || result->outcome != RV_ACCEPTED) {
            fail_msg("%s: status %d, outcome %d, %s", many->workers[i].instance_id, result->status,
                     result->outcome, result->code_text);
        }
        snprintf(token, sizeof token, "\"client_token\":\"%s\"", result->client_token);
        assert_int_equal(customer_lines(customer, IS_REPLACED, token), 1);
    }
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), many->count);
}

/* A step is at most one operation with a public key, or 4 KiB: never more than some milliseconds,
 * here with much room for slow machines and watching tools. */
static void assert_nobody_waited(const struct many *many)
{
    assert_in_range(many->longest_step_us, 0, is_under_valgrind() ? 10000000 : 400000);
    /* no spinning: every step but a bounded number has moved something */
    assert_in_range(many->steps, many->count, 200L * many->count);
}

static int how_many(void)
{
    return is_under_valgrind() ? CLIENTS / 4 : CLIENTS;
}

/* All share one processor, so each one's limits have to hold for the work of all. */
static void wait_for_one_another(struct customer *customer)
{
    customer->config.idle_timeout_ms = LIMIT_MS;
    customer->config.call_timeout_ms = LIMIT_MS;
}

static void all_finish(struct customer *customer)
{
    struct many many;

    SERVE(customer, "--generate-instances", "200", "--generate-status", "STOPPED", "--delay-ms",
          "2000");
    wait_for_one_another(customer);
    customer_set_up(customer);
    start_all(customer, &many, how_many());
    run_all(customer, &many, LIMIT_MS);
    assert_all_accepted(customer, &many);
    assert_int_equal(customer_lines(customer, IS_REQUEST, NULL), many.count);
    assert_int_equal(customer_lines(customer, IS_OPENED, NULL), many.count);
    assert_nobody_waited(&many);
    end_all(&many);
}

/* Some are throttled, some lose their answer, some are cut: all come back and finish. */
static void all_finish_through_trouble(struct customer *customer)
{
    struct many many;
    const rv_result *result;
    int repeated = 0;
    int i;

    SERVE(customer, "--generate-instances", "200", "--generate-status", "STOPPED", "--delay-ms",
          "20000", "--refuse-connections", "5", "--rule",
          "ReplaceSystemVolume#1-10=error:FlowLimitExceeded;retry-after:1", "--rule",
          "ReplaceSystemVolume#11-20=execute;drop", "--rule",
          "ReplaceSystemVolume#21-30=cut-answer:100", "--rule",
          "ReplaceSystemVolume#31-35=reset-answer:0", "--rule",
          "ReplaceSystemVolume#36-40=execute;html:502", "--rule",
          "ReplaceSystemVolume#41-200=delay-ms:100;chunked");
    wait_for_one_another(customer);
    customer_set_up(customer);
    start_all(customer, &many, how_many());
    run_all(customer, &many, LIMIT_MS);
    for (i = 0; i < many.count; i++) {
        result = rv_call_result(&many.workers[i].call);
        repeated += result->attempts - 1;
    }
    assert_all_accepted(customer, &many);
    assert_int_equal(repeated, 40);
    assert_int_equal(customer_lines(customer, IS_REQUEST, NULL), many.count + 40);
    assert_nobody_waited(&many);
    end_all(&many);
}

/* While all of them are silent, nothing runs: the loop sleeps until their limit, then all end. */
static void silence_costs_nothing(struct customer *customer)
{
    struct many many;
    int count = is_under_valgrind() ? 10 : 50;
    int i;

    SERVE(customer, "--generate-instances", "50", "--generate-status", "STOPPED", "--rule",
          "*=execute;stall-answer:0");
    customer->config.attempts_max = 1;
    customer->config.idle_timeout_ms = patience_ms(3000);
    customer_set_up(customer);
    start_all(customer, &many, count);
    run_all(customer, &many, LIMIT_MS);
    for (i = 0; i < count; i++) {
        const rv_result *result = rv_call_result(&many.workers[i].call);

        assert_int_equal(result->status, RV_ERR_TIMEOUT);
        assert_int_equal(result->outcome, RV_UNKNOWN);
    }
    assert_int_equal(customer_lines(customer, IS_REPLACED, NULL), count);
    assert_nobody_waited(&many);
    /* late by what a busy machine may cost, not by another limit */
    assert_in_range(many.longest_late_ms, 0, 2000);
    end_all(&many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CUSTOMER_TEST(all_finish),
        CUSTOMER_TEST(all_finish_through_trouble),
        CUSTOMER_TEST(silence_costs_nothing),
    };

    customer_begin_process();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
