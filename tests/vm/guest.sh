#!/bin/bash
# The guest's pid 1, in its root: the suites as root, then as an ordinary user. What it prints is TAP, collected by
# run.sh; "# as WHO" starts a stream. Leaves /run/vm/done behind when it came to its end.
set -euo pipefail
trap 'busybox sync; busybox reboot -f' EXIT
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
tree=/srv/lunward
cgroup=/sys/fs/cgroup

mkdir -p /dev/pts /dev/shm /dev/mqueue
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev shm /dev/shm
mount -t mqueue mqueue /dev/mqueue
ln -sfn /proc/self/fd /dev/fd
ip link set lo up
# As systemd has it; the kernel's own hard limit, which a bare pid 1 inherits, is 4096.
ulimit -Hn 524288

# Pure cgroup v2, every controller handed on.
mount -t cgroup2 -o nsdelegate,memory_recursiveprot cgroup2 $cgroup
enable() {
	local controllers controller
	read -ra controllers <"$1/cgroup.controllers"
	for controller in "${controllers[@]}"; do
		echo "+$controller" >"$1/cgroup.subtree_control" || true
	done
}
enable $cgroup

# Labels: AppArmor's files, or (LUNWARD_VM_SELINUX) a policy that knows two types, enforced.
mount -t securityfs securityfs /sys/kernel/security
labels=()
if mount -t selinuxfs selinuxfs /sys/fs/selinux 2>/dev/null; then
	$tree/tests/vm/selinux_policy.py >/run/policy.conf
	checkpolicy -M -U allow -c 33 -o /run/policy /run/policy.conf >/dev/null
	dd if=/run/policy of=/sys/fs/selinux/load bs=1M status=none
	echo 1 >/sys/fs/selinux/enforce
	labels=(LUNWARD_TEST_SELINUX_TYPE=box_t LUNWARD_TEST_SELINUX_FILE=box_file_t)
fi

cd $tree/tests
mapfile -t root_suites </run/vm/suites.root
mapfile -t user_suites </run/vm/suites.user
# STRICT: what a suite needs is here, so a need that is not met fails instead of skipping. SLOW: everything takes 20 to
# 40 times longer under emulation.
common=("LUNWARD=$tree/build/lunward" "LUNWARD_TREE=$tree" "LUNWARD_BUILD=$tree/build" LUNWARD_TEST_STRICT=1
	LUNWARD_TEST_SLOW=1 "LANG=$LANG"
	"PATH=$PATH" "${labels[@]}")

echo "# as root"
env -i "${common[@]}" HOME=/root bats --tap "${root_suites[@]}" || true

# A user as useradd makes one, with subordinate ids, a run directory, and a cgroup of its own: bats sits in a leaf of it
# so that the tests may hand controllers on.
user=lunwardtest
useradd --create-home --shell /bin/bash $user
uid=$(id -u $user) gid=$(id -g $user)
for file in /etc/subuid /etc/subgid; do
	grep -q "^$user:" $file || echo "$user:2000000:65536" >>$file
done
install -d -m 700 -o "$uid" -g "$gid" "/run/user/$uid"
mkdir $cgroup/user
enable $cgroup/user
mkdir $cgroup/user/tests
for dir in $cgroup/user $cgroup/user/tests; do
	chown "$uid:$gid" "$dir" "$dir"/cgroup.{procs,threads,subtree_control}
done

echo "# as user"
(
	echo 0 >$cgroup/user/tests/cgroup.procs
	exec setpriv --reuid="$uid" --regid="$gid" --init-groups env -i "${common[@]}" HOME="/home/$user" USER=$user \
		XDG_RUNTIME_DIR="/run/user/$uid" LUNWARD_CGROUP_PARENT=$cgroup/user LUNWARD_TEST_CGROUP=$cgroup/user \
		bats --tap "${user_suites[@]}"
) || true

: >/run/vm/done
