/*
 * The response parser, as RFC 9112 and RFC 9110 have it, and what it refuses although they leave it
 * to the recipient: everything about which two readers could disagree where an answer ends.
 *
 * Whatever a test reads is read in one go, byte by byte, and (if it is short) split in two at every
 * place: it must come to the same every time.
 */
#define _DEFAULT_SOURCE /* timegm */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RV_STATIC
#include "../../replace_volume.c"

/* --- reading ---------------------------------------------------------------------------------- */

#define CANARY     0x5A
#define CANARIES   32
#define BODY_ROOM  32768
#define NAMES_ROOM 2048
#define SPLIT_MAX  1000 /* longer ones are not split in two at every place */

/* One response on its way through the parser, and what came of it. */
struct reading {
    rv_http http;
    uint8_t before[CANARIES];
    char line[RV_WINDOW_SIZE];
    uint8_t after[CANARIES];

    int status; /* HTTP_DONE, HTTP_MORE: it waits for more, or an error */
    int at_end; /* what it becomes when the stream ends here */
    size_t consumed;
    char names[NAMES_ROOM]; /* of fields, a space behind each */
    char body[BODY_ROOM + 1];
    size_t body_len; /* may be more than there is room for */
};

static void reading_start(struct reading *reading)
{
    http_start(&reading->http);
    memset(reading->before, CANARY, sizeof(reading->before));
    memset(reading->line, CANARY, sizeof(reading->line));
    memset(reading->after, CANARY, sizeof(reading->after));
    reading->status = HTTP_MORE;
    reading->at_end = RV_ERR_NETWORK;
    reading->consumed = 0;
    reading->names[0] = '\0';
    reading->body[0] = '\0';
    reading->body_len = 0;
}

static void keep_name(struct reading *reading)
{
    if (strlen(reading->names) + strlen(reading->line) + 2 <= sizeof(reading->names)) {
        strcat(strcat(reading->names, reading->line), " ");
    }
}

static void keep_body(struct reading *reading, const char *bytes, size_t len)
{
    if (reading->body_len + len <= BODY_ROOM) {
        memcpy(reading->body + reading->body_len, bytes, len);
        reading->body[reading->body_len + len] = '\0';
    }
    reading->body_len += len;
}

static void expect_canaries(const struct reading *reading)
{
    size_t i;

    for (i = 0; i < CANARIES; i++) {
        assert_int_equal(reading->before[i], CANARY);
        assert_int_equal(reading->after[i], CANARY);
    }
}

/* Feeds bytes that stand alone in memory, so that a byte read behind them is found by the tools
 * that watch. Does nothing after the end. */
static void reading_feed(struct reading *reading, const char *bytes, size_t len)
{
    char *alone = malloc(len > 0 ? len : 1);
    size_t at = 0, rounds = 0;

    assert_non_null(alone);
    memcpy(alone, bytes, len);
    while (reading->status == HTTP_MORE && (at < len || reading->http.state == HTTP_COMPLETE)) {
        size_t used;
        int event = http_read(&reading->http, reading->line, sizeof(reading->line), alone + at,
                              len - at, &used);

        assert_true(used <= len - at);
        assert_true(++rounds <= 2 * len + 2); /* it gets on */
        if (event == HTTP_FIELD) {
            keep_name(reading);
        } else if (event == HTTP_BODY) {
            assert_true(used > 0);
            keep_body(reading, alone + at, used);
        } else {
            reading->status = event;
        }
        at += used;
    }
    free(alone);
    reading->consumed += at;
    expect_canaries(reading);
    if (reading->status == HTTP_MORE) {
        rv_http http = reading->http;

        reading->at_end = http_end(&http);
    } else {
        reading->at_end = reading->status;
    }
}

static void expect_same(const struct reading *a, const struct reading *b)
{
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->at_end, b->at_end);
    assert_string_equal(a->names, b->names);
    assert_int_equal(a->http.status, b->http.status);
    assert_int_equal(a->http.date_s, b->http.date_s);
    assert_int_equal(a->http.retry_after_s, b->http.retry_after_s);
    assert_int_equal(a->http.retry_after_is_date, b->http.retry_after_is_date);
    assert_int_equal(a->http.close, b->http.close);
    assert_int_equal(a->http.encoded, b->http.encoded);
    if (a->status < 0) {
        return; /* how much of the last piece it had taken does not matter any more */
    }
    assert_int_equal(a->consumed, b->consumed);
    assert_int_equal(a->body_len, b->body_len);
    assert_int_equal(a->http.body_len, b->http.body_len);
    assert_int_equal(a->http.body_len, a->body_len);
    if (a->body_len <= BODY_ROOM) {
        assert_memory_equal(a->body, b->body, a->body_len);
    }
}

static struct reading whole, pieces;

static void read_in_three(const char *text, size_t len, size_t first, size_t second)
{
    reading_start(&pieces);
    reading_feed(&pieces, text, first);
    reading_feed(&pieces, text + first, second - first);
    reading_feed(&pieces, text + second, len - second);
    expect_same(&whole, &pieces);
}

static void read_bytewise(const char *text, size_t len)
{
    size_t i;

    reading_start(&pieces);
    for (i = 0; i < len; i++) {
        reading_feed(&pieces, text + i, 1);
    }
    expect_same(&whole, &pieces);
}

static const struct reading *read_every_way(const char *text, size_t len)
{
    size_t i;

    reading_start(&whole);
    reading_feed(&whole, text, len);
    read_bytewise(text, len);
    for (i = 1; i < len && len <= SPLIT_MAX; i++) {
        read_in_three(text, len, i, i);
    }
    return &whole;
}

/* --- what a test expects ---------------------------------------------------------------------- */

static void print_text(const char *text, size_t len)
{
    char line[2048];
    size_t used = 0, i;

    for (i = 0; i < len && used < sizeof(line) - 5; i++) {
        used += (size_t)snprintf(line + used, 5, is_printable_ascii(text[i]) ? "%c" : "\\x%02x",
                                 (uint8_t)text[i]);
    }
    line[used] = '\0';
    print_error("read: %s\n", line);
}

static const struct reading *expect_status(const char *text, size_t len, int status,
                                           const char *file, int line)
{
    const struct reading *reading = read_every_way(text, len);

    if (reading->status != status) {
        print_text(text, len);
        print_error("status %d, but %d was expected\n", reading->status, status);
        _fail(file, line);
    }
    return reading;
}

/* Literals, since some of them have a NUL inside. */
#define EXPECT(literal, status) \
    expect_status("" literal, sizeof(literal) - 1, status, __FILE__, __LINE__)
#define DONE(literal)       EXPECT(literal, HTTP_DONE)
#define UNFINISHED(literal) EXPECT(literal, HTTP_MORE)
#define REFUSED(literal)    EXPECT(literal, RV_ERR_HTTP)

#define BODY_IS(literal, wanted)                                   \
    do {                                                           \
        const struct reading *reading_ = DONE(literal);            \
                                                                   \
        assert_string_equal(reading_->body, wanted);               \
        assert_int_equal(reading_->consumed, sizeof(literal) - 1); \
    } while (0)

#define OK      "HTTP/1.1 200 OK\r\n"
#define NO_BODY "Content-Length: 0\r\n\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

/* --- status line: RFC 9112 section 4 ---------------------------------------------------------- */

static void a_status_line_of_http_1_1_is_read(void **state)
{
    (void)state;
    assert_int_equal(DONE("HTTP/1.1 200 OK\r\n" NO_BODY)->http.status, 200);
    assert_int_equal(DONE("HTTP/1.1 404 Not Found\r\n" NO_BODY)->http.status, 404);
    assert_int_equal(DONE("HTTP/1.1 599 Any Words At All\r\n" NO_BODY)->http.status, 599);
}

static void a_status_line_of_http_1_0_is_read(void **state)
{
    (void)state;
    assert_int_equal(DONE("HTTP/1.0 200 OK\r\n" NO_BODY)->http.status, 200);
}

static void the_reason_may_be_empty(void **state)
{
    (void)state;
    assert_int_equal(DONE("HTTP/1.1 503 \r\n" NO_BODY)->http.status, 503);
}

/* Against the grammar, but it cannot be misunderstood. */
static void the_space_before_an_empty_reason_may_be_missing(void **state)
{
    (void)state;
    assert_int_equal(DONE("HTTP/1.1 503\r\n" NO_BODY)->http.status, 503);
}

static void the_reason_may_have_tabs_and_bytes_above_ascii(void **state)
{
    (void)state;
    DONE("HTTP/1.1 200 \xE5\xA5\xBD\t\xFF\r\n" NO_BODY);
}

static void the_reason_may_be_longer_than_the_window(void **state)
{
    static char text[3 * RV_WINDOW_SIZE];
    const struct reading *reading;

    (void)state;
    sprintf(text, "HTTP/1.1 200 %0*d\r\nDate: x\r\n" NO_BODY, 2 * RV_WINDOW_SIZE, 0);
    reading = expect_status(text, strlen(text), HTTP_DONE, __FILE__, __LINE__);
    assert_string_equal(reading->names, "Date Content-Length ");
}

/* RFC 9110 section 15: three digits, the first says what kind it is. */
static void a_status_from_200_to_999_is_read_as_it_is(void **state)
{
    char text[64];
    int status;

    (void)state;
    for (status = 200; status <= 999; status++) {
        sprintf(text, "HTTP/1.1 %d x\r\n" NO_BODY, status);
        assert_int_equal(
            expect_status(text, strlen(text), HTTP_DONE, __FILE__, __LINE__)->http.status, status);
    }
}

static void a_status_below_100_is_refused(void **state)
{
    (void)state;
    REFUSED("HTTP/1.1 000 OK\r\n" NO_BODY);
    REFUSED("HTTP/1.1 020 OK\r\n" NO_BODY);
    REFUSED("HTTP/1.1 099 OK\r\n" NO_BODY);
}

static void a_status_that_is_not_three_digits_is_refused(void **state)
{
    (void)state;
    REFUSED("HTTP/1.1\r\n" NO_BODY);
    REFUSED("HTTP/1.1 \r\n" NO_BODY);
    REFUSED("HTTP/1.1 2\r\n" NO_BODY);
    REFUSED("HTTP/1.1 20 OK\r\n" NO_BODY);
    REFUSED("HTTP/1.1 20x OK\r\n" NO_BODY);
    REFUSED("HTTP/1.1 2000 OK\r\n" NO_BODY);
    REFUSED("HTTP/1.1 +20 OK\r\n" NO_BODY);
    REFUSED("HTTP/1.1 -20 OK\r\n" NO_BODY);
    REFUSED("HTTP/1.1 0x2 OK\r\n" NO_BODY);
    REFUSED("HTTP/1.1 OK\r\n" NO_BODY);
    REFUSED("HTTP/1.1 200OK\r\n" NO_BODY);
    REFUSED("HTTP/1.1 200\tOK\r\n" NO_BODY);
}

static void white_space_elsewhere_in_the_status_line_is_refused(void **state)
{
    (void)state;
    REFUSED("HTTP/1.1  200 OK\r\n" NO_BODY);
    REFUSED("HTTP/1.1\t200 OK\r\n" NO_BODY);
    REFUSED(" HTTP/1.1 200 OK\r\n" NO_BODY);
    REFUSED("HTTP /1.1 200 OK\r\n" NO_BODY);
    REFUSED("HTTP/ 1.1 200 OK\r\n" NO_BODY);
}

static void another_version_is_refused(void **state)
{
    (void)state;
    REFUSED("HTTP/2 200\r\n" NO_BODY);
    REFUSED("HTTP/2.0 200 OK\r\n" NO_BODY);
    REFUSED("HTTP/1.2 200 OK\r\n" NO_BODY);
    REFUSED("HTTP/0.9 200 OK\r\n" NO_BODY);
    REFUSED("HTTP/1 200 OK\r\n" NO_BODY);
    REFUSED("HTTP/1. 200 OK\r\n" NO_BODY);
    REFUSED("HTTP/1.10 200 OK\r\n" NO_BODY);
    REFUSED("HTTP/01.1 200 OK\r\n" NO_BODY);
    REFUSED("HTTP/1,1 200 OK\r\n" NO_BODY);
}

/* Section 2.3: the name of the protocol is in exact case. */
static void another_protocol_is_refused(void **state)
{
    (void)state;
    REFUSED("http/1.1 200 OK\r\n" NO_BODY);
    REFUSED("HTTPS/1.1 200 OK\r\n" NO_BODY);
    REFUSED("ICY 200 OK\r\n" NO_BODY);
    REFUSED("RTSP/1.0 200 OK\r\n" NO_BODY);
    REFUSED("SSH-2.0-OpenSSH_9.2\r\n\r\n");
    REFUSED("220 smtp.example ready\r\n\r\n");
    REFUSED("<html>HTTP/1.1 200 OK\r\n</html>\r\n\r\n");
    REFUSED("GET / HTTP/1.1\r\n" NO_BODY);
}

static void a_line_before_the_status_line_is_refused(void **state)
{
    (void)state;
    REFUSED("\r\nHTTP/1.1 200 OK\r\n" NO_BODY);
    REFUSED("\r\n\r\n");
    REFUSED("Content-Length: 0\r\nHTTP/1.1 200 OK\r\n" NO_BODY);
}

static void a_head_may_have_no_fields_at_all(void **state)
{
    (void)state;
    assert_int_equal(UNFINISHED(OK "\r\n")->at_end, HTTP_DONE);
}

/* --- fields: RFC 9112 section 5 --------------------------------------------------------------- */

static void names_are_read_in_any_case(void **state)
{
    (void)state;
    BODY_IS(OK "content-length: 2\r\n\r\nhi", "hi");
    BODY_IS(OK "CONTENT-LENGTH: 2\r\n\r\nhi", "hi");
    BODY_IS(OK "cOnTeNt-LeNgTh: 2\r\n\r\nhi", "hi");
    BODY_IS(OK "tRANSFER-eNCODING: chunked\r\n\r\n0\r\n\r\n", "");
    assert_int_equal(DONE(OK "RETRY-after: 7\r\n" NO_BODY)->http.retry_after_s, 7);
}

static void fields_come_in_any_order(void **state)
{
    (void)state;
    BODY_IS(OK "Retry-After: 1\r\nContent-Length: 2\r\nServer: x\r\n\r\nhi", "hi");
    BODY_IS(OK "Server: x\r\nRetry-After: 1\r\nContent-Length: 2\r\n\r\nhi", "hi");
    BODY_IS(OK "Content-Length: 2\r\nServer: x\r\nRetry-After: 1\r\n\r\nhi", "hi");
}

static void each_field_is_told_by_its_name_as_it_came(void **state)
{
    (void)state;
    assert_string_equal(
        DONE(OK "Server: a:b\r\nx-TOP-logid:1\r\nServer: c\r\nContent-Length:0\r\n\r\n")->names,
        "Server x-TOP-logid Server Content-Length ");
}

static void white_space_around_a_value_is_no_part_of_it(void **state)
{
    (void)state;
    BODY_IS(OK "Content-Length:2\r\n\r\nhi", "hi");
    BODY_IS(OK "Content-Length:    2\r\n\r\nhi", "hi");
    BODY_IS(OK "Content-Length:\t2\r\n\r\nhi", "hi");
    BODY_IS(OK "Content-Length: 2 \r\n\r\nhi", "hi");
    BODY_IS(OK "Content-Length: \t 2\t \t\r\n\r\nhi", "hi");
}

static void a_value_may_be_empty(void **state)
{
    (void)state;
    DONE(OK "Server:\r\n" NO_BODY);
    DONE(OK "Server: \t \r\n" NO_BODY);
}

static void a_value_may_have_colons_and_bytes_above_ascii(void **state)
{
    (void)state;
    DONE(OK "Server: :a:\x80\xFF: \r\n" NO_BODY);
}

/* Section 5.1: such a field has been used to hide another from one of two readers. */
static void white_space_before_the_colon_is_refused(void **state)
{
    (void)state;
    REFUSED(OK "Server : x\r\n" NO_BODY);
    REFUSED(OK "Server\t: x\r\n" NO_BODY);
    REFUSED(OK "Content-Length : 0\r\n\r\n");
    REFUSED(OK "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n");
    REFUSED(OK "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n");
}

static void an_empty_name_is_refused(void **state)
{
    (void)state;
    REFUSED(OK ": x\r\n" NO_BODY);
    REFUSED(OK ":\r\n" NO_BODY);
}

static void a_line_without_a_colon_is_refused(void **state)
{
    (void)state;
    REFUSED(OK "Server\r\n" NO_BODY);
    REFUSED(OK "HTTP/1.1 200 OK\r\n" NO_BODY);
}

/* RFC 9110 section 5.6.2 */
static void a_name_has_token_characters_only(void **state)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    char text[] = OK "ab: x\r\n" NO_BODY;
    char *at = strstr(text, "b: x");
    int c;

    (void)state;
    for (c = 0; c < 256; c++) {
        int is_token = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       (c != 0 && strchr(others, c) != NULL);

        if (c == ':') {
            continue; /* begins the value */
        }
        *at = (char)c;
        expect_status(text, sizeof(text) - 1, is_token ? HTTP_DONE : RV_ERR_HTTP, __FILE__,
                      __LINE__);
    }
}

/* RFC 9110 section 5.5 */
static void a_value_has_no_control_characters_but_the_tab(void **state)
{
    char text[] = OK "a: bcd\r\n" NO_BODY;
    char *at = strstr(text, "cd\r");
    int c;

    (void)state;
    for (c = 0; c < 256; c++) {
        int is_refused = (c < 0x20 && c != '\t') || c == 0x7F;

        *at = (char)c;
        expect_status(text, sizeof(text) - 1, is_refused ? RV_ERR_HTTP : HTTP_DONE, __FILE__,
                      __LINE__);
    }
}

static void a_status_line_has_no_control_characters_but_the_tab(void **state)
{
    char text[] = OK NO_BODY;
    char *at = strstr(text, "OK") + 1;
    int c;

    (void)state;
    for (c = 0; c < 256; c++) {
        int is_refused = (c < 0x20 && c != '\t') || c == 0x7F;

        *at = (char)c;
        expect_status(text, sizeof(text) - 1, is_refused ? RV_ERR_HTTP : HTTP_DONE, __FILE__,
                      __LINE__);
    }
}

static void white_space_after_the_status_line_is_refused(void **state)
{
    (void)state;
    REFUSED(OK " Server: x\r\n" NO_BODY);
    REFUSED(OK "\tServer: x\r\n" NO_BODY);
    REFUSED(OK " \r\n" NO_BODY);
    REFUSED("HTTP/1.1 200\r\n OK\r\n" NO_BODY);
}

/* Section 5.2: a user agent replaces it by spaces. */
static void a_folded_value_is_one_value(void **state)
{
    (void)state;
    assert_int_equal(DONE(OK "Retry-After:\r\n 7\r\n" NO_BODY)->http.retry_after_s, 7);
    assert_int_equal(DONE(OK "Retry-After: 7\r\n \t \r\n" NO_BODY)->http.retry_after_s, 7);
    assert_int_equal(DONE(OK "Retry-After:\r\n \r\n\t\r\n  7\r\n" NO_BODY)->http.retry_after_s, 7);
    assert_int_equal(DONE(OK "Connection: a,\r\n\tclose\r\n" NO_BODY)->http.close, 1);
    assert_string_equal(DONE(OK "A: b\r\n Retry-After: 7\r\n" NO_BODY)->names, "A Content-Length ");
    assert_int_equal(DONE(OK "Date: Sun, 06 Nov 1994\r\n 08:49:37 GMT\r\n" NO_BODY)->http.date_s,
                     784111777);
}

static void a_fold_is_a_space_so_it_does_not_join_digits(void **state)
{
    (void)state;
    REFUSED(OK "Content-Length: 1\r\n 2\r\n\r\n123456789012");
    REFUSED(OK "Transfer-Encoding: chun\r\n ked\r\n\r\n0\r\n\r\n");
    assert_int_equal(DONE(OK "Retry-After: 1\r\n 2\r\n" NO_BODY)->http.retry_after_s,
                     RV_TIME_UNKNOWN);
}

static void a_folded_line_that_looks_like_framing_is_none(void **state)
{
    (void)state;
    BODY_IS(OK "Content-Length: 2\r\nA: b\r\n Content-Length: 5\r\n\r\nhi", "hi");
    BODY_IS(OK "Content-Length: 2\r\nA: b\r\n Transfer-Encoding: chunked\r\n\r\nhi", "hi");
}

static void a_name_is_not_folded(void **state)
{
    (void)state;
    REFUSED(OK "Content-\r\n Length: 2\r\n\r\nhi");
    REFUSED(OK "Content-Length\r\n : 2\r\n\r\nhi");
}

/* --- line ends: RFC 9112 section 2.2 ---------------------------------------------------------- */

/* Head, a chunk with an extension, another, a trailer. */
#define ALL_LINES                                                                           \
    OK "Server: x\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n3\r\nyou\r\n0\r\n" \
       "T: v\r\nU: w\r\n\r\n"

static const char all_lines[] = ALL_LINES;

/* A byte more, at every place. */
static void expect_refused_with(char inserted)
{
    char text[sizeof(all_lines)];
    size_t len = sizeof(all_lines) - 1;
    size_t end = inserted == '\n' ? len - 1 : len; /* LF before the last LF is one behind it */
    size_t at;

    for (at = 0; at < end; at++) {
        memcpy(text, all_lines, at);
        text[at] = inserted;
        memcpy(text + at + 1, all_lines + at, len - at);
        expect_status(text, len + 1, RV_ERR_HTTP, __FILE__, __LINE__);
    }
}

static void the_answer_with_all_kinds_of_lines_is_fine(void **state)
{
    (void)state;
    BODY_IS(ALL_LINES, "helloyou");
}

static void a_bare_lf_is_refused_wherever_it_stands(void **state)
{
    (void)state;
    expect_refused_with('\n');
}

static void a_bare_cr_is_refused_wherever_it_stands(void **state)
{
    (void)state;
    expect_refused_with('\r');
}

static void a_nul_is_refused_wherever_it_stands_but_in_the_body(void **state)
{
    (void)state;
    expect_refused_with('\0');
}

static void lf_alone_ends_no_line(void **state)
{
    char text[sizeof(all_lines)];
    size_t at, len = sizeof(all_lines) - 1;

    (void)state;
    for (at = 0; at < len; at++) {
        if (all_lines[at] == '\r') {
            memcpy(text, all_lines, at);
            memcpy(text + at, all_lines + at + 1, len - at - 1);
            expect_status(text, len - 1, RV_ERR_HTTP, __FILE__, __LINE__);
        }
    }
}

static void cr_alone_ends_no_line(void **state)
{
    char text[sizeof(all_lines)];
    size_t at, len = sizeof(all_lines) - 1;

    (void)state;
    for (at = 0; at < len - 1; at++) {
        if (all_lines[at] == '\n') {
            memcpy(text, all_lines, at);
            memcpy(text + at, all_lines + at + 1, len - at - 1);
            expect_status(text, len - 1, RV_ERR_HTTP, __FILE__, __LINE__);
        }
    }
    REFUSED(OK "Content-Length: 0\r\rhello");
}

static void lf_and_cr_exchanged_are_refused(void **state)
{
    (void)state;
    REFUSED("HTTP/1.1 200 OK\n\rContent-Length: 0\r\n\r\n");
    REFUSED(OK "Content-Length: 0\n\r\r\n");
    REFUSED(OK "Content-Length: 0\r\n\n\r");
}

/* A body may hold anything. */
static void line_ends_and_nul_in_a_body_are_body(void **state)
{
    const struct reading *reading;

    (void)state;
    reading = DONE(OK "Content-Length: 6\r\n\r\n\r\n\0\n\r\x7F");
    assert_memory_equal(reading->body, "\r\n\0\n\r\x7F", 6);
    reading = DONE(CHUNKED "6\r\n\r\n\0\n\r\x7F\r\n0\r\n\r\n");
    assert_memory_equal(reading->body, "\r\n\0\n\r\x7F", 6);
}

/* --- Content-Length: RFC 9112 section 6.3, RFC 9110 section 8.6 ------------------------------- */

static void a_body_ends_after_content_length(void **state)
{
    (void)state;
    BODY_IS(OK "Content-Length: 1\r\n\r\nx", "x");
    BODY_IS(OK "Content-Length: 11\r\n\r\nhello world", "hello world");
    assert_int_equal(UNFINISHED(OK "Content-Length: 11\r\n\r\nhello worl")->at_end, RV_ERR_NETWORK);
}

static void a_content_length_of_0_ends_with_the_head(void **state)
{
    (void)state;
    BODY_IS(OK "Content-Length: 0\r\n\r\n", "");
    BODY_IS(OK "Content-Length: 000\r\n\r\n", "");
}

static void leading_zeros_of_content_length_are_digits(void **state)
{
    (void)state;
    BODY_IS(OK "Content-Length: 0002\r\n\r\nhi", "hi");
    BODY_IS(OK "Content-Length: 010\r\n\r\n0123456789", "0123456789");
}

static void a_content_length_that_is_not_digits_alone_is_refused(void **state)
{
    (void)state;
    REFUSED(OK "Content-Length:\r\n\r\nhi");
    REFUSED(OK "Content-Length: \r\n\r\nhi");
    REFUSED(OK "Content-Length: +2\r\n\r\nhi");
    REFUSED(OK "Content-Length: -2\r\n\r\nhi");
    REFUSED(OK "Content-Length: -0\r\n\r\nhi");
    REFUSED(OK "Content-Length: 2.0\r\n\r\nhi");
    REFUSED(OK "Content-Length: 2e0\r\n\r\nhi");
    REFUSED(OK "Content-Length: 0x2\r\n\r\nhi");
    REFUSED(OK "Content-Length: 2 2\r\n\r\nhi");
    REFUSED(OK "Content-Length: 2;\r\n\r\nhi");
    REFUSED(OK "Content-Length: \"2\"\r\n\r\nhi");
    REFUSED(OK "Content-Length: two\r\n\r\nhi");
    REFUSED(OK "Content-Length: 2_0\r\n\r\nhi");
    REFUSED(OK "Content-Length: \xEF\xBC\x92\r\n\r\nhi"); /* a full-width 2 */
}

/* Section 6.3, item 5: may be taken if all are equal. Ours does not. */
static void a_list_of_content_lengths_is_refused(void **state)
{
    (void)state;
    REFUSED(OK "Content-Length: 2, 2\r\n\r\nhi");
    REFUSED(OK "Content-Length: 2,\r\n\r\nhi");
    REFUSED(OK "Content-Length: ,2\r\n\r\nhi");
    REFUSED(OK "Content-Length: 2, 5\r\n\r\nhi");
}

static void a_second_content_length_is_refused(void **state)
{
    (void)state;
    REFUSED(OK "Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi");
    REFUSED(OK "Content-Length: 2\r\ncontent-length: 5\r\n\r\nhi");
    REFUSED(OK "Content-Length: 0\r\nServer: x\r\nContent-Length: 0\r\n\r\n");
}

static void a_content_length_over_the_bound_is_refused(void **state)
{
    char text[80];

    (void)state;
    sprintf(text, OK "Content-Length: %d\r\n\r\n", RV_BODY_MAX);
    expect_status(text, strlen(text), HTTP_MORE, __FILE__, __LINE__);
    sprintf(text, OK "Content-Length: %d\r\n\r\n", RV_BODY_MAX + 1);
    expect_status(text, strlen(text), RV_ERR_BODY_TOO_LARGE, __FILE__, __LINE__);
    EXPECT(OK "Content-Length: 999999999\r\n\r\n", RV_ERR_BODY_TOO_LARGE);
}

static void a_content_length_that_overflows_is_refused(void **state)
{
    (void)state;
    EXPECT(OK "Content-Length: 4294967298\r\n\r\nhi", RV_ERR_BODY_TOO_LARGE);
    EXPECT(OK "Content-Length: 18446744073709551618\r\n\r\nhi", RV_ERR_BODY_TOO_LARGE);
    EXPECT(OK "Content-Length: 99999999999999999999999999999999\r\n\r\nhi", RV_ERR_BODY_TOO_LARGE);
}

/* --- Transfer-Encoding: RFC 9112 sections 6.1 and 6.3 ----------------------------------------- */

static void chunked_is_read_in_any_case(void **state)
{
    (void)state;
    BODY_IS(OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "hi");
    BODY_IS(OK "Transfer-Encoding: CHUNKED\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "hi");
    BODY_IS(OK "Transfer-Encoding:\tChunked \r\n\r\n2\r\nhi\r\n0\r\n\r\n", "hi");
}

static void another_transfer_coding_is_refused(void **state)
{
    (void)state;
    REFUSED(OK "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
    REFUSED(OK "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n");
    REFUSED(OK "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n");
    REFUSED(OK "Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n");
    REFUSED(OK "Transfer-Encoding:\r\n\r\n0\r\n\r\n");
}

static void what_only_resembles_chunked_is_refused(void **state)
{
    (void)state;
    REFUSED(OK "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n");
    REFUSED(OK "Transfer-Encoding: chunkedx\r\n\r\n0\r\n\r\n");
    REFUSED(OK "Transfer-Encoding: chunke\r\n\r\n0\r\n\r\n");
    REFUSED(OK "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n");
    REFUSED(OK "Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n");
    REFUSED(OK "Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n");
    REFUSED(OK "Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n");
    REFUSED(OK "Transfer-Encoding: \xA0"
               "chunked\r\n\r\n0\r\n\r\n");
    REFUSED(OK "Transfer-Encoding: \x0B"
               "chunked\r\n\r\n0\r\n\r\n");
}

static void chunked_twice_is_refused(void **state)
{
    (void)state;
    REFUSED(OK "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n");
    REFUSED(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    REFUSED(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n");
}

static void chunked_under_http_1_0_is_refused(void **state)
{
    (void)state;
    REFUSED("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

/* Section 6.3, item 3: ought to be handled as an error. */
static void chunked_beside_content_length_is_refused(void **state)
{
    (void)state;
    REFUSED(OK "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n");
    REFUSED(OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    REFUSED(OK "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

/* --- chunks: RFC 9112 section 7.1 ------------------------------------------------------------- */

static void chunks_are_joined(void **state)
{
    (void)state;
    BODY_IS(CHUNKED "1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n", "abcdef");
    BODY_IS(CHUNKED "0\r\n\r\n", "");
}

static void a_chunk_size_is_hexadecimal_in_either_case(void **state)
{
    (void)state;
    BODY_IS(CHUNKED "a\r\n0123456789\r\n0\r\n\r\n", "0123456789");
    BODY_IS(CHUNKED "A\r\n0123456789\r\n0\r\n\r\n", "0123456789");
    BODY_IS(CHUNKED "1f\r\n0123456789012345678901234567890\r\n0\r\n\r\n",
            "0123456789012345678901234567890");
    BODY_IS(CHUNKED "1F\r\n0123456789012345678901234567890\r\n0\r\n\r\n",
            "0123456789012345678901234567890");
}

static void a_chunk_size_may_have_leading_zeros(void **state)
{
    (void)state;
    BODY_IS(CHUNKED "0002\r\nhi\r\n000\r\n\r\n", "hi");
}

static void a_chunk_size_that_is_not_hexadecimal_is_refused(void **state)
{
    (void)state;
    REFUSED(CHUNKED "\r\nhi\r\n0\r\n\r\n");
    REFUSED(CHUNKED "g\r\nhi\r\n0\r\n\r\n");
    REFUSED(CHUNKED "2g\r\nhi\r\n0\r\n\r\n");
    REFUSED(CHUNKED "0x2\r\nhi\r\n0\r\n\r\n");
    REFUSED(CHUNKED "2.\r\nhi\r\n0\r\n\r\n");
    REFUSED(CHUNKED "2_0\r\nhi\r\n0\r\n\r\n");
    REFUSED(CHUNKED "2h\r\nhi\r\n0\r\n\r\n");
    REFUSED(CHUNKED "2,2\r\nhi\r\n0\r\n\r\n");
    REFUSED(CHUNKED ";a\r\nhi\r\n0\r\n\r\n");
    REFUSED(CHUNKED "\"2\"\r\nhi\r\n0\r\n\r\n");
}

static void a_chunk_size_with_a_sign_is_refused(void **state)
{
    (void)state;
    REFUSED(CHUNKED "-2\r\nhi\r\n0\r\n\r\n");
    REFUSED(CHUNKED "+2\r\nhi\r\n0\r\n\r\n");
    REFUSED(CHUNKED "-0\r\n\r\n");
}

static void white_space_before_a_chunk_size_is_refused(void **state)
{
    (void)state;
    REFUSED(CHUNKED " 2\r\nhi\r\n0\r\n\r\n");
    REFUSED(CHUNKED "\t2\r\nhi\r\n0\r\n\r\n");
}

/* One reader takes the first number, another the second, a third both together. */
static void white_space_within_a_chunk_size_is_refused(void **state)
{
    (void)state;
    REFUSED(CHUNKED "2 0\r\nhi\r\n0\r\n\r\n");
    REFUSED(CHUNKED "2\t0\r\nhi\r\n0\r\n\r\n");
    REFUSED(CHUNKED "2 x\r\nhi\r\n0\r\n\r\n");
}

static void a_chunk_size_that_overflows_is_refused(void **state)
{
    (void)state;
    EXPECT(CHUNKED "80000000\r\nhi\r\n0\r\n\r\n", RV_ERR_BODY_TOO_LARGE);
    EXPECT(CHUNKED "fffffffe\r\nhi\r\n0\r\n\r\n", RV_ERR_BODY_TOO_LARGE);
    EXPECT(CHUNKED "100000002\r\nhi\r\n0\r\n\r\n", RV_ERR_BODY_TOO_LARGE);
    EXPECT(CHUNKED "10000000000000002\r\nhi\r\n0\r\n\r\n", RV_ERR_BODY_TOO_LARGE);
    EXPECT(CHUNKED "ffffffffffffffffffffffff\r\nhi\r\n0\r\n\r\n", RV_ERR_BODY_TOO_LARGE);
}

/* Section 7.1.1: extensions that are not known are ignored. */
static void chunk_extensions_are_skipped(void **state)
{
    (void)state;
    BODY_IS(CHUNKED "2;a\r\nhi\r\n0;b\r\n\r\n", "hi");
    BODY_IS(CHUNKED "2;a=b;c=d\r\nhi\r\n0\r\n\r\n", "hi");
    BODY_IS(CHUNKED "2 ; a = b\r\nhi\r\n0\r\n\r\n", "hi");
    BODY_IS(CHUNKED "2\t;a\r\nhi\r\n0 ;b\r\n\r\n", "hi");
}

static void a_quoted_chunk_extension_is_skipped(void **state)
{
    (void)state;
    BODY_IS(CHUNKED "2;a=\"b;c\\\"d 5\"\r\nhi\r\n0\r\n\r\n", "hi");
}

static void a_quote_does_not_hide_a_line_end(void **state)
{
    (void)state;
    REFUSED(CHUNKED "2;a=\"\n\"\r\nhi\r\n0\r\n\r\n");
    REFUSED(CHUNKED "2;a=\"\r\"\r\nhi\r\n0\r\n\r\n");
    REFUSED(CHUNKED "2;a=\"\r\nx\"\r\nhi\r\n0\r\n\r\n");
}

static void a_control_character_in_a_chunk_extension_is_refused(void **state)
{
    char text[] = CHUNKED "2;a=b\r\nhi\r\n0\r\n\r\n";
    char *at = strstr(text, "=b");
    int c;

    (void)state;
    for (c = 0; c < 0x20; c++) {
        if (c != '\t') {
            *at = (char)c;
            expect_status(text, sizeof(text) - 1, RV_ERR_HTTP, __FILE__, __LINE__);
        }
    }
}

static void a_chunk_that_does_not_end_where_its_size_says_is_refused(void **state)
{
    (void)state;
    REFUSED(CHUNKED "2\r\nhi0\r\n\r\n");
    REFUSED(CHUNKED "2\r\nhix\r\n0\r\n\r\n");
    REFUSED(CHUNKED "3\r\nhi\r\n0\r\n\r\n");
    REFUSED(CHUNKED "2\r\nhi\r\r\n0\r\n\r\n");
    REFUSED(CHUNKED "2\r\nhi\n0\r\n\r\n");
    REFUSED(CHUNKED "2\r\nhi\r\n\r\n0\r\n\r\n");
}

static void chunks_without_the_last_one_are_unfinished(void **state)
{
    (void)state;
    assert_int_equal(UNFINISHED(CHUNKED "")->at_end, RV_ERR_NETWORK);
    assert_int_equal(UNFINISHED(CHUNKED "2\r\nhi")->at_end, RV_ERR_NETWORK);
    assert_int_equal(UNFINISHED(CHUNKED "2\r\nhi\r\n")->at_end, RV_ERR_NETWORK);
    assert_int_equal(UNFINISHED(CHUNKED "2\r\nhi\r\n0\r\n")->at_end, RV_ERR_NETWORK);
    assert_int_equal(UNFINISHED(CHUNKED "2\r\nhi\r\n0\r\n\r")->at_end, RV_ERR_NETWORK);
    assert_int_equal(UNFINISHED(CHUNKED "0\r\nT: v\r\n")->at_end, RV_ERR_NETWORK);
}

/* Section 7.1.2: may be discarded. */
static void trailers_are_skipped(void **state)
{
    (void)state;
    BODY_IS(CHUNKED "2\r\nhi\r\n0\r\nT: v\r\n\r\n", "hi");
    BODY_IS(CHUNKED "2\r\nhi\r\n0\r\nT: v\r\nU: w\r\n\r\n", "hi");
}

static void trailers_change_nothing(void **state)
{
    const struct reading *reading;

    (void)state;
    reading = DONE(CHUNKED "2\r\nhi\r\n0\r\nContent-Length: 9\r\nConnection: close\r\n"
                           "Retry-After: 7\r\nContent-Encoding: gzip\r\n\r\n");
    assert_int_equal(reading->http.close, 0);
    assert_int_equal(reading->http.encoded, 0);
    assert_int_equal(reading->http.retry_after_s, RV_TIME_UNKNOWN);
    assert_string_equal(reading->names, "Transfer-Encoding ");
}

/* The window holds the body's copy by then. */
static void nothing_is_written_to_the_window_once_the_body_has_begun(void **state)
{
    static const char rest[] = "2;ext\r\nhi\r\n0\r\nT: v\r\nU: w\r\n\r\n";
    static struct reading reading;
    size_t i;

    (void)state;
    reading_start(&reading);
    reading_feed(&reading, CHUNKED, sizeof(CHUNKED) - 1);
    memset(reading.line, CANARY, sizeof(reading.line));
    reading_feed(&reading, rest, sizeof(rest) - 1);
    assert_int_equal(reading.status, HTTP_DONE);
    for (i = 0; i < sizeof(reading.line); i++) {
        assert_int_equal(reading.line[i], CANARY);
    }
}

/* --- until the end of the stream: RFC 9112 section 6.3, item 8 -------------------------------- */

static void without_a_length_the_body_is_complete_at_the_end_of_the_stream_only(void **state)
{
    const struct reading *reading;

    (void)state;
    reading = UNFINISHED(OK "Server: x\r\n\r\nhello");
    assert_string_equal(reading->body, "hello");
    assert_int_equal(reading->at_end, HTTP_DONE);
    assert_int_equal(reading->http.close, 1);
    reading = UNFINISHED("HTTP/1.0 500 x\r\n\r\n");
    assert_string_equal(reading->body, "");
    assert_int_equal(reading->at_end, HTTP_DONE);
}

static void an_end_of_the_stream_within_the_head_is_no_answer(void **state)
{
    static const char text[] = OK "Server: x\r\n\r\n";
    size_t len;

    (void)state;
    for (len = 0; len < sizeof(text) - 1; len++) {
        assert_int_equal(expect_status(text, len, HTTP_MORE, __FILE__, __LINE__)->at_end,
                         RV_ERR_NETWORK);
    }
}

static void an_end_of_the_stream_within_a_body_of_known_length_is_no_answer(void **state)
{
    static const char by_length[] = OK "Content-Length: 5\r\n\r\nhello";
    static const char by_chunks[] = CHUNKED "5;a\r\nhello\r\n0\r\nT: v\r\n\r\n";
    size_t len;

    (void)state;
    for (len = 0; len < sizeof(by_length) - 1; len++) {
        assert_int_equal(expect_status(by_length, len, HTTP_MORE, __FILE__, __LINE__)->at_end,
                         RV_ERR_NETWORK);
    }
    for (len = 0; len < sizeof(by_chunks) - 1; len++) {
        assert_int_equal(expect_status(by_chunks, len, HTTP_MORE, __FILE__, __LINE__)->at_end,
                         RV_ERR_NETWORK);
    }
}

static void after_the_end_of_the_response_the_end_of_the_stream_is_fine(void **state)
{
    (void)state;
    assert_int_equal(DONE(OK NO_BODY)->at_end, HTTP_DONE);
}

/* --- statuses without a body: RFC 9110 sections 15.2, 15.3.5, 15.4.5 -------------------------- */

static void a_1xx_is_skipped(void **state)
{
    const struct reading *reading;

    (void)state;
    reading = DONE("HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 2\r\n\r\nhi");
    assert_int_equal(reading->http.status, 200);
    assert_string_equal(reading->body, "hi");
}

static void several_1xx_are_skipped(void **state)
{
    (void)state;
    BODY_IS("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
            "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" OK "Content-Length: 2\r\n\r\nhi",
            "hi");
}

static void fields_of_a_1xx_say_nothing_about_the_response(void **state)
{
    const struct reading *reading;

    (void)state;
    reading = DONE("HTTP/1.1 103 x\r\nContent-Length: 9\r\nConnection: close\r\nRetry-After: 7\r\n"
                   "Content-Encoding: gzip\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n" OK
                   "Content-Length: 2\r\n\r\nhi");
    assert_string_equal(reading->body, "hi");
    assert_int_equal(reading->http.close, 0);
    assert_int_equal(reading->http.encoded, 0);
    assert_int_equal(reading->http.retry_after_s, RV_TIME_UNKNOWN);
    assert_int_equal(reading->http.date_s, RV_TIME_UNKNOWN);
    BODY_IS("HTTP/1.1 100 x\r\nTransfer-Encoding: chunked\r\n\r\n" OK "Content-Length: 2\r\n\r\nhi",
            "hi");
}

static void after_a_1xx_a_whole_response_must_come(void **state)
{
    (void)state;
    assert_int_equal(UNFINISHED("HTTP/1.1 100 Continue\r\n\r\n")->at_end, RV_ERR_NETWORK);
    REFUSED("HTTP/1.1 100 Continue\r\n\r\n\r\n" OK NO_BODY);
    REFUSED("HTTP/1.1 100 Continue\r\n\r\n " OK NO_BODY);
    REFUSED("HTTP/1.1 100 Continue\r\n\r\nContent-Length: 0\r\n\r\n");
}

/* Section 15.2.2: nobody asked for another protocol. */
static void a_101_is_refused(void **state)
{
    (void)state;
    REFUSED("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n");
    REFUSED("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 x\r\n\r\n" OK NO_BODY);
}

/* RFC 9112 section 6.3, item 1 */
static void a_204_or_304_has_no_body(void **state)
{
    (void)state;
    BODY_IS("HTTP/1.1 204 No Content\r\n\r\n", "");
    BODY_IS("HTTP/1.1 304 Not Modified\r\nDate: x\r\n\r\n", "");
    BODY_IS("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "");
}

static void a_204_or_304_has_no_body_whatever_its_fields_say(void **state)
{
    (void)state;
    BODY_IS("HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n", "");
    BODY_IS("HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n", "");
    BODY_IS("HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n", "");
    BODY_IS("HTTP/1.1 304 x\r\nTransfer-Encoding: chunked\r\n\r\n", "");
    assert_int_equal(DONE("HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\nhello")->consumed,
                     sizeof("HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n") - 1);
}

/* RFC 9110 section 8.6: it is the length that a 200 would have had. */
static void a_304_may_tell_any_content_length(void **state)
{
    char text[80];

    (void)state;
    sprintf(text, "HTTP/1.1 304 x\r\nContent-Length: %d\r\n\r\n", RV_BODY_MAX + 1);
    expect_status(text, strlen(text), HTTP_DONE, __FILE__, __LINE__);
}

/* Whoever sent that may yet send it: the connection is not used again. */
static void a_204_that_announces_a_body_closes_the_connection(void **state)
{
    (void)state;
    assert_int_equal(DONE("HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n")->http.close, 1);
    assert_int_equal(DONE("HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n")->http.close, 1);
    assert_int_equal(DONE("HTTP/1.1 204 x\r\nContent-Length: 0\r\n\r\n")->http.close, 0);
    assert_int_equal(DONE("HTTP/1.1 204 x\r\n\r\n")->http.close, 0);
}

/* --- the connection afterwards: RFC 9112 section 9.3, RFC 9110 section 7.6.1 ------------------ */

static void http_1_1_keeps_the_connection(void **state)
{
    (void)state;
    assert_int_equal(DONE(OK NO_BODY)->http.close, 0);
    assert_int_equal(DONE(OK "Connection: keep-alive\r\n" NO_BODY)->http.close, 0);
    assert_int_equal(DONE(OK "Connection:\r\n" NO_BODY)->http.close, 0);
}

static void connection_close_is_found_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(DONE(OK "Connection: close\r\n" NO_BODY)->http.close, 1);
    assert_int_equal(DONE(OK "connection:CLOSE\r\n" NO_BODY)->http.close, 1);
    assert_int_equal(DONE(OK "CONNECTION: Close \r\n" NO_BODY)->http.close, 1);
}

static void connection_close_is_found_in_a_list(void **state)
{
    (void)state;
    assert_int_equal(DONE(OK "Connection: keep-alive, close\r\n" NO_BODY)->http.close, 1);
    assert_int_equal(DONE(OK "Connection: close,keep-alive\r\n" NO_BODY)->http.close, 1);
    assert_int_equal(DONE(OK "Connection: a\t,\tClose\t, b\r\n" NO_BODY)->http.close, 1);
    assert_int_equal(DONE(OK "Connection: ,,close\r\n" NO_BODY)->http.close, 1);
}

static void connection_close_is_found_in_any_of_several_fields(void **state)
{
    (void)state;
    assert_int_equal(DONE(OK "Connection: x\r\nConnection: close\r\n" NO_BODY)->http.close, 1);
    assert_int_equal(DONE(OK "Connection: close\r\nConnection: x\r\n" NO_BODY)->http.close, 1);
}

static void what_only_resembles_close_is_not_it(void **state)
{
    (void)state;
    assert_int_equal(DONE(OK "Connection: closed\r\n" NO_BODY)->http.close, 0);
    assert_int_equal(DONE(OK "Connection: xclose, clos\r\n" NO_BODY)->http.close, 0);
    assert_int_equal(DONE(OK "Proxy-Connection: close\r\n" NO_BODY)->http.close, 0);
}

static void http_1_0_closes_the_connection(void **state)
{
    (void)state;
    assert_int_equal(DONE("HTTP/1.0 200 OK\r\n" NO_BODY)->http.close, 1);
    assert_int_equal(DONE("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" NO_BODY)->http.close, 1);
}

static void bytes_behind_the_end_of_a_response_are_not_consumed(void **state)
{
    (void)state;
    assert_int_equal(DONE(OK NO_BODY "x")->consumed, sizeof(OK NO_BODY) - 1);
    assert_int_equal(DONE(OK "Content-Length: 2\r\n\r\nhi\r\n")->consumed,
                     sizeof(OK "Content-Length: 2\r\n\r\nhi") - 1);
    assert_int_equal(DONE(CHUNKED "2\r\nhi\r\n0\r\n\r\n" OK NO_BODY)->consumed,
                     sizeof(CHUNKED "2\r\nhi\r\n0\r\n\r\n") - 1);
}

/* --- Date, Retry-After, Content-Encoding: RFC 9110 sections 5.6.7, 6.6.1, 10.2.3, 8.4 --------- */

static int64_t date_of(const char *value)
{
    char text[256];

    snprintf(text, sizeof(text), OK "Date: %s\r\n" NO_BODY, value);
    return expect_status(text, strlen(text), HTTP_DONE, __FILE__, __LINE__)->http.date_s;
}

static void write_date(char *out, const struct tm *moment)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    sprintf(out, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * moment->tm_wday,
            moment->tm_mday, months + 3 * moment->tm_mon, moment->tm_year + 1900, moment->tm_hour,
            moment->tm_min, moment->tm_sec);
}

static void a_date_is_what_timegm_says(void **state)
{
    const int64_t first = INT64_C(-62135596800); /* of year 1 */
    const int64_t last = INT64_C(253402300799);  /* of year 9999 */
    uint64_t random = 1;
    int i;

    (void)state;
    for (i = 0; i < 20000; i++) {
        time_t seconds;
        struct tm *moment;
        char text[64];

        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        seconds = (time_t)(first + (int64_t)((random >> 20) % (uint64_t)(last - first + 1)));
        seconds = i == 0 ? (time_t)first : i == 1 ? (time_t)last : i == 2 ? 0 : seconds;
        moment = gmtime(&seconds);
        write_date(text, moment);
        assert_int_equal(http_date_read(text, strlen(text)), seconds);
    }
}

static void every_day_of_a_year_is_what_timegm_says(void **state)
{
    static const int years[] = {1900, 1970, 2000, 2023, 2024, 2100, 2400};
    size_t i;
    int day;

    (void)state;
    for (i = 0; i < sizeof(years) / sizeof(years[0]); i++) {
        for (day = 1; day <= 365; day++) {
            struct tm moment;
            char text[64];
            time_t seconds;

            memset(&moment, 0, sizeof(moment));
            moment.tm_year = years[i] - 1900;
            moment.tm_mday = day;
            moment.tm_hour = 12;
            seconds = timegm(&moment); /* makes it a month and a day of that */
            write_date(text, &moment);
            assert_int_equal(http_date_read(text, strlen(text)), seconds);
        }
    }
}

static void a_date_is_read_from_its_field(void **state)
{
    (void)state;
    assert_int_equal(date_of("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
    assert_int_equal(date_of("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
    assert_int_equal(date_of("Sat, 31 Dec 2016 23:59:60 GMT"), 1483228800); /* a leap second */
    assert_int_equal(date_of("Fri, 31 Dec 9999 23:59:59 GMT"), INT64_C(253402300799));
}

static void a_date_in_another_form_counts_as_unknown(void **state)
{
    static const char *const values[] = {
        "",
        "0",
        "784111777",
        "Sunday, 06-Nov-94 08:49:37 GMT", /* obsolete, nobody may send it */
        "Sun Nov  6 08:49:37 1994",       /* likewise */
        "1994-11-06T08:49:37Z",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 gmt",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 GMT x",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06 Xyz 1994 08:49:37 GMT",
        "Sun, 06  Nov 1994 08:49:37 GMT",
        "Sun; 06 Nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 32 Dec 1995 08:49:37 GMT",
        "Mon, 00 Jan 1996 08:49:37 GMT",
        "Sun, 99 Jan 1995 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, -6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov -994 08:49:37 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994 08.49.37 GMT",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        assert_int_equal(date_of(values[i]), RV_TIME_UNKNOWN);
    }
}

/* Nobody can say what was meant, and the clock would be set by it. */
static void a_day_that_its_month_does_not_have_counts_as_unknown(void **state)
{
    (void)state;
    assert_int_equal(date_of("Thu, 30 Feb 2023 00:00:00 GMT"), RV_TIME_UNKNOWN);
    assert_int_equal(date_of("Wed, 29 Feb 2023 00:00:00 GMT"), RV_TIME_UNKNOWN);
    assert_int_equal(date_of("Mon, 31 Apr 2023 00:00:00 GMT"), RV_TIME_UNKNOWN);
}

static void without_a_date_it_is_unknown(void **state)
{
    (void)state;
    assert_int_equal(DONE(OK NO_BODY)->http.date_s, RV_TIME_UNKNOWN);
}

static void retry_after_is_read_as_seconds(void **state)
{
    const struct reading *reading;

    (void)state;
    reading = DONE("HTTP/1.1 429 x\r\nRetry-After: 120\r\n" NO_BODY);
    assert_int_equal(reading->http.retry_after_s, 120);
    assert_int_equal(reading->http.retry_after_is_date, 0);
    assert_int_equal(DONE(OK "Retry-After: 0\r\n" NO_BODY)->http.retry_after_s, 0);
    assert_int_equal(DONE(OK "Retry-After: 999999999\r\n" NO_BODY)->http.retry_after_s, 999999999);
}

static void retry_after_is_read_as_a_date(void **state)
{
    const struct reading *reading;

    (void)state;
    reading = DONE(OK "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n" NO_BODY);
    assert_int_equal(reading->http.retry_after_s, 784111777);
    assert_int_equal(reading->http.retry_after_is_date, 1);
}

static void retry_after_in_another_form_counts_as_unknown(void **state)
{
    (void)state;
    assert_int_equal(DONE(OK NO_BODY)->http.retry_after_s, RV_TIME_UNKNOWN);
    assert_int_equal(DONE(OK "Retry-After:\r\n" NO_BODY)->http.retry_after_s, RV_TIME_UNKNOWN);
    assert_int_equal(DONE(OK "Retry-After: -1\r\n" NO_BODY)->http.retry_after_s, RV_TIME_UNKNOWN);
    assert_int_equal(DONE(OK "Retry-After: 1.5\r\n" NO_BODY)->http.retry_after_s, RV_TIME_UNKNOWN);
    assert_int_equal(DONE(OK "Retry-After: soon\r\n" NO_BODY)->http.retry_after_s, RV_TIME_UNKNOWN);
}

static void a_very_long_retry_after_is_as_long_as_can_be_said(void **state)
{
    (void)state;
    assert_int_equal(DONE(OK "Retry-After: 99999999999\r\n" NO_BODY)->http.retry_after_s,
                     INT32_MAX);
}

static void a_chunk_size_may_have_zeros_before_and_white_space_behind(void **state)
{
    (void)state;
    DONE(OK "Transfer-Encoding: chunked\r\n\r\n0000000002 \t;a\r\nhi\r\n0 \r\n\r\n");
    REFUSED(OK "Transfer-Encoding: chunked\r\n\r\n2 junk\r\nhi\r\n0\r\n\r\n");
}

static void a_content_encoding_is_told(void **state)
{
    (void)state;
    assert_int_equal(DONE(OK "Content-Encoding: gzip\r\n" NO_BODY)->http.encoded, 1);
    assert_int_equal(DONE(OK "content-encoding: br\r\n" NO_BODY)->http.encoded, 1);
    assert_int_equal(DONE(OK "Content-Encoding: identity, gzip\r\n" NO_BODY)->http.encoded, 1);
}

static void a_content_encoding_of_identity_is_none(void **state)
{
    (void)state;
    assert_int_equal(DONE(OK NO_BODY)->http.encoded, 0);
    assert_int_equal(DONE(OK "Content-Encoding: identity\r\n" NO_BODY)->http.encoded, 0);
    assert_int_equal(DONE(OK "Content-Encoding: IDENTITY\r\n" NO_BODY)->http.encoded, 0);
}

static void a_second_content_encoding_does_not_hide_the_first(void **state)
{
    (void)state;
    assert_int_equal(
        DONE(OK "Content-Encoding: gzip\r\nContent-Encoding: identity\r\n" NO_BODY)->http.encoded,
        1);
}

/* --- bounds: RFC 9112 section 5.4, and RV_HEAD_MAX, RV_BODY_MAX, RV_WINDOW_SIZE --------------- */

static char large[2 * RV_HEAD_MAX];

/* Makes a head of len bytes out of begin, a field of that length, and end. */
static void head_of(size_t len, const char *begin, const char *end)
{
    size_t filled = len - strlen(end);

    memset(large, 'a', filled);
    memcpy(large, begin, strlen(begin));
    memcpy(large + filled, end, strlen(end));
}

static const struct reading *expect_large(size_t len, int status, int line)
{
    return expect_status(large, len, status, __FILE__, line);
}

static void a_head_of_exactly_the_bound_is_read(void **state)
{
    (void)state;
    head_of(RV_HEAD_MAX, OK "X: ", "\r\n" NO_BODY);
    assert_int_equal(expect_large(RV_HEAD_MAX, HTTP_DONE, __LINE__)->consumed, RV_HEAD_MAX);
}

static void a_head_of_one_byte_more_is_too_large(void **state)
{
    (void)state;
    head_of(RV_HEAD_MAX + 1, OK "X: ", "\r\n" NO_BODY);
    expect_large(RV_HEAD_MAX + 1, RV_ERR_HEAD_TOO_LARGE, __LINE__);
}

static void an_endless_status_line_is_too_large(void **state)
{
    (void)state;
    head_of(RV_HEAD_MAX + 1, "HTTP/1.1 200 ", "a");
    expect_large(RV_HEAD_MAX, HTTP_MORE, __LINE__);
    expect_large(RV_HEAD_MAX + 1, RV_ERR_HEAD_TOO_LARGE, __LINE__);
}

static void fold_after_fold_is_too_large(void **state)
{
    size_t len = sizeof(OK "X: a") - 1;

    (void)state;
    memcpy(large, OK "X: a", len);
    for (; len <= RV_HEAD_MAX; len += 3) {
        memcpy(large + len, "\r\n ", 3);
    }
    expect_large(len, RV_ERR_HEAD_TOO_LARGE, __LINE__);
}

static void fields_of_1xx_count_for_the_same_bound(void **state)
{
    size_t len = 0;

    (void)state;
    while (len <= RV_HEAD_MAX) {
        memcpy(large + len, "HTTP/1.1 100 x\r\n\r\n", 18);
        len += 18;
    }
    expect_large(len, RV_ERR_HEAD_TOO_LARGE, __LINE__);
}

static void trailers_count_for_the_same_bound(void **state)
{
    (void)state;
    head_of(RV_HEAD_MAX, CHUNKED "0\r\nX: ", "\r\n\r\n");
    expect_large(RV_HEAD_MAX, HTTP_DONE, __LINE__);
    head_of(RV_HEAD_MAX + 1, CHUNKED "0\r\nX: ", "\r\n\r\n");
    expect_large(RV_HEAD_MAX + 1, RV_ERR_HEAD_TOO_LARGE, __LINE__);
}

static void chunk_extensions_count_for_the_same_bound(void **state)
{
    (void)state;
    head_of(RV_HEAD_MAX + 2, CHUNKED "2;", "\r\nhi\r\n0\r\n\r\n");
    expect_large(RV_HEAD_MAX + 2, HTTP_DONE, __LINE__);
    head_of(RV_HEAD_MAX + 3, CHUNKED "2;", "\r\nhi\r\n0\r\n\r\n");
    expect_large(RV_HEAD_MAX + 3, RV_ERR_HEAD_TOO_LARGE, __LINE__);
}

/* More coding than content is an attack, not an answer. */
static void tiny_chunks_without_end_are_too_large(void **state)
{
    size_t len = sizeof(CHUNKED) - 1, chunk = 6, chunks = RV_HEAD_MAX / 5 + 1;

    (void)state;
    memcpy(large, CHUNKED, len);
    for (; chunks > 0; chunks--, len += chunk) {
        memcpy(large + len, "1\r\na\r\n", chunk);
    }
    assert_true(len < sizeof(large));
    expect_large(len, RV_ERR_HEAD_TOO_LARGE, __LINE__);
}

/* Feeds head, then len bytes of body in pieces, then tail; returns the status. */
static int feed_body(const char *head, size_t len, const char *tail)
{
    static const char bytes[4096];
    static struct reading reading;

    reading_start(&reading);
    reading_feed(&reading, head, strlen(head));
    while (len > 0) {
        size_t part = len < sizeof(bytes) ? len : sizeof(bytes);

        reading_feed(&reading, bytes, part);
        len -= part;
    }
    reading_feed(&reading, tail, strlen(tail));
    return reading.status == HTTP_MORE && tail[0] == '\0' ? reading.at_end : reading.status;
}

static void a_body_of_exactly_the_bound_is_read(void **state)
{
    char head[128];

    (void)state;
    sprintf(head, OK "Content-Length: %d\r\n\r\n", RV_BODY_MAX);
    assert_int_equal(feed_body(head, RV_BODY_MAX, ""), HTTP_DONE);
    sprintf(head, CHUNKED "%x\r\n", (unsigned)RV_BODY_MAX);
    assert_int_equal(feed_body(head, RV_BODY_MAX, "\r\n0\r\n\r\n"), HTTP_DONE);
    assert_int_equal(feed_body(OK "\r\n", RV_BODY_MAX, ""), HTTP_DONE);
}

static void a_body_of_one_byte_more_is_too_large(void **state)
{
    char head[128];

    (void)state;
    sprintf(head, OK "Content-Length: %d\r\n\r\n", RV_BODY_MAX + 1);
    assert_int_equal(feed_body(head, 0, ""), RV_ERR_BODY_TOO_LARGE);
    sprintf(head, CHUNKED "%x\r\n", (unsigned)RV_BODY_MAX + 1);
    assert_int_equal(feed_body(head, RV_BODY_MAX + 1, ""), RV_ERR_BODY_TOO_LARGE);
    sprintf(head, CHUNKED "%x\r\n", (unsigned)RV_BODY_MAX);
    assert_int_equal(feed_body(head, RV_BODY_MAX, "\r\n1\r\na\r\n0\r\n\r\n"),
                     RV_ERR_BODY_TOO_LARGE);
    assert_int_equal(feed_body(OK "\r\n", RV_BODY_MAX + 1, ""), RV_ERR_BODY_TOO_LARGE);
}

/* name ":" spaces value, as a line of len bytes in a head. */
static size_t line_of(size_t len, const char *name, const char *value)
{
    size_t begin = sizeof(OK) - 1;

    memcpy(large, OK, begin);
    memset(large + begin, ' ', len);
    memcpy(large + begin, name, strlen(name));
    large[begin + strlen(name)] = ':';
    memcpy(large + begin + len - strlen(value), value, strlen(value));
    strcpy(large + begin + len, "\r\nServer: x\r\n\r\n");
    return strlen(large);
}

static void a_field_longer_than_the_window_is_skipped(void **state)
{
    size_t len;

    (void)state;
    for (len = RV_WINDOW_SIZE - 2; len < RV_WINDOW_SIZE + 3; len++) {
        size_t total = line_of(len, "Set-Cookie", "x");

        assert_string_equal(expect_large(total, HTTP_MORE, __LINE__)->names, "Set-Cookie Server ");
    }
}

static void a_framing_field_that_fills_the_window_is_read(void **state)
{
    (void)state;
    expect_large(line_of(RV_WINDOW_SIZE - 1, "Content-Length", "0"), HTTP_DONE, __LINE__);
    assert_int_equal(
        expect_large(line_of(RV_WINDOW_SIZE - 1, "Connection", "close"), HTTP_MORE, __LINE__)
            ->http.close,
        1);
}

static void a_framing_field_longer_than_the_window_is_refused(void **state)
{
    (void)state;
    expect_large(line_of(RV_WINDOW_SIZE, "Content-Length", "0"), RV_ERR_HTTP, __LINE__);
    expect_large(line_of(RV_WINDOW_SIZE, "content-length", "0"), RV_ERR_HTTP, __LINE__);
    expect_large(line_of(RV_WINDOW_SIZE, "Transfer-Encoding", "chunked"), RV_ERR_HTTP, __LINE__);
    expect_large(line_of(RV_WINDOW_SIZE, "Connection", "close"), RV_ERR_HTTP, __LINE__);
}

static void a_content_encoding_longer_than_the_window_is_not_overlooked(void **state)
{
    const struct reading *reading;

    (void)state;
    reading = read_every_way(large, line_of(RV_WINDOW_SIZE, "Content-Encoding", "gzip"));
    assert_true(reading->status == RV_ERR_HTTP || reading->http.encoded);
}

static void a_name_longer_than_the_window_is_refused(void **state)
{
    size_t len = sizeof(OK) - 1;

    (void)state;
    memcpy(large, OK, len);
    memset(large + len, 'n', RV_WINDOW_SIZE);
    strcpy(large + len + RV_WINDOW_SIZE, ": x\r\n\r\n");
    expect_large(strlen(large), RV_ERR_HTTP, __LINE__);
}

static void a_field_after_one_longer_than_the_window_is_read(void **state)
{
    size_t len = line_of(RV_WINDOW_SIZE + 100, "Set-Cookie", "x");

    (void)state;
    strcpy(large + len - 2, "Content-Length: 2\r\n\r\nhi");
    assert_string_equal(expect_large(strlen(large), HTTP_DONE, __LINE__)->body, "hi");
}

/* --- smuggling: RFC 9112 section 11 ----------------------------------------------------------- */

#define SMUGGLED "0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

/* Each has been read in two ways by two readers somewhere. */
static void what_two_readers_could_read_differently_is_refused(void **state)
{
    (void)state;
    REFUSED(OK "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n" SMUGGLED);
    REFUSED(OK "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n" SMUGGLED);
    REFUSED(OK "Content-Length: 0\r\nContent-Length: 6\r\n\r\n" SMUGGLED);
    REFUSED(OK "Content-Length: 6, 0\r\n\r\n" SMUGGLED);
    REFUSED(OK "Content-Length: 6\r\n 0\r\n\r\n" SMUGGLED);
    REFUSED(OK "Content-Length: +6\r\n\r\n" SMUGGLED);
    REFUSED(OK "Content-Length: 6 \x0B\r\n\r\n" SMUGGLED);
    REFUSED(OK "Content-Length: 0\0"
               "6\r\n\r\n" SMUGGLED);
    REFUSED(OK "Content-Length\0: 6\r\n\r\n" SMUGGLED);
    REFUSED(OK "Content-Length : 6\r\n\r\n" SMUGGLED);
    REFUSED(OK "Content Length: 6\r\n\r\n" SMUGGLED);
    REFUSED(OK " Content-Length: 6\r\n\r\n" SMUGGLED);
    REFUSED(OK "X: y\nContent-Length: 6\r\n\r\n" SMUGGLED);
    REFUSED(OK "X: y\rContent-Length: 6\r\n\r\n" SMUGGLED);
    REFUSED(OK "X: y\r\n\rContent-Length: 6\r\n\r\n" SMUGGLED);
    REFUSED(OK "X: y\n\nContent-Length: 6\r\n\r\n" SMUGGLED);
    REFUSED(OK "X\r\nContent-Length: 6\r\n\r\n" SMUGGLED);
    REFUSED(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n" SMUGGLED);
    REFUSED(OK "Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n" SMUGGLED);
    REFUSED(OK "Transfer-Encoding: x, chunked\r\n\r\n" SMUGGLED);
    REFUSED(OK "Transfer-Encoding: chunked, identity\r\n\r\n" SMUGGLED);
    REFUSED(OK "Transfer-Encoding : chunked\r\n\r\n" SMUGGLED);
    REFUSED(OK "Transfer-Encoding\x0B: chunked\r\n\r\n" SMUGGLED);
    REFUSED(OK "Transfer-Encoding:\x0C"
               "chunked\r\n\r\n" SMUGGLED);
    REFUSED(OK "\x20Transfer-Encoding: chunked\r\n\r\n" SMUGGLED);
    REFUSED(OK "Transfer_Encoding\x80: chunked\r\n\r\n" SMUGGLED);
    REFUSED("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" SMUGGLED);
    REFUSED(CHUNKED "0\n\r\n" SMUGGLED);
    REFUSED(CHUNKED "0\r\r\n" SMUGGLED);
    REFUSED(CHUNKED "0\r\n\n" SMUGGLED);
    REFUSED(CHUNKED "0_2\r\nab\r\n" SMUGGLED);
    REFUSED(CHUNKED "0x2\r\nab\r\n" SMUGGLED);
    REFUSED(CHUNKED "2;\nxx\r\nab\r\n" SMUGGLED);
    REFUSED(CHUNKED "2;\rxx\r\nab\r\n" SMUGGLED);
    REFUSED(CHUNKED "2 2\r\nab\r\n" SMUGGLED);
    REFUSED(CHUNKED "2\r\nabXX" SMUGGLED);
    REFUSED(CHUNKED "-2\r\nab\r\n" SMUGGLED);
    REFUSED(CHUNKED "\r\n2\r\nab\r\n" SMUGGLED);
}

/* --- whole answers ------------------------------------------------------------------------------
 *
 * In the folder answers, byte for byte; written after the documents, none is from the live service.
 */

#define ANSWERS "tests/unit/answers/"

static size_t load(const char *name, char *text, size_t size)
{
    char path[256];
    FILE *file;
    size_t len;

    snprintf(path, sizeof(path), ANSWERS "%s", name);
    file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("cannot open %s: the tests run from the top folder", path);
    }
    len = fread(text, 1, size, file);
    fclose(file);
    assert_true(len > 0 && len < size);
    return len;
}

struct expected {
    const char *name;
    int http_status;
    int status; /* HTTP_MORE: complete at the end of the stream */
    int closes;
    const char *begin, *end; /* of the body */
};

static const struct expected answers[] = {
    {"accepted.http", 200, HTTP_DONE, 0, "{\"ResponseMetadata\":", "}"},
    {"accepted-chunked.http", 200, HTTP_DONE, 0, "{\"ResponseMetadata\":", "}"},
    {"accepted-until-close.http", 200, HTTP_MORE, 1, "{\"ResponseMetadata\":", "}\n"},
    {"accepted-after-100.http", 200, HTTP_DONE, 0, "{\"ResponseMetadata\":", "}"},
    {"dry-run.http", 412, HTTP_DONE, 0, "{\"ResponseMetadata\":", "}"},
    {"refused.http", 400, HTTP_DONE, 0, "{\"ResponseMetadata\":", "}"},
    {"signature.http", 401, HTTP_DONE, 1, "{\n", "}\n"},
    {"throttled.http", 429, HTTP_DONE, 0, "{\"ResponseMetadata\":", "}"},
    {"legacy.http", 404, HTTP_DONE, 0, "{\"HTTPCode\":", "}"},
    {"bad-gateway.http", 502, HTTP_DONE, 1, "<html>\r\n", "</html>\r\n"},
    {"bad-gateway-1.0.http", 502, HTTP_MORE, 1, "<html>", "</html>\n"},
    {"no-content.http", 204, HTTP_DONE, 0, "", ""},
    {"instances.http", 200, HTTP_DONE, 0, "{\"ResponseMetadata\":", "}"},
};

#define ANSWER_COUNT (sizeof(answers) / sizeof(answers[0]))
#define ANSWER_ROOM  16384
#define SHORT_LEN    420 /* longer ones are not split in three */

static char answer[ANSWER_ROOM];

static void every_answer_is_read_whole_bytewise_and_split_in_two(void **state)
{
    size_t i, at;

    (void)state;
    for (i = 0; i < ANSWER_COUNT; i++) {
        const struct expected *expected = &answers[i];
        size_t len = load(expected->name, answer, sizeof(answer));
        const struct reading *reading = read_every_way(answer, len);
        size_t begin_len = strlen(expected->begin), end_len = strlen(expected->end);

        print_message("# %s, %u bytes\n", expected->name, (unsigned)len);
        assert_int_equal(reading->status, expected->status);
        assert_int_equal(reading->at_end, HTTP_DONE);
        assert_int_equal(reading->http.status, expected->http_status);
        assert_int_equal(reading->http.close, expected->closes);
        assert_int_equal(reading->consumed, len);
        assert_true(reading->body_len >= begin_len + end_len);
        assert_memory_equal(reading->body, expected->begin, begin_len);
        assert_memory_equal(reading->body + reading->body_len - end_len, expected->end, end_len);
        for (at = 1; at < len && len > SPLIT_MAX; at++) { /* shorter ones are already */
            read_in_three(answer, len, at, at);
        }
    }
}

static void every_short_answer_is_read_split_in_three(void **state)
{
    unsigned tried = 0;
    size_t i, first, second;

    (void)state;
    for (i = 0; i < ANSWER_COUNT; i++) {
        size_t len = load(answers[i].name, answer, sizeof(answer));

        if (len > SHORT_LEN) {
            continue;
        }
        tried++;
        reading_start(&whole);
        reading_feed(&whole, answer, len);
        for (first = 1; first < len; first++) {
            for (second = first + 1; second < len; second++) {
                read_in_three(answer, len, first, second);
            }
        }
    }
    assert_true(tried > 0);
}

static void an_answer_that_is_cut_anywhere_is_never_complete(void **state)
{
    size_t i, cut;

    (void)state;
    for (i = 0; i < ANSWER_COUNT; i++) {
        size_t len = load(answers[i].name, answer, sizeof(answer));

        if (answers[i].status != HTTP_DONE) {
            continue;
        }
        for (cut = 0; cut < len; cut++) {
            reading_start(&whole);
            reading_feed(&whole, answer, cut);
            assert_int_equal(whole.status, HTTP_MORE);
            assert_int_equal(whole.at_end, RV_ERR_NETWORK);
        }
    }
}

static void two_answers_behind_one_another_are_told_apart(void **state)
{
    static char both[2 * ANSWER_ROOM];
    size_t first = load("accepted-chunked.http", both, ANSWER_ROOM);
    size_t second = load("refused.http", both + first, ANSWER_ROOM);

    (void)state;
    assert_int_equal(read_every_way(both, first + second)->consumed, first);
    assert_int_equal(whole.http.status, 200);
    assert_int_equal(read_every_way(both + first, second)->consumed, second);
    assert_int_equal(whole.http.status, 400);
}

/* -------------------------------------------------------------------------------------------------
 */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_line_of_http_1_1_is_read),
        cmocka_unit_test(a_status_line_of_http_1_0_is_read),
        cmocka_unit_test(the_reason_may_be_empty),
        cmocka_unit_test(the_space_before_an_empty_reason_may_be_missing),
        cmocka_unit_test(the_reason_may_have_tabs_and_bytes_above_ascii),
        cmocka_unit_test(the_reason_may_be_longer_than_the_window),
        cmocka_unit_test(a_status_from_200_to_999_is_read_as_it_is),
        cmocka_unit_test(a_status_below_100_is_refused),
        cmocka_unit_test(a_status_that_is_not_three_digits_is_refused),
        cmocka_unit_test(white_space_elsewhere_in_the_status_line_is_refused),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(another_protocol_is_refused),
        cmocka_unit_test(a_line_before_the_status_line_is_refused),
        cmocka_unit_test(a_head_may_have_no_fields_at_all),
        cmocka_unit_test(names_are_read_in_any_case),
        cmocka_unit_test(fields_come_in_any_order),
        cmocka_unit_test(each_field_is_told_by_its_name_as_it_came),
        cmocka_unit_test(white_space_around_a_value_is_no_part_of_it),
        cmocka_unit_test(a_value_may_be_empty),
        cmocka_unit_test(a_value_may_have_colons_and_bytes_above_ascii),
        cmocka_unit_test(white_space_before_the_colon_is_refused),
        cmocka_unit_test(an_empty_name_is_refused),
        cmocka_unit_test(a_line_without_a_colon_is_refused),
        cmocka_unit_test(a_name_has_token_characters_only),
        cmocka_unit_test(a_value_has_no_control_characters_but_the_tab),
        cmocka_unit_test(a_status_line_has_no_control_characters_but_the_tab),
        cmocka_unit_test(white_space_after_the_status_line_is_refused),
        cmocka_unit_test(a_folded_value_is_one_value),
        cmocka_unit_test(a_fold_is_a_space_so_it_does_not_join_digits),
        cmocka_unit_test(a_folded_line_that_looks_like_framing_is_none),
        cmocka_unit_test(a_name_is_not_folded),
        cmocka_unit_test(the_answer_with_all_kinds_of_lines_is_fine),
        cmocka_unit_test(a_bare_lf_is_refused_wherever_it_stands),
        cmocka_unit_test(a_bare_cr_is_refused_wherever_it_stands),
        cmocka_unit_test(a_nul_is_refused_wherever_it_stands_but_in_the_body),
        cmocka_unit_test(lf_alone_ends_no_line),
        cmocka_unit_test(cr_alone_ends_no_line),
        cmocka_unit_test(lf_and_cr_exchanged_are_refused),
        cmocka_unit_test(line_ends_and_nul_in_a_body_are_body),
        cmocka_unit_test(a_body_ends_after_content_length),
        cmocka_unit_test(a_content_length_of_0_ends_with_the_head),
        cmocka_unit_test(leading_zeros_of_content_length_are_digits),
        cmocka_unit_test(a_content_length_that_is_not_digits_alone_is_refused),
        cmocka_unit_test(a_list_of_content_lengths_is_refused),
        cmocka_unit_test(a_second_content_length_is_refused),
        cmocka_unit_test(a_content_length_over_the_bound_is_refused),
        cmocka_unit_test(a_content_length_that_overflows_is_refused),
        cmocka_unit_test(chunked_is_read_in_any_case),
        cmocka_unit_test(another_transfer_coding_is_refused),
        cmocka_unit_test(what_only_resembles_chunked_is_refused),
        cmocka_unit_test(chunked_twice_is_refused),
        cmocka_unit_test(chunked_under_http_1_0_is_refused),
        cmocka_unit_test(chunked_beside_content_length_is_refused),
        cmocka_unit_test(chunks_are_joined),
        cmocka_unit_test(a_chunk_size_is_hexadecimal_in_either_case),
        cmocka_unit_test(a_chunk_size_may_have_leading_zeros),
        cmocka_unit_test(a_chunk_size_that_is_not_hexadecimal_is_refused),
        cmocka_unit_test(a_chunk_size_with_a_sign_is_refused),
        cmocka_unit_test(white_space_before_a_chunk_size_is_refused),
        cmocka_unit_test(white_space_within_a_chunk_size_is_refused),
        cmocka_unit_test(a_chunk_size_that_overflows_is_refused),
        cmocka_unit_test(chunk_extensions_are_skipped),
        cmocka_unit_test(a_quoted_chunk_extension_is_skipped),
        cmocka_unit_test(a_quote_does_not_hide_a_line_end),
        cmocka_unit_test(a_control_character_in_a_chunk_extension_is_refused),
        cmocka_unit_test(a_chunk_that_does_not_end_where_its_size_says_is_refused),
        cmocka_unit_test(chunks_without_the_last_one_are_unfinished),
        cmocka_unit_test(trailers_are_skipped),
        cmocka_unit_test(trailers_change_nothing),
        cmocka_unit_test(nothing_is_written_to_the_window_once_the_body_has_begun),
        cmocka_unit_test(without_a_length_the_body_is_complete_at_the_end_of_the_stream_only),
        cmocka_unit_test(an_end_of_the_stream_within_the_head_is_no_answer),
        cmocka_unit_test(an_end_of_the_stream_within_a_body_of_known_length_is_no_answer),
        cmocka_unit_test(after_the_end_of_the_response_the_end_of_the_stream_is_fine),
        cmocka_unit_test(a_1xx_is_skipped),
        cmocka_unit_test(several_1xx_are_skipped),
        cmocka_unit_test(fields_of_a_1xx_say_nothing_about_the_response),
        cmocka_unit_test(after_a_1xx_a_whole_response_must_come),
        cmocka_unit_test(a_101_is_refused),
        cmocka_unit_test(a_204_or_304_has_no_body),
        cmocka_unit_test(a_204_or_304_has_no_body_whatever_its_fields_say),
        cmocka_unit_test(a_304_may_tell_any_content_length),
        cmocka_unit_test(a_204_that_announces_a_body_closes_the_connection),
        cmocka_unit_test(http_1_1_keeps_the_connection),
        cmocka_unit_test(connection_close_is_found_in_any_case),
        cmocka_unit_test(connection_close_is_found_in_a_list),
        cmocka_unit_test(connection_close_is_found_in_any_of_several_fields),
        cmocka_unit_test(what_only_resembles_close_is_not_it),
        cmocka_unit_test(http_1_0_closes_the_connection),
        cmocka_unit_test(bytes_behind_the_end_of_a_response_are_not_consumed),
        cmocka_unit_test(a_date_is_what_timegm_says),
        cmocka_unit_test(every_day_of_a_year_is_what_timegm_says),
        cmocka_unit_test(a_date_is_read_from_its_field),
        cmocka_unit_test(a_date_in_another_form_counts_as_unknown),
        cmocka_unit_test(a_day_that_its_month_does_not_have_counts_as_unknown),
        cmocka_unit_test(without_a_date_it_is_unknown),
        cmocka_unit_test(retry_after_is_read_as_seconds),
        cmocka_unit_test(retry_after_is_read_as_a_date),
        cmocka_unit_test(retry_after_in_another_form_counts_as_unknown),
        cmocka_unit_test(a_very_long_retry_after_is_as_long_as_can_be_said),
        cmocka_unit_test(a_chunk_size_may_have_zeros_before_and_white_space_behind),
        cmocka_unit_test(a_content_encoding_is_told),
        cmocka_unit_test(a_content_encoding_of_identity_is_none),
        cmocka_unit_test(a_second_content_encoding_does_not_hide_the_first),
        cmocka_unit_test(a_head_of_exactly_the_bound_is_read),
        cmocka_unit_test(a_head_of_one_byte_more_is_too_large),
        cmocka_unit_test(an_endless_status_line_is_too_large),
        cmocka_unit_test(fold_after_fold_is_too_large),
        cmocka_unit_test(fields_of_1xx_count_for_the_same_bound),
        cmocka_unit_test(trailers_count_for_the_same_bound),
        cmocka_unit_test(chunk_extensions_count_for_the_same_bound),
        cmocka_unit_test(tiny_chunks_without_end_are_too_large),
        cmocka_unit_test(a_body_of_exactly_the_bound_is_read),
        cmocka_unit_test(a_body_of_one_byte_more_is_too_large),
        cmocka_unit_test(a_field_longer_than_the_window_is_skipped),
        cmocka_unit_test(a_framing_field_that_fills_the_window_is_read),
        cmocka_unit_test(a_framing_field_longer_than_the_window_is_refused),
        cmocka_unit_test(a_content_encoding_longer_than_the_window_is_not_overlooked),
        cmocka_unit_test(a_name_longer_than_the_window_is_refused),
        cmocka_unit_test(a_field_after_one_longer_than_the_window_is_read),
        cmocka_unit_test(what_two_readers_could_read_differently_is_refused),
        cmocka_unit_test(every_answer_is_read_whole_bytewise_and_split_in_two),
        cmocka_unit_test(every_short_answer_is_read_split_in_three),
        cmocka_unit_test(an_answer_that_is_cut_anywhere_is_never_complete),
        cmocka_unit_test(two_answers_behind_one_another_are_told_apart),
    };

    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
