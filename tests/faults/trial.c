#define _POSIX_C_SOURCE 200809L
#include "trial.h"

#include "heap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLS_MAX    3
#define VARIES_BYTES 16 /* signatures in a handshake are not always of the same length */

/* Time stands still in all of them, so the certificate has to be good for all that time that passes
 * in many thousand jobs. */
#define ALWAYS "--stopped-clock", "--certificate-not-after-s", "999999999", "--delay-ms", "800"

/* What leaves no trace: the same image and volume, no REBUILDING, UpdatedAt stays. */
#define NO_TRACE "--rebuilding-seen", "no", "--new-volume-id", "no", "--updated-at-moves-on", "stop"

const struct service services[] = {
    {"keeps connections, knows its tokens first, ends RUNNING; the same image again",
     "image-debian12",
     4,
     1,
     0,
     RV_JOB_DONE,
     {ALWAYS, "--check-order", "token-first", "--new-volume-id", "no", NULL}},
    {"closes connections, looks at the status first, ends STOPPED; another image; DryRun comes first",
     "image-ubuntu2204",
     4,
     1,
     1,
     RV_JOB_DONE,
     {ALWAYS, "--check-order", "status-first", "--close-after-answer", "--stopped-after-accept-ms",
      "500", "--end-state", "stopped", NULL}},
    {"replacement leaves no trace, and would be done again under another token",
     "image-debian12",
     1,
     4,
     0,
     RV_JOB_DONE,
     {ALWAYS, NO_TRACE, "--check-order", "token-first", "--replace-running", "yes", NULL}},
    {"replacement leaves no trace, and is refused when it is asked for again",
     "image-debian12",
     1,
     4,
     0,
     RV_JOB_DONE,
     {ALWAYS, NO_TRACE, "--check-order", "status-first", NULL}},
    {"does not know DryRun, and replaces where only that is asked; another image",
     "image-ubuntu2204",
     1,
     4,
     1,
     RV_JOB_ENDED_BADLY,
     {ALWAYS, "--dry-run-ignored", "--check-order", "status-first", NULL}},
};
const int service_count = sizeof services / sizeof services[0];

uint64_t trial_random(const struct trial *trial, uint64_t position, uint64_t n)
{
    uint64_t z = trial->seed + position * UINT64_C(0x9E3779B97F4A7C15) +
                 n * UINT64_C(0xD1B54A32D192ED03);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* --- one trial -------------------------------------------------------------------------------- */

static void reset_endpoint(struct trial *trial)
{
    control_tell(&trial->machine.control, "no-rules");
    control_tell(&trial->machine.control, "reset %s", trial->machine.replace.instance_id);
}

/* Each trial of a seed goes the same way, until its fault comes: so the positions are the same too.
 */
static void begin(struct trial *trial)
{
    reset_endpoint(trial);
    machine_begin(&trial->machine, trial_random(trial, 0, 0));
}

/* Where a full handshake, which is most of a trial's time, changes nothing. */
static void begin_with_session(struct trial *trial)
{
    machine_begin_with_session(&trial->machine, trial_random(trial, 0, 0));
    reset_endpoint(trial);
}

static void judge(struct trial *trial, const rv_job_report *report, int is_hung,
                  struct finding *finding)
{
    struct books books;

    machine_end(&trial->machine, &books);
    finding->outcome = report->outcome;
    finding->status = report->status;
    finding->untruth = is_hung                      ? "it did not end"
                       : report->status == RV_AGAIN ? "it has ended, but says that it runs"
                                                    : machine_untruth(report, &books);
    finding->verdict = is_hung                    ? VERDICT_HUNG
                       : books.replacements > 1   ? VERDICT_TWICE
                       : finding->untruth != NULL ? VERDICT_WRONG
                                                  : VERDICT_TRUE;
}

static void run_to_the_end(struct trial *trial, struct finding *finding)
{
    (void)machine_run_job(&trial->machine);
    judge(trial, rv_job_report_of(&trial->machine.job), trial->machine.is_hung, finding);
}

/* --- the network, at each byte of the TLS stream ---------------------------------------------- */

static uint64_t stream_positions(const struct reference *reference)
{
    return reference->bytes[SENT] + reference->bytes[RECEIVED] + 2 * VARIES_BYTES;
}

static uint64_t handshake_positions(const struct reference *reference)
{
    return reference->handshake_bytes[SENT] + reference->handshake_bytes[RECEIVED];
}

static uint64_t sent_positions(const struct reference *reference)
{
    return reference->bytes[SENT] + VARIES_BYTES;
}

/* First all of what is sent, then all of what is received. */
static void break_at(struct trial *trial, enum breakage breakage, uint64_t position, uint64_t sent)
{
    struct fault *fault = &trial->machine.fault;

    fault->breakage = breakage;
    fault->direction = position < sent ? SENT : RECEIVED;
    fault->at = position < sent ? position : position - sent;
    fault->late_ms = (uint32_t)(trial_random(trial, position, 1) % 1000000);
}

static void run_broken_handshake(struct trial *trial, const struct kind *kind, uint64_t position,
                                 struct finding *finding)
{
    begin(trial);
    break_at(trial, (enum breakage)kind->number, position, trial->reference.handshake_bytes[SENT]);
    run_to_the_end(trial, finding);
    finding->was_reached = trial->machine.has_broken;
}

static void run_broken_stream(struct trial *trial, const struct kind *kind, uint64_t position,
                              struct finding *finding)
{
    begin_with_session(trial);
    break_at(trial, (enum breakage)kind->number, position, sent_positions(&trial->reference));
    run_to_the_end(trial, finding);
    finding->was_reached = trial->machine.has_broken;
}

/* --- the endpoint, at each byte of its requests and answers ----------------------------------- */

static uint64_t request_positions(const struct reference *reference)
{
    uint64_t positions = 0;
    int i;

    for (i = 0; i < reference->exchange_count; i++) {
        positions += reference->exchanges[i].request_bytes + 1;
    }
    return positions;
}

static uint64_t answer_positions(const struct reference *reference)
{
    uint64_t positions = 0;
    int i;

    for (i = 0; i < reference->exchange_count; i++) {
        positions += reference->exchanges[i].answer_bytes + 1;
    }
    return positions;
}

static void run_rule(struct trial *trial, const struct kind *kind, uint64_t position,
                     struct finding *finding)
{
    int is_request = strncmp(kind->text, "cut-request", 11) == 0;
    uint64_t at = position;
    int i = 0;

    for (;; i++) {
        const struct exchange *exchange = &trial->reference.exchanges[i];
        uint64_t len = is_request ? exchange->request_bytes : exchange->answer_bytes;

        if (at <= len) {
            break;
        }
        at -= len + 1;
    }
    begin_with_session(trial);
    control_tell(&trial->machine.control, "rule *#%d=%s:%llu%s", i + 1, kind->text,
                 (unsigned long long)at, kind->number ? ";no-close-notify" : "");
    run_to_the_end(trial, finding);
    finding->was_reached = 1;
}

/* --- callbacks -------------------------------------------------------------------------------- */

static uint64_t callback_positions(const struct reference *reference)
{
    uint64_t positions = 0;
    int i;

    for (i = 0; i < CALLBACK_COUNT; i++) {
        positions += reference->calls[i];
    }
    return positions;
}

static void run_failing_callback(struct trial *trial, const struct kind *kind, uint64_t position,
                                 struct finding *finding)
{
    static const int values[CALLBACK_COUNT] = {RV_ERR_CONNECT, RV_ERR_NETWORK,  RV_ERR_NETWORK,
                                               RV_ERR_NETWORK, RV_ERR_CLOCK,    RV_ERR_RANDOM,
                                               RV_ERR_STORE,   RV_ERR_CANCELLED};
    uint64_t at = position;
    int callback = 0;

    while (at >= trial->reference.calls[callback]) {
        at -= trial->reference.calls[callback++];
    }
    begin(trial);
    trial->machine.failure.callback = (enum callback)callback;
    trial->machine.failure.at = at + 1;
    trial->machine.failure.and_later = kind->number;
    trial->machine.failure.value = values[callback];
    run_to_the_end(trial, finding);
    finding->was_reached = trial->machine.has_failed;
}

/* --- memory ----------------------------------------------------------------------------------- */

static uint64_t allocation_positions(const struct reference *reference)
{
    return reference->allocations;
}

static void run_without_memory(struct trial *trial, const struct kind *kind, uint64_t position,
                               struct finding *finding)
{
    begin(trial);
    heap_watch(position + 1, kind->number);
    (void)machine_run_job(&trial->machine);
    (void)heap_look_away();
    finding->was_reached = heap_has_failed();
    judge(trial, rv_job_report_of(&trial->machine.job), trial->machine.is_hung, finding);
}

/* --- the process ------------------------------------------------------------------------------ */

static uint64_t moment_positions(const struct reference *reference)
{
    return reference->moments;
}

/* Into a file, whole or not at all; the program may be killed at any time meanwhile. */
static int store_in_file(struct machine *machine, const uint8_t *record, size_t len)
{
    const struct trial *trial = machine->ctx;
    FILE *file = fopen(trial->new_record_file, "wb");

    machine_moment(machine);
    if (file == NULL || fwrite(record, 1, len, file) != len || fclose(file) != 0) {
        return RV_ERR_STORE;
    }
    machine_moment(machine);
    if (rename(trial->new_record_file, trial->record_file) != 0) {
        return RV_ERR_STORE;
    }
    machine_moment(machine);
    return RV_OK;
}

static size_t read_record(const struct trial *trial, uint8_t record[RV_RECORD_MAX])
{
    FILE *file = fopen(trial->record_file, "rb");
    size_t len = 0;

    if (file != NULL) {
        len = fread(record, 1, RV_RECORD_MAX, file);
        fclose(file);
    }
    return len;
}

/* What the process that got to the end says, told to the one that waits for it. */
struct last_words {
    rv_job_report report;
    int is_hung;
};

/* What happens to one start of the program. */
struct fate {
    uint64_t seed;
    uint64_t kill_at; /* a moment; 0: none */
    struct fault fault;
};

/* It goes on where a record says, or begins. */
static void run_process(struct trial *trial, const struct fate *fate, int words)
{
    struct machine *machine = &trial->machine;
    static struct last_words last_words;
    uint8_t record[RV_RECORD_MAX];
    size_t len = read_record(trial, record);

    control_open(&machine->control, endpoint_control_socket(trial->endpoint));
    machine_begin(machine, fate->seed);
    machine->on_store = store_in_file;
    machine->ctx = trial;
    machine->kill_at = fate->kill_at;
    machine->fault = fate->fault;
    (void)(len > 0 ? machine_resume_job(machine, record, len) : machine_run_job(machine));
    last_words.report = *rv_job_report_of(&machine->job);
    last_words.is_hung = machine->is_hung;
    _exit(write(words, &last_words, sizeof last_words) == sizeof last_words ? 0 : 1);
}

/* 1: it ended by itself, and these are its last words; 0: it was killed as planned; -1: crashed. */
static int start_process(struct trial *trial, const struct fate *fate,
                         struct last_words *last_words)
{
    int words[2];
    int status = 0;
    ssize_t got;
    pid_t child;

    if (pipe(words) != 0 || (child = fork()) < 0) {
        perror("faults");
        exit(2);
    }
    if (child == 0) {
        run_process(trial, fate, words[1]);
    }
    close(words[1]);
    got = read(words[0], last_words, sizeof *last_words);
    close(words[0]);
    (void)waitpid(child, &status, 0);
    if (got == sizeof *last_words) {
        return 1;
    }
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 0 : -1;
}

/* Between a crash and the next start time passes, often none. */
static void stay_away(struct trial *trial, uint64_t number)
{
    static const uint32_t seconds[] = {0, 0, 0, 1, 30, 600, 1000, 7200};
    struct control *control = &trial->machine.control;
    uint64_t until_ms;

    control_time(control, 0);
    until_ms = control->now_ms + seconds[number % 8] * UINT64_C(1000);
    while (control->now_ms < until_ms) {
        control_time(control, until_ms);
    }
}

/* One start after the other, until one ends by itself; the last one is not killed. */
static void run_processes(struct trial *trial, const struct fate *fates, int count,
                          uint64_t position, struct finding *finding)
{
    struct last_words last_words;
    int ended = 0;
    int start;

    (void)remove(trial->record_file);
    for (start = 0; ended == 0 && start < count; start++) {
        if (start > 0) {
            stay_away(trial, trial_random(trial, position, 20 + (uint64_t)start));
        }
        ended = start_process(trial, &fates[start], &last_words);
    }
    finding->was_reached = start > 1;
    if (ended == 1) {
        judge(trial, &last_words.report, last_words.is_hung, finding);
        return;
    }
    finding->verdict = VERDICT_WRONG;
    finding->untruth = "the process crashed";
}

static void run_killed(struct trial *trial, const struct kind *kind, uint64_t position,
                       struct finding *finding)
{
    struct fate fates[KILLS_MAX + 1];
    uint64_t i;

    memset(fates, 0, sizeof fates);
    for (i = 0; i <= KILLS_MAX; i++) {
        fates[i].seed = trial_random(trial, position, 30 + i);
        fates[i].kill_at = 1 + trial_random(trial, position, 10 + i) % trial->reference.moments;
    }
    if (kind->number == 1) {
        fates[0].kill_at = position + 1;
    }
    fates[kind->number].kill_at = 0;
    begin(trial);
    run_processes(trial, fates, kind->number + 1, position, finding);
}

/* --- several things at once ------------------------------------------------------------------- */

#define CHAOS_POSITIONS 2000
#define RULES_MAX       6

/* What a service does, and those that stand before it, without lying about its effect. */
static const char *const mischief[] = {
    "drop",
    "execute;drop",
    "status:503",
    "execute;status:500",
    "html:502",
    "execute;garbage",
    "execute;empty",
    "error:FlowLimitExceeded;retry-after:7",
    "execute;error:InternalError",
    "execute;error200:InternalServiceTimeout",
    "error:InvalidInstanceStatus",
    "error:OperationDenied.ResourceLocked",
    "error:InvalidTimestamp",
    "delay-ms:20000",
    "delay-ms:4000",
    "no-date",
    "date-offset-s:2000",
    "date-offset-s:-2000",
    "close",
    "close;no-close-notify",
    "shut-write",
    "chunked;trickle-ms:20",
};
#define MISCHIEF_COUNT (sizeof mischief / sizeof mischief[0])

static uint64_t chaos_positions(const struct reference *reference)
{
    (void)reference;
    return CHAOS_POSITIONS;
}

static void make_rules(struct trial *trial, uint64_t position)
{
    uint64_t count = trial_random(trial, position, 40) % (RULES_MAX + 1);
    uint64_t i;

    for (i = 0; i < count; i++) {
        uint64_t r = trial_random(trial, position, 41 + i);

        control_tell(&trial->machine.control, "rule %s#%d=%s",
                     (r >> 8) % 3 == 0 ? "ReplaceSystemVolume" : "*",
                     1 + (int)((r >> 16) % ((r >> 8) % 3 == 0 ? 5 : 20)),
                     mischief[(r >> 32) % MISCHIEF_COUNT]);
    }
}

static void make_fate(struct trial *trial, uint64_t position, uint64_t number, struct fate *fate)
{
    const struct reference *reference = &trial->reference;
    uint64_t r = trial_random(trial, position, 50 + number);
    struct fault *fault = &fate->fault;

    memset(fate, 0, sizeof *fate);
    fate->seed = trial_random(trial, position, 60 + number);
    fault->breakage = (enum breakage)(r % BREAKAGE_COUNT);
    fault->direction = fault->breakage == NETWORK_DELAYS || (r >> 8) % 2 == 0 ? SENT : RECEIVED;
    fault->at = (r >> 16) % reference->bytes[fault->direction];
    fault->again = (r >> 40) % 4 == 0 ? 400 + (r >> 44) % 8000 : 0;
    fault->late_ms = (uint32_t)(trial_random(trial, position, 70 + number) % 1000000);
    fate->kill_at = 1 + trial_random(trial, position, 80 + number) % reference->moments;
}

/* The service, the network and the machine, each with some trouble of its own. */
static void run_chaos(struct trial *trial, const struct kind *kind, uint64_t position,
                      struct finding *finding)
{
    int kills = (int)(trial_random(trial, position, 90) % 3);
    struct fate fates[3];
    int i;

    (void)kind;
    for (i = 0; i <= kills; i++) {
        make_fate(trial, position, (uint64_t)i, &fates[i]);
    }
    fates[kills].kill_at = 0;
    begin(trial);
    make_rules(trial, position);
    run_processes(trial, fates, kills + 1, position, finding);
    finding->was_reached = 1;
}

/* --- all kinds ------------------------------------------------------------------------------ */

const struct kind kinds[] = {
    {"stream-cut", "TLS stream cut", stream_positions, run_broken_stream, NETWORK_CUTS, ""},
    {"stream-reset", "TLS stream reset", stream_positions, run_broken_stream, NETWORK_RESETS, ""},
    {"stream-stall", "TLS stream stalled", stream_positions, run_broken_stream, NETWORK_STALLS, ""},
    {"stream-half", "TLS stream half-closed", stream_positions, run_broken_stream,
     NETWORK_HALF_CLOSES, ""},
    {"handshake-cut", "full handshake cut", handshake_positions, run_broken_handshake, NETWORK_CUTS,
     ""},
    {"handshake-reset", "full handshake reset", handshake_positions, run_broken_handshake,
     NETWORK_RESETS, ""},
    {"handshake-stall", "full handshake stalled", handshake_positions, run_broken_handshake,
     NETWORK_STALLS, ""},
    {"handshake-half", "full handshake half-closed", handshake_positions, run_broken_handshake,
     NETWORK_HALF_CLOSES, ""},
    {"stream-late", "TLS stream delivered late", sent_positions, run_broken_stream, NETWORK_DELAYS,
     ""},
    {"request-cut", "request cut, with close_notify", request_positions, run_rule, 0,
     "cut-request"},
    {"request-cut-raw", "request cut, without", request_positions, run_rule, 1, "cut-request"},
    {"answer-cut", "answer cut, without close_notify", answer_positions, run_rule, 0, "cut-answer"},
    {"answer-cut-notify", "answer cut, with", answer_positions, run_rule, 0, "cut-answer-notify"},
    {"answer-reset", "answer reset", answer_positions, run_rule, 0, "reset-answer"},
    {"answer-stall", "answer stalled", answer_positions, run_rule, 0, "stall-answer"},
    {"killed", "killed, resumed", moment_positions, run_killed, 1, ""},
    {"killed-often", "killed up to three times", moment_positions, run_killed, KILLS_MAX, ""},
    {"callback", "callback fails once", callback_positions, run_failing_callback, 0, ""},
    {"callback-all", "callback fails from then on", callback_positions, run_failing_callback, 1,
     ""},
    {"memory", "allocation fails once", allocation_positions, run_without_memory, 0, ""},
    {"memory-all", "allocations fail from then on", allocation_positions, run_without_memory, 1,
     ""},
    {"chaos", "several things at once", chaos_positions, run_chaos, 0, ""},
};
const int kind_count = sizeof kinds / sizeof kinds[0];

/* --- the endpoint, and the job that nothing happens to ---------------------------------------- */

static void read_exchanges(struct trial *trial)
{
    struct reference *reference = &trial->reference;
    const char *line = endpoint_journal(trial->endpoint);
    unsigned long long request, answer;

    while ((line = strstr(line, "\"request_bytes\":")) != NULL) {
        if (sscanf(line, "\"request_bytes\":%llu,\"answer_bytes\":%llu", &request, &answer) == 2 &&
            reference->exchange_count < EXCHANGES_MAX) {
            reference->exchanges[reference->exchange_count].request_bytes = request;
            reference->exchanges[reference->exchange_count++].answer_bytes = answer;
        }
        line++;
    }
}

static const char *run_reference(struct trial *trial)
{
    struct reference *reference = &trial->reference;
    struct machine *machine = &trial->machine;
    struct finding finding;

    begin(trial);
    heap_watch(0, 0);
    (void)machine_run_job(machine);
    reference->allocations = heap_look_away();
    memcpy(reference->calls, machine->calls, sizeof reference->calls);
    reference->moments = machine->moments + 3 * machine->calls[CALL_STORE];
    judge(trial, rv_job_report_of(&machine->job), machine->is_hung, &finding);
    read_exchanges(trial);
    memcpy(reference->handshake_bytes, machine->handshake_bytes, sizeof machine->handshake_bytes);
    if (finding.outcome == trial->service->ends && finding.verdict == VERDICT_TRUE) {
        begin_with_session(trial);
        run_to_the_end(trial, &finding);
        memcpy(reference->bytes, machine->bytes, sizeof reference->bytes);
    }
    if (finding.outcome != trial->service->ends || finding.verdict != VERDICT_TRUE) {
        return finding.untruth != NULL ? finding.untruth : rv_status_text(finding.status);
    }
    return NULL;
}

static struct endpoint *start_endpoint(const struct service *service, int has_journal)
{
    const char *arguments[24];
    int count = 0;

    while (service->options[count] != NULL) {
        arguments[count] = service->options[count];
        count++;
    }
    if (!has_journal) {
        arguments[count++] = "--journal";
        arguments[count++] = "/dev/null";
    }
    arguments[count] = NULL;
    return endpoint_start(arguments);
}

static void attach(struct trial *trial, const struct service *service, int has_journal)
{
    trial->service = service;
    trial->endpoint = start_endpoint(service, has_journal);
    machine_open(&trial->machine, trial->endpoint);
    trial->machine.replace.image_id = service->image_id;
    trial->machine.config.attempts_max = service->attempts_max;
    trial->machine.job_config.check_image = 1;
    trial->machine.job_config.check_dry_run = service->asks_dry_run;
    snprintf(trial->record_file, sizeof trial->record_file, "%s/record",
             endpoint_folder(trial->endpoint));
    snprintf(trial->new_record_file, sizeof trial->new_record_file, "%s.new", trial->record_file);
}

const char *trial_open(struct trial *trial, const struct service *service, int has_journal)
{
    const char *why;

    memset(&trial->reference, 0, sizeof trial->reference);
    attach(trial, service, 1);
    why = run_reference(trial);
    trial_close(trial);
    attach(trial, service, has_journal);
    return why;
}

void trial_close(struct trial *trial)
{
    machine_close(&trial->machine);
    endpoint_stop(trial->endpoint);
}
