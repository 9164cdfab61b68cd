# SPDX-License-Identifier: GPL-2.0-only
# What disk and net share: words and numbers for the first serial line, and the sum by which the
# test knows that all bytes came. 16 bits, all segments but the data's are 0.

	.set LINE, 0x3f8
	.set LINE_STATUS, 0x3fd
	.set LINE_READY, 1 << 5

# The byte in %al.
put:
	push %ax
	mov $LINE_STATUS, %dx
1:	in (%dx), %al
	test $LINE_READY, %al
	jz 1b
	mov $LINE, %dx
	pop %ax
	out %al, (%dx)
	ret

# The string at %si, which ends with a 0.
print:
	lodsb
	test %al, %al
	jz 1f
	call put
	jmp print
1:	ret

# %ax as 5 digits, as sum(1) prints it.
print_number:
	mov $5, %cx
	mov $10, %bx
1:	xor %dx, %dx
	div %bx
	push %dx
	loop 1b
	mov $5, %cx
2:	pop %ax
	add $'0', %al
	call put
	loop 2b
	ret

# The %ecx bytes at %ds:0 are added to %dx as `sum -r` does it: turn right by one, add a byte.
# Not more than 64 KiB.
add_sum:
	xor %si, %si
	xor %ax, %ax
1:	lodsb
	ror $1, %dx
	add %ax, %dx
	dec %ecx
	jnz 1b
	ret

# Nothing more to do, until somebody resets the machine.
stop:
	sti
	hlt
	jmp stop
