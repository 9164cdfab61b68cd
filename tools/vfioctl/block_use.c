// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether taking a PCI device away would take a file system, a swap area or a part of a
 * larger disk (LVM, dm-crypt, md) away from the host.
 *
 * Everything is looked up by the names of /sys/class/block: first the disks below the
 * device, then, again and again, their partitions and whatever is built on top of those.
 */
#include "block_use.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sysfs.h"

/* The block devices found; below[i] is the one that names[i] is built on, or NULL. */
struct stack {
	struct strings names;
	struct strings below;
};

static void push(struct stack *stack, const char *name, const char *below)
{
	if (strings_have(&stack->names, name))
		return;
	strings_add(&stack->names, name);
	strings_take(&stack->below, copy(below));
}

/* Where a path ends up after all its links; for free(), NULL if nowhere. */
static char *resolve(char *path)
{
	char *end = realpath(path, NULL);

	free(path);
	return end;
}

/*
 * A namespace that can be reached by several NVMe controllers shows as a hidden disk below
 * each (nvme0c1n2) and as the one that is used (nvme0n2) below none of them.
 */
static void push_shared_namespace(struct stack *stack, const char *name)
{
	unsigned int subsystem, controller, namespace;
	char *shared;

	if (sscanf(name, "nvme%uc%un%u", &subsystem, &controller, &namespace) != 3)
		return;
	shared = format("nvme%un%u", subsystem, namespace);
	push(stack, shared, NULL);
	free(shared);
}

static void push_disks(struct stack *stack, const char *device)
{
	char *end = resolve(sysfs_path("/sys/bus/pci/devices/%s", device));
	char *folder = end ? format("%s/", end) : NULL;
	struct strings all = {};

	if (folder)
		sysfs_list(&all, "/sys/class/block");
	for (size_t i = 0; i < all.count; i++) {
		char *path = resolve(sysfs_path("/sys/class/block/%s", all.items[i]));

		if (begins(path, folder)) {
			push(stack, all.items[i], NULL);
			push_shared_namespace(stack, all.items[i]);
		}
		free(path);
	}
	strings_free(&all);
	free(folder);
	free(end);
}

/* The stack grows at its end while it is walked, until nothing is on top of anything. */
static void push_what_is_above(struct stack *stack)
{
	for (size_t i = 0; i < stack->names.count; i++) {
		const char *name = stack->names.items[i];
		struct strings found = {};

		sysfs_list(&found, "/sys/class/block/%s/holders", name);
		for (size_t j = 0; j < found.count; j++)
			push(stack, found.items[j], name);
		strings_free(&found);

		sysfs_list(&found, "/sys/class/block/%s", name);
		for (size_t j = 0; j < found.count; j++)
			if (sysfs_exists("/sys/class/block/%s/%s/partition", name, found.items[j]))
				push(stack, found.items[j], stack->below.items[i]);
		strings_free(&found);
	}
}

/* Its name, with the one that people gave it and what it is built on. */
static char *describe(const struct stack *stack, size_t i)
{
	char *given = sysfs_read("/sys/class/block/%s/dm/name", stack->names.items[i]);
	const char *below = stack->below.items[i];
	char *text;

	text = format("%s%s%s%s%s%s", stack->names.items[i], given ? " (" : "",
		      given ? given : "", given ? ")" : "", below ? " on " : "",
		      below ? below : "");
	free(given);
	return text;
}

/* Is @path of /proc, as /dev/sda1 or /dev/mapper/root, the block device @name? */
static bool is_node_of(const char *path, const char *name)
{
	char *given = sysfs_read("/sys/class/block/%s/dm/name", name);
	bool is = begins(path, "/dev/mapper/") ? same(path + strlen("/dev/mapper/"), given) :
		  begins(path, "/dev/") && same(path + strlen("/dev/"), name);

	free(given);
	return is;
}

/* A line of mountinfo: "36 35 259:1 / /srv rw - ext4 /dev/nvme0n1p1 rw"; for free(). */
static char *mounted_at(const char *line, const char *name, const char *number)
{
	char at[PATH_MAX], source[PATH_MAX], device[32];
	const char *rest = strstr(line, " - ");

	if (!rest || sscanf(line, "%*s %*s %31s %*s %4095s", device, at) != 2 ||
	    sscanf(rest, " - %*s %4095s", source) != 1)
		return NULL;
	/* A file system on several disks has a number of its own. */
	return same(device, number) || is_node_of(source, name) ? copy(at) : NULL;
}

static char *mount_point(const char *name)
{
	char *number = sysfs_read("/sys/class/block/%s/dev", name);
	char *all = sysfs_read("/proc/self/mountinfo");
	char *at = NULL, *rest = all, *line;

	while (!at && (line = strsep(&rest, "\n")))
		at = mounted_at(line, name, number);
	free(all);
	free(number);
	return at;
}

static bool is_swap(const char *name)
{
	char *all = sysfs_read("/proc/swaps");
	char *rest = all, *line, path[PATH_MAX];
	bool is = false;

	while (!is && (line = strsep(&rest, "\n")))
		is = sscanf(line, "%4095s", path) == 1 && is_node_of(path, name);
	free(all);
	return is;
}

static bool is_part_of_btrfs(const char *name)
{
	struct strings all = {};
	bool is = false;

	sysfs_list(&all, "/sys/fs/btrfs");
	for (size_t i = 0; i < all.count && !is; i++)
		is = sysfs_exists("/sys/fs/btrfs/%s/devices/%s", all.items[i], name);
	strings_free(&all);
	return is;
}

/* Whoever else the kernel gave it to for good (ZFS, a mount in a container) is asked so. */
static bool is_claimed(const char *name)
{
	char *path = sysfs_path("/dev/%s", name);
	int fd = open(path, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
	bool is = fd < 0 && errno == EBUSY;

	if (fd >= 0)
		close(fd);
	free(path);
	return is;
}

static char *use_of(const struct stack *stack, size_t i)
{
	const char *name = stack->names.items[i];
	char *what = describe(stack, i);
	char *at = mount_point(name);
	char *use = NULL;

	if (at)
		use = format("%s is mounted on %s; unmount it", what, at);
	else if (is_swap(name))
		use = format("%s is swap space; run swapoff", what);
	else if (is_part_of_btrfs(name))
		use = format("%s is part of a mounted btrfs; unmount it", what);
	free(at);
	free(what);
	return use;
}

/* Built upon: that is not known to be in use, but would be broken. */
static char *built_on(const struct stack *stack, size_t i)
{
	char *what = describe(stack, i);
	char *use = NULL;

	if (stack->below.items[i])
		use = format("%s is in place; stop it", what);
	free(what);
	return use;
}

static char *claim_of(const struct stack *stack, size_t i)
{
	const char *name = stack->names.items[i];

	return is_claimed(name) ? format("%s is in use by the kernel; see lsblk", name) : NULL;
}

/* What says the most comes first: whatever is built on a disk has claimed it, too. */
static char *(*const uses[])(const struct stack *stack, size_t i) = {
	use_of, built_on, claim_of,
};

/**
 * block_use() - how the host uses the disks of a PCI device
 * @device: its address
 *
 * Return: a sentence and its remedy ("nvme0n1p1 is mounted on /srv; unmount it") for free(),
 * or NULL if it does not use them or there are none.
 */
char *block_use(const char *device)
{
	struct stack stack = {};
	char *use = NULL;

	push_disks(&stack, device);
	push_what_is_above(&stack);
	for (size_t kind = 0; kind < sizeof(uses) / sizeof(*uses); kind++)
		for (size_t i = 0; i < stack.names.count && !use; i++)
			use = uses[kind](&stack, i);
	strings_free(&stack.names);
	strings_free(&stack.below);
	return use;
}

/* In mountinfo a space is \\040, and so are other bytes; undone in place. */
static void unescape(char *path)
{
	char *to = path;
	unsigned int byte;

	for (; *path; path++) {
		if (*path == '\\' && sscanf(path + 1, "%3o", &byte) == 1) {
			*to++ = (char)byte;
			path += 3;
		} else {
			*to++ = *path;
		}
	}
	*to = 0;
}

/* The root file system stays. */
static char *unmount_command(char *at)
{
	char *word, *command;

	if (same(at, "/"))
		return NULL;
	unescape(at);
	word = shell_word(at);
	command = format("umount %s", word);
	free(word);
	return command;
}

/**
 * block_release() - the command that ends the host's use of the disks of a PCI device
 * @device: its address
 *
 * Return: for a shell, for free(); it may have to be asked for again after that, for the
 * next use. NULL if there is none.
 */
char *block_release(const char *device)
{
	struct stack stack = {};
	char *command = NULL;

	push_disks(&stack, device);
	push_what_is_above(&stack);
	for (size_t i = 0; i < stack.names.count && !command; i++) {
		const char *name = stack.names.items[i];
		char *at = mount_point(name);

		if (at)
			command = unmount_command(at);
		else if (is_swap(name))
			command = format("swapoff /dev/%s", name);
		free(at);
	}
	strings_free(&stack.names);
	strings_free(&stack.below);
	return command;
}
