/*
 * host.h - what this image borrows from the machine that runs the emulator
 *
 * Arm semihosting: the program stops at a breakpoint, and the debugger (here the emulator) does for
 * it what it asks. **Nothing of this belongs into a product.** A product has its random numbers
 * from a generator of its own, its time from a battery-backed clock or from the network, its
 * parameters from wherever it keeps them, and its record in flash. The boards that are emulated
 * here have none of these.
 */
#ifndef HOST_H
#define HOST_H

#include <stddef.h>
#include <stdint.h>

/* The program's arguments, separated by spaces. 0, or -1 if they do not fit. */
int host_command_line(char *out, size_t size);

void host_print(const char *text);
void host_print_number(int64_t number);

/* Seconds since 1970. */
int64_t host_utc_s(void);

/* From the host's own generator. 0, or -1. */
int host_random(void *out, size_t len);

/* How many bytes the file has that were read, or -1: it is not there or has more than size. */
int host_read_file(const char *path, void *out, size_t size);
/* The file has either all of them or what it had before. 0, or -1. */
int host_write_file(const char *path, const void *bytes, size_t len);

/* Does not return. */
void host_exit(int status);

#endif
