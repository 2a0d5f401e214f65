#!/usr/bin/env bats
# Mistakes in what a sandbox sees: root, mounts, devices, secrets. Each is answered in one line with its
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

@test "devices" {
	keys <<-'END'
	devices = "/dev/null"
	=> devices: expected a list of paths or { path=, source=, access="rwm" }, not a string (put it in braces)
	devices = true
	=> devices: expected a list of paths or { path=, source=, access="rwm" }, not true
	devices = { "/dev/full:ro" }
	=> devices[0]: device: path 'ro' is not an absolute path (write PATH[:DST[:rwm]])
	devices = { "/etc/passwd" }
	=> devices[0].path: "/etc/passwd" is not below /dev (mounts = { bind "SRC:DST" } shows a file)
	devices = { "null" }
	=> devices[0]: device: path 'null' is not an absolute path (write PATH[:DST[:rwm]])
	devices = { a = "/dev/null" }
	=> devices: expected a list of paths or { path=, source=, access="rwm" }, not a table (leave the names away: a list has none)
	devices = { device "/dev/null", device "/dev/null" }
	=> devices[1].path: "/dev/null" is the path of devices[0] too
	devices = { device "/dev/null:/dev/y:x" }
	=> device: access 'x' is not made of r, w and m, each once
	devices = { device "/dev/null:/x" }
	=> devices[0].path: "/x" is not below /dev (mounts = { bind "SRC:DST" } shows a file)
	devices = { device { path = "/dev/fuse", mode = "0666" } }
	=> devices[0].mode: unknown key (the keys are path, source, access)
	devices = { device { path = "/dev/null", access = "rwz" } }
	=> devices[0].access: must be letters of "rwm", each once, not "rwz"
	devices = { device { path = "/dev/null", permissions = "rw" } }
	=> devices[0].permissions: unknown key (write access)
	devices = { device {} }
	=> devices[0]: a device needs a path (write device { path = "..." })
	devices = { remove "/dev/tty" }
	=> devices[0]: a mount among devices (write mounts = { ... }; a device that is inherited goes with devices = unset)
	devices = { tmpfs "/x" }
	=> devices[0]: a mount among devices (write mounts = { ... }; a device that is inherited goes with devices = unset)
	devices = { true }
	=> devices[0]: expected a table, not true
	END
}

@test "masked_paths" {
	keys <<-'END'
	masked_paths = { "/" }
	=> masked_paths[0]: "/" has no effect on what is mounted in it (root = "empty" shows nothing but mounts)
	readonly_paths = { "/proc/sys", "/" }
	=> readonly_paths[1]: "/" has no effect on what is mounted in it (root = { readonly = true } is the default; name each other directory)
	masked_paths = "/proc"
	=> masked_paths: expected a list of absolute paths, not a string (put it in braces)
	masked_paths = false
	=> masked_paths: expected a list of absolute paths, not false
	masked_paths = { "proc" }
	=> masked_paths[0]: not an absolute path: "proc" (start it with '/')
	masked_paths = { 5 }
	=> masked_paths[0]: not an absolute path: "5" (start it with '/')
	END
}

@test "mounts" {
	keys <<-'END'
	mounts = { bind "/etc:/../x" }
	=> bind: ".." in destination '/../x' (write the path it stands for)
	mounts = { tmpfs "/x/.." }
	=> tmpfs: ".." in destination '/x/..' (write the path it stands for)
	mounts = "bind /etc"
	=> mounts: expected a list of bind, tmpfs, proc, sysfs, devpts, mqueue, cgroup, overlay, file, dir, symlink and remove, not a string
	mounts = { 5 }
	=> mounts[0]: expected a table, not a number
	mounts = { bind "$HOME" }
	=> bind: source '$HOME': '$' is not expanded (write host.env "NAME" in a profile, and no single quotes in a shell)
	mounts = { bind "$HOME/x" }
	=> bind: source '$HOME/x': '$' is not expanded (write host.env "NAME" in a profile, and no single quotes in a shell)
	mounts = { bind "/" }
	=> mounts[0].destination: nothing can be mounted on "/" here (set root = to what the sandbox sees as "/")
	mounts = { bind "/etc", "/x" }
	=> mounts[1]: expected a table, not a string (write bind "/x", or the constructor that is meant)
	mounts = { bind "/etc:/" }
	=> mounts[0].destination: nothing can be mounted on "/" here (set root = to what the sandbox sees as "/")
	mounts = { bind "/etc:/proc" }
	=> mounts[0].destination: only a proc may be mounted here (proc "/proc" has its options; the host's would show its processes)
	mounts = { bind "/etc:/x:" }
	=> bind: empty option
	mounts = { bind "/etc:/x:idmap,chown" }
	=> mounts[0].chown: '/etc' cannot be re-owned: it is the system's (name a directory of its own, or use idmap, which changes no file)
	mounts = { bind "/etc:/x:ro,rw" }
	=> bind: option 'rw' repeats or contradicts an earlier one
	mounts = { bind "/etc:/x:rw,z" }
	=> bind: option 'z' is not supported (leave it out: lunward does not relabel files)
	mounts = { bind "/etc:/x:shared" }
	=> bind: option 'shared' is not supported (write slave: what is mounted inside must not appear on the host)
	mounts = { bind "/etc:/x:uid=5" }
	=> bind: unknown option 'uid' (did you mean "suid"?)
	mounts = { bind "/proc:/proc" }
	=> mounts[0].destination: only a proc may be mounted here (proc "/proc" has its options; the host's would show its processes)
	mounts = { bind "a:b:c:d" }
	=> bind: more than 3 fields, expected SRC[:DST[:opt,opt]] (a path with ':' needs the table form with named keys)
	mounts = { bind "~/x" }
	=> bind: source '~/x': '~' is not expanded (write the directory out: host.home in a profile, $HOME in a shell)
	mounts = { bind ("/etc"), [5] = bind "/x" }
	=> mounts[1]: a hole (nil) in the list; use false for an item to leave out
	mounts = { bind { destination = "/x" } }
	=> mounts[0]: a bind needs a source (write bind { source = "..." })
	mounts = { bind { source = "/etc" , type = "tmpfs" } }
	=> bind: "type" is said by the constructor (leave it out)
	mounts = { bind { source = "/etc", destination = "/x", data = "5M" } }
	=> mounts[0].data: a bind takes no data (it is for file)
	mounts = { bind { source = "/etc", destination = "/x", mode = "0755" } }
	=> mounts[0].mode: a bind takes no mode (it is for tmpfs, file, dir)
	mounts = { bind { source = "/etc", destination = "/x", propagation = "shared" } }
	=> mounts[0].propagation: expected "private" or "slave", not "shared"
	mounts = { bind { source = "/etc", destination = "/x", rw = true } }
	=> mounts[0].rw: unknown key (write writable)
	mounts = { bind { source = "/etc", destination = "/x", size = "5M" } }
	=> mounts[0].size: a bind takes no size (it is for tmpfs, overlay)
	mounts = { bind { source = "/etc", destination = "/x", writable = "yes" } }
	=> mounts[0].writable: expected true or false, not a string (write true or false without quotes)
	mounts = { bind(nil) }
	=> bind takes a string or a table, not nil (write bind "SRC:DST")
	mounts = { caps }
	=> mounts[0]: not a value for a key: caps (write caps.docker, caps.none or caps.all)
	mounts = { cgroup }
	=> mounts[0]: "cgroup" without what it makes (write cgroup "/sys/fs/cgroup")
	mounts = { device "/dev/null" }
	=> mounts[0]: a device among mounts (write devices = { ... })
	mounts = { dir "x" }
	=> mounts[0].destination: not an absolute path: "x" (start it with '/')
	mounts = { dir { destination = "/x", data = "y" } }
	=> mounts[0].data: a dir takes no data (it is for file)
	mounts = { dir }
	=> mounts[0]: "dir" without what it makes (write dir "/srv")
	mounts = { file { data = "x" } }
	=> mounts[0]: a file needs a destination (write file { destination = "..." })
	mounts = { file { destination = "/x" } }
	=> mounts[0]: a file needs a data (write file { data = "..." })
	mounts = { file { destination = "/x", content = "x" } }
	=> mounts[0].content: unknown key (write data)
	mounts = { file { destination = "/x", data = "y" }, symlink "/x" }
	=> symlink takes a table: symlink { destination = "/bin/sh", target = "/bin/dash" }
	mounts = { file { destination = "/x", data = ("x"):rep(200000) } }
	=> mounts[0].data: longer than 128 KiB
	mounts = { file { destination = "/x", data = 5 } }
	=> mounts[0].data: expected a string, not a number
	mounts = { file { destination = "/x", source = "/etc/passwd" } }
	=> mounts[0].source: a file takes no source (it is for bind, overlay)
	mounts = { mqueue }
	=> mounts[0]: "mqueue" without what it makes (write mqueue "/dev/mqueue")
	mounts = { overlay "/srv:/x:upper=/srv/in" }
	=> mounts[0].upper: and the directory it is laid over must not lie in one another (keep changes in a directory of their own)
	mounts = { overlay "/srv:/x:upper=/tmp/u,size=5M" }
	=> mounts[0].upper: size and inodes bound what is kept in memory, and this keeps it in a directory (leave them out)
	mounts = { overlay "/srv:/x:upper=rel" }
	=> overlay: upper='rel' is not an absolute path
	mounts = { overlay { lower = "/srv" } }
	=> mounts[0].lower: unknown key (write source)
	mounts = { overlay { source = "/srv", upper = "/tmp/x", work = "/proc/x" } }
	=> mounts[0].work: upper and work must be two directories beside each other (leave work out: it is upper with ".work" at the end)
	mounts = { param }
	=> mounts[0]: not a value for a key: function (call it: a profile's keys hold what functions return)
	mounts = { proc "/proc:hidepid=9" }
	=> mounts[0].hidepid: expected "off", "noaccess", "invisible" or "ptraceable", not "9"
	mounts = { proc "/proc:subset=all" }
	=> mounts[0].subset: expected "pid", not "all"
	mounts = { proc { destination = "/proc", hidepid = 2 } }
	=> mounts[0].hidepid: expected "off", "noaccess", "invisible" or "ptraceable", not a number
	mounts = { remove "proc" }
	=> mounts[0].destination: not an absolute path: "proc" (start it with '/')
	mounts = { sandbox "x" }
	=> sandbox "x" has no table (write sandbox "x" { ... })
	mounts = { sandbox {} }
	=> mounts[0]: a sandbox inside a sandbox; sandboxes are inherited by name or with inherits = it
	mounts = { symlink "/x" }
	=> symlink takes a table: symlink { destination = "/bin/sh", target = "/bin/dash" }
	mounts = { symlink "/x:/y" }
	=> symlink takes a table: symlink { destination = "/bin/sh", target = "/bin/dash" }
	mounts = { symlink { destination = "/x" } }
	=> mounts[0]: a symlink needs a target (write symlink { target = "..." })
	mounts = { symlink { source = "/x", destination = "/y" } }
	=> mounts[0].source: a symlink takes no source (it is for bind, overlay)
	mounts = { symlink { target = "/x" } }
	=> mounts[0]: a symlink needs a destination (write symlink { destination = "..." })
	mounts = { tmpfs "/x:inodes=1" }
	=> mounts[0].inodes: out of range: 1 is not within 2 to 4294967296
	mounts = { tmpfs "/x:inodes=many" }
	=> tmpfs: inodes='many' is not a count of at least 1
	mounts = { tmpfs "/x:mode=9" }
	=> tmpfs: mode='9' is not an octal mode like "1777"
	mounts = { tmpfs "/x:size" }
	=> tmpfs: option 'size' needs a value: size=…
	mounts = { tmpfs "/x:size=0" }
	=> tmpfs: size='0' is not a size like "64M"
	mounts = { tmpfs "/x:sizee=5M" }
	=> tmpfs: unknown option 'sizee' (did you mean "size"?)
	mounts = { tmpfs "/x:uid=root" }
	=> tmpfs: uid='root' is not a numeric id
	mounts = { tmpfs "x" }
	=> tmpfs: destination 'x' is not an absolute path (write DST[:opt,opt])
	mounts = { tmpfs { destination = "/x", mode = 755 } }
	=> mounts[0].mode: expected an octal string such as "0755", not a number (modes are octal: write "0755" with quotes)
	mounts = { tmpfs { destination = "/x", size = 64 } }
	=> mounts[0].size: 64 bytes is too little (write "64M"; a bare number is bytes)
	mounts = { tmpfs { destination = "/x", source = "/y" } }
	=> mounts[0].source: a tmpfs takes no source (it is for bind, overlay)
	mounts = { true }
	=> mounts[0]: expected a table, not true
	mounts = { x = 5, bind "/etc" }
	=> mounts[0]: a list item among named keys (a table has either list items or named keys)
	mounts = { x = bind "/etc" }
	=> mounts: expected a list of bind, tmpfs, proc, sysfs, devpts, mqueue, cgroup, overlay, file, dir, symlink and remove, not a table (leave the names away: a list has none)
	mounts = { { source = "/etc", destination = "/x" } }
	=> mounts[0]: a mount without a type (write it with a constructor: bind "/srv", tmpfs "/tmp")
	mounts = { { type = "ext4", source = "/dev/vda", destination = "/x" } }
	=> mounts[0].type: expected "bind", "tmpfs", "proc", "sysfs", "devpts", "mqueue", "cgroup", "overlay", "file", "dir", "symlink" or "remove", not "ext4"
	mounts = {{{}}}
	=> mounts[0]: expected a table, not a list
	mounts = {{}}
	=> mounts[0]: a mount without a type (write it with a constructor: bind "/srv", tmpfs "/tmp")
	END
}

@test "readonly_paths" {
	keys <<-'END'
	readonly_paths = true
	=> readonly_paths: expected a list of absolute paths, not true
	readonly_paths = { "x" }
	=> readonly_paths[0]: not an absolute path: "x" (start it with '/')
	END
}

@test "root" {
	keys <<-'END'
	root = "adir"
	=> root: unknown root "adir" (write "host", "empty" or an absolute path)
	root = "hots"
	=> root: unknown root "hots" (did you mean "host"?)
	root = "relative"
	=> root: unknown root "relative" (write "host", "empty" or an absolute path)
	root = false
	=> root: expected "host", "empty", a directory, or { path=, readonly=true, overlay=false }, not false
	root = true
	=> root: expected "host", "empty", a directory, or { path=, readonly=true, overlay=false }, not true
	root = { "host" }
	=> root: expected "host", "empty", a directory, or { path=, readonly=true, overlay=false }, not a list
	root = { path = "/srv", overlay = "yes" }
	=> root.overlay: expected true, false, or { upper=, work=, size=, inodes=, idmap=true }, not a string
	root = { path = "/srv", overlay = { uper = "/a" } }
	=> root.overlay.uper: unknown key (did you mean "upper"?)
	root = { path = "/srv", overlay = { upper = "/a", size = "5M" } }
	=> root.overlay.upper: size and inodes bound what is kept in memory, and this keeps it in a directory (leave them out)
	root = { path = "/srv", overlay = { upper = "rel" } }
	=> root.overlay.upper: not an absolute path: "rel" (start it with '/')
	root = { path = "/srv", overlay = { work = "/x" } }
	=> root.overlay.work: means nothing without upper
	root = { path = "/srv", readonly = "no" }
	=> root.readonly: expected true or false, not a string (write true or false without quotes)
	root = { path = "/srv", ro = true }
	=> root.ro: unknown key (write readonly)
	root = {}
	=> root: expected "host", "empty", a directory, or { path=, readonly=true, overlay=false }, not a list
	END
}

@test "secrets" {
	keys <<-'END'
	secrets = "x"
	=> secrets: expected { NAME = { file = "/path" }, … }, where false removes one, not a string
	secrets = { "/etc/passwd" }
	=> secrets: expected { NAME = { file = "/path" }, … }, where false removes one, not a list
	secrets = { [".."] = { file = "/etc/passwd" } }
	=> secrets...: not the name of a secret (letters, digits, '_', '.' and '-', at most 63, not starting with '.' or '-')
	secrets = { ["a/b"] = { file = "/etc/passwd" } }
	=> secrets.a/b: not the name of a secret (letters, digits, '_', '.' and '-', at most 63, not starting with '.' or '-')
	secrets = { db = "/etc/x" }
	=> secrets.db: expected { file = "/path" }, not a string (a secret's value does not belong in a profile: name the file that holds it)
	secrets = { db = true }
	=> secrets.db: expected { file = "/path" }, not true
	secrets = { db = { env = "X" } }
	=> secrets.db.env: unknown key (write file = "/path"; others can read an environment)
	secrets = { db = { file = "rel" } }
	=> secrets.db.file: not an absolute path: "rel" (start it with '/')
	secrets = { db = { path = "/etc/x" } }
	=> secrets.db.path: unknown key (write file)
	secrets = { db = { value = "hunter2" } }
	=> secrets.db.value: unknown key (write file = "/path"; a secret does not belong in a profile)
	secrets = { db = {} }
	=> secrets.db: expected { file = "/path" }, not a list
	END
}

@test "stdio" {
	keys <<-'END'
	stdio = "null"
	=> stdio: expected { stdin=, stdout=, stderr= }, not a string
	stdio = { "null" }
	=> stdio: expected { stdin=, stdout=, stderr= }, not a list
	stdio = { stdin = "/dev/null" }
	=> stdio.stdin: expected "inherit" or "null", not "/dev/null"
	stdio = { stdn = "null" }
	=> stdio.stdn: unknown key (did you mean "stdin"?)
	stdio = { stdout = "file" }
	=> stdio.stdout: expected "inherit" or "null", not "file"
	stdio = { stdout = true }
	=> stdio.stdout: expected "inherit" or "null", not true
	END
}

@test "what only the launch can find out" {
	need_root
	launches 125 keys <<-'END'
	cwd = "/etc/passwd"
	=> cwd: chdir /etc/passwd: Not a directory
	cwd = "/nonexistent"
	=> cwd: chdir /nonexistent: No such file or directory
	landlock = { read = { "/nonexistent" } }
	=> landlock.read[0]: landlock.path /nonexistent: the source: No such file or directory (the rule names what is not there inside: mount it, or take the rule out)
	mounts = { bind "/etc:/etc/passwd" }
	=> mounts[0]: mount.bind /etc/passwd: the mount point: Not a directory (a component of the path is a symbolic link or not a directory in this root)
	mounts = { bind "/etc:/usr/nothere" }
	=> mounts[0]: mount.bind /usr/nothere: the mount point: Read-only file system (its parent is read-only inside: make the mount point on the host, or mount a tmpfs above it)
	mounts = { file { destination = "/usr/x", data = "x" } }
	=> mounts[0]: file /usr/x: the mount point: Read-only file system (its parent is read-only inside: make the mount point on the host, or mount a tmpfs above it)
	mounts = { overlay "/etc/passwd:/x" }
	=> mounts[0]: overlay /etc/passwd: the source: Invalid argument (only a directory can be laid over)
	mounts = { overlay "/nonexistent" }
	=> mounts[0]: '/nonexistent': No such file or directory
	mounts = { tmpfs "/x:uid=70000" }
	=> mounts[0]: mount.fs /x: Invalid argument (its uid and gid must be ids that the sandbox has)
	network = { path = "/etc/passwd" }
	=> network.path: '/etc/passwd' is not a namespace
	network = { path = "/nonexistent" }
	=> network.path: '/nonexistent': No such file or directory
	network = { path = "/proc/self/ns/uts" }
	=> network.path: '/proc/self/ns/uts' is of another kind: uts, not net
	root = "/etc/passwd"
	=> root: root.begin /etc/passwd: attaching the mount: Invalid argument (a root is a directory)
	root = "/nonexistent"
	=> root: '/nonexistent': No such file or directory
	secrets = { db = { file = "/dev/zero" } }
	=> secrets.db: '/dev/zero': not a regular file
	secrets = { db = { file = "/etc" } }
	=> secrets.db: '/etc': not a regular file
	secrets = { db = { file = "/nonexistent" } }
	=> secrets.db: '/nonexistent': No such file or directory (a secret is read when the sandbox starts; put the file there first)
	sysctls = { ["kernel.hostname"] = "x" }
	=> sysctls.kernel.hostname: sysctl kernel/hostname: Permission denied (the kernel keeps it for the host's root; the host's name has keys of its own, hostname and domainname)
	sysctls = { ["net.ipv4.ip_forward"] = "x" }
	=> sysctls.net.ipv4.ip_forward: sysctl net/ipv4/ip_forward: Invalid argument (the kernel refuses the value)
	sysctls = { ["net.ipv4.nosuch"] = 1 }
	=> sysctls.net.ipv4.nosuch: sysctl net/ipv4/nosuch: No such file or directory (this kernel has no such parameter, or its module is not loaded)
	END
	launches 127 profiles <<-'END'
	return sandbox { command = { "ls -l" } }
	=> p.lua:1: command: command not found: ls -l (this is one word: write each argument as one of its own)
	END
	launches 126 profiles <<-'END'
	return sandbox { command = { "/etc" } }
	=> p.lua:1: command: /etc: Permission denied (a directory, a file without execute permission, or one on a noexec mount)
	return sandbox { command = { "/usr/bin/true" }, landlock = { execute = {} } }
	=> p.lua:1: command: /usr/bin/true: Permission denied (landlock lets only what it lists be read and executed, the dynamic loader included)
	END
}

@test "a directory without devices is a warning of check" {
	printf 'return sandbox {\n  command = { "true" },\n  devices = { "/dev/shm" },\n}\n' >p.lua
	[ -z "$(find /dev/shm -mindepth 1 -maxdepth 1 -type d)" ] || skip "somebody has directories in /dev/shm"
	run "$LUNWARD" check p.lua
	assert_status 0
	[ "$output" = "warning: p.lua:3: devices[0]: no device is in '/dev/shm' (on this host)" ] || { echo "$output"; return 1; }
}
