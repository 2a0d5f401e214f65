# beside.bash: a sandbox that runs beside the test, looked at by the host: its command's /proc, its cgroups.
# Wants live.bash.
# shellcheck shell=bash

# begin OPTION... -- COMMAND...: starts it beside us; $launcher, and $pid of its command as the host counts. What is
# told by `say` it reads.
begin() {
	: >status
	rm -f said
	mkfifo said
	exec 9<>said
	"$LUNWARD" run --status-fd 3 "$@" 3>status <said 9>&- &
	launcher=$!
	wait_for 10 grep -q '"ready"' status
	pid=$(grep -o '"event": "started", "pid": [0-9]*' status | grep -o '[0-9]*$')
}
say() { echo "$@" >&9; }
end() {
	kill -TERM "$launcher"
	wait "$launcher" || true
}
# Who is in the cgroups of the sandbox whose command is $pid; its id is the name of each.
find_cgroups() {
	id=$(grep -oE '[0-9a-f]{64}' "/proc/$pid/cgroup" | head -n 1)
	[ -n "$id" ] || { echo "no cgroup of its own"; return 1; }
	mapfile -t cgroups < <(find /sys/fs/cgroup -type d -name "$id" 2>/dev/null)
	[ "${#cgroups[@]}" -gt 0 ]
}
members() { cat "${cgroups[@]/%//cgroup.procs}" 2>/dev/null | sort -u; }
# The first file of that name in them; versions 1 and 2 call some by different names.
cgroup_file() {
	local name dir
	for name; do
		for dir in "${cgroups[@]}"; do [ ! -e "$dir/$name" ] || { echo "$dir/$name"; return; }; done
	done
	echo "no $* in ${cgroups[*]}" >&2
	return 1
}
