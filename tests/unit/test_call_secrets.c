/*
 * What must not linger and must not be told: password, user data, secret key, session token and
 * signing key. The memory of client and call is searched for them after every way that a call can
 * end, and everything that the trace says is looked through.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/support/customer.h"
#include "tests/support/scripted.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define NEW_PASSWORD  "Pass-Word-0815-xyz"
#define SECRET_KEY    "VGhlLXNlY3JldC1hY2Nlc3Mta2V5"
#define SESSION_TOKEN "the-session-token-of-a-role"
#define USER_DATA     "user-data-with-a-secret"
#define USER_DATA_64  "dXNlci1kYXRhLXdpdGgtYS1zZWNyZXQ"

static struct {
    struct scripted *world;
    char trace[16384]; /* all its texts */
    size_t trace_len;
    unsigned events;
    int status;
    uint8_t signing_key[32]; /* as it was during the call */
} seen;

static void see(void *ctx, rv_trace_event event, int32_t number, const char *text)
{
    size_t len = strlen(text);

    (void)ctx;
    (void)number;
    seen.events |= 1u << event;
    assert_true(seen.trace_len + len < sizeof(seen.trace));
    memcpy(seen.trace + seen.trace_len, text, len);
    seen.trace_len += len;
    if (event == RV_TRACE_SENT) {
        memcpy(seen.signing_key, seen.world->client.signing_key, sizeof(seen.signing_key));
    }
}

static struct scripted *with_secrets(void **state)
{
    struct scripted *world = *state;

    memset(&seen, 0, sizeof(seen));
    seen.world = world;
    world->config.trace = see;
    world->credentials.secret_access_key = SECRET_KEY;
    world->credentials.session_token = SESSION_TOKEN;
    world->replace.password = NEW_PASSWORD;
    world->replace.user_data = (const uint8_t *)USER_DATA;
    world->replace.user_data_len = strlen(USER_DATA);
    return world;
}

/* A part of it is a part too much. */
static unsigned copies_in(const void *memory, size_t size, const char *secret)
{
    return scripted_copies_in(memory, size, secret, 8) +
           scripted_copies_in(memory, size, secret + strlen(secret) - 8, 8);
}

static unsigned copies_of(const struct scripted *world, const char *secret)
{
    return copies_in(&world->client, sizeof(world->client), secret) +
           copies_in(&world->call, sizeof(world->call), secret);
}

static void expect_no_secret(const struct scripted *world)
{
    assert_int_equal(copies_of(world, NEW_PASSWORD), 0);
    assert_int_equal(copies_of(world, USER_DATA), 0);
    assert_int_equal(copies_of(world, USER_DATA_64), 0);
    assert_int_equal(copies_of(world, SECRET_KEY), 0);
    assert_int_equal(copies_of(world, SESSION_TOKEN), 0);
}

/* --- they are sent ---------------------------------------------------------------------------- */

static void the_secrets_of_these_tests_really_travel(void **state)
{
    struct scripted *world = with_secrets(state);

    SCRIPT(world, ACCEPTED);
    scripted_replace(world);
    assert_non_null(strstr(world->server.request[0], "Password=" NEW_PASSWORD));
    assert_non_null(strstr(world->server.request[0], "UserData=" USER_DATA_64));
    assert_non_null(strstr(world->server.request[0], "X-Security-Token: " SESSION_TOKEN));
    assert_null(strstr(world->server.request[0], SECRET_KEY));
}

static void they_are_found_while_the_request_goes_out(void **state)
{
    struct scripted *world = with_secrets(state);
    unsigned found = 0;
    rv_need need;

    SCRIPT(world, ACCEPTED);
    world->piece = 50;
    world->blocks = 1;
    scripted_start(world);
    while (scripted_step(world, &need) == RV_AGAIN) {
        found += copies_of(world, NEW_PASSWORD);
        scripted_wait(world, &need);
    }
    assert_true(found > 0); /* or the searches below would say nothing */
}

/* --- they are wiped
 * --------------------------------------------------------------------------------- */

static void nothing_lingers_after_an_accepted_call(void **state)
{
    struct scripted *world = with_secrets(state);

    SCRIPT(world, ACCEPTED);
    assert_int_equal(scripted_replace(world), RV_OK);
    expect_no_secret(world);
}

static void nothing_lingers_after_an_accepted_post(void **state)
{
    struct scripted *world = with_secrets(state);

    SCRIPT(world, ACCEPTED);
    world->replace.method = RV_POST;
    assert_int_equal(scripted_replace(world), RV_OK);
    expect_no_secret(world);
}

static void nothing_lingers_after_a_refused_call(void **state)
{
    struct scripted *world = with_secrets(state);

    SCRIPT(world, REFUSED(400, "InvalidPassword.Malformed"));
    assert_int_equal(scripted_replace(world), RV_ERR_SERVICE);
    expect_no_secret(world);
}

static void nothing_lingers_after_a_cut_answer(void **state)
{
    struct scripted *world = with_secrets(state);

    SCRIPT(world, NO_ANSWER);
    assert_int_equal(scripted_replace(world), RV_ERR_NETWORK);
    expect_no_secret(world);
}

static void nothing_lingers_after_a_reset_in_the_request(void **state)
{
    struct scripted *world = with_secrets(state);

    SCRIPT(world, {.reset_after = 100});
    world->piece = 50;
    world->blocks = 1;
    assert_int_equal(scripted_replace(world), RV_ERR_NETWORK);
    expect_no_secret(world);
}

static void nothing_lingers_after_a_request_that_is_never_taken(void **state)
{
    struct scripted *world = with_secrets(state);

    SCRIPT(world, ACCEPTED);
    world->config.attempts_max = 1;
    world->send_stalls_after = 700;
    assert_int_equal(scripted_replace(world), RV_ERR_TIMEOUT);
    expect_no_secret(world);
}

static void nothing_lingers_after_a_failed_handshake(void **state)
{
    struct scripted *world = with_secrets(state);

    SCRIPT(world, ACCEPTED);
    world->server.certificate = CERTIFICATE_STRANGER;
    assert_int_equal(scripted_replace(world), RV_ERR_CERTIFICATE);
    expect_no_secret(world);
}

static void nothing_lingers_after_a_target_that_is_too_long(void **state)
{
    static uint8_t user_data[9000];
    struct scripted *world = with_secrets(state);

    memset(user_data, 'u', sizeof(user_data));
    world->replace.user_data = user_data;
    world->replace.user_data_len = sizeof(user_data);
    scripted_client(world);
    assert_int_equal(rv_call_start_replace(&world->call, &world->client, &world->replace),
                     RV_ERR_PARAMETER);
    expect_no_secret(world);
    assert_int_equal(scripted_copies_of(world, "dXV1dXV1", 8), 0);
}

static void nothing_lingers_after_a_parameter_error(void **state)
{
    struct scripted *world = with_secrets(state);

    world->replace.password = NEW_PASSWORD " with a space";
    scripted_client(world);
    assert_int_equal(rv_call_start_replace(&world->call, &world->client, &world->replace),
                     RV_ERR_PARAMETER);
    expect_no_secret(world);
}

static void nothing_lingers_after_any_failing_send(void **state)
{
    unsigned n;

    for (n = 1; n < 12; n++) {
        struct scripted *world;

        scripted_another(state);
        world = with_secrets(state);
        world->piece = 100;
        world->config.attempts_max = 1;
        scripted_fail(world, ON_SEND, n * 2, RV_ERR_NETWORK);
        scripted_replace(world);
        expect_no_secret(world);
    }
}

static void nothing_lingers_after_a_cancel_between_any_two_steps(void **state)
{
    unsigned n = 0;
    int status = RV_AGAIN;

    while (status == RV_AGAIN) {
        struct scripted *world;
        unsigned i;
        rv_need need;

        scripted_another(state);
        world = with_secrets(state);
        world->piece = 200;
        world->blocks = 1;
        scripted_start(world);
        for (i = 0; i <= n && (status = scripted_step(world, &need)) == RV_AGAIN; i++) {
            scripted_wait(world, &need);
        }
        rv_call_cancel(&world->call);
        expect_no_secret(world);
        n++;
    }
    assert_int_equal(status, RV_OK);
}

static void nothing_lingers_while_the_answer_is_awaited(void **state)
{
    struct scripted *world = with_secrets(state);

    SCRIPT(world, {.status = 200, .body = BODY_ACCEPTED, .delay_ms = 1000});
    scripted_start(world);
    while (world->server.requests == 0) {
        assert_int_equal(scripted_step(world, NULL), RV_AGAIN);
    }
    expect_no_secret(world);
}

static void nothing_lingers_while_another_attempt_is_awaited(void **state)
{
    struct scripted *world = with_secrets(state);
    rv_need need;

    SCRIPT(world, {.reset_after = 100}, ACCEPTED);
    world->piece = 50;
    world->blocks = 1;
    scripted_start(world);
    do {
        assert_int_equal(scripted_step(world, &need), RV_AGAIN);
        if (need.events != 0) {
            scripted_wait(world, &need);
        }
    } while (need.events != 0);
    assert_int_equal(scripted_result(world)->attempts, 1);
    expect_no_secret(world);
}

/* In a thread whose stack can be looked through afterwards; later steps would write over it. */
static void *start(void *world_of_test)
{
    struct scripted *world = world_of_test;

    seen.status = rv_call_start_replace(&world->call, &world->client, &world->replace);
    return NULL;
}

static void nothing_lingers_on_the_stack_when_a_call_has_started(void **state)
{
    enum { STACK_SIZE = 1 << 20 };
    struct scripted *world = with_secrets(state);
    void *stack = NULL;
    pthread_attr_t attributes;
    pthread_t thread;

    if (is_under_valgrind()) {
        skip(); /* a stack that was left may not be read there */
    }
    scripted_client(world);
    assert_int_equal(posix_memalign(&stack, 4096, STACK_SIZE), 0);
    memset(stack, 0, STACK_SIZE);
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstack(&attributes, stack, STACK_SIZE), 0);
    assert_int_equal(pthread_create(&thread, &attributes, start, world), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(pthread_attr_destroy(&attributes), 0);
    assert_int_equal(seen.status, RV_OK);
    assert_int_equal(copies_in(stack, STACK_SIZE, NEW_PASSWORD), 0);
    assert_int_equal(copies_in(stack, STACK_SIZE, USER_DATA), 0);
    assert_int_equal(copies_in(stack, STACK_SIZE, USER_DATA_64), 0);
    free(stack);
}

static void the_signing_key_is_in_the_client_alone_and_goes_with_it(void **state)
{
    static const uint8_t nothing[32];
    struct scripted *world = with_secrets(state);

    SCRIPT(world, ACCEPTED);
    scripted_replace(world);
    assert_memory_not_equal(seen.signing_key, nothing, sizeof(nothing));
    assert_int_equal(scripted_copies_of(world, seen.signing_key, 32), 1); /* the cache */
    rv_client_free(&world->client);
    assert_int_equal(scripted_copies_of(world, seen.signing_key, 32), 0);
}

static void a_freed_client_is_all_zero(void **state)
{
    static const rv_client zero;
    struct scripted *world = with_secrets(state);

    SCRIPT(world, ACCEPTED);
    scripted_replace(world);
    rv_client_free(&world->client);
    assert_memory_equal(&world->client, &zero, sizeof(zero));
}

static void a_freed_call_is_all_zero(void **state)
{
    static const rv_call zero;
    struct scripted *world = with_secrets(state);

    SCRIPT(world, ACCEPTED);
    scripted_replace(world);
    rv_call_free(&world->call);
    assert_memory_equal(&world->call, &zero, sizeof(zero));
}

static void a_call_that_is_freed_while_it_runs_is_all_zero(void **state)
{
    static const rv_call zero;
    struct scripted *world = with_secrets(state);

    SCRIPT(world, {.status = 200, .body = BODY_ACCEPTED, .delay_ms = 1000});
    scripted_start(world);
    while (world->server.requests == 0) {
        scripted_step(world, NULL);
    }
    rv_call_free(&world->call);
    assert_memory_equal(&world->call, &zero, sizeof(zero));
    expect_no_secret(world);
}

/* --- they are not told
 * ---------------------------------------------------------------------------------- */

static void expect_trace_without_secrets(void)
{
    static const char *const secrets[] = {NEW_PASSWORD,  USER_DATA,  USER_DATA_64,
                                          SESSION_TOKEN, SECRET_KEY, "i-test",
                                          "Signature=",  "AKLTtest", "Credential="};
    size_t i;

    seen.trace[seen.trace_len] = '\0';
    for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        assert_null(strstr(seen.trace, secrets[i]));
    }
    for (i = 0; i < seen.trace_len; i++) {
        assert_in_range(seen.trace[i], 0x20, 0x7E);
    }
}

static void the_trace_tells_no_secret(void **state)
{
    struct scripted *world = with_secrets(state);

    SCRIPT(world, STATUS_ONLY(503), NO_ANSWER, REFUSED(429, "FlowLimitExceeded"), ACCEPTED,
           REFUSED(400, "InvalidPassword.Malformed"));
    world->server.checks_time = 1;
    world->utc_error_s = 7200;
    scripted_replace(world);
    scripted_replace(world);
    assert_int_equal(seen.events, (1u << (RV_TRACE_CLOSED + 1)) - 2); /* each kind was there */
    expect_trace_without_secrets();
}

static void the_trace_tells_no_value_of_an_answers_fields(void **state)
{
    struct scripted *world = with_secrets(state);

    SCRIPT(world, {.status = 200, .body = BODY_ACCEPTED, .fields = "Set-Cookie: sweet-secret\r\n"});
    scripted_replace(world);
    expect_trace_without_secrets();
    assert_non_null(strstr(seen.trace, "et-"));
    assert_null(strstr(seen.trace, "sweet"));
}

static void the_result_tells_no_secret(void **state)
{
    struct scripted *world = with_secrets(state);

    SCRIPT(world, REFUSED(400, "InvalidPassword.Malformed"));
    scripted_replace(world);
    assert_int_equal(copies_of(world, NEW_PASSWORD), 0);
    assert_string_equal(scripted_result(world)->message, "Why.");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scripted_setup, scripted_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_secrets_of_these_tests_really_travel),
        TEST(they_are_found_while_the_request_goes_out),
        TEST(nothing_lingers_after_an_accepted_call),
        TEST(nothing_lingers_after_an_accepted_post),
        TEST(nothing_lingers_after_a_refused_call),
        TEST(nothing_lingers_after_a_cut_answer),
        TEST(nothing_lingers_after_a_reset_in_the_request),
        TEST(nothing_lingers_after_a_request_that_is_never_taken),
        TEST(nothing_lingers_after_a_failed_handshake),
        TEST(nothing_lingers_after_a_target_that_is_too_long),
        TEST(nothing_lingers_after_a_parameter_error),
        TEST(nothing_lingers_after_any_failing_send),
        TEST(nothing_lingers_after_a_cancel_between_any_two_steps),
        TEST(nothing_lingers_while_the_answer_is_awaited),
        TEST(nothing_lingers_while_another_attempt_is_awaited),
        TEST(nothing_lingers_on_the_stack_when_a_call_has_started),
        TEST(the_signing_key_is_in_the_client_alone_and_goes_with_it),
        TEST(a_freed_client_is_all_zero),
        TEST(a_freed_call_is_all_zero),
        TEST(a_call_that_is_freed_while_it_runs_is_all_zero),
        TEST(the_trace_tells_no_secret),
        TEST(the_trace_tells_no_value_of_an_answers_fields),
        TEST(the_result_tells_no_secret),
    };

    return cmocka_run_group_tests_name("call_secrets", tests, NULL, NULL);
}
