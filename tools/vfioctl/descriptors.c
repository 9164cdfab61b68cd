// SPDX-License-Identifier: GPL-2.0-only
#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <openvfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "say.h"

/* Our modules know a sentence for the last refusal; the kernel's have only its number. */
static char *why_refused(int fd, int error)
{
	struct openvfio_refusal refusal = { .argsz = sizeof(refusal) };

	if (!ioctl(fd, OPENVFIO_GET_REFUSAL, &refusal) && refusal.reason)
		return copy(refusal.text);
	return copy(strerror(error));
}

static int refuse(const char *object, int fd, int error)
{
	char *why = why_refused(fd, error);

	say_error(object, "%s; see vfioctl explain", why);
	free(why);
	return -error;
}

static int open_node(const char *path)
{
	int fd = open(path, O_RDWR);
	int error = errno;

	if (fd >= 0)
		return fd;
	say_error(path, "cannot be opened: %s%s", strerror(error),
		  error == EBUSY ? "; a program has it, see vfioctl list" : "");
	return -error;
}

static int open_group(struct descriptors *descriptors, const struct group *group)
{
	char *path = format("/dev/vfio/%s%d", group->noiommu ? "noiommu-" : "", group->number);
	int fd = open_node(path);
	int error = fd < 0 ? fd : 0;

	if (!error) {
		descriptors->groups[descriptors->count++] = fd;
		if (ioctl(fd, VFIO_GROUP_SET_CONTAINER, &descriptors->container))
			error = refuse(path, fd, errno);
	}
	free(path);
	return error;
}

/**
 * descriptors_open() - open groups, and a container with all of them
 * @descriptors: is filled in, for descriptors_close(); also if it fails
 * @groups: which
 * @count: how many
 *
 * They stay open in programs that are executed. Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int descriptors_open(struct descriptors *descriptors, struct group *const *groups, size_t count)
{
	int error = 0;

	descriptors->count = 0;
	descriptors->groups = allocate((count + 1) * sizeof(int));
	descriptors->container = open_node("/dev/vfio/vfio");
	if (descriptors->container < 0)
		return descriptors->container;
	for (size_t i = 0; i < count && !error; i++)
		error = open_group(descriptors, groups[i]);
	return error;
}

/**
 * descriptors_tell() - put the numbers into the environment
 * @descriptors: from descriptors_open()
 * @groups: the groups that were given to it
 */
void descriptors_tell(const struct descriptors *descriptors, struct group *const *groups)
{
	char *container = format("%d", descriptors->container);
	struct strings words = {};
	char *all;

	for (size_t i = 0; i < descriptors->count; i++)
		strings_take(&words, format("%d=%d", groups[i]->number, descriptors->groups[i]));
	all = strings_join(&words, ",");
	setenv("VFIO_CONTAINER_FD", container, 1);
	setenv("VFIO_GROUP_FDS", all, 1);
	free(all);
	strings_free(&words);
	free(container);
}

/**
 * descriptors_close() - the groups are free again once the program has closed them, too
 * @descriptors: from descriptors_open()
 */
void descriptors_close(struct descriptors *descriptors)
{
	for (size_t i = 0; i < descriptors->count; i++)
		close(descriptors->groups[i]);
	if (descriptors->container >= 0)
		close(descriptors->container);
	free(descriptors->groups);
	descriptors->groups = NULL;
	descriptors->count = 0;
	descriptors->container = -1;
}
