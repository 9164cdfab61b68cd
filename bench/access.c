// SPDX-License-Identifier: GPL-2.0-only
/* Configuration space and BARs by read and write. */
#include <linux/pci_regs.h>
#include <stdlib.h>

#include "bench.h"

enum { BULK = 1 << 20, CONFIG = 256 };

static struct assignment assigned;
static off64_t config, bar;
static char *buffer;

static void setup(const struct bench *)
{
	assigned = assign_ivshmem(true);
	config = region_info(assigned.device, VFIO_PCI_CONFIG_REGION_INDEX).offset;
	bar = region_info(assigned.device, VFIO_PCI_BAR2_REGION_INDEX).offset;
	buffer = aligned_alloc(PAGE, BULK);
	CHECK(buffer);
	memset(buffer, 0, BULK);
}

/* What is written is what is there. */
static void setup_config(const struct bench *bench)
{
	setup(bench);
	EQUAL(pread64(assigned.device, buffer, 4, config + bench->variant), 4);
}

static void teardown(const struct bench *)
{
	free(buffer);
	unassign(&assigned);
}

static void config_read(const struct bench *bench)
{
	EQUAL(pread64(assigned.device, buffer, 4, config + bench->variant), 4);
}

static void config_write(const struct bench *bench)
{
	EQUAL(pwrite64(assigned.device, buffer, 4, config + bench->variant), 4);
}

static void config_read_all(const struct bench *)
{
	EQUAL(pread64(assigned.device, buffer, CONFIG, config), CONFIG);
}

static void bar_read(const struct bench *bench)
{
	EQUAL(pread64(assigned.device, buffer, bench->variant, bar), bench->variant);
}

static void bar_write(const struct bench *bench)
{
	EQUAL(pwrite64(assigned.device, buffer, bench->variant, bar), bench->variant);
}

#define CALL(run) setup, NULL, run, NULL, teardown, 301, 101
#define CONFIG_CALL(run) setup_config, NULL, run, NULL, teardown, 301, 101

static const struct bench cases[] = {
	{ "config-read-id", "read the ids", CALL(config_read), PCI_VENDOR_ID, 770, 0 },
	{ "config-read-command", "read COMMAND and STATUS", CALL(config_read), PCI_COMMAND, 770, 0 },
	{ "config-read-bar", "read a BAR register", CALL(config_read), PCI_BASE_ADDRESS_0, 770, 0 },
	{ "config-write-id", "write the ids, which do not change", CONFIG_CALL(config_write),
	  PCI_VENDOR_ID, 770, 0 },
	{ "config-write-command", "write COMMAND as it is", CONFIG_CALL(config_write),
	  PCI_COMMAND, 770, 0 },
	{ "config-write-bar", "write a BAR register", CONFIG_CALL(config_write),
	  PCI_BASE_ADDRESS_0, 770, 0 },
	{ "config-read-all", "read 256 bytes in one call", CALL(config_read_all), 0, 0, 0 },
	{ "bar-read-4", "read 4 bytes of a BAR", CALL(bar_read), 4, 770, 0 },
	{ "bar-write-4", "write 4 bytes of a BAR", CALL(bar_write), 4, 770, 0 },
	{ "bar-read-4k", "read 4 KiB of a BAR", CALL(bar_read), PAGE, 0, 0 },
	{ "bar-write-4k", "write 4 KiB of a BAR", CALL(bar_write), PAGE, 0, 0 },
	{ "bar-read-1m", "read 1 MiB of a BAR in one call", setup, NULL, bar_read, NULL, teardown,
	  5, 3, BULK, 3044000, 10 },
	{ "bar-write-1m", "write 1 MiB of a BAR in one call", setup, NULL, bar_write, NULL,
	  teardown, 5, 3, BULK, 3044000, 10 },
};

const struct suite access_suite = SUITE(cases);
