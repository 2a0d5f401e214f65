/* test_device_bpf.c: the program that decides about devices on cgroup version 2, run by a machine that knows its
 * opcodes and no other, against the rules read one by one; and, where we may load one, against the kernel's verifier.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "cgroup.h"
#include "device_bpf.h"

#define RULES 40
#define PROGRAMS 400
#define TRIPLES 500
#define ALL 7u

/* 0 or 1; any instruction or jump that the generator has no business with fails the test. */
static uint64_t run(const struct bpf_insn *v, size_t n, const struct bpf_cgroup_dev_ctx *ctx)
{
	uint64_t reg[11] = { 0 };
	for (size_t pc = 0, steps = 0; pc < n; pc++, steps++) {
		const struct bpf_insn *i = &v[pc];
		uint64_t *dst = &reg[i->dst_reg], src = reg[i->src_reg];
		assert_in_range(i->dst_reg, 0, 9);
		assert_in_range(i->src_reg, 0, 9);
		assert_in_range(steps, 0, n);
		switch (i->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			assert_int_equal(i->src_reg, 1);
			assert_in_range(i->off, 0, sizeof *ctx - 4);
			assert_int_equal(i->off % 4, 0);
			*dst = ((const uint32_t *)ctx)[i->off / 4];
			break;
		case BPF_ALU64 | BPF_MOV | BPF_X:
			*dst = src;
			break;
		case BPF_ALU64 | BPF_MOV | BPF_K:
			*dst = (uint64_t)(int64_t)i->imm;
			break;
		case BPF_ALU64 | BPF_RSH | BPF_K:
			*dst >>= i->imm;
			break;
		case BPF_ALU64 | BPF_AND | BPF_K:
			*dst &= (uint64_t)(int64_t)i->imm;
			break;
		case BPF_ALU64 | BPF_LSH | BPF_K:
			*dst <<= i->imm;
			break;
		case BPF_ALU64 | BPF_OR | BPF_X:
			*dst |= src;
			break;
		case BPF_JMP32 | BPF_JNE | BPF_K:
		case BPF_JMP32 | BPF_JEQ | BPF_K:
			assert_in_range(i->off, 1, n - pc - 2);
			if (((uint32_t)*dst == (uint32_t)i->imm) == (BPF_OP(i->code) == BPF_JEQ))
				pc += (size_t)i->off;
			break;
		case BPF_JMP | BPF_EXIT:
			return reg[0];
		default:
			fail_msg("opcode %#x", i->code);
		}
	}
	fail_msg("ran off the end");
	return 0;
}

/* What the rules say, read as a person reads them. */
static bool allowed(const struct lw_device_rule *rules, size_t n, uint32_t type, uint32_t access, uint32_t maj,
		    uint32_t min)
{
	for (size_t i = 0; i < n; i++) {
		const struct lw_device_rule *r = &rules[i];
		if (r->type == type && (r->major == LW_DEVICE_ANY || r->major == maj) &&
		    (r->minor == LW_DEVICE_ANY || r->minor == min) && !(access & ~r->access))
			return true;
	}
	return false;
}

static uint32_t state_of_dice = 20260101;
static uint32_t dice(uint32_t sides)
{
	state_of_dice ^= state_of_dice << 13;
	state_of_dice ^= state_of_dice >> 17;
	state_of_dice ^= state_of_dice << 5;
	return state_of_dice % sides;
}
/* Few numbers, so that rules are hit; and the kernel's largest, so that nothing is cut. */
static uint32_t major_number(void)
{
	return dice(8) ? dice(6) : 4095;
}
static uint32_t minor_number(void)
{
	return dice(8) ? dice(6) : 1048575;
}
static struct lw_device_rule any_rule(void)
{
	struct lw_device_rule r = { 1 + dice(2), major_number(), minor_number(), 1 + dice(ALL) };
	if (!dice(4))
		r.minor = LW_DEVICE_ANY;
	if (!dice(20))
		r.major = r.minor = LW_DEVICE_ANY;
	return r;
}

static void random_programs(void **state)
{
	struct lw_device_rule rules[RULES];
	struct bpf_insn insns[LW_DEVICE_BPF_MAX(RULES)];
	size_t yes = 0, no = 0;
	(void)state;
	for (size_t p = 0; p < PROGRAMS; p++) {
		size_t n_rules = dice(4) ? dice(RULES + 1) : dice(6);
		for (size_t i = 0; i < n_rules; i++)
			rules[i] = any_rule();
		size_t n = lw_device_bpf(rules, n_rules, insns);
		assert_in_range(n, 1, LW_DEVICE_BPF_MAX(n_rules));
		for (size_t t = 0; t < TRIPLES; t++) {
			uint32_t type = 1 + dice(2), access = 1 + dice(ALL), maj = major_number(), min = minor_number();
			struct bpf_cgroup_dev_ctx ctx = { access << 16 | type, maj, min };
			bool expected = allowed(rules, n_rules, type, access, maj, min);
			*(expected ? &yes : &no) += 1;
			if (run(insns, n, &ctx) != expected)
				fail_msg("type %u access %u %u:%u of %zu rules: not %d", type, access, maj, min,
					 n_rules, expected);
		}
	}
	/* Both answers were put to the test. */
	assert_true(yes > PROGRAMS * TRIPLES / 20 && no > PROGRAMS * TRIPLES / 20);
}

static void nothing_is_allowed_by_no_rules(void **state)
{
	struct bpf_insn insns[LW_DEVICE_BPF_MAX(0)];
	struct bpf_cgroup_dev_ctx ctx = { BPF_DEVCG_ACC_READ << 16 | BPF_DEVCG_DEV_CHAR, 1, 3 };
	size_t n = lw_device_bpf(NULL, 0, insns);
	(void)state;
	assert_int_equal(run(insns, n, &ctx), 0);
}

static void the_kernel_takes_it(void **state)
{
	static const size_t sizes[] = { 0, 1, RULES, LW_DEVICE_RULES_MAX };
	struct lw_device_rule *rules = calloc(LW_DEVICE_RULES_MAX, sizeof *rules);
	struct bpf_insn *insns = calloc(LW_DEVICE_BPF_MAX(LW_DEVICE_RULES_MAX), sizeof *insns);
	(void)state;
	for (size_t i = 0; i < LW_DEVICE_RULES_MAX; i++)
		rules[i] = (struct lw_device_rule){ 1 + i % 2, (uint32_t)i, i % 7 ? (uint32_t)i : LW_DEVICE_ANY,
						    1 + i % ALL };
	int fd = 0;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes && fd >= 0; i++) {
		fd = lw_device_program_load(insns, lw_device_bpf(rules, sizes[i], insns));
		if (fd < 0 && fd != -EPERM && fd != -ENOSYS)
			fail_msg("%zu rules: error %d", sizes[i], fd);
		if (fd >= 0)
			close(fd);
	}
	free(rules);
	free(insns);
	if (fd < 0) {
		print_message("skipped: this process may not load programs\n");
		skip();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_programs),
		cmocka_unit_test(nothing_is_allowed_by_no_rules),
		cmocka_unit_test(the_kernel_takes_it),
	};
	return cmocka_run_group_tests_name("device_bpf", tests, NULL, NULL);
}
