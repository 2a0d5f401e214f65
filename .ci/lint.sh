#!/bin/bash
# lint.sh [FILE...]: what a compiler does not see: format, which file may include and call what, what runs between clone
# and exec, sizes, scripts. With FILEs only those sources are formatted-checked. Says all it finds, then fails.
# LUNWARD_BUILD (build) is a finished build, for the symbols. TIDY=1 adds clang-tidy, which takes minutes.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

build=${LUNWARD_BUILD:-build}
failed=0
bad() { printf 'lint: %s\n' "$*"; failed=1; }
skipped() { printf 'lint: skipped %s\n' "$*"; }

mapfile -t sources < <(find core net lua tests -name '*.[ch]' 2>/dev/null | sort)
mapfile -t scripts < <({ find tests -name '*.sh' -o -name '*.bash' -o -name '*.bats'; ls dev .ci/run .ci/*.sh; } | sort)

# --- format -----------------------------------------------------------------------
format() {
	local out
	command -v clang-format >/dev/null || { skipped "format: no clang-format"; return; }
	out=$(clang-format --style=file:.ci/clang-format --dry-run "$@" 2>&1 | grep -E 'warning|error' | sort -u -t: -k1,1) || true
	[ -z "$out" ] || while IFS=: read -r file line _; do
		bad "$file:$line: format (clang-format -i --style=file:.ci/clang-format $file)"
	done <<<"$out"
}

# --- layers: who may include what --------------------------------------------------
# forbid WHAT PATTERN FILE...: no include of PATTERN (an extended regular expression) in these files.
forbid() {
	local what=$1 pattern=$2 hit
	shift 2
	[ $# -gt 0 ] || return 0
	while read -r hit; do
		[ -z "$hit" ] || bad "${hit%%:#*}: $what"
	done < <(grep -nHE "^# *include *[<\"]($pattern)" "$@" || true)
}
but() { # the sources, less those that match
	printf '%s\n' "${sources[@]}" | grep -vE "$1" || true
}
only() {
	printf '%s\n' "${sources[@]}" | grep -E "$1" || true
}
layers() {
	local list
	# shellcheck disable=SC2046  # no path of ours has blanks
	{
		forbid "core/base includes nothing above it" '(lua|net|tables)/|(plan|spec|host|stage|schema|instance|seccomp)\.h' \
			$(only '^core/base/')
		forbid "net includes nothing above it" 'lua/|(plan|spec|stage|schema|instance)\.h' $(only '^net/')
		forbid "core includes nothing of lua/" 'lua/|lua\.h|lauxlib\.h|lualib\.h' $(only '^(core|net)/')
		forbid "lua includes nothing of lua/cli" 'lua/cli/|cli/' $(only '^lua/[^/]*$')
		forbid "<seccomp.h> belongs to core/seccomp_compile.c" 'seccomp\.h>' $(but '^core/seccomp_compile\.c$|^tests/unit/')
		forbid "<sys/capability.h> belongs to core/tables/caps.c" 'sys/capability\.h' $(but '^core/tables/caps\.c$')
		forbid "<netlink/…> belongs to net/" 'netlink/' $(but '^net/|^tests/unit/')
		forbid "<archive.h> belongs to core/unpack/" 'archive(_entry)?\.h' $(but '^core/unpack/')
		forbid "jansson does not belong here" 'jansson\.h' $(only '^(core/base|net)/')
	}
	list=$(only '^core/(child|init)')
	[ -z "$list" ] || while read -r file; do
		forbid "not between clone and exec" '(stdio|locale|pwd|grp|syslog|jansson|lua)\.h' "$file"
	done <<<"$list"
}

# --- calls by path -----------------------------------------------------------------
# Comments and strings are blanked first; line numbers stay.
# shellcheck disable=SC2016  # perl's variables
blank='s{(/\*.*?\*/|"(?:\\.|[^"\\\n])*")}{(my $t = $1) =~ s/[^\n]/ /g; $t}gse'
calls='(?<![\w.>])(?:open|openat|openat2|fopen|opendir|creat|mount|umount|sys_openat2|sys_mount)\s*\(|\bSYS\(\s*(?:open|openat|openat2|creat|mount)\b|\bSYS_(?:open|openat|openat2|creat|mount)\b'
paths() {
	local file hits allowed
	while read -r file; do
		mapfile -t hits < <(perl -0777 -ne "$blank"'; my $n = 0; for (split /\n/) { $n++; print "$n\n" if /'"$calls"'/ }' "$file")
		allowed=$(awk -v file="$file" '$1 == file { print $2 }' .ci/path-calls.txt)
		[ ${#hits[@]} -le "${allowed:-0}" ] ||
			bad "$file: lines ${hits[*]} open or mount by path (${allowed:-0} allowed by .ci/path-calls.txt);" \
				"that is core/safepath.c's and core/base/fdio.c's"
	done < <(only '^(core|net|lua)/' | grep -vE '^core/(safepath[a-z_]*|sys|base/fdio)\.[ch]$')
}

# --- what runs between clone and exec ------------------------------------------------
child_symbols() {
	local objects object symbol defined
	mapfile -t objects < <(find "$build/core" \( -name 'child*.c.o' -o -name 'safepath.c.o' -o -name 'safepath_child.c.o' \) 2>/dev/null)
	[ ${#objects[@]} -gt 0 ] || { skipped "child symbols: no build in $build"; return; }
	# shellcheck disable=SC2016
	defined=$(nm -A --defined-only "${objects[@]}" | awk '{print $NF}')
	for object in "${objects[@]}"; do
		while read -r symbol; do
			grep -qxF "$symbol" .ci/child-symbols.txt || grep -qxF "$symbol" <<<"$defined" ||
				bad "${object##*/}: uses $symbol, which is not in .ci/child-symbols.txt"
		done < <(nm -u "$object" | awk '{print $NF}')
	done
	# The pid-1 program stands alone.
	object=$(find "$build/core" -name 'init.c.o' | head -n 1)
	[ -z "$object" ] || while read -r symbol; do
		bad "init.c: undefined symbol $symbol"
	done < <(nm -u "$object" | awk '{print $NF}')
}

# --- sizes and words -----------------------------------------------------------------
sizes() {
	local n file
	while read -r n file; do
		if [ "$n" -gt 700 ]; then bad "$file: $n lines; split it by noun (700 at most)"
		elif [ "$n" -gt 500 ]; then printf 'lint: note: %s: %s lines\n' "$file" "$n"; fi
	done < <(wc -l "${sources[@]}" "${scripts[@]}" | grep -v ' total$')
}
words() {
	local hit
	while read -r hit; do
		bad "${hit%%:*}:$(cut -d: -f2 <<<"$hit"): unfinished business; do it or leave it out"
	done < <(grep -nHE '\b(TO''DO|FIX''ME|X''XX)\b' "${sources[@]}" "${scripts[@]}" CMakeLists.txt ./*/CMakeLists.txt || true)
	while read -r hit; do
		bad "${hit%%:*}:$(cut -d: -f2 <<<"$hit"): only /* */ comments"
	done < <(grep -nHE '(^|[;{}[:space:]])//' "${sources[@]}" | grep -vE '"[^"]*//|/\*|^[^:]*:[0-9]+: \*' || true)
}
shell() {
	local file kind
	command -v shellcheck >/dev/null || { skipped "shell scripts: no shellcheck"; return; }
	for file in "${scripts[@]}"; do
		case $file in *.bats) kind=bats ;; *) kind=bash ;; esac
		shellcheck -x -s "$kind" -e SC2016,SC2030,SC2031 "$file" || bad "$file: shellcheck"
	done
}
tidy() {
	command -v clang-tidy >/dev/null || { skipped "clang-tidy"; return; }
	only '^(core|net|lua)/.*\.c$' | grep -v '^core/init\.c$' |
		xargs -P 2 -n 4 clang-tidy --quiet --config-file=.ci/clang-tidy -p "$build" || bad "clang-tidy"
}

if [ $# -gt 0 ]; then
	format "$@"
else
	format "${sources[@]}"
	layers
	paths
	child_symbols
	sizes
	words
	shell
	[ "${TIDY:-0}" != 1 ] || tidy
fi
[ "$failed" = 1 ] || echo "lint: clean"
exit "$failed"
