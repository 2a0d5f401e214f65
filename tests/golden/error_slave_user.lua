return sandbox {
  command = { "/usr/bin/true" },
  mounts  = { bind { source = "/media", destination = "/media",
                     propagation = "slave" } },
}
