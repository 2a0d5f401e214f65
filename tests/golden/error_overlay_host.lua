return sandbox {
  command = { "/usr/bin/true" },
  root    = { overlay = true },
}
