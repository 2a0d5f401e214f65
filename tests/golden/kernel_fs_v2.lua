-- File systems that show a namespace, with cgroups v2 and without root.
return sandbox {
  command = { "/usr/bin/true" },
  mounts  = {
    proc "/proc:hidepid=invisible,subset=pid",
    mqueue "/dev/mqueue",
    cgroup "/sys/fs/cgroup",
  },
}
