// SPDX-License-Identifier: GPL-2.0-only
#include "system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "installed.h"
#include "sysfs.h"

/* All of the kernel's own say this; openvfio's is 1 or more. */
#define INTREE_VERSION	"0.3"

static enum iommu_maker maker_of(const char *iommu)
{
	static const struct {
		const char *prefix;
		enum iommu_maker maker;
	} makers[] = {
		{ "dmar", IOMMU_INTEL }, { "ivhd", IOMMU_AMD }, { "smmu", IOMMU_ARM },
		{ "arm-smmu", IOMMU_ARM }, { "virtio", IOMMU_VIRTIO },
	};

	for (size_t i = 0; i < sizeof(makers) / sizeof(*makers); i++)
		if (begins(iommu, makers[i].prefix))
			return makers[i].maker;
	return IOMMU_OTHER;
}

static void read_iommu(struct system *system)
{
	sysfs_list(&system->iommus, "/sys/class/iommu");
	if (system->iommus.count)
		system->iommu = maker_of(system->iommus.items[0]);
}

/* The firmware's table is named after the maker. */
static void read_firmware(struct system *system)
{
	static const struct {
		const char *table;
		enum iommu_maker maker;
	} tables[] = {
		{ "DMAR", IOMMU_INTEL }, { "IVRS", IOMMU_AMD }, { "IORT", IOMMU_ARM },
		{ "VIOT", IOMMU_VIRTIO },
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (sysfs_exists("/sys/firmware/acpi/tables/%s", tables[i].table))
			system->firmware = tables[i].maker;
}

/*
 * The kernel names the controllers of interrupts after how they reach a CPU: "IR-" stands
 * before those that go through the IOMMU's remapping; on Arm it is the ITS that keeps them
 * apart. A machine with neither, but with interrupts, has no remapping.
 */
static enum answer read_remapping(void)
{
	char *text = sysfs_read("/proc/interrupts");
	enum answer answer = UNKNOWN;

	if (text) {
		if (strstr(text, " IR-") || strstr(text, "ITS-"))
			answer = YES;
		else if (strstr(text, "IO-APIC") || strstr(text, "PCI-MSI"))
			answer = NO;
	}
	free(text);
	return answer;
}

static bool parameter(const char *module, const char *name)
{
	char *text = sysfs_read("/sys/module/%s/parameters/%s", module, name);
	bool on = same(text, "Y") || same(text, "1");

	free(text);
	return on;
}

static bool is_ours(const char *version)
{
	return version && !same(version, INTREE_VERSION) && atoi(version) >= 1;
}

static void read_loaded(struct system *system)
{
	system->loaded = sysfs_exists("/sys/module/vfio");
	/* A module that was loaded has a state. */
	system->built_in = system->loaded && !sysfs_exists("/sys/module/vfio/initstate");
	system->version = sysfs_read("/sys/module/vfio/version");
	system->ours = is_ours(system->version);
	system->type1 = sysfs_exists("/sys/module/vfio_iommu_type1");
	system->pci = sysfs_exists("/sys/bus/pci/drivers/vfio-pci");
}

/**
 * system_read() - look at the machine as a whole
 *
 * Return: for system_free().
 */
struct system *system_read(void)
{
	struct system *system = allocate(sizeof(*system));
	struct installed installed;

	system->kernel = sysfs_read("/proc/sys/kernel/osrelease");
	system->command_line = sysfs_read("/proc/cmdline");
	read_iommu(system);
	read_firmware(system);
	system->remapping = read_remapping();
	system->unsafe_interrupts = parameter("vfio_iommu_type1", "allow_unsafe_interrupts");
	system->noiommu_known =
		sysfs_exists("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	system->noiommu = parameter("vfio", "enable_unsafe_noiommu_mode");
	read_loaded(system);
	find_installed(&installed, "vfio", system->kernel);
	system->installed = installed.path;
	system->installed_version = installed.version;
	system->installed_signer = installed.signer;
	system->installed_ours = is_ours(installed.version);
	/* What is built in need not have anything in /sys/module. */
	if (installed.built_in)
		system->built_in = system->loaded = true;
	return system;
}

/**
 * system_free() - forget the machine
 * @system: from system_read()
 */
void system_free(struct system *system)
{
	free(system->kernel);
	free(system->command_line);
	free(system->version);
	free(system->installed);
	free(system->installed_version);
	free(system->installed_signer);
	strings_free(&system->iommus);
	free(system);
}

/**
 * iommu_maker_name() - what a kind of IOMMU is called
 * @maker: the kind
 *
 * Return: its name.
 */
const char *iommu_maker_name(enum iommu_maker maker)
{
	static const char *const names[] = {
		[IOMMU_NONE] = "none", [IOMMU_INTEL] = "Intel VT-d", [IOMMU_AMD] = "AMD-Vi",
		[IOMMU_ARM] = "Arm SMMU", [IOMMU_VIRTIO] = "virtio-iommu",
		[IOMMU_OTHER] = "of another kind",
	};

	return names[maker];
}

/**
 * command_line_word() - an option of the kernel's command line
 * @system: the machine
 * @name: of the option
 *
 * Return: the last "name=value" there is, for free(); NULL if there is none.
 */
char *command_line_word(const struct system *system, const char *name)
{
	char *text = copy(system->command_line), *rest = text, *word, *found = NULL;
	size_t length = strlen(name);

	while ((word = strsep(&rest, " \n")))
		if (begins(word, name) && word[length] == '=') {
			free(found);
			found = copy(word);
		}
	free(text);
	return found;
}
