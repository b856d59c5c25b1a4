/*
 * What a whole job costs in TLS handshakes: one, where the server keeps the connection; one full
 * one, and resumptions, where it does not.
 */
#include "tests/support/variant.h"

#include <string.h>

#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_SSL_PROTO_TLS1_3)
#define SPEAKS_TLS_1_3 1
#else
#define SPEAKS_TLS_1_3 0
#endif

struct server {
    const char *options[10];
    int connections; /* 0: as many as there are requests; -1: one for each look, and more */
    int resumes;
};

static void run_job(struct machine *machine, const struct server *server)
{
    const char *arguments[16] = {"--stopped-clock", "--delay-ms", "5000"};
    struct endpoint *service;
    struct books books;
    int count = 3;
    int i;

    for (i = 0; server->options[i] != NULL; i++) {
        arguments[count++] = server->options[i];
    }
    service = endpoint_start(arguments);
    machine_open(machine, service);
    machine_begin(machine, 1);
    (void)machine_run_job(machine);
    machine_end(machine, &books);
    endpoint_stop(service);
    assert_int_equal(books.replacements, 1);
    assert_int_equal(rv_job_report_of(&machine->job)->outcome, RV_JOB_DONE);
}

static void costs_handshakes(void **state)
{
    const struct server *server = *state;
    static struct machine machine;
    int requests, handshakes;

    if (strcmp(server->options[1], "1.3") == 0 && !SPEAKS_TLS_1_3) {
        skip();
    }
    run_job(&machine, server);
    requests = (int)rv_job_report_of(&machine.job)->requests;
    handshakes = machine.full_handshakes + machine.resumed_handshakes;
    assert_true(requests >= 8);
    assert_int_equal(handshakes, machine.connections);
    if (server->connections > 0) {
        assert_int_equal(machine.connections, server->connections);
    } else if (server->connections == 0) {
        assert_int_equal(machine.connections, requests);
    } else {
        assert_in_range(machine.connections, 4, requests);
    }
    assert_int_equal(machine.full_handshakes, server->resumes ? 1 : handshakes);
    machine_close(&machine);
}

#define SERVER(name, ...)                                                             \
    {                                                                                 \
        name, costs_handshakes, NULL, NULL, (void *)&(const struct server)__VA_ARGS__ \
    }
#define BOTH_VERSIONS(name, connections, resumes, ...)                               \
    SERVER(name ", TLS 1.2", {{"--tls", "1.2", __VA_ARGS__}, connections, resumes}), \
        SERVER(name ", TLS 1.3", {{"--tls", "1.3", __VA_ARGS__}, connections, resumes})

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH_VERSIONS("a server that keeps connections", 1, 1, NULL),
        BOTH_VERSIONS("Connection: close after each answer", 0, 1, "--close-after-answer"),
        BOTH_VERSIONS("likewise, without close_notify", 0, 1, "--rule", "*=close;no-close-notify"),
        BOTH_VERSIONS("idle connections are closed", -1, 1, "--close-idle-ms", "500"),
        BOTH_VERSIONS("likewise by reset", -1, 1, "--close-idle-ms", "500", "--close-idle-how",
                      "reset"),
        BOTH_VERSIONS("closed, and sessions are not resumed", 0, 0, "--close-after-answer",
                      "--no-resumption"),
        SERVER("closed, resumed by session id, TLS 1.2",
               {{"--tls", "1.2", "--close-after-answer", "--no-session-tickets"}, 0, 1}),
    };

    variant_begin_process();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
