#!/usr/bin/env bats
# Devices: which nodes there are in /dev, which of the host's may be brought in, and that no other can be used however it
# is come by. On version 1 the devices controller says so, on version 2 a program of ours.

load live

# A directory of nodes as /dev/snd is one: a node, one further down, a link to another. Its own numbers: 1:3 is null.
make_snd() {
	need_root
	mkdir -p snd/by
	mknod -m 666 snd/seq c 1 3
	mknod -m 666 snd/by/timer c 1 5
	ln -s /dev/full snd/link
	: >snd/file
	# Nodes are looked up as somebody who has the ids inside.
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/
}
# A device that can be opened for reading as for writing by the host's root, and that no sandbox has by default.
some_device() {
	local d
	for d in /dev/net/tun /dev/fuse /dev/loop-control /dev/cpu_dma_latency /dev/hwrng; do
		if [ -c "$d" ] && (: <"$d") 2>/dev/null; then
			DEVICE=$d
			return
		fi
	done
	skip "no character device to try it with"
}
# host_users KEYS: p.lua, with the host's own users inside: nodes belong to who they belong to.
host_users() { profile "namespaces = { user = \"host\" }, $1"; }

@test "row 29: /dev has the fifteen usual names and no other" {
	inside ls /dev </dev/null # a terminal would come with a console
	assert_status 0
	assert_is $'core\nfd\nfull\nmqueue\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero'
	inside stat -f -c %T /dev/mqueue
	assert_status 0
	inside grep -c ' /dev/mqueue rw,nosuid,nodev,noexec,.* - mqueue ' /proc/self/mountinfo
	assert_is 1
}

@test "mqueue: the host's queues are not there with the host's ipc namespace, nor where the profile says otherwise" {
	profile 'namespaces = { ipc = "host" }'
	with ./p.lua -- ls /dev/mqueue
	[ "$status" != 0 ]
	profile 'mounts = { remove "/dev/mqueue" }'
	with ./p.lua -- ls /dev/mqueue
	[ "$status" != 0 ]
}

@test "row 30: a directory of devices, its nodes only, under another name" {
	make_snd
	with --device "$WORK/snd:/dev/snd" -- bash -c 'cd /dev/snd && find . | sort'
	assert_status 0
	assert_is $'.\n./by\n./by/timer\n./seq'
	# Where nodes work at all, these do.
	if (: >snd/seq) 2>/dev/null; then
		with --device "$WORK/snd:/dev/snd" -- bash -c 'cd /dev/snd && echo x >seq && head -c 2 by/timer | wc -c'
		assert_is 2
	fi
	profile "devices = { { path = \"/dev/snd\", source = \"$WORK/snd\", access = \"rw\" } }"
	with ./p.lua -- ls /dev/snd
	assert_is $'by\nseq'
	profile "devices = { device \"$WORK/snd/seq:/dev/snd:r\" }"
	with ./p.lua -- stat -c '%F %t:%T' /dev/snd
	assert_is "character special file 1:3"
}

@test "devices: what is none is refused by the line that names it" {
	printf 'return sandbox {\n  devices = {\n    "/dev/null:/dev/other",\n    "/etc/passwd:/dev/passwd",\n  },\n}\n' >p.lua
	with ./p.lua -- true
	assert_refused "p.lua:4: devices[1]"
	assert_output_has "/passwd"
}

@test "devices: check says which cannot be opened by the ids inside" {
	need_root
	mknod -m 600 mine c 1 3
	mknod -m 666 everybodys c 1 3
	profile "devices = { { path = \"/dev/a\", source = \"$WORK/everybodys\" }, { path = \"/dev/b\", source = \"$WORK/mine\" } }"
	run "$LUNWARD" check ./p.lua
	assert_status 0
	assert_output_has "p.lua:2: devices[1]: '$WORK/mine' belongs to nobody inside"
	assert_lacks everybodys
}

@test "row 31: no node can be made and used, whatever the capabilities" {
	local setting
	for setting in "" "--cap-add MKNOD" "--cap-add ALL" "--device /dev/null:/dev/other" "--privileged"; do
		# shellcheck disable=SC2086  # words
		with $setting -- sh -c 'mknod /tmp/m c 1 1; cat /tmp/m'
		assert_status 1
		assert_output_has "mknod: /tmp/m: Operation not permitted"
	done
}

@test "row 31: nor with the host's own users, where the kernel alone would let root" {
	need_root
	some_device
	host_users 'capabilities = caps.docker + "SYS_ADMIN"'
	with ./p.lua -- sh -c 'mknod /tmp/m c 1 1; cat /tmp/m; mknod /tmp/null c 1 3 && stat -c %t:%T /tmp/null'
	assert_output_has "mknod: /tmp/m: Operation not permitted"
	assert_output_has "1:3"
	# Nor through a bind on which devices count.
	host_users "mounts = { bind { source = \"${DEVICE%/*}\", destination = \"/d\", dev = true } }"
	with ./p.lua -- sh -c ": </d/${DEVICE##*/}"
	[ "$status" != 0 ]
	assert_output_has "Operation not permitted"
}

@test "devices: access as narrow as it was written" {
	need_root
	some_device
	host_users "devices = { { path = \"/dev/d\", source = \"$DEVICE\", access = \"r\" } }"
	with ./p.lua -- sh -c '(: </dev/d) && echo read; (: >>/dev/d) && echo written; mknod /tmp/m c 10 200'
	assert_output_has read
	assert_lacks written
	assert_output_has "cannot create /dev/d: Operation not permitted"
	assert_output_has "mknod: /tmp/m: Operation not permitted"
	host_users "devices = { { path = \"/dev/d\", source = \"$DEVICE\" } }"
	with ./p.lua -- sh -c '(: </dev/d) && echo read; : >>/dev/d && echo written'
	assert_is $'read\nwritten'
}

@test "devices: narrower access without a way to enforce it is refused" {
	need_user
	profile 'devices = { { path = "/dev/full", access = "r" } }'
	with ./p.lua -- true
	assert_refused "narrower access than \"rw\" needs the devices controller"
	assert_output_has "p.lua:2: devices[0].access"
}

@test "row 23: privileged is every capability of the caller, every device, a warning and a record" {
	local host absent
	with --privileged -- grep CapBnd /proc/self/status
	assert_status 0
	assert_output_has "$(grep CapBnd /proc/self/status)"
	assert_output_has "privileged: every capability and every device of the host"
	profile 'privileged = true'
	with ./p.lua -- bash -c 'grep -E "Cap(Bnd|Inh)" /proc/self/status; grep ^Seccomp: /proc/self/status'
	assert_output_has "$(grep CapBnd /proc/self/status)"
	assert_output_has $'CapInh:\t0000000000000000'
	assert_output_has $'Seccomp:\t2'
	assert_output_has "p.lua:2: privileged:"
	# Every node of the host's own /dev, but its console, beside what every sandbox has.
	host=$(find /dev -xdev \( -type c -o -type b \) ! -path /dev/console -printf '%P\n' | sort)
	# Not by find's own -type, which believes the directory: there they are files with a mount on them.
	with --privileged -- bash -c 'cd /dev; find . | while read -r f; do if [ -c "$f" ] || [ -b "$f" ]; then echo "${f#./}"; fi; done'
	absent=$(comm -23 <(echo "$host") <(sort <<<"$output"))
	[ -z "$absent" ] || { echo "not there: $absent"; return 1; }
	run "$LUNWARD" plan --format json --privileged default -- true
	assert_output_has '"privileged": true'
	run "$LUNWARD" check ./p.lua
	assert_output_has "privileged: every capability and every device"
}

@test "row 24: the two halves of privileged, one without the other" {
	local all
	all=$(grep CapBnd /proc/self/status)
	profile 'capabilities = caps.all'
	with ./p.lua -- bash -c 'ls /dev | wc -l; grep CapBnd /proc/self/status' </dev/null
	assert_is "15"$'\n'"$all"
	profile 'devices = { device "/dev" }'
	with ./p.lua -- bash -c 'ls /dev | wc -l; grep CapBnd /proc/self/status' </dev/null
	[ "${lines[0]}" -gt 15 ]
	[ "${lines[1]}" = $'CapBnd:\t00000000a80425fb' ]
	# What is written beside it narrows it.
	with --privileged --cap-drop ALL -- grep CapBnd /proc/self/status
	assert_output_has $'CapBnd:\t0000000000000000'
}
