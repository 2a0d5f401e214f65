#!/bin/bash
# Boots a stock Debian kernel in qemu, on this machine's own root file system (read-only, below an overlay on tmpfs),
# and runs guest.sh there: the live suites under pure cgroup v2, as root and then as an ordinary user with subordinate
# ids and a delegated cgroup. One boot for all. TAP on stdout; exit 0, 1, or 77 where it cannot run, with the reason.
#
#   run.sh [SUITE.bats...]        suites, as paths below tests/, for both. Without: limits, resources and isolation as the
#                                 user, limits, devices and labels as root: what a pure cgroup v2, AppArmor and no
#                                 privilege change, in about two minutes
#
# The kernel package is fetched once into ${XDG_CACHE_HOME:-~/.cache}/lunward-vm. Nothing on this machine is mounted (the
# share is assembled in a private mount namespace), installed or configured. Environment: LUNWARD_VM_TIMEOUT (600 s),
# LUNWARD_VM_ACCEL (what works: kvm, else tcg), LUNWARD_VM_VERBOSE=1 (the guest's console on stderr),
# LUNWARD_VM_SELINUX=1 (SELinux instead of AppArmor; for live/labels.bats).
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

here=$(dirname "$(readlink -f "$0")")
tree=$(readlink -f "$here/../..")
build=$(readlink -f "${LUNWARD_BUILD:-$tree/build}")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/lunward-vm
timeout=${LUNWARD_VM_TIMEOUT:-600}

skip() { echo "1..0 # SKIP $*"; exit 77; }
die() { echo "Bail out! $*"; exit 1; }

# --- what it takes -------------------------------------------------------------------
[ "$(id -u)" = 0 ] || skip "needs root, to share the root file system"
[ "$(uname -m)" = x86_64 ] || skip "knows x86_64 only"
for command in qemu-system-x86_64 busybox cpio depmod modprobe xz dpkg-deb apt-get bats; do
	command -v "$command" >/dev/null || skip "needs $command (./dev install-deps)"
done
virtiofsd=''
for path in /usr/lib/qemu/virtiofsd /usr/libexec/virtiofsd; do [ ! -x "$path" ] || virtiofsd=$path; done
[ -n "$virtiofsd" ] || skip "needs virtiofsd (Debian: qemu-system-common or virtiofsd)"
[ -x "$build/lunward" ] || die "no $build/lunward (./dev build)"

# The part that mounts runs in a private mount namespace, as a child: what removes the work directory afterwards never
# sees those mounts, so it cannot reach through one.
if [ -z "${LUNWARD_VM_WORK:-}" ]; then
	LUNWARD_VM_WORK=$(mktemp -d /var/tmp/lunward-vm.XXXXXX)
	export LUNWARD_VM_WORK
	trap 'rm -rf --one-file-system "$LUNWARD_VM_WORK"' EXIT
	rc=0
	setpriv --pdeathsig TERM unshare --mount --propagation private -- "$0" "$@" || rc=$?
	exit "$rc"
fi
work=$LUNWARD_VM_WORK

# --- the kernel ------------------------------------------------------------------------
fetch_kernel() {
	local package new
	new=$(mktemp -d "$cache/new.XXXXXX")
	package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
		awk '$1 == "Depends:" && $2 ~ /^linux-image-[0-9]/ { print $2; exit }')
	[ -n "$package" ] || { rm -rf "$new"; skip "apt knows no linux-image-cloud-amd64 (apt-get update)"; }
	if ! (cd "$new" && apt-get -qq -o APT::Sandbox::User=root download "$package" >apt.log 2>&1); then
		rm -rf "$new"
		skip "could not download $package"
	fi
	dpkg-deb -x "$new"/linux-image-*.deb "$new/x"
	mkdir -p "$new/k/mods/usr"
	cp "$new"/x/boot/vmlinuz-* "$new/k/vmlinuz"
	if [ -d "$new/x/usr/lib/modules" ]; then mv "$new/x/usr/lib" "$new/k/mods/usr/"; else mv "$new/x/lib" "$new/k/mods/usr/"; fi
	ls "$new/k/mods/usr/lib/modules" >"$new/k/version"
	ln -s usr/lib "$new/k/mods/lib"
	depmod -b "$new/k/mods" "$(cat "$new/k/version")"
	rm "$new/k/mods/lib" # the root's own /lib link shows in the overlay
	rm -rf "$cache/kernel"
	mv "$new/k" "$cache/kernel"
	rm -rf "$new"
}

# busybox, the modules that reaching the root takes, and guest-init.sh as /init.
make_initramfs() {
	local dir module file
	dir=$work/initramfs
	mkdir -p "$dir"/{bin,modules,proc,sys,dev,share,over,new}
	cp "$(command -v busybox)" "$dir/bin/busybox"
	cp "$here/guest-init.sh" "$dir/init"
	chmod 755 "$dir/init"
	mkdir "$work/modroot"
	ln -s "$cache/kernel/mods/usr/lib" "$work/modroot/lib"
	for module in virtio_pci virtio_blk virtiofs overlay; do
		modprobe -q -d "$work/modroot" -S "$(cat "$cache/kernel/version")" --show-depends "$module" || true
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$work/modules"
	while read -r file; do
		module=${file##*/}
		case $file in
		*.xz) module=${module%.xz}; xz -dc "$file" >"$dir/modules/$module" ;;
		*.zst) module=${module%.zst}; zstd -qdc "$file" >"$dir/modules/$module" ;;
		*) cp "$file" "$dir/modules/" ;;
		esac
		echo "$module"
	done <"$work/modules" >"$dir/modules/list"
	(cd "$dir" && find . | cpio --quiet -o -H newc) >"$work/initramfs.img"
}

mkdir -p "$cache"
exec 8>"$cache/lock"
flock 8
[ -e "$cache/kernel/vmlinuz" ] || fetch_kernel
exec 8>&-
make_initramfs

# --- the share -------------------------------------------------------------------------
share=$work/share
mkdir -p "$share"/{root,mods,tree,build,ctl}
chmod 755 "$work" "$share" "$share"/*
bind_ro() {
	mount --bind "$1" "$2"
	mount -o remount,bind,ro "$2"
}
bind_ro / "$share/root"
bind_ro "$cache/kernel/mods" "$share/mods"
bind_ro "$tree" "$share/tree"
bind_ro "$build" "$share/build"
# suites WHO SUITE...
suites() {
	local who=$1
	shift
	printf '%s\n' "$@" >"$share/ctl/suites.$who"
}
if [ $# -gt 0 ]; then
	suites root "$@"
	suites user "$@"
else
	suites root live/limits.bats live/devices.bats live/labels.bats
	suites user live/isolation.bats live/limits.bats live/resources.bats
fi

# --- the boot --------------------------------------------------------------------------
pids=()
stop() {
	local pid
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	pids=()
}
trap stop EXIT
trap 'exit 143' TERM INT HUP

# boot ACCEL SECONDS: 0 when the guest came to its end, 1 when it never came up, 2 when it did and did not finish.
boot() {
	local deadline=$((SECONDS + timeout)) up=$((SECONDS + $2)) shown=0 qemu
	local cmdline="console=ttyS0 panic=-1 reboot=t quiet loglevel=4 mitigations=off random.trust_cpu=on"
	cmdline+=" tsc=reliable clocksource=tsc cgroup_no_v1=all"
	[ -z "${LUNWARD_VM_SELINUX:-}" ] || cmdline+=" lsm=landlock,yama,selinux security=selinux selinux=1 enforcing=0"
	rm -f "$share"/ctl/{up,done,output}
	: >"$share/ctl/output"
	truncate -s 1M "$work/disk" # for limits on a disk
	rm -f "$work/fs.sock"
	setpriv --pdeathsig TERM "$virtiofsd" --socket-path="$work/fs.sock" --rlimit-nofile="$(ulimit -Hn)" \
		-o "source=$share" -o cache=always -o xattr -o sandbox=chroot >"$work/virtiofsd.log" 2>&1 &
	pids+=($!)
	until [ -S "$work/fs.sock" ]; do
		kill -0 "${pids[0]}" 2>/dev/null || { sed 's/^/# /' "$work/virtiofsd.log"; die "virtiofsd ended"; }
		sleep 0.02
	done
	# cx16=off: the emulator gets cmpxchg16b on per-cpu data wrong when there are several processors.
	setpriv --pdeathsig TERM qemu-system-x86_64 -M q35,usb=off,vmport=off,memory-backend=mem \
		-accel "$1" -cpu max,la57=off,cx16=off -smp "$(nproc)" -m 2048 \
		-object memory-backend-memfd,id=mem,size=2048M,share=on \
		-nodefaults -no-user-config -display none -nic none -no-reboot \
		-kernel "$cache/kernel/vmlinuz" -initrd "$work/initramfs.img" -append "$cmdline" \
		-serial "file:$work/console" -device virtio-rng-pci -chardev "socket,id=fs,path=$work/fs.sock" \
		-drive "if=none,id=disk,format=raw,file=$work/disk" -device virtio-blk-pci,drive=disk \
		-device vhost-user-fs-pci,chardev=fs,tag=host,queue-size=1024 </dev/null >"$work/qemu.log" 2>&1 &
	qemu=$!
	pids=("$qemu" "${pids[@]}")
	while kill -0 "$qemu" 2>/dev/null; do
		if [ ! -e "$share/ctl/up" ] && [ "$SECONDS" -ge "$up" ]; then break; fi
		if [ "$SECONDS" -ge "$deadline" ]; then break; fi
		[ "${LUNWARD_VM_VERBOSE:-0}" != 1 ] || [ ! -e "$work/console" ] || {
			tail -c "+$((shown + 1))" "$work/console" >&2
			shown=$(stat -c %s "$work/console")
		}
		sleep 0.2
	done
	stop
	[ ! -e "$share/ctl/done" ] || return 0
	[ -e "$share/ctl/up" ] || return 1
	return 2
}

if [ -n "${LUNWARD_VM_ACCEL:-}" ]; then accels=("$LUNWARD_VM_ACCEL")
elif [ -e "$cache/accel" ]; then read -ra accels <"$cache/accel"
elif [ -w /dev/kvm ]; then accels=(kvm 'tcg,thread=multi')
else accels=('tcg,thread=multi'); fi
rc=1
for accel in "${accels[@]}"; do
	rc=0
	boot "$accel" 40 || rc=$?
	[ "$rc" = 1 ] || break
done
if [ "$rc" = 1 ]; then
	sed 's/^/# /' "$work/qemu.log"
	[ ! -e "$work/console" ] || tail -n 20 "$work/console" | sed 's/^/# /'
	die "the guest did not come up"
fi
echo "$accel" >"$cache/accel"

# --- the result: the suites' TAP streams as one ------------------------------------------
awk -v finished="$([ -e "$share/ctl/done" ] && echo 1 || echo 0)" '
	/^# as / { who = $3; print; next }
	/^1\.\.[0-9]+/ { expected += substr($0, 4); next }
	/^(not )?ok [0-9]+/ {
		bad += /^not/
		sub(/ok [0-9]+/, "ok " ++n " " who ":")
	}
	{ print }
	END {
		if (!finished) { print "not ok " ++n " the guest did not finish in time"; bad++ }
		else if (n != expected || !n) { print "not ok " ++n " " n - 1 " of " expected + 0 " tests ran"; bad++ }
		print "1.." n
		exit bad > 0
	}' "$share/ctl/output"
