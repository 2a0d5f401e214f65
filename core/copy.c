/* copy.c: see copy.h. One side is this process, with the caller's rights; the other is inside (core/inside.h), with
 * those of root inside, so that neither can be led to what it could not reach by itself (CVE-2018-15664). */
#include "copy.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "base/cleanup.h"

struct side {
	int sock;
	const char *path, *name;
	uint64_t max;
};

static int send_from_inside(int root, int proc_fds, void *arg, int *ret_step)
{
	const struct side *s = arg;
	struct lw_copied done = { 0 };
	(void)proc_fds;
	(void)ret_step;
	return lw_copy_send(&(struct lw_copy_end){ root, s->path }, s->sock, &done);
}

static int receive_inside(int root, int proc_fds, void *arg, int *ret_step)
{
	const struct side *s = arg;
	struct lw_copied done = { 0 };
	(void)proc_fds;
	(void)ret_step;
	return lw_copy_receive(&(struct lw_copy_end){ root, s->path }, s->name, s->sock, s->max, &done);
}

/* What a copy into a directory is called: the last name, or "" for what is in it. */
static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 ? name : "";
}

static int words(struct lw_err *err, int r, const char *path, const char *to, int64_t max)
{
	if (r == -EFBIG) {
		lw_fail(err, r, "more than %lld bytes", (long long)max);
		lw_err_hint(err, "what is copied is chosen inside; --max-size allows more");
		return r;
	}
	if (r == -E2BIG) {
		lw_fail(err, r, "more than %llu files, directories and links",
			(unsigned long long)lw_copy_things((uint64_t)max));
		lw_err_hint(err, "what is copied is chosen inside; with a greater --max-size there may be more of it");
		return r;
	}
	lw_fail(err, r, "'%s' to '%s': %s", path, to, strerror(-r));
	if (r == -ELOOP)
		lw_err_hint(err, "directories nested too deep, or a link that leads out by way of /proc");
	else if (r == -EROFS)
		lw_err_hint(err, "that place is read-only inside");
	else if (r == -EPROTO)
		lw_err_hint(err, "what came from inside makes no sense");
	return r;
}

static int begin(const struct lw_inside *in, int (*run)(int, int, void *, int *), struct side *inside,
		 struct lw_inside_run *ret, int *ret_sock, struct lw_err *err)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return lw_fail(err, -errno, "socketpair: %s", strerror(errno));
	inside->sock = pair[1];
	struct lw_inside_act a = { .run = run, .arg = inside, .fds = { pair[1], -1, -1 } };
	int r = lw_inside_begin(in, &a, ret);
	close(pair[1]);
	if (r < 0) {
		close(pair[0]);
		return lw_fail(err, r, "joining the sandbox: %s", strerror(-r));
	}
	*ret_sock = pair[0];
	return 0;
}

int lw_copy_out(const struct lw_inside *in, const char *from, const char *to, int64_t max, struct lw_copied *ret,
		struct lw_err *err)
{
	struct side inside = { .path = from };
	struct lw_inside_run run;
	int sock = -1, step, r = begin(in, send_from_inside, &inside, &run, &sock, err);
	if (r < 0)
		return r;
	r = lw_copy_receive(&(struct lw_copy_end){ -1, to }, last_name(from), sock, (uint64_t)max, ret);
	close(sock);
	int there = lw_inside_wait(&run, &step);
	/* A stream that broke off: the other side knows why. */
	if (r == -ECONNRESET && there < 0)
		r = there;
	return r < 0 ? words(err, r, from, to, max) : 0;
}

int lw_copy_in(const struct lw_inside *in, const char *from, const char *to, int64_t max, struct lw_copied *ret,
	       struct lw_err *err)
{
	struct side inside = { .path = to, .name = last_name(from), .max = (uint64_t)max };
	struct lw_inside_run run;
	int sock = -1, step, r = begin(in, receive_inside, &inside, &run, &sock, err);
	if (r < 0)
		return r;
	r = lw_copy_send(&(struct lw_copy_end){ -1, from }, sock, ret);
	close(sock);
	int there = lw_inside_wait(&run, &step);
	if (there < 0)
		r = there;
	return r < 0 ? words(err, r, from, to, max) : 0;
}
