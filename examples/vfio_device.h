/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VFIO half of a user-level driver: what every driver does before and beside
 * talking to its own hardware. vfio_device.c is meant to be read top to bottom; its
 * functions stand in the order in which a driver calls them.
 *
 * These are examples: whatever goes wrong ends the program with a sentence that says
 * what, why and what to do about it. That is also a safe way to stop. When the last
 * file descriptor goes, the kernel turns off the device's bus mastering, unmaps and
 * unpins all its memory and resets it if it can, whether the program cleaned up or not.
 */
#ifndef VFIO_DEVICE_H
#define VFIO_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "PCI is little-endian, and these examples do not swap bytes"
#endif

struct vfio_device {
	char bdf[16];		/* PCI address, domain:bus:device.function */
	char group_path[4096];	/* usually /dev/vfio/NUMBER */
	int container;		/* the I/O address space */
	int group;		/* the unit of isolation */
	int fd;			/* the device itself */
	unsigned int num_regions;
	unsigned int num_irqs;
};

/* Memory that the program sees at @vaddr and the device at @iova. */
struct dma_buffer {
	void *vaddr;
	uint64_t iova;
	size_t size;
};

/* Take possession of the device at PCI address @bdf, through @group_path if not NULL. */
void vfio_open(struct vfio_device *dev, const char *bdf, const char *group_path);
/* Print its regions and interrupts. */
void vfio_describe(const struct vfio_device *dev);
void vfio_close(struct vfio_device *dev);

uint32_t vfio_config_read(const struct vfio_device *dev, unsigned int offset, unsigned int size);
void vfio_config_write(const struct vfio_device *dev, unsigned int offset, uint32_t value,
		       unsigned int size);
/* Fail unless config space says this is the device the driver was written for. */
void vfio_expect_id(const struct vfio_device *dev, uint16_t vendor, uint16_t device);
/* Let the device start transactions of its own: DMA, and MSI, which is a DMA write. */
void vfio_enable_bus_master(const struct vfio_device *dev);

void *vfio_map_bar(const struct vfio_device *dev, unsigned int index, size_t *size);
void vfio_unmap_bar(void *bar, size_t size);

/* @flags: VFIO_DMA_MAP_FLAG_READ and _WRITE, as the device sees it. */
void dma_map(const struct vfio_device *dev, const struct dma_buffer *buffer, uint32_t flags);
void dma_unmap(const struct vfio_device *dev, const struct dma_buffer *buffer);
/* Zeroed memory of at least @size bytes, for use at @iova; not yet mapped there. */
struct dma_buffer dma_alloc(size_t size, uint64_t iova);
void dma_free(struct dma_buffer *buffer);

/* How many interrupts of @index the device has; 0: none of that kind. */
unsigned int vfio_irq_count(const struct vfio_device *dev, unsigned int index);
/* New eventfds, connected to the first @count interrupts of @index (VFIO_PCI_..._IRQ_INDEX). */
void vfio_irq_enable(const struct vfio_device *dev, unsigned int index, int *eventfds,
		     unsigned int count);
void vfio_irq_unmask(const struct vfio_device *dev, unsigned int index);
void vfio_irq_disable(const struct vfio_device *dev, unsigned int index, int *eventfds,
		      unsigned int count);
/* How many interrupts there were since the last call; waits for one, 0 if none comes. */
uint64_t vfio_irq_wait(int eventfd, int milliseconds);

/* Long enough for an emulated machine on a busy host; hardware needs a fraction of it. */
#define PATIENCE_MS 30000

/*
 * Device registers. volatile keeps every access, at its width and in program order
 * with the other volatile ones; it orders nothing against ordinary memory.
 */
static inline uint32_t mmio_read32(const volatile void *bar, size_t offset)
{
	return *(const volatile uint32_t *)((const volatile char *)bar + offset);
}

static inline uint64_t mmio_read64(const volatile void *bar, size_t offset)
{
	return *(const volatile uint64_t *)((const volatile char *)bar + offset);
}

static inline void mmio_write32(volatile void *bar, size_t offset, uint32_t value)
{
	*(volatile uint32_t *)((volatile char *)bar + offset) = value;
}

static inline void mmio_write64(volatile void *bar, size_t offset, uint64_t value)
{
	*(volatile uint64_t *)((volatile char *)bar + offset) = value;
}

/*
 * Between ordinary memory that the device reads or writes by DMA and the register
 * access or status word that hands it over, in both directions.
 */
static inline void dma_barrier(void)
{
#ifdef __aarch64__
	/* The device is an observer outside the CPUs' inner shareable domain. */
	__asm__ volatile("dmb osh" ::: "memory");
#else
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

#endif
