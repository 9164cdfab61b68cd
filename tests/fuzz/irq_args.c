// SPDX-License-Identifier: GPL-2.0-only
/* VFIO_DEVICE_SET_IRQS with any arguments: what is accepted is what Q1 allows. */
#include <errno.h>
#include <linux/kernel.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "pci/irq_args.h"

enum { FIXED = 20 };

/* A number that is often near where something begins or ends. */
static u32 number(struct input *input)
{
	static const u32 edges[] = { 0, 1, 5, 32, 2048, FIXED, 1U << 30, 1U << 31, U32_MAX };
	u32 kind = take(input, 1);

	if (kind & 1)
		return take(input, 4);
	return edges[kind / 2 % ARRAY_SIZE(edges)] + (kind >> 6) - 1;
}

/* Those of Q1, in another way: 0 stands for no or several kinds of data. */
static unsigned int bytes_each(u32 flags, bool *one_kind)
{
	*one_kind = __builtin_popcount(flags & 7) == 1;
	return flags & 4 ? 4 : flags & 2 ? 1 : 0;
}

static int expected(const struct vfio_irq_set *set, u32 available, u64 *size)
{
	u64 end = (u64)set->start + set->count;
	bool one_kind;

	*size = (u64)set->count * bytes_each(set->flags, &one_kind);
	if (set->flags > 63 || set->start >= available || end > available || !one_kind ||
	    FIXED + *size > set->argsz)
		return -EINVAL;
	return __builtin_popcount(set->flags >> 3) == 1 ? 0 : -ENOTTY;
}

static void check_request(const struct vfio_irq_set *set, const struct irq_request *request)
{
	REQUIRE(request->index == set->index);
	REQUIRE(request->start == set->start);
	REQUIRE(request->count == set->count);
	REQUIRE(request->action < IRQ_ACTIONS);
	REQUIRE(1U << request->action == set->flags >> 3);
	REQUIRE(1U << request->data == (set->flags & 7));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct irq_request request = {};
	static struct vfio_irq_set *set;
	size_t data_size = 0;
	u64 wanted_size;
	u32 available;
	int ret;

	/* Without room for any data, so that the sanitizer sees who looks at it. */
	if (!set)
		set = malloc(FIXED);
	REQUIRE(set);
	set->argsz = number(&input);
	if (set->argsz < FIXED)
		set->argsz += FIXED;
	set->flags = take(&input, 1) & 0x7f;
	if (take(&input, 1) < 8)
		set->flags = take(&input, 4);
	set->index = number(&input);
	set->start = number(&input);
	set->count = number(&input);
	available = number(&input) & 0x7fffffff;

	ret = irq_args_parse(set, available, &request, &data_size);
	REQUIRE(ret == expected(set, available, &wanted_size));
	if (!ret) {
		REQUIRE(data_size == wanted_size);
		check_request(set, &request);
	}
	return 0;
}
