return sandbox {
  command = { "/usr/bin/true" },
  limits = {
    io = {
      { device = "/dev/vda", rbps = "1M" },
      { device = "/dev/vda", wbps = "1M" },
    },
  },
}
