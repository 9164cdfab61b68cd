// SPDX-License-Identifier: GPL-2.0-only
/*
 * V3 after the worst of users: an unprivileged one that writes anything anywhere, in
 * configuration space and, where QEMU's model bears it, in the BARs. Afterwards the
 * device is as it was found, goes back to its host driver, and works.
 *
 * A few seconds for each device, or $HOSTILE_SECONDS.
 */
#include <fcntl.h>
#include <glob.h>
#include <linux/pci_regs.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <termios.h>
#include <time.h>

#include "config_space.h"
#include "edu.h"
#include "event.h"
#include "harness.h"
#include "irq.h"
#include "process.h"
#include "seed.h"
#include "textfile.h"
#include "vfio.h"

enum { NOBODY = 65534, REGIONS = VFIO_PCI_CONFIG_REGION_INDEX + 1, PATIENCE = 60 };

struct hostile {
	struct pci_device pci;
	/* May anything be written to the BARs? */
	bool bars;
	bool eeprom;
	unsigned int seed;
	time_t end;
	struct assignment user;
	struct vfio_region_info region[REGIONS];
	volatile uint32_t *bar[REGIONS];	/* those that can be mapped */
};

static unsigned int hostile_seconds(void)
{
	const char *given = getenv("HOSTILE_SECONDS");

	return given ? strtoul(given, NULL, 0) : 3;
}

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

static bool once_in(unsigned int *seed, unsigned int count)
{
	return !(rand_r(seed) % count);
}

/* rand_r() has 31 bits at most. */
static uint64_t any(unsigned int *seed)
{
	return (uint64_t)rand_r(seed) << 42 ^ (uint64_t)rand_r(seed) << 21 ^ rand_r(seed);
}

/*
 * The e1000e's register that writes its EEPROM: no reset brings back what was there, and the
 * host's driver refuses a card whose checksum is wrong, as it would a real one.
 */
static bool spared(const struct hostile *hostile, unsigned int region, uint64_t at)
{
	enum { EEPROM_WRITE = 0x102c };

	return hostile->eeprom && !region && at + 8 > EEPROM_WRITE && at < EEPROM_WRITE + 4;
}

/* Ones, zeros, one bit of what is there, or anything; of any width, anywhere. */
static void write_somewhere(struct hostile *hostile, unsigned int index)
{
	const struct vfio_region_info *region = &hostile->region[index];
	unsigned int *seed = &hostile->seed;
	size_t size = once_in(seed, 8) ? 1U + rand_r(seed) % 8 : 1U << rand_r(seed) % 3;
	/* What is at the beginning is hit most. */
	uint64_t bound = once_in(seed, 2) && region->size > 256 ? 256 : region->size;
	uint64_t at = any(seed) % bound, value = 0;
	int device = hostile->user.device;

	if (!once_in(seed, 8))
		at &= ~(size - 1);
	if (spared(hostile, index, at))
		return;
	switch (rand_r(seed) % 4) {
	case 0:
		value = once_in(seed, 2) ? ~0ULL : 0;
		break;
	case 1:
		if (pread64(device, &value, size, region->offset + at) > 0)
			value ^= 1ULL << rand_r(seed) % (8 * size);
		break;
	default:
		value = any(seed);
	}
	/* Most is refused at one time or another, and the refusals are as good as any. */
	if (pwrite64(device, &value, size, region->offset + at) < 0 && errno == ENODEV)
		FAIL("the device is gone");
}

/* So that it is not asleep, deaf or disconnected all the time. */
static void wake(struct hostile *hostile)
{
	int device = hostile->user.device;
	unsigned int cap = config_capability(device, PCI_CAP_ID_PM);

	if (cap)
		config_write16(device, cap + PCI_PM_CTRL, 0);
	config_write16(device, PCI_COMMAND,
		       PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static __thread sigjmp_buf touching;

static void no_such_memory(int signal)
{
	siglongjmp(touching, signal);
}

static void touch(volatile uint32_t *word, uint32_t value)
{
	if (!sigsetjmp(touching, 1))
		*word = value;
}

/* Touches what is mapped of the device, while memory comes and goes. */
static void *touch_bars(void *argument)
{
	struct hostile hostile = *(struct hostile *)argument;
	unsigned int *seed = &hostile.seed, i;
	volatile uint32_t *bar;
	uint64_t at;

	while (now() < hostile.end) {
		i = rand_r(seed) % VFIO_PCI_ROM_REGION_INDEX;
		bar = hostile.bar[i];
		at = bar ? any(seed) % hostile.region[i].size / 4 : 0;
		if (bar && !spared(&hostile, i, 4 * at))
			touch(&bar[at], any(seed));
		else
			usleep(100);
	}
	return NULL;
}

static void prepare(struct hostile *hostile)
{
	unsigned int i;

	hostile->user = assign(hostile->pci, VFIO_TYPE1v2_IOMMU);
	/* Some of its DMA arrives. */
	map(hostile->user.container, 0, pages(MIB), MIB, READ_WRITE);
	for (i = 0; i < REGIONS; i++)
		hostile->region[i] = region_info(hostile->user.device, i);
	/* Before anybody reads or writes them: claimed by two at once, in-tree gives EBUSY. */
	for (i = 0; i < VFIO_PCI_ROM_REGION_INDEX; i++)
		if (hostile->bars && hostile->region[i].flags & VFIO_REGION_INFO_FLAG_MMAP)
			hostile->bar[i] = bar_map(hostile->user.device, i);
	if (irq_info(hostile->user.device, INTX).count && once_in(&hostile->seed, 2))
		irq_enable(hostile->user.device, INTX);
}

static void be_hostile(void *argument)
{
	struct hostile hostile = *(struct hostile *)argument;
	pthread_t toucher;

	drop_privileges();
	prepare(&hostile);
	hostile.end = now() + hostile_seconds();
	signal(SIGBUS, no_such_memory);
	if (hostile.bars)
		EQUAL(pthread_create(&toucher, NULL, touch_bars, &hostile), 0);
	for (unsigned int i = 0; now() < hostile.end; i++) {
		unsigned int region = rand_r(&hostile.seed) % REGIONS;

		if (!hostile.bars || !hostile.region[region].size || once_in(&hostile.seed, 2))
			region = VFIO_PCI_CONFIG_REGION_INDEX;
		write_somewhere(&hostile, region);
		if (!(i % 64))
			wake(&hostile);
	}
	if (hostile.bars)
		EQUAL(pthread_join(toucher, NULL), 0);
}

/* Opened and closed. */
static void visit(const struct pci_device *pci)
{
	struct assignment user = assign(*pci, VFIO_TYPE1v2_IOMMU);

	unassign(&user);
}

struct header {
	uint32_t words[PCI_STD_HEADER_SIZEOF / 4];
};

/* But for the status, and the mask of INTx, which is the kernel's while nobody listens. */
static struct header header_of(const struct pci_device *pci)
{
	struct header header;

	for (unsigned int i = 0; i < ARRAY_SIZE(header.words); i++)
		header.words[i] = hardware(pci, 4 * i, 4);
	header.words[PCI_COMMAND / 4] &= 0xffff & ~PCI_COMMAND_INTX_DISABLE;
	return header;
}

/* The device after a hostile user: bound to vfio-pci, and as if nothing had been. */
static struct pci_device outlive(unsigned int vendor, unsigned int device, unsigned int nth,
				 bool bars)
{
	struct hostile hostile = { .bars = bars, .seed = choose_seed() };
	struct header before, after;
	char node[32];

	needs_one_thread();
	time_limit(120 + 8 * hostile_seconds());
	hostile.pci = vfio_device(vendor, device, nth);
	hostile.eeprom = vendor == 0x8086;
	visit(&hostile.pci);
	before = header_of(&hostile.pci);

	snprintf(node, sizeof(node), "/dev/vfio/%d", hostile.pci.group);
	OK(chown(node, NOBODY, NOBODY));
	in_child(be_hostile, &hostile);

	visit(&hostile.pci);
	after = header_of(&hostile.pci);
	for (unsigned int i = 0; i < ARRAY_SIZE(before.words); i++)
		if (before.words[i] != after.words[i])
			FAIL("register 0x%x was 0x%x and is 0x%x", 4 * i, before.words[i],
			     after.words[i]);
	return hostile.pci;
}

/* The last part of the path that appears, in time. */
static void await_path(const char *pattern, const char *device, char *name, size_t size)
{
	time_t end = now() + PATIENCE;
	char path[160];
	glob_t found;
	int none;

	snprintf(path, sizeof(path), pattern, device);
	while ((none = glob(path, 0, NULL, &found)) && now() < end)
		usleep(100000);
	if (none)
		FAIL("no %s", path);
	snprintf(name, size, "%s", strrchr(found.gl_pathv[0], '/') + 1);
	globfree(&found);
}

static void to_host(const struct pci_device *pci, const char *module, const char *driver)
{
	char command[64];

	snprintf(command, sizeof(command), "modprobe -q %s", module);
	EQUAL(system(command), 0);
	OK(pci_bind(pci, driver));
}

NATIVE_TEST(V3_hostile_user_of_nvme,
	    "after any writes to an NVMe drive, the host's driver reads a block of it")
{
	struct pci_device pci = outlive(NVME, 0, true);
	char name[32], path[64];
	void *block;
	int fd;

	to_host(&pci, "nvme", "nvme");
	await_path("/sys/bus/pci/devices/%s/nvme/*/nvme*n1", pci.name, name, sizeof(name));
	snprintf(path, sizeof(path), "/dev/%s", name);
	EQUAL(posix_memalign(&block, 4096, 4096), 0);
	fd = OK(open(path, O_RDONLY | O_DIRECT | O_CLOEXEC));
	EQUAL(read(fd, block, 4096), 4096);
	OK(close(fd));
	OK(pci_release(&pci));
}

NATIVE_TEST(V3_hostile_user_of_e1000e,
	    "after any writes to a network card's configuration space, its driver passes a ping")
{
	struct pci_device pci = outlive(E1000E, 0, false);
	struct pci_device peer = pci_find(E1000, 0);
	char name[32], peer_name[32], command[128];

	to_host(&pci, "e1000e", "e1000e");
	to_host(&peer, "e1000", "e1000");
	await_path("/sys/bus/pci/devices/%s/net/*", pci.name, name, sizeof(name));
	await_path("/sys/bus/pci/devices/%s/net/*", peer.name, peer_name, sizeof(peer_name));
	snprintf(command, sizeof(command), "ping-pair %s %s >/dev/null", name, peer_name);
	EQUAL(system(command), 0);
	OK(pci_release(&pci));
	OK(pci_release(&peer));
}

/* A byte through the chip's own loop. */
static void loop_back(const char *path)
{
	/* TIOCM_LOOP, which the C library does not know. */
	int loop = 0x8000, fd = OK(open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
	time_t end = now() + PATIENCE;
	struct termios raw = {};
	char byte = 0;

	cfmakeraw(&raw);
	raw.c_cflag |= CLOCAL | CREAD | CS8;
	OK(cfsetspeed(&raw, B115200));
	OK(tcsetattr(fd, TCSANOW, &raw));
	OK(tcflush(fd, TCIOFLUSH));
	OK(ioctl(fd, TIOCMBIS, &loop));
	EQUAL(write(fd, "v", 1), 1);
	while (read(fd, &byte, 1) != 1 && now() < end)
		usleep(10000);
	EQUAL(byte, 'v');
	OK(close(fd));
}

NATIVE_TEST(V3_hostile_user_of_serial,
	    "after any writes to a serial port, the host's driver passes a byte")
{
	struct pci_device pci = outlive(PCI_SERIAL, 0, true);
	char name[32], path[64];

	to_host(&pci, "8250_pci", "serial");
	await_path("/sys/bus/pci/devices/%s/tty/*", pci.name, name, sizeof(name));
	snprintf(path, sizeof(path), "/dev/%s", name);
	loop_back(path);
}

NATIVE_TEST(V3_hostile_user_of_memory,
	    "after any writes to a device that is memory, the next user has it")
{
	struct pci_device pci = outlive(IVSHMEM, 0, true);
	struct assignment user = assign(pci, VFIO_TYPE1v2_IOMMU);
	volatile uint32_t *bar = bar_map(user.device, 2);

	bar[0] = 0x600df00d;
	EQUAL(bar[0], 0x600df00d);
}

NATIVE_TEST(V3_hostile_user_of_edu,
	    "after any writes to edu's configuration space, the next user has interrupts and DMA")
{
	struct pci_device pci = outlive(EDU, 0, false);
	struct assignment user = assign(pci, VFIO_TYPE1v2_IOMMU);
	struct edu edu = edu_start(user.device);
	char *memory = pages(page_size());
	int event = irq_enable(user.device, MSI);

	map(user.container, 0, memory, page_size(), READ_WRITE);
	CHECK(edu_reaches(&edu, 0, memory, 128));
	edu_raise(&edu, 1);
	EQUAL(event_wait(event), 1);
	edu_acknowledge(&edu, 1);
}

/* They have nothing that could be asked for, but that they are there. */
NATIVE_TEST(V3_hostile_user_of_others, "after any writes to the other devices, all is as before")
{
	outlive(PCI_TESTDEV, 0, false);
	outlive(VIRTIO_RNG, 0, false);
	outlive(EDU, 2, false);
	outlive(NEC_XHCI, 0, false);
	outlive(E1000, 0, false);
	outlive(NVME, 1, false);
}

/* As each driver of it makes it first; the function's own reset, by power state, does nothing. */
static void reset_by_register(const struct pci_device *pci)
{
	enum { CONTROL = 0, STATUS = 8 / 4, RESET = 1 << 26, FULL_DUPLEX = 1 };
	struct assignment user = assign(*pci, VFIO_TYPE1v2_IOMMU);
	volatile uint32_t *bar = bar_map(user.device, 0);

	bar[CONTROL] = RESET;
	while (bar[CONTROL] & RESET)
		usleep(1000);
	CHECK(bar[STATUS] & FULL_DUPLEX);
}

/* The last of all: what follows is at the mercy of QEMU's model. */
NATIVE_TEST(V3_hostile_user_of_registers,
	    "after any writes to a network card's registers, the next user resets it")
{
	struct pci_device pci;

	if (!getenv("HOSTILE_SECONDS"))
		skip("QEMU 7.2 can abort when MSI-X is enabled after it: run make hostile");
	pci = outlive(E1000E, 0, true);
	reset_by_register(&pci);
}
