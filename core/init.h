/* init.h: what the pid-1 program and its supervisor say to each other. Freestanding: init.c includes it too. */
#ifndef LW_INIT_H
#define LW_INIT_H

#include <stdint.h>
#include <stddef.h>

#define LW_INIT_MAGIC UINT32_C(0x6c77696e)
#define LW_INIT_FAILED 125

/* Written once on the control socket when the command has ended. */
struct lw_init_report {
	uint32_t magic;
	uint32_t status;   /* as from wait(2) */
	uint64_t cpu_usec; /* of the command and of what it has waited for */
	uint64_t peak_kib; /* the largest of them */
};

/* The same program as any other process than pid 1 executes the command: it reads this, the n_insns instructions of the
 * filter, n_second of another and then the n_paths candidates, each terminated, from descriptor LAST_STEP and reports
 * on descriptor SYNC. */
struct lw_last_step {
	uint32_t n_insns, n_paths;
	uint32_t n_second;            /* instructions of a second program: the first is then loaded with a listener */
	uint32_t seccomp_op, exec_op; /* for reports: indexes into the plan */
	uint32_t seccomp_log;         /* the kernel's audit hears of denials */
	uint32_t n_listen;            /* descriptors from LW_LAST_STEP_SYNC + 1 on, to become 3 and on */
};
enum { LW_LAST_STEP_FD = 3, LW_LAST_STEP_SYNC = 4, LW_LAST_STEP_MAX = 256 * 1024 };

/* Filters are loaded so when somebody listens: what is denied goes to the kernel's log too, and a signal does not send
 * a call to the listener twice. */
#define LW_FILTER_WAIT_KILLABLE (1U << 5) /* SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, Linux 5.19 */
#define LW_LISTENER_FLAGS (1U << 1 /* LOG */ | 1U << 3 /* NEW_LISTENER */ | LW_FILTER_WAIT_KILLABLE)

/* The program itself, embedded by init_image.S. */
extern const unsigned char lw_init_image[];
extern const size_t lw_init_image_size;

#endif
