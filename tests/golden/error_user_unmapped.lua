return sandbox {
  command = { "/usr/bin/true" },
  user    = 1000,
}
