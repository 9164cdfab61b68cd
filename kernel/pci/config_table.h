/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a user sees of configuration space and may write to it, decided once per open
 * from constant tables. Pure: works on an image of the space, touches no device.
 */
#ifndef OPENVFIO_PCI_CONFIG_TABLE_H
#define OPENVFIO_PCI_CONFIG_TABLE_H

#include <asm/unaligned.h>
#include <linux/pci_regs.h>
#include <linux/types.h>

struct pci_dev;

#define CONFIG_SPACE_MAX	4096
#define CONFIG_BARS		6
#define CONFIG_ROM		6

/* Whose register a dword is: those with a behaviour of their own have a handler. */
enum config_owner {
	OWNER_PLAIN,
	OWNER_COMMAND,
	OWNER_BAR,
	OWNER_PM,
	OWNER_EXPRESS,
	OWNER_MSI,
	OWNER_AF,
	OWNER_VPD,
	OWNERS,
};

/**
 * struct config_bar - what the virtual BAR (or ROM BAR) register must read like
 * @size: bytes, a power of two; 0 for an absent BAR
 * @type: the low bits of the register; for a 64-bit BAR the next register is its upper half
 */
struct config_bar {
	u64 size;
	u32 type;
};

/**
 * struct vfio_pci_config - the user's view of configuration space
 * @size: 256 or 4096, or less than that where the device cannot stand more
 * @fetch: while it is built: puts the dword of the hardware at a position into @shadow
 * @pdev: for @fetch
 * @error: of @fetch, if one failed
 * @shadow: the virtual bits; starts as an image of the hardware, as far as that matters
 * @virt: bits that are read from, and written to, @shadow and never the hardware
 * @write: bits the user may write
 * @owner: enum config_owner of each dword
 * @bar: BARs 0-5 and the ROM
 * @hardware_bar: the real registers, to be put back after a backdoor reset (K3)
 * @memory_always_on: no COMMAND.MEMORY in hardware: the user's is set, and means nothing (K4)
 * @cap: by id, where the first capability that has it is; 0 if it is absent or hidden
 */
struct vfio_pci_config {
	unsigned int size;
	void (*fetch)(struct vfio_pci_config *config, unsigned int pos);
	struct pci_dev *pdev;
	int error;
	u8 *shadow;
	u8 *virt;
	u8 *write;
	u8 *owner;
	struct config_bar bar[CONFIG_BARS + 1];
	u32 hardware_bar[CONFIG_BARS];
	bool memory_always_on;
	u8 cap[PCI_CAP_ID_AF + 1];
};

/* What @shadow, @virt, @write and @owner of a space of @size bytes take together. */
#define CONFIG_ROOM(size)	((size) * 3 + (size) / 4)

/**
 * config_get() - a little-endian register
 * @bytes: an image of configuration space, or of its masks
 * @pos: offset
 * @width: 1, 2 or 4 bytes
 */
static inline u32 config_get(const u8 *bytes, unsigned int pos, unsigned int width)
{
	switch (width) {
	case 1:
		return bytes[pos];
	case 2:
		return get_unaligned_le16(bytes + pos);
	default:
		return get_unaligned_le32(bytes + pos);
	}
}

/**
 * config_set() - write a little-endian register
 * @bytes: an image of configuration space, or of its masks
 * @pos: offset
 * @width: 1, 2 or 4 bytes
 * @value: the value
 */
static inline void config_set(u8 *bytes, unsigned int pos, unsigned int width, u32 value)
{
	switch (width) {
	case 1:
		bytes[pos] = value;
		break;
	case 2:
		put_unaligned_le16(value, bytes + pos);
		break;
	default:
		put_unaligned_le32(value, bytes + pos);
	}
}

void config_place(struct vfio_pci_config *config, unsigned int size, u8 *room);
void config_build(struct vfio_pci_config *config);
void config_write_virtual(struct vfio_pci_config *config, unsigned int pos, unsigned int width,
			  u32 value);
u32 config_hardware_bits(const struct vfio_pci_config *config, unsigned int pos,
			 unsigned int width);
void config_fix_bar(struct vfio_pci_config *config, unsigned int pos);

#endif
