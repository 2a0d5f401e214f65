-- Namespaces shared with the host leave no operation of theirs behind.
return sandbox {
  command    = { "/usr/bin/true" },
  namespaces = { uts = "host", ipc = "host", time = "host", cgroup = "host" },
  network    = "host",
}
