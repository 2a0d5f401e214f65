-- File systems that show a namespace; a bind that follows the host's mounts.
return sandbox {
  command = { "/usr/bin/true" },
  mounts  = {
    proc "/proc:hidepid=invisible,subset=pid",
    mqueue "/dev/mqueue",
    cgroup "/sys/fs/cgroup",
    bind "/media:/media:slave",
  },
}
