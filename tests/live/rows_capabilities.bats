#!/usr/bin/env bats
# Capabilities and the end of everything, by the rows of the requirements: seen by the host, from /proc.

# shellcheck disable=SC2016,SC2154 # the shell inside expands these; beside.bash sets pid, launcher, id
load live
load beside

# The five sets of the sandbox's command, "INH PRM EFF BND AMB".
sets() { sed -n 's/^Cap[A-Za-z]*:\t0*\(.\)/\1/p' "/proc/$pid/status" | xargs; }

@test "row 21: what is not in the list is not there; the list is the profile's" {
	profile 'capabilities = { "CHOWN", "KILL" },'
	begin p.lua -- sleep 20
	[ "$(sets)" = "0 21 21 21 0" ] || { sets; return 1; }
	end
	# Nothing but the fourteen unless more is asked for by name.
	begin -- sleep 20
	(( (0x$(sets | cut -d' ' -f4) & ~0xa80425fb) == 0 )) || { sets; return 1; }
	end
}

@test "row 22: caps.docker: a80425fb in bounding, permitted and effective, none inheritable or ambient" {
	profile 'capabilities = caps.docker,'
	begin p.lua -- sleep 20
	grep -qx $'CapBnd:\t00000000a80425fb' "/proc/$pid/status"
	grep -qx $'CapInh:\t0000000000000000' "/proc/$pid/status"
	[ "$(sets)" = "0 a80425fb a80425fb a80425fb 0" ] || { sets; return 1; }
	end
}

@test "row 25: --cap-drop ALL --cap-add SYS_TIME and caps.none + \"SYS_TIME\": exactly one bit" {
	local bit='0 2000000 2000000 2000000 0'
	begin --cap-drop ALL --cap-add SYS_TIME -- sleep 20
	[ "$(sets)" = "$bit" ] || { sets; return 1; }
	if command -v getpcaps >/dev/null; then
		[[ "$(getpcaps "$pid" 2>&1)" =~ :\ =?\ ?cap_sys_time[=+]ep$ ]] || { getpcaps "$pid"; return 1; }
	fi
	end
	profile 'capabilities = caps.none + "SYS_TIME",'
	begin p.lua -- sleep 20
	[ "$(sets)" = "$bit" ] || { sets; return 1; }
	end
}

@test "row 27: check names programs that are the host's own jobs when they are given more than the default" {
	local job shared='namespaces = { user = "host" }, user = "nobody",'
	for job in '"/usr/sbin/sshd", "-D"' '"cron", "-f"' '"rsyslogd"' '"/sbin/modprobe", "loop"' '"busybox", "udhcpc"' \
		'"wpa_supplicant"' '"openvpn"'; do
		checks "command = { $job }," 'capabilities = caps.docker + "SYS_TTY_CONFIG",'
		assert_status 0
		[[ $output == "warning: "*p.lua:2:*"the host's job"*SYS_TTY_CONFIG*caps.docker* ]] || { echo "$job: $output"; return 1; }
		# With the host's user namespace the capability is the host's: that is a mistake.
		checks "command = { $job }," "$shared capabilities = caps.docker + \"SYS_TTY_CONFIG\","
		assert_status 1
		[[ $output == *p.lua:2:*"the host's job"* ]] || { echo "$job: $output"; return 1; }
		checks "command = { $job }," ''
		assert_lacks "the host's job"
	done
	checks 'command = { "true", "sshd" },' 'capabilities = caps.docker + "SYS_TTY_CONFIG",'
	assert_lacks "the host's job"
	checks 'command = { "cron" },' 'privileged = true,'
	assert_output_has "the host's job and is given everything by privileged"
}
# checks COMMAND KEYS: what `check` says of the profile.
checks() {
	profile "$1"$'\n'"$2"
	run "$LUNWARD" check p.lua
}

@test "row 28: the five sets by name, as /proc has them" {
	need_cmd python3
	profile 'capabilities = { bounding = { "CHOWN", "KILL", "SETUID" }, permitted = { "CHOWN", "KILL" }, effective = { "KILL" },
		inheritable = { "KILL" }, ambient = { "KILL" } },'
	"$LUNWARD" explain --format json p.lua >explained.json
	begin p.lua -- sleep 20
	python3 - "$pid" <<-'END'
		import json, sys
		told = json.load(open("explained.json"))["capabilities"]
		# What the profile says; execve(2) then makes permitted and effective of a plain program from the ambient set.
		assert told == {"bounding": ["CHOWN", "KILL", "SETUID"], "permitted": ["CHOWN", "KILL"], "effective": ["KILL"],
		                "inheritable": ["KILL"], "ambient": ["KILL"]}, told
		numbers = {"CHOWN": 0, "KILL": 5, "SETUID": 7}
		mask = lambda names: sum(1 << numbers[n] for n in names)
		has = {l.split(":")[0]: int(l.split()[1], 16) for l in open("/proc/%s/status" % sys.argv[1]) if l.startswith("Cap")}
		assert has["CapBnd"] == mask(told["bounding"]), has
		assert has["CapInh"] == mask(told["inheritable"]) and has["CapAmb"] == mask(told["ambient"]), has
		assert has["CapEff"] & mask(told["effective"]) == mask(told["effective"]), has
	END
	end
}

full() { [ "$(members | wc -l)" -ge "$1" ]; }
# Every process gone and every cgroup empty, in less than a second.
ended_within_a_second() {
	local start=${EPOCHREALTIME/./} took
	wait_for 5 empty
	took=$((${EPOCHREALTIME/./} - start))
	[ "$took" -lt 1000000 ] || { echo "took $took us"; return 1; }
	for p in $bombs; do [ ! -d "/proc/$p" ] || grep -q '^State:.Z' "/proc/$p/status" || { echo "$p is alive"; return 1; }; done
}
empty() { [ -z "$(members)" ]; }
# Every process makes others as long as it can; none listens to what it is told.
bomb='$SIG{$_} = "IGNORE" for qw(TERM HUP INT QUIT USR1); setpgrp; while (1) { defined fork or select undef, undef, undef, 0.01 }'

@test "row 57: a fork bomb whose launcher is killed is gone in less than a second" {
	need_limit --pids-limit 100
	need_cmd perl
	begin --pids-limit 100 -- perl -e "$bomb"
	find_cgroups
	wait_for 10 full 100
	bombs=$(members)
	kill -KILL "$launcher"
	ended_within_a_second
	wait "$launcher" || true
	sweep_cgroups
}

@test "row 57: a fork bomb of another user, or without a pid namespace of its own, goes as fast" {
	need_limit --pids-limit 100
	need_root
	need_cmd perl
	begin --pids-limit 100 --user 1234 -- perl -e "$bomb"
	find_cgroups
	wait_for 10 full 100
	bombs=$(members)
	kill -KILL "$launcher"
	ended_within_a_second
	wait "$launcher" || true
	sweep_cgroups

	local rc=0
	profile 'namespaces = { pid = "host" },'
	begin --pids-limit 100 --timeout 1500ms --result r.json p.lua -- perl -e "$bomb"
	find_cgroups
	wait_for 10 full 100
	bombs=$(members)
	wait "$launcher" || rc=$?
	[ "$rc" = 124 ]
	ended_within_a_second
	grep -qE '"wall_seconds": [12]\.' r.json
}

@test "row 57: a timeout ends a fork bomb; its cgroups are gone when the launcher is" {
	need_limit --pids-limit 100
	need_cmd perl
	need_cmd python3
	local rc=0
	begin --pids-limit 100 --timeout 1500ms --result r.json -- perl -e "$bomb"
	find_cgroups
	wait_for 10 full 100
	bombs=$(members)
	wait "$launcher" || rc=$?
	[ "$rc" = 124 ]
	ended_within_a_second
	[ -z "$(find /sys/fs/cgroup -type d -name "$id" 2>/dev/null)" ]
	python3 -c 'import json; r = json.load(open("r.json")); assert r["timed_out"] and r["wall_seconds"] < 2.5, r'
}
