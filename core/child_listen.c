/* child_listen.c: see child_listen.h. Same rules as child.c: raw system calls, no allocation. */
#include "child_listen.h"
#include <string.h>
#include "init.h"
#include "sys.h"

/* The pid as it is inside, which nobody else knows before. */
static void write_pid(char **envp)
{
	static const char key[] = LW_LISTEN_PID "=";
	char digits[12], *at = NULL;
	size_t n = 0;
	for (; *envp && !at; envp++)
		if (!strncmp(*envp, key, sizeof key - 1))
			at = *envp + sizeof key - 1;
	if (!at || strlen(at) < strlen(LW_LISTEN_PID_ROOM))
		return; /* the profile's own */
	for (long pid = SYS(getpid); pid > 0; pid /= 10)
		digits[n++] = (char)('0' + pid % 10);
	while (n)
		*at++ = digits[--n];
	*at = '\0';
}

int lw_child_listen(struct lw_run *run)
{
	int base = run->last_step >= 0 ? LW_LAST_STEP_SYNC + 1 : 3, limit = base + run->n_listen;
	int *const own[] = { &run->sync, &run->ready_read, &run->last_step, &run->init_image };
	int high[LW_LISTEN_MAX];
	if (run->n_listen > LW_LISTEN_MAX)
		return -E2BIG;
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		if (*own[i] < 0 || *own[i] >= limit)
			continue;
		int fd = (int)SYS(fcntl, *own[i], F_DUPFD_CLOEXEC, limit);
		if (fd < 0)
			return fd;
		SYS(close, *own[i]);
		*own[i] = fd;
	}
	for (int i = 0; i < run->n_listen; i++) {
		high[i] = (int)SYS(fcntl, run->listen[i], F_DUPFD_CLOEXEC, limit);
		if (high[i] < 0)
			return high[i];
	}
	/* Those they came with; each is one of the copies' source by now, or will be overwritten. */
	for (int i = 0; i < run->n_listen; i++)
		if (run->listen[i] >= limit || run->listen[i] < base)
			SYS(close, run->listen[i]);
	for (int i = 0; i < run->n_listen; i++) {
		int r = (int)SYS(dup3, high[i], base + i, 0);
		if (r < 0)
			return r;
		SYS(close, high[i]);
	}
	write_pid(run->plan->envp);
	return 0;
}
