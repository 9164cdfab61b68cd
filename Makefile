# SPDX-License-Identifier: GPL-2.0-only
# Every daily verb of openvfio; `make help` lists them.

SHELL := /bin/bash
KVER ?= $(shell find /lib/modules -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null | sort -V | tail -n 1)
KDIR ?= /lib/modules/$(KVER)/build
BUILD := $(CURDIR)/build
KBUILD := $(BUILD)/$(KVER)/kernel

modules: ## build the kernel modules into build/$KVER (KVER=..., C=2 runs sparse)
	@test -d $(KDIR) || { echo "no kernel headers in $(KDIR): run 'make deps' or set KVER" >&2; exit 1; }
	@mkdir -p $(KBUILD)
	@find $(KBUILD) -xtype l -delete
	@cp -rsf $(CURDIR)/kernel/. $(KBUILD)
	$(MAKE) -C $(KDIR) M=$(KBUILD) CF="-Wsparse-error" -j$(shell nproc) modules
	@cp $(KBUILD)/*.ko $(BUILD)/$(KVER)/

.PHONY: modules
