#!/usr/bin/env bats
# Every call of a launch may fail, and the launcher may be killed at each: in one line, in time, and nothing is left but
# what a killed launcher cannot take away, empty cgroups. Each test has a budget of seconds, LUNWARD_TEST_SECONDS times
# 8, and takes the points by chance; ten times as much goes through all of them.

bats_require_minimum_version 1.5.0
load live

# faults KIND: of a launch with a limit and a bind.
faults() {
	need_cmd strace python3
	strace -f -o /dev/null true 2>/dev/null || missing "strace may not trace here"
	local limits=()
	if "$LUNWARD" run -m 64M -- true 2>/dev/null; then limits=(-m 64M); fi
	mkdir -p -m 755 src
	run timeout 250 python3 "$LUNWARD_TREE/tests/live/faults.py" "$1" $((5 * ${LUNWARD_TEST_SECONDS:-1})) \
		"$LUNWARD" run "${limits[@]}" -v "$WORK/src:/x:ro" -- cat
	assert_status 0
	# Not a handful, were the machine slow.
	[ "${output%% *}" -ge 10 ] || { echo "$output"; return 1; }
	echo "# $output" >&3
}

@test "faults: ENOSPC, EMFILE, ENOMEM and EINTR at each call of the launcher" {
	COLD=1 faults errors
}

@test "faults: the same of a launch from a kept plan" {
	faults errors
}

@test "faults: the same of each process of the sandbox" {
	FOLLOW=1 faults errors
}

@test "faults: the same without root" {
	need_root
	need_cmd setpriv
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/
	setpriv --reuid=65534 --regid=65534 --clear-groups "$LUNWARD" version >/dev/null 2>&1 || missing "the build is not reachable for others"
	export LUNWARD_STATE=$WORK/nobody
	mkdir -m 700 "$LUNWARD_STATE"
	chown 65534:65534 "$LUNWARD_STATE"
	unset LUNWARD_CGROUP_PARENT
	AS=65534 FOLLOW=1 faults errors
}

@test "killed: the launcher at each of its calls" {
	COLD=1 faults kill
}

@test "killed: the same of a launch from a kept plan" {
	faults kill
}

@test "faults: descriptors run out at any number" {
	local n
	mkdir -m 755 src
	for ((n = 4; n < 40; n++)); do
		run timeout 20 bash -c "ulimit -n $n; exec \"\$LUNWARD\" run -v \"$WORK/src:/x:ro\" -- true"
		# libc's own start, or the command's, may find none left: then it is not our line.
		[ "$status" = 0 ] || [[ $status == 12[57] && ${#lines[@]} == 1 ]] || { echo "$n: $status $output"; return 1; }
	done
	assert_status 0
}

@test "faults: address space runs out at any size" {
	local kib
	mkdir -m 755 src
	for kib in 256 1024 4096 6144 8192 10240 12288 16384 32768 65536 131072 1048576; do
		run timeout 20 bash -c "ulimit -v $kib; exec \"\$LUNWARD\" run -v \"$WORK/src:/x:ro\" -- true"
		# Too little for the program to be loaded at all is the kernel's to tell, by its signal.
		[ "$status" = 0 ] || [ "$status" = 139 ] || [ "$status" = 137 ] || [[ $status == 12[567] && ${#lines[@]} == 1 ]] ||
			{ echo "$kib: $status $output"; return 1; }
	done
	assert_status 0
}

@test "faults: a state directory without space" {
	need_root
	mkdir small
	unshare --mount bash -e -c 'mount -t tmpfs -o size=4k,nr_inodes=8,mode=700 none small
		head -c 100000 /dev/zero >small/full 2>/dev/null || true
		for i in 1 2 3 4 5 6 7 8 9; do : >small/$i; done 2>/dev/null || true
		LUNWARD_STATE=$PWD/small timeout 20 "$LUNWARD" run -- true' >out 2>&1 || [ $? = 125 ]
	[ "$(wc -l <out)" -le 1 ] || { cat out; return 1; }
}

@test "faults: counter-proof: words that are not ours and a cgroup that is left are found" {
	need_cmd strace python3
	strace -f -o /dev/null true 2>/dev/null || missing "strace may not trace here"
	run -1 python3 "$LUNWARD_TREE/tests/live/faults.py" errors 2 cat /etc/passwd
	[[ $output =~ "status "(1|127)": cat: " ]]
	need_root
	local group
	group=$(find /sys/fs/cgroup -maxdepth 1 -name pids)
	[ -n "$group" ] || skip "no pids controller of its own here"
	mkdir "$group/lunward-test-$$"
	run -1 env group="$group/lunward-test-$$" python3 "$LUNWARD_TREE/tests/live/faults.py" errors 1 perl -e \
		'mkdir sprintf "%s/%064x", $ENV{group}, 10 + rand 1e9 or exit 125'
	find "$group/lunward-test-$$" -depth -type d -exec rmdir {} +
	assert_output_has "$group/lunward-test-$$/00000"
}
