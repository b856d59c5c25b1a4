/*
 * replace-volume - replaces the system volume of one instance: see --help
 */
#define _POSIX_C_SOURCE 200809L
#include "conclude.h"
#include "console.h"
#include "fleet.h"
#include "pick.h"
#include "signals.h"
#include "tool.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

static struct tool tool; /* too large for a small stack */

/* A descriptor that is closed would be given to the next file that is opened, or to the connection,
 * and the result would be written there. */
static void fill_standard_descriptors(void)
{
    int descriptor;

    do {
        descriptor = open("/dev/null", O_RDWR);
    } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    if (descriptor > STDERR_FILENO) {
        (void)close(descriptor);
    }
}

/* Secrets are not to be found in a core file, nor by another process of the same user. */
static void keep_memory_private(void)
{
    struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
#if defined(__linux__)
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

static int run_what_is_asked(void)
{
    if (options_are_several(&tool.options)) {
        return tool.options.mode == MODE_FORGET ? fleet_forget(&tool) : fleet_run(&tool);
    }
    switch (tool.options.mode) {
    case MODE_CALL:
        return call_run(&tool);
    case MODE_RESUME:
        return resume_run(&tool);
    case MODE_FORGET:
        return forget_run(&tool);
    case MODE_LIST:
        return list_run(&tool);
    default:
        return job_run(&tool);
    }
}

static int run(void)
{
    int status = pick_instance(&tool);

    if (status == 0) {
        status = run_what_is_asked();
    }
    session_close(&tool.session);
    settings_wipe(&tool.settings);
    secrets_wipe(&tool.secrets);
    return status;
}

int main(int argc, char **argv)
{
    struct report *report = &tool.report;
    int status;

    fill_standard_descriptors();
    keep_memory_private();
    signals_ignore_pipe();
    report_init(report);
    status = options_read(&tool.options, argc, argv, report);
    console_init(tool.options.quiet, tool.options.verbose);
    if (status == 0 && tool.options.help) {
        help_print();
    } else if (status == 0 && tool.options.version) {
        (void)puts("replace-volume " RV_VERSION);
    } else {
        if (status == 0) {
            status = signals_catch() == 0
                         ? run()
                         : report_fault(report, EXIT_NOT_SENT, "%s", strerror(errno));
        }
        if (!tool.is_concluded) {
            conclude(report, &tool.options);
        }
    }
    report_free(report);
    options_free(&tool.options);
    fleet_list_free(&tool.list);
    return status;
}
