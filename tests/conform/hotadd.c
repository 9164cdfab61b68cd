// SPDX-License-Identifier: GPL-2.0-only
/*
 * C18: devices that are plugged into a group which a user has. They stay plugged in: the
 * VT-d driver of Linux 6.1 does not survive the removal of one of several devices behind
 * a conventional bridge (its list of devices keeps the freed entry).
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "edu.h"
#include "harness.h"
#include "pci.h"
#include "plug.h"
#include "vfio.h"

enum { PAGE = 4096 };

TEST(C18_added_device_joins, "a device added to a group in use joins its mappings and can be opened")
{
	struct assignment user = assign(vfio_device(EDU, 2), VFIO_TYPE1v2_IOMMU);
	char *memory = pages(PAGE);
	struct pci_device added;
	struct edu edu;
	int device;

	map(user.container, 0, memory, PAGE, READ_WRITE);
	added = plug_in("0000:06:0e.0", "edu,bus=bridge,addr=0xe");
	EQUAL(added.group, user.pci.group);
	CHECK(!pci_driver(&added, (char [32]){ 0 }, 32));
	REFUSED(try_device_fd(user.group, added.name), ENODEV);

	OK(plug_bind(&added, "vfio-pci"));
	device = device_open(user.group, &added);
	edu = edu_start(device);
	CHECK(edu_reaches(&edu, 0, memory, 128));
	EQUAL(unmap(user.container, 0, PAGE), PAGE);
	CHECK(!edu_reaches(&edu, 0, memory, 128));
	edu_stop(&edu);
	OK(close(device));
	unassign(&user);
	OK(pci_release(&added));
}

TEST(C18_added_device_is_claimed, "no host driver gets a device added to a group in use until it is free")
{
	struct assignment user = assign(vfio_device(EDU, 2), VFIO_TYPE1v2_IOMMU);
	struct pci_device added = plug_in("0000:06:0f.0", "ES1370,audiodev=audio,bus=bridge,addr=0xf");

	EQUAL(added.group, user.pci.group);
	if (system("modprobe snd_ens1370"))
		skip("needs the driver snd_ens1370");
	REFUSED(pci_bind(&added, "snd_ens1370"), EBUSY);
	unassign(&user);
	OK(pci_bind(&added, "snd_ens1370"));
	CHECK(pci_driven_by(&added, "snd_ens1370"));
	OK(pci_release(&added));
}
