/* test_host.c: lw_host_probe on this machine: the facts agree with the kernel's own files, and the state directory is
 * ours, private and reached without links, or refused with a cure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "host.h"
#include "ids.h"

struct fixture {
	char dir[64], state[96];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	strcpy(f->dir, "/tmp/lunward-host-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	snprintf(f->state, sizeof f->state, "%s/state", f->dir);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	unlink(f->state);
	rmdir(f->state);
	rmdir(f->dir);
	free(f);
	return 0;
}

static struct lw_host *probe(const struct lw_host_options *o)
{
	struct lw_host *h = NULL;
	struct lw_err err = { 0 };
	if (lw_host_probe(o, &h, &err) < 0)
		fail_msg("%s (%s)", err.msg, err.hint);
	return h;
}

static struct lw_err refused(const struct lw_host_options *o, int code)
{
	struct lw_host *h = NULL;
	struct lw_err err = { 0 };
	assert_int_equal(lw_host_probe(o, &h, &err), code);
	assert_null(h);
	return err;
}

/* The value of "KEY:" in a /proc text, as a number in the base given. */
static uint64_t field(const char *path, const char *key, int base)
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	assert_int_equal(lw_read_file(path, 1 << 20, &text, &n), 0);
	const char *at = strstr(text, key);
	assert_non_null(at);
	return strtoull(at + strlen(key), NULL, base);
}

static void facts(void **state)
{
	struct fixture *f = *state;
	char *const environment[] = { (char[]){ "A=1" }, NULL };
	struct lw_host *h = probe(&(struct lw_host_options){ .state = f->state, .environ_ = environment });
	struct utsname u;
	char cwd[4096];
	assert_int_equal(h->uid, geteuid());
	assert_int_equal(h->gid, getegid());
	assert_int_equal(h->caps_effective, field("/proc/self/status", "CapEff:", 16));
	assert_int_equal(h->caps_bounding, field("/proc/self/status", "CapBnd:", 16));
	assert_int_equal(h->cap_last, field("/proc/sys/kernel/cap_last_cap", "", 10));
	assert_int_equal(h->memory_bytes, field("/proc/meminfo", "MemTotal:", 10) * 1024);
	assert_int_equal(h->swap_bytes, field("/proc/meminfo", "SwapTotal:", 10) * 1024);
	assert_int_equal(h->rlimits[RLIMIT_NOFILE].rlim_cur, field("/proc/self/limits", "Max open files", 10));
	uname(&u);
	assert_string_equal(h->kernel, u.release);
	assert_string_equal(h->arch, u.machine);
	char version[32];
	snprintf(version, sizeof version, "%u.%u", h->kernel_major, h->kernel_minor);
	assert_memory_equal(version, u.release, strlen(version));
	assert_string_equal(h->cwd, getcwd(cwd, sizeof cwd));
	cpu_set_t cpus;
	sched_getaffinity(0, sizeof cpus, &cpus);
	assert_int_equal(h->cpus, CPU_COUNT(&cpus));
	assert_ptr_equal(h->environ_, environment);
	assert_in_range(h->cgroup.version, 0, 2);
	for (int i = 0; i < LW_CTL_COUNT; i++)
		assert_true(!h->cgroup.parent[i] == !!h->cgroup.why[i]);
	if (!h->uid)
		assert_string_equal(h->user, "root");
	if (h->privileged)
		assert_true(lw_ids_possible((struct lw_id_pool[]){ lw_host_pool(h) }));
	lw_host_free(h);
	lw_host_free(NULL);
}

static void state_directory_is_made_private(void **state)
{
	struct fixture *f = *state;
	struct lw_host *h = probe(&(struct lw_host_options){ .state = f->state });
	struct stat st;
	assert_string_equal(h->state_dir, f->state);
	assert_int_equal(fstat(h->state_fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(st.st_uid, geteuid());
	assert_true(fcntl(h->state_fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(h->state_fd, F_GETFL) & O_PATH);
	lw_host_free(h);
	lw_host_free(probe(&(struct lw_host_options){ .state = f->state }));
}

static void relative_state(void **state)
{
	struct fixture *f = *state;
	int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(chdir(f->dir), 0);
	struct lw_host *h = probe(&(struct lw_host_options){ .state = "state/" });
	assert_int_equal(fchdir(here), 0);
	close(here);
	assert_string_equal(h->state_dir, f->state);
	lw_host_free(h);
}

static void state_open_to_others(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(mkdir(f->state, 0700), 0);
	assert_int_equal(chmod(f->state, 0750), 0);
	struct lw_err err = refused(&(struct lw_host_options){ .state = f->state }, -EPERM);
	assert_non_null(strstr(err.msg, "is open to others"));
	assert_string_equal(err.hint, "name a directory of its own, mode 0700, with --state");
}

static void state_of_somebody_else(void **state)
{
	struct fixture *f = *state;
	if (geteuid()) {
		print_message("skipped: giving a directory away needs root\n");
		skip();
	}
	assert_int_equal(mkdir(f->state, 0700), 0);
	assert_int_equal(chown(f->state, 65534, 65534), 0);
	struct lw_err err = refused(&(struct lw_host_options){ .state = f->state }, -EPERM);
	assert_non_null(strstr(err.msg, "belongs to somebody else"));
}

static void state_is_not_followed(void **state)
{
	struct fixture *f = *state;
	char with_slash[128];
	assert_int_equal(symlink(f->dir, f->state), 0);
	struct lw_err err = refused(&(struct lw_host_options){ .state = f->state }, -ENOTDIR);
	assert_non_null(strstr(err.msg, "links are not followed"));
	snprintf(with_slash, sizeof with_slash, "%s///", f->state);
	refused(&(struct lw_host_options){ .state = with_slash }, -ENOTDIR);
}

static void state_without_parent(void **state)
{
	struct fixture *f = *state;
	char deep[128];
	snprintf(deep, sizeof deep, "%s/none/state", f->dir);
	struct lw_err err = refused(&(struct lw_host_options){ .state = deep }, -ENOENT);
	assert_non_null(strstr(err.msg, deep));
	assert_non_null(strstr(err.hint, "--state"));
}

/* As an ordinary user, in a process of its own: $XDG_RUNTIME_DIR first; one that is somebody else's is passed over. */
static void state_of_a_user(void **state)
{
	struct fixture *f = *state;
	int status;
	if (geteuid()) {
		print_message("skipped: becoming another user needs root\n");
		skip();
	}
	/* A uid nobody uses, so that /run/user and /tmp have nothing of it. */
	uid_t uid = 1879050000u + (uid_t)(getpid() % 10000);
	assert_int_equal(chown(f->dir, uid, uid), 0);
	pid_t pid = fork();
	if (!pid) {
		char last[64];
		struct lw_host *h;
		snprintf(last, sizeof last, "/tmp/lunward-%u", uid);
		if (setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
			_exit(1);
		if (lw_host_probe(&(struct lw_host_options){ .xdg_runtime_dir = f->dir }, &h, NULL) < 0)
			_exit(2);
		bool mine = !strncmp(h->state_dir, f->dir, strlen(f->dir)) &&
			    !strcmp(strrchr(h->state_dir, '/'), "/lunward");
		bool plain = !h->privileged && !*h->user && !h->n_subuid && !h->n_reserved;
		rmdir(h->state_dir);
		lw_host_free(h);
		if (!mine || !plain)
			_exit(3);
		if (lw_host_probe(&(struct lw_host_options){ .xdg_runtime_dir = "/root" }, &h, NULL) < 0)
			_exit(4);
		bool fell = !strcmp(h->state_dir, last);
		rmdir(last);
		lw_host_free(h);
		if (!fell)
			_exit(5);
		/* A file somebody put there first is told, not used. */
		int fd = open(last, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
		bool told = lw_host_probe(NULL, &h, NULL) == -ENOTDIR;
		close(fd);
		unlink(last);
		_exit(told ? 0 : 6);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(chown(f->dir, 0, 0), 0);
}

/* Root of a user namespace with one id has none to give away, so it is planned for like any other user. */
static void root_of_a_small_user_namespace(void **state)
{
	struct fixture *f = *state;
	int status;
	uid_t uid = geteuid();
	pid_t pid = fork();
	if (!pid) {
		char map[64];
		struct lw_host *h;
		snprintf(map, sizeof map, "0 %u 1", uid);
		if (unshare(CLONE_NEWUSER) < 0)
			_exit(77);
		if (lw_write_file("/proc/self/uid_map", map) < 0)
			_exit(1);
		if (lw_host_probe(&(struct lw_host_options){ .state = f->state }, &h, NULL) < 0)
			_exit(2);
		bool right = h->uid == 0 && !h->privileged && h->n_reserved &&
			     !lw_ids_possible((struct lw_id_pool[]){ lw_host_pool(h) });
		lw_host_free(h);
		_exit(right ? 0 : 3);
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("skipped: no user namespace can be made here\n");
		skip();
	}
	assert_int_equal(status, 0);
}

static void cgroup_parent_is_checked(void **state)
{
	struct fixture *f = *state;
	struct lw_err err =
		refused(&(struct lw_host_options){ .state = f->state, .cgroup_parent = "/../etc" }, -EINVAL);
	assert_int_equal(err.cls, LW_ERR_USAGE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(facts),
		TEST(state_directory_is_made_private),
		TEST(relative_state),
		TEST(state_open_to_others),
		TEST(state_of_somebody_else),
		TEST(state_is_not_followed),
		TEST(state_without_parent),
		TEST(state_of_a_user),
		TEST(root_of_a_small_user_namespace),
		TEST(cgroup_parent_is_checked),
	};
	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
