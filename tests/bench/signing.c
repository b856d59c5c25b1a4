/*
 * signing: what signing a request costs beside the SHA-256 compressions that it cannot do without
 *
 *   signing            times, medians of interleaved samples
 *   signing CASE WHAT  ROUNDS rounds of one thing, to be counted by callgrind: WHAT is "signing",
 *                      "fresh" (with the key derived anew) or "compressions"
 */
#define _POSIX_C_SOURCE 200809L
#define RV_STATIC
#include "../../replace_volume.c"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS  200
#define SAMPLES 101
#define UTC     INT64_C(1767323045)

static rv_tls tls;
static rv_client client;
static rv_call call;

static uint64_t bench_monotonic_ms(void *ctx)
{
    (void)ctx;
    return 1;
}

static int bench_utc_s(void *ctx, int64_t *seconds)
{
    (void)ctx;
    *seconds = UTC;
    return RV_OK;
}

static int bench_random(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    memset(buf, 0x5A, len);
    return RV_OK;
}

static const struct bench_case {
    const char *name;
    const char *session_token;
    size_t user_data_len;
    rv_method method;
} cases[] = {
    {"GET", NULL, 0, RV_GET},
    {"GET, session token", "STS.ten0characters/ten0characters+ten0characters=", 0, RV_GET},
    {"POST, 16 KiB UserData", NULL, RV_USER_DATA_MAX, RV_POST},
};

static void begin(const struct bench_case *one)
{
    static const rv_system system = {NULL, bench_monotonic_ms, bench_utc_s, bench_random, 0};
    static uint8_t user_data[RV_USER_DATA_MAX];
    static rv_credentials credentials;
    rv_replace_system_volume replace;

    credentials.access_key_id = "AKLTMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNk";
    credentials.secret_access_key = "TnpCak5XWXpZV1U0WkRaaE5ERmxaR0ZpTmpjeVkyUXlZek0wTWpJMU1qWQ==";
    credentials.session_token = one->session_token;
    tls.system = &system;
    client.config.tls = &tls;
    client.config.host = "open.volcengineapi.com";
    client.config.region = "cn-beijing";
    client.config.port = 443;
    client.config.call_timeout_ms = 1000;
    memset(&replace, 0, sizeof(replace));
    replace.instance_id = "i-a8j6n1i4hojfqpa0abcd";
    replace.image_id = "image-38dfk6rfisf6kir6abcd";
    replace.password = "Password@123";
    replace.client_token = "6052fb95-e804-4d5a-afba-ad562e16607b";
    replace.method = one->method;
    if (one->user_data_len > 0) {
        memset(user_data, 'x', sizeof(user_data));
        replace.user_data = user_data;
        replace.user_data_len = one->user_data_len;
    }
    if (rv_call_start_replace(&call, &client, &replace) != RV_OK) {
        fprintf(stderr, "signing: the call could not be started\n");
        exit(1);
    }
    call.credentials = credentials;
}

static void sign(int is_fresh)
{
    if (is_fresh) {
        client.signing_key_valid = 0;
    }
    if (request_sign(&call, UTC) != RV_OK) {
        fprintf(stderr, "signing: the request could not be signed\n");
        exit(1);
    }
}

/* Of a message with its padding: one bit, a length of eight bytes. */
static unsigned blocks(size_t len)
{
    return (unsigned)((len + 9 + 63) / 64);
}

/* An HMAC begins with a block for the key, and ends with the outer hash of two. */
static unsigned hmac_blocks(size_t len)
{
    return 1 + blocks(len) + 2;
}

static unsigned compressions_needed(int is_fresh)
{
    unsigned needed = 0;
    uint32_t len;
    size_t string_len;

    sign(0);
    if (call.request.method == RV_POST) {
        len = 0;
        digest_template(&call, body_template, NULL, &len);
        needed += blocks(len);
    }
    len = 0;
    digest_template(&call, canonical_request_template, NULL, &len);
    needed += blocks(len);
    cursor_start(&call, string_to_sign_template);
    string_len = cursor_fill(&call, client.window, RV_WINDOW_SIZE);
    needed += hmac_blocks(string_len);
    if (is_fresh) {
        /* day, region, service, "request": each of them fits one block */
        needed += 4 * hmac_blocks(10);
    }
    return needed;
}

static void compress(unsigned count)
{
    static const unsigned char block[64] = {1, 2, 3};
    static mbedtls_sha256_context context;

    mbedtls_sha256_init(&context);
    mbedtls_sha256_starts(&context, 0);
    while (count-- > 0) {
        mbedtls_internal_sha256_process(&context, block);
    }
}

__attribute__((noinline)) static void rounds_of_signing(int is_fresh)
{
    int i;

    for (i = 0; i < ROUNDS; i++) {
        sign(is_fresh);
    }
}

__attribute__((noinline)) static void rounds_of_compressions(unsigned needed)
{
    int i;

    for (i = 0; i < ROUNDS; i++) {
        compress(needed);
    }
}

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
    double difference = *(const double *)a - *(const double *)b;

    return (difference > 0) - (difference < 0);
}

/* One after the other within each sample, so that a noisy moment meets both. */
static void print_times(const struct bench_case *one, int is_fresh)
{
    static double ratios[SAMPLES], times[SAMPLES];
    unsigned needed;
    int i;

    begin(one);
    needed = compressions_needed(is_fresh);
    for (i = 0; i < SAMPLES; i++) {
        double begun = now_us(), middle;

        rounds_of_signing(is_fresh);
        middle = now_us();
        rounds_of_compressions(needed);
        times[i] = (middle - begun) / ROUNDS;
        ratios[i] = (middle - begun) / (now_us() - middle);
    }
    qsort(times, SAMPLES, sizeof(times[0]), compare);
    qsort(ratios, SAMPLES, sizeof(ratios[0]), compare);
    printf("%s|%s|%u|%.2f|%.3f\n", one->name, is_fresh ? "fresh" : "cached", needed,
           times[SAMPLES / 2], ratios[SAMPLES / 2]);
    rv_call_free(&call);
}

int main(int argc, char **argv)
{
    size_t i;

    if (argc == 3) {
        begin(&cases[(size_t)atoi(argv[1]) % (sizeof(cases) / sizeof(cases[0]))]);
        if (strcmp(argv[2], "compressions") == 0) {
            rounds_of_compressions(compressions_needed(0));
        } else {
            sign(0);
            rounds_of_signing(strcmp(argv[2], "fresh") == 0);
        }
        return 0;
    }
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        print_times(&cases[i], 0);
        print_times(&cases[i], 1);
    }
    return 0;
}
