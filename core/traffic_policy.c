/* traffic_policy.c: a sandbox's policy for its network's resolver: STATE/resolver/NETWORK/ID (core/resolver/policy.h
 * has its lines), and the resolver itself, which is started by whoever finds none. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "traffic_private.h"

#define READ_MS 3000

static void policy_text(const struct lw_traffic *f, const struct lw_nft_sandbox *s, struct lw_text *t)
{
	char buf[LW_EGRESS_TEXT_MAX], name[LW_DNS_NAME_MAX + 1];
	if (lw_dns_name_normalise(f->name, name) >= 0)
		lw_text_addf(t, "name %s\n", name);
	if (f->ip4.family)
		lw_text_addf(t, "ip %s\n", lw_ip_format_host(&f->ip4, buf));
	if (f->ip6.family)
		lw_text_addf(t, "ip %s\n", lw_ip_format_host(&f->ip6, buf));
	if (s->filter)
		lw_text_add(t, "filter\n");
	for (size_t i = 0; i < s->n_rules; i++) {
		int set = lw_nft_name_set(s->rules, s->n_rules, i);
		lw_egress_format(&s->rules[i], buf);
		if (set >= 0)
			lw_text_addf(t, "allow %d %s\n", set, buf);
		else
			lw_text_addf(t, "net %s\n", lw_ip_format(&s->rules[i].to, buf));
	}
	for (size_t i = 0; i < f->spec->dns.n; i++)
		lw_text_addf(t, "server %s\n", f->spec->dns.v[i]);
}

static int make_dir(int at, const char *name)
{
	if (mkdirat(at, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int network_dir(const struct lw_traffic *f, struct lw_err *err)
{
	int fd = -ENOENT;
	/* Whoever was the last may be taking it away. */
	for (int i = 0; i < 8 && fd == -ENOENT; i++) {
		_cleanup_close_ int top = make_dir(f->network->state_fd, LW_TRAFFIC_DIR);
		fd = top < 0 ? top : make_dir(top, f->network->name);
	}
	return fd < 0 ? lw_fail(err, fd, LW_TRAFFIC_DIR "/%s: %s", f->network->name, strerror(-fd)) : fd;
}

/* Under another name first, so that a reader has it whole. *ret_watch hears when it was read. */
static int put(int dir, const char *id, const struct lw_text *t, int *ret_watch)
{
	char temporary[80], path[60];
	snprintf(temporary, sizeof temporary, ".%.64s.tmp", id);
	_cleanup_close_ int fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600),
			    watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd < 0 || watch < 0 || t->failed)
		return fd < 0 || watch < 0 ? -errno : -ENOMEM;
	int r = lw_write_full(fd, t->buf, t->len);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (r >= 0 && inotify_add_watch(watch, path, IN_ATTRIB) < 0)
		r = -errno;
	if (r >= 0 && renameat(dir, temporary, dir, id) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(dir, temporary, 0);
	else
		*ret_watch = TAKE_FD(watch);
	return r;
}

/* Beside this program, or where such programs are installed. */
static int find_resolver(char ret[static PATH_MAX])
{
	static const char name[] = "lunward-resolver";
	ssize_t n = readlink("/proc/self/exe", ret, PATH_MAX - sizeof name);
	char *slash = n > 0 ? memrchr(ret, '/', (size_t)n) : NULL;
	if (slash)
		strcpy(slash + 1, name);
	if (slash && access(ret, X_OK) == 0)
		return 0;
	snprintf(ret, PATH_MAX, "%s/%s", LUNWARD_LIBEXEC, name);
	return access(ret, X_OK) < 0 ? -errno : 0;
}

/* One that is at work already is found by the new one, which then ends at once. */
static int start(const struct lw_traffic *f, struct lw_err *err)
{
	char state[PATH_MAX], program[PATH_MAX], dir[PATH_MAX + 80], table[LW_NFT_TABLE_MAX],
		four[LW_IP_MAX] = "-", six[LW_IP_MAX] = "-", line[sizeof err->msg] = "";
	char *envp[] = { NULL };
	const struct lw_traffic_network *n = f->network;
	_cleanup_close_ int said = memfd_create("resolver", MFD_CLOEXEC);
	posix_spawn_file_actions_t a;
	pid_t pid;
	int status;
	if (n->gateway4.family)
		lw_ip_format_host(&n->gateway4, four);
	if (n->gateway6.family)
		lw_ip_format_host(&n->gateway6, six);
	int r = lw_traffic_state_path(n->state_fd, state);
	if (r >= 0)
		r = find_resolver(program);
	if (r < 0)
		return lw_fail(err, r, "this build has no lunward-resolver, which networks need");
	snprintf(dir, sizeof dir, "%s/" LW_TRAFFIC_DIR "/%s", state, n->name);
	char *argv[] = { "lunward-resolver", dir, lw_traffic_table(n->state_fd, table), four, six, NULL };
	r = said < 0 ? errno : posix_spawn_file_actions_init(&a);
	if (!r) {
		r = posix_spawn_file_actions_adddup2(&a, said, 2);
		if (!r)
			r = posix_spawn(&pid, program, &a, NULL, argv, envp);
		posix_spawn_file_actions_destroy(&a);
	}
	if (r)
		return lw_fail(err, -r, "%s: %s", program, strerror(r));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return lw_fail(err, -errno, "%s: %s", program, strerror(errno));
	if (!status)
		return 0;
	ssize_t got = pread(said, line, sizeof line - 1, 0);
	line[got > 0 ? got : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return lw_fail(err, -EADDRINUSE, "%s", *line ? line : "the resolver ended, and does not say why");
}

/* Taking it, the resolver takes the right to write it away. */
static int wait_read(int dir, const char *id, int watch, struct lw_err *err)
{
	struct pollfd p = { watch, POLLIN, 0 };
	struct stat st;
	char event[512];
	do {
		if (fstatat(dir, id, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return lw_fail(err, -errno, "the policy is gone: %s", strerror(errno));
		if (!(st.st_mode & 0200))
			return 0;
	} while (poll(&p, 1, READ_MS) > 0 && read(watch, event, sizeof event) > 0);
	return lw_fail(err, -ETIMEDOUT, "the network's resolver does not answer");
}

int lw_traffic_policy_write(const struct lw_traffic *f, const struct lw_nft_sandbox *s, struct lw_err *err)
{
	_cleanup_(lw_text_done_p) struct lw_text t = { 0 };
	_cleanup_close_ int dir = network_dir(f, err), watch = -1;
	if (dir < 0)
		return dir;
	policy_text(f, s, &t);
	int r = put(dir, f->id, &t, &watch);
	if (r < 0)
		return lw_fail(err, r, LW_TRAFFIC_DIR "/%s: %s", f->network->name, strerror(-r));
	r = start(f, err);
	if (r >= 0)
		r = wait_read(dir, f->id, watch, err);
	if (r < 0)
		lw_traffic_policy_remove(f->network->state_fd, f->id);
	return r;
}

void lw_traffic_policy_remove(int state_fd, const char *id)
{
	int fd = openat(state_fd, LW_TRAFFIC_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	char name[400];
	if (!d)
		return;
	for (const struct dirent *e; (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof name, "%s/%.64s", e->d_name, id);
		(void)unlinkat(dirfd(d), name, 0);
		snprintf(name, sizeof name, "%s/.%.64s.tmp", e->d_name, id);
		(void)unlinkat(dirfd(d), name, 0);
		/* The network's own directory goes with its last one, and the resolver, which watches it, too. */
		(void)unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
	}
	closedir(d);
	(void)unlinkat(state_fd, LW_TRAFFIC_DIR, AT_REMOVEDIR);
}
