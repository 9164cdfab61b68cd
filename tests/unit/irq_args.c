// SPDX-License-Identifier: GPL-2.0-only
/* VFIO_DEVICE_SET_IRQS: every check of Q1 that does not need the device. */
#include <errno.h>
#include <linux/kernel.h>

#include "pci/irq_args.h"
#include "unit.h"

#define FIXED	20	/* bytes before the data */
#define UNTOUCHED	0x5a5a5a5a

#define NONE	VFIO_IRQ_SET_DATA_NONE
#define BOOL	VFIO_IRQ_SET_DATA_BOOL
#define EVENTFD	VFIO_IRQ_SET_DATA_EVENTFD
#define TRIGGER	VFIO_IRQ_SET_ACTION_TRIGGER

/* What came of the last parse() that worked. */
static struct irq_request request;
static size_t data_size;

/* On the heap without any data, so that the sanitizer sees who looks at it. */
static int parse(u32 argsz, u32 flags, u32 start, u32 count, u32 available)
{
	struct vfio_irq_set *set = test_malloc(FIXED);
	int ret;

	set->argsz = argsz;
	set->flags = flags;
	set->index = VFIO_PCI_MSIX_IRQ_INDEX;
	set->start = start;
	set->count = count;
	request = (struct irq_request) { .index = UNTOUCHED };
	ret = irq_args_parse(set, available, &request, &data_size);
	test_free(set);
	return ret;
}

static void Q1_flags(void **state)
{
	static const enum irq_payload data[] = { [1] = IRQ_NONE_DATA, [2] = IRQ_BOOL_DATA,
						 [4] = IRQ_FD_DATA };
	static const enum irq_action action[] = { [1] = IRQ_MASK, [2] = IRQ_UNMASK,
						  [4] = IRQ_TRIGGER };
	u32 flags, bit;

	(void)state;
	for (flags = 0; flags < 64; flags++) {
		int ret = parse(1000, flags, 0, 1, 1);

		if (__builtin_popcount(flags & 7) != 1) {
			assert_int_equal(ret, -EINVAL);
		} else if (__builtin_popcount(flags >> 3) != 1) {
			assert_int_equal(ret, -ENOTTY);
		} else {
			assert_int_equal(ret, 0);
			assert_int_equal(request.data, data[flags & 7]);
			assert_int_equal(request.action, action[flags >> 3]);
		}
		for (bit = 6; bit < 32; bit++)
			assert_int_equal(parse(1000, flags | 1U << bit, 0, 1, 1), -EINVAL);
	}
}

static void Q1_the_request_is_as_given(void **state)
{
	static const u8 bools[1];
	static const s32 fds[1];
	struct vfio_irq_set set = {
		.argsz = FIXED + 12, .flags = EVENTFD | TRIGGER, .index = VFIO_PCI_MSI_IRQ_INDEX,
		.start = 2, .count = 3,
	};
	struct irq_request given = { .bools = bools, .fds = fds };

	(void)state;
	assert_int_equal(irq_args_parse(&set, 32, &given, &data_size), 0);
	assert_int_equal(given.index, VFIO_PCI_MSI_IRQ_INDEX);
	assert_int_equal(given.action, IRQ_TRIGGER);
	assert_int_equal(given.data, IRQ_FD_DATA);
	assert_int_equal(given.start, 2);
	assert_int_equal(given.count, 3);
	assert_int_equal(data_size, 12);
	/* The data is the caller's to read. */
	assert_ptr_equal(given.bools, bools);
	assert_ptr_equal(given.fds, fds);
}

static void Q1_ranges(void **state)
{
	static const u32 edge[] = { 0, 1, 2, 3, 31, 32, 33, 2047, 2048, 0x7ffffffe, 0x7fffffff,
				    0x80000000, 0x80000001, U32_MAX - 1, U32_MAX };
	/* No device has more than 2048 of a kind; the last is what an int can hold. */
	static const u32 available[] = { 0, 1, 2, 32, 2048, 0x7fffffff };
	unsigned int a, s, c;

	(void)state;
	for (a = 0; a < ARRAY_SIZE(available); a++)
		for (s = 0; s < ARRAY_SIZE(edge); s++)
			for (c = 0; c < ARRAY_SIZE(edge); c++) {
				u64 end = (u64)edge[s] + edge[c];
				bool fits = edge[s] < available[a] && end <= available[a];

				assert_int_equal(parse(FIXED, NONE | TRIGGER, edge[s], edge[c],
						       available[a]), fits ? 0 : -EINVAL);
				if (!fits)
					continue;
				assert_int_equal(request.start, edge[s]);
				assert_int_equal(request.count, edge[c]);
				assert_int_equal(request.index, VFIO_PCI_MSIX_IRQ_INDEX);
			}
}

/* Q5: to disable is count 0, but start must still be one of the index's. */
static void Q5_no_interrupts_at_all(void **state)
{
	(void)state;
	assert_int_equal(parse(FIXED, NONE | TRIGGER, 0, 0, 1), 0);
	assert_int_equal(parse(FIXED, NONE | TRIGGER, 1, 0, 1), -EINVAL);
	assert_int_equal(parse(FIXED, NONE | TRIGGER, 0, 0, 0), -EINVAL);
	assert_int_equal(parse(FIXED, EVENTFD | TRIGGER, 31, 0, 32), 0);
	assert_int_equal(data_size, 0);
}

static void Q1_data_has_to_be_there(void **state)
{
	static const struct {
		u32 type;
		u32 each;
	} data[] = { { NONE, 0 }, { BOOL, 1 }, { EVENTFD, 4 } };
	unsigned int i;
	u32 count, room;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(data); i++)
		for (count = 0; count <= 8; count++)
			for (room = 0; room <= 40; room++) {
				int ret = parse(FIXED + room, data[i].type | TRIGGER, 0, count, 8);

				if (room < count * data[i].each) {
					assert_int_equal(ret, -EINVAL);
					continue;
				}
				assert_int_equal(ret, 0);
				assert_int_equal(data_size, count * data[i].each);
			}
}

/* Sizes that would wrap in 32 bits: 0x40000001 eventfds would look like 4 bytes. */
static void Q1_huge_data_does_not_wrap(void **state)
{
	(void)state;
	assert_int_equal(parse(FIXED + 4, EVENTFD | TRIGGER, 0, 0x40000001, 0x7fffffff), -EINVAL);
	assert_int_equal(parse(U32_MAX, EVENTFD | TRIGGER, 0, 0x7fffffff, 0x7fffffff), -EINVAL);
	assert_int_equal(parse(U32_MAX, EVENTFD | TRIGGER, 0, 0x3ffffffa, 0x7fffffff), 0);
	assert_int_equal(data_size, 0xffffffe8);
	assert_int_equal(parse(U32_MAX, BOOL | TRIGGER, 0, 0x7fffffff, 0x7fffffff), 0);
	assert_int_equal(data_size, 0x7fffffff);
}

/* ENOTTY is for what would be right but for the action. */
static void Q1_action_is_looked_at_last(void **state)
{
	const u32 both = VFIO_IRQ_SET_ACTION_MASK | TRIGGER;

	(void)state;
	assert_int_equal(parse(FIXED, NONE | both, 0, 1, 1), -ENOTTY);
	assert_int_equal(parse(FIXED, NONE, 0, 1, 1), -ENOTTY);
	assert_int_equal(parse(FIXED, NONE | both, 1, 1, 1), -EINVAL);
	assert_int_equal(parse(FIXED, NONE | both, 0, 2, 1), -EINVAL);
	assert_int_equal(parse(FIXED, BOOL | both, 0, 1, 1), -EINVAL);
	assert_int_equal(parse(FIXED, BOOL | NONE | both, 0, 1, 1), -EINVAL);
	assert_int_equal(parse(FIXED, NONE | both | 64, 0, 1, 1), -EINVAL);
}

/* P1: what is told of a refusal. The order of the checks decides when several are right. */
static void P1_fault_is_told(void **state)
{
	const u32 both = VFIO_IRQ_SET_ACTION_MASK | TRIGGER;

	(void)state;
	parse(FIXED, EVENTFD | both | 64, 1, 1, 1);
	assert_int_equal(request.fault, IRQ_FAULT_FLAGS);
	parse(FIXED, EVENTFD | BOOL | both, 1, 1, 1);
	assert_int_equal(request.fault, IRQ_FAULT_RANGE);
	parse(FIXED, EVENTFD | BOOL | both, 0, 1, 1);
	assert_int_equal(request.fault, IRQ_FAULT_DATA_TYPE);
	parse(FIXED, EVENTFD | both, 0, 1, 1);
	assert_int_equal(request.fault, IRQ_FAULT_DATA_SIZE);
	parse(FIXED + 4, EVENTFD | both, 0, 1, 1);
	assert_int_equal(request.fault, IRQ_FAULT_ACTION);
	/* Nothing but the fault is filled in. */
	assert_int_equal(request.index, UNTOUCHED);
	parse(FIXED + 4, EVENTFD | TRIGGER, 0, 1, 1);
	assert_int_equal(request.fault, IRQ_FAULT_NONE);
}

static void Q6_bools_choose(void **state)
{
	static const u8 bools[] = { 0, 1, 0, 0x80, 0xff };
	struct irq_request some = { .data = IRQ_BOOL_DATA, .count = 5, .bools = bools };
	struct irq_request all = { .data = IRQ_NONE_DATA, .count = 5 };
	u32 i;

	(void)state;
	for (i = 0; i < 5; i++) {
		assert_int_equal(irq_wanted(&some, i), !!bools[i]);
		assert_true(irq_wanted(&all, i));
	}
}

static const struct CMUnitTest tests[] = {
	TEST(Q1_flags),
	TEST(Q1_the_request_is_as_given),
	TEST(Q1_ranges),
	TEST(Q5_no_interrupts_at_all),
	TEST(Q1_data_has_to_be_there),
	TEST(Q1_huge_data_does_not_wrap),
	TEST(Q1_action_is_looked_at_last),
	TEST(P1_fault_is_told),
	TEST(Q6_bools_choose),
};

RUN_TESTS(tests)
