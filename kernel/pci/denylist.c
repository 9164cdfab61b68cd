// SPDX-License-Identifier: GPL-2.0-only
/*
 * The deny list: devices whose known errata let a user program harm the host or other
 * users, whatever the IOMMU does. Their makers say so. Pure: a function of the ids.
 */
#include <linux/kernel.h>
#include <linux/pci_ids.h>
#include <linux/types.h>

#include "denylist.h"

static const u16 denied_intel[] = {
	PCI_DEVICE_ID_INTEL_QAT_C3XXX,
	PCI_DEVICE_ID_INTEL_QAT_C3XXX_VF,
	PCI_DEVICE_ID_INTEL_QAT_C62X,
	PCI_DEVICE_ID_INTEL_QAT_C62X_VF,
	PCI_DEVICE_ID_INTEL_QAT_DH895XCC,
	PCI_DEVICE_ID_INTEL_QAT_DH895XCC_VF,
	PCI_DEVICE_ID_INTEL_DSA_SPR0,
	PCI_DEVICE_ID_INTEL_IAX_SPR0,
};

/**
 * denylist_has() - is a device known to be unfit for user programs? (V1)
 * @vendor: its vendor id
 * @device: its device id
 */
bool denylist_has(u16 vendor, u16 device)
{
	unsigned int i;

	if (vendor != PCI_VENDOR_ID_INTEL)
		return false;
	for (i = 0; i < ARRAY_SIZE(denied_intel); i++)
		if (denied_intel[i] == device)
			return true;
	return false;
}
