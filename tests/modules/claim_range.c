// SPDX-License-Identifier: GPL-2.0-only
/*
 * Claims a range of physical addresses, as a driver does that believes a device to be its
 * own, and keeps it until it is unloaded. It touches nothing there. For tests of what
 * happens to others who want the range.
 */
#include <linux/ioport.h>
#include <linux/module.h>

static unsigned long long start;
module_param(start, ullong, 0444);
MODULE_PARM_DESC(start, "First address");

static unsigned long long size;
module_param(size, ullong, 0444);
MODULE_PARM_DESC(size, "Bytes");

static int __init claim_range_init(void)
{
	if (!size)
		return -EINVAL;
	return request_mem_region(start, size, "claim_range") ? 0 : -EBUSY;
}
module_init(claim_range_init);

static void __exit claim_range_exit(void)
{
	release_mem_region(start, size);
}
module_exit(claim_range_exit);

MODULE_DESCRIPTION("openvfio tests: a claim that is in the way");
MODULE_AUTHOR("openvfio contributors");
MODULE_LICENSE("GPL");
