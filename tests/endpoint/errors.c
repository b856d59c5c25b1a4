#include "errors.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct service_error errors[] = {
    /* The error table of the ReplaceSystemVolume document, in its order. */
    {"MissingParameter.InstanceId", 400, 0,
     "The required parameter InstanceId is not supplied.",
     "InstanceId absent or empty"},
    {"MissingParameter.PasswordAndKeyPair", 400, 0,
     "The required parameter PasswordAndKeyPair is not supplied.",
     "neither Password nor KeyPairName, and KeepImageCredential is not true"},
    {"InvalidInstanceStatus", 400, 0,
     "The status of the specified instance does not support this request.",
     "the instance is not STOPPED (i-demo0running0000001)"},
    {"MissingParameter.ImageId", 400, 0,
     "The required parameter ImageId is not supplied.",
     "ImageId absent or empty"},
    {"InvalidKeyPairForWindows.Unsupported", 400, 0,
     "The OSType of this specified instance is Windows, which does not support key pairs.",
     "KeyPairName together with a Windows image (image-windows2022)"},
    {"InvalidPassword.Malformed", 400, 0,
     "The specified password is malformed.",
     "a Password that breaks the documented rules"},
    {"InvalidClientToken.Malformed", 400, 0,
     "The specified ClientToken is malformed.",
     "a ClientToken of more than 64 characters or with a non-ASCII one"},
    {"IdempotentParameterMismatch", 400, 0,
     "The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless the requests are identical.",
     "a ClientToken again, with any other parameter changed"},
    {"InvalidArgument", 400, 0,
     "The specified argument is invalid.",
     "an unknown parameter, a boolean that is neither true nor false, a Size that is no number, UserData that is not base64, an unknown ImageReleaseVersion"},
    {"InvalidVolumeStatus", 400, 0,
     "The status of the specified volume does not support this request.",
     "the system volume is not attached (i-volume0detaching001)"},
    {"MissingParameter.VolumeType", 400, 0,
     "The required parameter VolumeType is not supplied.",
     "the system volume has no type on record (i-volume0untyped00001)"},
    {"LimitExceeded.SystemVolumeSize", 400, 0,
     "The specified system volume size exceeds the limit.",
     "Size above --system-volume-limit-gib"},
    {"InvalidImage.NotFound", 404, 0,
     "The specified image does not exist.",
     "an ImageId that is not in the fixture"},
    {"InvalidKeyPair.NotFound", 404, 0,
     "The specified KeyPair does not exist.",
     "a KeyPairName that is not in the fixture"},
    {"InvalidInstance.NotFound", 404, 0,
     "The specified instance does not exist.",
     "an InstanceId that is not in the fixture"},
    {"InvalidInstance.Expired", 412, 0,
     "The specified instance has expired.",
     "an instance that is not paid for any more (i-expired00000000001)"},
    {"IdempotentProcessing", 412, 0,
     "The request uses the same client token as a previous one that is still in process.",
     "a ClientToken again within --processing-ms"},
    {"InvalidImage.InstanceTypeMismatch", 412, 0,
     "The specified image and instance type do not match.",
     "an image that names other instance types (image-gpu-only)"},
    {"InvalidVolumeType.ImageMismatch", 412, 0,
     "The specified VolumeType and Image do not match.",
     "an image that names other volume types (image-essd-only on i-volume0ptssd0000001)"},
    {"InvalidVolumeSize.ImageSizeMismatch", 412, 0,
     "The specified system disk size is smaller than the image file size.",
     "an image larger than Size, or without Size than the volume (image-large)"},
    {"OperationDenied.ResourceLocked", 412, 0,
     "The specified operation is denied as your resource is locked for another operation.",
     "a locked instance (i-locked000000000001), or one whose replacement has begun"},
    {"OperationDenied.InstanceIsCreatingImage", 412, 0,
     "The specified operation is denied as your instance is creating image.",
     "an instance of which an image is being made (i-creatingimage00001)"},
    {"OperationDenied.ResourceCreatedByOtherService", 412, 0,
     "The specified operation is denied as your resource is created by other service. You can check system tags to find the service.",
     "an instance that another service owns (i-otherservice000001)"},
    {"InvalidImageId.KeepImageCredentialMismatch", 412, 0,
     "The specified ImageId and KeepImageCredential do not match.",
     "KeepImageCredential=true with a public image (image-debian12)"},
    {"InvalidKeyPairName.KeepImageCredentialMismatch", 412, 0,
     "The specified KeyPairName and KeepImageCredential do not match.",
     "KeepImageCredential=true with KeyPairName"},
    {"InvalidPassword.KeepImageCredentialMismatch", 412, 0,
     "The specified Password and KeepImageCredential do not match.",
     "KeepImageCredential=true with Password"},
    {"DryRunOperation", 412, 0,
     "Your request has been validated by the DryRunOperation.",
     "DryRun=true, and nothing else is wrong"},
    {"InvalidImage.HostnameMismatch", 412, 0,
     "The hostname of the current instance can not be applied to the image you choose.",
     "a Windows image and a host name that Windows cannot have (i-hostname0digits0001)"},
    {"InternalError", 500, 0,
     "An internal error has occurred.",
     "an image that the service cannot read (image-unreadable)"},

    /* The gateway's. Their texts are ours: only the codes, statuses and numbers are documented. */
    {"MissingParameter", 400, 100002, "The request is missing a required parameter.",
     "Action or Version is not in the query"},
    {"MissingAuthenticationToken", 401, 100003, "The request must contain a valid Authorization.",
     "no Authorization header"},
    {"MissingRequestInfo", 400, 100004, "The request is missing a required piece of information.",
     "no X-Date, or a Host that is not this endpoint"},
    {"MissingSignature", 401, 100005, "The request is missing its signature.",
     "Authorization without Signature="},
    {"InvalidTimestamp", 400, 100006, "The request has expired or its date is wrong.",
     "X-Date too old, too far ahead, or no time at all"},
    {"ServiceNotFound", 404, 100007, "The service does not exist.",
     "another service than ecs or storage_ebs in the scope"},
    {"InvalidActionOrVersion", 404, 100008, "The action or its version does not exist.",
     "an unknown Action or Version, or one of the other service"},
    {"InvalidAccessKey", 401, 100009, "The access key does not exist.",
     "an access key id that the endpoint was not given"},
    {"SignatureDoesNotMatch", 401, 100010, "The signature does not match the one that the service calculated.",
     "a wrong signature, region, signed header or body hash"},
    {"LackPolicy", 403, 100012, "The access key has no policy that allows this request.",
     "--rule only"},
    {"AccessDenied", 403, 100013, "Access is denied.",
     "an action named by --deny"},
    {"InvalidParameter", 400, 0, "A parameter of the request is invalid.",
     "a query that is not in the canonical form, or a parameter given twice"},
    {"InvalidAuthorization", 400, 0, "The Authorization header is malformed.",
     "an Authorization that is not of the V4 form"},
    {"InvalidCredential", 400, 0, "The credential in Authorization is malformed.",
     "a scope that is not DATE/REGION/SERVICE/request, or of another day than X-Date"},
    {"InvalidSecretToken", 401, 0, "The security token is invalid.",
     "X-Security-Token missing, unsigned, wrong, or sent for a key without one"},
    {"FlowLimitExceeded", 429, 0, "The request rate exceeds the limit.",
     "more than --flow-limit requests within a second"},
    {"InternalServiceError", 502, 0, "The service behind the gateway has failed.",
     "--rule only"},
    {"ServiceUnavailableTemp", 503, 0, "The service is temporarily unavailable.",
     "--rule only"},
    {"InternalServiceTimeout", 504, 0, "The service behind the gateway did not answer in time.",
     "--rule only"},
};
/* clang-format on */

enum { ERROR_COUNT = sizeof errors / sizeof errors[0] };

const struct service_error *find_error(const char *code)
{
    size_t i;

    for (i = 0; i < ERROR_COUNT; i++) {
        if (strcmp(errors[i].code, code) == 0)
            return &errors[i];
    }
    return NULL;
}

void print_errors(void)
{
    size_t i;

    printf("How a request meets each error (ids are those of tests/endpoint/fixture.ini):\n\n");
    for (i = 0; i < ERROR_COUNT; i++)
        printf("  %d %s\n        %s\n", errors[i].status, errors[i].code, errors[i].reached);
}

bool refuse(struct refusal *refusal, const char *code, const char *format, ...)
{
    va_list arguments;

    refusal->error = find_error(code);
    va_start(arguments, format);
    vsnprintf(refusal->detail, sizeof refusal->detail, format, arguments);
    va_end(arguments);
    return false;
}
