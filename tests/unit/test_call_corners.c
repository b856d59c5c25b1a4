/*
 * Corners of a call: a step that comes late, records without data, a clock that is set during the
 * request, what an attempt leaves behind.
 */
#include "../support/scripted.h"

#include <string.h>

static void an_answer_that_is_there_is_read_however_late(void **state)
{
    struct scripted *world = *state;
    rv_need need;
    int status;

    SCRIPT(world, ACCEPTED);
    world->config.attempts_max = 1;
    scripted_start(world);
    while ((status = rv_call_step(&world->call, &need)) == RV_AGAIN) {
        if (world->server.requests == 1) {
            world->now_ms += 16000; /* over the idle limit */
        } else if (!(need.events & RV_NOW)) {
            scripted_wait(world, &need);
        }
    }
    assert_int_equal(status, RV_OK);
    assert_int_equal(scripted_result(world)->outcome, RV_ACCEPTED);
}

/* --- a request of any length ------------------------------------------------------------------ */

static struct {
    struct scripted *world;
    size_t bytes; /* on the wire when the request was sent */
} at_sent;

static void note_sent(void *ctx, rv_trace_event event, int32_t number, const char *text)
{
    (void)ctx;
    (void)number;
    (void)text;
    if (event == RV_TRACE_SENT) {
        at_sent.bytes = at_sent.world->sent;
    }
}

static void start_post(struct scripted *world, size_t user_data_len)
{
    static const uint8_t user_data[8192] = {0};

    SCRIPT(world, ACCEPTED);
    world->replace.method = RV_POST;
    world->replace.user_data = user_data;
    world->replace.user_data_len = user_data_len;
    world->config.attempts_max = 1;
    world->config.trace = note_sent;
    at_sent.world = world;
    scripted_start(world);
}

/* A step ends after 4 KiB. The one that has moved the last byte looks for the answer, too: a loop
 * that then comes late finds the call where the answer is read first. */
static void a_request_of_any_length_is_over_with_its_last_byte(void **state)
{
    size_t len;

    for (len = 1; len < 6400; len += 300) {
        struct scripted *world = scripted_another(state);
        rv_need need;
        size_t bytes;
        int status;

        start_post(world, len);
        assert_int_equal(scripted_run(world), RV_OK);
        bytes = at_sent.bytes;

        world = scripted_another(state);
        start_post(world, len);
        while ((status = rv_call_step(&world->call, &need)) == RV_AGAIN) {
            if (world->sent >= bytes) {
                world->now_ms += 16000; /* over the idle limit */
            } else if (!(need.events & RV_NOW)) {
                scripted_wait(world, &need);
            }
        }
        assert_int_equal(status, RV_OK);
        assert_int_equal(scripted_result(world)->outcome, RV_ACCEPTED);
    }
}

/* RFC 8446 section 5.1, RFC 5246 section 6.2.1: records without data are legal. */
static void records_without_data_are_no_end_of_the_stream(void **state)
{
    struct scripted *world = *state;
    rv_need need;
    int is_written = 0;
    int status;

    SCRIPT(world, {.status = 200, .body = BODY_ACCEPTED, .delay_ms = 1000});
    world->config.attempts_max = 1;
    scripted_start(world);
    while ((status = scripted_step(world, &need)) == RV_AGAIN) {
        if (world->server.requests == 1 && !is_written) {
            is_written = 1;
            mbedtls_ssl_write(&world->server.ssl, (const unsigned char *)"", 0);
            mbedtls_ssl_write(&world->server.ssl, (const unsigned char *)"", 0);
        }
        if (!(need.events & RV_NOW)) {
            scripted_wait(world, &need);
        }
    }
    assert_int_equal(is_written, 1);
    assert_int_equal(status, RV_OK);
}

static void without_a_wait_the_blocking_call_sends_nothing_on_a_kept_connection_either(void **state)
{
    struct scripted *world = *state;

    SCRIPT(world, ACCEPTED);
    scripted_replace(world);
    world->socket.wait = NULL;
    rv_call_free(&world->call);
    assert_int_equal(rv_call_start_replace(&world->call, &world->client, &world->replace), RV_OK);
    assert_int_equal(rv_call_run(&world->call), RV_ERR_USAGE);
    assert_int_equal(scripted_result(world)->outcome, RV_NOT_SENT);
    assert_int_equal(world->server.requests, 1);
}

/* NTP is quicker than the answer: the token's age is not measured over two different clocks. */
static void a_clock_that_is_set_during_the_request_does_not_age_the_token(void **state)
{
    struct scripted *world = *state;
    rv_need need;
    int status;

    SCRIPT(world, ACCEPTED);
    world->server.checks_time = 1;
    world->utc_error_s = -36000;
    scripted_start(world);
    while ((status = scripted_step(world, &need)) == RV_AGAIN) {
        if (world->server.requests == 1) {
            world->utc_error_s = 0;
        }
        if (!(need.events & RV_NOW)) {
            scripted_wait(world, &need);
        }
    }
    assert_int_equal(status, RV_OK);
    assert_in_range(scripted_result(world)->first_sent_utc_s, (uintmax_t)scripted_utc(world) - 60,
                    (uintmax_t)scripted_utc(world) + 1);
}

static void between_attempts_no_copy_of_the_password_is_left(void **state)
{
    static const char password[] = "Secret-Horse-77";
    struct scripted *world = *state;
    rv_need need;
    int is_seen = 0;

    world->replace.password = password;
    world->replace.key_pair_name = NULL;
    world->replace.keep_image_credential = RV_UNSET;
    world->piece = 64;
    SCRIPT(world, {.status = 400, .reset_after = 200}, ACCEPTED);
    scripted_start(world);
    while (scripted_step(world, &need) == RV_AGAIN) {
        if (need.events == 0 && world->server.requests == 0) {
            is_seen = 1;
            assert_int_equal(scripted_copies_of(world, password, strlen(password)), 0);
        }
        if (!(need.events & RV_NOW)) {
            scripted_wait(world, &need);
        }
    }
    assert_int_equal(is_seen, 1);
}

static int take_text_into_nothing(void *ctx, int is_element, const rv_json *object)
{
    char place = 'x';

    (void)ctx;
    (void)is_element;
    assert_int_equal(rv_json_text(object, "Text", &place, 0), RV_ERR_BODY_TOO_LARGE);
    assert_int_equal(place, 'x');
    return RV_OK;
}

static void a_place_of_no_size_takes_no_text(void **state)
{
    struct scripted *world = *state;
    rv_request request = {.service = "ecs",
                          .action = "A",
                          .version = "2020-04-01",
                          .repeat = RV_REPEAT_SAFE,
                          .wanted = "Text",
                          .on_object = take_text_into_nothing};

    SCRIPT(world,
           {.status = 200, .body = "{\"ResponseMetadata\":{},\"Result\":{\"Text\":\"abcdef\"}}"});
    scripted_client(world);
    assert_int_equal(rv_call_start(&world->call, &world->client, &request), RV_OK);
    scripted_started(world);
    assert_int_equal(scripted_run(world), RV_OK);
}

static unsigned all_calls(const struct scripted *world)
{
    return world->calls[ON_OPEN] + world->calls[ON_SEND] + world->calls[ON_RECV] +
           world->calls[ON_WAIT];
}

/* The call is cancelled while the network has not answered the port. */
static void open_and_cancel(struct scripted *world)
{
    rv_need need;

    SCRIPT(world, ACCEPTED);
    world->open_agains = 1000;
    world->open_events = RV_READ;
    scripted_start(world);
    assert_int_equal(scripted_step(world, &need), RV_AGAIN);
    rv_call_cancel(&world->call);
}

/* A network stack cannot take back what it was asked: its answer comes when nobody waits any more.
 * The core has said so to the port, by close, and neither asks it nor is changed. */
static void an_answer_of_the_network_after_close_meets_nobody(void **state)
{
    static rv_client client;
    static rv_call call;
    struct scripted *world = *state;
    rv_need need;
    unsigned before;

    open_and_cancel(world);
    assert_int_equal(scripted_result(world)->outcome, RV_NOT_SENT);
    assert_int_equal(world->closes, 1);

    before = all_calls(world);
    memcpy(&client, &world->client, sizeof(client));
    memcpy(&call, &world->call, sizeof(call));
    scripted_network_answers(world);
    assert_int_equal(world->late_answers, 1); /* after close, so it is dropped */
    assert_int_equal(rv_call_step(&world->call, &need), RV_ERR_CANCELLED);
    assert_int_equal(all_calls(world), before);
    assert_memory_equal(&client, &world->client, sizeof(client));
    assert_memory_equal(&call, &world->call, sizeof(call));
}

/* It comes while the next call opens the same port: that goes on to wait for its own answer. */
static void an_answer_to_an_earlier_opening_opens_nothing(void **state)
{
    struct scripted *world = *state;
    rv_need need;

    open_and_cancel(world);

    scripted_start(world);
    assert_int_equal(scripted_step(world, &need), RV_AGAIN);
    scripted_network_answers(world); /* to the first */
    assert_int_equal(world->late_answers, 1);
    assert_int_equal(scripted_step(world, &need), RV_AGAIN);
    assert_true((need.events & RV_READ) != 0);
    assert_int_equal(world->server.connections, 0);

    scripted_network_answers(world);
    assert_int_equal(scripted_run(world), RV_OK);
    assert_int_equal(world->late_answers, 1);
    assert_int_equal(world->server.connections, 1);
    assert_int_equal(scripted_result(world)->outcome, RV_ACCEPTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scripted_setup, scripted_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_that_is_there_is_read_however_late),
        TEST(a_request_of_any_length_is_over_with_its_last_byte),
        TEST(records_without_data_are_no_end_of_the_stream),
        TEST(without_a_wait_the_blocking_call_sends_nothing_on_a_kept_connection_either),
        TEST(a_clock_that_is_set_during_the_request_does_not_age_the_token),
        TEST(between_attempts_no_copy_of_the_password_is_left),
        TEST(a_place_of_no_size_takes_no_text),
        TEST(an_answer_of_the_network_after_close_meets_nobody),
        TEST(an_answer_to_an_earlier_opening_opens_nothing),
    };

    return cmocka_run_group_tests_name("call_corners", tests, NULL, NULL);
}
