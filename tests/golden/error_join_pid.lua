return sandbox {
  command    = { "/usr/bin/true" },
  namespaces = { pid = { path = "/proc/42/ns/pid" } },
}
