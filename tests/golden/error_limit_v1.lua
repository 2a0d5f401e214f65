return sandbox {
  command = { "/usr/bin/true" },
  limits = {
    memory_high = "48M",
  },
}
