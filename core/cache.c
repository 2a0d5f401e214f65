/* cache.c: see cache.h. Knows nothing of what it keeps. */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "base/cleanup.h"
#include "base/dir.h"
#include "base/fdio.h"
#include "base/sha256.h"
#include "sys.h"

#define STALE_SECONDS 60

struct header {
	char magic[8];
	uint8_t key[32];
	uint64_t n;
	uint8_t digest[32]; /* of the n bytes */
};
static const char magic[8] = "lwcache1";

static void digest(const void *p, size_t n, uint8_t ret[32])
{
	struct lw_sha256 c;
	lw_sha256_init(&c);
	lw_sha256_add(&c, p, n);
	lw_sha256_end(&c, ret);
}

static void file_name(const char *kind, const uint8_t key[32], char ret[96])
{
	char hex[65];
	lw_sha256_hex(key, hex);
	snprintf(ret, 96, "%s/%s", kind, hex);
}

/* Beneath the state directory, through no link. Kernels before 5.6 lack openat2: then the last component alone is
 * guarded, which is enough in a directory nobody else can write. */
static int open_beneath(int state_fd, const char *name, int flags)
{
	int fd = sys_openat2(state_fd, name, (uint64_t)flags, flags & O_CREAT ? 0600 : 0,
			     RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd == -ENOSYS) {
		fd = openat(state_fd, name, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			fd = -errno;
	}
	return fd;
}

int lw_cache_get(int state_fd, const char *kind, const uint8_t key[32], size_t max, char **ret, size_t *ret_n)
{
	struct header head;
	char name[96];
	uint8_t sum[32];
	file_name(kind, key, name);
	_cleanup_close_ int fd = open_beneath(state_fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || read(fd, &head, sizeof head) != (ssize_t)sizeof head ||
	    memcmp(head.magic, magic, sizeof magic) != 0 || memcmp(head.key, key, 32) != 0 || head.n > max)
		return 0;
	/* One byte more shows a file that is too long. */
	_cleanup_free_ char *data = malloc((size_t)head.n + 1);
	if (!data || read(fd, data, (size_t)head.n + 1) != (ssize_t)head.n)
		return 0;
	digest(data, (size_t)head.n, sum);
	if (memcmp(sum, head.digest, sizeof sum) != 0)
		return 0;
	data[head.n] = 0;
	*ret_n = (size_t)head.n;
	*ret = TAKE_PTR(data);
	return 1;
}

static int by_time(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* Entries nobody asks for any more would stay for ever; all of them can be made again. The older half goes. */
static void keep_small(int state_fd, const char *kind)
{
	_cleanup_(lw_closedir_p) DIR *dir = lw_opendir_at(state_fd, kind);
	int fd = dir ? dirfd(dir) : -1;
	int64_t made[LW_CACHE_ENTRIES];
	size_t n = 0;
	struct dirent *e;
	struct stat st;
	while (dir && n < LW_CACHE_ENTRIES && (e = readdir(dir)))
		if (e->d_name[0] != '.' && fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			made[n++] = st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
	if (n == LW_CACHE_ENTRIES) {
		qsort(made, n, sizeof *made, by_time);
		rewinddir(dir);
		while ((e = readdir(dir)))
			if (e->d_name[0] != '.' && fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			    st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec <= made[n / 2])
				(void)unlinkat(fd, e->d_name, 0);
	}
}

/* A new file beside the final name. One left by a writer that was killed is taken away once it is old. */
static int open_new(int state_fd, const char *kind, const char *name)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL;
	int fd = open_beneath(state_fd, name, flags);
	if (fd == -ENOENT) {
		if (mkdirat(state_fd, kind, 0700) < 0 && errno != EEXIST)
			return -errno;
		fd = open_beneath(state_fd, name, flags);
	}
	if (fd == -EEXIST) {
		struct stat st;
		struct timespec now;
		if (fstatat(state_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || clock_gettime(CLOCK_REALTIME, &now) < 0)
			return -errno;
		if (now.tv_sec - st.st_mtim.tv_sec < STALE_SECONDS && now.tv_sec >= st.st_mtim.tv_sec)
			return -EEXIST; /* another launch is writing the same */
		if (unlinkat(state_fd, name, 0) < 0)
			return -errno;
		fd = open_beneath(state_fd, name, flags);
	}
	return fd;
}

int lw_cache_put(int state_fd, const char *kind, const uint8_t key[32], const void *data, size_t n)
{
	struct header head = { .n = n };
	char name[96], temporary[100];
	memcpy(head.magic, magic, sizeof magic);
	memcpy(head.key, key, sizeof head.key);
	digest(data, n, head.digest);
	file_name(kind, key, name);
	snprintf(temporary, sizeof temporary, "%s.new", name);
	keep_small(state_fd, kind);
	_cleanup_close_ int fd = open_new(state_fd, kind, temporary);
	if (fd < 0)
		return fd;
	int r = lw_write_full(fd, &head, sizeof head);
	if (r == 0)
		r = lw_write_full(fd, data, n);
	if (r == 0 && renameat(state_fd, temporary, state_fd, name) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(state_fd, temporary, 0);
	return r;
}

/* A name that is being written. Whoever writes it right now stores nothing this time, which a caller may ignore. */
static bool is_new(const char *name)
{
	return strlen(name) == 68 && strspn(name, "0123456789abcdef") == 64 && !strcmp(name + 64, ".new");
}

static unsigned tidy_kind(int state_fd, const char *kind)
{
	_cleanup_(lw_closedir_p) DIR *dir = lw_opendir_at(state_fd, kind);
	struct dirent *e;
	unsigned n = 0;
	while (dir && (e = readdir(dir)))
		n += is_new(e->d_name) && unlinkat(dirfd(dir), e->d_name, 0) == 0;
	return n;
}

unsigned lw_cache_tidy(int state_fd)
{
	_cleanup_(lw_closedir_p) DIR *dir = lw_opendir_at(state_fd, ".");
	struct dirent *e;
	unsigned n = 0;
	while (dir && (e = readdir(dir)))
		n += e->d_name[0] != '.' ? tidy_kind(state_fd, e->d_name) : 0;
	return n;
}
