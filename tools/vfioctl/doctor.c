// SPDX-License-Identifier: GPL-2.0-only
/* vfioctl doctor: is the machine fit for user-level drivers. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "describe.h"
#include "memlock.h"
#include "remedies.h"
#include "secure_boot.h"
#include "sysfs.h"
#include "verbs.h"

static const char state_good[] = "good";
static const char state_bad[] = "bad";
static const char state_note[] = "note";	/* worth knowing, and no reason to act */

static void finding(struct json_object *findings, const char *subject, const char *state,
		    const char *command, const char *text, ...)
	__attribute__((format(printf, 5, 6)));

static void finding(struct json_object *findings, const char *subject, const char *state,
		    const char *command, const char *text, ...)
{
	struct json_object *object = append_object(findings);
	va_list args;
	char *sentence;

	va_start(args, text);
	sentence = format_va(text, args);
	va_end(args);
	add_text(object, "subject", subject);
	add_text(object, "state", state);
	add_text(object, "text", sentence);
	add_text(object, "command", command);
	free(sentence);
}

static void look_at_kernel(struct json_object *findings, const struct system *system)
{
	bool ours = begins(system->kernel, "6.1.");

	finding(findings, "kernel", ours ? state_good : state_note, NULL, "%s%s",
		system->kernel ? system->kernel : "of unknown release",
		ours ? "" : "; openvfio is made for 6.1, as Debian 12 has it");
}

static void look_at_iommu(struct json_object *findings, const struct system *system,
			  const struct host *host)
{
	char *names = strings_join(&system->iommus, ", ");
	const char *type = NULL;
	char *why, *command;

	for (size_t i = 0; i < host->groups_count && !type; i++)
		type = host->groups[i]->type;
	if (system->iommus.count) {
		finding(findings, "iommu", state_good, NULL, "on: %s (%s), %zu groups, type %s",
			iommu_maker_name(system->iommu), names, host->groups_count,
			type ? type : "not visible");
	} else {
		why = iommu_off_reason(system);
		command = iommu_on_command(system);
		finding(findings, "iommu", state_bad, command, "off: %s", why);
		free(command);
		free(why);
	}
	free(names);
}

static void look_at_remapping(struct json_object *findings, const struct system *system)
{
	if (system->remapping == YES)
		finding(findings, "interrupt remapping", state_good, NULL, "on");
	else if (system->remapping == UNKNOWN)
		finding(findings, "interrupt remapping", state_note, NULL,
			"not known: /proc/interrupts does not say");
	else if (!system->iommus.count)
		finding(findings, "interrupt remapping", state_note, NULL, "off, as there is no IOMMU");
	else if (system->unsafe_interrupts)
		finding(findings, "interrupt remapping", state_note, NULL,
			"off, and that is allowed: a device can raise any interrupt of the host");
	else
		finding(findings, "interrupt remapping", state_bad, UNSAFE_INTERRUPTS_COMMAND,
			"off: devices are refused unless that is allowed");
}

static void look_at_module(struct json_object *findings, const struct system *system)
{
	char *ours = module_ours_command(system);
	char *load = module_load_command(system);

	if (system->built_in)
		finding(findings, "module", state_note, NULL,
			"built into the kernel (CONFIG_VFIO=y): openvfio cannot take its place");
	else if (!system->loaded)
		finding(findings, "module", state_bad, load, "not loaded");
	else if (!system->type1 || !system->pci)
		finding(findings, "module", state_bad, load, "%s is not loaded",
			system->type1 ? "vfio-pci" : "vfio_iommu_type1");
	else if (system->ours)
		finding(findings, "module", state_good, NULL, "openvfio %s", system->version);
	else
		finding(findings, "module", state_note, ours, "the kernel's own (version %s)",
			system->version ? system->version : "unknown");
	free(load);
	free(ours);
}

static void look_at_installed(struct json_object *findings, const struct system *system)
{
	if (system->built_in)
		return;
	if (!system->installed)
		finding(findings, "installed module", state_bad, "apt-get install openvfio-dkms",
			"none for kernel %s", system->kernel);
	else
		finding(findings, "installed module",
			!system->installed_ours && system->ours ? state_bad : state_good, NULL,
			"%s: %s", system->installed_ours ? "openvfio" : "the kernel's own",
			system->installed);
}

static void look_at_secure_boot(struct json_object *findings, const struct system *system)
{
	enum answer on = secure_boot();

	if (on == UNKNOWN)
		finding(findings, "Secure Boot", state_note, NULL,
			"not there, or not visible: the machine was not started by UEFI");
	else if (on == NO)
		finding(findings, "Secure Boot", state_good, NULL, "off");
	else if (!system->installed || system->installed_signer)
		finding(findings, "Secure Boot", state_good, NULL, "on; the module is signed by %s",
			system->installed_signer ? system->installed_signer : "the kernel's maker");
	else
		finding(findings, "Secure Boot", state_bad,
			"mokutil --import /var/lib/dkms/mok.pub && reboot",
			"on, and the module is not signed: the kernel will not load it");
}

static void look_at_node(struct json_object *findings)
{
	char *path = sysfs_path("/dev/vfio/vfio");
	struct stat node;

	if (stat(path, &node) < 0)
		finding(findings, "container node", state_bad, "modprobe vfio",
			"/dev/vfio/vfio is not there");
	else if ((node.st_mode & 0666) != 0666)
		finding(findings, "container node", state_bad, "chmod 0666 /dev/vfio/vfio",
			"/dev/vfio/vfio is not for everybody, though it is safe");
	else
		finding(findings, "container node", state_good, NULL, "/dev/vfio/vfio, for everybody");
	free(path);
}

static void look_at_memlock(struct json_object *findings)
{
	struct memlock limit;
	char *words;

	memlock_of_self(&limit);
	words = format_limit(limit.soft);
	if (limit.exempt)
		finding(findings, "locked memory", state_note, NULL,
			"%s, which does not count for root", words);
	else if (limit.soft < 64 << 20)
		finding(findings, "locked memory", state_note, "vfioctl limits 4G",
			"%s: all memory that a driver maps must fit", words);
	else
		finding(findings, "locked memory", state_good, NULL, "%s", words);
	free(words);
}

static void look_at_noiommu(struct json_object *findings, const struct system *system)
{
	if (system->noiommu)
		finding(findings, "no-IOMMU mode", state_note,
			"echo N >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode",
			"on: a device without an IOMMU can be had, and can write to any memory");
}

static struct json_object *describe(struct invocation *call)
{
	struct host *host = host_read();
	struct system *system = system_read();
	struct json_object *all = document(call, NULL);
	struct json_object *findings = add_array(all, "findings");
	bool fine = true;

	look_at_kernel(findings, system);
	look_at_iommu(findings, system, host);
	look_at_remapping(findings, system);
	look_at_module(findings, system);
	look_at_installed(findings, system);
	look_at_secure_boot(findings, system);
	look_at_node(findings);
	look_at_memlock(findings);
	look_at_noiommu(findings, system);
	for (size_t i = 0; i < length(findings); i++)
		if (same(get_text(at(findings, i), "state"), state_bad))
			fine = false;
	add_bool(all, "fit", fine);
	system_free(system);
	host_free(host);
	return all;
}

static void print(const struct json_object *all)
{
	struct json_object *findings = get(all, "findings");

	for (size_t i = 0; i < length(findings); i++) {
		struct json_object *object = at(findings, i);
		const char *state = get_text(object, "state");
		const char *command = get_text(object, "command");
		enum colour colour = same(state, state_bad) ? BAD :
				     same(state, state_good) ? GOOD : PLAIN;

		printf("%s%-4s%s  %-20s %s\n", colour_on(colour), state, colour_off(colour),
		       get_text(object, "subject"), get_text(object, "text"));
		if (command)
			printf("      %-20s %s\n", "", command);
	}
}

static int doctor(struct invocation *call)
{
	struct json_object *all = describe(call);
	int status = get_bool(all, "fit") ? STATUS_OK : STATUS_NO;

	document_deliver(call, all, print);
	return status;
}

static const struct example examples[] = {
	{ "vfioctl doctor", "what to look at first" },
	{ "vfioctl doctor >/dev/null && systemctl start router", "only on a machine that is fit" },
	{},
};

const struct command doctor_command = {
	.name = "doctor",
	.operands = "",
	.flags = COMMAND_READS,
	.summary = "is the machine fit: kernel, IOMMU, modules, Secure Boot, limits",
	.description =
		"Looks at everything that user-level drivers need of the machine: the kernel, the "
		"IOMMU and its kind, interrupt remapping, VFIO's modules and whether they are "
		"openvfio's, which file modprobe would load and whether Secure Boot lets it, the node "
		"/dev/vfio/vfio and the limit of locked memory. What is bad comes with the command "
		"that mends it. For one device, see explain.",
	.examples = examples,
	.no = "something is bad",
	.run = doctor,
};
