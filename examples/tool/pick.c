#include "pick.h"

int pick_instance(struct tool *tool)
{
    struct options *options = &tool->options;
    int status;

    if (options->instance_index == NOT_GIVEN) {
        return 0;
    }
    status = fleet_list_read(&tool->list, NULL, 0, options->instances_file, &tool->report);
    if (status != 0) {
        return status;
    }
    if (options->instance_index >= tool->list.count) {
        return report_fault(&tool->report, EXIT_USAGE,
                            "--instance-index is %lu, but --instances-file %s names %lu instances, "
                            "and the first one is 0",
                            (unsigned long)options->instance_index, options->instances_file,
                            (unsigned long)tool->list.count);
    }
    options->instance_id = tool->list.ids[options->instance_index];
    tool->report.instance_id = options->instance_id;
    return 0;
}
