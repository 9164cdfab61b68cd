/* SPDX-License-Identifier: GPL-2.0-only */
/* Mappings carry one; the code under test never looks into it. */
#ifndef UNIT_LINUX_XARRAY_H
#define UNIT_LINUX_XARRAY_H

struct xarray {
	void *head;
};

#endif
