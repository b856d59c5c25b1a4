#include "scripted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>
#endif

#define STEPS_MAX 200000 /* of one call; more is an endless loop */

/* --- certificates -------------------------------------------------------------------------------
 *
 * Made once with OpenSSL 3, all keys P-256, every private key but this server's thrown away:
 *
 *   openssl ecparam -name prime256v1 -genkey -noout -out NAME.key
 *   openssl req -new -key NAME.key -subj SUBJECT -out NAME.csr
 *   openssl ca -batch -notext -config CONFIG -cert CA.pem -keyfile CA.key -in NAME.csr \
 *       -startdate FROM -enddate TO -extfile NAME.ext -out NAME.pem    (-selfsign for a root)
 *
 *   NAME          CA            SUBJECT              FROM .. TO (1 January, 00:00:00Z)
 *   root          itself        /CN=Root             2000 .. 2100
 *   (stranger's)  itself        /CN=Root             2000 .. 2100
 *   intermediate  root          /CN=Intermediate     2025 .. 2026
 *   server        root          /CN=ecs.service.test 2000 .. 2100
 *   dated         root          /CN=ecs.service.test 2025 .. 2026
 *   past          root          /CN=ecs.service.test 2019 .. 2021
 *   ahead         root          /CN=ecs.service.test 2090 .. 2099
 *   other_host    root          /CN=other.test       2000 .. 2100
 *   stranger      (stranger's)  /CN=ecs.service.test 2000 .. 2100
 *   chained       intermediate  /CN=ecs.service.test 2000 .. 2100
 *
 * CONFIG: default_md=sha256, policy commonName=supplied, unique_subject=no. NAME.ext of an
 * authority: basicConstraints=critical,CA:TRUE and keyUsage=critical,keyCertSign; of a server:
 * subjectAltName=DNS:NAME.
 */

static const char root_pem[] = "-----BEGIN CERTIFICATE-----\n"
                               "MIIBVzCB/qADAgECAggvUaRefvZYIzAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARS\n"
                               "b290MCAXDTAwMDEwMTAwMDAwMFoYDzIxMDAwMTAxMDAwMDAwWjAPMQ0wCwYDVQQD\n"
                               "DARSb290MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE7ssg4i3UPMCUsHRq84Sf\n"
                               "fWd//awYS8+9LxRlteek5WtwDVkM+7hiW9syFD6SZHTe7pB9Z4EL3CsxCC1U9ySB\n"
                               "EqNCMEAwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAgQwHQYDVR0OBBYE\n"
                               "FJ8uAcFkn1PjNKgqpZaHHz0GyWhpMAoGCCqGSM49BAMCA0gAMEUCIC5K7gEIW9Hp\n"
                               "mqoRpvIvQC6KxXx5B2EwpMbpArnHCP+3AiEAmKiIyvkgJILKGV9nh9jDRhDF3X1I\n"
                               "+27TrBgqaVJf924=\n"
                               "-----END CERTIFICATE-----\n";

static const char server_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBgjCCASigAwIBAgIJAJlCnerY5JfYMAoGCCqGSM49BAMCMA8xDTALBgNVBAMM\n"
    "BFJvb3QwIBcNMDAwMTAxMDAwMDAwWhgPMjEwMDAxMDEwMDAwMDBaMBsxGTAXBgNV\n"
    "BAMMEGVjcy5zZXJ2aWNlLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARV\n"
    "hM1AQXTJyqOWxHuFYvVG+mDbx/3/TCwP0J2YOSeuoL+/zdgCNK0wbRBuXY0EPQoM\n"
    "CedX9uIF2L4YZej8ZHfjo18wXTAbBgNVHREEFDASghBlY3Muc2VydmljZS50ZXN0\n"
    "MB0GA1UdDgQWBBQTsFuEtxRPoLrJSUKNVbrncag/0DAfBgNVHSMEGDAWgBSfLgHB\n"
    "ZJ9T4zSoKqWWhx89BsloaTAKBggqhkjOPQQDAgNIADBFAiAT/SItD7u6movJJTJI\n"
    "cHjLMG1qSEnewSy/StIOAakiJQIhAMrINXf3v4dpW2wdYctjmTdr/wT/jk3iTobC\n"
    "TfTilE0n\n"
    "-----END CERTIFICATE-----\n";

static const char dated_pem[] = "-----BEGIN CERTIFICATE-----\n"
                                "MIIBfzCCASWgAwIBAgIIbhKz6HqmM4wwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwE\n"
                                "Um9vdDAeFw0yNTAxMDEwMDAwMDBaFw0yNjAxMDEwMDAwMDBaMBsxGTAXBgNVBAMM\n"
                                "EGVjcy5zZXJ2aWNlLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARVhM1A\n"
                                "QXTJyqOWxHuFYvVG+mDbx/3/TCwP0J2YOSeuoL+/zdgCNK0wbRBuXY0EPQoMCedX\n"
                                "9uIF2L4YZej8ZHfjo18wXTAbBgNVHREEFDASghBlY3Muc2VydmljZS50ZXN0MB0G\n"
                                "A1UdDgQWBBQTsFuEtxRPoLrJSUKNVbrncag/0DAfBgNVHSMEGDAWgBSfLgHBZJ9T\n"
                                "4zSoKqWWhx89BsloaTAKBggqhkjOPQQDAgNIADBFAiBqXuVAp+EjiifOCY4iDz4w\n"
                                "YUFW7zs7P7O67hBYL5EezQIhAMMcI81ce2Jyeiq3Ry3s0YKD4WH2Si/1iifkEVWS\n"
                                "KJFA\n"
                                "-----END CERTIFICATE-----\n";

static const char past_pem[] = "-----BEGIN CERTIFICATE-----\n"
                               "MIIBgDCCASagAwIBAgIJAJh+eWyZPunGMAoGCCqGSM49BAMCMA8xDTALBgNVBAMM\n"
                               "BFJvb3QwHhcNMTkwMTAxMDAwMDAwWhcNMjEwMTAxMDAwMDAwWjAbMRkwFwYDVQQD\n"
                               "DBBlY3Muc2VydmljZS50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEVYTN\n"
                               "QEF0ycqjlsR7hWL1Rvpg28f9/0wsD9CdmDknrqC/v83YAjStMG0Qbl2NBD0KDAnn\n"
                               "V/biBdi+GGXo/GR346NfMF0wGwYDVR0RBBQwEoIQZWNzLnNlcnZpY2UudGVzdDAd\n"
                               "BgNVHQ4EFgQUE7BbhLcUT6C6yUlCjVW653GoP9AwHwYDVR0jBBgwFoAUny4BwWSf\n"
                               "U+M0qCqllocfPQbJaGkwCgYIKoZIzj0EAwIDSAAwRQIgSpMncfznJ1espApmrHej\n"
                               "xaFh0skurA+0F/y304zKNK4CIQDapN9+D1D22cvBjONCI2nDy8C+aaQv+aFSrSV0\n"
                               "nLOEQQ==\n"
                               "-----END CERTIFICATE-----\n";

static const char ahead_pem[] = "-----BEGIN CERTIFICATE-----\n"
                                "MIIBgzCCASmgAwIBAgIIL9QswbyYPUEwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwE\n"
                                "Um9vdDAiGA8yMDkwMDEwMTAwMDAwMFoYDzIwOTkwMTAxMDAwMDAwWjAbMRkwFwYD\n"
                                "VQQDDBBlY3Muc2VydmljZS50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
                                "VYTNQEF0ycqjlsR7hWL1Rvpg28f9/0wsD9CdmDknrqC/v83YAjStMG0Qbl2NBD0K\n"
                                "DAnnV/biBdi+GGXo/GR346NfMF0wGwYDVR0RBBQwEoIQZWNzLnNlcnZpY2UudGVz\n"
                                "dDAdBgNVHQ4EFgQUE7BbhLcUT6C6yUlCjVW653GoP9AwHwYDVR0jBBgwFoAUny4B\n"
                                "wWSfU+M0qCqllocfPQbJaGkwCgYIKoZIzj0EAwIDSAAwRQIhANZSWNGiz/oURl66\n"
                                "4ams2esj5ePhf4vZZCRKC2FwLXreAiA9CTKvAsm+M9afd7fVSHHcZtrKiIRKYVzi\n"
                                "9aJLSOqMQQ==\n"
                                "-----END CERTIFICATE-----\n";

static const char other_host_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBdTCCARygAwIBAgIJAJJaLrRbBG7vMAoGCCqGSM49BAMCMA8xDTALBgNVBAMM\n"
    "BFJvb3QwIBcNMDAwMTAxMDAwMDAwWhgPMjEwMDAxMDEwMDAwMDBaMBUxEzARBgNV\n"
    "BAMMCm90aGVyLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARVhM1AQXTJ\n"
    "yqOWxHuFYvVG+mDbx/3/TCwP0J2YOSeuoL+/zdgCNK0wbRBuXY0EPQoMCedX9uIF\n"
    "2L4YZej8ZHfjo1kwVzAVBgNVHREEDjAMggpvdGhlci50ZXN0MB0GA1UdDgQWBBQT\n"
    "sFuEtxRPoLrJSUKNVbrncag/0DAfBgNVHSMEGDAWgBSfLgHBZJ9T4zSoKqWWhx89\n"
    "BsloaTAKBggqhkjOPQQDAgNHADBEAiBES6tRVK+x1M4LsNvQSetcXtAAFR7QE0YN\n"
    "yGAChMCnTQIgDpX67x0Wc9LvHAIhddvswKcjR28bAyDEJxf/XNyGWPY=\n"
    "-----END CERTIFICATE-----\n";

static const char stranger_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBgTCCASegAwIBAgIIKJoRkpOf+b0wCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwE\n"
    "Um9vdDAgFw0wMDAxMDEwMDAwMDBaGA8yMTAwMDEwMTAwMDAwMFowGzEZMBcGA1UE\n"
    "AwwQZWNzLnNlcnZpY2UudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABFWE\n"
    "zUBBdMnKo5bEe4Vi9Ub6YNvH/f9MLA/QnZg5J66gv7/N2AI0rTBtEG5djQQ9CgwJ\n"
    "51f24gXYvhhl6Pxkd+OjXzBdMBsGA1UdEQQUMBKCEGVjcy5zZXJ2aWNlLnRlc3Qw\n"
    "HQYDVR0OBBYEFBOwW4S3FE+guslJQo1VuudxqD/QMB8GA1UdIwQYMBaAFHnpa7aP\n"
    "3eD7CF+BGVLYqqWd7e0tMAoGCCqGSM49BAMCA0gAMEUCIQCFDJmEQQQ4oRcxKP7R\n"
    "JH5qdoLGQiB3nwtjpBhtjuuxRQIgJowSX7l6yl5cm3nw79PyWrXCxuAqYVBVHYa2\n"
    "7vNUWIM=\n"
    "-----END CERTIFICATE-----\n";

static const char intermediate_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBgDCCASagAwIBAgIJAN6iXBZg7zn+MAoGCCqGSM49BAMCMA8xDTALBgNVBAMM\n"
    "BFJvb3QwHhcNMjUwMTAxMDAwMDAwWhcNMjYwMTAxMDAwMDAwWjAXMRUwEwYDVQQD\n"
    "DAxJbnRlcm1lZGlhdGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAThRMAlLmNc\n"
    "nBvgwBeRUFcja3Qw5hDoIFq5YjUjdzqSlHq3BdQHyQH+0/hNE0m8waDoyC2jwuP4\n"
    "4M+QkdqeahUYo2MwYTAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwICBDAd\n"
    "BgNVHQ4EFgQU2iCWqk2bqrm5zbxznR6P7X8l/xUwHwYDVR0jBBgwFoAUny4BwWSf\n"
    "U+M0qCqllocfPQbJaGkwCgYIKoZIzj0EAwIDSAAwRQIhALpscW4oNeEVTTU+UWj8\n"
    "22sYE31tcDSU6Mn6Uk0ShKj9AiA259utCjgD71q7pUfq6HII3A6eTOoCBfrRMR99\n"
    "fkPjvg==\n"
    "-----END CERTIFICATE-----\n";

static const char chained_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBijCCAS+gAwIBAgIIPLkp51PTINswCgYIKoZIzj0EAwIwFzEVMBMGA1UEAwwM\n"
    "SW50ZXJtZWRpYXRlMCAXDTAwMDEwMTAwMDAwMFoYDzIxMDAwMTAxMDAwMDAwWjAb\n"
    "MRkwFwYDVQQDDBBlY3Muc2VydmljZS50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0D\n"
    "AQcDQgAEVYTNQEF0ycqjlsR7hWL1Rvpg28f9/0wsD9CdmDknrqC/v83YAjStMG0Q\n"
    "bl2NBD0KDAnnV/biBdi+GGXo/GR346NfMF0wGwYDVR0RBBQwEoIQZWNzLnNlcnZp\n"
    "Y2UudGVzdDAdBgNVHQ4EFgQUE7BbhLcUT6C6yUlCjVW653GoP9AwHwYDVR0jBBgw\n"
    "FoAU2iCWqk2bqrm5zbxznR6P7X8l/xUwCgYIKoZIzj0EAwIDSQAwRgIhAIZBMcvF\n"
    "fqU2zkEwNogfvV2nRF7ZKkVrOs5UupMmbIyOAiEAvPZgE0c8z+eyMneo8Abpm1mP\n"
    "oE/Ezgl4RrHt7UzUw/M=\n"
    "-----END CERTIFICATE-----\n";

static const char key_pem[] = "-----BEGIN EC PRIVATE KEY-----\n"
                              "MHcCAQEEICzNugPecx6nAF+7ywSzU0fHuaEEs0ih+2eCpC8wizOUoAoGCCqGSM49\n"
                              "AwEHoUQDQgAEVYTNQEF0ycqjlsR7hWL1Rvpg28f9/0wsD9CdmDknrqC/v83YAjSt\n"
                              "MG0Qbl2NBD0KDAnnV/biBdi+GGXo/GR34w==\n"
                              "-----END EC PRIVATE KEY-----\n";

/* --- time, and the machine -------------------------------------------------------------------- */

#define START_MS 1000000u /* the monotonic clock when a test begins */

int64_t scripted_utc(const struct scripted *world)
{
    return SCRIPTED_UTC + world->off_s + ((int64_t)world->now_ms - (int64_t)START_MS) / 1000;
}

/* Counts a call; 1: it is to fail. */
static int is_failing(struct scripted *world, enum scripted_callback callback)
{
    unsigned number = ++world->calls[callback];

    return world->fail.callback == callback &&
           (number == world->fail.at || (world->fail.and_later && number > world->fail.at));
}

static int failure(const struct scripted *world, size_t len)
{
    return world->fail.with == WITH_LEN_PLUS_1 ? (int)len + 1 : world->fail.with;
}

static void violate(struct scripted *world, const char *what)
{
    if (world->violation == NULL) {
        world->violation = what;
    }
}

static uint64_t system_monotonic_ms(void *ctx)
{
    const struct scripted *world = (const struct scripted *)ctx;

    return world->now_ms;
}

static int system_utc_s(void *ctx, int64_t *seconds)
{
    struct scripted *world = (struct scripted *)ctx;

    if (is_failing(world, ON_UTC)) {
        return failure(world, 0);
    }
    if (world->utc_unknown) {
        return RV_ERR_CLOCK;
    }
    *seconds = scripted_utc(world) + world->utc_error_s;
    return RV_OK;
}

/* Not random, but as even as a test needs it. */
static void fill(uint32_t *state, uint8_t *buf, size_t len)
{
    while (len-- > 0) {
        *state ^= *state << 13;
        *state ^= *state >> 17;
        *state ^= *state << 5;
        *buf++ = (uint8_t)(*state >> 11);
    }
}

static int system_random(void *ctx, uint8_t *buf, size_t len)
{
    struct scripted *world = (struct scripted *)ctx;

    if (len < 1 || len > 256) {
        violate(world, "random was asked for less than 1 or more than 256 bytes");
    }
    if (is_failing(world, ON_RANDOM)) {
        return failure(world, len);
    }
    fill(&world->random_state, buf, len);
    return RV_OK;
}

int scripted_rng(void *ctx, unsigned char *buf, size_t len)
{
    struct scripted *world = (struct scripted *)ctx;

    fill(&world->random_state, buf, len);
    return 0;
}

#if MBEDTLS_VERSION_NUMBER < 0x04000000
static int server_random(void *ctx, unsigned char *buf, size_t len)
{
    struct scripted *world = (struct scripted *)ctx;

    fill(&world->server.random_state, buf, len);
    return 0;
}
#endif

/* --- the wire --------------------------------------------------------------------------------- */

static size_t queue_len(const struct scripted_queue *queue)
{
    return queue->end - queue->begin;
}

static size_t queue_put(struct scripted_queue *queue, const uint8_t *bytes, size_t len)
{
    if (queue->begin == queue->end) {
        queue->begin = queue->end = 0;
    }
    if (len > sizeof(queue->bytes) - queue->end) {
        len = sizeof(queue->bytes) - queue->end;
    }
    memcpy(queue->bytes + queue->end, bytes, len);
    queue->end += len;
    return len;
}

static size_t queue_take(struct scripted_queue *queue, uint8_t *bytes, size_t len)
{
    if (len > queue_len(queue)) {
        len = queue_len(queue);
    }
    memcpy(bytes, queue->bytes + queue->begin, len);
    queue->begin += len;
    return len;
}

/* --- the service ------------------------------------------------------------------------------ */

static int server_send(void *ctx, const unsigned char *buf, size_t len)
{
    struct scripted *world = (struct scripted *)ctx;
    size_t taken = queue_put(&world->server.out, buf, len);

    return taken > 0 ? (int)taken : MBEDTLS_ERR_SSL_WANT_WRITE;
}

static int server_recv(void *ctx, unsigned char *buf, size_t len)
{
    struct scripted *world = (struct scripted *)ctx;
    size_t taken = queue_take(&world->server.in, buf, len);

    return taken > 0 ? (int)taken : MBEDTLS_ERR_SSL_WANT_READ;
}

/* Remembers the name that the client asks for. */
static int server_name(void *ctx, mbedtls_ssl_context *ssl, const unsigned char *name, size_t len)
{
    struct scripted *world = (struct scripted *)ctx;

    (void)ssl;
    if (len < sizeof(world->server.name)) {
        memcpy(world->server.name, name, len);
        world->server.name[len] = '\0';
    }
    return 0;
}

static void must(int error, const char *what)
{
    if (error != 0) {
        fprintf(stderr, "scripted.c: %s: -0x%04x\n", what, (unsigned)-error);
        abort();
    }
}

static void parse(mbedtls_x509_crt *chain, const char *pem)
{
    must(mbedtls_x509_crt_parse(chain, (const unsigned char *)pem, strlen(pem) + 1), "certificate");
}

static void server_load(struct scripted *world)
{
    static const char *const pems[] = {server_pem,     dated_pem,    past_pem,   ahead_pem,
                                       other_host_pem, stranger_pem, chained_pem};
    mbedtls_x509_crt *chain = &world->server.chain;

    mbedtls_x509_crt_free(chain);
    mbedtls_x509_crt_init(chain);
    parse(chain, pems[world->server.certificate]);
    if (world->server.certificate == CERTIFICATE_CHAINED) {
        parse(chain, intermediate_pem);
    }
}

static void server_load_key(struct scripted *world)
{
    const unsigned char *pem = (const unsigned char *)key_pem;

    mbedtls_pk_init(&world->server.key);
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && MBEDTLS_VERSION_NUMBER < 0x04000000
    must(mbedtls_pk_parse_key(&world->server.key, pem, sizeof(key_pem), NULL, 0, server_random,
                              world),
         "key");
#else
    must(mbedtls_pk_parse_key(&world->server.key, pem, sizeof(key_pem), NULL, 0), "key");
#endif
}

static void server_set_versions(struct scripted *world)
{
    mbedtls_ssl_config *config = &world->server.config;

#if SCRIPTED_TLS_1_3
    if (world->server.tls_1_2_only) {
        mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
    }
#endif
#if MBEDTLS_VERSION_NUMBER < 0x03000000
    if (world->server.oldest_tls) {
        mbedtls_ssl_conf_max_version(config, MBEDTLS_SSL_MAJOR_VERSION_3,
                                     MBEDTLS_SSL_MINOR_VERSION_2);
    }
#else
    (void)config;
#endif
}

static void server_set_tickets(struct scripted *world)
{
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    if (world->server.has_tickets) {
#if MBEDTLS_VERSION_NUMBER < 0x04000000
        must(mbedtls_ssl_ticket_setup(&world->server.tickets, server_random, world,
                                      MBEDTLS_CIPHER_AES_256_GCM, 86400),
             "tickets");
#else
        must(mbedtls_ssl_ticket_setup(&world->server.tickets, PSA_ALG_GCM, PSA_KEY_TYPE_AES, 256,
                                      86400),
             "tickets");
#endif
        mbedtls_ssl_conf_session_tickets_cb(&world->server.config, mbedtls_ssl_ticket_write,
                                            mbedtls_ssl_ticket_parse, &world->server.tickets);
    }
#else
    (void)world;
#endif
}

static void server_setup(struct scripted *world)
{
    mbedtls_ssl_config *config = &world->server.config;

    server_load_key(world);
    server_load(world);
    must(mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
                                     MBEDTLS_SSL_PRESET_DEFAULT),
         "server's configuration");
#if MBEDTLS_VERSION_NUMBER < 0x04000000
    mbedtls_ssl_conf_rng(config, server_random, world);
#endif
    must(mbedtls_ssl_conf_own_cert(config, &world->server.chain, &world->server.key),
         "server's certificate");
    mbedtls_ssl_conf_sni(config, server_name, world);
#if defined(MBEDTLS_SSL_ALPN)
    world->server.protocols[0] = world->server.refuses_http_1_1 ? "h2" : "http/1.1";
    must(mbedtls_ssl_conf_alpn_protocols(config, world->server.protocols), "ALPN");
#endif
#if defined(MBEDTLS_SSL_RENEGOTIATION)
    if (world->server.renegotiates) {
        mbedtls_ssl_conf_renegotiation(config, MBEDTLS_SSL_RENEGOTIATION_ENABLED);
    }
#endif
    server_set_versions(world);
    server_set_tickets(world);
    must(mbedtls_ssl_setup(&world->server.ssl, config), "server");
    mbedtls_ssl_set_bio(&world->server.ssl, world, server_send, server_recv, NULL);
    world->server.is_setup = 1;
}

/* A client has connected. */
static void server_accept(struct scripted *world)
{
    world->in_server++;
    if (world->server.is_setup) {
        must(mbedtls_ssl_session_reset(&world->server.ssl), "server's next connection");
        server_load(world);
    } else {
        server_setup(world);
    }
    world->server.connections++;
    world->server.in.begin = world->server.in.end = 0;
    world->server.out.begin = world->server.out.end = 0;
    world->server.ended = END_KEPT;
    world->server.is_shaken = 0;
    world->server.current_len = 0;
    world->server.answer = NULL;
    world->server.said_goodbye = 0;
    world->in_server--;
}

static void server_end(struct scripted *world, enum scripted_end end)
{
    if (end == END_CLOSE_NOTIFY && world->server.is_shaken) {
        mbedtls_ssl_close_notify(&world->server.ssl);
    }
    if (end == END_RESET) {
        world->server.out.begin = world->server.out.end = 0;
    }
    world->server.ended = end;
}

/* --- the service's requests and answers */

int64_t scripted_utc_of_x_date(const char *text)
{
    static const int days[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int year, month, day, hour, minute, second;

    if (sscanf(text, "%4d%2d%2dT%2d%2d%2dZ", &year, &month, &day, &hour, &minute, &second) != 6) {
        return 0;
    }
    day += days[month - 1] + (month > 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    year--;
    return ((int64_t)year * 365 + year / 4 - year / 100 + year / 400 - 719162 + day - 1) * 86400 +
           hour * 3600 + minute * 60 + second;
}

static int is_out_of_time(const struct scripted *world)
{
    const char *date = strstr(world->server.current, "X-Date: ");
    int64_t off = date == NULL ? 0 : scripted_utc_of_x_date(date + 8) - scripted_utc(world);

    return world->server.checks_time && (off > 900 || off < -900);
}

static const scripted_answer *next_answer(struct scripted *world)
{
    static const scripted_answer wrong_time = {
        .status = 400, .body = BODY_ERROR("InvalidTimestamp"), .has_date = 1};
    size_t number = world->server.executed;

    if (is_out_of_time(world)) {
        return &wrong_time;
    }
    if (world->server.make_answer != NULL) {
        world->server.executed++;
        return world->server.make_answer(world, world->server.current);
    }
    if (world->server.answer_count == 0) {
        violate(world, "the service has no script");
        return &wrong_time;
    }
    world->server.executed++;
    return &world->server
                .answers[number < world->server.answer_count ? number
                                                             : world->server.answer_count - 1];
}

/* How long the request is, once its head is there; else 0. */
static size_t request_len(const char *request)
{
    const char *end = strstr(request, "\r\n\r\n");
    const char *length = strstr(request, "Content-Length: ");

    if (end == NULL) {
        return 0;
    }
    return (size_t)(end + 4 - request) +
           (length != NULL && length < end ? (size_t)strtoul(length + 16, NULL, 10) : 0);
}

static void server_take_request(struct scripted *world, size_t len)
{
    unsigned number = world->server.requests++;

    if (number < SCRIPTED_REQUESTS) {
        memcpy(world->server.request[number], world->server.current, len);
        world->server.request[number][len] = '\0';
    }
    world->server.answer = next_answer(world);
    world->server.answer_at_ms = world->now_ms + world->server.answer->delay_ms;
    world->server.current_len -= len;
    memmove(world->server.current, world->server.current + len, world->server.current_len + 1);
    if (world->server.on_request != NULL) {
        world->server.on_request(world, number + 1);
    }
}

/* What the next request will be answered with, while it is still coming in. */
static const scripted_answer *coming_answer(const struct scripted *world)
{
    size_t number = world->server.executed;

    if (world->server.answer_count == 0) {
        return NULL;
    }
    return &world->server
                .answers[number < world->server.answer_count ? number
                                                             : world->server.answer_count - 1];
}

static void server_read(struct scripted *world)
{
    size_t room = sizeof(world->server.current) - 1 - world->server.current_len;
    char *at = world->server.current + world->server.current_len;
    int result = mbedtls_ssl_read(&world->server.ssl, (unsigned char *)at, room);
    const scripted_answer *coming = coming_answer(world);
    size_t len;

    must(room > 0 ? 0 : -1, "a request that is too long");
    if (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE) {
        return;
    }
    if (result <= 0) {
        world->server.said_goodbye = result == 0 || result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY;
        server_end(world, END_CUT);
        return;
    }
    world->server.request_bytes += (size_t)result;
    world->server.current_len += (size_t)result;
    world->server.current[world->server.current_len] = '\0';
    if (coming != NULL && coming->reset_after > 0 &&
        world->server.current_len >= coming->reset_after) {
        world->server.executed++;
        server_end(world, END_RESET);
        return;
    }
    len = request_len(world->server.current);
    if (len > 0 && len <= world->server.current_len) {
        server_take_request(world, len);
    }
}

static void append(char *text, size_t size, size_t *len, const char *more)
{
    size_t more_len = strlen(more);

    if (*len + more_len >= size) {
        must(-1, "an answer that is too long");
    }
    memcpy(text + *len, more, more_len + 1);
    *len += more_len;
}

static void append_date(char *text, size_t size, size_t *len, int64_t utc_s)
{
    time_t seconds = (time_t)utc_s;
    const struct tm *tm = gmtime(&seconds);
    char date[64];

    strftime(date, sizeof(date), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", tm);
    append(text, size, len, date);
}

static size_t compose(struct scripted *world, const scripted_answer *answer)
{
    char *text = world->server.text;
    size_t size = sizeof(world->server.text);
    size_t len = 0;

    if (answer->raw != NULL) {
        append(text, size, &len, answer->raw);
    } else if (answer->status != 0) {
        len = (size_t)sprintf(text, "HTTP/1.1 %d Status\r\n", answer->status);
        if (answer->has_date) {
            append_date(text, size, &len, scripted_utc(world) + answer->date_s);
        }
        if (!answer->no_length) {
            len += (size_t)sprintf(text + len, "Content-Length: %u\r\n",
                                   answer->body == NULL ? 0 : (unsigned)strlen(answer->body));
        }
        append(text, size, &len, answer->fields == NULL ? "" : answer->fields);
        append(text, size, &len, "\r\n");
        append(text, size, &len, answer->body == NULL ? "" : answer->body);
    }
    if (answer->is_cut && answer->cut_at < len) {
        len = answer->cut_at;
        text[len] = '\0';
    }
    append(text, size, &len, answer->extra == NULL ? "" : answer->extra);
    return len;
}

/* All of it at once: the queue is larger than any answer. */
static void server_write(struct scripted *world, const char *text, size_t len)
{
    size_t at = 0;

    while (at < len) {
        int result = mbedtls_ssl_write(&world->server.ssl, (const unsigned char *)text + at,
                                       len - at);

        must(result > 0 ? 0 : result, "server's answer");
        at += (size_t)result;
    }
}

static void server_answer(struct scripted *world)
{
    const scripted_answer *answer = world->server.answer;

    if (world->now_ms < world->server.answer_at_ms) {
        return;
    }
    server_write(world, world->server.text, compose(world, answer));
    world->server.answer = NULL;
    if (answer->end != END_KEPT) {
        server_end(world, answer->end);
    }
}

static void server_shake(struct scripted *world)
{
    int error = mbedtls_ssl_handshake(&world->server.ssl);
    const char *protocol = NULL;

    if (error == MBEDTLS_ERR_SSL_WANT_READ || error == MBEDTLS_ERR_SSL_WANT_WRITE) {
        return;
    }
    world->server.error = error;
    if (error != 0) {
        server_end(world, END_CUT);
        return;
    }
#if defined(MBEDTLS_SSL_ALPN)
    protocol = mbedtls_ssl_get_alpn_protocol(&world->server.ssl);
#endif
    snprintf(world->server.protocol, sizeof(world->server.protocol), "%s",
             protocol == NULL ? "" : protocol);
    snprintf(world->server.version, sizeof(world->server.version), "%s",
             mbedtls_ssl_get_version(&world->server.ssl));
    world->server.is_shaken = 1;
    world->server.handshakes++;
}

/* Lets the service do what it can. */
static void server_work(struct scripted *world)
{
    size_t before;

    if (!world->is_open || world->in_server) {
        return;
    }
    world->in_server++;
    do {
        before = queue_len(&world->server.in);
        if (world->server.ended) {
            break;
        }
        if (!world->server.is_shaken) {
            server_shake(world);
        } else if (world->server.answer != NULL) {
            server_answer(world);
        } else {
            server_read(world);
        }
    } while (queue_len(&world->server.in) != before ||
             (world->server.answer != NULL && world->now_ms >= world->server.answer_at_ms));
    world->in_server--;
}

void scripted_server_end(struct scripted *world, enum scripted_end end)
{
    world->in_server++;
    server_end(world, end);
    world->in_server--;
}

void scripted_server_say(struct scripted *world, const char *text)
{
    world->in_server++;
    server_write(world, text, strlen(text));
    world->in_server--;
}

void scripted_server_renegotiate(struct scripted *world, enum scripted_certificate certificate)
{
#if defined(MBEDTLS_SSL_RENEGOTIATION)
    int error;

    world->in_server++;
    world->server.certificate = certificate;
    server_load(world);
    error = mbedtls_ssl_renegotiate(&world->server.ssl);
    must(error == MBEDTLS_ERR_SSL_WANT_READ ? 0 : error, "server's new handshake");
    world->in_server--;
#else
    (void)world;
    (void)certificate;
#endif
}

/* --- the socket ------------------------------------------------------------------------------- */

static int socket_open(void *ctx, const char *host, uint16_t port, rv_need *need)
{
    struct scripted *world = (struct scripted *)ctx;

    if (world->is_open) {
        violate(world, "open was called on an open socket");
    }
    if (host == NULL || port == 0 || need == NULL) {
        violate(world, "open was called without a host, a port or a need");
    }
    if (is_failing(world, ON_OPEN)) {
        world->is_opening = 0;
        return failure(world, 1);
    }
    if (!world->is_opening) {
        world->is_opening = 1;
        world->opens_left = world->open_agains;
        world->openings++;
        if (world->opens_left > 0 && world->question_count < 8) {
            world->questions[world->question_count++] = world->openings;
        }
    }
    if (world->opens_left > 0) {
        world->opens_left--;
        world->opened_at_ms = world->now_ms + world->open_wait_ms;
        world->said_again |= world->open_events | (world->open_wake_ms > 0 ? RV_NOW : 0);
        need->events = world->open_events;
        need->wake_at_ms = world->open_wake_ms > 0 ? world->now_ms + world->open_wake_ms : RV_NEVER;
        return RV_AGAIN;
    }
    world->is_opening = 0;
    world->is_open = 1;
    world->sent = 0;
    server_accept(world);
    return RV_OK;
}

void scripted_network_answers(struct scripted *world)
{
    unsigned opening = world->questions[0];

    must(world->question_count > 0 ? 0 : -1, "an answer that nobody has asked for");
    memmove(world->questions, world->questions + 1, sizeof(world->questions[0]) * 7);
    world->question_count--;
    if (world->is_opening && opening == world->openings) {
        world->opens_left = 0;
        world->opened_at_ms = world->now_ms;
    } else {
        world->late_answers++;
    }
}

static size_t socket_piece(const struct scripted *world, size_t len)
{
    return world->piece > 0 && len > world->piece ? world->piece : len;
}

static int would_block(struct scripted *world, uint32_t event)
{
    if (world->blocks && (world->turn ^= 1)) {
        world->said_again |= event;
        return 1;
    }
    return 0;
}

static int socket_send(void *ctx, const uint8_t *buf, size_t len)
{
    struct scripted *world = (struct scripted *)ctx;

    if (!world->is_open || buf == NULL || len == 0) {
        violate(world, "send was called on a socket that is not open, or with nothing");
        return RV_ERR_NETWORK;
    }
    if (is_failing(world, ON_SEND)) {
        return failure(world, len);
    }
    if (world->server.ended == END_RESET) {
        return RV_ERR_NETWORK;
    }
    if (would_block(world, RV_WRITE)) {
        return RV_AGAIN;
    }
    len = socket_piece(world, len);
    if (world->send_stalls_after > 0 && world->sent + len > world->send_stalls_after) {
        world->said_again |= RV_WRITE;
        return RV_AGAIN;
    }
    world->sent += len;
    if (!world->server.ended) {
        len = queue_put(&world->server.in, buf, len);
        server_work(world);
    }
    return (int)len;
}

static int socket_recv(void *ctx, uint8_t *buf, size_t len)
{
    struct scripted *world = (struct scripted *)ctx;
    size_t taken;

    if (!world->is_open || buf == NULL || len == 0) {
        violate(world, "recv was called on a socket that is not open, or for nothing");
        return RV_ERR_NETWORK;
    }
    if (is_failing(world, ON_RECV)) {
        return failure(world, len);
    }
    if (would_block(world, RV_READ)) {
        return RV_AGAIN;
    }
    server_work(world);
    taken = queue_take(&world->server.out, buf, socket_piece(world, len));
    if (taken > 0) {
        return (int)taken;
    }
    switch (world->server.ended) {
    case END_RESET:
        return RV_ERR_NETWORK;
    case END_CLOSE_NOTIFY:
    case END_CUT:
        return RV_EOF;
    default:
        world->said_again |= RV_READ;
        return RV_AGAIN;
    }
}

static void socket_close(void *ctx)
{
    struct scripted *world = (struct scripted *)ctx;

    if (world->is_open) {
        server_work(world); /* it still reads what was sent */
    }
    world->closes++;
    world->is_open = 0;
    world->is_opening = 0;
}

static int socket_last_error(void *ctx)
{
    const struct scripted *world = (const struct scripted *)ctx;

    return world->error_number;
}

static void pass_until(struct scripted *world, uint64_t at_ms)
{
    if (at_ms == RV_NEVER) {
        violate(world, "a step waits for what never comes");
    } else if (at_ms > world->now_ms) {
        world->now_ms = at_ms;
    }
}

/* When something comes that need waits for, apart from its own time. */
static uint64_t next_event_ms(struct scripted *world, const rv_need *need)
{
    if (world->is_opening) {
        return (need->events & (RV_READ | RV_WRITE)) ? world->opened_at_ms : RV_NEVER;
    }
    server_work(world);
    if (!world->is_open || (need->events & RV_NOW) ||
        ((need->events & RV_WRITE) && world->send_stalls_after == 0)) {
        return world->now_ms;
    }
    if (!(need->events & RV_READ)) {
        return RV_NEVER;
    }
    if (queue_len(&world->server.out) > 0 ||
        (world->server.ended && world->server.ended != END_SILENT)) {
        return world->now_ms;
    }
    return world->server.answer != NULL && !world->server.ended ? world->server.answer_at_ms
                                                                : RV_NEVER;
}

int scripted_wait(void *ctx, const rv_need *need)
{
    struct scripted *world = (struct scripted *)ctx;
    uint64_t event_ms = RV_NEVER;

    if (is_failing(world, ON_WAIT)) {
        return failure(world, 1);
    }
    if (need->events != 0) {
        event_ms = next_event_ms(world, need);
    }
    pass_until(world, event_ms < need->wake_at_ms ? event_ms : need->wake_at_ms);
    return RV_OK;
}

/* --- a world for each test -------------------------------------------------------------------- */

static struct scripted the_world;

int scripted_setup(void **state)
{
    struct scripted *world = &the_world;

    memset(world, 0, sizeof(*world));
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_PSA_CRYPTO_C)
    must(psa_crypto_init(), "psa_crypto_init");
#endif
    world->now_ms = START_MS;
    world->random_state = 2463534242u;
    world->server.random_state = 362436069u;
    world->system.ctx = world;
    world->system.monotonic_ms = system_monotonic_ms;
    world->system.utc_s = system_utc_s;
    world->system.random = system_random;
    world->socket.ctx = world;
    world->socket.open = socket_open;
    world->socket.send = socket_send;
    world->socket.recv = socket_recv;
    world->socket.close = socket_close;
    world->socket.wait = scripted_wait;
    world->socket.last_error = socket_last_error;
    world->credentials.access_key_id = "AKLTtest";
    world->credentials.secret_access_key = "c2VjcmV0LWFjY2Vzcy1rZXk=";
    world->config.tls = &world->tls;
    world->config.socket = &world->socket;
    world->config.host = SCRIPTED_HOST;
    world->config.region = "cn-beijing";
    world->config.credentials = &world->credentials;
    world->replace.instance_id = "i-test";
    world->replace.image_id = "image-test";
    world->replace.password = "Pass-Word-0815";
    mbedtls_x509_crt_init(&world->anchors);
    parse(&world->anchors, root_pem);
    mbedtls_x509_crt_init(&world->server.chain);
    mbedtls_pk_init(&world->server.key);
    mbedtls_ssl_config_init(&world->server.config);
    mbedtls_ssl_init(&world->server.ssl);
    mbedtls_ssl_ticket_init(&world->server.tickets);
    mbedtls_ssl_config_init(&world->own_config);
    *state = world;
    return 0;
}

int scripted_teardown(void **state)
{
    struct scripted *world = (struct scripted *)*state;

    rv_call_free(&world->call);
    scripted_client_free(world);
    mbedtls_ssl_free(&world->server.ssl);
    mbedtls_ssl_config_free(&world->server.config);
    mbedtls_ssl_config_free(&world->own_config);
    mbedtls_ssl_ticket_free(&world->server.tickets);
    mbedtls_pk_free(&world->server.key);
    mbedtls_x509_crt_free(&world->server.chain);
    mbedtls_x509_crt_free(&world->anchors);
    if (world->violation != NULL) {
        fprintf(stderr, "%s\n", world->violation);
        return -1;
    }
    return 0;
}

struct scripted *scripted_another(void **state)
{
    struct scripted *world;

    assert_int_equal(scripted_teardown(state), 0);
    scripted_setup(state);
    world = (struct scripted *)*state;
    SCRIPT(world, ACCEPTED);
    return world;
}

void scripted_own_config(struct scripted *world, int authmode)
{
    mbedtls_ssl_config *config = &world->own_config;

    must(mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                     MBEDTLS_SSL_PRESET_DEFAULT),
         "client's configuration");
#if MBEDTLS_VERSION_NUMBER < 0x04000000
    mbedtls_ssl_conf_rng(config, scripted_rng, world);
#endif
    mbedtls_ssl_conf_authmode(config, authmode);
    mbedtls_ssl_conf_ca_chain(config, &world->anchors, NULL);
    world->has_own_config = 1;
}

void scripted_fail(struct scripted *world, enum scripted_callback callback, unsigned at, int with)
{
    world->fail.callback = callback;
    world->fail.at = at;
    world->fail.with = with;
    world->fail.and_later = 1;
}

void scripted_client(struct scripted *world)
{
    rv_result why;

    if (world->has_own_config) {
        assert_int_equal(rv_tls_init_with_config(&world->tls, &world->system, &world->own_config),
                         RV_OK);
    } else {
        assert_int_equal(rv_tls_init(&world->tls, &world->system, &world->anchors), RV_OK);
    }
    assert_int_equal(rv_client_init(&world->client, &world->config, &why), RV_OK);
    world->has_client = 1;
}

void scripted_client_free(struct scripted *world)
{
    if (world->has_client) {
        rv_client_free(&world->client);
        rv_tls_free(&world->tls);
        world->has_client = 0;
    }
}

void scripted_started(struct scripted *world)
{
    uint32_t limit_ms = world->config.call_timeout_ms;

    world->steps = 0;
    world->need_now = 0;
    world->deadline_ms = world->now_ms + (limit_ms == 0 ? 60000 : limit_ms);
}

void scripted_start(struct scripted *world)
{
    if (!world->has_client) {
        scripted_client(world);
    }
    scripted_started(world);
    assert_int_equal(rv_call_start_replace(&world->call, &world->client, &world->replace), RV_OK);
}

/* What rv_call_step promises about its RV_AGAIN. */
static void check_need(const struct scripted *world, const rv_need *need)
{
    uint32_t allowed = world->said_again | RV_NOW;

    assert_int_equal(need->events & ~allowed, 0);
    assert_true(need->wake_at_ms != RV_NEVER);
    assert_true(need->wake_at_ms > world->now_ms);
    assert_true(need->wake_at_ms <= world->deadline_ms);
}

int scripted_step(struct scripted *world, rv_need *need)
{
    rv_need own;
    unsigned waits = world->calls[ON_WAIT];
    uint64_t now_ms = world->now_ms;
    int status;

    if (need == NULL) {
        need = &own;
    }
    memset(need, 0xA5, sizeof(*need));
    world->said_again = 0;
    status = rv_call_step(&world->call, need);
    assert_int_equal(world->calls[ON_WAIT], waits);
    assert_true(++world->steps < STEPS_MAX);
    assert_int_equal(rv_call_result(&world->call)->status, status);
    if (status == RV_AGAIN) {
        world->need_now += need->events == RV_NOW;
        if (world->now_ms == now_ms) { /* no callback of the test has moved the clock */
            check_need(world, need);
        }
    }
    return status;
}

int scripted_run(struct scripted *world)
{
    rv_need need;
    int status;

    while ((status = scripted_step(world, &need)) == RV_AGAIN) {
        assert_int_equal(scripted_wait(world, &need), RV_OK);
        assert_null(world->violation);
    }
    return status;
}

int scripted_replace(struct scripted *world)
{
    scripted_start(world);
    return scripted_run(world);
}

const rv_result *scripted_result(const struct scripted *world)
{
    return rv_call_result(&world->call);
}

void scripted_expect_truth(const struct scripted *world)
{
    const rv_result *result = scripted_result(world);

    assert_int_not_equal(result->status, RV_AGAIN);
    switch (result->outcome) {
    case RV_NOT_SENT:
        assert_int_equal(world->server.request_bytes, 0);
        assert_int_equal(result->attempts, 0);
        break;
    case RV_UNKNOWN:
        assert_true(result->attempts >= 1);
        break;
    default:
        assert_int_equal(result->outcome, RV_ACCEPTED);
        assert_true(world->server.executed >= 1);
    }
    assert_true((result->status == RV_OK) == (result->outcome == RV_ACCEPTED));
    assert_true(world->server.requests <= result->attempts);
    assert_null(world->violation);
    assert_null(world->client.call);
}

unsigned scripted_copies_in(const void *memory, size_t size, const void *bytes, size_t len)
{
    const uint8_t *at = (const uint8_t *)memory;
    unsigned found = 0;
    size_t i;

    for (i = 0; i + len <= size; i++) {
        found += memcmp(at + i, bytes, len) == 0;
    }
    return found;
}

unsigned scripted_copies_of(const struct scripted *world, const void *bytes, size_t len)
{
    return scripted_copies_in(&world->client, sizeof(world->client), bytes, len) +
           scripted_copies_in(&world->call, sizeof(world->call), bytes, len);
}
