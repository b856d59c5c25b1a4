/*
 * scripted.h - a machine, a network and a service in memory, for the tests of channel and call
 *
 * A clock that moves only when it is told to, randomness that can run out, a socket that does
 * whatever a port is allowed to do (and what it is not), and behind it a TLS server made with
 * mbedTLS itself, which answers by a script and remembers what it was asked. No threads, no files,
 * no real time: the server works inside the socket's callbacks.
 *
 *     struct scripted *world = *state;
 *
 *     SCRIPT(world, REFUSED(429, "FlowLimitExceeded"), ACCEPTED);
 *     assert_int_equal(scripted_replace(world), RV_OK);
 *     assert_int_equal(world->server.requests, 2);
 *
 * What is set is set between scripted_setup and the first call. Every step of a call that runs
 * through scripted_step or scripted_run is checked against the contract of rv_call_step.
 */
#ifndef SCRIPTED_H
#define SCRIPTED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replace_volume.h"

#include <mbedtls/ssl_ticket.h>

#define SCRIPTED_HOST     "ecs.service.test"
#define SCRIPTED_UTC      1750000000 /* true time when a test begins: 2025-06-15T15:06:40Z */
#define SCRIPTED_REQUESTS 8          /* so many are remembered */

/* Has mbedTLS TLS 1.3, and is it switched on? */
#if MBEDTLS_VERSION_NUMBER >= 0x03020000 && defined(MBEDTLS_SSL_PROTO_TLS1_3)
#define SCRIPTED_TLS_1_3 1
#else
#define SCRIPTED_TLS_1_3 0
#endif

/* --- the script ------------------------------------------------------------------------------- */

/* How an answer ends. */
enum scripted_end {
    END_KEPT,         /* the connection stays */
    END_CLOSE_NOTIFY, /* in an orderly way: close_notify, then the end of the stream */
    END_CUT,          /* the end of the stream, without close_notify */
    END_RESET,        /* the connection is reset; what the client has not read is lost */
    END_SILENT        /* nothing more comes, the connection stays open */
};

/* One answer. Zero means: none of it. */
typedef struct scripted_answer {
    int status;
    const char *fields; /* more header fields, each with its CRLF */
    const char *body;
    const char *raw;   /* all of the answer, instead of the three above */
    const char *extra; /* after the answer, in the same TLS record */
    int has_date;      /* with a Date: the true time ... */
    int64_t date_s;    /* ... and so many seconds */
    int no_length;     /* no Content-Length: the body ends with the connection */
    int is_cut;        /* only cut_at bytes of it are sent, then it ends */
    size_t cut_at;
    enum scripted_end end;
    uint32_t delay_ms;
    size_t reset_after; /* the connection is reset once so many bytes of the request have come */
} scripted_answer;

#define BODY_ACCEPTED                                                                        \
    "{\"ResponseMetadata\":{\"RequestId\":\"request-1\",\"Action\":\"ReplaceSystemVolume\"," \
    "\"Version\":\"2020-04-01\",\"Service\":\"ecs\",\"Region\":\"cn-beijing\"},\"Result\":{}}"
#define BODY_ERROR(code)                                                                     \
    "{\"ResponseMetadata\":{\"RequestId\":\"request-1\",\"Action\":\"ReplaceSystemVolume\"," \
    "\"Version\":\"2020-04-01\",\"Service\":\"ecs\",\"Region\":\"cn-beijing\",\"Error\":{"   \
    "\"CodeN\":100000,\"Code\":\"" code "\",\"Message\":\"Why.\"}}}"

#define ACCEPTED                             \
    {                                        \
        .status = 200, .body = BODY_ACCEPTED \
    }
#define REFUSED(status_, code)                        \
    {                                                 \
        .status = (status_), .body = BODY_ERROR(code) \
    }
#define NO_ANSWER                   \
    {                               \
        .is_cut = 1, .end = END_CUT \
    }
#define STATUS_ONLY(status_)            \
    {                                   \
        .status = (status_), .body = "" \
    }

/* The answers to the 1st, 2nd, ... request; further ones get the last again. */
#define SCRIPT(world, ...)                                                   \
    do {                                                                     \
        static const scripted_answer script_[] = {__VA_ARGS__};              \
        (world)->server.answers = script_;                                   \
        (world)->server.answer_count = sizeof(script_) / sizeof(script_[0]); \
    } while (0)

/* --- what can go wrong on the caller's side --------------------------------------------------- */

enum scripted_callback {
    ON_NOTHING,
    ON_UTC,
    ON_RANDOM,
    ON_OPEN,
    ON_SEND,
    ON_RECV,
    ON_WAIT,
    ON_CALLBACKS
};

#define WITH_LEN_PLUS_1 INT32_MAX /* the callback returns one more than it was asked for */

enum scripted_certificate {
    CERTIFICATE_GOOD,       /* 2000 to 2100 */
    CERTIFICATE_DATED,      /* 2025 */
    CERTIFICATE_PAST,       /* 2019 and 2020 */
    CERTIFICATE_AHEAD,      /* 2090 to 2098 */
    CERTIFICATE_OTHER_HOST, /* other.test */
    CERTIFICATE_STRANGER,   /* from an authority of the same name, with another key */
    CERTIFICATE_CHAINED     /* 2000 to 2100, by an intermediate authority of 2025 */
};

struct scripted_queue {
    uint8_t bytes[262144]; /* more than any answer, as it is on the wire */
    size_t begin, end;
};

struct scripted {
    /* --- the machine */
    rv_system system;
    uint64_t now_ms;
    int64_t off_s;       /* true time that has passed while the machine was off */
    int64_t utc_error_s; /* the machine's UTC minus the true one */
    int utc_unknown;
    uint32_t random_state;

    /* The at-th call (from 1) of a callback fails; and_later: all later ones too. */
    struct {
        enum scripted_callback callback;
        unsigned at;
        int with;
        int and_later;
    } fail;
    unsigned calls[ON_CALLBACKS];
    unsigned closes;

    /* --- the socket */
    rv_socket socket;
    unsigned open_agains;     /* so often open says RV_AGAIN, each time ... */
    uint32_t open_events;     /* ... for these events ... */
    uint32_t open_wait_ms;    /* ... which come after this time, or never if it is over ... */
    uint32_t open_wake_ms;    /* ... the port's own timer (0: none) */
    size_t piece;             /* so many bytes a call at most; 0: no limit */
    int blocks;               /* every other call of send and recv would block */
    size_t send_stalls_after; /* no byte is taken any more after so many; 0: no limit */
    int error_number;         /* what last_error says */

    /* The network stack has been asked once for each opening that says RV_AGAIN, and cannot take
     * that back; see scripted_network_answers. */
    unsigned late_answers; /* that belonged to no opening any more */

    int is_open; /* private, as all below in this part */
    int is_opening;
    unsigned openings;
    unsigned questions[8]; /* the openings whose answers have not come yet, the oldest first */
    unsigned question_count;
    unsigned opens_left;
    uint64_t opened_at_ms;
    int turn;
    size_t sent;
    uint32_t said_again;   /* events for which a callback said RV_AGAIN in this step */
    const char *violation; /* how the core broke the port's contract */

    /* --- the service */
    struct {
        const scripted_answer *answers;
        size_t answer_count;
        enum scripted_certificate certificate;
        int tls_1_2_only;
        int oldest_tls; /* where mbedTLS still has it: TLS 1.1 only */
        int renegotiates;
        int has_tickets;
        int refuses_http_1_1; /* knows no protocol but h2 */
        int checks_time;      /* a request whose date is off by more than 900 s: InvalidTimestamp */
        void (*on_request)(struct scripted *world, unsigned number);
        /* instead of the script: makes the answer to a request, which stays valid until the next */
        const scripted_answer *(*make_answer)(struct scripted *world, const char *request);
        void *ctx; /* of whoever gave these two */

        /* what it has seen */
        unsigned connections;
        unsigned handshakes; /* completed ones */
        unsigned requests;   /* complete ones */
        unsigned executed;   /* those that were not answered with InvalidTimestamp by itself */
        size_t request_bytes;
        char request[SCRIPTED_REQUESTS][16384];
        char name[64];     /* that the client asked for */
        char protocol[16]; /* ALPN */
        char version[16];
        int said_goodbye; /* the client ended its last connection with close_notify */
        int error;        /* mbedTLS's, of the last handshake */

        struct scripted_queue in, out; /* private, as all below */
        enum scripted_end ended;       /* END_KEPT: not */
        int is_setup;
        int is_shaken;
        mbedtls_ssl_context ssl;
        mbedtls_ssl_config config;
        mbedtls_ssl_ticket_context tickets;
        mbedtls_x509_crt chain;
        mbedtls_pk_context key;
        const char *protocols[2];
        uint32_t random_state;
        char current[16384];
        size_t current_len;
        const scripted_answer *answer; /* that is being sent */
        uint64_t answer_at_ms;
        char text[200000];
    } server;
    int in_server; /* code of the service is running */

    /* --- the client under test */
    mbedtls_x509_crt anchors;
    mbedtls_ssl_config own_config; /* used if has_own_config */
    int has_own_config;
    rv_tls tls;
    rv_credentials credentials;
    rv_client_config config;
    rv_client client;
    rv_replace_system_volume replace;
    rv_call call;
    int has_client;
    uint64_t deadline_ms;
    unsigned steps;
    uint32_t need_now; /* steps that asked for RV_NOW */
};

/* cmocka's setup and teardown: one world, made anew for each test. The teardown says what the core
 * did against the port's contract. */
int scripted_setup(void **state);
int scripted_teardown(void **state);

/* The same in the middle of a test: ends this world and makes another, whose service accepts. */
struct scripted *scripted_another(void **state);

/* A configuration of the caller's own, in world->own_config, with this authmode. */
void scripted_own_config(struct scripted *world, int authmode);
/* mbedTLS's f_rng, with a struct scripted. */
int scripted_rng(void *ctx, unsigned char *buf, size_t len);

/* From its at-th call on, a callback returns with. */
void scripted_fail(struct scripted *world, enum scripted_callback callback, unsigned at, int with);

/* Sets up tls and client as the world's settings say; the first call does it by itself. */
void scripted_client(struct scripted *world);
/* Frees client and tls, so that another one can be set up. */
void scripted_client_free(struct scripted *world);

/* Begins world->replace on world->call. */
void scripted_start(struct scripted *world);
void scripted_started(struct scripted *world); /* world->call was begun otherwise */
/* One step, checked; need may be NULL. */
int scripted_step(struct scripted *world, rv_need *need);
/* Steps and waits until the call is finished. */
int scripted_run(struct scripted *world);
/* All of that: one whole call. */
int scripted_replace(struct scripted *world);
const rv_result *scripted_result(const struct scripted *world);

/* What the result of a finished call says agrees with what the service has seen. For a service that
 * accepts whatever reaches it, and new tokens. */
void scripted_expect_truth(const struct scripted *world);

/* rv_socket.wait: time passes until something happens. */
int scripted_wait(void *ctx, const rv_need *need);
/* A call-back of the network stack's: the oldest of its questions is answered, if only now. An
 * answer to the present opening ends its waiting; one to an opening that is over is dropped. */
void scripted_network_answers(struct scripted *world);
/* The service ends the connection, or says something, while nobody asked it. */
void scripted_server_end(struct scripted *world, enum scripted_end end);
void scripted_server_say(struct scripted *world, const char *text);
/* The service asks for a new handshake (TLS 1.2), from now on with another certificate. */
void scripted_server_renegotiate(struct scripted *world, enum scripted_certificate certificate);

int64_t scripted_utc(const struct scripted *world); /* the true time */
int64_t scripted_utc_of_x_date(const char *text);   /* 0: it is none */

/* How often text is in the world's memory of client and call: 0 once it is wiped. */
unsigned scripted_copies_of(const struct scripted *world, const void *bytes, size_t len);
unsigned scripted_copies_in(const void *memory, size_t size, const void *bytes, size_t len);

#endif
