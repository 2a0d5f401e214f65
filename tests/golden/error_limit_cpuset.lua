return sandbox {
  command = { "/usr/bin/true" },
  limits = { cpuset = "3-1" },
}
