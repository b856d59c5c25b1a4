/*
 * lan9118.c - network driver for the LAN9118, which the board mps2-an385 has
 *
 * Polled: no interrupts, no DMA. Names of registers as in the chip's data sheet.
 */
#include "board.h"

#include <lwip/etharp.h>
#include <netif/ethernet.h>

#define CHIP       0x40200000u
#define REG(at)    (*(volatile uint32_t *)(CHIP + (at)))
#define RX_DATA    REG(0x00u)
#define TX_DATA    REG(0x20u)
#define RX_STATUS  REG(0x40u)
#define TX_STATUS  REG(0x48u)
#define ID_REV     REG(0x50u)
#define INT_EN     REG(0x5Cu)
#define BYTE_TEST  REG(0x64u)
#define RX_CFG     REG(0x6Cu)
#define TX_CFG     REG(0x70u)
#define HW_CFG     REG(0x74u)
#define RX_DP_CTRL REG(0x78u)
#define RX_FIFO    REG(0x7Cu)
#define TX_FIFO    REG(0x80u)
#define MAC_CMD    REG(0xA4u)
#define MAC_DATA   REG(0xA8u)

#define BYTE_ORDER_IS_OURS 0x87654321u
#define SOFT_RESET         1u
#define TX_FIFO_5K         0x00050000u
#define TX_ON              2u
#define FIRST_AND_LAST     0x3000u
#define RX_FAST_FORWARD    0x80000000u
#define RX_ERROR           0x8000u
#define MAC_BUSY           0x80000000u
#define MAC_READ           0x40000000u

enum { MAC_CR = 1, ADDRH = 2, ADDRL = 3 }; /* registers behind MAC_CMD */
#define MAC_FULL_DUPLEX 0x00100000u
#define MAC_TX_RX_ON    0x0000000Cu

enum { FCS_LEN = 4, FRAME_MAX = 1518 + FCS_LEN, PATIENCE = 1000000 };

/* The chip's FIFOs take words, lwIP's buffers begin anywhere. */
static uint32_t frame[(FRAME_MAX + 3) / 4];

uint32_t board_clock_hz(void)
{
    return 25000000;
}

/* Waits for mask in a register to be clear; ERR_IF: the chip is out of order. */
static err_t wait_clear(const volatile uint32_t *reg, uint32_t mask)
{
    int turns;

    for (turns = 0; turns < PATIENCE; turns++) {
        if ((*reg & mask) == 0) {
            return ERR_OK;
        }
    }
    return ERR_IF;
}

/* --- MAC registers, one at a time ------------------------------------------------------------- */

static uint32_t mac_read(uint32_t reg)
{
    MAC_CMD = MAC_BUSY | MAC_READ | reg;
    (void)wait_clear(&MAC_CMD, MAC_BUSY);
    return MAC_DATA;
}

static void mac_write(uint32_t reg, uint32_t value)
{
    MAC_DATA = value;
    MAC_CMD = MAC_BUSY | reg;
    (void)wait_clear(&MAC_CMD, MAC_BUSY);
}

/* --- sending ---------------------------------------------------------------------------------- */

static err_t has_room(uint32_t bytes)
{
    int turns;

    for (turns = 0; turns < PATIENCE; turns++) {
        if ((TX_FIFO & 0xFFFFu) >= bytes) {
            return ERR_OK;
        }
    }
    return ERR_IF;
}

static err_t send(struct netif *netif, struct pbuf *packet)
{
    uint32_t len = packet->tot_len;
    uint32_t i;

    (void)netif;
    if (len > sizeof frame || has_room(len + 16) != ERR_OK) {
        return ERR_IF;
    }
    (void)pbuf_copy_partial(packet, frame, (u16_t)len, 0);
    TX_DATA = FIRST_AND_LAST | len;
    TX_DATA = len << 16 | len;
    for (i = 0; i < (len + 3) / 4; i++) {
        TX_DATA = frame[i];
    }
    while ((TX_FIFO >> 16 & 0xFFu) != 0) {
        (void)TX_STATUS; /* of frames before; lost ones are TCP's affair */
    }
    return ERR_OK;
}

/* --- receiving -------------------------------------------------------------------------------- */

static void skip(uint32_t words)
{
    if (words >= 4) {
        RX_DP_CTRL = RX_FAST_FORWARD;
        (void)wait_clear(&RX_DP_CTRL, RX_FAST_FORWARD);
    } else {
        while (words-- > 0) {
            (void)RX_DATA;
        }
    }
}

/* Without a buffer it is lost, and comes again. */
static void receive(struct netif *netif, uint32_t len)
{
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, (u16_t)(len - FCS_LEN), PBUF_POOL);
    uint32_t i;

    for (i = 0; i < (len + 3) / 4; i++) {
        frame[i] = RX_DATA;
    }
    if (packet != NULL && (pbuf_take(packet, frame, (u16_t)(len - FCS_LEN)) != ERR_OK ||
                           netif->input(packet, netif) != ERR_OK)) {
        (void)pbuf_free(packet);
    }
}

int board_netif_poll(struct netif *netif)
{
    int frames = 0;

    while ((RX_FIFO >> 16 & 0xFFu) != 0) {
        uint32_t status = RX_STATUS;
        uint32_t len = status >> 16 & 0x3FFFu;

        if ((status & RX_ERROR) != 0 || len <= FCS_LEN || len > sizeof frame) {
            skip((len + 3) / 4);
        } else {
            receive(netif, len);
        }
        frames++;
    }
    return frames;
}

/* --- starting --------------------------------------------------------------------------------- */

/* The chip has read it from its EEPROM. */
static void read_address(struct netif *netif)
{
    uint32_t low = mac_read(ADDRL);
    uint32_t high = mac_read(ADDRH);
    int i;

    netif->hwaddr_len = 6;
    for (i = 0; i < 4; i++) {
        netif->hwaddr[i] = (u8_t)(low >> 8 * i);
    }
    netif->hwaddr[4] = (u8_t)high;
    netif->hwaddr[5] = (u8_t)(high >> 8);
}

err_t board_netif_init(struct netif *netif)
{
    if (BYTE_TEST != BYTE_ORDER_IS_OURS || ID_REV >> 16 != 0x0118) {
        return ERR_IF;
    }
    HW_CFG = SOFT_RESET;
    if (wait_clear(&HW_CFG, SOFT_RESET) != ERR_OK) {
        return ERR_IF;
    }
    HW_CFG = TX_FIFO_5K;
    INT_EN = 0;
    RX_CFG = 0;
    read_address(netif);
    mac_write(MAC_CR, MAC_FULL_DUPLEX | MAC_TX_RX_ON);
    TX_CFG = TX_ON;

    netif->name[0] = 'e';
    netif->name[1] = '0';
    netif->mtu = 1500;
    netif->output = etharp_output;
    netif->linkoutput = send;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET |
                   NETIF_FLAG_LINK_UP;
    return ERR_OK;
}
