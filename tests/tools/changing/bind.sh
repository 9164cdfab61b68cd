# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2154 # the names are those of helpers
# vfioctl bind and restore: the way there and back.
. "$top/tests/tools/changing.sh"

test_bind_group_for_nobody_runs_the_example_and_restore_gives_back() {
	host_drivers
	remember
	expect 0 vfioctl bind --group --user nobody $edu
	has_driver $edu vfio-pci
	has_driver $sound vfio-pci
	is_owned "$(group_of $edu)" "nobody:root 600"
	expect 0 run_edu $edu
	expect 0 vfioctl restore --all
	has_driver $sound snd_ens1370
	has_driver $edu none
	is_as_before
}

# As after a boot of a machine that is not the lab.
test_bind_where_no_module_is_loaded_runs_the_example_as_nobody() {
	vfio-modules unload
	trap 'vfio-modules load' EXIT
	expect 0 vfioctl bind --user nobody $edu_alone
	expect 0 vfioctl explain --user nobody $edu_alone
	expect 0 run_edu $edu_alone
	expect 0 vfioctl restore $edu_alone
	has_driver $edu_alone none
}

test_bind_runs_the_nvme_example_and_restore_brings_the_disk_back() {
	host_drivers
	name_disk
	remember
	expect 0 vfioctl bind --user nobody $nvme
	expect 0 as_nobody sh -c "ulimit -l 256; exec $top/build/examples/nvme $nvme"
	expect 0 vfioctl restore $nvme
	is_as_before
	name_disk
}

test_bind_twice_is_bind_once() {
	host_drivers
	remember
	expect 0 vfioctl bind --group --user nobody $edu
	remember /tmp/bound
	expect 0 vfioctl bind --group --user nobody $edu
	said "$sound: vfio-pci has it already"
	expect 0 vfioctl bind $edu
	is_as_before /tmp/bound
	expect 0 vfioctl restore --all
	is_as_before
}

test_restore_twice_is_restore_once() {
	host_drivers
	remember
	expect 0 vfioctl bind $sound
	expect 0 vfioctl restore $sound
	expect 0 vfioctl restore $sound
	said "nothing to restore"
	expect 0 vfioctl restore --all
	is_as_before
}

test_bind_dry_run_changes_nothing_and_needs_no_root() {
	host_drivers
	remember
	expect 0 as_nobody "$top/build/vfioctl/vfioctl" bind --dry-run --group --user nobody $edu
	said "$sound: would go: snd_ens1370 -> vfio-pci"
	said "/dev/vfio/$(group_of $edu) would belong to nobody"
	is_as_before
}

test_bind_without_root_says_so() {
	remember
	expect 3 as_nobody "$top/build/vfioctl/vfioctl" bind $edu
	said "run as root"
	is_as_before
}

test_bind_leaves_other_members_and_names_them() {
	host_drivers
	expect 0 vfioctl bind $edu
	said "warning: $edu: $sound of its group .* snd_ens1370"
	said "vfioctl bind --group $edu"
	has_driver $edu vfio-pci
	has_driver $sound snd_ens1370
}

test_bind_refuses_a_bridge() {
	expect 3 vfioctl bind --force 0000:00:1e.0
	said "is a bridge"
}

test_bind_keeps_an_override_that_was_there() {
	modprobe pci-stub
	echo pci-stub >/sys/bus/pci/devices/$edu_alone/driver_override
	echo $edu_alone >/sys/bus/pci/drivers_probe
	remember
	expect 0 vfioctl bind $edu_alone
	has_driver $edu_alone vfio-pci
	expect 0 vfioctl restore $edu_alone
	is_as_before
	echo $edu_alone >/sys/bus/pci/drivers/pci-stub/unbind
	echo >/sys/bus/pci/devices/$edu_alone/driver_override
}

# An override for another driver than the one that the device has.
test_bind_and_restore_in_spite_of_an_override_for_later() {
	host_drivers
	echo pci-stub >/sys/bus/pci/devices/$sound/driver_override
	remember
	expect 0 vfioctl bind $sound
	expect 0 vfioctl restore $sound
	is_as_before
	expect 3 vfioctl bind --driver pcieport $sound
	is_as_before
	echo >/sys/bus/pci/devices/$sound/driver_override
}

remember_files() { cat /etc/openvfio/* /etc/udev/rules.d/70-openvfio-* >"$1"; }

is_as_configured() {
	is_as_before
	remember_files /tmp/files-after
	cmp /tmp/files /tmp/files-after || fail "the files have changed"
}

test_bind_that_fails_leaves_what_an_earlier_one_did() {
	host_drivers
	expect 0 vfioctl bind --persist --user nobody $edu_alone
	expect 0 vfioctl grant $edu_alone --user daemon
	remember
	remember_files /tmp/files
	expect 3 vfioctl bind --driver pcieport $edu_alone
	is_as_configured
	expect 3 vfioctl bind --driver pcieport --persist --user nobody $edu_alone
	is_as_configured
	has_driver $edu_alone vfio-pci
}

# As after a boot where the host used the device, and so kept it.
test_bind_that_fails_and_exec_leave_what_is_configured_for_the_next_boot() {
	host_drivers
	expect 0 vfioctl bind --persist --user nobody $card
	"$top/lab/bind" $card e1000e
	has_driver $card e1000e
	remember
	remember_files /tmp/files
	expect 3 vfioctl bind --driver pcieport $card
	is_as_configured
	expect 0 vfioctl exec --user nobody $card -- true
	is_as_configured
}

test_bind_to_another_driver_loads_it() {
	rmmod uio_pci_generic 2>/dev/null || true
	remember
	expect 0 vfioctl bind --driver uio_pci_generic $edu_alone
	has_driver $edu_alone uio_pci_generic
	expect 0 vfioctl restore $edu_alone
	is_as_before
	rmmod uio_pci_generic
}

test_bind_loads_vfio_pci() {
	remember
	rmmod vfio-pci
	expect 0 vfioctl bind $edu_alone
	has_driver $edu_alone vfio-pci
	expect 0 vfioctl restore $edu_alone
	is_as_before
}

test_bind_to_a_driver_that_is_not_there_changes_nothing() {
	host_drivers
	remember
	expect 3 vfioctl bind --driver no_such_driver $sound
	said "no such driver"
	is_as_before
}

# pcieport refuses what is no PCI Express port.
test_bind_to_a_driver_that_refuses_rolls_back() {
	host_drivers
	remember
	expect 3 vfioctl bind --driver pcieport $sound
	said "pcieport does not take it"
	is_as_before
}

test_bind_does_not_know_a_device_that_is_not_there() {
	host_drivers
	remember
	expect 3 vfioctl bind $sound 0000:07:1f.7
	said "0000:07:1f.7: no such PCI device"
	is_as_before
}

test_bind_refuses_a_damaged_saved_file() {
	host_drivers
	mkdir -p /run/openvfio
	echo "previous_driver=../../x" >/run/openvfio/$sound
	expect 3 vfioctl bind $sound
	said "/run/openvfio/$sound: line 1: leads elsewhere"
	has_driver $sound snd_ens1370
	expect 3 vfioctl restore $sound
	rm /run/openvfio/$sound
}

test_restore_leaves_what_others_gave_away_since() {
	host_drivers
	modprobe pci-stub
	expect 0 vfioctl bind $sound
	"$top/lab/bind" $sound none
	echo pci-stub >/sys/bus/pci/devices/$sound/driver_override
	echo $sound >/sys/bus/pci/drivers_probe
	expect 3 vfioctl restore $sound
	said "was given to pci-stub by somebody else"
	has_driver $sound pci-stub
	expect 0 vfioctl restore --force $sound
	has_driver $sound snd_ens1370
}

test_restore_refuses_a_device_in_use() {
	expect 0 vfioctl bind $edu_alone
	exec 9<>"/dev/vfio/$(group_of $edu_alone)"
	expect 3 vfioctl restore $edu_alone
	said "group $(group_of $edu_alone) is in use by"
	has_driver $edu_alone vfio-pci
	exec 9>&-
	expect 0 vfioctl restore $edu_alone
	has_driver $edu_alone none
}

# hold_edu_alone: a program has the device open, and ends with its input, which is descriptor 9.
hold_edu_alone() {
	rm -f /tmp/hold.in
	mkfifo /tmp/hold.in
	"$top/build/tests-tools/users/hold" edu </tmp/hold.in >/tmp/hold.out &
	holder=$!
	exec 9>/tmp/hold.in
	await grep -q "holding $edu_alone" /tmp/hold.out
}

# waits_for_the_holder COMMAND...: it says so, once, and does what it is to when it is over.
waits_for_the_holder() {
	local verb
	"$@" >/tmp/said 2>&1 9>&- &
	verb=$!
	await grep -qF "vfioctl: $edu_alone: waits for hold ($holder) to close it" /tmp/said
	kill -0 $verb || fail "does not wait: $(tr '\n' ';' </tmp/said)"
	exec 9>&-
	wait $verb || fail "$* ended with $?: $(tr '\n' ';' </tmp/said)"
	[ "$(grep -c 'waits for hold' /tmp/said)" = 1 ] || fail "more than once: $(tr '\n' ';' </tmp/said)"
}

test_restore_by_force_says_for_whom_it_waits() {
	local holder
	expect 0 vfioctl bind $edu_alone
	hold_edu_alone
	waits_for_the_holder vfioctl restore --force $edu_alone
	has_driver $edu_alone none
}

test_bind_by_force_says_for_whom_it_waits_on_a_terminal() {
	local holder
	modprobe pci-stub
	expect 0 vfioctl bind $edu_alone
	hold_edu_alone
	waits_for_the_holder script -qefc "vfioctl bind --force --driver pci-stub $edu_alone" /dev/null </dev/null
	has_driver $edu_alone pci-stub
}

test_restore_forgets_a_device_that_was_replaced() {
	host_drivers
	expect 0 vfioctl bind $edu_alone
	sed -i 's/^id=.*/id=8086:1234/' /run/openvfio/$edu_alone
	expect 0 vfioctl restore $edu_alone
	said "8086:1234 is not there any more"
	[ ! -e /run/openvfio/$edu_alone ]
	"$top/lab/bind" $edu_alone none
}

test_restore_asks_for_devices_or_all() {
	expect 2 vfioctl restore
	expect 2 vfioctl restore --all $edu
}
