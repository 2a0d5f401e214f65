#!/usr/bin/env bats
# A root directory whose owner exchanges, as fast as can be, what the launcher mounts on for links that lead out, while
# sandboxes are started in it: SECURITY's figure is none bad in 10,000 starts. Here as many as fit into 15 s, times
# LUNWARD_TEST_SECONDS.
# shellcheck disable=SC2154 # hostile.bash sets attacker

bats_require_minimum_version 1.5.0
load live
load hostile

# exchange NAME...: each in turn changes places with NAME.link for a while, until there is a file `stop`; prints how often.
exchange() {
	[ "$(id -u)" != 0 ] || chown -Rh "$attacker:$attacker" root
	python3 - "$@" <<-'END' >exchanges &
		import ctypes, os, sys, time
		libc, n, names = ctypes.CDLL(None), 0, sys.argv[1:]
		while not os.path.exists("stop"):
		    for name in names:
		        a, b, end = b"root/" + name.encode(), b"root/" + name.encode() + b".link", time.monotonic() + 0.05
		        while time.monotonic() < end:
		            # Some in a row, then for a moment the one or the other stays.
		            for _ in range(21):
		                n += libc.renameat2(-100, a, -100, b, 2) == 0
		            time.sleep(0.0003)
		        if n % 2:
		            n += libc.renameat2(-100, a, -100, b, 2) == 0
		print(n)
	END
	exchanger=$!
}
# starts OPTION...: starts sandboxes for the budget; $good of them ran, $refused were refused.
starts() {
	local end=$((SECONDS + 5 * ${LUNWARD_TEST_SECONDS:-1})) out rc
	good=0 refused=0 bad=''
	find outside -printf '%p %y %s %m %T@ %C@ %l\n' | sort >outside.before
	while [ $SECONDS -lt $end ] && [ -z "$bad" ]; do
		rc=0
		out=$(timeout -s KILL 15 "$LUNWARD" run "$@" p.lua -- /bin/attempt abstract_socket 2>&1) || rc=$?
		case $rc-$out in
		"0-abstract_socket ok") good=$((good + 1)) ;;
		125-lunward:*) [[ $out != *$'\n'* ]] && refused=$((refused + 1)) || bad="$rc $out" ;;
		*) bad="$rc $out" ;;
		esac
	done
	touch stop
	wait "$exchanger"
	find outside -printf '%p %y %s %m %T@ %C@ %l\n' | sort | diff outside.before - || bad="written outside"
	echo "# $good ran, $refused refused, $(cat exchanges) exchanges" >&3
	[ -z "$bad" ] || { echo "$bad"; return 1; }
	# It did happen, and while something was started.
	[ "$(cat exchanges)" -ge 10000 ] && [ "$((good + refused))" -ge 20 ]
}

@test "exchanged: the target of a bind and of a tmpfs, with links to a directory outside (CVE-2021-30465, CVE-2024-45310)" {
	need_cmd python3
	make_root
	mkdir -p root/a/b
	ln -s "$WORK/outside" root/a.link
	ln -s "../../../../../../../../../..$WORK/outside" root/victim.link
	mkdir -m 755 src
	exchange a victim
	starts -v "$WORK/src:/a/made" -v "$WORK/src:/a/b" --tmpfs /victim/t --tmpfs /a/c/t
	[ "$good" -gt 0 ]
	[ "$(ls outside)" = file ]
}

@test "exchanged: /proc, /sys, /dev, /tmp and /run (CVE-2019-19921, CVE-2023-27561, CVE-2023-28642, CVE-2025-52881)" {
	local name
	need_cmd python3
	make_root
	for name in proc sys dev tmp run; do ln -s "$WORK/outside" root/$name.link; done
	exchange proc sys dev tmp run
	starts
	[ "$good" -gt 0 ] && [ "$refused" -gt 0 ]
}

@test "exchanged: what is masked, the account files, the working directory (CVE-2025-31133, CVE-2024-21626)" {
	need_cmd python3
	make_root
	mkdir -m 777 root/wd root/etc.link
	echo hidden >root/secret
	ln -s "$WORK/outside/file" root/secret.link
	ln -s "$WORK/outside" root/wd.link
	ln -s "$WORK/outside/file" root/etc.link/passwd
	sed -i 's/^return sandbox {/& masked_paths = { "\/secret", "\/wd" }, readonly_paths = { "\/etc" },/' p.lua
	exchange secret etc wd
	starts -u 7 -w /wd
	[ "$refused" -gt 0 ]
	[ "$(cat outside/file)" = precious ]
}
