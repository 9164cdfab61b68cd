# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC1091,SC2154 # the names are those of helpers
# vfioctl grant, revoke and exec, reset.
. "$top/tests/tools/changing.sh"

test_grant_lets_a_user_open_the_group_and_revoke_takes_it_back() {
	local group
	group=$(group_of $edu_alone)
	expect 0 vfioctl bind $edu_alone
	is_owned "$group" "root:root 600"
	expect 0 vfioctl grant $edu_alone --user nobody
	is_owned "$group" "nobody:root 600"
	expect 0 run_edu $edu_alone
	expect 0 vfioctl grant "$group" --group-owner nogroup
	is_owned "$group" "root:nogroup 660"
	expect 0 run_edu $edu_alone
	expect 0 vfioctl revoke $edu_alone
	is_owned "$group" "root:root 600"
	expect 1 run_edu $edu_alone
	said "Permission denied"
	[ -z "$(ls /etc/udev/rules.d/70-openvfio-* /run/udev/rules.d/70-openvfio-* 2>/dev/null)" ]
}

test_grant_makes_a_rule_that_udev_follows() {
	local group
	group=$(group_of $edu)
	expect 0 vfioctl grant "$group" --user nobody
	start_udev
	expect 0 vfioctl bind $edu
	await is_owned_quietly "$group" "nobody:root 600"
	expect 0 vfioctl restore $edu
	expect 0 vfioctl revoke "$group"
	udevadm control --reload
	expect 0 vfioctl bind $edu
	udevadm settle
	is_owned "$group" "root:root 600"
}

# The other device of the group keeps the node in place.
test_grant_holds_again_after_bind_for_another_and_restore() {
	local group
	group=$(group_of $edu)
	start_udev
	expect 0 vfioctl grant $edu --user nobody
	udevadm control --reload
	expect 0 vfioctl bind $edu
	await is_owned_quietly "$group" "nobody:root 600"
	expect 0 vfioctl bind --user daemon $sound
	is_owned "$group" "daemon:root 600"
	expect 0 vfioctl restore $sound
	is_owned "$group" "nobody:root 600"
	udevadm control --reload
	expect 0 vfioctl restore $edu
	expect 0 vfioctl bind $edu
	await is_owned_quietly "$group" "nobody:root 600"
}

test_grant_asks_for_an_owner_that_is_there() {
	expect 2 vfioctl grant $edu_alone
	expect 3 vfioctl grant $edu_alone --user nobody-of-this-name
	said "no such user"
	expect 3 vfioctl grant $edu_alone --group-owner nobody-of-this-name
	said "no such group of users"
	expect 3 vfioctl grant 4711 --user nobody
	said "no such PCI device or group"
}

test_revoke_tells_who_keeps_it_open() {
	expect 0 vfioctl bind --user nobody $edu_alone
	exec 9<>"/dev/vfio/$(group_of $edu_alone)"
	expect 0 vfioctl revoke $edu_alone
	said "has it open and keeps it"
	exec 9>&-
}

test_bind_for_nobody_is_not_undone_by_udev() {
	local n
	start_udev
	for n in 1 2 3 4 5; do
		expect 0 vfioctl bind --user nobody $edu_alone
		udevadm settle
		is_owned "$(group_of $edu_alone)" "nobody:root 600"
		expect 0 vfioctl restore $edu_alone
	done
	echo "$n times"
}

test_exec_lends_the_node_and_takes_it_back() {
	local group
	host_drivers
	group=$(group_of $edu)
	remember
	expect 0 vfioctl exec --group --user nobody $edu -- "$top/build/examples/edu" $edu
	said "group are free again"
	is_as_before
	expect 0 vfioctl bind --group $edu
	remember /tmp/bound
	expect 0 vfioctl exec --user nobody $edu -- sh -c "id -un; stat -c %U /dev/vfio/$group"
	[ "$(tail -n 2 /tmp/said | sort -u)" = nobody ]
	is_as_before /tmp/bound
}

test_exec_passes_descriptors() {
	host_drivers
	remember
	expect 0 vfioctl exec --group --descriptors --user nobody $edu -- \
		"$top/build/tests-tools/inherit" $edu
	said "$edu: [1-9][0-9]* regions"
	is_as_before
}

test_exec_has_the_exit_status_of_the_program() {
	remember
	expect 7 vfioctl exec $edu_alone -- sh -c 'exit 7'
	expect 143 vfioctl exec $edu_alone -- sh -c 'kill -TERM $$'
	expect 127 vfioctl exec $edu_alone -- /no/such/program
	expect 2 vfioctl exec $edu_alone
	is_as_before
}

test_exec_passes_signals_on_and_still_gives_back() {
	local pid
	remember
	vfioctl exec $edu_alone -- sh -c 'trap "exit 9" TERM; : >/tmp/runs; while :; do sleep 0.1; done' &
	pid=$!
	await test -e /tmp/runs
	kill -TERM $pid
	wait $pid || [ $? = 9 ]
	rm /tmp/runs
	is_as_before
}

# What is typed so, root's shell would read.
test_exec_as_a_user_cannot_type_into_the_terminal_of_root() {
	remember
	# shellcheck disable=SC2016 # for perl; 0x5412 is TIOCSTI
	echo 'my $c = "x"; print ioctl(STDIN, 0x5412, $c) ? "typed\n" : "refused\n";' >/tmp/type.pl
	expect 0 script -qec "perl /tmp/type.pl" /dev/null
	said typed
	expect 0 script -qec "vfioctl exec --user nobody $edu_alone -- perl /tmp/type.pl" /dev/null
	said refused
	is_as_before
}

test_exec_takes_the_number_of_a_user() {
	remember
	expect 0 vfioctl exec --user "$(id -u nobody)" $edu_alone -- id -un
	said "^nobody$"
	is_as_before
}

test_exec_leaves_what_another_vfioctl_did_meanwhile() {
	remember
	expect 0 vfioctl exec $edu_alone -- vfioctl bind --persist --user daemon $edu_alone
	said "warning: $edu_alone: was changed by another vfioctl"
	has_driver $edu_alone vfio-pci
	is_saved_in /etc/openvfio $edu_alone
	is_owned "$(group_of $edu_alone)" "daemon:root 600"
	expect 0 vfioctl restore $edu_alone
	is_as_before
	expect 0 vfioctl exec $edu_alone -- vfioctl restore $edu_alone
	is_as_before
}

is_closed() { ! vfioctl restore $edu_alone 2>&1 | grep "in use by"; }

test_exec_does_not_wait_for_who_keeps_the_group() {
	local node
	remember
	node=/dev/vfio/$(group_of $edu_alone)
	expect 3 vfioctl exec $edu_alone -- \
		sh -c "exec 9<>$node; sleep 600 & echo \$! >/tmp/keeper
			until grep -q sleep /proc/\$!/comm; do :; done"
	said "$edu_alone: sleep .* still has its group .* open; .* vfioctl restore $edu_alone"
	has_driver $edu_alone vfio-pci
	kill "$(cat /tmp/keeper)"
	await is_closed
	is_as_before
}

test_exec_refuses_half_a_group_and_gives_back() {
	host_drivers
	remember
	expect 3 vfioctl exec --user nobody $edu -- true
	said "give --group"
	is_as_before
}

test_exec_refuses_a_group_in_use() {
	expect 0 vfioctl bind $edu_alone
	exec 9<>"/dev/vfio/$(group_of $edu_alone)"
	expect 3 vfioctl exec $edu_alone -- true
	said "has its group .* open"
	exec 9>&-
}

test_reset_tells_methods_and_neighbours() {
	host_drivers
	expect 0 vfioctl reset --dry-run $nvme
	said "$nvme: can be reset by itself; methods, the first is tried first: flr"
	said "would hit nothing else"
	expect 1 vfioctl reset --dry-run $edu
	said "cannot be reset by itself"
	said "would also hit"
	said "$sound .*\(snd_ens1370\)"
	expect 1 vfioctl reset --dry-run 0000:03:00.0
	said "  0000:03:00.1"
	expect 1 vfioctl reset --dry-run $edu_alone
	said "on a root bus"
	json 1 reset --dry-run $edu
	holds '.methods == [] and (.bus.would_hit | map([.bdf, .driver]) == [[$sound, "snd_ens1370"]])' \
		--arg sound $sound
	json 0 reset --dry-run $nvme
	holds '.methods[0] == "flr" and .bus.would_hit == []'
	"$top/tests/tools/schema-check" "$work"/json/reset.*
}

# The kernel's own function for a function level reset is seen to be called.
test_reset_resets() {
	local tracing=/sys/kernel/tracing
	host_drivers
	expect 3 vfioctl reset $nvme
	said "nvme of the host has it"
	expect 0 vfioctl bind $nvme
	# Not the function tracer: switching it on patches the whole kernel, for minutes here.
	# Nor names of processes, for which the scheduler is patched.
	echo 0 >$tracing/options/record-cmd
	echo 'p:flr pcie_reset_flr' >$tracing/kprobe_events
	echo 1 >$tracing/events/kprobes/flr/enable
	expect 0 vfioctl reset $nvme
	said "$nvme: was reset"
	grep 'flr:' $tracing/trace
	echo 0 >$tracing/events/kprobes/flr/enable
	echo >$tracing/kprobe_events
	expect 1 vfioctl reset $edu
}
