/*
 * The heap: the core never allocates, and whatever mbedTLS cannot allocate ends in a true outcome.
 *
 * malloc, calloc and realloc are this program's own: they hand through to libc's, but count, and
 * can fail. The service's own allocations are left alone.
 */
#define _GNU_SOURCE

#include "tests/support/scripted.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- what stands in for libc ------------------------------------------------------------------ */

static struct {
    const struct scripted *world; /* watched while not NULL */
    unsigned callocs, others;     /* calls of calloc; of malloc and realloc */
    unsigned by_the_program;      /* calls of calloc from this program's own code */
    unsigned fail_at;
    int and_later;
} heap;

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static int is_watched(void)
{
    return heap.world != NULL && !heap.world->in_server;
}

/* Where code lies: in this program or in one of its libraries. */
static const void *object_of(const void *code)
{
    Dl_info info;

    return dladdr(code, &info) != 0 ? info.dli_fbase : NULL;
}

static void *(*to_allocator(void *symbol))(size_t)
{
    void *(*function)(size_t);

    memcpy(&function, &symbol, sizeof(function));
    return function;
}

void *malloc(size_t size)
{
    static void *(*next)(size_t);

    if (next == NULL) {
        next = to_allocator(real("malloc"));
    }
    heap.others += (unsigned)is_watched();
    return next(size);
}

void *realloc(void *block, size_t size)
{
    static void *(*next)(void *, size_t);

    if (next == NULL) {
        void *symbol = real("realloc");

        memcpy(&next, &symbol, sizeof(next));
    }
    heap.others += (unsigned)is_watched();
    return next(block, size);
}

void *calloc(size_t count, size_t size)
{
    static void *(*next)(size_t, size_t);

    if (next == NULL) {
        void *symbol = real("calloc");

        memcpy(&next, &symbol, sizeof(next));
    }
    if (is_watched()) {
        heap.callocs++;
        if (heap.fail_at == 0) {
            heap.by_the_program += object_of(__builtin_return_address(0)) ==
                                   object_of((const void *)&heap);
        }
        if (heap.fail_at > 0 &&
            (heap.callocs == heap.fail_at || (heap.and_later && heap.callocs > heap.fail_at))) {
            return NULL;
        }
    }
    return next(count, size);
}

static void watch(const struct scripted *world, unsigned fail_at, int and_later)
{
    memset(&heap, 0, sizeof(heap));
    heap.fail_at = fail_at;
    heap.and_later = and_later;
    heap.world = world;
}

static void look_away(void)
{
    heap.world = NULL;
}

/* A tool that watches the heap may have put its own in this one's place. */
static void skip_without_own_heap(const struct scripted *world)
{
    void *(*volatile allocate)(size_t, size_t) = calloc;
    void *block;

    watch(world, 0, 0);
    block = allocate(1, 1);
    look_away();
    free(block);
    if (heap.callocs == 0) {
        print_message("a tool has taken over the heap\n");
        skip();
    }
}

/* --- the core allocates nothing --------------------------------------------------------------- */

/* Everything that a call can do: several attempts, a correction, a long answer, another call over
 * the same connection, one that is cancelled. */
static void exercise(struct scripted *world)
{
    const time_t moment = 0;

    gmtime(&moment); /* libc reads its time zone once; mbedTLS asks it for the date */
    SCRIPT(world, STATUS_ONLY(503), REFUSED(429, "FlowLimitExceeded"), ACCEPTED,
           REFUSED(403, "AccessDenied"), ACCEPTED);
    world->server.checks_time = 1;
    world->utc_error_s = -3600;
    world->credentials.session_token = "a-session-token";
    world->replace.method = RV_POST;
    scripted_client(world);
    watch(world, 0, 0);
    scripted_replace(world);
    scripted_replace(world);
    scripted_start(world);
    scripted_step(world, NULL);
    rv_call_free(&world->call);
    scripted_replace(world);
    rv_call_free(&world->call);
    rv_client_close(&world->client);
    look_away();
}

static void a_call_never_calls_malloc_or_realloc(void **state)
{
    struct scripted *world = *state;

    skip_without_own_heap(world);
    exercise(world);
    assert_true(world->server.executed >= 5);
    assert_int_equal(heap.others, 0);
}

static void every_calloc_of_a_call_comes_from_mbedtls(void **state)
{
    struct scripted *world = *state;
    void (*of_mbedtls)(mbedtls_ssl_context *) = mbedtls_ssl_init;
    const void *code;

    skip_without_own_heap(world);
    memcpy(&code, &of_mbedtls, sizeof(code));
    if (object_of(code) == object_of((const void *)&heap)) {
        print_message("mbedTLS is part of this program, so who calls cannot be told\n");
        skip();
    }
    exercise(world);
    assert_true(heap.callocs > 0);
    assert_int_equal(heap.by_the_program, 0);
}

static void a_call_over_a_kept_connection_allocates_little(void **state)
{
    struct scripted *world = *state;

    skip_without_own_heap(world);
    SCRIPT(world, ACCEPTED);
    scripted_replace(world);
    watch(world, 0, 0);
    scripted_replace(world);
    look_away();
    assert_int_equal(world->server.connections, 1);
    assert_int_equal(heap.others, 0);
    assert_true(heap.callocs < 64); /* hash and cipher contexts, no buffers */
}

/* --- what mbedTLS cannot allocate
 * ------------------------------------------------------------------ */

/* A whole call in a world of its own in which an allocation fails. */
static struct scripted *call_that_fails_at(void **state, unsigned n, int and_later)
{
    struct scripted *world = scripted_another(state);

    world->config.attempts_max = 2;
    scripted_client(world);
    scripted_started(world);
    watch(world, n, and_later);
    if (rv_call_start_replace(&world->call, &world->client, &world->replace) == RV_OK) {
        scripted_run(world);
    }
    look_away();
    return world;
}

/* All of the first ones, then with growing gaps: a handshake makes thousands. */
static unsigned next_to_fail(unsigned n)
{
    return n + 1 + n / 16;
}

static void each_allocation_fails(void **state, int and_later)
{
    unsigned n, count;

    call_that_fails_at(state, 0, 0);
    count = heap.callocs;
    assert_true(count > 0);
    for (n = 1; n <= count; n = next_to_fail(n)) {
        struct scripted *world = call_that_fails_at(state, n, and_later);

        scripted_expect_truth(world);
        assert_true(heap.callocs >= n);
        /* and with memory again, the same client goes on */
        assert_int_equal(scripted_replace(world), RV_OK);
    }
}

static void any_allocation_may_fail_once(void **state)
{
    skip_without_own_heap(*state);
    each_allocation_fails(state, 0);
}

static void any_allocation_may_fail_for_good(void **state)
{
    skip_without_own_heap(*state);
    each_allocation_fails(state, 1);
}

static void no_memory_for_tls_is_reported_as_such(void **state)
{
    struct scripted *world;

    skip_without_own_heap(*state);
    world = call_that_fails_at(state, 1, 1);
    assert_int_equal(scripted_result(world)->status, RV_ERR_MEMORY);
    assert_int_equal(scripted_result(world)->outcome, RV_NOT_SENT);
    assert_int_not_equal(scripted_result(world)->tls_error, 0);
}

static void no_memory_for_a_signature_sends_nothing(void **state)
{
    struct scripted *world = *state;
    unsigned n;

    skip_without_own_heap(world);
    SCRIPT(world, ACCEPTED);
    world->config.attempts_max = 1;
    scripted_replace(world);
    for (n = 1; n < 6; n++) {
        unsigned executed = world->server.executed;

        scripted_start(world);
        watch(world, n, 1);
        scripted_run(world);
        look_away();
        if (scripted_result(world)->outcome == RV_NOT_SENT) {
            assert_int_equal(scripted_result(world)->status, RV_ERR_MEMORY);
            assert_int_equal(world->server.executed, executed);
        }
        assert_int_equal(scripted_replace(world), RV_OK);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scripted_setup, scripted_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_call_never_calls_malloc_or_realloc),
        TEST(every_calloc_of_a_call_comes_from_mbedtls),
        TEST(a_call_over_a_kept_connection_allocates_little),
        TEST(any_allocation_may_fail_once),
        TEST(any_allocation_may_fail_for_good),
        TEST(no_memory_for_tls_is_reported_as_such),
        TEST(no_memory_for_a_signature_sends_nothing),
    };

    return cmocka_run_group_tests_name("call_memory", tests, NULL, NULL);
}
