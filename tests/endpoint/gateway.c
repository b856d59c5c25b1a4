#define _POSIX_C_SOURCE 200809L
#include "gateway.h"

#include "moment.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int64_t service_utc_s(const struct options *options)
{
    return utc_now_s() + options->clock_offset_s;
}

/* Reads AK=SK[=TOKEN]. A secret may end in '=' itself, as base64 does: of a run of '=' inside, the
 * last one separates, and a run at the end belongs to the secret. */
static void parse_access_key(struct access_key *key, const char *text)
{
    const char *secret = strchr(text, '=');
    const char *end;

    if (secret == NULL || secret == text || secret[1] == '\0')
        die("--access-key-id wants AK=SK or AK=SK=TOKEN");
    secret++;
    end = secret + strcspn(secret, "=");
    end += strspn(end, "=");
    key->id = copy_bytes(text, (size_t)(secret - 1 - text));
    key->token = *end != '\0' ? copy_string(end) : NULL;
    key->secret = copy_bytes(secret, (size_t)(end - secret) - (*end != '\0' ? 1 : 0));
}

void gateway_open(struct gateway *gateway, const struct options *options, int64_t port)
{
    size_t i;

    memset(gateway, 0, sizeof *gateway);
    gateway->options = options;
    gateway->port = options->public_port != 0 ? options->public_port : port;
    gateway->key_count = options->access_keys.count;
    gateway->keys = allocate(gateway->key_count * sizeof *gateway->keys);
    for (i = 0; i < gateway->key_count; i++)
        parse_access_key(&gateway->keys[i], options->access_keys.items[i]);
}

void gateway_close(struct gateway *gateway)
{
    size_t i;

    for (i = 0; i < gateway->key_count; i++) {
        free(gateway->keys[i].id);
        free(gateway->keys[i].secret);
        free(gateway->keys[i].token);
    }
    free(gateway->keys);
}

void call_free(struct call *call)
{
    parameters_free(&call->query);
    parameters_free(&call->parameters);
}

static bool strings_have(const struct strings *strings, const char *wanted)
{
    size_t i;

    for (i = 0; i < strings->count; i++) {
        if (strcasecmp(strings->items[i], wanted) == 0)
            return true;
    }
    return false;
}

static bool check_host(const struct gateway *gateway, const struct http_request *request,
                       struct refusal *refusal)
{
    size_t count;
    const char *host = http_find_header(request, "Host", &count);
    const char *colon;
    char name[256], port[16] = "";

    if (count != 1)
        return refuse(refusal, "MissingRequestInfo", "there are %zu Host headers", count);
    colon = strrchr(host, ':');
    if (colon != NULL && strchr(colon, ']') != NULL)
        colon = NULL;
    snprintf(name, sizeof name, "%.*s", (int)(colon != NULL ? colon - host : 255), host);
    if (gateway->port != 443 && gateway->port != 80)
        snprintf(port, sizeof port, ":%lld", (long long)gateway->port);
    if (!strings_have(&gateway->options->host_names, name) && strcmp(name, "127.0.0.1") != 0 &&
        strcmp(name, "[::1]") != 0)
        return refuse(refusal, "MissingRequestInfo", "Host is not this endpoint; see --host-name");
    if (strcmp(colon != NULL ? colon : "", port) != 0)
        return refuse(refusal, "MissingRequestInfo", "Host must be NAME%s", port);
    return true;
}

static void copy_parameter(const struct parameters *parameters, const char *key, char *out,
                           size_t size)
{
    const char *value = find_parameter(parameters, key);

    snprintf(out, size, "%s", value != NULL ? value : "");
}

static bool parse_query(const struct gateway *gateway, const char *target, struct call *call,
                        struct refusal *refusal)
{
    bool in_order = gateway->options->query_order == QUERY_AS_SIGNED;
    char complaint[160];

    if (target[0] != '/' || (target[1] != '?' && target[1] != '\0'))
        return refuse(refusal, "InvalidParameter", "the path is not /");
    if (target[1] == '?' && !parameters_add(&call->query, target + 2, strlen(target + 2), in_order,
                                            complaint, sizeof complaint))
        return refuse(refusal, "InvalidParameter", "query: %s", complaint);
    copy_parameter(&call->query, "Action", call->action, sizeof call->action);
    copy_parameter(&call->query, "Version", call->version, sizeof call->version);
    return true;
}

static bool is_form(const struct http_request *request)
{
    static const char form[] = "application/x-www-form-urlencoded";
    const char *type = http_find_header(request, "Content-Type", NULL);

    return type != NULL && strncasecmp(type, form, sizeof form - 1) == 0 &&
           (type[sizeof form - 1] == '\0' || type[sizeof form - 1] == ';');
}

/* Collects the parameters of query and form. A key in both is as wrong as a key twice in one. */
static bool collect_parameters(const struct gateway *gateway, const struct http_request *request,
                               struct call *call, struct refusal *refusal)
{
    struct text query = {0};
    char complaint[160];
    bool good;

    parameters_canonical(&call->query, NULL, &query);
    good = parameters_add(&call->parameters, query.bytes, query.len, false, complaint,
                          sizeof complaint);
    text_free(&query);
    if (good && request->body_len > 0 && gateway->options->post == POST_ACCEPTED)
        good = parameters_add(&call->parameters, request->body, request->body_len, false, complaint,
                              sizeof complaint);
    if (!good)
        return refuse(refusal, "InvalidParameter", "body: %s", complaint);
    return true;
}

static bool check_method(const struct gateway *gateway, const struct http_request *request,
                         struct refusal *refusal)
{
    bool post = strcmp(request->method, "POST") == 0;

    if (!post && strcmp(request->method, "GET") != 0)
        return refuse(refusal, "InvalidActionOrVersion", "the method is neither GET nor POST");
    if (post && gateway->options->post == POST_REFUSED)
        return refuse(refusal, "InvalidActionOrVersion", "POST is refused; see --post");
    if (!post && request->body_len > 0)
        return refuse(refusal, "InvalidParameter", "a GET has a body");
    if (post && http_find_header(request, "Content-Length", NULL) == NULL)
        return refuse(refusal, "InvalidParameter", "a POST has no Content-Length");
    if (request->body_len > 0 && !is_form(request))
        return refuse(refusal, "InvalidParameter", "the body is no form; see Content-Type");
    return true;
}

static const struct access_key *find_key(const struct gateway *gateway, const char *id)
{
    size_t i;

    for (i = 0; i < gateway->key_count; i++) {
        if (strcmp(gateway->keys[i].id, id) == 0)
            return &gateway->keys[i];
    }
    return NULL;
}

/* The scope's day must be that of X-Date, and X-Date within the window around the service's clock.
 */
static bool check_date(const struct gateway *gateway, const struct authorization *authorization,
                       const char *x_date, struct refusal *refusal)
{
    const struct options *options = gateway->options;
    int64_t signed_at, age;

    if (!parse_compact_utc(x_date, &signed_at))
        return refuse(refusal, "InvalidTimestamp", "X-Date is not YYYYMMDDTHHMMSSZ");
    if (strlen(authorization->date) != 8 || strncmp(authorization->date, x_date, 8) != 0)
        return refuse(refusal, "InvalidCredential", "the scope's date is not that of X-Date");
    age = service_utc_s(options) - signed_at;
    if (age > options->past_date_window_s)
        return refuse(refusal, "InvalidTimestamp", "X-Date is %lld s old", (long long)age);
    if (-age > options->future_date_window_s)
        return refuse(refusal, "InvalidTimestamp", "X-Date is %lld s ahead", (long long)-age);
    return true;
}

static bool check_session_token(const struct access_key *key,
                                const struct authorization *authorization,
                                const struct http_request *request, struct refusal *refusal)
{
    size_t count;
    const char *token = http_find_header(request, "X-Security-Token", &count);

    if (key->token == NULL && count == 0)
        return true;
    if (key->token == NULL)
        return refuse(refusal, "InvalidSecretToken", "this key is not a temporary one");
    if (count != 1 || strcmp(token, key->token) != 0)
        return refuse(refusal, "InvalidSecretToken", "X-Security-Token is missing or wrong");
    if (!is_signed_header(authorization, "x-security-token"))
        return refuse(refusal, "InvalidSecretToken", "X-Security-Token is not signed");
    return true;
}

static bool check_scope(const struct gateway *gateway, const struct authorization *authorization,
                        struct refusal *refusal)
{
    if (strcmp(authorization->service, "ecs") != 0 &&
        strcmp(authorization->service, "storage_ebs") != 0)
        return refuse(refusal, "ServiceNotFound", "the scope's service is not ecs or storage_ebs");
    /* A wrong region is not named as such by the real gateway either. */
    if (strcmp(authorization->region, gateway->options->region) != 0)
        return refuse(refusal, "SignatureDoesNotMatch", "the scope's region is not %s",
                      gateway->options->region);
    return true;
}

static bool check_signed_headers(const struct gateway *gateway,
                                 const struct authorization *authorization,
                                 const struct http_request *request, struct refusal *refusal)
{
    const char *content_hash = http_find_header(request, "X-Content-Sha256", NULL);
    char hash[HEX_DIGEST_SIZE];

    if (!is_signed_header(authorization, "x-date") ||
        (!gateway->options->unsigned_host && !is_signed_header(authorization, "host")))
        return refuse(refusal, "SignatureDoesNotMatch", "host and x-date must be signed");
    sha256_hex(request->body, request->body_len, hash);
    if (content_hash != NULL && strcmp(content_hash, hash) != 0)
        return refuse(refusal, "SignatureDoesNotMatch", "X-Content-Sha256 is not the body's hash");
    return true;
}

static bool check_identity(const struct gateway *gateway, const struct http_request *request,
                           struct call *call, struct refusal *refusal)
{
    struct authorization authorization;
    const struct access_key *key;
    size_t count, dates;
    const char *header = http_find_header(request, "Authorization", &count);
    const char *x_date = http_find_header(request, "X-Date", &dates);

    if (count == 0)
        return refuse(refusal, "MissingAuthenticationToken", "there is no Authorization header");
    if (count > 1)
        return refuse(refusal, "InvalidAuthorization", "there are %zu Authorizations", count);
    if (!authorization_parse(header, &authorization, refusal))
        return false;
    memcpy(call->service, authorization.service, sizeof call->service);
    if (dates != 1)
        return refuse(refusal, "MissingRequestInfo", "there are %zu X-Date headers", dates);
    key = find_key(gateway, authorization.key_id);
    if (key == NULL)
        return refuse(refusal, "InvalidAccessKey", "the access key id is unknown");
    call->key_id = key->id;
    return check_session_token(key, &authorization, request, refusal) &&
           check_date(gateway, &authorization, x_date, refusal) &&
           check_scope(gateway, &authorization, refusal) &&
           check_signed_headers(gateway, &authorization, request, refusal) &&
           signature_check(&authorization, key, request, &call->query, refusal);
}

static bool check_flow(struct gateway *gateway, struct refusal *refusal)
{
    uint64_t second = monotonic_ms() / 1000;

    if (second != gateway->flow_second) {
        gateway->flow_second = second;
        gateway->flow_count = 0;
    }
    gateway->flow_count++;
    if (gateway->options->flow_limit != 0 && gateway->flow_count > gateway->options->flow_limit)
        return refuse(refusal, "FlowLimitExceeded", "request %lld within a second",
                      (long long)gateway->flow_count);
    return true;
}

static bool check_action(const struct gateway *gateway, const struct call *call,
                         struct refusal *refusal)
{
    if (call->action[0] == '\0' || call->version[0] == '\0')
        return refuse(refusal, "MissingParameter", "Action or Version is not in the query");
    if (strings_have(&gateway->options->denied_actions, call->action))
        return refuse(refusal, "AccessDenied", "the action is denied; see --deny");
    return true;
}

bool gateway_admit(struct gateway *gateway, const struct http_request *request, struct call *call,
                   struct refusal *refusal)
{
    memset(call, 0, sizeof *call);
    call->key_id = "";
    snprintf(call->service, sizeof call->service, "ecs");
    snprintf(call->region, sizeof call->region, "%s", gateway->options->region);
    return parse_query(gateway, request->target, call, refusal) &&
           collect_parameters(gateway, request, call, refusal) &&
           check_host(gateway, request, refusal) && check_method(gateway, request, refusal) &&
           check_identity(gateway, request, call, refusal) && check_flow(gateway, refusal) &&
           check_action(gateway, call, refusal);
}
