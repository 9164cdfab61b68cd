// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqbypass_watch: a consumer for irqbypass that only counts. Tests of Q10 see with it
 * which interrupt is offered under which eventfd, as KVM would see it.
 *
 * Parameters: write a file descriptor of an eventfd, your own, to `watch` (-1: none);
 * `added` and `removed` count producers of it, `irq` is the interrupt of the last one.
 */
#include <linux/eventfd.h>
#include <linux/irqbypass.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

/* Changed by irqbypass, under its lock. */
static unsigned int added, removed;
static int irq;
module_param(added, uint, 0444);
module_param(removed, uint, 0444);
module_param(irq, int, 0444);

static int add_producer(struct irq_bypass_consumer *consumer, struct irq_bypass_producer *producer)
{
	irq = producer->irq;
	added++;
	return 0;
}

static void del_producer(struct irq_bypass_consumer *consumer, struct irq_bypass_producer *producer)
{
	removed++;
}

static struct irq_bypass_consumer consumer = {
	.add_producer = add_producer,
	.del_producer = del_producer,
};

static void unwatch(void)
{
	if (!consumer.token)
		return;
	irq_bypass_unregister_consumer(&consumer);
	eventfd_ctx_put(consumer.token);
	consumer.token = NULL;
}

/* Runs in the process that writes the parameter, so the descriptor is that one's. */
static int watch_set(const char *text, const struct kernel_param *param)
{
	struct eventfd_ctx *event;
	int fd, ret;

	ret = kstrtoint(text, 10, &fd);
	if (ret)
		return ret;
	unwatch();
	if (fd < 0)
		return 0;
	event = eventfd_ctx_fdget(fd);
	if (IS_ERR(event))
		return PTR_ERR(event);
	added = removed = irq = 0;
	consumer.token = event;
	ret = irq_bypass_register_consumer(&consumer);
	if (ret) {
		consumer.token = NULL;
		eventfd_ctx_put(event);
	}
	return ret;
}

static const struct kernel_param_ops watch_ops = { .set = watch_set };
module_param_cb(watch, &watch_ops, NULL, 0200);

static int __init watch_init(void)
{
	return 0;
}
module_init(watch_init);

static void __exit watch_exit(void)
{
	unwatch();
}
module_exit(watch_exit);

MODULE_DESCRIPTION("openvfio: counts interrupts offered to irqbypass, for tests");
MODULE_AUTHOR("openvfio contributors");
MODULE_LICENSE("GPL");
MODULE_VERSION("1.0.0");
