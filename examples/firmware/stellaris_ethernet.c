/*
 * stellaris_ethernet.c - clock and network driver of the Stellaris LM3S6965
 *
 * MAC and PHY are on the chip. Polled: no interrupts, no DMA. Names of registers as in the data
 * sheet.
 */
#include "board.h"

#include <lwip/etharp.h>
#include <netif/ethernet.h>

#define SYSTEM   0x400FE000u
#define ETHERNET 0x40048000u
#define REG(at)  (*(volatile uint32_t *)(at))

#define RIS      REG(SYSTEM + 0x050u)
#define RCC      REG(SYSTEM + 0x060u)
#define RCGC2    REG(SYSTEM + 0x108u)
#define USERREG0 REG(SYSTEM + 0x1E0u)
#define USERREG1 REG(SYSTEM + 0x1E4u)

#define MACIM   REG(ETHERNET + 0x04u)
#define MACRCTL REG(ETHERNET + 0x08u)
#define MACTCTL REG(ETHERNET + 0x0Cu)
#define MACDATA REG(ETHERNET + 0x10u)
#define MACIA0  REG(ETHERNET + 0x14u)
#define MACIA1  REG(ETHERNET + 0x18u)
#define MACNP   REG(ETHERNET + 0x34u)
#define MACTR   REG(ETHERNET + 0x38u)

#define PLL_LOCKED         0x00000040u /* of RIS */
#define RCC_SYSDIV         0x07800000u
#define RCC_SYSDIV_4       0x01800000u
#define RCC_USE_SYSDIV     0x00400000u
#define RCC_PLL_POWER_DOWN 0x00002000u
#define RCC_PLL_BYPASS     0x00000800u
#define RCC_CRYSTAL        0x000003C0u
#define RCC_CRYSTAL_8_MHZ  0x00000380u
#define RCC_SOURCE         0x00000030u /* 0: the main oscillator */
#define RCC_MAIN_DISABLED  0x00000001u
#define RCGC2_MAC_AND_PHY  0x50000000u
#define RX_RESET           0x10u
#define RX_ON              0x01u
#define TX_ON_PADDED_CRC   0x07u
#define TX_FULL_DUPLEX     0x10u
#define TX_NEW             0x01u
#define RX_FRAMES          0x3Fu

enum { HEADER_LEN = 14, LENGTH_LEN = 2, FCS_LEN = 4, FRAME_MAX = 1518, PATIENCE = 1000000 };

/* The FIFO takes words. A frame in it has a length before it, in two bytes. */
static uint32_t frame[(LENGTH_LEN + FRAME_MAX + FCS_LEN + 3) / 4];

/* --- clock ------------------------------------------------------------------------------------ */

/* By the data sheet: around the PLL while it changes, and back when it has locked. */
uint32_t board_clock_hz(void)
{
    RCC = (RCC & ~RCC_USE_SYSDIV) | RCC_PLL_BYPASS;
    RCC = (RCC & ~(RCC_CRYSTAL | RCC_SOURCE | RCC_PLL_POWER_DOWN | RCC_MAIN_DISABLED)) |
          RCC_CRYSTAL_8_MHZ;
    RCC = (RCC & ~RCC_SYSDIV) | RCC_SYSDIV_4 | RCC_USE_SYSDIV;
    while ((RIS & PLL_LOCKED) == 0) {
    }
    RCC &= ~RCC_PLL_BYPASS;
    return 50000000; /* 200 MHz / 4 */
}

/* --- sending ---------------------------------------------------------------------------------- */

static err_t wait_until_sent(void)
{
    int turns;

    for (turns = 0; turns < PATIENCE; turns++) {
        if ((MACTR & TX_NEW) == 0) {
            return ERR_OK;
        }
    }
    return ERR_IF;
}

/* The length is that of the payload, without Ethernet's header; the chip adds the checksum. */
static err_t send(struct netif *netif, struct pbuf *packet)
{
    uint8_t *bytes = (uint8_t *)frame;
    uint32_t len = packet->tot_len;
    uint32_t i;

    (void)netif;
    if (len < HEADER_LEN || len > FRAME_MAX || wait_until_sent() != ERR_OK) {
        return ERR_IF;
    }
    bytes[0] = (uint8_t)(len - HEADER_LEN);
    bytes[1] = (uint8_t)((len - HEADER_LEN) >> 8);
    (void)pbuf_copy_partial(packet, bytes + LENGTH_LEN, (u16_t)len, 0);
    for (i = 0; i < (LENGTH_LEN + len + 3) / 4; i++) {
        MACDATA = frame[i];
    }
    MACTR = TX_NEW;
    return ERR_OK;
}

/* --- receiving -------------------------------------------------------------------------------- */

/* Without a buffer it is lost, and comes again. */
static void pass_on(struct netif *netif, u16_t len)
{
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, len, PBUF_POOL);

    if (packet != NULL && (pbuf_take(packet, (uint8_t *)frame + LENGTH_LEN, len) != ERR_OK ||
                           netif->input(packet, netif) != ERR_OK)) {
        (void)pbuf_free(packet);
    }
}

/* Here the length is that of all: itself, header, payload and checksum. One that makes no sense is
 * read to the end nevertheless, or the next frame would not begin at its begin. */
static void receive(struct netif *netif)
{
    uint32_t first = MACDATA;
    uint32_t len = first & 0xFFFFu;
    uint32_t i;

    frame[0] = first;
    for (i = 1; i < (len + 3) / 4; i++) {
        uint32_t word = MACDATA;

        if (i < sizeof frame / sizeof frame[0]) {
            frame[i] = word;
        }
    }
    if (len >= LENGTH_LEN + HEADER_LEN + FCS_LEN && len <= sizeof frame) {
        pass_on(netif, (u16_t)(len - LENGTH_LEN - FCS_LEN));
    }
}

int board_netif_poll(struct netif *netif)
{
    int frames = 0;

    while ((MACNP & RX_FRAMES) != 0) {
        receive(netif);
        frames++;
    }
    return frames;
}

/* --- starting --------------------------------------------------------------------------------- */

/* The maker of the board has put it into two words of flash, three bytes each. */
static void read_address(struct netif *netif)
{
    int i;

    netif->hwaddr_len = 6;
    for (i = 0; i < 3; i++) {
        netif->hwaddr[i] = (u8_t)(USERREG0 >> 8 * i);
        netif->hwaddr[i + 3] = (u8_t)(USERREG1 >> 8 * i);
    }
}

err_t board_netif_init(struct netif *netif)
{
    const u8_t *address = netif->hwaddr;

    RCGC2 |= RCGC2_MAC_AND_PHY;
    (void)RCGC2; /* the chip wants some clocks until it is there */
    MACIM = 0;
    read_address(netif);
    MACIA0 = address[0] | (uint32_t)address[1] << 8 | (uint32_t)address[2] << 16 |
             (uint32_t)address[3] << 24;
    MACIA1 = address[4] | (uint32_t)address[5] << 8;
    MACRCTL = RX_RESET;
    MACRCTL = RX_ON;
    MACTCTL = TX_ON_PADDED_CRC | TX_FULL_DUPLEX;

    netif->name[0] = 'e';
    netif->name[1] = '0';
    netif->mtu = 1500;
    netif->output = etharp_output;
    netif->linkoutput = send;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET |
                   NETIF_FLAG_LINK_UP;
    return ERR_OK;
}
