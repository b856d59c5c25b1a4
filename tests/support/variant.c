#include "variant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>
#endif

void variant_begin_process(void)
{
#if defined(MBEDTLS_PSA_CRYPTO_C)
    if (psa_crypto_init() != PSA_SUCCESS) {
        fprintf(stderr, "variant: psa_crypto_init failed\n");
        exit(1);
    }
#endif
}

static struct endpoint *start_endpoint(const struct variant *variant)
{
    const char *arguments[24] = {"--stopped-clock", "--delay-ms", "2000"};
    int count = 3;
    int i;

    for (i = 0; variant->options[i] != NULL; i++) {
        arguments[count++] = variant->options[i];
    }
    return endpoint_start(arguments);
}

/* NULL, or what is not as it must be. */
static const char *find_difference(const struct variant *variant, const struct machine *machine,
                                   const struct books *books)
{
    const rv_job_report *report = rv_job_report_of(&machine->job);

    if (machine->is_hung) {
        return "the job did not end";
    }
    if (report->outcome != variant->outcome || report->status != variant->status) {
        return "another outcome or status";
    }
    if (books->replacements != variant->replacements) {
        return "another number of replacements";
    }
    if (variant->ends != NULL && strcmp(books->status, variant->ends) != 0) {
        return "the instance ended in another status";
    }
    if ((variant->stops >= 0 && books->stops != variant->stops) ||
        (variant->starts >= 0 && books->starts != variant->starts)) {
        return "another number of stops or starts";
    }
    return variant->service_lies ? NULL : machine_untruth(report, books);
}

static void tell(const struct variant *variant, struct machine *machine, const struct books *books,
                 const char *difference, struct endpoint *service)
{
    const rv_job_report *report = rv_job_report_of(&machine->job);

    fprintf(stderr,
            "--- the endpoint's journal:\n%s---\n%s\n"
            "the job says: %s, %s (evidence %u, step %s, code %s, HTTP %u)\n"
            "the books say: %d replacements, %d stops, %d starts, %s\n"
            "expected: %s, %s, %d replacements, %d stops, %d starts, %s, because %s\n",
            endpoint_journal(service), difference, outcome_name(report->outcome),
            rv_status_text(report->status), report->evidence, rv_step_name(report->step),
            report->call.code_text, report->call.http_status, books->replacements, books->stops,
            books->starts, books->status, outcome_name(variant->outcome),
            rv_status_text(variant->status), variant->replacements, variant->stops, variant->starts,
            variant->ends != NULL ? variant->ends : "any", variant->because);
}

void variant_test(void **state)
{
    const struct variant_case *one = *state;
    const struct variant *variant = one->variant;
    struct endpoint *service = start_endpoint(variant);
    static struct machine machine;
    struct books books;
    const char *difference;

    machine_open(&machine, service);
    machine.replace.image_id = one->image_id;
    machine_begin(&machine, 1);
    machine.on_progress = variant->meanwhile;
    if (variant->prepare != NULL) {
        variant->prepare(&machine);
    }
    (void)machine_run_job(&machine);
    machine_end(&machine, &books);
    difference = find_difference(variant, &machine, &books);
    if (difference != NULL) {
        tell(variant, &machine, &books, difference, service);
    }
    machine_close(&machine);
    endpoint_stop(service);
    assert_null(difference);
}
