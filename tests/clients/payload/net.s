# SPDX-License-Identifier: GPL-2.0-only
# What a network boot loads: says that it runs, and the sum of all 64 KiB of its file, of which
# the test makes the rest.

	.set HALF, 0x8000

	.code16
	.globl start
start:
	cli
	xor %ax, %ax
	mov %ax, %ss
	mov $start, %sp
	sti
	cld
	xor %dx, %dx
	mov $0x7c0, %bx
	mov %bx, %ds
	mov $HALF, %ecx
	call add_sum
	mov $0x7c0 + HALF / 16, %bx
	mov %bx, %ds
	mov $HALF, %ecx
	call add_sum

	xor %ax, %ax
	mov %ax, %ds
	push %dx
	mov $booted, %si
	call print
	pop %ax
	call print_number
	mov $done, %si
	call print
	jmp stop

	.include "serial.s"

booted:	.asciz "net: booted, sum "
done:	.asciz "\nnet: done\n"
