/*
 * exchange CA-FILE PORT: what a whole call costs, on a kept connection, on one that resumes its TLS
 * session, on a new one, and beside a bare mbedTLS handshake and exchange of the same bytes with
 * the same server
 *
 * Prints "what|calls|microseconds of CPU a call|microseconds a call".
 */
#define _POSIX_C_SOURCE 200809L
#define RV_STATIC
#include "../../replace_volume.c"
#undef RV_STATIC
#include "../../port/posix.h"

#include <mbedtls/net_sockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define CALLS  100
#define ROUNDS 10

static rv_system clocks;
static rv_posix_socket posix;
static rv_socket tcp;
static mbedtls_x509_crt anchors;
static rv_tls tls;
static rv_client client;
static rv_call call;
static const char *port;

static void must(int is_true, const char *what)
{
    if (!is_true) {
        fprintf(stderr, "exchange: %s failed\n", what);
        exit(1);
    }
}

static void start_call(void)
{
    static rv_replace_system_volume replace;

    replace.instance_id = "i-demo0stopped0000001";
    replace.image_id = "image-debian12";
    replace.key_pair_name = "kp-demo";
    replace.dry_run = RV_TRUE;
    must(rv_call_start_replace(&call, &client, &replace) == RV_OK, "starting the call");
}

static void call_kept(void)
{
    start_call();
    must(rv_call_run(&call) == RV_OK, "the call");
}

static void call_resumed(void)
{
    call_kept();
    rv_client_close(&client);
}

static void call_new(void)
{
    session_drop(&client);
    call_resumed();
}

/* The same request, without reading the answer as more than its bytes. */
static void exchange_bare(void)
{
    static char request[4096];
    mbedtls_net_context net;
    mbedtls_ssl_context ssl;
    size_t len, answer = 0;
    int one = 1, result;

    start_call();
    call.credentials = *client.config.credentials;
    call.signed_utc_s = corrected_utc(&client);
    must(call.signed_utc_s != RV_TIME_UNKNOWN, "the clock");
    must(request_sign(&call, call.signed_utc_s) == RV_OK, "signing");
    len = cursor_fill(&call, request, sizeof(request));
    rv_call_cancel(&call);
    mbedtls_net_init(&net);
    must(mbedtls_net_connect(&net, "127.0.0.1", port, MBEDTLS_NET_PROTO_TCP) == 0, "connecting");
    setsockopt(net.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    mbedtls_ssl_init(&ssl);
    must(mbedtls_ssl_setup(&ssl, tls.config) == 0, "mbedtls_ssl_setup");
    must(mbedtls_ssl_set_hostname(&ssl, "localhost") == 0, "mbedtls_ssl_set_hostname");
    mbedtls_ssl_set_bio(&ssl, &net, mbedtls_net_send, mbedtls_net_recv, NULL);
    must(mbedtls_ssl_handshake(&ssl) == 0, "mbedtls_ssl_handshake");
    must(mbedtls_ssl_write(&ssl, (unsigned char *)request, len) == (int)len, "mbedtls_ssl_write");
    do {
        result = mbedtls_ssl_read(&ssl, (unsigned char *)request, sizeof(request) - 1);
        must(result > 0, "mbedtls_ssl_read");
        answer += (size_t)result;
        request[result] = '\0';
    } while (strstr(request, "}}") == NULL && answer < 4096);
    mbedtls_ssl_close_notify(&ssl);
    mbedtls_net_free(&net);
    mbedtls_ssl_free(&ssl);
}

static double cpu_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static double wall_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static const struct kind {
    const char *name;
    void (*one)(void);
} kinds[] = {
    {"call on a kept connection", call_kept},
    {"call on a resumed TLS session", call_resumed},
    {"call on a new connection", call_new},
    {"bare mbedTLS, new connection", exchange_bare},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

int main(int argc, char **argv)
{
    static const rv_credentials key = {"AKLTlocal", "bG9jYWwtc2VjcmV0", NULL, 1};
    static double cpu[KINDS], wall[KINDS];
    rv_client_config config = {.tls = &tls, .socket = &tcp, .credentials = &key};
    rv_result why;
    size_t i;
    int round, k;

    must(argc == 3, "reading the command line (CA-FILE PORT)");
    port = argv[2];
    rv_posix_system(&clocks);
    rv_posix_socket_init(&posix, &tcp);
    posix.address = "127.0.0.1";
    mbedtls_x509_crt_init(&anchors);
    must(rv_posix_ca_bundle(&anchors, argv[1], NULL) == RV_OK, "reading the anchors");
    must(rv_tls_init(&tls, &clocks, &anchors) == RV_OK, "rv_tls_init");
    config.host = "localhost";
    config.port = (uint16_t)atoi(port);
    config.region = "cn-beijing";
    must(rv_client_init(&client, &config, &why) == RV_OK, "rv_client_init");
    for (round = 0; round < ROUNDS; round++) {
        for (i = 0; i < KINDS; i++) {
            double cpu_begun, wall_begun;

            kinds[i].one(); /* the first of a kind opens or warms what it needs */
            cpu_begun = cpu_us();
            wall_begun = wall_us();
            for (k = 0; k < CALLS; k++) {
                kinds[i].one();
            }
            cpu[i] += cpu_us() - cpu_begun;
            wall[i] += wall_us() - wall_begun;
            rv_client_close(&client);
        }
    }
    for (i = 0; i < KINDS; i++) {
        printf("%s|%d|%.0f|%.0f\n", kinds[i].name, CALLS * ROUNDS, cpu[i] / (CALLS * ROUNDS),
               wall[i] / (CALLS * ROUNDS));
    }
    rv_client_free(&client);
    rv_tls_free(&tls);
    mbedtls_x509_crt_free(&anchors);
    return 0;
}
