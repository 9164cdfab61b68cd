// SPDX-License-Identifier: GPL-2.0-only
/* The standard capabilities: what of them the user sees, and may write. */
#include <linux/kernel.h>
#include <linux/pci_regs.h>
#include <linux/string.h>

#include "config_fields.h"

#define ALL	CONFIG_ALL

/* K6: no PME for users; the power state goes through the kernel. */
static const struct config_field pm[] = {
	{ PCI_PM_PMC, 2, PCI_PM_CAP_PME_MASK, 0, OWNER_PM, ALL },
	{ PCI_PM_CTRL, 2, PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS, PCI_PM_CTRL_STATE_MASK,
	  OWNER_PM, ALL },
	{}
};

/* K9: the kernel is in the middle of an access of its own; users wait for it in config_vpd.c. */
static const struct config_field vpd[] = {
	{ PCI_VPD_ADDR, 2, ALL, ALL, OWNER_VPD },
	{ PCI_VPD_DATA, 4, ALL, ALL, OWNER_VPD },
	{}
};

/* K7: payload size belongs to the whole path to the root, so the user only believes it. */
static const struct config_field express[] = {
	{ PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_PAYLOAD | PCI_EXP_DEVCTL_READRQ |
	  PCI_EXP_DEVCTL_BCR_FLR, (u16)~PCI_EXP_DEVCTL_PHANTOM, OWNER_EXPRESS,
	  PCI_EXP_DEVCTL_BCR_FLR },
	{ PCI_EXP_DEVCTL2, 2, 0, (u16)~PCI_EXP_DEVCTL2_ARI },
	{}
};

/* K8: addresses and data of messages are the kernel's, the user writes to the shadow. */
static const struct config_field msi32[] = {
	{ PCI_MSI_FLAGS, 2, ALL, PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE, OWNER_MSI,
	  PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE },
	{ PCI_MSI_ADDRESS_LO, 4, ALL, ALL },
	{ PCI_MSI_DATA_32, 2, ALL, ALL },
	{ PCI_MSI_MASK_32, 4, 0, ALL },
	{}
};

static const struct config_field msi64[] = {
	{ PCI_MSI_FLAGS, 2, ALL, PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE, OWNER_MSI,
	  PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE },
	{ PCI_MSI_ADDRESS_LO, 4, ALL, ALL },
	{ PCI_MSI_ADDRESS_HI, 4, ALL, ALL },
	{ PCI_MSI_DATA_64, 2, ALL, ALL },
	{ PCI_MSI_MASK_64, 4, 0, ALL },
	{}
};

static const struct config_field af[] = {
	{ PCI_AF_CTRL, 1, ALL, PCI_AF_CTRL_FLR, OWNER_AF, ALL },
	{}
};

/* By id. Those that are not here are hidden (K10). */
static const struct config_kind kinds[] = {
	[PCI_CAP_ID_PM] = { true, PCI_PM_SIZEOF, pm },
	[PCI_CAP_ID_AGP] = { true, PCI_AGP_SIZEOF },
	[PCI_CAP_ID_VPD] = { true, PCI_CAP_VPD_SIZEOF, vpd },
	[PCI_CAP_ID_MSI] = { true, 0, msi32 },
	[PCI_CAP_ID_PCIX] = { true },
	[PCI_CAP_ID_HT] = { true },
	/* K9: behind its length byte it is between the device and its driver. */
	[PCI_CAP_ID_VNDR] = { true, PCI_CAP_FLAGS + 1 },
	[PCI_CAP_ID_EXP] = { true, 0, express },
	[PCI_CAP_ID_MSIX] = { true, PCI_CAP_MSIX_SIZEOF },
	[PCI_CAP_ID_SATA] = { true },
	[PCI_CAP_ID_AF] = { true, PCI_CAP_AF_SIZEOF, af },
};

/* A mask and pending bits make MSI longer, and so does a wide address. */
static struct config_kind msi_kind(u16 flags)
{
	struct config_kind kind = { true, PCI_MSI_DATA_32 + 2, msi32 };

	if (flags & PCI_MSI_FLAGS_64BIT) {
		kind.length = PCI_MSI_DATA_64 + 2;
		kind.fields = msi64;
	}
	if (flags & PCI_MSI_FLAGS_MASKBIT)
		kind.length += 2 + 4 + 4;
	return kind;
}

/* The second version has room for the registers of every type of port. */
static struct config_kind express_kind(u16 flags)
{
	struct config_kind kind = kinds[PCI_CAP_ID_EXP];

	kind.length = (flags & PCI_EXP_FLAGS_VERS) < 2 ? PCI_CAP_EXP_ENDPOINT_SIZEOF_V1 :
		      PCI_EXP_SLTSTA2 + 2;
	return kind;
}

static struct config_kind kind_of(const struct vfio_pci_config *config, u8 pos)
{
	u8 id = config->shadow[pos + PCI_CAP_LIST_ID];
	u16 flags = config_get(config->shadow, pos + PCI_CAP_FLAGS, 2);

	if (id == PCI_CAP_ID_MSI)
		return msi_kind(flags);
	if (id == PCI_CAP_ID_EXP)
		return express_kind(flags);
	return id < ARRAY_SIZE(kinds) ? kinds[id] : (struct config_kind) {};
}

#define CAPS_MAX	((CONFIG_STANDARD_SIZE - PCI_STD_HEADER_SIZEOF) / 4)

/* The offsets of all standard capabilities, in the order of the list, each once. */
static unsigned int list_caps(struct vfio_pci_config *config, u8 *caps)
{
	u8 pos = config->shadow[PCI_CAPABILITY_LIST] & ~3;
	unsigned int count = 0;

	if (!(config->shadow[PCI_STATUS] & PCI_STATUS_CAP_LIST))
		return 0;
	while (pos >= PCI_STD_HEADER_SIZEOF && pos < config->size && !memchr(caps, pos, count)) {
		config->fetch(config, pos);
		if (config->shadow[pos + PCI_CAP_LIST_ID] == 0xff)
			break;
		caps[count++] = pos;
		pos = config->shadow[pos + PCI_CAP_LIST_NEXT] & ~3;
	}
	return count;
}

/* Where the capability at @pos must end at the latest: at the next one. */
static unsigned int cap_end(const struct vfio_pci_config *config, const u8 *caps,
			    unsigned int count, u8 pos)
{
	unsigned int end = min_t(unsigned int, config->size, CONFIG_STANDARD_SIZE);

	while (count--)
		if (caps[count] > pos && caps[count] < end)
			end = caps[count];
	return end;
}

/* The first of its id is the one that the kernel means, too. */
static void remember(struct vfio_pci_config *config, u8 pos)
{
	u8 id = config->shadow[pos + PCI_CAP_LIST_ID];

	if (!config->cap[id])
		config->cap[id] = pos;
}

/**
 * config_build_caps() - link the standard capabilities that are shown, and those only
 * @config: being built
 */
void config_build_caps(struct vfio_pci_config *config)
{
	unsigned int link = PCI_CAPABILITY_LIST, count, i;
	u8 caps[CAPS_MAX];

	count = list_caps(config, caps);
	config->shadow[link] = 0;
	for (i = 0; i < count; i++) {
		u8 pos = caps[i];
		struct config_kind kind = kind_of(config, pos);

		config_claim(config, pos, cap_end(config, caps, count, pos), &kind);
		config->virt[pos + PCI_CAP_LIST_NEXT] = 0xff;
		if (!kind.shown)
			continue;
		remember(config, pos);
		config->shadow[link] = pos;
		link = pos + PCI_CAP_LIST_NEXT;
		config->shadow[link] = 0;
	}
	if (!config->shadow[PCI_CAPABILITY_LIST])
		config->shadow[PCI_STATUS] &= ~PCI_STATUS_CAP_LIST;
}
