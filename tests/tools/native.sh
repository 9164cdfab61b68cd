# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# vfioctl on recorded trees (trees/), and what needs no device at all. Runs anywhere.

# look_at TREE: the machine is this one from now on.
look_at() {
	export VFIOCTL_ROOT=$work/$1
	rm -rf "$VFIOCTL_ROOT"
	"$top/tests/tools/tree" unpack "$top/tests/tools/trees/$1.tree" "$VFIOCTL_ROOT"
}

# change PATH TEXT: in the tree.
change() { mkdir -p "$(dirname "$VFIOCTL_ROOT$1")" && printf '%b' "$2" >"$VFIOCTL_ROOT$1"; }

without_iommu() {
	rm -rf "$VFIOCTL_ROOT"/sys/class/iommu "$VFIOCTL_ROOT"/sys/kernel/iommu_groups
	find "$VFIOCTL_ROOT" -name iommu_group -delete
}

problem() { holds '[.problems[] | select(.cause == $c)] | length == 1' --arg c "$1"; }

test_list_of_each_tree_has_its_devices() {
	for tree in intel amd arm; do
		look_at $tree
		json 0 list
		holds '([.groups[].devices[], .without_iommu[]] | length) == $n' --argjson n \
			"$(grep -c '^l /sys/bus/pci/devices/' "$top/tests/tools/trees/$tree.tree")"
		status 0 vfioctl list
		[ "$(head -c 5 "$work/out")" = GROUP ] || fail "no table"
	done
}

test_list_finds_who_holds_a_group() {
	look_at amd
	json 0 list
	holds '[.groups[] | select(.holders != [])] | length == 1 and .[0].group == 2
		and .[0].holders == [{pid: 812, name: "testpmd"}]'
}

test_show_reads_capabilities_of_a_recorded_device() {
	look_at intel
	json 0 show 01:00.0
	holds '.device.interrupts == {intx: true, msi: 0, msix: 65, msix_bar: 0}'
	holds '.device.regions == [{name: "BAR 0", kind: "memory", address: "0xfe600000", size: 16384,
		size_in_words: "16 KiB", prefetchable: false, "64_bits": true, held_by: null}]'
	holds '.device.reset_methods == ["flr", "bus"] and .device.parent == "0000:00:0a.0"'
	json 0 show 00:10.0
	holds '.device.interrupts.msi == 16'
}

test_show_knows_numa_and_other_domains() {
	look_at arm
	json 0 show 000d:01:00.0
	holds '.device.numa_node == 1 and .device.reset_methods == ["flr"]'
	holds '.group.reserved_regions == [{range: "0x8000000-0x80fffff", type: "msi"}]'
	status 3 vfioctl show 01:00.0
}

test_show_says_what_needs_root() {
	look_at intel
	truncate -s 64 "$VFIOCTL_ROOT/sys/bus/pci/devices/0000:01:00.0/config"
	json 0 show 01:00.0
	holds '.device.capabilities == [] and (.unseen[0] | contains("for root"))'
}

test_groups_why_of_conventional_devices() {
	look_at intel
	json 0 groups
	holds '[.groups[] | select(.group == 19).why[] | .cause] == ["conventional-bridge"]'
	# Conventional ones in a slot of PCI Express, which cannot be, except in an emulator.
	holds '[.groups[] | select(.group == 23).why[] | .cause] == ["functions-without-acs"]'
	holds '[.groups[] | select(.group == 20).why[] | .device] == ["0000:00:1f.0"]'
}

test_groups_why_on_amd_names_the_port_and_the_functions() {
	look_at amd
	json 0 groups
	holds '[.groups[] | select(.group == 3).why[] | [.cause, .device]] ==
		[["port-without-acs", "0000:00:03.1"], ["functions-without-acs", "0000:0a:00.0"]]'
	holds '.groups[] | select(.group == 3).why[0] | (.text | contains("are off"))
		and .devices == ["0000:0a:00.0", "0000:0a:00.1"]'
	holds '[.groups[] | select(.group == 5).why[] | .device] == ["0000:02:00.0", "0000:02:00.2", "0000:03:00.0"]'
	holds '[.groups[] | select(.group < 3 or .group == 4) | .why | length] | add == 0'
}

test_groups_why_on_arm_names_the_conventional_bridge() {
	look_at arm
	json 0 groups
	holds '.groups[] | select(.group == 3).why | length == 1 and .[0].cause == "conventional-bridge"'
	holds '.groups[] | select(.group == 4) | .other_members == ["80860000.ethernet"]'
	status 0 vfioctl groups
	says 80860000.ethernet
}

test_groups_why_without_root_says_so() {
	look_at amd
	find "$VFIOCTL_ROOT" -name config -exec truncate -s 64 {} +
	json 0 groups
	holds '.unseen | map(contains("reasons for groups")) | any'
}

test_graph_is_a_tree_that_graphviz_draws() {
	look_at amd
	status 0 vfioctl graph
	says '"pci0000:00" -> "0000:00:01.1";'
	says '"0000:00:01.1" -> "0000:01:00.0";'
	says 'label="group 3: not viable";'
	says 'label="group 2: in use";'
	status 0 vfioctl graph --svg
	says '<svg '
	says 'group 5: not viable'
	json 0 graph
}

test_graph_svg_without_graphviz_says_what_to_install() {
	mkdir "$work/empty"
	ln -s "$(command -v vfioctl)" "$work/empty/"
	look_at arm
	status 3 env PATH="$work/empty" vfioctl graph --svg
	complains "apt-get install graphviz"
}

test_explain_usable() {
	look_at intel
	change /dev/vfio/7 ''
	ln -sfn ../../../bus/pci/drivers/vfio-pci "$VFIOCTL_ROOT/sys/devices/pci0000:00/0000:00:07.0/driver"
	json 0 explain 00:07.0
	holds '.usable and .problems == []'
	json 0 explain 7
	status 0 vfioctl explain 7
	says "is usable"
}

test_explain_1_member_on_host_driver() {
	look_at amd
	json 1 explain 0a:00.1
	holds '[.problems[] | select(.cause == "host-driver") | .command]
		== ["vfioctl bind --force 0000:0a:00.0", "vfioctl bind 0000:0a:00.1"]'
	json 1 explain 5
	holds '[.problems[] | select(.cause == "host-driver") | .text | .[0:12]] == ["0000:02:00.0", "0000:04:00.0"]'
}

test_explain_2_held() {
	look_at amd
	json 1 explain 01:00.0
	holds '[.problems[] | [.cause, .command]] == [["held", "kill 812"]]'
}

test_explain_3_permission() {
	look_at amd
	rm -r "$VFIOCTL_ROOT/proc/812"
	chmod 600 "$VFIOCTL_ROOT/dev/vfio/2"
	chmod 666 "$VFIOCTL_ROOT/dev/vfio/vfio"
	json 1 explain 01:00.0 --user nobody
	holds '[.problems[] | select(.cause == "permission") | .command] == ["vfioctl grant 0000:01:00.0 --user nobody"]'
	chmod 600 "$VFIOCTL_ROOT/dev/vfio/vfio"
	json 1 explain 01:00.0 --user nobody
	holds '[.problems[] | select(.cause == "permission") | .command][1] == "chmod 0666 /dev/vfio/vfio"'
}

test_explain_4_memlock_of_the_next_login() {
	look_at amd
	change /proc/1/limits 'Max locked memory         65536                65536                bytes\n'
	json 1 explain 01:00.0 --user nobody --memory 64M
	holds '.problems[] | select(.cause == "memlock") | .command == "vfioctl limits 65536K --user nobody --install"'
	VFIOCTL_ROOT=$VFIOCTL_ROOT bash -c "$(jq -r '.problems[] | select(.cause == "memlock").command' "$work/out")"
	json 1 explain 01:00.0 --user nobody --memory 64M
	holds '[.problems[] | select(.cause == "memlock")] == []'
	json 1 explain 01:00.0 --user nobody --memory 65M
	problem memlock
}

test_explain_5_no_iommu_says_why() {
	look_at intel
	without_iommu
	json 1 explain 00:07.0
	holds '.problems[] | select(.cause == "no-iommu") | (.text | contains("Intel VT-d")) and (.command | contains("intel_iommu=on"))'
	change /proc/cmdline 'quiet intel_iommu=on intel_iommu=off\n'
	json 1 explain 00:07.0
	holds '.problems[] | select(.cause == "no-iommu") | .text | contains("but intel_iommu=off is on")'
	rm "$VFIOCTL_ROOT/sys/firmware/acpi/tables/DMAR"
	json 1 explain 00:07.0
	holds '.problems[] | select(.cause == "no-iommu") | .command == "systemctl reboot --firmware-setup"
		and (.text | contains("enable_unsafe_noiommu_mode"))'
}

test_explain_5_no_iommu_on_amd_offers_nothing_of_intel() {
	look_at amd
	without_iommu
	change /proc/cmdline 'quiet ro intel_iommu=off\n'
	json 1 explain 01:00.0
	holds '.problems[] | select(.cause == "no-iommu") | .command == null and (.text | contains("AMD-Vi") and contains("dmesg"))'
	json 1 doctor
	holds '.findings[] | select(.subject == "iommu") | .state == "bad" and .command == null'
	change /proc/cmdline 'quiet amd_iommu=off ro\n'
	json 1 doctor
	holds '.findings[] | select(.subject == "iommu") | (.text | contains("amd_iommu=off is on"))
		and (.command | contains("amd_iommu=off") and contains("update-grub"))'
}

test_explain_5_not_covered_by_the_iommu() {
	look_at intel
	rm "$VFIOCTL_ROOT/sys/devices/pci0000:00/0000:00:07.0/iommu_group"
	rm -r "$VFIOCTL_ROOT/sys/kernel/iommu_groups/7"
	json 1 explain 00:07.0
	holds '.problems[] | select(.cause == "no-iommu") | (.text | contains("does not cover")) and .command == null'
}

test_explain_5_the_command_takes_the_option_away() {
	local grub=$work/grub
	look_at intel
	without_iommu
	change /proc/cmdline 'quiet intel_iommu=off ro\n'
	json 1 explain 00:07.0
	printf 'GRUB_CMDLINE_LINUX="quiet intel_iommu=off ro"\n' >"$grub"
	jq -r '.problems[] | select(.cause == "no-iommu").command' "$work/out" | sed "s#/etc/default/grub.*#$grub#" | bash
	[ "$(cat "$grub")" = 'GRUB_CMDLINE_LINUX="quiet ro"' ] || fail "made $(cat "$grub")"
}

test_explain_6_no_interrupt_remapping() {
	look_at intel
	change /proc/interrupts '  0:  99  IO-APIC 2-edge timer\n 24: 1 PCI-MSI 512-edge nvme\n'
	json 1 explain 00:07.0
	holds '.problems[] | select(.cause == "no-interrupt-remapping") | .blocking and (.command | contains("allow_unsafe_interrupts"))'
	change /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts 'Y\n'
	json 1 explain 00:07.0
	holds '.problems[] | select(.cause == "no-interrupt-remapping") | .blocking | not'
}

test_explain_7_reserved_regions() {
	look_at amd
	json 1 explain 01:00.0 --iova 0xfcffffffff+2M
	holds '.problems[] | select(.cause == "reserved-region") | (.text | contains("0xfd00000000-0xffffffffff")) and
		.command == "vfioctl explain 0000:01:00.0 --iova 0x100000-0x2fffff"'
	json 1 explain 01:00.0 --iova 0x100000-0xfedfffff
	holds '[.problems[].cause] == ["held"]'
}

test_explain_7_region_of_the_firmware() {
	look_at intel
	change /sys/kernel/iommu_groups/7/reserved_regions '0x00000000bf000000 0x00000000bfffffff direct\n'
	json 1 explain 00:07.0
	holds '.problems[] | select(.cause == "reserved-region") | .text | contains("0xbf000000-0xbfffffff")'
	change /sys/kernel/iommu_groups/7/reserved_regions '0x0 0xffffff direct-relaxable\n'
	json 1 explain 00:07.0 --iova 0-0xfff
	holds '[.problems[] | select(.cause == "reserved-region")] == []'
}

test_explain_8_boot_framebuffer() {
	look_at amd
	json 1 explain 0a:00.0
	holds '.problems[] | select(.cause == "boot-framebuffer") | (.text | contains("efi-framebuffer.0")) and
		.command == "echo efi-framebuffer.0 >/sys/bus/platform/drivers/efi-framebuffer/unbind"'
	json 1 explain 01:00.0
	holds '[.problems[] | select(.cause == "boot-framebuffer")] == []'
}

# A disk with a file system, in the tree.
with_disk() { # where it is mounted, as mountinfo has it
	local nvme=/sys/devices/pci0000:00/0000:00:0a.0/0000:01:00.0
	look_at intel
	ln -s ../../../../bus/pci/drivers/nvme "$VFIOCTL_ROOT$nvme/driver"
	mkdir -p "$VFIOCTL_ROOT/sys/class/block"
	change $nvme/nvme/nvme0/nvme0n1/dev '259:0\n'
	ln -s "../..${nvme#/sys}/nvme/nvme0/nvme0n1" "$VFIOCTL_ROOT/sys/class/block/nvme0n1"
	sed -i "\$ a 99 1 259:0 / $1 rw - ext4 /dev/nvme0n1 rw" "$VFIOCTL_ROOT/proc/self/mountinfo"
	json 1 explain 01:00.0
}

test_explain_9_mounted_disk() {
	with_disk '/srv'
	holds '[.problems[] | select(.blocking) | [.cause, .command]]
		== [["mounted-disk", "umount /srv"], ["host-driver", "vfioctl bind 0000:01:00.0"]]'
}

test_explain_9_a_strange_mount_point_is_quoted() {
	with_disk '/srv/it'"'"'s\\040here'
	holds '[.problems[].command] | contains([$c])' --arg c "umount '/srv/it'\\''s here'"
}

test_explain_9_the_root_file_system_stays() {
	with_disk /
	holds '.problems[] | select(.cause == "mounted-disk") | .command == null and .blocking'
}

test_explain_10_modules() {
	look_at intel
	change /sys/module/vfio/version '0.3\n'
	json 1 explain 00:07.0
	holds '.problems[0] | .cause == "in-tree-module" and (.blocking | not) and (.command | contains("modprobe -r"))'
	look_at arm
	json 0 explain 000d:01:00.1
	holds '.problems[0] | .cause == "built-in-module" and .command == null'
	look_at intel
	rm -r "$VFIOCTL_ROOT/sys/module/vfio"
	json 1 explain 00:07.0
	problem no-module
}

# modules_are FILE...: of the tree's kernel; depmod makes what libkmod looks into.
modules_are() {
	local folder=$VFIOCTL_ROOT/lib/modules/6.1.0-56-amd64
	mkdir -p "$folder/updates/openvfio"
	[ $# -eq 0 ] || cp "$@" "$folder/updates/openvfio"
	touch "$folder/modules.order" "$folder/modules.builtin.modinfo"
	[ -e "$folder/modules.builtin" ] || touch "$folder/modules.builtin"
	depmod -b "$VFIOCTL_ROOT" 6.1.0-56-amd64
}

test_explain_10_built_in_module_without_a_trace_in_sys() {
	look_at intel
	rm -r "$VFIOCTL_ROOT/sys/module/vfio"
	change /lib/modules/6.1.0-56-amd64/modules.builtin 'kernel/drivers/vfio/vfio.ko\n'
	modules_are
	json 1 explain 00:07.0
	holds '.problems[0] | .cause == "built-in-module" and .command == null'
}

test_doctor_knows_which_module_modprobe_would_take() {
	local module
	module=$(compgen -G "$top/build/6.1.*/vfio.ko" | head -n 1) || skip "no module was built"
	look_at intel
	change /sys/module/vfio/version '0.3\n'
	modules_are "$module"
	json 1 doctor
	holds '.findings[] | select(.subject == "installed module") | .state == "good" and (.text | startswith("openvfio: "))'
	json 1 explain 00:07.0
	holds '.problems[0] | .cause == "in-tree-module" and (.command | startswith("modprobe -r"))'
}

test_doctor_of_each_maker() {
	local names=([0]=intel [1]=amd [2]=arm) makers=([0]="Intel VT-d (dmar0)" [1]="AMD-Vi (ivhd0)" [2]="Arm SMMU")
	for i in 0 1 2; do
		look_at "${names[i]}"
		chmod 666 "$VFIOCTL_ROOT/dev/vfio/vfio"
		status $((i < 2)) vfioctl doctor
		says "on: ${makers[i]}"
		json $((i < 2)) doctor
		holds '.findings[] | select(.subject == "interrupt remapping") | .text == "on"'
	done
}

test_doctor_reads_secure_boot() {
	local variable=/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
	look_at intel
	change $variable '\6\0\0\0\0'
	json 1 doctor
	holds '.findings[] | select(.subject == "Secure Boot") | .text == "off"'
	change $variable '\0006\0000\0000\0000\0001'
	json 1 doctor
	holds '.findings[] | select(.subject == "Secure Boot") | .text | startswith("on")'
}

test_limits_adds_up() {
	unset VFIOCTL_ROOT
	json 0 limits 1
	holds '.needed == 1024'
	json 0 limits 1536k --containers 3
	holds '.needed == 4718592'
	for wrong in 0 -1 5X 99999999999999999999 16E ''; do
		status 2 vfioctl limits -- "$wrong"
	done
	status 2 vfioctl limits 8E --containers 4
	status 3 vfioctl limits 4K --user no-such-user-here
	status 3 vfioctl limits 4K --unit ../evil
}

test_limits_reads_what_pam_would() {
	look_at amd
	change /proc/1/limits 'Max locked memory         8388608              8388608              bytes\n'
	change /etc/security/limits.conf '# nothing\n* - memlock 100\nnobody hard memlock 300\n'
	change /etc/security/limits.d/a.conf '* soft memlock unlimited\nnobody soft memlock 200\n'
	json 1 limits 201K --user nobody
	holds '.soft == 204800 and .hard == 307200'
	json 1 limits 1M --user daemon
	holds '.soft == 102400 and .hard == 102400'
}

test_limits_knows_groups_of_users_ranges_and_all() {
	local group
	id daemon >/dev/null || skip "no such user"
	group=$(id -gn daemon)
	look_at amd
	limits_are() { # LINES SOFT HARD, for daemon
		change /etc/security/limits.conf "$1"
		json 1 limits 1G --user daemon
		holds '[.soft, .hard] == [$s, $h]' --argjson s $(($2 * 1024)) --argjson h $(($3 * 1024))
	}
	change /proc/1/limits 'Max locked memory         8192                8192                bytes\n'
	limits_are "@$group - memlock 100\n" 100 100
	limits_are "@$group - memlock 100\n* - memlock 50\n" 100 100
	limits_are "@no-such-group - memlock 100\n@root - memlock 100\n" 8 8
	limits_are "daemon hard memlock 300\n@$group - memlock 200\n" 200 300
	limits_are "daemon - memlock 30\n@$group - memlock 200\ndaemon soft memlock 20\n" 20 30
	limits_are "$(id -u daemon):$(id -u daemon) - MEMLOCK 70\n* - memlock 50 # no more\n" 70 70
	limits_are ":$(id -u daemon) - memlock 70\n" 70 70
	limits_are "2000: - memlock 70\n:4711 - memlock 70\n5-6 - memlock 70\n: - memlock 70\n" 8 8
	limits_are "0: - memlock 71\n" 71 71
	limits_are "@:$(id -g daemon) - memlock 72\n" 72 72
	limits_are "@0:$(id -g daemon) - memlock 73\n@2000: - memlock 1\n" 73 73
	limits_are "@:abc - memlock 70\n@ - memlock 70\n" 8 8
	limits_are "* - memlock 50\ndaemon -\n" 8 8
	limits_are "* - memlock 50\n* -\n" 50 50
	change /etc/security/limits.d/a.conf.dpkg-old 'daemon - memlock 1\n'
	change /etc/security/limits.d/a.conf 'daemon - memlock 2\n'
	limits_are "" 2 2
	rm "$VFIOCTL_ROOT/etc/security/limits.d/a.conf"
	# What does not name root is not for root.
	change /etc/security/limits.conf '0: - memlock 50\n* - memlock 50\n@root - memlock 50\n'
	json 0 limits 1G --user root
	holds '.soft == 8192 and .exempt'
}

test_explain_4_memlock_of_a_group_of_users() {
	look_at amd
	change /proc/1/limits 'Max locked memory         65536                65536                bytes\n'
	change /etc/security/limits.d/drivers.conf "@$(id -gn daemon) - memlock 65536\n"
	json 1 explain 01:00.0 --user daemon --memory 64M
	holds '[.problems[] | select(.cause == "memlock")] == []'
}

test_limits_of_a_process_are_for_its_owner() {
	look_at amd
	change /proc/812/limits 'Max locked memory         65536                131072                bytes\n'
	change /proc/812/status "Name: testpmd\nUid:\t$(id -u daemon)\t0\t0\t0\nCapEff:\t0\n"
	json 1 limits 1M --pid 812
	holds '.user == "daemon" and .pid == 812 and .soft == 65536 and .hard == 131072
		and .path == "/etc/security/limits.d/vfioctl-daemon.conf" and (.text | contains("\ndaemon - memlock 1024"))'
	status 1 vfioctl limits 1M --pid 812
	says "prlimit --pid 812 --memlock=1048576"
	# Who has no account, as in a container, has a number.
	change /proc/812/status "Uid:\t3999999999\t0\t0\t0\nCapEff:\t0\n"
	json 1 limits 1M --pid 812
	holds '.user == ":3999999999" and (.text | contains("\n:3999999999 - memlock 1024"))'
	change /proc/1/status "Uid:\t0\n"
	change /proc/1/limits 'Max locked memory         65536                131072                bytes\n'
	for pid in 0 -1 x 4294967297 813; do
		status 3 vfioctl limits 1M --pid $pid
		complains "no such process"
	done
	status 2 vfioctl limits 1M --pid 812 --user daemon
	json 1 limits 1M --user "$(id -u daemon)"
	holds '.user == "daemon" and .pid == null'
}

test_limits_install_writes_both_kinds() {
	look_at amd
	status 1 vfioctl limits 1T --user nobody
	json 0 limits 4G
	vfioctl limits 4G --user nobody --install
	[ "$(tail -n 1 "$VFIOCTL_ROOT/etc/security/limits.d/vfioctl-nobody.conf")" = "nobody - memlock 4194304" ] || fail "not written"
	vfioctl limits 4G --unit a@b --install
	grep -qx LimitMEMLOCK=4294967296 "$VFIOCTL_ROOT/etc/systemd/system/a@b.service.d/vfioctl.conf" || fail "no drop-in"
}

test_damaged_trees_do_no_harm() {
	local seed=1
	for tree in intel amd arm; do
		for damage in cut noise empty; do
			look_at $tree
			find "$VFIOCTL_ROOT" -type f | while read -r file; do
				seed=$((seed * 16807 % 2147483647))
				[ $((seed % 3)) -eq 0 ] || continue
				case $damage in
				cut) truncate -s $((seed % 70)) "$file" ;;
				noise) head -c $((seed % 300)) "$VFIOCTL" >"$file" ;;
				empty) : >"$file" ;;
				esac
			done
			for verb in list groups 'groups --why' graph doctor 'show 01:00.0' 'explain 2' 'explain 0a:00.0' 'limits 1M --user nobody'; do
				# shellcheck disable=SC2086 # words
				vfioctl $verb >"$work/out" 2>"$work/err" || [ $? -le 3 ] || fail "$verb on $tree with $damage: $(tail -n 3 "$work/err")"
				# shellcheck disable=SC2086
				! grep -qE 'Sanitizer|runtime error' "$work/err" || fail "$verb on $tree with $damage: $(head -n 5 "$work/err")"
			done
		done
	done
}

test_an_empty_machine_is_fine() {
	export VFIOCTL_ROOT=$work/nothing
	mkdir "$VFIOCTL_ROOT"
	json 0 list
	holds '.groups == [] and .without_iommu == []'
	json 0 groups
	json 0 graph
	json 1 doctor
	status 3 vfioctl explain 1
}

test_words_that_are_wrong_are_refused() {
	status 2 vfioctl lust
	complains "no such verb"
	status 2 vfioctl list --jason
	complains "no such option"
	status 2 vfioctl explain 1 --user
	complains "needs USER"
	status 2 vfioctl explain 1 --user=a --user=b
	complains "twice"
	status 2 vfioctl list --json=yes
	status 2 vfioctl groups -x
	status 2 vfioctl explain 1 2
}

test_help_man_and_completion_know_each_verb_and_option() {
	status 0 vfioctl help
	sed -n 's/^  \([a-z]*\) .*/\1/p' "$work/out" >"$work/verbs"
	[ "$(wc -l <"$work/verbs")" -ge 7 ] || fail "too few verbs"
	vfioctl generate man >"$work/man"
	vfioctl generate bash >"$work/bash"
	bash -n "$work/bash"
	while read -r verb; do
		status 0 vfioctl "$verb" --help
		says "usage: vfioctl $verb"
		grep -q "^\.SS \"$verb" "$work/man" || fail "$verb is not in the man page"
		sed -n 's/^  .*--\([a-z-]*\).*/\1/p' "$work/out" >"$work/options"
		while read -r option; do
			grep -q -- "	$verb) .*--$option" "$work/bash" || fail "no completion of $verb --$option"
			grep -qF -- "\\-\\-${option//-/\\-}" "$work/man" || fail "--$option is not in the man page"
		done <"$work/options"
	done <"$work/verbs"
}

test_man_page_is_well_formed() {
	command -v groff >/dev/null || skip "no groff"
	vfioctl generate man | groff -man -Tutf8 -ww -z 2>"$work/err"
	[ ! -s "$work/err" ] || fail "$(head -n 3 "$work/err")"
}

test_completion_offers_verbs_options_and_devices() {
	vfioctl generate bash >"$work/bash"
	# shellcheck source=/dev/null
	. "$work/bash"
	COMP_WORDS=(vfioctl gr) COMP_CWORD=1
	_vfioctl vfioctl gr vfioctl
	[[ " ${COMPREPLY[*]} " == *" groups "* && " ${COMPREPLY[*]} " == *" graph "* ]] || fail "verbs: ${COMPREPLY[*]}"
	COMP_WORDS=(vfioctl groups --w) COMP_CWORD=2
	_vfioctl vfioctl --w groups
	[ "${COMPREPLY[*]}" = --why ] || fail "options: ${COMPREPLY[*]}"
	_vfioctl_devices() { echo 0000:00:1f.0; }
	COMP_WORDS=(vfioctl show 0000:00:1) COMP_CWORD=2
	_vfioctl vfioctl 0000:00:1 show
	[ "${COMPREPLY[*]}" = 0000:00:1f.0 ] || fail "devices: ${COMPREPLY[*]}"
}

test_no_colours_where_there_is_no_terminal() {
	look_at amd
	status 0 vfioctl list
	! grep -q $'\033' "$work/out" || fail "escape sequences in a file"
	command -v script >/dev/null || skip "no script(1)"
	env -u NO_COLOR TERM=xterm script -qec "vfioctl list" /dev/null >"$work/out"
	grep -q $'\033\[1m' "$work/out" || fail "no colours on a terminal"
	NO_COLOR=1 TERM=xterm script -qec "vfioctl list" /dev/null >"$work/out"
	! grep -q $'\033\[1m' "$work/out" || fail "colours in spite of NO_COLOR"
}

test_a_full_disk_is_noticed() {
	look_at amd
	vfioctl list >/dev/full 2>"$work/err" && fail "nothing noticed"
	complains "standard output: cannot be written"
}

test_each_verb_that_has_json_is_in_the_schema() {
	unset VFIOCTL_ROOT
	vfioctl help >"$work/out"
	sed -n 's/^  \([a-z]*\) .*/\1/p' "$work/out" >"$work/verbs"
	cp "$top/tools/vfioctl/schema.json" "$work/out"
	while read -r verb; do
		vfioctl "$verb" --help >"$work/help"
		! grep -q -- '--json' "$work/help" ||
			holds '.properties.verb.enum | contains([$v])' --arg v "$verb"
	done <"$work/verbs"
}

test_json_follows_the_schema() {
	"$top/tests/tools/schema-check" "$work"/json/*
}
