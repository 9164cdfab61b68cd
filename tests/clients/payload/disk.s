# SPDX-License-Identifier: GPL-2.0-only
# The boot sector of an assigned NVMe drive. Through the BIOS, which does it by DMA, it reads the
# blocks at 2048, writes them, each byte one higher, to block 4096, reads those again and
# compares. Who wrote the blocks at 2048 finds the others when he has the drive back.

	.set BLOCKS, 64
	.set BYTES, BLOCKS * 512
	.set FIRST, 0x1000		# the segments of two buffers
	.set SECOND, 0x2000
	.set ACROSS, 4096 - 256
	.set READ, 0x42			# functions of INT 13h
	.set WRITE, 0x43

	.code16
	.globl start
start:
	cli
	xor %ax, %ax
	mov %ax, %ds
	mov %ax, %es
	mov %ax, %ss
	mov $start, %sp
	sti
	cld
	mov %dl, drive
	mov $booted, %si
	call print

	mov $FIRST, %bx
	mov $2048, %ecx
	mov $READ, %ah
	call transfer
	call print_sum
	call raise
	mov $4096, %ecx
	mov $WRITE, %ah
	call transfer
	mov $SECOND, %bx
	mov $READ, %ah
	call transfer
	call print_sum
	xor %si, %si
	xor %di, %di
	mov $BYTES, %cx
	call compare
	jne failed

	# The last block to where half of it lies in another page.
	movw $1, blocks
	movw $ACROSS, offset
	mov $4096 + BLOCKS - 1, %ecx
	mov $READ, %ah
	call transfer
	mov $BYTES - 512, %si
	mov $ACROSS, %di
	mov $512, %cx
	call compare
	jne failed
	mov $done, %si
	call print
	jmp stop

failed:
	mov $failure, %si
	call print
	jmp stop

# By function %ah: blocks from %ecx on, memory at %bx:offset.
transfer:
	mov %bx, segment
	mov %ecx, block
	mov drive, %dl
	mov $packet, %si
	int $0x13
	jc failed
	ret

# Of the buffer %bx.
print_sum:
	pusha
	mov $read, %si
	call print
	push %ds
	mov %bx, %ds
	mov $BYTES, %ecx
	xor %dx, %dx
	call add_sum
	pop %ds
	mov %dx, %ax
	call print_number
	mov $end_of_line, %si
	call print
	popa
	ret

# Each byte of the buffer %bx by one.
raise:
	push %ds
	mov %bx, %ds
	xor %si, %si
	mov $BYTES, %cx
1:	incb (%si)
	inc %si
	loop 1b
	pop %ds
	ret

# Sets the flags as for equal, if %cx bytes of the first buffer at %si and of the second at %di are.
compare:
	push %ds
	push %es
	mov $FIRST, %ax
	mov %ax, %ds
	mov $SECOND, %ax
	mov %ax, %es
	repe cmpsb
	pop %es
	pop %ds
	ret

	.include "serial.s"

# What INT 13h is told by.
packet:	.byte 16, 0
blocks:	.word BLOCKS
offset:	.word 0
segment: .word 0
block:	.quad 0

drive:	.byte 0
booted:	.asciz "disk: booted\n"
read:	.asciz "disk: sum "
end_of_line: .asciz "\n"
done:	.asciz "disk: done\n"
failure: .asciz "disk: FAILED\n"

	.org 510
	.word 0xaa55
