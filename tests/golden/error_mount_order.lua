return sandbox {
  command = { "/usr/bin/true" },
  mounts  = { tmpfs "relative" },
}
