#!/bin/bash
# bench.sh [ROUNDS [TURNS]]: start-to-exit time of the smallest command in lunward's default sandbox and in bubblewrap
# with every namespace new, in turn (pairs.c). Prints a markdown table; changes nothing. See README.md here.
set -euo pipefail

rounds=${1:-5} turns=${2:-60}
build=${LUNWARD_BUILD:-$(dirname "$(readlink -f "$0")")/../../build}
bwrap=${BWRAP:-$(command -v bwrap || true)}
[ -n "$bwrap" ] || { echo "bench.sh: bwrap is missing (Debian package bubblewrap)" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Both find the job in a read-only bind of one directory.
mkdir "$work/job" "$work/state"
cp "$build/tests/bench/bench_job" "$work/job/job"
chmod 755 "$work" "$work/job" "$work/job/job"
chmod 700 "$work/state"
export LUNWARD_STATE=$work/state

symlinks=()
for dir in bin sbin lib lib32 lib64 libx32; do
	[ ! -L "/$dir" ] || symlinks+=(--symlink "$(readlink "/$dir")" "/$dir")
done

echo "$(uname -srm), $(nproc) cpus, uid $(id -u), $("$bwrap" --version)"
echo
"$build/tests/bench/bench_pairs" -r "$rounds" -n "$turns" \
	bwrap "$bwrap" --unshare-all --die-with-parent --ro-bind /usr /usr "${symlinks[@]}" --proc /proc --dev /dev \
	--tmpfs /tmp --ro-bind "$work/job" /job /job/job \
	::: lunward "$build/lunward" run -v "$work/job:/job:ro" -- /job/job
