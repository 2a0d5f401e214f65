/* device_bpf.c: the instructions of a BPF_PROG_TYPE_CGROUP_DEVICE program, for a list of what is allowed. The kernel
 * calls it for every open and mknod of a device in the cgroup and below, with type, access, major and minor.
 * Rules of the same access and type stand together, so that each is one comparison with one way out: the verifier's
 * work grows with their number and not with its square. Ten opcodes do; tests/unit/test_device_bpf.c has a machine for
 * exactly those. Must not know where rules come from nor how a program is loaded. */
#include "device_bpf.h"
#include <stdbool.h>

/* Registers: the verdict (and scratch), the context, what was asked for; NUMBER is major and minor as the kernel packs
 * them, twelve bits and twenty. */
enum { VERDICT, CONTEXT, TYPE, ACCESS, MAJOR, NUMBER, MINOR };
#define MINOR_BITS 20
#define ALL_ACCESS (BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE)
#define FIELD(name) ((int16_t)offsetof(struct bpf_cgroup_dev_ctx, name))

struct program {
	struct bpf_insn *v;
	size_t n;
};

static void add(struct program *p, int code, int dst, int src, int off, int32_t imm)
{
	p->v[p->n++] = (struct bpf_insn){
		.code = (uint8_t)code,
		.dst_reg = (uint8_t)(dst & 15),
		.src_reg = (uint8_t)(src & 15),
		.off = (int16_t)off,
		.imm = imm,
	};
}

static void load(struct program *p, int reg, int16_t field)
{
	add(p, BPF_LDX | BPF_MEM | BPF_W, reg, CONTEXT, field, 0);
}

static void leave(struct program *p, int verdict)
{
	add(p, BPF_ALU64 | BPF_MOV | BPF_K, VERDICT, 0, 0, verdict);
	add(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* Jumps whose distance is known once what they pass over is written. */
#define SKIP (BPF_JMP32 | BPF_JNE | BPF_K)
#define ALLOW (BPF_JMP32 | BPF_JEQ | BPF_K)

static void aim(struct program *p, size_t first, int code)
{
	for (size_t i = first; i < p->n; i++)
		if (p->v[i].code == code && !p->v[i].off)
			p->v[i].off = (int16_t)(p->n - i - 1);
}

static void add_rule(struct program *p, const struct lw_device_rule *r)
{
	if (r->major == LW_DEVICE_ANY)
		add(p, ALLOW, TYPE, 0, 0, (int32_t)r->type);
	else if (r->minor == LW_DEVICE_ANY)
		add(p, ALLOW, MAJOR, 0, 0, (int32_t)r->major);
	else
		add(p, ALLOW, NUMBER, 0, 0, (int32_t)(r->major << MINOR_BITS | r->minor));
}

/* The rules of this type that allow exactly this access, for who asks for no more than it. */
static void add_section(struct program *p, const struct lw_device_rule *rules, size_t n_rules, uint32_t type,
			uint32_t access)
{
	size_t first = p->n, wanted = 0;
	for (size_t i = 0; i < n_rules; i++)
		wanted += rules[i].type == type && rules[i].access == access;
	if (!wanted)
		return;
	add(p, SKIP, TYPE, 0, 0, (int32_t)type);
	if (access != ALL_ACCESS) {
		add(p, BPF_ALU64 | BPF_MOV | BPF_X, VERDICT, ACCESS, 0, 0);
		add(p, BPF_ALU64 | BPF_AND | BPF_K, VERDICT, 0, 0, (int32_t)(ALL_ACCESS & ~access));
		add(p, SKIP, VERDICT, 0, 0, 0);
	}
	for (size_t i = 0; i < n_rules; i++)
		if (rules[i].type == type && rules[i].access == access)
			add_rule(p, &rules[i]);
	aim(p, first, SKIP);
}

size_t lw_device_bpf(const struct lw_device_rule *rules, size_t n_rules, struct bpf_insn *insns)
{
	struct program p = { insns, 0 };
	load(&p, TYPE, FIELD(access_type));
	load(&p, MAJOR, FIELD(major));
	load(&p, MINOR, FIELD(minor));
	add(&p, BPF_ALU64 | BPF_MOV | BPF_X, ACCESS, TYPE, 0, 0);
	add(&p, BPF_ALU64 | BPF_RSH | BPF_K, ACCESS, 0, 0, 16);
	add(&p, BPF_ALU64 | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff);
	add(&p, BPF_ALU64 | BPF_MOV | BPF_X, NUMBER, MAJOR, 0, 0);
	add(&p, BPF_ALU64 | BPF_LSH | BPF_K, NUMBER, 0, 0, MINOR_BITS);
	add(&p, BPF_ALU64 | BPF_OR | BPF_X, NUMBER, MINOR, 0, 0);
	size_t first = p.n;
	for (uint32_t access = ALL_ACCESS; access; access--)
		for (uint32_t type = BPF_DEVCG_DEV_BLOCK; type <= BPF_DEVCG_DEV_CHAR; type++)
			add_section(&p, rules, n_rules, type, access);
	bool any = p.n > first;
	leave(&p, 0);
	if (any) { /* the verifier refuses what nothing leads to */
		aim(&p, first, ALLOW);
		leave(&p, 1);
	}
	return p.n;
}
