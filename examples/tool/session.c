#define _POSIX_C_SOURCE 200809L
#include "session.h"

#include "console.h"
#include "explain.h"
#include "sentences.h"
#include "signals.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>
#endif

/* --- what happens, as the library tells it -----------------------------------------------------
 */

static void say_retry(const struct session *session, int32_t wait_ms)
{
    char why[STATUS_TEXT_SIZE];

    status_text(session->last_status, why);
    (void)console_say(CONSOLE_PROGRESS, "this attempt failed: %s; the next one in %d.%03d s",
                      session->last_code[0] != '\0' ? session->last_code : why,
                      (int)(wait_ms / 1000), (int)(wait_ms % 1000));
}

static void trace_connection(rv_trace_event event, int32_t number, const char *text)
{
    if (event == RV_TRACE_CONNECT) {
        (void)console_say(CONSOLE_DETAIL, "connecting to %s port %d", text, (int)number);
    } else if (event == RV_TRACE_CONNECTED) {
        (void)console_say(CONSOLE_DETAIL, "connected and verified, %s", text);
    } else if (event == RV_TRACE_REUSED) {
        (void)console_say(CONSOLE_DETAIL, "the connection of before is used again");
    } else if (event == RV_TRACE_CLOSED) {
        (void)console_say(CONSOLE_DETAIL, "connection closed");
    }
}

static void trace_exchange(rv_trace_event event, int32_t number, const char *text)
{
    if (event == RV_TRACE_REQUEST) {
        (void)console_say(CONSOLE_DETAIL, "request signed, with the header fields %s", text);
    } else if (event == RV_TRACE_SENT) {
        (void)console_say(CONSOLE_DETAIL, "request sent, %d bytes", (int)number);
    } else if (event == RV_TRACE_STATUS) {
        (void)console_say(CONSOLE_DETAIL, "answer: HTTP status %d", (int)number);
    } else if (event == RV_TRACE_FIELD) {
        (void)console_say(CONSOLE_DETAIL, "answer: header field %s", text);
    } else if (event == RV_TRACE_ANSWER) {
        (void)console_say(CONSOLE_DETAIL, "answer: %d bytes%s%s", (int)number,
                          text[0] != '\0' ? ", code " : "", text);
    }
}

static void trace(void *ctx, rv_trace_event event, int32_t number, const char *text)
{
    struct session *session = ctx;
    char why[STATUS_TEXT_SIZE];

    switch (event) {
    case RV_TRACE_ATTEMPT:
        session->last_code[0] = '\0';
        (void)console_say(CONSOLE_DETAIL, "attempt %d", (int)number);
        break;
    case RV_TRACE_ANSWER:
        (void)snprintf(session->last_code, sizeof session->last_code, "%s", text);
        trace_exchange(event, number, text);
        break;
    case RV_TRACE_FAILED:
        session->last_status = number;
        status_text(number, why);
        (void)console_say(CONSOLE_DETAIL, "end of the attempt: %s", why);
        break;
    case RV_TRACE_RETRY:
        say_retry(session, number);
        break;
    case RV_TRACE_CLOCK_CORRECTED:
        (void)console_say(
            CONSOLE_PROGRESS,
            "this machine's clock is %d s %s the service's; the request is signed with the "
            "service's time",
            abs((int)number), number < 0 ? "ahead of" : "behind");
        break;
    default:
        trace_connection(event, number, text);
        trace_exchange(event, number, text);
        break;
    }
}

/* --- setting up --------------------------------------------------------------------------------
 */

static int open_anchors(struct session *session, const char *file, struct report *report)
{
    rv_posix_bundle bundle;
    char why[TLS_TEXT_SIZE] = "";
    int status = rv_posix_ca_bundle(&session->anchors, file, &bundle);

    if (status == RV_OK) {
        (void)console_say(CONSOLE_DETAIL, "trust anchors from %s", bundle.file);
        return 0;
    }
    if (bundle.file == NULL) {
        report_advise(report, "Install the system's CA certificates (package ca-certificates), or "
                              "give --ca-file.");
        return report_fault(report, EXIT_NOT_SENT, "this system has no CA bundle");
    }
    if (bundle.tls_error != 0) {
        tls_error_text(bundle.tls_error, why);
    }
    return report_fault(report, file != NULL ? EXIT_USAGE : EXIT_NOT_SENT,
                        "%s%s has no certificates that can be read: %s",
                        file != NULL ? "--ca-file " : "", bundle.file,
                        bundle.system_error != 0 ? strerror(bundle.system_error) : why);
}

void session_client_config(rv_client_config *config, const struct session *session,
                           const struct options *options, const struct settings *settings)
{
    memset(config, 0, sizeof *config);
    config->tls = &session->tls;
    config->host = settings->endpoint.host;
    config->port = settings->endpoint.port;
    config->region = settings->region;
    config->credentials = &settings->credentials;
    config->call_timeout_ms = options->timeout_s * 1000;
}

static int open_client(struct session *session, const struct options *options,
                       const struct settings *settings, struct report *report)
{
    rv_client_config config;
    rv_result why;
    char sentence[STATUS_TEXT_SIZE];
    int status;

    session_client_config(&config, session, options, settings);
    config.socket = &session->socket;
    config.trace = trace;
    config.ctx = session;
    memset(&why, 0, sizeof why);
    status = rv_client_init(&session->client, &config, &why);
    if (status == RV_ERR_PARAMETER) {
        return explain_parameter(report, options, settings, &why);
    }
    status_text(status, sentence);
    return status == RV_OK ? 0 : report_fault(report, EXIT_NOT_SENT, "%s", sentence);
}

static int open_tls(struct session *session, struct report *report)
{
    char sentence[STATUS_TEXT_SIZE];
    int status = rv_tls_init(&session->tls, &session->system, &session->anchors);

    status_text(status, sentence);
    return status == RV_OK
               ? 0
               : report_fault(report, EXIT_NOT_SENT, "TLS cannot be set up: %s", sentence);
}

int session_open(struct session *session, const struct options *options,
                 const struct settings *settings, struct report *report)
{
    int status;

    memset(session, 0, sizeof *session);
    mbedtls_x509_crt_init(&session->anchors);
    rv_posix_system(&session->system);
#if defined(TOOL_BUILT_AT_S)
    session->system.utc_lower_bound_s = TOOL_BUILT_AT_S; /* a clock that says less is wrong */
#endif
    rv_posix_socket_init(&session->posix, &session->socket);
#if defined(MBEDTLS_PSA_CRYPTO_C)
    if (psa_crypto_init() != PSA_SUCCESS) {
        return report_fault(report, EXIT_NOT_SENT,
                            "the cryptography cannot be started: no random numbers yet?");
    }
#endif
    status = open_anchors(session, options->ca_file, report);
    if (status == 0) {
        status = open_tls(session, report);
    }
    return status == 0 ? open_client(session, options, settings, report) : status;
}

void session_close(struct session *session)
{
    rv_call_free(&session->call);
    rv_client_free(&session->client);
    rv_tls_free(&session->tls);
    mbedtls_x509_crt_free(&session->anchors);
#if defined(MBEDTLS_PSA_CRYPTO_C)
    mbedtls_psa_crypto_free();
#endif
}

/* --- the loop ----------------------------------------------------------------------------------
 */

uint64_t session_now_ms(const struct session *session)
{
    return session->system.monotonic_ms(session->system.ctx);
}

static int wait_ms(const struct session *session, const rv_need *need, int most_ms)
{
    uint64_t now = session_now_ms(session);

    if ((need->events & RV_NOW) != 0 || need->wake_at_ms <= now) {
        return 0;
    }
    return need->wake_at_ms - now < (uint64_t)most_ms ? (int)(need->wake_at_ms - now) : most_ms;
}

void session_wait(const struct session *session, const rv_need *need, int most_ms)
{
    struct pollfd entries[2] = {{signals_descriptor(), POLLIN, 0}, {-1, 0, 0}};

    if ((need->events & (RV_READ | RV_WRITE)) != 0) {
        entries[1].fd = rv_posix_descriptor(&session->posix);
        entries[1].events = (short)(((need->events & RV_READ) != 0 ? POLLIN : 0) |
                                    ((need->events & RV_WRITE) != 0 ? POLLOUT : 0));
    }
    (void)poll(entries, 2, wait_ms(session, need, most_ms));
}

void session_run_call(struct session *session)
{
    rv_need need;

    while (signals_caught() == 0) {
        if (rv_call_step(&session->call, &need) != RV_AGAIN) {
            return;
        }
        session_wait(session, &need, SESSION_WAIT_MAX_MS);
    }
    rv_call_cancel(&session->call); /* does nothing to a finished one */
}

static void run_question(void *ctx)
{
    session_run_call(ctx);
}

void session_asker(struct session *session, struct asker *asker)
{
    memset(asker, 0, sizeof *asker);
    asker->client = &session->client;
    asker->call = &session->call;
    asker->run = run_question;
    asker->ctx = session;
}
