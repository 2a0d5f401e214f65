/* device_bpf.h: which devices may be used, as rules and as the program that says so on cgroup version 2. */
#ifndef LW_DEVICE_BPF_H
#define LW_DEVICE_BPF_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

#define LW_DEVICE_ANY UINT32_MAX
#define LW_DEVICE_RULES_MAX 1024
struct lw_device_rule {
	uint32_t type;         /* BPF_DEVCG_DEV_BLOCK, _CHAR */
	uint32_t major, minor; /* minor or both may be LW_DEVICE_ANY */
	uint32_t access;       /* BPF_DEVCG_ACC_* that are allowed */
};

/* Instructions that a program of so many rules may take. */
#define LW_DEVICE_BPF_MAX(n_rules) ((n_rules) + 14 * 4 + 13)
/* Writes the program into insns: 1 where a single rule allows all of the access asked for, else 0. Returns how many
 * instructions it has. */
size_t lw_device_bpf(const struct lw_device_rule *rules, size_t n_rules, struct bpf_insn *insns);

#endif
