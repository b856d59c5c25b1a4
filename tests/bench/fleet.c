/*
 * fleet CA-FILE PORT COUNT alone|together [SAMPLES]: so many whole replacements at once in one
 * thread, and what each of them costs
 *
 * alone: each job asks for its own instance; together: one DescribeInstances for up to 100.
 * SAMPLES: so often each operation that they are compared with is timed. Prints "what|number"
 * lines.
 */
#define _GNU_SOURCE
#include "tests/support/many_jobs.h"

#include <malloc.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#if defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>
#endif

#define LIMIT_MS  1800000
#define SAMPLES   21 /* at most */
#define SAMPLE_MS 2  /* apart: looking at the heap costs time, too */

static void must(int is_true, const char *what)
{
    if (!is_true) {
        fprintf(stderr, "fleet: %s\n", what);
        exit(1);
    }
}

static int64_t thread_ns(void)
{
    struct timespec now;

    must(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0, "there is no such clock");
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* --- the heap ----------------------------------------------------------------------------------
 */

struct heap {
    size_t most;
    uint64_t sampled_at_ms;
    int64_t sampling_ns;
    const rv_system *system;
};

static size_t heap_in_use(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static void sample_heap(void *ctx)
{
    struct heap *heap = ctx;
    uint64_t now = heap->system->monotonic_ms(heap->system->ctx);

    if (now >= heap->sampled_at_ms + SAMPLE_MS) {
        int64_t began = thread_ns();
        size_t used = heap_in_use();

        heap->most = used > heap->most ? used : heap->most;
        heap->sampled_at_ms = now;
        heap->sampling_ns += thread_ns() - began;
    }
}

/* --- one operation with a public key, for comparison -------------------------------------------
 */

/* mbedTLS sets a group up anew in each handshake, so that is part of it. */
static void agree(mbedtls_ecp_group_id id)
{
    mbedtls_ecp_group group;
    mbedtls_ecp_point ours, shared;
    mbedtls_mpi secret;

    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&ours);
    mbedtls_ecp_point_init(&shared);
    mbedtls_mpi_init(&secret);
    must(mbedtls_ecp_group_load(&group, id) == 0 &&
             mbedtls_ecp_gen_keypair(&group, &secret, &ours, rv_posix_random, NULL) == 0 &&
             mbedtls_ecp_mul(&group, &shared, &secret, &ours, rv_posix_random, NULL) == 0,
         "a key agreement failed");
    mbedtls_mpi_free(&secret);
    mbedtls_ecp_point_free(&shared);
    mbedtls_ecp_point_free(&ours);
    mbedtls_ecp_group_free(&group);
}

static void agree_on_p256(void)
{
    agree(MBEDTLS_ECP_DP_SECP256R1);
}

static void agree_on_x25519(void)
{
    agree(MBEDTLS_ECP_DP_CURVE25519);
}

static void agree_on_p521(void)
{
    agree(MBEDTLS_ECP_DP_SECP521R1);
}

/* Somebody's; the curve's own generator would be multiplied faster. */
static mbedtls_ecp_point public_key;

static void make_public_key(void)
{
    mbedtls_ecp_group group;
    mbedtls_mpi secret;

    mbedtls_ecp_group_init(&group);
    mbedtls_mpi_init(&secret);
    mbedtls_ecp_point_init(&public_key);
    must(mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) == 0 &&
             mbedtls_ecp_gen_keypair(&group, &secret, &public_key, rv_posix_random, NULL) == 0,
         "a key could not be made");
    mbedtls_mpi_free(&secret);
    mbedtls_ecp_group_free(&group);
}

/* Whether it is right costs the same: any two numbers of the right size are a signature to check.
 */
static void verify_on_p256(void)
{
    static const unsigned char hash[32] = {1, 2, 3};
    mbedtls_ecp_group group;
    mbedtls_mpi r, s;

    mbedtls_ecp_group_init(&group);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    must(mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) == 0 &&
             mbedtls_mpi_sub_int(&r, &group.N, 1) == 0 && mbedtls_mpi_sub_int(&s, &group.N, 2) == 0,
         "no memory");
    (void)mbedtls_ecdsa_verify(&group, hash, sizeof hash, &public_key, &r, &s);
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_ecp_group_free(&group);
}

static int compare(const void *a, const void *b)
{
    int64_t difference = *(const int64_t *)a - *(const int64_t *)b;

    return (difference > 0) - (difference < 0);
}

static int samples = SAMPLES;

static int64_t median_ns(void (*operation)(void))
{
    int64_t took[SAMPLES];
    int i;

    for (i = 0; i < samples; i++) {
        int64_t began = thread_ns();

        operation();
        took[i] = thread_ns() - began;
    }
    qsort(took, (size_t)samples, sizeof took[0], compare);
    return took[samples / 2];
}

/* --- the run -----------------------------------------------------------------------------------
 */

static void print(const char *what, double number)
{
    printf("%s|%.1f\n", what, number);
}

static void set_up_process(rv_system *system, mbedtls_x509_crt *anchors, rv_tls *tls,
                           const char *ca_file)
{
    size_t before;

#if defined(MBEDTLS_PSA_CRYPTO_C)
    must(psa_crypto_init() == PSA_SUCCESS, "psa_crypto_init failed");
#endif
    rv_posix_system(system);
    before = heap_in_use();
    mbedtls_x509_crt_init(anchors);
    must(rv_posix_ca_bundle(anchors, ca_file, NULL) == RV_OK, "the CA file cannot be read");
    must(rv_tls_init(tls, system, anchors) == RV_OK, "rv_tls_init failed");
    print("heap of the anchors", (double)(heap_in_use() - before));
}

int main(int argc, char **argv)
{
    static rv_system system;
    static mbedtls_x509_crt anchors;
    static rv_tls tls;
    static struct heap heap;
    static const rv_credentials key = {"AKLTlocal", "bG9jYWwtc2VjcmV0", NULL, 0};
    struct many_jobs_setup setup;
    const struct many_jobs_figures *figures;
    struct many_jobs *many;
    struct rusage usage;
    size_t before;

    must(argc == 5 || argc == 6, "usage: fleet CA-FILE PORT COUNT alone|together [SAMPLES]");
    if (argc == 6) {
        samples = atoi(argv[5]);
        must(samples >= 1 && samples <= SAMPLES, "SAMPLES is out of range");
    }
    set_up_process(&system, &anchors, &tls, argv[1]);
    memset(&setup, 0, sizeof setup);
    setup.system = &system;
    setup.count = atoi(argv[3]);
    setup.client.tls = &tls;
    setup.client.host = "localhost";
    setup.client.port = (uint16_t)atoi(argv[2]);
    setup.client.region = "cn-beijing";
    setup.client.credentials = &key;
    setup.client.idle_timeout_ms = LIMIT_MS; /* they share one processor with the endpoint */
    setup.client.call_timeout_ms = LIMIT_MS;
    setup.replace.image_id = "image-debian12";
    setup.replace.key_pair_name = "kp-demo";
    setup.job.may_stop = 1;
    setup.job.observed = strcmp(argv[4], "together") == 0;
    setup.after_turn = sample_heap;
    setup.ctx = &heap;
    heap.system = &system;

    many = many_jobs_start(&setup);
    before = heap_in_use();
    must(many_jobs_run(many, LIMIT_MS), "they did not finish");
    figures = many_jobs_figures(many);
    must(getrusage(RUSAGE_SELF, &usage) == 0, "getrusage failed");

    print("jobs", setup.count);
    print("done", figures->outcomes[RV_JOB_DONE]);
    print("bytes of ours", (double)many_jobs_size());
    print("heap of TLS, at most", (double)(heap.most - before) / setup.count);
    print("resident KiB, at most", (double)usage.ru_maxrss);
    print("CPU us", (double)(figures->cpu_ns - heap.sampling_ns) / 1e3 / setup.count);
    print("seconds", (double)figures->elapsed_ms / 1e3);
    print("steps", (double)figures->steps / setup.count);
    print("polls", figures->polls);
    print("looks", figures->watch_requests);
    print("looks in one poll, at most", figures->watch_requests_of_a_poll);
    print("longest step us", (double)figures->longest_step_ns / 1e3);
    print("longest step us, median", (double)figures->usual_longest_step_ns / 1e3);
    print("curve offered first", MBEDTLS_VERSION_MAJOR < 3 ? 521 : 25519);
    make_public_key();
    print("ECDHE P-256 us", (double)median_ns(agree_on_p256) / 1e3);
    print("ECDHE X25519 us", (double)median_ns(agree_on_x25519) / 1e3);
    print("ECDHE P-521 us", (double)median_ns(agree_on_p521) / 1e3);
    print("ECDSA P-256 verification us", (double)median_ns(verify_on_p256) / 1e3);
    mbedtls_ecp_point_free(&public_key);
    many_jobs_free(many);
    rv_tls_free(&tls);
    mbedtls_x509_crt_free(&anchors);
    return 0;
}
