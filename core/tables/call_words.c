/* call_words.c: calls whose arguments have named values: how many arguments they have, and how the names of the
 * constants for each begin (core/tables/call_constants.c). Data only. */
#include "filter_diff.h"

const struct lw_call_words lw_call_words_table[] = {
	{ "clone", 5, { "CLONE_" } },
	{ "fcntl", 3, { "", "F_" } },
	{ "ioctl", 3, { "", "TIOC|FIO" } },
	{ "kill", 2, { "", "SIG" } },
	{ "mmap", 6, { "", "", "PROT_", "MAP_" } },
	{ "mprotect", 3, { "", "", "PROT_" } },
	{ "open", 3, { "", "O_" } },
	{ "openat", 4, { "AT_", "", "O_" } },
	{ "prctl", 5, { "PR_" } },
	{ "ptrace", 4, { "PTRACE_" } },
	{ "setns", 2, { "", "CLONE_" } },
	{ "socket", 3, { "AF_", "SOCK_" } },
	{ "socketpair", 4, { "AF_", "SOCK_" } },
	{ "tgkill", 3, { "", "", "SIG" } },
	{ "tkill", 2, { "", "SIG" } },
	{ "unshare", 1, { "CLONE_" } },
};
const unsigned lw_call_words_count = sizeof lw_call_words_table / sizeof lw_call_words_table[0];
