/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For our modules that need another one of ours. With the kernel's own VFIO loaded instead, the
 * kernel would refuse to load them with a line for each function that is missing and no word of
 * the cause. Bound weakly, they are loaded without these functions, and the first thing they do
 * is to look, to say the cause in one line, and to give up.
 *
 * Included before all else in these modules' files (Kbuild), so that no reference is missed; a
 * reference that is not weak only brings the kernel's refusal back.
 */
#ifndef OPENVFIO_VFIO_NEEDED_H
#define OPENVFIO_VFIO_NEEDED_H

#include <linux/errno.h>
#include <linux/printk.h>

/* vfio.ko's */
#pragma weak ovfio_dma_rw
#pragma weak ovfio_file_has_device
#pragma weak ovfio_file_is_group
#pragma weak ovfio_info_cap_add
#pragma weak ovfio_info_caps_copy
#pragma weak ovfio_info_caps_free
#pragma weak ovfio_pin_pages
#pragma weak ovfio_refuse
#pragma weak ovfio_refuse_and_log
#pragma weak ovfio_refuse_argsz
#pragma weak ovfio_register_device
#pragma weak ovfio_register_emulated_device
#pragma weak ovfio_register_iommu_driver
#pragma weak ovfio_revoke_memory
#pragma weak ovfio_unpin_pages
#pragma weak ovfio_unregister_device
#pragma weak ovfio_unregister_iommu_driver

/* vfio-pci-core.ko's */
#pragma weak ovfio_pci_blocked_by
#pragma weak ovfio_pci_close
#pragma weak ovfio_pci_error_detected
#pragma weak ovfio_pci_ioctl
#pragma weak ovfio_pci_match
#pragma weak ovfio_pci_mmap
#pragma weak ovfio_pci_open
#pragma weak ovfio_pci_pm_ops
#pragma weak ovfio_pci_read
#pragma weak ovfio_pci_register
#pragma weak ovfio_pci_request
#pragma weak ovfio_pci_show_interrupts
#pragma weak ovfio_pci_sriov_configure
#pragma weak ovfio_pci_unregister
#pragma weak ovfio_pci_write

/*
 * Named for the version, so that a module only works with those of its own: what another
 * version lacks would be found out when it is called.
 */
extern const char ovfio_version_1_0_0[] __attribute__((__weak__));
extern const char ovfio_pci_version_1_0_0[] __attribute__((__weak__));

/**
 * vfio_needs() - is the module that this one needs ours, and of this version?
 * @version: the symbol above that it exports; NULL if it does not
 * @name: the module, as rmmod knows it
 *
 * Called first in a module's init. Return: 0, or -EBUSY and a line in the kernel log.
 */
static inline int vfio_needs(const char *version, const char *name)
{
	if (version)
		return 0;
	pr_err("%s is openvfio's, but the %s that is loaded is not, or is of another version; first: rmmod vfio_pci vfio_pci_core vfio_virqfd vfio_iommu_type1 vfio\n",
	       KBUILD_MODNAME, name);
	return -EBUSY;
}

#endif
