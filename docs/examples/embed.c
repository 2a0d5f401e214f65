/* embed.c: a sandbox inside an event loop that is the program's own: its end and its output are descriptors among
 * others. cc embed.c $(pkg-config --cflags --libs lunward) && ./a.out web.lua */
#include <lunward.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

static int fail(const struct lw_err *err)
{
	char line[1024];
	fprintf(stderr, "embed: %s\n", lw_err_format(err, line, sizeof line));
	return 125;
}

/* Copies what is there; -1 at the end. */
static int copy(int fd)
{
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof buf);
	return n > 0 && fwrite(buf, 1, (size_t)n, stdout) == (size_t)n ? fd : -1;
}

static int loop(struct lw_sandbox *box, int output)
{
	struct lw_status status;
	struct lw_err err = { 0 };
	int from = output, events = 0;
	while (from >= 0 || !(events & LW_EVENT_ENDED)) {
		struct pollfd fds[] = {
			{ .fd = events & LW_EVENT_ENDED ? -1 : lw_sandbox_pollfd(box), .events = POLLIN },
			{ .fd = from, .events = POLLIN },
		};
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents)
			from = copy(from);
		if (fds[0].revents && (events = lw_sandbox_step(box, &err)) < 0)
			return fail(&err);
	}
	if (lw_sandbox_wait(box, 0, &status, &err) < 0)
		return fail(&err);
	fprintf(stderr, "%s: exit code %d after %.3f s\n", lw_sandbox_name(box), status.code, status.wall_seconds);
	return status.code;
}

int main(int argc, char **argv)
{
	struct lw_host_options options = { .state = getenv("LUNWARD_STATE"),
					   .xdg_runtime_dir = getenv("XDG_RUNTIME_DIR"),
					   .environ_ = environ };
	struct lw_host *host = NULL;
	struct lw_spec *spec = NULL;
	struct lw_sandbox *box = NULL;
	struct lw_err err = { 0 };
	int out[2], code = 0;

	if (argc != 2 || pipe(out) < 0) {
		fprintf(stderr, "usage: %s PROFILE\n", argv[0]);
		return 125;
	}
	struct lw_launch_options launch = { .stdio = (const int[]){ -1, out[1], 2 } };
	if (lw_host_probe(&options, &host, &err) < 0 || lw_spec_from_profile(host, argv[1], NULL, &spec, &err) < 0 ||
	    lw_launch(host, spec, &launch, &box, &err) < 0)
		code = fail(&err);
	close(out[1]); /* ours: the pipe ends with the sandbox */
	if (box)
		code = loop(box, out[0]);
	lw_sandbox_close(box);
	lw_spec_free(spec);
	lw_host_free(host);
	close(out[0]);
	return code;
}
