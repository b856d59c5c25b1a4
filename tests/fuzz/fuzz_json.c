/*
 * The filter takes any bytes: it stays within its window, takes nothing that is not JSON by a
 * second opinion, and its copy, which the reader then trusts, is JSON too. What the reader gives
 * out is safe to show.
 */
#include "fuzz.h"
#include "rfc8259.h"

static const char *const specs[] = {
    "{}",
    "{ResponseMetadata{RequestId,Error{Code,CodeN,Message}},Result@,errorcode,message}",
    "{a,b{a,c},c[],d[{a,b[]}],e*[{a,d[{c}],e*[{a}]}]}",
    "{a{a{a{a{a{a{a{a{a}}}}}}}}}",
};

static const char *const paths[] = {
    "",  "a",   "b",     "c.0",  "d.0.a",     "d.1.b.0",
    "e", "b.c", "b.a.b", "e..x", "a.a.a.a.a", "ResponseMetadata.Error.Message",
};

/* UTF-8 without anything that could change the line it is shown in. */
static void expect_safe(const char *text, size_t len)
{
    size_t at = 0;

    while (at < len) {
        uint32_t code_point = 0;
        size_t part = utf8_read((const uint8_t *)text + at, len - at, &code_point);

        EXPECT(part > 0);
        EXPECT(!is_unsafe_to_show(code_point));
        at += part;
    }
    EXPECT(text[len] == '\0');
}

static void read_paths(const rv_json *json, size_t size)
{
    char *out = malloc(size);
    size_t i;

    EXPECT(out != NULL);
    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        int len = rv_json_text(json, paths[i], out, size);

        EXPECT(len < (int)size);
        EXPECT(len >= 0 || len == RV_EOF || len == RV_ERR_BODY || len == RV_ERR_BODY_TOO_LARGE);
        expect_safe(out, len < 0 ? 0 : (size_t)len);
    }
    free(out);
}

static void read_copy(const char *copy, size_t len, size_t size)
{
    int32_t *tokens = malloc(RV_JSON_TOKENS * 5 * sizeof(int32_t));
    rv_json json;
    int status;

    EXPECT(tokens != NULL);
    EXPECT(rfc8259_is_valid(copy, len, RV_JSON_DEPTH));
    status = json_read(&json, copy, len, tokens);
    EXPECT(status == RV_OK || status == RV_ERR_BODY || status == RV_ERR_BODY_TOO_LARGE);
    if (status == RV_OK) {
        EXPECT(json.count > 0 && json.count <= RV_JSON_TOKENS);
        read_paths(&json, size);
    }
    free(tokens);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *spec, *bytes;
    size_t len, i, room;
    struct text text;
    char *window;
    rv_filter filter;
    int status = RV_OK, is_valid;

    if (size < HEAD_LEN) {
        return 0;
    }
    spec = specs[data[0] % (sizeof(specs) / sizeof(specs[0]))];
    room = 1 + data[1];
    text_start(&text, data, size, PIECES_WHOLE);
    bytes = text_piece(&text, &size);
    if (bytes == NULL) {
        return 0;
    }
    window = malloc(RV_WINDOW_SIZE);
    EXPECT(window != NULL);
    filter_start(&filter, window, spec, "a,e*[{a}]");
    for (i = 0; i < size && status == RV_OK; i++) {
        status = filter_byte(&filter, bytes[i]);
        EXPECT(filter.used < RV_WINDOW_SIZE);
        EXPECT(filter.depth <= RV_JSON_DEPTH);
        EXPECT(filter.passing <= RV_FILTER_LEVELS && filter.passing <= filter.depth);
        if (status == FILTER_ELEMENT) {
            const char *element = filter_element(&filter, &len);

            EXPECT(element >= window && element + len <= window + filter.used);
            read_copy(element, len, room);
            filter_drop_element(&filter);
            status = RV_OK;
        }
    }
    if (status == RV_OK) {
        status = filter_end(&filter, &len);
    }
    EXPECT(status == RV_OK || status == RV_ERR_BODY || status == RV_ERR_BODY_TOO_LARGE);
    is_valid = rfc8259_is_valid(bytes, size, RV_JSON_DEPTH);
    EXPECT(is_valid || status != RV_OK);
    if (status == RV_OK) {
        EXPECT(window[len] == '\0');
        read_copy(window, len, room);
    } else {
        EXPECT(!is_valid || size > 31); /* below all limits */
    }
    free(window);
    text_end(&text);
    return 0;
}
