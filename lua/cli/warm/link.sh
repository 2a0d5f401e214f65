#!/bin/bash
# link.sh OUT OBJECT...: one object of many, with a single symbol to be seen, and proof that it can run before anything
# else has: nothing undefined but the pid-1 program and libc's entry, and no address that the loader would have to fill in.
set -euo pipefail
out=$1
shift
ld -r --gc-sections -e lw_entry -u lw_entry -o "$out.all" "$@"
# What only the dropped sections asked for is named still, until it is taken away.
mapfile -t names < <(nm -u "$out.all" | awk '{print "--strip-unneeded-symbol=" $NF}')
objcopy "${names[@]}" --localize-hidden --keep-global-symbol=lw_entry "$out.all" "$out.new"
rm -f "$out.all"

bad=$(nm -u "$out.new" | awk '{print $NF}' | grep -vxE 'lw_init_image|lw_init_image_size|_start|_GLOBAL_OFFSET_TABLE_' || true)
[ -z "$bad" ] || { echo "warm.o needs: $bad" >&2; exit 1; }
bad=$(readelf -rW "$out.new" | awk '/^Relocation section/ { section = $3 } section !~ /debug/ && / R_X86_64_(64|32|32S) / { print section, $5 }')
[ -z "$bad" ] || { echo "warm.o would need relocation at: $bad" >&2; exit 1; }
mv "$out.new" "$out"
