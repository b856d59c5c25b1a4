/*
 * Somebody else starts, stops or deletes the instance while a job is at it.
 */
#include "tests/support/variant.h"

#define RULE(text) "--rule", "ReplaceSystemVolume" text

/* Once, when the job is at that step and has seen that status. */
static int once(struct machine *machine, const rv_progress *progress, rv_step step,
                rv_instance_status status, const char *deed)
{
    static int is_done;

    if (machine->calls[CALL_PROGRESS] == 1) {
        is_done = 0;
    }
    if (!is_done && progress->step == step && progress->instance->status == status) {
        is_done = 1;
        control_tell(&machine->control, "%s %s", deed, machine->replace.instance_id);
    }
    return RV_OK;
}

static int starts_before_the_replacement(struct machine *machine, const rv_progress *progress)
{
    return once(machine, progress, RV_STEP_REPLACE, RV_INSTANCE_STOPPED, "start");
}

static int starts_while_unknown(struct machine *machine, const rv_progress *progress)
{
    return once(machine, progress, RV_STEP_WATCH, RV_INSTANCE_STOPPED, "start");
}

static int stops_during_the_check(struct machine *machine, const rv_progress *progress)
{
    return once(machine, progress, RV_STEP_CHECK, RV_INSTANCE_RUNNING, "stop");
}

static int stops_when_it_runs_again(struct machine *machine, const rv_progress *progress)
{
    return once(machine, progress, RV_STEP_WATCH, RV_INSTANCE_RUNNING, "stop");
}

static int deletes_during_the_check(struct machine *machine, const rv_progress *progress)
{
    return once(machine, progress, RV_STEP_CHECK, RV_INSTANCE_RUNNING, "delete");
}

static int deletes_while_stopping(struct machine *machine, const rv_progress *progress)
{
    return once(machine, progress, RV_STEP_STOP, RV_INSTANCE_STOPPING, "delete");
}

static int deletes_before_the_replacement(struct machine *machine, const rv_progress *progress)
{
    return once(machine, progress, RV_STEP_REPLACE, RV_INSTANCE_STOPPED, "delete");
}

static int deletes_while_rebuilding(struct machine *machine, const rv_progress *progress)
{
    return once(machine, progress, RV_STEP_WATCH, RV_INSTANCE_REBUILDING, "delete");
}

static int deletes_while_unknown(struct machine *machine, const rv_progress *progress)
{
    return once(machine, progress, RV_STEP_WATCH, RV_INSTANCE_STOPPED, "delete");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH_IMAGES("somebody starts it between the stop and the replacement",
                    {.meanwhile = starts_before_the_replacement,
                     DONE,
                     .stops = 2,
                     .because = "it may be stopped, so it is stopped once more"}),
        BOTH_IMAGES("somebody starts it after the replacement was lost on its way",
                    {.options = {RULE("#1-4=drop")},
                     .meanwhile = starts_while_unknown,
                     .outcome = RV_JOB_UNKNOWN,
                     .status = RV_ERR_BOUND,
                     .replacements = 0,
                     .ends = "RUNNING",
                     .stops = 1,
                     .because = "RUNNING is only a hint, as long as no answer has come"}),
        BOTH_IMAGES("somebody stops it during the check",
                    {.meanwhile = stops_during_the_check,
                     DONE,
                     .stops = -1,
                     .because = "STOPPED is what was wanted"}),
        BOTH_IMAGES("somebody stops it when it runs again",
                    {.meanwhile = stops_when_it_runs_again,
                     DONE,
                     .stops = 1,
                     .starts = -1,
                     .because = "it has been replaced, and ends as it was asked for"}),
        BOTH_IMAGES("somebody deletes it during the check",
                    {.meanwhile = deletes_during_the_check,
                     .outcome = RV_JOB_NOT_SENT,
                     .status = RV_ERR_INSTANCE_STATUS,
                     .stops = -1,
                     .because = "there is nothing left to replace"}),
        BOTH_IMAGES("somebody deletes it while it stops",
                    {.meanwhile = deletes_while_stopping,
                     .outcome = RV_JOB_NOT_SENT,
                     .status = RV_ERR_INSTANCE_STATUS,
                     .stops = 1,
                     .because = "there is nothing left to replace"}),
        BOTH_IMAGES("somebody deletes it between the stop and the replacement",
                    {.meanwhile = deletes_before_the_replacement,
                     .outcome = RV_JOB_NOT_SENT,
                     .status = RV_ERR_INSTANCE_STATUS,
                     .stops = 1,
                     .because = "there is nothing left to replace"}),
        BOTH_IMAGES("somebody deletes it while it is replaced",
                    {.meanwhile = deletes_while_rebuilding,
                     .outcome = RV_JOB_ENDED_BADLY,
                     .status = RV_ERR_ENDED_BADLY,
                     .replacements = 1,
                     .stops = 1,
                     .because = "accepted, and then deleted"}),
        BOTH_IMAGES("somebody deletes it after the replacement was lost on its way",
                    {.options = {RULE("#1-4=drop")},
                     .meanwhile = deletes_while_unknown,
                     .outcome = RV_JOB_UNKNOWN,
                     .status = RV_ERR_TIMEOUT,
                     .replacements = 0,
                     .stops = 1,
                     .because = "nobody can tell any more"}),
    };

    variant_begin_process();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
