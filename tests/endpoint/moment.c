#define _POSIX_C_SOURCE 200809L
#include "moment.h"

#include "text.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

static struct {
    bool is_stopped;
    uint64_t began_ms;
    uint64_t now_ms;
    int64_t began_utc_s;
} stopped;

uint64_t monotonic_ms(void)
{
    struct timespec now;

    if (stopped.is_stopped)
        return stopped.now_ms;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        die("this machine has no monotonic clock");
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int64_t utc_now_s(void)
{
    if (stopped.is_stopped)
        return stopped.began_utc_s + (int64_t)((stopped.now_ms - stopped.began_ms) / 1000);
    return (int64_t)time(NULL);
}

void stop_clocks(void)
{
    stopped.began_ms = stopped.now_ms = monotonic_ms();
    stopped.began_utc_s = utc_now_s();
    stopped.is_stopped = true;
}

void move_clocks_to(uint64_t at_ms)
{
    if (stopped.is_stopped && at_ms > stopped.now_ms)
        stopped.now_ms = at_ms;
}

static struct tm broken_down(int64_t utc_s)
{
    struct tm parts;
    time_t seconds = (time_t)utc_s;

    if (gmtime_r(&seconds, &parts) == NULL)
        die("%lld s is no time that a calendar has; see --clock-offset-s", (long long)utc_s);
    return parts;
}

void format_http_date(int64_t utc_s, char out[HTTP_DATE_SIZE])
{
    struct tm parts = broken_down(utc_s);

    /* The program never calls setlocale, so the names are the English ones that HTTP wants. */
    strftime(out, HTTP_DATE_SIZE, "%a, %d %b %Y %H:%M:%S GMT", &parts);
}

void format_compact_utc(int64_t utc_s, char out[COMPACT_UTC_SIZE])
{
    struct tm parts = broken_down(utc_s);

    strftime(out, COMPACT_UTC_SIZE, "%Y%m%dT%H%M%SZ", &parts);
}

void format_iso_time(int64_t utc_s, char out[ISO_TIME_SIZE])
{
    struct tm parts = broken_down(utc_s + 8 * 3600);

    strftime(out, ISO_TIME_SIZE, "%Y-%m-%dT%H:%M:%S+08:00", &parts);
}

static bool two_digits(const char *s, int *value)
{
    if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
        return false;
    *value = (s[0] - '0') * 10 + (s[1] - '0');
    return true;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. The year is taken to begin in March, so
 * that the leap day is its last one. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

bool parse_compact_utc(const char *s, int64_t *utc_s)
{
    int century, year, month, day, hour, minute, second;
    char again[COMPACT_UTC_SIZE];

    if (strlen(s) != COMPACT_UTC_SIZE - 1 || s[8] != 'T' || s[15] != 'Z')
        return false;
    if (!two_digits(s, &century) || !two_digits(s + 2, &year) || !two_digits(s + 4, &month) ||
        !two_digits(s + 6, &day) || !two_digits(s + 9, &hour) || !two_digits(s + 11, &minute) ||
        !two_digits(s + 13, &second) || month < 1 || month > 12)
        return false;
    *utc_s = days_from_civil(century * 100 + year, month, day) * 86400 + hour * 3600 + minute * 60 +
             second;
    /* A 31st of April comes out as the 1st of May: only what reads back the same is a real time. */
    format_compact_utc(*utc_s, again);
    return strcmp(s, again) == 0;
}
