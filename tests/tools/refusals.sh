# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # $work, $top are those of tests/tools/run
# What vfioctl bind would do, and refuse, on a recorded machine that is in use. Runs anywhere.

nvme=0000:01:00.0 card=0000:00:07.0 sound=0000:06:0d.0 edu=0000:06:0d.1

unpack() {
	export VFIOCTL_ROOT=$work/used
	rm -rf "$VFIOCTL_ROOT"
	"$top/tests/tools/tree" unpack "$top/tests/tools/trees/used.tree" "$VFIOCTL_ROOT"
}

refuses() { # DEVICE WHY
	status 3 vfioctl bind --dry-run "$1"
	complains "$1: $2"
	status 0 vfioctl bind --dry-run --force "$1"
	complains "warning: $1: $2"
}

allows() {
	status 0 vfioctl bind --dry-run "$1"
	says "$1: would go: "
}

clear_file() { : >"$VFIOCTL_ROOT$1"; }

test_dry_bind_finds_each_use_of_a_disk() {
	unpack
	refuses $nvme "nvme0n1p1 is swap space; run swapoff"
	clear_file /proc/swaps
	refuses $nvme "dm-0 (data) on nvme0n1p2 is mounted on /srv; unmount it"
	sed -i '/ \/srv /d' "$VFIOCTL_ROOT/proc/self/mountinfo"
	refuses $nvme "dm-0 (data) on nvme0n1p2 is in place; stop it"
	find "$VFIOCTL_ROOT" -name dm-0 -type l -path '*/holders/*' -delete
	allows $nvme
}

test_dry_bind_finds_a_mount_by_its_source_where_the_number_is_another() {
	unpack
	clear_file /proc/swaps
	sed -i 's/ 254:0 \/ \/srv / 0:77 \/ \/srv /; s/ 253:0 \/ \/srv / 0:77 \/ \/srv /' \
		"$VFIOCTL_ROOT/proc/self/mountinfo"
	grep -q ' 0:77 / /srv ' "$VFIOCTL_ROOT/proc/self/mountinfo" || fail "the tree has another number"
	refuses $nvme "dm-0 (data) on nvme0n1p2 is mounted on /srv"
}

test_dry_bind_finds_a_part_of_btrfs() {
	unpack
	clear_file /proc/swaps
	sed -i '/ \/srv /d' "$VFIOCTL_ROOT/proc/self/mountinfo"
	mkdir -p "$VFIOCTL_ROOT/sys/fs/btrfs/uuid/devices/nvme0n1p1"
	refuses $nvme "nvme0n1p1 is part of a mounted btrfs"
}

# With several controllers, the disk in use is below none of them.
test_dry_bind_finds_a_namespace_that_controllers_share() {
	local block=$work/used/sys/class/block
	unpack
	clear_file /proc/swaps
	mv "$block/nvme0n1" "$block/nvme0c0n1"
	find "$block/" -name 'nvme0n1p*' -delete
	mkdir -p "$VFIOCTL_ROOT/sys/devices/virtual/nvme-subsystem/nvme0n1"
	echo 259:9 >"$VFIOCTL_ROOT/sys/devices/virtual/nvme-subsystem/nvme0n1/dev"
	ln -s ../../devices/virtual/nvme-subsystem/nvme0n1 "$block/nvme0n1"
	echo "50 1 259:9 / /data rw - ext4 /dev/nvme0n1 rw" >"$VFIOCTL_ROOT/proc/self/mountinfo"
	refuses $nvme "nvme0n1 is mounted on /data"
}

test_dry_bind_finds_the_default_route_above_a_card() {
	unpack
	refuses $card "lan on eth0 has the default route"
	printf 'Iface\tDestination\n' >"$VFIOCTL_ROOT/proc/net/route"
	allows $card
	printf '%032d 00 %032d 00 fe80%028d 00000400 00000001 00000000 00000003 eth0.7\n' 0 0 1 \
		>"$VFIOCTL_ROOT/proc/net/ipv6_route"
	refuses $card "eth0.7 on eth0 has the default route"
	# A default that leads nowhere is none.
	printf '%032d 00 %032d 00 %032d ffffffff 00000001 00000000 00200200 eth0\n' 0 0 0 \
		>"$VFIOCTL_ROOT/proc/net/ipv6_route"
	allows $card
}

test_dry_bind_refuses_the_boot_display_and_bridges() {
	unpack
	refuses 0000:00:01.0 "it is the boot display"
	status 3 vfioctl bind --dry-run --force 0000:00:1e.0
	complains "is a bridge"
}

test_dry_bind_of_a_group_is_of_its_devices() {
	unpack
	status 0 vfioctl bind --dry-run --group $edu
	says "$edu: would go: no driver -> vfio-pci"
	says "$sound: would go: snd_ens1370 -> vfio-pci"
	status 0 vfioctl bind --dry-run $edu
	complains "vfioctl bind --group $edu"
}

test_dry_reset_tells_what_is_on_the_bus() {
	unpack
	status 0 vfioctl reset --dry-run $nvme
	says "methods, the first is tried first: flr"
	status 1 vfioctl reset --dry-run $edu
	says "  $sound "
}

test_dry_reset_as_json() {
	unpack
	json 0 reset --dry-run $nvme
	holds '.bdf == $bdf and .methods[0] == "flr" and .bus.would_hit == []' --arg bdf $nvme
	json 1 reset --dry-run $edu
	holds '.methods == [] and .bus.behind == "0000:00:1e.0" and
		(.bus.would_hit | length == 1 and .[0].bdf == $sound and .[0].driver == "snd_ens1370")' --arg sound $sound
	json 1 reset --dry-run 0000:00:05.0
	holds '.bus == null'
	"$top/tests/tools/schema-check" "$work"/json/reset.*
	status 2 vfioctl reset --json $nvme
	complains "give --dry-run too"
}

# What was saved of the sound card, which has its driver already.
save_sound() { # FOLDER
	local device=$VFIOCTL_ROOT/sys/bus/pci/devices/$sound
	mkdir -p "$VFIOCTL_ROOT$1"
	printf '%s\n' device=$sound "id=$(sed s/0x// "$device/vendor"):$(sed s/0x// "$device/device")" \
		driver=vfio-pci previous_driver=snd_ens1370 "${@:2}" force=no >"$VFIOCTL_ROOT$1/$sound"
}

test_restore_works_where_the_root_file_system_is_read_only() {
	unpack
	unshare -rm true || skip "no mount namespaces"
	save_sound /run/openvfio user=nobody
	mkdir -p "$VFIOCTL_ROOT/etc/udev/rules.d"
	# shellcheck disable=SC2016 # for the other shell
	status 0 unshare -rm sh -c 'mount --bind "$VFIOCTL_ROOT/etc" "$VFIOCTL_ROOT/etc" &&
		mount -o remount,bind,ro "$VFIOCTL_ROOT/etc" &&
		mkdir "$VFIOCTL_ROOT/etc/x" 2>&1 | grep -q Read-only && vfioctl restore "$0"' $sound
	says "$sound: vfio-pci -> snd_ens1370"
	[ ! -e "$VFIOCTL_ROOT/run/openvfio/$sound" ] || fail "it is still saved"
}

test_bind_refuses_names_that_could_not_be_restored() {
	unpack
	status 3 vfioctl bind --dry-run --driver "$(printf '%0300d' 0)" $edu
	complains "$edu: cannot be saved, and so not be restored later: a name is too long"
	status 3 vfioctl bind --dry-run --driver $'vfio-pci\nforce=yes' $edu
	complains "driver is not one that a file or a path can hold"
}

test_persist_refuses_a_program_that_others_can_change() {
	unpack
	mkdir -p "$work/yard"
	cp "$VFIOCTL" "$work/yard/vfioctl"
	chmod 777 "$work/yard"
	status 3 "$work/yard/vfioctl" bind --dry-run --persist $edu
	complains "$work/yard/vfioctl: --persist would have root run it at boot"
	status 0 "$work/yard/vfioctl" bind --dry-run $edu
}

# rule KIND USER MODE: as bind --user or grant makes it.
rule() {
	mkdir -p "$VFIOCTL_ROOT/etc/udev/rules.d"
	echo "SUBSYSTEM==\"vfio\", OWNER=\"$2\", GROUP=\"0\", MODE=\"$3\"" \
		>"$VFIOCTL_ROOT/etc/udev/rules.d/70-openvfio-$1-$sound.rules"
}

has_rules() { # KIND...
	local found
	found=$(find "$VFIOCTL_ROOT/etc/udev/rules.d" -name '70-openvfio-*' -printf '%f\n' | cut -d - -f 3 | sort | tr '\n' ' ')
	[ "${found% }" = "$*" ] || fail "rules: $found"
}

test_restore_leaves_a_grant_and_gives_the_node_back_to_it() {
	local node
	[ "$(id -u)" -eq 0 ] || skip "needs root, to give files away"
	unpack
	node=$VFIOCTL_ROOT/dev/vfio/$(basename "$(readlink "$VFIOCTL_ROOT/sys/bus/pci/devices/$sound/iommu_group")")
	: >"$node"
	save_sound /run/openvfio user=nobody
	rule grant 12345 0640
	rule owner 1 0600
	status 0 vfioctl restore $sound
	has_rules grant
	[ "$(stat -c '%u:%g %a' "$node")" = "12345:0 640" ] || fail "the node is $(stat -c '%u:%g %a' "$node")"
}

test_grant_and_revoke_end_what_bind_gave() {
	unpack
	save_sound /run/openvfio "user=DOM\\alice" "group_owner=domain users"
	rule owner 1 0600
	rm -f "$VFIOCTL_ROOT"/dev/vfio/[0-9]*
	status 0 vfioctl grant $sound --user nobody
	has_rules grant
	grep -q "OWNER=\"$(id -u nobody)\", GROUP=\"0\", MODE=\"0600\"" "$VFIOCTL_ROOT"/etc/udev/rules.d/70-openvfio-grant-* ||
		fail "$(cat "$VFIOCTL_ROOT"/etc/udev/rules.d/*)"
	grep -qx user= "$VFIOCTL_ROOT/run/openvfio/$sound" || fail "the user is still saved"
	rule owner 1 0600
	status 0 vfioctl revoke $sound
	has_rules
}
