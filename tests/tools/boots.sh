# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # $before is set by tests/tools/reboot
# The halves of its tests, each in a machine of its own; /lab is what is left of it.
top=$PWD
VFIOCTL=$top/build/vfioctl/vfioctl
fail() { echo "$*"; exit 1; }
. tests/tools/changing.sh
installed

persist_first() {
	modprobe e1000e
	expect 0 vfioctl bind --persist --user nobody $card
	mkdir -p /lab/etc/udev
	cp -r /etc/openvfio /lab/etc/
	cp -r /etc/udev/rules.d /lab/etc/udev/
}

persist_second() {
	cp -r "$before"/etc/* /etc/
	has_driver $card none
	modprobe e1000e
	has_driver $card e1000e
	start_udev
	udevadm trigger --action=add
	udevadm settle
	has_driver $card vfio-pci
	is_owned "$(group_of $card)" "nobody:root 600"
	expect 0 vfioctl restore --all
	has_driver $card e1000e
	[ ! -e /etc/openvfio/$card ]
	end_udev
}

# The lab has no boot loader: what update-grub would hand to it is left for the next boot.
boot_loader() {
	mkdir -p /etc/default
	echo "GRUB_CMDLINE_LINUX=\"$1\"" >/etc/default/grub
	echo '. /etc/default/grub && echo "$GRUB_CMDLINE_LINUX" >/lab/command-line' >/usr/local/sbin/update-grub
	echo ': >/lab/reboot' >/usr/local/sbin/reboot
	sed -i '1i #!/bin/sh' /usr/local/sbin/{update-grub,reboot}
	chmod 755 /usr/local/sbin/{update-grub,reboot}
}

no_iommu_first() {
	boot_loader "quiet intel_iommu=off"
	expect 1 vfioctl explain $edu_alone --json
	jq -r '.problems[] | select(.cause == "no-iommu").command' /tmp/said >/tmp/command
	cat /tmp/command
	bash -e /tmp/command
	[ -e /lab/reboot ]
	! grep off /lab/command-line
}

no_iommu_second() {
	expect 0 vfioctl bind --user nobody $edu_alone
	expect 0 vfioctl explain --user nobody $edu_alone
	expect 0 run_edu $edu_alone
	expect 0 vfioctl restore $edu_alone
}
