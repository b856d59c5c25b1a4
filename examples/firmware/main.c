/*
 * A whole replacement on a machine without an operating system
 *
 * Read it from here: start.c has brought the processor up and calls main, at the end of this file.
 * network.c starts lwIP over the board's driver, port/lwip.c makes it replace_volume's socket, and
 * what follows is the same as on any other machine: clocks, trust anchor, client, job.
 *
 * Exit status, as the tool's: 0 done · 1 refused · 2 usage · 3 not sent · 4 unknown · 5 accepted,
 * but not finished · 6 accepted, and ended badly. Above that: no network (10), a fault (139).
 */
#include "board.h"
#include "host.h"
#include "network.h"
#include "options.h"
#include "port/lwip.h"
#include <lwip/timeouts.h>
#include <mbedtls/memory_buffer_alloc.h>
#include <string.h>

#if defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>
#endif

enum { EXIT_USAGE = 2, EXIT_NOT_SENT = 3, EXIT_NO_NETWORK = 10 };
enum { ARENA_BLOCK_HEAD = 32 };

static struct options options;

/* --- memory for mbedTLS: all that it ever gets ------------------------------------------------ */

static unsigned char arena[ARENA_SIZE];

/* --- clocks and randomness -------------------------------------------------------------------- */

/* A board with a clock of its own needs no lower bound. This one starts in 1970, so certificates
 * are judged at its build time at least, and the service's own date corrects the rest. */
static struct clock {
    rv_lwip_clock lwip; /* first: rv_lwip_monotonic_ms is given all of it */
    int64_t utc_at_start_s;
} clock_of_board;

static int utc_s(void *ctx, int64_t *seconds)
{
    struct clock *clock = ctx;

    *seconds = clock->utc_at_start_s + (int64_t)(rv_lwip_monotonic_ms(clock) / 1000);
    return RV_OK;
}

static int random_bytes(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    return host_random(buf, len) == 0 ? RV_OK : RV_ERR_RANDOM;
}

static const rv_system board = {
    &clock_of_board, rv_lwip_monotonic_ms, utc_s, random_bytes, BUILD_TIME,
};

static int set_clock(void)
{
    int64_t utc = options.utc == NULL ? host_utc_s() : options_number(options.utc);

    clock_of_board.utc_at_start_s = utc;
    return utc >= 0 ? 0 : -1;
}

#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
                                             uint8_t *output, size_t output_size,
                                             size_t *output_length)
{
    (void)context;
    *output_length = output_size;
    return host_random(output, output_size) == 0 ? PSA_SUCCESS : PSA_ERROR_INSUFFICIENT_ENTROPY;
}
#endif

/* --- the service: whom to trust, and a connection to it --------------------------------------- */

static mbedtls_x509_crt anchor;
static rv_tls tls;
static rv_lwip_socket lwip;
static rv_socket tcp;
static ip_addr_t address;
static rv_credentials credentials;
static rv_client client;

/* A product has it in flash, as a const array: "nocopy" then spends no RAM on it. */
static int trust(void)
{
    static uint8_t certificate[1536];
    int len = host_read_file(options.ca_file, certificate, sizeof certificate);

    mbedtls_x509_crt_init(&anchor);
    return len > 0 ? mbedtls_x509_crt_parse_der_nocopy(&anchor, certificate, (size_t)len) : -1;
}

static int connect_by_lwip(void)
{
    rv_lwip_socket_init(&lwip, &tcp, &board);
    lwip.poll = network_poll;
    if (options.address != NULL) {
        lwip.address = &address;
        return ipaddr_aton(options.address, &address) ? 0 : -1;
    }
    return 0;
}

static int client_start(void)
{
    rv_client_config config;
    rv_result why;
    int64_t port = options.port == NULL ? 443 : options_number(options.port);

    if (port < 1 || port > 65535 || connect_by_lwip() != 0 || trust() != 0) {
        return RV_ERR_USAGE;
    }
    credentials.access_key_id = options.access_key;
    credentials.secret_access_key = options.secret_key;
    memset(&config, 0, sizeof config);
    config.tls = &tls;
    config.socket = &tcp;
    config.host = options.host;
    config.port = (uint16_t)port;
    config.region = options.region;
    config.credentials = &credentials;
#if defined(MBEDTLS_PSA_CRYPTO_C)
    if (psa_crypto_init() != PSA_SUCCESS) {
        return RV_ERR_RANDOM;
    }
#endif
    return rv_tls_init(&tls, &board, &anchor) == RV_OK ? rv_client_init(&client, &config, &why)
                                                       : RV_ERR_TLS;
}

/* --- the job ---------------------------------------------------------------------------------- */

static rv_replace_system_volume replace;
static rv_job_config config;
static rv_job job;

/* A product has two places in flash for it and writes the older one, so that one is always whole.
 * Writing may take its time: RV_AGAIN, and it is asked again. */
static int store(void *ctx, const uint8_t *record, size_t len, rv_need *need)
{
    (void)ctx;
    (void)need;
    if (options.record_file == NULL) {
        return RV_OK; /* lost with the power: then nobody knows whether the disk is replaced */
    }
    return host_write_file(options.record_file, record, len) == 0 ? RV_OK : RV_ERR_STORE;
}

/* A record that is there belongs to a job that did not come to its end: go on with that one. */
static int job_start(void)
{
    uint8_t record[RV_RECORD_MAX];
    int len = -1;

    replace.instance_id = options.instance;
    replace.image_id = options.image;
    replace.key_pair_name = options.key_pair;
    config.replace = &replace;
    config.may_stop = 1;
    config.store = store;
    if (options.record_file != NULL) {
        len = host_read_file(options.record_file, record, sizeof record);
    }
    if (len < 0) {
        return rv_job_start(&job, &client, &config);
    }
    host_print("goes on from its record\n");
    return rv_job_resume(&job, &client, &config, record, (size_t)len);
}

static uint64_t clocks_of_first_call, clocks_of_job;

/* The loop. A product does its other work here, and so calls network_poll and sys_check_timeouts by
 * itself instead of waiting; no step takes longer than one operation with a public key. */
static int job_run(void)
{
    rv_need need;
    int status;

    for (;;) {
        int is_first_call = rv_job_report_of(&job)->looks == 0;
        uint64_t before = busy_clocks();

        status = rv_job_step(&job, &need);
        clocks_of_job += busy_clocks() - before;
        if (is_first_call) {
            clocks_of_first_call = clocks_of_job;
        }
        if (status != RV_AGAIN) {
            return status;
        }
        (void)tcp.wait(tcp.ctx, &need);
    }
}

/* --- what became of it ------------------------------------------------------------------------ */

static int exit_status(rv_job_outcome outcome)
{
    switch (outcome) {
    case RV_JOB_DONE:
    case RV_JOB_CHECKED:
        return 0;
    case RV_JOB_REFUSED:
        return 1;
    case RV_JOB_NOT_SENT:
        return EXIT_NOT_SENT;
    case RV_JOB_UNFINISHED:
        return 5;
    case RV_JOB_ENDED_BADLY:
        return 6;
    default:
        return 4;
    }
}

static void print_line(const char *name, int64_t number, const char *text)
{
    host_print(name);
    host_print_number(number);
    host_print(text);
    host_print("\n");
}

/* Both with what is not to be had for less: the allocator's own bytes before each block, and what
 * was pushed for interrupts. */
static void print_memory(void)
{
    const uint32_t *lowest = stack_lowest;
    size_t bytes;
    size_t blocks;

    mbedtls_memory_buffer_alloc_max_get(&bytes, &blocks);
    while (lowest < stack_top && *lowest == PAINT) {
        lowest++;
    }
    print_line("arena used: ", (int64_t)(bytes + blocks * ARENA_BLOCK_HEAD), "");
    print_line("stack used: ", (stack_top - lowest) * (int64_t)sizeof *lowest, "");
}

static void print_report(const rv_job_report *report)
{
    host_print("instance: ");
    host_print(rv_instance_status_name(report->instance.status));
    print_line("\noutcome: ", report->outcome, "");
    print_line("status: ", report->status, "");
    if (report->status != RV_OK) {
        host_print(rv_status_text(report->status));
        host_print(": ");
        host_print(report->call.message);
        print_line("\ntls error: ", report->call.tls_error, "");
        print_line("verify flags: ", report->call.verify_flags, "");
    }
    print_line("requests: ", report->requests, "");
    if (report->call.clock_skew_s != RV_TIME_UNKNOWN) {
        print_line("clock skew: ", report->call.clock_skew_s, " s");
    }
    print_line("clocks of the first call: ", (int64_t)clocks_of_first_call, "");
    print_line("clocks of the job: ", (int64_t)clocks_of_job, "");
}

int main(void)
{
    mbedtls_memory_buffer_alloc_init(arena, sizeof arena);
    if (options_read(&options) != 0 || set_clock() != 0) {
        return EXIT_USAGE;
    }
    if (network_start(options.name_server) != 0) {
        host_print("no network\n");
        return EXIT_NO_NETWORK;
    }
    if (client_start() != RV_OK) {
        host_print("the options cannot be used\n");
        return EXIT_USAGE;
    }
    (void)job_start(); /* the first step says why not */
    (void)job_run();
    print_report(rv_job_report_of(&job));
    print_memory();
    return exit_status(rv_job_report_of(&job)->outcome);
}
