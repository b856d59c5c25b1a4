/*
 * A job against each way in which the service may behave where nobody outside knows it, with a new
 * image and with the same one again.
 */
#include "tests/support/variant.h"

#define RULE(text)         "--rule", text
#define REPLACE_RULE(text) RULE("ReplaceSystemVolume" text)

/* Once stopped by the job, it is started again, or left. */
#define REFUSED_AND_RESTARTED                                                                  \
    .outcome = RV_JOB_REFUSED, .status = RV_ERR_SERVICE, .replacements = 0, .ends = "RUNNING", \
    .stops = 1, .starts = 1

static void leave_stopped(struct machine *machine)
{
    machine->job_config.leave_stopped = 1;
}

static void only_check(struct machine *machine)
{
    machine->replace.instance_id = STOPPED_INSTANCE;
    machine->replace.dry_run = RV_TRUE;
}

static void ask_dry_run_first(struct machine *machine)
{
    machine->replace.instance_id = STOPPED_INSTANCE;
    machine->job_config.check_dry_run = 1;
}

/* --- throttling and invisibility, for a while --------------------------------------------------
 */

/* From the step on, for so long: one rule, then none. */
static int for_a_while(struct machine *machine, const rv_progress *progress, rv_step step,
                       const char *begin, const char *end, uint32_t ms)
{
    static uint32_t began_ms;

    if (machine->calls[CALL_PROGRESS] == 1) {
        began_ms = 0;
    }
    if (began_ms == 0 && progress->step == step) {
        began_ms = progress->elapsed_ms + 1;
        control_tell(&machine->control, "%s", begin);
    } else if (began_ms != 0 && progress->elapsed_ms >= began_ms + ms) {
        control_tell(&machine->control, "%s", end);
    }
    return RV_OK;
}

static int throttle_the_stop(struct machine *machine, const rv_progress *progress)
{
    return for_a_while(machine, progress, RV_STEP_STOP, "rule *=error:FlowLimitExceeded",
                       "no-rules", 60000);
}

static int throttle_the_replacement(struct machine *machine, const rv_progress *progress)
{
    return for_a_while(machine, progress, RV_STEP_REPLACE,
                       "rule ReplaceSystemVolume=error:FlowLimitExceeded", "no-rules", 60000);
}

static int throttle_the_watch(struct machine *machine, const rv_progress *progress)
{
    return for_a_while(machine, progress, RV_STEP_WATCH, "rule *=error:FlowLimitExceeded",
                       "no-rules", 60000);
}

static int hide_after_acceptance(struct machine *machine, const rv_progress *progress)
{
    return for_a_while(machine, progress, RV_STEP_WATCH, "hide " RUNNING_INSTANCE,
                       "show " RUNNING_INSTANCE, 30000);
}

static int hide_while_stopping(struct machine *machine, const rv_progress *progress)
{
    return for_a_while(machine, progress, RV_STEP_STOP, "hide " RUNNING_INSTANCE,
                       "show " RUNNING_INSTANCE, 30000);
}

static int tag_all_the_time(struct machine *machine, const rv_progress *progress)
{
    (void)progress;
    control_tell(&machine->control, "touch %s", machine->replace.instance_id);
    return RV_OK;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH_IMAGES("nothing unusual", {DONE, .stops = 1, .because = "everything is answered"}),

        /* answers that are lost or wrong */
        BOTH_IMAGES("answer lost, token looked at first",
                    {.options = {"--check-order", "token-first", REPLACE_RULE("#1=execute;drop")},
                     DONE,
                     .stops = 1,
                     .because = "the same token is answered from memory"}),
        BOTH_IMAGES("answer lost, status looked at first",
                    {.options = {"--check-order", "status-first", REPLACE_RULE("#1=execute;drop")},
                     DONE,
                     .stops = 1,
                     .because = "a refusal on a retry proves nothing, REBUILDING does"}),
        VARIANT("answer lost, status looked at first, no trace, a new image", NEW_IMAGE,
                {.options = {"--check-order", "status-first", NO_TRACE,
                             REPLACE_RULE("#1=execute;drop")},
                 DONE,
                 .stops = 1,
                 .because = "the image was another, and now is the wanted one"}),
        VARIANT("answer lost, status looked at first, no trace, the same image", SAME_IMAGE,
                {.options = {"--check-order", "status-first", NO_TRACE,
                             REPLACE_RULE("#1=execute;drop")},
                 .outcome = RV_JOB_UNKNOWN,
                 .status = RV_ERR_BOUND,
                 .replacements = 1,
                 .ends = "RUNNING",
                 .stops = 1,
                 .because = "somebody else may have started it, and nothing else has changed"}),
        VARIANT("answer lost, RUNNING at once, a new image", NEW_IMAGE,
                {.options = {NO_TRACE, "--replacement-shows", "RUNNING",
                             REPLACE_RULE("#1=execute;drop")},
                 DONE,
                 .stops = 1,
                 .because = "the image is another one"}),
        VARIANT("answer lost, RUNNING at once, the same image", SAME_IMAGE,
                {.options = {NO_TRACE, "--replacement-shows", "RUNNING",
                             REPLACE_RULE("#1=execute;drop")},
                 .outcome = RV_JOB_UNKNOWN,
                 .status = RV_ERR_BOUND,
                 .replacements = 1,
                 .ends = "RUNNING",
                 .stops = 1,
                 .because = "a service may forget a token once it is done, so hints are not "
                            "followed by another request"}),
        VARIANT("answer lost, token forgotten once it is done, a new image", NEW_IMAGE,
                {.options = {"--delay-ms", "10", "--new-volume-id", "no",
                             "--old-token-answers-from-memory", "no", "--end-state", "stopped",
                             REPLACE_RULE("#1=execute;drop")},
                 .outcome = RV_JOB_UNFINISHED,
                 .status = RV_ERR_TIMEOUT,
                 .replacements = 1,
                 .ends = "STOPPED",
                 .stops = 1,
                 .because = "it is not asked for again where something has moved, and a changed "
                            "image is not enough to start it"}),
        BOTH_IMAGES("500 after executing", {.options = {REPLACE_RULE("#1=execute;status:500")},
                                            DONE,
                                            .stops = 1,
                                            .because = "500 says nothing, the same token does"}),
        BOTH_IMAGES(
            "502 four times after executing once",
            {.options = {REPLACE_RULE("#1=execute;status:502"), REPLACE_RULE("#2-4=status:502")},
             DONE,
             .stops = 1,
             .because = "REBUILDING is proof without any answer"}),
        BOTH_IMAGES("InternalError after executing",
                    {.options = {REPLACE_RULE("#1=execute;error:InternalError")},
                     DONE,
                     .stops = 1,
                     .because = "InternalError says nothing"}),
        BOTH_IMAGES("InternalError under a 200, executed",
                    {.options = {REPLACE_RULE("#1=execute;error200:InternalError")},
                     DONE,
                     .stops = 1,
                     .because = "an Error counts, whatever the status"}),
        BOTH_IMAGES("refusal under a 200",
                    {.options = {REPLACE_RULE("=error200:InvalidImage.NotFound")},
                     REFUSED_AND_RESTARTED,
                     .because = "an Error counts, whatever the status"}),
        BOTH_IMAGES("accepted with garbage", {.options = {REPLACE_RULE("#1=execute;garbage")},
                                              DONE,
                                              .stops = 1,
                                              .because = "no JSON is no answer"}),
        BOTH_IMAGES("nothing is executed, and nothing is said",
                    {.options = {REPLACE_RULE("=drop")},
                     .outcome = RV_JOB_UNKNOWN,
                     .status = RV_ERR_NO_SIGN,
                     .replacements = 0,
                     .ends = "STOPPED",
                     .stops = 1,
                     .because = "it cannot be told from a lost answer, so it is never started"}),
        BOTH_IMAGES("the first four are lost on their way",
                    {.options = {REPLACE_RULE("#1-4=drop")},
                     DONE,
                     .stops = 1,
                     .because = "the same token within its bound"}),

        /* tokens */
        BOTH_IMAGES("IdempotentProcessing, then 2xx",
                    {.options = {"--processing-ms", "12000", REPLACE_RULE("#1=execute;drop")},
                     DONE,
                     .stops = 1,
                     .because = "it is being processed, so watch; the token tells"}),
        BOTH_IMAGES("IdempotentProcessing, then a refusal",
                    {.options = {"--processing-ms", "5000", "--processing-ends",
                                 "InvalidImage.NotFound", REPLACE_RULE("#1=execute;drop")},
                     .outcome = RV_JOB_UNKNOWN,
                     .status = RV_ERR_NO_SIGN,
                     .replacements = 0,
                     .ends = "STOPPED",
                     .stops = 1,
                     .because = "a refusal on a retry is no word about the first request"}),
        BOTH_IMAGES("a token answered from memory, though nothing happens",
                    {.options = {REPLACE_RULE("#1=status:500"), REPLACE_RULE("#2=pretend")},
                     .outcome = RV_JOB_UNFINISHED,
                     .status = RV_ERR_TIMEOUT,
                     .replacements = 0,
                     .ends = "STOPPED",
                     .service_lies = 1,
                     .stops = 1,
                     .because = "accepted by the service's word, but nothing was seen: not done"}),
        BOTH_IMAGES(
            "tokens are forgotten when their operation has ended",
            {.options = {"--old-token-answers-from-memory", "no", REPLACE_RULE("#1=execute;drop")},
             DONE,
             .stops = 1,
             .because = "REBUILDING is seen before that"}),

        /* refusals */
        BOTH_IMAGES("refusal after the stop",
                    {.options = {REPLACE_RULE("=error:InvalidImage.NotFound")},
                     REFUSED_AND_RESTARTED,
                     .because = "the disk is as it was, and it ran before"}),
        BOTH_IMAGES("refusal after the stop, to be left stopped",
                    {.options = {REPLACE_RULE("=error:InvalidImage.NotFound")},
                     .prepare = leave_stopped,
                     .outcome = RV_JOB_REFUSED,
                     .status = RV_ERR_SERVICE,
                     .replacements = 0,
                     .ends = "STOPPED",
                     .stops = 1,
                     .because = "the caller wants it so"}),
        BOTH_IMAGES("a refusal on a retry",
                    {.options = {REPLACE_RULE("#1=execute;drop"),
                                 REPLACE_RULE("#2-9=error:IdempotentParameterMismatch")},
                     DONE,
                     .stops = 1,
                     .because = "look before anything is said"}),
        BOTH_IMAGES("DryRun is ignored", {.options = {"--dry-run-ignored"},
                                          .prepare = only_check,
                                          .outcome = RV_JOB_ENDED_BADLY,
                                          .status = RV_ERR_DRY_RUN_IGNORED,
                                          .replacements = 1,
                                          .starts = -1,
                                          .because = "accepted against the wish, and said so"}),
        BOTH_IMAGES("DryRun is ignored when the job asks it first",
                    {.options = {"--dry-run-ignored"},
                     .prepare = ask_dry_run_first,
                     .outcome = RV_JOB_ENDED_BADLY,
                     .status = RV_ERR_DRY_RUN_IGNORED,
                     .replacements = 1,
                     .starts = -1,
                     .because = "that was the replacement; a second one would be one too many"}),

        BOTH_IMAGES("DryRun is ignored when the job asks it first, and all answers to it are lost",
                    {.options = {"--dry-run-ignored", REPLACE_RULE("#1-99=execute;drop")},
                     .prepare = ask_dry_run_first,
                     .outcome = RV_JOB_ENDED_BADLY,
                     .status = RV_ERR_DRY_RUN_IGNORED,
                     .replacements = 1,
                     .starts = -1,
                     .because = "the looks prove it, and nothing is sent under another token"}),
        BOTH_IMAGES("the answer to DryRun is lost",
                    {.options = {REPLACE_RULE("#1=execute;drop")},
                     .prepare = ask_dry_run_first,
                     DONE,
                     .because = "the same token is asked again, and passes"}),

        /* throttling */
        BOTH_IMAGES("throttled for a minute at the stop",
                    {.meanwhile = throttle_the_stop,
                     DONE,
                     .stops = 1,
                     .because = "throttling passes, within the job's time"}),
        BOTH_IMAGES("throttled for a minute at the replacement",
                    {.meanwhile = throttle_the_replacement,
                     DONE,
                     .stops = 1,
                     .because = "what is throttled was not executed"}),
        BOTH_IMAGES("throttled for a minute while watching",
                    {.meanwhile = throttle_the_watch,
                     DONE,
                     .stops = 1,
                     .because = "a look that fails says nothing"}),

        /* what DescribeInstances shows */
        BOTH_IMAGES("status flapping",
                    {.options = {"--replacement-shows",
                                 "STOPPED:1500,REBUILDING:3000,RUNNING:500,STOPPED:1200,"
                                 "RUNNING:300,REBUILDING:2500,STARTING:2500,RUNNING"},
                     DONE,
                     .stops = 1,
                     .starts = -1,
                     .because = "twice the same, after proof"}),
        BOTH_IMAGES("describe lags behind by 8 s",
                    {.options = {"--describe-lag-ms", "8000"},
                     DONE,
                     .stops = -1,
                     .starts = -1,
                     .because = "what is older than what was seen says nothing"}),
        BOTH_IMAGES("every second describe lags behind by 8 s",
                    {.options = {"--describe-lag-ms", "8000", "--describe-lag-every", "2"},
                     DONE,
                     .stops = -1,
                     .starts = -1,
                     .because = "what is older than what was seen says nothing"}),
        BOTH_IMAGES("STOPPED for 20 s after accepting",
                    {.options = {"--stopped-after-accept-ms", "20000"},
                     DONE,
                     .stops = 1,
                     .because = "STOPPED right after acceptance is not the end"}),
        BOTH_IMAGES("REBUILDING is never seen", {.options = {"--rebuilding-seen", "no"},
                                                 DONE,
                                                 .stops = 1,
                                                 .because = "the system volume is another"}),
        BOTH_IMAGES("no trace at all",
                    {.options = {NO_TRACE},
                     DONE,
                     .stops = 1,
                     .because = "RUNNING from STOPPED without our start, after a 2xx"}),
        BOTH_IMAGES("RUNNING at once after the 200",
                    {.options = {NO_TRACE, "--replacement-shows", "RUNNING"},
                     DONE,
                     .stops = 1,
                     .because = "RUNNING from STOPPED without our start, after a 2xx"}),
        VARIANT("the image never changes, the same image", SAME_IMAGE,
                {.options = {"--image-id-changes", "never"},
                 DONE,
                 .stops = 1,
                 .because = "it is the wanted one anyway"}),
        VARIANT("the image never changes, a new image", NEW_IMAGE,
                {.options = {"--image-id-changes", "never"},
                 .outcome = RV_JOB_UNFINISHED,
                 .status = RV_ERR_TIMEOUT,
                 .replacements = 1,
                 .ends = "RUNNING",
                 .stops = 1,
                 .because = "another image than the wanted one is not final"}),
        BOTH_IMAGES("the image changes at submit",
                    {.options = {"--image-id-changes", "at-submit"},
                     DONE,
                     .stops = 1,
                     .because = "that is proof for a new image, and not the end"}),
        BOTH_IMAGES("the volume changes at submit", {.options = {"--new-volume-id", "at-submit"},
                                                     DONE,
                                                     .stops = 1,
                                                     .because = "that is proof, and not the end"}),
        BOTH_IMAGES("describe is empty for 30 s after acceptance",
                    {.meanwhile = hide_after_acceptance,
                     DONE,
                     .stops = 1,
                     .because = "what is not visible is not gone"}),
        BOTH_IMAGES("describe is empty for 30 s while stopping",
                    {.meanwhile = hide_while_stopping,
                     DONE,
                     .stops = 1,
                     .because = "what is not visible is not gone"}),
        BOTH_IMAGES("UpdatedAt moves on stop, start and tags",
                    {.options = {"--updated-at-moves-on", "stop,start"},
                     .meanwhile = tag_all_the_time,
                     DONE,
                     .stops = 1,
                     .because = "it is a hint only"}),
        BOTH_IMAGES("UpdatedAt moves, and nothing is executed",
                    {.options = {REPLACE_RULE("=status:503")},
                     .meanwhile = tag_all_the_time,
                     .outcome = RV_JOB_UNKNOWN,
                     .status = RV_ERR_BOUND,
                     .replacements = 0,
                     .ends = "STOPPED",
                     .stops = 1,
                     .because = "a hint is not proof, and with a hint absence is not claimed"}),

        /* how it ends */
        BOTH_IMAGES("ends STOPPED",
                    {.options = {"--end-state", "stopped"},
                     DONE,
                     .stops = 1,
                     .starts = 1,
                     .because = "REBUILDING was seen and it is over, so it is started"}),
        BOTH_IMAGES("ends STOPPED, to be left so", {.options = {"--end-state", "stopped"},
                                                    .prepare = leave_stopped,
                                                    .outcome = RV_JOB_DONE,
                                                    .status = RV_OK,
                                                    .replacements = 1,
                                                    .ends = "STOPPED",
                                                    .stops = 1,
                                                    .because = "the caller wants it so"}),
        BOTH_IMAGES("ends STOPPED, and is then started by the service",
                    {.options = {"--stopped-after-rebuild-ms", "900"},
                     DONE,
                     .stops = 1,
                     .starts = -1,
                     .because = "RUNNING, whoever started it"}),
        BOTH_IMAGES("ends STOPPED without a trace",
                    {.options = {NO_TRACE, "--end-state", "stopped"},
                     .outcome = RV_JOB_UNFINISHED,
                     .status = RV_ERR_TIMEOUT,
                     .replacements = 1,
                     .ends = "STOPPED",
                     .stops = 1,
                     .because = "a start in the middle of it could do harm; a changed image may "
                                "have come at submit"}),
        BOTH_IMAGES("ends with ERROR", {.options = {"--end-state", "error"},
                                        .outcome = RV_JOB_ENDED_BADLY,
                                        .status = RV_ERR_ENDED_BADLY,
                                        .replacements = 1,
                                        .ends = "ERROR",
                                        .stops = 1,
                                        .because = "accepted, and then ERROR"}),
    };

    variant_begin_process();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
