/*
 * Section 1: numbers, hexadecimal digits, dates, UTF-8, and what is safe to show.
 *
 * Second opinions: libc for numbers and dates, the grammar of RFC 3629 section 4 for UTF-8.
 */
#define _DEFAULT_SOURCE /* timegm */
#define RV_STATIC
#include "../../replace_volume.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

/* --- characters and texts --------------------------------------------------------------------- */

static void lower_case_changes_the_26_letters_and_nothing_else(void **state)
{
    const char *upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const char *lower = "abcdefghijklmnopqrstuvwxyz";
    int c;

    (void)state;
    for (c = 1; c < 256; c++) {
        const char *at = strchr(upper, c);

        assert_int_equal(lower_case((char)c), at != NULL ? lower[at - upper] : (char)c);
    }
    assert_int_equal(lower_case('\0'), '\0');
}

static void printable_ascii_is_0x21_to_0x7E(void **state)
{
    int c;

    (void)state;
    for (c = 0; c < 256; c++) {
        assert_int_equal(is_printable_ascii((char)c), c >= 0x21 && c <= 0x7E);
    }
}

static void text_is_folded_ignores_the_case_of_letters_only(void **state)
{
    static const struct {
        const char *text, *lower;
        int is;
    } cases[] = {
        {"Transfer-ENCODING", "transfer-encoding", 1},
        {"", "", 1},
        {"Transfer-Encodin", "transfer-encoding", 0},
        {"Transfer-Encodings", "transfer-encoding", 0},
        {"Transfer\rEncoding", "transfer-encoding", 0},
        {"@", "`", 0}, /* 0x20 apart, like letters */
        {"[", "{", 0},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(text_is_folded(cases[i].text, strlen(cases[i].text), cases[i].lower),
                         cases[i].is);
    }
}

static void text_copy_cuts_to_the_place_that_there_is(void **state)
{
    char out[5];

    (void)state;
    text_copy(out, sizeof(out), "abc");
    assert_string_equal(out, "abc");
    text_copy(out, sizeof(out), "abcd");
    assert_string_equal(out, "abcd");
    text_copy(out, sizeof(out), "abcde");
    assert_string_equal(out, "abcd");
    text_copy(out, sizeof(out), "");
    assert_string_equal(out, "");
    text_copy(out, 1, "abc");
    assert_string_equal(out, "");
}

/* --- numbers ---------------------------------------------------------------------------------- */

static void expect_number(uint32_t number)
{
    char out[11], expected[11];

    snprintf(expected, sizeof(expected), "%lu", (unsigned long)number);
    assert_int_equal(number_write(out, number), strlen(expected));
    assert_string_equal(out, expected);
}

static void numbers_have_as_many_digits_as_they_need(void **state)
{
    uint32_t power;
    uint32_t number;

    (void)state;
    expect_number(0);
    expect_number(UINT32_MAX);
    for (power = 1; power <= 1000000000; power *= 10) {
        expect_number(power - 1);
        expect_number(power);
        expect_number(power + 1);
        if (power == 1000000000) {
            break;
        }
    }
    for (number = 1; number < UINT32_MAX / 3; number = number * 3 + 1) {
        expect_number(number);
    }
}

static void padded_numbers_have_exactly_their_digits(void **state)
{
    char out[5] = "....";

    (void)state;
    number_write_padded(out, 2, 7);
    assert_string_equal(out, "07..");
    number_write_padded(out, 4, 0);
    assert_string_equal(out, "0000");
    number_write_padded(out, 4, 9999);
    assert_string_equal(out, "9999");
    number_write_padded(out, 3, 45);
    assert_string_equal(out, "0459");
    number_write_padded(out, 0, 1);
    assert_string_equal(out, "0459");
}

static void hexadecimal_digits_are_written_in_lower_case(void **state)
{
    uint8_t bytes[256];
    char out[513], expected[513];
    unsigned i;

    (void)state;
    for (i = 0; i < 256; i++) {
        bytes[i] = (uint8_t)i;
        snprintf(expected + 2 * i, 3, "%02x", i);
    }
    hex_write(out, bytes, sizeof(bytes));
    assert_string_equal(out, expected);
    hex_write(out, bytes, 0);
    assert_string_equal(out, "");
}

static void hexadecimal_digits_are_read_in_either_case_and_nothing_else(void **state)
{
    int c;

    (void)state;
    for (c = 0; c < 256; c++) {
        char text[2] = {(char)c, '\0'};
        char *end;
        long value = strtol(text, &end, 16);

        if (end == text) {
            value = -1;
        }
        assert_int_equal(hex_value((char)c), value);
    }
}

/* --- dates ------------------------------------------------------------------------------------ */

#define DAY ((int64_t)86400)

static void expect_x_date(int64_t utc_s, const char *expected)
{
    char out[17];

    memset(out, '#', sizeof(out));
    x_date_write(out, utc_s);
    assert_string_equal(out, expected);
}

static void expect_x_date_as_libc(int64_t utc_s)
{
    time_t time = (time_t)utc_s;
    char expected[32];

    assert_int_not_equal(strftime(expected, sizeof(expected), "%Y%m%dT%H%M%SZ", gmtime(&time)), 0);
    expect_x_date(utc_s, expected);
}

/* The numbers of seconds are those of `date -u -d DATE +%s`. */
static void x_date_is_right_at_turns_of_the_calendar(void **state)
{
    (void)state;
    expect_x_date(0, "19700101T000000Z");
    expect_x_date(INT64_C(68169599), "19720228T235959Z");
    expect_x_date(INT64_C(68169600), "19720229T000000Z");
    expect_x_date(INT64_C(951782400), "20000229T000000Z");
    expect_x_date(INT64_C(951868800), "20000301T000000Z");
    expect_x_date(INT64_C(1767323045), "20260102T030405Z");
    expect_x_date(INT64_C(2147483647), "20380119T031407Z");
    expect_x_date(INT64_C(2147483648), "20380119T031408Z");
    expect_x_date(INT64_C(4107542399), "21000228T235959Z");
    expect_x_date(INT64_C(4107542400), "21000301T000000Z");
    expect_x_date(INT64_C(4294967296), "21060207T062816Z");
    expect_x_date(INT64_C(253402300799), "99991231T235959Z");
}

static void x_date_is_that_of_libc_on_every_day_until_2110(void **state)
{
    int64_t day;

    (void)state;
    for (day = 0; day < 140 * 366; day++) {
        expect_x_date_as_libc(day * DAY);
        expect_x_date_as_libc(day * DAY + DAY - 1);
    }
}

static void x_date_is_that_of_libc_in_every_month_until_9999(void **state)
{
    struct tm first = {0};
    int month;

    (void)state;
    for (month = 0; month < (9999 - 1970 + 1) * 12; month++) {
        first.tm_year = 70 + month / 12;
        first.tm_mon = month % 12;
        first.tm_mday = 1;
        first.tm_hour = first.tm_min = first.tm_sec = 0;
        expect_x_date_as_libc(timegm(&first));
        if (month > 0) {
            expect_x_date_as_libc(timegm(&first) - 1);
        }
    }
}

static void x_date_is_that_of_libc_in_every_second_of_a_day(void **state)
{
    int64_t second;

    (void)state;
    for (second = 0; second < DAY; second++) {
        expect_x_date_as_libc(INT64_C(1709164800) + second); /* 2024-02-29 */
    }
}

static void x_date_is_clamped_to_what_it_can_say(void **state)
{
    (void)state;
    expect_x_date(-1, "19700101T000000Z");
    expect_x_date(INT64_MIN, "19700101T000000Z");
    expect_x_date(INT64_C(253402300800), "99991231T235959Z");
    expect_x_date(INT64_MAX, "99991231T235959Z");
}

static void expect_utc_as_libc(int year, int month, int day, int32_t second_of_day)
{
    struct tm tm = {0};

    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    tm.tm_mday = day;
    tm.tm_sec = second_of_day;
    assert_int_equal(utc_from_calendar(year, month, day, second_of_day), timegm(&tm));
}

static void seconds_of_a_calendar_date_are_those_of_libc_in_every_month_of_all_years(void **state)
{
    int year, month;

    (void)state;
    for (year = 1; year <= 9999; year++) {
        for (month = 1; month <= 12; month++) {
            expect_utc_as_libc(year, month, 1, 0);
            expect_utc_as_libc(year, month, 28, 86399);
        }
        expect_utc_as_libc(year, 12, 31, 86399);
    }
}

static void seconds_of_a_calendar_date_are_those_of_libc_on_every_day_of_400_years(void **state)
{
    static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;

    (void)state;
    for (year = 1900; year < 2300; year++) {
        int is_leap_year = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

        for (month = 1; month <= 12; month++) {
            for (day = 1; day <= lengths[month - 1] + (month == 2 && is_leap_year); day++) {
                expect_utc_as_libc(year, month, day, (year * 31 + month * 7 + day) % 86400);
            }
        }
    }
}

/* --- UTF-8 ------------------------------------------------------------------------------------ */

/* A line of the grammar in RFC 3629 section 4: the ranges of the bytes of a sequence. */
static const struct {
    uint8_t len;
    uint8_t first_from, first_to, second_from, second_to;
} grammar[] = {
    {1, 0x00, 0x7F, 0, 0},       {2, 0xC2, 0xDF, 0x80, 0xBF}, {3, 0xE0, 0xE0, 0xA0, 0xBF},
    {3, 0xE1, 0xEC, 0x80, 0xBF}, {3, 0xED, 0xED, 0x80, 0x9F}, {3, 0xEE, 0xEF, 0x80, 0xBF},
    {4, 0xF0, 0xF0, 0x90, 0xBF}, {4, 0xF1, 0xF3, 0x80, 0xBF}, {4, 0xF4, 0xF4, 0x80, 0x8F},
};

/* Length of the sequence by that grammar, 0 if there is none. */
static size_t length_by_grammar(const uint8_t *text, size_t len)
{
    size_t i, k;

    for (i = 0; i < sizeof(grammar) / sizeof(grammar[0]); i++) {
        if (text[0] >= grammar[i].first_from && text[0] <= grammar[i].first_to) {
            if (grammar[i].len > len || (grammar[i].len > 1 && (text[1] < grammar[i].second_from ||
                                                                text[1] > grammar[i].second_to))) {
                return 0;
            }
            for (k = 2; k < grammar[i].len; k++) {
                if (text[k] < 0x80 || text[k] > 0xBF) {
                    return 0;
                }
            }
            return grammar[i].len;
        }
    }
    return 0;
}

/* The first and last of each length, and those beside the surrogates; bytes by hand. */
static const struct {
    uint32_t code_point;
    const char *bytes;
    size_t len;
} boundaries[] = {
    {0x00, "\x00", 1},
    {0x41, "A", 1},
    {0x7F, "\x7F", 1},
    {0x80, "\xC2\x80", 2},
    {0xE9, "\xC3\xA9", 2},
    {0x7FF, "\xDF\xBF", 2},
    {0x800, "\xE0\xA0\x80", 3},
    {0x4E91, "\xE4\xBA\x91", 3},
    {0xD7FF, "\xED\x9F\xBF", 3},
    {0xE000, "\xEE\x80\x80", 3},
    {0xFFFD, "\xEF\xBF\xBD", 3},
    {0xFFFF, "\xEF\xBF\xBF", 3},
    {0x10000, "\xF0\x90\x80\x80", 4},
    {0x1F30B, "\xF0\x9F\x8C\x8B", 4},
    {0xFFFFF, "\xF3\xBF\xBF\xBF", 4},
    {0x10FFFF, "\xF4\x8F\xBF\xBF", 4},
};

#define BOUNDARIES (sizeof(boundaries) / sizeof(boundaries[0]))

static void utf8_is_read_at_every_boundary(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < BOUNDARIES; i++) {
        uint32_t code_point = 1;

        assert_int_equal(
            utf8_read((const uint8_t *)boundaries[i].bytes, boundaries[i].len, &code_point),
            boundaries[i].len);
        assert_int_equal(code_point, boundaries[i].code_point);
    }
}

static void utf8_is_written_at_every_boundary(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < BOUNDARIES; i++) {
        char out[8] = "ab";

        assert_int_equal(utf8_write(out, 2, sizeof(out), boundaries[i].code_point),
                         2 + boundaries[i].len);
        assert_memory_equal(out, "ab", 2);
        assert_memory_equal(out + 2, boundaries[i].bytes, boundaries[i].len);
    }
}

static void utf8_is_written_only_where_all_of_it_fits(void **state)
{
    size_t i, room;

    (void)state;
    for (i = 0; i < BOUNDARIES; i++) {
        for (room = 0; room <= 4; room++) {
            char out[8];

            memset(out, '#', sizeof(out));
            if (room < boundaries[i].len) {
                assert_int_equal(utf8_write(out, 3, 3 + room, boundaries[i].code_point), SIZE_MAX);
                assert_memory_equal(out, "########", 8);
            } else {
                assert_int_equal(utf8_write(out, 3, 3 + room, boundaries[i].code_point),
                                 3 + boundaries[i].len);
                assert_memory_equal(out + 3 + room, "########", 8 - 3 - room);
            }
        }
    }
}

static void utf8_that_is_cut_short_is_refused(void **state)
{
    size_t i, len;

    (void)state;
    for (i = 0; i < BOUNDARIES; i++) {
        for (len = 1; len < boundaries[i].len; len++) {
            uint32_t code_point;
            uint8_t *exact = malloc(len); /* so that a tool sees a byte too many */

            assert_non_null(exact);
            memcpy(exact, boundaries[i].bytes, len);
            assert_int_equal(utf8_read(exact, len, &code_point), 0);
            free(exact);
        }
    }
}

static void expect_no_utf8(const char *bytes)
{
    uint32_t code_point;

    assert_int_equal(utf8_read((const uint8_t *)bytes, strlen(bytes), &code_point), 0);
}

static void utf8_that_is_longer_than_needed_is_refused(void **state)
{
    (void)state;
    expect_no_utf8("\xC0\x80"); /* NUL */
    expect_no_utf8("\xC0\xAF"); /* '/' */
    expect_no_utf8("\xC1\xBF");
    expect_no_utf8("\xE0\x80\xAF");
    expect_no_utf8("\xE0\x9F\xBF");
    expect_no_utf8("\xF0\x80\x80\xAF");
    expect_no_utf8("\xF0\x8F\xBF\xBF");
}

static void surrogates_in_utf8_are_refused(void **state)
{
    (void)state;
    expect_no_utf8("\xED\xA0\x80");             /* U+D800 */
    expect_no_utf8("\xED\xAF\xBF");             /* U+DBFF */
    expect_no_utf8("\xED\xB0\x80");             /* U+DC00 */
    expect_no_utf8("\xED\xBF\xBF");             /* U+DFFF */
    expect_no_utf8("\xED\xA0\xBC\xED\xBC\x8B"); /* a pair, as CESU-8 has it */
}

static void utf8_beyond_the_last_code_point_is_refused(void **state)
{
    (void)state;
    expect_no_utf8("\xF4\x90\x80\x80"); /* U+110000 */
    expect_no_utf8("\xF5\x80\x80\x80");
    expect_no_utf8("\xF7\xBF\xBF\xBF");
    expect_no_utf8("\xF8\x88\x80\x80\x80");
    expect_no_utf8("\xFC\x84\x80\x80\x80\x80");
    expect_no_utf8("\xFE");
    expect_no_utf8("\xFF");
}

static void continuation_bytes_alone_are_refused(void **state)
{
    (void)state;
    expect_no_utf8("\x80");
    expect_no_utf8("\xBF");
    expect_no_utf8("\x80\x80");
}

static void utf8_is_what_the_grammar_of_rfc_3629_says(void **state)
{
    static const uint8_t rest[] = {0x00, 0x41, 0x7F, 0x80, 0xBF, 0xC0, 0xFF};
    unsigned first, second;
    size_t third, fourth, len;

    (void)state;
    for (first = 0; first < 256; first++) {
        for (second = 0; second < 256; second++) {
            for (third = 0; third < sizeof(rest); third++) {
                for (fourth = 0; fourth < sizeof(rest); fourth++) {
                    uint8_t text[4] = {(uint8_t)first, (uint8_t)second, rest[third], rest[fourth]};
                    uint32_t code_point;

                    assert_int_equal(utf8_read(text, 4, &code_point), length_by_grammar(text, 4));
                }
            }
            for (len = 1; len <= 3; len++) {
                uint8_t text[3] = {(uint8_t)first, (uint8_t)second, 0x80};
                uint32_t code_point;

                assert_int_equal(utf8_read(text, len, &code_point), length_by_grammar(text, len));
            }
        }
    }
}

static void every_code_point_is_read_as_it_was_written(void **state)
{
    uint32_t code_point;

    (void)state;
    for (code_point = 0; code_point <= 0x10FFFF; code_point++) {
        char out[4];
        uint32_t again = UINT32_MAX;
        size_t len;

        if (code_point == 0xD800) {
            code_point = 0xE000;
        }
        len = utf8_write(out, 0, sizeof(out), code_point);
        if (length_by_grammar((const uint8_t *)out, len) != len ||
            utf8_read((const uint8_t *)out, len, &again) != len || again != code_point) {
            fail_msg("U+%04lX is written as %lu bytes and read as U+%04lX",
                     (unsigned long)code_point, (unsigned long)len, (unsigned long)again);
        }
    }
}

/* --- what is safe to show --------------------------------------------------------------------- */

/* Unicode 15, UnicodeData.txt and PropList.txt: general category Cc, Zl and Zp; Bidi_Control. */
static const struct {
    uint32_t from, to;
} unsafe[] = {
    {0x0000, 0x001F}, {0x007F, 0x009F}, {0x061C, 0x061C}, {0x200E, 0x200F},
    {0x2028, 0x2029}, {0x202A, 0x202E}, {0x2066, 0x2069},
};

static void controls_line_ends_and_marks_of_direction_are_not_shown(void **state)
{
    uint32_t code_point;

    (void)state;
    for (code_point = 0; code_point <= 0x10FFFF; code_point++) {
        int expected = 0;
        size_t i;

        for (i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++) {
            expected |= code_point >= unsafe[i].from && code_point <= unsafe[i].to;
        }
        if (is_unsafe_to_show(code_point) != expected) {
            fail_msg("U+%04lX", (unsigned long)code_point);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lower_case_changes_the_26_letters_and_nothing_else),
        cmocka_unit_test(printable_ascii_is_0x21_to_0x7E),
        cmocka_unit_test(text_is_folded_ignores_the_case_of_letters_only),
        cmocka_unit_test(text_copy_cuts_to_the_place_that_there_is),
        cmocka_unit_test(numbers_have_as_many_digits_as_they_need),
        cmocka_unit_test(padded_numbers_have_exactly_their_digits),
        cmocka_unit_test(hexadecimal_digits_are_written_in_lower_case),
        cmocka_unit_test(hexadecimal_digits_are_read_in_either_case_and_nothing_else),
        cmocka_unit_test(x_date_is_right_at_turns_of_the_calendar),
        cmocka_unit_test(x_date_is_that_of_libc_on_every_day_until_2110),
        cmocka_unit_test(x_date_is_that_of_libc_in_every_month_until_9999),
        cmocka_unit_test(x_date_is_that_of_libc_in_every_second_of_a_day),
        cmocka_unit_test(x_date_is_clamped_to_what_it_can_say),
        cmocka_unit_test(seconds_of_a_calendar_date_are_those_of_libc_in_every_month_of_all_years),
        cmocka_unit_test(seconds_of_a_calendar_date_are_those_of_libc_on_every_day_of_400_years),
        cmocka_unit_test(utf8_is_read_at_every_boundary),
        cmocka_unit_test(utf8_is_written_at_every_boundary),
        cmocka_unit_test(utf8_is_written_only_where_all_of_it_fits),
        cmocka_unit_test(utf8_that_is_cut_short_is_refused),
        cmocka_unit_test(utf8_that_is_longer_than_needed_is_refused),
        cmocka_unit_test(surrogates_in_utf8_are_refused),
        cmocka_unit_test(utf8_beyond_the_last_code_point_is_refused),
        cmocka_unit_test(continuation_bytes_alone_are_refused),
        cmocka_unit_test(utf8_is_what_the_grammar_of_rfc_3629_says),
        cmocka_unit_test(every_code_point_is_read_as_it_was_written),
        cmocka_unit_test(controls_line_ends_and_marks_of_direction_are_not_shown),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
