/* key.c: see warm.h. Compiled twice: the full program writes keys, the warm start compares them. */
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/prctl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include "lua/cli/warm/warm.h"
#include "sys.h"

/* Zeroed before it is filled, so that its padding is the same each time. */
struct facts {
	uint64_t exe_dev, exe_ino, exe_size;
	int64_t exe_mtime, exe_ctime;
	uint32_t uid, gid;
	uint64_t effective, bounding;
	int32_t cap_last;
	uint32_t terminals;
	uint64_t memory, swap;
	uint32_t cpus;
	int32_t landlock; /* its ABI, or a negative errno */
	struct rlimit limits[16];
};

static void add(struct warm_text *t, const void *bytes, size_t n)
{
	if (t->full || n > t->max - t->n) {
		t->full = true;
		return;
	}
	memcpy(t->buf + t->n, bytes, n);
	t->n += n;
}

const char *warm_env(char *const *envp, const char *name)
{
	size_t n = strlen(name);
	for (; *envp; envp++)
		if (!strncmp(*envp, name, n) && (*envp)[n] == '=')
			return *envp + n + 1;
	return NULL;
}

/* The variables that say where things are. No other has a say in a plan that is kept (repeatable() in save.c), and the
 * rest of the environment, which may hold secrets, is nothing to be written down. */
static void add_environment(struct warm_text *t, char *const *envp)
{
	static const char names[][24] = { "LUNWARD_STATE", "LUNWARD_CGROUP_PARENT", "XDG_RUNTIME_DIR",
					  "XDG_CONFIG_HOME", "NOTIFY_SOCKET" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *v = warm_env(envp, names[i]);
		add(t, v ? "=" : "-", 1);
		add(t, v ? v : "", v ? strlen(v) + 1 : 1);
	}
}

/* argc is in the key too: no two lists look the same. */
static void add_strings(struct warm_text *t, char *const *v)
{
	for (; *v; v++)
		add(t, *v, strlen(*v) + 1);
	add(t, "", 1);
}

static void add_link(struct warm_text *t, const char *path)
{
	char buf[4096];
	long n = SYS(readlinkat, AT_FDCWD, path, buf, sizeof buf);
	if (n < 0 || n == sizeof buf)
		t->full = true;
	else
		add(t, buf, (size_t)n);
	add(t, "", 1);
}

static void look_at_program(struct facts *f)
{
	struct stat st;
	if (SYS(newfstatat, AT_FDCWD, "/proc/self/exe", &st, 0) < 0)
		return;
	f->exe_dev = st.st_dev;
	f->exe_ino = st.st_ino;
	f->exe_size = (uint64_t)st.st_size;
	f->exe_mtime = st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
	f->exe_ctime = st.st_ctim.tv_sec * INT64_C(1000000000) + st.st_ctim.tv_nsec;
}

static void look_at_caller(struct facts *f)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	char modes[64]; /* the kernel's struct termios */
	f->uid = (uint32_t)SYS(geteuid);
	f->gid = (uint32_t)SYS(getegid);
	if (SYS(capget, &head, data) >= 0)
		f->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	f->cap_last = -1;
	for (int c = 0; c < 64; c++) {
		long has = SYS(prctl, PR_CAPBSET_READ, c, 0, 0, 0);
		if (has < 0)
			break;
		f->bounding |= (uint64_t)has << c;
		f->cap_last = c;
	}
	for (int fd = 0; fd < 3; fd++)
		f->terminals |= SYS(ioctl, fd, TCGETS, modes) >= 0 ? 1u << fd : 0;
	for (int i = 0; i < 16; i++)
		SYS(prlimit64, 0, i, NULL, &f->limits[i]);
}

static void look_at_machine(struct facts *f)
{
	struct sysinfo s;
	unsigned long mask[1024 / sizeof(long)] = { 0 };
	if (SYS(sysinfo, &s) >= 0) {
		f->memory = (uint64_t)s.totalram * s.mem_unit;
		f->swap = (uint64_t)s.totalswap * s.mem_unit;
	}
	f->landlock = (int32_t)SYS(landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	long n = SYS(sched_getaffinity, 0, sizeof mask, mask);
	for (long i = 0; i < n / (long)sizeof(long); i++)
		for (unsigned long m = mask[i]; m; m &= m - 1)
			f->cpus++;
}

void warm_key(struct warm_text *t, int argc, char *const *argv, char *const *envp)
{
	struct facts f;
	struct utsname u;
	char cwd[4096];
	memset(&f, 0, sizeof f);
	look_at_program(&f);
	look_at_caller(&f);
	look_at_machine(&f);
	add(t, &f, sizeof f);
	memset(&u, 0, sizeof u);
	SYS(uname, &u);
	add(t, u.release, strlen(u.release) + 1);
	add(t, u.version, strlen(u.version) + 1); /* a rebuilt kernel may keep its release */
	add(t, u.machine, strlen(u.machine) + 1);
	/* Where the program lies decides which profiles are found; whose ids it sees, what they mean. */
	add_link(t, "/proc/self/exe");
	add_link(t, "/proc/self/ns/user");
	long n = SYS(getcwd, cwd, sizeof cwd);
	if (n <= 0)
		t->full = true;
	else
		add(t, cwd, (size_t)n);
	add(t, &argc, sizeof argc);
	add_strings(t, argv);
	add_environment(t, envp);
}

/* FNV-1a over words of eight bytes, and over the bytes that are left. */
uint64_t warm_sum(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	uint64_t h = UINT64_C(0xcbf29ce484222325), w;
	for (; n >= sizeof w; n -= sizeof w, p += sizeof w) {
		memcpy(&w, p, sizeof w);
		h = (h ^ w) * UINT64_C(0x100000001b3);
		h ^= h >> 29; /* the multiplication alone never carries downwards */
	}
	for (; n; n--)
		h = (h ^ *p++) * UINT64_C(0x100000001b3);
	return h;
}

void warm_name(const void *key, size_t n, uint8_t ret[32])
{
	uint64_t h = warm_sum(key, n);
	memset(ret, 0, 32);
	memcpy(ret, &h, sizeof h);
}
