return sandbox {
  command = { "/usr/bin/true" },
  limits = {
    pids = 10,
    io = { { device = "/dev/vda", rbps = "1M" } },
  },
}
