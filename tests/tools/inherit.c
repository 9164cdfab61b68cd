// SPDX-License-Identifier: GPL-2.0-only
/* inherit BDF: a program that gets its container and group from vfioctl exec --descriptors. */
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int fail(const char *what)
{
	perror(what);
	return 1;
}

int main(int argc, char **argv)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	const char *container = getenv("VFIO_CONTAINER_FD"), *groups = getenv("VFIO_GROUP_FDS");
	const char *group = groups ? strchr(groups, '=') : NULL;
	int device;

	if (argc != 2 || !container || !group)
		return fail("no descriptors");
	if (!getuid())
		return fail("still root");
	if (ioctl(atoi(container), VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return fail("SET_IOMMU");
	device = ioctl(atoi(group + 1), VFIO_GROUP_GET_DEVICE_FD, argv[1]);
	if (device < 0 || ioctl(device, VFIO_DEVICE_GET_INFO, &info))
		return fail(argv[1]);
	printf("%s: %u regions\n", argv[1], info.num_regions);
	return 0;
}
