/* newlib.c - see newlib.h, and where the processor begins. The rest is newlib's: files, output,
 * arguments and exit status go to the debugger, here the emulator, by semihosting (rdimon). */
#include "newlib.h"

#include <stdint.h>

/* There are no time zones without an environment, so local time is UTC. */
time_t timegm(struct tm *date)
{
    return mktime(date);
}

/* cmocka wants to know how long its tests take. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    (void)clock;
    now->tv_sec = time(NULL);
    now->tv_nsec = 0;
    return 0;
}

/* The processor's vector table, at address 0. No interrupts; a fault ends the emulator, and not
 * with status 0. newlib finds a better place for the stack by itself. */
void _start(void);

__attribute__((section(".vectors"))) const struct {
    uint32_t stack;
    void (*start)(void);
} vectors = {0x00008000, _start};
