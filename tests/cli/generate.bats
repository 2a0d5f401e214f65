#!/usr/bin/env bats
# lunward generate: units for systemd, and the template that ships.

bats_require_minimum_version 1.5.0
load ../lib
setup() { sandbox_setup; cd "$WORK" || return; }
teardown() { sandbox_teardown; }

@test "a unit says what the profile's service says" {
	cat >web.lua <<-'END'
		local name = param("name", "x")
		return sandbox { command = { "true", name }, service = { restart = "on-failure", backoff = "2s",
			burst = { count = 7, interval = "1m" }, ready = "notify", ready_timeout = "30s", stop_signal = "QUIT",
			stop_timeout = "20s", after = "db", requires = "queue" } }
	END
	# shellcheck disable=SC2016 # the unit is to hold it as it is
	run "$LUNWARD" generate systemd --set 'name=a b%"$c' web.lua
	assert_status 0
	for line in Type=notify Delegate=yes KillSignal=SIGQUIT KillMode=mixed Restart=on-failure RestartSec=2000ms StartLimitBurst=7 \
		StartLimitIntervalSec=60000ms TimeoutStartSec=30000ms TimeoutStopSec=20000ms After=db.service Requires=queue.service \
		After=queue.service "WorkingDirectory=$WORK"; do
		grep -qxF "$line" <<<"$output" || { echo "no $line in $output"; return 1; }
	done
	grep -qxF "ExecStart=$LUNWARD run --set \"name=a b%%\\\"\$\$c\" $WORK/web.lua" <<<"$output"
}

@test "systemd takes it, and the template" {
	need_cmd systemd-analyze
	printf 'return sandbox { command = { "true" }, service = { restart = "always", burst = 0, ready_timeout = 0 } }\n' >web.lua
	"$LUNWARD" generate systemd web.lua >web.service
	grep -qx TimeoutStartSec=infinity web.service
	run systemd-analyze verify --man=no ./web.service
	assert_status 0
	[ -z "$output" ] || { echo "$output"; return 1; }
	template=$(dirname "$LUNWARD")/lua/cli/systemd/lunward@.service
	grep -qE '^ExecStart=/.*/lunward run %i$' "$template"
	sed "s|^ExecStart=.*/lunward |ExecStart=$LUNWARD |" "$template" >lunward@.service
	run systemd-analyze verify --man=no ./lunward@web.service ./lunward@.service
	assert_status 0
	[ -z "$output" ] || { echo "$output"; return 1; }
}

@test "what is missing is said" {
	run "$LUNWARD" generate
	assert_status 125
	assert_output_has "lunward generate systemd PROFILE"
	run "$LUNWARD" generate systemd
	assert_status 125
	assert_output_has "of which profile?"
	run "$LUNWARD" generate initd web.lua
	assert_status 125
}
