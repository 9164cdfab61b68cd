/* SPDX-License-Identifier: GPL-2.0-only */
/* Who has what of VFIO open, and what is done with it, in documents. */
#ifndef VFIOCTL_USAGE_H
#define VFIOCTL_USAGE_H

#include "host.h"
#include "output.h"
#include "sample.h"

void usage_describe(struct json_object *all, const struct sample *sample, const struct host *host);
void usage_describe_rates(struct json_object *all, const struct sample *now,
			  const struct sample *before);

#endif
