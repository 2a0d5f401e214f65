#!/usr/bin/env bats
# Launches from a kept plan: the same sandbox, the same words and exit codes as without one, and never a plan made from
# what has changed since. A launcher that started from a plan has no heap, which is how these tests tell.

# shellcheck disable=SC2016 # the shell inside expands these
bats_require_minimum_version 1.5.0
load live

need_warm() {
	"$LUNWARD" version --features | grep -q '^warm ' || missing "this build starts nothing from kept plans"
	# Files that changed just now are not trusted yet: an account file, when a user was added to this machine.
	find /etc/passwd /etc/group /etc/subuid /etc/subgid "$LUNWARD_TREE"/profiles/default.lua -newermt '-4 seconds' 2>/dev/null |
		grep -q . && sleep 5
	[ "$(id -u)" = 0 ] || ! command -v newuidmap >/dev/null || missing "plans with helpers for id maps are not kept"
}
# The files of kept plans.
plans() { find "$LUNWARD_STATE/plans" -type f 2>/dev/null; }
# quietly COMMAND...: with no terminal, in an environment that does not change from one call to the next.
quietly() { env -i PATH="$PATH" LUNWARD_STATE="$LUNWARD_STATE" "$@" </dev/null; }
# how OPTION... -- COMMAND...: "warm" or "cold". The command must wait.
how() {
	local pid maps
	(exec env -i PATH="$PATH" LUNWARD_STATE="$LUNWARD_STATE" "$LUNWARD" run "$@" </dev/null >"$WORK/out" 2>&1) &
	pid=$!
	wait_for 10 started "$pid"
	maps=$(cat "/proc/$pid/maps")
	kill "$pid" || true
	wait "$pid" || true
	if grep -q '\[heap\]' <<<"$maps"; then echo cold; else echo warm; fi
}
# Our init has a child that is no longer us.
started() {
	local init command
	init=$(awk '{print $1}' "/proc/$1/task/$1/children")
	command=$(awk '{print $1}' "/proc/$init/task/$init/children")
	[ -n "$command" ] && [[ $(readlink "/proc/$command/exe") == */sleep ]]
}
is() { [ "$1" = "$2" ] || { echo "expected $2, got $1 ($3)"; return 1; }; }

@test "the second launch starts from the first one's plan" {
	need_warm
	is "$(how -- sleep 30)" cold first
	is "$(plans | wc -l)" 1 plans
	is "$(how -- sleep 30)" warm second
	is "$(how -- sleep 31)" cold "another command"
	is "$(how -m 64M -- sleep 30)" cold "another option"
	is "$(how -m 64M -- sleep 30)" warm "that option again"
	is "$(how -- sleep 30)" warm third
}

# All that a process can see of its confinement, less what differs from one launch to the next anyway.
report='for f in /proc/self/status /proc/self/limits /proc/self/mountinfo /proc/self/uid_map /proc/self/setgroups; do echo "== $f"; cat $f; done;
	echo "== env"; env; umask; pwd; id; hostname; cat /proc/1/cmdline /proc/1/comm; ls -l /proc/self/fd /dev / /proc/1/fd 2>&1; cat /proc/self/cgroup /proc/self/oom_score_adj'
steady() {
	sed -E -e 's/[0-9a-f]{64}/ID/g; s/default-[0-9a-f]{4}/NAME/; s/socket:\[[0-9]+\]/socket/; s/^(Pid|Tgid|NSpid|NSpgid|NSsid|NStgid|Vm[A-Za-z]*|Rss[A-Za-z]*|Speculation.*|.*ctxt_switches|voluntary.*|nonvoluntary.*):.*/\1/' \
		-e 's/[A-Z][a-z]{2} +[0-9]+ [0-9:]+//' -e 's/^[0-9]+ [0-9]+ [0-9]+:[0-9]+ //; s#/dev/pts/[0-9]+#pts#; s/^( *0) +[0-9]+ +([0-9]+)$/\1 N \2/' -e 's/pipe:\[[0-9]+\]/pipe/; s/(uid|gid)=[0-9]{6,}/\1=N/g; s/^(d[rwxt-]+) +[0-9]+/\1/'
}

@test "warm and cold are the same sandbox" {
	need_warm
	quietly "$LUNWARD" run -- sh -c "$report" 2>&1 | steady >cold
	is "$(plans | wc -l)" 1 plans
	quietly "$LUNWARD" run -- sh -c "$report" 2>&1 | steady >warm
	[ -s cold ]
	diff cold warm
	grep -q '^Seccomp:.*2$' warm
	grep -q '^NAME$' warm
}

@test "names, ids and cgroups are each launch's own" {
	need_warm
	for i in 1 2 3; do
		quietly "$LUNWARD" run -- sh -c 'hostname; cat /proc/self/uid_map' >"out$i"
	done
	run ! diff -q out2 out3
	[[ $(head -n 1 out3) =~ ^default-[0-9a-f]{4}$ ]]
}

@test "what a plan was made from is looked at again" {
	need_warm
	printf 'return sandbox { command = { "/bin/sleep", "30" }, env = { A = "1" } }\n' >p.lua
	touch -d '1 hour ago' p.lua
	is "$(how p.lua)" cold first
	is "$(how p.lua)" cold "too young to be trusted"
	sleep 3
	is "$(how p.lua)" cold "kept now"
	is "$(how p.lua)" warm kept
	printf 'return sandbox { command = { "/bin/sleep", "30" }, env = { A = "2" } }\n' >p.lua
	is "$(how p.lua)" cold "a changed profile"
	run quietly "$LUNWARD" run p.lua -- sh -c 'echo $A'
	assert_is 2
	is "$(how -- sleep 30)" cold default
	is "$(how -- sleep 30)" warm default
	mkdir sub
	(cd sub && is "$(how -- sleep 30)" cold "another directory")
	(ulimit -n 512 && is "$(how -- sleep 30)" cold "another limit")
	run quietly env A=b "$LUNWARD" run -- true
	is "$(quietly env A=b "$LUNWARD" run -- sh -c 'echo ok')" ok environment
}

@test "a profile that comes to stand before another is found" {
	need_warm
	mkdir -p tree/a tree/b
	printf 'return sandbox { command = { "/bin/echo", "b" } }\n' >tree/b/x.lua
	sleep 3
	for i in 1 2; do
		run quietly "$LUNWARD" run --profiles tree/b x
		assert_is b
	done
	printf 'return sandbox { inherits = "y" }\n' >tree/a/z.lua
	printf 'return sandbox { command = { "/bin/echo", "one" } }\n' >tree/a/y.lua
	sleep 3
	for i in 1 2; do
		run quietly "$LUNWARD" run --profiles tree/a z
		assert_is one
	done
	printf 'return sandbox { command = { "/bin/echo", "two" } }\n' >tree/a/y.lua
	run quietly "$LUNWARD" run --profiles tree/a z
	assert_is two
}

@test "a damaged plan is not walked" {
	need_warm
	quietly "$LUNWARD" run -- echo fine
	plan=$(plans)
	size=$(stat -c %s "$plan")
	cp "$plan" good
	for at in 0 40 80 100 120 200 $((size / 2)) $((size - 40)) $((size - 1)); do
		cp good "$plan"
		printf '\377' | dd of="$plan" bs=1 seek="$at" conv=notrunc status=none
		run quietly "$LUNWARD" run -- echo fine
		assert_status 0
		assert_is fine
	done
	head -c 500 good >"$plan"
	run quietly "$LUNWARD" run -- echo fine
	assert_is fine
	: >"$plan"
	run quietly "$LUNWARD" run -- echo fine
	assert_is fine
	rm "$plan"
	ln -s "$PWD/good" "$plan"
	run quietly "$LUNWARD" run -- echo fine
	assert_is fine
}

@test "another command line's plan is not taken, whatever its name" {
	need_warm
	quietly "$LUNWARD" run -- echo one
	one=$(plans)
	quietly "$LUNWARD" run -- echo two
	two=$(plans | grep -vxF "$one")
	cp "$one" "$two"
	run quietly "$LUNWARD" run -- echo two
	assert_is two
}

@test "exit codes, signals and timeouts" {
	need_warm
	for i in 1 2; do
		run quietly "$LUNWARD" run -- sh -c 'exit 7'
		assert_status 7
		run quietly "$LUNWARD" run -- sh -c 'kill -9 $$'
		assert_status 137
		run quietly "$LUNWARD" run --timeout 0.3s -- sleep 30
		assert_status 124
		run -127 quietly "$LUNWARD" run -- nosuchcommand
		assert_output_has "command not found"
		(exec env -i PATH="$PATH" LUNWARD_STATE="$LUNWARD_STATE" "$LUNWARD" run -- \
			sh -c 'trap "exit 9" TERM; echo up; sleep 30 & wait' </dev/null >up) &
		pid=$!
		wait_for 10 grep -q up up
		kill -TERM $pid
		rc=0
		wait $pid || rc=$?
		is $rc 9 "SIGTERM"
	done
}

@test "a failure is told as without a plan" {
	need_warm
	mkdir data
	printf '#!/bin/sh\n' >job
	chmod 755 job
	for i in 1 2; do
		run quietly "$LUNWARD" run -v "$WORK/data:/data" -v "$WORK/job:/job:ro" -- /job
		assert_status 0
	done
	is "$(plans | wc -l)" 1 plans
	rmdir data
	run quietly "$LUNWARD" run -v "$WORK/data:/data" -v "$WORK/job:/job:ro" -- /job
	assert_refused "$WORK/data"
	mkdir data
	chmod 644 job
	run -126 quietly "$LUNWARD" run -v "$WORK/data:/data" -v "$WORK/job:/job:ro" -- /job
	assert_output_has /job
}

@test "a control socket in a kept source is refused" {
	need_root
	need_warm
	mkdir data
	for i in 1 2; do
		run quietly "$LUNWARD" run -v "$WORK/data:/data" -- true
		assert_status 0
	done
	rmdir data
	ln -s "$LUNWARD_STATE" data
	run quietly "$LUNWARD" run -v "$WORK/data:/data" -- true
	assert_refused "own state"
}

@test "many at once" {
	need_warm
	quietly "$LUNWARD" run -- cat /proc/self/uid_map
	for i in $(seq 20); do
		quietly "$LUNWARD" run -- cat /proc/self/uid_map >"map$i" &
	done
	wait
	is "$(cat map* | wc -l)" 20 maps
}

@test "what is not repeated is not kept" {
	need_warm
	quietly "$LUNWARD" run --result r.json -- true
	quietly "$LUNWARD" run --status-fd 3 -- true 3>status
	printf 'local p = param("p", "1")\nreturn sandbox { command = { "/bin/echo", host.user .. p } }\n' >p.lua
	touch -d '1 hour ago' p.lua
	quietly "$LUNWARD" run --set p=2 p.lua
	quietly "$LUNWARD" run p.lua
	is "$(plans | wc -l)" 0 plans
}

@test "without root" {
	need_root
	if grep -qE '^(nobody|65534):' /etc/subuid; then skip "nobody has subordinate ids, whose maps need a helper"; fi
	need_warm
	for i in 1 2 3; do
		as_nobody run -- sh -c 'id -u; cat /proc/self/setgroups; grep -E "Seccomp:|CapEff" /proc/self/status; touch /usr/x' </dev/null
		assert_status 1
		[ -z "${first:-}" ] || is "$output" "$first" "launch $i"
		first=$output
		is "$(find nobody/plans -type f | wc -l)" 1 plans
	done
}

@test "without a pid namespace nothing is left running either" {
	need_root
	need_warm
	printf 'return sandbox { namespaces = { pid = "host" } }\n' >p.lua
	sleep 3
	for i in 1 2; do
		run quietly "$LUNWARD" run p.lua -- sh -c "sleep 77.$$ & :"
		assert_status 0
		is "$(plans | wc -l)" 1 plans
		run ! pgrep -f "^sleep 77.$$"
	done
}

@test "a cgroup that becomes ours is used" {
	need_root
	need_warm
	need_cmd setpriv
	if grep -qE '^(nobody|65534):' /etc/subuid; then skip "nobody has subordinate ids, whose maps need a helper"; fi
	own=/sys/fs/cgroup/memory/warm-$$
	[ -d /sys/fs/cgroup/memory ] && mkdir "$own" || missing "no memory hierarchy of version 1"
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/ "$WORK"
	mkdir -m 700 nobody
	chown 65534:65534 nobody
	for i in 1 2 3; do
		# From now on the limits of the default profile can be had.
		[ $i != 3 ] || chown -R 65534:65534 "$own"
		sh -c 'echo 0 >"$0/cgroup.procs" && exec env -i "$@" </dev/null' "$own" PATH="$PATH" \
			setpriv --reuid=65534 --regid=65534 --clear-groups "$LUNWARD" run --state "$WORK/nobody" -- sleep 30 &
		wait_for 10 started $!
		made[i]=$(find "$own" -mindepth 1 -type d | wc -l)
		[ $i != 2 ] || ! grep -q '\[heap\]' "/proc/$!/maps" || made[2]=cold
		kill $!
		wait $! || true
	done
	rmdir "$own"
	is "${made[*]}" "0 0 1"
}

@test "a profile by a path that goes through a link is guarded where it is" {
	need_warm
	mkdir -p real/sub
	ln -s real/sub link
	printf 'return sandbox { command = { "/bin/echo", "one" } }\n' >real/p.lua
	sleep 3
	for i in 1 2; do
		run quietly "$LUNWARD" run link/../p.lua
		assert_is one
	done
	is "$(plans | wc -l)" 1 plans
	printf 'return sandbox { command = { "/bin/echo", "two" } }\n' >real/p.lua
	run quietly "$LUNWARD" run link/../p.lua
	assert_is two
}

@test "an argument that looks like --state makes no directory" {
	run quietly "$LUNWARD" run -e --state="$WORK/made" -- true
	assert_status 0
	[ ! -e made ]
}

@test "a directory of profiles exchanged during the launch" {
	need_warm
	need_cmd strace
	mkdir one two
	printf 'return sandbox { inherits = "q" }\n' | tee one/p.lua >two/p.lua
	for d in one two; do printf 'return sandbox { command = { "/bin/echo", "%s" } }\n' $d >$d/q.lua; done
	ln -s one now
	ln -s two next
	sleep 3
	(sleep 1 && mv -T next now) &
	quietly strace -o /dev/null -e trace=clone3 -e inject=clone3:delay_enter=2000000 \
		"$LUNWARD" run --profiles now p >out || missing "strace may not be used here"
	wait $!
	is "$(cat out)" one
	for i in 1 2; do
		run quietly "$LUNWARD" run --profiles now p
		assert_is two
	done
}

@test "somebody else's file is not a plan of ours" {
	need_root
	need_warm
	is "$(how -- sleep 30)" cold first
	is "$(how -- sleep 30)" warm second
	chown 65534 "$(plans)"
	is "$(how -- sleep 30)" cold "given away"
	is "$(how -- sleep 30)" warm "kept again"
	chmod 622 "$(plans)"
	is "$(how -- sleep 30)" cold "open to others"
}

@test "what the caller's environment and -e say is not written down" {
	need_warm
	printf 'return sandbox { command = { "/usr/bin/env" }, inherit_env = { "TOKEN" } }\n' >p.lua
	touch -d '1 hour ago' p.lua
	sleep 3
	for i in 1 2; do
		TOKEN=geheim1 "$LUNWARD" run -- true </dev/null
		TOKEN=geheim2 "$LUNWARD" run p.lua </dev/null >/dev/null
		"$LUNWARD" run -e TOKEN=geheim3 -- true </dev/null
		TOKEN=geheim4 "$LUNWARD" run -e TOKEN -- true </dev/null
	done
	[ -n "$(plans)" ]
	run ! grep -r geheim "$LUNWARD_STATE"
	TOKEN=one "$LUNWARD" run p.lua </dev/null | grep -qx TOKEN=one
	TOKEN=two "$LUNWARD" run p.lua </dev/null | grep -qx TOKEN=two
}

@test "a policy file that changed is read again" {
	need_warm
	printf '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[]}\n' >policy.json
	sleep 3
	for i in 1 2; do
		run quietly "$LUNWARD" run --seccomp ./policy.json -- mkdir /tmp/x
		assert_status 0
	done
	printf '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}\n' >policy.json
	run quietly "$LUNWARD" run --seccomp ./policy.json -- mkdir /tmp/x
	assert_status 1
}
