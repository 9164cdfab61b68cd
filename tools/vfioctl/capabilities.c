// SPDX-License-Identifier: GPL-2.0-only
#include "capabilities.h"

#include <stdlib.h>

#define COUNT(array)	(sizeof(array) / sizeof(*(array)))

static const char *const conventional[] = {
	[PCI_CAP_ID_PM] = "Power Management",
	[PCI_CAP_ID_AGP] = "AGP",
	[PCI_CAP_ID_VPD] = "Vital Product Data",
	[PCI_CAP_ID_SLOTID] = "Slot Identification",
	[PCI_CAP_ID_MSI] = "MSI",
	[PCI_CAP_ID_CHSWP] = "CompactPCI Hot Swap",
	[PCI_CAP_ID_PCIX] = "PCI-X",
	[PCI_CAP_ID_HT] = "HyperTransport",
	[PCI_CAP_ID_VNDR] = "Vendor Specific",
	[PCI_CAP_ID_DBG] = "Debug Port",
	[PCI_CAP_ID_CCRC] = "CompactPCI Resource Control",
	[PCI_CAP_ID_HOTPLUG] = "Hot Plug",
	[PCI_CAP_ID_SSVID] = "Subsystem",
	[PCI_CAP_ID_AGP3] = "AGP 8x",
	[PCI_CAP_ID_SECURE] = "Secure Device",
	[PCI_CAP_ID_EXP] = "PCI Express",
	[PCI_CAP_ID_MSIX] = "MSI-X",
	[PCI_CAP_ID_SATA] = "SATA",
	[PCI_CAP_ID_AF] = "Advanced Features",
	[PCI_CAP_ID_EA] = "Enhanced Allocation",
};

static const char *const extended[] = {
	[PCI_EXT_CAP_ID_AER] = "Advanced Error Reporting",
	[PCI_EXT_CAP_ID_VC] = "Virtual Channel",
	[PCI_EXT_CAP_ID_DSN] = "Device Serial Number",
	[PCI_EXT_CAP_ID_PB] = "Power Budgeting",
	[PCI_EXT_CAP_ID_RCLINK] = "Root Complex Link",
	[PCI_EXT_CAP_ID_VNDR] = "Vendor Specific",
	[PCI_EXT_CAP_ID_ACS] = "Access Control Services",
	[PCI_EXT_CAP_ID_ARI] = "Alternative Routing-ID",
	[PCI_EXT_CAP_ID_ATS] = "Address Translation Service",
	[PCI_EXT_CAP_ID_SRIOV] = "SR-IOV",
	[PCI_EXT_CAP_ID_PRI] = "Page Request Interface",
	[PCI_EXT_CAP_ID_REBAR] = "Resizable BAR",
	[PCI_EXT_CAP_ID_DPA] = "Dynamic Power Allocation",
	[PCI_EXT_CAP_ID_TPH] = "TLP Processing Hints",
	[PCI_EXT_CAP_ID_LTR] = "Latency Tolerance Reporting",
	[PCI_EXT_CAP_ID_SECPCI] = "Secondary PCI Express",
	[PCI_EXT_CAP_ID_PASID] = "Process Address Space ID",
	[PCI_EXT_CAP_ID_DPC] = "Downstream Port Containment",
	[PCI_EXT_CAP_ID_L1PM] = "L1 Power Management",
	[PCI_EXT_CAP_ID_PTM] = "Precision Time Measurement",
	[PCI_EXT_CAP_ID_DVSEC] = "Designated Vendor Specific",
};

/**
 * capability_name() - what a capability is called
 * @capability: of a device
 *
 * Return: NULL if it has no name here.
 */
const char *capability_name(const struct pci_cap *capability)
{
	if (capability->type == PCI_CAP_NORMAL)
		return capability->id < COUNT(conventional) ? conventional[capability->id] : NULL;
	return capability->id < COUNT(extended) ? extended[capability->id] : NULL;
}

/**
 * capabilities_seen() - may we read more than the header
 * @device: a device
 *
 * Return: false if the kernel gives the first 64 bytes only, as it does without root.
 */
bool capabilities_seen(struct pci_dev *device)
{
	unsigned char byte;

	return pci_read_block(device, 0x40, &byte, 1);
}

/**
 * read_interrupts() - which interrupts a device has
 * @device: a device; its capabilities were filled in
 * @interrupts: what it has
 */
void read_interrupts(struct pci_dev *device, struct interrupts *interrupts)
{
	struct pci_cap *msi = pci_find_cap(device, PCI_CAP_ID_MSI, PCI_CAP_NORMAL);
	struct pci_cap *msix = pci_find_cap(device, PCI_CAP_ID_MSIX, PCI_CAP_NORMAL);

	*interrupts = (struct interrupts){ .msix_bar = -1 };
	interrupts->intx = pci_read_byte(device, PCI_INTERRUPT_PIN) != 0;
	if (msi)
		interrupts->msi = 1u << ((pci_read_word(device, msi->addr + PCI_MSI_FLAGS) &
					  PCI_MSI_FLAGS_QMASK) >> 1);
	if (msix) {
		interrupts->msix = (pci_read_word(device, msix->addr + PCI_CAP_FLAGS) &
				    PCI_MSIX_TABSIZE) + 1;
		interrupts->msix_bar = pci_read_long(device, msix->addr + PCI_MSIX_TABLE) &
				       PCI_MSIX_BIR;
	}
}

/**
 * read_express() - what a function is on PCI Express
 * @device: a device; its capabilities were filled in
 *
 * Return: the kind; EXPRESS_NO also if capabilities cannot be seen.
 */
enum express read_express(struct pci_dev *device)
{
	struct pci_cap *express = pci_find_cap(device, PCI_CAP_ID_EXP, PCI_CAP_NORMAL);

	if (!express)
		return EXPRESS_NO;
	switch ((pci_read_word(device, express->addr + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_TYPE) >> 4) {
	case PCI_EXP_TYPE_ENDPOINT:
	case PCI_EXP_TYPE_LEG_END:
	case PCI_EXP_TYPE_ROOT_INT_EP:
		return EXPRESS_ENDPOINT;
	case PCI_EXP_TYPE_ROOT_PORT:
		return EXPRESS_ROOT_PORT;
	case PCI_EXP_TYPE_UPSTREAM:
		return EXPRESS_UPSTREAM;
	case PCI_EXP_TYPE_DOWNSTREAM:
		return EXPRESS_DOWNSTREAM;
	case PCI_EXP_TYPE_PCI_BRIDGE:
		return EXPRESS_TO_CONVENTIONAL;
	default:
		return EXPRESS_OTHER;
	}
}

/**
 * read_isolation() - do Access Control Services send all requests to the IOMMU
 * @device: a device; its capabilities were filled in
 *
 * What the capability register does not offer is taken as built in and always on, except
 * where nothing is offered at all.
 *
 * Return: what is known.
 */
enum isolation read_isolation(struct pci_dev *device)
{
	const unsigned int needed = PCI_ACS_CAP_VALID | PCI_ACS_CAP_REQ_RED |
				    PCI_ACS_CAP_CMPLT_RED | PCI_ACS_CAP_FORWARD;
	struct pci_cap *acs;
	unsigned int offered, on;

	if (!capabilities_seen(device))
		return ISOLATION_UNSEEN;
	acs = pci_find_cap(device, PCI_EXT_CAP_ID_ACS, PCI_CAP_EXTENDED);
	if (!acs)
		return ISOLATION_NONE;
	offered = pci_read_word(device, acs->addr + PCI_ACS_CAP);
	on = pci_read_word(device, acs->addr + PCI_ACS_CTRL);
	return (on & offered & needed) == (offered & needed) ? ISOLATION_ON : ISOLATION_OFF;
}

/**
 * read_multifunction() - does the slot have several functions
 * @device: a device
 *
 * Return: true if its header says so.
 */
bool read_multifunction(struct pci_dev *device)
{
	return pci_read_byte(device, PCI_HEADER_TYPE) & 0x80;
}
