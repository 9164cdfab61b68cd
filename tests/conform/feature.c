// SPDX-License-Identifier: GPL-2.0-only
/*
 * R4: VFIO_DEVICE_FEATURE, whatever the feature.
 */
#include "feature.h"

#include <stdlib.h>

#include "harness.h"
#include "refusal.h"
#include "vfio.h"

enum { HEADER = 8, NO_FEATURE = 0xfffe, BEHIND_ALL = 0x1234 };

int try_feature(int device, unsigned int flags, const void *data, size_t size)
{
	struct vfio_device_feature *request = calloc(1, HEADER + size);
	int result, error;

	CHECK(request);
	request->argsz = HEADER + size;
	request->flags = flags;
	if (size)
		memcpy(request->data, data, size);
	result = ioctl(device, VFIO_DEVICE_FEATURE, request);
	error = errno;
	free(request);
	errno = error;
	return result;
}

static const unsigned int everywhere[] = {
	VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP,
	VFIO_DEVICE_FEATURE_LOW_POWER_EXIT,
};

TEST(R4_arguments, "bad pointer EFAULT; argsz too small, unknown flags, GET with SET: EINVAL")
{
	struct assignment nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_device_feature small = { .argsz = HEADER - 1, .flags = PROBE | everywhere[0] };

	REFUSED(ioctl(nvme.device, VFIO_DEVICE_FEATURE, NULL), EFAULT);
	REFUSED(ioctl(nvme.device, VFIO_DEVICE_FEATURE, &small), EINVAL);
	REFUSED(try_feature(nvme.device, 1 << 19 | PROBE | everywhere[0], NULL, 0), EINVAL);
	REFUSED(try_feature(nvme.device, 1U << 31 | PROBE | everywhere[0], NULL, 0), EINVAL);
	REFUSED(try_feature(nvme.device, GET | SET | everywhere[0], NULL, 0), EINVAL);
	/* Before it is looked whether there is such a feature. */
	REFUSED(try_feature(nvme.device, GET | SET | NO_FEATURE, NULL, 0), EINVAL);
}

TEST(R4_unknown, "a feature that is not there is ENOTTY, whatever is to be done with it")
{
	struct assignment nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	static const unsigned int ways[] = { 0, PROBE, GET, SET, PROBE | GET | SET };
	static const unsigned int unknown[] = { NO_FEATURE, BEHIND_ALL, 0xffff };

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		for (size_t j = 0; j < ARRAY_SIZE(unknown); j++)
			REFUSED(try_feature(nvme.device, ways[i] | unknown[j], NULL, 0), ENOTTY);
}

TEST(R4_probe, "PROBE of a feature: 0, with SET too; with GET, which it has not, EINVAL")
{
	struct assignment nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);

	for (size_t i = 0; i < ARRAY_SIZE(everywhere); i++) {
		OK(try_feature(nvme.device, PROBE | everywhere[i], NULL, 0));
		OK(try_feature(nvme.device, PROBE | SET | everywhere[i], NULL, 0));
		REFUSED(try_feature(nvme.device, PROBE | GET | everywhere[i], NULL, 0), EINVAL);
		REFUSED(try_feature(nvme.device, PROBE | GET | SET | everywhere[i], NULL, 0),
			EINVAL);
	}
}

TEST(R4_operations, "a feature without the operation, none asked for, or too little data: EINVAL")
{
	struct assignment nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	char data[7] = {};

	for (size_t i = 0; i < ARRAY_SIZE(everywhere); i++) {
		REFUSED(try_feature(nvme.device, GET | everywhere[i], NULL, 0), EINVAL);
		expect_our_refusal(nvme.device, OPENVFIO_REASON_FEATURE, EINVAL, "has no GET");
		REFUSED(try_feature(nvme.device, everywhere[i], NULL, 0), EINVAL);
		expect_our_refusal(nvme.device, OPENVFIO_REASON_FEATURE, EINVAL, "is wanted");
	}
	REFUSED(try_feature(nvme.device, SET | everywhere[1], NULL, 0), EINVAL);
	REFUSED(try_feature(nvme.device, SET | everywhere[1], data, sizeof(data)), EINVAL);
}
