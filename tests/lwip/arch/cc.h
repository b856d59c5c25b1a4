/* lwIP on the machine that runs the tests: what it takes for granted is checked. */
#ifndef LWIP_ARCH_CC_H
#define LWIP_ARCH_CC_H

#include <stdio.h>
#include <stdlib.h>

/* C99 alone does not say it, and lwIP would then take the least significant byte to be the first.
 */
#ifndef BYTE_ORDER
#define BYTE_ORDER __BYTE_ORDER__
#endif

unsigned test_random(void);
#define LWIP_RAND() test_random()

#define LWIP_PLATFORM_DIAG(message)
#define LWIP_PLATFORM_ASSERT(message)           \
    do {                                        \
        fprintf(stderr, "lwIP: %s\n", message); \
        abort();                                \
    } while (0)

#endif
