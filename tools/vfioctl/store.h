/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of saved devices: in /run/openvfio until the next boot, in /etc/openvfio for good. */
#ifndef VFIOCTL_STORE_H
#define VFIOCTL_STORE_H

#include <stdbool.h>

#include "saved.h"
#include "text.h"

#define STORE_RUN	"/run/openvfio"
#define STORE_ETC	"/etc/openvfio"

/* The files of a device, as text: in both folders only if a move was stopped half-way. */
struct store_text {
	char *run, *etc;	/* NULL: there is none */
};

int store_lock(void);
void store_unlock(void);
int store_load(const char *device, struct saved *saved, bool *persistent);
int store_save(const struct saved *saved, bool persistent);
int store_drop(const char *device);
bool store_has(const struct saved *saved, bool persistent);
void store_read(const char *device, struct store_text *text);
int store_put_back(const char *device, const struct store_text *text);
void store_text_free(struct store_text *text);
void store_list(struct strings *devices);

#endif
