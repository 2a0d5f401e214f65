#!/bin/busybox sh
# shellcheck shell=dash
# The guest's pid 1, from the initramfs: the share, the overlay root, then guest.sh in it.
bb=/bin/busybox
for d in proc:proc sys:sysfs dev:devtmpfs; do $bb mount -t "${d#*:}" "${d#*:}" "/${d%:*}"; done
while read -r m; do $bb insmod "/modules/$m"; done </modules/list
$bb mount -t virtiofs host /share ||
	{ echo "no share"; $bb reboot -f; }
: >/share/ctl/up
$bb mount -t tmpfs -o mode=755,size=1g over /over
$bb mkdir /over/up /over/work /over/tree-up /over/tree-work
$bb mount -t overlay -o lowerdir=/share/mods:/share/root,upperdir=/over/up,workdir=/over/work root /new ||
	{ echo "no root"; $bb reboot -f; }
for d in proc sys dev; do $bb mount --move "/$d" "/new/$d"; done
$bb mount -t tmpfs -o mode=755,nosuid,nodev run /new/run
$bb mount -t tmpfs -o mode=1777,nosuid,nodev tmp /new/tmp
$bb mkdir /new/run/vm /new/srv/lunward
$bb mount -t overlay -o lowerdir=/share/tree,upperdir=/over/tree-up,workdir=/over/tree-work tree /new/srv/lunward
$bb mkdir -p /new/srv/lunward/build
$bb mount --bind /share/build /new/srv/lunward/build
$bb mount --bind /share/ctl /new/run/vm
# switch_root, not chroot: a chrooted process may not make user namespaces.
exec $bb switch_root /new /bin/bash /srv/lunward/tests/vm/guest.sh >/new/run/vm/output 2>&1
