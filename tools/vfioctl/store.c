// SPDX-License-Identifier: GPL-2.0-only
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "durable.h"
#include "rules.h"
#include "say.h"
#include "signals.h"
#include "sysfs.h"

static int lock = -1;

/* Who holds it, as the kernel tells: "1: FLOCK  ADVISORY  WRITE 812 00:19:1234 0 EOF". */
static char *lock_holder(void)
{
	char *locks = sysfs_read("/proc/locks"), *name = NULL, *rest = locks, *line;
	unsigned long long inode;
	struct stat ours;
	int pid;

	while (!fstat(lock, &ours) && rest && !name && (line = strsep(&rest, "\n")))
		if (sscanf(line, "%*d: FLOCK %*s %*s %d %*x:%*x:%llu", &pid, &inode) == 2 &&
		    inode == ours.st_ino)
			name = sysfs_read("/proc/%d/comm", pid);
	line = name ? format("%s (%d)", name, pid) : copy("another process");
	free(name);
	free(locks);
	return line;
}

static int take_lock(const char *path)
{
	char *holder;

	if (!flock(lock, LOCK_EX | LOCK_NB))
		return 0;
	if (errno != EWOULDBLOCK)
		return -errno;
	holder = lock_holder();
	say_warning(path, "%s is changing devices; waits until it is done", holder);
	free(holder);
	return flock(lock, LOCK_EX) ? -errno : 0;
}

/**
 * store_lock() - be the only one that changes devices, until store_unlock() or the end
 *
 * Waits for another, and says for whom. From here on nobody needs to read what is printed:
 * what is being changed is changed whole. Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int store_lock(void)
{
	char *folder = sysfs_path(STORE_RUN);
	char *path = format("%s/.lock", folder);
	int error = geteuid() && !*sysfs_root() ? -EACCES : 0;

	if (!error && mkdir(folder, 0755) && errno != EEXIST)
		error = -errno;
	if (!error)
		lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (!error)
		error = lock < 0 ? -errno : take_lock(path);
	signals_outlive_pipe();
	if (error)
		say_error(path, "cannot be locked: %s%s", strerror(-error),
			  error == -EACCES ? "; run as root" : "");
	if (!error) {
		durable_sweep(STORE_RUN, "");
		durable_sweep(STORE_ETC, "");
		rules_sweep();
	}
	free(path);
	free(folder);
	return error;
}

/**
 * store_unlock() - let others change devices
 */
void store_unlock(void)
{
	close(lock);
	lock = -1;
}

static int load_from(const char *folder, const char *device, struct saved *saved)
{
	char *text = sysfs_read("%s/%s", folder, device);
	int error = text ? 0 : -errno;
	char why[128];
	char *path;

	if (error == -ENOENT)
		return error;
	path = format("%s/%s", folder, device);
	if (error) {
		say_error(path, "cannot be read: %s", strerror(-error));
	} else if (saved_parse(text, saved, why, sizeof(why))) {
		say_error(path, "%s; mend or remove it", why);
		error = -EINVAL;
	} else if (!same(saved->device, device)) {
		say_error(path, "is of %s; mend or remove it", saved->device);
		error = -EINVAL;
	}
	free(path);
	free(text);
	return error;
}

/**
 * store_load() - what was saved of a device
 * @device: its address
 * @saved: is filled in
 * @persistent: whether it holds for good
 *
 * Says why if there is something that cannot be used.
 *
 * Return: 0, -ENOENT if nothing was saved, or another -errno.
 */
int store_load(const char *device, struct saved *saved, bool *persistent)
{
	int error = load_from(STORE_ETC, device, saved);

	*persistent = error != -ENOENT;
	return *persistent ? error : load_from(STORE_RUN, device, saved);
}

/**
 * store_save() - save a device, before anything about it is changed
 * @saved: the device
 * @persistent: for good, or until the next boot
 *
 * Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int store_save(const struct saved *saved, bool persistent)
{
	char text[SAVED_TEXT];
	int error = saved_format(saved, text, sizeof(text));

	if (!error)
		error = durable_write(text, persistent ? STORE_ETC : STORE_RUN, saved->device);
	/* Last, so that it is somewhere at any time. */
	if (!error)
		error = durable_remove(persistent ? STORE_RUN : STORE_ETC, saved->device);
	return error;
}

/**
 * store_drop() - forget what was saved of a device, after it was given back
 * @device: its address
 *
 * Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int store_drop(const char *device)
{
	int error = durable_remove(STORE_RUN, device);
	int another = durable_remove(STORE_ETC, device);

	return error ? error : another;
}

/**
 * store_has() - is it still what was saved of a device
 * @saved: what was
 * @persistent: for good, or until the next boot
 *
 * Return: true if it is, and in the same folder.
 */
bool store_has(const struct saved *saved, bool persistent)
{
	char text[SAVED_TEXT], text_now[SAVED_TEXT];
	struct saved now;
	bool persistent_now;

	return !store_load(saved->device, &now, &persistent_now) &&
	       persistent_now == persistent && !saved_format(saved, text, sizeof(text)) &&
	       !saved_format(&now, text_now, sizeof(text_now)) && same(text, text_now);
}

/**
 * store_read() - the files of a device, to be put back
 * @device: its address
 * @text: is filled in; for store_text_free()
 */
void store_read(const char *device, struct store_text *text)
{
	text->run = sysfs_read(STORE_RUN "/%s", device);
	text->etc = sysfs_read(STORE_ETC "/%s", device);
}

static int put_text(const char *text, const char *folder, const char *device)
{
	char *whole = format("%s\n", text);
	int error = durable_write(whole, folder, device);

	free(whole);
	return error;
}

/**
 * store_put_back() - have the files of a device as they were
 * @device: its address
 * @text: from store_read()
 *
 * Says why if it fails.
 *
 * Return: 0 or -errno.
 */
int store_put_back(const char *device, const struct store_text *text)
{
	int error = 0;

	if (text->etc)
		error = put_text(text->etc, STORE_ETC, device);
	if (!error && text->run)
		error = put_text(text->run, STORE_RUN, device);
	/* Last, so that it is somewhere at any time. */
	if (!error && !text->etc)
		error = durable_remove(STORE_ETC, device);
	if (!error && !text->run)
		error = durable_remove(STORE_RUN, device);
	return error;
}

/**
 * store_text_free() - forget the files of a device
 * @text: from store_read(), or zeroed
 */
void store_text_free(struct store_text *text)
{
	free(text->run);
	free(text->etc);
}

/**
 * store_list() - the devices of which something is saved
 * @devices: their addresses are added
 */
void store_list(struct strings *devices)
{
	static const char *const folders[] = { STORE_RUN, STORE_ETC };

	for (size_t i = 0; i < 2; i++) {
		struct strings names = {};

		sysfs_list(&names, "%s", folders[i]);
		for (size_t j = 0; j < names.count; j++)
			if (!strings_have(devices, names.items[j]))
				strings_add(devices, names.items[j]);
		strings_free(&names);
	}
	strings_sort(devices);
}
