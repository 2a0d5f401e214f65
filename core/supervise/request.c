/* request.c: starting a supervisor. See request.h. */
#include "supervise/request.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "plan.h"
#include "schema.h"
#include "spawn_apart.h"

static int write_request(const json_t *request, struct lw_err *err)
{
	_cleanup_free_ char *text = json_dumps(request, JSON_COMPACT);
	_cleanup_close_ int fd = text ? memfd_create("lunward-request", MFD_CLOEXEC) : -1;
	if (!text)
		return lw_fail(err, -ENOMEM, "out of memory");
	int r = fd < 0 ? -errno : lw_write_full(fd, text, strlen(text));
	if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? lw_fail(err, r, "the supervisor's request: %s", strerror(-r)) : TAKE_FD(fd);
}

json_t *lw_supervise_request(const struct lw_host *h, const struct lw_spec *s, const char *id, const char *unpacker)
{
	json_t *spec = lw_spec_to_json(s);
	if (!spec)
		return NULL;
	return json_pack("{s:s,s:s,s:s?,s:s?,s:s?,s:b,s:o,s:{s:s,s:s}}", "id", id, "state", h->state_dir,
			 "cgroup_parent", h->cgroup_parent, "unpacker", unpacker, "name", s->name, "privileged",
			 s->privileged, "spec", spec, "profile", "path", s->profile_path, "sha256", s->profile_sha256);
}

int lw_supervise_given(const json_t *request, int i)
{
	const json_t *stdio = json_object_get(request, "stdio");
	return json_is_true(json_array_get(stdio, (size_t)i)) ? LW_SUPERVISE_STDIO + i : -1;
}

int lw_supervise_spawn(const char *program, char *const envp[], int state_fd, const json_t *request,
		       const struct lw_supervise_fds *fds, int *ret_pidfd, struct lw_err *err)
{
	static char *const argv[] = { (char *)LW_SUPERVISOR, NULL }, *const none[] = { NULL };
	_cleanup_close_ int file = write_request(request, err);
	if (file < 0)
		return file;
	int all[LW_SUPERVISE_INHERITED - LW_SUPERVISE_REPLY + LW_LISTEN_MAX] = { fds->reply, state_fd, file,
										 fds->owner };
	unsigned n = LW_SUPERVISE_STDIO - LW_SUPERVISE_REPLY;
	for (int i = 0; i < 3; i++)
		all[n++] = fds->stdio ? fds->stdio[i] : -1;
	for (int i = 0; fds->inherited && i < fds->inherited->n; i++)
		all[n++] = fds->inherited->fd[i];
	return lw_spawn_apart(program, argv, envp ? envp : none, all, n, ret_pidfd, err);
}

int lw_supervise_begin(const char *program, int state_fd, json_t *request, const struct lw_sockets *inherited,
		       int *ret_fd, struct lw_err *err)
{
	int pipe[2], n = inherited ? inherited->n : 0;
	if (n) {
		json_object_set_new(request, "inherited", json_integer(n));
		json_object_set_new(request, "inherited_names", json_string(inherited->names));
	}
	if (pipe2(pipe, O_CLOEXEC) < 0)
		return lw_fail(err, -errno, "pipe: %s", strerror(errno));
	const struct lw_supervise_fds fds = { .reply = pipe[1], .owner = -1, .inherited = inherited };
	int r = lw_supervise_spawn(program, environ, state_fd, request, &fds, NULL, err);
	close(pipe[1]);
	if (r < 0)
		close(pipe[0]);
	else
		*ret_fd = pipe[0];
	return r;
}

int lw_supervise_answer(int fd, struct lw_err *err)
{
	struct lw_err said;
	int r, n = lw_read_full(fd, &r, sizeof r);
	if (n == -EPIPE)
		return lw_fail(err, -ECHILD, "the supervisor ended without saying why (was it killed?)");
	if (n < 0)
		return lw_fail(err, n, "what the supervisor says cannot be read: %s", strerror(-n));
	if (r >= 0)
		return r;
	if (lw_read_full(fd, &said, sizeof said) < 0)
		return lw_fail(err, r, "starting " LW_SUPERVISOR ": %s", strerror(-r));
	*err = said;
	return r;
}
