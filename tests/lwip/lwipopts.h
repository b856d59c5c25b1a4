/* lwIP for the test of port/lwip.c: both families, everything inside one process, memory counted.
 */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN         0
#define LWIP_SOCKET          0
#define LWIP_IPV4            1
#define LWIP_IPV6            1
#define LWIP_DNS             1
#define LWIP_RAW             0
#define LWIP_DHCP            0
#define LWIP_ARP             0
#define LWIP_ETHERNET        0

/* The test is its own network, and its own name server. */
#define LWIP_NETIF_LOOPBACK           1
#define LWIP_LOOPBACK_MAX_PBUFS       64
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 0
#define IPV6_FRAG_COPYHEADER          1

#define MEM_ALIGNMENT    8
#define MEM_SIZE         (64 * 1024)
#define MEMP_NUM_TCP_PCB 4
#define MEMP_NUM_TCP_SEG 64
#define MEMP_NUM_UDP_PCB 8
#define PBUF_POOL_SIZE   64
#define TCP_MSS          1460
#define TCP_WND          (4 * TCP_MSS)
#define TCP_SND_BUF      (4 * TCP_MSS)

#define LWIP_STATS         1
#define LWIP_STATS_DISPLAY 0

#endif
