/*
 * replace_volume.h - ReplaceSystemVolume of the Volcengine ECS OpenAPI for small machines
 *
 * Gives a cloud instance a new operating system by replacing its system volume (API version
 * 2020-04-01). Two files over mbedTLS and jsmn; no heap, no waiting, no mutable globals.
 * The action destroys the old disk and answers before anything has happened, so the library is
 * about two promises: it never replaces twice by itself, and it never says more about the outcome
 * than it knows.
 *
 * Objects, each borrowing the one before; all of them are the caller's memory and must not be moved
 * while initialised:
 *
 *   rv_system  clocks and randomness     one a process
 *   rv_tls     trust anchors, TLS config one a process, read-only once set up, for all clients
 *   rv_client  one connection            endpoint, region, credentials, corrected time
 *   rv_call    one signed exchange       with its retries; one at a time a client
 *   rv_job     one whole replacement     check, stop, replace, watch, start; holds one rv_call
 *
 * Functions that can fail return int: RV_OK (0), RV_AGAIN, or a negative RV_ERR_ value. An object
 * may be used by one thread at a time; different clients are independent of each other as far as
 * the mbedTLS configuration is (see MBEDTLS_THREADING_C for a PSA build).
 *
 * Compile-time switches, the same for every file that includes this header:
 *
 *   RV_STATIC     all functions become static: #include "replace_volume.c" as a header-only library
 *   RV_NO_TEXTS   the sentences of rv_status_text, rv_rule_text and rv_code_advice are left out
 *                 (the functions stay and return ""); names of codes and parameters stay
 *   RV_NO_JOB     rv_job is left out: calls only
 *   RV_USE_PSA    hashes with PSA instead of mbedtls_sha256 and mbedtls_md; implied by mbedTLS 4.
 *                 The caller has called psa_crypto_init() before rv_tls_init()
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef REPLACE_VOLUME_H
#define REPLACE_VOLUME_H

#include <stddef.h>
#include <stdint.h>

#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>

#if MBEDTLS_VERSION_NUMBER >= 0x04000000 && !defined(RV_USE_PSA)
#define RV_USE_PSA
#endif
#if defined(RV_USE_PSA) && MBEDTLS_VERSION_NUMBER < 0x03000000
#error "RV_USE_PSA needs mbedTLS 3 or newer"
#endif
#if defined(RV_USE_PSA)
#include <psa/crypto.h>
#else
#include <mbedtls/md.h>
#include <mbedtls/sha256.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define RV_VERSION "0.1.0"

#ifndef RV_STATIC
#define RV_API extern
#elif defined(__GNUC__)
#define RV_API static __attribute__((unused))
#else
#define RV_API static
#endif

/* --- Status ------------------------------------------------------------------------------------
 *
 * What a function returns, and what rv_result.status says of a finished call. The values are part
 * of the interface and do not change.
 */
enum {
    RV_OK = 0,
    RV_AGAIN = -1, /* not finished: wait for what rv_need says, then call again */
    RV_EOF = -2,   /* from rv_socket: the peer has ended its stream in an orderly way */

    /* the caller can mend these; whether an earlier attempt has sent something says .outcome */
    RV_ERR_USAGE = -3,     /* NULL, an object in the wrong state, or a call while one is running */
    RV_ERR_BUILD = -4,     /* library and caller were compiled with different configurations */
    RV_ERR_PARAMETER = -5, /* rv_result.parameter breaks rv_result.rule */
    /* get_credentials failed; or it gave others after an attempt whose outcome is unknown, and
     * whether the service knows the token under them is not known */
    RV_ERR_CREDENTIALS = -6,
    RV_ERR_CLOCK = -7,      /* UTC is unknown and rv_system.utc_lower_bound_s is not set */
    RV_ERR_RANDOM = -8,     /* rv_system.random failed, or PSA is not initialised */
    RV_ERR_MEMORY = -9,     /* mbedTLS could not allocate */
    RV_ERR_CRYPTO = -10,    /* mbedTLS or PSA could not hash; is SHA-256 configured? */
    RV_ERR_ADMISSION = -11, /* the caller's admit callback refused */

    /* on the way to the service, from rv_socket too */
    RV_ERR_RESOLVE = -12,     /* the host name has no address */
    RV_ERR_CONNECT = -13,     /* no address of the host accepted a connection */
    RV_ERR_NETWORK = -14,     /* the connection broke, or ended in the middle of something */
    RV_ERR_TIMEOUT = -15,     /* a limit of rv_client_config ran out */
    RV_ERR_TLS = -16,         /* TLS failed: rv_result.tls_error */
    RV_ERR_CERTIFICATE = -17, /* not trusted, not for this host or not valid now: .verify_flags */
    RV_ERR_PORT = -18,        /* a callback of rv_socket broke its contract */

    /* what the service, or something that stands before it, answered */
    RV_ERR_HTTP = -19,            /* not HTTP/1.1, or ambiguous by RFC 9112 */
    RV_ERR_HEAD_TOO_LARGE = -20,  /* more than RV_HEAD_MAX bytes of head, chunk heads or trailers */
    RV_ERR_BODY_TOO_LARGE = -21,  /* over RV_BODY_MAX bytes, or wanted members over the window */
    RV_ERR_BODY = -22,            /* empty, not JSON, cut short, or not the documented shape */
    RV_ERR_ENCODING = -23,        /* a Content-Encoding that was not asked for */
    RV_ERR_SERVICE = -24,         /* the service answered with an error: rv_result.code */
    RV_ERR_STATUS = -25,          /* an HTTP status that is no success, without an error code */
    RV_ERR_DRY_RUN_IGNORED = -26, /* DryRun was asked, and the service replaced the volume */

    RV_ERR_CANCELLED = -27, /* rv_call_cancel */
    RV_ERR_BOUND = -28,     /* the token's bound is over, so the request is not repeated */

    /* of a job only */
    /* what the service says of instance, image or key pair forbids it: .parameter breaks .rule */
    RV_ERR_CHECK = -29,
    RV_ERR_INSTANCE_STATUS = -30, /* it runs and may not be stopped, or it cannot be replaced now */
    RV_ERR_STORE = -31,           /* the store callback failed, so the step was not taken */
    RV_ERR_RECORD = -32,          /* not a record, damaged, or of a newer version: .rule */
    RV_ERR_ENDED_BADLY = -33,     /* accepted; then ERROR, deleted, or it does not start */
    RV_ERR_NO_SIGN = -34,         /* no sign of the replacement, which can no longer begin */

    RV_ERR_LAST = RV_ERR_NO_SIGN /* private */
};

/* One English sentence for a status, without a full stop; "" under RV_NO_TEXTS. Never NULL. */
RV_API const char *rv_status_text(int status);

/* --- Outcome -----------------------------------------------------------------------------------
 *
 * What is known about the effect of a call, over all its attempts. Once an attempt is unknown, only
 * an acceptance (or a DryRun that passes) can change that: a later refusal or failure to send
 * cannot.
 *
 *   what came back                                             outcome
 *   no byte of the request was handed to TLS                   RV_NOT_SENT
 *   2xx, complete valid JSON, no Error                         RV_ACCEPTED
 *   the same, to a DryRun                                      RV_ACCEPTED, RV_ERR_DRY_RUN_IGNORED
 *   DryRunOperation, when DryRun was asked                     RV_CHECKED
 *   IdempotentProcessing, IdempotentParameterMismatch          RV_UNKNOWN
 *   429, FlowLimitExceeded, InvalidTimestamp                   RV_REFUSED
 *   InternalError, ServiceUnavailable and their like           RV_UNKNOWN, whatever the status
 *   any other Error.Code under 2xx or 4xx                      RV_REFUSED
 *   5xx, 3xx, 4xx without a code, no valid answer, nothing     RV_UNKNOWN
 *
 * A token that the caller gives without client_token_is_new counts as sent before: failing to send
 * leaves it unknown, and so do InvalidInstanceStatus, InvalidVolumeStatus and
 * OperationDenied.ResourceLocked, which the earlier request may itself have caused; its 2xx means
 * accepted, now or earlier.
 */
typedef enum rv_outcome {
    RV_NOT_SENT = 0, /* the service has not seen the request; it may be repeated */
    RV_CHECKED = 1,  /* DryRun passed; this request changed nothing */
    RV_ACCEPTED = 2, /* the service took the request; the replacement goes on behind the answer */
    RV_REFUSED = 3,  /* the service said no; this request changed nothing */
    RV_UNKNOWN = 4   /* may have been executed. Never send it with another token; look first */
} rv_outcome;

/* --- Error codes of the service ----------------------------------------------------------------
 *
 * The 29 codes of the API document of ReplaceSystemVolume, then those of the gateway before it.
 */
typedef enum rv_code {
    RV_CODE_NONE = 0, /* the answer had no Error.Code */
    RV_CODE_OTHER,    /* one that this version does not know: see rv_result.code_text */

    RV_CODE_MISSING_INSTANCE_ID,               /* MissingParameter.InstanceId */
    RV_CODE_MISSING_PASSWORD_AND_KEY_PAIR,     /* MissingParameter.PasswordAndKeyPair */
    RV_CODE_INVALID_INSTANCE_STATUS,           /* InvalidInstanceStatus */
    RV_CODE_MISSING_IMAGE_ID,                  /* MissingParameter.ImageId */
    RV_CODE_KEY_PAIR_FOR_WINDOWS,              /* InvalidKeyPairForWindows.Unsupported */
    RV_CODE_PASSWORD_MALFORMED,                /* InvalidPassword.Malformed */
    RV_CODE_CLIENT_TOKEN_MALFORMED,            /* InvalidClientToken.Malformed */
    RV_CODE_IDEMPOTENT_PARAMETER_MISMATCH,     /* IdempotentParameterMismatch */
    RV_CODE_INVALID_ARGUMENT,                  /* InvalidArgument */
    RV_CODE_INVALID_VOLUME_STATUS,             /* InvalidVolumeStatus */
    RV_CODE_MISSING_VOLUME_TYPE,               /* MissingParameter.VolumeType */
    RV_CODE_SYSTEM_VOLUME_SIZE_LIMIT,          /* LimitExceeded.SystemVolumeSize */
    RV_CODE_IMAGE_NOT_FOUND,                   /* InvalidImage.NotFound */
    RV_CODE_KEY_PAIR_NOT_FOUND,                /* InvalidKeyPair.NotFound */
    RV_CODE_INSTANCE_NOT_FOUND,                /* InvalidInstance.NotFound */
    RV_CODE_INSTANCE_EXPIRED,                  /* InvalidInstance.Expired */
    RV_CODE_IDEMPOTENT_PROCESSING,             /* IdempotentProcessing */
    RV_CODE_INSTANCE_TYPE_MISMATCH,            /* InvalidImage.InstanceTypeMismatch */
    RV_CODE_VOLUME_TYPE_MISMATCH,              /* InvalidVolumeType.ImageMismatch */
    RV_CODE_IMAGE_SIZE_MISMATCH,               /* InvalidVolumeSize.ImageSizeMismatch */
    RV_CODE_RESOURCE_LOCKED,                   /* OperationDenied.ResourceLocked */
    RV_CODE_INSTANCE_IS_CREATING_IMAGE,        /* OperationDenied.InstanceIsCreatingImage */
    RV_CODE_CREATED_BY_OTHER_SERVICE,          /* OperationDenied.ResourceCreatedByOtherService */
    RV_CODE_IMAGE_KEEP_CREDENTIAL_MISMATCH,    /* InvalidImageId.KeepImageCredentialMismatch */
    RV_CODE_KEY_PAIR_KEEP_CREDENTIAL_MISMATCH, /* InvalidKeyPairName.KeepImageCredentialMismatch */
    RV_CODE_PASSWORD_KEEP_CREDENTIAL_MISMATCH, /* InvalidPassword.KeepImageCredentialMismatch */
    RV_CODE_DRY_RUN_OPERATION,                 /* DryRunOperation: a DryRun that passed */
    RV_CODE_HOSTNAME_MISMATCH,                 /* InvalidImage.HostnameMismatch */
    RV_CODE_INTERNAL_ERROR,                    /* InternalError, the gateway's too */

    RV_CODE_MISSING_PARAMETER,            /* MissingParameter */
    RV_CODE_MISSING_AUTHENTICATION_TOKEN, /* MissingAuthenticationToken */
    RV_CODE_MISSING_REQUEST_INFO,         /* MissingRequestInfo */
    RV_CODE_MISSING_SIGNATURE,            /* MissingSignature */
    RV_CODE_INVALID_TIMESTAMP,            /* InvalidTimestamp */
    RV_CODE_SERVICE_NOT_FOUND,            /* ServiceNotFound */
    RV_CODE_INVALID_ACTION_OR_VERSION,    /* InvalidActionOrVersion */
    RV_CODE_INVALID_ACCESS_KEY,           /* InvalidAccessKey */
    RV_CODE_SIGNATURE_DOES_NOT_MATCH,     /* SignatureDoesNotMatch */
    RV_CODE_LACK_POLICY,                  /* LackPolicy */
    RV_CODE_ACCESS_DENIED,                /* AccessDenied */
    RV_CODE_INVALID_PARAMETER,            /* InvalidParameter */
    RV_CODE_INVALID_AUTHORIZATION,        /* InvalidAuthorization */
    RV_CODE_INVALID_CREDENTIAL,           /* InvalidCredential */
    RV_CODE_INVALID_SECRET_TOKEN,         /* InvalidSecretToken */
    RV_CODE_FLOW_LIMIT_EXCEEDED,          /* FlowLimitExceeded */
    RV_CODE_INTERNAL_SERVICE_ERROR,       /* InternalServiceError */
    RV_CODE_SERVICE_UNAVAILABLE,          /* ServiceUnavailableTemp */
    RV_CODE_INTERNAL_SERVICE_TIMEOUT,     /* InternalServiceTimeout */
    RV_CODE_COUNT
} rv_code;

typedef enum rv_retry {
    RV_RETRY_NEVER = 0,  /* the same request fails again: change it, or the instance, first */
    RV_RETRY_LATER = 1,  /* nothing was changed, and a later new request may pass */
    RV_RETRY_BY_CALL = 2 /* rv_call repeats it by itself: throttled, wrong time, service trouble */
} rv_retry;

/* The code of a name as in Error.Code, in exact case; RV_CODE_OTHER if unknown, NONE if empty. */
RV_API rv_code rv_code_from_name(const char *name);
/* The name; "" for NONE and OTHER. Never NULL. */
RV_API const char *rv_code_name(rv_code code);
RV_API rv_retry rv_code_retry(rv_code code);
/* One English sentence: what to do now. "" for NONE, and for all under RV_NO_TEXTS. Never NULL. */
RV_API const char *rv_code_advice(rv_code code);

/* --- Parameters and the rules that they may break --------------------------------------------- */

typedef enum rv_parameter_id {
    RV_PARAMETER_NONE = 0,
    RV_PARAMETER_INSTANCE_ID,
    RV_PARAMETER_IMAGE_ID,
    RV_PARAMETER_PASSWORD,
    RV_PARAMETER_KEY_PAIR_NAME,
    RV_PARAMETER_KEEP_IMAGE_CREDENTIAL,
    RV_PARAMETER_CLIENT_TOKEN,
    RV_PARAMETER_DRY_RUN,
    RV_PARAMETER_IMAGE_RELEASE_VERSION,
    RV_PARAMETER_SIZE,
    RV_PARAMETER_USER_DATA,
    RV_PARAMETER_EXTRA, /* a name or value of the caller's own list */
    RV_PARAMETER_ACTION,
    RV_PARAMETER_VERSION,
    RV_PARAMETER_SERVICE,
    RV_PARAMETER_HOST,
    RV_PARAMETER_REGION,
    RV_PARAMETER_ACCESS_KEY_ID,
    RV_PARAMETER_SECRET_ACCESS_KEY,
    RV_PARAMETER_SESSION_TOKEN,
    RV_PARAMETER_TARGET,        /* the GET target as a whole */
    RV_PARAMETER_INSTANCE_NAME, /* of a job's expectation */
    RV_PARAMETER_COUNT
} rv_parameter_id;

typedef enum rv_rule {
    RV_RULE_NONE = 0,
    RV_RULE_REQUIRED,            /* must be given and must not be empty */
    RV_RULE_NOT_EMPTY,           /* may be left out; if given, must not be empty */
    RV_RULE_PRINTABLE_ASCII,     /* 0x21 to 0x7E only */
    RV_RULE_TOO_LONG,            /* longer than its RV_..._MAX below */
    RV_RULE_PASSWORD_LENGTH,     /* 8 to 30 characters */
    RV_RULE_PASSWORD_CHARACTERS, /* a character outside the documented set */
    RV_RULE_PASSWORD_CLASSES,    /* three of: upper case, lower case, digit, special character */
    RV_RULE_PASSWORD_START,      /* must not start with "/" or "$6$" */
    RV_RULE_CREDENTIAL_MISSING,  /* one of Password, KeyPairName, KeepImageCredential=true */
    RV_RULE_CREDENTIAL_CONFLICT, /* with KeepImageCredential=true neither of the other two */
    RV_RULE_BOOLEAN,             /* RV_UNSET, RV_TRUE or RV_FALSE */
    RV_RULE_RANGE,               /* outside its range */
    RV_RULE_RESERVED_NAME,       /* an extra name that is a parameter of this action, in any case */
    RV_RULE_DUPLICATE_NAME,      /* a name that comes twice */
    RV_RULE_HOST_NAME,           /* letters, digits, "-" and "." only */
    RV_RULE_TARGET_TOO_LONG,     /* the GET target is over RV_TARGET_MAX bytes: use RV_POST */

    /* findings of a job's check */
    RV_RULE_NOT_VISIBLE,        /* does not exist, or not for these credentials */
    RV_RULE_NOT_EXPECTED,       /* the instance has another image or name than was expected */
    RV_RULE_NOT_AVAILABLE,      /* the image cannot be used now */
    RV_RULE_LINUX_ONLY,         /* a key pair for an image of Windows */
    RV_RULE_NOT_FOR_PUBLIC,     /* KeepImageCredential with a public image */
    RV_RULE_PUBLIC_ONLY,        /* ImageReleaseVersion with an image that is not public */
    RV_RULE_SMALLER_THAN_IMAGE, /* Size is less than the image needs */

    /* about a record */
    RV_RULE_NOT_A_RECORD,
    RV_RULE_RECORD_DAMAGED,
    RV_RULE_RECORD_NEWER,    /* written by a newer version of this library */
    RV_RULE_NOT_AS_RECORDED, /* another value than the recorded job's */
    RV_RULE_COUNT
} rv_rule;

/* The API's name of a parameter, as in the document ("InstanceId"). Never NULL. */
RV_API const char *rv_parameter_name(rv_parameter_id parameter);
/* One English sentence for a rule, to follow the parameter's name; "" under RV_NO_TEXTS. */
RV_API const char *rv_rule_text(rv_rule rule);

/* Lengths in bytes, without the terminating NUL. */
#define RV_ID_MAX           128   /* InstanceId, ImageId, KeyPairName, ImageReleaseVersion, names */
#define RV_CLIENT_TOKEN_MAX 64    /* API document */
#define RV_PASSWORD_MIN     8     /* documented rule of the service */
#define RV_PASSWORD_MAX     30    /* likewise */
#define RV_USER_DATA_MAX    16384 /* before base64; a bound of ours, no document has one */
#define RV_LIST_MAX         120   /* names and values of the caller's own */
#define RV_EXTRA_VALUE_MAX  4096
#define RV_HOST_MAX         253  /* RFC 1035 */
#define RV_CREDENTIAL_MAX   4096 /* access key id (128), secret, session token */
#define RV_TARGET_MAX       8000 /* RFC 9112 section 3: what every recipient should take */
#define RV_SIZE_GIB_MAX     65536

/* Limits on what is received. */
#ifndef RV_HEAD_MAX
#define RV_HEAD_MAX 16384 /* bytes: status line, fields, 1xx answers, chunk heads and trailers */
#endif
#ifndef RV_BODY_MAX
#define RV_BODY_MAX 4194304 /* bytes, after chunked coding is removed */
#endif
#if RV_BODY_MAX > 0x0FFFFFFF
#error "RV_BODY_MAX is over what the size of a chunk is counted in"
#endif
#ifndef RV_WINDOW_SIZE
#define RV_WINDOW_SIZE                                                        \
    1024 /* bytes: wanted members of one object of an answer, or a field line \
          */
#endif
#if RV_WINDOW_SIZE < 512
#error "RV_WINDOW_SIZE is too small for the texts of an error"
#endif
#ifndef RV_JSON_TOKENS
#define RV_JSON_TOKENS 64 /* of those members */
#endif

/* --- What the machine provides -----------------------------------------------------------------
 *
 * port/posix.h has a ready rv_system and rv_socket; a firmware writes its own.
 */

#define RV_READ  1u /* data or the end of the stream has come */
#define RV_WRITE 2u /* the socket takes bytes, or the connection is made */
#define RV_NOW   4u /* there is more to do at once; asked for to let other work in between */
#define RV_NEVER UINT64_MAX

/* What an RV_AGAIN waits for: one of the events, or the time. */
typedef struct rv_need {
    uint32_t events;     /* RV_READ | RV_WRITE | RV_NOW; 0: only the time */
    uint64_t wake_at_ms; /* absolute, of rv_system.monotonic_ms; RV_NEVER: no timer */
} rv_need;

typedef struct rv_system {
    void *ctx; /* passed to the callbacks, never looked at */

    /* Milliseconds since any fixed moment. Never jumps, and counts the time that the machine is
     * suspended. All limits are measured with it. */
    uint64_t (*monotonic_ms)(void *ctx);

    /* Writes seconds since 1970-01-01T00:00:00Z and returns RV_OK; any other value says that the
     * time is unknown. May be wrong: the service's Date then corrects it, as far as certificates
     * allow. */
    int (*utc_s)(void *ctx, int64_t *seconds);

    /* Fills buf with len (1..256) bytes fit for keys and returns RV_OK. Fails rather than waits. */
    int (*random)(void *ctx, uint8_t *buf, size_t len);

    /* It cannot be earlier than this, in seconds since 1970; 0: no bound. A firmware without a
     * battery-backed clock gives its build time. Certificates are judged at the later of the two.
     */
    int64_t utc_lower_bound_s;
} rv_system;

typedef struct rv_socket {
    void *ctx; /* outlives every callback that the port gave to its network stack */

    /* Connects to host and port. RV_OK: the next byte goes there (a proxy is the port's affair).
     * RV_AGAIN: fills need with what it waits for and is called again. Else RV_ERR_RESOLVE,
     * RV_ERR_CONNECT, RV_ERR_TIMEOUT or RV_ERR_NETWORK, everything released. The port limits each
     * address by itself. host stays valid until close. */
    int (*open)(void *ctx, const char *host, uint16_t port, rv_need *need);

    /* Takes up to len (at least 1) bytes and returns how many (1..len), RV_AGAIN if none can be
     * taken now, RV_EOF if the peer takes no more, or RV_ERR_NETWORK. buf is not kept. */
    int (*send)(void *ctx, const uint8_t *buf, size_t len);

    /* Writes up to len (at least 1) bytes and returns how many (1..len), RV_AGAIN if there are none
     * yet, RV_EOF at the end of the peer's stream, or RV_ERR_NETWORK. */
    int (*recv)(void *ctx, uint8_t *buf, size_t len);

    /* Legal in every state, twice too. Never waits. After it, open may be called again. */
    void (*close)(void *ctx);

    /* Returns RV_OK when one of need's events has come or its time is over; earlier is allowed.
     * An RV_ERR_ value ends the blocking call with it, anything else with RV_ERR_PORT. Only
     * rv_call_run uses it; may be NULL. */
    int (*wait)(void *ctx, const rv_need *need);

    /* The system's own number of the last failure (errno), for reports. May be NULL. */
    int (*last_error)(void *ctx);
} rv_socket;

/* --- TLS: trust anchors ----------------------------------------------------------------------- */

typedef struct rv_tls {
    const rv_system *system;          /* private, as all members below */
    const mbedtls_ssl_config *config; /* own, or the caller's */
    mbedtls_ssl_config own;
    const char *alpn[2];
} rv_tls;

/* A number that depends on everything that changes the structures below, and on mbedTLS's version.
 */
#if defined(RV_USE_PSA)
#define RV_BUILD_DIGEST 1u
#else
#define RV_BUILD_DIGEST 0u
#endif
#define RV_BUILD                                                                              \
    ((uint32_t)(RV_WINDOW_SIZE * 33u + sizeof(rv_client) * 65599u + sizeof(rv_call) * 4099u + \
                sizeof(rv_tls) * 257u + sizeof(mbedtls_ssl_context)) ^                        \
     (uint32_t)MBEDTLS_VERSION_NUMBER ^ (RV_BUILD_DIGEST << 31))

/* Prepares TLS with the caller's trust anchors: TLS 1.2 or newer, chain and host name verified.
 * system and anchors are borrowed until rv_tls_free; anchors may not change meanwhile.
 * RV_ERR_USAGE, RV_ERR_BUILD, RV_ERR_MEMORY, RV_ERR_RANDOM (PSA is not initialised), RV_ERR_TLS.
 * Parse the anchors once a process: a distribution's CA bundle costs 0.5 MB of heap. */
#define rv_tls_init(tls, system, anchors) rv_tls_init_build(tls, RV_BUILD, system, anchors)
RV_API int rv_tls_init_build(rv_tls *tls, uint32_t build, const rv_system *system,
                             mbedtls_x509_crt *anchors);

/* The same with the caller's own configuration (client certificate, cipher suites, pins in a verify
 * callback), borrowed until rv_tls_free. It cannot switch verification off: the request is sent
 * only on a connection whose chain was verified down to the server's certificate without a flag,
 * and validity dates are judged by rv_system, whatever mbedTLS thinks of the time. Its own verify
 * callback is called first, for every certificate. */
#define rv_tls_init_with_config(tls, system, config) \
    rv_tls_init_with_config_build(tls, RV_BUILD, system, config)
RV_API int rv_tls_init_with_config_build(rv_tls *tls, uint32_t build, const rv_system *system,
                                         const mbedtls_ssl_config *config);

/* Legal after a failed init (other than RV_ERR_BUILD), and twice. No client may use tls any more.
 */
RV_API void rv_tls_free(rv_tls *tls);

/* --- Client: one connection ------------------------------------------------------------------- */

typedef struct rv_credentials {
    const char *access_key_id;
    const char *secret_access_key; /* as given by the service, not decoded */
    const char *session_token;     /* of temporary credentials; NULL: none */
    uint32_t generation;           /* another number whenever one of the above changes */
} rv_credentials;

/* Events of the trace callback. text is never secret and valid during the callback only. */
typedef enum rv_trace_event {
    RV_TRACE_ATTEMPT = 1,     /* number: which, from 1 */
    RV_TRACE_CONNECT,         /* number: port; text: host */
    RV_TRACE_CONNECTED,       /* text: TLS version; number: 1 if a TLS session was resumed */
    RV_TRACE_REUSED,          /* a kept connection is used */
    RV_TRACE_REQUEST,         /* text: the signed header names */
    RV_TRACE_SENT,            /* number: bytes of the request, taken by TLS */
    RV_TRACE_STATUS,          /* number: HTTP status */
    RV_TRACE_FIELD,           /* text: name of a header field of the answer */
    RV_TRACE_ANSWER,          /* number: bytes of the body; text: Error.Code or "" */
    RV_TRACE_FAILED,          /* number: status of this attempt */
    RV_TRACE_RETRY,           /* number: milliseconds until then */
    RV_TRACE_CLOCK_CORRECTED, /* number: seconds by which our time was behind, saturated */
    RV_TRACE_CLOSED           /* the connection was closed by us */
} rv_trace_event;

/* How the caller wants a client. All pointers are borrowed until rv_client_free; the structure
 * itself is copied. Zero it, then set what is needed. */
typedef struct rv_client_config {
    const rv_tls *tls;
    const rv_socket *socket;
    const char *host;   /* DNS name; NULL: "open.volcengineapi.com" */
    uint16_t port;      /* 0: 443 */
    const char *region; /* required, "cn-beijing"; part of the signature */

    /* Exactly one of the two. The callback is asked before every signature; it writes credentials
     * that stay valid until it is asked again or the call ends, and returns RV_OK, RV_AGAIN with
     * need filled, or an error, which ends the call. */
    const rv_credentials *credentials;
    int (*get_credentials)(void *ctx, rv_credentials *credentials, rv_need *need);

    /* Asked before each attempt: RV_OK, RV_AGAIN with need filled, or an error, which ends the call
     * with RV_ERR_ADMISSION. For many clients that share a rate limit. May be NULL. */
    int (*admit)(void *ctx, rv_need *need);
    /* Told of each throttling answer, with the wait that follows from it. May be NULL. */
    void (*throttled)(void *ctx, uint32_t wait_ms);

    void (*trace)(void *ctx, rv_trace_event event, int32_t number, const char *text); /* or NULL */
    void *ctx; /* for the four callbacks above */

    uint32_t idle_timeout_ms; /* without a byte in either direction; 0: 15,000 */
    uint32_t call_timeout_ms; /* a whole call with its retries; 0: 60,000 */
    uint32_t token_bound_s;   /* after the first sending nothing is repeated; 0: 900 */
    uint16_t attempts_max;    /* 0: 4; 1: never repeat. A corrected clock's does not count */
} rv_client_config;

typedef struct rv_digest { /* private: the hash or the HMAC that is being computed */
#if defined(RV_USE_PSA)
    mbedtls_svc_key_id_t key;
    union {
        psa_hash_operation_t hash;
        psa_mac_operation_t mac;
    } operation;
#else
    union {
        mbedtls_sha256_context hash;
        mbedtls_md_context_t mac;
    } operation;
#endif
    int32_t error; /* of mbedTLS, the first one */
    uint8_t is_keyed;
} rv_digest;

struct rv_call;
struct rv_result;

typedef struct rv_client {
    /* private, all of it. Small and often used members come first: that makes short code. */
    struct rv_call *call; /* the one that is running, or NULL */

    /* channel */
    uint8_t channel;       /* enum channel_state */
    uint8_t socket_waited; /* the port said RV_AGAIN in this step */
    uint8_t verified_leaf; /* our verification reached the server's certificate */
    uint8_t was_certificate_shown;
    uint8_t has_session;
    uint8_t is_session_offered;
    uint8_t clock_is_corrected; /* by date_s */
    uint8_t signing_key_valid;
    int32_t socket_error;  /* what the port returned */
    int32_t tls_error;     /* what mbedTLS returned */
    uint32_t verify_flags; /* all depths together */
    rv_client_config config;
    uint64_t idle_deadline_ms;
    int64_t session_end_s; /* the earliest end of a certificate in its chain */
    int64_t chain_end_s;   /* likewise of the open connection */

    /* time */
    int64_t date_s; /* the service's last Date, and when it was read (monotonic) */
    uint32_t date_at_s;

    /* signing */
    uint32_t signing_generation;
    char signing_day[9];
    char signing_service[17];
    uint8_t signing_key[32];
    char access_key_id[RV_ID_MAX + 1]; /* of the last signature */
    char port_text[12];                /* ":port", or "" for 443 and 80 */
    rv_digest digest;

    mbedtls_ssl_context ssl;
    mbedtls_ssl_session session;
    char window[RV_WINDOW_SIZE]; /* the request on its way out, then the answer's wanted part */
    char received[256];
    int32_t json_tokens[RV_JSON_TOKENS * 5];
} rv_client;

/* Copies config. RV_ERR_USAGE, RV_ERR_BUILD; RV_ERR_PARAMETER for a host or region that cannot be
 * sent: parameter and rule then stand in why. Does no I/O. */
#define rv_client_init(client, config, why) rv_client_init_build(client, RV_BUILD, config, why)
RV_API int rv_client_init_build(rv_client *client, uint32_t build, const rv_client_config *config,
                                struct rv_result *why);

/* Ends the kept connection in an orderly way, as far as that is possible without waiting. The next
 * call opens another. No call may be running. */
RV_API void rv_client_close(rv_client *client);

/* Closes and wipes. Legal after a failed init (other than RV_ERR_BUILD), and twice. No call may be
 * running. */
RV_API void rv_client_free(rv_client *client);

/* --- Results ---------------------------------------------------------------------------------- */

#define RV_TIME_UNKNOWN INT64_MIN

/* Text from the service is cut to its place on a character's border, and control characters, line
 * ends and bidirectional marks in it are replaced by '?', so that it can be logged as it is. */
typedef struct rv_result {
    int32_t status;       /* RV_OK or the RV_ERR_ that ended the call; RV_AGAIN while it runs */
    rv_outcome outcome;   /* over all attempts */
    rv_code code;         /* of the last answer */
    int32_t code_n;       /* Error.CodeN; 0: absent */
    uint16_t http_status; /* of the last answer; 0: none */
    uint16_t attempts;    /* attempts that handed at least one byte to TLS */

    rv_parameter_id parameter; /* with RV_ERR_PARAMETER: which */
    rv_rule rule;              /* and which rule it breaks */

    int32_t tls_error;     /* negative mbedTLS error, or 0 */
    uint32_t verify_flags; /* MBEDTLS_X509_BADCERT_..., or 0 */
    int32_t system_error;  /* rv_socket.last_error, or 0 */

    int64_t first_sent_utc_s; /* corrected; RV_TIME_UNKNOWN: nothing was sent */
    int64_t clock_skew_s;     /* service's Date minus the machine's clock; RV_TIME_UNKNOWN */

    char parameter_name[RV_ID_MAX + 1]; /* its name as sent; for an extra one the caller's */
    char code_text[65];                 /* Error.Code */
    char message[257];                  /* Error.Message */
    char request_id[65];                /* for the vendor's support */
    char client_token[RV_CLIENT_TOKEN_MAX + 1]; /* known from rv_call_start_... on */
} rv_result;

/* --- Calls ------------------------------------------------------------------------------------ */

typedef enum rv_method { RV_GET = 0, RV_POST = 1 } rv_method;

typedef enum rv_boolean { RV_UNSET = 0, RV_TRUE = 1, RV_FALSE = 2 } rv_boolean;

typedef struct rv_name_value {
    const char *name;
    const char *value; /* any bytes but NUL; encoded by the library */
} rv_name_value;

/* ReplaceSystemVolume. Zero it, then set what is needed; NULL and RV_UNSET are not sent. All
 * pointers are borrowed until the call is finished. Rules: API document, see enum rv_rule. */
typedef struct rv_replace_system_volume {
    const char *instance_id; /* required */
    const char *image_id;    /* required */

    /* One of the first two, unless the image's own credential is kept. With both given the service
     * uses the key pair. */
    const char *password;
    const char *key_pair_name;        /* Linux only */
    rv_boolean keep_image_credential; /* custom and shared images only */

    /* At most 64 printable ASCII characters. NULL: a random UUID is made, to be read from
     * rv_call_result()->client_token before the first step: store it before sending. */
    const char *client_token;
    /* 1: this token has never been sent. 0: it counts as sent before (see rv_outcome). */
    uint8_t client_token_is_new;

    rv_boolean dry_run;                /* check only */
    const char *image_release_version; /* "20241115", public images only; "" is sent: the newest */
    uint8_t has_size_gib;              /* 1: send size_gib */
    uint32_t size_gib;                 /* 1..RV_SIZE_GIB_MAX; in every SDK, in no document */
    const uint8_t *user_data;          /* raw, the library encodes it; likewise undocumented */
    size_t user_data_len;              /* 1..RV_USER_DATA_MAX */

    /* More parameters, for what the service adds tomorrow. */
    const rv_name_value *extra;
    size_t extra_count; /* 0..RV_LIST_MAX */

    rv_method method; /* RV_GET as documented; RV_POST keeps secrets out of URLs, undocumented */
} rv_replace_system_volume;

/* Checks every rule without any I/O: RV_OK, or RV_ERR_PARAMETER with parameter, rule and
 * parameter_name in result. rv_call_start_replace does the same. */
RV_API int rv_replace_check(const rv_replace_system_volume *replace, rv_result *result);

/* May the call be repeated by itself when its outcome is unknown? */
typedef enum rv_repeat {
    RV_REPEAT_NEVER = 0,
    RV_REPEAT_SAFE = 1,      /* it only reads */
    RV_REPEAT_WITH_TOKEN = 2 /* it carries a ClientToken in client_token */
} rv_repeat;

/* A JSON object of an answer, given to on_object; valid during the callback only. */
typedef struct rv_json {
    const char *text; /* private, as all members */
    const void *tokens;
    int32_t count;
    int32_t root;
} rv_json;

/* Copies the string, number or boolean at path into out, NUL-terminated: "Status",
 * "Volumes.0.VolumeId". Strings are decoded to UTF-8 and safe to show, as in rv_result. Returns the
 * length; RV_EOF if there is none (absent or null); RV_ERR_BODY if it is something else;
 * RV_ERR_BODY_TOO_LARGE if it does not fit into size. */
RV_API int rv_json_text(const rv_json *json, const char *path, char *out, size_t size);

/* Any action of the OpenAPI, signed. All pointers are borrowed until the call is finished. */
typedef struct rv_request {
    const char *service; /* at most 16 characters, "ecs" */
    const char *action;
    const char *version; /* "2020-04-01" */
    const rv_name_value *parameters;
    size_t parameter_count; /* 0..RV_LIST_MAX; names are unique */
    rv_method method;
    rv_repeat repeat;

    /* The ClientToken that is sent; required for RV_REPEAT_WITH_TOKEN. */
    const char *client_token;
    uint8_t client_token_is_new;

    rv_boolean dry_run; /* DryRun, for actions that have it */

    /* Which members of Result are wanted, or NULL. Names, comma separated, "{...}" for the members
     * of an object, "[...]" for the elements of a list, "*[{...}]" for a list whose elements are
     * handed over one by one, so that it may be of any length:
     *     "NextToken,Instances*[{InstanceId,Status,Volumes[{VolumeId}]}]"
     * Wanted members of one element, with the key that comes next, must fit RV_WINDOW_SIZE, and
     * RV_JSON_TOKENS; a string of more than 256 bytes is cut, which rv_json_text reports. */
    const char *wanted;
    /* Called for each element of such lists, in their order, while the answer still comes in (so
     * before it is known to be complete), and at the end once for Result itself, with is_element 0.
     * In a repeated attempt it starts again from the first. RV_OK; anything else makes the answer
     * RV_ERR_BODY. */
    int (*on_object)(void *ctx, int is_element, const rv_json *object);
    void *on_object_ctx;
} rv_request;

typedef struct rv_http { /* private: HTTP/1.1 response parser */
    uint8_t state;
    uint8_t line;  /* where it stands */
    uint8_t chunk; /* what of its line is read */
    uint8_t line_cut;
    uint8_t is_1_0;
    uint8_t has_length;
    uint8_t chunked;
    uint8_t close;
    uint8_t encoded;
    uint8_t retry_after_is_date;
    uint16_t status;
    uint32_t head_len; /* bytes of head so far, all of them */
    uint32_t body_len;
    uint32_t left; /* bytes left of the body or chunk */
    uint32_t line_len;
    int64_t date_s;
    int64_t retry_after_s; /* seconds, or an absolute time if retry_after_is_date */
} rv_http;

#define RV_JSON_DEPTH    32 /* of an answer; more is an error */
#define RV_FILTER_LEVELS 8  /* of them with wanted members */

typedef struct rv_filter { /* private: lets the wanted members of a JSON text pass */
    uint8_t depth;
    uint8_t passing; /* levels down to this pass */
    uint8_t state;
    uint8_t escape;
    uint8_t passes; /* the value or key that is read, as far as is known */
    uint8_t string_is_key;
    uint8_t literal_len;
    uint8_t is_full;
    uint16_t lists;   /* a bit per passing level: elements are handed over */
    uint32_t objects; /* a bit per depth: object, not array */
    uint32_t used;    /* bytes of the window */
    uint32_t string;  /* where the one that is read begins in it */
    char *window;
    const char *inner_spec;                 /* what is wanted of Result */
    const char *member;                     /* what is wanted of the value to come, if it passes */
    const char *spec[RV_FILTER_LEVELS + 1]; /* per passing level: the wanted members */
    uint32_t begin[RV_FILTER_LEVELS + 1];   /* per passing level: where it begins in the window */
    char literal[32];
} rv_filter;

typedef struct rv_value { /* private: a parameter to be sent */
    const char *name;
    const uint8_t *value;
    size_t len;
    uint8_t is_base64;
} rv_value;

typedef struct rv_cursor { /* private: where the request stands on its way out */
    uint8_t part;
    uint8_t in_body;
    uint8_t encoding;
    char suffix;           /* follows the piece, unless NUL */
    const char *at;        /* in its template */
    const char *return_at; /* where a nested one ends; NULL: it is not nested */
    const uint8_t *bytes;  /* of the piece */
    size_t left;           /* likewise */
    size_t parameter;      /* place in the order of parameters */
} rv_cursor;

typedef struct rv_sent {       /* private: the first sending of a token */
    const char *access_key_id; /* which alone may send it; NULL: any */
    uint32_t at_s;             /* monotonic, of which only differences say anything */
    int64_t utc_s;             /* corrected */
    int64_t latest_utc_s;      /* the latest date that a request was signed with */
    int64_t service_s;         /* Date of the first answer */
    uint32_t generation;       /* of the credentials */
    uint8_t any;               /* it was sent */
    uint8_t is_recorded;       /* in another run, of which only access_key_id and utc_s are known */
} rv_sent;

typedef struct rv_call {
    rv_client *client; /* private, as all members below */

    uint8_t state;
    uint8_t clock_corrected;
    uint8_t bytes_handed; /* in this attempt a byte was handed to TLS */
    uint8_t status_is_noted;
    uint8_t value_count;
    uint16_t tries;
    uint16_t attempts_max;
    uint8_t ends_when_unknown;
    rv_outcome so_far; /* the gravest of the attempts that have ended */
    rv_cursor cursor;
    int32_t body_status;
    size_t window_len; /* bytes of the request in the client's window, and how many TLS has taken */
    size_t window_at;
    uint32_t sent_len;
    rv_request request;
    rv_credentials credentials;
    rv_http http;
    uint64_t deadline_ms;
    uint64_t retry_at_ms;
    rv_sent sent;
    int64_t signed_utc_s;
    rv_filter filter;
    rv_value values[12]; /* Action, Version, ClientToken, and what rv_replace_system_volume has */
    uint8_t order[12 + RV_LIST_MAX]; /* of all parameters, sorted by name */
    char size_text[11];
    char body_length_text[11];
    char x_date[17];
    char hash[65]; /* of the body, then of the canonical request, then the signature */
    rv_result result;
} rv_call;

/* Checks the parameters, makes the ClientToken and begins a call; no I/O. Then RV_OK: step it until
 * it is finished. On error the call is finished with RV_NOT_SENT and rv_call_result says why:
 * RV_ERR_USAGE, RV_ERR_PARAMETER, RV_ERR_RANDOM. The client is busy until the call is finished; the
 * object of a running call is not to be started again on another client. */
RV_API int rv_call_start_replace(rv_call *call, rv_client *client,
                                 const rv_replace_system_volume *replace);
/* The same for any action. */
RV_API int rv_call_start(rv_call *call, rv_client *client, const rv_request *request);

/* Does what can be done without waiting: at most one step of the TLS handshake, 4 KiB of data, and
 * one signature, which hashes the request.
 * RV_AGAIN: call again when one of need's events has come or its time is over. Anything else is the
 * call's status, again and again. */
RV_API int rv_call_step(rv_call *call, rv_need *need);

/* Steps and waits with rv_socket.wait until the call is finished; returns its status. */
RV_API int rv_call_run(rv_call *call);

/* Ends a running call between two steps: RV_ERR_CANCELLED, with the outcome as it is at that
 * moment. Does nothing to a finished one. */
RV_API void rv_call_cancel(rv_call *call);

/* What is known: at any time after rv_call_start_..., final once the call is finished. */
RV_API const rv_result *rv_call_result(const rv_call *call);

/* Cancels if need be and wipes, the result too. Legal after a failed start, twice, and on a zeroed
 * object that was never started. */
RV_API void rv_call_free(rv_call *call);

/* --- Jobs --------------------------------------------------------------------------------------
 *
 * The whole replacement of one system volume:
 *
 *   check    the instance is there, is what is expected, and the image and key pair fit it
 *   stop     StopInstance (KeepCharging), if it runs and may be stopped
 *   replace  a last look, the baseline; then ReplaceSystemVolume, with one ClientToken
 *   watch    DescribeInstances, until the replacement is seen to be over
 *   start    StartInstance, only if it ends STOPPED; also after a refusal, if the job stopped it
 *
 * When a replacement counts as done. Nothing rests on a changed ImageId alone: the image may be the
 * same again. The baseline is a look at the STOPPED instance before the first sending.
 *
 *   proof   REBUILDING was seen after sending
 *           the set of volumes, or the system volume, is another than in the baseline
 *           ImageId was not the wanted one, and now is
 *   hint    UpdatedAt has moved; RUNNING from STOPPED without our start
 *
 *   what is seen                                               what follows
 *   RUNNING twice, and proof                                   RV_JOB_DONE
 *   RUNNING twice from STOPPED, not by our start, after a 2xx  RV_JOB_DONE
 *   STOPPED twice; REBUILDING was seen, or other volumes       start it (leave_stopped: DONE)
 *   RUNNING twice after that start                             RV_JOB_DONE
 *   STOPPED after acceptance, anything less                    wait
 *   another ImageId than the wanted one                        wait: not final
 *   not visible, or older than what was seen                   wait: a replica that lags
 *   ERROR twice, DELETING, or no start, after acceptance       RV_JOB_ENDED_BADLY
 *   time is up, after acceptance                               RV_JOB_UNFINISHED
 *   the answer is unknown, but there is proof                  as if accepted
 *   the answer is unknown, nothing has moved in two looks,     the same again, under its token
 *     within the token's bound (STOPPED, or it may be stopped)
 *   the answer is unknown, no proof, nothing has moved, and    RV_JOB_UNKNOWN, RV_ERR_NO_SIGN
 *     the last X-Date is 960 s old by the service's Date
 *   the same, with hints; or resumed past the token's bound    RV_JOB_UNKNOWN, RV_ERR_BOUND
 *   throttled, or refused for a status that looks do not show  look, then the same again
 *   refused otherwise or not sent, and the job had stopped it  start it (leave_stopped: not)
 *
 * RUNNING is the service's word for it; whether the system inside answers is not known.
 */
#ifndef RV_NO_JOB

typedef enum rv_step {
    RV_STEP_CHECK = 0,
    RV_STEP_STOP = 1,
    RV_STEP_REPLACE = 2,
    RV_STEP_WATCH = 3,
    RV_STEP_START = 4,  /* after the replacement */
    RV_STEP_RESTART = 5 /* after a refusal: the job had stopped it, and starts it again */
} rv_step;

/* "check", "stop" ... Never NULL. */
RV_API const char *rv_step_name(rv_step step);

typedef enum rv_job_outcome {
    RV_JOB_NOT_SENT = 0,    /* the replacement was not sent */
    RV_JOB_CHECKED = 1,     /* DryRun was asked and passed; or the service did not check, since the
                             * instance has to be stopped first: see RV_NOT_CHECKED_DRY_RUN */
    RV_JOB_DONE = 2,        /* replaced; RUNNING, or STOPPED if that was wanted */
    RV_JOB_UNFINISHED = 3,  /* accepted; time was up, or it was cancelled, before it was over */
    RV_JOB_ENDED_BADLY = 4, /* accepted, and then ERROR, deleted, or it does not start; or
                             * accepted although only a DryRun was asked (RV_ERR_DRY_RUN_IGNORED) */
    RV_JOB_REFUSED = 5,     /* the service said no; the disk is as it was */
    RV_JOB_UNKNOWN = 6      /* may have been replaced. Never start another job; look first */
} rv_job_outcome;

/* Of DescribeInstances. */
typedef enum rv_instance_status {
    RV_INSTANCE_NOT_VISIBLE = 0, /* not looked yet, or not there for these credentials */
    RV_INSTANCE_OTHER,           /* a status that this version does not know: "in between" */
    RV_INSTANCE_CREATING,
    RV_INSTANCE_RUNNING,
    RV_INSTANCE_STOPPING,
    RV_INSTANCE_STOPPED,
    RV_INSTANCE_REBOOTING,
    RV_INSTANCE_STARTING,
    RV_INSTANCE_REBUILDING,
    RV_INSTANCE_RESIZING,
    RV_INSTANCE_ERROR,
    RV_INSTANCE_DELETING,
    RV_INSTANCE_STATUS_COUNT
} rv_instance_status;

/* The API's name ("RUNNING"); "" for NOT_VISIBLE and OTHER. Never NULL. */
RV_API const char *rv_instance_status_name(rv_instance_status status);

/* What a job wants to know of an instance. Texts are safe to show and cut to their places. */
typedef struct rv_instance {
    rv_instance_status status;
    uint32_t volume_count;
    uint64_t volumes; /* a hash of the set of volume ids, in any order; 0: none were listed */
    char instance_id[RV_ID_MAX + 1];
    char instance_name[RV_ID_MAX + 1];
    uint8_t is_name_cut; /* the name is longer than that */
    char image_id[RV_ID_MAX + 1];
    char os_type[9];     /* "Linux", "Windows" */
    char updated_at[28]; /* as the service writes it; "" if it does not fit */
} rv_instance;

/* Reads rv_instance from DescribeInstances, one after the other, for who asks for many at once:
 * rv_request.wanted = RV_INSTANCE_WANTED, on_object = rv_instance_read, on_object_ctx = reader.
 * Zero it, then set the first three. Its answer may be of any length. */
#define RV_INSTANCE_WANTED                                                           \
    "NextToken,Instances*[{InstanceId,InstanceName,Status,ImageId,OsType,UpdatedAt," \
    "Volumes*[{VolumeId}]}]"
typedef struct rv_instance_reader {
    const rv_call *call;                                   /* whose answer it is */
    void (*found)(void *ctx, const rv_instance *instance); /* valid during the callback only */
    void *ctx;
    rv_instance instance; /* private, as all members below */
    uint16_t attempt;
} rv_instance_reader;
RV_API int rv_instance_read(void *reader, int is_element, const rv_json *object);

/* What was seen of the replacement since it was sent: rv_job_report.evidence. */
#define RV_SAW_REBUILDING  1u  /* proof */
#define RV_SAW_NEW_VOLUMES 2u  /* proof */
#define RV_SAW_NEW_IMAGE   4u  /* proof: another before, the wanted one now */
#define RV_SAW_UPDATED     8u  /* hint: UpdatedAt has moved */
#define RV_SAW_STARTED     16u /* hint: RUNNING, from STOPPED, and not started by us */

/* What the account may not ask, or could not be asked: rv_job_report.not_checked. */
#define RV_NOT_CHECKED_IMAGE         1u
#define RV_NOT_CHECKED_KEY_PAIR      2u
#define RV_NOT_CHECKED_DRY_RUN       4u /* the service wants it stopped first, then it is asked */
#define RV_NOT_CHECKED_SYSTEM_VOLUME 8u /* DescribeVolumes */

typedef struct rv_job_report {
    int32_t status;         /* RV_OK, or why it ended; RV_AGAIN while it runs */
    rv_job_outcome outcome; /* true at every moment */
    rv_step step;           /* where it is, or has ended */
    uint8_t evidence;       /* RV_SAW_ */
    uint8_t not_checked;    /* RV_NOT_CHECKED_ */
    uint8_t stopped_by_job; /* StopInstance was sent, and may have been executed */
    uint8_t started_by_job; /* likewise StartInstance */
    uint8_t accepted;       /* by a 2xx or, after an unknown answer, by proof */
    uint8_t is_past_bound;  /* the replacement may not be sent again under its token */
    uint8_t is_dry_run;     /* so far only a DryRun is decided: outcome, token and times are its */
    rv_code power_code;     /* of the last refusal of StopInstance or StartInstance */
    char power_code_text[65];
    uint32_t looks;                        /* DescribeInstances answers so far, and observations */
    uint32_t requests;                     /* on the wire, all actions, repeated ones too */
    rv_instance instance;                  /* the last look */
    char baseline_image_id[RV_ID_MAX + 1]; /* of the last look before the replacement */
    char baseline_updated_at[28];
    int64_t first_sent_utc_s; /* of the replacement; RV_TIME_UNKNOWN: not sent */
    /* The replacement's own result from its first sending on, over all sendings; before that, and
     * with RV_ERR_CHECK, of the call or check that ended the job. client_token is the
     * replacement's in every case, or with is_dry_run that of the DryRun: where its answer is lost
     * the service may not have known DryRun, so it is watched and repeated like the replacement. */
    rv_result call;
} rv_job_report;

/* A job's record: plain bytes, with a version and a checksum, without a secret or a hash of one. */
#define RV_RECORD_MAX 512
#define RV_JOB_ID_MAX 60 /* characters of InstanceId and ImageId in a job */

typedef struct rv_progress {
    rv_step step;
    const rv_instance *instance; /* the last look; status NOT_VISIBLE before the first */
    uint32_t elapsed_ms;
    uint32_t attempt;      /* of the call that runs, from 1; 0: none runs */
    uint32_t next_look_ms; /* until then; 0: at work */
} rv_progress;

/* How the caller wants a job. Copied; all pointers are borrowed until the job is finished. Zero it,
 * then set what is needed. */
typedef struct rv_job_config {
    /* What to do. client_token NULL, or one that has never been sent: client_token_is_new must be
     * 1 then, a token with a past has a record. With dry_run RV_TRUE the job only checks, stops
     * and starts nothing. A resumed job may lack password and user_data once the
     * replacement, or its DryRun, was decided: it then looks, and ends where it would have to
     * send. */
    const rv_replace_system_volume *replace;

    const char *expected_image_id;      /* that the instance has now, else RV_ERR_CHECK; or NULL */
    const char *expected_instance_name; /* likewise, RV_ID_MAX bytes at most. Checked before the
                                         * stop and again before the replacement */
    uint8_t may_stop;                   /* 1: stop it if it runs; 0: RV_ERR_INSTANCE_STATUS */
    uint8_t leave_stopped;              /* 1: the job never starts it; the service may */
    uint8_t check_image;                /* 1: DescribeImages */
    uint8_t check_key_pair;             /* 1: DescribeKeyPairs, if key_pair_name is given */
    uint8_t check_dry_run;       /* 1: the call itself, first, with DryRun and its own token */
    uint8_t observed;            /* 1: the waits are fed by rv_job_observe; see there */
    uint32_t force_stop_after_s; /* 0: never; ForceStop if it is not STOPPED by then */

    /* Makes the record durable: asked before each step with an effect (a DryRun is one where the
     * service does not know it), after acceptance and when proof is seen. RV_OK: it is stored.
     * RV_AGAIN with need filled: asked again, the same bytes (after a cancel, or when time is up,
     * another record may come instead). Else the step is not taken (RV_ERR_STORE), except that
     * after acceptance the job goes on, and that it starts again what it has stopped. May be NULL:
     * a crash then leaves nothing to resume from. */
    int (*store)(void *ctx, const uint8_t *record, size_t len, rv_need *need);

    /* Told of each step, each look, each wait, each repetition within a call. RV_OK, or anything
     * else to cancel as by rv_job_cancel. May be NULL. */
    int (*progress)(void *ctx, const rv_progress *progress);
    void *ctx; /* for the two callbacks above */

    uint32_t job_timeout_s; /* 0: 3,600. A restart after a refusal may take 300 s longer */
    uint32_t poll_first_ms; /* between looks at first; 0: 1,000 */
    uint32_t poll_last_ms;  /* at last; 0: 15,000 */
} rv_job_config;

typedef struct rv_finding { /* private: what a question of the check has found */
    uint8_t is_there;
    int8_t available; /* 1: yes, -1: no, 0: the service does not say */
    int8_t windows;
    int8_t is_public;
    int32_t size_gib;
    uint64_t volume;
} rv_finding;

typedef struct rv_job_memory { /* private: in the record as they are, in this order */
    int64_t decided_utc_s;     /* the replacement, by the service's Date where that is known */
    int64_t power_utc_s;       /* the last stop or start, likewise */
    uint64_t volumes;          /* of the baseline, like the next */
    uint64_t system_volume;
    uint64_t random[2]; /* all tokens but the caller's are made of it */
} rv_job_memory;

typedef struct rv_job {
    uint8_t task;   /* private, as all members below: enum job_task */
    uint8_t asked;  /* enum job_call: what the call is */
    uint8_t effect; /* enum job_call: what comes after the record is stored */
    rv_outcome replacement;
    uint8_t is_resumed;
    uint8_t only_looks; /* with another access key than the record's */
    uint8_t is_in_step;
    uint8_t is_cancelled;
    uint8_t is_done;
    uint8_t ended_badly;
    uint8_t has_look;

    uint8_t wants_image; /* check */
    uint8_t wants_key_pair;
    uint8_t wants_dry_run;
    uint8_t system_volume_asked;

    uint8_t power; /* enum power_state: the decision to stop or to start */
    uint8_t power_decisions;
    uint8_t has_left_running; /* seen otherwise since the last stop or DryRun */
    uint8_t has_stopped;
    uint8_t has_started;
    uint8_t is_forced;
    uint8_t recorded_stop;

    uint8_t may_resend; /* the replacement */
    uint8_t busy_count;

    rv_finding finding;
    uint8_t is_cancel_wanted; /* by a callback */
    uint16_t found_attempt;
    uint16_t decisions; /* to stop, to start, or to ask a DryRun, all of them */

    rv_client *client;
    uint32_t facts;
    uint32_t same_looks; /* in a row with the same status */
    rv_job_config config;
    int32_t end_status; /* after a restart */
    uint32_t system_volume_looks;
    uint32_t poll_ms;
    uint32_t resend_ms;
    uint64_t started_ms;
    uint64_t deadline_ms;
    uint64_t stop_began_ms;
    uint64_t resend_at_ms;
    uint64_t wait_began_ms;
    uint64_t look_at_ms;
    uint64_t stored_checksum;
    rv_job_memory memory;

    rv_sent sent;       /* of the replacement's token; utc_s RV_TIME_UNKNOWN: not sent */
    rv_sent power_sent; /* of the last stop's or start's */
    rv_name_value parameters[3];
    char own_token[37]; /* of the stop, the start or the DryRun that is under way */
    char newest_updated_at[28];
    char token[RV_CLIENT_TOKEN_MAX + 1];
    char access_key_id[RV_ID_MAX + 1];
    rv_job_report report;
    rv_call call;
    rv_instance_reader reader;
    rv_instance found; /* by the last DescribeInstances, in its attempt found_attempt */
} rv_job;

/* Checks the parameters and begins a job; no I/O. RV_OK: step it until it is finished. On error it
 * is finished with RV_JOB_NOT_SENT: RV_ERR_USAGE, RV_ERR_PARAMETER, RV_ERR_RANDOM. The client is
 * the job's until then. */
RV_API int rv_job_start(rv_job *job, rv_client *client, const rv_job_config *config);

/* Goes on with a job from its last record, after a crash or a cancel. It looks first, then goes on
 * with the same tokens, as far as that is allowed: the replacement is sent again only within the
 * token's bound by the service's Date, with the same access key, and never otherwise; then it only
 * looks. RV_ERR_RECORD (rule says which), RV_JOB_UNKNOWN; RV_ERR_PARAMETER with
 * RV_RULE_NOT_AS_RECORDED for another parameter than the record's, or with RV_RULE_REQUIRED for a
 * password or user data that is missing, if the record is of before the replacement. */
RV_API int rv_job_resume(rv_job *job, rv_client *client, const rv_job_config *config,
                         const uint8_t *record, size_t len);

/* Does what can be done without waiting, as rv_call_step. RV_AGAIN, or the job's status. */
RV_API int rv_job_step(rv_job *job, rv_need *need);

/* Steps and waits with rv_socket.wait until the job is finished; returns its status. */
RV_API int rv_job_run(rv_job *job);

/* Ends a job between two steps: RV_ERR_CANCELLED, with what is true at that moment. If the job has
 * stopped the instance and the replacement was certainly not executed, it first goes on to start it
 * again (RV_STEP_RESTART), so step it until it is finished; a second cancel ends that too. */
RV_API void rv_job_cancel(rv_job *job);

/* 1: the job waits for the next look, which rv_job_observe may give. */
RV_API int rv_job_is_watching(const rv_job *job);

/* A look from outside (config.observed): what DescribeInstances said of the job's instance, NULL if
 * it is not visible, and the monotonic time at which that was asked. One that was asked before the
 * job began to wait is ignored. The check, the baseline and the first look after a resume are
 * always the job's own. While it waits, its connection is not used: rv_client_close frees that
 * memory. */
RV_API void rv_job_observe(rv_job *job, const rv_instance *instance, uint64_t asked_at_ms);

/* The job's record as it stands; returns its length. */
RV_API size_t rv_job_record(const rv_job *job, uint8_t out[RV_RECORD_MAX]);

/* What is known: at any time after rv_job_start or rv_job_resume, final once it is finished. */
RV_API const rv_job_report *rv_job_report_of(const rv_job *job);

/* Ends at once if need be, and wipes. Legal after a failed start, twice, and on a zeroed object. */
RV_API void rv_job_free(rv_job *job);

#endif /* RV_NO_JOB */

#ifdef __cplusplus
}
#endif

#endif
