# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2154 # the names are those of helpers
# What the host uses is not taken from it.
. "$top/tests/tools/changing.sh"

refused() {
	local device=$1 why=$2
	expect 3 vfioctl bind "$device"
	said "$why"
	said "or give --force"
	is_as_before
}

test_bind_refuses_a_mounted_disk() {
	local disk
	host_drivers
	disk=$(name_disk)
	modprobe ext4
	mkfs.ext4 -q "/dev/$disk"
	mkdir -p "/tmp/mounted here"
	mount "/dev/$disk" "/tmp/mounted here"
	remember
	refused $nvme "$nvme: $disk is mounted on /tmp/mounted"
	umount "/tmp/mounted here"
	expect 0 vfioctl bind $nvme
	has_driver $nvme vfio-pci
}

test_bind_refuses_a_mounted_partition() {
	local disk
	host_drivers
	disk=$(name_disk)
	modprobe ext4
	addpart "/dev/$disk" 1 2048 32768
	addpart "/dev/$disk" 2 34816 32768
	await test -b "/dev/${disk}p2"
	mkfs.ext4 -q "/dev/${disk}p2"
	mount "/dev/${disk}p2" /mnt
	remember
	refused $nvme "${disk}p2 is mounted on /mnt"
	umount /mnt
	delpart "/dev/$disk" 2
	delpart "/dev/$disk" 1
}

test_bind_refuses_swap_space() {
	local disk
	host_drivers
	disk=$(name_disk)
	mkswap "/dev/$disk"
	swapon "/dev/$disk"
	remember
	refused $nvme "$disk is swap space"
	swapoff "/dev/$disk"
	wipefs -aq "/dev/$disk"
}

test_bind_refuses_what_device_mapper_stands_on() {
	local disk
	host_drivers
	disk=$(name_disk)
	modprobe -a dm-mod ext4
	dmsetup create --noudevsync --noudevrules upper --table "0 65536 linear /dev/$disk 0"
	remember
	refused $nvme "dm-0 \(upper\) on $disk is in place"
	dmsetup mknodes
	mkfs.ext4 -q /dev/mapper/upper
	mount /dev/mapper/upper /mnt
	refused $nvme "dm-0 \(upper\) on $disk is mounted on /mnt"
	umount /mnt
	dmsetup remove --noudevsync --noudevrules upper
}

test_bind_refuses_a_disk_mounted_where_we_cannot_see() {
	local disk holder
	host_drivers
	disk=$(name_disk)
	modprobe ext4
	mkfs.ext4 -q "/dev/$disk"
	unshare -m sh -c "mount /dev/$disk /mnt; echo >/tmp/is-mounted; exec sleep 600" &
	holder=$!
	await test -e /tmp/is-mounted
	remember
	refused $nvme "$disk is in use by the kernel"
	kill $holder
	wait $holder || true
	rm /tmp/is-mounted
}

test_bind_force_takes_what_is_refused() {
	host_drivers
	remember
	expect 3 vfioctl bind $display
	said "it is the boot display"
	expect 0 vfioctl bind --force $display
	said "warning: $display: it is the boot display.*goes on, as --force was given"
	has_driver $display vfio-pci
	expect 0 vfioctl restore $display
	is_as_before
}

test_bind_refuses_the_card_of_the_default_route() {
	local interface
	host_drivers
	interface=$(basename /sys/bus/pci/devices/$card/net/*)
	ip link set "$interface" up
	ip addr add 192.0.2.1/24 dev "$interface"
	ip route add default via 192.0.2.2
	remember
	refused $card "$interface has the default route"
	ip route del default
	ip -6 addr add 2001:db8::1/64 dev "$interface" nodad
	ip -6 route add default via 2001:db8::2 dev "$interface"
	refused $card "$interface has the default route"
	ip -6 route del default
	expect 0 vfioctl bind $card
	has_driver $card vfio-pci
}

# /proc/net/route has neither another table nor the second of two ways.
test_bind_refuses_the_card_of_a_default_route_elsewhere() {
	local interface
	host_drivers
	modprobe dummy
	interface=$(basename /sys/bus/pci/devices/$card/net/*)
	ip link set "$interface" up
	ip addr add 192.0.2.1/24 dev "$interface"
	ip link add other type dummy
	ip link set other up
	ip addr add 198.51.100.1/24 dev other
	remember
	ip route add default via 192.0.2.2 table 100
	refused $card "$interface has the default route"
	ip route flush table 100
	ip route add unreachable default table 100
	ip route add 203.0.113.0/24 via 192.0.2.2 table 100
	expect 0 vfioctl bind --dry-run $card
	ip route add default nexthop via 198.51.100.2 nexthop via 192.0.2.2
	refused $card "$interface has the default route"
	ip route del default
	ip route flush table 100
	ip link del other
	expect 0 vfioctl bind $card
	has_driver $card vfio-pci
}

test_bind_refuses_a_card_below_what_has_the_default_route() {
	local interface
	host_drivers
	modprobe -a bridge 8021q
	interface=$(basename /sys/bus/pci/devices/$card/net/*)
	ip link set "$interface" up
	ip link add link "$interface" name vlan7 type vlan id 7
	ip link add lower type bridge
	ip link set vlan7 master lower
	ip link set vlan7 up
	ip link set lower up
	ip addr add 192.0.2.1/24 dev lower
	ip route add default via 192.0.2.2
	remember
	refused $card "lower on $interface has the default route"
	ip link del lower
	ip link del vlan7
}

test_bind_refuses_a_function_with_virtual_ones() {
	local physical=0000:02:00.0
	host_drivers
	echo 0 >/sys/bus/pci/devices/$physical/sriov_drivers_autoprobe
	echo 2 >/sys/bus/pci/devices/$physical/sriov_numvfs || skip "no virtual functions can be made"
	expect 3 vfioctl bind $physical
	said "2 virtual functions would go with its driver"
	has_driver $physical nvme
	echo 0 >/sys/bus/pci/devices/$physical/sriov_numvfs
}

test_bind_is_not_kept_off_by_a_file_that_is_called_like_a_node() {
	local yard group
	group=$(group_of $edu_alone)
	yard=$(mktemp -d)
	mkdir -p "$yard/vfio"
	expect 0 vfioctl bind $edu_alone
	exec 9>"$yard/vfio/$group"
	expect 0 vfioctl restore $edu_alone
	exec 9<>/dev/null
	expect 0 vfioctl bind $edu_alone
	mknod "$yard/node" c "$(stat -c %Hr "/dev/vfio/$group")" "$(stat -c %Lr "/dev/vfio/$group")"
	exec 9<>"$yard/node"
	expect 3 vfioctl restore $edu_alone
	said "group $group is in use by [a-z]+ \($BASHPID\)"
	exec 9>&-
	expect 0 vfioctl restore $edu_alone
}
