/* seccomp_compile.c: libseccomp, and only here: it decides what a policy means on the native ABI; our own layout of the
 * same verdicts is used when it is found to say exactly the same. A launch whose filter is cached does not come here.
 */
#include "seccomp_filter.h"

#include <errno.h>
#include <libseccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "base/cleanup.h"
#include "base/fdio.h"

#define WORD(x) WORD_(x)
#define WORD_(x) #x
const char lw_seccomp_library[] = WORD(SCMP_VER_MAJOR) "." WORD(SCMP_VER_MINOR) "." WORD(SCMP_VER_MICRO);

/* libseccomp's actions are the kernel's return values. */
_Static_assert(SCMP_ACT_ALLOW == SECCOMP_RET_ALLOW && SCMP_ACT_LOG == SECCOMP_RET_LOG &&
		       SCMP_ACT_KILL_PROCESS == SECCOMP_RET_KILL_PROCESS &&
		       SCMP_ACT_ERRNO(1) == (SECCOMP_RET_ERRNO | 1),
	       "libseccomp's actions are not the kernel's");

static void release_p(scmp_filter_ctx *ctx)
{
	if (*ctx)
		seccomp_release(*ctx);
}

static int add_verdict(scmp_filter_ctx ctx, int nr, const struct lw_verdict *v, uint32_t fallback,
		       struct lw_terms *terms, struct lw_arena *a)
{
	if (v->n_rules == 0)
		return v->action == fallback ? 0 : seccomp_rule_add_array(ctx, v->action, nr, 0, NULL);
	if (lw_verdict_cover(v, a, terms) < 0)
		return -E2BIG;
	for (unsigned i = 0; i < terms->n; i++) {
		const struct lw_term *t = &terms->v[i];
		struct scmp_arg_cmp cmp[6];
		unsigned n = 0;
		if (t->action == fallback)
			continue;
		for (unsigned arg = 0; arg < 6; arg++)
			if (t->mask[arg])
				cmp[n++] = SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, t->mask[arg], t->value[arg]);
		int r = seccomp_rule_add_array(ctx, t->action, nr, n, cmp);
		if (r < 0)
			return r;
	}
	return 0;
}

#define PROLOGUE_MAX 10

/* Before libseccomp's program: what it cannot say. Other ABIs die, new numbers are ENOSYS. */
static unsigned write_prologue(const struct lw_verdicts *native, struct sock_filter p[PROLOGUE_MAX])
{
	unsigned n = 0;
	p[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, native->abi->audit_arch, 1, 0);
	p[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	p[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	if (native->abi->audit_arch == AUDIT_ARCH_X86_64) {
		p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, UINT32_MAX, 0, 1);
		p[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, LW_NOSYS);
		p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, LW_X32_BIT, 0, 1);
		p[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	}
	p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, *native->abi->count, 0, 1);
	p[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, native->beyond);
	return n;
}

static int export_program(scmp_filter_ctx ctx, const struct lw_verdicts *native, struct lw_arena *a,
			  struct lw_filter *ret, struct lw_err *err)
{
	/* seccomp_export_bpf_mem came with 2.6. */
	_cleanup_close_ int fd = memfd_create("filter", MFD_CLOEXEC);
	if (fd < 0)
		return lw_fail(err, -errno, "memfd_create: %s", strerror(errno));
	int r = seccomp_export_bpf(ctx, fd);
	if (r < 0)
		return lw_fail(err, r, "libseccomp cannot write the filter: %s", strerror(-r));
	struct stat st;
	if (fstat(fd, &st) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return lw_fail(err, -errno, "memfd: %s", strerror(errno));
	size_t size = (size_t)st.st_size;
	struct sock_filter prologue[PROLOGUE_MAX];
	unsigned n_prologue = write_prologue(native, prologue);
	if (size % sizeof *ret->insns || size / sizeof *ret->insns + n_prologue > LW_FILTER_MAX)
		return lw_fail_as(err, LW_ERR_POLICY, -E2BIG, "the policy needs more than %d instructions",
				  LW_FILTER_MAX);
	unsigned n = n_prologue + (unsigned)(size / sizeof *ret->insns);
	struct sock_filter *insns = lw_arena_array(a, n, sizeof *insns);
	if (!insns)
		return lw_fail(err, -ENOMEM, "out of memory");
	memcpy(insns, prologue, n_prologue * sizeof *insns);
	r = lw_read_full(fd, insns + n_prologue, size);
	if (r < 0)
		return lw_fail(err, r, "memfd: %s", strerror(-r));
	*ret = (struct lw_filter){ insns, n };
	return 0;
}

int lw_libseccomp_build(const struct lw_verdicts *native, struct lw_arena *a, struct lw_filter *ret, struct lw_err *err)
{
	_cleanup_(release_p) scmp_filter_ctx ctx = seccomp_init(native->fallback);
	struct lw_terms *terms = lw_arena_alloc(a, sizeof *terms);
	if (!ctx || !terms)
		return lw_fail(err, -ENOMEM, "out of memory");
	int r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r < 0)
		return lw_fail(err, r, "libseccomp refuses an attribute: %s", strerror(-r));
	for (unsigned nr = 0; nr < *native->abi->count; nr++) {
		r = add_verdict(ctx, (int)nr, &native->v[nr], native->fallback, terms, a);
		if (r < 0)
			return lw_fail(err, r, "libseccomp refuses the rule for %s: %s",
				       native->abi->names[nr] ? native->abi->names[nr] : "a gap", strerror(-r));
	}
	return export_program(ctx, native, a, ret, err);
}

int lw_seccomp_choose(const struct lw_filter *own, const struct lw_filter *reference, const struct lw_verdicts *abis,
		      unsigned n_abis, struct lw_filter *ret, struct lw_err *err)
{
	if (lw_filter_obeys(own, abis, n_abis) && lw_filter_equal(own, reference, &abis[0])) {
		*ret = *own;
		return 0;
	}
	if (n_abis > 1)
		return lw_fail(err, -EIO, "the filter for a foreign architecture fails its own check");
	if (!lw_filter_obeys(reference, abis, n_abis))
		return lw_fail(err, -EIO, "libseccomp's filter is not what the policy says");
	*ret = *reference;
	return 0;
}
