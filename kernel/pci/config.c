// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration space: reads merge the hardware with the virtual bits, writes reach the
 * hardware only where the tables of config_table.c let them, and registers that could
 * hurt the host have a handler here.
 *
 * Locks: config_lock around each access; a handler takes irq_lock, then memory_lock. That of
 * VPD lets go of it while it waits for the device.
 */
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "config.h"
#include "config_table.h"
#include "intx.h"

/* Through the user accessors, which wait while the device is in a reset or self test. */
static int hardware_read(struct pci_dev *pdev, unsigned int pos, unsigned int width, u32 *value)
{
	u16 word;
	u8 byte;
	int ret;

	switch (width) {
	case 1:
		ret = pci_user_read_config_byte(pdev, pos, &byte);
		*value = byte;
		return ret;
	case 2:
		ret = pci_user_read_config_word(pdev, pos, &word);
		*value = word;
		return ret;
	default:
		return pci_user_read_config_dword(pdev, pos, value);
	}
}

static int hardware_write(struct pci_dev *pdev, unsigned int pos, unsigned int width, u32 value)
{
	switch (width) {
	case 1:
		return pci_user_write_config_byte(pdev, pos, value);
	case 2:
		return pci_user_write_config_word(pdev, pos, value);
	default:
		return pci_user_write_config_dword(pdev, pos, value);
	}
}

static u32 width_mask(unsigned int width)
{
	return GENMASK(8 * width - 1, 0);
}

static int read_register(struct vfio_pci_device *dev, unsigned int pos, unsigned int width,
			 u32 *value)
{
	struct vfio_pci_config *config = dev->config;
	u32 virt = config_get(config->virt, pos, width);
	u32 hardware = 0;
	int ret = 0;

	lockdep_assert_held(&dev->config_lock);

	if (virt != width_mask(width))
		ret = hardware_read(dev->pdev, pos, width, &hardware);
	*value = (hardware & ~virt) | (config_get(config->shadow, pos, width) & virt);
	return ret;
}

/* A byte without any bit of @mask. */
static bool untouched_byte(u32 mask, unsigned int width)
{
	for (; width--; mask >>= 8)
		if (!(mask & 0xff))
			return true;
	return false;
}

/*
 * The hardware bits of a write that are the user's to set; the others stay as they are.
 * Bytes without any are not written at all: beside COMMAND and DEVCTL lie status bits
 * that are cleared by writing back what was read.
 */
static int write_hardware(struct vfio_pci_device *dev, unsigned int pos, unsigned int width,
			  u32 value)
{
	u32 mask = config_hardware_bits(dev->config, pos, width);
	unsigned int half = width / 2;
	u32 old = 0;
	int ret;

	if (!mask)
		return 0;
	if (untouched_byte(mask, width)) {
		ret = write_hardware(dev, pos, half, value);
		return ret ?: write_hardware(dev, pos + half, half, value >> (8 * half));
	}
	if (mask != width_mask(width)) {
		ret = hardware_read(dev->pdev, pos, width, &old);
		if (ret)
			return ret;
	}
	return hardware_write(dev->pdev, pos, width, (old & ~mask) | (value & mask));
}

static int write_plain(struct vfio_pci_device *dev, unsigned int pos, unsigned int width, u32 value)
{
	config_write_virtual(dev->config, pos, width, value);
	return write_hardware(dev, pos, width, value);
}

/*
 * K3: a reset behind our back left the BARs empty; decoding nothing would hang the user.
 * The ROM's register is left alone: the kernel itself writes it to read the ROM. So are
 * those of a device that is gone, of which ones are read.
 */
static void restore_bars(struct vfio_pci_device *dev)
{
	unsigned int i, pos;
	u32 now;

	for (i = 0; i < CONFIG_BARS; i++) {
		pos = PCI_BASE_ADDRESS_0 + 4 * i;
		if (pci_user_read_config_dword(dev->pdev, pos, &now) ||
		    now == dev->config->hardware_bar[i] || PCI_POSSIBLE_ERROR(now))
			continue;
		dev_warn_ratelimited(&dev->pdev->dev, "vfio: BAR register 0x%x changed from 0x%x to 0x%x by a reset outside VFIO; restored\n",
				     pos, dev->config->hardware_bar[i], now);
		pci_user_write_config_dword(dev->pdev, pos, dev->config->hardware_bar[i]);
	}
}

/* A reset leaves decoding off; while it is on, the BARs are what they were. */
static bool starts_decoding(struct vfio_pci_device *dev, u16 value)
{
	const u16 decode = PCI_COMMAND_MEMORY | PCI_COMMAND_IO;
	u16 now;

	if (!(value & decode) || pci_user_read_config_word(dev->pdev, PCI_COMMAND, &now))
		return false;
	return value & decode & ~now;
}

/* K4. The INTX_DISABLE bit in hardware is intx.c's; the user has a virtual one. */
static int write_command(struct vfio_pci_device *dev, unsigned int pos, unsigned int width,
			 u32 value)
{
	bool starts;
	int ret;

	config_write_virtual(dev->config, pos, width, value);
	mutex_lock(&dev->irq_lock);
	down_write(&dev->memory_lock);
	starts = pos == PCI_COMMAND && starts_decoding(dev, value);
	if (starts)
		restore_bars(dev);
	if (pos == PCI_COMMAND && !(value & PCI_COMMAND_MEMORY))
		vfio_pci_memory_off(dev);
	ret = write_hardware(dev, pos, width, value);
	/* That reset has cleared INTX_DISABLE, too. */
	if (starts)
		vfio_pci_intx_reapply(dev);
	vfio_pci_memory_update(dev);
	up_write(&dev->memory_lock);

	vfio_pci_intx_command_mask(dev, config_get(dev->config->shadow, PCI_COMMAND, 2) &
				   PCI_COMMAND_INTX_DISABLE);
	mutex_unlock(&dev->irq_lock);
	return ret;
}

static int write_bar(struct vfio_pci_device *dev, unsigned int pos, unsigned int width, u32 value)
{
	config_write_virtual(dev->config, pos, width, value);
	config_fix_bar(dev->config, pos);
	return 0;
}

/* K6: the PME bits are virtual and read-only; the state is the one thing to be written. */
static int write_pm(struct vfio_pci_device *dev, unsigned int pos, unsigned int width, u32 value)
{
	pci_power_t state = (__force pci_power_t)(value & PCI_PM_CTRL_STATE_MASK);
	int ret;

	if (pos != dev->config->cap[PCI_CAP_ID_PM] + PCI_PM_CTRL)
		return 0;
	/* Its virtual functions would go with it, and they are other people's. */
	if (pci_num_vf(dev->pdev))
		state = PCI_D0;
	mutex_lock(&dev->irq_lock);
	down_write(&dev->memory_lock);
	ret = vfio_pci_set_power(dev, state);
	/* The host may have woken it since: then there was nothing to be done but this. */
	vfio_pci_intx_reapply(dev);
	vfio_pci_memory_update(dev);
	up_write(&dev->memory_lock);
	mutex_unlock(&dev->irq_lock);
	return ret;
}

/* FLR through the capability: the user meant VFIO_DEVICE_RESET. */
static void function_reset(struct vfio_pci_device *dev)
{
	long ret = vfio_pci_reset(dev);

	if (ret)
		dev_warn_ratelimited(&dev->pdev->dev, "vfio: function level reset written to configuration space failed: %ld\n",
				     ret);
}

/* K7 */
static int write_express(struct vfio_pci_device *dev, unsigned int pos, unsigned int width,
			 u32 value)
{
	unsigned int cap = dev->config->cap[PCI_CAP_ID_EXP], control = cap + PCI_EXP_DEVCTL;
	u32 devcap, former, wanted;
	int ret;

	former = config_get(dev->config->shadow, control, 2);
	ret = write_plain(dev, pos, width, value);
	if (ret || pos > control + 1 || pos + width <= control)
		return ret;

	wanted = config_get(dev->config->shadow, control, 2);
	config_set(dev->config->shadow, control, 2, wanted & ~PCI_EXP_DEVCTL_BCR_FLR);
	if (wanted & PCI_EXP_DEVCTL_BCR_FLR) {
		ret = hardware_read(dev->pdev, cap + PCI_EXP_DEVCAP, 4, &devcap);
		if (!ret && devcap & PCI_EXP_DEVCAP_FLR)
			function_reset(dev);
	}
	/* Requests smaller than what the path carries would only waste it. */
	if ((former ^ wanted) & PCI_EXP_DEVCTL_READRQ)
		pcie_set_readrq(dev->pdev, max_t(int, pcie_get_mps(dev->pdev),
						 128 << ((wanted & PCI_EXP_DEVCTL_READRQ) >> 12)));
	return 0;
}

static int write_af(struct vfio_pci_device *dev, unsigned int pos, unsigned int width, u32 value)
{
	unsigned int cap = dev->config->cap[PCI_CAP_ID_AF], control = cap + PCI_AF_CTRL;
	u32 caps;
	int ret;

	ret = write_plain(dev, pos, width, value);
	if (ret || pos > control || pos + width <= control)
		return ret;
	if (dev->config->shadow[control] & PCI_AF_CTRL_FLR) {
		dev->config->shadow[control] = 0;
		ret = hardware_read(dev->pdev, cap + PCI_AF_CAP, 1, &caps);
		if (!ret && caps & PCI_AF_CAP_FLR)
			function_reset(dev);
	}
	return ret;
}

/* As the user has it: a way to hold back messages that the device cannot mask. */
static int enable_msi(struct vfio_pci_device *dev, unsigned int at, bool enable)
{
	u32 flags;
	int ret;

	lockdep_assert_held(&dev->irq_lock);

	ret = hardware_read(dev->pdev, at, 2, &flags);
	if (ret)
		return ret;
	flags &= ~PCI_MSI_FLAGS_ENABLE;
	return hardware_write(dev->pdev, at, 2, enable ? flags | PCI_MSI_FLAGS_ENABLE : flags);
}

/* ENABLE and QSIZE of what the user wrote, as far as @enabled vectors go. */
static u16 bounded_msi_flags(u16 flags, unsigned int enabled)
{
	if (!enabled)
		flags &= ~PCI_MSI_FLAGS_ENABLE;
	while ((flags & PCI_MSI_FLAGS_QSIZE) >> 4 &&
	       1U << ((flags & PCI_MSI_FLAGS_QSIZE) >> 4) > max(enabled, 1U))
		flags -= PCI_MSI_FLAGS_QSIZE & -PCI_MSI_FLAGS_QSIZE;
	return flags;
}

/* K8: ENABLE sticks only while MSI is on by ioctl, and for no more vectors than that gave. */
static int write_msi(struct vfio_pci_device *dev, unsigned int pos, unsigned int width, u32 value)
{
	unsigned int at = dev->config->cap[PCI_CAP_ID_MSI] + PCI_MSI_FLAGS;
	unsigned int enabled = 0;
	int ret = 0;
	u16 flags;

	config_write_virtual(dev->config, pos, width, value);
	if (pos > at || pos + width <= at)
		return 0;
	mutex_lock(&dev->irq_lock);
	if (dev->irq_index == VFIO_PCI_MSI_IRQ_INDEX)
		enabled = dev->vector_count;
	flags = bounded_msi_flags(config_get(dev->config->shadow, at, 2), enabled);
	config_set(dev->config->shadow, at, 2, flags);
	if (enabled)
		ret = enable_msi(dev, at, flags & PCI_MSI_FLAGS_ENABLE);
	mutex_unlock(&dev->irq_lock);
	return ret;
}

static int write_register(struct vfio_pci_device *dev, unsigned int pos, unsigned int width,
			  u32 value)
{
	lockdep_assert_held(&dev->config_lock);

	switch (dev->config->owner[pos / 4]) {
	case OWNER_COMMAND:
		return write_command(dev, pos, width, value);
	case OWNER_BAR:
		return write_bar(dev, pos, width, value);
	case OWNER_PM:
		return write_pm(dev, pos, width, value);
	case OWNER_EXPRESS:
		return write_express(dev, pos, width, value);
	case OWNER_MSI:
		return write_msi(dev, pos, width, value);
	case OWNER_AF:
		return write_af(dev, pos, width, value);
	case OWNER_VPD:
		return vfio_pci_config_write_vpd(dev, pos, width, value);
	default:
		return write_plain(dev, pos, width, value);
	}
}

/* The widest aligned access at @pos within @count bytes. */
static unsigned int piece(u64 pos, size_t count)
{
	if (!(pos & 3) && count >= 4)
		return 4;
	return !(pos & 1) && count >= 2 ? 2 : 1;
}

/* K1: unlike in other regions, all or nothing. */
static int check_range(struct vfio_pci_device *dev, size_t count, u64 pos)
{
	unsigned int size = dev->config->size;

	if (pos < size && count <= size - pos)
		return 0;
	return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_CONFIG, -EFAULT,
			    "configuration space of %s has %u bytes; %zu from 0x%llx on are not all within",
			    pci_name(dev->pdev), size, count, pos);
}

/**
 * vfio_pci_config_read() - read configuration space as the user sees it
 * @dev: the device, open
 * @buf: user memory
 * @count: bytes
 * @pos: offset
 *
 * Return: @count, or -EFAULT (also outside the space, K1), or the device's error.
 */
ssize_t vfio_pci_config_read(struct vfio_pci_device *dev, char __user *buf, size_t count, u64 pos)
{
	size_t left = count;
	int ret;

	ret = check_range(dev, count, pos);
	if (ret)
		return ret;
	while (left) {
		unsigned int width = piece(pos, left);
		__le32 wire;
		u32 value;

		mutex_lock(&dev->config_lock);
		ret = read_register(dev, pos, width, &value);
		mutex_unlock(&dev->config_lock);
		if (ret)
			return pcibios_err_to_errno(ret);
		wire = cpu_to_le32(value);
		if (copy_to_user(buf, &wire, width))
			return -EFAULT;
		buf += width;
		pos += width;
		left -= width;
	}
	return count;
}

/**
 * vfio_pci_config_write() - write configuration space, as far as the user may
 * @dev: the device, open
 * @buf: user memory
 * @count: bytes
 * @pos: offset
 *
 * Return: @count, or -EFAULT (also outside the space, K1), or the device's error.
 */
ssize_t vfio_pci_config_write(struct vfio_pci_device *dev, const char __user *buf, size_t count,
			      u64 pos)
{
	size_t left = count;
	int ret;

	ret = check_range(dev, count, pos);
	if (ret)
		return ret;
	while (left) {
		unsigned int width = piece(pos, left);
		__le32 wire = 0;

		if (copy_from_user(&wire, buf, width))
			return -EFAULT;
		mutex_lock(&dev->config_lock);
		ret = write_register(dev, pos, width, le32_to_cpu(wire));
		mutex_unlock(&dev->config_lock);
		if (ret)
			return pcibios_err_to_errno(ret);
		buf += width;
		pos += width;
		left -= width;
	}
	return count;
}

/**
 * vfio_pci_config_pin() - the virtual interrupt pin
 * @dev: the device, open
 *
 * Return: 0 if the user has no INTx (K5), else 1 to 4.
 */
unsigned int vfio_pci_config_pin(struct vfio_pci_device *dev)
{
	return dev->config->shadow[PCI_INTERRUPT_PIN];
}

/**
 * vfio_pci_config_size() - bytes of configuration space
 * @dev: the device, open
 */
unsigned int vfio_pci_config_size(struct vfio_pci_device *dev)
{
	return dev->config->size;
}

/* The kernel keeps the low bits of the register in the resource's flags. */
static u32 bar_type(struct resource *res)
{
	if (res->flags & IORESOURCE_IO)
		return PCI_BASE_ADDRESS_SPACE_IO;
	return res->flags & ~PCI_BASE_ADDRESS_MEM_MASK;
}

static void describe_bars(struct vfio_pci_device *dev)
{
	struct vfio_pci_config *config = dev->config;
	struct pci_dev *pdev = dev->pdev;
	unsigned int i;

	for (i = 0; i < CONFIG_BARS; i++) {
		config->hardware_bar[i] = config_get(config->shadow, PCI_BASE_ADDRESS_0 + 4 * i, 4);
		if (!pci_resource_start(pdev, i))
			continue;
		config->bar[i].size = pci_resource_len(pdev, i);
		config->bar[i].type = bar_type(&pdev->resource[i]);
	}
	if (pci_resource_start(pdev, PCI_ROM_RESOURCE))
		config->bar[CONFIG_ROM].size = pci_resource_len(pdev, PCI_ROM_RESOURCE);
	config->memory_always_on = pdev->no_command_memory;
}

/*
 * K5: these do not say whether it is they who interrupt, so that whoever shares their line
 * could not tell: Intel's X550 and the family of the 700 series.
 */
static const struct pci_device_id broken_intx[] = {
	{ PCI_VDEVICE(INTEL, 0x1563) },
	{ PCI_VDEVICE(INTEL, 0x1572) },
	{ PCI_VDEVICE(INTEL, 0x1574) },
	{ PCI_VDEVICE(INTEL, 0x1580) },
	{ PCI_VDEVICE(INTEL, 0x1581) },
	{ PCI_VDEVICE(INTEL, 0x1583) },
	{ PCI_VDEVICE(INTEL, 0x1584) },
	{ PCI_VDEVICE(INTEL, 0x1585) },
	{ PCI_VDEVICE(INTEL, 0x1586) },
	{ PCI_VDEVICE(INTEL, 0x1587) },
	{ PCI_VDEVICE(INTEL, 0x1588) },
	{ PCI_VDEVICE(INTEL, 0x1589) },
	{ PCI_VDEVICE(INTEL, 0x158a) },
	{ PCI_VDEVICE(INTEL, 0x158b) },
	{ PCI_VDEVICE(INTEL, 0x37d0) },
	{ PCI_VDEVICE(INTEL, 0x37d1) },
	{ PCI_VDEVICE(INTEL, 0x37d2) },
	{}
};

static bool has_intx(struct pci_dev *pdev)
{
	return !pdev->is_virtfn && pdev->irq && pdev->irq != IRQ_NOTCONNECTED &&
	       !pci_match_id(broken_intx, pdev);
}

/* K2, K5: what the user sees in place of the hardware's own words. */
static void describe_identity(struct vfio_pci_device *dev)
{
	struct pci_dev *pdev = dev->pdev;
	u8 *shadow = dev->config->shadow;

	config_set(shadow, PCI_VENDOR_ID, 2, pdev->vendor);
	config_set(shadow, PCI_DEVICE_ID, 2, pdev->device);
	if (!has_intx(pdev))
		shadow[PCI_INTERRUPT_PIN] = 0;
}

/* One that does not answer reads as ones, which end every list. */
static void fetch(struct vfio_pci_config *config, unsigned int pos)
{
	u32 value;
	int ret = pci_read_config_dword(config->pdev, pos, &value);

	if (ret && !config->error)
		config->error = pcibios_err_to_errno(ret);
	config_set(config->shadow, pos, 4, value);
}

static void describe(struct vfio_pci_device *dev)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(dev->pdev->saved_config_space); i++)
		config_set(dev->config->shadow, 4 * i, 4, dev->pdev->saved_config_space[i]);
	describe_bars(dev);
	describe_identity(dev);
	config_build(dev->config);
}

static struct vfio_pci_config *config_alloc(struct pci_dev *pdev)
{
	size_t room = CONFIG_ROOM(pdev->cfg_size);
	struct vfio_pci_config *config = kvzalloc(sizeof(*config) + room, GFP_KERNEL_ACCOUNT);

	if (config) {
		config_place(config, pdev->cfg_size, (u8 *)(config + 1));
		config->pdev = pdev;
		config->fetch = fetch;
	}
	return config;
}

/**
 * vfio_pci_config_init() - make the user's view of configuration space
 * @dev: enabled; open in progress; pci_save_state() has just read its header
 *
 * Return: 0, -ENOMEM or the device's error.
 */
int vfio_pci_config_init(struct vfio_pci_device *dev)
{
	int ret;

	dev->config = config_alloc(dev->pdev);
	if (!dev->config)
		return -ENOMEM;
	/* Waits once for a reset or self test, and keeps others from beginning one meanwhile. */
	pci_cfg_access_lock(dev->pdev);
	describe(dev);
	pci_cfg_access_unlock(dev->pdev);
	ret = dev->config->error;
	if (ret)
		vfio_pci_config_free(dev);
	else if (pci_match_id(broken_intx, dev->pdev))
		pci_intx(dev->pdev, 0);
	return ret;
}

/**
 * vfio_pci_config_free() - at the last close
 * @dev: the device
 */
void vfio_pci_config_free(struct vfio_pci_device *dev)
{
	kvfree(dev->config);
	dev->config = NULL;
	kfree(dev->sleep_state);
	dev->sleep_state = NULL;
}
