/*
 * start.c - from reset to main: memory, tick, and what a fault does
 *
 * The processor takes its first stack pointer and its first address from the vector table, which
 * the linker script puts at address 0. Nothing else is prepared at that moment.
 */
#include "board.h"

#include "host.h"
#include <lwip/sys.h>
#include <string.h>

extern uint32_t data_begin[], data_end[], data_in_flash[], bss_begin[], bss_end[]; /* sections.ld */

int main(void);
void start(void);
void exit(int status);
void reset(void);              /* machine.S */
void wait_for_interrupt(void); /* machine.S */

/* --- the tick: SysTick, a down counter of the processor --- */

#define SYSTICK_CONTROL (*(volatile uint32_t *)0xE000E010u)
#define SYSTICK_RELOAD  (*(volatile uint32_t *)0xE000E014u)
#define SYSTICK_VALUE   (*(volatile uint32_t *)0xE000E018u)
#define SYSTICK_RUN     7u /* by the processor's clock, with an interrupt at 0 */

static volatile uint32_t ticks_ms;
static uint32_t clocks_per_tick;
static uint64_t slept_clocks;

static void on_tick(void)
{
    ticks_ms++;
}

static void start_tick(void)
{
    clocks_per_tick = board_clock_hz() / 1000;
    SYSTICK_RELOAD = clocks_per_tick - 1;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = SYSTICK_RUN;
}

/* lwIP's clock, and through port/lwip.c replace_volume's. */
u32_t sys_now(void)
{
    return ticks_ms;
}

/* Read again if a tick came between. It wraps with ticks_ms, after 49 days. */
static uint64_t clocks(void)
{
    uint32_t ms;
    uint32_t left;

    do {
        ms = ticks_ms;
        left = SYSTICK_VALUE;
    } while (ms != ticks_ms);
    return (uint64_t)ms * clocks_per_tick + (clocks_per_tick - 1 - left);
}

uint64_t busy_clocks(void)
{
    return clocks() - slept_clocks;
}

void board_sleep(void)
{
    uint64_t before = clocks();

    wait_for_interrupt();
    slept_clocks += clocks() - before;
}

/* --- start and end --- */

/* A product writes down where it was and starts again. */
static void fault(void)
{
    host_print("fault\n");
    host_exit(139);
}

/* machine.S has brought us here. */
void start(void)
{
    memcpy(data_begin, data_in_flash, (size_t)(data_end - data_begin) * sizeof *data_begin);
    memset(bss_begin, 0, (size_t)(bss_end - bss_begin) * sizeof *bss_begin);
    start_tick();
    host_exit(main());
}

/* Called by mbedTLS's allocator when somebody has written over its arena. */
void exit(int status)
{
    for (;;) {
        host_exit(status);
    }
}

/* --- the vector table; of the processor's own only, no device interrupts here --- */

union vector {
    uint32_t *stack;
    void (*run)(void);
};

const union vector vectors[16] = {
    {stack_top},      {.run = reset}, {.run = fault}, /* non-maskable interrupt */
    {.run = fault},                                   /* hard fault */
    {.run = fault},                                   /* memory management */
    {.run = fault},                                   /* bus fault */
    {.run = fault},                                   /* usage fault */
    {NULL},           {NULL},         {NULL},         {NULL}, {.run = fault}, /* supervisor call */
    {.run = fault},                                                           /* debug monitor */
    {NULL},           {.run = fault}, /* pending service call */
    {.run = on_tick},
};
