# SPDX-License-Identifier: GPL-2.0-only
# Where QEMU's -kernel enters, by the Multiboot specification: 32-bit protected mode without
# paging, so that all registers of all devices can be reached; the BIOS has set up the bus.

	.set MAGIC, 0x1badb002
	.set CODE, 8
	.set DATA, 16

	.code32
	.text
	.globl start
start:
	jmp 1f
	.balign 4
	.long MAGIC, 0, -MAGIC

	# The segments that were loaded are valid, but what they were loaded from is not ours.
1:	cli
	lgdt segments
	ljmp $CODE, $2f
2:	mov $DATA, %ax
	mov %ax, %ds
	mov %ax, %es
	mov %ax, %ss
	mov $stack, %esp
	call run
3:	hlt
	jmp 3b

	# Memory from 0 to 4 GiB, as code and as data.
	.balign 8
table:	.quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
segments: .word segments - table - 1
	.long table

	.bss
	.balign 16
	.skip 16384
stack:
