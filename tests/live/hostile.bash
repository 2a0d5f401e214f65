# hostile.bash: a root directory whose owner is the attacker, and a directory outside of it that must stay as it is.
# Wants live.bash.
# shellcheck shell=bash disable=SC2154 # bats sets lines, output and status

# The attacker is the inside root, who may write everything here, so that what leads out would be seen.
attacker=60000
# A root with the one static program that the tests run, and everything a plain one has.
make_root() {
	need_helpers
	mkdir -m 755 root root/{bin,etc,proc,sys,dev,tmp,run,victim} outside
	cp "$HELPERS/attempt" root/bin/attempt
	echo 'root:x:0:0:root:/root:/bin/sh' >root/etc/passwd
	echo precious >outside/file
	chmod 666 outside/file
	chmod 777 outside
	local ids=''
	if [ "$(id -u)" = 0 ]; then
		chown -R $attacker:$attacker root outside
		ids="ids = { uid = { { 0, $attacker, 4000 } }, gid = { { 0, $attacker, 4000 } } },"
	fi
	profile "root = { path = \"$WORK/root\", readonly = false }, $ids"
}
# in_root [OPTION...]: runs it there, within 10 s, and proves that the host's side is as it was.
in_root() {
	local start=$SECONDS
	find outside -printf '%p %y %s %m %T@ %C@ %l\n' | sort >outside.before
	run timeout -s KILL 15 "$LUNWARD" run "$@" p.lua -- /bin/attempt abstract_socket
	[ $((SECONDS - start)) -lt 10 ] || { echo "blocked for $((SECONDS - start)) s"; return 1; }
	find outside -printf '%p %y %s %m %T@ %C@ %l\n' | sort | diff outside.before - || { echo "written outside"; return 1; }
	case $status in
	0) assert_is "abstract_socket ok" ;;
	125) assert_refused ;;
	*) echo "exit status $status: $output"; return 1 ;;
	esac
}
# replace PATH LINK: PATH in the root becomes a link.
replace() {
	rm -rf "root/$1"
	ln -s "$2" "root/$1"
}
