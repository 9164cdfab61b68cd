# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The reading verbs on real devices: in the lab, on the machine conform, on our modules and on
# the in-tree ones ($IMPL). Devices are found by id, not by address.

. "$top/tests/tools/devices.sh"

test_list_has_each_device_once() {
	json 0 list
	jq -r '.groups[].devices[].bdf, .without_iommu[].bdf' "$work/out" | sort >"$work/listed"
	find /sys/bus/pci/devices -type l -printf '%f\n' | sort | diff - "$work/listed" ||
		fail "not the same devices"
	holds '.without_iommu == []'
	status 0 vfioctl list
	says "$(lonely)"
}

test_list_names_driver_and_user() {
	local device group
	device=$(lonely) group=$(group_of "$(lonely)")
	vfioctl bind "$device"
	hold_group "$group"
	json 0 list
	kill $holder
	wait $holder || true
	holds '.groups[] | select(.group == $g) | .holders == [{pid: $p, name: "sleep"}]
		and .devices[0].driver == "vfio-pci" and .devices[0].vfio' \
		--argjson g "$group" --argjson p "$holder"
	vfioctl restore "$device"
}

test_list_without_root_says_what_it_did_not_see() {
	status 0 login_nobody vfioctl list
	complains "not visible without root"
}

test_show_has_regions_interrupts_and_reset() {
	json 0 show "$(disk)"
	holds '.device.interrupts.msix == 65 and .device.interrupts.intx and .device.interrupts.msi == 0'
	holds '.device.regions[0] | .name == "BAR 0" and .size == 16384 and .kind == "memory" and .["64_bits"]'
	holds '.device.reset_methods[0] == "flr"'
	holds '[.device.capabilities[].name] | contains(["MSI-X", "PCI Express", "Power Management"])'
	holds '.group.reserved_regions | map(.range) | contains(["0xfee00000-0xfeefffff"])'
	status 0 vfioctl show "$(disk)"
	says "MSI-X (65, table in BAR 0)"
	says "flr"
}

test_show_without_root_says_what_it_did_not_see() {
	status 0 login_nobody vfioctl show "$(disk)"
	complains "configuration space beyond 64 bytes"
}

test_show_of_nothing_is_refused() {
	status 3 vfioctl show 99:00.0
	complains "no such PCI device"
	status 2 vfioctl show
}

test_groups_why_names_the_conventional_bridge() {
	json 0 groups
	holds '.groups[] | select(.devices | map(.bdf) | contains([$b])) | .why[0]
		| .cause == "conventional-bridge" and .device == $b and (.devices | length) == 2' --arg b "$(bridge)"
	status 0 vfioctl groups --why
	says "$(bridge) is a bridge to a conventional PCI bus"
}

test_groups_why_names_functions_without_acs() {
	json 0 groups
	holds '.groups[] | select(.devices | map(.bdf) | contains([$b])) | .why
		| length == 1 and .[0].cause == "functions-without-acs" and .[0].device == $b' --arg b "$(testdev)"
}

test_groups_why_has_no_reason_for_one_alone() {
	json 0 groups
	holds '[.groups[] | select(.devices | length == 1) | .why | length] | add == 0'
}

test_groups_shows_viability() {
	local group
	group=$(group_of "$(serial)")
	json 0 groups
	holds '.groups[] | select(.group == $g) | .viable | not' --argjson g "$group"
	vfioctl bind "$(serial)"
	json 0 groups
	holds '.groups[] | select(.group == $g) | .viable and .node == "/dev/vfio/\($g)"' --argjson g "$group"
	vfioctl restore "$(serial)"
}

test_graph_has_each_device_below_its_bridge() {
	status 0 vfioctl graph
	says "\"$(bridge)\" -> \"$(sound)\";"
	says "subgraph cluster_$(group_of "$(sound)") {"
	json 0 graph
	holds '(.edges | length) == ([.groups[].devices[]] | length)'
}

test_doctor_finds_the_machine_fit() {
	json 0 doctor
	holds '.findings[] | select(.subject == "iommu") | .state == "good" and (.text | contains("Intel VT-d"))'
	holds '.findings[] | select(.subject == "interrupt remapping") | .text == "on"'
	if [ "$IMPL" = ours ]; then
		holds '.findings[] | select(.subject == "module") | .state == "good" and (.text | startswith("openvfio"))'
	else
		holds '.findings[] | select(.subject == "module") | .state == "note" and (.text | contains("own"))'
	fi
	status 0 vfioctl doctor
}

test_doctor_says_what_is_missing_and_mends_it() {
	vfio-modules unload
	json 1 doctor
	holds '.findings[] | select(.subject == "module") | .state == "bad"'
	bash -c "$(jq -r '.findings[] | select(.subject == "module").command' "$work/out")"
	json 0 doctor
}

test_limits_says_whether_it_is_enough() {
	status 0 vfioctl limits 64K
	status 1 login_nobody "ulimit -l 64; vfioctl limits 64M"
	says "too little"
	status 0 login_nobody "ulimit -l 64; vfioctl limits 64K"
	json 1 limits 1G --user nobody --containers 2
	holds '.needed == 2147483648 and .text == "# Made by vfioctl limits; in KiB, from the next login on.\nnobody - memlock 2097152\n"'
	status 2 vfioctl limits much
}

test_limits_of_a_process_and_for_a_unit() {
	sleep 1000 &
	prlimit --pid $! --memlock=65536:65536
	json 0 limits 64K --pid $! --unit driver
	holds '.soft == 65536 and .path == "/etc/systemd/system/driver.service.d/vfioctl.conf"'
	kill $!
}

test_explain_unusable_for_want_of_a_driver_is_mended() {
	json 1 explain "$(lonely)"
	holds '[.problems[] | select(.blocking).cause] == ["no-vfio-driver"]'
	mends "$(lonely)"
	vfioctl restore "$(lonely)"
}

test_explain_for_a_user_gives_it_to_the_user() {
	local group
	group=$(group_of "$(lonely)")
	json 1 explain "$group" --user nobody
	holds '[.problems[].command] | contains(["vfioctl bind --user nobody \($b)"])' --arg b "$(lonely)"
	mends "$group" --user nobody
	login_nobody "exec 9<>/dev/vfio/$group" || fail "explain says yes, but it cannot be opened"
	vfioctl restore "$(lonely)"
}

test_explain_1_member_on_host_driver() {
	modprobe snd-ens1370
	vfioctl bind "$(find_device 1234:11e8 3)"
	json 1 explain "$(find_device 1234:11e8 3)"
	holds '[.problems[] | select(.blocking) | .cause] == ["host-driver"]'
	holds '.problems[] | select(.blocking) | .text | contains($b) and contains("snd_ens1370")' --arg b "$(sound)"
	mends "$(find_device 1234:11e8 3)"
	vfioctl restore "$(sound)" "$(find_device 1234:11e8 3)"
	modprobe -r snd-ens1370
}

test_explain_2_group_held_by_another_process() {
	vfioctl bind "$(lonely)"
	hold_group "$(group_of "$(lonely)")"
	json 1 explain "$(lonely)"
	holds '[.problems[] | select(.blocking).cause] == ["held"]'
	holds '.problems[] | select(.blocking) | .command == "kill \($p)" and (.text | contains("sleep"))' --arg p $holder
	commands | bash
	wait $holder || true
	json 0 explain "$(lonely)"
	vfioctl restore "$(lonely)"
}

test_explain_3_no_permission_on_the_node() {
	vfioctl bind "$(lonely)"
	json 1 explain "$(lonely)" --user nobody
	holds '.problems[] | select(.blocking) | .cause == "permission"'
	status 1 login_nobody vfioctl explain "$(lonely)"
	mends "$(lonely)" --user nobody
	status 0 login_nobody vfioctl explain "$(lonely)"
	login_nobody "exec 9<>/dev/vfio/$(group_of "$(lonely)")" || fail "explain says yes, but it cannot be opened"
	vfioctl revoke "$(lonely)"
	status 1 login_nobody vfioctl explain "$(lonely)"
	vfioctl restore "$(lonely)"
}

test_explain_4_memlock_too_low() {
	vfioctl bind --user nobody "$(lonely)"
	status 1 login_nobody "ulimit -l 64; vfioctl explain $(lonely) --memory 64M --json"
	holds '[.problems[] | select(.blocking).cause] == ["memlock"]'
	bash -e -c "$(commands)"
	status 0 login_nobody vfioctl explain "$(lonely)" --memory 64M
	json 0 explain "$(lonely)" --memory 64M --user nobody
	rm /etc/security/limits.d/vfioctl-nobody.conf
	vfioctl restore "$(lonely)"
}

test_explain_7_reserved_region_in_the_way() {
	vfioctl bind "$(lonely)"
	json 1 explain "$(lonely)" --iova 0xfee00000+64K
	holds '[.problems[] | select(.blocking).cause] == ["reserved-region"]'
	holds '.problems[] | select(.blocking).text | contains("0xfee00000-0xfeefffff are reserved (msi)")'
	status 0 bash -c "$(commands)"
	json 0 explain "$(lonely)" --iova 0x100000-0x1fffff
	vfioctl restore "$(lonely)"
}

node_of_disk() { basename "/sys/bus/pci/devices/$(disk)"/nvme/nvme*/nvme*n1; }
has_node() { [ -b "/dev/$(node_of_disk)" ]; }

test_explain_9_mounted_disk() {
	local node
	modprobe nvme
	modprobe ext4
	await has_node
	node=$(node_of_disk)
	mke2fs -q "/dev/$node"
	mount "/dev/$node" /mnt
	json 1 explain "$(disk)"
	holds '[.problems[] | select(.blocking).cause] == ["mounted-disk", "host-driver"]'
	holds '.problems[] | select(.cause == "mounted-disk") | .command == "umount /mnt" and (.text | contains($n))' --arg n "$node"
	mends "$(disk)"
	! mountpoint -q /mnt || fail "still mounted"
	vfioctl restore "$(disk)"
	# Its partitions are just being looked for.
	await modprobe -r nvme
}

test_explain_10_in_tree_module_instead_of_ours() {
	vfioctl bind "$(lonely)"
	if [ "$IMPL" = intree ]; then
		json 0 explain "$(lonely)"
		holds '.problems[] | .cause == "in-tree-module" and (.blocking | not) and (.command | contains("openvfio-dkms"))'
		vfioctl restore "$(lonely)"
		return
	fi
	vfioctl restore "$(lonely)"
	vfio-modules unload
	for module in vfio_virqfd vfio vfio_iommu_type1 pci/vfio-pci-core pci/vfio-pci; do
		modprobe irqbypass
		insmod "/lib/modules/$KVER/kernel/drivers/vfio/$module.ko" 2>/dev/null || true
	done
	vfioctl bind "$(lonely)"
	json 0 explain "$(lonely)"
	holds '.problems[] | .cause == "in-tree-module"'
	vfioctl restore "$(lonely)"
	bash -e -c "$(jq -r '.problems[].command' "$work/out")"
	vfioctl bind "$(lonely)"
	json 0 explain "$(lonely)"
	holds '.problems == []'
	vfioctl restore "$(lonely)"
}

test_explain_missing_module_is_mended() {
	vfio-modules unload
	json 1 explain "$(lonely)"
	holds '.problems[0].cause == "no-module"'
	mends "$(lonely)"
	vfioctl restore "$(lonely)"
}

test_explain_bridge_and_wrong_words() {
	json 1 explain "$(bridge)"
	holds '.problems[] | select(.cause == "bridge") | .command == null'
	status 3 vfioctl explain 9999
	status 2 vfioctl explain "$(lonely)" --memory lots
	status 2 vfioctl explain "$(lonely)" --iova 7
}

test_json_follows_the_schema() {
	"$top/tests/tools/schema-check" "$work"/json/*
}
