@ machine.S - the few instructions that C has no words for

#include "board.h"

        .syntax unified
        .thumb

@ Where the processor begins. The stack is painted before anything is on it, then C takes over.
        .section .text.reset, "ax"
        .global reset
        .type reset, %function
reset:
        ldr     r0, =stack_lowest
        ldr     r1, =stack_top
        ldr     r2, =PAINT
1:      str     r2, [r0], #4
        cmp     r0, r1
        blo     1b
        b       start

@ int host_call(int operation, const void *arguments): asks the debugger, here the emulator. Both
@ arguments are already where it expects them, and its answer is where a result has to be.
        .section .text.host_call, "ax"
        .global host_call
        .type host_call, %function
host_call:
        bkpt    0xAB
        bx      lr

@ void wait_for_interrupt(void): the processor sleeps, at most until the next tick.
        .section .text.wait_for_interrupt, "ax"
        .global wait_for_interrupt
        .type wait_for_interrupt, %function
wait_for_interrupt:
        wfi
        bx      lr
