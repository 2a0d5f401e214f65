#!/usr/bin/env bats
# What docs/security.md promises and no other suite shows: rights that the program's file lends, the ends of the
# supervisor and of init, how much of the kernel is in reach, limits nobody asked for.

# shellcheck disable=SC2016,SC2154 # the shell inside expands these; beside.bash sets pid, launcher, id, cgroups
bats_require_minimum_version 1.5.0
load live
load beside
load hostile

@test "installed with set-user-ID, set-group-ID or capabilities it refuses to run (CVE-2016-8659, CVE-2020-5291, CVE-2021-26910)" {
	need_root
	need_cmd setpriv setcap
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/
	mkdir -m 755 bin
	cp "$LUNWARD" bin/lunward
	as_user() { run env -u LUNWARD_CGROUP_PARENT setpriv --reuid=65534 --regid=65534 --clear-groups "$@" "$WORK/bin/lunward" run --state "$WORK/state" -- id; }
	local rights
	for rights in 'chmod 4755' 'chmod 2755' 'setcap cap_dac_read_search+ep' 'setcap cap_sys_admin+p'; do
		$rights bin/lunward
		as_user
		assert_refused "lends rights"
		# With no_new_privileges the kernel lends nothing.
		[[ $rights == setcap* ]] || { as_user --no-new-privs; assert_lacks "lends rights"; }
		chmod 755 bin/lunward
		setcap -r bin/lunward 2>/dev/null || true
	done
	# Nor does it mind capabilities that the caller hands on.
	as_user --inh-caps=+chown --ambient-caps=+chown
	assert_lacks "lends rights"
}

ended() { [ ! -d "/proc/$pid" ] || grep -q '^State:.Z' "/proc/$pid/status"; }
# Process 1 of the sandbox whose command is $pid.
init_of() {
	local p
	for p in /proc/[0-9]*; do
		if [ "$(readlink "$p/ns/pid")" = "$(readlink "/proc/$pid/ns/pid")" ] && grep -qE '^NSpid:.*[^0-9]1$' "$p/status"; then
			echo "${p#/proc/}"
			return
		fi
	done 2>/dev/null
	return 1
}

@test "init is killed: the command goes, the supervisor tells and leaves nothing" {
	need_root
	local init rc=0
	begin -- bash -c 'trap "" TERM; while :; do sleep 1; done'
	init=$(init_of)
	[ "$init" != "$pid" ]
	kill -KILL "$init"
	wait "$launcher" || rc=$?
	[ "$rc" = 137 ] || { echo "$rc"; return 1; }
	wait_for 2 ended
}

@test "supervisor stopped, then killed; supervisor and init killed at once: nothing runs on" {
	need_root
	local init
	begin -- sleep 300
	kill -STOP "$launcher"
	sleep 0.3
	[ -d "/proc/$pid" ]
	kill -KILL "$launcher"
	wait_for 2 ended
	wait "$launcher" || true
	begin -- sleep 300
	init=$(init_of)
	kill -KILL "$launcher" "$init"
	wait_for 2 ended
	wait "$launcher" || true
	sweep_cgroups
}

@test "two hundred orphans: none stays a zombie, and the command's code is its own" {
	need_cmd perl
	begin -- perl -e 'for (1..200) { if (!fork) { if (!fork) { select undef, undef, undef, 0.05; exit 5 } exit 4 } }
		wait for 1..200; select undef, undef, undef, 0.6; print scalar(grep { open F, $_ and grep /^State:\s+Z/, <F> } glob "/proc/[0-9]*/status"), "\n"; exit 7' >out
	local rc=0
	wait "$launcher" || rc=$?
	[ "$rc" = 7 ]
	[ "$(cat out)" = 0 ] || { cat out; return 1; }
}

@test "the state directory taken away while a sandbox runs" {
	local rc=0
	begin -- bash -c 'read -r _; exit 6'
	rm -rf "${LUNWARD_STATE:?}"
	say go
	wait "$launcher" || rc=$?
	mkdir -m 700 "$LUNWARD_STATE"
	[ "$rc" = 6 ]
}

@test "who reads what the command writes goes away: the command ends as it would outside" {
	run bash -c '"$LUNWARD" run -- sh -c "while :; do echo line; done" | head -n 1; echo "${PIPESTATUS[0]}"'
	assert_is $'line\n141'
}

@test "of the calls that this ABI has no more than 245 are in reach by default" {
	local name n=0 allowed=0
	while read -r name; do
		n=$((n + 1))
		"$LUNWARD" explain --call "$name" default >/dev/null && allowed=$((allowed + 1))
	done < <(sed -nE 's/^\t\[[0-9]+\] = "([a-z0-9_]+)",.*/\1/p' "$LUNWARD_TREE/core/tables/syscalls_x86_64.c")
	[ "$n" -ge 325 ] && [ "$allowed" -ge 100 ] && [ "$allowed" -le 245 ] || { echo "$allowed of $n"; return 1; }
}

@test "limits nobody asked for: tasks, memory, descriptors, core files, every tmpfs" {
	need_limit --pids-limit 1024
	begin -- sleep 20
	find_cgroups
	[ "$(cat "$(cgroup_file pids.max)")" -le 1024 ]
	[ "$(cat "$(cgroup_file memory.max memory.limit_in_bytes)")" -lt "$(awk '/^MemTotal/ { printf "%.0f", $2 * 1024 }' /proc/meminfo)" ]
	grep -qE '^Max open files +1024 +[0-9]+ ' "/proc/$pid/limits"
	grep -qE '^Max core file size +0 +0 ' "/proc/$pid/limits"
	local unbounded
	grep -q ' - tmpfs ' "/proc/$pid/mountinfo"
	unbounded=$(grep ' - tmpfs ' "/proc/$pid/mountinfo" | awk '!/size=/ || !/nr_inodes=/')
	[ -z "$unbounded" ] || { echo "$unbounded"; return 1; }
	end
}

@test "an id map of more than five ranges is right in each of them (CVE-2018-18955)" {
	need_root
	profile 'ids = { uid = { { 0, 60000, 1 }, { 1, 60010, 1 }, { 2, 60020, 1 }, { 3, 60030, 1 }, { 4, 60040, 1 }, { 5, 60050, 1 }, { 9, 60090, 3 } },
		gid = { { 0, 60000, 12 } } }, command = { "sleep", "20" },'
	begin p.lua
	[ "$(xargs -n 3 <"/proc/$pid/uid_map" | paste -sd,)" = "0 60000 1,1 60010 1,2 60020 1,3 60030 1,4 60040 1,5 60050 1,9 60090 3" ]
	end
	mkdir -m 777 vol
	with -v "$WORK/vol:/vol" -u 10 p.lua -- touch /vol/x
	assert_status 0
	[ "$(stat -c %u vol/x)" = 60091 ]
}

@test "words of the command are the command's, whatever they look like (CVE-2024-32462)" {
	inside printf '%s ' -- --privileged --cap-add ALL -v /:/host
	assert_is "-- --privileged --cap-add ALL -v /:/host "
	run -127 "$LUNWARD" run -- --privileged
}

@test "what the caller's environment says to libraries and interpreters is not heard (CVE-2021-21261)" {
	run env LUA_INIT='os.exit(9)' LUA_INIT_5_4='os.exit(9)' LUA_PATH=/nowhere LD_PRELOAD="$WORK/none.so" GCONV_PATH="$WORK" \
		LUNWARD_DEFAULT=strict "$LUNWARD" run -- true
	[ "$status" = 0 ] || { echo "$output"; return 1; }
}

@test "nothing of the root is loaded or run on the host's side (CVE-2019-14271, GO-2026-5758)" {
	need_cmd strace
	strace -f -o /dev/null true 2>/dev/null || missing "strace may not trace here"
	make_root
	mkdir -p root/lib/x86_64-linux-gnu root/etc/lunward/profiles root/usr/share/lunward/profiles
	echo 'passwd: evil' >root/etc/nsswitch.conf
	echo 'evil' >root/etc/ld.so.preload
	for file in lib/x86_64-linux-gnu/libnss_evil.so.2 etc/lunward/profiles/default.lua; do echo 'error("evil")' >root/$file; done
	timeout 30 strace -f -qq -o trace -e trace=open,openat,openat2,execve,execveat "$LUNWARD" run -u 7 p.lua -- /bin/attempt abstract_socket >out
	[ "$(cat out)" = "abstract_socket ok" ]
	# Ours, the program of process 1, and the command: nobody else is executed, and none of those files is opened.
	[ "$(grep -cE 'execve(at)?\(.*= 0$' trace)" -le 4 ]
	run grep -E 'evil|nsswitch|ld\.so\.preload|libnss|profiles/default' trace
	assert_status 1
}
