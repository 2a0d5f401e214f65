#!/usr/bin/env bats
# Mistakes in the command, its surroundings and limits, and keys that other tools have. Each is answered in one line with its
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

@test "limits" {
	keys <<-'END'
	limits = { 5 }
	=> limits: expected { pids=, memory=, swap=, cpus=, … }, not a list
	limits = { ["memory-max"] = "5M" }
	=> limits.memory-max: unknown key (write memory)
	limits = { cpu_quota = 50000 }
	=> limits.cpu_quota: unknown key (write cpus, where 1 is a whole processor)
	limits = { cpu_time = "0" }
	=> limits.cpu_time: the kernel counts whole seconds: at least "1s"
	limits = { cpu_time = -5 }
	=> limits.cpu_time: out of range: -5 seconds
	limits = { cpu_weight = 1.5 }
	=> limits.cpu_weight: expected a whole number, not 1.5
	limits = { cpus = "50%" }
	=> limits.cpus: expected a number of cpus such as 0.5, not "50%"
	limits = { cpus = -1 }
	=> limits.cpus: out of range: must be at least 0.01 and at most 8192 cpus
	limits = { cpus = 0/0 }
	=> limits.cpus: a number that is not finite
	limits = { cpus = 1/0 }
	=> limits.cpus: a number that is not finite
	limits = { cpus = 9999 }
	=> limits.cpus: out of range: must be at least 0.01 and at most 8192 cpus
	limits = { cpuset = "" }
	=> limits.cpuset: not a list of processors: "" (write numbers and ranges, "0-3,8")
	limits = { cpuset = "3-0" }
	=> limits.cpuset: not a list of processors: "3-0" (write numbers and ranges, "0-3,8")
	limits = { cpuset = 5 }
	=> limits.cpuset: expected a list of processors, "0-3,8", not a number (put it in braces)
	limits = { cpuset = { 0, 1 } }
	=> limits.cpuset: expected a list of processors, "0-3,8", not a list
	limits = { files = 5 }
	=> limits.files: unknown key (write rlimits = { nofile = … }, beside limits)
	limits = { hugetlb = "2M" }
	=> limits.hugetlb: unknown key (the keys are pids, memory, swap, cpus, memory_high, memory_low, cpu_weight, cpuset, cpu_time, io, oom_group)
	limits = { io = { device = "/dev/vda", rbps = "1M" } }
	=> limits.io: expected a list of { device=, rbps=, wbps=, riops=, wiops= }, not a table (put it in braces)
	limits = { io = { { device = "/etc/passwd", rbps = 5 } } }
	=> limits.io[0].rbps: 5 bytes is too little (write "5M"; a bare number is bytes)
	limits = { io = { { device = "8:x", rbps = "1M" } } }
	=> limits.io[0].device: not a block device: "8:x" (write an absolute path, /dev/NAME, or its numbers, "8:0")
	limits = { memory = "1K" }
	=> limits.memory: 1024 bytes is too little (at least 64K)
	limits = { memory = "50%" }
	=> limits.memory: expected a size such as "64M", not "50%"
	limits = { memory = "64 M" }
	=> limits.memory: expected a size such as "64M", not "64 M"
	limits = { memory = "64Ki" }
	=> limits.memory: expected a size such as "64M", not "64Ki"
	limits = { memory = "max" }
	=> limits.memory: expected a size such as "64M", not "max"
	limits = { memory = "unlimited" }
	=> limits.memory: expected a size such as "64M", not "unlimited"
	limits = { memory = -1 }
	=> limits.memory: out of range: a size is not negative
	limits = { memory = 0 }
	=> limits.memory: 0 bytes is too little (write "64M"; a bare number is bytes)
	limits = { memorySwap = "5M" }
	=> limits.memorySwap: unknown key (write swap, in addition to memory)
	limits = { memory_limit = "5M" }
	=> limits.memory_limit: unknown key (write memory)
	limits = { memory_max = "2M" }
	=> limits.memory_max: unknown key (write memory)
	limits = { memory_swap = "2M" }
	=> limits.memory_swap: unknown key (write swap, in addition to memory)
	limits = { oom_group = "yes" }
	=> limits.oom_group: expected true or false, not a string (write true or false without quotes)
	limits = { pids = "unlimited" }
	=> limits.pids: expected a whole number from 1 to 4194304, not a string
	limits = { pids = -1 }
	=> limits.pids: out of range: -1 is not within 1 to 4194304
	limits = { pids = 1.5 }
	=> limits.pids: expected a whole number, not 1.5
	limits = { pids = false }
	=> limits.pids: expected a whole number from 1 to 4194304, not false
	limits = { pids = true }
	=> limits.pids: expected a whole number from 1 to 4194304, not true
	limits = { pids_limit = 5 }
	=> limits.pids_limit: unknown key (write pids)
	limits = { shm_size = "2M" }
	=> limits.shm_size: unknown key (write mounts = { tmpfs "/dev/shm:size=64M" })
	limits = { swap = "-1" }
	=> limits.swap: out of range: a size is not negative
	limits = { timeout = 5 }
	=> limits.timeout: unknown key (write timeout, beside limits)
	END
}

@test "other words for keys" {
	keys <<-'END'
	COMMAND = { "x" }
	=> COMMAND: unknown key (did you mean "command"?)
	Command = { "x" }
	=> Command: unknown key (did you mean "command"?)
	["two words"] = 1
	=> two words: unknown key (`lunward profile keys` lists them)
	bind = {}
	=> bind: unknown key (write mounts = { bind "SRC:DST" })
	cgroup_parent = "x"
	=> cgroup_parent: unknown key (write it on the command line: --cgroup-parent PATH)
	cpu = 1
	=> cpu: unknown key (write limits = { cpus = … })
	cwd_ = "/"
	=> cwd_: unknown key (did you mean "cwd"?)
	depends_on = { "x" }
	=> depends_on: unknown key (write service = { requires = { … } })
	devices_cgroup = 1
	=> devices_cgroup: unknown key (`lunward profile keys` lists them)
	dns = { "1.1.1.1" }
	=> dns: unknown key (`lunward profile keys` lists them)
	expose = { 80 }
	=> expose: unknown key (`lunward profile keys` lists them)
	extra_hosts = {}
	=> extra_hosts: unknown key (write mounts = { file { destination = "/etc/hosts", data = … } })
	hooks = {}
	=> hooks: unknown key (write command = { "sh", "-c", "…" }; nothing runs outside of the sandbox)
	hosts = {}
	=> hosts: unknown key (`lunward profile keys` lists them)
	image = "debian"
	=> image: unknown key (write root = "/DIR", a directory of yours)
	init_process = true
	=> init_process: unknown key (`lunward profile keys` lists them)
	ipc = "host"
	=> ipc: unknown key (write namespaces = { ipc = … })
	log = "json-file"
	=> log: unknown log "json-file" (write "file")
	mem = "5M"
	=> mem: unknown key (write limits = { memory = … })
	mount = {}
	=> mount: unknown key (write mounts)
	network_mode = "host"
	=> network_mode: unknown key (write network)
	on = {}
	=> on: unknown key (`lunward profile keys` lists them)
	pid = "host"
	=> pid: unknown key (write namespaces = { pid = … })
	ports = { "80:80" }
	=> ports: unknown key (write network = "host", or "none")
	process = {}
	=> process: unknown key (write its keys at the top, as command, cwd, env and user)
	readonly = true
	=> readonly: unknown key (write root = { readonly = true })
	restart = "always"
	=> restart: unknown key (write service = { restart = … })
	root_ = {}
	=> root_: unknown key (did you mean "root"?)
	security_opt = { "x" }
	=> security_opt: unknown key (write seccomp, apparmor, selinux or no_new_privileges)
	service = { Restart = "always" }
	=> service.Restart: unknown key (did you mean "restart"?)
	stdin_open = true
	=> stdin_open: unknown key (write nothing: standard input is connected)
	supervise = {}
	=> supervise: unknown key (did you mean "service"?)
	tests = {}
	=> tests: unknown key (`lunward profile keys` lists them)
	tmp = {}
	=> tmp: unknown key (write mounts = { tmpfs "/tmp" }; it is private already)
	tty = true
	=> tty: unknown key (write terminal = true)
	userns = "host"
	=> userns: unknown key (write ids, or namespaces = { user = … })
	userns_mode = "host"
	=> userns_mode: unknown key (write ids, or namespaces = { user = … })
	version = "3"
	=> version: unknown key (`lunward profile keys` lists them)
	volumes_from = {}
	=> volumes_from: unknown key (`lunward profile keys` lists them)
	workingDir = "/"
	=> workingDir: unknown key (write cwd)
	END
}

@test "rlimits" {
	keys <<-'END'
	rlimits = 5
	=> rlimits: expected { nofile=1024 or {soft, hard}, … }, not a number
	rlimits = { "nofile" }
	=> rlimits: expected { nofile=1024 or {soft, hard}, … }, not a list
	rlimits = { NOFILE = 5 }
	=> rlimits.NOFILE: unknown key (did you mean "nofile"?)
	rlimits = { RLIMIT_NOFILE = 5 }
	=> rlimits.RLIMIT_NOFILE: unknown key (did you mean "nofile"?)
	rlimits = { as = "5X" }
	=> rlimits.as: not a limit: "5X" (write a number, {soft, hard} or "unlimited"; what is counted in bytes may be "64M")
	rlimits = { cpu = "10s" }
	=> rlimits.cpu: not a limit: "10s" (write a number, {soft, hard} or "unlimited"; what is counted in bytes may be "64M")
	rlimits = { nice = -5 }
	=> rlimits.nice: out of range: -5 is not within 0 to 9223372036854775807
	rlimits = { nofile = -1 }
	=> rlimits.nofile: out of range: -1 is not within 0 to 9223372036854775807
	rlimits = { nofile = true }
	=> rlimits.nofile: expected a number, {soft, hard}, or "unlimited", not true
	rlimits = { nofile = { 1 } }
	=> rlimits.nofile: expected {soft, hard}
	rlimits = { nofile = { 1, 2, 3 } }
	=> rlimits.nofile: expected {soft, hard}
	rlimits = { nofile = { soft = 1, hard = 2 } }
	=> rlimits.nofile: expected a number, {soft, hard}, or "unlimited", not a table
	rlimits = { nofile = {} }
	=> rlimits.nofile: expected {soft, hard}
	rlimits = { rlimit_nofil = 5 }
	=> rlimits.rlimit_nofil: unknown key (did you mean "nofile"?)
	END
}

@test "the command and its surroundings" {
	keys <<-'END'
	cwd = ""
	=> cwd: not an absolute path: "" (start it with '/')
	cwd = "$HOME"
	=> cwd: not an absolute path: "$HOME" ('$' is not expanded: write the path out; host.home and host.env "NAME" help)
	cwd = "~"
	=> cwd: not an absolute path: "~" ('~' is not expanded: write the path out; host.home and host.env "NAME" help)
	cwd = 5
	=> cwd: expected an absolute path, not a number
	cwd = bind
	=> cwd: "bind" without what it makes (write bind "SRC:DST")
	cwd = caps.docker
	=> cwd: expected an absolute path, not a list
	cwd = host.env("HOME") .. "x" .. nil
	=> attempt to concatenate a nil value
	cwd = param("a")
	=> parameter "a" has no value (give it with --set a=VALUE)
	cwd = param("a", nil)
	=> parameter "a" has no value (give it with --set a=VALUE)
	cwd = param("a", {})
	=> bad argument #2 to 'param' (a default is text, a number, true or false)
	cwd = param()
	=> bad argument #1 to 'param' (string expected, got no value)
	cwd = sandbx
	=> undefined global "sandbx" (did you mean "sandbox"?)
	cwd = seccomp.default
	=> cwd: expected an absolute path, not a table
	domainname = "x y"
	=> domainname: not a host name: "x y" (use letters, digits, '.', '_' and '-', at most 64 bytes)
	domainname = {}
	=> domainname: expected a domain name, at most 64 bytes, not a list
	env = "A=b"
	=> env: expected { NAME = "value", … }, where false removes a variable, not a string
	env = { A = true }
	=> env.A: expected a string, a number or false, not true (write 1 or "true")
	env = { A = {} }
	=> env.A: expected a string, a number or false, not a list
	env = { [""] = "x" }
	=> env: not the name of a variable: "" (write the name alone; env = { NAME = "value" } sets one)
	env = { ["A=B"] = "x" }
	=> env: not the name of a variable: "A=B" (write the name alone; env = { NAME = "value" } sets one)
	env = { [1.5] = "x" }
	=> env: a key that is neither a name nor the place of a list item: 1.5
	hostname = ""
	=> hostname: not a host name: "" (use letters, digits, '.', '_' and '-', at most 64 bytes)
	hostname = "a b"
	=> hostname: not a host name: "a b" (use letters, digits, '.', '_' and '-', at most 64 bytes)
	hostname = ("h"):rep(65)
	=> hostname: not a host name: "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh" (use letters, digits, '.', '_' and '-', at most 64 bytes)
	hostname = 5
	=> hostname: expected a host name, at most 64 bytes, not a number
	hostname = false
	=> hostname: expected a host name, at most 64 bytes, not false
	inherit_env = "HOME"
	=> inherit_env: expected a list of names, not a string (put it in braces)
	inherit_env = true
	=> inherit_env: expected a list of names, not true
	inherit_env = { "A=b" }
	=> inherit_env[0]: not the name of a variable: "A=b" (write the name alone; env = { NAME = "value" } sets one)
	inherit_env = { A = "x" }
	=> inherit_env: expected a list of names, not a table (leave the names away: { "ITEM", "ITEM" })
	labels = "x"
	=> labels: expected a table of strings, not a string
	labels = { 5 }
	=> labels: expected a table of strings, not a list
	labels = { [""] = "x" }
	=> labels: a label's name has 1 to 255 bytes
	labels = { a = true }
	=> labels.a: expected a string, a number or false, not true (write 1 or "true")
	labels = { a = {} }
	=> labels.a: expected a string, a number or false, not a list
	name = ""
	=> name: not a name: "" (use a-z, 0-9, '_', '.' and '-', starting with a letter or digit, at most 63 bytes)
	name = "-x"
	=> name: not a name: "-x" (use a-z, 0-9, '_', '.' and '-', starting with a letter or digit, at most 63 bytes)
	name = ("x"):rep(64)
	=> name: not a name: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" (use a-z, 0-9, '_', '.' and '-', starting with a letter or digit, at most 63 bytes)
	name = 5
	=> name: expected a string matching [a-z0-9][a-z0-9_.-]*, at most 63 bytes, not a number
	name = {}
	=> name: expected a string matching [a-z0-9][a-z0-9_.-]*, at most 63 bytes, not a list
	nice = 5.5
	=> nice: expected a whole number, not 5.5
	oom_score_adj = 1.5
	=> oom_score_adj: expected a whole number, not 1.5
	oom_score_adj = 2000
	=> oom_score_adj: out of range: 2000 is not within -1000 to 1000
	terminal = "yes"
	=> terminal: expected "auto", true or false, not "yes"
	terminal = 1
	=> terminal: expected "auto", true or false, not a number
	time_offsets = 5
	=> time_offsets: expected { monotonic=, boottime= }, not a number
	time_offsets = { boot = 5 }
	=> time_offsets.boot: unknown key (did you mean "boottime"?)
	time_offsets = { monotonic = "x" }
	=> time_offsets.monotonic: expected a duration such as "10s" or "-1h", not "x"
	time_offsets = { monotonic = 1e300 }
	=> time_offsets.monotonic: out of range: 1e+300 seconds
	time_offsets = { realtime = 5 }
	=> time_offsets.realtime: unknown key (write boottime or monotonic; the time of day is the same for everybody)
	timeout = "10 s"
	=> timeout: expected a duration such as "10s", not "10 s"
	timeout = "1h30"
	=> timeout: expected a duration such as "10s", not "1h30"
	timeout = -1
	=> timeout: out of range: -1 seconds
	timeout = 1e30
	=> timeout: out of range: 1e+30 seconds
	timeout = true
	=> timeout: expected a duration such as "10s", not true
	umask = "-1"
	=> umask: expected octal digits up to "0777", not "-1"
	umask = "22x"
	=> umask: expected octal digits up to "0777", not "22x"
	umask = "7777"
	=> umask: expected octal digits up to "0777", not "7777"
	umask = true
	=> umask: expected an octal string such as "0022", not true
	END
}
