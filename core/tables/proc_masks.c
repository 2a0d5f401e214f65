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
	"/sys/kernel/boot_params", /* the machine's memory map and physical addresses */
	"/sys/kernel/btf",
	"/sys/kernel/notes",
	"/sys/kernel/security",
	"/sys/kernel/vmcoreinfo", /* a physical address */
	NULL,
};

const char *const lw_masked_root_only[] = {
	"/proc/kmsg",
	"/proc/kpagecgroup",
	"/proc/kpagecount",
	"/proc/kpageflags",
	"/proc/pagetypeinfo",
	"/proc/slabinfo",
	"/proc/vmallocinfo",
	"/sys/kernel/slab",
	"/sys/kernel/debug", /* these are 0700 root */
	"/sys/kernel/tracing",
	"/sys/fs/bpf",
	"/proc/dynamic_debug",
	"/proc/mtrr",
	"/sys/devices/virtual/dmi/id", /* serial numbers */
	NULL,
};

const char *const lw_masked_init[] = { "/proc/1/cgroup", "/proc/1/task/1/cgroup", NULL };

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
	"/etc/NetworkManager/system-connections",
	"/etc/wireguard",
	"/etc/openvpn",
	"/etc/ipsec.secrets",
	"/etc/ppp/chap-secrets",
	"/etc/ppp/pap-secrets",
	"/etc/letsencrypt",
	"/etc/docker/key.json",
	"/etc/kubernetes",
	"/etc/mysql/debian.cnf",
	"/etc/credstore",
	"/etc/credstore.encrypted",
	NULL,
};
