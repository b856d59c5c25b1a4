/*
 * A socket for what is tested without a connection: it connects to nothing and counts its uses.
 * Wants the core included before.
 */
#ifndef TESTS_SUPPORT_NO_SOCKET_H
#define TESTS_SUPPORT_NO_SOCKET_H

static unsigned no_socket_uses;

static int no_open(void *ctx, const char *host, uint16_t port, rv_need *need)
{
    (void)ctx;
    (void)host;
    (void)port;
    (void)need;
    no_socket_uses++;
    return RV_ERR_CONNECT;
}

static int no_send(void *ctx, const uint8_t *buf, size_t len)
{
    (void)ctx;
    (void)buf;
    (void)len;
    no_socket_uses++;
    return RV_ERR_NETWORK;
}

static int no_recv(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    (void)buf;
    (void)len;
    no_socket_uses++;
    return RV_ERR_NETWORK;
}

static void no_close(void *ctx)
{
    (void)ctx;
    no_socket_uses++;
}

static rv_socket no_socket = {.open = no_open, .send = no_send, .recv = no_recv, .close = no_close};

#endif
