/* ReplaceSystemVolume: all its rules, in the order in which they are checked. */
#include "moment.h"
#include "service.h"

#include <stdio.h>
#include <string.h>

/* A call while it is being checked. */
struct replacement {
    struct service *service;
    const struct call *call;
    struct refusal *refusal;
    bool keep_credential;
    bool dry_run;
    struct instance *instance;
    const struct image *image;
    struct order order;
};

static bool has(const struct replacement *r, const char *key)
{
    return parameter_text(r->call, key)[0] != '\0';
}

static bool check_required(struct replacement *r)
{
    if (!has(r, "InstanceId"))
        return refuse(r->refusal, "MissingParameter.InstanceId", "InstanceId is absent or empty");
    if (!has(r, "ImageId"))
        return refuse(r->refusal, "MissingParameter.ImageId", "ImageId is absent or empty");
    return check_boolean(r->call, "KeepImageCredential", &r->keep_credential, r->refusal) &&
           check_boolean(r->call, "DryRun", &r->dry_run, r->refusal);
}

/* Exactly one way to log in afterwards. With both given the key pair wins. */
static bool check_credential(struct replacement *r)
{
    if (r->keep_credential && has(r, "Password"))
        return refuse(r->refusal, "InvalidPassword.KeepImageCredentialMismatch",
                      "KeepImageCredential=true together with Password");
    if (r->keep_credential && has(r, "KeyPairName"))
        return refuse(r->refusal, "InvalidKeyPairName.KeepImageCredentialMismatch",
                      "KeepImageCredential=true together with KeyPairName");
    if (!r->keep_credential && !has(r, "Password") && !has(r, "KeyPairName"))
        return refuse(r->refusal, "MissingParameter.PasswordAndKeyPair",
                      "neither Password nor KeyPairName");
    return true;
}

/* Which of the four classes a password's character belongs to, as a bit; 0: none. */
static unsigned character_class(char c)
{
    if (c >= 'a' && c <= 'z')
        return 1;
    if (c >= 'A' && c <= 'Z')
        return 2;
    if (c >= '0' && c <= '9')
        return 4;
    return c != '\0' && strchr("`~!@#$%^&*()_-+=|{}[]:;'<>,.?/", c) != NULL ? 8 : 0;
}

static bool check_password(struct replacement *r)
{
    const char *password = parameter_text(r->call, "Password");
    size_t len = strlen(password);
    unsigned seen = 0, count = 0;
    size_t i;

    if (len == 0)
        return true;
    for (i = 0; i < len; i++) {
        unsigned class = character_class(password[i]);

        if (class == 0)
            return refuse(r->refusal, "InvalidPassword.Malformed", "a character is not allowed");
        seen |= class;
    }
    for (; seen != 0; seen >>= 1)
        count += seen & 1;
    if (len < 8 || len > 30)
        return refuse(r->refusal, "InvalidPassword.Malformed", "its length is not 8 to 30");
    if (count < 3)
        return refuse(r->refusal, "InvalidPassword.Malformed", "less than three classes");
    if (password[0] == '/' || strncmp(password, "$6$", 3) == 0)
        return refuse(r->refusal, "InvalidPassword.Malformed", "it starts with / or $6$");
    return true;
}

/* Standard base64 with its padding (RFC 4648 section 4). */
static bool is_base64(const char *text)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(text);
    size_t digits = strspn(text, alphabet);

    return len % 4 == 0 && len - digits <= 2 && strspn(text + digits, "=") == len - digits;
}

static bool check_form(struct replacement *r)
{
    int64_t size = 0;

    if (has(r, "Size") && (!parse_decimal(parameter_text(r->call, "Size"), &size) || size == 0))
        return refuse(r->refusal, "InvalidArgument", "Size is no positive number of GiB");
    if (!is_base64(parameter_text(r->call, "UserData")))
        return refuse(r->refusal, "InvalidArgument", "UserData is not base64");
    r->order.size_gib = size;
    return check_password(r);
}

static bool check_instance_state(struct replacement *r)
{
    const struct instance *instance = r->instance;
    enum status status = instance->now.status;
    bool ready = status == STATUS_STOPPED ||
                 (status == STATUS_RUNNING && r->service->options->replace_running == 1);

    if (instance->created_by[0] != '\0')
        return refuse(r->refusal, "OperationDenied.ResourceCreatedByOtherService",
                      "the instance belongs to %.60s", instance->created_by);
    if (instance->expired)
        return refuse(r->refusal, "InvalidInstance.Expired", "the instance has expired");
    if (instance->creating_image)
        return refuse(r->refusal, "OperationDenied.InstanceIsCreatingImage",
                      "an image of the instance is being made");
    if (!ready)
        return refuse(r->refusal, "InvalidInstanceStatus", "the instance is %s",
                      status_name(status));
    if (instance->locked || instance->replacing)
        return refuse(r->refusal, "OperationDenied.ResourceLocked", "%s",
                      instance->locked ? "the instance is locked" : "a replacement has begun");
    return true;
}

static bool check_volume(struct replacement *r)
{
    if (strcmp(r->instance->volume_status, "attached") != 0)
        return refuse(r->refusal, "InvalidVolumeStatus", "the system volume is %.60s",
                      r->instance->volume_status);
    if (r->instance->volume_type[0] == '\0')
        return refuse(r->refusal, "MissingParameter.VolumeType",
                      "the system volume has no type on record");
    return true;
}

static bool check_release(struct replacement *r)
{
    const char *release = parameter_text(r->call, "ImageReleaseVersion");

    if (release[0] == '\0')
        return true;
    if (strcmp(r->image->visibility, "public") != 0)
        return refuse(r->refusal, "InvalidArgument", "only public images have release versions");
    if (!list_has(r->image->releases, ',', release))
        return refuse(r->refusal, "InvalidArgument", "the image has no such release version");
    return true;
}

static bool check_image(struct replacement *r)
{
    const struct image *image = cloud_find_image(r->service->cloud,
                                                 parameter_text(r->call, "ImageId"));

    if (image == NULL)
        return refuse(r->refusal, "InvalidImage.NotFound", "the fixture has no such image");
    r->image = image;
    r->order.image = image;
    if (strcmp(image->status, "available") != 0)
        return refuse(r->refusal, "InvalidImage.NotFound", "the image is %.60s", image->status);
    if (r->keep_credential && (strcmp(image->visibility, "public") == 0 || !image->has_credential))
        return refuse(r->refusal, "InvalidImageId.KeepImageCredentialMismatch",
                      "the image is public or has no credential of its own");
    if (image->instance_types[0] != '\0' &&
        !list_has(image->instance_types, ',', r->instance->type))
        return refuse(r->refusal, "InvalidImage.InstanceTypeMismatch",
                      "the image does not run on %.60s", r->instance->type);
    if (image->volume_types[0] != '\0' &&
        !list_has(image->volume_types, ',', r->instance->volume_type))
        return refuse(r->refusal, "InvalidVolumeType.ImageMismatch",
                      "the image cannot be put on %.60s", r->instance->volume_type);
    return check_release(r);
}

static bool check_key_pair(struct replacement *r)
{
    const char *name = parameter_text(r->call, "KeyPairName");

    if (name[0] == '\0')
        return true;
    if (strcmp(r->image->os_type, "Windows") == 0)
        return refuse(r->refusal, "InvalidKeyPairForWindows.Unsupported",
                      "the image is a Windows one");
    if (cloud_find_key_pair(r->service->cloud, name) == NULL)
        return refuse(r->refusal, "InvalidKeyPair.NotFound", "the fixture has no such key pair");
    snprintf(r->order.key_pair, sizeof r->order.key_pair, "%s", name);
    return true;
}

/* Windows keeps the first 15 characters of a host name, which then must be a name that it can have:
 * letters, digits and '-', and not digits alone. */
static bool check_host_name(struct replacement *r)
{
    char name[16];

    snprintf(name, sizeof name, "%s", r->instance->host_name);
    if (strcmp(r->image->os_type, "Windows") != 0)
        return true;
    if (strspn(name, "0123456789") == strlen(name) || strchr(name, '.') != NULL ||
        strchr(name, '_') != NULL)
        return refuse(r->refusal, "InvalidImage.HostnameMismatch",
                      "Windows cannot have this host name");
    return true;
}

static bool check_size(struct replacement *r)
{
    int64_t limit = r->service->options->system_volume_limit_gib;

    if (r->order.size_gib > limit)
        return refuse(r->refusal, "LimitExceeded.SystemVolumeSize", "Size is above %lld GiB",
                      (long long)limit);
    if (r->order.size_gib == 0)
        r->order.size_gib = r->instance->now.volume_size_gib;
    if (r->order.size_gib < r->image->size_gib)
        return refuse(r->refusal, "InvalidVolumeSize.ImageSizeMismatch", "the image needs %lld GiB",
                      (long long)r->image->size_gib);
    if (r->image->unreadable)
        return refuse(r->refusal, "InternalError", "the image cannot be read");
    return true;
}

static bool check_everything(struct replacement *r)
{
    r->instance = check_instance(r->service, r->call, r->refusal);
    return r->instance != NULL && check_instance_state(r) && check_volume(r) && check_image(r) &&
           check_key_pair(r) && check_host_name(r) && check_size(r);
}

static void execute(struct replacement *r, struct reply *reply)
{
    const struct options *options = r->service->options;
    const struct service_error *ended = find_error(options->processing_ends);
    uint64_t processed_ms = monotonic_ms() + (uint64_t)options->processing_ms;

    reply->delay_ms = (uint64_t)options->processing_ms;
    tokens_remember(r->service->tokens, r->call, r->instance, processed_ms, ended);
    if (ended != NULL) {
        refuse(r->refusal, options->processing_ends, "see --processing-ends");
        return;
    }
    r->order.password_set = has(r, "Password");
    snprintf(r->order.client_token, sizeof r->order.client_token, "%s",
             parameter_text(r->call, "ClientToken"));
    cloud_replace(r->service->cloud, r->instance, &r->order);
}

static void pass_dry_run(struct replacement *r)
{
    if (r->service->options->dry_run_uses_token == YES)
        tokens_remember(r->service->tokens, r->call, NULL, 0, NULL);
    refuse(r->refusal, "DryRunOperation", "all checks passed");
}

void replace_system_volume(struct service *service, const struct call *call, struct reply *reply)
{
    struct replacement r = {.service = service, .call = call, .refusal = &reply->refusal};
    bool token_first = service->options->check_order == CHECK_TOKEN_FIRST;

    if (!check_required(&r) || !check_client_token(call, &reply->refusal) ||
        !check_credential(&r) || !check_form(&r))
        return;
    if (token_first && tokens_look_up(service->tokens, call, &reply->refusal) != TOKEN_NEW)
        return;
    if (!check_everything(&r))
        return;
    if (!token_first && tokens_look_up(service->tokens, call, &reply->refusal) != TOKEN_NEW)
        return;
    if (r.dry_run && !service->options->dry_run_ignored)
        pass_dry_run(&r);
    else
        execute(&r, reply);
}
