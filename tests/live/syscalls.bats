#!/usr/bin/env bats
# System calls that the default profile keeps from a command, each tried from inside; where it can be had, the
# counter-proof: the same attempt gets through when the filter is taken away.

load live

# refused ERRNO ATTEMPT...: each answers so.
refused() {
	local errno=$1
	shift
	try "$@"
	assert_status 0
	[ "${#lines[@]}" = $# ]
	all_lines "$errno"
}
# counterproof ATTEMPT...: without the filter each gets another answer than EPERM: it was the filter that refused.
counterproof() {
	try --seccomp unconfined -- "$@"
	assert_status 0
	[ "${#lines[@]}" = $# ]
	! grep ' EPERM$' <<<"$output" || { echo "refused without the filter, too"; return 1; }
}

@test "mounts: neither the old calls nor the new ones" {
	refused EPERM mount umount2 pivot_root fsopen fsmount fsconfig fspick open_tree move_mount mount_setattr
	counterproof fsconfig mount_setattr
}

@test "mounts: not with SYS_ADMIN either (only the filter is left)" {
	try --cap-add SYS_ADMIN -- mount umount2 pivot_root fsopen open_tree move_mount
	assert_status 0
	all_lines EPERM
}

@test "namespaces: no nested user namespace by unshare, clone or setns (CVE-2022-0185, CVE-2024-1086)" {
	refused EPERM unshare_user unshare_mount clone_user setns
	counterproof unshare_user clone_user
}

@test "namespaces: clone3, whose flags no filter sees, is not there (CVE-2021-41133)" {
	refused ENOSYS clone3
	try --seccomp unconfined -- clone3
	assert_is "clone3 ok"
}

@test "keyrings: the family of calls is denied" {
	refused EPERM add_key request_key keyctl
	counterproof add_key keyctl
}

@test "kernel interfaces: io_uring, userfaultfd, perf, bpf" {
	refused EPERM io_uring_setup userfaultfd perf_event_open bpf
	counterproof bpf
}

@test "kernel interfaces: the seventeen risky calls" {
	refused EPERM kexec_load open_by_handle_at init_module finit_module delete_module swapon swapoff adjtimex \
		clock_adjtime lookup_dcookie perf_event_open fanotify_init kcmp
	[ "$(uname -m)" != x86_64 ] || refused EPERM iopl ioperm sysfs _sysctl
	counterproof open_by_handle_at adjtimex clock_adjtime kcmp
}

@test "kernel interfaces: administration and the obsolete" {
	refused EPERM clock_settime settimeofday acct quotactl reboot syslog vhangup nfsservctl mbind move_pages \
		name_to_handle_at pidfd_getfd personality
	counterproof clock_settime mbind move_pages name_to_handle_at pidfd_getfd personality
}

@test "architectures: an i386 call ends the process (CVE-2015-2830)" {
	[ "$(uname -m)" = x86_64 ] || skip "for x86-64"
	try int80
	assert_status 159
	[ -z "$output" ]
}

@test "architectures: an x32 call ends the process" {
	[ "$(uname -m)" = x86_64 ] || skip "for x86-64"
	try x32
	assert_status 159
	[ -z "$output" ]
}

@test "sockets: of the families 0 to 45 only unix, inet, inet6 and netlink" {
	try families
	assert_status 0
	[ "$(grep -c '^[0-9]' <<<"$output")" = 46 ]
	[ "$(grep '^[0-9].* ok$' <<<"$output" | xargs)" = "1 ok 2 ok 10 ok 16 ok" ] || { echo "$output"; return 1; }
	[ "$(grep '^pair .* ok$' <<<"$output" | xargs)" = "pair 1 ok" ]
	[ "$(grep -c '^[0-9].* EPERM$' <<<"$output")" = 42 ]
}

@test "sockets: neither vsock, which no network namespace holds, nor alg, packet, netfilter, audit" {
	refused EPERM vsock alg packet netlink_netfilter netlink_audit
	refused ok netlink_route
	counterproof netlink_audit packet
}

@test "processes: pid 1 cannot be traced, read or killed" {
	refused EPERM ptrace_init
	refused EACCES open_init_mem open_init_root
	refused EPERM kill_init
	# Not by the filter alone.
	try --seccomp unconfined -- ptrace_init open_init_mem open_init_root
	all_lines "EPERM|EACCES"
}

@test "devices: nodes cannot be made, so none can be opened (GHSA-g54h-m393-cpwq)" {
	refused EPERM mknod_mem mknod_block
	# Not by the filter alone: the user namespace and nodev hold as well.
	try --seccomp unconfined -- mknod_mem mknod_block
	all_lines "EPERM|EACCES"
}

@test "privileges: a process cannot raise its limits or its capabilities" {
	refused EPERM raise_nofile raise_core capset_all
	try --seccomp unconfined -- raise_nofile raise_core capset_all
	all_lines EPERM
}

@test "terminal: TIOCSTI and TIOCLINUX are refused, also with bits the kernel ignores (CVE-2017-5226, CVE-2019-7303)" {
	refused EPERM tiocsti tiocsti_high tioclinux
	counterproof tiocsti tiocsti_high tioclinux
}
