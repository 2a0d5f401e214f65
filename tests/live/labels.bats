#!/usr/bin/env bats
# Labels: AppArmor profiles and SELinux contexts. Where the kernel runs the module they are seen in force; where it does
# not, "required" is a refusal and everything else says so.

# shellcheck disable=SC2016 # the shell inside expands these
bats_require_minimum_version 1.5.0
load live
load lsm

CURRENT='cat /proc/self/attr/apparmor/current 2>/dev/null || cat /proc/self/attr/current'

need_apparmor() {
	need_probe AppArmor
	need_root
	need_cmd apparmor_parser
}
no_apparmor() { [ "$(probe AppArmor status)" != ok ] || skip "AppArmor is here"; }
no_selinux() { [ "$(probe SELinux status)" != ok ] || skip "SELinux is here"; }

@test "row 48: without AppArmor a required profile is a refusal that names it, any other is said to be missing" {
	need_cmd python3
	no_apparmor
	profile 'apparmor = { profile = "docker-default", required = true }'
	with p.lua -- true
	assert_refused "AppArmor is not enabled in this kernel"
	assert_output_has "p.lua:2: apparmor"
	profile 'apparmor = "docker-default"'
	with p.lua -- true
	assert_status 0
	with --verbose p.lua -- true
	assert_output_has "AppArmor is not enabled"
	run "$LUNWARD" explain p.lua
	assert_output_has "AppArmor is not enabled"
	assert_lacks "  docker-default"
}

@test "row 48: a profile made for the sandbox, gone with it" {
	need_apparmor
	profile 'apparmor = { required = true, rules = { "deny /etc/hostname r" } }'
	with p.lua -- sh -c "$CURRENT; cat /etc/hostname; cat /etc/passwd >/dev/null && echo rest"
	assert_output_has "lunward-"
	assert_output_has "(enforce)"
	assert_output_has "/etc/hostname: Permission denied"
	assert_output_has rest
	run -127 timeout 30 "$LUNWARD" run p.lua -- /no/such/command
	run grep -c '^lunward-[0-9a-f]' /sys/kernel/security/apparmor/profiles
	assert_is 0
}

@test "row 48: the profile holds for ordinary work, for every user, and with the host's root inside" {
	need_apparmor
	local keys
	for keys in '' 'user = "nobody",' 'namespaces = { user = "host" }, capabilities = caps.docker - "MKNOD",' 'no_new_privileges = false,' \
		'landlock = { write = { "/tmp", "/dev" }, execute = { "/usr", "/lib64" } },'; do
		profile "$keys apparmor = { required = true }"
		with p.lua -- sh -c "$CURRENT; echo a | tee /tmp/a; ls /proc/self/ >/dev/null; sh -c 'kill -0 \$\$ && echo signal'"
		assert_status 0
		assert_output_has "(enforce)"
		assert_output_has signal
	done
}

@test "row 50: a loaded profile by name, from export" {
	need_apparmor
	local name=lunward-test-$$
	profile "apparmor = { profile = '$name', required = true, rules = { 'deny /usr/bin/top mrwklx', 'deny /root/** wl' } }"
	with p.lua -- true
	assert_refused "apparmor_parser"
	"$LUNWARD" export --format apparmor p.lua >profile.txt
	apparmor_parser --replace --skip-cache --quiet profile.txt
	with p.lua -- sh -c "$CURRENT; top -b -n 1; touch /root/thing; mkdir /root/dir; touch /tmp/thing && echo fine"
	apparmor_parser --remove --skip-cache --quiet profile.txt
	assert_output_has "$name (enforce)"
	assert_output_has "top: Permission denied"
	assert_output_has "'/root/thing': Permission denied"
	assert_output_has fine
}

@test "a rule AppArmor's parser does not take is one line, and nothing is left" {
	need_apparmor
	profile 'apparmor = { rules = { "network nosuchfamily" } }'
	with p.lua -- true
	assert_refused "parser error"
	assert_output_has p.lua:2
}

@test "row 52: without SELinux a required label is a refusal that names it, any other is said to be missing" {
	need_cmd python3
	no_selinux
	profile 'selinux = { process = "container_t", required = true }'
	with p.lua -- true
	assert_refused "SELinux is not enabled in this kernel"
	profile 'selinux = { process = "container_t", mount = "container_file_t" }'
	with p.lua -- true
	assert_status 0
	with --verbose p.lua -- true
	assert_output_has "SELinux is not enabled"
}

@test "row 52: a process and a mount label, with a pair of categories of its own" {
	need_probe SELinux
	need_root
	[ -n "${LUNWARD_TEST_SELINUX_TYPE:-}" ] || skip "LUNWARD_TEST_SELINUX_TYPE names no type that root may change to"
	profile "selinux = { process = '$LUNWARD_TEST_SELINUX_TYPE', mount = '$LUNWARD_TEST_SELINUX_FILE', required = true }"
	with p.lua -- sh -c 'cat /proc/self/attr/current; echo; touch /tmp/f; ls -Zd /tmp/f /dev/shm / | cut -d" " -f1'
	assert_status 0
	local first=${lines[0]}
	[[ ${lines[0]} == *":$LUNWARD_TEST_SELINUX_TYPE:s0:c"*,c* ]]
	[[ ${lines[1]} == *":$LUNWARD_TEST_SELINUX_FILE:${first#*:*:*:}" ]]
	[ "${lines[2]##*:c}" = "${lines[1]##*:c}" ]
	[ "${lines[3]##*:c}" = "${lines[1]##*:c}" ]
	with p.lua -- cat /proc/self/attr/current
	[ "${output%%[^[:print:]]*}" != "$first" ]
}

@test "labels that are none are refused" {
	local keys
	for keys in 'process = "a:b"' 'process = "x y"' 'mount = ":t"' 'mcs = "c1,c2"' 'mcs = "s0 c1"' 'proces = "t"'; do
		profile "selinux = { $keys }"
		with p.lua -- true
		assert_refused "selinux."
	done
}
