/*
 * Breaks jobs in every place where they can be broken, one place at a time, and holds what they say
 * against the endpoint's books. `make faults` runs all of it, `make faults-sample` a part.
 *
 *   --class NAME    only this one, see the table; repeatable
 *   --service N     only this one, from 1
 *   --position N    only this one, and say all about it; with --class and --service
 *   --sample N      so many positions of each kind and service, chosen by the seed
 *   --seed N        else from the clock; always printed
 *   --workers N     processes, each with an endpoint of its own; else one for each core
 *   --tap           print results as TAP
 */
#define _DEFAULT_SOURCE
#include "trial.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>
#endif

#define WORKERS_MAX    16
#define KINDS_MAX      32
#define SERVICES_MAX   5
#define MANY_POSITIONS 2000
#define OUTCOMES       (RV_JOB_UNKNOWN + 1)
#define STUCK_S        120 /* for one trial, on a machine with a lot else to do; it takes some ms */

struct options {
    uint64_t wanted_kinds; /* a bit each */
    int service;           /* 0: all */
    int has_position;
    uint64_t position;
    uint64_t sample; /* 0: all positions */
    uint64_t seed;
    int workers;
    int is_tap;
};

/* What a kind has come to. */
struct tally {
    uint64_t tried;
    uint64_t not_reached; /* the job had ended, or gone another way, before the fault came */
    uint64_t verdicts[VERDICT_COUNT];
    uint64_t outcomes[OUTCOMES];
};

/* Shared with the process that watches, which sees from it where a worker is. */
struct worker {
    volatile pid_t process;
    volatile int has_ended;
    volatile int service, kind;
    volatile uint64_t step; /* of the positions that are its own */
    volatile uint64_t position;
    volatile uint64_t beats; /* trials, over all */
    struct tally tallies[SERVICES_MAX][KINDS_MAX];
};

static struct options options = {.workers = 0};
static volatile sig_atomic_t is_interrupted;
static struct worker *workers;

/* --- one worker ------------------------------------------------------------------------------- */

static void print_repeat(int service, int kind, uint64_t position)
{
    printf("    make faults%s%s FAULTS=\"--class %s --service %d --seed %llu --position %llu\"\n",
           getenv("RV_CONFIG") != NULL ? " CONFIG=" : "",
           getenv("RV_CONFIG") != NULL ? getenv("RV_CONFIG") : "", kinds[kind].name, service + 1,
           (unsigned long long)options.seed, (unsigned long long)position);
}

static void count(struct tally *tally, const struct finding *finding)
{
    tally->tried++;
    tally->not_reached += !finding->was_reached;
    tally->verdicts[finding->verdict]++;
    tally->outcomes[finding->outcome]++;
}

static void try_position(struct trial *trial, struct worker *worker, int service, int kind,
                         uint64_t position)
{
    struct finding finding;

    memset(&finding, 0, sizeof finding);
    worker->position = position;
    worker->beats++;
    kinds[kind].run(trial, &kinds[kind], position, &finding);
    count(&worker->tallies[service][kind], &finding);
    if (finding.verdict != VERDICT_TRUE) {
        printf("# %s, position %llu: %s, %s: %s\n", kinds[kind].what, (unsigned long long)position,
               outcome_name(finding.outcome), rv_status_text(finding.status), finding.untruth);
        print_repeat(service, kind, position);
        fflush(stdout);
    }
}

/* Where there are many. */
static uint64_t every(const struct trial *trial, uint64_t positions)
{
    return positions > MANY_POSITIONS ? (uint64_t)trial->service->every : 1;
}

/* All of them, or one in so many, or some by chance. */
static uint64_t nth_position(const struct trial *trial, uint64_t positions, uint64_t number,
                             int kind)
{
    uint64_t step = every(trial, positions);

    return options.sample == 0
               ? number * step + options.seed % step
               : trial_random(trial, (uint64_t)kind * 1000003 + number, 99) % positions;
}

static void try_kind(struct trial *trial, struct worker *worker, int index, int service, int kind)
{
    uint64_t positions = kinds[kind].positions(&trial->reference);
    uint64_t all = positions / every(trial, positions);
    uint64_t wanted = options.sample != 0 && options.sample < all ? options.sample : all;
    uint64_t step = worker->service == service && worker->kind == kind ? worker->step : 0;

    worker->service = service;
    worker->kind = kind;
    for (; step * (uint64_t)options.workers + (uint64_t)index < wanted; step++) {
        uint64_t number = step * (uint64_t)options.workers + (uint64_t)index;

        worker->step = step;
        try_position(trial, worker, service, kind, nth_position(trial, positions, number, kind));
    }
    worker->step = 0;
}

static int is_wanted(int service, int kind)
{
    return (options.service == 0 || options.service == service + 1) &&
           (options.wanted_kinds >> kind & 1) != 0;
}

/* Goes on where it stands in *worker, since the one before may have been killed. */
static void work(struct worker *worker, int index)
{
    static struct trial trial;
    int service, kind;

    for (service = worker->service; service < service_count; service++) {
        const char *why;

        if (options.service != 0 && options.service != service + 1) {
            continue;
        }
        trial.seed = options.seed;
        why = trial_open(&trial, &services[service], 0);
        if (why != NULL) {
            printf("# the job fails without a fault: %s\n", why);
            exit(2);
        }
        for (kind = service == worker->service ? worker->kind : 0; kind < kind_count; kind++) {
            if (is_wanted(service, kind)) {
                try_kind(&trial, worker, index, service, kind);
            }
        }
        trial_close(&trial);
    }
    worker->has_ended = 1;
    exit(0);
}

/* --- those that watch ------------------------------------------------------------------------- */

static void start_worker(int index)
{
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        work(&workers[index], index);
    }
    if (child < 0) {
        perror("faults");
        exit(2);
    }
    workers[index].process = child;
}

/* A worker that stands still, or has crashed, has done so because of the trial that it was at. */
static void replace_worker(int index, enum verdict verdict, const char *why)
{
    struct worker *worker = &workers[index];

    printf("# %s, position %llu: %s\n", kinds[worker->kind].what,
           (unsigned long long)worker->position, why);
    print_repeat(worker->service, worker->kind, worker->position);
    worker->tallies[worker->service][worker->kind].tried++;
    worker->tallies[worker->service][worker->kind].verdicts[verdict]++;
    worker->step++;
    start_worker(index);
}

static uint64_t all_trials(void)
{
    uint64_t trials = 0;
    int i;

    for (i = 0; i < options.workers; i++) {
        trials += workers[i].beats;
    }
    return trials;
}

static void on_signal(int number)
{
    (void)number;
    is_interrupted = 1;
}

/* Ctrl-C, and its like, end the trials; what has been tried so far is shown all the same. */
static void catch_signals(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void end_workers(void)
{
    int i;

    for (i = 0; i < options.workers; i++) {
        if (workers[i].process != 0) {
            (void)kill(workers[i].process, SIGKILL);
            (void)waitpid(workers[i].process, NULL, 0);
        }
    }
}

static void watch(time_t began)
{
    uint64_t beats[WORKERS_MAX] = {0};
    time_t seen[WORKERS_MAX];
    int left = options.workers;
    int is_shown = isatty(STDERR_FILENO);
    int i;

    for (i = 0; i < options.workers; i++) {
        seen[i] = time(NULL);
    }
    catch_signals();
    while (left > 0 && !is_interrupted) {
        struct timespec pause = {0, 100000000};

        (void)nanosleep(&pause, NULL);
        for (i = 0; i < options.workers; i++) {
            struct worker *worker = &workers[i];
            int status;

            if (worker->process == 0) {
                continue;
            }
            if (worker->beats != beats[i]) {
                beats[i] = worker->beats;
                seen[i] = time(NULL);
            }
            if (waitpid(worker->process, &status, WNOHANG) == worker->process) {
                worker->process = 0;
                if (worker->has_ended) {
                    left--;
                } else if (WIFEXITED(status) && worker->beats == 0) {
                    exit(2); /* it has said why */
                } else {
                    replace_worker(i, VERDICT_WRONG, "the program crashed");
                }
            } else if (time(NULL) - seen[i] > STUCK_S) {
                (void)kill(worker->process, SIGKILL);
                (void)waitpid(worker->process, &status, 0);
                seen[i] = time(NULL);
                replace_worker(i, VERDICT_HUNG, "it stands still");
            }
        }
        if (is_shown) {
            fprintf(stderr, "\r%llu trials, %lld s ", (unsigned long long)all_trials(),
                    (long long)(time(NULL) - began));
        }
    }
    if (is_interrupted) {
        end_workers();
        printf("# cut short\n");
    }
    if (is_shown) {
        fprintf(stderr, "\r\033[K");
    }
}

/* --- the table -------------------------------------------------------------------------------- */

static void add(struct tally *sum, const struct tally *tally)
{
    int i;

    sum->tried += tally->tried;
    sum->not_reached += tally->not_reached;
    for (i = 0; i < VERDICT_COUNT; i++) {
        sum->verdicts[i] += tally->verdicts[i];
    }
    for (i = 0; i < OUTCOMES; i++) {
        sum->outcomes[i] += tally->outcomes[i];
    }
}

static void tally_of(int service, int kind, struct tally *sum)
{
    int i;

    memset(sum, 0, sizeof *sum);
    for (i = 0; i < options.workers; i++) {
        add(sum, &workers[i].tallies[service][kind]);
    }
}

static int is_good(const struct tally *tally)
{
    return tally->tried > 0 && tally->verdicts[VERDICT_TRUE] == tally->tried;
}

static void print_outcomes(const struct tally *tally)
{
    const char *separator = "";
    int i;

    for (i = 0; i < OUTCOMES; i++) {
        if (tally->outcomes[i] > 0) {
            printf("%s%s %llu", separator, outcome_name((rv_job_outcome)i),
                   (unsigned long long)tally->outcomes[i]);
            separator = ", ";
        }
    }
}

static void print_numbers(const struct tally *tally)
{
    printf("%9llu %8llu %8llu %5llu %11llu   ", (unsigned long long)tally->tried,
           (unsigned long long)tally->verdicts[VERDICT_TWICE],
           (unsigned long long)tally->verdicts[VERDICT_WRONG],
           (unsigned long long)tally->verdicts[VERDICT_HUNG],
           (unsigned long long)tally->not_reached);
    print_outcomes(tally);
    printf("\n");
}

static void print_table(void)
{
    struct tally all, tally;
    int service, kind;

    memset(&all, 0, sizeof all);
    for (service = 0; service < service_count; service++) {
        if (options.service != 0 && options.service != service + 1) {
            continue;
        }
        printf("\nservice %d: %s\n", service + 1, services[service].name);
        printf("%-34s %9s %8s %8s %5s %11s   %s\n", "", "", "replaced", "reported", "", "", "");
        printf("%-34s %9s %8s %8s %5s %11s   %s\n", "fault", "positions", "twice", "wrongly",
               "hung", "not reached", "what the job said");
        for (kind = 0; kind < kind_count; kind++) {
            if (is_wanted(service, kind)) {
                tally_of(service, kind, &tally);
                add(&all, &tally);
                printf("%-34s ", kinds[kind].what);
                print_numbers(&tally);
            }
        }
    }
    printf("\n%-34s ", "all");
    print_numbers(&all);
}

static void print_tap(void)
{
    struct tally tally, part;
    int kind, service, number = 0;

    for (kind = 0; kind < kind_count; kind++) {
        memset(&tally, 0, sizeof tally);
        if ((options.wanted_kinds >> kind & 1) == 0) {
            continue;
        }
        for (service = 0; service < service_count; service++) {
            tally_of(service, kind, &part);
            add(&tally, &part);
        }
        printf(
            "%s %d - %s: %llu positions, replaced twice %llu, reported wrongly %llu, hung %llu\n",
            is_good(&tally) ? "ok" : "not ok", ++number, kinds[kind].what,
            (unsigned long long)tally.tried, (unsigned long long)tally.verdicts[VERDICT_TWICE],
            (unsigned long long)tally.verdicts[VERDICT_WRONG],
            (unsigned long long)tally.verdicts[VERDICT_HUNG]);
    }
    printf("1..%d\n", number);
}

static int is_all_good(void)
{
    struct tally tally;
    int service, kind;

    for (service = 0; service < service_count; service++) {
        for (kind = 0; kind < kind_count; kind++) {
            tally_of(service, kind, &tally);
            if (is_wanted(service, kind) && !is_good(&tally)) {
                return 0;
            }
        }
    }
    return 1;
}

/* --- one position ----------------------------------------------------------------------------- */

static int show_position(void)
{
    static struct trial trial;
    struct finding finding;
    int kind = 0;

    while ((options.wanted_kinds >> kind & 1) == 0) {
        kind++;
    }
    memset(&finding, 0, sizeof finding);
    trial.seed = options.seed;
    if (trial_open(&trial, &services[options.service - 1], 1) != NULL) {
        return 2;
    }
    kinds[kind].run(&trial, &kinds[kind], options.position, &finding);
    printf("%s\n%s: %s, %s%s%s%s\n", endpoint_journal(trial.endpoint), kinds[kind].what,
           outcome_name(finding.outcome), rv_status_text(finding.status),
           finding.was_reached ? "" : " (the fault did not come)",
           finding.untruth != NULL ? ": " : "", finding.untruth != NULL ? finding.untruth : "");
    trial_close(&trial);
    return finding.verdict == VERDICT_TRUE ? 0 : 1;
}

/* --- the command line ------------------------------------------------------------------------- */

static void usage(void)
{
    int i;

    fprintf(stderr, "usage: faults [--class NAME]... [--service N] [--position N] [--sample N]\n"
                    "              [--seed N] [--workers N] [--tap]\n");
    for (i = 0; i < kind_count; i++) {
        fprintf(stderr, "  %-18s %s\n", kinds[i].name, kinds[i].what);
    }
    exit(2);
}

static void want_kind(const char *name)
{
    int i;

    for (i = 0; i < kind_count; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            options.wanted_kinds |= UINT64_C(1) << i;
            return;
        }
    }
    usage();
}

static void take_option(const char *name, const char *argument)
{
    char *end = NULL;
    uint64_t number = argument != NULL ? strtoull(argument, &end, 10) : 0;

    if (argument == NULL) {
        usage();
    }
    if (strcmp(name, "--class") == 0) {
        want_kind(argument);
        return;
    }
    if (end == argument || *end != '\0') {
        usage();
    }
    if (strcmp(name, "--service") == 0 && number >= 1 && number <= (uint64_t)service_count) {
        options.service = (int)number;
    } else if (strcmp(name, "--position") == 0) {
        options.has_position = 1;
        options.position = number;
    } else if (strcmp(name, "--sample") == 0) {
        options.sample = number;
    } else if (strcmp(name, "--seed") == 0) {
        options.seed = number;
    } else if (strcmp(name, "--workers") == 0 && number >= 1 && number <= WORKERS_MAX) {
        options.workers = (int)number;
    } else {
        usage();
    }
}

static void read_options(int argc, char **argv)
{
    int i;

    options.seed = (uint64_t)time(NULL);
    for (i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--tap") == 0) {
            options.is_tap = 1;
        } else {
            take_option(argv[i], argv[i + 1]);
            i++;
        }
    }
    if (options.wanted_kinds == 0) {
        options.wanted_kinds = (UINT64_C(1) << kind_count) - 1;
    }
    if (options.workers == 0) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);

        options.workers = cores < 1 ? 1 : cores > WORKERS_MAX ? WORKERS_MAX : (int)cores;
    }
    if (options.has_position &&
        (options.service == 0 || (options.wanted_kinds & (options.wanted_kinds - 1)) != 0)) {
        usage();
    }
}

int main(int argc, char **argv)
{
    time_t began = time(NULL);
    int i;

    read_options(argc, argv);
#if defined(MBEDTLS_PSA_CRYPTO_C)
    if (psa_crypto_init() != PSA_SUCCESS) {
        return 2;
    }
#endif
    if (options.has_position) {
        return show_position();
    }
    workers = mmap(NULL, sizeof *workers * WORKERS_MAX, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (workers == MAP_FAILED) {
        perror("faults");
        return 2;
    }
    printf("# seed %llu\n", (unsigned long long)options.seed);
    for (i = 0; i < options.workers; i++) {
        start_worker(i);
    }
    watch(began);
    if (options.is_tap) {
        print_tap();
    } else {
        print_table();
    }
    printf("# %llu trials in %lld s, %d at a time\n", (unsigned long long)all_trials(),
           (long long)(time(NULL) - began), options.workers);
    return !is_interrupted && is_all_good() ? 0 : 1;
}
