// SPDX-License-Identifier: GPL-2.0-only
/*
 * It is a platform device: efi-framebuffer.0, vesa-framebuffer.0 or simple-framebuffer.0,
 * with a driver of the same name. Nothing but the memory that it claims says whose BAR it
 * lies in; who may not see addresses goes by the boot display.
 */
#include "framebuffer.h"

#include <stdlib.h>
#include <string.h>

#include "regions.h"
#include "sysfs.h"

#define PLATFORM	"/sys/bus/platform"

/* The first one that has a driver; for free(). */
static char *find_platform_framebuffer(void)
{
	struct strings names = {};
	char *found = NULL;

	sysfs_list(&names, PLATFORM "/devices");
	for (size_t i = 0; i < names.count && !found; i++)
		if (strstr(names.items[i], "-framebuffer.") &&
		    sysfs_exists(PLATFORM "/devices/%s/driver", names.items[i]))
			found = copy(names.items[i]);
	strings_free(&names);
	return found;
}

static bool is_framebuffer_claim(const char *claim)
{
	return same(claim, "BOOTFB") || same(claim, "efifb") || same(claim, "vesafb") ||
	       same(claim, "simplefb") || same(claim, "simpledrm");
}

static bool claims_bar_of(const struct device *device)
{
	struct region regions[REGIONS];
	bool found = false;

	read_regions(device, regions);
	for (int i = 0; i < REGIONS && !found; i++) {
		char *claim = region_there(&regions[i]) ?
			      region_claim(&regions[i], device->bdf) : NULL;

		found = is_framebuffer_claim(claim);
		free(claim);
	}
	return found;
}

/**
 * framebuffer_of() - the console's framebuffer in a BAR of a device
 * @device: a device
 *
 * Return: the name of the platform device, for free(); NULL if there is none.
 */
char *framebuffer_of(const struct device *device)
{
	char *name;

	if (device->class >> 16 != 0x03)
		return NULL;
	name = find_platform_framebuffer();
	if (name && (device->boot_display || claims_bar_of(device)))
		return name;
	free(name);
	return NULL;
}

/**
 * framebuffer_release() - the command that takes it out of the way
 * @name: from framebuffer_of()
 *
 * Return: for a shell, for free(). The console on the screen stops then.
 */
char *framebuffer_release(const char *name)
{
	char *driver = sysfs_link_name(PLATFORM "/devices/%s/driver", name);
	char *command = format("echo %s >" PLATFORM "/drivers/%s/unbind", name,
			       driver ? driver : "");

	free(driver);
	return command;
}
