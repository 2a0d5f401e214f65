/* proc_masks.c: see proc_masks.h. Docker's lists (moby, 2026) and what SECURITY adds: files of /proc and /sys that
 * describe the kernel rather than the sandbox. */
#include "proc_masks.h"

const char *const lw_masked_paths[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/interrupts", /* keystroke timing of other tenants */
	"/proc/kcore",
	"/proc/keys", /* key names of the same kernel uid */
	"/proc/latency_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/proc/kallsyms", /* symbol names even where addresses read as zero */
	"/proc/key-users",
	"/sys/devices/virtual/powercap", /* energy counters: CVE-2020-8694 (PLATYPUS) */
	"/sys/firmware",
	"/sys/kernel/btf",
	"/sys/kernel/notes",
	"/sys/kernel/security",
	NULL,
};

const char *const lw_masked_root_only[] = {
	"/proc/kmsg",          "/proc/kpagecgroup",  "/proc/kpagecount",
	"/proc/kpageflags",    "/proc/pagetypeinfo", "/proc/slabinfo",
	"/proc/vmallocinfo",   "/sys/kernel/slab",   "/sys/kernel/debug", /* these are 0700 root */
	"/sys/kernel/tracing", "/sys/fs/bpf",        NULL,
};

const char *const lw_readonly_paths[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL,
};

const char *const lw_host_secrets[] = {
	"/etc/shadow",
	"/etc/shadow-",
	"/etc/gshadow",
	"/etc/gshadow-",
	"/etc/sudoers",
	"/etc/sudoers.d",
	"/etc/ssl/private",
	"/etc/krb5.keytab",
	"/etc/security/opasswd",
	"/etc/ssh/ssh_host_rsa_key",
	"/etc/ssh/ssh_host_dsa_key",
	"/etc/ssh/ssh_host_ecdsa_key",
	"/etc/ssh/ssh_host_ed25519_key",
	NULL,
};
