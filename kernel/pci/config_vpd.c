// SPDX-License-Identifier: GPL-2.0-only
/*
 * Vital product data (K9). The capability has an address and a data register, and a
 * device can take long over one of its words. The kernel reads VPD too, so the two
 * registers are virtual, and what the user writes is done through the kernel's functions,
 * which take turns.
 *
 * It is done when the flag beside the address has changed, for which users poll. What the
 * device does not do leaves the flag as it is, as with a device that hangs.
 */
#include "config.h"
#include "config_table.h"

#define WORD	4

/* True if it was done. */
static bool transfer(struct pci_dev *pdev, u16 address, u8 *data)
{
	loff_t pos = address & PCI_VPD_ADDR_MASK;

	if (address & PCI_VPD_ADDR_F)
		return pci_write_vpd(pdev, pos, WORD, data) == WORD;
	return pci_read_vpd(pdev, pos, WORD, data) == WORD;
}

/**
 * vfio_pci_config_write_vpd() - a write to the address or the data of VPD
 * @dev: config_lock held, but not for as long as the device takes
 * @pos: offset
 * @width: 1, 2 or 4 bytes
 * @value: as written by the user
 *
 * Other accesses to configuration space go on meanwhile. Who writes another address then
 * asks for something else, and this answer is not for him.
 *
 * Return: 0.
 */
int vfio_pci_config_write_vpd(struct vfio_pci_device *dev, unsigned int pos, unsigned int width,
			      u32 value)
{
	struct vfio_pci_config *config = dev->config;
	unsigned int cap = config->cap[PCI_CAP_ID_VPD];
	unsigned int flag = cap + PCI_VPD_ADDR + 1;
	u8 data[WORD];
	u16 address;
	bool done;

	lockdep_assert_held(&dev->config_lock);

	config_write_virtual(config, pos, width, value);
	/* At the very end of the space its data would be beyond. */
	if (pos > flag || pos + width <= flag || cap + PCI_CAP_VPD_SIZEOF > config->size)
		return 0;
	address = config_get(config->shadow, cap + PCI_VPD_ADDR, 2);
	memcpy(data, config->shadow + cap + PCI_VPD_DATA, WORD);

	mutex_unlock(&dev->config_lock);
	done = transfer(dev->pdev, address, data);
	mutex_lock(&dev->config_lock);

	if (!done || config_get(config->shadow, cap + PCI_VPD_ADDR, 2) != address)
		return 0;
	if (!(address & PCI_VPD_ADDR_F))
		memcpy(config->shadow + cap + PCI_VPD_DATA, data, WORD);
	config_set(config->shadow, cap + PCI_VPD_ADDR, 2, address ^ PCI_VPD_ADDR_F);
	return 0;
}
