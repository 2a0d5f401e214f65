/* bpf_run.c: what a filter program says: one call run as the kernel would, and all of them at once. Only the part of
 * classic BPF that seccomp allows. Programs may come from a damaged file: nothing here trusts them. */
#include "seccomp.h"

#include <stddef.h>
#include <string.h>
#include "base/text.h"
#include "seccomp_abi.h"

#define MEMORY BPF_MEMWORDS

bool lw_filter_valid(const struct sock_filter *insns, unsigned n)
{
	if (n == 0 || n > BPF_MAXINSNS || BPF_CLASS(insns[n - 1].code) != BPF_RET)
		return false;
	for (unsigned i = 0; i < n; i++) {
		const struct sock_filter *f = &insns[i];
		unsigned left = n - i - 1;
		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (f->k % 4 || f->k >= sizeof(struct seccomp_data))
				return false;
			break;
		case BPF_LD | BPF_MEM:
		case BPF_LDX | BPF_MEM:
		case BPF_ST:
		case BPF_STX:
			if (f->k >= MEMORY)
				return false;
			break;
		case BPF_JMP | BPF_JA:
			if (f->k >= left)
				return false;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K:
		case BPF_JMP | BPF_JEQ | BPF_X:
		case BPF_JMP | BPF_JGT | BPF_X:
		case BPF_JMP | BPF_JGE | BPF_X:
		case BPF_JMP | BPF_JSET | BPF_X:
			if (f->jt >= left || f->jf >= left)
				return false;
			break;
		case BPF_ALU | BPF_LSH | BPF_K:
		case BPF_ALU | BPF_RSH | BPF_K:
			if (f->k >= 32)
				return false;
			break;
		case BPF_LD | BPF_IMM:
		case BPF_LDX | BPF_IMM:
		case BPF_LD | BPF_W | BPF_LEN:
		case BPF_LDX | BPF_W | BPF_LEN:
		case BPF_ALU | BPF_ADD | BPF_K:
		case BPF_ALU | BPF_SUB | BPF_K:
		case BPF_ALU | BPF_AND | BPF_K:
		case BPF_ALU | BPF_OR | BPF_K:
		case BPF_ALU | BPF_XOR | BPF_K:
		case BPF_ALU | BPF_ADD | BPF_X:
		case BPF_ALU | BPF_SUB | BPF_X:
		case BPF_ALU | BPF_AND | BPF_X:
		case BPF_ALU | BPF_OR | BPF_X:
		case BPF_ALU | BPF_XOR | BPF_X:
		case BPF_ALU | BPF_NEG:
		case BPF_MISC | BPF_TAX:
		case BPF_MISC | BPF_TXA:
		case BPF_RET | BPF_K:
		case BPF_RET | BPF_A:
			break;
		default:
			return false;
		}
	}
	return true;
}

struct machine {
	uint32_t a, x, mem[MEMORY];
	bool a_known, x_known, mem_known[MEMORY];
};

static uint32_t word_at(const struct seccomp_data *call, uint32_t offset)
{
	uint32_t w;
	memcpy(&w, (const char *)call + offset, sizeof w);
	return w;
}

static uint32_t alu(unsigned op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return a << b;
	case BPF_RSH:
		return a >> b;
	default: /* BPF_NEG */
		return -a;
	}
}

static bool jumps(unsigned op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	default: /* BPF_JSET */
		return a & b;
	}
}

/* Everything but jumps and returns. Arguments are unknown when with_args is false. */
static void step(struct machine *m, const struct sock_filter *f, const struct seccomp_data *call, bool with_args)
{
	switch (f->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		m->a = word_at(call, f->k);
		m->a_known = with_args || f->k < offsetof(struct seccomp_data, instruction_pointer);
		return;
	case BPF_LD | BPF_MEM:
		m->a = m->mem[f->k];
		m->a_known = m->mem_known[f->k];
		return;
	case BPF_LDX | BPF_MEM:
		m->x = m->mem[f->k];
		m->x_known = m->mem_known[f->k];
		return;
	case BPF_ST:
		m->mem[f->k] = m->a;
		m->mem_known[f->k] = m->a_known;
		return;
	case BPF_STX:
		m->mem[f->k] = m->x;
		m->mem_known[f->k] = m->x_known;
		return;
	case BPF_LD | BPF_IMM:
	case BPF_LD | BPF_W | BPF_LEN:
		m->a = BPF_MODE(f->code) == BPF_IMM ? f->k : (uint32_t)sizeof *call;
		m->a_known = true;
		return;
	case BPF_LDX | BPF_IMM:
	case BPF_LDX | BPF_W | BPF_LEN:
		m->x = BPF_MODE(f->code) == BPF_IMM ? f->k : (uint32_t)sizeof *call;
		m->x_known = true;
		return;
	case BPF_MISC | BPF_TAX:
		m->x = m->a;
		m->x_known = m->a_known;
		return;
	case BPF_MISC | BPF_TXA:
		m->a = m->x;
		m->a_known = m->x_known;
		return;
	}
	bool from_x = BPF_SRC(f->code) == BPF_X;
	m->a = alu(BPF_OP(f->code), m->a, from_x ? m->x : f->k);
	m->a_known = m->a_known && (!from_x || m->x_known);
}

uint32_t lw_filter_run(const struct sock_filter *insns, unsigned n, const struct seccomp_data *call)
{
	struct machine m = { 0 };
	for (unsigned pc = 0; pc < n; pc++) {
		const struct sock_filter *f = &insns[pc];
		switch (BPF_CLASS(f->code)) {
		case BPF_RET:
			return BPF_RVAL(f->code) == BPF_A ? m.a : f->k;
		case BPF_JMP:
			if (BPF_OP(f->code) == BPF_JA)
				pc += f->k;
			else
				pc += jumps(BPF_OP(f->code), m.a, BPF_SRC(f->code) == BPF_X ? m.x : f->k) ? f->jt
													  : f->jf;
			break;
		default:
			step(&m, f, call, true);
		}
	}
	return SECCOMP_RET_KILL_PROCESS; /* ran off the end: not a valid program */
}

static void join(struct machine *into, bool *seen, const struct machine *from)
{
	if (!*seen) {
		*into = *from;
		*seen = true;
		return;
	}
	into->a_known = into->a_known && from->a_known && into->a == from->a;
	into->x_known = into->x_known && from->x_known && into->x == from->x;
	for (unsigned i = 0; i < MEMORY; i++)
		into->mem_known[i] = into->mem_known[i] && from->mem_known[i] && into->mem[i] == from->mem[i];
}

static bool permits(uint32_t action)
{
	action &= SECCOMP_RET_ACTION_FULL;
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG || action == SECCOMP_RET_TRACE ||
	       action == SECCOMP_RET_USER_NOTIF;
}

/* Jumps go forward only, so one pass sees every state an instruction can be reached with, joined. */
static bool may_permit(const struct lw_filter *f, struct machine *states, bool *seen, const struct seccomp_data *call)
{
	memset(seen, 0, f->n * sizeof *seen);
	states[0] = (struct machine){ .a_known = true, .x_known = true };
	memset(states[0].mem_known, true, sizeof states[0].mem_known);
	seen[0] = true;
	for (unsigned pc = 0; pc < f->n; pc++) {
		const struct sock_filter *i = &f->insns[pc];
		if (!seen[pc])
			continue;
		struct machine m = states[pc];
		if (BPF_CLASS(i->code) == BPF_RET) {
			if (BPF_RVAL(i->code) == BPF_A ? !m.a_known || permits(m.a) : permits(i->k))
				return true;
			continue;
		}
		if (BPF_CLASS(i->code) != BPF_JMP) {
			step(&m, i, call, false);
			join(&states[pc + 1], &seen[pc + 1], &m);
			continue;
		}
		if (BPF_OP(i->code) == BPF_JA) {
			join(&states[pc + 1 + i->k], &seen[pc + 1 + i->k], &m);
			continue;
		}
		bool from_x = BPF_SRC(i->code) == BPF_X, known = m.a_known && (!from_x || m.x_known);
		bool taken = jumps(BPF_OP(i->code), m.a, from_x ? m.x : i->k);
		if (!known || taken)
			join(&states[pc + 1 + i->jt], &seen[pc + 1 + i->jt], &m);
		if (!known || !taken)
			join(&states[pc + 1 + i->jf], &seen[pc + 1 + i->jf], &m);
	}
	return false;
}

unsigned lw_filter_reachable(const struct lw_filter *f)
{
	unsigned calls = 0, count = *lw_abi_native.count;
	for (unsigned nr = 0; nr < count; nr++)
		if (lw_abi_native.names[nr])
			calls++;
	if (f->n == 0)
		return calls;
	struct lw_arena *a = lw_arena_new();
	struct machine *states = a ? lw_arena_array(a, f->n, sizeof *states) : NULL;
	bool *seen = a ? lw_arena_array(a, f->n, sizeof *seen) : NULL;
	if (states && seen && lw_filter_valid(f->insns, f->n)) {
		calls = 0;
		for (unsigned nr = 0; nr < count; nr++) {
			struct seccomp_data call = { .nr = (int)nr, .arch = lw_abi_native.audit_arch };
			if (lw_abi_native.names[nr] && may_permit(f, states, seen, &call))
				calls++;
		}
	}
	lw_arena_free(a);
	return calls;
}

/* After the filter: the command itself, and the report and end of a set-up that failed. */
static const char *const late_table[] = { "execve", "exit_group", "write" };
/* Without no_new_privileges the filter comes before the change of user and capabilities. */
static const char *const early_table[] = { "execve",    "exit_group", "write",     "prctl",
					   "setgroups", "setresgid",  "setresuid", "capset" };

/* What a dynamically linked program makes before its first own instruction. */
static const char *const loader_table[] = { "access",    "arch_prctl", "brk",    "close",           "fstat",
					    "mmap",      "mprotect",   "munmap", "newfstatat",      "openat",
					    "pread64",   "prlimit64",  "read",   "set_robust_list", "set_tid_address",
					    "getrandom", "rseq" };

/* Those of the names that the filter refuses, joined into buf. */
static unsigned refused(const struct lw_filter *f, const char *const *names, size_t n_names, char *buf, size_t size)
{
	unsigned missing = 0;
	size_t used = 0;
	if (size)
		buf[0] = '\0';
	for (size_t i = 0; f->n && i < n_names; i++) {
		struct seccomp_data call = { .nr = lw_syscall_number(names[i]), .arch = lw_abi_native.audit_arch };
		if (call.nr < 0 || permits(lw_filter_run(f->insns, f->n, &call)))
			continue;
		size_t length = strlen(names[i]), comma = missing ? 2 : 0;
		if (used + comma + length < size) {
			memcpy(buf + used, ", ", comma);
			memcpy(buf + used + comma, names[i], length + 1);
			used += comma + length;
		}
		missing++;
	}
	return missing;
}

unsigned lw_seccomp_missing(const struct lw_filter *f, bool early, char *buf, size_t size)
{
	return early ? refused(f, early_table, sizeof early_table / sizeof early_table[0], buf, size)
		     : refused(f, late_table, sizeof late_table / sizeof late_table[0], buf, size);
}

unsigned lw_seccomp_missing_for_exec(const struct lw_filter *f, char *buf, size_t size)
{
	return lw_seccomp_missing(f, false, buf, size);
}

unsigned lw_seccomp_missing_for_loader(const struct lw_filter *f, char *buf, size_t size)
{
	return refused(f, loader_table, sizeof loader_table / sizeof loader_table[0], buf, size);
}
