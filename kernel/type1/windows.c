// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "windows.h"

/**
 * windows_init() - begin with one window, the whole address space
 * @windows: to be initialised
 *
 * Return: 0 or -ENOMEM.
 */
int windows_init(struct windows *windows)
{
	windows->window = kmalloc(sizeof(*windows->window), GFP_KERNEL_ACCOUNT);
	if (!windows->window)
		return -ENOMEM;
	windows->window[0] = (struct window) { .start = 0, .last = U64_MAX };
	windows->count = 1;
	return 0;
}

/**
 * windows_copy() - begin with the windows that others are
 * @windows: to be initialised
 * @from: at least one, unless nothing can be used
 *
 * Return: 0 or -ENOMEM.
 */
int windows_copy(struct windows *windows, const struct windows *from)
{
	size_t size = from->count * sizeof(*from->window);

	windows->window = kmemdup(from->window, size, GFP_KERNEL_ACCOUNT);
	if (!windows->window)
		return -ENOMEM;
	windows->count = from->count;
	return 0;
}

void windows_free(struct windows *windows)
{
	kfree(windows->window);
	windows->window = NULL;
	windows->count = 0;
}

static void window_remove(struct windows *windows, unsigned int index)
{
	windows->count--;
	memmove(&windows->window[index], &windows->window[index + 1],
		(windows->count - index) * sizeof(*windows->window));
}

/**
 * windows_clip() - keep only what lies in an aperture
 * @windows: the windows
 * @start: first IOVA of the aperture
 * @last: last IOVA of the aperture
 */
void windows_clip(struct windows *windows, u64 start, u64 last)
{
	unsigned int i = 0;

	while (i < windows->count) {
		struct window *window = &windows->window[i];

		if (window->last < start || window->start > last) {
			window_remove(windows, i);
			continue;
		}
		window->start = max(window->start, start);
		window->last = min(window->last, last);
		i++;
	}
}

/* Makes one window two, with the hole between them. */
static int window_split(struct windows *windows, unsigned int index, u64 start, u64 last)
{
	struct window *grown;

	grown = krealloc_array(windows->window, windows->count + 1, sizeof(*grown),
			       GFP_KERNEL_ACCOUNT);
	if (!grown)
		return -ENOMEM;
	windows->window = grown;
	memmove(&grown[index + 1], &grown[index], (windows->count - index) * sizeof(*grown));
	windows->count++;
	grown[index].last = start - 1;
	grown[index + 1].start = last + 1;
	return 0;
}

/**
 * windows_exclude() - take a reserved region out
 * @windows: the windows
 * @start: first IOVA of the region
 * @last: last IOVA of the region
 *
 * Return: 0 or -ENOMEM.
 */
int windows_exclude(struct windows *windows, u64 start, u64 last)
{
	unsigned int i = 0;
	int ret;

	while (i < windows->count) {
		struct window *window = &windows->window[i];

		if (window->last < start || window->start > last) {
			i++;
		} else if (window->start >= start && window->last <= last) {
			window_remove(windows, i);
		} else if (window->start < start && window->last > last) {
			ret = window_split(windows, i, start, last);
			if (ret)
				return ret;
			i += 2;
		} else {
			if (window->start < start)
				window->last = start - 1;
			else
				window->start = last + 1;
			i++;
		}
	}
	return 0;
}

/**
 * windows_contain() - may a mapping lie here?
 * @windows: the windows
 * @start: first IOVA
 * @last: last IOVA
 */
bool windows_contain(const struct windows *windows, u64 start, u64 last)
{
	unsigned int i;

	for (i = 0; i < windows->count; i++)
		if (start >= windows->window[i].start && last <= windows->window[i].last)
			return true;
	return false;
}
