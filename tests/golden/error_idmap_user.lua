return sandbox {
  command = { "/usr/bin/true" },
  mounts  = {
    bind { source = "/home/ada", destination = "/x", idmap = true },
  },
}
