/* peeker.c: a payload that attacks whoever joins its sandbox, as runc was (CVE-2016-9962): it looks at every process
 * that appears, as fast as it can, and tries to reach its descriptors, its program, its directories, its memory, and to
 * trace it.
 *
 *   peeker STOP COMMAND     until STOP exists; says what it reached of one that was not yet COMMAND (a path), a line
 *                           each, and at the end how many newcomers it saw
 *
 * What COMMAND itself has is its own: a newcomer counts as long as its program is not to be told or another. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *command;

/* Its program is COMMAND, or it is gone: what was reached is nobody's secret. */
static int is_command(int pid)
{
	char path[64], exe[512];
	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	ssize_t n = readlink(path, exe, sizeof exe - 1);
	if (n < 0)
		return errno == ENOENT || errno == ESRCH;
	exe[n] = 0;
	return !strcmp(exe, command);
}

static void reached(int pid, const char *what)
{
	char line[256];
	if (is_command(pid))
		return;
	int n = snprintf(line, sizeof line, "reached %s\n", what);
	if (write(1, line, (size_t)n) < 0)
		exit(3);
}

static void peek_at(int pid, const char *name, int flags)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
	int fd = open(path, flags | O_CLOEXEC);
	if (fd >= 0) {
		reached(pid, name);
		close(fd);
	}
}

static void peek_at_descriptors(int pid)
{
	char name[32], path[64], to[256];
	for (int fd = 0; fd < 24; fd++) {
		snprintf(name, sizeof name, "fd/%d", fd);
		snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
		if (readlink(path, to, sizeof to) >= 0)
			reached(pid, name);
	}
}

static void look(int pid)
{
	int status;
	peek_at(pid, "exe", O_RDONLY);
	peek_at_descriptors(pid);
	peek_at(pid, "cwd", O_RDONLY | O_DIRECTORY);
	peek_at(pid, "root", O_RDONLY | O_DIRECTORY);
	peek_at(pid, "mem", O_RDWR);
	peek_at(pid, "environ", O_RDONLY);
	/* Seized, not attached: no signal stays behind that would stop the command itself. */
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) == 0) {
		reached(pid, "ptrace");
		ptrace(PTRACE_INTERRUPT, pid, 0, 0);
		waitpid(pid, &status, __WALL);
		ptrace(PTRACE_DETACH, pid, 0, 0);
	}
}

int main(int argc, char **argv)
{
	char line[64];
	int seen = 0, last = 0;
	if (argc != 3)
		return 2;
	command = argv[2];
	DIR *proc = opendir("/proc");
	if (!proc)
		return 3;
	while (access(argv[1], F_OK) < 0) {
		struct dirent *e;
		rewinddir(proc);
		while ((e = readdir(proc))) {
			int pid = atoi(e->d_name);
			if (pid <= 2 || is_command(pid))
				continue;
			seen += pid != last;
			last = pid;
			for (int i = 0; i < 20 && !is_command(pid); i++)
				look(pid);
		}
	}
	snprintf(line, sizeof line, "saw %d\n", seen);
	return write(1, line, strlen(line)) < 0;
}
