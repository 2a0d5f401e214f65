#!/usr/bin/env bats
# Namespaces that exist already: each of the eight, what goes together, and what is said when it does not.

# shellcheck disable=SC2016 # the shell inside expands these
load live

# holder OPTION...: a process in namespaces of its own, made by unshare(1); its id in $HOLDER. It ends with the test.
holder() {
	local before
	mkfifo gate
	unshare "$@" -- sh -c 'echo >gate; exec sleep 60' &
	HOLDER=$!
	read -r <gate
	rm gate
	# With --fork the namespaces of interest are the child's.
	before=$(pgrep -P "$HOLDER" || true)
	INNER=${before:-$HOLDER}
}
teardown() {
	local p
	for p in "${INNER:-}" "${HOLDER:-}"; do [ -z "$p" ] || kill -KILL "$p" 2>/dev/null || true; done
	[ -z "${HOLDER:-}" ] || wait "$HOLDER" 2>/dev/null || true
	[ -z "${WORK:-}" ] || sandbox_teardown
}
# In a mount namespace of its own, where `ip netns` may mount what it likes; IN is how to get there.
netns() {
	need_root
	need_cmd ip
	holder --mount
	IN=(nsenter -t "$INNER" -m --wd="$PWD")
	"${IN[@]}" sh -c 'mount -t tmpfs none /run && ip netns add blue' || missing "ip netns add is refused here"
	"${IN[@]}" ip -n blue link set lo up
}
with_netns() { run timeout 30 "${IN[@]}" "$LUNWARD" run "$@"; }
# inode KIND PID: of the namespace
inode() { readlink "/proc/$2/ns/$1"; }

@test "each namespace that root may join alone is the one that was named" {
	need_root
	holder --net --ipc --uts --cgroup --time --fork
	local ns
	for ns in net ipc uts cgroup time; do
		profile "namespaces = { $ns = { path = \"/proc/$INNER/ns/$ns\" } },"
		with p.lua -- readlink "/proc/self/ns/$ns"
		assert_status 0
		assert_is "$(inode $ns "$INNER")"
	done
}

@test "all at once, with a user namespace of its own; none of ours stays open" {
	need_root
	holder --net --ipc --uts --cgroup
	profile "namespaces = { $(for ns in net ipc uts cgroup; do echo "$ns = { path = \"/proc/$INNER/ns/$ns\" },"; done) },"
	with p.lua -- sh -c 'cd /proc/self/ns; readlink net ipc uts cgroup; readlink user; ls -l /proc/self/fd'
	assert_status 0
	[ "${lines[*]:0:4}" = "$(for ns in net ipc uts cgroup; do inode $ns "$INNER"; done | xargs)" ]
	[ "${lines[4]}" != "$(readlink /proc/self/ns/user)" ]
	# ls itself has the directory it lists; nothing leads to a namespace or to the launcher.
	[[ ! "${lines[*]:5}" =~ (net|ipc|uts|cgroup|socket|memfd): ]] || { echo "$output"; return 1; }
}

@test "user, pid and the rest of another's: the process is seen there, with its ids" {
	need_root
	holder --user --map-root-user --pid --net --ipc --uts --mount-proc --fork
	profile "namespaces = { $(for ns in user pid net; do echo "$ns = { path = \"/proc/$INNER/ns/$ns\" },"; done) },"
	with p.lua -- sh -c 'cd /proc/self/ns; readlink user pid net; tr -s " " </proc/self/uid_map; cat /proc/1/comm'
	assert_status 0
	[ "${lines[*]:0:3}" = "$(for ns in user pid net; do inode $ns "$INNER"; done | xargs)" ]
	[ "${lines[3]}" = " 0 0 1" ]
	# Process 1 of that pid namespace is the holder's, not an init of ours.
	[[ ${lines[4]} == sleep || ${lines[4]} == sh ]] || { echo "$output"; return 1; }
}

@test "a mount namespace: its root is what the command sees" {
	need_root
	holder --mount
	nsenter -t "$INNER" -m sh -c 'mount -t tmpfs none /mnt && echo there >/mnt/mark'
	profile "namespaces = { mount = { path = \"/proc/$INNER/ns/mnt\" } },"
	with p.lua -- cat /mnt/mark
	assert_status 0
	assert_is there
	[ ! -e /mnt/mark ]
}

@test "without root: a user namespace of one's own and what it owns" {
	need_user
	holder --user --map-root-user --net --uts
	profile "namespaces = { $(for ns in user net uts; do echo "$ns = { path = \"/proc/$INNER/ns/$ns\" },"; done) },"
	with p.lua -- sh -c 'cd /proc/self/ns; readlink user net uts; id -u'
	assert_status 0
	[ "${lines[*]:0:3}" = "$(for ns in user net uts; do inode $ns "$INNER"; done | xargs)" ]
	[ "${lines[3]}" = 0 ]
}

@test "a network that ip netns made: by its bound file, and what may not be said beside it" {
	netns
	profile 'network = { path = "/run/netns/blue" },'
	with_netns p.lua -- sh -c 'readlink /proc/self/ns/net; tail -n +3 /proc/net/dev; ls /sys/class/net'
	assert_status 0
	assert_output_has "$("${IN[@]}" ip netns exec blue readlink /proc/self/ns/net)"
	assert_output_has lo:
	# The host's /sys is what is bound: its interfaces are not shown.
	local other
	for other in /sys/class/net/*; do
		other=${other##*/}
		[ "$other" = lo ] || assert_lacks "$other"
	done
	profile 'network = { path = "/run/netns/blue" }, namespaces = { net = "new" },'
	with_netns p.lua -- true
	assert_refused 'disagrees with network'
	profile 'namespaces = { net = { path = "/run/netns/blue" } },'
	with_netns p.lua -- readlink /proc/self/ns/net
	assert_is "$("${IN[@]}" ip netns exec blue readlink /proc/self/ns/net)"
}

@test "/sys of a joined network is read-only" {
	netns
	profile 'network = { path = "/run/netns/blue" },'
	with_netns p.lua -- sh -c 'grep " /sys " /proc/self/mountinfo; echo x >/sys/kernel/mm/ksm/run'
	[ "$status" != 0 ]
	assert_output_has ' ro,'
}

@test "what is not such a namespace is named, with the profile's line" {
	need_root
	local bad
	mkfifo fifo
	for bad in "/proc/self/ns/uts:of another kind" "$PWD/fifo:not a namespace" "/dev/null:not a namespace" \
		"/etc/passwd:not a namespace" "/nonexistent:No such file" "/proc/self/fd/0:not a namespace"; do
		profile "network = { path = \"${bad%%:*}\" },"
		run timeout 5 "$LUNWARD" run p.lua -- true
		assert_refused "${bad#*:}"
		[[ $output == *p.lua:[12]:* ]] || { echo "no line: $output"; return 1; }
	done
}

@test "what does not go together is refused before anything is done" {
	profile 'namespaces = { user = { path = "/proc/1/ns/user" } }, ids = "auto",'
	with p.lua -- true
	assert_refused 'ids: needs namespaces.user = "new"'
	profile 'namespaces = { uts = { path = "/proc/1/ns/uts" } }, hostname = "x",'
	with p.lua -- true
	assert_refused hostname
	profile 'namespaces = { mount = { path = "/proc/1/ns/mnt" } }, root = "empty",'
	with p.lua -- true
	assert_refused root
	profile 'namespaces = { pid = { path = "/proc/1/ns/pid" } },'
	with p.lua -- true
	assert_refused namespaces.pid
	profile 'namespaces = { ipc = { path = "relative" } },'
	with p.lua -- true
	assert_refused namespaces.ipc.path
	profile 'namespaces = { ipc = { sandbox = "db" } },'
	with p.lua -- true
	assert_refused 'no sandbox "db"'
}

@test "the host's own user namespace cannot be joined, and it is said" {
	need_root
	profile 'namespaces = { user = { path = "/proc/self/ns/user" } },'
	with p.lua -- true
	assert_refused namespaces.user
}
