/* main.c: lunward-supervisor, which `lunward start` executes: launches one sandbox, says that it runs or why not, and
 * watches it. Nothing of the caller's stays with it but the environment, for `inherit_env`. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "supervise/supervisor.h"
#include "sys.h"

/* Descriptors, terminal, session and directory of the caller. */
static int leave_caller(struct lw_err *err)
{
	int null = open("/dev/null", O_RDWR);
	if (null < 0 || setsid() < 0 || chdir("/") < 0)
		return lw_fail(err, -errno, "leaving the caller's session: %s", strerror(errno));
	for (int i = 0; i < 3; i++)
		if (dup2(null, i) < 0)
			return lw_fail(err, -errno, "a descriptor: %s", strerror(errno));
	for (int fd = LW_SUPERVISE_REPLY; fd < LW_SUPERVISE_INHERITED; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	umask(077);
	prctl(PR_SET_NAME, "lunward-super");
	/* What is freed goes back to the kernel, for it is not needed again for long. */
	mallopt(M_TRIM_THRESHOLD, 32768);
	mallopt(M_TOP_PAD, 0);
	return 0;
}

static json_t *read_request(struct lw_err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t n = 0;
	int r = lw_read_all(LW_SUPERVISE_REQUEST, LW_SUPERVISE_REQUEST_MAX, &text, &n);
	json_t *o = r < 0 ? NULL : json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(o)) {
		json_decref(o);
		r = r < 0 ? r : -EBADMSG;
		lw_fail(err, r, "the supervisor's request cannot be read: %s", strerror(-r));
		return NULL;
	}
	return o;
}

/* What was not handed over but was open: somebody's who executed whoever executed this. */
static void close_surplus(const json_t *request)
{
	if (!json_is_true(json_object_get(request, "owner")))
		close(LW_SUPERVISE_OWNER);
	for (int i = 0; i < 3; i++)
		if (lw_supervise_given(request, i) < 0)
			close(LW_SUPERVISE_STDIO + i);
}

static void answer(int r, const struct lw_err *err)
{
	/* An owner is told over its socket, and there is no pipe. */
	(void)!lw_write_full(LW_SUPERVISE_REPLY, &r, sizeof r);
	if (r < 0)
		(void)!lw_write_full(LW_SUPERVISE_REPLY, err, sizeof *err);
	close(LW_SUPERVISE_REPLY);
}

int main(int argc, char **argv)
{
	static struct sv s;
	struct lw_err err = { 0 };
	if (argc != 1 || fcntl(LW_SUPERVISE_REQUEST, F_GETFD) < 0) {
		fprintf(stderr, "%s: watches one sandbox; `lunward start` executes it\n", argv[0]);
		return 125;
	}
	int r = leave_caller(&err);
	json_t *request = r < 0 ? NULL : read_request(&err);
	close(LW_SUPERVISE_REQUEST);
	int64_t n = json_integer_value(json_object_get(request, "inherited"));
	SYS(close_range, LW_SUPERVISE_INHERITED + (n > 0 && n <= LW_LISTEN_MAX ? n : 0), ~0U, 0);
	bool asked = request != NULL;
	if (asked)
		close_surplus(request);
	if (asked)
		r = sv_begin(&s, request, &err);
	else if (r >= 0)
		r = -EINVAL;
	json_decref(request);
	answer(r, &err);
	malloc_trim(0);
	if (r >= 0)
		sv_run(&s);
	if (asked)
		sv_end(&s, r < 0 ? &err : NULL);
	return 0;
}
