# SPDX-License-Identifier: GPL-2.0-only
# Every daily verb of openvfio; `make help` lists them.

SHELL := /bin/bash
KVER ?= $(shell KROOT=$(KROOT) lab/kver)
KDIR ?= $(KROOT)/lib/modules/$(KVER)/build
IMPL ?= ours
BUILD := $(CURDIR)/build
# Not ":=": on a fresh machine there is no kernel to name before `make deps` has run.
KBUILD = $(BUILD)/$(KVER)/kernel
MODULES := vfio vfio_iommu_type1 vfio-pci-core vfio-pci
tools_tests := tests/tools/reading.sh tests/tools/changing.sh $(wildcard tests/tools/changing/*.sh) \
	tests/tools/users.sh tests/tools/special.sh
INSTALL_DIR = $(DESTDIR)/lib/modules/$(KVER)/updates/openvfio
PREFIX ?= /usr/local
UDEV_RULES ?= /etc/udev/rules.d
FILES = $(DESTDIR)$(PREFIX)
export KVER KROOT IMPL

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | column -t -s '|'

# What a fresh Debian 12 lacks. Nothing is done, and no network needed, if all is there.
deps: ## install what is needed to build and test, from Debian's packages
	@lab/deps

demo: deps modules ## the main job, told as a story on real (emulated) PCI devices
	@lab/demo

shell: deps modules tools conform-build examples ## the same machine, interactive
	@lab/run -i

check: deps style modules tools-check unit test-modules conform-build examples bench-build clients-build ## all tests; non-zero on any failure
	@tests/check

check-full: check package-check ## check, and what takes longer: the packages booted, 'make clients' in full, and on in-tree
	@tests/check-full

modules: ## build the kernel modules into build/$KVER (KVER=..., C=2 runs sparse)
	@test -d $(KDIR) || { echo "no kernel headers in $(KDIR): run 'make deps' or set KVER" >&2; exit 1; }
	@lab/kbuild kernel $(KBUILD) $(KDIR)
	@cp $(KBUILD)/*.ko $(BUILD)/$(KVER)/

test-modules: modules ## build the kernel modules for tests, the sample bus driver included
	@lab/kbuild tests/modules $(BUILD)/$(KVER)/test-modules $(KDIR) \
		KBUILD_EXTRA_SYMBOLS=$(KBUILD)/Module.symvers
	@lab/kbuild examples/sample $(BUILD)/$(KVER)/sample $(KDIR) \
		KBUILD_EXTRA_SYMBOLS=$(KBUILD)/Module.symvers
	@cp $(BUILD)/$(KVER)/{test-modules,sample}/*.ko $(BUILD)/$(KVER)/

examples: ## build the example drivers into build/examples
	@$(MAKE) -s -C examples BUILD=$(BUILD)

tools: ## build vfioctl, its manual page and completion into build/vfioctl
	@$(MAKE) -s -C tools/vfioctl BUILD=$(BUILD)

tools-check: tools ## the tests of vfioctl that need no lab: machines that are files, help, JSON (ASan, UBSan)
	@$(MAKE) -s -C tests/tools BUILD=$(BUILD) check

tools-lab: deps modules tools examples ## the tests of vfioctl in the lab (IMPL=intree; TESTS="explain_*"; STRIDE=1)
	@$(MAKE) -s -C tests/tools BUILD=$(BUILD)
	@lab/run -o $(BUILD)/tools-$(IMPL) -m conform -t 2400 -- \
		"$(if $(STRIDE),STRIDE=$(STRIDE)) tests/tools/run --results /lab/results \
			--only '$(or $(TESTS),*)' $(tools_tests)"

clients: deps modules tools examples clients-build ## DPDK and other programs on the modules; build/clients.md (IMPL=intree; TESTS="dpdk_*")
	@tests/clients/lab; failed=$$?; tests/clients/report >$(BUILD)/clients.md; exit $$failed

# Those programs, from Debian's packages.
clients-build:
	@lab/deps dpdk dpdk-dev dpdk-doc fio libdpdk-dev qemu-utils
	@$(MAKE) -s -C tests/clients BUILD=$(BUILD)
	@$(MAKE) -s -C tests/clients/payload BUILD=$(BUILD)

unit: ## build and run the unit tests of the pure logic (ASan, UBSan), and its fuzzers shortly
	@$(MAKE) -s -C tests/unit BUILD=$(BUILD) check
	@$(MAKE) -s -C tests/fuzz BUILD=$(BUILD) run

fuzz: ## the fuzzers of the pure logic, 10 million executions each (SEED=number)
	@$(MAKE) -s -C tests/fuzz BUILD=$(BUILD) EXECUTIONS=10000000 run

conform-build: ## build the conformance suite into build/conform
	@$(MAKE) -s -C tests/conform BUILD=$(BUILD)

conform: deps modules test-modules conform-build ## the conformance suite (IMPL=intree: on the in-tree modules; TESTS="C7* U2*")
	@lab/run -o $(BUILD)/conform-$(IMPL) -m conform -t 1800 -- \
		"build/conform/vfio-conform --results /lab/results $(TESTS)"

bench-build: ## build the bench into build/bench
	@$(MAKE) -s -C bench BUILD=$(BUILD)

bench: deps modules bench-build ## what every operation costs, ours and in-tree side by side
	@bench/run

bench-quick: deps modules bench-build ## the same with less work; fails if ours is slower anywhere
	@bench/run --quick

bench-scale: deps modules bench-build ## cost against work: sizes, mappings, groups, threads
	@bench/run --scale

bench-nvme: deps modules examples ## an NVMe drive's I/O: the example driver beside the kernel's under fio
	@lab/deps fio
	@bench/nvme

hostile: deps modules test-modules conform-build ## users that write anything to each device, for 60 s (SEED=number)
	@THREAD=single lab/run -o $(BUILD)/hostile-$(IMPL) -m conform -t 3600 -- \
		"CONFORM_ONE_THREAD=1 HOSTILE_SECONDS=60 $(if $(SEED),SEED=$(SEED)) build/conform/vfio-conform --results /lab/results 'V3_hostile*'"

variants: deps modules test-modules conform-build ## the suite on the other IOMMUs: VT-d in other modes, AMD
	@tests/variants

mutate: deps modules test-modules conform-build ## break the modules on purpose, see the tests turn red (MUTATIONS="name ...")
	@tests/mutate $(MUTATIONS)

debug-kernel: ## build a kernel that looks for mistakes (lockdep, KASAN, kmemleak) in build/debug
	@lab/debug-kernel

check-debug: deps debug-kernel conform-build ## the suite on that kernel (TESTS="..."; slow)
	@tests/check-debug $(TESTS)

style: ## kernel versions only in compat, no file too long, no shell mistakes
	@lab/style

install: modules tools ## install the modules for KVER, which take the in-tree ones' place, and vfioctl
	@packaging/kernel-fits $(KVER) $(KDIR)/.config
	@$(MAKE) -s install-files
	install -d $(INSTALL_DIR)
	install -m 644 $(MODULES:%=$(BUILD)/$(KVER)/%.ko) $(INSTALL_DIR)
	$(if $(DESTDIR),,depmod $(KVER))
	$(if $(DESTDIR),,@packaging/initramfs $(KVER))

install-files:
	install -D -m 755 $(BUILD)/vfioctl/vfioctl $(FILES)/sbin/vfioctl
	install -D -m 644 $(BUILD)/vfioctl/vfioctl.8 $(FILES)/share/man/man8/vfioctl.8
	install -D -m 644 $(BUILD)/vfioctl/vfioctl.bash $(FILES)/share/bash-completion/completions/vfioctl
	install -D -m 644 packaging/openvfio.7 $(FILES)/share/man/man7/openvfio.7
	install -D -m 644 packaging/60-openvfio.rules $(DESTDIR)$(UDEV_RULES)/60-openvfio.rules

uninstall: ## remove them again; the in-tree modules are back
	rm -f $(FILES)/sbin/vfioctl $(FILES)/share/man/man8/vfioctl.8 \
		$(FILES)/share/bash-completion/completions/vfioctl $(FILES)/share/man/man7/openvfio.7 \
		$(DESTDIR)$(UDEV_RULES)/60-openvfio.rules
	rm -rf $(INSTALL_DIR)
	$(if $(DESTDIR),,depmod $(KVER))
	$(if $(DESTDIR),,@packaging/initramfs $(KVER))

deb: deps ## build the Debian packages openvfio-dkms, openvfio-tools and openvfio-doc in build/deb
	@lab/deps debhelper dh-dkms dpkg-dev
	@packaging/deb

package-check: deps modules tools ## the packages in a clean Debian, booted (QUICK=1: not booted; network the first time)
	@lab/deps debhelper debootstrap dh-dkms dpkg-dev lintian
	@tests/packaging/check $(if $(QUICK),--quick)

clean: ## remove build/
	rm -rf $(BUILD)

# The order of the prerequisites matters.
.NOTPARALLEL:

.PHONY: help deps demo shell check check-full clients clients-build modules test-modules examples \
	tools tools-check tools-lab unit fuzz conform-build conform bench-build bench bench-quick bench-scale bench-nvme hostile variants mutate \
	debug-kernel check-debug style install install-files uninstall deb package-check clean
