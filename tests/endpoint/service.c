#include "service.h"

#include <stdio.h>
#include <string.h>

struct action {
    const char *name;
    const char *service;
    const char *parameters; /* those it takes; .N stands for a numbered one */
    action_handler *handler;
};

static const char version[] = "2020-04-01";

static const struct action actions[] = {
    {"ReplaceSystemVolume", "ecs",
     "InstanceId ImageId Password KeyPairName ClientToken KeepImageCredential DryRun "
     "ImageReleaseVersion Size UserData",
     replace_system_volume},
    {"StopInstance", "ecs", "InstanceId StoppedMode ForceStop ClientToken DryRun", stop_instance},
    {"StartInstance", "ecs", "InstanceId ClientToken DryRun", start_instance},
    {"DescribeInstances", "ecs", "InstanceIds.N MaxResults NextToken", describe_instances},
    {"DescribeImages", "ecs", "ImageIds.N MaxResults NextToken", describe_images},
    {"DescribeKeyPairs", "ecs", "KeyPairNames.N MaxResults NextToken", describe_key_pairs},
    {"GetConsoleOutput", "ecs", "InstanceId", get_console_output},
    {"DescribeVolumes", "storage_ebs", "InstanceId Kind PageNumber PageSize", describe_volumes},
    {"DescribeSnapshots", "storage_ebs", "VolumeId PageNumber PageSize", describe_snapshots},
};

enum { ACTION_COUNT = sizeof actions / sizeof actions[0] };

const char *parameter_text(const struct call *call, const char *key)
{
    const char *value = find_parameter(&call->parameters, key);

    return value != NULL ? value : "";
}

bool check_boolean(const struct call *call, const char *key, bool *value, struct refusal *refusal)
{
    const char *text = parameter_text(call, key);

    *value = strcmp(text, "true") == 0;
    if (text[0] != '\0' && !*value && strcmp(text, "false") != 0)
        return refuse(refusal, "InvalidArgument", "%s is neither true nor false", key);
    return true;
}

bool check_client_token(const struct call *call, struct refusal *refusal)
{
    const char *token = parameter_text(call, "ClientToken");
    size_t i;

    if (strlen(token) > 64)
        return refuse(refusal, "InvalidClientToken.Malformed", "ClientToken has %zu characters",
                      strlen(token));
    for (i = 0; token[i] != '\0'; i++) {
        if ((unsigned char)token[i] < 0x20 || (unsigned char)token[i] > 0x7e)
            return refuse(refusal, "InvalidClientToken.Malformed",
                          "ClientToken has a character that is not printable ASCII");
    }
    return true;
}

struct instance *check_instance(const struct service *service, const struct call *call,
                                struct refusal *refusal)
{
    const char *id = parameter_text(call, "InstanceId");
    struct instance *instance = cloud_find_instance(service->cloud, id);

    if (id[0] == '\0')
        refuse(refusal, "MissingParameter.InstanceId", "InstanceId is absent or empty");
    else if (instance == NULL)
        refuse(refusal, "InvalidInstance.NotFound", "the fixture has no such instance");
    return instance;
}

static const struct action *find_action(const struct call *call)
{
    size_t i;

    for (i = 0; i < ACTION_COUNT; i++) {
        if (strcmp(actions[i].name, call->action) == 0 &&
            strcmp(actions[i].service, call->service) == 0)
            return &actions[i];
    }
    return NULL;
}

/* Turns InstanceIds.7 into InstanceIds.N. */
static void generalize(const char *key, char *out, size_t size)
{
    size_t stem = strlen(key);

    while (stem > 0 && key[stem - 1] >= '0' && key[stem - 1] <= '9')
        stem--;
    if (stem > 0 && key[stem] != '\0' && key[stem] != '0' && key[stem - 1] == '.')
        snprintf(out, size, "%.*sN", (int)stem, key);
    else
        snprintf(out, size, "%s", key);
}

static bool check_known(const struct service *service, const struct action *action,
                        const struct call *call, struct refusal *refusal)
{
    const struct strings *allowed = &service->options->allowed_parameters;
    size_t i, j;

    for (i = 0; i < call->parameters.count; i++) {
        char key[128];
        bool known;

        generalize(call->parameters.items[i].key, key, sizeof key);
        known = list_has("Action Version", ' ', key) || list_has(action->parameters, ' ', key);
        for (j = 0; j < allowed->count && !known; j++)
            known = strcmp(allowed->items[j], call->parameters.items[i].key) == 0;
        if (!known)
            return refuse(refusal, "InvalidArgument", "%s takes no parameter %.60s", action->name,
                          key);
    }
    return true;
}

void service_call(struct service *service, const struct call *call, struct reply *reply)
{
    const struct action *action = find_action(call);

    if (action == NULL || strcmp(call->version, version) != 0) {
        refuse(&reply->refusal, "InvalidActionOrVersion", "%s has no action %.60s of this version",
               call->service, call->action);
        return;
    }
    if (check_known(service, action, call, &reply->refusal))
        action->handler(service, call, reply);
}

void reply_free(struct reply *reply)
{
    text_free(&reply->result);
}
