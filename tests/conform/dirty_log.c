// SPDX-License-Identifier: GPL-2.0-only
#include "dirty_log.h"

#include "harness.h"

enum { PAGE = 4096 };

int try_log(int container, uint32_t flags)
{
	struct vfio_iommu_type1_dirty_bitmap request = { .argsz = sizeof(request), .flags = flags };

	return ioctl(container, VFIO_IOMMU_DIRTY_PAGES, &request);
}

struct bitmap bitmap_at(const void *words)
{
	return (struct bitmap) { .pgsize = PAGE, .size = LOG_WORDS * 8, .data = (uintptr_t)words };
}

struct dirty_request log_request(uint64_t iova, uint64_t size, const void *words)
{
	return (struct dirty_request) {
		.argsz = sizeof(struct dirty_request), .flags = LOG_GET, .iova = iova, .size = size,
		.bitmap = bitmap_at(words),
	};
}

int try_log_request(int container, struct dirty_request request)
{
	return ioctl(container, VFIO_IOMMU_DIRTY_PAGES, &request);
}

int try_log_get(int container, uint64_t iova, uint64_t size, const void *words)
{
	return try_log_request(container, log_request(iova, size, words));
}

int64_t try_unmap_dirty(int container, uint64_t iova, uint64_t size, struct bitmap bitmap)
{
	struct unmap_request request = {
		.argsz = sizeof(request), .flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
		.iova = iova, .size = size, .bitmap = bitmap,
	};

	if (ioctl(container, VFIO_IOMMU_UNMAP_DMA, &request))
		return -1;
	return request.size;
}

static bool bit(const uint64_t *words, uint64_t number)
{
	return words[number / 64] >> number % 64 & 1;
}

void set_bits(uint64_t *words, uint64_t first, uint64_t count)
{
	for (; count; first++, count--)
		words[first / 64] |= 1ULL << first % 64;
}

void expect_bits(const uint64_t *words, const uint64_t *expected, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		if (bit(words, i) != bit(expected, i))
			FAIL("bit %llu is %d", (unsigned long long)i, bit(words, i));
}

void expect_untouched(const void *memory, size_t size)
{
	const unsigned char *bytes = memory;

	for (size_t i = 0; i < size; i++)
		EQUAL(bytes[i], LOG_GUARD);
}

/*
 * What in-tree shifted within its log for one report it shows in later ones, as dirty
 * pages behind the map; so there the log is begun anew each time. Ours just goes on.
 */
static void forget_reports(int container)
{
	if (testing_ours())
		return;
	OK(try_log(container, LOG_STOP));
	OK(try_log(container, LOG_START));
}

void check_log(int container, uint64_t iova, uint64_t count, const uint64_t *expected)
{
	uint64_t used = (count + 63) / 64, words[LOG_WORDS + 1] = {};
	struct dirty_request request = log_request(iova, count * PAGE, words);

	CHECK(used <= LOG_WORDS);
	forget_reports(container);
	/* Just as much as is needed; what is behind it is nobody's business. */
	request.bitmap.size = used * 8;
	memset(words + used, LOG_GUARD, sizeof(words) - used * 8);
	OK(try_log_request(container, request));
	expect_bits(words, expected, used * 64);
	expect_untouched(words + used, sizeof(words) - used * 8);
}
