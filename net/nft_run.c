/* nft_run.c: nft(8) as a child: found in the system's directories alone, an empty environment, the transaction on its
 * standard input, and what it has to say made one line. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "base/cleanup.h"
#include "base/fdio.h"
#include "net/nft.h"

#define LIST_MAX (64U << 20)

static const char *find_nft(void)
{
	static const char *const places[] = { "/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft", "/bin/nft",
					      "/usr/local/sbin/nft" };
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

static int no_nft(struct lw_err *err)
{
	lw_fail(err, -ENOENT, "a network needs nft, and there is none");
	lw_err_hint(err, "install the package nftables");
	return -ENOENT;
}

/* A memfd, so that neither side ever waits for the other. */
static int input_of(const struct lw_text *t)
{
	_cleanup_close_ int fd = memfd_create("nft", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	int r = lw_write_full(fd, t->buf, t->len);
	if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? r : TAKE_FD(fd);
}

/* Spawns it with these as its standard descriptors; every other one closes. */
static int spawn(const char *const *args, int in, int out, int err_fd, pid_t *ret)
{
	const char *path = find_nft();
	char *argv[16] = { "nft", "-j" }, *envp[] = { NULL };
	posix_spawn_file_actions_t a;
	posix_spawnattr_t attr;
	sigset_t none, defaults;
	size_t n = 2;
	if (!path)
		return -ENOENT;
	for (size_t i = 0; args[i] && n < ARRAY_LEN(argv) - 1; i++)
		argv[n++] = (char *)(uintptr_t)args[i];
	int r = posix_spawn_file_actions_init(&a);
	if (r)
		return -r;
	r = posix_spawnattr_init(&attr);
	if (r) {
		posix_spawn_file_actions_destroy(&a);
		return -r;
	}
	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &defaults);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	r = in < 0 ? posix_spawn_file_actions_addopen(&a, 0, "/dev/null", O_RDONLY, 0)
		   : posix_spawn_file_actions_adddup2(&a, in, 0);
	if (!r)
		r = out < 0 ? posix_spawn_file_actions_addopen(&a, 1, "/dev/null", O_WRONLY, 0)
			    : posix_spawn_file_actions_adddup2(&a, out, 1);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&a, err_fd, 2);
	if (!r)
		r = posix_spawn(ret, path, &a, &attr, argv, envp);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&a);
	return -r;
}

static int ended(pid_t pid)
{
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status ? -EIO : 0;
}

/* Its first complaint, less "internal:0:0-0: Error: ", which only says where in the JSON it was. */
static const char *complaint(char *text)
{
	char *line = text, *at = strstr(text, "Error: ");
	if (at)
		line = at + strlen("Error: ");
	line[strcspn(line, "\n")] = '\0';
	return line;
}
/* nft knows the errno and prints its words. */
static int code_of(const char *line)
{
	static const int codes[] = { EEXIST, ENOENT, EPERM, EBUSY, EOPNOTSUPP, ENOMEM };
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (strstr(line, strerror(codes[i])))
			return codes[i];
	return EIO;
}

static int run(const char *const *args, int in, int out, struct lw_err *err)
{
	char text[1024] = "";
	_cleanup_close_ int said = memfd_create("nft", MFD_CLOEXEC);
	pid_t pid;
	if (said < 0)
		return lw_fail(err, -errno, "nft: %s", strerror(errno));
	int r = spawn(args, in, out, said, &pid);
	if (r == -ENOENT)
		return no_nft(err);
	if (r < 0)
		return lw_fail(err, r, "nft: %s", strerror(-r));
	r = ended(pid);
	if (r >= 0)
		return 0;
	ssize_t n = pread(said, text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	const char *line = complaint(text);
	r = -code_of(line);
	return lw_fail(err, r, "nft: %s", *line ? line : "failed and does not say why");
}

int lw_nft_run(const struct lw_text *t, struct lw_err *err)
{
	static const char *const args[] = { "-f", "-", NULL };
	if (t->failed)
		return lw_fail(err, -ENOMEM, "nft: %s", strerror(ENOMEM));
	_cleanup_close_ int in = input_of(t);
	if (in < 0)
		return lw_fail(err, in, "nft: %s", strerror(-in));
	return run(args, in, -1, err);
}

int lw_nft_list(const char *const *args, char **ret, size_t *ret_len, struct lw_err *err)
{
	_cleanup_close_ int out = memfd_create("nft", MFD_CLOEXEC);
	int r = out < 0 ? lw_fail(err, -errno, "nft: %s", strerror(errno)) : run(args, -1, out, err);
	if (r < 0)
		return r;
	if (lseek(out, 0, SEEK_SET) < 0)
		return lw_fail(err, -errno, "nft: %s", strerror(errno));
	r = lw_read_all(out, LIST_MAX, ret, ret_len);
	return r < 0 ? lw_fail(err, r, "nft: %s", strerror(-r)) : 0;
}
