#!/usr/bin/env bats
# What may be the source of a bind: no magic link, no control socket, nothing of ours.

load live

@test "magic links of /proc are not sources (CVE-2024-21626, CVE-2019-5736)" {
	local path
	exec 9</
	for path in /proc/self/root /proc/self/cwd /proc/self/exe /proc/self/fd/9 /proc/self/root/etc /proc/1/root \
		/proc/thread-self/cwd /proc/self/fd/9/etc; do
		with -v "$path:/x" -- true
		assert_refused "$path"
	done
	exec 9<&-
}

@test "a link to a magic link is none either" {
	ln -s /proc/self/root link
	with -v "$WORK/link/etc:/x" -- true
	assert_refused
	ln -s /proc/self/cwd cwd
	with -v "$WORK/cwd:/x" -- true
	assert_refused
}

@test "control sockets of engines are refused, made or not (docker.sock)" {
	local path
	for path in /var/run/docker.sock /run/docker.sock /run/podman/podman.sock /run/containerd/containerd.sock \
		/run/dbus/system_bus_socket; do
		with -v "$path:/x" -- true
		assert_refused
		[ ! -e "$path" ] || assert_output_has "control socket"
	done
}

@test "a directory that holds an engine's socket is refused unless the profile accepts it" {
	# A network and mount namespace of the test's own, where /run may hold anything.
	need_root
	need_cmd python3 unshare
	cat >try.sh <<-'END'
		mount -t tmpfs none /run && mkdir -p /run/podman &&
			python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.bind("/run/docker.sock")' || exit 99
		ln -s /run "$WORK/link"
		for path in /run /run/docker.sock "$WORK/link" /; do
			"$LUNWARD" run -v "$path:/x" -- true
			[ $? = 125 ] || { echo "let in by $path"; exit 1; }
		done
		"$LUNWARD" run p.lua || { echo "not accepted"; exit 1; }
	END
	profile 'allow_control_sockets = { "docker" }, mounts = { bind "/run/docker.sock:/x" }, command = { "true" },'
	run unshare -m --propagation private bash try.sh
	assert_status 0
	[ "$(grep -c "would expose" <<<"$output")" = 4 ] || { echo "$output"; return 1; }
}

@test "our own state directory is not a source, nor anything above or below it" {
	local path
	"$LUNWARD" run -- true
	for path in "$LUNWARD_STATE" "$WORK"; do
		with -v "$path:/x" -- true
		assert_refused
	done
	[ ! -e "$LUNWARD_STATE/ids" ] || { with -v "$LUNWARD_STATE/ids:/x" -- true; assert_refused; }
}

@test "a state directory that is a link, or somebody else's, is not used" {
	mkdir -m 700 real
	ln -s real linked
	with --state "$WORK/linked" -- true
	assert_refused
	need_root
	mkdir -m 700 theirs
	chown 65534:65534 theirs
	with --state "$WORK/theirs" -- true
	assert_refused
	mkdir -m 777 open
	chmod 777 open
	with --state "$WORK/open" -- true
	assert_refused
}

@test "FIFOs and devices as sources do not block" {
	mkfifo fifo
	with -v "$WORK/fifo:/x" -- sh -c '[ -p /x ]'
	[ "$status" = 0 ] || assert_refused
	mkdir -m 755 files
	mkfifo -m 644 files/fifo
	with -v "$WORK/files:/x" -- true
	assert_status 0
}

@test "mounts inside do not appear on the host, whatever its propagation (host / shared)" {
	need_root
	need_cmd unshare findmnt
	mkdir vol
	chmod 777 vol
	export WORK
	# shellcheck disable=SC2016 # for the shell started
	run unshare -m --propagation shared bash -c '
		mount --bind vol vol && mount --make-shared vol
		findmnt -rn -o TARGET >mounts
		"$LUNWARD" run -v "$WORK/vol:/vol" --tmpfs /vol/t -- sh -c "touch /vol/t/x /vol/y" || exit 3
		findmnt -rn -o TARGET | diff mounts - && [ ! -e vol/t/x ]'
	assert_status 0
}
