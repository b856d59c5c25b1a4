/*
 * From the bytes of an answer to what a program is told of it: the filter, which judges the whole
 * text by RFC 8259 and keeps a copy of the wanted members, and the reader over that copy.
 *
 * Texts go in whole, byte by byte and split in two at every place, and come to the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RV_STATIC
#include "../../replace_volume.c"

#include "../fuzz/rfc8259.h"

#define CANARY    0x5A
#define CANARIES  64
#define SPLIT_MAX 600 /* longer texts are not split in two at every place */
#define TEXT_ROOM 16384
#define LOG_ROOM  8192

/* --- the filter alone ------------------------------------------------------------------------- */

struct filtered {
    rv_filter filter;
    uint8_t before[CANARIES];
    char window[RV_WINDOW_SIZE];
    uint8_t after[CANARIES];
    int status; /* RV_OK: the window has the copy */
    size_t len;
    char elements[LOG_ROOM]; /* that were handed over, a line each */
};

static void expect_canaries(const uint8_t *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        assert_int_equal(bytes[i], CANARY);
    }
}

static void log_line(char *log, const char *begin, const char *text, size_t len)
{
    size_t used = strlen(log);

    assert_true(used + strlen(begin) + len + 2 <= LOG_ROOM);
    sprintf(log + used, "%s%.*s\n", begin, (int)len, text);
}

static const struct filtered *filter_text(const char *spec, const char *inner_spec,
                                          const char *text, size_t len)
{
    static struct filtered filtered;
    size_t i;

    memset(filtered.before, CANARY, CANARIES);
    memset(filtered.window, CANARY, sizeof(filtered.window));
    memset(filtered.after, CANARY, CANARIES);
    filtered.elements[0] = '\0';
    filtered.status = RV_OK;
    filter_start(&filtered.filter, filtered.window, spec, inner_spec);
    for (i = 0; i < len && filtered.status == RV_OK; i++) {
        int event = filter_byte(&filtered.filter, text[i]);

        if (event == FILTER_ELEMENT) {
            size_t element_len;
            const char *element = filter_element(&filtered.filter, &element_len);

            log_line(filtered.elements, "", element, element_len);
            filter_drop_element(&filtered.filter);
        } else {
            filtered.status = event;
        }
    }
    if (filtered.status == RV_OK) {
        filtered.status = filter_end(&filtered.filter, &filtered.len);
    }
    expect_canaries(filtered.before, CANARIES);
    expect_canaries(filtered.after, CANARIES);
    return &filtered;
}

static void print_text(const char *what, const char *text, size_t len)
{
    char line[2048];
    size_t used = 0, i;

    for (i = 0; i < len && used < sizeof(line) - 5; i++) {
        int is_plain = text[i] == ' ' || is_printable_ascii(text[i]);

        used += (size_t)snprintf(line + used, 5, is_plain ? "%c" : "\\x%02x", (uint8_t)text[i]);
    }
    line[used] = '\0';
    print_error("%s: %s\n", what, line);
}

static void expect_copy(const char *spec, const char *text, size_t len, const char *wanted,
                        const char *file, int line)
{
    const struct filtered *filtered = filter_text(spec, NULL, text, len);

    if (filtered->status != RV_OK || strcmp(filtered->window, wanted) != 0) {
        print_text("text", text, len);
        print_error("status %d, copy %s, but %s was expected\n", filtered->status,
                    filtered->status == RV_OK ? filtered->window : "-", wanted);
        _fail(file, line);
    }
}

static void expect_judged(const char *text, size_t len, int status, const char *file, int line)
{
    static const char *const specs[] = {"{}", "{a,b{c},d[],e*[{a}]}"};
    size_t i;

    for (i = 0; i < 2; i++) {
        if (filter_text(specs[i], NULL, text, len)->status != status) {
            print_text("text", text, len);
            _fail(file, line);
        }
    }
    if (rfc8259_is_valid(text, len, RV_JSON_DEPTH) != (status == RV_OK)) {
        print_text("the second opinion differs", text, len);
        _fail(file, line);
    }
}

/* Literals, since some of them have a NUL inside. */
#define COPY(spec, literal, wanted) \
    expect_copy(spec, literal, sizeof(literal) - 1, wanted, __FILE__, __LINE__)
#define VALID(literal) expect_judged(literal, sizeof(literal) - 1, RV_OK, __FILE__, __LINE__)
#define INVALID(literal) \
    expect_judged(literal, sizeof(literal) - 1, RV_ERR_BODY, __FILE__, __LINE__)

/* --- what is JSON: RFC 8259 ------------------------------------------------------------------- */

static void any_value_may_be_the_text(void **state)
{
    (void)state;
    VALID("{}");
    VALID("[]");
    VALID("\"\"");
    VALID("0");
    VALID("0 ");
    VALID("true");
    VALID("false\n");
    VALID("null\t");
    INVALID("-");
    INVALID("1e");
    INVALID("tru");
}

static void an_empty_text_is_refused(void **state)
{
    (void)state;
    INVALID("");
    INVALID(" ");
    INVALID(" \t\r\n");
}

static void text_behind_the_end_is_refused(void **state)
{
    (void)state;
    INVALID("{}{}");
    INVALID("{} {}");
    INVALID("{},");
    INVALID("{}x");
    INVALID("{}\0");
    INVALID("{}}");
    INVALID("{}]");
    INVALID("\"\"\"\"");
    INVALID("1 2");
    INVALID("null null");
}

static void a_text_that_is_cut_anywhere_is_refused(void **state)
{
    static const char text[] =
        "{\"a\":[1,{\"b\":\"\\u0041\"},true],\"c\":{\"d\":-1.5e+3},\"e\":null}";
    size_t len;

    (void)state;
    VALID("{\"a\":[1,{\"b\":\"\\u0041\"},true],\"c\":{\"d\":-1.5e+3},\"e\":null}");
    for (len = 0; len < sizeof(text) - 1; len++) {
        expect_judged(text, len, RV_ERR_BODY, __FILE__, __LINE__);
    }
}

/* Section 2 */
static void white_space_may_stand_around_everything(void **state)
{
    (void)state;
    VALID(" \t\r\n{ \"a\" : [ 1 , 2\t, \"x\"\r] ,\n\"b\" : { } , \"d\" : [ ] } \n");
}

static void other_white_space_is_refused(void **state)
{
    (void)state;
    INVALID("{\"a\":\v1}");
    INVALID("{\"a\":\f1}");
    INVALID("{\"a\":1\f}");
    INVALID("{\xC2\xA0}");
    INVALID("{\"a\":1\xC2\xA0}");
    INVALID("\xE2\x80\xA8{}");
    INVALID("{\0}");
    INVALID("{\"a\":\b1}");
}

/* Section 8.1: may be ignored by who is kind; nobody who speaks this API sends one. */
static void a_byte_order_mark_is_refused(void **state)
{
    (void)state;
    INVALID("\xEF\xBB\xBF{}");
    INVALID("\xEF\xBB\xBF {}");
    INVALID("\xFF\xFE{\0}\0");
    INVALID("\0{\0}");
}

static void comments_are_refused(void **state)
{
    (void)state;
    INVALID("/**/{}");
    INVALID("{}//x");
    INVALID("{\"a\":1/**/}");
    INVALID("{#\n}");
}

/* Section 4 */
static void a_key_without_a_value_is_refused(void **state)
{
    (void)state;
    INVALID("{\"a\"}");
    INVALID("{\"a\":}");
    INVALID("{\"a\",\"b\":1}");
    INVALID("{\"a\":1,\"b\"}");
    INVALID("{\"a\" 1}");
    INVALID("{\"a\"::1}");
    INVALID("{\"a\":1:2}");
    INVALID("{:1}");
}

static void a_key_that_is_not_a_string_is_refused(void **state)
{
    (void)state;
    INVALID("{a:1}");
    INVALID("{1:1}");
    INVALID("{null:1}");
    INVALID("{[]:1}");
    INVALID("{{}:1}");
    INVALID("{{}}");
}

static void a_comma_too_many_or_too_few_is_refused(void **state)
{
    (void)state;
    INVALID("{\"a\":1,}");
    INVALID("{,\"a\":1}");
    INVALID("{\"a\":1,,\"b\":1}");
    INVALID("{\"a\":1 \"b\":1}");
    INVALID("{,}");
    INVALID("[1,]");
    INVALID("[,1]");
    INVALID("[1,,2]");
    INVALID("[1 2]");
    INVALID("[,]");
    INVALID("[\"a\"\"b\"]");
    INVALID("[{}{}]");
    INVALID("[1;2]");
}

static void a_value_in_the_wrong_place_is_refused(void **state)
{
    (void)state;
    INVALID("{1}");
    INVALID("{\"a\":1 2}");
    INVALID("[\"a\":1]");
    INVALID("[:]");
    INVALID(":");
    INVALID(",");
}

static void the_wrong_bracket_is_refused(void **state)
{
    (void)state;
    INVALID("{]");
    INVALID("[}");
    INVALID("{\"a\":1]");
    INVALID("[1}");
    INVALID("{\"a\":[1}]");
    INVALID("[{\"a\":1]}");
    INVALID("}");
    INVALID("]");
    INVALID("(1)");
}

static void what_is_not_closed_is_refused(void **state)
{
    (void)state;
    INVALID("{");
    INVALID("[");
    INVALID("[[]");
    INVALID("{\"a\":{}");
    INVALID("[\"a");
    INVALID("{\"a");
    INVALID("\"a");
    INVALID("\"a\\\"");
}

/* Section 3 */
static void the_three_names_are_in_exact_case_and_whole(void **state)
{
    (void)state;
    VALID("[true,false,null]");
    INVALID("[True]");
    INVALID("[TRUE]");
    INVALID("[tru]");
    INVALID("[truee]");
    INVALID("[t]");
    INVALID("[nul]");
    INVALID("[nulll]");
    INVALID("[fals]");
    INVALID("[falsetrue]");
    INVALID("[tr ue]");
    INVALID("[undefined]");
    INVALID("[x]");
    INVALID("[true\"a\"]");
    INVALID("[true{}]");
    INVALID("[null[]]");
    INVALID("{\"a\":null\"b\":1}");
}

/* Section 6 */
static void numbers_follow_the_grammar(void **state)
{
    (void)state;
    VALID("[0,-0,1,-1,10,1234567890]");
    VALID("[0.0,-0.5,1.25,0.000001]");
    VALID("[1e1,1E1,1e+1,1e-1,0e0,-1.5E-007]");
}

static void a_number_outside_the_grammar_is_refused(void **state)
{
    (void)state;
    INVALID("[01]");
    INVALID("[-01]");
    INVALID("[00]");
    INVALID("[-]");
    INVALID("[+1]");
    INVALID("[--1]");
    INVALID("[1.]");
    INVALID("[.5]");
    INVALID("[-.5]");
    INVALID("[1.e1]");
    INVALID("[1e]");
    INVALID("[1e+]");
    INVALID("[1e1.5]");
    INVALID("[1e1e1]");
    INVALID("[1.2.3]");
    INVALID("[0x10]");
    INVALID("[1a]");
    INVALID("[1_000]");
    INVALID("[1-1]");
    INVALID("[NaN]");
    INVALID("[Infinity]");
    INVALID("[-Infinity]");
    INVALID("[1\"a\"]");
    INVALID("[1[]]");
    INVALID("[\xD9\xA1]"); /* an Arabic 1 */
}

static void a_nul_within_or_behind_a_number_is_refused(void **state)
{
    (void)state;
    INVALID("[1\0]");
    INVALID("[1\0,2]");
    INVALID("{\"a\":1\0}");
    INVALID("{\"x\":1\0garbage}");
    INVALID("[\0001]");
    INVALID("[true\0]");
}

/* Section 9 lets a reader set limits; this one is far beyond any number of the API. */
static void a_number_of_more_than_31_characters_is_refused(void **state)
{
    (void)state;
    VALID("[1234567890123456789012345678901]");
    assert_int_equal(filter_text("{}", NULL, "[12345678901234567890123456789012]", 34)->status,
                     RV_ERR_BODY);
}

/* Section 7 */
static void a_string_may_hold_any_byte_from_space_on(void **state)
{
    char text[] = "{\"x\":\"a?b\",\"a\":\"a?b\"}";
    int c;

    (void)state;
    for (c = 0; c < 256; c++) {
        if (c != '"' && c != '\\') {
            text[7] = text[17] = (char)c;
            expect_judged(text, sizeof(text) - 1, c < 0x20 ? RV_ERR_BODY : RV_OK, __FILE__,
                          __LINE__);
        }
    }
}

static void a_key_may_hold_any_byte_from_space_on(void **state)
{
    char text[] = "{\"a?b\":1}";
    int c;

    (void)state;
    for (c = 0; c < 256; c++) {
        if (c != '"' && c != '\\') {
            text[3] = (char)c;
            expect_judged(text, sizeof(text) - 1, c < 0x20 ? RV_ERR_BODY : RV_OK, __FILE__,
                          __LINE__);
        }
    }
}

static void the_eight_escapes_and_no_others_are_valid(void **state)
{
    char text[] = "{\"x\":\"\\?\",\"a\":\"\\?\"}";
    int c;

    (void)state;
    for (c = 0; c < 256; c++) {
        int is_escape = c != 0 && strchr("\"\\/bfnrt", c) != NULL;

        if (c != 'u') {
            text[7] = text[16] = (char)c;
            expect_judged(text, sizeof(text) - 1, is_escape ? RV_OK : RV_ERR_BODY, __FILE__,
                          __LINE__);
        }
    }
}

static void a_unicode_escape_has_four_hexadecimal_digits(void **state)
{
    (void)state;
    VALID("[\"\\u0000\\uFFFF\\uabcd\\uAbCd\\u12345\"]");
    INVALID("[\"\\u\"]");
    INVALID("[\"\\u1\"]");
    INVALID("[\"\\u12\"]");
    INVALID("[\"\\u123\"]");
    INVALID("[\"\\u123g\"]");
    INVALID("[\"\\ug123\"]");
    INVALID("[\"\\u 123\"]");
    INVALID("[\"\\u+123\"]");
    INVALID("[\"\\U0041\"]");
    INVALID("[\"\\x41\"]");
    INVALID("[\"\\u12\\u0041\"]");
    INVALID("[\"\\u123");
    INVALID("{\"\\u12\":1}");
}

static void single_quotes_are_refused(void **state)
{
    (void)state;
    INVALID("{'a':1}");
    INVALID("['a']");
    INVALID("{\"a\":'b'}");
}

static void what_is_left_out_is_judged_as_strictly_as_what_passes(void **state)
{
    (void)state;
    INVALID("{\"x\":{\"y\":[1,]},\"a\":1}");
    INVALID("{\"x\":{\"y\":{\"z\"}},\"a\":1}");
    INVALID("{\"x\":[[[01]]],\"a\":1}");
    INVALID("{\"x\":\"\\q\",\"a\":1}");
    INVALID("{\"x\":[\"\n\"],\"a\":1}");
    INVALID("{\"x\":[},\"a\":1}");
}

/* A text that is as deep as kinds says, from the lowest bit on: 1 is an object, 0 a list. */
static size_t nested_text(char *text, uint64_t kinds, int depth)
{
    size_t used = 0;
    int i;

    for (i = 0; i < depth; i++) {
        used += (size_t)sprintf(text + used, "%s", kinds >> i & 1 ? "{\"x\":" : "[");
    }
    text[used++] = '1';
    for (i = depth; i-- > 0;) {
        text[used++] = kinds >> i & 1 ? '}' : ']';
    }
    return used;
}

/* Section 9: a limit that a reader may set. */
static void a_text_may_be_as_deep_as_the_bound_and_no_deeper(void **state)
{
    static const uint64_t kinds[] = {0, UINT64_MAX, UINT64_C(0x5555555555555555)};
    char text[8 * RV_JSON_DEPTH];
    size_t i;
    int depth;

    (void)state;
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        for (depth = 1; depth <= RV_JSON_DEPTH + 2; depth++) {
            expect_judged(text, nested_text(text, kinds[i], depth),
                          depth <= RV_JSON_DEPTH ? RV_OK : RV_ERR_BODY, __FILE__, __LINE__);
        }
    }
}

static void objects_and_lists_may_be_nested_in_any_order(void **state)
{
    uint64_t kinds = 1;
    int i, level;

    (void)state;
    for (i = 0; i < 200; i++) {
        char text[8 * RV_JSON_DEPTH];
        size_t len = nested_text(text, kinds >> 16, RV_JSON_DEPTH);

        expect_judged(text, len, RV_OK, __FILE__, __LINE__);
        for (level = 1; level <= RV_JSON_DEPTH; level++) { /* the wrong end for one of them */
            text[len - (size_t)level] ^= '}' ^ ']';
            expect_judged(text, len, RV_ERR_BODY, __FILE__, __LINE__);
            text[len - (size_t)level] ^= '}' ^ ']';
        }
        kinds = kinds * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    }
}

/* --- which members pass ----------------------------------------------------------------------- */

static void wanted_members_pass_and_no_others(void **state)
{
    (void)state;
    COPY("{a,c}", "{\"a\":1,\"b\":2,\"c\":\"x\",\"d\":[1]}", "{\"a\":1,\"c\":\"x\"}");
    COPY("{a}", "{\"b\":{\"a\":1},\"c\":[{\"a\":2}]}", "{}");
    COPY("{}", "{\"a\":1}", "{}");
}

static void members_pass_in_any_order(void **state)
{
    (void)state;
    COPY("{a,b,c}", "{\"c\":3,\"a\":1,\"b\":2}", "{\"c\":3,\"a\":1,\"b\":2}");
    COPY("{a,b,c}", "{\"x\":0,\"b\":2,\"y\":0,\"a\":1,\"z\":0}", "{\"b\":2,\"a\":1}");
}

static void members_of_objects_pass(void **state)
{
    (void)state;
    COPY("{a{b{c}},d}", "{\"d\":1,\"a\":{\"x\":1,\"b\":{\"c\":2,\"y\":3},\"c\":4},\"b\":5}",
         "{\"d\":1,\"a\":{\"b\":{\"c\":2}}}");
}

static void elements_of_lists_pass(void **state)
{
    (void)state;
    COPY("{a[]}", "{\"a\":[1,\"x\",true,null]}", "{\"a\":[1,\"x\",true,null]}");
    COPY("{a[{b}]}", "{\"a\":[{\"b\":1,\"c\":2},{},{\"b\":3}]}",
         "{\"a\":[{\"b\":1},{},{\"b\":3}]}");
    COPY("{a[{b[{c}]}]}", "{\"a\":[{\"b\":[{\"c\":1},{\"d\":2}]}]}",
         "{\"a\":[{\"b\":[{\"c\":1},{}]}]}");
}

static void white_space_does_not_pass(void **state)
{
    (void)state;
    COPY("{a[],b{c}}", " { \"a\" : [ 1 , 2 ] ,\n \"b\" : { \"c\" : \"d e\" } }\r\n",
         "{\"a\":[1,2],\"b\":{\"c\":\"d e\"}}");
}

static void a_name_is_matched_whole_and_in_exact_case(void **state)
{
    (void)state;
    COPY("{abc}", "{\"ab\":1,\"abcd\":2,\"ABC\":3,\"\":4,\"abc \":5,\"a\":6}", "{}");
    COPY("{ab,abc}", "{\"abc\":1,\"ab\":2}", "{\"abc\":1,\"ab\":2}");
    COPY("{a{b},ab}", "{\"ab\":1,\"b\":2}", "{\"ab\":1}");
}

static void a_key_that_reads_like_a_specification_is_no_member(void **state)
{
    (void)state;
    COPY("{a{b},c*[{d}],e@}",
         "{\"a{b}\":1,\"c*\":1,\"*[{d\":1,\"e@\":1,\"}\":1,\"]\":1,\",\":1,\"a,c\":1,\"{\":1}",
         "{}");
}

/* The reader sees what kind it is, and nothing of its inside. */
static void an_object_or_list_that_was_not_expected_passes_empty(void **state)
{
    (void)state;
    COPY("{a,b}", "{\"a\":{\"b\":1},\"b\":[1,2]}", "{\"a\":{},\"b\":[]}");
    COPY("{a[{b}]}", "{\"a\":{\"b\":1}}", "{\"a\":{}}");
    COPY("{a{b}}", "{\"a\":[{\"b\":1}]}", "{\"a\":[]}");
    COPY("{a[]}", "{\"a\":[{\"b\":1},[1]]}", "{\"a\":[{},[]]}");
    COPY("{a*[{b}]}", "{\"a\":{\"b\":1}}", "{\"a\":{}}");
}

static void a_string_or_literal_passes_in_the_place_of_an_object(void **state)
{
    (void)state;
    COPY("{a{b},c[{d}]}", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\",\"c\":null}");
    COPY("{a}", "[1]", "[]");
    COPY("{a}", "\"a\"", "\"a\"");
}

static void more_levels_than_can_be_wanted_pass_empty(void **state)
{
    (void)state;
    COPY("{a{a{a{a{a{a{a{a{a}}}}}}}}}",
         "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}",
         "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}");
}

static void the_inner_specification_stands_in_the_place_of_at(void **state)
{
    static const char text[] = "{\"r\":{\"a\":1,\"b\":{\"c\":2,\"d\":3}},\"a\":4}";

    (void)state;
    assert_int_equal(filter_text("{r@}", "a,b{d}", text, sizeof(text) - 1)->status, RV_OK);
    assert_string_equal(filter_text("{r@}", "a,b{d}", text, sizeof(text) - 1)->window,
                        "{\"r\":{\"a\":1,\"b\":{\"d\":3}}}");
    COPY("{r@,a}", "{\"r\":{\"a\":1,\"b\":2},\"a\":4}", "{\"r\":{},\"a\":4}");
}

static void all_members_of_one_name_pass_so_that_the_reader_sees_them(void **state)
{
    (void)state;
    COPY("{a}", "{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":1,\"a\":3}");
}

static void a_key_in_disguise_passes_as_what_it_is(void **state)
{
    (void)state;
    COPY("{Error}", "{\"Err\\u006fr\":1}", "{\"Error\":1}");
    COPY("{Error}", "{\"Err\\u006Fr\":1,\"Error\":2}", "{\"Error\":1,\"Error\":2}");
    COPY("{Error}", "{\"\\u0045\\u0072\\u0072\\u006f\\u0072\":1}", "{\"Error\":1}");
}

static void a_long_key_in_disguise_passes_as_what_it_is(void **state)
{
    (void)state;
    COPY("{ResponseMetadata}",
         "{\"\\u0052\\u0065\\u0073\\u0070\\u006f\\u006e\\u0073\\u0065\\u004d\\u0065\\u0074\\u0061"
         "\\u0064\\u0061\\u0074\\u0061\":1}",
         "{\"ResponseMetadata\":1}");
}

static void a_key_may_be_of_any_length(void **state)
{
    static char text[65537 + 16];
    size_t len;

    (void)state;
    for (len = 65535; len <= 65537; len++) {
        memset(text, 'a', sizeof(text));
        memcpy(text, "{\"", 2);
        memcpy(text + 2 + len, "\":1}", 4);
        expect_copy("{a}", text, len + 6, "{}", __FILE__, __LINE__);
    }
}

/* "Err" and then something else is not "Err". */
static void a_key_with_a_nul_is_not_the_part_before_it(void **state)
{
    (void)state;
    COPY("{Err}", "{\"Err\\u0000or\":1}", "{}");
    COPY("{Err}", "{\"Err\\u0000\":1}", "{}");
}

/* --- lists whose elements are handed over ----------------------------------------------------- */

static void expect_elements(const char *spec, const char *text, const char *elements,
                            const char *wanted)
{
    const struct filtered *filtered = filter_text(spec, NULL, text, strlen(text));

    assert_int_equal(filtered->status, RV_OK);
    assert_string_equal(filtered->elements, elements);
    assert_string_equal(filtered->window, wanted);
}

static void elements_are_handed_over_one_by_one_and_leave_the_copy(void **state)
{
    (void)state;
    expect_elements("{a*[{b}],c}",
                    "{\"a\":[{\"b\":1,\"x\":0},{\"x\":0,\"b\":2},{\"b\":3}],\"c\":4}",
                    "{\"b\":1}\n{\"b\":2}\n{\"b\":3}\n", "{\"a\":[],\"c\":4}");
}

static void an_empty_list_hands_nothing_over(void **state)
{
    (void)state;
    expect_elements("{a*[{b}]}", "{\"a\":[]}", "", "{\"a\":[]}");
}

static void an_element_without_wanted_members_is_handed_over_empty(void **state)
{
    (void)state;
    expect_elements("{a*[{b}]}", "{\"a\":[{},{\"x\":1}]}", "{}\n{}\n", "{\"a\":[]}");
}

static void elements_with_lists_are_handed_over_whole(void **state)
{
    (void)state;
    expect_elements("{a*[{b[{c}],d{e}}]}",
                    "{\"a\":[{\"b\":[{\"c\":1},{\"c\":2}],\"d\":{\"e\":3}},{\"b\":[]}]}",
                    "{\"b\":[{\"c\":1},{\"c\":2}],\"d\":{\"e\":3}}\n{\"b\":[]}\n", "{\"a\":[]}");
}

static void lists_within_elements_can_be_handed_over_too(void **state)
{
    (void)state;
    expect_elements("{a*[{b*[{c}],d}]}",
                    "{\"a\":[{\"b\":[{\"c\":1},{\"c\":2}],\"d\":3},{\"d\":4,\"b\":[{\"c\":5}]}]}",
                    "{\"c\":1}\n{\"c\":2}\n{\"b\":[],\"d\":3}\n{\"c\":5}\n{\"d\":4,\"b\":[]}\n",
                    "{\"a\":[]}");
}

static void a_list_of_another_name_is_not_handed_over(void **state)
{
    (void)state;
    expect_elements("{a*[{b}]}", "{\"x\":[{\"b\":1}],\"y\":{\"a\":[{\"b\":2}]}}", "", "{}");
}

static void elements_that_are_no_objects_stay_in_the_copy(void **state)
{
    (void)state;
    expect_elements("{a*[{b}]}", "{\"a\":[1,\"x\",null,[{\"b\":1}]]}", "",
                    "{\"a\":[1,\"x\",null,[]]}");
}

static void the_copy_is_json_when_objects_and_others_are_mixed(void **state)
{
    const char *text = "{\"a\":[1,{\"b\":2},3,{\"b\":4},{\"b\":5}]}";
    const struct filtered *filtered = filter_text("{a*[{b}]}", NULL, text, strlen(text));

    (void)state;
    assert_int_equal(filtered->status, RV_OK);
    assert_string_equal(filtered->elements, "{\"b\":2}\n{\"b\":4}\n{\"b\":5}\n");
    assert_true(rfc8259_is_valid(filtered->window, filtered->len, RV_JSON_DEPTH));
}

/* --- bounds of the window --------------------------------------------------------------------- */

/* A text with count numbers in a list and then one of everything. */
static size_t padded_text(char *text, size_t count)
{
    size_t used = (size_t)sprintf(text, "{\"a\":[1"), i;

    for (i = 0; i < count; i++) {
        text[used++] = ',';
        text[used++] = '1';
    }
    return used + (size_t)sprintf(text + used, "],\"b\":{\"c\":\"x\\u0041y\",\"d\":[],\"e\":{},"
                                               "\"f\":-12.5,\"\\u0067\":true},\"h\":null}");
}

/* Wherever the copy stops to fit, it is said and the memory behind stays as it is. */
static void a_copy_that_does_not_fit_is_too_large_wherever_it_overflows(void **state)
{
    static const char spec[] = "{a[],b{c,d,e,f,g},h}";
    char text[2 * RV_WINDOW_SIZE + 256];
    size_t rest = filter_text(spec, NULL, text, padded_text(text, 0))->len;
    size_t count;

    (void)state;
    assert_true(rest > 40);
    for (count = 0; count < RV_WINDOW_SIZE; count++) {
        size_t len = padded_text(text, count);
        int fits = rest + 2 * count < RV_WINDOW_SIZE;

        assert_int_equal(filter_text(spec, NULL, text, len)->status,
                         fits ? RV_OK : RV_ERR_BODY_TOO_LARGE);
    }
}

static void what_is_left_out_takes_no_room(void **state)
{
    char text[2 * RV_WINDOW_SIZE + 256];
    size_t len = padded_text(text, RV_WINDOW_SIZE);

    (void)state;
    expect_copy("{h}", text, len, "{\"h\":null}", __FILE__, __LINE__);
}

/* The string of len bytes as a member, filtered. */
static const struct filtered *filter_string(const char *bytes, size_t len)
{
    static char text[TEXT_ROOM];

    memcpy(text, "{\"a\":\"", 6);
    memcpy(text + 6, bytes, len);
    memcpy(text + 6 + len, "\"}", 3);
    return filter_text("{a}", NULL, text, len + 8);
}

static void a_string_of_256_bytes_passes_whole(void **state)
{
    char bytes[256];
    const struct filtered *filtered;

    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    filtered = filter_string(bytes, sizeof(bytes));
    assert_int_equal(filtered->status, RV_OK);
    assert_int_equal(filtered->len, 256 + 8);
    assert_memory_equal(filtered->window + 6, bytes, 256);
}

/* One byte more tells the reader. */
static void a_longer_string_is_cut(void **state)
{
    char bytes[10000];
    const struct filtered *filtered;

    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    filtered = filter_string(bytes, sizeof(bytes));
    assert_int_equal(filtered->status, RV_OK);
    assert_int_equal(filtered->len, 257 + 8);
    assert_memory_equal(filtered->window + 6, bytes, 257);
    assert_string_equal(filtered->window + 6 + 257, "\"}");
}

/* Whatever they are: a message in another encoding does not make an answer unreadable. */
static void a_long_string_of_any_bytes_is_cut(void **state)
{
    char bytes[2 * RV_WINDOW_SIZE];
    int c;

    (void)state;
    for (c = 0x80; c < 0x100; c++) {
        memset(bytes, c, sizeof(bytes));
        assert_int_equal(filter_string(bytes, sizeof(bytes))->status, RV_OK);
        memset(bytes, 'x', 256);
        assert_int_equal(filter_string(bytes, sizeof(bytes))->status, RV_OK);
    }
}

static void a_string_is_never_cut_within_an_escape(void **state)
{
    char bytes[400];
    size_t begin;

    (void)state;
    for (begin = 240; begin < 260; begin++) {
        const struct filtered *filtered;

        memset(bytes, 'x', sizeof(bytes));
        memcpy(bytes + begin, "\\u0041\\n", 8);
        filtered = filter_string(bytes, sizeof(bytes));
        assert_int_equal(filtered->status, RV_OK);
        assert_true(rfc8259_is_valid(filtered->window, filtered->len, 1));
    }
}

/* --- what is told of a whole answer ----------------------------------------------------------- */

struct answer {
    rv_client client;
    rv_call call;
    int status;
    unsigned objects;
    char log[LOG_ROOM]; /* what on_object was given, a line each */
};

static struct answer answer, other_answer;

static int log_object(void *ctx, int is_element, const rv_json *object)
{
    struct answer *told = ctx;
    const jsmntok_t *token = json_token(object, object->root);

    told->objects++;
    log_line(told->log, is_element ? "element " : "result ", object->text + token->start,
             (size_t)(token->end - token->start));
    return RV_OK;
}

/* Nothing of a client but its window and its tokens belongs to the reader. */
static void client_fill(rv_client *client)
{
    memset(client, CANARY, sizeof(*client));
}

static void expect_client_untouched(const rv_client *client)
{
    const uint8_t *bytes = (const uint8_t *)client;
    size_t window = offsetof(rv_client, window), tokens = offsetof(rv_client, json_tokens);

    expect_canaries(bytes, window);
    expect_canaries(bytes + window + sizeof(client->window),
                    tokens - window - sizeof(client->window));
    expect_canaries(bytes + tokens + sizeof(client->json_tokens),
                    sizeof(*client) - tokens - sizeof(client->json_tokens));
}

static void answer_begin(struct answer *told, const char *wanted)
{
    memset(&told->call, 0, sizeof(told->call));
    client_fill(&told->client);
    told->call.client = &told->client;
    told->call.request.wanted = wanted;
    told->call.request.on_object = log_object;
    told->call.request.on_object_ctx = told;
    told->objects = 0;
    told->log[0] = '\0';
}

static void answer_piece(struct answer *told, const char *bytes, size_t len)
{
    if (len > 0 && told->call.body_status == RV_OK) {
        told->call.http.body_len += (uint32_t)len;
        told->call.body_status = body_append(&told->call, bytes, len);
    }
}

static void answer_finish(struct answer *told)
{
    told->status = read_body(&told->call);
    expect_client_untouched(&told->client);
}

static void read_in_two(struct answer *told, const char *wanted, const char *text, size_t len,
                        size_t cut)
{
    answer_begin(told, wanted);
    answer_piece(told, text, cut);
    answer_piece(told, text + cut, len - cut);
    answer_finish(told);
}

static void expect_same(const struct answer *a, const struct answer *b)
{
    assert_int_equal(a->status, b->status);
    assert_string_equal(a->log, b->log);
    assert_string_equal(a->call.result.code_text, b->call.result.code_text);
    assert_string_equal(a->call.result.message, b->call.result.message);
    assert_string_equal(a->call.result.request_id, b->call.result.request_id);
    assert_int_equal(a->call.result.code_n, b->call.result.code_n);
}

static const struct answer *read_answer(const char *wanted, const char *text, size_t len)
{
    size_t i;

    read_in_two(&answer, wanted, text, len, len);
    answer_begin(&other_answer, wanted);
    for (i = 0; i < len; i++) {
        answer_piece(&other_answer, text + i, 1);
    }
    answer_finish(&other_answer);
    expect_same(&answer, &other_answer);
    for (i = 1; i < len && len <= SPLIT_MAX; i++) {
        read_in_two(&other_answer, wanted, text, len, i);
        expect_same(&answer, &other_answer);
    }
    return &answer;
}

static void expect_told(const char *wanted, const char *text, int status, const char *code,
                        const char *file, int line)
{
    const struct answer *told = read_answer(wanted, text, strlen(text));

    if (told->status != status || strcmp(told->call.result.code_text, code) != 0) {
        print_text("text", text, strlen(text));
        print_error("status %d and code \"%s\", but %d and \"%s\" were expected\n", told->status,
                    told->call.result.code_text, status, code);
        _fail(file, line);
    }
}

#define ACCEPTED(text)             expect_told(NULL, text, RV_OK, "", __FILE__, __LINE__)
#define TELLS(text, code)          expect_told(NULL, text, RV_OK, code, __FILE__, __LINE__)
#define NO_ANSWER(text)            expect_no_answer(NULL, text, __FILE__, __LINE__)
#define NO_ANSWER_TO(wanted, text) expect_no_answer(wanted, text, __FILE__, __LINE__)

static void expect_no_answer(const char *wanted, const char *text, const char *file, int line)
{
    if (read_answer(wanted, text, strlen(text))->status != RV_ERR_BODY) {
        print_text("text", text, strlen(text));
        print_error("status %d, but %d was expected\n", answer.status, RV_ERR_BODY);
        _fail(file, line);
    }
}

#define METADATA    "\"RequestId\":\"id-1\",\"Action\":\"A\",\"Service\":\"ecs\""
#define ERROR(text) "{\"ResponseMetadata\":{" METADATA ",\"Error\":" text "}}"

static void a_documented_success_is_one(void **state)
{
    (void)state;
    ACCEPTED("{\"ResponseMetadata\":{" METADATA "},\"Result\":{}}");
    assert_string_equal(answer.call.result.request_id, "id-1");
    ACCEPTED("{\"ResponseMetadata\":{" METADATA "}}");
    ACCEPTED("{\"Result\":null,\"ResponseMetadata\":{" METADATA "}}");
}

static void a_documented_error_is_read_whole(void **state)
{
    const rv_result *result = &answer.call.result;

    (void)state;
    TELLS(ERROR("{\"CodeN\":100013,\"Code\":\"AccessDenied\",\"Message\":\"no \\\"way\\\"\"}"),
          "AccessDenied");
    assert_string_equal(result->message, "no \"way\"");
    assert_string_equal(result->request_id, "id-1");
    assert_int_equal(result->code_n, 100013);
    TELLS(ERROR("{\"Message\":\"\",\"Code\":\"InvalidImage.NotFound\"}"), "InvalidImage.NotFound");
    assert_int_equal(result->code_n, 0);
    TELLS(ERROR("{\"Code\":\"X\"}"), "X");
}

static void an_error_is_found_wherever_it_stands(void **state)
{
    (void)state;
    TELLS("{\"Result\":{},\"ResponseMetadata\":{\"Error\":{\"Message\":\"m\",\"x\":[{}],"
          "\"Code\":\"C\"},\"RequestId\":\"r\"}}",
          "C");
    assert_string_equal(answer.call.result.request_id, "r");
    assert_string_equal(answer.call.result.message, "m");
}

static void an_error_in_disguise_is_found(void **state)
{
    (void)state;
    TELLS("{\"ResponseMetadata\":{\"Err\\u006fr\":{\"C\\u006fde\":\"X\"}}}", "X");
    TELLS("{\"\\u0052esponseMetadata\":{\"Error\":{\"Code\":\"X\"}}}", "X");
}

static void an_error_elsewhere_is_none(void **state)
{
    (void)state;
    ACCEPTED("{\"ResponseMetadata\":{" METADATA "},\"Error\":{\"Code\":\"X\"}}");
    ACCEPTED("{\"ResponseMetadata\":{" METADATA ",\"x\":{\"Error\":{\"Code\":\"X\"}}}}");
    ACCEPTED("{\"ResponseMetadata\":{" METADATA "},\"Result\":{\"Error\":{\"Code\":\"X\"}}}");
}

static void the_legacy_shape_is_read(void **state)
{
    (void)state;
    TELLS("{\"HTTPCode\":404,\"errorcode\":\"InvalidActionOrVersion\",\"message\":\"m\"}",
          "InvalidActionOrVersion");
    assert_string_equal(answer.call.result.message, "m");
    TELLS("{\"message\":\"m\",\"errorcode\":\"X\",\"HTTPCode\":\"404\"}", "X");
}

static void a_legacy_error_beside_metadata_counts(void **state)
{
    (void)state;
    TELLS("{\"ResponseMetadata\":{" METADATA "},\"errorcode\":\"X\",\"message\":\"m\"}", "X");
    TELLS("{\"errorcode\":\"X\",\"ResponseMetadata\":{" METADATA "},\"Result\":{}}", "X");
    NO_ANSWER("{\"ResponseMetadata\":{" METADATA "},\"errorcode\":[]}");
    ACCEPTED("{\"ResponseMetadata\":{" METADATA "},\"errorcode\":null}");
}

static void an_object_of_neither_shape_is_no_answer(void **state)
{
    (void)state;
    NO_ANSWER("{}");
    NO_ANSWER("{\"HTTPCode\":404,\"message\":\"m\"}");
    NO_ANSWER("{\"errorcode\":\"\"}");
    NO_ANSWER("{\"Result\":{}}");
    NO_ANSWER("{\"code\":0,\"data\":{}}");
}

static void what_is_not_an_object_is_no_answer(void **state)
{
    (void)state;
    NO_ANSWER("");
    NO_ANSWER(" \n");
    NO_ANSWER("null ");
    NO_ANSWER("\"ResponseMetadata\"");
    NO_ANSWER("[]");
    NO_ANSWER("[{\"ResponseMetadata\":{" METADATA "}}]");
    NO_ANSWER("1 ");
    NO_ANSWER("<html>502</html>");
    NO_ANSWER("OK");
}

static void a_success_with_anything_wrong_behind_it_is_no_answer(void **state)
{
    (void)state;
    NO_ANSWER("{\"ResponseMetadata\":{" METADATA "},\"Result\":{}");
    NO_ANSWER("{\"ResponseMetadata\":{" METADATA "},\"Result\":{}}}");
    NO_ANSWER("{\"ResponseMetadata\":{" METADATA "},\"Result\":{}}x");
    NO_ANSWER("{\"ResponseMetadata\":{" METADATA "},\"Result\":{},}");
    NO_ANSWER("{\"ResponseMetadata\":{" METADATA "},\"Result\":{\"a\":[1 2]}}");
}

static void an_error_of_another_type_is_no_answer(void **state)
{
    (void)state;
    NO_ANSWER(ERROR("\"X\""));
    NO_ANSWER(ERROR("\"\""));
    NO_ANSWER(ERROR("[]"));
    NO_ANSWER(ERROR("[{\"Code\":\"X\"}]"));
    NO_ANSWER(ERROR("1"));
    NO_ANSWER(ERROR("true"));
    NO_ANSWER(ERROR("false"));
}

static void an_error_of_null_is_none(void **state)
{
    (void)state;
    ACCEPTED(ERROR("null"));
}

static void an_error_without_a_code_is_no_answer(void **state)
{
    (void)state;
    NO_ANSWER(ERROR("{}"));
    NO_ANSWER(ERROR("{\"Message\":\"m\",\"CodeN\":1}"));
    NO_ANSWER(ERROR("{\"Code\":\"\"}"));
    NO_ANSWER(ERROR("{\"Code\":null}"));
    NO_ANSWER(ERROR("{\"Code\":true}"));
    NO_ANSWER(ERROR("{\"Code\":{}}"));
    NO_ANSWER(ERROR("{\"Code\":[\"X\"]}"));
}

/* It only begins like one. */
static void a_code_that_goes_on_is_none_of_ours(void **state)
{
    (void)state;
    TELLS(ERROR("{\"Code\":\"DryRunOperation\\u0000\"}"), "DryRunOperation?");
    assert_int_equal(answer.call.result.code, RV_CODE_OTHER);
    TELLS(ERROR("{\"Code\":\"DryRunOperation\"}"), "DryRunOperation");
    assert_int_equal(answer.call.result.code, RV_CODE_DRY_RUN_OPERATION);
}

static void metadata_of_another_type_is_no_answer(void **state)
{
    (void)state;
    NO_ANSWER("{\"ResponseMetadata\":\"x\"}");
    NO_ANSWER("{\"ResponseMetadata\":[]}");
    NO_ANSWER("{\"ResponseMetadata\":null}");
    NO_ANSWER("{\"ResponseMetadata\":1}");
}

static void code_n_may_be_anything_and_is_a_number_or_0(void **state)
{
    (void)state;
    TELLS(ERROR("{\"Code\":\"X\",\"CodeN\":\"100013\"}"), "X");
    assert_int_equal(answer.call.result.code_n, 100013);
    TELLS(ERROR("{\"Code\":\"X\",\"CodeN\":-1}"), "X");
    assert_int_equal(answer.call.result.code_n, 0);
    TELLS(ERROR("{\"Code\":\"X\",\"CodeN\":1.5}"), "X");
    assert_int_equal(answer.call.result.code_n, 0);
    TELLS(ERROR("{\"Code\":\"X\",\"CodeN\":4294967297}"), "X");
    assert_int_equal(answer.call.result.code_n, 0);
    TELLS(ERROR("{\"Code\":\"X\",\"CodeN\":null}"), "X");
    assert_int_equal(answer.call.result.code_n, 0);
    TELLS(ERROR("{\"Code\":\"X\",\"CodeN\":{}}"), "X");
    assert_int_equal(answer.call.result.code_n, 0);
}

static void message_and_request_id_of_another_type_are_empty(void **state)
{
    (void)state;
    TELLS("{\"ResponseMetadata\":{\"RequestId\":[],\"Error\":{\"Code\":\"X\",\"Message\":{}}}}",
          "X");
    assert_string_equal(answer.call.result.message, "");
    assert_string_equal(answer.call.result.request_id, "");
}

/* Whoever asks why wants to know the status, in however few pieces the answer came. */
static void the_status_of_an_answer_that_is_not_http_from_there_on_is_kept(void **state)
{
    static const char text[] = "HTTP/1.1 503 Unavailable\r\nno field\r\n\r\n";
    size_t first;

    (void)state;
    for (first = 0; first < sizeof(text) - 1; first++) {
        int status;

        answer_begin(&answer, NULL);
        answer.client.config.trace = NULL;
        http_start(&answer.call.http);
        status = answer_append(&answer.call, text, first);
        if (status == RV_AGAIN) {
            status = answer_append(&answer.call, text + first, sizeof(text) - 1 - first);
        }
        assert_int_equal(status, RV_ERR_HTTP);
        assert_int_equal(answer.call.result.http_status, 503);
    }
}

/* --- duplicates ------------------------------------------------------------------------------- */

static void a_second_key_that_decides_is_refused(void **state)
{
    (void)state;
    NO_ANSWER("{\"ResponseMetadata\":{" METADATA "},\"ResponseMetadata\":{" METADATA "}}");
    NO_ANSWER("{\"ResponseMetadata\":{" METADATA ",\"Error\":null,\"Error\":{\"Code\":\"X\"}}}");
    NO_ANSWER(ERROR("{\"Code\":\"X\",\"Code\":\"Y\"}"));
    NO_ANSWER(ERROR("{\"Code\":\"X\",\"Code\":\"X\"}"));
    NO_ANSWER("{\"errorcode\":\"X\",\"errorcode\":\"Y\"}");
    NO_ANSWER_TO("A", "{\"ResponseMetadata\":{" METADATA "},\"Result\":{},\"Result\":{}}");
}

static void a_second_key_in_disguise_is_refused(void **state)
{
    (void)state;
    NO_ANSWER("{\"ResponseMetadata\":{\"Error\":{\"Code\":\"X\"},\"Err\\u006fr\":null}}");
    NO_ANSWER("{\"ResponseMetadata\":{" METADATA "},\"\\u0052esponseMetadata\":{" METADATA "}}");
    NO_ANSWER(ERROR("{\"Code\":\"X\",\"\\u0043ode\":\"Y\"}"));
}

/* They are used too: they are shown, and the vendor's support is asked with the id. */
static void a_second_key_that_is_shown_is_refused(void **state)
{
    (void)state;
    NO_ANSWER("{\"ResponseMetadata\":{\"RequestId\":\"a\",\"RequestId\":\"b\"}}");
    NO_ANSWER(ERROR("{\"Code\":\"X\",\"Message\":\"a\",\"Message\":\"b\"}"));
    NO_ANSWER(ERROR("{\"Code\":\"X\",\"CodeN\":1,\"CodeN\":2}"));
    NO_ANSWER("{\"errorcode\":\"X\",\"message\":\"a\",\"message\":\"b\"}");
}

static void a_second_list_that_is_handed_over_is_refused(void **state)
{
    (void)state;
    NO_ANSWER_TO("A*[{B}]", "{\"ResponseMetadata\":{" METADATA "},\"Result\":{\"A\":[{\"B\":1}],"
                            "\"A\":[{\"B\":2}]}}");
}

static void a_second_key_that_is_not_used_is_fine(void **state)
{
    (void)state;
    ACCEPTED("{\"ResponseMetadata\":{" METADATA ",\"Action\":\"B\",\"x\":1,\"x\":2},\"Result\":{},"
             "\"y\":{},\"y\":[]}");
}

/* --- Result ----------------------------------------------------------------------------------- */

#define RESULT(text) "{\"ResponseMetadata\":{" METADATA "},\"Result\":" text "}"

static void expect_log(const char *wanted, const char *text, const char *log)
{
    assert_int_equal(read_answer(wanted, text, strlen(text))->status, RV_OK);
    assert_string_equal(answer.log, log);
}

static void elements_come_in_their_order_and_the_result_at_the_end(void **state)
{
    (void)state;
    expect_log("NextToken,Instances*[{InstanceId,Status,Volumes[{VolumeId}]}]",
               RESULT("{\"TotalCount\":2,\"Instances\":[{\"Status\":\"RUNNING\",\"InstanceId\":"
                      "\"i-1\",\"Cpus\":2,\"Volumes\":[{\"VolumeId\":\"v\",\"Size\":1}]},"
                      "{\"InstanceId\":\"i-2\"}],\"NextToken\":\"t\"}"),
               "element {\"Status\":\"RUNNING\",\"InstanceId\":\"i-1\",\"Volumes\":["
               "{\"VolumeId\":\"v\"}]}\n"
               "element {\"InstanceId\":\"i-2\"}\n"
               "result {\"Instances\":[],\"NextToken\":\"t\"}\n");
}

static void a_result_before_the_metadata_is_handed_over_as_well(void **state)
{
    (void)state;
    expect_log("A*[{B}]", "{\"Result\":{\"A\":[{\"B\":1}]},\"ResponseMetadata\":{" METADATA "}}",
               "element {\"B\":1}\nresult {\"A\":[]}\n");
}

static void a_result_that_is_no_object_is_no_answer(void **state)
{
    (void)state;
    NO_ANSWER(RESULT("[]"));
    NO_ANSWER(RESULT("\"x\""));
    NO_ANSWER(RESULT("1"));
    NO_ANSWER(RESULT("false"));
    ACCEPTED(RESULT("null"));
}

static void a_result_of_another_type_is_no_answer_to_who_wants_it(void **state)
{
    (void)state;
    NO_ANSWER_TO("A", RESULT("[]"));
    NO_ANSWER_TO("A", RESULT("\"x\""));
    NO_ANSWER_TO("A", RESULT("1"));
    NO_ANSWER_TO("A", RESULT("null"));
    NO_ANSWER_TO("A", "{\"ResponseMetadata\":{" METADATA "}}");
    NO_ANSWER_TO("A*[{B}]", RESULT("[{\"A\":[{\"B\":1}]}]"));
    assert_int_equal(answer.objects, 0);
}

static void beside_an_error_there_is_no_result(void **state)
{
    static const char text[] =
        "{\"Result\":{\"A\":1},\"ResponseMetadata\":{\"Error\":{\"Code\":\"X\"}}}";

    (void)state;
    assert_int_equal(read_answer("A", text, sizeof(text) - 1)->status, RV_OK);
    assert_string_equal(answer.call.result.code_text, "X");
    assert_int_equal(answer.objects, 0);
}

static int refuse_object(void *ctx, int is_element, const rv_json *object)
{
    (void)ctx;
    (void)object;
    return is_element ? RV_OK : RV_ERR_USAGE;
}

static void an_object_that_the_caller_refuses_is_no_answer(void **state)
{
    static const char text[] = RESULT("{}");

    (void)state;
    answer_begin(&answer, "A");
    answer.call.request.on_object = refuse_object;
    answer_piece(&answer, text, sizeof(text) - 1);
    answer_finish(&answer);
    assert_int_equal(answer.status, RV_ERR_BODY);
}

static int count_object(void *ctx, int is_element, const rv_json *object)
{
    struct answer *told = ctx;
    char id[32], wanted[32];

    if (is_element) {
        sprintf(wanted, "i-%06u", told->objects++);
        assert_int_equal(rv_json_text(object, "InstanceId", id, sizeof(id)), 8);
        assert_string_equal(id, wanted);
    }
    return RV_OK;
}

static void a_list_of_100000_elements_needs_no_more_than_the_window(void **state)
{
    static const char begin[] = "{\"ResponseMetadata\":{" METADATA "},\"Result\":{\"A\":[";
    static const char end[] = "]}}";
    const unsigned count = 100000;
    unsigned i;

    (void)state;
    answer_begin(&answer, "A*[{InstanceId,Status}]");
    answer.call.request.on_object = count_object;
    answer_piece(&answer, begin, sizeof(begin) - 1);
    for (i = 0; i < count; i++) {
        char element[128];
        int len = sprintf(element, "%s{\"Name\":\"n\",\"InstanceId\":\"i-%06u\",\"Status\":\"X\"}",
                          i > 0 ? "," : "", i);

        answer_piece(&answer, element, (size_t)len);
    }
    answer_piece(&answer, end, sizeof(end) - 1);
    answer_finish(&answer);
    assert_int_equal(answer.status, RV_OK);
    assert_int_equal(answer.objects, count);
}

static void an_element_that_does_not_fit_the_window_is_too_large(void **state)
{
    char text[8 * 300];
    size_t used = (size_t)sprintf(text, "{\"Result\":{\"A\":[{"), i;

    (void)state;
    for (i = 0; i < 5; i++) {
        used += (size_t)sprintf(text + used, "%s\"m%u\":\"%0250d\"", i > 0 ? "," : "", (unsigned)i,
                                0);
    }
    strcpy(text + used, "}]}}");
    assert_int_equal(read_answer("A*[{m0,m1,m2,m3,m4}]", text, strlen(text))->status,
                     RV_ERR_BODY_TOO_LARGE);
    assert_int_equal(read_answer("A*[{m0,m4}]", text, strlen(text))->status, RV_ERR_BODY);
    assert_int_equal(answer.objects, 1);
}

static void as_many_tokens_as_there_are_can_be_used_and_no_more(void **state)
{
    int32_t tokens[RV_JSON_TOKENS * 5 + 5];
    char text[8 * RV_JSON_TOKENS];
    size_t used, i, count;

    (void)state;
    for (count = RV_JSON_TOKENS - 4; count < RV_JSON_TOKENS; count++) {
        rv_json json;
        int fits = count + 3 <= RV_JSON_TOKENS; /* object, key, list */

        used = (size_t)sprintf(text, "{\"a\":[");
        for (i = 0; i < count; i++) {
            used += (size_t)sprintf(text + used, i > 0 ? ",1" : "1");
        }
        used += (size_t)sprintf(text + used, "]}");
        memset(tokens, CANARY, sizeof(tokens));
        assert_int_equal(json_read(&json, text, used, tokens),
                         fits ? RV_OK : RV_ERR_BODY_TOO_LARGE);
        expect_canaries((const uint8_t *)(tokens + RV_JSON_TOKENS * 5), 5 * sizeof(int32_t));
    }
}

/* --- text that is shown: RFC 8259 section 7, RFC 3629 ----------------------------------------- */

static int text_len;
static char shown[512];

/* The inside of a string, as rv_json_text gives it. */
static const char *text_of(const char *inside, size_t len)
{
    static int32_t tokens[RV_JSON_TOKENS * 5];
    const struct filtered *filtered = filter_string(inside, len);
    rv_json json;

    assert_int_equal(filtered->status, RV_OK);
    assert_int_equal(json_read(&json, filtered->window, filtered->len, tokens), RV_OK);
    memset(shown, CANARY, sizeof(shown));
    text_len = rv_json_text(&json, "a", shown, sizeof(shown));
    return shown;
}

#define SHOWS(inside, text)                                             \
    do {                                                                \
        assert_string_equal(text_of(inside, sizeof(inside) - 1), text); \
        assert_int_equal(text_len, sizeof(text) - 1);                   \
    } while (0)

#define REPLACED "\xEF\xBF\xBD" /* U+FFFD */

static void plain_text_is_shown_as_it_is(void **state)
{
    (void)state;
    SHOWS("", "");
    SHOWS("abc ~", "abc ~");
    SHOWS("\xC3\xA9\xE7\x8A\xB6\xF0\x9F\x9A\x80", "\xC3\xA9\xE7\x8A\xB6\xF0\x9F\x9A\x80");
}

static void escapes_are_decoded(void **state)
{
    (void)state;
    SHOWS("\\\"\\\\\\/", "\"\\/");
    SHOWS("\\u0041\\u00e9\\u72B6\\u72b6", "A\xC3\xA9\xE7\x8A\xB6\xE7\x8A\xB6");
    SHOWS("\\u0041b", "Ab");
    SHOWS("\\u007e\\u07ff\\u0800\\uffff", "~\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF");
}

static void surrogate_pairs_are_decoded(void **state)
{
    (void)state;
    SHOWS("\\ud83d\\ude80", "\xF0\x9F\x9A\x80");
    SHOWS("\\uD83D\\uDE80", "\xF0\x9F\x9A\x80");
    SHOWS("\\ud800\\udc00", "\xF0\x90\x80\x80");
    SHOWS("\\udbff\\udfff", "\xF4\x8F\xBF\xBF");
}

static void lone_surrogates_are_replaced(void **state)
{
    (void)state;
    SHOWS("\\ud83d", REPLACED);
    SHOWS("\\ude80", REPLACED);
    SHOWS("\\ud83dx", REPLACED "x");
    SHOWS("\\ud83d\\n", REPLACED "?");
    SHOWS("\\ud83d\\u0041", REPLACED "A");
    SHOWS("\\ude80\\ud83d", REPLACED REPLACED);
    SHOWS("\\ud83d\\ud83d\\ude80", REPLACED "\xF0\x9F\x9A\x80");
    SHOWS("\\ud83d\\ude80\\ude80", "\xF0\x9F\x9A\x80" REPLACED);
}

static void control_characters_are_replaced(void **state)
{
    (void)state;
    SHOWS("a\\b\\f\\n\\r\\tb", "a?????b");
    SHOWS("\\u0001\\u001b[31m\\u001f", "??[31m?");
    SHOWS("\x7F\\u007f", "??");
    SHOWS("\\u0080\\u009b\\u009f\\u00a0", "???\xC2\xA0");
    SHOWS("\xC2\x80\xC2\x9B\xC2\x85\xC2\xA0", "???\xC2\xA0");
}

static void line_ends_of_unicode_are_replaced(void **state)
{
    (void)state;
    SHOWS("\\u2028\\u2029", "??");
    SHOWS("\xE2\x80\xA8\xE2\x80\xA9", "??");
    SHOWS("\\u2027", "\xE2\x80\xA7");
}

static void marks_of_writing_direction_are_replaced(void **state)
{
    (void)state;
    SHOWS("\\u202a\\u202b\\u202c\\u202d\\u202e", "?????");
    SHOWS("\\u2066\\u2067\\u2068\\u2069", "????");
    SHOWS("\\u200e\\u200f\\u061c", "???");
    SHOWS("\xE2\x80\xAE\xE2\x81\xA6\xD8\x9C", "???");
    SHOWS("\\u200d\\u202f\\u2065\\u206a", "\xE2\x80\x8D\xE2\x80\xAF\xE2\x81\xA5\xE2\x81\xAA");
}

static void bytes_that_are_not_utf_8_are_replaced(void **state)
{
    (void)state;
    SHOWS("a\x80z", "a?z");
    SHOWS("a\xFFz", "a?z");
    SHOWS("\xC0\x80", "??");               /* a long form of NUL */
    SHOWS("\xC1\xBF", "??");               /* and of DEL */
    SHOWS("\xE0\x9F\xBF", "???");          /* and of U+07FF */
    SHOWS("\xF0\x8F\xBF\xBF", "????");     /* and of U+FFFF */
    SHOWS("\xED\xA0\x80", "???");          /* a surrogate */
    SHOWS("\xED\x9F\xBF", "\xED\x9F\xBF"); /* the last before them */
    SHOWS("\xF4\x90\x80\x80", "????");     /* beyond Unicode */
    SHOWS("\xF5\x80\x80\x80", "????");
    SHOWS("\xF8\x88\x80\x80\x80", "?????");
    SHOWS("\xE7\x8A", "??"); /* cut short */
    SHOWS("\xE7\x8Az", "??z");
    SHOWS("\xE7\x8A\\n", "???");
    SHOWS("\xF0\x9F\x9A", "???");
    SHOWS("\xC3", "?");
}

static void every_two_bytes_give_valid_utf_8(void **state)
{
    unsigned a, b;

    (void)state;
    for (a = 0x80; a < 0x100; a++) {
        for (b = 0x20; b < 0x100; b++) {
            char pair[2];
            const char *text;

            pair[0] = (char)a;
            pair[1] = (char)b;
            if (b == '"' || b == '\\') {
                continue;
            }
            text = text_of(pair, 2);
            while (*text != '\0') {
                uint32_t code_point;
                size_t len = utf8_read((const uint8_t *)text, strlen(text), &code_point);

                assert_true(len > 0 && !is_unsafe_to_show(code_point));
                text += len;
            }
        }
    }
}

static void a_nul_is_replaced_like_every_control_character(void **state)
{
    (void)state;
    SHOWS("abc\\u0000def", "abc?def");
}

static void a_string_that_the_filter_cut_is_reported(void **state)
{
    char bytes[300];

    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    text_of(bytes, 256);
    assert_int_equal(text_len, 256);
    text_of(bytes, 257);
    assert_int_equal(text_len, RV_ERR_BODY_TOO_LARGE);
    assert_string_equal(shown, "");
}

static void a_long_message_is_cut_to_its_place(void **state)
{
    char text[1024];

    (void)state;
    sprintf(text, ERROR("{\"Code\":\"%0100d\",\"Message\":\"%0300d\"}"), 0, 0);
    assert_int_equal(read_answer(NULL, text, strlen(text))->status, RV_OK);
    assert_int_equal(strlen(answer.call.result.code_text), 64);
    assert_int_equal(strlen(answer.call.result.message), 256);
}

/* Begins with count letters, so that the cut comes at each byte of a character. */
static void expect_cut_between_characters(size_t count, const char *character, const char *decoded)
{
    char text[4096], wanted[512];
    size_t used = (size_t)sprintf(text, "{\"errorcode\":\"X\",\"message\":\""), len = count, i;

    memset(text + used, 'x', count);
    memset(wanted, 'x', count);
    used += count;
    for (i = 0; i < 150; i++) {
        used += (size_t)sprintf(text + used, "%s", character);
        if (len + strlen(decoded) <= 256) {
            len += (size_t)sprintf(wanted + len, "%s", decoded);
        }
    }
    wanted[len] = '\0';
    strcpy(text + used, "\"}");
    read_in_two(&answer, NULL, text, strlen(text), 1);
    assert_int_equal(answer.status, RV_OK);
    len = strlen(answer.call.result.message);
    assert_memory_equal(answer.call.result.message, wanted, len);
    assert_true(len > 30);
}

static void a_long_message_is_cut_between_characters(void **state)
{
    size_t count;

    (void)state;
    for (count = 0; count < 4; count++) {
        expect_cut_between_characters(count, "\xC3\xA9", "\xC3\xA9");
        expect_cut_between_characters(count, "\xE7\x8A\xB6", "\xE7\x8A\xB6");
        expect_cut_between_characters(count, "\xF0\x9F\x9A\x80", "\xF0\x9F\x9A\x80");
    }
}

static void a_long_message_of_escapes_is_cut_between_characters(void **state)
{
    size_t count;

    (void)state;
    for (count = 0; count < 12; count++) {
        expect_cut_between_characters(count, "\\u72b6", "\xE7\x8A\xB6");
        expect_cut_between_characters(count, "\\ud83d\\ude80", "\xF0\x9F\x9A\x80");
    }
}

/* --- rv_json_text ----------------------------------------------------------------------------- */

static const char sample[] =
    "{\"s\":\"text\",\"n\":-1.5e3,\"t\":true,\"f\":false,\"z\":null,\"e\":\"\","
    "\"o\":{\"s\":\"inner\",\"l\":[{\"v\":\"0\"},{\"v\":\"1\"},[\"x\",\"y\"]]},"
    "\"l\":[\"zero\",null,{},[]]}";

static int get(const char *path, char *out, size_t size)
{
    static int32_t tokens[RV_JSON_TOKENS * 5];
    rv_json json;

    assert_int_equal(json_read(&json, sample, sizeof(sample) - 1, tokens), RV_OK);
    return rv_json_text(&json, path, out, size);
}

static void expect_text(const char *path, const char *wanted)
{
    char out[64];

    assert_int_equal(get(path, out, sizeof(out)), strlen(wanted));
    assert_string_equal(out, wanted);
}

static void expect_no_text(const char *path, int status)
{
    char out[64] = "before";

    assert_int_equal(get(path, out, sizeof(out)), status);
    assert_string_equal(out, "");
}

static void strings_numbers_and_booleans_are_copied(void **state)
{
    (void)state;
    expect_text("s", "text");
    expect_text("n", "-1.5e3");
    expect_text("t", "true");
    expect_text("f", "false");
    expect_text("e", "");
}

static void a_path_goes_through_objects_and_lists(void **state)
{
    (void)state;
    expect_text("o.s", "inner");
    expect_text("l.0", "zero");
    expect_text("o.l.0.v", "0");
    expect_text("o.l.1.v", "1");
    expect_text("o.l.2.1", "y");
}

static void what_is_absent_or_null_is_rv_eof(void **state)
{
    (void)state;
    expect_no_text("x", RV_EOF);
    expect_no_text("S", RV_EOF);
    expect_no_text("st", RV_EOF);
    expect_no_text("z", RV_EOF);
    expect_no_text("z.x", RV_EOF);
    expect_no_text("o.x", RV_EOF);
    expect_no_text("o.v", RV_EOF);
    expect_no_text("x.y.z", RV_EOF);
    expect_no_text("l.1", RV_EOF);
    expect_no_text("l.1.x", RV_EOF);
}

static void an_index_that_a_list_does_not_have_is_rv_eof(void **state)
{
    (void)state;
    expect_no_text("l.4", RV_EOF);
    expect_no_text("l.999999999", RV_EOF);
    expect_no_text("l.9999999999", RV_EOF);
    expect_no_text("l.-1", RV_EOF);
    expect_no_text("l.x", RV_EOF);
    expect_no_text("o.l.3.v", RV_EOF);
}

static void what_is_no_text_is_rv_err_body(void **state)
{
    (void)state;
    expect_no_text("o", RV_ERR_BODY);
    expect_no_text("l", RV_ERR_BODY);
    expect_no_text("l.2", RV_ERR_BODY);
    expect_no_text("l.3", RV_ERR_BODY);
    expect_no_text("", RV_ERR_BODY);
}

static void a_path_through_a_text_is_rv_err_body(void **state)
{
    (void)state;
    expect_no_text("s.x", RV_ERR_BODY);
    expect_no_text("s.0", RV_ERR_BODY);
    expect_no_text("n.0", RV_ERR_BODY);
    expect_no_text("t.x", RV_ERR_BODY);
}

/* At once, or when it is asked for. */
static void a_key_that_comes_twice_is_rv_err_body(void **state)
{
    static const char text[] = "{\"d\":1,\"e\":2,\"d\":1}";
    int32_t tokens[RV_JSON_TOKENS * 5];
    char out[8];
    rv_json json;
    int status = json_read(&json, text, sizeof(text) - 1, tokens);

    (void)state;
    if (status == RV_OK) {
        status = rv_json_text(&json, "d", out, sizeof(out));
    }
    assert_int_equal(status, RV_ERR_BODY);
}

static void a_text_that_just_fits_is_copied(void **state)
{
    char out[8];

    (void)state;
    memset(out, CANARY, sizeof(out));
    assert_int_equal(get("s", out, 5), 4);
    assert_string_equal(out, "text");
    assert_int_equal(out[5], CANARY);
    assert_int_equal(get("e", out, 1), 0);
    assert_string_equal(out, "");
}

static void a_text_that_does_not_fit_is_too_large_and_not_copied_in_part(void **state)
{
    char out[8];
    size_t size;

    (void)state;
    for (size = 1; size < 5; size++) {
        memset(out, CANARY, sizeof(out));
        assert_int_equal(get("s", out, size), RV_ERR_BODY_TOO_LARGE);
        assert_string_equal(out, "");
        expect_canaries((const uint8_t *)out + size, sizeof(out) - size);
    }
}

static void nothing_is_written_where_there_is_no_room_at_all(void **state)
{
    char out[64];

    (void)state;
    memset(out, CANARY, sizeof(out));
    assert_int_equal(get("s", out, 0), RV_ERR_BODY_TOO_LARGE);
    expect_canaries((const uint8_t *)out, sizeof(out));
}

/* jsmn takes much that is not JSON; what it refuses by itself must stay refused. */
static void the_reader_wants_an_object(void **state)
{
    static const char *const texts[] = {"", "[]", "[{}]", "\"x\"", "1", "{", "{]", "{\"a\":"};
    int32_t tokens[RV_JSON_TOKENS * 5];
    rv_json json;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(json_read(&json, texts[i], strlen(texts[i]), tokens), RV_ERR_BODY);
    }
}

/* --- whole answers ---------------------------------------------------------------------------- */

#define ANSWERS "tests/unit/answers/"

/* The body of an answer as it comes over the wire. */
static size_t load_body(const char *name, char *body)
{
    static char text[TEXT_ROOM], line[RV_WINDOW_SIZE];
    char path[256];
    FILE *file;
    size_t len, at = 0, used, body_len = 0;
    rv_http http;
    int event = HTTP_MORE;

    snprintf(path, sizeof(path), ANSWERS "%s", name);
    file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("cannot open %s: the tests run from the top folder", path);
    }
    len = fread(text, 1, sizeof(text), file);
    fclose(file);
    http_start(&http);
    while (event >= 0 && event != HTTP_DONE && at < len) {
        event = http_read(&http, line, sizeof(line), text + at, len - at, &used);
        if (event == HTTP_BODY) {
            memcpy(body + body_len, text + at, used);
            body_len += used;
        }
        at += used;
    }
    assert_true(event >= 0);
    return body_len;
}

struct expected {
    const char *name;
    int status;
    const char *code;
    int32_t code_n;
    const char *message;
};

static void every_answer_is_told_as_documented(void **state)
{
    static const struct expected expected[] = {
        {"accepted.http", RV_OK, "", 0, ""},
        {"accepted-chunked.http", RV_OK, "", 0, ""},
        {"accepted-until-close.http", RV_OK, "", 0, ""},
        {"accepted-after-100.http", RV_OK, "", 0, ""},
        {"dry-run.http", RV_OK, "DryRunOperation", 0,
         "Request validation has been passed with DryRun flag set."},
        {"refused.http", RV_OK, "InvalidInstanceStatus", 0,
         "The specified instance \"i-1\" is not in the \xE7\x8A\xB6\xE6\x80\x81 STOPPED \xE2\x80\x94 "
         "\xE7\x8A\xB6\xE6\x80\x81."},
        {"signature.http", RV_OK, "SignatureDoesNotMatch", 100010,
         "The request signature we calculated does not match the signature you provided."},
        {"throttled.http", RV_OK, "FlowLimitExceeded", 100018, NULL},
        {"legacy.http", RV_OK, "InvalidActionOrVersion", 0,
         "Could not find operation ReplaceSystemVolume for version 2020-04-02"},
        {"bad-gateway.http", RV_ERR_BODY, "", 0, ""},
        {"bad-gateway-1.0.http", RV_ERR_BODY, "", 0, ""},
        {"no-content.http", RV_ERR_BODY, "", 0, ""},
        {"instances.http", RV_OK, "", 0, ""},
    };
    char body[TEXT_ROOM];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        size_t len = load_body(expected[i].name, body);
        const rv_result *result = &read_answer(NULL, body, len)->call.result;

        print_message("# %s\n", expected[i].name);
        assert_int_equal(answer.status, expected[i].status);
        assert_string_equal(result->code_text, expected[i].code);
        assert_int_equal(result->code_n, expected[i].code_n);
        if (expected[i].message != NULL) {
            assert_string_equal(result->message, expected[i].message);
        }
    }
}

static void instances_are_handed_over_as_documented(void **state)
{
    char body[TEXT_ROOM];
    size_t len = load_body("instances.http", body);

    (void)state;
    read_answer("NextToken,TotalCount,Instances*[{InstanceId,Status,ImageId,UpdatedAt,"
                "Volumes[{VolumeId}]}]",
                body, len);
    assert_int_equal(answer.status, RV_OK);
    assert_int_equal(answer.objects, 6);
    assert_non_null(strstr(
        answer.log, "element {\"InstanceId\":\"i-demo0instance00002\",\"Status\":\"REBUILDING\","
                    "\"ImageId\":\"image-debian12\",\"UpdatedAt\":\"2024-11-15T18:30:00+08:00\","
                    "\"Volumes\":[{\"VolumeId\":\"vol-4\"},{\"VolumeId\":\"vol-5\"}]}\n"));
    assert_non_null(
        strstr(answer.log, "result {\"Instances\":[],\"NextToken\":\"\",\"TotalCount\":5}\n"));
}

/* --- a second opinion: made-up texts, judged by two ------------------------------------------- */

static uint64_t random_state;

static uint32_t random_below(uint32_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)((random_state >> 32) % bound);
}

static const char *pick(const char *const *of, size_t count)
{
    return of[random_below((uint32_t)count)];
}

#define PICK(of) pick(of, sizeof(of) / sizeof((of)[0]))

#define MADE_ROOM 700

static char made[MADE_ROOM];
static size_t made_len;

static void make(const char *text)
{
    size_t len = strlen(text);

    if (made_len + len <= MADE_ROOM / 2) {
        memcpy(made + made_len, text, len);
        made_len += len;
    }
}

static void make_white_space(void)
{
    static const char *const spaces[] = {"", "", "", "", "", " ", "\n", "\t \r\n"};

    make(PICK(spaces));
}

static void make_string(void)
{
    static const char *const parts[] = {
        "",  "x", "a b", "\\n", "\\\"", "\\\\", "\\u0041", "\\ud83d\\ude80", "\xE7\x8A\xB6",
        "}", "]", ",",   "/",   "\x7F"};
    uint32_t count = random_below(4);

    make("\"");
    while (count-- > 0) {
        make(PICK(parts));
    }
    make("\"");
}

static void make_key(void)
{
    static const char *const keys[] = {"\"a\"", "\"b\"",       "\"c\"",    "\"d\"",
                                       "\"e\"", "\"\\u0061\"", "\"long\"", "\"\""};

    if (random_below(8) == 0) {
        make_string();
    } else {
        make(PICK(keys));
    }
}

static void make_value(int depth)
{
    static const char *const scalars[] = {"0",     "-1",   "12.5",  "1e5",  "-0.1E-2",
                                          "1E+10", "true", "false", "null", "1234567890"};
    uint32_t kind = random_below(depth > 0 ? 6 : 3), count = random_below(4), i;

    make_white_space();
    if (kind == 0) {
        make_string();
    } else if (kind < 3) {
        make(PICK(scalars));
    } else {
        int is_object = kind < 5;

        make(is_object ? "{" : "[");
        for (i = 0; i < count; i++) {
            make(i > 0 ? "," : "");
            if (is_object) {
                make_white_space();
                make_key();
                make_white_space();
                make(":");
            }
            make_value(depth - 1);
        }
        make_white_space();
        make(is_object ? "}" : "]");
    }
    make_white_space();
}

/* One small change at a random place. */
static void spoil(void)
{
    static const char bytes[] =
        "{}[]\",:0123456789-+.eEtrufalsn\\ \t\n\r\0\x01\x1F\x7F\x80\xFF'/*ux";
    size_t at = random_below((uint32_t)made_len + 1), other = random_below((uint32_t)made_len + 1);
    char byte = bytes[random_below(sizeof(bytes) - 1)];

    if (made_len == 0 || made_len > MADE_ROOM - 200) {
        return;
    }
    at -= at == made_len;
    other -= other == made_len;
    switch (random_below(7)) {
    case 0:
    case 1:
        made[at] = byte;
        break;
    case 2:
        memmove(made + at, made + at + 1, --made_len - at);
        break;
    case 3:
    case 4:
        memmove(made + at + 1, made + at, made_len++ - at);
        made[at] = byte;
        break;
    case 5:
        byte = made[at];
        made[at] = made[other];
        made[other] = byte;
        break;
    default:
        made_len = at;
        break;
    }
}

static void make_text(void)
{
    uint32_t changes = random_below(4);

    made_len = 0;
    make_value(random_below(20) == 0 ? 0 : 6);
    while (changes-- > 0) {
        spoil();
    }
}

/* What RFC 8259 allows and the filter does not: a very long number. */
static int is_beyond_the_limits(void)
{
    size_t i, run = 0;
    int has_long_number = 0;

    for (i = 0; i < made_len; i++) {
        run = strchr("0123456789+-.eE", made[i]) != NULL ? run + 1 : 0;
        has_long_number |= run > 31;
    }
    return has_long_number;
}

static unsigned text_count(void)
{
    const char *preloaded = getenv("LD_PRELOAD"); /* valgrind's, which takes its time */

    return preloaded != NULL && strstr(preloaded, "vgpreload") != NULL ? 10000 : 200000;
}

static void random_begin(void)
{
    const char *seed = getenv("RV_TEST_SEED");

    random_state = seed != NULL ? strtoull(seed, NULL, 10) : UINT64_C(20241115);
    random_state += random_state == 0;
    print_message("# RV_TEST_SEED=%llu\n", (unsigned long long)random_state);
}

static const char *const specs[] = {"{}", "{a,b{a,c},c[],d[{a,b[]}],e*[{a,d[{c}]}]}"};

static void a_second_opinion_agrees_on_made_up_texts(void **state)
{
    unsigned i, valid = 0, count = text_count();

    (void)state;
    random_begin();
    for (i = 0; i < count; i++) {
        const struct filtered *filtered;
        int is_valid;

        make_text();
        is_valid = rfc8259_is_valid(made, made_len, RV_JSON_DEPTH);
        filtered = filter_text(specs[i % 2], NULL, made, made_len);
        valid += (unsigned)is_valid;
        if (filtered->status != (is_valid ? RV_OK : RV_ERR_BODY) &&
            !(is_valid && is_beyond_the_limits())) {
            print_text(is_valid ? "valid, but refused" : "not valid, but taken", made, made_len);
            fail();
        }
    }
    print_message("# %u of %u are valid\n", valid, count);
    assert_true(valid > count / 5 && valid < count - count / 5);
}

static void the_copy_of_a_valid_text_is_valid(void **state)
{
    unsigned i, count = text_count();

    (void)state;
    random_begin();
    for (i = 0; i < count; i++) {
        const struct filtered *filtered;
        const char *line, *end;

        make_text();
        filtered = filter_text(specs[1], NULL, made, made_len);
        if (!rfc8259_is_valid(made, made_len, RV_JSON_DEPTH) || filtered->status != RV_OK) {
            continue;
        }
        if (!rfc8259_is_valid(filtered->window, filtered->len, RV_JSON_DEPTH)) {
            print_text("text", made, made_len);
            print_text("copy", filtered->window, filtered->len);
            fail();
        }
        for (line = filtered->elements; (end = strchr(line, '\n')) != NULL; line = end + 1) {
            assert_true(rfc8259_is_valid(line, (size_t)(end - line), RV_JSON_DEPTH));
        }
    }
}

/* -------------------------------------------------------------------------------------------------
 */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_value_may_be_the_text),
        cmocka_unit_test(an_empty_text_is_refused),
        cmocka_unit_test(text_behind_the_end_is_refused),
        cmocka_unit_test(a_text_that_is_cut_anywhere_is_refused),
        cmocka_unit_test(white_space_may_stand_around_everything),
        cmocka_unit_test(other_white_space_is_refused),
        cmocka_unit_test(a_byte_order_mark_is_refused),
        cmocka_unit_test(comments_are_refused),
        cmocka_unit_test(a_key_without_a_value_is_refused),
        cmocka_unit_test(a_key_that_is_not_a_string_is_refused),
        cmocka_unit_test(a_comma_too_many_or_too_few_is_refused),
        cmocka_unit_test(a_value_in_the_wrong_place_is_refused),
        cmocka_unit_test(the_wrong_bracket_is_refused),
        cmocka_unit_test(what_is_not_closed_is_refused),
        cmocka_unit_test(the_three_names_are_in_exact_case_and_whole),
        cmocka_unit_test(numbers_follow_the_grammar),
        cmocka_unit_test(a_number_outside_the_grammar_is_refused),
        cmocka_unit_test(a_nul_within_or_behind_a_number_is_refused),
        cmocka_unit_test(a_number_of_more_than_31_characters_is_refused),
        cmocka_unit_test(a_string_may_hold_any_byte_from_space_on),
        cmocka_unit_test(a_key_may_hold_any_byte_from_space_on),
        cmocka_unit_test(the_eight_escapes_and_no_others_are_valid),
        cmocka_unit_test(a_unicode_escape_has_four_hexadecimal_digits),
        cmocka_unit_test(single_quotes_are_refused),
        cmocka_unit_test(what_is_left_out_is_judged_as_strictly_as_what_passes),
        cmocka_unit_test(a_text_may_be_as_deep_as_the_bound_and_no_deeper),
        cmocka_unit_test(objects_and_lists_may_be_nested_in_any_order),
        cmocka_unit_test(wanted_members_pass_and_no_others),
        cmocka_unit_test(members_pass_in_any_order),
        cmocka_unit_test(members_of_objects_pass),
        cmocka_unit_test(elements_of_lists_pass),
        cmocka_unit_test(white_space_does_not_pass),
        cmocka_unit_test(a_name_is_matched_whole_and_in_exact_case),
        cmocka_unit_test(a_key_that_reads_like_a_specification_is_no_member),
        cmocka_unit_test(an_object_or_list_that_was_not_expected_passes_empty),
        cmocka_unit_test(a_string_or_literal_passes_in_the_place_of_an_object),
        cmocka_unit_test(more_levels_than_can_be_wanted_pass_empty),
        cmocka_unit_test(the_inner_specification_stands_in_the_place_of_at),
        cmocka_unit_test(all_members_of_one_name_pass_so_that_the_reader_sees_them),
        cmocka_unit_test(a_key_in_disguise_passes_as_what_it_is),
        cmocka_unit_test(a_long_key_in_disguise_passes_as_what_it_is),
        cmocka_unit_test(a_key_may_be_of_any_length),
        cmocka_unit_test(a_key_with_a_nul_is_not_the_part_before_it),
        cmocka_unit_test(elements_are_handed_over_one_by_one_and_leave_the_copy),
        cmocka_unit_test(an_empty_list_hands_nothing_over),
        cmocka_unit_test(an_element_without_wanted_members_is_handed_over_empty),
        cmocka_unit_test(elements_with_lists_are_handed_over_whole),
        cmocka_unit_test(lists_within_elements_can_be_handed_over_too),
        cmocka_unit_test(a_list_of_another_name_is_not_handed_over),
        cmocka_unit_test(elements_that_are_no_objects_stay_in_the_copy),
        cmocka_unit_test(the_copy_is_json_when_objects_and_others_are_mixed),
        cmocka_unit_test(a_copy_that_does_not_fit_is_too_large_wherever_it_overflows),
        cmocka_unit_test(what_is_left_out_takes_no_room),
        cmocka_unit_test(a_string_of_256_bytes_passes_whole),
        cmocka_unit_test(a_longer_string_is_cut),
        cmocka_unit_test(a_long_string_of_any_bytes_is_cut),
        cmocka_unit_test(a_string_is_never_cut_within_an_escape),
        cmocka_unit_test(a_documented_success_is_one),
        cmocka_unit_test(a_documented_error_is_read_whole),
        cmocka_unit_test(an_error_is_found_wherever_it_stands),
        cmocka_unit_test(an_error_in_disguise_is_found),
        cmocka_unit_test(an_error_elsewhere_is_none),
        cmocka_unit_test(the_legacy_shape_is_read),
        cmocka_unit_test(a_legacy_error_beside_metadata_counts),
        cmocka_unit_test(an_object_of_neither_shape_is_no_answer),
        cmocka_unit_test(what_is_not_an_object_is_no_answer),
        cmocka_unit_test(a_success_with_anything_wrong_behind_it_is_no_answer),
        cmocka_unit_test(an_error_of_another_type_is_no_answer),
        cmocka_unit_test(an_error_of_null_is_none),
        cmocka_unit_test(an_error_without_a_code_is_no_answer),
        cmocka_unit_test(a_code_that_goes_on_is_none_of_ours),
        cmocka_unit_test(metadata_of_another_type_is_no_answer),
        cmocka_unit_test(code_n_may_be_anything_and_is_a_number_or_0),
        cmocka_unit_test(message_and_request_id_of_another_type_are_empty),
        cmocka_unit_test(the_status_of_an_answer_that_is_not_http_from_there_on_is_kept),
        cmocka_unit_test(a_second_key_that_decides_is_refused),
        cmocka_unit_test(a_second_key_in_disguise_is_refused),
        cmocka_unit_test(a_second_key_that_is_shown_is_refused),
        cmocka_unit_test(a_second_list_that_is_handed_over_is_refused),
        cmocka_unit_test(a_second_key_that_is_not_used_is_fine),
        cmocka_unit_test(elements_come_in_their_order_and_the_result_at_the_end),
        cmocka_unit_test(a_result_before_the_metadata_is_handed_over_as_well),
        cmocka_unit_test(a_result_that_is_no_object_is_no_answer),
        cmocka_unit_test(a_result_of_another_type_is_no_answer_to_who_wants_it),
        cmocka_unit_test(beside_an_error_there_is_no_result),
        cmocka_unit_test(an_object_that_the_caller_refuses_is_no_answer),
        cmocka_unit_test(a_list_of_100000_elements_needs_no_more_than_the_window),
        cmocka_unit_test(an_element_that_does_not_fit_the_window_is_too_large),
        cmocka_unit_test(as_many_tokens_as_there_are_can_be_used_and_no_more),
        cmocka_unit_test(plain_text_is_shown_as_it_is),
        cmocka_unit_test(escapes_are_decoded),
        cmocka_unit_test(surrogate_pairs_are_decoded),
        cmocka_unit_test(lone_surrogates_are_replaced),
        cmocka_unit_test(control_characters_are_replaced),
        cmocka_unit_test(line_ends_of_unicode_are_replaced),
        cmocka_unit_test(marks_of_writing_direction_are_replaced),
        cmocka_unit_test(bytes_that_are_not_utf_8_are_replaced),
        cmocka_unit_test(every_two_bytes_give_valid_utf_8),
        cmocka_unit_test(a_nul_is_replaced_like_every_control_character),
        cmocka_unit_test(a_string_that_the_filter_cut_is_reported),
        cmocka_unit_test(a_long_message_is_cut_to_its_place),
        cmocka_unit_test(a_long_message_is_cut_between_characters),
        cmocka_unit_test(a_long_message_of_escapes_is_cut_between_characters),
        cmocka_unit_test(strings_numbers_and_booleans_are_copied),
        cmocka_unit_test(a_path_goes_through_objects_and_lists),
        cmocka_unit_test(what_is_absent_or_null_is_rv_eof),
        cmocka_unit_test(an_index_that_a_list_does_not_have_is_rv_eof),
        cmocka_unit_test(what_is_no_text_is_rv_err_body),
        cmocka_unit_test(a_path_through_a_text_is_rv_err_body),
        cmocka_unit_test(a_key_that_comes_twice_is_rv_err_body),
        cmocka_unit_test(a_text_that_just_fits_is_copied),
        cmocka_unit_test(a_text_that_does_not_fit_is_too_large_and_not_copied_in_part),
        cmocka_unit_test(nothing_is_written_where_there_is_no_room_at_all),
        cmocka_unit_test(the_reader_wants_an_object),
        cmocka_unit_test(every_answer_is_told_as_documented),
        cmocka_unit_test(instances_are_handed_over_as_documented),
        cmocka_unit_test(a_second_opinion_agrees_on_made_up_texts),
        cmocka_unit_test(the_copy_of_a_valid_text_is_valid),
    };

    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
