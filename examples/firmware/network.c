/* network.c - see network.h */
#include "network.h"

#include "board.h"
#include "host.h"
#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/init.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>

#define ADDRESS_WAIT_MS 10000

static struct netif netif;

/* arch/cc.h */
uint32_t network_random(void)
{
    uint32_t number;

    if (host_random(&number, sizeof number) != 0) {
        network_failed("no random numbers");
    }
    return number;
}

/* arch/cc.h */
void network_failed(const char *why)
{
    host_print(why);
    host_print("\n");
    host_exit(134);
}

void network_poll(void *unused)
{
    (void)unused;
    if (board_netif_poll(&netif) == 0) {
        board_sleep();
    }
}

static int use_name_server(const char *numeric)
{
    ip_addr_t address;

    if (!ipaddr_aton(numeric, &address)) {
        return -1;
    }
    dns_setserver(0, &address);
    return 0;
}

int network_start(const char *name_server)
{
    uint32_t began_ms;

    lwip_init();
    if (netif_add_noaddr(&netif, NULL, board_netif_init, ethernet_input) == NULL) {
        return -1;
    }
    netif_set_default(&netif);
    netif_set_up(&netif);
    if (dhcp_start(&netif) != ERR_OK) {
        return -1;
    }
    began_ms = sys_now();
    while (!dhcp_supplied_address(&netif)) {
        if (sys_now() - began_ms > ADDRESS_WAIT_MS) {
            return -1;
        }
        network_poll(NULL);
        sys_check_timeouts();
    }
    return name_server == NULL ? 0 : use_name_server(name_server);
}
