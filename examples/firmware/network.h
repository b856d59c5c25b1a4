/* network.h - lwIP, started: one network interface, with its address from DHCP. */
#ifndef NETWORK_H
#define NETWORK_H

#include <stdint.h>

/* Starts lwIP and waits for an address, 10 s at most. name_server: numeric; NULL: the one that DHCP
 * tells. 0, or -1. */
int network_start(const char *name_server);

/* Lets lwIP have the frames that have come; sleeps a tick if there were none. Has the form of
 * rv_lwip_socket.poll. */
void network_poll(void *unused);

#endif
