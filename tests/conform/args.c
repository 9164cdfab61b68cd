// SPDX-License-Identifier: GPL-2.0-only
/*
 * G1-G8: what every call does with its argument: sizes, pointers, flags, written
 * back bytes, capability chains, unknown numbers.
 */
#include <fcntl.h>
#include <sys/mman.h>

#include "harness.h"
#include "vfio.h"

enum target { ON_CONTAINER, ON_GROUP, ON_DEVICE };

/* Calls with a struct that starts with argsz; minimum is the size of the first version. */
static const struct call {
	enum target target;
	unsigned long request;
	uint32_t minimum;
	bool writes;
} calls[] = {
	{ ON_GROUP, VFIO_GROUP_GET_STATUS, 8, true },
	{ ON_DEVICE, VFIO_DEVICE_GET_INFO, 16, true },
	{ ON_DEVICE, VFIO_DEVICE_GET_REGION_INFO, 32, true },
	{ ON_DEVICE, VFIO_DEVICE_GET_IRQ_INFO, 16, true },
	{ ON_DEVICE, VFIO_DEVICE_SET_IRQS, 20, false },
	{ ON_CONTAINER, VFIO_IOMMU_GET_INFO, 16, true },
	{ ON_CONTAINER, VFIO_IOMMU_MAP_DMA, 32, false },
	{ ON_CONTAINER, VFIO_IOMMU_UNMAP_DMA, 24, true },
};

static const uint64_t one_page = 4096;

static int fd_of(const struct assignment *assignment, enum target target)
{
	switch (target) {
	case ON_CONTAINER:
		return assignment->container;
	case ON_GROUP:
		return assignment->group;
	default:
		return assignment->device;
	}
}

/*
 * Fills a buffer so that the call succeeds: zeroes do for the info calls (index 0),
 * the others get their smallest valid request.
 */
static void fill_valid(const struct call *call, void *buffer, uint32_t argsz)
{
	static void *memory;

	memset(buffer, 0, call->minimum);
	memcpy(buffer, &argsz, sizeof(argsz));
	if (!memory)
		memory = pages(one_page);
	if (call->request == VFIO_IOMMU_MAP_DMA) {
		struct vfio_iommu_type1_dma_map *request = buffer;

		request->flags = READ_WRITE;
		request->vaddr = (uintptr_t)memory;
		request->size = one_page;
	} else if (call->request == VFIO_IOMMU_UNMAP_DMA) {
		((struct vfio_iommu_type1_dma_unmap *)buffer)->size = one_page;
	} else if (call->request == VFIO_DEVICE_SET_IRQS) {
		struct vfio_irq_set *request = buffer;

		/* Clears the eventfd of a request that was never set up. */
		request->flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER;
		request->index = VFIO_PCI_REQ_IRQ_INDEX;
	}
}

static struct assignment edu_assignment(void)
{
	return assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
}

/* Whether the call, made valid, is taken; MAP leaves nothing that a repeat would hit. */
static int call_with(const struct assignment *assignment, const struct call *call, void *buffer)
{
	int result = ioctl(fd_of(assignment, call->target), call->request, buffer);

	if (!result && call->request == VFIO_IOMMU_MAP_DMA)
		EQUAL(unmap(assignment->container, 0, one_page), one_page);
	return result;
}

/* The one call that a quiet device cannot take without an interrupt set up. */
static bool needs_interrupt(const struct call *call)
{
	return call->request == VFIO_DEVICE_SET_IRQS;
}

TEST(G1_argsz_below_minimum, "argsz below the size of the first version of a struct is EINVAL")
{
	struct assignment edu = edu_assignment();
	char buffer[256];

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		fill_valid(&calls[i], buffer, calls[i].minimum - 1);
		REFUSED(call_with(&edu, &calls[i], buffer), EINVAL);
		fill_valid(&calls[i], buffer, 0);
		REFUSED(call_with(&edu, &calls[i], buffer), EINVAL);
	}
}

TEST(G1_argsz_exact_and_larger, "argsz of exactly the minimum and far larger ones are accepted")
{
	static const uint32_t extra[] = { 0, 1, 100, 60000 };
	struct assignment edu = edu_assignment();
	char buffer[512];

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(extra) && !needs_interrupt(&calls[i]); j++) {
			/* Capabilities may go to all of the room that argsz promises. */
			char *room = pages(65536);

			fill_valid(&calls[i], buffer, calls[i].minimum + extra[j]);
			memcpy(room, buffer, calls[i].minimum);
			OK(call_with(&edu, &calls[i], room));
			munmap(room, 65536);
		}
	}
}

TEST(G2_bad_pointer, "an unreadable struct is EFAULT in every call")
{
	struct assignment edu = edu_assignment();
	char *nothing = mmap(NULL, one_page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		int fd = fd_of(&edu, calls[i].target);

		REFUSED(ioctl(fd, calls[i].request, NULL), EFAULT);
		REFUSED(ioctl(fd, calls[i].request, nothing), EFAULT);
	}
}

TEST(G2_struct_cut_by_end_of_memory, "a struct that ends after the last readable byte is EFAULT")
{
	struct assignment edu = edu_assignment();
	char *memory = pages(2 * one_page);

	OK(mprotect(memory + one_page, one_page, PROT_NONE));
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		char *cut = memory + one_page - (calls[i].minimum - 4);
		uint32_t argsz = calls[i].minimum;

		memset(cut, 0, calls[i].minimum - 4);
		memcpy(cut, &argsz, sizeof(argsz));
		REFUSED(ioctl(fd_of(&edu, calls[i].target), calls[i].request, cut), EFAULT);
	}
}

TEST(G2_struct_at_end_of_memory, "no byte after the first version of a struct is touched")
{
	struct assignment edu = edu_assignment();
	char *memory = pages(2 * one_page);

	OK(mprotect(memory + one_page, one_page, PROT_NONE));
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		char *tight = memory + one_page - calls[i].minimum;

		if (needs_interrupt(&calls[i]))
			continue;
		fill_valid(&calls[i], tight, calls[i].minimum);
		OK(call_with(&edu, &calls[i], tight));
	}
}

TEST(G2_read_only_struct, "a struct that cannot be written back is EFAULT")
{
	struct assignment edu = edu_assignment();

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		char *memory = pages(one_page);

		if (!calls[i].writes)
			continue;
		fill_valid(&calls[i], memory, calls[i].minimum);
		OK(mprotect(memory, one_page, PROT_READ));
		REFUSED(call_with(&edu, &calls[i], memory), EFAULT);
	}
}

TEST(G3_bytes_written_back, "nothing after the known part of a struct is written, whatever argsz")
{
	struct assignment edu = edu_assignment();
	unsigned char buffer[256];

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		/* cap_offset follows the first version of these two. */
		bool caps = calls[i].request == VFIO_DEVICE_GET_INFO;
		size_t known = calls[i].minimum + (caps ? 4 : 0);

		/* GET_INFO of the container fills the room with capabilities: see G4. */
		if (needs_interrupt(&calls[i]) || calls[i].request == VFIO_IOMMU_GET_INFO)
			continue;
		memset(buffer, 0xaa, sizeof(buffer));
		fill_valid(&calls[i], buffer, sizeof(buffer));
		OK(call_with(&edu, &calls[i], buffer));
		for (size_t j = known; j < sizeof(buffer); j++)
			EQUAL(buffer[j], 0xaa);
	}
}

TEST(G3_device_info_cap_offset,
	"cap_offset of a device without capabilities is zeroed if asked for")
{
	struct assignment edu = edu_assignment();
	struct vfio_device_info info = { .argsz = 20 };

	memset(&info.cap_offset, 0xaa, sizeof(info.cap_offset));
	OK(ioctl(edu.device, VFIO_DEVICE_GET_INFO, &info));
	EQUAL(info.cap_offset, 0);
	EQUAL(info.flags & VFIO_DEVICE_FLAGS_CAPS, 0);

	info.argsz = 16;
	info.cap_offset = 0xaaaaaaaa;
	OK(ioctl(edu.device, VFIO_DEVICE_GET_INFO, &info));
	EQUAL(info.cap_offset, 0xaaaaaaaaU);
}

TEST(G4_iommu_caps_do_not_fit,
	"without room for capabilities: success, CAPS, argsz needed, no offset")
{
	struct assignment edu = edu_assignment();
	struct { struct vfio_iommu_type1_info info; char after[64]; } room = {};

	for (uint32_t argsz = 20; argsz <= 40; argsz += 20) {
		memset(&room, 0, sizeof(room));
		room.info.argsz = argsz;
		room.info.cap_offset = 0xaaaaaaaa;
		OK(ioctl(edu.container, VFIO_IOMMU_GET_INFO, &room));
		CHECK(room.info.flags & VFIO_IOMMU_INFO_CAPS);
		CHECK(room.info.argsz > argsz);
		EQUAL(room.info.cap_offset, 0);
	}
}

TEST(G4_iommu_caps_fit, "capabilities that fit form one chain inside argsz that ends in 0")
{
	struct assignment edu = edu_assignment();
	struct vfio_iommu_type1_info *info = iommu_info(edu.container);
	uint32_t offset, seen = 0;

	CHECK(info->flags & VFIO_IOMMU_INFO_CAPS);
	/* The struct is 24 bytes for every program, though a 32-bit one sees 20. */
	EQUAL(info->cap_offset, 24);
	for (offset = info->cap_offset; offset;) {
		const struct vfio_info_cap_header *cap;

		CHECK(offset + sizeof(*cap) <= info->argsz);
		cap = (const void *)((const char *)info + offset);
		EQUAL(cap->version, 1);
		CHECK(!cap->next || cap->next > offset);
		offset = cap->next;
		seen++;
	}
	CHECK(seen >= 2);
}

TEST(G4_iommu_caps_one_byte_short, "one byte less than needed and no capability is written")
{
	struct assignment edu = edu_assignment();
	struct vfio_iommu_type1_info *info = iommu_info(edu.container);
	uint32_t needed = info->argsz;

	memset(info, 0xaa, needed);
	info->argsz = needed - 1;
	OK(ioctl(edu.container, VFIO_IOMMU_GET_INFO, info));
	EQUAL(info->argsz, needed);
	EQUAL(info->cap_offset, 0);
	for (uint32_t i = 24; i < needed; i++)
		EQUAL(((unsigned char *)info)[i], 0xaa);
}

TEST(G4_region_caps, "region capabilities follow the same rules, the chain starts at 32")
{
	struct assignment nvme = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	struct { struct vfio_region_info info; char caps[256]; } room = {
		.info = { .argsz = sizeof(struct vfio_region_info) },
	};
	const struct vfio_info_cap_header *cap = (const void *)room.caps;

	/* The BAR with the MSI-X table says that the table may be mapped. */
	OK(ioctl(nvme.device, VFIO_DEVICE_GET_REGION_INFO, &room));
	CHECK(room.info.flags & VFIO_REGION_INFO_FLAG_CAPS);
	CHECK(room.info.argsz > sizeof(room.info));
	CHECK(room.info.argsz <= sizeof(room));
	EQUAL(room.info.cap_offset, 0);
	OK(ioctl(nvme.device, VFIO_DEVICE_GET_REGION_INFO, &room));
	EQUAL(room.info.cap_offset, 32);
	EQUAL(cap->id, VFIO_REGION_INFO_CAP_MSIX_MAPPABLE);
	EQUAL(cap->version, 1);
	EQUAL(cap->next, 0);
}

TEST(G5_info_ignores_flags, "info calls ignore flags and reserved fields that come in")
{
	struct assignment edu = edu_assignment();
	struct vfio_group_status status = { .argsz = sizeof(status), .flags = ~0U };
	struct vfio_device_info device = { .argsz = sizeof(device), .flags = ~0U };
	struct vfio_region_info region = { .argsz = sizeof(region), .flags = ~0U,
					   .cap_offset = ~0U };
	struct vfio_irq_info irq = { .argsz = sizeof(irq), .flags = ~0U };
	struct vfio_iommu_type1_info iommu = { .argsz = 16, .flags = ~0U };

	OK(ioctl(edu.group, VFIO_GROUP_GET_STATUS, &status));
	EQUAL(status.flags, VFIO_GROUP_FLAGS_VIABLE | VFIO_GROUP_FLAGS_CONTAINER_SET);
	OK(ioctl(edu.device, VFIO_DEVICE_GET_INFO, &device));
	EQUAL(device.flags & ~VFIO_DEVICE_FLAGS_RESET, VFIO_DEVICE_FLAGS_PCI);
	OK(ioctl(edu.device, VFIO_DEVICE_GET_REGION_INFO, &region));
	EQUAL(region.flags, VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
	      VFIO_REGION_INFO_FLAG_MMAP);
	OK(ioctl(edu.device, VFIO_DEVICE_GET_IRQ_INFO, &irq));
	EQUAL(irq.flags, VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE |
	      VFIO_IRQ_INFO_AUTOMASKED);
	OK(ioctl(edu.container, VFIO_IOMMU_GET_INFO, &iommu));
	EQUAL(iommu.flags, VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS);
}

TEST(G5_map_rejects_unknown_flags, "MAP and UNMAP refuse every unknown flag bit with EINVAL")
{
	struct assignment edu = edu_assignment();
	void *memory = pages(one_page);

	for (unsigned int bit = 3; bit < 32; bit++) {
		REFUSED(try_map(edu.container, 0, memory, one_page, READ_WRITE | 1U << bit),
			EINVAL);
		REFUSED(try_unmap(edu.container, 0, one_page, 1U << bit), EINVAL);
	}
	/* The same requests without the bit. */
	map(edu.container, 0, memory, one_page, READ_WRITE);
	EQUAL(unmap(edu.container, 0, one_page), one_page);
}

TEST(G6_unknown_ioctl, "unknown calls: ENOTTY, but EINVAL on a container without an IOMMU")
{
	static const unsigned long unknown[] = {
		_IO(VFIO_TYPE, VFIO_BASE), _IO(VFIO_TYPE, VFIO_BASE + 90), _IO('x', 1), 0, ~0U,
	};
	struct assignment edu = edu_assignment();
	int empty = container_open();

	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		/* Number 100 is the container's GET_API_VERSION. */
		if (i) {
			REFUSED(ioctl(empty, unknown[i], 0), EINVAL);
			REFUSED(ioctl(edu.container, unknown[i], 0), ENOTTY);
		}
		REFUSED(ioctl(edu.group, unknown[i], 0), ENOTTY);
		REFUSED(ioctl(edu.device, unknown[i], 0), ENOTTY);
	}
}

TEST(G6_calls_of_others, "calls of another file or IOMMU driver are unknown")
{
	struct assignment edu = edu_assignment();

	REFUSED(ioctl(edu.container, VFIO_IOMMU_ENABLE, 0), ENOTTY);
	REFUSED(ioctl(edu.container, VFIO_IOMMU_DISABLE, 0), ENOTTY);
	REFUSED(ioctl(edu.container, VFIO_GROUP_GET_STATUS, 0), ENOTTY);
	REFUSED(ioctl(edu.group, VFIO_IOMMU_MAP_DMA, 0), ENOTTY);
	REFUSED(ioctl(edu.device, VFIO_GROUP_GET_STATUS, 0), ENOTTY);
}

TEST(G7_fds_close_on_exec, "a device fd is opened close-on-exec")
{
	struct assignment edu = edu_assignment();

	CHECK(OK(fcntl(edu.device, F_GETFD)) & FD_CLOEXEC);
}

TEST(G8_container_file_ops, "read and write of a container are EINVAL, mmap is ENODEV")
{
	struct assignment edu = edu_assignment();
	int fds[] = { container_open(), edu.container };
	char byte = 0;

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		REFUSED(read(fds[i], &byte, 1), EINVAL);
		REFUSED(write(fds[i], &byte, 1), EINVAL);
		CHECK(mmap(NULL, one_page, PROT_READ, MAP_SHARED, fds[i], 0) == MAP_FAILED);
		EQUAL(errno, ENODEV);
	}
}
