#!/usr/bin/env bats
# What each namespace is for, by the rows of the requirements.

# shellcheck disable=SC2016 # the shell inside expands these
load live

NAMES=(user pid mount net ipc uts cgroup time)
all_lines_are() { [ -n "$output" ] && ! grep -vx "$1" <<<"$output"; }
namespaces() { (cd /proc/self/ns && readlink user pid mnt net ipc uts cgroup time); }

@test "row 1: every subset of the eight namespaces is new, the others the host's" {
	need_root
	local host new i subset keys network
	mapfile -t host < <(namespaces)
	for ((subset = 0; subset < 256; subset++)); do
		keys=
		for i in "${!NAMES[@]}"; do
			((subset >> i & 1)) && keys+="${NAMES[i]} = \"new\", " || keys+="${NAMES[i]} = \"host\", "
		done
		((subset >> 3 & 1)) && network=none || network=host
		profile "namespaces = { $keys }, network = \"$network\","
		with p.lua -- sh -c 'cd /proc/self/ns && readlink user pid mnt net ipc uts cgroup time'
		assert_status 0
		new=("${lines[@]}")
		for i in "${!NAMES[@]}"; do
			if ((subset >> i & 1)); then [ "${new[i]}" != "${host[i]}" ]; else [ "${new[i]}" = "${host[i]}" ]; fi ||
				{ echo "${NAMES[i]} in { $keys }: ${new[i]}"; return 1; }
		done
	done
}

@test "row 1: without root, each of the others can be shared alone" {
	need_user
	local host i keys
	mapfile -t host < <(namespaces)
	for i in 1 3 4 5 6 7; do
		keys="${NAMES[i]} = \"host\""
		profile "namespaces = { $keys }, $([ "$i" != 3 ] || echo 'network = "host",')"
		with p.lua -- sh -c 'cd /proc/self/ns && readlink user pid mnt net ipc uts cgroup time'
		assert_status 0
		[ "${lines[i]}" = "${host[i]}" ] && [ "${lines[0]}" != "${host[0]}" ] || { echo "$keys: $output"; return 1; }
	done
}

@test "row 1: the host sees another namespace for each of the eight" {
	local n pid
	"$LUNWARD" run --status-fd 3 -- sleep 20 3>status &
	wait_for 5 grep -q started status
	pid=$(grep -o '"event": "started", "pid": [0-9]*' status | grep -o '[0-9]*$')
	for n in mnt pid net ipc uts user cgroup time; do
		[ "$(readlink "/proc/$pid/ns/$n")" != "$(readlink "/proc/self/ns/$n")" ] || { echo "$n is the host's"; return 1; }
	done
	kill -TERM $!
	wait $! || true
}

@test "row 4: ipcs -q shows none while the host has one" {
	need_cmd ipcmk ipcrm ipcs
	local id
	id=$(ipcmk -Q | grep -oE '[0-9]+$')
	ipcs -q | grep -qw "$id" || missing "the host's own queue is not seen"
	inside ipcs -q
	ipcrm -q "$id"
	assert_status 0
	! grep -qE '^0x' <<<"$output" || { echo "$output"; return 1; }
}

@test "row 4: POSIX message queues are the sandbox's own" {
	inside cat /proc/sys/fs/mqueue/queues_max
	assert_status 0
	profile 'sysctls = { ["fs.mqueue.queues_max"] = 7 },'
	with p.lua -- cat /proc/sys/fs/mqueue/queues_max
	assert_is 7
	[ "$(cat /proc/sys/fs/mqueue/queues_max)" != 7 ]
}

# In a mount namespace of this test's alone, where every mount is shared, so that what got out would be seen.
@test "row 5: the host's mounts are the same before, during and after" {
	need_root
	mkdir -m 777 vol
	run timeout 30 unshare --mount --propagation private bash -c '
		mount --make-rshared /
		cat /proc/self/mountinfo >mounts1
		"$LUNWARD" run -v "$PWD/vol:/vol" --tmpfs /scratch -- sh -c ": >/vol/started; sleep 0.5" &
		until [ -e vol/started ]; do sleep 0.05; done
		cat /proc/self/mountinfo >mounts2
		wait
		cat /proc/self/mountinfo >mounts3
		diff mounts1 mounts2 && diff mounts1 mounts3'
	assert_status 0
	[ -s mounts3 ]
}

@test "row 5: propagation is private: what the host mounts does not come in, nor the other way" {
	inside grep -E 'shared:|master:' /proc/self/mountinfo
	assert_status 1
}

@test "row 6: hostname is the profile's, the host's is unchanged" {
	local before
	before=$(uname -n)
	profile 'hostname = "ward7", domainname = "lunar.test",'
	with p.lua -- sh -c 'hostname 2>/dev/null || uname -n; cat /proc/sys/kernel/domainname'
	assert_status 0
	[ "${lines[0]}" = ward7 ]
	[ "${lines[1]}" = lunar.test ]
	[ "$(uname -n)" = "$before" ]
}

@test "row 7: the kernel's log, its memory and disks are out of reach; time has a namespace" {
	inside dmesg
	[ "$status" != 0 ]
	assert_output_has 'not permitted'
	# A masked file reads as /dev/null.
	inside sh -c 'for f in kcore kallsyms keys timer_list; do [ ! -e /proc/$f ] || wc -c </proc/$f; done'
	assert_status 0
	all_lines_are 0
	inside sh -c 'dmesg; cat /proc/kcore; ls /dev/sd* /dev/vd* /dev/nvme*'
	[ "$status" != 0 ]
	assert_lacks /dev/sda$'\n'
	inside sh -c 'echo 1 >/proc/sysrq-trigger'
	[ "$status" != 0 ]
	inside sh -c 'echo 1 >/proc/sys/kernel/panic'
	[ "$status" != 0 ]
	inside sh -c 'echo x >/sys/kernel/uevent_helper || echo x >/sys/kernel/mm/ksm/run'
	[ "$status" != 0 ]
	inside readlink /proc/self/ns/time
	[ "$output" != "$(readlink /proc/self/ns/time)" ]
}
