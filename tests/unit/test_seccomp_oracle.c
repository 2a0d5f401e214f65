/* test_seccomp_oracle.c: the oracle and the running kernel, on the same random calls. A child loads the compiled filter
 * with every answer that would let the call happen, or kill, made an error number of its own: so the kernel judges each
 * call and makes none. */
#include "seccomp_fixture.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/fdio.h"
#include "schema.h"
#include "seccomp_oci.h"

#if defined(__x86_64__)

#define CALLS 40000
#define IS_ALLOW 4001
#define IS_LOG 4002
#define IS_KILL 4003
#define LEAVE 0x6f757421 /* exit_group with this status is the child's own */

static uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);
static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static uint64_t random_argument(void)
{
	static const uint64_t near[] = { 0,          1,          2,           9,          10,         16,
					 17,         37,         38,          40,         4095,       4096,
					 0x5412,     0x541c,     0x20000,     0x20008,    0x10000000, 0x7e020000,
					 0x7e020080, 0xffffffff, 0x100000000, 0x7fffffff, UINT64_MAX };
	uint64_t r = next_random();
	uint64_t v = r & 1 ? near[(r >> 8) % (sizeof near / sizeof near[0])] + (r >> 1 & 1 ? (r >> 2) % 3 - 1 : 0)
			   : next_random();
	return r & 0x20000 ? v : v & 0xffffffff;
}

static void random_call(struct seccomp_data *call, const int *favourites, unsigned n)
{
	uint64_t r = next_random();
	*call = (struct seccomp_data){ .nr = (int)(r % 480), .arch = AUDIT_ARCH_X86_64 };
	if ((r >> 16) % 4 == 0)
		call->nr = favourites[(r >> 20) % n];
	if ((r >> 16) % 64 == 1)
		call->nr = (int)next_random();
	if ((r >> 16) % 8 == 2)
		call->nr = (int)(LW_X32_BIT + (uint32_t)(r >> 32) % 560);
	if ((r >> 16) % 8 == 3) {
		call->arch = AUDIT_ARCH_I386;
		call->nr = (int)((r >> 32) % 480);
	}
	/* The kernel puts these two, trampolines of its own probes, past every filter. */
	if (call->arch == AUDIT_ARCH_X86_64 && (call->nr == 335 || call->nr == 336))
		call->nr = SYS_getcwd;
	for (unsigned i = 0; i < 6; i++) {
		call->args[i] = random_argument();
		if (call->arch == AUDIT_ARCH_I386)
			call->args[i] = i == 5 ? 0 : (uint32_t)call->args[i]; /* the sixth is in %ebp, the compiler's */
	}
}

/* --- the kernel ------------------------------------------------------------------------ */

static long native_call(const struct seccomp_data *c)
{
	register uint64_t r10 __asm__("r10") = c->args[3], r8 __asm__("r8") = c->args[4], r9 __asm__("r9") = c->args[5];
	long ret;
	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"((long)c->nr), "D"(c->args[0]), "S"(c->args[1]), "d"(c->args[2]), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static long i386_call(const struct seccomp_data *c)
{
	uint64_t first = c->args[0];
	long ret;
	/* Not %ebx by name: some builds keep it for themselves. */
	__asm__ volatile("xchg %%rbx, %1\n\tint $0x80\n\txchg %%rbx, %1"
			 : "=a"(ret), "+r"(first)
			 : "a"((long)c->nr), "c"(c->args[1]), "d"(c->args[2]), "S"(c->args[3]), "D"(c->args[4])
			 : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static bool have_i386(void)
{
	pid_t pid = fork();
	int status;
	if (pid == 0) {
		struct seccomp_data getpid_call = { .nr = 20 };
		_exit(i386_call(&getpid_call) > 0 ? 0 : 1);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static unsigned marked(const struct lw_filter *f, struct sock_filter *ret)
{
	const struct sock_filter own[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LEAVE, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	unsigned n = sizeof own / sizeof own[0];
	memcpy(ret, own, sizeof own);
	for (unsigned i = 0; i < f->n; i++, n++) {
		ret[n] = f->insns[i];
		if (ret[n].code != (BPF_RET | BPF_K))
			continue;
		switch (ret[n].k & SECCOMP_RET_ACTION_FULL) {
		case SECCOMP_RET_ALLOW:
			ret[n].k = SECCOMP_RET_ERRNO | IS_ALLOW;
			break;
		case SECCOMP_RET_LOG:
			ret[n].k = SECCOMP_RET_ERRNO | IS_LOG;
			break;
		case SECCOMP_RET_KILL_PROCESS:
			ret[n].k = SECCOMP_RET_ERRNO | IS_KILL;
			break;
		default:
			break;
		}
	}
	return n;
}

static void child(const struct lw_filter *f, const struct seccomp_data *calls, short *answers)
{
	struct sock_filter insns[LW_FILTER_MAX + 8];
	struct sock_fprog program = { (unsigned short)marked(f, insns), insns };
	const struct seccomp_data leave = { .nr = SYS_exit_group, .args = { LEAVE } };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		_exit(1);
	for (unsigned i = 0; i < CALLS; i++)
		answers[i] = (short)-(calls[i].arch == AUDIT_ARCH_I386 ? i386_call(&calls[i]) : native_call(&calls[i]));
	native_call(&leave);
}

static uint32_t as_action(short answer)
{
	switch (answer) {
	case IS_ALLOW:
		return SECCOMP_RET_ALLOW;
	case IS_LOG:
		return SECCOMP_RET_LOG;
	case IS_KILL:
		return SECCOMP_RET_KILL_PROCESS;
	default:
		return SECCOMP_RET_ERRNO | (uint32_t)answer;
	}
}

/* --- policies -------------------------------------------------------------------------- */

static struct lw_spec *decode(json_t *policy)
{
	struct lw_spec *s = NULL;
	struct lw_err err = { 0 };
	json_t *raw = json_pack("{s:o}", "seccomp", policy);
	assert_non_null(raw);
	if (lw_spec_decode(raw, &s, &err) < 0)
		fail_msg("%s: %s", err.path, err.msg);
	json_decref(raw);
	return s;
}

static struct lw_spec *load(const char *what)
{
	if (what[0] == '{' || what[0] == '"')
		return decode(json_loads(what, JSON_DECODE_ANY, NULL));
	const char *tree = getenv("LUNWARD_TREE");
	char path[4096], *text = NULL;
	json_t *policy = NULL;
	size_t n;
	snprintf(path, sizeof path, "%s/tests/data/seccomp/%s", tree ? tree : ".", what);
	assert_int_equal(lw_read_file(path, LW_SECCOMP_FILE_MAX, &text, &n), 0);
	assert_int_equal(lw_seccomp_import(text, n, path, "6.1", &policy, NULL, NULL), 0);
	free(text);
	return decode(policy);
}

/* --- the comparison --------------------------------------------------------------------- */

/* As a person would write it: the number alone cannot be, and an ABI has its prefix. */
static bool write_call(const struct seccomp_data *c, char *buf, size_t size)
{
	const char *name = lw_call_name(c);
	const char *abi = c->arch == AUDIT_ARCH_I386 ? "x86:" : (uint32_t)c->nr >= LW_X32_BIT ? "x32:" : "";
	if (!name)
		return false;
	snprintf(buf, size, "%s%s(0x%llx, 0x%llx, 0x%llx, 0x%llx, 0x%llx, 0x%llx)", abi, name,
		 (unsigned long long)c->args[0], (unsigned long long)c->args[1], (unsigned long long)c->args[2],
		 (unsigned long long)c->args[3], (unsigned long long)c->args[4], (unsigned long long)c->args[5]);
	return true;
}

static void compare(const struct lw_seccomp *p, uint64_t caps, const char *what, struct lw_arena *a)
{
	static const char *const names[] = { "socket", "socketpair", "clone", "ioctl", "personality", "read",
					     "mmap",   "lseek",      "prctl", "kill",  "getcwd",      "write" };
	int favourites[sizeof names / sizeof names[0]];
	size_t size = CALLS * (sizeof(struct seccomp_data) + sizeof(short));
	struct seccomp_data *calls = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	short *answers = (short *)(calls + CALLS);
	struct lw_filter f = compile(p, caps, a);
	int status;
	assert_true(calls != MAP_FAILED);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		favourites[i] = lw_syscall_number(names[i]);
	for (unsigned i = 0; i < CALLS; i++)
		random_call(&calls[i], favourites, sizeof names / sizeof names[0]);
	pid_t pid = fork();
	if (pid == 0)
		child(&f, calls, answers);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		fail_msg("%s: signal %d", what, WTERMSIG(status));
	assert_int_equal(WEXITSTATUS(status), LEAVE & 0xff);
	unsigned allowed = 0, differences = 0;
	for (unsigned i = 0; i < CALLS; i++) {
		uint32_t kernel = as_action(answers[i]), ours = lw_filter_run(f.insns, f.n, &calls[i]);
		struct seccomp_data parsed;
		struct lw_answer answer;
		char text[256];
		allowed += ours == SECCOMP_RET_ALLOW;
		differences += kernel != ours;
		if (kernel != ours)
			print_error("%s: nr %x arch %x (%llx, %llx, %llx): kernel %x, oracle %x\n", what, calls[i].nr,
				    calls[i].arch, (unsigned long long)calls[i].args[0],
				    (unsigned long long)calls[i].args[1], (unsigned long long)calls[i].args[2], kernel,
				    ours);
		/* What explains it, and the way through text, are slower: now and then. */
		if (i % 1000)
			continue;
		assert_int_equal(lw_seccomp_blame(p, caps, &calls[i], &answer, NULL), 0);
		assert_int_equal(answer.action, kernel);
		if (!write_call(&calls[i], text, sizeof text))
			continue;
		assert_int_equal(lw_call_parse(text, &parsed, NULL), 0);
		assert_memory_equal(&parsed, &calls[i], sizeof parsed);
		assert_int_equal(lw_seccomp_simulate(p, caps, &parsed, &answer, NULL), 0);
		assert_int_equal(answer.action, kernel);
	}
	assert_int_equal(differences, 0);
	assert_true(allowed < CALLS);
	munmap(calls, size);
}

static void oracle_is_the_kernel(void **state)
{
	static const char *const policies[] = {
		"\"default\"",
		"\"docker\"",
		"\"strict\"",
		"{\"base\": \"docker\", \"architectures\": [\"x86\", \"x32\"]}",
		"moby-seccomp-default.json",
		"containers-seccomp.json",
		"{\"base\": \"unconfined\", \"rules\": [{\"action\": \"kill\", \"names\": [\"@clock\"]},"
		" {\"action\": \"errno\", \"errno\": \"ENOSYS\", \"names\": [\"socket(!=1|2, *, !=9)\", "
		"\"ioctl(*, TIOCSTI)\"]}, {\"action\": \"log\", \"names\": [\"read(*, *, <4096)\"]}]}",
		"{\"base\": \"default\", \"architectures\": [\"x86\"], \"rules\": [{\"action\": \"only\", \"names\": "
		"[\"socket(AF_INET|AF_UNIX, *)\", \"read(*, *, >=0x100000000)\", \"mmap(*, <=4096, &PROT_EXEC=0, *, "
		"-1)\","
		" \"kill(>0, 9|15|17)\"]}, {\"action\": \"kill\", \"names\": [\"lseek(*, &0xff00000000=0)\", "
		"\"socket(>2, <=16, *)\"]}, {\"action\": \"allow\", \"names\": [\"clone(&0x10000000=0x10000000)\"]}]}",
	};
	(void)state;
	if (!have_i386()) {
		print_message("this kernel runs no i386 calls\n");
		skip();
	}
	for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
		struct lw_arena *a = lw_arena_new();
		struct lw_spec *s = load(policies[i]);
		compare(&s->seccomp, i % 2 ? LW_CAPS_DOCKER : UINT64_MAX, policies[i], a);
		lw_spec_free(s);
		lw_arena_free(a);
	}
}

#else

static void oracle_is_the_kernel(void **state)
{
	(void)state;
	print_message("the calls are made for x86-64\n");
	skip();
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(oracle_is_the_kernel) };
	return cmocka_run_group_tests_name("seccomp_oracle", tests, NULL, NULL);
}
