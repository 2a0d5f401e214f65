#!/usr/bin/env bats
# A root directory whose owner is the attacker: links, FIFOs, devices and huge files where the launcher mounts or reads.
# Never an escape, never a write on the host's side, never a wait, and one line when it is refused.

bats_require_minimum_version 1.5.0
load live
load hostile

@test "a plain root works: counter-proof for the others" {
	make_root
	in_root
	assert_status 0
	in_root --read-only
	assert_status 0
}

@test "/proc, /sys and /dev as links out of the root are refused (CVE-2019-19921, CVE-2023-27561, CVE-2026-41579)" {
	local dir to
	make_root
	for dir in proc sys dev; do
		for to in "$WORK/outside" ../outside /victim / /proc /dev/shm ../../../../../../../tmp; do
			replace $dir "$to"
			in_root
			assert_status 125
			assert_output_has "/$dir"
		done
		rm root/$dir
		mkdir root/$dir
	done
}

@test "/tmp, /run and mount targets as links stay in the root (CVE-2015-1335, CVE-2018-15664, CVE-2021-30465)" {
	local dir to
	make_root
	for dir in tmp run etc; do
		for to in "$WORK/outside" ../../../../../../../..$WORK/outside; do
			cp -a root/etc etc.saved
			replace $dir "$to"
			in_root
			# A link is looked up inside the root: what it names there is a directory of the root or nothing.
			[ ! -e "root/$WORK/outside/file" ]
			rm -rf "root/$dir" "root/${WORK%%/*}"
			mv etc.saved etc.x && mkdir -p root/$dir && cp -a etc.x/. root/etc/ 2>/dev/null || mkdir -p root/etc
			rm -rf etc.x
		done
	done
}

@test "a bind's target that is a link, last component included, goes nowhere outside (CVE-2019-18837, CVE-2024-45310)" {
	local to
	make_root
	mkdir -m 755 src
	for to in "$WORK/outside/new" "$WORK/outside" ../outside/file /proc/self/root /proc/self/fd/3 /dev/../../outside; do
		replace victim "$to"
		in_root -v "$WORK/src:/victim"
		in_root -v "$WORK/src:/victim/below/it"
		in_root --tmpfs /victim/t
		[ ! -e outside/new ]
	done
}

@test "/dev/null, /dev/console, /dev/pts and shm of the root are never used (CVE-2025-31133, CVE-2025-52565, CVE-2026-88265)" {
	make_root
	local node
	for node in null console pts shm ptmx fd stdin; do ln -s "$WORK/outside/file" root/dev/$node; done
	in_root
	assert_status 0
	[ "$(cat outside/file)" = precious ]
	[ -L root/dev/null ]
}

@test "masked and read-only paths that are links are not followed out (CVE-2025-31133, CVE-2016-9962)" {
	make_root
	ln -s "$WORK/outside/file" root/secret
	ln -s "$WORK/outside" root/secrets
	cat >p.lua <<-END
		return sandbox { root = { path = "$WORK/root", readonly = false }, command = { "/bin/attempt", "abstract_socket" },
			masked_paths = { "/secret", "/secrets" }, readonly_paths = { "/secrets", "/secret" } }
	END
	run timeout -s KILL 15 "$LUNWARD" run p.lua
	[ "$(cat outside/file)" = precious ]
	[ "$status" = 0 ] || assert_refused
}

@test "/etc/passwd and /etc/group as a FIFO, a device, a link out or a huge file do not block (GO-2026-5475)" {
	make_root
	local f
	for f in passwd group; do
		cp -a root/etc saved
		rm -f root/etc/$f
		mkfifo root/etc/$f
		in_root -u nobody
		rm root/etc/$f
		ln -s "$WORK/outside/file" root/etc/$f
		in_root -u nobody
		ln -sfn /proc/self/root/etc/$f root/etc/$f
		in_root -u nobody
		ln -sfn $f root/etc/$f
		in_root -u nobody
		rm root/etc/$f
		truncate -s 1T root/etc/$f 2>/dev/null || truncate -s 1G root/etc/$f
		in_root -u nobody
		rm -rf root/etc
		mv saved root/etc
	done
	rm root/etc/passwd
	mknod root/etc/passwd c 5 0 2>/dev/null || mkfifo root/etc/passwd
	in_root -u 1000
}

@test "a user that only a link out of the root would name is not found" {
	make_root
	ln -sfn "$WORK/outside/file" root/etc/passwd
	echo 'spy:x:1234:1234::/:/bin/sh' >>outside/file
	in_root -u spy
	assert_status 125
	assert_output_has spy
}

@test "FIFOs, sockets and files where directories should be" {
	local dir
	make_root
	for dir in proc sys dev tmp run; do
		rmdir root/$dir
		mkfifo root/$dir
		in_root
		rm -f root/$dir
		: >root/$dir
		in_root
		rm -rf root/${dir:?}
		mkdir root/$dir
	done
}

@test "the command as a link out of the root is not found, as a FIFO not run" {
	make_root
	cp "$HELPERS/attempt" outside/attempt
	ln -s "$WORK/outside/attempt" root/bin/out
	mkfifo -m 755 root/bin/fifo
	run -127 "$LUNWARD" run --root "$WORK/root" -- /bin/out
	with --root "$WORK/root" -- /bin/fifo
	assert_status 126
}

@test "the root itself as a link, a file, nothing or the host's / is refused or meant" {
	make_root
	with --root "$WORK/nothing" -- /bin/attempt
	assert_refused nothing
	with --root "$WORK/outside/file" -- /bin/attempt
	assert_refused
	with --root /proc/self/root -- /bin/attempt
	assert_refused
	with --root /proc/self/cwd/root -- /bin/attempt
	assert_refused
}

@test "the working directory as a link stays in the root (CVE-2024-21626)" {
	make_root
	ln -s "$WORK/outside" root/wd
	in_root -w /wd
	assert_status 125
	in_root -w /proc/self/fd/9
	assert_status 125
}
