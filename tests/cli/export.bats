#!/usr/bin/env bats
# `lunward export`: the AppArmor profile of a sandbox, which AppArmor's own parser accepts.

bats_require_minimum_version 1.5.0
load ../lib

setup() {
	sandbox_setup
	cd "$WORK" || return
	cat >nginx.lua <<-'END'
		return sandbox {
			command      = { "/usr/sbin/nginx", "-g", "daemon off;" },
			capabilities = caps.none + { "CHOWN", "SETUID", "SETGID", "NET_BIND_SERVICE" },
			landlock     = { write = { "/run", "/tmp/a b{c}" }, execute = { "/usr" } },
			apparmor     = {
				profile = "docker-nginx",
				rules   = {
					"include <tunables/global>", "include <abstractions/base>",
					"network inet tcp", "deny network raw", "deny network packet", "capability chown",
					"deny /bin/** wl", "deny /root/** wl", "audit deny /usr/bin/top mrwklx",
					"deny /bin/sh mrwklx", "deny /bin/dash mrwklx", "owner /srv/{a,b}/** rw",
				},
			},
		}
	END
}
teardown() { sandbox_teardown; }

exported() { run --separate-stderr "$LUNWARD" export --format apparmor "$@"; }
# accepted: apparmor_parser compiles the output; it needs no AppArmor in the kernel for that.
accepted() {
	need_cmd apparmor_parser
	[ "$status" = 0 ]
	apparmor_parser --skip-kernel-load --skip-cache --quiet <<<"$output"
}

@test "row 49: network, file, capability, deny and include: the parser accepts it" {
	exported nginx.lua
	accepted
	local line
	for line in 'profile "docker-nginx" flags=(attach_disconnected,mediate_deleted) {' '  deny network raw,' \
		'  capability setuid,' '  deny /bin/** wl,' '  deny /root/** wl,' '  deny /bin/sh mrwklx,' \
		'  audit deny /usr/bin/top mrwklx,' '  include <abstractions/base>' '  "/tmp/a b\{c\}{,/**}" rwkl,'; do
		grep -qxF -- "$line" <<<"$output" || { echo "no '$line' in: $output"; return 1; }
	done
	[ "${lines[0]}" = "include <tunables/global>" ]
	run grep -c 'capability' <<<"$output"
	[ "$output" = 5 ]
	exported nginx.lua
	run apparmor_parser --skip-kernel-load --skip-cache --names <<<"$output"
	assert_output_has docker-nginx
}

@test "a profile without the key has one too, under its own name; every shipped one is accepted" {
	local profile
	for profile in default service build python strict; do
		exported --profiles "$LUNWARD_TREE/profiles" "$profile"
		accepted
		grep -qF "profile \"lunward-$profile\"" <<<"$output"
	done
	exported --cap-add SYS_ADMIN --seccomp deny:@mount default
	accepted
	[[ $output == *"capability sys_admin,"* ]]
	[[ $output != *"deny mount"* ]]
}

@test "a rule that says more than one is refused" {
	local rule
	for rule in 'file, capability sys_admin' 'file } profile x {' '/a r, # x' 'deny /a \"b r' 'capabilty chown' \
		'file\n  capability' '/a{b r'; do
		printf 'return sandbox { apparmor = { rules = { "%s" } } }\n' "$rule" >r.lua
		run "$LUNWARD" export --format apparmor r.lua
		assert_status 125
		assert_output_has "apparmor.rules[0]"
	done
	assert_output_has "r.lua:1"
	printf 'return sandbox { apparmor = "no such" }\n' >r.lua
	run "$LUNWARD" check r.lua
	assert_status 1
	assert_output_has "not a profile's name"
}

@test "the format is export's alone" {
	run "$LUNWARD" export nginx.lua
	assert_status 125
	assert_output_has "--format apparmor"
	run "$LUNWARD" plan --format apparmor nginx.lua
	assert_status 125
	run "$LUNWARD" export --format json nginx.lua
	assert_status 125
}
