/* seccomp_cache.c: finished filters in the state directory, one file each, named by the digest of everything they
 * depend on. The directory is ours alone (0700), so the digest inside guards against damage, not against an enemy; a
 * program is still checked for form before it is used. Knows nothing of policies but how to digest one. */
#include "seccomp_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/sha256.h"
#include "sys.h"

#define DIRECTORY "seccomp"
#define STALE_SECONDS 60

struct header {
	char magic[8];
	uint8_t key[32];
	uint32_t format, n;
	uint8_t digest[32]; /* of the n instructions */
};
static const char magic[8] = "lwfilter";
#define FORMAT 1

static void add_number(struct lw_sha256 *c, uint64_t v)
{
	lw_sha256_add(c, &v, sizeof v);
}

static void add_text(struct lw_sha256 *c, const char *s)
{
	lw_sha256_add(c, s, strlen(s) + 1);
}

static void add_list(struct lw_sha256 *c, const struct lw_strlist *l)
{
	add_number(c, l->n);
	for (size_t i = 0; i < l->n; i++)
		add_text(c, l->v[i]);
}

void lw_seccomp_key(const struct lw_seccomp *p, uint64_t caps, uint8_t ret[32])
{
	struct lw_sha256 c;
	lw_sha256_init(&c);
	add_text(&c, "lunward filter");
	add_number(&c, FORMAT);
	add_number(&c, LW_SECCOMP_TABLES);
	add_text(&c, lw_abi_native.name);
	add_text(&c, lw_seccomp_library);
	add_number(&c, caps);
	add_number(&c, (uint64_t)p->base);
	add_number(&c, p->n_rules);
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct lw_seccomp_rule *rule = &p->rules[i];
		add_number(&c, (uint64_t)rule->action);
		add_number(&c, rule->action == LW_SECCOMP_ERRNO ? (uint64_t)rule->errno_value : 0);
		add_list(&c, &rule->names);
	}
	add_list(&c, &p->architectures);
	lw_sha256_end(&c, ret);
}

static void digest(const struct sock_filter *insns, unsigned n, uint8_t ret[32])
{
	struct lw_sha256 c;
	lw_sha256_init(&c);
	lw_sha256_add(&c, insns, n * sizeof *insns);
	lw_sha256_end(&c, ret);
}

static void file_name(const uint8_t key[32], char ret[96])
{
	char hex[65];
	lw_sha256_hex(key, hex);
	snprintf(ret, 96, DIRECTORY "/%s", hex);
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

int lw_seccomp_cache_get(int state_fd, const uint8_t key[32], struct lw_arena *a, struct lw_filter *ret)
{
	struct {
		struct header head;
		struct sock_filter insns[LW_FILTER_MAX + 1]; /* one more shows a file that is too long */
	} file;
	char name[96];
	uint8_t sum[32];
	file_name(key, name);
	_cleanup_close_ int fd = open_beneath(state_fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return 0;
	ssize_t got = read(fd, &file, sizeof file); /* a regular file of this size comes whole, or is not used */
	if (got < (ssize_t)sizeof file.head || memcmp(file.head.magic, magic, sizeof magic) != 0 ||
	    file.head.format != FORMAT || memcmp(file.head.key, key, 32) != 0 || file.head.n == 0 ||
	    file.head.n > LW_FILTER_MAX || (size_t)got != sizeof file.head + file.head.n * sizeof file.insns[0])
		return 0;
	digest(file.insns, file.head.n, sum);
	if (memcmp(sum, file.head.digest, sizeof sum) != 0 || !lw_filter_valid(file.insns, file.head.n))
		return 0;
	struct sock_filter *insns = lw_arena_memdup(a, file.insns, file.head.n * sizeof *insns);
	if (!insns)
		return 0;
	*ret = (struct lw_filter){ insns, file.head.n };
	return 1;
}

/* A new file beside the final name. One left by a writer that was killed is taken away once it is old. */
static int open_new(int state_fd, const char *name)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL;
	int fd = open_beneath(state_fd, name, flags);
	if (fd == -ENOENT) {
		if (mkdirat(state_fd, DIRECTORY, 0700) < 0 && errno != EEXIST)
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

int lw_seccomp_cache_put(int state_fd, const uint8_t key[32], const struct lw_filter *f)
{
	struct header head = { .format = FORMAT, .n = f->n };
	char name[96], temporary[100];
	memcpy(head.magic, magic, sizeof magic);
	memcpy(head.key, key, sizeof head.key);
	digest(f->insns, f->n, head.digest);
	file_name(key, name);
	snprintf(temporary, sizeof temporary, "%s.new", name);
	_cleanup_close_ int fd = open_new(state_fd, temporary);
	if (fd < 0)
		return fd;
	int r = lw_write_full(fd, &head, sizeof head);
	if (r == 0)
		r = lw_write_full(fd, f->insns, f->n * sizeof *f->insns);
	if (r == 0 && renameat(state_fd, temporary, state_fd, name) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(state_fd, temporary, 0);
	return r;
}
