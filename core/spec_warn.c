/* spec_warn.c: what a spec may say but a person should know about. A warning never changes what happens; what must not
 * happen is an error in spec_check.c. */
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include "base/cleanup.h"
#include "spec_codec.h"
#include "tables/proc_masks.h"

struct warner {
	const struct lw_spec *s;
	lw_warn_fn *fn;
	void *arg;
};

static void warn(const struct warner *w, const struct lw_rec *rec, const char *path, const char *msg)
{
	w->fn(w->arg, rec->origin.file ? rec->origin : w->s->rec.origin, path, msg);
}

static bool is_root(const struct lw_user *u)
{
	return u->name ? strcmp(u->name, "root") == 0 : u->uid == 0;
}

static void warn_root(const struct warner *w)
{
	const struct lw_spec *s = w->s;

	if (s->namespaces.mode[LW_NS_USER] == LW_NS_HOST && is_root(&s->user))
		warn(w, &s->user.rec, "user",
		     "the command runs as the host's uid 0: set user = \"nobody\" or leave namespaces.user \"new\"");
	for (size_t i = 0; s->ids.mode == LW_IDS_EXPLICIT && i < s->ids.uid.n; i++)
		if (s->ids.uid.v[i].outside == 0)
			warn(w, &s->ids.rec, "ids.uid", "the host's uid 0 is mapped: its files are the sandbox's too");
	if (s->ids.mode == LW_IDS_IDENTITY)
		warn(w, &s->ids.rec, "ids",
		     "\"identity\": uid 0 inside is the host's, whose files are the sandbox's too; \"auto\" gives it "
		     "none");
	if (s->ids.mode == LW_IDS_ROOT_ONLY)
		warn(w, &s->ids.rec, "ids",
		     "\"root-only\": from uid 3 on everybody is who they are on the host, and root inside may become "
		     "any of them");
}

static void warn_seccomp(const struct warner *w)
{
	if (w->s->seccomp.base == LW_SECCOMP_UNCONFINED)
		warn(w, &w->s->seccomp.rec, "seccomp",
		     "unconfined: every system call of the host's kernel is in reach; use seccomp.default");
	if (!w->s->no_new_privileges)
		warn(w, &w->s->rec, "no_new_privileges", "false: set-user-ID programs inside can gain privileges");
}

/* Capabilities with which a sandbox is one in name only, and when. */
static const struct {
	int cap;
	bool host_network; /* only together with the host's network */
	const char *why;
} risky_caps[] = {
	{ CAP_SYS_ADMIN, false, "SYS_ADMIN is close to root: mounts, namespaces and much of the kernel" },
	{ CAP_SYS_MODULE, false, "SYS_MODULE loads code into the host's kernel" },
	{ CAP_SYS_PTRACE, false, "SYS_PTRACE reads and writes other processes' memory" },
	{ CAP_SYS_RAWIO, false, "SYS_RAWIO reaches the machine's ports and memory" },
	{ CAP_DAC_READ_SEARCH, false, "DAC_READ_SEARCH opens any file of a file system by handle (open_by_handle_at)" },
	{ CAP_NET_ADMIN, true, "NET_ADMIN on the host's network changes its interfaces, routes and filters" },
};

static void warn_capabilities(const struct warner *w)
{
	const struct lw_spec *s = w->s;
	const uint64_t *set = s->capabilities.set;

	for (size_t i = 0; i < ARRAY_LEN(risky_caps); i++)
		if ((set[LW_CAP_BOUNDING] >> risky_caps[i].cap & 1) &&
		    (!risky_caps[i].host_network || s->network.kind == LW_NET_HOST))
			warn(w, &s->capabilities.rec, "capabilities", risky_caps[i].why);
	if (lw_is_set(&s->rec, LW_KEY_CAPABILITIES) && !is_root(&s->user) && set[LW_CAP_PERMITTED] &&
	    !set[LW_CAP_AMBIENT])
		warn(w, &s->capabilities.rec, "capabilities",
		     "a user other than root loses them at exec: name those to keep in `ambient`");
}

static void warn_mounts(const struct warner *w)
{
	static const char *const precious[] = { "/", "/etc", "/usr", "/boot", "/dev", "/proc", "/sys" };
	char path[64], msg[160];

	for (size_t i = 0; i < w->s->mounts.n; i++) {
		const struct lw_mount *m = &w->s->mounts.v[i];
		if (m->kind != LW_MOUNT_BIND || !m->writable)
			continue;
		if (m->chown && (w->s->ids.mode == LW_IDS_AUTO || w->s->ids.mode == LW_IDS_SINGLE)) {
			snprintf(path, sizeof(path), "mounts[%zu].chown", i);
			warn(w, &m->rec, path,
			     "as root the sandbox has other ids in every run, so every start changes every file; fixed "
			     "ids "
			     "or idmap do not");
		}
		for (size_t k = 0; k < ARRAY_LEN(precious); k++) {
			size_t n = strlen(precious[k]);
			/* The directory itself, or (but for "/") something in it. */
			if (strncmp(m->source, precious[k], n) != 0 ||
			    (m->source[n] && (n == 1 || m->source[n] != '/')))
				continue;
			snprintf(path, sizeof(path), "mounts[%zu]", i);
			snprintf(msg, sizeof(msg), "a writable bind of \"%.80s\": the sandbox can change the host",
				 m->source);
			warn(w, &m->rec, path, msg);
		}
	}
}

/* A file of the host's that only root may read and that lies in the directory, or NULL. */
static const char *secret_in(const char *dir)
{
	size_t n = strlen(dir);

	for (const char *const *p = lw_host_secrets; *p; p++)
		if (!strncmp(*p, dir, n) && (n == 1 || (*p)[n] == '/'))
			return *p;
	return NULL;
}

static void warn_idmap(const struct warner *w, const struct lw_rec *rec, const char *path, const char *dir)
{
	const char *secret = secret_in(dir);
	char msg[200];

	if (!secret)
		return;
	snprintf(msg, sizeof(msg),
		 "idmap: when root runs it, root inside may read there what only root may (%s); mask it, or set idmap "
		 "= false",
		 secret);
	warn(w, rec, path, msg);
}

/* With idmap the owners inside are those outside, by number. For an overlay that is the default. */
static void warn_idmaps(const struct warner *w)
{
	const struct lw_root *root = &w->s->root;
	char path[64];

	if (root->kind == LW_ROOT_DIR && root->path && root->overlay.on && root->overlay.idmap)
		warn_idmap(w, &root->rec, "root.overlay", root->path);
	for (size_t i = 0; i < w->s->mounts.n; i++) {
		const struct lw_mount *m = &w->s->mounts.v[i];
		snprintf(path, sizeof(path), "mounts[%zu]", i);
		if (m->idmap && (m->kind == LW_MOUNT_BIND || m->kind == LW_MOUNT_OVERLAY))
			warn_idmap(w, &m->rec, path, m->source);
	}
}

/* True when the scope is set, but not to this. */
static bool unscoped(const struct lw_landlock *l, const char *word)
{
	for (size_t i = 0; i < l->list[LW_LANDLOCK_SCOPE].n; i++)
		if (!strcmp(l->list[LW_LANDLOCK_SCOPE].v[i], word))
			return false;
	return lw_is_set(&l->rec, LW_LANDLOCK_SCOPE);
}

static void warn_network(const struct warner *w)
{
	const struct lw_landlock *l = &w->s->landlock;

	if (w->s->network.kind != LW_NET_HOST)
		return;
	warn(w, &w->s->rec, "network", "\"host\": everything on the host's loopback stays reachable");
	if (unscoped(l, "abstract_unix_socket"))
		warn(w, &l->rec, "landlock.scope",
		     "without \"abstract_unix_socket\" the host's abstract sockets stay reachable");
}

static void warn_pid(const struct warner *w)
{
	const struct lw_landlock *l = &w->s->landlock;

	if (w->s->namespaces.mode[LW_NS_PID] == LW_NS_HOST && unscoped(l, "signal"))
		warn(w, &l->rec, "landlock.scope",
		     "without \"signal\" processes outside stay in reach: without root, all of the caller's");
}

static void warn_privileged(const struct warner *w)
{
	if (w->s->privileged)
		warn(w, &w->s->rec, "privileged",
		     "every capability and every device of the host: name what is needed in capabilities and devices");
	for (size_t i = 0; i < w->s->devices.n && !w->s->privileged; i++)
		if (strcmp(w->s->devices.v[i].source, "/dev") == 0)
			warn(w, &w->s->devices.v[i].rec, "devices",
			     "every device of the host, its disks among them: name those that are needed");
}

static void warn_terminal(const struct warner *w)
{
	if (w->s->terminal == LW_TERMINAL_NEVER)
		warn(w, &w->s->rec, "terminal", "false: the caller's terminal stays in reach of the command");
}

void lw_spec_warnings(const struct lw_spec *s, lw_warn_fn *fn, void *arg)
{
	static void (*const table[])(const struct warner *) = { warn_root,       warn_seccomp, warn_capabilities,
								warn_mounts,     warn_network, warn_terminal,
								warn_privileged, warn_idmaps,  warn_pid };
	struct warner w = { s, fn, arg };

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		table[i](&w);
}
