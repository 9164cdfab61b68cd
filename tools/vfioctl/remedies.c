// SPDX-License-Identifier: GPL-2.0-only
#include "remedies.h"

#include <stdlib.h>

/**
 * module_load_command() - how to load what of VFIO is not loaded
 * @system: the machine
 *
 * Return: for free().
 */
char *module_load_command(const struct system *system)
{
	return copy(system->installed || system->loaded ?
		    "modprobe -a vfio_iommu_type1 vfio-pci" :
		    "apt-get install openvfio-dkms && modprobe -a vfio_iommu_type1 vfio-pci");
}

/**
 * module_ours_command() - how to have openvfio in place of the kernel's own modules
 * @system: the machine
 *
 * Return: for free(); NULL if this kernel cannot have it.
 */
char *module_ours_command(const struct system *system)
{
	if (system->built_in)
		return NULL;
	return format("%smodprobe -r vfio_pci vfio_iommu_type1 && "
		      "modprobe -a vfio_iommu_type1 vfio-pci",
		      system->installed_ours ? "" : "apt-get install openvfio-dkms && ");
}

/* The option that switched it off; for free(), NULL if none did. */
static char *option_that_switched_off(const struct system *system)
{
	const char *const names[] = {
		system->firmware == IOMMU_INTEL ? "intel_iommu" : "amd_iommu", "iommu",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *word = command_line_word(system, names[i]);
		char *off = format("%s=off", names[i]);
		bool found = same(word, off);

		free(word);
		if (found)
			return off;
		free(off);
	}
	return NULL;
}

/**
 * iommu_off_reason() - why no IOMMU is on
 * @system: the machine, which has none on
 *
 * Return: a sentence; for free().
 */
char *iommu_off_reason(const struct system *system)
{
	char *option = option_that_switched_off(system), *why;

	if (!system->firmware)
		why = copy("the firmware describes none, so it is off there (VT-d, AMD-Vi, "
			   "\"IOMMU\"), or this is a virtual machine that was not given one");
	else if (option)
		why = format("the machine has one (%s), but %s is on the kernel's command line",
			     iommu_maker_name(system->firmware), option);
	else
		why = format("the machine has one (%s), but %s", iommu_maker_name(system->firmware),
			     system->firmware == IOMMU_INTEL ?
			     "this kernel does not use it unless told" :
			     "this kernel could not switch it on, or was built without its driver; "
			     "its log says more, see dmesg");
	free(option);
	return why;
}

/**
 * iommu_on_command() - how to switch an IOMMU on
 * @system: the machine, which has none on
 *
 * Return: for free(). It reboots, as that cannot be done while the kernel runs. NULL if no
 * option does it: only Intel's is not used unless told.
 */
char *iommu_on_command(const struct system *system)
{
	char *option = option_that_switched_off(system), *command = NULL;

	if (!system->firmware)
		command = copy("systemctl reboot --firmware-setup");
	else if (option)
		command = format("sed -i 's/ *\\<%s\\>//' /etc/default/grub && update-grub && reboot",
				 option);
	else if (system->firmware == IOMMU_INTEL)
		command = copy("mkdir -p /etc/default/grub.d && "
			       "echo 'GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX intel_iommu=on\"' "
			       ">/etc/default/grub.d/vfioctl.cfg && update-grub && reboot");
	free(option);
	return command;
}
