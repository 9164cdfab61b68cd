// SPDX-License-Identifier: GPL-2.0-only
/* vfio-pci.ko: the driver that offers any PCI device bound to it to user programs. */
#include <linux/slab.h>
#include <vfio_pci.h>

#include "denylist.h"

static char ids[1024];
module_param_string(ids, ids, sizeof(ids), 0);
MODULE_PARM_DESC(ids, "Devices to take at load, vendor:device[:subvendor[:subdevice[:class[:class_mask]]]],... in hex");

static bool nointxmask;
module_param(nointxmask, bool, 0644);
MODULE_PARM_DESC(nointxmask, "Never mask INTx at the device: its line cannot be shared then");

static bool disable_vga;
module_param(disable_vga, bool, 0444);
MODULE_PARM_DESC(disable_vga, "Do not offer the VGA region of graphics devices");

static bool disable_idle_d3;
module_param(disable_idle_d3, bool, 0644);
MODULE_PARM_DESC(disable_idle_d3, "Keep devices awake while nobody uses them");

static bool enable_sriov;
module_param(enable_sriov, bool, 0644);
MODULE_PARM_DESC(enable_sriov, "Let sriov_numvfs make virtual functions, for user programs only");

static bool disable_denylist;
module_param(disable_denylist, bool, 0444);
MODULE_PARM_DESC(disable_denylist, "Take devices that are known to be unsafe in the hands of user programs");

static const struct vfio_device_ops vfio_pci_ops = {
	.owner = THIS_MODULE,
	.name = "vfio-pci",
	.open = ovfio_pci_open,
	.close = ovfio_pci_close,
	.read = ovfio_pci_read,
	.write = ovfio_pci_write,
	.ioctl = ovfio_pci_ioctl,
	.mmap = ovfio_pci_mmap,
	.request = ovfio_pci_request,
	.match = ovfio_pci_match,
	.blocked_by = ovfio_pci_blocked_by,
	.show_interrupts = ovfio_pci_show_interrupts,
};

static int vfio_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfio_pci_device *dev;
	int ret;

	if (!disable_denylist && denylist_has(pdev->vendor, pdev->device)) {
		pci_warn(pdev, "vfio: %04x:%04x is on the deny list: its errata make it unsafe in the hands of user programs; disable_denylist=1 takes it nevertheless\n",
			 pdev->vendor, pdev->device);
		return -EINVAL;
	}
	dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	if (!dev)
		return -ENOMEM;
	dev->vdev.ops = &vfio_pci_ops;
	dev->pdev = pdev;
	dev->nointxmask = nointxmask;
	dev->disable_vga = disable_vga;
	dev->disable_idle_d3 = disable_idle_d3;
	pci_set_drvdata(pdev, dev);
	ret = ovfio_pci_register(dev);
	if (ret)
		kfree(dev);
	return ret;
}

static void vfio_pci_remove(struct pci_dev *pdev)
{
	struct vfio_pci_device *dev = pci_get_drvdata(pdev);

	ovfio_pci_unregister(dev);
	kfree(dev);
}

/* R7 */
static int vfio_pci_sriov_configure(struct pci_dev *pdev, int count)
{
	if (enable_sriov)
		return ovfio_pci_sriov_configure(pci_get_drvdata(pdev), count);
	pci_info(pdev, "vfio: no virtual functions are made or removed: write Y to /sys/module/vfio_pci/parameters/enable_sriov first\n");
	return -ENOENT;
}

static pci_ers_result_t vfio_pci_error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	return ovfio_pci_error_detected(pci_get_drvdata(pdev));
}

static const struct pci_error_handlers vfio_pci_error_handlers = {
	.error_detected = vfio_pci_error_detected,
};

/* Every device, but only for those whose driver_override says so. */
static const struct pci_device_id vfio_pci_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_ANY_ID, PCI_ANY_ID) },
	{}
};
MODULE_DEVICE_TABLE(pci, vfio_pci_table);

static struct pci_driver vfio_pci_driver = {
	.name = "vfio-pci",
	.id_table = vfio_pci_table,
	.probe = vfio_pci_probe,
	.remove = vfio_pci_remove,
	.sriov_configure = vfio_pci_sriov_configure,
	.err_handler = &vfio_pci_error_handlers,
	.driver.pm = &ovfio_pci_pm_ops,
	/* The user maps DMA, not the kernel: the group's ownership is left to be claimed. */
	.driver_managed_dma = true,
};

enum { VENDOR, DEVICE, SUBVENDOR, SUBDEVICE, CLASS, CLASS_MASK, ID_FIELDS };

/* One entry of the ids parameter; the fields left out match anything. */
static int parse_id(char *entry, u32 id[ID_FIELDS])
{
	unsigned int field = 0;
	char *word;

	id[SUBVENDOR] = id[SUBDEVICE] = PCI_ANY_ID;
	id[CLASS] = id[CLASS_MASK] = 0;
	while ((word = strsep(&entry, ":"))) {
		if (field == ID_FIELDS || kstrtou32(word, 16, &id[field]))
			return -EINVAL;
		field++;
	}
	return field > DEVICE ? 0 : -EINVAL;
}

static void add_ids(void)
{
	char *rest = ids, *entry;
	u32 id[ID_FIELDS];
	int ret;

	while ((entry = strsep(&rest, ","))) {
		if (!*entry)
			continue;
		ret = parse_id(entry, id);
		if (!ret)
			ret = pci_add_dynid(&vfio_pci_driver, id[VENDOR], id[DEVICE],
					    id[SUBVENDOR], id[SUBDEVICE], id[CLASS],
					    id[CLASS_MASK], 0);
		if (ret)
			pr_warn("vfio-pci.ids: entry '%s' is skipped: not vendor:device[:subvendor[:subdevice[:class[:class_mask]]]] in hex, or there already (%d)\n",
				entry, ret);
	}
}

static int __init vfio_pci_init(void)
{
	int ret = vfio_needs(ovfio_pci_version_1_0_0, "vfio_pci_core");

	if (!ret)
		ret = pci_register_driver(&vfio_pci_driver);
	if (!ret)
		add_ids();
	return ret;
}
module_init(vfio_pci_init);

static void __exit vfio_pci_exit(void)
{
	pci_unregister_driver(&vfio_pci_driver);
}
module_exit(vfio_pci_exit);

MODULE_DESCRIPTION("openvfio: PCI devices for user programs");
MODULE_AUTHOR("openvfio contributors");
MODULE_LICENSE("GPL");
MODULE_VERSION(OPENVFIO_VERSION);
