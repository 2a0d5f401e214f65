/* replay.c: gives every file of a corpus to one fuzz target, so that inputs that once broke something are ordinary
 * tests in every build. Arguments are files or directories; knows nothing about what the target parses.
 * An empty corpus is an error: a replay of nothing would pass whatever is broken. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_fd(int fd, const struct stat *st)
{
	/* Exactly as large as the input, so that AddressSanitizer sees one byte too far. */
	size_t size = (size_t)st->st_size, done = 0;
	_cleanup_free_ uint8_t *data = malloc(size ? size : 1);
	if (!data)
		return -ENOMEM;
	while (done < size) {
		ssize_t n = read(fd, data + done, size - done);
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += (size_t)n;
	}
	LLVMFuzzerTestOneInput(data, size);
	return 0;
}

/* Number of inputs replayed, or negative errno. */
static int replay_path(int dirfd, const char *path)
{
	_cleanup_close_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode)) {
		int r = replay_fd(fd, &st);
		return r < 0 ? r : 1;
	}
	DIR *dir = fdopendir(fcntl(fd, F_DUPFD_CLOEXEC, 0));
	if (!dir)
		return -errno;
	int count = 0;
	for (struct dirent *e = readdir(dir); e && count >= 0; e = readdir(dir)) {
		if (e->d_name[0] == '.')
			continue;
		int r = replay_path(fd, e->d_name);
		if (r < 0)
			fprintf(stderr, "%s/%s: %s\n", path, e->d_name, strerror(-r));
		count = r < 0 ? r : count + r;
	}
	closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	int total = 0;
	for (int i = 1; i < argc; i++) {
		int r = replay_path(AT_FDCWD, argv[i]);
		if (r < 0) {
			fprintf(stderr, "%s: %s\n", argv[i], strerror(-r));
			return 1;
		}
		total += r;
	}
	if (!total) {
		fprintf(stderr, "usage: %s CORPUS...: no input found\n", argv[0]);
		return 2;
	}
	printf("%d inputs replayed\n", total);
	return 0;
}
