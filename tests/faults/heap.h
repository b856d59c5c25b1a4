/*
 * heap.h - calloc, from which mbedTLS has its memory, fails when it is told to
 */
#ifndef HEAP_H
#define HEAP_H

#include <stdint.h>

/* From now on calls are counted, and the n-th fails (0: none does), or all from it on. */
void heap_watch(uint64_t fail_at, int and_later);
/* No longer; returns how many there were. */
uint64_t heap_look_away(void);
/* The failure has come. */
int heap_has_failed(void);

#endif
