/* call_text.c: reads one system call as people write it, "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0)", for `explain`,
 * `diff` and tests. The text may be anybody's: everything is bounded. Knows nothing of filters. */
#include "seccomp.h"

#include <errno.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "base/names.h"
#include "seccomp_abi.h"

#define ROW(name)                                                                                                      \
	{                                                                                                              \
#name, name                                                                                            \
	}
static const struct lw_name constant_table[] = {
	ROW(AF_UNSPEC),
	ROW(AF_UNIX),
	{ "AF_LOCAL", AF_UNIX },
	ROW(AF_INET),
	ROW(AF_AX25),
	ROW(AF_IPX),
	ROW(AF_APPLETALK),
	ROW(AF_NETROM),
	ROW(AF_BRIDGE),
	ROW(AF_ATMPVC),
	ROW(AF_X25),
	ROW(AF_INET6),
	ROW(AF_ROSE),
	ROW(AF_DECnet),
	ROW(AF_NETBEUI),
	ROW(AF_SECURITY),
	ROW(AF_KEY),
	ROW(AF_NETLINK),
	ROW(AF_PACKET),
	ROW(AF_ASH),
	ROW(AF_ECONET),
	ROW(AF_ATMSVC),
	ROW(AF_RDS),
	ROW(AF_SNA),
	ROW(AF_IRDA),
	ROW(AF_PPPOX),
	ROW(AF_WANPIPE),
	ROW(AF_LLC),
	ROW(AF_IB),
	ROW(AF_MPLS),
	ROW(AF_CAN),
	ROW(AF_TIPC),
	ROW(AF_BLUETOOTH),
	ROW(AF_IUCV),
	ROW(AF_RXRPC),
	ROW(AF_ISDN),
	ROW(AF_PHONET),
	ROW(AF_IEEE802154),
	ROW(AF_CAIF),
	ROW(AF_ALG),
	ROW(AF_NFC),
	ROW(AF_VSOCK),
	ROW(AF_KCM),
	ROW(AF_QIPCRTR),
	ROW(AF_SMC),
	ROW(AF_XDP),
	{ "AF_MCTP", 45 },
	ROW(SOCK_STREAM),
	ROW(SOCK_DGRAM),
	ROW(SOCK_RAW),
	ROW(SOCK_RDM),
	ROW(SOCK_SEQPACKET),
	ROW(SOCK_DCCP),
	ROW(SOCK_PACKET),
	ROW(SOCK_CLOEXEC),
	ROW(SOCK_NONBLOCK),
	{ "NETLINK_ROUTE", 0 },
	{ "NETLINK_SOCK_DIAG", 4 },
	{ "NETLINK_AUDIT", 9 },
	{ "NETLINK_NETFILTER", 12 },
	{ "NETLINK_KOBJECT_UEVENT", 15 },
	{ "NETLINK_GENERIC", 16 },
	{ "NETLINK_CRYPTO", 21 },
	ROW(TIOCSTI),
	ROW(TIOCLINUX),
	ROW(TIOCGWINSZ),
	ROW(TIOCSWINSZ),
	ROW(TIOCSCTTY),
	ROW(FIONREAD),
	ROW(CLONE_VM),
	ROW(CLONE_FS),
	ROW(CLONE_FILES),
	ROW(CLONE_SIGHAND),
	ROW(CLONE_VFORK),
	ROW(CLONE_THREAD),
	ROW(CLONE_NEWNS),
	ROW(CLONE_NEWCGROUP),
	ROW(CLONE_NEWUTS),
	ROW(CLONE_NEWIPC),
	ROW(CLONE_NEWUSER),
	ROW(CLONE_NEWPID),
	ROW(CLONE_NEWNET),
	{ "CLONE_NEWTIME", 0x80 },
};
static const struct lw_names constants = { constant_table, sizeof constant_table / sizeof constant_table[0], NULL };

#define SPACE " \t"
#define WORD_MAX 64

static void skip(const char **s)
{
	*s += strspn(*s, SPACE);
}

/* The next run of characters that belong to a name or number; empty when there is none. */
static int word(const char **s, char buf[WORD_MAX])
{
	skip(s);
	size_t n = strcspn(*s, SPACE "(),|");
	if (n >= WORD_MAX)
		return -1;
	memcpy(buf, *s, n);
	buf[n] = '\0';
	*s += n;
	skip(s);
	return (int)n;
}

/* One constant: a name, or a decimal, hexadecimal or octal number, which may be negative. */
static int constant(const char *text, uint64_t *ret, struct lw_err *err)
{
	bool negative = text[0] == '-';
	const char *digits = text + negative;
	if (digits[0] >= '0' && digits[0] <= '9') {
		char *end;
		errno = 0;
		unsigned long long v = strtoull(digits, &end, 0);
		if (errno || *end)
			return lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "'%s' is no number", text);
		*ret = negative ? -(uint64_t)v : (uint64_t)v;
		return 0;
	}
	int64_t v = lw_names_value(&constants, text);
	if (v < 0) {
		const char *near = lw_names_nearest(&constants, text);
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "unknown constant '%s'", text);
		if (near)
			lw_err_hint(err, "did you mean \"%s\"? Any number will do, too", near);
		else
			lw_err_hint(err, "write the number instead");
		return -EINVAL;
	}
	*ret = (uint64_t)v;
	return 0;
}

static int argument(const char **s, uint64_t *ret, struct lw_err *err)
{
	char buf[WORD_MAX];
	*ret = 0;
	for (;;) {
		uint64_t v = 0;
		int n = word(s, buf);
		if (n <= 0)
			return lw_fail_as(err, LW_ERR_USAGE, -EINVAL,
					  n < 0 ? "a constant is too long" : "an argument is missing");
		int r = constant(buf, &v, err);
		if (r < 0)
			return r;
		*ret |= v;
		if (**s != '|')
			return 0;
		(*s)++;
	}
}

/* "(a, b)" to the call's arguments. */
static int arguments(const char **s, const char *name, struct seccomp_data *call, struct lw_err *err)
{
	(*s)++;
	skip(s);
	for (unsigned i = 0; **s != ')' || i; i++) {
		uint64_t value;
		if (i == 6)
			return lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "a system call has six arguments at most");
		int r = argument(s, &value, err);
		if (r < 0)
			return r;
		call->args[i] = value;
		if (**s == ')')
			break;
		if (**s != ',')
			return lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "a ')' is missing after %s(", name);
		(*s)++;
	}
	(*s)++;
	skip(s);
	return 0;
}

int lw_call_parse(const char *text, struct seccomp_data *ret, struct lw_err *err)
{
	struct seccomp_data call = { .arch = lw_abi_native.audit_arch };
	const char *s = text;
	char name[WORD_MAX];
	int n = word(&s, name);
	if (n <= 0) {
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "a system call is expected");
		lw_err_hint(err, "for example \"socket(AF_INET, SOCK_STREAM, 0)\"");
		return -EINVAL;
	}
	call.nr = lw_syscall_number(name);
	if (call.nr < 0) {
		const char *near = lw_syscall_nearest(name);
		bool foreign = lw_seccomp_name_known(name) && name[0] != '@' && strcmp(name, "all") != 0;
		lw_fail_as(err, LW_ERR_USAGE, -EINVAL,
			   foreign ? "%s has no system call '%s'" : "%.0sunknown system call '%s'", lw_abi_native.name,
			   name);
		if (near && !foreign)
			lw_err_hint(err, "did you mean \"%s\"?", near);
		return -EINVAL;
	}
	if (*s == '(') {
		int r = arguments(&s, name, &call, err);
		if (r < 0)
			return r;
	}
	if (*s)
		return lw_fail_as(err, LW_ERR_USAGE, -EINVAL, "nothing may follow the call: '%.40s'", s);
	*ret = call;
	return 0;
}
