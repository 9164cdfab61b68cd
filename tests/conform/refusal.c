// SPDX-License-Identifier: GPL-2.0-only
/*
 * P1, P2: refusals with reasons: asked for on the file they happened on, and traced. What
 * the ABI folds into one errno is told apart here.
 */
#include "refusal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "dirty_log.h"
#include "harness.h"
#include "pci.h"
#include "process.h"
#include "sample.h"
#include "textfile.h"
#include "tracing.h"
#include "vfio.h"

enum { PAGE = 4096 };

void refusals_only(void)
{
	improvement("refusals have reasons that a program can ask for");
}

struct openvfio_refusal refusal_of(int file)
{
	struct openvfio_refusal refusal = { .argsz = sizeof(refusal) };

	OK(ioctl(file, OPENVFIO_GET_REFUSAL, &refusal));
	CHECK(memchr(refusal.text, 0, sizeof(refusal.text)));
	return refusal;
}

void expect_refusal(int file, unsigned int reason, int error, const char *words)
{
	struct openvfio_refusal refusal = refusal_of(file);

	if (!strstr(refusal.text, words))
		FAIL("'%s' is not in '%s'", words, refusal.text);
	EQUAL(refusal.reason, reason);
	EQUAL(refusal.error, error);
}

void expect_our_refusal(int file, unsigned int reason, int error, const char *words)
{
	if (testing_ours())
		expect_refusal(file, reason, error, words);
}

TEST(P1_can_be_probed, "CHECK_EXTENSION announces it; the call checks its arguments")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct openvfio_refusal refusal = { .argsz = sizeof(refusal) - 1 };

	refusals_only();
	EQUAL(ioctl(container_open(), VFIO_CHECK_EXTENSION, OPENVFIO_REFUSAL_EXT), 1);
	EQUAL(ioctl(user.container, VFIO_CHECK_EXTENSION, OPENVFIO_REFUSAL_EXT), 1);
	REFUSED(ioctl(user.container, OPENVFIO_GET_REFUSAL, &refusal), EINVAL);
	refusal = (struct openvfio_refusal){ .argsz = sizeof(refusal), .flags = 1 };
	REFUSED(ioctl(user.container, OPENVFIO_GET_REFUSAL, &refusal), EINVAL);
	REFUSED(ioctl(user.container, OPENVFIO_GET_REFUSAL, NULL), EFAULT);
	EQUAL(refusal_of(user.container).reason, OPENVFIO_REASON_NONE);
	EQUAL(refusal_of(user.container).text[0], 0);
	EQUAL(refusal_of(user.group).reason, OPENVFIO_REASON_NONE);
}

TEST(P1_map_arguments, "the many EINVAL of MAP_DMA are told apart")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	int container = user.container;
	struct vfio_iommu_type1_dma_map small = { .argsz = 8, .flags = READ_WRITE };
	char *memory = pages(2 * PAGE);

	refusals_only();
	REFUSED(ioctl(container, VFIO_IOMMU_MAP_DMA, &small), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_ARGSZ, EINVAL, "argsz is 8");
	REFUSED(try_map(container, 0, memory, PAGE, 1 << 20), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_FLAGS, EINVAL, "0x100000");
	REFUSED(try_map(container, 0, memory, PAGE, 0), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_FLAGS, EINVAL, "READ or WRITE");
	REFUSED(try_map(container, 1, memory, PAGE, READ_WRITE), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_ALIGNMENT, EINVAL, "multiples of 0x1000");
	REFUSED(try_map(container, -(uint64_t)PAGE, memory, 2 * PAGE, READ_WRITE), EOVERFLOW);
	expect_refusal(container, OPENVFIO_REASON_WRAP, EOVERFLOW, "0xfffffffffffff000");
	REFUSED(try_map(container, 0xfee00000, memory, PAGE, READ_WRITE), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_WINDOW, EINVAL, "0xfee00000-0xfee00fff");
}

TEST(P1_map_state, "so are mappings in the way, limits, and memory that is not there")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	int container = user.container;
	char *memory = pages(2 * PAGE);

	refusals_only();
	map(container, 0x10000, memory, 2 * PAGE, READ_WRITE);
	REFUSED(try_map(container, 0x11000, memory, PAGE, READ_WRITE), EEXIST);
	expect_refusal(container, OPENVFIO_REASON_OVERLAP, EEXIST,
		       "0x11000-0x11fff overlaps the mapping 0x10000-0x11fff");
	REFUSED(try_unmap(container, 0x10000, PAGE, 0), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_CUT, EINVAL, "0x10000-0x10fff");
	REFUSED(try_unmap(container, 0x10000, 0, 0), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_ALIGNMENT, EINVAL, "size 0x0");
	EQUAL(unmap(container, 0x10000, 2 * PAGE), 2 * PAGE);
	OK(munmap(memory, 2 * PAGE));
	REFUSED(try_map(container, 0, memory, PAGE, READ_WRITE), EFAULT);
	expect_refusal(container, OPENVFIO_REASON_MEMORY, EFAULT, "no memory at 0x");
}

static void map_beyond_limit(void *argument)
{
	struct assignment *user = argument;
	struct rlimit limit = { .rlim_cur = 16 * PAGE, .rlim_max = 16 * PAGE };
	char *memory = pages(64 * PAGE);

	OK(setrlimit(RLIMIT_MEMLOCK, &limit));
	drop_privileges();
	REFUSED(try_map(user->container, 0, memory, 64 * PAGE, READ_WRITE), ENOMEM);
	expect_refusal(user->container, OPENVFIO_REASON_MEMLOCK, ENOMEM, "RLIMIT_MEMLOCK is 64 KiB");
	expect_refusal(user->container, OPENVFIO_REASON_MEMLOCK, ENOMEM, "256 KiB more");
}

NATIVE_TEST(P1_memlock, "an unprivileged user reads how much was asked, is locked, and is allowed")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);

	refusals_only();
	finish_child(start_child(map_beyond_limit, &user));
}

TEST(P1_entries, "ENOSPC names the parameter")
{
	struct pci_device edu = vfio_device(EDU, 0);
	struct assignment user;
	char *memory = pages(PAGE);

	refusals_only();
	OK(text_write("1", "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit"));
	user = assign_group(edu, VFIO_TYPE1v2_IOMMU);
	map(user.container, 0, memory, PAGE, READ_WRITE);
	REFUSED(try_map(user.container, PAGE, memory, PAGE, READ_WRITE), ENOSPC);
	expect_refusal(user.container, OPENVFIO_REASON_ENTRIES, ENOSPC, "dma_entry_limit");
}

TEST(P1_not_viable, "EPERM of SET_CONTAINER names the device and the driver that block the group")
{
	struct pci_device sound = pci_find(ES1370, 0), edu = vfio_device(EDU, 2);
	int group = group_open(&edu), container = container_open();
	char words[64];

	refusals_only();
	if (system("modprobe snd_ens1370"))
		skip("needs the driver snd_ens1370");
	OK(pci_bind(&sound, "snd_ens1370"));
	REFUSED(try_set_container(group, container), EPERM);
	snprintf(words, sizeof(words), "%s is bound to snd_ens1370", sound.name);
	expect_refusal(group, OPENVFIO_REASON_NOT_VIABLE, EPERM, words);
	EQUAL(refusal_of(container).reason, OPENVFIO_REASON_NONE);
}

TEST(P1_group_calls, "the EINVAL, EBUSY and ENODEV of group calls are told apart")
{
	struct pci_device edu = vfio_device(EDU, 0);
	int group = group_open(&edu), container = container_open(), device;

	refusals_only();
	REFUSED(ioctl(group, VFIO_GROUP_UNSET_CONTAINER), EINVAL);
	expect_refusal(group, OPENVFIO_REASON_NOT_ATTACHED, EINVAL, "in no container");
	REFUSED(try_set_container(group, group), EINVAL);
	expect_refusal(group, OPENVFIO_REASON_DESCRIPTOR, EINVAL, "is no container");
	REFUSED(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_IOMMU_SET, EINVAL, "needs a group");
	OK(try_set_container(group, container));
	REFUSED(try_set_container(group, container), EINVAL);
	expect_refusal(group, OPENVFIO_REASON_ATTACHED, EINVAL, "already");
	REFUSED(try_device_fd(group, edu.name), EINVAL);
	expect_refusal(group, OPENVFIO_REASON_NOT_ATTACHED, EINVAL, "SET_IOMMU");
	REFUSED(ioctl(container, VFIO_SET_IOMMU, 99), ENODEV);
	expect_refusal(container, OPENVFIO_REASON_IOMMU_TYPE, ENODEV, "type 99");
	OK(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	REFUSED(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_IOMMU_SET, EINVAL, "already");
	REFUSED(try_device_fd(group, "0000:99:00.0"), ENODEV);
	expect_refusal(group, OPENVFIO_REASON_NO_DEVICE, ENODEV, "0000:99:00.0");
	device = device_open(group, &edu);
	REFUSED(ioctl(group, VFIO_GROUP_UNSET_CONTAINER), EBUSY);
	expect_refusal(group, OPENVFIO_REASON_IN_USE, EBUSY, "1 device files");
	OK(close(device));
}

TEST(P1_device_calls, "device files tell theirs; what GET_DEVICE_FD refuses is told on the group's")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_device_info info = { .argsz = 4 };
	char name[96];
	int device;

	refusals_only();
	snprintf(name, sizeof(name), "%s vf_token=none", user.pci.name);
	REFUSED(try_device_fd(user.group, name), EINVAL);
	expect_refusal(user.group, OPENVFIO_REASON_VF_TOKEN, EINVAL, "vf_token=UUID");
	snprintf(name, sizeof(name), "%s vf_token=00000000-0000-0000-0000-000000000001",
		 user.pci.name);
	REFUSED(try_device_fd(user.group, name), EINVAL);
	expect_refusal(user.group, OPENVFIO_REASON_VF_TOKEN, EINVAL, "has no virtual functions");
	device = device_open(user.group, &user.pci);
	EQUAL(refusal_of(device).reason, OPENVFIO_REASON_NONE);
	REFUSED(ioctl(device, VFIO_DEVICE_GET_INFO, &info), EINVAL);
	expect_refusal(device, OPENVFIO_REASON_ARGSZ, EINVAL, "argsz is 4");
	OK(close(device));
	device = device_open(user.group, &user.pci);
	EQUAL(refusal_of(device).reason, OPENVFIO_REASON_NONE);
}

TEST(P1_container_calls, "calls that need an IOMMU, or one that can do them")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	int container = container_open();
	char byte = 0;

	refusals_only();
	REFUSED(try_map(container, 0, pages(PAGE), PAGE, READ_WRITE), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_NOT_ATTACHED, EINVAL, "has no IOMMU yet");
	REFUSED(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, container, 0) == MAP_FAILED ? -1 : 0,
		ENODEV);
	expect_refusal(container, OPENVFIO_REASON_NOT_ATTACHED, ENODEV, "has no IOMMU yet");
	REFUSED(read(user.container, &byte, 1), EINVAL);
	expect_refusal(user.container, OPENVFIO_REASON_IOMMU_TYPE, EINVAL, "type1, has no read()");
	REFUSED(write(user.container, &byte, 1), EINVAL);
	expect_refusal(user.container, OPENVFIO_REASON_IOMMU_TYPE, EINVAL, "type1, has no write()");
	REFUSED(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, user.container, 0) == MAP_FAILED ? -1 : 0,
		ENODEV);
	expect_refusal(user.container, OPENVFIO_REASON_IOMMU_TYPE, ENODEV, "type1, has no mmap()");
}

TEST(P1_group_arguments, "descriptors and names that cannot be right")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_group_status status = { .argsz = 4 };
	char name[2 * PAGE];

	refusals_only();
	REFUSED(ioctl(user.group, VFIO_GROUP_GET_STATUS, &status), EINVAL);
	expect_refusal(user.group, OPENVFIO_REASON_ARGSZ, EINVAL, "argsz is 4");
	REFUSED(try_set_container(user.group, 999), EBADF);
	expect_refusal(user.group, OPENVFIO_REASON_DESCRIPTOR, EBADF, "999 is not open");
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = 0;
	REFUSED(try_device_fd(user.group, name), EINVAL);
	expect_refusal(user.group, OPENVFIO_REASON_NO_DEVICE, EINVAL, "shorter than 4096");
}

TEST(P1_gone, "the group of an unbound device says so, whatever it is asked")
{
	struct pci_device edu = vfio_device(EDU, 0);
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int group = group_open(&edu);

	refusals_only();
	OK(pci_release(&edu));
	REFUSED(ioctl(group, VFIO_GROUP_GET_STATUS, &status), ENODEV);
	expect_refusal(group, OPENVFIO_REASON_GONE, ENODEV, "was unbound");
	REFUSED(try_set_container(group, container_open()), ENODEV);
	expect_refusal(group, OPENVFIO_REASON_GONE, ENODEV, "was unbound");
}

TEST(P1_unmap_arguments, "the many EINVAL of UNMAP_DMA are told apart")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct vfio_iommu_type1_dma_unmap small = { .argsz = 8 };
	int container = user.container;

	refusals_only();
	REFUSED(ioctl(container, VFIO_IOMMU_UNMAP_DMA, &small), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_ARGSZ, EINVAL, "argsz is 8");
	REFUSED(try_unmap(container, 0, PAGE, 1 << 20), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_FLAGS, EINVAL, "0x100000");
	REFUSED(try_unmap(container, 0, PAGE, VFIO_DMA_UNMAP_FLAG_ALL), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_ALIGNMENT, EINVAL, "or 0 for both");
	REFUSED(try_unmap(container, -(uint64_t)PAGE, 2 * PAGE, 0), EOVERFLOW);
	expect_refusal(container, OPENVFIO_REASON_WRAP, EOVERFLOW, "over the end");
	/* Room for a bitmap is missing. */
	REFUSED(try_unmap(container, 0, PAGE, VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_ARGSZ, EINVAL, "are needed");
}

TEST(P1_vaddr, "the EINVAL, ENOENT and EBUSY of addresses taken away and given are told apart")
{
	struct pci_device second = vfio_device(EDU, 1);
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	int container = user.container, group = group_open(&second);
	char *memory = pages(2 * PAGE);

	refusals_only();
	map(container, 0x10000, memory, 2 * PAGE, READ_WRITE);
	REFUSED(try_map(container, 0x10000, memory, 2 * PAGE, VFIO_DMA_MAP_FLAG_VADDR), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_VADDR, EINVAL, "0x10000-0x11fff has an address");
	REFUSED(try_unmap(container, 0x10000, PAGE, VFIO_DMA_UNMAP_FLAG_VADDR), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_CUT, EINVAL, "inside a mapping");
	OK(try_unmap(container, 0x10000, 2 * PAGE, VFIO_DMA_UNMAP_FLAG_VADDR));
	REFUSED(try_unmap(container, 0x10000, 2 * PAGE, VFIO_DMA_UNMAP_FLAG_VADDR), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_VADDR, EINVAL, "marked already");
	REFUSED(try_map(container, 0, memory, PAGE, VFIO_DMA_MAP_FLAG_VADDR), ENOENT);
	expect_refusal(container, OPENVFIO_REASON_VADDR, ENOENT, "nothing is mapped");
	REFUSED(try_map(container, 0x10000, memory, PAGE, VFIO_DMA_MAP_FLAG_VADDR), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_VADDR, EINVAL, "not exactly");
	REFUSED(try_set_container(group, container), EBUSY);
	expect_refusal(group, OPENVFIO_REASON_VADDR, EBUSY, "addresses of 1 mappings are marked");
}

/* What DIRTY_PAGES refuses of a range, with a bitmap of these bytes. */
static void refused_range(int container, uint64_t iova, uint64_t size, uint64_t bytes, int error)
{
	struct dirty_request request = log_request(iova, size, pages(PAGE));

	request.bitmap.size = bytes;
	REFUSED(try_log_request(container, request), error);
}

TEST(P1_dirty, "the many EINVAL of DIRTY_PAGES are told apart")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct dirty_request request = log_request(0, PAGE, NULL);
	int container = user.container;

	refusals_only();
	map(container, 0, pages(2 * PAGE), 2 * PAGE, READ_WRITE);
	REFUSED(try_log(container, LOG_START | LOG_STOP), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_FLAGS, EINVAL, "want one of START");
	refused_range(container, 0, PAGE, 8, EINVAL);
	expect_refusal(container, OPENVFIO_REASON_DIRTY, EINVAL, "log is off");
	OK(try_log(container, LOG_START));
	request.argsz = 8;
	REFUSED(try_log_request(container, request), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_ARGSZ, EINVAL, "argsz is 8");
	refused_range(container, 1, PAGE, 8, EINVAL);
	expect_refusal(container, OPENVFIO_REASON_ALIGNMENT, EINVAL, "multiples of 0x1000");
	refused_range(container, -(uint64_t)PAGE, 2 * PAGE, 8, EOVERFLOW);
	expect_refusal(container, OPENVFIO_REASON_WRAP, EOVERFLOW, "over the end");
	refused_range(container, 0, 2 * PAGE, 7, EINVAL);
	expect_refusal(container, OPENVFIO_REASON_DIRTY, EINVAL, "not fit for 2 pages");
	refused_range(container, 0, PAGE, 8, EINVAL);
	expect_refusal(container, OPENVFIO_REASON_CUT, EINVAL, "0x0-0xfff");
	unassign(&user);
	user = assign_group(user.pci, VFIO_TYPE1_IOMMU);
	REFUSED(try_log(user.container, LOG_START), EACCES);
	expect_refusal(user.container, OPENVFIO_REASON_DIRTY, EACCES, "v1 container");
}

#define TIB (1ULL << 40)

TEST(P1_emulated, "what emulated devices stand in the way of, and what does in theirs")
{
	struct assignment user = sample_assign();
	struct pci_device edu = vfio_device(EDU, 0);
	int container = user.container, group = group_open(&edu);
	char *memory = pages(PAGE);

	REFUSED(try_unmap(container, 0, 0, VFIO_DMA_UNMAP_FLAG_VADDR | VFIO_DMA_UNMAP_FLAG_ALL),
		EBUSY);
	expect_refusal(container, OPENVFIO_REASON_VADDR, EBUSY, "an emulated device");
	map(container, 0xfee00000, memory, PAGE, READ_WRITE);
	REFUSED(try_set_container(group, container), EINVAL);
	expect_refusal(group, OPENVFIO_REASON_WINDOW, EINVAL, "0xfee00000-0xfee00fff is mapped");
	OK(try_log(container, LOG_START));
	REFUSED(try_map(container, 8 * TIB, memory, 9 * TIB, READ_WRITE), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_DIRTY, EINVAL, "too long for the dirty log");
	REFUSED(try_map(container, 8 * TIB, memory, 8 * TIB, READ_WRITE), ENOMEM);
	expect_refusal(container, OPENVFIO_REASON_DIRTY, ENOMEM, "0x8 are in use");
	OK(try_log(container, LOG_STOP));
	map(container, 8 * TIB, memory, 9 * TIB, READ_WRITE);
	REFUSED(try_log(container, LOG_START), EINVAL);
	expect_refusal(container, OPENVFIO_REASON_DIRTY, EINVAL, "map it in pieces");
	unassign(&user);
	sample_unload();
}

static int try_hot_reset(int device, int group)
{
	struct {
		struct vfio_pci_hot_reset request;
		int32_t group;
	} call = { .request = { .argsz = sizeof(call), .count = 1 }, .group = group };

	return ioctl(device, VFIO_DEVICE_PCI_HOT_RESET, &call);
}

TEST(P1_resets, "why a device cannot be reset")
{
	struct assignment alone = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);

	refusals_only();
	REFUSED(ioctl(alone.device, VFIO_DEVICE_RESET), EINVAL);
	expect_refusal(alone.device, OPENVFIO_REASON_NO_RESET, EINVAL, "no reset of its own");
	REFUSED(try_hot_reset(alone.device, alone.group), ENODEV);
	expect_refusal(alone.device, OPENVFIO_REASON_NO_RESET, ENODEV, "neither the slot nor");
}

TEST(P1_shared_resets, "which other device is in the way of a reset")
{
	struct assignment alone = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct assignment shared = assign(vfio_device(EDU, 2), VFIO_TYPE1v2_IOMMU);
	struct vfio_pci_hot_reset_info info = { .argsz = sizeof(info) };
	struct pci_device sound = pci_find(ES1370, 0);

	refusals_only();
	REFUSED(ioctl(shared.device, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &info), ENOSPC);
	expect_refusal(shared.device, OPENVFIO_REASON_ROOM, ENOSPC, "room for 0");
	REFUSED(try_hot_reset(shared.device, shared.group), EINVAL);
	expect_refusal(shared.device, OPENVFIO_REASON_SHARED_RESET, EINVAL, "not bound");
	OK(pci_bind(&sound, "vfio-pci"));
	REFUSED(try_hot_reset(shared.device, alone.group), EINVAL);
	expect_refusal(shared.device, OPENVFIO_REASON_SHARED_RESET, EINVAL, "not among those");
	REFUSED(try_hot_reset(shared.device, shared.container), EINVAL);
	expect_refusal(shared.device, OPENVFIO_REASON_DESCRIPTOR, EINVAL, "no group");
}

TEST(P1_new_opener_starts_afresh, "who opens a group does not see the refusals of the one before")
{
	struct pci_device edu = vfio_device(EDU, 0);
	int group = group_open(&edu);

	refusals_only();
	REFUSED(ioctl(group, VFIO_GROUP_UNSET_CONTAINER), EINVAL);
	OK(close(group));
	group = group_open(&edu);
	EQUAL(refusal_of(group).reason, OPENVFIO_REASON_NONE);
}

bool refusal_traced(FILE *trace, unsigned int reason, int error, const char *words)
{
	char line[512], event[256];
	bool found = false;

	snprintf(event, sizeof(event), "vfio_refusal: reason=%u error=%d %s", reason, error, words);
	rewind(trace);
	while (!found && fgets(line, sizeof(line), trace))
		found = strstr(line, event);
	return found;
}

TEST(P2_tracepoint, "each refusal is an event with its reason, errno and sentence")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	char words[64];
	FILE *trace;

	refusals_only();
	trace_start(REFUSAL_EVENT);
	REFUSED(try_map(user.container, 1, pages(PAGE), PAGE, READ_WRITE), EINVAL);
	REFUSED(try_group_open(user.pci.group), EBUSY);
	trace = trace_stop(REFUSAL_EVENT);
	CHECK(refusal_traced(trace, OPENVFIO_REASON_ALIGNMENT, EINVAL, "IOVA 0x1,"));
	/* A busy group has no file to ask: the trace and the log name who has it. */
	snprintf(words, sizeof(words), "group %d is in use: opened by vfio-conform", user.pci.group);
	CHECK(refusal_traced(trace, OPENVFIO_REASON_BUSY_GROUP, EBUSY, words));
	fclose(trace);
}
