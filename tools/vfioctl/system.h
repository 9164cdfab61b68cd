/* SPDX-License-Identifier: GPL-2.0-only */
/* What holds for the whole machine: IOMMU, interrupt remapping, VFIO's modules. */
#ifndef VFIOCTL_SYSTEM_H
#define VFIOCTL_SYSTEM_H

#include <stdbool.h>

#include "text.h"

enum answer { NO, YES, UNKNOWN };

enum iommu_maker { IOMMU_NONE, IOMMU_INTEL, IOMMU_AMD, IOMMU_ARM, IOMMU_VIRTIO, IOMMU_OTHER };

struct system {
	char *kernel;			/* release: 6.1.0-56-amd64 */
	char *command_line;
	enum iommu_maker iommu;		/* the one that is on */
	struct strings iommus;		/* their names in /sys/class/iommu */
	enum iommu_maker firmware;	/* the one that the firmware describes */
	enum answer remapping;		/* of interrupts */
	bool unsafe_interrupts;		/* allowed without remapping */
	bool noiommu_known;		/* the modules have a no-IOMMU mode */
	bool noiommu;			/* and it is on */

	bool loaded;			/* VFIO's core is there */
	bool built_in;			/* in the kernel itself */
	bool ours;			/* openvfio's */
	char *version;			/* of the loaded core, NULL if not known */
	bool type1, pci;		/* these modules are there, too */
	char *installed;		/* the core that modprobe would take: path, or NULL */
	char *installed_version;	/* NULL if not known */
	bool installed_ours;
	char *installed_signer;		/* NULL if it has no signature, or it cannot be read */
};

struct system *system_read(void);
void system_free(struct system *system);
const char *iommu_maker_name(enum iommu_maker maker);
char *command_line_word(const struct system *system, const char *name);

#endif
