#define _POSIX_C_SOURCE 200809L
#include "books.h"
#include "fixture.h"
#include "moment.h"
#include "server.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t must_end;
static volatile sig_atomic_t must_write_books;

static void on_signal(int number)
{
    if (number == SIGUSR1)
        must_write_books = 1;
    else
        must_end = 1;
}

/* The loop wakes up every 250 ms, so a signal that comes just before it waits is not lost. */
static void catch_signals(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

static void open_endpoint(struct endpoint *endpoint, int argc, char **argv)
{
    const struct options *options = &endpoint->options;

    options_parse(&endpoint->options, argc, argv);
    if (options->stopped_clock)
        stop_clocks();
    script_load(&endpoint->script, &options->rules);
    journal_open(&endpoint->journal, options->journal_file);
    fixture_load(&endpoint->cloud, options->fixture_file);
    cloud_open(&endpoint->cloud, options, &endpoint->journal);
    tokens_open(&endpoint->tokens, options, &endpoint->cloud);
    endpoint->service.options = options;
    endpoint->service.cloud = &endpoint->cloud;
    endpoint->service.tokens = &endpoint->tokens;
}

static void close_endpoint(struct endpoint *endpoint)
{
    tokens_close(&endpoint->tokens);
    cloud_close(&endpoint->cloud);
    gateway_close(&endpoint->gateway);
    journal_close(&endpoint->journal);
    script_free(&endpoint->script);
    options_free(&endpoint->options);
}

static void announce(const struct endpoint *endpoint, int64_t port)
{
    const struct options *options = &endpoint->options;
    const struct access_key *key = &endpoint->gateway.keys[0];
    bool v6 = strchr(options->listen, ':') != NULL;
    char ready[16];

    printf("endpoint: listening on %s%s%s:%lld, CA certificate in %s\n", v6 ? "[" : "",
           options->listen, v6 ? "]" : "", (long long)port, options->ca_file);
    printf("Clients use https://%s:%lld, region %s and this key (of this endpoint only):\n"
           "  export VOLCENGINE_ACCESS_KEY='%s' VOLCENGINE_SECRET_KEY='%s'\n"
           "  export VOLCENGINE_REGION=%s VOLCENGINE_ENDPOINT=%s:%lld\n",
           options->host_names.items[0], (long long)endpoint->gateway.port, options->region,
           key->id, key->secret, options->region, options->host_names.items[0],
           (long long)endpoint->gateway.port);
    if (key->token != NULL)
        printf("  export VOLCENGINE_SESSION_TOKEN='%s'\n", key->token);
    snprintf(ready, sizeof ready, "%lld\n", (long long)port);
    if (options->ready_file != NULL &&
        !write_file_atomically(options->ready_file, ready, strlen(ready)))
        die("whoever waits for --ready-file would wait for ever");
}

int main(int argc, char **argv)
{
    static struct endpoint endpoint;
    static struct server server;
    pid_t parent = getppid();

    setvbuf(stdout, NULL, _IOLBF, 0);
    open_endpoint(&endpoint, argc, argv);
    catch_signals();
    server_open(&server, &endpoint);
    gateway_open(&endpoint.gateway, &endpoint.options, server.port);
    announce(&endpoint, server.port);
    while (!must_end && !(endpoint.options.parent_pid_exit && getppid() != parent)) {
        server_turn(&server);
        if (must_write_books) {
            must_write_books = 0;
            books_write(&endpoint);
        }
    }
    books_write(&endpoint);
    server_close(&server);
    close_endpoint(&endpoint);
    return 0;
}
