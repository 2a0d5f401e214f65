#!/usr/bin/env bats
# The eight namespaces, each new and each shared; and what each of them is for.

# shellcheck disable=SC2016 # the shell inside expands these
load live

namespaces() { (cd "$1" && readlink user pid mnt net ipc uts cgroup time); }

@test "all eight are new in the default profile" {
	namespaces /proc/self/ns >host
	inside bash -c 'cd /proc/self/ns && readlink user pid mnt net ipc uts cgroup time'
	assert_status 0
	echo "$output" >new
	[ "$(wc -l <new)" = 8 ]
	[ -z "$(comm -12 <(sort host) <(sort new))" ] || { comm -12 <(sort host) <(sort new); return 1; }
}

@test "each can be the host's, the seven others new" {
	need_root
	local ns file shared
	namespaces /proc/self/ns >host
	for ns in pid mount net ipc uts cgroup time; do
		profile "namespaces = { $ns = \"host\" }, $([ $ns != net ] || echo 'network = "host",')"
		[ $ns != mount ] || continue # below
		with p.lua -- bash -c 'cd /proc/self/ns && readlink user pid mnt net ipc uts cgroup time'
		assert_status 0
		file=$ns
		shared=$(comm -12 <(sort host) <(sort <<<"$output"))
		[[ $shared == "$file:["*"]" ]] || { echo "$ns: shared '$shared'"; return 1; }
	done
}

@test "user = host: the ids are the host's" {
	need_root
	profile 'namespaces = { user = "host" },'
	with p.lua -- bash -c 'readlink /proc/self/ns/user; tr -s " " </proc/self/uid_map'
	assert_status 0
	[ "${lines[0]}" = "$(readlink /proc/self/ns/user)" ]
	[ "${lines[1]}" = " 0 0 4294967295" ]
}

@test "mount = host: works or is refused in one line" {
	profile 'namespaces = { mount = "host" },'
	with p.lua -- true
	[ "$status" = 0 ] || assert_refused
}

@test "pid: the command is number 2 of a handful" {
	inside bash -c 'echo $$; ls -d /proc/[0-9]* | wc -l'
	assert_status 0
	[ "${lines[0]}" = 2 ]
	[ "${lines[1]}" -le 5 ]
}

@test "ipc: shared memory of the host is not seen" {
	need_cmd ipcmk ipcrm ipcs
	local id
	id=$(ipcmk -M 4096 | grep -oE '[0-9]+$')
	inside bash -c 'wc -l </proc/sysvipc/shm'
	ipcrm -m "$id"
	assert_status 0
	assert_is 1
}

@test "uts: names are the sandbox's, the host's stay" {
	local before
	before=$(uname -n)
	with --hostname moon -- uname -n
	assert_is moon
	profile 'hostname = "ward", domainname = "lunar.test", command = { "cat", "/proc/sys/kernel/hostname", "/proc/sys/kernel/domainname" },'
	with p.lua
	[ "$(xargs <<<"$output")" = "ward lunar.test" ]
	[ "$(uname -n)" = "$before" ]
}

@test "net: loopback only, and a host's listener is not reached" {
	need_cmd python3
	python3 - <<-'END' &
		import socket, time
		s = socket.socket()
		s.bind(("127.0.0.1", 0))
		s.listen()
		open("port.new", "w").write(str(s.getsockname()[1]))
		import os; os.rename("port.new", "port")
		time.sleep(20)
	END
	local pid=$! port
	wait_for 5 test -e port
	port=$(cat port)
	(exec 3<>"/dev/tcp/127.0.0.1/$port")
	inside bash -c "exec 3<>/dev/tcp/127.0.0.1/$port"
	[ "$status" != 0 ]
	with --network host -- bash -c "exec 3<>/dev/tcp/127.0.0.1/$port"
	kill $pid
	wait $pid || true
	assert_status 0
}

@test "cgroup: the sandbox's own is the root" {
	inside cat /proc/self/cgroup
	assert_status 0
	! cut -d: -f3 <<<"$output" | grep -vx / || { echo "$output"; return 1; }
}

@test "time: the clocks are the host's unless told" {
	need_root
	inside cat /proc/self/timens_offsets
	[ "$(tr -s ' ' <<<"$output" | xargs)" = "monotonic 0 0 boottime 0 0" ]
}

@test "sysctls of new namespaces can be set, others not" {
	profile 'sysctls = { ["net.ipv4.ip_forward"] = 1, ["kernel.shmmax"] = 65536 },'
	with p.lua -- cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmax
	[ "$(xargs <<<"$output")" = "1 65536" ] || { echo "$output"; return 1; }
	profile 'sysctls = { ["kernel.panic"] = 1 },'
	with p.lua -- true
	assert_refused kernel.panic
	profile 'sysctls = { ["net.ipv4.no_such_thing"] = 1 },'
	with p.lua -- true
	assert_refused no_such_thing
}
