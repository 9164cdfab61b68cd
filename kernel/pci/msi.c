// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSI and MSI-X: as many vectors as the first call asked for, one eventfd each. A
 * vector whose eventfd is replaced keeps running; only its target changes.
 *
 * irq_lock serialises all of it; a vector's own lock keeps its eventfd from going away
 * under the interrupt.
 */
#include <linux/interrupt.h>
#include <linux/msi.h>
#include <linux/slab.h>

#include "eventfds.h"
#include "intx.h"
#include "irq.h"
#include "msi.h"

static void signal_vector(struct vfio_pci_vector *vector)
{
	lockdep_assert_held(&vector->lock);

	if (vector->trigger)
		eventfd_signal(vector->trigger, 1);
}

static irqreturn_t vector_interrupt(int irq, void *arg)
{
	struct vfio_pci_vector *vector = arg;
	unsigned long flags;

	spin_lock_irqsave(&vector->lock, flags);
	signal_vector(vector);
	spin_unlock_irqrestore(&vector->lock, flags);
	return IRQ_HANDLED;
}

/* Returns the former target, whose reference is now the caller's. */
static struct eventfd_ctx *swap_trigger(struct vfio_pci_vector *vector, struct eventfd_ctx *trigger)
{
	unsigned long flags;

	spin_lock_irqsave(&vector->lock, flags);
	swap(vector->trigger, trigger);
	spin_unlock_irqrestore(&vector->lock, flags);
	return trigger;
}

/*
 * The MSI-X table lies in the device's memory, which the kernel writes to when vectors are
 * allocated, requested or freed. That is done under irq_lock, which keeps COMMAND and the
 * power state as they are, but not under memory_lock: to free an interrupt is to wait for
 * who reads its files in /proc, and what they read may go to a BAR, by a fault that waits for
 * memory_lock.
 *
 * To borrow what is borrowed already changes nothing. Who is at several vectors does so once
 * around them all, as to wake a device and to send it to sleep again takes long.
 */
static void borrow_memory(struct vfio_pci_device *dev, struct vfio_pci_loan *loan)
{
	down_write(&dev->memory_lock);
	vfio_pci_memory_borrow(dev, loan);
	up_write(&dev->memory_lock);
}

static void return_memory(struct vfio_pci_device *dev, const struct vfio_pci_loan *loan)
{
	down_write(&dev->memory_lock);
	vfio_pci_memory_return(dev, loan);
	up_write(&dev->memory_lock);
}

static int vector_request(struct vfio_pci_device *dev, unsigned int i, int irq)
{
	bool msix = dev->irq_index == VFIO_PCI_MSIX_IRQ_INDEX;
	struct vfio_pci_vector *vector = &dev->vectors[i];
	struct vfio_pci_loan loan;
	int ret;

	vector->name = kasprintf(GFP_KERNEL_ACCOUNT, "vfio-msi%s[%u](%s)", msix ? "x" : "", i,
				 pci_name(dev->pdev));
	if (!vector->name)
		return -ENOMEM;

	borrow_memory(dev, &loan);
	if (msix) {
		/* Q9: a reset behind our back may have emptied the table. */
		struct msi_msg msg;

		get_cached_msi_msg(irq, &msg);
		pci_write_msi_msg(irq, &msg);
	}
	ret = request_irq(irq, vector_interrupt, 0, vector->name, vector);
	return_memory(dev, &loan);

	if (ret) {
		kfree(vector->name);
		vector->name = NULL;
	}
	return ret;
}

static void vector_free(struct vfio_pci_device *dev, unsigned int i, int irq)
{
	struct vfio_pci_vector *vector = &dev->vectors[i];
	struct vfio_pci_loan loan;

	borrow_memory(dev, &loan);
	free_irq(irq, vector);
	return_memory(dev, &loan);
	kfree(vector->name);
	vector->name = NULL;
}

/*
 * Q10: whoever consumes the eventfd, such as KVM, may take the interrupt straight from
 * the hardware. It needs not: an eventfd that another vector has already offered cannot
 * be offered again, and then all goes through the handler.
 */
static void vector_offer(struct vfio_pci_device *dev, unsigned int i)
{
	struct vfio_pci_vector *vector = &dev->vectors[i];
	int ret;

	vector->producer.token = vector->trigger;
	vector->producer.irq = pci_irq_vector(dev->pdev, i);
	ret = irq_bypass_register_producer(&vector->producer);
	if (ret) {
		vector->producer.token = NULL;
		pci_dbg(dev->pdev, "vfio: vector %u is not offered to irqbypass: %d\n", i, ret);
	}
}

static void vector_withdraw(struct vfio_pci_vector *vector)
{
	if (vector->producer.token)
		irq_bypass_unregister_producer(&vector->producer);
	vector->producer.token = NULL;
}

/*
 * Gives a vector an eventfd, another one, or none. That cannot fail: it is requested
 * already if it is to have one. The reference to @trigger becomes the vector's.
 */
static void vector_retarget(struct vfio_pci_device *dev, unsigned int i,
			    struct eventfd_ctx *trigger)
{
	struct vfio_pci_vector *vector = &dev->vectors[i];
	struct eventfd_ctx *former;

	/* Before it is freed: a consumer may have bent it away from the handler. */
	vector_withdraw(vector);
	former = swap_trigger(vector, trigger);
	if (trigger)
		vector_offer(dev, i);
	else if (vector->name)
		vector_free(dev, i, pci_irq_vector(dev->pdev, i));
	if (former)
		eventfd_ctx_put(former);
}

static void put_triggers(struct eventfd_ctx **triggers, u32 count)
{
	while (count--)
		if (triggers[count])
			eventfd_ctx_put(triggers[count]);
	kvfree(triggers);
}

/* All of them, before anything is changed: most mistakes are found here. */
static struct eventfd_ctx **get_triggers(struct vfio_pci_device *dev,
					 const struct irq_request *request)
{
	struct eventfd_ctx **triggers;
	u32 i;

	triggers = kvcalloc(request->count, sizeof(*triggers), GFP_KERNEL_ACCOUNT);
	if (!triggers)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < request->count; i++) {
		struct eventfd_ctx *trigger = eventfd_or_none(dev, request->fds[i]);

		if (IS_ERR(trigger)) {
			put_triggers(triggers, i);
			return ERR_CAST(trigger);
		}
		triggers[i] = trigger;
	}
	return triggers;
}

/* Those that were requested for a call that fails. */
static void return_fresh(struct vfio_pci_device *dev, u32 start, u32 count)
{
	while (count--) {
		unsigned int i = start + count;

		if (!dev->vectors[i].fresh)
			continue;
		dev->vectors[i].fresh = false;
		swap_trigger(&dev->vectors[i], NULL);
		vector_free(dev, i, pci_irq_vector(dev->pdev, i));
	}
}

/*
 * All that can fail: requests the vectors that are to have an eventfd and had none. They
 * have it from the start, so that no interrupt is lost. On failure none of them is left.
 */
static int request_fresh(struct vfio_pci_device *dev, u32 start, u32 count,
			 struct eventfd_ctx **triggers)
{
	u32 i;

	for (i = 0; i < count; i++) {
		struct vfio_pci_vector *vector = &dev->vectors[start + i];
		int ret;

		if (!triggers[i] || vector->name)
			continue;
		swap_trigger(vector, triggers[i]);
		ret = vector_request(dev, start + i, pci_irq_vector(dev->pdev, start + i));
		if (ret) {
			swap_trigger(vector, NULL);
			return_fresh(dev, start, i);
			return ret;
		}
		vector->fresh = true;
	}
	return 0;
}

/*
 * Sets vectors @start to @start + @count - 1: all, or none with a negative errno. A
 * vector in use that gets another eventfd stays requested, and loses no interrupt.
 */
static int retarget_block(struct vfio_pci_device *dev, u32 start, u32 count,
			  struct eventfd_ctx **triggers)
{
	u32 i;
	int ret;

	ret = request_fresh(dev, start, count, triggers);
	if (ret)
		return ret;
	for (i = 0; i < count; i++) {
		struct vfio_pci_vector *vector = &dev->vectors[start + i];

		if (vector->fresh)
			vector_offer(dev, start + i);
		else
			vector_retarget(dev, start + i, triggers[i]);
		vector->fresh = false;
		triggers[i] = NULL;
	}
	return 0;
}

/* Q4: a positive return is the number of vectors that could be had; nothing is enabled. */
static int vectors_allocate(struct vfio_pci_device *dev, u32 index, unsigned int count)
{
	unsigned int kind = index == VFIO_PCI_MSIX_IRQ_INDEX ? PCI_IRQ_MSIX : PCI_IRQ_MSI;
	struct pci_dev *pdev = dev->pdev;
	struct vfio_pci_loan loan;
	int got;

	borrow_memory(dev, &loan);
	got = pci_alloc_irq_vectors(pdev, 1, count, kind);
	if (got > 0 && got < count) {
		pci_free_irq_vectors(pdev);
		vfio_pci_intx_quiet(dev);
	}
	return_memory(dev, &loan);
	if (got < 0)
		return ovfio_refuse_and_log(&dev->vdev.refusal, OPENVFIO_REASON_IRQ_VECTORS, got,
					    "%s: the kernel has no interrupt vectors to give, not one of the %u asked for (%d)",
					    pci_name(pdev), count, got);
	return got == count ? 0 : got;
}

static int msi_enable(struct vfio_pci_device *dev, u32 index, unsigned int count)
{
	unsigned int i;
	int ret;

	dev->vectors = kvcalloc(count, sizeof(*dev->vectors), GFP_KERNEL_ACCOUNT);
	if (!dev->vectors)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		spin_lock_init(&dev->vectors[i].lock);
	ret = vectors_allocate(dev, index, count);
	if (ret) {
		kvfree(dev->vectors);
		dev->vectors = NULL;
		return ret;
	}
	dev->vector_count = count;
	dev->irq_index = index;
	return 0;
}

/**
 * vfio_pci_msi_disable() - give all vectors back
 * @dev: MSI or MSI-X enabled; irq_lock held
 */
void vfio_pci_msi_disable(struct vfio_pci_device *dev)
{
	struct vfio_pci_loan loan;
	unsigned int i;

	lockdep_assert_held(&dev->irq_lock);

	borrow_memory(dev, &loan);
	for (i = 0; i < dev->vector_count; i++)
		vector_retarget(dev, i, NULL);
	pci_free_irq_vectors(dev->pdev);
	/* Freeing them opens the INTx line, which nobody listens to. */
	vfio_pci_intx_quiet(dev);
	return_memory(dev, &loan);
	kvfree(dev->vectors);
	dev->vectors = NULL;
	dev->vector_count = 0;
	dev->irq_index = VFIO_PCI_NUM_IRQS;
}

static int refuse_resize(struct vfio_pci_device *dev, const struct irq_request *request)
{
	return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_IRQ_RANGE, -EINVAL,
			    "start is %u and count %u, but only %u vectors are enabled; disable them to get more",
			    request->start, request->count, dev->vector_count);
}

static long set_targets(struct vfio_pci_device *dev, const struct irq_request *request)
{
	bool enabled = dev->irq_index == request->index;
	/* One may only get another eventfd, which needs no memory and is to be fast. */
	bool several = request->count > 1;
	struct eventfd_ctx **triggers;
	struct vfio_pci_loan loan;
	int ret = 0;

	/* NORESIZE: within what the first call asked for. */
	if (enabled && request->start + request->count > dev->vector_count)
		return refuse_resize(dev, request);
	if (!enabled && !(request->start + request->count))
		return ovfio_refuse(&dev->vdev.refusal, OPENVFIO_REASON_IRQ_RANGE, -EINVAL,
				    "start and count are 0, and no vectors at all cannot be enabled");
	triggers = get_triggers(dev, request);
	if (IS_ERR(triggers))
		return PTR_ERR(triggers);
	if (!enabled)
		ret = msi_enable(dev, request->index, request->start + request->count);
	if (!ret) {
		if (several)
			borrow_memory(dev, &loan);
		ret = retarget_block(dev, request->start, request->count, triggers);
		if (several)
			return_memory(dev, &loan);
		if (ret && !enabled)
			vfio_pci_msi_disable(dev);
	}
	put_triggers(triggers, request->count);
	return ret;
}

/* Q6: signal as if the device had. Vectors without an eventfd are passed over. */
static long signal_block(struct vfio_pci_device *dev, const struct irq_request *request)
{
	u32 i;

	if (request->start + request->count > dev->vector_count)
		return refuse_resize(dev, request);
	for (i = 0; i < request->count; i++)
		if (irq_wanted(request, i))
			vector_interrupt(0, &dev->vectors[request->start + i]);
	return 0;
}

/**
 * vfio_pci_msi_set() - VFIO_DEVICE_SET_IRQS for MSI and MSI-X
 * @dev: irq_lock held
 * @request: for the MSI or the MSI-X index
 *
 * Return: 0; -ENOTTY for mask and unmask (Q2); a positive number of vectors if that is
 * all there are (Q4); or a negative errno, with the interrupts as before.
 */
long vfio_pci_msi_set(struct vfio_pci_device *dev, const struct irq_request *request)
{
	bool enabled = dev->irq_index == request->index;

	lockdep_assert_held(&dev->irq_lock);

	if (request->action != IRQ_TRIGGER)
		return vfio_pci_refuse_action(dev, request->index);
	if (!enabled && request->data != IRQ_FD_DATA)
		return vfio_pci_refuse_irq_off(dev, request->index);
	/* Q3: one kind of interrupt at a time. */
	if (!enabled && dev->irq_index != VFIO_PCI_NUM_IRQS)
		return vfio_pci_refuse_other(dev, request->index);
	if (request->data == IRQ_FD_DATA)
		return set_targets(dev, request);
	if (request->data == IRQ_NONE_DATA && !request->count) {
		vfio_pci_msi_disable(dev);
		return 0;
	}
	return signal_block(dev, request);
}
