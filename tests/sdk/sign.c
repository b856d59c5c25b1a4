/*
 * sign: the requests that the core makes, for comparison with the vendor's SDK
 *
 * Reads a request a line from standard input and writes a line for each: all bytes of the signed
 * request in hexadecimal digits, or "error PARAMETER RULE". A line has these words, separated by
 * one space, and then names and values in turn:
 *
 *   request|replace GET|POST UTC-SECONDS HOST PORT REGION SERVICE ACTION VERSION ID SECRET TOKEN
 *
 * Texts are "x" and their bytes in hexadecimal digits; "-" is no text. "request" is any action;
 * "replace" is ReplaceSystemVolume, whose own parameters go into rv_replace_system_volume, UserData
 * raw, and the others into its list.
 */
#define RV_STATIC
#include "../../replace_volume.c"
#include "../support/no_socket.h"

#include <stdio.h>
#include <stdlib.h>

static char line[1 << 20];

/* What one line says. */
struct order {
    int is_replace;
    int64_t utc_s;
    rv_client_config config;
    rv_credentials credentials;
    rv_request request;
    rv_replace_system_volume replace;
    rv_name_value list[RV_LIST_MAX + 1];
    size_t count;
};

static void die(const char *reason)
{
    fprintf(stderr, "sign: %s\n", reason);
    exit(2);
}

static char *word(void)
{
    char *text = strtok(NULL, " \n");

    if (text == NULL) {
        die("a line is too short");
    }
    return text;
}

/* Decodes "x..." in its place; len may be NULL. */
static const char *decode(char *text, size_t *len)
{
    char *out = text;
    const char *in = text + 1;

    if (*text == '-') {
        return NULL;
    }
    if (*text != 'x') {
        die("a text does not begin with x");
    }
    while (in[0] != '\0') {
        int high = hex_value(in[0]), low = hex_value(in[1]);

        if (high < 0 || low < 0) {
            die("a text has no hexadecimal digits");
        }
        *out++ = (char)(high << 4 | low);
        in += 2;
    }
    *out = '\0';
    if (len != NULL) {
        *len = (size_t)(out - text);
    }
    return text;
}

static const char *text(void)
{
    return decode(word(), NULL);
}

static rv_boolean boolean(const char *value)
{
    return strcmp(value, "true") == 0 ? RV_TRUE : RV_FALSE;
}

/* A parameter of ReplaceSystemVolume that has a place of its own; 0 if it has none. */
static int take_own(rv_replace_system_volume *replace, const char *name, const char *value,
                    size_t len)
{
    if (strcmp(name, "InstanceId") == 0) {
        replace->instance_id = value;
    } else if (strcmp(name, "ImageId") == 0) {
        replace->image_id = value;
    } else if (strcmp(name, "Password") == 0) {
        replace->password = value;
    } else if (strcmp(name, "KeyPairName") == 0) {
        replace->key_pair_name = value;
    } else if (strcmp(name, "KeepImageCredential") == 0) {
        replace->keep_image_credential = boolean(value);
    } else if (strcmp(name, "ClientToken") == 0) {
        replace->client_token = value;
    } else if (strcmp(name, "DryRun") == 0) {
        replace->dry_run = boolean(value);
    } else if (strcmp(name, "ImageReleaseVersion") == 0) {
        replace->image_release_version = value;
    } else if (strcmp(name, "Size") == 0) {
        replace->has_size_gib = 1;
        replace->size_gib = (uint32_t)strtoul(value, NULL, 10);
    } else if (strcmp(name, "UserData") == 0) {
        replace->user_data = (const uint8_t *)value;
        replace->user_data_len = len;
    } else {
        return 0;
    }
    return 1;
}

static void take_parameter(struct order *order, const char *name, const char *value, size_t len)
{
    if (order->is_replace && take_own(&order->replace, name, value, len)) {
        return;
    }
    if (!order->is_replace && strcmp(name, "ClientToken") == 0) {
        order->request.client_token = value;
        return;
    }
    if (order->count == RV_LIST_MAX) {
        die("a line has too many parameters");
    }
    order->list[order->count].name = name;
    order->list[order->count].value = value;
    order->count++;
}

static void read_order(struct order *order, const char *kind)
{
    char *name;
    rv_method method;

    memset(order, 0, sizeof(*order));
    order->is_replace = strcmp(kind, "replace") == 0;
    method = strcmp(word(), "POST") == 0 ? RV_POST : RV_GET;
    order->request.method = order->replace.method = method;
    order->utc_s = strtoll(word(), NULL, 10);
    order->config.host = text();
    order->config.port = (uint16_t)strtoul(word(), NULL, 10);
    order->config.region = text();
    order->request.service = text();
    order->request.action = text();
    order->request.version = text();
    order->credentials.access_key_id = text();
    order->credentials.secret_access_key = text();
    order->credentials.session_token = text();
    while ((name = strtok(NULL, " \n")) != NULL) {
        char *value = word();
        size_t len = 0;

        decode(name, NULL);
        decode(value, &len);
        take_parameter(order, name, value, len);
    }
    order->request.parameters = order->replace.extra = order->list;
    order->request.parameter_count = order->replace.extra_count = order->count;
}

/* --- a client that is never connected ------------------------------------------------------------
 */

static uint64_t no_time(void *ctx)
{
    (void)ctx;
    return 0;
}

static int no_random(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    memset(buf, 0, len);
    return RV_OK;
}

/* --- signing -------------------------------------------------------------------------------------
 */

static void write_request(rv_call *call)
{
    char window[100], hex[201];
    size_t len;

    while ((len = cursor_fill(call, window, sizeof(window))) > 0) {
        hex_write(hex, (const uint8_t *)window, len);
        fputs(hex, stdout);
    }
    putchar('\n');
}

static int sign(rv_call *call, rv_client *client, const struct order *order)
{
    int status = order->is_replace ? rv_call_start_replace(call, client, &order->replace)
                                   : rv_call_start(call, client, &order->request);

    if (status == RV_OK) {
        call->credentials = order->credentials;
        status = check_credentials(&call->credentials, &call->result);
    }
    if (status == RV_OK) {
        status = request_sign(call, order->utc_s);
    }
    return status;
}

static void obey(struct order *order)
{
    static rv_system machine;
    static rv_tls tls;
    static rv_client client;
    static rv_call call;
    rv_result why;

    machine.monotonic_ms = no_time;
    machine.random = no_random;
    tls.system = &machine;
    tls.config = &tls.own;
    order->config.tls = &tls;
    order->config.socket = &no_socket;
    order->config.credentials = &order->credentials;

    if (rv_client_init(&client, &order->config, &why) != RV_OK) {
        printf("error %s %d\n", rv_parameter_name(why.parameter), (int)why.rule);
        return;
    }
    if (sign(&call, &client, order) == RV_OK) {
        write_request(&call);
    } else {
        printf("error %s %d\n", call.result.parameter_name, (int)call.result.rule);
    }
    rv_call_free(&call);
    rv_client_free(&client);
}

int main(void)
{
    static struct order order;

#if defined(RV_USE_PSA)
    if (psa_crypto_init() != PSA_SUCCESS) {
        die("PSA does not start");
    }
#endif
    while (fgets(line, sizeof(line), stdin) != NULL) {
        const char *kind = strtok(line, " \n");

        if (kind != NULL) {
            read_order(&order, kind);
            obey(&order);
        }
    }
    return 0;
}
