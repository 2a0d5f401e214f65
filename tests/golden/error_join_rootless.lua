return sandbox {
  command    = { "/usr/bin/true" },
  namespaces = { uts = { path = "/proc/42/ns/uts" } },
}
