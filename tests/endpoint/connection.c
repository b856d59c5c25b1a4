#define _POSIX_C_SOURCE 200809L
#include "connection.h"

#include "moment.h"
#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    RECORD_LEN = 16 * 1024,
    OUTGOING_MAX = 64 * 1024, /* produce no more while so much waits for the socket */
    RECEIVED_MAX = HTTP_HEAD_MAX + HTTP_BODY_MAX + RECORD_LEN,
    RESET_MS = 50,    /* before a reset, so that the peer has read what came before it */
    LINGER_MS = 1000, /* for the peer's FIN, so that no reset of the system's eats our bytes */
};

static const uint64_t never = UINT64_MAX;

struct connection *connection_open(struct endpoint *endpoint, SSL_CTX *context, int fd,
                                   int64_t number, bool stalled)
{
    struct connection *c = allocate(sizeof *c);

    c->endpoint = endpoint;
    c->fd = fd;
    c->carrier.connection = number;
    c->wake_ms = never;
    c->active_ms = monotonic_ms();
    c->phase = stalled ? PHASE_SILENT : PHASE_HANDSHAKE;
    c->why = "by the endpoint";
    c->ssl = SSL_new(context);
    c->from_peer = BIO_new(BIO_s_mem());
    c->to_peer = BIO_new(BIO_s_mem());
    if (c->ssl == NULL || c->from_peer == NULL || c->to_peer == NULL)
        die("OpenSSL cannot make a connection");
    SSL_set_bio(c->ssl, c->from_peer, c->to_peer);
    SSL_set_accept_state(c->ssl);
    return c;
}

static void journal_opened(struct connection *c)
{
    struct journal *journal = &c->endpoint->journal;
    const unsigned char *protocol;
    unsigned len;
    char *alpn;

    SSL_get0_alpn_selected(c->ssl, &protocol, &len);
    alpn = copy_bytes((const char *)protocol, len);
    journal_begin(journal, "opened");
    journal_number(journal, "connection", c->carrier.connection);
    journal_text(journal, "tls", SSL_get_version(c->ssl));
    journal_text(journal, "cipher", SSL_get_cipher_name(c->ssl));
    journal_bool(journal, "resumed", c->carrier.resumed);
    journal_text(journal, "alpn", alpn);
    journal_text(journal, "server_name", SSL_get_servername(c->ssl, TLSEXT_NAMETYPE_host_name));
    journal_end(journal);
    free(alpn);
}

void connection_close(struct connection *c)
{
    struct journal *journal = &c->endpoint->journal;
    struct linger reset = {1, 0};

    if (c->reset)
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(c->fd);
    journal_begin(journal, "closed");
    journal_number(journal, "connection", c->carrier.connection);
    journal_text(journal, "how", c->why);
    journal_number(journal, "requests", c->carrier.request);
    journal_number(journal, "raw_bytes_sent", c->raw_sent);
    journal_end(journal);
    SSL_free(c->ssl);
    text_free(&c->received);
    text_free(&c->outgoing);
    answer_free(&c->answer);
    free(c);
}

short connection_events(const struct connection *c)
{
    short events = 0;

    if (!c->peer_done && c->received.len < RECEIVED_MAX)
        events |= POLLIN;
    /* An answer that waits for no timer goes on as soon as the socket has taken what there is. */
    if (c->outgoing.len > 0 || (c->phase == PHASE_ANSWERING && c->wake_ms == never))
        events |= POLLOUT;
    return events;
}

static void finish(struct connection *c, enum phase phase, const char *why)
{
    c->phase = phase;
    c->why = why;
    c->wake_ms = never;
}

/* --- Raw bytes --- */

static void collect_outgoing(struct connection *c)
{
    char part[4096];
    int len;

    while ((len = BIO_read(c->to_peer, part, sizeof part)) > 0)
        text_add(&c->outgoing, part, (size_t)len);
}

/* How many of the waiting bytes may go out: all, or those up to --cut-record-bytes. */
static size_t allowed_to_send(const struct connection *c)
{
    int64_t cut = c->endpoint->options.cut_record_bytes;

    if (cut != 0 && c->raw_sent + (int64_t)c->outgoing.len > cut)
        return (size_t)(cut - c->raw_sent);
    return c->outgoing.len;
}

static void send_outgoing(struct connection *c)
{
    collect_outgoing(c);
    while (c->outgoing.len > 0) {
        size_t wanted = allowed_to_send(c);
        ssize_t sent;

        if (wanted == 0) {
            text_clear(&c->outgoing);
            finish(c, PHASE_DRAINING, "cut after --cut-record-bytes");
            return;
        }
        sent = send(c->fd, c->outgoing.bytes, wanted, MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (sent < 0) {
            finish(c, PHASE_CLOSED, "the peer does not take any more");
            return;
        }
        c->raw_sent += sent;
        text_drop(&c->outgoing, (size_t)sent);
    }
}

static void receive_raw(struct connection *c)
{
    char part[RECORD_LEN];
    ssize_t len = recv(c->fd, part, sizeof part, 0);

    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len < 0)
        finish(c, PHASE_CLOSED, "reset by the peer");
    else if (len == 0)
        c->peer_done = true;
    else if (c->phase < PHASE_DRAINING && BIO_write(c->from_peer, part, (int)len) != len)
        die("OpenSSL cannot take %zd bytes", len);
}

/* --- Ending --- */

static void notify_close(struct connection *c)
{
    ERR_clear_error();
    SSL_shutdown(c->ssl);
    collect_outgoing(c);
}

static void end_connection(struct connection *c, enum ending ending, const char *why)
{
    switch (ending) {
    case ENDING_KEEP:
        break;
    case ENDING_CLOSE:
        notify_close(c);
        finish(c, PHASE_DRAINING, why);
        break;
    case ENDING_CUT:
        finish(c, PHASE_DRAINING, why);
        break;
    case ENDING_RESET:
        c->reset = true;
        finish(c, PHASE_DRAINING, why);
        break;
    case ENDING_STALL:
        finish(c, PHASE_SILENT, why);
        break;
    case ENDING_HALF:
        notify_close(c);
        finish(c, PHASE_SILENT, why);
        break;
    }
}

/* Once everything is out: FIN, and a moment for the peer to answer it; or a moment, and a reset. */
static void drain(struct connection *c, uint64_t now_ms)
{
    if (c->outgoing.len > 0)
        return;
    if (c->wake_ms == never)
        c->wake_ms = now_ms + (c->reset ? RESET_MS : LINGER_MS);
    if (!c->reset && !c->fin_sent) {
        shutdown(c->fd, SHUT_WR);
        c->fin_sent = true;
    }
    if (c->peer_done || now_ms >= c->wake_ms)
        c->phase = PHASE_CLOSED;
}

static void stay_silent(struct connection *c)
{
    if (c->answer.ending == ENDING_HALF && c->outgoing.len == 0 && !c->fin_sent) {
        shutdown(c->fd, SHUT_WR);
        c->fin_sent = true;
    }
    if (c->peer_done)
        c->phase = PHASE_CLOSED;
}

/* --- Handshake and requests --- */

static void shake_hands(struct connection *c)
{
    int result, error;

    ERR_clear_error();
    result = SSL_do_handshake(c->ssl);
    error = SSL_get_error(c->ssl, result);
    if (result == 1) {
        c->carrier.resumed = SSL_session_reused(c->ssl) == 1;
        c->phase = PHASE_READING;
        journal_opened(c);
    } else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
        collect_outgoing(c);
        finish(c, PHASE_DRAINING, ERR_reason_error_string(ERR_peek_error()));
    } else if (c->peer_done) {
        finish(c, PHASE_DRAINING, "by the peer, during the handshake");
    }
}

static void read_plaintext(struct connection *c)
{
    char part[RECORD_LEN];
    int len, error;

    ERR_clear_error();
    while (c->received.len < RECEIVED_MAX && (len = SSL_read(c->ssl, part, sizeof part)) > 0)
        text_add(&c->received, part, (size_t)len);
    if (c->received.len >= RECEIVED_MAX)
        return;
    error = SSL_get_error(c->ssl, len);
    if (error == SSL_ERROR_ZERO_RETURN)
        c->peer_done = true;
    else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        finish(c, PHASE_DRAINING, ERR_reason_error_string(ERR_peek_error()));
}

/* As soon as the request line is there the rule for this request is known. */
static void find_behaviour(struct connection *c)
{
    if (c->behaviour != NULL || !http_peek_action(&c->received, c->action, sizeof c->action))
        return;
    c->behaviour = script_next(&c->endpoint->script, c->action);
    c->carrier.request++;
}

static bool must_cut(const struct connection *c)
{
    const struct behaviour *behaviour = c->behaviour;

    return behaviour != NULL && behaviour->cut_request >= 0 &&
           (int64_t)c->received.len >= behaviour->cut_request;
}

static void cut_request(struct connection *c)
{
    exchange_cut_request(c->endpoint, c->action, &c->carrier);
    end_connection(c, c->behaviour->no_close_notify ? ENDING_CUT : ENDING_CLOSE,
                   "a rule cut the request");
}

static void begin_answer(struct connection *c, uint64_t now_ms)
{
    c->phase = PHASE_ANSWERING;
    c->answer_sent = 0;
    c->wake_ms = now_ms + c->answer.delay_ms;
}

static void answer_request(struct connection *c, const struct http_request *request,
                           uint64_t now_ms)
{
    /* A rule that cuts later than the request ends cuts there. */
    if (c->behaviour->cut_request >= 0) {
        cut_request(c);
        return;
    }
    exchange_run(c->endpoint, request, c->behaviour, &c->carrier, &c->answer);
    begin_answer(c, now_ms);
}

static void read_request(struct connection *c, uint64_t now_ms)
{
    struct http_request request;
    struct http_refusal refusal;
    size_t used;

    find_behaviour(c);
    if (must_cut(c)) {
        cut_request(c);
        return;
    }
    switch (http_parse(&c->received, (size_t)c->endpoint->options.max_request_line, &request, &used,
                       &refusal)) {
    case HTTP_INCOMPLETE:
        if (c->peer_done)
            end_connection(c, ENDING_CLOSE, "by the peer");
        break;
    case HTTP_REFUSED:
        exchange_bad_request(c->endpoint, &refusal, &c->carrier, &c->answer);
        begin_answer(c, now_ms);
        break;
    case HTTP_COMPLETE:
        c->carrier.request_bytes = used;
        answer_request(c, &request, now_ms);
        http_request_free(&request);
        text_drop(&c->received, used);
        break;
    }
}

static void close_if_idle(struct connection *c, uint64_t now_ms)
{
    const struct options *options = &c->endpoint->options;
    uint64_t limit_ms = (uint64_t)options->close_idle_ms;
    enum ending ending = options->close_idle_how == IDLE_NOTIFY ? ENDING_CLOSE
                         : options->close_idle_how == IDLE_FIN  ? ENDING_CUT
                                                                : ENDING_RESET;

    c->wake_ms = never;
    if (limit_ms == 0 || c->received.len > 0)
        return;
    c->wake_ms = c->active_ms + limit_ms;
    if (now_ms >= c->wake_ms)
        end_connection(c, ending, "idle for --close-idle-ms");
}

/* --- Answers --- */

static size_t answer_length(const struct connection *c)
{
    return c->answer.limit < c->answer.bytes.len ? c->answer.limit : c->answer.bytes.len;
}

static void write_plaintext(struct connection *c, size_t len)
{
    ERR_clear_error();
    /* Into memory there is always room, so a record is taken whole. */
    if (SSL_write(c->ssl, c->answer.bytes.bytes + c->answer_sent, (int)len) != (int)len)
        finish(c, PHASE_DRAINING, "OpenSSL cannot write any more");
    c->answer_sent += len;
    collect_outgoing(c);
}

static const char *ending_name(const struct connection *c)
{
    bool cut = c->answer.limit < c->answer.bytes.len;

    switch (c->answer.ending) {
    case ENDING_CLOSE:
        return cut ? "a rule cut the answer, with close_notify" : "after the answer";
    case ENDING_CUT:
        return cut ? "a rule cut the answer" : "after the answer, without close_notify";
    case ENDING_RESET:
        return "a rule reset the connection";
    case ENDING_STALL:
        return "a rule stalled the answer";
    case ENDING_HALF:
        return "a rule shut down one half";
    case ENDING_KEEP:
        break;
    }
    return "by the endpoint";
}

static void end_answer(struct connection *c, uint64_t now_ms)
{
    enum ending ending = c->answer.ending;

    c->behaviour = NULL;
    c->active_ms = now_ms;
    if (ending != ENDING_KEEP) {
        end_connection(c, ending, ending_name(c));
        return;
    }
    answer_free(&c->answer);
    c->phase = PHASE_READING;
    c->wake_ms = never;
}

static void send_answer(struct connection *c, uint64_t now_ms)
{
    size_t len = answer_length(c);

    if (c->wake_ms != never && now_ms < c->wake_ms)
        return;
    c->wake_ms = never;
    while (c->phase == PHASE_ANSWERING && c->answer_sent < len && c->outgoing.len < OUTGOING_MAX) {
        size_t part = len - c->answer_sent < RECORD_LEN ? len - c->answer_sent : RECORD_LEN;

        write_plaintext(c, c->answer.trickle_ms > 0 ? 1 : part);
        if (c->answer.trickle_ms > 0 && c->answer_sent < len) {
            c->wake_ms = now_ms + c->answer.trickle_ms;
            return;
        }
    }
    if (c->phase == PHASE_ANSWERING && c->answer_sent >= len)
        end_answer(c, now_ms);
}

/* --- One turn --- */

/* One turn. True when another one may find more to do: a request may follow in what was read. */
static bool take_turn(struct connection *c, uint64_t now_ms)
{
    enum phase before = c->phase;

    switch (c->phase) {
    case PHASE_HANDSHAKE:
        shake_hands(c);
        break;
    case PHASE_READING:
        read_plaintext(c);
        if (c->phase == PHASE_READING)
            read_request(c, now_ms);
        if (c->phase == PHASE_READING)
            close_if_idle(c, now_ms);
        break;
    case PHASE_ANSWERING:
        send_answer(c, now_ms);
        break;
    case PHASE_DRAINING:
        drain(c, now_ms);
        break;
    case PHASE_SILENT:
        stay_silent(c);
        break;
    case PHASE_CLOSED:
        break;
    }
    return c->phase != before;
}

void connection_advance(struct connection *c, bool readable, bool broken, uint64_t now_ms)
{
    if (readable)
        receive_raw(c);
    else if (broken)
        finish(c, PHASE_CLOSED, "reset by the peer");
    while (take_turn(c, now_ms))
        ;
    if (c->phase != PHASE_CLOSED)
        send_outgoing(c);
    if (c->phase == PHASE_DRAINING || c->phase == PHASE_SILENT)
        take_turn(c, now_ms);
}
