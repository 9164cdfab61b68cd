# SPDX-License-Identifier: GPL-2.0-only
# A boot sector that loads the rest of its program, which is next to it on the disk and in
# memory, and enters it in 32-bit protected mode without paging, so that all registers of all
# devices can be reached; the BIOS has set up the bus.

	.set BLOCKS, 48			# as many as the Makefile allows
	.set READ, 0x42			# function of INT 13h
	.set CODE, 8
	.set DATA, 16

	.section .boot, "awx"
	.code16
	.globl start
start:
	cli
	xor %ax, %ax
	mov %ax, %ds
	mov %ax, %es
	mov %ax, %ss
	mov $start, %sp
	mov $packet, %si
	mov $READ, %ah
	sti
	int $0x13
	cli
	jc 2f

	lgdt segments
	mov %cr0, %eax
	or $1, %eax
	mov %eax, %cr0
	ljmp $CODE, $1f
2:	hlt
	jmp 2b

	.code32
1:	mov $DATA, %ax
	mov %ax, %ds
	mov %ax, %es
	mov %ax, %ss
	mov $0x7c00, %esp
	mov $__bss_start, %edi
	mov $_end, %ecx
	sub %edi, %ecx
	xor %al, %al
	cld
	rep stosb
	call run
3:	hlt
	jmp 3b

# What INT 13h is told by: blocks from 1 on to where they belong.
packet:	.byte 16, 0
	.word BLOCKS, start + 512, 0
	.quad 1

# Memory from 0 to 4 GiB, as code and as data.
	.balign 8
table:	.quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
segments: .word segments - table - 1
	.long table

	.org 510
	.word 0xaa55
