/* StopInstance, StartInstance and GetConsoleOutput. */
#include "moment.h"
#include "service.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static bool check_power(const struct instance *instance, enum status wanted,
                        struct refusal *refusal)
{
    if (instance->created_by[0] != '\0')
        return refuse(refusal, "OperationDenied.ResourceCreatedByOtherService",
                      "the instance belongs to %.60s", instance->created_by);
    if (instance->now.status != wanted)
        return refuse(refusal, "InvalidInstanceStatus", "the instance is %s",
                      status_name(instance->now.status));
    if (instance->locked || instance->replacing)
        return refuse(refusal, "OperationDenied.ResourceLocked", "%s",
                      instance->locked ? "the instance is locked" : "a replacement has begun");
    return true;
}

/* What StopInstance and StartInstance have in common: the instance to work on, or NULL when the
 * call is answered already. */
static struct instance *admit_power_call(struct service *service, const struct call *call,
                                         enum status wanted, struct refusal *refusal)
{
    bool token_first = service->options->check_order == CHECK_TOKEN_FIRST;
    struct instance *instance;
    bool dry_run;

    if (!check_boolean(call, "DryRun", &dry_run, refusal) || !check_client_token(call, refusal))
        return NULL;
    if (token_first && tokens_look_up(service->tokens, call, refusal) != TOKEN_NEW)
        return NULL;
    instance = check_instance(service, call, refusal);
    if (instance == NULL || !check_power(instance, wanted, refusal))
        return NULL;
    if (!token_first && tokens_look_up(service->tokens, call, refusal) != TOKEN_NEW)
        return NULL;
    if (dry_run && !service->options->dry_run_ignored) {
        refuse(refusal, "DryRunOperation", "all checks passed");
        return NULL;
    }
    return instance;
}

void stop_instance(struct service *service, const struct call *call, struct reply *reply)
{
    const char *mode = parameter_text(call, "StoppedMode");
    struct instance *instance;
    bool force;

    if (mode[0] != '\0' && strcmp(mode, "KeepCharging") != 0 && strcmp(mode, "StopCharging") != 0) {
        refuse(&reply->refusal, "InvalidArgument", "StoppedMode is not KeepCharging, StopCharging");
        return;
    }
    if (!check_boolean(call, "ForceStop", &force, &reply->refusal))
        return;
    instance = admit_power_call(service, call, STATUS_RUNNING, &reply->refusal);
    if (instance == NULL)
        return;
    tokens_remember(service->tokens, call, instance, 0, NULL);
    cloud_stop(service->cloud, instance, strcmp(mode, "StopCharging") == 0,
               parameter_text(call, "ClientToken"));
}

void start_instance(struct service *service, const struct call *call, struct reply *reply)
{
    struct instance *instance = admit_power_call(service, call, STATUS_STOPPED, &reply->refusal);

    if (instance == NULL)
        return;
    if (instance->expired) {
        refuse(&reply->refusal, "InvalidInstance.Expired", "the instance has expired");
        return;
    }
    tokens_remember(service->tokens, call, instance, 0, NULL);
    cloud_start(service->cloud, instance, parameter_text(call, "ClientToken"));
}

static void console_text(const struct instance *instance, struct text *out)
{
    text_printf(out, "[    0.000000] %s\r\n", instance->now.image->os_name);
    text_printf(out, "cloud-init: instance %s, image %s, replaced %lld times\r\n", instance->id,
                instance->now.image->id, (long long)instance->replaced);
    text_printf(out, "ssh-ed25519 host key SHA256:endpoint-%s\r\n", instance->now.volume_id);
    text_printf(out, "%s login: ", instance->host_name);
}

void get_console_output(struct service *service, const struct call *call, struct reply *reply)
{
    const struct instance *instance = check_instance(service, call, &reply->refusal);
    struct text console = {0};
    char *base64, at[ISO_TIME_SIZE];

    if (instance == NULL)
        return;
    if (instance->now.status != STATUS_RUNNING ||
        strcmp(instance->now.image->os_type, "Windows") == 0) {
        refuse(&reply->refusal, "InvalidInstanceStatus", "only a RUNNING Linux has a console");
        return;
    }
    console_text(instance, &console);
    base64 = allocate(console.len / 3 * 4 + 5);
    EVP_EncodeBlock((unsigned char *)base64, (const unsigned char *)console.bytes,
                    (int)console.len);
    format_iso_time(service_utc_s(service->options), at);
    text_puts(&reply->result, "{\"Output\":");
    text_json(&reply->result, base64);
    text_puts(&reply->result, ",\"LastUpdateAt\":");
    text_json(&reply->result, at);
    text_puts(&reply->result, "}");
    free(base64);
    text_free(&console);
}
