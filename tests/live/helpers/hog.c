/* hog.c: takes more than its share, and says how much it got.
 *
 *   hog memory MIB          touches so much memory, then prints "touched"
 *   hog tasks MAX           forks until that fails or MAX are there; prints how many there were
 *   hog bytes DIR MAX_MIB   fills a file in DIR; prints its MiB and the error that ended it
 *   hog files DIR MAX       makes files in DIR; prints how many and the error that ended it */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB (1L << 20)

static int memory(long mib)
{
	char *p = mmap(NULL, (size_t)(mib * MIB), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return 1;
	for (long i = 0; i < mib * MIB; i += 4096)
		p[i] = 1;
	puts("touched");
	return 0;
}

static int tasks(long max)
{
	pid_t *child = calloc((size_t)max, sizeof *child);
	long n = 0;
	while (child && n < max && (child[n] = fork()) >= 0)
		if (child[n++] == 0)
			for (;;)
				pause();
	int e = errno;
	printf("%ld %s\n", n, n < max ? strerrorname_np(e) : "all");
	for (long i = 0; i < n; i++)
		kill(child[i], SIGKILL);
	return 0;
}

static int bytes(const char *dir, long max)
{
	static char block[MIB];
	long n = 0;
	int fd = chdir(dir) < 0 ? -1 : open("hog", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	memset(block, 1, sizeof block);
	while (fd >= 0 && n < max && write(fd, block, sizeof block) == MIB)
		n++;
	printf("%ld %s\n", n, n < max ? strerrorname_np(errno ? errno : ENOSPC) : "all");
	unlink("hog");
	return 0;
}

static int files(const char *dir, long max)
{
	char name[32];
	long n = 0;
	if (chdir(dir) < 0)
		return 1;
	for (; n < max; n++) {
		snprintf(name, sizeof name, "hog%ld", n);
		int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			break;
		close(fd);
	}
	printf("%ld %s\n", n, n < max ? strerrorname_np(errno) : "all");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "memory"))
		return memory(atol(argv[2]));
	if (argc == 3 && !strcmp(argv[1], "tasks"))
		return tasks(atol(argv[2]));
	if (argc == 4 && !strcmp(argv[1], "bytes"))
		return bytes(argv[2], atol(argv[3]));
	if (argc == 4 && !strcmp(argv[1], "files"))
		return files(argv[2], atol(argv[3]));
	return 2;
}
