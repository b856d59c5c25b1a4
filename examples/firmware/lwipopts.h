/*
 * lwipopts.h - lwIP for one TLS connection on a machine with little memory
 *
 * What is not here has lwIP's default. Memory is lwIP's own: pools and a heap of fixed size.
 */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

/* One loop, no threads. Frames are handed over in the loop, not in an interrupt. */
#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN         0
#define LWIP_SOCKET          0

/* What there is: IPv4, DHCP, DNS, TCP. */
#define LWIP_IPV4                1
#define LWIP_IPV6                0
#define LWIP_RAW                 0
#define LWIP_DHCP                1
#define LWIP_DHCP_DOES_ACD_CHECK 0 /* else eight seconds pass until there is an address */
#define LWIP_ACD                 0
#define LWIP_DNS                 1
#define DNS_TABLE_SIZE           2 /* names remembered or asked for; one is needed, 270 B each */
#define LWIP_STATS               0
#define IP_REASSEMBLY            0 /* TCP does not fragment, and DNS answers are small */
#define IP_FRAG                  0

/* TCP: a server sends a TLS record of up to 16 KB, through a window of two segments. */
#define TCP_MSS                 1460
#define TCP_WND                 (2 * TCP_MSS)
#define TCP_SND_BUF             (2 * TCP_MSS)
#define TCP_QUEUE_OOSEQ         0 /* a segment after a lost one is sent again too: saves memory */
#define MEMP_NUM_TCP_PCB        3 /* one, and two that are closing */
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_TCP_SEG        8
#define MEMP_NUM_UDP_PCB        3 /* DHCP, DNS and one of DNS to come */

/* Memory: frames that have come wait in the pool, what is being sent in the heap. */
#define MEM_ALIGNMENT     4
#define PBUF_POOL_SIZE    4
#define PBUF_POOL_BUFSIZE 1536
#define MEM_SIZE          (4 * 1024)

#endif
