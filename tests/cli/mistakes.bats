#!/usr/bin/env bats
# What a stranger gets wrong, and what is said about it: one line with the place and the cure, always the same one.
# A case is a file p.lua, then a line "=> MESSAGE": `check` prints MESSAGE and exits 1, `run` prints "lunward: MESSAGE"
# on stderr and exits 125.

# shellcheck disable=SC2016,SC2154 # text with dollars is meant so; bats sets stderr
bats_require_minimum_version 1.5.0
load ../lib
load mistakes

setup() {
	sandbox_setup
	cd "$WORK" || return
	mkdir profiles
	echo 'return include "ring2"' >profiles/ring1.lua
	printf '\nreturn include "ring1"\n' >profiles/ring2.lua
	echo 'return sandbox { inherits = "self" }' >profiles/self.lua
	printf 'return sandbox {\n  limts = { pids = 5 },\n}\n' >profiles/wrong.lua
	echo 'return 42' >profiles/number.lua
}
teardown() { sandbox_teardown; }

@test "keys that do not exist" {
	profiles <<-'END'
	return sandbox {
	  comand = { "true" },
	}
	=> p.lua:2: comand: unknown key (did you mean "command"?)
	return sandbox {
	  command = { "true" },
	  limits = {
	    memry = "64M",
	  },
	}
	=> p.lua:4: limits.memry: unknown key (did you mean "memory"?)
	return sandbox {
	  command = { "true" },
	  limits = {
	    mem = "64M",
	  },
	}
	=> p.lua:4: limits.mem: unknown key (write memory)
	return sandbox {
	  command = { "true" },
	  limits = {
	    cpu_shares = 512,
	  },
	}
	=> p.lua:4: limits.cpu_shares: unknown key (write cpu_weight, where 100 is 1024 shares)
	return sandbox {
	  command = { "true" },
	  limits = {
	    io = { { device = "/dev/vda", rpbs = "1M" } },
	  },
	}
	=> p.lua:4: limits.io[0].rpbs: unknown key (did you mean "rbps"?)
	return sandbox {
	  command = { "true" },
	  volumes = { "/srv:/srv" },
	}
	=> p.lua:3: volumes: unknown key (write mounts = { bind "SRC:DST:rw" })
	return sandbox {
	  command = { "true" },
	  environment = { A = "b" },
	}
	=> p.lua:3: environment: unknown key (write env)
	return sandbox {
	  command = { "true" },
	  caps = caps.none,
	}
	=> p.lua:3: caps: unknown key (write capabilities)
	return sandbox {
	  command = { "true" },
	  cap_drop = { "ALL" },
	}
	=> p.lua:3: cap_drop: unknown key (write capabilities = caps.docker - "NAME")
	return sandbox {
	  command = { "true" },
	  ulimits = { nofile = 10 },
	}
	=> p.lua:3: ulimits: unknown key (write rlimits)
	return sandbox {
	  command = { "true" },
	  memory = "64M",
	}
	=> p.lua:3: memory: unknown key (write limits = { memory = … })
	return sandbox {
	  command = { "true" },
	  rlimits = { nofiles = 10 },
	}
	=> p.lua:3: rlimits.nofiles: unknown key (did you mean "nofile"?)
	return sandbox {
	  command = { "true" },
	  namespaces = { network = "new" },
	}
	=> p.lua:3: namespaces.network: unknown key (write net)
	return sandbox {
	  command = { "true" },
	  mounts = { bind { src = "/etc", destination = "/x" } },
	}
	=> p.lua:3: mounts[0].src: unknown key (write source)
	return sandbox {
	  command = { "true" },
	  xyzzy = 1,
	}
	=> p.lua:3: xyzzy: unknown key (`lunward profile keys` lists them)
	return sandbox {
	  command = { "true" },
	  origin = "elsewhere:1",
	}
	=> p.lua:1: unknown key "origin"
	END
}

@test "values of the wrong type" {
	profiles <<-'END'
	return sandbox {
	  command = "ls -l",
	}
	=> p.lua:2: command: expected a list of strings, not a string (put it in braces)
	return sandbox {
	  command = { { "true" } },
	}
	=> p.lua:2: command[0]: expected a string or a number, not a list
	return sandbox {
	  command = { "true" },
	  env = { "A=b" },
	}
	=> p.lua:3: env: expected { NAME = "value", … }, where false removes a variable, not a list
	return sandbox {
	  command = { "true" },
	  env = { DEBUG = true },
	}
	=> p.lua:3: env.DEBUG: expected a string, a number or false, not true (write 1 or "true")
	return sandbox {
	  command = { "true" },
	  mounts = { "/etc:/x" },
	}
	=> p.lua:3: mounts[0]: expected a table, not a string (write bind "/etc:/x", or the constructor that is meant)
	return sandbox {
	  command = { "true" },
	  mounts = bind "/etc:/x",
	}
	=> p.lua:3: mounts: expected a list of bind, tmpfs, proc, sysfs, devpts, mqueue, cgroup, overlay, file, dir, symlink and remove, not a table (put it in braces)
	return sandbox {
	  command = { "true" },
	  limits = "64M",
	}
	=> p.lua:3: limits: expected { pids=, memory=, swap=, cpus=, … }, not a string
	return sandbox {
	  command = { "true" },
	  limits = { memory = { max = "64M" } },
	}
	=> p.lua:3: limits.memory: expected a size such as "64M", not a table
	return sandbox {
	  command = { "true" },
	  limits = { pids = "many" },
	}
	=> p.lua:3: limits.pids: expected a whole number from 1 to 4194304, not a string
	return sandbox {
	  command = { "true" },
	  no_new_privileges = "yes",
	}
	=> p.lua:3: no_new_privileges: expected true or false, not a string (write true or false without quotes)
	return sandbox {
	  command = { "true" },
	  umask = 22,
	}
	=> p.lua:3: umask: expected an octal string such as "0022", not a number (modes are octal: write "0022" with quotes)
	return sandbox {
	  command = { "true" },
	  network = { brige = "web" },
	}
	=> p.lua:3: network.brige: unknown key (did you mean "bridge"?)
	return sandbox {
	  command = { "true" },
	  capabilities = "NET_RAW",
	}
	=> p.lua:3: capabilities: expected a capability set, or { bounding=, effective=, permitted=, inheritable=, ambient= }, not a string (put it in braces)
	return sandbox {
	  command = { "true" },
	  cwd = false,
	}
	=> p.lua:3: cwd: expected an absolute path, not false
	END
}

@test "values out of range, and words of no meaning" {
	profiles <<-'END'
	return sandbox {
	  command = { "true" },
	  limits = { memory = 64 },
	}
	=> p.lua:3: limits.memory: 64 bytes is too little (write "64M"; a bare number is bytes)
	return sandbox {
	  command = { "true" },
	  limits = { cpu_weight = 0 },
	}
	=> p.lua:3: limits.cpu_weight: out of range: 0 is not within 1 to 10000
	return sandbox {
	  command = { "true" },
	  limits = { cpuset = "0-1;3" },
	}
	=> p.lua:3: limits.cpuset: not a list of processors: "0-1;3" (write numbers and ranges, "0-3,8")
	return sandbox {
	  command = { "true" },
	  limits = { cpuset = "9999" },
	}
	=> p.lua:3: limits.cpuset: out of range: processors are 0 to 8191
	return sandbox {
	  command = { "true" },
	  limits = { cpu_time = "10ms" },
	}
	=> p.lua:3: limits.cpu_time: the kernel counts whole seconds: at least "1s"
	return sandbox {
	  command = { "true" },
	  limits = { cpu_time = "10s" },
	  rlimits = { cpu = 10 },
	}
	=> p.lua:3: limits.cpu_time: rlimits.cpu says the same in other words (take one of the two away)
	return sandbox {
	  command = { "true" },
	  limits = { memory = "64M", memory_high = "65M" },
	}
	=> p.lua:3: limits.memory_high: above limits.memory, which comes first then
	return sandbox {
	  command = { "true" },
	  limits = { io = { { device = "vda", rbps = "1M" } } },
	}
	=> p.lua:3: limits.io[0].device: not a block device: "vda" (write an absolute path, /dev/NAME, or its numbers, "8:0")
	return sandbox {
	  command = { "true" },
	  limits = { io = { { device = "/dev/vda" } } },
	}
	=> p.lua:3: limits.io[0]: no limit on "/dev/vda" (give rbps, wbps, riops or wiops)
	return sandbox {
	  command = { "true" },
	  limits = { io = { { rbps = "1M" } } },
	}
	=> p.lua:3: limits.io[0]: needs a device
	return sandbox {
	  command = { "true" },
	  limits = { memory = "64" },
	}
	=> p.lua:3: limits.memory: 64 bytes is too little (write "64M"; a bare number is bytes)
	return sandbox {
	  command = { "true" },
	  limits = { memory = "64Q" },
	}
	=> p.lua:3: limits.memory: expected a size such as "64M", not "64Q"
	return sandbox {
	  command = { "true" },
	  limits = { pids = 0 },
	}
	=> p.lua:3: limits.pids: out of range: 0 is not within 1 to 4194304
	return sandbox {
	  command = { "true" },
	  limits = { cpus = "half" },
	}
	=> p.lua:3: limits.cpus: expected a number of cpus such as 0.5, not "half"
	return sandbox {
	  command = { "true" },
	  limits = { cpus = 0 },
	}
	=> p.lua:3: limits.cpus: out of range: must be at least 0.01 and at most 8192 cpus
	return sandbox {
	  command = { "true" },
	  timeout = "5 minutes",
	}
	=> p.lua:3: timeout: expected a duration such as "10s", not "5 minutes"
	return sandbox {
	  command = { "true" },
	  network = "hots",
	}
	=> p.lua:3: network: unknown network "hots" (did you mean "host"?)
	return sandbox {
	  command = { "true" },
	  ids = "automatic",
	}
	=> p.lua:3: ids: unknown ids "automatic" (write "auto", "keep", "root-only", "identity", "single" or { uid = {{inside, outside, count}}, gid = … })
	return sandbox {
	  command = { "true" },
	  user = "nobdy",
	}
	=> p.lua:3: user: no user "nobdy" in the root's /etc/passwd (write the uid as a number, or add the user to the root)
	return sandbox {
	  command = { "true" },
	  name = "My App",
	}
	=> p.lua:3: name: not a name: "My App" (use a-z, 0-9, '_', '.' and '-', starting with a letter or digit, at most 63 bytes)
	return sandbox {
	  command = { "true" },
	  hostname = "my host",
	}
	=> p.lua:3: hostname: not a host name: "my host" (use letters, digits, '.', '_' and '-', at most 64 bytes)
	return sandbox {
	  command = { "true" },
	  cwd = "srv",
	}
	=> p.lua:3: cwd: not an absolute path: "srv" (start it with '/')
	return sandbox {
	  command = { "true" },
	  cwd = "/srv/../etc",
	}
	=> p.lua:3: cwd: ".." in a path: "/srv/../etc" (write the path it stands for)
	return sandbox {
	  command = { "true" },
	  umask = "0899",
	}
	=> p.lua:3: umask: expected octal digits up to "0777", not "0899"
	return sandbox {
	  command = { "true" },
	  nice = 40,
	}
	=> p.lua:3: nice: out of range: 40 is not within -20 to 19
	return sandbox {
	  command = { "true" },
	  rlimits = { nofile = { 4096, 1024 } },
	}
	=> p.lua:3: rlimits.nofile: the soft limit is above the hard one
	return sandbox {
	  command = { "true" },
	  sysctls = { ["vm.swappiness"] = 10 },
	}
	=> p.lua:3: sysctls.vm.swappiness: not a parameter of any namespace: setting it would change the host's (net.*, fs.mqueue.*, kernel.shm*, kernel.msg* and kernel.sem can be set)
	return sandbox {
	  command = { "true" },
	  namespaces = { net = "host" },
	}
	=> p.lua:3: namespaces.net: "host" disagrees with network = "none" (leave namespaces.net away: network decides it)
	return sandbox {
	  command = { "true" },
	  namespaces = { pid = "shared" },
	}
	=> p.lua:3: namespaces.pid: expected "new", "host", { path= } or { sandbox= }, not "shared"
	return sandbox {
	  command = { "true" },
	  allow_control_sockets = { "dokcer" },
	}
	=> p.lua:3: allow_control_sockets[0]: unknown engine "dokcer" (did you mean "docker"?)
	END
}

@test "capabilities and system calls" {
	profiles <<-'END'
	return sandbox {
	  command = { "true" },
	  capabilities = caps.docker + "NET_BIND",
	}
	=> p.lua:3: unknown capability "NET_BIND" (did you mean "NET_BIND_SERVICE"?)
	return sandbox {
	  command = { "true" },
	  capabilities = { "NET_RAWW" },
	}
	=> p.lua:3: capabilities[0]: unknown capability "NET_RAWW" (did you mean "NET_RAW"?)
	return sandbox {
	  command = { "true" },
	  capabilities = caps.doker,
	}
	=> p.lua:3: unknown field of caps "doker" (did you mean "docker"?)
	return sandbox {
	  command = { "true" },
	  capabilities = cap.none,
	}
	=> p.lua:3: undefined global "cap" (did you mean "caps"?)
	return sandbox {
	  command = { "true" },
	  seccomp = seccomp.default - "getcwdd",
	}
	=> p.lua:3: unknown system call "getcwdd" (did you mean "getcwd"?)
	return sandbox {
	  command = { "true" },
	  seccomp = seccomp.defualt,
	}
	=> p.lua:3: unknown field of seccomp "defualt" (did you mean "default"?)
	return sandbox {
	  command = { "true" },
	  seccomp = "defualt",
	}
	=> p.lua:3: seccomp: unknown policy "defualt" (did you mean "default"?)
	return sandbox {
	  command = { "true" },
	  seccomp = seccomp.deny + "getcwd",
	}
	=> p.lua:3: seccomp: the policy denies execve, exit_group, write, which starting the command itself needs (allow them; a dynamic loader makes access, arch_prctl, brk, close, fstat, mmap, mprotect, munmap, newfstatat, openat, pread64, prlimit64, read, set_robust_list, set_tid_address, getrandom, rseq, too)
	return sandbox {
	  command = { "true" },
	  seccomp = seccomp.default - "execve",
	}
	=> p.lua:3: seccomp: the policy denies execve, which starting the command itself needs (allow them)
	END
}

@test "mounts and devices" {
	profiles <<-'END'
	return sandbox {
	  command = { "true" },
	  mounts = { bind "/etc:/x:rww" },
	}
	=> p.lua:3: bind: unknown option 'rww' (did you mean "rw"?)
	return sandbox {
	  command = { "true" },
	  mounts = { bind "/etc:/x:Z" },
	}
	=> p.lua:3: bind: option 'Z' is not supported (leave it out: lunward does not relabel files)
	return sandbox {
	  command = { "true" },
	  mounts = { bind "/etc:x" },
	}
	=> p.lua:3: bind: destination 'x' is not an absolute path (write SRC[:DST[:opt,opt]])
	return sandbox {
	  command = { "true" },
	  mounts = { bind "" },
	}
	=> p.lua:3: bind: empty source, expected SRC[:DST[:opt,opt]]
	return sandbox {
	  command = { "true" },
	  mounts = { tmpfs "/x:size=64" },
	}
	=> p.lua:3: tmpfs: size='64' is not a size: it has no unit (write "64M" or "64B")
	return sandbox {
	  command = { "true" },
	  mounts = { tmpfs { size = "64M" } },
	}
	=> p.lua:3: mounts[0]: a tmpfs needs a destination (write tmpfs { destination = "..." })
	return sandbox {
	  command = { "true" },
	  mounts = { tmpfs "/x", tmpfs "/x" },
	}
	=> p.lua:3: mounts[1].destination: "/x" is the destination of mounts[0] too
	return sandbox {
	  command = { "true" },
	  mounts = { tmpfs "/", },
	}
	=> p.lua:3: mounts[0].destination: nothing can be mounted on "/" here (set root = to what the sandbox sees as "/")
	return sandbox {
	  command = { "true" },
	  mounts = { file "/etc/motd" },
	}
	=> p.lua:3: file takes a table: file { destination = "/etc/motd", data = "..." }
	return sandbox {
	  command = { "true" },
	  mounts = { bind },
	}
	=> p.lua:3: mounts[0]: "bind" without what it makes (write bind "SRC:DST")
	return sandbox {
	  command = { "true" },
	  mounts = { bin "/etc:/x" },
	}
	=> p.lua:3: undefined global "bin" (did you mean "bind"?)
	return sandbox {
	  command = { "true" },
	  devices = { "/dev/null:/dev/x:rwx" },
	}
	=> p.lua:3: devices[0]: device: access 'rwx' is not made of r, w and m, each once
	END
}

@test "Lua that is not a profile" {
	profiles <<-'END'
	=> p.lua: the profile returns nothing (write return sandbox { ... })
	sandbox {
	  command = { "true" },
	}
	=> p.lua:1: the profile makes a sandbox but does not return it (write return sandbox { ... })
	return {
	  command = { "true" },
	}
	=> p.lua: the profile returns a table, not a sandbox (write return sandbox { ... })
	return 42
	=> p.lua: the profile returns a number, not a sandbox (write return sandbox { ... })
	return sandbox "db"
	=> p.lua:1: sandbox "db" has no table (write sandbox "db" { ... })
	local db = sandbox "db"
	return sandbox {
	  command = { "true" },
	}
	=> p.lua:1: sandbox "db" has no table (write sandbox "db" { ... })
	return sandbox "a" "b"
	=> p.lua:1: sandbox "a" takes a table (write sandbox "a" { ... })
	return sandbox()
	=> p.lua:1: sandbox takes a table: sandbox { ... } or sandbox "name" { ... }
	return sandbx {
	  command = { "true" },
	}
	=> p.lua:1: undefined global "sandbx" (did you mean "sandbox"?)
	port = 8080
	return sandbox {
	  command = { "true" },
	}
	=> p.lua:1: assignment to the global "port" (write "local port")
	return sandbox {
	  command = { "true" },
	  cwd = "/tmp"
	  umask = "0022",
	}
	=> p.lua:4: '}' expected (to close '{' at line 1) near 'umask'
	return sandbox {
	  command = { "echo", nil, "x" },
	}
	=> p.lua:2: command[1]: a hole (nil) in the list; use false for an item to leave out
	local extra
	return sandbox {
	  command = { "true" },
	  mounts = { tmpfs "/a", extra, tmpfs "/b" },
	}
	=> p.lua:4: mounts[1]: a hole (nil) in the list; use false for an item to leave out
	return sandbox {
	  command = { "true" },
	  cwd = "/",
	  cwd = "/tmp",
	}
	=> p.lua:4: duplicate key "cwd" (first written on line 3)
	local t
	return sandbox { command = t.command }
	=> p.lua:2: attempt to index a nil value (local 't')
	return sandbox {
	  command = { "true" },
	  cwd = host.hme,
	}
	=> p.lua:3: unknown field of host "hme" (did you mean "home"?)
	return sandbox {
	  command = { "true" },
	  cwd = host.has "cgruop" and "/a" or "/",
	}
	=> p.lua:3: unknown feature "cgruop" (did you mean "cgroup"?)
	local port = param "port"
	return sandbox {
	  command = { "true" },
	}
	=> p.lua:1: parameter "port" has no value (give it with --set port=VALUE)
	while true do end
	=> p.lua:1: profile used more than 50000000 instructions
	error "not on this machine"
	=> p.lua:1: not on this machine
	END
}

@test "other profiles" {
	profiles <<-'END'
	return sandbox {
	  inherits = "servce",
	}
	=> p.lua:1: no profile named "servce" (did you mean "service"?)
	return include "nosuch"
	=> p.lua:1: no profile named "nosuch"
	return include "../../etc/passwd"
	=> p.lua:1: "../../etc/passwd" is not the name of a profile on the search path (a name only, "service"; --profiles DIR adds a directory)
	return include "ring1"
	=> profiles/ring2.lua:2: profiles/ring1.lua includes itself
	return sandbox { inherits = "self" }
	=> profiles/self.lua:1: profiles/self.lua includes itself
	return sandbox { inherits = "wrong" }
	=> profiles/wrong.lua:2: limts: unknown key (did you mean "limits"?)
	return sandbox { inherits = "number" }
	=> p.lua:1: inherits: "number" does not return a sandbox
	END
}

@test "a device that is not there" {
	need_root
	printf 'return sandbox {\n  command = { "true" },\n  devices = {\n    "/dev/nonexistent",\n  },\n}\n' >p.lua
	run --separate-stderr "$LUNWARD" run p.lua
	assert_status 125
	[ "$stderr" = "lunward: p.lua:4: devices[0]: '/dev/nonexistent': No such file or directory" ] || { echo "$stderr"; return 1; }
	run --separate-stderr "$LUNWARD" run --device /dev/nonexistent -- true
	assert_status 125
	[ "$stderr" = "lunward: --device: '/dev/nonexistent': No such file or directory" ] || { echo "$stderr"; return 1; }
}

@test "what only this machine lacks is a warning of check, and an error of run" {
	cat >p.lua <<-'END'
		return sandbox {
		  command = { "true" },
		  mounts = {
		    tmpfs "/x",
		    bind "/nonexistent:/y",
		    bind "/nonexistent:/z:optional",
		  },
		}
	END
	run "$LUNWARD" check p.lua
	assert_status 0
	[ "$output" = "warning: p.lua:5: mounts[1]: '/nonexistent': No such file or directory (on this host)" ] || { echo "$output"; return 1; }
	run --separate-stderr "$LUNWARD" run p.lua
	assert_status 125
	[ "$stderr" = "lunward: p.lua:5: mounts[1]: '/nonexistent': No such file or directory" ] || { echo "$stderr"; return 1; }
}

@test "a writable bind that nobody inside could write is a warning of check" {
	need_root
	mkdir mine shared
	chmod 1777 shared
	cat >p.lua <<-'END'
		return sandbox {
		  command = { "true" },
		  mounts = {
		    bind "mine:/a:rw",
		    bind "mine:/b:rw,idmap",
		    bind "shared:/c:rw",
		    bind "mine:/d",
		  },
		}
	END
	run "$LUNWARD" check p.lua
	assert_status 0
	[ "$output" = "warning: p.lua:4: mounts[0]: '$WORK/mine' belongs to nobody inside, which cannot write it (add idmap: owners inside are then those outside)" ] ||
		{ echo "$output"; return 1; }
}
