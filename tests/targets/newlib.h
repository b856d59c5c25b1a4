/* newlib.h - included before everything else when a unit test is compiled for bare metal: what libc
 * has elsewhere and newlib has not. */
#ifndef NEWLIB_H
#define NEWLIB_H

#define _POSIX_TIMERS 1
#include <time.h>

time_t timegm(struct tm *date);
int clock_gettime(clockid_t clock, struct timespec *now);

#endif
