#!/bin/bash
# Golden plans. run.sh PLAN_DRIVER [NAME...]: for every case NAME.lua here, what the driver prints is NAME.plan.txt or,
# where the profile must be refused, NAME.err; exactly one of the two exists. NAME.args holds further words for the
# driver ("--host user --set port=80"). UPDATE=1 writes what is printed now, for a person to read in the diff.
set -euo pipefail

driver=$(readlink -f "$1"); shift
cd "$(dirname "$0")"
profiles=$(readlink -f ../../profiles)
update=${UPDATE:-0} failed=0 count=0
got=$(mktemp); trap 'rm -f "$got"' EXIT

shopt -s nullglob
[ $# -gt 0 ] || for f in *.lua; do set -- "$@" "${f%.lua}"; done
for name in "$@"; do
	args=()
	[ ! -e "$name.args" ] || read -ra args <"$name.args"
	rc=0
	"$driver" --profiles "$profiles" "${args[@]}" "./$name.lua" >"$got" || rc=$?
	count=$((count + 1))
	case $rc in
	0) want=$name.plan.txt other=$name.err ;;
	1) want=$name.err other=$name.plan.txt ;;
	*) echo "not ok $count - $name: driver exit $rc"; failed=1; continue ;;
	esac
	if [ "$update" = 1 ]; then
		rm -f "$other"; cp "$got" "$want"; chmod 644 "$want"
	fi
	if [ -e "$other" ]; then
		echo "not ok $count - $name: expected $other"; sed 's/^/# /' "$got"; failed=1
	elif ! diff -u "$want" "$got" | sed 's/^/# /'; then
		echo "not ok $count - $name"; failed=1
	else
		echo "ok $count - $name"
	fi
done
[ "$count" -gt 0 ] || { echo "Bail out! no cases"; exit 1; }
echo "1..$count"
exit "$failed"
