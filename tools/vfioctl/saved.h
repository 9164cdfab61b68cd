/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device had before it was bound: one readable file per device, written before
 * anything is changed and removed after everything is given back.
 */
#ifndef VFIOCTL_SAVED_H
#define VFIOCTL_SAVED_H

#include <stdbool.h>
#include <stddef.h>

/* As long as a driver's or a user's name gets (LOGIN_NAME_MAX), and its end. */
#define SAVED_NAME	256

/* The longest file that saved_format() makes. */
#define SAVED_TEXT	4096

/**
 * struct saved - a device as it was, and what it was given
 * @device: its address, as 0000:06:0d.0
 * @id: vendor and device, as 1274:5000: another device may sit at the address later
 * @driver: what it was given to; also the override that was set
 * @previous_driver: what it was bound to; "" if it had no driver
 * @previous_module: the module of @previous_driver; "" if none or built in
 * @previous_override: the override it had; "" if none
 * @user: who the group's node was given to; "" for nobody
 * @group_owner: the group of users it was given to; "" for none
 * @force: it was taken although in use; only a file that is replayed at boot is asked
 *
 * Names have any characters but the end of a line; those that become parts of paths no '/'
 * either. The same file in another directory says how long it holds: until the next boot, or
 * for good.
 */
struct saved {
	char device[SAVED_NAME];
	char id[SAVED_NAME];
	char driver[SAVED_NAME];
	char previous_driver[SAVED_NAME];
	char previous_module[SAVED_NAME];
	char previous_override[SAVED_NAME];
	char user[SAVED_NAME];
	char group_owner[SAVED_NAME];
	bool force;
};

const char *saved_unfit(const struct saved *saved);
int saved_format(const struct saved *saved, char *text, size_t size);
int saved_parse(const char *text, struct saved *saved, char *why, size_t why_size);

#endif
