# lsm.bash: what the suites about security modules and hardening ask of the machine, by way of the doctor.
# shellcheck shell=bash

# probe NAME FIELD: what the doctor says, "status" or "detail".
probe() {
	"$LUNWARD" doctor --format json | python3 -c '
import json, sys
print(*(r[sys.argv[2]] for r in json.load(sys.stdin)["checks"] if r["name"] == sys.argv[1]))' "$1" "$2"
}
need_probe() {
	need_cmd python3
	[ "$(probe "$1" status)" = ok ] || skip "no $1 here: $(probe "$1" detail)"
}
# need_abi N: this kernel's Landlock is at least of that ABI.
need_abi() {
	local abi
	need_cmd python3
	abi=$(probe landlock detail)
	abi=${abi##*[!0-9]}
	[ "${abi:-0}" -ge "$1" ] || skip "Landlock ABI ${abi:-0} here, $1 is needed"
}
# ruled KEYS COMMAND...: inside, with these keys; the helpers are in /helpers.
ruled() {
	need_helpers
	profile "$1"
	with -v "$HELPERS:/helpers:ro" p.lua -- "${@:2}"
}
