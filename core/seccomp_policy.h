/* seccomp_policy.h: what a policy means, before there is a program: a verdict per system call of an ABI. Internal to
 * the seccomp part. An argument is compared as wide as the kernel reads it (core/tables/call_arguments.c): of a family,
 * a flag word or an ioctl number the low 32 bits, because a filter that looks at 64 is walked around by setting high
 * ones; of a pointer, a size or an offset all 64, because one that looks at 32 is walked around the same way. */
#ifndef LW_SECCOMP_POLICY_H
#define LW_SECCOMP_POLICY_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/err.h"
#include "seccomp_abi.h"
#include "spec.h"

enum lw_arg_op { LW_ARG_EQ, LW_ARG_LT, LW_ARG_GT, LW_ARG_NE };
/* (argument & mask) OP value; the mask of a range is LW_ARG_ALL or LW_ARG_WIDE. */
struct lw_arg_cmp {
	uint8_t arg; /* 0-5 */
	uint8_t op;  /* enum lw_arg_op */
	uint64_t mask;
	uint64_t value;
};
#define LW_ARG_ALL UINT64_C(0xffffffff)
#define LW_ARG_WIDE UINT64_MAX
#define LW_ARG_CMPS 8

struct lw_arg_rule {
	uint32_t action; /* SECCOMP_RET_*, when all n comparisons hold */
	uint16_t n;
	uint16_t by; /* which rule of the policy says so, counted from 1; 0: its base */
	struct lw_arg_cmp cmp[LW_ARG_CMPS];
};
/* The first rule that matches decides, else `action`. */
struct lw_verdict {
	uint32_t action;
	uint16_t by;
	uint16_t n_rules;
	const struct lw_arg_rule *rules;
};
#define LW_VERDICT_RULES 256
struct lw_verdicts {
	const struct lw_abi *abi;
	uint32_t fallback;    /* the most common action, libseccomp's default */
	uint32_t beyond;      /* numbers past the table: newer than we are */
	struct lw_verdict *v; /* *abi->count of them */
};

#define LW_DENY (SECCOMP_RET_ERRNO | 1U)   /* EPERM */
#define LW_NOSYS (SECCOMP_RET_ERRNO | 38U) /* ENOSYS */

int lw_seccomp_verdicts(const struct lw_seccomp *p, uint64_t caps, const struct lw_abi *abi, struct lw_arena *a,
			struct lw_verdicts *ret, struct lw_err *err);
uint32_t lw_verdict_eval(const struct lw_verdict *v, const struct seccomp_data *call);
/* The same, and which rule of the policy decides, counted from 1; 0: its base. */
uint32_t lw_verdict_blame(const struct lw_verdict *v, const struct seccomp_data *call, unsigned *ret_by);
/* The verdict for a number of this ABI, counted from 0, also past the table. */
uint32_t lw_verdicts_eval(const struct lw_verdicts *all, const struct seccomp_data *call);

/* --- call_pattern.c --- */

#define LW_PATTERN_RULES 64
struct lw_call_pattern {
	char name[64];
	bool any;                  /* whatever the arguments */
	unsigned n;                /* alternatives; 0 with any */
	struct lw_arg_rule *rules; /* without action; NULL when only checked */
};
/* Reads "socket(AF_INET|AF_INET6, *)" or a plain name; a: NULL only checks. */
int lw_call_pattern_parse(const char *text, struct lw_arena *a, struct lw_call_pattern *ret, struct lw_err *err);

struct lw_call_arguments {
	char name[24];
	char widths[7]; /* 'i' 32 bits, 'l' 64, for each argument */
};
extern const struct lw_call_arguments lw_call_arguments_table[];
extern const unsigned lw_call_arguments_count;
/* LW_ARG_ALL or LW_ARG_WIDE: what of this argument the kernel looks at. */
uint64_t lw_call_argument_mask(const char *name, unsigned arg);

/* --- tables (core/tables/seccomp_*.c) --- */

/* ABIs a row of docker's profile is for; 0: all. */
enum { LW_ON_X86_64 = 1, LW_ON_X32 = 2, LW_ON_I386 = 4, LW_ON_ARM64 = 8 };
struct lw_docker_row {
	int cap;       /* needs this capability; -1: none */
	int unless;    /* only without this capability; -1: no such condition */
	unsigned abis; /* LW_ON_* */
	const char *const *names;
	struct lw_arg_rule rule; /* rule.n == 0: whatever the arguments */
};
extern const struct lw_docker_row lw_docker_table[];
extern const unsigned lw_docker_count;

/* What a stricter policy takes from the one it starts from. */
struct lw_seccomp_cut {
	const char *name;
	uint32_t action; /* when no rule matches */
	unsigned abis;   /* LW_ON_*, 0: all */
	const char *reason;
	const struct lw_arg_rule *rules; /* what is left, or taken, by argument; NULL: nothing */
	uint16_t n_rules;
};
extern const struct lw_seccomp_cut lw_default_table[];
extern const unsigned lw_default_count;
extern const struct lw_seccomp_cut lw_strict_table[];
extern const unsigned lw_strict_count;

#endif
