# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Variables in the jq programs are jq's; work and top are those of run.
# shellcheck disable=SC2016,SC2154
# vfioctl users, faults and top without a machine: on a tree of files as the kernel would show
# them, and on messages as kernels have printed them (users/logs). Runs anywhere.

put() { mkdir -p "$VFIOCTL_ROOT/$(dirname "$1")" && printf '%s\n' "${@:2}" >"$VFIOCTL_ROOT/$1"; }

# device BDF GROUP DRIVER CLASS
device() {
	local path=/sys/devices/pci0000:00/$1
	put "$path/vendor" 0x1234
	put "$path/device" 0x11e8
	put "$path/class" "$4"
	mkdir -p "$VFIOCTL_ROOT/sys/bus/pci/devices" "$VFIOCTL_ROOT/sys/kernel/iommu_groups/$2/devices" "$VFIOCTL_ROOT/dev/vfio" \
		"$VFIOCTL_ROOT/sys/bus/pci/drivers/$3"
	ln -s "$VFIOCTL_ROOT$path" "$VFIOCTL_ROOT/sys/bus/pci/devices/$1"
	ln -s "$VFIOCTL_ROOT$path" "$VFIOCTL_ROOT/sys/kernel/iommu_groups/$2/devices/$1"
	ln -s "$VFIOCTL_ROOT/sys/kernel/iommu_groups/$2" "$VFIOCTL_ROOT$path/iommu_group"
	ln -s "$VFIOCTL_ROOT/sys/bus/pci/drivers/$3" "$VFIOCTL_ROOT$path/driver"
	: >"$VFIOCTL_ROOT/dev/vfio/$2"
}

# process PID NAME, then pairs of FD and where it leads
process() {
	local pid=$1
	put "/proc/$pid/comm" "$2"
	put "/proc/$pid/status" "Name: $2" "VmLck:	       8 kB" "VmPin:	       0 kB"
	mkdir -p "$VFIOCTL_ROOT/proc/$pid/fd" "$VFIOCTL_ROOT/proc/$pid/fdinfo"
	shift 2
	while [ $# -gt 1 ]; do
		ln -s "$2" "$VFIOCTL_ROOT/proc/$pid/fd/$1"
		put "/proc/$pid/fdinfo/$1" 'pos:	0'
		shift 2
	done
}

machine() {
	export VFIOCTL_ROOT=$work/machine
	rm -rf "$VFIOCTL_ROOT"
	device 0000:01:00.0 12 vfio-pci 0x010802
	device 0001:20:00.0 13 nvme 0x010802
	process 812 'test pmd' 5 /dev/vfio/vfio 6 /dev/vfio/12 7 'anon_inode:[vfio-device]'
	put /proc/812/fdinfo/5 'pos:	0' 'vfio-container:	3'
	put /proc/812/fdinfo/7 'vfio-device-syspath: /sys/devices/pci0000:00/0000:01:00.0'
	process 1 init 0 /dev/null
	put /proc/interrupts '           CPU0       CPU1' \
		' 24:        100         11  IR-PCI-MSI 524288-edge      vfio-msix[0](0000:01:00.0)' \
		' 25:          0          7  IR-PCI-MSI 524289-edge      vfio-msix[1](0000:01:00.0)' \
		' 16:          5          0  IR-IO-APIC  16-fasteoi   i801_smbus, vfio-intx(0001:20:00.0)' \
		'NMI:          0          0   Non-maskable interrupts'
}

tables() {
	local folder=/sys/kernel/debug/vfio
	# A later version may have columns that this one does not know.
	put $folder/containers \
		'# container iommu type groups mappings mapped pinned maps unmaps later pid comm' \
		'3 type1 3 12 2 8192 4096 7 5 x 812 test pmd' '4 - 0 - 0 0 0 0 0 x 900 idle'
	put $folder/groups '# group kind container open pid comm' '12 real 3 1 812 test pmd' \
		'13 real 0 0 0 -'
	put $folder/devices '# device group driver open interrupts pid comm' \
		'0000:01:00.0 12 vfio-pci 1 MSI-X:2/2,REQ 812 test pmd'
	put $folder/mappings '# container iova size prot vaddr pinned pid comm' \
		'3 0x20000 0x1000 r- 0x7f0000000000 4096 812 test pmd' \
		'3 0x30000 0x1000 -w 0x7f0000001000 4096 812 test pmd' \
		'9 0x22000 0x1000 rw 0x7f0000001000 4096 5 other'
}

# fault NUMBER FILTER: what is so of a fault of the document. For jq, numbers are decimal.
fault() {
	local filter=$2
	while [[ $filter =~ iova\ ==\ (0x[0-9a-f]+) ]]; do
		filter=${filter/${BASH_REMATCH[1]}/$((BASH_REMATCH[1]))}
	done
	holds ".faults[$1] | $filter"
}

test_users_joins_tables_and_processes() {
	machine
	tables
	json 0 users
	holds '.source == "debugfs" and .unseen == []'
	holds '.containers[0] | .container == 3 and .groups == [12] and .pinned == 4096 and
		.maps == 7 and .unmaps == 5 and .opener == {pid: 812, name: "test pmd"} and
		.holders == [{pid: 812, name: "test pmd"}]'
	holds '.containers[1] | .iommu == null and .groups == [] and .holders == []'
	holds '.groups | length == 1 and .[0].group == 12 and
		.[0].open_devices == 1'
	holds '.devices[0] | .bdf == "0000:01:00.0" and .interrupts == ["MSI-X:2/2", "REQ"]'
	holds '.processes == [{pid: 812, name: "test pmd", locked: 8192, pinned: 0,
		container_files: 1, device_files: 1, containers: ["3"], groups: [12],
		devices: ["0000:01:00.0"]}]'
}

test_users_sums_the_vectors_of_all_cpus() {
	machine
	tables
	json 0 users
	holds '.devices[0].vectors == [
		{kind: "MSI-X", vector: 0, irq: 24, count: 111}, {kind: "MSI-X", vector: 1, irq: 25, count: 7}]'
	holds '.devices[] | select(.bdf == "0001:20:00.0").vectors == [
		{kind: "INTx", vector: 0, irq: 16, count: 5}]'
}

test_users_without_tables_says_so() {
	machine
	put /sys/module/vfio/version 0.3
	json 0 users
	holds '.source == "proc" and .containers == [] and (.unseen | any(test("only openvfio")))'
	holds '.groups == [{group: 12, container: null, open_devices: null, opener: null,
		holders: [{pid: 812, name: "test pmd"}]}]'
}

test_faults_of_intel() {
	machine
	tables
	json 0 faults --log "$top/tests/tools/users/logs/intel.log"
	holds '.faults | length == 6 and all(.iommu == "Intel VT-d")'
	fault 0 '.bdf == "0000:00:02.0" and .access == "read" and .iova == 0x7cd80000 and .time == 0.361089 and
		.reason == "Present bit in root entry is clear" and .group == null and .process == null'
	fault 1 '.bdf == "0000:00:02.0" and .iova == 0x70ad5000'
	fault 2 '.iova == 0x9c000000 and .access == "read"'
	fault 3 '.bdf == "0000:01:00.0" and .group == 12 and .driver == "vfio-pci" and .access == "write" and
		.process == {pid: 812, name: "test pmd"} and .container == 3 and
		.nearest.relation == "past" and .nearest.distance == 4096 and .text ==
		"iova 0x22000 is 4 KiB past the end of mapping 0x20000-0x20fff of pid 812 (test pmd)"'
	fault 4 '.time == 10672.869448 and .nearest.relation == "inside" and
		(.text | endswith("which a device may only read"))'
	fault 5 '.nearest.relation == "before" and .nearest.distance == 4096'
}

test_faults_of_amd() {
	machine
	tables
	json 0 faults --log "$top/tests/tools/users/logs/amd.log"
	holds '.faults | length == 5 and all(.iommu == "AMD-Vi")'
	fault 0 '.bdf == "0000:01:00.0" and .access == "write" and .iova == 0x22000 and
		.reason == "no permission" and .nearest.distance == 4096'
	fault 1 '.access == null and .reason == "not mapped"'
	fault 2 '.bdf == "0001:20:00.0" and .access == "read" and .group == 13 and .process == null'
	fault 3 '.bdf == "0000:01:00.0" and .iova == 0xff6101b0'
	fault 4 '.bdf == "0001:03:00.1" and .access == "write" and .device == null'
}

test_faults_of_arm() {
	machine
	tables
	json 0 faults --log "$top/tests/tools/users/logs/arm.log"
	holds '.faults | length == 7'
	fault 0 '.iommu == "Arm SMMUv3" and .bdf == "0000:01:00.0" and .access == "write" and
		.iova == 0x22000 and .reason == "not mapped" and .time == 52.100001 and .nearest.distance == 4096'
	fault 1 '.access == "read" and .reason == "no permission" and .time == 52.2 and
		.nearest.relation == "inside"'
	fault 2 '.iommu == "Arm SMMU" and .access == "write" and .iova == 0x1f000 and
		.nearest.relation == "before"'
	fault 3 '.iommu == "Arm SMMUv3" and .bdf == "0000:01:00.0" and .access == null and
		.text == "iova 0x21000 is the first byte past the end of mapping 0x20000-0x20fff of pid 812 (test pmd)"'
	# Told twice, in numbers and in words, it is one fault; told anew, it is another.
	fault 4 '.bdf == "0001:20:00.0" and .group == 13 and .access == "read" and .iova == 0x23000 and
		.reason == "not mapped" and .time == 80'
	fault 5 '.bdf == "0001:20:00.0" and .access == "write" and .time == 81'
	fault 6 '.bdf == "0001:20:00.0" and .access == null and .time == 81.000007'
}

has_lines() { [ "$(wc -l <"$work/followed")" -ge "$1" ]; }

# count N: so many lines were followed, within a minute.
count() {
	within 60 has_lines "$1" || fail "$(wc -l <"$work/followed") faults, not $1: $(cat "$work/err")"
}

# Its words come when its numbers were told already.
test_faults_follow_tells_of_an_event_once() {
	local log=$top/tests/tools/users/logs/arm.log follower
	machine
	mkfifo "$VFIOCTL_ROOT/dev/kmsg"
	exec 5<>"$VFIOCTL_ROOT/dev/kmsg"
	vfioctl faults --follow --json >"$work/followed" 2>"$work/err" &
	follower=$!
	sed -n '/\[   81.000000\]/,/\[   81.000004\]/p' "$log" >&5
	count 1
	sed -n '/\[   81.000005\]/,$p' "$log" >&5
	count 2
	kill $follower
	tail -n 1 "$work/followed" >"$work/out"
	holds '.time == 81.000007'
}

test_faults_of_the_log_itself() {
	machine
	tables
	put /dev/kmsg '4,7,9000000,-;DMAR: [DMA Write NO_PASID] Request device [01:00.0] fault addr 0x22000 [fault reason 0x05] PTE Write access is not set' ' SUBSYSTEM=pci'
	json 0 faults
	holds '.faults | length == 1 and .[0].time == 9'
}

test_faults_without_tables_name_the_holder() {
	machine
	put /sys/module/vfio/version 0.3
	json 0 faults --log "$top/tests/tools/users/logs/intel.log"
	fault 3 '.process == {pid: 812, name: "test pmd"} and .nearest == null and .container == null'
	holds '.unseen | any(test("only openvfio"))'
}

test_faults_of_nonsense_are_none() {
	machine
	tables
	head -c 200000 /dev/urandom >"$VFIOCTL_ROOT/noise"
	printf '%s\n' 'DMAR: [DMA Read' 'IO_PAGE_FAULT device=zz address= flags=' 'arm-smmu-v3 x: event 0x10 received:' \
		'arm-smmu-v3 x: 0x' 'Unhandled context fault: fsr=' 'event: F_TRANSLATION client: sid: iova:' \
		'[DMA Read] Request device [ffff:99:77.9] fault addr 1 [fault reason 06]' >>"$VFIOCTL_ROOT/noise"
	json 0 faults --log "$VFIOCTL_ROOT/noise"
	holds '.faults == []'
}

test_faults_that_cannot_be_read() {
	machine
	status 3 vfioctl faults --log "$VFIOCTL_ROOT/absent"
	complains "No such file"
	status 2 vfioctl faults --log "$top/tests/tools/users/logs/intel.log" --follow
}

test_top_prints_text() {
	machine
	tables
	status 0 vfioctl top -b -n 2 -d 0.01
	[ "$(grep -c 'test pmd (812)' "$work/out")" = 2 ] || fail "not twice in: $(cat "$work/out")"
	grep -q '0000:01:00.0 .*MSI-X\[1\]' "$work/out" || fail "no vector in: $(cat "$work/out")"
}

# looks N OPTION...: N documents, one on each line, which are kept to be checked; the last is in
# $work/out.
looks() {
	local number=$1 document
	shift
	status 0 vfioctl top --json "$@"
	[ "$(wc -l <"$work/out")" = "$number" ] || fail "not $number lines: $(cat "$work/out")"
	while read -r document; do
		echo "$document" >"$work/last"
		cp "$work/last" "$(mktemp "$work/json/top.XXXXXX")"
	done <"$work/out"
	cp "$work/last" "$work/out"
}

test_top_as_json_looks_once() {
	machine
	tables
	looks 1
	holds '.seconds == null and .source == "debugfs" and .unseen == []'
	holds '.containers[0] | .container == 3 and .pinned == 4096 and .maps == 7 and
		.maps_per_second == null and .unmaps_per_second == null'
	holds '.processes | length == 1 and .[0].pid == 812 and .[0].locked == 8192'
	holds '.vectors | length == 3 and .[0] == {bdf: "0000:01:00.0", kind: "MSI-X", vector: 0,
		irq: 24, count: 111, per_second: null}'
}

seen_in_looks() { jq -se "$1" "$work/looks" >/dev/null 2>&1; }

test_top_as_json_has_rates() {
	local looker
	machine
	tables
	vfioctl top --json --batch -d 0.1 >"$work/looks" &
	looker=$!
	await seen_in_looks 'length > 0'
	sed -i 's/ 7 5 x 812/ 1000007 5 x 812/' "$VFIOCTL_ROOT/sys/kernel/debug/vfio/containers"
	sed -i 's/ 100 / 900 /' "$VFIOCTL_ROOT/proc/interrupts"
	await seen_in_looks 'any(.containers[0].maps_per_second > 0) and any(.vectors[0].per_second > 0)'
	kill $looker
	sed -n '$!p' "$work/looks" | jq -s . >"$work/out"
	holds '.[1:] | all(.seconds > 0 and .containers[0].unmaps_per_second == 0 and .vectors[1].per_second == 0)'
}

test_top_as_json_says_what_it_cannot_see() {
	machine
	put /sys/module/vfio/version 0.3
	looks 1
	holds '.source == "proc" and .containers == [] and (.unseen | any(test("only openvfio")))'
	looks 3 -n 3 -d 0.01
	holds '.seconds > 0 and .vectors[0].per_second == 0'
}

test_top_refuses_nonsense() {
	status 2 vfioctl top -b -d 0
	status 2 vfioctl top -b -n many
}

# Newer kernels have a node for each device.
test_explain_and_users_know_who_has_a_device_of_its_own_open() {
	machine
	process 900 qemu 4 /dev/vfio/devices/vfio0
	mkdir -p "$VFIOCTL_ROOT/sys/class/vfio-dev/vfio0"
	ln -s ../../../bus/pci/devices/0000:01:00.0 "$VFIOCTL_ROOT/sys/class/vfio-dev/vfio0/device"
	json 0 users
	holds '.processes[] | select(.pid == 900) | .devices == ["0000:01:00.0"]'
	json 1 explain 01:00.0
	holds '[.problems[] | select(.cause == "held") | .text | contains("900 (qemu)")] | any'
}

# A path is only a name, which everybody may give to a file of his own.
test_explain_is_not_told_who_has_a_group_by_a_path_elsewhere() {
	machine
	process 901 eve 4 /home/eve/vfio/12
	json 1 explain 01:00.0
	holds '[.problems[] | select(.cause == "held") | .text | contains("eve")] | any | not'
}

test_names_of_processes_do_nothing_to_a_terminal() {
	local verb
	machine
	tables
	process 902 $'e\033[2J\303\251\ne' 4 /dev/vfio/12
	for verb in users list groups 'explain 01:00.0' 'bind --dry-run 01:00.0' 'top -n 1'; do
		# shellcheck disable=SC2086 # words
		vfioctl $verb >"$work/out" 2>&1 || true
		! grep -q $'\033' "$work/out" || fail "$verb: as the process says"
	done
	status 0 vfioctl users
	says $'e\\x1b[2J\303\251\\x0ae'
	json 0 users
	holds '.processes[] | select(.pid == 902) | .name == "e\u001b[2Jé\ne"'
}

test_faults_of_a_log_that_is_cut_and_of_the_last_address() {
	machine
	printf '%s' 'DMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr 0xfffffffffffff000 [fault reason 0x06] PTE Read access is not set' >"$work/cut"
	json 0 faults --log "$work/cut"
	grep -q '"iova": *18446744073709547520' "$work/out" || fail "$(cat "$work/out")"
	status 0 vfioctl faults --log "$work/cut"
	says 'iova 0xfffffffffffff000'
}
