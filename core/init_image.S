/* init_image.S: the bytes of the pid-1 program (core/init.c), for core/launch.c to put into a sealed memfd.
 * const unsigned char lw_init_image[]; const size_t lw_init_image_size; LW_INIT_FILE is the built program's path. */
	.section .rodata.lw_init_image, "a"
	.balign 16
	.globl lw_init_image
	.hidden lw_init_image
	.type lw_init_image, %object
lw_init_image:
	.incbin LW_INIT_FILE
.Limage_end:
	.size lw_init_image, .Limage_end - lw_init_image

	.balign 8
	.globl lw_init_image_size
	.hidden lw_init_image_size
	.type lw_init_image_size, %object
lw_init_image_size:
	.quad .Limage_end - lw_init_image
	.size lw_init_image_size, 8

	.section .note.GNU-stack, "", %progbits
