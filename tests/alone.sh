#!/bin/bash
# alone.sh COMMAND...: in process, mount and network namespaces of its own, where that is allowed, so that the suites can
# look for what is left behind (tests/lib.bash) without seeing each other, and no network is made on this machine.
# Elsewhere they run one after another (./dev).
set -euo pipefail
if [ "$(id -u)" = 0 ] && unshare --pid --net --fork --mount-proc true 2>/dev/null; then
	exec unshare --pid --net --fork --mount-proc --kill-child bash -c 'ip link set lo up; "$@"; exit $?' - "$@"
fi
exec "$@"
