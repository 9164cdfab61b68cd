# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# explain and doctor on machines that lack something. Each test needs another one (tests/check
# has them), and is skipped elsewhere.

. "$top/tests/tools/devices.sh"

test_explain_5_no_iommu_although_there_is_one() {
	grep -q intel_iommu=off /proc/cmdline || skip "needs APPEND=intel_iommu=off"
	json 1 explain "$(lonely)"
	holds '.problems[] | select(.cause == "no-iommu") | .blocking
		and (.text | contains("Intel VT-d") and contains("intel_iommu=off is on the kernel"))'
	# The reboot that would follow is not for here.
	echo 'GRUB_CMDLINE_LINUX="quiet intel_iommu=off ro"' >/etc/default/grub
	bash -e -c "$(jq -r '.problems[] | select(.cause == "no-iommu") | .command | sub(" && update-grub.*"; "")' "$work/out")"
	grep -qx 'GRUB_CMDLINE_LINUX="quiet ro"' /etc/default/grub || fail "made $(cat /etc/default/grub)"
	json 1 doctor
	holds '.findings[] | select(.subject == "iommu") | .state == "bad"'
	json 0 groups
	holds '.groups == []'
}

test_explain_5_of_a_device_in_no_iommu_mode_warns() {
	grep -q intel_iommu=off /proc/cmdline || skip "needs APPEND=intel_iommu=off"
	[ -e /sys/module/vfio/parameters/enable_unsafe_noiommu_mode ] || skip "these modules have no such mode"
	echo Y >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode
	vfioctl bind "$(lonely)"
	json 0 explain "$(lonely)"
	holds '.problems[] | .cause == "unsafe-noiommu" and (.blocking | not)'
	vfioctl restore "$(lonely)"
	json 1 doctor
	holds '.findings[] | select(.subject == "no-IOMMU mode") | .state == "note"'
	echo N >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode
}

test_explain_6_no_interrupt_remapping() {
	! grep -q IR- /proc/interrupts || skip "needs IOMMU='-device intel-iommu,intremap=off'"
	[ -d /sys/class/iommu/dmar0 ] || skip "needs an IOMMU"
	vfioctl bind "$(lonely)"
	json 1 explain "$(lonely)"
	holds '[.problems[] | select(.blocking).cause] == ["no-interrupt-remapping"]'
	! build/examples/edu "$(lonely)" || fail "explain says no, and the driver runs"
	json 1 doctor
	holds '.findings[] | select(.subject == "interrupt remapping") | .state == "bad"'
	mends "$(lonely)"
	build/examples/edu "$(lonely)" || fail "explain says yes, and the driver does not run"
	json 0 doctor
	echo N >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
	vfioctl restore "$(lonely)"
}

test_explain_8_boot_framebuffer_holds_a_bar() {
	[ -n "$(cat /proc/fb)" ] || skip "needs APPEND=vga=0x318"
	json 0 show "$(display)"
	holds '.device.regions[0].held_by == "vesafb"'
	json 1 explain "$(display)"
	holds '[.problems[] | select(.blocking).cause] == ["boot-framebuffer", "no-vfio-driver"]'
	mends "$(display)"
	[ -z "$(cat /proc/fb)" ] || fail "the framebuffer is still there"
	json 0 show "$(display)"
	holds '.device.regions[0].held_by == null'
	vfioctl restore "$(display)"
}

test_json_of_such_machines_follows_the_schema() {
	"$top/tests/tools/schema-check" "$work"/json/*
}
