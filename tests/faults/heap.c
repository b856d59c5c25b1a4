#define _GNU_SOURCE
#include "heap.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

static struct {
    int is_watched;
    uint64_t calls;
    uint64_t fail_at;
    int and_later;
    int has_failed;
} heap;

/* Stands in for libc's, and hands through to it. */
void *calloc(size_t count, size_t size)
{
    static void *(*next)(size_t, size_t);

    if (next == NULL) {
        void *symbol = dlsym(RTLD_NEXT, "calloc");

        memcpy(&next, &symbol, sizeof next);
    }
    if (heap.is_watched) {
        heap.calls++;
        if (heap.fail_at != 0 &&
            (heap.and_later ? heap.calls >= heap.fail_at : heap.calls == heap.fail_at)) {
            heap.has_failed = 1;
            return NULL;
        }
    }
    return next(count, size);
}

void heap_watch(uint64_t fail_at, int and_later)
{
    heap.calls = 0;
    heap.has_failed = 0;
    heap.fail_at = fail_at;
    heap.and_later = and_later;
    heap.is_watched = 1;
}

uint64_t heap_look_away(void)
{
    heap.is_watched = 0;
    return heap.calls;
}

int heap_has_failed(void)
{
    return heap.has_failed;
}
