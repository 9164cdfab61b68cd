// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include <linux/pci_regs.h>
#include <linux/string.h>

#include "config_table.h"

/*
 * A register of @width bytes at @offset: @virt bits are virtual, @write bits writable, and
 * @clear bits are zero to begin with, whatever the hardware has there.
 */
struct field {
	u8 offset;
	u8 width;
	u32 virt;
	u32 write;
	enum config_owner owner;
	u32 clear;
};

#define ALL	0xffffffffU

/* Bytes of the space that conventional PCI has; extended capabilities begin behind. */
#define STANDARD_SIZE	256

/* K2, K3, K4: what is not listed is hardware, read-only. */
static const struct field header[] = {
	{ PCI_VENDOR_ID, 4, ALL, 0 },
	{ PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE, ALL, OWNER_COMMAND, PCI_COMMAND_INTX_DISABLE },
	{ PCI_STATUS, 2, PCI_STATUS_CAP_LIST, 0, OWNER_COMMAND },
	{ PCI_CACHE_LINE_SIZE, 1, 0, ALL },
	{ PCI_LATENCY_TIMER, 1, 0, ALL },
	{ PCI_BIST, 1, 0, ALL },
	{ PCI_BASE_ADDRESS_0, 4, ALL, ALL, OWNER_BAR },
	{ PCI_BASE_ADDRESS_1, 4, ALL, ALL, OWNER_BAR },
	{ PCI_BASE_ADDRESS_2, 4, ALL, ALL, OWNER_BAR },
	{ PCI_BASE_ADDRESS_3, 4, ALL, ALL, OWNER_BAR },
	{ PCI_BASE_ADDRESS_4, 4, ALL, ALL, OWNER_BAR },
	{ PCI_BASE_ADDRESS_5, 4, ALL, ALL, OWNER_BAR },
	{ PCI_ROM_ADDRESS, 4, ALL, ALL, OWNER_BAR },
	{ PCI_CAPABILITY_LIST, 1, ALL, 0 },
	{ PCI_INTERRUPT_LINE, 1, ALL, ALL },
	{ PCI_INTERRUPT_PIN, 1, ALL, 0 },
	{}
};

/* K6: no PME for users; the power state goes through the kernel. */
static const struct field pm[] = {
	{ PCI_PM_PMC, 2, PCI_PM_CAP_PME_MASK, 0, OWNER_PM, ALL },
	{ PCI_PM_CTRL, 2, PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS, PCI_PM_CTRL_STATE_MASK,
	  OWNER_PM, ALL },
	{}
};

/* K7: payload size belongs to the whole path to the root, so the user only believes it. */
static const struct field express[] = {
	{ PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_PAYLOAD | PCI_EXP_DEVCTL_READRQ |
	  PCI_EXP_DEVCTL_BCR_FLR, (u16)~PCI_EXP_DEVCTL_PHANTOM, OWNER_EXPRESS,
	  PCI_EXP_DEVCTL_BCR_FLR },
	{}
};

static const struct field express2[] = {
	{ PCI_EXP_DEVCTL2, 2, 0, (u16)~PCI_EXP_DEVCTL2_ARI },
	{}
};

/* K8: addresses and data of messages are the kernel's, the user writes to the shadow. */
static const struct field msi32[] = {
	{ PCI_MSI_FLAGS, 2, ALL, PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE, OWNER_MSI,
	  PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE },
	{ PCI_MSI_ADDRESS_LO, 4, ALL, ALL },
	{ PCI_MSI_DATA_32, 2, ALL, ALL },
	{}
};

static const struct field msi32_mask[] = { { PCI_MSI_MASK_32, 4, 0, ALL }, {} };

static const struct field msi64[] = {
	{ PCI_MSI_FLAGS, 2, ALL, PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE, OWNER_MSI,
	  PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE },
	{ PCI_MSI_ADDRESS_LO, 4, ALL, ALL },
	{ PCI_MSI_ADDRESS_HI, 4, ALL, ALL },
	{ PCI_MSI_DATA_64, 2, ALL, ALL },
	{}
};

static const struct field msi64_mask[] = { { PCI_MSI_MASK_64, 4, 0, ALL }, {} };

static const struct field af[] = {
	{ PCI_AF_CTRL, 1, ALL, PCI_AF_CTRL_FLR, OWNER_AF, ALL },
	{}
};

/**
 * config_get() - a little-endian register
 * @bytes: an image of configuration space, or of its masks
 * @pos: offset
 * @width: 1, 2 or 4 bytes
 */
u32 config_get(const u8 *bytes, unsigned int pos, unsigned int width)
{
	u32 value = 0;

	while (width--)
		value = value << 8 | bytes[pos + width];
	return value;
}

/**
 * config_set() - write a little-endian register
 * @bytes: an image of configuration space, or of its masks
 * @pos: offset
 * @width: 1, 2 or 4 bytes
 * @value: the value
 */
void config_set(u8 *bytes, unsigned int pos, unsigned int width, u32 value)
{
	for (; width--; pos++, value >>= 8)
		bytes[pos] = value;
}

/* Up to @end only: what else claims the bytes from there on has its own rules for them. */
static void apply_fields(struct vfio_pci_config *config, unsigned int base, unsigned int end,
			 const struct field *field)
{
	for (; field->width; field++) {
		unsigned int pos = base + field->offset;

		if (pos + field->width > end)
			return;
		config_set(config->virt, pos, field->width, field->virt);
		config_set(config->write, pos, field->width, field->write);
		config_set(config->shadow, pos, field->width,
			   config_get(config->shadow, pos, field->width) & ~field->clear);
		if (field->owner)
			config->owner[pos / 4] = field->owner;
	}
}

static void build_express(struct vfio_pci_config *config, unsigned int pos, unsigned int end)
{
	u16 flags = config_get(config->shadow, pos + PCI_EXP_FLAGS, 2);

	apply_fields(config, pos, end, express);
	if ((flags & PCI_EXP_FLAGS_VERS) >= 2)
		apply_fields(config, pos, end, express2);
	config->express = pos;
}

static void build_msi(struct vfio_pci_config *config, unsigned int pos, unsigned int end)
{
	u16 flags = config_get(config->shadow, pos + PCI_MSI_FLAGS, 2);
	bool wide = flags & PCI_MSI_FLAGS_64BIT;

	apply_fields(config, pos, end, wide ? msi64 : msi32);
	if (flags & PCI_MSI_FLAGS_MASKBIT)
		apply_fields(config, pos, end, wide ? msi64_mask : msi32_mask);
	config->msi = pos;
}

/* K9: what a vendor put there is between the device and its driver. */
static void build_vendor(struct vfio_pci_config *config, unsigned int pos, unsigned int end)
{
	end = min(end, pos + config->shadow[pos + PCI_CAP_FLAGS]);
	for (pos += PCI_CAP_FLAGS + 1; pos < end; pos++)
		config->write[pos] = 0xff;
}

/* K10: the standard capabilities a user gets to see. */
static bool cap_shown(u8 id)
{
	switch (id) {
	case PCI_CAP_ID_SLOTID:
	case PCI_CAP_ID_CHSWP:
	case PCI_CAP_ID_DBG:
	case PCI_CAP_ID_CCRC:
	case PCI_CAP_ID_SHPC:
	case PCI_CAP_ID_SSVID:
	case PCI_CAP_ID_AGP3:
	case PCI_CAP_ID_SECDEV:
		return false;
	default:
		return id && id <= PCI_CAP_ID_AF;
	}
}

static void build_cap(struct vfio_pci_config *config, unsigned int pos, unsigned int end)
{
	switch (config->shadow[pos + PCI_CAP_LIST_ID]) {
	case PCI_CAP_ID_PM:
		apply_fields(config, pos, end, pm);
		config->pm = pos;
		break;
	case PCI_CAP_ID_EXP:
		build_express(config, pos, end);
		break;
	case PCI_CAP_ID_MSI:
		build_msi(config, pos, end);
		break;
	case PCI_CAP_ID_AF:
		apply_fields(config, pos, end, af);
		config->af = pos;
		break;
	case PCI_CAP_ID_VNDR:
		build_vendor(config, pos, end);
		break;
	}
}

#define CAPS_MAX	((STANDARD_SIZE - PCI_STD_HEADER_SIZEOF) / 4)

/* The offsets of all standard capabilities, in the order of the list, each once. */
static unsigned int list_caps(const struct vfio_pci_config *config, u8 *caps)
{
	u8 pos = config->shadow[PCI_CAPABILITY_LIST] & ~3;
	unsigned int count = 0;

	if (!(config->shadow[PCI_STATUS] & PCI_STATUS_CAP_LIST))
		return 0;
	while (pos >= PCI_STD_HEADER_SIZEOF && !memchr(caps, pos, count)) {
		if (config->shadow[pos + PCI_CAP_LIST_ID] == 0xff)
			break;
		caps[count++] = pos;
		pos = config->shadow[pos + PCI_CAP_LIST_NEXT] & ~3;
	}
	return count;
}

/* Where the capability at @pos must end at the latest: at the next one. */
static unsigned int cap_end(const u8 *caps, unsigned int count, u8 pos)
{
	unsigned int end = STANDARD_SIZE;

	while (count--)
		if (caps[count] > pos && caps[count] < end)
			end = caps[count];
	return end;
}

/* Links the capabilities that are shown, and those only. */
static void build_caps(struct vfio_pci_config *config)
{
	unsigned int link = PCI_CAPABILITY_LIST, count, i;
	u8 caps[CAPS_MAX];

	count = list_caps(config, caps);
	config->shadow[link] = 0;
	for (i = 0; i < count; i++) {
		u8 pos = caps[i];

		config->virt[pos + PCI_CAP_LIST_NEXT] = 0xff;
		if (!cap_shown(config->shadow[pos + PCI_CAP_LIST_ID]))
			continue;
		config->shadow[link] = pos;
		link = pos + PCI_CAP_LIST_NEXT;
		config->shadow[link] = 0;
		build_cap(config, pos, cap_end(caps, count, pos));
	}
	if (!config->shadow[PCI_CAPABILITY_LIST])
		config->shadow[PCI_STATUS] &= ~PCI_STATUS_CAP_LIST;
}

/* K10: the extended capabilities a user gets to see. */
static bool ext_cap_shown(u16 id)
{
	switch (id) {
	case PCI_EXT_CAP_ID_ERR:
	case PCI_EXT_CAP_ID_VC:
	case PCI_EXT_CAP_ID_DSN:
	case PCI_EXT_CAP_ID_PWR:
	case PCI_EXT_CAP_ID_MFVC:
	case PCI_EXT_CAP_ID_VC9:
	case PCI_EXT_CAP_ID_VNDR:
	case PCI_EXT_CAP_ID_ACS:
	case PCI_EXT_CAP_ID_ARI:
	case PCI_EXT_CAP_ID_ATS:
	case PCI_EXT_CAP_ID_SRIOV:
	case PCI_EXT_CAP_ID_MCAST:
	case PCI_EXT_CAP_ID_PRI:
	case PCI_EXT_CAP_ID_REBAR:
	case PCI_EXT_CAP_ID_DPA:
	case PCI_EXT_CAP_ID_TPH:
	case PCI_EXT_CAP_ID_LTR:
		return true;
	default:
		return false;
	}
}

#define EXT_HEADER(id_and_version, next)	((id_and_version) | (u32)(next) << 20)

static void build_ext_caps(struct vfio_pci_config *config)
{
	unsigned int pos = STANDARD_SIZE, last = 0;

	/* Ends at the latest when it comes back to where it was. */
	while (pos >= STANDARD_SIZE && !config->virt[pos]) {
		u32 head = config_get(config->shadow, pos, 4);

		config_set(config->virt, pos, 4, ALL);
		if (!head || head == ALL)
			break;
		if (ext_cap_shown(head)) {
			if (last)
				config_set(config->shadow, last, 4, EXT_HEADER(
					config_get(config->shadow, last, 4) & 0xfffff, pos));
			config_set(config->shadow, pos, 4, EXT_HEADER(head & 0xfffff, 0));
			last = pos;
		} else if (pos == STANDARD_SIZE) {
			/* The list has to begin here, so it begins with an empty entry. */
			config_set(config->shadow, pos, 4, 0);
			last = pos;
		}
		pos = (head >> 20) & ~3U;
	}
}

/**
 * config_build() - decide what the user sees and may write
 * @config: size, bar and an image of the hardware in shadow; the rest zero. Vendor and
 *	device id and the interrupt pin in the image are what the user is to see.
 */
void config_build(struct vfio_pci_config *config)
{
	apply_fields(config, 0, STANDARD_SIZE, header);
	build_caps(config);
	if (config->size > STANDARD_SIZE)
		build_ext_caps(config);
	if (config->memory_always_on) {
		config->shadow[PCI_COMMAND] |= PCI_COMMAND_MEMORY;
		config->virt[PCI_COMMAND] |= PCI_COMMAND_MEMORY;
		config->write[PCI_COMMAND] &= ~PCI_COMMAND_MEMORY;
	}
	config_fix_bars(config);
}

/**
 * config_write_virtual() - the part of a write that goes to the shadow
 * @config: the user's view
 * @pos: offset, with @pos + @width within the space
 * @width: 1, 2 or 4 bytes
 * @value: as written by the user
 */
void config_write_virtual(struct vfio_pci_config *config, unsigned int pos, unsigned int width,
			  u32 value)
{
	u32 mask = config_get(config->virt, pos, width) & config_get(config->write, pos, width);
	u32 old = config_get(config->shadow, pos, width);

	config_set(config->shadow, pos, width, (old & ~mask) | (value & mask));
}

static void fix_register(struct vfio_pci_config *config, unsigned int pos, u32 mask, u32 type)
{
	u32 value = config_get(config->shadow, pos, 4);

	config_set(config->shadow, pos, 4, (value & mask) | type);
}

/**
 * config_fix_bars() - make the virtual BARs read as BARs of their size and type do
 * @config: the user's view
 *
 * So that writing all ones reads back the size (K3).
 */
void config_fix_bars(struct vfio_pci_config *config)
{
	u32 low = config->bar[CONFIG_ROM].size - 1;
	unsigned int i;

	for (i = 0; i < CONFIG_BARS; i++) {
		const struct config_bar *bar = &config->bar[i];
		unsigned int pos = PCI_BASE_ADDRESS_0 + 4 * i;
		bool wide = bar->size && !(bar->type & PCI_BASE_ADDRESS_SPACE_IO) &&
			    (bar->type & PCI_BASE_ADDRESS_MEM_TYPE_64);

		fix_register(config, pos, bar->size ? (u32)~(bar->size - 1) : 0, bar->type);
		if (wide && ++i < CONFIG_BARS)
			fix_register(config, pos + 4, (u32)(~(bar->size - 1) >> 32), 0);
	}
	if (config->bar[CONFIG_ROM].size)
		fix_register(config, PCI_ROM_ADDRESS, (~low & PCI_ROM_ADDRESS_MASK) |
			     PCI_ROM_ADDRESS_ENABLE, 0);
	else
		fix_register(config, PCI_ROM_ADDRESS, 0, 0);
}
