#!/usr/bin/env python3
"""A policy for the label tests, as text for checkpolicy(8): everything may do everything, but the contexts, the level
and the way from one type to the other are real. Classes and permissions not named here are allowed (-U allow)."""

SIDS = """kernel security unlabeled fs file file_labels init any_socket port netif netmsg node igmp_packet icmp_socket
tcp_socket sysctl_modprobe sysctl sysctl_fs sysctl_kernel sysctl_net sysctl_net_unix sysctl_vm sysctl_dev kmod policy
scmp_packet devnull""".split()
CLASSES = {
    "process": "fork transition sigchld sigkill sigstop signull signal ptrace getsched setsched getsession getpgid"
    " setpgid getcap setcap share getattr setexec setfscreate noatsecure siginh setrlimit rlimitinh dyntransition"
    " setcurrent execmem execstack execheap setkeycreate setsockcreate getrlimit",
    "process2": "nnp_transition nosuid_transition",
    "file": "ioctl read write create getattr setattr lock relabelfrom relabelto append map unlink link rename execute"
    " quotaon mounton audit_access open execmod execute_no_trans entrypoint",
    "filesystem": "mount remount unmount getattr relabelfrom relabelto associate quotamod quotaget watch",
    "security": "compute_av compute_create compute_member check_context load_policy compute_relabel compute_user"
    " setenforce setbool setsecparam setcheckreqprot read_policy validate_trans",
}
TYPES = ["base_t", "box_t", "box_file_t"]
FILE_SYSTEMS = ["proc", "sysfs", "overlay", "virtiofs", "cgroup2", "selinuxfs", "securityfs", "rootfs", "mqueue"]


def policy():
    yield from (f"class {name}" for name in CLASSES)
    yield from (f"sid {name}" for name in SIDS)
    yield from (f"class {name} {{ {permissions} }}" for name, permissions in CLASSES.items())
    yield "sensitivity s0;\ndominance { s0 }"
    yield from (f"category c{i};" for i in range(1024))
    yield "level s0:c0.c1023;"
    yield "mlsconstrain file { ioctl } ( h1 dom h2 );"
    yield "policycap nnp_nosuid_transition;"
    yield "attribute any;"
    yield from (f"type {name}, any;" for name in TYPES)
    yield from (f"allow any any:{name} *;" for name in CLASSES)
    yield "role system_r;\nrole system_r types { base_t box_t };"
    yield "user system_u roles { system_r } level s0 range s0 - s0:c0.c1023;"
    for name in SIDS:
        role = "system_r" if name in ("kernel", "init") else "object_r"
        yield f"sid {name} system_u:{role}:base_t:s0"
    yield from (f"fs_use_trans {name} system_u:object_r:base_t:s0;" for name in ("tmpfs", "devpts"))
    yield from (f"genfscon {name} / system_u:object_r:base_t:s0" for name in FILE_SYSTEMS)


print("\n".join(policy()))
