/* eval_filter.c: what the evaluator's child may still ask of the kernel once the profile's text arrives: talk on the
 * channel it has, and end. Constant bytes, so that nothing a profile says has a part in them. */
#include "lua/eval_filter.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>
#include "base/cleanup.h"

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define NATIVE AUDIT_ARCH_S390X
#else
#error "name this architecture's AUDIT_ARCH_*"
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
/* When the accumulator is v: skip `yes` instructions, else none. */
#define IF(v, yes) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (v), (yes), 0)
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))

const struct sock_filter eval_filter[] = {
	/* 0 */ LOAD(arch),                          /* numbers mean something on one ABI only */
	/* 1 */ IF(NATIVE, 1),                       /* native: on to 3 */
	/* 2 */ RETURN(SECCOMP_RET_KILL_PROCESS),    /* any other ABI: the end */
	/* 3 */ LOAD(nr),                            /* x32 numbers carry a bit and match nothing below */
	/* 4 */ IF(SYS_read, 7),                     /* the parent's frames; descriptor 0 is the only one */
	/* 5 */ IF(SYS_write, 6),                    /* frames to the parent */
	/* 6 */ IF(SYS_exit_group, 5),               /* _exit() */
	/* 7 */ IF(SYS_exit, 4),                     /* the same by its older name */
	/* 8 */ IF(SYS_rt_sigreturn, 3),             /* no handler is set; harmless, and some unwinders need it */
	/* 9 */ IF(SYS_brk, 3),                      /* malloc wants to grow: told that it cannot */
	/* 10 */ IF(SYS_mmap, 3),                    /* so that libc reports ENOMEM instead of dying */
	/* 11 */ RETURN(SECCOMP_RET_KILL_PROCESS),   /* open, socket, execve, fork, everything else */
	/* 12 */ RETURN(SECCOMP_RET_ALLOW),          /* 4-8 */
	/* 13 */ RETURN(SECCOMP_RET_ERRNO | 0),      /* 9: brk's failure is an end below the one asked for: 0 */
	/* 14 */ RETURN(SECCOMP_RET_ERRNO | ENOMEM), /* 10 */
};
const unsigned short eval_filter_len = ARRAY_LEN(eval_filter);
