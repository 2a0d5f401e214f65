/* entry.S: where the kernel enters the command. libc's own entry is next, unless a warm launch was possible: that one
 * does not come back. The stack and %rdx are left for it as the kernel made them. */
	.text
	.globl lw_entry
	.type lw_entry, @function
lw_entry:
	xorl %ebp, %ebp
	movq %rsp, %rdi
	pushq %rdx
	pushq %rdx
	call lw_warm_start
	popq %rdx
	popq %rdx
	jmp _start
	.size lw_entry, . - lw_entry
	.section .note.GNU-stack, "", @progbits
