/*
 * --forget: removes a record, and does nothing else.
 */
#include "confirm.h"
#include "console.h"
#include "job_record.h"

static int forget(struct tool *tool, struct job_record *record)
{
    int status;

    tool->options.instance_id = record->found.instance_id;
    tool->report.instance_id = record->found.instance_id;
    (void)console_say(
        CONSOLE_ALWAYS,
        "The record %s is about a replacement of %s by the image %s, which is not known "
        "to be over.",
        record->file.path, record->found.instance_id, job_record_option(record, "--image-id"));
    (void)console_say(CONSOLE_ALWAYS,
                      "Without it nothing keeps another run from replacing the volume "
                      "a second time.");
    status = confirm_id(tool, "Type the instance id to have it forgotten: ");
    if (status == 0) {
        job_record_remove(record);
        tool->report.outcome = "forgotten";
        (void)report_fault(&tool->report, EXIT_DONE, "forgotten");
    }
    return status;
}

int forget_run(struct tool *tool)
{
    static struct job_record record;
    int status = confirm_is_possible(&tool->options, &tool->report);

    if (status == 0) {
        status = job_record_find(&record, tool);
    }
    if (status == 0) {
        status = forget(tool, &record);
    }
    job_record_close(&record);
    return status;
}
