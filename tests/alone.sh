#!/bin/bash
# alone.sh COMMAND...: in process and mount namespaces of its own, where that is allowed, so that the suites can look for
# what is left behind (tests/lib.bash) without seeing each other. Elsewhere they run one after another (./dev).
set -euo pipefail
if [ "$(id -u)" = 0 ] && unshare --pid --fork --mount-proc true 2>/dev/null; then
	exec unshare --pid --fork --mount-proc --kill-child bash -c '"$@"; exit $?' - "$@"
fi
exec "$@"
