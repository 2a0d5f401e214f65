#!/usr/bin/env bats
# What of the caller and of the host must not be there inside: files, descriptors, keys, processes, settings.

# shellcheck disable=SC2016 # the shell inside expands these
load live

@test "files: /root, /home, /srv, /var and /tmp of the host are not there" {
	inside bash -c 'find /root /home /srv /var /mnt /media /boot /run /tmp -mindepth 1 -not -path "/var/*/*" 2>/dev/null |
		grep -vxE "/var/(tmp|run|lock|cache|lib|log|empty)" ; true'
	assert_status 0
	[ -z "$output" ] || { echo "seen: $output"; return 1; }
	# By another way in: every file system that is visible, by its root.
	inside awk '$4 !~ "^/(usr|opt|etc|bin|sbin|lib[^/]*)?(/|$)" {
			for (i = 7; $i != "-"; i++);
			if ($(i + 1) !~ "^(tmpfs|devtmpfs|proc|sysfs|devpts|mqueue)$") print
		}' /proc/self/mountinfo
	assert_status 0
	[ -z "$output" ] || { echo "mounted: $output"; return 1; }
}

@test "files: a mark in the caller's directory is not found anywhere" {
	echo secret >mark-of-lunward
	inside bash -c 'find / -xdev -name mark-of-lunward 2>/dev/null; find /proc/self/cwd/ -maxdepth 1; true'
	assert_lacks mark-of-lunward
}

@test "files: what only root may read is not for the inside root" {
	local f
	for f in /etc/shadow /etc/gshadow /etc/sudoers; do
		[ -s "$f" ] || continue
		inside cat "$f"
		[ "$status" != 0 ] || [ -z "$output" ] || { echo "$f: $output"; return 1; }
	done
}

@test "proc and sys: what describes the kernel is masked" {
	inside bash -c 'for f in /proc/kcore /proc/keys /proc/timer_list /proc/kallsyms /proc/key-users /proc/interrupts \
		/proc/sched_debug /sys/kernel/notes; do head -c 1 $f 2>/dev/null | wc -c; done'
	assert_status 0
	[ "$(sort -u <<<"$output")" = 0 ] || { echo "$output"; return 1; }
	inside bash -c 'ls -A /sys/firmware /sys/kernel/security /proc/acpi /proc/scsi 2>/dev/null | grep -v : ; true'
	[ -z "$(tr -d '\n' <<<"$output")" ] || { echo "$output"; return 1; }
	inside cat /proc/kmsg
	[ "$status" != 0 ]
}

@test "proc: settings and the sysrq trigger cannot be written" {
	inside bash -c 'for f in /proc/sysrq-trigger /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe \
		/proc/sys/kernel/hostname /proc/sys/vm/drop_caches /proc/sys/net/ipv4/ip_forward /proc/irq/default_smp_affinity; do
		[ ! -e $f ] || { (echo x >$f) 2>/dev/null && echo "written: $f"; }; done; true'
	assert_status 0
	[ -z "$output" ] || { echo "$output"; return 1; }
	inside bash -c 'findmnt -no OPTIONS /proc/sys; findmnt -no OPTIONS /sys'
	[[ ${lines[0]} == ro,* ]] && [[ ${lines[1]} == ro,* ]]
}

@test "descriptors: nothing above 2, whatever the caller has open (CVE-2024-21626, CVE-2016-8649)" {
	exec 7</ 8</etc/hostname 9>"$WORK/out" 33</proc/self/ns/mnt
	inside ls -l /proc/self/fd
	exec 7<&- 8<&- 9>&- 33<&-
	assert_status 0
	# total, 0, 1, 2, and the directory that ls itself reads
	[ "${#lines[@]}" = 5 ] || { echo "$output"; return 1; }
	assert_output_has "3 -> /proc/"
	inside bash -c 'ls -l /proc/1/fd 2>&1; true'
	assert_output_has "Permission denied"
}

@test "descriptors: the working directory is inside (CVE-2024-21626)" {
	inside bash -c 'pwd -P; readlink /proc/self/cwd; ls -d ../../../../../../../../root/..'
	assert_status 0
	[ "${lines[0]}" = / ] && [ "${lines[1]}" = / ]
	local n
	for n in 3 4 5 6 7 8 9 10 11 12; do
		with -w "/proc/self/fd/$n" -- true
		assert_refused
	done
}

@test "launcher: neither /proc/1/exe nor /proc/self/exe is ours (CVE-2019-5736)" {
	inside readlink /proc/self/exe
	assert_lacks lunward
	inside bash -c 'exec 3>>/proc/1/exe'
	[ "$status" != 0 ]
	# A command that is a link to its own interpreter, as the escape had it.
	mkdir bin
	printf '#!/proc/self/exe\n' >bin/evil
	chmod 755 bin/evil
	with -v "$WORK/bin:/x:ro" -- /x/evil
	assert_lacks "Usage: lunward"
	[ "$status" != 0 ]
}

@test "launcher: its binary cannot be opened for writing by anything inside" {
	local before
	before=$(sha256sum <"$LUNWARD")
	inside bash -c 'for p in /proc/[0-9]*/exe; do (exec 3>>$p) 2>/dev/null && readlink $p; done; true'
	assert_lacks lunward
	[ "$(sha256sum <"$LUNWARD")" = "$before" ]
}

@test "environment: only what the profile says" {
	run env LUNWARD_SECRET=x LD_LIBRARY_PATH=/nonexistent BASH_ENV=/nonexistent PYTHONPATH=/x "$LUNWARD" run -- env
	assert_status 0
	[ "$(cut -d= -f1 <<<"$output" | grep -vxE 'PATH|HOME|TERM|TMPDIR|container' | xargs)" = "" ] || { echo "$output"; return 1; }
}

@test "keyrings: the caller's session keyring is not the command's" {
	need_helpers
	run "$HELPERS/attempt" hold "$HELPERS/attempt" find_key
	[ "$output" = "find_key ok" ] || missing "no keyrings here: $output"
	run "$HELPERS/attempt" hold "$LUNWARD" run --seccomp unconfined -v "$HELPERS:/h:ro" -- /h/attempt find_key
	assert_is "find_key ENOKEY"
}

@test "processes: no signal reaches one of the host" {
	sleep 60 &
	local pid=$!
	inside bash -c "kill -KILL $pid; kill -TERM -1; true"
	run kill -0 "$pid"
	kill "$pid"
	wait "$pid" || true
	assert_status 0
}

@test "processes: an abstract socket of the host is not reached (CVE-2020-15257)" {
	need_cmd python3
	python3 - "lunward-test-$$" <<-'END' &
		import socket, sys, time
		s = socket.socket(socket.AF_UNIX)
		s.bind("\0" + sys.argv[1])
		s.listen()
		open("listening", "w").close()
		time.sleep(20)
	END
	local pid=$! name=lunward-test-$$
	wait_for 5 test -e listening
	grep -q "@$name" /proc/net/unix
	inside grep "@$name" /proc/net/unix
	kill $pid
	wait $pid || true
	assert_status 1
}

@test "core dumps are off, the umask is ours" {
	umask 000
	inside bash -c 'ulimit -Sc; ulimit -Hc; umask'
	umask 022
	assert_status 0
	[ "$(xargs <<<"$output")" = "0 0 0022" ]
}

@test "oom_score_adj: what the caller has is not lowered inside" {
	profile 'oom_score_adj = 500, command = { "cat", "/proc/self/oom_score_adj" },'
	with p.lua
	assert_is 500
	inside bash -c 'echo -900 >/proc/self/oom_score_adj'
	[ "$status" != 0 ]
}

@test "cgroups: none can be written" {
	inside bash -c 'find /sys/fs/cgroup -name cgroup.procs -o -name tasks 2>/dev/null | head; true'
	[ -z "$output" ] || { echo "$output"; return 1; }
}

@test "signals that the caller ignores or blocks are not handed on" {
	run bash -c 'trap "" TERM HUP USR2; exec "$LUNWARD" run -- grep -E "^Sig(Ign|Blk)" /proc/self/status'
	assert_status 0
	[ "$(grep -c '0000000000000000$' <<<"$output")" = 2 ] || { echo "$output"; return 1; }
}
