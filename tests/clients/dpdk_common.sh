# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # $top, $work are those of tests/clients/run
# What the tests of DPDK share: the cards of the machine clients-dpdk, and programs one talks to.

# EAL loads about 190 drivers, which takes minutes through 9p and an emulated CPU. Here are
# those that the programs are linked to and those of the machine's cards, unchanged.
drivers=/usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0
if ! mountpoint -q "$drivers"; then
	mkdir /run/pmds
	cp -a "$drivers"/librte_{bus_pci,bus_vdev,mempool_ring,net_e1000,net_virtio}.so* /run/pmds/
	ldd /usr/bin/dpdk-{testpmd,proc-info} | awk '/pmds-/ { print $3 }' | xargs -r cp -t /run/pmds -L -n
	mount --bind /run/pmds "$drivers"
fi
mountpoint -q /dev/hugepages || mount -t hugetlbfs -o mode=1777 hugetlbfs /dev/hugepages
export PATH=$PATH:$top/build/clients
testpmd=(dpdk-testpmd -l 0,1 -m 64)

e1000e() { device 8086:10d3 "$1"; }
virtio() { device 1af4:1041 "$1"; }

# pair KIND [bind's options]: gives DPDK the two cards of that kind, which are $one and $two.
pair() {
	one=$("$1" 1) two=$("$1" 2)
	vfioctl bind "${@:2}" "$one" "$two"
}

# Who owns the nodes of the groups only, and may lock memory.
unprivileged=(prlimit --memlock=$((512 << 20)) setpriv --reuid=nobody --regid=nogroup --clear-groups
	env -u XDG_RUNTIME_DIR)

declare -A input wrapper

# begin NAME COMMAND...: starts a program to be talked to.
begin() {
	local name=$1 words fd
	shift
	printf -v words '%q ' "$@"
	rm -f "$work/$name.in"
	mkfifo "$work/$name.in"
	exec {fd}<>"$work/$name.in"
	input[$name]=$fd
	# With a terminal, as otherwise it keeps what it says until there is much of it.
	script -qfec "exec $words" /dev/null <&"$fd" >"$work/$name.out" 2>&1 &
	wrapper[$name]=$!
	trap end_all EXIT
}

# process NAME: its number, also if it is traced.
process() {
	local pid=${wrapper[$1]} child
	while child=$(pgrep -o -P "$pid"); do pid=$child; done
	echo "$pid"
}

# ask NAME COMMAND...: what testpmd answers is in $work/out.
ask() {
	local name=$1 before
	shift
	before=$(stat -c %s "$work/$name.out")
	echo "$*" >&"${input[$name]}"
	within 120 has_answered "$name" "$before" || fail "$name does not answer '$*': $(tail -n 5 "$work/$name.out")"
}
has_answered() {
	tail -c "+$(($2 + 1))" "$work/$1.out" | tr -d '\r' >"$work/out"
	grep -q '^testpmd> ' "$work/out"
}

# said NAME PATTERN: waits for a line that matches, of a program that has not ended.
said() {
	within 150 has_said "$@" || fail "$1 did not say '$2'"
}
has_said() {
	! grep -qsE -- "$2" "$work/$1.out" || return 0
	! has_ended "$1" || fail "$1 has ended and did not say '$2'"
	return 1
}
has_ended() { ! kill -0 "${wrapper[$1]}" 2>/dev/null; }

# ready NAME: it takes commands.
ready() { said "$1" '^testpmd> '; }

# ended NAME STATUS: it ends by itself, with the status.
ended() {
	local status=0
	within 150 has_ended "$1" || fail "$1 does not end"
	wait "${wrapper[$1]}" || status=$?
	[ "$status" -eq "$2" ] || fail "$1 ended with $status, not $2: $(tail -n 5 "$work/$1.out")"
	unset "wrapper[$1]"
}

quit() {
	echo quit >&"${input[$1]}"
	ended "$1" 0
	grep -q "Bye..." "$work/$1.out" || fail "$1 said no goodbye"
}

# kill_hard NAME: without a chance to clean up. It is gone when this returns.
kill_hard() {
	kill -KILL "$(process "$1")"
	ended "$1" 137
}

# What a test leaves when it ends, however it does.
end_all() {
	local name
	for name in "${!wrapper[@]}"; do
		kill -KILL "$(process "$name")" "${wrapper[$name]}" || true
		wait "${wrapper[$name]}" || true
		echo "--- what $name said"
		tail -n 60 "$work/$name.out"
	done
}

tidy() {
	vfioctl restore --all
	rm -rf /dev/hugepages/* /var/run/dpdk /tmp/dpdk
}

# both TESTPMD...: it is begun as pmd, with both cards of the pair.
both() { begin pmd "$@" -a "$one" -a "$two" -- -i --total-num-mbufs=2048; }

# packets NAME PORT RX|TX: the card's own count.
packets() {
	ask "$1" show port stats "$2"
	grep -oE "$3-packets: [0-9]+" "$work/out" | grep -oE '[0-9]+'
}

# until_received NAME PORT N: the card has counted that many.
until_received() {
	within 120 has_received "$@" || fail "port $2 of $1 did not receive $3 packets: $(cat "$work/out")"
}
has_received() { [ "$(packets "$1" "$2" RX)" -ge "$3" ]; }

# send NAME: each of its ports sends 4 times 32 packets, which is less than a ring holds, and
# receives from then on.
send() {
	ask "$1" set fwd rxonly
	ask "$1" start tx_first 4
}

# loop NAME: its two ports hand on to each other what they receive, without end.
loop() {
	ask "$1" set fwd io
	ask "$1" start tx_first 1
	until_received "$1" 0 3000
	until_received "$1" 1 3000
}

# exchange NAME: of a testpmd with both ends of a wire, each sends 128 packets, which the
# other receives: by the count of the cards, and by that of the program. Then the packets go
# to and fro until there were thousands at either end.
exchange() {
	local port
	ask "$1" clear port stats all
	send "$1"
	until_received "$1" 0 128
	until_received "$1" 1 128
	ask "$1" stop
	[ "$(grep -c 'RX-packets: 128 ' "$work/out")" = 2 ] || fail "not 128 received each: $(cat "$work/out")"
	for port in 0 1; do
		[ "$(packets "$1" "$port" RX) $(packets "$1" "$port" TX)" = "128 128" ] ||
			fail "not 128 on port $port: $(cat "$work/out")"
	done
	loop "$1"
	ask "$1" stop
}

# interrupts BDF: how many of its interrupts VFIO has had.
interrupts() {
	awk -v bdf="($1)" '/vfio/ && index($0, bdf) { for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i } END { print n + 0 }' \
		/proc/interrupts
}

# receives_by_interrupt KIND RECEIVER SENDER [COMMAND...]: DPDK's l3fwd-power, which sleeps until a
# packet comes, with interrupts of that kind (intx, msi, msix); the COMMAND runs it.
receives_by_interrupt() {
	local kind=$1 receiver=$2 sender=$3 before
	begin power "${@:4}" l3fwd-power -l 1 -m 64 --file-prefix power --vfio-intr "${kind/intx/legacy}" -a "$receiver" -- \
		-P -p 0x1 --config "(0,0,1)" --parse-ptype --interrupt-only
	said power "entering main interrupt loop"
	begin pmd "${testpmd[@]}" --file-prefix pmd -a "$sender" -- -i --total-num-mbufs=2048
	ready pmd
	grep "vfio-.*($receiver)" /proc/interrupts
	before=$(interrupts "$receiver")
	for _ in 1 2 3; do
		send pmd
		ask pmd stop
	done
	said power "waked up from rx interrupt on port 0 queue 0"
	grep "vfio-$kind.*($receiver)" /proc/interrupts || fail "no $kind: $(grep vfio /proc/interrupts)"
	[ "$(interrupts "$receiver")" -gt "$before" ] || fail "no interrupts: $(grep vfio /proc/interrupts)"
	quit pmd
	kill -INT "$(process power)"
	ended power 0
}

# events NAME: how often it was told that the link of its port 0 changed.
events() { grep -c "Port 0: link state change event" "$work/$1.out" || true; }

# follows_the_link NAME QEMU-ID: testpmd is told by an interrupt that the link of its port 0
# went down, and that it came up again.
follows_the_link() {
	local link before
	for link in off on; do
		before=$(events "$1")
		monitor "set_link $2 $link"
		within 50 has_more_events "$1" "$before" ||
			fail "not told of link $link: $(grep vfio /proc/interrupts; tail -n 3 "$work/$1.out")"
		within 120 link_is "$1" "$([ $link = off ] && echo down || echo up)" ||
			fail "the link does not follow: $(cat "$work/out")"
	done
}
has_more_events() { [ "$(events "$1")" -gt "$2" ]; }
link_is() { ask "$1" show port info 0; grep -q "Link status: $2" "$work/out"; }

# until_gone FILE, until_there FILE: of sysfs.
until_gone() { within 150 test ! -e "$1" || fail "$1 is still there"; }
until_there() { within 150 test -e "$1" || fail "$1 does not come"; }
