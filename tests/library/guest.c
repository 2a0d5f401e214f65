/* guest.c: a host program that is large, has threads, and watches what the library does to it: launches from many
 * threads at once, and afterwards everything of the process is as it was. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <lunward.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define THREADS 8
#define ROUNDS 3
#define HEAP ((size_t)250 << 20)

#define CHECK(what, yes) ((yes) ? (void)0 : (printf("line %d: %s\n", __LINE__, what), exit(1)))

static struct lw_host *host;
static volatile sig_atomic_t children;

static void on_child(int sig)
{
	(void)sig;
	children++;
}

static void die(const char *what, const struct lw_err *err)
{
	char line[1024];
	printf("%s: %s\n", what, lw_err_format(err, line, sizeof line));
	exit(1);
}

static struct lw_spec *spec_of(const char *name, const char *script)
{
	char text[512];
	struct lw_spec *s = NULL;
	struct lw_err err = { 0 };
	int n = snprintf(text, sizeof text, "{\"name\": \"%s\", \"command\": [\"/bin/sh\", \"-c\", \"%s\"]}", name,
			 script);
	if (lw_spec_from_json(text, (size_t)n, name, &s, &err) < 0)
		die("spec", &err);
	return s;
}

static void *work(void *arg)
{
	int number = (int)(intptr_t)arg;
	struct lw_err err = { 0 };
	for (int i = 0; i < ROUNDS; i++) {
		char name[32], script[64], got[16] = "";
		int out[2];
		struct lw_sandbox *box = NULL;
		struct lw_status status;
		snprintf(name, sizeof name, "thread-%d", number);
		snprintf(script, sizeof script, "echo %d; exit %d", number, number);
		struct lw_spec *s = spec_of(name, script);
		CHECK("pipe", pipe2(out, O_CLOEXEC) == 0);
		struct lw_launch_options o = { .stdio = (const int[]){ -1, out[1], out[1] },
					       .flags = LW_LAUNCH_UNIQUE_NAME };
		if (lw_launch(host, s, &o, &box, &err) < 0)
			die("launch", &err);
		lw_spec_free(s);
		close(out[1]);
		if (lw_sandbox_wait(box, 20 * 1000000, &status, &err) < 0)
			die("wait", &err);
		CHECK("the exit code is the command's", status.code == number);
		CHECK("the output came", read(out[0], got, sizeof got - 1) > 0 && atoi(got) == number);
		CHECK("and its end", read(out[0], got, sizeof got) == 0);
		close(out[0]);
		lw_sandbox_close(box);
	}
	return NULL;
}

static int descriptors(void)
{
	int n = 0;
	DIR *d = opendir("/proc/self/fd");
	while (d && readdir(d))
		n++;
	closedir(d);
	return n;
}

struct process {
	char cwd[4096];
	mode_t mask;
	sigset_t blocked;
	int fds;
	char **env;
};

static void look(struct process *p)
{
	memset(p, 0, sizeof *p);
	CHECK("getcwd", getcwd(p->cwd, sizeof p->cwd));
	p->mask = umask(0);
	umask(p->mask);
	pthread_sigmask(SIG_SETMASK, NULL, &p->blocked);
	p->fds = descriptors();
	p->env = environ;
}

int main(void)
{
	static char *heap;
	struct process before, after;
	struct lw_host_options o = { .state = getenv("LUNWARD_STATE"),
				     .cgroup_parent = getenv("LUNWARD_CGROUP_PARENT"),
				     .environ_ = environ,
				     .helpers = getenv("HELPERS") };
	struct lw_err err = { 0 };
	pthread_t thread[THREADS];
	struct sigaction seen = { .sa_handler = on_child }, now;

	heap = malloc(HEAP);
	CHECK("memory", heap);
	memset(heap, 1, HEAP);
	sigaction(SIGCHLD, &seen, NULL);
	signal(SIGPIPE, SIG_IGN);
	umask(027);
	look(&before);
	if (lw_host_probe(&o, &host, &err) < 0)
		die("host", &err);
	for (intptr_t i = 0; i < THREADS; i++)
		CHECK("thread", pthread_create(&thread[i], NULL, work, (void *)i) == 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	lw_host_free(host);
	look(&after);
	CHECK("no SIGCHLD came", children == 0);
	CHECK("there is no child", waitpid(-1, NULL, WNOHANG | __WALL) < 0 && errno == ECHILD);
	CHECK("working directory", !strcmp(before.cwd, after.cwd));
	CHECK("umask", before.mask == after.mask);
	CHECK("signal mask", !memcmp(&before.blocked, &after.blocked, sizeof before.blocked));
	CHECK("environment", before.env == after.env);
	CHECK("descriptors", before.fds == after.fds);
	sigaction(SIGCHLD, NULL, &now);
	CHECK("handler", now.sa_handler == on_child);
	printf("%d launches\n", THREADS * ROUNDS);
	return 0;
}
