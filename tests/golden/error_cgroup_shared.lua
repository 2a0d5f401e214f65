return sandbox {
  command    = { "/usr/bin/true" },
  namespaces = { cgroup = "host" },
  mounts     = { cgroup "/sys/fs/cgroup" },
}
