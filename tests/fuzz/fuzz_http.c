/*
 * The response parser reads any bytes: it stays within its line, gets on with every byte, ends in
 * one of its ends, and does not care in which pieces they come.
 */
#include "fuzz.h"

struct reading {
    rv_http http;
    int status; /* HTTP_DONE, HTTP_MORE or an error */
    int at_end;
    size_t consumed;
    size_t fields;
    uint32_t names; /* a hash of them */
    char *body;
    size_t body_len;
};

static void take_name(struct reading *reading, const char *line)
{
    size_t i;

    EXPECT(memchr(line, '\0', RV_WINDOW_SIZE) != NULL);
    EXPECT(line[0] != '\0');
    for (i = 0; line[i] != '\0'; i++) {
        EXPECT(is_token_character(line[i]));
        reading->names = reading->names * 31 + (uint8_t)line[i];
    }
    reading->fields++;
}

static void take_body(struct reading *reading, const char *bytes, size_t len)
{
    EXPECT(len > 0);
    memcpy(reading->body + reading->body_len, bytes, len);
    reading->body_len += len;
    EXPECT(reading->body_len == reading->http.body_len);
    EXPECT(reading->body_len <= RV_BODY_MAX);
}

static void read_piece(struct reading *reading, char *line, const char *bytes, size_t len)
{
    size_t at = 0, idle = 0;

    while (reading->status == HTTP_MORE && (at < len || reading->http.state == HTTP_COMPLETE)) {
        size_t used;
        int event = http_read(&reading->http, line, RV_WINDOW_SIZE, bytes + at, len - at, &used);

        EXPECT(used <= len - at);
        EXPECT(reading->http.state <= HTTP_COMPLETE);
        EXPECT(event <= HTTP_DONE);
        if (event == HTTP_FIELD) {
            take_name(reading, line);
        } else if (event == HTTP_BODY) {
            take_body(reading, bytes + at, used);
        } else {
            reading->status = event;
        }
        idle = used > 0 ? 0 : idle + 1;
        EXPECT(idle < 2 || reading->status != HTTP_MORE);
        at += used;
    }
    reading->consumed += at;
}

static void read_pieces(struct reading *reading, const uint8_t *data, size_t size,
                        enum pieces pieces)
{
    char *line = malloc(RV_WINDOW_SIZE);
    const char *bytes;
    struct text text;
    size_t len;

    memset(reading, 0, sizeof(*reading));
    reading->body = malloc(size);
    EXPECT(line != NULL && reading->body != NULL);
    http_start(&reading->http);
    text_start(&text, data, size, pieces);
    while (reading->status == HTTP_MORE && (bytes = text_piece(&text, &len)) != NULL) {
        read_piece(reading, line, bytes, len);
    }
    if (reading->status == HTTP_DONE) { /* and it stays so */
        size_t used = 1;

        EXPECT(http_read(&reading->http, line, RV_WINDOW_SIZE, "x", 1, &used) == HTTP_DONE);
        EXPECT(used == 0);
    }
    if (reading->status >= 0) {
        EXPECT(reading->http.head_len <= RV_HEAD_MAX);
        reading->at_end = http_end(&reading->http);
        EXPECT(reading->at_end == HTTP_DONE || reading->at_end == RV_ERR_NETWORK);
        EXPECT(reading->status != HTTP_DONE || reading->at_end == HTTP_DONE);
    } else {
        EXPECT(reading->status == RV_ERR_HTTP || reading->status == RV_ERR_HEAD_TOO_LARGE ||
               reading->status == RV_ERR_BODY_TOO_LARGE);
    }
    text_end(&text);
    free(line);
}

static void expect_same(const struct reading *a, const struct reading *b)
{
    EXPECT(a->status == b->status);
    EXPECT(a->at_end == b->at_end);
    EXPECT(a->fields == b->fields);
    EXPECT(a->names == b->names);
    EXPECT(a->http.status == b->http.status);
    EXPECT(a->http.date_s == b->http.date_s);
    EXPECT(a->http.retry_after_s == b->http.retry_after_s);
    EXPECT(a->http.close == b->http.close);
    EXPECT(a->http.encoded == b->http.encoded);
    if (a->status >= 0) {
        EXPECT(a->consumed == b->consumed);
        EXPECT(a->body_len == b->body_len);
        EXPECT(memcmp(a->body, b->body, a->body_len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading readings[PIECES_COUNT];
    int i;

    if (size < HEAD_LEN) {
        return 0;
    }
    for (i = 0; i < PIECES_COUNT; i++) {
        read_pieces(&readings[i], data, size, (enum pieces)i);
        expect_same(&readings[0], &readings[i]);
    }
    if (readings[0].at_end == HTTP_DONE) {
        EXPECT(readings[0].http.status >= 200);
        EXPECT((readings[0].http.status != 204 && readings[0].http.status != 304) ||
               readings[0].body_len == 0);
    }
    for (i = 0; i < PIECES_COUNT; i++) {
        free(readings[i].body);
    }
    return 0;
}
