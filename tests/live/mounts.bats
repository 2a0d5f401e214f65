#!/usr/bin/env bats
# Every kind of mount, and every option of it, as the command finds it.

# shellcheck disable=SC2016 # the shell inside expands these
bats_require_minimum_version 1.5.0
load live

@test "bind: read-only by default in a profile, read-write by -v; recursive" {
	need_root
	mkdir -m 777 vol vol/sub
	chmod 777 vol vol/sub
	mount -t tmpfs none vol/sub
	echo deep >vol/sub/file
	profile 'mounts = { bind "vol:/vol" },'
	with p.lua -- bash -c 'cat /vol/sub/file; touch /vol/x; touch /vol/sub/x'
	umount vol/sub
	assert_status 1
	[ "${lines[0]}" = deep ]
	[ "$(grep -c "Read-only file system" <<<"$output")" = 2 ]
	with -v "$WORK/vol:/vol" -- touch /vol/x
	assert_status 0
	[ -e vol/x ]
}

@test "bind: nosuid and nodev always, noexec when asked" {
	need_helpers
	with -v "$HELPERS:/h:ro,noexec" -- /h/attempt abstract_socket
	assert_status 126
	with -v "$HELPERS:/h:ro" -- grep " /h " /proc/self/mountinfo
	assert_output_has "ro,nosuid,nodev"
}

@test "bind: a single file, an optional one that is not there, a missing one" {
	echo text >file
	with -v "$WORK/file:/etc/lunward-file:ro" -v "$WORK/file:/deep/er/file:ro" -- cat /deep/er/file
	[ "$status" != 0 ] || assert_is text # /etc is read-only: whether a name can be added there is the file system's word
	with -v "$WORK/file:/deep/er/file:ro" -- cat /deep/er/file
	assert_is text
	profile 'mounts = { bind { source = "nothing", destination = "/x", optional = true } },'
	with p.lua -- ls /x
	[ "$status" != 0 ] && [ "$status" != 125 ]
	profile 'mounts = { bind "nothing:/x" },'
	with p.lua -- true
	assert_refused nothing
}

@test "tmpfs: size, inodes, mode, owner" {
	need_helpers
	with --tmpfs /t:size=4M,mode=0750 -v "$HELPERS:/h:ro" -- bash -c 'stat -c %a /t; /h/hog bytes /t 64'
	[ "$(xargs <<<"$output")" = "750 4 ENOSPC" ] || { echo "$output"; return 1; }
	profile "mounts = { tmpfs { destination = \"/t\", inodes = 50, uid = 0, gid = 0 }, bind \"$HELPERS:/h\" },"
	with p.lua -- /h/hog files /t 1000
	[[ $output =~ ^4[0-9]" "ENOSPC$ ]] || { echo "$output"; return 1; }
}

@test "tmpfs: those of the default profile have bounds, too, /dev/shm included" {
	need_helpers
	local dir
	for dir in /tmp /run /dev/shm /home /root; do
		with -v "$HELPERS:/h:ro" -- bash -c "cd $dir 2>/dev/null || exit 0; (/h/hog bytes $dir 200; /h/hog files $dir 100000)"
		[ -z "$output" ] || [ "$(grep -cE 'ENOSPC|EROFS|EACCES' <<<"$output")" = 2 ] || { echo "$dir: $output"; return 1; }
	done
}

@test "file, dir, symlink: with data, mode and owner" {
	profile 'mounts = {
		file { destination = "/etc-like/conf", data = "key = value\n", mode = "0640" },
		dir { destination = "/spool", mode = "0711" },
		symlink { destination = "/link", target = "/etc-like/conf" },
	},'
	with p.lua -- bash -c 'cat /link; stat -c %a /etc-like/conf /spool; readlink /link'
	assert_status 0
	[ "$(xargs <<<"$output")" = "key = value 640 711 /etc-like/conf" ] || { echo "$output"; return 1; }
}

@test "file: over one that exists, in a directory that cannot be written" {
	profile 'mounts = { file { destination = "/etc/hostname", data = "moon\n" } },'
	with p.lua -- cat /etc/hostname
	assert_is moon
	[ "$(cat /etc/hostname)" != moon ]
}

@test "remove: takes a default mount away" {
	profile 'mounts = { remove "/tmp" },'
	with p.lua -- grep -c " /tmp " /proc/self/mountinfo
	assert_is 0
	inside grep -c " /tmp " /proc/self/mountinfo
	assert_is 1
}

@test "devices: the harmless ones only; more are shown when asked, by type and number" {
	inside ls /dev
	[ "$(grep -vx mqueue <<<"$output" | xargs)" = "core fd full null ptmx pts random shm stderr stdin stdout tty urandom zero" ] ||
		{ echo "$output"; return 1; }
	inside bash -c 'stat -c %t:%T /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty | xargs'
	assert_is "1:3 1:5 1:7 1:8 1:9 5:0"
	need_root
	with --device /dev/null:/dev/also -- stat -c %t:%T /dev/also
	[[ $output != *cgroup* ]] || missing "$output"
	assert_is 1:3
	with --device /etc/passwd:/dev/x -- true
	assert_refused
}

@test "proc: one's own, masked; the root is read-only unless told" {
	inside bash -c 'touch /x'
	[ "$status" != 0 ]
	profile 'root = { readonly = false },'
	with p.lua -- touch /x
	[ "$status" = 0 ] || assert_refused
}

@test "root = empty: nothing but what is put there" {
	need_helpers
	with --root empty -v "$HELPERS:/h:ro" -- /h/attempt abstract_socket
	assert_is "abstract_socket ok"
	run -127 "$LUNWARD" run --root empty -- /bin/sh
}
