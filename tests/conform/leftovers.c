// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a test leaves behind: busy groups, module references, pinned pages, and
 * drivers and parameters, which are put back.
 */
#include "leftovers.h"

#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "textfile.h"

#define DEVICES "/sys/bus/pci/devices"

enum { MOST_DEVICES = 256, MOST_PARAMETERS = 32, MOST_GROUPS = 256, PATIENCE_MS = 20000 };

struct saved_device {
	char name[16];
	char driver[64];	/* empty: none */
	char override[64];
};

struct saved_parameter {
	char path[128];
	char value[64];
};

static const char *const modules[] = {
	"vfio", "vfio_iommu_type1", "vfio_pci_core", "vfio_pci",
};

static struct saved_device devices[MOST_DEVICES];
static struct saved_parameter parameters[MOST_PARAMETERS];
static size_t device_count, parameter_count;
static long references[ARRAY_SIZE(modules)];
/* Groups an earlier test left busy: said once, and their devices are not touched again. */
static bool lost[MOST_GROUPS];
static long long lost_pages;

static bool __attribute__((format(printf, 3, 4)))
complain(char *words, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(words, size, format, args);
	va_end(args);
	return true;
}

static void read_device(struct saved_device *device, const char *name)
{
	memset(device, 0, sizeof(*device));
	snprintf(device->name, sizeof(device->name), "%.15s", name);
	link_name(device->driver, sizeof(device->driver), DEVICES "/%s/driver", name);
	text_read(device->override, sizeof(device->override), DEVICES "/%s/driver_override",
		  name);
}

static long reference_count(const char *module)
{
	char text[32];

	return text_read(text, sizeof(text), "/sys/module/%s/refcnt", module) ? 0 : atol(text);
}

static void remember_parameter(const char *path)
{
	struct saved_parameter *parameter = &parameters[parameter_count];

	if (parameter_count == MOST_PARAMETERS || access(path, W_OK))
		return;
	snprintf(parameter->path, sizeof(parameter->path), "%s", path);
	if (!text_read(parameter->value, sizeof(parameter->value), "%s", path))
		parameter_count++;
}

void leftovers_remember(void)
{
	glob_t found;

	if (!glob(DEVICES "/*", 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc && device_count < MOST_DEVICES; i++)
			read_device(&devices[device_count++], basename(found.gl_pathv[i]));
	globfree(&found);
	if (!glob("/sys/module/vfio*/parameters/*", 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++)
			remember_parameter(found.gl_pathv[i]);
	globfree(&found);
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		references[i] = reference_count(modules[i]);
}

long long pinned_pages(void)
{
	char text[16];

	/* The counters lag behind, per CPU, until somebody asks to gather them. */
	text_read(text, sizeof(text), "/proc/sys/vm/stat_refresh");
	return text_field("/proc/vmstat", "nr_foll_pin_acquired ") -
	       text_field("/proc/vmstat", "nr_foll_pin_released ");
}

static bool group_busy(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		close(fd);
		return false;
	}
	return errno == EBUSY;
}

/* The number of a group that is open and not yet given up as lost, or -1. */
static int busy_group(void)
{
	int busy = -1;
	glob_t found;

	if (glob("/dev/vfio/[0-9]*", 0, NULL, &found))
		found.gl_pathc = 0;
	for (size_t i = 0; i < found.gl_pathc && busy < 0; i++) {
		int group = atoi(basename(found.gl_pathv[i]));

		if (group < MOST_GROUPS && !lost[group] && group_busy(found.gl_pathv[i]))
			busy = group;
	}
	globfree(&found);
	return busy;
}

/* The index of a module with more references than at the start, or -1. */
static int referenced_module(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		if (reference_count(modules[i]) > references[i])
			return i;
	return -1;
}

static bool is_lost(const char *name)
{
	char group[16];

	return link_name(group, sizeof(group), DEVICES "/%s/iommu_group", name) &&
	       atoi(group) < MOST_GROUPS && lost[atoi(group)];
}

/* Reported once; the next tests are judged by what they add. */
static void accept_as_lost(long long pages)
{
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		references[i] = reference_count(modules[i]);
	lost_pages = pages;
}

/* What is released by the last close may need a moment after the process is gone. */
static bool something_stays(char *words, size_t size)
{
	int group = -1, module = -1;
	long long pages = 0;

	for (int waited = 0; waited < PATIENCE_MS; waited += 20) {
		group = busy_group();
		module = group < 0 ? referenced_module() : -1;
		pages = group < 0 && module < 0 ? pinned_pages() - lost_pages : 0;
		if (group < 0 && module < 0 && !pages)
			return false;
		usleep(20000);
	}
	accept_as_lost(pinned_pages());
	if (group >= 0) {
		lost[group] = true;
		return complain(words, size, "group %d stays busy", group);
	}
	if (module >= 0)
		return complain(words, size, "module %s stays referenced", modules[module]);
	return complain(words, size, "%lld pages stay pinned", pages);
}

static bool restore_driver(const struct saved_device *saved, const struct saved_device *present)
{
	const char *name = saved->name;

	if (present->driver[0] &&
	    text_write(name, DEVICES "/%s/driver/unbind", name))
		return false;
	/* With the driver named, as the match of some drivers needs the override. */
	if (saved->driver[0] &&
	    (text_write(saved->driver, DEVICES "/%s/driver_override", name) ||
	     text_write(name, "/sys/bus/pci/drivers/%s/bind", saved->driver)))
		return false;
	return true;
}

static bool restore_device(const struct saved_device *saved)
{
	struct saved_device present;
	bool override_off;

	if (is_lost(saved->name))
		return true;
	if (!path_exists(DEVICES "/%s", saved->name))
		text_write("1", "/sys/bus/pci/rescan");
	read_device(&present, saved->name);
	override_off = strcmp(saved->override, present.override);
	if (strcmp(saved->driver, present.driver)) {
		if (!restore_driver(saved, &present))
			return false;
		override_off = true;
	}
	if (!override_off)
		return true;
	return !text_write(strcmp(saved->override, "(null)") ? saved->override : "\n",
			   DEVICES "/%s/driver_override", saved->name);
}

static void restore_parameters(void)
{
	char value[64];

	for (size_t i = 0; i < parameter_count; i++)
		if (!text_read(value, sizeof(value), "%s", parameters[i].path) &&
		    strcmp(value, parameters[i].value))
			text_write(parameters[i].value, "%s", parameters[i].path);
}

bool leftovers(char *words, size_t size)
{
	bool stays = something_stays(words, size);

	for (size_t i = 0; i < device_count; i++)
		if (!restore_device(&devices[i]) && !stays)
			stays = complain(words, size, "%s does not go back to driver '%s'",
					 devices[i].name, devices[i].driver);
	restore_parameters();
	return stays;
}
