// SPDX-License-Identifier: GPL-2.0-only
/*
 * Info capability chains: variable-length additions behind the fixed part of the
 * info structures (rule G4).
 */
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <vfio.h>

/**
 * ovfio_info_cap_add() - append a zeroed capability to a chain
 * @caps: the chain
 * @size: bytes of the capability, header included
 * @id: capability id, e.g. VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE
 * @version: capability version
 *
 * Return: the capability with its header filled in, valid until the next call for
 * @caps, or NULL when out of memory (the chain is as before).
 */
void *ovfio_info_cap_add(struct vfio_info_caps *caps, size_t size, u16 id, u16 version)
{
	struct vfio_info_cap_header *header;
	size_t at = caps->size;
	u8 *buf;

	/* Every header is to be 8-byte aligned, as the fields behind it may be. */
	size = ALIGN(size, sizeof(u64));
	buf = krealloc(caps->buf, at + size, GFP_KERNEL_ACCOUNT);
	if (!buf)
		return NULL;
	memset(buf + at, 0, size);
	caps->buf = buf;
	caps->size = at + size;

	if (at) {
		header = (void *)(buf + caps->last);
		header->next = at;
	}
	caps->last = at;
	header = (void *)(buf + at);
	header->id = id;
	header->version = version;
	return header;
}
EXPORT_SYMBOL_GPL(ovfio_info_cap_add);

static void rebase(struct vfio_info_caps *caps, u32 base)
{
	struct vfio_info_cap_header *header = (void *)caps->buf;

	while (header->next) {
		u32 next = header->next;

		header->next += base;
		header = (void *)(caps->buf + next);
	}
}

/**
 * ovfio_info_caps_copy() - give a chain to the user, if there is room
 * @caps: the chain, not empty; used up by the call
 * @info: the user's info structure
 * @info_size: bytes of the fixed part of @info, where the chain begins
 * @argsz: what the user said is there; if too little, set to what is needed
 * @cap_offset: set to where the chain begins, or to 0 if it does not fit
 *
 * Context: Process context; may fault.
 * Return: 0, also when the chain does not fit, or -EFAULT.
 */
int ovfio_info_caps_copy(struct vfio_info_caps *caps, void __user *info, u32 info_size,
			 u32 *argsz, u32 *cap_offset)
{
	*cap_offset = 0;
	if (*argsz < info_size + caps->size) {
		*argsz = info_size + caps->size;
		return 0;
	}
	rebase(caps, info_size);
	if (copy_to_user(info + info_size, caps->buf, caps->size))
		return -EFAULT;
	*cap_offset = info_size;
	return 0;
}
EXPORT_SYMBOL_GPL(ovfio_info_caps_copy);

/**
 * ovfio_info_caps_free() - free a chain
 * @caps: the chain, perhaps empty
 */
void ovfio_info_caps_free(struct vfio_info_caps *caps)
{
	kfree(caps->buf);
}
EXPORT_SYMBOL_GPL(ovfio_info_caps_free);
