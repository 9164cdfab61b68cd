// SPDX-License-Identifier: GPL-2.0-only
/* VFIO_DEVICE_FEATURE: one ioctl for all that came later (R4). */
#include <linux/uaccess.h>

#include "pci.h"

/**
 * struct feature - a feature, and what can be done with it; there is none to GET
 * @id: VFIO_DEVICE_FEATURE_...
 * @size: bytes of data that SET takes
 * @there: does this device have it? NULL: every device does
 * @set: SET, with the data
 */
struct feature {
	u32 id;
	size_t size;
	bool (*there)(struct vfio_pci_device *dev);
	long (*set)(struct vfio_pci_device *dev, void __user *data);
};

static bool has_token(struct vfio_pci_device *dev)
{
	return dev->pf;
}

/* R6 */
static long set_token(struct vfio_pci_device *dev, void __user *data)
{
	uuid_t token;

	if (copy_from_user(&token, data, sizeof(token)))
		return -EFAULT;
	vfio_pci_set_token(dev, &token);
	return 0;
}

static long enter_low_power(struct vfio_pci_device *dev, void __user *data)
{
	return vfio_pci_low_power_enter(dev, NULL);
}

static long enter_low_power_with_wakeup(struct vfio_pci_device *dev, void __user *data)
{
	struct vfio_device_low_power_entry_with_wakeup entry;
	struct eventfd_ctx *event;
	long ret;

	if (copy_from_user(&entry, data, sizeof(entry)))
		return -EFAULT;
	event = ERR_PTR(-EINVAL);
	if (entry.wakeup_eventfd >= 0)
		event = eventfd_ctx_fdget(entry.wakeup_eventfd);
	if (IS_ERR(event))
		return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_DESCRIPTOR,
				    PTR_ERR(event), "file descriptor %d is no eventfd to wake by",
				    entry.wakeup_eventfd);
	ret = vfio_pci_low_power_enter(dev, event);
	if (ret)
		eventfd_ctx_put(event);
	return ret;
}

static long exit_low_power(struct vfio_pci_device *dev, void __user *data)
{
	return vfio_pci_low_power_exit(dev);
}

static const struct feature features[] = {
	{
		.id = VFIO_DEVICE_FEATURE_PCI_VF_TOKEN,
		.size = sizeof(uuid_t),
		.there = has_token,
		.set = set_token,
	}, {
		.id = VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY,
		.set = enter_low_power,
	}, {
		.id = VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP,
		.size = sizeof(struct vfio_device_low_power_entry_with_wakeup),
		.set = enter_low_power_with_wakeup,
	}, {
		.id = VFIO_DEVICE_FEATURE_LOW_POWER_EXIT,
		.set = exit_low_power,
	},
};

static const struct feature *find_feature(struct vfio_pci_device *dev, u32 id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(features); i++)
		if (features[i].id == id && (!features[i].there || features[i].there(dev)))
			return &features[i];
	return NULL;
}

static int check_flags(struct vfio_pci_device *dev, u32 flags)
{
	const u32 both = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET;

	if (flags & ~(VFIO_DEVICE_FEATURE_MASK | VFIO_DEVICE_FEATURE_PROBE | both))
		return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_FLAGS, -EINVAL,
				    "unknown flags in 0x%x", flags);
	if ((flags & both) == both && !(flags & VFIO_DEVICE_FEATURE_PROBE))
		return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_FLAGS, -EINVAL,
				    "GET and SET exclude each other without PROBE");
	return 0;
}

static long use_feature(struct vfio_pci_device *dev, const struct feature *feature, u32 flags,
			u32 size, void __user *data)
{
	struct vfio_refusal *refusal = &dev->vdev.refusal;

	if (flags & VFIO_DEVICE_FEATURE_GET)
		return ovfio_refuse(refusal, OPENVFIO_REASON_FEATURE, -EINVAL,
				    "feature %u has no GET", feature->id);
	if (flags & VFIO_DEVICE_FEATURE_PROBE)
		return 0;
	if (!(flags & VFIO_DEVICE_FEATURE_SET))
		return ovfio_refuse(refusal, OPENVFIO_REASON_FEATURE, -EINVAL,
				    "feature %u: one of GET, SET and PROBE is wanted", feature->id);
	if (size < feature->size)
		return ovfio_refuse(refusal, OPENVFIO_REASON_ARGSZ, -EINVAL,
				    "feature %u takes %zu bytes of data, argsz leaves %u",
				    feature->id, feature->size, size);
	return feature->set(dev, data);
}

/**
 * vfio_pci_feature() - VFIO_DEVICE_FEATURE
 * @dev: the device, open and awake
 * @arg: struct vfio_device_feature and the feature's data
 *
 * Return: 0; -ENOTTY for a feature that is not there; -EINVAL as rule R4 has it; -EFAULT;
 * or an errno of the feature.
 */
long vfio_pci_feature(struct vfio_pci_device *dev, void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_device_feature, flags);
	struct vfio_device_feature request;
	const struct feature *feature;
	int ret;

	if (copy_from_user(&request, arg, minsz))
		return -EFAULT;
	if (request.argsz < minsz)
		return ovfio_refuse_argsz(&dev->vdev.refusal, request.argsz, minsz);
	ret = check_flags(dev, request.flags);
	if (ret)
		return ret;
	feature = find_feature(dev, request.flags & VFIO_DEVICE_FEATURE_MASK);
	if (!feature)
		return -ENOTTY;
	return use_feature(dev, feature, request.flags, request.argsz - minsz, arg + minsz);
}
