// SPDX-License-Identifier: GPL-2.0-only
/* explain: what is in the way of a device, or of the group it belongs to. */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block_use.h"
#include "framebuffer.h"
#include "inquiry.h"
#include "regions.h"
#include "route_use.h"

static void ask_disks(struct inquiry *inquiry, const struct device *device)
{
	char *use = device->host_driver ? block_use(device->bdf) : NULL;
	char *command = use ? block_release(device->bdf) : NULL;
	char *end = use ? strstr(use, "; ") : NULL;

	/* The remedy is the command. */
	if (end && command)
		*end = 0;
	if (use)
		add_problem(inquiry, BLOCKING, "mounted-disk", command,
			    "the host uses the disk of %s: %s", device->bdf, use);
	free(command);
	free(use);
}

/* Returns true if binding the device needs to be insisted upon. */
static bool ask_route(struct inquiry *inquiry, const struct device *device)
{
	char *use = device->host_driver ? route_use(device->bdf) : NULL;

	if (use)
		add_problem(inquiry, REMARK, "default-route", NULL,
			    "the host reaches the network through %s: %s", device->bdf, use);
	free(use);
	return use;
}

/* What is asked for is given to the user at once; other members need nobody. */
static char *bind_command(const struct inquiry *inquiry, const struct device *device, bool force)
{
	const struct passwd *account = inquiry->account;
	bool give = account->pw_uid != 0 && (device == inquiry->device || !inquiry->device);

	return format("vfioctl bind %s%s%s%s%s", force ? "--force " : "", give ? "--user " : "",
		      give ? account->pw_name : "", give ? " " : "", device->bdf);
}

static void ask_driver(struct inquiry *inquiry, const struct device *device)
{
	bool force = ask_route(inquiry, device) || device->boot_display;
	char *command = bind_command(inquiry, device, force);

	if (device->host_driver)
		add_problem(inquiry, BLOCKING, "host-driver", command,
			    "%s has the driver %s of the host%s", device->bdf, device->driver,
			    device == inquiry->device ? "" : ", and groups are given out whole");
	else if (device == inquiry->device && !device->bridge && !device->vfio)
		add_problem(inquiry, BLOCKING, "no-vfio-driver", command,
			    "%s has %s%s, and only a driver of VFIO offers it to programs",
			    device->bdf, device->driver ? "the driver " : "no driver",
			    device->driver ? device->driver : "");
	free(command);
}

static void ask_framebuffer(struct inquiry *inquiry, const struct device *device)
{
	char *name = framebuffer_of(device);
	char *command = name ? framebuffer_release(name) : NULL;

	if (name)
		add_problem(inquiry, BLOCKING, "boot-framebuffer", command,
			    "the console's framebuffer %s holds a BAR of %s", name, device->bdf);
	free(command);
	free(name);
}

static void ask_holders(struct inquiry *inquiry)
{
	const struct group *group = inquiry->group;

	for (size_t i = 0; i < group->holders_count; i++) {
		const struct holder *holder = &group->holders[i];
		char *command = format("kill %d", holder->pid);

		add_problem(inquiry, BLOCKING, "held", command,
			    "group %d is held by process %d (%s), and only one can have it",
			    group->number, holder->pid, holder->name);
		free(command);
	}
}

/* A group of devices none of which is offered has no node to be opened. */
static void ask_offered(struct inquiry *inquiry)
{
	const struct group *group = inquiry->group;
	const struct device *first = NULL;
	char *command;

	for (size_t i = 0; i < group->count; i++) {
		if (group->members[i]->vfio)
			return;
		if (!first && !group->members[i]->bridge && !group->members[i]->host_driver)
			first = group->members[i];
	}
	if (!first || inquiry->device)
		return;
	command = bind_command(inquiry, first, first->boot_display);
	add_problem(inquiry, BLOCKING, "no-vfio-driver", command,
		    "no device of group %d has a driver of VFIO", group->number);
	free(command);
}

static void ask_device(struct inquiry *inquiry, const struct device *device)
{
	ask_disks(inquiry, device);
	ask_framebuffer(inquiry, device);
	ask_driver(inquiry, device);
}

/**
 * ask_group() - what is in the way of the device, or of any member of the group
 * @inquiry: gets the problems, in the order in which they are to be mended
 */
void ask_group(struct inquiry *inquiry)
{
	const struct group *group = inquiry->group;

	if (inquiry->device && inquiry->device->bridge)
		add_problem(inquiry, BLOCKING, "bridge", NULL,
			    "%s is a bridge, which is not for programs; its group's other members may be",
			    inquiry->device->bdf);
	if (!group) {
		if (inquiry->device)
			ask_device(inquiry, inquiry->device);
		return;
	}
	ask_holders(inquiry);
	for (size_t i = 0; i < group->count; i++)
		ask_device(inquiry, group->members[i]);
	ask_offered(inquiry);
}
