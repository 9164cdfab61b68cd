/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices and groups in documents: the same in each verb. */
#ifndef VFIOCTL_DESCRIBE_H
#define VFIOCTL_DESCRIBE_H

#include "host.h"
#include "output.h"

void describe_device(struct json_object *object, const struct device *device);
void describe_group(struct json_object *object, const struct group *group);
void describe_reserved(struct json_object *object, const struct group *group);
char *holders_in_words(const struct json_object *group);
const char *or_dash(const char *text);
struct device *find_device_or_say(const struct host *host, const char *bdf);

#endif
