// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any device's configuration space, any writes of a user: lists end and hold nothing that
 * is hidden, what is read-only stays, what is the kernel's is not written, and nothing is
 * touched outside of the space. What a capability's bytes are is written down here a
 * second time, from the rules.
 */
#include <linux/kernel.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "pci/config_table.h"

enum { STANDARD = 256, HEADER = 64, MOST_CAPS = 48, MOST_EXT_CAPS = 960, WRITES = 24 };

static struct vfio_pci_config config;
static u8 hardware[CONFIG_SPACE_MAX];
/* The device's heads of capabilities, and behind them the next head, or the end. */
static u16 caps[MOST_CAPS], ext_caps[MOST_EXT_CAPS];
static unsigned int cap_count, ext_cap_count;

static void put(unsigned int pos, unsigned int width, u32 value)
{
	if (pos + width <= config.size)
		config_set(hardware, pos, width, value);
}

static u32 get(unsigned int pos, unsigned int width)
{
	return config_get(hardware, pos, width);
}

/* Mostly ids that exist, and pointers that lead to a capability. */
static void make_caps(struct input *input)
{
	unsigned int count = take(input, 1) % 12, pos = take(input, 1) | HEADER;

	put(PCI_STATUS, 1, take(input, 1) < 16 ? 0 : PCI_STATUS_CAP_LIST);
	put(PCI_CAPABILITY_LIST, 1, count ? pos : 0);
	while (count--) {
		u8 id = take(input, 1), next = take(input, 1);

		put(pos & 0xfc, 1, id < 0xf0 ? id % 0x18 : id);
		put((pos & 0xfc) + 1, 1, next);
		put((pos & 0xfc) + 2, 2, take(input, 2));
		pos = next | HEADER;
	}
}

static void make_ext_caps(struct input *input)
{
	unsigned int count = take(input, 1) % 12, pos = STANDARD;

	while (count--) {
		u32 id = take(input, 1), next = take(input, 2);

		put(pos, 4, (id < 0xf0 ? id % 0x30 : id << 4) | next << 20);
		put(pos + 4, 4, take(input, 2));
		pos = next & 0xffc;
		if (pos < STANDARD)
			break;
	}
}

static void make_bars(struct input *input)
{
	unsigned int i;

	for (i = 0; i < CONFIG_BARS; i++) {
		u32 kind = take(input, 1);
		struct config_bar *bar = &config.bar[i];

		if (kind & 1)
			*bar = (struct config_bar) { 4 << kind / 4 % 7, PCI_BASE_ADDRESS_SPACE_IO };
		else if (kind & 2)
			*bar = (struct config_bar) { 16ULL << kind / 4 % 60,
						     PCI_BASE_ADDRESS_MEM_TYPE_64 };
		else if (kind & 4)
			*bar = (struct config_bar) { 16U << kind / 8 % 28, 0 };
	}
	config.bar[CONFIG_ROM].size = 2048ULL << take(input, 1) % 14;
}

static void fetch(struct vfio_pci_config *of, unsigned int pos)
{
	REQUIRE(pos <= of->size - 4 && !(pos & 3));
	memcpy(of->shadow + pos, hardware + pos, 4);
}

static u8 *room_anew(u8 *old, size_t size)
{
	free(old);
	old = calloc(1, size);
	REQUIRE(old);
	return old;
}

/* Each in memory of its own, so that the sanitizer sees what goes beyond it. */
static void make_space(unsigned int size)
{
	config = (struct vfio_pci_config) {
		.size = size,
		.fetch = fetch,
		.shadow = room_anew(config.shadow, size),
		.virt = room_anew(config.virt, size),
		.write = room_anew(config.write, size),
		.owner = room_anew(config.owner, size / 4),
	};
}

/* Some devices cannot stand accesses to all of their space, and the kernel has it end before. */
static unsigned int make_size(struct input *input)
{
	static const unsigned int sizes[] = {
		STANDARD, STANDARD, STANDARD, 0xa0,
		CONFIG_SPACE_MAX, CONFIG_SPACE_MAX, CONFIG_SPACE_MAX, 0x600,
	};

	return sizes[take(input, 1) % ARRAY_SIZE(sizes)];
}

static void make_device(struct input *input)
{
	static const u8 backgrounds[] = { 0, 0, 0, 0xff, 0x40, 0x10 };
	u32 flags = take(input, 1);

	make_space(make_size(input));
	config.memory_always_on = (flags & 6) == 6;
	memset(hardware, 0, sizeof(hardware));
	memset(hardware, backgrounds[flags / 8 % ARRAY_SIZE(backgrounds)], config.size);
	make_caps(input);
	if (config.size > STANDARD)
		make_ext_caps(input);
	make_bars(input);
	memcpy(config.shadow, hardware, HEADER);
}

static void walk_device(void)
{
	static bool seen[CONFIG_SPACE_MAX / 4];
	unsigned int i, pos = get(PCI_CAPABILITY_LIST, 1) & ~3;

	cap_count = ext_cap_count = 0;
	if (get(PCI_STATUS, 1) & PCI_STATUS_CAP_LIST)
		for (; pos >= HEADER && pos < config.size && !seen[pos / 4] &&
		       get(pos, 1) != 0xff;
		     pos = get(pos + 1, 1) & ~3) {
			seen[pos / 4] = true;
			caps[cap_count++] = pos;
		}
	if (config.size > STANDARD)
		for (pos = STANDARD; pos >= STANDARD && pos < config.size && !seen[pos / 4];
		     pos = get(pos, 4) >> 20 & ~3U) {
			if (!get(pos, 4) || get(pos, 4) == U32_MAX)
				break;
			seen[pos / 4] = true;
			ext_caps[ext_cap_count++] = pos;
		}
	for (i = 0; i < cap_count; i++)
		seen[caps[i] / 4] = false;
	for (i = 0; i < ext_cap_count; i++)
		seen[ext_caps[i] / 4] = false;
}

static unsigned int end_of(const u16 *heads, unsigned int count, unsigned int pos)
{
	unsigned int end = pos < STANDARD ? min_t(unsigned int, config.size, STANDARD)
					  : config.size;

	while (count--)
		if (heads[count] > pos && heads[count] < end)
			end = heads[count];
	return end;
}

static bool cap_hidden(u8 id)
{
	static const char shown[] = {
		PCI_CAP_ID_PM, PCI_CAP_ID_AGP, PCI_CAP_ID_VPD, PCI_CAP_ID_MSI, PCI_CAP_ID_PCIX,
		PCI_CAP_ID_HT, PCI_CAP_ID_VNDR, PCI_CAP_ID_EXP, PCI_CAP_ID_MSIX, PCI_CAP_ID_SATA,
		PCI_CAP_ID_AF,
	};

	return id > PCI_CAP_ID_AF || !memchr(shown, id, sizeof(shown));
}

static bool ext_cap_hidden(u16 id)
{
	return !id || id > PCI_EXT_CAP_ID_LTR ||
	       (id >= PCI_EXT_CAP_ID_RCLD && id <= PCI_EXT_CAP_ID_RCEC) ||
	       id == PCI_EXT_CAP_ID_RCRB || id == PCI_EXT_CAP_ID_CAC ||
	       id == PCI_EXT_CAP_ID_MRIOV || id == PCI_EXT_CAP_ID_AMD_XXX;
}

/* Bytes from @pos on, of which no bit but those of @but reaches the hardware by a plain write. */
static void require_kept(unsigned int pos, unsigned int end, unsigned int at, u32 but)
{
	for (; pos < end; pos++) {
		u8 exempt = pos >= at && pos < at + 4 ? but >> 8 * (pos - at) : 0;

		REQUIRE(!(config_hardware_bits(&config, pos, 1) & ~exempt));
	}
}

static void require_owner(unsigned int pos, unsigned int end, enum config_owner owner)
{
	REQUIRE(pos + 2 > end || config.owner[pos / 4] == owner);
}

static void check_cap(unsigned int pos, unsigned int end)
{
	u8 id = get(pos, 1);
	u16 flags = get(pos + 2, 2);

	REQUIRE(!config_get(config.write, pos, 2));
	REQUIRE(config.virt[pos + 1] == 0xff);
	if (cap_hidden(id)) {
		require_kept(pos, end, 0, 0);
		return;
	}
	switch (id) {
	case PCI_CAP_ID_PM:
		require_kept(pos, min(end, pos + 8), pos + 4, PCI_PM_CTRL_STATE_MASK);
		require_owner(pos + 4, end, OWNER_PM);
		break;
	case PCI_CAP_ID_VPD:
		require_kept(pos, min(end, pos + 8), 0, 0);
		require_owner(pos + 2, end, OWNER_VPD);
		break;
	case PCI_CAP_ID_MSI:
		require_kept(pos, min(end, pos + (flags & PCI_MSI_FLAGS_64BIT ? 14 : 10)), 0, 0);
		require_owner(pos + 2, end, OWNER_MSI);
		break;
	case PCI_CAP_ID_EXP:
		/* Errors, relaxed ordering, tags, power and snoops are between user and device. */
		require_kept(pos, min(end, pos + 0x14), pos + 8, 0x0d1f);
		require_owner(pos + 8, end, OWNER_EXPRESS);
		break;
	case PCI_CAP_ID_MSIX:
		require_kept(pos, min(end, pos + 12), 0, 0);
		break;
	case PCI_CAP_ID_AF:
		require_kept(pos, min(end, pos + 6), 0, 0);
		break;
	}
}

static void check_ext_cap(unsigned int pos, unsigned int end)
{
	u16 id = get(pos, 2);

	REQUIRE(!config_get(config.write, pos, 4));
	REQUIRE(config_get(config.virt, pos, 4) == U32_MAX);
	if (ext_cap_hidden(id))
		require_kept(pos, end, 0, 0);
	else if (id == PCI_EXT_CAP_ID_SRIOV)
		require_kept(pos, min(end, pos + 0x40), 0, 0);
	else if (id == PCI_EXT_CAP_ID_ATS || id == PCI_EXT_CAP_ID_ARI)
		require_kept(pos, min(end, pos + 8), 0, 0);
	else if (id == PCI_EXT_CAP_ID_ACS || id == PCI_EXT_CAP_ID_REBAR)
		require_kept(pos, end, 0, 0);
	else if (id == PCI_EXT_CAP_ID_PRI || id == PCI_EXT_CAP_ID_PWR)
		require_kept(pos, min(end, pos + 16), pos + 4, id == PCI_EXT_CAP_ID_PWR ? 0xff : 0);
}

static void check_rules(void)
{
	unsigned int i;

	for (i = 0; i < cap_count; i++)
		check_cap(caps[i], end_of(caps, cap_count, caps[i]));
	for (i = 0; i < ext_cap_count; i++)
		check_ext_cap(ext_caps[i], end_of(ext_caps, ext_cap_count, ext_caps[i]));
	/* BARs and what says who the device is. */
	require_kept(PCI_VENDOR_ID, PCI_COMMAND, 0, 0);
	require_kept(PCI_STATUS, PCI_CACHE_LINE_SIZE, 0, 0);
	require_kept(PCI_BASE_ADDRESS_0, HEADER, 0, 0);
	require_owner(PCI_COMMAND, HEADER, OWNER_COMMAND);
}

static u32 user_read(unsigned int pos, unsigned int width)
{
	u32 virt = config_get(config.virt, pos, width);

	return (get(pos, width) & ~virt) | (config_get(config.shadow, pos, width) & virt);
}

static unsigned int next_shown(const u16 *heads, unsigned int count, unsigned int i, bool ext)
{
	while (i < count && (ext ? ext_cap_hidden(get(heads[i], 2)) : cap_hidden(get(heads[i], 1))))
		i++;
	return i;
}

/* The user walks the device's list without the hidden ones, and comes to its end. */
static void check_lists(void)
{
	unsigned int i = next_shown(caps, cap_count, 0, false), pos;

	REQUIRE(!(user_read(PCI_STATUS, 1) & PCI_STATUS_CAP_LIST) == (i == cap_count));
	for (pos = user_read(PCI_CAPABILITY_LIST, 1); pos; pos = user_read(pos + 1, 1)) {
		REQUIRE(i < cap_count && pos == caps[i]);
		i = next_shown(caps, cap_count, i + 1, false);
	}
	REQUIRE(i == cap_count);
	if (config.size <= STANDARD || !ext_cap_count)
		return;
	i = next_shown(ext_caps, ext_cap_count, 0, true);
	pos = STANDARD;
	/* A hidden one that had to stay has no id. */
	if (i)
		REQUIRE(!(user_read(pos, 4) & 0xfffff));
	for (pos = i ? user_read(pos, 4) >> 20 : pos; pos; pos = user_read(pos, 4) >> 20) {
		REQUIRE(i < ext_cap_count && pos == ext_caps[i]);
		REQUIRE((user_read(pos, 4) & 0xfffff) == (get(pos, 4) & 0xfffff));
		i = next_shown(ext_caps, ext_cap_count, i + 1, true);
	}
	REQUIRE(i == ext_cap_count);
}

/* As the handlers do it: those of these owners write no hardware, or not this way. */
static void user_write(unsigned int pos, unsigned int width, u32 value)
{
	u32 mask = config_hardware_bits(&config, pos, width);

	config_write_virtual(&config, pos, width, value);
	switch (config.owner[pos / 4]) {
	case OWNER_BAR:
		config_fix_bar(&config, pos);
		return;
	case OWNER_PM:
	case OWNER_MSI:
	case OWNER_VPD:
		return;
	}
	config_set(hardware, pos, width, (get(pos, width) & ~mask) | (value & mask));
}

/* Before and after, to be compared by words. */
struct view {
	u64 words[CONFIG_SPACE_MAX / 8];
};

static void look(struct view *view)
{
	u64 virt, shadow, real;
	unsigned int i;

	for (i = 0; i < config.size / 8; i++) {
		memcpy(&virt, config.virt + 8 * i, 8);
		memcpy(&shadow, config.shadow + 8 * i, 8);
		memcpy(&real, hardware + 8 * i, 8);
		view->words[i] = (real & ~virt) | (shadow & virt);
	}
}

static void check_kept(const struct view *before, const struct view *after)
{
	unsigned int i;
	u64 write;

	for (i = 0; i < config.size / 8; i++) {
		memcpy(&write, config.write + 8 * i, 8);
		REQUIRE(!((before->words[i] ^ after->words[i]) & ~write));
	}
}

/* Who it is, where its lists begin, and its pin: not even a virtual change (K2). */
static void check_identity(const struct view *before, const struct view *after)
{
	static const struct { u8 pos, width; } fixed[] = {
		{ PCI_VENDOR_ID, 4 }, { PCI_STATUS, 2 }, { PCI_CLASS_REVISION, 4 },
		{ PCI_HEADER_TYPE, 1 }, { PCI_SUBSYSTEM_VENDOR_ID, 4 },
		{ PCI_CAPABILITY_LIST, 1 }, { PCI_INTERRUPT_PIN, 1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fixed); i++)
		REQUIRE(!memcmp((u8 *)before + fixed[i].pos, (u8 *)after + fixed[i].pos,
				fixed[i].width));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	static struct view before, after;
	unsigned int i;

	make_device(&input);
	walk_device();
	config_build(&config);
	check_rules();
	check_lists();
	look(&before);
	for (i = 0; i < WRITES && input.left; i++) {
		unsigned int width = 1 << take(&input, 1) % 3;
		unsigned int pos = take(&input, 2) % config.size & ~(width - 1);

		user_write(pos, width, take(&input, 4));
	}
	look(&after);
	check_kept(&before, &after);
	check_identity(&before, &after);
	check_lists();
	return 0;
}
