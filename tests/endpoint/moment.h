/* The two clocks, and the three ways in which the service writes a time. */
#ifndef ENDPOINT_MOMENT_H
#define ENDPOINT_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

uint64_t monotonic_ms(void);
int64_t utc_now_s(void); /* the machine's clock; the service's is this plus --clock-offset-s */

/* From then on both stand still, but for what they are moved by; never backwards. */
void stop_clocks(void);
void move_clocks_to(uint64_t at_ms);

enum { HTTP_DATE_SIZE = 32, COMPACT_UTC_SIZE = 17, ISO_TIME_SIZE = 32 };

void format_http_date(int64_t utc_s, char out[HTTP_DATE_SIZE]);     /* RFC 9110 section 5.6.7 */
void format_compact_utc(int64_t utc_s, char out[COMPACT_UTC_SIZE]); /* 20060102T150405Z */
void format_iso_time(int64_t utc_s, char out[ISO_TIME_SIZE]);       /* with the service's +08:00 */

/* Reads 20060102T150405Z; false when it is not of that form or names no real time. */
bool parse_compact_utc(const char *string, int64_t *utc_s);

#endif
