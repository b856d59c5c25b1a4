/*
 * A job on a machine whose clock is wrong, drifts and jumps meanwhile.
 */
#include "tests/support/variant.h"

#define RULE(text) "--rule", "ReplaceSystemVolume" text

static void is_a_day_ahead(struct machine *machine)
{
    machine->clock_error_s = 86400 - 100; /* the certificate is a day old */
}

static void is_an_hour_behind(struct machine *machine)
{
    machine->clock_error_s = -3600;
}

static void gains_a_third(struct machine *machine)
{
    machine->clock_drift = 333;
}

static void loses_a_third(struct machine *machine)
{
    machine->clock_drift = -333;
}

/* As a firmware without a battery: its build time is all that it knows. */
static void begins_in_1970(struct machine *machine)
{
    machine->clock_error_s = -machine->control.utc_s;
    machine->system.utc_lower_bound_s = machine->control.utc_s - 3600;
}

static void is_unknown(struct machine *machine)
{
    machine->clock_is_unknown = 1;
    machine->system.utc_lower_bound_s = machine->control.utc_s - 3600;
}

/* When the job is at that step. */
static int jump(struct machine *machine, const rv_progress *progress, rv_step step, int64_t seconds)
{
    if (progress->step == step) {
        machine->clock_error_s = seconds;
    }
    return RV_OK;
}

static int jumps_ahead_at_the_stop(struct machine *machine, const rv_progress *progress)
{
    return jump(machine, progress, RV_STEP_STOP, 7200);
}

static int jumps_back_at_the_stop(struct machine *machine, const rv_progress *progress)
{
    return jump(machine, progress, RV_STEP_STOP, -7200);
}

static int jumps_ahead_at_the_replacement(struct machine *machine, const rv_progress *progress)
{
    return jump(machine, progress, RV_STEP_REPLACE, 7200);
}

static int jumps_back_at_the_replacement(struct machine *machine, const rv_progress *progress)
{
    return jump(machine, progress, RV_STEP_REPLACE, -7200);
}

static int jumps_ahead_while_watching(struct machine *machine, const rv_progress *progress)
{
    return jump(machine, progress, RV_STEP_WATCH, 7200);
}

static int jumps_back_while_watching(struct machine *machine, const rv_progress *progress)
{
    return jump(machine, progress, RV_STEP_WATCH, -7200);
}

static int jumps_at_each_moment(struct machine *machine, const rv_progress *progress)
{
    (void)progress;
    machine->clock_error_s = machine->clock_error_s <= 0 ? 1200 : -1200;
    return RV_OK;
}

#define IN_THE_END DONE, .stops = 1

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH_IMAGES("a day ahead", {.prepare = is_a_day_ahead,
                                    IN_THE_END,
                                    .because = "the service's own date corrects it"}),
        BOTH_IMAGES("an hour behind", {.prepare = is_an_hour_behind,
                                       IN_THE_END,
                                       .because = "the service's own date corrects it"}),
        BOTH_IMAGES("begins in 1970, right only after the first answer",
                    {.prepare = begins_in_1970,
                     IN_THE_END,
                     .because = "certificates are judged at the build time until then"}),
        BOTH_IMAGES("unknown, right only after the first answer",
                    {.prepare = is_unknown,
                     IN_THE_END,
                     .because = "certificates are judged at the build time until then"}),
        BOTH_IMAGES("gains a third", {.options = {"--delay-ms", "900000"},
                                      .prepare = gains_a_third,
                                      IN_THE_END,
                                      .because = "limits are measured with the other clock"}),
        BOTH_IMAGES("loses a third", {.options = {"--delay-ms", "900000"},
                                      .prepare = loses_a_third,
                                      IN_THE_END,
                                      .because = "limits are measured with the other clock"}),
        BOTH_IMAGES("jumps ahead at the stop", {.meanwhile = jumps_ahead_at_the_stop,
                                                IN_THE_END,
                                                .because = "the service's date corrects it"}),
        BOTH_IMAGES("jumps back at the stop", {.meanwhile = jumps_back_at_the_stop,
                                               IN_THE_END,
                                               .because = "the service's date corrects it"}),
        BOTH_IMAGES("jumps ahead at the replacement",
                    {.meanwhile = jumps_ahead_at_the_replacement,
                     IN_THE_END,
                     .because = "InvalidTimestamp changed nothing, so it is sent again"}),
        BOTH_IMAGES("jumps back at the replacement",
                    {.meanwhile = jumps_back_at_the_replacement,
                     IN_THE_END,
                     .because = "InvalidTimestamp changed nothing, so it is sent again"}),
        BOTH_IMAGES("jumps ahead while watching", {.meanwhile = jumps_ahead_while_watching,
                                                   IN_THE_END,
                                                   .because = "the service's date corrects it"}),
        BOTH_IMAGES("jumps back while watching", {.meanwhile = jumps_back_while_watching,
                                                  IN_THE_END,
                                                  .because = "the service's date corrects it"}),
        BOTH_IMAGES("jumps to and fro all the time",
                    {.meanwhile = jumps_at_each_moment,
                     .prepare = is_an_hour_behind,
                     IN_THE_END,
                     .because = "each InvalidTimestamp corrects it anew"}),
        BOTH_IMAGES("jumps back after the answer was lost", {.options = {RULE("#1=execute;drop")},
                                                             .meanwhile = jumps_back_while_watching,
                                                             IN_THE_END,
                                                             .because = "REBUILDING is proof"}),
        BOTH_IMAGES("jumps back, and the replacement is lost four times",
                    {.options = {RULE("#1-4=drop")},
                     .meanwhile = jumps_back_while_watching,
                     IN_THE_END,
                     .because = "the same token, within its bound by all clocks"}),
        BOTH_IMAGES("jumps ahead, and the replacement is lost four times",
                    {.options = {RULE("#1-4=drop")},
                     .meanwhile = jumps_ahead_while_watching,
                     IN_THE_END,
                     .because = "the look before corrects it, so the bound is not over"}),
    };

    variant_begin_process();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
