return sandbox {
  command    = { "/usr/bin/true" },
  namespaces = { net = { path = "/run/netns/blue" } },
  network    = { path = "/run/netns/red" },
}
