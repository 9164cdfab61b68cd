// SPDX-License-Identifier: GPL-2.0-only
/*
 * S1, S2: device nodes, sysfs and procfs entries, and module parameters. The ids
 * are the numbers of the sections, as their items have none of their own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "harness.h"
#include "irq.h"
#include "textfile.h"
#include "vfio.h"

static struct stat node(const char *path)
{
	struct stat status;

	OK(stat(path, &status));
	CHECK(S_ISCHR(status.st_mode));
	return status;
}

NATIVE_TEST(S1_container_node, "/dev/vfio/vfio is open to all, at its own fixed number")
{
	struct stat status = node("/dev/vfio/vfio");

	EQUAL(status.st_mode & 07777, 0666);
	EQUAL(major(status.st_rdev), 10);
	EQUAL(minor(status.st_rdev), 196);
}

NATIVE_TEST(S1_group_node, "/dev/vfio/N is for root alone, with an entry in class vfio")
{
	struct pci_device edu = vfio_device(EDU, 0);
	char path[64], expected[32], number[32];
	struct stat status;

	snprintf(path, sizeof(path), "/dev/vfio/%d", edu.group);
	status = node(path);
	EQUAL(status.st_mode & 07777, 0600);
	EQUAL(status.st_uid, 0);
	snprintf(expected, sizeof(expected), "%u:%u", major(status.st_rdev),
		 minor(status.st_rdev));
	OK(text_read(number, sizeof(number), "/sys/class/vfio/%d/dev", edu.group));
	CHECK(!strcmp(number, expected));
	OK(pci_release(&edu));
	CHECK(!path_exists("/sys/class/vfio/%d", edu.group));
}

NATIVE_TEST(S1_device_class, "a bound device has vfio-dev/vfioX, also linked from its class")
{
	struct pci_device edu = vfio_device(EDU, 0);
	bool found = false;

	for (int i = 0; i < 64 && !found; i++) {
		if (!path_exists("/sys/bus/pci/devices/%s/vfio-dev/vfio%d", edu.name, i))
			continue;
		found = true;
		CHECK(path_exists("/sys/class/vfio-dev/vfio%d", i));
	}
	CHECK(found);
	OK(pci_release(&edu));
	CHECK(!path_exists("/sys/bus/pci/devices/%s/vfio-dev", edu.name));
}

NATIVE_TEST(S1_device_indices_reused, "vfioX is the smallest free number, each time anew")
{
	struct pci_device edu = pci_find(EDU, 0);

	for (int i = 0; i < 3; i++) {
		OK(pci_bind(&edu, "vfio-pci"));
		CHECK(path_exists("/sys/bus/pci/devices/%s/vfio-dev/vfio0", edu.name));
		OK(pci_release(&edu));
	}
}

TEST(S1_device_file_name, "a device fd is shown as anon_inode:[vfio-device]")
{
	struct assignment edu = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	char name[64];

	CHECK(link_name(name, sizeof(name), "/proc/self/fd/%d", edu.device));
	CHECK(!strcmp(name, "anon_inode:[vfio-device]"));
}

static bool interrupt_named(const char *format, const char *bdf)
{
	FILE *file = fopen("/proc/interrupts", "re");
	char line[1024], name[64];
	bool found = false;

	CHECK(file);
	snprintf(name, sizeof(name), format, bdf);
	while (fgets(line, sizeof(line), file))
		found |= !!strstr(line, name);
	fclose(file);
	return found;
}

NATIVE_TEST(S1_interrupt_names, "/proc/interrupts names the kind, the vector and the device")
{
	struct assignment nic = assign(vfio_device(E1000E, 0), VFIO_TYPE1v2_IOMMU);
	static const struct { unsigned int index; const char *name; } kinds[] = {
		{ INTX, "vfio-intx(%s)" }, { MSI, "vfio-msi[0](%s)" },
		{ MSIX, "vfio-msix[0](%s)" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		CHECK(!interrupt_named(kinds[i].name, nic.pci.name));
		irq_enable(nic.device, kinds[i].index);
		CHECK(interrupt_named(kinds[i].name, nic.pci.name));
		OK(try_irq_disable(nic.device, kinds[i].index));
		CHECK(!interrupt_named(kinds[i].name, nic.pci.name));
	}
}

NATIVE_TEST(S1_driver_directory, "vfio-pci has bind, unbind, new_id and remove_id")
{
	static const char *const files[] = { "bind", "unbind", "new_id", "remove_id" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		CHECK(path_exists("/sys/bus/pci/drivers/vfio-pci/%s", files[i]));
}

NATIVE_TEST(S1_new_id, "a dynamic id binds the devices it names, without an override")
{
	struct pci_device edu = pci_find(EDU, 0);

	OK(pci_release(&edu));
	OK(text_write("1234 11e8", "/sys/bus/pci/drivers/vfio-pci/new_id"));
	CHECK(pci_driven_by(&edu, "vfio-pci"));
	OK(text_write("1234 11e8", "/sys/bus/pci/drivers/vfio-pci/remove_id"));
	assign(edu, VFIO_TYPE1v2_IOMMU);
}

static const struct parameter {
	const char *module;
	const char *name;
	unsigned int mode;
	const char *value;
} parameters[] = {
	{ "vfio_iommu_type1", "allow_unsafe_interrupts", 0644, "N" },
	{ "vfio_iommu_type1", "disable_hugepages", 0644, "N" },
	{ "vfio_iommu_type1", "dma_entry_limit", 0644, "65535" },
	{ "vfio_pci", "nointxmask", 0644, "N" },
	{ "vfio_pci", "disable_vga", 0444, "N" },
	{ "vfio_pci", "disable_idle_d3", 0644, "N" },
	{ "vfio_pci", "enable_sriov", 0644, "N" },
	{ "vfio_pci", "disable_denylist", 0444, "N" },
};

NATIVE_TEST(S2_parameters, "every module parameter is there, with its mode and default")
{
	for (size_t i = 0; i < ARRAY_SIZE(parameters); i++) {
		const struct parameter *parameter = &parameters[i];
		struct stat status;
		char path[128], value[64];

		snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", parameter->module,
			 parameter->name);
		if (stat(path, &status))
			FAIL("no %s", path);
		EQUAL(status.st_mode & 07777, parameter->mode);
		OK(text_read(value, sizeof(value), "%s", path));
		if (strcmp(value, parameter->value))
			FAIL("%s is %s, not %s", path, value, parameter->value);
	}
}

NATIVE_TEST(S2_hidden_parameter, "vfio_pci.ids is not shown in sysfs")
{
	CHECK(path_exists("/sys/module/vfio_pci/parameters"));
	CHECK(!path_exists("/sys/module/vfio_pci/parameters/ids"));
}
