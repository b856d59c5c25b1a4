/*
 * variant.h - what the service does, or what happens meanwhile, and what a job must make of it
 *
 *     BOTH_IMAGES("the answer is lost", {
 *         .options = {"--rule", "ReplaceSystemVolume#1=execute;drop"},
 *         .outcome = RV_JOB_DONE, .replacements = 1, .ends = "RUNNING",
 *         .because = "the same token again is answered from memory"})
 *
 * Each is one job against an endpoint of its own, in the endpoint's time. When it has ended, its
 * report must be what stands here and must agree with the endpoint's books; because is said when a
 * test fails.
 */
#ifndef VARIANT_H
#define VARIANT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "machine.h"

#define RUNNING_INSTANCE "i-demo0running0000001"
#define STOPPED_INSTANCE "i-demo0stopped0000001"
#define SAME_IMAGE       "image-debian12"   /* as on these two */
#define NEW_IMAGE        "image-ubuntu2204" /* available, and not theirs */

struct variant {
    const char *options[16];                  /* of the endpoint, beside --stopped-clock */
    void (*prepare)(struct machine *machine); /* before the job begins; may be NULL */
    int (*meanwhile)(struct machine *machine, const rv_progress *progress); /* may be NULL */

    rv_job_outcome outcome;
    int status;
    int replacements;  /* in the books */
    const char *ends;  /* status in the books; NULL: any */
    int service_lies;  /* it claims what it has not done, so the books and the report differ */
    int stops, starts; /* asked for by the job; -1: any */
    const char *because;
};

struct variant_case {
    const struct variant *variant;
    const char *image_id;
};

void variant_test(void **state);

/* For main: what mbedTLS wants once a process. */
void variant_begin_process(void);

#define VARIANT(name, image, ...)                                            \
    {                                                                        \
        name, variant_test, NULL, NULL, (void *)&(const struct variant_case) \
        {                                                                    \
            &(const struct variant)__VA_ARGS__, image                        \
        }                                                                    \
    }
#define BOTH_IMAGES(name, ...)                             \
    VARIANT(name ", a new image", NEW_IMAGE, __VA_ARGS__), \
        VARIANT(name ", the same image", SAME_IMAGE, __VA_ARGS__)

/* The usual ends. */
#define DONE .outcome = RV_JOB_DONE, .status = RV_OK, .replacements = 1, .ends = "RUNNING"

/* A replacement that leaves no trace but that the instance is started. */
#define NO_TRACE \
    "--rebuilding-seen", "no", "--new-volume-id", "no", "--updated-at-moves-on", "stop,start"

#endif
