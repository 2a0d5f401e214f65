/* stage_process.c: what belongs to the process rather than to the sandbox's world: how it joins its cgroup and becomes
 * the inside root, hostname and network values, session, descriptors, resource limits, identity and capabilities. */
#include <linux/sched.h>
#include <linux/securebits.h>
#include <string.h>
#include "base/cleanup.h"
#include "base/names.h"
#include "cgroup.h"
#include "root_layout.h"
#include "schema.h"
#include "stage.h"

static bool given(const struct lw_plan *p, const char *key)
{
	return lw_rec_has(&p->spec->rec, &lw_sandbox_schema, key);
}

int lw_stage_join(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_spec *s = p->spec;
	int r = 0;
	(void)err;
	/* /proc/self belongs to the host's root once the kernel uid changes, so this comes first. */
	if (given(p, "oom_score_adj"))
		r = PLAN_OP(p, LW_OP_OOM_SCORE_ADJ, NULL, "oom_score_adj", .num = { s->oom_score_adj });
	/* v1: every hierarchy's tasks file; v2: the clone itself put the child into its cgroup. */
	for (size_t i = 0; i < p->n_ops && r >= 0 && p->host->cgroup.version == 1; i++) {
		struct lw_op make = p->ops[i];
		if (make.kind == LW_OP_CGROUP_MAKE)
			r = PLAN_OP(p, LW_OP_CGROUP_JOIN, &s->limits.rec, "limits", .num = { make.num[1] });
	}
	if (r >= 0 && (p->clone_flags & CLONE_NEWCGROUP))
		r = PLAN_OP(p, LW_OP_UNSHARE, &s->namespaces.rec, "namespaces.cgroup", .num = { CLONE_NEWCGROUP });
	if (r >= 0 && lw_plan_own_user(p))
		r = PLAN_OP(p, LW_OP_BECOME_ROOT, &s->ids.rec, "ids",
			    .num = { p->setup_uid, p->setup_gid, p->setgroups });
	return r;
}

int lw_plan_net_join(struct lw_plan *p)
{
	if (!p->net_beside || p->net_joined)
		return 0;
	p->net_joined = true;
	return PLAN_OP(p, LW_OP_NET_JOIN, NULL, "network");
}

int lw_stage_host_values(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_spec *s = p->spec;
	int r = lw_plan_net_join(p);
	(void)err;
	if (r >= 0 && (p->clone_flags & CLONE_NEWNET))
		r = PLAN_OP(p, LW_OP_LOOPBACK, NULL, "network");
	if (r >= 0 && (p->clone_flags & CLONE_NEWUTS)) {
		r = PLAN_OP(p, LW_OP_HOSTNAME, NULL, "hostname", .str = { s->hostname ? s->hostname : s->name },
			    .num = { s->hostname ? 0 : s->name_id_at });
		if (r >= 0 && s->domainname)
			r = PLAN_OP(p, LW_OP_DOMAINNAME, NULL, "domainname", .str = { s->domainname });
	}
	for (size_t i = 0; i < s->sysctls.n && r >= 0; i++) {
		/* sysctl(8) spelling: dots separate, a slash in a name stays. */
		char *path = lw_arena_strdup(p->arena, s->sysctls.v[i].key);
		for (char *c = path; c && *c && !strchr(s->sysctls.v[i].key, '/'); c++)
			if (*c == '.')
				*c = '/';
		if (s->sysctls.v[i].value)
			r = PLAN_OP(p, LW_OP_SYSCTL, NULL, lw_arena_printf(p->arena, "sysctls.%s", s->sysctls.v[i].key),
				    .str = { path, s->sysctls.v[i].value });
	}
	return r;
}

static int64_t clip(int64_t want, rlim_t have)
{
	return have == RLIM_INFINITY || (want >= 0 && (rlim_t)want <= have) ? want : (int64_t)have;
}

static bool above(int64_t want, rlim_t have)
{
	return have != RLIM_INFINITY && (want < 0 || (rlim_t)want > have);
}

static int plan_rlimits(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_rlimits *limits = &p->spec->rlimits;
	/* DESIGN §3.2: nofile 1024:4096 and core 0 unless the profile says otherwise, clipped to what the caller has.
	 */
	struct lw_rlimit defaults[LW_RLIM_COUNT] = {
		[RLIMIT_NOFILE] = { 1024, 4096, true },
		[RLIMIT_CORE] = { 0, 0, true },
	};
	/* Where no pids cgroup can be had this stands in for limits.pids. */
	int64_t nproc = lw_cgroup_nproc(p);
	if (nproc >= 0)
		defaults[RLIMIT_NPROC] = (struct lw_rlimit){ nproc, nproc, true };
	/* A second from the warning to the end. */
	int64_t seconds = (p->spec->limits.cpu_time + 999999) / 1000000;
	if (seconds)
		defaults[RLIMIT_CPU] = (struct lw_rlimit){ seconds, seconds + 1, true };
	for (int i = 0; i < LW_RLIM_COUNT; i++) {
		struct lw_rlimit v = limits->v[i];
		const struct rlimit *have = &p->host->rlimits[i];
		const char *name = lw_names_name(&lw_rlimit_table, i);
		char *key = lw_arena_printf(p->arena, "rlimits.%s", name);
		int kind = LW_OP_RLIMIT;
		if (!v.set && !defaults[i].set)
			continue;
		if (!v.set) {
			v.soft = clip(defaults[i].soft, have->rlim_max);
			v.hard = clip(defaults[i].hard, have->rlim_max);
		} else if (above(v.hard, have->rlim_max)) {
			if (!(p->host->caps_effective & (UINT64_C(1) << 24 /* CAP_SYS_RESOURCE */))) {
				lw_fail(err, -EPERM,
					"the caller's hard limit is %llu and raising it needs CAP_SYS_RESOURCE",
					(unsigned long long)have->rlim_max);
				lw_err_hint(err, "ask for at most that, or raise it for the caller");
				lw_err_at(err, limits->rec.origin);
				lw_err_in(err, "%s", key);
				return -EPERM;
			}
			kind = LW_OP_RLIMIT_RAISE;
		}
		if (PLAN_OP(p, kind, &limits->rec, key, .str = { name }, .num = { i, v.soft, v.hard }) < 0)
			return -ENOMEM;
	}
	return 0;
}

int lw_stage_process(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_spec *s = p->spec;
	const int stdio[3] = { s->stdio.in, s->stdio.out, s->stdio.err };
	int r = 0;
	/* In a mount namespace that was joined the ptys are those of whoever made it. */
	if (p->terminal_fds && s->namespaces.mode[LW_NS_MOUNT] == LW_NS_JOIN)
		r = PLAN_OP(p, LW_OP_TERMINAL, NULL, "terminal", .num = { p->terminal_fds, 1 });
	for (int i = 0; i < 3 && r >= 0; i++)
		if (stdio[i] == LW_STDIO_NULL)
			r = PLAN_OP(p, LW_OP_STDIO, &s->stdio.rec, "stdio", .num = { i });
	/* A new session has no controlling terminal: TIOCSTI finds nothing to push into (CVE-2017-5226). */
	if (r >= 0)
		r = PLAN_OP(p, LW_OP_SESSION, NULL, "terminal");
	if (r >= 0 && s->keyring)
		r = PLAN_OP(p, LW_OP_KEYRING, NULL, "keyring");
	if (r >= 0 && given(p, "nice"))
		r = PLAN_OP(p, LW_OP_NICE, NULL, "nice", .num = { s->nice });
	if (r >= 0)
		r = plan_rlimits(p, err);
	if (r >= 0)
		r = PLAN_OP(p, LW_OP_UMASK, NULL, "umask", .num = { s->umask });
	return r;
}

int lw_stage_caps(struct lw_plan *p, struct lw_err *err)
{
	const struct lw_spec *s = p->spec;
	const uint64_t *set = s->capabilities.set;
	/* A capability the caller's bounding set lacks cannot be had; in a new user namespace all of them can. */
	bool all = s->privileged && !given(p, "capabilities");
	uint64_t have = lw_plan_own_user(p) && !all ? UINT64_MAX : p->host->caps_bounding;
	const struct lw_rec *rec = &s->capabilities.rec;
	uint64_t missing = set[LW_CAP_BOUNDING] & ~have;
	if (missing && given(p, "capabilities")) {
		char names[200];
		lw_fail(err, -EPERM, "the caller does not have %s", lw_caps_format(missing, names, sizeof names));
		lw_err_hint(err, "take it out of the set, or share no user namespace with the host");
		lw_err_at(err, rec->origin);
		lw_err_in(err, "capabilities");
		return -EPERM;
	}
	if (s->privileged)
		lw_plan_note(p, "privileged: %s of the caller and every device of the host",
			     all ? "every capability" : "capabilities");
	int r = PLAN_OP(p, LW_OP_BOUNDING_DROP, rec, "capabilities", .num = { (int64_t)(set[LW_CAP_BOUNDING] & have) });
	/* uid 0 gains the whole bounding set at execve(2) whatever was set before; where the profile asks for less,
	 * root's privilege is switched off and the ambient set is what carries over (capabilities(7)). */
	uint64_t bits = p->uid ? SECBIT_KEEP_CAPS : 0;
	if (!p->uid && set[LW_CAP_PERMITTED] != set[LW_CAP_BOUNDING])
		bits |= SECBIT_NOROOT | SECBIT_NOROOT_LOCKED;
	for (size_t i = 0; i < s->hardening.secure_bits.n; i++)
		bits |= (uint64_t)lw_names_value(&lw_securebit_table, s->hardening.secure_bits.v[i]);
	if (r >= 0 && bits)
		r = PLAN_OP(p, LW_OP_SECUREBITS, rec, "capabilities", .num = { (int64_t)bits });
	if (r >= 0)
		r = PLAN_OP(p, LW_OP_USER, &s->user.rec, "user", .num = { p->uid, p->gid, p->setgroups });
	/* As the command's user, so that a directory only root may enter is not entered for it. */
	if (r >= 0)
		r = PLAN_OP(p, LW_OP_CWD, NULL, "cwd", .str = { s->cwd });
	/* Nothing is opened or closed from here on. */
	if (r >= 0 && s->service.listen.n)
		r = PLAN_OP(p, LW_OP_LISTEN, &s->service.rec, "service.listen", .str = { lw_stage_listen_names(p) },
			    .num = { lw_stage_listen_count(p) });
	if (r >= 0)
		r = PLAN_OP(p, LW_OP_CAPSET, rec, "capabilities",
			    .num = { (int64_t)(set[LW_CAP_EFFECTIVE] & have), (int64_t)(set[LW_CAP_PERMITTED] & have),
				     (int64_t)(set[LW_CAP_INHERITABLE] & have) });
	if (r >= 0)
		r = PLAN_OP(p, LW_OP_AMBIENT, rec, "capabilities", .num = { (int64_t)(set[LW_CAP_AMBIENT] & have) });
	if (r >= 0 && s->no_new_privileges)
		r = PLAN_OP(p, LW_OP_NO_NEW_PRIVS, NULL, "no_new_privileges");
	return r;
}
