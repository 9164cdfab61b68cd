# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2016 # $work, $top are those of tests/tools/run; $$ is for others
# What of bind, exec and restore needs no device that moves, on a recorded machine. Runs anywhere.

nvme=0000:01:00.0 display=0000:00:01.0

# The disk is with vfio-pci already.
with_bound_disk() {
	export VFIOCTL_ROOT=$work/bound
	unset SUDO_USER
	rm -rf "$VFIOCTL_ROOT"
	"$top/tests/tools/tree" unpack "$top/tests/tools/trees/used.tree" "$VFIOCTL_ROOT"
	mkdir -p "$VFIOCTL_ROOT"/run/openvfio "$VFIOCTL_ROOT"/sys/bus/pci/drivers/vfio-pci
	ln -sfn ../../../bus/pci/drivers/vfio-pci "$VFIOCTL_ROOT/sys/bus/pci/devices/$nvme/driver"
}

test_exec_has_signals_end_the_program_as_ever() {
	local signal
	with_bound_disk
	for signal in HUP:129 INT:130 QUIT:131 PIPE:141 TERM:143; do
		# Who runs the tests may have had some ignored.
		status ${signal#*:} env --default-signal vfioctl exec $nvme -- \
			sh -c "kill -${signal%:*} \$\$"
	done
}

test_exec_after_nohup_outlives_hangups_and_so_does_the_program() {
	with_bound_disk
	trap '' HUP INT
	status 0 vfioctl exec $nvme -- sh -c 'kill -HUP $PPID $$; kill -INT $PPID $$; echo lives'
	says lives
}

test_exec_and_bind_know_users_before_anything_is_done() {
	with_bound_disk
	for user in 4294967296 4294967295 -1 no-such-user-here; do
		status 3 vfioctl exec "--user=$user" $nvme -- true
		complains "no such user"
		status 3 vfioctl bind --dry-run "--user=$user" $nvme
		complains "no such user"
	done
	status 3 vfioctl bind --dry-run --group-owner 4294967296 $nvme
	complains "no such group of users"
	status 3 vfioctl exec --user 3999999999 $nvme -- true
	complains "no such user"
}

test_bind_boot_has_no_dry_run() {
	with_bound_disk
	status 2 vfioctl bind --boot --dry-run $nvme
}

test_virtual_functions_are_not_lost_with_vfio_pci_either() {
	with_bound_disk
	echo 2 >"$VFIOCTL_ROOT/sys/bus/pci/devices/$nvme/sriov_numvfs"
	status 3 vfioctl bind --dry-run --driver pci-stub $nvme
	complains "2 virtual functions would go with its driver"
}

test_restore_of_a_boot_display_without_driver_is_not_refused() {
	local device=$work/bound/sys/bus/pci/devices/$display
	with_bound_disk
	rm -f "$device/driver"
	printf '%s\n' device=$display "id=$(sed s/0x// "$device/vendor"):$(sed s/0x// "$device/device")" \
		driver=vfio-pci >"$VFIOCTL_ROOT/run/openvfio/$display"
	status 0 vfioctl restore $display
	says "$display: vfio-pci -> no driver"
	[ ! -e "$VFIOCTL_ROOT/run/openvfio/$display" ] || fail "it is still saved"
}

test_who_waits_for_another_vfioctl_says_so() {
	local waiting
	with_bound_disk
	exec 8>"$VFIOCTL_ROOT/run/openvfio/.lock"
	flock 8
	vfioctl restore --all 8>&- 2>"$work/err" &
	waiting=$!
	until [ -s "$work/err" ]; do sleep 0.1; done
	complains "changing devices; waits until it is done"
	exec 8>&-
	wait $waiting
}

test_bind_outlives_who_read_its_words() {
	local ended=0
	with_bound_disk
	mkfifo "$work/pipe"
	exec 7<>"$work/pipe" 6>"$work/pipe" 7>&-
	vfioctl bind $nvme >&6 2>"$work/err" || ended=$?
	[ $ended -eq 3 ] || fail "ended with $ended"
	complains "standard output: cannot be written"
}
