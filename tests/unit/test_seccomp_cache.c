/* test_seccomp_cache.c: finished filters come back whole or not at all: every byte of an entry is damaged once. */
#include "seccomp_fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/sha256.h"

struct place {
	struct lw_arena *arena;
	char path[64];
	int fd;
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	if (!p)
		return -1;
	strcpy(p->path, "/tmp/lw-test-cache-XXXXXX");
	if (!mkdtemp(p->path))
		return -1;
	p->fd = open(p->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	p->arena = lw_arena_new();
	*state = p;
	return p->fd >= 0 && p->arena ? 0 : -1;
}

static void entry_name(const struct lw_seccomp *policy, uint64_t caps, char ret[96])
{
	uint8_t key[32];
	char hex[65];
	lw_seccomp_key(policy, caps, key);
	lw_sha256_hex(key, hex);
	snprintf(ret, 96, "seccomp/%s", hex);
}

static int teardown(void **state)
{
	struct place *p = *state;
	char name[96];
	entry_name(&base_table[0], LW_CAPS_DOCKER, name);
	unlinkat(p->fd, name, 0);
	unlinkat(p->fd, "seccomp", AT_REMOVEDIR);
	close(p->fd);
	int r = rmdir(p->path);
	lw_arena_free(p->arena);
	free(p);
	return r;
}

static struct lw_filter through_cache(const struct lw_seccomp *policy, struct place *p)
{
	struct lw_filter f = { 0 };
	struct lw_err err = { 0 };
	if (lw_seccomp_compile(policy, LW_CAPS_DOCKER, p->fd, p->arena, &f, &err) < 0)
		fail_msg("%s", err.msg);
	return f;
}

static void assert_same(const struct lw_filter *a, const struct lw_filter *b)
{
	assert_int_equal(a->n, b->n);
	assert_memory_equal(a->insns, b->insns, a->n * sizeof *a->insns);
}

static bool cached(struct place *p)
{
	uint8_t key[32];
	struct lw_filter f;
	lw_seccomp_key(&base_table[0], LW_CAPS_DOCKER, key);
	return lw_seccomp_cache_get(p->fd, key, p->arena, &f) == 1;
}

static void made_once_and_private(void **state)
{
	struct place *p = *state;
	struct stat st;
	char name[96];
	entry_name(&base_table[0], LW_CAPS_DOCKER, name);
	assert_false(cached(p));
	struct lw_filter first = through_cache(&base_table[0], p);
	assert_int_equal(fstatat(p->fd, "seccomp", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
	assert_int_equal(fstatat(p->fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	ino_t inode = st.st_ino;
	struct lw_filter second = through_cache(&base_table[0], p);
	assert_same(&first, &second);
	struct lw_filter plain = compile(&base_table[0], LW_CAPS_DOCKER, p->arena);
	assert_same(&first, &plain);
	assert_int_equal(fstatat(p->fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_ino, inode); /* not written again */
	assert_int_equal(renameat(p->fd, name, p->fd, "x"), 0);
	assert_int_equal(unlinkat(p->fd, "seccomp", AT_REMOVEDIR), 0); /* nothing but the entry was there */
	assert_int_equal(unlinkat(p->fd, "x", 0), 0);
}

static void damaged_at_every_byte(void **state)
{
	struct place *p = *state;
	struct stat st;
	char name[96];
	entry_name(&base_table[0], LW_CAPS_DOCKER, name);
	struct lw_filter whole = through_cache(&base_table[0], p);
	int fd = openat(p->fd, name, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(cached(p));
	for (off_t i = 0; i < st.st_size; i++) {
		uint8_t byte;
		assert_int_equal(pread(fd, &byte, 1, i), 1);
		byte ^= (uint8_t)(1U << i % 8);
		assert_int_equal(pwrite(fd, &byte, 1, i), 1);
		if (cached(p))
			fail_msg("byte %ld may be anything", (long)i);
		byte ^= (uint8_t)(1U << i % 8);
		assert_int_equal(pwrite(fd, &byte, 1, i), 1);
	}
	assert_true(cached(p));
	for (off_t size = 0; size < st.st_size; size += 37) { /* cut short: made anew, and equal */
		assert_int_equal(ftruncate(fd, size), 0);
		assert_false(cached(p));
		if (size % (37 * 8) == 0) {
			struct lw_filter again = through_cache(&base_table[0], p);
			assert_same(&whole, &again);
			assert_true(cached(p));
		}
		close(fd);
		fd = openat(p->fd, name, O_RDWR | O_CLOEXEC);
		assert_true(fd >= 0);
	}
	close(fd);
	assert_true(cached(p) || through_cache(&base_table[0], p).n == whole.n);
	fd = openat(p->fd, name, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "12345678", 8), 8); /* too long */
	close(fd);
	assert_false(cached(p));
}

/* A digest that fits does not make a program of it. */
static void malformed_program_is_refused(void **state)
{
	struct place *p = *state;
	uint8_t key[32];
	lw_seccomp_key(&base_table[0], LW_CAPS_DOCKER, key);
	struct lw_filter good = through_cache(&base_table[0], p);
	struct sock_filter insns[4] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 7, 0), /* out of bounds */
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	assert_int_equal(lw_seccomp_cache_put(p->fd, key, &(struct lw_filter){ insns, 4 }), 0);
	assert_false(cached(p));
	insns[1].jt = 1;
	assert_int_equal(lw_seccomp_cache_put(p->fd, key, &(struct lw_filter){ insns, 4 }), 0);
	assert_true(cached(p));
	assert_int_equal(lw_seccomp_cache_put(p->fd, key, &good), 0);
}

static void links_are_not_followed(void **state)
{
	struct place *p = *state;
	char name[96];
	entry_name(&base_table[0], LW_CAPS_DOCKER, name);
	through_cache(&base_table[0], p);
	assert_int_equal(renameat(p->fd, name, p->fd, "elsewhere"), 0);
	assert_int_equal(symlinkat("../elsewhere", p->fd, name), 0);
	assert_false(cached(p));
	assert_int_equal(unlinkat(p->fd, name, 0), 0);
	assert_int_equal(renameat(p->fd, "elsewhere", p->fd, name), 0);
	assert_true(cached(p));
	/* the directory itself */
	assert_int_equal(renameat(p->fd, "seccomp", p->fd, "real"), 0);
	assert_int_equal(symlinkat("real", p->fd, "seccomp"), 0);
	assert_false(cached(p));
	assert_int_equal(unlinkat(p->fd, "seccomp", 0), 0);
	assert_int_equal(renameat(p->fd, "real", p->fd, "seccomp"), 0);
}

static void a_killed_writer_is_no_obstacle(void **state)
{
	struct place *p = *state;
	char name[96], temporary[100];
	struct stat st;
	entry_name(&base_table[0], LW_CAPS_DOCKER, name);
	snprintf(temporary, sizeof temporary, "%s.new", name);
	assert_int_equal(mkdirat(p->fd, "seccomp", 0700), 0);
	int fd = openat(p->fd, temporary, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_true(through_cache(&base_table[0], p).n > 0); /* young: somebody may be writing it */
	assert_false(cached(p));
	struct timespec old[2] = { { 1, 0 }, { 1, 0 } };
	assert_int_equal(futimens(fd, old), 0);
	close(fd);
	assert_true(through_cache(&base_table[0], p).n > 0);
	assert_true(cached(p));
	assert_int_equal(fstatat(p->fd, temporary, &st, 0), -1);
}

static void unwritable_state_is_no_failure(void **state)
{
	struct place *p = *state;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct lw_filter f = { 0 };
	struct lw_err err = { 0 };
	assert_int_equal(lw_seccomp_compile(&base_table[3], 0, null, p->arena, &f, &err), 0);
	assert_true(f.n > 0);
	close(null);
}

static void keys_tell_policies_apart(void **state)
{
	struct place *p = *state;
	const char *x86[] = { "x86" }, *two[] = { "read", "write" }, *one[] = { "readwrite" };
	struct lw_seccomp_rule rules[] = { { .action = LW_SECCOMP_ALLOW, .names = { 2, two } },
					   { .action = LW_SECCOMP_ALLOW, .names = { 1, one } },
					   { .action = LW_SECCOMP_KILL, .names = { 2, two } },
					   { .action = LW_SECCOMP_ERRNO, .errno_value = 1, .names = { 2, two } },
					   { .action = LW_SECCOMP_ERRNO, .errno_value = 2, .names = { 2, two } } };
	uint8_t keys[16][32];
	unsigned n = 0;
	for (size_t i = 0; i < BASES; i++)
		lw_seccomp_key(&base_table[i], 0, keys[n++]);
	lw_seccomp_key(&base_table[0], 1, keys[n++]);
	lw_seccomp_key(&(struct lw_seccomp){ .architectures = { 1, x86 } }, 0, keys[n++]);
	for (size_t i = 0; i < 5; i++)
		lw_seccomp_key(&(struct lw_seccomp){ .n_rules = 1, .rules = &rules[i] }, 0, keys[n++]);
	lw_seccomp_key(&(struct lw_seccomp){ .n_rules = 2, .rules = rules }, 0, keys[n++]);
	for (unsigned i = 0; i < n; i++)
		for (unsigned j = 0; j < i; j++)
			assert_memory_not_equal(keys[i], keys[j], 32);
	/* where it was written does not matter */
	uint8_t again[32];
	lw_seccomp_key(&(struct lw_seccomp){ .rec = { .origin = { "a.lua", 7 } } }, 0, again);
	assert_memory_equal(again, keys[0], 32);
	(void)p;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(made_once_and_private, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged_at_every_byte, setup, teardown),
		cmocka_unit_test_setup_teardown(malformed_program_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(links_are_not_followed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_killed_writer_is_no_obstacle, setup, teardown),
		cmocka_unit_test_setup_teardown(unwritable_state_is_no_failure, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_tell_policies_apart, setup, teardown),
	};
	return cmocka_run_group_tests_name("seccomp_cache", tests, NULL, NULL);
}
