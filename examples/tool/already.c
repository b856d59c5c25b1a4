#define _POSIX_C_SOURCE 200809L
#include "already.h"

#include "explain.h"
#include <string.h>

struct look {
    struct asker asker;
    rv_instance_reader reader;
    const char *instance_id;
    rv_instance instance;
};

static void take_instance(void *ctx, const rv_instance *instance)
{
    struct look *look = ctx;

    if (strcmp(instance->instance_id, look->instance_id) == 0) {
        look->instance = *instance;
    }
}

/* What an answer before has said, which was cut, does not count. */
static int read_object(void *ctx, int is_element, const rv_json *object)
{
    struct look *look = ctx;

    if (ask_is_new_answer(&look->asker)) {
        memset(&look->instance, 0, sizeof look->instance);
    }
    return rv_instance_read(&look->reader, is_element, object);
}

static int ask_instance(struct look *look, struct tool *tool)
{
    const rv_name_value parameters[] = {{"InstanceIds.1", tool->options.instance_id}};
    rv_request request;

    memset(look, 0, sizeof *look);
    session_asker(&tool->session, &look->asker);
    look->instance_id = tool->options.instance_id;
    look->reader.call = look->asker.call;
    look->reader.found = take_instance;
    look->reader.ctx = look;
    memset(&request, 0, sizeof request);
    request.service = "ecs";
    request.action = "DescribeInstances";
    request.parameters = parameters;
    request.parameter_count = 1;
    request.wanted = RV_INSTANCE_WANTED;
    request.on_object = read_object;
    request.on_object_ctx = look;
    return ask(&look->asker, &request);
}

int already_look(struct tool *tool, int *is_already)
{
    struct look look;
    rv_result result;

    *is_already = 0;
    if (ask_instance(&look, tool) != RV_OK) {
        result = ask_result(&look.asker);
        explain_call(&tool->report, &tool->options, &tool->settings, &tool->session.posix,
                     look.asker.action, &result);
        return tool->report.exit_status;
    }
    *is_already = look.instance.status == RV_INSTANCE_RUNNING &&
                  strcmp(look.instance.image_id, tool->options.image_id) == 0;
    return 0;
}
