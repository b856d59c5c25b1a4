/*
 * A call from the caller's side: its limits, when it asks again, the caller's callbacks,
 * connections that are kept, and what happens to whoever does not keep the order of things.
 */
#include "tests/support/scripted.h"

#include <stdio.h>
#include <string.h>

/* --- what the tests hear through the callbacks ------------------------------------------------ */

static struct {
    struct scripted *world;

    unsigned attempts;
    uint64_t attempt_at_ms[16];
    int retry_ms[16]; /* RV_TRACE_RETRY */
    unsigned retries;
    unsigned reused, connects, closed;
    int skew_s;

    unsigned admit_asked;
    unsigned admit_agains; /* so many RV_AGAIN before each RV_OK */
    unsigned admit_left;
    int admit_with;
    unsigned admit_fails_at;

    unsigned throttled;
    uint32_t throttled_ms;

    unsigned credentials_asked;
    unsigned credentials_agains;
    int credentials_with;
    const rv_credentials *credentials[4];
} heard;

static void hear_trace(void *ctx, rv_trace_event event, int32_t number, const char *text)
{
    assert_ptr_equal(ctx, &heard);
    assert_non_null(text);
    switch (event) {
    case RV_TRACE_ATTEMPT:
        heard.attempt_at_ms[heard.attempts % 16] = heard.world->now_ms;
        heard.attempts++;
        assert_true(number >= 1);
        break;
    case RV_TRACE_RETRY:
        heard.retry_ms[heard.retries++ % 16] = number;
        break;
    case RV_TRACE_REUSED:
        heard.reused++;
        break;
    case RV_TRACE_CONNECT:
        heard.connects++;
        break;
    case RV_TRACE_CLOSED:
        heard.closed++;
        break;
    case RV_TRACE_CLOCK_CORRECTED:
        heard.skew_s = number;
        break;
    default:
        break;
    }
}

static int hear_admit(void *ctx, rv_need *need)
{
    assert_ptr_equal(ctx, &heard);
    heard.admit_asked++;
    if (heard.admit_fails_at > 0 && heard.admit_asked >= heard.admit_fails_at) {
        return heard.admit_with;
    }
    if (heard.admit_left > 0) {
        heard.admit_left--;
        need->wake_at_ms = heard.world->now_ms + 100;
        return RV_AGAIN;
    }
    heard.admit_left = heard.admit_agains;
    return RV_OK;
}

static void hear_throttled(void *ctx, uint32_t wait_ms)
{
    assert_ptr_equal(ctx, &heard);
    heard.throttled++;
    heard.throttled_ms = wait_ms;
}

static int hear_credentials(void *ctx, rv_credentials *credentials, rv_need *need)
{
    assert_ptr_equal(ctx, &heard);
    heard.credentials_asked++;
    if (heard.credentials_asked <= heard.credentials_agains) {
        need->wake_at_ms = heard.world->now_ms + 100;
        return RV_AGAIN;
    }
    if (heard.credentials_with != RV_OK) {
        return heard.credentials_with;
    }
    *credentials = *heard.credentials[(heard.credentials_asked - heard.credentials_agains - 1) % 4];
    return RV_OK;
}

static struct scripted *listen(void **state)
{
    struct scripted *world = *state;

    memset(&heard, 0, sizeof(heard));
    heard.world = world;
    world->config.ctx = &heard;
    world->config.trace = hear_trace;
    return world;
}

static void use_credentials_callback(struct scripted *world)
{
    int i;

    world->config.credentials = NULL;
    world->config.get_credentials = hear_credentials;
    for (i = 0; i < 4; i++) {
        heard.credentials[i] = &world->credentials;
    }
}

static void expect(const struct scripted *world, int status, rv_outcome outcome)
{
    assert_int_equal(scripted_result(world)->status, status);
    assert_int_equal(scripted_result(world)->outcome, outcome);
}

#define START 1000000u

/* --- limits
 * ------------------------------------------------------------------------------------------ */

static void silence_ends_an_attempt_after_the_idle_limit(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, {.is_cut = 1, .end = END_SILENT});
    world->config.idle_timeout_ms = 3000;
    world->config.attempts_max = 1;
    scripted_replace(world);
    expect(world, RV_ERR_TIMEOUT, RV_UNKNOWN);
    assert_int_equal(world->now_ms, START + 3000);
}

static void the_idle_limit_is_15_s_unless_said_otherwise(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, {.is_cut = 1, .end = END_SILENT});
    world->config.attempts_max = 1;
    scripted_replace(world);
    expect(world, RV_ERR_TIMEOUT, RV_UNKNOWN);
    assert_int_equal(world->now_ms, START + 15000);
}

static void an_answer_just_before_the_idle_limit_is_taken(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, {.status = 200, .body = BODY_ACCEPTED, .delay_ms = 14999});
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
}

static void a_stream_that_takes_nothing_any_more_ends_after_the_idle_limit(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    world->send_stalls_after = 100; /* in the client's first message */
    world->config.attempts_max = 1;
    scripted_replace(world);
    expect(world, RV_ERR_TIMEOUT, RV_NOT_SENT);
    assert_int_equal(world->now_ms, START + 15000);
}

static void the_whole_call_ends_after_its_limit(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, STATUS_ONLY(500));
    world->config.attempts_max = 1000;
    scripted_replace(world);
    expect(world, RV_ERR_STATUS, RV_UNKNOWN);
    assert_true(world->now_ms < START + 60000);
    assert_true(world->now_ms >= START + 60000 - 20000);
}

static void the_limit_of_the_whole_call_cuts_an_attempt_off(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, {.is_cut = 1, .end = END_SILENT});
    world->config.call_timeout_ms = 2000;
    scripted_replace(world);
    expect(world, RV_ERR_TIMEOUT, RV_UNKNOWN);
    assert_int_equal(world->now_ms, START + 2000);
    assert_int_equal(scripted_result(world)->attempts, 1);
}

static void opening_may_take_longer_than_the_idle_limit(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    world->open_agains = 1;
    world->open_events = RV_WRITE;
    world->open_wait_ms = 40000;
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
}

static void opening_may_not_take_longer_than_the_whole_call(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    world->open_agains = 1;
    world->open_events = RV_WRITE;
    world->open_wait_ms = 100000;
    scripted_replace(world);
    expect(world, RV_ERR_TIMEOUT, RV_NOT_SENT);
    assert_int_equal(world->now_ms, START + 60000);
    assert_int_equal(world->closes, 1);
}

static void a_call_makes_four_attempts_unless_said_otherwise(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, STATUS_ONLY(503));
    scripted_replace(world);
    assert_int_equal(world->server.requests, 4);
}

static void attempts_max_is_kept(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, STATUS_ONLY(503));
    world->config.attempts_max = 2;
    scripted_replace(world);
    assert_int_equal(world->server.requests, 2);
}

static void attempts_that_sent_nothing_count_too(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    world->config.attempts_max = 3;
    scripted_fail(world, ON_OPEN, 1, RV_ERR_CONNECT);
    scripted_replace(world);
    assert_int_equal(world->calls[ON_OPEN], 3);
    assert_int_equal(scripted_result(world)->attempts, 0);
}

/* --- the bound of a token, checked before the first byte of every attempt
 * -------------------------------- */

static void let_800_s_pass(struct scripted *world, unsigned number)
{
    (void)number;
    world->now_ms += 800 * 1000;
}

static void let_16_minutes_pass(struct scripted *world, unsigned number)
{
    (void)number;
    world->now_ms += 16 * 60 * 1000;
}

static void jump_16_minutes(struct scripted *world, unsigned number)
{
    (void)number;
    world->utc_error_s += 16 * 60;
}

static void jump_back_an_hour(struct scripted *world, unsigned number)
{
    (void)number;
    world->utc_error_s -= 3600;
}

static void nothing_is_repeated_past_the_bound_of_the_monotonic_clock(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, STATUS_ONLY(503), ACCEPTED);
    world->config.call_timeout_ms = 3600 * 1000;
    world->config.idle_timeout_ms = 3600 * 1000;
    world->server.on_request = let_16_minutes_pass;
    world->utc_unknown = 0;
    scripted_replace(world);
    expect(world, RV_ERR_BOUND, RV_UNKNOWN);
    assert_int_equal(world->server.requests, 1);
}

static void nothing_is_repeated_past_the_bound_of_utc(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, STATUS_ONLY(503), ACCEPTED);
    world->server.on_request = jump_16_minutes;
    scripted_replace(world);
    expect(world, RV_ERR_BOUND, RV_UNKNOWN);
    assert_int_equal(world->server.requests, 1);
}

static void nothing_is_repeated_past_the_bound_of_the_services_date(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, {.status = 503, .body = "", .has_date = 1},
           {.status = 503, .body = "", .has_date = 1, .date_s = 16 * 60}, ACCEPTED);
    scripted_replace(world);
    expect(world, RV_ERR_BOUND, RV_UNKNOWN);
    assert_int_equal(world->server.requests, 2);
}

static void a_clock_that_jumps_back_does_not_hide_the_bound(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, STATUS_ONLY(503), STATUS_ONLY(503), ACCEPTED);
    world->config.call_timeout_ms = 3600 * 1000;
    world->config.idle_timeout_ms = 3600 * 1000;
    world->server.on_request = let_800_s_pass;
    scripted_start(world);
    while (world->server.requests < 1) {
        rv_need need;

        scripted_step(world, &need);
        scripted_wait(world, &need);
    }
    jump_back_an_hour(world, 0);
    scripted_run(world);
    expect(world, RV_ERR_BOUND, RV_UNKNOWN);
    assert_int_equal(world->server.requests, 2);
}

static void within_the_bound_it_is_repeated(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, STATUS_ONLY(503), ACCEPTED);
    world->config.call_timeout_ms = 3600 * 1000;
    world->config.idle_timeout_ms = 3600 * 1000;
    world->server.on_request = let_800_s_pass;
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
}

static void the_bound_is_checked_right_before_the_first_byte(void **state)
{
    struct scripted *world = listen(state);
    rv_need need;

    SCRIPT(world, {.status = 503, .body = "", .end = END_CLOSE_NOTIFY}, ACCEPTED);
    world->config.call_timeout_ms = 3600 * 1000;
    scripted_start(world);
    while (world->server.handshakes < 2) { /* connected for the second attempt, nothing sent */
        assert_int_equal(scripted_step(world, &need), RV_AGAIN);
        if (world->server.handshakes < 2) {
            scripted_wait(world, &need);
        }
    }
    assert_int_equal(world->server.requests, 1);
    world->utc_error_s += 16 * 60;
    scripted_run(world);
    expect(world, RV_ERR_BOUND, RV_UNKNOWN);
    assert_int_equal(world->server.requests, 1);
    assert_int_equal(scripted_result(world)->attempts, 1);
}

static void a_bound_of_the_callers_own_is_kept(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, {.status = 503, .body = "", .fields = "Retry-After: 30\r\n"}, ACCEPTED);
    world->config.token_bound_s = 30;
    scripted_replace(world);
    expect(world, RV_ERR_BOUND, RV_UNKNOWN);
    assert_int_equal(world->server.requests, 1);
}

static void before_anything_was_sent_there_is_no_bound(void **state)
{
    struct scripted *world = listen(state);
    rv_need need;

    SCRIPT(world, ACCEPTED);
    world->config.call_timeout_ms = 3600 * 1000;
    scripted_fail(world, ON_OPEN, 1, RV_ERR_CONNECT);
    world->fail.and_later = 0;
    scripted_start(world);
    assert_int_equal(scripted_step(world, &need), RV_AGAIN);
    world->now_ms += 20 * 60 * 1000;
    assert_int_equal(scripted_run(world), RV_OK);
}

/* A clock correction is no time that has passed. */
static void a_corrected_clock_does_not_count_against_the_bound(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    world->server.checks_time = 1;
    world->utc_error_s = -3600;
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_int_equal(heard.skew_s, 3600);
}

/* --- back-off --------------------------------------------------------------------------------- */

static void the_waits_grow_and_have_jitter_within_bounds(void **state)
{
    struct scripted *world = listen(state);
    int i;
    int differs = 0;

    SCRIPT(world, STATUS_ONLY(503));
    world->config.attempts_max = 12;
    world->config.call_timeout_ms = 600 * 1000;
    scripted_replace(world);
    assert_int_equal(heard.retries, 11);
    for (i = 0; i < 11; i++) {
        int full = i < 6 ? 500 << i : 20000;

        assert_in_range(heard.retry_ms[i], full / 2, full);
        differs |= heard.retry_ms[i] != full;
        assert_int_equal(heard.attempt_at_ms[i + 1] - heard.attempt_at_ms[i], heard.retry_ms[i]);
    }
    assert_true(differs);
}

static void without_randomness_the_waits_have_no_jitter(void **state)
{
    struct scripted *world = listen(state);
    rv_need need;

    SCRIPT(world, {.status = 503, .body = "", .delay_ms = 1}, ACCEPTED);
    scripted_start(world);
    while (world->server.requests == 0) {
        scripted_step(world, &need);
        scripted_wait(world, &need);
    }
    world->fail.callback = ON_RANDOM;
    world->fail.at = world->calls[ON_RANDOM] + 1;
    world->fail.with = RV_ERR_RANDOM;
    assert_int_equal(scripted_run(world), RV_OK);
    assert_int_equal(heard.retry_ms[0], 500);
}

static void retry_after_in_seconds_is_honoured(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, {.status = 429, .body = "", .fields = "Retry-After: 17\r\n"}, ACCEPTED);
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_int_equal(world->now_ms, START + 17000);
}

static void retry_after_as_a_date_is_honoured(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world,
           {.status = 503,
            .body = "",
            .fields = "Retry-After: Sun, 15 Jun 2025 15:07:05 GMT\r\n",
            .has_date = 1},
           ACCEPTED);
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_int_equal(world->now_ms, START + 25000);
}

static void retry_after_in_the_past_changes_nothing(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world,
           {.status = 503,
            .body = "",
            .fields = "Retry-After: Sun, 15 Jun 2025 15:00:00 GMT\r\n",
            .has_date = 1},
           ACCEPTED);
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_in_range(heard.retry_ms[0], 250, 500);
}

static void retry_after_is_capped(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, {.status = 429, .body = "", .fields = "Retry-After: 86400\r\n"}, ACCEPTED);
    world->config.call_timeout_ms = 600 * 1000;
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_int_equal(world->now_ms, START + 60000);
}

static void a_small_retry_after_does_not_shorten_the_back_off(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, {.status = 429, .body = "", .fields = "Retry-After: 0\r\n"}, ACCEPTED);
    scripted_replace(world);
    assert_in_range(heard.retry_ms[0], 250, 500);
}

static void a_wait_that_would_go_past_the_limit_is_not_begun(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, {.status = 429, .body = "", .fields = "Retry-After: 30\r\n"}, ACCEPTED);
    world->config.call_timeout_ms = 20000;
    scripted_replace(world);
    expect(world, RV_ERR_STATUS, RV_REFUSED);
    assert_int_equal(world->now_ms, START);
    assert_int_equal(scripted_result(world)->http_status, 429);
}

static void a_step_while_it_waits_asks_for_time_alone(void **state)
{
    struct scripted *world = listen(state);
    rv_need need;

    SCRIPT(world, {.status = 429, .body = "", .fields = "Retry-After: 5\r\n"}, ACCEPTED);
    scripted_start(world);
    while (heard.retries == 0) {
        assert_int_equal(scripted_step(world, &need), RV_AGAIN);
        if (heard.retries == 0) {
            scripted_wait(world, &need);
        }
    }
    assert_int_equal(scripted_step(world, &need), RV_AGAIN);
    assert_int_equal(need.events, 0);
    assert_int_equal(need.wake_at_ms, world->now_ms + 5000);
    world->now_ms += 4999;
    assert_int_equal(scripted_step(world, &need), RV_AGAIN);
    assert_int_equal(world->server.requests, 1);
}

/* --- admission, throttling
 * --------------------------------------------------------------------------------------- */

static void every_attempt_asks_for_admission(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, STATUS_ONLY(503), STATUS_ONLY(503), ACCEPTED);
    world->config.admit = hear_admit;
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_int_equal(heard.admit_asked, 3);
}

static void admission_may_come_later(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    world->config.admit = hear_admit;
    heard.admit_left = 3;
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_int_equal(heard.admit_asked, 4);
    assert_int_equal(world->now_ms, START + 300);
}

static void admission_that_never_comes_ends_with_the_call(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    world->config.admit = hear_admit;
    heard.admit_left = 100000;
    scripted_replace(world);
    expect(world, RV_ERR_TIMEOUT, RV_NOT_SENT);
    assert_int_equal(world->calls[ON_OPEN], 0);
    assert_int_equal(world->now_ms, START + 60000);
}

static void a_refused_admission_sends_nothing(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    world->config.admit = hear_admit;
    heard.admit_fails_at = 1;
    heard.admit_with = RV_ERR_NETWORK;
    scripted_replace(world);
    expect(world, RV_ERR_ADMISSION, RV_NOT_SENT);
    assert_int_equal(world->calls[ON_OPEN], 0);
}

static void admission_refused_after_an_unknown_attempt_stays_unknown(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, NO_ANSWER, ACCEPTED);
    world->config.admit = hear_admit;
    heard.admit_fails_at = 2;
    heard.admit_with = -12345;
    scripted_replace(world);
    expect(world, RV_ERR_ADMISSION, RV_UNKNOWN);
    assert_int_equal(world->server.requests, 1);
}

static void throttling_is_told_with_its_wait(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, {.status = 429, .body = "", .fields = "Retry-After: 9\r\n"}, ACCEPTED);
    world->config.throttled = hear_throttled;
    scripted_replace(world);
    assert_int_equal(heard.throttled, 1);
    assert_int_equal(heard.throttled_ms, 9000);
}

static void other_refusals_are_no_throttling(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, STATUS_ONLY(503), REFUSED(403, "AccessDenied"));
    world->config.throttled = hear_throttled;
    scripted_replace(world);
    assert_int_equal(heard.throttled, 0);
}

/* --- credentials ------------------------------------------------------------------------------ */

static void credentials_are_asked_for_before_every_signature(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, STATUS_ONLY(503), STATUS_ONLY(503), ACCEPTED);
    use_credentials_callback(world);
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_int_equal(heard.credentials_asked, 3);
}

static void credentials_are_asked_for_again_after_a_clock_correction(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    use_credentials_callback(world);
    world->server.checks_time = 1;
    world->utc_error_s = -86400;
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_int_equal(heard.credentials_asked, 2);
}

static void credentials_may_come_later(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    use_credentials_callback(world);
    heard.credentials_agains = 5;
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_int_equal(world->now_ms, START + 500);
}

static void credentials_that_cannot_be_had_send_nothing(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    use_credentials_callback(world);
    heard.credentials_with = RV_ERR_NETWORK;
    scripted_replace(world);
    expect(world, RV_ERR_CREDENTIALS, RV_NOT_SENT);
    assert_int_equal(world->calls[ON_OPEN], 0);
}

static void credentials_that_fail_after_an_unknown_attempt_stay_unknown(void **state)
{
    struct scripted *world = listen(state);
    rv_credentials none = {0};

    SCRIPT(world, NO_ANSWER, ACCEPTED);
    use_credentials_callback(world);
    heard.credentials[1] = &none;
    scripted_replace(world);
    assert_int_equal(scripted_result(world)->outcome, RV_UNKNOWN);
    assert_int_equal(world->server.requests, 1);
}

static void a_new_generation_signs_with_the_new_key(void **state)
{
    struct scripted *world = listen(state);
    rv_credentials second = {.access_key_id = "AKLTsecond",
                             .secret_access_key = "another-secret",
                             .session_token = "a-session-token",
                             .generation = 1};

    SCRIPT(world, STATUS_ONLY(429), ACCEPTED);
    use_credentials_callback(world);
    heard.credentials[1] = &second;
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_non_null(strstr(world->server.request[0], "Credential=AKLTtest/"));
    assert_null(strstr(world->server.request[0], "X-Security-Token"));
    assert_non_null(strstr(world->server.request[1], "Credential=AKLTsecond/"));
    assert_non_null(strstr(world->server.request[1], "X-Security-Token: a-session-token\r\n"));
}

/* Whether the service would know the token under another user's key is not known. */
static void other_credentials_do_not_repeat_an_attempt_that_is_unknown(void **state)
{
    struct scripted *world = listen(state);
    rv_credentials second = {
        .access_key_id = "AKLTsecond", .secret_access_key = "another-secret", .generation = 1};

    SCRIPT(world, NO_ANSWER, ACCEPTED);
    use_credentials_callback(world);
    heard.credentials[1] = &second;
    scripted_replace(world);
    expect(world, RV_ERR_CREDENTIALS, RV_UNKNOWN);
    assert_int_equal(world->server.requests, 1);
}

static void the_signature_of(const struct scripted *world, unsigned number, char out[65])
{
    const char *at = strstr(world->server.request[number], "Signature=");

    assert_non_null(at);
    memcpy(out, at + 10, 64);
    out[64] = '\0';
}

static void a_secret_that_changes_with_its_generation_changes_the_signature(void **state)
{
    struct scripted *world = listen(state);
    rv_credentials second = world->credentials;
    char first_signature[65];
    char second_signature[65];

    second.secret_access_key = "another-secret";
    second.generation = 1;
    SCRIPT(world, STATUS_ONLY(429), STATUS_ONLY(429), ACCEPTED);
    use_credentials_callback(world);
    heard.credentials[1] = &second;
    world->config.attempts_max = 2;
    scripted_replace(world);
    the_signature_of(world, 0, first_signature);
    the_signature_of(world, 1, second_signature);
    assert_string_not_equal(first_signature, second_signature);
}

static void invalid_credentials_name_what_is_wrong(void **state)
{
    struct scripted *world = listen(state);
    rv_credentials bad = world->credentials;

    SCRIPT(world, ACCEPTED);
    use_credentials_callback(world);
    heard.credentials[0] = &bad;
    bad.access_key_id = "AK\r\nX-Evil: 1";
    scripted_replace(world);
    expect(world, RV_ERR_PARAMETER, RV_NOT_SENT);
    assert_int_equal(scripted_result(world)->parameter, RV_PARAMETER_ACCESS_KEY_ID);
    assert_int_equal(scripted_result(world)->rule, RV_RULE_PRINTABLE_ASCII);
    assert_int_equal(world->calls[ON_OPEN], 0);
}

static void missing_credentials_name_what_is_missing(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    world->credentials.secret_access_key = NULL;
    scripted_replace(world);
    expect(world, RV_ERR_PARAMETER, RV_NOT_SENT);
    assert_int_equal(scripted_result(world)->parameter, RV_PARAMETER_SECRET_ACCESS_KEY);
    assert_int_equal(scripted_result(world)->rule, RV_RULE_REQUIRED);
}

/* --- connections ------------------------------------------------------------------------------ */

static void a_kept_connection_is_used_by_the_next_call(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    scripted_replace(world);
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_int_equal(world->server.connections, 1);
    assert_int_equal(world->server.requests, 2);
    assert_int_equal(heard.reused, 1);
}

static void a_kept_connection_may_have_been_silent_for_long(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    scripted_replace(world);
    world->now_ms += 3600 * 1000;
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_int_equal(world->server.connections, 1);
}

static void a_kept_connection_is_used_by_the_next_attempt(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, {.status = 503, .body = "Later."}, ACCEPTED);
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_int_equal(world->server.connections, 1);
}

static void a_connection_is_kept_after_an_answer_without_a_body(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, STATUS_ONLY(503), ACCEPTED);
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_int_equal(world->server.connections, 1);
}

static void a_connection_is_kept_after_a_chunked_answer(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, {.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "17\r\n{\"ResponseMetadata\":{}}\r\n0\r\n\r\n"});
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_int_equal(world->server.connections, 1);
}

static void reopened_after(struct scripted *world, enum scripted_end end)
{
    SCRIPT(world, ACCEPTED);
    world->config.attempts_max = 1;
    scripted_replace(world);
    scripted_server_end(world, end);
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_int_equal(world->server.connections, 2);
    assert_int_equal(world->server.requests, 2);
    assert_int_equal(scripted_result(world)->attempts, 1);
}

static void a_kept_connection_that_the_server_has_closed_is_reopened(void **state)
{
    reopened_after(listen(state), END_CLOSE_NOTIFY);
}

static void a_kept_connection_that_was_cut_is_reopened(void **state)
{
    reopened_after(listen(state), END_CUT);
}

static void a_kept_connection_that_was_reset_is_reopened(void **state)
{
    reopened_after(listen(state), END_RESET);
}

static void a_kept_connection_that_is_lost_and_cannot_be_reopened_is_not_sent(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    scripted_replace(world);
    scripted_server_end(world, END_CUT);
    scripted_fail(world, ON_OPEN, 2, RV_ERR_CONNECT);
    scripted_replace(world);
    expect(world, RV_ERR_CONNECT, RV_NOT_SENT);
}

static void bytes_that_nobody_asked_for_are_not_taken_for_an_answer(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED, REFUSED(403, "AccessDenied"));
    scripted_replace(world);
    scripted_server_say(world, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_REFUSED);
    assert_int_equal(world->server.connections, 2);
}

static void bytes_after_an_answer_close_the_connection(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, {.status = 200, .body = BODY_ACCEPTED, .extra = "HTTP/1.1 200 OK\r\n"},
           REFUSED(403, "AccessDenied"));
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_int_equal(world->is_open, 0);
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_REFUSED);
}

static void connection_close_is_honoured(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, {.status = 200, .body = BODY_ACCEPTED, .fields = "Connection: close\r\n"});
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_int_equal(world->is_open, 0);
    assert_int_equal(world->server.said_goodbye, 1);
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_int_equal(world->server.connections, 2);
}

static void rv_client_close_ends_a_kept_connection(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    scripted_replace(world);
    rv_client_close(&world->client);
    rv_client_close(&world->client);
    assert_int_equal(world->is_open, 0);
    assert_int_equal(world->closes, 1);
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
}

static void an_informational_answer_is_passed_over(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world,
           {.raw = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                   "HTTP/1.1 404 Not Found\r\nContent-Length: 63\r\n\r\n"
                   "{\"ResponseMetadata\":{\"Error\":{\"Code\":\"InvalidImage.NotFound\"}}}"});
    scripted_replace(world);
    expect(world, RV_ERR_SERVICE, RV_REFUSED);
    assert_int_equal(scripted_result(world)->http_status, 404);
}

/* --- what one call leaves for the next
 * ------------------------------------------------------------------------------------ */

static void a_failed_handshake_does_not_show_in_the_next_calls_result(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    world->config.admit = hear_admit;
    world->server.certificate = CERTIFICATE_STRANGER;
    scripted_replace(world);
    expect(world, RV_ERR_CERTIFICATE, RV_NOT_SENT);
    assert_int_not_equal(scripted_result(world)->tls_error, 0);
    heard.admit_fails_at = 1;
    heard.admit_with = RV_ERR_USAGE;
    scripted_replace(world);
    expect(world, RV_ERR_ADMISSION, RV_NOT_SENT);
    assert_int_equal(scripted_result(world)->tls_error, 0);
    assert_int_equal(scripted_result(world)->verify_flags, 0);
}

static void a_failed_handshake_does_not_show_when_credentials_fail_next(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    use_credentials_callback(world);
    world->server.certificate = CERTIFICATE_STRANGER;
    scripted_replace(world);
    expect(world, RV_ERR_CERTIFICATE, RV_NOT_SENT);
    heard.credentials_with = RV_ERR_NETWORK;
    scripted_replace(world);
    expect(world, RV_ERR_CREDENTIALS, RV_NOT_SENT);
    assert_int_equal(scripted_result(world)->tls_error, 0);
    assert_int_equal(scripted_result(world)->verify_flags, 0);
}

static void the_systems_error_number_is_reported(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    world->error_number = 111;
    scripted_fail(world, ON_OPEN, 1, RV_ERR_CONNECT);
    scripted_replace(world);
    assert_int_equal(scripted_result(world)->system_error, 111);
}

/* --- tokens ----------------------------------------------------------------------------------- */

static void the_token_is_known_before_the_first_step(void **state)
{
    struct scripted *world = listen(state);
    char token[RV_CLIENT_TOKEN_MAX + 1];
    char sent[RV_CLIENT_TOKEN_MAX + 16];

    SCRIPT(world, ACCEPTED);
    scripted_start(world);
    strcpy(token, scripted_result(world)->client_token);
    assert_int_equal(strlen(token), 36);
    assert_int_equal(world->calls[ON_OPEN], 0);
    assert_int_equal(scripted_run(world), RV_OK);
    assert_string_equal(scripted_result(world)->client_token, token);
    snprintf(sent, sizeof(sent), "ClientToken=%s", token);
    assert_non_null(strstr(world->server.request[0], sent));
}

static void each_call_has_a_token_of_its_own(void **state)
{
    struct scripted *world = listen(state);
    char token[RV_CLIENT_TOKEN_MAX + 1];

    SCRIPT(world, ACCEPTED);
    scripted_replace(world);
    strcpy(token, scripted_result(world)->client_token);
    scripted_replace(world);
    assert_string_not_equal(scripted_result(world)->client_token, token);
}

static void a_token_is_a_random_uuid(void **state)
{
    struct scripted *world = listen(state);
    const char *token = scripted_result(world)->client_token;
    int i;

    SCRIPT(world, ACCEPTED);
    scripted_start(world);
    for (i = 0; i < 36; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            assert_int_equal(token[i], '-');
        } else {
            assert_non_null(strchr("0123456789abcdef", token[i]));
        }
    }
    assert_int_equal(token[14], '4');
    assert_non_null(strchr("89ab", token[19]));
}

static void without_randomness_there_is_no_token_and_no_call(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    scripted_fail(world, ON_RANDOM, 1, RV_ERR_RANDOM);
    scripted_client(world);
    assert_int_equal(rv_call_start_replace(&world->call, &world->client, &world->replace),
                     RV_ERR_RANDOM);
    expect(world, RV_ERR_RANDOM, RV_NOT_SENT);
    assert_int_equal(scripted_step(world, NULL), RV_ERR_RANDOM);
}

/* --- order ------------------------------------------------------------------------------------ */

static void a_second_call_while_one_runs_is_refused(void **state)
{
    struct scripted *world = listen(state);
    static rv_call second;

    SCRIPT(world, ACCEPTED);
    scripted_start(world);
    assert_int_equal(rv_call_start_replace(&second, &world->client, &world->replace), RV_ERR_USAGE);
    assert_int_equal(scripted_run(world), RV_OK);
    expect(world, RV_OK, RV_ACCEPTED);
}

static void a_call_that_runs_cannot_be_started_again(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    scripted_start(world);
    assert_int_equal(rv_call_start_replace(&world->call, &world->client, &world->replace),
                     RV_ERR_USAGE);
    assert_int_equal(scripted_run(world), RV_OK);
    expect(world, RV_OK, RV_ACCEPTED);
}

/* "On error the call is finished with RV_NOT_SENT and rv_call_result says why: RV_ERR_USAGE". */
static void a_refused_start_leaves_a_finished_call(void **state)
{
    struct scripted *world = listen(state);
    static rv_call second; /* in the middle of being started, or never */

    SCRIPT(world, ACCEPTED);
    scripted_start(world);
    memset(&second, 0, sizeof(second));
    second.result.status = RV_AGAIN;
    second.result.outcome = RV_ACCEPTED;
    assert_int_equal(rv_call_start_replace(&second, &world->client, &world->replace), RV_ERR_USAGE);
    assert_int_equal(rv_call_result(&second)->status, RV_ERR_USAGE);
    assert_int_equal(rv_call_result(&second)->outcome, RV_NOT_SENT);
    rv_call_free(&second);
}

/* Its memory was never initialised, so nothing in it may be believed. */
static void a_refused_start_makes_the_call_safe_to_free(void **state)
{
    struct scripted *world = listen(state);
    static rv_call second;

    SCRIPT(world, ACCEPTED);
    scripted_start(world);
    memset(&second, 0, sizeof(second));
    second.client = &world->client; /* what happened to lie there */
    second.state = 1;
    assert_int_equal(rv_call_start_replace(&second, &world->client, &world->replace), RV_ERR_USAGE);
    rv_call_free(&second);
    assert_ptr_equal(world->client.call, &world->call);
    assert_int_equal(scripted_run(world), RV_OK);
}

static void the_client_is_free_again_after_the_call(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, REFUSED(403, "AccessDenied"), ACCEPTED);
    scripted_replace(world);
    scripted_replace(world);
    expect(world, RV_OK, RV_ACCEPTED);
}

static void a_finished_call_says_the_same_again_and_again(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, REFUSED(403, "AccessDenied"));
    scripted_replace(world);
    assert_int_equal(scripted_step(world, NULL), RV_ERR_SERVICE);
    assert_int_equal(scripted_step(world, NULL), RV_ERR_SERVICE);
    rv_call_cancel(&world->call);
    expect(world, RV_ERR_SERVICE, RV_REFUSED);
    assert_int_equal(world->server.requests, 1);
}

static void an_invalid_parameter_opens_no_socket(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    world->replace.image_id = "";
    scripted_client(world);
    assert_int_equal(rv_call_start_replace(&world->call, &world->client, &world->replace),
                     RV_ERR_PARAMETER);
    expect(world, RV_ERR_PARAMETER, RV_NOT_SENT);
    assert_int_equal(scripted_result(world)->parameter, RV_PARAMETER_IMAGE_ID);
    assert_int_equal(scripted_step(world, NULL), RV_ERR_PARAMETER);
    assert_int_equal(world->calls[ON_OPEN], 0);
    world->replace.image_id = "image-test";
    assert_int_equal(scripted_replace(world), RV_OK);
}

static void another_build_is_refused(void **state)
{
    struct scripted *world = listen(state);
    rv_tls tls;
    rv_result why;

    assert_int_equal(rv_tls_init_build(&tls, RV_BUILD + 1, &world->system, &world->anchors),
                     RV_ERR_BUILD);
    scripted_own_config(world, MBEDTLS_SSL_VERIFY_REQUIRED);
    assert_int_equal(
        rv_tls_init_with_config_build(&tls, RV_BUILD ^ 1, &world->system, &world->own_config),
        RV_ERR_BUILD);
    scripted_client(world);
    assert_int_equal(rv_client_init_build(&world->client, RV_BUILD - 1, &world->config, &why),
                     RV_ERR_BUILD);
    SCRIPT(world, ACCEPTED);
    assert_int_equal(scripted_replace(world), RV_OK); /* it has touched nothing */
}

static void everything_can_be_freed_twice(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    scripted_replace(world);
    rv_call_free(&world->call);
    rv_call_free(&world->call);
    rv_client_free(&world->client);
    rv_client_free(&world->client);
    rv_tls_free(&world->tls);
    rv_tls_free(&world->tls);
    world->has_client = 0;
    assert_int_equal(world->closes, 1);
}

static void what_was_never_started_can_be_freed(void **state)
{
    static rv_call call;
    static rv_client client;
    static rv_tls tls;

    (void)state;
    rv_call_free(&call);
    rv_call_cancel(&call);
    rv_client_close(&client);
    rv_client_free(&client);
    rv_tls_free(&tls);
    rv_call_free(NULL);
    rv_client_free(NULL);
    rv_tls_free(NULL);
}

/* "Legal after a failed init (other than RV_ERR_BUILD)", RV_ERR_USAGE too. */
static void a_client_whose_init_was_misused_can_be_freed(void **state)
{
    struct scripted *world = listen(state);
    static rv_client client;
    rv_result why;

    scripted_client(world);
    client.channel = 1; /* what happened to lie there */
    client.config = world->config;
    assert_int_equal(rv_client_init(&client, &world->config, NULL), RV_ERR_USAGE);
    rv_client_free(&client);
    assert_int_equal(world->closes, 0);
    client.channel = 1;
    client.config = world->config;
    assert_int_equal(rv_client_init(&client, NULL, &why), RV_ERR_USAGE);
    rv_client_free(&client);
    assert_int_equal(world->closes, 0);
}

static void a_client_that_failed_to_start_starts_no_call(void **state)
{
    struct scripted *world = listen(state);
    rv_result why;

    world->config.region = "no such\nregion";
    assert_int_equal(rv_tls_init(&world->tls, &world->system, &world->anchors), RV_OK);
    assert_int_equal(rv_client_init(&world->client, &world->config, &why), RV_ERR_PARAMETER);
    assert_int_equal(why.parameter, RV_PARAMETER_REGION);
    assert_int_equal(rv_call_start_replace(&world->call, &world->client, &world->replace),
                     RV_ERR_USAGE);
    rv_client_free(&world->client);
    rv_tls_free(&world->tls);
}

static void a_client_wants_exactly_one_kind_of_credentials(void **state)
{
    struct scripted *world = listen(state);
    rv_result why;

    assert_int_equal(rv_tls_init(&world->tls, &world->system, &world->anchors), RV_OK);
    world->config.get_credentials = hear_credentials;
    assert_int_equal(rv_client_init(&world->client, &world->config, &why), RV_ERR_USAGE);
    world->config.get_credentials = NULL;
    world->config.credentials = NULL;
    assert_int_equal(rv_client_init(&world->client, &world->config, &why), RV_ERR_USAGE);
    rv_tls_free(&world->tls);
}

static void a_running_call_keeps_its_client_from_being_freed(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    scripted_start(world);
    scripted_step(world, NULL);
    rv_client_close(&world->client);
    rv_client_free(&world->client);
    assert_int_equal(scripted_run(world), RV_OK);
}

/* --- the blocking call ------------------------------------------------------------------------ */

static void the_blocking_call_steps_and_waits(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, STATUS_ONLY(503), {.status = 200, .body = BODY_ACCEPTED, .delay_ms = 2000});
    scripted_start(world);
    assert_int_equal(rv_call_run(&world->call), RV_OK);
    expect(world, RV_OK, RV_ACCEPTED);
    assert_true(world->calls[ON_WAIT] > 0);
    assert_true(world->now_ms >= START + 2250);
}

static void the_blocking_call_without_wait_is_refused(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, ACCEPTED);
    world->socket.wait = NULL;
    scripted_start(world);
    assert_int_equal(rv_call_run(&world->call), RV_ERR_USAGE);
    expect(world, RV_ERR_USAGE, RV_NOT_SENT);
    assert_int_equal(world->server.request_bytes, 0);
    assert_int_equal(world->is_open, 0);
}

static void a_wait_that_fails_ends_the_blocking_call_with_its_status(void **state)
{
    struct scripted *world = listen(state);

    SCRIPT(world, {.status = 200, .body = BODY_ACCEPTED, .delay_ms = 2000});
    scripted_start(world);
    while (world->server.requests == 0) {
        scripted_step(world, NULL);
    }
    scripted_fail(world, ON_WAIT, world->calls[ON_WAIT] + 1, RV_ERR_NETWORK);
    assert_int_equal(rv_call_run(&world->call), RV_ERR_NETWORK);
    expect(world, RV_ERR_NETWORK, RV_UNKNOWN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scripted_setup, scripted_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(silence_ends_an_attempt_after_the_idle_limit),
        TEST(the_idle_limit_is_15_s_unless_said_otherwise),
        TEST(an_answer_just_before_the_idle_limit_is_taken),
        TEST(a_stream_that_takes_nothing_any_more_ends_after_the_idle_limit),
        TEST(the_whole_call_ends_after_its_limit),
        TEST(the_limit_of_the_whole_call_cuts_an_attempt_off),
        TEST(opening_may_take_longer_than_the_idle_limit),
        TEST(opening_may_not_take_longer_than_the_whole_call),
        TEST(a_call_makes_four_attempts_unless_said_otherwise),
        TEST(attempts_max_is_kept),
        TEST(attempts_that_sent_nothing_count_too),
        TEST(nothing_is_repeated_past_the_bound_of_the_monotonic_clock),
        TEST(nothing_is_repeated_past_the_bound_of_utc),
        TEST(nothing_is_repeated_past_the_bound_of_the_services_date),
        TEST(a_clock_that_jumps_back_does_not_hide_the_bound),
        TEST(within_the_bound_it_is_repeated),
        TEST(the_bound_is_checked_right_before_the_first_byte),
        TEST(a_bound_of_the_callers_own_is_kept),
        TEST(before_anything_was_sent_there_is_no_bound),
        TEST(a_corrected_clock_does_not_count_against_the_bound),
        TEST(the_waits_grow_and_have_jitter_within_bounds),
        TEST(without_randomness_the_waits_have_no_jitter),
        TEST(retry_after_in_seconds_is_honoured),
        TEST(retry_after_as_a_date_is_honoured),
        TEST(retry_after_in_the_past_changes_nothing),
        TEST(retry_after_is_capped),
        TEST(a_small_retry_after_does_not_shorten_the_back_off),
        TEST(a_wait_that_would_go_past_the_limit_is_not_begun),
        TEST(a_step_while_it_waits_asks_for_time_alone),
        TEST(every_attempt_asks_for_admission),
        TEST(admission_may_come_later),
        TEST(admission_that_never_comes_ends_with_the_call),
        TEST(a_refused_admission_sends_nothing),
        TEST(admission_refused_after_an_unknown_attempt_stays_unknown),
        TEST(throttling_is_told_with_its_wait),
        TEST(other_refusals_are_no_throttling),
        TEST(credentials_are_asked_for_before_every_signature),
        TEST(credentials_are_asked_for_again_after_a_clock_correction),
        TEST(credentials_may_come_later),
        TEST(credentials_that_cannot_be_had_send_nothing),
        TEST(credentials_that_fail_after_an_unknown_attempt_stay_unknown),
        TEST(a_new_generation_signs_with_the_new_key),
        TEST(other_credentials_do_not_repeat_an_attempt_that_is_unknown),
        TEST(a_secret_that_changes_with_its_generation_changes_the_signature),
        TEST(invalid_credentials_name_what_is_wrong),
        TEST(missing_credentials_name_what_is_missing),
        TEST(a_kept_connection_is_used_by_the_next_call),
        TEST(a_kept_connection_may_have_been_silent_for_long),
        TEST(a_kept_connection_is_used_by_the_next_attempt),
        TEST(a_connection_is_kept_after_an_answer_without_a_body),
        TEST(a_connection_is_kept_after_a_chunked_answer),
        TEST(a_kept_connection_that_the_server_has_closed_is_reopened),
        TEST(a_kept_connection_that_was_cut_is_reopened),
        TEST(a_kept_connection_that_was_reset_is_reopened),
        TEST(a_kept_connection_that_is_lost_and_cannot_be_reopened_is_not_sent),
        TEST(bytes_that_nobody_asked_for_are_not_taken_for_an_answer),
        TEST(bytes_after_an_answer_close_the_connection),
        TEST(connection_close_is_honoured),
        TEST(rv_client_close_ends_a_kept_connection),
        TEST(an_informational_answer_is_passed_over),
        TEST(a_failed_handshake_does_not_show_in_the_next_calls_result),
        TEST(a_failed_handshake_does_not_show_when_credentials_fail_next),
        TEST(the_systems_error_number_is_reported),
        TEST(the_token_is_known_before_the_first_step),
        TEST(each_call_has_a_token_of_its_own),
        TEST(a_token_is_a_random_uuid),
        TEST(without_randomness_there_is_no_token_and_no_call),
        TEST(a_second_call_while_one_runs_is_refused),
        TEST(a_call_that_runs_cannot_be_started_again),
        TEST(a_refused_start_leaves_a_finished_call),
        TEST(a_refused_start_makes_the_call_safe_to_free),
        TEST(the_client_is_free_again_after_the_call),
        TEST(a_finished_call_says_the_same_again_and_again),
        TEST(an_invalid_parameter_opens_no_socket),
        TEST(another_build_is_refused),
        TEST(everything_can_be_freed_twice),
        TEST(what_was_never_started_can_be_freed),
        TEST(a_client_whose_init_was_misused_can_be_freed),
        TEST(a_client_that_failed_to_start_starts_no_call),
        TEST(a_client_wants_exactly_one_kind_of_credentials),
        TEST(a_running_call_keeps_its_client_from_being_freed),
        TEST(the_blocking_call_steps_and_waits),
        TEST(the_blocking_call_without_wait_is_refused),
        TEST(a_wait_that_fails_ends_the_blocking_call_with_its_status),
    };

    return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}
