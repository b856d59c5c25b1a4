/*
 * Raw bytes of an answer through all of it, as a call does: HTTP, filter, reader, result. Whatever
 * comes, the client's memory beside window and tokens stays as it is, what is told of an answer
 * does not depend on the pieces in which it came, and nothing but a whole valid answer is one.
 */
#include "fuzz.h"
#include "rfc8259.h"

struct told {
    int status;      /* of the response: RV_OK, RV_AGAIN or an error */
    int body_status; /* of its body, once it is there */
    uint32_t objects;
    uint32_t log; /* a hash of what on_object was given */
    uint16_t http_status;
    int32_t code_n;
    char code_text[65];
    char message[257];
    char request_id[65];
};

static uint32_t hash(uint32_t begin, const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        begin = begin * 31 + (uint8_t)text[i];
    }
    return begin;
}

static int take_object(void *ctx, int is_element, const rv_json *object)
{
    static const char *const paths[] = {"InstanceId", "Volumes.0.VolumeId", "Volumes.1.VolumeId",
                                        "NextToken", "Instances"};
    struct told *told = ctx;
    size_t i;

    told->objects++;
    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        char out[40];
        int len = rv_json_text(object, paths[i], out, sizeof(out));

        EXPECT(len < (int)sizeof(out));
        told->log = hash(told->log * 31 + (uint32_t)is_element, out, strlen(out) + 1);
        told->log = told->log * 31 + (uint32_t)len;
    }
    return RV_OK;
}

static void expect_zero(const char *from, const char *to)
{
    for (; from < to; from++) {
        EXPECT(*from == 0);
    }
}

static void expect_safe(const char *text, size_t size)
{
    size_t len = strlen(text), at = 0;

    EXPECT(len < size);
    while (at < len) {
        uint32_t code_point = 0;
        size_t part = utf8_read((const uint8_t *)text + at, len - at, &code_point);

        EXPECT(part > 0 && !is_unsafe_to_show(code_point));
        at += part;
    }
}

static void read_answer(struct told *told, const uint8_t *data, size_t size, enum pieces pieces)
{
    rv_client *client = calloc(1, sizeof(*client));
    rv_call *call = calloc(1, sizeof(*call));
    const char *bytes;
    struct text text;
    size_t len;

    EXPECT(client != NULL && call != NULL);
    memset(told, 0, sizeof(*told));
    call->client = client;
    call->request.wanted = (data[3] & 1) != 0
                               ? "NextToken,Instances*[{InstanceId,Status,Volumes[{VolumeId}]}]"
                               : NULL;
    call->request.on_object = take_object;
    call->request.on_object_ctx = told;
    http_start(&call->http);
    told->status = RV_AGAIN;
    text_start(&text, data, size, pieces);
    while (told->status == RV_AGAIN && (bytes = text_piece(&text, &len)) != NULL) {
        told->status = answer_append(call, bytes, len);
    }
    if (told->status == RV_AGAIN && http_end(&call->http) == HTTP_DONE) {
        told->status = RV_OK;
    }
    if (told->status == RV_OK) {
        told->body_status = read_body(call);
    }
    told->http_status = call->result.http_status;
    told->code_n = call->result.code_n;
    memcpy(told->code_text, call->result.code_text, sizeof(told->code_text));
    memcpy(told->message, call->result.message, sizeof(told->message));
    memcpy(told->request_id, call->result.request_id, sizeof(told->request_id));
    expect_safe(told->code_text, sizeof(told->code_text));
    expect_safe(told->message, sizeof(told->message));
    expect_safe(told->request_id, sizeof(told->request_id));
    expect_zero((char *)client, client->window);
    expect_zero(client->window + sizeof(client->window), (char *)client->json_tokens);
    expect_zero((char *)(client->json_tokens + RV_JSON_TOKENS * 5), (char *)(client + 1));
    text_end(&text);
    free(call);
    free(client);
}

/* The body once more, by itself. */
static void expect_body_is_json(const uint8_t *data, size_t size)
{
    char line[RV_WINDOW_SIZE], *body = malloc(size);
    const char *bytes = (const char *)data + HEAD_LEN;
    size_t len = size - HEAD_LEN, at = 0, body_len = 0;
    int event = HTTP_MORE;
    rv_http http;

    EXPECT(body != NULL);
    http_start(&http);
    while (event != HTTP_DONE && at < len) {
        size_t used;

        event = http_read(&http, line, sizeof(line), bytes + at, len - at, &used);
        EXPECT(event >= 0);
        if (event == HTTP_BODY) {
            memcpy(body + body_len, bytes + at, used);
            body_len += used;
        }
        at += used;
    }
    EXPECT(rfc8259_is_valid(body, body_len, RV_JSON_DEPTH));
    free(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct told told[PIECES_COUNT];
    int i, is_answer;

    if (size < HEAD_LEN) {
        return 0;
    }
    for (i = 0; i < PIECES_COUNT; i++) {
        read_answer(&told[i], data, size, (enum pieces)i);
        is_answer = told[0].status == RV_OK && told[0].body_status == RV_OK;
        EXPECT(is_answer == (told[i].status == RV_OK && told[i].body_status == RV_OK));
        if (is_answer) {
            EXPECT(memcmp(&told[0], &told[i], sizeof(told[0])) == 0);
        } else {
            /* a body may be too large and not JSON, and it depends which is found first */
            EXPECT(told[0].status == told[i].status || told[0].status == RV_ERR_BODY_TOO_LARGE ||
                   told[i].status == RV_ERR_BODY_TOO_LARGE);
            EXPECT(told[0].http_status == told[i].http_status);
        }
    }
    if (told[0].status == RV_OK && told[0].body_status == RV_OK) {
        expect_body_is_json(data, size);
    }
    return 0;
}
