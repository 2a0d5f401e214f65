return sandbox {
  command = { "/usr/bin/true" },
  limits  = { memory = "64M" },
}
