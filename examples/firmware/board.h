/*
 * board.h - the machine: processor clock, tick, network chip, memory that is watched
 */
#ifndef BOARD_H
#define BOARD_H

/* A word that nothing else writes: memory that still has it has never been used. */
#define PAINT 0xDEADBEEF

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

#include <lwip/netif.h>

/* --- network: lan9118.c for the board mps2-an385, stellaris_ethernet.c for lm3s6965evb ----------
 */

/* Sets the processor's clock if the board starts slower than that; returns its frequency. */
uint32_t board_clock_hz(void);

/* The netif's init function: finds the chip, starts it, fills in the netif. */
err_t board_netif_init(struct netif *netif);

/* Hands the frames that have come to lwIP. How many there were. */
int board_netif_poll(struct netif *netif);

/* --- start.c ---------------------------------------------------------------------------------- */

extern uint32_t stack_lowest[], stack_top[]; /* sections.ld; painted by machine.S */

/* Processor clocks since the start, without the time in which it slept. */
uint64_t busy_clocks(void);

/* Sleeps until the next interrupt, a millisecond at most. */
void board_sleep(void);

#endif
#endif
