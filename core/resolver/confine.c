/* confine.c: what the worker gives up before it reads its first packet. Constant, so that nothing it reads has a part
 * in it: ids, capabilities, files, other processes, and every system call but those of talking. */
#include <errno.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/cleanup.h"
#include "resolver/resolver.h"
#include "seccomp_abi.h"

#define NOBODY 65534
#define DESCRIPTORS 1024
#define MEMORY (256U << 20)

static const int calls[] = {
	SYS_read,       SYS_write,        SYS_recvfrom,        SYS_sendto,  SYS_recvmsg,       SYS_sendmsg,
#ifdef SYS_poll
	SYS_poll,
#endif
	SYS_ppoll,      SYS_connect,      SYS_accept4,         SYS_close,   SYS_getrandom,     SYS_brk,
	SYS_mmap,       SYS_munmap,       SYS_mremap,          SYS_madvise, SYS_clock_gettime, SYS_exit,
	SYS_exit_group, SYS_rt_sigreturn, SYS_restart_syscall,
};

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOW_HALF (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0)
#define IF(v, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (v), (yes), (no))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))

static int load_filter(void)
{
	const unsigned native = lw_abi_native.audit_arch;
	struct sock_filter f[2 * ARRAY_LEN(calls) + 12] = {
		LOAD(arch),
		IF(native, 1, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
	};
	size_t n = 4;
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		f[n++] = (struct sock_filter)IF((unsigned)calls[i], 0, 1);
		f[n++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	}
	/* socket(2) of the internet alone. */
	f[n++] = (struct sock_filter)IF(SYS_socket, 1, 0);
	f[n++] = (struct sock_filter)RETURN(SECCOMP_RET_KILL_PROCESS);
	f[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					      (unsigned)offsetof(struct seccomp_data, args[0]) + LOW_HALF);
	f[n++] = (struct sock_filter)IF(AF_INET, 2, 0);
	f[n++] = (struct sock_filter)IF(AF_INET6, 1, 0);
	f[n++] = (struct sock_filter)RETURN(SECCOMP_RET_ERRNO | EAFNOSUPPORT);
	f[n++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	const struct sock_fprog program = { (unsigned short)n, f };
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0 ? -errno : 0;
}

static int limit(int resource, rlim_t v)
{
	return setrlimit(resource, &(struct rlimit){ v, v }) < 0 ? -errno : 0;
}

int resolver_confine(void)
{
	int r = limit(RLIMIT_CORE, 0);
	if (r >= 0)
		r = limit(RLIMIT_NOFILE, DESCRIPTORS);
#if !defined(__SANITIZE_ADDRESS__)
	if (r >= 0)
		r = limit(RLIMIT_AS, MEMORY);
#endif
	if (r < 0)
		return r;
	/* Nothing can be made there, nothing is there but numbers, and opening is not allowed anyway. */
	if (geteuid() == 0 && (chroot("/proc/self/fdinfo") < 0 || chdir("/") < 0))
		return -errno;
	if (geteuid() == 0 &&
	    (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0))
		return -errno;
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return load_filter();
}
