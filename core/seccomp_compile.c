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

/* The ABI being written for, and what of it libseccomp cannot say. */
struct job {
	scmp_filter_ctx ctx;
	const struct lw_verdicts *all;
	struct lw_arena *a;
	struct lw_terms *terms;
	bool *skip, skips;
};

static uint32_t scmp_arch(const struct lw_abi *abi)
{
	if (abi->audit_arch == AUDIT_ARCH_I386)
		return SCMP_ARCH_X86;
	return abi->first == LW_X32_BIT ? SCMP_ARCH_X32 : SCMP_ARCH_NATIVE;
}

/* libseccomp takes foreign calls by the native number of the same name, or a number of its own making. On i386 it makes
 * two calls out of those that socketcall and ipc also stand for. */
static int scmp_number(const struct job *job, unsigned nr, int *ret)
{
	static const char shared[][12] = { "socketcall", "ipc", "recv", "send", "accept", "msg", "sem", "shm" };
	const char *name = job->all->abi->names[nr];
	if (scmp_arch(job->all->abi) == SCMP_ARCH_NATIVE) {
		*ret = (int)nr;
		return 0;
	}
	if (!name)
		return -ENOENT;
	*ret = seccomp_syscall_resolve_name(name);
	if (*ret == __NR_SCMP_ERROR ||
	    seccomp_syscall_resolve_name_arch(scmp_arch(job->all->abi), name) != (int)(job->all->abi->first + nr))
		return -ENOENT;
	for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++)
		if (strncmp(name, shared[i], strlen(shared[i])) == 0)
			return -ENOENT;
	/* i386's direct socket calls, one range of numbers */
	return job->all->abi->audit_arch == AUDIT_ARCH_I386 && nr >= 359 && nr <= 373 ? -ENOENT : 0;
}

static int add_terms(const struct job *job, int nr, const struct lw_terms *terms)
{
	for (unsigned i = 0; i < terms->n; i++) {
		const struct lw_term *t = &terms->v[i];
		struct scmp_arg_cmp cmp[6];
		unsigned n = 0;
		bool possible = t->action != job->all->fallback;
		for (unsigned arg = 0; arg < 6; arg++) {
			/* On a 32-bit ABI it looks at the low words alone; the high ones are 0 there. */
			uint64_t mask = t->mask[arg] & job->all->abi->argument_mask;
			possible = possible && !(t->value[arg] & ~job->all->abi->argument_mask);
			if (mask)
				cmp[n++] = SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, mask, t->value[arg] & mask);
		}
		if (!possible)
			continue;
		int r = seccomp_rule_add_array(job->ctx, t->action, nr, n, cmp);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_verdict(struct job *job, unsigned nr)
{
	const struct lw_verdict *v = &job->all->v[nr];
	int number;
	if (scmp_number(job, nr, &number) < 0 || (v->n_rules && lw_verdict_cover(v, job->a, job->terms) < 0)) {
		job->skip[nr] = job->skips = true;
		return 0;
	}
	if (v->n_rules)
		return add_terms(job, number, job->terms);
	return v->action == job->all->fallback ? 0 : seccomp_rule_add_array(job->ctx, v->action, number, 0, NULL);
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

static int export_program(scmp_filter_ctx ctx, const struct lw_verdicts *all, struct lw_arena *a, struct lw_filter *ret,
			  struct lw_err *err)
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
	unsigned n_prologue = scmp_arch(all->abi) == SCMP_ARCH_NATIVE ? write_prologue(all, prologue) : 0;
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

static int open_filter(struct job *job, struct lw_err *err)
{
	uint32_t arch = scmp_arch(job->all->abi);
	int r = seccomp_attr_set(job->ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r == 0)
		r = seccomp_attr_set(job->ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0 && arch != SCMP_ARCH_NATIVE)
		r = seccomp_arch_remove(job->ctx, SCMP_ARCH_NATIVE);
	if (r == 0 && arch != SCMP_ARCH_NATIVE)
		r = seccomp_arch_add(job->ctx, arch);
	return r < 0 ? lw_fail(err, r, "libseccomp refuses an attribute: %s", strerror(-r)) : 0;
}

int lw_libseccomp_build(const struct lw_verdicts *all, struct lw_arena *a, struct lw_reference *ret, struct lw_err *err)
{
	_cleanup_(release_p) scmp_filter_ctx ctx = seccomp_init(all->fallback);
	struct job job = { .ctx = ctx, .all = all, .a = a };
	job.terms = lw_arena_alloc(a, sizeof *job.terms);
	job.skip = lw_arena_array(a, *all->abi->count, sizeof *job.skip);
	if (!ctx || !job.terms || !job.skip)
		return lw_fail(err, -ENOMEM, "out of memory");
	int r = open_filter(&job, err);
	if (r < 0)
		return r;
	for (unsigned nr = 0; nr < *all->abi->count; nr++) {
		r = add_verdict(&job, nr);
		if (r < 0)
			return lw_fail(err, r, "libseccomp refuses the rule for %s: %s",
				       all->abi->names[nr] ? all->abi->names[nr] : "a gap", strerror(-r));
	}
	ret->skip = job.skips ? job.skip : NULL;
	return export_program(ctx, all, a, &ret->filter, err);
}

int lw_seccomp_choose(const struct lw_filter *own, const struct lw_reference *references,
		      const struct lw_verdicts *abis, unsigned n_abis, struct lw_filter *ret, struct lw_err *err)
{
	bool same = lw_filter_obeys(own, abis, n_abis);
	for (unsigned i = 0; i < n_abis && same; i++)
		same = lw_filter_equal(own, &references[i].filter, &abis[i], references[i].skip);
	if (same) {
		*ret = *own;
		return 0;
	}
	if (n_abis > 1)
		return lw_fail(err, -EIO, "the filter for a foreign architecture fails its own check");
	if (references[0].skip || references[0].filter.n > LW_FILTER_MAX ||
	    !lw_filter_obeys(&references[0].filter, abis, n_abis))
		return lw_fail(err, -EIO, "libseccomp's filter is not what the policy says");
	*ret = references[0].filter;
	return 0;
}
