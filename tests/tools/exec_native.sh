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

# Who runs the tests may have had some ignored, and the shell has it so for what is behind it.
exec_behind() { # WORD...: $behind runs them; what it says goes to $work/out and $work/err
	: >"$work/out"
	env --default-signal vfioctl exec "$@" >"$work/out" 2>"$work/err" &
	behind=$!
}

await_word() { await grep -q "$1" "$work/out"; }

ends_with() { # STATUS
	local ended=0
	wait $behind || ended=$?
	[ $ended -eq "$1" ] || fail "ended with $ended, not $1: $(cat "$work/err")"
}

test_exec_as_a_user_has_no_terminal_to_type_into() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	with_bound_disk
	script -qec "vfioctl exec $nvme -- cut -d ' ' -f 7 /proc/self/stat" "$work/log" >"$work/out"
	! grep -qx $'0\r*' "$work/out" || fail "root's program has lost its terminal"
	script -qec "vfioctl exec --user nobody $nvme -- cut -d ' ' -f 7 /proc/self/stat" "$work/log" >"$work/out"
	grep -qx $'0\r*' "$work/out" || fail "it has terminal $(cat "$work/out")"
	script -qec "vfioctl exec --user nobody $nvme -- test -t 0 -a -t 1" "$work/log" || fail "it has lost its input"
}

# The shell ends when what it waits for has ended, too.
test_exec_as_a_user_passes_interrupts_on_to_all_of_the_program() {
	local signal
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	with_bound_disk
	for signal in INT QUIT HUP; do
		exec_behind --user nobody $nvme -- \
			sh -c "trap 'exit 5' $signal; echo runs; sleep 60; exit 6"
		await_word runs
		kill -$signal $behind
		ends_with 5
	done
	exec_behind --user nobody $nvme -- sh -c "trap 'exit 7' TERM; echo runs; while :; do sleep 0.1; done"
	await_word runs
	kill -TERM $behind
	ends_with 7
}

# wait_at FILE: who opens it next waits there, until go_on; file 5 is the other end.
wait_at() { value=$(cat "$1") && rm "$1" && mkfifo "$1"; }
go_on() { echo "$value" >&5 && exec 5>&-; }

test_exec_that_is_ended_after_it_bound_does_not_start_its_program() {
	local attribute=$work/bound/sys/bus/pci/devices/$nvme/class value signal
	with_bound_disk
	for signal in TERM INT HUP; do
		wait_at "$attribute"
		exec_behind $nvme -- echo started
		# It looks at the devices before it binds them,
		exec 5>"$attribute"
		rm "$attribute"
		mkfifo "$attribute"
		go_on
		# and again after that.
		exec 5>"$attribute"
		kill -$signal $behind
		rm "$attribute"
		echo "$value" >"$attribute"
		go_on
		ends_with 3
		complains "interrupted: echo is not started"
		! grep -q started "$work/out" || fail "it was started"
	done
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

test_help_of_exec_and_restore_says_what_they_leave() {
	status 0 vfioctl help exec
	for words in "session of its own" "passed on" "another vfioctl" "stay bound"; do
		tr -s ' \n' ' ' <"$work/out" | grep -q "$words" || fail "it does not say '$words'"
	done
	status 0 vfioctl help restore
	for words in "vfioctl grant" "is forgotten" "another driver meanwhile"; do
		tr -s ' \n' ' ' <"$work/out" | grep -q "$words" || fail "it does not say '$words'"
	done
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
