# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2154 # the names are those of helpers
# vfioctl bind --persist, with a udevd that follows its rules.
. "$top/tests/tools/changing.sh"

appear_again() {
	echo 1 >"/sys/bus/pci/devices/$1/remove"
	echo 1 >/sys/bus/pci/rescan
}

# What a boot does: udevd is told of each device, after whatever the initramfs did with it.
boot() {
	udevadm control --reload
	udevadm trigger --action=add --subsystem-match=pci
	udevadm settle
}

test_persist_binds_a_device_whenever_it_appears_until_restore() {
	installed
	host_drivers
	start_udev
	remember
	expect 0 vfioctl bind --persist --user nobody $card
	is_saved_in /etc/openvfio $card
	udevadm control --reload
	appear_again $card
	await has_driver_quietly $card vfio-pci
	await is_owned_quietly "$(group_of $card)" "nobody:root 600"
	expect 0 vfioctl restore $card
	has_driver $card e1000e
	udevadm control --reload
	appear_again $card
	await has_driver_quietly $card e1000e
	is_as_before
}

test_persist_takes_a_device_that_the_host_had_first_at_boot() {
	installed
	host_drivers
	start_udev
	expect 0 vfioctl bind --persist $card
	"$top/lab/bind" $card e1000e
	has_driver $card e1000e
	boot
	has_driver $card vfio-pci
	expect 0 vfioctl restore $card
	has_driver $card e1000e
}

test_persist_leaves_a_disk_that_is_mounted_at_boot() {
	local disk
	installed
	host_drivers
	expect 0 vfioctl bind --persist $nvme
	"$top/lab/bind" $nvme nvme
	disk=$(name_disk)
	modprobe ext4
	mkfs.ext4 -q "/dev/$disk"
	mount "/dev/$disk" /mnt
	start_udev
	boot
	has_driver $nvme nvme
	[ "$(override_of $nvme)" = "(null)" ]
	umount /mnt
	boot
	has_driver $nvme vfio-pci
}

# As the rule leaves it: with the override, and no driver.
appear_for_vfio() {
	"$top/lab/bind" $card none
	echo "$1" >/sys/bus/pci/devices/$card/driver_override
}

test_boot_without_what_was_saved_leaves_the_device_to_the_host() {
	host_drivers
	remember
	expect 0 vfioctl bind --persist $card
	rm /etc/openvfio/$card
	appear_for_vfio vfio-pci
	expect 3 vfioctl bind --boot $card
	said "nothing is saved of it"
	has_driver $card e1000e
	is_as_before
}

test_boot_with_a_driver_that_refuses_leaves_the_device_to_the_host() {
	host_drivers
	expect 0 vfioctl bind --persist $card
	sed -i s/^driver=vfio-pci/driver=pcieport/ /etc/openvfio/$card
	appear_for_vfio pcieport
	expect 3 vfioctl bind --boot $card
	said "pcieport does not take it"
	has_driver $card e1000e
	[ "$(override_of $card)" = "(null)" ]
}

test_persist_is_for_the_device_and_not_for_its_place() {
	installed
	host_drivers
	expect 0 vfioctl bind --persist $card
	sed -i 's/0x8086/0x8087/' /etc/udev/rules.d/70-openvfio-bind-$card.rules
	"$top/lab/bind" $card e1000e
	start_udev
	boot
	has_driver $card e1000e
}

test_persist_after_bind_lasts_and_keeps_what_was_before() {
	installed
	host_drivers
	remember
	expect 0 vfioctl bind $sound
	expect 0 vfioctl bind --persist $sound
	is_saved_in /etc/openvfio $sound
	grep -q '^previous_driver=snd_ens1370$' /etc/openvfio/$sound
	expect 0 vfioctl bind $sound
	is_saved_in /etc/openvfio $sound
	expect 0 vfioctl restore $sound
	is_as_before
}

test_persist_refuses_a_program_that_others_can_change() {
	host_drivers
	remember
	install -d -o nobody /tmp/yard
	install -m 755 "$VFIOCTL" /tmp/yard/vfioctl
	expect 3 /tmp/yard/vfioctl bind --persist $sound
	said "/tmp/yard/vfioctl: --persist would have root run it at boot"
	is_as_before
}

test_persist_without_its_program_leaves_the_device_to_the_host() {
	installed
	host_drivers
	expect 0 vfioctl bind --persist $card
	"$top/lab/bind" $card e1000e
	rm /usr/local/sbin/vfioctl
	start_udev
	boot
	has_driver $card e1000e
	[ "$(override_of $card)" = "(null)" ]
}
