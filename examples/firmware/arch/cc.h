/* lwIP's view of compiler and machine. GCC, with newlib's headers: lwIP's own defaults will do. */
#ifndef LWIP_ARCH_CC_H
#define LWIP_ARCH_CC_H

#include <stdint.h>

/* network.c: numbers that nobody can guess, for DNS and TCP. */
uint32_t network_random(void);
#define LWIP_RAND() network_random()

/* There is nothing that lwIP says; what it finds wrong in itself ends the program. */
void network_failed(const char *why);
#define LWIP_PLATFORM_DIAG(message)
#define LWIP_PLATFORM_ASSERT(why) network_failed(why)

#endif
