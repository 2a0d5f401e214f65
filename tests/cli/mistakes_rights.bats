#!/usr/bin/env bats
# Mistakes in what a sandbox may do: ids, namespaces, capabilities, policies, rules, networks. Each is answered in one line with its
# place and the cure, by check and by run.

# shellcheck disable=SC2016 # text with dollars is meant so
bats_require_minimum_version 1.5.0
load ../lib
load mistakes

setup() {
	sandbox_setup
	cd "$WORK" || return
	mkdir profiles
	touch plainfile
}
teardown() { sandbox_teardown; }

@test "allow_control_sockets" {
	keys <<-'END'
	allow_control_sockets = "docker"
	=> allow_control_sockets: expected a list of engines, "docker", not a string (put it in braces)
	allow_control_sockets = true
	=> allow_control_sockets: expected a list of engines, "docker", not true
	allow_control_sockets = { "all" }
	=> allow_control_sockets[0]: unknown engine "all"
	allow_control_sockets = { docker = true }
	=> allow_control_sockets: expected a list of engines, "docker", not a table (leave the names away: { "ITEM", "ITEM" })
	END
}

@test "apparmor" {
	keys <<-'END'
	apparmor = "nosuch profile"
	=> apparmor: not a profile's name: "nosuch profile"
	apparmor = true
	=> apparmor: expected a profile's name, "auto", or { profile=, rules=, required= }, not true
	apparmor = { profil = "x" }
	=> apparmor.profil: unknown key (did you mean "profile"?)
	apparmor = { rules = "deny /x w" }
	=> apparmor.rules: expected a list of rules, "deny /root/** wl", not a string (put it in braces)
	apparmor = { rules = { "deny /x w,", "}" } }
	=> apparmor.rules[0]: not one rule: "deny /x w," (a rule of apparmor.d(5) on one line, without comma or comment)
	END
}

@test "capabilities" {
	keys <<-'END'
	capabilities = "all"
	=> capabilities: expected a capability set, or { bounding=, effective=, permitted=, inheritable=, ambient= }, not a string (put it in braces)
	capabilities = caps.CAP_NET_RAW
	=> unknown field of caps "CAP_NET_RAW" (write caps.none + "CAP_NET_RAW")
	capabilities = caps.docker * "NET_RAW"
	=> a capability set takes + and -: write caps.docker + "NAME"
	capabilities = caps.docker + "CAP_FOO"
	=> unknown capability "CAP_FOO"
	capabilities = caps.docker + 5
	=> expected the name of a capability or a list of names, not a number
	capabilities = caps.docker + nil
	=> expected the name of a capability or a list of names, not a nil
	capabilities = caps.docker + { "NET_RAW", "FOO" }
	=> unknown capability "FOO"
	capabilities = caps.docker - "ALL"
	=> unknown capability "ALL" (write caps.all, the caller's, or caps.none)
	capabilities = caps.docker:add("X")
	=> a capability set has no fields: write caps.docker + "NAME"
	capabilities = caps["docker"]:add("X")
	=> a capability set has no fields: write caps.docker + "NAME"
	capabilities = true
	=> capabilities: expected a capability set, or { bounding=, effective=, permitted=, inheritable=, ambient= }, not true
	capabilities = { "all" }
	=> capabilities[0]: unknown capability "all" (write capabilities = caps.all)
	capabilities = { ambient = { "NET_RAWX" } }
	=> capabilities.ambient[0]: unknown capability "NET_RAWX" (did you mean "NET_RAW"?)
	capabilities = { boundin = { "NET_RAW" } }
	=> capabilities.boundin: unknown key (did you mean "bounding"?)
	capabilities = { bounding = "NET_RAW" }
	=> capabilities.bounding: expected a list of capabilities, not a string (put it in braces)
	capabilities = { bounding = { "NET_RAW" }, ambient = { "SYS_ADMIN" } }
	=> capabilities.ambient: SYS_ADMIN must be in the bounding set too
	capabilities = { bounding = { "NET_RAW" }, effective = { "CHOWN" } }
	=> capabilities.effective: CHOWN must be in the permitted set too
	END
}

@test "hardening" {
	keys <<-'END'
	hardening = true
	=> hardening: expected { memory_deny_write_execute=, disable_speculation=, core_scheduling=, … }, not true
	hardening = { disable_speculation = "store_bypass" }
	=> hardening.disable_speculation: expected a list of "store_bypass" and "indirect_branch", not a string (put it in braces)
	hardening = { disable_speculation = true }
	=> hardening.disable_speculation: expected a list of "store_bypass" and "indirect_branch", not true
	hardening = { disable_speculation = { "spectre" } }
	=> hardening.disable_speculation[0]: unknown kind of speculation "spectre" ("store_bypass" or "indirect_branch")
	hardening = { mdwe = true }
	=> hardening.mdwe: unknown key (write memory_deny_write_execute)
	hardening = { memory_deny_write_execute = "yes" }
	=> hardening.memory_deny_write_execute: expected true or false, not a string (write true or false without quotes)
	hardening = { secure_bits = { "keep_caps" } }
	=> hardening.secure_bits[0]: unknown secure bit "keep_caps" (did you mean "keep_caps_locked"?)
	hardening = { secure_bits = { "noroot_lock" } }
	=> hardening.secure_bits[0]: unknown secure bit "noroot_lock" (did you mean "noroot_locked"?)
	END
}

@test "ids" {
	keys <<-'END'
	ids = "root_only"
	=> ids: unknown ids "root_only" (did you mean "root-only"?)
	ids = 0
	=> ids: expected "auto", "keep", "root-only", "identity", "single", or { uid={{inside, outside, count}, …}, gid={…} }, not a number
	ids = { uid = "0:1000:1" }
	=> ids.uid: expected a list of {inside, outside, count}, not a string (put it in braces)
	ids = { uid = { 0, 1000, 1 } }
	=> ids.uid[0]: expected {inside, outside, count}
	ids = { uid = { { 0, -5, 1 } }, gid = { { 0, 1000, 1 } } }
	=> ids.uid[0]: out of range: -5 is not within 0 to 4294967295
	ids = { uid = { { 0, 1000 } } }
	=> ids.uid[0]: expected {inside, outside, count}
	ids = { uid = { { 0, 1000, 0 } }, gid = { { 0, 1000, 1 } } }
	=> ids.uid[0]: a range of no ids (the third number says how many: {inside, outside, 1} is one)
	ids = { uid = { { 0, 1000, 1 } } }
	=> ids: needs both uid and gid (write { uid={{inside, outside, count}}, gid={{inside, outside, count}} })
	ids = { uid = { { 0, 1000, 10 }, { 5, 3000, 10 } }, gid = { { 0, 1000, 1 } } }
	=> ids.uid[1]: overlaps range 0 inside
	ids = { uid = { { 0, 1000, 4294967295 } }, gid = { { 0, 1000, 1 } } }
	=> ids.uid[0]: goes beyond the last id, 4294967294
	ids = { uid = { { inside = 0, outside = 1, count = 1 } } }
	=> ids.uid[0]: expected {inside, outside, count}
	ids = { user = { { 0, 1000, 1 } } }
	=> ids.user: unknown key (the keys are uid, gid)
	ids = {}
	=> ids: expected "auto", "keep", "root-only", "identity", "single", or { uid={{inside, outside, count}, …}, gid={…} }, not a list
	END
}

@test "init" {
	keys <<-'END'
	init = "tini"
	=> init: expected true or false, not a string (write true or false without quotes)
	init = "yes"
	=> init: expected true or false, not a string (write true or false without quotes)
	init = 1
	=> init: expected true or false, not a number
	END
}

@test "keyring" {
	keys <<-'END'
	keyring = "new"
	=> keyring: expected true or false, not a string (write true or false without quotes)
	END
}

@test "landlock" {
	keys <<-'END'
	landlock = true
	=> landlock: expected { read=, write=, execute=, connect_tcp=, bind_tcp=, scope=, required= }, not true
	landlock = { "/etc" }
	=> landlock: expected { read=, write=, execute=, connect_tcp=, bind_tcp=, scope=, required= }, not a list
	landlock = { bind_tcp = { -1 } }
	=> landlock.bind_tcp[0]: not a port: "-1" (write a number from 0 to 65535; names of services are not looked up)
	landlock = { connect_tcp = 80 }
	=> landlock.connect_tcp: expected a list of ports, not a number (put it in braces)
	landlock = { connect_tcp = { "http" } }
	=> landlock.connect_tcp[0]: not a port: "http" (write a number from 0 to 65535; names of services are not looked up)
	landlock = { connect_tcp = { 70000 } }
	=> landlock.connect_tcp[0]: not a port: "70000" (write a number from 0 to 65535; names of services are not looked up)
	landlock = { read = "/etc" }
	=> landlock.read: expected a list of absolute paths, not a string (put it in braces)
	landlock = { read = { "etc" } }
	=> landlock.read[0]: not an absolute path: "etc" (start it with '/')
	landlock = { readd = { "/etc" } }
	=> landlock.readd: unknown key (did you mean "read"?)
	landlock = { required = "yes" }
	=> landlock.required: expected true or false, not a string (write true or false without quotes)
	landlock = { rw = { "/etc" } }
	=> landlock.rw: unknown key (write write)
	landlock = { scope = "signal" }
	=> landlock.scope: expected a list of "abstract_unix_socket" and "signal", not a string (put it in braces)
	landlock = { scope = { "signals" } }
	=> landlock.scope[0]: unknown scope "signals" (did you mean "signal"?) ("abstract_unix_socket" or "signal")
	END
}

@test "namespaces" {
	keys <<-'END'
	namespaces = "host"
	=> namespaces: expected { user=, pid=, mount=, net=, ipc=, uts=, cgroup=, time= }, not a string
	namespaces = { "pid" }
	=> namespaces: expected { user=, pid=, mount=, net=, ipc=, uts=, cgroup=, time= }, not a list
	namespaces = { ipc = "host" }, sysctls = { ["kernel.shmmax"] = 1 }
	=> sysctls.kernel.shmmax: would change the host's: needs namespaces.ipc = "new"
	namespaces = { mount = "host" }, mounts = { tmpfs "/x" }
	=> mounts: needs namespaces.mount = "new"
	namespaces = { mount = "host" }, root = "empty"
	=> root: needs namespaces.mount = "new"
	namespaces = { net = "new" }, network = "host"
	=> namespaces.net: "new" disagrees with network = "host" (leave namespaces.net away: network decides it)
	namespaces = { pid = "none" }
	=> namespaces.pid: expected "new", "host", { path= } or { sandbox= }, not "none"
	namespaces = { pid = false }
	=> namespaces.pid: expected "new", "host", { path= } or { sandbox= }, not false
	namespaces = { pid = true }
	=> namespaces.pid: expected "new", "host", { path= } or { sandbox= }, not true
	namespaces = { pid = { path = "/etc/passwd" } }
	=> namespaces.pid: a new user namespace may not mount the /proc of a pid namespace it does not own (join the user namespace that owns it too, or set namespaces.user = "host", or mounts = { remove "/proc" })
	namespaces = { pid = { path = "/nonexistent" } }
	=> namespaces.pid: a new user namespace may not mount the /proc of a pid namespace it does not own (join the user namespace that owns it too, or set namespaces.user = "host", or mounts = { remove "/proc" })
	namespaces = { pid = { path = "/proc/self/ns/net" } }
	=> namespaces.pid: a new user namespace may not mount the /proc of a pid namespace it does not own (join the user namespace that owns it too, or set namespaces.user = "host", or mounts = { remove "/proc" })
	namespaces = { pid = { path = "relative" } }
	=> namespaces.pid.path: not an absolute path: "relative" (start it with '/')
	namespaces = { pid = { pth = "/x" } }
	=> namespaces.pid.pth: unknown key (did you mean "path"?)
	namespaces = { pid = {} }
	=> namespaces.pid: expected "new", "host", { path= } or { sandbox= }, not a list
	namespaces = { pids = "new" }
	=> namespaces.pids: unknown key (did you mean "pid"?)
	namespaces = { time = "host" }, time_offsets = { monotonic = 5 }
	=> time_offsets: needs namespaces.time = "new"
	namespaces = { uts = "host" }, hostname = "x"
	=> hostname: needs namespaces.uts = "new"
	END
}

@test "network" {
	keys <<-'END'
	network = "br0"
	=> network: expected "none", "host", { bridge= }, { path= } or { sandbox= }, not "br0" (a network of that name is { bridge = "br0" })
	network = "bridge"
	=> network: expected "none", "host", { bridge= }, { path= } or { sandbox= }, not "bridge" (a network of that name is { bridge = "bridge" })
	network = "container:foo"
	=> network: expected "none", "host", { bridge= }, { path= } or { sandbox= }, not "container:foo"
	network = false
	=> network: expected "none", "host", { bridge= }, { path= } or { sandbox= }, not false
	network = true
	=> network: expected "none", "host", { bridge= }, { path= } or { sandbox= }, not true
	network = { "host" }
	=> network: expected "none", "host", { bridge= }, { path= } or { sandbox= }, not a list
	network = { path = "x" }
	=> network.path: not an absolute path: "x" (start it with '/')
	network = { brige = "web" }
	=> network.brige: unknown key (did you mean "bridge"?)
	network = { bridge = "Web" }
	=> network.bridge: not a name: "Web" (use a-z, 0-9, '_', '.' and '-', starting with a letter or digit, at most 63 bytes)
	network = { bridge = "none" }
	=> network.bridge: "none" is no name for a network (write network = "none")
	network = { bridge = "web", path = "/run/netns/blue" }
	=> network.bridge: a path and a bridge: which?
	network = { sandbox = "db", address = "10.0.0.5/24" }
	=> network.address: means nothing for a network that is joined (write it where that network is made)
	network = { bridge = "web", address = "10.0.0.0/24" }
	=> network.address[0]: "10.0.0.0/24" is a subnet, not an address in it
	network = { bridge = "web", address = { "10.0.0.5/24", "10.0.0.6/24" } }
	=> network.address: more than one address of a family
	network = { bridge = "web", address = "web.local" }
	=> network.address[0]: not an address: "web.local" ("auto", "10.88.0.5/24" or "fd00::5/64")
	network = { bridge = "web", gateway = "10.0.0.1/24" }
	=> network.gateway: not an address: "10.0.0.1/24" (a literal one, "10.88.0.5" or "fd00::5")
	network = { bridge = "web", mac = "01:00:00:00:00:01" }
	=> network.mac: not the MAC address of an interface: "01:00:00:00:00:01" (six hexadecimal pairs, "02:42:0a:58:00:05"; the first one is even)
	network = { move = "eth0", mac = "02:00:00:00:00:01" }
	=> network.mac: an interface that is moved keeps its own
	network = { bridge = "web", interface = "a-name-that-is-too-long" }
	=> network.interface: "a-name-that-is-too-long" is too long for an interface: at most 15 bytes
	network = { macvlan = "eth/0" }
	=> network.macvlan: not the name of an interface: "eth/0" (letters, digits, '_', '.' and '-', at most 15)
	network = { macvlan = "eth0", isolate = true }
	=> network.isolate: needs a bridge
	network = { bridge = "web", hosts = { db = "localhost" } }
	=> network.hosts.db: not an address: "localhost" (a literal one, "10.88.0.5" or "fd00::5")
	network = { bridge = "web", dns = { "1.1.1.1", "1.1.1.1", "1.1.1.1", "1.1.1.1" } }
	=> network.dns: 4 entries; at most 3 are allowed
	network = { bridge = "web", mtu = 10 }
	=> network.mtu: out of range: 10 is not within 68 to 65535
	network = {}
	=> network: expected "none", "host", { bridge= }, { path= } or { sandbox= }, not a list
	END
}

@test "no_new_privileges" {
	keys <<-'END'
	no_new_privileges = 0
	=> no_new_privileges: expected true or false, not a number
	END
}

@test "privileged" {
	keys <<-'END'
	privileged = "yes"
	=> privileged: expected true or false, not a string (write true or false without quotes)
	privileged = 1
	=> privileged: expected true or false, not a number
	END
}

@test "seccomp" {
	keys <<-'END'
	seccomp = false
	=> seccomp: expected a policy: seccomp.default, docker, strict, unconfined or deny, or seccomp.load "FILE", with + and -, not false
	seccomp = seccomp.default + ""
	=> unknown system call ""
	seccomp = seccomp.default + "@clok"
	=> unknown group of system calls "@clok" (did you mean "@clock"?)
	seccomp = seccomp.default + "socket(1,2,3,4,5,6,7)"
	=> a system call has six arguments at most
	seccomp = seccomp.default + "socket(AF_FOO)"
	=> unknown constant 'AF_FOO' (write the number instead)
	seccomp = seccomp.default + "socket(AF_INET"
	=> a ')' is missing after socket(
	seccomp = seccomp.default + 5
	=> expected the name of a system call or a list of names, not a number
	seccomp = seccomp.default - "all"
	=> seccomp: the policy denies execve, exit_group, write, which starting the command itself needs (allow them; a dynamic loader makes access, arch_prctl, brk, close, fstat, mmap, mprotect, munmap, newfstatat, openat, pread64, prlimit64, read, set_robust_list, set_tid_address, getrandom, rseq, too)
	seccomp = seccomp.default - "exit_group"
	=> seccomp: the policy denies exit_group, which starting the command itself needs (allow them)
	seccomp = seccomp.default.allow("mount")
	=> a method without its policy (call it with ':', as in seccomp.default:deny("mount"))
	seccomp = seccomp.default:architectures("arm")
	=> seccomp.architectures[0]: unknown architecture 'arm' (x86 and x32 can be allowed beside the native one)
	seccomp = seccomp.default:errno("EFOO", "mount")
	=> unknown error name "EFOO" (did you mean "EIO"?)
	seccomp = seccomp.default:errno(5, "mount")
	=> unknown error name "5"
	seccomp = seccomp.deny
	=> seccomp: the policy denies execve, exit_group, write, which starting the command itself needs (allow them; a dynamic loader makes access, arch_prctl, brk, close, fstat, mmap, mprotect, munmap, newfstatat, openat, pread64, prlimit64, read, set_robust_list, set_tid_address, getrandom, rseq, too)
	seccomp = seccomp.load "/etc/passwd"
	=> /etc/passwd:1: is not JSON
	seccomp = seccomp.load "nosuch.json"
	=> nosuch.json: No such file or directory (neither beside the profile nor in the profile directories)
	seccomp = seccomp.load(5)
	=> 5: No such file or directory (neither beside the profile nor in the profile directories)
	seccomp = true
	=> seccomp: expected a policy: seccomp.default, docker, strict, unconfined or deny, or seccomp.load "FILE", with + and -, not true
	seccomp = { "mount" }
	=> seccomp: expected a policy: seccomp.default, docker, strict, unconfined or deny, or seccomp.load "FILE", with + and -, not a list (write seccomp.default + { … } to allow these, - to deny them)
	seccomp = { base = "docker", architectures = { "foo" } }
	=> seccomp.architectures[0]: unknown architecture "foo"
	seccomp = { base = "docker", rules = "x" }
	=> seccomp.rules: expected a list of { action=, errno=, names= }, not a string
	seccomp = { base = "docker", rules = { { action = "allow", names = { "mountx" } } } }
	=> seccomp.rules[0].names[0]: unknown system call "mountx" (did you mean "mount"?)
	seccomp = { base = "docker", rules = { { action = "deny", names = { "mount" } } } }
	=> seccomp.rules[0].action: expected "allow", "errno", "kill", "log" or "only", not "deny"
	seccomp = { base = "docker", rules = { { action = "errno", errno = "EFOO", names = { "mount" } } } }
	=> seccomp.rules[0].errno: unknown error "EFOO" (did you mean "EIO"?)
	seccomp = { base = "dokcer" }
	=> seccomp.base: unknown policy "dokcer" (did you mean "docker"?)
	seccomp = { defaultAction = "SCMP_ACT_ERRNO", syscalls = {} }
	=> seccomp.defaultAction: unknown key (write seccomp = seccomp.load "FILE", for JSON as Docker's)
	seccomp = {}
	=> seccomp: expected a policy: seccomp.default, docker, strict, unconfined or deny, or seccomp.load "FILE", with + and -, not a list
	END
}

@test "selinux" {
	keys <<-'END'
	selinux = "container_t"
	=> selinux: expected { process=, mount=, mcs="auto", required= }, not a string
	selinux = { proces = "x" }
	=> selinux.proces: unknown key (did you mean "process"?)
	selinux = { process = "a:b" }
	=> selinux.process: not a label: "a:b" (a type, "container_t", or "user:role:type"; the level goes to mcs)
	END
}

@test "sysctls" {
	keys <<-'END'
	sysctls = "net.ipv4.ip_forward=1"
	=> sysctls: expected a table of strings or numbers by name, "net.ipv4.ip_forward", not a string
	sysctls = { 5 }
	=> sysctls: expected a table of strings or numbers by name, "net.ipv4.ip_forward", not a list
	sysctls = { [""] = 1 }
	=> sysctls: not the name of a kernel parameter: "" (write it with dots, "net.ipv4.ip_forward")
	sysctls = { ["net.../../x"] = 1 }
	=> sysctls: not the name of a kernel parameter: "net.../../x" (write it with dots, "net.ipv4.ip_forward")
	sysctls = { ["net.ipv4.ip_forward"] = 1 }, network = "host"
	=> sysctls.net.ipv4.ip_forward: would change the host's: needs namespaces.net = "new"
	sysctls = { ["net.ipv4.ip_forward"] = true }
	=> sysctls.net.ipv4.ip_forward: expected a string, a number or false, not true (write 1 or "true")
	sysctls = { ["net/ipv4/ip_forward"] = 1 }
	=> sysctls: not the name of a kernel parameter: "net/ipv4/ip_forward" (write it with dots, "net.ipv4.ip_forward")
	sysctls = { net = { ipv4 = { ip_forward = 1 } } }
	=> sysctls.net: expected a string, a number or false, not a table
	END
}

@test "user" {
	keys <<-'END'
	user = "1:2:3"
	=> user: not a user: "1:2:3" (write a name, "UID", "UID:GID" or { uid=, gid= })
	user = "1:x"
	=> user: not a user: "1:x" (write a name, "UID", "UID:GID" or { uid=, gid= })
	user = ":5"
	=> user: not a user: ":5" (write a name, "UID", "UID:GID" or { uid=, gid= })
	user = "nosuchuser"
	=> user: no user "nosuchuser" in the root's /etc/passwd (write the uid as a number, or add the user to the root)
	user = -1
	=> user: out of range: -1 is not within 0 to 4294967294
	user = 1.5
	=> user: expected a whole number, not 1.5
	user = 4294967295
	=> user: out of range: 4294967295 is not within 0 to 4294967294
	user = true
	=> user: expected "root", a user's name, a uid, "UID:GID", or { uid=, gid=, groups={} }, not true
	user = { 0, 0 }
	=> user: expected "root", a user's name, a uid, "UID:GID", or { uid=, gid=, groups={} }, not a list
	user = { groups = 5 }
	=> user.groups: expected a list of group ids, not a number (put it in braces)
	user = { groups = { "audio" } }
	=> user.groups[0]: expected a group's number, not "audio" (names of groups are not looked up; getent group NAME tells the number)
	user = { uid = "root" }
	=> user.uid: expected a whole number from 0 to 4294967294, not a string
	user = { uid = 1, name = "root" }
	=> user: give a name or a uid, not both
	user = { uid = 5, gid = -1 }
	=> user.gid: out of range: -1 is not within 0 to 4294967294
	user = { user = 5 }
	=> user.user: unknown key (write name)
	user = { xyzzy = 1 }
	=> user.xyzzy: unknown key (the keys are name, uid, gid, groups)
	user = {}
	=> user: expected "root", a user's name, a uid, "UID:GID", or { uid=, gid=, groups={} }, not a list
	END
}
