# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the tests of the changing verbs share. They run in the lab, on the machine conform.

sound=0000:06:0d.0	# shares its group with edu
edu=0000:06:0d.1
edu_alone=0000:00:05.0
nvme=0000:01:00.0
card=0000:00:07.0	# e1000e
display=0000:00:01.0

driver_of() { basename "$(readlink "/sys/bus/pci/devices/$1/driver" || echo none)"; }
override_of() { cat "/sys/bus/pci/devices/$1/driver_override"; }
group_of() { basename "$(readlink "/sys/bus/pci/devices/$1/iommu_group")"; }
owner_of() { stat -c '%U:%G %a' "/dev/vfio/$1"; }

has_driver() {
	[ "$(driver_of "$1")" = "$2" ] || fail "$1 has driver $(driver_of "$1"), not $2"
}

is_owned() {
	[ "$(owner_of "$1")" = "$2" ] || fail "the node of group $1 is $(owner_of "$1"), not $2"
}

is_owned_quietly() { [ "$(owner_of "$1" 2>/dev/null)" = "$2" ]; }

is_saved_in() { # FOLDER DEVICE, and nowhere else
	local folder
	for folder in /run/openvfio /etc/openvfio; do
		if [ $folder = "$1" ]; then
			[ -e "$folder/$2" ] || fail "nothing is saved of $2 in $folder"
		else
			[ ! -e "$folder/$2" ] || fail "something is saved of $2 in $folder"
		fi
	done
}

# expect STATUS COMMAND...: it ends with this status; what it says goes to /tmp/said.
expect() {
	local wanted=$1 status=0
	shift
	echo "+ $*"
	"$@" >/tmp/said 2>&1 || status=$?
	cat /tmp/said
	[ "$status" = "$wanted" ] ||
		fail "$* ended with status $status, not $wanted: $(tr '\n' ';' </tmp/said)"
}

said() {
	grep -qE -- "$1" /tmp/said || fail "it does not say '$1', but: $(tr '\n' ';' </tmp/said)"
}

# The driver takes a device 32 times, and then none until it is loaded anew.
reload_sound_driver() {
	[ ! -e /sys/module/snd_ens1370 ] || rmmod snd_ens1370
	modprobe snd_ens1370
}

# The drivers of the host that the tests take devices from.
host_drivers() {
	reload_sound_driver
	modprobe -a nvme e1000e
	await has_driver_quietly "$sound" snd_ens1370
}

has_driver_quietly() { [ "$(driver_of "$1")" = "$2" ]; }

has_disk() { compgen -G "/sys/bus/pci/devices/$nvme/nvme/nvme*/nvme*n*" >/tmp/disk; }

# The disk of the nvme controller: nvme0n1.
name_disk() {
	await has_disk
	basename "$(head -n 1 /tmp/disk)"
}

as_nobody() { setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; }

run_edu() { as_nobody sh -c "ulimit -l 64; exec $top/build/examples/edu $1"; }

# From here on, the program that is run is one that --persist trusts: in folders of root alone.
installed() {
	install -D -o root -g root -m 755 "$VFIOCTL" /usr/local/sbin/vfioctl
	PATH=/usr/local/sbin:$PATH
}

# Everything that bind may change, in words.
state() {
	local device
	for device in "$sound" "$edu" "$edu_alone" "$nvme" "$card" "$display"; do
		echo "$device $(driver_of $device) $(override_of $device)"
	done
	find /dev/vfio -printf '%p %u %g %m\n' | sort
	# Not all of the folders are there.
	find /run/openvfio /etc/openvfio /run/udev/rules.d /etc/udev/rules.d -type f \
		! -name .lock -print 2>/dev/null >/tmp/found || true
	sort /tmp/found
}

is_as_before() {
	state >/tmp/after
	diff -U 0 "${1:-/tmp/before}" /tmp/after >/tmp/diff ||
		fail "not as it was before: $(tail -n +4 /tmp/diff | tr '\n' ';')"
}

remember() { state >"${1:-/tmp/before}"; }

start_udev() {
	mkdir -p /run/udev
	/lib/systemd/systemd-udevd --daemon
}

end_udev() {
	local pid
	for pid in $(pidof systemd-udevd); do kill "$pid"; done
	while pidof systemd-udevd >/dev/null; do sleep 0.1; done
}

# Devices and files as they are to be before each test.
tidy() {
	vfioctl restore --all --force
	end_udev
	rm -rf /run/openvfio /etc/openvfio /run/udev /etc/udev/rules.d/70-openvfio-*
}
