#!/usr/bin/env bats
# Ordinary Lua that a profile is not: constructors without what they take, values in the wrong place, libraries that are
# not there, results that Lua would drop.

# shellcheck disable=SC2016 # text with dollars is meant so
bats_require_minimum_version 1.5.0
load ../lib
load mistakes

setup() {
	sandbox_setup
	cd "$WORK" || return
	mkdir profiles
	printf 'return sandbox {}, 5\n' >profiles/two.lua
}
teardown() { sandbox_teardown; }

@test "constructors, values and libraries" {
	keys <<-'END'
	mounts = { tmpfs }
	=> mounts[0]: "tmpfs" without what it makes (write tmpfs "/tmp")
	mounts = { file }
	=> mounts[0]: "file" without what it makes (write file { destination = "/etc/motd", data = "..." })
	mounts = { sandbox }
	=> mounts[0]: "sandbox" without what it makes (write sandbox { ... })
	mounts = bind
	=> mounts: "bind" without what it makes (write bind "SRC:DST")
	devices = { device }
	=> devices[0]: "device" without what it makes (write device "/dev/snd")
	capabilities = caps
	=> capabilities: not a value for a key: caps (write caps.docker, caps.none or caps.all)
	seccomp = seccomp
	=> seccomp: not a value for a key: seccomp (write seccomp.default, or another policy)
	cwd = host
	=> cwd: not a value for a key: host (write host.home, or another of its fields)
	cwd = AF
	=> cwd: not a value for a key: AF (write AF.INET)
	cwd = function() end
	=> cwd: not a value for a key: function (call it: a profile's keys hold what functions return)
	mounts = { bind() }
	=> bind takes a string or a table, not nil (write bind "SRC:DST")
	mounts = { bind(5) }
	=> bind takes a string or a table, not number (write bind "SRC:DST")
	mounts = { bind("/etc", "/x") }
	=> bind takes one argument, a string or a table (write bind "SRC:DST")
	mounts = { symlink("/x", "/y") }
	=> symlink takes a table: symlink { destination = "/bin/sh", target = "/bin/dash" }
	mounts = { bind { "/etc", "/x" } }
	=> mounts[0][0]: a value without its key (write destination = or source = in front of it, or one string)
	mounts = { remove { "/proc" } }
	=> mounts[0][0]: a value without its key (write destination = or source = in front of it, or one string)
	devices = { device { "/dev/snd" } }
	=> devices[0][0]: a value without its key (write path = or source = in front of it, or one string)
	mounts = { bind "/etc", x = 5 }
	=> mounts[0]: a list item among named keys (a table has either list items or named keys)
	env = { "A", B = "x" }
	=> env[0]: a list item among named keys (a table has either list items or named keys)
	limits = { "64M", pids = 5 }
	=> limits[0]: a list item among named keys (a table has either list items or named keys)
	bind "/etc"
	=> [0]: a value without its key (write mounts = { ... } around it)
	device "/dev/null"
	=> [0]: a value without its key (write devices = { ... } around it)
	"true"
	=> [0]: a value without its key (write KEY = in front of it; the command is command = { "PROGRAM", "ARGUMENT" })
	sandbox {}
	=> [0]: a value without its key (sandboxes are inherited by name or with inherits = it)
	cwd = os.getenv "HOME"
	=> undefined global "os" (write host.env "NAME", host.user or host.home; a profile runs nothing)
	cwd = io.open "x"
	=> undefined global "io" (a profile reads and writes no files; param and host tell it what it may know)
	cwd = require "x"
	=> undefined global "require" (a profile loads no modules; include "NAME" runs another profile)
	cwd = dofile "x"
	=> undefined global "dofile" (a profile loads no modules; include "NAME" runs another profile)
	cwd = load "x"
	=> undefined global "load" (a profile loads no modules; include "NAME" runs another profile)
	cwd = package.path
	=> undefined global "package" (a profile loads no modules; include "NAME" runs another profile)
	cwd = arg[1]
	=> undefined global "arg" (write param "NAME", and give it with --set NAME=VALUE)
	cwd = getenv "HOME"
	=> undefined global "getenv" (write host.env "NAME")
	mounts = { volume "/a:/b" }
	=> undefined global "volume" (write bind "SRC:DST:rw")
	mounts = { mount "/a:/b" }
	=> undefined global "mount" (write bind "SRC:DST", tmpfs "DST" or another constructor)
	cwd = host.env.HOME
	=> host.env is not a table (write host.env "HOME")
	cwd = host.has.cgroup and "/" or "/"
	=> host.has is not a table (write host.has "cgroup")
	capabilities = caps.docker .. "NET_RAW"
	=> a capability set takes + and -: write caps.docker + "NAME"
	capabilities = -caps.docker
	=> a capability set takes + and -: write caps.docker + "NAME"
	capabilities = caps.docker("NET_RAW")
	=> a capability set takes + and -: write caps.docker + "NAME"
	capabilities = caps.docker:add("NET_RAW")
	=> a capability set has no fields: write caps.docker + "NAME"
	capabilities = caps.docker + "ALL"
	=> unknown capability "ALL" (write caps.all, the caller's, or caps.none)
	capabilities = caps.NET_RAW
	=> unknown field of caps "NET_RAW" (write caps.none + "NET_RAW")
	seccomp = seccomp.default .. "mount"
	=> a policy takes + and -: write seccomp.default - "NAME"
	seccomp = seccomp.default + "@mounts"
	=> unknown group of system calls "@mounts" (did you mean "@mount"?)
	seccomp = seccomp.default + {}
	=> no system call named (write its name, "mount", or a group, "@mount")
	seccomp = seccomp.default:errno("mount", "EPERM")
	=> "mount" is a system call (the error comes first: errno("EPERM", "mount"))
	seccomp = seccomp.default:errno("EPERM")
	=> no system call named (write its name, "mount", or a group, "@mount")
	seccomp = seccomp.default.deny("mount")
	=> a method without its policy (call it with ':', as in seccomp.default:deny("mount"))
	seccomp = seccomp.default:foo("mount")
	=> unknown method of a seccomp policy "foo"
	END
}

@test "what Lua would drop without a word" {
	profiles <<-'END'
	return sandbox {
	  command = { "true" },
	}, sandbox {
	  command = { "false" },
	}
	=> p.lua:3: the profile returns more than one value (write one profile for each sandbox)
	return sandbox { command = { "true" } }, 5
	=> p.lua: the profile returns more than one value (write one profile for each sandbox)
	return sandbox({ command = { "true" } }, { cwd = "/tmp" })
	=> p.lua:1: sandbox takes one table: sandbox { ... } or sandbox "name" { ... }
	return sandbox { inherits = "two" }
	=> profiles/two.lua: the profile returns more than one value (write one profile for each sandbox)
	return sandbox { inherits = "./two.lua" }
	=> p.lua:1: "./two.lua" is not the name of a profile on the search path (a name only, "service"; --profiles DIR adds a directory)
	END
}
