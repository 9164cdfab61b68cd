// SPDX-License-Identifier: GPL-2.0-only
#include "installed.h"

#include <libkmod.h>
#include <stdlib.h>

#include "sysfs.h"

static void read_info(struct installed *installed, const struct kmod_module *module)
{
	struct kmod_list *info = NULL, *entry;

	if (kmod_module_get_info(module, &info) < 0)
		return;
	kmod_list_foreach(entry, info) {
		const char *key = kmod_module_info_get_key(entry);
		const char *value = kmod_module_info_get_value(entry);

		if (same(key, "version") && !installed->version)
			installed->version = copy(value);
		if (same(key, "signer") && !installed->signer)
			installed->signer = copy(value);
	}
	kmod_module_info_free_list(info);
}

static void look_up(struct installed *installed, struct kmod_ctx *kmod, const char *name)
{
	struct kmod_list *found = NULL;
	struct kmod_module *module;
	const char *path;

	if (kmod_module_new_from_lookup(kmod, name, &found) < 0 || !found)
		return;
	module = kmod_module_get_module(found);
	path = kmod_module_get_path(module);
	installed->path = path ? copy(path) : NULL;
	installed->built_in = !path && kmod_module_get_initstate(module) == KMOD_MODULE_BUILTIN;
	if (path)
		read_info(installed, module);
	kmod_module_unref(module);
	kmod_module_unref_list(found);
}

static void silent(void *data, int priority, const char *file, int line, const char *function,
		   const char *message, va_list args)
{
	(void)data, (void)priority, (void)file, (void)line, (void)function;
	(void)message, (void)args;
}

/**
 * find_installed() - which file modprobe would load
 * @installed: what was found; the strings are for free()
 * @module: its name
 * @kernel: the release, or NULL: nothing is found then
 */
void find_installed(struct installed *installed, const char *module, const char *kernel)
{
	char *folder = sysfs_path("/lib/modules/%s", kernel ? kernel : "");
	struct kmod_ctx *kmod;

	*installed = (struct installed){};
	kmod = kernel ? kmod_new(folder, NULL) : NULL;
	if (kmod) {
		/* That there are no modules is for our caller to say. */
		kmod_set_log_fn(kmod, silent, NULL);
		look_up(installed, kmod, module);
		kmod_unref(kmod);
	}
	free(folder);
}
