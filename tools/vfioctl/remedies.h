/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands that mend what is wrong with the machine; explain and doctor suggest the same. */
#ifndef VFIOCTL_REMEDIES_H
#define VFIOCTL_REMEDIES_H

#include "system.h"

#define UNSAFE_INTERRUPTS_COMMAND \
	"echo Y >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"

char *module_load_command(const struct system *system);
char *module_ours_command(const struct system *system);
char *iommu_off_reason(const struct system *system);
char *iommu_on_command(const struct system *system);

#endif
