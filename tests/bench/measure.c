/*
 * measure RUNS PROGRAM ARGUMENT...: CPU time and peak memory of a whole run of a program, medians
 *
 * Prints "milliseconds of CPU|KiB of peak memory|milliseconds|exit status".
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS_MAX 1000

static double cpu_ms[RUNS_MAX], peak_kib[RUNS_MAX], wall_ms[RUNS_MAX];

static int compare(const void *a, const void *b)
{
    double difference = *(const double *)a - *(const double *)b;

    return (difference > 0) - (difference < 0);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof(values[0]), compare);
    return values[count / 2];
}

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double time_ms(struct timeval time)
{
    return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

/* Its exit status. */
static int run(int at, char **argv)
{
    double begun = now_ms();
    struct rusage usage;
    int status;
    pid_t child = fork();

    if (child == 0) {
        int null = open("/dev/null", O_RDWR);

        dup2(null, 0);
        dup2(null, 1);
        dup2(null, 2);
        execvp(argv[0], argv);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        perror("measure");
        exit(1);
    }
    wall_ms[at] = now_ms() - begun;
    cpu_ms[at] = time_ms(usage.ru_utime) + time_ms(usage.ru_stime);
    peak_kib[at] = (double)usage.ru_maxrss;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
    int runs = argc > 2 ? atoi(argv[1]) : 0;
    int status = 0;
    int i;

    if (runs < 1 || runs > RUNS_MAX) {
        fprintf(stderr, "usage: measure RUNS PROGRAM ARGUMENT...\n");
        return 2;
    }
    for (i = 0; i < runs; i++) {
        status = run(i, argv + 2);
    }
    printf("%.2f|%.0f|%.2f|%d\n", median(cpu_ms, runs), median(peak_kib, runs),
           median(wall_ms, runs), status);
    return 0;
}
