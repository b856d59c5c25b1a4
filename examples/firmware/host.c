/*
 * host.c - see host.h. The operations are those of "Semihosting for AArch32 and AArch64".
 */
#include "host.h"

#include <string.h>

int host_call(int operation, const void *arguments); /* machine.S */

enum {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITE0 = 0x04,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_FLEN = 0x0C,
    SYS_RENAME = 0x0F,
    SYS_TIME = 0x11,
    SYS_GET_CMDLINE = 0x15,
    SYS_EXIT_EXTENDED = 0x20
};

enum { MODE_READ = 1, MODE_WRITE = 5 }; /* "rb", "wb" */

/* Arguments are a list of words, addresses and numbers alike. */
static uint32_t word(const void *address)
{
    return (uint32_t)(uintptr_t)address;
}

int host_command_line(char *out, size_t size)
{
    uint32_t arguments[2] = {word(out), (uint32_t)size};

    return host_call(SYS_GET_CMDLINE, arguments) == 0 ? 0 : -1;
}

void host_print(const char *text)
{
    (void)host_call(SYS_WRITE0, text);
}

void host_print_number(int64_t number)
{
    char text[24];
    char *at = text + sizeof text - 1;
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    *at = '\0';
    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0) {
        *--at = '-';
    }
    host_print(at);
}

int64_t host_utc_s(void)
{
    return (uint32_t)host_call(SYS_TIME, NULL);
}

static int open_file(const char *path, uint32_t mode)
{
    uint32_t arguments[3] = {word(path), mode, (uint32_t)strlen(path)};

    return host_call(SYS_OPEN, arguments);
}

static int close_file(int file)
{
    uint32_t arguments[1] = {(uint32_t)file};

    return host_call(SYS_CLOSE, arguments);
}

/* 0: all of them were read, or written. */
static int move(int operation, int file, const void *bytes, size_t len)
{
    uint32_t arguments[3] = {(uint32_t)file, word(bytes), (uint32_t)len};

    return host_call(operation, arguments);
}

int host_random(void *out, size_t len)
{
    static int generator = -1;

    if (generator < 0) {
        generator = open_file("/dev/urandom", MODE_READ);
    }
    return generator >= 0 && move(SYS_READ, generator, out, len) == 0 ? 0 : -1;
}

int host_read_file(const char *path, void *out, size_t size)
{
    int file = open_file(path, MODE_READ);
    uint32_t arguments[1] = {(uint32_t)file};
    int len;
    int is_read;

    if (file < 0) {
        return -1;
    }
    len = host_call(SYS_FLEN, arguments);
    is_read = len >= 0 && (size_t)len <= size && move(SYS_READ, file, out, (size_t)len) == 0;
    (void)close_file(file);
    return is_read ? len : -1;
}

/* A new file takes the place of the old one, which is whole until that moment. */
int host_write_file(const char *path, const void *bytes, size_t len)
{
    char beside[128];
    uint32_t names[4] = {word(beside), (uint32_t)strlen(path) + 4, word(path),
                         (uint32_t)strlen(path)};
    int file;
    int is_written;

    if (strlen(path) + 5 > sizeof beside) {
        return -1;
    }
    strcpy(beside, path);
    strcat(beside, ".new");
    file = open_file(beside, MODE_WRITE);
    if (file < 0) {
        return -1;
    }
    is_written = move(SYS_WRITE, file, bytes, len) == 0;
    is_written = close_file(file) == 0 && is_written;
    return is_written && host_call(SYS_RENAME, names) == 0 ? 0 : -1;
}

void host_exit(int status)
{
    uint32_t arguments[2] = {0x20026, (uint32_t)status}; /* ADP_Stopped_ApplicationExit */

    for (;;) {
        (void)host_call(SYS_EXIT_EXTENDED, arguments);
    }
}
