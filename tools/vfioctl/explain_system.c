// SPDX-License-Identifier: GPL-2.0-only
/* explain: what is in the way of every device of the machine. */
#include <stdlib.h>

#include "inquiry.h"
#include "remedies.h"

static void ask_modules(struct inquiry *inquiry)
{
	const struct system *system = inquiry->system;

	if (!system->loaded || !system->type1 || !system->pci) {
		char *command = module_load_command(system);

		add_problem(inquiry, BLOCKING, "no-module", command,
			    "%s is not loaded", !system->loaded ? "VFIO" : !system->type1 ?
			    "VFIO's module for IOMMUs, vfio_iommu_type1," : "VFIO's driver vfio-pci");
		free(command);
	}
	if (system->loaded && !system->ours) {
		char *command = module_ours_command(system);

		add_problem(inquiry, REMARK,
			    system->built_in ? "built-in-module" : "in-tree-module", command,
			    system->built_in ?
			    "VFIO is built into this kernel (CONFIG_VFIO=y), so openvfio cannot take "
			    "its place; boot a kernel that has it as a module" :
			    "the kernel's own VFIO is loaded, not openvfio%s", system->built_in ||
			    system->installed_ours ? "" : ", which is not installed for this kernel");
		free(command);
	}
}

static void ask_iommu(struct inquiry *inquiry)
{
	const struct system *system = inquiry->system;
	char *command, *why;

	if (inquiry->group ? inquiry->group->noiommu : system->noiommu) {
		add_problem(inquiry, REMARK, "unsafe-noiommu", NULL,
			    "no IOMMU confines %s: its driver can write to any memory (no-IOMMU mode)",
			    inquiry->subject);
		return;
	}
	if (inquiry->group)
		return;
	if (system->iommus.count) {
		add_problem(inquiry, BLOCKING, "no-iommu", NULL,
			    "the IOMMU (%s) does not cover %s", iommu_maker_name(system->iommu),
			    inquiry->subject);
		return;
	}
	why = iommu_off_reason(system);
	command = iommu_on_command(system);
	add_problem(inquiry, BLOCKING, "no-iommu", command, "no IOMMU is on: %s%s", why,
		    system->noiommu_known && !system->firmware ?
		    "; without one, only no-IOMMU mode can give it to programs, which are trusted with "
		    "all memory then: echo Y >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode" :
		    "");
	free(command);
	free(why);
}

static void ask_remapping(struct inquiry *inquiry)
{
	const struct system *system = inquiry->system;

	if (!inquiry->group || inquiry->group->noiommu || system->remapping != NO)
		return;
	if (system->unsafe_interrupts)
		add_problem(inquiry, REMARK, "no-interrupt-remapping", NULL,
			    "interrupts are not remapped, and that is allowed "
			    "(allow_unsafe_interrupts): a device can raise any interrupt of the host");
	else
		add_problem(inquiry, BLOCKING, "no-interrupt-remapping", UNSAFE_INTERRUPTS_COMMAND,
			    "interrupts are not remapped, so that a device could raise any interrupt of "
			    "the host; switch interrupt remapping on in the firmware, or accept that");
}

/**
 * ask_system() - what is in the way of every device
 * @inquiry: gets the problems
 */
void ask_system(struct inquiry *inquiry)
{
	ask_modules(inquiry);
	ask_iommu(inquiry);
	ask_remapping(inquiry);
}
