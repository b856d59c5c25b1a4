#define _POSIX_C_SOURCE 200809L
#include "progress.h"

#include "console.h"
#include <stdio.h>

void duration_text(uint64_t seconds, char text[DURATION_TEXT_SIZE])
{
    if (seconds < 60) {
        (void)snprintf(text, DURATION_TEXT_SIZE, "%u s", (unsigned)seconds);
    } else if (seconds < 3600) {
        (void)snprintf(text, DURATION_TEXT_SIZE, "%u min %u s", (unsigned)(seconds / 60),
                       (unsigned)(seconds % 60));
    } else {
        (void)snprintf(text, DURATION_TEXT_SIZE, "%lu h %u min", (unsigned long)(seconds / 3600),
                       (unsigned)(seconds % 3600 / 60));
    }
}

static const char *words_for(rv_step step)
{
    switch (step) {
    case RV_STEP_CHECK:
        return "checking";
    case RV_STEP_STOP:
        return "stopping";
    case RV_STEP_REPLACE:
        return "replacing";
    case RV_STEP_WATCH:
        return "watching";
    case RV_STEP_START:
        return "starting";
    default:
        return "starting again, since it was stopped for nothing";
    }
}

static const char *words_about(rv_instance_status status)
{
    const char *name = rv_instance_status_name(status);

    if (name[0] != '\0') {
        return name;
    }
    return status == RV_INSTANCE_OTHER ? "in a status that is not known here" : "not seen yet";
}

/* What goes on between two looks, in a few words; "": nothing that is worth them. */
#define DETAIL_SIZE 48
static void detail_text(const struct progress *progress, uint64_t since_ms, char text[DETAIL_SIZE])
{
    text[0] = '\0';
    if (progress->last.attempt > 1) {
        (void)snprintf(text, DETAIL_SIZE, ", attempt %u", (unsigned)progress->last.attempt);
    } else if (progress->last.next_look_ms > since_ms) {
        (void)snprintf(text, DETAIL_SIZE, ", next look in %u s",
                       (unsigned)((progress->last.next_look_ms - since_ms + 999) / 1000));
    }
}

void progress_tick(const struct progress *progress, uint64_t now_ms)
{
    uint64_t since_ms = now_ms > progress->at_ms ? now_ms - progress->at_ms : 0;
    char elapsed[DURATION_TEXT_SIZE];
    char detail[DETAIL_SIZE];

    if (!progress->any || !console_is_live()) {
        return;
    }
    duration_text((progress->last.elapsed_ms + since_ms) / 1000, elapsed);
    detail_text(progress, since_ms, detail);
    console_live("%s: %s, %s%s", words_for(progress->last.step), words_about(progress->status),
                 elapsed, detail);
}

void progress_note(struct progress *progress, const rv_progress *now, uint64_t now_ms)
{
    int is_change = !progress->any || progress->last.step != now->step ||
                    progress->status != now->instance->status;
    char elapsed[DURATION_TEXT_SIZE];

    progress->last = *now;
    progress->last.instance = NULL; /* valid during the callback only */
    progress->status = now->instance->status;
    progress->at_ms = now_ms;
    progress->any = 1;
    if (console_is_live()) {
        progress_tick(progress, now_ms);
    } else if (is_change) {
        duration_text(now->elapsed_ms / 1000, elapsed);
        (void)console_say(CONSOLE_PROGRESS, "%s: %s, %s", words_for(now->step),
                          words_about(progress->status), elapsed);
    }
}
