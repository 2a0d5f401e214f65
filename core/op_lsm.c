/* op_lsm.c: see op_lsm.h. The parser of AppArmor profiles is run by absolute path, with an empty environment, the text
 * as its standard input; removing a profile is one write. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/wait.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/text.h"
#include "op_lsm.h"
#include "sys.h"

#define PARSER "/usr/sbin/apparmor_parser"
#define REMOVE "/sys/kernel/security/apparmor/.remove"

/* The text with the id in every place of LW_PLAN_ID; malloc'ed. */
static char *with_id(const char *text, const char *id)
{
	struct lw_text t = { 0 };
	for (const char *at; (at = strstr(text, LW_PLAN_ID)); text = at + strlen(LW_PLAN_ID)) {
		lw_text_addn(&t, text, (size_t)(at - text));
		lw_text_add(&t, id);
	}
	lw_text_add(&t, text);
	if (t.failed)
		lw_text_done(&t);
	return t.buf;
}

static int text_file(const char *text)
{
	_cleanup_close_ int fd = memfd_create("lunward-profile", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : lw_write_full(fd, text, strlen(text));
	if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? r : TAKE_FD(fd);
}

static int spawn_parser(int in, int out, pid_t *ret)
{
	char *const argv[] = { (char[]){ PARSER }, (char[]){ "--replace" }, (char[]){ "--skip-cache" },
			       (char[]){ "--quiet" }, NULL };
	char *const envp[] = { NULL };
	posix_spawn_file_actions_t actions;
	int r = posix_spawn_file_actions_init(&actions);
	if (r)
		return -r;
	r = posix_spawn_file_actions_adddup2(&actions, in, 0);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&actions, out, 1);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&actions, out, 2);
	if (!r)
		r = posix_spawn(ret, PARSER, &actions, NULL, argv, envp);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* What the parser said, its last line: warnings come before the error. */
static void last_line(int fd, char *buf, size_t size)
{
	_cleanup_free_ char *text = NULL;
	size_t n = 0;
	buf[0] = '\0';
	if (lseek(fd, 0, SEEK_SET) < 0 || lw_read_all(fd, 65536, &text, &n) < 0)
		return;
	while (n && text[n - 1] == '\n')
		text[--n] = '\0';
	const char *line = strrchr(text, '\n');
	snprintf(buf, size, "%s", line ? line + 1 : text);
}

static int load(struct lw_run *run, struct lw_lsm_state *st, const char *id, const struct lw_op *op, struct lw_err *err)
{
	_cleanup_free_ char *name = with_id(op->str[0], id), *text = with_id(op->str[1], id);
	_cleanup_close_ int out = text_file(""), in = text ? text_file(text) : -ENOMEM;
	char said[200];
	pid_t parser;
	int status;
	if (!name || !text || in < 0 || out < 0)
		return lw_fail(err, -ENOMEM, "out of memory");
	int r = spawn_parser(in, out, &parser);
	if (r < 0) {
		lw_fail(err, r, "%s: %s", PARSER, strerror(-r));
		lw_err_hint(err, "install the package apparmor, or name a profile that is loaded");
		return r;
	}
	while (waitpid(parser, &status, 0) < 0)
		if (errno != EINTR)
			return lw_fail(err, -errno, "%s: %s", PARSER, strerror(errno));
	if (status) {
		last_line(out, said, sizeof said);
		lw_fail(err, -EINVAL, "loading the profile: %s", *said ? said : "refused");
		lw_err_hint(err, "`lunward export --format apparmor` prints it");
		return -EINVAL;
	}
	run->apparmor = st->profile = TAKE_PTR(name);
	return 0;
}

void lw_mcs_pair(uint32_t n, unsigned ret[static 2])
{
	unsigned c = 0;
	for (unsigned row = LW_MCS_CATEGORIES - 1; n >= row; row--, c++)
		n -= row;
	ret[0] = c;
	ret[1] = c + 1 + n;
}

/* As the leases of ids: a lock on a byte of one file, so that nothing is to be repaired after a crash. */
int lw_mcs_lease(int state_fd, char ret_level[static 24], int *ret_fd, struct lw_err *err)
{
	_cleanup_close_ int fd =
		openat(state_fd, "mcs", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
	uint32_t start = 0;
	unsigned pair[2];
	if (fd < 0)
		return lw_fail(err, -errno, "the lock file of categories: %s", strerror(errno));
	if (getrandom(&start, sizeof start, GRND_NONBLOCK) != sizeof start)
		start = (uint32_t)getpid() * UINT32_C(2654435761);
	for (uint32_t tried = 0; tried < LW_MCS_PAIRS; tried++) {
		uint32_t n = (start % LW_MCS_PAIRS + tried) % LW_MCS_PAIRS;
		struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = n, .l_len = 1 };
		if (fcntl(fd, F_OFD_SETLK, &lock) == 0) {
			lw_mcs_pair(n, pair);
			snprintf(ret_level, 24, "s0:c%u,c%u", pair[0], pair[1]);
			*ret_fd = TAKE_FD(fd);
			return 0;
		}
		if (errno != EAGAIN && errno != EACCES)
			return lw_fail(err, -errno, "locking categories: %s", strerror(errno));
	}
	return lw_fail(err, -ENOSPC, "no pair of categories is left");
}

int lw_lsm_host_apply(struct lw_run *run, struct lw_lsm_state *st, const char *id, const struct lw_op *op,
		      struct lw_err *err)
{
	if (op->kind == LW_OP_APPARMOR_LOAD)
		return load(run, st, id, op, err);
	int r = lw_mcs_lease(run->plan->pool.state_fd, run->level, &st->categories, err);
	st->leased = r >= 0;
	return r;
}

void lw_lsm_host_undo(struct lw_lsm_state *st)
{
	if (st->profile)
		(void)lw_write_file(REMOVE, st->profile);
	free(st->profile);
	st->profile = NULL;
	if (st->leased)
		lw_close_p(&st->categories);
	st->leased = false;
}
