// SPDX-License-Identifier: GPL-2.0-only
/* The extended capabilities: what of them the user sees, and may write. */
#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <linux/pci_regs.h>

#include "config_fields.h"

#define ALL	CONFIG_ALL

#define UNCORRECTABLE	(PCI_ERR_UNC_UND | PCI_ERR_UNC_DLP | PCI_ERR_UNC_SURPDN |		\
			 PCI_ERR_UNC_POISON_TLP | PCI_ERR_UNC_FCP | PCI_ERR_UNC_COMP_TIME |	\
			 PCI_ERR_UNC_COMP_ABORT | PCI_ERR_UNC_UNX_COMP | PCI_ERR_UNC_RX_OVER |	\
			 PCI_ERR_UNC_MALF_TLP | PCI_ERR_UNC_ECRC | PCI_ERR_UNC_UNSUP |		\
			 PCI_ERR_UNC_ACSV | PCI_ERR_UNC_INTN | PCI_ERR_UNC_MCBTLP |		\
			 PCI_ERR_UNC_ATOMEG | PCI_ERR_UNC_TLPPRE)
#define CORRECTABLE	(PCI_ERR_COR_RCVR | PCI_ERR_COR_BAD_TLP | PCI_ERR_COR_BAD_DLLP |	\
			 PCI_ERR_COR_REP_ROLL | PCI_ERR_COR_REP_TIMER | PCI_ERR_COR_ADV_NFAT |	\
			 PCI_ERR_COR_INTERNAL | PCI_ERR_COR_LOG_OVER)

/*
 * K9: which errors the device reports, and how. Status bits are cleared by writing ones,
 * so these registers are written whole: what is read must not be written back.
 */
static const struct config_field errors[] = {
	{ PCI_ERR_UNCOR_STATUS, 4, 0, ALL },
	{ PCI_ERR_UNCOR_MASK, 4, 0, UNCORRECTABLE },
	{ PCI_ERR_UNCOR_SEVER, 4, 0, UNCORRECTABLE },
	{ PCI_ERR_COR_STATUS, 4, 0, ALL },
	{ PCI_ERR_COR_MASK, 4, 0, CORRECTABLE },
	{ PCI_ERR_CAP, 4, 0, PCI_ERR_CAP_ECRC_GENE | PCI_ERR_CAP_ECRC_CHKE },
	{}
};

/* K9: chooses what the data register shows. */
static const struct config_field power[] = {
	{ PCI_PWR_DSR, 1, 0, ALL },
	{}
};

/* With the logs of prefixes, and all that a root port has. */
#define ERRORS_SIZE	0x48
/* Of which an endpoint need not have the last. */
#define MULTICAST_SIZE	0x30

/* By id. Those that are not here are hidden (K10). */
static const struct config_kind kinds[] = {
	[PCI_EXT_CAP_ID_ERR] = { true, ERRORS_SIZE, errors },
	[PCI_EXT_CAP_ID_VC] = { true },
	[PCI_EXT_CAP_ID_DSN] = { true, PCI_EXT_CAP_DSN_SIZEOF },
	[PCI_EXT_CAP_ID_PWR] = { true, PCI_EXT_CAP_PWR_SIZEOF, power },
	[PCI_EXT_CAP_ID_MFVC] = { true },
	[PCI_EXT_CAP_ID_VC9] = { true },
	/* K9: behind its header it is between the device and its driver. */
	[PCI_EXT_CAP_ID_VNDR] = { true, PCI_VNDR_HEADER + 4 },
	[PCI_EXT_CAP_ID_ACS] = { true },
	[PCI_EXT_CAP_ID_ARI] = { true, PCI_EXT_CAP_ARI_SIZEOF },
	[PCI_EXT_CAP_ID_ATS] = { true, PCI_EXT_CAP_ATS_SIZEOF },
	[PCI_EXT_CAP_ID_SRIOV] = { true, PCI_EXT_CAP_SRIOV_SIZEOF },
	[PCI_EXT_CAP_ID_MCAST] = { true, MULTICAST_SIZE },
	[PCI_EXT_CAP_ID_PRI] = { true, PCI_EXT_CAP_PRI_SIZEOF },
	[PCI_EXT_CAP_ID_REBAR] = { true },
	[PCI_EXT_CAP_ID_DPA] = { true },
	[PCI_EXT_CAP_ID_TPH] = { true },
	[PCI_EXT_CAP_ID_LTR] = { true, PCI_EXT_CAP_LTR_SIZEOF },
};

static const struct config_kind *kind_of(u16 id)
{
	static const struct config_kind hidden;

	return id < ARRAY_SIZE(kinds) ? &kinds[id] : &hidden;
}

#define DWORDS	(CONFIG_SPACE_MAX / 4)
#define NEXT(head)	((head) >> 20 & ~3U)

/* Marks where each entry of the list begins, until it ends or comes back to where it was. */
static void list_heads(struct vfio_pci_config *config, unsigned long *heads)
{
	unsigned int pos = CONFIG_STANDARD_SIZE;

	while (pos >= CONFIG_STANDARD_SIZE && pos < config->size && !test_bit(pos / 4, heads)) {
		u32 head;

		config->fetch(config, pos);
		head = config_get(config->shadow, pos, 4);
		if (!head || head == ALL)
			break;
		__set_bit(pos / 4, heads);
		pos = NEXT(head);
	}
}

static void set_next(struct vfio_pci_config *config, unsigned int pos, u32 next)
{
	u32 head = config_get(config->shadow, pos, 4);

	config_set(config->shadow, pos, 4, (head & 0xfffff) | next << 20);
}

/**
 * config_build_ext_caps() - link the extended capabilities that are shown, and those only
 * @config: being built; of a space that has them
 */
void config_build_ext_caps(struct vfio_pci_config *config)
{
	unsigned int pos = CONFIG_STANDARD_SIZE, last = 0;
	DECLARE_BITMAP(heads, DWORDS) = {};

	list_heads(config, heads);
	/* An entry that was dealt with is virtual. */
	while (test_bit(pos / 4, heads) && !config->virt[pos]) {
		u32 head = config_get(config->shadow, pos, 4);
		const struct config_kind *kind = kind_of(head);
		unsigned int end;

		end = 4 * find_next_bit(heads, config->size / 4, pos / 4 + 1);
		config_claim(config, pos, end, kind);
		config_set(config->virt, pos, 4, ALL);
		if (kind->shown) {
			set_next(config, pos, 0);
			if (last)
				set_next(config, last, pos);
			last = pos;
		} else if (pos == CONFIG_STANDARD_SIZE) {
			/* The list has to begin here, so it begins with an empty entry. */
			config_set(config->shadow, pos, 4, 0);
			last = pos;
		}
		pos = NEXT(head);
	}
	/* Where there is no list, none can be begun. */
	config_set(config->virt, CONFIG_STANDARD_SIZE, 4, ALL);
	config_set(config->write, CONFIG_STANDARD_SIZE, 4, 0);
}
