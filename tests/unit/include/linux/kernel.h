/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef UNIT_LINUX_KERNEL_H
#define UNIT_LINUX_KERNEL_H

#include <limits.h>
#include <linux/types.h>

#define U32_MAX		((u32)~0U)
#define U64_MAX		((u64)~0ULL)

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define sizeof_field(type, member)	sizeof(((type *)NULL)->member)
#define offsetofend(type, member)	(offsetof(type, member) + sizeof_field(type, member))

#define container_of(pointer, type, member) \
	((type *)((char *)(pointer) - offsetof(type, member)))

#define pick(type, a, b, than) ({	\
	type a_ = (a);			\
	type b_ = (b);			\
	a_ than b_ ? a_ : b_;		\
})

/* The kernel's refuse to mix types, so ours do. */
#define pick_alike(a, b, than) ({	\
	_Static_assert(__builtin_types_compatible_p(typeof(a), typeof(b)), "types differ");	\
	pick(typeof(a), a, b, than);	\
})

#define min(a, b)		pick_alike(a, b, <)
#define max(a, b)		pick_alike(a, b, >)
#define min_t(type, a, b)	pick(type, a, b, <)
#define max_t(type, a, b)	pick(type, a, b, >)
#define clamp_t(type, value, low, high)	min_t(type, max_t(type, value, low), high)

#endif
