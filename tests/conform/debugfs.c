// SPDX-License-Identifier: GPL-2.0-only
/*
 * P3, P4: what an administrator sees of containers, mappings, groups and devices, and what
 * a descriptor says of itself. Read while all of it comes and goes, too.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "harness.h"
#include "irq.h"
#include "process.h"
#include "sample.h"
#include "textfile.h"
#include "vfio.h"

#define TABLES "/sys/kernel/debug/vfio/"

enum { PAGE = 4096, MOST_COLUMNS = 16 };

static const char *const tables[] = { "containers", "mappings", "groups", "devices" };

static void tables_only(void)
{
	improvement("debugfs shows containers, mappings, groups and devices");
}

/* A line in words; the last column is the rest of the line, as names may have spaces. */
struct row {
	char text[1024];
	char *cells[MOST_COLUMNS];
	size_t count;
};

static void split(struct row *row, size_t columns)
{
	char *rest = row->text;

	row->text[strcspn(row->text, "\n")] = '\0';
	row->count = 0;
	while (rest && row->count < columns - 1)
		row->cells[row->count++] = strsep(&rest, " ");
	if (rest)
		row->cells[row->count++] = rest;
}

struct table {
	FILE *file;
	struct row head;
};

static struct table table_open(const char *name)
{
	struct table table = {};
	char path[64];

	snprintf(path, sizeof(path), TABLES "%s", name);
	table.file = fopen(path, "re");
	if (!table.file)
		FAIL("cannot open %s: %s", path, strerrorname_np(errno));
	CHECK(fgets(table.head.text, sizeof(table.head.text), table.file));
	CHECK(!strncmp(table.head.text, "# ", 2));
	memmove(table.head.text, table.head.text + 2, strlen(table.head.text + 2) + 1);
	split(&table.head, MOST_COLUMNS);
	return table;
}

static bool table_next(struct table *table, struct row *row)
{
	if (!fgets(row->text, sizeof(row->text), table->file))
		return false;
	CHECK(strchr(row->text, '\n'));
	split(row, table->head.count);
	EQUAL(row->count, table->head.count);
	return true;
}

static void table_close(struct table *table)
{
	CHECK(!ferror(table->file));
	OK(fclose(table->file));
}

static const char *cell(const struct table *table, const struct row *row, const char *column)
{
	for (size_t i = 0; i < table->head.count; i++)
		if (!strcmp(table->head.cells[i], column))
			return row->cells[i];
	FAIL("no column '%s'", column);
}

/* The row whose first column has this value. */
static bool find_row(const char *name, const char *key, struct table *table, struct row *row)
{
	bool found = false;

	*table = table_open(name);
	while (!found && table_next(table, row))
		found = !strcmp(row->cells[0], key);
	table_close(table);
	return found;
}

static void expect(const char *name, const char *key, const char *column, const char *value)
{
	struct table table;
	struct row row;

	if (!find_row(name, key, &table, &row))
		FAIL("%s has no row '%s'", name, key);
	if (strcmp(cell(&table, &row, column), value))
		FAIL("%s of '%s' in %s is '%s', not '%s'", column, key, name,
		     cell(&table, &row, column), value);
}

static void expect_number(const char *name, const char *key, const char *column, long long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", value);
	expect(name, key, column, text);
}

static bool has_row(const char *name, const char *key)
{
	struct table table;
	struct row row;

	return find_row(name, key, &table, &row);
}

/* What a container is called in the tables: its descriptor says it. */
struct id {
	char text[32];
};

static struct id container_id(int container)
{
	char path[64];
	struct id id;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", container);
	snprintf(id.text, sizeof(id.text), "%lld", text_field(path, "vfio-container:"));
	return id;
}

static struct id group_id(const struct pci_device *pci)
{
	struct id id;

	snprintf(id.text, sizeof(id.text), "%d", pci->group);
	return id;
}

TEST(P3_root_only, "the tables are root's to read, nobody's to write")
{
	tables_only();
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		char path[64];
		struct stat status;

		snprintf(path, sizeof(path), TABLES "%s", tables[i]);
		OK(stat(path, &status));
		EQUAL(status.st_mode, S_IFREG | 0400);
		EQUAL(status.st_uid, 0);
		CHECK(text_write("1", "%s", path) < 0);
	}
}

TEST(P3_containers, "a container's row: who opened it, its IOMMU, groups, sums and counters")
{
	int container = container_open();
	struct id id = container_id(container);
	struct pci_device edu = vfio_device(EDU, 0);
	char *memory = pages(4 * PAGE);
	int group;

	tables_only();
	expect("containers", id.text, "iommu", "-");
	expect("containers", id.text, "groups", "-");
	expect_number("containers", id.text, "pid", getpid());
	group = group_open(&edu);
	OK(try_set_container(group, container));
	expect("containers", id.text, "groups", group_id(&edu).text);
	OK(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	expect("containers", id.text, "iommu", "type1");
	expect_number("containers", id.text, "type", VFIO_TYPE1v2_IOMMU);

	map(container, 0, memory, PAGE, READ_WRITE);
	map(container, MIB, memory, 3 * PAGE, READ_WRITE);
	REFUSED(try_map(container, MIB, memory, PAGE, READ_WRITE), EEXIST);
	expect_number("containers", id.text, "mappings", 2);
	expect_number("containers", id.text, "mapped", 4 * PAGE);
	expect_number("containers", id.text, "pinned", 4 * PAGE);
	expect_number("containers", id.text, "maps", 2);
	expect_number("containers", id.text, "unmaps", 0);
	EQUAL(unmap(container, MIB, 3 * PAGE), 3 * PAGE);
	expect_number("containers", id.text, "pinned", PAGE);
	expect_number("containers", id.text, "unmaps", 1);

	/* The group has it still; then nobody has. */
	OK(close(container));
	CHECK(has_row("containers", id.text));
	OK(close(group));
	CHECK(!has_row("containers", id.text));
}

TEST(P3_pinned_for_emulated, "of what is mapped for an emulated device only what it holds is pinned")
{
	struct assignment user;
	struct id id, group;

	tables_only();
	user = sample_assign();
	id = container_id(user.container);
	group = group_id(&user.pci);
	map(user.container, 0, pages(4 * PAGE), 4 * PAGE, READ_WRITE);
	expect("groups", group.text, "kind", "emulated");
	expect("devices", user.pci.name, "interrupts", "-");
	expect_number("containers", id.text, "mapped", 4 * PAGE);
	expect_number("containers", id.text, "pinned", 0);
	EQUAL(sample_hold(user.device, PAGE, PAGE), 0);
	expect_number("containers", id.text, "pinned", PAGE);
	EQUAL(unmap(user.container, 0, 4 * PAGE), 4 * PAGE);
	expect_number("containers", id.text, "pinned", 0);
	unassign(&user);
	sample_unload();
}

TEST(P3_type_1, "a row tells a v1 container from a v2 one")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1_IOMMU);

	tables_only();
	expect_number("containers", container_id(user.container).text, "type", VFIO_TYPE1_IOMMU);
}

static void expect_hex(const struct table *table, const struct row *row, const char *column,
		       unsigned long long value)
{
	EQUAL(strtoull(cell(table, row, column), NULL, 16), value);
	CHECK(!strncmp(cell(table, row, column), "0x", 2));
}

/* The next row of a container, from where the table is read. */
static bool next_mapping(struct table *table, struct row *row, const char *id)
{
	while (table_next(table, row))
		if (!strcmp(row->cells[0], id))
			return true;
	return false;
}

TEST(P3_mappings, "a mapping's row: range, access, address, memory pinned, whose it is")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct id id = container_id(user.container);
	char *memory = pages(4 * PAGE);
	struct table table;
	struct row row;

	tables_only();
	OK(prctl(PR_SET_NAME, "a b\nc"));
	map(user.container, MIB, memory, 2 * PAGE, VFIO_DMA_MAP_FLAG_READ);
	map(user.container, 0x3000, memory + PAGE, PAGE, READ_WRITE);
	table = table_open("mappings");
	CHECK(next_mapping(&table, &row, id.text));
	expect_hex(&table, &row, "iova", 0x3000);
	expect_hex(&table, &row, "size", PAGE);
	expect_hex(&table, &row, "vaddr", (uintptr_t)memory + PAGE);
	CHECK(!strcmp(cell(&table, &row, "prot"), "rw"));
	EQUAL(atoi(cell(&table, &row, "pinned")), PAGE);
	EQUAL(atoi(cell(&table, &row, "pid")), getpid());
	/* A name is its process's choice, and must not make lines of its own. */
	CHECK(!strcmp(cell(&table, &row, "comm"), "a b\\nc"));
	CHECK(next_mapping(&table, &row, id.text));
	expect_hex(&table, &row, "iova", MIB);
	CHECK(!strcmp(cell(&table, &row, "prot"), "r-"));
	CHECK(!next_mapping(&table, &row, id.text));
	table_close(&table);
}

TEST(P3_mappings_of_two, "the mappings of a container begin at its lowest, wherever those before it ended")
{
	struct assignment first = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct assignment second = assign_group(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	struct id id = container_id(second.container);
	char *memory = pages(PAGE);
	struct table table;
	struct row row;

	tables_only();
	map(first.container, 16 * MIB, memory, PAGE, READ_WRITE);
	map(second.container, MIB, memory, PAGE, READ_WRITE);
	map(second.container, 32 * MIB, memory, PAGE, READ_WRITE);
	table = table_open("mappings");
	CHECK(next_mapping(&table, &row, id.text));
	expect_hex(&table, &row, "iova", MIB);
	CHECK(next_mapping(&table, &row, id.text));
	expect_hex(&table, &row, "iova", 32 * MIB);
	CHECK(!next_mapping(&table, &row, id.text));
	table_close(&table);
}

TEST(P3_last_page, "the last page there can be does not make the table begin anew")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct id id = container_id(user.container);
	uint64_t top = (1ULL << 39) - PAGE;
	struct table table;
	struct row row;

	tables_only();
	map(user.container, top, pages(PAGE), PAGE, READ_WRITE);
	table = table_open("mappings");
	CHECK(next_mapping(&table, &row, id.text));
	expect_hex(&table, &row, "iova", top);
	CHECK(!next_mapping(&table, &row, id.text));
	table_close(&table);
}

TEST(P3_groups, "a group's row: kind, container, device files open, who opened it")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct id group = group_id(&user.pci), id = container_id(user.container);

	tables_only();
	expect("groups", group.text, "kind", "real");
	expect("groups", group.text, "container", id.text);
	expect_number("groups", group.text, "open", 1);
	expect_number("groups", group.text, "pid", getpid());
	OK(close(user.device));
	expect_number("groups", group.text, "open", 0);
	OK(ioctl(user.group, VFIO_GROUP_UNSET_CONTAINER));
	expect_number("groups", group.text, "container", 0);
	OK(close(user.group));
	expect_number("groups", group.text, "pid", 0);
	expect("groups", group.text, "comm", "-");
	OK(pci_release(&user.pci));
	CHECK(!has_row("groups", group.text));
}

TEST(P3_devices, "a device's row: group, driver, files open, interrupts, who opened it")
{
	struct assignment user = assign(vfio_device(NVME, 0), VFIO_TYPE1v2_IOMMU);
	int events[2] = { OK(eventfd(0, EFD_CLOEXEC)), -1 };

	tables_only();
	expect("devices", user.pci.name, "group", group_id(&user.pci).text);
	expect("devices", user.pci.name, "driver", "vfio-pci");
	expect_number("devices", user.pci.name, "open", 1);
	expect_number("devices", user.pci.name, "pid", getpid());
	expect("devices", user.pci.name, "interrupts", "-");
	OK(try_irq_events(user.device, MSIX, 0, 2, events));
	expect("devices", user.pci.name, "interrupts", "MSI-X:1/2");
	irq_enable(user.device, ERR);
	irq_enable(user.device, REQ);
	expect("devices", user.pci.name, "interrupts", "MSI-X:1/2,ERR,REQ");
	OK(try_irq_disable(user.device, MSIX));
	expect("devices", user.pci.name, "interrupts", "ERR,REQ");
	irq_enable(user.device, INTX);
	expect("devices", user.pci.name, "interrupts", "INTx,ERR,REQ");
	OK(close(user.device));
	expect("devices", user.pci.name, "interrupts", "-");
	expect("devices", user.pci.name, "comm", "-");
	OK(close(user.group));
	OK(pci_release(&user.pci));
	CHECK(!has_row("devices", user.pci.name));
}

TEST(P3_open_table_keeps_module, "a table that is open holds the module that shows it")
{
	struct table table;
	long long before;

	tables_only();
	before = text_number("/sys/module/vfio/refcnt");
	table = table_open("mappings");
	EQUAL(text_number("/sys/module/vfio/refcnt"), before + 1);
	table_close(&table);
	EQUAL(text_number("/sys/module/vfio/refcnt"), before);
}

/* Reads every table, all the time; returns how often. */
struct reader {
	pthread_t thread;
	bool stop;
	unsigned long rounds;
};

static void *read_tables(void *argument)
{
	struct reader *reader = argument;

	while (!__atomic_load_n(&reader->stop, __ATOMIC_RELAXED)) {
		for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
			struct table table = table_open(tables[i]);
			struct row row;

			while (table_next(&table, &row))
				;
			table_close(&table);
		}
		__atomic_add_fetch(&reader->rounds, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void reader_start(struct reader *reader)
{
	*reader = (struct reader){};
	EQUAL(pthread_create(&reader->thread, NULL, read_tables, reader), 0);
}

/* Stops it once it has read all of them some more times. */
static void reader_end(struct reader *reader)
{
	unsigned long until = __atomic_load_n(&reader->rounds, __ATOMIC_RELAXED) + 2;

	while (__atomic_load_n(&reader->rounds, __ATOMIC_RELAXED) < until)
		usleep(1000);
	__atomic_store_n(&reader->stop, true, __ATOMIC_RELAXED);
	EQUAL(pthread_join(reader->thread, NULL), 0);
}

enum { MANY = 60000, STEP = 2 * PAGE };

/* Every one of the many, in order, once; what comes and goes beside them does not matter. */
static void expect_all(const char *id)
{
	struct table table = table_open("mappings");
	unsigned long long at = 0;
	struct row row;

	while (next_mapping(&table, &row, id)) {
		unsigned long long iova = strtoull(cell(&table, &row, "iova"), NULL, 16);

		if (iova >= (uint64_t)MANY * STEP)
			break;
		EQUAL(iova, at);
		at += STEP;
	}
	EQUAL(at, (uint64_t)MANY * STEP);
	table_close(&table);
}

struct churn {
	int container;
	char *memory;
	bool stop;
	unsigned long rounds;
};

static void *map_and_unmap(void *argument)
{
	struct churn *churn = argument;
	uint64_t iova = (uint64_t)MANY * STEP;

	while (!__atomic_load_n(&churn->stop, __ATOMIC_RELAXED)) {
		map(churn->container, iova, churn->memory, PAGE, READ_WRITE);
		EQUAL(unmap(churn->container, iova, PAGE), PAGE);
		churn->rounds++;
	}
	return NULL;
}

TEST(P3_many_mappings, "60000 mappings are listed in order, each once, while others come and go")
{
	struct assignment user = assign_group(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	struct churn churn = { .container = user.container, .memory = pages(PAGE) };
	struct id id = container_id(user.container);
	pthread_t thread;

	tables_only();
	time_limit(240);
	for (uint64_t i = 0; i < MANY; i++)
		map(user.container, i * STEP, churn.memory, PAGE, READ_WRITE);
	expect_number("containers", id.text, "mappings", MANY);
	expect_number("containers", id.text, "mapped", (long long)MANY * PAGE);
	EQUAL(pthread_create(&thread, NULL, map_and_unmap, &churn), 0);
	expect_all(id.text);
	__atomic_store_n(&churn.stop, true, __ATOMIC_RELAXED);
	EQUAL(pthread_join(thread, NULL), 0);
	CHECK(churn.rounds > 0);
	OK(ioctl(user.group, VFIO_GROUP_UNSET_CONTAINER));
}

static void use_briefly(const struct pci_device *pci, char *memory)
{
	struct assignment user = assign(*pci, VFIO_TYPE1v2_IOMMU);

	for (uint64_t i = 0; i < 20; i++)
		map(user.container, i * STEP, memory, PAGE, READ_WRITE);
	/* In any order: the container goes on without its file. */
	OK(close(user.container));
	OK(close(user.group));
	OK(close(user.device));
}

TEST(P3_read_while_closing, "the tables are read while containers, groups and devices come and go")
{
	struct pci_device edu = vfio_device(EDU, 0);
	struct reader readers[2];
	char *memory = pages(PAGE);

	tables_only();
	time_limit(180);
	for (int i = 0; i < 2; i++)
		reader_start(&readers[i]);
	for (int i = 0; i < 50; i++)
		use_briefly(&edu, memory);
	for (int i = 0; i < 2; i++)
		reader_end(&readers[i]);
}

static void use_until_killed(void *argument)
{
	struct pci_device *pci = argument;
	char *memory = pages(PAGE);

	for (;;)
		use_briefly(pci, memory);
}

TEST(P3_read_while_killed, "the tables are read while users are killed")
{
	struct pci_device edu = vfio_device(EDU, 0);
	struct reader reader;

	tables_only();
	time_limit(180);
	reader_start(&reader);
	for (int i = 0; i < 10; i++) {
		pid_t child = start_child(use_until_killed, &edu);

		usleep(20000 + 10000 * i);
		kill_child(child);
	}
	reader_end(&reader);
}

TEST(P3_read_while_unbinding, "the tables are read while a device is bound and unbound")
{
	struct pci_device edu = vfio_device(EDU, 0);
	struct reader reader;

	tables_only();
	time_limit(180);
	reader_start(&reader);
	for (int i = 0; i < 30; i++) {
		OK(pci_unbind(&edu));
		OK(pci_bind(&edu, "vfio-pci"));
	}
	reader_end(&reader);
}

static void *unbind(void *argument)
{
	OK(pci_unbind(argument));
	return NULL;
}

TEST(P3_removal_that_waits, "a device that is wanted back is shown until its last user is gone")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	pthread_t thread;
	int device;

	tables_only();
	EQUAL(pthread_create(&thread, NULL, unbind, &user.pci), 0);
	/* Nobody new finds it: so the removal has begun. */
	while ((device = try_device_fd(user.group, user.pci.name)) >= 0) {
		OK(close(device));
		usleep(1000);
	}
	expect_number("devices", user.pci.name, "open", 1);
	expect_number("devices", user.pci.name, "pid", getpid());
	OK(close(user.device));
	EQUAL(pthread_join(thread, NULL), 0);
	CHECK(!has_row("devices", user.pci.name));
}

TEST(P4_fdinfo, "a container's descriptor says its number, a device's where the device is")
{
	struct assignment user = assign(vfio_device(EDU, 0), VFIO_TYPE1v2_IOMMU);
	char text[1024], *at;

	tables_only();
	CHECK(atoi(container_id(user.container).text) > 0);
	OK(text_read(text, sizeof(text), "/proc/self/fdinfo/%d", user.device));
	at = strstr(text, "vfio-device-syspath: /sys/devices/");
	CHECK(at);
	at[strcspn(at, "\n")] = '\0';
	CHECK(!strcmp(strrchr(at, '/') + 1, user.pci.name));
}
