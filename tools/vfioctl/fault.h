/* SPDX-License-Identifier: GPL-2.0-only */
/* DMA that an IOMMU blocked, as the kernel's log tells of it. Pure: lines in, faults out. */
#ifndef VFIOCTL_FAULT_H
#define VFIOCTL_FAULT_H

#include <stdbool.h>
#include <stdint.h>

struct fault {
	const char *iommu;		/* "Intel VT-d", "AMD-Vi", "Arm SMMUv3", "Arm SMMU" */
	char bdf[16];			/* of the requester, "" if the line does not say */
	bool segment_unknown;		/* 0000 in @bdf is a guess */
	bool again;			/* the fault before this one, told better */
	bool read, write;		/* neither: not told */
	uint64_t iova;
	char reason[96];
	double time;			/* seconds since boot; negative if not told */
};

/* Some tell of one fault in several lines. */
struct fault_reader {
	struct fault event;		/* Arm SMMUv3: what there is of it so far */
	unsigned int words;		/* of it that are to come; 0: none is being read */
	unsigned int stream;		/* that it came from */
	bool complete;			/* all of it was there, and nothing more was said of it */
};

bool fault_read_line(struct fault_reader *reader, const char *line, struct fault *fault);

#endif
