// SPDX-License-Identifier: GPL-2.0-only
/*
 * D1, D2: the log of dirty pages: when it can be asked, for which ranges, and what
 * it says with real devices, which may have written anything that is mapped.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "dirty_log.h"
#include "edu.h"
#include "harness.h"
#include "leftovers.h"
#include "process.h"
#include "vfio.h"

enum { PAGE = 4096, WORDS = LOG_WORDS };

/* Its 64-bit fields are aligned, in a 32-bit program too. */
struct migration_cap {
	struct vfio_info_cap_header header;
	uint32_t flags;
	uint32_t padding;
	uint64_t pgsize_bitmap;
	uint64_t max_dirty_bitmap_size;
};

static int container_of_edu(int type)
{
	return assign_group(vfio_device(EDU, 0), type).container;
}

static void expect_all_dirty(int container, uint64_t iova, uint64_t count)
{
	uint64_t expected[WORDS] = {};

	set_bits(expected, 0, count);
	check_log(container, iova, count, expected);
}

static int log_of_edu(void)
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);

	OK(try_log(container, LOG_START));
	return container;
}

TEST(D1_v1, "the log is refused in a v1 container: EACCES")
{
	int container = container_of_edu(VFIO_TYPE1_IOMMU);
	uint64_t words[WORDS] = {};

	map(container, 0, pages(PAGE), PAGE, READ_WRITE);
	REFUSED(try_log(container, LOG_START), EACCES);
	REFUSED(try_log(container, LOG_STOP), EACCES);
	REFUSED(try_log(container, 0), EACCES);
	REFUSED(try_log_get(container, 0, PAGE, words), EACCES);
	/* So UNMAP finds the log off. */
	REFUSED(try_unmap_dirty(container, 0, PAGE, (struct bitmap) { PAGE, 8, (uintptr_t)words }),
		EINVAL);
	EQUAL(locked_pages(), 1);
}

TEST(D1_flags, "exactly one flag that is known, else EINVAL and no change")
{
	static const uint32_t wrong[] = { 0, LOG_START | LOG_STOP, LOG_START | LOG_GET,
					  LOG_STOP | LOG_GET, LOG_START | LOG_STOP | LOG_GET, 8,
					  1U << 31, LOG_START | 8 };
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	uint64_t words[WORDS] = {};

	map(container, 0, pages(PAGE), PAGE, READ_WRITE);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct dirty_request request = log_request(0, PAGE, words);

		request.flags = wrong[i];
		REFUSED(try_log_request(container, request), EINVAL);
		REFUSED(try_log_get(container, 0, PAGE, words), EINVAL);
	}
	OK(try_log(container, LOG_START));
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		REFUSED(try_log(container, wrong[i]), EINVAL);
	expect_all_dirty(container, 0, 1);
}

TEST(D1_argument_sizes, "argsz must cover what the flag needs, and be readable")
{
	int container = log_of_edu();
	uint64_t words[WORDS] = {};
	struct dirty_request request = log_request(0, PAGE, words);

	map(container, 0, pages(PAGE), PAGE, READ_WRITE);
	request.argsz = 7;
	REFUSED(try_log_request(container, request), EINVAL);
	request.argsz = 8;
	REFUSED(try_log_request(container, request), EINVAL);
	request.argsz = sizeof(request) - 1;
	REFUSED(try_log_request(container, request), EINVAL);
	request.argsz = sizeof(request) + 64;
	OK(try_log_request(container, request));
	REFUSED(ioctl(container, VFIO_IOMMU_DIRTY_PAGES, NULL), EFAULT);
}

TEST(D1_start_and_stop, "START and STOP may be repeated; the log can be asked only in between")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	uint64_t words[WORDS] = {};

	map(container, 0, pages(PAGE), PAGE, READ_WRITE);
	REFUSED(try_log_get(container, 0, PAGE, words), EINVAL);
	OK(try_log(container, LOG_STOP));
	OK(try_log(container, LOG_START));
	OK(try_log(container, LOG_START));
	expect_all_dirty(container, 0, 1);
	OK(try_log(container, LOG_STOP));
	OK(try_log(container, LOG_STOP));
	REFUSED(try_log_get(container, 0, PAGE, words), EINVAL);
	EQUAL(words[0], 0);
	OK(try_log(container, LOG_START));
	expect_all_dirty(container, 0, 1);
}

TEST(D1_start_without_maps, "a log started with nothing mapped knows the maps made later")
{
	int container = log_of_edu();
	uint64_t nothing[WORDS] = {};

	check_log(container, 0, 200, nothing);
	map(container, 0, pages(3 * PAGE), 3 * PAGE, READ_WRITE);
	expect_all_dirty(container, 0, 3);
	EQUAL(unmap(container, 0, 3 * PAGE), 3 * PAGE);
	check_log(container, 0, 200, nothing);
}

TEST(D1_page_size, "the page size must be the smallest one: EINVAL")
{
	static const uint64_t wrong[] = { 1, 512, 2 * PAGE, 2 * MIB, 1ULL << 30, 0x201000,
					  1ULL << 63 };
	int container = log_of_edu();
	uint64_t words[WORDS] = {};

	map(container, 0, pages(4 * MIB), 4 * MIB, READ_WRITE);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct dirty_request request = log_request(0, 4 * MIB, words);

		request.bitmap.pgsize = wrong[i];
		REFUSED(try_log_request(container, request), EINVAL);
	}
}

TEST(D1_alignment, "iova and size must be whole pages, size not 0: EINVAL")
{
	int container = log_of_edu();
	uint64_t words[WORDS] = {};

	map(container, 0, pages(4 * PAGE), 4 * PAGE, READ_WRITE);
	REFUSED(try_log_get(container, 0, 0, words), EINVAL);
	REFUSED(try_log_get(container, 0, 1, words), EINVAL);
	REFUSED(try_log_get(container, 0, 4 * PAGE - 1, words), EINVAL);
	REFUSED(try_log_get(container, 0, 4 * PAGE + 1, words), EINVAL);
	REFUSED(try_log_get(container, 1, 4 * PAGE, words), EINVAL);
	REFUSED(try_log_get(container, PAGE / 2, 4 * PAGE, words), EINVAL);
	EQUAL(words[0], 0);
}

TEST(D1_wrapping_range, "a range past 64 bits is refused")
{
	int container = log_of_edu();
	uint64_t words[WORDS] = {};

	/* EOVERFLOW is what later kernels say. */
	REFUSED_EITHER(try_log_get(container, -(uint64_t)PAGE, 2 * PAGE, words), EINVAL, EOVERFLOW);
	REFUSED_EITHER(try_log_get(container, -(uint64_t)4 * PAGE, 16 * PAGE, words), EINVAL,
		       EOVERFLOW);
}

TEST(D1_cutting_range, "a range that begins or ends inside a map is EINVAL")
{
	int container = log_of_edu();
	uint64_t words[WORDS] = {};
	char *memory = pages(8 * PAGE);

	map(container, 4 * PAGE, memory, 4 * PAGE, READ_WRITE);
	map(container, 8 * PAGE, memory + 4 * PAGE, 4 * PAGE, READ_WRITE);
	REFUSED(try_log_get(container, 5 * PAGE, 3 * PAGE, words), EINVAL);
	REFUSED(try_log_get(container, 4 * PAGE, 3 * PAGE, words), EINVAL);
	REFUSED(try_log_get(container, 5 * PAGE, PAGE, words), EINVAL);
	REFUSED(try_log_get(container, 5 * PAGE, 7 * PAGE, words), EINVAL);
	REFUSED(try_log_get(container, 4 * PAGE, 7 * PAGE, words), EINVAL);
	REFUSED(try_log_get(container, 0, 10 * PAGE, words), EINVAL);
	REFUSED(try_log_get(container, 10 * PAGE, 10 * PAGE, words), EINVAL);
	EQUAL(words[0], 0);
	expect_all_dirty(container, 4 * PAGE, 8);
	expect_all_dirty(container, 8 * PAGE, 4);
}

TEST(D1_every_page,
	"with a real device every mapped page is dirty, written or not, read-only or not")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	char *memory = pages(200 * PAGE);

	map(container, 0, memory, 150 * PAGE, READ_WRITE);
	OK(try_log(container, LOG_START));
	map(container, 150 * PAGE, memory, 49 * PAGE, VFIO_DMA_MAP_FLAG_READ);
	map(container, 199 * PAGE, memory, PAGE, VFIO_DMA_MAP_FLAG_WRITE);
	for (int i = 0; i < 3; i++) {
		expect_all_dirty(container, 0, 200);
		expect_all_dirty(container, 150 * PAGE, 49);
	}
}

TEST(D1_report_again, "a report takes nothing away: the next one says the same")
{
	int container = log_of_edu();
	uint64_t words[WORDS];

	map(container, 0, pages(200 * PAGE), 200 * PAGE, READ_WRITE);
	for (int i = 0; i < 3; i++) {
		memset(words, 0, sizeof(words));
		OK(try_log_get(container, 0, 200 * PAGE, words));
		EQUAL(words[0], -1ULL);
		EQUAL(words[3], 0xff);
		EQUAL(words[4], 0);
	}
}

TEST(D1_holes, "pages of a range with nothing mapped are not dirty")
{
	int container = log_of_edu();
	uint64_t expected[WORDS] = {};
	char *memory = pages(70 * PAGE);

	map(container, MIB + 3 * PAGE, memory, 2 * PAGE, READ_WRITE);
	map(container, MIB + 70 * PAGE, memory, 70 * PAGE, READ_WRITE);
	map(container, MIB + 141 * PAGE, memory, PAGE, READ_WRITE);
	map(container, MIB + 300 * PAGE, memory, PAGE, READ_WRITE);
	set_bits(expected, 3, 2);
	set_bits(expected, 70, 70);
	set_bits(expected, 141, 1);
	set_bits(expected, 300, 1);
	check_log(container, MIB, 512, expected);
	check_log(container, MIB, 301, expected);
	expect_all_dirty(container, MIB + 70 * PAGE, 70);
}

/* One map of some pages, asked for with ranges that begin at every distance before it. */
static void check_distances(int container, uint64_t first, uint64_t count)
{
	static const uint64_t distances[] = { 0, 1, 31, 32, 62, 63, 64, 65, 127, 128, 130 };
	char *memory = pages(count * PAGE);

	map(container, first * PAGE, memory, count * PAGE, READ_WRITE);
	for (size_t i = 0; i < ARRAY_SIZE(distances); i++) {
		uint64_t expected[WORDS] = {}, before = distances[i];

		set_bits(expected, before, count);
		check_log(container, (first - before) * PAGE, before + count, expected);
		check_log(container, (first - before) * PAGE, before + count + 7, expected);
		check_log(container, (first - before) * PAGE, before + count + 64, expected);
	}
	EQUAL(unmap(container, first * PAGE, count * PAGE), count * PAGE);
	OK(munmap(memory, count * PAGE));
}

TEST(D1_bit_positions, "bit 0 is the first page of the range, whatever boundaries lie in between")
{
	static const uint64_t counts[] = { 1, 2, 63, 64, 65, 128, 129, 200 };
	int container = log_of_edu();

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		check_distances(container, 1024, counts[i]);
		check_distances(container, 1024 + 37, counts[i]);
	}
}

TEST(D1_long_map, "the bits of a map of thousands of pages, at any distance from bit 0")
{
	enum { PAGES = 9000, LONG = PAGES / 64 + 2 };
	int container = log_of_edu();

	map(container, 16 * MIB, pages(PAGES * PAGE), PAGES * PAGE, READ_WRITE);
	for (uint64_t before = 0; before < 64; before += 21) {
		uint64_t words[LONG + 1] = {}, expected[LONG] = {};
		struct dirty_request request = log_request(16 * MIB - before * PAGE,
							   (before + PAGES) * PAGE, words);

		words[LONG] = 0x5a5a;
		request.bitmap.size = LONG * sizeof(*words);
		set_bits(expected, before, PAGES);
		OK(try_log_request(container, request));
		expect_bits(words, expected, before + PAGES);
		EQUAL(words[LONG], 0x5a5a);
	}
}

TEST(D1_neighbours, "bits of maps that share a word do not disturb each other")
{
	int container = log_of_edu();
	uint64_t expected[WORDS] = {};
	char *memory = pages(64 * PAGE);

	/* Maps of 1, 2, 3 ... pages, every second of them missing. */
	for (uint64_t first = 0, count = 1; first + count < 400; first += 2 * count++) {
		map(container, MIB + first * PAGE, memory, count * PAGE, READ_WRITE);
		set_bits(expected, first, count);
	}
	check_log(container, MIB, 512, expected);
	check_log(container, MIB, 512, expected);
}

TEST(D1_words_around, "words of the bitmap that belong to no mapped page stay as they are")
{
	int container = log_of_edu();
	uint64_t words[WORDS];

	map(container, 192 * PAGE, pages(64 * PAGE), 64 * PAGE, READ_WRITE);
	memset(words, LOG_GUARD, sizeof(words));
	OK(try_log_get(container, 0, WORDS * 64 * PAGE, words));
	expect_untouched(words, 3 * 8);
	EQUAL(words[3], -1ULL);
	expect_untouched(words + 4, (WORDS - 4) * 8);
	/* Bits in the same word, before those of the map. */
	memset(words, 0, sizeof(words));
	words[0] = 5;
	OK(try_log_get(container, 182 * PAGE, 74 * PAGE, words));
	EQUAL(words[0], ~0x3ffULL | 5);
	EQUAL(words[1], 0x3ff);
}

TEST(D1_bitmap_size, "the bitmap must have whole words for all pages, and at most 256 MiB")
{
	int container = log_of_edu();
	uint64_t words[WORDS] = {};
	struct dirty_request request = log_request(0, 64 * PAGE, words);
	static const uint64_t wrong[] = { 0, 1, 7, (256 << 20) + 1, 1ULL << 32, -1ULL };

	map(container, 0, pages(65 * PAGE), 64 * PAGE, READ_WRITE);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		request.bitmap.size = wrong[i];
		REFUSED(try_log_request(container, request), EINVAL);
	}
	EQUAL(words[0], 0);
	request.bitmap.size = 8;
	OK(try_log_request(container, request));
	EQUAL(words[0], -1ULL);
	/* One page more is a word more. */
	request.size = 65 * PAGE;
	REFUSED(try_log_request(container, request), EINVAL);
	request.bitmap.size = 15;
	REFUSED(try_log_request(container, request), EINVAL);
	request.bitmap.size = 16;
	OK(try_log_request(container, request));
	EQUAL(words[1], 0);
}

TEST(D1_largest_range, "a range that needs more than 256 MiB of bitmap is EINVAL")
{
	int container = log_of_edu();
	/* Never touched, but for the word that has the mapped page. */
	uint64_t most = 256 << 20, *words = pages(most);
	struct dirty_request request = log_request(0, (most * 8 + 1) * PAGE, words);

	map(container, 0, pages(PAGE), PAGE, READ_WRITE);
	request.bitmap.size = most;
	REFUSED(try_log_request(container, request), EINVAL);
	request.bitmap.size = most + 8;
	REFUSED(try_log_request(container, request), EINVAL);
	EQUAL(words[0], 0);
	request.bitmap.size = most;
	request.size = most * 8 * PAGE;
	OK(try_log_request(container, request));
	EQUAL(words[0], 1);
	EQUAL(words[most / 8 - 1], 0);
}

/* Where the last word before memory that is not there is. */
static uint64_t *last_word(void)
{
	char *memory = pages(2 * PAGE);

	OK(munmap(memory + PAGE, PAGE));
	return (uint64_t *)(memory + PAGE) - 1;
}

TEST(D1_bitmap_not_there, "a bitmap that cannot be written is EFAULT, and nothing is forgotten")
{
	int container = log_of_edu();
	uint64_t *word = last_word(), *read_only = pages(PAGE);

	OK(mprotect(read_only, PAGE, PROT_READ));
	map(container, 0, pages(100 * PAGE), 100 * PAGE, READ_WRITE);
	REFUSED(try_log_get(container, 0, 100 * PAGE, NULL), EFAULT);
	REFUSED(try_log_get(container, 0, 100 * PAGE, word + 1), EFAULT);
	REFUSED(try_log_get(container, 0, 100 * PAGE, word), EFAULT);
	REFUSED(try_log_get(container, 0, 100 * PAGE, read_only), EFAULT);
	EQUAL(read_only[0], 0);
	EQUAL(locked_pages(), 100);
	expect_all_dirty(container, 0, 100);
	/* What is needed ends where the memory ends. */
	EQUAL(unmap(container, 0, 100 * PAGE), 100 * PAGE);
	map(container, 0, pages(64 * PAGE), 64 * PAGE, READ_WRITE);
	*word = 0;
	OK(try_log_get(container, 0, 64 * PAGE, word));
	EQUAL(*word, -1ULL);
}

TEST(D1_bitmap_of_the_kernel, "a bitmap outside of user memory is refused, and not written")
{
	int container = log_of_edu();
	struct dirty_request request = log_request(0, PAGE, NULL);
	static const uint64_t wrong[] = {
		0xffff888000000000, 0xffffffff81000000, 1ULL << 63, -8ULL,
	};

	map(container, 0, pages(PAGE), PAGE, READ_WRITE);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		request.bitmap.data = wrong[i];
		REFUSED_EITHER(try_log_request(container, request), EINVAL, EFAULT);
	}
	expect_all_dirty(container, 0, 1);
}

TEST(D1_later_group, "a group that joins finds the log on, and it says the same")
{
	int container = log_of_edu(), group;
	struct pci_device second = vfio_device(EDU, 1);

	map(container, 0, pages(10 * PAGE), 10 * PAGE, READ_WRITE);
	group = group_open(&second);
	OK(try_set_container(group, container));
	expect_all_dirty(container, 0, 10);
	map(container, 10 * PAGE, pages(PAGE), PAGE, READ_WRITE);
	OK(ioctl(group, VFIO_GROUP_UNSET_CONTAINER));
	expect_all_dirty(container, 0, 11);
}

TEST(D1_ends_with_the_iommu, "the log is off in a container that is set up anew")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	uint64_t words[WORDS] = {};

	OK(try_log(user.container, LOG_START));
	map(user.container, 0, pages(PAGE), PAGE, READ_WRITE);
	OK(ioctl(user.group, VFIO_GROUP_UNSET_CONTAINER));
	REFUSED(try_log(user.container, LOG_START), EINVAL);
	OK(try_set_container(user.group, user.container));
	OK(ioctl(user.container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	map(user.container, 0, pages(PAGE), PAGE, READ_WRITE);
	REFUSED(try_log_get(user.container, 0, PAGE, words), EINVAL);
	OK(try_log(user.container, LOG_START));
	expect_all_dirty(user.container, 0, 1);
}

TEST(D1_dma_goes_on, "the device's DMA goes on while the log is on, and through reports")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct edu edu = edu_start(user.device);
	char *memory = pages(2 * PAGE);

	map(user.container, 0, memory, 2 * PAGE, READ_WRITE);
	OK(try_log(user.container, LOG_START));
	CHECK(edu_reaches(&edu, 0, memory, 128));
	expect_all_dirty(user.container, 0, 2);
	CHECK(edu_reaches(&edu, PAGE, memory + PAGE, 128));
	OK(try_log(user.container, LOG_STOP));
	CHECK(edu_reaches(&edu, 0, memory, 128));
}

/* The other way to ask: UNMAP, for what it takes away. */

TEST(D1_unmap_log_off, "UNMAP with GET_DIRTY_BITMAP and the log off is EINVAL and unmaps nothing")
{
	int container = container_of_edu(VFIO_TYPE1v2_IOMMU);
	uint64_t words[WORDS] = {};

	map(container, 0, pages(PAGE), PAGE, READ_WRITE);
	REFUSED(try_unmap_dirty(container, 0, PAGE, bitmap_at(words)), EINVAL);
	OK(try_log(container, LOG_START));
	OK(try_log(container, LOG_STOP));
	REFUSED(try_unmap_dirty(container, 0, PAGE, bitmap_at(words)), EINVAL);
	EQUAL(words[0], 0);
	EQUAL(locked_pages(), 1);
}

TEST(D1_unmap_bits, "UNMAP with GET_DIRTY_BITMAP sets the bits of what it unmaps")
{
	int container = log_of_edu();
	uint64_t expected[WORDS] = {}, words[WORDS] = {};
	char *memory = pages(100 * PAGE);

	map(container, 10 * PAGE, memory, 100 * PAGE, READ_WRITE);
	map(container, 130 * PAGE, memory, PAGE, VFIO_DMA_MAP_FLAG_READ);
	map(container, MIB, memory, PAGE, READ_WRITE);
	set_bits(expected, 7, 100);
	set_bits(expected, 127, 1);
	EQUAL(OK(try_unmap_dirty(container, 3 * PAGE, 200 * PAGE, bitmap_at(words))), 101 * PAGE);
	expect_bits(words, expected, WORDS * 64);
	EQUAL(locked_pages(), 1);
	/* Gone for the log, too. */
	memset(expected, 0, sizeof(expected));
	check_log(container, 0, 200, expected);
	/* Nothing there is nothing dirty. */
	memset(words, LOG_GUARD, sizeof(words));
	EQUAL(OK(try_unmap_dirty(container, 0, 200 * PAGE, bitmap_at(words))), 0);
	expect_untouched(words, sizeof(words));
}

TEST(D1_unmap_unfit_bitmap, "UNMAP with a bitmap that is not fit is EINVAL and unmaps nothing")
{
	int container = log_of_edu();
	uint64_t words[WORDS] = {};
	struct bitmap small = bitmap_at(words), large = small, coarse = small, fine = small;

	small.size = 8;
	large.size = (256 << 20) + 1;
	coarse.pgsize = 2 * PAGE;
	fine.pgsize = 512;
	map(container, 0, pages(65 * PAGE), 65 * PAGE, READ_WRITE);
	REFUSED(try_unmap_dirty(container, 0, 65 * PAGE, small), EINVAL);
	REFUSED(try_unmap_dirty(container, 0, 65 * PAGE, large), EINVAL);
	REFUSED(try_unmap_dirty(container, 0, 65 * PAGE, coarse), EINVAL);
	REFUSED(try_unmap_dirty(container, 0, 65 * PAGE, fine), EINVAL);
	EQUAL(words[0], 0);
	EQUAL(locked_pages(), 65);
	expect_all_dirty(container, 0, 65);
}

TEST(D1_unmap_arguments, "UNMAP with GET_DIRTY_BITMAP has the rules of UNMAP, and needs its argsz")
{
	int container = log_of_edu();
	uint64_t words[WORDS] = {};
	struct unmap_request request = {
		.argsz = sizeof(request) - 1, .flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
		.size = 4 * PAGE, .bitmap = bitmap_at(words),
	};

	map(container, 0, pages(4 * PAGE), 4 * PAGE, READ_WRITE);
	REFUSED(ioctl(container, VFIO_IOMMU_UNMAP_DMA, &request), EINVAL);
	request.argsz = 24;
	REFUSED(ioctl(container, VFIO_IOMMU_UNMAP_DMA, &request), EINVAL);
	REFUSED(try_unmap_dirty(container, 0, 0, bitmap_at(words)), EINVAL);
	REFUSED(try_unmap_dirty(container, 1, 4 * PAGE, bitmap_at(words)), EINVAL);
	REFUSED(try_unmap_dirty(container, 0, 3 * PAGE, bitmap_at(words)), EINVAL);
	REFUSED(try_unmap_dirty(container, PAGE, 3 * PAGE, bitmap_at(words)), EINVAL);
	REFUSED_EITHER(try_unmap_dirty(container, -(uint64_t)PAGE, 2 * PAGE, bitmap_at(words)),
		       EINVAL, EOVERFLOW);
	EQUAL(words[0], 0);
	EQUAL(locked_pages(), 4);
}

TEST(D1_unmap_bitmap_not_there,
	"UNMAP with a bitmap that cannot be written is EFAULT, the map stays")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct edu edu = edu_start(user.device);
	char *memory = pages(100 * PAGE);

	OK(try_log(user.container, LOG_START));
	map(user.container, 0, memory, 100 * PAGE, READ_WRITE);
	REFUSED(try_unmap_dirty(user.container, 0, 100 * PAGE, bitmap_at(last_word())), EFAULT);
	REFUSED(try_unmap_dirty(user.container, 0, 100 * PAGE, bitmap_at(NULL)), EFAULT);
	EQUAL(locked_pages(), 100);
	CHECK(edu_reaches(&edu, 99 * PAGE, memory + 99 * PAGE, 128));
	expect_all_dirty(user.container, 0, 100);
	EQUAL(unmap(user.container, 0, 100 * PAGE), 100 * PAGE);
	EQUAL(pinned_pages(), 0);
}

TEST(D1_marked_maps, "maps whose addresses were taken away are in the log like others")
{
	int container = log_of_edu();
	char *memory = pages(4 * PAGE);
	uint64_t words[WORDS] = {};

	map(container, 0, memory, 4 * PAGE, READ_WRITE);
	EQUAL(OK(try_unmap(container, 0, 0, VFIO_DMA_UNMAP_FLAG_VADDR | VFIO_DMA_UNMAP_FLAG_ALL)),
	      4 * PAGE);
	expect_all_dirty(container, 0, 4);
	EQUAL(OK(try_unmap_dirty(container, 0, 4 * PAGE, bitmap_at(words))), 4 * PAGE);
	EQUAL(words[0], 0xf);
	EQUAL(locked_pages(), 0);
}

TEST(D2_migration, "GET_INFO has the page size of the log and the largest bitmap")
{
	static const int types[] = { VFIO_TYPE1_IOMMU, VFIO_TYPE1v2_IOMMU };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct assignment user = assign_group(vfio_device(EDU, 0), types[i]);
		struct vfio_iommu_type1_info *info = iommu_info(user.container);
		const struct migration_cap *cap =
			iommu_cap(info, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION);

		CHECK(cap);
		EQUAL(cap->header.version, 1);
		EQUAL(cap->flags, 0);
		EQUAL(cap->pgsize_bitmap, PAGE);
		EQUAL(cap->max_dirty_bitmap_size, 0x10000000);
		free(info);
		unassign(&user);
	}
}
